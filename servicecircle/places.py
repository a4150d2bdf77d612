"""What each place reaches and who reaches it, and a row for every school gate."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from servicecircle.arrays import Floats
from servicecircle.coverage import Access
from servicecircle.crs import WGS84, to_metric
from servicecircle.demand import Demand
from servicecircle.doors import Times
from servicecircle.model import Study, Tier
from servicecircle.units import QUARTER_S

__all__ = ["describe_places", "school_table"]


def describe_places(
    study: Study,
    access: Access,
    between_s: Floats,
    demand: Demand,
    isochrones: gpd.GeoDataFrame,
    level_circles: gpd.GeoDataFrame,
    doors: pd.DataFrame,
    radius_m: float,
    water: BaseGeometry | None,
) -> gpd.GeoDataFrame:
    """Every facility of the registry with what it reaches; unlocated ones stay, with nothing computed.

    ``people_900``: who walks to it within 15 minutes; ``n_*_900``: places walked to from it; ``terrain_loss``: the
    share of the people on the level that the hills take away; ``detour_loss``: the share of those within the radius
    that the street net takes away. ``level_circles`` are drawn without hills. ``doors``: of
    ``describe_doors``, added as they are.
    """
    placed = access.facilities
    near = between_s <= QUARTER_S
    np.fill_diagonal(near, val=False)
    columns: dict[str, object] = {"facility_id": placed["facility_id"].to_numpy()}
    tier = placed["tier"].to_numpy()
    for name in Tier:
        columns[f"n_{name}_900"] = near[:, tier == name].sum(axis=1).astype(np.float64)
    # as numbers: a product of people with truth values would be added up one by one
    walk, level = ((block <= QUARTER_S).astype(np.float64) for block in (access.walk_s, access.level_s))
    people = _people(demand)
    columns |= _range("people_900", people @ walk.T)
    columns["terrain_loss"] = _loss(people @ walk.T, people @ level.T)
    round_about = people @ (access.radius_m <= radius_m).astype(np.float64).T
    columns["people_radius"], columns["people_level_900"] = round_about.mean(axis=0), (people @ level.T).mean(axis=0)
    columns["detour_loss"] = _loss(people @ level.T, round_about)
    columns["area_radius_m2"] = _dry_discs_m2(placed, radius_m, water, study.area.crs)
    flat = level_circles[level_circles["cutoff_s"] == QUARTER_S].set_index("facility_id")["area_m2"]
    columns["area_level_900_m2"] = flat.reindex(placed["facility_id"]).to_numpy()
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
    schools = np.flatnonzero(placed["tier"] == Tier.SCHOOL)
    table: dict[str, object] = {
        key: placed[key].to_numpy()[schools]
        for key in ("facility_id", "name", "subdistrict", "level", "status", "position_confidence")
    }
    block = times.between[schools].copy()
    block[np.arange(len(schools)), schools] = np.inf
    tier, category = placed["tier"].to_numpy(), placed["category"].to_numpy()
    for cutoff in cutoffs_s:
        label = f"{cutoff / 60:g}min"
        for name in (Tier.COMMUNITY, Tier.BASE):
            table[f"{name}_{label}"] = (block[:, tier == name] <= cutoff).sum(axis=1)
        reached = [
            {category[k] for k in np.flatnonzero((row <= cutoff) & (tier == Tier.BASE)) if isinstance(category[k], str)}
            for row in block
        ]
        table[f"categories_{label}"] = [len(found) for found in reached]
    for name in (Tier.COMMUNITY, Tier.BASE):
        of_tier = np.flatnonzero(tier == name)
        seconds = block[:, of_tier]
        at = seconds.argmin(axis=1) if len(of_tier) else np.zeros(len(schools), dtype=np.int64)
        best = seconds[np.arange(len(schools)), at] if len(of_tier) else np.full(len(schools), np.inf)
        near = placed["name"].to_numpy()[of_tier[at]] if len(of_tier) else np.full(len(schools), None)
        table[f"nearest_{name}"] = [name if np.isfinite(s) else None for name, s in zip(near, best, strict=True)]
        table[f"nearest_{name}_min"] = np.where(np.isfinite(best), best / 60, np.nan)
    last = max(cutoffs_s)
    people = _people(demand)
    walk = people @ (times.walk_from[schools] <= last).T
    level = people @ (times.level_from[schools] <= last).T
    table |= _range("people_15min" if last == QUARTER_S else "people", walk)
    circle = (
        isochrones[isochrones["cutoff_s"] == last].set_index("facility_id").reindex(placed["facility_id"].iloc[schools])
    )
    table["area_m2"], table["street_m"] = circle["area_m2"].to_numpy(), circle["street_m"].to_numpy()
    table["terrain_loss"] = _loss(walk, level)
    return pd.DataFrame(table)


def _people(demand: Demand) -> Floats:
    return np.vstack([demand.points[f"people_{m}"].to_numpy(dtype=np.float64) for m in demand.models])


def _range(name: str, by_model: Floats) -> dict[str, object]:
    return {f"{name}_low": by_model.min(axis=0), name: by_model.mean(axis=0), f"{name}_high": by_model.max(axis=0)}


def _loss(walk: Floats, level: Floats) -> Floats:
    on_foot, flat = np.asarray(walk.mean(axis=0)), np.asarray(level.mean(axis=0))
    return np.asarray(np.divide(flat - on_foot, flat, out=np.full(len(flat), np.nan), where=flat > 0))
