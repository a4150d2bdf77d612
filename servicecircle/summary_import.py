"""What the terminal shows of an import: the evidence, the difference, what was looked up, what is open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from servicecircle.publish.tables import finite
from servicecircle.registry.importing import Plan
from servicecircle.registry.intake import Intake
from servicecircle.registry.merging import Choices

__all__ = ["plan_json", "print_plan"]

_SHOWN = 20
_FAR_M = 100_000.0
_CHANGE = {
    "added": "新增 added", "moved": "移动 moved", "changed": "修改 changed", "removed": "移除 removed",
    "gone": "未列出 not named (kept)",
}  # fmt: skip
_CONFIDENCE = {
    "address": "门牌 address", "landmark": "地标 landmark", "street": "道路 street", "area": "街道范围 subdistrict",
    "building": "建筑 building", "entrance": "入口 entrance", "none": "未定位 not found",
}  # fmt: skip


def print_plan(plan: Plan, intake: Intake, choices: Choices, registry: Path, commit: int | None) -> None:
    """Print what an import found, what it changes, and whether it was done."""
    console = Console()
    for note in plan.notes:
        console.print(Text(f"注 note: {note}"))
    if intake.untaken:
        console.print(Text(f"未采用的列 columns not taken: {'、'.join(intake.untaken)}"))
    if plan.evidence is not None:
        _print_evidence(console, plan, choices)
    _print_found(console, plan.found)
    _print_changes(console, plan.changes)
    _print_undecided(console, plan.undecided)
    if commit is not None:
        undo = f"servicecircle registry undo --registry {registry}"
        console.print(Text(f"已写入 written: {registry}, commit {commit}（撤销 undo: {undo}）"))
    elif plan.changes["change"].isin(["added", "moved", "changed", "removed"]).any():
        console.print(Text("未写入 nothing was written"))
    else:
        console.print(Text("没有变化 nothing changes"))


def plan_json(plan: Plan, commit: int | None) -> dict[str, Any]:
    """Return the plan for machines: ``commit, changes, undecided, found, datum, notes``."""
    evidence = plan.evidence
    return {
        "commit": commit,
        "changes": _records(plan.changes),
        "undecided": _records(plan.undecided),
        "found": _records(plan.found),
        "datum": None if evidence is None else {"verdict": evidence.verdict, "hypotheses": _records(evidence.table)},
        "notes": list(plan.notes),
    }


def _print_evidence(console: Console, plan: Plan, choices: Choices) -> None:
    evidence = plan.evidence
    if evidence is None:
        return
    words = {
        "supported": "证据支持 the evidence supports it",
        "weak": "证据不足，请抽查 weak evidence: check a few by hand",
    }
    console.print(Text(f"坐标系 datum {choices.datum}: {words.get(evidence.verdict, '')}"), style="bold")
    rows = evidence.table[(evidence.table["inside"] > 0) | (evidence.table.index == 0)]
    shown = pd.DataFrame(
        {
            "坐标系\ndatum": rows["reading"],
            "区内\ninside": rows["inside"],
            "已知点\nknown": [_far(n, m) for n, m in zip(rows["matched"], rows["matched_m"], strict=True)],
            "地址道路\nstreet": [_far(n, m) for n, m in zip(rows["streets"], rows["street_m"], strict=True)],
            "可能性\nlog10 odds": rows["log10_odds"],
        }
    )
    console.print(_table(shown))


def _far(n: int, metres: float) -> str:
    """Rows compared, and the median distance."""
    return f"{n}: {metres:,.0f} m" if n and metres < _FAR_M else str(n or "")


def _print_found(console: Console, found: pd.DataFrame) -> None:
    if found.empty:
        return
    console.print(Text("无坐标的行，按地址定位 rows without coordinates, by their address"))
    shown = found.head(_SHOWN).assign(confidence=found["confidence"].map(lambda word: _CONFIDENCE.get(word, word)))
    heads = {"row": "行\nrow", "name": "名称\nname", "confidence": "精度\nposition", "how": "依据\nhow"}
    console.print(_table(shown.rename(columns=heads)))
    _print_more(console, len(found))


def _print_changes(console: Console, changes: pd.DataFrame) -> None:
    counts = changes.drop_duplicates(["change", "facility_id"])["change"].value_counts()
    parts = [f"{words} {counts[change]}" for change, words in _CHANGE.items() if change in counts]
    console.print(Text("变化 changes: " + ("，".join(parts) if parts else "无 none")), style="bold")
    shown = changes[changes["change"] != "gone"]
    shown = shown[~((shown["change"] == "changed") & shown["column"].isin(_AGAIN))].head(_SHOWN)
    if shown.empty:
        return
    table = shown.assign(
        change=shown["change"].map(_CHANGE),
        what=[_what(line) for _, line in shown.iterrows()],
    )[["change", "row", "facility_id", "name", "what"]]
    heads = {"change": "变化\nchange", "row": "行\nrow", "name": "名称\nname", "what": "内容\nwhat"}
    console.print(_table(table.rename(columns=heads)))
    _print_more(console, len(changes[changes["change"] != "gone"]))


_AGAIN = {"position_source", "datum", "licence", "redistributable", "status_reason"}  # in --json, not on the screen


def _what(line: pd.Series) -> str:
    if line["change"] == "moved":
        if pd.isna(line["moved_m"]):
            return f"{line['before'] or '未定位'} → {line['after'] or '未定位'}"
        return f"{line['moved_m']:,.0f} m"
    if line["change"] == "changed":
        return f"{line['column']}: {line['before'] or '∅'} → {line['after'] or '∅'}"
    return str(_CONFIDENCE.get(str(line["after"]), "")) if line["change"] == "added" else ""


def _print_undecided(console: Console, undecided: pd.DataFrame) -> None:
    if undecided.empty:
        return
    console.print(Text("可能是同一处，请决定 perhaps the same place, to be decided"), style="bold")
    columns = ["row", "name", "facility_id", "known_name", "evidence_zh"]
    heads = {"row": "行\nrow", "name": "名称\nname", "known_name": "已有\nknown", "evidence_zh": "依据\nevidence"}
    console.print(_table(undecided.head(_SHOWN)[columns].rename(columns=heads)))
    _print_more(console, len(undecided))


def _print_more(console: Console, n: int) -> None:
    if n > _SHOWN:
        console.print(Text(f"… 另有 and {n - _SHOWN} more (--json)"))


def _table(frame: pd.DataFrame) -> Table:
    """Show a table; cells are text of anybody and never markup."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in frame.columns:
        numeric = pd.api.types.is_numeric_dtype(frame[column])
        table.add_column(Text(str(column)), justify="right" if numeric else "left", overflow="fold")
    for _, row in frame.iterrows():
        table.add_row(*(Text(_cell(value)) for value in row))
    return table


def _cell(value: object) -> str:
    if value is None or (not isinstance(value, str) and pd.isna(value)):  # type: ignore[call-overload]
        return ""
    return f"{value:,.1f}".removesuffix(".0") if isinstance(value, float) else str(value)


def _records(frame: pd.DataFrame) -> list[dict[str, object]]:
    return [{str(k): finite(v) for k, v in record.items()} for record in frame.to_dict("records")]
