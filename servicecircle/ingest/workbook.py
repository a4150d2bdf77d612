"""Read one sheet of a workbook in a process of its own, which may die of what it reads.

A workbook can be small and its content huge: archives that unpack to gigabytes, rectangles of a billion cells. The
archive is looked at before anything is unpacked, the sheet is scanned before it is laid out, and whatever escapes both
meets the limits of the process on memory and time. Imports next to nothing, so that it starts at once.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
import zipfile
import zlib
from decimal import Decimal
from pathlib import PurePosixPath
from typing import IO, Any
from xml.etree import ElementTree as ET
from xml.parsers.expat import ExpatError

import python_calamine as calamine

from servicecircle.ingest.headings import read_headings
from servicecircle.ingest.old_worksheet import scan_old_excel
from servicecircle.ingest.worksheet import Extent, TooLargeError, scan_excel, scan_open_document

__all__ = ["RefusedError", "main", "read_workbook"]

_MOST_CELLS = 2_000_000
_MOST_MEMBERS = 2000
_MOST_UNPACKED = 128 << 20
_MOST_RATIO = 200
_RATIO_FROM = 8 << 20
_MEMORY = 1 << 30
_SECONDS = 30
_CHUNK = 1 << 18
_ZIP = b"PK\x03\x04"
_SMALLER = "delete what is not the list (pictures, other sheets), or save the sheet as CSV"
_AGAIN = "open it in a spreadsheet program and save it again as .xlsx"
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}sheet"
_STRICT_SHEET = "{http://purl.oclc.org/ooxml/spreadsheetml/main}sheet"

Value = int | float | str | bool | dt.time | dt.date | dt.datetime | dt.timedelta


class RefusedError(Exception):
    """A workbook that is not read: the problem, and the remedy."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.problem, self.remedy = problem, remedy


def main() -> None:
    """Read the workbook on the standard input; write the sheet, or why not, as JSON."""
    _limit()
    wanted = sys.argv[1] if len(sys.argv) > 1 else None
    try:
        answer: dict[str, Any] = read_workbook(sys.stdin.buffer, wanted)
    except RefusedError as error:
        answer = {"problem": error.problem, "remedy": error.remedy}
    json.dump(answer, sys.stdout)
    sys.stdout.flush()
    os._exit(0)  # nothing to tidy up in a large memory


def read_workbook(file: IO[bytes], wanted: str | None = None) -> dict[str, Any]:
    """Read a sheet: the ``wanted`` one, else the first with a header, else the first that is not empty.

    Returns
    -------
    dict
        ``sheet``, ``others`` (names), ``cells`` (rows of text from row 1), ``unreadable`` (row from 1, column from 0,
        problem, value), ``headed``.

    Raises
    ------
    RefusedError
        Too large, damaged, protected, no such sheet, or nothing in it.
    """
    archive = _archive(file)
    try:
        # these two kinds are laid out as a whole as soon as they are opened
        extents = scan_old_excel(_all(file)) if archive is None else _open_document(archive)
        file.seek(0)
        with calamine.CalamineWorkbook.from_filelike(file) as book:
            return _chosen(book, archive, extents, wanted)
    except calamine.PasswordError as error:
        problem = "the workbook is protected by a password"
        raise RefusedError(problem, "save it without a password") from error
    except TooLargeError as error:
        raise RefusedError(str(error), _SMALLER) from error
    except (calamine.CalamineError, ExpatError, ET.ParseError, zipfile.BadZipFile, OSError, ValueError) as error:
        problem = f"damaged, or no workbook of a known kind: {error}"
        raise RefusedError(problem, _AGAIN) from error


def _all(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


def _open_document(archive: zipfile.ZipFile) -> list[Extent]:
    if "content.xml" not in archive.namelist():
        return []
    with archive.open("content.xml") as part:
        return scan_open_document(part)


def _limit() -> None:
    try:
        import resource  # noqa: PLC0415 - not on every platform; the caller's clock limits there
    except ImportError:  # pragma: no cover
        return
    for what, most in (
        (resource.RLIMIT_AS, _MEMORY),
        (resource.RLIMIT_CPU, _SECONDS),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, _MEMORY),
    ):
        hard = resource.getrlimit(what)[1]
        resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _archive(file: IO[bytes]) -> zipfile.ZipFile | None:
    """Return the archive that a workbook is, once it is known what it unpacks to; None for the older kind."""
    file.seek(0)  # whoever opened it may have looked into it
    if file.read(len(_ZIP)) != _ZIP:
        return None
    try:
        archive = zipfile.ZipFile(file)
        members = archive.infolist()
        if len(members) > _MOST_MEMBERS:
            problem = f"too large: an archive of {len(members):,} files"
            raise RefusedError(problem, _SMALLER)
        told = sum(member.file_size for member in members)
        if told > _MOST_UNPACKED:
            problem = f"too large: it unpacks to {told >> 20:,} MB, {_MOST_UNPACKED >> 20} MB at most are read"
            raise RefusedError(problem, _SMALLER)
        for member in members:
            if member.file_size > max(_RATIO_FROM, _MOST_RATIO * member.compress_size):
                problem = f"too large: {member.filename} unpacks to more than {_MOST_RATIO} times its size"
                raise RefusedError(problem, _SMALLER)
        _unpack(archive, members)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError, zlib.error) as error:
        problem = f"a damaged archive: {error}"
        raise RefusedError(problem, _AGAIN) from error
    return archive


def _unpack(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> None:
    """Unpack everything once and keep nothing: what the members say of their sizes may be untrue."""
    total = 0
    for member in members:
        told = member.file_size
        member.file_size = _MOST_UNPACKED + _CHUNK  # or reading would stop at the size that is told
        with archive.open(member) as part:
            while chunk := part.read(_CHUNK):
                total += len(chunk)
                if total > _MOST_UNPACKED:
                    problem = f"too large: it unpacks to more than {_MOST_UNPACKED >> 20} MB"
                    raise RefusedError(problem, _SMALLER)
        member.file_size = told


def _chosen(
    book: calamine.CalamineWorkbook, archive: zipfile.ZipFile | None, extents: list[Extent], wanted: str | None
) -> dict[str, Any]:
    kinds = calamine.SheetTypeEnum, calamine.SheetVisibleEnum
    sheets = [s for s in book.sheets_metadata if s.typ == kinds[0].WorkSheet]
    names = [s.name for s in sheets]
    if wanted is not None and wanted not in names:
        problem = f"no sheet {wanted!r}"
        raise RefusedError(problem, f"use one of: {', '.join(names)}")
    hidden = [s.name for s in sheets if s.visible != kinds[1].Visible]
    candidates = [wanted] if wanted is not None else [n for n in names if n not in hidden] or names
    best: dict[str, Any] | None = None
    for name in candidates:
        place = book.sheet_names.index(name)
        extent = extents[place] if place < len(extents) else _scanned(archive, name)
        read = _read(book, name, extent)
        others = [n for n in names if n != name]
        found = read | {"sheet": name, "others": others, "hidden": [n for n in hidden if n != name]}
        if found["headed"] or name == wanted:
            return found
        best = best or (found if found["cells"] else None)
    if best is None:
        problem = "no sheet has a cell with content"
        raise RefusedError(problem, "fill in the list, and save it")
    return best


def _read(book: calamine.CalamineWorkbook, name: str, extent: Extent) -> dict[str, Any]:
    sheet = book.get_sheet_by_name(name)
    end = sheet.end
    if end is None:
        rows: list[list[Value]] = []
    else:
        reach = Extent()
        reach.take(end[0], end[1])
        if (end[0] + 1) * (end[1] + 1) > _MOST_CELLS:
            problem = f"too large: {(end[0] + 1) * (end[1] + 1):,} cells, {_MOST_CELLS:,} at most are read"
            raise RefusedError(problem, _SMALLER)
        rows = sheet.to_python(skip_empty_area=False)
    cells = [[_text(value) for value in row] for row in rows]
    merged = extent.merged or [(*a, *b) for a, b in sheet.merged_cell_ranges or ()]
    _fill(cells, merged)
    # a cell that cannot be read may stand below all others
    cells += [[] for _ in range(1 + max((row for row, *_ in extent.unreadable), default=-1) - len(cells))]
    unreadable = [(row + 1, column, problem, value) for row, column, problem, value in extent.unreadable]
    headed = read_headings().header(cells) is not None
    return {"cells": cells, "unreadable": unreadable, "headed": headed}


def _scanned(archive: zipfile.ZipFile | None, name: str) -> Extent:
    if archive is None or "content.xml" in archive.namelist():
        return Extent()
    if "xl/workbook.xml" not in archive.namelist():
        problem = "a workbook or archive of another kind"
        raise RefusedError(problem, "save it as .xlsx")
    with archive.open(_part(archive, name)) as part:
        return scan_excel(part)


def _part(archive: zipfile.ZipFile, name: str) -> str:
    """Return the member that holds a sheet of an .xlsx file."""
    book = ET.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314 - the process has limits
    sheets = [s for tag in (_SHEET, _STRICT_SHEET) for s in book.iter(tag) if s.get("name") == name]
    keys = [value for s in sheets for key, value in s.attrib.items() if key.endswith("}id")]
    links = ET.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    targets = [link.get("Target", "") for link in links if link.get("Id") in keys]
    if not targets:
        problem = f"damaged: the sheet {name!r} is nowhere"
        raise RefusedError(problem, _AGAIN)
    path = PurePosixPath("/xl") / targets[0]
    return str(path).lstrip("/")


def _fill(cells: list[list[str]], merged: list[tuple[int, int, int, int]]) -> None:
    """Let the value of a merged range count in every row of it."""
    for top, left, bottom, _ in merged:
        if top >= len(cells) or left >= len(cells[top]):
            continue
        for row in cells[top + 1 : bottom + 1]:
            if not row[left]:
                row[left] = cells[top][left]


def _text(value: Value) -> str:
    """Return a value as a person reads it: 1.0 as 1, no exponents, dates in ISO 8601.

    Examples
    --------
    >>> [_text(v) for v in (106.5512345, 1.0, 1e22, True, dt.datetime(2025, 12, 10), dt.time(9))]
    ['106.5512345', '1', '10000000000000000000000', 'TRUE', '2025-12-10', '09:00']
    """
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        text = format(Decimal(repr(value)), "f")
        return text.removesuffix(".0")
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ", "minutes")
    if isinstance(value, dt.time):
        return value.isoformat("minutes")
    return value if isinstance(value, str) else str(value)


if __name__ == "__main__":
    main()
