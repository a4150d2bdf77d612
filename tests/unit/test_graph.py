"""Searches, pairs and trees against plain tables, on graphs of any shape."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servicecircle import graph as module
from servicecircle.graph import Graph, Sources, added_along, make_graph, nearest, own_seconds, pairs, path, search, tree

N = 8
# whole seconds make ties, the hard case
arcs = st.lists(st.tuples(st.integers(0, N - 1), st.integers(0, N - 1), st.integers(0, 9)), max_size=30)
nodes = st.lists(st.integers(0, N - 1), max_size=6).map(lambda found: np.array(found, dtype=np.int64))
# no two the same
targets_of = st.permutations(range(N)).flatmap(
    lambda order: st.integers(0, N).map(lambda many: np.array(order[:many], dtype=np.int64))
)
ways = st.sampled_from(["from", "to"])


@pytest.fixture(scope="module", autouse=True)
def _compiled_before_the_clock_runs() -> None:
    graph = build([(0, 1, 1)])
    search(graph, np.array([0]), 1.0)
    nearest(graph, np.array([0]))
    own_seconds(graph, np.array([0]), np.zeros(N, dtype=np.int64), np.zeros(1))


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


@given(arcs, nodes, targets_of, st.integers(0, 25), ways)
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
    np.testing.assert_array_equal(found.apart, truth[row, column])


def with_doors(chance: random.Random, many: int) -> tuple[Sources, list[list[tuple[int, float]]]]:
    """Draw sources of up to three doors each, some of none, and the same as plain lists."""
    plain = [
        [(chance.randrange(N), float(chance.randint(0, 12))) for _ in range(chance.randint(0, 3))] for _ in range(many)
    ]
    start = np.r_[0, np.cumsum([len(doors) for doors in plain])].astype(np.int64)
    flat = [door for doors in plain for door in doors]
    node = np.array([node for node, _ in flat], dtype=np.int32)
    return Sources(start, node, np.array([seconds for _, seconds in flat], dtype=np.float64)), plain


def from_doors(chosen: list, plain: list[list[tuple[int, float]]], way: str) -> np.ndarray:
    """Seconds of each source, by its quickest door."""
    block = every_time(chosen, way=way)
    nowhere = np.full(N, np.inf)
    rows = [np.min([nowhere, *(block[node] + s for node, s in doors)], axis=0) for doors in plain]
    return np.array(rows).reshape(-1, N)


@given(arcs, st.integers(0, 4), st.integers(0, 40), ways, st.randoms())
def test_the_nearest_is_the_first_of_the_nearest(
    chosen: list, many: int, limit: int, way: str, chance: random.Random
) -> None:
    sources, plain = with_doors(chance, many)
    seen = nearest(build(chosen), sources, float(limit), towards=way == "to")
    truth = from_doors(chosen, plain, way)
    near = np.where(truth <= limit, truth, np.inf)
    best = near.min(axis=0, initial=np.inf)
    np.testing.assert_array_equal(seen.apart, best)
    first = near.argmin(axis=0) if many else np.zeros(N, dtype=np.int64)
    np.testing.assert_array_equal(seen.at, np.where(np.isfinite(best), first, -1))


def test_of_equally_near_sources_the_first_is_named_whoever_came_first() -> None:
    wild, ties = np.random.default_rng(1), 0
    for _ in range(100):
        tail, head = wild.integers(0, N, (2, 3 * N))
        graph = make_graph(N, tail, head, wild.integers(1, 5, 3 * N).astype(np.float64))
        doors = wild.integers(0, N, 6).astype(np.int32), wild.integers(0, 4, 6).astype(np.float64)
        sources = Sources(np.array([0, 2, 4, 6]), *doors)
        each = np.array([nearest(graph, sources.take(k, k + 1)).apart for k in range(3)])
        best = each.min(axis=0)
        seen = nearest(graph, sources)
        np.testing.assert_array_equal(seen.apart, best)
        np.testing.assert_array_equal(seen.at, np.where(np.isfinite(best), each.argmin(axis=0), -1))
        ties += int(((each == best).sum(axis=0) > 1)[np.isfinite(best)].sum())
    assert ties > 0


def many_ties(wild: np.random.Generator) -> tuple[Graph, Sources]:
    """Arcs and doors of few different seconds, some of none."""
    tail, head = wild.integers(0, N, (2, 3 * N))
    graph = make_graph(N, tail, head, wild.integers(0, 3, 3 * N).astype(np.float64))
    return graph, Sources.one(wild.integers(0, N, 6), wild.integers(0, 4, 6).astype(np.float64))


@pytest.mark.parametrize("together", [1, 2, 4])
def test_doors_in_turn_settle_and_name_what_all_at_once_do(together: int, monkeypatch: pytest.MonkeyPatch) -> None:
    wild = np.random.default_rng(2)
    for _ in range(200):
        graph, one = many_ties(wild)
        sources = Sources(np.arange(len(one.node) + 1), one.node, one.access_s)
        whole = nearest(graph, sources, 6.0)
        with monkeypatch.context() as patch:
            patch.setattr(module, "_TOGETHER", together)
            seen = nearest(graph, sources, 6.0)
        np.testing.assert_array_equal(seen.apart, whole.apart)
        np.testing.assert_array_equal(seen.at, whole.at)


@given(arcs, st.integers(0, 4), targets_of, st.integers(0, 40), ways, st.randoms())
def test_sources_of_several_doors_are_searched_as_one(
    chosen: list, many: int, targets: np.ndarray, limit: int, way: str, chance: random.Random
) -> None:
    sources, plain = with_doors(chance, many)
    access = np.array([chance.randint(0, 5) for _ in targets], dtype=np.float64)
    graph, towards = build(chosen), way == "to"
    truth = from_doors(chosen, plain, way)
    found = search(graph, sources, float(limit), towards=towards)
    np.testing.assert_array_equal(found.dense(N), np.where(truth <= limit, truth, np.inf))
    table = truth[:, targets] + access if len(targets) else np.zeros((many, 0))
    near = pairs(graph, sources, targets, float(limit), access_s=access, towards=towards)
    np.testing.assert_array_equal(near.dense(len(targets)), np.where(table <= limit, table, np.inf))
    assert len(near.target) == (table <= limit).sum()


@given(arcs, st.integers(1, 4), ways, st.randoms())
def test_own_seconds_are_those_of_the_source_a_node_belongs_to(
    chosen: list, many: int, way: str, chance: random.Random
) -> None:
    sources, plain = with_doors(chance, many)
    own = np.array([chance.randint(-1, many - 1) for _ in range(N)], dtype=np.int64)
    limits = np.array([float(chance.randint(0, 40)) for _ in range(many)])
    found = own_seconds(build(chosen), sources, own, limits, towards=way == "to")
    truth = from_doors(chosen, plain, way)
    expected = np.full(N, np.inf)
    for node, source in enumerate(own):
        if source >= 0 and truth[source, node] <= limits[source]:
            expected[node] = truth[source, node]
    np.testing.assert_array_equal(found, expected)


@settings(max_examples=5)
@given(arcs, targets_of)
def test_pairs_of_many_sources_are_found_a_few_at_a_time(chosen: list, targets: np.ndarray) -> None:
    graph, sources = build(chosen), np.arange(N)
    whole = pairs(graph, sources, targets, np.inf)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_AT_ONCE", 3)
        few = pairs(graph, sources, targets, np.inf)
    for part in ("start", "target", "apart"):
        np.testing.assert_array_equal(getattr(whole, part), getattr(few, part))


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


doors_of = st.lists(st.tuples(st.integers(0, N - 1), st.integers(0, 9)), max_size=4)


@settings(max_examples=40)
@given(arcs, doors_of, st.integers(0, 25))
def test_what_is_added_up_is_added_up_on_a_quickest_way(chosen: list, doors: list, limit: int) -> None:
    graph = build(chosen)
    entry = np.array(doors, dtype=np.float64).reshape(-1, 2)
    start = Sources.one(entry[:, 0].astype(np.int64), entry[:, 1])
    seconds = nearest(graph, start, float(limit)).apart
    tail, head = np.repeat(np.arange(N), np.diff(graph.forward.indptr)), graph.forward.indices
    along = np.column_stack([np.ones(len(head)), 100.0 + np.arange(len(head)) ** 2])  # arcs, and which they are
    begun = np.column_stack([np.zeros(len(entry)), np.arange(len(entry))])
    total = added_along(graph, start, seconds, along, begun)
    reached = np.isfinite(seconds)
    assert np.array_equal(np.isfinite(total).all(axis=1), reached)
    assert np.isnan(total[~reached]).all()
    for node in np.flatnonzero(reached):
        begins = [begun[k] for k in range(len(entry)) if doors[k] == (node, seconds[node])]
        arcs_in = [k for k in np.flatnonzero(head == node) if seconds[tail[k]] + graph.forward.data[k] == seconds[node]]
        # each arc on counts one arc more, so that no way goes round
        assert any(
            np.array_equal(total[node], known) for known in begins + [total[tail[k]] + along[k] for k in arcs_in]
        )


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
    assert nearest(graph, none).at.tolist() == [-1] * N
    assert path(graph, 1, 0)[0] == np.inf
