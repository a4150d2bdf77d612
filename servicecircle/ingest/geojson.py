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


def read_geojson(path: Path, columns: Sequence[str], key: str | None = None) -> gpd.GeoDataFrame:
    """Read a FeatureCollection; ``columns`` are the properties kept, missing ones become None.

    Parameters
    ----------
    path
        The file.
    columns
        Names of the properties to keep.
    key
        The property that must be a text of its own in every feature.

    Raises
    ------
    InputError
        Missing or empty file, not JSON, not a FeatureCollection, a geometry that is broken, not finite or not lon/lat,
        a key that is missing or occurs twice.
    """
    faults: list[Fault] = []
    shapes, rows = [], []
    for number, feature in enumerate(_features(path), 1):
        properties = feature.get("properties") or {}
        if not isinstance(properties, dict):
            faults.append(Fault(f"the properties of feature {number} are no table", _SAVE, path.name))
            continue
        try:
            shape = shapely.from_geojson(json.dumps(feature["geometry"]))
        except (shapely.errors.GEOSException, KeyError, TypeError) as error:
            faults.append(Fault(f"feature {number} has no readable geometry: {error}", _SAVE, path.name))
            continue
        faults += _faults(path.name, number, shape)
        shapes.append(shape)
        rows.append({c: properties.get(c) for c in columns})
    table = pd.DataFrame(rows, columns=list(columns))
    if key is not None:
        faults += _key_faults(path.name, table[key], key)
    if faults:
        raise InputError(faults)
    return gpd.GeoDataFrame(table, geometry=shapes, crs=WGS84)


def _key_faults(name: str, values: pd.Series[str], key: str) -> list[Fault]:
    remedy = f"give every feature a {key} of its own, as text"
    wrong = [(k, v) for k, v in enumerate(values, 1) if not isinstance(v, str) or not v]
    twice = [(k + 1, values.iloc[k]) for k in np.flatnonzero(values.astype(str).duplicated() & values.notna())]
    return [Fault(f"feature {k} has no {key} that is text", remedy, name, None, key, v) for k, v in wrong] + [
        Fault(f"feature {k} has a {key} that occurs twice", remedy, name, None, key, v) for k, v in twice
    ]


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
    except RecursionError as error:
        raise InputError([Fault("not JSON: nested too deeply", _SAVE, path.name)]) from error
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list) or not all(isinstance(f, dict) for f in features):
        raise InputError([Fault("not a FeatureCollection", _SAVE, path.name)])
    return features


def _faults(name: str, number: int, shape: BaseGeometry) -> list[Fault]:
    xy = shapely.get_coordinates(shape)
    if not len(xy) or not np.isfinite(xy).all():
        return [Fault(f"feature {number} has an empty geometry or coordinates that are no numbers", _SAVE, name)]
    if not shape.is_valid and shape.geom_type in {"Polygon", "MultiPolygon"}:
        why = shapely.is_valid_reason(shape)
        return [Fault(f"feature {number} is no valid area: {why}", "mend the polygon in a GIS", name)]
    west, south, east, north = shapely.bounds(shape)
    if not (west >= -180 and east <= 180 and south >= -90 and north <= 90):  # noqa: PLR2004
        value = f"{west:.1f},{south:.1f},{east:.1f},{north:.1f}"
        problem = f"feature {number} is not in longitude and latitude"
        return [Fault(problem, "longitude first, in degrees; reproject metric data", name, value=value)]
    return []
