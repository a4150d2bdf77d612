"""The ground the results stand on, from the extract alone: land, rivers, streets, stairs, rails, houses, names."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from shapely import LineString
from shapely.geometry.base import BaseGeometry

from maps.bundle import Bundle
from maps.encode import SCALE, clean, lines, metres, point, rings, simplified
from maps.features import borders, joined, open_ends, outline, rail_kinds, storeys
from maps.pens import pens

__all__ = ["basemap"]

NAMED = ("major", "minor", "local", "plaza", "stairs")

BUILDING_M = 0.6
LINE_M = 0.6
NAME_AT_LEAST_M = 110.0
NAME_EVERY_M = 650.0
NAME_CHORD_M = 45.0
RIVER_REACH_M = 900.0


def basemap(bundle: Bundle) -> dict[str, Any]:
    """Collect everything under the results, as encoded paths by the pen that draws them."""
    layers = bundle.layers
    area = shapely.union_all(layers["area"].geometry.to_numpy())
    water = layers["water"]
    return {
        "land": rings(simplified([area], LINE_M)[0]),
        "water": _rings(simplified(water.geometry, LINE_M)),
        "openWater": _open_water(water, layers["subdistricts"]),
        "known": rings(simplified([outline(layers["subdistricts"].geometry.to_numpy())], LINE_M)[0]),
        "waterNames": _water_names(water),
        "borders": _borders(layers["subdistricts"]),
        "buildings": _rings(simplified(layers["buildings"].geometry, BUILDING_M)),
        "ways": _ways(layers["network"]),
        "streetNames": _street_names(layers["network"]),
        "rails": _rails(layers["railways"]),
        "stations": _stations(layers["stations"]),
    }


def _ways(network: gpd.GeoDataFrame) -> dict[str, dict[str, list[str]]]:
    drawn = network.assign(pen=pens(network), storey=storeys(network))
    drawn = drawn[drawn["pen"] != ""]
    found: dict[str, dict[str, list[str]]] = {}
    for (pen, storey), group in drawn.groupby(["pen", "storey"], sort=True):
        merged = joined(group.geometry)
        found.setdefault(str(pen), {})[str(storey)] = lines(simplified([merged], LINE_M)[0])
    return found


def _street_names(network: gpd.GeoDataFrame) -> list[list[Any]]:
    """Name, lon, lat, slope of the lettering in degrees, pen; the longest street first, so that it keeps its place."""
    named = network.assign(pen=pens(network))
    named = named[named["pen"].isin(NAMED) & named["name"].notna()]
    found: list[tuple[float, list[Any]]] = []
    for (name, pen), group in named.groupby(["name", "pen"], sort=True):
        merged = joined(group.geometry)
        for part in shapely.get_parts(merged):
            length, places = _along(part)
            found += [(length, [str(name), *place, str(pen)]) for place in places]
    found.sort(key=lambda pair: (NAMED.index(pair[1][4]), -pair[0], pair[1]))
    return [entry for _, entry in found]


def _along(line: LineString) -> tuple[float, list[tuple[int, int, int]]]:
    """Length in metres, and where along a line its name may stand."""
    latitude = shapely.get_y(shapely.get_point(line, 0))
    flat = metres([line], latitude)[0]
    length = float(shapely.length(flat))
    count = int(length >= NAME_AT_LEAST_M) and max(1, int(length // NAME_EVERY_M))
    places = []
    for i in range(count):
        at = length * (i + 0.5) / count
        start, middle, end = (
            shapely.line_interpolate_point(flat, at + step) for step in (-NAME_CHORD_M, 0.0, NAME_CHORD_M)
        )
        slope = math.degrees(math.atan2(end.y - start.y, end.x - start.x))
        back = shapely.line_interpolate_point(line, shapely.line_locate_point(flat, middle) / length, normalized=True)
        places.append((round(back.x * SCALE), round(back.y * SCALE), round(_upright(slope))))
    return length, places


def _upright(degrees: float) -> float:
    return (degrees + 90.0) % 180.0 - 90.0


def _open_water(water: gpd.GeoDataFrame, subdistricts: gpd.GeoDataFrame) -> list[str]:
    """Where the data, not a bank, ends a river: there it fades out instead of showing a shore that does not exist."""
    wet = water.geometry.dropna()
    if wet.empty:
        return []
    latitude = float(water.total_bounds[1])
    known = outline(subdistricts.geometry.to_numpy())
    ends = open_ends(metres([shapely.union_all(wet.to_numpy())], latitude), metres([known], latitude)[0])
    back = metres(ends, latitude, back=True)
    return _lines(gpd.GeoSeries(back)) if ends else []


def _water_names(water: gpd.GeoDataFrame) -> list[list[Any]]:
    """Name, lon, lat, slope, breadth in metres of each named water, where it is widest."""
    found = []
    for name, shape in zip(water["name"], water.geometry, strict=True):
        if not isinstance(name, str) or shape is None or shape.is_empty:
            continue
        latitude = shape.centroid.y
        flat = metres([shape], latitude)[0]
        if flat.geom_type not in {"Polygon", "MultiPolygon"}:
            continue
        radius = shapely.maximum_inscribed_circle(flat, tolerance=5.0)
        centre = shapely.get_point(radius, 0)
        reach = shapely.minimum_rotated_rectangle(shapely.intersection(flat, centre.buffer(RIVER_REACH_M)))
        corners = shapely.get_coordinates(reach)
        sides = np.diff(corners[:3], axis=0)
        along = sides[np.argmax(np.hypot(sides[:, 0], sides[:, 1]))] if len(sides) == 2 else np.array([1.0, 0.0])  # noqa: PLR2004
        slope = math.degrees(math.atan2(along[1], along[0]))
        at = point(metres([centre], latitude, back=True)[0]) or [0, 0]
        found.append([name, *at, round(_upright(slope)), round(2 * float(shapely.length(radius)))])
    return found


def _borders(subdistricts: gpd.GeoDataFrame) -> list[str]:
    if subdistricts.empty:
        return []
    latitude = float(subdistricts.total_bounds[1])
    known = metres([outline(subdistricts.geometry.to_numpy())], latitude)[0]
    fine = np.asarray(simplified(subdistricts.geometry, LINE_M), dtype=object)
    between = borders(metres(fine, latitude), known)
    return lines(metres([between], latitude, back=True)[0])


def _rails(railways: gpd.GeoDataFrame) -> dict[str, list[str]]:
    return {pen: _lines(railways.geometry[own]) for pen, own in rail_kinds(railways).items()}


def _stations(stations: gpd.GeoDataFrame) -> dict[str, list[list[Any]]]:
    found: dict[str, list[list[Any]]] = {"station": [], "entrance": []}
    label = {"station": "name", "entrance": "ref"}
    for row in stations.itertuples():
        at = point(row.geometry)
        if at is not None and row.kind in found:
            found[str(row.kind)].append([*at, clean(getattr(row, label[str(row.kind)]))])
    return found


def _rings(shapes: Iterable[BaseGeometry | None]) -> list[str]:
    return [ring for shape in shapes for ring in rings(shape)]


def _lines(shapes: gpd.GeoSeries) -> list[str]:
    if shapes.empty:
        return []
    return lines(simplified([joined(shapes)], LINE_M)[0])
