"""What a planner is told beside coverage: choices, standards, communities, lights, years, targets."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from servicecircle.arrays import Bools, Floats, Ints
from servicecircle.catchments import catchments
from servicecircle.choices import choices_table
from servicecircle.communities import (
    Basins,
    class_columns,
    community_seats,
    community_table,
    polygon_basins,
    seat_basins,
)
from servicecircle.coverage import BASES, MEASURES, Access, coverage_table
from servicecircle.demand import Demand
from servicecircle.ingest.planning import Planning
from servicecircle.lights import grade, with_ratings
from servicecircle.model import Tier
from servicecircle.pairs import Near, Search
from servicecircle.parameters import CoverageParameters
from servicecircle.scene import Scene
from servicecircle.shares import Nearest, Residents, describe_units
from servicecircle.standards import check_standards
from servicecircle.years import compare_targets, coverage_by_year

__all__ = ["Assessment", "assess"]

_YEARS = (2024, 2025, 2026)
"""The years of the plan's batches."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """Tables as published but unrounded; ``community`` is the community of each home."""

    choices: pd.DataFrame
    catchments: pd.DataFrame
    standards: pd.DataFrame
    communities: pd.DataFrame
    lights: pd.DataFrame
    light_items: pd.DataFrame
    coverage_by_year: pd.DataFrame
    targets: pd.DataFrame
    community: np.ndarray


def assess(
    scene: Scene,
    access: Access,
    searches: Mapping[str, Search],
    demand: Demand,
    schools: pd.DataFrame,
    planning: Planning,
    coverage: CoverageParameters,
    certainty: pd.DataFrame,
) -> Assessment:
    """Tell a planner how the study stands.

    Parameters
    ----------
    searches
        By measure: the nearest of some places, given by their rows, for every home.
    schools
        One row a school gate, as ``places.school_table`` returns it.
    planning
        Standards, rules of the lights, ratings, targets and outlines of communities.
    certainty
        How surely each home is covered, as ``uncertainty.home_certainty`` returns it.
    """
    study, points, models = scene.streets.study, demand.points, demand.models
    names = dict(zip(study.area.subdistricts["code"], study.area.subdistricts["name"], strict=True))
    asked = {search: _nearest(access, measure, search) for measure, search in searches.items()}
    reach: dict[str, Nearest] = {measure: asked[search] for measure, search in searches.items()}
    limits = {"radius": coverage.radius_m, "level": coverage.cutoff_s, "walk": coverage.cutoff_s}
    choices = {str(tier): access.count(tier, "all", coverage.cutoff_s) for tier in Tier}
    residents = Residents.of(points, models, points["subdistrict"], names)
    standard = coverage.cutoff_s, coverage.radius_m

    def cover(rows: Bools) -> pd.DataFrame:
        among = _among(access, rows, reach, limits)
        return coverage_table(among, points, models, names, (coverage.cutoff_s,), standard)

    with ThreadPoolExecutor(1) as beside:  # what knows nothing of communities is told beside them
        told = beside.submit(choices_table, access, points, models, names, coverage.cutoff_s)
        room = beside.submit(catchments, access, points, study.facilities)
        checked = beside.submit(check_standards, planning.standards, scene.places, residents, reach, coverage.horizon_s)
        by_year = coverage_by_year(_YEARS, scene.places, cover, study.area.data_date)
        basins = _basins(scene, points, planning, reach)
        communities = community_table(basins, points, models, names, scene.places, reach, limits, choices, certainty)
        described = describe_units(residents, scene.places, reach, limits, choices)
        subdistricts = pd.concat([described, class_columns(residents, certainty)], axis=1).iloc[1:]
    units = {
        "subdistrict": subdistricts.rename(columns={"code": "unit"}),
        "community": _real(communities).rename(columns={"community_id": "unit"}),
        "school": _gates(schools, scene),
    }
    lights, items = grade(planning.lights, units if planning.ratings is None else with_ratings(units, planning.ratings))
    return Assessment(
        choices=told.result(),
        catchments=room.result(),
        standards=checked.result(),
        communities=communities,
        lights=lights,
        light_items=items,
        coverage_by_year=by_year,
        targets=compare_targets(planning.targets, study.facilities, study.declared, study.area.data_date),
        community=basins.table["community_id"].to_numpy()[basins.of_home],
    )


def _nearest(access: Access, measure: str, search: Search) -> Nearest:
    """Search for the nearest of some places, unless access knows it already."""
    known = {
        access.rows(tier, basis).tobytes(): access.nearest(tier, basis, measure) for tier in Tier for basis in BASES
    }

    def nearest(rows: Bools, limit: float = np.inf) -> tuple[Floats, Ints]:
        near = known.get(rows.tobytes()) or search(np.flatnonzero(rows), limit)
        return near.apart, near.at

    return nearest


def _basins(scene: Scene, points: pd.DataFrame, planning: Planning, reach: Mapping[str, Nearest]) -> Basins:
    study = scene.streets.study
    seats = community_seats(study.facilities, study.area)
    if planning.communities is not None:
        return polygon_basins(planning.communities, seats, points)
    return seat_basins(seats, points, scene.places, reach["walk"], reach["radius"])


def _real(communities: pd.DataFrame) -> pd.DataFrame:
    """Leave out what is no community: homes that belong to none."""
    return communities[~communities["community_id"].str.startswith("unassigned-")]


def _gates(schools: pd.DataFrame, scene: Scene) -> pd.DataFrame:
    """Say that a base which nobody can walk to is far away, not unknown: some bases exist."""
    table = schools.rename(columns={"facility_id": "unit"})
    if (scene.places["tier"] == Tier.BASE).any():
        table["nearest_base_min"] = table["nearest_base_min"].fillna(np.inf)
    return table


def _among(access: Access, rows: Bools, reach: Mapping[str, Nearest], limits: Mapping[str, float]) -> Access:
    """Count only some of the places, and only within the limits."""
    near = {
        (str(tier), basis, measure): Near(*reach[measure](access.rows(tier, basis) & rows, limits[measure])[::-1])
        for tier in Tier
        for basis in BASES
        for measure in MEASURES
    }
    placed = access.facilities
    kept = {name: placed[name] & rows for name in ("located", "approximate")}
    return replace(access, near=near, facilities=placed.assign(**kept))
