"""Pages for people: landing, map, report, documentation."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from api.asked import NoQuestion
from api.deps import Served
from api.errors import PROBLEMS, MissingError
from api.guide import sections
from api.headline import headline
from api.links import root_of
from api.middleware import MAP_POLICY, REPORT_POLICY
from api.pages import render
from api.routers.collections import landing

__all__ = ["router"]

REPORT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".pdf": "application/pdf",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

_CIRCLES = re.compile(r'(<script type="application/json" id="data-circles">).*?(</script>)', re.DOTALL)
_SEALED = "content=\"default-src 'none';"

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
    changed = file.stat().st_mtime_ns
    headers = {"Content-Security-Policy": f"{MAP_POLICY}; connect-src 'self'", "Cache-Control": "no-cache"}
    return HTMLResponse(await run_in_threadpool(_lighter, file, changed), headers=headers)


@router.get("/report")
async def report_home() -> RedirectResponse:
    """Lead to the report's first page, whose links need the folder."""
    return RedirectResponse("/report/")


@router.get("/report/{path:path}")
async def report(path: str, request: Request, served: Served) -> Response:
    """Return a file of the planner's report, where it was written."""
    folder = served.bundle.report
    if not (folder / "index.html").is_file():
        bundle = served.bundle.folder
        message = f"the report is not written yet; run `python -m maps report --bundle {bundle} --out {folder}`"
        raise MissingError(message)
    path = path or "index.html"
    media_type = REPORT_TYPES.get(PurePosixPath(path).suffix)
    message = "the report has no such file; /report/ links to all of them, `python -m maps report` writes them"
    if media_type is None:
        raise MissingError(message)
    try:
        answer = await StaticFiles(directory=folder).get_response(path, request.scope)
    except HTTPException as error:
        raise MissingError(message) from error
    answer.headers["Content-Type"] = media_type
    answer.headers["Content-Security-Policy"] = REPORT_POLICY
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@router.get("/docs")
async def docs(request: Request, served: Served) -> Response:
    """Return the documentation, written from the OpenAPI document."""
    problems = [problem for _, problem in PROBLEMS]
    area = served.bundle.manifest.area
    return HTMLResponse(render("docs.html", area=area, sections=sections(request.app.openapi()), problems=problems))


@lru_cache(maxsize=1)
def _lighter(file: Path, _changed: int) -> str:
    """Return the map without the circles of each place, which it then asks this service for, one place at a time.

    The policy inside the file allows no request at all, so here it is opened for this service alone.
    """
    page = _CIRCLES.sub(r"\1null\2", file.read_text(encoding="utf-8"), count=1)
    return page.replace(_SEALED, f"{_SEALED} connect-src 'self';", 1)


def _wants_json(request: Request) -> bool:
    """Whether JSON was asked for by ``f=json`` or before HTML in the Accept header."""
    if request.query_params.get("f") == "json":
        return True
    accepted = request.headers.get("accept", "")
    json_at, html_at = accepted.find("application/json"), accepted.find("text/html")
    return json_at >= 0 and (html_at < 0 or json_at < html_at)
