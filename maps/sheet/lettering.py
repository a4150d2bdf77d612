"""Names of the ground on a sheet: subdistricts, rivers, stations, streets; each where it covers nothing else."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import shapely
from shapely import affinity
from shapely.geometry.base import BaseGeometry

from maps.sheet.board import Board, Label, text_box
from maps.sheet.land import Land, Named
from maps.sheet.placing import Candidate, placed
from maps.sheet.signs import draw_station
from maps.style import GROUND

__all__ = ["draw_stations", "name_stations", "name_streets", "name_subdistricts", "name_waters"]

RIVER_AT_LEAST_M = 120.0
REACH_M = 900.0
STATION_M = 120.0
STREET_EVERY = 95.0  # a long street says its name again after so much of the sheet
AROUND = ((1, 0), (-1, 0), (0, -1), (0, 1), (1, -1), (1, 1), (-1, -1), (-1, 1))
SUFFIX = "街道"
OFF_LAND = 0.3  # how much of a name may stand beside its land


def name_subdistricts(board: Board, under: Land, size: float, signs: Sequence[BaseGeometry], only: str = "") -> None:
    """Write the names on dry land, where they hide the fewest signs; ``only`` writes those of the others small."""
    tree = shapely.STRtree(list(signs))
    candidates: list[Candidate] = []
    shown = [part for part in under.subdistricts if part.code != only]
    for number, part in enumerate(shown):
        text = part.name.removesuffix(SUFFIX) or part.name
        dry = shapely.intersection(board.page(under.dry(part.shape)), board.frame.rect.box.buffer(-2))
        if dry.area < board.paper.em(size) ** 2 * len(text):
            continue
        centre = shapely.centroid(shapely.maximum_inscribed_circle(np.array([dry], dtype=object))[0])
        em = board.paper.em(size)
        wide = em * 1.14 * len(text)
        for x, y in _raster(dry, em * 0.5):
            shape = shapely.box(x - wide / 2 - 0.3, y - 0.9 * em, x + wide / 2 + 0.3, y + 0.18 * em)
            off = shapely.difference(shape, dry).area / shape.area
            if off > OFF_LAND:
                continue
            hidden = len(tree.query(shape, predicate="intersects"))
            far = math.hypot(x - centre.x, y - centre.y) / math.sqrt(dry.area)
            candidates.append(Candidate(number, shape, hidden + 1.5 * far + 3 * off, x, y, "center", text=text))
    candidates.sort(key=lambda c: (c.label, c.cost))
    for found in placed(candidates, board.taken).values():
        _spaced(board, found.text, size, found.x, found.y, 0.0, 1.14, GROUND["text"])
        board.labels.append(Label(found.text, "subdistrict", found.shape))
        board.taken.append(found.shape)


def name_waters(board: Board, under: Land, size: float) -> None:
    """Write the names of rivers along their course where they are broadest in the frame."""
    for water in under.waters:
        inside = shapely.intersection(water.shape, board.frame.window.box.buffer(-8 / board.frame.per_m))
        if inside.is_empty or inside.geom_type not in {"Polygon", "MultiPolygon"}:
            continue
        em = board.paper.em(size)
        for x, y, breadth, slope in _courses(inside, em * 6 / board.frame.per_m):
            big = min(1.0, breadth * board.frame.per_m / em / 1.9)
            (px, py), points = board.frame.page([[x, y]])[0], size * big
            if points < 6:  # noqa: PLR2004  a name nobody can read is none
                continue
            em_here = board.paper.em(points)
            step = 2.3 if breadth > RIVER_AT_LEAST_M else 1.1
            wide = em_here * (1 + step * (len(water.name) - 1))
            shape = shapely.box(px - wide / 2 - 0.4, py - 0.62 * em_here, px + wide / 2 + 0.4, py + 0.55 * em_here)
            turned = affinity.rotate(shape, -slope, origin=(px, py))
            free = board.inside([turned])[0] and not any(shapely.intersects(turned, other) for other in board.taken)
            if free:
                _spaced(
                    board, water.name, points, px, py + 0.36 * em_here, slope, step, GROUND["waterText"], pivot=(px, py)
                )
                board.labels.append(Label(water.name, "water", turned))
                board.taken.append(turned)
                break


def draw_stations(board: Board, under: Land, r: float) -> list[tuple[str, float, float]]:
    """Draw the stations in and next to the area; return name, x and y of each on the sheet."""
    found = []
    for station in under.stations:
        at = shapely.get_coordinates(station.shape)[0].tolist()
        if station.name and board.frame.holds(*at) and shapely.dwithin(under.area, station.shape, STATION_M):
            x, y = board.frame.page([at])[0].tolist()
            draw_station(board, x, y, r)
            board.taken.append(shapely.Point(x, y).buffer(r * 1.3))
            found.append((station.name, x, y))
    return found


def name_stations(board: Board, stations: Sequence[tuple[str, float, float]], size: float, r: float) -> None:
    """Write the names of stations where there is room."""
    candidates = [
        candidate
        for number, (name, x, y) in enumerate(stations)
        for candidate in _beside(board, number, name, size, (x, y), r * 1.3 + 0.3)
    ]
    for found in placed(candidates, board.taken).values():
        colour = GROUND["station"]
        board.write(found.text, "station", size, found.shape, found.x, found.y, colour=colour, align=found.align)


def name_streets(board: Board, under: Land, sizes: dict[str, float], signs: Sequence[BaseGeometry]) -> None:
    """Write the names of streets along them; a name may repeat far off, none covers a sign or another name."""
    taken = [*board.taken, *signs]
    candidates: list[Candidate] = []
    number = 0
    kinds: dict[int, str] = {}
    view = board.frame.window.box
    for street in under.streets:
        if street.kind not in sizes:
            continue
        size = sizes[street.kind]
        for part in shapely.get_parts(shapely.intersection(street.shape, shapely.intersection(view, under.area))):
            if part.geom_type != "LineString":
                continue
            line = shapely.LineString(board.frame.page(shapely.get_coordinates(part)))
            wide = board.paper.measure(street.name, size)
            if line.length < wide * 1.25:
                continue
            count = max(1, int(line.length // STREET_EVERY))
            for piece in range(count):
                kinds[number] = street.kind
                candidates += _along(board, number, street, size, line, (piece / count, (piece + 1) / count))
                number += 1
    for label, found in placed(candidates, taken).items():
        near = [old for old in board.labels if old.text == found.text and old.kind == "street"]
        if any(shapely.distance(old.shape, found.shape) < STREET_EVERY * 0.5 for old in near):
            continue
        size = sizes[kinds[label]]
        colour = GROUND["stairs"] if kinds[label] == "stairs" else GROUND["streetText"]
        look: dict[str, Any] = {"colour": colour, "align": "center", "slope": found.slope}
        board.write(found.text, "street", size, found.shape, found.x, found.y, **look)


def _along(
    board: Board, number: int, street: Named, size: float, line: shapely.LineString, span: tuple[float, float]
) -> Iterator[Candidate]:
    """Give places along a line where it is nearly straight for the length of its name."""
    wide, em = board.paper.measure(street.name, size), board.paper.em(size)
    for share in (0.5, 0.38, 0.62, 0.26, 0.74, 0.15, 0.85):
        at = (span[0] + (span[1] - span[0]) * share) * line.length
        if at < wide / 2 or at > line.length - wide / 2:
            continue
        start, middle, end = (shapely.line_interpolate_point(line, at + s * wide / 2) for s in (-1, 0, 1))
        chord = math.hypot(end.x - start.x, end.y - start.y)
        if chord < 0.93 * wide:
            continue
        slope = math.degrees(math.atan2(start.y - end.y, end.x - start.x))
        slope = (slope + 90.0) % 180.0 - 90.0
        lean = math.radians(slope)
        mx, my = (start.x + 2 * middle.x + end.x) / 4, (start.y + 2 * middle.y + end.y) / 4
        x, y = mx + 0.36 * em * math.sin(lean), my + 0.36 * em * math.cos(lean)
        shape = text_box(board.paper, street.name, size, x, y, align="center", slope=slope)
        if board.inside([shape])[0]:
            yield Candidate(
                number, shape, abs(share - 0.5) + 4 * (1 - chord / wide), x, y, "center", slope, street.name
            )


def _beside(
    board: Board, number: int, text: str, size: float, at: tuple[float, float], gap: float
) -> Iterator[Candidate]:
    em = board.paper.em(size)
    for rank, (dx, dy) in enumerate(AROUND):
        align = "left" if dx > 0 else "right" if dx < 0 else "center"
        slant = 0.72 if dx and dy else 1.0
        x = at[0] + dx * gap * slant
        y = at[1] + 0.36 * em + dy * (gap * slant + 0.4 * em)
        shape = text_box(board.paper, text, size, x, y, align=align)
        if board.inside([shape])[0]:
            yield Candidate(number, shape, 0.1 * rank, x, y, align, text=text)


def _spaced(
    board: Board,
    text: str,
    size: float,
    x: float,
    y: float,
    slope: float,
    step: float,
    colour: str,
    pivot: tuple[float, float] | None = None,
) -> None:
    """Write letters one by one with room between them, about ``x``, on a slope round the pivot."""
    em = board.paper.em(size)
    first = x - step * em * (len(text) - 1) / 2
    px, py = pivot or (x, y)
    turn = math.radians(-slope)
    for number, letter in enumerate(text):
        dx, dy = first + step * em * number - px, y - py
        at = (px + dx * math.cos(turn) - dy * math.sin(turn), py + dx * math.sin(turn) + dy * math.cos(turn))
        water = colour == GROUND["waterText"]
        look: dict[str, Any] = {"serif": True, "bold": True, "align": "center", "slope": slope, "colour": colour}
        board.paper.text(*at, letter, size, halo="" if water else GROUND["halo"], **look)


def _raster(shape: BaseGeometry, step: float) -> list[tuple[float, float]]:
    west, south, east, north = shapely.bounds(shape).tolist()
    x, y = np.meshgrid(np.arange(west, east, step), np.arange(south, north, step))
    inside = shapely.contains_xy(shape, x, y)
    return list(zip(x[inside].tolist(), y[inside].tolist(), strict=True))


def _courses(shape: BaseGeometry, step_m: float) -> Iterator[tuple[float, float, float, float]]:
    """Give where a water is broad, the broadest first: x, y, breadth and slope of its course there."""
    shore = shape.boundary
    points = _raster(shape, max(step_m / 6, 20.0))
    if not points:
        return
    breadth = shapely.distance(shapely.points(points), shore) * 2
    for index in np.argsort(-np.round(breadth), kind="stable")[:60]:
        x, y = points[index]
        near = shapely.intersection(shape, shapely.Point(x, y).buffer(min(REACH_M, step_m)))
        corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(near))
        sides = np.diff(corners[:3], axis=0)
        along = sides[np.argmax(np.hypot(sides[:, 0], sides[:, 1]))] if len(sides) == 2 else np.array([1.0, 0.0])  # noqa: PLR2004
        yield x, y, float(breadth[index]), (math.degrees(math.atan2(along[1], along[0])) + 90.0) % 180.0 - 90.0
