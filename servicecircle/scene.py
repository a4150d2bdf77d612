"""A study with its doors open: what coverage, circles and every what-if are computed from."""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from servicecircle.arrays import Floats
from servicecircle.coverage import Access
from servicecircle.crs import to_metric
from servicecircle.doors import Doors, open_doors
from servicecircle.entrances import find_entrances
from servicecircle.errors import Fault, InputError
from servicecircle.model import Direction, Variant
from servicecircle.prices import edge_seconds, walker_of
from servicecircle.reach import Attached, Joined, door_to_door
from servicecircle.streets import Streets

__all__ = ["Scene", "access_in", "open_scene", "places_in", "radius_m"]


@dataclass(frozen=True, slots=True)
class Scene:
    """Places and homes with their doors on the network of one study: priced as often as a what-if needs."""

    streets: Streets
    places: gpd.GeoDataFrame
    homes: gpd.GeoDataFrame
    doors: Doors
    joined: Joined

    def priced(self, variant: Variant) -> Attached:
        """Put the prices of a variant on the network and its doors."""
        streets = self.streets
        prices = edge_seconds(streets.network, streets.parameters, variant)
        return self.joined.price(prices, walker_of(variant, streets.parameters))

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
    """Seconds from every home to every place in a variant: the same doors, priced again.

    Doors are opened anew only where the variant counts other places. ``coverage.compare`` says who gains and who loses
    between two answers.
    """
    places = places_in(scene.streets.study.facilities, variant)
    if not places["facility_id"].equals(scene.places["facility_id"]):
        scene = open_scene(scene.streets, scene.homes, variant)
    ends = scene.doors.place, scene.doors.home, scene.streets.parameters.coverage.horizon_s, Direction.TO
    walk, level = (door_to_door(scene.priced(v), *ends) for v in (variant, scene.level(variant)))
    return Access(scene.places, walk, level, radius_m(scene))


def radius_m(scene: Scene) -> Floats:
    """Straight-line metres between every place and every home, as a (places, homes) block."""
    a, b = (
        to_metric(shapely.get_coordinates(table.geometry.to_numpy()), scene.streets.network.crs)
        for table in (scene.places, scene.homes)
    )
    return np.asarray(np.hypot(a[:, None, 0] - b[None, :, 0], a[:, None, 1] - b[None, :, 1]), dtype=np.float64)
