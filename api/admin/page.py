"""The office's page: HTML, a module and a style, all from here; the key is typed in and stays in the page's memory."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, FastAPI, Query
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.admin import problems
from api.admin.office import Office
from api.admin.routes import router
from api.admin.schemas import NothingAsked

__all__ = ["install"]

_HERE = Path(__file__).parent
_HEADERS = {"Cache-Control": "no-cache"}

page = APIRouter(include_in_schema=False)


def install(app: FastAPI, office: Office) -> None:
    """Open the office in an app; ``office.close`` belongs to the app's end."""
    app.state.office = office
    problems.install(app)
    app.include_router(page)
    app.include_router(router)
    app.mount("/admin/static", StaticFiles(directory=_HERE / "static"), name="admin-static")


@page.get("/admin")
async def admin(_: Annotated[NothingAsked, Query()]) -> HTMLResponse:
    """Return the office's page, which knows nothing until a key is typed in."""
    return HTMLResponse(_page(), headers=_HEADERS)


@cache
def _page() -> str:
    loader = FileSystemLoader(_HERE / "templates")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.get_template("admin.html").render(problems=problems.PROBLEMS.values())
