"""The loop that adds people up: one pass over a million homes in the time of reading them."""

from __future__ import annotations

from servicecircle.arrays import Bools, Floats, Ints
from servicecircle.compiled import compiled

__all__ = ["add_up"]


@compiled
def add_up(values: Floats, group: Ints, chosen: Bools, count: Ints, out: Floats) -> None:
    """Count the chosen columns, and add each row of values up over them, one column after the other.

    ``count[0]`` and ``out[:, 0]`` are of all, ``count[1 + g]`` and ``out[:, 1 + g]`` of group ``g``; group -1 is of
    none.
    """
    rows = len(values)
    for i in range(len(chosen)):
        if chosen[i]:
            own = group[i] + 1
            count[0] += 1
            for row in range(rows):
                out[row, 0] += values[row, i]
            if own > 0:
                count[own] += 1
                for row in range(rows):
                    out[row, own] += values[row, i]
