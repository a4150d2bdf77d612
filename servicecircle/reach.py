"""Travel times: places attached to the network, and bounded searches from them or towards them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from servicecircle.arrays import Floats, Ints
from servicecircle.graph import Graph, Reached, make_graph, search
from servicecircle.model import Direction
from servicecircle.network import EdgeSeconds, WalkNetwork
from servicecircle.parameters import Profile
from servicecircle.snapping import Snapped

__all__ = ["Arcs", "Attached", "attach", "door_to_door", "node_times"]


@dataclass(frozen=True, slots=True)
class Arcs:
    """Every arc of the graph: its ends, seconds, and the stretch of edge it walks (shares from the edge's tail)."""

    tail: Ints
    head: Ints
    seconds: Floats
    edge: Ints
    share_from: Floats
    share_to: Floats


@dataclass(frozen=True, slots=True)
class Attached:
    """A graph in which each snapped place is a node of its own, on the edge it snapped to.

    ``node[i]`` is the node of place ``i``; ``access_s[i]`` the seconds between the place and the street.
    Nodes below ``n_network`` are those of the network.
    """

    graph: Graph
    arcs: Arcs
    node: Ints
    access_s: Floats
    n_network: int


def attach(network: WalkNetwork, seconds: EdgeSeconds, snapped: Snapped, profile: Profile) -> Attached:
    """Split edges where places snap to them, so that two places on one street meet on it."""
    n, k = network.n_nodes, len(snapped)
    order = np.lexsort((snapped.share, snapped.edge))
    edge, share = snapped.edge[order], snapped.share[order]
    place = n + order
    first = np.ones(k, dtype=bool)
    first[1:] = edge[1:] != edge[:-1]
    last = np.roll(first, -1)
    # each place closes the stretch before it; the last one on an edge also opens the stretch to the edge's head
    before = np.where(first, network.tail[edge], np.roll(place, 1))
    before_share = np.where(first, 0.0, np.roll(share, 1))
    a = np.r_[before, place[last]].astype(np.int64)
    b = np.r_[place, network.head[edge[last]]].astype(np.int64)
    on = np.r_[edge, edge[last]].astype(np.int64)
    start, stop = np.r_[before_share, share[last]], np.r_[share, np.ones(int(last.sum()))]

    every = np.arange(network.n_edges)
    a, b, on = np.r_[network.tail, a], np.r_[network.head, b], np.r_[every, on]
    start, stop = np.r_[np.zeros(len(every)), start], np.r_[np.ones(len(every)), stop]
    part = stop - start
    forward = _part(seconds.forward_s[on], part)
    backward = _part(seconds.backward_s[on], part)
    arcs = Arcs(
        np.r_[a, b], np.r_[b, a], np.r_[forward, backward], np.r_[on, on], np.r_[start, stop], np.r_[stop, start]
    )
    graph = make_graph(n + k, arcs.tail, arcs.head, arcs.seconds)
    return Attached(graph, arcs, n + np.arange(k), snapped.snap_m / profile.flat_mps, n)


def node_times(attached: Attached, places: Ints, limit_s: float, direction: Direction) -> Reached:
    """Seconds between each given place's door and every node of the graph, within ``limit_s``, access included."""
    towards = direction is Direction.TO
    found = search(attached.graph, attached.node[places], limit_s, towards=towards)
    rows = np.repeat(np.arange(len(places)), np.diff(found.start))
    seconds = found.seconds + attached.access_s[places][rows]
    keep = seconds <= limit_s
    start = np.r_[0, np.cumsum(np.bincount(rows[keep], minlength=len(places)))].astype(np.int64)
    return Reached(start, found.node[keep], seconds[keep])


def door_to_door(attached: Attached, places: Ints, doors: Ints, limit_s: float, direction: Direction) -> Floats:
    """Seconds between places and doors as a (places, doors) block, ``inf`` beyond ``limit_s``.

    ``TO`` walks door -> place, ``FROM`` place -> door; the access at both ends counts.
    """
    reached = node_times(attached, places, limit_s, direction)
    column = np.full(attached.graph.n, -1, dtype=np.int64)
    column[attached.node[doors]] = np.arange(len(doors))
    rows = np.repeat(np.arange(len(places)), np.diff(reached.start))
    at = column[reached.node]
    wanted = at >= 0
    block = np.full((len(places), len(doors)), np.inf)
    block[rows[wanted], at[wanted]] = reached.seconds[wanted]
    block += attached.access_s[doors]
    block[block > limit_s] = np.inf
    return block


def _part(seconds: Floats, part: Floats) -> Floats:
    """Seconds of a part of an edge; a closed edge stays closed even for an empty part."""
    return np.multiply(seconds, part, out=np.full_like(seconds, np.inf), where=np.isfinite(seconds))
