"""Metres and steps to many doors at once: added up along the tree of quickest ways from one door."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from servicecircle.arrays import Floats, Ints
from servicecircle.graph import tree
from servicecircle.network import WalkNetwork
from servicecircle.reach import Attached

__all__ = ["Trails", "counted_on", "trace_trails"]


@dataclass(frozen=True, slots=True)
class Trails:
    """The quickest ways to each place: seconds, metres, steps and those of them that are estimated.

    Where there is no way within the limit, seconds are ``inf`` and the rest NaN.
    """

    seconds: Floats
    metres: Floats
    steps: Floats
    estimated: Floats


def counted_on(network: WalkNetwork) -> Floats:
    """Return what is counted along every edge, as (edges, 3): metres, steps, and steps that are estimated."""
    names = ("length_m", "steps", "steps_estimated")
    counted = np.column_stack([network.edges[name].to_numpy().astype(np.float64) for name in names])
    counted[:, 2] *= counted[:, 1]
    return counted


def trace_trails(
    attached: Attached, counted: Floats, snap_m: Floats, places: Ints, start: int, limit_s: float
) -> Trails:
    """Walk from a place (or a point beside the places) to every place, by the doors that are quickest together.

    ``counted`` are the edges as of ``counted_on``; ``snap_m`` the metres between each door and its street.
    """
    doors, owner = attached.doors_of(places)
    best = Trails(*np.vstack([np.full(len(places), np.inf), np.full((3, len(places)), np.nan)]))
    for begin in attached.doors_of(np.array([start]))[0]:
        seconds, along = _grow(attached, counted, int(attached.node[begin]), limit_s)
        at = attached.node[doors]
        total = attached.access_s[begin] + seconds[at] + attached.access_s[doors]
        total[total > limit_s] = np.inf
        block = np.vstack([total, along[at].T])
        block[1] += snap_m[begin] + snap_m[doors]
        block[1:, ~np.isfinite(total)] = np.nan
        # of several doors of one place the quickest: they stand side by side
        block = block[:, np.lexsort((total, owner))[np.searchsorted(owner, np.arange(len(places)))]]
        quicker = block[0] < best.seconds
        best = Trails(*np.where(quicker, block, [best.seconds, best.metres, best.steps, best.estimated]))
    return best


def _grow(attached: Attached, counted: Floats, root: int, limit_s: float) -> tuple[Floats, Floats]:
    """Return seconds to every node, and (n, 3) metres, steps, and steps that are estimated."""
    n = attached.graph.n
    grown = tree(attached.graph, root, limit_s)
    arcs = attached.arcs
    walked = np.flatnonzero(grown.before[arcs.head] == arcs.tail)
    walked = walked[np.argsort(-arcs.seconds[walked], kind="stable")]
    last = np.full(n, -1)
    last[arcs.head[walked]] = walked  # of parallel arcs the quickest, which is written last
    child = np.flatnonzero(last >= 0)
    arc = last[child]
    part = np.abs(arcs.share_to[arc] - arcs.share_from[arc])
    place = np.zeros(n, dtype=np.int64)  # of a node among the children; the root stands before them
    place[child] = np.arange(1, len(child) + 1)
    added = np.vstack([np.zeros(3), counted[arcs.edge[arc]] * part[:, None]])
    up = np.r_[0, place[grown.before[child]]]
    while up.any():  # each round doubles how far up the tree has been added
        added += added[up]
        up = up[up]
    block = np.zeros((n, 3))
    block[child] = added[1:]
    return grown.seconds, block
