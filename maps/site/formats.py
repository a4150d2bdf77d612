"""Layers as files: GeoJSON, CSV, GeoPackage; in WGS-84, or moved to GCJ-02 and saying so. The same bytes every time."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from servicecircle.datum import Datum, from_wgs84
from servicecircle.publish.geojson import DECIMALS, feature_collection, tidy
from servicecircle.publish.tables import rounded, write_csv

__all__ = ["CRS_NOTES", "shifted", "write_geojson", "write_geopackage", "write_layer_csv"]

CRS_NOTES: Mapping[Datum, str] = {
    Datum.WGS84: "WGS-84 经纬度 degrees (EPSG:4326)",
    Datum.GCJ02: "坐标已由 WGS-84 转换为 GCJ-02（高德、腾讯地图），不可当作 WGS-84 使用 "
    "coordinates are converted from WGS-84 to GCJ-02 (Amap, Tencent): do not use them as WGS-84",
}
SHORT = "GCJ-02，非 WGS-84 not WGS-84"
# A CRS of its own, so that no program takes shifted coordinates for WGS-84.
GCJ02_CRS = (
    'GEOGCRS["GCJ02 (Chinese web maps, not WGS 84)",DATUM["GCJ02",ELLIPSOID["Krassowsky 1940",6378245,298.3]],'
    'CS[ellipsoidal,2],AXIS["longitude",east],AXIS["latitude",north],UNIT["degree",0.0174532925199433]]'
)
EPOCH = "1980-01-01"
_DAY = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_POSITION = re.compile(r"\d{1,3}\.\d{3,}\s*[,，]\s*-?\d{1,2}\.\d{3,}")


def shifted(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a layer in GCJ-02: shapes, columns of degrees, and no text that quotes a position of before."""
    out = layer.copy()

    def move(xy: Any) -> Any:  # noqa: ANN401  shapely's arrays of coordinates
        return np.column_stack(from_wgs84(xy[:, 0], xy[:, 1], Datum.GCJ02))

    shapes = tidy(shapely.transform(out.geometry.to_numpy(), move))
    out = out.set_geometry(gpd.GeoSeries(shapes, index=out.index, crs=out.crs))
    for lon in [str(c) for c in out.columns if str(c).endswith("lon")]:
        lat = f"{lon.removesuffix('lon')}lat"
        if lat in out:
            x, y = from_wgs84(out[lon].astype(float).to_numpy(), out[lat].astype(float).to_numpy(), Datum.GCJ02)
            out[lon], out[lat] = np.round(x, DECIMALS), np.round(y, DECIMALS)
    for column in out.select_dtypes(include=["object", "string"]).columns:
        out[column] = [None if isinstance(v, str) and _POSITION.search(v) else v for v in out[column]]
    return out


def write_geojson(layer: gpd.GeoDataFrame, path: Path, notes: Mapping[str, str]) -> None:
    """Write a layer as GeoJSON, its notes as members of the collection."""
    start = '{"type":"FeatureCollection",'
    text = feature_collection(gpd.GeoDataFrame(rounded(layer), geometry=layer.geometry.name, crs=layer.crs))
    members = json.dumps(dict(notes), ensure_ascii=False)[1:-1]
    path.write_bytes(f"{start}{members},\n{text.removeprefix(start)}".encode())


def write_layer_csv(layer: gpd.GeoDataFrame, path: Path, datum: Datum) -> bool:
    """Write the cells of a layer as a table: points with ``lon`` and ``lat``, other shapes without.

    In another datum than WGS-84 a last column ``crs_note`` says so, and a table without any coordinate, which would
    be the same as before, is not written again. Return whether it was written.
    """
    shapes = layer.geometry
    table = pd.DataFrame(layer.drop(columns=[layer.geometry.name]))
    there = shapes[shapes.notna() & ~shapes.is_empty]
    if len(there) and (there.geom_type == "Point").all():
        table["lon"] = [np.nan if s is None or s.is_empty else s.x for s in shapes]
        table["lat"] = [np.nan if s is None or s.is_empty else s.y for s in shapes]
    if datum is not Datum.WGS84:
        if not any(str(c).endswith("lon") for c in table.columns):
            return False
        table["crs_note"] = SHORT
    write_csv(table, path)
    return True


def write_geopackage(
    layers: Mapping[str, gpd.GeoDataFrame], path: Path, datum: Datum, day: str, notes: Mapping[str, Mapping[str, str]]
) -> None:
    """Write layers into one GeoPackage; those without any shape become tables.

    Parameters
    ----------
    layers
        By name, in ``datum``.
    path
        Must not exist.
    datum
        WGS-84 gets its own code, GCJ-02 a definition that no program takes for it.
    day
        ISO date that the file says of itself; another text counts as 1980-01-01.
    notes
        What each layer says of itself, by layer.
    """
    with _dated(day if _DAY.fullmatch(day) else EPOCH):
        for name, layer in layers.items():
            table = rounded(layer)
            for column in table.select_dtypes(include=["object", "string"]).columns:
                if column != layer.geometry.name:
                    table[column] = table[column].astype(object).where(table[column].notna(), None)
            said = {"IDENTIFIER": name, "DESCRIPTION": " · ".join(notes[name].values())}
            if layer.geometry.isna().all():
                plain = pd.DataFrame(table.drop(columns=[layer.geometry.name]))
                pyogrio.write_dataframe(
                    plain, path, layer=name, driver="GPKG", layer_options=said, append=path.exists()
                )
                continue
            shapes = gpd.GeoDataFrame(table, geometry=layer.geometry.name)
            crs = "EPSG:4326" if datum is Datum.WGS84 else GCJ02_CRS
            pyogrio.write_dataframe(
                shapes.set_crs(crs, allow_override=True),
                path,
                layer=name,
                driver="GPKG",
                layer_options=said,
                layer_metadata=dict(notes[name]),
                append=path.exists(),
            )


@contextmanager
def _dated(day: str) -> Iterator[None]:
    """Have GDAL write this day into its files, whatever day it is, and write them quickly."""
    # the folder is moved into its place as a whole: no layer of it need wait for the disk
    options = {"OGR_CURRENT_DATE": f"{day}T00:00:00.000Z", "OGR_SQLITE_SYNCHRONOUS": "OFF"}
    before = {option: pyogrio.get_gdal_config_option(option) for option in options}
    pyogrio.set_gdal_config_options(options)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)
