"""Read a study folder in the data/geo schema: the one door through which a district comes in."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from servicecircle.crs import WGS84, require_metric
from servicecircle.errors import Fault, InputError
from servicecircle.ingest.declared import read_declared
from servicecircle.ingest.demand import read_population
from servicecircle.ingest.facilities import read_categories, read_facilities
from servicecircle.ingest.geojson import read_geojson
from servicecircle.ingest.terrain import read_terrain
from servicecircle.ingest.ways import read_ways
from servicecircle.model import Study, StudyArea, Ways

__all__ = ["read_study"]

_REQUIRED = ("study.toml", "area.geojson", "subdistricts.geojson", "nodes.csv", "ways.csv", "facilities.csv")
_OPTIONAL = (
    "categories.toml", "terrain.tif", "buildings.geojson", "water.geojson", "railways.geojson", "stations.geojson",
    "vertical_links.csv", "routes.csv", "route_stops.csv", "population.csv", "declared.toml",
)  # fmt: skip
_LINKS = [
    "link_id", "kind", "name", "osm_type", "osm_id", "from_lon", "from_lat", "to_lon", "to_lat", "rise_m", "length_m",
    "ride_s", "wait_s", "fee_cny", "opening_hours", "direction", "wheelchair", "state", "joins", "source",
    "confidence", "note",
]  # fmt: skip
_LINK_NUMBERS = ("from_lon", "from_lat", "to_lon", "to_lat", "rise_m", "length_m", "ride_s", "wait_s", "fee_cny")
_ROUTES = ["route_id", "name", "theme", "provenance", "source", "date", "note"]
_STOPS = ["route_id", "seq", "name", "facility_id", "lon", "lat", "position_confidence", "note"]


def read_study(folder: Path) -> Study:
    """Read every file of a study folder.

    Raises
    ------
    InputError
        A file is missing or wrong; the message names file, row, column, value and remedy.
    """
    if not folder.is_dir():
        remedy = "give a folder in the schema of data/geo"
        raise InputError([Fault("no such study folder", remedy, value=str(folder))])
    missing = [name for name in _REQUIRED if not (folder / name).is_file()]
    if missing:
        raise InputError([Fault("no such file", "a study folder needs it; see data/geo/README.md", m) for m in missing])
    head = _toml(folder / "study.toml")
    ways = read_ways(folder, str(head["data_date"]))
    categories = read_categories(folder / "categories.toml")
    extent = _extent(ways)
    return Study(
        area=_area(folder, head),
        ways=ways,
        terrain=read_terrain(folder / "terrain.tif") if (folder / "terrain.tif").is_file() else None,
        links=_links(folder),
        facilities=read_facilities(folder / "facilities.csv", categories, extent),
        categories=categories,
        declared=read_declared(folder / "declared.toml") if (folder / "declared.toml").is_file() else (),
        population=read_population(folder / "population.csv"),
        routes=_table(folder, "routes.csv", _ROUTES, ()),
        stops=_table(folder, "route_stops.csv", _STOPS, ("seq", "lon", "lat")),
        inputs=_hashes(folder),
    )


def _area(folder: Path, head: dict[str, Any]) -> StudyArea:
    boundary = read_geojson(folder / "area.geojson", ["id"])
    shape = shapely.union_all(boundary.geometry.to_numpy())
    if shapely.area(shape) == 0:
        raise InputError([Fault("the boundary encloses nothing", "give a polygon", "area.geojson")])
    centre = shape.centroid
    return StudyArea(
        id=str(head["id"]),
        name_zh=str(head["name_zh"]),
        name_en=str(head["name_en"]),
        crs=require_metric(str(head["crs"]), centre.x, centre.y),
        data_date=str(head["data_date"]),
        boundary=shape,
        subdistricts=read_geojson(folder / "subdistricts.geojson", ["code", "name", "name_en"]),
        water=_layer(folder, "water.geojson", ["id", "kind", "name"]),
        railways=_layer(folder, "railways.geojson", ["id", "kind", "name", "layer", "bridge", "tunnel"]),
        stations=_layer(folder, "stations.geojson", ["id", "kind", "name", "ref"]),
        buildings=_layer(
            folder, "buildings.geojson", ["building_id", "building", "levels", "height_m", "name", "use", "layer"]
        ),
        sources=pd.DataFrame(head.get("sources", []), columns=["id", "title", "date", "licence", "attribution"]),
    )


def _layer(folder: Path, name: str, columns: list[str]) -> gpd.GeoDataFrame:
    if (folder / name).is_file():
        return read_geojson(folder / name, columns)
    return gpd.GeoDataFrame(pd.DataFrame(columns=columns), geometry=[], crs=WGS84)


def _toml(path: Path) -> dict[str, Any]:
    try:
        head = tomllib.loads(path.read_text("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError([Fault(f"not readable as TOML: {error}", "save it as UTF-8 TOML", path.name)]) from error
    keys = ("id", "name_zh", "name_en", "crs", "data_date")
    faults = [Fault(f"no {key}", f'add {key} = "..."', path.name, None, key) for key in keys if key not in head]
    if faults:
        raise InputError(faults)
    return head


def _table(folder: Path, name: str, columns: list[str], numbers: tuple[str, ...]) -> pd.DataFrame:
    """Read an optional CSV table of text, with some columns of numbers."""
    path = folder / name
    if not path.is_file():
        return pd.DataFrame(columns=columns)
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except pd.errors.EmptyDataError as error:
        raise InputError([Fault("the file is empty", "give at least the header line", name)]) from error
    except (UnicodeDecodeError, pd.errors.ParserError) as error:
        raise InputError([Fault(f"not readable as CSV: {error}", "save it as UTF-8 CSV", name)]) from error
    absent = [c for c in columns if c not in table]
    if absent:
        raise InputError([Fault("no such column", "add it to the header", name, 1, c) for c in absent])
    table = table[columns].replace("", None)
    faults: list[Fault] = []
    for column in numbers:
        value = pd.to_numeric(table[column], errors="coerce").astype(np.float64)
        wrong = (table[column].notna() & ~np.isfinite(value)).to_numpy()
        faults += [
            Fault(
                "not a number", "give a plain number or leave it empty", name, int(i) + 2, column, table[column].iloc[i]
            )
            for i in np.flatnonzero(wrong)
        ]
        table[column] = value
    if faults:
        raise InputError(faults)
    return table


def _links(folder: Path) -> pd.DataFrame:
    links = _table(folder, "vertical_links.csv", _LINKS, _LINK_NUMBERS)
    links["osm_id"] = pd.to_numeric(links["osm_id"], errors="coerce").fillna(-1).astype(np.int64)
    return links


def _extent(ways: Ways) -> tuple[float, float, float, float]:
    lon, lat = ways.nodes["lon"], ways.nodes["lat"]
    return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())


def _hashes(folder: Path) -> dict[str, str]:
    names = sorted(n for n in (*_REQUIRED, *_OPTIONAL) if (folder / n).is_file())
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
