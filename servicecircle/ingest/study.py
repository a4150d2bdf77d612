"""Read a study folder in the data/geo schema: the one door through which a district comes in."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from servicecircle.crs import WGS84, require_metric
from servicecircle.errors import Fault, InputError
from servicecircle.hours import is_day
from servicecircle.ingest.amenities import read_amenities
from servicecircle.ingest.declared import read_declared
from servicecircle.ingest.demand import POPULATION, read_demand, read_population
from servicecircle.ingest.entrances import ENTRANCES, read_entrances
from servicecircle.ingest.entries import read_toml
from servicecircle.ingest.facilities import facilities_of, read_categories, read_facilities
from servicecircle.ingest.geojson import read_geojson
from servicecircle.ingest.links import LINK_COLUMNS, read_links
from servicecircle.ingest.planning import FILES
from servicecircle.ingest.registry import Registered, read_registry
from servicecircle.ingest.routes import read_routes, read_stops
from servicecircle.ingest.terrain import read_terrain
from servicecircle.ingest.text_table import TextTable, read_text_table
from servicecircle.ingest.ways import read_ways
from servicecircle.model import Study, StudyArea

__all__ = ["REGISTRY", "read_study"]

REGISTRY = "registry"
"""Name of an input that is no file of the folder: the content of a registry."""

_PLACES = "facilities.csv"
_REQUIRED = (
    "study.toml", "area.geojson", "subdistricts.geojson", "nodes.csv", "ways.csv", _PLACES, "categories.toml",
)  # fmt: skip
_PEOPLE = ("population.csv", "people.csv")  # one of them; the second replaces the estimate made from the first
_OPTIONAL = (
    "terrain.tif", "buildings.geojson", "water.geojson", "railways.geojson", "stations.geojson",
    "entrances.csv", "vertical_links.csv", "routes.csv", "route_stops.csv", "amenities.csv", "declared.toml",
)  # fmt: skip
_HEAD = ("id", "name_zh", "name_en", "crs", "data_date")


def read_study(folder: Path, registry: Path | None = None) -> Study:
    """Read every file of a study folder.

    Parameters
    ----------
    folder
        In the schema of data/geo.
    registry
        A GeoPackage of places (``registry.store``) that stands for ``facilities.csv``; its content is what is hashed.

    Raises
    ------
    InputError
        A file is missing or wrong; the message names file, row, column, value and remedy.
    """
    if not folder.is_dir():
        remedy = "give a folder in the schema of data/geo"
        raise InputError([Fault("no such study folder", remedy, value=str(folder))])
    _check_files(folder, registry)
    head = _head(folder / "study.toml")
    ways = read_ways(folder, str(head["data_date"]))
    categories = read_categories(folder / "categories.toml")
    extent = ways.extent
    population, people = (_given(folder, name) for name in _PEOPLE)
    terrain, declared, gates = (_given(folder, name) for name in ("terrain.tif", "declared.toml", "entrances.csv"))
    amenities = _given(folder, "amenities.csv")
    routes = read_routes(_given(folder, "routes.csv"))
    places = None if registry is None else read_registry(registry)
    return Study(
        area=_area(folder, head),
        ways=ways,
        terrain=read_terrain(terrain) if terrain else None,
        links=read_links(_table(folder, "vertical_links.csv", LINK_COLUMNS)),
        facilities=facilities_of(places.table, categories, extent)
        if places
        else read_facilities(folder / _PLACES, categories, extent),
        entrances=read_entrances(gates, extent) if gates else _no_entrances(),
        categories=categories,
        declared=read_declared(declared) if declared else (),
        population=read_population(population) if population else pd.DataFrame(columns=POPULATION),
        people=read_demand(people, extent) if people else None,
        routes=routes,
        stops=read_stops(_given(folder, "route_stops.csv"), routes["route_id"]),
        amenities=read_amenities(amenities, extent) if amenities else None,
        inputs=_hashes(folder, places),
    )


def _check_files(folder: Path, registry: Path | None) -> None:
    needs = "a study folder needs it; see data/geo/README.md"
    faults = [Fault("no such file", needs, name) for name in _REQUIRED if not _given(folder, name)]
    faults = [fault for fault in faults if registry is None or fault.file != _PLACES]
    if not any(_given(folder, name) for name in _PEOPLE):
        remedy = "give published figures; or people.csv, a table of your own; see data/geo/README.md"
        faults.append(Fault("no such file", remedy, "population.csv"))
    if faults:
        raise InputError(faults)


def _given(folder: Path, name: str) -> Path | None:
    return folder / name if (folder / name).is_file() else None


def _area(folder: Path, head: dict[str, Any]) -> StudyArea:
    boundary = read_geojson(folder / "area.geojson", ["id"])
    shape = shapely.union_all(boundary.geometry.to_numpy())
    if shapely.area(shape) == 0:
        raise InputError([Fault("the boundary encloses nothing", "give a polygon", "area.geojson")])
    subdistricts = read_geojson(folder / "subdistricts.geojson", ["code", "name", "name_en"], key="code")
    if subdistricts.empty:
        raise InputError([Fault("no subdistrict", "give one at least; it may be the area", "subdistricts.geojson")])
    return StudyArea(
        id=str(head["id"]),
        name_zh=str(head["name_zh"]),
        name_en=str(head["name_en"]),
        crs=_metric_crs(str(head["crs"]), shape),
        data_date=str(head["data_date"]),
        boundary=shape,
        subdistricts=subdistricts,
        water=_layer(folder, "water.geojson", ["id", "kind", "name"]),
        railways=_layer(folder, "railways.geojson", ["id", "kind", "name", "layer", "bridge", "tunnel"]),
        stations=_layer(folder, "stations.geojson", ["id", "kind", "name", "ref"]),
        buildings=_buildings(folder),
        sources=pd.DataFrame(head.get("sources", []), columns=["id", "title", "date", "licence", "attribution"]),
    )


def _metric_crs(crs: str, boundary: BaseGeometry) -> str:
    try:
        return require_metric(crs, boundary.centroid.x, boundary.centroid.y)
    except InputError as error:
        raise InputError([replace(f, file="study.toml", column="crs") for f in error.faults]) from error


def _buildings(folder: Path) -> gpd.GeoDataFrame:
    columns = ["building_id", "building", "levels", "height_m", "name", "use", "layer"]
    name = "buildings.geojson"
    table = _layer(folder, name, columns, key="building_id")
    faults = []
    for column in ("levels", "height_m"):
        value = pd.to_numeric(table[column], errors="coerce").astype(np.float64)
        wrong = np.flatnonzero(table[column].notna() & ~(np.isfinite(value) & (value >= 0)))
        remedy = "give a number, or null where it is unknown"
        faults += [
            Fault(f"feature {k + 1}: not a number", remedy, name, None, column, table[column].iloc[k]) for k in wrong
        ]
        table[column] = value
    if faults:
        raise InputError(faults)
    return table


def _layer(folder: Path, name: str, columns: list[str], key: str | None = None) -> gpd.GeoDataFrame:
    path = _given(folder, name)
    if path:
        return read_geojson(path, columns, key)
    return gpd.GeoDataFrame(pd.DataFrame(columns=columns), geometry=[], crs=WGS84)


def _head(path: Path) -> dict[str, Any]:
    head, _ = read_toml(path)
    faults = [Fault(f"no {key}", f'add {key} = "..."', path.name, None, key) for key in _HEAD if key not in head]
    if not faults and not is_day(str(head["data_date"])):
        remedy = 'write it as data_date = "2026-04-26"'
        faults = [Fault("not a date", remedy, path.name, None, "data_date", head["data_date"])]
    if faults:
        raise InputError(faults)
    return head


def _table(folder: Path, name: str, columns: list[str]) -> TextTable:
    """Read an optional table: without its file it has no rows."""
    path = _given(folder, name)
    if path:
        return read_text_table(path, columns, may_be_empty=True)
    return TextTable(name, pd.DataFrame(columns=columns, dtype=str))


def _no_entrances() -> pd.DataFrame:
    return pd.DataFrame(columns=ENTRANCES).astype(dict.fromkeys(("lon", "lat", "layer"), np.float64))


def _hashes(folder: Path, places: Registered | None) -> dict[str, str]:
    names = sorted(
        n for n in (*_REQUIRED, *_PEOPLE, *_OPTIONAL, *FILES) if _given(folder, n) and not (places and n == _PLACES)
    )
    hashes = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
    return hashes | ({REGISTRY: places.sha256} if places else {})
