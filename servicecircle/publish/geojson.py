"""Layers as GeoJSON text: coordinates of 7 decimals, missing values null, the same bytes for the same layer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import geopandas as gpd
import numpy as np
import shapely

from servicecircle.arrays import Shapes
from servicecircle.publish.tables import finite

__all__ = ["DECIMALS", "feature_collection", "tidy", "written"]

DECIMALS = 7


def feature_collection(layer: gpd.GeoDataFrame) -> str:
    """Return a layer as GeoJSON, one feature a line; missing values are null, text is kept as it is."""
    names = [c for c in layer.columns if c != layer.geometry.name]
    return written({name: layer[name] for name in names}, layer.geometry.to_numpy())


def written(columns: Mapping[str, Iterable[object]], shapes: Shapes) -> str:
    """Return columns of properties and their shapes as ``feature_collection`` does."""
    values = ([finite(value) for value in column] for column in columns.values())
    features = []
    for row, shape in zip(zip(*values, strict=True), shapely.to_geojson(shapes), strict=True):
        properties = dict(zip(columns, row, strict=True))
        text = json.dumps(properties, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        features.append(f'{{"type":"Feature","properties":{text},"geometry":{shape or "null"}}}')
    return '{"type":"FeatureCollection","features":[\n' + ",\n".join(features) + "\n]}\n"


def tidy(shapes: Shapes) -> Shapes:
    """Round to 7 decimals (about 1 cm); a polygon that rounding breaks is mended, an empty shape becomes None."""
    out = np.asarray(shapely.transform(shapes, lambda xy: np.round(xy, DECIMALS) + 0.0), dtype=object)
    broken = ~shapely.is_valid(out) & ~shapely.is_missing(out)
    out[broken] = shapely.make_valid(out[broken], method="structure")
    out[shapely.is_empty(out)] = None
    return out
