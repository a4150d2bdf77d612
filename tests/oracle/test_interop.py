"""The network means the same in networkx and OSMnx as it does here."""

from __future__ import annotations

import networkx as nx
import numpy as np
import osmnx as ox
import pandas as pd
import pytest

from servicecircle.errors import InputError
from servicecircle.graph import make_graph, search
from servicecircle.ingest.links import LINK_COLUMNS
from servicecircle.ingest.parameters import read_parameters
from servicecircle.interop import from_osmnx, to_networkx
from servicecircle.network import build_network
from servicecircle.pipeline import Streets
from servicecircle.prices import edge_seconds


def test_networkx_finds_our_seconds(streets: Streets) -> None:
    network, prices = streets.network, streets.prices
    graph = to_networkx(network, prices)
    assert graph.number_of_nodes() == network.n_nodes
    arcs = np.r_[network.tail, network.head], np.r_[network.head, network.tail]
    ours = make_graph(network.n_nodes, *arcs, np.r_[prices.forward_s, prices.backward_s])
    for source in (0, 700, 2500):
        theirs = nx.single_source_dijkstra_path_length(graph, source, weight="seconds")
        found = search(ours, np.array([source]), np.inf).of(0)
        assert dict(zip(found[0].tolist(), found[1], strict=True)) == pytest.approx(theirs, abs=1e-6)


def test_osmnx_draws_and_measures_it(streets: Streets) -> None:
    graph = to_networkx(streets.network, streets.prices)
    nodes, edges = ox.graph_to_gdfs(graph)
    assert len(nodes) == streets.network.n_nodes
    assert edges["length"].sum() == pytest.approx(2 * streets.network.edges["length_m"].sum(), rel=0.02)


def test_an_osmnx_graph_comes_back_with_the_same_distances(streets: Streets) -> None:
    """There and back again: the flat walker finds the same seconds between the same OSM nodes."""
    parameters = read_parameters(profile="flat")
    flat = edge_seconds(streets.network, parameters)
    graph = to_networkx(streets.network, flat)
    links = pd.DataFrame(columns=LINK_COLUMNS)
    ways = from_osmnx(graph)
    again = build_network(ways, streets.network.crs, None, links, parameters)
    prices = edge_seconds(again, parameters)
    arcs = np.r_[again.tail, again.head], np.r_[again.head, again.tail]
    ours = make_graph(again.n_nodes, *arcs, np.r_[prices.forward_s, prices.backward_s])
    position = {int(node): i for i, node in enumerate(again.node_id) if node >= 0}
    source = 100
    theirs = nx.single_source_dijkstra_path_length(graph, source, weight="seconds")
    found = search(ours, np.array([position[source]]), np.inf).dense(again.n_nodes)[0]
    common = [node for node in theirs if node in position]
    assert len(common) > 3000
    assert max(abs(found[position[node]] - theirs[node]) for node in common) < 0.01


def test_a_projected_graph_is_refused() -> None:
    graph = nx.MultiDiGraph(crs="EPSG:32648")
    with pytest.raises(InputError, match="longitude and latitude"):
        from_osmnx(graph)
    with pytest.raises(InputError, match="no edges"):
        from_osmnx(nx.MultiDiGraph(crs="EPSG:4326"))
