"""Read a bundle once, into memory, with every fault named before anything is served."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from pydantic import ValidationError

from api.comparisons import read_comparison, read_links
from api.planner import ColumnKind, Gap
from api.siting_schemas import ComparisonAnswer, LinksAnswer
from servicecircle.errors import Fault, InputError
from servicecircle.publish.manifest import BUNDLE_VERSION, Layer, Manifest, changed_files
from servicecircle.publish.tables import finite

__all__ = ["Bundle", "Table", "read_bundle"]

Row = dict[str, Any]

_NEEDED = ("area", "facilities", "network", "gaps", "routes", "route_stops", "route_legs")
_COUNTS = dict.fromkeys(
    ("declared", "loaded", "candidates", "approximate", "located", "verified", "unlocated", "candidates_located"),
    "Int64",
)
_LEDGER = {"tiers": "ledger", "by_category": "ledger_by_category", "by_designation": "ledger_by_designation"}
_LEDGER_TYPES = _COUNTS | {"at_least": "boolean", "published": "boolean"}
_COVERAGE_TYPES = {"homes": "int64", "homes_covered": "int64", "unknown": "bool"}
# What a planner is told beside coverage, if there, with the columns that are neither text nor known by their names.
_PLANNERS: Mapping[str, Mapping[str, str]] = {
    "choices": {"unknown": "boolean"},
    "standards": {"confirmed": "boolean"},
    "communities": {},
    "lights": {},
    "light_items": {},
    "coverage_by_year": {"planned": "boolean", "unknown": "boolean"},
    "targets": {},
    "siting": dict.fromkeys(("n", "newly_covered_homes", "existing", "candidates"), "Int64"),
    "mobile": {"week": "Int64", "seats": "float64", "seats_known": "boolean", "guests": "float64"},
    "mobile_served": {"served": "boolean", "candidates": "Int64", **dict.fromkeys(("lon", "lat", "guests"), "float64")},
    "pairing": dict.fromkeys(("schools_of_base", "limit"), "Int64"),
}
_NUMBER_ENDS = ("_s", "_m")
_NUMBER_STEMS = ("people", "covered", "newly_covered", "share", "mean_", "gini")
_NUMBERS = {
    *("least", "most", "weight", "best_covered", "worst_min", "minutes", "gap"),
    *("value_low", "value", "value_high", "score_low", "score", "score_high"),
}
_WHOLE_STEMS = ("homes",)
_WHOLE = {"places", "year", "dated", "with_undated", "declared"}
_KINDS: Mapping[str, ColumnKind] = {"str": "string", "bool": "boolean", "boolean": "boolean"}


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its columns with what they hold (string, number or boolean), and its rows."""

    columns: Mapping[str, ColumnKind]
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle in memory: layers as published, tables as rows in which unknown is None.

    ``tables`` are those of the planner; a bundle made without the planner's rules has hardly any. ``comparison`` and
    ``links`` are there where somebody has compared or sought.
    """

    folder: Path
    manifest: Manifest
    layers: Mapping[str, gpd.GeoDataFrame]
    ledger: Mapping[str, list[Row]]
    coverage: list[Row]
    gaps: list[Row]
    tables: Mapping[str, Table]
    comparison: ComparisonAnswer | None
    links: LinksAnswer | None


def read_bundle(folder: Path) -> Bundle:
    """Read the manifest, every layer it lists, and the tables.

    Raises
    ------
    InputError
        No bundle, of another version, or with files missing, damaged or of another build: all faults.
    """
    remedy = f"run `servicecircle build --out {folder}` again"
    manifest = _manifest(folder, remedy)
    faults: list[Fault] = []
    absent = sorted(set(_NEEDED) - {layer.name for layer in manifest.layers})
    faults += [Fault("the manifest lists no such layer", remedy, "manifest.json", value=name) for name in absent]
    faults += changed_files(folder, manifest, remedy)
    if faults:
        raise InputError(faults)
    layers = {layer.name: _layer(folder, layer, remedy, faults) for layer in manifest.layers}
    gaps = _gaps(layers.get("gaps", gpd.GeoDataFrame()), remedy, faults)
    ledger = {key: _table(folder, name, _LEDGER_TYPES, remedy, faults).rows for key, name in _LEDGER.items()}
    coverage = _table(folder, "coverage", _COVERAGE_TYPES, remedy, faults).rows
    there = [name for name in _PLANNERS if (folder / "tables" / f"{name}.csv").exists()]
    tables = {name: _table(folder, name, _PLANNERS[name], remedy, faults) for name in there}
    comparison, links = read_comparison(folder, faults), read_links(folder, faults)
    if faults:
        raise InputError(faults)
    return Bundle(folder, manifest, layers, ledger, coverage, gaps, tables, comparison, links)


def _manifest(folder: Path, remedy: str) -> Manifest:
    path = folder / "manifest.json"
    if not path.is_file():
        raise InputError([Fault("no bundle here: there is no manifest.json", remedy, value=str(folder))])
    try:
        manifest = Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InputError([Fault(f"not readable: {error.strerror}", remedy, path.name)]) from error
    except ValidationError as error:
        places = [(e["msg"], ".".join(map(str, e["loc"])) or None) for e in error.errors()]
        raise InputError([Fault(text, remedy, path.name, column=place) for text, place in places]) from error
    if manifest.bundle_version != BUNDLE_VERSION:
        problem = f"a bundle of another version; this service reads version {BUNDLE_VERSION}"
        raise InputError([Fault(problem, remedy, path.name, column="bundle_version", value=manifest.bundle_version)])
    return manifest


def _layer(folder: Path, about: Layer, remedy: str, faults: list[Fault]) -> gpd.GeoDataFrame:
    name = Path(about.file).name
    try:
        layer = gpd.read_parquet(folder / "layers" / name)
    except FileNotFoundError:
        faults.append(Fault("layer missing", remedy, name))
        return gpd.GeoDataFrame()
    except (OSError, ValueError, KeyError, TypeError, NotImplementedError) as error:
        faults.append(Fault("layer not readable as GeoParquet", remedy, name, value=str(error)))
        return gpd.GeoDataFrame()
    if layer.crs is None or layer.crs.to_epsg() != 4326:  # noqa: PLR2004
        faults.append(Fault("layer not in EPSG:4326", remedy, name, value=str(layer.crs)))
    return layer


def _gaps(layer: gpd.GeoDataFrame, remedy: str, faults: list[Fault]) -> list[Row]:
    """Return the gaps as rows, worst first as the layer has them."""
    if layer.columns.empty:  # missing or damaged: said already
        return []
    heads = list(Gap.model_fields)
    lacking = [head for head in heads if head not in layer.columns]
    if lacking:
        faults += [Fault("no such column", remedy, "gaps.parquet", column=head) for head in lacking]
        return []
    rows = layer[heads].itertuples(index=False, name=None)
    return [{head: finite(value) for head, value in zip(heads, row, strict=True)} for row in rows]


def _table(folder: Path, name: str, types: Mapping[str, str], remedy: str, faults: list[Fault]) -> Table:
    """Read a table of the bundle; text stays text (codes, dates), numbers are known by their names."""
    path = folder / "tables" / f"{name}.csv"
    try:
        heads = pd.read_csv(path, encoding="utf-8-sig", nrows=0).columns
        types = {str(head): types.get(head, _type(head)) for head in heads}
        table = pd.read_csv(path, encoding="utf-8-sig", dtype=types, keep_default_na=False, na_values=[""])
    except FileNotFoundError:
        faults.append(Fault("table missing", remedy, path.name))
        return Table({}, [])
    except (OSError, ValueError) as error:
        faults.append(Fault("table not readable as CSV", remedy, path.name, value=str(error)))
        return Table({}, [])
    rows = [{str(key): finite(value) for key, value in row.items()} for row in table.to_dict("records")]
    return Table({head: _KINDS.get(kind, "number") for head, kind in types.items()}, rows)


def _type(head: str) -> str:
    if head in _WHOLE or head.startswith(_WHOLE_STEMS):
        return "Int64"
    is_number = head in _NUMBERS or head.endswith(_NUMBER_ENDS) or head.startswith(_NUMBER_STEMS)
    return "float64" if is_number else "str"
