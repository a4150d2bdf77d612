"""What a study of the made-up town says: places, circles, shares, gaps, routes, links, tables."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
from shapely.geometry import LineString, MultiLineString, Point

from tests.maps.town_ground import (
    CATEGORIES,
    COUNTS,
    CUTOFFS,
    SOUTH,
    STEP,
    TIERS,
    WEST,
    Name,
    Rows,
    frame,
    halves,
)


def places() -> list[tuple[str, str, Point | None]]:
    """Id, tier and position of each place; the last of each tier has none."""
    found: list[tuple[str, str, Point | None]] = []
    for row, tier in enumerate(TIERS):
        for i in range(5):
            at = None if i == 4 else Point(WEST + STEP * (2.4 + 3 * i), SOUTH + STEP * (1.3 + 2 * row))
            found.append((f"{tier}{i}", tier, at))
    return found


def facilities(name: Name) -> gpd.GeoDataFrame:
    """Return the layer `facilities`."""
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
    return frame(rows)


def isochrones(name: Name) -> gpd.GeoDataFrame:
    """Return the layer `isochrones`."""
    return frame(
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


def unions() -> gpd.GeoDataFrame:
    """Return the layer `unions`."""
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
    return frame([row | common for row in rows])


def _share(tier: str, basis: str) -> dict[str, Any]:
    unknown = (tier, basis) == ("community", "confirmed")
    share = {"share_low": None, "share": None, "share_high": None}
    if not unknown:
        share = {"share_low": 0.61, "share": 0.634, "share_high": 0.67}
    people = {"people_low": 9000.0, "people": 9876.5, "people_high": 11000.0}
    covered = {"covered_low": 5500.0, "covered": 6262.0, "covered_high": 7300.0}
    return {"homes": 50, "homes_covered": 31, **people, **covered, **share, "unknown": unknown}


def coverage(name: Name) -> gpd.GeoDataFrame:
    """Return the layer `coverage`."""
    return frame(
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
            for code, half in zip(("1", "2"), halves(), strict=True)
            for tier in TIERS
            for basis in ("confirmed", "all")
        ]
    )


def gaps(name: Name) -> gpd.GeoDataFrame:
    """Return the layer `gaps`."""
    causes = ["missing_link", "unlocated_place", "barrier"]
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
                    "rank_low": 1,
                    "rank_high": 2,
                    "second_cause": name("detour") if i == 0 else None,
                    "barrier_kind": name("railway") if i == 2 else None,
                    "barrier_name": name("江城铁路") if i == 2 else None,
                    "barred_s": 600.0 if i == 2 else None,
                    "link_id": name(f"link-{rank}") if i == 0 else None,
                    "suggestion_zh": name("修通这一段"),
                    "suggestion_en": name("Build this piece"),
                    "lon": x,
                    "lat": y,
                    "geometry": Point(x, y).buffer(STEP * 0.8),
                }
            )
    return frame(rows)


def missing_links(name: Name) -> gpd.GeoDataFrame:
    """Return the layer `missing_links`: one a gap of the first tier."""
    rows: Rows = []
    for rank in (1, 2):
        x, y = WEST + STEP * (1 + 6 * (rank - 1)), SOUTH + STEP
        rows.append(
            {
                "link_id": name(f"link-{rank}"),
                "rank": rank,
                "tier": TIERS[0],
                "gap_id": name(f"{TIERS[0]}-{rank}"),
                "kind": name("stairs"),
                "length_m": 20.29,
                "rise_m": -6.5,
                "people_low": 80.0,
                "people": 120.0,
                "people_high": 160.0,
                "saved_s": 300.0,
                "explanation_zh": name("若有一段20米的台阶，平均少走5分钟。"),
                "explanation_en": name("With 20 m of stairs, 5 minutes less."),
                "geometry": LineString([(x, y), (x + 2e-4, y + 1e-4)]),
            }
        )
    return frame(rows)


def _lights(name: Name) -> Rows:
    graded = {"light": "grey", "score": None, "missing": name("satisfaction")}
    words = {
        "explanation_zh": name("灰灯：未评。缺：满意度。"),
        "explanation_en": name("Grey: satisfaction is missing."),
    }
    units = [("subdistrict", "1", "上街道"), ("subdistrict", "2", "下街道"), ("school", "school0", "school 第0处")]
    found = [{"unit_kind": kind, "unit": unit, "name": name(label), **graded, **words} for kind, unit, label in units]
    found[1] |= {"light": "green", "score": 91.5, "missing": None}
    return found


def routes(name: Name) -> gpd.GeoDataFrame:
    """Return the layer `routes`."""
    walked = MultiLineString([[(106.505, 29.505), (106.515, 29.505)], [(106.515, 29.505), (106.515, 29.512)]])
    common = {"provenance": name("published"), "source": name("a page"), "stops": 3}
    return frame(
        [
            {
                "route_id": name("R1"),
                "name": name("红色线路"),
                "theme": name("red"),
                **common,
                "stops_located": 2,
                "at_least": True,
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
                "at_least": True,
                "seconds": None,
                "metres": None,
                "ascent_m": None,
                "geometry": None,
            },
        ]
    )


def stops(name: Name) -> gpd.GeoDataFrame:
    """Return the layer `stops`."""
    spots = [(1, "building", Point(106.505, 29.505)), (2, "street", Point(106.515, 29.512)), (3, "none", None)]
    return frame(
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


def links(name: Name) -> gpd.GeoDataFrame:
    """Return the layer `links`."""
    shapes = [Point(106.51, 29.506), LineString([(106.52, 29.506), (106.521, 29.507)]), Point(106.53, 29.506)]
    return frame(
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


def tables(name: Name) -> dict[str, Rows]:
    """Return the tables by name."""
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
        "lights": _lights(name),
        "ledger": [{"tier": t, **counts, "declared": 79 if t == "community" else None, **paper} for t in TIERS],
        "ledger_by_category": [
            {"category": name(key), "name_zh": name(zh), "name_en": name(en), "published": key == "health", **counts}
            for key, (zh, en) in CATEGORIES.items()
        ],
        "ledger_by_designation": [{"designation": name("brand"), **counts, "declared": 18, **paper}],
    }
