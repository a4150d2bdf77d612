"""The loops of shortest paths.

Arrays ``first``, ``to`` and ``cost`` are a CSR matrix of seconds. ``seconds`` is ``inf`` everywhere on entry and on
return, so that a search costs what it reaches and not the size of the network. Nodes wait in buckets: ``per_s`` of them
a second, of which there are a power of two, more than the longest arc or access spans, used in turn; a node's
neighbours in its bucket are ``before`` and ``after`` it. ``whose`` numbers the doors, and ``name`` the nodes by whose
door is nearest to them: both empty where nobody asks.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from servicecircle.arrays import Bools, Floats, Ints
from servicecircle.compiled import compiled

__all__ = ["Small", "add_up", "reach_each", "reach_own", "settle", "share_labels"]

Small = npt.NDArray[np.int32]

_FIRST = -1  # before the first node of a bucket
_NOWHERE = -2  # before a node that waits in no bucket
_NONE, _SEVERAL = -1, -2  # in place of the one way on


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
def _put_in(node: int, at: int, bucket: Small, before: Small, after: Small) -> None:
    """Let a node wait in a bucket."""
    after[node], before[node] = bucket[at], _FIRST
    if bucket[at] >= 0:
        before[bucket[at]] = node
    bucket[at] = node


@compiled
def _way_on(node: int, tail: int, first: Small, to: Small) -> int:
    """Return the one arc by which a node leads on and not back to ``tail``."""
    on = _NONE
    for arc in range(first[node], first[node + 1]):
        if to[arc] != tail:
            if on >= 0:
                return _SEVERAL
            on = arc
    return on


@compiled
def _sorted_few(
    settled: Ints, count: int, wanted: Bools, seconds: Floats, begin: int, out_node: Ints, out_seconds: Floats
) -> int:
    """Write the wanted nodes out ascending, each put in its place; return where they end."""
    end = begin
    for k in range(count):
        node = settled[k]
        if wanted[node]:
            at = end
            while at > begin and out_node[at - 1] > node:
                out_node[at], out_seconds[at] = out_node[at - 1], out_seconds[at - 1]
                at -= 1
            out_node[at], out_seconds[at] = node, seconds[node]
            end += 1
    return end


@compiled
def _sorted_many(
    settled: Ints, count: int, wanted: Bools, seconds: Floats, marks: Ints, low: int, high: int, at: int,
    out_node: Ints, out_seconds: Floats,
) -> int:  # fmt: skip
    """Write the wanted nodes out ascending: marks in blocks ``low`` to ``high`` are set and read in one pass each."""
    for k in range(count):
        if wanted[settled[k]]:
            marks[settled[k] >> 4] |= 1 << (settled[k] & 15)
    for block in range(low, high + 1):
        mark, node = marks[block], block << 4
        marks[block] = 0
        while mark > 0:
            if mark & 1:
                out_node[at] = node
                out_seconds[at] = seconds[node]
                at += 1
            mark >>= 1
            node += 1
    return at


@compiled
def _label(node: int, arc: int, whose: Small, name: Small) -> int:
    """Return the name that an arc hands on: that of its tail, or of its door if it comes from outside."""
    if len(name) == 0:
        return 0
    return int(name[node] if node >= 0 else whose[arc])


@compiled
def _put_name(node: int, label: int, name: Small) -> None:
    """Name a node, if anybody asks."""
    if len(name) > 0:
        name[node] = label


@compiled
def _is_tie(node: int, begin: int, head: int, label: int, name: Small) -> bool:
    """Whether a node has another name already; of two first doors at the node nobody knows yet: the least stays."""
    if len(name) == 0 or name[head] == label:
        return False
    if node < 0:
        name[head] = min(name[head], label)
    return node >= 0 or begin > 0


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
    whose: Small,
    name: Small,
) -> tuple[int, bool]:
    """Settle every node within ``limit`` of ``door[begin:end]``, where ``access`` seconds are spent already.

    Returns their number, and whether doors of two names may be equally near to any: only then is ``name`` perhaps not
    the least. The nodes are in ``settled``, their ``seconds`` are of the nearest door. Nodes wait in buckets by
    their seconds. Within a bucket the order is free: who is improved after its turn has another one, so that the
    seconds are those of any exact search. Further doors may follow in a call of their own, which settles what they are
    nearer to.
    """
    mask, tied = len(bucket) - 1, False
    count, waiting, turn, now, node = 0, 0, 0, 0.0, -1
    # the doors are arcs from outside, then each node's own arcs follow
    heads, costs, low, high = door, access, begin, end
    while True:
        for arc in range(low, high):
            then, head, tail = now + costs[arc], heads[arc], node
            label = _label(node, arc, whose, name)
            while then <= limit and then < seconds[head]:
                if seconds[head] == np.inf:
                    settled[count] = head
                    count += 1
                elif before[head] != _NOWHERE:
                    _take_out(head, int(seconds[head] * per_s) & mask, bucket, before, after)
                    waiting -= 1
                seconds[head] = then
                _put_name(head, label, name)
                # a door on a street leads only on or back: one walks past it without waiting
                on = _way_on(head, tail, first, to) if tail >= 0 else _SEVERAL
                if on == _SEVERAL:
                    _put_in(head, int(then * per_s) & mask, bucket, before, after)
                    waiting += 1
                if on < 0:
                    break
                then, head, tail = then + cost[on], to[on], head
            tied = (then == seconds[head] and _is_tie(node, begin, head, label, name)) or tied
        if waiting == 0:
            return count, tied
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
    at, nobody = start[begin], door[:0]
    for i in range(begin, len(source) - 1):
        count, _ = settle(
            first, to, cost, door, access, source[i], source[i + 1], limit, seconds, per_s, bucket, before, after,
            settled, nobody, nobody,
        )  # fmt: skip
        found, low, high = 0, len(marks), -1
        for k in range(count):
            node = settled[k]
            if wanted[node]:
                found += 1
                low, high = min(low, node >> 4), max(high, node >> 4)
        fits = at + found <= len(out_node)
        if fits and found * found < high - low:  # few nodes, far apart
            at = _sorted_few(settled, count, wanted, seconds, at, out_node, out_seconds)
        elif fits:
            at = _sorted_many(settled, count, wanted, seconds, marks, low, high, at, out_node, out_seconds)
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
    nobody = door[:0]
    for i in range(len(source) - 1):
        count, _ = settle(
            first, to, cost, door, access, source[i], source[i + 1], limits[i], seconds, per_s, bucket, before, after,
            settled, nobody, nobody,
        )  # fmt: skip
        for k in range(count):
            node = settled[k]
            if own[node] == i:
                out[node] = seconds[node]
            seconds[node] = np.inf


@compiled
def share_labels(first: Small, to: Small, cost: Floats, seconds: Floats, label: Small, ascending: Ints) -> None:
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


@compiled
def add_up(
    first: Small,
    to: Small,
    cost: Floats,
    along: Floats,
    seconds: Floats,
    ascending: Ints,
    door: Small,
    access: Floats,
    begun: Floats,
    total: Floats,
) -> None:
    """Add up what is counted ``along`` the arcs, (arcs, k), on one quickest way to each node.

    ``total``, (nodes, k), is NaN on entry, and on return where no way leads. A way begins at a door with what ``begun``
    says of it. Nodes come in ascending order of seconds; arcs that take no time are gone over until nothing changes.
    """
    for k in range(len(door)):
        if seconds[door[k]] == access[k] and np.isnan(total[door[k], 0]):
            total[door[k]] = begun[k]
    changed = True
    while changed:
        changed = False
        for k in range(len(ascending)):
            node = ascending[k]
            if np.isnan(total[node, 0]):
                continue
            for arc in range(first[node], first[node + 1]):
                head = to[arc]
                if np.isnan(total[head, 0]) and seconds[node] + cost[arc] == seconds[head]:
                    for part in range(total.shape[1]):
                        total[head, part] = total[node, part] + along[arc, part]
                    if seconds[head] == seconds[node]:
                        changed = True
