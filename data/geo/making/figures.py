"""The published study routes, and the published population figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .files import degrees, write_csv
from .gathered import Gathered, Row
from .places import Place, source_text

__all__ = ["write_population", "write_routes"]

_ROUTES = ("route_id", "name", "theme", "provenance", "source", "date", "note")
_STOPS = ("route_id", "seq", "name", "facility_id", "lon", "lat", "position_confidence", "note")
_POPULATION = ("unit", "code", "name", "year", "measure", "value", "measure_unit", "source", "confidence", "note")
_UNITS = {
    "区": "district",
    "区级指标": "district",
    "街道": "subdistrict",
    "社区": "community",
    "学校": "school",
    "幼儿园": "school",
}
_MEASURES = {
    "常住人口(七普)": "resident_census",
    "常住人口(六普)": "resident_census",
    "常住人口(年末)": "resident_year_end",
    "常住人口": "resident",
    "户籍人口": "registered",
    "实有人口": "present",
    "居民户数": "households",
    "总面积": "area_km2",
    "面积": "area_km2",
    "陆地面积": "land_area_km2",
    "土地面积": "land_area_km2",
    "在校学生": "pupils",
    "学生": "pupils",
    "学位": "places",
    "教学班": "classes",
    "参与中小学生": "participating_pupils",
    "参与家庭": "participating_families",
}
_MEASURE_UNITS = {"人": "people", "人(多)": "people", "户": "households", "户(近)": "families", "班": "classes"}
_ROUNDED = {"人(多)": "the report says: more than", "户(近)": "the report says: nearly"}
_DISTRICT = "500103"
_SCHOOLS = {
    "巴蜀小学": "巴蜀小学校",
    "中华路小学(和平路校区)": "中华路小学",
    "蒙正幼儿园": "蒙正幼儿园",
    "人民小学(渝中校园)": "人民小学校",
}


def write_routes(gathered: Gathered, decided: Mapping[str, Any], places: Sequence[Place], out: Path) -> None:
    """Write routes.csv and route_stops.csv: published routes in their published order."""
    registry = {place.name: place for place in places}
    routes: dict[str, list[str]] = {}
    stops: list[list[str]] = []
    used: set[str] = set()
    for row in gathered.table("routes.csv"):
        route = row["route_id"]
        if route in decided["not_routes"]:
            gathered.account.leave_out(_named(row), decided["not_routes"][route])
            continue
        gathered.account.take(row)
        about = decided["routes"][route]
        source = source_text(row["source"]).removeprefix("page ")
        head = [route, row["route_name"], about["theme"], "published", source, about["date"], row["note"]]
        if routes.setdefault(route, head) != head:
            gathered.account.fault("two rows of a route disagree about it", "mend the source", row, head)
        used.add(row["name"])
        stops.append([route, row["seq"], row["name"], *_stop(gathered, row, decided, registry)])
    for name in sorted({*decided["stops"], *decided["lanes"]} - used):
        gathered.account.fault("no stop has this name", "mend judgements.toml", value=name)
    write_csv(out / "routes.csv", _ROUTES, (routes[route] for route in sorted(routes)))
    write_csv(out / "route_stops.csv", _STOPS, sorted(stops, key=lambda stop: (stop[0], int(stop[1]))))


def _named(row: Row) -> Row:
    return Row(row.file, row.number, {**row.cells, "name": f"{row['route_id']} {row['seq']} {row['name']}"})


def _stop(
    gathered: Gathered, row: Row, decided: Mapping[str, Any], registry: Mapping[str, Place]
) -> tuple[str, str, str, str, str]:
    """Match a stop: its facility, position, confidence and note."""
    name = row["name"]
    if name in decided["stops"]:
        place = registry[decided["stops"][name]]
        if row.lonlat and tuple(map(degrees, row.lonlat)) != (place.lon, place.lat):
            gathered.account.fault("the stop lies elsewhere than its facility", "decide which is right", row, name)
        matched = "" if row.lonlat else f"taken to be the registry's {place.name}"
        return place.facility_id, place.lon, place.lat, place.position_confidence, matched
    if name in decided["lanes"]:
        file, lane = decided["lanes"][name]
        found = next(r.lonlat for r in gathered.table(file) if r["name"] == lane)
        lon, lat = map(degrees, found) if found else ("", "")
        return "", lon, lat, "street", "midpoint of the lane: OpenStreetMap 2026-04-24"
    if row.lonlat:
        gathered.account.fault("the stop has a position, but no facility", "match it in judgements.toml", row, name)
    return "", "", "", "none", ""


def write_population(gathered: Gathered, places: Sequence[Place], out: Path) -> None:
    """Write population.csv; a figure that was looked for and not found has no value."""
    codes = {place.name: place.facility_id for place in places if place.kind == "school"}
    outlines = gathered.features("admin/subdistricts_wgs84.geojson")
    names = {f["properties"]["name"]: f["properties"]["code"] for f in outlines}
    communities = {row["name"].removesuffix("居民委员会"): row["code"] for row in gathered.table("communities.csv")}
    rows = []
    for row in gathered.table("population.csv"):
        if row["measure"] not in _MEASURES:
            if row["category"] == "区级指标":
                gathered.account.leave_out(row, f"a declared count ({row['measure']}): it is in declared.toml")
            else:
                gathered.account.fault("unknown measure", "add it to _MEASURES", row, row["measure"])
            continue
        gathered.account.take(row)
        name = row["name"]
        code = {"区": _DISTRICT, "区级指标": _DISTRICT, "街道": names.get(name), "社区": communities.get(name)}.get(
            row["category"], codes.get(_SCHOOLS.get(name, ""))
        )
        if code is None:
            gathered.account.fault("the unit has no code", "match its name", row, name)
        year = row["year"] if row["year"].isdigit() else ""
        undated = "" if year else row["year"]
        note = "; ".join(filter(None, (row["note"], undated, _ROUNDED.get(row["unit"]))))
        unit = _MEASURE_UNITS.get(row["unit"], row["unit"])
        value = row["value"].removesuffix(".0")
        head = [_UNITS[row["category"]], code or "", name, year, _MEASURES[row["measure"]], value, unit]
        rows.append([*head, source_text(row["source"]).removeprefix("page "), row["confidence"], note])
    write_csv(out / "population.csv", _POPULATION, sorted(rows))
