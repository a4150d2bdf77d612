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
from maps.pens import pens

__all__ = ["basemap"]

NAMED = ("major", "minor", "local", "plaza", "stairs")
HEAVY_RAIL = ("rail", "light_rail_yard", "narrow_gauge")

BUILDING_M = 0.6
LINE_M = 0.6
NAME_AT_LEAST_M = 110.0
NAME_EVERY_M = 650.0
NAME_CHORD_M = 45.0
RIVER_REACH_M = 900.0
CUT_M = 6.0
RIM_M = 12.0
CUT_AT_LEAST_M = 60.0


def basemap(bundle: Bundle) -> dict[str, Any]:
    """Collect everything under the results, as encoded paths by the pen that draws them."""
    layers = bundle.layers
    area = shapely.union_all(layers["area"].geometry.to_numpy())
    water = layers["water"]
    return {
        "land": rings(simplified([area], LINE_M)[0]),
        "water": _rings(simplified(water.geometry, LINE_M)),
        "openWater": _open_water(water, layers["subdistricts"]),
        "known": rings(simplified([_outline(layers["subdistricts"])], LINE_M)[0]),
        "waterNames": _water_names(water),
        "borders": _borders(layers["subdistricts"]),
        "buildings": _rings(simplified(layers["buildings"].geometry, BUILDING_M)),
        "ways": _ways(layers["network"]),
        "streetNames": _street_names(layers["network"]),
        "rails": _rails(layers["railways"]),
        "stations": _stations(layers["stations"]),
    }


def _ways(network: gpd.GeoDataFrame) -> dict[str, dict[str, list[str]]]:
    drawn = network.assign(pen=pens(network), storey=_storeys(network))
    drawn = drawn[drawn["pen"] != ""]
    found: dict[str, dict[str, list[str]]] = {}
    for (pen, storey), group in drawn.groupby(["pen", "storey"], sort=True):
        merged = _joined(group.geometry)
        found.setdefault(str(pen), {})[str(storey)] = lines(simplified([merged], LINE_M)[0])
    return found


def _storeys(network: gpd.GeoDataFrame) -> np.ndarray[Any, Any]:
    bridge, tunnel = (network[c].fillna(value=False).astype(bool).to_numpy() for c in ("bridge", "tunnel"))
    return np.where(bridge, "bridge", np.where(tunnel, "tunnel", "ground"))


def _street_names(network: gpd.GeoDataFrame) -> list[list[Any]]:
    """Name, lon, lat, slope of the lettering in degrees, pen; the longest street first, so that it keeps its place."""
    named = network.assign(pen=pens(network))
    named = named[named["pen"].isin(NAMED) & named["name"].notna()]
    found: list[tuple[float, list[Any]]] = []
    for (name, pen), group in named.groupby(["name", "pen"], sort=True):
        merged = _joined(group.geometry)
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


def _outline(subdistricts: gpd.GeoDataFrame) -> BaseGeometry:
    """Join the subdistricts without the slivers between them."""
    whole = shapely.union_all(subdistricts.geometry.to_numpy())
    outers = [shapely.Polygon(part.exterior) for part in shapely.get_parts(whole) if part.geom_type == "Polygon"]
    joined: BaseGeometry = shapely.union_all(outers)
    return joined


def _open_water(water: gpd.GeoDataFrame, subdistricts: gpd.GeoDataFrame) -> list[str]:
    """Where the data, not a bank, ends a river: there it fades out instead of showing a shore that does not exist."""
    edge = _outline(subdistricts).boundary
    if water.geometry.dropna().empty or edge is None:
        return []
    latitude = float(water.total_bounds[1])
    shores, edges = metres([shapely.union_all(water.geometry.dropna().to_numpy()).boundary, edge], latitude)
    cut = shapely.line_merge(shapely.intersection(shores, shapely.buffer(edges, CUT_M)))
    kept = [part for part in shapely.get_parts(cut) if part.length >= CUT_AT_LEAST_M]
    back = metres(kept, latitude, back=True)
    return _lines(gpd.GeoSeries(back)) if kept else []


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
    """Lines between subdistricts, each once, or the dashes of two neighbours would fill each other's gaps."""
    if subdistricts.empty:
        return []
    shared = shapely.union_all(shapely.boundary(np.asarray(simplified(subdistricts.geometry, LINE_M), dtype=object)))
    edge = _outline(subdistricts).boundary
    latitude = float(subdistricts.total_bounds[1])
    inner, rim = metres([shared, edge], latitude)
    return lines(metres([shapely.line_merge(inner.difference(rim.buffer(RIM_M)))], latitude, back=True)[0])


def _rails(railways: gpd.GeoDataFrame) -> dict[str, list[str]]:
    heavy = railways["kind"].isin(HEAVY_RAIL)
    tunnel = railways["tunnel"].fillna(value=False).astype(bool)
    pens = {"rail": heavy & ~tunnel, "metro": ~heavy & ~tunnel, "tunnel": tunnel}
    return {pen: _lines(railways.geometry[chosen]) for pen, chosen in pens.items()}


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
    return lines(simplified([_joined(shapes)], LINE_M)[0])


def _joined(shapes: gpd.GeoSeries) -> BaseGeometry:
    """Join ends that meet, without cutting where lines merely cross: a bridge does not meet what it spans."""
    parts = shapely.get_parts(shapes.dropna().to_numpy())
    joined: BaseGeometry = shapely.line_merge(shapely.multilinestrings(parts[shapely.get_dimensions(parts) == 1]))
    return joined
