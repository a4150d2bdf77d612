"""Seconds, metres and steps from one door or point to many doors at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from servicecircle.arrays import Floats, Ints
from servicecircle.graph import Sources, added_along, nearest
from servicecircle.network import WalkNetwork
from servicecircle.reach import Attached

__all__ = ["Trails", "counted_along", "counted_on", "trace_trails"]


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


def counted_along(attached: Attached, counted: Floats) -> Floats:
    """Return the same along every arc of the graph: the stretches of edges, of parallel ones the quickest."""
    arcs = attached.arcs
    order = np.lexsort((arcs.seconds, arcs.head, arcs.tail))
    order = order[np.isfinite(arcs.seconds[order]) & (arcs.tail[order] != arcs.head[order])]
    tail, head = arcs.tail[order], arcs.head[order]
    arc = order[np.r_[True, (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])][: len(order)]]
    part = np.abs(arcs.share_to[arc] - arcs.share_from[arc])
    return np.asarray(counted[arcs.edge[arc]] * part[:, None])


def trace_trails(
    attached: Attached, along: Floats, snap_m: Floats, start: tuple[Sources, Floats], places: Ints, limit_s: float
) -> Trails:
    """Walk from one source to places, by the doors that are quickest together.

    ``along`` are the arcs as of ``counted_along``; ``snap_m`` the metres between each door and its street; ``start`` is
    the source, and what is counted up to each of its doors.
    """
    sources, begun = start
    seconds = nearest(attached.graph, sources, limit_s).apart
    total = added_along(attached.graph, sources, seconds, along, begun)
    doors, owner = attached.doors_of(places)
    at = attached.node[doors]
    block = np.vstack([seconds[at] + attached.access_s[doors], total[at].T])
    block[1] += snap_m[doors]
    block[0, block[0] > limit_s] = np.inf
    block[1:, ~np.isfinite(block[0])] = np.nan
    if len(doors) > len(places):  # of several doors of one place the quickest: they stand side by side
        block = block[:, np.lexsort((block[0], owner))[np.searchsorted(owner, np.arange(len(places)))]]
    return Trails(*block)
