"""What a list changes in the registry: rows of the file laid over rows that are known, cell by cell.

An empty cell says nothing and leaves what is known; so does another spelling of the same name or address. Titles and
relations add up. A position of the file replaces the known one, unless that one is better founded and both agree.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from servicecircle.crs import GEOD
from servicecircle.datum import Datum
from servicecircle.found import Found
from servicecircle.ingest.registry import COLUMNS
from servicecircle.model import APPROXIMATE, LOCATED, Kind, Status
from servicecircle.registry.names import plain_address, plain_name
from servicecircle.registry.review import Alike

__all__ = ["CHANGES", "Choices", "lay_over", "new_id", "what_changes"]

CHANGES = ["change", "facility_id", "name", "row", "column", "before", "after", "moved_m"]
"""One line a changed cell; ``change``: added, changed, moved, gone, removed."""

_LETTERS = {Kind.SCHOOL: "S", Kind.COMMUNITY: "C", Kind.BASE: "B", Kind.VENUE: "V"}
_ID_DIGITS = 6
_ADDED_UP = ("designations", "relations")
_PLACED = ("lon", "lat", "position_source", "position_confidence", "datum", "licence", "redistributable")
_NOT_GIVEN = {*_PLACED, "facility_id", "status", *_ADDED_UP}
_RANK = {word: k for k, word in enumerate((*LOCATED, *APPROXIMATE, "none"))}
_SURENESS = {Status.CANDIDATE: 0, Status.LOADED: 1, Status.VERIFIED: 2}
_AGREE_M = 60.0  # two readings of one house
_SAME_M = 0.5  # rounding, not moving


@dataclass(frozen=True, slots=True)
class Choices:
    """What the person who imports says of the list.

    Attributes
    ----------
    kind
        Of its rows, where they do not say it themselves.
    datum
        Of its coordinates.
    source
        Who says that these places exist.
    status
        How much the district has said of them; a row's own ``status`` goes before, and nothing known is lowered.
    confidence
        What the positions of the list are good for: a word of ``position_confidence``.
    licence, redistributable
        Of the positions.
    alike
        What becomes of places that look alike and nobody decided: ask, merge or new.
    remove_gone
        The list is complete for its kind: places that it does not name are taken out.
    area
        Name of the study area, left off names and addresses when they are compared.
    """

    kind: Kind
    datum: Datum
    source: str
    status: Status = Status.CANDIDATE
    confidence: str = "address"
    licence: str = "unclear (list of the office)"
    redistributable: bool = False
    alike: Alike = "ask"
    remove_gone: bool = False
    area: str = ""


def lay_over(known: pd.Series | None, given: pd.Series, position: Found | None, choices: Choices) -> dict[str, str]:
    """Return the row of the registry that a row of the list makes.

    Parameters
    ----------
    known
        The row of the place that it is, in ``COLUMNS``; None for a new place.
    given
        The row of the list: some of ``COLUMNS`` as text, ``kind`` among them.
    position
        Where the list says it is; None where it does not.
    """
    blank = {"position_confidence": "none", "redistributable": "true", "status": Status.CANDIDATE.value}
    row = dict.fromkeys(COLUMNS, "") | blank if known is None else {c: str(known[c]) for c in COLUMNS}
    row |= {str(c): str(v) for c, v in given.items() if v and c in row and c not in _NOT_GIVEN}
    if known is not None:
        row |= {
            c: str(known[c])
            for c, alike in (("name", plain_name), ("address", plain_address))
            if alike(row[c], choices.area) == alike(str(known[c]), choices.area)
        }
    for column in _ADDED_UP:
        parts = [p for text in (row[column], str(given.get(column, ""))) for p in text.split(";") if p]
        row[column] = ";".join(dict.fromkeys(parts))
    row["status"], sure = _status(row["status"], str(given.get("status", "")), choices)
    if sure or not row["source"]:
        row["source"], row["status_reason"] = choices.source, f"list: {choices.source}"
    if position is not None and not _better_known(row, position):
        row |= _placed(position)
    return row


def new_id(kind: str, name: str, address: str, subdistrict: str, area: str, taken: set[str]) -> str:
    """Give a new place an id: the same place in another list, or the same list again, gets the same.

    Examples
    --------
    >>> new_id("base", "重庆市渝中区桂园", "", "", "渝中区", set()) == new_id("base", "桂园", "", "", "渝中区", set())
    True
    """
    plain = plain_name(name, area)
    text = plain.cores[0] + plain.branch
    for more in ("", plain_address(address, area), subdistrict, *map(str, range(2, 1000))):
        text += more
        found = _LETTERS[Kind(kind)] + hashlib.sha256(text.encode()).hexdigest()[:_ID_DIGITS]
        if found not in taken:
            return found
    return _LETTERS[Kind(kind)] + hashlib.sha256(text.encode()).hexdigest()


def what_changes(before: pd.DataFrame, after: pd.DataFrame, removed: tuple[str, ...], gone: pd.Series) -> pd.DataFrame:
    """List the changed cells (``CHANGES``).

    Parameters
    ----------
    before, after
        The registry, and the rows laid over it: ``COLUMNS`` as text, index facility_id; ``after`` has ``row`` as well.
    removed
        Places taken out.
    gone
        Index facility_id: names of the places that the list does not name and that stay.
    """
    known = before[list(COLUMNS)].to_dict("index")
    lines: list[dict[str, object]] = []
    for new in after.to_dict("records"):
        place = str(new["facility_id"])
        about = {"facility_id": place, "name": new["name"], "row": int(new["row"])}
        if place not in known:
            lines.append(about | {"change": "added", "after": new["position_confidence"]})
            continue
        old = known[place]
        moved_m = _apart(old, new)
        if moved_m is None or moved_m > _SAME_M:
            lines.append(about | {"change": "moved", "before": _at(old), "after": _at(new), "moved_m": moved_m})
        lines += [
            about | {"change": "changed", "column": c, "before": old[c], "after": new[c]}
            for c in COLUMNS
            if c not in {"lon", "lat"} and old[c] != new[c]
        ]
    names = before["name"]
    lines += [{"change": "removed", "facility_id": place, "name": names[place]} for place in removed]
    lines += [{"change": "gone", "facility_id": place, "name": name} for place, name in gone.items()]
    return pd.DataFrame(lines, columns=CHANGES)


def _status(known: str, given: str, choices: Choices) -> tuple[str, bool]:
    """Return the surer of the two, and whether the list says more than was known."""
    told = Status(given) if given in set(Status) else choices.status
    surer = _SURENESS[told] > _SURENESS[Status(known)]
    return (told.value if surer else known), surer


def _better_known(row: dict[str, str], position: Found) -> bool:
    if not row["lon"] or _RANK[row["position_confidence"]] >= _RANK[position.confidence]:
        return False
    away = GEOD.inv(float(row["lon"]), float(row["lat"]), position.lon, position.lat)[2]
    return bool(away <= _AGREE_M) or position.confidence in APPROXIMATE


def _placed(position: Found) -> dict[str, str]:
    return {
        "lon": f"{position.lon:.7f}",
        "lat": f"{position.lat:.7f}",
        "position_source": position.source,
        "position_confidence": position.confidence,
        "datum": position.datum,
        "licence": position.licence,
        "redistributable": "true" if position.redistributable else "false",
    }


def _apart(old: Mapping[Any, str], new: Mapping[Any, str]) -> float | None:
    """Metres between two positions; 0 where neither has one, None where one has."""
    if bool(old["lon"]) != bool(new["lon"]):
        return None
    if not old["lon"]:
        return 0.0
    return float(np.round(GEOD.inv(float(old["lon"]), float(old["lat"]), float(new["lon"]), float(new["lat"]))[2], 1))


def _at(row: Mapping[Any, str]) -> str:
    return f"{row['lon']},{row['lat']}" if row["lon"] else ""
