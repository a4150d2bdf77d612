"""The three datums of Chinese coordinates: WGS-84, and the shifted ones of the web maps, GCJ-02 and BD-09.

GCJ-02 (Amap, Tencent, Google in China) moves WGS-84 by a smooth field of 100 to 800 m; BD-09 (Baidu) moves GCJ-02 by
about another 1.1 km. Neither is an ellipsoid: no projection library knows them, and no file format can name them.

GCJ-02 is the identity outside a box, 72.004 to 137.8347° E and 0.8293 to 55.8271° N, which also holds land that is not
China. The box is asked of the WGS-84 position. At its edge the field jumps: a strip inside has GCJ-02 positions beyond
the edge, where positions from outside lie as well. There the inside one is meant. BD-09 shifts its GCJ-02 everywhere.

References
----------
The field was never published; these are the formulas found by those who measured it, as in "Restrictions on geographic
data in China", Wikipedia, with the Krasovsky 1940 ellipsoid: with that of WGS-84 the result is millimetres off.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import numpy.typing as npt

from servicecircle.arrays import Bools, Floats

__all__ = ["Datum", "from_wgs84", "to_wgs84"]

_BOX = (72.004, 0.8293, 137.8347, 55.8271)  # west, south, east, north
_AXIS_M = 6378245.0
_ECCENTRICITY_2 = 0.00669342162296594323
_CENTRE = (105.0, 35.0)
_BAIDU_SHIFT = (0.0065, 0.006)
_BAIDU_WAVE = 3000 * np.pi / 180
_ROUNDING = 1e-9  # degrees
_ROUNDS = 14  # both fields move by less than 0.02 of what their argument moves: 14 rounds leave the rounding error


class Datum(StrEnum):
    """What a pair of degrees refers to."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


def from_wgs84(lon: npt.ArrayLike, lat: npt.ArrayLike, datum: Datum) -> tuple[Floats, Floats]:
    """Convert WGS-84 degrees to ``datum``.

    Parameters
    ----------
    lon, lat
        Degrees, of one shape; NaN stays NaN.
    datum
        What to convert to.

    Returns
    -------
    tuple of arrays
        Longitude and latitude in degrees, new arrays of that shape.

    Examples
    --------
    >>> lon, lat = from_wgs84([106.5733], [29.5600], Datum.GCJ02)
    >>> [float(lon[0].round(4)), float(lat[0].round(4))]
    [106.577, 29.5571]
    """
    x, y = _copies(lon, lat)
    if datum is Datum.WGS84:
        return x, y
    x, y = _to_gcj02(x, y)
    return (x, y) if datum is Datum.GCJ02 else _to_bd09(x, y)


def to_wgs84(lon: npt.ArrayLike, lat: npt.ArrayLike, datum: Datum) -> tuple[Floats, Floats]:
    """Convert degrees of ``datum`` to WGS-84: the inverse of ``from_wgs84`` to better than a micrometre.

    Parameters
    ----------
    lon, lat
        Degrees, of one shape; NaN stays NaN.
    datum
        What they refer to.

    Returns
    -------
    tuple of arrays
        Longitude and latitude in degrees, new arrays of that shape.

    Examples
    --------
    >>> lon, lat = to_wgs84([106.58345], [29.56332], Datum.BD09)
    >>> [float(lon[0].round(3)), float(lat[0].round(3))]
    [106.573, 29.56]
    """
    x, y = _copies(lon, lat)
    if datum is Datum.BD09:
        x, y = _from_bd09(x, y)
    return (x, y) if datum is Datum.WGS84 else _from_gcj02(x, y)


def _copies(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Floats, Floats]:
    x, y = np.array(lon, dtype=np.float64), np.array(lat, dtype=np.float64)
    if x.shape != y.shape:
        message = f"lon has the shape {x.shape}, lat {y.shape}"
        raise ValueError(message)
    return x, y


def _boxed(lon: Floats, lat: Floats, margin: float = 0.0) -> Bools:
    west, south, east, north = _BOX
    return (lon >= west - margin) & (lon <= east + margin) & (lat >= south - margin) & (lat <= north + margin)


def _to_gcj02(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    shift_lon, shift_lat = _field(lon, lat)
    boxed = _boxed(lon, lat)
    return np.where(boxed, lon + shift_lon, lon), np.where(boxed, lat + shift_lat, lat)


def _from_gcj02(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    x, y = lon, lat
    for _ in range(_ROUNDS):
        shift_lon, shift_lat = _field(x, y)
        x, y = lon - shift_lon, lat - shift_lat
    boxed = _boxed(x, y, _ROUNDING)
    return np.where(boxed, x, lon), np.where(boxed, y, lat)


def _field(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Return what GCJ-02 adds, in degrees; the sums are in metres, on the plane tangent at the place."""
    far = ~_boxed(lon, lat)  # the polynomials mean nothing far outside, and would not converge
    x = np.where(far, np.clip(lon, _BOX[0], _BOX[2]), lon) - _CENTRE[0]
    y = np.where(far, np.clip(lat, _BOX[1], _BOX[3]), lat) - _CENTRE[1]
    ripple = _waves(x, (20, 6), (20, 2))
    root = np.sqrt(np.abs(x))
    east_m = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east_m += ripple + _waves(x, (20, 1), (40, 1 / 3), (150, 1 / 12), (300, 1 / 30))
    north_m = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north_m += ripple + _waves(y, (20, 1), (40, 1 / 3), (160, 1 / 12), (320, 1 / 30))
    latitude = np.radians(y + _CENTRE[1])
    flat = 1 - _ECCENTRICITY_2 * np.sin(latitude) ** 2
    normal_m = _AXIS_M / np.sqrt(flat)
    meridian_m = normal_m * (1 - _ECCENTRICITY_2) / flat
    return np.degrees(east_m / (normal_m * np.cos(latitude))), np.degrees(north_m / meridian_m)


def _waves(x: Floats, *terms: tuple[float, float]) -> Floats:
    """Sum sines, each of a height and a number of half turns a degree; all are two thirds of what they say."""
    total = np.zeros_like(x)
    for height, turns in terms:
        total += height * np.sin(turns * np.pi * x)
    return total * (2 / 3)


def _to_bd09(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(_BAIDU_WAVE * lat)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(_BAIDU_WAVE * lon)
    return radius * np.cos(angle) + _BAIDU_SHIFT[0], radius * np.sin(angle) + _BAIDU_SHIFT[1]


def _from_bd09(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    x, y = lon - _BAIDU_SHIFT[0], lat - _BAIDU_SHIFT[1]
    for _ in range(_ROUNDS):
        there_lon, there_lat = _to_bd09(x, y)
        x, y = x + (lon - there_lon), y + (lat - there_lat)
    return x, y
