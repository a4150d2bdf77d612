"""The workbook: one sheet a table of the bundle, and a sheet that says what they are. No cell of it can run."""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections.abc import Iterator, Sequence

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from maps.report.headings import Heading, Sheet, heading, sheets, shown
from maps.report.notes import Note
from maps.report.reading import Study, plain
from maps.style import INK

__all__ = ["workbook"]

FORMATS = {
    "people": "#,##0",
    "share": "0.0%",
    "count": "#,##0",
    "metres": "#,##0.0",
    "minutes": "0.0",
    "degrees": "0.000000",
    "ratio": "0.00",
    "number": "General",
    "year": "0",
}
WORDED = {"tier", "basis", "measure", "class", "cause", "level", "confidence", "flag", "light", "code"}
RUNS = ("=", "+", "-", "@", "\t", "\r", "|", "%")
NARROW, WIDE, LONG = 9.0, 34.0, 60.0
HEAD_ROW = 3
LONGEST = 32_000  # a cell holds 32,767 characters
_WHEN = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")
_EPOCH = (1980, 1, 1, 0, 0, 0)
_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")

_HEAD = PatternFill("solid", start_color=INK["accent"].lstrip("#"))
_BAND = PatternFill("solid", start_color=INK["paper-deep"].lstrip("#"))
_LINE = Border(bottom=Side("thin", color=INK["line"].lstrip("#")))
_FONT = "Microsoft YaHei"


def workbook(study: Study, notes: Sequence[Note]) -> bytes:
    """Return the workbook of a study's tables, the same bytes for the same bundle."""
    book = Workbook(write_only=True)
    for style in _styles():
        book.add_named_style(style)
    listed = sheets(list(study.tables))
    titles = _titles(listed)
    _cover(book.create_sheet("说明"), study, notes, [(title, s) for title, s in zip(titles, listed, strict=True)])
    for title, entry in zip(titles, listed, strict=True):
        _table(book.create_sheet(title), entry, study.tables[entry.name])
    buffer = io.BytesIO()
    book.save(buffer)
    return _undated(buffer.getvalue())


def _cover(page: Worksheet, study: Study, notes: Sequence[Note], listed: Sequence[tuple[str, Sheet]]) -> None:
    for column, width in zip("ABC", (22.0, 64.0, 64.0), strict=True):
        page.column_dimensions[column].width = width
    page.sheet_view.showGridLines = False
    zh, en = study.area
    page.append([_cell(page, f"{zh} · 15分钟服务圈规划报告", font=Font(_FONT, size=16, bold=True))])
    page.append([_cell(page, f"{en}: planner's report on 15-minute walking circles", font=Font(_FONT, size=11))])
    page.append([])
    for note in notes:
        page.append([_text(page, note.label), _text(page, note.zh), _text(page, note.en)])
    page.append([])
    page.append([_head(page, text) for text in ("工作表 sheet", "内容 what", "来源 source")])
    for title, entry in listed:
        what = " · ".join(filter(None, (entry.en, *entry.row)))
        page.append([_text(page, title), _text(page, what), _text(page, f"tables/{entry.name}.csv")])


def _table(page: Worksheet, entry: Sheet, table: pd.DataFrame) -> None:
    heads = [heading(str(column), entry.name) for column in table.columns]
    page.freeze_panes = f"{'B' if len(heads) > 4 else 'A'}{HEAD_ROW + 1}"  # noqa: PLR2004
    page.auto_filter.ref = f"A{HEAD_ROW}:{get_column_letter(max(len(heads), 1))}{HEAD_ROW + len(table)}"
    for i, (head, column) in enumerate(zip(heads, table.columns, strict=True), start=1):
        page.column_dimensions[get_column_letter(i)].width = _width(head, table[column])
    page.row_dimensions[HEAD_ROW].height = 36
    titled = f"{entry.zh}  {entry.en}" if entry.en != entry.zh else entry.zh
    page.append([_cell(page, titled, font=Font(_FONT, size=13, bold=True))])
    page.append([_text(page, " · ".join(filter(None, (*entry.row, f"tables/{entry.name}.csv"))))])
    page.append(
        [_head(page, f"{h.zh}\n{h.en or column}") for h, column in zip(heads, map(str, table.columns), strict=True)]
    )
    columns = [table[column].tolist() for column in table.columns]
    for number, values in enumerate(zip(*columns, strict=True)):
        page.append([_value(page, head, value, number) for head, value in zip(heads, values, strict=True)])


def _value(page: Worksheet, head: Heading, value: object, number: int) -> Cell | None:
    if value is None or value is pd.NA or (isinstance(value, float) and pd.isna(value)):
        return None
    if head.kind in WORDED:
        zh, en = shown(head.kind, value)
        found = _text(page, zh if zh == en else f"{zh} {en}")
    elif isinstance(value, (int, float)):
        found = WriteOnlyCell(page, value=value)
        found.style = f"{head.kind if head.kind in FORMATS else 'number'}{number % 2}"
        return found
    else:
        found = _text(page, str(value))
    quoted = found.quotePrefix
    found.style = f"{'long' if head.kind == 'long' else 'text'}{number % 2}"
    if quoted:
        found.quotePrefix = True
    return found


def _head(page: Worksheet, text: str) -> Cell:
    found = _text(page, text, wrap=True)
    found.font, found.fill = Font(_FONT, size=10, bold=True, color="FFFFFF"), _HEAD
    found.alignment = Alignment(vertical="center", wrap_text=True)
    return found


def _styles() -> Iterator[NamedStyle]:
    """Give a style for each kind of column, plain and on a band."""
    for kind in (*FORMATS, "text", "long"):
        for band in (0, 1):
            style = NamedStyle(f"{kind}{band}", number_format=FORMATS.get(kind, "General"), border=_LINE)
            style.font = Font(_FONT, size=10)
            style.alignment = Alignment(vertical="top", wrap_text=kind == "long")
            if band:
                style.fill = _BAND
            yield style


def _text(page: Worksheet, text: str, *, wrap: bool = False) -> Cell:
    """Return a cell of text, said to be text, quoted where a spreadsheet would take it for a formula."""
    kept = "\n".join(plain(line) for line in text.split("\n"))[:LONGEST]
    found = _cell(page, kept)
    found.data_type = "s"
    found.quotePrefix = kept.startswith(RUNS)
    if wrap:
        found.alignment = Alignment(vertical="top", wrap_text=True)
    return found


def _cell(page: Worksheet, value: str, font: Font | None = None) -> Cell:
    found = WriteOnlyCell(page, value=value)
    if font:
        found.font = font
    return found


def _width(head: Heading, values: pd.Series) -> float:
    if head.kind == "long":
        return LONG
    longest = max((_columns(str(v)) for v in values.dropna().head(200)), default=0.0)
    if pd.api.types.is_numeric_dtype(values):
        longest = min(longest, 11.0)
    return min(max(NARROW, longest + 2, _columns(head.zh) + 3, min(_columns(head.en), 14.0)), WIDE)


def _columns(text: str) -> float:
    return sum(1.9 if unicodedata.east_asian_width(c) in "WF" else 1.05 for c in text[:60])


def _titles(listed: Sequence[Sheet]) -> list[str]:
    """Give each sheet a title Excel takes: 31 characters, none of them forbidden, no two alike."""
    found: list[str] = []
    for entry in listed:
        title = _FORBIDDEN.sub("_", plain(entry.zh))[:28] or "_"
        found.append(title if title.lower() not in map(str.lower, found) else f"{title[:26]}_{len(found)}")
    return found


def _undated(book: bytes) -> bytes:
    """Take the hour of writing out of the workbook: the same tables, the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as given, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as out:
        for name in given.namelist():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            content = given.read(name)
            if name == "docProps/core.xml":
                content = _WHEN.sub(rb"\g<1>1980-01-01T00:00:00Z", content)
            out.writestr(entry, content)
    return buffer.getvalue()
