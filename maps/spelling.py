"""How a Chinese name is typed on a keyboard without Chinese: pinyin without tones, syllable by syllable."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import cast

from pypinyin import Style, lazy_pinyin, pinyin

__all__ = ["spelt", "spelt_all"]


def spelt(name: object) -> str:
    """Spell a name: syllables apart, other readings of a character after a slash; signs that nobody types left out.

    Initials are the first letters of the syllables, so that one text serves both ways of typing.

    Examples
    --------
    >>> spelt("人民路小学")
    'ren min lu/luo xiao xue'
    >>> spelt("重庆7中").split()[0].split("/")[0]
    'chong'
    >>> spelt(None)
    ''
    """
    if not isinstance(name, str):
        return ""
    read = lazy_pinyin(name, errors=cast("Callable[[str], str]", list))  # sign by sign, which its types leave out
    typed = ((sign, first.lower()) for sign, first in zip(name, read, strict=True) if first.isascii())
    return " ".join(_readings(sign, first) for sign, first in typed if first.isalnum())


def spelt_all(names: Iterable[object]) -> dict[str, str]:
    """Spell each different name that is a text."""
    return {name: spelt(name) for name in sorted({name for name in names if isinstance(name, str)})}


def _readings(sign: str, first: str) -> str:
    if sign.isascii():
        return first
    known = pinyin(sign, style=Style.NORMAL, heteronym=True, errors="ignore")
    return "/".join(dict.fromkeys([first, *(reading for readings in known for reading in readings)]))
