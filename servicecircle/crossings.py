"""Where ways cross in plan on different storeys: one passes over the other, and that says something of heights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from servicecircle.arrays import Bools, Floats, Ints

__all__ = ["Crossings", "plan_crossings"]

_SAME_PLACE_M = 1e-6


@dataclass(frozen=True, slots=True)
class Crossings:
    """Points of two polylines over each other, each between a vertex and the next.

    Attributes
    ----------
    upper, lower
        Vertex before the crossing on the upper and on the lower way.
    upper_share, lower_share
        Share of the way from that vertex to the next, 0 to 1.
    """

    upper: Ints
    upper_share: Floats
    lower: Ints
    lower_share: Floats

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.upper)


def plan_crossings(vertex_xy: Floats, vertex_start: Ints, storey: Ints) -> Crossings:
    """Find where edges of different ``storey`` (one a row of ``vertex_start``) cross in plan without sharing a vertex.

    Examples
    --------
    >>> xy = np.array([[0.0, 0.0], [10.0, 0.0], [4.0, -5.0], [4.0, 5.0]])
    >>> found = plan_crossings(xy, np.array([0, 2, 4]), np.array([0, 1]))
    >>> found.upper.tolist(), found.upper_share.tolist(), found.lower.tolist(), found.lower_share.tolist()
    ([2], [0.5], [0], [0.4])
    """
    edge = np.repeat(np.arange(len(storey)), np.diff(vertex_start) - 1)
    first = np.arange(len(edge)) + edge  # every edge has one vertex more than segments
    lines = np.asarray(shapely.linestrings(np.stack([vertex_xy[first], vertex_xy[first + 1]], axis=1)), dtype=object)
    lifted = np.flatnonzero(storey[edge] != 0)
    one, other = shapely.STRtree(lines).query(lines[lifted], predicate="intersects")
    one = lifted[one]
    above = storey[edge[one]] - storey[edge[other]]
    # two segments off the ground find each other twice
    once = (above > 0) | ((above < 0) & (storey[edge[other]] == 0))
    high, low = np.where(above > 0, one, other)[once], np.where(above > 0, other, one)[once]
    order = np.lexsort([low, high])
    high, low = first[high[order]], first[low[order]]
    share_high, share_low, proper = _meet(vertex_xy, high, low)
    return Crossings(high[proper], share_high[proper], low[proper], share_low[proper])


def _meet(xy: Floats, a: Ints, b: Ints) -> tuple[Floats, Floats, Bools]:
    """Share along segments ``a`` and ``b`` of the point they meet in, and whether it is a crossing at all."""
    along_a, along_b, between = xy[a + 1] - xy[a], xy[b + 1] - xy[b], xy[b] - xy[a]
    area = _cross(along_a, along_b)
    touching = np.zeros(len(a), dtype=bool)
    for end_a in (a, a + 1):
        for end_b in (b, b + 1):
            touching |= np.abs(xy[end_a] - xy[end_b]).max(axis=1, initial=0.0) < _SAME_PLACE_M
    proper = ~touching & (area != 0.0)
    area = np.where(proper, area, 1.0)
    return (
        np.clip(_cross(between, along_b) / area, 0.0, 1.0),
        np.clip(_cross(between, along_a) / area, 0.0, 1.0),
        proper,
    )


def _cross(u: Floats, v: Floats) -> Floats:
    return np.asarray(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0], dtype=np.float64)
