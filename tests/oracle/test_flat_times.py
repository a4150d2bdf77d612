"""For profile ``flat`` our seconds are those of a plain Dijkstra over data/geo's raw files.

Nothing of the product builds the reference: the files are read with ``csv``, the rule with ``tomllib``, lengths come
from pyproj, ways from networkx.
"""

from __future__ import annotations

import csv
import itertools
import tomllib
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from pyproj import Geod

from servicecircle.graph import make_graph, search
from servicecircle.ingest.parameters import read_parameters
from servicecircle.ingest.walkable import load_rules
from servicecircle.model import Study
from servicecircle.pipeline import build_streets

ROOT = Path(__file__).parents[2]
FLAT_MPS = 4.8 / 3.6
PAIRS = 1400  # of which over 1,000 are connected


def fits(condition: dict[str, Any], tags: dict[str, str]) -> bool:
    return all(tags.get(k) and (v == "*" or tags[k] in v) for k, v in condition.items())


def walkable(tags: dict[str, str], rules: list[dict[str, Any]]) -> bool:
    for rule in rules:
        when = rule.get("when", {})
        conditions = when if isinstance(when, list) else [when]
        if any(fits(c, tags) for c in conditions) and not any(tags.get(k) for k in rule.get("without", [])):
            return bool(rule["walk"])
    return False


@pytest.fixture(scope="module")
def reference() -> nx.Graph:
    geod = Geod(ellps="WGS84")
    with (ROOT / "data/geo/nodes.csv").open(encoding="utf-8", newline="") as file:
        at = {row["node_id"]: (float(row["lon"]), float(row["lat"])) for row in csv.DictReader(file)}
    rules = tomllib.loads((ROOT / "servicecircle/rules/walkable.toml").read_text("utf-8"))["rule"]
    graph = nx.Graph()
    with (ROOT / "data/geo/ways.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if not walkable({k: v for k, v in row.items() if v}, rules):
                continue
            ids = row["node_ids"].split(" ")
            for a, b in itertools.pairwise(ids):
                metres = geod.inv(*at[a], *at[b])[2]
                if a != b and (not graph.has_edge(a, b) or metres < graph[a][b]["metres"]):
                    graph.add_edge(a, b, metres=metres, seconds=metres / FLAT_MPS)
    return graph


def test_a_thousand_random_pairs_agree_within_a_second(reference: nx.Graph, district: Study) -> None:
    streets = build_streets(district, read_parameters(profile="flat"), load_rules())
    network, prices = streets.network, streets.prices
    tail, head = network.tail, network.head
    seconds = np.r_[prices.forward_s, prices.backward_s]
    graph = make_graph(network.n_nodes, np.r_[tail, head], np.r_[head, tail], seconds)
    random = np.random.default_rng(20260426)
    sources = random.choice(network.n_nodes, 50, replace=False)
    ours = search(graph, sources, np.inf).dense(network.n_nodes)
    worst, connected = 0.0, 0
    for k, source in enumerate(sources):
        theirs = nx.single_source_dijkstra_path_length(reference, str(network.node_id[source]), weight="seconds")
        for target in random.choice(network.n_nodes, PAIRS // len(sources), replace=False):
            expected = theirs.get(str(network.node_id[target]), np.inf)
            assert np.isfinite(expected) == np.isfinite(ours[k, target])
            if np.isfinite(expected):
                worst, connected = max(worst, abs(expected - ours[k, target])), connected + 1
    assert connected >= 1000
    assert worst < 1.0


def test_the_network_is_as_long_as_the_raw_ways(reference: nx.Graph, district: Study) -> None:
    streets = build_streets(district, read_parameters(profile="flat"), load_rules())
    expected = sum(metres for _, _, metres in reference.edges(data="metres"))
    # ways drawn twice over the same two nodes count once in the reference
    assert streets.network.edges["length_m"].sum() == pytest.approx(expected, rel=0.002)
