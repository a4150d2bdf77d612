"""Further tables of the bundle on the report's page: some of their columns and rows, both languages in one cell."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from maps.report import figures
from maps.report.content import BUILD, Cell, Grid
from maps.report.headings import Heading, heading, shown
from maps.report.phrases import UNKNOWN
from maps.report.reading import Study, plain
from maps.report.sureness import community_grid

__all__ = ["EXTRA", "bundle_grid", "further_grid", "is_there"]

ZH, EN = "_zh", "_en"


@dataclass(frozen=True, slots=True)
class Extra:
    """A further table of the bundle: its titles, the columns and the most rows that the page shows.

    ``blank`` is what an empty cell means, ``none`` what a table without rows does; ``together``: rows that say the same
    of several names are one.
    """

    zh: str
    en: str
    columns: tuple[str, ...]
    most: int
    only: Mapping[str, object] = field(default_factory=dict)
    blank: tuple[str, str] = (UNKNOWN, "")
    none: tuple[str, str] = ("", "")
    together: bool = False


# Tables shown in part on the page, whole in the workbook: columns by table.
EXTRA: Mapping[str, Extra] = {
    "choices": Extra(
        *("可选处数", "Choices"),
        (
            *("tier", "basis", "people_none_low", "people_none", "people_none_high"),
            *("people_one", "people_more", "mean_s", "gini_low", "gini", "gini_high"),
        ),
        100,
        {"subdistrict": figures.DISTRICT},
    ),
    "inequality": Extra("差距", "Inequality", ("subdistrict", "name", "tier", "basis", "gini", "theil"), 60),
    "missing_links": Extra(
        *("候选连接", "Candidate links"),
        (
            *("rank", "tier", "kind", "from_name", "to_name", "length_m", "rise_m", "saved_s"),
            *("people_low", "people", "people_high", "status"),
        ),
        20,
    ),
    "communities": Extra(
        *("社区", "Communities"),
        (
            *("name", "subdistrict", "seat", "homes", "people_low", "people", "people_high"),
            *("share_school_all_walk", "share_community_all_walk", "share_base_all_walk", "share"),
        ),
        100,
    ),
    "standards": Extra(
        *("标准对照", "Standards"),
        (
            *("preset", "name_zh", "value", "unit", "confirmed", "basis", "measure", "share_low", "share"),
            *("share_high", "reached", "status", "note_zh", "note_en"),
        ),
        80,
        {"subdistrict": figures.DISTRICT},
    ),
    "lights": Extra(
        *("红黄绿", "Red, yellow, green"),
        (
            *("name", "light", "light_low", "light_high", "score_low", "score", "score_high"),
            *("explanation_zh", "explanation_en"),
        ),
        60,
        {"unit_kind": "subdistrict"},
        ("不评", "not graded"),
        together=True,
    ),
    "targets": Extra(
        *("目标", "Targets"),
        ("text_zh", "text_en", "year", "least", "most", "share", "dated", "with_undated", "declared", "status"),
        40,
        blank=("未写", "not given"),
        none=("研究文件夹没有 targets.toml，没有目标可对照。", "The study has no targets.toml: no targets to compare."),
    ),
    "coverage_by_year": Extra(
        *("逐年覆盖", "By year"),
        ("year", "day", "dates", "tier", "basis", "places", "share_low", "share", "share_high"),
        60,
        {"subdistrict": figures.DISTRICT, "measure": "walk", "cutoff_s": 900},
    ),
}
# One table may say what another would.
SAID_BY: Mapping[str, tuple[str, str]] = {"inequality": ("choices", "gini")}


def further_grid(study: Study, name: str) -> Grid | None:
    """Give a further table as the page shows it; None where the bundle has none."""
    how = EXTRA[name]
    own = community_grid(study) if name == "communities" else None
    ways: Any = {"only": how.only, "blank": how.blank, "none": how.none, "together": how.together}
    return own or bundle_grid(study, name, how.zh, how.en, how.columns, how.most, **ways)


def is_there(study: Study, name: str) -> bool:
    """Tell whether the bundle says what a further table would, there or in another one."""
    other, column = SAID_BY.get(name, ("", ""))
    return name in study.tables or (other in study.tables and column in study.tables[other])


def bundle_grid(
    study: Study,
    name: str,
    zh: str,
    en: str,
    columns: Sequence[str],
    most: int = 0,
    *,
    only: Mapping[str, object] | None = None,
    blank: tuple[str, str] = (UNKNOWN, ""),
    none: tuple[str, str] = ("", ""),
    together: bool = False,
) -> Grid | None:
    """Give a table of the bundle by those of the columns that it has; None where it has none.

    Rows are those that hold the values of ``only``, at most ``most``; the workbook has them all. English stands below
    the Chinese of the same column, seconds as minutes. ``blank`` is said where a cell is empty, ``none`` where the
    table is. ``together``: rows that say the same of several names are one.
    """
    table = study.tables.get(name)
    kept = [] if table is None else [c for c in columns if c in table]
    if together and table is not None:
        kept = [c for c in kept if table[c].notna().any()]
    kept = [c for c in kept if not (c.endswith(EN) and f"{c.removesuffix(EN)}{ZH}" in kept)]
    if table is None or not kept:
        return None
    given = {column: heading(column, name) for column in kept}
    heads = [_head(column, given[column]) for column in kept]
    chosen = table
    for column, value in (only or {}).items():
        if column in chosen and (chosen[column] == value).any():
            chosen = chosen[chosen[column] == value]
    chosen = chosen.head(most) if most else chosen
    names = {figures.DISTRICT: study.area, **{code: (name, english) for code, name, english in study.subdistricts()}}
    rows = [
        tuple(_said(column, given[column].kind, row, names, blank) for column in kept)
        for row in chosen.to_dict("records")
    ]
    rows = _together(rows) if together else rows
    left = len(table) - len(chosen)
    note = (f"其余 {left} 行见 report.xlsx。", f"{left} more rows in report.xlsx.") if left else ("", "")
    note = none if table.empty else note
    return Grid(name, zh, en, f"tables/{name}.csv", BUILD, tuple(heads), tuple(rows), note)


def _together(rows: Sequence[tuple[Cell, ...]]) -> list[tuple[Cell, ...]]:
    names: dict[tuple[Cell, ...], list[Cell]] = {}
    for name, *said in rows:
        names.setdefault(tuple(said), []).append(name)
    return [
        (replace(own[0], main="、".join(name.main for name in own), sub="" if own[1:] else own[0].sub), *said)
        for said, own in names.items()
    ]


def _head(column: str, given: Heading) -> tuple[str, str]:
    if column.endswith(ZH):
        return given.zh, given.en.removesuffix(", in Chinese")
    if _in_seconds(column):
        return given.zh.replace("（秒）", "（分钟）"), given.en.replace(", s", ", min")
    return given.zh, given.en


def _in_seconds(column: str) -> bool:
    return column.endswith(("_s", "_s_low", "_s_high"))


def _said(
    column: str,
    kind: str,
    row: Mapping[Any, Any],
    names: Mapping[str, tuple[str, str]],
    blank: tuple[str, str],
) -> Cell:
    value = row[column]
    zh, en = names.get(str(value), ("", "")) if column == "subdistrict" else ("", "")
    if not zh and _in_seconds(column) and isinstance(value, (int, float)) and math.isfinite(value):
        return Cell(f"{value / 60:.1f}")
    if not zh:
        zh, en = shown(kind, value)
    if not zh:
        return Cell(*blank, "unknown")
    english = plain(row.get(f"{column.removesuffix(ZH)}{EN}")) if column.endswith(ZH) else ""
    if english:
        return Cell(zh, english, "long")
    if kind == "light":
        return Cell(zh, en if en != zh else "", f"light-{value}" if zh != en else "text")
    numeric = isinstance(value, (int, float)) and kind != "flag"
    return Cell(zh, en if en != zh else "", "number" if numeric else "long" if kind == "long" else "text")
