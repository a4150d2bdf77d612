"""The streets inside a circle as lines, cut exactly at the cutoff."""

from __future__ import annotations

import numpy as np
from shapely.geometry import MultiLineString

from servicecircle.arrays import Floats
from servicecircle.graph import Reached
from servicecircle.isochrone import Starts
from servicecircle.model import Direction
from servicecircle.network import WalkNetwork
from servicecircle.prices import EdgeSeconds

__all__ = ["reached_streets"]

_Stretch = tuple[float, float]


def reached_streets(
    network: WalkNetwork,
    prices: EdgeSeconds,
    direction: Direction,
    reached: Reached,
    starts: Starts,
    group: int,
    cutoff_s: float,
) -> MultiLineString:
    """Return what is walked from (or towards) one place within the cutoff, in the network's metric CRS.

    ``reached`` and ``starts`` are what ``Drawer.draw`` takes, each place a group of its own. The lines are as long as
    ``Circle.street_m`` says, measured along the edges.
    """
    leave, enter = prices.forward_s, prices.backward_s
    if direction is Direction.TO:
        leave, enter = enter, leave
    node, seconds = reached.of(group)
    node_s = np.full(network.n_nodes, np.inf)
    own = node < network.n_nodes
    node_s[node[own]] = seconds[own]
    tail_s, head_s = node_s[network.tail], node_s[network.head]
    touched = (tail_s <= cutoff_s) | (head_s <= cutoff_s)
    touched[starts.edge[group]] = True
    lines = []
    for edge in np.flatnonzero(touched).tolist():
        here = [_onwards(cutoff_s - tail_s[edge], leave[edge]), _back(cutoff_s - head_s[edge], enter[edge])]
        if edge == starts.edge[group]:
            here.append(_round(cutoff_s - starts.access_s[group], starts.share[group], leave[edge], enter[edge]))
        lines += [_cut(network, edge, low, high) for low, high in _joined(here)]
    return MultiLineString(lines)


def _onwards(left_s: float, leave: float) -> _Stretch:
    return (0.0, _part(left_s, leave))


def _back(left_s: float, enter: float) -> _Stretch:
    return (1.0 - _part(left_s, enter), 1.0)


def _round(left_s: float, share: float, leave: float, enter: float) -> _Stretch:
    return (max(0.0, share - _part(left_s, enter)), min(1.0, share + _part(left_s, leave)))


def _part(left_s: float, seconds: float) -> float:
    """Share of an edge that is walked in the seconds that are left."""
    if not np.isfinite(seconds) or left_s < 0:
        return 0.0
    return 1.0 if seconds <= left_s else left_s / seconds


def _joined(stretches: list[_Stretch]) -> list[_Stretch]:
    """Put stretches that overlap together; empty ones fall out."""
    joined: list[_Stretch] = []
    for low, high in sorted(s for s in stretches if s[1] > s[0]):
        if joined and low <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
        else:
            joined.append((low, high))
    return joined


def _cut(network: WalkNetwork, edge: int, low: float, high: float) -> Floats:
    part = slice(network.vertex_start[edge], network.vertex_start[edge + 1])
    along, xy = network.vertex_along_m[part], network.vertex_xy[part]
    ends = np.array([low, high]) * along[-1]
    first, last = (np.array([np.interp(end, along, xy[:, k]) for k in (0, 1)]) for end in ends)
    return np.vstack([first, xy[(along > ends[0]) & (along < ends[1])], last])
