"""Ways -> WalkNetwork: junctions, edges with their geometry, kinds and rises.

Ways that cross only in plan never meet: two ways join where they share an OSM node, nowhere else. A lift node that
ways of several storeys share is split into one node a storey, joined by lift edges.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from servicecircle.arrays import Floats, Ints
from servicecircle.crs import WGS84, geodesic_m, to_metric
from servicecircle.edges import edge_table
from servicecircle.levelling import Heights, Plan, level_network
from servicecircle.links import join_links, split_lifts
from servicecircle.model import Terrain, Ways
from servicecircle.parameters import Parameters
from servicecircle.rises import add_rises

__all__ = ["Hung", "WalkNetwork", "build_network", "street_lines"]

_LINK_REACH_M = 50.0  # an end of a registered link that is farther from every street than this joins nothing


@dataclass(frozen=True, slots=True)
class Hung:
    """Where links that a variant adds hang on the mapped network: nodes of their own, in the middle of streets.

    ``first_node`` and ``first_edge``: nodes and edges from here on are added. Of the k-th added node, ``edge`` is the
    mapped edge that it lies on, ``share`` how far along it.
    """

    first_node: int
    first_edge: int
    edge: Ints
    share: Floats


@dataclass(frozen=True, slots=True)
class WalkNetwork:
    """The walking network on arrays; nodes are positions 0..n-1, edges 0..e-1.

    Attributes
    ----------
    node_id
        OSM node of each position (a split lift node appears once a storey).
    node_lonlat, node_xy
        (n, 2) EPSG:4326 and metres in ``crs``.
    tail, head
        Node positions of each edge's ends, in the way's direction.
    edges
        One row an edge: the columns of ``edges.EDGE_COLUMNS`` and of ``rises.RISE_COLUMNS``.
    vertex_lonlat, vertex_xy, vertex_start, vertex_along_m
        Edge ``i`` runs through the vertices ``vertex_start[i]`` to ``vertex_start[i + 1]``; metres along it.
    heights
        Levelled heights of nodes and vertices, with how far they may be off.
    hung
        Where the links that a variant adds hang; None where it adds none.
    """

    crs: str
    node_id: Ints
    node_lonlat: Floats
    node_xy: Floats
    tail: Ints
    head: Ints
    edges: pd.DataFrame
    vertex_lonlat: Floats
    vertex_xy: Floats
    vertex_start: Ints
    vertex_along_m: Floats
    heights: Heights
    hung: Hung | None = None

    @property
    def mapped(self) -> WalkNetwork:
        """The same without the links that a variant adds: what areas are drawn on."""
        if self.hung is None:
            return self
        nodes, edges = self.hung.first_node, self.hung.first_edge
        last = int(self.vertex_start[edges])
        cut = replace(
            self.heights,
            node_m=self.heights.node_m[:nodes],
            node_source=self.heights.node_source[:nodes],
            vertex_m=self.heights.vertex_m[:last],
            rise_sd_m=self.heights.rise_sd_m[:edges],
            residual_m=self.heights.residual_m[:nodes],
            _basis=None if self.heights._basis is None else self.heights._basis[:last],  # noqa: SLF001
        )
        return WalkNetwork(
            crs=self.crs,
            node_id=self.node_id[:nodes],
            node_lonlat=self.node_lonlat[:nodes],
            node_xy=self.node_xy[:nodes],
            tail=self.tail[:edges],
            head=self.head[:edges],
            edges=self.edges.iloc[:edges],
            vertex_lonlat=self.vertex_lonlat[:last],
            vertex_xy=self.vertex_xy[:last],
            vertex_start=self.vertex_start[: edges + 1],
            vertex_along_m=self.vertex_along_m[:last],
            heights=cut,
        )

    def take(self, edges: Ints) -> WalkNetwork:
        """Return the same nodes with some of the edges only."""
        count = np.diff(self.vertex_start)[edges]
        start = np.r_[0, np.cumsum(count)].astype(np.int64)
        at = np.arange(start[-1]) + np.repeat(self.vertex_start[edges] - start[:-1], count)
        basis = self.heights._basis  # noqa: SLF001
        heights = replace(
            self.heights,
            vertex_m=self.heights.vertex_m[at],
            rise_sd_m=self.heights.rise_sd_m[edges],
            _basis=None if basis is None else basis[at],
        )
        return replace(
            self,
            tail=self.tail[edges],
            head=self.head[edges],
            edges=self.edges.iloc[edges],
            vertex_lonlat=self.vertex_lonlat[at],
            vertex_xy=self.vertex_xy[at],
            vertex_start=start,
            vertex_along_m=self.vertex_along_m[at],
            heights=heights,
            hung=None,
        )

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.node_id)

    @property
    def n_edges(self) -> int:
        """Number of edges."""
        return len(self.tail)


def build_network(
    ways: Ways, crs: str, terrain: Terrain | None, links: pd.DataFrame, parameters: Parameters
) -> WalkNetwork:
    """Build the network of all given ways (apply the walkable rule before).

    ``links`` is the vertical-link register: its rows say which ways and nodes are paid, closed, and how high they go.
    """
    ways, links = join_links(ways, links, crs, _LINK_REACH_M)
    first, last = _edge_ends(ways)
    rows = np.repeat(np.arange(len(ways.ways)), np.diff(ways.offsets))[first]
    used, position = np.unique(ways.refs[np.concatenate([first, last])], return_inverse=True)
    tail, head = position[: len(first)].astype(np.int64), position[len(first) :].astype(np.int64)

    start, flat = _ranges(first, last)
    vertex_lonlat = ways.nodes[["lon", "lat"]].to_numpy()[np.searchsorted(ways.nodes.index.to_numpy(), ways.refs[flat])]
    along, length = _along(vertex_lonlat, start)

    node_tags = ways.nodes.loc[used]
    edges = edge_table(ways, rows, first, last, length, links)
    split = split_lifts(used, node_tags[["lon", "lat"]].to_numpy(), node_tags, tail, head, edges, links)
    lifts = len(split.edges)
    if lifts:  # each with its two ends as vertices, at one place
        edges = pd.concat([edges, split.edges], ignore_index=True)
        ends = np.column_stack([split.tail, split.head])[-lifts:].ravel()
        vertex_lonlat = np.vstack([vertex_lonlat, split.lonlat[ends]])
        start = np.concatenate([start, start[-1] + 2 * np.arange(1, lifts + 1)])
        along = np.concatenate([along, np.zeros(2 * lifts)])
    xy = to_metric(vertex_lonlat, crs)
    plan = Plan(crs, split.lonlat, split.tail, split.head, edges, vertex_lonlat, xy, start, along)
    heights = level_network(plan, terrain, parameters.levelling)
    return WalkNetwork(
        crs=crs,
        node_id=split.node_id,
        node_lonlat=split.lonlat,
        node_xy=to_metric(split.lonlat, crs),
        tail=split.tail,
        head=split.head,
        edges=add_rises(plan, heights, parameters),
        vertex_lonlat=vertex_lonlat,
        vertex_xy=xy,
        vertex_start=start,
        vertex_along_m=along,
        heights=heights,
    )


def _edge_ends(ways: Ways) -> tuple[Ints, Ints]:
    """Positions in ``refs`` where each edge starts and ends: junctions, way ends and lifts break a way."""
    known, position = np.unique(ways.refs, return_inverse=True)
    uses = np.bincount(position)
    elevator = (ways.nodes["highway"] == "elevator").reindex(known, fill_value=False).to_numpy(dtype=bool)
    breaks = (uses[position] > 1) | elevator[position]
    breaks[ways.offsets[:-1]] = True
    breaks[ways.offsets[1:] - 1] = True
    at = np.flatnonzero(breaks)
    way_end = np.zeros(len(ways.refs), dtype=bool)
    way_end[ways.offsets[1:] - 1] = True
    starts = ~way_end[at[:-1]]
    first, last = at[:-1][starts], at[1:][starts]
    real = (last - first > 1) | (ways.refs[first] != ways.refs[last])
    return first[real], last[real]


def _ranges(first: Ints, last: Ints) -> tuple[Ints, Ints]:
    """Flat positions of every edge's vertices, joints repeated, and where each edge starts among them."""
    counts = last - first + 1
    start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    flat = np.arange(start[-1]) - np.repeat(start[:-1] - first, counts)
    return start, flat


def _along(lonlat: Floats, start: Ints) -> tuple[Floats, Floats]:
    """Metres from each edge's first vertex to each of its vertices, and each edge's length."""
    step = np.concatenate([[0.0], geodesic_m(lonlat[:, 0], lonlat[:, 1])])
    step[start[:-1]] = 0.0
    total = np.cumsum(step)
    along = total - np.repeat(total[start[:-1]], np.diff(start))
    return along, along[start[1:] - 1]


def street_lines(ways: Ways) -> gpd.GeoDataFrame:
    """Return each way as one EPSG:4326 line with its highway, service, bridge and tunnel tags."""
    at = np.searchsorted(ways.nodes.index.to_numpy(), ways.refs)
    lonlat = ways.nodes[["lon", "lat"]].to_numpy()[at]
    lines = shapely.linestrings(lonlat, indices=np.repeat(np.arange(len(ways.ways)), np.diff(ways.offsets)))
    tags = ways.ways[["highway", "service", "bridge", "tunnel"]].reset_index(drop=True)
    return gpd.GeoDataFrame(tags, geometry=lines, crs=WGS84)
