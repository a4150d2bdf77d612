"""From levelled heights to what each edge climbs, and how sure that is."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from servicecircle.arrays import Bools, Floats, Ints
from servicecircle.levelling import Heights, Plan
from servicecircle.pace import steps
from servicecircle.parameters import Parameters

__all__ = ["RISE_COLUMNS", "add_rises", "climbs"]

RISE_COLUMNS = (
    "ascent_m", "descent_m", "flight_m", "steps", "steps_estimated", "height_source", "rise_sd_m", "residual_m",
    "confidence",
)  # fmt: skip
_STRAIGHT = ("stairs", "lift", "escalator", "cableway")  # these do not roll


def add_rises(plan: Plan, heights: Heights, parameters: Parameters) -> pd.DataFrame:
    """Return the edges with their rise along the edge and how it is known.

    ``height_source``: ``register`` (a published rise), ``terrain`` (both ends on the ground), ``levelled`` (an end off
    the ground), ``assumed`` (stairs of a tagged direction where no height is known: a usual grade), ``none``.
    ``flight_m`` is what the whole flight of stairs climbs. ``residual_m`` is the larger difference between levelled
    height and terrain at the ends. ``confidence`` is ``high``, ``medium``, ``low`` by spread and residual.
    """
    edges, tail, head, sure = plan.edges, plan.tail, plan.head, parameters.heights
    kind, length = edges["kind"].to_numpy(), edges["length_m"].to_numpy()
    given = edges["rise_m"].to_numpy()
    found = heights.node_m[head] - heights.node_m[tail]
    # a published rise has no direction: belts and lifts lead from the lower end to the higher
    told = np.isfinite(given)
    rise = np.where(told, np.copysign(given, np.where(np.isfinite(found), found, given)), found)
    rise[(kind == "lift") & ~told] = np.nan  # two storeys at one place: terrain knows nothing of them
    sign = edges["incline"].to_numpy(dtype=np.float64)
    assumed = (kind == "stairs") & np.isnan(rise) & (sign != 0)
    rise[assumed] = (sign * parameters.pace.stairs_grade * length)[assumed]

    up, down = climbs(heights.vertex_m, plan.vertex_start)
    # a link that somebody adds tires nobody on the stairs of the map
    stairs = (kind == "stairs") & (edges["osm_way_id"] >= 0).to_numpy()
    straight = np.isin(kind, _STRAIGHT)
    up, down = np.where(straight, np.fmax(rise, 0), up), np.where(straight, np.fmax(-rise, 0), down)
    unknown = np.isnan(rise)
    counted = edges["step_count"].to_numpy(dtype=np.float64)
    estimated = np.where(kind == "stairs", steps(length, rise, parameters.pace), 0.0)
    source, none = heights.node_source, np.isnan(found)
    ground = (source[tail] == "terrain") & (source[head] == "terrain")
    known = [told, assumed, none | unknown, ground]
    residual = np.fmax(np.abs(heights.residual_m[tail]), np.abs(heights.residual_m[head]))
    spread = np.where(told, 0.0, heights.rise_sd_m)
    doubt = [unknown | assumed, told, (spread <= sure.high_sd_m) & ~(residual > sure.doubt_m)]
    doubt += [(spread <= sure.medium_sd_m) & ~(residual > sure.doubt_m)]
    runs = edges["runs"].map({"up": 1.0, "down": -1.0}).to_numpy(dtype=np.float64) * np.sign(rise)
    return edges.assign(
        rise_m=rise,
        belt=np.where(np.nan_to_num(runs) != 0, runs, edges["belt"]).astype(np.int64),
        ascent_m=np.where(unknown, np.nan, up),
        descent_m=np.where(unknown, np.nan, down),
        flight_m=_flights(tail, head, stairs, np.where(unknown, parameters.pace.stairs_grade * length, np.abs(rise))),
        steps=np.where(np.isfinite(counted), counted, estimated),
        steps_estimated=(kind == "stairs") & ~np.isfinite(counted),
        height_source=np.select(known, ["register", "assumed", "none", "terrain"], "levelled"),
        rise_sd_m=np.where(unknown | assumed, np.nan, spread),
        residual_m=residual,
        confidence=np.select(doubt, ["none", "high", "high", "medium"], "low"),
    )


def climbs(vertex_m: Floats, start: Ints) -> tuple[Floats, Floats]:
    """Metres up and down along each edge, over all its vertices; NaN where a height is unknown.

    Examples
    --------
    >>> climbs(np.array([0.0, 5.0, 3.0, 1.0, 1.0]), np.array([0, 3, 5]))
    (array([5., 0.]), array([2., 0.]))
    """
    step = np.diff(vertex_m, append=np.nan)
    owner = np.repeat(np.arange(len(start) - 1), np.diff(start))
    inside = np.ones(len(step), dtype=bool)
    inside[start[1:] - 1] = False
    up, down = (np.bincount(owner[inside], np.maximum(way * step[inside], 0), len(start) - 1) for way in (1, -1))
    return np.asarray(up, dtype=np.float64), np.asarray(down, dtype=np.float64)


def _flights(tail: Ints, head: Ints, which: Bools, climb: Floats) -> Floats:
    """Climb of the flight that each stairs edge is part of: edges that continue each other, two at a node.

    Where three flights meet each begins anew. Other edges have their own climb.
    """
    stairs = np.flatnonzero(which)
    flight = climb.copy()
    if not len(stairs):
        return flight
    node = np.concatenate([tail[stairs], head[stairs]])
    edge = np.concatenate([np.arange(len(stairs))] * 2)
    order = np.argsort(node, kind="stable")
    node, edge = node[order], edge[order]
    _, first, count = np.unique(node, return_index=True, return_counts=True)
    two = first[count == 2]  # noqa: PLR2004
    links = coo_array((np.ones(len(two)), (edge[two], edge[two + 1])), shape=(len(stairs), len(stairs)))
    label = connected_components(links, directed=False)[1]
    flight[stairs] = np.bincount(label, climb[stairs])[label]
    return flight
