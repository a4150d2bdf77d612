"""Study routes as GPX 1.1: stops as waypoints and as a route, one track segment a leg, with heights."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import gpxpy.gpx
import numpy as np
import pandas as pd
import shapely

from servicecircle.arrays import Floats

__all__ = ["leg_points", "printable", "route_gpx"]


def route_gpx(
    route: pd.Series,
    stops: gpd.GeoDataFrame,
    legs: gpd.GeoDataFrame,
    attribution: str,
    profile: gpd.GeoDataFrame | None = None,
    crs_note: str = "",
) -> str:
    """Return one route as GPX text.

    Stops without a position cannot be waypoints; the description names them in their place in the order.

    Parameters
    ----------
    route
        A row of the layer ``routes``.
    stops, legs
        Rows of ``route_stops`` and ``route_legs`` of this route.
    attribution
        Who the streets are by.
    profile
        Rows of ``route_profile`` of this route; without them the points have no heights.
    crs_note
        What the coordinates are, where they are not what GPX expects.
    """
    gpx = gpxpy.gpx.GPX()
    gpx.creator = "servicecircle"
    gpx.name = printable(route["name"])
    gpx.copyright_author = attribution
    gpx.copyright_license = "https://opendatacommons.org/licenses/odbl/1-0/"
    listed = [f"{s.seq}. {s.name}" + ("" if s.located else "（无坐标 no position）") for s in stops.itertuples()]
    gpx.description = printable("；".join([crs_note] * bool(crs_note) + listed))
    lines = {leg["leg"]: leg_points(leg, profile) for leg in legs.to_dict("records") if leg["geometry"] is not None}
    heights = _stop_heights(legs, lines)
    planned = gpxpy.gpx.GPXRoute(name=printable(route["name"]), description=gpx.description)
    for stop in stops[stops["located"].astype(bool)].to_dict("records"):
        at = round(stop["geometry"].y, 7), round(stop["geometry"].x, 7), heights.get(stop["seq"])
        name = printable(f"{stop['seq']} {stop['name']}")
        about = printable(_about(stop))
        gpx.waypoints.append(gpxpy.gpx.GPXWaypoint(*at, name=name, description=about or None, type="stop"))
        planned.points.append(gpxpy.gpx.GPXRoutePoint(*at, name=name))
    gpx.routes.append(planned)
    track = gpxpy.gpx.GPXTrack(name=printable(route["name"]))
    track.source = printable(route["source"])
    for points in lines.values():
        segment = [gpxpy.gpx.GPXTrackPoint(y, x, _known(z)) for x, y, z in points.tolist()]
        track.segments.append(gpxpy.gpx.GPXTrackSegment(segment))
    gpx.tracks.append(track)
    return str(gpx.to_xml(version="1.1"))


def leg_points(leg: dict[Any, Any], profile: gpd.GeoDataFrame | None) -> Floats:
    """Return the line of a leg as (n, 3) longitude, latitude (7 decimals), height (1 decimal, NaN where unknown)."""
    own = None if profile is None else profile[profile["leg"] == leg["leg"]]
    if own is None or own.empty:
        flat = shapely.get_coordinates(leg["geometry"])
        return np.column_stack([flat.round(7), np.full(len(flat), np.nan)])
    flat = shapely.get_coordinates(own.geometry)
    return np.column_stack([flat.round(7), own["height_m"].to_numpy(dtype=np.float64).round(1)])


def printable(value: object) -> str:
    """Text without control characters, which XML cannot hold."""
    text = value if isinstance(value, str) else ""
    return "".join(c for c in text if c.isprintable())


def _about(stop: dict[Any, Any]) -> str:
    """When the group is there, and remarks."""
    arrive, leave, note = (stop.get(key) for key in ("arrive", "leave", "note"))
    times = f"{arrive}–{leave}" if isinstance(arrive, str) else ""
    return "；".join(filter(None, (times, note if isinstance(note, str) else "")))


def _stop_heights(legs: gpd.GeoDataFrame, lines: dict[int, Floats]) -> dict[int, float | None]:
    """Heights of the stops: of the ends of their legs."""
    found: dict[int, float | None] = {}
    for leg in legs.itertuples():
        if leg.leg in lines:
            found.setdefault(leg.from_seq, _known(float(lines[leg.leg][0, 2])))
            found[leg.to_seq] = _known(float(lines[leg.leg][-1, 2]))
    return found


def _known(height: float) -> float | None:
    return None if np.isnan(height) else height
