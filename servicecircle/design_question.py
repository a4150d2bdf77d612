"""What is asked of the designer: from where, about what, for whom, when, and what must or must not be on the way."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import geopandas as gpd

from servicecircle.errors import Fault, InputError
from servicecircle.hours import is_clock, is_day
from servicecircle.model import Study, Variant
from servicecircle.parameters import Parameters

__all__ = ["Question", "check_question", "clock", "fit_of", "variant_of"]

_STEP_FREE = "stepfree"
_BANDS = {
    "preschool": "学龄前", "primary": "小学", "middle": "初中", "high": "高中", "adult": "成人", "family": "家庭",
    "elder": "老人",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    """A route that somebody wants; what is None is taken from the parameters.

    Attributes
    ----------
    start
        A ``facility_id``, or (lon, lat) in WGS-84.
    theme, categories
        What it is about: a theme of ``design.themes``, or categories of the study; neither: any place.
    age_band, group_size
        Who walks: ``routes.walks_as`` names the profile, ``routes.class_pace`` slows a class.
    limit_minutes, leg_minutes
        From start to end, and the longest walk between two stops.
    depart, day
        Local time of day and date, such as ``09:00`` and ``2026-05-20``: opening hours and the hours of lifts count.
    step_free
        Walk as a pram or wheelchair does.
    locked, forbidden
        ``facility_id`` of stops that must, and that must not, be visited.
    back
        End where it began.
    """

    start: str | tuple[float, float]
    theme: str | None = None
    categories: tuple[str, ...] = ()
    age_band: str | None = None
    group_size: int | None = None
    limit_minutes: float | None = None
    leg_minutes: float | None = None
    depart: str | None = None
    day: str | None = None
    step_free: bool = False
    locked: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    back: bool = False


def check_question(question: Question, study: Study, parameters: Parameters) -> Question:
    """Return the question with every default put in.

    Raises
    ------
    InputError
        A theme, category, age band or stop that nobody knows; a stop given twice, locked and forbidden, or without a
        position; a time that is none. All faults at once.
    """
    given = parameters.routes
    full = replace(
        question,
        age_band=question.age_band or given.age_band,
        group_size=given.group_size if question.group_size is None else question.group_size,
        limit_minutes=given.limit_minutes if question.limit_minutes is None else question.limit_minutes,
        leg_minutes=given.leg_minutes if question.leg_minutes is None else question.leg_minutes,
        depart=question.depart or given.depart,
        day=question.day or given.day,
    )
    faults = [*_subjects(full, study, parameters), *_numbers(full), *_stops(full, study.facilities)]
    if faults:
        raise InputError(faults)
    day, depart = date.fromisoformat(str(full.day)).isoformat(), str(full.depart).zfill(len("00:00"))
    return replace(full, day=day, depart=depart)


def fit_of(question: Question, study: Study, parameters: Parameters) -> Mapping[str, float]:
    """Return how well each category of the study fits what is asked, 0 to 1."""
    known = [str(name) for name in study.categories.index]
    if question.categories:
        return {name: 1.0 if name in question.categories else 0.0 for name in known}
    if question.theme is None:
        return dict.fromkeys(known, 1.0)
    fit = next(theme.fit for theme in parameters.design.themes if theme.id == question.theme)
    return {name: fit.get(name, fit.get("*", 0.0)) for name in known}


def variant_of(question: Question, parameters: Parameters, base: Variant) -> Variant:
    """Return who walks when: the band's profile, a class at the pace of a class, links open at the departure."""
    band = question.age_band or parameters.routes.age_band
    routes = parameters.routes
    as_class = (question.group_size or 0) >= routes.class_from
    return replace(
        base,
        profile=_STEP_FREE if question.step_free else routes.walks_as[band],  # type: ignore[index]
        pace=base.pace * (routes.class_pace[band] if as_class else 1.0),  # type: ignore[index]
        at=f"{question.day}T{question.depart}",
        day=question.day,
    )


def clock(question: Question, seconds: float) -> str:
    """Return the time of day so many seconds after the departure, to the minute.

    >>> clock(Question("S1", depart="09:00", day="2026-05-20"), 5400.0)
    '10:30'
    """
    start = datetime.fromisoformat(f"{question.day}T{question.depart}:00")
    return f"{start + timedelta(minutes=round(seconds / 60)):%H:%M}"


def _subjects(question: Question, study: Study, parameters: Parameters) -> list[Fault]:
    faults = []
    themes = [theme.id for theme in parameters.design.themes]
    if question.theme is not None and question.theme not in themes:
        faults.append(Fault("unknown theme", f"use one of: {', '.join(themes)}", column="theme", value=question.theme))
    if question.theme is not None and question.categories:
        faults.append(Fault("a theme and categories", "give one of them", column="theme", value=question.theme))
    known = [str(name) for name in study.categories.index]
    faults += [
        Fault("unknown category", f"use one of: {', '.join(known)}", column="category", value=name)
        for name in question.categories
        if name not in known
    ]
    if question.age_band not in _BANDS:
        remedy = f"use one of: {', '.join(_BANDS)}"
        faults.append(Fault("unknown age band", remedy, column="age", value=question.age_band))
    elif question.age_band not in parameters.routes.walks_as:
        remedy = "add it to routes.walks_as and routes.class_pace"
        faults.append(Fault("nobody walks for this age band", remedy, column="age", value=question.age_band))
    return faults


def _numbers(question: Question) -> list[Fault]:
    faults = []
    for name, value, most in (("limit", question.limit_minutes, 720.0), ("leg", question.leg_minutes, 120.0)):
        if value is None or not (math.isfinite(value) and 0 < value <= most):
            faults.append(Fault(f"not between 0 and {most:g} minutes", "give minutes", column=name, value=value))
    if question.group_size is None or question.group_size < 1:
        faults.append(Fault("nobody walks", "give how many they are", column="group", value=question.group_size))
    if not is_clock(question.depart or ""):
        faults.append(Fault("not a time of day", "give it as 09:00", column="depart", value=question.depart))
    if not is_day(question.day or ""):
        faults.append(Fault("not a date", "give it as 2026-05-20", column="date", value=question.day))
    return faults


def _stops(question: Question, facilities: gpd.GeoDataFrame) -> list[Fault]:
    placed = (facilities["located"] | facilities["approximate"]).to_numpy(dtype=bool)
    known = dict(zip(facilities["facility_id"], placed, strict=True))
    asked = [("lock", name) for name in question.locked] + [("forbid", name) for name in question.forbidden]
    if isinstance(question.start, str):
        asked.insert(0, ("start", question.start))
    remedy = "give the facility_id of a place, as in layer facilities"
    faults = [Fault("no such place", remedy, column=k, value=v) for k, v in asked if v not in known]
    faults += [
        Fault("this place has no position", "give one that has", column=k, value=v)
        for k, v in asked
        if k != "forbid" and not known.get(v, True)
    ]
    twice = sorted({name for name in question.locked if question.locked.count(name) > 1})
    faults += [Fault("this stop is locked twice", "give each stop once", column="lock", value=v) for v in twice]
    both = sorted(set(question.locked) & set(question.forbidden))
    faults += [Fault("this stop is locked and forbidden", "choose", column="lock", value=name) for name in both]
    if question.start in question.locked:
        remedy = "a route visits a place once: lock others"
        faults.append(Fault("the start is locked as a stop", remedy, column="lock", value=question.start))
    return faults
