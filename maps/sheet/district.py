"""The sheet of the whole district: the map across the page, the index, the tables and the sources under it."""

from __future__ import annotations

import shapely
from shapely.geometry.base import BaseGeometry

from maps.report.reading import plain
from maps.sheet.board import Board
from maps.sheet.content import LEADING, Content, foot, imprint, paragraphs
from maps.sheet.drawing import draw_land, map_axes
from maps.sheet.formats import HEIGHT, WIDTH, Format
from maps.sheet.frame import Rect, frame_round
from maps.sheet.furniture import (
    BAND,
    draw_boundary,
    draw_grid,
    draw_inset,
    draw_north,
    draw_scale,
    panel,
    room_for,
    watermark,
)
from maps.sheet.index import draw_index, index_lines
from maps.sheet.legend import draw_entries, entries_of_ground, entries_of_places
from maps.sheet.lettering import draw_stations, name_stations, name_streets, name_subdistricts, name_waters
from maps.sheet.links import draw_links
from maps.sheet.numbers import label_marks, mark_places
from maps.sheet.tables import coverage, draw_table, heading, ledger, sources
from maps.sheet.words import INDEX_EN, TITLE, TITLE_EN
from maps.style import INK

__all__ = ["district_sheet"]

MARGIN = 9.0
MAP = Rect(MARGIN + BAND, MARGIN + BAND, WIDTH - 2 * (MARGIN + BAND), 175.6)
LOWER = MAP.bottom + BAND + 2.8
FOOT = HEIGHT - MARGIN - 4.0
TABLES = 87.4


def district_sheet(content: Content, form: Format) -> Board:
    """Draw the sheet of the whole district."""
    paper = form.paper(content.fonts)
    frame = frame_round(paper, MAP, shapely.bounds(content.land.area).tolist(), room=1.4)
    board = Board(form, paper, frame)
    axes = map_axes(paper, frame)
    draw_land(paper, axes, frame, content.land)
    if content.boundary is not None:
        draw_boundary(board, axes, content.boundary)
    draw_grid(board)
    area = board.page(content.land.area)
    _title(board, content, area)
    _key(board, content, area)
    _inset(board, content, area)
    _notes(board, content, area)
    r = 0.86 if not form.named else 0.98
    marked = mark_places(board, content.groups, r)
    signs = [mark.shape for mark in marked]
    board.taken.extend(draw_links(board, content, 0.72))
    stations = draw_stations(board, content.land, 0.62)
    name_waters(board, content.land, 17.0)
    name_subdistricts(board, content.land, 9.6, signs)
    label_marks(board, marked, 5.5, 5.5 if form.named else 0.0)
    board.taken.extend(signs)
    name_stations(board, stations, 5.5, 0.62)
    sizes = (
        {"major": 5.5, "minor": 5.5} if not form.named else dict.fromkeys(("major", "minor", "local", "stairs"), 5.5)
    )
    name_streets(board, content.land, sizes, [])
    if not content.review_number:
        watermark(board, content.watermark, MAP)
    _lower(board, content)
    foot(board, content, MARGIN, FOOT, WIDTH - 2 * MARGIN)
    return board


def _title(board: Board, content: Content, area: BaseGeometry) -> None:
    zh, en = content.study.area
    rect = room_for(board, 124.0, 55.5, area, ("nw", "ne", "sw", "se"))
    panel(board, rect)
    paper, x, y = board.paper, rect.x + 4.5, rect.y
    paper.text(x, y + 13.6, TITLE, 30, bold=True, serif=True)
    paper.text(x, y + 19.6, TITLE_EN.format(area=en), 8.6, colour=INK["ink-soft"])
    dated = plain(content.study.manifest["data_date"])
    paper.text(x, y + 26.0, f"{zh}   1:{board.frame.scale}   数据 data {dated}", 7.6, bold=True)
    draw_scale(board, x, y + 28.4, 62)
    draw_north(board, rect.right - 10, y + 21.5, 19)
    top = heading(paper, x, y + 35.2, rect.width - 9, "台账", "Ledger: places published, listed, located, verified")
    draw_table(paper, x, top, *ledger(content.study, rect.width - 9))


def _key(board: Board, content: Content, area: BaseGeometry) -> None:
    entries = [*entries_of_places(content.groups), *entries_of_ground()]
    columns, pitch = 3, 4.75
    rows = -(-len(entries) // columns)
    rect = room_for(board, 139.0, rows * pitch + 9.6, area, ("se", "sw", "ne", "nw"))
    panel(board, rect)
    board.paper.text(rect.x + 4, rect.y + 5.6, "图例", 8.4, bold=True)
    board.paper.text(rect.x + 13, rect.y + 5.6, "Legend", 6.2, colour=INK["ink-faint"])
    draw_entries(board, Rect(rect.x + 4, rect.y + 7.8, rect.width - 5, 0), entries, columns, pitch=pitch)


def _notes(board: Board, content: Content, area: BaseGeometry) -> None:
    texts = imprint(board, content)
    width, step = 58.0, board.paper.em(5.5) * LEADING
    lines = sum(len(board.paper.lines(width - 6, text, 5.5)) for text in texts)
    rect = room_for(board, width, lines * step + 0.3 * len(texts) + 10.0, area, ("se", "sw", "ne", "nw"))
    panel(board, rect)
    y = heading(board.paper, rect.x + 3, rect.y + 2.4, rect.width - 6, "图面说明", "Notes")
    paragraphs(board, rect.x + 3, y, rect.width - 6, texts)


def _inset(board: Board, content: Content, area: BaseGeometry) -> None:
    west, south, east, north = content.around
    width = 50.0
    height = width * (north - south) / (east - west)
    rect = room_for(board, width + 4, height + 12.4, area, ("sw", "se", "ne", "nw"))
    panel(board, rect)
    zh = content.study.area[0]
    board.paper.text(rect.x + 2, rect.y + 4.4, f"{zh}在数据范围中的位置", 6.6, bold=True)
    board.paper.text(rect.x + 2, rect.y + 7.1, "Where the district lies in all the data", 5.5, colour=INK["ink-faint"])
    inner = Rect(rect.x + 2, rect.y + 8.4, width, height)
    draw_inset(board, inner, content.land, content.around, content.land.area)
    board.paper.text(rect.x + 2, rect.bottom - 1.3, content.corners, 5.5, colour=INK["ink-soft"])


def _lower(board: Board, content: Content) -> None:
    paper = board.paper
    width = WIDTH - 2 * MARGIN - TABLES - 4.0
    y = heading(paper, MARGIN, LOWER, width, "点位索引", INDEX_EN)
    lines = index_lines(content.groups, board.frame)
    room = Rect(MARGIN, y, width, FOOT - y - 1.0)
    if not draw_index(paper, room, lines, _columns(board, width)):
        board.left_out.append("index")
    x = MARGIN + width + 4
    minutes = f"{content.study.cutoff_s() / 60:g}"
    head = f"步行{minutes}分钟可达人口，%", f"reached within {minutes} min; all (low–high), confirmed"
    y = heading(paper, x, LOWER, TABLES, *head)
    y = draw_table(paper, x, y, *coverage(content.study), strong=1)
    y = heading(paper, x, y + 1.6, TABLES, "来源与日期", "Sources and dates")
    paragraphs(board, x, y, TABLES, ["　".join(sources(content.study))])


def _columns(board: Board, width: float) -> int:
    """As many columns as hold names of nine letters."""
    return max(1, round(width / (board.paper.em(5.5) * 8.7 + 12.0)))
