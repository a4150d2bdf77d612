"""A district's part of a batch: what a national overview needs of it, written whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from servicecircle import __version__
from servicecircle.batch.areas import Area
from servicecircle.coverage import BASES, DISTRICT
from servicecircle.crs import WGS84
from servicecircle.ingest.parameters import read_parameters
from servicecircle.model import Tier
from servicecircle.pipeline import Results
from servicecircle.publish.bundle import write_bundle
from servicecircle.publish.geojson import tidy
from servicecircle.publish.layers import bundle_layers, bundle_tables
from servicecircle.publish.replacing import replace_folder
from servicecircle.publish.tables import finite, rounded
from servicecircle.units import M_PER_KM

__all__ = ["LAYERS", "TABLES", "Part", "input_digest", "program_digest", "read_part", "write_part"]

LAYERS = ("area", "facilities", "coverage", "demand", "gaps", "unions")
TABLES = ("coverage", "ledger", "schools")
_HEAD, _COST = "part.json", "cost.json"


@dataclass(frozen=True, slots=True)
class Part:
    """What is written of a part: of which inputs it was made, what it says, and what it cost.

    ``inputs`` is ``input_digest``; ``facts`` the district's row of the national table; ``files`` the bytes of each
    file by name, ``seconds`` and ``peak_mb`` those of the run that made it.
    """

    district: str
    inputs: str
    facts: dict[str, Any]
    files: dict[str, int]
    seconds: float = 0.0
    peak_mb: float = 0.0


def input_digest(area: Area, *, whole: bool) -> str:
    """Hash everything that a part depends on: the study's files, parameters, the what-if, and the program itself.

    Raises
    ------
    InputError
        The parameters cannot be read.
    """
    said = hashlib.sha256()
    words = [program_digest(), area.id, "whole" if whole else "overview", read_parameters(area.params).sha256()]
    words.append("" if area.variant is None else _file_digest(area.variant))
    files = sorted(path for path in area.study.iterdir() if path.is_file() and not path.name.startswith("."))
    for word in (*words, *(f"{path.name} {_file_digest(path)}" for path in files)):
        said.update(word.encode() + b"\n")
    return said.hexdigest()


@cache
def program_digest() -> str:
    """Name the program: its version, and a hash of its source and rules, as a checkout changes between versions."""
    root = Path(__file__).parents[1]
    said = hashlib.sha256()
    for path in sorted([*root.rglob("*.py"), *root.rglob("*.toml")]):
        said.update(path.relative_to(root).as_posix().encode() + b"\n" + path.read_bytes())
    return f"{__version__}+{said.hexdigest()[:16]}"


def read_part(folder: Path) -> Part | None:
    """Return what a part says of itself; None where there is none, or not all of it."""
    try:
        head = json.loads((folder / _HEAD).read_text("utf-8"))
        cost = json.loads((folder / _COST).read_text("utf-8"))
        part = Part(**head, **cost)
        whole = all((folder / name).stat().st_size == size for name, size in part.files.items())
    except (OSError, ValueError, TypeError, AttributeError):
        return None
    return part if whole else None


def write_part(results: Results, part: Part, folder: Path, *, whole: bool) -> Part:
    """Write layers, tables and, where asked for, the whole bundle, beside the old part; then take its place.

    Raises
    ------
    OSError, InputError
        It cannot be written: no right, no room. The old part is as it was.
    """
    scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        if whole:
            write_bundle(results, scratch / "bundle")
        for name, layer in bundle_layers(results).items():
            if name in LAYERS:
                _write_layer(layer, scratch / f"{name}.parquet")
        for name, table in bundle_tables(results).items():
            if name in TABLES:
                _write_table(table, scratch / f"table-{name}.parquet")
        files = {p.relative_to(scratch).as_posix(): p.stat().st_size for p in _files(scratch)}
        done = Part(part.district, part.inputs, facts_of(results), files, part.seconds, part.peak_mb)
        _write_heads(done, scratch)
        for path in (*_files(scratch), scratch):
            _settle(path)
        replace_folder(scratch, folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return done


def facts_of(results: Results) -> dict[str, Any]:
    """Return a district's row of the national table; a share that is not known is None."""
    streets, coverage = results.streets, results.coverage
    area, at_s = streets.study.area, streets.parameters.coverage.cutoff_s
    rows = coverage[(coverage["subdistrict"] == DISTRICT) & (coverage["measure"] == "walk")]
    rows = rows[rows["cutoff_s"] == at_s]
    by_key = {(row["tier"], row["basis"]): row for row in rows.to_dict("records")}
    network = streets.network
    facts: dict[str, Any] = {
        "name_zh": area.name_zh,
        "name_en": area.name_en,
        "people": float(rows["people"].iloc[0]),
        "homes": int(rows["homes"].iloc[0]),
        "nodes": network.n_nodes,
        "walk_km": float(network.edges["length_m"].sum()) / M_PER_KM,
        "cutoff_s": float(at_s),
    }
    placed = results.facilities[results.facilities["located"] | results.facilities["approximate"]]
    for tier in Tier:
        facts[f"places_{tier}"] = int((placed["tier"] == tier).sum())
        facts[f"gaps_{tier}"] = int((results.gaps["tier"] == tier).sum())
        for basis in BASES:
            row = by_key[tier.value, basis]
            facts[f"covered_{tier}_{basis}"] = None if row["unknown"] else float(row["covered"])
            facts[f"share_{tier}_{basis}"] = row["share"]
    return {key: finite(round(value, 4) if isinstance(value, float) else value) for key, value in facts.items()}


def _write_heads(part: Part, folder: Path) -> None:
    values = asdict(part)
    cost = {key: round(values.pop(key), 3) for key in ("seconds", "peak_mb")}
    for name, content in ((_HEAD, values), (_COST, cost)):
        (folder / name).write_text(_json(content), "utf-8", newline="")


def _json(values: Mapping[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _write_layer(layer: gpd.GeoDataFrame, path: Path) -> None:
    shapes = tidy(layer.geometry.to_numpy())
    table = gpd.GeoDataFrame(rounded(layer.drop(columns=[layer.geometry.name])), geometry=shapes, crs=WGS84)
    table.to_parquet(path, index=False, compression="zstd", schema_version="1.1.0", write_covering_bbox=True)


def _write_table(table: pd.DataFrame, path: Path) -> None:
    rounded(table).to_parquet(path, index=False, compression="zstd")


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _settle(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk: a part outlives a cut of the power."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
