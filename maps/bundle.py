"""Read a bundle: its manifest, layers and tables, with every fault named before anything is drawn."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from servicecircle.errors import Fault, InputError

__all__ = ["COUNTS", "PANELS", "TIERS", "Bundle", "read_bundle"]

REBUILD = "run `servicecircle build --out {folder}` again"

# Only what the map reads; a bundle may say more.
LAYERS: Mapping[str, tuple[str, ...]] = {
    "area": ("id", "name_zh", "name_en"),
    "subdistricts": ("code", "name", "name_en"),
    "water": ("kind", "name"),
    "railways": ("kind", "name", "tunnel"),
    "stations": ("kind", "name", "ref"),
    "buildings": ("building",),
    "network": ("edge_id", "kind", "highway", "name", "bridge", "tunnel"),
    "facilities": (
        *("facility_id", "kind", "tier", "category", "category_zh", "category_en", "name", "subdistrict", "address"),
        *("status", "status_reason", "source", "position_source", "position_confidence", "located", "approximate"),
        *("designations", "level", "batch", "note", "inside_area", "n_school_900", "n_community_900", "n_base_900"),
        *("people_900_low", "people_900", "people_900_high", "area_900_m2", "terrain_loss"),
        *("open_from", "open_to", "access", "opening_hours", "capacity", "website"),
    ),
    "entrances": ("facility_id", "reason", "snap_m"),
    "isochrones": ("facility_id", "cutoff_s", "profile", "direction", "area_m2", "street_m"),
    "unions": ("tier", "basis", "cutoff_s", "profile", "direction"),
    "coverage": (
        *("subdistrict", "name", "tier", "basis", "cutoff_s", "homes", "homes_covered", "unknown"),
        *("people_low", "people", "people_high", "covered_low", "covered", "covered_high"),
        *("share_low", "share", "share_high"),
    ),
    "gaps": (
        *("gap_id", "rank", "tier", "subdistrict", "subdistrict_name", "homes", "people_low", "people", "people_high"),
        *("mean_excess_s", "nearest_name", "nearest_s", "cause", "explanation_zh", "explanation_en", "lon", "lat"),
        *("rank_low", "rank_high", "second_cause", "barrier_kind", "barrier_name", "barred_s", "link_id"),
        *("suggestion_zh", "suggestion_en"),
    ),
    "missing_links": (
        *("link_id", "rank", "tier", "gap_id", "kind", "length_m", "rise_m", "people_low", "people", "people_high"),
        *("saved_s", "explanation_zh", "explanation_en"),
    ),
    "routes": (
        *("route_id", "name", "theme", "provenance", "source", "stops", "stops_located"),
        *("seconds", "metres", "ascent_m", "at_least"),
    ),
    "route_stops": ("route_id", "seq", "name", "position_confidence", "located"),
    "vertical_links": (
        *("link_id", "kind", "name", "rise_m", "fee_cny", "opening_hours", "direction", "wheelchair"),
        *("state", "joins", "source", "confidence", "note", "used"),
    ),
}
COUNTS = ("declared", "at_least", "loaded", "candidates", "approximate", "located", "verified")
TABLES: Mapping[str, tuple[str, ...]] = {
    "ledger": ("tier", *COUNTS, "paper", "date"),
    "ledger_by_category": ("category", "name_zh", "name_en", "published", *COUNTS),
    "ledger_by_designation": ("designation", *COUNTS, "paper", "date"),
    "coverage": (
        *("subdistrict", "tier", "basis", "measure", "cutoff_s", "people", "covered"),
        *("share_low", "share", "share_high"),
    ),
    "lights": ("unit_kind", "unit", "name", "light", "score", "explanation_zh", "explanation_en", "missing"),
}
# Tables of the planner: a bundle made without the planner's rules has none, and the map leaves their panel empty.
PANELS: Mapping[str, tuple[str, ...]] = {
    "coverage_by_year": (
        *(
            "year",
            "day",
            "dates",
            "planned",
            "places",
            "subdistrict",
            "tier",
            "basis",
            "measure",
            "cutoff_s",
            "unknown",
        ),
        *("homes", "homes_covered", "people_low", "people", "people_high", "covered_low", "covered", "covered_high"),
        *("share_low", "share", "share_high"),
    ),
    "standards": (
        *("preset", "rule", "name_zh", "name_en", "quantity", "least", "value", "unit", "confirmed", "source", "tier"),
        *("levels", "basis", "measure", "limit_m", "limit_s", "places", "subdistrict", "share_low", "share"),
        *("share_high", "reached", "status", "note_zh", "note_en"),
    ),
    "route_faults": ("route_id", "seq", "fault", "severity", "text_zh", "text_en"),
    "siting": (
        *("tier", "n", "candidate_id", "name", "newly_covered_low", "newly_covered", "newly_covered_high"),
        *("newly_covered_homes", "covered_low", "covered", "covered_high", "share", "mean_min", "minutes"),
        *("existing", "candidates", "status", "gap"),
    ),
    "mobile": ("tier", "week", "candidate_id", "seats", "seats_known", "guests"),
    "mobile_served": (
        *("tier", "neighbourhood_id", "name", "lon", "lat", "homes", "people_low", "people", "people_high", "guests"),
        *("served", "room_ids", "people_in_reach", "why_zh", "why_en", "status", "gap"),
    ),
    "pairing": ("school_id", "category", "base_id", "walk_s", "schools_of_base", "limit", "limit_basis"),
}
# Layers of what may be missing too: routes by leg, heights along them, routes that the tool proposes.
FURTHER: Mapping[str, tuple[str, ...]] = {
    "route_legs": ("route_id", "leg", "from_seq", "to_seq", "seconds", "metres"),
    "route_profile": ("route_id", "leg", "metres", "height_m"),
    "proposed_routes": ("route_id", "name", "theme", "stops", "walk_s", "metres"),
    "proposed_stops": ("route_id", "seq", "name", "position_confidence", "leg_s", "leg_metres"),
}
IDS = ("candidate_id", "neighbourhood_id", "room_ids", "school_id", "base_id")
TEXTS = {"subdistrict": str, "date": str, "unit": str, "day": str, **dict.fromkeys(IDS, str)}
MANIFEST = ("area", "data_date", "profile", "parameters_sha256", "layers", "sources")
TIERS = ("school", "community", "base")


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle in memory: the manifest, layer name -> table with geometry, table name -> table; the planner's apart.

    ``further`` are the layers that a bundle may do without: a missing one has no rows.
    """

    manifest: Mapping[str, Any]
    layers: Mapping[str, gpd.GeoDataFrame]
    tables: Mapping[str, pd.DataFrame]
    panels: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    further: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)


def read_bundle(folder: Path) -> Bundle:
    """Read the layers and tables the map needs.

    Parameters
    ----------
    folder
        What ``servicecircle build --out`` wrote.

    Raises
    ------
    InputError
        With every fault found: no bundle, a broken manifest, a layer or table missing, unreadable or short of a column.
    """
    remedy = REBUILD.format(folder=folder)
    manifest = _manifest(folder, remedy)
    faults: list[Fault] = []
    layers = {name: _layer(folder, name, columns, remedy, faults) for name, columns in LAYERS.items()}
    tables = {name: _table(folder, name, columns, remedy, faults) for name, columns in TABLES.items()}
    panels = {name: _panel(folder, name, columns) for name, columns in PANELS.items()}
    further = {name: _further(folder, name, columns) for name, columns in FURTHER.items()}
    _count(manifest, {**layers, **further}, remedy, faults)
    _tiers(layers, remedy, faults)
    if faults:
        raise InputError(faults)
    return Bundle(manifest, layers, tables, panels, further)


def _manifest(folder: Path, remedy: str) -> Mapping[str, Any]:
    path = folder / "manifest.json"
    if not path.is_file():
        raise InputError([Fault("no bundle here: there is no manifest.json", remedy, value=str(folder))])
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError([Fault("not readable as JSON", remedy, file=path.name, value=str(error))]) from error
    if not isinstance(manifest, dict):
        raise InputError([Fault("not a JSON object", remedy, file=path.name)])
    absent = [key for key in MANIFEST if key not in manifest]
    if absent:
        raise InputError([Fault("entry missing", remedy, file=path.name, column=key) for key in absent])
    return manifest


def _layer(folder: Path, name: str, columns: tuple[str, ...], remedy: str, faults: list[Fault]) -> gpd.GeoDataFrame:
    path = folder / "layers" / f"{name}.parquet"
    if not path.is_file():
        faults.append(Fault("layer missing", remedy, file=path.name))
        return gpd.GeoDataFrame()
    try:
        layer = gpd.read_parquet(path)
    except (OSError, ValueError, KeyError, TypeError, NotImplementedError) as error:
        faults.append(Fault("layer not readable as GeoParquet", remedy, file=path.name, value=str(error)))
        return gpd.GeoDataFrame()
    _columns(layer, path.name, columns, remedy, faults)
    if layer.crs is None or layer.crs.to_epsg() != 4326:  # noqa: PLR2004
        faults.append(Fault("layer not in EPSG:4326", remedy, file=path.name, value=str(layer.crs)))
    return layer


def _table(folder: Path, name: str, columns: tuple[str, ...], remedy: str, faults: list[Fault]) -> pd.DataFrame:
    path = folder / "tables" / f"{name}.csv"
    if not path.is_file():
        faults.append(Fault("table missing", remedy, file=path.name))
        return pd.DataFrame()
    try:
        table = pd.read_csv(path, encoding="utf-8-sig", dtype=TEXTS)
    except (OSError, ValueError) as error:
        faults.append(Fault("table not readable as CSV", remedy, file=path.name, value=str(error)))
        return pd.DataFrame()
    _columns(table, path.name, columns, remedy, faults)
    return table


def _panel(folder: Path, name: str, columns: tuple[str, ...]) -> pd.DataFrame:
    """Read a table of the planner; one that is not there, or is none of this shape, has no rows."""
    faults: list[Fault] = []
    table = _table(folder, name, columns, "", faults)
    return pd.DataFrame(columns=list(columns)) if faults else table


def _further(folder: Path, name: str, columns: tuple[str, ...]) -> gpd.GeoDataFrame:
    """Read a layer that need not be there; one that is none of this shape has no rows."""
    faults: list[Fault] = []
    layer = _layer(folder, name, columns, "", faults)
    return gpd.GeoDataFrame() if faults else layer


def _columns(table: pd.DataFrame, file: str, columns: tuple[str, ...], remedy: str, faults: list[Fault]) -> None:
    faults.extend(Fault("column missing", remedy, file=file, column=c) for c in columns if c not in table.columns)


def _count(
    manifest: Mapping[str, Any], layers: Mapping[str, gpd.GeoDataFrame], remedy: str, faults: list[Fault]
) -> None:
    """Compare rows with the manifest: another number means a layer of another build."""
    listed = {entry["name"]: entry for entry in manifest["layers"]}
    for name, layer in layers.items():
        rows = listed.get(name, {}).get("rows")
        if rows is not None and len(layer.columns) and rows != len(layer):
            faults.append(
                Fault(
                    f"{len(layer)} rows, the manifest says {rows}: layers of two builds", remedy, file=f"{name}.parquet"
                )
            )


def _tiers(layers: Mapping[str, gpd.GeoDataFrame], remedy: str, faults: list[Fault]) -> None:
    """Refuse a tier that the map has no sign for."""
    for name, layer in layers.items():
        if "tier" in layer.columns:
            strange = [tier for tier in layer["tier"].drop_duplicates() if tier not in TIERS]
            faults.extend(
                Fault("unknown tier", remedy, file=f"{name}.parquet", column="tier", value=tier) for tier in strange
            )
