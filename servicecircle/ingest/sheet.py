"""Tables that people keep: CSV, TSV and the workbooks of Excel and LibreOffice, as rows of text.

What a file is, is decided by its content, never by its name; nothing is handed to a reader that guesses. Workbooks are
read in a process of their own (``ingest/workbook.py``), which a damaged or hostile file may exhaust or kill.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from servicecircle.errors import Fault, InputError
from servicecircle.formulas import unguarded
from servicecircle.ingest.headings import read_headings
from servicecircle.ingest.worksheet import MOST_COLUMNS, MOST_ROWS

__all__ = ["Sheet", "read_sheet"]

_MOST_BYTES = 64 << 20
_MOST_TEXT = 32 << 20
_SECONDS = 60
_CELL = 32_767  # a spreadsheet's own limit
_START = "import sys; sys.path[:] = sys.argv.pop(1).split({!r}); from servicecircle.ingest.workbook import main; main()"
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
_BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_ENCODINGS = ("utf-8", "gb18030")
_MARKUP = re.compile(r"\s*<\s*([?!]?[A-Za-z_-][\w:.-]*)")
_JSON = re.compile(r'\s*(\{\s*["}]|\[\s*[\[{])')
_DELIMITERS = ",;\t"
_FIRST_ROWS = 60
_AS_TABLE = "give a table: .xlsx, .xls, .ods, or .csv in UTF-8"
_SMALLER = f"split it, or take out what is not the list: {MOST_ROWS:,} rows and {MOST_COLUMNS} columns at most are read"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table as text.

    Attributes
    ----------
    file, sheet
        Name of the file; of the sheet, "" for a text file.
    cells
        Rows that have content, each as wide as it is in the file.
    rows
        The number of each row, as a spreadsheet program shows it.
    notes
        What was decided on the way: the sheet, the encoding.
    unreadable
        Cells without a value to use, by (number of the row, position of the column): why, and what stands there.
    sha256
        Of the bytes that were read.
    """

    file: str
    sheet: str
    cells: list[list[str]]
    rows: list[int]
    notes: tuple[str, ...] = ()
    unreadable: Mapping[tuple[int, int], tuple[str, str]] = field(default_factory=dict)
    sha256: str = field(default="", compare=False)


def read_sheet(path: Path, sheet: str | None = None) -> Sheet:
    """Read a CSV or TSV file (UTF-8, UTF-16 with a mark, GB 18030), or a sheet of an .xlsx, .xlsm, .xls or .ods file.

    Parameters
    ----------
    path
        The file.
    sheet
        Name of the sheet; without it, the first visible one with a header that is known, else the first with content.

    Raises
    ------
    InputError
        Missing, empty, too large, damaged, protected, of another kind; no such sheet.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > _MOST_BYTES:
                problem = f"too large: {size / 1e6:,.0f} MB"
                raise _refused(path, problem, _SMALLER)
            data = file.read(_MOST_TEXT + 1)
            if data.startswith(_WORKBOOKS):
                data += file.read(_MOST_BYTES - len(data) + 1)
    except OSError as error:
        raise _refused(path, f"cannot be read: {error.strerror}", "check the path") from error
    return replace(_content(path, data, sheet), sha256=hashlib.sha256(data).hexdigest())


def _content(path: Path, data: bytes, sheet: str | None) -> Sheet:
    if data.startswith(_WORKBOOKS):
        return _workbook(path, data, sheet)
    if len(data) > _MOST_TEXT:
        raise _refused(path, f"too large: a text of more than {_MOST_TEXT >> 20} MB", _SMALLER)
    if sheet is not None:
        raise _refused(path, "a text file has no sheets", "leave the sheet out", sheet)
    return _text_file(path, data)


def _refused(path: Path, problem: str, remedy: str, value: object = None) -> InputError:
    return InputError([Fault(problem, remedy, path.name, value=value)])


def _workbook(path: Path, data: bytes, sheet: str | None) -> Sheet:
    """Let a process of its own read the workbook; a name that it should look for is an argument, never a command."""
    # what was read here is what is parsed and hashed: the file itself may change meanwhile
    with tempfile.TemporaryFile() as copy:
        copy.write(data)
        copy.seek(0)
        return _parsed(path, copy.fileno(), sheet)


def _parsed(path: Path, file: int, sheet: str | None) -> Sheet:
    start = _START.format(os.pathsep)
    command = [sys.executable, "-P", "-X", "utf8", "-c", start, os.pathsep.join(sys.path)]
    command += [] if sheet is None else [sheet]
    remedy = "open it in a spreadsheet program, keep the list alone, and save it again as .xlsx or .csv"
    try:
        done = subprocess.run(command, stdin=file, capture_output=True, check=False, timeout=_SECONDS)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise _refused(path, f"too large or damaged: not read within {_SECONDS} s", remedy) from error
    except ValueError as error:  # a name with a zero byte
        raise _refused(path, "no such sheet", "give the name of a sheet", sheet) from error
    if done.returncode or not done.stdout:
        raise _refused(path, "too large or damaged: reading it took more memory or time than any list needs", remedy)
    answer = json.loads(done.stdout)
    if "problem" in answer:
        raise _refused(path, answer["problem"], answer["remedy"])
    return _read(path, answer)


def _read(path: Path, answer: Mapping[str, Any]) -> Sheet:
    unreadable = {(row, column): (problem, value) for row, column, problem, value in answer["unreadable"]}
    seen = {row for row, _ in unreadable}
    kept = [(i, row) for i, row in enumerate(answer["cells"], 1) if any(row) or i in seen]
    notes = [f"read the sheet {answer['sheet']}"]
    if answer["others"]:
        notes.append(f"did not read the sheets {', '.join(answer['others'])}; choose one by its name")
    if answer["hidden"]:
        notes.append(f"hidden sheets: {', '.join(answer['hidden'])}")
    return Sheet(path.name, answer["sheet"], [row for _, row in kept], [i for i, _ in kept], tuple(notes), unreadable)


def _text_file(path: Path, data: bytes) -> Sheet:
    text, encoding = _decoded(path, data)
    if not text.strip():
        raise _refused(path, "the file is empty", "begin with a header and fill in the list")
    markup = _MARKUP.match(text)
    if markup:
        remedy = f"nothing is read by a name that does not fit the content; {_AS_TABLE}"
        raise _refused(path, "a web page or an XML file, not a table", remedy, f"<{markup[1]}")
    if _JSON.match(text):
        raise _refused(path, "JSON, not a table", _AS_TABLE)
    delimiter = _delimiter(text)
    cells: list[list[str]] = []
    rows: list[int] = []
    lines = csv.reader(_lines(text), delimiter=delimiter, strict=True)
    number = 0
    try:
        for number, line in enumerate(lines, 1):
            if not any(cell.strip() for cell in line):
                continue
            if len(rows) == MOST_ROWS:
                raise _refused(path, f"too large: more than {MOST_ROWS:,} rows", _SMALLER)
            width = max(k for k, cell in enumerate(line, 1) if cell)
            if width > MOST_COLUMNS:
                problem = f"too large: row {number} has {width:,} columns"
                raise _refused(path, problem, _SMALLER)
            cells.append([unguarded(cell) for cell in line[:width]])
            rows.append(number)
    except csv.Error as error:
        remedy = f"close each quote; a cell holds {_CELL:,} characters at most"
        raise InputError([Fault(f"not CSV: {error}", remedy, path.name, number + 1)]) from error
    notes = [] if encoding.startswith("utf-8") else [f"read as {encoding.upper()}"]
    return Sheet(path.name, "", cells, rows, tuple(notes))


def _decoded(path: Path, data: bytes) -> tuple[str, str]:
    marked = next((encoding for bom, encoding in _BOMS.items() if data.startswith(bom)), None)
    if marked != "utf-16" and b"\x00" in data:
        what = "a PDF" if data.startswith(b"%PDF") else "a binary file"
        raise _refused(path, f"{what}, not a table", _AS_TABLE)
    for encoding in [marked] if marked else _ENCODINGS:
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError as error:
            problem = f"neither UTF-8 nor GB 18030: byte {error.start} cannot be read"
    if data.startswith(b"%PDF"):
        problem = "a PDF, not a table"
    raise _refused(path, problem, "save it as CSV in UTF-8")


def _delimiter(text: str) -> str:
    """Return the delimiter under which most headings are known, and of equals the one that makes most columns."""
    best, most = _DELIMITERS[0], (-1, -1)
    for delimiter in _DELIMITERS:
        rows = []
        try:
            for row in csv.reader(_lines(text), delimiter=delimiter, strict=True):
                rows.append(row)
                if len(rows) == _FIRST_ROWS:
                    break
        except csv.Error:
            pass  # said later, with its row
        header = read_headings().header([row[:MOST_COLUMNS] for row in rows])
        known = len({f for f in header.fields if f}) if header else 0
        score = known, max(map(len, rows), default=0)
        if score > most:
            best, most = delimiter, score
    return best


def _lines(text: str) -> Iterable[str]:
    """Return the lines one by one, each with its end, of whatever kind."""
    return (match[0] for match in re.finditer(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$", text))
