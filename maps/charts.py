"""Charts of a study on axes that somebody else placed: who is reached by when, how many choices, how far the rest.

Shade carries the meaning as well as hue, hatching marks who has nothing, and labels stand at the lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MultipleLocator

from maps.style import INK, THEME, TIERS

__all__ = ["STEPS", "Added", "Bars", "Curve", "Histogram", "added", "bars", "colours", "curves", "histogram", "years"]

GAP = str(THEME["gap"])
STEPS = (GAP, "#c9c1b1", "#5f8f94", "#1f5f86")
HATCH = "//////"
SMALL = 8.0
POINTS = 72
MINUTES = "步行分钟 minutes on foot"


@dataclass(frozen=True, slots=True)
class Curve:
    """Share of the people within so many minutes: least, middle and most of the models, 0..1."""

    label: str
    minutes: npt.NDArray[np.float64]
    low: npt.NDArray[np.float64]
    middle: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    sure: bool
    colour: str


@dataclass(frozen=True, slots=True)
class Bars:
    """Shares that make a whole, one bar a row: ``shares`` is rows x parts, the first part is who has nothing."""

    rows: tuple[str, ...]
    parts: tuple[str, ...]
    shares: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Histogram:
    """People by minutes to the nearest place; the last bin is everybody beyond ``edges[-1]``."""

    edges: npt.NDArray[np.float64]
    low: npt.NDArray[np.float64]
    middle: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Added:
    """Share of the people covered with so many sites added, 0 first: least, middle and most; ``labels``: of each."""

    sites: npt.NDArray[np.int64]
    low: npt.NDArray[np.float64]
    middle: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    labels: tuple[str, ...]
    colour: str


def curves(axes: Axes, given: Sequence[Curve], cutoff: float, size: float = SMALL) -> None:
    """Draw coverage by minutes with the band of the population models; what is sure is solid, the rest dashed.

    Names stand at the lines' ends, shares at the cutoff where there are no more than two lines.
    """
    longest = max((float(c.minutes[-1]) for c in given), default=cutoff)
    axes.set(xlim=(0, longest), ylim=(0, 1.02))
    axes.axvline(cutoff, color=INK["ink-faint"], linewidth=0.8, linestyle=(0, (2, 2)))
    least = 1.25 * size / (axes.bbox.height * POINTS / axes.figure.dpi)
    for curve, at in zip(given, _apart([float(c.middle[-1]) for c in given], least), strict=True):
        axes.fill_between(curve.minutes, curve.low, curve.high, color=curve.colour, alpha=0.22, linewidth=0)
        style = "-" if curve.sure else (0, (4, 1.6))
        axes.plot(curve.minutes, curve.middle, color=curve.colour, linewidth=1.9, linestyle=style)
        axes.annotate(
            curve.label,
            (longest, at),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            **_told(curve.colour, size),
        )
    for curve, other in zip(given, [*given[1:], *given[:1]], strict=True) if len(given) <= 2 else ():  # noqa: PLR2004
        at, beside = (float(np.interp(cutoff, c.minutes, c.middle)) for c in (curve, other))
        axes.plot([cutoff], [at], "o", markersize=4.4, color="white", markeredgecolor=curve.colour, markeredgewidth=1.4)
        above = at >= beside or at < 0.2  # noqa: PLR2004  where a lower line leaves no room under it
        place = {"xytext": (-5, 4), "ha": "right", "va": "bottom"} if above else {"xytext": (5, -4), "va": "top"}
        axes.annotate(f"{at:.0%}", (cutoff, at), textcoords="offset points", **_told(curve.colour, size), **place)  # type: ignore[arg-type]
    axes.xaxis.set_major_locator(MultipleLocator(5))
    axes.set_xlabel(MINUTES, fontsize=size, loc="right", labelpad=2)
    _shares(axes, size)


def bars(axes: Axes, given: Bars, least_label: float = 0.09, size: float = SMALL) -> None:
    """Draw one bar a row, split into its parts; a bar of unknown shares is left open and says so."""
    middle = np.arange(len(given.rows))[::-1]
    shades = colours(len(given.parts))
    for row, y in enumerate(middle):
        if np.isnan(given.shares[row]).any():
            axes.barh(y, 1, height=0.66, facecolor="none", edgecolor=INK["line-strong"], linewidth=0.7, linestyle=":")
            axes.text(0.5, y, "未知 unknown", ha="center", va="center_baseline", fontsize=7.5, color=INK["ink-faint"])
            continue
        left = 0.0
        for part, share in enumerate(given.shares[row]):
            hatch = HATCH if part == 0 else None
            axes.barh(
                y, share, left=left, height=0.66, facecolor=shades[part], edgecolor="white", linewidth=0.6, hatch=hatch
            )
            if share >= least_label:
                _inside(axes, left + share / 2, float(y), f"{share:.0%}", shades[part], size, ringed=part == 0)
            left += float(share)
    axes.set(xlim=(0, 1), ylim=(-0.6, len(given.rows) - 0.4), xticks=[])
    axes.set_yticks(middle, given.rows, fontsize=size, color=INK["ink"])
    axes.tick_params(length=0, pad=3)
    axes.spines["bottom"].set_visible(False)


def colours(parts: int) -> tuple[str, ...]:
    """Give the colours of a bar's parts: a gap's, then darker with more.

    >>> len(colours(3)), colours(4) == STEPS
    (3, True)
    """
    return STEPS[:1] + STEPS[len(STEPS) - parts + 1 :]


def histogram(axes: Axes, given: Histogram, colour: str, cutoff: float) -> None:
    """Draw people by minutes; beyond the cutoff in the colour of a gap, hatched; whiskers from low to high."""
    width = np.diff(given.edges)
    left = np.append(given.edges[:-1], given.edges[-1] + width[-1] * 0.5)
    wide = np.append(width, width[-1])
    beyond = left >= cutoff
    for chosen, fill, hatch in ((~beyond, colour, None), (beyond, GAP, HATCH)):
        axes.bar(
            left[chosen],
            given.middle[chosen] / 1e4,
            width=wide[chosen] * 0.86,
            align="edge",
            facecolor=fill,
            edgecolor="white",
            linewidth=0,
            hatch=hatch,
        )
    centre = left + wide * 0.43
    axes.vlines(centre, given.low / 1e4, given.high / 1e4, color=INK["ink"], linewidth=1.0)
    axes.set(xlim=(0, left[-1] + wide[-1]), ylim=(0, max(float(given.high.max()) / 1e4 * 1.12, 1e-9)))
    ticks = np.arange(0, given.edges[-1] + 1, 15 if given.edges[-1] > 30 else 5)  # noqa: PLR2004
    axes.set_xticks([*ticks, float(centre[-1])], [*(f"{t:.0f}" for t in ticks), f"> {given.edges[-1]:.0f}"])
    axes.tick_params(length=0, labelsize=SMALL)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
    axes.set_axisbelow(True)
    axes.grid(axis="y")
    axes.set_xlabel(MINUTES, fontsize=SMALL, loc="right", labelpad=2)
    axes.set_title("万人 10 000 people", fontsize=SMALL, loc="left", color=INK["ink-soft"], pad=4)


def added(axes: Axes, given: Added, size: float = SMALL) -> None:
    """Draw the share covered by the number of sites added, with its band and a label at each step."""
    axes.fill_between(given.sites, given.low, given.high, color=given.colour, alpha=0.18, linewidth=0)
    axes.plot(given.sites, given.middle, color=given.colour, marker="o", markersize=4.6, linewidth=1.7)
    axes.plot(given.sites[:1], given.middle[:1], "o", markersize=4.6, color="white", markeredgecolor=given.colour)
    floor, top = float(given.low.min()), float(given.high.max())
    room = max(top - floor, 0.02)
    axes.set(xlim=(-0.4, float(given.sites[-1]) + 0.4), ylim=(floor - 0.24 * room, top + 0.22 * room))
    place = {"textcoords": "offset points", "ha": "center", **_told(given.colour, size - 0.5)}
    for n, high, label in zip(given.sites[1:], given.high[1:], given.labels[1:], strict=True):
        axes.annotate(label, (float(n), float(high)), xytext=(0, 3), va="bottom", **place)
    axes.annotate(given.labels[0], (0, float(given.low[0])), xytext=(0, -4), va="top", **place)
    axes.xaxis.set_major_locator(MultipleLocator(max(1, len(given.sites) // 10)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:.0%}"))
    axes.tick_params(length=0, labelsize=size)
    axes.set_axisbelow(True)
    axes.grid(axis="y")
    axes.set_xlabel("增设处数 sites added", fontsize=size, loc="right", labelpad=2)


def years(axes: Axes, given: Sequence[tuple[str, Sequence[tuple[int, float, float, float]]]]) -> None:
    """Draw the share covered at the end of each year, one line a tier: year, low, middle, high."""
    marks = {"school": "s", "community": "o", "base": "D"}
    least = 1.25 * SMALL / (axes.bbox.height * POINTS / axes.figure.dpi)
    ends = _apart([points[-1][2] for _, points in given], least)
    for (tier, points), end in zip(given, ends, strict=True):
        when, low, middle, high = (np.array(column, dtype=float) for column in zip(*points, strict=True))
        colour = TIERS[tier]["colour"]
        axes.fill_between(when, low, high, color=colour, alpha=0.18, linewidth=0)
        axes.plot(when, middle, color=colour, marker=marks[tier], markersize=5, linewidth=1.6)
        axes.annotate(
            f"{TIERS[tier]['glyph']} {middle[-1]:.0%}",
            (when[-1], end),
            xytext=(7, 0),
            textcoords="offset points",
            va="center",
            fontsize=SMALL,
            color=colour,
        )
    axes.xaxis.set_major_locator(MultipleLocator(1))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:.0f}"))
    axes.margins(x=0.18)
    axes.set_ylim(0, 1.02)
    _shares(axes, SMALL)


def _told(colour: str, size: float) -> dict[str, Any]:
    return {"fontsize": size, "fontweight": "bold", "color": colour}


def _apart(wanted: Sequence[float], least: float) -> list[float]:
    """Move labels down until none covers another, the highest first.

    >>> _apart([0.96, 0.97, 0.2], 0.1)
    [0.87, 0.97, 0.2]
    """
    found = list(wanted)
    order = sorted(range(len(found)), key=lambda i: (-found[i], i))
    for above, i in pairwise(order):
        found[i] = round(min(found[i], found[above] - least), 6)
    return found


def _shares(axes: Axes, size: float) -> None:
    axes.yaxis.set_major_locator(MultipleLocator(0.25))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:.0%}"))
    axes.tick_params(length=0, labelsize=size)
    axes.set_axisbelow(True)
    axes.grid(axis="y")


def _inside(axes: Axes, x: float, y: float, text: str, colour: str, size: float, *, ringed: bool) -> None:
    light = colour == STEPS[1]
    box = {"boxstyle": "round,pad=0.18,rounding_size=0.4", "facecolor": colour, "edgecolor": "none"} if ringed else None
    axes.text(
        x,
        y,
        text,
        ha="center",
        va="center_baseline",
        fontsize=size - 0.5,
        color=INK["ink"] if light else "white",
        bbox=box,
    )
