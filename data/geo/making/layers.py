"""Outlines, backdrop and terrain, from the OpenStreetMap extracts and the other maps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import rasterio
import shapely
from shapely.geometry import LineString, Point, shape
from shapely.geometry.base import BaseGeometry

from .files import Feature, write_geojson
from .gathered import EXTRACTS, Element, Gathered, judgements

__all__ = ["write_layers", "write_terrain"]

_USES = ("amenity", "shop", "office", "tourism", "historic")
_PINYIN = {
    "500103001": "Qixinggang",
    "500103003": "Jiefangbei",
    "500103004": "Lianglukou",
    "500103005": "Shangqingsi",
    "500103007": "Caiyuanba",
    "500103008": "Nanjimen",
    "500103010": "Chaotianmen",
    "500103011": "Daxigou",
    "500103012": "Daping",
    "500103013": "Hualongqiao",
    "500103014": "Shiyoulu",
}
_BOUNDARY = 4738525
_NUMBER = re.compile(r"\d+(\.\d+)?")


def write_layers(gathered: Gathered, out: Path) -> None:
    """Write the GeoJSON layers."""
    write_geojson(out / "area.geojson", [_area(gathered)])
    write_geojson(out / "subdistricts.geojson", _subdistricts(gathered))
    write_geojson(out / "buildings.geojson", _buildings(gathered))
    write_geojson(out / "water.geojson", _water(gathered))
    write_geojson(out / "railways.geojson", _railways(gathered))
    write_geojson(out / "stations.geojson", _stations(gathered))


def write_terrain(gathered: Gathered, out: Path) -> None:
    """Write the heights again, as they are, in one GeoTIFF."""
    with rasterio.open(gathered.folder / "terrain" / "srtm30_utm48n.tif") as source:
        heights = source.read(1)
        profile = {
            "driver": "GTiff",
            "dtype": "int16",
            "count": 1,
            "width": source.width,
            "height": source.height,
            "crs": "EPSG:32648",
            "transform": source.transform,
            "nodata": -32768,
            "compress": "deflate",
            "predictor": 2,
        }
        if source.crs.to_epsg() != 32648 or heights.dtype != "int16" or source.nodata != profile["nodata"]:  # noqa: PLR2004
            gathered.account.fault("the terrain is not int16 in EPSG:32648", "warp it first", value=source.profile)
    with rasterio.open(out / "terrain.tif", "w", **profile) as target:
        target.write(heights, 1)


def _area(gathered: Gathered) -> Feature:
    answer = gathered.place("osm/nominatim_yuzhong_boundary.json")
    if (answer["osm_type"], answer["osm_id"]) != ("relation", _BOUNDARY):
        gathered.account.fault("not the district's boundary", "ask for the relation", value=answer["osm_id"])
    source = f"OpenStreetMap relation/{_BOUNDARY}"
    names = {"name": "渝中区", "name_en": "Yuzhong District"}
    return {"id": f"r{_BOUNDARY}", **names, "source": source}, shape(answer["geojson"])


def _subdistricts(gathered: Gathered) -> list[Feature]:
    source = "public repository TwoKe945/datav-demos (MIT); origin of the lines unstated"
    features: list[Feature] = []
    for feature in gathered.features("admin/subdistricts_wgs84.geojson"):
        code, name = feature["properties"]["code"], feature["properties"]["name"]
        properties = {"code": code, "name": name, "name_en": _PINYIN[code], "source": source}
        features.append((properties, shape(feature["geometry"])))
    return sorted(features, key=lambda f: str(f[0]["code"]))


def _water(gathered: Gathered) -> list[Feature]:
    """Rivers have no name in the extract: the two that bound the district are named by a judgement."""
    names = dict(judgements()["rivers"])
    features: list[Feature] = []
    for feature in gathered.features("osm/osm_water.geojson"):
        about = _mapped(feature["properties"])
        about["name"] = about["name"] or names.pop(about["id"], None)
        features.append((about, _single(shape(feature["geometry"]))))
    for unused in names:
        gathered.account.fault("no unnamed water has this id", "mend judgements.toml", value=unused)
    return _by_id(features)


def _railways(gathered: Gathered) -> list[Feature]:
    features: list[Feature] = []
    for feature in gathered.features("osm/osm_rail_older.geojson"):
        old = feature["properties"]
        deck = {"layer": old["layer"], "bridge": old["bridge"] == "T", "tunnel": old["tunnel"] == "T"}
        features.append(({**_mapped(old), **deck}, _single(shape(feature["geometry"]))))
    return _by_id(features)


def _mapped(old: dict[str, Any]) -> dict[str, Any]:
    return {"id": old["osm_id"], "kind": old["fclass"], "name": old["name"]}


def _stations(gathered: Gathered) -> list[Feature]:
    kinds = {"station": "station", "subway_entrance": "entrance"}
    features: list[Feature] = []
    for node in gathered.extract("stations"):
        tags = node["tags"]
        kind = kinds.get(tags["railway"])
        if kind is None:
            reason = "a stop position on the track; its station has a node of its own"
            gathered.account.leave_out_object(EXTRACTS["stations"], f"node/{node['id']}", reason)
            continue
        texts = {key: tags.get(key) for key in ("name", "ref")}
        layer = int(tags["layer"]) if "layer" in tags else None
        point = Point(node["lon"], node["lat"])
        features.append(({"id": str(node["id"]), "kind": kind, **texts, "layer": layer}, point))
    return _by_id(features)


def _buildings(gathered: Gathered) -> list[Feature]:
    elements = gathered.extract("buildings")
    nodes = {e["id"]: (e["lon"], e["lat"]) for e in elements if e["type"] == "node"}
    lines = {e["id"]: LineString([nodes[n] for n in e["nodes"]]) for e in elements if e["type"] == "way"}
    features: list[Feature] = []
    seen: dict[str, str] = {}
    for element in sorted(elements, key=lambda e: (e["type"] != "way", e["id"])):
        if "building" not in element.get("tags", {}):
            continue
        properties = _building(gathered, element)
        outline = _assembled(element, lines)
        reason = None if outline.is_valid and not outline.is_empty else "no outline, or one that crosses itself"
        if not reason:
            shell = shapely.normalize(shapely.union_all([shapely.Polygon(p.exterior) for p in _parts(outline)])).wkt
            twin = seen.setdefault(shell, properties["building_id"])
            reason = None if twin == properties["building_id"] else f"the same outline as {twin}"
        if reason:
            gathered.account.leave_out_object(EXTRACTS["buildings"], f"{element['type']}/{element['id']}", reason)
        else:
            features.append((properties, outline))
    return features


def _building(gathered: Gathered, element: Element) -> dict[str, Any]:
    tags = element["tags"]
    numbers: dict[str, float | None] = {}
    for column, key in (("levels", "building:levels"), ("height_m", "height")):
        value = tags.get(key)
        if value and not _NUMBER.fullmatch(value):
            gathered.account.fault(f"{key} of way {element['id']} is no number", "teach the reader", value=value)
            value = None
        number = float(value) if value else None
        numbers[column] = int(number) if number is not None and number.is_integer() else number
    return {
        "building_id": f"{element['type'][0]}{element['id']}",
        "building": tags["building"],
        **numbers,
        "name": tags.get("name"),
        "use": next((tags[key] for key in _USES if key in tags), None),
        "layer": int(tags["layer"]) if "layer" in tags else None,
    }


def _assembled(element: Element, lines: dict[int, LineString]) -> BaseGeometry:
    if element["type"] == "node":
        return shapely.Polygon()
    if element["type"] == "way":
        line = lines[element["id"]]
        return shapely.Polygon(line.coords) if line.is_closed else shapely.Polygon()
    sides: dict[str, list[LineString]] = {"outer": [], "inner": []}
    for member in element["members"]:
        if member["type"] == "way" and member["role"] in sides:
            sides[member["role"]].append(lines[member["ref"]])
    outer, inner = (shapely.union_all(list(_parts(shapely.polygonize(sides[s])))) for s in ("outer", "inner"))
    return _single(outer.difference(inner))


def _parts(geometry: BaseGeometry) -> Iterator[Any]:
    yield from shapely.get_parts(geometry)


def _single(geometry: BaseGeometry) -> BaseGeometry:
    parts = shapely.get_parts(geometry)
    return parts[0] if len(parts) == 1 else geometry


def _by_id(features: list[Feature]) -> list[Feature]:
    return sorted(features, key=lambda f: int(f[0]["id"]))
