"""What of a bundle may be passed on as data: no record of a withheld place, and nothing that tells where it is.

A circle gives its middle away, and so does a union of circles; times from many homes give the place where they meet; a
walked line ends at its door. ``docs/decisions/0015-open-data.md`` says for every layer what was decided and why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from maps.report.reading import plain

__all__ = ["LeftOut", "Opened", "Withheld", "open_layers", "withheld_of"]

# Columns of homes that say nothing of any place.
HOMES = ("demand_id", "kind", "subdistrict", "street_m", "geometry")
# What a gap says of the one place nearest to it.
NEAREST = (
    *("nearest_facility_id", "nearest_name", "level_s", "paid_s", "barred_s", "link_s", "straight_facility_id"),
    *("straight_name", "radius_m", "least_excess_s", "most_excess_s", "person_minutes_low", "person_minutes_high"),
    *("explanation_zh", "explanation_en"),
)
MEANS = ("nearest_s", "mean_excess_s")
TEXTS = ("explanation_zh", "explanation_en", "suggestion_zh", "suggestion_en", "unlocated_names")
UNCLEAR = ("unclear", "unstated", "unknown", "未知", "不明")
MINUTE_S, METRES, CLIMB_M, STEPS = 60.0, 100.0, 10.0, 10.0
BY_FACILITY = ("entrances", "isochrones")


@dataclass(frozen=True, slots=True)
class Withheld:
    """The places that may not be passed on: ids, names, rows a source, and which tiers' circles they are part of."""

    ids: frozenset[str]
    names: frozenset[str]
    by_source: Mapping[str, int]
    in_unions: frozenset[tuple[str, str]]
    placed: bool


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What was left out of a layer: how many rows or cells, and why, in Chinese and English."""

    layer: str
    count: int
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Opened:
    """The layers that may be passed on, and what was left out of them."""

    layers: Mapping[str, gpd.GeoDataFrame]
    left_out: tuple[LeftOut, ...]
    withheld: Withheld


def withheld_of(facilities: gpd.GeoDataFrame) -> Withheld:
    """Find the places that may not be passed on; without the column ``redistributable`` none may."""
    free = facilities.get("redistributable", pd.Series(False, index=facilities.index))  # noqa: FBT003
    closed = facilities[~free.fillna(value=False).astype(bool)]
    at = closed[closed.geometry.notna() & ~closed.geometry.is_empty]
    sure = at[at["located"].astype(bool) & (at["status"] != "candidate")]
    unions = {(tier, "all") for tier in at["tier"]} | {(tier, "confirmed") for tier in sure["tier"]}
    sources = Counter(plain(s) or "未知 unknown" for s in closed["source"])
    return Withheld(
        frozenset(closed["facility_id"].map(str)),
        frozenset(name for name in closed["name"].map(plain) if name),
        dict(sorted(sources.items(), key=lambda pair: (-pair[1], pair[0]))),
        frozenset(unions),
        len(at) > 0,
    )


def open_layers(
    layers: Mapping[str, gpd.GeoDataFrame], manifest: Mapping[str, Any], *, outlines: bool = False
) -> Opened:
    """Return what of the layers may be passed on.

    Parameters
    ----------
    layers
        Every layer of the bundle, by name.
    manifest
        Its manifest: the sources say whether the outlines of the subdistricts may be passed on.
    outlines
        Keep those outlines whatever their source says: for drawing, not for passing on.
    """
    withheld = withheld_of(layers["facilities"])
    notes: list[LeftOut] = []
    found: dict[str, gpd.GeoDataFrame] = {}
    for name in sorted(layers):
        layer = _clean(layers[name])
        if name in ("subdistricts", "coverage") and not outlines and unclear_outlines(manifest):
            notes.append(
                LeftOut(name, len(layer), "轮廓来源不明，只给表格", "outlines of unstated origin: as a table only")
            )
            layer = layer.set_geometry(gpd.GeoSeries([None] * len(layer), index=layer.index, crs=layer.crs))
        if name in RULES:
            layer, left = RULES[name](layer, withheld)
            notes += left
        found[name] = layer.reset_index(drop=True)
    return Opened(found | _routes(found, withheld, notes), tuple(notes), withheld)


def unclear_outlines(manifest: Mapping[str, Any]) -> bool:
    """Say whether the source called ``subdistricts`` leaves open who may pass its outlines on."""
    found = [str(s.get("licence", "")) for s in manifest["sources"] if s.get("id") == "subdistricts"]
    return any(word in licence.lower() for licence in found for word in UNCLEAR)


def _clean(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Take what steers machines out of every text."""
    out = layer.copy()
    for column in out.select_dtypes(include=["object", "string"]).columns:
        out[column] = [plain(v) or None if isinstance(v, str) else v for v in out[column]]
    return out


Ruled = tuple[gpd.GeoDataFrame, list[LeftOut]]


def _facilities(layer: gpd.GeoDataFrame, withheld: Withheld) -> Ruled:
    kept = layer[~layer["facility_id"].map(str).isin(withheld.ids)].copy()
    if "relations" in kept:
        kept["relations"] = kept["relations"].map(partial(_among, ids=frozenset(kept["facility_id"])))
    count = len(layer) - len(kept)
    return kept, _said("facilities", count, "许可不允许转发的点位", "places whose licence does not allow passing on")


def _among(text: object, ids: frozenset[str]) -> str | None:
    """Keep the relations to places that are passed on."""
    parts = [part.strip() for part in text.split(";")] if isinstance(text, str) else []
    return ";".join(part for part in parts if part.partition(":")[2] in ids) or None


def _by_facility(layer: gpd.GeoDataFrame, withheld: Withheld, *, name: str) -> Ruled:
    kept = layer[~layer["facility_id"].map(str).isin(withheld.ids)]
    return kept, _said(name, len(layer) - len(kept), "属于未列入的点位", "of places that are left out")


def _unions(layer: gpd.GeoDataFrame, withheld: Withheld) -> Ruled:
    part = [(tier, basis) in withheld.in_unions for tier, basis in zip(layer["tier"], layer["basis"], strict=True)]
    kept = layer[~np.array(part, dtype=bool)]
    return kept, _said("unions", len(layer) - len(kept), "由未列入的点位合成", "made of places that are left out")


def _demand(layer: gpd.GeoDataFrame, withheld: Withheld) -> Ruled:
    if not withheld.placed:
        return layer, []
    kept = [c for c in layer.columns if c in HOMES or str(c).startswith("people")]
    count = len(layer.columns) - len(kept)
    zh, en = "列：到点位的时间与数量可反推位置", "columns: times to places and counts of them tell where they are"
    return layer[kept], _said("demand", count, zh, en)


def _gaps(layer: gpd.GeoDataFrame, withheld: Withheld) -> Ruled:
    out = layer.copy()
    near = np.zeros(len(out), dtype=bool)
    for column in ("nearest_facility_id", "straight_facility_id"):
        if column in out:
            near |= out[column].map(str).isin(withheld.ids).to_numpy()
    near |= out["nearest_name"].isin(withheld.names).to_numpy()
    for column in NEAREST:
        if column in out:
            out[column] = out[column].where(~near, None)
    for column in MEANS:
        out[column] = out[column].where(~near, (out[column].astype(float) / MINUTE_S).round() * MINUTE_S)
    if "person_minutes" in out:
        minutes = out["people"] * out["mean_excess_s"].astype(float) / MINUTE_S
        out["person_minutes"] = out["person_minutes"].where(~near, minutes)
    zh, en = "最近点位未列入：隐去其名称和距离，时间取整分钟", "nearest place left out: no name, whole minutes"
    out, named = _unnamed(out, withheld)
    return out, _said("gaps", int((near | named).sum()), zh, en)


def _links(layer: gpd.GeoDataFrame, withheld: Withheld) -> Ruled:
    out, named = _unnamed(layer.copy(), withheld)
    return out, _said("missing_links", int(named.sum()), "说明提到未列入的点位", "whose text names a place left out")


def _unnamed(layer: gpd.GeoDataFrame, withheld: Withheld) -> tuple[gpd.GeoDataFrame, Any]:
    """Blank every text that names a withheld place."""
    named = np.zeros(len(layer), dtype=bool)
    for column in (c for c in TEXTS if c in layer):
        hit = np.array([isinstance(t, str) and any(n in t for n in withheld.names) for t in layer[column]], dtype=bool)
        layer[column] = layer[column].where(~hit, None)
        named |= hit
    return layer, named


def _routes(found: Mapping[str, gpd.GeoDataFrame], withheld: Withheld, notes: list[LeftOut]) -> dict[str, Any]:
    """Take withheld stops off the routes: no position, no line to them, sums no finer than they may be."""
    if not {"routes", "route_stops"} <= set(found):
        return {}
    stops, routes = found["route_stops"].copy(), found["routes"].copy()
    given = stops.get("facility_id", pd.Series(None, index=stops.index, dtype=object))
    closed = given.map(str).isin(withheld.ids).to_numpy() & stops.geometry.notna().to_numpy()
    ends = set(zip(stops.loc[closed, "route_id"], stops.loc[closed, "seq"], strict=True))
    stops.loc[closed, stops.geometry.name] = None
    stops.loc[closed, "facility_id"] = None
    if "note" in stops:  # it says which place the stop was taken to be
        stops.loc[closed, "note"] = None
    stops["withheld"] = closed
    notes += _said(
        "route_stops", int(closed.sum()), "位置属于未列入的点位", "whose position is that of a place left out"
    )
    out = {"route_stops": stops, **_proposals(found, withheld, notes)}
    legs = found.get("route_legs")
    if legs is not None:
        out["route_legs"], hidden = _legs(legs, ends)
        notes += _said("route_legs", hidden, "一端的位置未列入：只给整分钟", "one end is left out: whole minutes alone")
        if "route_profile" in found:
            out["route_profile"] = _heights(found["route_profile"], out["route_legs"])
    coarse = routes["route_id"].isin({route for route, _ in ends}).to_numpy()
    for column, step in (("seconds", MINUTE_S), ("metres", METRES), ("ascent_m", CLIMB_M), ("steps", STEPS)):
        if column in routes:
            routes[column] = np.where(coarse, (routes[column].astype(float) / step).round() * step, routes[column])
    lines = [
        _together(out.get("route_legs"), route, shape) if hide else shape
        for route, shape, hide in zip(routes["route_id"], routes.geometry, coarse, strict=True)
    ]
    zh, en = "去掉通向未列入点位的一段；总数取整", "without the parts to places left out; sums rounded"
    notes += _said("routes", int(coarse.sum()), zh, en)
    return out | {"routes": routes.set_geometry(gpd.GeoSeries(lines, index=routes.index, crs=routes.crs))}


def _heights(heights: gpd.GeoDataFrame, legs: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Keep the heights along legs that are drawn; the lengths of the others, to places left out, are rounded."""
    shown = set(zip(legs.loc[~legs["withheld"], "route_id"], legs.loc[~legs["withheld"], "leg"], strict=True))
    kept = []
    for route, rows in heights.groupby("route_id", sort=False):
        gone = 0.0  # how much longer the way is drawn than it is
        for leg, points in rows.groupby("leg", sort=False):
            if (route, leg) in shown:
                kept.append(points.assign(metres=points["metres"] + gone))
            else:
                length = float(points["metres"].max() - points["metres"].min())
                gone += round(length / METRES) * METRES - length
    return pd.concat(kept) if kept else heights.iloc[:0]


def _proposals(
    found: Mapping[str, gpd.GeoDataFrame], withheld: Withheld, notes: list[LeftOut]
) -> dict[str, gpd.GeoDataFrame]:
    """Keep the proposed routes all of whose stops may be passed on: each begins and ends at a place."""
    if not {"proposed_routes", "proposed_stops"} <= set(found):
        return {}
    routes, stops = found["proposed_routes"], found["proposed_stops"]
    closed = set(stops.loc[stops["facility_id"].map(str).isin(withheld.ids), "route_id"])
    zh, en = "经过未列入的点位", "by way of places that are left out"
    notes += _said("proposed_routes", int(routes["route_id"].isin(closed).sum()), zh, en)
    return {
        "proposed_routes": routes[~routes["route_id"].isin(closed)].reset_index(drop=True),
        "proposed_stops": stops[~stops["route_id"].isin(closed)].reset_index(drop=True),
    }


def _legs(legs: gpd.GeoDataFrame, ends: set[tuple[Any, Any]]) -> tuple[gpd.GeoDataFrame, int]:
    out = legs.copy()
    keys = zip(out["route_id"], out["from_seq"], out["to_seq"], strict=True)
    hide = np.array([(r, a) in ends or (r, b) in ends for r, a, b in keys], dtype=bool)
    rounded = (out["seconds"].astype(float) / MINUTE_S).round() * MINUTE_S
    out["seconds"] = np.where(hide, rounded, out["seconds"])
    for column in ("metres", "ascent_m", "descent_m", "steps"):
        if column in out:
            out[column] = out[column].astype(float).where(~hide)
    out["withheld"] = hide
    out.loc[hide, out.geometry.name] = None
    return out, int(hide.sum())


def _together(legs: gpd.GeoDataFrame | None, route: object, shape: object) -> object:
    """Join the lines that are left; without legs nobody can say which part to leave out."""
    if legs is None or shape is None:
        return None
    lines = [line for line in legs.loc[legs["route_id"] == route].geometry if line is not None and not line.is_empty]
    return shapely.MultiLineString(lines) if lines else None


def _said(layer: str, count: int, zh: str, en: str) -> list[LeftOut]:
    return [LeftOut(layer, count, zh, en)] if count else []


RULES: Mapping[str, Callable[[gpd.GeoDataFrame, Withheld], Ruled]] = {
    "facilities": _facilities,
    **{name: partial(_by_facility, name=name) for name in BY_FACILITY},
    "unions": _unions,
    "demand": _demand,
    "gaps": _gaps,
    "missing_links": _links,
}
