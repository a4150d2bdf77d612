"""Ad-hoc questions about a position: computed in the pool, never stored, never logged, never cached."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response

from api import examples
from api.asked import CircleQuestion, NearestQuestion, WalkQuestion
from api.bundle import Row
from api.deps import Served, Service, cutoffs_s, parse_point, require_known, require_point
from api.documented import GEOJSON, answered, problems
from api.hours_now import local_time, openness
from api.questions import End, Reach
from api.routers import matrix
from api.schemas import Nearest, Place, Walk
from servicecircle.errors import Fault, InputError
from servicecircle.units import S_PER_MIN

__all__ = ["router"]

_KNOWN = tuple(Place.model_fields)
_MEASURED = tuple(field.name for field in fields(Reach) if field.name != "place")

router = APIRouter(tags=["提问 questions"], responses=problems(422, 503))
router.include_router(matrix.router)


@router.get("/nearest", summary="附近 Places within minutes on foot", responses=answered(examples.NEAREST))
async def nearest(served: Served, asked: Annotated[NearestQuestion, Query()]) -> Nearest:
    """Places that can be walked to within the minutes, soonest first, by any of their doors, with the way back.

    Each with its steps, the way without steps, whether it is open, and the rule for visitors.
    Ask with POST where the position is a family's: a query string ends up in logs and histories on its way.
    """
    return await _nearest(served, asked)


@router.post(
    "/nearest",
    summary="附近 Places within minutes on foot, position in the body",
    responses=answered(examples.NEAREST),
)
async def nearest_posted(served: Served, asked: NearestQuestion) -> Nearest:
    """Answer like GET, with the question as a JSON body."""
    return await _nearest(served, asked)


@router.get(
    "/circle",
    summary="步行圈 Circle round any point",
    response_class=Response,
    responses=answered(examples.CIRCLE, 404, media_type=GEOJSON),
)
async def circle(served: Served, asked: Annotated[CircleQuestion, Query()]) -> Response:
    """Draw the area within the minutes, one feature a cutoff, nested: as `servicecircle circle`."""
    point, cutoffs = require_point(asked.lon, asked.lat, served), cutoffs_s(asked.minutes)
    text = await served.pool.ask(lambda clerk: clerk.circle(point, cutoffs, asked.profile, asked.direction))
    return Response(text, media_type=GEOJSON)


@router.get(
    "/walk",
    summary="步行路线 The quickest walk, leg by leg",
    response_model_exclude_unset=True,
    responses=answered(examples.WALK, 404),
)
async def walk(served: Served, asked: Annotated[WalkQuestion, Query()]) -> Walk:
    """Explain the walk between two points or places, as `servicecircle walk --json` and in words.

    `spent` says where the time goes; its parts add up to `seconds`. A place is entered by its quickest door. Where
    there is no way the answer is `{"reachable": false, "reason"}` with status 200: it is an answer.
    """
    start, end = _end(asked.start, "from", served), _end(asked.end, "to", served)
    return Walk(**await served.pool.ask(lambda clerk: clerk.walk(start, end, asked.profile)))


def _end(text: str, name: str, served: Service) -> End:
    """Read a point, or the id of a place."""
    if "," in text:
        return parse_point(text, name, served)
    known = next((k for k, row in enumerate(served.places.placed) if row["facility_id"] == text), None)
    if known is None and any(row["facility_id"] == text for row in served.places.rows):
        remedy = "give lon,lat in degrees (WGS-84) of where it is"
        raise InputError([Fault("this place has no position", remedy, column=name)])
    return parse_point(text, name, served) if known is None else known


async def _nearest(served: Service, asked: NearestQuestion) -> Nearest:
    point, at = require_point(asked.lon, asked.lat, served), local_time(asked.at)
    for category in asked.category:
        require_known(category, served.places.categories, "category")
    kinds = [kind.value for kind in asked.kind]
    wanted = served.places.wanted(kinds, asked.category)
    limit_s = asked.minutes * S_PER_MIN
    found = await served.pool.ask(lambda clerk: clerk.nearest(point, limit_s, asked.profile, wanted))
    places = [_place(served.places.placed[reach.place], reach, at) for reach in found]
    return Nearest(
        minutes=asked.minutes,
        profile=asked.profile or served.bundle.manifest.profile,
        at=at.isoformat(timespec="minutes"),
        places=[place for place in places if _fits(place, asked)],
        unlocated=served.places.unlocated(kinds, asked.category),
        **served.dated(),
    )


def _fits(place: Place, asked: NearestQuestion) -> bool:
    return (not asked.step_free or place.step_free == "yes") and (not asked.open or place.open == "yes")


def _place(about: Row, reach: Reach, at: datetime) -> Place:
    known = {key: about[key] for key in _KNOWN if key in about}
    measured = {key: getattr(reach, key) for key in _MEASURED}
    hours = about.get("opening_hours")
    told_of = {"open": openness(hours, at), "open_on_arrival": openness(hours, at, reach.seconds_there)}
    return Place.model_validate(known | measured | told_of)
