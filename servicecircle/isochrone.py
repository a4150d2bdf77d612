"""Circles: the area reached within a cutoff, as a contour of exact times on the shared mesh.

A circle never contradicts the times: every reached node is inside it, every unreached one outside, save where two
nodes of different storeys stand within a metre of each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

from servicecircle.arrays import Floats, Ints
from servicecircle.graph import Reached
from servicecircle.model import Direction
from servicecircle.network import WalkNetwork
from servicecircle.prices import EdgeSeconds
from servicecircle.reach import Attached
from servicecircle.snapping import Snapped
from servicecircle.tessellation import Tessellation

__all__ = ["Circle", "Drawer", "Start", "node_seconds"]

# a contour keeps this share of a side away from its ends, so that a vertex is never on the line
_CLEAR = 0.02


@dataclass(frozen=True, slots=True)
class Circle:
    """The area reached from (or towards) a place within a cutoff; empty where the place leads nowhere.

    ``area`` is in the network's metric CRS; ``street_m`` are metres of edges walked, cut at the exact cutoff.
    """

    cutoff_s: float
    area: BaseGeometry
    street_m: float

    @property
    def area_m2(self) -> float:
        """Square metres of the area."""
        return float(self.area.area)


class Drawer:
    """Draws the circles of places on one mesh, for one walker and direction."""

    def __init__(
        self, network: WalkNetwork, mesh: Tessellation, prices: EdgeSeconds, direction: Direction, beyond_m: float
    ) -> None:
        self._network, self._mesh, self._beyond_m = network, mesh, beyond_m
        out, back = prices.forward_s, prices.backward_s
        self._leave, self._enter = (out, back) if direction is Direction.FROM else (back, out)

    def vertex_seconds(self, node_s: Floats, start: Start) -> Floats:
        """Seconds of one place at every vertex of the mesh, from its seconds at the network's nodes."""
        network, mesh = self._network, self._mesh
        times = _vertex_times(network, mesh, node_s, self._leave, self._enter)
        own = np.flatnonzero(mesh.sample_edge == start.edge)
        ahead = mesh.sample_share[own] - start.share
        leave, enter = self._leave[start.edge], self._enter[start.edge]
        along = start.access_s + np.where(ahead >= 0, _times(leave, ahead), _times(enter, -ahead))
        np.minimum.at(times, mesh.sample_vertex[own], along)
        return times

    def area(self, times: Floats, cutoff_s: float) -> BaseGeometry:
        """Area within the cutoff: the line where times pass it is traced, inside on its left.

        Of the least of several places' seconds it holds the circle of each.
        """
        mesh = self._mesh
        inside = times <= cutoff_s
        a, b, c = (inside[mesh.triangle_vertices[:, k]] for k in range(3))
        mixed = np.flatnonzero((a | b | c) & ~(a & b & c))
        if not len(mixed):
            return Polygon()
        corners, sides = np.column_stack([a[mixed], b[mixed], c[mixed]]), mesh.triangle_sides[mixed]
        rows = np.arange(len(mixed))
        # walking the triangle counter-clockwise, the contour enters where it leaves the inside
        leaving = corners & ~np.roll(corners, -1, axis=1)
        entering = ~corners & np.roll(corners, -1, axis=1)
        begin, end = sides[rows, leaving.argmax(axis=1)], sides[rows, entering.argmax(axis=1)]
        crossed, first = np.unique(begin, return_index=True)
        after = np.searchsorted(crossed, end[first])
        xy = self._crossings(times, inside, crossed, cutoff_s)
        return _without_water(_polygons(_rings(after), xy), mesh.water)

    def _crossings(self, times: Floats, inside: npt.NDArray[np.bool_], sides: Ints, cutoff_s: float) -> Floats:
        """Where each crossed side is cut: exactly at the cutoff along a street, else half way, at most ``beyond_m``."""
        mesh = self._mesh
        pair, along, part = mesh.sides[sides], mesh.side_edge[sides], mesh.side_part[sides]
        turned = ~inside[pair[:, 0]]
        pair[turned], part = pair[turned][:, ::-1], np.where(turned, -part, part)
        a, b = mesh.xy[pair[:, 0]], mesh.xy[pair[:, 1]]
        street = along >= 0
        left = cutoff_s - times[pair[:, 0]]
        needs = np.where(part > 0, self._leave[along], self._enter[along]) * np.abs(part)
        exact = np.divide(left, needs, out=np.zeros(len(left)), where=street & (needs > 0))
        never = pair[:, 1] >= mesh.n_street
        off = np.minimum(np.where(never, 1.0, 0.5), self._beyond_m / np.hypot(*(b - a).T))
        share = np.clip(np.where(street, exact, off), _CLEAR, 1 - _CLEAR)
        return np.asarray(a + share[:, None] * (b - a))

    def circle(self, node_s: Floats, vertex_s: Floats, start: Start, cutoff_s: float) -> Circle:
        """Draw one circle of one place."""
        street_m = _street_m(self._network, node_s, self._leave, self._enter, start, cutoff_s)
        return Circle(cutoff_s, self.area(vertex_s, cutoff_s), street_m)


@dataclass(frozen=True, slots=True)
class Start:
    """Where a circle begins: a share of an edge from its tail, and the seconds to get there."""

    edge: int
    share: float
    access_s: float

    @classmethod
    def of(cls, snapped: Snapped, attached: Attached, i: int) -> Start:
        """Return the start of place ``i``."""
        return cls(int(snapped.edge[i]), float(snapped.share[i]), float(attached.access_s[i]))


def node_seconds(reached: Reached, i: int, attached: Attached) -> Floats:
    """Seconds of source ``i`` at every node of the graph; ``inf`` where unreached."""
    seconds = np.full(attached.graph.n, np.inf)
    node, found = reached.of(i)
    seconds[node] = found
    return seconds


def _times(seconds: float, share: Floats) -> Floats:
    return share * seconds if np.isfinite(seconds) else np.full_like(share, np.inf)


def _vertex_times(network: WalkNetwork, mesh: Tessellation, node_s: Floats, leave: Floats, enter: Floats) -> Floats:
    """Seconds at every mesh vertex: a sample is reached from either end of its edge."""
    times = np.full(len(mesh.xy), np.inf)
    np.minimum.at(times, mesh.node, node_s[: network.n_nodes])
    e, f = mesh.sample_edge, mesh.sample_share
    near = np.isfinite(node_s[network.tail[e]]) | np.isfinite(node_s[network.head[e]])
    e, f, v = e[near], f[near], mesh.sample_vertex[near]
    from_tail = node_s[network.tail[e]] + f * leave[e]
    from_head = node_s[network.head[e]] + (1 - f) * enter[e]
    np.minimum.at(times, v, np.minimum(from_tail, from_head))
    return times


def _rings(after: Ints) -> list[Ints]:
    """Follow the successor of each crossing until it closes: every crossing is on exactly one ring."""
    rings, successor = [], after.tolist()
    seen = [False] * len(successor)
    for start in range(len(successor)):
        if seen[start]:
            continue
        ring, at = [], start
        while not seen[at]:
            seen[at] = True
            ring.append(at)
            at = successor[at]
        rings.append(np.array(ring, dtype=np.int64))
    return rings


def _polygons(rings: list[Ints], xy: Floats) -> BaseGeometry:
    """Rings run counter-clockwise round land and clockwise round holes: put each hole into its shell."""
    outlines = [xy[ring] for ring in rings]
    signed = np.array([_signed_area(ring) for ring in outlines])
    shells = [outlines[k] for k in np.flatnonzero(signed > 0)]
    holes = [outlines[k] for k in np.flatnonzero(signed < 0)]
    bodies = np.array([Polygon(shell) for shell in shells])
    if not holes:
        return _one(list(bodies))
    points = [Point(hole[0]) for hole in holes]
    owner: dict[int, list[Floats]] = {}
    for k, point in enumerate(points):
        around = np.flatnonzero(shapely.contains(bodies, point)) if len(bodies) > 1 else np.array([0])
        smallest = int(around[np.argmin(shapely.area(bodies[around]))])
        owner.setdefault(smallest, []).append(holes[k])
    return _one([Polygon(shell, owner.get(k)) for k, shell in enumerate(shells)])


def _one(parts: list[Polygon]) -> BaseGeometry:
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def _signed_area(ring: Floats) -> float:
    x, y = ring[:, 0] - ring[0, 0], ring[:, 1] - ring[0, 1]
    return float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2)


def _without_water(area: BaseGeometry, water: BaseGeometry | None) -> BaseGeometry:
    if water is None or not shapely.intersects(water, area):
        return area
    dry = shapely.difference(area, water)
    parts = [p for p in shapely.get_parts(dry) if isinstance(p, Polygon)]
    return _one(parts) if parts else Polygon()


def _street_m(
    network: WalkNetwork,
    node_s: Floats,
    leave: Floats,
    enter: Floats,
    start: Start,
    cutoff_s: float,
) -> float:
    """Metres of street walked within the cutoff: each edge from its tail, from its head, or both."""
    left_tail, left_head = cutoff_s - node_s[network.tail], cutoff_s - node_s[network.head]
    walked = np.minimum(_reach(left_tail, leave) + _reach(left_head, enter), 1.0)
    edge, share = start.edge, start.share
    left = cutoff_s - start.access_s
    ahead = min(left / leave[edge], 1 - share) if left > 0 else 0.0
    behind = min(left / enter[edge], share) if left > 0 else 0.0
    # the stretch round the start may overlap what is walked from the ends
    covered = _reach(left_tail, leave)[edge], _reach(left_head, enter)[edge]
    low, high = min(covered[0], share - behind), max(1 - covered[1], share + ahead)
    own = covered[0] + covered[1] + ahead + behind
    own -= max(0.0, covered[0] - (share - behind)) + max(0.0, share + ahead - (1 - covered[1]))
    walked[edge] = min(1.0, own) if low <= high else 1.0
    return float((walked * network.edges["length_m"].to_numpy()).sum())


def _reach(left_s: Floats, seconds: Floats) -> Floats:
    possible = np.isfinite(left_s) & (left_s > 0) & np.isfinite(seconds)
    full = possible & (seconds <= left_s)
    share = np.divide(left_s, seconds, out=np.zeros_like(left_s), where=possible & (seconds > 0))
    return np.where(full, 1.0, np.clip(share, 0.0, 1.0))
