"""The registry as files for others: CSV, Excel, GeoJSON, GeoPackage, KML. Open data unless said otherwise.

A place whose source does not allow passing it on is left out, and every file says how many were. Telephone lines of
the office (``contact``) leave the house only with ``internal``.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from servicecircle.crs import WGS84
from servicecircle.datum import Datum, from_wgs84
from servicecircle.errors import Fault, InputError
from servicecircle.formulas import guarded
from servicecircle.ingest.entrances import surveyed_entrances
from servicecircle.ingest.particulars import relations_of
from servicecircle.publish.crs_notes import CRS_NOTES
from servicecircle.publish.geojson import DECIMALS, feature_collection
from servicecircle.publish.kml import kml
from servicecircle.publish.workbook import workbook
from servicecircle.schemas import FACILITY_COLUMNS, FACILITY_OPTIONAL

__all__ = ["SUFFIXES", "About", "Exported", "export"]

_OPEN = tuple(name for name in (*FACILITY_COLUMNS, *FACILITY_OPTIONAL) if name != "contact")
_INTERNAL = (*FACILITY_COLUMNS, *FACILITY_OPTIONAL)
# A CRS of its own, so that no program draws shifted coordinates as if they were WGS-84 and calls it exact.
_SHIFTED_CRS = (
    'GEOGCRS["{name} (Chinese web maps, not WGS 84)",DATUM["{name}",ELLIPSOID["Krassowsky 1940",6378245,298.3]],'
    'CS[ellipsoidal,2],AXIS["longitude",east],AXIS["latitude",north],UNIT["degree",0.0174532925199433]]'
)


@dataclass(frozen=True, slots=True)
class About:
    """What a file says of itself.

    Attributes
    ----------
    title
        Chinese, then English.
    made_from
        Which registry at which revision, or which study.
    date
        ISO date of the export: the caller knows the clock.
    """

    title: str
    made_from: str
    date: str


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: the files, the places in them, and those left out for their licence."""

    files: tuple[Path, ...]
    rows: int
    left_out: int


def export(
    facilities: gpd.GeoDataFrame, path: Path, *, datum: Datum = Datum.WGS84, internal: bool = False, about: About
) -> Exported:
    """Write places into a file, in the format that its suffix names; it appears whole or not at all.

    Parameters
    ----------
    facilities
        As ``facilities_of`` returns them (``schemas.FACILITIES``).
    path
        ``.csv`` (with a ``.csv.txt`` that says what it is; text that a spreadsheet would run begins with an
        apostrophe, see ``formulas``), ``.xlsx``, ``.geojson``, ``.gpkg`` or ``.kml``; replaced if it exists.
    datum
        What to convert positions and entrances to; the column ``datum`` still says what the source had.
    internal
        Keep places that may not be passed on, and the column ``contact``.
    about
        What the file says of itself.

    Raises
    ------
    InputError
        The suffix is none of these; the file cannot be written.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise InputError([Fault("unknown kind of file", f"use one of: {', '.join(SUFFIXES)}", value=path.name)])
    if path.is_dir():
        raise InputError([Fault("a folder, not a file", "give a file name", value=path.name)])
    kept = facilities if internal else facilities[facilities["redistributable"].astype(bool)]
    table = _text(kept, datum)[list(_INTERNAL if internal else _OPEN)]
    left_out = len(facilities) - len(kept)
    notes = _notes(table, left_out, datum, about, internal=internal)
    try:
        scratch = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        _WRITERS[path.suffix.lower()](table, scratch / path.name, datum, about, notes)
        files = [_put(made, path.parent / made.name) for made in sorted(scratch.iterdir(), reverse=True)]
    except (OSError, RuntimeError) as error:  # pyogrio's errors are RuntimeErrors
        raise _unwritable(path, error) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return Exported(tuple(sorted(files)), len(table), left_out)


def _text(places: gpd.GeoDataFrame, datum: Datum) -> pd.DataFrame:
    """Return every column as text, empty where missing, but ``lon`` and ``lat``: degrees of ``datum``, or NaN."""
    out = pd.DataFrame(places.drop(columns="geometry")).reset_index(drop=True)
    lon, lat = from_wgs84(out["lon"].to_numpy(), out["lat"].to_numpy(), datum)
    for name in _INTERNAL:
        if name not in {"lon", "lat", "redistributable"}:
            out[name] = out[name].astype(object).where(out[name].notna(), "").astype(str)
    out["redistributable"] = np.where(places["redistributable"].astype(bool), "true", "false")
    out["lon"], out["lat"] = (np.round(side, DECIMALS) + 0.0 for side in (lon, lat))
    out["relations"] = out["relations"].map(partial(_among, ids=frozenset(out["facility_id"])))
    if datum is not Datum.WGS84:
        out["entrances"] = _entrances(out["entrances"], datum)
    return out


def _among(text: str, ids: frozenset[str]) -> str:
    """Keep the relations to places that are in the file: others would lead nowhere."""
    return ";".join(f"{word}:{other}" for word, other in relations_of(text) if other in ids)


def _entrances(cells: pd.Series[str], datum: Datum) -> pd.Series[str]:
    doors = surveyed_entrances(cells)
    lon, lat = from_wgs84(doors["lon"].to_numpy(), doors["lat"].to_numpy(), datum)
    texts = [
        f"{x:.{DECIMALS}f} {y:.{DECIMALS}f}" + ("" if np.isnan(layer) else f" @{layer:.0f}")
        for x, y, layer in zip(lon, lat, doors["layer"], strict=True)
    ]
    joined = pd.Series(texts, doors.index, dtype=str).groupby(level=0).agg("; ".join)
    return joined.reindex(cells.index).fillna("")


def _notes(table: pd.DataFrame, left_out: int, datum: Datum, about: About, *, internal: bool) -> dict[str, str]:
    licences = table["licence"].replace("", "未知 unknown").value_counts().sort_index()
    notes = {
        "title": about.title,
        "made_from": about.made_from,
        "date": about.date,
        "rows": f"{len(table)}",
        "left_out": f"{left_out} 处因许可不可转发而未列入 left out, their licence does not allow passing them on",
        "crs_note": CRS_NOTES[datum],
        "licences": "; ".join(f"{name}: {count}" for name, count in licences.items()),
        "attribution": "见“来源”“许可”栏 see the columns source, licence; © OpenStreetMap contributors where so said",
    }
    if internal:
        notes["internal"] = "内部使用，不得转发 for internal use: holds places or contacts that may not be passed on"
    return notes


def _csv(table: pd.DataFrame, path: Path, _datum: Datum, _about: About, notes: dict[str, str]) -> None:
    out = table.copy()
    for name in out.columns:
        numeric = name in {"lon", "lat"}
        out[name] = [_degrees(v) for v in out[name]] if numeric else [guarded(text) for text in out[name]]
    # RFC 4180, and a BOM: without it Excel takes UTF-8 for the code page of the machine
    path.write_bytes(("\ufeff" + out.to_csv(index=False, lineterminator="\r\n")).encode())
    said = "".join(f"{name}: {text}\r\n" for name, text in notes.items())
    path.with_name(path.name + ".txt").write_bytes(("\ufeff" + said).encode())


def _xlsx(table: pd.DataFrame, path: Path, _datum: Datum, about: About, notes: dict[str, str]) -> None:
    path.write_bytes(workbook(table, notes, about.date))


def _geojson(table: pd.DataFrame, path: Path, _datum: Datum, _about: About, notes: dict[str, str]) -> None:
    layer = _layer(table).replace("", None)
    start = '{"type":"FeatureCollection",'
    text = feature_collection(layer)
    members = json.dumps(notes, ensure_ascii=False)[1:-1]
    path.write_text(f"{start}{members},\n{text.removeprefix(start)}", "utf-8", newline="")


def _gpkg(table: pd.DataFrame, path: Path, datum: Datum, about: About, notes: dict[str, str]) -> None:
    layer = _layer(table).replace("", None)
    crs = WGS84 if datum is Datum.WGS84 else _SHIFTED_CRS.format(name=datum.value.upper())
    with _dated(about.date):
        pyogrio.write_dataframe(
            layer.set_crs(crs, allow_override=True),
            path,
            layer="places",
            driver="GPKG",
            geometry_type="Point",
            layer_options={"IDENTIFIER": about.title, "DESCRIPTION": " · ".join(notes.values())},
            dataset_metadata=notes,
        )


def _kml(table: pd.DataFrame, path: Path, _datum: Datum, about: About, notes: dict[str, str]) -> None:
    positions = [
        None if np.isnan(x) else (_degrees(x), _degrees(y)) for x, y in zip(table["lon"], table["lat"], strict=True)
    ]
    cells = table.drop(columns=["lon", "lat"]).to_dict("records")
    rows = [{str(name): str(value) for name, value in row.items()} for row in cells]
    path.write_bytes(kml(rows, positions, about.title, "\n".join(notes.values())))


_WRITERS: dict[str, Callable[[pd.DataFrame, Path, Datum, About, dict[str, str]], None]] = {
    ".csv": _csv, ".xlsx": _xlsx, ".geojson": _geojson, ".gpkg": _gpkg, ".kml": _kml,
}  # fmt: skip
SUFFIXES = tuple(_WRITERS)
"""Kinds of files, by their suffix."""


def _layer(table: pd.DataFrame) -> gpd.GeoDataFrame:
    lon, lat = table["lon"].to_numpy(), table["lat"].to_numpy()
    points = np.where(np.isfinite(lon), shapely.points(np.nan_to_num(lon), np.nan_to_num(lat)), None)
    return gpd.GeoDataFrame(table.drop(columns=["lon", "lat"]).astype(object), geometry=points, crs=WGS84)


def _degrees(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.{DECIMALS}f}"


@contextmanager
def _dated(day: str) -> Iterator[None]:
    """Have GDAL write this day into its files, whatever day it is."""
    option = "OGR_CURRENT_DATE"
    before = pyogrio.get_gdal_config_option(option)
    pyogrio.set_gdal_config_options({option: f"{day}T00:00:00.000Z"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({option: before})


def _put(made: Path, path: Path) -> Path:
    with made.open("rb+") as file:
        os.fsync(file.fileno())
    return made.replace(path)


def _unwritable(path: Path, error: Exception) -> InputError:
    said = getattr(error, "strerror", None) or str(error)
    remedy = "give a folder that exists, that you may write, with room on its disk"
    return InputError([Fault(f"cannot be written: {said}", remedy, path.name)])
