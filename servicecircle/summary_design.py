"""What the terminal shows of designed routes: each as a timetable with its reasons."""

from __future__ import annotations

from typing import Any

import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from servicecircle.design_words import explain
from servicecircle.designing import Design
from servicecircle.units import minutes

__all__ = ["print_design"]

_CANDIDATE = "°"
_APPROXIMATE = "≈"


def print_design(design: Design, routes: pd.DataFrame, stops: pd.DataFrame) -> None:
    """Print every alternative: when a stop is reached and left, the walk to it, and why this route."""
    console = Console()
    question, profile = design.asked.question, design.profile
    about = (
        f"{question.day} {question.depart} · {question.group_size}人 people · {profile.name_zh} {profile.name} "
        f"{profile.flat_mps:.2f} m/s\n"
        f"时限 limit {question.limit_minutes:g} min · 每段 leg ≤ {question.leg_minutes:g} min"
    )
    console.print(Text(f"{design.asked.start_name}", style="bold"), Text(about, style="dim"), sep="\n")
    for k, route in enumerate(routes.to_dict("records")):
        own = stops[stops["route_id"] == route["route_id"]]
        console.print()
        console.print(_table(route, own))
        console.print(_reasons(explain(design.asked, design.alternatives[k], design.alternatives[:k])))
    console.print()
    marks = f"{_CANDIDATE} 候选，区里尚未确认 candidate, not confirmed   {_APPROXIMATE} 位置大概 only placed roughly"
    console.print(Text(marks, style="dim"))


def _table(route: dict[Any, Any], stops: pd.DataFrame) -> Table:
    title = Text(route["name"], style="bold")
    title.append(f"  {minutes(route['total_s']):.0f} min · {route['points']}分 points", style="not bold cyan")
    table = Table(title=title, title_justify="left", title_style="", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("到–离\narrive–leave", no_wrap=True)
    table.add_column("站\nstop", ratio=1, overflow="fold")
    table.add_column("类别\ncategory", overflow="fold")
    for head in ("停留\nstay", "步行\nwalk", "升 / 降\nup / down", "台阶\nsteps"):
        table.add_column(head, justify="right", no_wrap=True)
    for stop in stops.to_dict("records"):
        table.add_row(*_cells(stop))
    return table


def _reasons(said: list[tuple[str, str]]) -> Table:
    """One sentence a row, with its lines hanging below each other."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column()
    grid.add_column(overflow="fold")
    for zh, en in said:
        grid.add_row(Text("·"), Text(zh))
        grid.add_row("", Text(en, style="dim"))
    return grid


def _cells(stop: dict[Any, Any]) -> list[Text]:
    dwell = stop["dwell_minutes"]
    times = "–".join(text for text in (stop["arrive"], stop["leave"]) if isinstance(text, str))
    times = times if isinstance(stop["arrive"], str) else f"      {times}"
    name = Text(stop["name"], style="" if dwell else "italic dim")
    if stop["status"] == "candidate":
        name.append(_CANDIDATE, style="yellow")
    if stop["position_confidence"] in {"landmark", "street", "area"}:
        name.append(_APPROXIMATE, style="yellow")
    category = stop["category_zh"] if isinstance(stop["category_zh"], str) else ""
    if pd.isna(stop["leg_s"]):
        walk, climb, steps = "", "", ""
    else:
        walk = f"{minutes(stop['leg_s']):.0f}′ {stop['leg_metres']:.0f}m"
        known = pd.notna(stop["leg_ascent_m"])
        climb = f"{stop['leg_ascent_m']:.0f} / {stop['leg_descent_m']:.0f}" if known else "未知"
        steps = f"{stop['leg_steps']:.0f}"
    return [
        Text(times),
        name,
        Text(category),
        Text(f"{dwell:.0f}′" if dwell else ""),
        Text(walk),
        Text(climb),
        Text(steps),
    ]
