"""The report: its figures are the bundle's, it is the same twice, and no name in it can run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maps import offline, printing
from maps.bundle import TIERS
from maps.charts import STEPS
from maps.paper import NOT_FIRST, wrapped
from maps.printing import Fonts, find_fonts
from maps.report import figures, phrases
from maps.report.figures import BASES
from maps.report.further import bundle_grid, further_grid
from maps.report.headings import heading, shown
from maps.report.notes import notes
from maps.report.pages import index_page
from maps.report.phrases import UNKNOWN
from maps.report.plates import Plates
from maps.report.reading import Study, plain, read_study
from maps.report.small_maps import SmallMaps
from maps.report.summary import summary
from maps.report.sureness import certainty_by_subdistrict, community_grid
from maps.report.write import write_report
from maps.style import THEME
from servicecircle.errors import InputError
from tests.maps.reports import HOMES, bare_report, hostile_report, with_tables
from tests.maps.town import write_town
from tests.maps.town_ground import SOUTH, STEP, WEST

ROOT = Path(printing.__file__).parents[1]
EXTRA: Mapping[str, list[dict[str, object]]] = {
    "missing_links": [{"rank": 1, "tier": "school", "from_name": "纵1路", "to_name": "横2路", "length_m": 31.5}],
    "communities": [{"name": "清江社区", "subdistrict": "1", "people": 812.0, "share": 0.5}],
    "standards": [{"preset": "GB 50180-2018", "rule": "primary", "value": 500, "confirmed": False, "share": None}],
    "coverage_by_year": [
        {"year": year, "tier": "school", "share_low": share - 0.02, "share": share, "share_high": share + 0.02}
        for year, share in ((2024, 0.31), (2025, 0.44))
    ],
    "inequality": [{"subdistrict": "1", "tier": "school", "gini": 0.37}],
}


class Reader(HTMLParser):
    """Elements, texts and headings of a page, as a browser parses it."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an element."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Keep a text."""
        self.texts.append(data)

    @property
    def said(self) -> str:
        """All the text in one line."""
        return " ".join(" ".join(self.texts).split())


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the town's bundle with homes and every further table."""
    return with_tables(write_town(tmp_path_factory.mktemp("rich") / "build"), EXTRA)


@pytest.fixture(scope="module")
def report(rich: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of the town's report."""
    return write_report(rich, tmp_path_factory.mktemp("report") / "report").parent


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the report of a bundle that has only what the map reads."""
    return bare_report(tmp_path_factory)


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], Path]:
    """Give every text of a hostile town with its stand-in, and the report."""
    return hostile_report(tmp_path_factory)


@pytest.fixture(scope="module")
def study(rich: Path) -> Study:
    """Give the town's study."""
    return read_study(rich)


def _page(folder: Path, name: str = "index.html") -> Reader:
    return Reader((folder / name).read_text(encoding="utf-8"))


def _files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def _run(*arguments: str | Path, seed: str = "0") -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", "maps", "report", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, encoding="utf-8", env=env, cwd=ROOT, check=False)


# The numbers


def test_the_short_list_says_where_how_many_how_far_why_and_what_would_help(report: Path, rich: Path) -> None:
    gaps = gpd.read_parquet(rich / "layers" / "gaps.parquet")
    weight = gaps["people"] * gaps["mean_excess_s"].fillna(np.inf)
    first = gaps.assign(weight=-weight).sort_values(["weight", "rank", "gap_id"]).head(6)
    said = [" ".join(text.split()) for text in _page(report).texts if text.strip()]
    start = said.index("What to look at first")
    rest = said[start : said.index("Summary")]
    at = -1
    for row in first.to_dict("records"):
        at = rest.index(row["subdistrict_name"], at + 1)
        own = rest[at : at + 16]
        assert phrases.people(row["people"]) in own
        assert phrases.cause(row["cause"])[0] in own
        excess = row["mean_excess_s"]
        assert ("走不到" if pd.isna(excess) else f"{excess / 60:.0f}") in own
    assert said.count("可做什么") <= len(gaps)


def test_languages_share_a_cell_seconds_are_minutes_and_what_is_the_same_is_said_once(study: Study) -> None:
    rows = [
        {"name": name, "light": "grey", "score": None, "mean_s": 90.0, "text_zh": "缺", "text_en": "missing"}
        for name in ("甲", "乙")
    ]
    tables = {"lights": pd.DataFrame([*rows, rows[0] | {"name": "丙", "mean_s": None}])}
    columns = ("name", "light", "score", "mean_s", "text_zh", "text_en")
    given_ = replace(study, tables={**study.tables, **tables})
    grid = bundle_grid(given_, "lights", "灯", "Lights", columns, together=True)
    assert grid is not None
    assert [row[0].main for row in grid.rows] == ["甲、乙", "丙"]
    assert len(grid.heads) == 4  # no score at all, English below Chinese
    assert [(cell.main, cell.sub) for cell in grid.rows[0][2:]] == [("1.5", ""), ("缺", "missing")]
    assert "分钟" in grid.heads[2][0]
    assert grid.rows[1][2].main == UNKNOWN


def test_a_study_without_targets_says_so(study: Study) -> None:
    empty = replace(study, tables={**study.tables, "targets": pd.DataFrame(columns=["text_zh", "text_en", "year"])})
    grid = further_grid(empty, "targets")
    assert grid is not None
    assert grid.rows == ()
    assert "targets.toml" in grid.note[0]
    assert "no targets" in grid.note[1]


def test_communities_and_subdistricts_show_how_sure_coverage_is(bundle: Path) -> None:
    study_ = read_study(bundle)
    places, communities = certainty_by_subdistrict(study_), community_grid(study_)
    assert places is not None
    assert communities is not None
    assert len(places.rows) == 1 + len(study_.subdistricts())
    table = study_.tables["communities"]
    assert [row[0].main for row in communities.rows] == table["name"].tolist()
    certain = table["people_base_all_certain"].sum() / table["people"].sum()
    assert certain * 100 == pytest.approx(places.rows[0][3].parts[-1], abs=0.05)
    for grid in (places, communities):
        bars = [cell for row in grid.rows for cell in row if cell.kind == "sure"]
        assert bars
        assert all(sum(bar.parts) == pytest.approx(100, abs=0.2) for bar in bars)


def test_the_curve_is_the_people_within_each_minute(study: Study) -> None:
    found = figures.curve(study, "school", "all")
    assert found is not None
    for minute in range(31):
        within = sum(home[2] for home in HOMES if home[4] is not None and home[4] <= minute * 60)
        assert found.middle[minute * 2] == pytest.approx(within / 1000)
    low, high = 290 / 770, 440 / 1070
    assert found.low[30] == pytest.approx(min(low, high, 0.4))
    assert found.high[30] == pytest.approx(max(low, high, 0.4))
    assert (np.diff(found.middle) >= 0).all()


def test_the_curves_meet_the_coverage_table_of_the_district(bundle: Path) -> None:
    district = read_study(bundle)
    compared = 0
    for where in (figures.DISTRICT, *(code for code, _, _ in district.subdistricts())):
        for tier in TIERS:
            for basis in BASES:
                curve = figures.curve(district, tier, basis, where)
                for minutes in (5, 10, 15):
                    row = figures.share(district, tier, basis, where, cutoff_s=minutes * 60)
                    assert row is not None
                    if not row.known or curve is None:
                        assert not row.known
                        continue
                    at = minutes * 2
                    assert curve.low[at] == pytest.approx(row.low, abs=2e-4)
                    assert curve.middle[at] == pytest.approx(row.middle, abs=2e-4)
                    assert curve.high[at] == pytest.approx(row.high, abs=2e-4)
                    compared += 1
    assert compared > 100


def test_the_histogram_holds_everybody_once(study: Study) -> None:
    found = figures.histogram(study, "school")
    assert found is not None
    assert found.middle.sum() == pytest.approx(1000)
    assert found.middle[0] == pytest.approx(100)  # 60 s
    assert found.middle[4] == pytest.approx(300)  # 900 s is within fifteen minutes
    assert found.middle[5] == pytest.approx(100)  # 901 s is not
    assert found.middle[-1] == pytest.approx(500)  # nobody arrives


def test_choices_are_shares_of_each_subdistrict(study: Study) -> None:
    found = figures.choices(study, "school")
    assert found is not None
    assert found.rows == ("上街道", "下街道")
    assert found.shares.tolist() == [pytest.approx([0.2, 0.6, 0.2]), pytest.approx([1, 0, 0])]


def test_people_beyond_are_low_middle_and_high_by_the_models(study: Study) -> None:
    assert figures.beyond(study, "school") == pytest.approx((480, 600, 630))
    assert figures.beyond(study, "school", "1") == pytest.approx((80, 100, 110))


def test_age_groups_are_no_models_of_the_people(study: Study) -> None:
    assert study.homes is not None
    homes = study.homes.assign(people_6_12=1.0)
    other = Study(study.bundle, study.tables, homes, study.bundle_sha256)
    for a, b in zip(figures.beyond(other, "school") or (), figures.beyond(study, "school") or (), strict=True):
        assert a == b


def test_the_summary_is_made_of_the_numbers(study: Study) -> None:
    zh, en = summary(study)
    assert "江城约9880人" in zh
    assert "63%（61–67%）的人走得到校园家长学校" in zh
    assert "已确认的无从计，未知" in zh
    assert "63% (61–67%) reach campus parent schools" in en
    assert "公布未知处" in zh
    assert "0 of 79" not in en


def test_unknown_is_said_and_never_zero(report: Path) -> None:
    text = (report / "index.html").read_text(encoding="utf-8")
    row = text[text.index('id="t-curve"') :]
    confirmed = row[row.index("社区家长学校") : row.index("社区家长学校", row.index("社区家长学校") + 10)]
    assert confirmed.count(f">{UNKNOWN}<") == 5
    assert "0%" not in confirmed


def test_every_table_names_its_file_and_command(rich: Path, report: Path) -> None:
    text = (report / "index.html").read_text(encoding="utf-8")
    tables = re.findall(r'<figure class="grid.*?</figure>', text, re.DOTALL)
    assert len(tables) > 10
    for table in tables:
        origin = re.search(r'class="origin"><code>([^<]+)</code> · <code>(servicecircle [^<]+)</code>', table)
        assert origin is not None
        assert (rich / origin[1]).is_file()


def test_the_page_names_its_bundle_dates_and_licences(report: Path, study: Study) -> None:
    said = _page(report).said
    for wanted in (study.bundle_sha256, "2026-04-26", "© OpenStreetMap contributors", "0" * 64, "ODbL"):
        assert wanted in said


def test_further_tables_are_used_when_there_and_named_when_not(report: Path, bare: Path) -> None:
    full, lean = _page(report).said, _page(bare).said
    for wanted in ("清江社区", "灰灯：未评", "GB 50180-2018", "纵1路", "2025", "0.37", "灰：不评"):
        assert wanted in full
    for name in EXTRA:
        assert f"（{name}）" in lean
        assert f"（{name}）" not in full
    assert "layers/demand" in lean
    assert 'id="years-t"' in (report / "index.html").read_text(encoding="utf-8")


def test_every_column_the_library_writes_has_a_heading() -> None:
    names = {"choices": "gini_low", "communities": "share_base_all_walk", "gaps": "barred_s", "light_items": "why_zh"}
    names |= {"missing_links": "gap_share", "population_hold_out": "told", "standards": "homes_within"}
    for table, column in names.items():
        assert heading(column, table).zh != column
    assert heading("share", "targets") != heading("share", "coverage")


def test_codes_are_said_in_words_and_strange_ones_as_they_are() -> None:
    assert shown("code", "stairs") == ("台阶", "stairs")
    assert shown("code", "500103001") == ("500103001", "500103001")


def test_a_candidate_link_is_drawn_and_its_spot_named(rich: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(rich, tmp_path / "build"))
    path = folder / "layers" / "gaps.parquet"
    layer = gpd.read_parquet(path)
    ends = {"link_from_lon": WEST + STEP, "link_from_lat": SOUTH + STEP, "link_to_lon": WEST + 1.2 * STEP}
    layer = layer.assign(**ends, link_to_lat=SOUTH + STEP, rank_low=1, rank_high=4, suggestion_zh="在此接通。")
    layer.to_parquet(path)
    fonts, study = find_fonts(), read_study(folder)
    with printing.printing(fonts):
        text = index_page(study, Plates(study, fonts, SmallMaps(study, fonts)), notes(study))
    assert "106.50250, 29.50250 → 106.50300, 29.50250" in text
    assert "在此接通。" in text
    assert "<b>1–4</b>" in text
    drawn = text[text.index('aria-labelledby="gap0-t') :]
    assert str(THEME["link"]) in drawn[: drawn.index("</svg>")]


# The files


def test_two_runs_are_equal_to_the_byte(rich: Path, report: Path, tmp_path: Path) -> None:
    done = _run("--bundle", rich, "--out", tmp_path / "again", seed="7")
    assert (done.returncode, done.stdout.strip()) == (0, str(tmp_path / "again" / "index.html"))
    assert "briefs/1.pdf" in done.stderr
    assert _files(tmp_path / "again") == _files(report)
    briefs = ["briefs/1.html", "briefs/1.pdf", "briefs/2.html", "briefs/2.pdf"]
    assert list(_files(report)) == [*briefs, "index.html", "report.xlsx"]


@pytest.mark.parametrize("name", ["index.html", "briefs/1.html"])
def test_a_page_is_a_good_document_that_asks_for_nothing(report: Path, name: str) -> None:
    text = (report / name).read_text(encoding="utf-8")
    page = _page(report, name)
    names = [tag for tag, _ in page.tags]
    assert offline.outside_urls(text) == []
    assert "script" not in names
    assert dict(page.tags)["html"]["lang"] == "zh-CN"
    assert (names.count("h1"), names.count("main"), names.count("footer")) == (1, 1, 1)
    levels = [int(tag[1]) for tag in names if re.fullmatch(r"h[1-6]", tag)]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = [attributes["id"] for _, attributes in page.tags if attributes.get("id")]
    assert len(ids) == len(set(ids))
    inner = {a["href"][1:] for tag, a in page.tags if tag in {"a", "use"} and str(a.get("href", "")).startswith("#")}
    assert inner <= set(ids)
    for tag, attributes in page.tags:
        if tag == "svg":
            assert attributes["role"] == "img"
            assert set(str(attributes["aria-labelledby"]).split()) <= set(ids)


def test_links_between_the_pages_lead_somewhere(report: Path) -> None:
    for name in ("index.html", "briefs/1.html"):
        for tag, attributes in _page(report, name).tags:
            target = str(attributes.get("href", "#"))
            if tag == "a" and not target.startswith("#"):
                assert (report / name).parent.joinpath(target).is_file(), target


def test_chart_text_is_text(report: Path) -> None:
    text = (report / "index.html").read_text(encoding="utf-8")
    chart = text[text.index('aria-labelledby="curve-school-t') :]
    chart = chart[: chart.index("</svg>")]
    assert "步行分钟 minutes on foot</text>" in chart
    assert "40%</text>" in chart


def test_the_workbook_has_a_sheet_a_table_and_says_what_they_are(report: Path, rich: Path) -> None:
    book = openpyxl.load_workbook(report / "report.xlsx")
    assert book.sheetnames[:2] == ["说明", "台账"]
    assert len(book.sheetnames) == 1 + len(list((rich / "tables").glob("*.csv")))
    coverage = book["覆盖率"]
    heads = [str(cell.value).split("\n")[0] for cell in coverage[3]]
    column = heads.index("覆盖率 中")
    source = pd.read_csv(rich / "tables" / "coverage.csv", encoding="utf-8-sig")
    shares = [row[column] for row in coverage.iter_rows(min_row=4)]
    assert [cell.value for cell in shares] == [None if pd.isna(v) else v for v in source["share"]]
    assert {cell.number_format for cell in shares if cell.value is not None} == {"0.0%"}
    assert coverage.freeze_panes == "B4"
    cover = " ".join(str(cell.value) for row in book["说明"] for cell in row)
    for wanted in ("2026-04-26", "SHA-256", "OpenStreetMap", "未知", "tables/coverage.csv"):
        assert wanted in cover


# Hostile names


def test_hostile_names_bring_no_element_to_a_page(attacked: tuple[dict[str, str], Path]) -> None:
    given_, folder = attacked
    own = {"html", "head", "meta", "title", "style", "body", "a", "span", "main", "header", "nav", "footer", "div"}
    own |= {"section", "article", "h1", "h2", "h3", "h4", "p", "small", "b", "i", "code", "ol", "ul", "li", "dl", "dt"}
    own |= {"dd", "figure", "figcaption", "table", "thead", "tbody", "tr", "th", "td", "details", "summary", "svg"}
    own |= {"g", "path", "defs", "use", "text", "clippath", "rect", "pattern", "desc"}
    for path in sorted(folder.rglob("*.html")):
        text = path.read_text(encoding="utf-8")
        page = Reader(text)
        assert {tag for tag, _ in page.tags} <= own, path.name
        assert [name for _, a in page.tags for name in a if name.startswith("on") or name == "srcdoc"] == []
        assert offline.outside_urls(text) == []
        assert not any(str(a.get("href", "")).startswith("javascript") for _, a in page.tags)
    said = _page(folder).said
    assert [
        text for text in ("江城", "barrier", "上街道", "下街道", "Upper", "报道") if plain(given_[text]) not in said
    ] == []


def test_hostile_names_are_plain_text_in_the_workbook(attacked: tuple[dict[str, str], Path]) -> None:
    path = attacked[1] / "report.xlsx"
    with zipfile.ZipFile(path) as book:
        assert not any(b"<f>" in book.read(name) or b"<f " in book.read(name) for name in book.namelist())
        assert {entry.date_time for entry in book.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    rules = openpyxl.load_workbook(path)["标准对照"]
    assert rules["A4"].value == "=cmd|'/c calc'!A0"
    assert {cell.data_type for row in rules.iter_rows(min_row=4) for cell in row} == {"s"}
    assert rules["A4"].quotePrefix


def _poppler(*arguments: str | Path) -> str:
    if shutil.which(str(arguments[0])) is None:
        pytest.skip("poppler is missing: install poppler-utils")
    done = subprocess.run(list(map(str, arguments)), capture_output=True, encoding="utf-8", check=True)
    assert "Mismatch" not in done.stderr
    return done.stdout


@pytest.mark.parametrize("hostile_town", [False, True])
def test_a_brief_is_one_page_of_a4_with_its_fonts(
    report: Path, attacked: tuple[dict[str, str], Path], *, hostile_town: bool
) -> None:
    path = (attacked[1] if hostile_town else report) / "briefs" / "1.pdf"
    about = _poppler("pdfinfo", path)
    assert re.search(r"Pages:\s+1\n", about)
    assert "(A4)" in about
    assert re.search(r"JavaScript:\s+no", about)
    assert "CreationDate" not in about
    fonts = _poppler("pdffonts", path).splitlines()[2:]
    assert fonts
    assert all(re.search(r"TrueType\s+Identity-H\s+yes yes yes", font) for font in fonts)
    assert "images" not in _poppler("pdfimages", "-list", path).split("\n", 2)[2]


def test_the_text_of_a_brief_can_be_selected(report: Path) -> None:
    said = "".join(_poppler("pdftotext", report / "briefs" / "1.pdf", "-").split())
    for wanted in ("上街道", "校园家长学校", "最大的缺口", "未知", "OpenStreetMap", "修通这一段"):
        assert wanted in said
    assert "〓" not in said


def test_a_letter_no_font_holds_is_marked_and_not_a_box() -> None:
    assert find_fonts().fit("江\U0010fffd城") == "江〓城"


# Faults


def test_without_a_chinese_font_the_one_that_comes_along_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "FONTS", {"sans": '"No Such Sans"', "serif": "DejaVu Sans"})
    assert find_fonts() == Fonts("Noto Sans SC", "Noto Serif SC")


def test_a_font_without_chinese_is_refused(rich: Path, tmp_path: Path) -> None:
    latin = Path(printing.mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    for file, fault in ((latin, "does not hold Chinese"), (tmp_path / "none.ttf", "no such font file")):
        done = _run("--bundle", rich, "--out", tmp_path / "report", "--font", file)
        assert done.returncode == 2
        assert fault in done.stderr
        assert "Traceback" not in done.stderr


def test_an_old_report_survives_a_broken_bundle(report: Path, tmp_path: Path) -> None:
    out = Path(shutil.copytree(report, tmp_path / "report"))
    before = _files(out)
    with pytest.raises(InputError, match="no bundle here"):
        write_report(tmp_path, out)
    assert _files(out) == before
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_a_folder_with_other_files_is_left_alone(rich: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match=r"thesis\.txt"):
        write_report(rich, tmp_path)


def test_a_code_that_would_be_a_path_is_refused(tmp_path: Path) -> None:
    folder = write_town(tmp_path / "build")
    path = folder / "layers" / "subdistricts.parquet"
    gpd.read_parquet(path).assign(code=["../1", "2"]).to_parquet(path)
    with pytest.raises(InputError, match=r"\.\./1"):
        write_report(folder, tmp_path / "report")


# Setting type


@pytest.fixture(scope="module")
def fonts() -> Fonts:
    """Give the fonts of this machine."""
    return find_fonts()


@given(st.text("渝中区（）、。A1b ,)", min_size=1, max_size=60), st.integers(30, 200))
def test_lines_keep_every_letter_and_their_width(text: str, width: int) -> None:
    family = find_fonts()
    lines = list(wrapped(family, text, width, 8.0))
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(family.width(line, 8.0) <= width + 0.01 or len(line) == 1 for line in lines)


def test_no_line_begins_with_a_closing_mark(fonts: Fonts) -> None:
    text = "石油路街道约4.2万人（2.9万–5.2万）平均多走9分钟才到校园家长学校，原因：绕行。" * 3
    for width in range(60, 300, 7):
        assert all(line[0] not in NOT_FIRST for line in wrapped(fonts, text, width, 9.0))


def test_the_parts_of_a_bar_differ_in_lightness() -> None:
    def light(colour: str) -> float:
        red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    for a, b in ((STEPS[1], STEPS[2]), (STEPS[2], STEPS[3]), (STEPS[0], STEPS[1]), (STEPS[0], STEPS[2])):
        assert abs(light(a) - light(b)) > 25
