"""A scenario computed in part against the whole: seconds of processor and of wall, places searched, the same bits.

``python -m benchmarks.scenarios`` prints a table: 皇冠大扶梯 closed with paid links open, and the best new link for
schools. The whole is people to gaps: streets, doors, access, coverage, gaps; homes and their people are given to both.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from servicecircle.coverage import Access, coverage_table
from servicecircle.datasets import bundled_study
from servicecircle.gaps import GapInputs, Gaps, find_gaps
from servicecircle.ingest.parameters import read_parameters
from servicecircle.ingest.study import read_study
from servicecircle.ingest.walkable import load_rules
from servicecircle.link_finder import find_links
from servicecircle.model import Tier, Variant
from servicecircle.near import every_link_open, near_of
from servicecircle.pipeline import Results, run
from servicecircle.scenarios import rebuild
from servicecircle.scene import measure_access, open_scene
from servicecircle.streets import build_streets

Answer = TypeVar("Answer")


class _Silent:
    def step(self, text: str) -> None:
        """Say nothing."""


def main() -> None:
    """Print the table."""
    say = sys.stdout.write
    study, parameters, rules = read_study(bundled_study()), read_parameters(), load_rules()
    say("| scenario | whole: processor s | wall s | in part: processor s | wall s | ratio | places | same bits |\n")
    say("|---|---:|---:|---:|---:|---:|---:|---|\n")
    crown = Variant(paid=True), Variant(paid=True, closed=("w421605016",))
    plain = run(study, parameters, rules, Variant(), _Silent())
    best = find_links(plain.scene, Tier.SCHOOL, 1, plain.demand.models).table["link"].iloc[0]
    cases = [
        ("best new link for schools", plain, Variant(links=(best,))),
        ("皇冠大扶梯 closed", run(study, parameters, rules, crown[0], _Silent()), crown[1]),
    ]
    for name, base, variant in cases:
        full, whole = _timed(lambda base=base, variant=variant: _whole(base, variant))  # type: ignore[misc]
        part, quick = _timed(lambda base=base, variant=variant: rebuild(base, variant))  # type: ignore[misc]
        same = _same(full[0], part.access) and full[1].table.equals(part.gaps.table)
        places = f"{len(part.searched)} of {len(part.scene.places)}"
        seconds = f"{whole[0]:.1f} | {whole[1]:.1f} | {quick[0]:.1f} | {quick[1]:.1f} | {quick[0] / whole[0]:.2f}"
        say(f"| {name} | {seconds} | {places} | {'yes' if same else 'NO'} |\n")


def _whole(base: Results, variant: Variant) -> tuple[Access, Gaps]:
    """Go from the files to the gaps."""
    study, parameters, demand = base.streets.study, base.streets.parameters, base.demand
    streets = build_streets(study, parameters, load_rules(), variant)
    scene = open_scene(streets, demand.points, streets.variant)
    variant = streets.variant
    walk, level = scene.priced(variant), scene.priced(scene.level(variant))
    opened = scene.priced(every_link_open(streets.network, variant))
    access = measure_access(scene, {"walk": walk, "level": level, "opened": opened})
    names = dict(zip(study.area.subdistricts["code"], study.area.subdistricts["name"], strict=True))
    coverage = parameters.coverage
    counted = tuple(sorted({*parameters.cutoffs_s(), coverage.cutoff_s}))
    coverage_table(access, demand.points, demand.models, names, counted, (coverage.cutoff_s, coverage.radius_m))
    return access, find_gaps(GapInputs(scene, walk, opened, near_of(access), demand.models))


def _timed(do: Callable[[], Answer]) -> tuple[Answer, tuple[float, float]]:
    """Return the answer of the second of two runs, and its seconds of processor and of wall."""
    do()
    began = time.process_time(), time.perf_counter()
    answer = do()
    return answer, (time.process_time() - began[0], time.perf_counter() - began[1])


def _same(one: Access, other: Access) -> bool:
    pairs = [(one.pairs[m], other.pairs[m]) for m in one.pairs]
    same = [np.array_equal(getattr(a, p), getattr(b, p)) for a, b in pairs for p in ("start", "target", "apart")]
    return all(same) and all(np.array_equal(near.apart, other.near[key].apart) for key, near in one.near.items())


if __name__ == "__main__":
    main()
