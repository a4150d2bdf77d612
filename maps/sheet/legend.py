"""The legend: every sign of the sheet, drawn as on the map, with what it says in Chinese and English."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from maps.report.phrases import tier_name
from maps.sheet.board import Board, polygon
from maps.sheet.frame import Rect
from maps.sheet.places import Group
from maps.sheet.signs import draw_link, draw_place, draw_station
from maps.style import GROUND, INK, TIERS

__all__ = ["Entry", "draw_entries", "entries_of_ground", "entries_of_places"]

Draw = Callable[[Board, float, float], None]
SIGN = 7.0  # room for the sign
R = 1.05


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the legend; ``draw`` puts the sign at its left and middle."""

    draw: Draw
    zh: str
    en: str


def entries_of_places(groups: Sequence[Group]) -> list[Entry]:
    """One entry a tier with its numbers; categories are told in the index; then what hollow signs and rings say."""
    found = []
    for group in _tiers(groups):
        own = [one for one in groups if one.tier == group.tier]
        numbers = [place.number for one in own for place in one.places if place.number]
        span = f"  {min(numbers)}–{max(numbers)}" if numbers else ""

        def draw(board: Board, x: float, y: float, own: Sequence[Group] = own) -> None:
            several = own[:3] if len(own) > 1 else own
            for number, one in enumerate(several):
                left = x + SIGN / 2 + (number - (len(several) - 1) / 2) * 2.4
                draw_place(board, left, y, R, one.sign, candidate=False, approximate=False)

        zh, en = tier_name(group.tier)
        found.append(Entry(draw, f"{zh}{span}", f"{en}, by category" if len(own) > 1 else en))

    def hollow(board: Board, x: float, y: float) -> None:
        for number, group in enumerate(_tiers(groups)):
            draw_place(board, x + 1.3 + number * 2.4, y, R * 0.85, group.sign, candidate=True, approximate=False)

    def ringed(board: Board, x: float, y: float) -> None:
        for number, group in enumerate(_tiers(groups)):
            draw_place(board, x + 1.3 + number * 2.4, y, R * 0.72, group.sign, candidate=False, approximate=True)

    found.append(Entry(hollow, "空心、细号：候选", "hollow: a candidate"))
    found.append(Entry(ringed, "虚线环、≈：近似位置", "dashed ring: approximate"))
    return found


def _tiers(groups: Sequence[Group]) -> list[Group]:
    return list({group.tier: group for group in reversed(groups)}.values())[::-1][: len(TIERS)]


def entries_of_ground() -> list[Entry]:
    """One entry a sign of the ground."""
    g = GROUND
    return [
        Entry(_street(0.8, g["street"], g["casing"], 0.36), "主干道", "main street"),
        Entry(_street(0.36, g["street"], g["casing"], 0.3), "街巷", "street, lane"),
        Entry(_street(0.6, g["street"], g["bridgeCasing"], 0.3), "桥", "bridge"),
        Entry(_line(g["tunnel"], 0.55, [0.9, 0.6]), "隧道", "tunnel"),
        Entry(_line(g["path"], 0.16, [0.6, 0.4]), "步道", "path"),
        Entry(_line(g["stairs"], 0.5, [0.3, 0.3]), "台阶", "stairs"),
        Entry(_line(g["stairs"], 0.5, None), "自动扶梯", "escalator"),
        Entry(_links, "电梯、扶梯、索道", "lift, escalator, cableway"),
        Entry(_unused, "同上，未计入步行", "the same, not counted"),
        Entry(_rail, "铁路", "railway"),
        Entry(_metro, "轨道交通与车站", "metro, station"),
        Entry(_box(g["building"], g["buildingEdge"]), "建筑", "building"),
        Entry(_box(g["water"], g["shore"]), "水域（色调不表示水深）", "water (tones: not depth)"),
        Entry(_line(g["border"], 0.22, [1.5, 0.5, 0.3, 0.5]), "街道界（示意）", "subdistricts (sketch)"),
        Entry(_line(g["boundary"], 0.36, [2.4, 0.6, 0.4, 0.6]), "区界（示意）", "district (sketch)"),
    ]


def draw_entries(
    board: Board,
    rect: Rect,
    entries: Sequence[Entry],
    columns: int,
    *,
    pitch: float = 4.5,
    sizes: tuple[float, float] = (6.2, 5.5),
) -> float:
    """Set entries in columns, down then right; return where the lowest ends."""
    rows = math.ceil(len(entries) / columns)
    width = rect.width / columns
    for number, entry in enumerate(entries):
        column, row = divmod(number, rows)
        x, y = rect.x + column * width, rect.y + (row + 0.5) * pitch
        entry.draw(board, x, y)
        left, room = x + SIGN + 1.2, width - SIGN - 2.2
        base = y + 0.36 * board.paper.em(sizes[0])
        wide = board.paper.measure(entry.zh, sizes[0])
        if wide + board.paper.measure(entry.en, sizes[1]) + 1.6 <= room:
            board.paper.text(left, base, entry.zh, sizes[0])
            board.paper.text(left + wide + 1.4, base, entry.en, sizes[1], colour=INK["ink-faint"])
            continue
        step = board.paper.em(sizes[1]) * 1.04
        board.paper.text(left, base - step * 0.45, entry.zh, sizes[0])
        board.paper.paragraph(left, base + step * 0.62, room, entry.en, sizes[1], colour=INK["ink-faint"], most=1)
    return rect.y + rows * pitch


def _line(colour: str, width: float, dash: Sequence[float] | None) -> Draw:
    def draw(board: Board, x: float, y: float) -> None:
        u = board.paper.points(1.0)
        look: dict[str, Any] = {"color": colour, "linewidth": u * width, "zorder": 4}
        look |= {"dash_capstyle": "butt", "solid_capstyle": "butt"}
        line = board.over.plot([x, x + SIGN], [y, y], "-", **look)[0]
        if dash:
            line.set_dashes([d / width for d in dash])

    return draw


def _street(width: float, colour: str, casing: str, rim: float) -> Draw:
    def draw(board: Board, x: float, y: float) -> None:
        _line(casing, width + rim, None)(board, x, y)
        _line(colour, width, None)(board, x, y)

    return draw


def _box(face: str, edge: str) -> Draw:
    def draw(board: Board, x: float, y: float) -> None:
        corners = [(x + 1, y - 1.1), (x + SIGN - 1, y - 1.1), (x + SIGN - 1, y + 1.1), (x + 1, y + 1.1)]
        look: dict[str, Any] = {"edgecolor": edge, "linewidth": board.paper.points(0.1), "zorder": 4}
        polygon(board.over, corners, facecolor=face, **look)

    return draw


def _links(board: Board, x: float, y: float) -> None:
    for number, kind in enumerate(("lift", "escalator", "cableway")):
        _plate(board, x + 1.2 + number * 2.4, y, kind, used=True)


def _unused(board: Board, x: float, y: float) -> None:
    _plate(board, x + SIGN / 2, y, "lift", used=False)


def _plate(board: Board, x: float, y: float, kind: str, *, used: bool) -> None:
    draw_link(board, x, y, 1.0, kind, used=used)


def _rail(board: Board, x: float, y: float) -> None:
    _line(GROUND["rail"], 0.45, None)(board, x, y)
    _line(GROUND["railGap"], 0.28, [1.1, 1.1])(board, x, y)


def _metro(board: Board, x: float, y: float) -> None:
    _line(GROUND["metro"], 0.4, None)(board, x, y)
    draw_station(board, x + SIGN / 2, y, 0.72)
