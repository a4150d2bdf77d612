"""Answers to single questions: a circle round any point, a walk as JSON, the gaps of a bundle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from servicecircle.crs import WGS84
from servicecircle.errors import Fault, InputError, NoWayError
from servicecircle.isochrone import Drawer, Starts
from servicecircle.model import Direction
from servicecircle.pipeline import Streets
from servicecircle.publish.geojson import feature_collection, tidy
from servicecircle.publish.tables import rounded
from servicecircle.reach import attach, node_times
from servicecircle.snapping import Snapper
from servicecircle.tessellation import Tessellation, build_tessellation
from servicecircle.walk import Walk, refuse_far

__all__ = ["circle_at", "read_gaps", "walk_json"]

_GAP_KEYS = [
    "gap_id", "tier", "subdistrict", "subdistrict_name", "rank", "homes", "people_low", "people", "people_high",
    "mean_excess_s", "nearest_facility_id", "nearest_name", "nearest_s", "cause", "second_cause", "barrier_name",
    "link_from_lon", "link_from_lat", "link_to_lon", "link_to_lat", "rank_low", "rank_high", "explanation_zh",
    "explanation_en", "suggestion_zh", "suggestion_en", "lon", "lat",
]  # fmt: skip


def circle_at(
    streets: Streets,
    point: tuple[float, float],
    direction: Direction,
    cutoffs_s: tuple[float, ...] | None = None,
    ready: tuple[Snapper, Tessellation] | None = None,
) -> str:
    """Return the nested circles round a point as GeoJSON.

    ``cutoffs_s`` are the study's own by default; ``ready`` spares who asks often the making of snapper and mesh.

    Raises
    ------
    InputError
        The point is far from any street of the study.
    NoWayError
        The street it is on leads nowhere.
    """
    parameters, network = streets.parameters, streets.network
    lonlat = np.array([point], dtype=np.float64)
    snapper, mesh = ready or (
        streets.snapper(),
        build_tessellation(network, streets.water, parameters.circles),
    )
    snapped = snapper.snap(lonlat)
    refuse_far(lonlat, snapped.snap_m, parameters.snap.refuse_m)
    attached = attach(network, streets.prices, snapped, streets.profile)
    cutoffs = cutoffs_s or parameters.cutoffs_s()
    reached = node_times(attached, np.array([0]), max(cutoffs), direction)
    drawer = Drawer(network, mesh, streets.prices, direction, parameters, streets.profile)
    found = drawer.draw(reached, Starts.of(snapped, attached, np.array([0])), cutoffs).of(0)
    if all(c.area.is_empty for c in found):
        message = f"no street can be reached within {max(cutoffs) / 60:g} minutes: {found[-1].reason}"
        raise NoWayError(message)
    table = pd.DataFrame(
        {
            "cutoff_s": [c.cutoff_s for c in found],
            "profile": streets.profile.name,
            "direction": direction.value,
            "area_m2": [c.area_m2 for c in found],
            "street_m": [c.street_m for c in found],
            "shed_ratio": [c.shed_ratio for c in found],
        }
    )
    areas = gpd.GeoSeries([c.area for c in found], crs=network.crs).to_crs(WGS84)
    return feature_collection(gpd.GeoDataFrame(rounded(table), geometry=tidy(areas.to_numpy()), crs=WGS84))


def walk_json(walk: Walk, streets: Streets) -> dict[str, Any]:
    """Return a walk in the shape of ``walk --json``."""

    def metre(value: float | None) -> float | None:
        return None if value is None else round(value, 2) + 0.0  # no minus zero

    return {
        "reachable": True,
        "profile": streets.profile.name,
        "seconds": round(walk.seconds, 2),
        "metres": round(walk.metres, 2),
        "ascent_m": metre(walk.ascent_m),
        "descent_m": metre(walk.descent_m),
        "steps": walk.steps,
        "steps_estimated": walk.steps_estimated,
        "legs": [
            {
                "kind": leg.kind,
                "name": leg.name,
                "seconds": round(leg.seconds, 2),
                "metres": round(leg.metres, 2),
                "rise_m": metre(leg.rise_m),
                "ascent_m": metre(leg.ascent_m),
                "descent_m": metre(leg.descent_m),
                "steps": leg.steps,
                "link_id": leg.link_id,
            }
            for leg in walk.legs
        ],
        "geometry": json.loads(shapely.to_geojson(shapely.transform(walk.geometry, lambda xy: np.round(xy, 7)))),
        "data_date": streets.study.area.data_date,
        "parameters_sha256": streets.parameters.sha256(),
    }


def read_gaps(bundle: Path, tier: str | None) -> list[dict[str, Any]]:
    """Read the gaps of a bundle, worst first.

    Raises
    ------
    InputError
        The folder holds no bundle.
    """
    path = bundle / "layers" / "gaps.geojson"
    try:
        features = json.loads(path.read_text("utf-8"))["features"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        remedy = "run `servicecircle build` first, or give the folder of a bundle"
        raise InputError([Fault("no bundle with gaps here", remedy, value=str(bundle))]) from error
    rows = [{key: f["properties"].get(key) for key in _GAP_KEYS} for f in features]
    return [row for row in rows if tier is None or row["tier"] == tier]
