"""The sea is what is not land: coastlines are drawn round land made up at random, cut to pieces, and read back."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from servicecircle.fetching.coast import sea_of
from servicecircle.ingest.osm_clip import Coast

SQUARE = shapely.box(0.0, 0.0, 1.0, 1.0)
ROUND = shapely.Point(0.5, 0.5).buffer(0.6)
FRAMES = st.sampled_from([SQUARE, ROUND, shapely.union(SQUARE, ROUND)])
NOTHING = 1e-9  # of a square degree


@st.composite
def lands(draw: st.DrawFn) -> BaseGeometry:
    """Return islands and mainlands, some with lagoons, that reach over the frame or not."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    shapes = []
    for _ in range(draw(st.integers(1, 4))):
        turn = np.sort(random.uniform(0, 2 * np.pi, draw(st.integers(3, 12))))
        away = random.uniform(0.05, 1.2) * random.uniform(0.4, 1, len(turn))
        at = random.uniform(-0.3, 1.3, 2)
        shapes.append(shapely.Polygon(at + np.column_stack([np.cos(turn), np.sin(turn)]) * away[:, None]).buffer(0))
    whole = shapely.union_all(shapes)
    return shapely.difference(whole, shapely.buffer(shapely.point_on_surface(whole), random.uniform(0.001, 0.05)))


def coast_of(land: BaseGeometry, pieces: int, seed: int) -> list[BaseGeometry]:
    """Draw the shore with the land on its left, in pieces, in any order."""
    random = np.random.default_rng(seed)
    found: list[BaseGeometry] = []
    for part in shapely.get_parts(land):
        for ring in shapely.get_rings(shapely.orient_polygons(part)):
            xy = shapely.get_coordinates(ring)
            cuts = np.unique([0, *random.integers(0, len(xy), pieces), len(xy) - 1])
            found += [shapely.LineString(xy[a : b + 1]) for a, b in pairwise(cuts)]
    return [found[k] for k in random.permutation(len(found))]


@given(lands(), FRAMES, st.integers(0, 5), st.integers(0, 2**32))
def test_the_sea_is_what_is_not_land(land: BaseGeometry, frame: BaseGeometry, pieces: int, seed: int) -> None:
    found = sea_of(Coast(tuple(coast_of(land, pieces, seed))), frame)
    assert found.open_ends == 0
    assert shapely.equals(found.known, frame)
    assert shapely.is_empty(found.unsure)
    if shapely.length(shapely.intersection(shapely.boundary(land), frame)) > NOTHING:
        wet = shapely.difference(frame, land)
        assert shapely.area(shapely.symmetric_difference(found.shape, wet)) < NOTHING
    else:  # no coast is in the frame: nothing is known of the sea
        assert shapely.is_empty(found.shape)


@given(lands(), FRAMES, st.integers(0, 2**32))
def test_a_coast_that_lacks_a_piece_floods_no_land(land: BaseGeometry, frame: BaseGeometry, seed: int) -> None:
    xy = [shapely.get_coordinates(line) for line in coast_of(land, 0, seed)]
    sides = [shapely.LineString(ends) for line in xy for ends in pairwise(line)]
    found = sea_of(Coast(tuple(sides[1:])), frame)
    assume(found.open_ends)
    assert shapely.area(shapely.intersection(found.shape, land)) < NOTHING
    assert not shapely.is_empty(found.unsure)


def test_a_coast_that_the_file_cuts_off_is_read_up_to_its_end() -> None:
    west, east = 0.004, 0.996  # degrees: the last points before the sides of the file, about 400 m inside
    line = shapely.LineString([(east, 0.4), (0.5, 0.6), (west, 0.5)])  # to the west: land in the south
    found = sea_of(
        Coast((line,), ((west, 0.5), (east, 0.4)), (0.0, 0.0, 1.0, 1.0)), shapely.box(-0.01, -0.01, 1.01, 1.01)
    )
    assert found.open_ends == 0
    assert shapely.bounds(found.known).tolist() == pytest.approx([west, 0, east, 1])
    assert shapely.area(found.shape) == pytest.approx(0.992 - 0.496 * (0.5 + 0.55), rel=1e-6)


def test_a_coast_with_a_hole_is_left_out_and_counted() -> None:
    mainland = [shapely.LineString([(2.0, 0.5), (0.6, 0.5)]), shapely.LineString([(0.5, 0.5), (-1.0, 0.5)])]
    island = shapely.LineString([(0.2, 0.8), (0.3, 0.8), (0.3, 0.9), (0.2, 0.8)])
    found = sea_of(Coast((*mainland, island)), SQUARE)
    assert found.open_ends == 2
    assert shapely.is_empty(found.shape)
    assert shapely.area(found.unsure) == pytest.approx(1 - 0.005)  # all but the island


def test_a_lake_drawn_as_an_island_contradicts_the_shore() -> None:
    shore = shapely.LineString([(2.0, 0.5), (-1.0, 0.5)])
    island = shapely.LineString([(0.2, 0.8), (0.3, 0.9), (0.3, 0.8), (0.2, 0.8)])  # the wrong way round
    found = sea_of(Coast((shore, island)), SQUARE)
    assert (found.open_ends, shapely.area(found.shape)) == (0, pytest.approx(0.005))
    assert shapely.area(found.unsure) == pytest.approx(0.5 - 0.005)
