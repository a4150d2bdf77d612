"""Which layers and tables a bundle holds, and which columns each publishes."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from servicecircle.coverage import DISTRICT
from servicecircle.crs import WGS84
from servicecircle.pipeline import Results

__all__ = ["bundle_layers", "bundle_tables", "layer_licence"]

_NETWORK = [
    "edge_id", "osm_way_id", "kind", "highway", "name", "length_m", "rise_m", "ascent_m", "descent_m", "steps",
    "forward_s", "backward_s", "bridge", "tunnel", "layer", "height_source", "rise_sd_m", "residual_m", "confidence",
    "link_id",
]  # fmt: skip
_FACILITIES = [
    "facility_id", "kind", "tier", "category", "category_zh", "category_en", "name", "subdistrict", "address",
    "status", "status_reason", "source", "position_source", "position_confidence", "located", "approximate", "licence",
    "redistributable", "designations", "level", "batch", "open_from", "open_to", "access",
    "opening_hours", "capacity", "website", "relations", "note", "snap_m", "snap_far",
    "snap_height_m", "snap_flag", "entrance_reason", "n_entrances", "inside_area",
    "n_school_900", "n_community_900", "n_base_900", "people_900_low", "people_900", "people_900_high", "area_900_m2",
    "terrain_loss", "people_radius", "people_level_900", "area_radius_m2", "area_level_900_m2", "detour_loss",
    "geometry",
]  # fmt: skip
_PLANNERS = (
    "choices", "standards", "communities", "lights", "light_items", "coverage_by_year", "targets",
)  # fmt: skip
_LINKS = [
    "link_id", "kind", "name", "rise_m", "length_m", "fee_cny", "opening_hours", "direction", "wheelchair", "state",
    "joins", "source", "confidence", "note", "used", "geometry",
]  # fmt: skip


def layer_licence(name: str) -> tuple[str, str]:
    """Return the licence and attribution of a layer."""
    if name == "facilities":
        return "mixed: column licence", "column source"
    if name == "entrances":
        return "mixed: as of the facility", "column source of layer facilities"
    if name in {"subdistricts", "coverage"}:
        return "mixed: sources in this manifest", "sources in this manifest"
    return "ODbL-1.0", "© OpenStreetMap contributors"


def bundle_layers(results: Results) -> dict[str, gpd.GeoDataFrame]:
    """Return every layer by name, EPSG:4326, columns in their published order."""
    area = results.streets.study.area
    outline = gpd.GeoDataFrame(
        {"id": [area.id], "name_zh": [area.name_zh], "name_en": [area.name_en]}, geometry=[area.boundary], crs=WGS84
    )
    demand = results.homes.drop(columns=["floor_m2"], errors="ignore")
    first = [
        "demand_id", "kind", "subdistrict", "people_low", "people", "people_high", "street_m", "nearest_school_s",
        "nearest_community_s", "nearest_base_s", "n_school_900", "n_community_900", "n_base_900", "n_categories_900",
    ]  # fmt: skip
    rest = [c for c in demand.columns if c not in first and c != "geometry"]
    return {
        "area": outline,
        "subdistricts": area.subdistricts,
        "water": area.water,
        "railways": area.railways,
        "stations": area.stations,
        "buildings": area.buildings,
        "network": _network(results),
        "facilities": results.facilities[_FACILITIES],
        "entrances": results.entrances,
        "isochrones": results.isochrones,
        "unions": results.unions,
        "coverage": _coverage(results),
        "demand": demand[[*first, *rest, "geometry"]],
        "gaps": results.gaps,
        "missing_links": results.missing_links,
        "routes": results.routes,
        "route_stops": results.stops,
        "route_legs": results.legs,
        "route_profile": results.route_profile,
        "proposed_routes": results.proposals.routes,
        "proposed_stops": results.proposals.stops,
        "vertical_links": _links(results),
    }


def bundle_tables(results: Results) -> dict[str, pd.DataFrame]:
    """Return every table by name."""
    ledger, demand = results.ledger, results.demand
    declared = pd.DataFrame(
        [
            {
                "of": d.of,
                "count": d.count,
                "at_least": d.at_least,
                "wording": d.wording,
                "paper": d.paper,
                "date": d.date,
            }
            for d in results.streets.study.declared
        ],
        columns=["of", "count", "at_least", "wording", "paper", "date"],
    )
    return {
        "ledger": ledger.tiers,
        "ledger_by_category": ledger.by_category,
        "ledger_by_designation": ledger.by_designation,
        "declared": declared,
        "coverage": results.coverage,
        "certainty": results.certainty,
        "schools": results.schools,
        "gaps": pd.DataFrame(results.gaps.drop(columns=["geometry"])),
        "route_legs": pd.DataFrame(results.legs.drop(columns=["geometry"])),
        "route_faults": results.route_faults,
        "proposals": results.proposals.schools,
        "siting": results.where_next.siting,
        "mobile": results.where_next.mobile,
        "mobile_served": results.where_next.mobile_served,
        "pairing": results.where_next.pairing,
        "population_hold_out": demand.hold_out,
        "footprint_completeness": demand.completeness,
        "walkable": results.streets.walkable,
        "missing_links": pd.DataFrame(results.missing_links.drop(columns=["geometry"])),
        "population_figures": demand.figures,
        "population_ages": demand.ages,
    } | _assessment(results)


def _assessment(results: Results) -> dict[str, pd.DataFrame]:
    """Return the planner's tables; that of room to spare only where places say how many they can take."""
    assessment = results.assessment
    if assessment is None:
        return {}
    tables = {name: getattr(assessment, name) for name in _PLANNERS}
    roomy = len(assessment.catchments.columns) > 1
    return tables | ({"catchments": assessment.catchments} if roomy else {})


def _network(results: Results) -> gpd.GeoDataFrame:
    network, prices = results.streets.network, results.streets.prices
    owner = np.repeat(np.arange(network.n_edges), np.diff(network.vertex_start))
    lines = shapely.linestrings(network.vertex_lonlat, indices=owner)
    table = network.edges.assign(
        forward_s=np.where(np.isfinite(prices.forward_s), prices.forward_s, np.nan),
        backward_s=np.where(np.isfinite(prices.backward_s), prices.backward_s, np.nan),
    )
    return gpd.GeoDataFrame(table[_NETWORK], geometry=lines, crs=WGS84)


def _coverage(results: Results) -> gpd.GeoDataFrame:
    """Put together walking coverage by subdistrict, with the radius and level shares beside it."""
    keys = ["subdistrict", "tier", "basis", "cutoff_s"]
    table = results.coverage[results.coverage["subdistrict"] != DISTRICT]
    walk = table[table["measure"] == "walk"].drop(columns=["measure"])
    for measure in ("level", "radius"):
        other = table[table["measure"] == measure].rename(columns={"share": f"share_{measure}"})
        walk = walk.merge(other[[*keys, f"share_{measure}"]], on=keys, how="left")
    last = walk[walk["cutoff_s"] == results.streets.parameters.coverage.cutoff_s]
    shapes = results.streets.study.area.subdistricts.set_index("code").geometry
    return gpd.GeoDataFrame(last, geometry=shapes.reindex(last["subdistrict"]).to_numpy(), crs=WGS84)


def _links(results: Results) -> gpd.GeoDataFrame:
    links, network = results.streets.study.links, results.streets.network
    usable = np.isfinite(results.streets.prices.forward_s) | np.isfinite(results.streets.prices.backward_s)
    used = set(network.edges.loc[usable, "link_id"].dropna())
    points = gpd.points_from_xy(links["from_lon"], links["from_lat"])
    ends = links[["from_lon", "from_lat", "to_lon", "to_lat"]].to_numpy(dtype=np.float64)
    shapes = [
        shapely.LineString([row[:2], row[2:]]) if np.isfinite(row).all() and (row[:2] != row[2:]).any() else point
        for row, point in zip(ends, points, strict=True)
    ]
    table = links.assign(used=links["link_id"].isin(used))[_LINKS[:-1]]
    return gpd.GeoDataFrame(table, geometry=[None if shape.is_empty else shape for shape in shapes], crs=WGS84)
