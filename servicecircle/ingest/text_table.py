"""CSV tables as text that is checked: every fault of a file with its row, column, value and remedy.

Cells are text until they are checked: a cell that says NaN is a fault, not a missing number.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from servicecircle.errors import Fault, InputError

__all__ = ["Extent", "TextTable", "check_characters", "is_id", "read_positions", "read_text_table"]

Extent = tuple[float, float, float, float]
"""West, south, east, north in degrees."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_EXTRA = "x_"
_HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
_BOM = b"\xef\xbb\xbf"
_ZIP = b"PK\x03\x04"
_WEB_MAP_SHIFT = 0.012
"""Degrees: more than GCJ-02 (0.004) and BD-09 (0.011) are off WGS-84 anywhere in China."""


@dataclass(slots=True)
class TextTable:
    """A CSV file as text, indexed by line number, and the faults found in it so far."""

    file: str
    cells: pd.DataFrame
    faults: list[Fault] = field(default_factory=list)

    def check(self, wrong: pd.Series[bool], column: str, problem: str, remedy: str) -> None:
        """Note a fault for each row where ``wrong``; ``column`` may name several, as in ``lon, lat``."""
        cells = self.cells.loc[wrong, column.split(", ")]
        for row, values in zip(cells.index.tolist(), cells.to_numpy().tolist(), strict=True):
            self.faults.append(Fault(problem, remedy, self.file, row, column, ", ".join(values)))

    def check_word(self, column: str, words: Collection[str], *, empty: bool = False) -> None:
        """Note a fault where the cell is not one of ``words``."""
        known = ", ".join(words) + (", or nothing" if empty else "")
        allowed = [*words, ""] if empty else [*words]
        self.check(~self.cells[column].isin(allowed), column, f"unknown {column}", f"use one of: {known}")

    def check_id(self, column: str) -> None:
        """Note a fault where the cell does not serve as a unique name in files and addresses."""
        cells = self.cells[column]
        self.check(~cells.map(is_id), column, "not an id", "use letters, digits, - _ . only, none of . - _ first")
        self.check(cells.duplicated() & (cells != ""), column, "the id occurs twice", "keep one of the two rows")

    def numbers(self, column: str) -> pd.Series[float]:
        """Return the cells as numbers, NaN where empty, noting a fault for any other text."""
        cells = self.cells[column]
        numeric = cells.map(lambda text: _NUMBER.fullmatch(text) is not None).astype(bool)
        numbers = pd.to_numeric(cells.where(numeric), errors="coerce")
        finite = numeric & np.isfinite(numbers)
        self.check(~finite & (cells != ""), column, "not a number", "write it as 106.5512345, in plain digits")
        return numbers.where(finite).astype(float)

    def done(self) -> pd.DataFrame:
        """Return the cells, missing where empty; or raise all faults, in the order of the file."""
        if self.faults:
            order = {name: i for i, name in enumerate(self.cells.columns)}
            raise InputError(
                sorted(self.faults, key=lambda f: (f.row or 0, order.get((f.column or "").split(", ")[0], 0)))
            )
        return self.cells.where(self.cells != "")


def read_text_table(
    path: Path, columns: Collection[str], optional: Collection[str] = (), *, may_be_empty: bool = False
) -> TextTable:
    """Read a UTF-8 CSV file whose header holds ``columns``; further columns must begin with ``x_``.

    A column of ``optional`` that the file lacks has empty cells.

    Rows of a wrong width and hidden characters are noted as faults in the table, and so is a lack of rows unless the
    table ``may_be_empty``.

    Raises
    ------
    InputError
        The file is missing, empty, not UTF-8 or not CSV, or its header is not as expected.
    """
    text = _decoded(path)
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    table = TextTable(path.name, pd.DataFrame())
    rows: dict[int, list[str]] = {}
    header: list[str] = []
    begin = 1
    try:
        for cells in lines:
            if cells and not header:
                header = cells
                _check_header(path.name, header, columns, optional, begin)
            elif cells and len(cells) == len(header):
                rows[begin] = cells
            elif cells:
                problem = f"{len(cells)} cells where the header has {len(header)}"
                table.faults.append(Fault(problem, "quote a cell that holds a comma", path.name, begin))
            begin = lines.line_num + 1
    except csv.Error as error:
        raise InputError([Fault(f"not CSV: {error}", "close each quote", path.name, begin)]) from error
    if not header:
        raise InputError([Fault("the file is empty", f"begin with a header: {','.join(columns)}", path.name)])
    if not rows and not table.faults and not may_be_empty:
        raise InputError([Fault("no rows below the header", "add at least one row", path.name)])
    table.cells = pd.DataFrame(list(rows.values()), pd.Index(rows, dtype=np.int64, name="row"), header, dtype=str)
    table.cells[[name for name in optional if name not in header]] = ""
    check_characters(table, text)
    return table


def read_positions(table: TextTable, extent: Extent) -> tuple[pd.Series[float], pd.Series[float]]:
    """Return ``lon`` and ``lat``, NaN where both are empty, noting a fault for each that is not in ``extent``."""
    cells = table.cells
    lon, lat = table.numbers("lon"), table.numbers("lat")
    table.check((cells["lon"] == "") ^ (cells["lat"] == ""), "lon, lat", "half a position", "give both, or neither")
    placed = lon.notna() & lat.notna()
    outside = placed & ~_within(lon, lat, extent)
    swapped = outside & _within(lat, lon, extent)
    shifted = outside & ~swapped & _within(lon, lat, extent, _WEB_MAP_SHIFT)
    west, south, east, north = extent
    bounds = f"lon {west:.4f} to {east:.4f}, lat {south:.4f} to {north:.4f}"
    table.check(swapped, "lon, lat", "looks swapped", "longitude goes into lon, latitude into lat")
    problem = "just outside the walking network; looks like GCJ-02 or BD-09, the datums of Chinese web maps"
    table.check(shifted, "lon, lat", problem, f"convert it to WGS-84; the network has {bounds}")
    problem = "outside the walking network"
    table.check(outside & ~swapped & ~shifted, "lon, lat", problem, f"give WGS-84 degrees within {bounds}")
    return lon, lat


def is_id(text: str) -> bool:
    """Whether a text serves as a name in files and addresses."""
    return _ID.fullmatch(text) is not None


def _check_header(file: str, header: list[str], columns: Collection[str], optional: Collection[str], row: int) -> None:
    faults = [
        Fault("the column is missing", f"the header needs: {','.join(columns)}", file, row, name)
        for name in columns
        if name not in header
    ]
    faults += [
        Fault("an unknown column", f"take it out, or begin its name with {_EXTRA}", file, row, name or None, name)
        for name in dict.fromkeys(header)
        if name not in {*columns, *optional} and not name.startswith(_EXTRA)
    ]
    twice = {name for name in header if header.count(name) > 1}
    faults += [Fault("the column occurs twice", "keep one", file, row, name) for name in sorted(twice)]
    if faults:
        raise InputError(faults)


def check_characters(table: TextTable, text: str) -> None:
    """Note control, direction-changing and invisible characters: with them two equal-looking cells can differ."""
    hidden = sorted(c for c in set(text) if unicodedata.category(c) in _HIDDEN)
    for character in hidden:
        problem = f"hidden character U+{ord(character):04X} {unicodedata.name(character, '')}".rstrip()
        for column in table.cells.columns:
            found = table.cells[column].str.contains(character, regex=False)
            table.check(found.astype(bool), column, problem, "delete it")


def _decoded(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError([Fault(f"cannot be read: {error.strerror}", "check the path", path.name)]) from error
    if data.startswith(_ZIP):
        raise InputError([Fault("a workbook or archive, not CSV", "save the sheet as UTF-8 CSV", path.name)])
    skipped = len(_BOM) if data.startswith(_BOM) else 0
    try:
        return data[skipped:].decode("utf-8")
    except UnicodeDecodeError as error:
        problem = f"not UTF-8: byte {error.start + skipped} is {data[error.start + skipped]:#04x}"
        row = data.count(b"\n", 0, error.start + skipped) + 1
        raise InputError([Fault(problem, "save it as UTF-8 CSV", path.name, row)]) from error


def _within(lon: pd.Series[float], lat: pd.Series[float], extent: Extent, margin: float = 0.0) -> pd.Series[bool]:
    west, south, east, north = extent
    return lon.between(west - margin, east + margin) & lat.between(south - margin, north + margin)
