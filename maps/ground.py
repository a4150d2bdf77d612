"""The ground under small maps: a bundle's streets, water and houses on a plane of metres, drawn in a window of it.

Everything is cut to the window first, and each pen is one path, so that a small map stays small.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from shapely.geometry.base import BaseGeometry

from maps.bundle import Bundle
from maps.encode import metres
from maps.pens import NOT_DRAWN, pens
from maps.style import GROUND

__all__ = ["Ground", "Window", "draw_ground", "fill", "ground"]

Shapes = npt.NDArray[np.object_]
# pen: casing and width in points, dash; the wide streets last, over the narrow ones
PENS: tuple[tuple[str, str, str | None, float], ...] = (
    ("path", GROUND["path"], None, 0.45),
    ("stairs", GROUND["stairs"], None, 0.8),
    ("local", GROUND["street"], GROUND["casing"], 1.3),
    ("minor", GROUND["street"], GROUND["casing"], 1.9),
    ("major", GROUND["street"], GROUND["casing"], 2.6),
)
JOINED = {"service": "path", "plaza": "local"}
DASHES = {"stairs": (0, (1.1, 0.8)), "path": (0, (3, 1.5))}


@dataclass(frozen=True, slots=True)
class Window:
    """The cut-out in metres of the local plane."""

    west: float
    south: float
    east: float
    north: float

    @classmethod
    def around(cls, shape: BaseGeometry, ratio: float, at_least_m: float, room: float = 1.25) -> Window:
        """Return the window of a given width by height round a shape of the plane, with some room."""
        west, south, east, north = shapely.bounds(shape).tolist()
        height = max((north - south) * room, (east - west) * room / ratio, at_least_m / ratio)
        x, y = (west + east) / 2, (south + north) / 2
        return cls(x - height * ratio / 2, y - height / 2, x + height * ratio / 2, y + height / 2)

    @property
    def box(self) -> BaseGeometry:
        """The window as a polygon."""
        return shapely.box(self.west, self.south, self.east, self.north)


@dataclass(frozen=True, slots=True)
class Ground:
    """The bundle's base map on a plane of metres at ``latitude``."""

    latitude: float
    land: BaseGeometry
    water: Shapes
    buildings: Shapes
    streets: dict[str, Shapes]
    rails: Shapes
    borders: Shapes
    named: tuple[tuple[str, BaseGeometry], ...]

    def plane(self, shapes: Iterable[BaseGeometry | None]) -> Shapes:
        """Lay degrees out on the plane."""
        return metres(shapes, self.latitude)


def ground(bundle: Bundle) -> Ground:
    """Lay the base map of a bundle out on its plane."""
    layers = bundle.layers
    latitude = float(np.mean(layers["area"].total_bounds[[1, 3]]))
    network = layers["network"]
    network = network[~network["kind"].isin(NOT_DRAWN)]
    flat, pen = metres(network.geometry, latitude), pens(network, JOINED)
    rails = layers["railways"]
    above = rails[~rails["tunnel"].fillna(value=False).astype(bool)]
    names = network["name"].where(pen.isin(["major", "minor", "local"]))
    return Ground(
        latitude,
        shapely.union_all(metres(layers["area"].geometry, latitude)),
        metres(layers["water"].geometry.dropna(), latitude),
        metres(layers["buildings"].geometry.dropna(), latitude),
        {name: flat[(pen == name).to_numpy()] for name, *_ in PENS},
        metres(above.geometry.dropna(), latitude),
        metres(layers["subdistricts"].geometry.boundary, latitude),
        _named(names, flat),
    )


def draw_ground(axes: Axes, under: Ground, window: Window) -> None:
    """Draw land, water, houses, borders, streets and rails."""
    fill(axes, [under.land], window, facecolor=GROUND["land"])
    fill(axes, under.water, window, facecolor=GROUND["water"], edgecolor=GROUND["shore"], linewidth=0.4)
    fill(axes, under.buildings, window, facecolor=GROUND["building"], edgecolor=GROUND["buildingEdge"], linewidth=0.2)
    _stroke(axes, under.borders, window, GROUND["border"], 0.8, (0, (4, 2)))
    wide = min(1.6, max(0.55, (900 / (window.east - window.west)) ** 0.6))
    for name, _, casing, width in PENS:
        if casing:
            _stroke(axes, under.streets[name], window, casing, width * wide + 0.8)
    for name, colour, _, width in PENS:
        _stroke(axes, under.streets[name], window, colour, width * wide, DASHES.get(name))
    _stroke(axes, under.rails, window, GROUND["rail"], 0.7, (0, (5, 2.5)))


def fill(axes: Axes, shapes: Iterable[BaseGeometry], window: Window, **look: object) -> None:
    """Fill polygons as one path, cut to a little more than the window so that no edge runs along it."""
    vertices: list[npt.NDArray[np.float64]] = []
    codes: list[npt.NDArray[np.uint8]] = []
    for part in shapely.get_parts(_cut(shapes, window, 0.04)):
        if part.geom_type != "Polygon":
            continue
        for ring in (part.exterior, *part.interiors):
            path = shapely.get_coordinates(ring)
            code = np.full(len(path), Outline.LINETO, dtype=np.uint8)
            code[0], code[-1] = Outline.MOVETO, Outline.CLOSEPOLY
            vertices.append(path)
            codes.append(code)
    if vertices:
        style = {"edgecolor": "none", "linewidth": 0.0, **look}
        axes.add_artist(PathPatch(Outline(np.concatenate(vertices), np.concatenate(codes)), **style))


def _stroke(
    axes: Axes,
    shapes: Iterable[BaseGeometry],
    window: Window,
    colour: str,
    width: float,
    dash: tuple[float, tuple[float, ...]] | None = None,
) -> None:
    parts = [p for p in shapely.get_parts(_cut(shapes, window, 0.02)) if p.geom_type == "LineString"]
    if not parts:
        return
    merged = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(parts)))
    paths = [shapely.get_coordinates(part) for part in shapely.simplify(merged, (window.east - window.west) / 1500)]
    codes = np.concatenate([[Outline.MOVETO] + [Outline.LINETO] * (len(path) - 1) for path in paths])
    outline = Outline(np.concatenate(paths), codes.astype(np.uint8))
    look = {"facecolor": "none", "edgecolor": colour, "linewidth": width, "capstyle": "butt" if dash else "round"}
    axes.add_artist(PathPatch(outline, linestyle=dash or "solid", joinstyle="round", **look))


def _cut(shapes: Iterable[BaseGeometry], window: Window, more: float) -> Shapes:
    given = np.asarray(list(shapes), dtype=object)
    if not len(given):
        return given
    rim = (window.east - window.west) * more
    west, south, east, north = shapely.bounds(given).T
    near = (
        (west < window.east + rim)
        & (east > window.west - rim)
        & (south < window.north + rim)
        & (north > window.south - rim)
    )
    box = (window.west - rim, window.south - rim, window.east + rim, window.north + rim)
    cut = shapely.clip_by_rect(given[near], *box)
    kept: Shapes = shapely.get_parts(cut[~shapely.is_empty(cut)])
    return kept


def _named(names: pd.Series, flat: Shapes) -> tuple[tuple[str, BaseGeometry], ...]:
    lines = gpd.GeoSeries(flat).groupby(names.to_numpy(), sort=True)
    return tuple((str(name), shapely.line_merge(shapely.union_all(group.to_numpy()))) for name, group in lines)
