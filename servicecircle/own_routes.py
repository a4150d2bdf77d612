"""A route of one's own, checked against the streets: sound and judged, or refused with everything that is wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from servicecircle.errors import Fault, InputError
from servicecircle.ingest.own_route import OwnRoute, read_own_route
from servicecircle.model import Study
from servicecircle.route_checks import check_routes
from servicecircle.route_groups import Ground, GroupsLike
from servicecircle.routes import Traced, place_stops, trace_routes

__all__ = ["trace_own_route"]

_REFUSED = {
    "repeated": "take one out; a round may end where it began",
    "no_way": "choose stops on streets that connect, or another profile",
    "dwell_over_limit": "stay shorter, leave a stop out, or raise limit_minutes",
    "never_open": 'choose another day, or see it from outside: on_site = "outside"',
}


def trace_own_route(path: Path, study: Study, groups: GroupsLike, ground: Ground) -> tuple[Traced, pd.DataFrame]:
    """Read a route file, walk it, and list its faults.

    Raises
    ------
    InputError
        Unknown or repeated stops, stops that no way connects, more minutes at the stops than the limit, opening hours
        that never fit: all of them, and whatever is wrong in the file.
    """
    own = read_own_route(path, study.facilities)
    if own.stops.empty:
        raise InputError(own.faults or [Fault("no stops", "add a [[stop]]", own.file)])
    stops = place_stops(own.stops, ground.rules, study.facilities)
    if own.faults:  # what could not be read is left out, so that all else that is wrong is told at once
        own = replace(own, routes=_without_wrong(own))
    traced = trace_routes(groups, ground, own.routes, stops)
    found = check_routes(traced, study, ground.rules)
    faults = [*own.faults, *_refused(own, found)]
    if faults:
        raise InputError(sorted(faults, key=lambda fault: fault.row or 0))
    return traced, found


def _refused(own: OwnRoute, found: pd.DataFrame) -> list[Fault]:
    return [
        Fault(row["text_en"], _REFUSED[row["fault"]], own.file, own.row_of.get(int(row["seq"]), 1))
        for row in found.to_dict("records")
        if row["fault"] in _REFUSED
    ]


def _without_wrong(own: OwnRoute) -> pd.DataFrame:
    """Return the route without the values that were faults."""
    wrong = {fault.column for fault in own.faults if fault.column in own.routes}
    return own.routes.assign(**dict.fromkeys(sorted(str(column) for column in wrong - {"route_id", "name"})))
