"""The shared mesh that circles are read from: a constrained triangulation of the sampled network.

Every piece of street is a side of triangles, and so is the edge of the ground: what lies within ``beyond_street_m`` of
a street and is not water. Nobody ever reaches a point of that edge, so that no circle passes it. Every circle of a
study is a contour of times on this one mesh.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from servicecircle.arrays import Floats, Ints
from servicecircle.beads import SAME_PLACE_M, string_beads
from servicecircle.network import WalkNetwork
from servicecircle.parameters import CircleParameters
from servicecircle.settling import Small
from servicecircle.triangulation import triangulate

__all__ = ["Tessellation", "build_tessellation"]

_DECK_M = 6.0
_SIMPLER_M = 0.7  # the edge of the ground is simplified by this


@dataclass(frozen=True, slots=True)
class Tessellation:
    """Mesh vertices are places on streets, then points on the edge of the ground, which are never reached.

    Attributes
    ----------
    xy
        (m, 2) metres.
    bead_start, bead_edge, bead_share, bead_vertex
        Edge ``e`` runs through the beads ``bead_start[e]`` to ``bead_start[e + 1]``, its ends included: the share of
        its length from its tail, and the vertex.
    n_street
        Vertices from here on are never reached.
    around_start, around
        Vertex ``v < n_street`` has sides (its *spokes*) to the vertices from ``around[around_start[v]]`` to
        ``around[around_start[v + 1]]``, counter-clockwise.
    around_rim
        The spoke from the next neighbour to this one: the third side of the triangle left of a spoke; -1 where the next
        neighbour is never reached.
    around_bead
        Twice the bead from which the next one of its edge is at the other end of a spoke, and 1 more where the spoke
        runs towards the edge's head; -1: no street.
    unmatched
        Pieces of street or of the ground's edge that are no side of a triangle: they overlap with others.
    """

    xy: Floats
    bead_start: Ints
    bead_edge: Small
    bead_share: Floats
    bead_vertex: Small
    n_street: int
    around_start: Ints
    around: Small
    around_rim: Small
    around_bead: Small
    unmatched: int


def build_tessellation(network: WalkNetwork, water: BaseGeometry | None, parameters: CircleParameters) -> Tessellation:
    """Build the mesh for a network as it is mapped; ``water`` in the network's metric CRS."""
    network = network.mapped
    beads = string_beads(network, parameters.sample_m)
    edge, edge_ring = _ground_edge(network, water, parameters)
    xy, vertex = _merge(np.vstack([beads.xy, edge]))
    bead_vertex, edge_vertex = vertex[: len(beads.xy)], vertex[len(beads.xy) :]
    n_street = int(bead_vertex.max(initial=-1)) + 1
    string = np.flatnonzero(beads.edge[:-1] == beads.edge[1:])
    ring = np.flatnonzero(edge_ring[:-1] == edge_ring[1:])
    pieces = np.vstack([np.column_stack([v[k], v[k + 1]]) for v, k in ((bead_vertex, string), (edge_vertex, ring))])
    real = pieces[:, 0] != pieces[:, 1]
    triangles, left = triangulate(xy, pieces[real])
    spoke, start = _spokes(xy, triangles, n_street)
    keys = spoke[:, 0] * len(xy) + spoke[:, 1]
    order = np.argsort(keys)
    following = np.r_[spoke[1:, 1], 0]
    following[start[1:] - 1] = spoke[start[:-1], 1]
    street = string[real[: len(string)]]
    tail, head = (
        bead_vertex[street][::-1],
        bead_vertex[street + 1][::-1],
    )  # of pieces on one spot the first is written last
    around_bead = np.full(len(spoke), -1, dtype=np.int32)
    for a, b, up in ((tail, head, 1), (head, tail, 0)):
        at = _find(keys, order, a * len(xy) + b)
        around_bead[at[at >= 0]] = (2 * street[::-1] + up)[at >= 0]
    return Tessellation(
        xy=xy,
        bead_start=beads.start,
        bead_edge=beads.edge.astype(np.int32),
        bead_share=beads.share,
        bead_vertex=bead_vertex.astype(np.int32),
        n_street=n_street,
        around_start=start,
        around=spoke[:, 1].astype(np.int32),
        around_rim=_find(keys, order, following * len(xy) + spoke[:, 1]).astype(np.int32),
        around_bead=around_bead,
        unmatched=len(left),
    )


def _spokes(xy: Floats, triangles: Ints, n_street: int) -> tuple[Ints, Ints]:
    """Sides from each street vertex, counter-clockwise from the east, and where those of each vertex start."""
    spoke = np.vstack([triangles[:, [k, (k + 1) % 3]] for k in range(3)])
    spoke = spoke[spoke[:, 0] < n_street]
    run = xy[spoke[:, 1]] - xy[spoke[:, 0]]
    spoke = spoke[np.lexsort((np.arctan2(run[:, 1], run[:, 0]), spoke[:, 0]))]
    start = np.searchsorted(spoke[:, 0], np.arange(n_street + 1)).astype(np.int64)
    return spoke, start


def _find(keys: Ints, order: Ints, wanted: Ints) -> Ints:
    """Return where each wanted key is, -1 where it is not; ``order`` sorts the keys."""
    at = order[np.minimum(np.searchsorted(keys, wanted, sorter=order), len(keys) - 1)]
    return np.asarray(np.where(keys[at] == wanted, at, -1), dtype=np.int64)


def _merge(points: Floats) -> tuple[Floats, Ints]:
    """Merge points at one place: the mesh needs distinct vertices; the first of each stays."""
    cell = np.round(points / SAME_PLACE_M).astype(np.int64)
    cell -= cell.min(axis=0)
    _, first, which = np.unique(
        cell[:, 0] * (cell[:, 1].max() + 1) + cell[:, 1], return_index=True, return_inverse=True
    )
    order = np.argsort(first)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return points[first[order]], rank[which.ravel()]


def _ground_edge(network: WalkNetwork, water: BaseGeometry | None, parameters: CircleParameters) -> tuple[Floats, Ints]:
    """Points along the edge of the ground, close enough that triangles follow it, and the ring each belongs to."""
    owner = np.repeat(np.arange(network.n_edges), np.diff(network.vertex_start))
    lines = np.asarray(shapely.linestrings(network.vertex_xy, indices=owner))
    # where a street is reached from both ends and not between, a piece of it at most is walked over
    far = np.sqrt(
        max(parameters.beyond_street_m**2 - (parameters.sample_m / 2) ** 2, parameters.beyond_street_m**2 / 4)
    )
    simpler = min(_SIMPLER_M, far / 8)
    ground = shapely.simplify(shapely.union_all(shapely.buffer(lines, far - simpler, quad_segs=2)), simpler)
    if water is not None and not water.is_empty:
        ground = shapely.difference(ground, _without_decks(lines, water))
    ground = shapely.segmentize(ground, 1.5 * parameters.sample_m)
    return shapely.get_coordinates(shapely.get_rings(shapely.get_parts(ground)), return_index=True)


def _without_decks(lines: np.ndarray, water: BaseGeometry) -> BaseGeometry:
    shapely.prepare(water)
    over = lines[shapely.intersects(lines, water)]
    decks = shapely.union_all(shapely.buffer(over, _DECK_M, quad_segs=2))
    return shapely.difference(water, decks)
