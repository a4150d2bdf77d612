"""What stands between a study route and the group that wants to walk it, in words; Chinese and English.

A fault ``blocks`` the route as it stands, asks for ``care``, or is something ``unknown``: not in the data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from servicecircle.hours import is_day
from servicecircle.model import APPROXIMATE, Study
from servicecircle.parameters import RouteParameters
from servicecircle.route_times import ever_open
from servicecircle.routes import Traced, counted_hours, walked_to
from servicecircle.units import minutes

__all__ = ["FAULTS", "FAULT_COLUMNS", "check_routes", "feasible", "judged"]

FAULTS = {
    "over_limit": "blocks", "dwell_over_limit": "blocks", "closed": "blocks", "never_open": "blocks",
    "not_yet_open": "blocks", "no_way": "blocks", "outside_extract": "blocks", "repeated": "care", "long_leg": "care",
    "flight": "care", "not_stepfree": "care", "main_road": "care", "fee": "care", "booking": "care",
    "outside_area": "care", "unlocated": "unknown", "unknown_place": "unknown", "approximate": "unknown",
    "at_least": "unknown", "main_road_unknown": "unknown", "hours_unknown": "unknown", "heights_unknown": "unknown",
    "over_assumed": "unknown", "few_stops": "unknown",
    "assumed": "unknown",
}  # fmt: skip
"""Every fault, with what it means for the route."""
_DOUBTS = ("unlocated", "unknown_place", "at_least", "hours_unknown", "over_assumed", "few_stops")
FAULT_COLUMNS = ("route_id", "name", "seq", "fault", "severity", "text_zh", "text_en")

_ASSUMED = {
    "age_band": ("年龄段", "age band"),
    "group_size": ("人数", "group size"),
    "limit_minutes": ("时限", "time limit"),
    "depart": ("出发时间", "departure"),
    "dwell_minutes": ("停留时间", "time at the stops"),
}
_BANDS = {
    "preschool": ("学前", "preschool"), "primary": ("小学", "primary school"), "middle": ("初中", "middle school"),
    "high": ("高中", "high school"), "adult": ("成人", "adults"), "family": ("家庭", "families"),
    "elder": ("老人", "elders"),
}  # fmt: skip

_BEYOND_DEG = 0.003  # 300 m: farther from the last street nobody looks for one
_FEWEST = 2

Row = Mapping[Any, Any]
Said = tuple[int, str, str, str]
"""Stop, fault, Chinese, English."""


@dataclass(frozen=True, slots=True)
class _Route:
    about: Row
    stops: list[dict[Any, Any]]
    legs: list[dict[Any, Any]]
    rules: RouteParameters
    study: Study


def check_routes(traced: Traced, study: Study, rules: RouteParameters) -> pd.DataFrame:
    """List the faults of every route.

    Returns
    -------
    pd.DataFrame
        ``FAULT_COLUMNS``, in the order of the routes, their stops, and ``FAULTS``.
    """
    rows: list[tuple[object, ...]] = []
    order = {fault: k for k, fault in enumerate(FAULTS)}
    for about in traced.routes.to_dict("records"):
        route = _Route(about, _of(traced.stops, about), _of(traced.legs, about), rules, study)
        said = [fault for check in _CHECKS for fault in check(route)]
        for seq, fault, zh, en in sorted(said, key=lambda s: (s[0], order[s[1]])):
            rows.append((about["route_id"], about["name"], seq, fault, FAULTS[fault], zh, en))
    return pd.DataFrame(rows, columns=list(FAULT_COLUMNS))


def feasible(faults: pd.DataFrame) -> str:
    """Return whether a route with these faults can be walked so: ``yes``, ``no`` or ``unknown``."""
    if (faults["severity"] == "blocks").any():
        return "no"
    return "unknown" if faults["fault"].isin(_DOUBTS).any() else "yes"


def judged(routes: gpd.GeoDataFrame, faults: pd.DataFrame) -> gpd.GeoDataFrame:
    """Add to the routes whether each can be walked as it stands, and the reasons: what blocks, else what is unknown."""
    told: dict[str, list[str]] = {"feasible": [], "reasons_zh": [], "reasons_en": []}
    for route in routes["route_id"]:
        own = faults[faults["route_id"] == route]
        answer = feasible(own)
        doubts = own[own["severity"] == "blocks"] if answer == "no" else own[own["fault"].isin(_DOUBTS)]
        told["feasible"].append(answer)
        told["reasons_zh"].append("；".join(doubts["text_zh"]))
        told["reasons_en"].append("; ".join(doubts["text_en"]))
    columns = [c for c in routes.columns if c != "geometry"]
    return gpd.GeoDataFrame(routes.assign(**told)[[*columns, *told, "geometry"]], crs=routes.crs)


def _of(table: pd.DataFrame, about: Row) -> list[dict[Any, Any]]:
    rows: list[dict[Any, Any]] = table[table["route_id"] == about["route_id"]].to_dict("records")
    return rows


def _stops(route: _Route) -> Iterator[Said]:
    west, south, east, north = route.study.ways.extent
    known = set(route.study.facilities["facility_id"])
    extent = shapely.box(west - _BEYOND_DEG, south - _BEYOND_DEG, east + _BEYOND_DEG, north + _BEYOND_DEG)
    for stop in route.stops:
        seq, name, place = stop["seq"], stop["name"], stop["facility_id"]
        if isinstance(place, str) and place not in known:
            yield seq, "unknown_place", f"“{name}”的编号{place}不在登记台账中", f"{name}: the registry has no {place}"
        if not stop["located"]:
            yield seq, "unlocated", f"“{name}”没有坐标", f"no position for {name}"
            continue
        if stop["position_confidence"] in APPROXIMATE:
            yield seq, "approximate", f"“{name}”只有近似位置", f"{name} is only placed roughly"
        if not shapely.intersects(extent, stop["geometry"]):
            yield seq, "outside_extract", f"“{name}”在路网范围之外", f"{name} lies beyond the street data"
        elif not shapely.contains(route.study.area.boundary, stop["geometry"]):
            yield seq, "outside_area", f"“{name}”在区外", f"{name} lies outside the district"


def _repeats(route: _Route) -> Iterator[Said]:
    """Find stops made twice; to end where one began is a round."""
    seen: dict[object, int] = {}
    for k, stop in enumerate(route.stops):
        which = stop["facility_id"] if isinstance(stop["facility_id"], str) else stop["name"]
        closes = k == len(route.stops) - 1 and which in seen and seen[which] == route.stops[0]["seq"]
        if which in seen and not closes:
            zh, en = f"“{stop['name']}”已是第{seen[which]}站", f"{stop['name']} is stop {seen[which]} already"
            yield stop["seq"], "repeated", zh, en
        seen.setdefault(which, stop["seq"])


def _hours(route: _Route) -> Iterator[Said]:
    unknown = []
    day = route.rules.day
    for stop in route.stops:
        seq, name = stop["seq"], stop["name"]
        inside = stop["on_site"] != "outside"
        if stop["open"] == "closed":
            hours = stop["opening_hours"]
            zh = f"“{name}”{stop['arrive']}–{stop['leave']}不开放（{hours}，{day}）"
            yield seq, "closed", zh, f"{name} is not open from {stop['arrive']} to {stop['leave']} ({hours}, {day})"
        elif stop["open"] == "unknown" and inside:
            unknown.append(name)
        if inside and (stop["on_site"] == "booking" or stop["access"] in {"booking", "pupils"}):
            yield seq, "booking", f"“{name}”须预约或仅限学生", f"{name}: after booking, or for pupils only"
    if unknown:
        zh, en = (
            f"{len(unknown)}站开放时间不详，须先询问",
            f"hours of {len(unknown)} stops are unknown: ask before going",
        )
        yield 0, "hours_unknown", zh, en
    yield from _never(route)
    yield from _dated(route)


def _never(route: _Route) -> Iterator[Said]:
    legs = pd.DataFrame(route.legs, columns=["to_seq", "seconds"])
    seconds = walked_to(pd.DataFrame(route.stops, columns=["seq"]), legs)
    hours = [counted_hours(stop) if stop["located"] else None for stop in route.stops]
    k = ever_open(seconds, [float(stop["dwell_minutes"]) for stop in route.stops], hours, route.rules.day)
    if k is not None:
        name, seq, told = route.stops[k]["name"], route.stops[k]["seq"], route.stops[k]["opening_hours"]
        zh = f"无论何时出发，到“{name}”时都不开放（{told}，{route.rules.day}）"
        en = f"whenever the group sets out, {name} is not open when it comes ({told}, {route.rules.day})"
        yield seq, "never_open", zh, en


def _dated(route: _Route) -> Iterator[Said]:
    """Find places that open on a later day, or have closed for good."""
    spans = route.study.facilities.drop_duplicates("facility_id").set_index("facility_id")[["open_from", "open_to"]]
    day = route.rules.day
    for stop in route.stops:
        if stop["facility_id"] not in spans.index:
            continue
        first, last = (v if isinstance(v, str) and is_day(v) else None for v in spans.loc[stop["facility_id"]])
        if (first and day < first) or (last and day > last):
            span = f"{first or '…'} – {last or '…'}"
            zh = f"“{stop['name']}”在{day}不开放（{span}）"
            yield stop["seq"], "not_yet_open", zh, f"{stop['name']} is not in use on {day} ({span})"


def _walks(route: _Route) -> Iterator[Said]:
    limit = route.rules.leg_minutes
    most = route.rules.most_steps[route.about["age_band"]]
    band_zh, band_en = _BANDS[route.about["age_band"]]
    for leg in route.legs:
        seq, (zh, en) = leg["from_seq"], _between(leg)
        if leg["problem"]:
            why = _why_not(leg["problem"])
            yield seq, "no_way", f"{zh}走不通：{why[0]}", f"{en}: no way, {why[1]}"
            continue
        long = minutes(leg["seconds"])
        if long > limit:
            texts = (
                f"{zh}步行{long:.0f}分钟，超过{limit:.0f}分钟",
                f"{en}: {long:.0f} minutes on foot, over {limit:.0f}",
            )
            yield seq, "long_leg", *texts
        if leg["at_least"]:
            n = leg["skipped"]
            texts = f"{zh}之间有{n}站没有坐标，用时至少如此", f"{en}: {n} stops between have no position"
            yield seq, "at_least", *texts
        if leg["longest_flight"] > most:
            n = leg["longest_flight"]
            text = f"{zh}最长一段台阶约{n:.0f}级，{band_zh}不宜超过{most}级"
            yield seq, "flight", text, f"{en}: a flight of about {n:.0f} steps, over {most} for {band_en}"
        yield from _stairs(leg)
        yield from _roads(leg)
        if leg["fee_cny"]:
            fee = leg["fee_cny"]
            yield seq, "fee", f"{zh}乘梯每人{fee:g}元", f"{en}: {fee:g} CNY a person for lifts"
        if pd.isna(leg["ascent_m"]) and route.study.terrain is not None:
            yield seq, "heights_unknown", f"{zh}部分高程不详", f"{en}: some heights are unknown"


def _why_not(problem: str) -> tuple[str, str]:
    if problem.startswith("no way"):
        return "两站所在的路网不相连", "the streets of the two stops do not connect"
    return "附近没有可走的路", "a stop is far from every street"


def _stairs(leg: Row) -> Iterator[Said]:
    if leg["stepfree"]:
        return
    zh, en = _between(leg)
    steps = (f"约{leg['steps']:.0f}级", f"about {leg['steps']:.0f} steps") if leg["steps"] else ("扶梯", "an escalator")
    more = leg["stepfree_metres"] - leg["metres"]
    if pd.isna(more):
        free = "图上没有无台阶走法", "the map has no way without them"
    elif more < 1:
        free = "无台阶走法不更长", "the way without them is no longer"
    else:
        free = f"无台阶走法多{more:.0f}米", f"without them {more:.0f} m more"
    yield leg["from_seq"], "not_stepfree", f"{zh}有台阶（{steps[0]}），{free[0]}", f"{en}: {steps[1]}; {free[1]}"


def _roads(leg: Row) -> Iterator[Said]:
    zh, en = _between(leg)
    plain = leg["crossings_plain"]
    silent = leg["crossings"] - leg["crossings_lights"] - plain
    names = leg["crossed"].replace(";", "、") if isinstance(leg["crossed"], str) else ""
    roads = (f"（{names}）", f" ({names})") if names else ("", "")
    if plain:
        text = f"{zh}有{plain:.0f}处过主路没有信号灯{roads[0]}"
        yield leg["from_seq"], "main_road", text, f"{en}: main roads crossed without lights: {plain:.0f}{roads[1]}"
    if silent:
        text = f"{zh}有{silent:.0f}处过主路，图上未说有无信号灯{roads[0]}"
        said = f"{en}: main roads crossed where the map does not tell of lights: {silent:.0f}{roads[1]}"
        yield leg["from_seq"], "main_road_unknown", text, said


def _whole(route: _Route) -> Iterator[Said]:
    about = route.about
    limit, walk = float(about["limit_minutes"]), minutes(about["seconds"]) if about["seconds"] > 0 else 0.0
    given = sum(stop["dwell_minutes"] for stop in route.stops if not stop["dwell_assumed"])
    usual = sum(stop["dwell_minutes"] for stop in route.stops if stop["dwell_assumed"])
    least = ("至少", "at least ") if about["at_least"] else ("", "")
    if given > limit:
        zh = f"各站停留共{given:.0f}分钟，已超过时限{limit:.0f}分钟"
        yield 0, "dwell_over_limit", zh, f"{given:.0f} minutes at the stops alone, over the limit of {limit:.0f}"
    elif walk + given > limit:
        stay = (f"、停留{given:.0f}分钟", f" and {given:.0f} at the stops") if given else ("", " alone")
        zh = f"{least[0]}步行{walk:.0f}分钟{stay[0]}，超过时限{limit:.0f}分钟"
        en = f"{least[1]}{walk:.0f} minutes on foot{stay[1]}, over the limit of {limit:.0f}"
        yield 0, "over_limit", zh, en
    elif walk + given + usual > limit:
        left = (limit - walk - given) / sum(bool(stop["dwell_assumed"]) for stop in route.stops)
        zh = f"{least[0]}步行{walk:.0f}分钟；时限{limit:.0f}分钟内每站至多停留{left:.0f}分钟"
        en = f"{least[1]}{walk:.0f} minutes on foot: of {limit:.0f} minutes {left:.0f} are left for each stop"
        yield 0, "over_assumed", zh, en
    if len(route.stops) < _FEWEST:
        yield 0, "few_stops", f"只列出{len(route.stops)}站", f"stops listed: {len(route.stops)}"
    assumed = [name for name in (about["assumed"] or "").split(";") if name]
    if any(stop["dwell_assumed"] for stop in route.stops):
        assumed.append("dwell_minutes")
    if assumed:
        zh, en = ("、".join(_ASSUMED[n][0] for n in assumed), ", ".join(_ASSUMED[n][1] for n in assumed))
        yield 0, "assumed", f"来源未说，按假设取值：{zh}", f"not said by the source, assumed: {en}"


def _between(leg: Row) -> tuple[str, str]:
    return f"“{leg['from_name']}”到“{leg['to_name']}”", f"{leg['from_name']} to {leg['to_name']}"


_CHECKS: tuple[Callable[[_Route], Iterator[Said]], ...] = (_whole, _stops, _repeats, _hours, _walks)
