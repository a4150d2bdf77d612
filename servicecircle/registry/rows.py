"""Rows of a registry in SQL: written, told from the log, and put back as they were before."""

from __future__ import annotations

import json
import sqlite3
import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd

from servicecircle.errors import ConflictError, Fault, InputError
from servicecircle.ingest.registry import COLUMNS, DECIMALS, SRS_ID, TEXT_COLUMNS
from servicecircle.ingest.text_table import TextTable

__all__ = ["change_log", "checked", "geometry", "insert", "legible", "record", "revert", "update"]

Statement = tuple[str, Sequence[object]]

_NAMES = ", ".join(f'"{name}"' for name in TEXT_COLUMNS)
_MARKS = ", ".join("?" for _ in TEXT_COLUMNS)
_INSERT = f"INSERT INTO places (fid, {_NAMES}, geom) VALUES (?, {_MARKS}, ?)"  # noqa: S608 - our own names
_SETS = ", ".join(f'"{name}" = ?' for name in TEXT_COLUMNS)
_UPDATE = f"UPDATE places SET {_SETS}, geom = ? WHERE fid = ?"  # noqa: S608 - our own names
_RENUMBER = "UPDATE places SET fid = ? WHERE fid = ?"
_DELETE = "DELETE FROM places WHERE fid = ?"
_COUNTS = """
SELECT commit_id, at, author, reason, source, sha256, undoes,
  count(fid) FILTER (WHERE before IS NULL) AS added,
  count(fid) FILTER (WHERE before IS NOT NULL AND after IS NOT NULL) AS changed,
  count(fid) FILTER (WHERE after IS NULL AND before IS NOT NULL) AS removed
FROM commits LEFT JOIN changes USING (commit_id) GROUP BY commit_id ORDER BY commit_id
"""


def record(row: str) -> str:
    """Return SQL for a row of the table as JSON, empty and missing text alike."""
    cells = [f"'{name}', nullif({row}.\"{name}\", '')" for name in TEXT_COLUMNS]
    return f"json_object('fid', {row}.fid, {', '.join(cells)}, 'geom', nullif(hex({row}.geom), ''))"


def geometry(lon: str, lat: str) -> bytes | None:
    """Return a point as a GeoPackage holds it, without envelope as GDAL writes it; None for an empty position."""
    if not lon:
        return None
    return b"GP\0\1" + struct.pack("<iBIdd", SRS_ID, 1, 1, float(lon), float(lat))


def checked(rows: pd.DataFrame, file: str) -> pd.DataFrame:
    """Return rows of text that can be stored, columns and decimals in order.

    Raises
    ------
    InputError
        A column is missing or unknown; a ``facility_id`` is none or occurs twice; a position or text cannot be stored.
    """
    columns = [str(name) for name in rows.columns]
    faults = [
        Fault("the column is missing", "give whole rows", file, None, c) for c in COLUMNS if columns.count(c) != 1
    ]
    faults += [Fault("an unknown column", "leave it out", file, None, c) for c in columns if c not in COLUMNS]
    if faults:
        raise InputError(faults)
    numbered = rows if pd.api.types.is_integer_dtype(rows.index) else rows.reset_index(drop=True)
    table = TextTable(file, numbered[list(COLUMNS)].fillna("").astype(str))
    cells = table.cells
    table.check_id("facility_id")
    lon, lat = table.numbers("lon"), table.numbers("lat")
    table.check((cells["lon"] == "") ^ (cells["lat"] == ""), "lon, lat", "half a position", "give both, or neither")
    for column in TEXT_COLUMNS:
        broken = cells[column].str.contains("\0", regex=False).astype(bool)  # SQLite's text ends there
        table.check(broken, column, "not text that can be stored", "delete the hidden characters")
    table.done()
    degrees = {
        name: [f"{value + 0.0:.{DECIMALS}f}" if np.isfinite(value) else "" for value in column.round(DECIMALS)]
        for name, column in (("lon", lon), ("lat", lat))
    }
    return cells.assign(**degrees)


def insert(database: sqlite3.Connection, cells: Mapping[str, str], geom: bytes | None) -> None:
    """Add a place."""
    database.execute(_INSERT, (None, *_values(cells), geom))


def update(database: sqlite3.Connection, fid: int, cells: Mapping[str, str], geom: bytes | None) -> None:
    """Write a place over the one of this number."""
    database.execute(_UPDATE, (*_values(cells), geom, fid))


@contextmanager
def legible(file: str) -> Iterator[None]:
    """Say in words that a log cannot be understood; its JSON and numbers may be damaged inside a sound file."""
    try:
        yield
    except InputError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError([Fault(f"the log is damaged: {error}", "restore the backup", file)]) from error


def change_log(database: sqlite3.Connection) -> pd.DataFrame:
    """Return the commits, oldest first, with counts and names of the places that they changed."""
    cursor = database.execute(_COUNTS)
    log = pd.DataFrame(cursor.fetchall(), columns=[name for name, *_ in cursor.description])
    places: dict[int, list[str]] = {}
    for commit_id, facility_id in database.execute("SELECT commit_id, facility_id FROM changes ORDER BY revision"):
        places.setdefault(commit_id, []).append(str(facility_id or ""))
    log["facility_ids"] = [tuple(places.get(commit_id, ())) for commit_id in log["commit_id"]]
    return log.astype({"undoes": "Int64"})


def revert(database: sqlite3.Connection, commit_id: int | None, file: str) -> tuple[int, list[Statement]]:
    """Return the commit to undo and the statements that do it.

    Raises
    ------
    ConflictError
        A later commit has changed the same places.
    InputError
        There is no such commit, or it changed nothing.
    """
    (last,) = database.execute("SELECT max(commit_id) FROM changes").fetchone()
    wanted = last if commit_id is None else commit_id
    query = "SELECT revision, fid, before, after FROM changes WHERE commit_id = ? ORDER BY revision DESC"
    changes = database.execute(query, (wanted,)).fetchall()
    if not changes:
        known = database.execute("SELECT 1 FROM commits WHERE commit_id = ?", (wanted,)).fetchone()
        problem = "the commit changed nothing" if known else "no such commit" if wanted else "nothing to undo"
        remedy = "see servicecircle registry log"
        raise InputError([Fault(problem, remedy, file, value=wanted)])
    faults = [*_touched(database, changes, file), *_taken(database, changes, file)]
    if faults:
        raise ConflictError(faults)
    return wanted, [step for _, fid, before, after in changes for step in _back(fid, _loaded(before), _loaded(after))]


def _back(fid: int, before: dict[str, Any] | None, after: dict[str, Any] | None) -> list[Statement]:
    if before is None:
        return [(_DELETE, (fid,))]
    values = (*(before[name] for name in TEXT_COLUMNS), bytes.fromhex(before["geom"]) if before["geom"] else None)
    if after is None:
        return [(_INSERT, (before["fid"], *values))]
    moved: list[Statement] = [(_RENUMBER, (before["fid"], fid))] if before["fid"] != fid else []
    return [*moved, (_UPDATE, (*values, before["fid"]))]


def _touched(database: sqlite3.Connection, changes: list[Any], file: str) -> Iterator[Fault]:
    """Yield the places that do not stand as these changes, the last one first, have left them."""
    left: dict[int, str | None] = {}
    for _, fid, _, after in changes:
        left.setdefault(fid, after)
    stand = dict(database.execute(f"SELECT fid, {record('places')} FROM places"))  # noqa: S608 - our own names
    query = (
        "SELECT facility_id, at, author, commit_id FROM changes JOIN commits USING (commit_id) "
        "WHERE fid = ? ORDER BY revision DESC LIMIT 1"
    )
    for fid, after in left.items():
        if stand.get(fid) != after:
            facility_id, at, author, later = database.execute(query, (fid,)).fetchone()
            problem = f"changed again by {author} at {at} (commit {later})"
            yield Fault(problem, f"undo commit {later} first", file, fid, None, facility_id)


def _taken(database: sqlite3.Connection, changes: list[Any], file: str) -> Iterator[Fault]:
    """Yield the facility_ids to be given back that now belong to another place."""
    owners = dict(database.execute("SELECT facility_id, fid FROM places"))
    own = {fid for _, fid, _, _ in changes}
    for _, fid, before, _ in changes:
        name = (_loaded(before) or {}).get("facility_id")
        if name and owners.get(name, fid) not in own:
            remedy = f"give row {owners[name]} another facility_id, or take it away"
            yield Fault("the facility_id belongs to another place now", remedy, file, fid, None, name)


def _loaded(text: str | None) -> dict[str, Any] | None:
    return json.loads(text) if text else None


def _values(cells: Mapping[str, str]) -> list[str | None]:
    return [cells[name] or None for name in TEXT_COLUMNS]
