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
import numpy.typing as npt
import pandas as pd

from servicecircle.arrays import Bools, Floats
from servicecircle.model import Status, Tier
from servicecircle.units import QUARTER_S

__all__ = ["BASES", "DISTRICT", "MEASURES", "Access", "compare", "coverage_table", "home_access", "in_basis", "nearest"]

BASES = ("confirmed", "all")
MEASURES = ("radius", "level", "walk")
DISTRICT = "district"


@dataclass(frozen=True, slots=True)
class Access:
    """Door-to-door seconds of the placed facilities (rows) to all homes (columns); ``inf`` beyond the horizon.

    ``facilities`` holds the placed facilities in the rows' order. ``radius_m`` is the straight-line distance.
    """

    facilities: gpd.GeoDataFrame
    walk_s: Floats
    level_s: Floats
    radius_m: Floats

    def within(self, measure: str, cutoff_s: float, radius_m: float) -> Bools:
        """Whether each place is within reach of each home by a measure."""
        if measure == "radius":
            return np.asarray(self.radius_m <= radius_m)
        return np.asarray((self.walk_s if measure == "walk" else self.level_s) <= cutoff_s)


def in_basis(facilities: gpd.GeoDataFrame, basis: str) -> Bools:
    """Whether each facility counts on a basis (only those with a position ever do)."""
    placed = np.asarray(facilities["located"] | facilities["approximate"], dtype=bool)
    if basis == "all":
        return placed
    named = facilities["status"].isin([Status.LOADED, Status.VERIFIED])
    return np.asarray(named & facilities["located"], dtype=bool)


def nearest(seconds: Floats, rows: Bools) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Seconds to and row of the nearest of the chosen places, for each home; ``inf`` and -1 where there is none."""
    chosen = np.flatnonzero(rows)
    if not len(chosen):
        return np.full(seconds.shape[1], np.inf), np.full(seconds.shape[1], -1)
    block = seconds[chosen]
    at = block.argmin(axis=0)
    best = block[at, np.arange(block.shape[1])]
    return best, np.where(np.isfinite(best), chosen[at], -1)


def home_access(access: Access) -> pd.DataFrame:
    """Tell what each home reaches on foot: nearest of each tier, how many within 15 minutes, of how many categories.

    Columns without a basis in the name count all placed facilities; ``_confirmed_s`` only confirmed, located ones.
    Homes are rows, in the columns' order of ``access``; unreachable is missing.
    """
    places = access.facilities
    tier = places["tier"].to_numpy()
    near = access.walk_s <= QUARTER_S
    table: dict[str, object] = {}
    for name in Tier:
        of_tier = tier == name
        for basis, suffix in (("all", "_s"), ("confirmed", "_confirmed_s")):
            seconds, at = nearest(access.walk_s, of_tier & in_basis(places, basis))
            table[f"nearest_{name}{suffix}"] = np.where(np.isfinite(seconds), seconds, np.nan)
            if basis == "all":
                ids = places["facility_id"].to_numpy()
                table[f"nearest_{name}_id"] = np.where(at >= 0, ids[at], None)
        table[f"n_{name}_900"] = near[of_tier].sum(axis=0)
    base = tier == Tier.BASE
    categories = places["category"].to_numpy()
    known = [c for c in pd.unique(categories[base]) if isinstance(c, str)]
    reached = [near[base & (categories == c)].any(axis=0) for c in known]
    table["n_categories_900"] = np.sum(reached, axis=0) if reached else np.zeros(near.shape[1], dtype=np.int64)
    return pd.DataFrame(table)


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
    groups = {DISTRICT: np.ones(len(homes), dtype=bool)}
    groups |= {code: (homes["subdistrict"] == code).to_numpy() for code in names}
    people = np.vstack([homes[f"people_{m}"].to_numpy(dtype=np.float64) for m in models])
    tier_of = access.facilities["tier"].to_numpy()
    rows: list[dict[str, object]] = []
    for tier in Tier:
        for basis in BASES:
            chosen = (tier_of == tier) & in_basis(access.facilities, basis)
            for cutoff in cutoffs_s:
                for measure in MEASURES if cutoff == at_s else ("level", "walk"):
                    covered = access.within(measure, cutoff, radius_m)[chosen].any(axis=0)
                    for code, inside in groups.items():
                        key = {
                            "subdistrict": code,
                            "name": names.get(code, ""),
                            "tier": tier.value,
                            "basis": basis,
                            "measure": measure,
                            "cutoff_s": cutoff,
                        }
                        rows.append(key | _count(people, covered, inside, unknown=not chosen.any()))
    return pd.DataFrame(rows)


def _count(people: Floats, covered: Bools, inside: Bools, *, unknown: bool) -> dict[str, object]:
    total = people[:, inside].sum(axis=1)
    reached = people[:, inside & covered].sum(axis=1)
    share = np.divide(reached, total, out=np.full(len(total), np.nan), where=total > 0)
    mean = reached.mean() / total.mean() if total.mean() > 0 else np.nan
    out: dict[str, object] = {"homes": int(inside.sum()), "homes_covered": int((inside & covered).sum())}
    out |= _range("people", total) | _range("covered", reached)
    shares = (share.min(), mean, share.max()) if np.isfinite(share).all() and not unknown else (np.nan,) * 3
    out |= dict(zip(("share_low", "share", "share_high"), shares, strict=True))
    return out | {"unknown": unknown}


def _range(name: str, by_model: Floats) -> dict[str, object]:
    return {f"{name}_low": by_model.min(), name: by_model.mean(), f"{name}_high": by_model.max()}


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
    people = np.vstack([homes[f"people_{m}"].to_numpy(dtype=np.float64) for m in models])
    code = homes["subdistrict"].to_numpy()
    rows: list[dict[str, object]] = []
    for tier in Tier:
        for basis in BASES:
            was, now = (_covered(access, tier, basis, cutoff_s) for access in (before, after))
            for place in (DISTRICT, *names):
                inside = np.ones(len(homes), dtype=bool) if place == DISTRICT else code == place
                gained, lost = inside & now & ~was, inside & was & ~now
                if not (gained.any() or lost.any()):
                    continue
                key = {"subdistrict": place, "name": names.get(place, ""), "tier": tier.value, "basis": basis}
                count = {"homes_gained": int(gained.sum()), "homes_lost": int(lost.sum())}
                ranges = _range("people_gained", people[:, gained].sum(axis=1))
                rows.append(key | count | ranges | _range("people_lost", people[:, lost].sum(axis=1)))
    kinds = ("people_gained", "people_lost")
    numbers = [f"{kind}{end}" for kind in kinds for end in ("_low", "", "_high")]
    columns = ["subdistrict", "name", "tier", "basis", "homes_gained", "homes_lost", *numbers]
    return pd.DataFrame(rows, columns=columns)


def _covered(access: Access, tier: Tier, basis: str, cutoff_s: float) -> Bools:
    chosen = (access.facilities["tier"] == tier).to_numpy() & in_basis(access.facilities, basis)
    return np.asarray((access.walk_s[chosen] <= cutoff_s).any(axis=0))
