"""Why a neighbourhood is a gap: the first cause, in a fixed order, that applies to most of its people.

A cause is told by comparing variants: what would change if there were no hills, no fees, no river, one more stair.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from servicecircle.arrays import Bools, Floats

__all__ = ["Cause", "Judgement", "judge", "which_apply"]

_MOST = 0.5
_NEARLY = 1e-9


class Cause(StrEnum):
    """Causes in the order in which they are looked for."""

    UNLOCATED_PLACE = "unlocated_place"  # its subdistrict has a place of the tier without position: unknown, no gap
    BEYOND_EXTRACT = "beyond_extract"  # nearer to the edge of the street data than to any place
    DISCONNECTED = "disconnected"  # no way leads to any place
    TOO_FAR = "too_far"  # no place within the standard's radius
    BARRIER = "barrier"  # half of the minutes too many are the way round water, a railway or a motorway
    MISSING_LINK = "missing_link"  # within reach by one short link that is not there
    PAID_OR_CLOSED = "paid_or_closed"  # within reach by a link that costs a fare or is closed
    TERRAIN = "terrain"  # within reach without hills
    DETOUR = "detour"  # near in a straight line, far on foot, and none of the above


_SOME = 0.25  # a cause of fewer people is not mentioned beside the first one
_UNKNOWN = (Cause.UNLOCATED_PLACE, Cause.BEYOND_EXTRACT)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The cause of a gap and the share of its people it applies to; the next cause, if there is one."""

    cause: Cause
    share: float
    second: Cause | None
    second_share: float


def which_apply(
    seconds: dict[str, Floats],
    radius_m: Floats,
    edge_m: Floats,
    *,
    unlocated: Bools,
    cutoff_s: float,
    horizon_s: float,
    most_m: float,
) -> dict[Cause, Bools]:
    """Tell of each home beyond the cutoff which causes apply to it, ``MISSING_LINK`` left out.

    Parameters
    ----------
    seconds
        ``walk``, ``level``, ``paid``, ``barred`` (with one crossing of a barrier): to the nearest place.
    radius_m, edge_m
        In a straight line to the nearest place, and to the edge of the street data.
    unlocated
        Whether the home's subdistrict has a place without position.
    horizon_s
        What a walk without end counts as.
    most_m
        The standard's radius.
    """
    near = radius_m <= most_m
    known = np.isfinite(seconds["walk"])
    # a barrier need not be all of it: behind a railway there may be a hill
    excess_s = np.minimum(seconds["walk"], horizon_s) - cutoff_s
    tests = {
        Cause.UNLOCATED_PLACE: unlocated,
        # a place beyond the extract could be as near as the extract's edge
        Cause.BEYOND_EXTRACT: edge_m < np.minimum(radius_m, most_m),
        Cause.DISCONNECTED: ~known,
        Cause.TOO_FAR: ~near,
        Cause.BARRIER: seconds["barred"] <= cutoff_s + _MOST * excess_s,
        Cause.PAID_OR_CLOSED: seconds["paid"] <= cutoff_s,
        Cause.TERRAIN: seconds["level"] <= cutoff_s,
        Cause.DETOUR: near & known,
    }
    return {cause: np.asarray(applies, dtype=bool) for cause, applies in tests.items()}


def judge(tests: dict[Cause, Bools], people: Floats) -> Judgement:
    """Judge a cluster by its people, or by its homes where nobody is thought to live.

    The first cause that applies to half of the people or more; where none does, what is the first cause for most of
    them. ``DETOUR`` is what is left, so it applies to whom nothing else does.

    Examples
    --------
    >>> tests = {Cause.TOO_FAR: np.array([True, False]), Cause.TERRAIN: np.array([True, True])}
    >>> judge(tests, np.array([1.0, 3.0])).cause.value
    'terrain'
    """
    weight = people / people.sum() if people.sum() > 0 else np.full(len(people), 1 / len(people))
    cause, share = _judge(tests, weight)
    others = {other: applies for other, applies in tests.items() if other is not cause}
    if cause not in _UNKNOWN:  # what is left over is no second cause of what has one
        others.pop(Cause.DETOUR, None)
    second, second_share = _judge(others, weight) if others else (None, 0.0)
    return Judgement(cause, share, second if second_share >= _SOME else None, second_share)


def _judge(tests: dict[Cause, Bools], weight: Floats) -> tuple[Cause, float]:
    order = [cause for cause in Cause if cause in tests]
    applies = np.array([tests[cause] for cause in order])
    first = np.where(applies.any(axis=0), applies.argmax(axis=0), -1)
    alone = np.array([weight[first == k].sum() for k in range(len(order))])
    share = np.where([cause is Cause.DETOUR for cause in order], alone, applies @ weight)
    most = np.flatnonzero(share >= _MOST - _NEARLY)
    k = int(most[0]) if len(most) else int(alone.argmax())
    return order[k], min(float(share[k]), 1.0)
