"""The sea of an area, from its coastline: lines with the land on their left, cut at the edge of what is known.

The map knows no polygon of the sea. Within a frame the coastline and the frame's edge divide the ground into faces, and
the lines along each face say on which side of them it is. Where they contradict each other, because the coastline has a
hole or runs the wrong way, the face is not called sea, and the ledger says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from servicecircle.arrays import Floats, Shapes
from servicecircle.crs import WGS84, to_metric
from servicecircle.errors import Fault, InputError
from servicecircle.fetching.area import Area
from servicecircle.ingest.osm_clip import Coast
from servicecircle.publish.geojson import tidy

__all__ = ["Sea", "require_land", "sea_of"]

_BESIDE_DEG = 1e-8  # about 1 mm: a face is asked so far beside the middle of a line
_ROUNDING = 1e-6  # share of a face's coastline that may contradict the rest of it
_LEAST_LAND = 0.001


@dataclass(frozen=True, slots=True)
class Sea:
    """The sea within reach of an area, EPSG:4326.

    Attributes
    ----------
    shape
        Empty where there is none, or none that is sure.
    known
        Where the coastline can be trusted to be all there: the reach, less the rim where the file ends.
    open_ends
        Ends of the coastline within ``known``: it is broken there.
    unsure
        What lies beside lines that contradict each other; it is not called sea.
    """

    shape: BaseGeometry
    known: BaseGeometry
    open_ends: int = 0
    unsure: BaseGeometry = shapely.Polygon()  # noqa: RUF009 - a value, never changed

    def rows(self) -> gpd.GeoDataFrame:
        """Return the sea as rows of water.geojson, the largest last to come."""
        parts = sorted(_polygons(self.shape), key=shapely.to_wkb)
        columns = {"id": [f"sea{k}" for k in range(1, len(parts) + 1)], "kind": "sea", "name": None}
        return gpd.GeoDataFrame(pd.DataFrame(columns, dtype=object), geometry=tidy(_array(parts)), crs=WGS84)

    def unknown(self, area: Area) -> list[dict[str, str]]:
        """Return what the ledger says of a coastline that is broken or cut off; nothing where it is whole."""
        found = []
        if self.open_ends or not shapely.is_empty(self.unsure):
            share = f"{_m2(self.unsure, area) / _m2(area.reach, area):.1%}"
            zh = f"海岸线在范围内有{self.open_ends}处断头或自相矛盾：{share}的范围不知是海是陆，未作水面"
            en = (
                f"the coastline is broken ({self.open_ends} open ends) or contradicts itself: {share} of the area "
                "within reach may be sea, and is not drawn as water"
            )
            found.append({"what": "sea", "zh": zh, "en": en})
        rim = 1 - _m2(self.known, area) / _m2(area.reach, area)
        if rim > 0:
            zh = f"地图文件在范围边缘结束：外圈{rim:.1%}的海岸线未知，未作水面"
            en = f"the file ends within reach: in its outermost {rim:.1%} the coastline is unknown, and no sea is drawn"
            found.append({"what": "sea edge", "zh": zh, "en": en})
        return found


def sea_of(coast: Coast, reach: BaseGeometry) -> Sea:
    """Find the sea within reach of an area.

    Parameters
    ----------
    coast
        The coastline, EPSG:4326, land on its left and water on its right, as OpenStreetMap has it.
    reach
        Polygon or MultiPolygon, EPSG:4326.

    Examples
    --------
    >>> north = shapely.LineString([(3.0, 0.5), (-1.0, 0.5)])  # drawn to the west: land on its left, in the south
    >>> shapely.bounds(sea_of(Coast((north,)), shapely.box(0, 0, 2, 1)).shape).tolist()
    [0.0, 0.5, 2.0, 1.0]
    """
    known = shapely.intersection(reach, _without_rim(coast)) if coast.cut_off else reach
    ends = _open_ends(coast.lines, known)
    lines = [line for line in coast.lines if shapely.intersects(line, known)]
    if not lines or shapely.is_empty(known):
        return Sea(shapely.Polygon(), known, len(ends))
    faces = _faces(lines, known)
    water, land = _votes(lines, known, faces)
    against, both = np.minimum(water, land), water + land
    unsure = against > _ROUNDING * both
    return Sea(
        shapely.union_all(faces[(water > land) & ~unsure]),
        known,
        len(ends),
        shapely.union_all(faces[unsure]),
    )


def require_land(sea: Sea, area: Area) -> None:
    """Refuse an area that the coastline puts into the sea.

    Raises
    ------
    InputError
        No land is left of the area.
    """
    if _m2(shapely.difference(area.shape, sea.shape), area) <= _LEAST_LAND * _m2(area.shape, area):
        remedy = "give an area on land; longitude comes first"
        raise InputError([Fault("the area lies in the sea: the coastline leaves no land of it", remedy, area.source)])


def _faces(lines: Sequence[BaseGeometry], frame: BaseGeometry) -> Shapes:
    """Return what the lines and the frame's edge divide the frame into."""
    # whole lines: ends that were cut off at the edge would miss it by a rounding
    network = shapely.union_all(_array([*lines, shapely.boundary(frame)]))
    faces = np.asarray(shapely.get_parts(shapely.polygonize(shapely.get_parts(network))), dtype=object)
    shapely.prepare(frame)
    return faces[shapely.intersects(frame, shapely.point_on_surface(faces))]


def _votes(lines: Sequence[BaseGeometry], frame: BaseGeometry, faces: Shapes) -> tuple[Floats, Floats]:
    """Return, of each face, along which length the lines call it water, and land, in degrees."""
    xy, line = shapely.get_coordinates(_array(lines), return_index=True)
    same = np.flatnonzero(line[1:] == line[:-1])
    begin, step = xy[same], xy[same + 1] - xy[same]
    inside = shapely.intersection(shapely.linestrings(np.stack([begin, begin + step], axis=1)), frame)
    pieces, of = shapely.get_parts(inside, return_index=True)
    real = shapely.length(pieces) > 0  # a line that touches the frame leaves points
    pieces, of = pieces[real], of[real]
    length = shapely.length(pieces)
    middle = shapely.get_coordinates(shapely.line_interpolate_point(pieces, 0.5, normalized=True))
    run = step[of] / np.hypot(*step[of].T)[:, None]
    left = np.column_stack([-run[:, 1], run[:, 0]]) * np.minimum(_BESIDE_DEG, length / 10)[:, None]
    tree = shapely.STRtree(faces)

    def beside(step: Floats) -> Floats:
        point, face = tree.query(shapely.points(middle + step), predicate="intersects")
        return np.bincount(face, length[point], len(faces)).astype(np.float64)

    return beside(-left), beside(left)


def _open_ends(coast: Sequence[BaseGeometry], frame: BaseGeometry) -> Floats:
    """Return the ends of the coastline, inside a frame, at which no other piece goes on."""
    if not len(coast):
        return np.empty((0, 2))
    lines = _array(coast)
    ends = shapely.get_coordinates(np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)]))
    spots, count = np.unique(ends, axis=0, return_counts=True)
    spots = spots[count % 2 == 1]
    shapely.prepare(frame)
    return np.asarray(spots[shapely.contains_properly(frame, shapely.points(spots))])


def _without_rim(coast: Coast) -> BaseGeometry:
    """Return the box of a file less what lies between its sides and the ends that were cut off there."""
    west, south, east, north = coast.extent
    for lon, lat in coast.cut_off:
        away = [abs(lon - coast.extent[0]), abs(lat - coast.extent[1]), abs(coast.extent[2] - lon)]
        away.append(abs(coast.extent[3] - lat))
        match int(np.argmin(away)):
            case 0:
                west = max(west, lon)
            case 1:
                south = max(south, lat)
            case 2:
                east = min(east, lon)
            case _:
                north = min(north, lat)
    return shapely.box(west, south, east, north) if west < east and south < north else shapely.Polygon()


def _polygons(shape: BaseGeometry) -> list[BaseGeometry]:
    return [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon" and not part.is_empty]


def _m2(shape: BaseGeometry, area: Area) -> float:
    return float(shapely.area(to_metric(shape, area.crs)))


def _array(shapes: Sequence[BaseGeometry]) -> Shapes:
    out = np.empty(len(shapes), dtype=object)
    out[:] = list(shapes)
    return out
