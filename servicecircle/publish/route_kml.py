"""Study routes as KML 2.2: a folder of stops and a folder of legs, heights as the third coordinate."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd

from servicecircle.arrays import Floats
from servicecircle.publish.gpx import leg_points
from servicecircle.publish.kml import NAMESPACE, add_text

__all__ = ["route_kml"]

_LINE = "ff1f5fbf"  # alpha, blue, green, red
_STOP = ("dwell_minutes", "arrive", "leave", "open", "facility_id", "position_confidence", "note")
_LEG = ("seconds", "metres", "ascent_m", "descent_m", "steps", "longest_flight", "stepfree", "crossings", "at_least")


def route_kml(
    route: pd.Series, stops: gpd.GeoDataFrame, legs: gpd.GeoDataFrame, profile: gpd.GeoDataFrame, about: str
) -> str:
    """Return one route as KML text; stops without a position are placemarks without a point.

    Parameters
    ----------
    route, stops, legs, profile
        As for ``route_gpx``.
    about
        Attribution and what the coordinates are.
    """
    root = ET.Element("kml", {"xmlns": NAMESPACE})
    document = ET.SubElement(root, "Document")
    add_text(document, "name", str(route["name"]))
    add_text(document, "description", about)
    style = ET.SubElement(ET.SubElement(document, "Style", {"id": "leg"}), "LineStyle")
    add_text(style, "color", _LINE)
    add_text(style, "width", "4")
    folder = _folder(document, "站点 stops")
    for stop in stops.to_dict("records"):
        mark = _placemark(folder, f"{stop['seq']} {stop['name']}", stop, _STOP)
        if stop["geometry"] is not None:
            add_text(ET.SubElement(mark, "Point"), "coordinates", f"{stop['geometry'].x:.7f},{stop['geometry'].y:.7f}")
    folder = _folder(document, "路段 legs")
    for leg in legs.to_dict("records"):
        name = f"{leg['leg']} {leg['from_name']} → {leg['to_name']}"
        if leg["geometry"] is None:
            _placemark(folder, name, leg, ("problem",))
            continue
        mark = _placemark(folder, name, leg, _LEG, style="#leg")
        line = ET.SubElement(mark, "LineString")
        add_text(line, "tessellate", "1")
        add_text(line, "coordinates", " ".join(_coordinates(leg_points(leg, profile))))
    ET.indent(root, " ")
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _folder(document: ET.Element, name: str) -> ET.Element:
    folder = ET.SubElement(document, "Folder")
    add_text(folder, "name", name)
    return folder


def _placemark(
    folder: ET.Element, name: str, row: dict[Any, Any], keys: tuple[str, ...], style: str | None = None
) -> ET.Element:
    mark = ET.SubElement(folder, "Placemark")
    add_text(mark, "name", name)
    if style:
        add_text(mark, "styleUrl", style)
    data = ET.SubElement(mark, "ExtendedData")
    for key in keys:
        value = row.get(key)
        if value is None or value != value or value == "":  # noqa: PLR0124  NaN alone is not itself
            continue
        text = f"{value:.1f}" if isinstance(value, float) else str(value)
        add_text(ET.SubElement(data, "Data", {"name": key}), "value", text)
    return mark


def _coordinates(points: Floats) -> list[str]:
    return [f"{x:.7f},{y:.7f}" + ("" if np.isnan(z) else f",{z:.1f}") for x, y, z in points.tolist()]
