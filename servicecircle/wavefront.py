"""The loops that price streets: which cutoff holds each mesh vertex, and metres of street walked.

A *group* is what one area is drawn of: one place, or the places of a tier. Along an edge one walks on from its tail
(``leave`` seconds for the whole of it), back from its head (``enter``), and both ways from a start on it; the starts on
an edge are a chain, from ``edge_start`` on by ``next_start``. Scratch arrays are ``inf`` or -1 between groups, so that
a circle costs what it reaches and not the size of the network.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from servicecircle.arrays import Floats, Ints
from servicecircle.compiled import compiled
from servicecircle.settling import Small

__all__ = [
    "OUTSIDE",
    "Levels",
    "add_walked",
    "clear_group",
    "level_vertices",
    "list_edges",
    "open_group",
    "seconds_at",
    "walked_to",
]

Levels = npt.NDArray[np.uint8]

OUTSIDE = 255  # the level of a vertex beyond every cutoff
_INF = np.inf


@compiled
def seconds_at(
    share: float,
    tail_s: float,
    head_s: float,
    leave: float,
    enter: float,
    chain: int,
    next_start: Ints,
    start_share: Floats,
    start_s: Floats,
) -> float:
    """Seconds at a place on an edge, along this edge alone."""
    best = _INF
    if leave < _INF:
        best = tail_s + share * leave
    if enter < _INF:
        best = min(best, head_s + (1 - share) * enter)
    while chain >= 0:
        ahead = share - start_share[chain]
        if ahead >= 0 and leave < _INF:
            best = min(best, start_s[chain] + ahead * leave)
        if ahead <= 0 and enter < _INF:
            best = min(best, start_s[chain] - ahead * enter)
        chain = next_start[chain]
    return best


@compiled
def walked_to(
    share: float,
    cutoff: float,
    up: bool,  # noqa: FBT001
    end_s: float,
    pace: float,
    back: float,
    chain: int,
    next_start: Ints,
    start_share: Floats,
    start_s: Floats,
) -> float:
    """How far along an edge (a share of it) one gets beyond a reached place on it, ``up`` to the head or to the tail.

    ``end_s``: seconds at the end that is left behind; ``pace``: seconds for the edge this way, ``back`` the other way.
    """
    far = share
    sign = 1.0 if up else -1.0
    open_ = 0 < pace < _INF
    if open_ and end_s < _INF:
        at = (cutoff - end_s) / pace
        at = at if up else 1 - at
        far = at if sign * at > sign * far else far
    while chain >= 0:
        left, behind = cutoff - start_s[chain], sign * (share - start_share[chain])
        if left >= 0 and (behind >= 0 or -behind * back <= left):
            at = start_share[chain] + (sign * left / pace if open_ else 0.0)
            far = at if sign * at > sign * far else far
        chain = next_start[chain]
    return far


@compiled
def _walked_share(
    cutoff: float,
    tail_s: float,
    head_s: float,
    leave: float,
    enter: float,
    chain: int,
    next_start: Ints,
    start_share: Floats,
    start_s: Floats,
) -> float:
    """Share of an edge within the cutoff: from its tail, from its head, and round every start on it, overlaps once."""
    low_end = min(1.0, (cutoff - tail_s) / leave) if tail_s <= cutoff and leave > 0 else 0.0
    high_end = max(0.0, 1 - (cutoff - head_s) / enter) if head_s <= cutoff and enter > 0 else 1.0
    covered = total = low_end
    begun = chain >= 0
    while begun:
        # of the stretches round starts that begin within what is covered the farthest, else the next one
        begin, end = high_end, covered
        at = chain
        while at >= 0:
            left = cutoff - start_s[at]
            if left >= 0:
                low = start_share[at] - (left / enter if enter > 0 else 1.0)
                high = min(1.0, start_share[at] + (left / leave if leave > 0 else 1.0))
                if low <= covered:
                    end = max(end, high)
                elif high > covered:
                    begin = min(begin, low)
            at = next_start[at]
        begun = end > covered or begin < high_end
        if end > covered:
            total += min(end, high_end) - min(covered, high_end)
            covered = end
        else:
            covered = max(covered, begin)
    return min(1.0, total + 1 - max(high_end, low_end))


@compiled
def open_group(
    group: int,
    node_start: Ints,
    node: Ints,
    seconds: Floats,
    first_start: Ints,
    start_edge: Ints,
    node_s: Floats,
    edge_start: Ints,
    next_start: Ints,
) -> None:
    """Write down the seconds of a group at the nodes, and its starts at their edges."""
    for k in range(node_start[group], node_start[group + 1]):
        if node[k] < len(node_s):  # what is beyond are other places on the same streets
            node_s[node[k]] = seconds[k]
    for i in range(first_start[group], first_start[group + 1]):
        next_start[i] = edge_start[start_edge[i]]
        edge_start[start_edge[i]] = i


@compiled
def clear_group(
    group: int,
    node_start: Ints,
    node: Ints,
    first_start: Ints,
    start_edge: Ints,
    node_s: Floats,
    edge_start: Ints,
    level: Levels,
    vertices: Ints,
    count: int,
) -> None:
    """Make the scratch arrays clean again."""
    for k in range(node_start[group], node_start[group + 1]):
        if node[k] < len(node_s):
            node_s[node[k]] = _INF
    for i in range(first_start[group], first_start[group + 1]):
        edge_start[start_edge[i]] = -1
    for k in range(count):
        level[vertices[k]] = OUTSIDE


@compiled
def list_edges(
    group: int,
    node_start: Ints,
    node: Ints,
    first_start: Ints,
    start_edge: Ints,
    n_nodes: int,
    at_start: Ints,
    at: Ints,
    seen: Ints,
    listed: Ints,
) -> int:
    """List every edge that a group touches, once; ``seen`` holds the last group that listed an edge."""
    count = 0
    for k in range(node_start[group], node_start[group + 1]):
        if node[k] < n_nodes:
            for j in range(at_start[node[k]], at_start[node[k] + 1]):
                if seen[at[j]] != group:
                    seen[at[j]] = group
                    listed[count] = at[j]
                    count += 1
    for i in range(first_start[group], first_start[group + 1]):
        if seen[start_edge[i]] != group:
            seen[start_edge[i]] = group
            listed[count] = start_edge[i]
            count += 1
    return count


@compiled
def add_walked(
    listed: Ints,
    edges: int,
    cutoffs: Floats,
    tail: Ints,
    head: Ints,
    metres: Floats,
    leave: Floats,
    enter: Floats,
    node_s: Floats,
    edge_start: Ints,
    next_start: Ints,
    start_share: Floats,
    start_s: Floats,
    walked: Floats,
    group: int,
) -> None:
    """Add up the metres walked on the listed edges within each cutoff."""
    for k in range(len(cutoffs)):
        total = 0.0
        for i in range(edges):
            e = listed[i]
            tail_s, head_s = node_s[tail[e]], node_s[head[e]]
            if min(tail_s + leave[e], head_s + enter[e]) <= cutoffs[k]:
                total += metres[e]
            else:
                total += metres[e] * _walked_share(
                    cutoffs[k], tail_s, head_s, leave[e], enter[e], edge_start[e], next_start, start_share, start_s
                )
        walked[group, k] = total


@compiled
def level_vertices(
    listed: Ints,
    edges: int,
    cutoffs: Floats,
    tail: Ints,
    head: Ints,
    leave: Floats,
    enter: Floats,
    node_s: Floats,
    edge_start: Ints,
    next_start: Ints,
    start_share: Floats,
    start_s: Floats,
    bead_start: Ints,
    bead_share: Floats,
    bead_vertex: Small,
    level: Levels,
    vertices: Ints,
) -> int:
    """Find the first cutoff that holds each vertex on the listed edges.

    Returns how many vertices are within the last cutoff; they are listed.
    """
    count = 0
    for i in range(edges):
        e = listed[i]
        tail_s, head_s, chain = node_s[tail[e]], node_s[head[e]], edge_start[e]
        whole = min(tail_s + leave[e], head_s + enter[e]) <= cutoffs[0]  # no bead needs a look
        begin, end = bead_start[e], bead_start[e + 1]
        for bead in range(begin, end):
            k = 0
            if not whole:
                seconds = seconds_at(
                    bead_share[bead], tail_s, head_s, leave[e], enter[e], chain, next_start, start_share, start_s
                )
                # a node is reached whether this edge is open or not
                if bead == begin:
                    seconds = min(seconds, tail_s)
                elif bead == end - 1:
                    seconds = min(seconds, head_s)
                while k < len(cutoffs) and seconds > cutoffs[k]:
                    k += 1
            if k < len(cutoffs) and k < level[bead_vertex[bead]]:
                if level[bead_vertex[bead]] == OUTSIDE:
                    vertices[count] = bead_vertex[bead]
                    count += 1
                level[bead_vertex[bead]] = k
    return count
