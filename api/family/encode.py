"""Geometry as compact text.

Coordinates are whole hundred-thousandths of a degree (about a metre); a ring or line is one string of differences in
the printable alphabet of the encoded polyline format.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

__all__ = ["SCALE", "metres", "numbers", "point", "rings", "trails"]

SCALE = 100_000
_M_PER_DEGREE = 111_320.0
_FIVE_BITS, _MORE, _FIRST = 0x1F, 0x20, 63
_FEWEST = 3

Shapes = npt.NDArray[np.object_]


def rings(shapes: Iterable[BaseGeometry | None], tolerance_m: float) -> list[str]:
    """Every ring of polygons, exteriors and holes wound opposite ways: fill with the non-zero rule.

    >>> rings([shapely.box(0, 0, 0.0001, 0.0001)], 0)
    ['?SS??RR?']
    """
    found: list[str] = []
    parts = [p for p in shapely.get_parts(_simplified(shapes, tolerance_m)) if p.geom_type == "Polygon"]
    for polygon in shapely.orient_polygons(np.asarray(parts, dtype=object)):
        for ring in (polygon.exterior, *polygon.interiors):
            path = _whole(ring)
            if len(path) > _FEWEST:
                found.append(_text(path[:-1]))
    return found


def trails(shapes: Iterable[BaseGeometry], tolerance_m: float) -> tuple[str, str]:
    """Every line as it runs, in one string: how many vertices each has, and their differences from line to line.

    >>> trails([shapely.LineString([(0, 0), (0.00001, 0)]), shapely.LineString([(0.00001, 0), (0, 0)])], 0)
    ('CC', '???A???@')
    """
    paths: list[list[tuple[int, int]]] = [
        np.rint(shapely.get_coordinates(path) * SCALE).astype(np.int64).tolist()
        for path in _simplified(shapes, tolerance_m)
    ]
    return numbers([len(path) for path in paths]), _text(at for path in paths for at in path)


def numbers(values: Iterable[int]) -> str:
    """Whole numbers, small ones short.

    >>> numbers([0, 1, -1, 100])
    '?A@gE'
    """
    return "".join(sign for value in values for sign in _number(value))


def metres(shapes: Shapes, latitude: float, *, back: bool = False) -> Shapes:
    """Lay degrees out on a local plane of metres (or back): true enough to place letters and drop vertices."""
    scale = np.array([math.cos(math.radians(latitude)) * _M_PER_DEGREE, _M_PER_DEGREE])
    laid: Shapes = shapely.transform(shapes, lambda c: c / scale if back else c * scale)
    return laid


def _simplified(shapes: Iterable[BaseGeometry | None], tolerance_m: float) -> Shapes:
    given = np.asarray([s for s in shapes if s is not None and not s.is_empty], dtype=object)
    if not len(given) or not tolerance_m:
        return given
    box = shapely.total_bounds(given)
    latitude = float(box[1] + box[3]) / 2
    return metres(shapely.simplify(metres(given, latitude), tolerance_m), latitude, back=True)


def _whole(path: BaseGeometry) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    whole: list[list[int]] = np.rint(shapely.get_coordinates(path) * SCALE).astype(np.int64).tolist()
    for x, y in whole:
        if not found or found[-1] != (x, y):
            found.append((x, y))
    return found


def _text(path: Iterable[tuple[int, int]]) -> str:
    return "".join(_characters(path))


def _characters(path: Iterable[tuple[int, int]]) -> Iterator[str]:
    last = (0, 0)
    for x, y in path:
        for step in (y - last[1], x - last[0]):
            yield from _number(step)
        last = (x, y)


def _number(value: int) -> Iterator[str]:
    left = ~(value << 1) if value < 0 else value << 1
    while left >= _MORE:
        yield chr((_MORE | (left & _FIVE_BITS)) + _FIRST)
        left >>= 5
    yield chr(left + _FIRST)


def point(shape: Any) -> list[int]:  # noqa: ANN401  a geometry of a table row
    """Longitude and latitude as whole numbers."""
    at = shape if shape.geom_type == "Point" else shape.representative_point()
    return [round(at.x * SCALE), round(at.y * SCALE)]
