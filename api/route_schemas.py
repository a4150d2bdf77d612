"""Study routes as they are answered."""

from __future__ import annotations

from typing import Any

from api.schemas import Answer, Dated, Link, Row, StepFree

__all__ = ["Designed", "Height", "Route", "RouteDetail", "RouteLeg", "Routes", "Stop", "WhyNot"]


class Stop(Row):
    """A stop of a route, in its published order; without a position lon and lat are null.

    ``open`` is whether the place is open while the group is there.
    """

    seq: int
    name: str
    facility_id: str | None
    position_confidence: str | None
    located: bool
    lon: float | None
    lat: float | None
    arrive: str | None = None
    leave: str | None = None
    dwell_minutes: float | None = None
    opening_hours: str | None = None
    open: str | None = None
    access: str | None = None
    status: str | None = None
    note: str | None = None


class RouteLeg(Row):
    """The walk between two located stops; ``problem`` says what is missing on it.

    ``stepfree`` is whether this very walk has no steps, ``stepfree_seconds`` the way round without any.
    """

    leg: int
    from_seq: int
    from_name: str
    to_seq: int
    to_name: str
    seconds: float | None
    metres: float | None
    ascent_m: float | None
    descent_m: float | None
    steps: int | None
    steps_estimated: bool
    longest_flight: float | None = None
    rides: float | None = None
    stepfree: bool | None = None
    stepfree_seconds: float | None = None
    crossings: float | None = None
    crossings_plain: float | None = None
    at_least: bool
    problem: str | None


class Route(Row):
    """A study route; ``at_least`` where a stop or a leg is missing from the sums.

    ``provenance``: published by somebody, or proposed by this tool. ``seconds`` are walked, ``total_s`` include the
    time at the stops.
    """

    route_id: str
    name: str
    theme: str | None
    provenance: str | None
    source: str | None
    date: str | None
    note: str | None
    age_band: str | None
    group_size: int | None
    limit_minutes: float | None
    depart: str | None
    start_id: str | None = None
    start_name: str | None = None
    stops: int
    stops_located: int
    seconds: float | None
    total_s: float | None
    metres: float | None
    ascent_m: float | None
    descent_m: float | None
    steps: int | None
    step_free: StepFree
    feasible: str | None
    reasons_zh: str | None
    reasons_en: str | None
    explanation_zh: str | None = None
    explanation_en: str | None = None
    at_least: bool
    links: list[Link]


class Routes(Dated):
    """A page of the routes that match."""

    matched: int
    returned: int
    routes: list[Route]
    links: list[Link]


class Height(Row):
    """A point along a route: metres from its start, height above the sea (null where unknown), what leads to it."""

    leg: int
    metres: float
    height_m: float | None
    kind: str | None


class RouteDetail(Dated):
    """A route with its stops, legs, the walked line and the heights along it."""

    route: Route
    stops: list[Stop]
    legs: list[RouteLeg]
    profile: list[Height]
    geometry: dict[str, Any] | None


class WhyNot(Answer):
    """A reason that stands against every route."""

    code: str
    text_zh: str
    text_en: str


class Designed(Dated):
    """Routes that differ, the best first; or none, with every reason that was found."""

    feasible: bool
    reasons: list[WhyNot]
    routes: list[RouteDetail]
