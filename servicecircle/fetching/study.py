"""A study folder from an OpenStreetMap file, in the schema of data/geo: written whole, or not at all."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Container
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from servicecircle.entrances import find_entrances
from servicecircle.errors import Fault, InputError
from servicecircle.fetching import layers
from servicecircle.fetching.area import Area
from servicecircle.fetching.coast import Sea, require_land, sea_of
from servicecircle.fetching.folder import (
    all_or_nothing,
    write_categories,
    write_head,
    write_outlines,
    write_people,
    write_table,
    write_text,
)
from servicecircle.fetching.ledger import unknowns, write_ledger
from servicecircle.fetching.links import links_of
from servicecircle.fetching.places import EXCLUDED, places_of
from servicecircle.fetching.subdistricts import Parts, parts_of
from servicecircle.fetching.terrain import clip_terrain
from servicecircle.hours import is_day
from servicecircle.ingest.amenities import read_amenities
from servicecircle.ingest.entrances import read_entrances
from servicecircle.ingest.facilities import read_categories, read_facilities
from servicecircle.ingest.links import LINK_COLUMNS, read_links
from servicecircle.ingest.osm import read_osm
from servicecircle.ingest.osm_clip import Wanted, clip_osm, extent_of_osm, file_date
from servicecircle.ingest.osm_places import PlaceMapping
from servicecircle.ingest.osm_things import Thing, read_things
from servicecircle.ingest.parameters import read_parameters
from servicecircle.ingest.study import read_study
from servicecircle.ingest.tags import WALK_KEYS
from servicecircle.ingest.text_table import read_text_table
from servicecircle.ingest.walkable import apply_rules, load_rules
from servicecircle.model import Progress, Variant, Ways
from servicecircle.publish.geojson import feature_collection
from servicecircle.publish.study_area import write_ways
from servicecircle.scene import places_in
from servicecircle.streets import build_streets

__all__ = ["Wishes", "fetch_study", "wanted_tags"]

_LIFTS = {"highway": ["elevator"]}
_FACILITIES = "facilities.csv"
_BELOW_HEADER = 2
_PERSONAL = "personal"  # such a number is not repeated in the list of what was left out


@dataclass(frozen=True, slots=True)
class Wishes:
    """What else a study is made of.

    ``source`` is what the ledger calls the map: a file, a service. ``people`` live in the area, as ``people_source``
    says; None: nobody says. ``date`` is for a file that does not say its own.
    """

    mapping: PlaceMapping
    source: str
    terrain: Path | None = None
    people: float | None = None
    people_source: str = ""
    date: str = ""


def wanted_tags(mapping: PlaceMapping) -> dict[str, list[str] | bool]:
    """Return the tags of everything but ways that a study is made of: key to values, True for any."""
    wanted: dict[str, list[str] | bool] = {}
    levels = {"admin_level": [str(level) for level in mapping.parts.levels]}
    for key, values in (*layers.LAYER_TAGS.items(), *_LIFTS.items(), *levels.items(), *mapping.wanted().items()):
        known = wanted.get(key, [])
        wanted[key] = True if isinstance(known, bool) or isinstance(values, bool) else sorted({*known, *values})
    return wanted


def fetch_study(source: Path, area: Area, out: Path, wishes: Wishes, progress: Progress) -> dict[str, Any]:
    """Make a study folder of an area; return its ledger, which is also written into it.

    Parameters
    ----------
    source
        OpenStreetMap file that covers the area, as ``osm_clip.clip_osm`` reads it.
    out
        A new folder. It appears when all of it is there.

    Raises
    ------
    InputError
        The file or the terrain cannot be read or does not cover the area, it lies in the sea, or no street is in it.
    """
    with all_or_nothing(out) as folder, tempfile.TemporaryDirectory(prefix="servicecircle-") as scratch:
        progress.step("cutting")
        cut = Path(scratch) / "cut.osm.pbf"
        wanted: Wanted = {**wanted_tags(wishes.mapping), **dict.fromkeys(WALK_KEYS, True)}
        seen = clip_osm(source, area.bounds, wanted, cut)
        sea = sea_of(seen.coast, area.reach)
        require_land(sea, area)
        ways = _ways(cut, seen.ways, source, area, wishes)
        things = read_things(cut, [*wanted])
        parts = parts_of(things, seen.boundaries, area, sea.shape, wishes.mapping.parts)
        progress.step("layers")
        counts, excluded = _fill(folder, things, ways, area, wishes, parts, sea)
        share = None
        if wishes.terrain is not None:
            progress.step("terrain")
            share = clip_terrain(wishes.terrain, area.reach, area.crs, folder / "terrain.tif")
        progress.step("checking")
        excluded = pd.concat([excluded, _drop_far_places(folder)]).sort_values(list(EXCLUDED))
        write_table(excluded, folder / "excluded.csv")
        counts["facilities"] = len(_read(folder / _FACILITIES))
        counts["excluded"] = len(excluded)
        terrain = None if wishes.terrain is None else {"file": wishes.terrain.name, "share_with_height": share}
        about = {
            "map": wishes.source,
            "data_date": ways.data_date,
            "terrain": terrain,
            "people": {"number": wishes.people, "source": wishes.people_source},
            "subdistricts": parts.about(),
            "counts": counts,
            "unknown": unknowns(share, wishes.people, seen.trimmed, [*parts.unknown, *sea.unknown(area)]),
        }
        return write_ledger(folder, area, about)


def _ways(cut: Path, near: Container[int], source: Path, area: Area, wishes: Wishes) -> Ways:
    try:
        ways = read_osm(cut, near)
    except InputError as error:
        if not any("no way" in fault.problem for fault in error.faults):
            raise
        west, south, east, north = extent_of_osm(source)
        here = shapely.intersects(shapely.box(west, south, east, north), area.reach)
        problem = "no street in the area" if here else "the area lies outside of the map"
        remedy = "is it in the sea, or beyond the edge of the file? Longitude comes first"
        value = f"the file covers {west:.4f},{south:.4f},{east:.4f},{north:.4f}"
        raise InputError([Fault(problem, remedy, wishes.source, value=value)]) from error
    kept, _ = apply_rules(ways, load_rules())
    if not len(kept.ways):
        raise InputError([Fault("no street in the area that people may walk on", "take a larger area", wishes.source)])
    date = file_date(source) or ways.data_date or wishes.date
    if not is_day(date):
        remedy = "say of which day the map is: --date 2026-04-26"
        raise InputError([Fault("the file does not say of which day it is", remedy, wishes.source)])
    return Ways(ways.nodes, ways.ways, ways.refs, ways.offsets, date)


def _fill(
    folder: Path, things: list[Thing], ways: Ways, area: Area, wishes: Wishes, parts: Parts, sea: Sea
) -> tuple[dict[str, int], pd.DataFrame]:
    """Write everything that the map gives; return how much of it there is, and what was left out."""
    write_head(folder, area, ways.data_date, _sources(ways.data_date, area, wishes))
    write_categories(folder, wishes.mapping.categories)
    write_outlines(folder, area, parts.table)
    write_people(folder, area, parts.table, wishes.people)
    write_ways(ways, folder)
    drawn = {
        "buildings": layers.buildings_of(things, area.reach),
        "water": pd.concat([layers.water_of(things, area.reach), sea.rows()], ignore_index=True),
        "railways": layers.railways_of(things, area.reach),
        "stations": layers.stations_of(things, area.reach),
    }
    for name, layer in drawn.items():
        write_text(feature_collection(layer), folder / f"{name}.geojson")
    places = places_of(things, wishes.mapping, area.reach, area.crs)
    rows = places.rows.assign(subdistrict=parts.of(places.rows))
    categories = read_categories(folder / "categories.toml")
    extent = ways.extent
    tables: dict[str, tuple[pd.DataFrame, Callable[[Path], object]]] = {
        "facilities": (rows, lambda path: read_facilities(path, categories, extent)),
        "entrances": (layers.entrances_of(things, area.reach), lambda path: read_entrances(path, extent)),
        "amenities": (layers.amenities_of(things, area.reach), lambda path: read_amenities(path, extent)),
        "vertical_links": (
            links_of(things, ways, area.reach),
            lambda path: read_links(read_text_table(path, LINK_COLUMNS, may_be_empty=True)),
        ),
    }
    counts = {"nodes": len(ways.nodes), "ways": len(ways.ways), **{name: len(layer) for name, layer in drawn.items()}}
    excluded = [places.excluded]
    for name, (table, read) in tables.items():
        left = _write_sound(table, folder / f"{name}.csv", read)
        counts[name] = len(table) - len(left)
        excluded.append(left)
    if not counts["facilities"]:
        problem = "no place of the mapping is in the area, or none has a name"
        raise InputError([Fault(problem, "take a larger area, or widen the rules with --mapping", wishes.source)])
    return counts, pd.concat(excluded, ignore_index=True)


def _write_sound(table: pd.DataFrame, path: Path, read: Callable[[Path], object]) -> pd.DataFrame:
    """Write the rows that the study's own reader takes; return the others with what it says of them."""
    write_table(table, path)
    reasons: dict[int, str] = {}
    try:
        read(path)
    except InputError as error:
        reasons = {fault.row - _BELOW_HEADER: _reason(fault) for fault in reversed(error.faults) if fault.row}
        if len(table) and not reasons:
            raise
    rows = sorted(reasons)
    write_table(table.drop(index=table.index[rows]), path)
    bad, why = table.iloc[rows], [reasons[row] for row in rows]
    names = ["" if _PERSONAL in reason else name for name, reason in zip(bad["name"], why, strict=True)]
    return pd.DataFrame({"source_file": bad["source"], "name": names, "reason": why}, columns=list(EXCLUDED))


def _reason(fault: Fault) -> str:
    return "beyond the streets of the study" if fault.column == "lon, lat" else fault.problem


def _drop_far_places(folder: Path) -> pd.DataFrame:
    """Read the study as ``build`` will, and take out the places that no street leads to."""
    study, parameters = read_study(folder), read_parameters()
    snapper = build_streets(study, parameters, load_rules()).snapper()
    placed = places_in(study.facilities, Variant())
    entrances = find_entrances(placed, study.entrances, study.area.buildings, snapper.streets, study.area.crs)
    away_m = snapper.snap(entrances.lonlat, entrances.layer, entrances.street).snap_m
    far = placed.iloc[np.unique(entrances.owner[~(away_m <= parameters.snap.refuse_m)])]
    if len(far):
        table = _read(folder / _FACILITIES)
        kept = table[~table["facility_id"].isin(far["facility_id"])]
        if kept.empty:
            problem = f"no place of the area is within {parameters.snap.refuse_m:.0f} m of its streets"
            raise InputError([Fault(problem, "take a larger area")])
        write_table(kept, folder / _FACILITIES)
    reason = f"no walkable street within {parameters.snap.refuse_m:.0f} m"
    return pd.DataFrame({"source_file": far["source"], "name": far["name"], "reason": reason})


def _read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def _sources(date: str, area: Area, wishes: Wishes) -> list[dict[str, str]]:
    """Return the sources of a study: the map, and where they are others, the outline, the heights, the people."""
    found = [
        {
            "id": "osm",
            "title": "OpenStreetMap: streets, paths, stairs, lifts, buildings, water, railways, places",
            "date": date,
            "licence": "ODbL-1.0",
            "attribution": "© OpenStreetMap contributors",
            "note": f"from {wishes.source}; every place is a candidate",
        }
    ]
    from_map = wishes.people_source.startswith("OpenStreetMap")
    asked = "as given by the office that made the study"
    others = [
        ("boundary", f"Outline of the area: {area.source}", not area.source.startswith("OpenStreetMap")),
        ("terrain", f"Heights: {wishes.terrain.name if wishes.terrain else ''}", wishes.terrain is not None),
        ("people", f"People: {wishes.people_source}", wishes.people is not None and not from_map),
    ]
    found += [
        {"id": key, "title": title, "date": "undated", "licence": asked, "attribution": asked}
        for key, title, given in others
        if given
    ]
    return found
