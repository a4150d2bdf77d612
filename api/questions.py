"""Ad-hoc questions, answered with the library's own functions on streets that are built once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pydantic import ValidationError

from api.drafts import Draft, designed, walked_again
from api.feet import Feet, Point, entrances_of, ready
from api.grounds import Grounds, SitesWanted
from api.reaches import Reach, Table, measure, reaches
from api.spent import spent_on
from api.told import no_way, told
from servicecircle.adhoc import circle_at, walk_json
from servicecircle.arrays import Bools, Ints
from servicecircle.design_question import Question
from servicecircle.designing import design
from servicecircle.entrances import Entrances
from servicecircle.errors import Fault, InputError, NoWayError
from servicecircle.ingest.study import read_study
from servicecircle.ingest.variant import parse_variant
from servicecircle.ingest.walkable import load_rules
from servicecircle.model import Direction, Study
from servicecircle.parameters import Parameters
from servicecircle.pipeline import Streets, build_streets
from servicecircle.publish.manifest import Manifest
from servicecircle.tessellation import Tessellation, build_tessellation
from servicecircle.walk import Walk

__all__ = ["End", "Point", "Questions", "Reach", "build_questions", "read_streets"]

End = Point | int
"""Where a walk begins or ends: a point, or a place by its position among the placed ones."""

_STEP_FREE = "stepfree"
_DESIGN_WORK = 0.5  # of OR-Tools' deterministic time for each route: an answer by HTTP has a deadline
_WARM_S = 300.0


class Questions:
    """Answers one question at a time: shapely keeps caches inside shapes, so no two threads may share one."""

    def __init__(
        self, streets: Streets, mesh: Tessellation, places: gpd.GeoDataFrame, entrances: Entrances, grounds: Grounds
    ) -> None:
        self._streets, self._mesh = _with_own_shapes(streets), mesh
        self._grounds = grounds
        self._places = _own(places)
        self._entrances = entrances
        self._feet: dict[str, Feet] = {}
        self._tables: dict[str, Table] = {}
        self._drafts: dict[str, Draft] = {}
        self._feet_of(None)  # the usual walker is ready before the first question

    @property
    def streets(self) -> Streets:
        """The streets that answers walk on, for the usual walker."""
        return self._streets

    def nearest(self, point: Point, limit_s: float, profile: str | None, wanted: Bools) -> list[Reach]:
        """Walk from a point to the wanted places within ``limit_s``, and back: soonest first.

        Raises
        ------
        InputError
            Unknown profile, or no street near the point.
        """
        feet = self._feet_of(profile)
        return reaches(feet, self._step_free(), point, limit_s, wanted)

    def table(self, starts: Ints, ends: Ints, profile: str | None) -> Table:
        """Walk from every start to every end (places by position), and back; measured once for each walker.

        Raises
        ------
        InputError
            Unknown profile.
        """
        feet = self._feet_of(profile)
        name = feet.streets.profile.name
        if name not in self._tables:
            self._tables[name] = measure(feet, self._step_free(), starts, ends)
        return self._tables[name]

    def walk(self, start: End, end: End, profile: str | None) -> dict[str, Any]:
        """Explain the quickest walk, in the shape of ``walk --json`` and in words; places by their quickest doors.

        Raises
        ------
        InputError
            Unknown profile, or no street near a point.
        """
        feet = self._feet_of(profile)
        streets = feet.streets
        try:
            walk = _walk(feet, start, end)
        except NoWayError:
            return no_way(streets.profile.name)
        spent = spent_on(walk, streets.network, streets.profile, streets.parameters.pace)
        return told(walk_json(walk, streets), spent)

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
        return circle_at(feet.easel, point, direction, cutoffs_s)

    def design(self, question: Question) -> list[Draft]:
        """Design study routes, with their legs and heights.

        Raises
        ------
        InputError
            The question names what is not there, or contradicts itself.
        NoRouteError
            No route answers it.
        """
        given = self._streets.parameters
        work = given.design.model_copy(update={"work": min(given.design.work, _DESIGN_WORK)})
        streets = replace(self._streets, parameters=given.model_copy(update={"design": work}))
        return designed(design(streets, question), streets)

    def sites(self, wanted: SitesWanted) -> dict[str, Any]:
        """Say where the next places would go, in the shape of ``site --json``; all answerers share what it stands on.

        Raises
        ------
        InputError
            No number of sites, more than candidates, no candidates, or minutes out of range.
        """
        return self._grounds.find(wanted)

    def walk_again(self, route: dict[str, Any], stops: gpd.GeoDataFrame) -> Draft:
        """Walk a route that the bundle proposes, door to door, for its legs and heights; each is walked once."""
        name = str(route["route_id"])
        if name not in self._drafts:
            self._drafts[name] = walked_again(self._streets, self._places, self._entrances, route, stops)
        return self._drafts[name]

    def warm(self, place: int) -> None:
        """Answer a question of each kind, to nobody: walks from a place, by its position among the placed ones."""
        shape = self._places.geometry.iloc[place]
        point = (shape.x, shape.y)
        everything = np.ones(len(self._places), dtype=bool)
        try:
            self.nearest(point, _WARM_S, None, everything)
            self.walk(point, place, None)
            self.circle(point, (_WARM_S,), None, Direction.FROM)
        except (InputError, NoWayError):  # a place far from any street: what it would have warmed is warmed later
            return

    def _step_free(self) -> Feet | None:
        return self._feet_of(_STEP_FREE) if _STEP_FREE in self._streets.parameters.profiles else None

    def _feet_of(self, name: str | None) -> Feet:
        profile = self._streets.parameters.walker(name).name
        if profile not in self._feet:
            self._feet[profile] = ready(self._streets, self._places, self._entrances, self._mesh, profile)
        return self._feet[profile]


def read_streets(folder: Path, manifest: Manifest, registry: Path | None = None) -> Streets:
    """Build the streets of the study folder that a bundle was built from, with the bundle's own parameters.

    ``registry`` stands for the folder's own places, where the bundle was built from one.

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
    study = read_study(folder, registry)
    _refuse_other(study, folder, manifest)
    return build_streets(study, parameters, load_rules(), parse_variant(manifest.variant, "manifest.json"))


def build_questions(streets: Streets, places: gpd.GeoDataFrame, count: int) -> list[Questions]:
    """Return as many answerers as may work at once; they share the arrays and own their shapes."""
    mesh = build_tessellation(streets.network, streets.water, streets.parameters.circles)
    facilities = streets.study.facilities  # a bundle does not hold the entrances that were set by hand
    at = pd.Index(facilities["facility_id"]).get_indexer(pd.Index(places["facility_id"]))
    if (at < 0).any():
        strange = places["facility_id"].to_numpy()[at < 0][0]
        raise InputError([Fault("a place that the study does not know", "build the bundle again", value=str(strange))])
    placed = facilities.iloc[at].reset_index(drop=True)
    entrances = entrances_of(streets, placed)
    grounds = Grounds(streets)
    return [Questions(streets, mesh, placed, entrances, grounds) for _ in range(count)]


def _walk(feet: Feet, start: End, end: End) -> Walk:
    """Walk between points as they are, and between places by their doors."""
    points = [each for each in (start, end) if not isinstance(each, int)]
    if len(points) == 2:  # noqa: PLR2004
        return feet.walker.walk(*points)
    walker = feet.door_walker(points)
    behind = iter(walker.scene.doors.home.tolist())
    first, last = (each if isinstance(each, int) else next(behind) for each in (start, end))
    return walker.between(first, last)


def _with_own_shapes(streets: Streets) -> Streets:
    """Return the streets with shapes of their own where a question looks at them."""
    study = streets.study
    area = replace(study.area, buildings=_own(study.area.buildings))
    return replace(streets, study=replace(study, facilities=_own(study.facilities), area=area))


def _own(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    copies = shapely.from_wkb(shapely.to_wkb(layer.geometry.to_numpy()))
    return layer.set_geometry(gpd.GeoSeries(copies, index=layer.index, crs=layer.crs))


def _refuse_other(study: Study, folder: Path, manifest: Manifest) -> None:
    built = {entry.name: entry.sha256 for entry in manifest.inputs}
    remedy = f"build the bundle again from {folder}, or give what it was built from with --data and --registry"
    faults = [
        Fault("not the file that the bundle was built from", remedy, name)
        for name in sorted(built.keys() | study.inputs.keys())
        if built.get(name) != study.inputs.get(name)
    ]
    if faults:
        raise InputError(faults)
