"""Write sheets as PDF, PNG and SVG: each file beside its place, then moved there; the same bytes every time."""

from __future__ import annotations

import io
import os
import re
import tempfile
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG

from maps.printing import find_fonts, pdfs, printing
from maps.report.reading import read_study
from maps.sheet.board import Board
from maps.sheet.code import checked_page
from maps.sheet.content import Content, read_content
from maps.sheet.district import district_sheet
from maps.sheet.formats import FORMATS, HAND
from maps.sheet.handout import handout
from maps.sheet.route import route_sheet
from maps.sheet.subdistrict import subdistrict_sheet
from maps.sheet.words import TITLE
from servicecircle.errors import Fault, InputError

__all__ = ["ALL", "PROPOSALS", "Order", "pictures", "write_sheets"]

ALL, PROPOSALS = "all", "proposed"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Order:
    """Which sheets: the whole district where neither a subdistrict nor a route is asked for.

    ``all`` means each subdistrict or each published route, ``proposed`` each route that the tool proposes. ``page`` is
    the address of the site, for the codes of A4 sheets.
    """

    size: str = "a3"
    subdistrict: str = ""
    route: str = ""
    boundary: Path | None = None
    review_number: str = ""
    publisher: str = ""
    font: Path | None = None
    page: str = ""


def write_sheets(
    bundle_folder: Path, out: Path, order: Order, say: Callable[[str], None] = lambda _: None
) -> list[Path]:
    """Write the sheets that are ordered under ``out``; return the paths of the PDFs.

    Parameters
    ----------
    bundle_folder
        What ``servicecircle build --out`` wrote.
    out
        A folder; files of the same name are replaced, others stay.
    order
        Which sheets, and what their publisher says of them.
    say
        Takes a line of progress.

    Raises
    ------
    InputError
        When the bundle is missing or broken, no font holds Chinese, the boundary is no boundary, or there is no such
        subdistrict or route.
    """
    fonts = find_fonts(order.font)
    content = read_content(
        read_study(bundle_folder),
        fonts,
        review_number=order.review_number,
        publisher=order.publisher,
        boundary=order.boundary,
        page=checked_page(order.page),
    )
    out.mkdir(parents=True, exist_ok=True)
    with printing(fonts):
        boards = {}
        for name, title, draw in _ordered(content, order):
            boards[name] = title, draw()
            for file, data in pictures(name, *boards[name]):
                _put(out / file, data)
                say(f"{file}  {len(data) / 1e3:,.0f} kB")
        printed = pdfs({title: board.paper.figure for title, board in boards.values()})
        for name, (title, _) in boards.items():
            _put(out / f"{name}.pdf", printed[title])
            say(f"{name}.pdf  {len(printed[title]) / 1e3:,.0f} kB")
    return [out / f"{name}.pdf" for name in boards]


def pictures(name: str, title: str, board: Board) -> Iterator[tuple[str, bytes]]:
    """Give a drawn sheet as PNG and SVG, by file name; within `printing`, and before the PDF: that recasts the type."""
    drawn = board.paper.figure
    FigureCanvasAgg(drawn)
    buffer = io.BytesIO()
    drawn.savefig(buffer, format="png", dpi=board.form.dpi, metadata={"Software": None, "Title": title})
    yield f"{name}.png", buffer.getvalue()
    FigureCanvasSVG(drawn)
    buffer = io.BytesIO()
    drawn.savefig(buffer, format="svg", metadata={"Date": None, "Creator": "servicecircle", "Title": title})
    yield f"{name}.svg", buffer.getvalue()


def _ordered(content: Content, order: Order) -> Iterator[tuple[str, str, Callable[[], Board]]]:
    form = FORMATS[order.size]
    area = content.study.area[0]
    parts = {one.code: one.name for one in content.land.subdistricts}
    routes = {walk.id: walk.name for walk in content.walks.values()}
    codes = _asked(order.subdistrict, sorted(parts), parts, "subdistrict")
    groups = {
        key: [w.id for w in content.walks.values() if w.proposed == (key == PROPOSALS)] for key in (ALL, PROPOSALS)
    }
    ids = _asked(order.route, groups.get(order.route, []), routes, "route", groups)
    if form.name == HAND and (codes or not order.route):
        raise InputError(
            [Fault("A4 is for routes", "give --route ID, all or proposed, or --size a3", value=order.size)]
        )
    if not codes and not ids and not order.subdistrict and not order.route:
        yield f"district-{form.name}", f"{TITLE} · {area}", partial(district_sheet, content, form)
    for code in codes:
        title = f"{TITLE} · {parts[code]} · {code}"
        yield f"subdistrict-{code}-{form.name}", title, partial(subdistrict_sheet, content, form, code)
    for route in ids:
        title = f"{TITLE} · {routes[route]} · {route}"
        yield (
            f"route-{route}-{form.name}",
            title,
            partial(handout if form.name == HAND else route_sheet, content, form, route),
        )


def _asked(
    asked: str, every: Sequence[str], known: Mapping[str, str], what: str, groups: Container[str] = (ALL,)
) -> list[str]:
    codes = sorted(every) if asked in groups else [asked] if asked else []
    faults = [
        Fault(f"no such {what}", f"one of {', '.join(sorted(known)) or 'none'}", value=c)
        for c in codes
        if c not in known
    ]
    faults += [
        Fault("no name for a file", "give it letters, digits, - and _", value=c)
        for c in codes
        if not _NAME.fullmatch(c)
    ]
    if faults:
        raise InputError(faults)
    return codes


def _put(path: Path, data: bytes) -> None:
    """Replace a file at once: a reader sees the old one or the new one."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(draft).chmod(0o644)
        os.replace(draft, path)  # noqa: PTH105  the atomic one, on every system
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
