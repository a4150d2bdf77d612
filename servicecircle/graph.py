"""Shortest paths on arrays: knows nodes, arcs and seconds, not geography.

A ``Graph`` is a directed CSR matrix of seconds. Unreachable is absent (sparse) or ``inf`` (dense).
Cutoffs are inclusive.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from servicecircle.arrays import Floats, Ints

__all__ = ["Graph", "Reached", "components", "make_graph", "path", "search"]

_CHUNK = 64  # sources searched at once: bounds the dense block scipy writes


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
    """Seconds from each source to every node within ``limit_s`` (or from every node towards each source)."""
    arcs = graph.reverse if towards else graph.forward
    starts, nodes, seconds = [np.zeros(1, dtype=np.int64)], [], []
    reached = 0
    for low in range(0, len(sources), _CHUNK):
        block = dijkstra(arcs, directed=True, indices=sources[low : low + _CHUNK], limit=limit_s)
        row, node = np.nonzero(np.isfinite(block))
        nodes.append(node)
        seconds.append(block[row, node])
        starts.append(reached + np.cumsum(np.bincount(row, minlength=len(block))))
        reached += len(node)
    empty: list[Ints] = [np.zeros(0, dtype=np.int64)]
    return Reached(
        np.concatenate(starts).astype(np.int64),
        np.concatenate(nodes or empty).astype(np.int64),
        np.concatenate(seconds or [np.zeros(0)]),
    )


def path(graph: Graph, source: int, target: int) -> tuple[float, Ints]:
    """Seconds and nodes of the quickest way; (inf, no nodes) where there is none."""
    seconds, before = (
        row[0] for row in dijkstra(graph.forward, directed=True, indices=np.array([source]), return_predecessors=True)
    )
    if not np.isfinite(seconds[target]):
        return np.inf, np.zeros(0, dtype=np.int64)
    nodes = [target]
    while nodes[-1] != source:
        nodes.append(int(before[nodes[-1]]))
    return float(seconds[target]), np.array(nodes[::-1], dtype=np.int64)


def components(graph: Graph) -> tuple[Ints, Ints]:
    """Return the component of each node where both ways are possible, and the size of each component."""
    count, label = connected_components(graph.forward, directed=True, connection="strong")
    return label.astype(np.int64), np.bincount(label, minlength=count)
