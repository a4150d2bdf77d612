"""What the service answers to where next and what if: sites, pairs, comparisons, links."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, field_validator

from api.schemas import Answer, Dated, Link
from servicecircle.model import Tier

__all__ = ["ComparisonAnswer", "LinksAnswer", "Mobile", "Pair", "Pairing", "SiteAnswer"]


class _Part(BaseModel):
    """A part of an answer of the library's own: what it has beyond these is left out."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Site(_Part):
    """A chosen room, in the order in which each next one adds most; people as low, middle and high."""

    rank: int
    candidate_id: str
    name: str
    kind: str | None
    lon: float
    lat: float
    capacity: float | None
    newly_covered_low: float
    newly_covered: float
    newly_covered_high: float
    newly_covered_homes: int
    mean_min: float


class Step(_Part):
    """What the first `n` sites reach; `best_covered` with the best `n`, which need not be these (mclp alone).

    `worst_min` is unknown while there is a home that can walk to a candidate and to no place.
    """

    n: int
    candidate_id: str | None
    gain: float
    covered_low: float
    covered: float
    covered_high: float
    share: float | None
    mean_min: float | None
    worst_min: float | None
    best_covered: float | None = None


class Far(_Part):
    """A home that no place and no candidate covers."""

    demand_id: str
    people: float
    nearest_min: float | None
    lon: float
    lat: float


class Uncoverable(_Part):
    """Whom no candidate can cover, most people first."""

    homes: int
    people: float
    list: list[Far]


class Relaxed(_Part):
    """What would help where it cannot be done as asked."""

    relax: str
    needed: float | None
    homes: int | None
    text_zh: str
    text_en: str


class SiteAnswer(Dated):
    """Where the next places would go, as `servicecircle site --json`."""

    model: Literal["mclp", "lscp", "pmedian", "pcentre"]
    tier: Tier
    basis: str
    minutes: float
    profile: str
    existing: int
    candidates: int
    people: float
    add: int | None
    status: Literal["optimal", "bounded", "infeasible"]
    objective: float | None
    bound: float | None
    gap: float | None
    seconds: float
    sites: list[Site]
    curve: list[Step]
    uncoverable: Uncoverable
    relaxations: list[Relaxed]


class Pair(_Part):
    """The base that a school uses for a category, or why there is none."""

    school_id: str
    school: str
    category: str
    base_id: str | None
    base: str | None
    status: str | None
    position_confidence: str | None
    walk_s: float | None
    schools_of_base: int | None
    limit: int | None
    limit_basis: Literal["capacity", "assumed"] | None
    why_zh: str | None
    why_en: str | None


class Pairing(Dated):
    """A page of the pairs that match."""

    matched: int
    returned: int
    pairs: list[Pair]
    links: list[Link]


class MobileClass(_Part):
    """A class in a borrowed room in one week; `seats_known` says whether its capacity is on record."""

    week: int
    candidate_id: str
    name: str
    seats: float
    seats_known: bool
    guests: float
    neighbourhoods: str


class Neighbourhood(_Part):
    """A neighbourhood without a place: the rooms of its classes, or why there is none; `lon`, `lat` of a home in it."""

    neighbourhood_id: str
    name: str
    lon: float
    lat: float
    homes: int
    people_low: float
    people: float
    people_high: float
    guests: float
    served: bool
    rooms: str | None
    room_ids: str | None
    people_in_reach: float
    why_zh: str | None
    why_en: str | None


class Mobile(Dated):
    """A term of mobile classes; `people` are without a place, `objective` are those of them who have a class."""

    tier: Tier
    minutes: float | None
    candidates: int | None
    rooms: int
    weeks: int
    every: int
    assumptions: dict[str, float]
    status: Literal["optimal", "bounded"] | None
    gap: float | None
    people: float
    objective: float
    timetable: list[MobileClass]
    neighbourhoods: list[Neighbourhood]


class Told(Answer):
    """A note in both languages."""

    zh: str
    en: str


class Side(Answer):
    """One of the two that were compared; ``folder`` is its name alone."""

    folder: str
    data_date: str
    profile: str
    variant: dict[str, Any]
    parameters_sha256: str
    inputs: dict[str, str]
    version: str

    @field_validator("folder")
    @classmethod
    def _name(cls, given: str) -> str:
        """Keep where a folder is to ourselves."""
        return PurePath(given.replace("\\", "/")).name


class ComparisonAnswer(Answer):
    """What a scenario changes, as `servicecircle compare --json`: tables as lists of rows."""

    area: dict[str, Any]
    before: Side
    after: Side
    notes: list[Told]
    cutoff_s: float
    empty: bool
    coverage: list[dict[str, Any]]
    people: list[dict[str, Any]]
    clusters: list[dict[str, Any]]
    minutes: list[dict[str, Any]]
    gaps: list[dict[str, Any]]
    circles: list[dict[str, Any]]


class LinksAnswer(BaseModel):
    """The single new links that would help most, as `servicecircle links --json`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    tier: Tier
    minutes: float
    profile: str
    candidates: int
    useful: int
    links: list[dict[str, Any]]
    note_zh: str
    note_en: str
