"""A study route as a page shows it and as a file carries it: stops in order, what lies between, what is not known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from maps.file_names import Names
from maps.report.notes import OSM
from maps.report.reading import plain
from maps.site.heights import profile
from maps.site.opened import Opened
from maps.site.picture import Frame, frame_of, ground, route_lines
from maps.style import THEME
from servicecircle.publish.geojson import feature_collection
from servicecircle.publish.gpx import route_gpx
from servicecircle.publish.tables import rounded

__all__ = ["Journey", "Leg", "Stop", "downloads", "journeys", "picture"]

NONE = "none"
SIZE = (760.0, 520.0)
TOUCH_PX = 22.0
LEAST_M = 700.0
_KML = "http://www.opengis.net/kml/2.2"
THEMES: Mapping[str, tuple[str, str]] = {
    "red": ("红色线路", "red route"),
    "trail": ("山城步道", "mountain trail"),
    "tour": ("研学线路", "tour"),
}


@dataclass(frozen=True, slots=True)
class Leg:
    """The way to a stop: said in minutes, metres, climbs; empty where it is not known or not passed on."""

    minutes: str
    metres: str
    climb: str
    steps: str
    skipped: int
    problem: bool
    withheld: bool


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop: its number and name, what is known of its position, and the leg that leads to it."""

    seq: int
    name: str
    state: str
    note: str
    leg: Leg | None


@dataclass(frozen=True, slots=True)
class Journey:
    """A route: its file name, names and source, sums, stops, and how many of them have no position."""

    file: str
    name: str
    theme: tuple[str, str]
    colour: str
    source: str
    date: str
    note: str
    minutes: str
    metres: str
    climb: str
    steps: str
    at_least: bool
    stops: tuple[Stop, ...]
    lost: int
    hidden: int
    profile: str
    rows: tuple[pd.Series[Any], gpd.GeoDataFrame, gpd.GeoDataFrame]


def journeys(opened: Opened) -> list[Journey]:
    """Return the routes in the order of the bundle."""
    routes, stops = opened.layers["routes"], opened.layers["route_stops"]
    legs = opened.layers.get("route_legs")
    if legs is None:
        legs = gpd.GeoDataFrame({"route_id": []}, geometry=[], crs=routes.crs)
    heights = opened.layers.get("route_profile", pd.DataFrame(columns=["route_id", "leg", "metres", "height_m"]))
    names = Names()
    return [
        _journey(
            row,
            stops[stops["route_id"] == row["route_id"]].sort_values("seq", kind="stable"),
            legs[legs["route_id"] == row["route_id"]],
            heights[heights["route_id"] == row["route_id"]],
            names.of(plain(row["route_id"]), "route"),
        )
        for _, row in routes.iterrows()
    ]


def _journey(
    row: pd.Series[Any], stops: gpd.GeoDataFrame, legs: gpd.GeoDataFrame, heights: pd.DataFrame, file: str
) -> Journey:
    to = {int(leg["to_seq"]): leg for _, leg in legs.iterrows()}
    listed = tuple(_stop(stop, to.get(int(stop["seq"]))) for _, stop in stops.iterrows())
    theme = plain(row["theme"])
    colours: Mapping[str, str] = THEME["route"]  # type: ignore[assignment]
    colour = colours.get(theme, str(THEME["routeOther"]))
    return Journey(
        file,
        plain(row["name"]) or file,
        THEMES.get(theme, (theme, theme)),
        colour,
        plain(row.get("source")),
        plain(row.get("date")),
        plain(row.get("note")),
        _minutes(row["seconds"]),
        _kilometres(row["metres"]),
        _whole(row["ascent_m"]),
        _whole(row.get("steps")),
        bool(row["at_least"]),
        listed,
        sum(stop.state == NONE for stop in listed),
        sum(stop.state == "withheld" for stop in listed),
        profile(heights, legs, colour),
        (row, stops, legs),
    )


def _stop(stop: pd.Series[Any], leg: pd.Series[Any] | None) -> Stop:
    confidence = plain(stop["position_confidence"]) or NONE
    placed = stop["geometry"] is not None
    state = "withheld" if stop.get("withheld") else confidence if placed else NONE
    return Stop(
        int(stop["seq"]), plain(stop["name"]), state, plain(stop.get("note")), None if leg is None else _leg(leg)
    )


def _leg(leg: pd.Series[Any]) -> Leg:
    problem = bool(plain(leg.get("problem")))
    return Leg(
        _minutes(leg["seconds"]),
        _metres(leg["metres"]),
        "" if pd.isna(leg["ascent_m"]) else f"↑{leg['ascent_m']:.0f} ↓{leg['descent_m']:.0f}",
        _whole(leg["steps"]),
        int(leg["skipped"]),
        problem,
        bool(leg.get("withheld", False)),
    )


def _minutes(seconds: object) -> str:
    return "" if pd.isna(seconds) else f"{max(round(float(seconds) / 60), 1)}"  # type: ignore[call-overload,arg-type]


def _metres(metres: object) -> str:
    return "" if pd.isna(metres) else f"{round(float(metres) / 10) * 10:,}"  # type: ignore[call-overload,arg-type]


def _kilometres(metres: object) -> str:
    return "" if pd.isna(metres) else f"{float(metres) / 1000:.1f}"  # type: ignore[call-overload,arg-type]


def _whole(number: object) -> str:
    return "" if pd.isna(number) else f"{round(float(number)):,}"  # type: ignore[call-overload,arg-type]


def picture(journey: Journey, layers: Mapping[str, gpd.GeoDataFrame]) -> tuple[str, tuple[float, float]] | None:
    """Draw a route on its ground, None where no stop has a position; return the shapes and the size."""
    _, stops, legs = journey.rows
    there = [s for s in [*stops.geometry, *legs.geometry] if s is not None and not s.is_empty]
    if not there:
        return None
    frame = frame_of(shapely.total_bounds(np.asarray(there, dtype=object)).tolist(), *SIZE, pad=0.1, least_m=LEAST_M)
    parts = ground(layers, frame, near=True) + route_lines(legs.geometry, frame, journey.colour)
    parts += [_badge(x, y, label, journey.colour) for x, y, label in _badges(stops, frame)]
    return "".join(parts), SIZE


def _badges(stops: gpd.GeoDataFrame, frame: Frame) -> list[tuple[float, float, str]]:
    """Put stops that would cover one another into one badge."""
    found: list[tuple[float, float, list[str]]] = []
    for _, stop in stops.iterrows():
        if stop["geometry"] is None or stop["geometry"].is_empty:
            continue
        x, y = frame.pixels(np.array([[stop["geometry"].x, stop["geometry"].y]]))[0].tolist()
        beside = next((f for f in found if abs(f[0] - x) < TOUCH_PX + 6 * len(f[2]) and abs(f[1] - y) < TOUCH_PX), None)
        if beside:
            beside[2].append(f"{stop['seq']:.0f}")
        else:
            found.append((x, y, [f"{stop['seq']:.0f}"]))
    return [(x, y, "·".join(labels)) for x, y, labels in found]


def _badge(x: float, y: float, label: str, colour: str) -> str:
    wide = max(22.0, 7.6 * len(label) + 10)
    return (
        f'<rect x="{x - wide / 2:.1f}" y="{y - 11:.1f}" width="{wide:.1f}" height="22" rx="11" fill="{colour}" '
        f'stroke="#fff" stroke-width="2"/><text x="{x:.1f}" y="{y + 4.6:.1f}">{label}</text>'
    )


def downloads(journey: Journey) -> dict[str, bytes]:
    """Return a route as GPX, KML and GeoJSON, by file name."""
    row, stops, legs = journey.rows
    named = row.copy()
    named["name"] = journey.name
    there = stops.assign(located=stops.geometry.notna(), seq=stops["seq"].astype(int))
    parts = [there.assign(feature="stop"), legs.assign(feature="leg")]
    whole = gpd.GeoDataFrame(
        rounded(pd.concat([p for p in parts if len(p)] or parts[:1], ignore_index=True)),
        geometry="geometry",
        crs=stops.crs,
    )
    return {
        f"{journey.file}.gpx": route_gpx(named, there, legs, OSM).encode(),
        f"{journey.file}.kml": _kml(journey),
        f"{journey.file}.geojson": feature_collection(whole).encode(),
    }


def _kml(journey: Journey) -> bytes:
    """Return stops and legs as KML 2.2, in their order."""
    _, stops, legs = journey.rows
    root = ET.Element("kml", {"xmlns": _KML})
    document = ET.SubElement(root, "Document")
    _text(document, "name", journey.name)
    _text(document, "description", f"{journey.source} · {OSM}, ODbL 1.0")
    for _, stop in stops.iterrows():
        mark = ET.SubElement(document, "Placemark")
        _text(mark, "name", f"{stop['seq']:.0f} {plain(stop['name'])}")
        if stop["geometry"] is not None:
            where = f"{stop['geometry'].x:.7f},{stop['geometry'].y:.7f}"
            _text(ET.SubElement(mark, "Point"), "coordinates", where)
    for _, leg in legs.iterrows():
        if leg["geometry"] is not None:
            mark = ET.SubElement(document, "Placemark")
            _text(mark, "name", f"{leg['from_seq']:.0f} → {leg['to_seq']:.0f}")
            path = " ".join(f"{x:.7f},{y:.7f}" for x, y, *_ in leg["geometry"].coords)
            _text(ET.SubElement(mark, "LineString"), "coordinates", path)
    ET.indent(root, " ")
    out: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return out + b"\n"


def _text(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, tag).text = "".join(c for c in text if c.isprintable())
