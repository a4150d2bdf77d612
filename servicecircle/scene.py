"""A study with its doors open: what coverage, circles and every what-if are computed from."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from servicecircle.arrays import Floats, Ints
from servicecircle.coverage import BASES, MEASURES, Access, in_basis
from servicecircle.crs import to_metric
from servicecircle.demand import Demand, estimate_demand, given_demand
from servicecircle.doors import Doors, open_doors
from servicecircle.entrances import find_entrances
from servicecircle.errors import Fault, InputError
from servicecircle.model import Direction, Kind, Tier, Variant
from servicecircle.pairs import Near, Pairs, Search, straight_nearest, straight_pairs
from servicecircle.prices import edge_seconds, walker_of
from servicecircle.reach import Attached, Joined, nearest_place, pairs_within, times_of
from servicecircle.streets import Streets
from servicecircle.units import QUARTER_S

__all__ = ["Scene", "access_in", "measure_access", "open_scene", "places_in", "searches", "study_demand"]

Key = TypeVar("Key")
Answer = TypeVar("Answer")

_THREADS = 4  # each search needs room for the whole network


@dataclass(frozen=True, slots=True)
class Scene:
    """Places and homes with their doors on the network of one study: priced as often as a what-if needs."""

    streets: Streets
    places: gpd.GeoDataFrame
    homes: gpd.GeoDataFrame | gpd.GeoSeries
    doors: Doors
    joined: Joined

    def priced(self, variant: Variant) -> Attached:
        """Put the prices of a variant on the network and its doors."""
        streets = self.streets
        prices = edge_seconds(streets.network, streets.parameters, variant)
        return self.joined.price(prices, walker_of(variant, streets.parameters))

    def xy(self) -> tuple[Floats, Floats]:
        """Return places and homes on the metric plane, as (n, 2) arrays of metres."""
        places, homes = (
            to_metric(shapely.get_coordinates(table.geometry.to_numpy()), self.streets.network.crs)
            for table in (self.places, self.homes)
        )
        return places, homes

    def places_of(self, tier: Tier) -> Ints:
        """Return the rows of the places of a tier, candidates and approximate positions too."""
        return np.flatnonzero((self.places["tier"] == tier).to_numpy() & in_basis(self.places, "all"))

    def level(self, variant: Variant) -> Variant:
        """Return the same variant without hills."""
        return replace(variant, profile=walker_of(variant, self.streets.parameters).level().name)


def places_in(facilities: gpd.GeoDataFrame, variant: Variant) -> gpd.GeoDataFrame:
    """Return the facilities that have a position and count in a variant, index 0, 1, ...

    Raises
    ------
    InputError
        The variant takes away a place that is not there.
    """
    if variant.extra is not None:
        facilities = gpd.GeoDataFrame(pd.concat([facilities, variant.extra], ignore_index=True), crs=facilities.crs)
    missing = sorted(set(variant.without) - set(facilities["facility_id"]))
    if missing:
        remedy = "give the facility_id of a place in facilities.csv"
        raise InputError([Fault("no such place", remedy, column="without", value=name) for name in missing])
    wanted = (facilities["located"] | facilities["approximate"]) & ~facilities["facility_id"].isin(variant.without)
    if variant.day is not None:  # dates are ISO 8601: they sort as text
        wanted &= ~(facilities["open_from"].fillna("") > variant.day)
        wanted &= ~(facilities["open_to"].fillna("9999") < variant.day)
    return gpd.GeoDataFrame(facilities[wanted].reset_index(drop=True), crs=facilities.crs)


def study_demand(streets: Streets) -> Demand:
    """Estimate the homes of a study and their people; a planner's own table replaces the estimate."""
    study, rules = streets.study, streets.parameters.population
    if study.people is not None:
        communities = study.facilities[study.facilities["kind"] == Kind.COMMUNITY]
        return given_demand(study.area, study.people, streets.lines, rules, communities)
    return estimate_demand(study.area, streets.lines, study.population, rules)


def open_scene(streets: Streets, homes: gpd.GeoDataFrame, variant: Variant) -> Scene:
    """Open the doors of every home, and of every place that counts in a variant.

    Raises
    ------
    InputError
        A place with no network near it, or one that a variant takes away and that is not there.
    """
    study, parameters = streets.study, streets.parameters
    places = places_in(study.facilities, variant)
    snapper = streets.snapper()
    entrances = find_entrances(places, study.entrances, study.area.buildings, snapper.streets, study.area.crs)
    doors = open_doors(snapper, places, entrances, homes, parameters.snap)
    return Scene(streets, places, homes, doors, doors.join(streets.network))


def access_in(scene: Scene, variant: Variant) -> Access:
    """Who reaches what in a variant: the same doors, priced again.

    Doors are opened anew only where the variant counts other places. ``coverage.compare`` says who gains and who loses
    between two answers.
    """
    places = places_in(scene.streets.study.facilities, variant)
    if not places["facility_id"].equals(scene.places["facility_id"]):
        scene = open_scene(scene.streets, scene.homes, variant)
    return measure_access(scene, {"walk": scene.priced(variant), "level": scene.priced(scene.level(variant))})


def measure_access(
    scene: Scene, priced: Mapping[str, Attached], known: Mapping[str, Callable[[], Pairs]] | None = None
) -> Access:
    """Search for what every home reaches, as priced for ``walk``, ``level`` and, where wanted, ``opened``.

    One search for each tier, basis and measure, and for each category; one a place for the pairs, but for those of
    the measures that somebody already knows.
    """
    places, doors, parameters = scene.places, scene.doors, scene.streets.parameters
    walk, home, horizon_s = priced["walk"], doors.home, parameters.coverage.horizon_s
    cutoffs = tuple(sorted({*parameters.cutoffs_s(), parameters.coverage.cutoff_s, QUARTER_S}))
    place_xy, home_xy = scene.xy()
    tier = places["tier"].to_numpy()
    # where no link costs a fare or is closed, nothing is to be opened; without hills and stairs all is level
    asked = {name: attached for name, attached in priced.items() if name == "walk" or not attached.same_as(walk)}
    nearest: dict[tuple[str, str, str], Callable[[], Near]] = {}
    for name, basis in product(Tier, BASES):
        rows = np.flatnonzero((tier == name) & in_basis(places, basis))
        for measure, attached in asked.items():
            nearest[name.value, basis, measure] = partial(nearest_place, attached, rows, home, horizon_s, Direction.TO)
        nearest[name.value, basis, "radius"] = partial(straight_nearest, place_xy, rows, home_xy)
    bases = {
        str(category): np.flatnonzero((tier == Tier.BASE) & (places["category"] == category).to_numpy())
        for category in scene.streets.study.categories.index
    }
    near = _at_once(nearest)
    for measure in priced.keys() - asked.keys():
        near |= {(t.value, basis, measure): near[t.value, basis, "walk"] for t, basis in product(Tier, BASES)}
    of_category = _at_once(
        {name: partial(nearest_place, walk, rows, home, horizon_s, Direction.TO) for name, rows in bases.items()}
    )
    there = {name.value: near[name.value, "all", "walk"] for name in Tier}
    apart: dict[str, Callable[[], Pairs]] = {
        name: partial(pairs_within, asked[name], doors.place, home, cutoffs[-1], Direction.TO)
        for name in ("walk", "level")
        if name in asked
    }
    apart["radius"] = partial(straight_pairs, place_xy, home_xy, parameters.coverage.radius_m)
    pairs = _at_once(apart | dict(known or {}))
    return Access(
        facilities=places,
        categories=tuple(bases),
        cutoffs_s=cutoffs,
        near=near,
        back_s=_at_once(
            {name: partial(times_of, walk, found, home, horizon_s, Direction.FROM) for name, found in there.items()}
        ),
        category_s={name: found.apart for name, found in of_category.items()},
        pairs={measure: pairs[measure if measure in pairs else "walk"] for measure in MEASURES},
    )


def searches(scene: Scene, priced: Mapping[str, Attached]) -> dict[str, Search]:
    """By measure: a search for the nearest of some places, given by their rows, from every home; ``radius``, too.

    On foot to the horizon at most. A search with a limit costs what lies within. Measures of the same prices share one.
    """
    place_xy, home_xy = scene.xy()
    home, horizon_s = scene.doors.home, scene.streets.parameters.coverage.horizon_s

    def on_foot(attached: Attached, rows: Ints, limit: float = np.inf) -> Near:
        return nearest_place(attached, rows, home, min(limit, horizon_s), Direction.TO)

    def straight(rows: Ints, limit: float = np.inf) -> Near:
        return straight_nearest(place_xy, rows, home_xy, limit)

    found: dict[str, Search] = {"radius": straight}
    for name, attached in priced.items():
        same = next((other for other in priced if other in found and attached.same_as(priced[other])), None)
        found[name] = partial(on_foot, attached) if same is None else found[same]
    return found


def _at_once(searches: Mapping[Key, Callable[[], Answer]]) -> dict[Key, Answer]:
    """Run searches that know nothing of each other side by side: the answers are the same in any order."""
    with ThreadPoolExecutor(min(_THREADS, os.cpu_count() or 1)) as pool:
        return dict(zip(searches, pool.map(lambda search: search(), searches.values()), strict=True))
