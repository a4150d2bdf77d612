"""What a way that is not there would change is what it does change once it is built into the graph."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from servicecircle.graph import Graph, make_graph, search
from servicecircle.missing_links import try_best
from servicecircle.shortcuts import Pricing, Shortcuts, draw_shortcuts, seconds_by
from servicecircle.stations import Stations
from tests.sketch import PARAMETERS

N = 8
PLACE = 0
PRICING = Pricing(PARAMETERS.walker("adult"), PARAMETERS.pace, PARAMETERS.gaps.stairs_from_grade)
arcs = st.lists(st.tuples(st.integers(0, N - 1), st.integers(0, N - 1), st.integers(1, 99)), max_size=24)


def onward(graph: Graph) -> np.ndarray:
    """Seconds from every node to the place."""
    return search(graph, np.array([PLACE]), np.inf, towards=True).dense(N)[0]


def drawn(given_arcs: list[tuple[int, int, int]], more: tuple[int, int, float] | None = None) -> Graph:
    """Draw the arcs, and perhaps one more."""
    rows = [*given_arcs, more] if more else given_arcs
    tail, head, cost = np.array(rows, dtype=float).reshape(-1, 3).T
    return make_graph(N, tail.astype(int), head.astype(int), cost)


def between(given_arcs: list[tuple[int, int, int]], parts: list[float]) -> Stations:
    """Put a point on every arc, walked forward only, at a share of it; then one at each node."""
    rows = [(a, b, a, cost * part, cost * (1 - part)) for (a, b, cost), part in zip(given_arcs, parts, strict=True)]
    out = [[np.inf, after] for *_, after in rows] + [[0.0, 0.0]] * N
    into = [[before, np.inf] for _, _, _, before, _ in rows] + [[0.0, 0.0]] * N
    node = [[a, b] for a, b, *_ in rows] + [[k, k] for k in range(N)]
    m = len(node)
    xy = np.column_stack([np.arange(m) * 10.0, np.zeros(m)])
    return Stations(
        np.zeros(m, int), np.zeros(m), xy, np.full(m, np.nan), np.array(node), np.array(out), np.array(into)
    )


@settings(deadline=None)
@given(arcs, st.data())
def test_seconds_by_the_best_link_are_those_of_the_graph_with_it(
    given_arcs: list[tuple[int, int, int]], data: st.DataObject
) -> None:
    graph = drawn(given_arcs)
    parts = data.draw(st.lists(st.sampled_from([0.25, 0.5]), min_size=len(given_arcs), max_size=len(given_arcs)))
    stations = between(given_arcs, parts)
    ends = data.draw(
        st.lists(st.tuples(st.integers(0, len(stations) - 1), st.integers(0, len(stations) - 1)), max_size=5)
    )
    start, end = np.array(ends, dtype=int).reshape(-1, 2).T
    links = draw_shortcuts(stations, start, end, PRICING)
    now = onward(graph)
    after = stations.onward(now)
    by_link, _ = seconds_by(graph, stations, links, after, np.inf)
    best = now.copy()
    for a, b, cost in zip(start, end, links.seconds, strict=True):
        # from the node before the link's first end to the node behind its other end
        starts = [(stations.node[a, i], stations.in_s[a, i]) for i in (0, 1) if np.isfinite(stations.in_s[a, i])]
        ends_ = [(stations.node[b, i], stations.out_s[b, i]) for i in (0, 1) if np.isfinite(stations.out_s[b, i])]
        for u, before in starts:
            for v, behind in ends_:
                best = np.minimum(best, onward(drawn(given_arcs, (u, v, before + cost + behind))))
    np.testing.assert_allclose(np.minimum(now, by_link), best)


@settings(deadline=None)
@given(arcs, st.lists(st.tuples(st.integers(0, N - 1), st.integers(0, N - 1)), min_size=1, max_size=4))
def test_each_link_alone_helps_whom_it_brings_within_the_cutoff(
    given_arcs: list[tuple[int, int, int]], ends: list[tuple[int, int]]
) -> None:
    graph, stations = drawn(given_arcs), between([], [])
    start, end = np.array(ends).T
    links = draw_shortcuts(stations, start, end, PRICING)
    now, access = onward(graph), np.linspace(0.0, 7.0, N)
    homes, cutoff = np.arange(N), 60.0
    tried, own = try_best(graph, stations, links, now, (homes, access), [homes], np.ones(N), cutoff)
    assert set(own[0]) <= set(range(len(tried.links)))
    for i in range(len(tried.links)):
        a, b = int(tried.links.start[i]), int(tried.links.end[i])
        to_start = search(graph, np.array([a]), np.inf, towards=True).dense(N)[0]
        seconds = to_start + tried.links.seconds[i] + now[b] + access
        found, told = tried.of(i)
        assert found.tolist() == np.flatnonzero(seconds <= cutoff).tolist()
        np.testing.assert_allclose(told, seconds[found])


def test_a_steep_link_is_a_stair_as_long_as_its_climb_needs() -> None:
    xy, height = np.array([[0.0, 0.0], [20.0, 0.0]]), np.array([200.0, 219.0])
    at = np.array([[0, 0], [1, 1]])
    stations = Stations(np.zeros(2, int), np.zeros(2), xy, height, at, np.zeros((2, 2)), np.zeros((2, 2)))
    up: Shortcuts = draw_shortcuts(stations, np.array([0]), np.array([1]), PRICING)
    down = draw_shortcuts(stations, np.array([1]), np.array([0]), PRICING)
    assert up.stairs.all()
    assert up.length_m[0] == 19 / PARAMETERS.pace.stairs_grade
    assert (up.rise_m[0], down.rise_m[0]) == (19, -19)
    assert up.seconds[0] > down.seconds[0] > up.length_m[0] / 1.2
