"""What the sheets say, in Chinese and English."""

from __future__ import annotations

__all__ = ["INDEX_EN", "NOT_REVIEWED", "ROUTE", "SUBDISTRICT", "SUBDISTRICT_NOTE", "TITLE", "TITLE_EN", "UNSET"]

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
