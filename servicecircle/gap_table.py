"""Gaps as rows: people, minutes, ranks, evidence, outline."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import MultiPoint
from shapely.geometry.base import BaseGeometry

from servicecircle.arrays import Floats, Ints
from servicecircle.crs import WGS84, to_lonlat
from servicecircle.explanations import explain
from servicecircle.gap_facts import Facts, Gap, mean_by
from servicecircle.model import Tier
from servicecircle.rims import join_discs
from servicecircle.units import S_PER_MIN

__all__ = ["GAPS", "gap_table"]

GAPS = [
    "gap_id", "rank", "rank_low", "rank_high", "tier", "subdistrict", "subdistrict_name", "homes", "people_low",
    "people", "people_high", "mean_excess_s", "least_excess_s", "most_excess_s", "person_minutes",
    "person_minutes_low", "person_minutes_high", "nearest_facility_id", "nearest_name", "nearest_s", "level_s",
    "paid_s", "straight_facility_id", "straight_name", "radius_m", "cause", "cause_share", "second_cause",
    "second_share", "barrier_kind", "barrier_name", "barred_s", "paid_links", "link_id", "link_from_lon",
    "link_from_lat", "link_to_lon", "link_to_lat", "link_kind", "link_length_m", "link_rise_m", "link_s", "unlocated",
    "unlocated_names", "unlocated_elsewhere", "explanation_zh", "explanation_en", "suggestion_zh", "suggestion_en",
    "lon", "lat", "geometry",
]  # fmt: skip
"""Columns of the gaps: one row a gap, seconds and metres means over its people."""

_LINK = [column for column in GAPS if column.startswith("link_")]
_MANY = 100  # homes; of more, only those at the rim are drawn round
_ORDER = {tier.value: k for k, tier in enumerate(Tier)}


def gap_table(gaps: Sequence[Gap], facts: Facts) -> gpd.GeoDataFrame:
    """Return the gaps as EPSG:4326 polygons with the columns ``GAPS``, worst first; ``rank`` counts within a tier.

    ``rank_low`` and ``rank_high`` are the best and the worst rank over the population models and the low, middle and
    high people of each home: a gap whose ranks lie far apart is ranked by the model and not by the need.
    """
    rows, minutes = [], []
    around_m, water = facts.scene.streets.parameters.gaps.around_home_m, facts.scene.streets.water
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        shapes = list(pool.map(lambda gap: _outline(facts.xy[gap.home], around_m, water), gaps))
    for gap, shape in zip(gaps, shapes, strict=True):
        row, by_model = _row(gap, facts, shape)
        rows.append(row)
        minutes.append(by_model)
    table = pd.DataFrame(rows, columns=GAPS)
    ranks = np.zeros((len(rows), 3), dtype=np.int64)
    for tier in Tier:
        own = np.flatnonzero(table["tier"] == tier.value)
        if len(own):
            ranks[own] = _ranks(np.array(minutes)[own], table["gap_id"].to_numpy(dtype=str)[own])
    table["rank"], table["rank_low"], table["rank_high"] = ranks.T
    order = np.lexsort((ranks[:, 0], table["tier"].map(_ORDER)))
    return gpd.GeoDataFrame(table.iloc[order].reset_index(drop=True), geometry="geometry", crs=WGS84)


def _ranks(minutes: Floats, gap_id: np.ndarray) -> Ints:
    """Rank by the first column, best and worst rank by any, as (gaps, 3); ids decide between equals."""
    ranks = [np.argsort(np.lexsort((gap_id, -column))) + 1 for column in minutes.T]
    return np.column_stack([ranks[0], np.min(ranks, axis=0), np.max(ranks, axis=0)]).astype(np.int64)


def _row(gap: Gap, facts: Facts, shape: BaseGeometry) -> tuple[dict[str, object], Floats]:
    """Return the row, and person-minutes: by the mean of the models, by low and high, by each model."""
    scene, home, near = facts.scene, gap.home, facts.near[gap.tier]
    coverage, crs = scene.streets.parameters.coverage, scene.streets.network.crs
    weight, walk_s, nearest = facts.weight[home], near.walk_s[home], near.at[home]  # noqa: PD008
    reached = np.isfinite(walk_s)
    # who reaches no place counts for the ranking as if the nearest were at the horizon
    excess = np.where(reached, walk_s, coverage.horizon_s) - coverage.cutoff_s
    minutes = np.vstack([weight, facts.ranges[:, home], facts.models[:, home]]) @ excess / S_PER_MIN
    excess = np.where(reached, excess, np.nan)
    inner = shape.representative_point()
    lon, lat = to_lonlat(np.array([[inner.x, inner.y]]), crs)[0]
    row: dict[str, object] = {
        "gap_id": gap.id(facts.lonlat),
        "tier": gap.tier.value,
        "subdistrict": facts.code[home[0]],
        "subdistrict_name": facts.subdistricts.get(facts.code[home[0]], ""),
        "homes": len(home),
        **facts.people(home),
        "mean_excess_s": mean_by(weight, excess),
        "least_excess_s": float(np.nanmin(excess)) if reached.any() else None,
        "most_excess_s": float(np.nanmax(excess)) if reached.any() else None,
        "person_minutes": float(minutes[0]),
        "person_minutes_low": float(minutes.min()),
        "person_minutes_high": float(minutes.max()),
        **facts.place("nearest", nearest, home),
        "nearest_s": mean_by(weight, walk_s),
        "level_s": mean_by(weight, near.level_s[home]),
        "paid_s": mean_by(weight, near.paid_s[home]),
        **facts.place("straight", near.radius_at[home], home),
        "radius_m": mean_by(weight, near.radius_m[home]),
        **_causes(gap, facts),
        **_link(gap, facts),
        "lon": float(lon),
        "lat": float(lat),
        "geometry": to_lonlat(shape.simplify(3.0), crs),
    }
    return row | explain(row, coverage), minutes


def _causes(gap: Gap, facts: Facts) -> dict[str, object]:
    judgement, barred = gap.judgement, gap.barrier
    tolls = [f"{facts.links[key]} ({key})" if key in facts.links else key for key in gap.tolls]
    return {
        "cause": judgement.cause.value,
        "cause_share": judgement.share,
        "second_cause": None if judgement.second is None else judgement.second.value,
        "second_share": None if judgement.second is None else judgement.second_share,
        "barrier_kind": None if barred is None else barred.kind,
        "barrier_name": None if barred is None else barred.name,
        "barred_s": None if barred is None else barred.seconds,
        "paid_links": "; ".join(tolls) or None,
        "unlocated": len(gap.unlocated),
        "unlocated_names": "; ".join(gap.unlocated) or None,
        "unlocated_elsewhere": gap.elsewhere,
    }


def _link(gap: Gap, facts: Facts) -> dict[str, object]:
    """Where the missing link is; ``link_s``: what those of the gap whom it helps would walk."""
    link = gap.link
    if link is None:
        return dict.fromkeys(_LINK)
    own = np.isin(link.home, gap.home)
    ends = to_lonlat(link.xy, facts.scene.streets.network.crs).ravel().tolist()
    rise = link.rise_m if np.isfinite(link.rise_m) else None
    values = [link.id, *ends, link.kind, link.length_m, rise, mean_by(facts.weight[link.home[own]], link.home_s[own])]
    return dict(zip(_LINK, values, strict=True))


def _outline(xy: Floats, around_m: float, water: BaseGeometry | None) -> BaseGeometry:
    many = len(xy) > _MANY
    shape = join_discs(xy, 1.5 * around_m) if many else MultiPoint(xy).buffer(around_m).buffer(around_m / 2)
    shape = shape.buffer(-around_m / 2, quad_segs=4)
    return shape if water is None else shape.difference(water)
