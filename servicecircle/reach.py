"""Travel times: doors joined to the network, and bounded searches from them or towards them.

Joining says where each door splits its edge, once; pricing says what every stretch costs, as often as prices change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from servicecircle.arrays import Floats, Ints
from servicecircle.graph import Graph, Reached, Sources, nearest, own_seconds, pairs, search
from servicecircle.model import Direction
from servicecircle.network import Hung, WalkNetwork
from servicecircle.ordering import order_pairs
from servicecircle.pairs import Near, Pairs
from servicecircle.parameters import Profile
from servicecircle.prices import EdgeSeconds
from servicecircle.settling import Small
from servicecircle.snapping import Snapped

__all__ = [
    "Arcs",
    "Attached",
    "Joined",
    "Layout",
    "attach",
    "door_to_door",
    "join",
    "nearest_place",
    "nearest_times",
    "node_times",
    "pairs_within",
    "times_of",
]

_LONGER = 1.1, 1.5


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
    these. ``doors`` are the doors by owner, where each owner's begin, and how many. Nodes below ``n_network`` are those
    of the network.
    """

    graph: Graph
    arcs: Arcs
    node: Ints
    access_s: Floats
    owner: Ints
    n_network: int
    doors: tuple[Ints, Ints, Ints]

    def same_as(self, other: Attached) -> bool:
        """Whether the same doors on the same network have the same prices: then every search has the same answer."""
        return np.array_equal(self.arcs.seconds, other.arcs.seconds) and np.array_equal(self.access_s, other.access_s)

    def doors_of(self, places: Ints) -> tuple[Ints, Ints]:
        """Return the doors of the given places, and for each the position in ``places`` of whose it is, ascending."""
        whose, start, count = self.doors[0], self.doors[1][places], self.doors[2][places]
        if (count == 1).all():
            return whose[start], np.arange(len(places))
        row = np.repeat(np.arange(len(places)), count)
        within = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
        return whose[start[row] + within], row

    def sources(self, groups: Sequence[Ints]) -> Sources:
        """Return each group of places as one source with all their doors."""
        group = np.repeat(np.arange(len(groups)), [len(places) for places in groups])
        doors, row = self.doors_of(np.concatenate([*groups, np.zeros(0, dtype=np.int64)]))
        start = np.r_[0, np.cumsum(np.bincount(group[row], minlength=len(groups)))].astype(np.int64)
        return Sources(start, self.node[doors].astype(np.int32), self.access_s[doors])


@dataclass(frozen=True, slots=True)
class Layout:
    """How arcs become a matrix: sorted by row and column, parallel arcs side by side."""

    order: Small
    first: Small
    row: Small
    column: Small

    @classmethod
    def of(cls, row: Ints, column: Ints, n: int) -> Layout:
        """Sort the arcs of ``n`` nodes."""
        order = order_pairs(row, column, n)
        order = order[row[order] != column[order]]
        row, column = row[order], column[order]
        new = np.ones(len(order), dtype=bool)
        new[1:] = (row[1:] != row[:-1]) | (column[1:] != column[:-1])
        kept = order, np.flatnonzero(new), row[new], column[new]
        return cls(*(a.astype(np.int32) for a in kept))

    def matrix(self, seconds: Floats, n: int) -> csr_array:
        """Return the arcs as a matrix: of parallel ones the quickest, without the impassable."""
        least = np.minimum.reduceat(seconds[self.order], self.first) if len(self.first) else np.zeros(0)
        keep = np.isfinite(least)
        start = np.r_[0, np.cumsum(np.bincount(self.row[keep], minlength=n))].astype(np.int32)
        return csr_array((least[keep], self.column[keep], start), shape=(n, n))


@dataclass(frozen=True, slots=True)
class Joined:
    """Doors on the network without prices: the arcs that they split edges into, and the order of these in a graph.

    The first half of the arcs runs with its edges, the second half against them.
    """

    snapped: Snapped
    owner: Ints
    node: Ints
    n_network: int
    tail: Ints
    head: Ints
    edge: Ints
    share_from: Floats
    share_to: Floats
    doors: tuple[Ints, Ints, Ints]
    _out: Layout
    _back: Layout

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
        access_s = self.snapped.snap_m / profile.flat_mps
        return Attached(graph, arcs, self.node, access_s, self.owner, self.n_network, self.doors)


def join(network: WalkNetwork, snapped: Snapped, owner: Ints | None = None) -> Joined:
    """Split edges where doors open on them, so that two doors on one street meet on it.

    ``owner`` says whose each door is: 0, 1, ... for the first doors, then whose the further doors are; by default
    each has one.
    """
    n, k = network.n_nodes, len(snapped)
    order = np.lexsort((snapped.share, snapped.edge))
    edge, share = snapped.edge[order], snapped.share[order]
    # neighbours on a street are neighbours in memory: a search over a million doors is twice as quick
    door = np.arange(n, n + k)
    node = np.empty(k, dtype=np.int64)
    node[order] = door
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
    if network.hung is not None:
        more = _hang(network.hung, network, (edge, share, door))
        a, b, on, start, stop = (np.concatenate(both) for both in zip((a, b, on, start, stop), more, strict=True))
    tail, head = np.r_[a, b], np.r_[b, a]
    owner = np.arange(k) if owner is None else owner
    many = np.bincount(owner)
    return Joined(
        snapped,
        owner,
        node,
        n,
        tail,
        head,
        np.r_[on, on],
        np.r_[start, stop],
        np.r_[stop, start],
        (np.argsort(owner, kind="stable"), np.cumsum(many) - many, many),
        Layout.of(tail, head, n + k),
        Layout.of(head, tail, n + k),
    )


def _hang(
    hung: Hung, network: WalkNetwork, doors: tuple[Ints, Floats, Ints]
) -> tuple[Ints, Ints, Ints, Floats, Floats]:
    """Join each node that an added link hangs on to its neighbours along the street: doors, other such nodes, the ends.

    All other stretches stay as they are, so that nobody's way is longer with a link than without, not by a rounding.
    """
    nodes = np.arange(hung.first_node, hung.first_node + len(hung.edge))
    a, b, on, start, stop = [], [], [], [], []
    edge, share, door = doors
    for e in np.unique(hung.edge):
        mine = np.arange(*np.searchsorted(edge, [e, e + 1]))
        here = np.flatnonzero(hung.edge == e)
        node = np.r_[network.tail[e], door[mine], nodes[here], network.head[e]]
        at = np.r_[0.0, share[mine], hung.share[here], 1.0]
        order = np.r_[0, 1 + np.lexsort((node[1:-1], at[1:-1])), len(at) - 1]
        node, at = node[order], at[order]
        added = (node >= hung.first_node) & (node < hung.first_node + len(nodes))
        k = np.flatnonzero(added[:-1] | added[1:])
        a.append(node[k])
        b.append(node[k + 1])
        on.append(np.full(len(k), e))
        start.append(at[k])
        stop.append(at[k + 1])
    first, last, at_edge = (np.concatenate(part).astype(np.int64) for part in (a, b, on))
    return first, last, at_edge, np.concatenate(start), np.concatenate(stop)


def attach(network: WalkNetwork, seconds: EdgeSeconds, snapped: Snapped, profile: Profile) -> Attached:
    """Join doors to the network and price it at once, one door a place."""
    return join(network, snapped).price(seconds, profile)


def node_times(attached: Attached, places: Ints, limit_s: float, direction: Direction) -> Reached:
    """Seconds between each given place and every node of the graph, within ``limit_s``.

    By the quickest of the place's doors, access included.
    """
    return search(attached.graph, attached.sources(_each(places)), limit_s, towards=direction is Direction.TO)


def door_to_door(attached: Attached, places: Ints, doors: Ints, limit_s: float, direction: Direction) -> Floats:
    """Seconds between places and homes (or other places) as a (places, homes) block, ``inf`` beyond ``limit_s``.

    ``TO`` walks home -> place, ``FROM`` place -> home; by the quickest doors, and the access at both ends counts.
    For a few: ``pairs_within`` holds as much of the same as is within reach.
    """
    return pairs_within(attached, places, doors, limit_s, direction).dense(len(doors))


def pairs_within(attached: Attached, places: Ints, homes: Ints, limit_s: float, direction: Direction) -> Pairs:
    """Every pair of a place and a home within ``limit_s`` of each other, with its seconds as of ``door_to_door``."""
    return _pairs(attached, _each(places), homes, limit_s, direction)


def nearest_times(
    attached: Attached, groups: Sequence[Ints], homes: Ints, limit_s: float, direction: Direction
) -> Floats:
    """Seconds between each home and the nearest place of each group, as a (groups, homes) block.

    One search a group, however many places and doors it has: the least of the rows of ``door_to_door``.
    """
    return _pairs(attached, groups, homes, limit_s, direction).dense(len(homes))


def nearest_place(attached: Attached, places: Ints, homes: Ints, limit_s: float, direction: Direction) -> Near:
    """Seconds between each home and the nearest of the places, and which of them it is, by one search.

    Of places equally near the first in ``places``.
    """
    doors, whose = attached.doors_of(homes)
    sources = attached.sources(_each(places))
    found = nearest(attached.graph, sources, limit_s, towards=direction is Direction.TO)
    node = attached.node[doors]
    seconds, at = found.apart[node] + attached.access_s[doors], found.at[node]
    if len(doors) > len(homes):
        best = np.lexsort((at, seconds, whose))[np.searchsorted(whose, np.arange(len(homes)))]
        seconds, at = seconds[best], at[best]
    reached = seconds <= limit_s
    reached &= np.isfinite(seconds)
    # position -1 is the last: none
    return Near(np.append(places, -1)[np.where(reached, at, -1)], np.where(reached, seconds, np.inf))


def times_of(attached: Attached, near: Near, homes: Ints, limit_s: float, direction: Direction) -> Floats:
    """Seconds between each home and the very place that ``near`` names: the way back, where it knows the way there.

    Each place is searched from as far as its own homes are, not to the limit; ``inf`` where no place is named.
    """
    named = near.at >= 0
    places, of_home = np.unique(near.at[named], return_inverse=True)
    doors, whose = attached.doors_of(homes)
    mine, own = np.full(len(homes), -1), np.full(attached.graph.n, -1)
    mine[named] = of_home
    own[attached.node[doors]] = mine[whose]
    sources, towards = attached.sources(_each(places)), direction is Direction.TO
    there_s = np.zeros(len(places))
    np.maximum.at(there_s, of_home, near.apart[named])
    # back takes about as long as there: farther, and at last to the limit, only for places that miss a home of theirs
    seconds, missed = np.full(attached.graph.n, np.inf), np.arange(len(places))
    for far in (*(longer * there_s for longer in _LONGER), np.full(len(places), limit_s)):
        limits = np.full(len(places), -np.inf)
        limits[missed] = np.minimum(far[missed], limit_s)
        np.minimum(seconds, own_seconds(attached.graph, sources, own, limits, towards=towards), out=seconds)
        missed = np.unique(own[(own >= 0) & np.isinf(seconds)])
        if not len(missed):
            break
    total = seconds[attached.node[doors]] + attached.access_s[doors]
    if len(doors) > len(homes):
        total = np.minimum.reduceat(total, np.searchsorted(whose, np.arange(len(homes))))
    return np.where(total <= limit_s, total, np.inf)


def _each(places: Ints) -> list[Ints]:
    return [np.array([place]) for place in places]


def _pairs(attached: Attached, groups: Sequence[Ints], homes: Ints, limit_s: float, direction: Direction) -> Pairs:
    doors, whose = attached.doors_of(homes)
    found = pairs(
        attached.graph,
        attached.sources(groups),
        attached.node[doors],
        limit_s,
        access_s=attached.access_s[doors],
        towards=direction is Direction.TO,
    )
    if len(doors) == len(homes):
        return found
    # of several doors of one home the quickest: they stand side by side
    row, home = found.sources(), whose[found.target]
    new = np.ones(len(row), dtype=bool)
    new[1:] = (row[1:] != row[:-1]) | (home[1:] != home[:-1])
    first = np.flatnonzero(new)
    apart = np.minimum.reduceat(found.apart, first) if len(first) else found.apart
    return Pairs(np.r_[0, np.cumsum(new)][found.start], home[first].astype(np.int32), apart)
