"""Sums of the bundle's homes and tables that charts and sentences show. No time is computed here, only people added."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from maps.charts import Bars, Curve, Histogram
from maps.report.phrases import shortened
from maps.report.reading import Study
from maps.style import TIERS

__all__ = [
    "BASES",
    "CLASSES",
    "DISTRICT",
    "Share",
    "beyond",
    "certainty",
    "choices",
    "choices_at",
    "curve",
    "histogram",
    "share",
    "worst_gaps",
    "years",
]

DISTRICT = "district"
BASES = ("confirmed", "all")
CLASSES = ("uncovered", "borderline", "likely", "certain")
LONGEST_MIN = 30
BIN_MIN = 3
NEVER = np.inf
_AGES = re.compile(r"people_\d+(_\d+)?")
_BAND = ("people_low", "people", "people_high")

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Share:
    """One row of the coverage table: shares, and all the people; ``known`` is False where no place has a position."""

    known: bool
    low: float
    middle: float
    high: float
    people: tuple[float, float, float]


def share(
    study: Study, tier: str, basis: str, where: str = DISTRICT, measure: str = "walk", cutoff_s: float | None = None
) -> Share | None:
    """Return a row of the coverage table, None where there is none."""
    table = study.tables["coverage"]
    cutoff = study.cutoff_s() if cutoff_s is None else cutoff_s
    chosen = table[
        (table["subdistrict"] == where)
        & (table["tier"] == tier)
        & (table["basis"] == basis)
        & (table["measure"] == measure)
        & (table["cutoff_s"] == cutoff)
    ]
    if chosen.empty:
        return None
    row = chosen.iloc[0]
    unknown = bool(row["unknown"]) if "unknown" in chosen else False
    known = not unknown and not pd.isna(row["share"])
    low, middle, high = (float(row[c]) if known else np.nan for c in ("share_low", "share", "share_high"))
    crowd = [float(row.get(column, np.nan)) for column in _BAND]
    return Share(known, low, middle, high, (crowd[0], crowd[1], crowd[2]))


def curve(study: Study, tier: str, basis: str, where: str = DISTRICT) -> Curve | None:
    """Sum the people within each half minute; None without homes, or where no place has a position."""
    homes = _homes(study, where)
    column = f"nearest_{tier}_s" if basis == "all" else f"nearest_{tier}_{basis}_s"
    if homes is None or column not in homes or homes[column].isna().all():
        return None
    minutes = np.arange(0, LONGEST_MIN + 0.25, 0.5)
    seconds = homes[column].fillna(NEVER).to_numpy(float)
    order = np.argsort(seconds, kind="stable")
    rank = np.searchsorted(seconds[order], minutes * 60, side="right")

    def reached(weights: Floats) -> Floats:
        total: Floats = np.concatenate([[0.0], np.cumsum(weights[order])])
        shares: Floats = total[rank] / max(total[-1], np.finfo(float).tiny)
        return shares

    low, middle, high = _band(homes, reached)
    sure = basis == "confirmed"
    return Curve("已确认" if sure else "含候选", minutes, low, middle, high, sure, TIERS[tier]["colour"])


def histogram(study: Study, tier: str, where: str = DISTRICT) -> Histogram | None:
    """Sum the people by minutes to the nearest place, candidates included."""
    homes = _homes(study, where)
    column = f"nearest_{tier}_s"
    if homes is None or column not in homes or homes[column].isna().all():
        return None
    edges = np.arange(0, LONGEST_MIN + BIN_MIN, BIN_MIN, dtype=float)
    minutes = homes[column].fillna(NEVER).to_numpy(float) / 60
    bin_of = np.clip(np.searchsorted(edges, minutes, side="left") - 1, 0, len(edges) - 1)
    low, middle, high = _band(homes, partial(_added, bin_of, len(edges)))
    return Histogram(edges, low, middle, high)


def choices(study: Study, tier: str) -> Bars | None:
    """Give each subdistrict its people with no, one, two or more places within the cutoff, candidates included."""
    column = f"n_{tier}_{study.cutoff_s():.0f}"
    if study.homes is None or column not in study.homes:
        return None
    names, shares = [], []
    for code, name, _ in study.subdistricts():
        homes = _homes(study, code)
        if homes is None:
            continue
        names.append(shortened(name, 7))
        shares.append(_parts(homes, np.clip(homes[column].fillna(0).to_numpy(int), 0, 2), 3))
    unknown = study.homes[column].isna().all()
    table = np.full((len(names), 3), np.nan) if unknown else np.reshape(shares, (len(names), 3))
    return Bars(tuple(names), ("0", "1", "2+"), table) if names else None


def choices_at(study: Study, where: str, tiers: tuple[str, ...]) -> Bars | None:
    """Give the choices of one subdistrict, one row a tier."""
    homes = _homes(study, where)
    columns = {tier: f"n_{tier}_{study.cutoff_s():.0f}" for tier in tiers}
    if homes is None or not set(columns.values()) <= set(homes):
        return None
    shares = [_parts(homes, np.clip(homes[c].fillna(0).to_numpy(int), 0, 2), 3) for c in columns.values()]
    return Bars(tiers, ("0", "1", "2+"), np.array(shares))


def certainty(study: Study, basis: str, tiers: tuple[str, ...], where: str = DISTRICT) -> Bars | None:
    """Give each tier the people by how surely they are covered."""
    table = study.tables.get("certainty")
    if table is None or not {"subdistrict", "tier", "basis", "class", "people", "unknown"} <= set(table):
        return None
    chosen = table[(table["subdistrict"] == where) & (table["basis"] == basis)]
    rows = []
    for tier in tiers:
        own = chosen[chosen["tier"] == tier].set_index("class")
        people = own["people"].reindex(CLASSES).to_numpy(float)
        unknown = own.empty or own["unknown"].astype(bool).any() or not people.sum() > 0
        rows.append(np.full(len(CLASSES), np.nan) if unknown else people / people.sum())
    return Bars(tiers, CLASSES, np.array(rows)) if len(chosen) else None


def years(study: Study, tiers: tuple[str, ...]) -> list[tuple[str, list[tuple[int, float, float, float]]]]:
    """Give the district's share by year and tier, where the bundle has it: candidates and undated places included."""
    table = study.tables.get("coverage_by_year")
    columns = ("year", "tier", "share_low", "share", "share_high")
    if table is None or not set(columns) <= set(table):
        return []
    if "subdistrict" in table:
        table = table[table["subdistrict"] == DISTRICT]
    wanted = {"dates": "with_undated", "basis": "all", "measure": "walk", "cutoff_s": study.cutoff_s()}
    for column, value in wanted.items():
        if column in table and (table[column] == value).any():
            table = table[table[column] == value]
    known = table.dropna(subset=["share", "share_low", "share_high"]).sort_values("year")
    found = []
    for tier in tiers:
        rows = known[known["tier"] == tier]
        if len(rows):
            points = rows[["year", "share_low", "share", "share_high"]].to_numpy(float)
            found.append((tier, [(int(year), low, middle, high) for year, low, middle, high in points.tolist()]))
    return found


def beyond(study: Study, tier: str, where: str = DISTRICT) -> tuple[float, float, float] | None:
    """Sum the people whose nearest place is beyond the cutoff, candidates included: least, middle, most."""
    homes = _homes(study, where)
    column = f"nearest_{tier}_s"
    if homes is None or column not in homes or (study.homes is not None and study.homes[column].isna().all()):
        return None
    far = ~(homes[column].to_numpy(float) <= study.cutoff_s())
    low, middle, high = _band(homes, lambda weights: np.array([weights[far].sum()]))
    return float(low[0]), float(middle[0]), float(high[0])


def worst_gaps(study: Study, tier: str | None = None, where: str | None = None, most: int = 3) -> list[dict[str, Any]]:
    """Return the worst gaps of a tier, or of a subdistrict over all tiers, worst first, outlines among the keys."""
    layer = study.bundle.layers["gaps"]
    chosen = layer if tier is None else layer[layer["tier"] == tier]
    if where is not None:
        chosen = chosen[chosen["subdistrict"].astype(str) == where]
    weight = chosen["people"] * chosen["mean_excess_s"].fillna(NEVER)
    by = ["rank", "tier", "gap_id"] if tier else ["weight", "rank", "gap_id"]
    ordered = chosen.assign(weight=-weight).sort_values(by, kind="stable")
    return [{str(k): v for k, v in row.items()} for row in ordered.head(most).to_dict("records")]


def _homes(study: Study, where: str) -> pd.DataFrame | None:
    if study.homes is None:
        return None
    homes = study.homes if where == DISTRICT else study.homes[study.homes["subdistrict"].astype(str) == where]
    return homes if len(homes) else None


def _band(homes: pd.DataFrame, of: Callable[[Floats], Floats]) -> tuple[Floats, Floats, Floats]:
    """Return least, middle and most of a sum over the models: each model is one way to share the people out."""
    models = [of(homes[column].fillna(0).to_numpy(float)) for column in _models(homes)]
    middle = of(homes["people"].fillna(0).to_numpy(float))
    return np.min([middle, *models], axis=0), middle, np.max([middle, *models], axis=0)


def _models(homes: pd.DataFrame) -> list[str]:
    columns = [str(c) for c in homes.columns]
    named = [c for c in columns if c.startswith("people_") and c not in _BAND and not _AGES.fullmatch(c)]
    numeric = [c for c in named if pd.api.types.is_numeric_dtype(homes[c])]
    return numeric or [c for c in _BAND if c in homes]


def _added(bin_of: npt.NDArray[np.int64], bins: int, weights: Floats) -> Floats:
    return np.bincount(bin_of, weights, bins).astype(float)


def _parts(homes: pd.DataFrame, part_of: npt.NDArray[np.int64], parts: int) -> Floats:
    people = np.bincount(part_of, homes["people"].fillna(0).to_numpy(float), parts)
    return people / people.sum() if people.sum() > 0 else np.full(parts, np.nan)
