"""Exact seconds on a network, by scipy's search and plain arithmetic: what drawn areas are held against."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from servicecircle.arrays import Floats, Ints
from servicecircle.model import Direction
from servicecircle.network import WalkNetwork
from servicecircle.prices import EdgeSeconds
from servicecircle.reach import Attached
from servicecircle.snapping import Snapped


@dataclass(frozen=True)
class EdgePoints:
    """Points along edges: their edge, the share of its length from its tail, and their place."""

    edge: Ints
    share: Floats
    xy: Floats


def edge_points(network: WalkNetwork, every_m: float) -> EdgePoints:
    """Points every so many metres on every edge, from half a step on."""
    edges, shares, places = [], [], []
    for e in range(network.n_edges):
        part = slice(network.vertex_start[e], network.vertex_start[e + 1])
        along, xy = network.vertex_along_m[part], network.vertex_xy[part]
        at = np.arange(every_m / 2, along[-1], every_m)
        edges.append(np.full(len(at), e))
        shares.append(at / along[-1] if len(at) else at)
        places.append(np.column_stack([np.interp(at, along, xy[:, k]) for k in (0, 1)]))
    return EdgePoints(np.concatenate(edges), np.concatenate(shares), np.vstack(places))


def exact_seconds(
    network: WalkNetwork,
    prices: EdgeSeconds,
    attached: Attached,
    snapped: Snapped,
    points: EdgePoints,
    direction: Direction,
) -> tuple[Floats, Floats]:
    """Seconds of every place at every node and at every point, (places, nodes) and (places, points)."""
    arcs = attached.arcs
    tail, head = (arcs.tail, arcs.head) if direction is Direction.FROM else (arcs.head, arcs.tail)
    open_ = np.isfinite(arcs.seconds) & (tail != head)
    order = np.argsort(-arcs.seconds[open_], kind="stable")  # of parallel arcs the last one written stays
    table: dict[tuple[int, int], float] = {}
    for k in np.flatnonzero(open_)[order]:
        table[int(tail[k]), int(head[k])] = float(arcs.seconds[k])
    ends = np.array(list(table), dtype=np.int64)
    n = attached.graph.n
    graph = csr_array((np.array(list(table.values())), (ends[:, 0], ends[:, 1])), shape=(n, n))
    seconds = dijkstra(graph, indices=attached.node) + attached.access_s[:, None]
    node_s = seconds[:, : network.n_nodes]
    leave, enter = prices.forward_s, prices.backward_s
    if direction is Direction.TO:
        leave, enter = enter, leave
    e, share = points.edge, points.share
    onwards, back = share * leave[e], (1 - share) * enter[e]
    point_s = np.minimum(node_s[:, network.tail[e]] + onwards, node_s[:, network.head[e]] + back)
    for i in range(len(snapped)):
        own = np.flatnonzero(e == snapped.edge[i])
        ahead = share[own] - snapped.share[i]
        walk = np.where(ahead >= 0, ahead * leave[snapped.edge[i]], -ahead * enter[snapped.edge[i]])
        point_s[i, own] = np.minimum(point_s[i, own], attached.access_s[i] + walk)
    return node_s, point_s
