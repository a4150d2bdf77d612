"""Design study routes: choose stops and their order for a group, several ways that differ, or say why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from servicecircle.arrays import Floats, Ints
from servicecircle.circuit import UndecidedError, solve
from servicecircle.crs import WGS84
from servicecircle.design_question import Question, check_question, fit_of, variant_of
from servicecircle.design_reasons import NoRouteError, Reason, reasons_against, undecided
from servicecircle.design_stops import candidate_stops, pose
from servicecircle.door_walks import DoorWalker
from servicecircle.orienteering import Differ, Problem, Tour, walk_along
from servicecircle.parameters import Profile
from servicecircle.scene import open_scene
from servicecircle.streets import Streets
from servicecircle.units import S_PER_MIN
from servicecircle.walk import Walk

__all__ = ["Alternative", "Asked", "Design", "ask", "design", "open_ground", "trace"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question in numbers.

    ``start`` is the place (or home) of the scene that it begins at, ``stops`` the table of candidates, ``problem`` the
    same as numbers, in which walks longer than a leg may be do not exist.
    """

    question: Question
    start: int
    start_name: str
    start_lonlat: tuple[float, float]
    start_confidence: str
    stops: pd.DataFrame
    problem: Problem


@dataclass(frozen=True, slots=True)
class Alternative:
    """One route: the tour, and every walk of it, the one back to the start included.

    ``times`` are for each stop the seconds from the departure at which it is reached, begun and left.
    """

    tour: Tour
    stops: pd.DataFrame
    times: list[tuple[int, int, int]]
    walks: tuple[Walk, ...]


@dataclass(frozen=True, slots=True)
class Design:
    """The answer: what was asked, who walks, and routes of which the first has most points."""

    asked: Asked
    profile: Profile
    alternatives: tuple[Alternative, ...]


def design(streets: Streets, question: Question) -> Design:
    """Design routes for a question.

    Raises
    ------
    InputError
        The question names something that is not there, or contradicts itself.
    NoRouteError
        The question is sound and no route answers it; with every reason that was found.
    """
    question = check_question(question, streets.study, streets.parameters)
    ground = open_ground(streets, question)
    asked = ask(ground, question)
    given = streets.parameters.design
    share = Fraction(given.shared_most).limit_denominator(100)
    tours: list[Tour] = []
    while len(tours) < given.alternatives:
        others = tuple(Differ(frozenset(tour.stops), (share.numerator, share.denominator)) for tour in tours)
        try:
            tour = solve(asked.problem, others, given.work)
        except UndecidedError as error:
            if tours:
                break
            raise NoRouteError((undecided(given.work),)) from error
        if tour is None or not tour.stops:
            break
        tours.append(tour)
    if not tours:
        raise NoRouteError(_reasons(ground, asked))
    return Design(asked, ground.profile, tuple(trace(ground, asked, tour) for tour in tours))


def open_ground(streets: Streets, question: Question) -> DoorWalker:
    """Open the doors of all places of a study, and of the start if it is a point, to the group of a question."""
    lonlat = np.array([] if isinstance(question.start, str) else [question.start], dtype=np.float64).reshape(-1, 2)
    start = gpd.GeoDataFrame(geometry=shapely.points(lonlat), crs=WGS84)
    variant = variant_of(question, streets.parameters, streets.variant)
    ground = DoorWalker(open_scene(streets, start, variant), variant)
    ground.refuse_far_homes()
    return ground


def ask(ground: DoorWalker, question: Question, stops: pd.DataFrame | None = None) -> Asked:
    """Put a checked question into numbers, on the ground of a group.

    ``stops`` are the candidates where they are known: the same for every start that is no candidate.
    """
    streets, places = ground.scene.streets, ground.scene.places
    fit = fit_of(question, streets.study, streets.parameters)
    if stops is None:
        stops = candidate_stops(places, streets.study.categories, fit, question, streets.parameters)
    if isinstance(question.start, str):
        start = int(np.flatnonzero(places["facility_id"] == question.start)[0])
        name, at = str(places["name"].iloc[start]), places.geometry.iloc[start]
        lonlat, confidence = (float(at.x), float(at.y)), str(places["position_confidence"].iloc[start])
    else:
        start, lonlat = int(ground.scene.doors.home[0]), question.start
        name, confidence = f"{lonlat[0]:.6f},{lonlat[1]:.6f}", "entrance"
    walk_s = ground.seconds(_nodes(start, stops), (question.leg_minutes or 0.0) * S_PER_MIN)
    problem = pose(stops, walk_s, fit, question, streets.parameters)
    return Asked(question, start, name, lonlat, confidence, stops, problem)


def trace(ground: DoorWalker, asked: Asked, tour: Tour) -> Alternative:
    """Walk a tour from door to door."""
    nodes = _nodes(asked.start, asked.stops)[[0, *tour.stops, *([0] if asked.problem.back else [])]]
    walks = tuple(ground.between(int(a), int(b)) for a, b in pairwise(nodes))
    own = asked.stops.iloc[np.array(tour.stops, dtype=np.int64) - 1].reset_index(drop=True)
    return Alternative(tour, own, walk_along(asked.problem, tour.stops) or [], walks)


def _nodes(start: int, stops: pd.DataFrame) -> Ints:
    return np.concatenate([[start], stops["place"].to_numpy(dtype=np.int64)])


def _reasons(ground: DoorWalker, asked: Asked) -> tuple[Reason, ...]:
    far_s: Floats = ground.seconds(_nodes(asked.start, asked.stops), np.inf)
    return reasons_against(asked.problem, far_s, asked.stops, asked.start_name, asked.question)
