"""Hunt: any bytes under the name of a GeoJSON layer are finite lon/lat features, or an InputError."""

from __future__ import annotations

import contextlib
import json

import numpy as np
import shapely

from servicecircle.errors import InputError
from servicecircle.ingest.geojson import read_geojson
from tests.hunt.fuzzing import hunt, scratch


def one(data: bytes) -> None:
    """Read the bytes as a layer with a key, and as one without."""
    path = scratch("layer.geojson", data)
    for key in ("code", None):
        with contextlib.suppress(InputError):
            layer = read_geojson(path, ["code", "name"], key)
            assert np.isfinite(shapely.get_coordinates(layer.geometry.to_numpy())).all()


def seeds() -> list[bytes]:
    """Return a layer of every kind of geometry."""
    square = [[0, 0], [1, 0], [1, 1], [0, 0]]
    geometries = {
        "Point": [106.5, 29.5],
        "LineString": square[:3],
        "Polygon": [square],
        "MultiPolygon": [[square]],
        "MultiPoint": square,
    }
    shapes = [{"type": kind, "coordinates": coordinates} for kind, coordinates in geometries.items()]
    shapes.append({"type": "GeometryCollection", "geometries": shapes[:2]})
    features = [
        {"type": "Feature", "properties": {"code": f"c{i}", "name": "名"}, "geometry": shape}
        for i, shape in enumerate(shapes)
    ]
    layers = [{"type": "FeatureCollection", "features": some} for some in (features, features[:1], [])]
    return [json.dumps(layer, ensure_ascii=False).encode() for layer in layers]


def main() -> None:
    """Hunt with atheris."""
    hunt("tests.hunt.fuzz_geojson")


if __name__ == "__main__":
    main()
