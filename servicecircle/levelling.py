"""Heights of a walking network, found as a surveyor levels one: all that is known of them adjusted at once.

A 30 m surface model is right at 100 m and wrong at 20 m. What else is known of a street's height is weak, but there is
much of it: streets are nearly level, flights climb, a bridge clears what passes under it. One robust least squares
takes all of it, and says how sure each height is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from servicecircle.adjustment import Adjustment, adjust, restrict, stack
from servicecircle.arrays import Bools, Floats
from servicecircle.model import Terrain
from servicecircle.parameters import LevellingParameters
from servicecircle.surveying import (
    Plan,
    Points,
    Traits,
    carried,
    clearances,
    decks,
    flights,
    ground,
    known_rises,
    number_points,
    steps,
    tags,
)

__all__ = ["Heights", "Plan", "draw_heights", "level_network"]

_DECIMALS = 3  # millimetres: what differs between machines lies far below


@dataclass(frozen=True, slots=True)
class Heights:
    """Levelled heights of a network, in metres of the terrain's datum.

    Attributes
    ----------
    node_m
        NaN where nothing carries a height.
    node_source
        ``terrain`` (on the ground inside the terrain), ``levelled`` (carried by neighbours), ``none``.
    vertex_m
        One value a row of ``Plan.vertex_lonlat``; at the ends of an edge that of its node.
    rise_sd_m
        Standard deviation of each edge's rise from tail to head; NaN where an end is unknown.
    residual_m
        Levelled minus terrain at each node where the terrain was read, else NaN.
    """

    node_m: Floats
    node_source: np.ndarray
    vertex_m: Floats
    rise_sd_m: Floats
    residual_m: Floats
    _adjustment: Adjustment | None
    _basis: csr_array | None


def level_network(plan: Plan, terrain: Terrain | None, parameters: LevellingParameters) -> Heights:
    """Level a network: first with flights of unknown direction left open, then with the direction so found.

    Heights are those of the ground as the terrain knows it; where it is None, all of them are unknown.

    References
    ----------
    Koch 1999, Parameter Estimation and Hypothesis Testing in Linear Models: adjustment with prior knowledge.

    Examples
    --------
    A street of 97 m on level terrain:

    >>> import pandas as pd
    >>> from servicecircle.ingest.parameters import read_parameters
    >>> lonlat = np.array([[106.55, 29.55], [106.551, 29.55]])
    >>> street = {"kind": "street", "highway": "residential", "bridge": False, "tunnel": False, "layer": 0}
    >>> edges = pd.DataFrame([street | {"length_m": 97.0, "incline": 0, "rise_m": np.nan}])
    >>> along, start = np.array([0.0, 97.0]), np.array([0, 2])
    >>> plan = Plan("EPSG:32648", lonlat, start[:1], start[:1] + 1, edges, lonlat, lonlat, start, along)
    >>> flat = Terrain(np.full((9, 9), 250.0), (106.54, 0.003, 0.0, 29.56, 0.0, -0.003), "EPSG:4326")
    >>> level_network(plan, flat, read_parameters().levelling).node_m.tolist()
    [250.0, 250.0]
    """
    if terrain is None:
        return _unknown(plan)
    traits = Traits.of(plan, parameters)
    points = number_points(plan, traits)
    read, read_m = ground(traits, points, terrain, parameters)
    reach = carried(plan, traits, points, read_m)
    if not reach.any():
        return _unknown(plan)
    always = stack(
        read,
        steps(plan, traits, points, parameters),
        *decks(plan, traits, points, parameters),
        clearances(plan, traits, points, parameters),
        tags(plan, traits, points, parameters),
    )
    last = (np.arange(len(points)) < len(plan.node_lonlat))[reach]

    def level(up: Floats, near: Floats | None) -> tuple[Adjustment, Floats]:
        by_direction = flights(plan, traits, points, up, parameters), known_rises(plan, traits, points, up, parameters)
        seen = restrict(stack(always, *by_direction), reach)
        found = adjust(seen, last, parameters.rounds, parameters.settled_m, near)
        height = np.full(len(points), np.nan)
        height[reach] = found.x
        return found, height

    found, height = level(traits.incline, None)
    climb = np.sign(np.nan_to_num(height[plan.head] - height[plan.tail]))
    found, height = level(np.where(traits.incline != 0.0, traits.incline, climb), found.x)
    return _heights(plan, points, height, read_m, reach, found, parameters.unknown_sd_m)


def draw_heights(heights: Heights, n: int, seed: int) -> Floats:
    """Draw ``n`` sets of errors of the vertices' heights, (n, vertices) metres; NaN where the height is unknown.

    What is near in the network errs alike: the errors are those of the observations, carried through the adjustment.
    The same seed gives the same draws.
    """
    if heights._adjustment is None or heights._basis is None:  # noqa: SLF001
        return np.full((n, len(heights.vertex_m)), np.nan)
    errors = heights._basis @ heights._adjustment.draws(n, seed)  # noqa: SLF001
    errors[np.isnan(heights.vertex_m)] = np.nan
    return np.ascontiguousarray(errors.T)


def _unknown(plan: Plan) -> Heights:
    nodes, vertices, edges = (np.full(len(of), np.nan) for of in (plan.node_lonlat, plan.vertex_xy, plan.tail))
    return Heights(nodes, np.full(len(nodes), "none", dtype=object), vertices, edges, nodes.copy(), None, None)


def _heights(
    plan: Plan, points: Points, height: Floats, read: Floats, reach: Bools, found: Adjustment, unknown_sd_m: float
) -> Heights:
    """Say of every node, vertex and edge what was found; what is too unsure is unknown."""
    nodes = len(plan.node_lonlat)
    number = np.cumsum(reach) - 1
    joined = np.flatnonzero(reach[plan.tail] & reach[plan.head])
    variance, rise_variance = found.variances(number[plan.tail[joined]], number[plan.head[joined]])
    spread = np.full(nodes, np.inf)
    spread[reach[:nodes]] = np.sqrt(variance[: reach[:nodes].sum()])
    sure = spread <= unknown_sd_m

    height = height.round(_DECIMALS)
    node = np.where(sure, height[:nodes], np.nan)
    both = sure[plan.tail] & sure[plan.head]
    rise_sd = np.full(len(plan.tail), np.nan)
    rise_sd[joined] = np.sqrt(rise_variance)
    # between an end that is known and one that is not, vertices are known on ground whose height was read
    inner = points.own & (points.column >= nodes)
    known = both[points.edge]
    known[inner] |= np.isfinite(read[points.column[inner]]) & (sure[plan.tail] | sure[plan.head])[points.edge[inner]]
    ends = points.own & ~inner
    vertex = points.basis @ np.where(reach, np.nan_to_num(height), 0.0)
    vertex = np.where(known, vertex, np.nan)
    vertex[ends] = node[points.column[ends]]
    source = np.where(np.isfinite(read[:nodes]), "terrain", "levelled")
    return Heights(
        node_m=node,
        node_source=np.where(sure, source, "none").astype(object),
        vertex_m=vertex,
        rise_sd_m=np.where(both, rise_sd, np.nan),
        residual_m=node - read[:nodes],
        _adjustment=found,
        _basis=csr_array(points.basis[:, reach]),
    )
