"""TOML files of several tables, checked as strictly as CSV: every fault with its line, key, value and remedy."""

from __future__ import annotations

import datetime as dt
import math
import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from servicecircle.errors import Fault, InputError

__all__ = ["Entry", "Keys", "TomlTables", "open_tables", "packaged_tables", "read_toml"]

Entry = dict[str, Any]
"""A table of a file by key; keys of a wrong type are left out."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys a table may have, by type, and those it must have. A whole number serves as a ``float``."""

    types: Mapping[str, type]
    required: frozenset[str]


@dataclass(slots=True)
class TomlTables:
    """A TOML file and the faults found in it so far."""

    file: str
    content: Mapping[str, Any]
    text: str
    faults: list[Fault] = field(default_factory=list)

    def note(self, row: int | None, key: str | None, problem: str, remedy: str, value: object = None) -> None:
        """Note a fault."""
        self.faults.append(Fault(problem, remedy, self.file, row, key, value))

    def check(self, row: int, entry: Entry, faults: Iterable[tuple[bool, str, str, str]]) -> None:
        """Note a fault for each (wrong, key, problem, remedy) that is wrong, with the entry's value of the key."""
        for wrong, key, problem, remedy in faults:
            if wrong:
                self.note(row, key, problem, remedy, entry.get(key))

    def only(self, keys: Collection[str]) -> None:
        """Note a fault for every top-level key but ``keys``."""
        for key in self.content:
            if key not in keys:
                self.note(None, key, "an unknown key", f"use one of: {', '.join(keys)}")

    def head(self, key: str, keys: Keys) -> Entry:
        """Return the table ``[key]``, checked."""
        table = self.content.get(key)
        if not isinstance(table, dict):
            self.note(None, key, "the table is missing", f"add [{key}]")
            return {}
        return self._checked(self._lines(rf"\s*\[\s*{key}\s*\]", 1)[0], table, keys)

    def entries(self, key: str, keys: Keys, *, may_be_empty: bool = False) -> list[tuple[int, Entry]]:
        """Return the tables ``[[key]]``, checked, each with the line it begins on."""
        tables = self.content.get(key, [])
        listed = isinstance(tables, list) and all(isinstance(table, dict) for table in tables)
        if not listed or not (tables or may_be_empty):
            self.note(None, key, f"no [[{key}]] in it", f"begin each entry with [[{key}]]")
            return []
        rows = self._lines(rf"\s*\[\[\s*{key}\s*\]\]", len(tables))
        return [(row, self._checked(row, table, keys)) for row, table in zip(rows, tables, strict=True)]

    def done(self) -> None:
        """Raise all faults, in the order of the file."""
        if self.faults:
            raise InputError(sorted(self.faults, key=lambda fault: fault.row or 0))

    def _lines(self, pattern: str, count: int) -> list[int]:
        lines = [i for i, line in enumerate(self.text.splitlines(), 1) if re.match(pattern, line)]
        return lines if len(lines) == count else list(range(1, count + 1))

    def _checked(self, row: int, table: Mapping[str, Any], keys: Keys) -> Entry:
        entry: Entry = {}
        for key in sorted(keys.required - table.keys()):
            self.note(row, key, "the key is missing", "add it")
        for key, given in table.items():
            value = given.isoformat() if isinstance(given, dt.date) else given
            wanted = keys.types.get(key)
            if wanted is None:
                self.note(row, key, "an unknown key", f"use one of: {', '.join(keys.types)}", value)
            elif wanted is float and type(value) in {int, float} and math.isfinite(float(value)):
                entry[key] = float(value)
            elif type(value) is wanted and wanted is not float:
                entry[key] = value
            else:
                kind = "number" if wanted is float else wanted.__name__
                self.note(row, key, "of a wrong type", f"give a value of type {kind}", value)
        return entry


def open_tables(path: Path) -> TomlTables:
    """Open a TOML file.

    Raises
    ------
    InputError
        The file is missing, not UTF-8 or not TOML.
    """
    content, text = read_toml(path)
    return TomlTables(path.name, content, text)


def read_toml(path: Path) -> tuple[dict[str, Any], str]:
    """Read a TOML file: its content, and its text.

    Raises
    ------
    InputError
        The file is missing, not UTF-8 or not TOML.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        return tomllib.loads(text), text
    except UnicodeDecodeError as error:
        problem = f"not UTF-8: byte {error.start} cannot be read"
        raise InputError([Fault(problem, "save it as UTF-8", path.name)]) from error
    except OSError as error:
        raise InputError([Fault(f"cannot be read: {error.strerror}", "check the path", path.name)]) from error
    except tomllib.TOMLDecodeError as error:
        raise InputError([Fault(f"not TOML: {error}", "correct the syntax", path.name)]) from error


def packaged_tables(name: str) -> TomlTables:
    """Open a file of the packaged rules."""
    with as_file(files("servicecircle").joinpath("rules", name)) as path:
        return open_tables(path)
