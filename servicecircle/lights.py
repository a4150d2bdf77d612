"""红黄绿: a light for every unit, with the numbers that made it.

The engine only applies rules that a file states. It is exact: scores are fractions, so that weights are free of scale,
a better value never gives a worse light, and the same figures give the same light everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from servicecircle.ingest.lights import UNIT_KINDS, Item, LightRules

__all__ = ["GREY", "LIGHTS", "LIGHT_ITEMS", "grade", "score_of", "with_ratings"]

GREY = "grey"
LIGHTS = ["unit_kind", "unit", "name", "light", "score", "explanation_zh", "explanation_en", "missing"]
"""Columns of the table ``lights``."""
LIGHT_ITEMS = ["unit_kind", "unit", "item", "group", "value", "score", "weight", "why_zh", "why_en"]
"""Columns of the table ``light_items``."""

_ORDER = ("red", "yellow", "green")
_ZH = {"red": "红", "yellow": "黄", "green": "绿", GREY: "灰"}
_DIGITS = 6
_FULL = 100


@dataclass(frozen=True, slots=True)
class _Told:
    """One item of one unit."""

    item: Item
    value: float | None
    score: Fraction | None

    @property
    def vetoes(self) -> bool:
        """Whether it stands on the negative list."""
        return self.item.group == "negative" and self.value is not None and _is_beyond(self.item, self.value)


def grade(rules: LightRules, units: Mapping[str, pd.DataFrame]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give every unit its light, and tell what made it.

    Parameters
    ----------
    rules
        Items, weights and cut-offs.
    units
        By kind of unit: ``unit, name`` and the columns that the items name (imported ones under the item's id). A
        column that is not there, and a value that is missing, is unknown.

    Returns
    -------
    tuple
        The tables ``lights`` (one row a unit, columns ``LIGHTS``) and ``light_items`` (one row a unit and item, columns
        ``LIGHT_ITEMS``), in the order given. A unit without every required item is grey and has no score.

    Examples
    --------
    >>> from servicecircle.ingest.lights import read_light_rules
    >>> known = {"unit": ["S1"], "name": ["中心小学"], "categories_15min": [6], "nearest_base_min": [5.0]}
    >>> schools = pd.DataFrame(known)
    >>> lights, _ = grade(read_light_rules(), {"school": schools})
    >>> lights.at[0, "light"], lights.at[0, "missing"]
    ('grey', 'specialty;satisfaction;negative_list')
    """
    lights: list[dict[str, object]] = []
    items: list[dict[str, object]] = []
    for kind in [kind for kind in UNIT_KINDS if kind in units]:
        own = [item for item in rules.items if kind in item.units]
        for row in units[kind].to_dict("records"):
            told = [_tell(item, row.get(item.id if item.imported else str(item.column))) for item in own]
            key = {"unit_kind": kind, "unit": row["unit"]}
            lights.append(key | {"name": row["name"]} | _light(rules, told))
            items += [key | _item_row(one) for one in told]
    columns = {"value": "float64", "score": "float64", "weight": "float64"}
    return pd.DataFrame(lights, columns=LIGHTS).astype({"score": "float64"}), pd.DataFrame(
        items, columns=LIGHT_ITEMS
    ).astype(columns)


def with_ratings(units: Mapping[str, pd.DataFrame], ratings: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Put the figures of an office beside the computed columns, one column an item."""
    out = {}
    for kind, table in units.items():
        own = ratings[ratings["unit_kind"] == kind]
        wide = own.pivot(index="unit", columns="item", values="value").reindex(table["unit"])  # noqa: PD010
        out[kind] = table.assign(**{str(name): wide[name].to_numpy() for name in wide.columns})
    return out


def score_of(item: Item, value: float) -> Fraction:
    """Return the score of a value, from 0 to 100, exact.

    Examples
    --------
    >>> from servicecircle.ingest.lights import Item
    >>> item = Item("a", "basic", ("school",), "", "", "share", "higher", "", "a", zero_at=0.5, full_at=1.0, weight=1.0)
    >>> [float(score_of(item, value)) for value in (0.4, 0.75, 1.0)]
    [0.0, 50.0, 100.0]
    """
    sign = -1 if item.direction == "lower" else 1
    if item.steps:
        reached = [score for at, score in item.steps if sign * value >= sign * at]
        return Fraction(reached[-1] if reached else 0)
    zero, full = Fraction(item.zero_at or 0), Fraction(item.full_at or 0)
    if math.isinf(value):
        return Fraction(_FULL if (value > 0) == (full > zero) else 0)
    share = (Fraction(value) - zero) / (full - zero)
    return min(max(share, Fraction(0)), Fraction(1)) * _FULL


def _tell(item: Item, value: object) -> _Told:
    if value is None or pd.isna(value):  # type: ignore[call-overload]  # whatever a table holds
        return _Told(item, None, None)
    number = float(str(value))
    return _Told(item, number, None if item.group == "negative" else score_of(item, number))


def _is_beyond(item: Item, value: float) -> bool:
    limit = item.limit or 0.0
    return value > limit if item.direction == "lower" else value < limit


def _light(rules: LightRules, told: list[_Told]) -> dict[str, object]:
    missing = [one.item for one in told if one.value is None]
    required = [item for item in missing if item.required]
    scored = [one for one in told if one.score is not None]
    names = ";".join(item.id for item in missing) or None
    if required or not scored:
        return {"light": GREY, "score": None, "missing": names, **_grey(rules, required or missing)}
    weights = [Fraction(str(one.item.weight)) for one in scored]
    total = sum(((one.score or 0) * weight for one, weight in zip(scored, weights, strict=True)), Fraction(0))
    score = round(total / sum(weights, Fraction(0)), _DIGITS)
    light = "green" if score >= rules.green else "yellow" if score >= rules.yellow else "red"
    by_score = light
    for one in told:
        if one.vetoes:
            light = min(light, one.item.most or "red", key=_ORDER.index)
    texts = _explain(rules, told, light, by_score, score)
    return {"light": light, "score": float(score), "missing": names, **texts}


def _grey(rules: LightRules, missing: list[Item]) -> dict[str, str]:
    zh = "、".join(item.name_zh for item in missing) or "没有适用的指标"
    en = ", ".join(item.name_en for item in missing) or "no item applies"
    return _both(f"灰灯：未评。缺：{zh}", f"Grey: not graded. Missing: {en}", rules)


def _explain(rules: LightRules, told: list[_Told], light: str, by_score: str, score: Fraction) -> dict[str, str]:
    cuts = f"{rules.green:g}", f"{rules.yellow:g}"
    zh = [f"{_ZH[light]}灯：{float(score):.1f}分（绿≥{cuts[0]}，黄≥{cuts[1]}）"]
    en = [f"{light.capitalize()}: {float(score):.1f} points (green from {cuts[0]}, yellow from {cuts[1]})"]
    for one in told:
        if one.score is not None:
            text_zh, text_en = _points(one)
            zh.append(f"{one.item.name_zh}{text_zh}")
            en.append(f"{one.item.name_en} {text_en}")
    vetoes = [one for one in told if one.vetoes]
    for one in vetoes:
        text_zh, text_en = _why(one)
        zh.append(f"负面清单：{one.item.name_zh}{text_zh}，按得分为{_ZH[by_score]}灯")
        en.append(f"negative list: {one.item.name_en} {text_en}; by its score it would be {by_score}")
    if not vetoes and any(one.item.group == "negative" for one in told):
        zh.append("负面清单：无")
        en.append("negative list: nothing")
    left_out = [one.item for one in told if one.value is None]
    if left_out:
        zh.append("未计入：" + "、".join(item.name_zh for item in left_out))
        en.append("left out: " + ", ".join(item.name_en for item in left_out))
    return _both("；".join(zh), "; ".join(en), rules)


def _both(zh: str, en: str, rules: LightRules) -> dict[str, str]:
    if rules.provisional:
        zh += f"（{rules.note_zh or '示例'}）"
        en += f" ({rules.note_en or 'provisional example'})"
    return {"explanation_zh": f"{zh}。", "explanation_en": f"{en}."}


def _item_row(one: _Told) -> dict[str, object]:
    item = one.item
    why_zh, why_en = _why(one)
    score = None if one.score is None else float(one.score)
    weight = None if item.group == "negative" else item.weight
    numbers = {"value": one.value, "score": score, "weight": weight}
    return {"item": item.id, "group": item.group, **numbers, "why_zh": why_zh, "why_en": why_en}


def _why(one: _Told) -> tuple[str, str]:
    item = one.item
    if one.value is None:
        needed = ("必需", "required") if item.required else ("可缺", "may be missing")
        return f"未知（{needed[0]}）", f"unknown ({needed[1]})"
    value = _shown(item, one.value)
    if item.group == "negative":
        limit, most = _shown(item, item.limit or 0.0), item.most or "red"
        if one.vetoes:
            return f"{value}，超过{limit}，至多{_ZH[most]}灯", f"{value}, beyond {limit}: {most} at most"
        return f"{value}，未超过{limit}", f"{value}, not beyond {limit}"
    zh, en = _points(one)
    ends: Iterable[tuple[float, float]] = item.steps or ((item.zero_at or 0.0, 0.0), (item.full_at or 0.0, _FULL))
    scale = [(_shown(item, at), f"{score:g}") for at, score in ends]
    scale_zh = "、".join(f"{at}得{score}分" for at, score in scale)
    scale_en = ", ".join(f"{score} points at {at}" for at, score in scale)
    return f"{zh}（{scale_zh}）", f"{en} ({scale_en})"


def _points(one: _Told) -> tuple[str, str]:
    value, score, weight = _shown(one.item, one.value or 0.0), f"{float(one.score or 0):.1f}", f"{one.item.weight:g}"
    return f"{value}，得{score}分×权重{weight}", f"{value}: {score} points, weight {weight}"


def _shown(item: Item, value: float) -> str:
    return f"{value:.1%}" if item.unit == "share" else f"{value:.6g}"
