"""Lifts, escalators and cableways on a sheet."""

from __future__ import annotations

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from maps.report.reading import plain
from maps.sheet.board import Board
from maps.sheet.content import Content
from maps.sheet.places import apart
from maps.sheet.signs import draw_link

__all__ = ["draw_links"]

BEYOND_M = 60.0


def draw_links(board: Board, content: Content, r: float) -> list[BaseGeometry]:
    """Draw them in the frame, apart from each other; return what they cover."""
    layer = content.study.bundle.layers["vertical_links"]
    layer = layer[layer.geometry.notna()].sort_values("link_id")
    flat = content.land.plane(layer.geometry)
    middles = shapely.get_coordinates([shapely.point_on_surface(shape) for shape in flat]).reshape(-1, 2)
    near = shapely.dwithin(content.land.area, shapely.points(middles), BEYOND_M)
    inside = near & np.array([board.frame.holds(x, y) for x, y in middles], dtype=bool)
    if not inside.any():
        return []
    at = apart(board.frame.page(middles[inside]), 2.3 * r, 4 * r)
    found = []
    for (x, y), kind, used in zip(at, layer["kind"][inside], layer["used"][inside], strict=True):
        draw_link(board, float(x), float(y), r, plain(kind), used=bool(used))
        found.append(shapely.box(x - r, y - r, x + r, y + r).buffer(0.15))
    return found
