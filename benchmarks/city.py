"""A lattice city of any size: streets, a river with bridges, houses, places and homes, drawn with a fixed seed.

Places take tiers, categories and words from the bundled district's, turn by turn. Nothing of it is data: it is there to
be large.
"""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from servicecircle.crs import WGS84, to_lonlat
from servicecircle.model import Study, Ways

__all__ = ["CRS", "MODELS", "city", "households"]

CRS, CORNER_M, BLOCK_M = "EPSG:32648", (600_000.0, 3_200_000.0), 100.0
MODELS = ("a", "b", "c")
_SUBDISTRICTS = 12
_BESIDE_M = 20.0
_RIVER_M = 60.0
_BRIDGES = 12  # one street in so many crosses the river
_HOUSE_M = 6.0


def city(study: Study, blocks: int, places: int, houses: int, wild: np.random.Generator) -> Study:
    """Return a study of the lattice, with the tiers, categories and words of the bundled district's places."""
    known = study.facilities[study.facilities["located"] | study.facilities["approximate"]]
    rows = known.iloc[np.arange(places) % len(known)].reset_index(drop=True)
    at = along_streets(blocks, places, wild)
    facilities = rows.assign(
        facility_id=[f"P{k:05}" for k in range(places)],
        subdistrict=[f"district {k}" for k in _strip(at, blocks)],
        address=None,
        entrances=None,
        capacity=[str(n) for n in wild.integers(50, 2000, places)],
    ).set_geometry(shapely.points(to_lonlat(at, CRS)), crs=WGS84)
    area, side = study.area, blocks * BLOCK_M
    middle = BLOCK_M * (blocks // 2 + 0.5)
    nothing = {name: getattr(area, name).iloc[:0] for name in ("railways", "stations")}
    river = _boxes(np.array([[middle - _RIVER_M / 2, -BLOCK_M, middle + _RIVER_M / 2, side + BLOCK_M]]))
    width = side / _SUBDISTRICTS
    strips = _boxes(np.array([[k * width, -BLOCK_M, (k + 1) * width, side + BLOCK_M] for k in range(_SUBDISTRICTS)]))
    names = [str(k) for k in range(_SUBDISTRICTS)]
    subdistricts = {"code": names, "name": [f"district {k}" for k in names], "name_en": [f"D{k}" for k in names]}
    return replace(
        study,
        area=replace(
            area,
            crs=CRS,
            boundary=shapely.union_all(strips),
            subdistricts=gpd.GeoDataFrame(subdistricts, geometry=strips, crs=WGS84),
            water=_like(area.water, river).assign(kind="river", name="river"),
            buildings=_like(area.buildings, _houses(blocks, houses, wild)),
            **nothing,
        ),
        ways=lattice(study.ways, blocks),
        terrain=None,
        links=study.links.iloc[:0],
        entrances=study.entrances.iloc[:0],
        facilities=gpd.GeoDataFrame(facilities),
        people=None,
    )


def lattice(like: Ways, blocks: int) -> Ways:
    """Return streets on every line of the lattice, in both directions; most of them end at the river."""
    n = blocks + 1
    x, y = (corner + BLOCK_M * np.arange(n) for corner in CORNER_M)
    lon, lat = to_lonlat(np.column_stack([axis.ravel() for axis in np.meshgrid(x, y)]), CRS).T
    node = np.arange(1, n * n + 1).reshape(n, n)
    bank = blocks // 2 + 1
    lines = list(node.T)
    for k, street in enumerate(node):
        lines += [street] if k % _BRIDGES == 0 else [street[:bank], street[bank:]]
    many = np.array([len(line) for line in lines])
    nodes = pd.DataFrame(index=pd.Index(node.ravel(), name="node_id"), columns=like.nodes.columns, dtype=object)
    ways = pd.DataFrame(
        index=pd.Index(np.arange(1, len(lines) + 1), name="way_id"), columns=like.ways.columns, dtype=object
    )
    nodes, ways = (table.where(table.notna(), None) for table in (nodes, ways))
    return Ways(
        nodes.assign(lon=lon, lat=lat),
        ways.assign(highway="residential"),
        np.concatenate(lines),
        np.r_[0, np.cumsum(many)],
        "2026-01-01",
    )


def along_streets(blocks: int, count: int, wild: np.random.Generator) -> np.ndarray:
    """Draw points up to 20 m beside the streets of the lattice, in metres."""
    along = wild.uniform(0, blocks * BLOCK_M, count)
    across = BLOCK_M * wild.integers(0, blocks + 1, count) + wild.uniform(-_BESIDE_M, _BESIDE_M, count)
    east = wild.random(count) < 0.5  # noqa: PLR2004 -- half of the streets
    return np.where(east[:, None], np.column_stack([along, across]), np.column_stack([across, along])) + CORNER_M


def households(blocks: int, count: int, wild: np.random.Generator) -> gpd.GeoDataFrame:
    """Draw homes, their subdistricts from west to east, and their people by three models."""
    xy = along_streets(blocks, count, wild)
    people = wild.uniform(0.5, 8.0, (len(MODELS), count))
    columns = {
        "demand_id": np.arange(count).astype(str).astype(object),
        "subdistrict": _strip(xy, blocks).astype(str).astype(object),
    }
    columns |= {f"people_{model}": row for model, row in zip(MODELS, people, strict=True)}
    columns["people"] = people.mean(axis=0)
    return gpd.GeoDataFrame(columns, geometry=shapely.points(to_lonlat(xy, CRS)), crs=WGS84)


def _strip(xy: np.ndarray, blocks: int) -> np.ndarray:
    """Return the number of the subdistrict of each point in metres, from west to east."""
    part = (xy[:, 0] - CORNER_M[0]) / (blocks * BLOCK_M) * _SUBDISTRICTS
    return part.astype(int).clip(0, _SUBDISTRICTS - 1)


def _houses(blocks: int, count: int, wild: np.random.Generator) -> np.ndarray:
    """Draw houses in the midst of blocks: who would walk through them walks round."""
    at = BLOCK_M * (wild.integers(0, blocks, (count, 2)) + wild.uniform(0.25, 0.75, (count, 2)))
    return _boxes(np.column_stack([at - _HOUSE_M, at + _HOUSE_M]))


def _boxes(corners_m: np.ndarray) -> np.ndarray:
    """Return west, south, east, north, in metres from the corner of the city, as boxes in degrees."""
    west, south, east, north = corners_m.T
    ring = np.stack([west, south, east, south, east, north, west, north, west, south], axis=1).reshape(-1, 2)
    lonlat = to_lonlat(ring + CORNER_M, CRS).reshape(-1, 5, 2)
    return np.asarray(shapely.polygons(lonlat), dtype=object)


def _like(table: gpd.GeoDataFrame, shapes: np.ndarray) -> gpd.GeoDataFrame:
    """Return a table with the columns of another and no word in them."""
    empty = pd.DataFrame(None, index=pd.RangeIndex(len(shapes)), columns=table.columns.drop("geometry"), dtype=object)
    return gpd.GeoDataFrame(empty, geometry=shapes, crs=WGS84)
