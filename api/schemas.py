"""Answers as they are given, and the words that questions and answers share."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from servicecircle.model import Kind, Tier

__all__ = [
    "Answer",
    "Collection",
    "Collections",
    "Conformance",
    "Coverage",
    "CoverageRow",
    "Dated",
    "Health",
    "Landing",
    "Lat",
    "LedgerAnswer",
    "Leg",
    "Link",
    "Lon",
    "Matrix",
    "MatrixRow",
    "Nearest",
    "Open",
    "Place",
    "ProfileName",
    "Row",
    "Spent",
    "StepFree",
    "Walk",
]


Lon = Annotated[float, Field(description="经度 longitude, degrees (WGS-84)", examples=[106.5734])]
Lat = Annotated[float, Field(description="纬度 latitude, degrees (WGS-84)", examples=[29.5601])]
ProfileName = Annotated[
    str | None,
    Field(
        description="谁在走 who walks: adult, pupil, preschool, elder, stepfree, flat or level-NAME",
        max_length=40,
        examples=["elder"],
    ),
]


class Answer(BaseModel):
    """An answer: frozen, nothing unknown in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Link(Answer):
    """A link of OGC API Features."""

    href: str
    rel: str
    type: str
    title: str


class Landing(Answer):
    """The landing page for machines."""

    title: str
    description: str
    attribution: str
    links: list[Link]


class Conformance(Answer):
    """The conformance classes that hold."""

    conformsTo: list[str]  # noqa: N815


class Collection(Answer):
    """A layer."""

    id: str
    title: str
    description: str
    attribution: str
    licence: str
    itemType: Literal["feature"] = "feature"  # noqa: N815
    crs: list[str]
    extent: dict[str, Any] | None
    items: int
    properties: dict[str, str]
    units: dict[str, str]
    links: list[Link]


class Collections(Answer):
    """All layers."""

    links: list[Link]
    collections: list[Collection]


class Health(Answer):
    """That the service stands, and on what."""

    status: Literal["ok"]
    area: str
    data_date: str
    bundle_version: str
    servicecircle_version: str
    parameters_sha256: str


class Row(BaseModel):
    """A row of the bundle: what it has beyond these columns is left out."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Dated(Answer):
    """An answer with the date of the data and the hash of the parameters it came from."""

    data_date: str
    parameters_sha256: str


StepFree = Annotated[
    Literal["yes", "no", "unknown"],
    Field(description="无台阶可达 a way without steps; unknown where no street without steps is near either end"),
]
Open = Annotated[
    Literal["yes", "no", "unknown"],
    Field(description="是否开放；时间不详为 unknown: whether it is open; unknown where hours are not known"),
]


class Place(Answer):
    """A place within the minutes: there and back on foot, by its quickest door; ``steps`` null when unknown.

    ``step_free_seconds`` is the way without steps, at the pace of a pram or wheelchair. ``open`` is at the time asked
    about, ``open_on_arrival`` after the walk. ``access`` is the rule for visitors, null where nobody has said it.
    """

    facility_id: str
    name: str
    kind: Kind
    tier: Tier
    category: str | None
    category_zh: str | None
    category_en: str | None
    subdistrict: str | None
    address: str | None
    lon: float
    lat: float
    seconds_there: float
    seconds_back: float | None
    metres: float
    steps: int | None
    steps_estimated: bool
    step_free: StepFree
    step_free_seconds: float | None
    opening_hours: str | None
    open: Open
    open_on_arrival: Open
    access: str | None
    website: str | None
    status: str
    position_confidence: str
    source: str


class Nearest(Dated):
    """Places, soonest first; ``unlocated`` counts those asked for that no walk can be computed to.

    ``at`` is the local time that ``open`` speaks of.
    """

    minutes: float
    profile: str
    at: str
    places: list[Place]
    unlocated: int


class MatrixRow(Answer):
    """A walk from a school to a base or venue, and back; as of `/nearest`."""

    school_id: str
    school: str
    subdistrict: str | None
    base_id: str
    base: str
    kind: Kind
    category: str | None
    status: str
    position_confidence: str
    seconds_there: float
    seconds_back: float | None
    metres: float
    steps: int
    steps_estimated: bool
    step_free: StepFree
    step_free_seconds: float | None


class Matrix(Dated):
    """A page of the walks that match."""

    minutes: float
    profile: str
    matched: int
    returned: int
    walks: list[MatrixRow]
    links: list[Link]


class Leg(Answer):
    """A stretch of one kind and one name, in figures and in words."""

    kind: str
    name: str | None
    seconds: float
    metres: float
    rise_m: float | None
    ascent_m: float | None
    descent_m: float | None
    steps: int
    link_id: str | None
    text_zh: str
    text_en: str


class Spent(Answer):
    """Where the seconds of a walk go; ``slope_s`` is below 0 where going downhill saves time."""

    level_s: float
    slope_s: float
    stairs_s: float
    ride_s: float
    waiting_s: float


class Walk(BaseModel):
    """A walk, or ``reachable: false`` with the reason."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reachable: bool
    reason: str | None = None
    profile: str | None = None
    seconds: float | None = None
    metres: float | None = None
    ascent_m: float | None = None
    descent_m: float | None = None
    steps: int | None = None
    steps_estimated: bool | None = None
    spent: Spent | None = None
    explanation_zh: str | None = None
    explanation_en: str | None = None
    legs: list[Leg] | None = None
    geometry: dict[str, Any] | None = None
    data_date: str | None = None
    parameters_sha256: str | None = None


class CoverageRow(Row):
    """Homes and people of a subdistrict that reach a place of a tier; shares null where ``unknown``."""

    subdistrict: str
    name: str | None
    tier: Tier
    basis: str
    measure: str
    cutoff_s: float
    homes: int
    homes_covered: int
    people_low: float
    people: float
    people_high: float
    covered_low: float
    covered: float
    covered_high: float
    share_low: float | None
    share: float | None
    share_high: float | None
    unknown: bool


class Coverage(Dated):
    """Rows of the coverage table; direction is home to place."""

    profile: str
    direction: str
    coverage: list[CoverageRow]


class LedgerAnswer(Answer):
    """Declared beside loaded; what is unknown is null."""

    tiers: list[dict[str, Any]]
    by_category: list[dict[str, Any]]
    by_designation: list[dict[str, Any]]
