"""Pages for people: landing, map, documentation."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse

from api.asked import NoQuestion
from api.deps import Served
from api.errors import PROBLEMS, MissingError
from api.guide import sections
from api.headline import headline
from api.links import root_of
from api.middleware import MAP_POLICY
from api.pages import render
from api.routers.collections import landing

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

Nothing = Annotated[NoQuestion, Query()]


@router.get("/")
async def home(request: Request, served: Served) -> Response:
    """Return the landing page: for people, or for machines that ask for JSON."""
    varies = {"Vary": "Accept"}
    if _wants_json(request):
        return JSONResponse(landing(served, root_of(request)).model_dump(), headers=varies)
    return HTMLResponse(render("landing.html", **headline(served.bundle)), headers=varies)


@router.get("/map")
async def study_map(served: Served, _: Nothing) -> Response:
    """Return the map, where it was drawn."""
    file = served.bundle.map_file
    if not file.is_file():
        folder = served.bundle.folder
        message = f"the map is not drawn yet; run `python -m maps study --bundle {folder} --out {folder / 'maps'}`"
        raise MissingError(message)
    return FileResponse(file, media_type="text/html", headers={"Content-Security-Policy": MAP_POLICY})


@router.get("/docs")
async def docs(request: Request, served: Served) -> Response:
    """Return the documentation, written from the OpenAPI document."""
    problems = [problem for _, problem in PROBLEMS]
    area = served.bundle.manifest.area
    return HTMLResponse(render("docs.html", area=area, sections=sections(request.app.openapi()), problems=problems))


def _wants_json(request: Request) -> bool:
    """Whether JSON was asked for by ``f=json`` or before HTML in the Accept header."""
    if request.query_params.get("f") == "json":
        return True
    accepted = request.headers.get("accept", "")
    json_at, html_at = accepted.find("application/json"), accepted.find("text/html")
    return json_at >= 0 and (html_at < 0 or json_at < html_at)
