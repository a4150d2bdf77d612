"""The print sheets: nothing covers anything, everything is there, every file is the same twice and can be printed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from shapely.geometry import LineString, Point, Polygon

from maps import printing
from maps.ground import Window
from maps.printing import find_fonts
from maps.report.reading import read_study
from maps.sheet.board import Board
from maps.sheet.content import Content, read_content
from maps.sheet.district import district_sheet
from maps.sheet.formats import FORMATS, LEAST_POINTS
from maps.sheet.frame import LETTERS, Frame, Rect, frame_round
from maps.sheet.index import index_lines
from maps.sheet.places import apart
from maps.sheet.placing import Candidate, placed
from maps.sheet.route import route_sheet
from maps.sheet.subdistrict import subdistrict_sheet
from maps.sheet.words import NOT_REVIEWED
from maps.sheet.write import Order, write_sheets
from servicecircle.errors import InputError
from tests.maps.town import write_town
from tests.maps.town_ground import EAST, NORTH, SOUTH, WEST

ROOT = Path(printing.__file__).parents[1]
WATERMARK = "未经审核，内部使用"
CROWD = 180


def crowd(folder: Path) -> Path:
    """Write the town with so many places round two corners that their signs and numbers have to make room."""
    write_town(folder, planned=True)
    path = folder / "layers" / "facilities.parquet"
    few = gpd.read_parquet(path)
    rows = few[few.geometry.notna()].sample(CROWD, replace=True, random_state=1).reset_index(drop=True)
    random = np.random.default_rng(7)
    centre = random.choice([0.3, 0.7], CROWD)
    x = WEST + (EAST - WEST) * np.clip(centre + random.normal(0, 0.09, CROWD), 0.02, 0.98)
    y = SOUTH + (NORTH - SOUTH) * np.clip(0.45 + random.normal(0, 0.12, CROWD), 0.02, 0.98)
    x[:20], y[:20] = x[0], y[0]  # a street's middle holds twenty
    rows = rows.set_geometry([Point(a, b) for a, b in zip(x, y, strict=True)], crs=few.crs)
    rows["facility_id"] = [f"P{n:03}" for n in range(CROWD)]
    rows["name"] = [f"第{n}处学堂" for n in range(CROWD)]
    whole = pd.concat([rows, few[few.geometry.isna()]], ignore_index=True)
    gpd.GeoDataFrame(whole, crs=few.crs).to_parquet(path)
    manifest = folder / "manifest.json"
    text = manifest.read_text(encoding="utf-8")
    said = re.sub(r'("name": "facilities", "rows": )\d+', rf"\g<1>{len(whole)}", text)
    manifest.write_text(said, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Content:
    """Give the crowded town, laid out."""
    return read_content(read_study(crowd(tmp_path_factory.mktemp("crowd") / "build")), find_fonts())


@pytest.fixture(scope="module")
def boards(content: Content) -> Iterator[dict[str, Board]]:
    """Draw a sheet of each kind."""
    with printing.printing(content.fonts):
        yield {
            "district": district_sheet(content, FORMATS["a3"]),
            "wall": district_sheet(content, FORMATS["a0"]),
            "subdistrict": subdistrict_sheet(content, FORMATS["a3"], "1"),
            "route": route_sheet(content, FORMATS["a3"], "R1"),
        }


@pytest.fixture(scope="module")
def written(town: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the sheets of the town's routes."""
    out = tmp_path_factory.mktemp("sheets") / "sheets"
    write_sheets(town, out, Order(route="R1"))
    return out


def _texts(board: Board) -> list[Text]:
    return [text for text in board.paper.figure.findobj(Text) if isinstance(text, Text) and text.get_text()]


def _said(board: Board) -> list[str]:
    return [text.get_text() for text in _texts(board)]


# Placing


def _shapes(draw: st.DrawFn, count: int) -> list[shapely.Polygon]:
    number = st.integers(0, 24)
    size = st.integers(1, 6)
    found = []
    for _ in range(count):
        x, y, w, h = draw(number), draw(number), draw(size), draw(size)
        found.append(shapely.box(x, y, x + w, y + h))
    return found


@given(st.data())
@settings(max_examples=40)
def test_no_label_touches_another_and_none_is_left_out_that_has_room(data: st.DataObject) -> None:
    labels = data.draw(st.integers(1, 9))
    candidates = []
    for label in range(labels):
        shapes = data.draw(st.composite(_shapes)(data.draw(st.integers(1, 5))))
        candidates += [Candidate(label, shape, float(n), 0, 0) for n, shape in enumerate(shapes)]
    taken = data.draw(st.composite(_shapes)(2))
    found = placed(candidates, taken)
    shapes = [one.shape for one in found.values()]
    assert not any(a.intersects(b) for a, b in combinations([*shapes, *taken[:1]], 2))
    assert not any(a.intersects(b) for a in shapes for b in taken)
    for one in candidates:
        if one.label not in found:
            assert any(one.shape.intersects(other) for other in [*shapes, *taken])
    assert found == placed(candidates, taken)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=30))
def test_signs_part_and_stay_near_their_position(points: list[tuple[int, int]]) -> None:
    xy = np.array(points, dtype=float) / 10
    at = apart(xy, 1.0, 2.0)
    assert np.hypot(*(at - xy).T).max() <= 2.0 + 1e-9
    assert np.array_equal(at, apart(xy, 1.0, 2.0))
    lonely = [n for n in range(len(xy)) if all(n == m or np.hypot(*(xy[n] - xy[m])) > 5 for m in range(len(xy)))]
    assert np.hypot(*(at[lonely] - xy[lonely]).T).max(initial=0.0) < 0.02


@pytest.mark.parametrize("kind", ["district", "wall", "subdistrict", "route"])
def test_no_labels_overlap(boards: dict[str, Board], kind: str) -> None:
    labels = boards[kind].labels
    assert len(labels) > (8 if kind == "route" else 100)
    shapes = np.array([label.shape for label in labels], dtype=object)
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    twice = [(labels[a], labels[b]) for a, b in zip(one, other, strict=True) if a < b]
    # the name of a place stands against its own number, sharing an edge
    covering = [(a.text, b.text) for a, b in twice if shapely.intersection(a.shape, b.shape).area > 1e-6]
    assert covering == []


@pytest.mark.parametrize("kind", ["district", "subdistrict"])
def test_a_label_covers_what_it_says_it_covers(boards: dict[str, Board], kind: str) -> None:
    board = boards[kind]
    canvas = FigureCanvasAgg(board.paper.figure)
    renderer = canvas.get_renderer()
    high, per = board.paper.figure.bbox.height, 25.4 / board.paper.figure.dpi
    drawn: dict[str, list[shapely.Polygon]] = {}
    for text in _texts(board):
        if not text.get_path_effects() and not text.get_rotation():
            box = text.get_window_extent(renderer)
            at = shapely.box(box.x0 * per, (high - box.y1) * per, box.x1 * per, (high - box.y0) * per)
            drawn.setdefault(text.get_text(), []).append(at)
    checked = 0
    for label in board.labels:
        if label.kind in {"number", "name", "station"}:
            best = max(shapely.intersection(label.shape, at).area / at.area for at in drawn[label.text])
            assert best > 0.8, label
            checked += 1
    assert checked > 100


def test_every_place_has_its_sign_its_number_and_its_line(boards: dict[str, Board], content: Content) -> None:
    board = boards["district"]
    numbers = {label.text for label in board.labels if label.kind == "number"}
    known = [place for group in content.groups for place in group.places if place.number]
    assert len(known) == CROWD
    assert sorted(place.number for place in known) == list(range(1, CROWD + 1))
    assert numbers | set(board.left_out) == {str(place.number) for place in known}
    assert len(board.left_out) <= 0.1 * CROWD  # a crowd no town has: a number without room is still in the index
    lines = index_lines(content.groups, board.frame)
    listed = [line for line in lines if line.kind == "place"]
    assert [line.text for line in listed] == [place.name for place in known]
    for line, place in zip(listed, known, strict=True):
        assert line.square.removeprefix("≈") == board.frame.square(place.x, place.y)
        assert line.square.startswith("≈") == place.approximate
    lost = "".join(line.text for line in lines if line.kind == "lost")
    assert all(place.name in lost for group in content.groups for place in group.places if not place.number)


@given(st.floats(0.001, 0.999), st.floats(0.001, 0.999))
def test_a_square_is_the_one_that_holds_the_place(across: float, down: float) -> None:
    frame = Frame(Rect(0, 0, 300, 150), Window(1000, 2000, 7000, 5000), 20_000, 500)
    x, y = 1000 + 6000 * across, 5000 - 3000 * down
    name = frame.square(x, y)
    column, row = LETTERS.index(name[0]), int(name[1:])
    assert column * 500 <= x - 1000 <= (column + 1) * 500
    assert (row - 1) * 500 <= 5000 - y + 1e-6
    assert 5000 - y <= row * 500 + 1e-6


def test_the_scale_is_round_and_the_shape_fits(content: Content) -> None:
    paper = FORMATS["a0"].paper(content.fonts)
    frame = frame_round(paper, Rect(10, 10, 200, 100), (0.0, 0.0, 3210.0, 900.0), room=4)
    assert frame.scale % 250 == 0
    assert frame.rect.width * paper.unit / 1000 * frame.scale == pytest.approx(frame.window.east - frame.window.west)
    assert frame.holds(0, 0)
    assert frame.holds(3210, 900)
    assert frame.square(-99_999, 0) == ""


# What the sheets say


@pytest.mark.parametrize("kind", ["district", "subdistrict", "route"])
def test_a_sheet_has_its_fields_and_no_type_too_small_to_read(boards: dict[str, Board], kind: str) -> None:
    said = _said(boards[kind])
    whole = "".join(said)
    for wanted in (
        "全域思政研学地图",
        "审图号：",
        NOT_REVIEWED,
        "编制单位：",
        "坐标系：",
        "© OpenStreetMap",
        "北 N",
        "图例",
    ):
        assert wanted in whole, wanted
    assert WATERMARK in said
    assert f"1:{boards[kind].frame.scale}" in whole
    assert "〓" not in whole
    assert min(text.get_fontsize() for text in _texts(boards[kind])) >= LEAST_POINTS - 1e-9


def test_the_tables_are_the_bundles(boards: dict[str, Board], content: Content) -> None:
    said = _said(boards["district"])
    for words in ("台账", "来源与日期", "点位索引", "步行15分钟可达人口，%"):
        assert words in said
    ledger = content.study.tables["ledger"].set_index("tier")
    assert str(int(ledger.loc["community", "declared"])) in said
    assert boards["district"].left_out == [] or "index" not in boards["district"].left_out


def test_a_review_number_takes_the_watermark_away(content: Content) -> None:
    reviewed = read_content(content.study, content.fonts, review_number="渝S(2026)001号", publisher="渝中区教委")
    with printing.printing(content.fonts):
        said = _said(route_sheet(reviewed, FORMATS["a3"], "R1"))
    assert WATERMARK not in said
    assert "渝S(2026)001号" in said
    assert "渝中区教委" in said


def test_legs_of_a_route_are_the_layers(boards: dict[str, Board]) -> None:
    said = " ".join(_said(boards["route"]))
    assert "≥12 分钟 min · ≥803 m · 爬升 +31 m · 下降 −4 m · 台阶 ≈118 级" in said


# Files


def _poppler(*arguments: str | Path) -> str:
    if shutil.which(str(arguments[0])) is None:
        pytest.skip("poppler is missing: install poppler-utils")
    return subprocess.run(list(map(str, arguments)), capture_output=True, encoding="utf-8", check=True).stdout


def test_the_pdf_is_one_page_of_a3_vector_with_its_fonts_and_text(written: Path) -> None:
    path = written / "route-R1-a3.pdf"
    about = _poppler("pdfinfo", path)
    assert re.search(r"Pages:\s+1\n", about)
    assert "(A3)" in about
    assert "CreationDate" not in about
    fonts = _poppler("pdffonts", path).splitlines()[2:]
    assert fonts
    assert all(re.search(r"TrueType\s+Identity-H\s+yes yes yes", font) for font in fonts)
    assert "images" not in _poppler("pdfimages", "-list", path).split("\n", 2)[2]
    said = "".join(_poppler("pdftotext", path, "-").split())
    for wanted in ("全域思政研学地图", "站点与路段", "未经审核", "OpenStreetMap", "台阶"):
        assert wanted in said


def test_the_svg_is_text_without_pictures(written: Path) -> None:
    text = (written / "route-R1-a3.svg").read_text(encoding="utf-8")
    assert "<image" not in text
    assert ">全域思政研学地图 · 研学线路 route</text>" in text


def test_two_runs_are_equal_to_the_byte(town: Path, written: Path, tmp_path: Path) -> None:
    out = tmp_path / "again"
    command = [sys.executable, "-m", "maps", "sheet", "--bundle", town, "--route", "R1", "--out", out]
    env = {**os.environ, "PYTHONHASHSEED": "7"}
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, cwd=ROOT, env=env)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(out / "route-R1-a3.pdf")
    first = {path.name: path.read_bytes() for path in written.iterdir()}
    assert first == {path.name: path.read_bytes() for path in out.iterdir()}
    assert sorted(first) == [f"route-R1-a3.{kind}" for kind in ("pdf", "png", "svg")]


def test_an_order_for_what_is_not_there_leaves_the_old_sheet(town: Path, tmp_path: Path) -> None:
    (tmp_path / "district-a3.pdf").write_text("old", encoding="utf-8")
    for order, fault in (
        (Order(route="R9"), "no such route"),
        (Order(subdistrict="../1"), "no such subdistrict"),
        (Order(boundary=tmp_path / "district-a3.pdf"), "not readable as a boundary"),
    ):
        with pytest.raises(InputError, match=fault):
            write_sheets(town, tmp_path, order)
    assert [path.name for path in tmp_path.iterdir()] == ["district-a3.pdf"]


def test_an_official_boundary_is_drawn_as_given(content: Content, tmp_path: Path) -> None:
    file = tmp_path / "界线.geojson"
    ring = Polygon([(WEST, SOUTH), (EAST, SOUTH), (EAST, NORTH)])
    gpd.GeoDataFrame(geometry=[ring], crs=4326).to_crs(32648).to_file(file)
    read = read_content(content.study, content.fonts, boundary=file)
    assert read.boundary is not None
    by_hand = content.land.plane(gpd.GeoSeries([LineString(ring.exterior)]))[0]
    assert shapely.hausdorff_distance(read.boundary, by_hand) < 0.5
    with printing.printing(content.fonts):
        board = route_sheet(read, FORMATS["a3"], "R1")
    assert any("界线.geojson" in text for text in _said(board))
    empty = tmp_path / "点.geojson"
    gpd.GeoDataFrame(geometry=[Point(WEST, SOUTH)], crs=4326).to_file(empty)
    with pytest.raises(InputError, match="no line and no area"):
        read_content(content.study, content.fonts, boundary=empty)
