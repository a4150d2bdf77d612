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

from servicecircle.graph import Reached
from servicecircle.model import Direction, Floats, Ints
from servicecircle.network import EdgeSeconds, WalkNetwork
from servicecircle.reach import Attached
from servicecircle.snapping import Snapped
from servicecircle.tessellation import Tessellation

__all__ = ["Circle", "circles", "node_seconds"]

# a contour keeps this share of a side away from its ends, so that a vertex is never on the line
_CLEAR = 0.02


@dataclass(frozen=True, slots=True)
class Circle:
    """The area reached from (or towards) a place within a cutoff; empty where the place leads nowhere.

    ``area`` is in the network's metric CRS; ``street_m`` are metres of edges walked, cut at the exact cutoff.
    """

    cutoff_s: float
    area: BaseGeometry
    area_m2: float
    street_m: float


def node_seconds(reached: Reached, i: int, attached: Attached) -> Floats:
    """Seconds of source ``i`` at every node of the graph; ``inf`` where unreached."""
    seconds = np.full(attached.graph.n, np.inf)
    node, found = reached.of(i)
    seconds[node] = found
    return seconds


def circles(
    network: WalkNetwork,
    mesh: Tessellation,
    prices: EdgeSeconds,
    node_s: Floats,
    start: tuple[Snapped, int, float],
    cutoffs_s: tuple[float, ...],
    direction: Direction,
    beyond_m: float,
) -> list[Circle]:
    """Nested circles of one place, smallest first.

    Parameters
    ----------
    node_s
        Seconds at the network's nodes.
    start
        All snapped places, the position of this one, and its access seconds.
    """
    leave, enter = (
        (prices.forward_s, prices.backward_s) if direction is Direction.FROM else (prices.backward_s, prices.forward_s)
    )
    snapped, i, access_s = start
    edge, share = int(snapped.edge[i]), float(snapped.share[i])
    times = _vertex_times(network, mesh, node_s, leave, enter)
    own = np.flatnonzero(mesh.sample_edge == edge)
    ahead = mesh.sample_share[own] - share
    along = access_s + np.where(ahead >= 0, _times(leave[edge], ahead), _times(enter[edge], -ahead))
    np.minimum.at(times, mesh.sample_vertex[own], along)
    out = []
    for cutoff in sorted(cutoffs_s):
        area = _contour(mesh, times, cutoff, beyond_m)
        street = _street_m(network, node_s, leave, enter, (edge, share, access_s), cutoff)
        out.append(Circle(cutoff, area, float(area.area), street))
    return out


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


def _contour(mesh: Tessellation, times: Floats, cutoff_s: float, beyond_m: float) -> BaseGeometry:
    """Trace the line where times pass the cutoff; inside on its left."""
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
    xy = _crossings(mesh, times, inside, crossed, cutoff_s, beyond_m)
    return _without_water(_polygons(_rings(after), xy), mesh.water)


def _crossings(
    mesh: Tessellation, times: Floats, inside: npt.NDArray[np.bool_], sides: Ints, cutoff_s: float, beyond_m: float
) -> Floats:
    """Where each crossed side is cut: exactly at the cutoff along a street, else at most ``beyond_m`` off it."""
    pair = mesh.sides[sides]
    turned = ~inside[pair[:, 0]]
    pair[turned] = pair[turned][:, ::-1]
    a, b = mesh.xy[pair[:, 0]], mesh.xy[pair[:, 1]]
    length = np.hypot(*(b - a).T)
    ta, tb = times[pair[:, 0]], times[pair[:, 1]]
    span = tb - ta
    share = np.divide(cutoff_s - ta, span, out=np.ones(len(ta)), where=np.isfinite(span) & (span > 0))
    never = pair[:, 1] >= mesh.n_street
    share = np.where(np.isfinite(tb) | never, share, 0.5)
    off_street = mesh.side_edge[sides] < 0
    share = np.where(off_street, np.minimum(share, beyond_m / length), share)
    share = np.clip(share, _CLEAR, 1 - _CLEAR)
    return np.asarray(a + share[:, None] * (b - a))


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
    start: tuple[int, float, float],
    cutoff_s: float,
) -> float:
    """Metres of street walked within the cutoff: each edge from its tail, from its head, or both."""
    left_tail, left_head = cutoff_s - node_s[network.tail], cutoff_s - node_s[network.head]
    walked = np.minimum(_reach(left_tail, leave) + _reach(left_head, enter), 1.0)
    edge, share, access_s = start
    left = cutoff_s - access_s
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
