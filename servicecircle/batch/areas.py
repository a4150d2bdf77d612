"""The list of a batch: which districts, from which study folders, with which parameters and what-if."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from servicecircle.errors import Fault, InputError
from servicecircle.ingest.entries import Entry, Keys, TomlTables, open_tables

__all__ = ["AREA_KEYS", "Area", "read_areas"]

AREA_KEYS = Keys(dict.fromkeys(("id", "name", "study", "params", "variant"), str), frozenset({"id", "study"}))
"""Keys of an ``[[area]]``."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Area:
    """A district of the list: its id, its name ("" where the study's own serves), and its files, absolute."""

    id: str
    name: str
    study: Path
    params: Path | None = None
    variant: Path | None = None


def read_areas(path: Path) -> tuple[Area, ...]:
    """Read the list; paths in it are relative to it.

    Raises
    ------
    InputError
        Not TOML, empty, an unknown key, an id that is no name of a folder, an area listed twice, a folder or file that
        is not there: all faults at once.
    """
    tables = open_tables(path)
    tables.only(["area"])
    listed = tables.entries("area", AREA_KEYS)
    areas = [_area(tables, row, entry, path.resolve().parent) for row, entry in listed]
    _unlike(tables, [(row, area) for (row, _), area in zip(listed, areas, strict=True) if area is not None])
    tables.done()
    found = tuple(area for area in areas if area is not None)
    if not found:
        raise InputError([Fault("no area in the list", "begin each with [[area]]", path.name)])
    return found


def _area(tables: TomlTables, row: int, entry: Entry, beside: Path) -> Area | None:
    if "id" not in entry or "study" not in entry:
        return None
    wrong = not _ID.fullmatch(entry["id"])
    tables.check(row, entry, [(wrong, "id", "no id", "1 to 64 letters, digits, - and _, no - or _ first")])
    study = beside / entry["study"]
    tables.check(row, entry, [(not study.is_dir(), "study", "no such study folder", "see docs/study-folder.md")])
    files = {key: beside / entry[key] if entry.get(key) else None for key in ("params", "variant")}
    missing = ((file is not None and not file.is_file(), key) for key, file in files.items())
    tables.check(row, entry, [(wrong, key, "no such file", "check the path") for wrong, key in missing])
    return Area(entry["id"], entry.get("name", ""), study.resolve(), files["params"], files["variant"])


def _unlike(tables: TomlTables, areas: list[tuple[int, Area]]) -> None:
    """Note ids that are one on a disk that knows no case, and the same study computed twice with the same files."""
    first: dict[object, int] = {}
    for row, area in areas:
        for key, value, remedy in _marks(area):
            was = first.setdefault(value, row)
            if was != row:
                tables.note(
                    row, key, f"listed in row {was} already", remedy, area.id if key == "id" else str(area.study)
                )


def _marks(area: Area) -> Iterator[tuple[str, object, str]]:
    yield "id", area.id.casefold(), "give each area an id of its own"
    yield "study", (area.study, area.params, area.variant), "list it once, or with other params or another variant"
