"""What the terminal shows of a comparison, and of links that would help."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from servicecircle.comparing import Comparison, Side
from servicecircle.coverage import DISTRICT
from servicecircle.units import minutes

__all__ = ["print_comparison", "print_links"]

_TIERS = {"school": "校园 school", "community": "社区 community", "base": "基地 base"}
_BASES = {"confirmed": "确认且定位 confirmed", "all": "含候选近似 all"}
_CHANGES = {
    "gone": "消失 gone", "new": "新增 new", "changed": "变化 changed", "gained": "得 gained", "lost": "失 lost",
}  # fmt: skip
_KINDS = {
    "path": "步道 path", "stairs": "梯道 stairs", "lift": "电梯 lift", "escalator": "扶梯 escalator",
    "bridge": "天桥或桥 bridge",
}  # fmt: skip
_SHOWN = 8


def print_comparison(found: Comparison) -> None:
    """Print who gains and who loses by tier and subdistrict, where, and what became of gaps and circles."""
    console = Console()
    area = found.area
    console.print(Text(f"{area['name_zh']} {area['name_en']}", style="bold"))
    for label, side in (("前 before", found.before), ("后 after", found.after)):
        console.print(Text(f"{label}: {side.folder} · {_variant(side)}"))
    for zh, en in found.notes:
        console.print(Text(f"注意 note: {zh} {en}"))
    if found.empty:
        console.print("两者完全相同 the two say the same", highlight=False)
        return
    console.print(f"{minutes(found.cutoff_s):g}分钟内 within {minutes(found.cutoff_s):g} minutes", highlight=False)
    console.print(_people(found.people[found.people["cutoff_s"] == found.cutoff_s]))
    if len(found.clusters):
        console.print("在哪里 where", highlight=False)
        console.print(_clusters(found.clusters))
    for row in found.minutes.to_dict("records"):
        way = "更快 quicker" if row["change"] == "quicker" else "更慢 slower"
        console.print(
            Text(f"{_TIERS[row['tier']]}: {way} {row['people']:.0f}人 people, {row['mean_change_min']:+.1f} min")
        )
    gaps = found.gaps["change"].value_counts()
    said = "，".join(f"{_CHANGES[c]} {n}" for c, n in gaps.items()) or "无变化 unchanged"
    console.print(Text(f"缺口 gaps: {said}"))
    places = found.circles["facility_id"].nunique()
    console.print(Text(f"服务圈变化的点位 places whose circle changed: {places}"))


def print_links(found: dict[str, Any]) -> None:
    """Print the links that would bring most people within the cutoff."""
    console = Console()
    head = f"{_TIERS[found['tier']]} · {found['minutes']:g}分钟内 within {found['minutes']:g} minutes"
    console.print(Text(f"{head} · {found['candidates']:,} 对 pairs"))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("", "类型\nkind", "两端\nends"):
        table.add_column(name, no_wrap=True)
    for name in ("米\nm", "高差\nrise", "现绕行\nnow m", "秒\ns", "新增人口\npeople"):
        table.add_column(name, justify="right")
    for row in found["links"]:
        ends = "\n".join(f"{row[f'{end}_lon']:.5f},{row[f'{end}_lat']:.5f}" for end in ("from", "to"))
        kind = _KINDS[row["kind"]].replace(" ", "\n")
        now = "不通 none" if row["detour_m"] is None else f"{row['detour_m']:.0f}"
        rise = "?" if row["rise_m"] is None else f"{row['rise_m']:+.0f}"
        people = f"{row['people']:.0f}\n{row['people_low']:.0f}–{row['people_high']:.0f}"
        numbers = (f"{row['length_m']:.0f}", rise, now, f"{row['seconds']:.0f}", people)
        table.add_row(str(row["rank"]), kind, ends, *numbers)
    console.print(table)
    console.print(Text(f"{found['note_zh']}\n{found['note_en']}"))


def _variant(side: Side) -> str:
    if not side.variant:
        return "现状 as it is"
    return json.dumps(dict(side.variant), ensure_ascii=False)[:200]


def _people(people: pd.DataFrame) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("类别 tier", "口径 basis", "街道 subdistrict"):
        table.add_column(name)
    for name in ("得 gained", "失 lost"):
        table.add_column(name, justify="right")
    for row in people.to_dict("records"):
        place = "全区 district" if row["subdistrict"] == DISTRICT else str(row["name"])
        cells = [_range(row, "gained"), _range(row, "lost")]
        table.add_row(_TIERS[row["tier"]], _BASES[row["basis"]], Text(place), *cells)
    return table


def _range(row: dict[Any, Any], change: str) -> str:
    low, middle, high = (row[f"people_{change}{end}"] for end in ("_low", "", "_high"))
    return "—" if high == 0 else f"{middle:.0f} ({low:.0f}–{high:.0f})"


def _clusters(clusters: pd.DataFrame) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("", "类别 tier", "街道 subdistrict", "位置 lon,lat"):
        table.add_column(name)
    table.add_column("人口 people", justify="right")
    shown = clusters.sort_values("people", ascending=False, kind="stable").head(_SHOWN)
    for row in shown.to_dict("records"):
        people = f"{row['people']:.0f} ({row['people_low']:.0f}–{row['people_high']:.0f})"
        at = f"{row['lon']:.5f},{row['lat']:.5f}"
        table.add_row(_CHANGES[row["change"]], _TIERS[row["tier"]], Text(str(row["name"])), at, people)
    return table
