"""From a list as people keep it to a table in our columns and words, with every fault of the file.

A column whose heading is not known is left out and named; one that announces what belongs to a person is never taken.
Which datum the coordinates have, and whether longitude and latitude are swapped, is judged elsewhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from servicecircle.errors import Fault, InputError
from servicecircle.ingest.headings import Header, Headings, read_headings
from servicecircle.ingest.particulars import check_particulars
from servicecircle.ingest.sheet import Sheet
from servicecircle.ingest.text_table import TextTable
from servicecircle.model import Kind
from servicecircle.registry.cells import Refused, Translate, hidden_character, split_position, translators
from servicecircle.schemas import FACILITY_COLUMNS, FACILITY_OPTIONAL

__all__ = ["Intake", "read_intake"]

_OURS = (*FACILITY_COLUMNS, *FACILITY_OPTIONAL)
_INTO = {"lonlat": ("lon", "lat"), "latlon": ("lat", "lon"), "booking": ("access",)}
_BREAK = re.compile(r"\s*[\r\n]+\s*")
_SAVE = "begin the list with a row of headings such as 名称, 地址, 经度, 纬度"
_AMONG_OTHERS = "relations"  # judged in the whole registry, where the other place is


@dataclass(frozen=True, slots=True)
class Intake:
    """A list in our columns.

    Attributes
    ----------
    table
        Text in those of our columns that the list has, and ``kind``; index: row as a spreadsheet program shows it.
        All faults of the list; their columns are the list's own headings.
    headings
        Our column -> the heading in the file.
    untaken
        Headings that were not taken.
    notes
        What a person should know: the sheet, rows left out, columns never taken.
    """

    table: TextTable
    headings: Mapping[str, str]
    untaken: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Column:
    """A column that is taken: where it stands, its heading, what it means, the columns of ours it fills."""

    at: int
    heading: str
    field: str
    into: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    cells: Mapping[str, str]


def read_intake(sheet: Sheet, kind: Kind, categories: pd.DataFrame) -> Intake:
    """Find the header of a list and take its rows in our columns and words.

    Parameters
    ----------
    sheet
        The list, as ``read_sheet`` returns it.
    kind
        What its places are; a column of kinds goes before it.
    categories
        Categories of bases: index category; ``name_zh, name_en``.

    Raises
    ------
    InputError
        No row of the list is a header. Everything else that is wrong is in ``table.faults``.
    """
    words = read_headings()
    header = words.header(sheet.cells)
    if header is None:
        raise InputError([Fault("no row of headings", _SAVE, sheet.file, sheet.rows[0] if sheet.rows else None)])
    columns, faults = _columns(sheet, header, kind)
    rows, passed = _rows(sheet, header, columns, words)
    if not rows and not faults:
        faults.append(Fault("no rows below the headings", "add at least one", sheet.file, sheet.rows[header.last]))
    cells, wrong = _translated(sheet, columns, rows, translators(categories))
    headings = {name: column.heading for column in columns for name in column.into}
    faults += wrong + _judged(sheet.file, cells, headings, wrong)
    order = {column.heading: i for i, column in enumerate(columns)}
    faults.sort(key=lambda fault: (fault.row or 0, order.get((fault.column or "").split(", ")[0], -1)))
    own = cells.get("kind", pd.Series("", cells.index, dtype=str))
    cells["kind"] = own.where(own != "", kind.value)
    table = TextTable(sheet.file, cells[[name for name in _OURS if name in cells.columns]], faults)
    taken = {column.at for column in columns}
    untaken = tuple(_shown(h) for i, h in enumerate(header.headings) if h.strip() and i not in taken)
    return Intake(table, headings, untaken, (*sheet.notes, *_notes(untaken, words), *passed))


def _columns(sheet: Sheet, header: Header, kind: Kind) -> tuple[list[_Column], list[Fault]]:
    """Return the columns to take; two for one of ours are a fault, and the first is taken."""
    row = sheet.rows[header.last]
    categorised = "kind" in header.fields or kind in {Kind.BASE, Kind.VENUE}
    columns: list[_Column] = []
    faults: list[Fault] = []
    owner: dict[str, str] = {}
    for i, (heading, field) in enumerate(zip(header.headings, header.fields, strict=True)):
        # the class of a school (公办, 民办) is no category of a base
        if field is None or (field == "category" and not categorised):
            continue
        shown = _shown(heading)
        into = _INTO.get(field, (field,))
        rival = next((owner[name] for name in into if name in owner), None)
        if rival is not None:
            problem = f"a second column for {', '.join(into)}, beside {rival}"
            faults.append(Fault(problem, "keep one, or rename the other", sheet.file, row, shown))
            continue
        owner |= dict.fromkeys(into, shown)
        columns.append(_Column(i, shown, field, into))
    if "name" not in owner:
        faults.append(Fault("no column of names", "call it 名称 or name", sheet.file, row))
    for one, other in (("lon", "lat"), ("lat", "lon")):
        if one in owner and other not in owner:
            remedy = "give both, 经度 and 纬度, or neither"
            faults.append(Fault(f"{one} without {other}", remedy, sheet.file, row, owner[one]))
    return columns, faults


def _shown(heading: str) -> str:
    return " ".join(heading.split())


def _rows(sheet: Sheet, header: Header, columns: list[_Column], words: Headings) -> tuple[list[_Row], list[str]]:
    """Return the rows below the header without empty ones, repeated headers and the rows that close a list."""
    rows: list[_Row] = []
    left: Counter[str] = Counter()
    repeated = [sheet.cells[i] for i in range(header.first, header.last + 1)]
    for number, cells in zip(sheet.rows[header.last + 1 :], sheet.cells[header.last + 1 :], strict=True):
        taken = {c.field: cells[c.at].strip() if c.at < len(cells) else "" for c in columns}
        given = [text for text in taken.values() if text]
        broken = any((number, c.at) in sheet.unreadable for c in columns)
        if not given and not broken:
            left["without anything in the columns taken"] += 1
        elif cells in repeated:
            left["that repeat the headings"] += 1
        elif len(given) <= 2 and words.is_footer(next(filter(str.strip, cells), "")):  # noqa: PLR2004
            left["that close the list"] += 1
        else:
            rows.append(_Row(number, taken))
    return rows, [f"left out {count} rows {why}" for why, count in left.items()]


def _translated(
    sheet: Sheet, columns: list[_Column], rows: list[_Row], translate: Mapping[str, Translate]
) -> tuple[pd.DataFrame, list[Fault]]:
    """Return the cells in our words, empty where they are a fault."""
    faults: list[Fault] = []
    taken: dict[str, list[str]] = {name: [] for column in columns for name in column.into}
    for column in columns:
        for row in rows:
            found = _cell(sheet, column, row, translate)
            if isinstance(found, Fault):
                faults.append(found)
                found = ("",) * len(column.into)
            for name, text in zip(column.into, found, strict=True):
                taken[name].append(text)
    index = pd.Index([row.number for row in rows], dtype=np.int64, name="row")
    return pd.DataFrame(taken, index, dtype=str), faults


def _cell(sheet: Sheet, column: _Column, row: _Row, translate: Mapping[str, Translate]) -> tuple[str, ...] | Fault:
    where = (sheet.file, row.number, column.heading)
    if (row.number, column.at) in sheet.unreadable:
        problem, value = sheet.unreadable[row.number, column.at]
        return Fault(problem, "put the value in its place in a spreadsheet program, and save", *where, value or None)
    text = unicodedata.normalize("NFC", row.cells[column.field])
    if column.field != "name":
        text = _BREAK.sub("; " if column.field == "opening_hours" else " ", text)
    if not text:
        return ("",) * len(column.into)
    refused = hidden_character(text)
    parts: tuple[str, ...] | Refused = refused or ((text,) if len(column.into) == 1 else split_position(text))
    if isinstance(parts, Refused):
        return Fault(parts.problem, parts.remedy, *where, text)
    found: list[str] = []
    for field, part in zip((column.field,) if len(parts) == 1 else column.into, parts, strict=True):
        ours = translate[field](part) if field in translate else part
        if isinstance(ours, Refused):
            return Fault(ours.problem, ours.remedy, *where, text)
        found.append(ours)
    return tuple(found)


def _judged(file: str, cells: pd.DataFrame, headings: Mapping[str, str], earlier: list[Fault]) -> list[Fault]:
    """Return what is wrong with the cells together, and with what families ask of a place."""
    whole = TextTable(file, cells.reindex(columns=list(_OURS), fill_value="").assign(**{_AMONG_OTHERS: ""}))
    check_particulars(whole)
    blamed = {(fault.row, fault.column) for fault in earlier}

    def clean(name: str) -> pd.Series[bool]:
        heading = headings.get(name)
        return pd.Series([(row, heading) not in blamed for row in cells.index], cells.index, dtype=bool)

    whole_cells = whole.cells
    if "name" in headings:
        nameless = (whole_cells["name"] == "") & clean("name")
        whole.check(nameless, "name", "the name is empty", "give the place's name, or delete the row")
    ids = whole_cells["facility_id"]
    whole.check(ids.duplicated() & (ids != ""), "facility_id", "the id occurs twice", "keep one of the two rows")
    if "lon" in headings and "lat" in headings:
        half = ((whole_cells["lon"] == "") ^ (whole_cells["lat"] == "")) & clean("lon") & clean("lat")
        whole.check(half, "lon, lat", "half a position", "give both, or neither")
    return [replace(fault, column=_own(fault.column or "", headings)) for fault in whole.faults]


def _own(columns: str, headings: Mapping[str, str]) -> str:
    """Return the list's own headings of one or two of our columns."""
    return ", ".join(dict.fromkeys(headings.get(name, name) for name in columns.split(", ")))


def _notes(untaken: tuple[str, ...], words: Headings) -> list[str]:
    personal = [heading for heading in untaken if words.is_personal(heading)]
    others = [heading for heading in untaken if heading not in personal]
    notes = [f"columns of persons are never taken: {', '.join(personal)}"] if personal else []
    return notes + ([f"columns not taken: {', '.join(others)}"] if others else [])
