"""Four questions of siting on times alone: cover most, cover all, least mean, least worst.

Candidates are rows, homes are columns. ``base_s`` are the seconds from each home to the nearest place that is there
already: those places are locked, and a candidate counts for what it adds to them. Every home has people; one without
any asks for nothing.

References
----------
Toregas et al. 1971 (set covering), doi:10.1287/opre.19.6.1363; Church & ReVelle 1974 (maximal covering),
doi:10.1007/BF01942293; Hakimi 1964 (medians and centres), doi:10.1287/opre.12.3.450.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from servicecircle.arrays import Bools, Floats
from servicecircle.siting.covering import Needs, Solved, at_least, cover, fewest, greedy, most

__all__ = ["Instance", "Model", "in_order", "lscp", "mclp", "pcentre", "pmedian", "worst_s"]


class Model(StrEnum):
    """What the new places are to be good for."""

    MCLP = "mclp"  # most people within the limit
    LSCP = "lscp"  # everybody within the limit, by as few places as can be
    PMEDIAN = "pmedian"  # least mean walk
    PCENTRE = "pcentre"  # least longest walk


@dataclass(frozen=True, slots=True)
class Instance:
    """Homes, candidates, and the seconds between them.

    Attributes
    ----------
    seconds
        (candidates, homes) from the home to the candidate; ``inf`` where beyond the horizon.
    base_s
        (homes,) seconds to the nearest existing place; ``inf`` where beyond the horizon.
    people
        (homes,) people who weigh in the choice.
    limit_s
        What counts as covered.
    horizon_s
        What an unreachable place is taken to cost where walks are averaged.
    """

    seconds: Floats
    base_s: Floats
    people: Floats
    limit_s: float
    horizon_s: float

    @property
    def n(self) -> int:
        """Number of candidates."""
        return len(self.seconds)

    def after(self, chosen: tuple[int, ...]) -> Floats:
        """Seconds to the nearest place with the chosen candidates added."""
        return np.asarray(np.vstack([self.base_s, self.seconds[list(chosen)]]).min(axis=0), dtype=np.float64)

    def wanting(self) -> Bools:
        """Whether each home has people and no existing place within the limit."""
        return np.asarray((self.people > 0) & ~(self.base_s <= self.limit_s))

    def hopeless(self) -> Bools:
        """Whether each home has people and neither a place nor a candidate within the limit."""
        return np.asarray(self.wanting() & ~(self.seconds <= self.limit_s).any(axis=0))


def covering_needs(given: Instance, limit_s: float) -> Needs:
    """People without a place within a limit, whom some candidate would cover."""
    open_ = (given.people > 0) & ~(given.base_s <= limit_s)
    return Needs.of(given.seconds[:, open_] <= limit_s, given.people[open_])


def mclp(given: Instance, p: int, work: int) -> Solved:
    """Choose ``p`` candidates that cover most people who have no place within the limit."""
    return _sure(most(covering_needs(given, given.limit_s), p, work))


def lscp(given: Instance, work: int) -> Solved:
    """Choose as few candidates as cover every home that any candidate can cover; ``hopeless`` names the others."""
    return fewest(covering_needs(given, given.limit_s), work)


def pmedian(given: Instance, p: int, work: int) -> Solved:
    """Choose ``p`` candidates that save most person-seconds on the way to the nearest place, to the horizon at most."""
    return _sure(most(_rings(given), p, work))


def pcentre(given: Instance, p: int, work: int) -> Solved:
    """Choose ``p`` candidates so that the longest walk of any home is as short as can be; the value is in seconds.

    Homes that reach neither a place nor a candidate within the horizon are left out; ``inf`` where ``p`` candidates
    leave others without any. Of choices with the same longest walk, one that covers most people within the limit.
    """
    asked = (given.people > 0) & np.isfinite(given.after(tuple(range(given.n))))
    part = Instance(given.seconds[:, asked], given.base_s[asked], given.people[asked], given.limit_s, given.horizon_s)
    floor = float(part.after(tuple(range(part.n))).max(initial=0.0))
    steps = np.unique(np.r_[part.seconds.ravel(), part.base_s, floor])
    steps = steps[steps >= floor]
    low, high, proven = 0, len(steps) - 1, True  # p candidates suffice at the last step, inf if need be
    while low < high:
        middle = (low + high) // 2
        needed = _enough(covering_needs(part, float(steps[middle])), p, work)
        enough = len(needed.chosen) <= p
        proven &= enough or needed.bound > p
        low, high = (low, middle) if enough else (middle + 1, high)
    worst = float(steps[low])
    found = _covering_beside(given, p, work, covering_needs(part, worst))
    return Solved(found, worst, worst if proven else floor, proven=proven)


def _covering_beside(given: Instance, p: int, work: int, must: Needs) -> tuple[int, ...]:
    """Cover most people with what is left when all needs that must be are met."""
    found = most(covering_needs(given, given.limit_s), p, work, must if len(must) else None)
    if found is not None:
        return found.chosen
    few = _enough(must, p, work).chosen  # the work was used up
    return tuple(sorted((*few, *[j for j in range(given.n) if j not in few][: p - len(few)])))


def _enough(must: Needs, p: int, work: int) -> Solved:
    """Cover with ``p`` candidates if the first try already does, else with the fewest; no search where too few."""
    first, least = cover(must), at_least(must)
    if len(first) <= p or least > p:
        return Solved(first, len(first), float(least), proven=False)
    return fewest(must, work)


def worst_s(given: Instance, chosen: tuple[int, ...]) -> float:
    """Seconds of the longest walk, of homes that can walk to a place or to any candidate."""
    asked = (given.people > 0) & np.isfinite(given.after(tuple(range(given.n))))
    return float(given.after(chosen)[asked].max()) if asked.any() else 0.0


def in_order(given: Instance, model: Model, chosen: tuple[int, ...]) -> tuple[int, ...]:
    """Put chosen candidates in the order in which each next one adds most: people covered, or seconds saved."""
    needs = _rings(given) if model is Model.PMEDIAN else covering_needs(given, given.limit_s)
    return greedy(needs, len(chosen), chosen)


def _rings(given: Instance) -> Needs:
    """Draw a ring round every home out to each candidate nearer than its place: what lies beyond a ring is saved."""
    base = np.minimum(given.base_s, given.horizon_s)
    home, candidate = np.nonzero((given.seconds < base).T & (given.people > 0)[:, None])
    seconds = given.seconds[candidate, home]
    order = np.lexsort((candidate, seconds, home))
    home, candidate, seconds = home[order], candidate[order], seconds[order]
    new = np.r_[True, (home[1:] != home[:-1]) | (seconds[1:] != seconds[:-1])] if len(home) else np.zeros(0, bool)
    first = np.flatnonzero(new)
    own, near = home[first], seconds[first]
    same = np.r_[own[1:] == own[:-1], False] if len(own) else np.zeros(0, bool)
    out = np.where(same, np.r_[near[1:], 0.0] if len(near) else near, base[own])
    follows = np.r_[False, same[:-1]] if len(own) else same
    start = np.r_[first, len(home)].astype(np.int64)
    return Needs(given.people[own] * (out - near), follows, start, candidate.astype(np.int64), given.n)


def _sure(found: Solved | None) -> Solved:
    if found is None:
        message = "more places than candidates"
        raise ValueError(message)
    return found
