"""Orienteering for more stops than all their subsets can be tried: CP-SAT of OR-Tools, with a bound.

The same question as ``servicecircle.orienteering`` and, where the gap is 0, a tour with the same points and the same
end. Work is counted, not timed: the same release of OR-Tools gives the same tour on a slow machine and on a fast one.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np

from servicecircle.arrays import Ints
from servicecircle.errors import NoWayError
from servicecircle.orienteering import (
    EXACT_STOPS,
    NEVER,
    Differ,
    Problem,
    Tour,
    best_tour,
    end_s,
    part,
    prize_of,
    walk_along,
)

__all__ = ["UndecidedError", "promising", "reachable", "solve", "solve_large"]

_SEED = 1
_SLACK = 1e-6  # a bound is a float


class UndecidedError(NoWayError):
    """The work that a search may take is done, and it knows neither a tour nor that there is none."""


def solve(
    problem: Problem, differ: tuple[Differ, ...] = (), work: float = 10.0, exact: int = EXACT_STOPS
) -> Tour | None:
    """Find the best tour: over all subsets of up to ``exact`` stops, else by CP-SAT within so much work.

    Stops that no tour can hold are left out first: most of a city is too far for half a day.

    Returns
    -------
    Tour or None
        None: no tour keeps every constraint.

    Raises
    ------
    UndecidedError
        Beyond ``exact`` stops: nothing was found within the work, and nothing proven.
    """
    keep = reachable(problem)
    if not problem.locked <= set(keep.tolist()):
        return None
    small, others = part(problem, differ, keep)
    found = best_tour(small, others) if small.n <= exact else solve_large(small, others, work)
    return found and Tour(_names(keep, found), found.prize, found.end_s, found.bound)


def reachable(problem: Problem) -> Ints:
    """Return the start and the nodes that a tour within the limit may hold, ascending: never too few.

    Windows and points are not asked, only the least time there, for the visit, and back where the tour returns.
    """
    there = _least(problem.walk_s, problem.dwell_s)
    home = _least(problem.walk_s.T, problem.dwell_s) if problem.back else np.zeros_like(there)
    good = there + problem.dwell_s + home <= problem.limit_s
    good[0] = True
    return np.flatnonzero(good)


def solve_large(problem: Problem, differ: tuple[Differ, ...] = (), work: float = 10.0) -> Tour | None:
    """Find a tour by CP-SAT: a circuit through the start with optional stops, begins of visits within windows.

    Points come first and the end second, in one objective. ``work`` is OR-Tools' deterministic time, about a second of
    one core each. The best tour over the most promising stops is where the search begins.

    Raises
    ------
    UndecidedError
        Nothing was found within the work, and nothing proven.
    """
    from ortools.sat.python import cp_model  # noqa: PLC0415  half a second that most questions do not need

    model = cp_model.CpModel()
    n, limit = problem.n, problem.limit_s
    stops = range(1, n + 1)
    visited = [model.new_bool_var(f"visit{k}") for k in range(n + 1)]
    begin = [model.new_constant(0)]
    for k in stops:
        spans = _begins(problem, k)
        begin.append(model.new_int_var_from_domain(cp_model.Domain.from_intervals(spans or [[0, 0]]), f"begin{k}"))
        if not spans:
            model.add(visited[k] == 0)
        if k in problem.locked:
            model.add(visited[k] == 1)
    end = model.new_int_var(0, limit, "end")
    ways = [(i, j, model.new_bool_var(f"walk{i}_{j}"), least) for i, j, least in _ways(problem)]
    for i, j, taken, least in ways:
        model.add((begin[j] if j else end) >= begin[i] + least).only_enforce_if(taken)
    model.add_circuit([*((k, k, ~visited[k]) for k in range(n + 1)), *((i, j, taken) for i, j, taken, _ in ways)])
    model.add(sum(visited[1:]) <= n * visited[0])
    _add_different(model, visited, problem, differ)
    # nothing new, and a tighter bound: the end is no sooner than all walks and visits together
    model.add(end >= sum(least * taken for _, _, taken, least in ways))
    model.maximize((limit + 1) * _points(model, visited, problem) - end)
    known = promising(problem, differ)
    if known is not None:
        _hint(model, problem, known, visited, begin, ways)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = _SEED
    solver.parameters.max_deterministic_time = work
    status = solver.solve(model)
    if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        if known is None and status != cp_model.INFEASIBLE:
            message = "neither a route nor a proof that there is none was found within the work"
            raise UndecidedError(message)
        return known
    after = {i: j for i, j, taken, _ in ways if solver.boolean_value(taken)}
    tour: list[int] = []
    node = after.get(0, 0)
    while node:
        tour.append(node)
        node = after[node]
    found = tuple(tour)
    bound = math.floor((solver.best_objective_bound + limit) / (limit + 1) + _SLACK)
    told = Tour(found, prize_of(problem, found), end_s(problem, found) or 0, bound)
    if known is not None and (known.prize, -known.end_s) > (told.prize, -told.end_s):
        return Tour(known.stops, known.prize, known.end_s, bound)
    return told


def _hint(
    model: Any,  # noqa: ANN401  OR-Tools'
    problem: Problem,
    known: Tour,
    visited: list[Any],
    begin: list[Any],
    ways: list[tuple[int, int, Any, int]],
) -> None:
    """Let the search begin with a known tour."""
    order = (0, *known.stops, 0)
    pairs = set(pairwise(order))
    for k in range(1, problem.n + 1):
        model.add_hint(visited[k], k in known.stops)
    for i, j, taken, _ in ways:
        model.add_hint(taken, (i, j) in pairs)
    for k, (_, begun, _) in zip(known.stops, walk_along(problem, known.stops) or [], strict=True):
        model.add_hint(begin[k], begun)


def _begins(problem: Problem, node: int) -> list[list[int]]:
    """Return the spans of seconds in which a visit to a node may begin."""
    latest = problem.limit_s - int(problem.dwell_s[node])
    rows = problem.windows[problem.windows[:, 0] == node]
    spans = [[max(0, int(a)), min(latest, int(b - problem.dwell_s[node]))] for _, a, b in rows] or [[0, latest]]
    return [span for span in spans if span[0] <= span[1]]


def _ways(problem: Problem) -> list[tuple[int, int, int]]:
    """Return the ways from node to node that fit into the limit, with the least seconds from begin to begin."""
    dwell, ways = problem.dwell_s, []
    for i in range(problem.n + 1):
        for j in range(problem.n + 1):
            seconds = 0 if j == 0 and not problem.back else int(problem.walk_s[i, j])
            least = int(dwell[i]) + seconds
            if i != j and least + int(dwell[j]) <= problem.limit_s:
                ways.append((i, j, least))
    return ways


def _points(model: Any, visited: list[Any], problem: Problem) -> Any:  # noqa: ANN401  OR-Tools' expressions
    points = sum(int(problem.prize[k]) * visited[k] for k in range(1, problem.n + 1))
    for group, bonus in enumerate(problem.bonus):
        own = [visited[k] for k in range(1, problem.n + 1) if problem.group[k] == group]
        first = model.new_bool_var(f"group{group}")
        model.add(first <= sum(own))
        points += int(bonus) * first
    return points


def _add_different(model: Any, visited: list[Any], problem: Problem, differ: tuple[Differ, ...]) -> None:  # noqa: ANN401
    free = [k for k in range(1, problem.n + 1) if k not in problem.locked]
    for other in differ:
        shared, (most, of) = sum(visited[k] for k in free if k in other.stops), other.share
        own = sum(visited[k] for k in free)
        model.add(own >= 1)
        model.add(of * shared <= most * own)
        model.add(of * shared <= most * len(other.stops - problem.locked))


def promising(problem: Problem, differ: tuple[Differ, ...] = ()) -> Tour | None:
    """Return the best tour over the ``EXACT_STOPS`` stops with most points for their time: where a search begins.

    With a bound for all stops, far off but quick. None: there is no such tour, or more stops are locked.
    """
    near = reachable(problem)
    worth = problem.prize / _least_each(problem)
    worth[_on_the_way(problem)] = np.inf
    order = near[1:][np.argsort(-worth[near[1:]], kind="stable")]
    keep = np.sort(np.r_[0, order[:EXACT_STOPS]])
    if not problem.locked <= set(keep.tolist()):
        return None
    small, others = part(problem, differ, keep)
    found = best_tour(small, others)
    return found and Tour(_names(keep, found), found.prize, found.end_s, max(found.prize, _bound(problem, near)))


def _on_the_way(problem: Problem) -> list[int]:
    """Return the locked nodes, and those on the quickest chains of visits to them and back: for legs have limits."""
    wanted = set(problem.locked)
    for walk_s in (problem.walk_s, problem.walk_s.T) if problem.back else (problem.walk_s,):
        there = _least(walk_s, problem.dwell_s)
        for locked in problem.locked:
            node = locked
            for _ in range(problem.n):
                if not node or there[node] >= NEVER:
                    break
                wanted.add(node)
                node = int(
                    (there + problem.dwell_s + walk_s[:, node] + NEVER * (np.arange(problem.n + 1) == node)).argmin()
                )
    return sorted(wanted)


def _least_each(problem: Problem) -> Ints:
    """Return the seconds that a visit takes at least: its dwell and the shortest way to it."""
    into = np.where(np.eye(problem.n + 1, dtype=bool), NEVER, problem.walk_s).min(axis=0)
    return np.asarray(np.maximum(problem.dwell_s + np.minimum(into, problem.limit_s), 1))


def _bound(problem: Problem, near: Ints) -> int:
    """Return points that no tour over some nodes exceeds: as much as fits into the limit, the last stop in part."""
    stops = near[near > 0]
    cost = _least_each(problem)[stops].astype(np.float64)
    order = np.argsort(-problem.prize[stops] / cost, kind="stable")
    before = np.cumsum(cost[order]) - cost[order]
    taken = np.clip((problem.limit_s - before) / cost[order], 0.0, 1.0)
    most = int((np.cumsum(np.sort(cost)) <= problem.limit_s).sum())
    groups = np.unique(problem.group[stops][problem.group[stops] >= 0])
    bonus = np.sort(problem.bonus[groups])[::-1][:most].sum()
    return math.floor(float((problem.prize[stops][order] * taken).sum()) + _SLACK) + int(bonus)


def _names(keep: Ints, tour: Tour) -> tuple[int, ...]:
    return tuple(int(keep[k]) for k in tour.stops)


def _least(walk_s: Ints, dwell_s: Ints) -> Ints:
    """Return the least seconds from node 0 to each node, with the visits on the way; not that of the node itself."""
    found = np.full(len(dwell_s), NEVER)
    found[0] = 0
    while True:
        better = np.minimum(found, ((found + dwell_s)[:, None] + walk_s).min(axis=0))
        if (better == found).all():
            return found
        found = better
