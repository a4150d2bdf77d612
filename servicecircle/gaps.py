"""Gaps: clusters of homes beyond the cutoff, ranked by people x minutes, each with its cause.

A home is in a gap of a tier only if not even a candidate or an approximately placed facility is within reach. The
cause is the first that applies of: unlocated_place, beyond_extract, disconnected, too_far, paid_or_closed, terrain,
detour. Barriers and missing links are not told apart from detours yet.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree
from shapely.geometry import MultiPoint
from shapely.geometry.base import BaseGeometry

from servicecircle.arrays import Bools, Floats, Ints
from servicecircle.coverage import Access, in_basis, nearest
from servicecircle.crs import to_lonlat, to_metric
from servicecircle.model import StudyArea, Tier
from servicecircle.parameters import CoverageParameters, GapParameters
from servicecircle.units import minutes

__all__ = ["GapInputs", "find_gaps"]

_COLUMNS = [
    "gap_id", "rank", "tier", "subdistrict", "subdistrict_name", "homes", "people_low", "people", "people_high",
    "mean_excess_s", "person_minutes", "nearest_facility_id", "nearest_name", "nearest_s", "cause", "explanation_zh",
    "explanation_en", "lon", "lat", "geometry",
]  # fmt: skip
_TIER_ZH = {Tier.SCHOOL: "校园家长学校", Tier.COMMUNITY: "社区家长学校", Tier.BASE: "实践基地"}
_TIER_EN = {Tier.SCHOOL: "campus parent school", Tier.COMMUNITY: "community parent school", Tier.BASE: "practice base"}
_CAUSE = {
    "unlocated_place": (
        "本街道有{n}处该类点位尚无坐标，情况未知",
        "{n} places of this kind in the subdistrict have no position: unknown, not a gap",
    ),
    "beyond_extract": ("邻近路网数据边缘，区外情况未知", "at the edge of the street data: what lies beyond is unknown"),
    "disconnected": ("与主要步行路网不相连", "not connected to the main walking network"),
    "too_far": ("直线{r:.0f}米内没有该类点位", "no such place within {r:.0f} m in a straight line"),
    "paid_or_closed": ("收费扶梯或电梯开放后可达", "within reach if paid lifts and escalators counted"),
    "terrain": ("路程够近，台阶和坡道使其超时", "near enough on the level: stairs and slopes cost the difference"),
    "detour": ("直线不远，步行绕行", "near in a straight line, far on foot"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class GapInputs:
    """What the causes are told from.

    ``paid_s`` is the walk block with paid links open. ``unlocated`` counts loaded places without position by (tier,
    subdistrict name). ``extent`` is the lon/lat box of the street data.
    """

    access: Access
    paid_s: Floats
    homes: gpd.GeoDataFrame
    models: tuple[str, ...]
    unlocated: pd.Series
    extent: tuple[float, float, float, float]


def find_gaps(
    inputs: GapInputs, area: StudyArea, water: BaseGeometry | None, coverage: CoverageParameters, rules: GapParameters
) -> gpd.GeoDataFrame:
    """List the gaps of every tier, EPSG:4326 polygons, worst first; ``rank`` counts within a tier."""
    rows: list[dict[str, object]] = []
    for tier in Tier:
        found = _gaps_of(tier, inputs, area, water, coverage, rules)
        found.sort(key=lambda row: (-float(str(row["person_minutes"])), str(row["gap_id"])))
        rows += [row | {"rank": k + 1} for k, row in enumerate(found)]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=_COLUMNS), geometry="geometry", crs="EPSG:4326")


def _gaps_of(
    tier: Tier,
    inputs: GapInputs,
    area: StudyArea,
    water: BaseGeometry | None,
    coverage: CoverageParameters,
    rules: GapParameters,
) -> list[dict[str, object]]:
    access, homes = inputs.access, inputs.homes
    places = access.facilities
    chosen = (places["tier"] == tier).to_numpy() & in_basis(places, "all")
    seconds, at = nearest(access.walk_s, chosen)
    beyond = np.flatnonzero(seconds > coverage.cutoff_s)
    if not chosen.any() or not len(beyond):
        return []
    xy = to_metric(shapely.get_coordinates(homes.geometry.to_numpy()), area.crs)
    code = homes["subdistrict"].to_numpy()
    label = _clusters(xy[beyond], code[beyond], rules.link_m)
    people = np.vstack([homes[f"people_{m}"].to_numpy(dtype=np.float64) for m in inputs.models])
    names = dict(zip(area.subdistricts["code"], area.subdistricts["name"], strict=True))
    out = []
    for cluster in range(label.max() + 1):
        members = beyond[label == cluster]
        totals = people[:, members].sum(axis=1)
        if totals.mean() < rules.min_people:
            continue
        name = names.get(code[members[0]], "")
        cause = _cause(tier, members, chosen, inputs, name, (xy, area.crs), coverage)
        out.append(
            _row(tier, members, totals, name, cause, (seconds, at), inputs, (xy, area.crs, water), coverage, rules)
        )
    return out


def _clusters(xy: Floats, code: np.ndarray, link_m: float) -> Ints:
    """Homes of one subdistrict within ``link_m`` of each other, directly or through others."""
    pairs = cKDTree(xy).query_pairs(link_m, output_type="ndarray")
    pairs = pairs[code[pairs[:, 0]] == code[pairs[:, 1]]]
    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(xy), len(xy)))
    return connected_components(links, directed=False)[1].astype(np.int64)


def _cause(
    tier: Tier,
    members: Ints,
    chosen: Bools,
    inputs: GapInputs,
    name: str,
    ground: tuple[Floats, str],
    coverage: CoverageParameters,
) -> str:
    """Judge the cluster by its majority: a cause applies where it applies to half of the homes or more."""
    access, (xy, crs) = inputs.access, ground
    if int(inputs.unlocated.get((tier.value, name), 0)):
        return "unlocated_place"
    walk, _ = nearest(access.walk_s[:, members], chosen)
    level, _ = nearest(access.level_s[:, members], chosen)
    paid, _ = nearest(inputs.paid_s[:, members], chosen)
    radius = access.radius_m[np.ix_(chosen, members)].min(axis=0)
    frame = to_metric(shapely.box(*inputs.extent).exterior, crs)
    edge_m = shapely.distance(shapely.points(xy[members]), frame)
    tests = {
        # a place beyond the extract could be as near as the extract's edge
        "beyond_extract": edge_m < np.minimum(radius, coverage.radius_m),
        "disconnected": ~np.isfinite(walk),
        "too_far": radius > coverage.radius_m,
        "paid_or_closed": paid <= coverage.cutoff_s,
        "terrain": level <= coverage.cutoff_s,
    }
    return next((cause for cause, applies in tests.items() if applies.mean() >= 0.5), "detour")  # noqa: PLR2004


def _row(
    tier: Tier,
    members: Ints,
    totals: Floats,
    name: str,
    cause: str,
    near: tuple[Floats, Ints],
    inputs: GapInputs,
    ground: tuple[Floats, str, BaseGeometry | None],
    coverage: CoverageParameters,
    rules: GapParameters,
) -> dict[str, object]:
    seconds, at = near
    xy, crs, water = ground
    places, homes = inputs.access.facilities, inputs.homes
    weight = homes["people"].to_numpy()[members]
    reachable = np.isfinite(seconds[members])
    # who reaches no place counts for the ranking as if the nearest were at the horizon
    excess = np.where(reachable, seconds[members], coverage.horizon_s) - coverage.cutoff_s
    person_minutes = float((excess * weight).sum() / 60)
    closest = members[np.lexsort((homes["demand_id"].to_numpy()[members], seconds[members]))[0]]
    shape: BaseGeometry = MultiPoint(xy[members]).buffer(rules.around_home_m)
    shape = shape.buffer(rules.around_home_m / 2).buffer(-rules.around_home_m / 2, quad_segs=4)
    if water is not None:
        shape = shape.difference(water)
    outline = to_lonlat(shape.simplify(3.0), crs)
    inner = shape.representative_point()
    lon, lat = to_lonlat(np.array([[inner.x, inner.y]]), crs)[0]
    found = places.iloc[at[closest]] if at[closest] >= 0 else None
    ids = ",".join(sorted(homes["demand_id"].to_numpy()[members]))
    row = {
        "gap_id": f"{tier.value}-{hashlib.sha256(ids.encode()).hexdigest()[:8]}",
        "tier": tier.value,
        "subdistrict": homes["subdistrict"].iloc[members[0]],
        "subdistrict_name": name,
        "homes": len(members),
        "people_low": float(totals.min()),
        "people": float(totals.mean()),
        "people_high": float(totals.max()),
        "mean_excess_s": _mean(excess[reachable], weight[reachable]),
        "person_minutes": person_minutes,
        "nearest_facility_id": None if found is None else found["facility_id"],
        "nearest_name": None if found is None else found["name"],
        "nearest_s": _mean(seconds[members][reachable], weight[reachable]),
        "cause": cause,
        "lon": lon,
        "lat": lat,
        "geometry": outline,
    }
    return row | _explain(tier, row, int(inputs.unlocated.get((tier.value, name), 0)), coverage.radius_m)


def _mean(values: Floats, weight: Floats) -> float | None:
    """Mean by people; by homes where nobody is thought to live; None of nothing."""
    if not len(values):
        return None
    return float(np.average(values, weights=weight if weight.sum() > 0 else None))


def _explain(tier: Tier, row: dict[str, object], unlocated: int, radius_m: float) -> dict[str, str]:
    zh, en = (text.format(n=unlocated, r=radius_m) for text in _CAUSE[str(row["cause"])])
    low, mid, high = (round(float(str(row[k])), -1) for k in ("people_low", "people", "people_high"))
    who_zh = f"{row['subdistrict_name']}约{mid:.0f}人（估计{low:.0f}–{high:.0f}人，{row['homes']}处住房）"
    who_en = f"About {mid:.0f} people (estimate {low:.0f} to {high:.0f}, {row['homes']} homes)"
    if row["nearest_s"] is None:
        return {
            "explanation_zh": f"{who_zh}走不到任何{_TIER_ZH[tier]}：{zh}。",
            "explanation_en": f"{who_en} cannot walk to any {_TIER_EN[tier]}: {en}.",
        }
    needs, excess = minutes(float(str(row["nearest_s"]))), minutes(float(str(row["mean_excess_s"])))
    zh_place, en_place = f"{_TIER_ZH[tier]}（{row['nearest_name']}）", f"{_TIER_EN[tier]} ({row['nearest_name']})"
    return {
        "explanation_zh": f"{who_zh}到最近的{zh_place}平均步行{needs:.0f}分钟，超出{excess:.0f}分钟：{zh}。",
        "explanation_en": f"{who_en} walk {needs:.0f} minutes on average to the nearest {en_place}, "
        f"{excess:.0f} too many: {en}.",
    }
