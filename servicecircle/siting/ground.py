"""The ground of every question of siting: homes, existing places and candidates at their doors, and the times between.

Times are those that coverage counts: on foot from the home's door to the quickest door of the place.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd

from servicecircle.arrays import Bools, Floats, Ints
from servicecircle.coverage import BASES, in_basis, people_of
from servicecircle.demand import Demand
from servicecircle.errors import Fault, InputError
from servicecircle.model import Direction, Tier
from servicecircle.reach import Attached, nearest_place, pairs_within
from servicecircle.scene import Scene, open_scene
from servicecircle.siting.candidates import as_places, registry_candidates
from servicecircle.siting.models import Instance
from servicecircle.streets import Streets
from servicecircle.units import S_PER_MIN

__all__ = ["Ground", "ground_in", "open_ground"]


@dataclass(frozen=True, slots=True)
class Ground:
    """What a tier has, what it could have, and who lives where.

    Attributes
    ----------
    candidates
        Columns of ``CANDIDATES``, and ``place``: the row in ``scene.places``.
    existing
        Rows of the places of the tier that are locked.
    people
        (models + 1, homes): the middle, then a row a population model.
    given
        The same as numbers; the middle decides.
    """

    tier: Tier
    basis: str
    scene: Scene
    walk: Attached
    candidates: pd.DataFrame
    existing: Ints
    people: Floats
    given: Instance

    @property
    def homes(self) -> gpd.GeoDataFrame:
        """The homes, one row a column of ``given.seconds``."""
        return self.scene.homes

    def range_of(self, chosen: Bools | Ints) -> tuple[float, float, float]:
        """Low, middle and high of the people in some homes: over the models' totals."""
        total = self.people[:, chosen].sum(axis=1)
        return float(total.min()), float(total[0]), float(total.max())

    def within(self, minutes: float | None) -> Ground:
        """Return the same ground with another limit; None: the study's own.

        Raises
        ------
        InputError
            Minutes out of range.
        """
        limit_s = self.scene.streets.parameters.coverage.cutoff_s if minutes is None else minutes * S_PER_MIN
        _check(self.tier, self.basis, limit_s, self.given.horizon_s)
        return replace(self, given=replace(self.given, limit_s=limit_s))


def open_ground(
    streets: Streets,
    demand: Demand,
    tier: str,
    minutes: float | None = None,
    candidates: pd.DataFrame | None = None,
    *,
    basis: str = "all",
    approximate: bool = False,
) -> Ground:
    """Open the doors of homes, places and candidates, and measure the times between them.

    Parameters
    ----------
    tier
        Which places are sought: ``school``, ``community`` or ``base``.
    minutes
        What counts as covered; ``coverage.cutoff_s`` if not given.
    candidates
        As ``read_candidates`` returns them; None: rooms of the registry.
    basis
        Which existing places count: ``all`` that are placed, or the ``confirmed`` only.
    approximate
        Of the registry's rooms, count those, too, whose position is only roughly known.

    Raises
    ------
    InputError
        Unknown tier or basis, minutes out of range, no candidates, one that is far from every street or is a place of
        the tier already.
    """
    parameters, variant = streets.parameters, streets.variant
    limit_s = parameters.coverage.cutoff_s if minutes is None else minutes * S_PER_MIN
    _check(tier, basis, limit_s, parameters.coverage.horizon_s)
    if candidates is not None:
        _check_candidates(streets, candidates, tier)
        extra = as_places(candidates, streets.study.facilities)
        known = [] if variant.extra is None else [variant.extra]
        extra = gpd.GeoDataFrame(pd.concat([*known, extra], ignore_index=True), crs=extra.crs)
        scene = open_scene(streets, demand.points, replace(variant, extra=extra))
        first = len(scene.places) - len(candidates)
        candidates = candidates.assign(place=np.arange(first, len(scene.places)))
    else:
        scene = open_scene(streets, demand.points, variant)
    walk = scene.priced(variant)
    return ground_in(scene, walk, demand, tier, minutes, candidates, basis=basis, approximate=approximate)


def ground_in(
    scene: Scene,
    walk: Attached,
    demand: Demand,
    tier: str,
    minutes: float | None = None,
    candidates: pd.DataFrame | None = None,
    *,
    basis: str = "all",
    approximate: bool = False,
) -> Ground:
    """Measure the walks of a tier in a scene that is open: as ``open_ground``, candidates with their ``place`` in it.

    Raises
    ------
    InputError
        Unknown tier or basis, minutes out of range, no candidates.
    """
    parameters = scene.streets.parameters
    limit_s = parameters.coverage.cutoff_s if minutes is None else minutes * S_PER_MIN
    horizon_s, home = parameters.coverage.horizon_s, scene.doors.home
    _check(tier, basis, limit_s, horizon_s)
    if candidates is None:
        candidates = registry_candidates(scene.places, Tier(tier), parameters.siting, approximate=approximate)
    if not len(candidates):
        remedy = "give a table with --candidates, or count rooms placed roughly, too, with --approximate"
        raise InputError([Fault("the registry has no located room that could become one", remedy, value=tier)])
    rows = np.flatnonzero((scene.places["tier"] == tier).to_numpy() & in_basis(scene.places, basis))
    base_s = nearest_place(walk, rows, home, horizon_s, Direction.TO).apart
    reached = pairs_within(walk, candidates["place"].to_numpy(dtype=np.int64), home, horizon_s, Direction.TO)
    people = people_of(demand.points, demand.models)
    given = Instance(reached.dense(len(home)), base_s, people[0], limit_s, horizon_s)
    return Ground(Tier(tier), basis, scene, walk, candidates, rows, people, given)


def _check(tier: str, basis: str, limit_s: float, horizon_s: float) -> None:
    faults = []
    if tier not in set(Tier):
        faults.append(Fault("unknown tier", "use school, community or base", column="--tier", value=tier))
    if basis not in BASES:
        faults.append(Fault("unknown basis", f"use {' or '.join(BASES)}", column="--basis", value=basis))
    if not (math.isfinite(limit_s) and 0 < limit_s <= horizon_s):
        remedy = f"give more than 0 and at most {horizon_s / S_PER_MIN:g}"
        faults.append(Fault("not a number of minutes", remedy, column="--minutes", value=limit_s / S_PER_MIN))
    if faults:
        raise InputError(faults)


def _check_candidates(streets: Streets, candidates: pd.DataFrame, tier: str) -> None:
    facilities, refuse_m = streets.study.facilities, streets.parameters.snap.refuse_m
    taken = set(facilities.loc[facilities["tier"] == tier, "facility_id"])
    faults = [
        Fault(f"this is a {tier} of the registry already", "take it out", column="candidate_id", value=name)
        for name in candidates["candidate_id"]
        if name in taken
    ]
    at = candidates[["lon", "lat"]].to_numpy(dtype=np.float64)
    far_m = streets.snapper().snap(at).snap_m
    for k in np.flatnonzero(~(far_m <= refuse_m)):
        row = candidates.iloc[k]
        problem = f"no walkable street within {refuse_m:.0f} m of {row['name']!r} (nearest: {far_m[k]:.0f} m)"
        value = f"{row['candidate_id']} at {row['lon']:.6f},{row['lat']:.6f}"
        faults.append(Fault(problem, "check the coordinates and their datum", column="lon, lat", value=value))
    if faults:
        raise InputError(faults)
