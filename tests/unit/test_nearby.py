"""Segments near points, against a tree of lines; discs at a rim, against all discs; orders and sums, against numpy."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from servicecircle.nearby import Segments
from servicecircle.ordering import order_pairs
from servicecircle.rims import join_discs
from servicecircle.sums import add_up


def some(columns: int, low: int, high: int, least: int = 1) -> st.SearchStrategy[np.ndarray]:
    """Return whole numbers as floats: many points at one place, many distances alike."""
    shape = st.integers(least, 40).map(lambda n: (n, columns))
    return arrays(np.float64, shape, elements=st.integers(low, high).map(float))


@given(some(4, 0, 30), some(2, -20, 50))
def test_the_nearest_segments_are_those_of_a_tree(ends: np.ndarray, xy: np.ndarray) -> None:
    found = Segments(ends[:, :2], ends[:, 2:]).nearest(xy)
    lines = shapely.linestrings(ends.reshape(-1, 2, 2))
    truth = shapely.distance(shapely.points(xy)[:, None], lines)
    wanted = np.argwhere(truth == truth.min(axis=1)[:, None])
    assert sorted(zip(*(a.tolist() for a in found), strict=True)) == [tuple(pair) for pair in wanted.tolist()]
    assert (np.diff(found[0]) >= 0).all()


def test_feet_are_those_of_geos_to_the_last_bit() -> None:
    wild = np.random.default_rng(7)
    tail = wild.uniform(600_000, 640_000, (5000, 2))
    head = tail + wild.normal(0, 50, tail.shape)
    xy = tail + wild.normal(0, 60, tail.shape)
    head[:50], xy[50:100] = tail[:50], tail[50:100]
    segments, every = Segments(tail, head), np.arange(len(tail))
    metres, part = segments.feet(xy, every)
    lines, points = shapely.linestrings(np.stack([tail, head], axis=1)), shapely.points(xy)
    span = shapely.length(lines)
    along = np.divide(shapely.line_locate_point(lines, points), span, out=np.zeros(len(span)), where=span > 0)
    np.testing.assert_array_equal(metres, shapely.distance(lines, points))
    np.testing.assert_array_equal(part, along)
    foot = shapely.get_coordinates(shapely.line_interpolate_point(lines, along, normalized=True))
    np.testing.assert_array_equal(segments.points(every, part), foot)


@pytest.mark.parametrize("spread_m", [100.0, 400.0, 900.0, 2000.0])
def test_discs_at_the_rim_make_the_union_of_all(spread_m: float) -> None:
    xy = np.random.default_rng(5).uniform(0, spread_m, (300, 2))
    xy[:20] = xy[20:40]
    every = shapely.union_all(shapely.buffer(shapely.points(xy), 60.0, quad_segs=16))
    assert join_discs(xy, 60.0).symmetric_difference(every).area < 1e-4 * every.area


@pytest.mark.parametrize("apart_m", [30.0, 60.0, 120.0])
def test_where_many_circles_meet_in_one_point_the_union_is_the_same(apart_m: float) -> None:
    xy = apart_m * np.stack(np.meshgrid(np.arange(8), np.arange(8)), axis=-1).reshape(-1, 2).astype(np.float64)
    every = shapely.union_all(shapely.buffer(shapely.points(xy), 60.0, quad_segs=16))
    shape = join_discs(xy, 60.0)
    assert shape.is_valid
    assert shape.symmetric_difference(every).area < 1e-3 * every.area


def test_a_ring_of_discs_keeps_its_hole_and_what_stands_in_it() -> None:
    turn = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    ring = 500.0 * np.column_stack([np.cos(turn), np.sin(turn)])
    shape = join_discs(np.vstack([ring, [[0.0, 0.0]], ring * 0.98]), 60.0)
    assert sorted(len(part.interiors) for part in shapely.get_parts(shape)) == [0, 1]


@given(some(2, 0, 9, least=0))
def test_pairs_are_ordered_as_by_a_sort(numbers: np.ndarray) -> None:
    row, column = numbers.astype(np.int64).T
    np.testing.assert_array_equal(order_pairs(row, column, 10), np.lexsort((column, row)))


@given(st.integers(0, 50), st.integers(0, 2**32 - 1))
def test_sums_by_group_are_those_of_bincount(n: int, seed: int) -> None:
    wild = np.random.default_rng(seed)
    values, group, chosen = wild.uniform(0, 9, (2, n)), wild.integers(-1, 3, n), wild.random(n) < 0.5
    many, out = np.zeros(4, dtype=np.int64), np.zeros((2, 4))
    add_up(values, group, chosen, many, out)
    assert many[0] == chosen.sum()
    np.testing.assert_array_equal(many[1:], np.bincount(group[chosen] + 1, minlength=4)[1:])
    for row, found in zip(values, out, strict=True):
        np.testing.assert_array_equal(found[1:], np.bincount(group[chosen] + 1, row[chosen], 4)[1:])
        assert found[0] == pytest.approx(row[chosen].sum())
