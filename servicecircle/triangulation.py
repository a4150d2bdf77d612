"""Constrained triangulation on arrays: Delaunay, then given segments forced in by flips.

References
----------
Sloan 1993, A fast algorithm for generating constrained Delaunay triangulations, doi:10.1016/0045-7949(93)90239-A.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import Delaunay

from servicecircle.arrays import Bools, Floats, Ints
from servicecircle.compiled import compiled

__all__ = ["pair_keys", "triangulate"]


def triangulate(points: Floats, segments: Ints) -> tuple[Ints, Ints]:
    """Triangulate (n, 2) distinct points so that the given (k, 2) pairs of them are sides of triangles.

    Returns
    -------
    tuple
        Counter-clockwise triangles, and the positions of the segments that could not be sides: another one crosses
        them, or a point lies on them.

    Examples
    --------
    >>> square = np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.1]])
    >>> for diagonal in ([0, 2], [1, 3]):
    ...     triangles, left = triangulate(square, np.array([diagonal]))
    ...     print([set(diagonal) <= set(t) for t in triangles.tolist()], left)
    [True, True] []
    [True, True] []
    """
    centred = np.ascontiguousarray(points - points.mean(axis=0))
    found = Delaunay(centred)
    triangles, across = found.simplices.astype(np.int64), found.neighbors.astype(np.int64)
    n = len(points)
    keys = pair_keys(segments[:, 0], segments[:, 1], n)
    wanted = np.unique(keys)
    # side k is opposite corner k, and faces neighbour k
    sides = pair_keys(np.roll(triangles, -1, axis=1), np.roll(triangles, -2, axis=1), n)
    fixed = np.isin(sides, wanted)
    missing = np.flatnonzero(~np.isin(keys, sides))
    corner = np.full(n, -1, dtype=np.int64)
    corner[triangles.ravel()] = np.repeat(np.arange(len(triangles)), 3)
    left = np.zeros(len(missing), dtype=bool)
    if len(missing):
        _force(centred, triangles, across, fixed, corner, segments[missing], left)
    return triangles, missing[left]


def pair_keys(a: Ints, b: Ints, n: int) -> Ints:
    """Return one number for each pair of positions below ``n``, whatever their order."""
    return np.asarray(np.minimum(a, b) * n + np.maximum(a, b), dtype=np.int64)


@compiled
def _turn(xy: Floats, a: int, b: int, c: int) -> float:
    """Twice the area of a triangle: positive where c is left of the way from a to b."""
    return float((xy[b, 0] - xy[a, 0]) * (xy[c, 1] - xy[a, 1]) - (xy[b, 1] - xy[a, 1]) * (xy[c, 0] - xy[a, 0]))


@compiled
def _corner_of(triangles: Ints, t: int, vertex: int) -> int:
    for k in range(3):
        if triangles[t, k] == vertex:
            return k
    return -1


@compiled
def _side_to(across: Ints, t: int, other: int) -> int:
    for k in range(3):
        if across[t, k] == other:
            return k
    return -1


@compiled
def _flip(triangles: Ints, across: Ints, fixed: Bools, corner: Ints, t: int, k: int) -> None:
    """Turn the side opposite corner k of t into the other diagonal of the two triangles it divides."""
    k1, k2 = (k + 1) % 3, (k + 2) % 3
    other = across[t, k]
    j = _side_to(across, other, t)
    j1, j2 = (j + 1) % 3, (j + 2) % 3
    p, a, b, q = triangles[t, k], triangles[t, k1], triangles[t, k2], triangles[other, j]
    pb, pa, aq, qb = across[t, k1], across[t, k2], across[other, j1], across[other, j2]
    fixed_pb, fixed_pa, fixed_aq, fixed_qb = fixed[t, k1], fixed[t, k2], fixed[other, j1], fixed[other, j2]
    triangles[t, 0], triangles[t, 1], triangles[t, 2] = p, a, q
    across[t, 0], across[t, 1], across[t, 2] = aq, other, pa
    fixed[t, 0], fixed[t, 1], fixed[t, 2] = fixed_aq, False, fixed_pa
    triangles[other, 0], triangles[other, 1], triangles[other, 2] = p, q, b
    across[other, 0], across[other, 1], across[other, 2] = qb, pb, t
    fixed[other, 0], fixed[other, 1], fixed[other, 2] = fixed_qb, fixed_pb, False
    if aq >= 0:
        across[aq, _side_to(across, aq, other)] = t
    if pb >= 0:
        across[pb, _side_to(across, pb, t)] = other
    corner[p] = corner[a] = corner[q] = t
    corner[b] = other


@compiled
def _towards(xy: Floats, triangles: Ints, across: Ints, corner: Ints, u: int, v: int) -> int:
    """Find the triangle at u that the segment to v enters; -1 where it leaves along a side, -2 where it is one."""
    t = corner[u]
    begin, turned = t, 0
    while True:
        k = _corner_of(triangles, t, u)
        a, b = triangles[t, (k + 1) % 3], triangles[t, (k + 2) % 3]
        if v in (a, b):
            return -2
        if _turn(xy, u, v, a) < 0 < _turn(xy, u, v, b):
            return int(t)
        # round u one way, and from where that ends at the hull the other way
        following = across[t, (k + 1) % 3] if turned == 0 else across[t, (k + 2) % 3]
        if following < 0 and turned == 0:
            turned, following = 1, across[begin, (_corner_of(triangles, begin, u) + 2) % 3]
        if following < 0 or following == begin:
            return -1
        t = int(following)


@compiled
def _flip_one(xy: Floats, triangles: Ints, across: Ints, fixed: Bools, corner: Ints, u: int, v: int, least: int) -> int:
    """Flip one side that the segment from u to v crosses: 1 done, 0 none could be, -1 it must not be, 2 none is left.

    ``least`` is how many sides that cannot be flipped well are passed over before one is flipped nevertheless.
    """
    t = _towards(xy, triangles, across, corner, u, v)
    if t < 0:
        return 2 if t == -2 else -1  # noqa: PLR2004
    k = _corner_of(triangles, t, u)
    flipped_t, flipped_k, passed = -1, -1, 0
    while True:
        if fixed[t, k] or across[t, k] < 0:
            return -1
        other = across[t, k]
        p, a, b = triangles[t, k], triangles[t, (k + 1) % 3], triangles[t, (k + 2) % 3]
        q = triangles[other, _side_to(across, other, t)]
        if _turn(xy, p, a, q) > 0 and _turn(xy, p, q, b) > 0:
            if p in (u, v) or q in (u, v) or _turn(xy, u, v, p) * _turn(xy, u, v, q) > 0:
                _flip(triangles, across, fixed, corner, t, k)
                return 1
            if passed <= least:
                flipped_t, flipped_k = t, k
            passed += 1
        if q == v:
            break
        side = _turn(xy, u, v, q)
        if side == 0:
            return -1
        # leave the next triangle through the side that the segment crosses
        t, k = other, _corner_of(triangles, other, b if side > 0 else a)
    if flipped_t < 0:
        return 0
    _flip(triangles, across, fixed, corner, flipped_t, flipped_k)
    return 1


@compiled
def _force(xy: Floats, triangles: Ints, across: Ints, fixed: Bools, corner: Ints, segments: Ints, left: Bools) -> None:
    for i in range(len(segments)):
        u, v = segments[i, 0], segments[i, 1]
        state, rounds = 1, 0
        while state == 1 and rounds < 1000:  # noqa: PLR2004
            state = _flip_one(xy, triangles, across, fixed, corner, u, v, rounds % 3)
            rounds += 1
        left[i] = state != 2  # noqa: PLR2004
        if not left[i]:
            _fix(triangles, across, fixed, corner[u], u, v)


@compiled
def _fix(triangles: Ints, across: Ints, fixed: Bools, t: int, u: int, v: int) -> None:
    """Mark the side between u and v in both its triangles, starting from a triangle at u."""
    begin, turned = t, 0
    while True:
        k = _corner_of(triangles, t, u)
        for j in ((k + 1) % 3, (k + 2) % 3):
            if triangles[t, 3 - k - j] == v:
                fixed[t, j] = True
                other = across[t, j]
                if other >= 0:
                    fixed[other, _side_to(across, other, t)] = True
                return
        following = across[t, (k + 1) % 3] if turned == 0 else across[t, (k + 2) % 3]
        if following < 0 and turned == 0:
            turned, following = 1, across[begin, (k + 2) % 3]
        t = following
