"""Routes of the family page. Every way is found on the phone: where a family stands never comes here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.bundle import Bundle
from api.deps import Served
from api.errors import MissingError
from api.family.assets import FOLDER, Asset, pack, read_assets, serve
from api.family.content import content
from servicecircle.streets import Streets

__all__ = ["Page", "build_page", "router"]

LANGUAGES = {"zh": "zh-CN", "en": "en"}
PAGES = {"family": "zh", "family?lang=en": "en"}
MANIFEST = "application/manifest+json"

router = APIRouter(tags=["家庭页 family page"])


@dataclass(frozen=True, slots=True)
class Page:
    """The page in each language, its files and data, all of one bundle; ``worker`` keeps them offline."""

    bundle: Bundle
    pages: dict[str, Asset]
    files: dict[str, Asset]
    data: Asset
    worker: Asset


def build_page(bundle: Bundle, streets: Streets, *, reports: bool) -> Page:
    """Make everything the page may ask for; ``reports`` says whether the office takes reports of mistakes."""
    files = read_assets()
    data = json.dumps(
        content(bundle, streets, reports=reports), ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )
    pages = {language: _page(files, language) for language in LANGUAGES}
    for language in LANGUAGES:
        files[f"{language}.webmanifest"] = _manifest(files, language)
    packed = pack(data.encode("utf-8", "replace"), "application/json")
    return Page(bundle, pages, files, packed, _worker(pages, files, packed))


async def _built(request: Request, served: Served) -> Page:
    """Return the page of the bundle that this request sees, made when the first family asks."""
    made: Page | None = served.made("family")
    if made is not None:
        return made
    reports = request.app.state.reports is not None
    return await served.planning.ask(
        lambda clerk: served.once("family", lambda: build_page(served.bundle, clerk.streets, reports=reports))
    )


Built = Annotated[Page, Depends(_built)]


@router.get("/family", summary="家庭页 The family page", response_class=Response)
async def family(request: Request, page: Built, lang: Annotated[str, Query(max_length=20)] = "zh") -> Response:
    """Find practice bases near a school or a home; Chinese unless ``lang=en``."""
    return serve(request, page.pages.get(lang, page.pages["zh"]))


@router.get("/family/data.json", include_in_schema=False)
async def data(request: Request, page: Built) -> Response:
    """Return starts, bases, categories, ledger line, ground and network."""
    return serve(request, page.data)


@router.get("/family/sw.js", include_in_schema=False)
async def worker(request: Request, page: Built) -> Response:
    """Return what keeps the page offline; it may look after the page itself, which stands above it."""
    answer = serve(request, page.worker)
    answer.headers["Service-Worker-Allowed"] = "../family"
    return answer


@router.get("/family/assets/{file:path}", include_in_schema=False)
async def asset(request: Request, page: Built, file: str) -> Response:
    """Return a file of the page."""
    if file not in page.files or file == "sw.js":
        message = "no such file of the family page"
        raise MissingError(message)
    return serve(request, page.files[file])


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


def _manifest(files: dict[str, Asset], language: str) -> Asset:
    """Return what a phone's home screen wants to know; addresses are relative to the manifest's own."""
    words = json.loads(files[f"{language}.json"].body)
    icons = [("icons/192.png", "192x192", "any"), ("icons/512.png", "512x512", "any")]
    icons.append(("icons/maskable.png", "512x512", "maskable"))
    told = {
        "id": "../family",
        "name": words["title"],
        "short_name": words["short_title"],
        "description": words["description"],
        "lang": LANGUAGES[language],
        "start_url": "../../family" + ("?lang=en" if language == "en" else ""),
        "scope": "../../family",
        "display": "standalone",
        "background_color": "#fdfbf7",
        "theme_color": "#fdfbf7",
        "icons": [{"src": src, "sizes": size, "type": "image/png", "purpose": why} for src, size, why in icons],
    }
    return pack(json.dumps(told, ensure_ascii=False).encode(), MANIFEST)


def _worker(pages: dict[str, Asset], files: dict[str, Asset], data: Asset) -> Asset:
    """Return the worker under the hash of all that it keeps: another bundle is another version."""
    kept = {name: pages[language] for name, language in PAGES.items()} | {"family/data.json": data}
    kept |= {f"family/assets/{name}": file for name, file in files.items() if name != "sw.js"}
    version = sha256("".join(f"{name} {file.tag}\n" for name, file in kept.items()).encode()).hexdigest()[:20]
    head = f"const VERSION = {json.dumps(version)};\nconst FILES = {json.dumps(list(kept))};\n"
    return pack(head.encode() + files["sw.js"].body, files["sw.js"].media_type)
