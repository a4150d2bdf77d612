"""Questions as they are asked: whatever a question does not know is refused, not ignored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.planner import LightName, UnitKind
from api.schemas import Lat, Lon, ProfileName
from servicecircle.causes import Cause
from servicecircle.datum import Datum
from servicecircle.model import Direction, Kind, Tier

__all__ = [
    "MAX_MINUTES",
    "CircleQuestion",
    "CoverageQuestion",
    "DesignQuestion",
    "GapsQuestion",
    "ItemsQuestion",
    "LightsQuestion",
    "MatrixQuestion",
    "MobileQuestion",
    "NearestQuestion",
    "NoQuestion",
    "PageQuestion",
    "PairingQuestion",
    "RouteFileQuestion",
    "RouteQuestion",
    "RoutesQuestion",
    "SiteQuestion",
    "TableQuestion",
    "WalkQuestion",
]

MAX_MINUTES = 120
_MOST_SITES = 20

Name = Annotated[str, Field(max_length=80)]


class _Question(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class _Form(_Question):
    """A question that a form may ask as well: what it leaves empty is not asked."""

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, given: Any) -> Any:  # noqa: ANN401  whatever was sent
        if not isinstance(given, Mapping) or given.get("f") != "html":
            return given
        return {key: value for key, value in given.items() if value != ""}


class NoQuestion(_Question):
    """No parameters."""


class NearestQuestion(_Question):
    """Where from, how long, what for."""

    lon: Lon
    lat: Lat
    minutes: float = Field(15.0, gt=0, le=MAX_MINUTES, description="步行分钟 minutes on foot, at most")
    kind: list[Kind] = Field(default=[], max_length=4, description="种类 kinds; none given: all")
    category: list[str] = Field(default=[], max_length=20, description="类别 categories of bases; none given: all")
    step_free: bool = Field(default=False, description="只要无台阶能到的 only places with a way without steps")
    at: str | None = Field(
        None, max_length=16, description="当地时间 local time; none given: now", examples=["2026-05-20T10:00"]
    )
    open: bool = Field(default=False, description="只要此时开放的 only places known to be open at that time")
    profile: ProfileName = None


class CircleQuestion(_Question):
    """Round which point, within what."""

    lon: Lon
    lat: Lat
    minutes: str = Field("15", max_length=60, description="分钟 minutes: 15 or 5,10,15", examples=["5,10,15"])
    direction: Direction = Field(Direction.FROM, description="from: 从此点出发 outwards; to: 走向此点 towards it")
    profile: ProfileName = None


class MatrixQuestion(_Question):
    """Which walks between schools and bases."""

    school: str | None = Field(None, max_length=80, description="学校 facility_id of a school; none given: all")
    base: str | None = Field(None, max_length=80, description="基地 facility_id of a base or venue; none given: all")
    subdistrict: str | None = Field(None, max_length=40, description="学校所在街道 code of the school's subdistrict")
    category: str | None = Field(
        None, max_length=40, description="基地类别 category of the base", examples=["patriotic"]
    )
    kind: Literal["base", "venue"] | None = Field(None, description="种类 base, or venue")
    minutes: float = Field(15.0, gt=0, le=MAX_MINUTES, description="步行分钟 minutes on foot, at most")
    step_free: bool = Field(default=False, description="只要无台阶能到的 only those with a way without steps")
    profile: ProfileName = None
    limit: int = Field(100, ge=1, le=1000, description="walks on a page")
    offset: int = Field(0, ge=0, le=10**9, description="walks to skip")


class WalkQuestion(_Question):
    """From where to where."""

    start: str = Field(
        alias="from",
        max_length=80,
        description="起点 start: lon,lat (WGS-84), or a facility_id: then by its quickest door",
        examples=["106.5706,29.5564"],
    )
    end: str = Field(
        alias="to",
        max_length=80,
        description="终点 end: lon,lat (WGS-84), or a facility_id: then by its quickest door",
        examples=["106.5692,29.5539"],
    )
    profile: ProfileName = None


class RoutesQuestion(_Form):
    """Which study routes; a figure that is unknown is within no limit."""

    provenance: Literal["published", "proposed"] | None = Field(
        None, description="来源 published, or proposed by the tool"
    )
    theme: str | None = Field(None, max_length=40, description="主题 theme", examples=["red"])
    start: str | None = Field(None, max_length=80, description="起点学校 facility_id of the school it starts at")
    age_band: str | None = Field(None, max_length=20, description="学段 age band")
    max_metres: float | None = Field(None, gt=0, description="步行米 metres on foot, at most")
    max_minutes: float | None = Field(None, gt=0, description="全程分钟 minutes with the time at the stops, at most")
    max_steps: int | None = Field(None, ge=0, le=10**6, description="台阶 steps, at most")
    step_free: Literal["yes", "no", "unknown"] | None = Field(None, description="无台阶 whether it has no steps")
    f: Literal["json", "html"] | None = Field(None, description="json or html, whatever the Accept header says")
    limit: int = Field(100, ge=1, le=1000, description="routes on a page")
    offset: int = Field(0, ge=0, le=10**9, description="routes to skip")


class RouteQuestion(_Question):
    """In which form."""

    f: Literal["json", "html"] | None = Field(None, description="json or html, whatever the Accept header says")


class RouteFileQuestion(_Question):
    """In which datum."""

    datum: Datum = Field(Datum.WGS84, description="坐标系 gcj02 for Amap and Tencent, bd09 for Baidu")


class DesignQuestion(_Question):
    """What route is wanted; what is not given is the study's usual."""

    start: str | tuple[Lon, Lat] = Field(description="起点 a facility_id, or [lon, lat] (WGS-84)")
    theme: str | None = Field(None, max_length=40, description="主题 theme; or categories")
    categories: list[Name] = Field(default=[], max_length=20, description="类别 categories, in place of a theme")
    age_band: str | None = Field(None, max_length=20, description="学段 preschool, primary, middle, high, adult …")
    group_size: int | None = Field(None, ge=1, le=10_000, description="人数 how many they are")
    limit_minutes: float | None = Field(None, gt=0, le=720, description="时限 minutes from start to end")
    leg_minutes: float | None = Field(None, gt=0, le=120, description="每段 minutes of the longest walk between stops")
    depart: str | None = Field(None, max_length=5, description="出发 local time", examples=["09:00"])
    date: str | None = Field(None, max_length=10, description="日期 date: opening hours count", examples=["2026-05-20"])
    step_free: bool = Field(default=False, description="无台阶 no steps: prams and wheelchairs")
    locked: list[Name] = Field(default=[], max_length=12, description="必到 facility_id of stops to visit")
    forbidden: list[Name] = Field(default=[], max_length=200, description="不去 facility_id of stops to leave out")
    back: bool = Field(default=False, description="回到起点 end where it began")


class SiteQuestion(_Question):
    """Where the next places of a tier would go; what is not given is the study's usual."""

    tier: Tier = Field(description="层级 which places are sought", examples=["community"])
    add: int | None = Field(
        None, ge=1, le=_MOST_SITES, description="几处 how many sites; with lscp the most there can be", examples=[5]
    )
    minutes: float | None = Field(None, gt=0, le=MAX_MINUTES, description="分钟 what counts as covered")
    model: Literal["mclp", "lscp", "pmedian", "pcentre"] = Field(
        "mclp",
        description="mclp 最多人 most people, lscp 所有人 everybody, pmedian 平均 mean walk, pcentre 最远 longest walk",
    )
    basis: Literal["all", "confirmed"] = Field("all", description="哪些已有点位算数 which existing places count")
    approximate: bool = Field(default=False, description="含位置不准的场所 rooms that are only placed roughly, too")


class PairingQuestion(_Question):
    """Which pairs of schools and bases."""

    school: str | None = Field(None, max_length=80, description="学校 facility_id of a school; none given: all")
    base: str | None = Field(None, max_length=80, description="基地 facility_id of a base; none given: all")
    category: str | None = Field(None, max_length=40, description="基地类别 category of the base")
    paired: bool | None = Field(None, description="true 有基地 with a base, false 没有 without; none given: both")
    limit: int = Field(100, ge=1, le=1000, description="pairs on a page")
    offset: int = Field(0, ge=0, le=10**9, description="pairs to skip")


class MobileQuestion(_Question):
    """Which term of mobile classes."""

    tier: Literal["school", "community"] = Field("community", description="层级 whose classes")
    served: bool | None = Field(None, description="true 有课 with a class, false 没有 without; none given: both")


class PageQuestion(_Question):
    """In which form."""

    f: Literal["json", "html"] | None = Field(None, description="json or html, whatever the Accept header says")


class CoverageQuestion(_Question):
    """Which rows of the coverage table."""

    subdistrict: str | None = Field(None, max_length=40, description="街道代码 code of a subdistrict, or district")
    tier: Tier | None = Field(None, description="层级 tier")
    basis: Literal["confirmed", "all"] | None = Field(None, description="confirmed 已确认, or all 含候选与近似位置")
    minutes: float | None = Field(None, gt=0, description="分钟 a cutoff of the bundle")
    measure: Literal["walk", "level", "radius"] | None = Field(
        None, description="walk 山地步行, level 无坡步行, radius 直线半径"
    )


class GapsQuestion(_Form):
    """Which gaps."""

    tier: Tier | None = Field(None, description="层级 tier; none given: all")
    cause: Cause | None = Field(None, description="原因 first cause; none given: all")
    subdistrict: str | None = Field(None, max_length=40, description="街道代码 code of a subdistrict; none given: all")
    f: Literal["json", "html"] | None = Field(None, description="json or html, whatever the Accept header says")


class LightsQuestion(_Question):
    """Which lights."""

    kind: UnitKind | None = Field(None, description="单位种类 kind of unit; none given: all")
    light: LightName | None = Field(None, description="灯 light; none given: all")


class TableQuestion(BaseModel):
    """Which rows of a table; any further parameter is compared with the column of that name."""

    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)

    limit: int = Field(100, ge=1, le=1000, description="rows on a page")
    offset: int = Field(0, ge=0, le=10**9, description="rows to skip")


class ItemsQuestion(BaseModel):
    """Which features of a layer; any further parameter is compared with the property of that name."""

    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)

    bbox: str | None = Field(None, max_length=200, description="west,south,east,north in degrees (WGS-84)")
    limit: int = Field(10, ge=1, description="features on a page; above 1000 counts as 1000")
    offset: int = Field(0, ge=0, le=10**9, description="features to skip")
    datetime: str | None = Field(
        None, max_length=80, description="an RFC 3339 instant or interval; features without a time match any"
    )
