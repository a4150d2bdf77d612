"""What the service answers to a planner: gaps, lights, tables."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field

from api.schemas import Answer, Dated, Row
from servicecircle.causes import Cause
from servicecircle.model import Tier

__all__ = ["ColumnKind", "Gap", "Gaps", "Light", "LightName", "Lights", "TableAnswer", "TableName", "UnitKind"]

TableName = Literal[
    "choices",
    "standards",
    "communities",
    "light_items",
    "coverage_by_year",
    "targets",
    "siting",
    "mobile",
    "mobile_served",
    "pairing",
]
UnitKind = Literal["subdistrict", "community", "school"]
LightName = Literal["green", "yellow", "red", "grey"]
ColumnKind = Literal["string", "number", "boolean"]

# Examples show shapes: values of an imagined town, none of them null, since FastAPI leaves nulls out of examples.
_DATED = {"data_date": "2026-01-01", "parameters_sha256": "0" * 64}
_GAP: dict[str, Any] = {
    "gap_id": "school-00000000",
    "tier": "school",
    "subdistrict": "1",
    "subdistrict_name": "东街街道",
    "rank": 2,
    "rank_low": 1,
    "rank_high": 3,
    "homes": 12,
    "people_low": 900.0,
    "people": 1200.0,
    "people_high": 1500.0,
    "mean_excess_s": 300.0,
    "least_excess_s": 60.0,
    "most_excess_s": 540.0,
    "person_minutes": 6000.0,
    "person_minutes_low": 4500.0,
    "person_minutes_high": 7500.0,
    "nearest_facility_id": "S1",
    "nearest_name": "中心小学",
    "nearest_s": 1200.0,
    "level_s": 1100.0,
    "paid_s": 1200.0,
    "straight_facility_id": "S1",
    "straight_name": "中心小学",
    "radius_m": 420.0,
    "cause": "unlocated_place",
    "cause_share": 1.0,
    "second_cause": "barrier",
    "second_share": 0.4,
    "barrier_kind": "water",
    "barrier_name": "镜湖",
    "barred_s": 700.0,
    "paid_links": "东街扶梯 (w1)",
    "link_id": "link-00000000",
    "link_from_lon": 106.5012,
    "link_from_lat": 29.5012,
    "link_to_lon": 106.5014,
    "link_to_lat": 29.5013,
    "link_kind": "stairs",
    "link_length_m": 24.0,
    "link_rise_m": 7.5,
    "link_s": 850.0,
    "unlocated": 1,
    "unlocated_names": "北门小学",
    "unlocated_elsewhere": 1,
    "explanation_zh": "…",
    "explanation_en": "…",
    "suggestion_zh": "…",
    "suggestion_en": "…",
    "lon": 106.501,
    "lat": 29.501,
}
_LIGHT: dict[str, Any] = {
    "kind": "school",
    "unit": "S1",
    "name": "中心小学",
    "light": "yellow",
    "light_low": "yellow",
    "light_high": "green",
    "score_low": 64.0,
    "score": 71.5,
    "score_high": 82.0,
    "explanation_zh": "…",
    "explanation_en": "…",
    "missing": ["specialty"],
}
_TABLE: dict[str, Any] = _DATED | {
    "name": "targets",
    "columns": {"target": "string", "year": "number", "share": "number"},
    "matched": 1,
    "returned": 1,
    "rows": [{"target": "campus_all", "year": 2027, "share": 1.0}],
}


class Gap(Row):
    """A neighbourhood beyond the cutoff: how many, how far, why, and what would help.

    Seconds and metres are means over its people, to the nearest place unless a column says otherwise. Ranks count
    within a tier; `rank_low` and `rank_high` are the best and the worst over the population models. `link_*` is a link
    that may be missing: a candidate, to be checked on site.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", json_schema_extra={"examples": [_GAP]})

    gap_id: str
    tier: Tier
    subdistrict: str | None
    subdistrict_name: str | None
    rank: int
    rank_low: int
    rank_high: int
    homes: int
    people_low: float
    people: float
    people_high: float
    mean_excess_s: float | None
    least_excess_s: float | None
    most_excess_s: float | None
    person_minutes: float
    person_minutes_low: float
    person_minutes_high: float
    nearest_facility_id: str | None
    nearest_name: str | None
    nearest_s: float | None
    level_s: float | None = Field(description="若无坡坎 without hills")
    paid_s: float | None = Field(description="若收费或关闭的梯道可用 with paid and closed links")
    straight_facility_id: str | None
    straight_name: str | None
    radius_m: float | None = Field(description="直线距离 in a straight line")
    cause: Cause
    cause_share: float | None = Field(description="适用的人口比例 share of its people to whom the cause applies")
    second_cause: Cause | None
    second_share: float | None
    barrier_kind: Literal["water", "railway", "road"] | None
    barrier_name: str | None
    barred_s: float | None = Field(description="若能跨越 if the barrier could be crossed")
    paid_links: str | None = Field(description="以 ; 分隔 names and ids, separated by ;")
    link_id: str | None = Field(description="图层 missing_links 的 id of layer missing_links")
    link_from_lon: float | None
    link_from_lat: float | None
    link_to_lon: float | None
    link_to_lat: float | None
    link_kind: Literal["stairs", "street"] | None
    link_length_m: float | None
    link_rise_m: float | None
    link_s: float | None = Field(description="若有此连接 with the link")
    unlocated: int = Field(description="本街道无坐标的点位 places of its subdistrict without a position")
    unlocated_names: str | None
    unlocated_elsewhere: int = Field(description="街道不明且无坐标的点位 places without position or known subdistrict")
    explanation_zh: str
    explanation_en: str
    suggestion_zh: str
    suggestion_en: str
    lon: float
    lat: float


class Gaps(Answer):
    """Gaps, worst first."""

    gaps: list[Gap]


class Light(Row):
    """红黄绿灯: the light of a unit with the sums that made it; grey and without a score where figures are missing.

    `missing` are ids of items: `/tables/light_items?unit=` lists all of them with values, scores and weights.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", json_schema_extra={"examples": [_LIGHT]})

    kind: UnitKind
    unit: str
    name: str | None
    light: LightName
    light_low: LightName | None = Field(None, description="估计取较差一端 with every estimate at its worse end")
    light_high: LightName | None = Field(None, description="估计取较好一端 with every estimate at its better end")
    score_low: float | None = None
    score: float | None
    score_high: float | None = None
    explanation_zh: str
    explanation_en: str
    missing: list[str]


class Lights(Dated):
    """Lights, by kind of unit."""

    lights: list[Light]


class TableAnswer(Dated):
    """A page of the rows that match: unknown is null."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra={"examples": [_TABLE]})

    name: TableName
    columns: dict[str, ColumnKind]
    matched: int
    returned: int
    rows: list[dict[str, str | bool | int | float | None]]
