"""Study routes as they are drawn and printed: published and proposed ones read alike, unknown values as ``None``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import geopandas as gpd
import pandas as pd
from shapely.geometry.base import BaseGeometry

from maps.bundle import Bundle

__all__ = ["Concern", "Height", "Leg", "Stop", "Walk", "read_walks"]

APPROXIMATE = ("landmark", "street", "area")


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop; ``at`` is None where nobody knows where it is. Of the first and last row of a proposal: no dwell."""

    seq: int
    name: str
    confidence: str
    note: str
    at: BaseGeometry | None
    dwell_min: float | None
    dwell_assumed: bool
    arrive: str
    leave: str
    at_least: bool
    candidate: bool
    facility: str

    @property
    def approximate(self) -> bool:
        """Whether it is placed roughly only."""
        return self.confidence in APPROXIMATE


@dataclass(frozen=True, slots=True)
class Leg:
    """The way from a stop to the next that has a position; of a proposal only the first figures are known."""

    number: int
    start: int
    end: int
    seconds: float | None
    metres: float | None
    ascent: float | None
    descent: float | None
    steps: float | None
    estimated: bool = True
    flight: float | None = None
    rides: float | None = None
    fee: float | None = None
    stepfree: bool | None = None
    stepfree_metres: float | None = None
    crossings: float | None = None
    lights: float | None = None
    plain: float | None = None
    crossed: str = ""
    skipped: int = 0
    at_least: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Height:
    """A point of the profile: leg, metres from the start of the route, metres above the sea."""

    leg: int
    metres: float
    height: float


@dataclass(frozen=True, slots=True)
class Concern:
    """What the checker says: stop (0: the whole route), code, ``blocks``, ``care`` or ``unknown``, a sentence."""

    seq: int
    code: str
    severity: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Walk:
    """A route; ``proposed`` by the tool or published. Sums are lower bounds where ``at_least``."""

    id: str
    name: str
    proposed: bool
    theme: str
    source: str
    date: str
    note: str
    age_band: str
    group_size: float | None
    limit_min: float | None
    depart: str
    ends: str
    assumed: tuple[str, ...]
    seconds: float | None
    metres: float | None
    ascent: float | None
    descent: float | None
    steps: float | None
    flight: float | None
    fee: float | None
    crossings: float | None
    dwell_s: float | None
    total_s: float | None
    at_least: bool
    stepfree: bool | None
    feasible: str
    explanation: tuple[str, str]
    stops: tuple[Stop, ...]
    legs: tuple[Leg, ...]
    profile: tuple[Height, ...]
    concerns: tuple[Concern, ...]
    line: BaseGeometry | None

    @property
    def located(self) -> int:
        """How many stops have a position."""
        return sum(stop.at is not None for stop in self.stops)


def read_walks(bundle: Bundle, text: Callable[[object], str] | None = None) -> list[Walk]:
    """Return the published routes by id, then the proposed ones by id.

    Parameters
    ----------
    bundle
        As read.
    text
        Makes a text of a cell: '' of none. By default as it stands.
    """
    say = text or _text
    layers, further = bundle.layers, bundle.further
    stops, legs = _by_route(layers["route_stops"]), _by_route(further.get("route_legs"))
    heights, faults = _by_route(further.get("route_profile")), _by_route(bundle.panels.get("route_faults"))
    found = []
    for row in _rows(layers["routes"]):
        own = row["route_id"]
        parts = stops.get(own, []), legs.get(own, []), heights.get(own, []), faults.get(own, [])
        found.append(_published(row, *parts, say))
    stops = _by_route(further.get("proposed_stops"))
    for row in _rows(further.get("proposed_routes")):
        own = row["route_id"]
        found.append(_proposed(row, stops.get(own, []), heights.get(own, []), say))
    return sorted(found, key=lambda walk: (walk.proposed, walk.id))


Row = Mapping[Any, Any]
Say = Callable[[object], str]


def _rows(table: pd.DataFrame | None) -> list[Row]:
    return [] if table is None else list(table.to_dict("records"))


def _by_route(table: gpd.GeoDataFrame | pd.DataFrame | None) -> dict[Any, list[Row]]:
    found: dict[Any, list[Row]] = {}
    for row in _rows(table):
        found.setdefault(row["route_id"], []).append(row)
    return found


def _published(row: Row, stops: list[Row], legs: list[Row], heights: list[Row], faults: list[Row], say: Say) -> Walk:
    return Walk(
        **_common(row, say),
        proposed=False,
        ends=say(row.get("ends")),
        assumed=tuple(part for part in say(row.get("assumed")).split(";") if part),
        seconds=_number(row, "seconds"),
        flight=_number(row, "longest_flight"),
        fee=_number(row, "fee_cny"),
        crossings=_number(row, "crossings"),
        at_least=_flag(row, "at_least") or False,
        stepfree=_flag(row, "stepfree"),
        feasible=say(row.get("feasible")),
        explanation=(say(row.get("reasons_zh")), say(row.get("reasons_en"))),
        stops=tuple(_stop(stop, say) for stop in _in_order(stops)),
        legs=tuple(_leg(leg, say) for leg in sorted(legs, key=lambda leg: float(leg["from_seq"]))),
        profile=_heights(heights),
        concerns=tuple(
            Concern(
                int(_number(fault, "seq") or 0),
                *(say(fault.get(key)) for key in ("fault", "severity", "text_zh", "text_en")),
            )
            for fault in faults
        ),
    )


def _proposed(row: Row, stops: list[Row], heights: list[Row], say: Say) -> Walk:
    """Read a proposal: nobody checked it, so that no concern is listed, and its legs are those of its stops."""
    ordered = _in_order(stops)
    steps = _number(row, "steps")
    return Walk(
        **_common(row, say),
        proposed=True,
        ends=say(ordered[-1].get("arrive")) if ordered else "",
        assumed=(),
        seconds=_number(row, "walk_s"),
        flight=None,
        fee=None,
        crossings=None,
        at_least=False,
        stepfree=None if steps is None else steps == 0,
        feasible="",
        explanation=(say(row.get("explanation_zh")), say(row.get("explanation_en"))),
        stops=tuple(_stop(stop, say) for stop in ordered),
        legs=tuple(_step(number, *pair) for number, pair in enumerate(pairwise(ordered), 1)),
        profile=_heights(heights),
        concerns=(),
    )


def _common(row: Row, say: Say) -> dict[str, Any]:
    """Read what both kinds say under the same name."""
    texts = {key: say(row.get(key)) for key in ("name", "theme", "source", "date", "note", "age_band")}
    return {
        "id": say(row["route_id"]),
        **texts,
        "group_size": _number(row, "group_size"),
        "limit_min": _number(row, "limit_minutes"),
        "depart": say(row.get("depart")),
        "metres": _number(row, "metres"),
        "ascent": _number(row, "ascent_m"),
        "descent": _number(row, "descent_m"),
        "steps": _number(row, "steps"),
        "dwell_s": _number(row, "dwell_s"),
        "total_s": _number(row, "total_s"),
        "line": row.get("geometry"),
    }


def _in_order(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: float(row["seq"]))


def _stop(row: Row, say: Say) -> Stop:
    at = row.get("geometry")
    known = at is not None and not at.is_empty and _flag(row, "located") is not False
    return Stop(
        int(row["seq"]),
        say(row["name"]),
        say(row["position_confidence"]),
        say(row.get("note")),
        at if known else None,
        _number(row, "dwell_minutes"),
        _flag(row, "dwell_assumed") or False,
        say(row.get("arrive")),
        say(row.get("leave")),
        _flag(row, "at_least") or False,
        say(row.get("status")) == "candidate",
        say(row.get("facility_id")),
    )


def _leg(row: Row, say: Say) -> Leg:
    return Leg(
        number=int(row["leg"]),
        start=int(row["from_seq"]),
        end=int(row["to_seq"]),
        seconds=_number(row, "seconds"),
        metres=_number(row, "metres"),
        ascent=_number(row, "ascent_m"),
        descent=_number(row, "descent_m"),
        steps=_number(row, "steps"),
        flight=_number(row, "longest_flight"),
        rides=_number(row, "rides"),
        fee=_number(row, "fee_cny"),
        estimated=bool(_flag(row, "steps_estimated")),
        stepfree=_flag(row, "stepfree"),
        stepfree_metres=_number(row, "stepfree_metres"),
        crossings=_number(row, "crossings"),
        lights=_number(row, "crossings_lights"),
        plain=_number(row, "crossings_plain"),
        crossed=say(row.get("crossed")),
        skipped=int(_number(row, "skipped") or 0),
        at_least=_flag(row, "at_least") or False,
        problem=say(row.get("problem")),
    )


def _step(number: int, start: Row, end: Row) -> Leg:
    return Leg(
        number=number,
        start=int(start["seq"]),
        end=int(end["seq"]),
        seconds=_number(end, "leg_s"),
        metres=_number(end, "leg_metres"),
        ascent=_number(end, "leg_ascent_m"),
        descent=_number(end, "leg_descent_m"),
        steps=_number(end, "leg_steps"),
    )


def _heights(rows: list[Row]) -> tuple[Height, ...]:
    """Read heights in their order; a point without one is left out."""
    return tuple(
        Height(int(row["leg"]), float(row["metres"]), float(row["height_m"]))
        for row in rows
        if not any(pd.isna(row[key]) for key in ("metres", "height_m"))
    )


def _text(value: object) -> str:
    return "" if pd.isna(value) else str(value)  # type: ignore[call-overload]


def _number(row: Row, key: str) -> float | None:
    value = row.get(key)
    return None if pd.isna(value) else float(value)


def _flag(row: Row, key: str) -> bool | None:
    value = row.get(key)
    return None if pd.isna(value) else bool(value)
