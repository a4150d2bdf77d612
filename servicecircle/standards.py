"""A study held against standards: who lives within what each rule asks, in a straight line and on foot.

A rule says how far a place may be. Its radius counts people as the standard does; the walk counts them as they go. A
cell that nobody confirmed gives a result marked ``unconfirmed``, an empty one ``unknown``: never a silent pass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from servicecircle.arrays import Bools
from servicecircle.coverage import BASES, DISTRICT, MEASURES, in_basis
from servicecircle.ingest.standards import StandardRule, Standards
from servicecircle.shares import Nearest, Residents, within_reach

__all__ = ["STANDARDS", "check_standards"]

_RULE = ["preset", "rule", "name_zh", "name_en", "quantity", "least", "value", "unit", "confirmed", "source"]
_TEST = ["tier", "levels", "basis", "measure", "limit_m", "limit_s", "places"]
_COUNT = [
    "subdistrict", "name", "homes", "homes_within", "people_low", "people", "people_high", "share_low", "share",
    "share_high",
]  # fmt: skip
STANDARDS = [*_RULE, *_TEST, *_COUNT, "reached", "status", "note_zh", "note_en"]
"""Columns of the table ``standards``."""

_SHARES = ["homes_within", "share_low", "share", "share_high"]
_WHY = {
    "no_place": ("名册中没有已定位的此类点位", "no such place with a position on this basis"),
    "horizon": ("超出计算的最长步行时间", "beyond the longest walk that was computed"),
}


def check_standards(
    standards: Standards,
    places: pd.DataFrame,
    residents: Residents,
    nearest: Mapping[str, Nearest],
    horizon_s: float = np.inf,
) -> pd.DataFrame:
    """Tell what share of people and homes lives as each rule asks, by subdistrict, the district first.

    Parameters
    ----------
    standards
        Presets and rules.
    places
        The placed facilities: ``tier, level, status, located, approximate``, in the rows' order of ``nearest``.
    residents
        People by home and subdistrict.
    nearest
        By measure: ``radius`` answers in metres, ``level`` and ``walk`` in seconds; those that are given are told.
    horizon_s
        Beyond it no walk was computed: a rule that allows more is not told on foot.

    Returns
    -------
    pd.DataFrame
        Columns of ``STANDARDS``. ``status``: ``checked`` (a confirmed number), ``unconfirmed`` (a number from memory),
        ``unknown`` (an empty cell, or no place with a position), ``untested`` (not about reach). ``reached`` of a
        share: ``yes``, ``no``, or ``unsure`` where the population models disagree; only where ``checked``.
    """
    everybody = residents.sums(np.ones(residents.people.shape[1], dtype=bool))
    known: dict[tuple[bytes, Nearest, float], pd.DataFrame] = {}

    def count(rows: Bools, measure: str, limit: float) -> pd.DataFrame:
        key = rows.tobytes(), nearest[measure], limit  # several rules ask the same of the same places
        if key not in known:
            known[key] = residents.within(within_reach(nearest[measure], rows, limit), everybody)
        return known[key]

    measures = [measure for measure in MEASURES if measure in nearest]
    blocks = [
        block for rule in standards.rules for block in _of_rule(rule, standards, places, measures, count, horizon_s)
    ]
    # as objects: a column that one block leaves empty must not decide the type of the others
    return _typed(pd.concat([block.reindex(columns=STANDARDS).astype(object) for block in blocks], ignore_index=True))


def _of_rule(
    rule: StandardRule,
    standards: Standards,
    places: pd.DataFrame,
    measures: Sequence[str],
    count: Callable[[Bools, str, float], pd.DataFrame],
    horizon_s: float,
) -> list[pd.DataFrame]:
    cell = _cell(rule)
    limits = rule.limits(standards.pace)
    if rule.value is None or limits is None or rule.tier is None:
        empty = rule.value is None and rule.quantity != "text"
        return [pd.DataFrame([cell | {"subdistrict": DISTRICT, "status": "unknown" if empty else "untested"}])]
    blocks = []
    for basis in BASES:
        rows = _chosen(rule, places, basis)
        for measure in measures:
            limit = limits[0] if measure == "radius" else limits[1]
            beyond = measure != "radius" and limit > horizon_s
            test: dict[str, object] = {"basis": basis, "measure": measure}
            test |= {"limit_m": limits[0], "limit_s": limits[1]}
            block = count(rows, measure, limit).rename(columns={"code": "subdistrict"})
            told = cell | test | {"places": int(rows.sum())}
            same = pd.DataFrame([[*told.values()]] * len(block), block.index, [*told], dtype=object)
            block = pd.concat([block, same], axis=1)
            why = "no_place" if not rows.any() else "horizon" if beyond else ""
            blocks.append(_judged(block, rule, why))
    return blocks


def _cell(rule: StandardRule) -> dict[str, object]:
    cell: dict[str, object] = {key: getattr(rule, key) for key in _RULE if key != "rule"}
    levels = ";".join(rule.levels) or None
    notes = {key: getattr(rule, key) or None for key in ("note_zh", "note_en")}
    return cell | {"rule": rule.id, "tier": rule.tier and rule.tier.value, "levels": levels} | notes


def _chosen(rule: StandardRule, places: pd.DataFrame, basis: str) -> Bools:
    rows = (places["tier"] == rule.tier).to_numpy() & in_basis(places, basis)
    return rows & places["level"].isin(rule.levels).to_numpy() if rule.levels else rows


def _judged(block: pd.DataFrame, rule: StandardRule, why: str) -> pd.DataFrame:
    if why:
        for key, text in zip(("note_zh", "note_en"), _WHY[why], strict=True):
            block[key] = "; ".join(filter(None, (getattr(rule, key), text)))
        block[_SHARES] = np.nan
        return block.assign(status="unknown")
    if rule.quantity == "share" and rule.confirmed:
        low, high = block["share_low"], block["share_high"]
        told = pd.Series(np.select([low >= rule.value, high < rule.value], ["yes", "no"], "unsure"), dtype=object)
        block["reached"] = told.where(low.notna(), None)
    return block.assign(status="checked" if rule.confirmed else "unconfirmed")


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    numbers = ["least", "value", "limit_m", "limit_s", *[c for c in _COUNT if c.startswith(("people", "share"))]]
    whole = ["places", "homes", "homes_within"]
    return table.astype(dict.fromkeys(numbers, np.float64) | dict.fromkeys(whole, "Int64") | {"confirmed": bool})
