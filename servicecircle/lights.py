"""红黄绿: a light for every unit, with the numbers that made it.

The engine only applies rules that a file states. It is exact: scores are fractions, so that weights are free of scale,
a better value never gives a worse light, and the same figures give the same light everywhere.

A figure over people is an estimate, with a low and a high end. The light is given by its middle; the score is told with
all figures at their worse and at their better ends, too. A unit whose light differs between the two says so.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

import pandas as pd

from servicecircle.ingest.lights import UNIT_KINDS, Item, LightRules

__all__ = ["GREY", "LIGHTS", "LIGHT_ITEMS", "grade", "score_of", "with_ratings"]

GREY = "grey"
LIGHTS = [
    "unit_kind", "unit", "name", "light", "light_low", "light_high", "score_low", "score", "score_high",
    "explanation_zh", "explanation_en", "missing",
]  # fmt: skip
"""Columns of the table ``lights``."""
LIGHT_ITEMS = [
    "unit_kind", "unit", "item", "group", "value_low", "value", "value_high", "score_low", "score", "score_high",
    "weight", "why_zh", "why_en",
]  # fmt: skip
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
    ends: tuple[float, float] = (math.nan, math.nan)

    @property
    def score(self) -> Fraction | None:
        """Its score; none of what is unknown or on the negative list."""
        return None if self.value is None or self.item.group == "negative" else score_of(self.item, self.value)

    @property
    def vetoes(self) -> bool:
        """Whether it stands on the negative list."""
        return self.item.group == "negative" and self.value is not None and _is_beyond(self.item, self.value)

    @property
    def worse(self) -> _Told:
        """The same with the worse end of its value."""
        return replace(self, value=self.ends[self.item.direction == "lower"])

    @property
    def better(self) -> _Told:
        """The same with the better end of its value."""
        return replace(self, value=self.ends[self.item.direction != "lower"])


@dataclass(frozen=True, slots=True)
class _Graded:
    """A light, the light by the score alone, and the score."""

    light: str
    by_score: str
    score: Fraction


def grade(rules: LightRules, units: Mapping[str, pd.DataFrame]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give every unit its light, and tell what made it.

    Parameters
    ----------
    rules
        Items, weights and cut-offs.
    units
        By kind of unit: ``unit, name`` and the columns that the items name (imported ones under the item's id). A
        column that is not there, and a value that is missing, is unknown. ``<column>_low`` and ``<column>_high`` are
        the ends of a computed value; without them it is taken as it stands.

    Returns
    -------
    tuple
        The tables ``lights`` (one row a unit, columns ``LIGHTS``) and ``light_items`` (one row a unit and item, columns
        ``LIGHT_ITEMS``), in the order given. A unit without every required item is grey and has no score.
        ``light_low`` and ``light_high`` are the lights with every value at its worse and at its better end: where they
        differ, the estimate of the people decides. The ends are taken together, which is no narrower than any of the
        population models.

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
            told = [_tell(item, row) for item in own]
            key = {"unit_kind": kind, "unit": row["unit"]}
            lights.append(key | {"name": row["name"]} | _light(rules, told))
            items += [key | _item_row(one) for one in told]
    numbers = {name: "float64" for name in LIGHT_ITEMS if name.startswith(("value", "score", "weight"))}
    scores = {name: "float64" for name in LIGHTS if name.startswith("score")}
    told_items = pd.DataFrame(items, columns=LIGHT_ITEMS).astype(numbers)
    return pd.DataFrame(lights, columns=LIGHTS).astype(scores), told_items


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


def _tell(item: Item, row: Mapping[Hashable, object]) -> _Told:
    name = item.id if item.imported else str(item.column)
    value = _number(row.get(name))
    if value is None:
        return _Told(item, None)
    ends = [None if item.imported else _number(row.get(f"{name}{end}")) for end in ("_low", "_high")]
    known = [end for end in ends if end is not None]
    return _Told(item, value, (min([value, *known]), max([value, *known])))


def _number(value: object) -> float | None:
    if value is None or pd.isna(value):  # type: ignore[call-overload]  # whatever a table holds
        return None
    return float(str(value))


def _is_beyond(item: Item, value: float) -> bool:
    limit = item.limit or 0.0
    return value > limit if item.direction == "lower" else value < limit


def _light(rules: LightRules, told: list[_Told]) -> dict[str, object]:
    missing = [one.item for one in told if one.value is None]
    required = [item for item in missing if item.required]
    scored = [one for one in told if one.score is not None]
    names = ";".join(item.id for item in missing) or None
    if required or not scored:
        return {"light": GREY, "missing": names, **_grey(rules, required or missing)}
    known = [one for one in told if one.value is not None]
    worst, found, best = (
        _graded(rules, ones) for ones in ([one.worse for one in known], known, [one.better for one in known])
    )
    return {
        "light": found.light,
        "light_low": worst.light,
        "light_high": best.light,
        "score_low": float(worst.score),
        "score": float(found.score),
        "score_high": float(best.score),
        "missing": names,
        **_explain(rules, told, worst, found, best),
    }


def _graded(rules: LightRules, told: list[_Told]) -> _Graded:
    """Grade what is known: by the score, then by the negative list."""
    pairs = [(one.score, Fraction(str(one.item.weight))) for one in told if one.score is not None]
    total = sum((score * weight for score, weight in pairs), Fraction(0))
    score = round(total / sum((weight for _, weight in pairs), Fraction(0)), _DIGITS)
    by_score = "green" if score >= rules.green else "yellow" if score >= rules.yellow else "red"
    most = [one.item.most or "red" for one in told if one.vetoes]
    return _Graded(min([by_score, *most], key=_ORDER.index), by_score, score)


def _grey(rules: LightRules, missing: list[Item]) -> dict[str, str]:
    zh = "、".join(item.name_zh for item in missing) or "没有适用的指标"
    en = ", ".join(item.name_en for item in missing) or "no item applies"
    return _both(f"灰灯：未评。缺：{zh}", f"Grey: not graded. Missing: {en}", rules)


def _explain(rules: LightRules, told: list[_Told], worst: _Graded, found: _Graded, best: _Graded) -> dict[str, str]:
    cuts, light, score = (f"{rules.green:g}", f"{rules.yellow:g}"), found.light, found.score
    zh = [f"{_ZH[light]}灯：{float(score):.1f}分（绿≥{cuts[0]}，黄≥{cuts[1]}）"]
    en = [f"{light.capitalize()}: {float(score):.1f} points (green from {cuts[0]}, yellow from {cuts[1]})"]
    if worst != best:
        text_zh, text_en = _settled(worst, best)
        zh.append(text_zh)
        en.append(text_en)
    for one in told:
        if one.score is not None:
            text_zh, text_en = _points(one)
            zh.append(f"{one.item.name_zh}{text_zh}")
            en.append(f"{one.item.name_en} {text_en}")
    vetoes = [one for one in told if one.vetoes]
    for one in vetoes:
        text_zh, text_en = _why(one)
        zh.append(f"负面清单：{one.item.name_zh}{text_zh}，按得分为{_ZH[found.by_score]}灯")
        en.append(f"negative list: {one.item.name_en} {text_en}; by its score it would be {found.by_score}")
    if not vetoes and any(one.item.group == "negative" for one in told):
        zh.append("负面清单：无")
        en.append("negative list: nothing")
    left_out = [one.item for one in told if one.value is None]
    if left_out:
        zh.append("未计入：" + "、".join(item.name_zh for item in left_out))
        en.append("left out: " + ", ".join(item.name_en for item in left_out))
    return _both("；".join(zh), "; ".join(en), rules)


def _settled(worst: _Graded, best: _Graded) -> tuple[str, str]:
    """Say what the low and the high estimates would give, and whether that is one light."""
    low, high = (f"{float(graded.score):.1f}" for graded in (worst, best))
    between_zh = f"按估计的低–高为{low}–{high}分"
    between_en = f"between the low and high estimates {low} to {high} points"
    if worst.light == best.light:
        return f"{between_zh}，灯色不变", f"{between_en}, the light stays"
    ends_zh = f"{_ZH[worst.light]}至{_ZH[best.light]}"
    return (
        f"{between_zh}，灯色在{ends_zh}之间，尚不能定",
        f"{between_en}: {worst.light} to {best.light}, not settled by the estimate",
    )


def _both(zh: str, en: str, rules: LightRules) -> dict[str, str]:
    if rules.provisional:
        zh += f"（{rules.note_zh or '示例'}）"
        en += f" ({rules.note_en or 'provisional example'})"
    return {"explanation_zh": f"{zh}。", "explanation_en": f"{en}."}


def _item_row(one: _Told) -> dict[str, object]:
    item = one.item
    why_zh, why_en = _why(one)
    numbers: dict[str, float | None] = {"weight": None if item.group == "negative" else item.weight}
    if one.value is not None:
        numbers |= {"value_low": one.ends[0], "value": one.value, "value_high": one.ends[1]}
        for name, end in (("score_low", one.worse), ("score", one), ("score_high", one.better)):
            numbers[name] = None if end.score is None else float(end.score)
    return {"item": item.id, "group": item.group, **numbers, "why_zh": why_zh, "why_en": why_en}


def _why(one: _Told) -> tuple[str, str]:
    item = one.item
    if one.value is None:
        needed = ("必需", "required") if item.required else ("可缺", "may be missing")
        return f"未知（{needed[0]}）", f"unknown ({needed[1]})"
    value_zh, value_en = _with_ends(one)
    if item.group == "negative":
        limit, most = _shown(item, item.limit or 0.0), item.most or "red"
        if one.vetoes:
            return f"{value_zh}，超过{limit}，至多{_ZH[most]}灯", f"{value_en}, beyond {limit}: {most} at most"
        return f"{value_zh}，未超过{limit}", f"{value_en}, not beyond {limit}"
    zh, en = _points(one)
    ends: Iterable[tuple[float, float]] = item.steps or ((item.zero_at or 0.0, 0.0), (item.full_at or 0.0, _FULL))
    scale = [(_shown(item, at), f"{score:g}") for at, score in ends]
    scale_zh = "、".join(f"{at}得{score}分" for at, score in scale)
    scale_en = ", ".join(f"{score} points at {at}" for at, score in scale)
    return f"{zh}（{scale_zh}）", f"{en} ({scale_en})"


def _points(one: _Told) -> tuple[str, str]:
    (zh, en), score, weight = _with_ends(one), f"{float(one.score or 0):.1f}", f"{one.item.weight:g}"
    return f"{zh}，得{score}分×权重{weight}", f"{en}: {score} points, weight {weight}"


def _with_ends(one: _Told) -> tuple[str, str]:
    value, low, high = (_shown(one.item, number) for number in (one.value or 0.0, *one.ends))
    return (value, value) if low == high else (f"{value}（{low}–{high}）", f"{value} ({low}–{high})")


def _shown(item: Item, value: float) -> str:
    return f"{value:.1%}" if item.unit == "share" else f"{value:.6g}"
