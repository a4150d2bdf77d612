"""Toilets and shelters, from the OpenStreetMap extracts."""

from __future__ import annotations

from pathlib import Path

import shapely
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from .entrances import day_of
from .files import degrees, write_csv
from .gathered import EXTRACTS, Element, Gathered

__all__ = ["write_amenities"]

_COLUMNS = ("osm_id", "kind", "name", "lon", "lat", "source")
_KINDS = {"toilets": "toilet", "shelter": "shelter"}
_SHUT = ("no", "private")


def write_amenities(gathered: Gathered, path: Path) -> None:
    """Write every public toilet and shelter of the extracts, an area as a point within it."""
    rows = []
    extracts = {file: gathered.extract(name) for name, file in EXTRACTS.items()}
    for key, element in gathered.objects.items():
        tags = element.get("tags", {})
        kind = _KINDS.get(tags.get("amenity", ""))
        where = _point(gathered, key, element) if kind else None
        if kind is None or where is None:
            continue
        file = next(file for file, elements in extracts.items() if element in elements)
        if tags.get("access") in _SHUT:
            gathered.account.leave_out_object(file, key, f"{kind}: not for the public")
            continue
        source = f"OpenStreetMap {key}, {day_of(file)}"
        osm_id = f"{element['type'][0]}{element['id']}"
        rows.append((osm_id, kind, tags.get("name", ""), degrees(where.x), degrees(where.y), source))
    write_csv(path, _COLUMNS, sorted(rows, key=lambda row: (row[0][0], int(row[0][1:]))))


def _point(gathered: Gathered, key: str, element: Element) -> Point | None:
    if element["type"] == "node":
        return Point(element["lon"], element["lat"])
    outline: BaseGeometry | None = gathered.outline(key) if element["type"] == "way" else None
    return None if outline is None else shapely.point_on_surface(outline)
