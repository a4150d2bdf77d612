"""Study routes of a bundle: the published ones as walked, and those that the tool proposes, in one list."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry import MultiLineString

from api.asked import RoutesQuestion
from api.bundle import Bundle
from api.drafts import Draft
from api.errors import MissingError
from api.route_schemas import Height, Route, RouteLeg, Stop
from api.schemas import Link, StepFree
from servicecircle.publish.geojson import DECIMALS
from servicecircle.publish.tables import finite
from servicecircle.units import S_PER_MIN

__all__ = [
    "Traced",
    "find_route",
    "heights",
    "legs_of",
    "line_of",
    "list_routes",
    "proposal",
    "route_of",
    "stops_of",
    "traced",
]

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Traced:
    """One route with its stops, legs and heights, as the layers of published routes have them."""

    route: Row
    stops: gpd.GeoDataFrame
    legs: gpd.GeoDataFrame
    profile: gpd.GeoDataFrame

    @classmethod
    def of(cls, draft: Draft) -> Traced:
        """Return a drawn route in the words of published ones."""
        free = {"step_free": _told(bool(draft.legs["stepfree"].all()))}
        return cls(_as_published(draft.route) | free, draft.stops, draft.legs, draft.profile)


def list_routes(bundle: Bundle, asked: RoutesQuestion) -> list[Row]:
    """Return the routes that match, the published ones first."""
    return [row for row in _every(bundle) if _fits(row, asked)]


def find_route(bundle: Bundle, route_id: str) -> Row:
    """Return a route by its id.

    Raises
    ------
    MissingError
        There is none.
    """
    for row in _every(bundle):
        if row["route_id"] == route_id:
            return row
    message = f"no route {route_id!r}; /routes lists them"
    raise MissingError(message)


def traced(bundle: Bundle, route: Row) -> Traced:
    """Return a published route with what the bundle holds of it."""
    layers = bundle.layers
    stops, legs = (_own(layers[name], route) for name in ("route_stops", "route_legs"))
    heights = _own(layers["route_profile"], route) if "route_profile" in layers else legs.iloc[:0]
    return Traced(route, stops, legs, heights)


def proposal(bundle: Bundle, route: Row) -> tuple[Row, gpd.GeoDataFrame]:
    """Return a proposed route and its stops as the bundle holds them."""
    rows = bundle.layers["proposed_routes"]
    row = rows[rows["route_id"] == route["route_id"]].iloc[0]
    return {str(k): finite(v) for k, v in row.items() if k != "geometry"}, _own(bundle.layers["proposed_stops"], route)


def route_of(row: Row, links: list[Link]) -> Route:
    """Return a route as it is answered."""
    return Route.model_validate(row | {"links": links})


def stops_of(found: Traced) -> list[Stop]:
    """Return the stops in their order; those without a position stay."""
    return [_stop(row) for row in found.stops.to_dict("records")]


def legs_of(found: Traced) -> list[RouteLeg]:
    """Return the legs."""
    rows = found.legs.drop(columns=["geometry"]).to_dict("records")
    return [RouteLeg.model_validate({str(k): finite(v) for k, v in row.items()}) for row in rows]


def heights(found: Traced) -> list[Height]:
    """Return the heights along the route, metres counted from its start."""
    if found.profile.empty:
        return []
    table = found.profile[["leg", "metres", "height_m", "kind"]].round({"metres": 1, "height_m": 1})
    return [Height.model_validate({str(k): finite(v) for k, v in row.items()}) for row in table.to_dict("records")]


def line_of(found: Traced) -> dict[str, Any] | None:
    """Return the walked line as GeoJSON, None where nobody can walk any leg."""
    lines = list(found.legs.geometry.dropna())
    if not lines:
        return None
    line = shapely.transform(MultiLineString(lines), lambda xy: np.round(xy, DECIMALS))
    geometry: dict[str, Any] = json.loads(shapely.to_geojson(line))
    return geometry


def _every(bundle: Bundle) -> list[Row]:
    published = [row | {"step_free": _told(row["stepfree"])} for row in _rows(bundle.layers["routes"])]
    proposed = _rows(bundle.layers["proposed_routes"]) if "proposed_routes" in bundle.layers else []
    return published + [_as_published(row) for row in proposed]


def _rows(layer: gpd.GeoDataFrame) -> list[Row]:
    table = pd.DataFrame(layer.drop(columns=[layer.geometry.name]))
    return [{str(k): finite(v) for k, v in row.items()} for row in table.to_dict("records")]


def _as_published(row: Row) -> Row:
    """Give a drawn route the columns of published ones: its walk is known whole."""
    row = {key: finite(value) for key, value in row.items()}
    free: StepFree = "yes" if row["profile"] == "stepfree" else "no" if row["steps"] else "unknown"
    return row | {
        "seconds": row["walk_s"],
        "stops_located": row["stops"],
        "walker": row["profile"],
        "step_free": free,
        "feasible": "yes",
        "at_least": False,
        "reasons_zh": None,
        "reasons_en": None,
    }


def _told(stepfree: object) -> StepFree:
    return "unknown" if stepfree is None else "yes" if stepfree else "no"


def _fits(row: Row, asked: RoutesQuestion) -> bool:
    return (
        asked.provenance in {None, row["provenance"]}
        and (asked.theme is None or asked.theme in str(row["theme"] or "").split(";"))
        and asked.start in {None, row.get("start_id")}
        and asked.age_band in {None, row["age_band"]}
        and asked.step_free in {None, row["step_free"]}
        and _within(row["metres"], asked.max_metres)
        and _within(row["steps"], asked.max_steps)
        and _within(row["total_s"], None if asked.max_minutes is None else asked.max_minutes * S_PER_MIN)
    )


def _within(value: float | None, most: float | None) -> bool:
    """Whether a figure is within a limit; an unknown one is not known to be."""
    return most is None or (value is not None and value <= most)


def _own(layer: gpd.GeoDataFrame, route: Row) -> gpd.GeoDataFrame:
    return layer[layer["route_id"] == route["route_id"]]


def _stop(row: Mapping[Any, Any]) -> Stop:
    about = {str(key): finite(value) for key, value in row.items() if key not in {"lon", "lat", "geometry"}}
    point = row["geometry"]
    lon, lat = (None, None) if point is None else (point.x, point.y)
    known = {key: about[key] for key in Stop.model_fields if key in about}
    return Stop.model_validate(known | {"lon": lon, "lat": lat})
