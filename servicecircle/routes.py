"""Study routes traced on the network, in their published order, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry import MultiLineString, Point

from servicecircle.crs import WGS84
from servicecircle.errors import InputError, NoWayError
from servicecircle.model import APPROXIMATE, StudyArea
from servicecircle.units import minutes
from servicecircle.walk import Walk, Walker

__all__ = ["check_routes", "place_stops", "trace_routes"]

_LEGS = [
    "route_id", "leg", "from_seq", "from_name", "to_seq", "to_name", "seconds", "metres", "ascent_m", "descent_m",
    "steps", "steps_estimated", "skipped", "at_least", "problem", "geometry",
]  # fmt: skip
_TRACED = ["stops", "stops_located", "seconds", "metres", "ascent_m", "steps", "at_least", "geometry"]


def place_stops(stops: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the stops as points in their order; a stop without a position stays in the list."""
    placed = (stops["lon"].notna() & stops["lat"].notna()).to_numpy()
    points = np.asarray(gpd.points_from_xy(stops["lon"], stops["lat"]), dtype=object)
    points[~placed] = None
    about = stops.drop(columns=["lon", "lat"]).assign(located=placed, seq=stops["seq"].astype(int))
    table = gpd.GeoDataFrame(about, geometry=points, crs=WGS84)
    return table.sort_values(["route_id", "seq"], ignore_index=True)


def trace_routes(
    walker: Walker, routes: pd.DataFrame, stops: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Walk every leg between consecutive located stops.

    A leg that passes over stops without a position joins its located neighbours: the quickest walk between them is the
    least that the real one can take, and ``at_least`` says so.

    Returns
    -------
    tuple
        Routes: the sums over the legs that could be walked, and their lines. Legs: one row each, with the line, or
        with the problem and no line.
    """
    legs: list[dict[str, Any]] = []
    for route in routes["route_id"]:
        own = stops[stops["route_id"] == route].reset_index(drop=True)
        placed = own[own["located"]]
        pairs = zip(placed.iloc[:-1].itertuples(), placed.iloc[1:].itertuples(), strict=True)
        for k, (a, b) in enumerate(pairs, 1):
            walk, problem = _leg(walker, a.geometry, b.geometry)
            legs.append(
                {
                    "route_id": route,
                    "leg": k,
                    "from_seq": a.seq,
                    "from_name": a.name,
                    "to_seq": b.seq,
                    "to_name": b.name,
                    "skipped": b.Index - a.Index - 1,
                    "at_least": b.Index - a.Index > 1,
                    "problem": problem,
                    **_measures(walk),
                }
            )
    table = gpd.GeoDataFrame(pd.DataFrame(legs, columns=_LEGS), geometry="geometry", crs=WGS84)
    rows = [_route(route, stops, table) for route in routes.to_dict("records")]
    columns = [*routes.columns, *_TRACED]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry="geometry", crs=WGS84), table


def check_routes(
    routes: pd.DataFrame, stops: gpd.GeoDataFrame, legs: gpd.GeoDataFrame, area: StudyArea, leg_limit_s: float
) -> pd.DataFrame:
    """List what stands between each route and a class that wants to walk it.

    Returns
    -------
    pd.DataFrame
        route_id, name, seq, fault (unlocated, approximate, outside_area, no_way, long_leg, at_least), text_zh,
        text_en; in the order of the routes and their stops.
    """
    rows: list[tuple[object, ...]] = []
    names = dict(zip(routes["route_id"], routes["name"], strict=True))
    for stop in stops.itertuples():
        about = (stop.route_id, names.get(stop.route_id), stop.seq)
        if not stop.located:
            rows.append((*about, "unlocated", f"“{stop.name}”没有坐标", f"no position for {stop.name}"))
            continue
        if stop.position_confidence in APPROXIMATE:
            rows.append((*about, "approximate", f"“{stop.name}”只有近似位置", f"{stop.name} is only placed roughly"))
        if not shapely.contains(area.boundary, stop.geometry):
            rows.append((*about, "outside_area", f"“{stop.name}”在区外", f"{stop.name} lies outside the district"))
    for leg in legs.itertuples():
        about = (leg.route_id, names.get(leg.route_id), leg.from_seq)
        zh, en = f"“{leg.from_name}”到“{leg.to_name}”", f"{leg.from_name} to {leg.to_name}"
        if leg.problem:
            rows.append((*about, "no_way", f"{zh}走不通：{leg.problem}", f"{en}: no way ({leg.problem})"))
        elif leg.seconds > leg_limit_s:
            long, limit = minutes(float(leg.seconds)), minutes(leg_limit_s)
            texts = (
                f"{zh}步行{long:.0f}分钟，超过{limit:.0f}分钟",
                f"{en}: {long:.0f} minutes on foot, over {limit:.0f}",
            )
            rows.append((*about, "long_leg", *texts))
        if leg.at_least:
            between = leg.skipped
            texts = (f"{zh}之间有{between}站没有坐标，用时至少如此", f"{en}: {between} stops between have no position")
            rows.append((*about, "at_least", *texts))
    columns = ["route_id", "name", "seq", "fault", "text_zh", "text_en"]
    order = {route: k for k, route in enumerate(routes["route_id"])}
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values(
        ["route_id", "seq"], key=lambda c: c.map(order) if c.name == "route_id" else c, kind="stable", ignore_index=True
    )


def _leg(walker: Walker, start: Point, end: Point) -> tuple[Walk | None, str]:
    try:
        return walker.walk((start.x, start.y), (end.x, end.y)), ""
    except (NoWayError, InputError) as error:
        return None, str(error)


def _measures(walk: Walk | None) -> dict[str, Any]:
    if walk is None:
        unknown = ("seconds", "metres", "ascent_m", "descent_m", "steps")
        return dict.fromkeys(unknown, np.nan) | {"steps_estimated": False, "geometry": None}
    return {
        "seconds": walk.seconds,
        "metres": walk.metres,
        "ascent_m": np.nan if walk.ascent_m is None else walk.ascent_m,
        "descent_m": np.nan if walk.descent_m is None else walk.descent_m,
        "steps": float(walk.steps),
        "steps_estimated": walk.steps_estimated,
        "geometry": walk.geometry,
    }


def _route(route: dict[Hashable, Any], stops: gpd.GeoDataFrame, legs: gpd.GeoDataFrame) -> dict[Hashable, Any]:
    own = stops[stops["route_id"] == route["route_id"]]
    mine = legs[legs["route_id"] == route["route_id"]]
    walked = mine[mine.geometry.notna()]
    sums = {key: walked[key].sum(min_count=1, skipna=False) for key in ("seconds", "metres", "ascent_m", "steps")}
    return route | {
        "stops": len(own),
        "stops_located": int(own["located"].sum()),
        **sums,
        "at_least": bool(mine["at_least"].any() or (mine["problem"] != "").any() or not own["located"].all()),
        "geometry": MultiLineString(list(walked.geometry)) if len(walked) else None,
    }
