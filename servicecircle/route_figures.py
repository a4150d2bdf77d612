"""What a class meets on a walk: flights of stairs, lifts, fees, and the heights along the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from servicecircle.arrays import Floats
from servicecircle.network import WalkNetwork
from servicecircle.walk import Stretch, Walk

__all__ = ["PROFILE_COLUMNS", "fees_cny", "height_line", "longest_flight", "rides"]

PROFILE_COLUMNS = ("metres", "height_m", "kind", "lon", "lat")
"""Columns of ``height_line``."""

_SAME_DEG, _SAME_M = 1e-9, 1e-6
_RIDDEN = ("lift", "escalator", "cableway")
_ROLLING = ("street", "path", "crossing")


def longest_flight(walk: Walk, landing_m: float) -> float:
    """Return the steps of the longest flight of stairs; level stretches up to ``landing_m`` are landings in it."""
    longest = steps = level = 0.0
    for stretch in walk.stretches:
        if stretch.kind == "stairs":
            steps, level = (steps if level <= landing_m else 0.0) + stretch.steps, 0.0
            longest = max(longest, steps)
        else:
            level += stretch.metres
    return longest


def rides(walk: Walk) -> int:
    """Count lifts, escalators and cableways: parts of one, one after the other, are one ride."""
    count, last = 0, None
    for stretch in walk.stretches:
        if not (stretch.metres or stretch.seconds):
            continue
        ridden = stretch.kind in _RIDDEN
        this = (stretch.kind, stretch.link_id, stretch.name) if ridden else None
        count += ridden and this != last
        last = this
    return count


def fees_cny(walk: Walk, fees: Mapping[str, float]) -> float:
    """Return what the links on the way cost one person, each link once; free where the register names no fee."""
    return float(sum(fees.get(link, 0.0) for link in {s.link_id for s in walk.stretches if s.link_id}))


def height_line(walk: Walk, network: WalkNetwork) -> pd.DataFrame:
    """Return the heights along a walk: ``metres`` walked, ``height_m``, and what leads to each point.

    On foot and ridden together the heights rise and fall by what the walk does. Between a door and the street the
    street's height holds; NaN where heights are unknown.
    """
    at, up, metres, height = [], [], 0.0, np.nan
    for stretch in walk.stretches:
        along, rise, first = _relief(stretch, network)
        height = first if np.isnan(height) else height
        at.append(metres + along)
        up.append(height + rise)
        metres += stretch.metres
        height = height + float(rise[-1])
    many = [len(stretch.lonlat) for stretch in walk.stretches]
    kind = np.repeat(np.array([stretch.kind for stretch in walk.stretches], dtype=object), many)
    lonlat, heights = np.concatenate([stretch.lonlat for stretch in walk.stretches]), np.concatenate(up)
    streets = np.flatnonzero(kind != "link")
    if len(streets):  # at a door: as high as the street before it
        first, last = streets[0], streets[-1]
        heights[:first], heights[last + 1 :] = heights[first], heights[last]
    moved = np.ones(len(kind), dtype=bool)
    moved[1:] = (np.abs(np.diff(lonlat, axis=0)) > _SAME_DEG).any(axis=1) | (np.abs(np.diff(heights)) > _SAME_M)
    columns = dict(zip(PROFILE_COLUMNS, (np.concatenate(at), heights, kind, *lonlat.T), strict=True))
    return pd.DataFrame({name: column[moved] for name, column in columns.items()})


def _relief(stretch: Stretch, network: WalkNetwork) -> tuple[Floats, Floats, float]:
    """Metres along a stretch at each vertex of its line, rise to there, and the map's height at its beginning."""
    count = len(stretch.lonlat)
    if stretch.edge < 0:
        return np.linspace(0.0, stretch.metres, count), np.zeros(count), np.nan
    part = slice(network.vertex_start[stretch.edge], network.vertex_start[stretch.edge + 1])
    along, height = network.vertex_along_m[part], network.heights.vertex_m[part]
    at = np.array(list(_vertices(along, stretch)))
    shown = np.interp(at, along, height) if along[-1] > 0 else np.full(len(at), height[0])
    walked = np.abs(at - at[0]) if along[-1] > 0 else np.zeros(len(at))
    if stretch.kind in _ROLLING:
        return walked, shown - shown[0], float(shown[0])
    share = walked / walked[-1] if walked[-1] > 0 else np.linspace(0.0, 1.0, count)
    return walked, share * stretch.rise_m, float(shown[0])


def _vertices(along: Floats, stretch: Stretch) -> Iterator[float]:
    """Metres along the edge of each vertex of the stretch, as ``cut_line`` cuts it."""
    low, high = sorted((stretch.start * along[-1], stretch.stop * along[-1]))
    inner = along[(along > low) & (along < high)]
    at = np.concatenate([[low], inner, [high]])
    yield from (at if stretch.start <= stretch.stop else at[::-1]).tolist()
