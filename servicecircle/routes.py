"""Study routes walked by their groups in their order: what each leg costs and holds, and when a group is where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry import MultiLineString

from servicecircle.crs import WGS84, to_metric
from servicecircle.errors import InputError, NoWayError
from servicecircle.network import WalkNetwork
from servicecircle.parameters import RouteParameters
from servicecircle.route_figures import PROFILE_COLUMNS, fees_cny, height_line, longest_flight, rides
from servicecircle.route_groups import Ground, GroupsLike
from servicecircle.route_times import clock, minute_of, visits
from servicecircle.units import S_PER_MIN
from servicecircle.walk import Walk, Walker

__all__ = ["NEAR", "Traced", "fill_routes", "place_stops", "trace_routes"]

NEAR = ("toilets", "shelters", "stations")
"""What a leg may have within reach."""

_GIVEN = ("age_band", "group_size", "limit_minutes", "depart")
_LEGS = [
    "route_id", "leg", "from_seq", "from_name", "to_seq", "to_name", "seconds", "metres", "ascent_m", "descent_m",
    "steps", "steps_estimated", "longest_flight", "rides", "fee_cny", "stepfree", "stepfree_seconds",
    "stepfree_metres", "crossings", "crossings_lights", "crossings_plain", "crossed", *NEAR, "skipped", "at_least",
    "problem", "geometry",
]  # fmt: skip
_SUMS = ("seconds", "metres", "ascent_m", "descent_m", "steps", "rides", "fee_cny", "crossings", "crossings_plain")
_TRACED = [
    "walker", "pace_mps", "stops", "stops_located", *_SUMS, "longest_flight", "stepfree", "dwell_s", "total_s",
    "ends", "at_least", "geometry",
]  # fmt: skip
_PROFILE = ["route_id", "leg", *PROFILE_COLUMNS]


@dataclass(frozen=True, slots=True)
class Traced:
    """Routes with their sums, stops with their times, legs, and the heights along them as points."""

    routes: gpd.GeoDataFrame
    stops: gpd.GeoDataFrame
    legs: gpd.GeoDataFrame
    profile: gpd.GeoDataFrame


def place_stops(
    stops: pd.DataFrame, rules: RouteParameters, facilities: pd.DataFrame | None = None
) -> gpd.GeoDataFrame:
    """Return the stops as points in their order; a stop without a position stays in the list.

    Minutes at a stop that nobody gave are the usual ones, and ``dwell_assumed`` says so. The hours and the access are
    those of the stop's facility.
    """
    placed = (stops["lon"].notna() & stops["lat"].notna()).to_numpy()
    points = np.asarray(gpd.points_from_xy(stops["lon"], stops["lat"]), dtype=object)
    points[~placed] = None
    dwell = pd.to_numeric(_column(stops, "dwell_minutes"), errors="coerce").astype(float)
    about = stops.drop(columns=["lon", "lat"]).assign(
        dwell_minutes=dwell.fillna(rules.dwell_minutes),
        dwell_assumed=dwell.isna(),
        on_site=_column(stops, "on_site"),
        theme=_column(stops, "theme"),
        located=placed,
        seq=stops["seq"].astype(int),
    )
    for name in ("opening_hours", "access"):
        told = None if facilities is None or name not in facilities else facilities.set_index("facility_id")[name]
        found = pd.Series(None, index=about.index, dtype=object) if told is None else about["facility_id"].map(told)
        about[name] = found.astype(object).where(found.notna(), None)
    table = gpd.GeoDataFrame(about, geometry=points, crs=WGS84)
    return table.sort_values(["route_id", "seq"], ignore_index=True)


def fill_routes(routes: pd.DataFrame, rules: RouteParameters) -> pd.DataFrame:
    """Return the routes with what is not said of them taken from the rules; ``assumed`` names what was, with ``;``."""
    filled = routes.copy()
    assumed: list[list[str]] = [[] for _ in range(len(routes))]
    for name in _GIVEN:
        given = _column(routes, name)
        for k in np.flatnonzero(given.isna()):
            assumed[k].append(name)
        filled[name] = given.astype(object).where(given.notna(), getattr(rules, name))
    filled["group_size"] = filled["group_size"].astype(float).round().astype(np.int64)
    filled["limit_minutes"] = filled["limit_minutes"].astype(float)
    filled["assumed"] = [";".join(names) or None for names in assumed]
    return filled


def trace_routes(groups: GroupsLike, ground: Ground, routes: pd.DataFrame, stops: gpd.GeoDataFrame) -> Traced:
    """Walk every leg between consecutive located stops, with the pace of the route's group.

    A leg that passes over stops without a position joins its located neighbours: the quickest walk between them is the
    least that the real one can take, and ``at_least`` says so.

    Parameters
    ----------
    groups
        Who walks.
    ground
        What the legs are measured against.
    routes
        ``route_id`` and ``name`` at least; see ``fill_routes``.
    stops
        As of ``place_stops``.
    """
    filled = fill_routes(routes, ground.rules)
    legs: list[dict[str, Any]] = []
    lines: list[pd.DataFrame] = []
    for route in filled.to_dict("records"):
        walker = groups.of(route["age_band"], route["group_size"])
        own = stops[stops["route_id"] == route["route_id"]].reset_index(drop=True)
        first = len(legs)
        legs += _legs(walker, groups.stepfree(), ground, own)
        lines += _heights(legs[first:], walker.network)
    for leg in legs:
        del leg["walk"]
    table = gpd.GeoDataFrame(pd.DataFrame(legs, columns=_LEGS), geometry="geometry", crs=WGS84)
    timed = _times(filled, stops, table, ground.rules.day)
    rows = [_route(dict(route), timed, table, groups) for route in filled.to_dict("records")]
    columns = [*filled.columns, *_TRACED]
    whole = gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry="geometry", crs=WGS84)
    return Traced(whole, timed, table, _profile(lines))


def _legs(walker: Walker, stepfree: Walker | None, ground: Ground, own: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    placed = own[own["located"].astype(bool)]
    points = np.column_stack([shapely.get_x(placed.geometry), shapely.get_y(placed.geometry)])
    pairs = [(k, k + 1) for k in range(len(placed) - 1)]
    walks = walker.walks(points, pairs)
    free: list[Walk | InputError | NoWayError | None] = list(walks)
    stairs = [k for k, walk in enumerate(walks) if not _is_stepfree(walk)]
    others = stepfree.walks(points, [pairs[k] for k in stairs]) if stepfree and stairs else [None] * len(stairs)
    for k, other in zip(stairs, others, strict=True):
        free[k] = other
    rows = []
    for k, (walk, other) in enumerate(zip(walks, free, strict=True)):
        a, b = placed.iloc[k], placed.iloc[k + 1]
        skipped = int(placed.index[k + 1] - placed.index[k] - 1)
        about = {
            "route_id": a["route_id"], "leg": k + 1, "from_seq": a["seq"], "from_name": a["name"], "to_seq": b["seq"],
            "to_name": b["name"], "skipped": skipped, "at_least": skipped > 0,
            "problem": "" if isinstance(walk, Walk) else str(walk), "walk": walk if isinstance(walk, Walk) else None,
        }  # fmt: skip
        rows.append(about | _measures(walk, other, ground))
    return rows


def _is_stepfree(walk: Walk | InputError | NoWayError) -> bool:
    return isinstance(walk, Walk) and not any(s.kind in {"stairs", "escalator"} and s.metres for s in walk.stretches)


def _measures(
    walk: Walk | InputError | NoWayError, other: Walk | InputError | NoWayError | None, ground: Ground
) -> dict[str, Any]:
    free = other if isinstance(other, Walk) else None
    around = {
        "stepfree_seconds": free.seconds if free else np.nan,
        "stepfree_metres": free.metres if free else np.nan,
    }
    if not isinstance(walk, Walk):
        unknown = dict.fromkeys(_LEGS[6:11], np.nan) | dict.fromkeys(NEAR, np.nan)
        counts = ("longest_flight", "rides", "fee_cny", "crossings", "crossings_lights", "crossings_plain")
        told = {"steps_estimated": False, "stepfree": None, "crossed": None, "geometry": None}
        return unknown | dict.fromkeys(counts, np.nan) | told | around
    rules = ground.rules
    crossed = ground.roads.crossed(walk, rules.carriageways_m)
    names = dict.fromkeys(crossing.name for crossing in crossed if crossing.name)
    return around | {
        "seconds": walk.seconds,
        "metres": walk.metres,
        "ascent_m": np.nan if walk.ascent_m is None else walk.ascent_m,
        "descent_m": np.nan if walk.descent_m is None else walk.descent_m,
        "steps": float(walk.steps),
        "steps_estimated": walk.steps_estimated,
        "longest_flight": float(round(longest_flight(walk, rules.landing_m))),
        "rides": float(rides(walk)),
        "fee_cny": fees_cny(walk, ground.fees),
        "stepfree": _is_stepfree(walk),
        "crossings": float(len(crossed)),
        "crossings_lights": float(sum(crossing.signals is True for crossing in crossed)),
        "crossings_plain": float(sum(crossing.signals is False for crossing in crossed)),
        "crossed": ";".join(names) or None,
        **_near(walk, ground),
        "geometry": walk.geometry,
    }


def _near(walk: Walk, ground: Ground) -> dict[str, float]:
    """Count what is within reach; NaN where the map has none of it, which does not mean that there is none."""
    line = shapely.linestrings(to_metric(np.asarray(walk.geometry.coords), ground.crs))
    found: dict[str, float] = {}
    for name in NEAR:
        places = ground.near.get(name)
        count = (
            0 if places is None else int((shapely.distance(shapely.points(places), line) <= ground.rules.near_m).sum())
        )
        found[name] = float(count) if count else np.nan
    return found


def _heights(legs: list[dict[str, Any]], network: WalkNetwork) -> list[pd.DataFrame]:
    """Heights along the legs of one route, metres counted from its start."""
    lines, metres = [], 0.0
    for leg in legs:
        walk = leg["walk"]
        if walk is None:
            continue
        line = height_line(walk, network)
        line.insert(0, "leg", leg["leg"])
        line.insert(0, "route_id", leg["route_id"])
        lines.append(line.assign(metres=metres + line["metres"]))
        metres += walk.metres
    return lines


def _profile(lines: list[pd.DataFrame]) -> gpd.GeoDataFrame:
    table = pd.concat(lines, ignore_index=True) if lines else pd.DataFrame(columns=_PROFILE)
    points = gpd.points_from_xy(table["lon"].astype(float), table["lat"].astype(float))
    return gpd.GeoDataFrame(table.drop(columns=["lon", "lat"]), geometry=points, crs=WGS84)


def _times(routes: pd.DataFrame, stops: gpd.GeoDataFrame, legs: pd.DataFrame, day: str) -> gpd.GeoDataFrame:
    """Add ``arrive``, ``leave``, whether these are only the earliest that can be, and ``open`` to the stops."""
    timed = stops.assign(arrive=None, leave=None, at_least=False, open="unknown")
    for route in routes.to_dict("records"):
        own = stops[stops["route_id"] == route["route_id"]]
        seconds = walked_to(own, legs[legs["route_id"] == route["route_id"]])
        hours = [counted_hours(stop) for stop in own.to_dict("records")]
        found = visits(minute_of(route["depart"]), seconds, own["dwell_minutes"].tolist(), hours, day)
        placed = own["located"].to_numpy(dtype=bool)
        timed.loc[own.index, "arrive"] = [clock(v.arrive) if at else None for v, at in zip(found, placed, strict=True)]
        timed.loc[own.index, "leave"] = [clock(v.leave) if at else None for v, at in zip(found, placed, strict=True)]
        timed.loc[own.index, "at_least"] = np.cumsum(~placed) > 0
        timed.loc[own.index, "open"] = [v.state if at else "unknown" for v, at in zip(found, placed, strict=True)]
    return timed


def walked_to(stops: pd.DataFrame, legs: pd.DataFrame) -> list[float]:
    """Seconds of the walk to each stop of one route: 0 to the first and to stops without a position."""
    known = dict(zip(legs["to_seq"], legs["seconds"], strict=True))
    return [float(known.get(seq, 0.0)) for seq in stops["seq"]]


def counted_hours(stop: Mapping[Any, Any]) -> str | None:
    """Return the hours that count for a visit: none where the place is seen from outside."""
    return None if stop["on_site"] == "outside" else stop["opening_hours"]


def _route(
    route: dict[Any, Any], stops: gpd.GeoDataFrame, legs: gpd.GeoDataFrame, groups: GroupsLike
) -> dict[Any, Any]:
    own = stops[stops["route_id"] == route["route_id"]]
    mine = legs[legs["route_id"] == route["route_id"]]
    walked = mine[mine.geometry.notna()]
    sums = {key: walked[key].astype(float).sum(min_count=1, skipna=False) for key in _SUMS}
    profile = groups.of(route["age_band"], route["group_size"]).profile
    dwell_s = float(own["dwell_minutes"].sum()) * S_PER_MIN
    located = own["located"].to_numpy(dtype=bool)
    return route | {
        "walker": profile.name,
        "pace_mps": profile.flat_mps,
        "stops": len(own),
        "stops_located": int(located.sum()),
        **sums,
        "longest_flight": walked["longest_flight"].astype(float).max(),
        "stepfree": bool(walked["stepfree"].all()) if len(walked) else None,
        "dwell_s": dwell_s,
        "total_s": sums["seconds"] + dwell_s,
        "ends": own["leave"].iloc[-1] if len(own) else None,
        "at_least": bool(mine["at_least"].any() or (mine["problem"] != "").any() or not located.all()),
        "geometry": MultiLineString(list(walked.geometry)) if len(walked) else None,
    }


def _column(table: pd.DataFrame, name: str) -> pd.Series[Any]:
    if name in table:
        return table[name].astype(object).where(table[name].notna(), None)
    return pd.Series(None, index=table.index, dtype=object)
