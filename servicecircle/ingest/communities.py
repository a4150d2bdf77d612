"""Boundaries of communities, ``communities.geojson``: exact where an office has drawn them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import geopandas as gpd
import shapely

from servicecircle.crs import to_metric
from servicecircle.errors import Fault, InputError
from servicecircle.ingest.geojson import read_geojson
from servicecircle.ingest.text_table import is_id

__all__ = ["read_communities"]

_COLUMNS = ("id", "name", "subdistrict")
_OVERLAP_M = 5.0
"""Two outlines of one line, each drawn by hand, overlap by a sliver: so wide may it be."""


def read_communities(path: Path, subdistricts: Collection[str], crs: str) -> gpd.GeoDataFrame:
    """Read the polygons of communities.

    Parameters
    ----------
    path
        A GeoJSON FeatureCollection in lon/lat; properties ``id, name, subdistrict`` (the subdistrict's code).
    subdistricts
        Codes of the study's subdistricts.
    crs
        Metric CRS of the study.

    Returns
    -------
    gpd.GeoDataFrame
        EPSG:4326; ``id, name, subdistrict``, in the order of the file.

    Raises
    ------
    InputError
        All faults: an id that is missing, no id, or occurs twice; no name; an unknown subdistrict; a shape that is no
        area; two areas that overlap by more than a sliver of 5 m.
    """
    table = read_geojson(path, _COLUMNS, key="id")
    faults = []
    if table.empty:
        faults.append(Fault("no community", "draw one at least, or take the file out", path.name))
    known = ", ".join(subdistricts)
    for number, (shape, name, code, key) in enumerate(
        zip(table.geometry, table["name"], table["subdistrict"], table["id"], strict=True), 1
    ):
        for wrong, problem, remedy, column, value in (
            (not is_id(key), "no id", "use letters, digits, - _ . only", "id", key),
            (not isinstance(name, str) or not name.strip(), "no name", "give the community's name", "name", name),
            (code not in set(subdistricts), "an unknown subdistrict", f"use one of: {known}", "subdistrict", code),
            (shape.geom_type not in {"Polygon", "MultiPolygon"}, "no area", "draw a polygon", None, shape.geom_type),
        ):
            if wrong:
                faults.append(Fault(f"feature {number}: {problem}", remedy, path.name, None, column, value))
    faults = faults or _overlaps(table, path.name, crs)
    if faults:
        raise InputError(faults)
    return table


def _overlaps(table: gpd.GeoDataFrame, file: str, crs: str) -> list[Fault]:
    shapes = [to_metric(shape, crs) for shape in table.geometry]
    inner = shapely.buffer(shapes, -_OVERLAP_M / 2)
    one, two = shapely.STRtree(inner).query(inner, predicate="intersects")
    remedy = "let every home lie in one community"
    ids = table["id"].tolist()
    return [
        Fault(f"feature {b + 1} overlaps feature {a + 1}", remedy, file, None, "id", f"{ids[a]}, {ids[b]}")
        for a, b in sorted(zip(one.tolist(), two.tolist(), strict=True))
        if a < b
    ]
