"""What is told of sites, mobile classes and pairs: tables for people, JSON for machines."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from servicecircle.publish.tables import finite, rounded
from servicecircle.siting.classes import Mobile
from servicecircle.siting.ground import Ground
from servicecircle.siting.models import Model
from servicecircle.siting.pairing import Pairing
from servicecircle.siting.sites import Siting
from servicecircle.units import S_PER_MIN

__all__ = ["mobile_json", "pairing_json", "print_mobile", "print_pairing", "print_siting", "records", "siting_json"]

_TIERS = {"school": "校园 school", "community": "社区 community", "base": "基地 base"}
_MODELS = {
    Model.MCLP: "最大覆盖 most people within the limit",
    Model.LSCP: "全覆盖最少选址 fewest sites for everybody",
    Model.PMEDIAN: "平均步行最短 shortest mean walk",
    Model.PCENTRE: "最远步行最短 shortest longest walk",
}
_STATUS = {
    "optimal": "已证最优 proven: none is better",
    "bounded": "未证最优 not proven",
    "infeasible": "做不到 cannot be done",
}
_UNITS = {
    Model.MCLP: "人新覆盖 people newly covered",
    Model.LSCP: "处选址 sites",
    Model.PMEDIAN: "分钟平均步行 minutes of the mean walk",
    Model.PCENTRE: "分钟最远步行 minutes of the longest walk",
}
_BAR = 24
_MOST_CLASSES = 40


def siting_json(found: Siting) -> dict[str, Any]:
    """Return an answer to where next, as JSON holds it."""
    relaxations = [
        {"relax": r.relax, "needed": finite(r.needed), "homes": r.homes, "text_zh": r.text_zh, "text_en": r.text_en}
        for r in found.relaxations
    ]
    return {
        "model": found.model.value,
        **_asked(found.ground),
        "add": found.add,
        "status": found.status,
        "objective": _number(found.objective),
        "bound": _number(found.bound),
        "gap": _number(found.gap),
        "seconds": round(found.seconds, 2),
        "sites": records(found.sites),
        "curve": records(found.curve),
        "uncoverable": {
            "homes": len(found.uncoverable),
            "people": _number(float(found.uncoverable["people"].sum())),
            "list": records(found.uncoverable),
        },
        "relaxations": relaxations,
    }


def mobile_json(found: Mobile) -> dict[str, Any]:
    """Return a term of mobile classes, as JSON holds it."""
    rota, term = found.rota, found.term
    return {
        "model": "mobile",
        **_asked(found.ground),
        "rooms": term.rooms,
        "weeks": term.weeks,
        "every": term.every,
        "by": term.by,
        "assumptions": found.assumptions,
        "status": found.status,
        "objective": _number(rota.value),
        "bound": _number(rota.bound),
        "gap": _number(rota.gap),
        "seconds": round(rota.seconds, 2),
        "timetable": records(found.timetable),
        "neighbourhoods": records(found.served),
    }


def pairing_json(found: Pairing) -> dict[str, Any]:
    """Return the pairs of schools and bases, as JSON holds them."""
    return {
        "minutes": found.minutes,
        "group_size": found.group_size,
        "assumptions": {"schools_per_base": found.assumed_schools},
        "pairs": records(found.table),
        "bases": records(found.bases),
    }


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table, rounded, without anything that JSON cannot hold."""
    return [{str(k): finite(v) for k, v in row.items()} for row in rounded(table).to_dict("records")]


def print_siting(found: Siting) -> None:
    """Print the sites, what each adds, the curve and what would help."""
    console, ground = Console(), found.ground
    _head(console, ground, _MODELS[found.model])
    digits = 1 if found.model in {Model.PMEDIAN, Model.PCENTRE} else 0
    value, bound = (f"{v:,.{digits}f}" if math.isfinite(v) else "∞" for v in (found.objective, found.bound))
    gap = "" if found.status != "bounded" else f" · 至多 bound {bound}，差 gap {found.gap:.1%}"
    console.print(Text(f"{value} {_UNITS[found.model]} · {_STATUS[found.status]}{gap} ({found.seconds:.1f} s)"))
    if len(found.sites):
        console.print()
        console.print(_sites(found))
    for said in found.relaxations:
        console.print(Text(f"→ {said.text_zh}"))
        console.print(Text(f"  {said.text_en}", style="dim"))
    left = found.uncoverable
    if len(left):
        people = f"{left['people'].sum():,.0f}"
        console.print(Text(f"任何候选都覆盖不到：{len(left)}处住处约{people}人"))
        console.print(Text(f"beyond every candidate: {len(left)} homes of about {people} people", style="dim"))


def print_mobile(found: Mobile) -> None:
    """Print a round of the timetable, then who has no class and why."""
    console, rota, term = Console(), found.rota, found.term
    _head(console, found.ground, "流动课堂 mobile classes")
    told = ", ".join(f"{name} = {value:g}" for name, value in found.assumptions.items())
    console.print(
        Text(f"每周{term.rooms}间 rooms a week, {term.weeks}周 weeks, 每{term.every}周一次 once in {term.every}")
    )
    console.print(Text(f"假设 assumed: {told}", style="yellow"))
    served = found.served
    everybody = served["people"].sum()
    console.print(
        Text(
            f"{rota.value:,.0f}人 people of {everybody:,.0f}, {int(served['served'].sum())}片 of {len(served)} "
            f"neighbourhoods · {_STATUS[found.status]} ({rota.seconds:.1f} s)"
        )
    )
    table = _grid(("周 week", "教室 room", "座位 seats", "预计 guests", "片区 neighbourhoods"), right=(2, 3))
    first = found.timetable[found.timetable["week"] <= (term.every or 0)]
    for row in first.head(_MOST_CLASSES).to_dict("records"):
        seats = f"{row['seats']:.0f}" + ("" if row["seats_known"] else "?")
        table.add_row(str(row["week"]), row["name"], seats, f"{row['guests']:.0f}", row["neighbourhoods"])
    console.print()
    console.print(table)
    for why, rows in served[~served["served"]].groupby(["why_zh", "why_en"]):
        people = rows["people"].sum()
        console.print(Text(f"{why[0]} {why[1]}: {len(rows)}片 neighbourhoods, {people:,.0f}人 people"))
    console.print(Text("? 容量未知，按假设 capacity unknown: assumed", style="dim"))


def print_pairing(found: Pairing) -> None:
    """Print who goes where, a school a line, and which bases are full."""
    console, table = Console(), found.table
    console.print(Text("绿色通道 Schools and bases", style="bold"))
    console.print(
        Text(
            f"步行至多 walk ≤ {found.minutes:g} min；容量未知的基地假设每类至多接{found.assumed_schools}所学校 "
            f"assumed: a base of unknown capacity takes {found.assumed_schools} schools",
            style="yellow",
        )
    )
    grid = _grid(
        ("类别 category", "学校 schools", "有基地 paired", "无 none", "满 full", "平均 mean min"), right=(1, 2, 3, 4, 5)
    )
    for category, rows in table.groupby("category", sort=False):
        has = rows["base_id"].notna()
        full = rows["why_en"].fillna("").str.contains("full")
        mean = rows["walk_s"].mean() / S_PER_MIN
        cells = (len(rows), int(has.sum()), int((~has & ~full).sum()), int(full.sum()))
        grid.add_row(str(category), *map(str, cells), "" if pd.isna(mean) else f"{mean:.0f}")
    console.print(grid)
    busy = found.bases[found.bases["schools"] >= found.bases["limit"]]
    if len(busy):
        console.print(Text(f"已满 full: {'、'.join(busy['base'])}"))


def _asked(ground: Ground) -> dict[str, Any]:
    return {
        "tier": ground.tier.value,
        "basis": ground.basis,
        "minutes": ground.given.limit_s / S_PER_MIN,
        "profile": ground.scene.streets.profile.name,
        "existing": len(ground.existing),
        "candidates": len(ground.candidates),
        "people": _number(float(ground.given.people.sum())),
    }


def _number(value: float) -> object:
    return finite(round(value, 6))


def _head(console: Console, ground: Ground, title: str) -> None:
    tier, minutes = _TIERS[ground.tier], ground.given.limit_s / S_PER_MIN
    console.print(Text(f"{tier} · {title}", style="bold"))
    console.print(
        Text(
            f"{minutes:g}分钟 min · {ground.scene.streets.profile.name_zh} {ground.scene.streets.profile.name} · "
            f"已有 existing {len(ground.existing)} · 候选 candidates {len(ground.candidates)}",
            style="dim",
        )
    )


def _sites(found: Siting) -> Table:
    """One line a site: what it adds, and how far the curve is up with it."""
    mean = found.model is Model.PMEDIAN
    last = "平均 mean min" if mean else "覆盖 covered"
    table = _grid(("", "选址 site", "新覆盖 newly covered", "(低–高 low–high)", last, ""), right=(0, 2, 3, 4))
    top = max(found.sites["newly_covered"].max(), 1.0)
    for site, point in zip(found.sites.to_dict("records"), found.curve.iloc[1:].to_dict("records"), strict=True):
        told = f"{point['mean_min']:.1f}" if mean else f"{point['share']:.1%}"
        low, high = site["newly_covered_low"], site["newly_covered_high"]
        bar = "█" * round(_BAR / 2 * site["newly_covered"] / top)
        table.add_row(
            str(site["rank"]), str(site["name"]), f"{site['newly_covered']:,.0f}", f"{low:,.0f}–{high:,.0f}", told,
            Text(bar, style="cyan"),
        )  # fmt: skip
    return table


def _grid(heads: tuple[str, ...], right: tuple[int, ...]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for k, head in enumerate(heads):
        table.add_column(head.replace(" ", "\n", 1), justify="right" if k in right else "left", overflow="fold")
    return table
