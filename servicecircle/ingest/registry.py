"""The registry of places as a GeoPackage: opened, checked, and read as text, whoever edited it last.

Layer ``places`` holds the columns of ``facilities.csv``; ``lon`` and ``lat`` are its geometry, of 7 decimals when read.
Empty and missing text are the same. SQLite alone reads it: two SQLite libraries on one open file would lose its locks.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from servicecircle.errors import Fault, InputError
from servicecircle.ingest.text_table import TextTable, check_characters
from servicecircle.schemas import FACILITY_COLUMNS, FACILITY_OPTIONAL

__all__ = [
    "COLUMNS",
    "DECIMALS",
    "LAYER",
    "SCHEMA",
    "SRS_ID",
    "TEXT_COLUMNS",
    "Registered",
    "content_sha256",
    "explained",
    "opened",
    "read_places",
    "read_registry",
]

DECIMALS = 7
"""Of degrees, when read and written: about 1 cm."""
LAYER = "places"
SCHEMA = 1
"""Version of the tables; another one is refused."""
SRS_ID = 4326
COLUMNS = (*FACILITY_COLUMNS, *FACILITY_OPTIONAL)
"""Columns of a registry as text, in order."""
TEXT_COLUMNS = tuple(name for name in COLUMNS if name not in {"lon", "lat"})
"""Columns of the layer; the other two are its geometry."""

_TABLES = (LAYER, "commits", "changes", "state")
_OWN = ("fid", "geom", *TEXT_COLUMNS)
_MAGIC, _GPKG, _APPLICATION_ID = b"SQLite format 3\0", b"GPKG", slice(68, 72)
_ENVELOPE_BYTES = (0, 32, 48, 48, 64)
_HEADER_BYTES = 8
_CELL_BYTES = 1_000_000
_REMAKE = "give a registry that servicecircle registry init made, or restore its backup"
_WHY: dict[int, tuple[str, str]] = {
    sqlite3.SQLITE_BUSY: ("locked by another program", "save and stop editing there (QGIS, a viewer), then try again"),
    sqlite3.SQLITE_LOCKED: ("locked by another program", "save and stop editing there, then try again"),
    sqlite3.SQLITE_FULL: ("the disk is full; nothing was changed", "make room, then try again"),
    sqlite3.SQLITE_IOERR: ("the disk could not be written or read; nothing was changed", "make room, check the disk"),
    sqlite3.SQLITE_READONLY: ("the registry or its folder is read-only", "give yourself the right to write both"),
    sqlite3.SQLITE_CANTOPEN: ("cannot be opened", "check that you may read and write the file and its folder"),
    sqlite3.SQLITE_PERM: ("cannot be opened", "check that you may read and write the file and its folder"),
    sqlite3.SQLITE_CORRUPT: ("damaged", "restore its backup"),
    sqlite3.SQLITE_NOTADB: ("damaged, or no GeoPackage", "restore its backup"),
}


@dataclass(frozen=True, slots=True)
class Registered:
    """A registry as read.

    Attributes
    ----------
    table
        Its cells in the order of ``COLUMNS``, rows numbered as QGIS shows them (``fid``), and the faults so far.
    sha256
        Hash of the content: the bytes of the file differ from machine to machine, these rows do not.
    revision
        Grows with every change of any row.
    notes
        What was left aside, in words.
    """

    table: TextTable
    sha256: str
    revision: int
    notes: tuple[str, ...]


def read_registry(path: Path) -> Registered:
    """Read a registry, to be checked by ``facilities_of`` like a CSV file.

    Raises
    ------
    InputError
        The file is missing, damaged, locked or no registry; a column is missing.
    """
    with opened(path) as database:
        database.execute("BEGIN")  # rows and revision of one moment
        table, extra = read_places(database, path.name)
        (revision,) = database.execute("SELECT revision FROM state").fetchone()
    notes = (f"{path.name}: columns not read: {', '.join(extra)}",) if extra else ()
    check_characters(table, "".join(set(table.cells.to_numpy().ravel().tolist())))
    return Registered(table, content_sha256(table.cells), revision, notes)


def content_sha256(cells: pd.DataFrame) -> str:
    """Return the SHA-256 of rows of text in ``COLUMNS``, whatever their order."""
    rows = sorted(json.dumps(row, ensure_ascii=False) for row in cells[list(COLUMNS)].to_numpy().tolist())
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


@contextmanager
def opened(path: Path, wait_s: float = 5.0) -> Iterator[sqlite3.Connection]:
    """Open a registry that has been checked; what is not committed at the end is rolled back.

    Raises
    ------
    InputError
        The file is missing, damaged, not a registry or of another version; or SQLite fails inside the block.
    """
    _check_head(path)
    try:
        # Not mode=ro: the journal of a program that was killed must be rolled back before anything can be read.
        uri = f"{path.resolve().as_uri()}?mode=rw"
        with closing(sqlite3.connect(uri, uri=True, timeout=wait_s, isolation_level=None)) as database:
            database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _CELL_BYTES)
            database.execute("PRAGMA synchronous = EXTRA")
            _add_functions(database)
            _check_tables(database, path.name)
            try:
                yield database
            finally:
                if database.in_transaction:
                    database.execute("ROLLBACK")
    except (sqlite3.Error, UnicodeError) as error:  # the latter where the damage reaches SQLite's message
        raise explained(error, path.name) from error


def explained(error: Exception, file: str) -> InputError:
    """Return an error of SQLite in words that help."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    problem, remedy = _WHY.get(code, (f"damaged, or changed by another program: {error}", _REMAKE))
    return InputError([Fault(problem, remedy, file)])


def read_places(database: sqlite3.Connection, file: str) -> tuple[TextTable, tuple[str, ...]]:
    """Return the places as text in the order of their ``fid``, and the columns that are not ours."""
    extra = tuple(name for _, name, *_ in database.execute(f"PRAGMA table_info({LAYER})") if name not in _OWN)
    names = ", ".join(f'"{name}"' for name in _OWN)
    rows = database.execute(f"SELECT {names} FROM {LAYER} ORDER BY fid").fetchall()  # noqa: S608 - our own names
    columns: list[list[object]] = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in _OWN]
    fids, blobs = columns[:2]
    if not all(isinstance(fid, int) for fid in fids):
        raise InputError([Fault("damaged: rows without a number", "restore its backup", file)])
    index = pd.Index(fids, dtype=np.int64, name="row")
    texts = {name: [_text(v) for v in column] for name, column in zip(TEXT_COLUMNS, columns[2:], strict=True)}
    lon, lat, wrong = _positions(blobs)
    table = TextTable(file, pd.DataFrame(texts | {"lon": lon, "lat": lat}, index, list(COLUMNS), dtype=str))
    for fid, problem in zip(fids, wrong, strict=True):
        if problem:
            table.faults.append(Fault(problem, "draw the point again, in WGS 84", file, int(str(fid)), "lon"))
    for name, column in zip(TEXT_COLUMNS, columns[2:], strict=True):
        table.faults += [
            Fault("not text", "write it again as text", file, int(str(fid)), name)
            for fid, value in zip(fids, column, strict=True)
            if isinstance(value, bytes)
        ]
    for fid in index[index < 1].tolist():
        table.faults.append(Fault("a row of no valid number", "cut the place and paste it again", file, fid))
    return table, extra


def _check_head(path: Path) -> None:
    if path.is_dir():
        raise InputError([Fault("a folder, not a registry", "give a file, such as places.gpkg", path.name)])
    try:
        with path.open("rb") as file:
            head = file.read(_APPLICATION_ID.stop)
    except FileNotFoundError as error:
        remedy = "make it: servicecircle registry init --registry FILE.gpkg"
        raise InputError([Fault("no such registry", remedy, path.name)]) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError([Fault(f"cannot be read: {reason}", "check the path and your rights", path.name)]) from error
    if not head.startswith(_MAGIC) or head[_APPLICATION_ID] != _GPKG:
        raise InputError([Fault("not a GeoPackage", _REMAKE, path.name)])


def _check_tables(database: sqlite3.Connection, file: str) -> None:
    kinds = database.execute("SELECT name, type, sql FROM sqlite_master").fetchall()
    tables = {name for name, kind, sql in kinds if kind == "table" and str(sql).startswith("CREATE TABLE")}
    if not tables.issuperset((*_TABLES, "gpkg_geometry_columns")):
        raise InputError([Fault("a GeoPackage, but no registry", _REMAKE, file)])
    state = database.execute("SELECT schema, revision FROM state").fetchall()
    if len(state) != 1 or not all(isinstance(value, int) for value in state[0]):
        raise InputError([Fault("damaged: its state is lost", "restore its backup", file)])
    if state[0][0] != SCHEMA:
        remedy = f"use the version of servicecircle that made it; this one reads version {SCHEMA}"
        raise InputError([Fault(f"a registry of version {state[0][0]}", remedy, file)])
    ((verdict,),) = database.execute("PRAGMA integrity_check(1)").fetchall()
    if verdict != "ok":
        raise InputError([Fault(f"damaged: {verdict}", "restore its backup", file)])
    own = {name for _, name, *_ in database.execute(f"PRAGMA table_info({LAYER})")}
    remedy = f"give the layer {LAYER} its column back, in QGIS or from a backup"
    faults = [Fault("the column is missing", remedy, file, None, name) for name in _OWN if name not in own]
    query = "SELECT column_name, srs_id FROM gpkg_geometry_columns WHERE table_name = ?"
    if database.execute(query, (LAYER,)).fetchall() != [("geom", SRS_ID)]:
        faults.append(Fault("not in WGS 84 (EPSG:4326)", "restore its backup; save a copy in another CRS", file))
    if faults:
        raise InputError(faults)


def _text(value: object) -> str:
    if value is None or isinstance(value, bytes):
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _positions(blobs: list[object]) -> tuple[list[str], list[str], list[str]]:
    """Return longitude and latitude as text, empty where there is none, and what is wrong with each geometry."""
    shapes = shapely.from_wkb(np.array([_wkb(blob) for blob in blobs], dtype=object), on_invalid="ignore")
    pairs, wrong = [], []
    for blob, shape in zip(blobs, shapes, strict=True):
        point = isinstance(shape, shapely.Point) and not shape.is_empty
        x, y = (shape.x, shape.y) if point else (np.nan, np.nan)
        pairs.append(tuple(f"{round(v, DECIMALS) + 0.0:.{DECIMALS}f}" if np.isfinite(x + y) else "" for v in (x, y)))
        given = blob is not None and not isinstance(shape, shapely.Point)
        wrong.append("no point in WGS 84" if given else "")
    return [lon for lon, _ in pairs], [lat for _, lat in pairs], wrong


def _wkb(blob: object) -> bytes | None:
    """Return the WKB in a geometry of a GeoPackage, None if it has none in WGS 84."""
    if not isinstance(blob, bytes) or len(blob) < _HEADER_BYTES or blob[:2] != b"GP":
        return None
    flags = blob[3]
    envelope = (flags >> 1) & 0b111
    (srs_id,) = struct.unpack_from("<i" if flags & 1 else ">i", blob, 4)
    if envelope >= len(_ENVELOPE_BYTES) or srs_id != SRS_ID:
        return None
    return blob[_HEADER_BYTES + _ENVELOPE_BYTES[envelope] :]


def _add_functions(database: sqlite3.Connection) -> None:
    """Add what the triggers of a spatial index need, should QGIS have been asked to make one."""

    def bound(axis: int, blob: bytes | None) -> float | None:
        shape = shapely.from_wkb(_wkb(blob), on_invalid="ignore")
        return None if shape is None or shape.is_empty else float(shape.bounds[axis])

    def is_empty(blob: bytes | None) -> bool | None:
        return None if blob is None else bound(0, blob) is None

    for axis, name in enumerate(("ST_MinX", "ST_MinY", "ST_MaxX", "ST_MaxY")):
        database.create_function(name, 1, lambda blob, axis=axis: bound(axis, blob), deterministic=True)
    database.create_function("ST_IsEmpty", 1, is_empty, deterministic=True)
