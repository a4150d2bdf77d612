"""Put labels where none covers another: the same places every time, on every machine with the same type.

Each label brings candidates in the order of its liking. The one with the fewest left chooses first and takes what it
likes, less what that takes from others; a label left over may move one that stands in its way. Like Christensen, Marks
and Shieber's survey (1995) of point labelling, without its random descent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

__all__ = ["Candidate", "placed"]

GREED = 0.35  # how much a choice minds what it takes from others
ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to write label ``label``: what it covers on the sheet, how little it is liked, how it is drawn."""

    label: int
    shape: BaseGeometry
    cost: float
    x: float
    y: float
    align: str = "left"
    slope: float = 0.0
    text: str = ""
    leader: tuple[tuple[float, float], tuple[float, float]] | None = None


def placed(candidates: Sequence[Candidate], taken: Sequence[BaseGeometry]) -> dict[int, Candidate]:
    """Choose one candidate a label, none touching another or what is taken; a label without room is left out.

    Examples
    --------
    >>> one = Candidate(0, shapely.box(0, 0, 2, 1), 0.0, 0, 0)
    >>> other = [Candidate(1, shapely.box(x, 0, x + 2, 1), c, x, 0) for x, c in ((1, 0.0), (3, 1.0))]
    >>> {label: found.x for label, found in placed([one, *other], []).items()}
    {0: 0, 1: 3}
    """
    free = _free(candidates, taken)
    shapes = np.array([candidate.shape for candidate in free], dtype=object)
    against = _conflicts(free, shapes)
    of: dict[int, list[int]] = {}
    for number, candidate in enumerate(free):
        of.setdefault(candidate.label, []).append(number)
    chosen = _greedy(free, of, against)
    _repair(of, against, chosen)
    return {label: free[number] for label, number in sorted(chosen.items())}


def _free(candidates: Sequence[Candidate], taken: Sequence[BaseGeometry]) -> list[Candidate]:
    if not candidates or not taken:
        return list(candidates)
    tree = shapely.STRtree(np.array(taken, dtype=object))
    hit = set(tree.query(np.array([c.shape for c in candidates], dtype=object), predicate="intersects")[0].tolist())
    return [candidate for number, candidate in enumerate(candidates) if number not in hit]


def _conflicts(free: Sequence[Candidate], shapes: npt.NDArray[np.object_]) -> list[list[int]]:
    against: list[list[int]] = [[] for _ in free]
    if len(free):
        one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
        for a, b in sorted(zip(one.tolist(), other.tolist(), strict=True)):
            if free[a].label != free[b].label:
                against[a].append(b)
    return against


def _greedy(free: Sequence[Candidate], of: Mapping[int, list[int]], against: Sequence[list[int]]) -> dict[int, int]:
    alive = [True] * len(free)
    left = {label: len(numbers) for label, numbers in of.items()}
    chosen: dict[int, int] = {}
    while left:
        label = min(left, key=lambda one: (left[one], one))
        del left[label]
        options = [number for number in of[label] if alive[number]]
        if not options:
            continue

        def price(number: int) -> float:
            lost = sum(1 / left[free[b].label] for b in against[number] if alive[b] and free[b].label in left)
            return free[number].cost + GREED * lost

        best = min(options, key=lambda number: (price(number), number))
        chosen[label] = best
        for number in against[best]:
            if alive[number]:
                alive[number] = False
                if free[number].label in left:
                    left[free[number].label] -= 1
    return chosen


def _repair(of: Mapping[int, list[int]], against: Sequence[list[int]], chosen: dict[int, int]) -> None:
    """Move one label out of the way of one left over, where it has another place."""
    holder = {number: label for label, number in chosen.items()}
    for _ in range(ROUNDS):
        moved = False
        for label in [one for one in of if one not in chosen]:
            for number in of[label]:
                blocking = [b for b in against[number] if b in holder]
                if len(blocking) > 1:
                    continue
                if blocking and not _moved_away(blocking[0], number, of, against, chosen, holder):
                    continue
                chosen[label], holder[number] = number, label
                moved = True
                break
        if not moved:
            return


def _moved_away(
    blocking: int,
    wanted: int,
    of: Mapping[int, list[int]],
    against: Sequence[list[int]],
    chosen: dict[int, int],
    holder: dict[int, int],
) -> bool:
    label = holder[blocking]
    for other in of[label]:
        if (
            other != blocking
            and wanted not in against[other]
            and not any(b in holder for b in against[other] if b != blocking)
        ):
            del holder[blocking]
            chosen[label], holder[other] = other, label
            return True
    return False
