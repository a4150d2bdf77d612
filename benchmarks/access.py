"""Access at scale: ``python -m benchmarks.access [--homes 1000000] [--places 5000] [--blocks 400]``.

A lattice city of 100 m blocks, homes and places anywhere along its streets, drawn with a fixed seed. Of every step:
its seconds, those of them that it had a processor (it uses one; less than the first where others work, too), and the
most memory that the process held while it ran. scipy is asked the same of the same graph: the
nearest place of every home by one search, and the pairs of a hundredth of the places, which it can only write down as
a dense block. pandana stands in ``benchmarks.circles``: it knows junctions and no doors.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse.csgraph import dijkstra

from benchmarks.peers.task import forget_peak, resident_mb
from servicecircle.catchments import catchments
from servicecircle.choices import choices_table
from servicecircle.coverage import Access, coverage_table, home_access
from servicecircle.crs import WGS84, to_lonlat
from servicecircle.datasets import bundled_study
from servicecircle.doors import measure_times
from servicecircle.ingest.parameters import read_parameters
from servicecircle.ingest.study import read_study
from servicecircle.ingest.walkable import load_rules
from servicecircle.model import Direction, Study, Tier, Variant, Ways
from servicecircle.reach import Attached, nearest_place, pairs_within
from servicecircle.scene import Scene, measure_access, open_scene
from servicecircle.streets import build_streets
from servicecircle.units import QUARTER_S

CRS, CORNER_M, BLOCK_M = "EPSG:32648", (600_000.0, 3_200_000.0), 100.0
MODELS = ("a", "b", "c")
SUBDISTRICTS = 12
_SEED = 20260426
_FEWER = 100


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--homes", type=int, default=1_000_000)
    parser.add_argument("--places", type=int, default=5_000)
    parser.add_argument("--blocks", type=int, default=400)
    asked = parser.parse_args()
    parameters, wild = read_parameters(), np.random.default_rng(_SEED)
    study = city(read_study(bundled_study()), asked.blocks, asked.places, wild)
    homes = households(asked.blocks, asked.homes, wild)
    steps = Steps()
    variant = Variant()
    streets = steps("network", lambda: build_streets(study, parameters, load_rules(), variant))
    scene: Scene = steps("doors (given to access)", lambda: open_scene(streets, homes, variant))
    steps.begin()
    level, paid = scene.level(variant), replace(variant, paid=True)
    priced: dict[str, Attached] = steps(
        "three prices", lambda: {m: scene.priced(v) for m, v in (("walk", variant), ("level", level), ("paid", paid))}
    )
    access: Access = steps("nearest, back, pairs", lambda: measure_access(scene, priced))
    tier = scene.places["tier"].to_numpy()
    steps(
        "from places",
        lambda: measure_times(
            scene.doors, tier, priced["walk"], priced["level"], QUARTER_S, parameters.coverage.horizon_s
        ),
    )
    names = {str(k): f"district {k}" for k in range(SUBDISTRICTS)}
    counted, standard = access.cutoffs_s, (parameters.coverage.cutoff_s, parameters.coverage.radius_m)
    steps("table of homes", lambda: home_access(access))
    steps("table of coverage", lambda: coverage_table(access, homes, MODELS, names, counted, standard))
    steps("table of choices", lambda: choices_table(access, homes, MODELS, names, QUARTER_S))
    steps("floating catchments", lambda: catchments(access, homes, study.facilities))
    steps.end("access in all")
    many = {measure: len(pairs.target) for measure, pairs in access.pairs.items()}
    compare(scene, priced["walk"], access, steps)
    sys.stdout.write(
        f"{asked.homes:,} homes, {asked.places:,} places, {streets.network.n_nodes:,} junctions, pairs: "
        + ", ".join(f"{measure} {count:,}" for measure, count in many.items())
        + f"\n\n| step | seconds | of a processor | peak MB |\n|---|---|---|---|\n{steps.rows}"
    )


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
        self.rows += f"| {name} | {wall:.2f} | {own:.2f} | {peak_mb:,.0f} |\n"

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


def city(study: Study, blocks: int, places: int, wild: np.random.Generator) -> Study:
    """Return a study of the lattice, with the tiers, categories and words of the bundled district's places."""
    known = study.facilities[study.facilities["located"] | study.facilities["approximate"]]
    rows = known.iloc[np.arange(places) % len(known)].reset_index(drop=True)
    lonlat = to_lonlat(along_streets(blocks, places, wild), CRS)
    facilities = rows.assign(
        facility_id=[f"P{k:05}" for k in range(places)],
        address=None,
        entrances=None,
        capacity=[str(n) for n in wild.integers(50, 2000, places)],
    ).set_geometry(shapely.points(lonlat), crs=WGS84)
    area = study.area
    nothing = {name: getattr(area, name).iloc[:0] for name in ("water", "railways", "stations", "buildings")}
    return replace(
        study,
        area=replace(area, crs=CRS, **nothing),
        ways=lattice(study.ways, blocks),
        terrain=None,
        links=study.links.iloc[:0],
        entrances=study.entrances.iloc[:0],
        facilities=gpd.GeoDataFrame(facilities),
    )


def lattice(like: Ways, blocks: int) -> Ways:
    """Return streets on every line of the lattice, in both directions."""
    n = blocks + 1
    x, y = (corner + BLOCK_M * np.arange(n) for corner in CORNER_M)
    lon, lat = to_lonlat(np.column_stack([axis.ravel() for axis in np.meshgrid(x, y)]), CRS).T
    node = np.arange(1, n * n + 1)
    nodes = pd.DataFrame(index=pd.Index(node, name="node_id"), columns=like.nodes.columns, dtype=object)
    ways = pd.DataFrame(index=pd.Index(np.arange(1, 2 * n + 1), name="way_id"), columns=like.ways.columns, dtype=object)
    refs = np.concatenate([node, node.reshape(n, n).T.ravel()])
    nodes, ways = (table.where(table.notna(), None) for table in (nodes, ways))
    return Ways(
        nodes.assign(lon=lon, lat=lat), ways.assign(highway="residential"), refs, n * np.arange(2 * n + 1), "2026-01-01"
    )


def along_streets(blocks: int, count: int, wild: np.random.Generator) -> np.ndarray:
    """Draw points up to 20 m beside the streets of the lattice, in metres."""
    along, beside = wild.uniform(0, blocks * BLOCK_M, count), wild.uniform(-20, 20, count)
    across = BLOCK_M * wild.integers(0, blocks + 1, count) + beside
    east = wild.random(count) < 0.5  # noqa: PLR2004 -- half of the streets
    return np.where(east[:, None], np.column_stack([along, across]), np.column_stack([across, along])) + CORNER_M


def households(blocks: int, count: int, wild: np.random.Generator) -> gpd.GeoDataFrame:
    """Draw homes, their subdistricts from west to east, and their people by three models."""
    xy = along_streets(blocks, count, wild)
    strip = ((xy[:, 0] - CORNER_M[0]) / (blocks * BLOCK_M) * SUBDISTRICTS).astype(int).clip(0, SUBDISTRICTS - 1)
    people = wild.uniform(0.5, 8.0, (len(MODELS), count))
    columns = {
        "demand_id": np.arange(count).astype(str).astype(object),
        "subdistrict": strip.astype(str).astype(object),
    }
    columns |= {f"people_{model}": row for model, row in zip(MODELS, people, strict=True)}
    columns["people"] = people.mean(axis=0)
    return gpd.GeoDataFrame(columns, geometry=shapely.points(to_lonlat(xy, CRS)), crs=WGS84)


if __name__ == "__main__":
    main()
