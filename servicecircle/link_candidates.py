"""Pairs of points of the network that a new link could join: how long, how steep, of what kind, how many seconds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.spatial import cKDTree

from servicecircle.arrays import Bools, Floats, Ints, Shapes
from servicecircle.barriers import Barriers, find_barriers
from servicecircle.crs import to_metric
from servicecircle.graph import Sources, search
from servicecircle.model import NewLink
from servicecircle.pace import escalator_s, lift_s, stairs_s, street_s
from servicecircle.prices import EdgeSeconds, edge_seconds
from servicecircle.reach import Attached
from servicecircle.scene import Scene
from servicecircle.stations import Stations, place_stations
from servicecircle.streets import Streets

__all__ = ["KINDS", "Candidates", "Network", "draw_candidates", "walked_m"]

KINDS = ("path", "stairs", "escalator", "lift")
_LEAST_M = 3.0  # points nearer to each other than this are one place
_TIRING_M = 30.0  # who climbs more than this on stairs would rather ride: about ten storeys
_BELT_GRADE = 0.58  # an escalator leans at thirty degrees


@dataclass(frozen=True, slots=True)
class Candidates:
    """Links between two stations: metres in plan, rise towards the end (NaN unknown), kind, seconds there and back."""

    start: Ints
    end: Ints
    length_m: Floats
    rise_m: Floats
    kind: Ints
    seconds: Floats
    back_s: Floats

    def link(self, k: int, stations: Stations, streets: Streets, ends: Floats) -> NewLink:
        """Return one of them as a variant adds it."""
        way = streets.network.edges["osm_way_id"].to_numpy()[stations.edge[[self.start[k], self.end[k]]]]
        kind, rise, length = KINDS[self.kind[k]], float(self.rise_m[k]), float(self.length_m[k])
        pace, climb = streets.parameters.pace, abs(float(np.nan_to_num(rise)))
        return NewLink(
            id="found",
            kind=kind,
            start=(float(ends[0, 0]), float(ends[0, 1])),
            end=(float(ends[1, 0]), float(ends[1, 1])),
            length_m=max(length, climb / pace.stairs_grade) if kind == "stairs" else length,
            rise_m=rise if np.isfinite(rise) else None,
            ride_s=_ride_s(np.array([length]), np.array([rise]), streets)[0] if kind == "lift" else None,
            start_way=int(way[0]),
            end_way=int(way[1]),
        )


@dataclass(frozen=True, slots=True)
class Network:
    """What candidates are drawn on: stations, prices with and without hills, what stands in the way."""

    streets: Streets
    stations: Stations
    prices: EdgeSeconds
    level: Attached
    level_prices: EdgeSeconds
    barriers: Barriers
    buildings: Shapes

    @classmethod
    def of(cls, scene: Scene, walk: Attached) -> Network:
        """Gather it from a study as people walk it in ``walk``."""
        streets = scene.streets
        study, parameters = streets.study, streets.parameters
        flat = scene.level(streets.variant)
        crs = streets.network.crs
        return cls(
            streets,
            place_stations(streets.network, streets.prices, walk, parameters.gaps.station_m),
            streets.prices,
            scene.priced(flat),
            edge_seconds(streets.network, parameters, flat),
            find_barriers(study.area, study.ways, parameters.gaps.barrier_roads),
            np.asarray(shapely.transform(study.area.buildings.geometry.to_numpy(), lambda xy: to_metric(xy, crs))),
        )

    def built_over(self, found: Candidates, which: Ints) -> Bools:
        """Whether each link would lead through a building."""
        lines = self._lines(found, which)
        blocked = np.zeros(len(lines), dtype=bool)
        if len(lines) and len(self.buildings):
            tree = shapely.STRtree(lines)
            for test in ("crosses", "contains"):
                blocked[tree.query(self.buildings, predicate=test)[1]] = True
        return blocked

    def crossed(self, found: Candidates, which: Ints) -> list[str | None]:
        """Return what each link would lead across: water, railway or road."""
        lines = self._lines(found, which)
        crossed: list[str | None] = [None] * len(lines)
        if len(lines) and len(self.barriers):
            for line, barrier in zip(*self.barriers.met(lines), strict=True):
                crossed[line] = crossed[line] or str(self.barriers.kind[barrier])
        return crossed

    def _lines(self, found: Candidates, which: Ints) -> Shapes:
        xy = self.stations.xy
        ends = np.stack([xy[found.start[which]], xy[found.end[which]]], axis=1)
        return np.asarray(shapely.linestrings(ends), dtype=object)


def draw_candidates(view: Network, onward_s: Floats, cutoff_s: float, most_m: float) -> Candidates:
    """Draw every pair of stations up to ``most_m`` apart of which one is within the cutoff of a place.

    Kinds follow from slope: a path; stairs where it is too steep for one; where stairs would climb more than ten
    storeys or be steeper than stairs are, an escalator; a lift where it is too steep for that.
    """
    stations, streets = view.stations, view.streets
    tree = cKDTree(stations.xy)
    pairs = tree.query_pairs(most_m, output_type="ndarray").astype(np.int64)
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    a, b = pairs.T
    plan = np.hypot(*(stations.xy[b] - stations.xy[a]).T)
    kept = (plan >= _LEAST_M) & (np.minimum(onward_s[a], onward_s[b]) < cutoff_s)
    a, b, plan = a[kept], b[kept], plan[kept]
    rise = stations.height_m[b] - stations.height_m[a]
    kind = _kinds(plan, rise, streets)
    there, back = (_seconds(plan, sign * rise, kind, streets) for sign in (1.0, -1.0))
    return Candidates(a, b, plan, rise, kind, there, back)


def walked_m(view: Network, found: Candidates, which: Ints, limit_m: float) -> Floats:
    """Metres walked today between the ends of each link, the shorter way of both; ``inf`` beyond the limit."""
    stations, mps = view.stations, view.streets.profile.flat_mps
    length = view.streets.network.edges["length_m"].to_numpy(dtype=np.float64)
    out_s, in_s = _level_offsets(view)
    metres = np.full(len(which), np.inf)
    for one, other in ((found.start[which], found.end[which]), (found.end[which], found.start[which])):
        points, row = np.unique(one, return_inverse=True)
        start = 2 * np.arange(len(points) + 1)
        sources = Sources(start, stations.node[points].ravel().astype(np.int32), out_s[points].ravel())
        reached = search(view.level.graph, sources, limit_m / mps)
        key = np.repeat(np.arange(len(points)), np.diff(reached.start)) * view.level.graph.n + reached.node
        for side in (0, 1):
            wanted = row * view.level.graph.n + stations.node[other, side]
            at = np.minimum(np.searchsorted(key, wanted), max(len(key) - 1, 0))
            hit = key[at] == wanted if len(key) else np.zeros(len(wanted), dtype=bool)
            seconds = np.where(hit, reached.seconds[at] if len(key) else np.inf, np.inf) + in_s[other, side]
            metres = np.minimum(metres, seconds * mps)
        same = (stations.edge[one] == stations.edge[other]) & (stations.node[one] == stations.node[other]).all(axis=1)
        along = np.abs(stations.share[one] - stations.share[other]) * length[stations.edge[one]]
        metres = np.where(same, np.minimum(metres, along), metres)
    return np.asarray(metres)


def _level_offsets(view: Network) -> tuple[Floats, Floats]:
    """Seconds without hills from each station to the nodes beside it, and from them."""
    stations, edge = view.stations, view.stations.edge

    def scaled(seconds: Floats, by: tuple[Floats, Floats], to: tuple[Floats, Floats]) -> Floats:
        part = [np.divide(seconds[:, k], by[k][edge], out=np.zeros(len(edge)), where=by[k][edge] > 0) for k in (0, 1)]
        return np.column_stack([part[k] * to[k][edge] for k in (0, 1)])

    walk, flat = view.prices, view.level_prices
    out_s = scaled(stations.out_s, (walk.backward_s, walk.forward_s), (flat.backward_s, flat.forward_s))
    in_s = scaled(stations.in_s, (walk.forward_s, walk.backward_s), (flat.forward_s, flat.backward_s))
    return out_s, in_s


def _kinds(plan: Floats, rise: Floats, streets: Streets) -> Ints:
    climb = np.abs(np.nan_to_num(rise))
    steep = climb > streets.parameters.gaps.stairs_from_grade * plan
    ridden = steep & ((climb > streets.parameters.pace.stairs_grade * plan) | (climb > _TIRING_M))
    lift = ridden & (climb > _BELT_GRADE * plan)
    return np.select([lift, ridden, steep], [3, 2, 1], 0).astype(np.int64)


def _seconds(plan: Floats, rise: Floats, kind: Ints, streets: Streets) -> Floats:
    profile, pace = streets.profile, streets.parameters.pace
    climb = np.abs(np.nan_to_num(rise))
    stairs = np.maximum(plan, climb / pace.stairs_grade)
    nothing = np.full(len(plan), np.nan)
    return np.select(
        [kind == k for k in range(len(KINDS))],
        [
            street_s(plan, rise, profile, pace),
            stairs_s(stairs, rise, climb, profile, pace),
            escalator_s(plan, rise, nothing, profile, pace),
            lift_s(rise, nothing, _ride_s(plan, rise, streets), profile, pace),
        ],
    )


def _ride_s(plan: Floats, rise: Floats, streets: Streets) -> Floats:
    """Seconds in a lift, and on the level to and from it."""
    pace = streets.parameters.pace
    return np.asarray(np.abs(np.nan_to_num(rise)) / pace.lift_mps + plan / streets.profile.flat_mps)
