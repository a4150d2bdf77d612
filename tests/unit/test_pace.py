"""Seconds for a stretch of street, stairs, lift and escalator."""

from __future__ import annotations

import numpy as np
import pytest

from servicecircle.ingest.parameters import read_parameters
from servicecircle.pace import escalator_s, lift_s, stairs_s, street_s

PARAMETERS = read_parameters()
PACE = PARAMETERS.pace
WALKERS = ["adult", "pupil", "preschool", "elder"]


def one(*numbers: float) -> np.ndarray:
    return np.array(numbers, dtype=np.float64)


@pytest.mark.parametrize("name", [*WALKERS, "stepfree", "flat", "level-adult", "level-stepfree"])
def test_a_level_street_takes_its_length_over_the_pace(name: str) -> None:
    profile = PARAMETERS.walker(name)
    assert street_s(one(120), one(0), profile, PACE)[0] == pytest.approx(120 / profile.flat_mps)


@pytest.mark.parametrize("grade", [-0.3, -0.15, -0.05, 0.0, 0.02, 0.15, 0.3])
def test_a_walker_twice_as_fast_needs_half_the_time_on_any_street(grade: float) -> None:
    adult = PARAMETERS.walker("adult")
    twice = adult.model_copy(update={"flat_mps": 2 * adult.flat_mps})
    slow, fast = (street_s(one(80), one(80 * grade), p, PACE)[0] for p in (adult, twice))
    assert fast == pytest.approx(slow / 2)


def test_the_pace_curve_passes_through_its_published_points_and_is_constant_beyond() -> None:
    adult = PARAMETERS.walker("adult")
    grades = np.array(PACE.grades)
    length = np.full(len(grades), 100.0)
    seconds = street_s(length, 100 * grades, adult, PACE)
    assert 100 / adult.flat_mps / seconds == pytest.approx(PACE.relative_pace)
    steep = street_s(one(100, 100, 100, 100), one(30, 90, -30, -90), adult, PACE)
    assert steep[0] == steep[1]
    assert steep[2] == steep[3]


@pytest.mark.parametrize("name", WALKERS)
def test_a_steeper_climb_never_saves_time(name: str) -> None:
    rises = np.linspace(0, 40, 81)
    seconds = street_s(np.full(81, 100.0), rises, PARAMETERS.walker(name), PACE)
    assert (np.diff(seconds) >= 0).all()
    assert seconds[-1] > seconds[0]


@pytest.mark.parametrize("name", ["flat", "level-adult", "level-elder", "level-stepfree"])
def test_a_walker_on_the_level_ignores_every_rise(name: str) -> None:
    rises = one(-30, -1, 0, 1, 30)
    seconds = street_s(np.full(5, 100.0), rises, PARAMETERS.walker(name), PACE)
    assert np.ptp(seconds) == 0


def test_level_keeps_the_pace_of_the_walker_it_is_derived_from() -> None:
    for name in [*WALKERS, "stepfree"]:
        assert PARAMETERS.walker(f"level-{name}").flat_mps == PARAMETERS.walker(name).flat_mps


@pytest.mark.parametrize("name", [*WALKERS, "stepfree"])
def test_an_unknown_rise_is_walked_as_level(name: str) -> None:
    unknown, level = street_s(one(100, 100), one(np.nan, 0), PARAMETERS.walker(name), PACE)
    assert unknown == level


def test_a_street_of_no_length_takes_no_time() -> None:
    assert street_s(one(0, 0), one(0, 5), PARAMETERS.walker("adult"), PACE).tolist() == [0, 0]


@pytest.mark.parametrize("name", WALKERS)
def test_stairs_up_take_longer_than_down_and_down_longer_than_a_level_street(name: str) -> None:
    profile = PARAMETERS.walker(name)
    up, down = stairs_s(one(30, 30), one(1, -1), profile, PACE)
    assert up > down > 30 / profile.flat_mps


def test_stairs_of_unknown_direction_take_the_mean_of_up_and_down() -> None:
    up, down, unknown = stairs_s(one(30, 30, 30), one(1, -1, 0), PARAMETERS.walker("adult"), PACE)
    assert unknown == pytest.approx((up + down) / 2)


def test_stairs_are_closed_to_prams_and_wheelchairs() -> None:
    assert np.isinf(stairs_s(one(5, 5, 5), one(1, -1, 0), PARAMETERS.walker("stepfree"), PACE)).all()


@pytest.mark.parametrize("name", ["flat", "level-adult", "level-stepfree"])
def test_stairs_on_the_level_are_a_street(name: str) -> None:
    profile = PARAMETERS.walker(name)
    seconds = stairs_s(one(30, 30), one(1, -1), profile, PACE)
    assert seconds == pytest.approx(np.full(2, 30 / profile.flat_mps))


@pytest.mark.parametrize("name", [*WALKERS, "stepfree"])
def test_a_lift_is_never_free(name: str) -> None:
    seconds = lift_s(one(0, 5, 40, np.nan), PARAMETERS.walker(name), PACE)
    assert (seconds >= PACE.lift_wait_s).all()
    assert PACE.lift_wait_s > 0


def test_a_higher_lift_rides_longer_whichever_way_and_an_unknown_one_a_fixed_time() -> None:
    low, high, down, unknown = lift_s(one(6, 30, -30, np.nan), PARAMETERS.walker("adult"), PACE)
    assert high - low == pytest.approx(24 / PACE.lift_mps)
    assert down == high
    assert unknown == PACE.lift_wait_s + PACE.lift_ride_s


def test_an_escalator_carries_at_the_speed_of_its_belt_whoever_stands_on_it() -> None:
    adult, elder = (escalator_s(one(60), PARAMETERS.walker(p), PACE)[0] for p in ("adult", "elder"))
    assert adult == elder == 60 / PACE.escalator_mps


def test_an_escalator_is_closed_to_prams_and_wheelchairs() -> None:
    assert np.isinf(escalator_s(one(60), PARAMETERS.walker("stepfree"), PACE)).all()


@pytest.mark.parametrize("name", ["flat", "level-adult", "level-stepfree"])
def test_an_escalator_on_the_level_is_a_street(name: str) -> None:
    profile = PARAMETERS.walker(name)
    assert escalator_s(one(60), profile, PACE)[0] == pytest.approx(60 / profile.flat_mps)
