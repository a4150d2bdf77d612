"""The code of a route's page on the web, and the address that it holds."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

import numpy as np
import segno
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline

from maps.file_names import Names
from maps.sheet.board import Board
from maps.sheet.frame import Rect
from maps.style import INK
from maps.walks import Walk
from servicecircle.errors import Fault, InputError

__all__ = ["addresses", "checked_page", "draw_code"]

QUIET = 4  # empty modules round a code, as its standard asks
PLACE = "{id}"
LONGEST = 300


def checked_page(text: str) -> str:
    """Return an address that a phone can open, '' of ''.

    Raises
    ------
    InputError
        When it is none of ``http`` or ``https``, or longer than a printed code can hold.

    Examples
    --------
    >>> checked_page("https://example.org/study/")
    'https://example.org/study/'
    """
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and len(text) <= LONGEST
    except ValueError:
        good = False
    if not good or not text.isprintable() or " " in text:
        remedy = "give the site's address, https://HOST/FOLDER/, or one with {id} in the place of the route"
        raise InputError([Fault("not an address of the web", remedy, value=text[:LONGEST])])
    return text


def addresses(walks: list[Walk], page: str) -> dict[str, str]:
    """Give each route the address of its page by its id: in the static site, or where ``{id}`` stands for it.

    >>> addresses([], "https://example.org/")
    {}
    """
    if not page:
        return {}
    if PLACE in page:
        return {walk.id: page.replace(PLACE, quote(walk.id, safe="")) for walk in walks}
    base, names, marks = page.rstrip("/"), Names(), Names()
    return {
        walk.id: f"{base}/routes/proposed.html#{marks.of(walk.id, 'route')}"
        if walk.proposed
        else f"{base}/routes/{names.of(walk.id, 'route')}.html"
        for walk in walks
    }


def draw_code(board: Board, rect: Rect, address: str) -> None:
    """Draw a code in a square, its quiet zone within."""
    matrix = np.array([list(row) for row in segno.make(address, error="m", micro=False).matrix], dtype=bool)
    side = rect.width / (len(matrix) + 2 * QUIET)
    runs = []
    for row, line in enumerate(matrix):
        edges = np.flatnonzero(np.diff(np.concatenate([[False], line, [False]]).astype(int)))
        runs += [(row, start, end) for start, end in edges.reshape(-1, 2)]
    corners = []
    for row, start, end in runs:
        x0, x1 = (rect.x + (QUIET + column) * side for column in (start, end))
        y0, y1 = (rect.y + (QUIET + line) * side for line in (row, row + 1))
        corners += [(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)]
    steps = [Outline.MOVETO, *[Outline.LINETO] * 3, Outline.CLOSEPOLY]
    codes = np.array(steps * len(runs), dtype=np.uint8)
    shape = PathPatch(Outline(np.array(corners), codes), facecolor=INK["ink"], edgecolor="none", linewidth=0, zorder=5)
    shape.set_gid("code")
    board.over.add_artist(shape)
