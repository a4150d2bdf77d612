"""Study routes as tables: the two files of a study, checked cell by cell."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pandas as pd

from servicecircle.hours import is_clock
from servicecircle.ingest.text_table import TextTable, read_text_table
from servicecircle.parameters import AgeBand

__all__ = ["AGE_BANDS", "ON_SITE", "ROUTES", "ROUTES_OPTIONAL", "STOPS", "STOPS_OPTIONAL", "read_routes", "read_stops"]

ROUTES = ("route_id", "name", "theme", "provenance", "source", "date", "note")
"""Columns of routes.csv."""
ROUTES_OPTIONAL = ("age_band", "group_size", "limit_minutes", "depart")
"""Columns that routes.csv may have."""
STOPS = ("route_id", "seq", "name", "facility_id", "lon", "lat", "position_confidence", "note")
"""Columns of route_stops.csv."""
STOPS_OPTIONAL = ("dwell_minutes", "on_site", "theme")
"""Columns that route_stops.csv may have."""
AGE_BANDS: tuple[str, ...] = get_args(AgeBand)
ON_SITE = ("inside", "outside", "booking")
"""What a group does at a stop: goes in, sees it from outside, goes in after booking."""

LON, LAT = 180.0, 90.0
MOST_MINUTES = 1440.0


def read_routes(path: Path | None) -> pd.DataFrame:
    """Read routes.csv; without it there are no routes.

    Raises
    ------
    InputError
        With every fault of the file.
    """
    table = _table(path, "routes.csv", ROUTES, ROUTES_OPTIONAL)
    cells = table.cells
    table.check_id("route_id")
    table.check_word("age_band", AGE_BANDS, empty=True)
    size, limit = table.numbers("group_size"), table.numbers("limit_minutes")
    table.check((size < 1) | (size % 1 != 0) & size.notna(), "group_size", "not a number of people", "give 1, 2, ...")
    table.check(
        ~limit.between(1, MOST_MINUTES) & limit.notna(), "limit_minutes", "not minutes of a day", "give 1 to 1440"
    )
    wrong = (cells["depart"] != "") & ~cells["depart"].map(is_clock).astype(bool)
    table.check(wrong, "depart", "not a time of day", "write it as 09:00")
    done = table.done()[[*ROUTES, *ROUTES_OPTIONAL]]
    return done.assign(group_size=size, limit_minutes=limit).reset_index(drop=True)


def read_stops(path: Path | None, routes: pd.Series[str]) -> pd.DataFrame:
    """Read route_stops.csv; without it there are no stops.

    Raises
    ------
    InputError
        With every fault of the file.
    """
    table = _table(path, "route_stops.csv", STOPS, STOPS_OPTIONAL)
    cells = table.cells
    table.check(~cells["route_id"].isin(routes), "route_id", "no such route", "give it a row in routes.csv")
    table.check(cells["seq"] == "", "seq", "no place in the route", "number the stops from 1")
    twice = cells.duplicated(["route_id", "seq"])
    table.check(twice, "route_id, seq", "the stop occurs twice", "keep one, or renumber")
    table.check_word("on_site", ON_SITE, empty=True)
    numbers = {column: table.numbers(column) for column in ("seq", "lon", "lat", "dwell_minutes")}
    lon, lat, dwell = numbers["lon"], numbers["lat"], numbers["dwell_minutes"]
    half = (cells["lon"] == "") ^ (cells["lat"] == "")
    table.check(half, "lon, lat", "half a position", "give both, or neither")
    # a stop may lie beyond the network; a latitude of 106 may not
    off = (lat.abs() > LAT) | (lon.abs() > LON)
    table.check(off, "lon, lat", "off the globe; swapped?", "longitude goes into lon")
    table.check(
        ~dwell.between(0, MOST_MINUTES) & dwell.notna(), "dwell_minutes", "not minutes of a day", "give 0 to 1440"
    )
    return table.done()[[*STOPS, *STOPS_OPTIONAL]].assign(**numbers).reset_index(drop=True)


def _table(path: Path | None, name: str, columns: tuple[str, ...], optional: tuple[str, ...]) -> TextTable:
    if path is not None:
        return read_text_table(path, columns, optional, may_be_empty=True)
    return TextTable(name, pd.DataFrame(columns=[*columns, *optional], dtype=str))
