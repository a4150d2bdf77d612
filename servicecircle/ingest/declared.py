"""Published counts, ``declared.toml``."""

from __future__ import annotations

import re
from pathlib import Path

from servicecircle.hours import is_day
from servicecircle.ingest.entries import Keys, open_tables
from servicecircle.model import Declared

__all__ = ["read_declared"]

_OF = re.compile(r"school|community|base|category|route|(category|designation):[a-z][a-z0-9_]*")
_TYPES: dict[str, type] = {"of": str, "count": int, "at_least": bool, "wording": str, "paper": str, "date": str}
_KEYS = Keys(_TYPES, frozenset(_TYPES))


def read_declared(path: Path) -> tuple[Declared, ...]:
    """Read the published counts, each with the words and the paper it stands in.

    Raises
    ------
    InputError
        The file cannot be read; a key is missing, unknown or of a wrong type; a count is negative or given twice.
    """
    tables = open_tables(path)
    tables.only(("declared",))
    entries = tables.entries("declared", _KEYS)
    seen: set[str] = set()
    for row, entry in entries:
        of, count, date = entry.get("of", ""), entry.get("count", 0), entry.get("date", "2000-01-01")
        faults = [
            (not _OF.fullmatch(of), "of", "counts of nothing known", "use school, base, designation:ID, ..."),
            (of in seen, "of", "counted twice", "keep the newer count"),
            (count < 0, "count", "a count below 0", "give the published count, or leave the entry out"),
            (not is_day(date), "date", "not a date", "write it as 2025-12-10"),
        ]
        tables.check(row, entry, faults)
        seen.add(of)
    tables.done()
    return tuple(Declared(**entry) for _, entry in entries)
