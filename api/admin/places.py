"""A place of the registry, read and changed by whoever knows the version that stands there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from api.admin.audit import now
from api.admin.problems import ChangedError, ConflictingError, UnconditionalError, faulty, told
from api.errors import MissingError
from servicecircle.datum import Datum, to_wgs84
from servicecircle.errors import ConflictError, Fault, InputError
from servicecircle.ingest.facilities import facilities_of
from servicecircle.ingest.registry import COLUMNS
from servicecircle.ingest.study import read_study
from servicecircle.ingest.text_table import Extent, TextTable, check_characters, is_id
from servicecircle.registry.store import GeoPackageRegistry, Snapshot

__all__ = ["Ground", "Places", "matches", "read_ground", "revision_tag", "tag"]

Cells = dict[str, str]

_TRIES = 5
_MOST_ID = 64


@dataclass(frozen=True, slots=True)
class Ground:
    """What a place must agree with: the categories, and the extent of the streets."""

    categories: pd.DataFrame
    extent: Extent


def read_ground(folder: Path) -> Ground:
    """Read it from a study folder.

    Raises
    ------
    InputError
        The folder is not sound.
    """
    study = read_study(folder)
    return Ground(study.categories, study.ways.extent)


@dataclass(frozen=True, slots=True)
class Places:
    """The registry as the office changes it: never to what would not be sound, never over an unseen change."""

    registry: GeoPackageRegistry
    ground: Callable[[], Ground]

    def get(self, facility_id: str) -> Cells:
        """Return the cells of a place.

        Raises
        ------
        MissingError
            There is none.
        """
        return _row(self.registry.read(), facility_id)

    def faults(self) -> list[dict[str, Any]]:
        """Return everything that is wrong in the registry, each with its ``facility_id``."""
        table = self.registry.read().table
        names = _names(table)
        return [told(fault, names) for fault in self._faults(table)]

    def add(self, facility_id: str, cells: Mapping[str, str], given_in: Datum, *, author: str, reason: str) -> int:
        """Add a place; return the commit.

        Raises
        ------
        ChangedError
            There is one of this id.
        FaultyError
            It would not be sound.
        """
        blank = {"position_confidence": "none", "redistributable": "true", "status": "candidate"}
        row = dict.fromkeys(COLUMNS, "") | blank | _given(facility_id, cells, given_in)

        def upsert(snapshot: Snapshot) -> pd.DataFrame:
            if facility_id in snapshot.table.index:
                detail = f"there is a place {facility_id} already; change that one, or give another id"
                raise ChangedError(detail)
            return _frame(row)

        return self._commit(upsert, author=author, reason=reason)

    def change(
        self,
        facility_id: str,
        cells: Mapping[str, str],
        given_in: Datum,
        versions: str | None,
        *,
        author: str,
        reason: str,
    ) -> int:
        """Change cells of the place whose version was seen; return the commit.

        Raises
        ------
        MissingError, UnconditionalError, ChangedError
            There is none; the version is not said; it is another one now.
        FaultyError
            It would not be sound.
        """
        given = _given(facility_id, cells, given_in)

        def upsert(snapshot: Snapshot) -> pd.DataFrame:
            row = _row(snapshot, facility_id)
            require(versions, tag(row))
            return _frame(row | given)

        return self._commit(upsert, author=author, reason=reason)

    def remove(self, facility_id: str, versions: str | None, *, author: str, reason: str) -> int:
        """Take away the place whose version was seen; raises as ``change`` does."""

        def upsert(snapshot: Snapshot) -> pd.DataFrame:
            require(versions, tag(_row(snapshot, facility_id)))
            return pd.DataFrame(columns=list(COLUMNS))

        return self._commit(upsert, (facility_id,), author=author, reason=reason)

    def undo(self, commit_id: int, *, author: str) -> int:
        """Take a commit back; return the commit that does so.

        Raises
        ------
        MissingError
            There is no such commit, or it changed nothing.
        ConflictingError
            Its places have changed since.
        """
        try:
            return self.registry.undo(commit_id, author=author, at=now())
        except ConflictError as error:
            detail = "the same places were changed later"
            raise ConflictingError(detail, [told(fault) for fault in error.faults]) from error
        except InputError as error:
            if error.faults[0].value != commit_id:
                raise
            raise MissingError(error.faults[0].problem) from error

    def _commit(
        self,
        upsert: Callable[[Snapshot], pd.DataFrame],
        removed: tuple[str, ...] = (),
        *,
        author: str,
        reason: str,
    ) -> int:
        """Commit on the newest registry; begin again where another place was changed meanwhile."""
        for _ in range(_TRIES):
            snapshot = self.registry.read()
            rows = upsert(snapshot)
            self._require_sound(snapshot.table, rows, removed)
            try:
                return self.registry.commit(
                    rows, removed, revision=snapshot.revision, author=author, reason=reason, at=now()
                )
            except ConflictError:
                continue
        detail = "the registry is being changed by others all the time; try again"
        raise ConflictingError(detail)

    def _require_sound(self, before: pd.DataFrame, rows: pd.DataFrame, removed: tuple[str, ...]) -> None:
        """Refuse what is wrong with these rows or goes wrong by them; older faults of others are not theirs."""
        rest = before.drop(index=[*removed, *before.index.intersection(pd.Index(rows["facility_id"]))])
        after = pd.concat([rest, rows.set_index("facility_id", drop=False)])[list(COLUMNS)]
        known = {_of(fault, before) for fault in self._faults(before)}
        own = set(rows["facility_id"])
        wrong = [
            fault for fault in self._faults(after) if _of(fault, after)[0] in own or _of(fault, after) not in known
        ]
        if wrong:
            raise faulty(wrong, _names(after))

    def _faults(self, places: pd.DataFrame) -> list[Fault]:
        ground = self.ground()
        cells = places.set_axis(pd.RangeIndex(1, len(places) + 1, name="row"))
        table = TextTable("registry", cells)
        check_characters(table, "".join(set(cells.to_numpy().ravel().tolist())))
        try:
            facilities_of(table, ground.categories, ground.extent)
        except InputError as error:
            return list(error.faults)
        return []


def tag(cells: Mapping[str, str]) -> str:
    """Return the version of a place: a strong ETag of its cells."""
    text = json.dumps([cells[name] for name in COLUMNS], ensure_ascii=False)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def revision_tag(revision: int) -> str:
    """Return the version of the whole registry."""
    return f'"r{revision}"'


def matches(versions: str | None, current: str) -> bool:
    """Whether an If-Match or If-None-Match names the version; a weak one is none."""
    return current in [part.strip() for part in (versions or "").split(",")]


def require(versions: str | None, current: str) -> None:
    """Refuse a change by somebody who has not seen the present version.

    Raises
    ------
    UnconditionalError
        No version is named; ``*`` names none.
    ChangedError
        It is not the present one.
    """
    if versions is None or versions.strip() in {"", "*"}:
        detail = "read it first, and send its ETag as If-Match"
        raise UnconditionalError(detail)
    if not matches(versions, current):
        detail = "somebody has changed it since you read it; read it again"
        raise ChangedError(detail, headers={"ETag": current})


def _row(snapshot: Snapshot, facility_id: str) -> Cells:
    if facility_id not in snapshot.table.index:
        message = "the registry has no such place; search for it first"
        raise MissingError(message)
    return {str(name): str(value) for name, value in snapshot.table.loc[facility_id].items()}


def _given(facility_id: str, cells: Mapping[str, str], given_in: Datum) -> Cells:
    """Return the cells as they are kept: in WGS-84, of known columns, of this place."""
    faults = [
        Fault("an unknown column", f"use any of {', '.join(COLUMNS)}", column=name[:_MOST_ID])
        for name in cells
        if name not in COLUMNS
    ]
    if len(facility_id) > _MOST_ID or not is_id(facility_id) or cells.get("facility_id", facility_id) != facility_id:
        faults.append(Fault("not the id of one place", "use letters, digits, - _ . only", column="facility_id"))
    if faults:
        raise faulty(faults)
    given = {name: value.strip() for name, value in cells.items()}
    if given_in is not Datum.WGS84 and given.get("lon") and given.get("lat"):
        given |= _converted(given["lon"], given["lat"], given_in)
    return given | {"facility_id": facility_id}


def _converted(lon: str, lat: str, given_in: Datum) -> Cells:
    try:
        degrees = np.array([[float(lon)], [float(lat)]])
    except ValueError:
        return {}  # said with the other faults
    if not np.isfinite(degrees).all():
        return {}
    east, north = to_wgs84(degrees[0], degrees[1], given_in)
    return {"lon": f"{east[0]:.7f}", "lat": f"{north[0]:.7f}", "datum": given_in.value}


def _frame(row: Mapping[str, str]) -> pd.DataFrame:
    return pd.DataFrame([row], columns=list(COLUMNS), dtype=str)


def _names(places: pd.DataFrame) -> dict[int, str]:
    return dict(enumerate(places["facility_id"], 1))


def _of(fault: Fault, places: pd.DataFrame) -> tuple[str, str | None, str]:
    row = fault.row
    return (str(places["facility_id"].iloc[row - 1]) if row else "", fault.column, fault.problem)
