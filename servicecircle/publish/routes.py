"""Study routes as files, one a route: all of them, or none."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from servicecircle.arrays import Floats
from servicecircle.datum import Datum, from_wgs84
from servicecircle.errors import Fault, InputError
from servicecircle.publish.crs_notes import CRS_NOTES
from servicecircle.publish.geojson import feature_collection
from servicecircle.publish.gpx import leg_points, route_gpx
from servicecircle.publish.route_kml import route_kml
from servicecircle.publish.tables import rounded
from servicecircle.routes import Traced

__all__ = ["FORMATS", "export_routes", "file_names"]

_ATTRIBUTION = "© OpenStreetMap contributors"
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")
_DEVICES = {"con", "prn", "aux", "nul", *(f"{name}{k}" for name in ("com", "lpt") for k in range(10))}


def export_routes(traced: Traced, folder: Path, fmt: str, datum: Datum = Datum.WGS84) -> list[Path]:
    """Write each route into ``folder`` as ``<route_id>.<fmt>``; files of these names are replaced.

    Parameters
    ----------
    traced
        The routes as walked.
    folder
        Made if it is not there.
    fmt
        One of ``FORMATS``.
    datum
        What to convert positions to. Files in another datum than WGS-84 are called ``<route_id>+<datum>.<fmt>``, and
        say in themselves what their coordinates are.

    Raises
    ------
    InputError
        The folder cannot be written.
    """
    texts: dict[str, str] = {}
    suffix = ("" if datum is Datum.WGS84 else f"+{datum.value}") + f".{fmt}"
    names = file_names(traced.routes["route_id"])
    for _, route in traced.routes.iterrows():
        own = [table[table["route_id"] == route["route_id"]] for table in (traced.stops, traced.legs, traced.profile)]
        stops, legs, profile = (_moved(table, datum) for table in own)
        texts[names[route["route_id"]] + suffix] = FORMATS[fmt](route, stops, legs, profile, CRS_NOTES[datum])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".routes-", dir=folder) as scratch:
            for name, text in texts.items():
                (Path(scratch) / name).write_text(text, "utf-8", newline="")
            return [(Path(scratch) / name).replace(folder / name) for name in texts]
    except OSError as error:
        fault = Fault(f"cannot write the routes: {error.strerror}", "give a folder you may write", value=str(folder))
        raise InputError([fault]) from error


def file_names(ids: Iterable[str]) -> dict[str, str]:
    """Return a name for each id that stays in its folder and is no other's, whatever case the disk distinguishes.

    >>> file_names(["R.1", "R_1"])
    {'R.1': 'R.1', 'R_1': 'R_1'}
    """
    given = list(ids)
    folded = [name.casefold() for name in given]
    names = {}
    for name in given:
        plain = "".join(c if c in _PLAIN else "_" for c in name)
        safe = plain == name and name[:1].isalnum() and not name.endswith(".")
        safe &= folded.count(name.casefold()) == 1 and name.casefold().split(".")[0] not in _DEVICES
        # no id has a ~: what stands behind it keeps two names apart
        digest = hashlib.sha256(name.encode()).hexdigest()[:8]
        names[name] = name if safe else f"_{plain.strip('.')}~{digest}"
    return names


def _gpx(
    route: pd.Series, stops: gpd.GeoDataFrame, legs: gpd.GeoDataFrame, profile: gpd.GeoDataFrame, crs_note: str
) -> str:
    note = "" if crs_note == CRS_NOTES[Datum.WGS84] else crs_note
    return route_gpx(route, stops, legs, _ATTRIBUTION, profile, note)


def _kml(
    route: pd.Series, stops: gpd.GeoDataFrame, legs: gpd.GeoDataFrame, profile: gpd.GeoDataFrame, crs_note: str
) -> str:
    return route_kml(route, stops, legs, profile, f"{crs_note}\n{_ATTRIBUTION}, ODbL 1.0")


def _geojson(
    route: pd.Series, stops: gpd.GeoDataFrame, legs: gpd.GeoDataFrame, profile: gpd.GeoDataFrame, crs_note: str
) -> str:
    """Return stops and legs in one collection; ``feature`` says which is which, legs have heights."""
    lines = [None if leg["geometry"] is None else _line(leg_points(leg, profile)) for leg in legs.to_dict("records")]
    about = {"title": str(route["name"]), "crs_note": crs_note, "attribution": f"{_ATTRIBUTION}, ODbL 1.0"}
    parts = [stops.assign(feature="stop"), legs.assign(feature="leg").set_geometry(lines, crs=stops.crs)]
    features = [text for part in parts for text in _features(part)]
    members = json.dumps(about, ensure_ascii=False)[1:-1]
    body = ",\n".join(features)
    return f'{{"type":"FeatureCollection",{members},"features":[\n{body}\n]}}\n'


def _features(layer: gpd.GeoDataFrame) -> list[str]:
    columns = ["feature", *(c for c in layer.columns if c not in {"feature", "geometry"}), "geometry"]
    lines = feature_collection(gpd.GeoDataFrame(rounded(layer)[columns], geometry="geometry", crs=layer.crs))
    return [line.rstrip(",") for line in lines.splitlines()[1:-1] if line]


def _line(points: Floats) -> shapely.LineString:
    """Return a line with heights where all are known."""
    return shapely.LineString(points if np.isfinite(points).all() else points[:, :2])


def _moved(table: gpd.GeoDataFrame, datum: Datum) -> gpd.GeoDataFrame:
    """Return a layer with its positions in another datum, of 7 decimals."""
    shapes = table.geometry.to_numpy()

    def move(xy: Floats) -> Floats:
        return np.column_stack(from_wgs84(xy[:, 0], xy[:, 1], datum)).round(7) + 0.0

    return table.set_geometry(np.asarray(shapely.transform(shapes, move), dtype=object), crs=table.crs)


FORMATS: dict[str, Callable[[pd.Series, gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame, str], str]] = {
    "gpx": _gpx, "kml": _kml, "geojson": _geojson,
}  # fmt: skip
"""What writes a route, by the suffix of the file."""
