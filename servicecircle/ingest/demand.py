"""People: the published figures, ``population.csv``, and a planner's own homes, ``people.csv``."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd

from servicecircle.crs import WGS84
from servicecircle.ingest.text_table import Extent, read_positions, read_text_table

__all__ = ["POPULATION", "read_demand", "read_population"]

POPULATION = ["unit", "code", "name", "year", "measure", "value", "measure_unit", "source", "confidence", "note"]
"""Columns of population.csv."""

_UNITS = ("district", "subdistrict", "community", "school")
_DEMAND = ("demand_id", "lon", "lat", "people")


def read_demand(path: Path, extent: Extent) -> gpd.GeoDataFrame:
    """Read a planner's own homes, which replace the estimate.

    Parameters
    ----------
    path
        A UTF-8 CSV file with the columns ``demand_id, lon, lat, people``; others begin with ``x_``.
    extent
        Bounds of the walking network: a home outside it is a fault.

    Returns
    -------
    gpd.GeoDataFrame
        EPSG:4326; ``demand_id, people``, in the order of the file.

    Raises
    ------
    InputError
        All faults of the file.
    """
    table = read_text_table(path, _DEMAND)
    cells = table.cells
    table.check_id("demand_id")
    lon, lat = read_positions(table, extent)
    table.check((cells["lon"] == "") & (cells["lat"] == ""), "lon, lat", "no position", "give lon and lat")
    people = table.numbers("people")
    table.check(cells["people"] == "", "people", "no number of people", "give it; 0 where nobody lives")
    table.check(people < 0, "people", "fewer than 0 people", "give 0 or more")
    table.done()
    columns = {"demand_id": cells["demand_id"], "people": people}
    frame = gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(lon, lat), crs=WGS84)
    return frame.reset_index(drop=True)


def read_population(path: Path) -> pd.DataFrame:
    """Read the published figures of people, households and land.

    Returns
    -------
    pd.DataFrame
        Index row (line of the file); the columns of the file, ``year`` Int64 and ``value`` float, missing where the
        source gives none.

    Raises
    ------
    InputError
        All faults of the file.
    """
    table = read_text_table(path, POPULATION)
    cells = table.cells
    table.check_word("unit", _UNITS)
    for column in ("name", "measure", "source"):
        table.check(
            cells[column].str.strip() == "", column, f"no {column}", "every figure has a unit, measure and source"
        )
    year, value = table.numbers("year"), table.numbers("value")
    table.check((year % 1 != 0) & year.notna(), "year", "not a year", "write it as 2020, or leave it empty")
    table.check(value < 0, "value", "a figure below 0", "give the published figure, or leave it empty")
    return table.done().assign(year=year.astype("Int64"), value=value)
