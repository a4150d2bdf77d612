"""The designer's tours against every tour that there is, tried one by one."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from servicecircle.circuit import UndecidedError, promising, reachable, solve, solve_large
from servicecircle.orienteering import NEVER, Differ, Problem, Tour, best_tour, end_s, prize_of, walk_along

CASES = 200


def drawn(seed: int, most: int = 6) -> Problem:
    """Draw a small question: ways one way only or none, windows once or twice a day, groups, locks, a return."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, most + 1))
    walk = rng.uniform(60, 900, (n + 1, n + 1))
    walk[rng.random((n + 1, n + 1)) < 0.15] = np.inf
    windows = []
    for node in range(1, n + 1):
        opens = int(rng.integers(0, 4000))
        if rng.random() < 0.4:
            windows.append((node, opens, opens + int(rng.integers(500, 5000))))
            windows += [(node, opens + 6000, opens + 9000)] * int(rng.random() < 0.4)
    locked = rng.choice(np.arange(1, n + 1), min(n, int(rng.integers(0, 3))), replace=False)
    return Problem.of(
        walk,
        np.r_[0, rng.integers(300, 2400, n)].astype(float),
        np.r_[0, rng.integers(1, 6, n) * 10],
        float(rng.integers(2000, 12000)),
        windows=np.array(windows, dtype=np.int64).reshape(-1, 3),
        group=np.r_[-1, rng.integers(-1, 3, n)],
        bonus=np.array([7, 11, 0]),
        back=bool(rng.random() < 0.5),
        locked=frozenset(int(k) for k in locked),
    )


def tried(problem: Problem, differ: tuple[Differ, ...] = ()) -> tuple[int, int] | None:
    """Return points and end of the best of all tours, in words of its own: walk, wait, stay, and count."""
    spans = {k: sorted((a, b) for node, a, b in problem.windows.tolist() if node == k) for k in range(problem.n + 1)}
    best = None
    for length in range(problem.n + 1):
        for order in itertools.permutations(range(1, problem.n + 1), length):
            if not problem.locked <= set(order) or not all(unlike(set(order), d, problem.locked) for d in differ):
                continue
            now, at, sound = 0, 0, True
            for stop in order:
                stay = int(problem.dwell_s[stop])
                now += int(problem.walk_s[at, stop])
                begins = [max(now, a) for a, b in spans[stop] if max(now, a) + stay <= b] if spans[stop] else [now]
                sound = sound and bool(begins)
                now, at = min(begins, default=now) + stay, stop
            now += int(problem.walk_s[at, 0]) if problem.back and order else 0
            if not sound or now > problem.limit_s:
                continue
            groups = {int(problem.group[k]) for k in order} - {-1}
            points = sum(int(problem.prize[k]) for k in order) + sum(int(problem.bonus[g]) for g in groups)
            best = max(best, (points, -now)) if best else (points, -now)
    return best and (best[0], -best[1])


def unlike(stops: set[int], other: Differ, locked: frozenset[int]) -> bool:
    mine, theirs = stops - locked, other.stops - locked
    return bool(mine) and 2 * len(mine & theirs) <= min(len(mine), len(theirs))


def told(tour: Tour | None) -> tuple[int, int] | None:
    return tour and (tour.prize, tour.end_s)


def test_the_best_of_all_tours_is_found() -> None:
    none = 0
    for seed in range(CASES):
        problem = drawn(seed)
        found, best = best_tour(problem), tried(problem)
        assert told(found) == best, seed
        none += best is None
        if found is not None and seed % 3 == 0:
            assert problem.locked <= set(found.stops)
            assert (prize_of(problem, found.stops), end_s(problem, found.stops)) == best
            differ = (Differ(frozenset(found.stops)),)
            assert told(best_tour(problem, differ)) == tried(problem, differ), seed
    assert 10 < none < CASES / 2


def test_the_solver_finds_the_same_and_proves_it() -> None:
    for seed in range(1000, 1030):
        problem = drawn(seed, 8)
        exact, found = best_tour(problem), solve_large(problem)
        assert told(found) == told(exact), seed
        assert told(solve(problem)) == told(exact), seed
        assert found is None or found.gap == 0
        if exact is not None:
            differ = (Differ(frozenset(exact.stops)),)
            assert told(solve_large(problem, differ)) == told(best_tour(problem, differ)), seed


def town(n: int, seed: int = 7) -> Problem:
    """Scatter stops over three kilometres, of six groups, legs of 15 minutes at most."""
    rng = np.random.default_rng(seed)
    at = rng.uniform(0, 3000, (n + 1, 2))
    apart = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1)) * 1.3
    return Problem.of(
        np.where(apart > 900, np.inf, apart),
        np.r_[0, np.full(n, 1800)],
        np.r_[0, rng.integers(20, 100, n)],
        10800.0,
        group=np.r_[-1, rng.integers(0, 6, n)],
        bonus=np.full(6, 50),
        back=True,
    )


def test_many_stops_have_a_bound_and_the_same_tour_twice() -> None:
    problem = town(90)
    assert len(reachable(problem)) > 20
    found = solve(problem, work=0.2)
    assert found is not None
    assert found == solve(problem, work=0.2)
    assert found.bound >= found.prize == prize_of(problem, found.stops)
    assert found.end_s == end_s(problem, found.stops) <= problem.limit_s
    little = solve(problem, work=0.01)
    assert little is not None
    assert little.prize <= found.prize <= little.bound
    assert 0 <= found.gap <= little.gap


def test_the_quick_bound_holds() -> None:
    for seed in range(2000, 2040):
        problem = drawn(seed, 8)
        quick, exact = promising(problem), best_tour(problem)
        assert told(quick) == told(exact)
        assert exact is None or (quick is not None and quick.bound >= exact.prize)
    many = promising(town(90))
    best = solve(town(90), work=0.2)
    assert many is not None
    assert best is not None
    assert many.prize <= best.prize <= many.bound


def test_a_locked_stop_at_the_end_of_a_chain_is_reached_at_once() -> None:
    problem = replace(town(90), back=False)
    chains = [k for k in reachable(problem) if problem.walk_s[0, k] >= NEVER]
    for node in chains[:: len(chains) // 5]:
        found = promising(replace(problem, locked=frozenset({int(node)})))
        assert found is not None
        assert int(node) in found.stops


def test_no_answer_is_not_the_answer_no() -> None:
    problem = replace(town(90), locked=frozenset(range(1, 15)))
    with pytest.raises(UndecidedError):
        solve_large(replace(problem, limit_s=100_000), work=1e-6)


def test_what_no_tour_can_hold_is_left_out_and_nothing_else() -> None:
    problem = town(40)
    near = reachable(problem)
    assert near[0] == 0
    assert 1 < len(near) < 41
    for node in sorted(set(range(1, 41)) - set(near.tolist()))[::8]:
        assert solve_large(replace(problem, locked=frozenset({node})), work=2.0) is None


def test_equals_are_told_apart_the_same_way() -> None:
    same = Problem.of(np.full((4, 4), 60.0), np.r_[0, 600.0, 600.0, 600.0], np.r_[0, 5, 5, 5], 1400.0)
    assert best_tour(same) == Tour((2, 1), 10, 1320, 10)
    assert best_tour(same) == best_tour(replace(same, walk_s=same.walk_s.copy()))


def test_a_tour_waits_for_a_door_to_open_and_does_not_come_too_late() -> None:
    windows = np.array([[1, 1000, 2000], [1, 5000, 6000], [2, 0, 900]])
    problem = Problem.of(np.full((3, 3), 100.0), np.r_[0, 500.0, 300.0], np.r_[0, 1, 1], 9000.0, windows=windows)
    assert walk_along(problem, (2, 1)) == [(100, 100, 400), (500, 1000, 1500)]
    assert walk_along(problem, (1, 2)) is None
    late = replace(problem, walk_s=np.full((3, 3), 1600))
    assert walk_along(late, (1,)) == [(1600, 5000, 5500)]
    assert best_tour(problem) == Tour((2, 1), 2, 1500, 2)


def test_one_way_is_no_way_back() -> None:
    walk = np.array([[0.0, 60.0], [np.inf, 0.0]])
    problem = Problem.of(walk, np.r_[0, 60.0], np.r_[0, 5], 600.0, locked=frozenset({1}))
    assert best_tour(problem) == Tour((1,), 5, 120, 5)
    assert best_tour(replace(problem, back=True)) is None
    assert int(problem.walk_s[1, 0]) == NEVER


def test_too_many_stops_for_all_subsets_are_refused() -> None:
    with pytest.raises(ValueError, match="40 stops"):
        best_tour(town(40))
