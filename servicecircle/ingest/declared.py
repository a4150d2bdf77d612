"""Published counts, ``declared.toml``, and the readers of TOML that other files share."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from pathlib import Path
from typing import Any

from servicecircle.errors import Fault, InputError
from servicecircle.hours import is_day
from servicecircle.model import Declared

__all__ = ["read_declared", "read_entries", "read_toml"]

_OF = re.compile(r"school|community|base|category|route|(category|designation):[a-z][a-z0-9_]*")
_KEYS: dict[str, type] = {"of": str, "count": int, "at_least": bool, "wording": str, "paper": str, "date": str}


def read_declared(path: Path) -> tuple[Declared, ...]:
    """Read the published counts, each with the words and the paper it stands in.

    Raises
    ------
    InputError
        The file cannot be read; a key is missing, unknown or of a wrong type; a count is negative or given twice.
    """
    entries, faults = read_entries(path, "declared", _KEYS, frozenset(_KEYS))
    seen: set[str] = set()
    for row, entry in entries:
        of, count, date = entry.get("of", ""), entry.get("count", 0), entry.get("date", "2000-01-01")
        for wrong, problem, remedy, key in (
            (not _OF.fullmatch(of), "counts of nothing known", "use school, base, designation:ID, ...", "of"),
            (of in seen, "counted twice", "keep the newer count", "of"),
            (count < 0, "a count below 0", "give the published count, or leave the entry out", "count"),
            (not is_day(date), "not a date", "write it as 2025-12-10", "date"),
        ):
            if wrong:
                faults.append(Fault(problem, remedy, path.name, row, key, entry.get(key)))
        seen.add(of)
    if faults:
        raise InputError(faults)
    return tuple(Declared(**entry) for _, entry in entries)


def read_entries(
    path: Path, key: str, types: dict[str, type], required: frozenset[str]
) -> tuple[list[tuple[int, dict[str, Any]]], list[Fault]]:
    """Read the ``[[key]]`` tables of a TOML file, each with the line it begins on.

    Dates may be bare or quoted; they come back as text. Keys of a wrong type are left out of their table.

    Returns
    -------
    tuple
        The tables, and the faults found in them.

    Raises
    ------
    InputError
        The file is missing, not UTF-8, not TOML, or has no such table.
    """
    content, text = read_toml(path)
    tables = content.get(key)
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        raise InputError([Fault(f"no [[{key}]] in it", f"begin each entry with [[{key}]]", path.name)])
    lines = [i for i, line in enumerate(text.splitlines(), 1) if re.match(rf"\s*\[\[\s*{key}\s*\]\]", line)]
    rows = lines if len(lines) == len(tables) else list(range(1, len(tables) + 1))
    faults = [
        Fault("an unknown key", f"use [[{key}]] alone", path.name, None, other) for other in content if other != key
    ]
    entries = []
    for row, table in zip(rows, tables, strict=True):
        entry, wrong = _entry(table, types, required)
        faults += [Fault(problem, remedy, path.name, row, name, value) for problem, remedy, name, value in wrong]
        entries.append((row, entry))
    return entries, faults


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


def _entry(
    table: dict[str, Any], types: dict[str, type], required: frozenset[str]
) -> tuple[dict[str, Any], list[tuple[str, str, str, object]]]:
    entry = {name: value.isoformat() if isinstance(value, dt.date) else value for name, value in table.items()}
    wrong: list[tuple[str, str, str, object]]
    wrong = [("the key is missing", "add it", name, None) for name in sorted(required - entry.keys())]
    for name in [*entry]:
        if name not in types:
            wrong.append(("an unknown key", f"use one of: {', '.join(types)}", name, entry.pop(name)))
        elif type(entry[name]) is not types[name]:
            wrong.append(("of a wrong type", f"give a value of type {types[name].__name__}", name, entry.pop(name)))
    return entry, wrong
