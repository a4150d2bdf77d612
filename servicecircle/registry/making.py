"""A new registry: a GeoPackage of points with the log's tables, which appears under its name whole or not at all."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from servicecircle.crs import WGS84
from servicecircle.errors import Fault, InputError
from servicecircle.ingest.registry import LAYER, TEXT_COLUMNS, explained
from servicecircle.registry.schema import add_schema

__all__ = ["make"]

_JOURNALS = ("-journal", "-wal", "-shm")


def make(path: Path, places: pd.DataFrame, words: Mapping[str, str], at: str) -> None:
    """Write a registry of checked rows, and into its log who made it, why and from what.

    Raises
    ------
    InputError
        There is a file already, or none can be written.
    """
    for taken in (path, *(path.with_name(path.name + end) for end in _JOURNALS)):
        if taken.exists() or taken.is_symlink():
            remedy = "give another name, or move it away"
            raise InputError([Fault("it is there already", remedy, path.name, value=taken.name)])
    scratch: Path | None = None
    try:
        scratch = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
        made = scratch / path.name
        _write_layer(places, made)
        with closing(sqlite3.connect(made, isolation_level=None)) as database:
            add_schema(database)
            names = "at, author, reason, source, sha256"
            values = (at, *(words[name] for name in ("author", "reason", "source", "sha256")))
            database.execute(f"INSERT INTO commits ({names}) VALUES (?, ?, ?, ?, ?)", values)  # noqa: S608
            (count,) = database.execute("SELECT count(*) FROM places").fetchone()
        if count != len(places):
            raise InputError([Fault(f"only {count} of {len(places)} places were written", "make room", path.name)])
        _put(made, path)
    except sqlite3.Error as error:
        raise explained(error, path.name) from error
    except (OSError, RuntimeError) as error:  # pyogrio's errors are RuntimeErrors
        said = getattr(error, "strerror", None) or str(error)
        remedy = "give a folder that exists, that you may write, with room on its disk"
        raise InputError([Fault(f"cannot be written: {said}", remedy, path.name)]) from error
    finally:
        if scratch is not None:
            shutil.rmtree(scratch, ignore_errors=True)


def _write_layer(places: pd.DataFrame, path: Path) -> None:
    lon, lat = (pd.to_numeric(places[name]).to_numpy(dtype=np.float64) for name in ("lon", "lat"))
    points = np.where(np.isfinite(lon), shapely.points(np.nan_to_num(lon), np.nan_to_num(lat)), None)
    texts = places[list(TEXT_COLUMNS)]
    options = {"SPATIAL_INDEX": "NO", "FID": "fid", "GEOMETRY_NAME": "geom", "DESCRIPTION": "家校社协同育人 places"}
    pyogrio.write_dataframe(
        gpd.GeoDataFrame(texts.where(texts != ""), geometry=points, crs=WGS84),
        path,
        layer=LAYER,
        driver="GPKG",
        geometry_type="Point",
        layer_options=options,
    )


def _put(made: Path, path: Path) -> None:
    """Give a finished file its name, for good, unless another has come to bear it."""
    _sync(made)
    try:
        os.link(made, path)  # unlike a rename it replaces nothing
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        made.replace(path)
    _sync(path.parent)


def _sync(place: Path) -> None:
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
