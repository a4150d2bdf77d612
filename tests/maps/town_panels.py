"""The town's doors, its years and its standards: what the panel of the map shows beside the figures of the study."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import shapely

from tests.maps import town_routes
from tests.maps.town_ground import CATEGORIES, TIERS, Name
from tests.maps.town_results import frame, places

Rows = list[dict[str, Any]]
DAYS = {2024: "2024-12-31", 2025: "2025-12-31", 2026: "2026-04-26"}
UNITS = ("district", "1", "2")


def particulars(name: Name, i: int) -> dict[str, Any]:
    """Return what the office knows of the place in row ``i``: the first one all of it, the others nothing."""
    if i:
        return dict.fromkeys(("open_from", "open_to", "access", "opening_hours", "capacity", "website"))
    return {
        "open_from": name("2025-09-01"),
        "open_to": None,
        "access": name("booking"),
        "opening_hours": name("周六 9:00—17:00"),
        "capacity": 40.0,
        "website": name("https://example.org/school"),
    }


def entrances(name: Name) -> gpd.GeoDataFrame:
    """Return the layer `entrances`: a door north of each place that has a position, two for the first."""
    rows: Rows = []
    for i, (key, _, at) in enumerate(places()):
        for step in range(2 if i == 0 else 1) if at is not None else ():
            door = shapely.Point(at.x, at.y + 2e-4 * (step + 1))
            rows.append({"facility_id": name(key), "reason": name("tagged"), "snap_m": 22.3 + step, "geometry": door})
    return frame(rows)


def tables(name: Name) -> dict[str, Rows]:
    """Return the planner's tables that the map reads."""
    found = {"coverage_by_year": coverage_by_year(name), "standards": standards(name)}
    found |= {"route_faults": town_routes.faults(name), "siting": siting(name), "pairing": pairing(name)}
    return found | {"mobile": mobile(name), "mobile_served": mobile_served(name)}


def coverage_by_year(name: Name) -> Rows:
    """Return the table: with the dated alone nothing is covered before the first opens; the first place has a date."""
    located = sum(at is not None for _, _, at in places())
    return [
        {
            "year": year,
            "day": name(day),
            "dates": dates,
            "planned": False,
            "places": int(year > 2024) if dates == "dated" else located - int(year == 2024),
            "subdistrict": code,
            "name": name(code),
            "tier": tier,
            "basis": basis,
            "measure": measure,
            "cutoff_s": 900.0,
            **_shares(known=dates == "with_undated" or year > 2024, year=year),
        }
        for year, day in DAYS.items()
        for dates in ("dated", "with_undated")
        for code in UNITS
        for tier in TIERS
        for basis in ("confirmed", "all")
        for measure in ("radius", "walk")
    ]


def standards(name: Name) -> Rows:
    """Return the table: one rule whose number is confirmed, one that is not, one without a number."""
    return [
        {
            "preset": name("gb50180-2018"),
            "rule": rule,
            "name_zh": name(f"规则{rule}"),
            "name_en": name(f"Rule {rule}"),
            "quantity": "distance",
            "least": None,
            "value": value,
            "unit": "m",
            "confirmed": rule == "a",
            "source": name(f"GB 50180-2018, {rule}"),
            "tier": "school",
            "levels": "primary" if rule == "a" else None,
            "basis": basis,
            "measure": measure,
            "limit_m": value,
            "limit_s": None,
            "places": 3,
            "subdistrict": code,
            "share_low": share and share - 0.1,
            "share": share,
            "share_high": share and share + 0.1,
            "reached": None,
            "status": {"a": "checked", "b": "unconfirmed", "c": "unknown"}[rule],
            "note_zh": name("注记"),
            "note_en": name("a note"),
        }
        for rule, value, share in (("a", 500.0, 0.61), ("b", 300.0, 0.42), ("c", None, None))
        for code in UNITS
        for basis in ("confirmed", "all")
        for measure in ("radius", "level", "walk")
    ]


def siting(name: Name) -> Rows:
    """Return the table: two rooms of schools that would become community seats, of a thousand people."""
    new = (None, 200.0, 100.0)
    rows: Rows = []
    for n, more in enumerate(new):
        covered = 300.0 + sum(v or 0.0 for v in new[: n + 1])
        rows.append(
            {
                "tier": "community",
                "n": n,
                "candidate_id": name(f"school{n - 1}") if n else None,
                "name": name(f"school 第{n - 1}处") if n else None,
                "kind": name("school") if n else None,
                "newly_covered_low": more and more - 20,
                "newly_covered": more,
                "newly_covered_high": more and more + 20,
                "newly_covered_homes": n or None,
                "covered_low": covered - 30,
                "covered": covered,
                "covered_high": covered + 30,
                "share": covered / 1000,
                "best_covered": covered,
                "mean_min": 20.0 - n,
                "worst_min": 40.0,
                "minutes": 15.0,
                "existing": 4,
                "candidates": 8,
                "status": "optimal",
                "gap": 0.0,
            }
        )
    return rows


def mobile(name: Name) -> Rows:
    """Return the table: a room of unknown capacity in two weeks, one of a known in one."""
    held = [
        (1, 0, 45.0, False, 12.0, "甲社区"),
        (2, 1, 30.0, True, 8.5, "甲社区、乙社区"),
        (3, 0, 45.0, False, 12.0, "甲社区"),
    ]
    return [
        {
            "tier": "community",
            "week": week,
            "candidate_id": name(f"school{i}"),
            "name": name(f"school 第{i}处"),
            "seats": seats,
            "seats_known": known,
            "guests": guests,
            "neighbourhoods": name(areas),
        }
        for week, i, seats, known, guests, areas in held
    ]


def mobile_served(name: Name) -> Rows:
    """Return the table: two neighbourhoods that have classes, one of them in two rooms; one that none can serve."""
    each = [("甲", 400.0, (0, 1)), ("乙", 100.0, (1,)), ("丙", 900.0, ())]
    return [
        {
            "tier": "community",
            "neighbourhood_id": name(f"00{k}"),
            "name": name(f"{who}社区"),
            "lon": 106.508 + 0.008 * k,
            "lat": 29.507,
            "homes": k + 1,
            "people_low": people - 50,
            "people": people,
            "people_high": people + 50,
            "guests": people / 50,
            "served": bool(rooms),
            "rooms": name("、".join(f"school 第{i}处" for i in rooms)) if rooms else None,
            "room_ids": ";".join(name(f"school{i}") for i in rooms) or None,
            "people_in_reach": people if rooms else 0.0,
            "why_zh": None if rooms else name("没有教室在限时内"),
            "why_en": None if rooms else name("no room is near enough"),
            "minutes": 15.0,
            "candidates": 8,
            "status": "optimal",
            "gap": 0.0,
        }
        for k, (who, people, rooms) in enumerate(each)
    ]


def pairing(name: Name) -> Rows:
    """Return the table: two schools at one base, whose limit is assumed; a third has none, for it is full."""
    blank = dict.fromkeys(("base_id", "base", "status", "position_confidence", "walk_s"))
    blank |= dict.fromkeys(("schools_of_base", "limit", "limit_basis", "why_zh", "why_en"))
    base = {
        "base_id": name("base0"),
        "base": name("base 第10处"),
        "status": "loaded",
        "position_confidence": "building",
    }
    base |= {"schools_of_base": 2, "limit": 2, "limit_basis": "assumed"}
    full = {"why_zh": "该类基地的名额已满", "why_en": "the bases of this category are full"}
    each = [base | {"walk_s": 300.0}, base | {"walk_s": 420.0}, full]
    return [
        {
            "school_id": name(f"school{i}"),
            "school": name(f"school 第{i}处"),
            "category": name(next(iter(CATEGORIES))),
            **blank,
            **own,
        }
        for i, own in enumerate(each)
    ]


def _shares(*, known: bool, year: int) -> dict[str, Any]:
    share = 0.3 + 0.1 * (year - 2024)
    people = {"people_low": 900.0, "people": 1000.0, "people_high": 1100.0, "homes": 50, "homes_covered": 20}
    covered = {"covered_low": 250.0, "covered": 300.0, "covered_high": 350.0}
    shares = {"share_low": share - 0.05, "share": share, "share_high": share + 0.05} if known else {}
    return {**people, **covered, **dict.fromkeys(("share_low", "share", "share_high")), **shares, "unknown": not known}
