"""The loops of shortest paths.

Arrays ``first``, ``to`` and ``cost`` are a CSR matrix of seconds. ``seconds`` is ``inf`` everywhere on entry and on
return, so that a search costs what it reaches and not the size of the network. From one source nodes wait in buckets:
``per_s`` of them a second, of which there are a power of two, more than the longest arc spans, used in turn; a node's
neighbours in its bucket are ``before`` and ``after`` it. From many sources they wait in a heap (``key``, ``item``) with
room for an entry an arc, and one more a source.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from servicecircle.arrays import Bools, Floats, Ints
from servicecircle.compiled import compiled

__all__ = ["Small", "reach_each", "settle", "settle_nearest", "survey_each"]

Small = npt.NDArray[np.int32]

_FIRST = -1  # before the first node of a bucket
_NOWHERE = -2  # before a node that waits in no bucket


@compiled
def _push(key: Floats, item: Ints, size: int, seconds: float, node: int) -> None:
    at = size
    while at > 0:
        up = (at - 1) >> 1
        if key[up] <= seconds:
            break
        key[at] = key[up]
        item[at] = item[up]
        at = up
    key[at] = seconds
    item[at] = node


@compiled
def _drop_least(key: Floats, item: Ints, size: int) -> None:
    """Take the least of ``size`` entries off the heap."""
    last = size - 1
    seconds, node = key[last], item[last]
    at = 0
    while True:
        child = 2 * at + 1
        if child >= last:
            break
        if child + 1 < last and key[child + 1] < key[child]:
            child += 1
        if key[child] >= seconds:
            break
        key[at] = key[child]
        item[at] = item[child]
        at = child
    key[at] = seconds
    item[at] = node


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
    source: int,
    limit: float,
    seconds: Floats,
    per_s: float,
    bucket: Small,
    before: Small,
    after: Small,
    settled: Ints,
) -> int:
    """Settle every node within ``limit`` of a source: their number, themselves in ``settled``, their ``seconds``.

    Nodes wait in buckets by their seconds. Within a bucket the order is free: who is improved after its turn has
    another one, so that the seconds are those of any exact search.
    """
    mask = len(bucket) - 1
    seconds[source] = 0.0
    settled[0], count, waiting, turn = source, 1, 1, 0
    bucket[0], before[source], after[source] = source, _FIRST, -1
    while waiting > 0:
        node = bucket[turn]
        if node < 0:
            turn = (turn + 1) & mask
            continue
        _take_out(node, turn, bucket, before, after)
        waiting -= 1
        now = seconds[node]
        for arc in range(first[node], first[node + 1]):
            then, head = now + cost[arc], to[arc]
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
    return count


@compiled
def reach_each(
    first: Small,
    to: Small,
    cost: Floats,
    sources: Ints,
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
    """Search from ``sources[begin:]`` until all are done or the output is full; return the first one not done.

    Nodes come out ascending; ``marks`` are zero, one for every 16 nodes.
    """
    at = start[begin]
    for i in range(begin, len(sources)):
        count = settle(first, to, cost, sources[i], limit, seconds, per_s, bucket, before, after, settled)
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
    return len(sources)


@compiled
def survey_each(
    first: Small,
    to: Small,
    cost: Floats,
    sources: Ints,
    access: Floats,
    cutoffs: Floats,
    seconds: Floats,
    per_s: float,
    bucket: Small,
    before: Small,
    after: Small,
    settled: Ints,
    counts: Ints,
) -> None:
    """Add each source to the counts (nodes x cutoffs, ascending) of every node within the cutoffs of it."""
    last = len(cutoffs) - 1
    for i in range(len(sources)):
        limit = cutoffs[last] - access[i]
        if limit < 0:
            continue
        count = settle(first, to, cost, sources[i], limit, seconds, per_s, bucket, before, after, settled)
        for k in range(count):
            node = settled[k]
            total = seconds[node] + access[i]
            seconds[node] = np.inf
            level = last
            while level >= 0 and total <= cutoffs[level]:
                counts[node, level] += 1
                level -= 1


@compiled
def settle_nearest(
    first: Small,
    to: Small,
    cost: Floats,
    sources: Ints,
    access: Floats,
    limit: float,
    seconds: Floats,
    label: Ints,
    key: Floats,
    item: Ints,
    settled: Ints,
) -> None:
    """Settle every node once: ``seconds`` to the nearest source, and its position ``label``, the first of equals."""
    size, count = 0, 0
    for i in range(len(sources)):
        node = sources[i]
        if access[i] <= limit and access[i] < seconds[node]:
            seconds[node] = access[i]
            label[node] = i
            _push(key, item, size, access[i], node)
            size += 1
    while size > 0:
        now, node = key[0], item[0]
        _drop_least(key, item, size)
        size -= 1
        if now > seconds[node]:
            continue
        settled[count] = node
        count += 1
        for arc in range(first[node], first[node + 1]):
            then, head = now + cost[arc], to[arc]
            if then <= limit and then < seconds[head]:
                seconds[head] = then
                label[head] = label[node]
                _push(key, item, size, then, head)
                size += 1
    _share_labels(first, to, cost, seconds, label, settled, count)


@compiled
def _share_labels(
    first: Small, to: Small, cost: Floats, seconds: Floats, label: Ints, settled: Ints, count: int
) -> None:
    """Hand the first of equally near sources on until nothing changes: the heap's order decided before."""
    changed = True
    while changed:
        changed = False
        for k in range(count):
            node = settled[k]
            for arc in range(first[node], first[node + 1]):
                head = to[arc]
                if label[node] < label[head] and seconds[node] + cost[arc] == seconds[head]:
                    label[head] = label[node]
                    changed = True
