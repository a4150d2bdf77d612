"""The loop that puts arcs in order: by counting, in time that grows with their number and no faster."""

from __future__ import annotations

import numpy as np

from servicecircle.arrays import Ints
from servicecircle.compiled import compiled

__all__ = ["order_pairs"]


def order_pairs(row: Ints, column: Ints, n: int) -> Ints:
    """Return the positions of pairs of numbers below ``n`` in ascending order, equals in their own.

    Examples
    --------
    >>> order_pairs(np.array([1, 0, 1]), np.array([1, 1, 0]), 2).tolist()
    [1, 2, 0]
    """
    by_column, order = np.empty((2, len(row)), dtype=np.int64)
    put(column, np.arange(len(row)), np.zeros(n + 1, dtype=np.int64), by_column)
    put(row, by_column, np.zeros(n + 1, dtype=np.int64), order)
    return order


@compiled
def put(key: Ints, given: Ints, first: Ints, out: Ints) -> None:
    """Write the given positions into ``out`` by their keys; ``first`` are zeros, one more than there are keys."""
    for i in range(len(given)):
        first[key[given[i]] + 1] += 1
    for k in range(1, len(first)):
        first[k] += first[k - 1]
    for i in range(len(given)):
        out[first[key[given[i]]]] = given[i]
        first[key[given[i]]] += 1
