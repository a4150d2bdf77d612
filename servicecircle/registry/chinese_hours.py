"""Opening hours as people write them in Chinese, in the syntax of OpenStreetMap; only what is wholly understood."""

from __future__ import annotations

import re
import unicodedata

from servicecircle.hours import are_hours

__all__ = ["to_opening_hours"]

_DAYS = {"一": "Mo", "二": "Tu", "三": "We", "四": "Th", "五": "Fr", "六": "Sa", "日": "Su", "天": "Su"}
_GROUPS = {
    "工作日": "Mo-Fr", "双休日": "Sa,Su", "周末": "Sa,Su", "每日": "Mo-Su", "每天": "Mo-Su", "天天": "Mo-Su",
    "全年无休": "Mo-Su",
    "法定节假日": "PH", "国家法定节假日": "PH", "节假日": "PH",
}  # fmt: skip
_ALWAYS = {"全天", "24小时", "全天候", "全天24小时", "24小时全天"}
_SHUT = re.compile("(?:全天)?(?:闭馆|闭园|闭校|休息|休馆|关闭|关门|不开放|不对外开放|停止开放|除外)")
_TOLD = re.compile(r"^(?:开放时间|开馆时间|营业时间|服务时间|开放时段|时间):?")
_AFTER = re.compile(r"(?<!不)(?:免费|正常|(?<!不)对外|照常)*(?:开放|开馆|营业|服务|开门)$")
_DASH = re.compile(r"[-‐‑‒–—―−~～至到]+")
_SPLIT = re.compile(r"[,;、。()\n/]+|(?<=[0-9])及(?=[0-9])|和|(?<=[0-9点时分半])(?=上午|下午|晚上)")
_DAY = r"周[一二三四五六日天]"
_WHEN = re.compile(rf"每?({'|'.join(sorted(_GROUPS, key=len, reverse=True))}|{_DAY}(?:-(?:周)?[一二三四五六日天])?)")
_CLOCK = r"(上午|早上|早|中午|下午|晚上|晚)?(\d{1,2})(?::(\d{2})|[点时](?:(\d{1,2})分?|(半))?)"
_TIMES = re.compile(rf"{_CLOCK}-(?:当日|次日)?{_CLOCK}")
_AFTERNOON = {"下午", "晚上", "晚"}
_NOON, _MIDNIGHT = 12, 24
_LONGEST = 200


def to_opening_hours(text: str) -> str | None:
    """Return hours in the syntax of OpenStreetMap; None where a part of the text is not understood.

    Examples
    --------
    >>> to_opening_hours("周二至周日 9:00-17:00，周一闭馆")
    'Tu-Su 09:00-17:00; Mo off'
    >>> to_opening_hours("每日9:00—17:00"), to_opening_hours("全天"), to_opening_hours("看通知")
    ('Mo-Su 09:00-17:00', '24/7', None)
    """
    if len(text) > _LONGEST:
        return None
    if are_hours(text):
        return text
    rules = _rules(text)
    if not rules:
        return None
    found = "; ".join(rules)
    return found if are_hours(found) else None


def _rules(text: str) -> list[str] | None:
    """Return one rule for each group of days, those that close last; or None."""
    rules: list[tuple[str, str]] = []  # days, times
    waiting: list[str] = []  # days that are listed before their hours
    for part in _parts(text):
        day, rest = _days(part)
        rest = _AFTER.sub("", rest) if rest not in _ALWAYS else rest
        waiting += [day] if day else []
        times = "off" if _SHUT.fullmatch(rest) else "00:00-24:00" if rest in _ALWAYS else _times(rest)
        if not times and (rest or not day):
            return None
        if times and (waiting or (not rules and times != "off")):
            rules.append((",".join(waiting), times))
            waiting = []
        elif times:
            if not rules or "off" in (times, rules[-1][1]):
                return None
            rules[-1] = rules[-1][0], f"{rules[-1][1]},{times}"  # a second span of the same days
    if waiting:
        return None
    if rules == [("", "00:00-24:00")]:
        return ["24/7"]
    return [f"{days} {times}".strip() for days, times in sorted(rules, key=lambda rule: rule[1] == "off")]


def _parts(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKC", text).replace("星期", "周").replace("礼拜", "周").replace("周周", "周")
    folded = re.sub(r"[ \t\r]+", "", folded)
    folded = _DASH.sub("-", _TOLD.sub("", folded))
    return [part for part in _SPLIT.split(folded) if part]


def _days(part: str) -> tuple[str, str]:
    """Take the days off the beginning of a part."""
    match = _WHEN.match(part)
    if match is None:
        return "", part
    rest = part[match.end() :].lstrip(":")
    given = match[1]
    if given in _GROUPS:
        return _GROUPS[given], rest
    ends = [_DAYS[letter] for letter in re.sub(r"周|-", "", given)]
    return "-".join(ends), rest


def _times(text: str) -> str:
    match = _TIMES.fullmatch(text)
    if match is None:
        return ""
    groups = match.groups()
    begin, end = _clock(*groups[:5]), _clock(*groups[5:])
    if not begin or not end or begin == end:
        return ""
    # "2:00-5:30 in the afternoon" says it once
    if groups[0] in _AFTERNOON and groups[5] is None and end < begin:
        end = _clock("下午", *groups[6:])
    return f"{begin}-{end}"


def _clock(half: str | None, hour: str, minute: str | None, spoken: str | None, half_past: str | None) -> str:
    hours = int(hour)
    minutes = 30 if half_past else int(minute or spoken or 0)
    if half in _AFTERNOON and hours < _NOON:
        hours += _NOON
    if hours > _MIDNIGHT or minutes > 59 or (hours == _MIDNIGHT and minutes):  # noqa: PLR2004
        return ""
    return f"{hours:02}:{minutes:02}"
