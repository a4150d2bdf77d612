"""A small made-up town between two rivers, written as a bundle: every layer and table the map reads."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pandas as pd

from tests.maps import town_ground, town_panels, town_results, town_routes
from tests.maps.town_ground import EAST, NORTH, SOUTH, WEST, Name


def write_town(folder: Path, name: Name = str, *, planned: bool = False) -> Path:
    """Write the bundle; ``name`` may turn every free text, ``planned`` adds the planner's tables."""
    (folder / "layers").mkdir(parents=True)
    (folder / "tables").mkdir()
    layers: dict[str, gpd.GeoDataFrame] = {
        "area": town_ground.area(name),
        "subdistricts": town_ground.subdistricts(name),
        "water": town_ground.water(name),
        "railways": town_ground.railways(name),
        "stations": town_ground.stations(name),
        "buildings": town_ground.buildings(name),
        "network": town_ground.network(name),
        "facilities": town_results.facilities(name),
        "entrances": town_panels.entrances(name),
        "isochrones": town_results.isochrones(name),
        "unions": town_results.unions(),
        "coverage": town_results.coverage(name),
        "gaps": town_results.gaps(name),
        "missing_links": town_results.missing_links(name),
        "routes": town_results.routes(name),
        "route_stops": town_results.stops(name),
        "vertical_links": town_results.links(name),
    }
    facilities = layers["facilities"]
    particulars = pd.DataFrame([town_panels.particulars(name, i) for i in range(len(facilities))])
    layers["facilities"] = facilities.assign(**{column: particulars[column] for column in particulars})
    layers |= town_routes.layers(name) if planned else {}
    for layer, frame in layers.items():
        frame.to_parquet(folder / "layers" / f"{layer}.parquet")
    panels = town_panels.tables(name) if planned else {}
    for table, rows in {**town_results.tables(name), **panels}.items():
        pd.DataFrame(rows).to_csv(folder / "tables" / f"{table}.csv", index=False, encoding="utf-8-sig")
    manifest = {
        "bundle_version": "1",
        "servicecircle_version": "0.1.0",
        "area": {
            "id": "town",
            "name_zh": name("江城"),
            "name_en": name("River Town"),
            "bbox": [WEST, SOUTH, EAST, NORTH],
        },
        "data_date": name("2026-04-26"),
        "profile": name("adult"),
        "parameters": {},
        "parameters_sha256": "0" * 64,
        "layers": [{"name": layer, "rows": len(frame)} for layer, frame in layers.items()],
        "sources": [
            {
                "id": "osm",
                "title": name("OpenStreetMap"),
                "date": "2026",
                "licence": "ODbL-1.0",
                "attribution": name("© OSM"),
            }
        ],
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")
    return folder
