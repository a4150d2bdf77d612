"""Names made comparable: one place is written in several ways, and several places are written almost alike."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

__all__ = ["PlaceName", "comparable", "plain_address", "plain_name"]

_BRACKETS = re.compile(r"[(\[{〔【]([^()\[\]{}〔〕【】]*)[)\]}〕】]")
_NO_LETTER = re.compile(r"[\W_]")
_NUMERALS = re.compile(r"第?([〇零一二三四五六七八九十百]+|\d+)(?=[中小]学?)")
_SCHOOL = re.compile(r"(?<=\d)([中小])(?!学)")
_NUMBERS = re.compile(r"\d+")
_HOUSE = re.compile(r"号.*$")
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0}


@dataclass(frozen=True, slots=True)
class _Words:
    regions: tuple[str, ...]
    generic: frozenset[str]
    spellings: tuple[tuple[str, str], ...]
    endings: tuple[str, ...]
    branches: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlaceName:
    """A name taken apart.

    Attributes
    ----------
    cores
        What the place is called, without region, spaces and brackets; then its second names.
    branch
        Which seat of the house, "" where the name does not say.
    """

    cores: tuple[str, ...]
    branch: str

    @property
    def numbers(self) -> frozenset[str]:
        """Numbers in the first core: schools of different numbers are different schools."""
        return frozenset(_NUMBERS.findall(self.cores[0]))


def plain_name(text: str, area: str = "") -> PlaceName:
    """Take a name apart.

    Parameters
    ----------
    text
        A name as anybody writes it.
    area
        Name of the study area, left off like the regions of ``names.toml``.

    Examples
    --------
    >>> plain_name("重庆市渝中区人和街小学校", "渝中区").cores
    ('人和街小学',)
    >>> plain_name("重庆市第二十九中学校（红岩村校区）")
    PlaceName(cores=('29中学',), branch='红岩村校区')
    >>> plain_name("渝中图书馆", "渝中区").cores
    ('渝中区图书馆',)
    """
    words = _words()
    flat = unicodedata.normalize("NFKC", text).casefold()
    inside = [_letters(found) for found in _BRACKETS.findall(flat)]
    core = _core(_BRACKETS.sub("", flat) if inside else flat, area, words)
    core = core or _letters(flat)
    branches = [name for name in inside if name.endswith(words.branches)]
    others = [_core(name, area, words) for name in inside if name and name not in branches]
    return PlaceName(tuple(dict.fromkeys([core, *filter(None, others)])), "".join(branches))


def plain_address(text: str, area: str = "") -> str:
    """Return street and house number alone: without region, spaces, and what follows the number.

    Examples
    --------
    >>> plain_address("重庆市渝中区中山四路６５号（近曾家岩）", "渝中区")
    '中山四路65号'
    """
    flat = _letters(_BRACKETS.sub("", unicodedata.normalize("NFKC", text)))
    return _HOUSE.sub("号", _unregioned(flat, area, _words().regions))


def comparable(names: Iterable[str], area: str) -> list[PlaceName]:
    """Take names apart, in their order."""
    return [plain_name(name, area) for name in names]


def _core(text: str, area: str, words: _Words) -> str:
    core = _letters(text)
    for ending in words.endings:
        if core.endswith(ending) and core != ending:
            core = core.removesuffix(ending) + ("社区" if ending == "社区家长学校" else "")
    for written, meant in words.spellings:
        core = core.replace(written, meant)
    core = _NUMERALS.sub(lambda found: str(_number(found[1])), core)
    core = _SCHOOL.sub(r"\1学", core)
    bare = _unregioned(core, area, words.regions)
    if bare == core or bare not in words.generic:
        return bare
    region = core.removesuffix(bare)
    short = _short(area)
    return (area if short and region.endswith((area, short)) else words.regions[0]) + bare


def _letters(text: str) -> str:
    return _NO_LETTER.sub("", text)


def _unregioned(text: str, area: str, regions: tuple[str, ...]) -> str:
    """Leave region names off the front, as long as something is left."""
    for region in (*regions, area, _short(area)):
        if region and text.startswith(region) and text != region:
            text = text.removeprefix(region)
    return text


def _short(area: str) -> str:
    """渝中 for 渝中区."""
    return area[:-1] if len(area) > 2 and area[-1] in "区县市" else ""  # noqa: PLR2004


def _number(text: str) -> int:
    if text.isdigit() and text.isascii():
        return int(text)
    total, digit = 0, 0
    for c in text:
        if c in "十百":
            total += (digit or 1) * (10 if c == "十" else 100)
            digit = 0
        else:
            digit = digit * 10 + _DIGITS[c] if digit else _DIGITS[c]
    return total + digit


@lru_cache(maxsize=1)
def _words() -> _Words:
    told = tomllib.loads(files("servicecircle.registry").joinpath("names.toml").read_text("utf-8"))
    return _Words(
        tuple(told["regions"]),
        frozenset(told["generic"]),
        tuple((written, meant) for written, meant in told["spellings"]),
        tuple(told["endings"]),
        tuple(told["branches"]),
    )
