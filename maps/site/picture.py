"""Pictures of the ground as plain SVG: a peninsula between its rivers, and on it, if wanted, one route."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from maps.style import GROUND

__all__ = ["Frame", "frame_of", "ground", "route_lines"]

M_PER_DEGREE = 111_320.0
MAJOR = ("motorway", "trunk", "primary", "secondary", "tertiary")
MINOR = ("residential", "unclassified", "living_street", "pedestrian")
# Streets: class, width in pixels of a picture of a district, growth on a picture of a route.
PENS: Mapping[str, tuple[float, float]] = {"path": (0.6, 1.5), "minor": (1.1, 2.6), "major": (2.2, 2.2)}


@dataclass(frozen=True, slots=True)
class Frame:
    """A window on the ground: west, south, east, north in degrees, and its width and height in pixels."""

    box: tuple[float, float, float, float]
    width: float
    height: float

    def pixels(self, xy: Any) -> Any:  # noqa: ANN401  shapely's arrays of coordinates
        """Lay degrees out as pixels, y down."""
        west, south, east, north = self.box
        x = (xy[:, 0] - west) / (east - west) * self.width
        y = (north - xy[:, 1]) / (north - south) * self.height
        return np.column_stack([x, y])


def frame_of(bounds: Sequence[float], width: float, height: float, pad: float = 0.06, least_m: float = 0.0) -> Frame:
    """Return the window of that size which shows all of ``bounds`` and a margin, true to shape, ``least_m`` wide."""
    west, south, east, north = (float(v) for v in bounds)
    squeeze = math.cos(math.radians((south + north) / 2))
    across, up = max((east - west) * squeeze, 1e-4), max(north - south, 1e-4)
    scale = max(max(across / width, up / height) * (1 + 2 * pad), least_m / M_PER_DEGREE / width)
    half_x, half_y = scale * width / 2 / squeeze, scale * height / 2
    x, y = (west + east) / 2, (south + north) / 2
    return Frame((x - half_x, y - half_y, x + half_x, y + half_y), width, height)


def ground(layers: Mapping[str, gpd.GeoDataFrame], frame: Frame, *, near: bool = False) -> list[str]:
    """Draw land, water, houses, streets, stairs and rails, each kind one path.

    Parameters
    ----------
    layers
        Of the bundle, EPSG:4326.
    frame
        The window; what lies outside is cut.
    near
        A picture of a few streets: with houses, paths and stairs, and with broader pens.
    """
    network = layers["network"]
    highway = network["highway"].fillna("").map(lambda text: str(text).removesuffix("_link"))
    stairs = (network["kind"] == "stairs").to_numpy()
    kinds = {
        "path": ~highway.isin([*MAJOR, *MINOR]).to_numpy() & ~stairs,
        "minor": highway.isin(MINOR).to_numpy() & ~stairs,
        "major": highway.isin(MAJOR).to_numpy(),
    }
    lines = {name: _path(network.geometry[mask], frame) for name, mask in kinds.items()}
    parts = [
        f'<rect width="{frame.width:g}" height="{frame.height:g}" fill="{GROUND["outside"]}"/>',
        _fill(_path(layers["area"].geometry, frame), GROUND["land"]),
        _fill(_path(layers["water"].geometry, frame), GROUND["water"]),
    ]
    if near:
        parts.append(_fill(_path(layers["buildings"].geometry, frame), GROUND["building"]))
    rails = layers["railways"]
    above = rails[~rails["tunnel"].fillna(value=False).astype(bool)]
    parts.append(_line(_path(above.geometry, frame), GROUND["rail"], 0.9))
    for name, (width, growth) in PENS.items():
        if name == "path" and not near:
            continue
        pen = width * growth if near else width
        if name != "path":
            parts.append(_line(lines[name], GROUND["casing"], pen + 1.1))
    for name, (width, growth) in PENS.items():
        if name == "path":
            parts.append(_line(lines[name], GROUND["path"], width * growth if near else 0.35))
        else:
            parts.append(_line(lines[name], GROUND["street"], width * growth if near else width))
    parts.append(_line(_path(network.geometry[stairs], frame), GROUND["stairs"], 2.2 if near else 0.8, "1.6 1.1"))
    parts.append(_line(_path(layers["area"].geometry.boundary, frame), GROUND["boundary"], 1.1, "7 3 1.5 3"))
    return [part for part in parts if part]


def route_lines(lines: Iterable[BaseGeometry | None], frame: Frame, colour: str) -> list[str]:
    """Draw a walked way on white."""
    path = _path(lines, frame)
    return [_line(path, "#ffffff", 8), _line(path, colour, 4.5)] if path else []


def _fill(path: str, colour: str) -> str:
    return f'<path d="{path}" fill="{colour}" fill-rule="evenodd"/>' if path else ""


def _line(path: str, colour: str, width: float, dash: str = "") -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ' stroke-linecap="round"'
    look = f'fill="none" stroke="{colour}" stroke-width="{width:g}" stroke-linejoin="round"{dashed}'
    return f'<path d="{path}" {look}/>' if path else ""


def _path(shapes: Iterable[BaseGeometry | None], frame: Frame) -> str:
    """Return shapes as one path of whole half pixels, cut to the window."""
    given = np.asarray([s for s in shapes if s is not None and not s.is_empty], dtype=object)
    if not len(given):
        return ""
    laid = shapely.simplify(shapely.transform(given, frame.pixels), 0.35)
    margin = 12.0
    cut = shapely.clip_by_rect(laid, -margin, -margin, frame.width + margin, frame.height + margin)
    return "".join(_commands(part) for part in shapely.get_parts(shapely.get_parts(cut)))


def _commands(part: BaseGeometry) -> str:
    if isinstance(part, shapely.Polygon):
        return "".join(_walk(ring.coords[:-1]) + "Z" for ring in (part.exterior, *part.interiors))
    return _walk(part.coords) if part.geom_type in {"LineString", "LinearRing"} else ""


def _walk(coords: Iterable[Sequence[float]]) -> str:
    points = [(round(x * 10), round(y * 10)) for x, y, *_ in coords]
    text, last = f"M{points[0][0] / 10:g} {points[0][1] / 10:g}", points[0]
    for point in points[1:]:
        dx, dy = point[0] - last[0], point[1] - last[1]
        if dx or dy:
            text += f"l{dx / 10:g} {dy / 10:g}"
            last = point
    return text
