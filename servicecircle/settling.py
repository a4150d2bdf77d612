"""The loops of shortest paths.

Arrays ``first``, ``to`` and ``cost`` are a CSR matrix of seconds. ``seconds`` is ``inf`` everywhere on entry and on
return, so that a search costs what it reaches and not the size of the network. Nodes wait in buckets: ``per_s`` of them
a second, of which there are a power of two, more than the longest arc or access spans, used in turn; a node's
neighbours in its bucket are ``before`` and ``after`` it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from servicecircle.arrays import Bools, Floats, Ints
from servicecircle.compiled import compiled

__all__ = ["Small", "reach_each", "reach_own", "settle", "share_labels"]

Small = npt.NDArray[np.int32]

_FIRST = -1  # before the first node of a bucket
_NOWHERE = -2  # before a node that waits in no bucket


@compiled
def _take_out(node: int, at: int, bucket: Small, before: Small, after: Small) -> None:
    """Take a node out of the bucket that it waits in."""
    if before[node] == _FIRST:
        bucket[at] = after[node]
    else:
        after[before[node]] = after[node]
    if after[node] >= 0:
        before[after[node]] = before[node]
    before[node] = _NOWHERE


@compiled
def settle(
    first: Small,
    to: Small,
    cost: Floats,
    door: Small,
    access: Floats,
    begin: int,
    end: int,
    limit: float,
    seconds: Floats,
    per_s: float,
    bucket: Small,
    before: Small,
    after: Small,
    settled: Ints,
) -> int:
    """Settle every node within ``limit`` of ``door[begin:end]``, where ``access`` seconds are spent already.

    Returns their number; themselves are in ``settled``, their ``seconds`` are of the nearest door. Nodes wait in
    buckets by their seconds. Within a bucket the order is free: who is improved after its turn has another one, so
    that the seconds are those of any exact search.
    """
    mask = len(bucket) - 1
    count, waiting, turn, now = 0, 0, 0, 0.0
    # the doors are arcs from outside, then each node's own arcs follow
    heads, costs, low, high = door, access, begin, end
    while True:
        for arc in range(low, high):
            then, head = now + costs[arc], heads[arc]
            if then > limit or then >= seconds[head]:
                continue
            if seconds[head] == np.inf:
                settled[count] = head
                count += 1
            if before[head] == _NOWHERE:
                waiting += 1
            else:
                _take_out(head, int(seconds[head] * per_s) & mask, bucket, before, after)
            seconds[head] = then
            at = int(then * per_s) & mask
            after[head], before[head] = bucket[at], _FIRST
            if bucket[at] >= 0:
                before[bucket[at]] = head
            bucket[at] = head
        if waiting == 0:
            return count
        while bucket[turn] < 0:
            turn = (turn + 1) & mask
        node = bucket[turn]
        _take_out(node, turn, bucket, before, after)
        waiting -= 1
        heads, costs, low, high, now = to, cost, first[node], first[node + 1], seconds[node]


@compiled
def reach_each(
    first: Small,
    to: Small,
    cost: Floats,
    source: Ints,
    door: Small,
    access: Floats,
    begin: int,
    limit: float,
    wanted: Bools,
    seconds: Floats,
    per_s: float,
    bucket: Small,
    before: Small,
    after: Small,
    settled: Ints,
    marks: Ints,
    start: Ints,
    out_node: Ints,
    out_seconds: Floats,
) -> int:
    """Search from sources ``begin``, ... until all are done or the output is full; return the first one not done.

    Source ``i`` has the doors ``source[i]:source[i + 1]``. Nodes come out ascending; ``marks`` are zero, one for every
    16 nodes.
    """
    at = start[begin]
    for i in range(begin, len(source) - 1):
        count = settle(
            first, to, cost, door, access, source[i], source[i + 1], limit, seconds, per_s, bucket, before, after,
            settled,
        )  # fmt: skip
        found, low, high = 0, len(marks), -1
        for k in range(count):
            node = settled[k]
            if wanted[node]:
                found += 1
                low, high = min(low, node >> 4), max(high, node >> 4)
                marks[node >> 4] |= 1 << (node & 15)
        fits = at + found <= len(out_node)
        # the marks are read in ascending order: a sort in one pass
        for block in range(low, high + 1):
            mark, node = marks[block], block << 4
            marks[block] = 0
            while mark > 0 and fits:
                if mark & 1:
                    out_node[at] = node
                    out_seconds[at] = seconds[node]
                    at += 1
                mark >>= 1
                node += 1
        for k in range(count):
            seconds[settled[k]] = np.inf
        if not fits:
            return i
        start[i + 1] = at
    return len(source) - 1


@compiled
def reach_own(
    first: Small,
    to: Small,
    cost: Floats,
    source: Ints,
    door: Small,
    access: Floats,
    limits: Floats,
    own: Ints,
    seconds: Floats,
    per_s: float,
    bucket: Small,
    before: Small,
    after: Small,
    settled: Ints,
    out: Floats,
) -> None:
    """Write into ``out`` the seconds of each node from the source that it belongs to, within that source's limit."""
    for i in range(len(source) - 1):
        count = settle(
            first, to, cost, door, access, source[i], source[i + 1], limits[i], seconds, per_s, bucket, before, after,
            settled,
        )  # fmt: skip
        for k in range(count):
            node = settled[k]
            if own[node] == i:
                out[node] = seconds[node]
            seconds[node] = np.inf


@compiled
def share_labels(first: Small, to: Small, cost: Floats, seconds: Floats, label: Ints, ascending: Ints) -> None:
    """Hand labels on along quickest ways, the least where several meet; nodes come in ascending order of seconds.

    Once is enough but for arcs that take no time: those are gone over until nothing changes.
    """
    changed = True
    while changed:
        changed = False
        for k in range(len(ascending)):
            node = ascending[k]
            for arc in range(first[node], first[node + 1]):
                head = to[arc]
                if label[node] < label[head] and seconds[node] + cost[arc] == seconds[head]:
                    label[head] = label[node]
                    if seconds[head] == seconds[node]:
                        changed = True
