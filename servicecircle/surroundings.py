"""What stands between homes and places, looked at once for all tiers: stations, barriers, crossings, buildings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from servicecircle.arrays import Floats, Ints, Shapes
from servicecircle.barriers import Barriers, find_barriers, find_crossings
from servicecircle.crs import to_metric
from servicecircle.reach import Attached
from servicecircle.scene import Scene
from servicecircle.shortcuts import Pricing, Shortcuts
from servicecircle.stations import Stations, place_stations

__all__ = ["Surroundings", "look_round"]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything in metres of the study's CRS.

    ``crossing_of``: the barrier that each of the ``crossings`` crosses. ``buildings``: footprints. ``frame``: the edge
    of the street data. ``home_xy``: (n, 2).
    """

    stations: Stations
    barriers: Barriers
    crossings: Shortcuts
    crossing_of: Ints
    buildings: Shapes
    frame: BaseGeometry
    home_xy: Floats
    pricing: Pricing


def look_round(scene: Scene, walk: Attached) -> Surroundings:
    """Look at the study of a scene, as whoever walks in ``walk`` would."""
    streets, study = scene.streets, scene.streets.study
    parameters, crs = streets.parameters, streets.network.crs
    rules = parameters.gaps
    pricing = Pricing(streets.profile, parameters.pace, rules.stairs_from_grade)
    stations = place_stations(streets.network, streets.prices, walk, rules.station_m)
    barriers = find_barriers(study.area, study.ways, rules.barrier_roads)
    crossings, of = find_crossings(stations, barriers, pricing, rules.barrier_approach_m)
    return Surroundings(
        stations,
        barriers,
        crossings,
        of,
        np.asarray(shapely.transform(study.area.buildings.geometry.to_numpy(), lambda xy: to_metric(xy, crs))),
        to_metric(shapely.box(*study.ways.extent).exterior, crs),
        to_metric(shapely.get_coordinates(scene.homes.geometry.to_numpy()), crs),
        pricing,
    )
