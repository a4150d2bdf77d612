"""The order of the stages, written once."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from servicecircle.arrays import Floats
from servicecircle.coverage import Access, coverage_table, home_access
from servicecircle.crs import to_metric
from servicecircle.demand import Demand, estimate_demand
from servicecircle.gaps import GapInputs, find_gaps
from servicecircle.ingest.walkable import Rule, apply_rules
from servicecircle.isochrone import Drawer
from servicecircle.model import Direction, Progress, Study, Variant
from servicecircle.network import EdgeSeconds, WalkNetwork, build_network, edge_seconds, street_lines
from servicecircle.parameters import Parameters, Profile
from servicecircle.places import About, describe_places, draw_circles, school_table, snap_places
from servicecircle.reach import Attached, attach, door_to_door, node_times
from servicecircle.registry.ledger import Ledger, build_ledger
from servicecircle.routes import check_routes, place_stops, trace_routes
from servicecircle.snapping import Snapped, Snapper
from servicecircle.tessellation import build_tessellation
from servicecircle.walk import Walker

__all__ = ["Results", "Streets", "build_streets", "run"]


@dataclass(frozen=True, slots=True)
class Streets:
    """The network of a study, priced for one walker; the base of every answer."""

    study: Study
    parameters: Parameters
    profile: Profile
    network: WalkNetwork
    prices: EdgeSeconds
    walkable: pd.DataFrame
    lines: gpd.GeoDataFrame
    water: BaseGeometry | None

    def walker(self) -> Walker:
        """Return what explains single walks on these streets."""
        return Walker(self.network, self.prices, self.profile, self.parameters)


@dataclass(frozen=True, slots=True)
class Results:
    """Everything a bundle holds, in EPSG:4326; tables as published but unrounded."""

    streets: Streets
    ledger: Ledger
    facilities: gpd.GeoDataFrame
    isochrones: gpd.GeoDataFrame
    unions: gpd.GeoDataFrame
    demand: Demand
    homes: gpd.GeoDataFrame
    coverage: pd.DataFrame
    schools: pd.DataFrame
    gaps: gpd.GeoDataFrame
    routes: gpd.GeoDataFrame
    stops: gpd.GeoDataFrame
    legs: gpd.GeoDataFrame
    route_faults: pd.DataFrame


def build_streets(
    study: Study,
    parameters: Parameters,
    rules: tuple[Rule, ...],
    variant: Variant = Variant(),  # noqa: B008
) -> Streets:
    """Apply the walkable rule, build the network, price it for one walker."""
    kept, report = apply_rules(study.ways, rules)
    network = build_network(kept, study.area.crs, study.terrain, study.links, parameters)
    profile = parameters.walker(variant.profile)
    prices = edge_seconds(network, profile, parameters, paid=variant.paid)
    water = None
    if len(study.area.water):
        water = to_metric(shapely.union_all(study.area.water.geometry.to_numpy()), study.area.crs)
    return Streets(study, parameters, profile, network, prices, report, street_lines(kept), water)


def run(study: Study, parameters: Parameters, rules: tuple[Rule, ...], variant: Variant, progress: Progress) -> Results:
    """Compute a study from its inputs.

    Raises
    ------
    InputError
        An input contradicts another: a place with no network near it, figures without homes to bear them.
    """
    progress.step("network")
    streets = build_streets(study, parameters, rules, variant)
    ledger = build_ledger(study.facilities, study.declared, study.categories)

    progress.step("population")
    demand = estimate_demand(study.area, streets.lines, study.population, parameters.population)

    progress.step("doors")
    placed = study.facilities[study.facilities["located"] | study.facilities["approximate"]].reset_index(drop=True)
    snapper = Snapper(streets.network, streets.prices, parameters.snap)
    places = snap_places(snapper, placed, parameters.snap)
    snapped = _join(places, snapper.snap(_lonlat(demand.points)))
    doors = np.arange(len(placed), len(snapped))
    ends = (np.arange(len(placed)), doors, parameters.coverage.horizon_s)

    progress.step("times")
    walk = _attach(streets, snapped, streets.prices)
    level = _attach(
        streets, snapped, edge_seconds(streets.network, streets.profile.level(), parameters, paid=variant.paid)
    )
    paid = _attach(streets, snapped, edge_seconds(streets.network, streets.profile, parameters, paid=True))
    to_place = door_to_door(walk, *ends, Direction.TO)
    access = Access(
        placed, to_place, door_to_door(level, *ends, Direction.TO), _radius_m(placed, demand, study.area.crs)
    )
    from_place = door_to_door(walk, *ends, Direction.FROM)
    between = door_to_door(walk, ends[0], ends[0], parameters.coverage.horizon_s, Direction.FROM)
    level_from = door_to_door(level, *ends, Direction.FROM)

    progress.step("circles")
    mesh = build_tessellation(streets.network, streets.water, parameters.circles)
    direction = Direction(parameters.circles.direction)
    reached = node_times(walk, ends[0], max(parameters.cutoffs_s()), direction)
    drawer = Drawer(streets.network, mesh, streets.prices, direction, parameters.circles.beyond_street_m)
    about = About(parameters.cutoffs_s(), streets.profile.name, direction.value, study.area.crs)
    isochrones, unions = draw_circles(drawer, walk, reached, snapped, placed, about)

    progress.step("coverage")
    cutoff = parameters.coverage.cutoff_s
    names = dict(zip(study.area.subdistricts["code"], study.area.subdistricts["name"], strict=True))
    radius_m = parameters.coverage.radius_m
    cutoffs = tuple(sorted({*parameters.cutoffs_s(), cutoff}))
    coverage = coverage_table(access, demand.points, demand.models, names, cutoffs, radius_m)
    homes = gpd.GeoDataFrame(pd.concat([demand.points, home_access(access, cutoff)], axis=1), crs=demand.points.crs)
    schools = school_table(placed, between, from_place, level_from, demand, isochrones, cutoffs)
    facilities = describe_places(study, access, between, demand, isochrones, places, cutoff)

    progress.step("gaps")
    loaded = study.facilities[~(study.facilities["located"] | study.facilities["approximate"])]
    loaded = loaded[loaded["status"] != "candidate"]
    nodes = study.ways.nodes
    extent = (nodes["lon"].min(), nodes["lat"].min(), nodes["lon"].max(), nodes["lat"].max())
    inputs = GapInputs(
        access,
        door_to_door(paid, *ends, Direction.TO),
        demand.points,
        demand.models,
        loaded.groupby(["tier", "subdistrict"]).size(),
        extent,
    )
    gaps = find_gaps(inputs, study.area, streets.water, parameters.coverage, parameters.gaps)

    progress.step("routes")
    stops = place_stops(study.stops)
    routes, legs = trace_routes(streets.walker(), study.routes, stops)
    faults = check_routes(study.routes, stops, legs, study.area, cutoff)
    return Results(
        streets,
        ledger,
        facilities,
        isochrones,
        unions,
        demand,
        homes,
        coverage,
        schools,
        gaps,
        routes,
        stops,
        legs,
        faults,
    )


def _attach(streets: Streets, snapped: Snapped, prices: EdgeSeconds) -> Attached:
    return attach(streets.network, prices, snapped, streets.profile)


def _join(a: Snapped, b: Snapped) -> Snapped:
    return Snapped(
        np.r_[a.edge, b.edge], np.r_[a.share, b.share], np.r_[a.snap_m, b.snap_m], np.vstack([a.lonlat, b.lonlat])
    )


def _lonlat(points: gpd.GeoDataFrame) -> Floats:
    return np.asarray(shapely.get_coordinates(points.geometry.to_numpy()), dtype=np.float64)


def _radius_m(placed: gpd.GeoDataFrame, demand: Demand, crs: str) -> Floats:
    a, b = to_metric(_lonlat(placed), crs), to_metric(_lonlat(demand.points), crs)
    return np.asarray(np.hypot(a[:, None, 0] - b[None, :, 0], a[:, None, 1] - b[None, :, 1]), dtype=np.float64)
