"""What a comparison draws: neighbourhoods that gain or lose, gaps that came or went, circles that changed."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from servicecircle.coverage import ranged
from servicecircle.crs import WGS84, to_metric

__all__ = ["changed_circles", "changed_gaps", "cluster_homes"]

_NEIGHBOUR_M = 150.0  # homes of one neighbourhood are no farther apart than this, from one to the next
_CHANGED_M2 = 1.0  # of a circle: less is the rounding of coordinates
_PEOPLE = ("people_low", "people", "people_high")
_CLUSTERS = ["tier", "cluster", "subdistrict", "name", "homes", *_PEOPLE, "lon", "lat"]
_GAPS = ["change", "gap_id", "tier", "subdistrict", "subdistrict_name"]
_GAP_VALUES = ("homes", "people", "mean_excess_s", "cause", "rank")
_CIRCLES = [
    "facility_id", "name", "tier", "cutoff_s", "change", "area_before_m2", "area_after_m2", "street_before_m",
    "street_after_m", "people_before", "people_after",
]  # fmt: skip


def cluster_homes(
    homes: gpd.GeoDataFrame, by_model: pd.DataFrame, names: Mapping[str, str], crs: str
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Give the neighbourhoods of each tier numbers, the one with most people first, and describe them.

    ``by_model``: people by ``demand_id``, a column an estimate, the middle first. The range is that of the sums.
    """
    if homes.empty:
        return homes.assign(cluster=np.zeros(0, dtype=np.int64)), pd.DataFrame(columns=_CLUSTERS)
    xy = to_metric(shapely.get_coordinates(homes.geometry.to_numpy()), crs)
    label, rows = np.zeros(len(homes), dtype=np.int64), []
    for tier in homes["tier"].unique():
        here = np.flatnonzero((homes["tier"] == tier).to_numpy())
        near = cKDTree(xy[here]).query_pairs(_NEIGHBOUR_M, output_type="ndarray").reshape(-1, 2)
        joined = coo_array((np.ones(len(near)), (near[:, 0], near[:, 1])), shape=(len(here),) * 2)
        found = connected_components(joined, directed=False)[1]
        people = homes["people"].to_numpy(dtype=np.float64)[here]
        order = np.argsort(-np.bincount(found, people), kind="stable")
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(1, len(order) + 1)
        label[here] = rank[found]
        for number in range(1, len(order) + 1):
            own = here[label[here] == number]
            rows.append(_cluster(homes.iloc[own], by_model, names) | {"tier": tier, "cluster": number})
    return homes.assign(cluster=label), pd.DataFrame(rows, columns=_CLUSTERS)


def _cluster(homes: gpd.GeoDataFrame, by_model: pd.DataFrame, names: Mapping[str, str]) -> dict[str, object]:
    lonlat = shapely.get_coordinates(homes.geometry.to_numpy())
    people = homes["people"].to_numpy(dtype=np.float64)
    middle = np.average(lonlat, axis=0, weights=people + 1e-9)
    at = lonlat[np.argmin(np.hypot(*(lonlat - middle).T))]  # a home of it, not a point between two hills
    code = homes.groupby("subdistrict")["people"].sum().idxmax()
    sums = by_model.loc[homes["demand_id"]].to_numpy(dtype=np.float64).sum(axis=0)
    about = {"subdistrict": code, "name": names.get(str(code), ""), "homes": len(homes)}
    return about | ranged("people", sums) | {"lon": float(at[0]), "lat": float(at[1])}


def changed_gaps(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the gaps that are gone, new or changed; a gap goes on in the one that shares most ground with it."""
    rows: list[dict[str, object]] = []
    follows = _same(before, after)
    for i, j in sorted(follows.items()):
        old, new = before.iloc[i], after.iloc[j]
        if any(_cell(old[key]) != _cell(new[key]) for key in _GAP_VALUES[:-1]):
            rows.append(_gap("changed", old, new))
    gone = [i for i in range(len(before)) if i not in follows]
    rows += [_gap("gone", before.iloc[i], None) for i in gone]
    rows += [_gap("new", None, after.iloc[j]) for j in range(len(after)) if j not in set(follows.values())]
    columns = [*_GAPS, *(f"{v}_{side}" for v in _GAP_VALUES for side in ("before", "after")), "lon", "lat"]
    shapes = [row.pop("geometry") for row in rows]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry=shapes, crs=WGS84)


def _same(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> dict[int, int]:
    """Pair gaps of one tier: those of one id, then those that overlap most, each once."""
    number = {gap: j for j, gap in enumerate(after["gap_id"])}
    pairs = {i: number[gap] for i, gap in enumerate(before["gap_id"]) if gap in number}
    if before.empty or after.empty:
        return pairs
    i, j = shapely.STRtree(after.geometry.to_numpy()).query(before.geometry.to_numpy(), predicate="intersects")
    one_tier = before["tier"].to_numpy()[i] == after["tier"].to_numpy()[j]
    i, j = i[one_tier], j[one_tier]
    shared = shapely.area(shapely.intersection(before.geometry.to_numpy()[i], after.geometry.to_numpy()[j]))
    taken = set(pairs.values())
    for k in np.lexsort((j, i, -shared)):
        if shared[k] > 0 and int(i[k]) not in pairs and int(j[k]) not in taken:
            pairs[int(i[k])] = int(j[k])
            taken.add(int(j[k]))
    return pairs


def _gap(change: str, old: pd.Series | None, new: pd.Series | None) -> dict[str, object]:
    shown = old if new is None else new
    if shown is None:
        return {}
    row: dict[str, object] = {"change": change} | {key: shown[key] for key in _GAPS[1:]}
    for value in _GAP_VALUES:
        row[f"{value}_before"] = None if old is None else old[value]
        row[f"{value}_after"] = None if new is None else new[value]
    return row | {"lon": shown["lon"], "lat": shown["lat"], "geometry": shown["geometry"]}


def changed_circles(
    circles: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame], places: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame], crs: str
) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Return the circles that changed, and the ground that each gained and lost.

    A place that is new has no circle before, one that is closed none after.
    """
    keys = ["facility_id", "cutoff_s"]
    one, two = (table.set_index(keys) for table in circles)
    order = list(dict.fromkeys([*one.index, *two.index]))
    before, after = one.reindex(order), two.reindex(order)
    values = {(side, c): t[c].fillna(0.0).to_numpy(dtype=np.float64)
              for side, t in (("before", before), ("after", after)) for c in ("area_m2", "street_m")}  # fmt: skip
    shapes = [_shapes(table.geometry.to_numpy()) for table in (before, after)]
    differs = ~np.asarray(shapely.equals_exact(shapes[0], shapes[1], tolerance=0.0), dtype=bool)
    differs |= values["before", "street_m"] != values["after", "street_m"]
    here = np.flatnonzero(differs)
    people = [table.set_index("facility_id")["people_900"] for table in places]
    about = pd.concat([places[1], places[0]]).drop_duplicates("facility_id").set_index("facility_id")
    ids = [order[k][0] for k in here]
    there = (before.index.isin(one.index)[here], after.index.isin(two.index)[here])
    table = pd.DataFrame(
        {
            "facility_id": ids,
            "name": about["name"].reindex(ids).to_numpy(),
            "tier": about["tier"].reindex(ids).to_numpy(),
            "cutoff_s": [order[k][1] for k in here],
            "change": np.select([~there[0], ~there[1]], ["new", "gone"], "changed"),
            "area_before_m2": values["before", "area_m2"][here],
            "area_after_m2": values["after", "area_m2"][here],
            "street_before_m": values["before", "street_m"][here],
            "street_after_m": values["after", "street_m"][here],
            "people_before": people[0].reindex(ids).to_numpy(dtype=np.float64),
            "people_after": people[1].reindex(ids).to_numpy(dtype=np.float64),
        },
        columns=_CIRCLES,
    )
    return table, _differences(table, shapes[0][here], shapes[1][here], crs)


def _differences(table: pd.DataFrame, before: np.ndarray, after: np.ndarray, crs: str) -> gpd.GeoDataFrame:
    parts = []
    for change, whole, without in (("gained", after, before), ("lost", before, after)):
        shape = np.asarray(shapely.difference(whole, without), dtype=object)
        flat = np.array([to_metric(s, crs) if not s.is_empty else s for s in shape], dtype=object)
        area = shapely.area(flat) if len(flat) else np.zeros(0)
        rows = np.flatnonzero(area > _CHANGED_M2)
        found = table.iloc[rows][["facility_id", "name", "tier", "cutoff_s"]]
        found = found.assign(change=change, area_m2=np.asarray(area)[rows], geometry=shape[rows])
        parts.append(found)
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=WGS84)


def _shapes(shapes: np.ndarray) -> np.ndarray:
    out = np.asarray(shapes, dtype=object).copy()
    out[shapely.is_missing(out)] = shapely.Polygon()
    return out


def _cell(value: object) -> object:
    return None if value is None or value is pd.NA or value != value else value  # noqa: PLR0124
