"""What a map draws of the ground, whatever it is drawn with: storeys, rails, the outline, open river ends, borders.

The interactive map and the print sheets draw the same ground from this one reading. Shapes lie on a plane of metres.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

__all__ = ["borders", "joined", "open_ends", "outline", "rail_kinds", "storeys"]

Shapes = npt.NDArray[np.object_]
HEAVY_RAIL = ("rail", "light_rail_yard", "narrow_gauge")
CUT_M = 6.0
OPEN_AT_LEAST_M = 60.0
RIM_M = 12.0


def storeys(network: gpd.GeoDataFrame) -> npt.NDArray[np.str_]:
    """Say of each way whether it is a ``bridge``, a ``tunnel`` or on the ``ground``."""
    bridge, tunnel = (network[c].fillna(value=False).astype(bool).to_numpy() for c in ("bridge", "tunnel"))
    return np.where(bridge, "bridge", np.where(tunnel, "tunnel", "ground"))


def rail_kinds(railways: gpd.GeoDataFrame) -> dict[str, Any]:
    """Mask the railways by the pen that draws them: ``rail``, ``metro``, ``tunnel``."""
    heavy = railways["kind"].isin(HEAVY_RAIL)
    tunnel = railways["tunnel"].fillna(value=False).astype(bool)
    return {"rail": heavy & ~tunnel, "metro": ~heavy & ~tunnel, "tunnel": tunnel}


def joined(shapes: Iterable[BaseGeometry | None]) -> BaseGeometry:
    """Join ends that meet, without cutting where lines merely cross: a bridge does not meet what it spans.

    >>> joined([shapely.LineString([(0, 0), (1, 0)]), None, shapely.LineString([(1, 0), (2, 1)])]).wkt
    'LINESTRING (0 0, 1 0, 2 1)'
    """
    given = np.asarray(shapes, dtype=object)
    parts = shapely.get_parts(given[~shapely.is_missing(given)])
    whole: BaseGeometry = shapely.line_merge(shapely.multilinestrings(parts[shapely.get_dimensions(parts) == 1]))
    return whole


def outline(subdistricts: Shapes) -> BaseGeometry:
    """Join the subdistricts without the slivers between them."""
    whole = shapely.get_parts(shapely.union_all(subdistricts))
    outers = [shapely.Polygon(part.exterior) for part in whole if part.geom_type == "Polygon"]
    found: BaseGeometry = shapely.union_all(outers)
    return found


def open_ends(water: Shapes, known: BaseGeometry) -> list[shapely.LineString]:
    """Find where the data, not a bank, ends a river: along the edge of ``known``."""
    shores = shapely.boundary(shapely.union_all(water))
    if shores is None or shapely.is_empty(known):
        return []
    cut = shapely.get_parts(shapely.line_merge(shapely.intersection(shores, shapely.buffer(known.boundary, CUT_M))))
    return [part for part in cut if part.geom_type == "LineString" and part.length >= OPEN_AT_LEAST_M]


def borders(subdistricts: Shapes, known: BaseGeometry) -> BaseGeometry:
    """Lines between subdistricts, each once, or the dashes of two neighbours would fill each other's gaps."""
    if not len(subdistricts):
        return shapely.MultiLineString()
    shared = shapely.union_all(shapely.boundary(subdistricts))
    inner: BaseGeometry = shapely.line_merge(shapely.difference(shared, shapely.buffer(known.boundary, RIM_M)))
    return inner
