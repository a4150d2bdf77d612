"""Read a GeoJSON layer of a study folder: parsed as JSON, never opened by content as something else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from servicecircle.crs import WGS84
from servicecircle.errors import Fault, InputError

__all__ = ["read_geojson"]

_SAVE = "save it as a UTF-8 GeoJSON FeatureCollection in WGS-84 lon/lat"


def read_geojson(path: Path, columns: Sequence[str]) -> gpd.GeoDataFrame:
    """Read a FeatureCollection; ``columns`` are the properties kept, missing ones become None.

    Raises
    ------
    InputError
        Missing or empty file, not JSON, not a FeatureCollection, a geometry that is broken, not finite or not lon/lat.
    """
    features = _features(path)
    faults: list[Fault] = []
    shapes, rows = [], []
    for k, feature in enumerate(features):
        try:
            shape = shapely.from_geojson(json.dumps(feature["geometry"], allow_nan=True))
        except (shapely.errors.GEOSException, KeyError, TypeError) as error:
            faults.append(Fault(f"feature {k + 1} has no readable geometry: {error}", _SAVE, path.name))
            continue
        faults += _faults(path.name, k + 1, shape)
        shapes.append(shape)
        properties = feature.get("properties") or {}
        rows.append({c: properties.get(c) for c in columns})
    if faults:
        raise InputError(faults)
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=list(columns)), geometry=shapes, crs=WGS84)


def _features(path: Path) -> list[dict[str, Any]]:
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError as error:
        raise InputError([Fault("no such file", "check the study folder", path.name)]) from error
    except (UnicodeDecodeError, OSError) as error:
        raise InputError([Fault(f"not readable: {error}", _SAVE, path.name)]) from error
    if not text.strip():
        raise InputError([Fault("the file is empty", _SAVE, path.name)])
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError([Fault(f"not JSON: {error.msg}", _SAVE, path.name, error.lineno)]) from error
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list) or not all(isinstance(f, dict) for f in features):
        raise InputError([Fault("not a FeatureCollection", _SAVE, path.name)])
    return features


def _faults(name: str, number: int, shape: BaseGeometry) -> list[Fault]:
    xy = shapely.get_coordinates(shape)
    if not len(xy) or not np.isfinite(xy).all():
        return [Fault(f"feature {number} has an empty geometry or coordinates that are no numbers", _SAVE, name)]
    west, south, east, north = shapely.bounds(shape)
    if not (west >= -180 and east <= 180 and south >= -90 and north <= 90):  # noqa: PLR2004
        value = f"{west:.1f},{south:.1f},{east:.1f},{north:.1f}"
        problem = f"feature {number} is not in longitude and latitude"
        return [Fault(problem, "longitude first, in degrees; reproject metric data", name, value=value)]
    return []
