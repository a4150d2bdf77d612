"""Standards as presets: each number with its unit, its source, and whether anybody has confirmed it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from servicecircle.ingest.entries import Entry, Keys, TomlTables, open_tables, packaged_tables
from servicecircle.ingest.text_table import is_id
from servicecircle.model import Tier
from servicecircle.units import S_PER_MIN

__all__ = ["Pace", "Preset", "StandardRule", "Standards", "read_standards"]

_FILE = "standards.toml"
_LEVELS = ("primary", "middle", "vocational", "special", "kindergarten")
_UNITS = {"distance": "m", "time": "min", "share": "share", "people": "people", "dwellings": "dwellings", "text": ""}
_TESTED = ("distance", "time", "share")
_MOST_MIN = 120.0
_TITLE = ("id", "title_zh", "title_en")
_PRESET = Keys(dict.fromkeys((*_TITLE, "note_zh", "note_en"), str), frozenset(_TITLE))
_PACE = Keys({"metres": float, "seconds": float, "source": str}, frozenset({"metres", "seconds", "source"}))
_MUST: dict[str, type] = {
    "preset": str, "id": str, "name_zh": str, "name_en": str, "quantity": str, "unit": str, "confirmed": bool,
    "source": str,
}  # fmt: skip
_MAY: dict[str, type] = {
    "least": float, "value": float, "tier": str, "levels": list, "within_min": float, "note_zh": str, "note_en": str,
}  # fmt: skip
_RULE = Keys(_MUST | _MAY, frozenset(_MUST))


@dataclass(frozen=True, slots=True)
class Pace:
    """The walk a distance stands for: ``metres`` in ``seconds``."""

    metres: float
    seconds: float
    source: str


@dataclass(frozen=True, slots=True)
class Preset:
    """A standard, a guideline, or a target elsewhere."""

    id: str
    title_zh: str
    title_en: str
    note_zh: str = ""
    note_en: str = ""


@dataclass(frozen=True, slots=True)
class StandardRule:
    """One number of a standard, the upper end where it is a range; None where nobody here knows it.

    ``tier`` (and ``levels`` of schools): what of a study is held against it, None for nothing.
    """

    preset: str
    id: str
    name_zh: str
    name_en: str
    quantity: str
    unit: str
    confirmed: bool
    source: str
    least: float | None = None
    value: float | None = None
    tier: Tier | None = None
    levels: tuple[str, ...] = ()
    within_min: float | None = None
    note_zh: str = ""
    note_en: str = ""

    def limits(self, pace: Pace) -> tuple[float, float] | None:
        """Return the metres in a straight line and the seconds on foot that the rule allows; None for no reach."""
        if self.value is None or self.quantity not in _TESTED:
            return None
        if self.quantity == "distance":
            return self.value, self.value * pace.seconds / pace.metres
        seconds = S_PER_MIN * (self.value if self.quantity == "time" else self.within_min or 0.0)
        return seconds * pace.metres / pace.seconds, seconds


@dataclass(frozen=True, slots=True)
class Standards:
    """Presets in their order, which is that of their priority, and their rules."""

    presets: tuple[Preset, ...]
    rules: tuple[StandardRule, ...]
    pace: Pace


def read_standards(path: Path | None = None) -> Standards:
    """Read the packaged presets; a file of one's own replaces presets of the same id and adds others.

    Raises
    ------
    InputError
        All faults of the file: a key that is missing, unknown or of a wrong type; a number out of range, without a
        source or with another unit; an empty cell without a note that says why.

    Examples
    --------
    >>> rule = next(rule for rule in read_standards().rules if rule.id == "primary_school" and rule.value)
    >>> rule.value, rule.unit, rule.confirmed
    (500.0, 'm', True)
    """
    packaged = _read(packaged_tables(_FILE), None)
    if path is None:
        return packaged
    own = _read(open_tables(path), packaged.pace)
    replaced = {preset.id for preset in own.presets}
    return Standards(
        own.presets + tuple(preset for preset in packaged.presets if preset.id not in replaced),
        own.rules + tuple(rule for rule in packaged.rules if rule.preset not in replaced),
        own.pace,
    )


def _read(tables: TomlTables, pace: Pace | None) -> Standards:
    tables.only(("pace", "preset", "rule"))
    presets = tables.entries("preset", _PRESET)
    ids = [entry.get("id", "") for _, entry in presets]
    for k, (row, entry) in enumerate(presets):
        name = ids[k]
        _check_id(tables, row, entry, twice=name in ids[:k])
    if pace is None or "pace" in tables.content:
        head = tables.head("pace", _PACE)
        for key in ("metres", "seconds"):
            if head.get(key, 1.0) <= 0:
                tables.note(None, f"pace.{key}", "no walk", "give a number above 0", head[key])
        pace = Pace(head.get("metres", 1.0), head.get("seconds", 1.0), head.get("source", ""))
    rules = tables.entries("rule", _RULE)
    seen: set[tuple[str, str]] = set()
    for row, entry in rules:
        whole = (entry.get("preset", ""), entry.get("id", ""))
        _check_id(tables, row, entry, twice=whole in seen)
        _check_cell(tables, row, entry)
        _check_test(tables, row, entry, ids)
        seen.add(whole)
    tables.done()
    return Standards(tuple(Preset(**entry) for _, entry in presets), tuple(_rule(entry) for _, entry in rules), pace)


def _check_id(tables: TomlTables, row: int, entry: Entry, *, twice: bool) -> None:
    wrong = not is_id(entry.get("id", "x"))
    faults = [
        (wrong, "id", "not an id", "use letters, digits, - _ . only"),
        (twice and not wrong, "id", "the id occurs twice", "keep one of the two"),
    ]
    tables.check(row, entry, faults)


def _check_cell(tables: TomlTables, row: int, entry: Entry) -> None:
    quantity, value, least = entry.get("quantity", "text"), entry.get("value"), entry.get("least")
    unit = _UNITS.get(quantity, "")
    told = all(entry.get(key, "").strip() for key in ("note_zh", "note_en"))
    empty = value is None and not any(fault.row == row and fault.column == "value" for fault in tables.faults)
    known = quantity in _UNITS
    turned = least is not None and value is not None and not 0 < least < value
    faults = [
        (not known, "quantity", "an unknown quantity", f"use one of: {', '.join(_UNITS)}"),
        (known and entry.get("unit", unit) != unit, "unit", "not the unit of the quantity", f'write "{unit}"'),
        (not entry.get("source", "x").strip(), "source", "no source", "name the standard and where it was seen"),
        (value is not None and value <= 0, "value", "not above 0", "leave out what is not known"),
        (quantity == "share" and (value or 0) > 1, "value", "a share above 1", "write 85 % as 0.85"),
        (quantity == "time" and (value or 0) > _MOST_MIN, "value", "more than 120 minutes", "give minutes"),
        (quantity == "text" and value is not None, "value", "a text has no value", "take it out"),
        (least is not None and value is None, "least", "half a range", "give value, its upper end"),
        (turned, "least", "not below the value", "least < value"),
        (empty and not told, "note_en", "an empty cell that says nothing", "say why in note_zh and note_en"),
        (empty and quantity != "text" and entry.get("confirmed", False), "confirmed",
         "nothing is confirmed where nothing is given", "write confirmed = false, or give the value"),
    ]  # fmt: skip
    tables.check(row, entry, faults)


def _check_test(tables: TomlTables, row: int, entry: Entry, presets: list[str]) -> None:
    tier, quantity, levels = entry.get("tier"), entry.get("quantity"), entry.get("levels", [])
    within, shared = entry.get("within_min"), quantity == "share" and tier is not None
    known = ", ".join(_LEVELS)
    untested = tier is not None and quantity in _UNITS and quantity not in _TESTED
    faults = [
        (entry.get("preset", "") not in presets, "preset", "no such preset", f"use one of: {', '.join(presets)}"),
        (tier is not None and tier not in list(Tier), "tier", "unknown tier", f"use one of: {', '.join(Tier)}"),
        (untested, "tier", "no reach to be tested", f"only with: {', '.join(_TESTED)}"),
        (any(level not in _LEVELS for level in levels), "levels", "unknown level", f"use any of: {known}"),
        (bool(levels) and tier != Tier.SCHOOL, "levels", "only schools have levels", 'with tier = "school" only'),
        (shared and within is None, "within_min", "a share of nothing", "say within how many minutes"),
        (within is not None and not 0 < within <= _MOST_MIN, "within_min", "not 0 to 120 minutes", "give minutes"),
        (within is not None and not shared, "within_min", "only a tested share has it", "take it out"),
    ]
    tables.check(row, entry, faults)


def _rule(entry: Entry) -> StandardRule:
    values: dict[str, Any] = dict(entry)
    values["tier"] = Tier(entry["tier"]) if "tier" in entry else None
    values["levels"] = tuple(entry.get("levels", ()))
    return StandardRule(**values)
