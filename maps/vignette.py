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
from matplotlib.patheffects import withStroke
from shapely.geometry.base import BaseGeometry

from maps.ground import Ground, Window, draw_ground, fill
from maps.lettering import letter, letter_streets, room, scale_bar
from maps.style import GROUND, INK, THEME, TIERS

__all__ = ["Homes", "Sign", "vignette"]

EDGE = 0.82
LABEL_POINTS = 6.6
LABEL_ASIDE = 6.5


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
    placed = [_within(axes, sign, window) if sign.label else sign for sign in signs]
    inside = [sign for sign in placed if sign.label and _holds(window, sign)]
    labels = [_label_room(axes, sign, window, fit(sign.label)) for sign in inside]
    taken = [*labels, scale_bar(axes, window, labels)]
    taken += [] if outline is None else [shapely.boundary(outline)]
    taken += [] if link is None else [shapely.LineString(link)]
    letter_streets(axes, under, window, fit, taken)
    if homes is not None:
        _homes(axes, homes, window)
    if link is not None:
        halo = [withStroke(linewidth=4.4, foreground="white")]
        axes.plot(link[:, 0], link[:, 1], "-", color=THEME["link"], linewidth=2.4, path_effects=halo, zorder=6)
        axes.plot(link[:, 0], link[:, 1], "o", markersize=3.6, color=THEME["link"], zorder=6)
    for sign in placed:
        _sign(axes, sign, window, fit)


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
    if not _holds(window, sign):
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
    left = _to_the_left(sign, window)
    look: dict[str, Any] = {
        "ha": "right" if left else "left",
        "va": "center_baseline",
        "fontsize": LABEL_POINTS,
        "fontweight": "bold",
    }
    aside = (-LABEL_ASIDE if left else LABEL_ASIDE, 0.0)
    letter(axes, (sign.x, sign.y), fit(sign.label), 2.2, aside=aside, color=tier["colour"], zorder=8, **look)


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


def _label_room(axes: Axes, sign: Sign, window: Window, text: str) -> BaseGeometry:
    aside = -LABEL_ASIDE if _to_the_left(sign, window) else LABEL_ASIDE
    own = room(axes, window, (sign.x, sign.y), text, LABEL_POINTS, aside=aside)
    return shapely.union(own, room(axes, window, (sign.x, sign.y), TIERS[sign.tier]["glyph"] * 2, LABEL_POINTS))


def _to_the_left(sign: Sign, window: Window) -> bool:
    """Whether a label stands to the left of its sign: towards the middle of the window."""
    return sign.x > (window.west + window.east) / 2


def _holds(window: Window, sign: Sign) -> bool:
    return window.west < sign.x < window.east and window.south < sign.y < window.north
