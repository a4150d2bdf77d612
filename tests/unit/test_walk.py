"""A walk explained adds up, and takes the seconds that coverage counts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely

from servicecircle.crs import GEOD
from servicecircle.errors import InputError, NoWayError
from servicecircle.ingest.parameters import read_parameters
from servicecircle.ingest.study import read_study
from servicecircle.ingest.walkable import load_rules
from servicecircle.model import Direction
from servicecircle.pipeline import Streets, build_streets
from servicecircle.reach import attach, door_to_door, node_times
from servicecircle.snapping import Snapper
from servicecircle.walk import Walk
from tests.sketch import PARAMETERS, STREET, draw, network, plane, price, register, row, walker
from tests.town import Town, lonlat

ADULT_MPS = PARAMETERS.walker("adult").flat_mps
PAIRS = 50


def town_streets(folder: Path, profile: str) -> Streets:
    return build_streets(read_study(Town().write(folder)), read_parameters(profile=profile), load_rules())


@pytest.fixture(scope="module", params=["adult", "flat"])
def streets_of_town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Streets:
    return town_streets(tmp_path_factory.mktemp("town"), request.param)


def somewhere(count: int, seed: int) -> np.ndarray:
    """Points in and a little around the town."""
    return np.array([lonlat(x, y) for x, y in np.random.default_rng(seed).uniform(-40, 1040, (count, 2))])


def geodesic_m(walk: Walk) -> float:
    return float(GEOD.line_length(*shapely.get_coordinates(walk.geometry).T))


def test_fifty_walks_take_the_seconds_that_coverage_counts(streets_of_town: Streets) -> None:
    streets = streets_of_town
    ends = somewhere(2 * PAIRS, 1)
    snapped = Snapper(streets.network, streets.prices, streets.parameters.snap).snap(ends)
    attached = attach(streets.network, streets.prices, snapped, streets.profile)
    homes, places = np.arange(PAIRS), np.arange(PAIRS, 2 * PAIRS)
    block = door_to_door(attached, places, homes, 7200, Direction.TO)
    walks = [streets.walker().walk(tuple(a), tuple(b)) for a, b in zip(ends[homes], ends[places], strict=True)]
    assert [w.seconds for w in walks] == pytest.approx(np.diag(block).tolist())
    assert np.ptp(np.diag(block)) > 600


def test_every_walk_is_the_sum_of_its_legs_and_as_long_as_its_line(streets_of_town: Streets) -> None:
    walk = streets_of_town.walker().walk
    for a, b in zip(somewhere(PAIRS, 2), somewhere(PAIRS, 3), strict=True):
        found = walk(tuple(a), tuple(b))
        assert found.seconds == pytest.approx(sum(leg.seconds for leg in found.legs))
        assert found.metres == pytest.approx(sum(leg.metres for leg in found.legs))
        assert found.metres == pytest.approx(geodesic_m(found), rel=0.01)
        ends = shapely.get_coordinates(found.geometry)[[0, -1]]
        assert ends == pytest.approx(np.array([a, b]))


def test_on_the_flat_there_and_back_take_the_same(tmp_path: Path) -> None:
    walk = town_streets(tmp_path, "flat").walker().walk
    for a, b in zip(somewhere(PAIRS, 4), somewhere(PAIRS, 5), strict=True):
        there, back = walk(tuple(a), tuple(b)), walk(tuple(b), tuple(a))
        assert there.seconds == pytest.approx(back.seconds)
        assert there.metres == pytest.approx(back.metres)


def test_two_doors_on_one_street_walk_straight_along_it() -> None:
    net = network(draw({1: (0.0, 0.0), 2: (500.0, 0.0), 3: (250.0, 10.0)}, ("1 2", STREET), ("1 3 2", STREET)))
    for a, b in (((100.0, 0.0), (180.0, 0.0)), ((180.0, 0.0), (100.0, 0.0))):
        found = walker(net).walk(lonlat(*a), lonlat(*b))
        assert found.metres == pytest.approx(80, rel=1e-3)
        assert found.seconds == pytest.approx(80 / ADULT_MPS, rel=1e-3)


def test_two_doors_on_one_street_take_the_shortcut_that_is_quicker() -> None:
    """Stairs between them, a short level detour round them."""
    lines = ("1 2", STREET), ("2 3", "highway=steps"), ("3 4", STREET), ("2 3", STREET)
    net = network(draw(row(0, 20, 80, 100), *lines))
    found = walker(net).walk(lonlat(10, 0), lonlat(90, 0))
    assert [leg.kind for leg in found.legs if leg.metres > 1] == ["street"]


def test_two_doors_on_one_one_way_escalator_street_are_not_confused() -> None:
    """The way back along a street that may only be walked one way leads round it."""
    corners = {1: (0.0, 0.0), 2: (200.0, 0.0), 3: (0.0, 100.0), 4: (200.0, 100.0)}
    lines = ("1 3", STREET), ("3 4", STREET), ("4 2", STREET), ("1 2", "highway=steps conveying=forward")
    found = walker(network(draw(corners, *lines))).walk(lonlat(200, 20), lonlat(0, 20))
    assert {leg.kind for leg in found.legs} == {"link", "street"}


def test_the_same_door_is_no_walk() -> None:
    net = network(draw(row(0, 500), ("1 2", STREET)), terrain=plane())
    found = walker(net).walk(lonlat(100, 0), lonlat(100, 0))
    assert (found.seconds, found.metres) == pytest.approx((0, 0), abs=0.01)
    assert (found.ascent_m, found.descent_m) == (0, 0)


def test_the_way_to_the_street_and_from_it_counts_at_the_level_pace() -> None:
    net = network(draw(row(0, 500), ("1 2", STREET)))
    found = walker(net).walk(lonlat(100, 30), lonlat(300, -45))
    assert [(leg.kind, round(leg.metres)) for leg in found.legs] == [("link", 30), ("street", 200), ("link", 45)]
    assert found.seconds == pytest.approx(275 / ADULT_MPS, rel=1e-3)


def test_legs_are_split_by_kind_and_name_and_joined_otherwise() -> None:
    tags = f"{STREET} name=A", f"{STREET} name=A", f"{STREET} name=B", "highway=steps name=B"
    lines = [(f"{k} {k + 1}", text) for k, text in enumerate(tags, 1)]
    found = walker(network(draw(row(0, 100, 200, 300, 330), *lines))).walk(lonlat(0, 0), lonlat(330, 0))
    legs = [(leg.kind, leg.name, round(leg.metres)) for leg in found.legs if leg.metres > 0.1]
    assert legs == [("street", "A", 200), ("street", "B", 100), ("stairs", "B", 30)]


def test_ascent_and_descent_are_those_of_the_ground() -> None:
    bends = {k + 1: (25.0 * k - 400, 0.0) for k in range(73)}
    ridge = plane(200)
    x = (np.arange(400) + 0.5) * 10 - 2000
    ridge.heights_m[:] = 200 + 0.1 * np.minimum(x, 1000 - x)[None, :]  # up to 250 m at x = 500, down again
    net = network(draw(bends, (" ".join(map(str, bends)), STREET)), terrain=ridge)
    found = walker(net).walk(lonlat(-400, 0), lonlat(1400, 0))
    assert found.ascent_m == pytest.approx(90, rel=0.15)  # streets are believed to be flatter than the ground
    assert found.descent_m == pytest.approx(90, rel=0.15)
    back = walker(net).walk(lonlat(1400, 0), lonlat(-400, 0))
    assert back.ascent_m == pytest.approx(found.descent_m)


def test_heights_unknown_anywhere_on_the_way_leave_the_climb_unknown() -> None:
    net = network(draw(row(0, 100), ("1 2", STREET)))
    found = walker(net).walk(lonlat(0, 0), lonlat(100, 0))
    assert found.ascent_m is None
    assert found.descent_m is None


def test_steps_are_counted_on_stairs_alone_and_said_to_be_estimated() -> None:
    net = network(draw(row(0, 100, 140), ("1 2", STREET), ("2 3", "highway=steps incline=up")))
    found = walker(net).walk(lonlat(0, 0), lonlat(140, 0))
    climb = 40 * PARAMETERS.pace.stairs_grade
    assert found.steps == pytest.approx(climb / PARAMETERS.pace.riser_m, abs=1)
    assert found.steps_estimated
    level = walker(net).walk(lonlat(0, 0), lonlat(90, 0))
    assert (level.steps, level.steps_estimated) == (0, False)


def test_a_ride_in_a_lift_is_a_leg() -> None:
    corners = {1: (0.0, 0.0), 2: (50.0, 0.0), 3: (100.0, 0.0), 4: (100.0, 50.0)}
    lines = ("1 2", STREET), ("2 3", f"{STREET} layer=1"), ("3 4", f"{STREET} layer=1")
    ways = draw(corners, *lines, nodes={2: "highway=elevator"})
    net = network(ways, register(V1="node=2 rise_m=30 state=in_service"))
    found = walker(net).walk(lonlat(0, 0), lonlat(100, 50))
    (ride,) = [leg for leg in found.legs if leg.kind == "lift"]
    assert ride.rise_m == 30
    assert ride.seconds == PARAMETERS.pace.lift_wait_s + 30 / PARAMETERS.pace.lift_mps


def test_streets_that_do_not_connect_have_no_way() -> None:
    net = network(draw({1: (0, 0), 2: (100, 0), 3: (0, 50), 4: (100, 50)}, ("1 2", STREET), ("3 4", STREET)))
    with pytest.raises(NoWayError, match="no way for profile adult"):
        walker(net).walk(lonlat(50, 0), lonlat(50, 50))


def test_stairs_alone_between_them_part_prams_from_adults() -> None:
    net = network(draw(row(0, 100, 120, 220), ("1 2", STREET), ("2 3", "highway=steps"), ("3 4", STREET)))
    ends = lonlat(10, 0), lonlat(210, 0)
    assert walker(net).walk(*ends).seconds > 0
    with pytest.raises(NoWayError, match="stepfree"):
        walker(net, "stepfree").walk(*ends)


def test_a_point_far_from_every_street_is_refused_with_its_distance() -> None:
    net = network(draw(row(0, 100), ("1 2", STREET)))
    with pytest.raises(InputError, match=r"within 300 m \(nearest: 500 m\)") as raised:
        walker(net).walk(lonlat(50, 0), lonlat(50, 500))
    assert len(raised.value.faults) == 1
    with pytest.raises(InputError) as raised:
        walker(net).walk(lonlat(50, -500), lonlat(50, 500))
    assert len(raised.value.faults) == 2


def test_times_to_a_place_up_the_hill_are_longer_than_from_it() -> None:
    bends = {k + 1: (25.0 * k - 300, 0.0) for k in range(37)}
    net = network(draw(bends, (" ".join(map(str, bends)), STREET)), terrain=plane(east=0.15))
    person = walker(net)
    up, down = person.walk(lonlat(0, 0), lonlat(300, 0)), person.walk(lonlat(300, 0), lonlat(0, 0))
    assert 300 / ADULT_MPS < down.seconds < 300 / ADULT_MPS / 0.88 + 1
    assert 300 / ADULT_MPS / 0.80 < up.seconds < 300 / ADULT_MPS / 0.73 + 1
    assert up.ascent_m == pytest.approx(down.descent_m)


@pytest.mark.parametrize("direction", [Direction.TO, Direction.FROM])
def test_a_bounded_search_finds_all_within_the_limit_and_nothing_beyond(
    streets_of_town: Streets, direction: Direction
) -> None:
    streets = streets_of_town
    snapped = Snapper(streets.network, streets.prices, streets.parameters.snap).snap(somewhere(10, 6))
    attached = attach(streets.network, streets.prices, snapped, streets.profile)
    places = np.arange(10)
    n = attached.graph.n
    everything = node_times(attached, places, np.inf, direction).dense(n)
    bounded = node_times(attached, places, 300, direction).dense(n)
    assert np.array_equal(bounded, np.where(everything <= 300, everything, np.inf))
    assert 0 < np.isfinite(bounded).mean() < 1


def test_many_doors_on_the_same_edge_and_at_the_same_point_do_not_disturb_each_other() -> None:
    net = network(draw(row(0, 400), ("1 2", STREET)))
    prices = price(net)
    at = [50, 350, 200, 200, 120, 0, 400]
    snapped = Snapper(net, prices, PARAMETERS.snap).snap(np.array([lonlat(x, 0) for x in at]))
    attached = attach(net, prices, snapped, PARAMETERS.walker("adult"))
    every = np.arange(len(at))
    block = door_to_door(attached, every, every, 7200, Direction.FROM)
    by_hand = np.abs(np.subtract.outer(at, at)) / ADULT_MPS
    assert block == pytest.approx(by_hand, rel=1e-3, abs=0.01)
