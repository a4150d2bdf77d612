"""Metres and steps to many doors at once: added up along the tree of quickest ways from one door."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from servicecircle.arrays import Floats
from servicecircle.graph import tree
from servicecircle.network import WalkNetwork
from servicecircle.reach import Attached
from servicecircle.scene import Scene

__all__ = ["Trails", "trace_trails"]


@dataclass(frozen=True, slots=True)
class Trails:
    """The quickest ways to each place: seconds, metres, steps and those of them that are estimated.

    Where there is no way within the limit, seconds are ``inf`` and the rest NaN.
    """

    seconds: Floats
    metres: Floats
    steps: Floats
    estimated: Floats


def trace_trails(attached: Attached, scene: Scene, start: int, limit_s: float) -> Trails:
    """Walk from a place (or a point beside the places) to every place, by the doors that are quickest together."""
    snap_m = scene.doors.snapped.snap_m
    doors, owner = attached.doors_of(scene.doors.place)
    best = Trails(*np.vstack([np.full(len(scene.doors.place), np.inf), np.full((3, len(scene.doors.place)), np.nan)]))
    for begin in attached.doors_of(np.array([start]))[0]:
        seconds, counted = _grow(attached, scene.streets.network, int(attached.node[begin]), limit_s)
        at = attached.node[doors]
        total = attached.access_s[begin] + seconds[at] + attached.access_s[doors]
        total[total > limit_s] = np.inf
        block = np.vstack([total, counted[at].T])
        block[1] += snap_m[begin] + snap_m[doors]
        block[1:, ~np.isfinite(total)] = np.nan
        # of several doors of one place the quickest: they stand side by side
        block = block[:, np.lexsort((total, owner))[np.searchsorted(owner, np.arange(len(scene.doors.place)))]]
        quicker = block[0] < best.seconds
        best = Trails(*np.where(quicker, block, [best.seconds, best.metres, best.steps, best.estimated]))
    return best


def _grow(attached: Attached, network: WalkNetwork, root: int, limit_s: float) -> tuple[Floats, Floats]:
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
    columns = (network.edges[name].to_numpy() for name in ("length_m", "steps", "steps_estimated"))
    counted = np.column_stack([column[arcs.edge[arc]].astype(np.float64) for column in columns])
    counted[:, 2] *= counted[:, 1]
    place = np.zeros(n, dtype=np.int64)  # of a node among the children; the root stands before them
    place[child] = np.arange(1, len(child) + 1)
    added = np.vstack([np.zeros(3), counted * part[:, None]])
    up = np.r_[0, place[grown.before[child]]]
    while up.any():  # each round doubles how far up the tree has been added
        added += added[up]
        up = up[up]
    block = np.zeros((n, 3))
    block[child] = added[1:]
    return grown.seconds, block
