"""Geometry and text survive their encoding."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from maps.encode import clean, json_block, lines, metres, point, rings, simplified

DEGREES = st.integers(-18_000_000, 18_000_000)


def decode(text: str) -> list[tuple[int, int]]:
    """Read an encoded path: whole lon, lat."""
    found, at, last = [], 0, [0, 0]
    while at < len(text):
        for axis in (1, 0):
            value, shift = 0, 0
            while True:
                five = ord(text[at]) - 63
                at += 1
                value |= (five & 31) << shift
                shift += 5
                if five < 32:
                    break
            last[axis] += ~(value >> 1) if value & 1 else value >> 1
        found.append((last[0], last[1]))
    return found


@given(st.lists(st.tuples(DEGREES, DEGREES), min_size=2, max_size=30))
def test_a_line_comes_back(path: list[tuple[int, int]]) -> None:
    kept = [p for i, p in enumerate(path) if i == 0 or p != path[i - 1]]
    encoded = lines(shapely.LineString([(x / 1e5, y / 1e5) for x, y in path]))
    assert [decode(text) for text in encoded] == ([kept] if len(kept) > 1 else [])


def test_rings_wind_holes_the_other_way() -> None:
    shape = shapely.box(0, 0, 0.01, 0.01) - shapely.box(0.002, 0.002, 0.004, 0.004)
    areas = []
    for text in rings(shape):
        path = np.array(decode(text))
        x, y = path[:, 0], path[:, 1]
        areas.append(float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)) / 2)
    assert sorted(areas) == [-200.0 * 200.0, 1000.0 * 1000.0]


@pytest.mark.parametrize("shape", [None, shapely.Point(), shapely.MultiPolygon(), shapely.LineString()])
def test_nothing_encodes_as_nothing(shape: shapely.Geometry | None) -> None:
    assert rings(shape) == []
    assert lines(shape) == []
    assert point(shape) is None


def test_simplifying_moves_no_outline_further_than_told() -> None:
    circle = shapely.Point(106.5, 29.5).buffer(0.01, quad_segs=200)
    (slim,) = simplified([circle], 3.0)
    assert slim is not None
    assert shapely.get_num_coordinates(slim) < shapely.get_num_coordinates(circle) / 3
    before, after = metres([circle, slim], 29.5)
    assert shapely.hausdorff_distance(before, after) <= 3.0


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (math.nan, None),
        (math.inf, None),
        (None, None),
        (3.0, 3),
        (np.float64(0.25), 0.25),
        (np.bool_(1), True),
        ("x", "x"),
    ],
)
def test_a_cell_is_said_as_json_says_it(cell: object, said: object) -> None:
    found = clean(cell)
    assert found == said
    assert type(found) is type(said)


@given(st.text())
def test_no_text_can_leave_its_block(text: str) -> None:
    block = json_block({"name": text})
    assert not set("<>&\u2028\u2029") & set(block)
    assert json.loads(block) == {"name": text}


def test_not_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        json_block(math.nan)
