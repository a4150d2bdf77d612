"""What flows between the stages: frozen values, no behaviour.

Positions are EPSG:4326 lon/lat unless a name ends in ``_m`` (metres in the study area's metric CRS).
Unknown is None, NaN or an empty geometry, never a sentinel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import geopandas as gpd
import pandas as pd
from shapely.geometry.base import BaseGeometry

from servicecircle.arrays import Floats, Ints

__all__ = [
    "APPROXIMATE",
    "LOCATED",
    "Access",
    "Declared",
    "Direction",
    "Kind",
    "LinkChange",
    "NewLink",
    "PlaceChange",
    "Progress",
    "Relation",
    "Status",
    "Study",
    "StudyArea",
    "Terrain",
    "Tier",
    "Variant",
    "Ways",
]


class Kind(StrEnum):
    """What a facility is. A venue is a public place that may become a base."""

    SCHOOL = "school"
    COMMUNITY = "community"
    BASE = "base"
    VENUE = "venue"


class Tier(StrEnum):
    """What a home should reach within 15 minutes. Bases and venues are one tier."""

    SCHOOL = "school"
    COMMUNITY = "community"
    BASE = "base"


class Status(StrEnum):
    """How much the district has said of a facility."""

    LOADED = "loaded"  # named in the district's papers, singly or as a complete class
    CANDIDATE = "candidate"  # from a public list; the district has not named it
    VERIFIED = "verified"  # the office confirmed it


class Access(StrEnum):
    """Who may come to a place."""

    PUBLIC = "public"
    BOOKING = "booking"  # after booking
    PUPILS = "pupils"  # pupils and their families only


class Relation(StrEnum):
    """How a place stands to another."""

    PART_OF = "part_of"  # lies within it
    BRANCH_OF = "branch_of"  # a second seat of the same house
    RUN_BY = "run_by"
    PARTNER = "partner"  # work together by agreement
    REPLACES = "replaces"


class Direction(StrEnum):
    """Times run from the place, or to it."""

    FROM = "from"
    TO = "to"


# position_confidence: how the position was found, best first
LOCATED = ("entrance", "building", "address")
APPROXIMATE = ("landmark", "street", "area")


class Progress(Protocol):
    """Where a stage says what it is doing; the command line shows it."""

    def step(self, text: str) -> None:
        """Say what begins now."""


@dataclass(frozen=True, slots=True)
class Ways:
    """OpenStreetMap ways and their nodes as read, before any rule is applied.

    Attributes
    ----------
    nodes
        Index ``node_id`` (int64, ascending); ``lon``, ``lat``, then one text column a tag key (None where untagged).
    ways
        Index ``way_id`` (int64, ascending); one text column a tag key (None where untagged).
    refs, offsets
        Way ``i`` runs through the node ids ``refs[offsets[i]:offsets[i + 1]]``.
    data_date
        Date of the extract, ISO 8601.
    """

    nodes: pd.DataFrame
    ways: pd.DataFrame
    refs: Ints
    offsets: Ints
    data_date: str

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """West, south, east, north of all nodes, degrees: what the extract can know of."""
        lon, lat = self.nodes["lon"], self.nodes["lat"]
        return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())


@dataclass(frozen=True, slots=True)
class Terrain:
    """A grid of heights in metres; ``transform`` is (x0, dx, 0, y0, 0, dy) of the upper left corner."""

    heights_m: Floats
    transform: tuple[float, float, float, float, float, float]
    crs: str


@dataclass(frozen=True, slots=True)
class StudyArea:
    """The district: its outline, its subdistricts, and what is drawn behind the results.

    ``subdistricts``: code, name, name_en, geometry. ``water``, ``railways``: id, kind, name, geometry.
    ``stations``: id, kind (station or entrance), name, ref, geometry. ``buildings``: building_id, building, levels
    (NaN where unknown), name, use, geometry.
    """

    id: str
    name_zh: str
    name_en: str
    crs: str
    data_date: str
    boundary: BaseGeometry
    subdistricts: gpd.GeoDataFrame
    water: gpd.GeoDataFrame
    railways: gpd.GeoDataFrame
    stations: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    sources: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Declared:
    """A published count: of what, how many, in which paper."""

    of: str
    count: int
    at_least: bool
    wording: str
    paper: str
    date: str


@dataclass(frozen=True, slots=True)
class Study:
    """Everything that one folder in the data/geo schema says.

    ``facilities``: one row a place, unlocated ones with an empty geometry (columns in ``schemas.FACILITIES``).
    ``entrances``: entrances and gates of the map (columns in ``ingest.entrances``).
    ``categories``: index category; name_zh, name_en, published. ``links``: the vertical-link register.
    ``population``: published figures. ``people``: a planner's own homes (demand_id, people, geometry) in place of an
    estimate from the figures. ``routes``, ``stops``: the published study routes in their order.
    ``inputs``: file name -> SHA-256. ``amenities``: toilets and shelters as mapped (osm_id, kind, name, source,
    geometry), None where the study has no such file.
    """

    area: StudyArea
    ways: Ways
    terrain: Terrain | None
    links: pd.DataFrame
    facilities: gpd.GeoDataFrame
    entrances: pd.DataFrame
    categories: pd.DataFrame
    declared: tuple[Declared, ...]
    population: pd.DataFrame
    people: gpd.GeoDataFrame | None
    routes: pd.DataFrame
    stops: pd.DataFrame
    inputs: Mapping[str, str]
    amenities: gpd.GeoDataFrame | None = None


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link that is not there yet, from (lon, lat) to (lon, lat), EPSG:4326; what is None is not known.

    ``kind``: path, stairs, lift, escalator, bridge, footbridge or underpass. ``rise_m`` is towards ``end`` (lower than
    nothing: down); ``direction`` is ``both``, ``up`` or ``down``. A bridge is a deck from end to end, a footbridge is
    climbed at one end and left at the other. ``start_way`` and ``end_way``: the ways of the map it begins and ends at,
    where streets lie one above the other.
    """

    id: str
    kind: str
    start: tuple[float, float]
    end: tuple[float, float]
    name: str | None = None
    length_m: float | None = None
    rise_m: float | None = None
    ride_s: float | None = None
    wait_s: float | None = None
    fee_cny: float | None = None
    opening_hours: str | None = None
    direction: str = "both"
    wheelchair: str | None = None
    start_way: int | None = None
    end_way: int | None = None


@dataclass(frozen=True, slots=True)
class LinkChange:
    """Another fee, other hours, another wait or ride of a link that is there; what is None stays as it is."""

    id: str
    fee_cny: float | None = None
    opening_hours: str | None = None
    wait_s: float | None = None
    ride_s: float | None = None


@dataclass(frozen=True, slots=True)
class PlaceChange:
    """A place that is added (``new``) or changed: cells of its row, by column; a column that is not named stays."""

    id: str
    new: bool
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Variant:
    """A what-if as a value: scenarios, coverage by year, causes of gaps, draws of uncertainty. Defaults change nothing.

    Attributes
    ----------
    profile
        Who walks; ``level-NAME`` is that walker without hills. None: the study's own, as in all that follows.
    paid, at
        Whether paid links are open; the local time (ISO 8601) at which links must be open, "" for any hour.
    opened, closed
        Links or edges opened and closed whatever else holds: ``link_id``, ``edge_id`` or ``way/123``.
    day
        Only places open on this day (ISO 8601), by ``open_from`` and ``open_to``; a place without dates is open.
    without, extra
        Places taken away, by ``facility_id``; places added, as rows of the facilities.
    pace, climb, patience
        Factors on the pace, on what stairs cost, on what waits cost.
    heights_m
        Metres added to the height of every vertex of the network.
    links, changes
        Links added to the network as it is mapped, and links that are there with another fee or other hours.
    drawn
        Lines or points on the map, (lon, lat) each: the streets that lie under them are closed.
    places
        Places added or changed, as a file says it.
    """

    profile: str | None = None
    paid: bool | None = None
    at: str | None = None
    opened: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    day: str | None = None
    without: tuple[str, ...] = ()
    extra: gpd.GeoDataFrame | None = None
    pace: float = 1.0
    climb: float = 1.0
    patience: float = 1.0
    heights_m: Floats | None = None
    links: tuple[NewLink, ...] = ()
    changes: tuple[LinkChange, ...] = ()
    drawn: tuple[tuple[tuple[float, float], ...], ...] = ()
    places: tuple[PlaceChange, ...] = ()
