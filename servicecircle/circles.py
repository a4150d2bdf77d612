"""Circles of every place, and of the places of each tier together, as published tables."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from servicecircle.arrays import Bools, Floats, Ints, Shapes
from servicecircle.coverage import BASES, in_basis
from servicecircle.crs import WGS84
from servicecircle.graph import Reached
from servicecircle.isochrone import Drawer, Starts, merge_reached
from servicecircle.model import Tier
from servicecircle.reach import Attached
from servicecircle.snapping import Snapped

__all__ = ["About", "Kept", "areas_m2", "draw_circles", "draw_unions"]


@dataclass(frozen=True, slots=True)
class About:
    """What a set of circles is about: cutoffs, who walks, which way, and the CRS they are drawn in."""

    cutoffs_s: tuple[float, ...]
    profile: str
    direction: str
    crs: str


@dataclass(frozen=True, slots=True)
class Kept:
    """Circles that are known from before: for each place the ``row`` of its circles there, but for those ``again``."""

    circles: gpd.GeoDataFrame
    row: Ints
    again: Bools


def draw_circles(
    drawer: Drawer,
    attached: Attached,
    reached: Reached,
    snapped: Snapped,
    placed: gpd.GeoDataFrame,
    about: About,
    kept: Kept | None = None,
) -> gpd.GeoDataFrame:
    """Draw the circles of every placed facility, from all its doors, but for those that are known.

    Returns
    -------
    gpd.GeoDataFrame
        EPSG:4326: facility_id, cutoff_s, profile, direction, area_m2, street_m, shed_ratio.
    """
    again = np.ones(len(placed), dtype=bool) if kept is None else kept.again
    rows, many = np.flatnonzero(again), len(about.cutoffs_s)
    doors, owner = attached.doors_of(rows)
    group = np.where(again, np.cumsum(again) - 1, -1)
    mine = reached if again.all() else merge_reached(reached, group, len(rows))
    found = drawer.draw(mine, Starts.of(snapped, attached, doors), about.cutoffs_s, owner)
    columns = {
        "facility_id": np.repeat(placed["facility_id"].to_numpy()[rows], many),
        **_said(about, len(rows)),
        "area_m2": found.area_m2.ravel(),
        "street_m": found.street_m.ravel(),
        "shed_ratio": found.shed_ratio.ravel(),
    }
    circles = _frame(columns, found.area, about)
    if kept is None or again.all():
        return circles
    both = pd.concat([kept.circles, circles], ignore_index=True) if len(rows) else kept.circles
    first = np.where(again, len(kept.circles) // many + group, kept.row) * many
    return both.iloc[(first[:, None] + np.arange(many)).ravel()].reset_index(drop=True)


def areas_m2(drawer: Drawer, attached: Attached, reached: Reached, snapped: Snapped, cutoff_s: float) -> Floats:
    """Return the area of the circle of every place at one cutoff."""
    doors, owner = attached.doors_of(np.arange(len(reached.start) - 1))
    return drawer.draw(reached, Starts.of(snapped, attached, doors), (cutoff_s,), owner).area_m2[:, 0]


def draw_unions(
    drawer: Drawer, attached: Attached, reached: Reached, snapped: Snapped, placed: gpd.GeoDataFrame, about: About
) -> gpd.GeoDataFrame:
    """Draw the union of the circles of each tier and basis, from the seconds to the *nearest* place.

    Returns
    -------
    gpd.GeoDataFrame
        EPSG:4326: tier, basis, cutoff_s, profile, direction, area_m2.
    """
    cutoffs = about.cutoffs_s
    doors, owner = attached.doors_of(np.arange(len(placed)))
    starts = Starts.of(snapped, attached, doors)
    kinds, areas, area_m2 = [], [], []
    for tier in sorted(tier.value for tier in Tier):
        for basis in sorted(BASES):
            members = np.flatnonzero((placed["tier"] == tier).to_numpy() & in_basis(placed, basis))
            if not len(members):
                continue
            group = np.full(len(placed), -1)
            group[members] = 0
            theirs = np.flatnonzero(np.isin(owner, members))
            one = np.zeros(len(theirs), dtype=np.int64)
            union = drawer.draw(merge_reached(reached, group, 1), starts.take(theirs), cutoffs, one)
            kinds.append((tier, basis))
            areas.append(union.area)
            area_m2.append(union.area_m2)
    columns = {
        "tier": np.repeat([tier for tier, _ in kinds], len(cutoffs)).astype(object),
        "basis": np.repeat([basis for _, basis in kinds], len(cutoffs)).astype(object),
        **_said(about, len(kinds)),
        "area_m2": np.ravel(area_m2),
    }
    return _frame(columns, np.array(areas, dtype=object), about)


def _said(about: About, groups: int) -> dict[str, object]:
    return {
        "cutoff_s": np.tile(np.array(about.cutoffs_s, dtype=np.float64), groups),
        "profile": about.profile,
        "direction": about.direction,
    }


def _frame(columns: dict[str, object], areas: Shapes, about: About) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(pd.DataFrame(columns), geometry=areas.ravel(), crs=about.crs).to_crs(WGS84)
