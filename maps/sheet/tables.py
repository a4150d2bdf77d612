"""Tables of a sheet: coverage by subdistrict, the ledger, sources with their dates, legs of a route."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from maps.paper import Paper
from maps.report.phrases import UNKNOWN, count, percent, share_range, shortened, tier_name
from maps.report.reading import Study, plain
from maps.sheet.places import TIERS_IN_ORDER
from maps.style import INK, TIERS

__all__ = ["Column", "coverage", "draw_table", "heading", "ledger", "sources"]

SIZE = 5.5
WALK = "walk"
DISTRICT = "district"
LEDGER = ("declared", "loaded", "candidates", "approximate", "located", "verified")
LEDGER_NAMES = {
    "declared": ("公布", "declared"),
    "loaded": ("入册", "loaded"),
    "candidates": ("候选", "candidates"),
    "approximate": ("近似", "approx."),
    "located": ("定位", "located"),
    "verified": ("核实", "verified"),
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its head in two lines, its width, on which side its cells stand."""

    zh: str
    en: str
    width: float
    align: str = "right"
    colour: str = INK["ink-soft"]


def heading(paper: Paper, x: float, y: float, width: float, zh: str, en: str) -> float:
    """Set the head of a part under a rule; return where its first line may stand."""
    paper.rule(x, y, width, colour=INK["ink"], points=0.9)
    base = y + paper.em(7.4) * 1.12
    paper.text(x, base, zh, 7.4, bold=True)
    room = width - paper.measure(zh, 7.4, bold=True) - 1.6
    for size in (5.8, SIZE):
        if paper.measure(en, size) <= room:
            paper.text(x + width, base, en, size, colour=INK["ink-faint"], align="right")
            break
    else:
        base = (
            paper.paragraph(x, base + paper.em(SIZE) * 1.2, width, en, SIZE, colour=INK["ink-faint"], most=2)
            - paper.em(SIZE) * 0.9
        )
    return base + paper.em(SIZE) * 0.55


def draw_table(
    paper: Paper, x: float, y: float, columns: Sequence[Column], rows: Sequence[Sequence[str]], strong: int = 0
) -> float:
    """Set a table, its first ``strong`` rows bold; return where it ends."""
    pitch = paper.em(SIZE) * 1.32
    ends: list[tuple[float, Column]] = []
    left = x
    for column in columns:
        ends.append((left if column.align == "left" else left + column.width, column))
        left += column.width
    for at, column in ends:
        paper.text(at, y + pitch * 0.8, column.zh, SIZE, colour=column.colour, bold=True, align=column.align)
        paper.text(at, y + pitch * 1.6, column.en, SIZE, colour=INK["ink-faint"], align=column.align)
    top = y + pitch * 1.95
    paper.rule(x, top, left - x, colour=INK["line-strong"], points=0.5)
    for number, row in enumerate(rows):
        base = top + pitch * (number + 0.84)
        for (at, column), cell in zip(ends, row, strict=True):
            colour = INK["ink-faint"] if cell == UNKNOWN else INK["ink"]
            paper.text(at, base, cell, SIZE, colour=colour, bold=number < strong, align=column.align)
    bottom = top + pitch * (len(rows) + 0.25)
    paper.rule(x, bottom, left - x, colour=INK["line-strong"], points=0.4)
    return bottom


def coverage(study: Study, only: Sequence[str] = ()) -> tuple[list[Column], list[list[str]]]:
    """Shares of people within the largest cutoff on foot, by tier: all places, then the confirmed ones alone."""
    table = study.tables["coverage"]
    table = table[(table["measure"] == WALK) & (table["cutoff_s"] == table["cutoff_s"].max())]
    shares = {(str(r.subdistrict), r.tier, r.basis): r for r in table.itertuples()}
    columns = [Column("街道", "subdistrict", 13.0, "left")]
    for tier in TIERS_IN_ORDER:
        name = tier_name(tier)[0]
        short = {"school": "school", "community": "community", "base": "base"}[tier]
        columns.append(
            Column(
                name.replace("家长学校", "").replace("实践", "").replace("与场馆", ""),
                short,
                16.2,
                colour=TIERS[tier]["colour"],
            )
        )
        columns.append(Column("已确认", "conf.", 8.6))
    rows = [["全区", *_shares(shares, DISTRICT)]]
    for code, zh, _ in study.subdistricts():
        if not only or code in only:
            rows.append([shortened(zh.removesuffix("街道"), 6), *_shares(shares, code)])
    return columns, rows


def _shares(shares: dict[tuple[str, str, str], object], where: str) -> list[str]:
    cells = []
    for tier in TIERS_IN_ORDER:
        both, sure = (shares.get((where, tier, basis)) for basis in ("all", "confirmed"))
        ranged = share_range(_number(both, "share_low"), _number(both, "share_high")).replace("%", "")
        cells.append(
            f"{percent(_number(both, 'share')).removesuffix('%')} ({ranged})"
            if "–" in ranged
            else percent(_number(both, "share")).removesuffix("%")
        )
        cells.append(percent(_number(sure, "share")).removesuffix("%"))
    return cells


def _number(row: object, name: str) -> float:
    value = getattr(row, name, None)
    return math.nan if value is None or pd.isna(value) else float(value)


def ledger(study: Study, width: float) -> tuple[list[Column], list[list[str]]]:
    """How many places are published, listed, located, verified, by tier."""
    table = study.tables["ledger"].set_index("tier")
    columns = [Column("层级", "tier", 20.0, "left")]
    columns += [Column(*LEDGER_NAMES[c], (width - 20.0) / len(LEDGER)) for c in LEDGER]
    rows = []
    for tier in TIERS_IN_ORDER:
        if tier in table.index:
            row = table.loc[tier].to_dict()
            least = "≥" if bool(row["at_least"]) else ""
            said = [count(math.nan if pd.isna(row[c]) else float(row[c])) for c in LEDGER]
            said[0] = least + said[0] if said[0] != UNKNOWN else said[0]
            rows.append([tier_name(tier)[0], *said])
    return columns, rows


def sources(study: Study) -> list[str]:
    """Name each source with its date and licence."""
    found = []
    for source in study.manifest["sources"]:
        title, date, licence, credit = (plain(source.get(k)) for k in ("title", "date", "licence", "attribution"))
        found.append("；".join(part for part in (f"{title}（{date}）", credit, licence) if part))
    return found
