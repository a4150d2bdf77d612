"""There and back again, everywhere in China; far away nothing moves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from servicecircle.crs import GEOD
from servicecircle.datum import Datum, from_wgs84, to_wgs84

SHIFTED = [Datum.GCJ02, Datum.BD09]
INSIDE = st.tuples(st.floats(72.004, 137.8347), st.floats(0.8293, 55.8271))
FAR_M = {Datum.GCJ02: (1, 1100), Datum.BD09: (200, 2000)}


def apart_m(lon: object, lat: object, x: object, y: object) -> object:
    return np.asarray(GEOD.inv(lon, lat, x, y)[2])


@pytest.mark.parametrize("datum", SHIFTED)
def test_there_and_back_over_all_of_china(datum: Datum) -> None:
    draw = np.random.default_rng(20)
    lon, lat = draw.uniform(72.004, 137.8347, 100_000), draw.uniform(0.8293, 55.8271, 100_000)
    there = from_wgs84(lon, lat, datum)
    assert np.max(apart_m(lon, lat, *to_wgs84(*there, datum))) < 1e-8
    moved = apart_m(lon, lat, *there)
    assert np.min(moved) > FAR_M[datum][0]
    assert np.max(moved) < FAR_M[datum][1]


@pytest.mark.parametrize("datum", SHIFTED)
@given(place=INSIDE)
@example(place=(105.0, 35.0))  # the root of the formulas has no slope here
@example(place=(105.0 + 1e-13, 30.0))
@example(place=(72.004, 0.8293))
@example(place=(137.8347, 55.8271))
def test_there_and_back(datum: Datum, place: tuple[float, float]) -> None:
    lon, lat = [place[0]], [place[1]]
    back = to_wgs84(*from_wgs84(lon, lat, datum), datum)
    assert np.max(apart_m(lon, lat, *back)) < 1e-6  # 1e-8 but on the meridian 105, where the root has no slope


@given(place=INSIDE)
def test_neighbours_stay_neighbours(place: tuple[float, float]) -> None:
    """The field is smooth: within 10 m it bends by less than a metre, so that distances can be compared."""
    lon, lat = np.array([place[0], place[0]]), np.array([place[1], place[1] - 1e-4 * np.sign(place[1] - 28)])
    x, y = from_wgs84(lon, lat, Datum.GCJ02)
    before = apart_m(lon[0], lat[0], lon[1], lat[1])
    assert abs(apart_m(x[0], y[0], x[1], y[1]) - before) < 1


@given(
    lon=st.floats(-180, 70) | st.floats(139, 180),
    lat=st.floats(-90, 90),
)
def test_far_from_china_gcj02_is_wgs84(lon: float, lat: float) -> None:
    for convert in (from_wgs84, to_wgs84):
        x, y = convert([lon], [lat], Datum.GCJ02)
        assert (x[0], y[0]) == (lon, lat)


@given(lon=st.floats(allow_nan=True), lat=st.floats(allow_nan=True))
def test_nothing_raises(lon: float, lat: float) -> None:
    with np.errstate(all="ignore"):
        for datum in Datum:
            assert to_wgs84(*from_wgs84([lon], [lat], datum), datum)[0].shape == (1,)
