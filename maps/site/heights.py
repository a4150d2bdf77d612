"""The heights along a route as plain SVG: no script, no request."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import groupby

import geopandas as gpd
import pandas as pd

__all__ = ["profile"]

WIDTH, HEIGHT = 760.0, 190.0
LEFT, RIGHT, TOP, BOTTOM = 44.0, 14.0, 34.0, 26.0
LEAST_RISE_M = 25.0
BADGE = 25.0  # from one number to the next, at least
STEPS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 5000)


def profile(heights: pd.DataFrame, legs: gpd.GeoDataFrame, colour: str) -> str:
    """Draw the legs whose heights are known, each stop's number over them; '' where there are none."""
    known = heights[heights["height_m"].notna()]
    if known.empty:
        return ""
    far, low, high = known["metres"].max(), known["height_m"].min(), known["height_m"].max()
    half = max(high - low, LEAST_RISE_M) * 0.56
    low, high = (low + high) / 2 - half, (low + high) / 2 + half
    base = HEIGHT - BOTTOM

    def at(metres: float, height: float) -> tuple[float, float]:
        x = LEFT + metres / max(far, 1.0) * (WIDTH - LEFT - RIGHT)
        return round(x, 1), round(base - (height - low) / (high - low) * (base - TOP), 1)

    ends = {int(leg["leg"]): (int(leg["from_seq"]), int(leg["to_seq"])) for _, leg in legs.iterrows()}
    parts = _grid(at, far, low, high)
    marks: dict[int, tuple[float, float]] = {}
    rows = known[["leg", "metres", "height_m"]].to_numpy(dtype=float).tolist()
    for number, points in groupby(rows, key=lambda row: int(row[0])):
        xy = [at(metres, height) for _, metres, height in points]
        line = "L".join(f"{x:g} {y:g}" for x, y in xy)
        parts.append(f'<path d="M{line}V{base:g}H{xy[0][0]:g}Z" fill="{colour}" fill-opacity=".14"/>')
        parts.append(f'<path d="M{line}" fill="none" stroke="{colour}" stroke-width="2.4" stroke-linejoin="round"/>')
        start, end = ends.get(number, (0, 0))
        marks |= {start: xy[0], end: xy[-1]} if start else {}
    return "".join(parts + _badges(marks, colour))


def _ticks(low: float, high: float, most: int) -> list[int]:
    step = next((s for s in STEPS if (high - low) / s < most), STEPS[-1])
    return [n * step for n in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _grid(at: Callable[[float, float], tuple[float, float]], far: float, low: float, high: float) -> list[str]:
    base = HEIGHT - BOTTOM
    parts = []
    for height in _ticks(low, high, 4):
        y = at(0.0, height)[1]
        parts.append(f'<path d="M{LEFT:g} {y:g}H{WIDTH - RIGHT:g}" stroke="#e3ddd0"/>')
        parts.append(f'<text class="tick end" x="{LEFT - 8:g}" y="{y + 4:g}">{height}</text>')
    parts.append(f'<path d="M{LEFT:g} {base:g}H{WIDTH - RIGHT:g}" stroke="#4d5963"/>')
    for metres in _ticks(0.0, far, 8):
        x = at(metres, low)[0]
        parts.append(f'<text class="tick" x="{x:g}" y="{base + 18:g}">{metres / 1000:g}</text>')
    parts.append(f'<text class="tick end" x="{LEFT - 8:g}" y="{base + 18:g}">km</text>')
    return parts


def _badges(marks: dict[int, tuple[float, float]], colour: str) -> list[str]:
    """Put the numbers over the chart, apart from each other, each on a line down to where it is."""
    over = _apart([x for x, _ in marks.values()])
    parts = []
    for (seq, (x, y)), top in zip(marks.items(), over, strict=True):
        parts.append(f'<path d="M{top:g} 13L{x:g} 30V{y:g}" fill="none" stroke="{colour}" stroke-width=".9"/>')
        parts.append(f'<circle cx="{top:g}" cy="13" r="11" fill="{colour}"/><text x="{top:g}" y="17.6">{seq}</text>')
    return parts


def _apart(xs: Sequence[float]) -> list[float]:
    found: list[float] = []
    for x in xs:
        found.append(max(x, found[-1] + BADGE) if found else x)
    room = WIDTH - 12.0
    for number in range(len(found) - 1, -1, -1):
        found[number] = round(min(found[number], room), 1)
        room = found[number] - BADGE
    return found
