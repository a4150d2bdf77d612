"""Where next: sites for a tier, what each adds, and what would help where the question has no answer."""

from __future__ import annotations

import time
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from servicecircle.arrays import Floats
from servicecircle.errors import Fault, InputError
from servicecircle.siting.ground import Ground
from servicecircle.siting.models import Model, in_order, lscp, mclp, pcentre, pmedian, worst_s
from servicecircle.siting.relaxing import Relaxation, relaxations
from servicecircle.units import S_PER_MIN

__all__ = ["Siting", "find_sites", "helped_homes"]


@dataclass(frozen=True, slots=True)
class Siting:
    """The answer to where next.

    Attributes
    ----------
    status
        ``optimal`` (no choice is better), ``bounded`` (the work was used up; ``gap`` says how far it may be off), or
        ``infeasible``: ``sites`` is then what can be done, ``relaxations`` what would help.
    objective, bound
        ``mclp``: people newly covered. ``lscp``: sites. ``pmedian``: minutes of the mean walk, unreachable ones at the
        horizon. ``pcentre``: minutes of the longest walk.
    sites
        One row a site, in the order in which each next one adds most: ``rank, candidate_id, name, kind, lon, lat,
        capacity, newly_covered_low, newly_covered, newly_covered_high, newly_covered_homes``.
    curve
        One row a number of sites, 0 first: ``n, candidate_id, gain, covered_low, covered, covered_high, share,
        mean_min, worst_min``; with ``mclp`` also ``best_covered``: with the best n sites.
    uncoverable
        Homes that no place and no candidate covers: ``demand_id, people, nearest_min`` (missing beyond the horizon).
    """

    model: Model
    ground: Ground
    add: int | None
    status: str
    objective: float
    bound: float
    gap: float
    seconds: float
    sites: pd.DataFrame
    curve: pd.DataFrame
    uncoverable: pd.DataFrame
    relaxations: tuple[Relaxation, ...]


def find_sites(ground: Ground, model: str = "mclp", add: int | None = None) -> Siting:
    """Choose sites among the candidates; what is there already stays.

    Parameters
    ----------
    add
        How many sites; ``lscp`` finds out by itself, and takes it for the most there can be.

    Raises
    ------
    InputError
        Unknown model, no number of sites, more sites than candidates.
    """
    _check(ground, model, add)
    kind, work, given = Model(model), ground.scene.streets.parameters.siting.work, ground.given
    began = time.perf_counter()
    if kind is Model.LSCP:
        found = lscp(given, work)
    else:
        solve = {Model.MCLP: mclp, Model.PMEDIAN: pmedian, Model.PCENTRE: pcentre}[kind]
        found = solve(given, int(add or 0), work)
    order = in_order(given, kind, found.chosen)
    help_ = relaxations(given, kind, found, add, work)
    curve = _curve(ground, order)
    if kind is Model.MCLP:
        covered = float(curve["covered"].iloc[0])
        best = [mclp(given, k, work).value for k in range(1, len(order))] if len(order) > 1 else []
        curve["best_covered"] = [covered, *(covered + v for v in best), covered + found.value]
    seconds = time.perf_counter() - began
    objective, bound = found.value, found.bound
    if kind is Model.PMEDIAN:
        people, base = given.people.sum(), np.minimum(given.base_s, given.horizon_s)
        total = float((given.people * base).sum())
        objective, bound = ((total - v) / max(people, 1e-12) / S_PER_MIN for v in (found.value, found.bound))
    elif kind is Model.PCENTRE:
        objective, bound = found.value / S_PER_MIN, found.bound / S_PER_MIN
    status = "infeasible" if help_ else "optimal" if found.proven else "bounded"
    sites = _sites(ground, order, curve)
    return Siting(
        kind, ground, add, status, objective, bound, found.gap, seconds, sites, curve, _uncoverable(ground), help_
    )


def helped_homes(found: Siting) -> gpd.GeoDataFrame:
    """Return the homes that the sites cover newly, for a map: EPSG:4326, by ``demand_id``.

    Returns
    -------
    gpd.GeoDataFrame
        ``demand_id, people, candidate_id`` (the site nearest to the home), ``before_min`` (to the nearest place so far,
        missing beyond the horizon), ``after_min``.
    """
    ground, given = found.ground, found.ground.given
    sites = pd.Index(ground.candidates["candidate_id"]).get_indexer(pd.Index(found.sites["candidate_id"]))
    order = tuple(int(j) for j in np.sort(sites))
    after = given.after(order)
    chosen = np.flatnonzero((after <= given.limit_s) & given.wanting())
    nearest = given.seconds[list(order)][:, chosen].argmin(axis=0) if order else np.zeros(0, dtype=np.int64)
    before = np.where(np.isfinite(given.base_s), given.base_s, np.nan)[chosen]
    homes = ground.homes.iloc[chosen]
    columns = {
        "demand_id": homes["demand_id"].to_numpy(),
        "people": given.people[chosen],
        "candidate_id": ground.candidates["candidate_id"].to_numpy()[np.array(order, dtype=np.int64)[nearest]],
        "before_min": before / S_PER_MIN,
        "after_min": after[chosen] / S_PER_MIN,
    }
    return gpd.GeoDataFrame(columns, geometry=homes.geometry.to_numpy(), crs=homes.crs)


def _check(ground: Ground, model: str, add: int | None) -> None:
    faults, n = [], len(ground.candidates)
    if model not in set(Model):
        faults.append(Fault("unknown model", f"use one of: {', '.join(Model)}", column="--model", value=model))
    if add is None and model != Model.LSCP:
        faults.append(Fault("how many sites?", "give a number", column="--add"))
    elif add is not None and add < 1:
        faults.append(Fault("fewer than one site", "give a number from 1", column="--add", value=add))
    elif add is not None and add > n and model != Model.LSCP:
        faults.append(Fault(f"more sites than candidates: there are {n}", "ask for fewer", column="--add", value=add))
    if faults:
        raise InputError(faults)


def _curve(ground: Ground, order: tuple[int, ...]) -> pd.DataFrame:
    """Tell what the first n sites reach, from none to all."""
    given, covered = ground.given, 0.0
    rows: list[dict[str, object]] = []
    total = given.people.sum()
    for n in range(len(order) + 1):
        after: Floats = given.after(order[:n])
        low, middle, high = ground.range_of(after <= given.limit_s)
        mean = float((given.people * np.minimum(after, given.horizon_s)).sum() / total) if total > 0 else np.nan
        rows.append(
            {
                "n": n,
                "candidate_id": ground.candidates["candidate_id"].iloc[order[n - 1]] if n else None,
                "gain": middle - covered if n else 0.0,
                "covered_low": low,
                "covered": middle,
                "covered_high": high,
                "share": middle / total if total > 0 else np.nan,
                "mean_min": mean / S_PER_MIN,
                "worst_min": worst_s(given, order[:n]) / S_PER_MIN,
            }
        )
        covered = middle
    return pd.DataFrame(rows)


def _sites(ground: Ground, order: tuple[int, ...], curve: pd.DataFrame) -> pd.DataFrame:
    given = ground.given
    table = ground.candidates.iloc[list(order)].drop(columns=["place"]).reset_index(drop=True)
    table.insert(0, "rank", np.arange(1, len(table) + 1))
    new = [
        (given.after(order[: k + 1]) <= given.limit_s) & ~(given.after(order[:k]) <= given.limit_s)
        for k in range(len(order))
    ]
    ranges = [ground.range_of(homes) for homes in new]
    for column, name in enumerate(("newly_covered_low", "newly_covered", "newly_covered_high")):
        table[name] = [r[column] for r in ranges]
    table["newly_covered_homes"] = [int(homes.sum()) for homes in new]
    table["mean_min"] = curve["mean_min"].to_numpy()[1:]
    return table


def _uncoverable(ground: Ground) -> pd.DataFrame:
    """List the homes that no candidate covers, most people first."""
    given = ground.given
    chosen = np.flatnonzero(given.hopeless())
    nearest = given.after(tuple(range(given.n)))[chosen]
    homes = ground.homes.iloc[chosen]
    table = pd.DataFrame(
        {
            "demand_id": homes["demand_id"].to_numpy(),
            "people": given.people[chosen],
            "nearest_min": np.where(np.isfinite(nearest), nearest, np.nan) / S_PER_MIN,
            "lon": homes.geometry.x.to_numpy(),
            "lat": homes.geometry.y.to_numpy(),
        }
    )
    return table.sort_values(["people", "demand_id"], ascending=[False, True], ignore_index=True)
