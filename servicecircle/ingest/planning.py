"""What a planner holds a study against: standards, lights, targets, and outlines of communities."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd

from servicecircle.ingest.communities import read_communities
from servicecircle.ingest.lights import LightRules, read_light_rules, read_ratings
from servicecircle.ingest.standards import Standards, read_standards
from servicecircle.ingest.targets import Target, read_targets
from servicecircle.model import Kind, Study

__all__ = ["FILES", "Planning", "read_planning"]

FILES = ("standards.toml", "lights.toml", "ratings.csv", "targets.toml", "communities.geojson")
"""Files that a study folder may have beside its data."""


@dataclass(frozen=True, slots=True)
class Planning:
    """Rules and tables of the planner.

    ``ratings`` and ``communities`` are None, and ``targets`` empty, where the study has none.
    """

    standards: Standards
    lights: LightRules
    targets: tuple[Target, ...]
    ratings: pd.DataFrame | None
    communities: gpd.GeoDataFrame | None


def read_planning(folder: Path, study: Study) -> Planning:
    """Read the planner's files of a study folder; without standards or lights, those that the package brings.

    Raises
    ------
    InputError
        A file is wrong; the message names file, row, column, value and remedy.
    """
    standards, lights, ratings, targets, outlines = (_given(folder, name) for name in FILES)
    rules = read_light_rules(lights)
    area, facilities = study.area, study.facilities
    ids = {
        "subdistrict": list(area.subdistricts["code"]),
        "community": list(facilities.loc[facilities["kind"] == Kind.COMMUNITY, "facility_id"]),
        "school": list(facilities.loc[facilities["kind"] == Kind.SCHOOL, "facility_id"]),
    }
    return Planning(
        standards=read_standards(standards),
        lights=rules,
        targets=read_targets(targets),
        ratings=None if ratings is None else read_ratings(ratings, rules, ids),
        communities=None if outlines is None else read_communities(outlines, list(area.subdistricts["code"]), area.crs),
    )


def _given(folder: Path, name: str) -> Path | None:
    return folder / name if (folder / name).is_file() else None
