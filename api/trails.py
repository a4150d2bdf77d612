"""Metres and steps to many doors at once: added up along the tree of quickest ways from one point."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from servicecircle.arrays import Floats
from servicecircle.graph import tree
from servicecircle.network import WalkNetwork
from servicecircle.reach import Attached

__all__ = ["Trails", "trace_trails"]


@dataclass(frozen=True, slots=True)
class Trails:
    """Metres, steps, and those of them that are estimated, from the source to every node; NaN beyond the limit."""

    metres: Floats
    steps: Floats
    estimated: Floats


def trace_trails(attached: Attached, network: WalkNetwork, source: int, limit_s: float) -> Trails:
    """Add up the lengths of the quickest ways from a place (by its position among the attached)."""
    root, n = int(attached.node[source]), attached.graph.n
    grown = tree(attached.graph, root, limit_s)
    child = np.flatnonzero(grown.before >= 0)
    parent = grown.before[child]
    arcs = attached.arcs
    # of parallel arcs the quickest is the one walked
    order = np.lexsort((arcs.seconds, arcs.tail * n + arcs.head))
    keys = (arcs.tail * n + arcs.head)[order]
    arc = order[np.searchsorted(keys, parent * n + child)]
    edge = arcs.edge[arc]
    part = np.abs(arcs.share_to[arc] - arcs.share_from[arc])
    counted = network.edges[["length_m", "steps", "steps_estimated"]].to_numpy(dtype=np.float64)[edge]
    counted[:, 2] *= counted[:, 1]
    block = np.zeros((n, 3))
    block[child] = counted * part[:, None]
    up = np.full(n, root)
    up[child] = parent
    while (up != root).any():  # each round doubles how far up the tree has been added
        block += block[up]
        up = up[up]
    block[~np.isfinite(grown.seconds)] = np.nan
    return Trails(block[:, 0], block[:, 1], block[:, 2])
