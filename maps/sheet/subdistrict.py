"""The sheet of a subdistrict: its places with their numbers, names where there is room, and its own index."""

from __future__ import annotations

from dataclasses import replace

from maps.report.phrases import UNKNOWN
from maps.sheet.board import Board
from maps.sheet.content import Content
from maps.sheet.formats import Format
from maps.sheet.frame import Rect
from maps.sheet.index import draw_index, index_lines
from maps.sheet.legend import entries_of_ground, entries_of_places
from maps.sheet.lettering import draw_stations, name_stations, name_streets, name_subdistricts, name_waters
from maps.sheet.links import draw_links
from maps.sheet.numbers import label_marks, mark_places
from maps.sheet.places import Group
from maps.sheet.plate import STREET_TYPE, Heads, begun, ended
from maps.sheet.tables import coverage, draw_table, heading
from maps.sheet.words import SUBDISTRICT, SUBDISTRICT_NOTE

__all__ = ["subdistrict_sheet"]


def subdistrict_sheet(content: Content, form: Format, code: str) -> Board:
    """Draw the sheet of one subdistrict."""
    part = next(one for one in content.land.subdistricts if one.code == code)
    groups = _own(content.groups, code)
    own = [place for group in groups for place in group.places]
    known = sum(1 for place in own if place.number)
    said = SUBDISTRICT_NOTE.format(all=len(own) or UNKNOWN, known=known, code=code)
    heads = Heads(SUBDISTRICT, part.name or code, f"{part.name_en} subdistrict", said)
    board, plan = begun(content, form, part.shape, heads, focus=part.shape)
    ids = {place.id for place in own}
    others = [place.id for group in content.groups for place in group.places if place.id not in ids]
    marked = mark_places(board, content.groups, 1.75, others)
    signs = [mark.shape for mark in marked]
    board.taken.extend(draw_links(board, content, 1.3))
    stations = draw_stations(board, content.land, 0.95)
    name_waters(board, content.land, 22.0)
    label_marks(board, marked, 6.6, 6.2)
    board.taken.extend(signs)
    name_subdistricts(board, content.land, 13.0, signs, only=code)
    name_stations(board, stations, 6.2, 0.95)
    name_streets(board, content.land, dict(STREET_TYPE), [])
    room = ended(board, content, plan, [*entries_of_places(content.groups), *entries_of_ground()])
    minutes = f"{content.study.cutoff_s() / 60:g}"
    head = f"步行{minutes}分钟可达人口，%", f"reached within {minutes} min; all (low–high), confirmed"
    y = heading(board.paper, room.x, room.y, room.width, *head)
    y = draw_table(board.paper, room.x, y, *coverage(content.study, [code]))
    y = heading(
        board.paper, room.x, y + 1.6, room.width, "点位索引", "number, name, square; bold: listed; ≈: approximate"
    )
    lines = index_lines(groups, board.frame)
    if not any(
        draw_index(board.paper, Rect(room.x, y, room.width, room.bottom - y), lines, n) for n in _fitting(board)
    ):
        board.left_out.append("index")
    return board


def _own(groups: tuple[Group, ...], code: str) -> list[Group]:
    own = [replace(g, places=tuple(p for p in g.places if p.subdistrict == code)) for g in groups]
    return [group for group in own if group.places]


def _fitting(board: Board) -> tuple[int, ...]:
    return (2, 3, 4) if board.form.unit == 1 else (3, 4, 5)
