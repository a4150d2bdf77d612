"""What each place reaches and who reaches it, and a row for every school gate."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from servicecircle.arrays import Floats
from servicecircle.coverage import Access, people_of, ranged
from servicecircle.crs import WGS84, to_metric
from servicecircle.demand import Demand
from servicecircle.doors import Times
from servicecircle.model import Study, Tier
from servicecircle.pairs import Pairs
from servicecircle.units import QUARTER_S

__all__ = ["describe_places", "school_table"]


def describe_places(
    study: Study,
    access: Access,
    between: Pairs,
    demand: Demand,
    isochrones: gpd.GeoDataFrame,
    level_m2: Floats,
    doors: pd.DataFrame,
    radius_m: float,
    water: BaseGeometry | None,
) -> gpd.GeoDataFrame:
    """Every facility of the registry with what it reaches; unlocated ones stay, with nothing computed.

    ``people_900``: who walks to it within 15 minutes; ``n_*_900``: places walked to from it; ``terrain_loss``: the
    share of the people on the level that the hills take away; ``detour_loss``: the share of those within the radius
    that the street net takes away. ``level_m2`` are the areas of their circles without hills.
    ``doors``: of ``describe_doors``, added as they are.
    """
    placed = access.facilities
    columns: dict[str, object] = {"facility_id": placed["facility_id"].to_numpy()}
    tier = placed["tier"].to_numpy()
    found = between.sums(np.vstack([tier == name for name in Tier]), QUARTER_S)
    columns |= {f"n_{name}_900": count for name, count in zip(Tier, found, strict=True)}
    people = people_of(demand.points, demand.models)
    walk, level = (access.pairs[measure].sums(people, QUARTER_S) for measure in ("walk", "level"))
    round_about = access.pairs["radius"].sums(people, radius_m)
    columns |= ranged("people_900", walk)
    columns["terrain_loss"] = _loss(walk, level)
    columns["people_radius"], columns["people_level_900"] = round_about[0], level[0]
    columns["detour_loss"] = _loss(level, round_about)
    columns["area_radius_m2"] = _dry_discs_m2(placed, radius_m, water, study.area.crs)
    columns["area_level_900_m2"] = level_m2
    circle = isochrones[isochrones["cutoff_s"] == QUARTER_S].set_index("facility_id")["area_m2"]
    columns["area_900_m2"] = circle.reindex(placed["facility_id"]).to_numpy()
    measured = pd.DataFrame(columns).merge(doors, on="facility_id", validate="one_to_one")
    table = study.facilities.merge(measured, on="facility_id", how="left", validate="one_to_one")
    titles = study.categories.reindex(table["category"])
    table["category_zh"], table["category_en"] = titles["name_zh"].to_numpy(), titles["name_en"].to_numpy()
    inside = shapely.contains(study.area.boundary, table.geometry.to_numpy())
    known = (table["located"] | table["approximate"]).to_numpy(dtype=bool)
    table["inside_area"] = pd.Series(inside, dtype=object).where(known, None)
    shapes = table.geometry.where(pd.Series(known, index=table.index), None)
    return gpd.GeoDataFrame(table.drop(columns=["geometry"]), geometry=shapes, crs=WGS84)


def _dry_discs_m2(placed: gpd.GeoDataFrame, radius_m: float, water: BaseGeometry | None, crs: str) -> Floats:
    """Areas of the circles that the standard draws round places, without water: what could be walked at best."""
    at = shapely.points(to_metric(shapely.get_coordinates(placed.geometry.to_numpy()), crs))
    discs = shapely.buffer(at, radius_m, quad_segs=64)
    return np.asarray(shapely.area(discs if water is None else shapely.difference(discs, water)), dtype=np.float64)


def school_table(
    placed: gpd.GeoDataFrame,
    times: Times,
    demand: Demand,
    isochrones: gpd.GeoDataFrame,
    cutoffs_s: tuple[float, ...],
) -> pd.DataFrame:
    """One row a school gate, walking *from* it: places by kind within each cutoff, nearest of each, people reached."""
    schools = times.school
    table: dict[str, object] = {
        key: placed[key].to_numpy()[schools]
        for key in ("facility_id", "name", "subdistrict", "level", "status", "position_confidence")
    }
    tier, category = placed["tier"].to_numpy(), placed["category"].to_numpy()
    others = (Tier.COMMUNITY, Tier.BASE)
    base = tier == Tier.BASE
    of_category = [base & (category == name) for name in pd.unique(category[base]) if isinstance(name, str)]
    members = np.vstack([*(tier == name for name in others), *of_category])
    for cutoff in cutoffs_s:
        label = f"{cutoff / 60:g}min"
        found = times.between.sums(members, cutoff)[:, schools].astype(np.int64)
        table |= {f"{name}_{label}": count for name, count in zip(others, found, strict=False)}
        table[f"categories_{label}"] = (found[len(others) :] > 0).sum(axis=0)
    for name in others:
        near = times.nearest[name]
        table[f"nearest_{name}"] = [placed["name"].iloc[at] if at >= 0 else None for at in near.at]
        table[f"nearest_{name}_min"] = np.where(np.isfinite(near.apart), near.apart / 60, np.nan)
    last = max(cutoffs_s)
    people = people_of(demand.points, demand.models)
    walk, level = (pairs.sums(people, last) for pairs in (times.walk_from, times.level_from))
    table |= ranged("people_15min" if last == QUARTER_S else "people", walk)
    circle = (
        isochrones[isochrones["cutoff_s"] == last].set_index("facility_id").reindex(placed["facility_id"].iloc[schools])
    )
    table["area_m2"], table["street_m"] = circle["area_m2"].to_numpy(), circle["street_m"].to_numpy()
    table["terrain_loss"] = _loss(walk, level)
    return pd.DataFrame(table)


def _loss(walk: Floats, level: Floats) -> Floats:
    on_foot, flat = walk[0], level[0]
    return np.asarray(np.divide(flat - on_foot, flat, out=np.full(len(flat), np.nan), where=flat > 0))
