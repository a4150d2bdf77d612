"""Coverage, counted at doors: seconds from each home to each place, never from polygons.

Everything is counted twice, side by side: ``confirmed`` (named by the district and located) and ``all`` (with
candidates and approximate positions); and by three measures: ``radius`` (the standard's straight line), ``level`` (the
same walker without hills) and ``walk`` (mountain-true). Radius minus level is the detour of the streets, level minus
walk is the terrain loss.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from servicecircle.arrays import Bools, Floats, Ints
from servicecircle.model import Status, Tier
from servicecircle.pairs import Near, Pairs
from servicecircle.sums import add_up

__all__ = [
    "BASES",
    "DISTRICT",
    "MEASURES",
    "Access",
    "by_subdistrict",
    "compare",
    "coverage_table",
    "home_access",
    "in_basis",
    "people_of",
    "ranged",
]

BASES = ("confirmed", "all")
MEASURES = ("radius", "level", "walk")
DISTRICT = "district"


@dataclass(frozen=True, slots=True)
class Access:
    """Who reaches what from every home, as much of it as is within reach: memory grows with homes and with pairs.

    Attributes
    ----------
    facilities
        The placed facilities. Places are rows of it, homes rows of the table of homes.
    categories
        The categories of bases, whether or not any place has one.
    cutoffs_s
        Seconds that places are counted within, ascending.
    near
        By tier, basis and measure (of ``MEASURES``, and ``opened``: on foot with every link open): the nearest place of
        each home, to the horizon. Home to place; in seconds, in metres by the radius.
    back_s
        By tier: seconds from the nearest of all its places, on foot, back to the home; ``inf`` beyond the horizon.
    category_s
        By category: seconds on foot to the nearest base of it.
    pairs
        By measure: places and homes within the largest cutoff, home to place, or within the standard's radius.
    """

    facilities: gpd.GeoDataFrame
    categories: tuple[str, ...]
    cutoffs_s: tuple[float, ...]
    near: Mapping[tuple[str, str, str], Near]
    back_s: Mapping[str, Floats]
    category_s: Mapping[str, Floats]
    pairs: Mapping[str, Pairs]

    @property
    def n_homes(self) -> int:
        """Number of homes."""
        return len(self.nearest(Tier.SCHOOL, "all", "walk").at)

    def nearest(self, tier: str, basis: str, measure: str) -> Near:
        """Return the nearest place of every home."""
        return self.near[str(tier), basis, measure]

    def covered(self, tier: str, basis: str, measure: str, limit: float) -> Bools:
        """Whether each home has a place within a limit: seconds, metres by the radius."""
        return np.asarray(self.nearest(tier, basis, measure).apart <= limit)

    def rows(self, tier: str, basis: str) -> Bools:
        """Whether each place is of a tier and counts on a basis."""
        return np.asarray(self.facilities["tier"] == tier, dtype=bool) & in_basis(self.facilities, basis)

    def count(self, tier: str, basis: str, cutoff_s: float) -> Ints:
        """Count the places within a cutoff of every home on foot."""
        return self.pairs["walk"].count(self.rows(tier, basis), cutoff_s, self.n_homes)


def in_basis(facilities: gpd.GeoDataFrame, basis: str) -> Bools:
    """Whether each facility counts on a basis (only those with a position ever do)."""
    placed = np.asarray(facilities["located"] | facilities["approximate"], dtype=bool)
    if basis == "all":
        return placed
    named = facilities["status"].isin([Status.LOADED, Status.VERIFIED])
    return np.asarray(named & facilities["located"], dtype=bool)


def people_of(homes: gpd.GeoDataFrame, models: tuple[str, ...]) -> Floats:
    """People of every home: the middle in the first row, then a row a population model."""
    return np.vstack([homes[c].to_numpy(dtype=np.float64) for c in ("people", *(f"people_{m}" for m in models))])


def by_subdistrict(homes: gpd.GeoDataFrame, names: Mapping[str, str]) -> dict[str, Ints]:
    """Homes of the district, then of each subdistrict by code, as row numbers."""
    code = homes["subdistrict"].to_numpy()
    return {DISTRICT: np.arange(len(homes))} | {place: np.flatnonzero(code == place) for place in names}


def ranged(name: str, by_model: Floats) -> dict[str, object]:
    """``NAME_low``, ``NAME``, ``NAME_high``: least, middle and most; rows as of ``people_of``."""
    return {f"{name}_low": by_model.min(axis=0), name: by_model[0], f"{name}_high": by_model.max(axis=0)}


def home_access(access: Access) -> pd.DataFrame:
    """Tell what each home reaches on foot: nearest of each tier and category, there and back, how many, of how many.

    Returns
    -------
    pd.DataFrame
        One row a home. By tier: ``nearest_school_s``, ``_id``, ``_confirmed_s`` (only confirmed and located places;
        all others count all placed ones), ``_back_s`` (from that place home), ``n_school_900`` (places within 900 s)
        for each cutoff. ``n_categories_900``: of how many categories. By category of bases: ``nearest_health_s``.
        Unreachable is missing.
    """
    ids = access.facilities["facility_id"].to_numpy()
    table: dict[str, object] = {}
    for tier in Tier:
        near = access.nearest(tier, "all", "walk")
        table[f"nearest_{tier}_s"] = _or_missing(near.apart)
        table[f"nearest_{tier}_id"] = np.where(near.at >= 0, ids[near.at], None) if len(ids) else None
        table[f"nearest_{tier}_confirmed_s"] = _or_missing(access.nearest(tier, "confirmed", "walk").apart)
        table[f"nearest_{tier}_back_s"] = _or_missing(access.back_s[tier])
        for cutoff in access.cutoffs_s:
            table[f"n_{tier}_{cutoff:g}"] = access.count(tier, "all", cutoff)
    for cutoff in access.cutoffs_s:
        reached = np.zeros(access.n_homes, dtype=np.int64)
        for name in access.categories:
            reached += access.category_s[name] <= cutoff
        table[f"n_categories_{cutoff:g}"] = reached
    for name in access.categories:
        table[f"nearest_{name}_s"] = _or_missing(access.category_s[name])
    return pd.DataFrame(table, index=pd.RangeIndex(access.n_homes))


def coverage_table(
    access: Access,
    homes: gpd.GeoDataFrame,
    models: tuple[str, ...],
    names: Mapping[str, str],
    cutoffs_s: tuple[float, ...],
    standard: tuple[float, float],
) -> pd.DataFrame:
    """People and homes within reach, by subdistrict, tier, basis, cutoff and measure; the district first.

    Low and high are the range over the population models of the *group's* totals, not sums of each home's range.
    A share is missing and ``unknown`` true where no place of the tier has a position on that basis.
    ``standard`` is the cutoff in seconds that the standard's radius in metres stands for: the radius counts there.
    """
    at_s, radius_m = standard
    codes, people = (DISTRICT, *names), people_of(homes, models)
    group = pd.Index(list(names), dtype=object).get_indexer(pd.Index(homes["subdistrict"], dtype=object))

    def add(chosen: Bools) -> Floats:
        """Homes in the first row, people below; a column a subdistrict, the district first."""
        count, found = np.zeros(len(codes), dtype=np.int64), np.zeros((len(people), len(codes)))
        add_up(people, group, chosen, count, found)
        return np.vstack([count, found])

    totals = add(np.ones(len(homes), dtype=bool))
    rows: list[dict[str, object]] = []
    for tier in Tier:
        for basis in BASES:
            unknown = not access.rows(tier, basis).any()
            for cutoff in cutoffs_s:
                for measure in MEASURES if cutoff == at_s else ("level", "walk"):
                    limit = radius_m if measure == "radius" else cutoff
                    covered = add(access.covered(tier, basis, measure, limit))
                    for code, total, reached in zip(codes, totals.T, covered.T, strict=True):
                        key = {
                            "subdistrict": code,
                            "name": names.get(code, ""),
                            "tier": tier.value,
                            "basis": basis,
                            "measure": measure,
                            "cutoff_s": cutoff,
                        }
                        count = {"homes": int(total[0]), "homes_covered": int(reached[0])}
                        shares = _shares(reached[1:], total[1:], unknown=unknown)
                        rows.append(key | count | shares)
    return pd.DataFrame(rows)


def _shares(reached: Floats, total: Floats, *, unknown: bool) -> dict[str, object]:
    share = np.divide(reached, total, out=np.full(len(total), np.nan), where=total > 0)
    mean = reached[0] / total[0] if total[0] > 0 else np.nan
    shares = (share.min(), mean, share.max()) if np.isfinite(share).all() and not unknown else (np.nan,) * 3
    out = ranged("people", total) | ranged("covered", reached)
    return out | dict(zip(("share_low", "share", "share_high"), shares, strict=True)) | {"unknown": unknown}


def _or_missing(seconds: Floats) -> Floats:
    return np.where(np.isfinite(seconds), seconds, np.nan)


def compare(
    before: Access,
    after: Access,
    homes: gpd.GeoDataFrame,
    models: tuple[str, ...],
    names: Mapping[str, str],
    cutoff_s: float,
) -> pd.DataFrame:
    """Who gains and who loses coverage between two variants, by subdistrict, tier and basis; the district first.

    Only rows in which somebody gains or loses. A tier of which no place counts covers nobody.
    """
    people, code = people_of(homes, models), homes["subdistrict"].to_numpy()
    rows: list[dict[str, object]] = []
    for tier in Tier:
        for basis in BASES:
            was, now = (access.covered(tier, basis, "walk", cutoff_s) for access in (before, after))
            for place in (DISTRICT, *names):
                inside = np.ones(len(homes), dtype=bool) if place == DISTRICT else code == place
                gained, lost = inside & now & ~was, inside & was & ~now
                if not (gained.any() or lost.any()):
                    continue
                key = {"subdistrict": place, "name": names.get(place, ""), "tier": tier.value, "basis": basis}
                count = {"homes_gained": int(gained.sum()), "homes_lost": int(lost.sum())}
                ranges = ranged("people_gained", people[:, gained].sum(axis=1))
                rows.append(key | count | ranges | ranged("people_lost", people[:, lost].sum(axis=1)))
    kinds = ("people_gained", "people_lost")
    numbers = [f"{kind}{end}" for kind in kinds for end in ("_low", "", "_high")]
    columns = ["subdistrict", "name", "tier", "basis", "homes_gained", "homes_lost", *numbers]
    return pd.DataFrame(rows, columns=columns)
