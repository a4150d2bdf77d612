"""Terrain heights from GeoTIFF."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio.errors import NotGeoreferencedWarning
from rasterio.transform import Affine

from servicecircle.errors import InputError
from servicecircle.ingest.terrain import read_terrain

HEIGHTS = np.array([[250, -32768, 180], [200, 210, 220]])
NORTH_UP = Affine(30.0, 0.0, 643560.0, 0.0, -30.0, 3272280.0)


def write_tiff(path: Path, heights: Any = HEIGHTS, **profile: Any) -> Path:
    rows, columns = heights.shape
    basic = {"driver": "GTiff", "height": rows, "width": columns, "count": 1, "dtype": "int16", "nodata": -32768}
    place = {"crs": "EPSG:32648", "transform": NORTH_UP}
    with rasterio.open(path, "w", **(basic | place | profile)) as raster:
        raster.write(heights.astype(raster.dtypes[0]), 1)
    return path


def test_heights_are_read_with_their_place_and_no_data_is_nan(tmp_path: Path) -> None:
    terrain = read_terrain(write_tiff(tmp_path / "terrain.tif"))
    np.testing.assert_array_equal(terrain.heights_m, [[250, np.nan, 180], [200, 210, 220]])
    assert terrain.heights_m.dtype == np.float64
    assert terrain.transform == (643560.0, 30.0, 0.0, 3272280.0, 0.0, -30.0)
    assert terrain.crs == "EPSG:32648"


def test_infinite_heights_are_no_heights(tmp_path: Path) -> None:
    heights = np.where(HEIGHTS == 180, np.inf, HEIGHTS)
    terrain = read_terrain(write_tiff(tmp_path / "terrain.tif", heights, dtype="float32"))
    assert np.isnan(terrain.heights_m[0]).tolist() == [False, True, True]


@pytest.mark.parametrize(
    ("heights", "profile", "words"),
    [
        (HEIGHTS, {"crs": None}, "does not say its CRS"),
        (HEIGHTS, {"transform": NORTH_UP @ Affine.rotation(20)}, "rotated"),
        (HEIGHTS, {"transform": NORTH_UP @ Affine.scale(1, -1)}, "not north up"),
        (np.full((2, 2), -32768), {}, "no height"),
    ],
)
def test_a_raster_that_cannot_be_placed_is_refused(tmp_path: Path, heights: Any, profile: Any, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        read_terrain(write_tiff(tmp_path / "terrain.tif", heights, **profile))
    assert caught.value.faults[0].file == "terrain.tif"


def test_missing_other_and_cut_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_terrain(tmp_path / "terrain.tif")
    whole = write_tiff(tmp_path / "whole.tif", np.arange(10_000).reshape(100, 100)).read_bytes()
    for content in (b"", b"lon,lat\n1,2\n", whole[:5000]):
        (tmp_path / "terrain.tif").write_bytes(content)
        with pytest.raises(InputError, match="not a readable GeoTIFF"):
            read_terrain(tmp_path / "terrain.tif")


def test_a_raster_beyond_any_district_is_refused_before_it_is_read(tmp_path: Path) -> None:
    profile = {"driver": "GTiff", "width": 20_000, "height": 20_000, "count": 1, "dtype": "uint8", "sparse_ok": True}
    with rasterio.open(tmp_path / "terrain.tif", "w", crs="EPSG:32648", transform=NORTH_UP, **profile):
        pass
    with pytest.raises(InputError, match=r"value: 400000000.*cut the raster"):
        read_terrain(tmp_path / "terrain.tif")


def test_a_raster_without_any_place_is_refused_without_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "terrain.tif"
    with pytest.warns(NotGeoreferencedWarning):
        write_tiff(path, crs=None, transform=None)
    with pytest.raises(InputError, match="does not say its CRS"):
        read_terrain(path)
