"""A point beside doors that are joined already is where it would be had all been joined anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from servicecircle.arrays import Floats, Ints
from servicecircle.graph import nearest
from servicecircle.model import Direction, Variant
from servicecircle.network import WalkNetwork
from servicecircle.prices import EdgeSeconds, edge_seconds
from servicecircle.reach import Attached, door_to_door, join, node_times
from servicecircle.snapping import Snapped
from servicecircle.standing import Standing
from tests.properties.test_door_laws import ADULT, LIMITS, doors, hillside, owners
from tests.properties.test_scenario_laws import SHORT, link, streets_in
from tests.sketch import price

FOREVER = 1e9
PLACES, FURTHER = 6, 5

seeds = st.integers(0, 10_000)
directions = st.sampled_from(list(Direction))


Stood = tuple[Attached, Attached, Callable[[Direction], Floats]]


def both_ways(net: WalkNetwork, prices: EdgeSeconds, snapped: Snapped, owner: Ints) -> Stood:
    """Return places with the last of the given doors as a point beside them: joined with them, and stood beside.

    And what finds the seconds at every node from the doorstep alone.
    """
    point = len(snapped) - 1
    first, further = np.split(np.arange(point), [PLACES])
    own = Standing.of(net, join(net, snapped.take(np.arange(point)), owner), prices, ADULT)
    here = snapped.take(np.array([point]))

    def from_doorstep(direction: Direction) -> Floats:
        found = nearest(own.attached.graph, own.doorstep(here, direction).sources, towards=direction is Direction.TO)
        return found.apart[: net.n_nodes]

    order = np.r_[first, point, further]
    whose = np.r_[owner[:PLACES], PLACES, owner[PLACES:]]
    return join(net, snapped.take(order), whose).price(prices, ADULT), own.beside(here), from_doorstep


def same_walks(stood: Stood, direction: Direction) -> None:
    anew, beside, from_doorstep = stood
    me, places = np.array([PLACES]), np.arange(PLACES)
    one, other = (door_to_door(attached, me, places, FOREVER, direction) for attached in (anew, beside))
    assert np.array_equal(one, other)
    one, other = (at_nodes(attached, me, direction) for attached in (anew, beside))
    assert np.array_equal(one, other)
    assert np.array_equal(one, from_doorstep(direction))


def at_nodes(attached: Attached, me: Ints, direction: Direction) -> Floats:
    return node_times(attached, me, FOREVER, direction).dense(attached.graph.n)[0, : attached.n_network]


def seed_points(seed: int) -> Iterator[tuple[float, float]]:
    wild = np.random.default_rng(seed + 5)
    yield from ((float(x), float(y)) for x, y in wild.uniform(0, 450, (2, 2)))


@LIMITS
@given(seeds, directions)
def test_it_walks_as_if_joined_anew(seed: int, direction: Direction) -> None:
    net = hillside(seed)
    snapped = doors(net, PLACES + FURTHER + 1, seed)
    stood = both_ways(net, price(net), snapped, owners(PLACES, PLACES + FURTHER, seed))
    same_walks(stood, direction)


@LIMITS
@given(seeds, directions)
def test_it_stands_beside_a_door_of_its_own_spot(seed: int, direction: Direction) -> None:
    net = hillside(seed)
    some = doors(net, PLACES + FURTHER, seed)
    snapped = some.followed_by(some.take(np.array([seed % PLACES])))
    stood = both_ways(net, price(net), snapped, owners(PLACES, PLACES + FURTHER, seed))
    same_walks(stood, direction)


@LIMITS
@given(seeds, directions)
def test_it_meets_an_added_link_in_the_middle_of_its_street(seed: int, direction: Direction) -> None:
    a, b = seed_points(seed)
    streets = streets_in(Variant(links=(link("lift", (a, b)),)))
    net, hung = streets.network, streets.network.hung
    assert hung is not None
    wild, count = np.random.default_rng(seed), PLACES + FURTHER + 1
    # half of the doors on the streets that the link hangs on, the point among them
    edge = np.r_[wild.integers(0, net.mapped.n_edges, count // 2), wild.choice(hung.edge, count - count // 2)]
    none = np.zeros(count)
    snapped = Snapped(edge, wild.uniform(0, 1, count), wild.uniform(0, 20, count), none, np.zeros((count, 2)))
    prices = edge_seconds(net, SHORT, streets.variant)
    stood = both_ways(net, prices, snapped, owners(PLACES, count - 1, seed))
    same_walks(stood, direction)


@LIMITS
@given(seeds)
def test_a_closed_street_stays_closed(seed: int) -> None:
    net = hillside(seed)
    snapped = doors(net, PLACES + FURTHER + 1, seed)
    prices = price(net)
    prices.forward_s[snapped.edge[-1]] = np.inf  # one way only
    stood = both_ways(net, prices, snapped, owners(PLACES, PLACES + FURTHER, seed))
    for direction in Direction:
        same_walks(stood, direction)
