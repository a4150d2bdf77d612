"""Coordinates: EPSG:4326 lon/lat outside, one metric CRS for each study area inside."""

from __future__ import annotations

from functools import lru_cache
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from servicecircle.errors import Fault, InputError

__all__ = ["GEOD", "WGS84", "geodesic_m", "require_metric", "to_lonlat", "to_metric"]

WGS84 = "EPSG:4326"
GEOD = pyproj.Geod(ellps="WGS84")
_MAX_SCALE_ERROR = 0.002

Array = npt.NDArray[np.float64]
G = TypeVar("G", BaseGeometry, Array)


@lru_cache(maxsize=8)
def _transformer(source: str, target: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(source, target, always_xy=True)


def require_metric(crs: str, lon: float, lat: float) -> str:
    """Return ``crs`` if a metre on its plane is a metre on the ground at (lon, lat).

    Web Mercator is "metric" and 15 % wrong at 30° north: its local scale gives it away.

    Raises
    ------
    InputError
        The CRS is unknown, not in metres, or its scale is off by more than 0.2 %.

    Examples
    --------
    >>> require_metric("EPSG:32648", 106.55, 29.55)
    'EPSG:32648'
    """
    remedy = "use the UTM zone of the area, for instance EPSG:32648"
    try:
        factors = pyproj.Proj(crs).get_factors(lon, lat)
    except pyproj.exceptions.ProjError as error:
        raise InputError([Fault(f"not a usable metric CRS: {error}", remedy, value=crs)]) from error
    scale = (factors.meridional_scale + factors.parallel_scale) / 2
    if not abs(scale - 1) <= _MAX_SCALE_ERROR:
        raise InputError([Fault(f"a metre of this CRS is {scale:.3f} m on the ground here", remedy, value=crs)])
    return crs


def to_metric(points: G, crs: str) -> G:
    """Project lon/lat to metres: a shapely geometry, or an (n, 2) array."""
    return _convert(points, WGS84, crs)


def to_lonlat(points: G, crs: str) -> G:
    """Project metres to lon/lat: a shapely geometry, or an (n, 2) array."""
    return _convert(points, crs, WGS84)


def geodesic_m(lon: Array, lat: Array) -> Array:
    """Geodesic length in metres of each step of a polyline of n points: n - 1 values.

    >>> geodesic_m(np.array([106.5, 106.5]), np.array([29.5, 29.51])).round(1).tolist()
    [1108.4]
    """
    return np.asarray(GEOD.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])[2], dtype=np.float64)


def _convert(points: G, source: str, target: str) -> G:
    transformer = _transformer(source, target)
    if isinstance(points, BaseGeometry):
        return shapely.transform(points, lambda xy: np.column_stack(transformer.transform(xy[:, 0], xy[:, 1])))
    xy = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    return np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))
