"""Small maps of one place: the ground, who lives there, what is out of reach, on axes that somebody else placed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from matplotlib.axes import Axes
from matplotlib.patheffects import Stroke, withStroke
from shapely.geometry.base import BaseGeometry

from maps.ground import Ground, Window, draw_ground, fill
from maps.style import GROUND, INK, THEME, TIERS

__all__ = ["Homes", "Sign", "vignette"]

NAME_POINTS = 5.6
NAMES = 4
NAME_LETTERS = 12
EDGE = 0.82
NAME_AT_LEAST = 0.22
SCALES_M = (50, 100, 200, 500, 1000, 2000, 5000)


@dataclass(frozen=True, slots=True)
class Homes:
    """Homes on the plane: positions, people, and the colour of each."""

    xy: npt.NDArray[np.float64]
    people: npt.NDArray[np.float64]
    colour: npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Sign:
    """A place on the plane, drawn in its tier's colour and shape; ``label`` beside it, hollow where approximate.

    One with a label that lies outside the window stands at its edge, with an arrow towards where it is.
    """

    x: float
    y: float
    tier: str
    label: str = ""
    hollow: bool = False


def vignette(
    axes: Axes,
    under: Ground,
    window: Window,
    *,
    outline: BaseGeometry | None = None,
    frame: BaseGeometry | None = None,
    homes: Homes | None = None,
    signs: Sequence[Sign] = (),
    link: npt.NDArray[np.float64] | None = None,
    fit: Callable[[str], str] = str,
) -> None:
    """Draw the ground in the window, and on it a gap's outline, homes, places and a candidate link.

    Parameters
    ----------
    axes
        Where to draw; its sides must have the ratio of the window.
    under
        The base map.
    window
        What is shown.
    outline
        A polygon of the plane to mark as a gap.
    frame
        A polygon of the plane that the map is about: what is outside of it steps back.
    homes
        Who lives there.
    signs
        Places, drawn in their order.
    link
        Both ends of a candidate link, shape (2, 2), metres.
    fit
        Makes a name fit for the font.
    """
    axes.set(xlim=(window.west, window.east), ylim=(window.south, window.north), xticks=[], yticks=[])
    axes.set_autoscale_on(False)
    axes.patch.set(facecolor=GROUND["outside"], alpha=1.0)
    for spine in axes.spines.values():
        spine.set(visible=True, color=INK["line-strong"], linewidth=0.6)
    draw_ground(axes, under, window)
    if frame is not None:
        aside = shapely.difference(shapely.buffer(window.box, (window.east - window.west) * 0.1), frame)
        fill(axes, [aside], window, facecolor=GROUND["outside"], alpha=0.62)
        fill(axes, [frame], window, facecolor="none", edgecolor=GROUND["boundary"], linewidth=1.1)
    if outline is not None:
        fill(axes, [outline], window, facecolor=THEME["gap"], alpha=0.13)
        fill(axes, [outline], window, facecolor="none", edgecolor=THEME["gap"], linewidth=1.3)
    _names(axes, under, window, fit)
    if homes is not None:
        _homes(axes, homes, window)
    if link is not None:
        halo = [withStroke(linewidth=4.4, foreground="white")]
        axes.plot(link[:, 0], link[:, 1], "-", color=THEME["link"], linewidth=2.4, path_effects=halo, zorder=6)
        axes.plot(link[:, 0], link[:, 1], "o", markersize=3.6, color=THEME["link"], zorder=6)
    for sign in signs:
        _sign(axes, _within(axes, sign, window) if sign.label else sign, window, fit)
    _scale(axes, window)


def _homes(axes: Axes, homes: Homes, window: Window) -> None:
    x, y = homes.xy.T
    inside = (x > window.west) & (x < window.east) & (y > window.south) & (y < window.north)
    points = axes.bbox.width * 72 / axes.figure.dpi
    radius = np.clip(np.sqrt(homes.people) * 3.7e-4, 3e-3, 0.013) * min(1.0, points / 300 + 0.25)
    radius = radius * (window.east - window.west)
    for colour in sorted(set(homes.colour[inside])):
        chosen = inside & (homes.colour == colour)
        dots = shapely.buffer(shapely.points(homes.xy[chosen]), radius[chosen], quad_segs=3)
        fill(axes, dots, window, facecolor=colour, edgecolor="white", linewidth=0.25, zorder=4)


def _sign(axes: Axes, sign: Sign, window: Window, fit: Callable[[str], str]) -> None:
    if not (window.west < sign.x < window.east and window.south < sign.y < window.north):
        return
    tier = TIERS[sign.tier]
    marker = {"square": "s", "circle": "o", "diamond": "D"}[tier["shape"]]
    size = 7.2 if tier["shape"] == "diamond" else 8.6
    face, ink = ("white", tier["colour"]) if sign.hollow else (tier["colour"], "white")
    edge = tier["colour"] if sign.hollow else "white"
    if not sign.label:
        axes.plot(
            sign.x,
            sign.y,
            marker,
            markersize=size * 0.5,
            color=face,
            markeredgecolor=edge,
            markeredgewidth=0.7,
            zorder=5,
        )
        return
    axes.plot(sign.x, sign.y, marker, markersize=size, color=face, markeredgecolor=edge, markeredgewidth=0.9, zorder=7)
    axes.text(
        sign.x,
        sign.y,
        tier["glyph"],
        fontsize=5.2,
        color=ink,
        ha="center",
        va="center_baseline",
        zorder=8,
        clip_on=True,
    )
    left = sign.x > (window.west + window.east) / 2
    look: dict[str, Any] = {
        "ha": "right" if left else "left",
        "va": "center_baseline",
        "fontsize": 6.6,
        "fontweight": "bold",
    }
    aside = (-6.5 if left else 6.5, 0.0)
    _lettering(axes, (sign.x, sign.y), fit(sign.label), 2.2, aside=aside, color=tier["colour"], zorder=8, **look)


def _within(axes: Axes, sign: Sign, window: Window) -> Sign:
    """Bring a labelled place to the edge of the window, on the line from its middle."""
    half_x, half_y = (window.east - window.west) / 2, (window.north - window.south) / 2
    dx, dy = sign.x - window.west - half_x, sign.y - window.south - half_y
    shrink = max(abs(dx) / (half_x * EDGE), abs(dy) / (half_y * EDGE))
    if shrink <= 1:
        return sign
    x, y = window.west + half_x + dx / shrink, window.south + half_y + dy / shrink
    far = math.hypot(dx, dy)
    tip = half_y * (1 - EDGE) * 0.92
    colour = TIERS[sign.tier]["colour"]
    arrow = {
        "arrowstyle": "-|>,head_length=0.35,head_width=0.16",
        "color": colour,
        "linewidth": 1.2,
        "shrinkA": 0,
        "shrinkB": 0,
    }
    axes.annotate("", (x + dx / far * tip, y + dy / far * tip), xytext=(x, y), arrowprops=arrow, zorder=6)
    return replace(sign, x=x, y=y)


def _scale(axes: Axes, window: Window) -> None:
    width = window.east - window.west
    length = max((m for m in SCALES_M if m <= width * 0.3), default=SCALES_M[0])
    x, y = window.west + width * 0.035, window.south + (window.north - window.south) * 0.05
    halo = [withStroke(linewidth=2.4, foreground=GROUND["halo"])]
    axes.plot([x, x + length], [y, y], "-", color=INK["ink-soft"], linewidth=1.3, path_effects=halo, zorder=9)
    text = f"{length} m" if length < 1000 else f"{length // 1000} km"  # noqa: PLR2004
    look: dict[str, Any] = {"fontsize": 5.8, "ha": "center", "va": "bottom", "color": INK["ink-soft"], "zorder": 9}
    _lettering(axes, (x + length / 2, y), text, 2.4, aside=(0, 1.2), **look)


def _names(axes: Axes, under: Ground, window: Window, fit: Callable[[str], str]) -> None:
    """Letter the streets that are longest in the window, along their middle, none on top of another."""
    box, width = window.box, window.east - window.west
    found: list[tuple[float, str, shapely.LineString]] = []
    for name, line in under.named:
        if not shapely.intersects(line, box):
            continue
        longest = max(shapely.get_parts(shapely.intersection(line, box)), key=shapely.length, default=None)
        if longest is not None and longest.length > NAME_AT_LEAST * width:
            found.append((longest.length, name, longest))
    taken: list[tuple[float, float]] = []
    for _, name, line in sorted(found, key=lambda f: (-f[0], f[1])):
        start, at, end = (shapely.line_interpolate_point(line, f, normalized=True) for f in (0.38, 0.5, 0.62))
        if len(taken) == NAMES or any(math.hypot(at.x - x, at.y - y) < width * 0.16 for x, y in taken):
            continue
        taken.append((at.x, at.y))
        slope = math.degrees(math.atan2(end.y - start.y, end.x - start.x))
        look: dict[str, Any] = {
            "fontsize": NAME_POINTS,
            "ha": "center",
            "va": "center",
            "color": GROUND["streetText"],
            "zorder": 3,
        }
        _lettering(
            axes, (at.x, at.y), fit(name[:NAME_LETTERS]), 1.8, rotation=(slope + 90) % 180 - 90, clip_on=True, **look
        )


def _lettering(
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
