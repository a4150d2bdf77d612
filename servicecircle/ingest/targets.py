"""What a plan aims at: numbers of places by year, in words of our own, with the paper and its date."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from servicecircle.hours import is_day
from servicecircle.ingest.entries import Entry, Keys, TomlTables, open_tables
from servicecircle.ingest.text_table import is_id
from servicecircle.model import Tier
from servicecircle.schemas import DESIGNATIONS

__all__ = ["Target", "read_targets"]

_YEAR = re.compile(r"(19|20)\d\d", re.ASCII)
_MUST = dict.fromkeys(("id", "of", "text_zh", "text_en", "paper", "date"), str)
_MAY: dict[str, type] = {"year": int, "least": int, "most": int, "share": float, "reading": str}
_TARGET = Keys(_MUST | _MAY, frozenset(_MUST))
_OF = (*Tier, *(f"designation:{title}" for title in DESIGNATIONS))


@dataclass(frozen=True, slots=True)
class Target:
    """A number of places aimed at by the end of a year, as far as the plan gives number and year.

    ``of``: a tier, or ``designation:ID``. ``share``: 1 for all of them, where the plan gives no number.
    """

    id: str
    of: str
    text_zh: str
    text_en: str
    paper: str
    date: str
    year: int | None = None
    least: int | None = None
    most: int | None = None
    share: float | None = None
    reading: str = ""


def read_targets(path: Path | None) -> tuple[Target, ...]:
    """Read the targets of a plan; a study without the file has none.

    Raises
    ------
    InputError
        All faults of the file: a key that is missing, unknown or of a wrong type; an id given twice; a target of
        nothing known; a year, date or number that is none.

    Examples
    --------
    >>> from servicecircle.datasets import bundled_study
    >>> len(read_targets(bundled_study() / "targets.toml")), len(read_targets(None))
    (9, 0)
    """
    if path is None:
        return ()
    tables = open_tables(path)
    tables.only(("target",))
    seen: set[str] = set()
    entries = tables.entries("target", _TARGET)
    for row, entry in entries:
        _check(tables, row, entry, twice=entry.get("id") in seen)
        seen.add(entry.get("id", ""))
    tables.done()
    return tuple(Target(**entry) for _, entry in entries)


def _check(tables: TomlTables, row: int, entry: Entry, *, twice: bool) -> None:
    least, most, share = entry.get("least"), entry.get("most"), entry.get("share")
    turned = least is not None and most is not None and least >= most
    empty = [key for key in ("text_zh", "text_en", "paper") if not entry.get(key, "x").strip()]
    faults = [
        (not is_id(entry.get("id", "x")), "id", "not an id", "use letters, digits, - _ . only"),
        (twice, "id", "the id occurs twice", "keep one of the two"),
        (entry.get("of", "school") not in _OF, "of", "a target of nothing known", f"use one of: {', '.join(_OF)}"),
        (not _YEAR.fullmatch(str(entry.get("year", 2026))), "year", "not a year", "write it as 2026, or leave it out"),
        (not is_day(entry.get("date", "2026-01-01")), "date", "not a date", "write it as 2024-05-21"),
        (least is not None and least < 1, "least", "a target below 1", "give the number aimed at, or leave it out"),
        (most is not None and least is None, "most", "half a range", "give least, too"),
        (turned, "most", "not above least", "least < most"),
        (share is not None and (not 0 < share <= 1 or least is not None), "share", "no share",
         "give 1.0 for all of them, or least"),
    ]  # fmt: skip
    tables.check(row, entry, faults)
    for key in empty:
        tables.note(row, key, "it is empty", "fill it in", entry[key])
