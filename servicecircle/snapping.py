"""From a place to the network: the nearest point of an edge, with its distance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from servicecircle.arrays import Bools, Floats, Ints
from servicecircle.crs import to_lonlat, to_metric
from servicecircle.graph import components, make_graph
from servicecircle.network import EdgeSeconds, WalkNetwork
from servicecircle.parameters import SnapParameters

__all__ = ["Snapped", "Snapper"]

_BEYOND_M = 1e9
_NO_DOOR = ("lift", "escalator", "crossing")


@dataclass(frozen=True, slots=True)
class Snapped:
    """Where places meet the network: the edge, the share of its length from its tail, and the walk to get there."""

    edge: Ints
    share: Floats
    snap_m: Floats
    lonlat: Floats

    def __len__(self) -> int:
        """Return the number of places."""
        return len(self.edge)

    def take(self, which: Ints) -> Snapped:
        """Return the places at the given positions."""
        return Snapped(self.edge[which], self.share[which], self.snap_m[which], self.lonlat[which])


class Snapper:
    """The edges that a door can open on, indexed once for one profile.

    Left out: what the profile cannot walk, tunnels, decks of bridges, lifts, escalators, crossings, and pieces of the
    ground-level network too small to lead anywhere.
    """

    def __init__(self, network: WalkNetwork, seconds: EdgeSeconds, parameters: SnapParameters) -> None:
        self._network = network
        edges = network.edges
        usable = np.isfinite(seconds.forward_s) & np.isfinite(seconds.backward_s)
        usable &= ~(edges["tunnel"] | edges["bridge"] | edges["kind"].isin(_NO_DOOR)).to_numpy()
        usable &= main_pieces(network, seconds, parameters.min_component_nodes)
        counts = np.diff(network.vertex_start)
        owner = np.repeat(np.arange(network.n_edges), counts)
        first = np.flatnonzero((owner[:-1] == owner[1:]) & usable[owner[:-1]])
        self._first, self._owner = first, owner[first]
        xy = network.vertex_xy
        self._segments = np.asarray(shapely.linestrings(np.stack([xy[first], xy[first + 1]], axis=1)))
        self._tree = shapely.STRtree(self._segments)

    def snap(self, lonlat: Floats) -> Snapped:
        """Snap (n, 2) lon/lat points; ``snap_m`` is in the metric plane, infinite where there is no network at all."""
        network = self._network
        n = len(lonlat)
        if not len(self._segments) or not n:
            nowhere = np.full((n, 2), np.nan)
            return Snapped(np.full(n, -1), np.zeros(n), np.full(n, np.inf), nowhere)
        xy = to_metric(lonlat, network.crs)
        xy[~np.isfinite(xy)] = _BEYOND_M  # off the plane of the projection: far from everything
        points = shapely.points(xy)
        asked, near = self._tree.query_nearest(points, all_matches=False)
        nearest = np.empty(n, dtype=np.int64)
        nearest[asked] = near
        segment = self._segments[nearest]
        along = shapely.line_locate_point(segment, points)
        span = shapely.length(segment)
        part = np.divide(along, span, out=np.zeros(n), where=span > 0)
        vertex, edge = self._first[nearest], self._owner[nearest]
        metres = network.vertex_along_m
        at = metres[vertex] + part * (metres[vertex + 1] - metres[vertex])
        total = network.edges["length_m"].to_numpy()[edge]
        share = np.divide(at, total, out=np.zeros(n), where=total > 0)
        foot = shapely.get_coordinates(shapely.line_interpolate_point(segment, along))
        distance = shapely.distance(segment, points)
        return Snapped(edge, np.clip(share, 0.0, 1.0), distance, to_lonlat(foot, network.crs))


def main_pieces(network: WalkNetwork, seconds: EdgeSeconds, min_nodes: int) -> Bools:
    """Whether each edge lies in a piece of at least ``min_nodes`` nodes in which every node reaches every other.

    Bridges and tunnels do not count: stairs that lead up to a river bridge and nowhere else are near every street in
    plan and far from it on foot, and no door opens on them. Where no piece is that large, the largest one counts.
    """
    tail, head = network.tail, network.head
    off_ground = (network.edges["bridge"] | network.edges["tunnel"]).to_numpy()
    both = np.r_[seconds.forward_s, seconds.backward_s]
    both[np.r_[off_ground, off_ground]] = np.inf
    label, size = components(make_graph(network.n_nodes, np.r_[tail, head], np.r_[head, tail], both))
    enough = min(min_nodes, int(size.max(initial=0)))
    return np.asarray((label[tail] == label[head]) & (size[label[tail]] >= enough))
