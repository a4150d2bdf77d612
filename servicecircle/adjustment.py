"""Adjustment of observations by robust weighted least squares on sparse matrices, with its variances and draws.

The normal equations of a network of lines are sparse: a factorisation that takes the inner points of the lines first
leaves a small system of the junctions, and the inverse is found on the entries of the factor alone.

References
----------
Takahashi, Fagan and Chen 1973 (the inverse on the pattern of the factor); Holland and Welsch 1977 (iterative
reweighting, Cauchy weights).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Literal

import numpy as np
from scipy.sparse import csc_array, csr_array, diags_array, vstack
from scipy.sparse.linalg import splu

from servicecircle.arrays import Bools, Floats, Ints

__all__ = ["Adjustment", "Law", "Observations", "adjust", "observe", "of_design", "restrict", "stack"]


class Law(IntEnum):
    """How an observation errs: by chance, sometimes grossly, or only downwards (a least value)."""

    NORMAL = 0
    CAUCHY = 1
    AT_LEAST = 2


@dataclass(frozen=True, slots=True)
class Observations:
    """``design @ x`` is ``value``, give or take ``sigma``: one row an observation."""

    design: csr_array
    value: Floats
    sigma: Floats
    law: Ints


@dataclass(frozen=True, slots=True)
class Adjustment:
    """The adjusted unknowns and what is needed to say how sure they are; holds no factorisation, so it can be copied.

    Attributes
    ----------
    x
        (n,) the unknowns.
    design, weight
        Observations and their final weights, 1 / variance.
    order
        Order of elimination: position -> unknown.
    last
        Unknowns eliminated last; variances are to be had among these.
    rounds
        Rounds of reweighting done.
    """

    x: Floats
    design: csr_array
    weight: Floats
    order: Ints
    last: Bools
    rounds: int
    _drawn: dict[tuple[int, int], Floats] = field(default_factory=dict, repr=False, compare=False)

    def draws(self, n: int, seed: int) -> Floats:
        """(n unknowns, ``n``) errors of ``x``: chance errors of all observations, carried through the adjustment.

        What was drawn is kept: every scenario of a study asks for the same.
        """
        if (n, seed) not in self._drawn:
            self._drawn[n, seed] = self._draw(n, seed)
        return self._drawn[n, seed]

    def _draw(self, n: int, seed: int) -> Floats:
        noise = np.random.default_rng(seed).standard_normal((len(self.weight), n))
        right = self.design.T @ (np.sqrt(self.weight)[:, None] * noise)
        errors = np.empty_like(right)
        errors[self.order] = _factor(_normal(self.design, self.weight, self.order)).solve(right[self.order])
        return errors

    def variances(self, a: Ints, b: Ints) -> tuple[Floats, Floats]:
        """Variance of every unknown in ``last`` (NaN for the others), and of ``x[b] - x[a]`` for ends in ``last``."""
        factor = _factor(_normal(self.design, self.weight, self.order))
        place = np.empty(len(self.x), dtype=np.int64)  # unknown -> row of the factor
        place[self.order] = factor.perm_c
        inverse = _Inverse(factor, np.sort(place[self.last]))
        variance = np.full(len(self.x), np.nan)
        variance[self.last] = [inverse.entry(i, i) for i in place[self.last].tolist()]
        shared = np.array([inverse.entry(i, j) for i, j in zip(place[a].tolist(), place[b].tolist(), strict=True)])
        return variance, np.maximum(variance[a] + variance[b] - 2.0 * shared, 0.0)


def observe(
    columns: Ints, factors: Floats, value: Floats | float, sigma: Floats | float, law: Law, n: int
) -> Observations:
    """Make observations of ``n`` unknowns: row ``i`` is the sum of ``factors[i] * x[columns[i]]``."""
    rows, terms = columns.shape
    at = (np.repeat(np.arange(rows), terms), columns.ravel())
    design = csr_array((np.broadcast_to(factors, columns.shape).ravel().astype(np.float64), at), shape=(rows, n))
    return of_design(design, value, sigma, law)


def of_design(design: csr_array, value: Floats | float, sigma: Floats | float, law: Law) -> Observations:
    """Make observations of one law from the rows of a matrix."""
    rows = design.shape[0]
    full = [np.broadcast_to(np.asarray(given, dtype=np.float64), rows) for given in (value, sigma)]
    return Observations(design, full[0], full[1], np.full(rows, int(law)))


def stack(*parts: Observations) -> Observations:
    """Put observations under each other."""
    return Observations(
        csr_array(vstack([part.design for part in parts])),
        np.concatenate([part.value for part in parts]),
        np.concatenate([part.sigma for part in parts]),
        np.concatenate([part.law for part in parts]),
    )


def restrict(seen: Observations, kept: Bools) -> Observations:
    """Keep some of the unknowns, and the observations of nothing else."""
    left_out = np.asarray(abs(seen.design) @ (~kept).astype(np.float64)).ravel() > 0.0
    rows = np.flatnonzero(~left_out)
    return Observations(csr_array(seen.design[rows][:, kept]), seen.value[rows], seen.sigma[rows], seen.law[rows])


def adjust(seen: Observations, last: Bools, rounds: int, settled: float, near: Floats | None = None) -> Adjustment:
    """Find the unknowns that fit the observations best, reweighting at most ``rounds`` times.

    ``last`` are the unknowns to be eliminated last. Starts from the unknowns ``near``, else from plain least squares
    without least values; ends when no unknown moves by ``settled`` any more.
    """
    order = _order(seen, last)
    design = csr_array(seen.design[:, order])
    across = csr_array(design.T)
    x = None if near is None else near[order]
    done, moved = 0, np.inf
    while moved >= settled and done < rounds:
        weight = _weights(seen, design, x)
        normal = csc_array(across @ (diags_array(weight) @ design))
        found = _factor(normal).solve(across @ (weight * seen.value))
        moved = np.inf if x is None else float(np.abs(found - x).max(initial=0.0))
        x, done = found, done + 1
    whole = np.empty(len(last))
    whole[order] = x
    return Adjustment(whole, seen.design, _weights(seen, design, x), order, last, done)


class _Inverse:
    """Entries of the inverse of a factored matrix among the rows eliminated last, on the pattern of the factor.

    From the last row backwards, each row of the inverse follows from the rows that its column of the factor names.
    """

    def __init__(self, factor: Any, wanted: Ints) -> None:  # noqa: ANN401
        self._factor = factor
        lower = csc_array(factor.L)
        lower.sort_indices()
        diagonal = factor.U.diagonal()
        below, values = _columns(lower, wanted)
        self._row: dict[int, Ints] = {}
        self._block: dict[int, Floats] = {}
        for j in wanted[::-1].tolist():
            rows, column = below[j], values[j]
            block = np.empty((len(rows) + 1, len(rows) + 1))
            if len(rows):
                parent = int(rows[0])
                at = np.searchsorted(self._row[parent], rows)
                inner = self._block[parent][np.ix_(at, at)]
                off = -inner @ column
                block[1:, 1:] = inner
                block[0, 1:] = block[1:, 0] = off
                block[0, 0] = 1.0 / diagonal[j] - column @ off
            else:
                block[0, 0] = 1.0 / diagonal[j]
            self._row[j] = np.concatenate([[j], rows])
            self._block[j] = block

    def entry(self, i: int, j: int) -> float:
        """Return the entry of two rows; solved for where the factor has none."""
        i, j = min(i, j), max(i, j)
        at = int(np.searchsorted(self._row[i], j))
        if at < len(self._row[i]) and self._row[i][at] == j:
            return float(self._block[i][0, at])
        back = np.empty(len(self._factor.perm_c), dtype=np.int64)
        back[self._factor.perm_c] = np.arange(len(back))
        unit = np.zeros(len(back))
        unit[back[i]] = 1.0
        return float(self._factor.solve(unit)[back[j]])


def _columns(lower: Any, wanted: Ints) -> tuple[dict[int, Ints], dict[int, Floats]]:  # noqa: ANN401
    """Rows and values under the diagonal, each column's rows completed by what its children bring."""
    below: dict[int, Ints] = {}
    values: dict[int, Floats] = {}
    brought: dict[int, list[Ints]] = {}
    for j in wanted.tolist():
        part = slice(int(lower.indptr[j]) + 1, int(lower.indptr[j + 1]))
        rows, column = lower.indices[part].astype(np.int64), lower.data[part]
        more = [child for child in brought.pop(j, []) if not np.isin(child, rows).all()]
        if more:
            whole = np.unique(np.concatenate([rows, *more]))
            filled = np.zeros(len(whole))
            filled[np.searchsorted(whole, rows)] = column
            rows, column = whole, filled
        below[j], values[j] = rows, column
        if len(rows) > 1:
            brought.setdefault(int(rows[0]), []).append(rows[1:])
    return below, values


def _weights(seen: Observations, design: csr_array, x: Floats | None) -> Floats:
    weight = 1.0 / seen.sigma**2
    if x is None:
        return np.where(seen.law == Law.AT_LEAST, 0.0, weight)
    off = (design @ x - seen.value) / seen.sigma
    weight = np.where(seen.law == Law.CAUCHY, weight / (1.0 + off**2), weight)
    return np.where((seen.law == Law.AT_LEAST) & (off > 0.0), 0.0, weight)


def _normal(design: csr_array, weight: Floats, order: Ints) -> Any:  # noqa: ANN401
    ordered = csr_array(design[:, order])
    return csc_array(ordered.T @ (diags_array(weight) @ ordered))


def _factor(normal: Any, ordering: Literal["NATURAL", "MMD_AT_PLUS_A"] = "NATURAL") -> Any:  # noqa: ANN401
    return splu(normal, permc_spec=ordering, diag_pivot_thresh=0.0, options={"SymmetricMode": True})


def _order(seen: Observations, last: Bools) -> Ints:
    """Order of elimination with little fill: minimum degree, and the wanted unknowns after the others."""
    everything = np.arange(len(last))
    found = _factor(_normal(seen.design, 1.0 / seen.sigma**2, everything), "MMD_AT_PLUS_A")
    return np.lexsort([found.perm_c, last]).astype(np.int64)
