"""Rooms that could become a place: those of the registry, or any table of a planner."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from servicecircle.coverage import in_basis
from servicecircle.crs import WGS84
from servicecircle.errors import Fault, InputError
from servicecircle.ingest.geojson import read_geojson
from servicecircle.ingest.text_table import Extent, TextTable, read_positions, read_text_table
from servicecircle.model import LOCATED, Kind, Status, Tier
from servicecircle.parameters import SitingParameters

__all__ = ["CANDIDATES", "as_places", "read_candidates", "registry_candidates"]

CANDIDATES = ["candidate_id", "name", "kind", "lon", "lat", "capacity"]
"""Columns of a table of candidates; ``capacity`` in people at one time, missing where nobody knows."""

_NEEDED, _OPTIONAL = ("name", "lon", "lat"), ("candidate_id", "kind", "capacity")
_PREFIX = "candidate:"


def read_candidates(path: Path, extent: Extent) -> pd.DataFrame:
    """Read candidates from a CSV or GeoJSON file: ``name, lon, lat``; if wanted ``candidate_id, kind, capacity``.

    Rows without an id are called ``row-2`` by their line (``feature-1`` in a GeoJSON). Other columns of a CSV file
    begin with ``x_``; other properties of a GeoJSON are not read.

    Parameters
    ----------
    path
        A UTF-8 CSV file, or a FeatureCollection of points (``.geojson``, ``.json``).
    extent
        Bounds of the walking network: a candidate outside it is a fault.

    Returns
    -------
    pd.DataFrame
        Columns of ``CANDIDATES``, in the order of their ids.

    Raises
    ------
    InputError
        All faults of the file: no position, outside the network, an id given twice, a capacity that is no number.
    """
    features = path.suffix.lower() in {".geojson", ".json"}
    table = _features(path) if features else read_text_table(path, _NEEDED, _OPTIONAL)
    cells = table.cells
    table.check(cells["name"].str.strip() == "", "name", "no name", "give each candidate a name")
    lon, lat = read_positions(table, extent)
    table.check((cells["lon"] == "") & (cells["lat"] == ""), "lon, lat", "no position", "give lon and lat (WGS-84)")
    capacity = table.numbers("capacity")
    table.check(capacity <= 0, "capacity", "no room for anybody", "give people at one time; empty where unknown")
    given = (cells["candidate_id"] != "").to_numpy()
    if given.any():
        table.check_id("candidate_id")
    word = "feature" if features else "row"
    ids = np.where(given, cells["candidate_id"], [f"{word}-{row:06}" for row in cells.index])
    table.done()
    columns = {"candidate_id": ids, "name": cells["name"].str.strip(), "kind": cells["kind"].replace("", None)}
    found = pd.DataFrame(columns | {"lon": lon, "lat": lat, "capacity": capacity})
    return found.sort_values("candidate_id", ignore_index=True)[CANDIDATES]


def _features(path: Path) -> TextTable:
    """Return the points of a GeoJSON as the rows of a table, by their number."""
    layer = read_geojson(path, ("candidate_id", "name", "kind", "capacity"))
    wrong = np.flatnonzero(shapely.get_type_id(layer.geometry.to_numpy()) != shapely.GeometryType.POINT)
    if len(wrong):
        remedy = "give points: of a building its door"
        raise InputError([Fault(f"feature {k + 1} is no point", remedy, path.name) for k in wrong])
    if not len(layer):
        raise InputError([Fault("no features", "add at least one point", path.name)])
    cells = pd.DataFrame(layer.drop(columns=["geometry"])).map(lambda v: "" if v is None or v is pd.NA else str(v))
    cells["lon"], cells["lat"] = layer.geometry.x.map(repr), layer.geometry.y.map(repr)
    cells.index = pd.RangeIndex(1, len(cells) + 1, name="row")
    return TextTable(path.name, cells)


def registry_candidates(
    places: gpd.GeoDataFrame, tier: Tier, parameters: SitingParameters, *, approximate: bool = False
) -> pd.DataFrame:
    """Return the rooms of the registry that are no place of the tier yet, with their row in ``places``.

    Parameters
    ----------
    places
        The placed facilities of a scene.
    approximate
        Count rooms, too, whose position is only roughly known.

    Returns
    -------
    pd.DataFrame
        Columns of ``CANDIDATES`` and ``place``, in the order of their ids.
    """
    venue = (places["kind"] == Kind.VENUE) & places["category"].isin(parameters.venue_categories)
    known = in_basis(places, "all") if approximate else places["located"].to_numpy(dtype=bool)
    chosen = (places["kind"].isin(parameters.kinds) | venue) & (places["tier"] != tier) & known
    rows = places[chosen]
    table = pd.DataFrame(
        {
            "candidate_id": rows["facility_id"].to_numpy(),
            "name": rows["name"].to_numpy(),
            "kind": rows["kind"].to_numpy(),
            "lon": rows.geometry.x.to_numpy(),
            "lat": rows.geometry.y.to_numpy(),
            "capacity": pd.to_numeric(rows["capacity"], errors="coerce").to_numpy(dtype=np.float64),
            "place": np.flatnonzero(chosen),
        }
    )
    return table.sort_values("candidate_id", ignore_index=True)


def as_places(candidates: pd.DataFrame, facilities: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return candidates as further places of no tier, in the columns of the facilities."""
    own = pd.DataFrame(
        {
            "facility_id": _PREFIX + candidates["candidate_id"],
            "kind": Kind.VENUE.value,
            "tier": "",
            "name": candidates["name"],
            "status": Status.CANDIDATE.value,
            "position_confidence": LOCATED[1],
            "located": True,
            "approximate": False,
            "row": np.arange(1, len(candidates) + 1),
        }
    )
    rest = [c for c in facilities.columns if c not in own and c != "geometry"]
    blank = pd.DataFrame(None, own.index, rest, dtype=object)
    at = shapely.points(candidates[["lon", "lat"]].to_numpy(dtype=np.float64))
    return gpd.GeoDataFrame(pd.concat([own, blank], axis=1), geometry=at, crs=WGS84)
