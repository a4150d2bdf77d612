"""Ad-hoc questions, answered with the library's own functions on streets that are built once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from pydantic import ValidationError

from api.trails import trace_trails
from servicecircle.adhoc import circle_at, walk_json
from servicecircle.arrays import Bools, Floats
from servicecircle.errors import Fault, InputError, NoWayError
from servicecircle.ingest.study import read_study
from servicecircle.ingest.variant import parse_variant
from servicecircle.ingest.walkable import load_rules
from servicecircle.model import Direction, Study
from servicecircle.parameters import Parameters
from servicecircle.pipeline import Streets, build_streets
from servicecircle.prices import edge_seconds
from servicecircle.publish.manifest import Manifest
from servicecircle.reach import attach, door_to_door
from servicecircle.snapping import Snapped, Snapper
from servicecircle.tessellation import Tessellation, build_tessellation
from servicecircle.walk import Walker, refuse_far

__all__ = ["Point", "Questions", "Reach", "build_questions", "read_streets"]

Point = tuple[float, float]

_WARM_S = 300.0


@dataclass(frozen=True, slots=True)
class Reach:
    """A place reached (by its position among the placed ones): there, and back (None where there is no way back)."""

    place: int
    seconds_there: float
    seconds_back: float | None
    metres: float
    steps: int
    steps_estimated: bool


@dataclass(frozen=True, slots=True)
class _Feet:
    """All that depends on who walks; ``usable`` says which places have a street near them for this walker."""

    streets: Streets
    snapper: Snapper
    walker: Walker
    places: Snapped
    usable: Bools


class Questions:
    """Answers one question at a time: shapely keeps caches inside shapes, so no two threads may share one."""

    def __init__(self, streets: Streets, mesh: Tessellation, places: gpd.GeoDataFrame) -> None:
        self._streets = streets
        self._mesh = mesh
        self._lonlat: Floats = np.asarray(shapely.get_coordinates(places.geometry.to_numpy()), dtype=np.float64)
        self._feet: dict[str, _Feet] = {}
        self._feet_of(None)  # the usual walker is ready before the first question

    def nearest(self, point: Point, limit_s: float, profile: str | None, wanted: Bools) -> list[Reach]:
        """Walk from a point to the wanted places within ``limit_s``, and back: soonest first.

        Raises
        ------
        InputError
            Unknown profile, or no street near the point.
        """
        feet = self._feet_of(profile)
        own, parameters, network = feet.streets, feet.streets.parameters, feet.streets.network
        here = self._snap(feet, point)
        places = feet.places
        attached = attach(network, own.prices, places.followed_by(here), own.profile)
        doors, me = np.arange(len(places)), np.array([len(places)])
        there = door_to_door(attached, me, doors, limit_s, Direction.FROM)[0]
        back = door_to_door(attached, me, doors, parameters.coverage.horizon_s, Direction.TO)[0]
        trails = trace_trails(attached, network, len(places), limit_s)
        reached = np.flatnonzero(np.isfinite(there) & wanted & feet.usable)
        return [
            Reach(
                place=int(i),
                seconds_there=round(float(there[i]), 2),
                seconds_back=round(float(back[i]), 2) if np.isfinite(back[i]) else None,
                metres=round(float(trails.metres[attached.node[i]] + places.snap_m[i] + here.snap_m[0]), 2),
                steps=round(float(trails.steps[attached.node[i]])),
                steps_estimated=bool(trails.estimated[attached.node[i]] > 0),
            )
            for i in reached[np.argsort(there[reached], kind="stable")]
        ]

    def walk(self, start: Point, end: Point, profile: str | None) -> dict[str, Any]:
        """Explain the quickest walk, in the shape of ``walk --json``."""
        feet = self._feet_of(profile)
        try:
            return walk_json(feet.walker.walk(start, end), feet.streets)
        except NoWayError as error:
            return {"reachable": False, "reason": str(error)}

    def circle(self, point: Point, cutoffs_s: tuple[float, ...], profile: str | None, direction: Direction) -> str:
        """Draw the nested circles round a point, as GeoJSON.

        Raises
        ------
        InputError
            Unknown profile, or no street near the point.
        NoWayError
            The street it is on leads nowhere.
        """
        feet = self._feet_of(profile)
        return circle_at(feet.streets, point, direction, cutoffs_s, (feet.snapper, self._mesh))

    def warm(self, point: Point) -> None:
        """Answer a question of each kind, to nobody."""
        everything = np.ones(len(self._lonlat), dtype=bool)
        try:
            self.nearest(point, _WARM_S, None, everything)
            self.walk(point, point, None)
            self.circle(point, (_WARM_S,), None, Direction.FROM)
        except (InputError, NoWayError):  # a place far from any street: what it would have warmed is warmed later
            return

    def _feet_of(self, name: str | None) -> _Feet:
        parameters = self._streets.parameters
        profile = parameters.walker(name)
        if profile.name not in self._feet:
            prices = edge_seconds(
                self._streets.network, parameters, replace(self._streets.variant, profile=profile.name)
            )
            streets = replace(self._streets, profile=profile, prices=prices)
            snapper = streets.snapper()
            places = snapper.snap(self._lonlat)
            usable = np.asarray(places.snap_m <= parameters.snap.refuse_m)
            self._feet[profile.name] = _Feet(streets, snapper, streets.walker(), places, usable)
        return self._feet[profile.name]

    def _snap(self, feet: _Feet, point: Point) -> Snapped:
        lonlat = np.array([point], dtype=np.float64)
        snapped = feet.snapper.snap(lonlat)
        refuse_far(lonlat, snapped.snap_m, self._streets.parameters.snap.refuse_m)
        return snapped


def read_streets(folder: Path, manifest: Manifest) -> Streets:
    """Build the streets of the study folder that a bundle was built from, with the bundle's own parameters.

    Raises
    ------
    InputError
        The folder is another one or has changed since, or the manifest's parameters are not the ones it names.
    """
    try:
        parameters = Parameters.model_validate(manifest.parameters)
    except ValidationError as error:
        remedy = "build the bundle again with this version"
        faults = [Fault(e["msg"], remedy, "manifest.json", column=".".join(map(str, e["loc"]))) for e in error.errors()]
        raise InputError(faults) from error
    if parameters.sha256() != manifest.parameters_sha256:
        problem = "the parameters do not have the hash that the manifest names: edited, or of another version"
        raise InputError([Fault(problem, "build the bundle again", "manifest.json", column="parameters_sha256")])
    study = read_study(folder)
    _refuse_other(study, folder, manifest)
    return build_streets(study, parameters, load_rules(), parse_variant(manifest.variant, "manifest.json"))


def build_questions(streets: Streets, places: gpd.GeoDataFrame, count: int) -> list[Questions]:
    """Return as many answerers as may work at once; they share the arrays and own their shapes."""
    mesh = build_tessellation(streets.network, streets.water, streets.parameters.circles)
    return [Questions(streets, mesh, places) for _ in range(count)]


def _refuse_other(study: Study, folder: Path, manifest: Manifest) -> None:
    built = {entry.name: entry.sha256 for entry in manifest.inputs}
    remedy = f"build the bundle again from {folder}, or give the folder it was built from with --data"
    faults = [
        Fault("not the file that the bundle was built from", remedy, name)
        for name in sorted(built.keys() | study.inputs.keys())
        if built.get(name) != study.inputs.get(name)
    ]
    if faults:
        raise InputError(faults)
