"""Gaps in words: one paragraph from the numbers of a row, and what would help; Chinese and English.

Every figure in the text is a figure of the row. What is not known is not said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from servicecircle.causes import Cause
from servicecircle.model import Tier
from servicecircle.parameters import CoverageParameters
from servicecircle.units import M_PER_KM, minutes

__all__ = ["explain", "explain_link"]

Row = Mapping[str, Any]
Words = tuple[str, str]

_TIER: dict[str, Words] = {
    Tier.SCHOOL: ("校园家长学校", "campus parent school"),
    Tier.COMMUNITY: ("社区家长学校", "community parent school"),
    Tier.BASE: ("实践基地", "practice base"),
}
_BARRIER: dict[str, Words] = {
    "water": ("水面", "water"),
    "railway": ("地面铁路", "a railway"),
    "road": ("快速路", "an expressway"),
}
_WAY: dict[bool, Words] = {True: ("台阶", "stairs"), False: ("步道", "path")}
_NAMED = 3  # names in a list before "and more"
_SHORT_M = 1000.0


def explain(row: Row, coverage: CoverageParameters) -> dict[str, str]:
    """Return ``explanation_zh``, ``explanation_en``, ``suggestion_zh``, ``suggestion_en`` of a gap."""
    who, why, next_ = _who(row), _WHY[row["cause"]](row, coverage), _second(row, coverage)
    lost, remedy = _elsewhere(row), _remedy(row)
    zh, en = (f"{who[k]}{why[k]}{next_[k]}{lost[k]}" for k in (0, 1))
    return {
        "explanation_zh": zh,
        "explanation_en": en.strip(),
        "suggestion_zh": remedy[0],
        "suggestion_en": remedy[1],
    }


def explain_link(row: Row) -> dict[str, str]:
    """Return ``explanation_zh`` and ``explanation_en`` of a link that may be missing."""
    zh, en = _link(row["length_m"], row["rise_m"], stairs=row["kind"] == "stairs")
    between_zh, between_en = _between(row["from_name"], row["to_name"])
    people, saved = _people(row["people"]), _minutes(row["saved_s"])
    tier_zh, tier_en = _TIER[row["tier"]]
    return {
        "explanation_zh": f"{between_zh}若有一段{zh}，约{people}人到{tier_zh}可进入时限，平均少走{saved}分钟。"
        "图上没有这段路，须到现场核实：可能已有未入图的通道，也可能是围墙或陡坎。",
        "explanation_en": f"{between_en} {en} would bring about {people} people within reach of a {tier_en}, "
        f"{saved} minutes sooner on average. The map has no way here; check on site: there may be a passage nobody has "
        "mapped, or a wall.",
    }


def _who(row: Row) -> Words:
    low, mid, high = (_people(row[k]) for k in ("people_low", "people", "people_high"))
    tier_zh, tier_en = _TIER[row["tier"]]
    zh = f"{row['subdistrict_name']}约{mid}人（估计{low}–{high}人，{row['homes']}处住房）"
    en = f"About {mid} people (estimate {low} to {high}, {row['homes']} homes)"
    if row["nearest_s"] is None:
        return f"{zh}步行到不了任何{tier_zh}。", f"{en} cannot walk to any {tier_en}."
    needs, excess = _minutes(row["nearest_s"]), _minutes(row["mean_excess_s"])
    zh += f"步行到最近的{tier_zh}（{row['nearest_name']}）平均{needs}分钟，超出{excess}分钟。"
    en += f" walk {needs} minutes on average to the nearest {tier_en} ({row['nearest_name']}), {excess} too many."
    return zh, en


def _unlocated(row: Row, _: CoverageParameters) -> Words:
    n, (zh, en) = row["unlocated"], _names(row)
    return (
        f"本街道有{n}处该类点位没有坐标（{zh}），也许就在近旁：情况未知，不能算作缺口。",
        (
            f" {n} {_s(n, 'place')} of this kind in the subdistrict {_have(n)} no position ({en}) and may be next "
            f"door: unknown, not a gap."
        ),
    )


def _beyond_extract(_: Row, __: CoverageParameters) -> Words:
    return (
        "这里离路网数据的边缘比离任何点位都近，数据之外有什么不得而知。",
        " The edge of the street data is nearer than any place: what lies beyond is unknown.",
    )


def _disconnected(_: Row, __: CoverageParameters) -> Words:
    return (
        "数据中，门前的路与任何点位都不相连。",
        " In the data, no way joins the streets at their doors to any place.",
    )


def _too_far(row: Row, coverage: CoverageParameters) -> Words:
    place, straight = row["straight_name"], _metres(row["radius_m"])
    return (
        f"直线{coverage.radius_m:.0f}米以内没有这类点位，最近的{place}直线也有{straight}。",
        (
            f" No such place lies within {coverage.radius_m:.0f} m; the nearest, {place}, is {straight} away in a "
            f"straight line."
        ),
    )


def _barred(row: Row, _: CoverageParameters) -> Words:
    place, straight, needs = row["straight_name"], _metres(row["radius_m"]), _minutes(row["barred_s"])
    zh, en = _barrier(row)
    return (
        f"{place}直线只有{straight}，步行却要绕过{zh}；若能就近跨越，平均{needs}分钟就到。",
        (
            f" {place} is {straight} away in a straight line, but the way leads round {en}: across it, they would walk "
            f"{needs} minutes on average."
        ),
    )


def _linked(row: Row, _: CoverageParameters) -> Words:
    zh, en = _link(row["link_length_m"], row["link_rise_m"], stairs=row["link_kind"] == "stairs")
    needs = _minutes(row["link_s"])
    return (
        f"只差一段连接：若有一段{zh}，受益的人平均{needs}分钟就能走到。",
        f" One short link is missing: with {en}, those it helps would walk {needs} minutes.",
    )


def _toll(row: Row, _: CoverageParameters) -> Words:
    needs = _minutes(row["paid_s"])
    return (
        f"{row['paid_links']}收费或停用；若免费开放，平均{needs}分钟就到。",
        f" {row['paid_links']} costs a fare or is closed; free and open, it would be {needs} minutes on average.",
    )


def _terrain(row: Row, _: CoverageParameters) -> Words:
    level, hills = _minutes(row["level_s"]), _minutes(row["nearest_s"] - row["level_s"])
    return (
        f"路程不远：若是平地只需{level}分钟，坡道、台阶和等候多花{hills}分钟。",
        f" It is near enough on the level, {level} minutes: slopes, stairs and waits cost {hills} more.",
    )


def _detour(row: Row, _: CoverageParameters) -> Words:
    place, straight, level = row["straight_name"], _metres(row["radius_m"]), _minutes(row["level_s"])
    return (
        f"{place}直线只有{straight}，步行却要绕远：即使没有坡坎也要{level}分钟。",
        (
            f" {place} is {straight} away in a straight line, but the streets lead a long way round: {level} minutes "
            f"even without hills."
        ),
    )


_WHY: dict[str, Callable[[Row, CoverageParameters], Words]] = {
    Cause.UNLOCATED_PLACE: _unlocated,
    Cause.BEYOND_EXTRACT: _beyond_extract,
    Cause.DISCONNECTED: _disconnected,
    Cause.TOO_FAR: _too_far,
    Cause.BARRIER: _barred,
    Cause.MISSING_LINK: _linked,
    Cause.PAID_OR_CLOSED: _toll,
    Cause.TERRAIN: _terrain,
    Cause.DETOUR: _detour,
}


def _second(row: Row, coverage: CoverageParameters) -> Words:
    """Say the next cause of what may be no gap at all, and of what has several causes name the next one."""
    cause = row["second_cause"]
    if cause is None:
        return "", ""
    if row["cause"] in (Cause.UNLOCATED_PLACE, Cause.BEYOND_EXTRACT):
        zh, en = _WHY[cause](row, coverage)
        return f"若果真没有更近的点位：{zh}", f" If there is indeed none nearer:{en}"
    share = f"{row['second_share']:.0%}"
    return f"另有{share}的人{_ALSO[cause][0]}。", f" For {share} of them, {_ALSO[cause][1]} as well."


_ALSO: dict[str, Words] = {
    Cause.BEYOND_EXTRACT: ("靠近路网数据边缘", "the edge of the street data is near"),
    Cause.DISCONNECTED: ("门前的路不与点位相连", "no way leads to any place"),
    Cause.TOO_FAR: ("半径之内没有点位", "no place is within the radius"),
    Cause.BARRIER: ("同时受水面、铁路或快速路阻隔", "water, a railway or an expressway is in the way"),
    Cause.MISSING_LINK: ("只差一段短连接即可到达", "one short link would do"),
    Cause.PAID_OR_CLOSED: ("乘收费或停用的电梯、扶梯即可到达", "a paid or closed link would do"),
    Cause.TERRAIN: ("若无坡坎即可到达", "the way is short enough without hills"),
}


def _remedy(row: Row) -> Words:
    zh, en = _REMEDY[row["cause"]]
    barrier = _barrier(row) if row["cause"] == Cause.BARRIER else ("", "")
    words = {
        **{key: row[key] for key in ("unlocated", "paid_links")},
        "at": f"{row['lon']:.4f}, {row['lat']:.4f}",
        "places": _s(row["unlocated"], "address", "addresses"),
    }
    if row["cause"] == Cause.MISSING_LINK:
        words |= {end: f"{row[f'link_{end}_lon']:.5f}, {row[f'link_{end}_lat']:.5f}" for end in ("from", "to")}
    return zh.format(**words, barrier=barrier[0]), en.format(**words, barrier=barrier[1])


_REMEDY: dict[str, Words] = {
    Cause.UNLOCATED_PLACE: ("先补全这{unlocated}处点位的地址，再作判断。", "Find the {places} first, then judge."),
    Cause.BEYOND_EXTRACT: ("补充区界以外的路网和点位。", "Add streets and places beyond the edge of the data."),
    Cause.DISCONNECTED: (
        "到现场核实：是地图缺路，还是确实不通。",
        "Check on site whether the map lacks a way or there is none.",
    ),
    Cause.TOO_FAR: (
        "在{at}附近增设点位，或定期流动服务。",
        "A new place near {at}, or one that calls there regularly.",
    ),
    Cause.BARRIER: ("增设跨越{barrier}的通道，或在本侧设点。", "A crossing of {barrier}, or a place on this side."),
    Cause.MISSING_LINK: ("到现场看{from}与{to}之间能否打通。", "See on site whether {from} and {to} can be joined."),
    Cause.PAID_OR_CLOSED: ("对接送家庭免费开放或恢复{paid_links}。", "Free or reopen {paid_links} for families."),
    Cause.TERRAIN: (
        "在最陡的一段加装电梯或扶梯，或在坡的这一端设点。",
        "A lift or escalator on the steepest stretch, or a place at this end of the slope.",
    ),
    Cause.DETOUR: ("在近旁设点，或缩短绕行。", "A place near by, or a shorter way round."),
}


def _elsewhere(row: Row) -> Words:
    n = row["unlocated_elsewhere"]
    if not n:
        return "", ""
    return (
        f"全区另有{n}处该类点位既无坐标、也不知在哪个街道。",
        f" {n} more {_s(n, 'place')} of this kind {_have(n)} no position and no known subdistrict.",
    )


def _barrier(row: Row) -> Words:
    if row["barrier_name"]:
        return str(row["barrier_name"]), str(row["barrier_name"])
    return _BARRIER[row["barrier_kind"]]


def _link(length_m: float, rise_m: float | None, *, stairs: bool) -> Words:
    zh, en = _WAY[stairs]
    climb = None if rise_m is None or pd.isna(rise_m) else abs(round(rise_m))
    if not climb:
        return f"{length_m:.0f}米的{zh}", f"{length_m:.0f} m of {en}"
    return f"{length_m:.0f}米、高差{climb}米的{zh}", f"{length_m:.0f} m of {en} with {climb} m between its ends"


def _between(start: str | None, end: str | None) -> Words:
    if start and end and start != end:
        return f"{start}与{end}之间", f"Between {start} and {end}"
    name = start or end
    return (f"{name}旁", f"Beside {name}") if name else ("此处", "Here")


def _names(row: Row) -> Words:
    names = str(row["unlocated_names"]).split("; ")
    zh, en = "、".join(names[:_NAMED]), ", ".join(names[:_NAMED])
    return (f"{zh}等", f"{en} and others") if len(names) > _NAMED else (zh, en)


def _people(value: float) -> str:
    return f"{round(value, -1):.0f}" if value >= 10 else f"{value:.0f}"  # noqa: PLR2004


def _minutes(seconds: float) -> str:
    value = minutes(seconds)
    return f"{value:.0f}" if value >= 1 else f"{value:.1f}"


def _metres(value: float) -> str:
    return f"{round(value, -1):.0f} m" if value < _SHORT_M else f"{value / M_PER_KM:.1f} km"


def _s(n: int, one: str, many: str = "") -> str:
    return one if n == 1 else many or f"{one}s"


def _have(n: int) -> str:
    return "has" if n == 1 else "have"
