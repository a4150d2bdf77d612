"""The shared mesh that circles are read from: a Delaunay triangulation of the sampled network.

Streets are sampled closely enough that triangles follow them; the ground farther than ``beyond_street_m`` from any
street is filled with points that nobody ever reaches, so that no circle spreads over it. Every circle of a study is a
contour of times on this one mesh.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.spatial import Delaunay, cKDTree
from shapely.geometry.base import BaseGeometry

from servicecircle.arrays import Floats, Ints
from servicecircle.network import WalkNetwork
from servicecircle.parameters import CircleParameters

__all__ = ["Tessellation", "build_tessellation"]

_SAME_PLACE_M = 0.05
_DECK_M = 6.0


@dataclass(frozen=True, slots=True)
class Tessellation:
    """Mesh vertices are network nodes, then street samples, then never-reached points.

    Attributes
    ----------
    xy
        (m, 2) metres.
    node
        Network nodes: the vertex each one stands at (nodes at one place share a vertex).
    sample_edge, sample_share, sample_vertex
        Street samples: their edge, the share of its length from the tail, and their vertex.
    n_street
        Vertices from here on are never reached.
    sides
        (s, 2) vertices of each triangle side, ascending.
    triangle_vertices, triangle_sides
        (t, 3); side ``k`` runs from vertex ``k`` to vertex ``k + 1``, triangles counter-clockwise.
    side_edge, side_part
        The street edge that a side runs along, or -1, and the share of the edge's length from the side's first vertex
        to its second (negative against the edge's direction).
    water
        What no circle may cover: water without the decks of the ways that cross it; None where there is none.
    """

    xy: Floats
    node: Ints
    sample_edge: Ints
    sample_share: Floats
    sample_vertex: Ints
    n_street: int
    sides: Ints
    triangle_vertices: Ints
    triangle_sides: Ints
    side_edge: Ints
    side_part: Floats
    water: BaseGeometry | None


def build_tessellation(network: WalkNetwork, water: BaseGeometry | None, parameters: CircleParameters) -> Tessellation:
    """Build the mesh for a network; ``water`` in the network's metric CRS."""
    edge, share, xy = _samples(network, parameters.sample_m)
    points = np.vstack([network.node_xy, xy])
    street, vertex = _merge(points)
    node, sample_vertex = vertex[: network.n_nodes], vertex[network.n_nodes :]
    mesh_xy = np.vstack([street, _never(street, parameters)])

    triangles = Delaunay(mesh_xy).simplices.astype(np.int64)
    a, b, c = (mesh_xy[triangles[:, k]] for k in range(3))
    clockwise = _cross(b - a, c - a) < 0
    triangles[clockwise] = triangles[clockwise][:, ::-1]
    triangles = triangles[(triangles < len(street)).any(axis=1)]  # among never-reached points no contour passes
    ends = np.stack([triangles, np.roll(triangles, -1, axis=1)], axis=2).reshape(-1, 2)
    sides, which = np.unique(np.sort(ends, axis=1), axis=0, return_inverse=True)
    side_edge, side_part = _side_edges(network, sides, node, edge, share, sample_vertex, len(mesh_xy))
    return Tessellation(
        xy=mesh_xy,
        node=node,
        sample_edge=edge,
        sample_share=share,
        sample_vertex=sample_vertex,
        n_street=len(street),
        sides=sides,
        triangle_vertices=np.asfortranarray(triangles),
        triangle_sides=which.reshape(-1, 3).astype(np.int64),
        side_edge=side_edge,
        side_part=side_part,
        water=_without_decks(network, water),
    )


def _cross(u: Floats, v: Floats) -> Floats:
    return np.asarray(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0])


def _samples(network: WalkNetwork, spacing_m: float) -> tuple[Ints, Floats, Floats]:
    """Points inside every edge: its vertices, and more where those are over ``spacing_m`` apart."""
    start, along, xy = network.vertex_start, network.vertex_along_m, network.vertex_xy
    owner = np.repeat(np.arange(network.n_edges), np.diff(start))
    same = np.flatnonzero(owner[:-1] == owner[1:])
    step = along[same + 1] - along[same]
    pieces = np.maximum(np.ceil(step / spacing_m), 1).astype(np.int64)
    at = np.repeat(same, pieces)
    k = np.arange(len(at)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    part = (k + 1) / np.repeat(pieces, pieces)
    where = along[at] + part * (along[at + 1] - along[at])
    total = network.edges["length_m"].to_numpy()[owner[at]]
    share = np.divide(where, total, out=np.ones(len(at)), where=total > 0)
    inside = share < 1 - 1e-9
    place = xy[at] + part[:, None] * (xy[at + 1] - xy[at])
    return owner[at][inside], share[inside], place[inside]


def _merge(points: Floats) -> tuple[Floats, Ints]:
    """Merge points at one place: the mesh needs distinct vertices; the first of each stays."""
    cell = np.round(points / _SAME_PLACE_M).astype(np.int64)
    _, first, which = np.unique(cell, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return points[first[order]], rank[which.ravel()]


def _never(street: Floats, parameters: CircleParameters) -> Floats:
    """Lay a hexagonal lattice on the ground beyond ``beyond_street_m`` of a street: a belt along it is enough."""
    step, far = parameters.lattice_m, parameters.beyond_street_m + 2 * parameters.lattice_m
    low, high = street.min(axis=0) - far, street.max(axis=0) + far
    rows = np.arange(low[1], high[1] + step, step * np.sqrt(3) / 2)
    columns = np.arange(low[0], high[0] + step, step)
    x, y = np.meshgrid(columns, rows)
    x = x + np.where(np.arange(len(rows)) % 2, step / 2, 0.0)[:, None]
    lattice = np.column_stack([x.ravel(), y.ravel()])
    distance, _ = cKDTree(street).query(lattice, distance_upper_bound=2 * far)
    # samples are sample_m apart: a point this far from both neighbours is beyond the street between them, too
    clear = np.hypot(parameters.beyond_street_m, parameters.sample_m / 2)
    near_enough = (distance >= clear) & (distance <= far)
    corners = np.array([[low[0], low[1]], [high[0], low[1]], [high[0], high[1]], [low[0], high[1]]])
    middle = (low + high) / 2
    return np.vstack([lattice[near_enough], middle + (corners - middle) * 1.5])


def _side_edges(
    network: WalkNetwork, sides: Ints, node: Ints, edge: Ints, share: Floats, vertex: Ints, n_vertices: int
) -> tuple[Ints, Floats]:
    """Find the street edge along which each side runs: consecutive vertices of one edge."""
    every = np.arange(network.n_edges)
    e = np.r_[edge, every, every]
    s = np.r_[share, np.zeros(network.n_edges), np.ones(network.n_edges)]
    v = np.r_[vertex, node[network.tail], node[network.head]]
    order = np.lexsort((s, e))
    e, s, v = e[order], s[order], v[order]
    same = e[:-1] == e[1:]
    pair = np.column_stack([v[:-1][same], v[1:][same]])
    part = np.where(pair[:, 0] < pair[:, 1], 1, -1) * (s[1:] - s[:-1])[same]
    pair = np.sort(pair, axis=1)
    key = sides[:, 0] * n_vertices + sides[:, 1]
    wanted = pair[:, 0] * n_vertices + pair[:, 1]
    at = np.searchsorted(key, wanted)
    at = np.minimum(at, len(key) - 1)
    hit = key[at] == wanted
    found = np.full(len(sides), -1, dtype=np.int64)
    found[at[hit]] = e[:-1][same][hit]
    parts = np.zeros(len(sides))
    parts[at[hit]] = part[hit]
    return found, parts


def _without_decks(network: WalkNetwork, water: BaseGeometry | None) -> BaseGeometry | None:
    if water is None or water.is_empty:
        return None
    start = network.vertex_start
    owner = np.repeat(np.arange(network.n_edges), np.diff(start))
    lines = np.asarray(shapely.linestrings(network.vertex_xy, indices=owner))
    shapely.prepare(water)
    over = lines[shapely.intersects(lines, water)]
    decks = shapely.union_all(shapely.buffer(over, _DECK_M, quad_segs=2))
    return shapely.difference(water, decks)
