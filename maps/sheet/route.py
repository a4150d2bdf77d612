"""The sheet of a study route: its stops in order on the map, and the table of its legs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from maps.report.phrases import UNKNOWN, word
from maps.sheet.board import Board, text_box
from maps.sheet.content import Content
from maps.sheet.drawing import stroke
from maps.sheet.formats import Format
from maps.sheet.frame import Rect
from maps.sheet.legend import Entry, entries_of_ground
from maps.sheet.lettering import draw_stations, name_stations, name_streets, name_subdistricts, name_waters
from maps.sheet.links import draw_links
from maps.sheet.numbers import mark_places
from maps.sheet.places import apart
from maps.sheet.placing import Candidate, placed
from maps.sheet.plate import STREET_TYPE, Heads, begun, ended
from maps.sheet.signs import draw_stop
from maps.sheet.tables import heading
from maps.sheet.words import PROPOSED, ROUTE
from maps.style import INK, THEME
from maps.walks import Leg, Stop, Walk

__all__ = ["colour_of", "extent", "km", "label_stops", "laid_out", "route_entries", "route_sheet", "theme_of", "whole"]

Spots: TypeAlias = Mapping[int, tuple[float, float]]
R = 2.3
NAME = 7.4
AT_LEAST_M = 700.0
HALO = 0.5


def route_sheet(content: Content, form: Format, route_id: str) -> Board:
    """Draw the sheet of one route."""
    walk = content.walks[route_id]
    line, spots = laid_out(content, walk)
    theme = theme_of(walk)
    colour = colour_of(walk)
    kind = PROPOSED if walk.proposed else ROUTE
    heads = Heads(kind, walk.name or route_id, f"Study route {route_id} · {theme[1]}", _said(walk, theme[0]))
    board, plan = begun(content, form, extent(line, spots, content), heads)
    everybody = [place.id for group in content.groups for place in group.places]
    if line is not None and not line.is_empty:
        axes = board.paper.figure.axes[1]
        width = board.paper.points(1.0)
        stroke(axes, board.frame, line, "white", width * (1.1 + 2 * HALO), alpha=0.85, zorder=1.4)
        dash = [width * 3.0, width * 1.2] if walk.proposed else None
        stroke(axes, board.frame, line, colour, width * 1.1, dash, zorder=1.5)
    mark_places(board, content.groups, 1.3, everybody)
    board.taken.extend(draw_links(board, content, 1.2))
    stations = draw_stations(board, content.land, 0.9)
    label_stops(board, walk.stops, spots, colour)
    name_waters(board, content.land, 20.0)
    name_subdistricts(board, content.land, 11.0, [])
    name_stations(board, stations, 6.2, 0.9)
    name_streets(board, content.land, dict(STREET_TYPE), [])
    room = ended(board, content, plan, [*route_entries(colour, proposed=walk.proposed), *entries_of_ground()])
    _table(board, room, walk, spots)
    return board


def laid_out(content: Content, walk: Walk) -> tuple[BaseGeometry | None, Spots]:
    """Lay the line of a route and its stops, by their number, out on the plane."""
    known = [stop for stop in walk.stops if stop.at is not None]
    flat = content.land.plane(gpd.GeoSeries([walk.line, *(stop.at for stop in known)], crs=4326))
    return flat[0], {stop.seq: (at.x, at.y) for stop, at in zip(known, flat[1:], strict=True)}


def theme_of(walk: Walk) -> tuple[str, str]:
    """Name the theme of a route."""
    return word(f"theme_{walk.theme}", walk.theme)


def colour_of(walk: Walk) -> str:
    """Return the colour of a route by its theme."""
    return str(THEME["route"].get(walk.theme, THEME["routeOther"]))  # type: ignore[attr-defined]


def extent(line: BaseGeometry | None, spots: Spots, content: Content) -> BaseGeometry:
    """Return a box round a route, of some least breadth; the whole area where nothing of it has a position."""
    points = [shapely.Point(at) for at in spots.values()]
    shapes = [*points, *([] if line is None or line.is_empty else [line])]
    if not shapes:
        return content.land.area
    whole = shapely.union_all(shapes)
    west, south, east, north = shapely.bounds(whole).tolist()
    wide = max(AT_LEAST_M - (east - west), 0) / 2, max(AT_LEAST_M - (north - south), 0) / 2
    box: BaseGeometry = shapely.box(west - wide[0], south - wide[1], east + wide[0], north + wide[1])
    return box


def _said(walk: Walk, theme: str) -> str:
    """Say the sums of a route, which are lower bounds where a stop has no position."""
    least = "≥" if walk.at_least else ""
    parts = [
        f"{theme} · 定位 {walk.located} / {len(walk.stops)} 站",
        " · ".join(
            (
                f"步行 {least}{whole(walk.seconds, 60)} 分钟",
                f"{least}{km(walk.metres)} 公里",
                f"爬升 {least}{whole(walk.ascent)} 米",
            )
        ),
        f"来源 source：{walk.source or UNKNOWN}",
    ]
    return "；".join(parts)


def whole(value: float | None, by: float = 1.0) -> str:
    """Say a number without decimals."""
    return UNKNOWN if value is None else f"{value / by:.0f}"


def km(value: float | None) -> str:
    """Say metres as kilometres."""
    return UNKNOWN if value is None else f"{value / 1000:.1f}"


def label_stops(
    board: Board, stops: Sequence[Stop], spots: Spots, colour: str, r: float = R, size: float = NAME
) -> None:
    """Draw the stops, the first on top, and their names."""
    shown = [stop for stop in stops if stop.seq in spots]
    if not shown:
        return
    at = apart(board.frame.page([spots[stop.seq] for stop in shown]), 2.35 * r, 3 * r)
    discs = [shapely.Point(x, y).buffer(r * 1.25) for x, y in at]
    board.taken.extend(discs)
    candidates: list[Candidate] = []
    em = board.paper.em(size)
    for number, (stop, (x, y)) in enumerate(zip(shown, at, strict=True)):
        for rank, turn in enumerate(np.arange(16) * math.pi / 8):
            for ring, gap in enumerate((0.4, 2.4, 5.0)):
                dx, dy = math.cos(turn), math.sin(turn)
                reach = r * 1.25 + gap
                align = "left" if dx > 0.3 else "right" if dx < -0.3 else "center"  # noqa: PLR2004
                px, py = x + dx * reach, y + dy * (reach + 0.3 * em) + 0.36 * em
                shape = text_box(board.paper, stop.name, size, px, py, bold=True, align=align)
                if board.inside([shape])[0]:
                    cost = 0.05 * min(rank, 16 - rank) + ring
                    candidates.append(Candidate(number, shape, cost, px, py, align, text=stop.name))
    for number in reversed(range(len(shown))):
        x, y = at[number].tolist()
        draw_stop(board, x, y, r, colour, str(shown[number].seq), hollow=shown[number].approximate)
    found = placed(candidates, board.taken)
    for one in found.values():
        board.write(one.text, "stop", size, one.shape, one.x, one.y, bold=True, align=one.align)
    board.left_out += [str(stop.seq) for number, stop in enumerate(shown) if number not in found]


def route_entries(colour: str, *, proposed: bool = False) -> list[Entry]:
    """One entry a sign of a route."""

    def sure(board: Board, x: float, y: float) -> None:
        draw_stop(board, x + 3.5, y, 1.7, colour, "1", hollow=False)

    def rough(board: Board, x: float, y: float) -> None:
        draw_stop(board, x + 3.5, y, 1.7, colour, "2", hollow=True)

    def line(board: Board, x: float, y: float) -> None:
        look: dict[str, Any] = {
            "color": colour,
            "linewidth": board.paper.points(1.0),
            "zorder": 4,
            "solid_capstyle": "butt",
            "dash_capstyle": "butt",
        }
        board.over.plot([x, x + 7], [y, y], **{"linestyle": (0, (3.0, 1.2)) if proposed else "-", **look})

    return [
        Entry(sure, "站点，按顺序编号", "stop, in order"),
        Entry(rough, "近似位置的站点", "stop placed roughly"),
        Entry(line, "步行路线（推算）", "way on foot (computed)"),
    ]


def _table(board: Board, room: Rect, walk: Walk, spots: Spots) -> None:
    """Set the stops in order, and between them what the way to the next one takes."""
    paper, x = board.paper, room.x
    y = heading(paper, x, room.y, room.width, "站点与路段", "Stops and legs: minutes, metres, ascent, descent, steps")
    legs = {leg.start: _leg_said(leg) for leg in walk.legs}
    size, small = 7.2, 5.8
    rows = len(walk.stops) + len(legs)
    step = min(paper.em(size) * 1.5, (room.bottom - y - 1) / max(rows, 1))
    if step < paper.em(small):
        board.left_out.append("legs")
        return
    for stop in walk.stops:
        y += step
        located = stop.seq in spots
        colour = INK["ink"] if located else INK["ink-faint"]
        paper.text(x + 5, y - step * 0.28, str(stop.seq), size, colour=colour, bold=True, align="right")
        paper.text(x + 7.5, y - step * 0.28, stop.name, size, colour=colour, bold=located)
        how = word(f"confidence_{stop.confidence}", stop.confidence)[0] if located else "未定位 unlocated"
        square = board.frame.square(*spots[stop.seq]) if located else ""
        paper.text(x + room.width - 9, y - step * 0.28, how, small, colour=INK["ink-faint"], align="right")
        paper.text(x + room.width, y - step * 0.28, square, small, colour=INK["ink-soft"], align="right")
        if stop.seq in legs:
            y += step
            paper.text(x + 10, y - step * 0.3, f"↓ {legs[stop.seq]}", small, colour=INK["ink-soft"])


def _leg_said(leg: Leg) -> str:
    """Say what a leg takes, or why there is none."""
    least, about = "≥" if leg.at_least else "", "≈" if leg.estimated else ""
    if leg.seconds is None:
        return f"到 {leg.end}：{leg.problem or UNKNOWN}"
    parts = [
        f"到 {leg.end}：{least}{whole(leg.seconds, 60)} 分钟 min",
        f"{least}{whole(leg.metres)} m",
        f"爬升 +{whole(leg.ascent)} m",
        f"下降 −{whole(leg.descent)} m",
        f"台阶 {about}{whole(leg.steps)} 级 steps",
    ]
    return " · ".join(parts)
