"""What a file says of its coordinates, Chinese then English."""

from __future__ import annotations

from servicecircle.datum import Datum

__all__ = ["CRS_NOTES"]

CRS_NOTES = {
    Datum.WGS84: "坐标为 WGS-84 经纬度 coordinates are WGS-84 degrees (EPSG:4326)",
    Datum.GCJ02: "坐标已转换为 GCJ-02（高德、腾讯地图），不是 WGS-84 coordinates are converted to GCJ-02, not WGS-84",
    Datum.BD09: "坐标已转换为 BD-09（百度地图），不是 WGS-84 coordinates are converted to BD-09, not WGS-84",
}
