"""Shortest paths on arrays: knows nodes, arcs and seconds, not geography.

A ``Graph`` is a directed CSR matrix of seconds. Unreachable is absent (sparse) or ``inf`` (dense).
Cutoffs are inclusive.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from servicecircle.arrays import Bools, Floats, Ints
from servicecircle.settling import Small, reach_each, settle_nearest, survey_each

__all__ = [
    "Graph",
    "Pairs",
    "Reached",
    "Survey",
    "Tree",
    "components",
    "make_graph",
    "pairs",
    "path",
    "search",
    "survey",
    "tree",
]

_MOST_BUCKETS = 1 << 16
_ROOM = 1 << 15  # what an answer may hold before its arrays are doubled


@dataclass(frozen=True, slots=True)
class Graph:
    """Directed arcs with seconds; ``reverse`` is the same with every arc turned round."""

    forward: csr_array
    reverse: csr_array

    @property
    def n(self) -> int:
        """Number of nodes."""
        return int(self.forward.shape[0])


@dataclass(frozen=True, slots=True)
class Reached:
    """What each source reaches: source ``i`` reaches ``node[start[i]:start[i + 1]]`` in ``seconds[...]``."""

    start: Ints
    node: Ints
    seconds: Floats

    def of(self, i: int) -> tuple[Ints, Floats]:
        """Return the nodes that source ``i`` reaches, ascending, and their seconds."""
        part = slice(self.start[i], self.start[i + 1])
        return self.node[part], self.seconds[part]

    def dense(self, n: int) -> Floats:
        """Return a (sources, n) block with ``inf`` where unreached."""
        rows = np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))
        block = np.full((len(self.start) - 1, n), np.inf)
        block[rows, self.node] = self.seconds
        return block


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs within a cutoff: source ``i`` and ``target[start[i]:start[i + 1]]`` (positions among the targets asked)."""

    start: Ints
    target: Ints
    seconds: Floats


@dataclass(frozen=True, slots=True)
class Survey:
    """What every node has within reach.

    ``nearest`` is the position of the nearest source (the first of equals, -1 where none), ``seconds`` to it (``inf``),
    ``counts`` (nodes, cutoffs) how many sources are within each cutoff.
    """

    nearest: Ints
    seconds: Floats
    counts: Ints


@dataclass(frozen=True, slots=True)
class Tree:
    """Quickest ways from one source: seconds to every node (``inf``), and the node before it (-1 where none)."""

    seconds: Floats
    before: Ints

    def way(self, target: int) -> Ints:
        """Return the nodes from the source to ``target``, both included; none where there is no way."""
        nodes = [target] if np.isfinite(self.seconds[target]) else []
        while nodes and self.before[nodes[-1]] >= 0:
            nodes.append(int(self.before[nodes[-1]]))
        return np.array(nodes[::-1], dtype=np.int64)


def make_graph(n: int, tail: Ints, head: Ints, seconds: Floats) -> Graph:
    """Build a graph of ``n`` nodes; impassable arcs (inf) are left out, of parallel arcs the quickest stays.

    Examples
    --------
    >>> g = make_graph(2, np.array([0, 0]), np.array([1, 1]), np.array([7.0, 5.0]))
    >>> search(g, np.array([0]), limit_s=10.0).of(0)[1].tolist()
    [0.0, 5.0]
    """
    keep = np.isfinite(seconds) & (tail != head)
    tail, head, seconds = tail[keep], head[keep], seconds[keep]
    order = np.lexsort((seconds, head, tail))
    tail, head, seconds = tail[order], head[order], seconds[order]
    first = np.ones(len(tail), dtype=bool)
    first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
    arcs = (seconds[first], (tail[first], head[first]))
    turned = (seconds[first], (head[first], tail[first]))
    return Graph(csr_array(arcs, shape=(n, n)), csr_array(turned, shape=(n, n)))


def search(graph: Graph, sources: Ints, limit_s: float, *, towards: bool = False) -> Reached:
    """Seconds from each source to every node within ``limit_s`` (or from every node towards each source).

    Time and memory grow with the nodes reached, not with sources x nodes.
    """
    return _search(graph, sources, limit_s, np.ones(graph.n, dtype=bool), towards=towards)


def pairs(graph: Graph, sources: Ints, targets: Ints, limit_s: float, *, towards: bool = False) -> Pairs:
    """Return every pair of a source and a target within ``limit_s``; several targets may share a node.

    Examples
    --------
    >>> g = make_graph(3, np.array([0, 1]), np.array([1, 2]), np.array([5.0, 6.0]))
    >>> near = pairs(g, np.array([0]), np.array([2, 1, 1]), limit_s=10.0)
    >>> near.target.tolist(), near.seconds.tolist()
    ([1, 2], [5.0, 5.0])
    """
    wanted = np.zeros(graph.n, dtype=bool)
    wanted[targets] = True
    found = _search(graph, sources, limit_s, wanted, towards=towards)
    order = np.argsort(targets, kind="stable").astype(np.int64)
    low, high = (np.searchsorted(targets[order], found.node, side=side) for side in ("left", "right"))
    many = high - low
    rows = np.repeat(np.arange(len(sources)), np.diff(found.start))
    at = np.repeat(low, many) + _count_up(many)
    start = np.r_[0, np.cumsum(np.bincount(rows, many, len(sources)))].astype(np.int64)
    return Pairs(*_ascending(start, order[at], np.repeat(found.seconds, many), len(targets)))


def survey(
    graph: Graph,
    sources: Ints,
    cutoffs_s: tuple[float, ...],
    *,
    limit_s: float = np.inf,
    access_s: Floats | None = None,
    towards: bool = False,
    wanted: Ints | None = None,
) -> Survey:
    """Count the sources within each cutoff of every wanted node (all by default), and name the nearest one.

    The nearest is looked for as far as ``limit_s``; ``access_s`` are seconds spent at each source. Memory is that of
    the answer and the network.

    Examples
    --------
    >>> g = make_graph(3, np.array([0, 1]), np.array([1, 2]), np.array([5.0, 6.0]))
    >>> seen = survey(g, np.array([0, 1]), (5.0, 10.0))
    >>> seen.nearest.tolist(), seen.seconds.tolist(), seen.counts.tolist()
    ([0, 1, 1], [0.0, 0.0, 6.0], [[1, 1], [2, 2], [0, 1]])
    """
    arcs = _arcs(graph, towards=towards)
    sources = np.ascontiguousarray(sources, dtype=np.int64)
    access = np.zeros(len(sources)) if access_s is None else np.ascontiguousarray(access_s, dtype=np.float64)
    order = np.argsort(cutoffs_s, kind="stable")
    counts = np.zeros((graph.n, len(order)), dtype=np.int64)
    seconds, settled = np.full(graph.n, np.inf), np.empty(graph.n, dtype=np.int64)
    if len(order):
        cutoffs = np.array(cutoffs_s, dtype=np.float64)[order]
        per_s, bucket, before, after = _buckets(arcs[2], graph.n)
        survey_each(*arcs, sources, access, cutoffs, seconds, per_s, bucket, before, after, settled, counts)
    nearest = np.full(graph.n, -1, dtype=np.int64)
    key, item = _heap(graph, len(sources))
    settle_nearest(*arcs, sources, access, limit_s, seconds, nearest, key, item, settled)
    rows = slice(None) if wanted is None else wanted
    return Survey(nearest[rows], seconds[rows], counts[rows][:, np.argsort(order, kind="stable")])


def tree(graph: Graph, source: int, limit_s: float = np.inf, *, towards: bool = False) -> Tree:
    """Return the tree of quickest ways from one source (or towards it)."""
    arcs = graph.reverse if towards else graph.forward
    seconds, before = (
        row[0]
        for row in dijkstra(arcs, directed=True, indices=np.array([source]), limit=limit_s, return_predecessors=True)
    )
    return Tree(seconds, np.where(before < 0, -1, before).astype(np.int64))


def path(graph: Graph, source: int, target: int) -> tuple[float, Ints]:
    """Seconds and nodes of the quickest way; (inf, no nodes) where there is none."""
    found = tree(graph, source)
    return float(found.seconds[target]), found.way(target)


def components(graph: Graph) -> tuple[Ints, Ints]:
    """Return the component of each node where both ways are possible, and the size of each component."""
    count, label = connected_components(graph.forward, directed=True, connection="strong")
    return label.astype(np.int64), np.bincount(label, minlength=count)


def _search(graph: Graph, sources: Ints, limit_s: float, wanted: Bools, *, towards: bool) -> Reached:
    arcs = _arcs(graph, towards=towards)
    sources = np.ascontiguousarray(sources, dtype=np.int64)
    seconds, (per_s, bucket, before, after) = np.full(graph.n, np.inf), _buckets(arcs[2], graph.n)
    settled, marks = np.empty(graph.n, dtype=np.int64), np.zeros(graph.n // 16 + 1, dtype=np.int64)
    start = np.zeros(len(sources) + 1, dtype=np.int64)
    node, found = np.empty(_ROOM + graph.n, dtype=np.int64), np.empty(_ROOM + graph.n)
    done = 0
    while True:
        done = reach_each(
            *arcs, sources, done, limit_s, wanted, seconds, per_s, bucket, before, after, settled, marks, start, node,
            found,
        )  # fmt: skip
        if done == len(sources):
            break
        node, found = (np.concatenate([a, np.empty_like(a)]) for a in (node, found))
    return Reached(start, node[: start[-1]].copy(), found[: start[-1]].copy())


def _arcs(graph: Graph, *, towards: bool) -> tuple[Small, Small, Floats]:
    arcs = graph.reverse if towards else graph.forward
    first, to = (np.asarray(a, dtype=np.int32) for a in (arcs.indptr, arcs.indices))
    return first, to, np.asarray(arcs.data, dtype=np.float64)


def _heap(graph: Graph, sources: int) -> tuple[Floats, Ints]:
    room = graph.forward.nnz + sources + 1
    return np.empty(room), np.empty(room, dtype=np.int64)


def _buckets(cost: Floats, n: int) -> tuple[float, Small, Small, Small]:
    """Buckets a quarter of a usual arc wide; enough of them for the longest, if that can be."""
    usual, longest = (float(cost.mean()), float(cost.max())) if len(cost) else (0.0, 0.0)
    spans = min(_MOST_BUCKETS - 2, 4 * longest / usual) if usual > 0 else 1.0
    count = 1 << int(np.ceil(np.log2(spans + 2)))
    per_s = spans / longest if longest > 0 else 1.0
    empty = np.full(n, -2, dtype=np.int32)
    return per_s, np.full(count, -1, dtype=np.int32), empty, empty.copy()


def _ascending(start: Ints, item: Ints, seconds: Floats, n: int) -> tuple[Ints, Ints, Floats]:
    """Put the items of each row in ascending order."""
    rows = csr_array((seconds, item, start), shape=(len(start) - 1, n))
    rows.sort_indices()
    return start, rows.indices.astype(np.int64), np.asarray(rows.data, dtype=np.float64)


def _count_up(many: Ints) -> Ints:
    """0, 1, ... for each of the given numbers."""
    return np.asarray(np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many), dtype=np.int64)
