"""How sure it is that a home is covered: draws over pace, climbing, waiting and heights.

Nobody knows the pace of the next walker, the wait at a lift or the height of a stair's foot. Each draw is a variant
like any other: the same network priced again, the same search. The share of draws in which a home is covered gives its
class: certain, likely, borderline, uncovered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd

from servicecircle.arrays import Floats, Ints
from servicecircle.coverage import BASES, DISTRICT, in_basis, people_of
from servicecircle.levelling import draw_heights
from servicecircle.model import Direction, Tier, Variant
from servicecircle.network import WalkNetwork
from servicecircle.parameters import Parameters, UncertaintyParameters
from servicecircle.prices import Pricer, walker_of
from servicecircle.reach import Joined, nearest_times

__all__ = [
    "CLASSES",
    "Draw",
    "certainty_table",
    "classify",
    "covered_share",
    "draw_factors",
    "draw_variants",
    "groups_of",
    "home_certainty",
]

CLASSES = ("certain", "likely", "borderline", "uncovered")

Draw = Callable[[WalkNetwork, Joined, Sequence[Ints], Ints, Variant, Parameters], Floats]
"""What answers as ``covered_share`` does."""


def draw_variants(network: WalkNetwork, variant: Variant, parameters: UncertaintyParameters) -> Iterator[Variant]:
    """Draw variants round a variant; the same seed draws the same.

    Pace, climb and patience are lognormal with median 1, one each for all walkers of a draw: what is drawn is how wrong
    the profile is, not how people differ from each other. Heights are drawn from the levelling.
    """
    factors = draw_factors(parameters)
    heights = draw_heights(network.heights, parameters.draws, parameters.seed)
    for (pace, climb, patience), height in zip(factors, heights, strict=True):
        yield replace(
            variant,
            pace=variant.pace * pace,
            climb=variant.climb * climb,
            patience=variant.patience * patience,
            heights_m=height if variant.heights_m is None else variant.heights_m + height,
        )


def draw_factors(parameters: UncertaintyParameters) -> Floats:
    """Draw the factors on pace, climb and patience, as (draws, 3)."""
    rng = np.random.default_rng(parameters.seed)
    spread = np.array([parameters.pace_sd, parameters.climb_sd, parameters.wait_sd])
    return np.asarray(np.exp(rng.standard_normal((parameters.draws, 3)) * np.sqrt(np.log1p(spread**2))))


def groups_of(places: gpd.GeoDataFrame) -> dict[str, Ints]:
    """Return the rows of the places of each tier and basis: ``school_confirmed``, ``school`` (all), ..."""
    tier = places["tier"].to_numpy()
    return {
        f"{name}" if basis == "all" else f"{name}_{basis}": np.flatnonzero((tier == name) & in_basis(places, basis))
        for name in Tier
        for basis in BASES
    }


def covered_share(
    network: WalkNetwork,
    joined: Joined,
    groups: Sequence[Ints],
    homes: Ints,
    variant: Variant,
    parameters: Parameters,
) -> Floats:
    """Share of draws in which each home reaches the nearest place of each group in time, as (groups, homes)."""
    cutoff = parameters.coverage.cutoff_s
    hits = np.zeros((len(groups), len(homes)))
    pricer = Pricer(network, parameters)
    for drawn in draw_variants(network, variant, parameters.uncertainty):
        attached = joined.price(pricer.seconds(drawn), walker_of(drawn, parameters))
        hits += nearest_times(attached, groups, homes, cutoff, Direction.TO) <= cutoff
    return hits / max(parameters.uncertainty.draws, 1)


def classify(share: Floats, parameters: UncertaintyParameters) -> np.ndarray:
    """Name the class of each share of draws.

    Examples
    --------
    >>> from servicecircle.ingest.parameters import read_parameters
    >>> classify(np.array([1.0, 0.9, 0.5, 0.2, 0.0]), read_parameters().uncertainty).tolist()
    ['certain', 'certain', 'likely', 'borderline', 'uncovered']
    """
    at_least = [share >= parameters.certain, share >= parameters.likely, share >= parameters.borderline]
    return np.asarray(np.select(at_least, CLASSES[:3], CLASSES[3]), dtype=object)


def home_certainty(
    network: WalkNetwork,
    joined: Joined,
    places: gpd.GeoDataFrame,
    homes: Ints,
    variant: Variant,
    parameters: Parameters,
    draw: Draw | None = None,
) -> pd.DataFrame:
    """Share of draws and class of each home by tier: ``school_share``, ``school_class``, ``school_confirmed_share`` ...

    Nothing is said (missing) of a tier without a placed facility on a basis, nor where no draws are asked for. ``draw``
    stands in for ``covered_share`` where somebody knows a shorter way to the same.
    """
    groups = groups_of(places)
    share = np.full((len(groups), len(homes)), np.nan)
    known = [k for k, group in enumerate(groups.values()) if len(group) and parameters.uncertainty.draws]
    if known:
        found = (draw or covered_share)(network, joined, list(groups.values()), homes, variant, parameters)
        share[known] = found[known]
    table: dict[str, object] = {}
    for label, row in zip(groups, share, strict=True):
        table[f"{label}_share"] = row
        table[f"{label}_class"] = pd.Series(classify(row, parameters.uncertainty)).where(np.isfinite(row), None)
    return pd.DataFrame(table)


def certainty_table(
    certainty: pd.DataFrame, homes: gpd.GeoDataFrame, models: tuple[str, ...], names: Mapping[str, str]
) -> pd.DataFrame:
    """Homes and people by class, subdistrict, tier and basis; the district first; low and high over the models."""
    people = people_of(homes, models)
    code = homes["subdistrict"].to_numpy()
    rows: list[dict[str, object]] = []
    for place in (DISTRICT, *names):
        inside = np.ones(len(homes), dtype=bool) if place == DISTRICT else code == place
        for tier in Tier:
            for basis in BASES:
                column = f"{tier}_class" if basis == "all" else f"{tier}_{basis}_class"
                for name in CLASSES:
                    members = inside & (certainty[column] == name).to_numpy()
                    total = people[:, members].sum(axis=1)
                    rows.append(
                        {
                            "subdistrict": place,
                            "name": names.get(place, ""),
                            "tier": tier.value,
                            "basis": basis,
                            "class": name,
                            "homes": int(members.sum()),
                            "people_low": total.min(),
                            "people": total[0],
                            "people_high": total.max(),
                            "unknown": bool(certainty[column].isna().all()),
                        }
                    )
    return pd.DataFrame(rows)
