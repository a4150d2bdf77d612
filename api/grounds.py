"""Where next, asked again and again: the ground of a tier is opened at the first question and kept."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Any

from servicecircle.demand import Demand
from servicecircle.errors import InputError
from servicecircle.reach import Attached
from servicecircle.scene import Scene, open_scene, study_demand
from servicecircle.siting.ground import Ground, ground_in
from servicecircle.siting.sites import find_sites
from servicecircle.streets import Streets
from servicecircle.summary_site import siting_json

__all__ = ["Grounds", "SitesWanted"]

_WORK = 20_000  # nodes of the solver's tree: an answer by HTTP has a deadline
_KEPT = 64


@dataclass(frozen=True, slots=True)
class SitesWanted:
    """A question: sites of a tier, as `servicecircle site` asks it."""

    tier: str
    add: int | None
    minutes: float | None
    model: str
    basis: str
    approximate: bool


class Grounds:
    """Answers one question at a time, whoever asks: nobody else looks at the shapes of these streets.

    Doors of all homes and the walks between them take seconds. A question that was given up at its deadline is answered
    all the same, and the answer kept, so that whoever asks again has it at once.
    """

    def __init__(self, streets: Streets) -> None:
        given = streets.parameters
        less = given.siting.model_copy(update={"work": min(given.siting.work, _WORK)})
        self._streets = replace(streets, parameters=given.model_copy(update={"siting": less}))
        self._one = threading.Lock()
        self._opened: tuple[Demand, Scene, Attached] | None = None
        self._grounds: dict[tuple[str, str, bool], Ground] = {}
        self._answers: OrderedDict[SitesWanted, dict[str, Any]] = OrderedDict()

    def find(self, asked: SitesWanted) -> dict[str, Any]:
        """Return the answer in the shape of ``site --json``.

        Raises
        ------
        InputError
            No number of sites, more sites than candidates, no candidates, minutes out of range.
        """
        with self._one:
            if asked not in self._answers:
                self._answers[asked] = self._found(asked)
            self._answers.move_to_end(asked)
            if len(self._answers) > _KEPT:
                self._answers.popitem(last=False)
            return self._answers[asked]

    def _found(self, asked: SitesWanted) -> dict[str, Any]:
        try:
            ground = self._ground(asked).within(asked.minutes)
            return siting_json(find_sites(ground, asked.model, asked.add))
        except InputError as error:  # columns of questions by HTTP are not options of a command
            faults = [replace(f, column=f.column and f.column.removeprefix("--")) for f in error.faults]
            raise InputError(faults) from error

    def _ground(self, asked: SitesWanted) -> Ground:
        name = asked.tier, asked.basis, asked.approximate
        if name not in self._grounds:
            if self._opened is None:
                demand = study_demand(self._streets)
                scene = open_scene(self._streets, demand.points, self._streets.variant)
                self._opened = demand, scene, scene.priced(self._streets.variant)
            demand, scene, walk = self._opened
            basis, roughly = asked.basis, asked.approximate
            self._grounds[name] = ground_in(scene, walk, demand, asked.tier, basis=basis, approximate=roughly)
        return self._grounds[name]
