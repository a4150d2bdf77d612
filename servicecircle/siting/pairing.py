"""Which base each school uses (绿色通道): near, of every category, and none asked by more schools than it can take.

A transport problem for each category: as many schools as can be have a base, then the walks are the shortest in all.
Its matrix is totally unimodular, so an assignment of schools to slots of bases solves it exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.optimize import linear_sum_assignment

from servicecircle.arrays import Bools, Floats, Ints
from servicecircle.crs import WGS84
from servicecircle.errors import Fault, InputError
from servicecircle.model import Direction, Kind, Variant
from servicecircle.parameters import Parameters
from servicecircle.reach import Attached, door_to_door
from servicecircle.scene import Scene
from servicecircle.units import S_PER_MIN

__all__ = ["PAIRING", "Pairing", "assign", "pair_schools", "pairing_lines"]

PAIRING = [
    "school_id", "school", "category", "base_id", "base", "status", "position_confidence", "walk_s", "schools_of_base",
    "limit", "limit_basis", "why_zh", "why_en",
]  # fmt: skip
"""Columns of the table: one row a located school and category; without a base, why."""

_OF_BASE = ("facility_id", "name", "status", "position_confidence")
_TIE = 1e6  # whole seconds stand above everything that breaks ties
_NONE = "限时内没有该类基地", "no base of this category within the limit"
_FULL = "该类基地的名额已满", "the bases of this category are full"


@dataclass(frozen=True, slots=True)
class Pairing:
    """The table, who walks, and what was taken for granted.

    ``assumed_schools``: schools that a base of unknown capacity takes in its category; nobody has said so.
    """

    table: pd.DataFrame
    minutes: float
    assumed_schools: int
    group_size: int
    bases: pd.DataFrame


def assign(seconds: Floats, limit: Ints) -> Ints:
    """Give each row a column, none more often than its limit: as many rows as can be, then the least seconds in all.

    Seconds count whole; of equals the columns with low numbers. -1 where a row has none.

    Examples
    --------
    >>> assign(np.array([[10.0, 20.0], [10.0, 90.0]]), np.array([1, 1])).tolist()
    [1, 0]
    """
    rows, columns = seconds.shape
    slot = np.repeat(np.arange(columns), np.minimum(limit, rows))
    cost = np.full((rows, len(slot) + rows), np.nan)
    whole = np.where(np.isfinite(seconds), np.rint(seconds), 0.0)
    none = _TIE * (float(whole.sum()) + 1.0)  # dearer than all walks together
    priced = np.where(np.isfinite(seconds), whole * _TIE + np.arange(columns), 2.0 * none)
    cost[:, : len(slot)] = priced[:, slot]
    cost[:, len(slot) :] = none
    _, found = linear_sum_assignment(cost)
    chosen = np.append(slot, np.full(rows, -1))[found]
    far = (chosen >= 0) & ~np.isfinite(seconds[np.arange(rows), chosen])
    return np.where(far, -1, chosen).astype(np.int64)


def pair_schools(
    scene: Scene, variant: Variant, *, minutes: float | None = None, schools_per_base: int | None = None,
    walk: Attached | None = None,
) -> Pairing:  # fmt: skip
    """Pair every located school with a base of each category.

    Parameters
    ----------
    scene
        Places with their doors; homes are not asked.
    minutes
        The longest walk from the school to the base; ``siting.pairing_minutes`` if not given.
    schools_per_base
        What a base of unknown capacity is assumed to take; ``siting.pairing_schools`` if not given. A base of known
        capacity takes as many groups of ``routes.group_size`` as it has room for.
    walk
        The prices of the variant, where they are known.

    Raises
    ------
    InputError
        Minutes or schools out of range.
    """
    parameters = scene.streets.parameters
    rules, group = parameters.siting, parameters.routes.group_size
    limit_min = rules.pairing_minutes if minutes is None else minutes
    assumed = rules.pairing_schools if schools_per_base is None else schools_per_base
    _check(limit_min, assumed, parameters)
    places, located = scene.places, scene.places["located"].to_numpy(dtype=bool)
    school = _by_id(places, np.flatnonzero((places["kind"] == Kind.SCHOOL).to_numpy() & located))
    base = _by_id(places, np.flatnonzero(places["kind"].isin(rules.pairing_kinds).to_numpy() & located))
    walk = scene.priced(variant) if walk is None else walk
    seconds = door_to_door(walk, school, base, limit_min * S_PER_MIN, Direction.FROM)
    capacity = pd.to_numeric(places["capacity"].iloc[base], errors="coerce").to_numpy(dtype=np.float64)
    known = np.isfinite(capacity)
    limit = np.where(known, np.floor(np.where(known, capacity, 0.0) / group), assumed).astype(np.int64)
    category = places["category"].to_numpy(dtype=object)[base]
    parts = []
    for name in scene.streets.study.categories.index:
        own = np.flatnonzero(category == name)
        chosen = assign(seconds[:, own], limit[own]) if len(own) else np.full(len(school), -1)
        at = np.append(own, -1)[chosen]
        parts.append(_rows(places, school, base, str(name), at, seconds, limit, known))
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=PAIRING)
    table = table.sort_values("school_id", kind="stable", ignore_index=True)
    return Pairing(table, limit_min, assumed, group, _bases(places, base, table, limit, known))


def pairing_lines(table: pd.DataFrame, facilities: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the pairs as straight lines from school to base, for a map: EPSG:4326, the columns of the table."""
    told = table[table["base_id"].notna()].reset_index(drop=True)
    at = facilities.set_index("facility_id").geometry
    ends = [shapely.get_coordinates(at.reindex(told[key]).to_numpy()) for key in ("school_id", "base_id")]
    lines = shapely.linestrings(np.stack(ends, axis=1).reshape(-1, 2, 2))
    return gpd.GeoDataFrame(told, geometry=lines, crs=WGS84)


def _check(minutes: float, schools: int, parameters: Parameters) -> None:
    most = parameters.coverage.horizon_s / S_PER_MIN
    faults = []
    if not 0 < minutes <= most:
        faults.append(
            Fault(
                "not a number of minutes", f"give more than 0 and at most {most:g}", column="--minutes", value=minutes
            )
        )
    if schools < 1:
        faults.append(Fault("fewer than one school", "give a number from 1", column="--schools", value=schools))
    if faults:
        raise InputError(faults)


def _by_id(places: gpd.GeoDataFrame, rows: Ints) -> Ints:
    return rows[np.argsort(places["facility_id"].to_numpy(dtype=str)[rows], kind="stable")]


def _rows(
    places: gpd.GeoDataFrame, school: Ints, base: Ints, category: str, at: Ints, seconds: Floats, limit: Ints,
    known: np.ndarray,
) -> pd.DataFrame:  # fmt: skip
    """One row a school, for one category; ``at`` is its base, -1 for none."""
    own = np.asarray(places["category"].to_numpy(dtype=object)[base] == category, dtype=bool)
    near: Bools = np.asarray(np.isfinite(seconds[:, own]).any(axis=1))
    has: Bools = np.asarray(at >= 0)
    why = [(None, None) if has[k] else _FULL if near[k] else _NONE for k in range(len(at))]
    count = np.bincount(at[has], minlength=len(base))
    blank: list[object] = [None]
    about = {c: [*places[c].to_numpy(dtype=object)[base], *blank] for c in _OF_BASE}  # at -1: none
    told = {c: [values[k] for k in at] for c, values in about.items()}
    basis = [*np.where(known, "capacity", "assumed"), *blank]
    columns = {
        "school_id": places["facility_id"].to_numpy()[school],
        "school": places["name"].to_numpy()[school],
        "category": category,
        "base_id": told["facility_id"],
        "base": told["name"],
        "status": told["status"],
        "position_confidence": told["position_confidence"],
        "walk_s": [seconds[k, j] if j >= 0 else np.nan for k, j in enumerate(at)],
        "schools_of_base": np.append(count.astype(np.float64), np.nan)[at],
        "limit": np.append(limit.astype(np.float64), np.nan)[at],
        "limit_basis": [basis[k] for k in at],
        "why_zh": [zh for zh, _ in why],
        "why_en": [en for _, en in why],
    }
    return pd.DataFrame(columns, columns=PAIRING)


def _bases(places: gpd.GeoDataFrame, base: Ints, table: pd.DataFrame, limit: Ints, known: np.ndarray) -> pd.DataFrame:
    """One row a base: its limit, and how many schools it has."""
    ids = places["facility_id"].to_numpy()[base]
    schools = table.groupby("base_id").size().reindex(ids, fill_value=0)
    return pd.DataFrame(
        {
            "base_id": ids,
            "base": places["name"].to_numpy()[base],
            "category": places["category"].to_numpy()[base],
            "schools": schools.to_numpy(),
            "limit": limit,
            "limit_basis": np.where(known, "capacity", "assumed"),
        }
    )
