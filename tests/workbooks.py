"""Workbooks written part by part, as no spreadsheet program would: for the tests and for the hunt."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import openpyxl

_EXCEL = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OPEN = "urn:oasis:names:tc:opendocument:xmlns"
_SPREADSHEET = "application/vnd.oasis.opendocument.spreadsheet"
_CALC = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"
_SECTOR = 512
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def zipped(path: Path, parts: Mapping[str, bytes]) -> Path:
    """Write an archive."""
    path.write_bytes(zip_bytes(parts))
    return path


def zip_bytes(parts: Mapping[str, bytes]) -> bytes:
    """Return an archive of the parts, the same bytes each time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def excel_parts(rows: str) -> dict[str, bytes]:
    """Return the parts of a workbook with one sheet, whose rows are given as XML."""
    buffer = io.BytesIO()
    openpyxl.Workbook().save(buffer)
    with zipfile.ZipFile(buffer) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = f'<worksheet xmlns="{_EXCEL}"><sheetData>{rows}</sheetData></worksheet>'
    return parts | {"xl/worksheets/sheet1.xml": sheet.encode()}


def sheet_of_excel(path: Path, rows: str) -> Path:
    """Write a workbook with one sheet, whose rows are given as XML."""
    return zipped(path, excel_parts(rows))


def rows_of_excel(rows: Sequence[Sequence[str]]) -> str:
    """Return rows of text as XML."""
    lines = []
    for i, row in enumerate(rows, 1):
        cells = "".join(f'<c t="inlineStr"><is><t>{escape(text)}</t></is></c>' for text in row)
        lines.append(f'<row r="{i}">{cells}</row>')
    return "".join(lines)


def open_document(path: Path, rows: Sequence[str], *, repeat: int = 1, trailing: int = 0) -> Path:
    """Write an .ods file."""
    return zipped(path, open_document_parts(rows, repeat=repeat, trailing=trailing))


def open_document_parts(rows: Sequence[str], *, repeat: int = 1, trailing: int = 0) -> dict[str, bytes]:
    """Return the parts of an .ods file with one table.

    In the rows ``<C>`` is a cell of text, ``<c>`` one of any kind, ``<E/>`` an empty, ``<covered/>`` a covered one.
    """
    short = {
        "<C>": '<table:table-cell office:value-type="string">', "</C>": "</table:table-cell>",
        "<c ": "<table:table-cell ", "</c>": "</table:table-cell>",
        "<E/>": "<table:table-cell/>", "<covered/>": "<table:covered-table-cell/>",
        "<p>": "<text:p>", "</p>": "</text:p>",
    }  # fmt: skip
    begin = f'<table:table-row table:number-rows-repeated="{repeat}">'
    body = "".join(f"{begin}{row}</table:table-row>" for row in rows)
    if trailing:
        empty = '<table:table-cell table:number-columns-repeated="16384"/>'
        body += f'<table:table-row table:number-rows-repeated="{trailing}">{empty}</table:table-row>'
    for word, long in short.items():
        body = body.replace(word, long)
    spaces = " ".join(f'xmlns:{name}="{_OPEN}:{name}:1.0"' for name in ("office", "table", "text"))
    content = (
        f'<office:document-content {spaces} xmlns:calcext="{_CALC}"><office:body><office:spreadsheet>'
        f'<table:table table:name="甲">{body}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    entry = f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_SPREADSHEET}"/>'
    manifest = f'<manifest:manifest xmlns:manifest="{_OPEN}:manifest:1.0">{entry}</manifest:manifest>'
    parts = {"mimetype": _SPREADSHEET, "META-INF/manifest.xml": manifest, "content.xml": content}
    return {name: part.encode() for name, part in parts.items()}


def old_excel(path: Path, cells: Mapping[tuple[int, int], str | float | bytes]) -> Path:
    """Write an .xls file."""
    path.write_bytes(old_excel_bytes(cells))
    return path


def old_excel_bytes(cells: Mapping[tuple[int, int], str | float | bytes]) -> bytes:
    """Return an .xls file (BIFF8 in a compound file) with one sheet; a cell of bytes is an error of that code."""

    def record(kind: int, content: bytes = b"") -> bytes:
        return struct.pack("<HH", kind, len(content)) + content

    def begin(kind: int) -> bytes:
        return record(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0, 1997, 0, 6))

    def cell(row: int, column: int, value: str | float | bytes) -> bytes:
        here = struct.pack("<HHH", row, column, 0)
        if isinstance(value, bytes):
            return record(0x0205, here + value + b"\x01")
        if isinstance(value, str):
            text = value.encode("utf-16-le")
            return record(0x0204, here + struct.pack("<HB", len(value), 1) + text)
        return record(0x0203, here + struct.pack("<d", value))

    name = struct.pack("<BB", 1, 0) + b"s"
    head = len(begin(5)) + len(record(0x0085, bytes(6) + name)) + len(record(0x000A))
    book = begin(5) + record(0x0085, struct.pack("<IBB", head, 0, 0) + name) + record(0x000A)
    sheet = begin(16) + b"".join(cell(*at, value) for at, value in sorted(cells.items())) + record(0x000A)
    return _compound("Workbook", book + sheet)


def _compound(name: str, stream: bytes) -> bytes:
    """Return a compound file with one stream, large enough to live in ordinary sectors."""
    stream = stream.ljust(max(4096, -(-len(stream) // _SECTOR) * _SECTOR), b"\x00")
    count = len(stream) // _SECTOR
    fats = 1
    while (fats * _SECTOR) // 4 < fats + 1 + count:
        fats += 1
    first = fats + 1
    chain = [_FAT] * fats + [_END] + [first + i + 1 for i in range(count - 1)] + [_END]
    table = struct.pack(f"<{len(chain)}I", *chain).ljust(fats * _SECTOR, b"\xff")
    listed = [*range(fats)] + [_FREE] * (109 - fats)
    head = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<IIIIIIIII", 0, fats, fats, 0, 4096, _END, 0, _END, 0) + struct.pack("<109I", *listed)

    def entry(text: str, kind: int, child: int, start: int, size: int) -> bytes:
        label = text.encode("utf-16-le")
        fields = struct.pack("<HBBIII", len(label) + 2, kind, 1, _FREE, _FREE, child) + bytes(36)
        return label.ljust(64, b"\x00") + fields + struct.pack("<IQ", start, size)

    folder = entry("Root Entry", 5, 1, _END, 0) + entry(name, 2, _FREE, first, len(stream))
    unused = bytes(68) + struct.pack("<III", _FREE, _FREE, _FREE) + bytes(48)
    return head + table + folder.ljust(_SECTOR, b"\x00")[: 2 * 128] + unused * 2 + stream
