"""Draw the ground in a frame: from the land up to the bridges, widths in the layout's millimetres."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from shapely.geometry.base import BaseGeometry

from maps.ground import fill
from maps.paper import Paper
from maps.sheet.frame import Frame
from maps.sheet.land import Land
from maps.style import GROUND, INK

__all__ = ["draw_land", "map_axes", "stroke", "width_of"]

# pen: breadth at 1:28 000 and how many metres at most it stands for, the narrowest first
STREETS: Mapping[str, tuple[float, float]] = {
    "service": (0.16, 5.0),
    "plaza": (0.26, 5.0),
    "local": (0.32, 8.0),
    "minor": (0.52, 14.0),
    "major": (0.78, 20.0),
}
FOOTWAYS: Mapping[str, float] = {"path": 0.13, "stairs": 0.34, "escalator": 0.42}
REFERENCE = 28_000
GROWTH = 0.72
STOREYS = ("tunnel", "ground", "bridge")
TONES_M = ((70.0, 0.16), (38.0, 0.30), (16.0, 0.50))  # bands along a bank, and how much of the shore's colour
FADE_M = tuple(range(240, 0, -24))
VEIL = 0.55
Dash = tuple[float, tuple[float, ...]]


def map_axes(paper: Paper, frame: Frame) -> Axes:
    """Place axes whose units are the plane's metres."""
    r, w = frame.rect, frame.window
    axes = paper.axes(r.x, r.y, r.width, r.height)
    axes.set(xlim=(w.west, w.east), ylim=(w.south, w.north), xticks=[], yticks=[])
    axes.set_autoscale_on(False)
    axes.patch.set(facecolor=GROUND["outside"], alpha=1.0)
    for spine in axes.spines.values():
        spine.set(visible=True, color=INK["ink"], linewidth=paper.points(0.25))
    return axes


def draw_land(
    paper: Paper, axes: Axes, frame: Frame, under: Land, *, detail: bool = True, focus: BaseGeometry | None = None
) -> None:
    """Draw everything under the signs.

    Parameters
    ----------
    paper, axes, frame
        Where.
    under
        What.
    detail
        With houses and footways, or only the bones: for an inset.
    focus
        What the sheet is about, where not the whole area; the rest steps back.
    """
    window = frame.window
    _fade(axes, under, frame)
    fill(axes, [under.area], window, facecolor=GROUND["land"])
    _water(paper, axes, under, frame)
    if detail:
        fine = paper.points(0.04)
        look: dict[str, Any] = {"facecolor": GROUND["building"], "edgecolor": GROUND["buildingEdge"], "linewidth": fine}
        fill(axes, under.buildings, window, **look)
    _tunnels(paper, axes, under, frame)
    _storey(paper, axes, under, frame, "ground", detail=detail)
    if detail:
        _footways(paper, axes, under, frame)
    _storey(paper, axes, under, frame, "bridge", detail=detail)
    _rails(paper, axes, under, frame)
    beyond = shapely.difference(shapely.buffer(window.box, (window.east - window.west) * 0.1), under.area)
    fill(axes, [beyond], window, facecolor=GROUND["outside"], alpha=VEIL)
    if focus is not None:
        aside = shapely.difference(under.area, focus)
        fill(axes, [aside], window, facecolor=GROUND["outside"], alpha=VEIL)
    _borders(paper, axes, under, frame, focus)


def width_of(pen: str, frame: Frame, paper: Paper) -> float:
    """Breadth of a pen in the layout's millimetres: it grows with the scale, never broader than the street."""
    grown = float((REFERENCE / frame.scale) ** GROWTH * (1 / paper.unit) ** (1 - GROWTH))
    if pen in FOOTWAYS:
        return FOOTWAYS[pen] * float(max(grown, 0.5) ** 0.7)
    width, most_m = STREETS[pen]
    return max(width * 0.7, min(width * grown, max(most_m * frame.per_m, width)))


def stroke(
    axes: Axes,
    frame: Frame,
    shape: BaseGeometry,
    colour: str,
    points: float,
    dash: Sequence[float] | None = None,
    *,
    cap: str = "",
    alpha: float = 1.0,
    zorder: float = 1.0,
) -> None:
    """Draw lines as one path, cut to a little more than the window; dashes in points."""
    w = frame.window
    rim = (w.east - w.west) * 0.02
    near = shapely.clip_by_rect(shape, w.west - rim, w.south - rim, w.east + rim, w.north + rim)
    merged = near if near.geom_type == "LineString" else shapely.line_merge(near)
    fine = shapely.simplify(shapely.get_parts(merged), 0.03 / frame.per_m)
    paths = [shapely.get_coordinates(part) for part in fine if part.geom_type in {"LineString", "LinearRing"}]
    paths = [path for path in paths if len(path) > 1]
    if not paths or not points:
        return
    codes = np.concatenate([[Outline.MOVETO] + [Outline.LINETO] * (len(path) - 1) for path in paths])
    outline = Outline(np.concatenate(paths), codes.astype(np.uint8))
    pattern: str | Dash = (0.0, tuple(d / points for d in dash)) if dash else "solid"
    look: dict[str, Any] = {
        "capstyle": cap or ("butt" if dash else "round"),
        "joinstyle": "round",
        "alpha": alpha,
        "zorder": zorder,
    }
    axes.add_artist(PathPatch(outline, facecolor="none", edgecolor=colour, linewidth=points, linestyle=pattern, **look))


def _mixed(one: str, other: str, share: float) -> str:
    red, green, blue = (a * (1 - share) + b * share for a, b in zip(to_rgb(one), to_rgb(other), strict=True))
    return to_hex((red, green, blue))


def _fade(axes: Axes, under: Land, frame: Frame) -> None:
    """Where the data cuts a river the water runs out softly: no bank is claimed."""
    for number, distance in enumerate(FADE_M):
        band = shapely.difference(shapely.buffer(under.open_ends, distance), under.known)
        colour = _mixed(GROUND["outside"], GROUND["water"], (number + 1) / len(FADE_M))
        fill(axes, [band], frame.window, facecolor=colour)


def _water(paper: Paper, axes: Axes, under: Land, frame: Frame) -> None:
    if not len(under.water):
        return
    whole = shapely.union_all(under.water)
    banks = shapely.difference(whole.boundary, shapely.buffer(under.open_ends, 12.0))
    fill(axes, [whole], frame.window, facecolor=GROUND["water"])
    for distance, share in TONES_M:
        band = shapely.intersection(whole, shapely.buffer(banks, distance))
        fill(axes, [band], frame.window, facecolor=_mixed(GROUND["water"], GROUND["shore"], share * 0.55))
    stroke(axes, frame, banks, GROUND["shore"], paper.points(0.16))


def _tunnels(paper: Paper, axes: Axes, under: Land, frame: Frame) -> None:
    for pen in STREETS:
        way = under.ways.get((pen, "tunnel"))
        if way is not None:
            width = paper.points(max(width_of(pen, frame, paper) * 0.7, 0.16))
            stroke(axes, frame, way, GROUND["tunnel"], width, [paper.points(0.9), paper.points(0.6)])


def _storey(paper: Paper, axes: Axes, under: Land, frame: Frame, storey: str, *, detail: bool) -> None:
    bridge = storey == "bridge"
    pens = [pen for pen in STREETS if (pen, storey) in under.ways and (detail or pen in {"minor", "major"})]
    cap = "butt" if bridge else "round"
    rim, colour = (0.26, GROUND["bridgeCasing"]) if bridge else (0.17, GROUND["casing"])
    for pen in pens:
        width = paper.points(width_of(pen, frame, paper) + rim)
        stroke(axes, frame, under.ways[pen, storey], colour, width, cap=cap)
    for pen in pens:
        width = paper.points(width_of(pen, frame, paper))
        stroke(axes, frame, under.ways[pen, storey], GROUND["street"], width, cap=cap)


def _footways(paper: Paper, axes: Axes, under: Land, frame: Frame) -> None:
    for storey in STOREYS:
        way = under.ways.get(("path", storey))
        if way is not None:
            dash = [paper.points(0.55), paper.points(0.35)]
            stroke(axes, frame, way, GROUND["path"], paper.points(width_of("path", frame, paper)), dash)
    for pen in ("stairs", "escalator"):
        width = width_of(pen, frame, paper)
        for storey in STOREYS:
            way = under.ways.get((pen, storey))
            if way is None:
                continue
            stroke(axes, frame, way, GROUND["halo"], paper.points(width + 0.22), cap="butt")
            treads = None if pen == "escalator" else [paper.points(width * 0.62)] * 2
            stroke(axes, frame, way, GROUND["stairs"], paper.points(width), treads, cap="butt")


def _rails(paper: Paper, axes: Axes, under: Land, frame: Frame) -> None:
    wide = 0.3 * (REFERENCE / frame.scale / paper.unit) ** 0.35
    dash = [paper.points(wide * 3), paper.points(wide * 3)]
    stroke(axes, frame, under.rails["tunnel"], GROUND["metro"], paper.points(wide * 0.7), dash, alpha=0.55)
    stroke(axes, frame, under.rails["rail"], GROUND["rail"], paper.points(wide), cap="butt")
    stroke(axes, frame, under.rails["rail"], GROUND["railGap"], paper.points(wide * 0.6), dash)
    stroke(axes, frame, under.rails["metro"], GROUND["halo"], paper.points(wide * 2.2))
    stroke(axes, frame, under.rails["metro"], GROUND["metro"], paper.points(wide * 1.1))


def _borders(paper: Paper, axes: Axes, under: Land, frame: Frame, focus: BaseGeometry | None) -> None:
    u = paper.points(1.0)
    stroke(axes, frame, under.borders, GROUND["halo"], u * 0.55, cap="butt", alpha=0.65)
    stroke(axes, frame, under.borders, GROUND["border"], u * 0.2, [u * 1.5, u * 0.5, u * 0.3, u * 0.5])
    rim = under.area.boundary
    stroke(axes, frame, rim, GROUND["boundaryBand"], u * 1.6, alpha=0.16)
    stroke(axes, frame, rim, GROUND["boundary"], u * 0.34, [u * 2.4, u * 0.6, u * 0.4, u * 0.6])
    if focus is not None:
        stroke(axes, frame, focus.boundary, GROUND["boundaryBand"], u * 1.9, alpha=0.28)
        stroke(axes, frame, focus.boundary, GROUND["boundary"], u * 0.45, [u * 2.6, u * 0.6, u * 0.5, u * 0.6])
