"""Which of many equal discs show at the rim of their union: the others only fill it."""

from __future__ import annotations

import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.spatial import cKDTree
from shapely.geometry import MultiPoint
from shapely.geometry.base import BaseGeometry

from servicecircle.arrays import Bools, Floats
from servicecircle.compiled import compiled
from servicecircle.settling import Small

__all__ = ["join_discs", "on_rim"]

_TURN = 2 * np.pi


def join_discs(xy: Floats, radius: float) -> BaseGeometry:
    """Return the union of discs round (n, 2) points, made of those alone that show at its rim."""
    shape = MultiPoint(xy[on_rim(xy, radius)]).buffer(radius)
    # what is left free within rims is free, or filled by the discs that were left out
    free = shapely.get_parts(shapely.box(*shape.bounds).difference(shape))
    inner = shapely.get_coordinates(shapely.point_on_surface(free))
    filled = free[cKDTree(xy).query(inner)[0] <= radius] if len(free) else free
    return shapely.union_all([shape, *filled])


def on_rim(xy: Floats, radius: float) -> Bools:
    """Whether any of the circle round each of (n, 2) points lies outside all other discs; of equal points, the first.

    Examples
    --------
    >>> cross = np.array([[0.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    >>> on_rim(cross, 2.0).tolist()
    [False, True, True, True, True]
    """
    n = len(xy)
    a, b = cKDTree(xy).query_pairs(2 * radius, output_type="ndarray").astype(np.int32).T
    near = csr_array((np.ones(2 * len(a), dtype=bool), (np.r_[a, b], np.r_[b, a])), shape=(n, n))
    first, to = near.indptr.astype(np.int32), near.indices.astype(np.int32)
    room = 2 * int(np.diff(first).max(initial=0)) + 1
    shown = np.zeros(n, dtype=bool)
    begin, end = np.empty((2, room))
    x, y = np.ascontiguousarray(xy.T)
    show(first, to, x, y, radius, begin, end, shown)
    return shown


@compiled
def show(
    first: Small, to: Small, x: Floats, y: Floats, radius: float, begin: Floats, end: Floats, shown: Bools
) -> None:
    """Tell which circles are not hidden by their neighbours ``to[first[i]:first[i + 1]]``.

    Arcs that neighbours hide are sorted by their begin: what they leave free shows.
    """
    for i in range(len(x)):
        count, hidden = 0, False
        for k in range(first[i], first[i + 1]):
            j = to[k]
            apart = np.hypot(x[j] - x[i], y[j] - y[i])
            if apart == 0.0:
                hidden = hidden or j < i
                continue
            half = np.arccos(min(1.0, apart / (2 * radius)))
            low = np.arctan2(y[j] - y[i], x[j] - x[i]) - half
            if low < 0.0:
                low += _TURN
            high = low + 2 * half
            at = count
            while at > 0 and begin[at - 1] > low:
                begin[at], end[at] = begin[at - 1], end[at - 1]
                at -= 1
            begin[at], end[at] = low, high
            count += 1
        if hidden:
            continue
        # arcs that run over the full turn hide its beginning, too
        covered = 0.0
        for k in range(count):
            covered = max(covered, end[k] - _TURN)
        for k in range(count):
            if begin[k] > covered:
                break
            covered = max(covered, end[k])
        shown[i] = covered < _TURN
