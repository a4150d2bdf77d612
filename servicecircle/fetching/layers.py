"""The drawn layers of a study from the things of a map: buildings, water, railways, stations, doors, amenities."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from servicecircle.crs import WGS84
from servicecircle.ingest.amenities import AMENITIES
from servicecircle.ingest.entrances import ENTRANCES
from servicecircle.ingest.osm_things import Thing
from servicecircle.publish.geojson import tidy

__all__ = ["LAYER_TAGS", "amenities_of", "buildings_of", "entrances_of", "railways_of", "stations_of", "water_of"]

LAYER_TAGS: dict[str, list[str] | bool] = {
    "building": True,
    "natural": ["water", "coastline"],
    "waterway": ["riverbank", "dock"],
    "railway": [
        "rail", "subway", "light_rail", "tram", "monorail", "narrow_gauge", "funicular",
        "station", "halt", "subway_entrance",
    ],
    "entrance": True,
    "barrier": ["gate"],
    "amenity": ["toilets", "shelter"],
}  # fmt: skip
"""What the layers are made of: key to values, True for any."""

_USES = ("amenity", "shop", "office", "tourism", "historic")
_TRACKS = ("rail", "subway", "light_rail", "tram", "monorail", "narrow_gauge", "funicular")
_STATIONS = {"station": "station", "halt": "station", "subway_entrance": "entrance"}
_AMENITIES = {"toilets": "toilet", "shelter": "shelter"}
_METRES = re.compile(r"(\d+(?:\.\d+)?)\s*m?", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d{1,2}", re.ASCII)
_YES = ("yes", "viaduct", "building_passage", "culvert")

Row = dict[str, Any]


def buildings_of(things: Sequence[Thing], reach: BaseGeometry) -> gpd.GeoDataFrame:
    """Return the footprints; levels and heights only where the map gives a plain number of levels or metres."""
    seen: set[bytes] = set()

    def row(thing: Thing) -> Row | None:
        tags = thing.tags
        if not thing.is_area or tags.get("building", "no") in ("no", "entrance"):
            return None
        outline = shapely.to_wkb(shapely.normalize(thing.shape))
        if outline in seen:  # one house drawn twice
            return None
        seen.add(outline)
        return {
            "building_id": thing.code,
            "building": tags["building"],
            "levels": _number(tags.get("building:levels")),
            "height_m": _number(tags.get("height")),
            "name": tags.get("name"),
            "use": next((tags[key] for key in _USES if key in tags), None),
            "layer": _layer(tags.get("layer")),
        }

    columns = ["building_id", "building", "levels", "height_m", "name", "use", "layer"]
    return _table(things, reach, row, columns)


def water_of(things: Sequence[Thing], reach: BaseGeometry) -> gpd.GeoDataFrame:
    """Return lakes and rivers drawn as areas, cut at the edge of the reach; the sea is of ``coast``."""

    def row(thing: Thing) -> Row | None:
        kind = thing.tags.get("water") or thing.tags.get("waterway") or thing.tags.get("natural")
        wet = thing.tags.get("natural") == "water" or thing.tags.get("waterway") in LAYER_TAGS["waterway"]  # type: ignore[operator]
        return {"id": thing.code, "kind": kind, "name": thing.tags.get("name")} if thing.is_area and wet else None

    return _cut(_table(things, reach, row, ["id", "kind", "name"]), reach)


def railways_of(things: Sequence[Thing], reach: BaseGeometry) -> gpd.GeoDataFrame:
    """Return tracks, cut at the edge of the reach."""

    def row(thing: Thing) -> Row | None:
        tags = thing.tags
        if thing.shape.geom_type != "LineString" or tags.get("railway") not in _TRACKS:
            return None
        decks = {key: tags.get(key) in _YES for key in ("bridge", "tunnel")}
        layer = _layer(tags.get("layer")) or 0
        return {"id": thing.code, "kind": tags["railway"], "name": tags.get("name"), "layer": layer, **decks}

    return _cut(_table(things, reach, row, ["id", "kind", "name", "layer", "bridge", "tunnel"]), reach)


def stations_of(things: Sequence[Thing], reach: BaseGeometry) -> gpd.GeoDataFrame:
    """Return rail stations and their entrances, for drawing."""

    def row(thing: Thing) -> Row | None:
        tags = thing.tags
        kind = _STATIONS.get(tags.get("railway", ""))
        if thing.type != "node" or kind is None:
            return None
        return {"id": thing.code, "kind": kind, "name": tags.get("name"), "ref": tags.get("ref")}

    return _table(things, reach, row, ["id", "kind", "name", "ref"])


def entrances_of(things: Sequence[Thing], reach: BaseGeometry) -> pd.DataFrame:
    """Return entrances of houses, and gates that people may pass, as rows of entrances.csv."""

    def row(thing: Thing) -> Row | None:
        tags = thing.tags
        door, gate = tags.get("entrance", "no") != "no", tags.get("barrier") == "gate"
        shut = tags.get("entrance") in ("emergency", "garage") or tags.get("access") in ("no", "private")
        if thing.type != "node" or shut or not (door or gate):
            return None
        layer = _layer(tags.get("layer"))
        return {
            "osm_id": str(thing.id),
            **_lonlat(thing.shape),
            "kind": "entrance" if door else "gate",
            "layer": "" if layer is None else str(layer),
            "name": clean(tags.get("name") or tags.get("ref") or ""),
            "source": f"osm:{thing.ref}",
        }

    return pd.DataFrame(_rows(things, reach, row)[0], columns=ENTRANCES)


def amenities_of(things: Sequence[Thing], reach: BaseGeometry) -> pd.DataFrame:
    """Return public toilets and shelters as rows of amenities.csv; an area as a point within it."""

    def row(thing: Thing) -> Row | None:
        kind = _AMENITIES.get(thing.tags.get("amenity", ""))
        line = thing.shape.geom_type == "LineString"
        if kind is None or line or thing.tags.get("access") in ("no", "private", "customers"):
            return None
        at = _lonlat(shapely.point_on_surface(thing.shape))
        return {"osm_id": thing.code, "kind": kind, "name": clean(thing.tags.get("name", "")), **at} | {
            "source": f"osm:{thing.ref}"
        }

    return pd.DataFrame(_rows(things, reach, row)[0], columns=list(AMENITIES))


def clean(text: str) -> str:
    r"""Return a text of the map without what no table holds: line ends and invisible characters.

    Examples
    --------
    >>> clean("十八梯\u200b  老街\n")
    '十八梯 老街'
    """
    return " ".join("".join(c if c.isprintable() or c.isspace() else "" for c in text).split())


def _lonlat(point: BaseGeometry) -> dict[str, str]:
    return {"lon": f"{shapely.get_x(point):.7f}", "lat": f"{shapely.get_y(point):.7f}"}


def _rows(
    things: Iterable[Thing], reach: BaseGeometry, row_of: Callable[[Thing], Row | None]
) -> tuple[list[Row], list[BaseGeometry]]:
    shapely.prepare(reach)
    near = (thing for thing in things if shapely.intersects(reach, thing.shape))
    found = [(row, thing.shape) for thing in near if (row := row_of(thing))]
    return [row for row, _ in found], [shape for _, shape in found]


def _table(
    things: Iterable[Thing], reach: BaseGeometry, row_of: Callable[[Thing], Row | None], columns: list[str]
) -> gpd.GeoDataFrame:
    rows, shapes = _rows(things, reach, row_of)
    table = gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns, dtype=object), geometry=shapes, crs=WGS84)
    return _tidied(table)


def _cut(table: gpd.GeoDataFrame, reach: BaseGeometry) -> gpd.GeoDataFrame:
    return _tidied(table.set_geometry(table.geometry.intersection(reach)))


def _tidied(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Round the shapes; what rounding or cutting leaves empty, or without its dimension, goes."""
    table = table.set_geometry(gpd.GeoSeries(tidy(table.geometry.to_numpy()), table.index, crs=WGS84))
    kept = ~(table.geometry.isna() | table.geometry.is_empty) & table.geometry.is_valid
    return table[kept & ~table.geometry.geom_type.eq("GeometryCollection")].reset_index(drop=True)


def _number(text: str | None) -> float | int | None:
    found = _METRES.fullmatch(text.strip()) if text else None
    if found is None:
        return None
    value = float(found[1])
    return int(value) if value.is_integer() else value


def _layer(text: str | None) -> int | None:
    return int(text) if text and _WHOLE.fullmatch(text) else None
