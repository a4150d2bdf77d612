"""Tables as rows of text: what each kind of file gives, and what each bad one says, how fast and in how much memory."""

from __future__ import annotations

import datetime as dt
import hashlib
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from servicecircle.errors import InputError
from servicecircle.ingest import sheet as sheets
from servicecircle.ingest.sheet import Sheet, read_sheet
from tests.workbooks import excel_parts, old_excel, open_document, rows_of_excel, sheet_of_excel, zipped

HEADER = ["名称", "地址", "经度", "纬度"]
ROW = ["人和街小学", "人和街1号", "106.5512345", "29.5601234"]
TWO_LINES = "名称,地址\n桂园,中山四路65号\n"


# reads a file; prints the fault, the seconds of the processor, the most megabytes of this process or the one it began
MEASURED = """
import re, resource, sys, time
from pathlib import Path
from servicecircle.errors import InputError
from servicecircle.ingest.sheet import read_sheet
begin = time.process_time()
try:
    read_sheet(Path(sys.argv[1]))
except InputError as error:
    print(error)
both = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
seconds = sum(used.ru_utime + used.ru_stime for used in both) - begin
own = int(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1])
print(seconds, max(own, both[1].ru_maxrss) / 1024)
"""


def message(path: Path, sheet: str | None = None) -> str:
    with pytest.raises(InputError) as caught:
        read_sheet(path, sheet)
    return str(caught.value)


def saved(path: Path, *rows: list[object]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_text_in_every_encoding_and_with_every_delimiter(tmp_path: Path, encoding: str, delimiter: str) -> None:
    text = "\r\n".join(delimiter.join(row) for row in (HEADER, ROW)) + "\r\n"
    sheet = read_sheet(written(tmp_path / "list.csv", text.encode(encoding)))
    assert sheet == Sheet("list.csv", "", [HEADER, ROW], [1, 2], sheet.notes)
    assert bool(sheet.notes) == (encoding in {"gb18030", "utf-16"})


def test_a_sheet_knows_the_hash_of_the_bytes_it_was_read_from(tmp_path: Path) -> None:
    for path in (written(tmp_path / "list.csv", "名称,地址\n甲,乙\n"), saved(tmp_path / "list.xlsx", HEADER, ROW)):
        assert read_sheet(path).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_rows_have_the_numbers_of_a_spreadsheet(tmp_path: Path) -> None:
    text = '名称,地址\n\n"甲\n校",乙\n,\n丙,丁\n'
    sheet = read_sheet(written(tmp_path / "list.csv", text))
    assert (sheet.rows, sheet.cells[1:]) == ([1, 3, 5], [["甲\n校", "乙"], ["丙", "丁"]])


def test_a_comma_within_cells_does_not_decide_the_delimiter(tmp_path: Path) -> None:
    sheet = read_sheet(written(tmp_path / "list.csv", "名称;地址\n甲;a, b, c\n"))
    assert sheet.cells == [["名称", "地址"], ["甲", "a, b, c"]]


def test_the_apostrophe_that_keeps_a_cell_from_being_a_formula_is_taken_off(tmp_path: Path) -> None:
    sheet = read_sheet(written(tmp_path / "list.csv", "名称,地址\n'=1+1,'t Hooft\n"))
    assert sheet.cells[1] == ["=1+1", "'t Hooft"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", '<OGRVRTDataSource><OGRVRTLayer name="x"/></OGRVRTDataSource>', "<OGRVRTDataSource"),
        ("a.geojson", '<?xml version="1.0"?>\n<OGRVRTDataSource/>', "XML"),
        ("a.xlsx", "<!DOCTYPE html><table><tr><td>名称</td></tr></table>", "web page"),
        ("a.xls", "\ufeff <html><body>", "web page"),
        ("a.csv", '{"type": "FeatureCollection"}', "JSON"),
        ("a.csv", '[{"name": "x"}]', "JSON"),
        ("a.csv", b"%PDF-1.4\n\x00\xff", "a PDF"),
        ("a.csv", b"\x89PNG\r\n\x1a\n\x00\x00", "a binary file"),
        ("a.csv", b"\xff\xff\xff\xff", "neither UTF-8 nor GB 18030"),
        ("a.csv", "", "empty"),
        ("a.csv", " \n\n", "empty"),
        ("a.csv", '名称,地址\n甲,"乙\n', "row 2"),
        ("a.csv", "名称\n" + "甲" * 200_000, "not CSV"),
        ("a.csv", "名称" + ",地址" * 200, "201 columns"),
        ("a.xlsx", b"PK\x03\x04 and no archive", "damaged"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "damaged"),
    ],
)
def test_what_is_no_table_is_refused_whatever_its_name(
    tmp_path: Path, name: str, content: str | bytes, words: str
) -> None:
    assert words in message(written(tmp_path / name, content))


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    assert "No such file" in message(tmp_path / "none.csv")
    assert "cannot be read" in message(tmp_path)


def test_a_sheet_of_a_text_file_cannot_be_chosen(tmp_path: Path) -> None:
    assert "no sheets" in message(written(tmp_path / "a.csv", TWO_LINES), "甲")


def test_a_workbook_gives_what_a_person_sees(tmp_path: Path) -> None:
    values: list[object] = [
        106.5512345, 1.0, 2, 1e15, 0.00001, 13, True, dt.date(2025, 12, 10),
        dt.datetime.fromisoformat("2025-12-10T09:30"), "甲\n乙",
    ]  # fmt: skip
    sheet = read_sheet(saved(tmp_path / "a.xlsx", ["名称", "地址"], values))
    seen = ["106.5512345", "1", "2", "1000000000000000", "0.00001", "13", "TRUE", "2025-12-10", "2025-12-10 09:30"]
    assert sheet.cells[1] == [*seen, "甲\n乙"]


def test_a_workbook_is_known_by_its_content(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.xlsx", [*HEADER], [*ROW])
    assert read_sheet(path.rename(tmp_path / "a.csv")).cells == [HEADER, ROW]


def test_the_first_sheet_with_a_header_is_read_and_the_others_named(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "填表说明"
    book.active.append(["说明"])
    book.active.append(["请于月底前填写"])
    book.create_sheet("空")
    book.create_sheet("学校").append([*HEADER])
    book.create_sheet("另一").append([*HEADER])
    book.create_sheet("隐").append([*HEADER])
    book["隐"].sheet_state = "hidden"
    book.save(tmp_path / "a.xlsx")
    sheet = read_sheet(tmp_path / "a.xlsx")
    assert (sheet.sheet, sheet.cells) == ("学校", [HEADER])
    assert "学校" in sheet.notes[0]
    assert all(name in sheet.notes[1] for name in ("填表说明", "空", "另一"))
    assert "隐" in sheet.notes[2]
    assert read_sheet(tmp_path / "a.xlsx", "填表说明").cells == [["说明"], ["请于月底前填写"]]
    assert read_sheet(tmp_path / "a.xlsx", "隐").sheet == "隐"
    assert "use one of: 填表说明, 空, 学校" in message(tmp_path / "a.xlsx", "--help")
    assert "no such sheet" in message(tmp_path / "a.xlsx", "a\0b")


def test_an_empty_workbook(tmp_path: Path) -> None:
    assert "no sheet has a cell with content" in message(saved(tmp_path / "a.xlsx"))


def test_formulas_and_errors_are_kept_with_their_cell(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.xlsx", [*HEADER], ["甲", "=1+1", "=NA()", None], ["", "", "", "#REF!"])
    assert read_sheet(path).unreadable == {
        (2, 1): ("a formula without a stored value", ""),
        (2, 2): ("a formula without a stored value", ""),
        (3, 3): ("an error instead of a value", "#REF!"),
    }
    row = '<row r="2"><c r="A2" t="str"><f>A1</f><v>甲</v></c><c r="B2" t="str"><f>""</f><v></v></c></row>'
    sheet = read_sheet(sheet_of_excel(tmp_path / "b.xlsx", rows_of_excel([HEADER]) + row))
    assert (sheet.cells[1], sheet.unreadable) == (["甲", "", "", ""], {})


def test_a_merged_value_counts_in_every_row(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (
        ["名单", None, None],
        ["名称", "类别", "地址"],
        ["甲", "健康教育", "一"],
        ["乙", None, "二"],
        ["丙", None, "三"],
    ):
        book.active.append(row)
    book.active.merge_cells("A1:C1")
    book.active.merge_cells("B3:B5")
    book.save(tmp_path / "a.xlsx")
    sheet = read_sheet(tmp_path / "a.xlsx")
    assert [row[1] for row in sheet.cells[2:]] == ["健康教育"] * 3
    assert sheet.cells[0] == ["名单", "", ""]


def test_open_document(tmp_path: Path) -> None:
    spanned = 'office:value-type="string" table:number-rows-spanned="2" table:number-columns-spanned="1"'
    rows = [
        "<C><p>名称</p></C><C><p>类别</p></C><E/>",
        f'<C><p>甲</p></C><c {spanned}><p>健康教育</p></c><c table:formula="of:=1"/>',
        '<C><p>乙</p></C><covered/><c table:formula="of:=1/0" calcext:value-type="error"><p>#DIV/0!</p></c>',
    ]
    path = open_document(tmp_path / "a.ods", rows, trailing=1_048_570)
    sheet = read_sheet(path)
    assert [row[:2] for row in sheet.cells] == [["名称", "类别"], ["甲", "健康教育"], ["乙", "健康教育"]]
    assert sheet.unreadable == {
        (2, 2): ("a formula without a stored value", ""),
        (3, 2): ("an error instead of a value", "#DIV/0!"),
    }


def test_old_excel(tmp_path: Path) -> None:
    path = old_excel(tmp_path / "a.xls", {(0, 0): "name", (0, 1): "lon", (1, 0): "A", (1, 1): 106.5512345})
    assert read_sheet(path).cells == [["name", "lon"], ["A", "106.5512345"]]


def test_errors_of_old_excel(tmp_path: Path) -> None:
    path = old_excel(tmp_path / "a.xls", {(0, 0): "name", (0, 1): "lon", (1, 0): "A", (1, 1): b"\x2a"})
    assert read_sheet(path).unreadable == {(2, 1): ("an error instead of a value", "#N/A")}


def test_a_large_old_workbook(tmp_path: Path) -> None:
    """The table of its sectors is itself in several sectors."""
    cells: dict[tuple[int, int], str | float | bytes] = {(0, 0): "name"}
    cells |= {(i, 0): "x" * 100 for i in range(1, 3000)} | {(3000, 2): b"\x17"}
    sheet = read_sheet(old_excel(tmp_path / "a.xls", cells))
    assert len(sheet.cells) == 3001
    assert sheet.unreadable == {(3001, 2): ("an error instead of a value", "#REF!")}


def test_rows_that_are_only_formatted_do_not_count(tmp_path: Path) -> None:
    rows = rows_of_excel([HEADER, ROW]) + '<row r="1048576"><c r="A1048576" s="0"/></row>'
    assert read_sheet(sheet_of_excel(tmp_path / "a.xlsx", rows)).rows == [1, 2]


def bomb(path: Path) -> Path:
    return zipped(path, excel_parts("") | {"xl/worksheets/sheet1.xml": b"<a>" + b" " * (200 << 20) + b"</a>"})


def lying_bomb(path: Path) -> Path:
    """Write the same, with headers that tell of 5000 bytes."""
    data = bomb(path).read_bytes()
    path.write_bytes(data.replace((7 + (200 << 20)).to_bytes(4, "little"), (5000).to_bytes(4, "little")))
    return path


def far_apart(path: Path) -> Path:
    last = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    return sheet_of_excel(path, '<row r="1"><c r="A1"><v>1</v></c></row>' + last)


def hidden_rectangle(path: Path) -> Path:
    """Write two cells of an old workbook, as far apart as it has cells."""
    return old_excel(path, {(0, 0): "name", (65535, 255): 1.0})


def million(path: Path) -> Path:
    rows = "".join(f'<row r="{i}"><c r="A{i}"><v>1</v></c></row>' for i in range(1, 1_000_001))
    return sheet_of_excel(path, rows)


def million_lines(path: Path) -> Path:
    return written(path, "名称,地址\n" + "甲,乙\n" * 1_000_000)


def repeated(path: Path) -> Path:
    return open_document(path, ["<C><p>名称</p></C><C><p>x</p></C>"], repeat=1_000_000)


def many_members(path: Path) -> Path:
    return zipped(path, {f"a{i}": b"" for i in range(5000)})


def entities(path: Path) -> Path:
    """Write entities that grow tenfold at each level."""
    levels = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 12))
    sheet = f'<!DOCTYPE x [<!ENTITY e0 "aaaaaaaaaa">{levels}]><worksheet>&e11;</worksheet>'
    return zipped(path, excel_parts("") | {"xl/worksheets/sheet1.xml": sheet.encode()})


@pytest.mark.parametrize(
    ("make", "name", "words"),
    [
        (bomb, "a.xlsx", "too large: it unpacks to 200 MB"),
        (lying_bomb, "a.xlsx", "too large: it unpacks to more than 128 MB"),
        (far_apart, "a.xlsx", "more than 50,000 rows: there is a cell in row 1,048,576"),
        (hidden_rectangle, "a.xls", "more than 50,000 rows"),
        (million, "a.xlsx", "more than 50,000 rows: there is a cell in row 50,001"),
        (million_lines, "a.csv", "more than 50,000 rows"),
        (repeated, "a.ods", "more than 50,000 rows"),
        (many_members, "a.xlsx", "an archive of 5,000 files"),
        (entities, "a.xlsx", "document type"),
    ],
)
def test_what_is_too_large_is_refused_fast_and_in_little_memory(
    tmp_path: Path, make: Callable[[Path], Path], name: str, words: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, make(tmp_path / name)], capture_output=True, text=True, check=True
    )
    said, figures = done.stdout.strip().rsplit("\n", 1)
    seconds, megabytes = map(float, figures.split())
    assert words in said
    assert seconds < 1
    assert megabytes < 200


def test_what_no_check_foresees_meets_the_limits_of_its_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the scan the rectangle of a billion cells is laid out, and the process dies of it."""
    path = far_apart(tmp_path / "a.xlsx")
    blind = "import servicecircle.ingest.worksheet as w; w.scan_excel = lambda part: w.Extent(); "
    start = sheets._START.replace("from servicecircle", blind + "from servicecircle")  # noqa: SLF001
    monkeypatch.setattr(sheets, "_START", start)
    begin = time.perf_counter()
    assert "too large or damaged" in message(path)
    assert time.perf_counter() - begin < 5


def test_the_process_imports_next_to_nothing() -> None:
    program = (
        "import sys; import servicecircle.ingest.workbook\n"
        "print([name for name in ('numpy', 'pandas', 'shapely', 'pydantic') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
