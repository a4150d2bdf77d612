"""The A4 sheet of a route: all of it is there, nothing runs off the paper, and the code leads to the page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
import segno
import shapely
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patches import PathPatch
from matplotlib.text import Text

from maps import printing
from maps.printing import find_fonts
from maps.report.reading import read_study
from maps.sheet.board import Board
from maps.sheet.code import addresses, checked_page
from maps.sheet.content import Content, read_content
from maps.sheet.formats import FORMATS, LEAST_POINTS
from maps.sheet.handout import handout
from maps.sheet.heights import ticks
from maps.sheet.itinerary import itinerary_high
from maps.sheet.write import Order, write_sheets
from maps.walks import read_walks
from servicecircle.errors import InputError
from tests.maps.town_routes import HEIGHTS

SITE = "https://example.org/study/"
PROPOSED = "P-school0"


@pytest.fixture(scope="module")
def content(planned_town: Path) -> Content:
    """Give the town, laid out."""
    return read_content(read_study(planned_town), find_fonts(), page=SITE)


@pytest.fixture(scope="module")
def boards(content: Content) -> Iterator[dict[str, Board]]:
    """Draw a published route, one that cannot be drawn, and a proposed one."""
    with printing.printing(content.fonts):
        yield {route: handout(content, FORMATS["a4"], route) for route in ("R1", "R2", PROPOSED)}


def _texts(board: Board) -> list[Text]:
    return [t for t in board.paper.figure.findobj(Text) if isinstance(t, Text) and t.get_text()]


def _said(board: Board) -> str:
    return "\n".join(text.get_text() for text in _texts(board))


def test_a_published_route_says_all_that_is_known(boards: dict[str, Board]) -> None:
    said = _said(boards["R1"])
    for text in (
        "第1站",
        "第2站",
        "第3站",
        "≥12",
        "≥803",
        "≈118",
        "≈66",
        "多 200 m",
        "过主路 2 处",
        "纵二路",
        "¥2",
        "越过 1 个未定位站",
    ):
        assert text in said, text
    assert "未定位、图上不画的站 unlocated, not on the map：3 第3站" in said
    assert "高程剖面" in said
    assert "只有近似位置：第 2、1 站" in said  # two of a kind share a line
    assert [line for line in ("须知1", "须知5") if line not in said] == []  # one of a kind says its own
    assert said.index("须知5") < said.index("须知1") < said.index("须知0")  # what blocks comes first


def test_a_proposed_route_says_that_nobody_confirmed_it(boards: dict[str, Board]) -> None:
    said = _said(boards[PROPOSED])
    assert "没有人公布或确认" in said
    assert "拟议线路" in said
    assert "各段升降" in said
    assert "高程剖面" not in said
    assert {"一句。", "两句。", "+25", "−25"} <= set(said.split("\n"))
    assert "候选 candidate" in said
    assert "未知" in said  # flights and step-free ways of a proposal


def test_a_route_without_a_position_is_a_list(boards: dict[str, Board]) -> None:
    said = _said(boards["R2"])
    assert "未走线路" in said
    assert "无剖面" in said
    assert "0/0" in said


def test_nothing_runs_off_the_paper_or_is_too_small(boards: dict[str, Board]) -> None:
    for board in boards.values():
        canvas = FigureCanvasAgg(board.paper.figure)
        renderer, box = canvas.get_renderer(), board.paper.figure.bbox
        for text in _texts(board):
            at = text.get_window_extent(renderer)
            inside = at.x0 >= 0 and at.y0 >= 0 and at.x1 <= box.width and at.y1 <= box.height
            assert inside, text.get_text()
            assert text.get_fontsize() >= LEAST_POINTS - 1e-9, text.get_text()
        for one, other in combinations([label.shape for label in board.labels], 2):
            assert shapely.intersection(one, other).area < 1e-6


def test_the_profile_rises_as_the_layer_does(boards: dict[str, Board]) -> None:
    lines = [line for line in boards["R1"].over.lines if len(line.get_xdata()) == len(HEIGHTS)]
    curves = [np.column_stack(line.get_data()) for line in lines if len(set(np.diff(line.get_xdata()).round(6))) == 1]
    drawn = [xy for xy in curves if np.all(np.diff(xy[:, 1]) < 0)]  # y runs down
    assert len(drawn) == 1
    rise = -np.diff(drawn[0][:, 1])
    assert rise[0] / rise[1] == pytest.approx((HEIGHTS[1] - HEIGHTS[0]) / (HEIGHTS[2] - HEIGHTS[1]), rel=1e-6)


@given(st.floats(-500, 500), st.floats(1, 5000), st.integers(3, 10))
def test_ticks_are_round_inside_and_few(low: float, span: float, most: int) -> None:
    found = ticks(low, low + span, most)
    assert len(found) <= most
    assert all(low <= value <= low + span for value in found)
    assert len({round(b - a, 9) for a, b in pairwise(found)}) <= 1


def test_the_code_is_that_of_the_page(boards: dict[str, Board], content: Content) -> None:
    for route, address in (("R1", f"{SITE}routes/R1.html"), (PROPOSED, f"{SITE}routes/proposed.html#{PROPOSED}")):
        assert content.pages[route] == address
        [code] = [p for p in boards[route].over.get_children() if isinstance(p, PathPatch) and p.get_gid() == "code"]
        wanted = np.array([list(row) for row in segno.make(address, error="m", micro=False).matrix], dtype=bool)
        assert np.array_equal(_modules(code, len(wanted)), wanted)


def _modules(code: PathPatch, size: int) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Read the drawn code at the middle of each module; its finder patterns span all of it."""
    corners = code.get_path().vertices.reshape(-1, 5, 2)
    low, high = corners.min(axis=(0, 1)), corners.max(axis=(0, 1))
    side = (high - low) / size
    boxes = shapely.union_all(shapely.box(*corners.min(axis=1).T, *corners.max(axis=1).T))
    middle = (np.arange(size) + 0.5)[:, None]
    y, x = np.meshgrid(low[1] + middle[:, 0] * side[1], low[0] + middle[:, 0] * side[0], indexing="ij")
    found: np.ndarray[tuple[int, int], np.dtype[np.bool_]] = shapely.contains_xy(boxes, x, y)
    return found


def test_without_an_address_there_is_no_code_and_it_says_so(content: Content) -> None:
    bare = replace(content, pages={})
    with printing.printing(bare.fonts):
        board = handout(bare, FORMATS["a4"], "R1")
    assert not [p for p in board.over.get_children() if p.get_gid() == "code"]
    assert "无二维码" in _said(board)


def test_addresses_are_of_the_web(content: Content) -> None:
    walks = list(content.walks.values())
    assert addresses(walks, "https://h.example/routes/{id}")[PROPOSED] == f"https://h.example/routes/{PROPOSED}"
    assert addresses(walks, "") == {}
    for wrong in (
        "javascript:alert(1)",
        "example.org",
        "file:///etc",
        "https://",
        "https://a b/",
        "http://[",
        "https://x/" + "y" * 400,
    ):
        with pytest.raises(InputError, match="not an address of the web"):
            checked_page(wrong)


def test_files_are_written_and_a_wrong_order_writes_nothing(planned_town: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    [path] = write_sheets(planned_town, out, Order("a4", route="proposed", page=SITE))
    assert path.name == f"route-{PROPOSED}-a4.pdf"
    assert re.search(rb"/MediaBox \[ ?0 0 595\.\d+ 841\.\d+", path.read_bytes())
    for order, fault in (
        (Order("a4"), "A4 is for routes"),
        (Order("a4", route="R1", page="ftp://x"), "not an address"),
    ):
        with pytest.raises(InputError, match=fault):
            write_sheets(planned_town, tmp_path / "none", order)
    assert not list((tmp_path / "none").glob("*"))


def test_walks_read_both_kinds_alike(content: Content) -> None:
    walks = read_walks(content.study.bundle)
    assert [(walk.id, walk.proposed) for walk in walks] == [("R1", False), ("R2", False), (PROPOSED, True)]
    own = walks[2]
    assert [(leg.start, leg.end, leg.ascent, leg.descent, leg.flight) for leg in own.legs] == [
        (1, 2, 25.0, 5.0, None),
        (2, 3, 15.0, 25.0, None),
    ]
    assert (own.depart, own.ends, own.stepfree, own.concerns) == ("09:00", "10:25", True, ())
    assert itinerary_high(walks[0], 4.0) > itinerary_high(walks[1], 4.0)
