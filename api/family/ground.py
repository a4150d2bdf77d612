"""The ground under the answers, from the bundle alone: water, streets, stairs, houses, names. No tiles."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from api.family.encode import SCALE, metres, numbers, point, rings
from servicecircle.publish.tables import finite

__all__ = ["ground"]

PENS: Mapping[str, tuple[str, ...]] = {
    "major": ("motorway", "trunk", "primary"),
    "minor": ("secondary", "tertiary"),
    "local": ("residential", "unclassified", "living_street", "road", "pedestrian"),
    "stairs": ("steps",),
    "path": ("footway", "path", "cycleway", "track", "corridor"),
}
NOT_DRAWN = ("lift", "escalator", "link")
NAMED = ("major", "minor", "local", "stairs")
LAND_M, WATER_M, HOUSE_M = 1.2, 2.5, 1.5
SMALLEST_HOUSE_M2 = 60.0
NAME_AT_LEAST_M, NAME_EVERY_M, NAME_CHORD_M = 110.0, 700.0, 45.0

Layers = Mapping[str, gpd.GeoDataFrame]


def ground(layers: Layers) -> dict[str, Any]:
    """Collect what is drawn, as encoded paths; a layer the bundle lacks is not drawn.

    Streets are drawn from the edges of the network: ``pens`` names what draws them, ``pen`` says which draws each edge
    (counted from 1; 0 is not drawn).
    """
    network = _drawn(layers["network"])
    pens = sorted(network["pen"].dropna().unique())
    return {
        "land": rings(layers["area"].geometry, LAND_M),
        "water": rings(_shapes(layers, "water"), WATER_M),
        "houses": rings(_houses(layers), HOUSE_M),
        "pens": pens,
        "pen": numbers((pd.Index(pens).get_indexer(pd.Index(network["pen"])) + 1).tolist()),
        "names": {
            "subdistricts": _subdistricts(layers),
            "water": _waters(layers),
            "stations": _stations(layers),
            "streets": _streets(network),
        },
    }


def _drawn(network: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the edges, each with the pen that draws it, or none."""
    pen_of = {highway: pen for pen, highways in PENS.items() for highway in highways}
    highway = network["highway"].fillna("").astype(str).str.removesuffix("_link")
    pens = highway.map(pen_of).fillna("service")
    pens = pens.mask(network["kind"] == "stairs", "stairs")
    pens = pens.mask(network["tunnel"].fillna(value=False).astype(bool) & (pens != "stairs"), "tunnel")
    return network.assign(pen=pens.mask(network["kind"].isin(NOT_DRAWN)))


def _shapes(layers: Layers, name: str) -> list[BaseGeometry]:
    return list(layers[name].geometry.dropna()) if name in layers else []


def _houses(layers: Layers) -> list[BaseGeometry]:
    shapes = np.asarray(_shapes(layers, "buildings"), dtype=object)
    if not len(shapes):
        return []
    latitude = float(shapely.total_bounds(shapes)[1])
    return list(shapes[shapely.area(metres(shapes, latitude)) >= SMALLEST_HOUSE_M2])


def _subdistricts(layers: Layers) -> list[list[Any]]:
    """Chinese name, English name, lon, lat: in the middle of the land, not of the river."""
    if "subdistricts" not in layers:
        return []
    wet = shapely.union_all(np.asarray(_shapes(layers, "water"), dtype=object))
    found = []
    for row in layers["subdistricts"].itertuples():
        dry = shapely.difference(row.geometry, wet)
        at = shapely.get_point(shapely.maximum_inscribed_circle(row.geometry if dry.is_empty else dry), 0)
        found.append([str(row.name), _text(row.name_en), *point(at)])
    return found


def _waters(layers: Layers) -> list[list[Any]]:
    """Name, lon, lat, slope of the lettering, breadth in metres of each named water, where it is widest."""
    if "water" not in layers:
        return []
    found = []
    for row in layers["water"].itertuples():
        if not isinstance(row.name, str) or row.geometry is None or shapely.get_dimensions(row.geometry) != 2:  # noqa: PLR2004
            continue
        latitude = row.geometry.centroid.y
        flat = metres(np.asarray([row.geometry], dtype=object), latitude)[0]
        radius = shapely.maximum_inscribed_circle(flat, tolerance=5.0)
        centre = shapely.get_point(radius, 0)
        corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(flat.intersection(centre.buffer(900.0))))
        sides = np.diff(corners[:3], axis=0)
        along = sides[int(np.argmax(np.hypot(sides[:, 0], sides[:, 1])))]
        at = metres(np.asarray([centre], dtype=object), latitude, back=True)[0]
        found.append([row.name, *point(at), _slope(along[0], along[1]), round(2 * float(shapely.length(radius)))])
    return found


def _stations(layers: Layers) -> list[list[Any]]:
    if "stations" not in layers:
        return []
    stations = layers["stations"]
    named = stations[(stations["kind"] == "station") & stations["name"].notna()].drop_duplicates("name")
    return [[str(row.name), *point(row.geometry)] for row in named.itertuples(index=False)]


def _streets(network: gpd.GeoDataFrame) -> list[list[Any]]:
    """Name, lon, lat, slope, rank of the pen; the longest street first, so that it keeps its place."""
    named = network[network["pen"].isin(NAMED) & network["name"].notna()]
    found: list[tuple[int, float, list[Any]]] = []
    for (name, pen), group in named.groupby(["name", "pen"], sort=True):
        merged = shapely.line_merge(shapely.multilinestrings(shapely.get_parts(group.geometry.to_numpy())))
        rank = NAMED.index(str(pen))
        for line in shapely.get_parts(merged):
            length, places = _along(line)
            found += [(rank, -length, [str(name), *place, rank]) for place in places]
    return [entry for _, _, entry in sorted(found)]


def _along(line: BaseGeometry) -> tuple[float, list[tuple[int, int, int]]]:
    """Length in metres, and where along a line its name may stand."""
    latitude = float(shapely.get_coordinates(line)[0, 1])
    flat = metres(np.asarray([line], dtype=object), latitude)[0]
    length = float(flat.length)
    count = max(1, int(length // NAME_EVERY_M)) if length >= NAME_AT_LEAST_M else 0
    places = []
    for i in range(count):
        at = length * (i + 0.5) / count
        ends = [flat.interpolate(max(0.0, at + step)) for step in (-NAME_CHORD_M, 0.0, NAME_CHORD_M)]
        lon, lat = metres(np.asarray([ends[1]], dtype=object), latitude, back=True)[0].coords[0]
        slope = _slope(ends[2].x - ends[0].x, ends[2].y - ends[0].y)
        places.append((round(lon * SCALE), round(lat * SCALE), slope))
    return length, places


def _slope(dx: float, dy: float) -> int:
    """Degrees from the east, turned so that letters stand upright."""
    return round((math.degrees(math.atan2(dy, dx)) + 90.0) % 180.0 - 90.0)


def _text(value: object) -> str | None:
    known = finite(value)
    return None if known is None else str(known)
