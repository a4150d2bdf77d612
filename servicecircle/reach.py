"""Travel times: doors joined to the network, and bounded searches from them or towards them.

Joining says where each door splits its edge, once; pricing says what every stretch costs, as often as prices change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from servicecircle.arrays import Floats, Ints
from servicecircle.graph import Graph, Reached, search
from servicecircle.model import Direction
from servicecircle.network import WalkNetwork
from servicecircle.parameters import Profile
from servicecircle.prices import EdgeSeconds
from servicecircle.snapping import Snapped

__all__ = ["Arcs", "Attached", "Joined", "attach", "door_to_door", "join", "nearest_times", "node_times"]


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
    """A graph in which each door is a node of its own, on the edge it snapped to.

    ``node[k]`` is the node of door ``k``; ``access_s[k]`` the seconds between the door and the street; ``owner[k]`` the
    place (or home) whose door it is. Door ``i`` is the first door of place ``i``; further doors stand behind all of
    these. Nodes below ``n_network`` are those of the network.
    """

    graph: Graph
    arcs: Arcs
    node: Ints
    access_s: Floats
    owner: Ints
    n_network: int

    def doors_of(self, places: Ints) -> tuple[Ints, Ints]:
        """Return the doors of the given places, and for each the position in ``places`` of whose it is, ascending."""
        whose = np.argsort(self.owner, kind="stable")
        start = np.searchsorted(self.owner[whose], places)
        count = np.searchsorted(self.owner[whose], places, side="right") - start
        row = np.repeat(np.arange(len(places)), count)
        within = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
        return whose[start[row] + within], row


@dataclass(frozen=True, slots=True)
class _Layout:
    """How arcs become a matrix: sorted by row and column, parallel arcs side by side."""

    order: Ints
    first: Ints
    row: Ints
    column: Ints

    @classmethod
    def of(cls, row: Ints, column: Ints) -> _Layout:
        order = np.lexsort((column, row))
        order = order[row[order] != column[order]]
        row, column = row[order], column[order]
        new = np.ones(len(order), dtype=bool)
        new[1:] = (row[1:] != row[:-1]) | (column[1:] != column[:-1])
        return cls(order, np.flatnonzero(new), row[new], column[new])

    def matrix(self, seconds: Floats, n: int) -> csr_array:
        """Return the arcs as a matrix: of parallel ones the quickest, without the impassable."""
        least = np.minimum.reduceat(seconds[self.order], self.first) if len(self.first) else np.zeros(0)
        keep = np.isfinite(least)
        start = np.r_[0, np.cumsum(np.bincount(self.row[keep], minlength=n))]
        return csr_array((least[keep], self.column[keep], start), shape=(n, n))


@dataclass(frozen=True, slots=True)
class Joined:
    """Doors on the network without prices: the arcs that they split edges into, and the order of these in a graph.

    The first half of the arcs runs with its edges, the second half against them.
    """

    snapped: Snapped
    owner: Ints
    n_network: int
    tail: Ints
    head: Ints
    edge: Ints
    share_from: Floats
    share_to: Floats
    _out: _Layout
    _back: _Layout

    def price(self, seconds: EdgeSeconds, profile: Profile) -> Attached:
        """Put prices on every stretch; the walk between door and street is at the profile's level pace."""
        out, back = np.split(self.edge, 2)
        along = np.r_[seconds.forward_s[out], seconds.backward_s[back]]
        part = np.abs(self.share_to - self.share_from)
        # a closed edge stays closed even for an empty part
        cost = np.multiply(along, part, out=np.full_like(along, np.inf), where=np.isfinite(along))
        n = self.n_network + len(self.snapped)
        graph = Graph(self._out.matrix(cost, n), self._back.matrix(cost, n))
        arcs = Arcs(self.tail, self.head, cost, self.edge, self.share_from, self.share_to)
        node = np.arange(self.n_network, n)
        return Attached(graph, arcs, node, self.snapped.snap_m / profile.flat_mps, self.owner, self.n_network)


def join(network: WalkNetwork, snapped: Snapped, owner: Ints | None = None) -> Joined:
    """Split edges where doors open on them, so that two doors on one street meet on it.

    ``owner`` says whose each door is: 0, 1, ... for the first doors, then whose the further doors are; by default
    each has one.
    """
    n, k = network.n_nodes, len(snapped)
    order = np.lexsort((snapped.share, snapped.edge))
    edge, share = snapped.edge[order], snapped.share[order]
    door = n + order
    first = np.ones(k, dtype=bool)
    first[1:] = edge[1:] != edge[:-1]
    last = np.roll(first, -1)
    # each door closes the stretch before it; the last one on an edge also opens the stretch to the edge's head
    before = np.where(first, network.tail[edge], np.roll(door, 1))
    before_share = np.where(first, 0.0, np.roll(share, 1))
    every = np.arange(network.n_edges)
    a = np.concatenate([network.tail, before, door[last]]).astype(np.int64)
    b = np.concatenate([network.head, door, network.head[edge[last]]]).astype(np.int64)
    on = np.concatenate([every, edge, edge[last]]).astype(np.int64)
    start = np.concatenate([np.zeros(len(every)), before_share, share[last]])
    stop = np.concatenate([np.ones(len(every)), share, np.ones(int(last.sum()))])
    tail, head = np.r_[a, b], np.r_[b, a]
    return Joined(
        snapped,
        np.arange(k) if owner is None else owner,
        n,
        tail,
        head,
        np.r_[on, on],
        np.r_[start, stop],
        np.r_[stop, start],
        _Layout.of(tail, head),
        _Layout.of(head, tail),
    )


def attach(network: WalkNetwork, seconds: EdgeSeconds, snapped: Snapped, profile: Profile) -> Attached:
    """Join doors to the network and price it at once, one door a place."""
    return join(network, snapped).price(seconds, profile)


def node_times(attached: Attached, places: Ints, limit_s: float, direction: Direction) -> Reached:
    """Seconds between each given place and every node of the graph, within ``limit_s``.

    By the quickest of the place's doors, access included.
    """
    return _reach(attached, [np.array([place]) for place in places], limit_s, direction)


def door_to_door(attached: Attached, places: Ints, doors: Ints, limit_s: float, direction: Direction) -> Floats:
    """Seconds between places and homes (or other places) as a (places, homes) block, ``inf`` beyond ``limit_s``.

    ``TO`` walks home -> place, ``FROM`` place -> home; by the quickest doors, and the access at both ends counts.
    """
    return nearest_times(attached, [np.array([place]) for place in places], doors, limit_s, direction)


def nearest_times(
    attached: Attached, groups: Sequence[Ints], homes: Ints, limit_s: float, direction: Direction
) -> Floats:
    """Seconds between each home and the nearest place of each group, as a (groups, homes) block.

    One search a group, however many places and doors it has: the least of the rows of ``door_to_door``.
    """
    reached = _reach(attached, groups, limit_s, direction)
    doors, whose = attached.doors_of(homes)
    column = np.full(attached.graph.n, -1, dtype=np.int64)
    column[attached.node[doors]] = np.arange(len(doors))
    at = column[reached.node]
    wanted = at >= 0
    rows = np.repeat(np.arange(len(groups)), np.diff(reached.start))
    block = np.full((len(groups), len(doors)), np.inf)
    block[rows[wanted], at[wanted]] = reached.seconds[wanted]
    block += attached.access_s[doors]
    if len(doors) > len(homes):
        block = np.minimum.reduceat(block, np.searchsorted(whose, np.arange(len(homes))), axis=1)
    block[block > limit_s] = np.inf
    return block


def _reach(attached: Attached, groups: Sequence[Ints], limit_s: float, direction: Direction) -> Reached:
    """Search from sources outside the graph, one a group, each joined to the doors of its places by their access."""
    n, count = attached.graph.n, len(groups)
    arcs = attached.graph.reverse if direction is Direction.TO else attached.graph.forward
    group = np.repeat(np.arange(count), [len(places) for places in groups])
    doors, row = attached.doors_of(np.concatenate([*groups, np.zeros(0, dtype=np.int64)]))
    start = np.cumsum(np.bincount(group[row], minlength=count))
    ends = np.r_[arcs.indptr, arcs.indptr[-1] + start]
    data, column = np.r_[arcs.data, attached.access_s[doors]], np.r_[arcs.indices, attached.node[doors]]
    wider = csr_array((data, column, ends), shape=(n + count, n + count))
    found = search(Graph(wider, wider), np.arange(n, n + count), limit_s)
    inside = found.node < n
    rows = np.repeat(np.arange(count), np.diff(found.start))[inside]
    kept = np.r_[0, np.cumsum(np.bincount(rows, minlength=count))].astype(np.int64)
    return Reached(kept, found.node[inside], found.seconds[inside])
