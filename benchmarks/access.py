"""The whole chain at scale: ``python -m benchmarks.access [--homes 1000000] [--places 5000] [--blocks 400]``.

Doors, access, tables and gaps with their causes of a lattice city (``benchmarks.city``), by the functions that the
pipeline calls, in its order. Of every step: its seconds, those that it had of all processors together, and the most
memory that the process held while it ran. Not in it: circles, draws of uncertainty, and what is given (network, homes).
``--peers`` asks scipy the same of the same graph: the nearest place of every home by one search, and the pairs of a
hundredth of the places, which it can only write down as a dense block. pandana stands in ``benchmarks.circles``: it
knows junctions and no doors.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse.csgraph import dijkstra

from benchmarks.city import MODELS, city, households
from benchmarks.peers.task import forget_peak, resident_mb
from servicecircle.assessment import assess
from servicecircle.coverage import Access, coverage_table, home_access
from servicecircle.datasets import bundled_study
from servicecircle.demand import Demand
from servicecircle.doors import Times, measure_times
from servicecircle.gaps import GapInputs, find_gaps
from servicecircle.ingest.parameters import read_parameters
from servicecircle.ingest.planning import Planning, read_planning
from servicecircle.ingest.study import read_study
from servicecircle.ingest.walkable import load_rules
from servicecircle.model import Direction, Tier
from servicecircle.near import every_link_open, near_of
from servicecircle.places import school_table
from servicecircle.reach import Attached, nearest_place, pairs_within
from servicecircle.scene import Scene, measure_access, open_scene, searches
from servicecircle.streets import Streets, build_streets
from servicecircle.uncertainty import home_certainty
from servicecircle.units import QUARTER_S

_SEED = 20260426
_FEWER = 100
_HOMES_A_HOUSE = 5


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--homes", type=int, default=1_000_000)
    parser.add_argument("--places", type=int, default=5_000)
    parser.add_argument("--blocks", type=int, default=400)
    parser.add_argument("--peers", action="store_true", help="ask scipy, too")
    asked = parser.parse_args()
    wild, known = np.random.default_rng(_SEED), read_study(bundled_study())
    study = city(known, asked.blocks, asked.places, asked.homes // _HOMES_A_HOUSE, wild)
    homes = households(asked.blocks, asked.homes, wild)
    steps = Steps()
    streets = steps("given: network", lambda: build_streets(study, read_parameters(), load_rules()))
    planning = read_planning(Path(__file__).parent / "no_such_folder", study)
    scene, walk, access = chain(streets, homes, planning, steps)
    many = ", ".join(f"{measure} {len(pairs.target):,}" for measure, pairs in access.pairs.items())
    if asked.peers:
        compare(scene, walk, access, steps)
    sys.stdout.write(
        f"{asked.homes:,} homes, {asked.places:,} places, {streets.network.n_nodes:,} junctions, pairs: {many}"
        f"\n\n| step | wall s | processor s | peak MB |\n|---|---|---|---|\n{steps.rows}"
    )


def chain(
    streets: Streets, homes: gpd.GeoDataFrame, planning: Planning, steps: Steps
) -> tuple[Scene, Attached, Access]:
    """Do all steps from homes to gaps as the pipeline does."""
    study, coverage, variant = streets.study, streets.parameters.coverage, streets.variant
    nothing = pd.DataFrame()
    demand = Demand(homes, nothing, nothing, None, MODELS)
    steps.begin()
    scene: Scene = steps("doors", lambda: open_scene(streets, homes, variant))
    every = every_link_open(streets.network, variant)
    variants = {"walk": variant, "level": scene.level(variant), "opened": every}
    priced: dict[str, Attached] = steps("three prices", lambda: {m: scene.priced(v) for m, v in variants.items()})
    walk, level = priced["walk"], priced["level"]
    access: Access = steps("nearest, back, pairs", lambda: measure_access(scene, priced))
    tier, last_s = scene.places["tier"].to_numpy(), access.cutoffs_s[-1]
    times: Times = steps(
        "from places", lambda: measure_times(scene.doors, tier, walk, level, last_s, coverage.horizon_s)
    )
    names = dict(zip(study.area.subdistricts["code"], study.area.subdistricts["name"], strict=True))
    counted, standard = access.cutoffs_s, (coverage.cutoff_s, coverage.radius_m)
    steps("table of homes", lambda: home_access(access))
    steps("table of coverage", lambda: coverage_table(access, homes, MODELS, names, counted, standard))
    circles = pd.DataFrame(columns=["facility_id", "cutoff_s", "area_m2", "street_m"])
    schools = steps("table of schools", lambda: school_table(scene.places, times, demand, circles, counted))
    by_measure = searches(scene, {"walk": walk, "level": level})
    spread = streets.parameters.uncertainty.model_copy(update={"draws": 0})
    undrawn = streets.parameters.model_copy(update={"uncertainty": spread})
    sure = home_certainty(streets.network, scene.joined, scene.places, scene.doors.home, variant, undrawn)
    steps("planner's tables", lambda: assess(scene, access, by_measure, demand, schools, planning, coverage, sure))
    steps("gaps and causes", lambda: find_gaps(GapInputs(scene, walk, priced["opened"], near_of(access), MODELS)))
    steps.end("together")
    return scene, walk, access


class Steps:
    """Times steps, and writes a row of each."""

    def __init__(self) -> None:
        self.rows = ""
        self.begin()

    def __call__(self, name: str, work: Callable[[], Any]) -> Any:  # noqa: ANN401
        """Do a step."""
        forget_peak()
        began = clocks()
        found = work()
        self.add(name, began, resident_mb())
        return found

    def add(self, name: str, began: np.ndarray, peak_mb: float) -> None:
        """Write a row."""
        self._most = max(self._most, peak_mb)
        wall, own = clocks() - began
        self.rows += f"| {name} | {wall:.1f} | {own:.1f} | {peak_mb:,.0f} |\n"

    def begin(self) -> None:
        """Begin what is added up."""
        self._since, self._most = clocks(), 0.0

    def end(self, name: str) -> None:
        """Write the row of all steps since ``begin``."""
        self.add(f"**{name}**", self._since, self._most)


def clocks() -> np.ndarray:
    """Seconds on the wall, and of a processor."""
    return np.array([time.perf_counter(), time.process_time()])


def compare(scene: Scene, walk: Attached, access: Access, steps: Steps) -> None:
    """Ask scipy for the nearest school of every home, and for the pairs of a few places, and check that it agrees."""
    schools = np.flatnonzero(access.rows(Tier.SCHOOL, "all"))
    homes, arcs = walk.node[scene.doors.home], walk.graph.reverse
    steps("nearest school", lambda: nearest_place(walk, schools, scene.doors.home, 7200.0, Direction.TO))
    near: np.ndarray = steps(
        "scipy: nearest school", lambda: dijkstra(arcs, indices=walk.node[schools], min_only=True, limit=7200.0)
    )
    # scipy starts at the street: without the way from the place's door, which is not the same for all
    doorstep = walk.access_s[schools].max() + walk.access_s[scene.doors.home].max()
    ours = access.nearest(Tier.SCHOOL, "all", "walk").apart
    if not (np.abs(ours - near[homes])[np.isfinite(ours)] <= doorstep).all():
        sys.exit("scipy finds other times")
    few = scene.doors.place[:: max(1, min(_FEWER, len(scene.places)))]
    steps(f"pairs of {len(few)} places", lambda: pairs_within(walk, few, scene.doors.home, QUARTER_S, Direction.TO))
    steps(
        f"scipy: pairs of {len(few)} places",
        lambda: dijkstra(arcs, indices=walk.node[few], limit=QUARTER_S)[:, homes],
    )


if __name__ == "__main__":
    main()
