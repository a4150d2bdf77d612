"""The search equals networkx on any graph, and keeps the laws of shortest paths."""

from __future__ import annotations

import itertools

import networkx as nx
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from servicecircle.graph import Graph, make_graph, path, search

N = 9
arcs = st.lists(
    st.tuples(st.integers(0, N - 1), st.integers(0, N - 1), st.floats(0.0, 50.0).map(lambda s: round(s, 3))),
    max_size=40,
)


def build(chosen: list[tuple[int, int, float]]) -> Graph:
    table = np.array(chosen, dtype=float).reshape(-1, 3)
    return make_graph(N, table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), table[:, 2])


def reference(chosen: list[tuple[int, int, float]]) -> np.ndarray:
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(N))
    graph.add_weighted_edges_from(chosen)
    block = np.full((N, N), np.inf)
    for a, row in nx.all_pairs_dijkstra_path_length(graph):
        for b, seconds in row.items():
            block[a, b] = seconds
    return block


@given(arcs)
def test_seconds_equal_networkx(chosen: list[tuple[int, int, float]]) -> None:
    found = search(build(chosen), np.arange(N), np.inf).dense(N)
    np.testing.assert_allclose(found, reference(chosen), atol=1e-9)


@given(arcs, st.floats(0, 80))
def test_the_limit_is_inclusive_and_cuts_nothing_else(chosen: list[tuple[int, int, float]], limit: float) -> None:
    graph = build(chosen)
    everything = search(graph, np.arange(N), np.inf).dense(N)
    bounded = search(graph, np.arange(N), limit).dense(N)
    np.testing.assert_array_equal(bounded, np.where(everything <= limit, everything, np.inf))


@given(arcs)
def test_towards_is_from_turned_round(chosen: list[tuple[int, int, float]]) -> None:
    graph = build(chosen)
    out = search(graph, np.arange(N), np.inf).dense(N)
    back = search(graph, np.arange(N), np.inf, towards=True).dense(N)
    np.testing.assert_allclose(back, out.T, atol=1e-9)


@given(arcs, st.tuples(st.integers(0, N - 1), st.integers(0, N - 1), st.floats(0.0, 50.0)))
def test_another_link_never_makes_a_walk_longer(
    chosen: list[tuple[int, int, float]], link: tuple[int, int, float]
) -> None:
    before = search(build(chosen), np.arange(N), np.inf).dense(N)
    after = search(build([*chosen, link]), np.arange(N), np.inf).dense(N)
    assert (after <= before + 1e-9).all()


@given(arcs)
def test_triangle_inequality(chosen: list[tuple[int, int, float]]) -> None:
    d = search(build(chosen), np.arange(N), np.inf).dense(N)
    assert (d[:, None, :] <= d[:, :, None] + d[None, :, :] + 1e-9).all()


@given(arcs, st.integers(0, N - 1), st.integers(0, N - 1))
def test_a_path_takes_the_seconds_it_says(chosen: list[tuple[int, int, float]], a: int, b: int) -> None:
    graph = build(chosen)
    seconds, nodes = path(graph, a, b)
    best = reference(chosen)[a, b]
    if not np.isfinite(best):
        assert not np.isfinite(seconds)
        assert len(nodes) == 0
        return
    assert (nodes[0], nodes[-1]) == (a, b)
    cheapest: dict[tuple[int, int], float] = {}
    for tail, head, cost in chosen:
        cheapest[tail, head] = min(cost, cheapest.get((tail, head), np.inf))
    walked = sum(cheapest[int(u), int(v)] for u, v in itertools.pairwise(nodes))
    assert abs(walked - best) < 1e-9
    assert abs(seconds - best) < 1e-9
