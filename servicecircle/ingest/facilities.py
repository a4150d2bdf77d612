"""Places and their categories: ``facilities.csv``, ``categories.toml``.

Names come from anybody and stay verbatim; they are data, never markup, formula or path.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from servicecircle.crs import WGS84
from servicecircle.ingest.entrances import check_entrances
from servicecircle.ingest.entries import Keys, open_tables
from servicecircle.ingest.particulars import check_particulars
from servicecircle.ingest.text_table import Extent, TextTable, is_id, read_positions, read_text_table
from servicecircle.model import APPROXIMATE, LOCATED, Kind, Status, Tier
from servicecircle.schemas import DESIGNATIONS, FACILITIES, FACILITY_COLUMNS, FACILITY_OPTIONAL

__all__ = ["facilities_of", "read_categories", "read_facilities"]

_DATUMS = ("wgs84", "gcj02", "bd09")
_LEVELS = ("primary", "middle", "vocational", "special", "kindergarten")
_CATEGORY = Keys(
    {"id": str, "name_zh": str, "name_en": str, "published": bool, "note": str},
    frozenset({"id", "name_zh", "name_en", "published"}),
)


def read_facilities(path: Path, categories: pd.DataFrame, extent: Extent) -> gpd.GeoDataFrame:
    """Read the registry of places.

    Parameters
    ----------
    path
        A UTF-8 CSV file with the columns of ``schemas.FACILITY_COLUMNS`` in any order, and those of
        ``schemas.FACILITY_OPTIONAL`` if it likes; others begin with ``x_``.
    categories
        Index category, as ``read_categories`` returns it.
    extent
        Bounds of the walking network: a place outside it is a fault.

    Returns
    -------
    gpd.GeoDataFrame
        EPSG:4326, one row a place in the order of the file (``schemas.FACILITIES``).

    Raises
    ------
    InputError
        All faults of the file, each with its row, column, value and remedy.
    """
    return facilities_of(read_text_table(path, FACILITY_COLUMNS, FACILITY_OPTIONAL), categories, extent)


def facilities_of(table: TextTable, categories: pd.DataFrame, extent: Extent) -> gpd.GeoDataFrame:
    """Check a registry as text, wherever it was read from: ``read_facilities`` says what comes in and what goes out.

    Raises
    ------
    InputError
        All faults of the table, each with its row, column, value and remedy.
    """
    _check_words(table, [str(category) for category in categories.index])
    lon, lat = read_positions(table, extent)
    _check_confidence(table)
    check_entrances(table, lon, lat, extent)
    check_particulars(table)
    frame = gpd.GeoDataFrame(table.done(), geometry=_points(lon, lat), crs=WGS84)
    cells = table.cells
    frame["lon"], frame["lat"] = lon, lat
    frame["redistributable"] = cells["redistributable"] == "true"
    frame["tier"] = cells["kind"].replace({Kind.VENUE.value: Tier.BASE.value})
    frame["located"] = cells["position_confidence"].isin(LOCATED)
    frame["approximate"] = cells["position_confidence"].isin(APPROXIMATE)
    frame["row"] = cells.index.astype(np.int64)
    return gpd.GeoDataFrame(FACILITIES.validate(frame.reset_index(drop=True)))


def read_categories(path: Path) -> pd.DataFrame:
    """Read the categories of bases: index category; ``name_zh, name_en, published``, in the order of the file.

    Raises
    ------
    InputError
        The file cannot be read; a key is missing, unknown or of a wrong type; an id is empty or occurs twice.
    """
    tables = open_tables(path)
    tables.only(("category",))
    entries = tables.entries("category", _CATEGORY)
    seen: set[str] = set()
    for row, entry in entries:
        name = entry.get("id", "x")
        faults = [
            (not is_id(name), "id", "not an id", "use letters, digits, - _ . only"),
            (name in seen, "id", "the id occurs twice", "keep one of the two"),
            (not entry.get("name_zh", "x").strip(), "name_zh", "the name is empty", "give the category's name"),
        ]
        tables.check(row, entry, faults)
        seen.add(name)
    tables.done()
    table = pd.DataFrame([entry for _, entry in entries]).rename(columns={"id": "category"}).set_index("category")
    return table[["name_zh", "name_en", "published"]]


def _check_words(table: TextTable, categories: list[str]) -> None:
    cells = table.cells
    table.check_id("facility_id")
    table.check(cells["name"].str.strip() == "", "name", "the name is empty", "give the place's name")
    claimed = cells["status"] != Status.CANDIDATE
    table.check(
        claimed & (cells["source"].str.strip() == ""), "source", "no source", "name the paper, or make it a candidate"
    )
    table.check_word("kind", list(Kind))
    table.check_word("status", list(Status))
    table.check_word("redistributable", ("true", "false"))
    table.check_word("level", _LEVELS, empty=True)
    table.check_word("category", categories, empty=True)
    based = cells["kind"].isin([Kind.BASE, Kind.VENUE])
    known = ", ".join(categories)
    table.check(based & (cells["category"] == ""), "category", "no category", f"use one of: {known}")
    schooled = cells["kind"].isin([Kind.SCHOOL, Kind.COMMUNITY]) & cells["category"].isin(categories)
    table.check(schooled, "category", "only bases and venues have a category", "leave it empty")
    titles = cells["designations"].map(_is_list_of_titles)
    table.check(~titles, "designations", "unknown or repeated", f"join with ; any of: {', '.join(DESIGNATIONS)}")


def _check_confidence(table: TextTable) -> None:
    cells = table.cells
    confidence = cells["position_confidence"]
    table.check_word("position_confidence", (*LOCATED, *APPROXIMATE, "none"))
    placed = (cells["lon"] != "") & (cells["lat"] != "")
    nowhere = (cells["lon"] == "") & (cells["lat"] == "")
    name = "position_confidence"
    table.check(
        placed & (confidence == "none"), name, "a position of no confidence", "say how it was found, or empty it"
    )
    claimed = nowhere & confidence.isin([*LOCATED, *APPROXIMATE])
    table.check(claimed, name, "a confidence without a position", "give lon and lat, or none")
    table.check_word("datum", _DATUMS, empty=True)
    table.check(placed & (cells["datum"] == ""), "datum", "no datum", f"say what the source had: {', '.join(_DATUMS)}")
    source = cells["position_source"]
    table.check(placed & (source == ""), "position_source", "no source of the position", "say where it comes from")


def _points(lon: pd.Series[float], lat: pd.Series[float]) -> list[shapely.Point]:
    return [shapely.Point() if np.isnan(x) else shapely.Point(x, y) for x, y in zip(lon, lat, strict=True)]


def _is_list_of_titles(text: str) -> bool:
    titles = text.split(";") if text else []
    return set(titles) <= set(DESIGNATIONS) and len(set(titles)) == len(titles)
