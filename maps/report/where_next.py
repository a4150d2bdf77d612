"""Where next on the report's page: what each further site adds, the sites, mobile classes, schools and their bases."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from maps.bundle import TIERS
from maps.charts import Added
from maps.report.content import BUILD, Cell, Grid
from maps.report.phrases import people, people_range, percent, share_range, tier_name
from maps.report.reading import Study, plain
from maps.style import TIERS as SIGNS

__all__ = ["added", "lede", "mobile_grid", "pairing_grid", "sites_grid", "unserved_grid"]

SITING = {
    *("tier", "n", "name", "newly_covered_low", "newly_covered", "newly_covered_high", "covered_low", "covered"),
    *("covered_high", "share", "mean_min", "minutes", "candidates", "status", "gap"),
}
PAIRING = {"school_id", "category", "base_id", "base", "walk_s", "schools_of_base", "limit", "limit_basis", "why_en"}
MOBILE = {"tier", "week", "candidate_id", "name", "seats", "seats_known", "guests", "neighbourhoods"}
SERVED = {"tier", "name", "homes", "people_low", "people", "people_high", "served", "why_zh", "why_en"}
TERM = ("mobile_rooms", "mobile_weeks", "mobile_every", "mobile_seats", "mobile_share", "mobile_reach")
UNSERVED = 6  # neighbourhoods of a tier on the page


def added(study: Study, tier: str) -> Added | None:
    """Give the share of the people covered by the number of sites added; None where nothing is proposed."""
    table = _table(study, "siting", SITING)
    rows = table[table["tier"] == tier].sort_values("n")
    if len(rows) < 2 or not rows["share"].notna().all() or not rows["covered"].max() > 0:  # noqa: PLR2004
        return None
    share, covered = rows["share"].to_numpy(float), rows["covered"].to_numpy(float)
    whole = covered[-1] / share[-1]
    low, high = (rows[c].to_numpy(float) / whole for c in ("covered_low", "covered_high"))
    labels = (percent(share[0]), *(f"+{people(new)}" for new in rows["newly_covered"].iloc[1:]))
    return Added(rows["n"].to_numpy(int), low, share, high, labels, str(SIGNS[tier]["colour"]))


def lede(study: Study) -> tuple[str, str] | None:
    """Say how the sites were chosen; None where the bundle has none."""
    table = _table(study, "siting", SITING)
    if table.empty:
        return None
    minutes = f"{table['minutes'].iloc[0]:g}"
    return (
        f"从登记册的教室中选，使步行{minutes}分钟内新覆盖的人最多；已有点位全部保留。每一处都须先商定：借不借得到、容不容得下。",
        (
            f"Chosen among the rooms of the registry so that most people are newly within {minutes} minutes on foot; "
            "all places there already stay. Each is to be agreed first: whether the room can be had, and holds them."
        ),
    )


def sites_grid(study: Study) -> Grid | None:
    """Give the sites by tier, in the order in which each next one adds most."""
    table = _table(study, "siting", SITING)
    rows = []
    for tier in TIERS:
        own = table[(table["tier"] == tier) & (table["n"] > 0)].sort_values("n")
        for row in own.to_dict("records"):
            new = people_range(row["newly_covered_low"], row["newly_covered_high"])
            whole = row["covered"] / row["share"] if row["share"] else math.nan
            sure = "已证最优" if row["status"] == "optimal" else f"差 ≤ {row['gap']:.1%}"
            rows.append(
                (
                    Cell(plain(row["name"]), f"{tier_name(tier)[0]} 第 {row['n']:.0f} 处", "text"),
                    Cell(people(row["newly_covered"]), new),
                    Cell(percent(row["share"]), share_range(row["covered_low"] / whole, row["covered_high"] / whole)),
                    Cell(f"{row['mean_min']:.1f}"),
                    Cell(sure, "proven" if row["status"] == "optimal" else "gap", "text"),
                )
            )
    heads = (
        ("拟设点位", "proposed site"),
        ("新覆盖的人", "newly covered"),
        ("覆盖率", "covered with those before"),
        ("平均步行（分钟）", "mean walk, min"),
        ("把握", "how sure"),
    )
    counts = [(tier, table[table["tier"] == tier]["candidates"].max()) for tier in TIERS]
    told = "、".join(f"{tier_name(tier)[0]} {n:.0f} 处" for tier, n in counts if n == n)  # noqa: PLR0124
    english = ", ".join(f"{tier_name(tier)[1]} {n:.0f}" for tier, n in counts if n == n)  # noqa: PLR0124
    note = (f"候选教室：{told}。小字为低–高。", f"Candidate rooms: {english}. Small: low to high.")
    title = ("拟设点位", "Proposed sites")
    return Grid("siting", *title, "tables/siting.csv", BUILD, heads, tuple(rows), note) if rows else None


def pairing_grid(study: Study) -> Grid | None:
    """Give by category how many schools have a base, why the others have none, and the bases that are full."""
    table = _table(study, "pairing", PAIRING)
    if table.empty:
        return None
    names = study.bundle.layers["facilities"].dropna(subset=["category"]).drop_duplicates("category")
    words = {str(r["category"]): (plain(r["category_zh"]), plain(r["category_en"])) for r in names.to_dict("records")}
    rows = []
    for category, own in table.groupby("category", sort=False):
        has = own["base_id"].notna()
        full = ~has & own["why_en"].astype("str").str.contains("full").fillna(value=False)
        mean = own["walk_s"].mean() / 60
        busy = own[has & (own["schools_of_base"] >= own["limit"])]["base"].drop_duplicates()
        zh, en = words.get(str(category), (str(category), ""))
        rows.append(
            (
                Cell(zh or str(category), en, "text"),
                Cell(f"{has.sum()}", f"/ {len(own)}"),
                Cell(f"{(~has & ~full).sum()}"),
                Cell(f"{full.sum()}"),
                Cell(f"{mean:.0f}") if np.isfinite(mean) else Cell("–", "", "unknown"),
                Cell("、".join(map(plain, busy)) or "–", "", "long" if len(busy) else "unknown"),
            )
        )
    heads = (
        ("类别", "category"),
        ("有基地的学校", "schools with a base"),
        ("限时内没有", "none near"),
        ("名额已满", "all full"),
        ("平均步行（分钟）", "mean walk, min"),
        ("已满的基地", "bases that are full"),
    )
    assumed = table[table["limit_basis"] == "assumed"]["limit"].max()
    note = ("", "")
    if assumed == assumed:  # noqa: PLR0124
        note = (
            f"容量未知的基地假设每类至多接 {assumed:.0f} 所学校；哪所学校用哪处基地见 report.xlsx。",
            f"A base of unknown capacity is assumed to take {assumed:.0f} schools; which uses which: report.xlsx.",
        )
    title = ("绿色通道：学校与基地", "Green channel: schools and bases")
    return Grid("pairing", *title, "tables/pairing.csv", BUILD, heads, tuple(rows), note)


def mobile_grid(study: Study) -> Grid | None:
    """Give the rooms of mobile classes with their weeks; the note says whom they serve, and what is assumed."""
    table = _table(study, "mobile", MOBILE)
    if table.empty:
        return None
    rows = []
    for _, own in table.groupby(["tier", "candidate_id"], sort=False):
        first = own.iloc[0]
        weeks = "、".join(f"{week:.0f}" for week in sorted(own["week"]))
        rows.append(
            (
                Cell(plain(first["name"]), tier_name(first["tier"])[0], "text"),
                Cell(plain(first["neighbourhoods"]), "", "text"),
                Cell(f"{first['guests']:.0f}"),
                Cell(f"{first['seats']:.0f}", "" if _is_true(first["seats_known"]) else "假设 assumed"),
                Cell(weeks, "", "long"),
            )
        )
    heads = (("教室", "room"), ("片区", "neighbourhoods"), ("每次人数", "guests"), ("座位", "seats"), ("周次", "weeks"))
    title = ("流动课堂", "Mobile classes")
    return Grid("mobile", *title, "tables/mobile.csv", BUILD, heads, tuple(rows), _term(study))


def unserved_grid(study: Study) -> Grid | None:
    """Give the neighbourhoods that no class can serve, and why: of each tier those of most people."""
    table = _table(study, "mobile_served", SERVED)
    lost = table[~table["served"].map(_is_true).astype(bool)]
    if lost.empty:
        return None
    rows, left = [], 0
    for tier in TIERS:
        own = lost[lost["tier"] == tier].sort_values("people", ascending=False, kind="stable")
        left += len(own.iloc[UNSERVED:])
        rows += [
            (
                Cell(plain(row["name"]), tier_name(tier)[0], "text"),
                Cell(people(row["people"]), people_range(row["people_low"], row["people_high"])),
                Cell(f"{row['homes']:.0f}"),
                Cell(plain(row["why_zh"]), plain(row["why_en"]), "text"),
            )
            for row in own.head(UNSERVED).to_dict("records")
        ]
    heads = (
        ("片区", "neighbourhood"),
        ("没有点位的人", "people without a place"),
        ("住处", "homes"),
        ("为何排不上", "why none"),
    )
    more = (f"另有 {left} 片人数较少，见 report.xlsx。", f"{left} more, of fewer people: report.xlsx.")
    title = ("流动课堂排不上的片区", "Neighbourhoods that no mobile class can serve")
    return Grid(
        "mobile_served", *title, "tables/mobile_served.csv", BUILD, heads, tuple(rows), more if left else ("", "")
    )


def _term(study: Study) -> tuple[str, str]:
    """Say whom the term serves by tier, and what it takes for granted."""
    table = _table(study, "mobile_served", SERVED)
    zh, en = [], []
    for tier in TIERS:
        own = table[table["tier"] == tier]
        if own.empty:
            continue
        has = own[own["served"].map(_is_true).astype(bool)]
        some, everybody = people(has["people"].sum()), people(own["people"].sum())
        zh.append(f"{tier_name(tier)[0]} {everybody} 人中 {some} 人、{len(own)} 片中 {len(has)} 片排上了课。")
        whole = f"{some} of {everybody} people, {len(has)} of {len(own)} neighbourhoods"
        en.append(f"{tier_name(tier)[1].capitalize()}: {whole} have a class.")
    rules = (study.manifest.get("parameters") or {}).get("siting") or {}
    if set(TERM) <= set(rules):
        rooms, weeks, every, seats, share, reach = (rules[name] for name in TERM)
        zh.append(f"每周至多 {rooms} 间教室，共 {weeks} 周，每片每 {every} 周一次。")
        zh.append(f"假设 {percent(share)} 的人来，容量未知的教室 {seats:g} 座，片区 {percent(reach)} 的人走得到才算。")
        en.append(f"At most {rooms} rooms a week, {weeks} weeks, a class once in {every}.")
        en.append(f"Assumed: {percent(share)} come, {seats:g} seats where unknown, {percent(reach)} in reach.")
    return "".join(zh), " ".join(en)


def _is_true(told: object) -> bool:
    return told in {True, "True", "true"}


def _table(study: Study, name: str, columns: set[str]) -> pd.DataFrame:
    table = study.tables.get(name)
    return pd.DataFrame(columns=sorted(columns)) if table is None or not columns <= set(table) else table
