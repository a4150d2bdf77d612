"""Which paid or closed links the quickest way would use if they were free and open."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from servicecircle.arrays import Floats
from servicecircle.network import WalkNetwork
from servicecircle.reach import Attached

__all__ = ["TollWays"]


class TollWays:
    """Follows quickest ways in a network with every link open, and notes those that are not open today.

    ``seconds`` are those from every node to the places with every link open.
    """

    def __init__(self, network: WalkNetwork, today: Attached, opened: Attached, seconds: Floats) -> None:
        self._graph, self._seconds = opened.graph.forward, seconds
        arcs = opened.arcs
        shut = np.flatnonzero(np.isfinite(arcs.seconds) & ~np.isfinite(today.arcs.seconds))
        names = edge_labels(network.edges)
        self._shut = {
            (int(arcs.tail[k]), int(arcs.head[k])): (float(arcs.seconds[k]), names[arcs.edge[k]]) for k in shut
        }
        self._known: dict[int, frozenset[str]] = {}

    def used_from(self, node: int) -> frozenset[str]:
        """Names of the paid or closed links on the quickest way from a node to the places."""
        way: dict[int, frozenset[str]] = {}
        while node >= 0 and node not in self._known:
            way[node] = frozenset()
            onward, link = self._step(node, way)
            way[node] = frozenset([link] if link else [])
            node = onward
        used = self._known.get(node, frozenset())
        for passed, links in reversed(way.items()):
            used |= links
            self._known[passed] = used
        return used

    def _step(self, node: int, passed: Collection[int]) -> tuple[int, str | None]:
        """Return the next node on the quickest way, -1 where it ends, and the link that leads there."""
        part = slice(self._graph.indptr[node], self._graph.indptr[node + 1])
        for head, cost in zip(self._graph.indices[part].tolist(), self._graph.data[part].tolist(), strict=True):
            if cost + self._seconds[head] <= self._seconds[node] and head not in passed:
                seconds, name = self._shut.get((node, head), (np.inf, None))
                return head, name if seconds <= cost else None
        return -1, None


def edge_labels(edges: pd.DataFrame) -> list[str]:
    """Name each edge as a planner can look it up: by the register, by its name, by its way."""
    way = "way/" + edges["osm_way_id"].astype(str)
    named = edges["link_id"].where(edges["link_id"].notna(), edges["name"])
    return [str(text) for text in named.where(named.notna(), way)]
