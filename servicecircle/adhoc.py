"""Answers to single questions: a circle round any point, a walk as JSON, the gaps of a bundle."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from servicecircle.crs import to_lonlat
from servicecircle.errors import Fault, InputError, NoWayError
from servicecircle.isochrone import Drawer, Starts
from servicecircle.model import Direction
from servicecircle.pipeline import Streets
from servicecircle.publish.geojson import tidy, written
from servicecircle.publish.tables import rounded_values
from servicecircle.reach import join, node_times
from servicecircle.snapping import Snapped, Snapper
from servicecircle.standing import Standing
from servicecircle.tessellation import Tessellation, build_tessellation
from servicecircle.walk import Walk, refuse_far

__all__ = ["Easel", "circle_at", "read_gaps", "walk_json"]

_GAP_KEYS = [
    "gap_id", "tier", "subdistrict", "subdistrict_name", "rank", "homes", "people_low", "people", "people_high",
    "mean_excess_s", "nearest_facility_id", "nearest_name", "nearest_s", "cause", "second_cause", "barrier_name",
    "link_from_lon", "link_from_lat", "link_to_lon", "link_to_lat", "rank_low", "rank_high", "explanation_zh",
    "explanation_en", "suggestion_zh", "suggestion_en", "lon", "lat",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Easel:
    """What circles round any points of a study have in common, made ready once."""

    streets: Streets
    snapper: Snapper
    standing: Standing
    drawer: Mapping[Direction, Drawer]

    @classmethod
    def of(cls, streets: Streets, snapper: Snapper | None = None, mesh: Tessellation | None = None) -> Easel:
        """Make ready for the walker of the streets; ``snapper`` and ``mesh`` where they are at hand."""
        network, parameters, walker = streets.network, streets.parameters, streets.profile
        if mesh is None:
            mesh = build_tessellation(network, streets.water, parameters.circles)
        snapper = snapper or streets.snapper()
        standing = Standing.of(network, join(network, Snapped.nothing()), streets.prices, walker)
        drawer = {d: Drawer(network, mesh, streets.prices, d, parameters, walker) for d in Direction}
        return cls(streets, snapper, standing, drawer)


def circle_at(
    easel: Easel, point: tuple[float, float], direction: Direction, cutoffs_s: tuple[float, ...] | None = None
) -> str:
    """Return the nested circles round a point as GeoJSON; ``cutoffs_s`` are the study's own by default.

    Raises
    ------
    InputError
        The point is far from any street of the study.
    NoWayError
        The street it is on leads nowhere.
    """
    streets = easel.streets
    parameters, network = streets.parameters, streets.network
    lonlat = np.array([point], dtype=np.float64)
    snapped = easel.snapper.snap(lonlat)
    refuse_far(lonlat, snapped.snap_m, parameters.snap.refuse_m)
    attached = easel.standing.beside(snapped)
    cutoffs = cutoffs_s or parameters.cutoffs_s()
    reached = node_times(attached, np.array([0]), max(cutoffs), direction)
    found = easel.drawer[direction].draw(reached, Starts.of(snapped, attached, np.array([0])), cutoffs).of(0)
    if all(c.area.is_empty for c in found):
        message = f"no street can be reached within {max(cutoffs) / 60:g} minutes: {found[-1].reason}"
        raise NoWayError(message)
    told = {name: np.array([getattr(c, name) for c in found]) for name in ("area_m2", "street_m", "shed_ratio")}
    properties: dict[str, Iterable[object]] = {
        "cutoff_s": rounded_values("cutoff_s", np.array(cutoffs, dtype=np.float64)),
        "profile": [streets.profile.name] * len(found),
        "direction": [direction.value] * len(found),
        **{name: rounded_values(name, values) for name, values in told.items()},
    }
    areas = np.array([to_lonlat(c.area, network.crs) for c in found], dtype=object)
    return written(properties, tidy(areas))


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
