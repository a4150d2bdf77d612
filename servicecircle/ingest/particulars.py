"""What a family asks of a place: who may come, when, how many fit in, where to read more; and what belongs together."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pandas as pd

from servicecircle.hours import are_hours, is_day
from servicecircle.ingest.text_table import TextTable
from servicecircle.model import Access, Relation

__all__ = ["check_particulars", "relations_of"]

_WHOLE = re.compile(r"[1-9][0-9]{0,5}")
_PERSONAL = re.compile(r"(?<![\d/])(?:1[3-9]\d[ -]?\d{4}[ -]?\d{4}|\d{17}[\dXx])(?!\d)", re.ASCII)
_WRITTEN = ("name", "address", "note", "contact", "website")


def check_particulars(table: TextTable) -> None:
    """Note the faults of ``access, opening_hours, capacity, website, contact, relations`` and of the dates."""
    cells = table.cells
    table.check_word("access", list(Access), empty=True)
    for column, fits, problem, remedy in (
        ("opening_hours", are_hours, "not opening hours", "write Tu-Su 09:00-17:00; PH off"),
        ("capacity", _is_count, "not a number of people", "give a whole number from 1, or nothing"),
        ("website", _is_address, "not a web address", "begin with https://"),
        ("open_from", is_day, "not a date", "write it as 2026-09-01"),
        ("open_to", is_day, "not a date", "write it as 2026-09-01"),
    ):
        wrong = (cells[column] != "") & ~cells[column].map(fits).astype(bool)
        table.check(wrong, column, problem, remedy)
    both = (cells["open_from"] != "") & (cells["open_to"] != "")
    turned = both & (cells["open_from"] > cells["open_to"])
    table.check(turned, "open_from, open_to", "closed before it opens", "swap them, or correct one")
    for column in _WRITTEN:
        personal = cells[column].str.contains(_PERSONAL, regex=True).astype(bool)
        remedy = "take it out; contact holds a line of the office"
        table.check(personal, column, "looks like a personal telephone or identity number", remedy)
    _check_relations(table)


def relations_of(text: str) -> list[tuple[str, str]]:
    """Return the relations of a cell, as (word, facility_id).

    Examples
    --------
    >>> relations_of("part_of:B0e8bbc;partner:S12")
    [('part_of', 'B0e8bbc'), ('partner', 'S12')]
    """
    pairs = [part.partition(":") for part in text.split(";")] if text else []
    return [(word.strip(), other.strip()) for word, _, other in pairs]


def _check_relations(table: TextTable) -> None:
    cells = table.cells
    known = set(cells["facility_id"])
    words = ", ".join(Relation)

    def wrong(row: pd.Series) -> str:
        given = relations_of(row["relations"])
        if len(set(given)) < len(given):
            return "given twice"
        if any(word not in set(Relation) for word, _ in given):
            return "unknown relation"
        if any(other == row["facility_id"] for _, other in given):
            return "related to itself"
        return "" if all(other in known for _, other in given) else "no such place"

    given = cells.loc[cells["relations"] != "", ["facility_id", "relations"]]
    problems = given.apply(wrong, axis=1).reindex(cells.index).fillna("") if len(given) else cells["relations"]
    for problem in sorted(set(problems) - {""}) if len(given) else ():
        remedy = f"write part_of:ID, with the id of another row; relations are {words}; join with ;"
        table.check(problems == problem, "relations", problem, remedy)


def _is_count(text: str) -> bool:
    return _WHOLE.fullmatch(text) is not None


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    plain = not any(c.isspace() or c in "\"'<>`\\" for c in text)
    return plain and parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
