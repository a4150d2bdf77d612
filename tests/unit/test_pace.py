"""Seconds for a stretch of street, stairs, lift and escalator."""

from __future__ import annotations

import numpy as np
import pytest

from servicecircle.ingest.parameters import read_parameters
from servicecircle.pace import (
    cableway_s,
    climb_per_m,
    crossing_s,
    escalator_s,
    lift_s,
    overpass_s,
    stairs_s,
    steps,
    street_s,
)

PARAMETERS = read_parameters()
PACE = PARAMETERS.pace
WALKERS = ["adult", "pupil", "preschool", "elder"]


UNKNOWN = np.array([np.nan])


def one(*numbers: float) -> np.ndarray:
    return np.array(numbers, dtype=np.float64)


def flight(length_m: float, rise_m: float, name: str = "adult") -> float:
    """Seconds on one flight of stairs."""
    return float(stairs_s(one(length_m), one(rise_m), one(abs(rise_m)), PARAMETERS.walker(name), PACE)[0])


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
    assert flight(30, 12, name) > flight(30, -12, name) > 30 / PARAMETERS.walker(name).flat_mps


def test_a_climb_of_fifty_metres_takes_what_was_measured_and_the_way_down_less() -> None:
    """Measured long stairs run at 0.4 to 0.5 m/s upward: 200 to 250 s for 100 m."""
    up, down = flight(100, 50), flight(100, -50)
    assert 200 <= up <= 250
    assert down < up


def test_the_shortest_flights_run_at_the_pace_measured_on_them() -> None:
    assert 0.8 <= 2 / flight(2, 0.8) <= 0.9


@pytest.mark.parametrize("name", WALKERS)
def test_long_flights_are_slower_than_short_ones_of_the_same_grade(name: str) -> None:
    pace = [length / flight(length, 0.4 * length, name) for length in (5, 20, 60, 120)]
    assert pace == sorted(pace, reverse=True)
    assert pace[0] > pace[-1]


def test_the_parts_of_a_flight_add_up_to_the_whole() -> None:
    adult = PARAMETERS.walker("adult")
    whole = stairs_s(one(90), one(36), one(36), adult, PACE)[0]
    parts = stairs_s(one(20, 70), one(8, 28), one(36, 36), adult, PACE)
    assert parts.sum() == pytest.approx(whole)


def test_each_metre_of_a_flight_tires_more_than_the_one_before() -> None:
    heights = np.linspace(0, 120, 241)
    total = heights * climb_per_m(heights, 1.0, 4.0, 12.0)
    each = np.diff(total) / np.diff(heights)
    assert (np.diff(each) > 0).all()
    assert each[0] == pytest.approx(1.0, abs=0.1)
    assert each[-1] == pytest.approx(4.0, abs=0.01)


def test_stairs_of_unknown_rise_take_a_usual_grade_and_the_mean_of_up_and_down() -> None:
    unknown = stairs_s(one(30), UNKNOWN, one(0), PARAMETERS.walker("adult"), PACE)[0]
    climb = 30 * PACE.stairs_grade
    assert unknown == pytest.approx((flight(30, climb) + flight(30, -climb)) / 2)


def test_stairs_are_closed_to_prams_and_wheelchairs() -> None:
    assert np.isinf(flight(5, 2, "stepfree"))
    assert np.isinf(flight(5, np.nan, "stepfree"))


@pytest.mark.parametrize("name", ["flat", "level-adult", "level-stepfree"])
def test_stairs_on_the_level_are_a_street(name: str) -> None:
    assert flight(30, 12, name) == flight(30, -12, name) == 30 / PARAMETERS.walker(name).flat_mps


@pytest.mark.parametrize("name", WALKERS)
def test_a_walker_twice_as_fast_needs_half_the_time_on_any_stairs(name: str) -> None:
    profile = PARAMETERS.walker(name)
    twice = profile.model_copy(update={"flat_mps": 2 * profile.flat_mps})
    slow, fast = (stairs_s(one(40), one(-16), one(30), p, PACE)[0] for p in (profile, twice))
    assert fast == pytest.approx(slow / 2)


def test_steps_come_from_the_rise_or_else_from_the_length() -> None:
    assert steps(one(20, 20, 20), one(8, -8, np.nan), PACE) == pytest.approx([50, 50, 20 * PACE.steps_per_m])


@pytest.mark.parametrize("name", [*WALKERS, "stepfree"])
def test_a_lift_is_never_free(name: str) -> None:
    rise = one(0, 5, 40, np.nan)
    seconds = lift_s(rise, np.full(4, np.nan), np.full(4, np.nan), PARAMETERS.walker(name), PACE)
    assert (seconds >= PACE.lift_wait_s).all()
    assert PACE.lift_wait_s > 0


def test_a_lift_of_fifty_metres_costs_a_minute_at_least() -> None:
    assert lift_s(one(50), UNKNOWN, UNKNOWN, PARAMETERS.walker("adult"), PACE)[0] >= 60


def test_a_higher_lift_rides_longer_whichever_way_and_an_unknown_one_a_fixed_time() -> None:
    nothing = np.full(4, np.nan)
    low, high, down, unknown = lift_s(one(6, 30, -30, np.nan), nothing, nothing, PARAMETERS.walker("adult"), PACE)
    assert high - low == pytest.approx(24 / PACE.lift_mps)
    assert down == high
    assert unknown == PACE.lift_wait_s + PACE.lift_ride_s


def test_a_wait_and_a_ride_that_are_known_stand_for_themselves() -> None:
    adult = PARAMETERS.walker("adult")
    assert lift_s(one(50), one(30), one(41), adult, PACE).tolist() == [71.0]
    assert cableway_s(one(1000), one(60), one(240), adult, PACE).tolist() == [300.0]
    assert escalator_s(one(98), one(53), one(150), adult, PACE).tolist() == [150.0]


def test_an_escalator_carries_at_the_speed_of_its_belt_whoever_stands_on_it() -> None:
    adult, elder = (escalator_s(one(48), one(36), UNKNOWN, PARAMETERS.walker(p), PACE)[0] for p in ("adult", "elder"))
    assert adult == elder == 60 / PACE.escalator_mps


def test_walking_on_the_belt_is_quicker_than_standing_and_than_the_stairs_beside_it() -> None:
    walking = PACE.model_copy(update={"escalator_walking": True})
    adult = PARAMETERS.walker("adult")
    stands, walks = (escalator_s(one(48), one(36), UNKNOWN, adult, p)[0] for p in (PACE, walking))
    assert walks < min(stands, flight(48, 36))
    assert PACE.escalator_walking is False


def test_an_escalator_is_closed_to_prams_and_wheelchairs() -> None:
    assert np.isinf(escalator_s(one(60), one(0), UNKNOWN, PARAMETERS.walker("stepfree"), PACE)).all()


@pytest.mark.parametrize("name", ["flat", "level-adult", "level-stepfree"])
def test_an_escalator_on_the_level_is_a_street(name: str) -> None:
    profile = PARAMETERS.walker(name)
    assert escalator_s(one(60), one(30), UNKNOWN, profile, PACE)[0] == pytest.approx(60 / profile.flat_mps)


def test_lights_hold_longer_than_a_gap_in_the_traffic_and_nobody_waits_on_the_level() -> None:
    adult = PARAMETERS.walker("adult")
    lights, gap, none = crossing_s(one(1, 0, 0), one(0, 1, 0), adult, PACE)
    assert lights > gap > none == 0
    assert crossing_s(one(1, 0), one(0, 1), adult.level(), PACE).tolist() == [0, 0]


def test_over_a_footbridge_everyone_climbs_and_only_ramps_carry_wheels() -> None:
    adult, wheels = PARAMETERS.walker("adult"), PARAMETERS.walker("stepfree")
    stairs, ramps = overpass_s(one(30, 30), one(5, 5), np.array([False, True]), adult, PACE)
    assert 30 / adult.flat_mps < stairs < ramps
    over = overpass_s(one(30, 30), one(5, 5), np.array([False, True]), wheels, PACE)
    assert np.isinf(over[0])
    assert np.isfinite(over[1])
    assert overpass_s(one(30), one(5), np.array([False]), adult.level(), PACE)[0] == 30 / adult.flat_mps
