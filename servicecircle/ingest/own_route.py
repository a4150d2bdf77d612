"""A route that somebody writes by hand: one TOML file with a table ``[route]`` and a ``[[stop]]`` for each stop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from rapidfuzz import fuzz, process

from servicecircle.errors import Fault
from servicecircle.hours import is_clock
from servicecircle.ingest.entries import Entry, Keys, TomlTables, open_tables
from servicecircle.ingest.routes import (
    AGE_BANDS,
    LAT,
    LON,
    MOST_MINUTES,
    ON_SITE,
    ROUTES,
    ROUTES_OPTIONAL,
    STOPS,
    STOPS_OPTIONAL,
)
from servicecircle.ingest.text_table import is_id

__all__ = ["ROUTE_KEYS", "STOP_KEYS", "OwnRoute", "read_own_route"]

_TEXTS = dict.fromkeys(("route_id", "name", "theme", "age_band", "depart", "note"), str)
ROUTE_KEYS = Keys(_TEXTS | {"group_size": int, "limit_minutes": float}, frozenset({"name"}))
"""Keys of ``[route]``."""
STOP_KEYS = Keys(
    dict.fromkeys(("place", "name", "on_site", "theme", "note"), str)
    | dict.fromkeys(("lon", "lat", "dwell_minutes"), float),
    frozenset(),
)
"""Keys of ``[[stop]]``: ``place`` is a facility_id or the exact name of a place, else ``name``, ``lon`` and ``lat``."""

_NEAR_NAME = 60.0  # of 100: names less alike are no suggestion
_SUGGESTED = 3


@dataclass(frozen=True, slots=True)
class OwnRoute:
    """A route file as far as it could be understood, with its faults so far.

    ``routes`` and ``stops`` are as of a study's two tables; ``row_of`` says on which line each stop begins.
    """

    file: str
    routes: pd.DataFrame
    stops: pd.DataFrame
    row_of: Mapping[int, int]
    faults: tuple[Fault, ...]


def read_own_route(path: Path, facilities: gpd.GeoDataFrame) -> OwnRoute:
    """Read a route file, looking its places up in a registry.

    Raises
    ------
    InputError
        The file is missing, not UTF-8 or not TOML. All other faults are kept, to be raised with those of the route.
    """
    tables = open_tables(path)
    tables.only(("route", "stop"))
    head = tables.head("route", ROUTE_KEYS)
    _check_head(tables, head)
    stops, row_of = [], {}
    for seq, (row, entry) in enumerate(tables.entries("stop", STOP_KEYS), 1):
        row_of[seq] = row
        stop = _stop(tables, row, entry, facilities)
        if stop is not None:
            stops.append({"route_id": "own", "seq": float(seq), **stop})
    if len(row_of) == 1:
        tables.note(row_of[1], "stop", "a route needs two stops at least", "add another [[stop]]")
    route_id = str(head.get("route_id", "own"))
    about = {"provenance": "own", "source": path.name} | head | {"route_id": route_id, "name": head.get("name", "")}
    routes = pd.DataFrame([about]).reindex(columns=[*ROUTES, *ROUTES_OPTIONAL])
    table = pd.DataFrame(stops, columns=[*STOPS, *STOPS_OPTIONAL]).assign(route_id=route_id)
    numbers = dict.fromkeys(("seq", "lon", "lat", "dwell_minutes"), np.float64)
    return OwnRoute(path.name, routes, table.astype(numbers), row_of, tuple(tables.faults))


def _check_head(tables: TomlTables, head: Entry) -> None:
    size, limit = head.get("group_size", 1), head.get("limit_minutes", 1.0)
    faults = [
        ("route_id" in head and not is_id(head["route_id"]), "route_id", "not an id", "letters, digits, - _ . only"),
        (head.get("name") == "", "name", "no name", "give one"),
        (
            head.get("age_band", AGE_BANDS[0]) not in AGE_BANDS,
            "age_band",
            "unknown",
            f"use one of: {', '.join(AGE_BANDS)}",
        ),
        (size < 1, "group_size", "not a number of people", "give 1, 2, ..."),
        (not 1 <= limit <= MOST_MINUTES, "limit_minutes", "not minutes of a day", "give 1 to 1440"),
        (not is_clock(head.get("depart", "09:00")), "depart", "not a time of day", 'write it as "09:00"'),
    ]
    tables.check(1, head, faults)


def _stop(tables: TomlTables, row: int, entry: Entry, facilities: gpd.GeoDataFrame) -> dict[str, Any] | None:
    """Return a stop; None where nobody can say which place it is."""
    lon, lat, dwell = entry.get("lon"), entry.get("lat"), entry.get("dwell_minutes", 0.0)
    off = lon is not None and lat is not None and (abs(lat) > LAT or abs(lon) > LON)
    faults = [
        (entry.get("on_site", ON_SITE[0]) not in ON_SITE, "on_site", "unknown", f"use one of: {', '.join(ON_SITE)}"),
        (not 0 <= dwell <= MOST_MINUTES, "dwell_minutes", "not minutes of a day", "give 0 to 1440"),
        ((lon is None) != (lat is None), "lon", "half a position", "give lon and lat, or neither"),
        (off, "lat", "off the globe; swapped?", "longitude goes into lon"),
        ("place" not in entry and not entry.get("name"), "place", "no stop", "give place, or name with lon and lat"),
    ]
    tables.check(row, entry, faults)
    about: dict[str, Any] = {name: entry.get(name) for name in ("note", *STOPS_OPTIONAL)}
    if "place" in entry:
        found = _place(tables, row, entry["place"], facilities)
        if found is None:
            return None
        about |= {name: found[name] for name in ("facility_id", "name", "position_confidence", "lon", "lat")}
        about["name"] = entry.get("name") or found["name"]
    else:
        about |= {
            "name": entry.get("name"),
            "facility_id": None,
            "position_confidence": "none" if lon is None else "given",
        }
    if lon is not None and lat is not None and not off:
        about |= {"lon": lon, "lat": lat, "position_confidence": "given"}
    return about


def _place(tables: TomlTables, row: int, wanted: str, facilities: gpd.GeoDataFrame) -> Mapping[str, Any] | None:
    """Find a place by its id or its exact name."""
    by_id = facilities[facilities["facility_id"] == wanted]
    found = by_id if len(by_id) else facilities[facilities["name"] == wanted]
    if len(found) == 1:
        place: Mapping[str, Any] = found.iloc[0].to_dict()
        return place
    if len(found) > 1:
        ids = ", ".join(found["facility_id"])
        tables.note(row, "place", "several places have this name", f"give one of their ids: {ids}", wanted)
        return None
    ids = facilities["facility_id"].tolist()
    like = process.extract(
        wanted, facilities["name"].tolist(), scorer=fuzz.WRatio, limit=_SUGGESTED, score_cutoff=_NEAR_NAME
    )
    near = ", ".join(f"{name} ({ids[k]})" for name, _, k in like)
    remedy = f"did you mean {near}?" if near else "give a facility_id of the registry, or name with lon and lat"
    tables.note(row, "place", "no such place in the registry", remedy, wanted)
    return None
