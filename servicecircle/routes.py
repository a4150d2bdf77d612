"""Study routes traced on the network, in their published order."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import MultiLineString, Point

from servicecircle.errors import InputError, NoWayError
from servicecircle.walk import Walk, Walker

__all__ = ["place_stops", "trace_routes"]


def place_stops(stops: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the stops as points in their order; a stop without a position stays in the list."""
    placed = stops["lon"].notna() & stops["lat"].notna()
    geometry = gpd.points_from_xy(stops["lon"], stops["lat"]).copy()
    geometry[~placed.to_numpy()] = None
    table = gpd.GeoDataFrame(stops.drop(columns=["lon", "lat"]), geometry=geometry, crs="EPSG:4326")
    return table.assign(located=placed.to_numpy()).sort_values(["route_id", "seq"], ignore_index=True)


def trace_routes(
    walker: Walker, routes: pd.DataFrame, stops: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Walk every leg between consecutive located stops.

    Returns
    -------
    tuple
        The routes (seconds, metres, ascent of the legs that could be walked; a MultiLineString, empty where none
        could), and one row a leg: route_id, leg, from_seq, to_seq, seconds, metres, ascent_m, problem. A leg over an
        unlocated stop joins its located neighbours and says which stops it skips.
    """
    rows: list[dict[Hashable, Any]] = []
    legs: list[dict[str, Any]] = []
    for route in routes.to_dict("records"):
        own = stops[stops["route_id"] == route["route_id"]]
        placed = own[own["located"]]
        walked: list[Walk] = []
        for k, (a, b) in enumerate(zip(placed.iloc[:-1].itertuples(), placed.iloc[1:].itertuples(), strict=True)):
            walk, problem = _leg(walker, a.geometry, b.geometry)
            skipped = [str(s) for s in own[(own["seq"] > a.seq) & (own["seq"] < b.seq)]["name"]]
            gap = f"unlocated stops between: {', '.join(skipped)}" if skipped else ""
            note = "; ".join(text for text in (problem, gap) if text)
            walked += [walk] if walk else []
            legs.append(
                {
                    "route_id": route["route_id"],
                    "leg": k + 1,
                    "from_seq": a.seq,
                    "to_seq": b.seq,
                    "seconds": walk.seconds if walk else np.nan,
                    "metres": walk.metres if walk else np.nan,
                    "ascent_m": walk.ascent_m if walk and walk.ascent_m is not None else np.nan,
                    "problem": note,
                }
            )
        ascents = [w.ascent_m for w in walked]
        rows.append(
            route
            | {
                "stops": len(own),
                "stops_located": len(placed),
                "seconds": sum(w.seconds for w in walked) if walked else np.nan,
                "metres": sum(w.metres for w in walked) if walked else np.nan,
                "ascent_m": sum(a for a in ascents if a is not None) if walked and None not in ascents else np.nan,
                "geometry": MultiLineString([w.geometry for w in walked]) if walked else None,
            }
        )
    columns = [*routes.columns, "stops", "stops_located", "seconds", "metres", "ascent_m", "geometry"]
    traced = gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry="geometry", crs="EPSG:4326")
    leg_columns = ["route_id", "leg", "from_seq", "to_seq", "seconds", "metres", "ascent_m", "problem"]
    return traced, pd.DataFrame(legs, columns=leg_columns)


def _leg(walker: Walker, start: Point, end: Point) -> tuple[Walk | None, str]:
    try:
        return walker.walk((start.x, start.y), (end.x, end.y)), ""
    except (NoWayError, InputError) as error:
        return None, str(error)
