"""The index: every place by tier and category, with its number and the square where it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from maps.paper import Paper
from maps.sheet.frame import Frame, Rect
from maps.sheet.places import Group, Place, Sign
from maps.style import INK

__all__ = ["Line", "draw_index", "index_lines"]

SIZE, HEAD = 5.5, 6.0
NUMBER, SQUARE, GUTTER = 4.4, 5.6, 2.2
PITCH = 1.1
MARKS = {"square": "■", "circle": "●", "diamond": "◆"}
ELSEWHERE = "—"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the index: a head in a group's colour, a place, or places nobody can draw, run on."""

    kind: str
    text: str
    number: str = ""
    square: str = ""
    bold: bool = False
    sign: Sign | None = None
    text_en: str = ""


def index_lines(groups: Sequence[Group], frame: Frame) -> list[Line]:
    """Say every place once: those with a position by number, the others by name under their group."""
    found: list[Line] = []
    for group in groups:
        located = [place for place in group.places if place.number]
        lost = [place for place in group.places if not place.number]
        found.append(Line("head", group.name, str(len(group.places)), sign=group.sign, text_en=group.name_en))
        found += [Line("place", p.name, str(p.number), _square(p, frame), not p.candidate, group.sign) for p in located]
        if lost:
            said = f"未定位 {len(lost)} unlocated：" + "、".join(place.name for place in lost)
            found.append(Line("lost", said, sign=group.sign))
    return found


def _square(place: Place, frame: Frame) -> str:
    square = frame.square(place.x, place.y) or ELSEWHERE
    return f"≈{square}" if place.approximate else square


def draw_index(paper: Paper, rect: Rect, lines: Sequence[Line], columns: int) -> bool:
    """Set the index in columns; return whether it fits."""
    width = (rect.width - GUTTER * (columns - 1)) / columns
    pitch = paper.em(SIZE) * PITCH
    rows = int(rect.height / pitch)
    column, row = 0, 0
    for block in _blocks(paper, lines, width):
        need = len(block) + (block[0][0].kind == "head")
        if row + max(need, 1) > rows and row:
            column, row = column + 1, 0
        for line, part, first in block:
            if row >= rows:
                column, row = column + 1, 0
            if column >= columns:
                return False
            x, y = rect.x + column * (width + GUTTER), rect.y + (row + 0.84) * pitch
            _set(paper, x, y, width, line, part, first=first)
            row += 1
    return True


def _blocks(paper: Paper, lines: Sequence[Line], width: float) -> Iterator[list[tuple[Line, str, bool]]]:
    """Break each entry into lines; those of a place stay together, a run of names need not."""
    for line in lines:
        room = width - (0.0 if line.kind == "lost" else NUMBER + SQUARE + 0.6)
        if line.kind == "head":
            yield [(line, line.text, True)]
            continue
        parts = paper.lines(room, line.text, SIZE) or [""]
        entries = [(line, part, number == 0) for number, part in enumerate(parts)]
        if line.kind == "lost":
            yield from ([entry] for entry in entries)
        else:
            yield entries


def _set(paper: Paper, x: float, y: float, width: float, line: Line, part: str, *, first: bool) -> None:
    colour = line.sign.colour if line.sign else INK["ink"]
    if line.kind == "head":
        wide = paper.measure(line.text, HEAD, bold=True) + paper.em(HEAD)
        paper.text(x, y, f"{MARKS[line.sign.shape] if line.sign else ''}{line.text}", HEAD, colour=colour, bold=True)
        paper.text(x + width, y, line.number, SIZE, colour=INK["ink-faint"], align="right")
        room = width - wide - paper.measure(line.number, SIZE) - 2.4
        said = paper.lines(max(room, 1.0), line.text_en, SIZE)
        if len(said) == 1:
            paper.text(x + wide + 1.2, y, said[0], SIZE, colour=INK["ink-faint"])
        paper.rule(x, y + paper.em(SIZE) * 0.19, width, colour=colour, points=0.5)
        return
    if line.kind == "lost":
        paper.text(x, y, part, SIZE, colour=INK["ink-faint"])
        return
    if first:
        paper.text(x + NUMBER - 0.9, y, line.number, SIZE, colour=colour, bold=line.bold, align="right")
        paper.text(x + width, y, line.square, SIZE, colour=INK["ink-soft"], align="right")
    paper.text(x + NUMBER, y, part, SIZE)
