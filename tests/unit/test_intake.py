"""Lists as people keep them, in our columns and words: what is taken, what is left, and every fault with its row."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecircle.datasets import bundled_study
from servicecircle.errors import InputError
from servicecircle.hours import are_hours, is_open
from servicecircle.ingest.facilities import facilities_of, read_categories
from servicecircle.ingest.headings import plain, read_headings
from servicecircle.ingest.sheet import Sheet, read_sheet
from servicecircle.ingest.text_table import read_text_table
from servicecircle.model import Access, Kind, Status
from servicecircle.registry.cells import Refused, translators
from servicecircle.registry.chinese_hours import to_opening_hours
from servicecircle.registry.intake import Intake, read_intake
from servicecircle.schemas import DESIGNATIONS, FACILITY_COLUMNS, FACILITY_OPTIONAL

CATEGORIES = read_categories(bundled_study() / "categories.toml")
TRANSLATE = translators(CATEGORIES)
WORDS = read_headings()


def sheet(*rows: list[str], first: int = 1) -> Sheet:
    return Sheet("名单.xlsx", "甲", [list(row) for row in rows], [*range(first, first + len(rows))])


def taken(*rows: list[str], kind: Kind = Kind.BASE) -> Intake:
    return read_intake(sheet(*rows), kind, CATEGORIES)


def cell(heading: str, text: str) -> str:
    """Return what one cell becomes, or the fault about it."""
    intake = taken(["名称", heading], ["桂园", text])
    if intake.table.faults:
        (fault,) = intake.table.faults
        assert (fault.row, fault.column, fault.file) == (2, heading, "名单.xlsx")
        return str(fault)
    (column,) = set(intake.headings) - {"name"}
    return str(intake.table.cells.loc[2, column])


def faults(intake: Intake) -> list[tuple[int | None, str | None, str]]:
    return [(fault.row, fault.column, fault.problem) for fault in intake.table.faults]


def test_a_list_as_an_office_keeps_it() -> None:
    intake = taken(
        ["渝中区社会实践基地名单", "", "", "", "", "", "", "", ""],
        ["填报单位：教委", "", "", "", "", "", "", "", ""],
        ["序号", "基地名称*", "基地类别", "详细地址", "经度（°）", "纬度(°)", "所属街道", "联系人", "手机"],
        [
            "1",
            " 桂园 ",
            "爱国主义教育类",
            "中山四路65号",
            "106.5433420",
            "29.5656920",
            "上清寺街道",
            "张三",
            "13800000000",
        ],
        ["2", "人民公园", "sport_nature", "", "", "", "", "李四", ""],
        ["", "", "", "", "", "", "", "", ""],
        ["合计", "2", "", "", "", "", "", "", ""],
    )
    assert intake.table.faults == []
    assert intake.table.cells.to_dict("index") == {
        4: {
            "kind": "base", "category": "patriotic", "name": "桂园", "subdistrict": "上清寺街道",
            "address": "中山四路65号", "lon": "106.5433420", "lat": "29.5656920",
        },
        5: {
            "kind": "base", "category": "sport_nature", "name": "人民公园", "subdistrict": "", "address": "", "lon": "",
            "lat": "",
        },
    }  # fmt: skip
    assert intake.untaken == ("序号", "联系人", "手机")
    assert intake.headings["lon"] == "经度（°）"
    assert "columns of persons are never taken: 联系人, 手机" in intake.notes
    assert "columns not taken: 序号" in intake.notes
    assert "left out 1 rows that close the list" in intake.notes


def test_headings_in_two_rows_and_repeated_on_each_page() -> None:
    head = ["序号", "名称", "坐标", ""], ["", "", "经度", "纬度"]
    intake = taken(*head, ["1", "甲", "106.5", "29.5"], *head, ["2", "乙", "106.6", "29.6"])
    assert intake.table.faults == []
    assert intake.table.cells[["name", "lon", "lat"]].to_numpy().tolist() == [
        ["甲", "106.5", "29.5"],
        ["乙", "106.6", "29.6"],
    ]
    assert intake.table.cells.index.tolist() == [3, 6]


def test_a_merged_heading_is_no_row() -> None:
    intake = taken(["名称", "坐标", ""], ["名称", "经度", "纬度"], ["甲", "106.5", "29.5"])
    assert (intake.table.faults, intake.table.cells["name"].tolist()) == ([], ["甲"])


def test_every_word_of_the_headings_means_one_column() -> None:
    ours = {*FACILITY_COLUMNS, *FACILITY_OPTIONAL, "lonlat", "latlon", "booking"}
    assert set(WORDS.fields.values()) == ours
    assert [word for word, field in WORDS.fields.items() if WORDS.field(word) != field] == []
    assert all(WORDS.field(name) == name for name in (*FACILITY_COLUMNS, *FACILITY_OPTIONAL))


def test_words_are_translated_into_words_that_the_registry_knows() -> None:
    assert set(WORDS.words["access"].values()) == set(Access)
    assert set(WORDS.words["status"].values()) == set(Status)
    assert set(WORDS.words["kind"].values()) == set(Kind)
    assert set(WORDS.words["designations"].values()) == set(DESIGNATIONS)
    assert all(table[plain(ours)] == ours for table in WORDS.words.values() for ours in set(table.values()))


@pytest.mark.parametrize(
    "heading", ["联系人", "联系人电话", "手机号码", "校长姓名", "负责人（签字）", "身份证号", "电话（校长）", "E-mail"]
)
def test_columns_of_persons_are_never_taken(heading: str) -> None:
    assert WORDS.field(heading) is None
    intake = taken(["名称", heading], ["甲", "13800000000"])
    assert intake.table.faults == []
    assert "13800000000" not in str(intake)


@pytest.mark.parametrize(
    ("heading", "text", "ours"),
    [
        ("类别", "健康教育", "health"),
        ("类别", "Health Education", "health"),
        ("类别", "HEALTH", "health"),
        ("类别", "健康教育基地", "health"),
        ("称号", "实践基地、示范基地", "practice_base;demonstration_base"),
        ("称号", "工作坊/品牌", "workshop;brand"),
        ("称号", "brand; 新型文化空间，brand", "brand;new_cultural_space"),
        ("开放对象", "免费开放", "public"),
        ("开放对象", "仅限学生", "pupils"),
        ("预约方式", "电话预约", "booking"),
        ("是否预约", "是", "booking"),
        ("是否预约", "否", "public"),
        ("状态", "已核实", "verified"),
        ("学段", "小学", "primary"),
        ("开办日期", "2025-12-10", "2025-12-10"),
        ("开办日期", "2025/12/1", "2025-12-01"),
        ("开办日期", "2025年12月10日", "2025-12-10"),
        ("开办日期", "2025-12-10 00:00:00", "2025-12-10"),
        ("开放时间", "Tu-Su 09:00-17:00; PH off", "Tu-Su 09:00-17:00; PH off"),
        ("开放时间", "周二至周日 9:00-17:00，周一闭馆", "Tu-Su 09:00-17:00; Mo off"),
        ("开放时间", "周二至周日 9:00-17:00\n周一闭馆", "Tu-Su 09:00-17:00; Mo off"),
        ("接待人数（人）", "约200人", "200"),
        ("备注", "一\n二", "一 二"),
        ("备注", "${jndi:ldap://x}", "${jndi:ldap://x}"),
        ("类型", "场馆", "venue"),
        ("可公开", "否", "false"),
        ("坐标系", "火星坐标系", "gcj02"),
    ],
)
def test_words_of_a_list_become_ours(heading: str, text: str, ours: str) -> None:
    assert cell(heading, text) == ours


@pytest.mark.parametrize(
    ("heading", "text", "says"),
    [
        ("类别", "其他", "patriotic 爱国主义教育"),
        ("称号", "实践基地、先进", "unknown designation"),
        ("是否预约", "看情况", "unknown booking"),
        ("状态", "好", "入册"),
        ("学段", "大学", "kindergarten"),
        ("开办日期", "03/04/2025", "two ways"),
        ("开办日期", "2025-02-30", "no such day"),
        ("开办日期", "2025", "2025-12-10"),
        ("开办日期", "46001", "not a date"),
        ("开放时间", "夏季9:00-18:00，冬季9:00-17:00", "Tu-Su 09:00-17:00; PH off"),
        ("接待人数", "很多", "whole number"),
        ("网址", "www.example.cn", "https://"),
        ("联系电话", "13800000000", "personal"),
        ("编号", "中文", "not an id"),
        ("地址", "中山\u202e四路", "U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("备注", "a\u200bb", "ZERO WIDTH SPACE"),
        ("备注", "a\x07b", "U+0007"),
    ],
)
def test_a_cell_that_is_not_understood_is_a_fault_with_its_remedy(heading: str, text: str, says: str) -> None:
    assert says in cell(heading, text)


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("106°34′24″E", "106.5733333"),
        ("106°34'24\"", "106.5733333"),
        ("东经106度34分24秒", "106.5733333"),
        ("E106°34.4′", "106.5733333"),
        ("106.5733333°", "106.5733333"),
        ("106°34′24″W", "-106.5733333"),
        ("NaN", "106.5512345"),
        ("inf", "106.5512345"),
        ("1e999", "106.5512345"),
        ("1.065e2", "106.5512345"),
        ("待定", "106.5512345"),
        ("1065512345", "106.5512345"),
        ("565.5", "with its point"),
        ("106,5512345", "106.5512345"),
    ],
)
def test_coordinates_are_plain_degrees(text: str, remedy: str) -> None:
    intake = taken(["名称", "经度", "纬度"], ["桂园", text, "29.56"])
    (fault,) = intake.table.faults
    assert (fault.row, fault.column, fault.value) == (2, "经度", text)
    assert remedy in fault.remedy


@pytest.mark.parametrize("text", ["106.57,29.56", "106.57，29.56", "106.57 29.56", "106.57、29.56", "(106.57, 29.56)"])
def test_two_coordinates_in_one_cell(text: str) -> None:
    cells = taken(["名称", "经纬度"], ["桂园", text]).table.cells
    assert cells.loc[2, ["lon", "lat"]].tolist() == ["106.57", "29.56"]
    cells = taken(["名称", "纬度,经度"], ["桂园", text]).table.cells
    assert cells.loc[2, ["lon", "lat"]].tolist() == ["29.56", "106.57"]


def test_half_a_pair_is_a_fault_of_its_cell() -> None:
    assert "pair" in cell("坐标", "106.57")
    assert "not a coordinate" in cell("坐标", "106.57,NaN")


def test_swapped_axes_and_full_width_digits_are_taken_as_they_stand() -> None:
    intake = taken(["名称", "x", "y"], ["桂园", "２９.56", "106.57"])
    assert (intake.table.faults, intake.table.cells.loc[2, "lon"]) == ([], "29.56")


@pytest.mark.parametrize(
    "name", ["<img src=x onerror=alert(1)>", "${7*7}", "=1+1", "ＡＢＣ１２３小学", "'; drop table", "{{x}}"]
)
def test_names_are_data(name: str) -> None:
    assert taken(["名称"], [f"　{name} "]).table.cells["name"].tolist() == [name]


def test_names_are_composed() -> None:
    assert taken(["name"], ["cafe\u0301"]).table.cells["name"].tolist() == ["café"]


@pytest.mark.parametrize("character", ["\u202e", "\u200b", "\ufeff", "\x00", "\x1b", "\n", "\u2028", "\u2066"])
def test_hidden_characters_in_names_are_faults(character: str) -> None:
    intake = taken(["名称", "地址"], [f"人和{character}街", "x"])
    assert [(f.row, f.column) for f in intake.table.faults] == [(2, "名称")]
    assert "hidden character" in intake.table.faults[0].problem


def test_all_faults_of_a_file_come_at_once_in_its_order() -> None:
    intake = taken(
        ["名称", "单位名称", "经度", "编号"],
        ["甲", "乙", "x", "B1"],
        ["", "丙", "106.5", "B1"],
        ["丁", "", "", "?"],
    )
    assert faults(intake) == [
        (1, "单位名称", "a second column for name, beside 名称"),
        (1, "经度", "lon without lat"),
        (2, "经度", "not a coordinate"),
        (3, "名称", "the name is empty"),
        (3, "编号", "the id occurs twice"),
        (4, "编号", "not an id"),
    ]
    with pytest.raises(InputError):
        intake.table.done()


@pytest.mark.parametrize(
    "header", [["名称", "名称"], ["名称", "经度", "坐标", "纬度"], ["名称", "预约方式", "是否预约"], ["name", "NAME *"]]
)
def test_two_columns_for_one_of_ours(header: list[str]) -> None:
    assert [p for _, _, p in faults(taken(header, ["甲"] + [""] * (len(header) - 1))) if "second column" in p]


def test_half_a_position_is_named_once() -> None:
    intake = taken(["名称", "经度", "纬度"], ["甲", "106.5", ""], ["乙", "x", ""])
    assert faults(intake) == [(2, "经度, 纬度", "half a position"), (3, "经度", "not a coordinate")]


def test_a_list_without_names_or_rows() -> None:
    assert (1, None, "no column of names") in faults(taken(["地址", "经度", "纬度"], ["a", "106.5", "29.5"]))
    assert faults(taken(["名称", "地址"])) == [(1, None, "no rows below the headings")]


@pytest.mark.parametrize("rows", [[], [["甲", "乙"], ["丙", "丁"]], [["人和街小学", "人和街1号"]]])
def test_no_header(rows: list[list[str]]) -> None:
    with pytest.raises(InputError, match="no row of headings"):
        taken(*rows)


def test_an_unreadable_cell_is_a_fault_only_where_its_column_is_taken() -> None:
    list_ = sheet(["名称", "经度", "纬度", "序号"], ["甲", "", "29.5", ""])
    broken = {(2, 1): ("an error instead of a value", "#N/A"), (2, 3): ("an error instead of a value", "#REF!")}
    list_ = Sheet(list_.file, list_.sheet, list_.cells, list_.rows, (), broken)
    intake = read_intake(list_, Kind.BASE, CATEGORIES)
    assert [(f.row, f.column, f.problem, f.value) for f in intake.table.faults] == [
        (2, "经度", "an error instead of a value", "#N/A")
    ]


def test_a_column_of_kinds_goes_before_the_kind_of_the_file() -> None:
    intake = taken(["类型", "名称"], ["学校", "甲"], ["", "乙"], ["venue", "丙"])
    assert intake.table.cells["kind"].tolist() == ["school", "base", "venue"]


def test_the_class_of_a_school_is_no_category() -> None:
    intake = taken(["名称", "类别"], ["甲", "公办"], kind=Kind.SCHOOL)
    assert (intake.table.faults, intake.untaken) == ([], ("类别",))


def test_relations_to_rows_of_the_registry_are_left_to_it() -> None:
    assert cell("关系", "part_of:B0f4e9a") == "part_of:B0f4e9a"


def test_dates_formulas_and_merged_cells_of_a_workbook(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (
        ["名称", "类别", "开办日期", "经度", "纬度"],
        ["甲", "健康教育", "2025/12/10", "=1+1", 29.5],
        ["乙", None, "x", 106.5, 29.5],
    ):
        book.active.append(row)
    book.active["C3"] = pd.Timestamp("2025-12-11").to_pydatetime()
    book.active.merge_cells("B2:B3")
    book.save(tmp_path / "a.xlsx")
    intake = read_intake(read_sheet(tmp_path / "a.xlsx"), Kind.BASE, CATEGORIES)
    assert intake.table.cells["category"].tolist() == ["health", "health"]
    assert intake.table.cells["open_from"].tolist() == ["2025-12-10", "2025-12-11"]
    assert faults(intake) == [(2, "经度", "a formula without a stored value")]


def test_the_registry_itself_is_a_list(district_extent: tuple[float, float, float, float]) -> None:
    """What the registry holds comes back cell for cell, and its reader finds nothing new in it."""
    path = bundled_study() / "facilities.csv"
    intake = read_intake(read_sheet(path), Kind.SCHOOL, CATEGORIES)
    seed = read_text_table(path, FACILITY_COLUMNS, FACILITY_OPTIONAL)
    assert intake.table.faults == []
    assert intake.untaken == ()
    columns = [name for name in FACILITY_COLUMNS if name in intake.table.cells]
    assert columns == list(FACILITY_COLUMNS)
    assert intake.table.cells[columns].to_numpy().tolist() == seed.cells[columns].to_numpy().tolist()
    table = intake.table
    table.cells = table.cells.reindex(columns=[*FACILITY_COLUMNS, *FACILITY_OPTIONAL], fill_value="")
    assert len(facilities_of(table, CATEGORIES, district_extent)) == len(seed.cells)


@pytest.fixture
def district_extent() -> tuple[float, float, float, float]:
    nodes = pd.read_csv(bundled_study() / "nodes.csv", usecols=["lon", "lat"])
    return nodes["lon"].min(), nodes["lat"].min(), nodes["lon"].max(), nodes["lat"].max()


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        ("全天", "24/7"),
        ("24小时开放", "24/7"),
        ("每日9:00—17:00", "Mo-Su 09:00-17:00"),
        ("星期二至星期日：上午9点至下午5点半（周一闭馆，法定节假日除外）", "Tu-Su 09:00-17:30; Mo off; PH off"),
        ("工作日 上午9:00-12:00 下午2:00-5:30", "Mo-Fr 09:00-12:00,14:00-17:30"),
        ("周一、周三、周五 9:00-11:30", "Mo,We,Fr 09:00-11:30"),
        ("周一至周五9:00-12:00、14:00-17:00；周末10:00-16:00", "Mo-Fr 09:00-12:00,14:00-17:00; Sa,Su 10:00-16:00"),
        ("周一闭馆，每日9:00-17:00", "Mo-Su 09:00-17:00; Mo off"),
        ("看通知", None),
        ("9:00-17:00（16:30停止入馆）", None),
        ("周一闭馆，其余时间9:00-17:00", None),
        ("周二、周三", None),
        ("每日9:00-25:00", None),
        ("周一不对外开放", None),
    ],
)
def test_chinese_hours(text: str, ours: str | None) -> None:
    found = to_opening_hours(text)
    if text == "周一不对外开放":
        assert found in {None, "Mo off"}
    else:
        assert found == ours


DAYS = "一二三四五六日"


@given(
    st.integers(0, 6), st.integers(0, 6), st.integers(0, 6), st.integers(6, 11), st.integers(12, 21),
    st.sampled_from([
        "周{}至周{}{}:00-{}:30，周{}闭馆",
        "周{}-周{} {}点至{}点30分（周{}休息）",
        "星期{}到星期{}：{}：00～{}：30；星期{}不开放",
    ]),
)  # fmt: skip
def test_translated_hours_are_open_when_the_words_say_so(
    first: int, last: int, shut: int, begin: int, end: int, form: str
) -> None:
    found = to_opening_hours(form.format(DAYS[first], DAYS[last], begin, end, DAYS[shut]))
    assert found is not None
    week = [(first + k) % 7 for k in range((last - first) % 7 + 1)]
    for day in range(7):
        for hour in range(24):
            inside = day in week and day != shut and begin <= hour <= end
            assert is_open(found, f"2026-11-{16 + day:02}T{hour:02}:15") == inside


@given(st.text(alphabet="周一二三日至每闭馆休息全天工作日上午下午点半0123456789:-,，；、（）() 开放节假", max_size=30))
def test_whatever_is_understood_is_in_the_syntax(text: str) -> None:
    found = to_opening_hours(text)
    assert found is None or are_hours(found)


@given(st.floats(0, 179.99), st.sampled_from(["{}°{}′{}″", "{}度{}分{}秒", "{}° {}' {}\""]))
def test_degrees_with_signs_are_shown_as_decimals(value: float, form: str) -> None:
    minutes = value % 1 * 60
    refused = TRANSLATE["lon"](form.format(int(value), int(minutes), f"{minutes % 1 * 60:.4f}"))
    assert isinstance(refused, Refused)
    assert abs(float(refused.remedy.rsplit(" ", 1)[1]) - value) < 1e-6


@given(st.sampled_from(sorted(TRANSLATE)), st.text(min_size=1))
def test_a_translation_is_a_word_or_a_refusal(column: str, text: str) -> None:
    ours = TRANSLATE[column](text)
    assert isinstance(ours, str | Refused)
    if isinstance(ours, str) and ours:
        assert TRANSLATE[column](ours) == ours
