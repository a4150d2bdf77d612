"""What the terminal shows: progress, the ledger, the summary of a study, a walk."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

import pandas as pd
from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from servicecircle.coverage import DISTRICT
from servicecircle.parameters import Profile
from servicecircle.pipeline import Results
from servicecircle.registry.ledger import Ledger
from servicecircle.sharing import MODELS
from servicecircle.units import M_PER_KM, minutes
from servicecircle.walk import Walk

__all__ = ["Steps", "print_gaps", "print_ledger", "print_summary", "print_walk"]

_TIERS = {"school": "校园家长学校 school", "community": "社区家长学校 community", "base": "实践基地 base"}
_SHORT = {"school": "校园 school", "community": "社区 community", "base": "基地 base"}
_TITLES = {
    "practice_base": "实践基地 practice base", "demonstration_base": "示范基地 demonstration base",
    "workshop": "工作坊 workshop", "new_cultural_space": "新型文化空间 new cultural space", "brand": "品牌 brand",
}  # fmt: skip
_BASES = {"confirmed": "确认且定位 confirmed", "all": "含候选近似 all"}
_KINDS = {
    "link": "离路 off the street", "street": "道路 street", "path": "步道 path", "stairs": "梯道 stairs",
    "crossing": "过街 crossing", "lift": "电梯 lift", "escalator": "扶梯 escalator",
}  # fmt: skip
_CAUSES = {
    "unlocated_place": "点位未定位 unlocated place (unknown)",
    "beyond_extract": "数据边缘 beyond the extract (unknown)",
    "disconnected": "路网不通 disconnected", "too_far": "太远 too far", "paid_or_closed": "收费或关闭 paid or closed",
    "terrain": "地形 terrain", "detour": "绕行 detour",
    "barrier": "阻隔 barrier", "missing_link": "疑缺连接 missing link",
}  # fmt: skip
_UNKNOWN = "未知"


class Steps:
    """A progress bar on a terminal, silence elsewhere."""

    def __init__(self, total: int) -> None:
        columns = (SpinnerColumn(), BarColumn(24), TextColumn("{task.description}"), TimeElapsedColumn())
        console = Console(stderr=True)
        self._progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task = self._progress.add_task("", total=total)
        self._begun = False

    def __enter__(self) -> Self:
        """Show the bar."""
        self._progress.start()
        return self

    def __exit__(self, *raised: object) -> None:
        """Take the bar away."""
        self._progress.stop()

    def step(self, text: str) -> None:
        """Say what begins now."""
        self._progress.update(self._task, advance=1 if self._begun else 0, description=text)
        self._begun = True


def print_summary(results: Results, out: Path, seconds: float) -> None:
    """Print coverage by tier, twice and by three measures, the ledger and the worst gaps."""
    console = Console()
    streets = results.streets
    area, coverage = streets.study.area, streets.parameters.coverage
    console.print(f"[b]{area.name_zh} {area.name_en}[/b]", highlight=False)
    console.print(
        f"15分钟内可步行到达的人口 people within {minutes(coverage.cutoff_s):g} minutes on foot, home to place\n"
        f"{_about(results)}",
        highlight=False,
    )
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    table.add_column("计入点位\nplaces counted")
    for head in (f"{coverage.radius_m:g}米\nradius", "平地\nlevel", "步行\nwalk", "确定\ncertain", "人\npeople"):
        table.add_column(head, justify="right")
    last = results.coverage["cutoff_s"] == coverage.cutoff_s
    rows = results.coverage[(results.coverage["subdistrict"] == DISTRICT) & last]
    for tier, label in _SHORT.items():
        for basis, words in _BASES.items():
            part = rows[(rows["tier"] == tier) & (rows["basis"] == basis)].set_index("measure")
            walk = part.loc["walk"]
            shares = [_share(part.loc[m, "share"]) for m in ("radius", "level", "walk")]
            shares.append(_share(_certain(results.certainty, tier, basis)))
            low, high = walk["covered_low"], walk["covered_high"]
            people = _UNKNOWN if walk["unknown"] else f"{low / 1e3:,.0f}–{high / 1e3:,.0f}k"
            table.add_row(label if basis == "confirmed" else "", words, *shares, people)
    console.print(table)
    _print_hold_out(console, results.demand.hold_out)
    print_ledger(results.ledger)
    _print_worst(console, results.gaps)
    report = streets.walkable
    dropped = report.loc[~report["walk"].astype(bool), "km"].sum()
    network = streets.network
    console.print(
        f"路网 network: {network.n_nodes:,} nodes, {network.n_edges:,} edges, "
        f"{network.edges['length_m'].sum() / M_PER_KM:,.0f} km walkable, {dropped:,.0f} km not (tables/walkable.csv)",
        highlight=False,
    )
    console.print(f"结果 bundle: {out}  ({seconds:.1f} s)", highlight=False)


def _certain(certainty: pd.DataFrame, tier: str, basis: str) -> float:
    """Share of the district's people who are covered in nearly every draw; NaN where nothing is known or drawn."""
    part = certainty[(certainty["subdistrict"] == DISTRICT) & (certainty["tier"] == tier)]
    part = part[part["basis"] == basis]
    total = float(part["people"].sum())
    surely = float(part.loc[part["class"] == "certain", "people"].sum())
    return float("nan") if part["unknown"].any() or total == 0 else surely / total


def print_ledger(ledger: Ledger, *, whole: bool = False) -> None:
    """Print the ledger by tier; the ``whole`` of it by category and designation, too."""
    console = Console()
    tables = {"台账 ledger": ledger.tiers.assign(label=ledger.tiers["tier"].map(_SHORT))}
    if whole:
        categories, titles = ledger.by_category, ledger.by_designation
        star = categories["published"].map({True: "", False: "*"})
        tables["基地类别 categories of bases"] = categories.assign(label=categories["name_zh"] + star)
        tables["称号 designations"] = titles.assign(
            label=titles["designation"].map(_TITLES).fillna(titles["designation"])
        )
    for title, table in tables.items():
        console.print(_ledger_table(title, table))
    if whole:
        console.print("* 名称未公布，为暂定 a provisional name: none was published", highlight=False)
    for of, paper, date in _papers(tables.values()):
        console.print(Text(f"公布数出处 declared in: {paper} ({date}): {of}"), highlight=False)


def _ledger_table(title: str, rows: pd.DataFrame) -> Table:
    table = Table(title=f"[b]{title}[/b]", title_justify="left", title_style="", box=box.SIMPLE_HEAD, pad_edge=False)
    heads = {
        "declared": "公布\ndeclared", "loaded": "入册\nloaded", "located": "定位\nlocated",
        "approximate": "近似\napprox.", "verified": "核实\nverified", "candidates": "候选\ncandidates",
    }  # fmt: skip
    table.add_column("", overflow="fold")
    for head in heads.values():
        table.add_column(head, justify="right")
    for row in rows.to_dict("records"):
        cells = [_UNKNOWN if pd.isna(row[key]) else f"{row[key]:.0f}" for key in heads]
        table.add_row(Text(str(row["label"])), *cells)
    return table


def _papers(tables: Iterable[pd.DataFrame]) -> list[tuple[str, str, str]]:
    """Return what each paper declares, the paper and its date."""
    declared = pd.concat([table[["label", "paper", "date"]] for table in tables]).dropna()
    of = declared.groupby(["paper", "date"], sort=False)["label"].agg("、".join).reset_index()
    return [(str(row["label"]), str(row["paper"]), str(row["date"])) for row in of.to_dict("records")]


def print_gaps(gaps: list[dict[str, Any]]) -> None:
    """Print gaps as sentences, Chinese then English."""
    console = Console()
    if not gaps:
        console.print("没有缺口 no gaps")
    for gap in gaps:
        console.print(f"[b]{_TIERS[gap['tier']]} {gap['rank']}[/b]  {gap['lon']:.5f},{gap['lat']:.5f}  {gap['gap_id']}")
        console.print(f"  {gap['explanation_zh']}\n  {gap['explanation_en']}", highlight=False, markup=False)


def print_walk(walk: Walk, profile: Profile) -> None:
    """Print a walk as a table of legs."""
    console = Console()
    table = Table(title=f"{profile.name_zh} {profile.name}", title_justify="left")
    for head in ("路段 leg", "名称 name"):
        table.add_column(head)
    for head in ("分:秒 min:s", "米 m", "升降 rise m"):
        table.add_column(head, justify="right")
    for leg in walk.legs:
        rise = _UNKNOWN if leg.rise_m is None else f"{round(leg.rise_m) + 0:+d}"
        table.add_row(_KINDS.get(leg.kind, leg.kind), leg.name or "", _clock(leg.seconds), f"{leg.metres:.0f}", rise)
    console.print(table)
    climb = _UNKNOWN if walk.ascent_m is None else f"{walk.ascent_m:.0f} m 升 up, {walk.descent_m:.0f} m 降 down"
    about = "约" if walk.steps_estimated else ""
    console.print(
        f"共 {_clock(walk.seconds)}, {walk.metres:.0f} m; {climb}; 台阶 steps {about}{walk.steps}", highlight=False
    )


def _print_hold_out(console: Console, table: pd.DataFrame) -> None:
    """Say how far the population models miss the figures they were not told."""
    if table.empty:
        return
    alone = (table["told"] == "district") & table["model"].isin(MODELS) & (table["subdistrict"] != "sum")
    off = (table.loc[alone, "ratio"] - 1).abs()
    span = f"{off.min():.0%}–{off.max():.0%}"
    console.print(
        f"人口为估计：只用全区总数时，各模型与已公布街道人口相差{span}。\n"
        f"People are estimates: told the district's total alone, the models miss\n"
        f"the published subdistricts by {span} (tables/population_hold_out.csv).\n",
        highlight=False,
    )


def _print_worst(console: Console, gaps: pd.DataFrame, most: int = 2) -> None:
    console.print("[b]缺口 gaps[/b] (人数×超时 people × minutes)")
    for tier, label in _TIERS.items():
        own = gaps[gaps["tier"] == tier].sort_values("rank")
        console.print(f"{label}: {len(own)}", highlight=False)
        for row in own.head(most).to_dict("records"):
            text = Text(f"{row['rank']}、{row['explanation_zh']} [{_CAUSES[row['cause']]}]")
            console.print(Padding(text, (0, 0, 0, 2)))


def _about(results: Results) -> str:
    streets = results.streets
    total = results.coverage[results.coverage["subdistrict"] == DISTRICT].iloc[0]
    return (
        f"{streets.profile.name_zh} {streets.profile.name}, {total['homes']:,} homes, "
        f"{total['people']:,.0f} people ({results.demand.year or 'own table'}), "
        f"streets {streets.study.area.data_date}, parameters {streets.parameters.sha256()[:12]}"
    )


def _share(value: Any) -> str:  # noqa: ANN401
    return _UNKNOWN if pd.isna(value) else f"{value:.1%}"


def _clock(seconds: float) -> str:
    whole = round(seconds)
    return f"{int(minutes(whole))}:{whole % 60:02d}"
