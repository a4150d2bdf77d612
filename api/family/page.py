"""Routes of the family page. A family's position comes in a body, and leaves no trace here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import BaseModel, ConfigDict, Field

from api.bundle import Bundle
from api.deps import Served, require_point
from api.errors import MissingError
from api.family.assets import FOLDER, Asset, pack, read_assets, serve
from api.family.content import content
from api.schemas import Lat, Lon, ProfileName, Walk

__all__ = ["router"]

LANGUAGES = {"zh": "zh-CN", "en": "en"}

router = APIRouter(tags=["家庭页 family page"])


@dataclass(frozen=True, slots=True)
class _Packed:
    """The page in each language, its files and its data."""

    pages: dict[str, Asset]
    files: dict[str, Asset]
    data: Asset


class WalkAsked(BaseModel):
    """From where to where: the question of GET /walk, but in a body, since either end may be a family's door."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    start: tuple[Lon, Lat] = Field(alias="from", examples=[[106.5706, 29.5564]])
    end: tuple[Lon, Lat] = Field(alias="to", examples=[[106.5692, 29.5539]])
    profile: ProfileName = None


def _packed(served: Served) -> _Packed:
    """Return the page's files, packed when the first family asks this snapshot."""
    return served.once("family", lambda: _made(served.bundle))


def _made(bundle: Bundle) -> _Packed:
    files = read_assets()
    data = json.dumps(content(bundle), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    pages = {language: _page(files, language) for language in LANGUAGES}
    return _Packed(pages, files, pack(data.encode("utf-8", "replace"), "application/json"))


Page = Annotated[_Packed, Depends(_packed)]


@router.get("/family", summary="家庭页 The family page", response_class=Response)
async def family(request: Request, page: Page, lang: Annotated[str, Query(max_length=20)] = "zh") -> Response:
    """Find practice bases near a school or a home; Chinese unless ``lang=en``."""
    return serve(request, page.pages.get(lang, page.pages["zh"]))


@router.get("/family/data.json", include_in_schema=False)
async def data(request: Request, page: Page) -> Response:
    """Return starts, bases, categories, ledger line and ground."""
    return serve(request, page.data)


@router.get("/family/assets/{file:path}", include_in_schema=False)
async def asset(request: Request, page: Page, file: str) -> Response:
    """Return a file of the page."""
    if file not in page.files:
        message = "no such file of the family page"
        raise MissingError(message)
    return serve(request, page.files[file])


@router.post("/family/walk", summary="步行路线 A walk between private points", response_model_exclude_unset=True)
async def walk(served: Served, asked: WalkAsked, response: Response) -> Walk:
    """Answer as GET /walk does, with the question in the body."""
    response.headers["Cache-Control"] = "no-store"
    start, end = require_point(*asked.start, served), require_point(*asked.end, served)
    return Walk(**await served.pool.ask(lambda clerk: clerk.walk(start, end, asked.profile)))


def _page(files: dict[str, Asset], language: str) -> Asset:
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    words = json.loads(files[f"{language}.json"].body)
    modules = sorted(name for name in files if name.startswith("js/"))
    text = environment.get_template("family.html").render(
        words=words, language=LANGUAGES[language], lang=language, modules=modules
    )
    return pack(text.encode(), "text/html; charset=utf-8")
