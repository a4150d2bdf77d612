"""Deterministic text files: UTF-8 without BOM, LF, 7 decimals."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

__all__ = ["NOT_DATA", "Feature", "degrees", "write_csv", "write_geojson", "write_manifest"]

_DECIMALS = 7
_GRID = 10.0**-_DECIMALS
NOT_DATA = {"MANIFEST.sha256", "README.md", "make.py"}

Feature = tuple[Mapping[str, Any], BaseGeometry]


def degrees(value: float) -> str:
    """Write a coordinate as text.

    >>> degrees(106.5)
    '106.5000000'
    """
    return f"{value:.{_DECIMALS}f}"


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a table."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8", newline="")


def write_geojson(path: Path, features: Iterable[Feature]) -> None:
    """Write features, one a line, rounded; rings turn as RFC 7946 asks.

    Raises
    ------
    ValueError
        A geometry is empty or invalid.
    """
    lines = []
    for properties, geometry in features:
        # Rounding alone can make a hair-thin spike cross itself; a grid keeps the outline whole.
        rounded = shapely.transform(shapely.set_precision(geometry, _GRID), lambda xy: xy.round(_DECIMALS))
        rounded = shapely.orient_polygons(rounded) if rounded.geom_type.endswith("Polygon") else rounded
        if rounded.is_empty or not rounded.is_valid:
            message = f"{path.name}: the outline of {dict(properties)} is empty or crosses itself"
            raise ValueError(message)
        feature = {"type": "Feature", "properties": properties, "geometry": shapely.geometry.mapping(rounded)}
        lines.append(json.dumps(feature, ensure_ascii=False, separators=(",", ":")))
    body = ",\n".join(lines)
    text = f'{{"type":"FeatureCollection","name":"{path.stem}","features":[\n{body}\n]}}\n'
    path.write_text(text, encoding="utf-8", newline="")


def write_manifest(folder: Path) -> None:
    """Write the SHA-256 of every data file of the folder."""
    files = sorted(p for p in folder.iterdir() if p.is_file() and p.name not in NOT_DATA)
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    (folder / "MANIFEST.sha256").write_text("".join(lines), encoding="utf-8", newline="")
