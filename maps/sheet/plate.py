"""The sheet of a part: a map to the left, a column of words and tables to the right. Subdistricts and routes use it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import shapely
from shapely.geometry.base import BaseGeometry

from maps.report.reading import plain
from maps.sheet.board import Board
from maps.sheet.content import LEADING, Content, foot, imprint, paragraphs
from maps.sheet.drawing import draw_land, map_axes
from maps.sheet.formats import HEIGHT, LEAST_POINTS, WIDTH, Format
from maps.sheet.frame import Rect, frame_round
from maps.sheet.furniture import BAND, draw_boundary, draw_grid, draw_inset, draw_north, draw_scale, watermark
from maps.sheet.legend import Entry, draw_entries
from maps.sheet.tables import heading, sources
from maps.sheet.words import TITLE
from maps.style import INK

__all__ = ["STREET_TYPE", "Heads", "Plan", "begun", "ended"]

MARGIN = 9.0
FOOT = HEIGHT - MARGIN - 4.0
INSET = 50.0
STREET_TYPE: Mapping[str, float] = {"major": 6.6, "minor": 6.2, "local": 5.6, "stairs": 5.6, "plaza": 5.6, "path": 5.5}


@dataclass(frozen=True, slots=True)
class Plan:
    """Where the map, the head, the tables and the legend go; ``joined`` where the last three share a column."""

    map: Rect
    head: Rect
    body: Rect
    end: Rect
    joined: bool


def _tall() -> Plan:
    """Lay out a map as high as the sheet, and one column beside it."""
    over = Rect(MARGIN + BAND, MARGIN + BAND, 274.0, FOOT - 2.0 - MARGIN - 2 * BAND)
    x = over.right + BAND + 5.0
    column = Rect(x, MARGIN, WIDTH - MARGIN - x, FOOT - MARGIN - 2.0)
    return Plan(over, column, column, column, joined=True)


def _wide() -> Plan:
    """Lay out a map as wide as the sheet, and three columns under it."""
    over = Rect(MARGIN + BAND, MARGIN + BAND, WIDTH - 2 * (MARGIN + BAND), 164.0)
    y = over.bottom + BAND + 3.0
    height, width = FOOT - 2.0 - y, (WIDTH - 2 * MARGIN - 12.0) / 3
    first, second, third = (Rect(MARGIN + number * (width + 6.0), y, width, height) for number in range(3))
    return Plan(over, first, second, third, joined=False)


PLANS = (_tall(), _wide())


@dataclass(frozen=True, slots=True)
class Heads:
    """The words over a sheet: what kind of sheet, of what, and a line on it."""

    kind: str
    name: str
    name_en: str
    said: str


def begun(
    content: Content, form: Format, shape: BaseGeometry, heads: Heads, *, focus: BaseGeometry | None = None
) -> tuple[Board, Plan]:
    """Draw the ground and the head of a sheet of ``shape`` (metres), as large as the sheet allows.

    Return it, and where the tables and the legend go.
    """
    paper = form.paper(content.fonts)
    bounds = shapely.bounds(shape).tolist()
    frames = [frame_round(paper, plan.map, bounds, room=7.0) for plan in PLANS]
    chosen = min(range(len(PLANS)), key=lambda number: (frames[number].scale, number))
    board, plan = Board(form, paper, frames[chosen]), PLANS[chosen]
    axes = map_axes(paper, board.frame)
    draw_land(paper, axes, board.frame, content.land, focus=focus)
    if content.boundary is not None:
        draw_boundary(board, axes, content.boundary)
    draw_grid(board)
    y = _head(board, content, plan.head, heads, shape if focus is None else focus)
    if not plan.joined:
        return board, plan
    return board, replace(plan, body=Rect(plan.body.x, y, plan.body.width, plan.body.bottom - y))


def _head(board: Board, content: Content, column: Rect, heads: Heads, mark: BaseGeometry) -> float:
    paper = board.paper
    zh, en = content.study.area
    paper.rule(column.x, column.y, column.width, colour=INK["ink"], points=2.2)
    paper.text(column.x, column.y + 6.2, f"{TITLE} · {heads.kind}", 8.4, colour=INK["accent"], bold=True)
    dated = plain(content.study.manifest["data_date"])
    paper.text(column.right, column.y + 6.2, f"{zh} {en} · {dated}", 5.8, colour=INK["ink-faint"], align="right")
    size = min(27.0, 27.0 * column.width * 0.98 / max(paper.measure(heads.name, 27.0), 1e-9))
    base = column.y + 8.0 + paper.em(27.0) * 0.98
    paper.text(column.x, base, heads.name, max(size, LEAST_POINTS), bold=True, serif=True)
    left = column.width - INSET - 4
    y = paper.paragraph(column.x, base + 6.0, left, heads.name_en, 8.0, colour=INK["ink-soft"], leading=1.25, most=2)
    paper.paragraph(column.x, y + 0.6, left, heads.said, 6.2, colour=INK["ink-soft"], leading=1.3, most=7)
    west, south, east, north = content.around
    inset = Rect(column.right - INSET, base + 3.4, INSET, INSET * (north - south) / (east - west))
    draw_inset(board, inset, content.land, content.around, mark)
    low = inset.bottom + 4.0
    paper.text(column.x, low + 1.6, f"1:{board.frame.scale}", 8.0, bold=True)
    draw_scale(board, column.x + 17, low - 0.8, 35)
    draw_north(board, column.x + 60.0, low - 0.4, 8.5)
    return low + 8.6


def ended(board: Board, content: Content, plan: Plan, entries: Sequence[Entry]) -> Rect:
    """Set legend, notes, sources and foot; return what room is left for tables."""
    paper, column = board.paper, plan.end
    texts = [*imprint(board, content)]
    said = "　".join(sources(content.study))
    step = paper.em(5.5) * LEADING
    notes = sum(len(paper.lines(column.width, text, 5.5)) for text in texts) * step + 0.3 * len(texts)
    credit = len(paper.lines(column.width, said, 5.5)) * step
    rows = -(-len(entries) // 2)
    head = paper.em(7.4) * 1.12 + paper.em(5.5) * 0.55 + 1.6
    over = notes + credit + 3 * head + 1.0
    pitch = min(4.5, (column.height - over) / rows)
    top = column.bottom - (rows * pitch + over) if plan.joined else column.y
    at = heading(paper, column.x, top, column.width, "图例", "Legend")
    at = draw_entries(board, Rect(column.x, at + 0.4, column.width, 0), entries, 2, pitch=pitch)
    at = heading(paper, column.x, at + 1.0, column.width, "图面说明", "Notes")
    at = paragraphs(board, column.x, at, column.width, texts)
    at = heading(paper, column.x, at + 1.0, column.width, "来源与日期", "Sources and dates")
    paragraphs(board, column.x, at, column.width, [said])
    if not content.review_number:
        watermark(board, content.watermark, plan.map)
    foot(board, content, MARGIN, FOOT, WIDTH - 2 * MARGIN)
    body = plan.body
    return Rect(body.x, body.y, body.width, top - body.y - 2.0) if plan.joined else body
