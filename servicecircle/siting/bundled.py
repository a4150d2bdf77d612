"""Where next as a bundle tells it: the first sites of every tier, a term of mobile classes, schools and their bases."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from servicecircle.demand import Demand
from servicecircle.model import Tier
from servicecircle.reach import Attached
from servicecircle.scene import Scene
from servicecircle.siting.candidates import registry_candidates
from servicecircle.siting.classes import SERVED, TIMETABLE, Mobile, basins_of, find_classes
from servicecircle.siting.ground import Ground, ground_in
from servicecircle.siting.models import Model
from servicecircle.siting.pairing import pair_schools
from servicecircle.siting.sites import find_sites
from servicecircle.units import S_PER_MIN

__all__ = ["MOBILE", "MOBILE_SERVED", "MOBILE_TIERS", "SITING", "WhereNext", "where_next"]

SITING = [
    "tier", "n", "candidate_id", "name", "kind", "newly_covered_low", "newly_covered", "newly_covered_high",
    "newly_covered_homes", "covered_low", "covered", "covered_high", "share", "best_covered", "mean_min", "worst_min",
    "minutes", "existing", "candidates", "status", "gap",
]  # fmt: skip
"""Columns of the table: one row a tier and number of sites, 0 first; each with the site that is added."""

MOBILE_TIERS = (Tier.SCHOOL, Tier.COMMUNITY)
"""Whose classes can come to a borrowed room: those of the parent schools. A base cannot travel."""
MOBILE = ["tier", *TIMETABLE]
"""Columns of the table of mobile classes: one row a tier and class."""
MOBILE_SERVED = ["tier", *SERVED, "minutes", "candidates", "status", "gap"]
"""Columns of the table of the neighbourhoods without a place: one row a tier and neighbourhood."""

_WHOLE = ["n", "newly_covered_homes", "existing", "candidates"]


@dataclass(frozen=True, slots=True)
class WhereNext:
    """What a bundle proposes, as tables.

    Attributes
    ----------
    siting
        Columns of ``SITING``.
    mobile, mobile_served
        Columns of ``MOBILE`` and ``MOBILE_SERVED``: a term with the defaults of the parameters.
    pairing
        Columns of ``siting.pairing.PAIRING``.
    """

    siting: pd.DataFrame
    mobile: pd.DataFrame
    mobile_served: pd.DataFrame
    pairing: pd.DataFrame


def where_next(scene: Scene, walk: Attached, demand: Demand) -> WhereNext:
    """Propose sites of each tier and mobile classes in the rooms of the registry, and pair schools with bases.

    A tier without any candidate has no rows. Sites that add nobody are left out, so that a tier may have fewer than
    ``siting.sites``.
    """
    rules = scene.streets.parameters.siting
    parts, terms, basins = [], [], None
    for tier in Tier:
        candidates = registry_candidates(scene.places, tier, rules)
        if len(candidates):
            ground = ground_in(scene, walk, demand, tier, candidates=candidates)
            parts.append(_rows(ground, min(rules.sites, len(candidates))))
            if tier in MOBILE_TIERS:
                basins = basins_of(ground) if basins is None else basins
                terms.append(find_classes(ground, basins=basins))
    siting = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=SITING)
    paired = pair_schools(scene, scene.streets.variant, walk=walk).table
    whole = {"schools_of_base": "Int64", "limit": "Int64"}
    mobile, served = _classes(terms)
    return WhereNext(siting.astype(dict.fromkeys(_WHOLE, "Int64")), mobile, served, paired.astype(whole))


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


def _classes(terms: list[Mobile]) -> tuple[pd.DataFrame, pd.DataFrame]:
    mobile, served = [pd.DataFrame(columns=MOBILE)], [pd.DataFrame(columns=MOBILE_SERVED)]
    for found in terms:
        ground = found.ground
        mobile.append(found.timetable.assign(tier=ground.tier.value)[MOBILE])
        told = found.served.assign(
            tier=ground.tier.value,
            minutes=ground.given.limit_s / S_PER_MIN,
            candidates=len(ground.candidates),
            status=found.status,
            gap=found.rota.gap,
        )
        served.append(told[MOBILE_SERVED])
    return _joined(mobile), _joined(served)


def _joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Put tables together; the first one, which is empty, has the columns."""
    rows = [part for part in parts if len(part)]
    return pd.concat(rows, ignore_index=True) if rows else parts[0]
