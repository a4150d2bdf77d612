"""Designed routes as the tables of study routes: routes with their lines, stops in their order."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import MultiLineString, Point

from servicecircle.crs import WGS84
from servicecircle.design_question import clock
from servicecircle.design_words import explain, measures
from servicecircle.designing import Alternative, Design

__all__ = ["ROUTES", "STOPS", "Named", "route_tables", "stop_rows"]

_MEASURES = [
    "stops", "stops_candidate", "stops_approximate", "stops_hours_unknown", "categories", "total_s", "walk_s",
    "dwell_s", "wait_s", "longest_leg_s", "metres", "ascent_m", "descent_m", "steps", "points", "points_bound",
]  # fmt: skip
ROUTES = [
    "route_id", "name", "theme", "provenance", "source", "date", "note", "age_band", "group_size", "limit_minutes",
    "depart", "start_id", "start_name", "returns", "profile", *_MEASURES, "explanation_zh", "explanation_en",
    "geometry",
]  # fmt: skip
"""Columns of designed routes; the first eleven are those of ``routes.csv``."""

STOPS = [
    "route_id", "seq", "name", "facility_id", "lon", "lat", "position_confidence", "note", "dwell_minutes", "on_site",
    "theme", "status", "opening_hours", "arrive", "leave", "leg_s", "leg_metres", "leg_ascent_m", "leg_descent_m",
    "leg_steps", "geometry",
]  # fmt: skip
"""Columns of their stops; the first eleven are those of ``route_stops.csv``. The start is the first row."""


@dataclass(frozen=True, slots=True)
class Named:
    """A route of a design with the id and the name that it is to bear; ``rank`` is its number among them, from 0."""

    design: Design
    route_id: str
    name: str
    rank: int = 0
    note: str = ""

    @property
    def route(self) -> Alternative:
        """The route."""
        return self.design.alternatives[self.rank]


def route_tables(named: list[Named], data_date: str) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the routes and their stops, EPSG:4326, columns of ``ROUTES`` and ``STOPS``."""
    routes = pd.DataFrame([_route(each, data_date) for each in named], columns=ROUTES)
    stops = pd.DataFrame([row for each in named for row in stop_rows(each)], columns=STOPS)
    lines, points = (gpd.GeoDataFrame(table, geometry="geometry", crs=WGS84) for table in (routes, stops))
    return lines, points


def _route(named: Named, data_date: str) -> dict[str, object]:
    asked, route = named.design.asked, named.route
    question = asked.question
    before = named.design.alternatives[: named.rank]
    said = explain(asked, route, before)
    return measures(route) | {
        "route_id": named.route_id,
        "name": named.name,
        "theme": question.theme or ";".join(question.categories) or None,
        "provenance": "proposed",
        "source": f"servicecircle, streets {data_date}",
        "date": question.day,
        "note": named.note or None,
        "age_band": question.age_band,
        "group_size": question.group_size,
        "limit_minutes": question.limit_minutes,
        "depart": question.depart,
        "start_id": question.start if isinstance(question.start, str) else None,
        "start_name": asked.start_name,
        "returns": question.back,
        "profile": named.design.profile.name,
        "explanation_zh": "".join(f"{zh}。" for zh, _ in said),
        "explanation_en": " ".join(f"{en}." for _, en in said),
        "geometry": MultiLineString([walk.geometry for walk in route.walks]),
    }


def stop_rows(named: Named) -> list[dict[str, object]]:
    """Return the start, the stops in their order, and the start again where the route returns."""
    asked, route = named.design.asked, named.route
    question, lonlat = asked.question, asked.start_lonlat
    start: dict[str, object] = {
        "name": asked.start_name,
        "facility_id": question.start if isinstance(question.start, str) else None,
        "lon": lonlat[0],
        "lat": lonlat[1],
        "position_confidence": asked.start_confidence,
        "dwell_minutes": 0.0,
    }
    rows = [start | {"note": "起点 start", "arrive": None, "leave": question.depart}]
    for stop, (reached, _, left) in zip(route.stops.to_dict("records"), route.times, strict=True):
        row: dict[str, object] = {str(key): value for key, value in stop.items() if key in STOPS}
        note = "候选 candidate" if stop["status"] == "candidate" else None
        when = {"arrive": clock(question, reached), "leave": clock(question, left)}
        rows.append(row | when | {"theme": stop["category"], "note": note})
    if question.back:
        rows.append(start | {"note": "回到起点 back at the start", "arrive": clock(question, route.tour.end_s)})
    legs: list[dict[str, float]] = [{}]
    for walk in route.walks:
        up, down = (np.nan if value is None else value for value in (walk.ascent_m, walk.descent_m))
        leg = {"leg_s": walk.seconds, "leg_metres": walk.metres, "leg_ascent_m": up, "leg_descent_m": down}
        legs.append(leg | {"leg_steps": walk.steps})
    lonlat_of = [
        lonlat,
        *zip(route.stops["lon"], route.stops["lat"], strict=True),
        *([lonlat] if question.back else []),
    ]
    return [
        row | leg | {"route_id": named.route_id, "seq": k, "geometry": Point(*at)}
        for k, (row, leg, at) in enumerate(zip(rows, legs, lonlat_of, strict=True), 1)
    ]
