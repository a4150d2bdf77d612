"""Words for codes on the pages, Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping

from servicecircle.causes import Cause
from servicecircle.model import Access, Tier

__all__ = ["ACCESS", "BANDS", "CAUSES", "FEASIBLE", "PROVENANCE", "STEP_FREE", "THEMES", "TIERS", "Word"]

Word = tuple[str, str]

TIERS: Mapping[str, Word] = {
    Tier.SCHOOL: ("学校", "Schools"),
    Tier.COMMUNITY: ("社区", "Communities"),
    Tier.BASE: ("基地", "Bases"),
}
CAUSES: Mapping[str, Word] = {
    Cause.UNLOCATED_PLACE: ("有场所未定位", "a place without a position"),
    Cause.BEYOND_EXTRACT: ("超出数据范围", "beyond the data"),
    Cause.DISCONNECTED: ("路网不连通", "disconnected"),
    Cause.TOO_FAR: ("太远", "too far"),
    Cause.BARRIER: ("江河、铁路、道路阻隔", "barred by river, railway or road"),
    Cause.MISSING_LINK: ("缺一段连接", "missing link"),
    Cause.PAID_OR_CLOSED: ("收费或停用", "paid or closed"),
    Cause.TERRAIN: ("地形", "terrain"),
    Cause.DETOUR: ("绕行", "detour"),
}
THEMES: Mapping[str, Word] = {
    "red": ("红色", "red"),
    "heritage": ("文博与历史", "heritage"),
    "arts": ("艺术与阅读", "arts"),
    "science": ("科学与劳动", "science"),
    "health": ("健康", "health"),
    "nature": ("自然与运动", "nature"),
    "mixed": ("综合", "mixed"),
    "trail": ("步道", "trail"),
    "tour": ("游览", "tour"),
}
BANDS: Mapping[str, Word] = {
    "preschool": ("学龄前", "preschool"),
    "primary": ("小学", "primary"),
    "middle": ("初中", "middle"),
    "high": ("高中", "high"),
    "adult": ("成人", "adults"),
    "family": ("家庭", "families"),
    "elder": ("老人", "elders"),
}
PROVENANCE: Mapping[str, Word] = {
    "published": ("已公布", "published"),
    "proposed": ("工具建议，尚未审定", "proposed by the tool"),
}
STEP_FREE: Mapping[str, Word] = {
    "yes": ("无台阶", "no steps"),
    "no": ("有台阶", "has steps"),
    "unknown": ("未知", "unknown"),
}
ACCESS: Mapping[str, Word] = {
    Access.PUBLIC: ("对公众开放", "open to the public"),
    Access.BOOKING: ("须预约", "by booking"),
    Access.PUPILS: ("仅限本校师生和家长", "pupils and their families only"),
}
FEASIBLE: Mapping[str, Word] = {
    "yes": ("走得通", "feasible"),
    "no": ("走不通", "not feasible"),
    "unknown": ("还不能确定", "not known"),
}
