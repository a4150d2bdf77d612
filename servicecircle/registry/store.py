"""The registry that people edit: read, commit, log, undo; all or nothing, nobody's change lost.

``GeoPackageRegistry`` keeps it in one file that QGIS opens; a database server can implement ``Registry`` as well.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pandas as pd

from servicecircle.errors import ConflictError, Fault, InputError
from servicecircle.ingest.registry import LAYER, opened, read_places
from servicecircle.ingest.text_table import TextTable, is_id
from servicecircle.registry.making import make
from servicecircle.registry.rows import change_log, checked, geometry, insert, legible, revert, update
from servicecircle.registry.schema import check_triggers

__all__ = ["GeoPackageRegistry", "Registry", "Snapshot", "create", "open_registry"]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A registry at one moment.

    Attributes
    ----------
    table
        Text cells in the order of ``ingest.registry.COLUMNS``, one row a place under its ``facility_id``, oldest first.
    revision
        What a commit must name, to show that nobody has changed anything since.
    """

    table: pd.DataFrame
    revision: int


class Registry(Protocol):
    """What a store of places must do. Times are ISO 8601 text; the caller knows the clock and who acts."""

    def read(self) -> Snapshot:
        """Return all places as text."""

    def commit(
        self,
        upserts: pd.DataFrame,
        removed: tuple[str, ...] = (),
        *,
        revision: int,
        author: str,
        reason: str,
        source: str = "",
        sha256: str = "",
        at: str,
    ) -> int:
        """Write whole rows by their ``facility_id`` and take others away, all or nothing; return the commit's id.

        Raises
        ------
        ConflictError
            The registry is no longer at ``revision``.
        InputError
            A row cannot be stored, or the registry cannot be written.
        """

    def log(self) -> pd.DataFrame:
        """Return the commits, oldest first."""

    def undo(self, commit_id: int | None = None, *, author: str, at: str) -> int:
        """Revert a commit, by default the last one that changed anything; return the id of the commit that does so.

        Raises
        ------
        ConflictError
            Its rows have changed since.
        InputError
            There is no such commit, or it changed nothing.
        """


@dataclass(frozen=True, slots=True)
class GeoPackageRegistry:
    """A registry in a GeoPackage. A locked file is waited for ``wait_s`` seconds."""

    path: Path
    wait_s: float = 5.0

    def read(self) -> Snapshot:
        """Return all places as text."""
        with self._reading() as database:
            return Snapshot(_rows(read_places(database, self.path.name)[0]), _revision(database))

    def commit(
        self,
        upserts: pd.DataFrame,
        removed: tuple[str, ...] = (),
        *,
        revision: int,
        author: str,
        reason: str,
        source: str = "",
        sha256: str = "",
        at: str,
    ) -> int:
        """Write whole rows by their ``facility_id`` and take others away, all or nothing.

        Parameters
        ----------
        upserts
            Text cells with the columns ``COLUMNS``, in any order; rows that say what is already there stay untouched.
        removed
            ``facility_id`` of the places to take away.
        revision
            Of the snapshot that the changes were made for.
        author, reason, source, sha256, at
            Who, why, from which file of which hash, when (ISO 8601).

        Raises
        ------
        ConflictError
            The registry is no longer at ``revision``: says who has changed what since.
        InputError
            A row cannot be stored, or the file cannot be written.
        """
        with self._writing() as database:
            self._require(database, revision)
            table, _ = read_places(database, self.path.name)
            fids = dict(zip(table.cells["facility_id"], table.cells.index.tolist(), strict=True))
            wanted = checked(upserts, "the changes")
            _check_removed(removed, wanted, fids)
            known = dict(zip(table.cells.index.tolist(), table.cells.to_numpy().tolist(), strict=True))
            with _commit(database, at, author, reason, source=source, sha256=sha256) as commit_id:
                for facility_id in removed:
                    database.execute("DELETE FROM places WHERE fid = ?", (fids[facility_id],))
                for row in wanted.to_dict("records"):
                    cells = {str(name): str(value) for name, value in row.items()}
                    fid = fids.get(cells["facility_id"])
                    if fid is None:
                        insert(database, cells, geometry(cells["lon"], cells["lat"]))
                    elif known[fid] != list(cells.values()):
                        update(database, fid, cells, geometry(cells["lon"], cells["lat"]))
            return commit_id

    def log(self) -> pd.DataFrame:
        """Return the commits, oldest first.

        Returns
        -------
        pd.DataFrame
            ``commit_id, at, author, reason, source, sha256, undoes`` (Int64, missing where it undoes none), then the
            counts ``added, changed, removed`` and the tuple ``facility_ids`` of the places.
        """
        with self._reading() as database, legible(self.path.name):
            return change_log(database)

    def undo(self, commit_id: int | None = None, *, author: str, at: str) -> int:
        """Revert a commit, by default the last one that changed anything; an undo can be undone.

        Raises
        ------
        ConflictError
            A later commit has changed the same places: they are named.
        InputError
            There is no such commit, or it changed nothing.
        """
        with self._writing() as database:
            with legible(self.path.name):
                wanted, steps = revert(database, commit_id, self.path.name)
            with _commit(database, at, author, f"undo of commit {wanted}", undoes=wanted) as made:
                for sql, values in steps:
                    database.execute(sql, values)
            return made

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with opened(self.path, self.wait_s) as database:
            check_triggers(database, self.path.name)
            database.execute("BEGIN")
            yield database

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with opened(self.path, self.wait_s) as database:
            check_triggers(database, self.path.name)
            database.execute("BEGIN IMMEDIATE")
            yield database
            database.execute("COMMIT")

    def _require(self, database: sqlite3.Connection, revision: int) -> None:
        if _revision(database) == revision:
            return
        query = (
            "SELECT at, author, commit_id, fid, facility_id FROM changes JOIN commits USING (commit_id) "
            "WHERE revision > ? ORDER BY revision"
        )
        remedy = "read the registry again, look at what changed (servicecircle registry log), then try again"
        faults = [
            Fault(f"changed by {author} at {at} (commit {commit_id})", remedy, self.path.name, fid, None, facility_id)
            for at, author, commit_id, fid, facility_id in database.execute(query, (revision,))
        ]
        raise ConflictError(faults or [Fault("not the registry that was read", remedy, self.path.name)])


def open_registry(path: Path, wait_s: float = 5.0) -> GeoPackageRegistry:
    """Return the registry in a file, after a look into it.

    Raises
    ------
    InputError
        The file is missing, damaged, locked, no registry, of another version, or its log has been cut off.
    """
    with opened(path, wait_s) as database:
        check_triggers(database, path.name)
    return GeoPackageRegistry(path, wait_s)


def create(
    path: Path,
    rows: pd.DataFrame,
    *,
    at: str,
    author: str = "servicecircle",
    reason: str = "made from the seed",
    source: str = "",
    sha256: str = "",
) -> GeoPackageRegistry:
    """Make a registry of rows of text with the columns ``COLUMNS``; the file appears whole or not at all.

    Raises
    ------
    InputError
        The file exists already or cannot be written; a row cannot be stored.
    """
    make(path, checked(rows, path.name), {"author": author, "reason": reason, "source": source, "sha256": sha256}, at)
    return GeoPackageRegistry(path)


@contextmanager
def _commit(
    database: sqlite3.Connection,
    at: str,
    author: str,
    reason: str,
    *,
    source: str = "",
    sha256: str = "",
    undoes: int | None = None,
) -> Iterator[int]:
    query = "INSERT INTO commits (at, author, reason, source, sha256, undoes) VALUES (?, ?, ?, ?, ?, ?)"
    cursor = database.execute(query, (at, author, reason, source, sha256, undoes))
    commit_id = int(cursor.lastrowid or 0)
    database.execute("UPDATE state SET open_commit = ?", (commit_id,))
    yield commit_id
    database.execute("UPDATE state SET open_commit = NULL")
    _describe(database, at)


def _describe(database: sqlite3.Connection, at: str) -> None:
    """Bring time and extent in the GeoPackage's own directory up to date."""
    cells = read_places(database, "")[0].cells
    bounds: list[float | None] = [None] * 4
    if (cells["lon"] != "").any():
        lon, lat = (pd.to_numeric(cells[name]) for name in ("lon", "lat"))
        bounds = [float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())]
    query = "UPDATE gpkg_contents SET last_change = ?, min_x = ?, min_y = ?, max_x = ?, max_y = ? WHERE table_name = ?"
    database.execute(query, (at, *bounds, LAYER))


def _revision(database: sqlite3.Connection) -> int:
    return int(database.execute("SELECT revision FROM state").fetchone()[0])


def _rows(table: TextTable) -> pd.DataFrame:
    if table.faults:
        raise InputError(table.faults)
    return table.cells.set_axis(table.cells["facility_id"].rename(None), axis=0)


def _check_removed(removed: tuple[str, ...], wanted: pd.DataFrame, fids: Mapping[str, int]) -> None:
    written = set(wanted["facility_id"])
    problems = {
        name: "no such place" if name not in fids else "both written and removed"
        for name in removed
        if name not in fids or name in written or not is_id(name)
    }
    if problems:
        raise InputError([Fault(text, "leave it out", "removed", value=name) for name, text in problems.items()])
