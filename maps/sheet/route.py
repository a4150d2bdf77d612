"""The sheet of a study route: its stops in order on the map, and the table of its legs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from maps.report.phrases import UNKNOWN, word
from maps.report.reading import plain
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
from maps.sheet.words import ROUTE
from maps.style import INK, THEME

__all__ = ["route_sheet"]

R = 2.3
NAME = 7.4
APPROXIMATE = ("landmark", "street", "area")
AT_LEAST_M = 700.0
HALO = 0.5


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop of a route; ``x`` and ``y`` are nan where nobody knows where it is."""

    seq: int
    name: str
    confidence: str
    x: float
    y: float

    @property
    def located(self) -> bool:
        """Whether it can be drawn."""
        return math.isfinite(self.x)


def route_sheet(content: Content, form: Format, route_id: str) -> Board:
    """Draw the sheet of one route."""
    routes = content.study.bundle.layers["routes"]
    row = routes[routes["route_id"] == route_id].iloc[0]
    stops = _stops(content, route_id)
    line = content.land.plane(routes.loc[[row.name]].geometry)[0]
    shape = _extent(line, stops, content)
    theme = word(f"theme_{plain(row['theme'])}", plain(row["theme"]))
    colour = str(THEME["route"].get(row["theme"], THEME["routeOther"]))  # type: ignore[attr-defined]
    heads = Heads(ROUTE, plain(row["name"]) or route_id, f"Study route {route_id} · {theme[1]}", _said(row, theme[0]))
    board, plan = begun(content, form, shape, heads)
    everybody = [place.id for group in content.groups for place in group.places]
    if line is not None and not line.is_empty:
        axes = board.paper.figure.axes[1]
        width = board.paper.points(1.0)
        stroke(axes, board.frame, line, "white", width * (1.1 + 2 * HALO), alpha=0.85, zorder=1.4)
        stroke(axes, board.frame, line, colour, width * 1.1, zorder=1.5)
    mark_places(board, content.groups, 1.3, everybody)
    board.taken.extend(draw_links(board, content, 1.2))
    stations = draw_stations(board, content.land, 0.9)
    _label_stops(board, stops, colour)
    name_waters(board, content.land, 20.0)
    name_subdistricts(board, content.land, 11.0, [])
    name_stations(board, stations, 6.2, 0.9)
    name_streets(board, content.land, dict(STREET_TYPE), [])
    room = ended(board, content, plan, [*_entries(colour), *entries_of_ground()])
    _table(board, room, content, route_id, stops)
    return board


def _stops(content: Content, route_id: str) -> list[Stop]:
    layer = content.study.bundle.layers["route_stops"]
    rows = layer[layer["route_id"] == route_id].sort_values("seq")
    at = content.land.plane(rows.geometry)
    found = []
    for row, point in zip(rows.itertuples(), at, strict=True):
        known = bool(row.located) and point is not None
        x, y = (point.x, point.y) if known else (math.nan, math.nan)
        found.append(Stop(int(row.seq), plain(row.name), plain(row.position_confidence), x, y))
    return found


def _extent(line: BaseGeometry | None, stops: list[Stop], content: Content) -> BaseGeometry:
    points = [shapely.Point(stop.x, stop.y) for stop in stops if stop.located]
    shapes = [*points, *([] if line is None or line.is_empty else [line])]
    if not shapes:
        return content.land.area
    whole = shapely.union_all(shapes)
    west, south, east, north = shapely.bounds(whole).tolist()
    wide = max(AT_LEAST_M - (east - west), 0) / 2, max(AT_LEAST_M - (north - south), 0) / 2
    extent: BaseGeometry = shapely.box(west - wide[0], south - wide[1], east + wide[0], north + wide[1])
    return extent


def _said(row: pd.Series, theme: str) -> str:
    """Say the sums of a route, which are lower bounds where a stop has no position."""
    least = "≥" if bool(row["at_least"]) else ""
    minutes = _whole(row["seconds"], 60)
    parts = [
        f"{theme} · 定位 {int(row['stops_located'])} / {int(row['stops'])} 站",
        f"步行 {least}{minutes} 分钟 · {least}{_km(row['metres'])} 公里 · 爬升 {least}{_whole(row['ascent_m'])} 米",
        f"来源 source：{plain(row['source'])}",
    ]
    return "；".join(parts)


def _whole(value: Any, by: float = 1.0) -> str:  # noqa: ANN401  a cell
    return UNKNOWN if value is None or pd.isna(value) else f"{float(value) / by:.0f}"


def _km(value: Any) -> str:  # noqa: ANN401  a cell
    return UNKNOWN if value is None or pd.isna(value) else f"{float(value) / 1000:.1f}"


def _label_stops(board: Board, stops: list[Stop], colour: str) -> None:
    """Draw the stops, the first on top, and their names."""
    shown = [stop for stop in stops if stop.located]
    if not shown:
        return
    at = apart(board.frame.page([(stop.x, stop.y) for stop in shown]), 2.35 * R, 3 * R)
    discs = [shapely.Point(x, y).buffer(R * 1.25) for x, y in at]
    board.taken.extend(discs)
    candidates: list[Candidate] = []
    em = board.paper.em(NAME)
    for number, (stop, (x, y)) in enumerate(zip(shown, at, strict=True)):
        for rank, turn in enumerate(np.arange(16) * math.pi / 8):
            for ring, gap in enumerate((0.4, 2.4, 5.0)):
                dx, dy = math.cos(turn), math.sin(turn)
                reach = R * 1.25 + gap
                align = "left" if dx > 0.3 else "right" if dx < -0.3 else "center"  # noqa: PLR2004
                px, py = x + dx * reach, y + dy * (reach + 0.3 * em) + 0.36 * em
                shape = text_box(board.paper, stop.name, NAME, px, py, bold=True, align=align)
                if board.inside([shape])[0]:
                    cost = 0.05 * min(rank, 16 - rank) + ring
                    candidates.append(Candidate(number, shape, cost, px, py, align, text=stop.name))
    for number in reversed(range(len(shown))):
        x, y = at[number].tolist()
        draw_stop(board, x, y, R, colour, str(shown[number].seq), hollow=shown[number].confidence in APPROXIMATE)
    found = placed(candidates, board.taken)
    for one in found.values():
        board.write(one.text, "stop", NAME, one.shape, one.x, one.y, bold=True, align=one.align)
    board.left_out += [str(stop.seq) for number, stop in enumerate(shown) if number not in found]


def _entries(colour: str) -> list[Entry]:
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
        }
        board.over.plot([x, x + 7], [y, y], "-", **look)

    return [
        Entry(sure, "站点，按顺序编号", "stop, in order"),
        Entry(rough, "近似位置的站点", "stop placed roughly"),
        Entry(line, "步行路线（推算）", "way on foot (computed)"),
    ]


def _table(board: Board, room: Rect, content: Content, route_id: str, stops: list[Stop]) -> None:
    """Set the stops in order, and between them what the way to the next one takes."""
    paper, x = board.paper, room.x
    y = heading(paper, x, room.y, room.width, "站点与路段", "Stops and legs: minutes, metres, ascent, descent, steps")
    legs = _legs(content, route_id)
    size, small = 7.2, 5.8
    rows = len(stops) + len(legs)
    step = min(paper.em(size) * 1.5, (room.bottom - y - 1) / max(rows, 1))
    if step < paper.em(small):
        board.left_out.append("legs")
        return
    for stop in stops:
        y += step
        colour = INK["ink"] if stop.located else INK["ink-faint"]
        paper.text(x + 5, y - step * 0.28, str(stop.seq), size, colour=colour, bold=True, align="right")
        paper.text(x + 7.5, y - step * 0.28, stop.name, size, colour=colour, bold=stop.located)
        how = word(f"confidence_{stop.confidence}", stop.confidence)[0] if stop.located else "未定位 unlocated"
        square = board.frame.square(stop.x, stop.y) if stop.located else ""
        paper.text(x + room.width - 9, y - step * 0.28, how, small, colour=INK["ink-faint"], align="right")
        paper.text(x + room.width, y - step * 0.28, square, small, colour=INK["ink-soft"], align="right")
        if stop.seq in legs:
            y += step
            paper.text(x + 10, y - step * 0.3, f"↓ {legs[stop.seq]}", small, colour=INK["ink-soft"])


def _legs(content: Content, route_id: str) -> dict[int, str]:
    """Say each leg by the stop it starts from; none where the bundle has no table of legs."""
    table = content.study.tables.get("route_legs")
    if table is None or not {"route_id", "from_seq", "seconds", "metres"} <= set(table.columns):
        return {}
    found = {}
    for row in table[table["route_id"] == route_id].to_dict("records"):
        least = "≥" if row.get("at_least") else ""
        steps = _whole(row.get("steps"))
        about = "≈" if row.get("steps_estimated") else ""
        parts = [
            f"到 {int(row['to_seq'])}：{least}{_whole(row['seconds'], 60)} 分钟 min",
            f"{least}{_whole(row['metres'])} m",
            f"爬升 +{_whole(row.get('ascent_m'))} m",
            f"下降 −{_whole(row.get('descent_m'))} m",
            f"台阶 {about}{steps} 级 steps",
        ]
        if pd.isna(row["seconds"]):
            parts = [f"到 {int(row['to_seq'])}：{plain(row.get('problem')) or UNKNOWN}"]
        found[int(row["from_seq"])] = " · ".join(parts)
    return found
