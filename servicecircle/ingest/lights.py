"""The rules of the red, yellow and green lights, and the figures that an office brings to them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd

from servicecircle.hours import is_day
from servicecircle.ingest.entries import Entry, Keys, TomlTables, open_tables, packaged_tables
from servicecircle.ingest.text_table import is_id, read_text_table

__all__ = ["GROUPS", "UNIT_KINDS", "Item", "LightRules", "read_light_rules", "read_ratings"]

GROUPS = ("basic", "specialty", "satisfaction", "negative")
UNIT_KINDS = ("subdistrict", "community", "school")

_FILE = "lights.toml"
_RATINGS = ("unit_kind", "unit", "item", "value", "source", "date")
_FULL = 100.0
_LIGHT = Keys(
    {"green": float, "yellow": float, "provisional": bool, "note_zh": str, "note_en": str},
    frozenset({"green", "yellow", "provisional"}),
)
_MUST: dict[str, type] = {
    "id": str, "group": str, "units": list, "name_zh": str, "name_en": str, "unit": str, "direction": str,
    "source": str,
}  # fmt: skip
_MAY: dict[str, type] = {
    "column": str, "imported": bool, "between": list, "zero_at": float, "full_at": float, "steps": list,
    "weight": float, "limit": float, "most": str, "required": bool,
}  # fmt: skip
_ITEM = Keys(_MUST | _MAY, frozenset(_MUST))


@dataclass(frozen=True, slots=True)
class Item:
    """One figure that a light is made of, and how it is scored.

    ``steps``: (value, score), from the worst to the best value; the score of a linear item runs from ``zero_at`` (0) to
    ``full_at`` (100). A negative item has neither: beyond ``limit`` the light is at most ``most``.
    """

    id: str
    group: str
    units: tuple[str, ...]
    name_zh: str
    name_en: str
    unit: str
    direction: str
    source: str
    column: str | None = None
    imported: bool = False
    between: tuple[float, float] | None = None
    zero_at: float | None = None
    full_at: float | None = None
    steps: tuple[tuple[float, float], ...] = ()
    weight: float = 0.0
    limit: float | None = None
    most: str | None = None
    required: bool = True


@dataclass(frozen=True, slots=True)
class LightRules:
    """Items and cut-offs; ``provisional`` until an office has decided on them."""

    items: tuple[Item, ...]
    green: float
    yellow: float
    provisional: bool
    note_zh: str = ""
    note_en: str = ""


def read_light_rules(path: Path | None = None) -> LightRules:
    """Read the rules of the lights; without a path the packaged example.

    Raises
    ------
    InputError
        All faults of the file: a key that is missing, unknown or of a wrong type; cut-offs or scores out of order; an
        item without a way to be scored, or with two; a kind of unit that nothing is scored for.

    Examples
    --------
    >>> rules = read_light_rules()
    >>> rules.provisional, sorted({item.group for item in rules.items})
    (True, ['basic', 'negative', 'satisfaction', 'specialty'])
    """
    tables = packaged_tables(_FILE) if path is None else open_tables(path)
    tables.only(("light", "item"))
    head = tables.head("light", _LIGHT)
    green, yellow = head.get("green", _FULL), head.get("yellow", 0.0)
    if not 0 <= yellow <= green <= _FULL:
        tables.note(None, "light.yellow", "the cut-offs are out of order", "0 <= yellow <= green <= 100", yellow)
    entries = tables.entries("item", _ITEM)
    seen: set[str] = set()
    for row, entry in entries:
        _check_item(tables, row, entry, twice=entry.get("id") in seen)
        _check_score(tables, row, entry)
        seen.add(entry.get("id", ""))
    scored = {kind for _, entry in entries if entry.get("weight", 0) > 0 for kind in entry.get("units", [])}
    for row, entry in entries:
        lost = [kind for kind in entry.get("units", []) if kind in UNIT_KINDS and kind not in scored]
        tables.check(
            row, entry, [(bool(lost), "units", "nothing is scored for this kind", "give an item with a weight")]
        )
    tables.done()
    return LightRules(tuple(_item(entry) for _, entry in entries), **head)


def read_ratings(path: Path, rules: LightRules, units: Mapping[str, Collection[str]]) -> pd.DataFrame:
    """Read the figures that an office brings: ``unit_kind, unit, item, value, source, date``, one a row.

    Parameters
    ----------
    path
        A UTF-8 CSV file; further columns begin with ``x_``.
    rules
        They say which items are imported, for which kinds of unit, and between which values.
    units
        Ids of the study by kind of unit.

    Raises
    ------
    InputError
        All faults of the file, each with its row, column, value and remedy.
    """
    table = read_text_table(path, _RATINGS, may_be_empty=True)
    cells = table.cells
    table.check_word("unit_kind", UNIT_KINDS)
    items = {item.id: item for item in rules.items if item.imported}
    table.check_word("item", list(items))
    kinds = list(zip(cells["unit_kind"], cells["unit"], strict=True))
    strange = [kind in UNIT_KINDS and unit not in set(units.get(kind, ())) for kind, unit in kinds]
    table.check(_mask(strange, cells), "unit", "no such unit in the study", "give its code or facility_id")
    pairs = list(zip(cells["unit_kind"], cells["item"], strict=True))
    foreign = [item in items and kind in UNIT_KINDS and kind not in items[item].units for kind, item in pairs]
    table.check(_mask(foreign, cells), "item", "not an item of this kind of unit", "see units in lights.toml")
    value = table.numbers("value")
    table.check(cells["value"] == "", "value", "no value", "give it, or leave the row out")
    bounds = {name: item.between for name, item in items.items() if item.between}
    outside = [
        name in bounds and not pd.isna(v) and not bounds[name][0] <= v <= bounds[name][1]
        for name, v in zip(cells["item"], value, strict=True)
    ]
    table.check(_mask(outside, cells), "value", "out of range", "see between in lights.toml; 85 % is 0.85")
    table.check(cells["source"].str.strip() == "", "source", "no source", "say who says so")
    table.check(~cells["date"].map(is_day).astype(bool), "date", "not a date", "write it as 2026-09-01")
    key = ["unit_kind", "unit", "item"]
    table.check(cells.duplicated(key), ", ".join(key), "given twice", "keep the newer figure")
    return table.done()[list(_RATINGS)].assign(value=value).reset_index(drop=True)


def _mask(wrong: list[bool], cells: pd.DataFrame) -> pd.Series[bool]:
    return pd.Series(wrong, index=cells.index, dtype=bool)


def _check_item(tables: TomlTables, row: int, entry: Entry, *, twice: bool) -> None:
    group, units, imported = entry.get("group", "basic"), entry.get("units", ["school"]), entry.get("imported", False)
    between = entry.get("between", [0, 1])
    known = all(kind in UNIT_KINDS for kind in units)
    pair = len(between) == 2 and all(_is_number(v) for v in between) and between[0] < between[1]  # noqa: PLR2004
    named = bool(entry.get("column", "").strip())
    faults = [
        (not is_id(entry.get("id", "x")), "id", "not an id", "use letters, digits, - _ . only"),
        (twice, "id", "the id occurs twice", "keep one of the two"),
        (group not in GROUPS, "group", "unknown group", f"use one of: {', '.join(GROUPS)}"),
        (not units or not known or len(set(units)) < len(units), "units", "unknown or repeated kind of unit",
         f"use any of: {', '.join(UNIT_KINDS)}"),
        (imported == named, "column", "computed and imported, or neither", "give column, or imported = true"),
        (not pair, "between", "no range", "write it as between = [0, 100]"),
        ("between" in entry and not imported, "between", "only imported items have a range", "take it out"),
        (not entry.get("name_zh", "x").strip(), "name_zh", "the name is empty", "give it"),
        (not entry.get("name_en", "x").strip(), "name_en", "the name is empty", "give it"),
        (not entry.get("source", "x").strip(), "source", "no source", "say who decided it, or: example"),
        (entry.get("direction", "higher") not in {"higher", "lower"}, "direction", "unknown direction",
         "say which is better: higher or lower"),
    ]  # fmt: skip
    tables.check(row, entry, faults)


def _check_score(tables: TomlTables, row: int, entry: Entry) -> None:
    negative, steps, sign = entry.get("group") == "negative", entry.get("steps"), _sign(entry)
    zero, full = entry.get("zero_at"), entry.get("full_at")
    linear = zero is not None and full is not None
    half = (zero is None) != (full is None)
    scored = linear or half or steps is not None
    if negative:
        faults = [
            (scored or "weight" in entry, "weight", "the negative list is not scored", "give limit and most alone"),
            ("limit" not in entry, "limit", "the key is missing", "say beyond which value it applies"),
            (entry.get("most") not in {"red", "yellow"}, "most", "unknown light", "use red or yellow"),
        ]
    else:
        backwards = zero is not None and full is not None and not (full - zero) * sign > 0
        faults = [
            (half, "full_at", "half a line", "give zero_at and full_at"),
            (linear and steps is not None, "steps", "scored in two ways", "keep zero_at and full_at, or steps"),
            (not scored, "full_at", "no way to be scored", "give zero_at and full_at, or steps"),
            (backwards, "full_at", "against the direction", "the better value has the full score"),
            (steps is not None and not _is_stair(steps, sign), "steps", "no stair",
             "[[value, score], ...]: better values, scores that do not fall, from 0 to 100"),
            (not entry.get("weight", 0.0) > 0, "weight", "no weight", "give a number above 0"),
            ("limit" in entry or "most" in entry, "limit", "only the negative list has a limit", "take it out"),
        ]  # fmt: skip
    tables.check(row, entry, faults)


def _sign(entry: Entry) -> int:
    return -1 if entry.get("direction") == "lower" else 1


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf")


def _is_stair(steps: list[Any], sign: int) -> bool:
    """Whether better values follow each other and no score falls."""
    pairs = all(isinstance(s, list) and len(s) == 2 and all(_is_number(v) for v in s) for s in steps)  # noqa: PLR2004
    if not steps or not pairs:
        return False
    better = all((b[0] - a[0]) * sign > 0 for a, b in pairwise(steps))
    scores = [0.0, *(s[1] for s in steps), _FULL]
    return better and scores == sorted(scores)


def _item(entry: Entry) -> Item:
    values: dict[str, Any] = dict(entry)
    values["units"] = tuple(entry["units"])
    if "between" in entry:
        values["between"] = tuple(float(v) for v in entry["between"])
    if "steps" in entry:
        values["steps"] = tuple((float(value), float(score)) for value, score in entry["steps"])
    return Item(**values)
