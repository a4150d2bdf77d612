"""Ad-hoc questions about a position: computed in the pool, never stored, never logged, never cached."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.asked import CircleQuestion, NearestQuestion, WalkQuestion
from api.bundle import Row
from api.deps import Served, Service, cutoffs_s, parse_point, require_known, require_point
from api.questions import Reach
from api.schemas import Nearest, Place, Walk
from servicecircle.units import S_PER_MIN

__all__ = ["router"]

GEOJSON = "application/geo+json"

router = APIRouter(tags=["提问 questions"])


@router.get("/nearest", summary="附近 Places within minutes on foot")
async def nearest(served: Served, asked: Annotated[NearestQuestion, Query()]) -> Nearest:
    """Places that can be walked to within the minutes, soonest first, with the way back.

    Ask with POST where the position is a family's: a query string ends up in logs and histories on its way.
    """
    return await _nearest(served, asked)


@router.post("/nearest", summary="附近 Places within minutes on foot, position in the body")
async def nearest_posted(served: Served, asked: NearestQuestion) -> Nearest:
    """Answer like GET, with the question as a JSON body."""
    return await _nearest(served, asked)


@router.get(
    "/circle",
    summary="步行圈 Circle round any point",
    response_class=Response,
    responses={200: {"content": {GEOJSON: {}}, "description": "FeatureCollection, one feature a cutoff"}},
)
async def circle(served: Served, asked: Annotated[CircleQuestion, Query()]) -> Response:
    """Draw the area within the minutes, one feature a cutoff, nested: as `servicecircle circle`."""
    point, cutoffs = require_point(asked.lon, asked.lat, served), cutoffs_s(asked.minutes)
    text = await served.pool.ask(lambda clerk: clerk.circle(point, cutoffs, asked.profile, asked.direction))
    return Response(text, media_type=GEOJSON)


@router.get("/walk", summary="步行路线 The quickest walk, leg by leg", response_model_exclude_unset=True)
async def walk(served: Served, asked: Annotated[WalkQuestion, Query()]) -> Walk:
    """Explain the walk between two points, as `servicecircle walk --json`.

    Where there is no way the answer is `{"reachable": false, "reason"}` with status 200: it is an answer.
    """
    start, end = parse_point(asked.start, "from", served), parse_point(asked.end, "to", served)
    return Walk(**await served.pool.ask(lambda clerk: clerk.walk(start, end, asked.profile)))


async def _nearest(served: Service, asked: NearestQuestion) -> Nearest:
    point = require_point(asked.lon, asked.lat, served)
    for category in asked.category:
        require_known(category, served.places.categories, "category")
    kinds = [kind.value for kind in asked.kind]
    wanted = served.places.wanted(kinds, asked.category)
    limit_s = asked.minutes * S_PER_MIN
    found = await served.pool.ask(lambda clerk: clerk.nearest(point, limit_s, asked.profile, wanted))
    return Nearest(
        minutes=asked.minutes,
        profile=asked.profile or served.bundle.manifest.profile,
        places=[_place(served.places.placed[reach.place], reach) for reach in found],
        unlocated=served.places.unlocated(kinds, asked.category),
        **served.dated(),
    )


def _place(about: Row, reach: Reach) -> Place:
    known = {key: about[key] for key in Place.model_fields if key in about}
    measured = asdict(reach)
    del measured["place"]
    return Place.model_validate(known | measured)
