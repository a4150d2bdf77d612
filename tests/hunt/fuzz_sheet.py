"""Hunt: any bytes under the name of a table are a sheet and its intake, or an InputError.

The first byte says what the rest is: a text, a whole file, the XML of a sheet, of an OpenDocument, of shared strings,
or the records of an old workbook. What is XML is put into a sound archive, which a mutated one never is.
"""

from __future__ import annotations

import contextlib
import io
from functools import cache
from xml.parsers.expat import ExpatError

from servicecircle.datasets import bundled_study
from servicecircle.errors import InputError
from servicecircle.ingest.facilities import read_categories
from servicecircle.ingest.old_worksheet import scan_old_excel
from servicecircle.ingest.sheet import read_sheet
from servicecircle.ingest.worksheet import TooLargeError, scan_excel, scan_open_document
from servicecircle.model import Kind
from servicecircle.registry.intake import read_intake
from tests.hunt.fuzzing import hunt, scratch
from tests.workbooks import excel_parts, old_excel_bytes, open_document_parts, rows_of_excel, zip_bytes

CATEGORIES = read_categories(bundled_study() / "categories.toml")
_HEADER = ["名称", "类别", "经度", "纬度", "开放时间", "开办日期", "称号", "预约方式", "接待人数", "联系人"]
_ROW = [
    "桂园",
    "爱国主义教育",
    "106.5433420",
    "29.5656920",
    "周二至周日 9:00-17:00，周一闭馆",
    "2025年12月10日",
    "实践基地、品牌",
]
_TEXT, _FILE, _SHEET, _OPEN, _OLD = range(5)


@cache
def _excel() -> dict[str, bytes]:
    return excel_parts("")


@cache
def _open() -> dict[str, bytes]:
    return open_document_parts([])


def one(data: bytes) -> None:
    """Read the bytes in the way that their first one says."""
    what, rest = (data[0] % 5 if data else _TEXT), data[1:]
    if what == _SHEET:
        with contextlib.suppress(TooLargeError, ExpatError):
            scan_excel(io.BytesIO(rest))
            rest = zip_bytes(_excel() | {"xl/worksheets/sheet1.xml": rest})
    elif what == _OPEN:
        with contextlib.suppress(TooLargeError, ExpatError):
            scan_open_document(io.BytesIO(rest))
            rest = zip_bytes(_open() | {"content.xml": rest})
    elif what == _OLD:
        with contextlib.suppress(TooLargeError):
            scan_old_excel(rest)
    elif what == _TEXT and rest[:4] in {b"PK\x03\x04", b"\xd0\xcf\x11\xe0"}:
        return
    with contextlib.suppress(InputError):
        intake = read_intake(read_sheet(scratch("sheet.csv", rest)), Kind.BASE, CATEGORIES)
        assert set(intake.table.cells.columns) >= {"kind"}
        assert intake.table.cells.index.is_unique
        intake.table.done()


def seeds() -> list[bytes]:
    """Return small tables of every kind."""
    rows = [_HEADER, _ROW]
    text = "\r\n".join(",".join(row) for row in rows)
    sheet = _excel() | {"xl/worksheets/sheet1.xml": excel_parts(rows_of_excel(rows))["xl/worksheets/sheet1.xml"]}
    cells = ["".join(f"<C><p>{cell}</p></C>" for cell in row) for row in rows]
    table = open_document_parts(cells, trailing=1000)
    old = old_excel_bytes({(0, 0): "name", (0, 1): "lon", (1, 0): "A", (1, 1): 106.5, (2, 1): b"\x2a"})
    tiny = bytearray(old)  # sectors of one byte: found by a hunt
    tiny[30], tiny[68:72] = 0, b"\0\0\x10\0"
    return [
        bytes([_TEXT]) + text.encode(),
        bytes([_TEXT]) + text.replace(",", "\t").encode("gb18030"),
        bytes([_TEXT]) + text.replace(",", ";").encode("utf-16"),
        bytes([_FILE]) + zip_bytes(sheet),
        bytes([_FILE]) + zip_bytes(table),
        bytes([_SHEET]) + sheet["xl/worksheets/sheet1.xml"],
        bytes([_OPEN]) + table["content.xml"],
        bytes([_OLD]) + old,
        bytes([_OLD]) + bytes(tiny),
    ]


def main() -> None:
    """Hunt with atheris."""
    hunt("tests.hunt.fuzz_sheet")


if __name__ == "__main__":
    main()
