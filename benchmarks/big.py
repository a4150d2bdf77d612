"""One big network: ``python -m benchmarks.big [--blocks 999] [--places 20000]``, beside the bundled district.

A lattice of a million crossings with a river, drawn with a seed: the network is built from its ways, the places are
joined to it, and for every node the nearest place and the number of places within 15 minutes are found. Each of the two
runs in a process of its own, at 4.8 km/h without hills; the peak is that of the process, with the lattice it was drawn
from.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.city import CRS, along_streets, lattice
from servicecircle.batch.memory import peak_mb
from servicecircle.crs import to_lonlat, to_metric
from servicecircle.datasets import bundled_study
from servicecircle.graph import Graph, Sources, nearest, search
from servicecircle.ingest.parameters import read_parameters
from servicecircle.ingest.study import read_study
from servicecircle.ingest.walkable import apply_rules, load_rules
from servicecircle.model import Variant, Ways
from servicecircle.network import WalkNetwork, build_network
from servicecircle.prices import edge_seconds
from servicecircle.reach import Attached, attach
from servicecircle.snapping import Snapper

_CUTOFF_S = 900.0
_SEED = 20260426
_AT_ONCE = 256  # places of one search: their pairs are counted, and let go
_FEW = 100_000  # nodes of a study that is too quick to be measured in one run


def main() -> None:
    """Measure both, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--blocks", type=int, default=999)
    parser.add_argument("--places", type=int, default=20_000)
    parser.add_argument("--alone", choices=("district", "big"))
    asked = parser.parse_args()
    if asked.alone:
        found = _measure_district() if asked.alone == "district" else _measure_big(asked.blocks, asked.places)
        sys.stdout.write(json.dumps(found))
        return
    rest = ["--blocks", str(asked.blocks), "--places", str(asked.places)]
    told = [_in_process("district", rest), _in_process("big", rest)]
    sys.stdout.write(f"load {os.getloadavg()[0]:.1f}\n\n| | district | big | big / district |\n|---|---|---|---|\n")
    for key, small in told[0].items():
        sys.stdout.write(f"| {key} | {small:,.4g} | {told[1][key]:,.4g} | {told[1][key] / small:,.3g} |\n")


def _in_process(what: str, rest: list[str]) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.big", "--alone", what, *rest]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)  # noqa: S603
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _measure_district() -> dict[str, float]:
    """Measure the bundled district, without its terrain and lifts, which a lattice has not: the same stages."""
    study = read_study(bundled_study())
    ways, _ = apply_rules(study.ways, load_rules())
    placed = study.facilities[study.facilities["located"] | study.facilities["approximate"]]
    network, build_s = _timed(lambda: _network(ways, study.area.crs))
    lonlat = np.column_stack([placed.geometry.x, placed.geometry.y])
    return _measured(network, to_metric(lonlat, study.area.crs), build_s)


def _measure_big(blocks: int, places: int) -> dict[str, float]:
    network, build_s = _timed(partial(_network, lattice(read_study(bundled_study()).ways, blocks), CRS))
    return _measured(network, along_streets(blocks, places, np.random.default_rng(_SEED)), build_s)


def _network(ways: Ways, crs: str) -> WalkNetwork:
    links = pd.DataFrame(columns=["osm_type", "osm_id", "state", "fee_cny", "link_id", "rise_m"])
    return build_network(ways, crs, None, links, read_parameters())


def _measured(network: WalkNetwork, xy: np.ndarray, build_s: float) -> dict[str, float]:
    """Join the places to the streets, search, count."""
    parameters = read_parameters()
    prices = edge_seconds(network, parameters, Variant(profile="flat"))
    lonlat = to_lonlat(xy, network.crs)

    def joined() -> Attached:
        snapped = Snapper(network, prices, parameters.snap).snap(lonlat)
        return attach(network, prices, snapped, parameters.walker("flat"))

    attached, join_s = _timed(joined)
    sources = attached.sources([np.array([k]) for k in range(len(xy))])
    _counted(attached.graph, sources.take(0, 1))  # compile before the clock runs
    nearest(attached.graph, sources.take(0, 1), 1.0)
    n = network.n_nodes
    often = max(1, _FEW // n)
    near, near_s = _timed(lambda: nearest(attached.graph, sources, _CUTOFF_S), often)
    count, count_s = _timed(lambda: _counted(attached.graph, sources), often)
    within, pairs = float(np.isfinite(near.apart[:n]).mean()), float(count[:n].sum())
    assert ((count[:n] > 0) == (near.apart[:n] <= _CUTOFF_S)).all()  # noqa: S101 -- two ways to say the same
    return {
        "nodes": n,
        "edges": network.n_edges,
        "places": len(xy),
        "nodes with a place in 15 minutes, share": within,
        "places in reach of a node": pairs / n,
        "build, s": build_s,
        "build, us a node": build_s / n * 1e6,
        "join, s": join_s,
        "nearest, s": near_s,
        "nearest, us a node": near_s / n * 1e6,
        "count, s": count_s,
        "count, us a node": count_s / n * 1e6,
        "count, ns a pair of node and place": count_s / max(pairs, 1) * 1e9,
        "peak, MB": peak_mb(),
    }


def _counted(graph: Graph, sources: Sources) -> np.ndarray:
    """Return how many places reach each node within the cutoff."""
    count = np.zeros(graph.n, dtype=np.int64)
    for begin in range(0, len(sources), _AT_ONCE):
        some = sources.take(begin, min(begin + _AT_ONCE, len(sources)))
        count += np.bincount(search(graph, some, _CUTOFF_S).node, minlength=graph.n)
    return count


def _timed(work: Callable[[], Any], often: int = 1) -> tuple[Any, float]:
    """Return what it gives, and its median seconds of the processor: others may work beside it."""
    took = []
    for _ in range(often):
        began = time.process_time()
        found = work()
        took.append(time.process_time() - began)
    return found, statistics.median(took)


if __name__ == "__main__":
    main()
