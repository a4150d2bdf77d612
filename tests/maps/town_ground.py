"""What the made-up town stands on: land, rivers, rails, houses, streets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import geopandas as gpd
from shapely.geometry import LineString, Point, Polygon, box
from shapely.geometry.base import BaseGeometry

WEST, SOUTH, EAST, NORTH = 106.50, 29.50, 106.54, 29.52
STEP = 0.0025
TIERS = ("school", "community", "base")
CATEGORIES = {"heritage": ("文博与历史", "Heritage"), "health": ("健康教育", "Health")}
CUTOFFS = (300, 600, 900)
COUNTS = ("declared", "at_least", "loaded", "candidates", "approximate", "located", "verified")

Name = Callable[[str], str]
Rows = list[dict[str, Any]]


def frame(rows: Rows) -> gpd.GeoDataFrame:
    """Return rows as a layer."""
    return gpd.GeoDataFrame(rows, geometry="geometry", crs="EPSG:4326")


def land() -> BaseGeometry:
    """Return the town's outline."""
    return box(WEST, SOUTH, EAST, NORTH)


def halves() -> list[BaseGeometry]:
    """Return its two subdistricts."""
    middle = (WEST + EAST) / 2
    return [box(WEST, SOUTH, middle, NORTH), box(middle, SOUTH, EAST, NORTH)]


def area(name: Name) -> gpd.GeoDataFrame:
    """Return the layer `area`."""
    return frame([{"id": "town", "name_zh": name("江城"), "name_en": name("River Town"), "geometry": land()}])


def subdistricts(name: Name) -> gpd.GeoDataFrame:
    """Return the layer `subdistricts`."""
    names = [("1", "上街道", "Upper"), ("2", "下街道", "Lower")]
    return frame(
        [
            {"code": code, "name": name(zh), "name_en": name(en), "geometry": half}
            for (code, zh, en), half in zip(names, halves(), strict=True)
        ]
    )


def water(name: Name) -> gpd.GeoDataFrame:
    """Return the layer `water`."""
    north = Polygon([(WEST, NORTH - 0.004), (EAST, NORTH - 0.002), (EAST, NORTH), (WEST, NORTH)])
    return frame([{"id": "1", "kind": "riverbank", "name": name("清江"), "geometry": north}])


def railways(name: Name) -> gpd.GeoDataFrame:
    """Return the layer `railways`."""
    line = LineString([(WEST, SOUTH + 0.008), (EAST, SOUTH + 0.009)])
    common = {"layer": 0, "bridge": False, "geometry": line}
    return frame(
        [
            {"id": "1", "kind": name("monorail"), "name": name("2号线"), "tunnel": False, **common},
            {"id": "2", "kind": "rail", "name": None, "tunnel": True, **common},
        ]
    )


def stations(name: Name) -> gpd.GeoDataFrame:
    """Return the layer `stations`."""
    return frame(
        [
            {"id": "1", "kind": "station", "name": name("中心站"), "ref": None, "geometry": Point(106.52, 29.5085)},
            {"id": "2", "kind": "entrance", "name": None, "ref": name("3"), "geometry": Point(106.5205, 29.5083)},
        ]
    )


def buildings(name: Name) -> gpd.GeoDataFrame:
    """Return the layer `buildings`."""
    plots = [(WEST + STEP * (i + 0.3), SOUTH + STEP * (j + 0.3)) for i in range(14) for j in range(5)]
    return frame(
        [
            {
                "building_id": f"w{i}",
                "building": "yes",
                "levels": None,
                "name": name(f"楼{i}"),
                "use": None,
                "geometry": box(x, y, x + STEP * 0.4, y + STEP * 0.4),
            }
            for i, (x, y) in enumerate(plots)
        ]
    )


def network(name: Name) -> gpd.GeoDataFrame:
    """Return the layer `network`."""
    classes = ["primary", "secondary", "residential", "steps", "footway", "pedestrian", "service"]
    rows: Rows = []
    for i in range(16):
        x = WEST + STEP * i
        rows.append(_edge(i, classes[i % 7], name(f"纵{i}路"), LineString([(x, SOUTH), (x, NORTH)]), bridge=i == 7))
    for j in range(8):
        y = SOUTH + STEP * j
        rows.append(
            _edge(20 + j, classes[(j + 2) % 7], name(f"横{j}路"), LineString([(WEST, y), (EAST, y)]), tunnel=j == 1)
        )
    rows.append(_edge(40, "elevator", None, LineString([(WEST, SOUTH), (WEST, SOUTH + STEP)]), kind="lift"))
    return frame(rows)


def _edge(
    number: int,
    highway: str,
    name: str | None,
    line: LineString,
    *,
    bridge: bool = False,
    tunnel: bool = False,
    kind: str = "",
) -> dict[str, Any]:
    drawn = kind or {"steps": "stairs", "footway": "path"}.get(highway, "street")
    return {
        "edge_id": str(number),
        "osm_way_id": number,
        "kind": drawn,
        "highway": highway,
        "name": name,
        "bridge": bridge,
        "tunnel": tunnel,
        "layer": 0,
        "geometry": line,
    }
