"""Questions as they are asked: whatever a question does not know is refused, not ignored."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from api.planner import LightName, UnitKind
from api.schemas import Lat, Lon, ProfileName
from servicecircle.causes import Cause
from servicecircle.model import Direction, Kind, Tier

__all__ = [
    "MAX_MINUTES",
    "CircleQuestion",
    "CoverageQuestion",
    "GapsQuestion",
    "ItemsQuestion",
    "LightsQuestion",
    "NearestQuestion",
    "NoQuestion",
    "TableQuestion",
    "WalkQuestion",
]

MAX_MINUTES = 120


class _Question(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


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
    cause: Cause | None = Field(None, description="原因 first cause; none given: all")


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
