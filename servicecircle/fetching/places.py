"""Rows of facilities.csv from the things of a map: candidates all, each with the object that it was read from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from servicecircle.crs import to_metric
from servicecircle.fetching.layers import clean
from servicecircle.hours import are_hours
from servicecircle.ingest.osm_places import PlaceMapping, PlaceRule
from servicecircle.ingest.osm_things import Thing
from servicecircle.schemas import FACILITY_COLUMNS

__all__ = ["EXCLUDED", "Places", "places_of"]

EXCLUDED = ("source_file", "name", "reason")
"""Columns of excluded.csv."""

_WIDE_M2 = 15_000.0
"""An outline larger than this says in which area a place lies, not where its door is."""
_LICENCE = "ODbL-1.0"
_REASON = "from OpenStreetMap; the office has not named it"
_HIDDEN = ("disused", "abandoned", "demolished", "construction")
_COLUMNS = (*FACILITY_COLUMNS, "opening_hours")
_ADDRESS = ("addr:full", "addr:street", "addr:housenumber")


@dataclass(frozen=True, slots=True)
class Places:
    """``rows`` of facilities.csv as text; ``excluded`` says what did not become a row, and why."""

    rows: pd.DataFrame
    excluded: pd.DataFrame


def places_of(things: Sequence[Thing], mapping: PlaceMapping, reach: BaseGeometry, crs: str) -> Places:
    """Sort things into places by a mapping; areas go before the points that repeat them.

    A place stands at its node, or at a point within its outline. ``position_confidence`` is ``building`` for a mapped
    footprint, ``address`` for a node or a small ground, ``area`` for an outline of more than 1.5 ha.
    """
    shapely.prepare(reach)
    rows: list[dict[str, str]] = []
    excluded: list[tuple[str, str, str]] = []
    taken: dict[tuple[str, str], list[tuple[Thing, BaseGeometry]]] = {}
    for thing in sorted(things, key=lambda t: (not t.is_area, t.type, t.id)):
        rule = None if thing.shape.geom_type == "LineString" else mapping.rule_of(thing.tags)
        if rule is None or not shapely.intersects(reach, thing.shape):
            continue
        name = clean(thing.tags.get("name", ""))
        at = shapely.point_on_surface(thing.shape)
        twins = taken.setdefault((name, rule.kind), [])
        reason = rule.leave_out or _fault(name, thing, at, reach, twins)
        if reason:
            excluded.append((f"osm:{thing.ref}", name, reason))
            continue
        twins.append((thing, thing.shape))
        rows.append(_row(thing, rule, name, at, crs))
    table = pd.DataFrame(rows, columns=list(_COLUMNS), dtype=str).fillna("").sort_values("facility_id")
    return Places(table.reset_index(drop=True), pd.DataFrame(sorted(excluded), columns=list(EXCLUDED)))


def _fault(
    name: str, thing: Thing, at: BaseGeometry, reach: BaseGeometry, twins: list[tuple[Thing, BaseGeometry]]
) -> str:
    if not name:
        return "no name on the map"
    if any(thing.tags.get(key, "no") != "no" for key in _HIDDEN):
        return "no longer or not yet in use"
    if not shapely.intersects(reach, at):
        return "its middle lies beyond the reach of the study"
    twin = next((other for other, outline in twins if shapely.intersects(outline, at)), None)
    return "" if twin is None else f"the same place as osm:{twin.ref}"


def _row(thing: Thing, rule: PlaceRule, name: str, at: BaseGeometry, crs: str) -> dict[str, str]:
    tags = thing.tags
    hours = clean(tags.get("opening_hours", ""))
    return {
        "facility_id": thing.code,
        "kind": rule.kind,
        "category": rule.category,
        "name": name,
        "address": clean(" ".join(tags[key] for key in _ADDRESS if key in tags)),
        "lon": f"{shapely.get_x(at):.7f}",
        "lat": f"{shapely.get_y(at):.7f}",
        "status": "candidate",
        "status_reason": _REASON,
        "source": f"osm:{thing.ref}",
        "position_source": f"osm:{thing.ref}",
        "position_confidence": _confidence(thing, crs),
        "datum": "wgs84",
        "licence": _LICENCE,
        "redistributable": "true",
        "level": rule.level,
        "opening_hours": hours if hours and are_hours(hours) else "",
    }


def _confidence(thing: Thing, crs: str) -> str:
    if not thing.is_area:
        return "address"
    if thing.tags.get("building", "no") != "no":
        return "building"
    return "area" if shapely.area(to_metric(thing.shape, crs)) > _WIDE_M2 else "address"
