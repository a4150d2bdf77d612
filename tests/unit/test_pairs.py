"""Sparse tables against plain ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servicecircle.pairs import Pairs, straight_nearest, straight_pairs

# whole metres make ties, and distances at the limit itself
points = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=12).map(
    lambda found: np.array(found, dtype=np.float64).reshape(-1, 2)
)


def metres(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.hypot(a[:, None, 0] - b[None, :, 0], a[:, None, 1] - b[None, :, 1])


@given(points, points, st.integers(0, 9))
def test_straight_pairs_are_all_within_the_limit_and_no_others(a: np.ndarray, b: np.ndarray, limit: int) -> None:
    truth = metres(a, b)
    found = straight_pairs(a, b, float(limit))
    np.testing.assert_array_equal(found.dense(len(b)), np.where(truth <= limit, truth, np.inf))
    assert len(found.target) == (truth <= limit).sum()
    rows = found.sources()
    assert np.lexsort((found.target, rows)).tolist() == list(range(len(rows)))


@pytest.mark.parametrize("limit", [0.0, 40.0, 500.0])
def test_straight_pairs_far_from_the_origin_are_measured_as_by_numpy(limit: float) -> None:
    wild = np.random.default_rng(8)
    a, b = (3_200_000.0 + wild.uniform(-99, 2000 * k, (300, 2)) for k in (1, 2))
    b[:9] = a[:9]
    found, truth = straight_pairs(a, b, limit), metres(a, b)
    np.testing.assert_array_equal(found.dense(len(b)), np.where(truth <= limit, truth, np.inf))


@given(points, points, st.randoms())
def test_the_straight_nearest_is_one_of_the_chosen(a: np.ndarray, b: np.ndarray, chance: object) -> None:
    chosen = np.array([k for k in range(len(a)) if chance.random() < 0.5], dtype=np.int64)  # type: ignore[attr-defined]
    truth, found = metres(a, b), straight_nearest(a, chosen, b)
    np.testing.assert_array_equal(found.apart, truth[chosen].min(axis=0, initial=np.inf))
    if len(chosen):
        assert np.isin(found.at, chosen).all()
        np.testing.assert_array_equal(truth[found.at, np.arange(len(b))], found.apart)
    else:
        assert (found.at == -1).all()


@settings(max_examples=50)
@given(points, st.integers(0, 9), st.integers(0, 9), st.integers(0, 99))
def test_counts_and_sums_are_those_of_the_plain_table(a: np.ndarray, limit: int, nearer: int, seed: int) -> None:
    wild, n = np.random.default_rng(seed), len(a)
    found: Pairs = straight_pairs(a, a, float(limit))
    near = metres(a, a) <= min(limit, nearer)
    chosen, weights = wild.random(n) < 0.5, wild.integers(0, 9, (3, n)).astype(np.float64)
    np.testing.assert_array_equal(found.count(chosen, nearer, n), near[chosen].sum(axis=0))
    np.testing.assert_array_equal(found.sums(weights, nearer), weights @ near.T)
    others = found.without_self()
    np.testing.assert_array_equal(others.sums(weights, nearer), weights @ (near & ~np.eye(n, dtype=bool)).T)
