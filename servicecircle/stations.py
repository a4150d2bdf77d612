"""Points along the streets where a link could begin or end, with the way from each to the nodes beside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from servicecircle.arrays import Bools, Floats, Ints
from servicecircle.network import WalkNetwork
from servicecircle.prices import EdgeSeconds
from servicecircle.reach import Attached

__all__ = ["Stations", "place_stations"]

_ON_FOOT = ("street", "path", "stairs")


@dataclass(frozen=True, slots=True)
class Stations:
    """Points of a graph of streets and doors.

    Attributes
    ----------
    edge, share
        The edge each point is on, and the share of its length from its tail.
    xy, height_m
        Metres of the network's CRS; NaN where the height is unknown.
    node
        (n, 2) graph nodes between which the point lies, no door between it and them.
    out_s, in_s
        (n, 2) seconds from the point to these nodes, and from them to the point.
    """

    edge: Ints
    share: Floats
    xy: Floats
    height_m: Floats
    node: Ints
    out_s: Floats
    in_s: Floats

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.edge)

    def onward(self, seconds: Floats) -> Floats:
        """Seconds from each point, given those from every node."""
        return self._least(seconds, self.out_s)

    def inward(self, seconds: Floats) -> Floats:
        """Seconds to each point, given those to every node."""
        return self._least(seconds, self.in_s)

    def _least(self, seconds: Floats, beside_s: Floats) -> Floats:
        by_node = (seconds[self.node[:, k]] + beside_s[:, k] for k in (0, 1))
        return np.asarray(np.minimum(*by_node), dtype=np.float64)


def place_stations(network: WalkNetwork, prices: EdgeSeconds, attached: Attached, step_m: float) -> Stations:
    """Put points at all nodes and doors, and between them at most ``step_m`` apart.

    Only on streets, paths and stairs that can be walked both ways: on a bridge or in a tunnel nobody can step aside.
    """
    edge, low, high, ends = _stretches(attached, _open_ground(network, prices))
    length = network.edges["length_m"].to_numpy()
    count = np.maximum(np.ceil((high - low) * length[edge] / step_m).astype(np.int64), 1) + 1
    row = np.repeat(np.arange(len(edge)), count)
    step = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    # a node ends several stretches and is one point
    end = np.select([step == 0, step == count[row] - 1], [ends[row, 0], ends[row, 1]], -1 - np.arange(len(row)))
    kept = np.sort(np.unique(end, return_index=True)[1])
    row, part = row[kept], (step / (count[row] - 1))[kept]
    share = low[row] + part * (high - low)[row]
    on = edge[row]
    xy, height = _positions(network, on, share)
    before, after = share - low[row], high[row] - share
    forward, backward = prices.forward_s[on], prices.backward_s[on]
    return Stations(
        edge=on,
        share=share,
        xy=xy,
        height_m=height,
        node=ends[row],
        out_s=np.column_stack([backward * before, forward * after]),
        in_s=np.column_stack([forward * before, backward * after]),
    )


def _open_ground(network: WalkNetwork, prices: EdgeSeconds) -> Bools:
    edges = network.edges
    usable = np.isfinite(prices.forward_s) & np.isfinite(prices.backward_s)
    usable &= edges["kind"].isin(_ON_FOOT).to_numpy()
    return np.asarray(usable & ~(edges["bridge"] | edges["tunnel"]).to_numpy(dtype=bool))


def _stretches(attached: Attached, usable: Bools) -> tuple[Ints, Floats, Floats, Ints]:
    """Edges cut at their doors: edge, shares where each stretch begins and ends, and the nodes there."""
    arcs, n = attached.arcs, len(usable)
    half = np.arange(len(arcs.edge) // 2)
    split = np.zeros(n, dtype=bool)
    split[arcs.edge[n : len(half)]] = True
    kept = half[((half >= n) | ~split[arcs.edge[half]]) & usable[arcs.edge[half]]]
    ends = np.column_stack([arcs.tail[kept], arcs.head[kept]])
    return arcs.edge[kept], arcs.share_from[kept], arcs.share_to[kept], ends


def _positions(network: WalkNetwork, edge: Ints, share: Floats) -> tuple[Floats, Floats]:
    """Metres and height at a share of each edge's length, between its vertices."""
    start, along = network.vertex_start, network.vertex_along_m
    length = along[start[1:] - 1]
    base = np.cumsum(length + 1.0) - length
    key = along + np.repeat(base, np.diff(start))
    at = np.searchsorted(key, base[edge] + share * length[edge], side="right") - 1
    at = np.clip(at, start[edge], start[edge + 1] - 2)
    span = along[at + 1] - along[at]
    part = np.divide(share * length[edge] - along[at], span, out=np.zeros(len(edge)), where=span > 0)
    height = network.heights.vertex_m
    xy = network.vertex_xy[at] + part[:, None] * (network.vertex_xy[at + 1] - network.vertex_xy[at])
    return xy, height[at] + part * (height[at + 1] - height[at])
