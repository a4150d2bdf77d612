"""Ten sites for the bases of the district among 200 candidates, beside PySAL's spopt on the same times.

``python -m benchmarks.siting`` prints for each model the objective, the gap and the seconds; for the peer the same with
every existing place in its matrix and locked, solved by CBC (and HiGHS where ``highspy`` is installed). The candidates
are 200 homes of the district, drawn once. ``--no-peer`` leaves the peer out; ``--people N`` repeats every home N times
with people of its own, for the size of a city.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from servicecircle.arrays import Floats
from servicecircle.datasets import bundled_study
from servicecircle.demand import Demand
from servicecircle.ingest.parameters import read_parameters
from servicecircle.ingest.study import read_study
from servicecircle.ingest.walkable import load_rules
from servicecircle.scene import study_demand
from servicecircle.siting.covering import Solved
from servicecircle.siting.ground import Ground, open_ground
from servicecircle.siting.models import Instance, lscp, mclp, pcentre, pmedian
from servicecircle.streets import build_streets

_CANDIDATES, _SITES, _SEED = 200, 10, 1


def ground_of_district() -> tuple[Ground, float]:
    """Return the ground of 200 candidates, and the seconds it took to measure all walks."""
    study, parameters = read_study(bundled_study()), read_parameters()
    streets = build_streets(study, parameters, load_rules())
    demand = study_demand(streets)
    began = time.perf_counter()
    ground = open_ground(streets, demand, "base", candidates=_drawn(demand))
    return ground, time.perf_counter() - began


def _drawn(demand: Demand) -> pd.DataFrame:
    rows = np.sort(np.random.default_rng(_SEED).choice(len(demand.points), _CANDIDATES, replace=False))
    at = demand.points.iloc[rows].geometry
    ids = [f"c{k:03}" for k in range(_CANDIDATES)]
    columns = {"candidate_id": ids, "name": ids, "kind": None, "lon": at.x.to_numpy(), "lat": at.y.to_numpy()}
    return pd.DataFrame(columns).assign(capacity=np.nan)


def ours(given: Instance, work: int) -> Iterator[tuple[str, Solved, float]]:
    """Solve every model once."""
    for name, solve in (("mclp", mclp), ("pmedian", pmedian), ("pcentre", pcentre)):
        began = time.perf_counter()
        yield name, solve(given, _SITES, work), time.perf_counter() - began
    began = time.perf_counter()
    yield "lscp", lscp(given, work), time.perf_counter() - began


def peer(ground: Ground) -> Iterator[tuple[str, str, float, float, float]]:
    """Model, solver, objective, seconds to state the model and to solve it."""
    import pulp  # noqa: PLC0415
    from spopt import locate  # noqa: PLC0415

    given, existing = ground.given, ground.existing
    there = _seconds_to_existing(ground)
    matrix = np.minimum(np.vstack([there, given.seconds]).T, given.horizon_s)
    locked = np.r_[np.ones(len(existing), dtype=int), np.zeros(given.n, dtype=int)]
    p, covered = len(existing) + _SITES, float(given.people[given.base_s <= given.limit_s].sum())
    solvers = {"CBC": pulp.PULP_CBC_CMD(msg=False)}
    highs = pulp.HiGHS(msg=False)
    if highs.available():
        solvers["HiGHS"] = highs
    for name, solver in solvers.items():
        began = time.perf_counter()
        model = locate.MCLP.from_cost_matrix(matrix, given.people, given.limit_s, p, locked)
        stated = time.perf_counter()
        model = model.solve(solver, results=False)
        yield "mclp", name, model.problem.objective.value() - covered, stated - began, time.perf_counter() - stated


def _seconds_to_existing(ground: Ground) -> Floats:
    from servicecircle.model import Direction  # noqa: PLC0415
    from servicecircle.reach import pairs_within  # noqa: PLC0415

    home = ground.scene.doors.home
    return pairs_within(ground.walk, ground.existing, home, ground.given.horizon_s, Direction.TO).dense(len(home))


def _repeated(given: Instance, times: int) -> Instance:
    """Put other people at the same doors: as many homes as a city has, each with a number of its own."""
    draw = np.random.default_rng(_SEED)
    people = np.concatenate([given.people * draw.uniform(0.5, 1.5, len(given.people)) for _ in range(times)]) / times
    return replace(given, seconds=np.tile(given.seconds, times), base_s=np.tile(given.base_s, times), people=people)


def _main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--no-peer", action="store_true")
    asked.add_argument("--people", type=int, default=1)
    options = asked.parse_args()
    ground, seconds = ground_of_district()
    given = ground.given if options.people == 1 else _repeated(ground.given, options.people)
    sys.stdout.write(
        f"{len(ground.existing)} existing bases, {given.n} candidates, {len(given.people)} homes; "
        f"doors and walks in {seconds:.1f} s\n"
    )
    for name, found, took in ours(given, ground.scene.streets.parameters.siting.work):
        sys.stdout.write(
            f"{name:8} {found.value:14,.1f}  gap {found.gap:.2%}  {len(found.chosen)} sites  {took:6.2f} s\n"
        )
    if not options.no_peer:
        for name, solver, value, stated, took in peer(ground):
            sys.stdout.write(
                f"{name:8} {value:14,.1f}  by spopt with {solver}: stated in {stated:.2f} s, solved in {took:.2f} s\n"
            )


if __name__ == "__main__":
    _main()
