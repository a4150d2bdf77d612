"""Surveys, pairs and trees against plain tables, on graphs of any shape."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servicecircle import graph as module
from servicecircle.graph import Graph, make_graph, pairs, path, search, survey, tree

N = 8
# whole seconds make ties, the hard case
arcs = st.lists(st.tuples(st.integers(0, N - 1), st.integers(0, N - 1), st.integers(0, 9)), max_size=30)
nodes = st.lists(st.integers(0, N - 1), max_size=6).map(lambda found: np.array(found, dtype=np.int64))
ways = st.sampled_from(["from", "to"])


@pytest.fixture(scope="module", autouse=True)
def _compiled_before_the_clock_runs() -> None:
    graph = build([(0, 1, 1)])
    search(graph, np.array([0]), 1.0)
    survey(graph, np.array([0]), (1.0,))


def build(chosen: list[tuple[int, int, int]]) -> Graph:
    table = np.array(chosen, dtype=np.float64).reshape(-1, 3)
    return make_graph(N, table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), table[:, 2])


def every_time(chosen: list[tuple[int, int, int]], *, way: str) -> np.ndarray:
    """Floyd and Warshall, independent of any search."""
    block = np.where(np.eye(N) > 0, 0.0, np.inf)
    for a, b, s in chosen:
        block[a, b] = min(block[a, b], s)
    for k in range(N):
        block = np.minimum(block, block[:, [k]] + block[[k]])
    return block.T if way == "to" else block


@given(arcs, nodes, st.integers(0, 25), ways)
def test_a_search_writes_down_what_is_reached_and_nothing_else(
    chosen: list, sources: np.ndarray, limit: int, way: str
) -> None:
    found = search(build(chosen), sources, float(limit), towards=way == "to")
    truth = every_time(chosen, way=way)[sources]
    truth = np.where(truth <= limit, truth, np.inf)
    np.testing.assert_array_equal(found.dense(N), truth.reshape(-1, N))
    assert len(found.node) == np.isfinite(truth).sum()
    assert all((np.diff(found.of(i)[0]) > 0).all() for i in range(len(sources)))


@given(arcs, nodes, nodes, st.integers(0, 25), ways)
def test_pairs_are_the_table_without_what_is_too_far(
    chosen: list,
    sources: np.ndarray,
    targets: np.ndarray,
    limit: int,
    way: str,
) -> None:
    found = pairs(build(chosen), sources, targets, float(limit), towards=way == "to")
    truth = every_time(chosen, way=way)[np.ix_(sources, targets)] if len(targets) else np.zeros((len(sources), 0))
    row, column = np.nonzero(truth <= limit)
    np.testing.assert_array_equal(np.repeat(np.arange(len(sources)), np.diff(found.start)), row)
    np.testing.assert_array_equal(found.target, column)
    np.testing.assert_array_equal(found.seconds, truth[row, column])


@given(arcs, nodes, st.lists(st.integers(0, 25), max_size=3), st.integers(0, 40), ways, st.randoms())
def test_a_survey_names_the_first_of_the_nearest_and_counts_the_near(
    chosen: list,
    sources: np.ndarray,
    cutoffs: list[int],
    limit: int,
    way: str,
    chance: object,
) -> None:
    access = np.array([chance.randint(0, 3) for _ in sources], dtype=np.float64)  # type: ignore[attr-defined]
    seen = survey(
        build(chosen), sources, tuple(map(float, cutoffs)), limit_s=float(limit), access_s=access, towards=way == "to"
    )
    truth = every_time(chosen, way=way)[sources] + access[:, None]
    for k, cutoff in enumerate(cutoffs):
        np.testing.assert_array_equal(seen.counts[:, k], (truth <= cutoff).sum(axis=0))
    near = np.where(truth <= limit, truth, np.inf)
    best = near.min(axis=0, initial=np.inf)
    np.testing.assert_array_equal(seen.seconds, best)
    first = near.argmin(axis=0) if len(sources) else np.zeros(N, dtype=np.int64)
    np.testing.assert_array_equal(seen.nearest, np.where(np.isfinite(best), first, -1))
    few = survey(build(chosen), sources, (), access_s=access, towards=way == "to", wanted=np.array([3, 1]))
    assert (few.seconds.tolist(), few.counts.shape) == (truth.min(axis=0, initial=np.inf)[[3, 1]].tolist(), (2, 0))


@given(arcs, st.integers(0, N - 1), ways)
def test_each_step_of_a_tree_takes_the_seconds_between(chosen: list, source: int, way: str) -> None:
    grown = tree(build(chosen), source, towards=way == "to")
    truth = every_time(chosen, way=way)
    np.testing.assert_array_equal(grown.seconds, truth[source])
    direct = every_time(chosen, way=way)
    for node in np.flatnonzero(grown.before >= 0):
        assert grown.seconds[grown.before[node]] + direct[grown.before[node], node] == grown.seconds[node]
        assert (grown.way(int(node))[0], grown.way(int(node))[-1]) == (source, node)
    assert grown.before[source] == -1


def test_a_tree_ends_at_its_limit() -> None:
    grown = tree(build([(0, 1, 4), (1, 2, 4)]), 0, 5.0)
    assert grown.seconds[:3].tolist() == [0.0, 4.0, np.inf]
    assert grown.before[:3].tolist() == [-1, 0, -1]
    assert len(grown.way(2)) == 0
    assert grown.way(1).tolist() == [0, 1]


@settings(max_examples=20)
@given(arcs, nodes)
def test_an_answer_larger_than_its_arrays_is_whole(chosen: list, sources: np.ndarray) -> None:
    graph = build(chosen)
    whole = search(graph, sources, np.inf)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_ROOM", 1 - N)
        small = search(graph, sources, np.inf)
    np.testing.assert_array_equal(whole.node, small.node)
    np.testing.assert_array_equal(whole.seconds, small.seconds)


def test_no_sources_no_answer() -> None:
    graph = build([(0, 1, 1)])
    none = np.zeros(0, dtype=np.int64)
    assert search(graph, none, 9.0).start.tolist() == [0]
    assert pairs(graph, none, np.array([1]), 9.0).start.tolist() == [0]
    assert survey(graph, none, (9.0,)).nearest.tolist() == [-1] * N
    assert path(graph, 1, 0)[0] == np.inf
