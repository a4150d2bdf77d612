"""Geometry and text as compact, safe JSON.

Coordinates are whole hundred-thousandths of a degree (about a metre), each ring or line one string of differences in
the printable alphabet of the encoded polyline format, a third of the size of GeoJSON.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

__all__ = ["SCALE", "clean", "json_block", "lines", "metres", "point", "rings", "simplified"]

SCALE = 100_000
M_PER_DEGREE = 111_320.0
_FIVE_BITS = 0x1F
_MORE = 0x20
_FIRST = 63


def rings(geometry: BaseGeometry | None) -> list[str]:
    """Every ring of a polygon, exteriors and holes wound opposite ways: fill with the non-zero rule.

    >>> rings(shapely.box(0, 0, 0.0001, 0.0001))
    ['?SS??RR?']
    """
    if geometry is None or geometry.is_empty:
        return []
    polygons = [p for p in shapely.get_parts(geometry) if p.geom_type == "Polygon"]
    found: list[str] = []
    for polygon in shapely.orient_polygons(np.asarray(polygons, dtype=object)):
        for ring in (polygon.exterior, *polygon.interiors):
            path = _whole(ring)
            if len(path) > 3:  # noqa: PLR2004  a ring that keeps an area
                found.append(_text(path[:-1]))
    return found


def lines(geometry: BaseGeometry | None) -> list[str]:
    """Every line of a geometry.

    >>> lines(shapely.LineString([(0, 0), (0.00001, 0)]))
    ['???A']
    """
    if geometry is None or geometry.is_empty:
        return []
    parts = (_whole(part) for part in shapely.get_parts(geometry) if part.geom_type in {"LineString", "LinearRing"})
    return [_text(path) for path in parts if len(path) > 1]


def point(geometry: BaseGeometry | None) -> list[int] | None:
    """Longitude and latitude as whole numbers, or None where there is no position."""
    if geometry is None or geometry.is_empty:
        return None
    at = geometry if isinstance(geometry, shapely.Point) else geometry.representative_point()
    return [round(at.x * SCALE), round(at.y * SCALE)]


def metres(shapes: Iterable[BaseGeometry | None], latitude: float, *, back: bool = False) -> npt.NDArray[np.object_]:
    """Lay degrees out on a local plane of metres (or back): true enough to place letters and drop vertices."""
    scale = np.array([math.cos(math.radians(latitude)) * M_PER_DEGREE, M_PER_DEGREE])
    laid: npt.NDArray[np.object_] = shapely.transform(
        np.asarray(list(shapes), dtype=object), lambda c: c / scale if back else c * scale
    )
    return laid


def simplified(shapes: Iterable[BaseGeometry | None], tolerance_m: float) -> list[BaseGeometry | None]:
    """Drop vertices that move an outline by less than ``tolerance_m``; the eye cannot see them at the last zoom."""
    given = np.asarray(list(shapes), dtype=object)
    if not len(given) or shapely.is_empty(given).all():
        return list(given)
    box = shapely.total_bounds(given)
    latitude = float(box[1] + box[3]) / 2
    return list(metres(shapely.simplify(metres(given, latitude), tolerance_m), latitude, back=True))


def clean(value: Any) -> Any:  # noqa: ANN401  a cell of any column
    """Say a cell as JSON does: unknown is null, whole floats lose the point."""
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    plain = value.item() if isinstance(value, np.generic) else value
    if isinstance(plain, float):
        number = round(plain, 4) if math.isfinite(plain) else None
        return int(number) if number is not None and number.is_integer() else number
    return plain if isinstance(plain, (bool, int)) else str(plain)


def json_block(payload: Any) -> str:  # noqa: ANN401  anything JSON can say
    r"""JSON that may stand inside a script element: no character of it can end the element or open a comment.

    >>> json_block({"name": "</script>"})
    '{"name":"\\u003c/script\\u003e"}'
    """
    text = json.dumps(payload, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029\ufeff":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _whole(path: BaseGeometry) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for x, y in np.rint(shapely.get_coordinates(path) * SCALE).astype(np.int64).tolist():
        if not found or found[-1] != (x, y):
            found.append((x, y))
    return found


def _text(path: Iterable[tuple[int, int]]) -> str:
    return "".join(_characters(path))


def _characters(path: Iterable[tuple[int, int]]) -> Iterator[str]:
    last = (0, 0)
    for x, y in path:
        for step in (y - last[1], x - last[0]):
            left = ~(step << 1) if step < 0 else step << 1
            while left >= _MORE:
                yield chr((_MORE | (left & _FIVE_BITS)) + _FIRST)
                left >>= 5
            yield chr(left + _FIRST)
        last = (x, y)
