"""The study routes for the interactive map: published and proposed ones apart, with legs, heights and findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from maps.bundle import Bundle
from maps.encode import clean, lines, point, simplified
from maps.walks import Leg, Stop, Walk, read_walks

__all__ = ["routes"]

LINE_M = 1.0
OWN = (
    *("name", "theme", "source", "date", "note", "age_band", "group_size", "limit_min", "depart", "ends", "assumed"),
    *("seconds", "metres", "steps", "flight", "fee", "total_s", "at_least", "stepfree", "feasible", "proposed"),
)
STOP = (
    *("seq", "name", "position_confidence", "located", "note", "dwell_min", "dwell_assumed", "arrive", "leave"),
    *("at_least", "candidate"),
)
LEG = (
    *("start", "end", "seconds", "metres", "ascent", "descent", "steps", "estimated", "flight", "rides", "fee"),
    *("stepfree", "stepfree_metres", "crossings", "lights", "plain", "crossed", "skipped", "at_least", "problem"),
)

Payload = dict[str, Any]


def routes(bundle: Bundle) -> list[Payload]:
    """Give the published routes, then the proposed ones: lines, stops in their order, legs, heights, findings."""
    walks = read_walks(bundle)
    shapes = simplified([walk.line for walk in walks], LINE_M)
    return [_route(walk, lines(shape)) for walk, shape in zip(walks, shapes, strict=True)]


def _route(walk: Walk, drawn: list[str]) -> Payload:
    stops = [[_stop(stop)[name] for name in STOP] + [point(stop.at)] for stop in walk.stops]
    legs = [[_short(getattr(leg, name)) for name in LEG] for leg in walk.legs]
    return {
        "route_id": walk.id,
        **{name: _short(getattr(walk, name)) for name in OWN},
        "ascent_m": _short(walk.ascent),
        "descent_m": _short(walk.descent),
        "stops": len(walk.stops),
        "stops_located": walk.located,
        "lines": drawn,
        "at": {"cols": [*STOP, "at"], "rows": stops},
        "legs": {"cols": list(LEG), "rows": legs},
        "heights": _heights(walk),
        "faults": [[c.seq, c.severity, c.zh, c.en] for c in walk.concerns],
        "why": list(walk.explanation) if walk.proposed else ["", ""],
    }


def _stop(stop: Stop) -> Mapping[str, Any]:
    own = {name: _short(getattr(stop, name)) for name in STOP if hasattr(stop, name)}
    return {**own, "position_confidence": stop.confidence, "located": stop.at is not None}


def _heights(walk: Walk) -> list[list[Any]]:
    """Give each leg's number, its ends, and metres and heights in turn."""
    ends: dict[int, Leg] = {leg.number: leg for leg in walk.legs}
    found = []
    for number, group in groupby(walk.profile, key=lambda height: height.leg):
        if number in ends:
            flat = [value for h in group for value in (round(h.metres), round(h.height, 1))]
            found.append([ends[number].start, ends[number].end, flat])
    return found


def _short(value: object) -> Any:  # noqa: ANN401  a cell
    """Return a cell without needless decimals."""
    if isinstance(value, float):
        return clean(round(value, 1))
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else clean(value)
