"""What the bundle's tables and columns are called, and what kind of thing a column holds."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from maps.report import phrases

__all__ = ["Heading", "Sheet", "heading", "sheets", "shown"]

FILE = Path(__file__).with_name("tables.toml")
# Codes that have words: kind of column -> how its word's key begins.
CODED: Mapping[str, str] = {
    "basis": "basis_",
    "measure": "measure_",
    "level": "level_",
    "confidence": "confidence_",
    "cause": "cause_",
}
# What a column that nobody named holds, by how its name begins.
KINDS: Mapping[str, str] = {
    "share": "share",
    "people": "people",
    "covered": "people",
    "homes": "count",
    "gini": "ratio",
}
CLASS_WORDS: Mapping[str, tuple[str, str]] = {
    "certain": ("确定可达", "certain"),
    "likely": ("较可能可达", "likely"),
    "borderline": ("边缘", "borderline"),
    "uncovered": ("不可达", "out of reach"),
}
LIGHT_WORDS: Mapping[str, tuple[str, str]] = {
    "green": ("绿", "green"),
    "yellow": ("黄", "yellow"),
    "red": ("红", "red"),
    "grey": ("灰：不评", "grey: not graded"),
}


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's heading: Chinese, English, and its kind."""

    zh: str
    en: str
    kind: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table's titles, and what one row of it is."""

    name: str
    zh: str
    en: str
    row: tuple[str, str]


def heading(column: str, table: str = "") -> Heading:
    """Return the heading of a column: that of its table where the table has its own.

    >>> heading("people_low").zh, heading("n_school_300").zh
    ('人数 低', 'n_school_300')
    """
    columns = _file()["columns"]
    found = columns.get(f"{table}.{column}") or columns.get(column)
    if found:
        return Heading(*found)
    kind = next((kind for part, kind in KINDS.items() if column.startswith(part)), "text")
    return Heading(column, "", kind)


def sheets(names: Sequence[str]) -> list[Sheet]:
    """Return the titles of the tables that are there, known ones in their order, then the others by name."""
    known = {e["name"]: Sheet(e["name"], e["zh"], e["en"], (e["row"][0], e["row"][1])) for e in _file()["sheet"]}
    listed = [sheet for name, sheet in known.items() if name in names]
    return listed + [Sheet(name, name, name, ("", "")) for name in sorted(names) if name not in known]


def shown(kind: str, value: object) -> tuple[str, str]:
    """Say a cell in Chinese and English; the same twice where it needs no words."""
    if value is None or value is pd.NA or (isinstance(value, float) and pd.isna(value)):
        return "", ""
    if kind == "tier":
        return phrases.tier_name(str(value))
    if kind in CODED:
        return phrases.word(f"{CODED[kind]}{value}", str(value))
    if kind in {"class", "light", "code"}:
        words = {"class": CLASS_WORDS, "light": LIGHT_WORDS, "code": _file()["codes"]}[kind]
        zh, en = words.get(str(value), (str(value), str(value)))
        return zh, en
    if kind == "flag":
        return ("是", "yes") if value in {1, "True", "true"} else ("否", "no")
    text = _number(kind, float(value)) if isinstance(value, (int, float)) else str(value)
    return text, text


def _number(kind: str, value: float) -> str:
    ways = {
        "people": lambda: phrases.people(value),
        "share": lambda: phrases.percent(value),
        "count": lambda: f"{value:,.0f}",
        "year": lambda: f"{value:.0f}",
        "metres": lambda: f"{value:,.1f}",
        "minutes": lambda: f"{value:.1f}",
        "ratio": lambda: f"{value:.2f}",
        "degrees": lambda: f"{value:.5f}",
    }
    return ways[kind]() if kind in ways else f"{value:,.4g}"


@cache
def _file() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))
