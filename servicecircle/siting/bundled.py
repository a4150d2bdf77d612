"""Where next as a bundle tells it: the first sites of every tier with what each adds, and the bases of every school."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from servicecircle.demand import Demand
from servicecircle.model import Tier
from servicecircle.reach import Attached
from servicecircle.scene import Scene
from servicecircle.siting.candidates import registry_candidates
from servicecircle.siting.ground import Ground, ground_in
from servicecircle.siting.models import Model
from servicecircle.siting.pairing import pair_schools
from servicecircle.siting.sites import find_sites
from servicecircle.units import S_PER_MIN

__all__ = ["SITING", "WhereNext", "where_next"]

SITING = [
    "tier", "n", "candidate_id", "name", "kind", "newly_covered_low", "newly_covered", "newly_covered_high",
    "newly_covered_homes", "covered_low", "covered", "covered_high", "share", "best_covered", "mean_min", "worst_min",
    "minutes", "existing", "candidates", "status", "gap",
]  # fmt: skip
"""Columns of the table: one row a tier and number of sites, 0 first; each with the site that is added."""

_WHOLE = ["n", "newly_covered_homes", "existing", "candidates"]


@dataclass(frozen=True, slots=True)
class WhereNext:
    """The tables ``siting`` (columns of ``SITING``) and ``pairing`` (columns of ``siting.pairing.PAIRING``)."""

    siting: pd.DataFrame
    pairing: pd.DataFrame


def where_next(scene: Scene, walk: Attached, demand: Demand) -> WhereNext:
    """Propose ``siting.sites`` sites of each tier among the rooms of the registry, and pair schools with bases.

    A tier without any candidate has no rows. Sites that add nobody are left out, so that a tier may have fewer.
    """
    rules = scene.streets.parameters.siting
    parts = []
    for tier in Tier:
        candidates = registry_candidates(scene.places, tier, rules)
        if len(candidates):
            ground = ground_in(scene, walk, demand, tier, candidates=candidates)
            parts.append(_rows(ground, min(rules.sites, len(candidates))))
    siting = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=SITING)
    paired = pair_schools(scene, scene.streets.variant, walk=walk).table
    whole = {"schools_of_base": "Int64", "limit": "Int64"}
    return WhereNext(siting.astype(dict.fromkeys(_WHOLE, "Int64")), paired.astype(whole))


def _rows(ground: Ground, sites: int) -> pd.DataFrame:
    found = find_sites(ground, Model.MCLP, sites)
    own = found.sites.rename(columns={"rank": "n"}).drop(columns=["candidate_id", "mean_min"])
    table = found.curve.merge(own, on="n", how="left").assign(
        tier=ground.tier.value,
        minutes=ground.given.limit_s / S_PER_MIN,
        existing=len(ground.existing),
        candidates=len(ground.candidates),
        status=found.status,
        gap=found.gap,
    )
    return table.loc[(table["n"] == 0) | (table["newly_covered_homes"] > 0), SITING]
