"""Where places are entered: the column ``entrances`` of facilities.csv, and entrances.csv with those on the map."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from servicecircle.crs import GEOD
from servicecircle.ingest.text_table import Extent, TextTable, read_positions, read_text_table

__all__ = ["ENTRANCES", "check_entrances", "read_entrances", "surveyed_entrances"]

ENTRANCES = ["osm_id", "lon", "lat", "kind", "layer", "name", "source"]
"""Columns of entrances.csv."""

_COLUMN = "entrances"
_KINDS = ("entrance", "gate")
_ENTRY = re.compile(r"(?P<lon>[^\s@]+)\s+(?P<lat>[^\s@]+)(?:\s*@\s*(?P<layer>[+-]?\d{1,2}))?", re.ASCII)
_FAR_M = 1000.0
"""No campus is as wide: an entrance farther than this from its place is a slip of the pen."""


def surveyed_entrances(cells: pd.Series[str]) -> pd.DataFrame:
    """Take apart checked cells such as ``106.5512 29.5601; 106.5520 29.5605 @1``, the latter on layer 1.

    Returns
    -------
    pd.DataFrame
        One row an entrance, ``lon, lat, layer`` (NaN where unknown), under the index of its cell.

    Examples
    --------
    >>> surveyed_entrances(pd.Series({"S1": "106.55 29.56; 106.56 29.57 @1"})).loc["S1"].to_numpy().tolist()
    [[106.55, 29.56, nan], [106.56, 29.57, 1.0]]
    """
    return _entries(cells.fillna(""))[["lon", "lat", "layer"]].astype(np.float64)


def check_entrances(table: TextTable, lon: pd.Series[float], lat: pd.Series[float], extent: Extent) -> None:
    """Note the faults of the column in a table whose places stand at ``lon``, ``lat``."""
    cells = table.cells[_COLUMN]
    entries = _entries(cells)
    found = TextTable(table.file, entries)
    unread = entries["lon"] == ""
    remedy = 'write "106.5512345 29.5601234", or with a storey "106.5512345 29.5601234 @1"; join several with ;'
    found.check(unread, "entry", "not an entrance", remedy)
    again = entries.reset_index().duplicated(["row", "entry"]).to_numpy()
    found.check(pd.Series(again, entries.index) & ~unread, "entry", "the entrance occurs twice", "keep one of the two")
    x, y = read_positions(found, extent)
    own_x, own_y = (side.reindex(entries.index).to_numpy(dtype=np.float64) for side in (lon, lat))
    metres = np.nan_to_num(GEOD.inv(own_x, own_y, x.to_numpy(), y.to_numpy())[2])
    west, south, east, north = extent
    far = x.between(west, east) & y.between(south, north) & (metres > _FAR_M)
    found.check(far, "entry", f"more than {_FAR_M:g} m from the place", "check lon and lat of both")
    table.faults += [replace(fault, column=_COLUMN) for fault in found.faults]
    placeless = (cells != "") & (table.cells["lon"] == "") & (table.cells["lat"] == "")
    table.check(placeless, _COLUMN, "entrances of a place without a position", "give lon and lat, too")


def read_entrances(path: Path, extent: Extent) -> pd.DataFrame:
    """Read entrances and gates of the map: ``entrances.csv`` with the columns ``ENTRANCES``.

    Returns
    -------
    pd.DataFrame
        In the order of the file; ``layer`` is a number, NaN where unknown.

    Raises
    ------
    InputError
        All faults of the file, each with its row, column, value and remedy.
    """
    table = read_text_table(path, ENTRANCES, may_be_empty=True)
    table.check_id("osm_id")
    table.check_word("kind", _KINDS)
    lon, lat = read_positions(table, extent)
    cells = table.cells
    table.check((cells["lon"] == "") & (cells["lat"] == ""), "lon, lat", "no position", "give both")
    layer = table.numbers("layer")
    table.check(layer.notna() & (layer % 1 != 0), "layer", "not a layer", "write a whole number, or nothing")
    frame = table.done()[ENTRANCES]
    return frame.assign(lon=lon, lat=lat, layer=layer).reset_index(drop=True)


def _entries(cells: pd.Series[str]) -> pd.DataFrame:
    """Return one row an entry: ``entry, lon, lat, layer`` as text, ``lon`` empty where it cannot be read."""
    entries = cells[cells != ""].str.split(";").explode().str.strip()
    parts = [match.groupdict("") if (match := _ENTRY.fullmatch(text)) else {} for text in entries]
    table = pd.DataFrame(parts, entries.index, ["lon", "lat", "layer"], dtype=object).fillna("")
    table["layer"] = table["layer"].where(table["layer"] != "", None)
    return table.assign(entry=entries)
