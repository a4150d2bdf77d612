"""What families say is wrong: kept for the office, with a day but no hour, and nothing of who said it."""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import pandas as pd

from api.errors import BusyError, MissingError, ServiceError
from servicecircle.errors import Fault, InputError
from servicecircle.ingest.particulars import check_particulars
from servicecircle.ingest.text_table import TextTable, is_id
from servicecircle.schemas import FACILITY_COLUMNS, FACILITY_OPTIONAL

__all__ = ["MOST_CHARACTERS", "MOST_OPEN", "Mistake", "Report", "Reports", "State"]

MOST_CHARACTERS = 500
MOST_OPEN = 5000
"""Beyond it the office has stopped reading, or somebody fills the disk."""

_MOST_ID = 64
_WAIT_S = 5.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS reports (
  id INTEGER PRIMARY KEY AUTOINCREMENT, at_date TEXT NOT NULL, facility_id TEXT NOT NULL,
  kind TEXT NOT NULL, text TEXT NOT NULL, state TEXT NOT NULL
)
"""
_COLUMNS = "id, at_date, facility_id, kind, text, state"
_BETWEEN = re.compile(r"(?<=\d)[\s\-.,·()_/]+(?=\d)")
_MAIL = re.compile(r"\S@\S")
_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


class Mistake(StrEnum):
    """What is wrong with a place."""

    GONE = "gone"
    POSITION = "position"
    ENTRANCE = "entrance"
    HOURS = "hours"
    ACCESS = "access"
    WAY = "way"
    NAME = "name"
    OTHER = "other"


class State(StrEnum):
    """What the office made of a report."""

    OPEN = "open"
    DONE = "done"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Report:
    """A report of the day ``at_date`` (ISO 8601)."""

    id: int
    at_date: str
    facility_id: str
    kind: Mistake
    text: str
    state: State


@dataclass(frozen=True, slots=True)
class Reports:
    """The reports in an SQLite file, which is made when the first one arrives."""

    path: Path

    def create(self, facility_id: str, kind: str, text: str, *, at_date: str) -> int:
        """Keep a report; the same one again, while it is open, is the one that is there.

        Returns
        -------
        int
            Number of the report.

        Raises
        ------
        InputError
            No id, no kind, a text that is too long or holds what belongs to a person.
        BusyError
            Too many reports wait for the office.
        ServiceError
            The file cannot be written.
        """
        said = _sound(facility_id, kind, text)
        with self._opened() as database:
            database.execute("BEGIN IMMEDIATE")
            database.execute(_SCHEMA)
            query = "SELECT id FROM reports WHERE facility_id = ? AND kind = ? AND text = ? AND state = ?"
            again = database.execute(query, (facility_id, kind, said, State.OPEN)).fetchone()
            if again is not None:
                return int(again[0])
            (waiting,) = database.execute("SELECT count(*) FROM reports WHERE state = ?", (State.OPEN,)).fetchone()
            if waiting >= MOST_OPEN:
                message = "too many reports wait for the office already; please try another day"
                raise BusyError(message)
            query = "INSERT INTO reports (at_date, facility_id, kind, text, state) VALUES (?, ?, ?, ?, ?)"
            cursor = database.execute(query, (at_date, facility_id, kind, said, State.OPEN))
            database.execute("COMMIT")
            return int(cursor.lastrowid or 0)

    def list(self, state: State | None = State.OPEN, *, limit: int = 500, offset: int = 0) -> list[Report]:
        """Return reports, the newest first; None for all states.

        Raises
        ------
        ServiceError
            The file cannot be read.
        """
        if not self.path.exists():
            return []
        with self._opened() as database:
            database.execute(_SCHEMA)
            query = f"SELECT {_COLUMNS} FROM reports WHERE ? IS NULL OR state = ? ORDER BY id DESC LIMIT ? OFFSET ?"  # noqa: S608 - our own names
            rows = database.execute(query, (state, state, limit, offset)).fetchall()
        return [Report(i, day, place, Mistake(kind), text, State(s)) for i, day, place, kind, text, s in rows]

    def close(self, report_id: int, state: State = State.DONE) -> Report:
        """Close a report.

        Raises
        ------
        MissingError
            There is none of this number.
        ServiceError
            The file cannot be written.
        """
        if self.path.exists() and abs(report_id) < 1 << 63:
            with self._opened() as database:
                database.execute(_SCHEMA)
                query = f"UPDATE reports SET state = ? WHERE id = ? RETURNING {_COLUMNS}"  # noqa: S608 - our own names
                row = database.execute(query, (state, report_id)).fetchone()
            if row is not None:
                i, day, place, kind, text, now = row
                return Report(i, day, place, Mistake(kind), text, State(now))
        message = f"there is no report {report_id}; list them first"
        raise MissingError(message)

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """Open the file for one thing: several threads and processes may do so at once."""
        try:
            with closing(sqlite3.connect(self.path, timeout=_WAIT_S, isolation_level=None)) as database:
                yield database
        except sqlite3.Error as error:
            message = f"the reports cannot be kept or read: {error}"
            raise ServiceError(message) from error


def _sound(facility_id: str, kind: str, text: str) -> str:
    """Return the text as it is kept: without hidden characters, spaces one by one."""
    faults = []
    if len(facility_id) > _MOST_ID or not is_id(facility_id):
        faults.append(Fault("not an id of a place", "give the facility_id of a place", column="facility_id"))
    if kind not in set(Mistake):
        faults.append(Fault("unknown kind", f"use one of: {', '.join(Mistake)}", column="kind"))
    if len(text) > MOST_CHARACTERS:
        faults.append(Fault(f"more than {MOST_CHARACTERS} characters", "say it in fewer words", column="text"))
        raise InputError(faults)
    seen = "".join(" " if c.isspace() else c for c in text)
    said = " ".join("".join(c for c in seen if unicodedata.category(c) not in _HIDDEN).split())
    if _is_personal(said):
        remedy = "describe the place only; leave out telephone and identity numbers and addresses of people"
        faults.append(Fault("looks like personal data", remedy, column="text"))
    if faults:
        raise InputError(faults)
    return said


def _is_personal(text: str) -> bool:
    """Whether the registry's own check finds a person's number, also in full-width digits or split by marks."""
    plain = unicodedata.normalize("NFKC", text)
    plain = "".join(str(unicodedata.decimal(c, c)) for c in plain)
    written = [plain, _BETWEEN.sub("", plain)]
    columns = [*FACILITY_COLUMNS, *FACILITY_OPTIONAL]
    table = TextTable("", pd.DataFrame("", range(len(written)), columns).assign(note=written))
    check_particulars(table)
    return bool(table.faults) or _MAIL.search(plain) is not None
