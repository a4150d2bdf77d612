"""What the terminal shows of study routes: their legs and times, and what is wrong with them."""

from __future__ import annotations

from typing import Any

import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from servicecircle.parameters import Parameters
from servicecircle.units import minutes

__all__ = ["print_faults", "print_legs"]

_UNKNOWN = "?"
_FEASIBLE = {"yes": "可行 can be walked", "no": "不可行 cannot be walked so", "unknown": "资料不足 not known yet"}
_SIGNS = {"blocks": "✗", "care": "!", "unknown": "?"}


def print_faults(routes: pd.DataFrame, faults: pd.DataFrame) -> None:
    """Print whether each route can be walked, and what is wrong with it."""
    console = Console()
    for route in routes.to_dict("records"):
        own = faults[faults["route_id"] == route["route_id"]]
        verdict = _FEASIBLE[route["feasible"]]
        console.print(Text.assemble((f"{route['route_id']} {route['name']}", "bold"), f" · {verdict}"))
        table = Table.grid(padding=(0, 1))
        table.add_column(justify="right", min_width=2)
        table.add_column()
        table.add_column(overflow="fold")
        for row in own.to_dict("records"):
            said = Text(f"{row['text_zh']}\n{row['text_en']}")
            table.add_row(str(row["seq"] or ""), _SIGNS[row["severity"]], said)
        console.print(table)
        if own.empty:
            console.print("  无问题 nothing wrong")
    if len(faults):
        console.print(
            "✗ 走不成 blocks · ! 须注意 care · ? 资料不足 unknown；数字为站序 numbers are stops", highlight=False
        )


def print_legs(routes: pd.DataFrame, stops: pd.DataFrame, legs: pd.DataFrame, parameters: Parameters) -> None:
    """Print each route as a table of its legs; stops without a position are named below."""
    console = Console()
    for route in routes.to_dict("records"):
        walker = parameters.walker(route["walker"])
        console.print(Text(f"{route['route_id']} {route['name']}", style="bold"))
        pace = f"{walker.name_zh} {walker.name}, {route['pace_mps']:.2f} m/s"
        console.print(Text(f"{pace}; 出发 departs {route['depart']}"))
        own = stops[stops["route_id"] == route["route_id"]]
        console.print(_table(legs[legs["route_id"] == route["route_id"]], own))
        missing = own[~own["located"].astype(bool)]
        if len(missing):
            names = "、".join(f"{s['seq']} {s['name']}" for s in missing.to_dict("records"))
            console.print(Text(f"没有坐标 no position: {names}；“≥”为下限 ≥ is a lower bound"))
        console.print(Text(_total(route) + "\n"))


def _table(legs: pd.DataFrame, stops: pd.DataFrame) -> Table:
    arrive = {s["seq"]: s["arrive"] and f"{'≥' * bool(s['at_least'])}{s['arrive']}" for s in stops.to_dict("records")}
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for head in ("自 from", "至 to"):
        table.add_column(head)
    for head in ("分:秒\nmin:s", "米\nm", "升\nup m", "降\ndown", "台阶\nsteps", "到达\narrive"):
        table.add_column(head, justify="right")
    for leg in legs.to_dict("records"):
        ends = (f"{leg['from_seq']} {leg['from_name']}", f"{leg['to_seq']} {leg['to_name']}")
        more = "≥" if leg["at_least"] else ""
        clock = _UNKNOWN if pd.isna(leg["seconds"]) else f"{more}{_clock(leg['seconds'])}"
        rest = [_whole(leg[key]) for key in ("metres", "ascent_m", "descent_m", "steps")]
        table.add_row(*(Text(end) for end in ends), clock, *rest, arrive.get(leg["to_seq"]) or _UNKNOWN)
    return table


def _total(route: dict[Any, Any]) -> str:
    least = "≥" if route["at_least"] else ""
    walk = _UNKNOWN if pd.isna(route["seconds"]) else f"{least}{_clock(route['seconds'])}"
    metres, up, down = (_whole(route[key]) for key in ("metres", "ascent_m", "descent_m"))
    steps, flight = _whole(route["steps"]), _whole(route["longest_flight"])
    dwell, total = minutes(route["dwell_s"]), minutes(route["total_s"])
    whole = _UNKNOWN if pd.isna(total) else f"{least}{total:.0f}"
    return (
        f"步行 on foot {walk}, {metres} m, 升 up {up} m, 降 down {down} m\n"
        f"台阶 steps 约{steps}, 最长一段 longest flight 约{flight}\n"
        f"停留 at stops {dwell:.0f} min, 共 in all {whole} min, 时限 limit {route['limit_minutes']:.0f} min"
    )


def _whole(value: float) -> str:
    return _UNKNOWN if pd.isna(value) else f"{value:.0f}"


def _clock(seconds: float) -> str:
    whole = round(seconds)
    return f"{int(minutes(whole))}:{whole % 60:02d}"
