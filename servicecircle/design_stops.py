"""What a route could visit: places that fit, what each is worth, how long a group stays and when it is open."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import geopandas as gpd
import numpy as np
import pandas as pd

from servicecircle.arrays import Floats
from servicecircle.design_question import Question
from servicecircle.hours import are_hours, open_spells
from servicecircle.model import Kind, Status, Tier
from servicecircle.orienteering import Problem
from servicecircle.parameters import Parameters

__all__ = ["CANDIDATES", "candidate_stops", "pose"]

CANDIDATES = [
    "place", "facility_id", "name", "category", "category_zh", "category_en", "status", "position_confidence", "lon",
    "lat", "fit", "points", "dwell_minutes", "opening_hours", "too_small", "locked",
]  # fmt: skip
"""Columns of the table of candidates: ``place`` is the row of the scene, ``opening_hours`` is missing where unknown."""

_DAY_MIN = 24 * 60.0


def candidate_stops(
    places: gpd.GeoDataFrame,
    titles: pd.DataFrame,
    fit: Mapping[str, float],
    question: Question,
    parameters: Parameters,
) -> pd.DataFrame:
    """Return the places that a route may visit, in the order of the registry.

    Parameters
    ----------
    places
        The placed facilities of a scene.
    titles
        Index category; name_zh, name_en.
    fit
        How well each category fits, 0 to 1: bases and venues that do not fit at all are left out, locked ones are not.

    Returns
    -------
    pd.DataFrame
        Columns of ``CANDIDATES``, index 0, 1, ...
    """
    design = parameters.design
    locked = places["facility_id"].isin(question.locked)
    fits = places["category"].map(fit).fillna(0.0).to_numpy(dtype=np.float64)
    about = (places["tier"] == Tier.BASE) & (fits > 0)
    start = question.start if isinstance(question.start, str) else ""
    wanted = (about & ~places["facility_id"].isin([*question.forbidden, start])) | locked
    rows = places[wanted]
    share = np.where(rows["kind"] == Kind.VENUE, design.venue_share, 1.0)
    share *= np.where(rows["approximate"].to_numpy(dtype=bool), design.approximate_share, 1.0)
    worth = rows["status"].map(design.stop_points).fillna(0.0).to_numpy(dtype=np.float64)
    room = pd.to_numeric(rows["capacity"], errors="coerce").to_numpy(dtype=np.float64)
    dwell = rows["category"].map(design.dwell_minutes).fillna(parameters.routes.dwell_minutes)
    named = titles.reindex(rows["category"])
    hours = rows["opening_hours"]
    return pd.DataFrame(
        {
            "place": np.flatnonzero(wanted),
            "facility_id": rows["facility_id"].to_numpy(),
            "name": rows["name"].to_numpy(),
            "category": rows["category"].to_numpy(),
            "category_zh": named["name_zh"].to_numpy(),
            "category_en": named["name_en"].to_numpy(),
            "status": rows["status"].to_numpy(),
            "position_confidence": rows["position_confidence"].to_numpy(),
            "lon": rows.geometry.x.to_numpy(),
            "lat": rows.geometry.y.to_numpy(),
            "fit": fits[wanted],
            "points": np.rint(worth * share * fits[wanted]).astype(np.int64),
            "dwell_minutes": dwell.to_numpy(dtype=np.float64),
            "opening_hours": [text if isinstance(text, str) and are_hours(text) else None for text in hours],
            "too_small": (room < (question.group_size or 0)) & ~locked[wanted].to_numpy(),
            "locked": locked[wanted].to_numpy(),
        }
    )


def pose(
    stops: pd.DataFrame, walk_s: Floats, fit: Mapping[str, float], question: Question, parameters: Parameters
) -> Problem:
    """Put a question into numbers: node 0 is the start, node ``k`` the stop in row ``k - 1``.

    ``walk_s``: (n + 1, n + 1) seconds, ``inf`` where there is no way. A place too small for the group is never open.
    """
    categories = [name for name in fit if fit[name] > 0]
    bonus = [round(parameters.design.first_points * fit[name]) for name in categories]
    group = [-1, *(categories.index(name) if name in categories else -1 for name in stops["category"])]
    windows = [
        (node, *span)
        for node, (hours, small) in enumerate(zip(stops["opening_hours"], stops["too_small"], strict=True), 1)
        for span in ([(0, -1)] if small else _spans(hours, question))
    ]
    return Problem.of(
        walk_s,
        np.r_[0.0, stops["dwell_minutes"].to_numpy() * 60.0],
        np.r_[0, stops["points"].to_numpy(dtype=np.int64)],
        (question.limit_minutes or 0.0) * 60.0,
        windows=np.array(windows, dtype=np.int64).reshape(-1, 3),
        group=np.array(group, dtype=np.int64),
        bonus=np.array(bonus, dtype=np.int64),
        back=question.back,
        locked=frozenset(int(k) + 1 for k in np.flatnonzero(stops["locked"])),
    )


def is_confirmed(status: str) -> bool:
    """Whether the district has named a place: a candidate must be asked first."""
    return status != Status.CANDIDATE


def _spans(hours: object, question: Question) -> list[tuple[int, int]]:
    """Return seconds from the departure in which hours are open on that day and the next; never open is one span."""
    if not isinstance(hours, str):
        return []
    day = date.fromisoformat(str(question.day))
    hour, minute = (int(part) for part in str(question.depart).split(":"))
    left = hour * 60 + minute
    spells = [
        (low + shift * _DAY_MIN - left, high + shift * _DAY_MIN - left)
        for shift in (0, 1)
        for low, high in open_spells(hours, (day + timedelta(days=shift)).isoformat())
    ]
    joined: list[tuple[float, float]] = []
    for low, high in spells:
        if joined and joined[-1][1] >= low:
            joined[-1] = joined[-1][0], high
        else:
            joined.append((low, high))
    return [(round(low * 60), round(high * 60)) for low, high in joined] or [(0, -1)]
