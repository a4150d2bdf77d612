"""Pages for people: landing, map, report, documentation."""

from __future__ import annotations

from functools import cache
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

from api.asked import NoQuestion
from api.deps import Served
from api.errors import PROBLEMS, MissingError
from api.files import HOME, MAP, read_static
from api.guide import sections
from api.headline import headline
from api.links import root_of
from api.packed import Packed, send_packed
from api.pages import STATIC, render
from api.routers.collections import landing
from api.tagged import TaggedRoute

__all__ = ["router"]

router = APIRouter(include_in_schema=False, route_class=TaggedRoute)

Nothing = Annotated[NoQuestion, Query()]


@router.get("/")
async def home(request: Request, served: Served) -> Response:
    """Return the landing page: for people, or for machines that ask for JSON."""
    varies = {"Vary": "Accept"}
    if _wants_json(request):
        return JSONResponse(landing(served, root_of(request)).model_dump(), headers=varies)
    return HTMLResponse(render("landing.html", **headline(served.bundle, served.files)), headers=varies)


@router.get("/map")
async def study_map(request: Request, served: Served, _: Nothing) -> Response:
    """Return the map, where it was drawn."""
    if MAP not in served.files:
        folder = served.bundle.folder
        message = (
            f"the map is not drawn yet; run `python -m maps study --bundle {folder} --out {folder / 'maps'}`, "
            "and let the service read the bundle again"
        )
        raise MissingError(message)
    return send_packed(request, served.files[MAP])


@router.get("/report")
async def report_home() -> RedirectResponse:
    """Lead to the report's first page, whose links need the folder."""
    return RedirectResponse("/report/")


@router.get("/report/{path:path}")
async def report(path: str, request: Request, served: Served) -> Response:
    """Return a file of the planner's report, where it was written."""
    if HOME not in served.files:
        folder = served.bundle.folder
        message = (
            f"the report is not written yet; run `python -m maps report --bundle {folder} --out {folder / 'report'}`, "
            "and let the service read the bundle again"
        )
        raise MissingError(message)
    file = served.files.get(f"report/{path or 'index.html'}")
    if file is None:
        message = "the report has no such file; /report/ links to all of them, `python -m maps report` writes them"
        raise MissingError(message)
    return send_packed(request, file)


@router.get("/static/{name}")
async def static(name: str, request: Request) -> Response:
    """Return a style sheet or a picture of these pages."""
    if name not in _static():
        message = "no such file of these pages"
        raise MissingError(message)
    return send_packed(request, _static()[name])


@router.get("/openapi.json")
async def openapi(request: Request) -> JSONResponse:
    """Return what can be asked, for machines."""
    return JSONResponse(request.app.openapi())


@router.get("/docs")
async def docs(request: Request, served: Served) -> Response:
    """Return the documentation, written from the OpenAPI document."""
    problems = [problem for _, problem in PROBLEMS]
    area = served.bundle.manifest.area
    return HTMLResponse(render("docs.html", area=area, sections=sections(request.app.openapi()), problems=problems))


@cache
def _static() -> dict[str, Packed]:
    return read_static(STATIC)


def _wants_json(request: Request) -> bool:
    """Whether JSON was asked for by ``f=json`` or before HTML in the Accept header."""
    if request.query_params.get("f") == "json":
        return True
    accepted = request.headers.get("accept", "")
    json_at, html_at = accepted.find("application/json"), accepted.find("text/html")
    return json_at >= 0 and (html_at < 0 or json_at < html_at)
