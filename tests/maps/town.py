"""A small made-up town between two rivers, written as a bundle: every layer and table the map reads."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from shapely.geometry import LineString, MultiLineString, Point, Polygon, box
from shapely.geometry.base import BaseGeometry

WEST, SOUTH, EAST, NORTH = 106.50, 29.50, 106.54, 29.52
STEP = 0.0025
TIERS = ("school", "community", "base")
CATEGORIES = {"heritage": ("文博与历史", "Heritage"), "health": ("健康教育", "Health")}
CUTOFFS = (300, 600, 900)
COUNTS = ("declared", "at_least", "loaded", "candidates", "approximate", "located", "verified")

Name = Callable[[str], str]
Rows = list[dict[str, Any]]


def write_town(folder: Path, name: Name = str) -> Path:
    """Write the bundle; ``name`` may turn every free text of it into something else."""
    (folder / "layers").mkdir(parents=True)
    (folder / "tables").mkdir()
    layers = {
        "area": _area(name),
        "subdistricts": _subdistricts(name),
        "water": _water(name),
        "railways": _railways(name),
        "stations": _stations(name),
        "buildings": _buildings(name),
        "network": _network(name),
        "facilities": _facilities(name),
        "isochrones": _isochrones(name),
        "unions": _unions(),
        "coverage": _coverage(name),
        "gaps": _gaps(name),
        "routes": _routes(name),
        "route_stops": _stops(name),
        "vertical_links": _links(name),
    }
    for layer, frame in layers.items():
        frame.to_parquet(folder / "layers" / f"{layer}.parquet")
    for table, rows in _tables(name).items():
        pd.DataFrame(rows).to_csv(folder / "tables" / f"{table}.csv", index=False, encoding="utf-8-sig")
    manifest = {
        "bundle_version": "1",
        "servicecircle_version": "0.1.0",
        "area": {
            "id": "town",
            "name_zh": name("江城"),
            "name_en": name("River Town"),
            "bbox": [WEST, SOUTH, EAST, NORTH],
        },
        "data_date": name("2026-04-26"),
        "profile": name("adult"),
        "parameters": {},
        "parameters_sha256": "0" * 64,
        "layers": [{"name": layer, "rows": len(frame)} for layer, frame in layers.items()],
        "sources": [
            {
                "id": "osm",
                "title": name("OpenStreetMap"),
                "date": "2026",
                "licence": "ODbL-1.0",
                "attribution": name("© OSM"),
            }
        ],
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")
    return folder


def _frame(rows: Rows) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(rows, geometry="geometry", crs="EPSG:4326")


def _land() -> BaseGeometry:
    return box(WEST, SOUTH, EAST, NORTH)


def _halves() -> list[BaseGeometry]:
    middle = (WEST + EAST) / 2
    return [box(WEST, SOUTH, middle, NORTH), box(middle, SOUTH, EAST, NORTH)]


def _area(name: Name) -> gpd.GeoDataFrame:
    return _frame([{"id": "town", "name_zh": name("江城"), "name_en": name("River Town"), "geometry": _land()}])


def _subdistricts(name: Name) -> gpd.GeoDataFrame:
    names = [("1", "上街道", "Upper"), ("2", "下街道", "Lower")]
    return _frame(
        [
            {"code": code, "name": name(zh), "name_en": name(en), "geometry": half}
            for (code, zh, en), half in zip(names, _halves(), strict=True)
        ]
    )


def _water(name: Name) -> gpd.GeoDataFrame:
    north = Polygon([(WEST, NORTH - 0.004), (EAST, NORTH - 0.002), (EAST, NORTH), (WEST, NORTH)])
    return _frame([{"id": "1", "kind": "riverbank", "name": name("清江"), "geometry": north}])


def _railways(name: Name) -> gpd.GeoDataFrame:
    line = LineString([(WEST, SOUTH + 0.008), (EAST, SOUTH + 0.009)])
    common = {"layer": 0, "bridge": False, "geometry": line}
    return _frame(
        [
            {"id": "1", "kind": name("monorail"), "name": name("2号线"), "tunnel": False, **common},
            {"id": "2", "kind": "rail", "name": None, "tunnel": True, **common},
        ]
    )


def _stations(name: Name) -> gpd.GeoDataFrame:
    return _frame(
        [
            {"id": "1", "kind": "station", "name": name("中心站"), "ref": None, "geometry": Point(106.52, 29.5085)},
            {"id": "2", "kind": "entrance", "name": None, "ref": name("3"), "geometry": Point(106.5205, 29.5083)},
        ]
    )


def _buildings(name: Name) -> gpd.GeoDataFrame:
    plots = [(WEST + STEP * (i + 0.3), SOUTH + STEP * (j + 0.3)) for i in range(14) for j in range(5)]
    return _frame(
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


def _network(name: Name) -> gpd.GeoDataFrame:
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
    return _frame(rows)


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


def places() -> list[tuple[str, str, Point | None]]:
    """Id, tier and position of each place; the last of each tier has none."""
    found: list[tuple[str, str, Point | None]] = []
    for row, tier in enumerate(TIERS):
        for i in range(5):
            at = None if i == 4 else Point(WEST + STEP * (2.4 + 3 * i), SOUTH + STEP * (1.3 + 2 * row))
            found.append((f"{tier}{i}", tier, at))
    return found


def _facilities(name: Name) -> gpd.GeoDataFrame:
    rows: Rows = []
    for i, (key, tier, at) in enumerate(places()):
        category = list(CATEGORIES)[i % 2] if tier == "base" else None
        placed = at is not None
        approximate = placed and i % 5 == 2
        rows.append(
            {
                "facility_id": name(key),
                "kind": name("venue" if i == 12 else tier),
                "tier": tier,
                "category": category and name(category),
                "category_zh": category and name(CATEGORIES[category][0]),
                "category_en": category and name(CATEGORIES[category][1]),
                "name": name(f"{tier} 第{i}处"),
                "subdistrict": name("上街道"),
                "address": name(f"纵{i}路{i}号"),
                "status": name("candidate" if i % 5 == 3 else "loaded"),
                "status_reason": name("named in the plan"),
                "source": name("a public list"),
                "position_source": name("survey"),
                "position_confidence": name("street" if approximate else "building" if placed else "none"),
                "located": placed and not approximate,
                "approximate": approximate,
                "designations": name("practice_base;brand") if i % 4 == 0 else None,
                "level": name("primary") if tier == "school" else None,
                "batch": name("2025-3") if i == 0 else None,
                "note": name("记"),
                "inside_area": placed or None,
                "n_school_900": 2.0 if placed else None,
                "n_community_900": 3.0 if placed else None,
                "n_base_900": 1.0 if placed else None,
                "people_900_low": 1000.0 if placed else None,
                "people_900": 1234.5 if placed else None,
                "people_900_high": 1500.0 if placed else None,
                "area_900_m2": 250000.0 if placed else None,
                "terrain_loss": 0.21 if placed else None,
                "geometry": at,
            }
        )
    return _frame(rows)


def _isochrones(name: Name) -> gpd.GeoDataFrame:
    return _frame(
        [
            {
                "facility_id": name(key),
                "cutoff_s": float(cutoff),
                "profile": "adult",
                "direction": "from",
                "area_m2": 1.0,
                "street_m": 1.0,
                "geometry": at.buffer(cutoff * 7e-6, quad_segs=6),
            }
            for key, _, at in places()
            if at is not None
            for cutoff in CUTOFFS
        ]
    )


def _unions() -> gpd.GeoDataFrame:
    rows: Rows = []
    for tier in TIERS:
        for basis in ("confirmed", "all"):
            for cutoff in CUTOFFS:
                if (tier, basis) == ("community", "confirmed"):
                    continue  # nothing of it has a position: unknown
                shape = gpd.GeoSeries(
                    [at.buffer(cutoff * 7e-6) for _, t, at in places() if t == tier and at]
                ).union_all()
                rows.append({"tier": tier, "basis": basis, "cutoff_s": float(cutoff), "geometry": shape})
    common = {"profile": "adult", "direction": "from", "area_m2": 1.0}
    return _frame([row | common for row in rows])


def _share(tier: str, basis: str) -> dict[str, Any]:
    unknown = (tier, basis) == ("community", "confirmed")
    share = {"share_low": None, "share": None, "share_high": None}
    if not unknown:
        share = {"share_low": 0.61, "share": 0.634, "share_high": 0.67}
    people = {"people_low": 9000.0, "people": 9876.5, "people_high": 11000.0}
    covered = {"covered_low": 5500.0, "covered": 6262.0, "covered_high": 7300.0}
    return {"homes": 50, "homes_covered": 31, **people, **covered, **share, "unknown": unknown}


def _coverage(name: Name) -> gpd.GeoDataFrame:
    return _frame(
        [
            {
                "subdistrict": code,
                "name": name(code),
                "tier": tier,
                "basis": basis,
                "cutoff_s": 900.0,
                **_share(tier, basis),
                "geometry": half,
            }
            for code, half in zip(("1", "2"), _halves(), strict=True)
            for tier in TIERS
            for basis in ("confirmed", "all")
        ]
    )


def _gaps(name: Name) -> gpd.GeoDataFrame:
    causes = ["terrain", "unlocated_place", "detour"]
    rows: Rows = []
    for i, tier in enumerate(TIERS):
        for rank in (1, 2):
            x, y = WEST + STEP * (1 + 6 * (rank - 1) + i), SOUTH + STEP * (1 + i)
            rows.append(
                {
                    "gap_id": name(f"{tier}-{rank}"),
                    "rank": rank,
                    "tier": tier,
                    "subdistrict": "1",
                    "subdistrict_name": name("上街道"),
                    "homes": 12,
                    "people_low": 100.0,
                    "people": 150.5,
                    "people_high": 210.0,
                    "mean_excess_s": 240.0,
                    "nearest_facility_id": name(f"{tier}0"),
                    "nearest_name": name("第0处"),
                    "nearest_s": 1140.0,
                    "cause": name(causes[i]),
                    "explanation_zh": name("平均步行19分钟，超出4分钟。"),
                    "explanation_en": name("19 minutes on average, 4 too many."),
                    "lon": x,
                    "lat": y,
                    "geometry": Point(x, y).buffer(STEP * 0.8),
                }
            )
    return _frame(rows)


def _routes(name: Name) -> gpd.GeoDataFrame:
    walked = MultiLineString([[(106.505, 29.505), (106.515, 29.505)], [(106.515, 29.505), (106.515, 29.512)]])
    common = {"provenance": name("published"), "source": name("a page"), "stops": 3}
    return _frame(
        [
            {
                "route_id": name("R1"),
                "name": name("红色线路"),
                "theme": name("red"),
                **common,
                "stops_located": 2,
                "seconds": 1500.0,
                "metres": 1700.0,
                "ascent_m": None,
                "geometry": walked,
            },
            {
                "route_id": name("R2"),
                "name": name("未走线路"),
                "theme": "trail",
                **common,
                "stops_located": 0,
                "seconds": None,
                "metres": None,
                "ascent_m": None,
                "geometry": None,
            },
        ]
    )


def _stops(name: Name) -> gpd.GeoDataFrame:
    spots = [(1, "building", Point(106.505, 29.505)), (2, "street", Point(106.515, 29.512)), (3, "none", None)]
    return _frame(
        [
            {
                "route_id": name("R1"),
                "seq": float(seq),
                "name": name(f"第{seq}站"),
                "facility_id": None,
                "position_confidence": name(confidence),
                "located": at is not None,
                "geometry": at,
            }
            for seq, confidence, at in spots
        ]
    )


def _links(name: Name) -> gpd.GeoDataFrame:
    shapes = [Point(106.51, 29.506), LineString([(106.52, 29.506), (106.521, 29.507)]), Point(106.53, 29.506)]
    return _frame(
        [
            {
                "link_id": name(kind),
                "kind": name(kind),
                "name": name("大扶梯") if i else None,
                "rise_m": 50.0 if i else None,
                "fee_cny": [None, 2.0, 0.0][i],
                "opening_hours": name("06:30-22:00"),
                "direction": name("both"),
                "wheelchair": None,
                "state": name("in_service"),
                "joins": name("known"),
                "source": name("survey"),
                "confidence": "high",
                "note": name("记"),
                "used": bool(i % 2),
                "geometry": shape,
            }
            for i, (kind, shape) in enumerate(zip(("lift", "escalator", "cableway"), shapes, strict=True))
        ]
    )


def _tables(name: Name) -> dict[str, Rows]:
    counts = dict(zip(COUNTS, (None, False, 3, 1, 1, 3, 0), strict=True))
    share = [
        {
            "subdistrict": code,
            "tier": tier,
            "basis": basis,
            "measure": measure,
            "cutoff_s": 900.0,
            **_share(tier, basis),
        }
        for code in ("district", "1", "2")
        for tier in TIERS
        for basis in ("confirmed", "all")
        for measure in ("radius", "level", "walk")
    ]
    paper = {"paper": name("报道"), "date": name("2025-12-10")}
    return {
        "coverage": share,
        "ledger": [{"tier": t, **counts, "declared": 79 if t == "community" else None, **paper} for t in TIERS],
        "ledger_by_category": [
            {"category": name(key), "name_zh": name(zh), "name_en": name(en), "published": key == "health", **counts}
            for key, (zh, en) in CATEGORIES.items()
        ],
        "ledger_by_designation": [{"designation": name("brand"), **counts, "declared": 18}],
    }
