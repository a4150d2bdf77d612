"""Who is near whom: tables of places and homes that hold what is within reach, and nothing of the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from servicecircle.arrays import Bools, Floats, Ints

__all__ = ["Near", "Pairs", "Search", "straight_nearest", "straight_pairs"]

_AT_ONCE = 256  # sources whose neighbours are looked for together
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

    def count(self, chosen: Bools, limit: float, n: int) -> Ints:
        """Count the chosen sources within a limit of each of ``n`` targets."""
        wanted = np.repeat(chosen, np.diff(self.start)) & (self.apart <= limit)
        return np.bincount(self.target[wanted], minlength=n).astype(np.int64)

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
    """Return every pair of (n, 2) points within ``limit_m`` in a straight line."""
    tree, parts = cKDTree(targets), []
    for begin in range(0, len(sources), _AT_ONCE):
        some = sources[begin : begin + _AT_ONCE]
        near = cKDTree(some).sparse_distance_matrix(tree, limit_m * _NEARLY, output_type="ndarray")
        row, target = near["i"], near["j"]
        apart = np.hypot(some[row, 0] - targets[target, 0], some[row, 1] - targets[target, 1])
        row, target, apart = (a[apart <= limit_m] for a in (row, target, apart))
        order = np.lexsort((target, row))
        start = np.r_[0, np.cumsum(np.bincount(row, minlength=len(some)))].astype(np.int64)
        parts.append(Pairs(start, target[order].astype(np.int32), apart[order]))
    return Pairs.stack(parts)


def straight_nearest(points: Floats, chosen: Ints, targets: Floats, limit_m: float = np.inf) -> Near:
    """Return which of the chosen (n, 2) points is the nearest to each target in a straight line, if within a limit."""
    if not len(chosen):
        return Near(np.full(len(targets), -1), np.full(len(targets), np.inf))
    row = cKDTree(points[chosen]).query(targets, distance_upper_bound=limit_m * _NEARLY)[1]
    at = np.append(chosen, -1)[row]
    apart = np.hypot(points[at, 0] - targets[:, 0], points[at, 1] - targets[:, 1])
    return Near(at, np.where(at >= 0, apart, np.inf))
