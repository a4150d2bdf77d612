"""Chinese addresses as text: which street or quarter, which house number, what is said beside it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

__all__ = ["Address", "plain", "read_addresses", "street_in"]

_LONGEST = 400  # characters; what is longer is no address, and slow to take apart
_BRACKETS = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]|【([^【】]*)】")
_CELL = re.compile(r"[;\n|/]|(?<=[号内旁层楼室区\d])[,、。](?=[^\d]*[^\d号楼层栋室座]{2})")
# what stands before the street, largest first; a digit or a street is never part of it
_ADMIN = (
    re.compile(r"中国(?=.)"),
    re.compile(r"[^\d路街巷]{2,6}?(?:省|自治区)(?=.)"),
    re.compile(r"[^\d路街巷]{2,3}?市(?![场政民])(?=.)"),
    re.compile(r"[^\d路街巷]{2,4}?(?<![小社校园景院矿])[区县](?![路街巷公])(?=.)"),
)
_SUBDISTRICT = re.compile(r"[^\d]{1,6}?街道(?:办事处)?(?=.)")
_COMMUNITY = re.compile(r"[^\d]{1,8}?社区(?:居委会|居民委员会)?(?=.)")
_DIGITS = "零一二三四五六七八九"
_NUMBER = re.compile(
    r"(特?)(?:(\d+)|(?<=[路街巷村道坊坝坡坎])([一二三四五六七八九十百]+)(?=号))(?:[-~至、,]\d+)*"
    r"(?:号(?![线桥楼院门店厅])|#|(?=附|之|$|-))"
)
_ANNEX = re.compile(r"(?:号?(?:附|之|-)[\d一二三四五六七八九十]+号?)+")


@dataclass(frozen=True, slots=True)
class Address:
    """One address taken apart.

    Attributes
    ----------
    text
        All of it, in plain characters.
    place
        The street, quarter or village in front of the number, without city, district, subdistrict and community.
    number
        ``65``, ``特5``; None where there is none. What is attached (附3号, 之一, -2) is the same house.
    rest
        What follows: a building, a floor, a neighbour.
    aside
        What stood in brackets.
    """

    text: str
    place: str
    number: str | None
    rest: str
    aside: str

    @property
    def house(self) -> int | None:
        """The number in the street's ordinary series; a 特 number stands outside of it."""
        return int(self.number) if self.number is not None and self.number.isdigit() else None


def plain(text: str) -> str:
    """Return a text in plain characters: full-width forms and spaces make no difference to an address.

    >>> plain("建兴一巷４４号（旁）")
    '建兴一巷44号(旁)'
    """
    return re.sub(r"[ \t\r\u3000]+", "", unicodedata.normalize("NFKC", text))


def read_addresses(cell: str) -> tuple[Address, ...]:
    """Take the addresses of one cell apart, in their order.

    Examples
    --------
    >>> [(a.place, a.number, a.rest) for a in read_addresses("重庆市渝中区上清寺街道中山四路65号附2号；桂花园88号")]
    [('中山四路', '65', ''), ('桂花园', '88', '')]
    """
    whole = plain(cell[:_LONGEST])
    aside = " ".join(filter(None, (next(filter(None, found), "") for found in _BRACKETS.findall(whole))))
    bare = _BRACKETS.sub("", whole)
    pieces = [piece.strip(",、。:- ") for piece in _CELL.split(bare)]
    return tuple(_address(piece, aside) for piece in pieces if piece) or (
        (Address(aside, "", None, "", aside),) if aside else ()
    )


def street_in(text: str, streets: Collection[str]) -> tuple[str, str] | None:
    """Return the street that a text names last, the longest name first, and what follows it; None where it names none.

    ``上曾家岩`` is not 曾家岩, and ``长江二路二巷`` is only near 长江二路: then ``二巷`` follows.

    Examples
    --------
    >>> street_in("上清寺中山四路", {"中山四路", "中山"})
    ('中山四路', '')
    """
    best: tuple[int, int, str] | None = None
    for name in streets:
        at = text.rfind(name)
        if at >= 0 and not (at and text[at - 1] in "上下新老"):
            found = (at + len(name), len(name), name)
            best = max(best, found) if best else found
    return (best[2], text[best[0] :]) if best else None


def _address(piece: str, aside: str) -> Address:
    rest = piece
    for pattern in (*_ADMIN, _SUBDISTRICT, _COMMUNITY):
        found = pattern.match(rest)
        rest = rest[found.end() :] if found else rest
    number = _NUMBER.search(rest)
    if number is None:
        return Address(piece, rest, None, "", aside)
    digits = number[2] or str(_value(number[3]))
    behind = _ANNEX.sub("", rest[number.end() :], count=1) if rest[number.end() :] else ""
    return Address(piece, rest[: number.start()], number[1] + str(int(digits)), behind, aside)


def _value(numeral: str) -> int:
    """Return the value of a numeral up to 999, as 六十五."""
    total = unit = 0
    for sign in numeral:
        if sign in _DIGITS:
            unit = _DIGITS.index(sign)
        else:
            total += (unit or 1) * (10 if sign == "十" else 100)
            unit = 0
    return total + unit
