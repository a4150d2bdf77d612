"""Which row of a list is its header, and which of our columns each heading means: ``registry/headings.toml``."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

__all__ = ["Header", "Headings", "plain", "read_headings"]

_DROPPED = re.compile(r"[\s_\-*:·.,、/]+")
_BRACKET = re.compile(r"[(\[【〔<（](.*?)[)\]】〕>）]")
_NUMBERED = re.compile(r"^\d+(?=[、,])[、,]")
_FIRST_ROWS = 40
_LONGEST = 60


def plain(text: str) -> str:
    """Return a text as it is compared: without case, width, spaces and the signs that only decorate.

    Examples
    --------
    >>> plain(" Facility_ID＊")
    'facilityid'
    """
    return _DROPPED.sub("", unicodedata.normalize("NFKC", text).casefold())


@dataclass(frozen=True, slots=True)
class Header:
    """A header row: ``first`` and ``last`` position among the rows (two where headings stand in two rows).

    ``headings`` are the texts, ``fields`` what each means: our column, one of ``[parts]``, or None.
    """

    first: int
    last: int
    headings: tuple[str, ...]
    fields: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Headings:
    """The words of ``headings.toml``, as they are compared."""

    fields: Mapping[str, str]
    personal: tuple[str, ...]
    other: tuple[str, ...]
    footers: tuple[str, ...]
    words: Mapping[str, Mapping[str, str]]

    def field(self, heading: str) -> str | None:
        """Return what a heading means: our column, a part of one, or None where it is unknown or personal.

        Examples
        --------
        >>> words = read_headings()
        >>> words.field("经度（°）"), words.field("单位名称*"), words.field("联系人电话")
        ('lon', 'name', None)
        """
        if self.is_personal(heading):
            return None
        whole = unicodedata.normalize("NFKC", heading)
        within = " ".join(_BRACKET.findall(whole))
        text = plain(_NUMBERED.sub("", _BRACKET.sub("", whole).strip()))
        if any(word in plain(within) for word in self.other):
            return None
        return self.fields.get(text) or self.fields.get(plain(whole))

    def is_personal(self, heading: str) -> bool:
        """Whether a heading announces what belongs to a person."""
        text = plain(heading)
        return any(word in text for word in self.personal)

    def is_footer(self, text: str) -> bool:
        """Whether a cell begins the row that closes a list."""
        folded = unicodedata.normalize("NFKC", text).replace(" ", "")
        return folded.startswith(self.footers)

    def header(self, rows: Sequence[Sequence[str]]) -> Header | None:
        """Find the header among the first rows: the one with the most of our columns, and a second row below it."""
        best, most = None, 0
        for i, row in enumerate(rows[:_FIRST_ROWS]):
            found = self._known(row)
            score = len(found)
            if score > most and (score > 1 or "name" in found):
                best, most = i, score
        if best is None:
            return None
        first = last = best
        headings = list(rows[best])
        for row in rows[best + 1 : _FIRST_ROWS]:
            given = [(k, cell) for k, cell in enumerate(row) if cell.strip()]
            if not given or not all(self._continues(headings, k, cell) for k, cell in given):
                break
            headings += [""] * (len(row) - len(headings))
            for k, cell in given:
                headings[k] = cell
            last += 1
        return Header(first, last, tuple(headings), tuple(self.field(cell) for cell in headings))

    def _continues(self, headings: list[str], column: int, cell: str) -> bool:
        return len(cell) <= _LONGEST and (self.field(cell) is not None or headings[column : column + 1] == [cell])

    def _known(self, row: Iterable[str]) -> set[str]:
        return {found for cell in row if len(cell) <= _LONGEST and (found := self.field(cell))}


@cache
def read_headings() -> Headings:
    """Read the packaged headings and words."""
    text = files("servicecircle").joinpath("registry", "headings.toml").read_text("utf-8")
    content = tomllib.loads(text)
    fields = {plain(word): name for name in content["parts"] for word in content["parts"][name]}
    for name, words in content["fields"].items():
        fields |= {plain(word): name for word in (name, *words)}
    words = {
        column: {plain(word): ours for ours, words in table.items() for word in (ours, *words)}
        for column, table in content["words"].items()
    }
    listed = {key: tuple(map(plain, content[key]["words"])) for key in ("personal", "other")}
    footers = tuple(unicodedata.normalize("NFKC", word) for word in content["footers"]["words"])
    return Headings(fields, listed["personal"], listed["other"], footers, words)
