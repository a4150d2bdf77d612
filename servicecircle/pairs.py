"""Who is near whom: tables of places and homes that hold what is within reach, and nothing of the rest."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from servicecircle.arrays import Bools, Floats, Ints
from servicecircle.compiled import compiled

__all__ = ["Near", "Pairs", "Search", "straight_nearest", "straight_pairs"]

_SURELY, _SLACK_M = 1 + 1e-9, 1e-6  # a grid may be off by the last digit
_MOST_CELLS = 2000  # on a side
_NEARLY = 1 + 1e-9  # a tree's distance may be off by the last digit: looked for a little farther, measured again


@dataclass(frozen=True, slots=True)
class Near:
    """The nearest source of each target, ``at`` (-1 where there is none), and how far ``apart`` they are (``inf``).

    Seconds, or metres in a straight line.
    """

    at: Ints
    apart: Floats


class Search(Protocol):
    """The nearest of some places, given by their rows, for every home; those beyond the limit need not be told."""

    def __call__(self, rows: Ints, limit: float = np.inf) -> Near:
        """Return the nearest place of every home."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs within a limit: source ``i`` and ``target[start[i]:start[i + 1]]``, ascending.

    ``apart`` is how far apart they are: seconds, or metres in a straight line.
    """

    start: Ints
    target: npt.NDArray[np.int32]
    apart: Floats

    def sources(self) -> Ints:
        """Return the source of each pair."""
        return np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))

    def dense(self, n: int) -> Floats:
        """Return a (sources, n) block with ``inf`` where too far."""
        block = np.full((len(self.start) - 1, n), np.inf)
        block[self.sources(), self.target] = self.apart
        return block

    def ascending(self, n: int) -> Pairs:
        """Return the same with each source's targets, of ``n``, in ascending order."""
        table = csr_array((self.apart, self.target, self.start), shape=(len(self.start) - 1, n))
        table.sort_indices()
        return Pairs(self.start, table.indices.astype(np.int32), table.data)

    def without_self(self) -> Pairs:
        """Return the pairs of two: where sources are targets, too, in the same order."""
        row = self.sources()
        two = row != self.target
        return Pairs(np.r_[0, np.cumsum(two)][self.start], self.target[two], self.apart[two])

    def take(self, sources: Ints) -> Pairs:
        """Return the given sources in the given order, with their pairs."""
        many = np.diff(self.start)[sources]
        start = np.r_[0, np.cumsum(many)].astype(np.int64)
        at = np.arange(start[-1]) + np.repeat(self.start[sources] - start[:-1], many)
        return Pairs(start, self.target[at], self.apart[at])

    def count(self, chosen: Bools, limit: float, n: int) -> Ints:
        """Count the chosen sources within a limit of each of ``n`` targets."""
        many = np.zeros(n, dtype=np.int64)
        count_near(self.start, self.target, self.apart, chosen, limit, many)
        return many

    def sums(self, weights: Floats, limit: float) -> Floats:
        """Sum the weights of the targets within a limit of each source: (n, targets) become (n, sources).

        Examples
        --------
        >>> near = Pairs(np.array([0, 2, 2]), np.array([0, 2], dtype=np.int32), np.array([5.0, 9.0]))
        >>> near.sums(np.array([[10.0, 20.0, 40.0]]), 9.0).tolist()
        [[50.0, 0.0]]
        """
        near = (self.apart <= limit).astype(np.float64)
        table = csr_array((near, self.target, self.start), shape=(len(self.start) - 1, weights.shape[1]))
        return np.ascontiguousarray((table @ np.ascontiguousarray(weights.T)).T)

    @classmethod
    def stack(cls, parts: list[Pairs]) -> Pairs:
        """Return the sources of all parts, one part after the other."""
        many = np.concatenate([np.zeros(1, dtype=np.int64), *(np.diff(part.start) for part in parts)])
        target = np.concatenate([np.zeros(0, dtype=np.int32), *(part.target for part in parts)])
        return cls(np.cumsum(many), target, np.concatenate([np.zeros(0), *(part.apart for part in parts)]))


def straight_pairs(sources: Floats, targets: Floats, limit_m: float) -> Pairs:
    """Return every pair of (n, 2) points within ``limit_m`` in a straight line.

    Sources are listed by the cells of a grid that are as wide as the limit: a target looks into nine.
    """
    n = len(sources)
    if not n:
        return Pairs.stack([])
    corner, spread = sources.min(axis=0), np.ptp(sources, axis=0)
    size = max(limit_m * _SURELY + _SLACK_M, float(np.sqrt(spread.prod() / n)), float(spread.max() / _MOST_CELLS))
    columns, rows = (int(k) for k in spread // size + 1)
    at = ((sources - corner) // size).astype(np.int64)
    cell = at[:, 1] * columns + at[:, 0]
    first = np.r_[0, np.cumsum(np.bincount(cell, minlength=columns * rows))].astype(np.int64)
    (x, y), (target_x, target_y) = (np.ascontiguousarray(xy.T) for xy in (sources, targets))
    west, south = corner.tolist()
    listed = np.argsort(cell, kind="stable")
    given = x, y, target_x, target_y, limit_m, west, south, size, columns, rows, first, listed
    end = np.zeros(n + 1, dtype=np.int64)
    list_near(*given, end[1:], np.zeros(0, dtype=np.int32), np.zeros(0))
    start = np.cumsum(end)
    target, apart = np.empty(start[-1], dtype=np.int32), np.empty(start[-1])
    list_near(*given, start[:-1].copy(), target, apart)
    return Pairs(start, target, apart)


@compiled
def count_near(
    start: Ints, target: npt.NDArray[np.int32], apart: Floats, chosen: Bools, limit: float, many: Ints
) -> None:
    """Count the chosen sources within a limit of each target."""
    for i in range(len(chosen)):
        if chosen[i]:
            for k in range(start[i], start[i + 1]):
                if apart[k] <= limit:
                    many[target[k]] += 1


@compiled
def list_near(
    x: Floats,
    y: Floats,
    target_x: Floats,
    target_y: Floats,
    limit: float,
    west: float,
    south: float,
    size: float,
    columns: int,
    rows: int,
    first: Ints,
    listed: Ints,
    end: Ints,
    target: npt.NDArray[np.int32],
    apart: Floats,
) -> None:
    """Count the targets within a limit of each source in ``end``; or, where there is room, list them from there on.

    The sources ``listed[first[k]:first[k + 1]]`` are in cell ``k``, and no cell is narrower than the limit.
    """
    beyond = limit * limit * _SURELY
    for i in range(len(target_x)):
        column, row = (target_x[i] - west) // size, (target_y[i] - south) // size
        left, right = int(max(column - 1, 0)), int(min(column + 1, columns - 1))
        if left > right:
            continue
        for r in range(int(max(row - 1, 0)), int(min(row + 1, rows - 1)) + 1):
            for k in range(first[r * columns + left], first[r * columns + right + 1]):
                s = listed[k]
                along_x, along_y = x[s] - target_x[i], y[s] - target_y[i]
                if along_x * along_x + along_y * along_y > beyond:
                    continue
                far = math.hypot(along_x, along_y)
                if far <= limit:
                    if len(target) > 0:
                        target[end[s]] = i
                        apart[end[s]] = far
                    end[s] += 1


def straight_nearest(points: Floats, chosen: Ints, targets: Floats, limit_m: float = np.inf) -> Near:
    """Return which of the chosen (n, 2) points is the nearest to each target in a straight line, if within a limit."""
    if not len(chosen):
        return Near(np.full(len(targets), -1), np.full(len(targets), np.inf))
    row = cKDTree(points[chosen]).query(targets, distance_upper_bound=limit_m * _NEARLY)[1]
    at = np.append(chosen, -1)[row]
    apart = np.hypot(points[at, 0] - targets[:, 0], points[at, 1] - targets[:, 1])
    return Near(at, np.where(at >= 0, apart, np.inf))
