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
from servicecircle.pairs import Near, Pairs
from servicecircle.room import Room
from servicecircle.settling import Small, add_up, reach_each, reach_own, settle, share_labels

__all__ = [
    "Graph",
    "Reached",
    "Sources",
    "Tree",
    "added_along",
    "components",
    "make_graph",
    "nearest",
    "own_seconds",
    "pairs",
    "path",
    "search",
    "tree",
]

_Arcs = tuple[Small, Small, Floats]
_ROOM = 1 << 15  # what an answer may hold before its arrays are doubled
_TOGETHER = 1 << 12  # doors that one search begins at: what lies round them has room in the processor's cache
_AT_ONCE = 256  # sources whose pairs are looked for together: what lies between search and answer stays small


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
class Sources:
    """Where searches begin: source ``i`` has the doors ``node[start[i]:start[i + 1]]``.

    ``access_s`` are the seconds spent at each door already.
    """

    start: Ints
    node: Small
    access_s: Floats

    @classmethod
    def at(cls, nodes: Ints, access_s: Floats | None = None) -> Sources:
        """Return sources that are one node each."""
        node = np.ascontiguousarray(nodes, dtype=np.int32)
        return cls(np.arange(len(node) + 1), node, np.zeros(len(node)) if access_s is None else access_s)

    @classmethod
    def one(cls, nodes: Ints, access_s: Floats) -> Sources:
        """Return one source with a door at each node."""
        return cls(np.array([0, len(nodes)]), np.ascontiguousarray(nodes, dtype=np.int32), access_s)

    def __len__(self) -> int:
        """Return the number of sources."""
        return len(self.start) - 1

    def take(self, begin: int, end: int) -> Sources:
        """Return the sources ``begin``, ..., ``end - 1``."""
        part = slice(self.start[begin], self.start[end])
        return Sources(self.start[begin : end + 1] - self.start[begin], self.node[part], self.access_s[part])


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


def search(graph: Graph, sources: Ints | Sources, limit_s: float, *, towards: bool = False) -> Reached:
    """Seconds from each source to every node within ``limit_s`` (or from every node towards each source).

    Time and memory grow with the nodes reached, not with sources x nodes.
    """
    sources = _as_sources(sources)
    arcs, room = _arcs(graph, towards=towards), _room(graph, sources)
    return _search(arcs, room, sources, limit_s, np.ones(graph.n, dtype=bool))


def pairs(
    graph: Graph,
    sources: Ints | Sources,
    targets: Ints,
    limit_s: float,
    *,
    access_s: Floats | None = None,
    towards: bool = False,
) -> Pairs:
    """Return every pair of a source and a target within ``limit_s``; no two targets are one node.

    ``access_s`` are seconds spent at each target.

    Examples
    --------
    >>> g = make_graph(3, np.array([0, 1]), np.array([1, 2]), np.array([5.0, 6.0]))
    >>> near = pairs(g, np.array([0]), np.array([2, 1]), limit_s=10.0)
    >>> near.target.tolist(), near.apart.tolist()
    ([1], [5.0])
    """
    sources = _as_sources(sources)
    position = np.full(graph.n, -1, dtype=np.int32)
    position[targets] = np.arange(len(targets))
    arcs, room, found = _arcs(graph, towards=towards), _room(graph, sources), []
    for begin in range(0, len(sources), _AT_ONCE):
        some = sources.take(begin, min(begin + _AT_ONCE, len(sources)))
        reached = _search(arcs, room, some, limit_s, position >= 0)
        found.append(_at_targets(reached, position, access_s, limit_s))
    together = Pairs.stack(found)
    return together if (np.diff(targets) > 0).all() else together.ascending(len(targets))


def nearest(graph: Graph, sources: Ints | Sources, limit_s: float = np.inf, *, towards: bool = False) -> Near:
    """Name the nearest source of every node (the first of equals), by one search from all sources at once.

    Examples
    --------
    >>> g = make_graph(3, np.array([0, 1]), np.array([1, 2]), np.array([5.0, 6.0]))
    >>> seen = nearest(g, np.array([0, 1]))
    >>> seen.at.tolist(), seen.apart.tolist()
    ([0, 1, 1], [0.0, 0.0, 6.0])
    """
    sources = _as_sources(sources)
    arcs, room = _arcs(graph, towards=towards), _room(graph, sources)
    whose = np.repeat(np.arange(len(sources), dtype=np.int32), np.diff(sources.start))
    name = np.full(graph.n, -1, dtype=np.int32)
    count, tied = _settle_in_turn(arcs, room, sources, limit_s, whose, name)
    if tied:
        _name_least(arcs, room, sources, whose, name, room.settled[:count])
    return Near(name.astype(np.int64), room.seconds)


def own_seconds(graph: Graph, sources: Ints | Sources, own: Ints, limits_s: Floats, *, towards: bool = False) -> Floats:
    """Seconds between each node and the source ``own`` says it belongs to (-1: none), within that source's limit.

    Examples
    --------
    >>> g = make_graph(3, np.array([0, 1]), np.array([1, 2]), np.array([5.0, 6.0]))
    >>> own_seconds(g, np.array([0, 1]), np.array([-1, 1, 0]), np.array([99.0, 99.0])).tolist()
    [inf, 0.0, 11.0]
    """
    sources = _as_sources(sources)
    arcs, room = _arcs(graph, towards=towards), _room(graph, sources)
    out = np.full(graph.n, np.inf)
    reach_own(*(*arcs, sources.start, sources.node, sources.access_s, limits_s, own, *room.arrays(), out))
    return out


def added_along(graph: Graph, sources: Sources, seconds: Floats, along: Floats, begun: Floats) -> Floats:
    """Add up what is counted along the arcs on a quickest way from the sources to every node, (n, k); NaN where none.

    Parameters
    ----------
    graph, sources
        What has been searched, by `nearest`.
    seconds
        What it found.
    along
        What is counted on every arc, (arcs, k), in the order of ``graph.forward``.
    begun
        What is counted before each door of the sources, (doors, k).

    Examples
    --------
    >>> g = make_graph(3, np.array([0, 1]), np.array([1, 2]), np.array([5.0, 6.0]))
    >>> start = Sources.at(np.array([0]))
    >>> metres = added_along(g, start, nearest(g, start).apart, np.array([[7.0], [8.0]]), np.array([[1.0]]))
    >>> metres.ravel().tolist()
    [1.0, 8.0, 16.0]
    """
    reached = np.flatnonzero(np.isfinite(seconds))
    ascending = reached[np.argsort(seconds[reached], kind="stable")]
    total = np.full((graph.n, along.shape[1]), np.nan)
    arcs = _arcs(graph, towards=False)
    add_up(*(*arcs, along, seconds, ascending, sources.node, sources.access_s, begun, total))
    return total


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


def _settle_in_turn(
    arcs: _Arcs, room: Room, sources: Sources, limit_s: float, whose: Small, name: Small
) -> tuple[int, bool]:
    """Settle from all doors, neighbours after one another: their searches meet in few nodes."""
    door, access_s = sources.node, sources.access_s
    if len(door) > _TOGETHER:
        # doors are numbered as they come; the nodes of streets mostly by where they are
        first, to, _ = arcs
        beside = np.append(to, 0)[first[door]]
        order = np.argsort(beside, kind="stable")
        door, access_s, whose = door[order], access_s[order], whose[order]
    count, tied = 0, False
    for begin in range(0, len(door), _TOGETHER):
        given = door, access_s, begin, min(begin + _TOGETHER, len(door)), limit_s
        more, also = settle(*(*arcs, *given, *room.arrays(count), whose, name))
        count, tied = count + more, tied or also
    return count, tied


def _name_least(arcs: _Arcs, room: Room, sources: Sources, whose: Small, name: Small, settled: Ints) -> None:
    """Name the first of equals: in ascending order, what is nearest to each node is handed on along quickest ways."""
    # in any order among equals: names are handed on until nothing changes
    ascending = settled[np.argsort(room.seconds[settled])]
    name[settled] = len(sources)
    first = sources.access_s == room.seconds[sources.node]
    np.minimum.at(name, sources.node[first], whose[first])
    share_labels(*arcs, room.seconds, name, ascending)


def _room(graph: Graph, sources: Sources) -> Room:
    return Room.of(graph.forward.data, sources.access_s, graph.n)


def _as_sources(sources: Ints | Sources) -> Sources:
    return sources if isinstance(sources, Sources) else Sources.at(sources)


def _search(arcs: _Arcs, room: Room, sources: Sources, limit_s: float, wanted: Bools) -> Reached:
    n = len(wanted)
    start = np.zeros(len(sources) + 1, dtype=np.int64)
    node, found = np.empty(_ROOM + n, dtype=np.int64), np.empty(_ROOM + n)
    done = 0
    while True:
        given = (sources.start, sources.node, sources.access_s, done, limit_s, wanted)
        done = reach_each(*(*arcs, *given, *room.arrays(), room.marks, start, node, found))
        if done == len(sources):
            break
        node, found = (np.concatenate([a, np.empty_like(a)]) for a in (node, found))
    return Reached(start, node[: start[-1]].copy(), found[: start[-1]].copy())


def _arcs(graph: Graph, *, towards: bool) -> _Arcs:
    arcs = graph.reverse if towards else graph.forward
    first, to = (np.asarray(a, dtype=np.int32) for a in (arcs.indptr, arcs.indices))
    return first, to, np.asarray(arcs.data, dtype=np.float64)


def _at_targets(reached: Reached, position: Small, access_s: Floats | None, limit_s: float) -> Pairs:
    """Turn nodes reached, all of them targets, into targets, with the seconds spent there."""
    at = position[reached.node]
    if access_s is None:
        return Pairs(reached.start, at, reached.seconds)
    apart = reached.seconds + access_s[at]
    near = apart <= limit_s
    return Pairs(np.r_[0, np.cumsum(near)][reached.start], at[near], apart[near])
