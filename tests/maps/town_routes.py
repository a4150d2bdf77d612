"""Routes of the made-up town by leg: what the walk takes, heights along it, findings, one that a tool proposes."""

from __future__ import annotations

import geopandas as gpd
from shapely.geometry import LineString, MultiLineString, Point

from tests.maps.town_ground import Name, Rows, frame

HEIGHTS = (200.0, 212.5, 231.2)


def layers(name: Name) -> dict[str, gpd.GeoDataFrame]:
    """Return the layers that a bundle may do without."""
    return {
        "route_legs": _legs(name),
        "route_profile": _profile(name),
        "proposed_routes": _proposed(name),
        "proposed_stops": _proposed_stops(name),
    }


def faults(name: Name) -> Rows:
    """Return the table `route_faults`."""
    found = [(0, "hours_unknown", "unknown"), (1, "long_leg", "care"), (2, "approximate", "unknown")]
    found += [(1, "approximate", "unknown"), (3, "unlocated", "unknown"), (0, "over_limit", "blocks")]
    return [
        {
            "route_id": name("R1"),
            "name": name("红色线路"),
            "seq": seq,
            "fault": name(fault),
            "severity": severity,
            "text_zh": name(f"须知{number}"),
            "text_en": name(f"mind {number}"),
        }
        for number, (seq, fault, severity) in enumerate(found)
    ]


def _legs(name: Name) -> gpd.GeoDataFrame:
    leg = {"route_id": name("R1"), "leg": 1, "from_seq": 1, "from_name": name("第1站"), "to_seq": 2}
    walk = {"seconds": 725.0, "metres": 803.4, "ascent_m": 31.2, "descent_m": 4.4, "steps": 118.0}
    stairs = {"steps_estimated": True, "longest_flight": 66.0, "stepfree": False, "stepfree_metres": 1003.4}
    ways = {"rides": 1, "fee_cny": 2.0, "crossings": 2.0, "crossings_lights": 1.0, "crossings_plain": 0.0}
    rest = {"crossed": name("纵二路"), "skipped": 1, "at_least": True, "problem": None}
    shape = LineString([(106.505, 29.505), (106.515, 29.505), (106.515, 29.512)])
    return frame([{**leg, **walk, **stairs, **ways, **rest, "to_name": name("第2站"), "geometry": shape}])


def _profile(name: Name) -> gpd.GeoDataFrame:
    at = [(106.505, 29.505), (106.515, 29.505), (106.515, 29.512)]
    own = {"route_id": name("R1"), "leg": 1, "kind": "street"}
    return frame(
        [
            {**own, "metres": 401.7 * number, "height_m": height, "geometry": Point(*at[number])}
            for number, height in enumerate(HEIGHTS)
        ]
    )


def _proposed(name: Name) -> gpd.GeoDataFrame:
    walk = {"total_s": 5400.0, "walk_s": 1500.0, "dwell_s": 3600.0, "metres": 1700.0, "steps": 0.0}
    texts = {"explanation_zh": name("一句。两句。"), "explanation_en": name("One. Two.")}
    shape = MultiLineString([[(106.505, 29.505), (106.515, 29.505)], [(106.515, 29.505), (106.505, 29.505)]])
    return frame(
        [
            {
                "route_id": name("P-school0"),
                "name": name("学校半日"),
                "theme": name("mixed"),
                "provenance": "proposed",
                "source": name("a tool"),
                "date": name("2026-05-20"),
                "note": None,
                "age_band": "primary",
                "group_size": 45,
                "limit_minutes": 180.0,
                "depart": "09:00",
                "stops": 1,
                **walk,
                "ascent_m": 40.0,
                "descent_m": 30.0,
                **texts,
                "geometry": shape,
            }
        ]
    )


def _proposed_stops(name: Name) -> gpd.GeoDataFrame:
    at = [(106.505, 29.505), (106.515, 29.505), (106.505, 29.505)]
    legs = [None, (700.0, 850.0, 25.0, 5.0, 0.0), (800.0, 850.0, 15.0, 25.0, 0.0)]
    columns = ("leg_s", "leg_metres", "leg_ascent_m", "leg_descent_m", "leg_steps")
    times = [(None, "09:00"), ("09:12", "10:12"), ("10:25", None)]
    return frame(
        [
            {
                "route_id": name("P-school0"),
                "seq": number + 1,
                "name": name("学校" if number != 1 else "纪念馆"),
                "facility_id": name("school0" if number != 1 else "base0"),
                "position_confidence": "building",
                "note": None,
                "dwell_minutes": 60.0 if number == 1 else 0.0,
                "status": "candidate" if number == 1 else None,
                "arrive": times[number][0],
                "leave": times[number][1],
                **dict(zip(columns, legs[number] or (None,) * 5, strict=True)),
                "geometry": Point(*at[number]),
            }
            for number in range(3)
        ]
    )
