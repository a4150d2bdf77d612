"""What goes over the wire: questions as they are asked, answers as they are given."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from servicecircle.model import Direction, Kind, Tier

__all__ = [
    "CircleQuestion",
    "Collection",
    "Collections",
    "Conformance",
    "Coverage",
    "CoverageQuestion",
    "Gaps",
    "GapsQuestion",
    "Health",
    "ItemsQuestion",
    "Landing",
    "LedgerAnswer",
    "Link",
    "Nearest",
    "NearestQuestion",
    "NoQuestion",
    "Place",
    "Route",
    "RouteDetail",
    "Routes",
    "Walk",
    "WalkQuestion",
]

MAX_MINUTES = 120


class _Question(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Lon = Annotated[float, Field(description="经度 longitude, degrees (WGS-84)", examples=[106.5734])]
Lat = Annotated[float, Field(description="纬度 latitude, degrees (WGS-84)", examples=[29.5601])]
ProfileName = Annotated[
    str | None,
    Field(
        description="谁在走 who walks: adult, pupil, preschool, elder, stepfree, flat, level-NAME; default: the bundle's",
        max_length=40,
        examples=["elder"],
    ),
]


class NoQuestion(_Question):
    """No parameters."""


class NearestQuestion(_Question):
    """Where from, how long, what for."""

    lon: Lon
    lat: Lat
    minutes: float = Field(15.0, gt=0, le=MAX_MINUTES, description="步行分钟 minutes on foot, at most")
    kind: list[Kind] = Field(default=[], max_length=4, description="种类 kinds; none given: all")
    category: list[str] = Field(default=[], max_length=20, description="类别 categories of bases; none given: all")
    profile: ProfileName = None


class CircleQuestion(_Question):
    """Round which point, within what."""

    lon: Lon
    lat: Lat
    minutes: str = Field("15", max_length=60, description="分钟 minutes: 15 or 5,10,15", examples=["5,10,15"])
    direction: Direction = Field(Direction.FROM, description="from: 从此点出发 outwards; to: 走向此点 towards it")
    profile: ProfileName = None


class WalkQuestion(_Question):
    """From where to where."""

    start: str = Field(
        alias="from", max_length=80, description="起点 start: lon,lat (WGS-84)", examples=["106.5706,29.5564"]
    )
    end: str = Field(alias="to", max_length=80, description="终点 end: lon,lat (WGS-84)", examples=["106.5692,29.5539"])
    profile: ProfileName = None


class CoverageQuestion(_Question):
    """Which rows of the coverage table."""

    subdistrict: str | None = Field(None, max_length=40, description="街道代码 code of a subdistrict, or district")
    tier: Tier | None = Field(None, description="层级 tier")
    basis: Literal["confirmed", "all"] | None = Field(None, description="confirmed 已确认, or all 含候选与近似位置")
    minutes: float | None = Field(None, gt=0, description="分钟 a cutoff of the bundle")
    measure: Literal["walk", "level", "radius"] | None = Field(
        None, description="walk 山地步行, level 无坡步行, radius 直线半径"
    )


class GapsQuestion(_Question):
    """Which gaps."""

    tier: Tier | None = Field(None, description="层级 tier; none given: all")


class ItemsQuestion(BaseModel):
    """Which features of a layer; any further parameter is compared with the property of that name."""

    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)

    bbox: str | None = Field(None, max_length=200, description="west,south,east,north in degrees (WGS-84)")
    limit: int = Field(10, ge=1, description="features on a page; above 1000 counts as 1000")
    offset: int = Field(0, ge=0, le=10**9, description="features to skip")
    datetime: str | None = Field(
        None, max_length=80, description="an RFC 3339 instant or interval; features without a time match any"
    )


class Link(_Answer):
    """A link of OGC API Features."""

    href: str
    rel: str
    type: str
    title: str


class Landing(_Answer):
    """The landing page for machines."""

    title: str
    description: str
    attribution: str
    links: list[Link]


class Conformance(_Answer):
    """The conformance classes that hold."""

    conformsTo: list[str]  # noqa: N815


class Collection(_Answer):
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


class Collections(_Answer):
    """All layers."""

    links: list[Link]
    collections: list[Collection]


class Health(_Answer):
    """That the service stands, and on what."""

    status: Literal["ok"]
    area: str
    data_date: str
    bundle_version: str
    servicecircle_version: str
    parameters_sha256: str


class _Row(BaseModel):
    """A row of the bundle: what it has beyond these columns is left out."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class _Dated(_Answer):
    data_date: str
    parameters_sha256: str


class Place(_Answer):
    """A place within the minutes: there and back on foot; ``steps`` null when unknown."""

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
    status: str
    position_confidence: str
    source: str


class Nearest(_Dated):
    """Places, soonest first; ``unlocated`` counts those asked for that no walk can be computed to."""

    minutes: float
    profile: str
    places: list[Place]
    unlocated: int


class Leg(_Answer):
    """A stretch of one kind and one name."""

    kind: str
    name: str | None
    seconds: float
    metres: float
    rise_m: float | None


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
    legs: list[Leg] | None = None
    geometry: dict[str, Any] | None = None
    data_date: str | None = None
    parameters_sha256: str | None = None


class CoverageRow(_Row):
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


class Coverage(_Dated):
    """Rows of the coverage table; direction is home to place."""

    profile: str
    direction: str
    coverage: list[CoverageRow]


class Gap(_Row):
    """A neighbourhood beyond the cutoff, with the cause."""

    gap_id: str
    tier: Tier
    subdistrict: str | None
    subdistrict_name: str | None
    rank: int
    homes: int
    people_low: float
    people: float
    people_high: float
    mean_excess_s: float | None
    nearest_facility_id: str | None
    nearest_name: str | None
    nearest_s: float | None
    cause: str
    explanation_zh: str
    explanation_en: str
    lon: float
    lat: float


class Gaps(_Answer):
    """Gaps, worst first."""

    gaps: list[Gap]


class LedgerAnswer(_Answer):
    """Declared beside loaded; what is unknown is null."""

    tiers: list[dict[str, Any]]
    by_category: list[dict[str, Any]]
    by_designation: list[dict[str, Any]]


class Stop(_Answer):
    """A stop of a route, in its published order; without a position lon and lat are null."""

    seq: int
    name: str
    facility_id: str | None
    position_confidence: str | None
    located: bool
    lon: float | None
    lat: float | None


class RouteLeg(_Row):
    """The walk between two located stops; ``problem`` says what is missing on it."""

    leg: int
    from_seq: int
    from_name: str
    to_seq: int
    to_name: str
    seconds: float | None
    metres: float | None
    ascent_m: float | None
    descent_m: float | None
    steps: int | None
    steps_estimated: bool
    at_least: bool
    problem: str | None


class Route(_Row):
    """A published study route; ``at_least`` where a stop or a leg is missing from the sums."""

    route_id: str
    name: str
    theme: str | None
    provenance: str | None
    source: str | None
    date: str | None
    note: str | None
    stops: int
    stops_located: int
    seconds: float | None
    metres: float | None
    ascent_m: float | None
    steps: int | None
    at_least: bool
    links: list[Link]


class Routes(_Dated):
    """All routes."""

    routes: list[Route]


class RouteDetail(_Dated):
    """A route with its stops, legs and the walked line."""

    route: Route
    stops: list[Stop]
    legs: list[RouteLeg]
    geometry: dict[str, Any] | None
