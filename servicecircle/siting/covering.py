"""Which candidates meet most needs, and how few meet them all: two integer programs that every model comes down to.

A need is met where one of its candidates is chosen, or where the need it follows is met already. So the rings round a
home, each wider than the one before, are needs that follow each other, and a chain of them prices a distance.

Solved by HiGHS through ``scipy.optimize.milp``; work is counted in nodes of its tree, not in seconds, so that the same
release answers the same on any machine.

References
----------
Church & ReVelle 1974, The maximal covering location problem, doi:10.1007/BF01942293.
Elloumi 2010, A tighter formulation of the p-median problem, doi:10.1007/s10878-008-9162-0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, eye_array, hstack, vstack

from servicecircle.arrays import Bools, Floats, Ints

__all__ = ["Needs", "Solved", "at_least", "cover", "fewest", "greedy", "met_by", "most", "value_of"]

_TOTAL = 1e5  # weights are scaled to this sum: far from the solver's absolute tolerance of 1e-6
_FIRST = 1e-3  # what the last number costs more than the first: a hundred-millionth of the sum
_SAME = 1e-9  # of the total: what sums of floats may be off
_SLACK = 1e-6
_HALF = 0.5
_INFEASIBLE = 2


@dataclass(frozen=True, slots=True)
class Needs:
    """What the chosen candidates should meet.

    Attributes
    ----------
    weight
        Worth of each need, such as people.
    follows
        Whether the meeting of the need before it meets this one, too. A candidate stands once in such a chain.
    start, candidate
        Need ``r`` is met by each of ``candidate[start[r]:start[r + 1]]``.
    n
        Number of candidates.
    """

    weight: Floats
    follows: Bools
    start: Ints
    candidate: Ints
    n: int

    @classmethod
    def of(cls, reached: Bools, weight: Floats) -> Needs:
        """Return one need a column of a (candidates, needs) table; equal ones as one, hopeless ones left out.

        Examples
        --------
        >>> needs = Needs.of(np.array([[True, True, False], [False, False, False]]), np.array([3.0, 4.0, 5.0]))
        >>> needs.weight.tolist(), needs.candidate.tolist()
        ([7.0], [0])
        """
        columns = np.ascontiguousarray(reached.T[reached.any(axis=0)])
        packed, where = np.unique(np.packbits(columns, axis=1), axis=0, return_inverse=True)
        table = np.unpackbits(packed, axis=1, count=reached.shape[0]).astype(bool)
        summed: Floats = np.zeros(len(packed))
        np.add.at(summed, where.ravel(), weight[reached.any(axis=0)])
        need, candidate = np.nonzero(table)
        start = np.r_[0, np.cumsum(np.bincount(need, minlength=len(packed)))].astype(np.int64)
        return cls(summed, np.zeros(len(packed), dtype=bool), start, candidate.astype(np.int64), reached.shape[0])

    def __len__(self) -> int:
        """Return the number of needs."""
        return len(self.weight)

    def table(self) -> csr_array:
        """Return needs by candidates, 1 where the one meets the other by itself."""
        ones = np.ones(len(self.candidate))
        return csr_array((ones, self.candidate, self.start), shape=(len(self), self.n))


@dataclass(frozen=True, slots=True)
class Solved:
    """Chosen candidates, ascending; their value, and the bound that no choice beats.

    ``proven``: no choice is better.
    """

    chosen: tuple[int, ...]
    value: float
    bound: float
    proven: bool

    @property
    def gap(self) -> float:
        """Share of the bound by which the value may miss the best: 0 where it is proven."""
        return 0.0 if self.proven else abs(self.bound - self.value) / max(abs(self.bound), abs(self.value), 1e-12)


def met_by(needs: Needs, chosen: tuple[int, ...]) -> Bools:
    """Whether each need is met."""
    mine = np.zeros(needs.n)
    mine[list(chosen)] = 1.0
    so_far = np.cumsum(np.asarray(needs.table() @ mine) > 0)
    before = np.r_[0, so_far][_chain(needs)]
    return np.asarray(so_far > before)


def _chain(needs: Needs) -> Ints:
    """Return the first need of the chain that each need stands in."""
    first = np.flatnonzero(~needs.follows)
    return first[np.cumsum(~needs.follows) - 1] if len(needs) else np.zeros(0, dtype=np.int64)


def value_of(needs: Needs, chosen: tuple[int, ...]) -> float:
    """Add up the weights of the needs that are met."""
    return float(needs.weight[met_by(needs, chosen)].sum())


def greedy(needs: Needs, p: int, among: tuple[int, ...] | None = None) -> tuple[int, ...]:
    """Choose one after the other, each time what adds most; of equals the lowest number. At least 63 % of the best.

    References
    ----------
    Nemhauser, Wolsey & Fisher 1978, doi:10.1007/BF01588971.
    """
    left = list(range(needs.n)) if among is None else sorted(among)
    chosen: tuple[int, ...] = ()
    table, same = needs.table(), _SAME * max(float(needs.weight.sum()), 1e-12)
    while left and len(chosen) < p:
        gains = np.asarray(_onward(needs, np.where(met_by(needs, chosen), 0.0, needs.weight)) @ table)[left]
        best = left[int(np.argmax(gains > gains.max() - same))]
        chosen = (*chosen, best)
        left.remove(best)
    return chosen


def _onward(needs: Needs, weight: Floats) -> Floats:
    """Sum the weights from each need to the end of its chain."""
    total = np.r_[0.0, np.cumsum(weight)]
    last = np.searchsorted(chain := _chain(needs), chain, side="right")
    return np.asarray(total[last] - total[:-1])


def most(needs: Needs, p: int, work: int, must: Needs | None = None) -> Solved | None:
    """Choose exactly ``p`` candidates that meet most weight, every need of ``must`` among what they meet.

    Choices count as equally good that differ by less than a ten-millionth of all weight; of them one with low numbers
    is taken, such that no single exchange lowers them.

    Returns
    -------
    Solved | None
        None where ``p`` candidates cannot meet what they must. With the work used up before the proof: the best that
        was found, and the bound.
    """
    if p > needs.n:
        return None
    if not len(needs) and must is None:
        return Solved(tuple(range(p)), 0.0, 0.0, proven=True)
    n, m, total = needs.n, len(needs), float(needs.weight.sum())
    scale = _TOTAL / total if total > 0 else 1.0
    chain = np.flatnonzero(needs.follows)
    behind = csr_array((np.ones(len(chain)), (chain, chain - 1)), shape=(m, m))
    rows = [csr_array(hstack([needs.table(), behind - eye_array(m, format="csr")])), _ones(n, n + m)]
    exactly = np.array([float(p)])
    low, high = [np.zeros(m), exactly], [np.full(m, np.inf), exactly]
    if must is not None:
        rows.append(csr_array(hstack([must.table(), csr_array((len(must), m))])))
        low, high = [*low, np.ones(len(must))], [*high, np.full(len(must), np.inf)]
    cost = np.r_[_FIRST * np.arange(n) / max(n, 1), -scale * needs.weight]
    keep = LinearConstraint(csr_array(vstack(rows)), np.concatenate(low), np.concatenate(high))
    chosen, bound, done = _run(cost, keep, n, work)
    if chosen is None and (done or must is not None):
        return None
    if not done:
        also = [] if must is not None else [tuple(sorted(greedy(needs, p)))]
        best = max([*also, *([chosen] if chosen is not None else [])], key=lambda c: value_of(needs, c))
        value = value_of(needs, best)
        return Solved(best, value, min(total, max(value, (_FIRST * p - bound) / scale)), proven=False)
    chosen = _lowest(needs, chosen or (), must)
    value = value_of(needs, chosen)
    return Solved(chosen, value, value, proven=True)


def fewest(must: Needs, work: int) -> Solved:
    """Choose as few candidates as meet every need; of equally few those with the lowest sum of numbers."""
    if not len(must):
        return Solved((), 0.0, 0.0, proven=True)
    n = must.n
    cost = 1.0 + np.arange(n) / (2.0 * n * n)
    chosen, bound, done = _run(cost, LinearConstraint(must.table(), 1.0, np.inf), n, work)
    if chosen is None or not done:
        best = min([cover(must), *([chosen] if chosen is not None else [])], key=len)
        return Solved(best, len(best), max(1.0, np.ceil(bound - 0.5 - _SLACK)), proven=False)
    none = Needs.of(np.zeros((n, 0), dtype=bool), np.zeros(0))
    chosen = _lowest(none, chosen, must)
    return Solved(chosen, float(len(chosen)), float(len(chosen)), proven=True)


def cover(must: Needs) -> tuple[int, ...]:
    """Choose one after the other, each time what meets most needs, until all are met: not the fewest."""
    table = must.table()
    open_, chosen = np.ones(len(must)), list[int]()
    while open_.any():
        chosen.append(int(np.argmax(open_ @ table)))
        open_[(table[:, [chosen[-1]]] > 0).toarray().ravel()] = 0.0
    return tuple(sorted(chosen))


def at_least(must: Needs) -> int:
    """Count needs of which no two share a candidate: fewer candidates cannot meet them all.

    Examples
    --------
    >>> at_least(Needs.of(np.array([[True, True, False], [False, True, True]]), np.ones(3)))
    2
    """
    used, count = np.zeros(must.n, dtype=bool), 0
    for need in np.argsort(np.diff(must.start), kind="stable"):
        mine = must.candidate[must.start[need] : must.start[need + 1]]
        if not used[mine].any():
            used[mine] = True
            count += 1
    return count


def _run(cost: Floats, keep: LinearConstraint, n: int, work: int) -> tuple[tuple[int, ...] | None, float, bool]:
    """Return the choice (None where there is none), the bound of the cost, and whether nothing was left to search."""
    whole = np.zeros(len(cost), dtype=np.int64)
    whole[:n] = 1
    found = milp(
        cost,
        constraints=keep,
        bounds=Bounds(0.0, 1.0),
        integrality=whole,
        options={"node_limit": work, "mip_rel_gap": 0.0},
    )
    known = getattr(found, "mip_dual_bound", None)
    bound = -np.inf if known is None else float(known)
    if found.x is None:
        return None, bound, found.status == _INFEASIBLE
    return tuple(int(j) for j in np.flatnonzero(found.x[:n] > _HALF)), bound, bool(found.status == 0)


def _lowest(needs: Needs, chosen: tuple[int, ...], must: Needs | None) -> tuple[int, ...]:
    """Exchange a candidate for one of a lower number as long as nothing is lost by it: of two in a house the first."""
    least = value_of(needs, chosen) - _SAME * float(needs.weight.sum())
    table, place = needs.table(), 0
    while place < len(chosen):
        rest = chosen[:place] + chosen[place + 1 :]
        met = met_by(needs, rest)
        worth = needs.weight[met].sum() + np.asarray(_onward(needs, np.where(met, 0.0, needs.weight)) @ table)
        good = worth >= least
        if must is not None:
            open_ = np.where(met_by(must, rest), 0.0, 1.0)
            good &= np.asarray(open_ @ must.table()) >= open_.sum()
        good[[*rest, *range(chosen[place], needs.n)]] = False
        if good.any():
            chosen, place = tuple(sorted((*rest, int(np.argmax(good))))), 0
        else:
            place += 1
    return chosen


def _ones(n: int, width: int) -> csr_array:
    return csr_array(np.r_[np.ones(n), np.zeros(width - n)][None, :])
