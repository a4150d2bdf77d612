"""People: the published figures, ``population.csv``, and a planner's own people, ``people.csv``."""

from __future__ import annotations

import csv
import re
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from servicecircle.arrays import Shapes
from servicecircle.crs import WGS84
from servicecircle.errors import Fault, InputError
from servicecircle.ingest.text_table import Extent, TextTable, read_positions, read_text_table

__all__ = ["FORMS", "POPULATION", "read_demand", "read_population"]

POPULATION = ["unit", "code", "name", "year", "measure", "value", "measure_unit", "source", "confidence", "note"]
"""Columns of population.csv."""

_DEMAND = ("demand_id", "lon", "lat", "people")
FORMS = {
    "demand_id": _DEMAND,
    "wkt": ("cell_id", "wkt", "people"),
    "cell_id": ("cell_id", "lon", "lat", "cell_m", "people"),
    "subdistrict": ("subdistrict", "people"),
    "community": ("community", "people"),
}
"""Columns of people.csv, by the column that gives the form away: the first of these that the file has."""

_UNITS = ("district", "subdistrict", "community", "school")
_RANGE = ("people_low", "people_high")
_GROUP = re.compile(r"people_(\d{1,3})(?:_(\d{1,3}))?", re.ASCII)
_NO_END = 1000
_ROUNDED = 1.0
"""People that a rounded table may be off its own sum."""
_WIDEST_M = 5000.0
"""A cell wider than this says nothing of who can walk where."""


def read_demand(path: Path, extent: Extent) -> gpd.GeoDataFrame:
    """Read a planner's own people, which replace the estimate.

    Three forms, told apart by their columns: homes (``demand_id, lon, lat, people``), the cells of a grid (``cell_id``
    with ``lon, lat, cell_m``, the centre and side of a square, or with ``wkt``, a polygon), and parts of the area
    (``subdistrict`` or ``community``, by code or name).

    Parameters
    ----------
    path
        A UTF-8 CSV file. Each form may have ``people_low, people_high`` (empty: as ``people``) and people by age:
        ``people_LO_HI`` from LO to below HI years, ``people_LO`` from LO years on (empty: unknown). Other columns
        begin with ``x_``.
    extent
        Bounds of the walking network: a home, or the centre of a cell, outside it is a fault.

    Returns
    -------
    gpd.GeoDataFrame
        EPSG:4326, in the order of the file. The position is the geometry: a point, a cell's polygon, the centre of a
        square, nothing for a part. Cells and parts have ``row``, the line of the file.

    Raises
    ------
    InputError
        All faults of the file.
    """
    header = _header(path)
    key = next((name for name in FORMS if name in header), None if header else "demand_id")
    if key is None:
        remedy = f"give one of these headers: {'; '.join(','.join(form) for form in FORMS.values())}"
        raise InputError([Fault("neither homes nor cells nor parts of the area", remedy, path.name)])
    groups = {name: found for name in header if (found := _GROUP.fullmatch(name))}
    table = read_text_table(path, FORMS[key], (*_RANGE, *groups))
    _check_groups(table, groups)
    columns: dict[str, object] = {}
    shapes: Shapes | gpd.GeoSeries = np.full(len(table.cells), shapely.Point(), dtype=object)
    if key in ("subdistrict", "community"):
        columns[key] = _parts(table, key)
    else:
        name = FORMS[key][0]
        table.check_id(name)
        columns[name] = table.cells[name]
        if key == "wkt":
            shapes = _polygons(table, extent)
        else:
            lon, lat = read_positions(table, extent)
            missing = (table.cells["lon"] == "") & (table.cells["lat"] == "")
            table.check(missing, "lon, lat", "no position", "give lon and lat")
            shapes = gpd.GeoSeries.from_xy(lon, lat, crs=WGS84)
        if key == "cell_id":
            columns["cell_m"] = _sides(table)
    columns |= _people(table, [*groups])
    table.done()
    if key != "demand_id":
        columns["row"] = table.cells.index
    return gpd.GeoDataFrame(pd.DataFrame(columns, table.cells.index), geometry=shapes, crs=WGS84).reset_index(drop=True)


def _header(path: Path) -> list[str]:
    """Return the first line that is not empty; what is wrong with the file the reader of the table says."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return next((cells for cells in csv.reader(lines) if cells), [])
    except (OSError, UnicodeDecodeError, csv.Error):
        return []


def _people(table: TextTable, groups: list[str]) -> dict[str, pd.Series[float]]:
    """Return people, their range where the file has one, and people by age, noting what cannot be."""
    people = _counts(table, "people")
    table.check(table.cells["people"] == "", "people", "no number of people", "give it; 0 where nobody lives")
    columns = {"people": people}
    if any((table.cells[name] != "").any() for name in _RANGE):
        low, high = (_counts(table, name).fillna(people) for name in _RANGE)
        table.check(low > people, "people_low, people", "low is above the middle", "give low <= people <= high")
        table.check(high < people, "people, people_high", "high is below the middle", "give low <= people <= high")
        columns |= dict(zip(_RANGE, (low, high), strict=True))
    for name in groups:
        columns[name] = _counts(table, name)
        problem = "more people of that age than people"
        table.check(columns[name] > people + _ROUNDED, f"{name}, people", problem, "correct one of the two")
    spans = sorted(map(_span, groups))
    if len(groups) > 1 and all(a[1] <= b[0] for a, b in pairwise(spans)):
        together = pd.DataFrame({name: columns[name] for name in groups}).sum(axis=1)
        problem = "more people in the age groups together than people"
        wrong = (together > people + _ROUNDED) & ~pd.DataFrame({n: columns[n] > people for n in groups}).any(axis=1)
        table.check(wrong, "people", problem, "correct the groups, or people")
    return columns


def _counts(table: TextTable, column: str) -> pd.Series[float]:
    numbers = table.numbers(column)
    table.check(numbers < 0, column, "fewer than 0 people", "give 0 or more")
    return numbers


def _span(group: str) -> tuple[int, int]:
    low, high = _GROUP.fullmatch(group).groups()  # type: ignore[union-attr]
    return int(low), int(high) if high else _NO_END


def _check_groups(table: TextTable, groups: dict[str, re.Match[str]]) -> None:
    for name in groups:
        low, high = _span(name)
        if low >= high:
            remedy = "write people_3_6 for those of 3 to 5 years, people_60 for those of 60 and older"
            table.faults.append(Fault("an age group of nobody", remedy, table.file, None, name, name))


def _parts(table: TextTable, key: str) -> pd.Series[str]:
    cells = table.cells[key]
    table.check(cells.str.strip() == "", key, f"no {key}", "give its code or its name")
    table.check(cells.duplicated() & (cells != ""), key, f"the {key} occurs twice", "keep one of the two rows")
    return cells


def _sides(table: TextTable) -> pd.Series[float]:
    side = table.numbers("cell_m")
    remedy = f"give the side of the square in metres, at most {_WIDEST_M:.0f}"
    table.check(table.cells["cell_m"] == "", "cell_m", "no size", remedy)
    table.check((side <= 0) | (side > _WIDEST_M), "cell_m", "not the side of a cell", remedy)
    return side


def _polygons(table: TextTable, extent: Extent) -> Shapes:
    cells = table.cells["wkt"]
    shapes = np.asarray(shapely.from_wkt(cells.to_numpy(dtype=object), on_invalid="ignore"), dtype=object)
    areal = np.isin(shapely.get_type_id(shapes), [3, 6]) & ~shapely.is_empty(shapes)
    sound = areal & shapely.is_valid(shapes)
    west, south, east, north = extent
    x, y = (of(shapely.centroid(shapes)) for of in (shapely.get_x, shapely.get_y))
    inside = (west <= x) & (x <= east) & (south <= y) & (y <= north)
    bounds = f"lon {west:.4f} to {east:.4f}, lat {south:.4f} to {north:.4f}"
    for wrong, problem, remedy in (
        (~areal, "not a polygon", "write POLYGON ((lon lat, lon lat, ...)), in WGS-84 degrees"),
        (areal & ~sound, "a polygon that crosses itself", "correct its outline"),
        (sound & ~inside, "outside the walking network", f"longitude first; the network has {bounds}"),
    ):
        table.check(pd.Series(wrong, table.cells.index), "wkt", problem, remedy)
    return shapes


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
