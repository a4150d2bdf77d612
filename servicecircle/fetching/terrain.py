"""Heights of an area from any raster of heights: cut, brought onto the study's plane, with its holes left as holes."""

from __future__ import annotations

import math
import warnings
from pathlib import Path

import numpy as np
import rasterio
import rasterio.features
import shapely
from rasterio.enums import Resampling
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.warp import reproject, transform_bounds
from rasterio.windows import Window
from shapely.geometry.base import BaseGeometry

from servicecircle.arrays import Floats
from servicecircle.crs import WGS84, to_metric
from servicecircle.errors import Fault, InputError

__all__ = ["clip_terrain"]

_LOWEST_M, _HIGHEST_M = -500.0, 9000.0
"""No dry land lies beyond: such values are holes that the file forgets to declare."""
_MOST_CELLS = 50_000_000
_MARGIN = 4
_REMEDY = "give a raster of heights in metres with its CRS, such as a GeoTIFF"


def clip_terrain(source: Path, reach: BaseGeometry, crs: str, out: Path) -> float:
    """Write the heights of an area as a GeoTIFF on its metric plane; return the share of the area that has one.

    Cells of the source's own size; a raster on that plane already is cut, not resampled. Cells without data, and values
    no land has (below -500 m, above 9000 m), stay without data.

    Parameters
    ----------
    source
        Any raster that GDAL opens; the first band counts, in metres.
    reach
        EPSG:4326.

    Raises
    ------
    InputError
        The file is missing, no raster, without CRS, beside the area, or without one height in it.
    """
    if not source.is_file():
        raise InputError([Fault("no such file", "check the path", source.name)])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)  # said better below
            with rasterio.open(source) as raster:
                heights, transform = _heights(raster, reach, crs, source.name)
    except RasterioError as error:
        raise InputError([Fault(f"not a readable raster: {error}", _REMEDY, source.name)]) from error
    area = to_metric(reach, crs)
    inside = rasterio.features.geometry_mask([area], heights.shape, transform, invert=True)
    known = np.isfinite(heights)
    if not (known & inside).any():
        problem = "the raster holds no height within the area"
        raise InputError([Fault(problem, "give one that covers it; check its nodata value", source.name)])
    profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "crs": crs, "transform": transform, "nodata": np.nan}
    profile |= {"width": heights.shape[1], "height": heights.shape[0], "compress": "deflate", "predictor": 3}
    with rasterio.open(out, "w", **profile) as target:
        target.write(heights.astype(np.float32), 1)
    return float((known & inside).sum() / inside.sum())


def _heights(
    raster: rasterio.DatasetReader, reach: BaseGeometry, crs: str, name: str
) -> tuple[Floats, rasterio.Affine]:
    if raster.crs is None:
        raise InputError([Fault("the raster does not say its CRS", _REMEDY, name)])
    if not raster.count or np.dtype(raster.dtypes[0]).kind not in "iuf":
        raise InputError([Fault("the raster's first band holds no numbers", _REMEDY, name)])
    bounds = transform_bounds(WGS84, raster.crs, *shapely.bounds(reach))
    left, bottom, right, top = raster.bounds
    if not (bounds[0] < right and bounds[2] > left and bounds[1] < top and bounds[3] > bottom):
        there = ", ".join(f"{side:.3f}" for side in transform_bounds(raster.crs, WGS84, *raster.bounds))
        remedy = "give one that covers it"
        raise InputError([Fault("the raster lies beside the area", remedy, name, value=f"it covers {there}")])
    window = _window(raster, bounds)
    if window.width * window.height > _MOST_CELLS:
        problem = f"{window.width * window.height:,.0f} cells in the area"
        raise InputError([Fault(problem, "make the raster coarser, or the area smaller", name)])
    values = raster.read(1, window=window, masked=True).astype(np.float64).filled(np.nan)
    values[~((values >= _LOWEST_M) & (values <= _HIGHEST_M))] = np.nan
    here = _moved(raster.transform, window.col_off, window.row_off)
    upright = here.b == here.d == 0 and here.a > 0 > here.e
    if upright and raster.crs == rasterio.CRS.from_user_input(crs):
        return values, here
    return _warped(values, here, raster.crs, to_metric(reach, crs), crs)


def _window(raster: rasterio.DatasetReader, bounds: tuple[float, ...]) -> Window:
    """Return the cells of the source that the area needs, with a margin to interpolate in."""
    rows, columns = [], []
    for x in (bounds[0], bounds[2]):
        for y in (bounds[1], bounds[3]):
            column, row = _cell(raster.transform, x, y)
            rows.append(row)
            columns.append(column)
    first_row, first_column = max(0, math.floor(min(rows)) - _MARGIN), max(0, math.floor(min(columns)) - _MARGIN)
    last_row = min(raster.height, math.ceil(max(rows)) + _MARGIN)
    last_column = min(raster.width, math.ceil(max(columns)) + _MARGIN)
    return Window(first_column, first_row, last_column - first_column, last_row - first_row)


def _warped(
    values: Floats, here: rasterio.Affine, source: rasterio.CRS, area: BaseGeometry, crs: str
) -> tuple[Floats, rasterio.Affine]:
    """Return the heights on the plane of the area, in square cells as large as the source's are there."""
    height, width = values.shape
    end = _moved(here, width, height)
    sides = sorted((here.c, end.c)), sorted((here.f, end.f))
    left, bottom, right, top = transform_bounds(source, crs, sides[0][0], sides[1][0], sides[0][1], sides[1][1])
    step = round(math.sqrt((right - left) * (top - bottom) / (width * height)), 2)
    west, south, east, north = shapely.bounds(area)
    first, last = math.floor(west / step) * step, math.ceil(north / step) * step
    transform = rasterio.Affine(step, 0.0, first, 0.0, -step, last)
    out = np.full((math.ceil((last - south) / step), math.ceil((east - first) / step)), np.nan)
    reproject(
        values, out, src_transform=here, src_crs=source, src_nodata=np.nan,
        dst_transform=transform, dst_crs=crs, dst_nodata=np.nan, resampling=Resampling.bilinear,
    )  # fmt: skip
    return out, transform


def _moved(transform: rasterio.Affine, columns: float, rows: float) -> rasterio.Affine:
    """Return the transform of the cells that begin at a cell."""
    a, b, c, d, e, f = tuple(transform)[:6]
    return rasterio.Affine(a, b, c + a * columns + b * rows, d, e, f + d * columns + e * rows)


def _cell(transform: rasterio.Affine, x: float, y: float) -> tuple[float, float]:
    """Return column and row of a position."""
    a, b, c, d, e, f = tuple(transform)[:6]
    return (e * (x - c) - b * (y - f)) / (a * e - b * d), (a * (y - f) - d * (x - c)) / (a * e - b * d)
