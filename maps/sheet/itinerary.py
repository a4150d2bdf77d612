"""Stops in their order with their times, and between them what each way takes: a table of two kinds of lines."""

from __future__ import annotations

from maps.report.phrases import UNKNOWN, word
from maps.sheet.board import Board
from maps.sheet.frame import Rect
from maps.sheet.signs import draw_stop
from maps.style import INK
from maps.walks import Leg, Stop, Walk

__all__ = ["draw_itinerary", "itinerary_high"]

SIZE, SMALL = 7.0, 5.8
HEAD = 5.6
FINE = 5.5
LEG, MORE = 0.86, 0.66  # height of a leg's line and of what it says besides, in lines of a stop
# Columns: where they end from the right edge, in millimetres.
COLUMNS = (
    ("分钟", "min", 75.0),
    ("米", "m", 64.0),
    ("升", "up m", 54.0),
    ("降", "down m", 44.0),
    ("台阶", "steps", 32.0),
    ("最长一段", "flight", 19.0),
    ("无台阶", "step-free", 0.0),
)


def itinerary_high(walk: Walk, pitch: float) -> float:
    """Return how high the table is, a stop's line being ``pitch`` millimetres high."""
    lines = sum(LEG + (MORE if _more(leg) else 0.0) for leg in walk.legs)
    return HEAD + pitch * (len(walk.stops) + lines) + 1.0


def draw_itinerary(board: Board, rect: Rect, walk: Walk, colour: str, pitch: float) -> None:
    """Set the table; the head names the columns of the legs, and of the stops."""
    paper = board.paper
    for zh, en, end in COLUMNS:
        x = rect.right - end
        paper.text(x, rect.y + 2.2, zh, FINE, colour=INK["ink-soft"], bold=True, align="right")
        paper.text(x, rect.y + 4.5, en, FINE, colour=INK["ink-faint"], align="right")
    paper.text(rect.x + 6, rect.y + 2.2, "站点　到–离　停留", FINE, colour=INK["ink-soft"], bold=True)
    paper.text(rect.x + 6, rect.y + 4.5, "stop, times, minutes there", FINE, colour=INK["ink-faint"])
    paper.rule(rect.x, rect.y + HEAD, rect.width, colour=INK["line-strong"])
    legs = {leg.start: leg for leg in walk.legs}
    y = rect.y + HEAD
    for stop in walk.stops:
        _stop(board, rect, y, pitch, stop, colour)
        y += pitch
        leg = legs.get(stop.seq)
        if leg is not None:
            _leg(board, rect, y, pitch, leg)
            y += pitch * (LEG + (MORE if _more(leg) else 0.0))


def _stop(board: Board, rect: Rect, y: float, pitch: float, stop: Stop, colour: str) -> None:
    paper = board.paper
    located = stop.at is not None
    ink = INK["ink"] if located else INK["ink-faint"]
    middle = y + pitch / 2
    base = middle + 0.36 * paper.em(SIZE)
    if located:
        draw_stop(board, rect.x + 2.4, middle, min(1.75, pitch * 0.42), colour, str(stop.seq), hollow=stop.approximate)
    else:
        paper.text(rect.x + 2.4, base, str(stop.seq), SIZE, colour=ink, bold=True, align="center")
    right = _when(stop)
    room = rect.width - 8.0 - paper.measure(right, SMALL)
    said = _state(stop)
    if paper.measure(stop.name, SIZE, bold=located) + paper.measure(said, FINE) + 2.0 > room:
        said = ""
    size = min(SIZE, SIZE * room / max(paper.measure(stop.name, SIZE, bold=located) + 2.0, 1e-9))
    paper.text(rect.x + 6, base, stop.name, max(size, FINE), colour=ink, bold=located)
    at = rect.x + 7.4 + paper.measure(stop.name, max(size, FINE), bold=located)
    paper.text(at, base, said, FINE, colour=INK["warn"] if not located else INK["ink-faint"])
    paper.text(rect.right, base, right, SMALL, colour=ink, align="right")


def _when(stop: Stop) -> str:
    """Say when the group comes and goes, and how long it stays: ``*`` where that is assumed."""
    least = "≥" if stop.at_least else ""
    times = "–".join(dict.fromkeys(t for t in (stop.arrive, stop.leave) if t))
    times = f"{least}{times}" if times else ""
    if not stop.dwell_min:
        return times
    stay = f"{stop.dwell_min:.0f} 分 min{'*' if stop.dwell_assumed else ''}"
    return f"{times}　{stay}" if times else stay


def _state(stop: Stop) -> str:
    if stop.at is None:
        return "未定位 unlocated"
    parts = [word(f"confidence_{stop.confidence}", stop.confidence)[0] if stop.approximate else ""]
    parts.append("候选 candidate" if stop.candidate else "")
    return " · ".join(part for part in parts if part)


def _leg(board: Board, rect: Rect, y: float, pitch: float, leg: Leg) -> None:
    paper = board.paper
    base = y + pitch * LEG / 2 + 0.36 * paper.em(SMALL)
    x = rect.x + 2.4
    board.over.plot([x, x], [y + 0.3, y + pitch * LEG - 0.3], "-", color=INK["line-strong"], linewidth=1.4, zorder=2)
    paper.text(rect.x + 6, base, f"↓ {leg.start} → {leg.end}", SMALL, colour=INK["ink-soft"])
    if leg.seconds is None:
        said = f"{leg.problem or UNKNOWN}"
        paper.text(rect.right, base, said, SMALL, colour=INK["warn"], align="right")
    else:
        for (_, _, end), said in zip(COLUMNS, _figures(leg), strict=True):
            bold = end == COLUMNS[0][2]
            paper.text(rect.right - end, base, said, SMALL, colour=INK["ink"], bold=bold, align="right")
    more = _more(leg)
    if more:
        low = y + pitch * (LEG + MORE / 2) + 0.3 * paper.em(FINE)
        lines = paper.lines(rect.width - 6, more, FINE)
        said = lines[0] if len(lines) == 1 else f"{lines[0][:-1]}…"
        paper.text(rect.x + 6, low, said, FINE, colour=INK["ink-faint"])


def _figures(leg: Leg) -> list[str]:
    least, about = "≥" if leg.at_least else "", "≈" if leg.estimated and leg.steps else ""

    def said(value: float | None, mark: str = "") -> str:
        return UNKNOWN if value is None else f"{mark}{value:,.0f}"

    minutes = UNKNOWN if leg.seconds is None else f"{least}{max(round(leg.seconds / 60), 1)}"
    figures = [minutes, said(leg.metres, least), said(leg.ascent), said(leg.descent), said(leg.steps, about)]
    return [*figures, said(leg.flight, about if leg.flight else ""), _stepfree(leg)]


def _stepfree(leg: Leg) -> str:
    """Say whether the way is free of stairs, or how much longer the one is that is."""
    if leg.stepfree is None:
        return UNKNOWN
    if leg.stepfree:
        return "是 yes"
    if leg.stepfree_metres is None or leg.metres is None:
        return "无 none"
    more = leg.stepfree_metres - leg.metres
    return f"多 {more:,.0f} m" if more >= 1 else "不更长 same"


def _more(leg: Leg) -> str:
    """Say what else is on the way: main roads, rides and what they cost, stops that were passed over."""
    parts = []
    if leg.crossings:
        lights = (
            "无信号灯" if leg.plain == leg.crossings else "有信号灯" if leg.lights == leg.crossings else "信号灯不全知"
        )
        names = leg.crossed.replace(";", "、")
        parts.append(f"过主路 {leg.crossings:.0f} 处 main roads（{lights}）{names}")
    if leg.rides:
        fee = "" if leg.fee is None else " 免费 free" if leg.fee == 0 else f" ¥{leg.fee:g}"
        parts.append(f"电梯扶梯 {leg.rides:.0f} 次 rides{fee}")
    if leg.skipped:
        parts.append(f"越过 {leg.skipped} 个未定位站 passes unlocated stops")
    return "；".join(parts)
