"""Study routes as GPX 1.1: waypoints in their order, one track segment a leg."""

from __future__ import annotations

import geopandas as gpd
import gpxpy.gpx
import pandas as pd

__all__ = ["route_gpx"]


def route_gpx(route: pd.Series, stops: gpd.GeoDataFrame, legs: gpd.GeoDataFrame, attribution: str) -> str:
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
    """
    gpx = gpxpy.gpx.GPX()
    gpx.creator = "servicecircle"
    gpx.name = _clean(route["name"])
    gpx.copyright_author = attribution
    gpx.copyright_license = "https://opendatacommons.org/licenses/odbl/1-0/"
    listed = [f"{s.seq}. {s.name}" + ("" if s.located else "（无坐标 no position）") for s in stops.itertuples()]
    gpx.description = _clean("；".join(listed))
    for stop in stops[stops["located"]].itertuples():
        point = gpxpy.gpx.GPXWaypoint(round(stop.geometry.y, 7), round(stop.geometry.x, 7))
        point.name = _clean(f"{stop.seq} {stop.name}")
        point.type = "stop"
        gpx.waypoints.append(point)
    track = gpxpy.gpx.GPXTrack(name=_clean(route["name"]))
    track.source = _clean(route["source"])
    for leg in legs[legs.geometry.notna()].itertuples():
        segment = gpxpy.gpx.GPXTrackSegment(
            [gpxpy.gpx.GPXTrackPoint(round(y, 7), round(x, 7)) for x, y in leg.geometry.coords]
        )
        track.segments.append(segment)
    gpx.tracks.append(track)
    return str(gpx.to_xml(version="1.1"))


def _clean(value: object) -> str:
    """Text without control characters, which XML cannot hold."""
    return "".join(c for c in str(value or "") if c.isprintable())
