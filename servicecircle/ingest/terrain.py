"""Terrain heights from a raster file."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import rasterio
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from servicecircle.errors import Fault, InputError
from servicecircle.model import Terrain

__all__ = ["read_terrain"]

_MAX_CELLS = 100_000_000  # 300 km by 300 km at 30 m
_REMEDY = "give a GeoTIFF of heights in metres, north up, with its CRS"


def read_terrain(path: Path) -> Terrain:
    """Read the first band of a raster as heights in metres; cells without data become NaN.

    Parameters
    ----------
    path
        A GeoTIFF, or any other raster that carries its CRS and transform.

    Raises
    ------
    InputError
        The file is missing, no raster, not georeferenced, rotated, huge, or without a single height.
    """
    if not path.is_file():
        raise InputError([Fault("no such file", "check the path", path.name)])
    try:
        with warnings.catch_warnings():
            # Said better below, as an error.
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            # Only GeoTIFF: some of GDAL's formats are texts that point to other files and addresses.
            with rasterio.open(path, driver="GTiff") as raster:
                _check_size(raster.width * raster.height, path.name)
                heights = raster.read(1, masked=True).astype(np.float64).filled(np.nan)
                transform, crs = raster.transform, raster.crs.to_string() if raster.crs else None
    except InputError:
        raise
    except (RasterioError, ValueError) as error:
        raise InputError([Fault(f"not a readable GeoTIFF: {error}", _REMEDY, path.name)]) from error
    faults = []
    if crs is None:
        faults.append(Fault("the raster does not say its CRS", _REMEDY, path.name))
    if transform.b or transform.d or not transform.a > 0 > transform.e:
        faults.append(Fault("the raster is rotated or not north up", _REMEDY, path.name, value=tuple(transform)[:6]))
    if not np.isfinite(heights).any():
        faults.append(Fault("the raster holds no height", "check its nodata value", path.name))
    if faults or crs is None:
        raise InputError(faults)
    heights[~np.isfinite(heights)] = np.nan
    return Terrain(heights, (transform.c, transform.a, 0.0, transform.f, 0.0, transform.e), crs)


def _check_size(cells: int, file: str) -> None:
    # A broken or hostile header can claim more cells than any memory holds.
    if cells > _MAX_CELLS:
        raise InputError([Fault("more cells than a study area needs", "cut the raster to the area", file, value=cells)])
