"""The loops that draw: where the line at which seconds pass a cutoff crosses the sides of the mesh."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from servicecircle.arrays import Floats, Ints
from servicecircle.compiled import compiled
from servicecircle.rings import find_shells, trace, write_down
from servicecircle.settling import Small
from servicecircle.wavefront import (
    Levels,
    add_walked,
    clear_group,
    level_vertices,
    list_edges,
    open_group,
    seconds_at,
    walked_to,
)

__all__ = ["Mesh", "Places", "Rings", "Scratch", "Town", "draw_groups"]

# A contour keeps this far from the ends of a side, so that a vertex is never on the line.
_CLEAR_M = 0.02
# Where a street is crossed by a reached one of another storey, this much of it lies under the other's area.
_STUB_M = 0.5


class Mesh(NamedTuple):
    """Arrays of a tessellation; see there. ``beyond_m``: how far off a street an area may reach."""

    xy: Floats
    n_street: int
    bead_start: Ints
    bead_edge: Small
    bead_share: Floats
    bead_vertex: Small
    around_start: Ints
    around: Small
    around_rim: Small
    around_bead: Small
    beyond_m: float


class Town(NamedTuple):
    """Edges: their ends, metres, and seconds onwards from the tail (``leave``) and back from the head (``enter``).

    Node ``n`` is an end of the edges ``at[at_start[n]:at_start[n + 1]]``.
    """

    tail: Ints
    head: Ints
    metres: Floats
    leave: Floats
    enter: Floats
    at_start: Ints
    at: Ints


class Places(NamedTuple):
    """Groups: nodes reached with their seconds, and starts (edge, share of its length, seconds to get there).

    Group ``g`` reaches the nodes from ``node_start[g]`` to ``node_start[g + 1]``, and has the starts from
    ``first_start[g]`` to ``first_start[g + 1]``.
    """

    node_start: Ints
    node: Ints
    seconds: Floats
    first_start: Ints
    start_edge: Ints
    start_share: Floats
    start_s: Floats


class Scratch(NamedTuple):
    """Room to work in: by node, vertex, edge, start and spoke; then by crossing; then by ring."""

    node_s: Floats
    level: Levels
    vertices: Ints
    seen: Ints
    listed: Ints
    edge_start: Ints
    next_start: Ints
    slot: Ints
    here: Ints
    crossed: Ints
    leaves: Ints
    cut: Floats
    ring_first: Ints
    ring_area: Floats
    ring_box: Floats
    ring_shell: Ints


class Rings(NamedTuple):
    """What is drawn: ring ``r`` runs through ``xy[first[r]:first[r + 1]]``, closed, land on its left.

    ``area`` is positive for shells, negative for the holes in them, which follow them; ``group`` and ``cutoff`` say
    whose ring it is; ``walked`` (groups, cutoffs) are metres of street.
    """

    xy: Floats
    first: Ints
    area: Floats
    group: Ints
    cutoff: Ints
    walked: Floats


@compiled
def draw_groups(
    mesh: Mesh, town: Town, places: Places, scratch: Scratch, cutoffs: Floats, begin: int, ring: int, rings: Rings
) -> tuple[int, int]:
    """Draw the groups from ``begin`` on at every cutoff (ascending), until all are done or the output is full.

    Returns the first group that is not done, and the number of rings.
    """
    (
        mesh_xy,
        n_street,
        bead_start,
        bead_edge,
        bead_share,
        bead_vertex,
        around_start,
        around,
        around_rim,
        around_bead,
        beyond_m,
    ) = mesh
    tail, head, metres, leave, enter, at_start, at = town
    node_start, node, seconds, first_start, start_edge, start_share, start_s = places
    (
        node_s,
        level,
        vertices,
        seen,
        listed,
        edge_start,
        next_start,
        slot,
        here,
        crossed,
        leaves,
        cut,
        ring_first,
        ring_area,
        ring_box,
        ring_shell,
    ) = scratch
    xy, first, area, ring_group, ring_cutoff, walked = rings
    groups = len(first_start) - 1
    for group in range(begin, groups):
        kept = ring
        open_group(group, node_start, node, seconds, first_start, start_edge, node_s, edge_start, next_start)
        edges = list_edges(group, node_start, node, first_start, start_edge, len(node_s), at_start, at, seen, listed)
        add_walked(
            listed, edges, cutoffs, tail, head, metres, leave, enter, node_s, edge_start, next_start, start_share,
            start_s, walked, group,
        )  # fmt: skip
        count = level_vertices(
            listed, edges, cutoffs, tail, head, leave, enter, node_s, edge_start, next_start, start_share, start_s,
            bead_start, bead_share, bead_vertex, level, vertices,
        )  # fmt: skip
        for k in range(len(cutoffs)):
            crossings = _find_crossings(
                k, level, vertices, count, around_start, around, around_rim, slot, here, crossed, leaves
            )
            # a ring has three crossings at least, and its first point twice
            if first[ring] + 2 * crossings > len(xy) or ring + crossings >= len(area):
                clear_group(
                    group, node_start, node, first_start, start_edge, node_s, edge_start, level, vertices, count
                )
                return group, kept
            _cut_spokes(
                cutoffs[k],
                crossings,
                here,
                crossed,
                mesh_xy,
                n_street,
                around,
                around_bead,
                bead_edge,
                bead_share,
                beyond_m,
                tail,
                head,
                leave,
                enter,
                node_s,
                edge_start,
                next_start,
                start_share,
                start_s,
                cut,
            )
            found = trace(crossings, slot, crossed, leaves, cut, ring_first, ring_area, ring_box)
            find_shells(found, crossed, cut, ring_first, ring_area, ring_box, ring_shell)
            before = ring
            ring = write_down(found, crossed, cut, ring_first, ring_area, ring_shell, xy, first, area, ring)
            for r in range(before, ring):
                ring_group[r], ring_cutoff[r] = group, k
        clear_group(group, node_start, node, first_start, start_edge, node_s, edge_start, level, vertices, count)
    return groups, ring


@compiled
def _find_crossings(
    cutoff: int,
    level: Levels,
    vertices: Ints,
    count: int,
    around_start: Ints,
    around: Small,
    around_rim: Small,
    slot: Ints,
    here: Ints,
    crossed: Ints,
    leaves: Ints,
) -> int:
    """List each spoke (a side, from its end inside) that the contour crosses, and the one it crosses next.

    Of the triangle left of a spoke the contour crosses either the next spoke of the same vertex, or the rim from its
    other end, where that is inside, too. ``slot`` is the position of a spoke in the list.
    """
    found = 0
    for i in range(count):
        vertex = vertices[i]
        if level[vertex] > cutoff:
            continue
        first, last = around_start[vertex], around_start[vertex + 1]
        begin_out = level[around[first]] > cutoff
        out = begin_out
        for spoke in range(first, last):
            following = spoke + 1 if spoke + 1 < last else first
            next_out = begin_out if following == first else level[around[following]] > cutoff
            if out:
                slot[spoke] = found
                here[found] = vertex
                crossed[found] = spoke
                leaves[found] = following if next_out else around_rim[spoke]
                found += 1
            out = next_out
    return found


@compiled
def _cut_spokes(
    cutoff: float,
    crossings: int,
    from_vertex: Ints,
    crossed: Ints,
    mesh_xy: Floats,
    n_street: int,
    around: Small,
    around_bead: Small,
    bead_edge: Small,
    bead_share: Floats,
    beyond_m: float,
    tail: Ints,
    head: Ints,
    leave: Floats,
    enter: Floats,
    node_s: Floats,
    edge_start: Ints,
    next_start: Ints,
    start_share: Floats,
    start_s: Floats,
    cut: Floats,
) -> None:
    """Place each crossing: along a street at the cutoff, towards the edge of the ground at it, else half way."""
    for i in range(crossings):
        here, there = from_vertex[i], around[crossed[i]]
        x, y = mesh_xy[here, 0], mesh_xy[here, 1]
        dx, dy = mesh_xy[there, 0] - x, mesh_xy[there, 1] - y
        length = np.sqrt(dx * dx + dy * dy)
        if there >= n_street:
            share = beyond_m / length
        elif around_bead[crossed[i]] < 0:
            share = min(0.5, beyond_m / length)
        else:
            bead, up = around_bead[crossed[i]] >> 1, (around_bead[crossed[i]] & 1) == 1
            e, near, far = bead_edge[bead], bead_share[bead], bead_share[bead + 1]
            if not up:
                near, far = far, near
            tail_s, head_s, chain = node_s[tail[e]], node_s[head[e]], edge_start[e]
            behind_s, pace, back = (tail_s, leave[e], enter[e]) if up else (head_s, enter[e], leave[e])
            at_s = seconds_at(near, tail_s, head_s, leave[e], enter[e], chain, next_start, start_share, start_s)
            if near in (0.0, 1.0):
                at_s = min(at_s, behind_s)
            if at_s <= cutoff:
                end = walked_to(near, cutoff, up, behind_s, pace, back, chain, next_start, start_share, start_s)
                share = (end - near) / (far - near)
            else:  # this end is reached on another storey
                share = min(0.5, _STUB_M / length)
        clear = min(_CLEAR_M / length, 0.4)
        share = max(clear, min(1 - clear, share))
        cut[i, 0], cut[i, 1] = x + share * dx, y + share * dy
