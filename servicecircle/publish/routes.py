"""Study routes as files, one a route: all of them, or none."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import geopandas as gpd
import pandas as pd

from servicecircle.errors import Fault, InputError
from servicecircle.publish.geojson import feature_collection
from servicecircle.publish.gpx import route_gpx
from servicecircle.publish.tables import rounded

__all__ = ["export_routes"]

_ATTRIBUTION = "© OpenStreetMap contributors"


def export_routes(
    routes: gpd.GeoDataFrame, stops: gpd.GeoDataFrame, legs: gpd.GeoDataFrame, folder: Path, fmt: str
) -> list[Path]:
    """Write each route into ``folder`` as ``<route_id>.gpx`` or ``.geojson``; files of these names are replaced.

    Raises
    ------
    InputError
        The folder cannot be written.
    """
    texts: dict[str, str] = {}
    for _, route in routes.iterrows():
        mine = stops[stops["route_id"] == route["route_id"]], legs[legs["route_id"] == route["route_id"]]
        name = f"{_safe(str(route['route_id']))}.{fmt}"
        texts[name] = route_gpx(route, *mine, _ATTRIBUTION) if fmt == "gpx" else _geojson(*mine)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".routes-", dir=folder) as scratch:
            for name, text in texts.items():
                (Path(scratch) / name).write_text(text, "utf-8")
            return [(Path(scratch) / name).replace(folder / name) for name in texts]
    except OSError as error:
        fault = Fault(f"cannot write the routes: {error.strerror}", "give a folder you may write", value=str(folder))
        raise InputError([fault]) from error


def _geojson(stops: gpd.GeoDataFrame, legs: gpd.GeoDataFrame) -> str:
    """Return stops and legs in one collection; ``feature`` says which is which."""
    parts = [stops.assign(feature="stop"), legs.assign(feature="leg")]
    return feature_collection(
        gpd.GeoDataFrame(rounded(pd.concat(parts, ignore_index=True)), geometry="geometry", crs="EPSG:4326")
    )


def _safe(text: str) -> str:
    """Return a name that stays in its folder."""
    return "".join(c if c.isalnum() or c in "-_" else "_" for c in text) or "_"
