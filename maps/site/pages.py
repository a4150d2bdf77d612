"""The site's own pages: no script, no request, every text escaped; they open from a web server and from a stick."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from maps import offline
from maps.report.content import tier_shares
from maps.report.notes import attributions
from maps.report.phrases import tier_name, word
from maps.report.reading import Study, plain
from maps.site.data import TABLES, TITLES, Catalogue, File
from maps.site.journeys import Journey, picture
from maps.site.opened import Opened
from maps.site.parts import Part
from maps.site.picture import frame_of, ground
from maps.site.proposals import proposals
from maps.style import TIERS as SIGNS
from maps.style import css_variables

__all__ = ["Made", "Site", "site_pages"]

TEMPLATES = Path(__file__).parents[1] / "templates" / "site"
HERO = (1180.0, 470.0)
STATES: Mapping[str, tuple[str, str]] = {
    "entrance": ("出入口", "entrance"),
    "building": ("楼栋", "building"),
    "address": ("门牌", "address"),
    "landmark": ("近似：地标旁", "approximate: landmark"),
    "street": ("近似：街道", "approximate: street"),
    "area": ("近似：片区", "approximate: area"),
    "withheld": ("位置不公开", "position not passed on"),
    "none": ("无坐标", "no position"),
}
FORMATS = ("geojson", "csv", "xlsx", "kml", "gpkg")


@dataclass(frozen=True, slots=True)
class Made:
    """A part, and the files of it that people open: path in the site and size in bytes."""

    part: Part
    files: tuple[tuple[str, int], ...]

    @property
    def first(self) -> str:
        """The page to open first: its own index, its only page, or the list that the site makes of its files."""
        names = [name for name, _ in self.files]
        index = f"{self.part.folder}/index.html"
        pages = [name for name in names if name.count("/") == 1 and name.endswith(".html")]
        return index if index in names or not pages else pages[0]


@dataclass(frozen=True, slots=True)
class Site:
    """Everything that the pages tell."""

    study: Study
    opened: Opened
    layers: Mapping[str, gpd.GeoDataFrame]
    journeys: tuple[Journey, ...]
    catalogue: Catalogue
    parts: tuple[Made, ...]
    gcj02: bool
    open_only: bool


def site_pages(site: Site) -> dict[str, str]:
    """Return every page by its path in the site."""
    listed = proposals(site.study.bundle)
    found = {
        "index.html": _page(site, "landing.html", "", shares=tier_shares(site.study), hero=_hero(site)),
        "routes/index.html": _page(site, "routes.html", "routes", proposals=listed),
        "data/index.html": _page(site, "data.html", "data", **_data(site.catalogue)),
        "embed.html": _page(site, "embed.html", "embed"),
    }
    if listed:
        found["routes/proposed.html"] = _page(site, "proposed.html", "routes", proposals=listed)
    for journey in site.journeys:
        drawn = picture(journey, site.layers)
        parts = {"journey": journey, "drawn": drawn, "states": STATES}
        found[f"routes/{journey.file}.html"] = _page(site, "route.html", "routes", **parts)
    for made in site.parts:
        if made.first not in {name for name, _ in made.files}:
            found[made.first] = _page(site, "files.html", made.part.folder, made=made)
    return found


def _hero(site: Site) -> tuple[str, tuple[float, float]]:
    """Draw the district between its rivers, and its routes."""
    bounds = site.layers["area"].total_bounds
    frame = frame_of(bounds, *HERO, pad=0.0)
    parts = ground(site.layers, frame)
    return "".join(parts), HERO


def _data(catalogue: Catalogue) -> dict[str, Any]:
    """Group the files: layers by format, tables, and the whole."""

    def of(name: str, folder: str) -> list[File]:
        mine = [f for f in catalogue.files if f.of == name and f.path.rpartition("/")[0] == folder]
        return sorted(mine, key=lambda f: FORMATS.index(f.path.rpartition(".")[2]))

    layers = [(name, *TITLES[name], of(name, ""), of(name, "gcj02")) for name in TITLES]
    tables = [(f, *TABLES[f.of]) for f in catalogue.files if f.path.startswith("tables/")]
    columns: dict[str, list[tuple[str, ...]]] = {}
    for name, *column in catalogue.columns:
        columns.setdefault(name, []).append(tuple(column))
    return {
        "listed": [row for row in layers if row[3]],
        "tables": tables,
        "whole": [f for f in catalogue.files if f.of == "*"],
        "columns": columns,
        "titles": {**TITLES, **{f"tables/{name}": title for name, title in TABLES.items()}},
    }


def _page(site: Site, template: str, here: str, **parts: Any) -> str:  # noqa: ANN401  what the template names
    study = site.study
    css = offline.inline_css(TEMPLATES / "site.css")
    links: list[tuple[str, str, str, str]] = [(m.part.folder, m.first, m.part.zh, m.part.en) for m in site.parts]
    links += [
        ("routes", "routes/index.html", "研学线路", "Routes"),
        ("data", "data/index.html", "开放数据", "Open data"),
    ]
    links += [("embed", "embed.html", "嵌入", "Embed")]
    common = {
        "css": css_variables() + css,
        "up": "../" if here in {"routes", "data"} or template == "files.html" else "",
        "here": here,
        "links": links,
        "area": study.area,
        "date": plain(study.manifest["data_date"]),
        "profile": word(f"profile_{plain(study.manifest['profile'])}", plain(study.manifest["profile"])),
        "minutes": f"{study.cutoff_s() / 60:g}",
        "version": plain(study.manifest.get("servicecircle_version")),
        "sha": study.bundle_sha256,
        "parameters_sha": plain(study.manifest["parameters_sha256"]),
        "attributions": attributions(study),
        "review": word("review_note"),
        "signs": SIGNS,
        "tier_name": tier_name,
        "site": site,
        "counts": _counts(site),
        "size": size,
        "plain": plain,
    }
    page = _environment().get_template(template).render(**common, **parts)
    return offline.refuse_outside(offline.seal(page))


def _counts(site: Site) -> dict[str, int]:
    places = site.layers["facilities"]
    return {
        "places": len(places),
        "positions": int((~shapely.is_missing(places.geometry) & ~places.geometry.is_empty).sum()),
        "open": len(site.opened.layers["facilities"]),
        "withheld": len(site.opened.withheld.ids),
        "gaps": len(site.layers["gaps"]),
        "routes": len(site.journeys),
        "files": len(site.catalogue.files),
    }


def size(count: float) -> str:
    """Say a size in bytes as people do.

    >>> size(512), size(48_172), size(12_881_920)
    ('1 kB', '48 kB', '12.9 MB')
    """
    return f"{max(count / 1e3, 1):,.0f} kB" if count < 999_500 else f"{count / 1e6:,.1f} MB"  # noqa: PLR2004  a MB


@cache
def _environment() -> Environment:
    loader = FileSystemLoader(TEMPLATES)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
