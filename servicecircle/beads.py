"""Beads on the string of every edge: the places at which its seconds are read.

The bends of an edge, more between them where those are far apart, and where it crosses another edge in plan without
meeting it: there both have a bead at one place, though one is a bridge over the other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from servicecircle.arrays import Floats, Ints
from servicecircle.network import WalkNetwork

__all__ = ["SAME_PLACE_M", "Beads", "string_beads"]

SAME_PLACE_M = 0.05
_BESIDE_M = 0.2
_GUARD_M = 2.5


_Found = tuple[Ints, Floats, Floats]


@dataclass(frozen=True, slots=True)
class Beads:
    """Edge ``e`` has the beads ``start[e]`` to ``start[e + 1]`` by ascending share of its length, 0 and 1 included."""

    start: Ints
    edge: Ints
    share: Floats
    xy: Floats


def string_beads(network: WalkNetwork, spacing_m: float) -> Beads:
    """Put beads on every edge, at most ``spacing_m`` apart."""
    along, xy = network.vertex_along_m, network.vertex_xy
    owner = np.repeat(np.arange(network.n_edges), np.diff(network.vertex_start))
    first = np.flatnonzero(owner[:-1] == owner[1:])  # a piece runs from this vertex to the next
    piece, part, crossing = _crossings(xy[first], xy[first + 1])
    # the ends of every piece, and what crosses it, by piece and part
    length = along[first + 1] - along[first]
    every = np.arange(len(first))
    guard, guard_part = _guards(piece, part, length)
    at = np.r_[every, every, piece, guard]
    share = np.r_[np.zeros(len(first)), np.ones(len(first)), part, guard_part]
    spot = xy[first[guard]] + guard_part[:, None] * (xy[first[guard] + 1] - xy[first[guard]])
    place = np.vstack([xy[first], xy[first + 1], crossing, spot])
    order = np.lexsort((share, at))
    at, share, place = at[order], share[order], place[order]
    metres = along[first[at]] + share * length[at]
    joined = np.flatnonzero(at[:-1] == at[1:])
    many = np.maximum(np.ceil((metres[joined + 1] - metres[joined]) / spacing_m), 1).astype(np.int64)
    k = np.repeat(joined, many)
    inner = (np.arange(len(k)) - np.repeat(np.cumsum(many) - many, many)) / np.repeat(many, many)
    edge = owner[first[at[k]]]
    where = metres[k] + inner * (metres[k + 1] - metres[k])
    spot = place[k] + inner[:, None] * (place[k + 1] - place[k])
    return _close(network, edge, where, spot)


def _close(network: WalkNetwork, edge: Ints, metres: Floats, xy: Floats) -> Beads:
    """Add the head of every edge, and turn metres into shares."""
    heads = np.arange(network.n_edges)
    last = network.vertex_start[1:] - 1
    edge, xy = np.r_[edge, heads], np.vstack([xy, network.vertex_xy[last]])
    metres = np.r_[metres, network.vertex_along_m[last]]
    total = network.vertex_along_m[last][edge]
    share = np.divide(metres, total, out=np.zeros(len(metres)), where=total > 0)
    share[len(share) - len(heads) :] = 1.0
    order = np.lexsort((share, edge))
    start = np.r_[0, np.cumsum(np.bincount(edge, minlength=network.n_edges))].astype(np.int64)
    return Beads(start, edge[order], np.clip(share[order], 0.0, 1.0), xy[order])


def _guards(piece: Ints, part: Floats, length: Floats) -> tuple[Ints, Floats]:
    """Beads on both sides of every crossing: what is reached on one of the two streets ends there on the other."""
    step = _GUARD_M / length[piece]
    both = np.r_[part - step, part + step]
    inside = (both > 0) & (both < 1)
    return np.r_[piece, piece][inside], both[inside]


def _crossings(a: Floats, b: Floats) -> _Found:
    """Where pieces cross or touch inside: the piece, the share of its length, and the place, which both have."""
    lines = np.asarray(shapely.linestrings(np.stack([a, b], axis=1)))
    left, right = shapely.STRtree(lines).query(lines, predicate="dwithin", distance=SAME_PLACE_M)
    one, other = left[left < right], right[left < right]
    p, r, q, s = a[one], b[one] - a[one], a[other], b[other] - a[other]
    across = r[:, 0] * s[:, 1] - r[:, 1] * s[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        t = ((q - p)[:, 0] * s[:, 1] - (q - p)[:, 1] * s[:, 0]) / across
        u = ((q - p)[:, 0] * r[:, 1] - (q - p)[:, 1] * r[:, 0]) / across
    crossed = np.isfinite(t) & _inside(t, r) & _inside(u, s)
    place = (p + t[:, None] * r)[crossed]
    found = [_found(one[crossed], t[crossed], place), _found(other[crossed], u[crossed], place)]
    found += _touches(a, b, left, right)
    return _found(*(np.concatenate([f[k] for f in found]) for k in range(3)))


def _touches(a: Floats, b: Floats, left: Ints, right: Ints) -> list[_Found]:
    """Where an end of one piece (``right``) is on another (``left``): that one has its bead just beside the end.

    So the end stays apart from a street of another storey. Pieces that go on from the end to that side of the street
    have a bead at the same place: there they cross it.
    """
    piece, other = np.r_[left, left], np.r_[right, right]
    end, away = np.vstack([a[right], b[right]]), np.vstack([b[right], a[right]])
    at_head = np.repeat([False, True], len(right))
    base, run = a[piece], b[piece] - a[piece]
    squared = np.maximum((run**2).sum(axis=1), SAME_PLACE_M**2)
    share = ((end - base) * run).sum(axis=1) / squared
    off = np.hypot(*(end - base - share[:, None] * run).T)
    touching = np.flatnonzero((off < SAME_PLACE_M) & _inside(share, run))
    piece, other, end, away, at_head, run, share = (v[touching] for v in (piece, other, end, away, at_head, run, share))
    side = np.sign(run[:, 0] * (away - end)[:, 1] - run[:, 1] * (away - end)[:, 0])
    spot = np.column_stack([piece, np.round(end / SAME_PLACE_M)])
    _, first, which = np.unique(spot, axis=0, return_index=True, return_inverse=True)
    which = which.ravel()
    # beside it where nothing goes on, or least
    beside = np.where(np.bincount(which, side, len(first)) > 0, -1.0, 1.0)
    normal = np.column_stack([-run[first, 1], run[first, 0]]) / np.hypot(*run[first].T)[:, None]
    place = end[first] + _BESIDE_M * beside[:, None] * normal
    on = np.flatnonzero(side == beside[which])
    part = _BESIDE_M / np.maximum(np.hypot(*(away - end)[on].T), 2 * _BESIDE_M)
    part = np.where(at_head[on], 1 - part, part)
    return [_found(piece[first], share[first], place), _found(other[on], part, place[which[on]])]


def _found(piece: npt.ArrayLike, part: npt.ArrayLike, place: npt.ArrayLike) -> _Found:
    return np.asarray(piece, dtype=np.int64), np.asarray(part, dtype=np.float64), np.asarray(place, dtype=np.float64)


def _inside(share: Floats, run: Floats) -> np.ndarray:
    """Whether a share of a run is farther than a place's width from both ends."""
    margin = SAME_PLACE_M / np.maximum(np.hypot(*run.T), SAME_PLACE_M)
    return np.asarray((share > margin) & (share < 1 - margin))
