"""Streets drawn by hand: corners in metres, ways through them with OpenStreetMap tags."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
import pandas as pd

from servicecircle.ingest.draft import Draft, TagColumns, build_ways
from servicecircle.ingest.parameters import read_parameters
from servicecircle.model import Terrain, Variant, Ways
from servicecircle.network import WalkNetwork, build_network
from servicecircle.parameters import Parameters
from servicecircle.prices import EdgeSeconds, edge_seconds
from servicecircle.walk import Walker
from tests.town import CRS, ORIGIN, lonlat

PARAMETERS = read_parameters()
NUMBERS = ["from_lon", "from_lat", "to_lon", "to_lat", "rise_m", "ride_s", "wait_s", "fee_cny"]
REGISTER = ["link_id", "osm_type", "osm_id", *NUMBERS, "opening_hours", "direction", "wheelchair", "state", "kind"]
STREET = "highway=residential"

Corners = Mapping[int, tuple[float, float]]


def row(*x: float) -> dict[int, tuple[float, float]]:
    """Corners 1, 2, ... on a line from west to east."""
    return {k: (metres, 0.0) for k, metres in enumerate(x, 1)}


def draw(corners: Corners, *lines: tuple[str, str], nodes: Mapping[int, str] | None = None) -> Ways:
    """Ways 1, 2, ...: each the corners it runs through ("1 2 3") and its tags ("highway=steps incline=up")."""
    refs = [[int(corner) for corner in through.split()] for through, _ in lines]
    at = np.array([lonlat(*corners[k]) for k in corners])
    draft = Draft(
        node_file="nodes",
        way_file="ways",
        node_ids=np.array(list(corners), dtype=np.int64),
        lon=at[:, 0],
        lat=at[:, 1],
        way_ids=np.arange(1, len(lines) + 1),
        refs=np.array([k for through in refs for k in through], dtype=np.int64),
        counts=np.array([len(through) for through in refs]),
        node_tags=_columns(nodes or {}),
        way_tags=_columns({k: tags for k, (_, tags) in enumerate(lines, 1)}),
    )
    return build_ways(draft, "2026-01-01")


def register(**links: str) -> pd.DataFrame:
    """Vertical links by name: what each is in the map and what is known of it ("way=3 fee_cny=2 state=closed")."""
    rows = []
    for name, text in links.items():
        known = _tags(text)
        osm = next((key for key in ("way", "node") if key in known), "")
        rows.append({"link_id": name, "osm_type": osm, "osm_id": int(known.pop(osm, -1)), **known})
    table = pd.DataFrame(rows, columns=REGISTER)
    numbers = {column: pd.to_numeric(table[column]) for column in NUMBERS}
    return table.assign(**numbers).astype({"osm_id": np.int64})


def network(
    ways: Ways,
    links: pd.DataFrame | None = None,
    terrain: Terrain | None = None,
    parameters: Parameters = PARAMETERS,
) -> WalkNetwork:
    """Build the network of hand-drawn ways."""
    return build_network(ways, CRS, terrain, register() if links is None else links, parameters)


def price(net: WalkNetwork, profile: str = "adult", *, paid: bool | None = None) -> EdgeSeconds:
    """Seconds of every edge for a profile."""
    return edge_seconds(net, PARAMETERS, Variant(profile=profile, paid=paid))


def walker(net: WalkNetwork, profile: str = "adult", *, paid: bool | None = None) -> Walker:
    """Somebody who walks these streets."""
    return Walker(net, price(net, profile, paid=paid), PARAMETERS.walker(profile), small_pieces(PARAMETERS))


def small_pieces(parameters: Parameters) -> Parameters:
    """Return the same, but doors open on pieces of network of any size."""
    snap = parameters.snap.model_copy(update={"min_component_nodes": 1})
    return parameters.model_copy(update={"snap": snap})


def plane(height_m: float = 200.0, east: float = 0.0, north: float = 0.0, cell_m: float = 10.0) -> Terrain:
    """Terrain of 4 km x 4 km round the corners: a plane that rises by ``east`` and ``north`` metres a metre."""
    side = int(4000 / cell_m)
    x = (np.arange(side) + 0.5) * cell_m - 2000.0
    y = 2000.0 - (np.arange(side) + 0.5) * cell_m
    heights = height_m + east * x[None, :] + north * y[:, None]
    return Terrain(heights, (ORIGIN[0] - 2000.0, cell_m, 0.0, ORIGIN[1] + 2000.0, 0.0, -cell_m), CRS)


def with_heights(terrain: Terrain, heights: np.ndarray) -> Terrain:
    """Return the same cells with other heights."""
    return dataclasses.replace(terrain, heights_m=heights)


def _tags(text: str) -> dict[str, str]:
    return dict(pair.split("=") for pair in text.split())


def _columns(tagged: Mapping[int, str]) -> TagColumns:
    columns: TagColumns = {}
    for k, text in tagged.items():
        for key, value in _tags(text).items():
            columns.setdefault(key, {})[k] = value
    return columns
