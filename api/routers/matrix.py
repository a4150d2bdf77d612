"""School by base: the walks between all of them, measured once for each walker."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Query, Request

from api import examples
from api.asked import MatrixQuestion
from api.bundle import Row
from api.deps import Served, Service, require_known
from api.documented import answered
from api.links import page_links, root_of
from api.reaches import Reach, Table
from api.schemas import Matrix, MatrixRow
from api.tagged import TaggedRoute
from servicecircle.model import Kind, Tier
from servicecircle.units import S_PER_MIN

__all__ = ["router"]

router = APIRouter(route_class=TaggedRoute)


@router.get("/matrix", summary="学校×基地 Walking times, school by base", responses=answered(examples.MATRIX))
async def matrix(request: Request, served: Served, asked: Annotated[MatrixQuestion, Query()]) -> Matrix:
    """List the walks from each school to each base and venue within the minutes, and back, by their quickest doors.

    School after school in the order of the registry, soonest first; page by page.
    """
    if asked.category is not None:
        require_known(asked.category, served.places.categories, "category")
    placed = served.places.placed
    schools = np.array([k for k, row in enumerate(placed) if row["kind"] == Kind.SCHOOL], dtype=np.int64)
    bases = np.array([k for k, row in enumerate(placed) if row["tier"] == Tier.BASE], dtype=np.int64)
    _require_ids(asked, placed, served)
    table = await served.planning.ask(lambda clerk: clerk.table(schools, bases, asked.profile))
    found = [pair for pair in _pairs(table, placed) if _fits(*pair, asked)]
    page = found[asked.offset : asked.offset + asked.limit]
    return Matrix(
        minutes=asked.minutes,
        profile=asked.profile or served.bundle.manifest.profile,
        matched=len(found),
        returned=len(page),
        walks=[_row(*pair) for pair in page],
        links=page_links(root_of(request), "/matrix", request, asked.limit, asked.offset, len(found)),
        **served.dated(),
    )


def _require_ids(asked: MatrixQuestion, placed: list[Row], served: Service) -> None:
    for name, value, wanted in (("school", asked.school, Kind.SCHOOL), ("base", asked.base, None)):
        if value is None:
            continue
        known = [row["facility_id"] for row in placed if wanted is None or row["kind"] == wanted]
        if value not in known:
            require_known(value, (*known[:3], "… any such facility_id with a position"), name)
    codes = tuple(dict.fromkeys(str(row["subdistrict"]) for row in served.places.rows if row["subdistrict"]))
    if asked.subdistrict is not None:
        require_known(asked.subdistrict, codes, "subdistrict")


def _pairs(table: Table, placed: list[Row]) -> list[tuple[Row, Row, Reach]]:
    return [
        (placed[start], placed[table.ends[reach.place]], reach)
        for start, row in zip(table.starts, table.rows, strict=True)
        for reach in row
    ]


def _fits(school: Row, base: Row, reach: Reach, asked: MatrixQuestion) -> bool:
    return (
        reach.seconds_there <= asked.minutes * S_PER_MIN
        and asked.school in {None, school["facility_id"]}
        and asked.subdistrict in {None, school["subdistrict"]}
        and asked.base in {None, base["facility_id"]}
        and asked.category in {None, base["category"]}
        and asked.kind in {None, base["kind"]}
        and (not asked.step_free or reach.step_free == "yes")
    )


def _row(school: Row, base: Row, reach: Reach) -> MatrixRow:
    measured = asdict(reach)
    del measured["place"]
    return MatrixRow(
        school_id=school["facility_id"],
        school=school["name"],
        subdistrict=school["subdistrict"],
        base_id=base["facility_id"],
        base=base["name"],
        kind=base["kind"],
        category=base["category"],
        status=base["status"],
        position_confidence=base["position_confidence"],
        **measured,
    )
