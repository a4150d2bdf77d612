"""From a list to a plan: what it would change, or everything that is wrong with it. Nothing is written here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from servicecircle.datum import Datum, to_wgs84
from servicecircle.errors import Fault, InputError
from servicecircle.found import Found
from servicecircle.ingest.facilities import facilities_of
from servicecircle.ingest.geocoder import Geocoded
from servicecircle.ingest.registry import COLUMNS
from servicecircle.ingest.text_table import Extent, TextTable
from servicecircle.model import LOCATED, Study
from servicecircle.registry.addresses import AddressBook
from servicecircle.registry.evidence import Evidence, Verdict, weigh
from servicecircle.registry.ground import Ground
from servicecircle.registry.intake import Intake
from servicecircle.registry.matching import Matches, find_matches
from servicecircle.registry.merging import Choices, lay_over, new_id, what_changes
from servicecircle.registry.review import settle

__all__ = ["Plan", "plan_import"]

_KEYS = ["facility_id", "kind", "name", "address"]
_REST = 10_000_000  # beyond the rows of any list: rows of the registry

Geocode = Callable[[str], Geocoded]
"""An online service: where an address is, or why it could not be asked."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do.

    Attributes
    ----------
    upserts
        Rows to be written, ``ingest.registry.COLUMNS`` as text, index facility_id.
    removed
        Places to be taken out.
    changes
        The diff (``merging.CHANGES``).
    evidence
        What speaks for the stated datum; None where no row has a position.
    undecided
        Pairs that a person must decide (``matching.PROPOSALS``): the plan must not be carried out while there are any.
    found
        Rows without coordinates: ``row, name, confidence, how``; ``how`` says what was compared, or that nothing fits.
    notes
        What else the person should know.
    """

    upserts: pd.DataFrame
    removed: tuple[str, ...]
    changes: pd.DataFrame
    evidence: Evidence | None
    undecided: pd.DataFrame
    found: pd.DataFrame
    notes: tuple[str, ...]


def plan_import(
    intake: Intake,
    study: Study,
    known: pd.DataFrame,
    choices: Choices,
    decided: pd.DataFrame | None = None,
    geocode: Geocode | None = None,
) -> Plan:
    """Work out what a list changes.

    Parameters
    ----------
    intake
        The list, in our words.
    study
        Streets, district and categories. Its facilities are those of ``known``.
    known
        The registry: ``ingest.registry.COLUMNS`` as text, index facility_id.
    decided
        ``row, facility_id, decision`` of a review.
    geocode
        An online service that finds an address; None: nothing is asked.

    Raises
    ------
    InputError
        Every fault of the file, of the evidence for its datum, and of the registry it would make.
    """
    table = intake.table
    faults = list(table.faults)
    rows = _rows(table.cells)
    area = study.area.name_zh
    choices = replace(choices, area=area)
    old = _keys(known)
    by_name = find_matches(rows[_KEYS].assign(lon=np.nan, lat=np.nan), old, area)
    ground = Ground.of(study)
    book = AddressBook.of(study, ground)
    evidence = _weighed(rows, by_name, old, known, book, choices.datum, ground, table.file)
    if evidence is not None:
        faults += [replace(f, column=_heading(intake, f.column)) for f in evidence.faults(table.file)]
    if evidence is None or evidence.verdict is not Verdict.CONTRADICTED:
        rows["lon"], rows["lat"] = to_wgs84(rows["lon"].to_numpy(), rows["lat"].to_numpy(), choices.datum)
        faults += _outside(rows, intake, study.ways.extent)
    matches = find_matches(rows, old, area)
    faults += _twice(matches, table.file)
    if faults:
        raise InputError(sorted(faults, key=lambda f: f.row or 0))
    same, undecided = settle(matches, decided, choices.alike, table.file)
    positions, found = _positions(rows, same, known, book, choices, geocode, table.file)
    upserts = _upserts(rows, same, known, positions, choices, area)
    gone = _gone(known, upserts, choices.kind)
    removed = tuple(gone.index) if choices.remove_gone else ()
    _require_valid(upserts, removed, known, intake, study)
    changes = what_changes(known, upserts, removed, gone.iloc[:0] if choices.remove_gone else gone)
    changed = changes.loc[changes["change"].isin(["added", "changed", "moved"]), "facility_id"]
    notes = (*intake.notes, *_kept(positions, same, upserts))
    return Plan(
        upserts.loc[upserts.index.isin(changed), list(COLUMNS)], removed, changes, evidence, undecided, found, notes
    )


def _rows(cells: pd.DataFrame) -> pd.DataFrame:
    """Complete the list's columns: those it lacks are empty; degrees as numbers."""
    rows = cells.copy()
    for column in ("facility_id", "name", "address", "subdistrict", "lon", "lat"):
        if column not in rows:
            rows[column] = ""
    for column in ("lon", "lat"):
        rows[column] = pd.to_numeric(rows[column], errors="coerce").astype(np.float64)
    return rows


def _keys(known: pd.DataFrame) -> pd.DataFrame:
    """Return the registry as ``find_matches`` compares it."""
    keys = known[_KEYS].reset_index(drop=True)
    return keys.assign(**{c: pd.to_numeric(known[c].to_numpy(), errors="coerce") for c in ("lon", "lat")})


def _weighed(
    rows: pd.DataFrame,
    matches: Matches,
    old: pd.DataFrame,
    known: pd.DataFrame,
    book: AddressBook,
    datum: Datum,
    ground: Ground,
    file: str,
) -> Evidence | None:
    """Hold the coordinates against positions that are known to be right: of buildings, entrances and addresses."""
    placed = rows[rows["lon"].notna() & rows["lat"].notna()]
    if placed.empty:
        return None
    # what an earlier import of this list said is no evidence for it
    own = known["position_source"].str.contains(f"({file}, row", regex=False)
    sure = old[(known["position_confidence"].isin(LOCATED) & ~own).to_numpy()].set_index("facility_id")
    at = matches.same.reindex(placed.index)
    near = sure.reindex(at)[["lon", "lat"]].set_axis(["known_lon", "known_lat"], axis=1).set_axis(placed.index)
    streets = [book.street(name, address) for name, address in placed[["name", "address"]].to_numpy()]
    weighed = pd.concat([placed[["lon", "lat"]], near], axis=1)
    weighed["street"] = pd.Series(streets, placed.index, dtype=object)
    return weigh(weighed, datum, ground)


def _heading(intake: Intake, column: str | None) -> str | None:
    """Say a column as the file says it."""
    if column is None:
        return None
    return ", ".join(intake.headings.get(name, name) for name in column.split(", "))


def _outside(rows: pd.DataFrame, intake: Intake, extent: Extent) -> list[Fault]:
    west, south, east, north = extent
    lon, lat = rows["lon"], rows["lat"]
    outside = rows[lon.notna() & ~(lon.between(west, east) & lat.between(south, north))]
    bounds = f"lon {west:.4f} to {east:.4f}, lat {south:.4f} to {north:.4f}"
    remedy = f"correct it, or leave it empty; in WGS-84 the streets have {bounds}"
    given, where = intake.table.cells, _heading(intake, "lon, lat")
    values = [f"{given.loc[row, 'lon']}, {given.loc[row, 'lat']}" for row in outside.index.tolist()]
    return [
        Fault("outside the walking network", remedy, intake.table.file, row, where, value)
        for row, value in zip(outside.index.tolist(), values, strict=True)
    ]


def _twice(matches: Matches, file: str) -> list[Fault]:
    return [
        Fault(f"says the same place as row {first}", "keep one of the two rows", file, int(str(row)))
        for row, first in matches.twins.items()
    ]


def _positions(
    rows: pd.DataFrame,
    same: pd.Series,
    known: pd.DataFrame,
    book: AddressBook,
    choices: Choices,
    geocode: Geocode | None,
    file: str,
) -> tuple[dict[int, Found], pd.DataFrame]:
    """Take each row's position from the file, or look it up by its address, and say how."""
    positions: dict[int, Found] = {}
    found: list[dict[str, object]] = []
    for row, given in zip(rows.index.tolist(), _records(rows), strict=True):
        if np.isfinite(given["lon"]):
            positions[row] = Found(
                given["lon"],
                given["lat"],
                choices.confidence,
                f"{choices.source} ({file}, row {row})",
                choices.redistributable,
                choices.licence,
                choices.datum.value,
            )
            continue
        place = same.get(row)
        if place is not None and known.loc[place, "lon"]:
            continue  # the list says nothing of its position, and it has one
        at, how = _looked_up(given, book, geocode)
        if at is not None:
            positions[row] = at
        found.append({"row": row, "name": given["name"], "confidence": at.confidence if at else "none", "how": how})
    return positions, pd.DataFrame(found, columns=["row", "name", "confidence", "how"])


def _records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in record.items()} for record in rows.to_dict("records")]


def _looked_up(given: Mapping[str, Any], book: AddressBook, geocode: Geocode | None) -> tuple[Found | None, str]:
    """Ask the registry and the streets first; then the online service, where one is set, for anything better."""
    here = book.locate(given["name"], given["address"], given["subdistrict"])
    how = here.source if here else "nothing of its address is known"
    if geocode is None or (here is not None and here.confidence in LOCATED):
        return here, how
    online = geocode(given["address"] or given["name"])
    if online.found is not None:
        return online.found, online.found.source
    return here, f"{how} ({online.note})" if online.note else how


def _upserts(
    rows: pd.DataFrame,
    same: pd.Series,
    known: pd.DataFrame,
    positions: dict[int, Found],
    choices: Choices,
    area: str,
) -> pd.DataFrame:
    taken = set(known.index)
    made: dict[str, dict[str, str]] = {}
    for number, given in rows.drop(columns=["lon", "lat"]).iterrows():
        row = int(str(number))
        place = same.get(row)
        laid = lay_over(None if place is None else known.loc[place], given, positions.get(row), choices)
        if place is None:
            place = given["facility_id"] or new_id(
                laid["kind"], laid["name"], laid["address"], laid["subdistrict"], area, taken
            )
        taken.add(str(place))
        made[str(place)] = laid | {"facility_id": str(place), "row": str(row)}
    return pd.DataFrame.from_dict(made, orient="index", columns=[*COLUMNS, "row"])


def _kept(positions: dict[int, Found], same: pd.Series, upserts: pd.DataFrame) -> list[str]:
    """Say where the registry knew better than the list."""
    rows = [
        row
        for row, at in positions.items()
        if row in same.index and upserts.loc[same[row], "position_source"] != at.source
    ]
    if not rows:
        return []
    shown = "、".join(map(str, rows[:10])) + ("…" if len(rows) > 10 else "")  # noqa: PLR2004
    zh = f"{len(rows)}行的已知位置更可靠且相符，予以保留（行{shown}）"
    return [f"{zh} the known positions of these rows are better founded and agree: kept"]


def _gone(known: pd.DataFrame, upserts: pd.DataFrame, kind: str) -> pd.Series:
    """Return the places of the kind that the list does not name."""
    return known.loc[(known["kind"] == kind) & ~known.index.isin(upserts.index), "name"]


def _require_valid(
    upserts: pd.DataFrame, removed: tuple[str, ...], known: pd.DataFrame, intake: Intake, study: Study
) -> None:
    """Read the registry as it would become; faults of the list's rows are said in the list's words."""
    rest = known.drop(index=[*removed, *known.index.intersection(upserts.index)])
    cells = pd.concat([upserts[list(COLUMNS)], rest[list(COLUMNS)]])
    numbers = pd.Index([*upserts["row"].astype(int), *range(_REST, _REST + len(rest))], name="row")
    table = TextTable(intake.table.file, cells.set_axis(numbers))
    try:
        facilities_of(table, study.categories, study.ways.extent)
    except InputError as error:
        names = dict(zip(numbers, cells.index, strict=True))
        raise InputError(
            [
                replace(f, column=_heading(intake, f.column))
                if (f.row or 0) < _REST
                else replace(f, file="the registry", row=None, problem=f"{names.get(f.row or 0)}: {f.problem}")
                for f in error.faults
            ]
        ) from error
