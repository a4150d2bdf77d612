"""Read a what-if from a TOML file, or from GeoJSON drawn on a map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from servicecircle.errors import Fault, InputError
from servicecircle.hours import is_day, is_time
from servicecircle.ingest.parameters import read_toml_file
from servicecircle.ingest.variant_entries import LinkEntry, PlaceEntry, Point
from servicecircle.ingest.variant_geojson import read_drawn
from servicecircle.model import Variant

__all__ = ["parse_variant", "read_variant", "variant_values"]

_DRAWN = (".geojson", ".json")


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    profile: str | None = None
    paid: bool | None = None
    at: str | None = None
    opened: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    day: str | None = None
    without: tuple[str, ...] = ()
    pace: float = Field(default=1.0, gt=0.1, lt=10)
    climb: float = Field(default=1.0, ge=0, lt=10)
    patience: float = Field(default=1.0, ge=0, lt=100)
    drawn: tuple[tuple[Point, ...], ...] = ()
    link: tuple[LinkEntry, ...] = ()
    place: tuple[PlaceEntry, ...] = ()


_PLAIN = tuple(key for key in _File.model_fields if key not in {"link", "place"})


def read_variant(path: Path) -> Variant:
    """Read a variant; keys that are not given change nothing. A ``.geojson`` file is read as drawn on a map.

    Raises
    ------
    InputError
        Missing file, not TOML or GeoJSON, unknown key, value out of range, an entry that lacks what its change needs:
        all faults at once.
    """
    if path.suffix.lower() in _DRAWN:
        return parse_variant(read_drawn(path), path.name)
    return parse_variant(read_toml_file(path), path.name)


def parse_variant(values: Mapping[str, object], name: str) -> Variant:
    """Return the variant that a mapping of its keys describes; ``name`` is the file to blame.

    Raises
    ------
    InputError
        As for a file.
    """
    try:
        found = _File.model_validate(values)
    except ValidationError as error:
        keys = ", ".join(_File.model_fields)
        faults = [
            Fault(
                e["msg"], f"a variant has the keys {keys}", name, None, ".".join(map(str, e["loc"])), _shown(e["input"])
            )
            for e in error.errors()
        ]
        raise InputError(faults) from error
    faults = _faults(found, name)
    if faults:
        raise InputError(faults)
    plain: dict[str, Any] = {key: getattr(found, key) for key in _PLAIN}
    shut = [entry for entry in found.link if entry.change == "close"]
    plain["closed"] = (*found.closed, *(str(entry.id) for entry in shut if entry.id is not None))
    plain["drawn"] = (*found.drawn, *(entry.line for entry in shut if entry.id is None))
    plain["without"] = (*found.without, *(entry.id for entry in found.place if entry.change == "close"))
    return Variant(
        **plain,
        links=tuple(entry.new() for entry in found.link if entry.change == "add"),
        changes=tuple(entry.changed() for entry in found.link if entry.change == "change"),
        places=tuple(entry.changed() for entry in found.place if entry.change != "close"),
    )


def variant_values(variant: Variant) -> dict[str, object]:
    """Return what a variant changes, by key: what a file would say."""
    still = asdict(Variant())
    values = {key: getattr(variant, key) for key in _PLAIN}
    told: dict[str, object] = {key: value for key, value in values.items() if value != still[key]}
    if variant.links or variant.changes:
        told["link"] = [*map(LinkEntry.of, variant.links), *map(LinkEntry.of, variant.changes)]
    if variant.places:
        told["place"] = [PlaceEntry.of(place) for place in variant.places]
    return told


def _faults(found: _File, name: str) -> list[Fault]:
    faults = []
    if found.at and not is_time(found.at):
        remedy = 'write a local time as at = "2026-11-22T10:00"'
        faults.append(Fault("not a time", remedy, name, None, "at", found.at))
    if found.day is not None and not is_day(found.day):
        faults.append(Fault("not a date", 'write it as day = "2026-09-01"', name, None, "day", found.day))
    groups: tuple[tuple[str, tuple[LinkEntry | PlaceEntry, ...]], ...] = (("link", found.link), ("place", found.place))
    for kind, entries in groups:
        for number, entry in enumerate(entries):
            where = f"{kind}.{number}"
            faults += [
                Fault(problem, remedy, name, None, f"{where}.{key}", entry.id)
                for key, problem, remedy in entry.faults()
            ]
    asked: dict[str, set[str]] = {}
    for link in found.link:
        if link.id is not None:
            asked.setdefault(link.id, set()).add(link.change)
    both = sorted(key for key, changes in asked.items() if {"add", "close"} <= changes)
    faults += [Fault("added and closed at once", "keep one of the two", name, None, "link", key) for key in both]
    places = [entry.id for entry in found.place]
    twice = sorted({key for key in places if places.count(key) > 1})
    faults += [Fault("the place occurs twice", "say all of it once", name, None, "place", key) for key in twice]
    return faults


def _shown(value: object) -> object:
    return value if isinstance(value, (str, int, float, bool)) else None
