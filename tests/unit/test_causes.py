"""Each cause is told from the seconds that variants give, in its order, by the majority of the people."""

from __future__ import annotations

import numpy as np
import pytest

from servicecircle.causes import Cause, Judgement, judge, which_apply

INF = np.inf
MORE = 1200.0


def told(people: list[float] | None = None, link: list[bool] | None = None, **given: list[float]) -> Judgement:
    """Judge homes that walk 1200 s to a place 500 m off, but for what is given."""
    n = max((len(values) for values in [*given.values(), people or [0.0]]), default=1)
    walk = given.get("walk", [MORE] * n)
    seconds = {name: np.array(given.get(name, walk)) for name in ("walk", "level", "paid")}
    seconds["barred"] = np.array(given.get("barred", [INF] * n))
    tests = which_apply(
        seconds,
        np.array(given.get("radius", [500.0] * n)),
        np.array(given.get("edge", [5000.0] * n)),
        unlocated=np.array(given.get("lost", [0] * n), dtype=bool),
        cutoff_s=900.0,
        horizon_s=7200.0,
        most_m=1000.0,
    )
    tests[Cause.MISSING_LINK] = np.array(link or [False] * n)
    return judge(tests, np.array(people or [1.0] * n))


CASES = {
    Cause.UNLOCATED_PLACE: {"lost": [1]},
    Cause.BEYOND_EXTRACT: {"edge": [400.0]},
    Cause.DISCONNECTED: {"walk": [INF]},
    Cause.TOO_FAR: {"radius": [1001.0]},
    Cause.BARRIER: {"barred": [900.0]},
    Cause.MISSING_LINK: {"link": [True]},
    Cause.PAID_OR_CLOSED: {"paid": [900.0]},
    Cause.TERRAIN: {"level": [900.0]},
    Cause.DETOUR: {},
}


@pytest.mark.parametrize("cause", list(Cause))
def test_each_cause_is_told(cause: Cause) -> None:
    assert told(**CASES[cause]) == Judgement(cause, 1.0, *second_of(cause))  # type: ignore[arg-type]


def second_of(cause: Cause) -> tuple[Cause | None, float]:
    """Return what comes second: what may be no gap at all has the cause it would have, others have none."""
    return (Cause.DETOUR, 1.0) if cause in (Cause.UNLOCATED_PLACE, Cause.BEYOND_EXTRACT) else (None, 0.0)


@pytest.mark.parametrize("k", range(len(Cause) - 1))
def test_the_first_in_order_that_applies_is_the_cause_and_the_next_comes_second(k: int) -> None:
    first, second = list(Cause)[k : k + 2]
    found = told(**CASES[first] | CASES[second])  # type: ignore[arg-type]
    assert found.cause == first
    if second is not Cause.DETOUR:
        assert found.second == second


@pytest.mark.parametrize(
    "nothing", [{"paid": [901.0]}, {"level": [901.0]}, {"radius": [1000.0]}, {"edge": [500.0]}, {"barred": [1051.0]}]
)
def test_a_second_or_a_metre_too_many_is_no_cause(nothing: dict[str, list[float]]) -> None:
    assert told(**nothing).cause == Cause.DETOUR


def test_a_barrier_costs_half_of_the_minutes_too_many_at_least() -> None:
    assert told(barred=[1050.0]).cause == Cause.BARRIER
    assert told(walk=[INF], barred=[4050.0]).second == Cause.BARRIER
    assert told(walk=[INF], barred=[4051.0]).second is None


def test_the_majority_is_of_people_and_not_of_homes() -> None:
    level = [800.0, MORE, MORE]
    assert told([10.0, 4.0, 5.0], level=level).cause == Cause.TERRAIN
    assert told([8.0, 4.0, 5.0], level=level).cause == Cause.DETOUR
    assert told([10.0, 4.0, 5.0], level=level).share == pytest.approx(10 / 19)


def test_where_nobody_lives_homes_count() -> None:
    assert told([0.0, 0.0, 0.0], level=[800.0, 800.0, MORE]).cause == Cause.TERRAIN


def test_without_a_majority_the_cause_of_most_people_is_told() -> None:
    found = told([4.0, 3.5, 2.5], radius=[1500.0, 500.0, 500.0], level=[MORE, 800.0, MORE])
    assert (found.cause, found.share) == (Cause.TOO_FAR, pytest.approx(0.4))
    assert (found.second, found.second_share) == (Cause.TERRAIN, pytest.approx(0.35))


def test_a_cause_of_few_is_not_mentioned_second() -> None:
    assert told([8.0, 2.0], radius=[1500.0, 1500.0], level=[MORE, 800.0]).second is None
    assert told([7.0, 3.0], radius=[1500.0, 1500.0], level=[MORE, 800.0]).second == Cause.TERRAIN
