"""Homes and places on one straight street: every distance is a difference, every walk takes a second a metre."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import geopandas as gpd
import numpy as np
import pandas as pd

from servicecircle.crs import WGS84
from servicecircle.shares import Nearest
from tests.town import lonlat

MODELS = ("a", "b")
NAMES = {"1": "西城街道", "2": "东城街道"}


def homes(at: list[float], codes: list[str], people: Mapping[str, list[float]]) -> gpd.GeoDataFrame:
    """Homes at metres along the street, in subdistricts, with people by model."""
    table = {"demand_id": [f"h{k}" for k in range(len(at))], "subdistrict": codes}
    table |= {f"people_{m}": people[m] for m in MODELS} | {"people": np.mean([people[m] for m in MODELS], axis=0)}
    points = gpd.points_from_xy(*zip(*(lonlat(x, 0.0) for x in at), strict=True))
    return gpd.GeoDataFrame(table, geometry=points, crs=WGS84)


def places(*rows: dict[str, object]) -> gpd.GeoDataFrame:
    """Located, loaded places at ``x`` metres along the street; ``x`` None is nowhere."""
    plain = {
        "kind": "community", "tier": "community", "status": "loaded", "subdistrict": None, "level": None,
        "located": True, "approximate": False, "designations": None, "batch": None, "open_from": None, "open_to": None,
    }  # fmt: skip
    table = pd.DataFrame([plain | {"facility_id": f"P{k}", "name": f"P{k}"} | row for k, row in enumerate(rows)])
    at = table.pop("x").to_numpy(dtype=float)
    table["located"] &= ~table["approximate"] & np.isfinite(at)
    lon, lat = (np.array([lonlat(x, 0.0)[k] if np.isfinite(x) else np.nan for x in at]) for k in (0, 1))
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(lon, lat), crs=WGS84)


def reach(home_x: list[float], place_x: list[float], wall: float | None = None) -> dict[str, Nearest]:
    """Metres and seconds from homes to places; nobody walks past a wall."""
    home, place = np.array(home_x, dtype=float), np.array(place_x, dtype=float)
    metres = np.abs(place[:, None] - home[None, :])
    walk = metres.copy()
    if wall is not None:
        walk[(place[:, None] < wall) != (home[None, :] < wall)] = np.inf
    return {"radius": partial(_nearest, metres), "level": partial(_nearest, metres), "walk": partial(_nearest, walk)}


def _nearest(apart: np.ndarray, rows: np.ndarray, limit: float = np.inf) -> tuple[np.ndarray, np.ndarray]:
    """Return the least of the chosen rows, and which, of every column: -1 where none is reached."""
    chosen = np.flatnonzero(rows)
    if not len(chosen):
        return np.full(apart.shape[1], np.inf), np.full(apart.shape[1], -1)
    best = apart[chosen].min(axis=0)
    best = np.where(best <= limit, best, np.inf)
    return best, np.where(np.isfinite(best), chosen[apart[chosen].argmin(axis=0)], -1)
