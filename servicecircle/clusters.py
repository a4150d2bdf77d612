"""Neighbourhoods: homes that are next to each other and within a short walk of each other."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from servicecircle.arrays import Bools, Floats, Ints, Shapes
from servicecircle.compiled import compiled
from servicecircle.graph import Graph, pairs
from servicecircle.settling import Small

__all__ = ["find_clusters", "name_cluster"]

_PER_DEGREE = 1e6  # a tenth of a metre
_PARTS = (0.25, 1.0)  # most neighbours are found near by; only those still apart are looked for farther off


def find_clusters(graph: Graph, node: Ints, xy: Floats, area: Shapes, neighbour_m: float, neighbour_s: float) -> Ints:
    """Label the homes' clusters 0, 1, ... in the order of their first homes.

    Two homes of one area are neighbours if they are within ``neighbour_m`` in plan and ``neighbour_s`` on foot, one way
    or the other; clusters are what neighbours join. By the walk, houses on two banks of a river or at the head and the
    foot of a cliff are apart. By the plan, houses back to back are together although their doors open on different
    streets, and no long street strings a district together. The walk is that of minutes and not of metres next to the
    door, so that a passage nobody has mapped splits no neighbourhood as long as the way round the block is short.

    Parameters
    ----------
    graph, node
        The walking network, and the node of each home's door on it.
    xy
        (n, 2) metres.
    area
        Code of each home's area; homes of two areas are never in one cluster.

    Examples
    --------
    Two homes on a street, and one at their back on a street that does not meet it:

    >>> from servicecircle.graph import make_graph
    >>> street = make_graph(3, np.array([0]), np.array([1]), np.array([60.0]))
    >>> xy, area = np.array([[0.0, 0.0], [70.0, 0.0], [70.0, 30.0]]), np.array(["A", "A", "A"], dtype=object)
    >>> find_clusters(street, np.array([0, 1, 2]), xy, area, 120.0, 300.0).tolist()
    [0, 0, 1]
    """
    n = len(xy)
    near = cKDTree(xy).query_pairs(neighbour_m, output_type="ndarray").astype(np.int64)
    code = pd.factorize(area)[0]
    near = near[code[near[:, 0]] == code[near[:, 1]]]
    joined, label = near[:0], np.arange(n)
    for part in _PARTS:
        apart = near[label[near[:, 0]] != label[near[:, 1]]]
        joined = np.concatenate([joined, apart[_walked(graph, node, apart, part * neighbour_s)]])
        links = coo_array((np.ones(len(joined)), (joined[:, 0], joined[:, 1])), shape=(n, n))
        label = connected_components(links, directed=False)[1].astype(np.int64)
    _, first, inverse = np.unique(label, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse].astype(np.int64)


def _walked(graph: Graph, node: Ints, near: Ints, limit_s: float) -> Bools:
    """Whether each pair of homes is within the limit on foot, one way or the other."""
    mine = np.zeros(len(node), dtype=bool)
    mine[near] = True
    asked = np.flatnonzero(mine)
    asked = asked[np.argsort(node[asked])]  # in the order of nodes what is found is in order, too
    position = np.empty(len(node), dtype=np.int64)
    position[asked] = np.arange(len(asked))
    found = pairs(graph, node[asked], node[asked], limit_s)
    walked = np.zeros(len(near), dtype=bool)
    mark_walked(found.start, found.target, position, near, walked)
    return walked


@compiled
def mark_walked(start: Ints, target: Small, position: Ints, near: Ints, walked: Bools) -> None:
    """Mark the pairs of which one home reaches the other: home ``i`` reaches ``target[start[i]:start[i + 1]]``.

    These ascend; ``position[k]`` is what home ``k`` of a pair is called here.
    """
    for k in range(len(near)):
        for way in range(2):
            one, other = position[near[k, way]], position[near[k, 1 - way]]
            low, high = start[one], start[one + 1]
            while low < high:
                middle = (low + high) // 2
                if target[middle] < other:
                    low = middle + 1
                else:
                    high = middle
            if low < start[one + 1] and target[low] == other:
                walked[k] = True
                break


def name_cluster(lonlat: Floats) -> str:
    """Name a cluster by eight digits that depend on where its homes are, and hardly change when the homes do.

    Every position has a number as if drawn by lot; the least of them names the cluster. Who adds or takes away one home
    of n changes the name once in n times, and never that of another cluster.

    Examples
    --------
    >>> homes = np.array([[106.55, 29.55], [106.551, 29.55], [106.552, 29.55]])
    >>> name_cluster(homes) == name_cluster(homes[::-1])
    True
    """
    whole = np.unique(np.rint(lonlat * _PER_DEGREE).astype("<i8"), axis=0)
    given, size = whole.tobytes(), whole.itemsize * 2
    return min(hashlib.blake2b(given[k : k + size], digest_size=4).digest() for k in range(0, len(given), size)).hex()
