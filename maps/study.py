"""Assemble the interactive map: folium holds the map, the page's own script draws what the JSON blocks say.

Every text of the bundle stays in JSON blocks that the script reads with ``JSON.parse`` and writes with
``textContent``. None passes through folium's or branca's elements: folium runs ``${...}`` of a name as script, and
branca compiles what an element rendered as a template once more, so that ``{{...}}`` of a name would run in the build.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import folium
from branca.element import Figure
from folium.template import Template
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from maps import layers, next_layer, offline, panels, route_layer, tiles
from maps.basemap import basemap
from maps.bundle import Bundle, read_bundle
from maps.encode import json_block
from maps.style import css_variables, style

__all__ = ["FILE_NAME", "study_page", "write_study"]

FILE_NAME = "study.html"
HERE = Path(__file__).parent
TEMPLATES = HERE / "templates"
LANGUAGES = ("zh", "en")
COMMENTS = re.compile(r"^ *(?://.*|/\*\*.*\*/)\n", re.MULTILINE)
SCRIPTS = (
    *("codec", "years", "state", "sheet", "ground", "own", "themes", "signs", "names", "pick", "dom"),
    *(
        "card",
        "tabs",
        "search",
        "lists",
        "heights",
        "routes",
        "next",
        "mobile",
        "norms",
        "legend",
        "controls",
        "tray",
        "here",
        "measure",
        "timeline",
    ),
    *("printing", "share", "tiles", "app"),
)
ZOOM = 14
ZOOM_RANGE = (11, 19)

BLOCKS: Mapping[str, Callable[[Bundle], Any]] = {
    "meta": layers.meta,
    "base": basemap,
    "categories": layers.categories,
    "places": layers.places,
    "circles": layers.circles,
    "unions": layers.unions,
    "subdistricts": layers.subdistricts,
    "coverage": layers.coverage,
    "headline": layers.headline,
    "ledger": layers.ledger,
    "gaps": layers.gaps,
    "missing": layers.missing,
    "lights": layers.lights,
    "routes": route_layer.routes,
    "links": layers.links,
    "areas": layers.areas,
    "entrances": layers.entrances,
    "spellings": layers.spellings,
    "years": panels.years,
    "standards": panels.standards,
    "sites": next_layer.sites,
    "mobile": next_layer.mobile,
    "pairs": next_layer.pairs,
}


class StudyMap(folium.Map):
    """A folium map without its outside files, in a page that a screen reader and a phone can use."""

    _template = Template((TEMPLATES / "map.html").read_text(encoding="utf-8"))
    default_js: list[tuple[str, str]] = []  # noqa: RUF012  folium's own declaration
    default_css: list[tuple[str, str]] = []  # noqa: RUF012


class StudyPage(Figure):
    """The document round the map. ``parts`` go into the page as they are: nothing compiles them again."""

    def __init__(self, parts: Mapping[str, Any]) -> None:
        super().__init__()
        self.parts = parts
        self._template = _environment().get_template("page.html")


def write_study(bundle_folder: Path, out: Path) -> Path:
    """Draw the bundle in ``bundle_folder`` as ``out/study.html``; an interrupted run leaves the old map whole.

    Basemaps of the web are offered only where the environment asks for them: see ``maps.tiles``.

    Raises
    ------
    InputError
        When the bundle is missing or broken, or the page would not be self-contained.
    """
    page = study_page(read_bundle(bundle_folder), tiles.basemaps(os.environ))
    out.mkdir(parents=True, exist_ok=True)
    path = out / FILE_NAME
    with tempfile.NamedTemporaryFile("wb", dir=out, suffix=".part", delete=False) as draft:
        draft.write(page.encode("utf-8"))
    Path(draft.name).chmod(0o644)
    os.replace(draft.name, path)  # noqa: PTH105  the atomic one, on every system
    return path


def study_page(bundle: Bundle, web: Sequence[tiles.Basemap] = ()) -> str:
    """Return the whole page as text; the same bundle gives the same text. ``web`` are the basemaps it may offer."""
    payloads = {name: block(bundle) for name, block in BLOCKS.items()}
    payloads["style"] = style(payloads["categories"])
    payloads["tiles"] = tiles.payload(web)
    payloads["words"] = {language: _words(language) for language in LANGUAGES}
    page = StudyPage(
        {
            "css": "\n".join([offline.inline_css(offline.STATIC / "leaflet" / "leaflet.css"), css_variables(), _css()]),
            "leaflet": offline.inline_js(offline.STATIC / "leaflet" / "leaflet.js"),
            "script": _script(),
            "icons": json_block(offline.vendored_images()),
            "blocks": {name: json_block(payload) for name, payload in payloads.items()},
            "words": payloads["words"]["zh"],
            "area": payloads["meta"]["area"]["name_zh"] or "",
        }
    )
    west, south, east, north = payloads["meta"]["bounds"]
    page.add_child(_map([(south + north) / 2, (west + east) / 2]))
    offline.pin_ids(page)
    return offline.refuse_outside(offline.seal(page.render(), tiles.hosts(web)))


def _map(centre: list[float]) -> StudyMap:
    return StudyMap(
        location=centre,
        zoom_start=ZOOM,
        tiles=None,
        prefer_canvas=True,
        zoom_control=False,
        control_scale=False,
        attribution_control=False,
        zoom_snap=0.25,
        zoom_delta=0.5,
        wheel_px_per_zoom_level=90,
        min_zoom=ZOOM_RANGE[0],
        max_zoom=ZOOM_RANGE[1],
    )


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _words(language: str) -> dict[str, str]:
    words: dict[str, str] = json.loads((HERE / "i18n" / f"{language}.json").read_text(encoding="utf-8"))
    return words


def _css() -> str:
    return "\n".join(offline.inline_css(path) for path in sorted((TEMPLATES / "css").glob("*.css")))


def _script() -> str:
    """Return the page's scripts in one scope, without lines that only comment: none of their names is global."""
    parts = [COMMENTS.sub("", offline.inline_js(TEMPLATES / "js" / f"{name}.js")) for name in SCRIPTS]
    return "(() => {\n'use strict';\n" + "\n\n".join(parts) + "\n})();"
