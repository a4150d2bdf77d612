"""Time and quality of the district's own circles: `python -m benchmarks.district_circles`.

The placed facilities of the bundled district, walked from by an adult, hills and stairs included. Quality is held
against scipy's search at every node, and every 5 m along every edge.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import shapely

from servicecircle.datasets import bundled_study
from servicecircle.ingest.parameters import read_parameters
from servicecircle.ingest.study import read_study
from servicecircle.ingest.walkable import load_rules
from servicecircle.isochrone import Circles, Drawer, Starts, shared_spots
from servicecircle.model import Direction
from servicecircle.pipeline import Streets, build_streets
from servicecircle.reach import Attached, attach, node_times
from servicecircle.snapping import Snapped, Snapper
from servicecircle.tessellation import build_tessellation
from tests.exact import edge_points, exact_seconds

_CUTOFFS = (300.0, 600.0, 900.0)
_TIMES = 15


def main() -> None:
    """Draw, time, compare."""
    streets = build_streets(read_study(bundled_study()), read_parameters(), load_rules())
    facilities = streets.study.facilities
    placed = facilities[facilities["located"] | facilities["approximate"]]
    network, prices, parameters = streets.network, streets.prices, streets.parameters
    lonlat = shapely.get_coordinates(placed.geometry.to_numpy())
    snapped = Snapper(network, prices, parameters.snap).snap(lonlat)
    attached = attach(network, prices, snapped, streets.profile)
    every = np.arange(len(placed))
    starts = Starts.of(snapped, attached, every)

    def circles(cutoffs: tuple[float, ...]) -> Circles:
        return drawer.draw(node_times(attached, every, max(cutoffs), Direction.FROM), starts, cutoffs)

    build_tessellation(network, streets.water, parameters.circles)
    mesh_s, mesh = _median(lambda: build_tessellation(network, streets.water, parameters.circles), 3)
    drawer = Drawer(network, mesh, prices, Direction.FROM, parameters, streets.profile)
    circles(_CUTOFFS)
    one_s, _ = _median(lambda: circles(_CUTOFFS[-1:]), _TIMES)
    nested_s, found = _median(lambda: circles(_CUTOFFS), _TIMES)
    sys.stdout.write(
        f"{len(placed)} places; mesh {mesh_s:.2f} s; a circle at 900 s {1e3 * one_s / len(placed):.3f} ms, "
        f"three cutoffs {1e3 * nested_s / len(placed):.3f} ms ({nested_s / one_s:.2f} x)\n"
        f"invalid {(~shapely.is_valid(found.area)).sum()}, pieces of street not in the mesh {mesh.unmatched}\n"
    )
    _compare(streets, attached, snapped, found)


def _median(work: Callable[[], Any], times: int) -> tuple[float, Any]:
    seconds, result = [], None
    for _ in range(times):
        begin = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds), result


def _compare(streets: Streets, attached: Attached, snapped: Snapped, found: Circles) -> None:
    network = streets.network
    points = edge_points(network, 5.0)
    node_s, point_s = exact_seconds(network, streets.prices, attached, snapped, points, Direction.FROM)
    counted = np.ones(network.n_nodes, dtype=bool)
    counted[shared_spots(network)] = False
    sys.stdout.write(f"nodes left out, within 1 m of a node of another storey: {(~counted).sum()}\n")
    for k, cutoff in enumerate(found.cutoffs_s):
        said = []
        for xy, seconds in ((network.node_xy[counted], node_s[:, counted]), (points.xy, point_s)):
            inside = np.array([shapely.contains_xy(area, *xy.T) for area in found.area[:, k]])
            reached = seconds <= cutoff
            both = (inside & reached).sum()
            said.append(f"P {both / inside.sum():.5f} R {both / reached.sum():.5f}")
        sys.stdout.write(f"{cutoff:.0f} s: nodes {said[0]}, edges {said[1]}\n")


if __name__ == "__main__":
    main()
