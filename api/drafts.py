"""Routes that the tool has drawn: as the tables of study routes, with the legs and heights that their walks have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from api.feet import Point
from servicecircle.crs import WGS84
from servicecircle.design_question import Question, variant_of
from servicecircle.design_tables import Named, route_tables
from servicecircle.designing import Design
from servicecircle.door_walks import DoorWalker
from servicecircle.doors import open_doors
from servicecircle.entrances import Entrances
from servicecircle.network import WalkNetwork
from servicecircle.publish.tables import rounded
from servicecircle.route_figures import height_line, longest_flight, rides
from servicecircle.scene import Scene
from servicecircle.streets import Streets
from servicecircle.walk import Walk

__all__ = ["Draft", "designed", "walked_again"]

_CALLED = {"explanation_zh": "起点", "explanation_en": "the start"}
_STEPS = ("stairs", "escalator")


@dataclass(frozen=True, slots=True)
class Draft:
    """A route (a row of ``design_tables.ROUTES``), its stops, its legs, and the heights along them as points."""

    route: dict[str, Any]
    stops: gpd.GeoDataFrame
    legs: gpd.GeoDataFrame
    profile: gpd.GeoDataFrame


def designed(found: Design, streets: Streets) -> list[Draft]:
    """Return every alternative of a design; a start that is a point is called start, not by its coordinates."""
    named = [Named(found, f"P{k}", f"方案{k} Route {k}", k - 1) for k in range(1, len(found.alternatives) + 1)]
    routes, stops = (rounded(table) for table in route_tables(named, streets.study.area.data_date))
    if not isinstance(found.asked.question.start, str):
        routes, stops = (_without_position(table, found.asked.start_name) for table in (routes, stops))
    drafts = []
    for each, route in zip(named, routes.to_dict("records"), strict=True):
        own = stops[stops["route_id"] == each.route_id].reset_index(drop=True)
        drafts.append(_draft(route, own, each.route.walks, streets.network, streets.parameters.routes.landing_m))
    return drafts


def walked_again(
    streets: Streets, places: gpd.GeoDataFrame, entrances: Entrances, route: dict[str, Any], stops: gpd.GeoDataFrame
) -> Draft:
    """Walk a proposed route of a bundle from door to door, as the designer did."""
    parameters = streets.parameters
    asked = Question(
        str(route["start_id"]), age_band=route["age_band"], group_size=int(route["group_size"]),
        depart=route["depart"], day=route["date"], step_free=route["profile"] == "stepfree",
    )  # fmt: skip
    variant = variant_of(asked, parameters, streets.variant)
    nobody = gpd.GeoDataFrame(geometry=[], crs=WGS84)
    doors = open_doors(streets.snapper(), places, entrances, nobody, parameters.snap)
    walker = DoorWalker(Scene(streets, places, nobody, doors, doors.join(streets.network)), variant)
    at = pd.Index(places["facility_id"]).get_indexer(pd.Index(stops["facility_id"]))
    walks = tuple(walker.between(int(a), int(b)) for a, b in pairwise(at))
    return _draft(route, stops.reset_index(drop=True), walks, streets.network, parameters.routes.landing_m)


def _draft(
    route: Mapping[Any, Any], stops: gpd.GeoDataFrame, walks: tuple[Walk, ...], network: WalkNetwork, landing_m: float
) -> Draft:
    legs, lines, metres = [], [], 0.0
    for k, (walk, (a, b)) in enumerate(zip(walks, pairwise(stops.to_dict("records")), strict=True), 1):
        about = {"route_id": route["route_id"], "leg": k}
        legs.append(about | _ends(a, b) | _measures(walk, landing_m))
        line = height_line(walk, network)
        lines.append(line.assign(**about, metres=metres + line["metres"]))
        metres += walk.metres
    heights = pd.concat(lines, ignore_index=True)
    points: list[Point] = list(zip(heights.pop("lon"), heights.pop("lat"), strict=True))
    return Draft(
        {str(key): value for key, value in route.items() if key != "geometry"},
        stops.assign(located=True, open="unknown"),
        gpd.GeoDataFrame(rounded(pd.DataFrame(legs)), geometry="geometry", crs=WGS84),
        gpd.GeoDataFrame(heights, geometry=gpd.points_from_xy(*zip(*points, strict=True)), crs=WGS84),
    )


def _ends(a: dict[Any, Any], b: dict[Any, Any]) -> dict[str, Any]:
    return {"from_seq": a["seq"], "from_name": a["name"], "to_seq": b["seq"], "to_name": b["name"]}


def _measures(walk: Walk, landing_m: float) -> dict[str, Any]:
    up, down = (np.nan if value is None else value for value in (walk.ascent_m, walk.descent_m))
    return {
        "seconds": walk.seconds,
        "metres": walk.metres,
        "ascent_m": up,
        "descent_m": down,
        "steps": float(walk.steps),
        "steps_estimated": walk.steps_estimated,
        "longest_flight": float(round(longest_flight(walk, landing_m))),
        "rides": float(rides(walk)),
        "stepfree": not any(s.kind in _STEPS and s.metres for s in walk.stretches),
        "at_least": False,
        "problem": "",
        "geometry": walk.geometry,
    }


def _without_position(table: gpd.GeoDataFrame, name: str) -> gpd.GeoDataFrame:
    """Take the coordinates that a start is named by out of every text."""
    table = table.copy()
    for column in table.columns.difference([table.geometry.name]):
        called = _CALLED.get(str(column), "起点 start")
        table[column] = [v.replace(name, called) if isinstance(v, str) else v for v in table[column]]
    return table
