"""Laws of an area's plane: a metre is a metre all over it, wherever it lies, or the area is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Proj

from servicecircle.crs import GEOD, to_lonlat, to_metric
from servicecircle.errors import InputError
from servicecircle.fetching.area import area_of, box_of

WORDS = ("180° meridian", "near a pole", "too wide", "no walking district", "not in longitude")


@settings(max_examples=150)
@given(
    st.floats(-180, 180),
    st.floats(-90, 90),
    st.floats(0.001, 8),
    st.floats(0.001, 2),
    st.sampled_from([0.0, 500.0, 1500.0]),
)
def test_a_metre_is_a_metre_or_the_area_is_refused(
    lon: float, lat: float, wide: float, high: float, buffer_m: float
) -> None:
    east, north = min(lon + wide, 180), min(lat + high, 90)
    if east - lon < 1e-4 or north - lat < 1e-4:
        return
    box = shapely.box(lon, lat, east, north)
    try:
        area = area_of(box, "a", "by hand", identity="a", buffer_m=buffer_m)
    except InputError as error:
        told = str(error)
    else:
        told = ""
    if told:
        assert any(word in told for word in WORDS)
        return
    plane = Proj(area.crs)
    for x, y in shapely.get_coordinates(area.shape):
        factors = plane.get_factors(x, y)
        assert abs((factors.meridional_scale + factors.parallel_scale) / 2 - 1) <= 0.002
        back = to_lonlat(to_metric(np.array([[x, y]]), area.crs), area.crs)
        np.testing.assert_allclose(back, [[x, y]], atol=1e-7)
    assert area.reach.buffer(1e-9).covers(area.shape)
    if buffer_m:
        corner = shapely.get_coordinates(area.shape)[0]
        edge = shapely.get_coordinates(area.reach)
        nearest = min(GEOD.inv(*corner, *point)[2] for point in edge)
        assert nearest == pytest.approx(buffer_m, rel=0.02)


@given(st.floats(-179.9, 179.8), st.floats(-79, 83))
def test_a_small_area_always_has_a_plane(lon: float, lat: float) -> None:
    box = shapely.box(lon, lat, lon + 0.01, lat + 0.01)
    area = area_of(box, "a", "by hand", identity="a", buffer_m=1500.0 if abs(lat) < 75 and abs(lon) < 179 else 0.0)
    zone = int(area.crs[-2:])
    assert abs((lon + 0.005 + 180) / 6 - (zone - 0.5)) <= 0.5 + 1e-9
    assert area.crs.startswith("EPSG:326" if lat + 0.005 >= 0 else "EPSG:327")


@given(st.lists(st.one_of(st.floats(), st.integers(-400, 400)), min_size=0, max_size=6))
def test_a_box_is_a_box_or_refused(sides: list[float]) -> None:
    text = ",".join(map(str, sides))
    try:
        box = box_of(text)
    except InputError as error:
        box, told = None, str(error)
    if box is None:
        assert "--bbox" in told
        return
    west, south, east, north = sides
    assert box.bounds == (west, south, east, north)
    assert math.isfinite(sum(sides))
    assert -180 <= west < east <= 180
    assert -90 <= south < north <= 90


@pytest.mark.parametrize(
    ("box", "told"),
    [
        ("179.9,-17,-179.9,-16.9", "180° meridian"),
        ("10,50,10,51", "no width"),
        ("10,51,11,50", "no height"),
        ("10,50,190,51", "off the globe"),
        ("a,b,c,d", "not a box"),
        ("1,2,3", "not a box"),
    ],
)
def test_a_box_that_is_none_is_refused(box: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        box_of(box)


def test_an_outline_on_both_sides_of_the_meridian_is_refused() -> None:
    fiji = shapely.MultiPolygon([shapely.box(179.9, -17, 180, -16.9), shapely.box(-180, -17, -179.9, -16.9)])
    with pytest.raises(InputError, match="both sides of the 180° meridian"):
        area_of(fiji, "Taveuni", "by hand", identity="t", buffer_m=0.0)
    with pytest.raises(InputError, match="within 1500 m of the 180° meridian"):
        area_of(shapely.box(179.98, -17, 179.99, -16.9), "t", "by hand", identity="t", buffer_m=1500.0)
