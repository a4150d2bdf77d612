"""What a walking network tells of its own heights, written as observations of unknown heights.

A height is unknown at every junction and at every vertex of a street on the ground. Flights, bridges and tunnels run
straight between their ends, so the vertices inside them are shares of two junctions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array, diags_array
from scipy.sparse.csgraph import connected_components

from servicecircle.adjustment import Law, Observations, observe, of_design
from servicecircle.arrays import Bools, Floats, Ints
from servicecircle.crossings import plan_crossings
from servicecircle.crs import to_metric
from servicecircle.heights import Relief
from servicecircle.model import Terrain
from servicecircle.parameters import LevellingParameters

__all__ = [
    "Plan",
    "Points",
    "Traits",
    "carried",
    "clearances",
    "decks",
    "flights",
    "ground",
    "known_rises",
    "number_points",
    "steps",
    "tags",
]

_ALONG = 0.7  # cosine: two decks that meet at less than 45 degrees from straight go on in each other
_SHORTEST_M = 1.0  # vertices closer than this are one for the step between them


@dataclass(frozen=True, slots=True)
class Plan:
    """What levelling sees of a network; nodes are positions 0..n-1, edges 0..e-1.

    Attributes
    ----------
    crs
        Metric CRS of ``vertex_xy``.
    node_lonlat
        (n, 2) EPSG:4326.
    tail, head
        Node positions of each edge's ends.
    edges
        One row an edge: kind, highway, bridge, tunnel, layer, length_m, incline (+1 up, -1 down, 0 unknown), rise_m
        (given, or NaN). A lift's rise runs from tail to head; of an escalator's only the size counts.
    vertex_lonlat, vertex_xy, vertex_start, vertex_along_m
        Edge ``i`` runs through the vertices ``vertex_start[i]`` to ``vertex_start[i + 1]``; metres along it.
    """

    crs: str
    node_lonlat: Floats
    tail: Ints
    head: Ints
    edges: pd.DataFrame
    vertex_lonlat: Floats
    vertex_xy: Floats
    vertex_start: Ints
    vertex_along_m: Floats


@dataclass(frozen=True, slots=True)
class Traits:
    """Properties of edges that decide what is known of them, one value an edge.

    ``deck`` is a bridge or tunnel, ``flight`` stairs or an escalator, ``step_grade`` the grade that is usual on it.
    """

    length_m: Floats
    rise_m: Floats
    incline: Floats
    lift: Bools
    flight: Bools
    deck: Bools
    bridge: Bools
    tunnel: Bools
    layer: Ints
    step_grade: Floats

    @classmethod
    def of(cls, plan: Plan, parameters: LevellingParameters) -> Traits:
        """Read them from the table of edges."""
        edges = plan.edges
        kind = edges["kind"].to_numpy(dtype=object)
        flight = (kind == "stairs") | (kind == "escalator")
        bridge, tunnel = (edges[name].to_numpy(dtype=bool) for name in ("bridge", "tunnel"))
        highway = edges["highway"].astype(str).str.removesuffix("_link")
        grade = highway.map(parameters.street_grade).fillna(parameters.other_grade)
        return cls(
            length_m=edges["length_m"].to_numpy(dtype=np.float64),
            rise_m=edges["rise_m"].to_numpy(dtype=np.float64),
            incline=edges["incline"].to_numpy(dtype=np.float64),
            lift=np.asarray(kind == "lift", dtype=bool),
            flight=np.asarray(flight, dtype=bool),
            deck=(bridge | tunnel) & ~flight,
            bridge=bridge,
            tunnel=tunnel,
            layer=edges["layer"].to_numpy(dtype=np.int64),
            step_grade=np.asarray(grade, dtype=np.float64),
        )

    @property
    def straight(self) -> Bools:
        """Edges without a height of their own between their ends."""
        return self.deck | self.flight | self.lift

    @property
    def off_ground(self) -> Bools:
        """Edges that say nothing of the ground under them."""
        return np.asarray(self.bridge | self.tunnel | (self.layer != 0) | self.lift, dtype=bool)

    @property
    def storey(self) -> Ints:
        """What passes over what: by layer, and on one layer a bridge over the street over a tunnel."""
        return 2 * self.layer + self.bridge - self.tunnel


@dataclass(frozen=True, slots=True)
class Points:
    """The unknown heights: first the nodes, then the inner vertices of edges that are not straight.

    Attributes
    ----------
    basis
        (vertices, unknowns): height of every vertex from the unknowns.
    edge
        Edge of each vertex.
    own
        Vertices that are an unknown themselves, and ``column`` which (-1 for the others).
    lonlat
        (unknowns, 2) EPSG:4326.
    """

    basis: csr_array
    edge: Ints
    own: Bools
    column: Ints
    lonlat: Floats

    def __len__(self) -> int:
        """Return the number of unknowns."""
        return len(self.lonlat)


def number_points(plan: Plan, traits: Traits) -> Points:
    """Give each unknown height of a network its number."""
    first, last = plan.vertex_start[:-1], plan.vertex_start[1:] - 1
    edge = np.repeat(np.arange(len(first)), np.diff(plan.vertex_start))
    column = np.full(len(edge), -1)
    inner = np.ones(len(edge), dtype=bool)
    inner[first] = inner[last] = False
    free = inner & ~traits.straight[edge]
    nodes = len(plan.node_lonlat)
    column[free] = nodes + np.arange(free.sum())
    column[first], column[last] = plan.tail, plan.head
    own, shared = np.flatnonzero(column >= 0), np.flatnonzero(column < 0)
    share = plan.vertex_along_m[shared] / np.maximum(traits.length_m[edge[shared]], 1e-9)
    factors = np.concatenate([np.ones(len(own)), 1.0 - share, share])
    at = (
        np.concatenate([own, shared, shared]),
        np.concatenate([column[own], plan.tail[edge[shared]], plan.head[edge[shared]]]),
    )
    lonlat = np.concatenate([plan.node_lonlat, plan.vertex_lonlat[free]])
    basis = csr_array((factors, at), shape=(len(edge), len(lonlat)))
    return Points(basis, edge, column >= 0, column, lonlat)


def ground(traits: Traits, points: Points, terrain: Terrain, p: LevellingParameters) -> tuple[Observations, Floats]:
    """Terrain under points on the ground, believed as one reading a cell; and what was read, NaN where nothing."""
    on_ground = np.zeros(len(points), dtype=bool)
    on_ground[points.column[points.own & ~traits.off_ground[points.edge]]] = True
    read = Relief(terrain, p.smoothing_m)(points.lonlat)
    read[~on_ground] = np.nan
    seen = np.flatnonzero(np.isfinite(read))
    x0, dx, _, y0, _, dy = terrain.transform
    cell = np.floor((to_metric(points.lonlat[seen], terrain.crs) - (x0, y0)) / (dx, dy)).astype(np.int64)
    _, which, count = np.unique(cell, axis=0, return_inverse=True, return_counts=True)
    sigma = p.terrain_sd_m * np.sqrt(count[which.ravel()])
    return observe(seen[:, None], np.ones(1), read[seen], sigma, Law.CAUCHY, len(points)), read


def steps(plan: Plan, traits: Traits, points: Points, p: LevellingParameters) -> Observations:
    """Streets are nearly level: a step of height between vertices grows with the root of the way between them."""
    at = np.flatnonzero((points.edge[1:] == points.edge[:-1]) & ~traits.straight[points.edge[1:]])
    way = np.maximum(plan.vertex_along_m[at + 1] - plan.vertex_along_m[at], _SHORTEST_M)
    sigma = traits.step_grade[points.edge[at]] * np.sqrt(way * p.grade_length_m)
    ends = np.column_stack([points.column[at], points.column[at + 1]])
    return observe(ends, np.array([-1.0, 1.0]), 0.0, sigma, Law.NORMAL, len(points))


def decks(plan: Plan, traits: Traits, points: Points, p: LevellingParameters) -> tuple[Observations, Observations]:
    """Decks are as level as streets, and go on straight through a node where two of them follow each other."""
    deck = np.flatnonzero(traits.deck)
    sigma = traits.step_grade[deck] * np.sqrt(np.maximum(traits.length_m[deck], _SHORTEST_M) * p.grade_length_m)
    level = _rises(plan, points, deck, np.zeros(len(deck)), sigma)

    first, last = plan.vertex_start[deck], plan.vertex_start[deck + 1] - 1
    edge = np.concatenate([deck, deck])
    node, far = np.concatenate([plan.tail[deck], plan.head[deck]]), np.concatenate([plan.head[deck], plan.tail[deck]])
    away = plan.vertex_xy[np.concatenate([first + 1, last - 1])] - plan.vertex_xy[np.concatenate([first, last])]
    away /= np.maximum(np.hypot(away[:, 0], away[:, 1]), 1e-9)[:, None]
    ends = pd.DataFrame({"node": node, "bridge": traits.bridge[edge], "end": np.arange(len(edge))})
    pairs = ends.merge(ends, on=["node", "bridge"])
    a, b = (pairs[name].to_numpy()[(pairs["end_x"] < pairs["end_y"]).to_numpy()] for name in ("end_x", "end_y"))
    on = (np.einsum("ij,ij->i", away[a], away[b]) < -_ALONG) & (far[a] != far[b])
    on &= np.minimum(traits.length_m[edge[a]], traits.length_m[edge[b]]) >= _SHORTEST_M
    a, b = a[on], b[on]
    one, two = 1.0 / traits.length_m[edge[a]], 1.0 / traits.length_m[edge[b]]
    columns = np.column_stack([far[a], far[b], node[a]])
    bends = observe(columns, np.column_stack([one, two, -one - two]), 0.0, p.straight_grade, Law.NORMAL, len(points))
    return level, bends


def clearances(plan: Plan, traits: Traits, points: Points, p: LevellingParameters) -> Observations:
    """Where ways of different storeys cross, the upper one leaves room for the lower one."""
    found = plan_crossings(plan.vertex_xy, plan.vertex_start, traits.storey)
    upper, lower = (
        diags_array(1.0 - share) @ points.basis[at] + diags_array(share) @ points.basis[at + 1]
        for at, share in ((found.upper, found.upper_share), (found.lower, found.lower_share))
    )
    return of_design(csr_array(upper - lower), p.clearance_m, p.clearance_sd_m, Law.AT_LEAST)


def flights(plan: Plan, traits: Traits, points: Points, up: Floats, p: LevellingParameters) -> Observations:
    """Flights climb at a usual grade where their direction ``up`` is known (an edge: +1, -1), else anywhere."""
    flight = np.flatnonzero(traits.flight)
    length, known = traits.length_m[flight], np.isfinite(traits.rise_m[flight])
    size = np.where(known, np.abs(traits.rise_m[flight]), p.flight_grade * length)
    spread = np.where(known, p.known_sd_m, np.hypot(p.flight_spread * length, p.flight_sd_m))
    either_way = np.hypot(np.where(known, size, p.open_flight_grade * length), p.flight_sd_m)
    sigma = np.where(up[flight] == 0.0, either_way, spread)
    return _rises(plan, points, flight, up[flight] * size, sigma)


def tags(plan: Plan, traits: Traits, points: Points, p: LevellingParameters) -> Observations:
    """Tagged flights climb as tagged, whatever else is believed."""
    flight = np.flatnonzero(traits.flight & (traits.incline != 0.0))
    least = p.least_flight_grade * traits.length_m[flight]
    ends = np.column_stack([plan.tail[flight], plan.head[flight]])
    signs = np.column_stack([-traits.incline[flight], traits.incline[flight]])
    return observe(ends, signs, least, p.known_sd_m, Law.AT_LEAST, len(points))


def known_rises(plan: Plan, traits: Traits, points: Points, up: Floats, p: LevellingParameters) -> Observations:
    """Lifts of a known rise; where ``up`` does not say which end is higher, only that they differ by about so much."""
    lift = np.flatnonzero(traits.lift & np.isfinite(traits.rise_m))
    rise, sign = np.abs(traits.rise_m[lift]), np.sign(up[lift])
    sigma = np.where(sign == 0, np.maximum(rise, p.known_sd_m), p.known_sd_m)
    return _rises(plan, points, lift, sign * rise, sigma)


def carried(plan: Plan, traits: Traits, points: Points, read: Floats) -> Bools:
    """Unknowns that some reading of the terrain reaches along the network; a lift of unknown rise carries nothing."""
    nodes = len(plan.node_lonlat)
    joins = ~(traits.lift & np.isnan(traits.rise_m))
    ends = plan.tail[joins], plan.head[joins]
    _, piece = connected_components(coo_array((np.ones(joins.sum()), ends), shape=(nodes, nodes)), directed=False)
    inner = points.own & (points.column >= nodes)
    of = np.concatenate([piece, piece[plan.tail[points.edge[inner]]]])
    return np.asarray(np.isin(of, of[np.isfinite(read)]), dtype=bool)


def _rises(plan: Plan, points: Points, edge: Ints, rise_m: Floats, sigma_m: Floats) -> Observations:
    ends = np.column_stack([plan.tail[edge], plan.head[edge]])
    return observe(ends, np.array([-1.0, 1.0]), rise_m, sigma_m, Law.NORMAL, len(points))
