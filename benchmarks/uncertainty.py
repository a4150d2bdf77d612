"""What the draws of uncertainty cost in a build of the bundled district: ``python -m benchmarks.uncertainty``."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

from servicecircle.datasets import bundled_study
from servicecircle.ingest.parameters import read_parameters
from servicecircle.ingest.study import read_study
from servicecircle.ingest.walkable import load_rules
from servicecircle.levelling import draw_heights
from servicecircle.model import Tier, Variant
from servicecircle.pipeline import run
from servicecircle.prices import edge_seconds, walker_of
from servicecircle.scene import access_in
from servicecircle.uncertainty import covered_share, draw_variants

DRAWS = 200
FEW = 5


class _Silent:
    def step(self, text: str) -> None:
        pass


def main() -> None:
    """Print the table."""
    study, parameters, rules = read_study(bundled_study()), read_parameters(), load_rules()
    began = time.perf_counter()
    results = run(study, parameters, rules, Variant(), _Silent())
    whole = time.perf_counter() - began
    network, scene = results.streets.network, results.scene
    groups = [np.flatnonzero(scene.places["tier"] == tier) for tier in Tier]
    began = time.perf_counter()
    covered_share(network, scene.joined, groups, scene.doors.home, Variant(), parameters)
    drawn = time.perf_counter() - began
    heights = _median(lambda: draw_heights(network.heights, DRAWS, 1), 3)
    few = [*draw_variants(network, Variant(), parameters.uncertainty.model_copy(update={"draws": FEW}))]
    prices = [edge_seconds(network, parameters, variant) for variant in few]
    price = _median(lambda: edge_seconds(network, parameters, few[0]), 20)
    doors = _median(lambda: scene.joined.price(prices[0], walker_of(few[0], parameters)), 20)
    table = _median(lambda: access_in(scene, few[0]), FEW)
    sys.stdout.write(
        f"""| step | seconds |
|---|---|
| heights of {DRAWS} draws, from the one factorisation | {heights:.2f} |
| edges priced, a draw | {price:.4f} |
| doors priced, a draw | {doors:.4f} |
| {DRAWS} draws, nearest of three tiers for {len(scene.homes):,} homes, all in all | {drawn:.2f} |
| the same by measuring access anew, a draw | {table:.3f}, so {DRAWS * table:.0f} in all |
| the study without writing, draws of both bases in it | {whole:.2f} |
"""
    )


def _median(work: Callable[[], object], times: int) -> float:
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


if __name__ == "__main__":
    main()
