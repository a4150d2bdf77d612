"""Which stops, in which order: orienteering with time windows on arrays, knowing nothing of streets or schools.

Node 0 is the start, nodes 1, 2, ... are stops that may be visited once. A tour leaves node 0 at second 0, walks, waits
where a stop is not open yet, and stays for the dwell; it ends with the last stop, or back at the start. Of all tours
that keep the limit and the windows, the best has the highest prize, then the earliest end.

Up to ``EXACT_STOPS`` stops the best one is found over all subsets (Held-Karp with earliest ends); beyond, by
``servicecircle.circuit``.

References
----------
Vansteenwegen, Souffriau & Van Oudheusden 2011, The orienteering problem: a survey, doi:10.1016/j.ejor.2010.03.045.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from servicecircle.arrays import Bools, Floats, Ints
from servicecircle.compiled import compiled

__all__ = [
    "EXACT_STOPS",
    "NEVER",
    "Differ",
    "Problem",
    "Tour",
    "best_tour",
    "end_s",
    "part",
    "prize_of",
    "walk_along",
    "whole_seconds",
]

EXACT_STOPS = 12
"""So many stops are solved over all their subsets."""

NEVER = 1 << 40
"""Seconds later than any limit, and far from overflow."""

_SLACK = 1e-6  # seconds that a sum of floats may be off


@dataclass(frozen=True, slots=True)
class Differ:
    """A tour of which a new one may share some stops only: of the stops that nobody locked, ``share`` of either."""

    stops: frozenset[int]
    share: tuple[int, int] = (1, 2)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is asked; whole seconds and whole points, so that every way of solving adds up the same.

    Attributes
    ----------
    walk_s
        (n + 1, n + 1) seconds from node to node, rounded up; ``NEVER`` where there is no way.
    dwell_s
        (n + 1,) seconds at each node; 0 at the start.
    windows
        (m, 3) rows ``node, opens_s, closes_s``: a visit lies within one window of its node, from its begin to its end.
        A node without a row is open at any time.
    prize
        (n + 1,) points for visiting a node; 0 at the start.
    group, bonus
        (n + 1,) the group of each node, -1 for none; (g,) points for the first visit to each group.
    limit_s
        From the start to the end of the tour.
    back
        Whether the tour ends where it began.
    locked
        Nodes that it must visit.
    """

    walk_s: Ints
    dwell_s: Ints
    windows: Ints
    prize: Ints
    group: Ints
    bonus: Ints
    limit_s: int
    back: bool = False
    locked: frozenset[int] = frozenset()

    @property
    def n(self) -> int:
        """Number of stops, the start not counted."""
        return len(self.prize) - 1

    @classmethod
    def of(cls, walk_s: Floats, dwell_s: Floats, prize: Ints, limit_s: float, **given: object) -> Problem:
        """Round seconds up and put in what is not given: no windows, no groups.

        Examples
        --------
        >>> asked = Problem.of(np.array([[0.0, 9.5], [np.inf, 0.0]]), np.array([0.0, 60.0]), np.array([0, 5]), 100.0)
        >>> best_tour(asked)
        Tour(stops=(1,), prize=5, end_s=70, bound=5)
        """
        n = len(prize)
        rest = {
            "windows": np.zeros((0, 3), dtype=np.int64),
            "group": np.full(n, -1),
            "bonus": np.zeros(0, dtype=np.int64),
        } | given
        dwell = np.ceil(dwell_s).astype(np.int64)
        return cls(walk_s=whole_seconds(walk_s), dwell_s=dwell, prize=np.asarray(prize), limit_s=int(limit_s), **rest)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Tour:
    """Stops in their order, the points and the end; no tour has more points than ``bound``."""

    stops: tuple[int, ...]
    prize: int
    end_s: int
    bound: int

    @property
    def gap(self) -> float:
        """Share of the bound that the tour may miss: 0 where it is proven the best."""
        return (self.bound - self.prize) / self.bound if self.bound > 0 else 0.0


def whole_seconds(seconds: Floats) -> Ints:
    """Round seconds up; ``NEVER`` where they are infinite."""
    whole = np.full(seconds.shape, NEVER)
    known = np.isfinite(seconds)
    whole[known] = np.ceil(seconds[known] - _SLACK).astype(np.int64)
    return whole


def best_tour(problem: Problem, differ: tuple[Differ, ...] = ()) -> Tour | None:
    """Find the best tour over all subsets of the stops, or None where no tour keeps every constraint.

    Of tours with equally many points and the same end, the one whose stops, read from the last, have the lowest
    numbers. The empty tour counts only where no tour must differ.

    Raises
    ------
    ValueError
        More than ``2 * EXACT_STOPS`` stops: the table of subsets would not fit into memory.
    """
    n = problem.n
    if n > 2 * EXACT_STOPS:
        message = f"{n} stops are too many for all subsets"
        raise ValueError(message)
    subsets = np.arange(1 << n)
    member = (subsets[:, None] >> np.arange(n) & 1).astype(bool)
    points, allowed = _points(problem, member), _allowed(problem, member, differ)
    start, opens, closes = _by_node(problem)
    end = np.full((1 << n, max(n, 1)), NEVER)
    before = np.full((1 << n, max(n, 1)), -1, dtype=np.int64)
    limit = int(problem.limit_s)
    if n:
        _fill(problem.walk_s, problem.dwell_s, start, opens, closes, limit, end, before)
    home = np.where(problem.walk_s[1:, 0] < NEVER, problem.walk_s[1:, 0], NEVER) if problem.back else np.zeros(n, int)
    close = end + home if n else end
    last = close.argmin(axis=1)
    at_s = close[subsets, last]
    at_s[0] = 0
    good = allowed & (at_s <= limit)
    if not good.any():
        return None
    best = np.flatnonzero(good)[np.lexsort((subsets[good], at_s[good], -points[good]))[0]]
    stops: list[int] = []
    rest, node = int(best), int(last[best])
    while rest:
        stops.append(node + 1)
        rest, node = rest & ~(1 << node), int(before[rest, node])
    return Tour(tuple(stops[::-1]), int(points[best]), int(at_s[best]), int(points[best]))


def part(problem: Problem, differ: tuple[Differ, ...], keep: Ints) -> tuple[Problem, tuple[Differ, ...]]:
    """Return the same question of some nodes, ascending, the start and all locked ones among them."""
    inner = {int(name): k for k, name in enumerate(keep)}
    rows = problem.windows[np.isin(problem.windows[:, 0], keep)]
    small = Problem(
        walk_s=np.ascontiguousarray(problem.walk_s[np.ix_(keep, keep)]),
        dwell_s=problem.dwell_s[keep],
        windows=np.column_stack([np.searchsorted(keep, rows[:, 0]), rows[:, 1:]]),
        prize=problem.prize[keep],
        group=problem.group[keep],
        bonus=problem.bonus,
        limit_s=problem.limit_s,
        back=problem.back,
        locked=frozenset(inner[k] for k in problem.locked),
    )
    # a stop of the other tour that is not here still counts among its stops
    others = tuple(Differ(frozenset(inner.get(k, -k) for k in other.stops), other.share) for other in differ)
    return small, others


def prize_of(problem: Problem, stops: tuple[int, ...]) -> int:
    """Add up the points of a tour: its stops, and the first of each group."""
    groups = {int(g) for g in problem.group[list(stops)] if g >= 0} if stops else set()
    return int(problem.prize[list(stops)].sum() if stops else 0) + sum(int(problem.bonus[g]) for g in groups)


def walk_along(problem: Problem, stops: tuple[int, ...]) -> list[tuple[int, int, int]] | None:
    """Return when each stop is reached, begun and left, as early as can be; None where a window or a way is missing."""
    start, opens, closes = _by_node(problem)
    now, node, times = 0, 0, []
    for stop in stops:
        reached = now + int(problem.walk_s[node, stop])
        left = int(_left(reached, problem.dwell_s[stop], start[stop], start[stop + 1], opens, closes))
        if reached >= NEVER or left >= NEVER:
            return None
        times.append((reached, left - int(problem.dwell_s[stop]), left))
        now, node = left, stop
    return times


def end_s(problem: Problem, stops: tuple[int, ...]) -> int | None:
    """Return when a tour ends, as early as can be, or None where it cannot be walked; the limit is not asked."""
    times = walk_along(problem, stops)
    if times is None:
        return None
    if not problem.back or not stops:
        return times[-1][2] if times else 0
    home = int(problem.walk_s[stops[-1], 0])
    return None if home >= NEVER else times[-1][2] + home


def _points(problem: Problem, member: Bools) -> Ints:
    points = member @ problem.prize[1:]
    for group, bonus in enumerate(problem.bonus):
        points = points + bonus * (member & (problem.group[1:] == group)).any(axis=1)
    return np.asarray(points, dtype=np.int64)


def _allowed(problem: Problem, member: Bools, differ: tuple[Differ, ...]) -> Bools:
    free = np.array([k + 1 not in problem.locked for k in range(problem.n)], dtype=bool)
    allowed = np.asarray(member[:, ~free].all(axis=1))
    own = (member & free).sum(axis=1)
    for other in differ:
        theirs = np.array([k + 1 in other.stops for k in range(problem.n)], dtype=bool) & free
        shared, (most, of) = (member & theirs).sum(axis=1), other.share
        allowed &= (own > 0) & (of * shared <= most * own) & (of * shared <= most * len(other.stops - problem.locked))
    return allowed


def _by_node(problem: Problem) -> tuple[Ints, Ints, Ints]:
    """Return the windows sorted by node and time, and where each node's begin."""
    rows = problem.windows[np.lexsort((problem.windows[:, 1], problem.windows[:, 0]))]
    start = np.searchsorted(rows[:, 0], np.arange(problem.n + 2)).astype(np.int64)
    return start, np.ascontiguousarray(rows[:, 1]), np.ascontiguousarray(rows[:, 2])


@compiled
def _left(reached: int, dwell: int, first: int, last: int, opens: Ints, closes: Ints) -> int:
    """Return the earliest end of a visit that begins no sooner than reached; windows of the node in order."""
    if first == last:
        return reached + dwell
    for k in range(first, last):
        begin = max(reached, opens[k])
        if begin + dwell <= closes[k]:
            return int(begin + dwell)
    return 1 << 40


@compiled
def _fill(walk: Ints, dwell: Ints, start: Ints, opens: Ints, closes: Ints, limit: int, end: Ints, before: Ints) -> None:
    """Fill in the earliest end of every subset by its last stop, and the stop before it: the lowest of equals."""
    n = end.shape[1]
    for j in range(n):
        left = _left(walk[0, j + 1], dwell[j + 1], start[j + 1], start[j + 2], opens, closes)
        if left <= limit:
            end[1 << j, j] = left
    for subset in range(1, 1 << n):
        for i in range(n):
            now = end[subset, i]
            if now > limit:
                continue
            for j in range(n):
                if subset >> j & 1:
                    continue
                reached = now + walk[i + 1, j + 1]
                if reached > limit:
                    continue
                left = _left(reached, dwell[j + 1], start[j + 1], start[j + 2], opens, closes)
                more = subset | (1 << j)
                if left <= limit and left < end[more, j]:
                    end[more, j] = left
                    before[more, j] = i
