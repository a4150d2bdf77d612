"""What the sheets say, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = [
    "INDEX_EN",
    "NOT_REVIEWED",
    "PROPOSED",
    "ROUTE",
    "SUBDISTRICT",
    "SUBDISTRICT_NOTE",
    "TITLE",
    "TITLE_EN",
    "UNSET",
]

TITLE = "全域思政研学地图"
TITLE_EN = "Study map of the whole district · {area}"
UNSET = "（未填）"
NOT_REVIEWED = "未取得"
INDEX_EN = (
    "Index of places: number, name, square of the map; bold: listed by the district; plain: candidate; ≈: approximate"
)
SUBDISTRICT = "街道图 subdistrict"
SUBDISTRICT_NOTE = (
    "本街道登记点位 {all} 处，图上 {known} 处；淡色符号属相邻街道，编号与全区图一致。"
    "Faint signs belong to neighbours; numbers are those of the whole district. 代码 code {code}"
)
ROUTE = "研学线路 route"
PROPOSED = "拟议线路，无人公布或确认 proposed route"
CONFIRM = (
    "时间和升降由地图推算，出发前请先联系各站、实地走一遍。",
    "Times and climbs are computed from maps: ask the places and walk it once before you go.",
)
PROPOSED_SHORT = ("拟议线路：无人公布或确认，出发前请先联系。", "Proposed: confirmed by nobody, ask before you go.")
FEASIBLE: Mapping[str, tuple[str, str]] = {
    "yes": ("半天能走成。", "It can be walked."),
    "no": ("走不成：见“须留意”。", "It cannot be walked as it is: see what to mind."),
    "unknown": ("能否走成：资料不足，须先问清。", "Not known yet whether it can be walked: ask first."),
}
# The findings of the checker, several of a kind in one line.
FAULTS: Mapping[str, tuple[str, str]] = {
    "over_limit": ("超过时限", "over the time limit"),
    "dwell_over_limit": ("停留超过时限", "too long at the stops"),
    "closed": ("到站时不开放", "closed on arrival"),
    "never_open": ("何时出发都不开放", "not open whenever the group sets out"),
    "not_yet_open": ("不在开放日期内", "outside its opening dates"),
    "no_way": ("走不到", "no way to it"),
    "outside_extract": ("在街道数据之外", "beyond the street data"),
    "repeated": ("重复的站", "a stop made twice"),
    "long_leg": ("步行段过长", "a long walk between stops"),
    "flight": ("一段台阶过长", "a long flight of stairs"),
    "not_stepfree": ("有台阶或扶梯", "stairs or an escalator"),
    "main_road": ("过主路且无信号灯", "a main road without lights"),
    "fee": ("收费的电梯扶梯", "lifts or escalators that cost"),
    "booking": ("须预约", "by booking only"),
    "outside_area": ("在区外", "outside the district"),
    "unlocated": ("没有坐标", "no position"),
    "unknown_place": ("台账里没有", "not in the registry"),
    "approximate": ("只有近似位置", "placed roughly only"),
    "at_least": ("途中有站没有坐标，用时为下限", "unlocated stops between: at least this long"),
    "main_road_unknown": ("过主路，信号灯不详", "main road, lights not known"),
    "hours_unknown": ("开放时间不详", "opening hours not known"),
    "heights_unknown": ("部分高程不详", "some heights not known"),
    "over_assumed": ("按常规停留会超时", "over the limit with usual stays"),
    "few_stops": ("站点不足两个", "fewer than two stops"),
    "assumed": ("来源未说，按假设取值", "not said by the source, assumed"),
}
