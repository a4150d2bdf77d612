"""Numbers beside the signs, and names beside the numbers where there is room."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from maps.sheet.board import Board, text_box
from maps.sheet.places import Group, Place, Sign, apart
from maps.sheet.placing import Candidate, placed
from maps.sheet.signs import draw_place, reach

__all__ = ["Marked", "label_marks", "mark_places"]

NEAR = np.array([(1, 0), (-1, 0), (0, -1), (0, 1), (1, -1), (1, 1), (-1, -1), (-1, 1)], dtype=np.float64)
RINGS = (1.0, 2.0, 3.4, 5.0, 6.8, 8.8, 11.0)  # lengths of leaders, in bodies of the type
NEAREST = 2
TURNS = np.array([(math.cos(a), math.sin(a)) for a in np.arange(16) * math.pi / 8])
MOVED_AT_MOST = 2.4  # how far a sign may stand from its position, in radii


@dataclass(frozen=True, slots=True)
class Marked:
    """A place on the sheet: where its sign stands, and what it covers."""

    place: Place
    sign: Sign
    x: float
    y: float
    radius: float
    shape: BaseGeometry


def mark_places(board: Board, groups: Sequence[Group], r: float, faint: Sequence[str] = ()) -> list[Marked]:
    """Draw the signs of all places in the frame, apart from each other; those of ``faint`` ids step back.

    Return the others, which want a label.
    """
    shown = [(place, group.sign) for group in groups for place in group.places if board.frame.holds(place.x, place.y)]
    if not shown:
        return []
    at = apart(board.frame.page([(place.x, place.y) for place, _ in shown]), 2.3 * r, MOVED_AT_MOST * r)
    back = set(faint)
    marked: list[Marked] = []
    order = sorted(range(len(shown)), key=lambda n: (shown[n][0].id not in back, -shown[n][0].number))
    for number in order:
        place, sign = shown[number]
        x, y = at[number].tolist()
        aside = place.id in back
        look: dict[str, Any] = {"candidate": place.candidate, "approximate": place.approximate, "faint": aside}
        draw_place(board, x, y, r * (0.8 if aside else 1.0), sign, **look)
        if not aside:
            far = reach(sign, r)
            marked.append(Marked(place, sign, x, y, far, shapely.Point(x, y).buffer(far, quad_segs=6)))
    return sorted(marked, key=lambda m: m.place.number)


def label_marks(board: Board, marked: Sequence[Marked], size: float, names: float = 0.0) -> None:
    """Write the number of each sign, and in type of size ``names`` its name where there is room.

    Numbers without room are listed in ``board.left_out``; the index has them all the same.
    """
    signs = [mark.shape for mark in marked]
    taken = [*board.taken, *signs]
    found = placed([c for n, mark in enumerate(marked) for c in _numbers(board, n, mark, size, RINGS[:NEAREST])], taken)
    lost = [n for n in range(len(marked)) if n not in found]
    fixed = [*taken, *(c.shape for c in found.values())]
    found |= placed([c for n in lost for c in _numbers(board, n, marked[n], size, RINGS[NEAREST:])], fixed)
    named: dict[int, Candidate] = {}
    if names:
        fixed = [*taken, *(c.shape for c in found.values())]
        options = [
            c for n, mark in enumerate(marked) if n in found for c in _name(board, n, mark, found[n], size, names)
        ]
        named = placed(options, fixed)
    for n, mark in enumerate(marked):
        if n not in found:
            board.left_out.append(str(mark.place.number))
            continue
        at = found[n]
        look: dict[str, Any] = {"colour": mark.sign.colour, "bold": not mark.place.candidate, "align": at.align}
        if at.leader:
            (x0, y0), (x1, y1) = at.leader
            thin = board.paper.points(0.12)
            board.over.plot([x0, x1], [y0, y1], "-", color=mark.sign.colour, linewidth=thin, zorder=2.8)
        board.write(at.text, "number", size, at.shape, at.x, at.y, **look)
        if n in named:
            name = named[n]
            board.write(name.text, "name", names, name.shape, name.x, name.y, colour="#2b2620", align=name.align)


def _numbers(board: Board, number: int, mark: Marked, size: float, rings: Sequence[float]) -> list[Candidate]:
    """Give places for a number: beside its sign, then at the ends of leaders, which nothing else may cross."""
    text, em = str(mark.place.number), board.paper.em(size)
    wide = board.paper.measure(text, size, bold=not mark.place.candidate)
    half = np.array([wide / 2 + 0.12, 0.385 * em + 0.12])
    beside = NEAR / np.maximum(np.hypot(*NEAR.T), 1.0)[:, None] * 1.02
    middles = [np.array([mark.x, mark.y]) + beside * (mark.radius + 0.26) + NEAR * (half - 0.12)]
    ends, starts = [np.full((len(NEAR), 2), np.nan)], [np.full((len(NEAR), 2), np.nan)]
    costs = [0.08 * np.arange(len(NEAR))]
    for ring in rings:
        start = np.array([mark.x, mark.y]) + TURNS * (mark.radius + 0.16)
        end = start + TURNS * ring * em
        push = np.min((half + 0.08) / np.maximum(np.abs(TURNS), 1e-9), axis=1)
        middles.append(end + TURNS * push[:, None])
        starts.append(start)
        ends.append(end)
        costs.append(0.8 + 0.4 * ring + 0.002 * np.arange(len(TURNS)))
    at, start, end = np.vstack(middles), np.vstack(starts), np.vstack(ends)
    boxes = shapely.box(*(at - half).T, *(at + half).T)
    led = np.isfinite(end[:, 0])
    lines = shapely.linestrings(np.stack([start[led], end[led]], axis=1))
    boxes[led] = shapely.union(boxes[led], shapely.buffer(lines, 0.1, quad_segs=1, cap_style="flat"))
    inner = board.frame.rect.box.buffer(-0.6)
    keep = np.flatnonzero(shapely.covers(inner, boxes))
    cost = np.concatenate(costs)
    return [
        Candidate(
            number,
            boxes[n],
            float(cost[n]),
            float(at[n, 0]),
            float(at[n, 1] + 0.365 * em),
            "center",
            text=text,
            leader=((float(start[n, 0]), float(start[n, 1])), (float(end[n, 0]), float(end[n, 1]))) if led[n] else None,
        )
        for n in keep
    ]


def _name(board: Board, number: int, mark: Marked, at: Candidate, size: float, names: float) -> Iterator[Candidate]:
    """Give places for a name: after its number, or on the side of it that is away from the sign."""
    text, bold = mark.place.name, not mark.place.candidate
    wide = board.paper.measure(at.text, size, bold=bold)
    gap = board.paper.em(size) * 0.3
    drop = board.paper.em(names) * 0.02
    spots = [(at.x + wide / 2 + gap, "left"), (at.x - wide / 2 - gap, "right")]
    if at.x < mark.x:
        spots.reverse()
    for rank, (x, align) in enumerate(spots):
        lines = text_box(board.paper, text, names, x, at.y + drop, align=align, room=0.1)
        inner = shapely.difference(lines, at.shape)
        if board.inside([inner])[0]:
            yield Candidate(number, inner, 0.2 * rank + 0.01 * len(text), x, at.y + drop, align, text=text)
