"""Schools, communities, bases and venues."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import shapely

from servicecircle.crs import GEOD, to_metric

from .gathered import Gathered, Row
from .places import Place, Position, identified, shortened, source_text

__all__ = ["registry"]

_LEVELS = {"小学": "primary", "中学": "middle", "中职": "vocational", "特殊教育": "special", "幼儿园": "kindergarten"}
_OSM_REF = re.compile(r"(?:node|way|relation)/\d+")
_ROAD = re.compile(r"midpoint of OSM road ?(\S*)")
_SQUARE_M2 = 15_000.0  # an outline larger than this is an area to walk about in, not a door
_DATUMS = {"WGS84": "wgs84", "GCJ02": "gcj02", "BD09": "bd09"}
_DESIGNATION = re.compile(r"practice base in 实施方案;? ?|also workshop in 报道|new cultural space in 报道;? ?")
_CRS = "EPSG:32648"


def registry(gathered: Gathered, decided: Mapping[str, Any]) -> list[Place]:
    """Every place, with its id."""
    reasons = decided["reasons"]
    places = [*_schools(gathered, decided), *_communities(gathered, reasons), *_bases(gathered, decided)]
    for new in decided["added"]:
        given = {"status": "loaded", "status_reason": reasons[new["reason"]]}
        shown = {key: new[key] for key in ("name", "kind", "category", "source")}
        places.append(Place.at(Position(None, licence="paper"), **shown, **given))
    return identified(places)


def _schools(gathered: Gathered, decided: Mapping[str, Any]) -> list[Place]:
    places = []
    unused = dict(decided["brands"])
    no_source = dict(decided["leave_out"]["schools.csv"])
    for row in gathered.table("schools.csv"):
        if row["name"] in no_source:
            gathered.account.leave_out(row, no_source.pop(row["name"]))
            continue
        if row["category"] == "高校":
            gathered.account.leave_out(row, "a university: no campus of the circle")
            continue
        if row["category"] not in _LEVELS:
            gathered.account.fault("unknown level of school", "add it to _LEVELS", row, row["category"])
            continue
        reason = _school_reason(row)
        brand = unused.pop(row["name"], "")
        named = reason in {"class_school", "batch"}
        place = Place.at(
            _position(gathered, row),
            kind="school",
            **_written(row),
            status="loaded" if named else "candidate",
            status_reason=decided["reasons"][reason],
            source=source_text(row["source"]),
            designations="brand" if brand else "",
            level=_LEVELS[row["category"]],
            batch="2025-3" if reason == "batch" else "",
            note="; ".join(filter(None, (brand, row["note"]))),
        )
        gathered.account.take(row)
        places.append(place)
    for name in (*unused, *no_source):
        gathered.account.fault("no school has this name", "mend judgements.toml", value=name)
    return places


def _school_reason(row: Row) -> str:
    if "third-batch" in row["note"]:
        return "batch"
    if row["category"] == "幼儿园":
        return "kindergarten"
    return "doubt" if "may be merged" in row["note"] else "class_school"


def _communities(gathered: Gathered, reasons: Mapping[str, str]) -> list[Place]:
    mapped = {row.lonlat for row in gathered.table("bases.csv") if _OSM_REF.search(row["source"])}
    places = []
    for row in gathered.table("communities.csv"):
        committee = row["name"].endswith("居民委员会")
        how, _, more = row["note"].partition(";")
        note = [f"{row['name']}, code {row['code']}", more.strip()]
        if row["coord_method"] in {"addr", "station"}:
            note.append("the point is of a place in or near the community, not of its seat")
        place = Place.at(
            _community_position(row, how, from_osm="OSM" in row["source"] + how or row.lonlat in mapped),
            facility_id=f"C{row['code'][-6:]}",
            kind="community",
            name=row["name"].removesuffix("居民委员会"),
            subdistrict=row["subdistrict"],
            status="loaded" if committee else "candidate",
            status_reason=reasons["class_community" if committee else "workstation"],
            source=source_text(row["source"]),
            note="; ".join(filter(None, note)),
        )
        gathered.account.take(row)
        places.append(place)
    return places


def _community_position(row: Row, how: str, *, from_osm: bool) -> Position:
    confidence = {"road": "street", "addr": "landmark", "station": "area", "guess": "area"}.get(row["coord_method"])
    if confidence is None or row.lonlat is None:
        return Position(None)
    how = how.replace("OSM road", "the road").replace(" (OSM)", "")
    if from_osm:
        licence, origin = "osm", "OpenStreetMap 2026-04-24"
    elif row["coord_method"] == "guess":
        licence, origin = "estimate", "estimate of the compilers"
    else:
        licence, origin = "service", "point of a map service"
    return Position(row.lonlat, confidence, f"{how}: {origin}", licence, _DATUMS[row["crs"]])


def _bases(gathered: Gathered, decided: Mapping[str, Any]) -> list[Place]:
    account = gathered.account
    merges = {(m["name"], m.get("address", "")): m for m in decided["merge"]}
    places: dict[str, Place] = {}
    checks: list[tuple[Row, Mapping[str, str]]] = []
    leave_out = decided["leave_out"]["bases.csv"]
    for row in gathered.table("bases.csv"):
        merge = merges.pop((row["name"], row["address"]), None) or merges.pop((row["name"], ""), None)
        if merge:
            checks.append((row, merge))
        elif row["name"] in leave_out:
            account.leave_out(row, leave_out[row["name"]])
        elif row["category"] not in decided["kinds"]:
            account.fault("unknown category of base", "add it to judgements.toml", row, row["category"])
        else:
            account.take(row)
            place = _base(gathered, row, decided)
            places[place.name if place.name not in places else f"{place.name}|{place.address}"] = place
    for row, merge in checks:
        away = _apart(row, places[merge["into"]])
        account.leave_out(row, f"merged into {merge['into']}: {merge['why']}; {away}")
        kept = places[merge["into"]]
        note = "; ".join(filter(None, (kept.note, f"check: {merge['why']}; {away}")))
        places[merge["into"]] = replace(kept, note=note)
    known = {row["name"] for row in gathered.table("bases.csv")}
    absent = {*decided["named"], *decided["positions"], *leave_out} - known
    for name in (*sorted(absent), *merges):
        account.fault("no base has this name", "mend judgements.toml", value=name)
    return list(places.values())


def _base(gathered: Gathered, row: Row, decided: Mapping[str, Any]) -> Place:
    kind, category = decided["kinds"][row["category"]]
    named = decided["named"].get(row["name"])
    override = decided["positions"].get(row["name"], {})
    position = _position(gathered, row, override)
    note = shortened(_DESIGNATION.sub("", row["note"]).strip("; "))
    if named and position.licence == "page":
        position = replace(position, licence="paper")
    if row["lon"] and position.lonlat is None:
        given = f"position not used, {row['crs']}: {row['lon']}, {row['lat']}"
        position = Position(None, licence="service")
        note = "; ".join(filter(None, (given, override.get("note", note))))
    elif "note" in override:
        note = override["note"]
    if "osm" in override:
        far = GEOD.inv(*_pair(row.lonlat), *_pair(position.lonlat))[2]
        note = f"check: the Baidu point (BD-09) lies {far:.0f} m from the middle of the outline"
    reason = decided["reasons"][named["reason"] if named else "list"]
    return Place.at(
        position,
        kind=kind,
        category=category,
        **_written(row) | {"name": override.get("name", row["name"])},
        status="loaded" if named else "candidate",
        status_reason=reason,
        source=source_text(row["source"], reason if named else ""),
        designations=named.get("designations", "") if named else "",
        note=note,
    )


def _written(row: Row) -> dict[str, str]:
    return {column: row[column] for column in ("name", "subdistrict", "address")}


def _position(gathered: Gathered, row: Row, override: Mapping[str, str] | None = None) -> Position:
    """Say how a position was found: as decided, or as the row says of its source."""
    lonlat, datum = row.lonlat, _DATUMS.get(row["crs"], "")
    if not override:
        if lonlat is None:
            return Position(None)
        return _stated(gathered, row, lonlat, datum)
    if override["confidence"] == "none":
        return Position(None)
    if "osm" in override:
        outline = gathered.outline(override["osm"])
        lonlat, datum = (outline.centroid.x, outline.centroid.y) if outline else None, "wgs84"
    found = override.get("datum", datum)
    return Position(lonlat, override["confidence"], override["source"], override["licence"], found)


def _stated(gathered: Gathered, row: Row, lonlat: tuple[float, float], datum: str) -> Position:
    source = row["source"]
    road, ref = _ROAD.search(source), _OSM_REF.search(source)
    if road:
        name = road[1] or re.split(r"\d", row["address"])[0]
        return Position(lonlat, "street", f"midpoint of the road {name}: OpenStreetMap 2026-04-24", "osm", datum)
    if ref:
        return _mapped(gathered, lonlat, ref[0])
    numbered = "address" if re.search(r"\d", row["address"]) else "landmark"
    if "天地图" in source:
        return Position(lonlat, numbered, "天地图 POI, 2025-04", "service", datum)
    if "Baidu" in source:
        return Position(lonlat, numbered, "Baidu POI", "service", datum)
    if "general knowledge" in source:
        return Position(lonlat, "area", "general knowledge of the compilers", "estimate", datum)
    gathered.account.fault("the row does not say how its position was found", "decide in judgements.toml", row, source)
    return Position(None)


def _mapped(gathered: Gathered, lonlat: tuple[float, float], ref: str) -> Position:
    if ref not in gathered.objects:
        gathered.account.fault("the OpenStreetMap object is in no extract", "mend the source", value=ref)
        return Position(None)
    gate = gathered.objects[ref].get("tags", {}).get("barrier") == "gate"
    confidence = "entrance" if gate else "address" if ref.startswith("node") else "building"
    outline = gathered.outline(ref)
    if outline is not None and to_metric(outline, _CRS).area > _SQUARE_M2:
        confidence = "area"
    if outline is not None and not outline.buffer(0.0005).contains(shapely.Point(lonlat)):
        gathered.account.fault("the position is not on the OpenStreetMap object", "mend the source", value=ref)
    return Position(lonlat, confidence, f"OpenStreetMap {ref}, 2026-04-24", "osm", "wgs84")


def _apart(row: Row, place: Place) -> str:
    stated = row.lonlat or (float(row["lon"]), float(row["lat"]))
    metres = GEOD.inv(*stated, float(place.lon), float(place.lat))[2]
    return f"{metres:.0f} m apart" if row.lonlat else f"{metres:.0f} m apart if it were WGS-84"


def _pair(lonlat: tuple[float, float] | None) -> tuple[float, float]:
    if lonlat is None:
        message = "a check needs two positions"
        raise ValueError(message)
    return lonlat
