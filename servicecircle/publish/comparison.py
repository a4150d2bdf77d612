"""A comparison as files: ``compare.json``, tables as CSV, layers as GeoJSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from servicecircle.comparing import Comparison
from servicecircle.errors import Fault, InputError
from servicecircle.publish.geojson import feature_collection, tidy
from servicecircle.publish.tables import finite, rounded, write_csv

__all__ = ["LAYERS", "TABLES", "comparison_json", "write_comparison"]

TABLES = ("coverage", "people", "clusters", "minutes", "gaps", "circles")
LAYERS = ("gained", "lost", "circles_changed")
_MARK = "compare.json"


def comparison_json(found: Comparison) -> dict[str, Any]:
    """Return a comparison as JSON can hold it: tables as lists of rows, homes and areas left to the layers."""
    return {
        "area": dict(found.area),
        "before": asdict(found.before),
        "after": asdict(found.after),
        "notes": [{"zh": zh, "en": en} for zh, en in found.notes],
        "cutoff_s": found.cutoff_s,
        "empty": found.empty,
        **{name: _records(getattr(found, name)) for name in TABLES},
    }


def write_comparison(found: Comparison, folder: Path) -> list[Path]:
    """Write everything into a folder that is empty or holds a comparison; return the files.

    Raises
    ------
    InputError
        The folder holds other files, or cannot be written.
    """
    if folder.is_dir() and any(folder.iterdir()) and not (folder / _MARK).is_file():
        raise InputError([Fault("the folder holds other files", "give an empty one", value=str(folder))])
    files = {name: folder / f"{name}.csv" for name in TABLES} | {n: folder / f"{n}.geojson" for n in LAYERS}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(comparison_json(found), ensure_ascii=False, indent=1, allow_nan=False)
        (folder / _MARK).write_text(text + "\n", "utf-8")
        for name in TABLES:
            write_csv(_plain(getattr(found, name)), files[name])
        for name in LAYERS:
            layer = getattr(found, name)
            shapes = tidy(layer.geometry.to_numpy())
            table = gpd.GeoDataFrame(rounded(_plain(layer)), geometry=shapes, crs=layer.crs)
            files[name].write_text(feature_collection(table), "utf-8")
    except OSError as error:
        problem = f"cannot write the comparison: {error.strerror}"
        raise InputError([Fault(problem, "give a folder you may write", value=str(folder))]) from error
    return [folder / _MARK, *files.values()]


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(table.drop(columns=["geometry"], errors="ignore"))


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    rows = rounded(_plain(table)).to_dict("records")
    return [{str(key): finite(value) for key, value in row.items()} for row in rows]
