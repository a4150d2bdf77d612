"""Edits through GDAL's own driver, feature by feature, as QGIS makes them: pyogrio can only append."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyogrio

_UPDATE, _VECTOR = 0x01, 0x04


def library() -> ctypes.CDLL | None:
    """Return the GDAL that pyogrio brings along, None where it has none of its own."""
    found = sorted((Path(pyogrio.__file__).parents[1] / "pyogrio.libs").glob("libgdal*"))
    if not found:
        return None
    gdal = ctypes.CDLL(str(found[0]))
    pointers = (
        "GDALOpenEx", "GDALDatasetGetLayerByName", "OGR_L_GetFeature", "OGR_F_Create", "OGR_L_GetLayerDefn",
        "OGR_G_CreateGeometry", "OGR_Fld_Create", "OGR_F_GetGeometryRef",
    )  # fmt: skip
    for name in pointers:
        getattr(gdal, name).restype = ctypes.c_void_p
    gdal.OGR_F_GetFID.restype = ctypes.c_longlong
    return gdal


class Layer:
    """A layer open for editing."""

    def __init__(self, gdal: ctypes.CDLL, dataset: ctypes.c_void_p, name: str) -> None:
        self.gdal, self.dataset = gdal, dataset
        self.layer = ctypes.c_void_p(gdal.GDALDatasetGetLayerByName(dataset, name.encode()))
        assert self.layer.value, name

    def begin(self) -> None:
        """Begin a transaction, as QGIS does when it saves."""
        assert self.gdal.OGR_L_StartTransaction(self.layer) == 0

    def end(self) -> None:
        """Commit the transaction."""
        assert self.gdal.OGR_L_CommitTransaction(self.layer) == 0

    def write(self, fid: int | None, cells: dict[str, str | None], lonlat: tuple[float, float] | None = None) -> int:
        """Set cells, and a point if one is given, of a feature or of a new one; return OGR's error code."""
        gdal = self.gdal
        definition = ctypes.c_void_p(gdal.OGR_L_GetLayerDefn(self.layer))
        made = (
            gdal.OGR_F_Create(definition) if fid is None else gdal.OGR_L_GetFeature(self.layer, ctypes.c_longlong(fid))
        )
        feature = ctypes.c_void_p(made)
        assert feature.value, fid
        for name, value in cells.items():
            field = gdal.OGR_F_GetFieldIndex(feature, name.encode())
            assert field >= 0, name
            if value is None:
                gdal.OGR_F_SetFieldNull(feature, field)
            else:
                gdal.OGR_F_SetFieldString(feature, field, value.encode())
        if lonlat:
            point = ctypes.c_void_p(gdal.OGR_G_CreateGeometry(1))
            gdal.OGR_G_SetPoint_2D(point, 0, ctypes.c_double(lonlat[0]), ctypes.c_double(lonlat[1]))
            gdal.OGR_F_SetGeometryDirectly(feature, point)
        code = (
            gdal.OGR_L_CreateFeature(self.layer, feature) if fid is None else gdal.OGR_L_SetFeature(self.layer, feature)
        )
        gdal.OGR_F_Destroy(feature)
        return int(code)

    def delete(self, fid: int) -> int:
        """Delete a feature."""
        return int(self.gdal.OGR_L_DeleteFeature(self.layer, ctypes.c_longlong(fid)))

    def add_column(self, name: str) -> int:
        """Add a column of text."""
        field = ctypes.c_void_p(self.gdal.OGR_Fld_Create(name.encode(), 4))
        return int(self.gdal.OGR_L_CreateField(self.layer, field, 1))

    def drop_column(self, name: str) -> int:
        """Take a column away."""
        definition = ctypes.c_void_p(self.gdal.OGR_L_GetLayerDefn(self.layer))
        return int(self.gdal.OGR_L_DeleteField(self.layer, self.gdal.OGR_FD_GetFieldIndex(definition, name.encode())))

    def sql(self, text: str) -> None:
        """Run SQL in the data source, as the DB Manager of QGIS does."""
        self.gdal.GDALDatasetExecuteSQL.restype = ctypes.c_void_p
        self.gdal.GDALDatasetExecuteSQL(self.dataset, text.encode(), None, None)


@contextmanager
def editing(path: Path, layer: str = "places", *, wal: bool = False) -> Iterator[Layer]:
    """Open a layer for editing; QGIS turns the journal to WAL while it has a file open."""
    gdal = library()
    assert gdal is not None
    pyogrio.set_gdal_config_options({"OGR_SQLITE_JOURNAL": "WAL" if wal else None})
    gdal.CPLPushErrorHandler(ctypes.cast(gdal.CPLQuietErrorHandler, ctypes.c_void_p))
    dataset = ctypes.c_void_p(gdal.GDALOpenEx(str(path).encode(), _UPDATE | _VECTOR, None, None, None))
    assert dataset.value, path
    try:
        yield Layer(gdal, dataset, layer)
    finally:
        gdal.GDALClose(dataset)
        gdal.CPLPopErrorHandler()
        pyogrio.set_gdal_config_options({"OGR_SQLITE_JOURNAL": None})
