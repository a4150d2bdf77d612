"""How often the designer proves its route, and how long it takes: every located school, two themes, there and back.

``python -m benchmarks.design`` prints for each theme how many questions have more than 12 stops in reach, how many
routes are proven the best, the largest gap, and the seconds of one core that the slowest took.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from servicecircle.circuit import reachable, solve
from servicecircle.datasets import bundled_study
from servicecircle.design_question import Question, check_question, variant_of
from servicecircle.designing import ask
from servicecircle.door_walks import DoorWalker
from servicecircle.ingest.parameters import read_parameters
from servicecircle.ingest.study import read_study
from servicecircle.ingest.walkable import load_rules
from servicecircle.model import Variant
from servicecircle.orienteering import EXACT_STOPS
from servicecircle.scene import open_scene
from servicecircle.streets import build_streets

_THEMES = ("red", "mixed")


@dataclass(frozen=True, slots=True)
class Case:
    """One question: stops in reach, how far the route may be from the best, seconds of one core."""

    theme: str
    reach: int
    gap: float
    seconds: float


def cases(limit_minutes: float = 180.0) -> Iterator[Case]:
    """Solve the questions one after the other."""
    study, parameters = read_study(bundled_study()), read_parameters()
    streets = build_streets(study, parameters, load_rules())
    scene = open_scene(streets, study.facilities.iloc[:0], Variant())
    places = scene.places
    schools = places.loc[(places["kind"] == "school") & places["located"], "facility_id"]
    ground: DoorWalker | None = None
    for school in schools:
        for theme in _THEMES:
            asked = Question(school, theme=theme, back=True, limit_minutes=limit_minutes)
            question = check_question(asked, study, parameters)
            ground = ground or DoorWalker(scene, variant_of(question, parameters, streets.variant))
            problem = ask(ground, question).problem
            began = time.process_time()
            tour = solve(problem, work=parameters.design.work)
            gap = 0.0 if tour is None else tour.gap
            yield Case(theme, len(reachable(problem)) - 1, gap, time.process_time() - began)


def _main() -> None:
    limit = float(sys.argv[1]) if len(sys.argv) > 1 else 180.0
    found = list(cases(limit))
    for theme in _THEMES:
        own = [case for case in found if case.theme == theme]
        large = [case for case in own if case.reach > EXACT_STOPS]
        sys.stdout.write(
            f"{theme}: {len(own)} questions, {len(large)} with more than {EXACT_STOPS} stops in reach "
            f"(at most {max(case.reach for case in own)}); proven {sum(case.gap == 0 for case in own)}, "
            f"largest gap {max(case.gap for case in own):.0%}, slowest {max(case.seconds for case in own):.1f} s\n"
        )


if __name__ == "__main__":
    _main()
