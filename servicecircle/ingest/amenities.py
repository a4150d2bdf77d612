"""What a group needs on its way, as mapped: toilets and shelters. The map has few; none mapped is not none there."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd

from servicecircle.crs import WGS84
from servicecircle.ingest.text_table import Extent, read_positions, read_text_table

__all__ = ["AMENITIES", "AMENITY_KINDS", "read_amenities"]

AMENITIES = ("osm_id", "kind", "name", "lon", "lat", "source")
"""Columns of amenities.csv."""
AMENITY_KINDS = ("toilet", "shelter")


def read_amenities(path: Path, extent: Extent) -> gpd.GeoDataFrame:
    """Read amenities.csv as points: osm_id, kind, name, source.

    Raises
    ------
    InputError
        With every fault of the file.
    """
    table = read_text_table(path, AMENITIES, may_be_empty=True)
    table.check_id("osm_id")
    table.check_word("kind", AMENITY_KINDS)
    lon, lat = read_positions(table, extent)
    table.check(table.cells["lon"] == "", "lon, lat", "no position", "give WGS-84 degrees")
    cells = table.done()[list(AMENITIES)].drop(columns=["lon", "lat"])
    return gpd.GeoDataFrame(cells, geometry=gpd.points_from_xy(lon, lat), crs=WGS84).reset_index(drop=True)
