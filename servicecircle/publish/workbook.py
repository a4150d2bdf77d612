"""Places as an Excel workbook: text stays text, the second sheet says what the file is; the same bytes for the same."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from datetime import date, datetime

import numpy as np
import openpyxl
import pandas as pd
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

__all__ = ["HEADINGS", "workbook"]

HEADINGS = {
    "facility_id": "编号", "kind": "类型", "category": "基地类别", "name": "名称", "subdistrict": "街道",
    "address": "地址", "lon": "经度", "lat": "纬度", "status": "状态", "status_reason": "状态依据", "source": "来源",
    "position_source": "位置来源", "position_confidence": "位置可信度", "datum": "来源坐标系", "licence": "许可",
    "redistributable": "可否转发", "designations": "称号", "level": "学段", "batch": "批次", "open_from": "启用日期",
    "open_to": "停用日期", "note": "备注", "entrances": "入口", "access": "开放对象", "opening_hours": "开放时间",
    "capacity": "容量", "website": "网址", "contact": "联系方式", "relations": "关系",
}  # fmt: skip
"""What each column is called in Chinese."""

_WIDTHS = {"name": 32, "address": 32, "source": 32, "position_source": 32, "status_reason": 24, "note": 32}
_WIDTH = 13
_NUMBERS = ("lon", "lat")
_DEGREES = "0.0000000"
_ESCAPED = re.compile(r"[\x00-\x08\x0b-\x1f]|_(?=x[0-9A-Fa-f]{4}_)")
_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*")
_EPOCH = (1980, 1, 1, 0, 0, 0)


def workbook(table: pd.DataFrame, notes: Mapping[str, str], day: str) -> bytes:
    """Return a table of text, with ``lon`` and ``lat`` as numbers, as a workbook.

    Parameters
    ----------
    table
        One row a place; empty text is an empty cell.
    notes
        What the sheet 说明 says, line by line.
    day
        ISO date written as the time of the file.
    """
    book = openpyxl.Workbook()
    book.properties.creator = "servicecircle"
    book.properties.created = datetime.combine(date.fromisoformat(day), datetime.min.time())
    places: Worksheet = book.worksheets[0]
    places.title = "点位 places"
    for at, column in enumerate(map(str, table.columns), 1):
        _put(places, 1, at, column)
        for row, value in enumerate(table[column].tolist(), 2):
            _put(places, row, at, value)
        places.column_dimensions[get_column_letter(at)].width = _WIDTHS.get(column, _WIDTH)
    _head(places)
    places.auto_filter.ref = places.dimensions
    said: Worksheet = book.create_sheet("说明 about")
    columns = {name: f"{HEADINGS.get(name, '')} column" for name in map(str, table.columns)}
    for row, (name, value) in enumerate({"": "说明 about this file", **notes, **columns}.items(), 1):
        _put(said, row, 1, name)
        _put(said, row, 2, value)
        said.cell(row, 2).alignment = Alignment(wrap_text=True, vertical="top")
    _head(said)
    for letter, width in (("A", 22), ("B", 100)):
        said.column_dimensions[letter].width = width
    content = io.BytesIO()
    book.save(content)
    return _settled(content, day)


def _put(sheet: Worksheet, row: int, column: int, value: object) -> None:
    cell = sheet.cell(row, column)
    if isinstance(value, float):
        if np.isfinite(value):
            cell.value = value
            cell.number_format = _DEGREES
    elif value:
        cell.value = _ESCAPED.sub(lambda found: f"_x{ord(found[0]):04X}_", str(value))
        cell.data_type = "s"  # openpyxl takes a leading = for a formula
        cell.quotePrefix = True  # and so would Excel, once somebody edits the cell


def _head(sheet: Worksheet) -> None:
    sheet.freeze_panes = "A2"
    for cell in sheet[1]:
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", start_color="1F4E79")


def _settled(content: io.BytesIO, day: str) -> bytes:
    """Return a workbook without the moment at which it was written."""
    out = io.BytesIO()
    with zipfile.ZipFile(content) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for member in source.infolist():
            data = source.read(member)
            if member.filename == "docProps/core.xml":
                data = _MODIFIED.sub(rb"\g<1>" + f"{day}T00:00:00Z".encode(), data)
            target.writestr(zipfile.ZipInfo(member.filename, _EPOCH), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()
