"""Single points beside doors that are joined and priced already: what is asked one by one, without joining all anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from servicecircle.arrays import Floats, Ints
from servicecircle.graph import Graph, Sources
from servicecircle.model import Direction
from servicecircle.network import WalkNetwork
from servicecircle.parameters import Profile
from servicecircle.prices import EdgeSeconds
from servicecircle.reach import Arcs, Attached, Joined
from servicecircle.snapping import Snapped

__all__ = ["Doorstep", "Standing"]


@dataclass(frozen=True, slots=True)
class Doorstep:
    """Where searches from a point, or towards it, begin: one source, with the share of its edge up to each node."""

    sources: Sources
    share: Floats


@dataclass(frozen=True, slots=True)
class Standing:
    """The doors of places on a network, priced for one walker.

    ``edge``, ``share`` and ``node`` are the doors again, along each edge.
    """

    network: WalkNetwork
    attached: Attached
    prices: EdgeSeconds
    profile: Profile
    edge: Ints
    share: Floats
    node: Ints

    @classmethod
    def of(cls, network: WalkNetwork, joined: Joined, prices: EdgeSeconds, profile: Profile) -> Standing:
        """Put prices on doors that are all of places."""
        at = joined.snapped
        order = np.lexsort((at.share, at.edge))
        along = at.edge[order], at.share[order], joined.node[order]
        return cls(network, joined.price(prices, profile), prices, profile, *along)

    def beside(self, snapped: Snapped) -> Attached:
        """Return the same doors with one point more, behind the places: to the last bit as if all were joined anew."""
        attached, point = self.attached, self.attached.graph.n
        places, edge, share = len(attached.doors[1]), int(snapped.edge[0]), float(snapped.share[0])
        node, at, away_s, here_s = self._next_to(edge, share)
        graph = attached.graph
        arcs, spot = attached.arcs, np.full(len(node), point)
        whose, start, count = attached.doors
        return Attached(
            Graph(_with_row(graph.forward, node, away_s), _with_row(graph.reverse, node, here_s)),
            Arcs(
                np.concatenate([arcs.tail, spot, node]),
                np.concatenate([arcs.head, node, spot]),
                np.concatenate([arcs.seconds, away_s, here_s]),
                np.concatenate([arcs.edge, np.full(2 * len(node), edge)]),
                np.concatenate([arcs.share_from, np.full(len(node), share), at]),
                np.concatenate([arcs.share_to, at, np.full(len(node), share)]),
            ),
            np.insert(attached.node, places, point),
            np.insert(attached.access_s, places, snapped.snap_m[0] / self.profile.flat_mps),
            np.insert(attached.owner, places, places),
            attached.n_network,
            (
                np.append(whose + (whose >= places), places),
                np.append(start, len(whose)),
                np.append(count, 1),
            ),
        )

    def doorstep(self, snapped: Snapped, direction: Direction) -> Doorstep:
        """Return where a search from a point, or towards it, begins among the doors: enough to know the seconds."""
        node, at, away_s, here_s = self._next_to(int(snapped.edge[0]), float(snapped.share[0]))
        seconds = away_s if direction is Direction.FROM else here_s
        passable = np.isfinite(seconds)
        access_s = snapped.snap_m[0] / self.profile.flat_mps + seconds[passable]
        return Doorstep(Sources.one(node[passable], access_s), np.abs(snapped.share[0] - at[passable]))

    def _next_to(self, edge: int, share: float) -> tuple[Ints, Floats, Floats, Floats]:
        """Return what is next to a point on its street: nodes, their shares, seconds there and seconds from there."""
        node, at = (np.array(column) for column in zip(*self._neighbours(edge, share), strict=True))
        with_s, against_s = self.prices.forward_s[edge], self.prices.backward_s[edge]
        away_s = _part(np.where(at < share, against_s, with_s), np.abs(share - at))
        here_s = _part(np.where(at < share, with_s, against_s), np.abs(share - at))
        return node, at, away_s, here_s

    def _neighbours(self, edge: int, share: float) -> Iterator[tuple[int, float]]:
        """Give what is next to a point on its street to both sides: a door or an end, and nearer still added links."""
        low, high = np.searchsorted(self.edge, [edge, edge + 1])
        k = low + int(np.searchsorted(self.share[low:high], share, side="right"))
        before = (int(self.node[k - 1]), float(self.share[k - 1])) if k > low else (int(self.network.tail[edge]), 0.0)
        behind = (int(self.node[k]), float(self.share[k])) if k < high else (int(self.network.head[edge]), 1.0)
        yield from (before, behind)
        hung = self.network.hung
        if hung is None:
            return
        on = np.flatnonzero(hung.edge == edge)
        nearer = (before[1] <= hung.share[on]) & (hung.share[on] <= behind[1])
        for side in (on[nearer & (hung.share[on] <= share)], on[nearer & (hung.share[on] > share)]):
            if len(side):
                i = side[np.argmin(np.abs(hung.share[side] - share))]
                yield hung.first_node + int(i), float(hung.share[i])


def _part(along_s: Floats, part: Floats) -> Floats:
    """Return the seconds of a part of an edge; a closed edge stays closed even for an empty part."""
    return np.multiply(along_s, part, out=np.full_like(part, np.inf), where=np.isfinite(along_s))


def _with_row(matrix: csr_array, node: Ints, seconds: Floats) -> csr_array:
    """Return a square matrix with a row and an empty column more; of parallel arcs the quickest."""
    n = matrix.shape[0] + 1
    order = np.lexsort((seconds, node))
    order = order[np.isfinite(seconds[order])]
    order = order[np.r_[True, np.diff(node[order]) > 0]] if len(order) else order
    data = np.concatenate([matrix.data, seconds[order]])
    column = np.concatenate([matrix.indices, node[order].astype(matrix.indices.dtype)])
    start = np.append(matrix.indptr, matrix.indptr.dtype.type(len(data)))
    return csr_array((data, column, start), shape=(n, n))
