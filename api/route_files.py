"""A study route as a file for a phone or a map, in the datum that the phone's map expects."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from fastapi import Response

from api.catalogue import Traced
from servicecircle.arrays import Floats
from servicecircle.datum import Datum, from_wgs84
from servicecircle.publish.crs_notes import CRS_NOTES
from servicecircle.publish.routes import FORMATS

__all__ = ["MEDIA_TYPES", "file_response"]

MEDIA_TYPES: Mapping[str, str] = {
    "gpx": "application/gpx+xml",
    "kml": "application/vnd.google-earth.kml+xml",
    "geojson": "application/geo+json",
}


def file_response(found: Traced, fmt: str, datum: Datum) -> Response:
    """Write a route as `servicecircle route export` does, and name the file by its id and datum."""
    stops, legs, profile = (_moved(layer, datum) for layer in (found.stops, found.legs, found.profile))
    text = FORMATS[fmt](pd.Series(found.route), stops, legs, profile, CRS_NOTES[datum])
    suffix = "" if datum is Datum.WGS84 else f"+{datum.value}"
    name = quote(f"{found.route['route_id']}{suffix}.{fmt}", safe="")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    return Response(text, media_type=MEDIA_TYPES[fmt], headers=headers)


def _moved(layer: gpd.GeoDataFrame, datum: Datum) -> gpd.GeoDataFrame:
    def move(xy: Floats) -> Floats:
        return np.column_stack(from_wgs84(xy[:, 0], xy[:, 1], datum)).round(7) + 0.0

    shapes = np.asarray(shapely.transform(layer.geometry.to_numpy(), move), dtype=object)
    return layer.set_geometry(shapes, crs=layer.crs)
