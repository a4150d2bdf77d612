"""Layers as feature collections in memory: features are written once, a request only chooses among them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from api.errors import QueryError
from api.filters import parse_value
from servicecircle.arrays import Bools, Ints, Shapes
from servicecircle.errors import Fault, InputError
from servicecircle.publish.manifest import Layer
from servicecircle.publish.tables import finite

__all__ = ["Collection", "Found", "build_collection", "parse_bbox"]

# What names a feature of a layer; other layers are named by their first column, or by row where that repeats.
_KEYS: Mapping[str, tuple[str, ...]] = {
    "isochrones": ("facility_id", "cutoff_s"),
    "unions": ("tier", "basis", "cutoff_s"),
    "coverage": ("subdistrict", "tier", "basis", "cutoff_s"),
    "route_stops": ("route_id", "seq"),
    "proposed_stops": ("route_id", "seq"),
}
_FLAT, _SOLID = 4, 6
_LON, _LAT = 180.0, 90.0


@dataclass(frozen=True, slots=True)
class Found:
    """One page of features, as JSON text, of all that match."""

    features: tuple[str, ...]
    matched: int


@dataclass(frozen=True, slots=True)
class Collection:
    """A layer: its features as JSON text in the layer's order, and the columns that filters compare."""

    about: Layer
    features: tuple[str, ...]
    row_of: Mapping[str, int]
    kinds: Mapping[str, str]
    table: pd.DataFrame
    shapes: Shapes

    def find(
        self,
        bbox: tuple[float, float, float, float] | None,
        filters: Sequence[tuple[str, str]],
        limit: int,
        offset: int,
    ) -> Found:
        """Return a page of what lies in the box and passes every filter.

        Raises
        ------
        InputError
            A filter names no property, or its value cannot be one.
        """
        keep = np.ones(len(self.features), dtype=bool)
        if bbox is not None:
            keep &= np.asarray(shapely.intersects(self.shapes, shapely.box(*bbox)))
        for name, text in filters:
            keep &= self._equal(name, text)
        rows: Ints = np.flatnonzero(keep)
        return Found(tuple(self.features[i] for i in rows[offset : offset + limit]), len(rows))

    def queryables(self) -> dict[str, Any]:
        """Return the JSON Schema of the properties that filter."""
        described: dict[str, Any] = {name: {"title": name, "type": kind} for name, kind in self.kinds.items()}
        for name, unit in self.about.units.items():
            if name in described:
                described[name]["description"] = unit
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "title": self.about.name,
            "properties": described,
            "additionalProperties": False,
        }

    def _equal(self, name: str, text: str) -> Bools:
        if name not in self.kinds:
            known = ", ".join(self.kinds)
            raise InputError([Fault("unknown parameter", f"use bbox, limit, offset or one of: {known}", column=name)])
        column, kind = self.table[name], self.kinds[name]
        value = parse_value(name, text, kind)
        return np.asarray((column == value).fillna(value=False), dtype=bool)


def build_collection(about: Layer, layer: gpd.GeoDataFrame) -> Collection:
    """Write every feature of a layer once."""
    table = pd.DataFrame(layer.drop(columns=[layer.geometry.name]))
    shapes = layer.geometry.to_numpy()
    ids = _ids(about.name, table)
    names = [str(c) for c in table.columns]
    columns = [[finite(v) for v in table[name]] for name in names]
    texts = shapely.to_geojson(shapes)
    features = []
    for key, row, shape in zip(ids, zip(*columns, strict=True), texts, strict=True):
        properties = json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False, allow_nan=False)
        name = json.dumps(key, ensure_ascii=False)
        features.append(f'{{"type":"Feature","id":{name},"properties":{properties},"geometry":{shape or "null"}}}')
    kinds = {name: _kind(table[name]) for name in names}
    return Collection(about, tuple(features), {key: i for i, key in enumerate(ids)}, kinds, table, shapes)


def parse_bbox(text: str) -> tuple[float, float, float, float]:
    """Read ``west,south,east,north``; of a box with heights (six numbers) the heights do not matter here.

    Raises
    ------
    QueryError
        Another count, no finite numbers, off the globe, or a corner on the wrong side.

    Examples
    --------
    >>> parse_bbox("106.5,29.5,106.6,29.6")
    (106.5, 29.5, 106.6, 29.6)
    """
    parts = text.split(",")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    problem = "not numbers" if not numbers else _box_problem(numbers)
    if problem:
        remedy = "give west,south,east,north in degrees (WGS-84), for instance 106.55,29.55,106.58,29.57"
        raise QueryError([Fault(problem, remedy, column="bbox", value=text)])
    half = len(numbers) // 2
    return numbers[0], numbers[1], numbers[half], numbers[half + 1]


def _box_problem(numbers: list[float]) -> str | None:
    if len(numbers) not in {_FLAT, _SOLID}:
        return f"{len(numbers)} numbers instead of 4"
    if not all(math.isfinite(n) for n in numbers):
        return "not finite numbers"
    half = len(numbers) // 2
    west, south, east, north = *numbers[:2], *numbers[half : half + 2]
    lon, lat = max(abs(west), abs(east)), max(abs(south), abs(north))
    if lat > _LAT and lon <= _LAT:
        return "longitude and latitude look swapped"
    if lon > _LON or lat > _LAT:
        return "off the globe"
    return "the first corner is not the south-western one" if west > east or south > north else None


def _ids(layer: str, table: pd.DataFrame) -> list[str]:
    keys = list(_KEYS.get(layer, table.columns[:1]))
    if not set(keys) <= set(table.columns) or table.duplicated(keys).any() or table[keys].isna().any(axis=None):
        return [str(i + 1) for i in range(len(table))]
    return ["-".join(_text(value) for value in row) for row in table[keys].itertuples(index=False, name=None)]


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _kind(column: pd.Series[Any]) -> str:
    if pd.api.types.is_bool_dtype(column) or pd.api.types.infer_dtype(column, skipna=True) == "boolean":
        return "boolean"
    if pd.api.types.is_integer_dtype(column):
        return "integer"
    return "number" if pd.api.types.is_numeric_dtype(column) else "string"
