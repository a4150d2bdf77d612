"""The Gini coefficient with people for weights, against its definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inequality.gini import Gini

from servicecircle.choices import _spread, gini

whole = st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 9)), min_size=1, max_size=20)


@given(whole)
def test_it_is_half_the_mean_difference_of_all_pairs_of_people_over_the_mean(homes: list[tuple[int, int]]) -> None:
    seconds, people = (np.array(column, dtype=np.float64) for column in zip(*homes, strict=True))
    one_by_one = np.repeat(seconds, people.astype(int))
    if one_by_one.sum() == 0:
        assert np.isnan(gini(seconds, people))
        return
    apart = np.abs(one_by_one[:, None] - one_by_one[None, :]).mean()
    assert gini(seconds, people) == pytest.approx(apart / (2 * one_by_one.mean()), abs=1e-12)


@given(whole)
def test_it_is_the_librarys_where_every_person_stands_alone(homes: list[tuple[int, int]]) -> None:
    seconds, people = (np.array(column, dtype=np.float64) for column in zip(*homes, strict=True))
    one_by_one = np.repeat(seconds, people.astype(int))
    if one_by_one.sum() == 0:
        return
    assert gini(seconds, people) == pytest.approx(Gini(one_by_one).g, abs=1e-12)
    assert gini(one_by_one, np.ones(len(one_by_one))) == pytest.approx(Gini(one_by_one).g, abs=1e-12)


@given(whole, st.floats(0.1, 100))
def test_longer_days_or_more_people_alike_change_nothing(homes: list[tuple[int, int]], factor: float) -> None:
    seconds, people = (np.array(column, dtype=np.float64) for column in zip(*homes, strict=True))
    same = pytest.approx(gini(seconds, people), abs=1e-9, nan_ok=True)
    assert gini(factor * seconds, people) == same
    assert gini(seconds, factor * people) == same


def test_all_alike_is_even_and_one_who_walks_for_all_is_not() -> None:
    assert gini(np.full(5, 300.0), np.ones(5)) == pytest.approx(0)
    assert gini(np.r_[np.zeros(99), 300.0], np.ones(100)) == pytest.approx(0.99)


def test_a_subdistrict_without_homes_has_no_figures_and_breaks_nothing() -> None:
    seconds, ascending = np.array([300.0, 600.0]), np.array([0, 1])
    mean, uneven = _spread(seconds, np.ones((2, 1)), ascending, np.array([1, 1]), parts=4)
    assert mean.shape == uneven.shape == (1, 4)
    assert mean[0, :2] == pytest.approx(450.0)
    assert np.isnan(mean[0, 2:]).all()
    assert np.isnan(uneven[0, 2:]).all()
