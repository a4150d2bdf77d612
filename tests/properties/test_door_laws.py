"""Laws of doors: what a further entrance can change, and what a price can."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servicecircle.arrays import Floats, Ints
from servicecircle.graph import make_graph
from servicecircle.model import Direction
from servicecircle.network import WalkNetwork
from servicecircle.prices import EdgeSeconds
from servicecircle.reach import attach, door_to_door, join, nearest_times, node_times
from servicecircle.snapping import Snapped, Snapper
from tests.sketch import PARAMETERS, STREET, draw, network, plane, price, small_pieces
from tests.town import lonlat

LIMITS = settings(max_examples=15, deadline=None)
ADULT = PARAMETERS.walker("adult")
SNAP = small_pieces(PARAMETERS).snap
FOREVER = 1e9
SIDE = 6

seeds = st.integers(0, 10_000)
directions = st.sampled_from(list(Direction))


def hillside(seed: int) -> WalkNetwork:
    """Crooked streets and stairs on a slope, all connected: up is not down."""
    wild = np.random.default_rng(seed)
    corners = {
        1 + i + SIDE * j: (100.0 * i + wild.uniform(-30, 30), 80.0 * j + wild.uniform(-30, 30))
        for i in range(SIDE)
        for j in range(SIDE)
    }
    rows = [(" ".join(str(1 + i + SIDE * j) for i in range(SIDE)), STREET) for j in range(SIDE)]
    columns = [(" ".join(str(1 + i + SIDE * j) for j in range(SIDE)), "highway=steps incline=up") for i in (0, 2, 5)]
    return network(draw(corners, *rows, *columns), terrain=plane(300.0, east=0.1, north=0.2))


def doors(net: WalkNetwork, count: int, seed: int) -> Snapped:
    """Snap points about the streets, several of them on one edge."""
    wild = np.random.default_rng(seed + 1)
    return Snapper(net, price(net), SNAP).snap(np.array([lonlat(*p) for p in wild.uniform(0, 450, (count, 2))]))


def owners(first: int, count: int, seed: int) -> Ints:
    """Doors 0, 1, ... of as many places, then further doors of some of them."""
    return np.concatenate([np.arange(first), np.random.default_rng(seed + 2).integers(0, first, count - first)])


@LIMITS
@given(seeds, directions)
def test_times_of_a_place_are_the_least_over_its_entrances(seed: int, direction: Direction) -> None:
    net, places, homes = hillside(seed), np.arange(5), np.arange(5, 25)
    snapped = doors(net, 33, seed)
    owner = np.r_[np.arange(25), np.random.default_rng(seed).integers(0, 5, 8)]
    found = door_to_door(join(net, snapped, owner).price(price(net), ADULT), places, homes, FOREVER, direction)
    for place in places:
        single = []
        for door in np.flatnonzero(owner == place):
            alone = attach(net, price(net), snapped.take(np.r_[door, homes]), ADULT)
            single.append(door_to_door(alone, np.array([0]), np.arange(1, 21), FOREVER, direction)[0])
        assert found[place] == pytest.approx(np.min(single, axis=0), abs=1e-6)


@LIMITS
@given(seeds, directions)
def test_another_entrance_makes_no_time_longer_and_no_shortcut(seed: int, direction: Direction) -> None:
    net, everyone = hillside(seed), np.arange(12)
    snapped = doors(net, 13, seed)
    before = attach(net, price(net), snapped.take(everyone), ADULT)
    after = join(net, snapped, np.r_[everyone, 0]).price(price(net), ADULT)
    old, new = (door_to_door(a, everyone, everyone, FOREVER, direction) for a in (before, after))
    assert (new <= old + 1e-6).all()
    # nobody walks through the place from one of its doors to another
    assert new[1:, 1:] == pytest.approx(old[1:, 1:], abs=1e-6)


@LIMITS
@given(seeds, st.floats(0, 200), directions)
def test_moving_an_entrance_off_the_street_adds_its_metres_at_the_pace(
    seed: int, metres: float, direction: Direction
) -> None:
    net = hillside(seed)
    snapped = doors(net, 12, seed)
    away = snapped.take(np.arange(12))
    away.snap_m[:3] += metres
    places, homes = np.arange(3), np.arange(3, 12)
    near, far = (
        door_to_door(attach(net, price(net), s, ADULT), places, homes, FOREVER, direction) for s in (snapped, away)
    )
    assert far == pytest.approx(near + metres / ADULT.flat_mps, abs=1e-6)


@LIMITS
@given(seeds, directions, st.sampled_from([300.0, FOREVER]))
def test_the_nearest_of_a_group_is_the_least_of_its_rows(seed: int, direction: Direction, limit_s: float) -> None:
    net, homes = hillside(seed), np.arange(8, 30)
    owner = owners(30, 40, seed)
    attached = join(net, doors(net, 40, seed), owner).price(price(net), ADULT)
    groups = [np.array([0]), np.array([5, 1, 3]), np.arange(8), np.zeros(0, dtype=np.int64)]
    found = nearest_times(attached, groups, homes, limit_s, direction)
    block = door_to_door(attached, np.arange(8), homes, limit_s, direction)
    expected = [block[group].min(axis=0, initial=np.inf) for group in groups]
    assert found == pytest.approx(np.stack(expected), abs=1e-6)
    assert np.isinf(found[3]).all()
    assert np.isfinite(found[2]).any()


@LIMITS
@given(seeds)
def test_doors_joined_once_are_priced_anew_as_if_attached(seed: int) -> None:
    net = hillside(seed)
    snapped = doors(net, 20, seed)
    joined = join(net, snapped)
    wild = np.random.default_rng(seed)
    for _ in range(3):
        drawn = [wild.uniform(1, 100, net.n_edges) for _ in range(2)]
        for seconds in drawn:
            seconds[wild.uniform(size=net.n_edges) < 0.1] = np.inf
        prices = EdgeSeconds(drawn[0], drawn[1])
        again = joined.price(prices, ADULT)
        fresh = make_graph(net.n_nodes + 20, again.arcs.tail, again.arcs.head, again.arcs.seconds)
        for found, expected in ((again.graph.forward, fresh.forward), (again.graph.reverse, fresh.reverse)):
            expected.sort_indices()
            for part in ("indptr", "indices", "data"):
                assert np.array_equal(getattr(found, part), getattr(expected, part)), part
        _prices_add_up(again.arcs.edge, again.arcs.seconds, prices, net.n_edges)


def _prices_add_up(edge: Ints, seconds: Floats, prices: EdgeSeconds, n_edges: int) -> None:
    """Check that the stretches of an edge cost what the edge costs: once whole, and once cut where doors are on it."""
    for half, whole in (
        (slice(None, len(edge) // 2), prices.forward_s),
        (slice(len(edge) // 2, None), prices.backward_s),
    ):
        on, cost = edge[half], seconds[half]
        assert np.array_equal(cost[:n_edges], whole)
        sums = np.bincount(on, weights=np.where(np.isfinite(cost), cost, 0.0), minlength=n_edges)
        times = np.where(np.bincount(on, minlength=n_edges) > 1, 2, 1)
        assert sums == pytest.approx(times * np.where(np.isfinite(whole), whole, 0.0))
        assert np.isinf(cost).tolist() == np.isinf(whole[on]).tolist()


@LIMITS
@given(seeds, directions)
def test_seconds_at_nodes_begin_at_the_quickest_door(seed: int, direction: Direction) -> None:
    net = hillside(seed)
    owner = owners(6, 9, seed)
    attached = join(net, doors(net, 9, seed), owner).price(price(net), ADULT)
    reached = node_times(attached, np.arange(6), FOREVER, direction)
    block = reached.dense(attached.graph.n)
    for door, place in enumerate(owner):
        assert block[place, attached.node[door]] <= attached.access_s[door] + 1e-9
    for place in range(6):
        assert block[place].min() == pytest.approx(attached.access_s[owner == place].min())
    assert (np.diff(reached.start) == attached.graph.n).all()
