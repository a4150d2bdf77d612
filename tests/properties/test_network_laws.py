"""Laws that the network of any ways keeps."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx
import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from servicecircle.crs import GEOD
from servicecircle.graph import make_graph, search
from servicecircle.model import Ways
from servicecircle.network import WalkNetwork
from tests.sketch import STREET, Corners, draw, network, plane, price

SIDE = 8
CORNERS: Corners = {1 + i + SIDE * j: (120.0 * i, 90.0 * j + 7.0 * i) for i in range(SIDE) for j in range(SIDE)}
KINDS = (STREET, "highway=footway", "highway=steps", "highway=tertiary oneway=yes", f"{STREET} bridge=yes layer=1")
LIMITS = settings(max_examples=20, deadline=None)

through = st.lists(st.integers(1, SIDE * SIDE), min_size=2, max_size=7)
lines = st.lists(st.tuples(through, st.sampled_from(KINDS)), min_size=1, max_size=12)
Lines = list[tuple[list[int], str]]


def ways_of(chosen: Lines) -> Ways:
    return draw(CORNERS, *((" ".join(map(str, refs)), tags) for refs, tags in chosen))


def seconds(net: WalkNetwork, profile: str) -> pd.DataFrame:
    """Quickest seconds between all junctions, by OSM node."""
    prices = price(net, profile)
    arcs = (np.r_[net.tail, net.head], np.r_[net.head, net.tail], np.r_[prices.forward_s, prices.backward_s])
    block = search(make_graph(net.n_nodes, *arcs), np.arange(net.n_nodes), np.inf).dense(net.n_nodes)
    return pd.DataFrame(block, net.node_id, net.node_id)


def reference(ways: Ways, mps: float) -> nx.Graph:
    """Put every pair of neighbours on a way into a plain graph."""
    graph = nx.Graph()
    at = ways.nodes[["lon", "lat"]]
    for start, stop in zip(ways.offsets[:-1], ways.offsets[1:], strict=True):
        refs = ways.refs[start:stop].tolist()
        for a, b in pairwise(refs):
            if a != b:
                metres = GEOD.inv(*at.loc[a], *at.loc[b])[2]
                graph.add_edge(a, b, seconds=metres / mps)
    return graph


@LIMITS
@given(lines)
def test_no_metre_of_any_way_is_lost_or_counted_twice(chosen: Lines) -> None:
    ways = ways_of(chosen)
    at = ways.nodes[["lon", "lat"]].to_numpy()[np.searchsorted(ways.nodes.index, ways.refs)]
    total = sum(GEOD.line_length(*at[a:b].T) for a, b in zip(ways.offsets[:-1], ways.offsets[1:], strict=True))
    net = network(ways)
    assert abs(net.edges["length_m"].sum() - total) < 1e-6
    by_way = net.edges.groupby("osm_way_id")["length_m"].sum()
    assert set(by_way.index) <= set(ways.ways.index)


@LIMITS
@given(lines)
def test_on_the_flat_every_junction_is_as_far_as_in_a_plain_graph(chosen: Lines) -> None:
    ways = ways_of(chosen)
    found = seconds(network(ways), "flat")
    graph = reference(ways, 4.8 / 3.6)
    for a in found.index:
        lengths = nx.single_source_dijkstra_path_length(graph, a, weight="seconds") if a in graph else {a: 0.0}
        expected = np.array([lengths.get(b, np.inf) for b in found.columns])
        np.testing.assert_allclose(found.loc[a], expected, atol=1e-6)


@LIMITS
@given(lines)
def test_edges_begin_and_end_at_their_nodes(chosen: Lines) -> None:
    net = network(ways_of(chosen))
    assert np.array_equal(net.vertex_lonlat[net.vertex_start[:-1]], net.node_lonlat[net.tail])
    assert np.array_equal(net.vertex_lonlat[net.vertex_start[1:] - 1], net.node_lonlat[net.head])
    assert (np.diff(net.vertex_start) >= 2).all()
    assert net.edges["edge_id"].is_unique
    for start, stop in pairwise(net.vertex_start):
        assert net.vertex_along_m[start] == 0
        assert (np.diff(net.vertex_along_m[start:stop]) >= 0).all()


@LIMITS
@given(lines, st.data())
def test_cutting_a_way_in_two_at_a_node_changes_no_time(chosen: Lines, data: st.DataObject) -> None:
    """The cut is between a way and its continuation, whatever runs through it."""
    k = data.draw(st.integers(0, len(chosen) - 1))
    refs, tags = chosen[k]
    cut = data.draw(st.integers(0, len(refs) - 1))
    parts = [(part, tags) for part in (refs[: cut + 1], refs[cut:]) if len(part) > 1]
    before = seconds(network(ways_of(chosen)), "adult")
    after = seconds(network(ways_of([*chosen[:k], *parts, *chosen[k + 1 :]])), "adult")
    same = before.index
    np.testing.assert_allclose(after.loc[same, same], before, atol=1e-6)


@LIMITS
@given(lines)
def test_drawing_every_way_the_other_way_round_changes_no_time(chosen: Lines) -> None:
    """Steps say no incline here: what climbs is told by the terrain, not by the pen."""
    ground = plane(east=0.08, north=-0.05)
    before = seconds(network(ways_of(chosen), terrain=ground), "adult")
    turned = [(refs[::-1], tags) for refs, tags in chosen]
    after = seconds(network(ways_of(turned), terrain=ground), "adult")
    np.testing.assert_allclose(after.loc[before.index, before.index], before, atol=1e-6)


@LIMITS
@given(lines, st.tuples(through, st.sampled_from([kind for kind in KINDS if "steps" not in kind])))
def test_another_way_makes_no_walk_longer(chosen: Lines, line: tuple[list[int], str]) -> None:
    """Without heights, which more ways level anew, and but for stairs, which may make a longer flight of two."""
    before = seconds(network(ways_of(chosen)), "adult")
    after = seconds(network(ways_of([*chosen, line])), "adult")
    assert (after.loc[before.index, before.index].to_numpy() <= before.to_numpy() + 1e-6).all()


@LIMITS
@given(lines)
def test_no_walker_is_quicker_in_the_hills_than_on_the_level_at_the_same_pace(chosen: Lines) -> None:
    net = network(ways_of(chosen), terrain=plane(east=0.2, north=0.1))
    for name in ("adult", "elder"):
        assert (seconds(net, name).to_numpy() >= seconds(net, f"level-{name}").to_numpy() - 1e-6).all()


@LIMITS
@given(lines)
def test_what_a_pram_reaches_an_adult_reaches(chosen: Lines) -> None:
    net = network(ways_of(chosen))
    assert not (np.isfinite(seconds(net, "stepfree")) & ~np.isfinite(seconds(net, "adult"))).to_numpy().any()


@LIMITS
@given(lines, st.sampled_from(["adult", "elder", "stepfree", "level-pupil", "flat"]))
def test_no_time_is_negative_and_no_way_round_is_shorter(chosen: Lines, name: str) -> None:
    found = seconds(network(ways_of(chosen), terrain=plane(east=0.15, north=-0.1)), name).to_numpy()
    assert (found >= 0).all()
    for k in range(len(found)):
        assert (found <= found[:, [k]] + found[[k], :] + 1e-6).all()


@LIMITS
@given(lines, st.floats(-0.4, 0.4), st.floats(-0.4, 0.4))
def test_up_a_flight_takes_no_less_than_down(chosen: Lines, east: float, north: float) -> None:
    net = network(ways_of(chosen), terrain=plane(east=east, north=north))
    prices, edges = price(net), net.edges
    flights = (edges["kind"] == "stairs").to_numpy() & np.isfinite(edges["rise_m"].to_numpy())
    up = np.where(edges["rise_m"] >= 0, prices.forward_s, prices.backward_s)[flights]
    down = np.where(edges["rise_m"] >= 0, prices.backward_s, prices.forward_s)[flights]
    assert (up >= down - 1e-9).all()
