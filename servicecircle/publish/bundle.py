"""Write a bundle: layers, tables and the manifest, all or nothing."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import geopandas as gpd
import shapely

from servicecircle.arrays import Floats
from servicecircle.crs import WGS84
from servicecircle.errors import Fault, InputError
from servicecircle.ingest.variant import variant_values
from servicecircle.pipeline import Results
from servicecircle.publish.geojson import DECIMALS, feature_collection, tidy
from servicecircle.publish.layers import bundle_layers, bundle_tables, layer_licence
from servicecircle.publish.manifest import MANIFEST, Area, Input, Layer, Manifest, Source, digests
from servicecircle.publish.replacing import replace_folder
from servicecircle.publish.tables import rounded, write_csv

__all__ = ["refuse_others", "write_bundle"]

_GEOJSON_BYTES = 5_000_000
_UNITS = {"_s": "seconds", "_m": "metres", "_m2": "square metres", "_cny": "CNY"}
_VERTEX_BYTES = 24  # of a vertex in GeoJSON


def write_bundle(results: Results, folder: Path) -> Manifest:
    """Write the bundle into ``folder``; an interrupted write leaves what was there before.

    Raises
    ------
    InputError
        The folder holds something that is no bundle, or cannot be written.
    """
    refuse_others(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        manifest = _fill(results, scratch)
        replace_folder(scratch, folder)
    except OSError as error:
        raise _unwritable(folder, error) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return manifest


def refuse_others(folder: Path) -> None:
    """Raise InputError where a bundle would take the place of something that is none."""
    if folder.exists() and not folder.is_dir():
        raise InputError([Fault("the output folder is a file", "give a folder", value=str(folder))])
    if folder.exists() and any(folder.iterdir()) and not (folder / MANIFEST).is_file():
        remedy = "give an empty folder, or one that holds a bundle"
        raise InputError([Fault("the output folder holds other files, which would be lost", remedy, value=str(folder))])


def _fill(results: Results, folder: Path) -> Manifest:
    streets = results.streets
    (folder / "layers").mkdir()
    (folder / "tables").mkdir()
    layers = []
    for name, layer in bundle_layers(results).items():
        layers.append(_write_layer(name, layer, folder))
    for name, table in bundle_tables(results).items():
        write_csv(table, folder / "tables" / f"{name}.csv")
    area, parameters = streets.study.area, streets.parameters
    manifest = Manifest(
        area=Area(id=area.id, name_zh=area.name_zh, name_en=area.name_en, bbox=_box(shapely.bounds(area.boundary))),
        computed_in=area.crs,
        data_date=area.data_date,
        profile=streets.profile.name,
        direction_circles=parameters.circles.direction,
        parameters=parameters.model_dump(mode="json"),
        parameters_sha256=parameters.sha256(),
        variant=variant_values(streets.variant),
        inputs=[Input(name=name, sha256=digest) for name, digest in streets.study.inputs.items()],
        sources=[Source.model_validate(row) for row in area.sources.astype(str).to_dict("records")],
        layers=layers,
        files=digests(folder),
    )
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n", "utf-8")
    return manifest


def _write_layer(name: str, layer: gpd.GeoDataFrame, folder: Path) -> Layer:
    shapes = tidy(layer.geometry.to_numpy())
    table = gpd.GeoDataFrame(rounded(layer.drop(columns=[layer.geometry.name])), geometry=shapes, crs=WGS84)
    file = f"layers/{name}.parquet"
    table.to_parquet(folder / file, index=False, compression="zstd", schema_version="1.1.0", write_covering_bbox=True)
    small = shapely.get_num_coordinates(shapes).sum() * _VERTEX_BYTES < _GEOJSON_BYTES
    text = feature_collection(table).encode() if small else b""
    small = small and len(text) < _GEOJSON_BYTES
    geojson = f"layers/{name}.geojson" if small else None
    if geojson:
        (folder / geojson).write_bytes(text)
    kinds = sorted({s.geom_type.removeprefix("Multi") for s in shapes if s is not None})
    bounds = table.total_bounds if kinds else None
    licence, attribution = layer_licence(name)
    return Layer(
        name=name,
        file=file,
        geojson=geojson,
        geometry=kinds[0] if len(kinds) == 1 else "Geometry",
        rows=len(table),
        bbox=_box(bounds) if bounds is not None else None,
        units={c: unit for c in map(str, table.columns) for end, unit in _UNITS.items() if c.endswith(end)},
        licence=licence,
        attribution=attribution,
    )


def _box(bounds: Floats) -> tuple[float, float, float, float]:
    west, south, east, north = (round(float(v), DECIMALS) for v in bounds)
    return west, south, east, north


def _unwritable(folder: Path, error: OSError) -> InputError:
    return InputError(
        [Fault(f"cannot write the bundle: {error.strerror}", "give a folder you may write", value=str(folder))]
    )
