"""The A4 sheet of a route, upright, to take along: map, heights, stops, legs and times, what to mind, a code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shapely.geometry.base import BaseGeometry

from maps.paper import Paper
from maps.report.phrases import UNKNOWN, word
from maps.report.reading import plain
from maps.sheet.board import Board
from maps.sheet.code import draw_code
from maps.sheet.concerns import concerns_high, draw_concerns
from maps.sheet.content import LEADING, Content, foot, paragraphs
from maps.sheet.drawing import draw_land, map_axes, stroke
from maps.sheet.formats import LEAST_POINTS, Format
from maps.sheet.frame import Rect, frame_round
from maps.sheet.furniture import draw_boundary, draw_north, draw_scale, panel, watermark
from maps.sheet.heights import draw_heights
from maps.sheet.itinerary import draw_itinerary, itinerary_high
from maps.sheet.lettering import draw_stations, name_stations, name_streets, name_waters
from maps.sheet.links import draw_links
from maps.sheet.route import Spots, colour_of, extent, km, label_stops, laid_out, theme_of, whole
from maps.sheet.tables import heading, sources
from maps.sheet.words import CONFIRM, FEASIBLE, PROPOSED, PROPOSED_SHORT, ROUTE, TITLE
from maps.style import INK
from maps.walks import Walk

__all__ = ["handout"]

MARGIN = 10.0
CODE = 25.0  # side of the code
HEAD, HEIGHTS = 45.0, 36.0
LIST = 122.0  # breadth of the stops; the rest is for what to mind
MAP_LEAST, MAP_MOST = 62.0, 136.0
PITCHES = (5.0, 4.7, 4.4, 4.1, 3.8, 3.5, 3.3)
GAP, RULE, FOOT = 3.0, 5.4, 7.4
STREETS = {"major": 6.2, "minor": 5.8, "local": 5.5, "stairs": 5.5, "plaza": 5.5}


@dataclass(frozen=True, slots=True)
class Plan:
    """Where the parts go, and how high a line of the list is."""

    map: Rect
    heights: Rect
    stops: Rect
    minds: Rect
    notes: float
    pitch: float


def handout(content: Content, form: Format, route_id: str) -> Board:
    """Draw the A4 sheet of one route, published or proposed."""
    walk = content.walks[route_id]
    paper = form.paper(content.fonts)
    line, spots = laid_out(content, walk)
    texts = _notes(content, walk)
    width = form.width - 2 * MARGIN
    plan = _plan(form, walk, paper, texts)
    frame = frame_round(paper, plan.map, extent(line, spots, content).bounds, room=8.0)
    board = Board(form, paper, frame)
    axes = map_axes(paper, frame)
    draw_land(paper, axes, frame, content.land)
    if content.boundary is not None:
        draw_boundary(board, axes, content.boundary)
    colour = colour_of(walk)
    if line is not None and not line.is_empty:
        u = paper.points(1.0)
        broad, dash = (0.8, [u * 2.0, u * 0.8]) if walk.proposed else (1.0, None)
        stroke(axes, frame, line, "white", u * (broad + 0.9), alpha=0.85, zorder=1.4)
        stroke(axes, frame, line, colour, u * broad, dash, zorder=1.5)
    _furnish(board, content, walk, (line, spots), colour)
    _head(board, content, walk, colour, width)
    draw_heights(board, plan.heights, walk, colour)
    y = heading(
        paper, plan.stops.x, plan.stops.y, plan.stops.width, "站点与路段", "Stops in order, and the ways between"
    )
    draw_itinerary(board, Rect(plan.stops.x, y, plan.stops.width, plan.stops.bottom - y), walk, colour, plan.pitch)
    draw_concerns(board, plan.minds, walk)
    y = heading(paper, MARGIN, plan.notes, width, "说明", "Notes")
    paragraphs(board, MARGIN, y, width, texts)
    if not content.review_number:
        watermark(board, content.watermark, plan.map, 15.0)
    foot(board, content, MARGIN, form.height - MARGIN - 3.4, width)
    return board


def _plan(form: Format, walk: Walk, paper: Paper, texts: Sequence[str]) -> Plan:
    """Give the lists what they need and the map the rest; where that is too little, the lines draw together."""
    width = form.width - 2 * MARGIN
    step = paper.em(LEAST_POINTS) * LEADING
    notes = sum(len(paper.lines(width, text, LEAST_POINTS)) for text in texts) * step + 0.3 * len(texts) + 6.0
    low = form.height - MARGIN - FOOT - notes
    top = MARGIN + HEAD
    room = low - top - HEIGHTS - 3 * GAP
    minds = concerns_high(paper, walk, width - LIST - 5.0)
    pitch = next((p for p in PITCHES if itinerary_high(walk, p) + RULE <= room - MAP_LEAST), PITCHES[-1])
    lists = max(itinerary_high(walk, pitch) + RULE, min(minds, room - MAP_LEAST))
    high = min(room - lists, MAP_MOST)
    area = Rect(MARGIN, top, width, high)
    heights = Rect(MARGIN, area.bottom + GAP, width, HEIGHTS)
    y = heights.bottom + GAP
    return Plan(
        area,
        heights,
        Rect(MARGIN, y, LIST, low - GAP - y),
        Rect(MARGIN + LIST + 5.0, y, width - LIST - 5.0, low - GAP - y),
        low,
        pitch,
    )


def _furnish(board: Board, content: Content, walk: Walk, laid: tuple[BaseGeometry | None, Spots], colour: str) -> None:
    """Set scale and north on the map, then signs and names, the stops first; no street's name on the route."""
    line, spots = laid
    rect = board.frame.rect
    corner = Rect(rect.x + 1.6, rect.bottom - 9.6, 52.0, 8.0)
    panel(board, corner)
    draw_scale(board, corner.x + 13.0, corner.y + 1.8, 30.0)
    board.paper.text(corner.x + 1.4, corner.y + 4.8, f"1:{board.frame.scale}", 6.4, bold=True)
    draw_north(board, corner.right - 3.0, corner.y + 5.2, 4.6)
    board.taken.extend(draw_links(board, content, 1.1))
    stations = draw_stations(board, content.land, 0.85)
    label_stops(board, walk.stops, spots, colour, 2.0, 7.0)
    if line is not None and not line.is_empty:
        board.taken.append(board.page(line).buffer(0.7))
    name_waters(board, content.land, 15.0)
    name_stations(board, stations, 5.8, 0.85)
    name_streets(board, content.land, dict(STREETS), [])


def _head(board: Board, content: Content, walk: Walk, colour: str, width: float) -> None:
    """Set what the sheet is of, whether it can be walked, its sums, and the code of its page."""
    paper, x, y = board.paper, MARGIN, MARGIN
    address = content.pages.get(walk.id, "")
    paper.rule(x, y, width, colour=colour, points=2.6)
    kind = PROPOSED if walk.proposed else ROUTE
    paper.text(x, y + 5.4, f"{TITLE} · {kind}", 8.0, colour=INK["warn"] if walk.proposed else INK["accent"], bold=True)
    dated = plain(content.study.manifest["data_date"])
    room = width - (CODE + 4.0 if address else 0.0)
    said = f"{content.study.area[0]} {content.study.area[1]} · {dated}"
    paper.text(x + room, y + 5.4, said, 5.8, colour=INK["ink-faint"], align="right")
    size = min(22.0, 22.0 * room * 0.98 / max(paper.measure(walk.name, 22.0), 1e-9))
    paper.text(x, y + 15.6, walk.name or walk.id, max(size, LEAST_POINTS), bold=True, serif=True)
    paper.paragraph(x, y + 20.6, room, _group(walk), 6.4, colour=INK["ink-soft"], leading=1.3, most=2)
    verdict = PROPOSED_SHORT if walk.proposed else FEASIBLE.get(walk.feasible, FEASIBLE["unknown"])
    colour = INK["accent"] if walk.feasible == "yes" else INK["warn"]
    paper.paragraph(x, y + 25.4, room, " ".join(verdict), 6.4, colour=colour, bold=True, leading=1.2, most=1)
    if address:
        draw_code(board, Rect(x + width - CODE, y + 1.4, CODE, CODE), address)
        under = "扫码看网页 on the web"
        paper.text(x + width - CODE / 2, y + CODE + 3.4, under, LEAST_POINTS, colour=INK["ink-soft"], align="center")
    _sums(board, walk, Rect(x, y + 29.6, width, 13.0))


def _group(walk: Walk) -> str:
    """Say who walks, from when, and what of it is assumed."""
    theme, band = theme_of(walk), word(f"age_{walk.age_band}", walk.age_band or UNKNOWN)
    size = "" if walk.group_size is None else f" {walk.group_size:.0f} 人"
    limit = "" if walk.limit_min is None else f" · 时限 limit {walk.limit_min:.0f} 分 min"
    depart = f" · {walk.depart} 出发 departs" if walk.depart else ""
    assumed = "（来源未说，按假设 assumed）" if {"age_band", "limit_minutes"} & set(walk.assumed) else ""
    return f"{walk.id} · {theme[0]} {theme[1]} · {band[0]} {band[1]}{size}{depart}{limit}{assumed}"


def _sums(board: Board, walk: Walk, rect: Rect) -> None:
    """Set the sums of the route as a row of figures."""
    least = "≥" if walk.at_least else ""
    flight = UNKNOWN if walk.flight is None else f"{whole(walk.flight)}"
    cells = [
        ("步行", "on foot", f"{least}{whole(walk.seconds, 60)}", "分 min"),
        ("路程", "length", f"{least}{km(walk.metres)}", "km"),
        ("爬升", "up", f"{least}{whole(walk.ascent)}", "m"),
        ("下降", "down", f"{least}{whole(walk.descent)}", "m"),
        ("台阶", "steps", f"{'≈' if walk.steps else ''}{whole(walk.steps)}", "级"),
        ("最长一段", "longest flight", flight, "级" if walk.flight is not None else ""),
        ("连停留", "with stops", f"{least}{whole(walk.total_s, 60)}", "分 min"),
        ("定位", "stops located", f"{walk.located}/{len(walk.stops)}", "站"),
    ]
    paper, step = board.paper, rect.width / len(cells)
    paper.box(rect.x, rect.y, rect.width, rect.height, INK["paper-deep"])
    for number, (zh, en, value, unit) in enumerate(cells):
        x = rect.x + number * step + 2.0
        paper.text(x, rect.y + 3.6, zh, 5.8, colour=INK["ink-soft"], bold=True)
        paper.text(x + paper.measure(zh, 5.8, bold=True) + 1.0, rect.y + 3.6, en, LEAST_POINTS, colour=INK["ink-faint"])
        size = 12.0 if value != UNKNOWN else 8.0
        colour = INK["ink"] if value != UNKNOWN else INK["ink-faint"]
        paper.text(x, rect.y + 10.4, value, size, bold=True, colour=colour)
        paper.text(x + paper.measure(value, size, bold=True) + 0.8, rect.y + 10.4, unit, 5.8, colour=INK["ink-soft"])


def _notes(content: Content, walk: Walk) -> list[str]:
    """Say what must be known to use the sheet."""
    lost = [f"{stop.seq} {stop.name}" for stop in walk.stops if stop.at is None]
    assumed = any(stop.dwell_assumed for stop in walk.stops)
    address = content.pages.get(walk.id, "")
    made = (
        f"成果包 bundle {content.study.bundle_sha256[:16]}"
        f" · 参数 parameters {plain(content.study.manifest['parameters_sha256'])[:16]}"
        f" · servicecircle {plain(content.study.manifest.get('servicecircle_version'))}"
    )
    lines = [
        f"{CONFIRM[0]}{CONFIRM[1]}",
        f"未定位、图上不画的站 unlocated, not on the map：{'、'.join(lost)}。“≥”为下限 lower bound。" if lost else "",
        "* 停留时间来源未说，按假设 assumed minutes。" if assumed else "",
        "空心编号 hollow：近似位置 placed roughly。台阶数由长度估计 steps: estimated。界线为示意 boundaries: a sketch.",
        "；".join(part for part in (f"来源 source：{walk.source or UNKNOWN}", walk.date, walk.note) if part),
        "" if address else "无二维码：制图时未给网址（--site-url）No QR code: the address of the page was not given.",
        "　".join([*sources(content.study), made]),
    ]
    return [line for line in lines if line]
