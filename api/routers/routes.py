"""Study routes: the list, one route with its stops, legs and heights, files for a phone, and new designs."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse
from starlette.datastructures import URL

from api import examples
from api.asked import DesignQuestion, RouteFileQuestion, RouteQuestion, RoutesQuestion
from api.catalogue import (
    Row,
    Traced,
    find_route,
    heights,
    legs_of,
    line_of,
    list_routes,
    proposal,
    route_of,
    stops_of,
    traced,
)
from api.deps import Served, Service, require_point
from api.documented import answered, problems
from api.drafts import Draft
from api.files import MAP
from api.links import link, page_links, root_of
from api.negotiate import VARIES, wants_html
from api.pages import render
from api.profile_figure import draw_profile
from api.route_files import MEDIA_TYPES, file_response
from api.route_schemas import Designed, RouteDetail, Routes, WhyNot
from api.schemas import Link
from api.tagged import TaggedRoute
from servicecircle.design_question import Question
from servicecircle.design_reasons import NoRouteError

__all__ = ["router"]

router = APIRouter(tags=["游学线路 study routes"], route_class=TaggedRoute, responses=problems(422))

File = Annotated[RouteFileQuestion, Query()]


@router.get(
    "/routes",
    summary="线路列表 All study routes",
    response_model=Routes,
    responses=answered(examples.ROUTES, page=True),
)
async def routes(request: Request, served: Served, asked: Annotated[RoutesQuestion, Query()]) -> Routes | Response:
    """List published and proposed routes with what could be walked of them; a page where a browser asks."""
    found = list_routes(served.bundle, asked)
    page = found[asked.offset : asked.offset + asked.limit]
    root = root_of(request)
    answer = Routes(
        matched=len(found),
        returned=len(page),
        routes=[route_of(row, _links(row, root)) for row in page],
        links=page_links(root, "/routes", request, asked.limit, asked.offset, len(found)),
        **served.dated(),
    )
    if not wants_html(request):
        return answer
    every = list_routes(served.bundle, RoutesQuestion.model_validate({"limit": 1000}))
    themes = sorted({theme for row in every for theme in str(row["theme"] or "").split(";") if theme})
    area = served.bundle.manifest.area
    return HTMLResponse(render("routes.html", area=area, answer=answer, asked=asked, themes=themes), headers=VARIES)


@router.get("/routes/{route_id}.gpx", summary="GPX 轨迹 A route as GPX", response_class=Response,
            responses=answered(examples.GPX, 404, 503, media_type=MEDIA_TYPES["gpx"]))  # fmt: skip
async def gpx(route_id: str, served: Served, asked: File) -> Response:
    """One track segment a walked leg, one waypoint a located stop; the description names the unlocated ones."""
    return file_response(await _traced(served, route_id), "gpx", asked.datum)


@router.get("/routes/{route_id}.kml", summary="KML A route as KML", response_class=Response,
            responses=answered(examples.KML, 404, 503, media_type=MEDIA_TYPES["kml"]))  # fmt: skip
async def kml(route_id: str, served: Served, asked: File) -> Response:
    """Write a folder of stops and a folder of legs, with heights."""
    return file_response(await _traced(served, route_id), "kml", asked.datum)


@router.get("/routes/{route_id}.geojson", summary="GeoJSON A route as GeoJSON", response_class=Response,
            responses=answered(examples.ROUTE_GEOJSON, 404, 503, media_type=MEDIA_TYPES["geojson"]))  # fmt: skip
async def geojson(route_id: str, served: Served, asked: File) -> Response:
    """Write stops and legs in one collection; `feature` says which is which."""
    return file_response(await _traced(served, route_id), "geojson", asked.datum)


@router.get("/routes/{route_id}", summary="一条线路 One study route", response_model=RouteDetail,
            responses=answered(examples.ROUTE, 404, 503, page=True))  # fmt: skip
async def route(
    route_id: str, request: Request, served: Served, _: Annotated[RouteQuestion, Query()]
) -> RouteDetail | Response:
    """Return stops in their order, legs as walked, line and heights; a page where a browser asks."""
    root = root_of(request)
    answer = _detail(await _traced(served, route_id), root, served)
    if not wants_html(request):
        return answer
    area = served.bundle.manifest.area
    figure = draw_profile(answer.profile, answer.legs)
    on_map = _on_map(answer) if MAP in served.files else None
    return HTMLResponse(render("route.html", area=area, answer=answer, figure=figure, on_map=on_map), headers=VARIES)


@router.post("/routes/design", summary="设计线路 Design a study route", responses=answered(examples.DESIGNED, 503))
async def design(served: Served, asked: DesignQuestion, response: Response) -> Designed:
    """Choose and order stops for a group: up to three routes that differ, each explained.

    A question that no route answers gets `{"feasible": false}` with every reason that was found: it is an answer.
    """
    response.headers["Cache-Control"] = "no-store"
    question = _question(asked, served)
    try:
        found = await served.planning.ask(lambda clerk: clerk.design(question))
    except NoRouteError as error:
        reasons = [_why_not(r.code, r.text_zh, r.text_en, question) for r in error.reasons]
        return Designed(feasible=False, reasons=reasons, routes=[], **served.dated())
    details = [_detail(Traced.of(draft), None, served) for draft in found]
    return Designed(feasible=True, reasons=[], routes=details, **served.dated())


async def _traced(served: Service, route_id: str) -> Traced:
    """Return a route with its legs: a published one as the bundle has it, a proposed one walked again."""
    row = find_route(served.bundle, route_id)
    if row["provenance"] != "proposed" or "profile" not in row:
        return traced(served.bundle, row)
    proposed, stops = proposal(served.bundle, row)
    draft: Draft = await served.planning.ask(lambda clerk: clerk.walk_again(proposed, stops))
    return Traced.of(draft)


def _detail(found: Traced, root: URL | None, served: Service) -> RouteDetail:
    links = [] if root is None else _links(found.route, root)
    return RouteDetail(
        route=route_of(found.route, links),
        stops=stops_of(found),
        legs=legs_of(found),
        profile=heights(found),
        geometry=line_of(found),
        **served.dated(),
    )


def _links(row: Row, root: URL) -> list[Link]:
    here = f"/routes/{quote(str(row['route_id']), safe='')}"
    files = [link(root, f"{here}.{fmt}", "alternate", media, fmt.upper()) for fmt, media in MEDIA_TYPES.items()]
    page = link(root, f"{here}?f=html", "alternate", "text/html", "网页 as HTML")
    return [link(root, here, "self", "application/json", str(row["name"])), page, *files]


def _on_map(answer: RouteDetail) -> str | None:
    """Return the map's link to a route; it draws the published ones."""
    name = quote(answer.route.route_id, safe="")
    placed = next((stop.seq for stop in answer.stops if stop.located), None)
    if answer.route.provenance == "proposed" or placed is None:
        return None
    return f"/map#theme=none&routes={name}&show=stop:{placed}~{name}"


def _question(asked: DesignQuestion, served: Service) -> Question:
    start = asked.start if isinstance(asked.start, str) else require_point(*asked.start, served)
    return Question(
        start, asked.theme, tuple(asked.categories), asked.age_band, asked.group_size, asked.limit_minutes,
        asked.leg_minutes, asked.depart, asked.date, asked.step_free, tuple(asked.locked), tuple(asked.forbidden),
        asked.back,
    )  # fmt: skip


def _why_not(code: str, zh: str, en: str, question: Question) -> WhyNot:
    """Return a reason; a start that is a point is not named by its coordinates."""
    if not isinstance(question.start, str):
        name = f"{question.start[0]:.6f},{question.start[1]:.6f}"
        zh, en = zh.replace(name, "起点"), en.replace(name, "the start")
    return WhyNot(code=code, text_zh=zh, text_en=en)
