"""Numbers and codes as people say them, in Chinese and in English. Unknown is said, never shown as zero."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

__all__ = [
    "CAUSE_HELP",
    "UNKNOWN",
    "about",
    "cause",
    "count",
    "count_en",
    "listed",
    "people",
    "people_range",
    "percent",
    "share_range",
    "shortened",
    "spoken",
    "tier_name",
    "word",
]

UNKNOWN = "未知"
I18N = Path(__file__).parents[1] / "i18n"
TEN_THOUSAND = 10_000
TIER_NAMES: Mapping[str, tuple[str, str]] = {
    "school": ("校园家长学校", "campus parent schools"),
    "community": ("社区家长学校", "community parent schools"),
    "base": ("实践基地与场馆", "practice bases and venues"),
}
CAUSE_HELP: Mapping[str, tuple[str, str]] = {
    "unlocated_place": (
        "先核定这些点位的坐标，再判断是不是缺口。",
        "First fix the positions of these places; only then is it known whether this is a gap.",
    ),
    "beyond_extract": (
        "把区界外的路网和点位补进数据，再算一次。",
        "Add the streets and places beyond the border to the data and count again.",
    ),
    "disconnected": (
        "到现场核对这片住处的出入通道，补全路网。",
        "Check on site how these homes are reached and complete the street network.",
    ),
    "too_far": (
        "附近没有点位：在这里新设点位，或排入流动家长学校。",
        "There is no place near: open one here, or put this neighbourhood on the mobile round.",
    ),
    "barrier": (
        "查看跨越阻隔的桥、通道能否就近增开；否则在这一侧设点。",
        "See whether the barrier can be crossed nearer; otherwise open a place on this side.",
    ),
    "missing_link": (
        "到现场核对标出的一段：若可通行则补图，若不通则研究接通。",
        "Check the marked spot on site: map it if it can be walked, else consider building it.",
    ),
    "paid_or_closed": (
        "商请延长开放时间或减免费用，这段路即可计入。",
        "Ask for longer hours or a waived fee, and the way counts.",
    ),
    "terrain": (
        "平地步行本可到达：考虑梯道、扶梯、电梯，或在坡上设点。",
        "On the level they would arrive: consider stairs, an escalator or a lift, or a place uphill.",
    ),
    "detour": (
        "直线不远、路却很绕：现场核对有无未入图的近路，再考虑打通或就近设点。",
        "Near as the crow flies, far on foot: look for an unmapped short cut, then consider opening one, or a place.",
    ),
}


def tier_name(tier: str) -> tuple[str, str]:
    """Return a tier's name in Chinese and English."""
    return TIER_NAMES.get(tier, (tier, tier))


def cause(code: str) -> tuple[str, str]:
    """Return a cause's name in Chinese and English; a code that nobody named stays as it is."""
    return word(f"cause_{code}", code)


def word(key: str, otherwise: str | None = None) -> tuple[str, str]:
    """Return a word of the map's own, in Chinese and English."""
    fallback = key if otherwise is None else otherwise
    return _words("zh").get(key, fallback), _words("en").get(key, fallback)


def percent(share: float | None) -> str:
    """Say a share; next to all or nothing keeps its decimal.

    >>> percent(0.739), percent(0.9987), percent(0.004), percent(float("nan"))
    ('74%', '99.9%', '0.4%', '未知')
    """
    if share is None or math.isnan(share):
        return UNKNOWN
    near_an_end = 0 < share < 0.01 or 0.99 < share < 1  # noqa: PLR2004
    return f"{min(max(share * 100, 0.1), 99.9):.1f}%" if near_an_end else f"{share:.0%}"


def share_range(low: float | None, high: float | None) -> str:
    """Say the least and the most of a share.

    >>> share_range(0.7325, 0.7445), share_range(None, 0.5)
    ('73–74%', '')
    """
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return ""
    first, last = percent(low), percent(high)
    return last if first == last else f"{first.removesuffix('%')}–{last}"


def about(number: float) -> int:
    """Round people to tens: an estimate knows no more."""
    return round(number / 10) * 10


def people(number: float | None) -> str:
    """Say people, rounded to tens.

    >>> people(42131.6), people(None)
    ('42,130', '未知')
    """
    return UNKNOWN if number is None or math.isnan(number) else f"{about(number):,}"


def people_range(low: float | None, high: float | None) -> str:
    """Say the least and the most of some people.

    >>> people_range(28790.9, 52389.2)
    '28,790–52,390'
    """
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return ""
    first, last = people(low), people(high)
    return first if first == last else f"{first}–{last}"


def spoken(number: float) -> str:
    """Say people in a Chinese sentence.

    >>> spoken(42131.6), spoken(588717.0), spoken(9670.7)
    ('4.2万', '58.9万', '9670')
    """
    return f"{number / TEN_THOUSAND:.1f}万" if number >= TEN_THOUSAND else f"{about(number)}"


def count(number: object) -> str:
    """Say a count of the ledger; an empty one is unknown.

    >>> count(63.0), count(float("nan"))
    ('63', '未知')
    """
    if number is None or (isinstance(number, float) and math.isnan(number)):
        return UNKNOWN
    return f"{int(number):,}" if isinstance(number, (int, float)) else str(number)


def count_en(number: object) -> str:
    """Say a count in an English sentence."""
    said = count(number)
    return "an unknown number" if said == UNKNOWN else said


def listed(words: Sequence[str]) -> tuple[str, str]:
    """Join names as a Chinese and as an English list.

    >>> listed(["a", "b", "c"])
    ('a、b、c', 'a, b and c')
    """
    return "、".join(words), " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else list(words))


def shortened(text: str, most: int) -> str:
    """Shorten a text for a place that holds no more.

    >>> shortened("重庆医科大学", 4)
    '重庆医…'
    """
    return text if len(text) <= most else text[: most - 1] + "…"


@cache
def _words(language: str) -> Mapping[str, str]:
    found: Mapping[str, str] = json.loads((I18N / f"{language}.json").read_text(encoding="utf-8"))
    return found
