"""From the words of a list to ours, one cell at a time: what it becomes, or why not."""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from servicecircle.ingest.headings import plain, read_headings
from servicecircle.ingest.text_table import is_id
from servicecircle.registry.chinese_hours import to_opening_hours

__all__ = ["Refused", "Translate", "hidden_character", "split_position", "translators"]

_HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
_PLAIN = re.compile(r"[+-]?\d{1,3}(\.\d{1,20})?", re.ASCII)
_DEGREES = re.compile(
    r"([NSEW东西南北])?(?:经|纬)?:?(-?\d{1,3}(?:\.\d+)?)[°º度](?:(\d{1,2}(?:\.\d+)?)['′’‘分](?:(\d{1,2}(?:\.\d+)?)(?:[\"″”“秒]|''|′′)?)?)?([NSEW])?",
    re.ASCII | re.IGNORECASE,
)
_DATE = re.compile(
    r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|\.(\d{1,2})\.(\d{1,2})|年(\d{1,2})月(\d{1,2})日)"
)
_UNCLEAR_DATE = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}")
_MIDNIGHT = re.compile(r"[T ]00:00(:00(\.0+)?)?$")
_PEOPLE = re.compile(r"(?:约)?(\d+)(?:人|名|座|人次|个)?")
_PAIR = re.compile(r"\s*[,，、;；\s]\s*")
_SEPARATED = re.compile(r"[、,;/，；]")
_CATEGORY_END = re.compile(r"(类|型)?(教育)?(实践)?(基地)?(类|型)?$")
_REMEMBERED = 4096
_MOST_DEGREES = 180
_ISO_DATE = "write it as 2025-12-10"


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a cell is not taken, and the remedy."""

    problem: str
    remedy: str


Translate = Callable[[str], "str | Refused"]
"""What turns a cell that is not empty into our word."""


def translators(categories: pd.DataFrame) -> dict[str, Translate]:
    """Return, for each column whose cells are not taken as they stand, what translates them.

    ``categories``: index category; ``name_zh``, ``name_en``.
    """
    words = read_headings().words
    single = {column: _word(column, table) for column, table in words.items() if column != "designations"}
    translate: dict[str, Translate] = single | {
        "designations": _titles(words["designations"]),
        "category": _category(categories),
        "facility_id": _name_of_its_own,
        "lon": _degrees,
        "lat": _degrees,
        "open_from": _date,
        "open_to": _date,
        "opening_hours": _hours,
        "capacity": _people,
    }
    # the same few words fill a column of thousands
    return {column: lru_cache(_REMEMBERED)(function) for column, function in translate.items()}


def hidden_character(text: str) -> Refused | None:
    """Return why a text with control, direction-changing or invisible characters is refused.

    Examples
    --------
    >>> hidden_character("人和街\u200b小学").problem
    'hidden character U+200B ZERO WIDTH SPACE'
    """
    if text.isascii() and text.isprintable():
        return None
    found = next((c for c in text if unicodedata.category(c) in _HIDDEN), None)
    if found is None:
        return None
    name = "line break" if found in "\r\n" else unicodedata.name(found, "")
    return Refused(f"hidden character U+{ord(found):04X} {name}".rstrip(), "delete it")


def split_position(text: str) -> tuple[str, str] | Refused:
    """Take ``106.57,29.56`` apart; which of the two is which is not judged here.

    Examples
    --------
    >>> split_position("106.57，29.56")
    ('106.57', '29.56')
    """
    parts = _PAIR.split(unicodedata.normalize("NFKC", text).strip().strip("()[]"))
    if len(parts) != 2 or not all(parts):  # noqa: PLR2004
        return Refused("not a pair of coordinates", "write 106.5512345,29.5601234")
    return parts[0], parts[1]


def _degrees(text: str) -> str | Refused:
    """Return plain degrees.

    Examples
    --------
    >>> _degrees("１０６.5512345"), _degrees("106°34′24″E").remedy
    ('106.5512345', 'write it in decimal degrees: 106.5733333')
    """
    folded = unicodedata.normalize("NFKC", text.replace("º", "°")).replace(" ", "")
    if _PLAIN.fullmatch(folded):
        if abs(float(folded)) <= _MOST_DEGREES:
            return folded
        return Refused("beyond 180 degrees", "write it as 106.5512345, with its point")
    match = _DEGREES.fullmatch(folded)
    if match is None:
        return Refused("not a coordinate", "write it as 106.5512345, in plain digits")
    before, degrees, minutes, seconds, after = match.groups()
    value = abs(float(degrees)) + float(minutes or 0) / 60 + float(seconds or 0) / 3600
    south_or_west = degrees.startswith("-") or (before or after or "").upper() in {"S", "W", "南", "西"}
    exact = math.copysign(value, -1 if south_or_west else 1)
    return Refused("degrees with signs", f"write it in decimal degrees: {exact:.7f}")


def _date(text: str) -> str | Refused:
    """Return a date in ISO 8601.

    Examples
    --------
    >>> [_date(t) for t in ("2025-12-10", "2025/12/1", "2025年12月10日", "2025-12-10 00:00:00")]
    ['2025-12-10', '2025-12-01', '2025-12-10', '2025-12-10']
    >>> _date("03/04/2025").problem
    'a date that can be read in two ways'
    """
    folded = _MIDNIGHT.sub("", unicodedata.normalize("NFKC", text)).replace(" ", "")
    if _UNCLEAR_DATE.fullmatch(folded):
        return Refused("a date that can be read in two ways", _ISO_DATE)
    match = _DATE.fullmatch(folded)
    if match is None:
        return Refused("not a date", _ISO_DATE)
    year, month, day = (int(part) for part in match.groups() if part is not None)
    try:
        return dt.date(year, month, day).isoformat()
    except ValueError:
        return Refused("no such day", _ISO_DATE)


def _hours(text: str) -> str | Refused:
    found = to_opening_hours(text)
    remedy = "write Tu-Su 09:00-17:00; PH off, or 周二至周日 9:00-17:00，周一闭馆"
    return found if found is not None else Refused("opening hours that are not wholly understood", remedy)


def _people(text: str) -> str:
    """Return the bare number of people; any other text is judged with the other particulars."""
    match = _PEOPLE.fullmatch(unicodedata.normalize("NFKC", text).replace(" ", ""))
    return match[1].lstrip("0") or "0" if match else text


def _name_of_its_own(text: str) -> str | Refused:
    remedy = "use letters, digits, - _ . only, none of . - _ first; or leave it empty"
    return text if is_id(text) else Refused("not an id", remedy)


def _word(column: str, table: Mapping[str, str]) -> Translate:
    ours = ", ".join(dict.fromkeys(table.values()))

    def translate(text: str) -> str | Refused:
        found = table.get(plain(text))
        return found or Refused(f"unknown {column}", f"use one of: {ours}; or {_chinese(table)}")

    return translate


def _titles(table: Mapping[str, str]) -> Translate:
    one = _word("designation", table)

    def translate(text: str) -> str | Refused:
        found: dict[str, None] = {}
        for part in filter(str.strip, _SEPARATED.split(text)):
            title = one(part)
            if isinstance(title, Refused):
                return title
            found[title] = None
        return ";".join(found)

    return translate


def _category(categories: pd.DataFrame) -> Translate:
    table = {
        key(name): str(category)
        for category, names in categories[["name_en", "name_zh"]].iterrows()
        for key in (plain, _stem)
        for name in (str(category), *map(str, names))
    }
    table.pop("", None)  # what is left of a name that says no more than "base"
    known = ", ".join(f"{category} {name}" for category, name in categories["name_zh"].items())

    def translate(text: str) -> str | Refused:
        found = table.get(plain(text)) or table.get(_stem(text))
        return found or Refused("unknown category", f"use one of: {known}")

    return translate


def _stem(text: str) -> str:
    return _CATEGORY_END.sub("", plain(text))


def _chinese(table: Mapping[str, str]) -> str:
    """Return the first Chinese word for each of ours."""
    words: dict[str, str] = {}
    for word, ours in table.items():
        if not word.isascii():
            words.setdefault(ours, word)
    return "、".join(words.values())
