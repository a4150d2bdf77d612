"""Lifts, escalators and the cableway; and what becomes of the other rows of transit.csv."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from servicecircle.crs import GEOD

from .files import degrees, write_csv
from .gathered import EXTRACTS, Element, Gathered, Row

__all__ = ["write_links"]

_COLUMNS = (
    *("link_id", "kind", "name", "osm_type", "osm_id", "from_lon", "from_lat", "to_lon", "to_lat"),
    *("rise_m", "length_m", "ride_s", "wait_s", "fee_cny", "opening_hours", "direction", "wheelchair"),
    *("state", "joins", "source", "confidence", "note"),
)
_KINDS = {"电梯": "lift", "自动扶梯": "escalator", "索道": "cableway"}
_NAMELESS = {"电梯", "自动扶梯(未命名)"}
_CABLEWAY = "way/584370214"
_REF = re.compile(r"(node|way)/(\d+)")
_IN_NETWORK = "a midpoint of ways that the network holds whole"


def write_links(gathered: Gathered, decided: Mapping[str, Any], path: Path) -> None:
    """Write vertical_links.csv and settle every row of transit.csv."""
    said = dict(decided["links"])
    walk = gathered.extract("walk")
    ways = {e["id"]: e for e in walk if e["type"] == "way"}
    touching: dict[int, set[int]] = defaultdict(set)
    for way in ways.values():
        for node in way["nodes"]:
            touching[node].add(way["id"])
    stations = {e["id"]: e for e in gathered.extract("stations")}
    rows = []
    for row in gathered.table("transit.csv"):
        kind = _KINDS.get(row["category"])
        if kind is None:
            _settle_other(gathered, row, stations, decided)
            continue
        ref = _CABLEWAY if kind == "cableway" else (_REF.search(row["source"]) or [""])[0]
        link = _link(gathered, row, kind, ref, touching) | said.pop(ref, {})
        gathered.account.take(row)
        rows.append([link.get(column, "") for column in _COLUMNS])
    for ref in said:
        gathered.account.fault("no vertical link is this object", "mend judgements.toml", value=ref)
    write_csv(path, _COLUMNS, sorted(rows))


def _link(gathered: Gathered, row: Row, kind: str, ref: str, touching: Mapping[int, set[int]]) -> dict[str, str]:
    element = gathered.objects[ref]
    tags = element.get("tags", {})
    start, end, joins = _ends(gathered, ref, kind, touching)
    return {
        "link_id": f"{element['type'][0]}{element['id']}",
        "kind": kind,
        "name": "" if row["name"] in _NAMELESS else row["name"],
        "osm_type": element["type"],
        "osm_id": str(element["id"]),
        "from_lon": start[0],
        "from_lat": start[1],
        "to_lon": end[0],
        "to_lat": end[1],
        "fee_cny": "0" if tags.get("fee") == "no" else "",
        "opening_hours": tags.get("opening_hours", ""),
        "direction": _direction(kind, tags),
        "wheelchair": tags.get("wheelchair", ""),
        "state": "unknown",
        "joins": "known" if joins else "unknown",
        "source": f"OpenStreetMap {ref}",
        "confidence": row["confidence"] if kind == "escalator" else "high",
        "note": row["note"],
    }


def _ends(
    gathered: Gathered, ref: str, kind: str, touching: Mapping[int, set[int]]
) -> tuple[tuple[str, str], tuple[str, str], bool]:
    """Find both ends, and whether each of them meets a street."""
    element = gathered.objects[ref]
    unknown = ("", "")
    if kind == "lift":
        at = (degrees(element["lon"]), degrees(element["lat"]))
        known = len(touching.get(element["id"], ())) > 1
        return at, at if known else unknown, known
    if kind == "cableway":
        outline = gathered.outline(ref)
        centre = (degrees(outline.centroid.x), degrees(outline.centroid.y)) if outline else unknown
        return centre, unknown, False
    ends = element["nodes"][0], element["nodes"][-1]
    start, end = (
        (degrees(node["lon"]), degrees(node["lat"])) for node in (gathered.objects[f"node/{n}"] for n in ends)
    )
    return start, end, all(len(touching[n]) > 1 for n in ends)


def _direction(kind: str, tags: Mapping[str, str]) -> str:
    if kind != "escalator":
        return "both"
    return "reversible" if tags.get("conveying") == "reversible" else "unknown"


def _settle_other(gathered: Gathered, row: Row, stations: Mapping[int, Element], decided: Mapping[str, Any]) -> None:
    account = gathered.account
    ref = _REF.search(row["source"])
    if row["category"] in {"跨江桥", "步道/梯道"}:
        lane = ["transit.csv", row["name"]] in decided["lanes"].values()
        account.leave_out(row, _IN_NETWORK + ("; it places a stop of a route" if lane else ""))
    elif ref and int(ref[2]) in stations:
        account.take(row)
    elif ref:
        account.leave_out(row, f"an entrance or station outside {EXTRACTS['stations']}")
    else:
        account.leave_out(row, f"of a commercial map (GCJ-02): {_twin(row, stations)}")


def _twin(row: Row, stations: Mapping[int, Element]) -> str:
    """Say whether OpenStreetMap has the same station or entrance, and how far away."""
    position = row.lonlat
    name = row["name"].removesuffix("(Amap)")
    entrance = re.fullmatch(r"\S+ (\S+)口", name)
    same = [
        node
        for node in stations.values()
        if (node["tags"].get("ref") == entrance[1] if entrance else node["tags"].get("name") == name)
    ]
    if position is None or not same:
        return f"outside {EXTRACTS['stations']}"
    near = min(GEOD.inv(*position, node["lon"], node["lat"])[2] for node in same)
    return f"drawn from OpenStreetMap instead; {near:.0f} m apart"
