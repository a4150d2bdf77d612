"""Words on small maps: every name whole and inside the window, none on top of another; and the scale bar."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import shapely
import shapely.affinity
from matplotlib.axes import Axes
from matplotlib.patheffects import Stroke, withStroke
from shapely.geometry.base import BaseGeometry

from maps.ground import Ground, Window
from maps.style import GROUND, INK

__all__ = ["letter", "letter_streets", "room", "scale_bar"]

NAME_POINTS = 5.6
NAMES = 4
NAME_LETTERS = 12
# A street shorter than this part of the window has no name on it.
NAME_AT_LEAST = 0.22
# Where along a street its name may stand, the middle first.
NAME_AT = (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8)
SCALE_POINTS = 5.8
SCALES_M = (50, 100, 200, 500, 1000, 2000, 5000)
# Breadth of a letter in ems, of Chinese and of the others, and height of a line: a little more than they are.
WIDE, NARROW, LINE = 1.02, 0.62, 1.44
FIRST_WIDE = "\u2e80"


def letter(
    axes: Axes,
    at: tuple[float, float],
    text: str,
    halo: float,
    *,
    aside: tuple[float, float] = (0.0, 0.0),
    **look: object,
) -> None:
    """Write a name on its halo: the halo is an outline, the name above it stays text that can be selected."""
    common = {"xytext": aside, "textcoords": "offset points", "annotation_clip": True, **look}
    ring = [Stroke(linewidth=halo, foreground=GROUND["halo"])]
    axes.annotate(text, at, path_effects=ring, **common)  # type: ignore[arg-type]
    axes.annotate(text, at, **common)  # type: ignore[arg-type]


def room(
    axes: Axes, window: Window, at: tuple[float, float], text: str, points: float, *, slope: float = 0, aside: float = 0
) -> BaseGeometry:
    """Return the room that a text takes on the plane: centred, or beginning ``aside`` points beside ``at``."""
    unit = (window.east - window.west) / (axes.bbox.width * 72 / axes.figure.dpi)
    ems = sum(WIDE if one >= FIRST_WIDE else NARROW for one in text)
    half_x, half_y = ems * points * unit / 2, LINE * points * unit / 2
    x, y = at[0] + (aside * unit + math.copysign(half_x, aside) if aside else 0.0), at[1]
    return shapely.affinity.rotate(shapely.box(x - half_x, y - half_y, x + half_x, y + half_y), slope)


def letter_streets(
    axes: Axes, under: Ground, window: Window, fit: Callable[[str], str], taken: Sequence[BaseGeometry]
) -> None:
    """Letter the streets that are longest in the window, along them; one that fits nowhere has no name.

    Parameters
    ----------
    fit
        Makes a name fit for the font.
    taken
        Where other words stand.
    """
    box, width = window.box, window.east - window.west
    found: list[tuple[float, str, shapely.LineString]] = []
    for name, line in under.named:
        if not shapely.intersects(line, box):
            continue
        longest = max(shapely.get_parts(shapely.intersection(line, box)), key=shapely.length, default=None)
        if longest is not None and longest.length > NAME_AT_LEAST * width:
            found.append((longest.length, name, longest))
    look: dict[str, Any] = {
        "fontsize": NAME_POINTS,
        "ha": "center",
        "va": "center",
        "color": GROUND["streetText"],
        "zorder": 3,
    }
    kept: list[BaseGeometry] = []
    for _, name, line in sorted(found, key=lambda f: (-f[0], f[1])):
        if len(kept) == NAMES:
            return
        text = fit(name[:NAME_LETTERS])
        for x, y, slope in _along(line):
            own = room(axes, window, (x, y), text, NAME_POINTS, slope=slope)
            if shapely.contains(box, own) and not shapely.intersects(own, [*taken, *kept]).any():
                kept.append(own)
                letter(axes, (x, y), text, 1.8, rotation=slope, clip_on=True, **look)
                break


def scale_bar(axes: Axes, window: Window, taken: Sequence[BaseGeometry]) -> BaseGeometry:
    """Draw the scale in the lower left corner, in the right one where other words stand there; return its room."""
    width = window.east - window.west
    length = max((m for m in SCALES_M if m <= width * 0.3), default=SCALES_M[0])
    text = f"{length} m" if length < 1000 else f"{length // 1000} km"  # noqa: PLR2004
    y = window.south + (window.north - window.south) * 0.05
    corners = (window.west + width * 0.035, window.east - width * 0.035 - length)
    rooms = [_scale_room(axes, window, x, y, length, text) for x in corners]
    free = [not shapely.intersects(own, list(taken)).any() for own in rooms]
    k = int(free == [False, True])
    x = corners[k]
    halo = [withStroke(linewidth=2.4, foreground=GROUND["halo"])]
    axes.plot([x, x + length], [y, y], "-", color=INK["ink-soft"], linewidth=1.3, path_effects=halo, zorder=9)
    look: dict[str, Any] = {"ha": "center", "va": "bottom", "color": INK["ink-soft"], "zorder": 9}
    letter(axes, (x + length / 2, y), text, 2.4, aside=(0, 1.2), fontsize=SCALE_POINTS, **look)
    return rooms[k]


def _scale_room(axes: Axes, window: Window, x: float, y: float, length: float, text: str) -> BaseGeometry:
    words = room(axes, window, (x + length / 2, y), text, SCALE_POINTS * 2)
    return shapely.envelope(shapely.union(words, shapely.box(x, y, x + length, y)))


def _along(line: shapely.LineString) -> Iterator[tuple[float, float, float]]:
    """Points of a line where a name may stand, with the slope in degrees, upright."""
    for part in NAME_AT:
        ends = (part - 0.12, part, part + 0.12)
        start, at, end = (shapely.line_interpolate_point(line, f, normalized=True) for f in ends)
        slope = math.degrees(math.atan2(end.y - start.y, end.x - start.x))
        yield at.x, at.y, (slope + 90) % 180 - 90
