"""What a spreadsheet file says of its cells that the reader of values does not: extent, faults, merged cells.

Read as a stream before anything is laid out: a sheet with two cells a million rows apart is a small file and a large
rectangle. Imports next to nothing, because it runs in a short-lived process of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import IO
from xml.parsers import expat

__all__ = ["ERROR", "MOST_COLUMNS", "MOST_ROWS", "Extent", "TooLargeError", "scan_excel", "scan_open_document"]

MOST_ROWS = 50_000
MOST_COLUMNS = 200
_CHUNK = 1 << 16
ERROR = "an error instead of a value"
_UNCALCULATED = "a formula without a stored value"
_REFERENCE = re.compile(r"([A-Z]{1,7})([0-9]{1,9})")
_RANGE = re.compile(r"([A-Z]{1,7}[0-9]{1,9}):([A-Z]{1,7}[0-9]{1,9})")
_MOST_FAULTS = 2000
_MOST_MERGED = 20_000

Attributes = dict[str, str]


class TooLargeError(Exception):
    """The sheet goes beyond what is read; the message says where."""


@dataclass(slots=True)
class Extent:
    """The cells with content of a sheet, counted from 0.

    ``unreadable``: (row, column, problem, value). ``merged``: (first row, first column, last row, last column).
    """

    rows: int = 0
    columns: int = 0
    unreadable: list[tuple[int, int, str, str]] = field(default_factory=list)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)

    def take(self, row: int, column: int) -> None:
        """Count a cell with content.

        Raises
        ------
        TooLargeError
            It lies beyond the rows or columns that are read.
        """
        if row >= MOST_ROWS:
            message = f"more than {MOST_ROWS:,} rows: there is a cell in row {row + 1:,}"
            raise TooLargeError(message)
        if column >= MOST_COLUMNS:
            message = f"more than {MOST_COLUMNS} columns: there is a cell in column {column + 1:,}"
            raise TooLargeError(message)
        self.rows, self.columns = max(self.rows, row + 1), max(self.columns, column + 1)

    def blame(self, row: int, column: int, problem: str, value: str = "") -> None:
        """Keep a cell that cannot be read; beyond the first thousands nobody looks."""
        if len(self.unreadable) < _MOST_FAULTS:
            self.unreadable.append((row, column, problem, value))

    def merge(self, first: tuple[int, int], last: tuple[int, int]) -> None:
        """Keep a range of merged cells."""
        if len(self.merged) < _MOST_MERGED:
            self.merged.append((*first, *last))


def scan_excel(stream: IO[bytes]) -> Extent:
    """Scan a worksheet part of an .xlsx file.

    Raises
    ------
    TooLargeError
        A cell with content lies too far down or right.
    xml.parsers.expat.ExpatError
        Not well-formed.
    """
    return _Excel().scan(stream)


def scan_open_document(stream: IO[bytes]) -> list[Extent]:
    """Scan the tables in the content of an .ods file, in their order; raises what ``scan_excel`` raises."""
    scanner = _OpenDocument()
    scanner.scan(stream)
    return scanner.extents


def _position(reference: str) -> tuple[int, int] | None:
    """Return row and column of a reference such as ``B3``, from 0."""
    match = _REFERENCE.fullmatch(reference.replace("$", ""))
    if match is None:
        return None
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(match[2]) - 1, column - 1


class _Scanner:
    def __init__(self) -> None:
        self.extent = Extent()
        self.row, self.column = -1, -1
        self.text: list[str] = []
        self.listening = False

    def scan(self, stream: IO[bytes]) -> Extent:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler = lambda name, attributes: self.start(name.rpartition(" ")[2], attributes)
        parser.EndElementHandler = lambda name: self.end(name.rpartition(" ")[2])
        parser.CharacterDataHandler = self.hear
        parser.StartDoctypeDeclHandler = self.refuse
        while chunk := stream.read(_CHUNK):
            parser.Parse(chunk)
        parser.Parse(b"", True)  # noqa: FBT003
        return self.extent

    @staticmethod
    def refuse(*_: object) -> None:
        message = "a document type declaration, which no spreadsheet program writes"
        raise TooLargeError(message)

    def hear(self, text: str) -> None:
        if self.listening:
            self.text.append(text)

    def start(self, name: str, attributes: Attributes) -> None:
        raise NotImplementedError

    def end(self, name: str) -> None:
        raise NotImplementedError


class _Excel(_Scanner):
    """Cells ``c`` in ``row``: value ``v``, formula ``f``, text in place ``is``; ``mergeCell`` after them."""

    def __init__(self) -> None:
        super().__init__()
        self.type = ""
        self.has_formula = self.has_text = False

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "c":
            here = _position(attributes.get("r", ""))
            self.row, self.column = here or (max(self.row, 0), self.column + 1)
            self.type = attributes.get("t", "n")
            self.has_formula = self.has_text = False
            self.text.clear()
        elif name == "v":
            self.listening = True
        elif name == "f":
            self.has_formula = True
        elif name == "is":
            self.has_text = True
        elif name == "row":
            number = attributes.get("r", "")
            self.row, self.column = (int(number) - 1 if number.isdecimal() else self.row + 1), -1
        elif name == "mergeCell":
            match = _RANGE.fullmatch(attributes.get("ref", ""))
            first, last = (_position(match[1]), _position(match[2])) if match else (None, None)
            if first and last:
                self.extent.merge(first, last)

    def end(self, name: str) -> None:
        if name == "v":
            self.listening = False
        elif name == "c":
            value = "".join(self.text)
            if value or self.has_formula or self.has_text:
                self.extent.take(self.row, self.column)
            if self.type == "e":
                self.extent.blame(self.row, self.column, ERROR, value)
            elif self.has_formula and not value and self.type != "str":
                self.extent.blame(self.row, self.column, _UNCALCULATED)


class _OpenDocument(_Scanner):
    """Cells of the rows of each ``table``, each repeated as often as it says."""

    def __init__(self) -> None:
        super().__init__()
        self.extents: list[Extent] = []
        self.depth = 0
        self.row, self.column = 0, 0
        self.rows = self.columns = 1
        self.cell: Attributes = {}
        self.taken: list[int] = []

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "table":
            self.depth += 1
            if self.depth == 1:
                self.extent, self.row = Extent(), 0
                self.extents.append(self.extent)
        if self.depth != 1:
            return
        here = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        if name == "table-row":
            self.rows, self.column, self.taken = _count(here.get("number-rows-repeated", "")), 0, []
        elif name in {"table-cell", "covered-table-cell"}:
            self.columns = _count(here.get("number-columns-repeated", ""))
            # "value-type" stands in two namespaces; the second one alone knows errors
            extended = [v for k, v in attributes.items() if k.endswith(" value-type") and "calc" in k]
            self.cell = here | {"error": "yes"} if extended == ["error"] else here
            self.text.clear()
        elif name == "p":
            self.listening = True

    def end(self, name: str) -> None:
        if self.depth == 1:
            if name == "p":
                self.listening = False
            elif name in {"table-cell", "covered-table-cell"}:
                self._cell("".join(self.text))
            elif name == "table-row":
                for column in self.taken:
                    self.extent.take(self.row + self.rows - 1, column)
                self.row += self.rows
        if name == "table":
            self.depth -= 1

    def _cell(self, text: str) -> None:
        given, formula = "value-type" in self.cell, "formula" in self.cell
        if given or formula or text:
            self.taken.append(self.column + self.columns - 1)
        if "error" in self.cell:
            self.extent.blame(self.row, self.column, ERROR, text)
        elif formula and not given and not text:
            self.extent.blame(self.row, self.column, _UNCALCULATED)
        rows, columns = (_count(self.cell.get(f"number-{side}-spanned", "")) for side in ("rows", "columns"))
        if rows > 1 or columns > 1:
            self.extent.merge((self.row, self.column), (self.row + rows - 1, self.column + columns - 1))
        self.column += self.columns
        self.cell = {}


def _count(text: str) -> int:
    return max(1, int(text)) if text.isdecimal() and text.isascii() and len(text) < 10 else 1  # noqa: PLR2004
