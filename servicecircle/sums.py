"""The loop that adds people up: one pass over a million homes in the time of reading them."""

from __future__ import annotations

from servicecircle.arrays import Bools, Floats, Ints
from servicecircle.compiled import compiled

__all__ = ["add_up"]


@compiled
def add_up(values: Floats, group: Ints, chosen: Bools, out: Floats) -> None:
    """Add up the chosen columns of each row of values, one after the other.

    ``out[:, 0]`` is of all, ``out[:, 1 + g]`` of group ``g``; group -1 is of none.
    """
    for row in range(len(values)):
        for i in range(len(chosen)):
            if chosen[i]:
                out[row, 0] += values[row, i]
                if group[i] >= 0:
                    out[row, group[i] + 1] += values[row, i]
