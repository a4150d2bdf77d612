"""Extent and errors of the sheets of an .xls file, before anything is laid out.

An .xls file is a compound file ([MS-CFB]) whose stream ``Workbook`` is a chain of records ([MS-XLS]): kind, length,
content. Imports next to nothing, because it runs in a short-lived process of its own.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from servicecircle.ingest.worksheet import ERROR, Extent

__all__ = ["scan_old_excel"]

_HEAD = struct.Struct("<24xHHHHH6xIIIIIIIII")
_LISTED, _ENTRY = 109, 128
_LAST = 0xFFFFFFF0  # from here on, numbers of sectors have other meanings
_NAMES = ("workbook", "book")
_BEGINS = {0x0809, 0x0409, 0x0209}
_END, _SHEET, _ROW_OF_NUMBERS, _ERROR = 0x000A, 0x0085, 0x00BD, 0x0205
_FORMULAS = {0x0006, 0x0206, 0x0406}
_CELLS = {0x0203, 0x027E, 0x0204, 0x00FD, 0x00D6, _ROW_OF_NUMBERS, _ERROR, *_FORMULAS}
_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}


def scan_old_excel(data: bytes) -> list[Extent]:
    """Return the extent of each sheet, in the order of the workbook; nothing where the file is built otherwise.

    Raises
    ------
    TooLargeError
        A cell with content lies too far down or right.
    """
    try:
        stream = _stream(data)
        begins = [struct.unpack_from("<I", content)[0] for kind, content in _records(stream, 0) if kind == _SHEET]
        return [_sheet(stream, begin) for begin in begins]
    except (struct.error, IndexError):  # cut short: the reader of values says what is wrong
        return []


def _stream(data: bytes) -> bytes:
    """Return the stream of the workbook."""
    fields = _HEAD.unpack_from(data)
    size = 1 << min(fields[3], 12)
    folder, smallest, more = fields[7], fields[9], fields[12]

    def sector(number: int) -> bytes:
        return data[(number + 1) * size : (number + 2) * size]

    listed = list(struct.unpack_from(f"<{_LISTED}I", data, 76))
    most = len(data) // size + 1
    for _ in range(most):
        if more >= _LAST:
            break
        numbers = struct.unpack(f"<{size // 4}I", sector(more))
        listed += numbers[:-1]
        more = numbers[-1]
    table: list[int] = []
    for number in listed[:most]:
        if number < _LAST:
            table += struct.unpack(f"<{size // 4}I", sector(number))

    def chain(number: int) -> bytes:
        found: list[bytes] = []
        while number < min(_LAST, len(table)) and len(found) < most:
            found.append(sector(number))
            number = table[number]
        return b"".join(found)

    entries = chain(folder)
    for at in range(0, len(entries) - _ENTRY + 1, _ENTRY):
        name = entries[at : at + 64].decode("utf-16-le", "replace").partition("\0")[0]
        begin, length = struct.unpack_from("<II", entries, at + 116)
        if name.casefold() in _NAMES and length >= smallest:
            return chain(begin)[:length]
    return b""


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """Yield the records from a position to the end of what begins there."""
    depth = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        yield kind, stream[at + 4 : at + 4 + length]
        depth += (kind in _BEGINS) - (kind == _END)
        if depth <= 0:
            return
        at += 4 + length


def _sheet(stream: bytes, at: int) -> Extent:
    extent = Extent()
    for kind, content in _records(stream, at):
        if kind not in _CELLS:
            continue
        row, column = struct.unpack_from("<HH", content)
        last = struct.unpack("<H", content[-2:])[0] if kind == _ROW_OF_NUMBERS else column
        extent.take(row, last)
        code = None
        if kind == _ERROR and content[7:8] == b"\x01":
            code = content[6]
        elif kind in _FORMULAS and content[12:14] == b"\xff\xff" and content[6:7] == b"\x02":
            code = content[8]
        if code is not None:
            extent.blame(row, column, ERROR, _ERRORS.get(code, ""))
    return extent
