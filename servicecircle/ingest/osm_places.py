"""Which objects of OpenStreetMap are places of a study: rules from a file, the first that fits decides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from servicecircle.ingest.entries import Entry, Keys, TomlTables, open_tables, packaged_tables
from servicecircle.ingest.text_table import is_id
from servicecircle.model import Kind

__all__ = ["PartRule", "PlaceMapping", "PlaceRule", "read_mapping"]

_ANY = "*"
_LEVELS = ("primary", "middle", "vocational", "special", "kindergarten")
_CATEGORY = Keys(
    {"id": str, "name_zh": str, "name_en": str, "published": bool, "note": str},
    frozenset({"id", "name_zh", "name_en", "published"}),
)
_PLACE = Keys(
    {"when": list, "named": list, "kind": str, "category": str, "level": str, "leave_out": str}, frozenset({"when"})
)
_PARTS = Keys({"levels": list, "least_share": float}, frozenset())
_COARSEST, _FINEST = 1, 12  # of admin_level
_BASED = (Kind.BASE, Kind.VENUE)

Condition = Mapping[str, frozenset[str] | None]
"""Key to accepted values, None for any value."""


@dataclass(frozen=True, slots=True)
class PlaceRule:
    """What an object is that meets one of ``when`` (all of it) and has one of ``named`` in its name.

    ``leave_out`` says why it is no place; else ``kind``, ``category`` and ``level`` are those of a row.
    """

    when: tuple[Condition, ...]
    named: tuple[str, ...] = ()
    kind: str = ""
    category: str = ""
    level: str = ""
    leave_out: str = ""

    def fits(self, tags: Mapping[str, str]) -> bool:
        """Whether an object with these tags is meant."""
        met = any(
            all(key in tags and (values is None or tags[key] in values) for key, values in condition.items())
            for condition in self.when
        )
        names = [value.casefold() for key, value in tags.items() if key == "name" or key.startswith("name:")]
        return met and (not self.named or any(part in name for part in self.named for name in names))


@dataclass(frozen=True, slots=True)
class PartRule:
    """Which outlines are subdistricts: of the first of ``levels`` that covers ``least_share`` of the land."""

    levels: tuple[int, ...] = (8, 9, 10)
    least_share: float = 0.9


@dataclass(frozen=True, slots=True)
class PlaceMapping:
    """The rules, and the categories that they sort into as the tables of ``categories.toml``; ``parts`` of an area."""

    rules: tuple[PlaceRule, ...]
    categories: tuple[Mapping[str, Any], ...]
    parts: PartRule = PartRule()

    def rule_of(self, tags: Mapping[str, str]) -> PlaceRule | None:
        """Return the first rule that fits, None where the object is nothing to us."""
        return next((rule for rule in self.rules if rule.fits(tags)), None)

    def wanted(self) -> dict[str, list[str] | bool]:
        """Return the tags to ask a map for: the first key of each condition, with its values or True for any."""
        wanted: dict[str, list[str] | bool] = {}
        for condition in (c for rule in self.rules for c in rule.when):
            key, values = next(iter(condition.items()))
            known = wanted.setdefault(key, [])
            wanted[key] = True if values is None or known is True else sorted({*known, *values})  # type: ignore[misc]
        return dict(sorted(wanted.items()))


def read_mapping(path: Path | None = None) -> PlaceMapping:
    """Read rules; without a path those of the package, ``rules/osm_places.toml``.

    Raises
    ------
    InputError
        The file cannot be read; a key, kind, category, level or condition is unknown or of a wrong type: all faults.

    Examples
    --------
    >>> read_mapping().rule_of({"amenity": "school", "name": "人和街小学"}).level
    'primary'
    """
    tables = packaged_tables("osm_places.toml") if path is None else open_tables(path)
    tables.only(("subdistricts", "category", "place"))
    categories = tables.entries("category", _CATEGORY)
    known = [entry.get("id", "") for _, entry in categories]
    for row, entry in categories:
        name = entry.get("id", "x")
        tables.check(
            row,
            entry,
            [
                (not is_id(name), "id", "not an id", "use letters, digits, - _ . only"),
                (known.count(name) > 1, "id", "the id occurs twice", "keep one of the two"),
            ],
        )
    places = tables.entries("place", _PLACE)
    for row, entry in places:
        _check(tables, row, entry, known)
    parts = _parts(tables)
    tables.done()
    return PlaceMapping(tuple(_rule(entry) for _, entry in places), tuple(entry for _, entry in categories), parts)


def _parts(tables: TomlTables) -> PartRule:
    """Read ``[subdistricts]``; without the table, or a key of it, the package's own."""
    if "subdistricts" not in tables.content:
        return PartRule()
    entry = tables.head("subdistricts", _PARTS)
    levels: list[Any] = entry.get("levels", [*PartRule().levels])
    share: float = entry.get("least_share", PartRule().least_share)
    sound = bool(levels) and all(type(level) is int and _COARSEST <= level <= _FINEST for level in levels)
    for wrong, key, problem, remedy in (
        (not sound, "levels", "not a list of administrative levels", "write it as [8, 9, 10]"),
        (sound and len({*levels}) < len(levels), "levels", "a level occurs twice", "keep one of the two"),
        (not 0 < share <= 1, "least_share", "not a share", "give a number above 0, up to 1"),
    ):
        if wrong:
            tables.note(None, key, problem, remedy, entry.get(key))
    return PartRule(tuple(levels), share)


def _check(tables: TomlTables, row: int, entry: Entry, categories: list[str]) -> None:
    kind, category, level = (entry.get(key, "") for key in ("kind", "category", "level"))
    dropped = bool(entry.get("leave_out"))
    sound = list(_conditions(entry.get("when")))
    of_text = all(isinstance(part, str) and part for part in entry.get("named", []))
    tables.check(
        row,
        entry,
        [
            (not sound or None in sound, "when", "no condition", 'write it as [{ amenity = ["school"] }]'),
            (not of_text, "named", "not a list of texts", 'write it as ["小学"]'),
            (not dropped and kind not in list(Kind), "kind", "unknown kind", f"use one of: {', '.join(Kind)}"),
            (dropped and bool(kind), "kind", "a kind of what is left out", "keep one of kind and leave_out"),
            (kind in _BASED and category not in categories, "category", "unknown category", ", ".join(categories)),
            (kind not in _BASED and bool(category), "category", "only bases and venues have one", "take it out"),
            (level not in ("", *_LEVELS), "level", "unknown level", f"use one of: {', '.join(_LEVELS)}"),
            (bool(level) and kind != Kind.SCHOOL, "level", "only schools have one", "take it out"),
        ],
    )


def _conditions(when: object) -> Iterator[Condition | None]:
    """Yield the conditions of an entry, None for each that is none."""
    for condition in when if isinstance(when, list) else []:
        if not isinstance(condition, dict) or not condition:
            yield None
            continue
        lists = [values for values in condition.values() if values != _ANY]
        if all(isinstance(v, list) and v and all(isinstance(x, str) and x for x in v) for v in lists):
            yield {key: None if values == _ANY else frozenset(values) for key, values in condition.items()}
        else:
            yield None


def _rule(entry: Entry) -> PlaceRule:
    when = tuple(condition for condition in _conditions(entry["when"]) if condition is not None)
    named = tuple(part.casefold() for part in entry.get("named", []))
    words = {key: entry.get(key, "") for key in ("kind", "category", "level", "leave_out")}
    return PlaceRule(when, named, **words)
