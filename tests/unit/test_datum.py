"""GCJ-02 and BD-09: points worked out from the published formulas, term by term, and published pairs."""

from __future__ import annotations

import math

import numpy as np
import pytest

from servicecircle.datum import Datum, from_wgs84, to_wgs84

MONUMENT = (106.5733, 29.5600)  # 解放碑, WGS-84
METRE = 1e-5  # degrees, about


def by_hand(lon: float, lat: float) -> tuple[float, float]:
    """GCJ-02 of one position with plain ``math``, one term a line, on the Krasovsky ellipsoid."""
    x, y = lon - 105.0, lat - 35.0
    sin, pi = math.sin, math.pi
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    north += 20.0 * sin(6.0 * x * pi) * 2.0 / 3.0
    north += 20.0 * sin(2.0 * x * pi) * 2.0 / 3.0
    north += 20.0 * sin(y * pi) * 2.0 / 3.0
    north += 40.0 * sin(y / 3.0 * pi) * 2.0 / 3.0
    north += 160.0 * sin(y / 12.0 * pi) * 2.0 / 3.0
    north += 320.0 * sin(y * pi / 30.0) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    east += 20.0 * sin(6.0 * x * pi) * 2.0 / 3.0
    east += 20.0 * sin(2.0 * x * pi) * 2.0 / 3.0
    east += 20.0 * sin(x * pi) * 2.0 / 3.0
    east += 40.0 * sin(x / 3.0 * pi) * 2.0 / 3.0
    east += 150.0 * sin(x / 12.0 * pi) * 2.0 / 3.0
    east += 300.0 * sin(x / 30.0 * pi) * 2.0 / 3.0
    a, ee, phi = 6378245.0, 0.00669342162296594323, math.radians(lat)
    magic = 1.0 - ee * sin(phi) ** 2
    lat += north * 180.0 / (a * (1.0 - ee) / (magic * math.sqrt(magic)) * pi)
    lon += east * 180.0 / (a / math.sqrt(magic) * math.cos(phi) * pi)
    return lon, lat


def converted(lon: float, lat: float, datum: Datum) -> tuple[float, float]:
    x, y = from_wgs84([lon], [lat], datum)
    return float(x[0]), float(y[0])


def test_the_monument_is_where_the_web_maps_have_it() -> None:
    lon, lat = MONUMENT
    assert converted(lon, lat, Datum.GCJ02) == pytest.approx((106.576990, 29.557117), abs=1e-6)
    assert converted(lon, lat, Datum.BD09) == pytest.approx((106.583452, 29.563323), abs=1e-6)
    assert converted(lon, lat, Datum.WGS84) == MONUMENT


def test_the_shifts_of_the_district() -> None:
    lon, lat = np.array([106.48, 106.54, 106.585]), np.array([29.54, 29.56, 29.57])
    east, north = from_wgs84(lon, lat, Datum.GCJ02)
    np.testing.assert_allclose(east - lon, 0.0038, atol=2e-4)
    np.testing.assert_allclose(north - lat, -0.0028, atol=2e-4)
    east, north = from_wgs84(lon, lat, Datum.BD09)
    np.testing.assert_allclose(east - lon, 0.0104, atol=4e-4)
    np.testing.assert_allclose(north - lat, 0.0033, atol=6e-4)


@pytest.mark.parametrize(
    "place", [MONUMENT, (116.404, 39.915), (87.6, 43.8), (109.5, 18.25), (126.6, 45.75), (72.1, 1.0), (137.8, 55.8)]
)
def test_every_term_is_right(place: tuple[float, float]) -> None:
    assert converted(*place, Datum.GCJ02) == pytest.approx(by_hand(*place), abs=1e-12)


def test_published_pairs() -> None:
    """Two examples that several open implementations print in their documentation."""
    assert converted(116.404, 39.915, Datum.GCJ02) == pytest.approx((116.41024449916938, 39.91640428150164), abs=1e-10)
    gcj = to_wgs84([116.41036949371029], [39.92133699351021], Datum.BD09)
    x, y = from_wgs84(*gcj, Datum.GCJ02)
    assert (float(x[0]), float(y[0])) == pytest.approx((116.404, 39.915), abs=1e-9)


def test_the_box() -> None:
    inside, outside = [72.004, 137.8347, 100, 100], [72.0039, 137.8348, 100, 100]
    lat = [30.0, 30.0, 0.8293, 55.8271]
    assert np.all(from_wgs84(inside, lat, Datum.GCJ02)[0] != inside)
    np.testing.assert_array_equal(from_wgs84(outside[:2], lat[:2], Datum.GCJ02)[0], outside[:2])
    np.testing.assert_array_equal(from_wgs84([100, 100], [0.8292, 55.8272], Datum.GCJ02)[1], [0.8292, 55.8272])
    # on the edge itself the inverse must not fall out of the box by a rounding
    back = to_wgs84(*from_wgs84(inside, lat, Datum.GCJ02), Datum.GCJ02)
    np.testing.assert_allclose(back, [inside, lat], atol=1e-12)


@pytest.mark.parametrize("datum", list(Datum))
def test_unknown_stays_unknown_and_nothing_is_written_over(datum: Datum) -> None:
    lon, lat = np.array([np.nan, 106.5, 106.5]), np.array([29.5, np.nan, 29.5])
    x, y = from_wgs84(lon, lat, datum)
    assert [bool(np.isnan(a) or np.isnan(b)) for a, b in zip(x, y, strict=True)] == [True, True, False]
    x[2] = y[2] = 0.0
    assert (lon[2], lat[2]) == (106.5, 29.5)
    assert from_wgs84([], [], datum)[0].shape == (0,)


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match="shape"):
        to_wgs84([1.0, 2.0], [1.0], Datum.GCJ02)
