"""For people who live in networkx and OSMnx: our network as their graph, their graph as our ways."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import shapely

from servicecircle.crs import WGS84
from servicecircle.errors import Fault, InputError
from servicecircle.ingest.tags import NODE_TAGS, WAY_TAGS
from servicecircle.model import Ways
from servicecircle.network import WalkNetwork
from servicecircle.prices import EdgeSeconds

__all__ = ["from_osmnx", "to_networkx"]

_EDGE_KEYS = ("kind", "highway", "name", "bridge", "tunnel", "layer", "length_m", "rise_m", "height_source")


def to_networkx(network: WalkNetwork, seconds: EdgeSeconds) -> nx.MultiDiGraph[Any]:
    """Return the network as a graph in OSMnx's shape: nodes with ``x``, ``y``, ``osmid``; arcs with ``seconds``.

    Nodes are positions 0..n-1 (a lift node split by storey shares one ``osmid``). Arcs that cannot be walked are left
    out. ``length`` repeats ``length_m`` under OSMnx's name; ``geometry`` runs in the arc's direction.
    """
    graph: nx.MultiDiGraph[Any] = nx.MultiDiGraph(crs=WGS84, simplified=True)
    lonlat, height = network.node_lonlat, network.heights.node_m
    for i, osm_id in enumerate(network.node_id.tolist()):
        graph.add_node(i, x=float(lonlat[i, 0]), y=float(lonlat[i, 1]), osmid=osm_id, height_m=float(height[i]))
    owner = np.repeat(np.arange(network.n_edges), np.diff(network.vertex_start))
    lines = np.asarray(shapely.linestrings(network.vertex_lonlat, indices=owner))
    rows = network.edges[["osm_way_id", "edge_id", *_EDGE_KEYS]].to_dict("records")
    ends = zip(network.tail.tolist(), network.head.tolist(), strict=True)
    for i, (row, (tail, head)) in enumerate(zip(rows, ends, strict=True)):
        about = {str(k): v for k, v in row.items()} | {"osmid": row["osm_way_id"], "length": row["length_m"]}
        if np.isfinite(seconds.forward_s[i]):
            graph.add_edge(tail, head, **about, seconds=float(seconds.forward_s[i]), geometry=lines[i])
        if np.isfinite(seconds.backward_s[i]):
            about["rise_m"] = -about["rise_m"]
            back = shapely.reverse(lines[i])
            graph.add_edge(head, tail, **about, seconds=float(seconds.backward_s[i]), geometry=back, reversed=True)
    return graph


def from_osmnx(graph: nx.MultiDiGraph[Any], data_date: str = "") -> Ways:
    """Return an OSMnx graph (EPSG:4326) as ways: the input of ``build_network``.

    Each street segment becomes one way, numbered from 1; the inner points of its geometry become nodes with negative
    numbers, so that nothing is mistaken for an OSM identifier. An edge and its reverse are one way. Tags that OSMnx
    merged into a list keep their first value.

    Raises
    ------
    InputError
        The graph is projected, or has no edges.
    """
    crs = str(graph.graph.get("crs", WGS84)).lower()
    if crs != WGS84.lower():
        remedy = "give the graph as downloaded, before ox.project_graph"
        raise InputError([Fault("the graph is not in longitude and latitude", remedy, value=crs)])
    if not graph.number_of_edges():
        raise InputError([Fault("the graph has no edges", "give a graph of streets")])
    at = {int(node): (float(data["x"]), float(data["y"])) for node, data in graph.nodes(data=True)}
    node_tags = {int(node): _tags(data, NODE_TAGS) for node, data in graph.nodes(data=True)}
    seen: set[tuple[object, ...]] = set()
    refs, offsets, way_tags = [], [0], []
    inner = 0
    for tail, head, data in graph.edges(data=True):
        points = _points(data, at[int(tail)], at[int(head)])
        key = min(points, points[::-1])
        if (signature := (frozenset((tail, head)), *key)) in seen:
            continue
        seen.add(signature)
        middle = []
        for point in points[1:-1]:
            inner -= 1
            at[inner] = point
            middle.append(inner)
        refs += [int(tail), *middle, int(head)]
        offsets.append(len(refs))
        way_tags.append(_tags(data, WAY_TAGS))
    ids = pd.Index(sorted(at), dtype=np.int64, name="node_id")
    nodes = pd.DataFrame([at[i] for i in ids], index=ids, columns=["lon", "lat"])
    for tag in NODE_TAGS:
        nodes[tag] = pd.Series([node_tags.get(i, {}).get(tag) for i in ids], index=ids, dtype=object)
    way_ids = pd.RangeIndex(1, len(way_tags) + 1, name="way_id").astype(np.int64)
    ways = pd.DataFrame({tag: pd.Series([t.get(tag) for t in way_tags], dtype=object) for tag in WAY_TAGS})
    return Ways(nodes, ways.set_index(way_ids), np.array(refs, np.int64), np.array(offsets, np.int64), data_date)


def _points(data: dict[str, Any], tail: tuple[float, float], head: tuple[float, float]) -> list[tuple[float, float]]:
    line = data.get("geometry")
    if line is None:
        return [tail, head]
    points = [(float(x), float(y)) for x, y, *_ in line.coords]
    # OSMnx stores some lines against the edge
    return points if points[0] == tail else points[::-1]


def _tags(data: dict[str, Any], keys: tuple[str, ...]) -> dict[str, str]:
    out = {}
    for key in keys:
        value = data.get(key)
        value = value[0] if isinstance(value, list) and value else value
        if value is not None and value != [] and not (isinstance(value, float) and np.isnan(value)):
            out[key] = str(value)
    return out
