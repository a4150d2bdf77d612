"""How a Chinese name is typed on a phone: pinyin without tones, and its initials."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from pypinyin import Style, lazy_pinyin, pinyin

__all__ = ["Spelling", "spell"]


@dataclass(frozen=True, slots=True)
class Spelling:
    """``initials`` run together; ``syllables`` are apart, other readings of a character after a slash."""

    initials: str
    syllables: str


def spell(name: str) -> Spelling:
    """Spell a name as its phrases are read; letters and digits stand for themselves, other signs are left out.

    A character with several readings keeps the others as well: whether 曾 is zeng or ceng, the person who types knows.

    Examples
    --------
    >>> spell("人民路小学")
    Spelling(initials='rmlxx', syllables='ren min lu/luo xiao xue')
    >>> spell("重庆7中").syllables.split()[0].split("/")[0]
    'chong'
    """
    read = lazy_pinyin(name, errors=cast("Callable[[str], str]", list))  # sign by sign, which its types leave out
    syllables = [_readings(sign, first.lower()) for sign, first in zip(name, read, strict=True) if _typed(first)]
    return Spelling("".join(s[0] for s in syllables), " ".join(syllables))


def _readings(sign: str, first: str) -> str:
    if sign.isascii():
        return first
    known = pinyin(sign, style=Style.NORMAL, heteronym=True, errors="ignore")
    return "/".join(dict.fromkeys([first, *(reading for readings in known for reading in readings)]))


def _typed(reading: str) -> bool:
    return reading.isascii() and reading.isalnum()
