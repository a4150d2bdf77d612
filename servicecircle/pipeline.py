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
from servicecircle.demand import Demand, estimate_demand, given_demand
from servicecircle.doors import measure_times, open_doors
from servicecircle.gaps import GapInputs, find_gaps
from servicecircle.ingest.walkable import Rule, apply_rules
from servicecircle.isochrone import Drawer
from servicecircle.model import Direction, Progress, Status, Study, Variant
from servicecircle.network import EdgeSeconds, WalkNetwork, build_network, edge_seconds, street_lines
from servicecircle.parameters import Parameters, Profile
from servicecircle.places import About, describe_places, draw_circles, school_table
from servicecircle.reach import node_times
from servicecircle.registry.ledger import Ledger, build_ledger
from servicecircle.routes import check_routes, place_stops, trace_routes
from servicecircle.snapping import Snapper
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
    demand = _demand(study, streets)

    progress.step("times")
    placed = study.facilities[study.facilities["located"] | study.facilities["approximate"]].reset_index(drop=True)
    snapper = Snapper(streets.network, streets.prices, parameters.snap)
    doors = open_doors(snapper, placed, demand.points, parameters.snap)
    walk, level, paid = (doors.attach(streets.network, prices, streets.profile) for prices in _prices(streets, variant))
    times = measure_times(doors, walk, level, paid, parameters.coverage.horizon_s)
    access = Access(placed, times.walk_to, times.level_to, _radius_m(placed, demand, study.area.crs))

    progress.step("circles")
    cutoffs, direction = parameters.cutoffs_s(), Direction(parameters.circles.direction)
    mesh = build_tessellation(streets.network, streets.water, parameters.circles)
    drawer = Drawer(streets.network, mesh, streets.prices, direction, parameters.circles.beyond_street_m)
    reached = node_times(walk, doors.place, max(cutoffs), direction)
    about = About(cutoffs, streets.profile.name, direction.value, study.area.crs)
    isochrones, unions = draw_circles(drawer, walk, reached, doors.places, placed, about)

    progress.step("coverage")
    cutoff = parameters.coverage.cutoff_s
    names = dict(zip(study.area.subdistricts["code"], study.area.subdistricts["name"], strict=True))
    counted = tuple(sorted({*cutoffs, cutoff}))
    standard = (cutoff, parameters.coverage.radius_m)
    coverage = coverage_table(access, demand.points, demand.models, names, counted, standard)
    homes = gpd.GeoDataFrame(pd.concat([demand.points, home_access(access)], axis=1), crs=demand.points.crs)
    schools = school_table(placed, times, demand, isochrones, counted)
    facilities = describe_places(study, access, times.between, demand, isochrones, doors.places, parameters)

    progress.step("gaps")
    inputs = GapInputs(access, times.paid_to, demand.points, demand.models, _unlocated(study), study.ways.extent)
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


def _demand(study: Study, streets: Streets) -> Demand:
    """Estimate the homes and their people; a planner's own table replaces the estimate."""
    if study.people is not None:
        return given_demand(study.area, study.people)
    return estimate_demand(study.area, streets.lines, study.population, streets.parameters.population)


def _prices(streets: Streets, variant: Variant) -> tuple[EdgeSeconds, EdgeSeconds, EdgeSeconds]:
    """As priced, without hills, and with paid links open."""
    network, profile, parameters = streets.network, streets.profile, streets.parameters
    level = edge_seconds(network, profile.level(), parameters, paid=variant.paid)
    return streets.prices, level, edge_seconds(network, profile, parameters, paid=True)


def _unlocated(study: Study) -> pd.Series:
    """Count what the district has named and nobody has placed, by tier and subdistrict."""
    facilities = study.facilities
    lost = ~(facilities["located"] | facilities["approximate"]) & (facilities["status"] != Status.CANDIDATE)
    return pd.Series(facilities[lost].groupby(["tier", "subdistrict"]).size())


def _lonlat(points: gpd.GeoDataFrame) -> Floats:
    return np.asarray(shapely.get_coordinates(points.geometry.to_numpy()), dtype=np.float64)


def _radius_m(placed: gpd.GeoDataFrame, demand: Demand, crs: str) -> Floats:
    a, b = to_metric(_lonlat(placed), crs), to_metric(_lonlat(demand.points), crs)
    return np.asarray(np.hypot(a[:, None, 0] - b[None, :, 0], a[:, None, 1] - b[None, :, 1]), dtype=np.float64)
