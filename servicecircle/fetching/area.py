"""The area of a new study: its outline, its plane, and how far round it the map is needed."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyogrio
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from servicecircle.crs import WGS84, require_metric, to_lonlat, to_metric
from servicecircle.errors import Fault, InputError
from servicecircle.ingest.geojson import read_geojson
from servicecircle.ingest.osm_clip import Bounds

__all__ = ["Area", "area_of", "box_of", "read_boundary", "utm_of"]

_ZONE_DEG, _NORTH, _SOUTH = 6.0, 32600, 32700
_ZONES = 60
_MOST_NORTH, _MOST_SOUTH = 84.0, -80.0
_HALF = 180.0
_LAT = 90.0
_WIDEST_M = 300_000.0
_GEOPACKAGE, _GEOJSON = (".gpkg",), (".geojson", ".json")
_BOX_REMEDY = "give W,S,E,N in degrees, for instance 24.93,60.16,24.96,60.18"
_SPLIT = "make a study of each side"


@dataclass(frozen=True, slots=True)
class Area:
    """An area to fetch, in EPSG:4326.

    ``reach`` is the outline and what lies within the buffer of it: circles end at no boundary. ``source`` says who drew
    the outline. ``people`` is what the map says of it, with ``people_source``; None where it says nothing.
    """

    id: str
    name: str
    name_en: str
    shape: BaseGeometry
    reach: BaseGeometry
    crs: str
    source: str
    people: float | None = None
    people_source: str = ""

    @property
    def bounds(self) -> Bounds:
        """West, south, east, north of the reach."""
        west, south, east, north = shapely.bounds(self.reach).tolist()
        return west, south, east, north

    def named(self, name: str | None) -> Area:
        """Return the area under another name, in both languages."""
        return replace(self, name=name, name_en=name) if name else self


def utm_of(lon: float, lat: float) -> str:
    """Return the UTM zone of a point as an EPSG code.

    Raises
    ------
    InputError
        Beyond 84° north or 80° south, where UTM ends.

    Examples
    --------
    >>> utm_of(106.55, 29.55), utm_of(-43.2, -22.9), utm_of(180.0, -17.0)
    ('EPSG:32648', 'EPSG:32723', 'EPSG:32760')
    """
    if not _MOST_SOUTH <= lat <= _MOST_NORTH:
        problem = "so near a pole no metric plane is right"
        raise InputError([Fault(problem, "give an area between 80° south and 84° north", value=round(lat, 4))])
    zone = min(int((lon + _HALF) // _ZONE_DEG) + 1, _ZONES)
    return f"EPSG:{(_NORTH if lat >= 0 else _SOUTH) + zone}"


def area_of(shape: BaseGeometry, name: str, source: str, *, identity: str, buffer_m: float, name_en: str = "") -> Area:
    """Choose the plane of an outline, and reach ``buffer_m`` beyond it.

    Parameters
    ----------
    shape
        Polygon or MultiPolygon, EPSG:4326.
    identity
        The id of the study: letters, digits, ``-``, ``_``, ``.``.

    Raises
    ------
    InputError
        The outline encloses nothing, crosses or touches the 180° meridian, lies at a pole, or is so wide that a metre
        of one UTM zone is no metre everywhere in it.
    """
    if not math.isfinite(buffer_m) or buffer_m < 0:
        remedy = "give metres, for instance 1500"
        raise InputError([Fault("not a distance", remedy, column="--buffer-m", value=buffer_m)])
    shape = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    if shapely.area(shape) == 0:
        remedy = "give an area with a width and a height"
        raise InputError([Fault("the outline encloses nothing", remedy, value=source)])
    west, south, east, north = shapely.bounds(shape)
    if not (west >= -_HALF and east <= _HALF and south >= -_LAT and north <= _LAT):
        remedy = "longitude first, in degrees; reproject metric data"
        raise InputError([Fault("the outline is not in longitude and latitude", remedy, value=source)])
    if east - west > _HALF:
        raise InputError([Fault("the area lies on both sides of the 180° meridian", _SPLIT, value=source)])
    crs = utm_of(shape.centroid.x, shape.centroid.y)
    _require_small(shape, crs, source)
    reach = to_lonlat(shapely.buffer(to_metric(shape, crs), buffer_m), crs)
    if shapely.bounds(reach)[2] - shapely.bounds(reach)[0] > _HALF:
        problem = f"the area comes within {buffer_m:.0f} m of the 180° meridian"
        raise InputError([Fault(problem, f"{_SPLIT}, or a smaller --buffer-m", value=source)])
    return Area(identity, name, name_en or name, shape, reach, crs, source)


def box_of(text: str) -> BaseGeometry:
    """Read ``W,S,E,N``.

    Raises
    ------
    InputError
        Not four numbers, off the globe, without extent, or across the 180° meridian.
    """
    try:
        west, south, east, north = sides = tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise InputError([Fault("not a box", _BOX_REMEDY, column="--bbox", value=text)]) from error
    across = west - east > _HALF
    for wrong, problem, remedy in (
        (not all(map(math.isfinite, sides)), "a side of the box is no finite number", _BOX_REMEDY),
        (max(abs(west), abs(east)) > _HALF or max(abs(south), abs(north)) > _LAT, "off the globe", _BOX_REMEDY),
        (south >= north, "the box has no height, or its south above its north", _BOX_REMEDY),
        (west >= east and across, "the box crosses the 180° meridian", _SPLIT),
        (west >= east, "the box has no width, or its west beyond its east", _BOX_REMEDY),
    ):
        if wrong:
            raise InputError([Fault(problem, remedy, column="--bbox", value=text)])
    return shapely.box(west, south, east, north)


def read_boundary(path: Path) -> BaseGeometry:
    """Read the polygons of a GeoJSON or GeoPackage file as one outline in EPSG:4326.

    Raises
    ------
    InputError
        Missing, unreadable, of another kind, without a CRS, or without a polygon.
    """
    suffix = path.suffix.lower()
    if suffix in _GEOJSON:
        shapes = read_geojson(path, []).geometry.to_numpy()
    elif suffix in _GEOPACKAGE:
        shapes = _geopackage(path)
    else:
        raise InputError([Fault("a boundary of another kind", "give a .geojson or .gpkg file", path.name)])
    areal = shapes[np.isin(shapely.get_type_id(shapes), [3, 6])]
    if not len(areal):
        raise InputError([Fault("no polygon in the boundary", "draw the outline as a polygon", path.name)])
    return shapely.union_all(areal)


def _geopackage(path: Path) -> np.ndarray:
    if not path.is_file():
        raise InputError([Fault("no such file", "check the path", path.name)])
    try:
        table = pyogrio.read_dataframe(path, columns=[])
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError) as error:
        raise InputError([Fault(f"not a readable GeoPackage: {error}", "save it again in a GIS", path.name)]) from error
    if getattr(table, "crs", None) is None:
        raise InputError([Fault("the boundary does not say its CRS", "set it in a GIS", path.name)])
    shapes: np.ndarray = table.to_crs(WGS84).geometry.dropna().to_numpy()
    return shapes


def _require_small(shape: BaseGeometry, crs: str, source: str) -> None:
    """Refuse an area too wide for its one plane, or for any walk."""
    west, south, east, north = shapely.bounds(shape)
    corners = [(x, y) for x in (west, east) for y in (south, north)]
    remedy = "make several studies of it: a district or a city each"
    width = pyproj.Geod(ellps="WGS84").inv(west, south, east, north)[2]
    if not width <= _WIDEST_M:
        raise InputError([Fault(f"an area {width / 1000:,.0f} km across is no walking district", remedy, value=source)])
    for lon, lat in corners:
        try:
            require_metric(crs, lon, lat)
        except InputError as error:
            problem = f"the area is too wide for one metric plane ({crs})"
            raise InputError([Fault(problem, remedy, value=f"{lon:.4f},{lat:.4f}")]) from error
