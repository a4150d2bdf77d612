"""Vertical links: lifts split by storey, and links that only the register knows, joined to the network.

What a link joins comes from the map (ways of several storeys share a lift node, a belt is a way) or from the register
(both ends have a position). A link of which neither says what it joins stays unused.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from servicecircle.arrays import Floats, Ints
from servicecircle.crs import to_metric
from servicecircle.edges import EDGE_COLUMNS, register_facts
from servicecircle.model import Ways

__all__ = ["Split", "join_links", "split_lifts"]

_ENDS = ("from_lon", "from_lat", "to_lon", "to_lat")


@dataclass(frozen=True, slots=True)
class Split:
    """Nodes and edge ends after every lift has a node a storey; ``edges`` are the lift edges, ``ends`` their nodes."""

    node_id: Ints
    lonlat: Floats
    tail: Ints
    head: Ints
    edges: pd.DataFrame


def join_links(ways: Ways, links: pd.DataFrame, crs: str, reach_m: float) -> tuple[Ways, pd.DataFrame]:
    """Add a way for each register row that has two different ends and is no way of the map.

    An end joins the nearest node of the map within ``reach_m``: junction or bend, so that a link may begin anywhere
    along a street. A row one of whose ends is farther away is left out. Added ways have negative ids, which the
    returned register names.
    """
    given = links.reindex(columns=["osm_type", "osm_id", *_ENDS])
    ends = given[list(_ENDS)].to_numpy(dtype=np.float64)
    known = np.isfinite(ends).all(axis=1) & (ends[:, :2] != ends[:, 2:]).any(axis=1)
    mapped = (given["osm_type"] == "way") & given["osm_id"].isin(ways.ways.index)
    rows = np.flatnonzero(known & ~mapped.to_numpy())
    if not len(rows) or not len(ways.refs):
        return ways, links
    nodes = np.unique(ways.refs)
    tree = cKDTree(to_metric(ways.nodes.loc[nodes, ["lon", "lat"]].to_numpy(), crs))
    distance, at = tree.query(to_metric(ends[rows].reshape(-1, 2), crs))
    refs, near = nodes[at].reshape(-1, 2), (np.reshape(distance, (-1, 2)) <= reach_m).all(axis=1)
    # a lift that the map has as a node begins there
    own = (given["osm_type"].iloc[rows] == "node").to_numpy() & given["osm_id"].iloc[rows].isin(nodes).to_numpy()
    refs[own, 0] = given["osm_id"].to_numpy()[rows][own]
    joined = near & (refs[:, 0] != refs[:, 1])
    ids = -(rows[joined] + 1)
    added = pd.DataFrame(None, index=pd.Index(ids, name=ways.ways.index.name), columns=ways.ways.columns, dtype=object)
    added["name"] = links["name"].to_numpy()[rows[joined]] if "name" in links else None
    order = np.argsort(ids)  # ids ascend
    wider = dataclasses.replace(
        ways,
        ways=pd.concat([added.iloc[order], ways.ways]),
        refs=np.concatenate([refs[joined][order].ravel(), ways.refs]),
        offsets=np.concatenate([2 * np.arange(len(ids)), ways.offsets + 2 * len(ids)]),
    )
    told = links.copy()
    where = told.index[rows[joined]]
    told.loc[where, "osm_type"], told.loc[where, "osm_id"] = "way", ids
    return wider, told


def split_lifts(
    node_id: Ints, lonlat: Floats, tags: pd.DataFrame, tail: Ints, head: Ints, edges: pd.DataFrame, links: pd.DataFrame
) -> Split:
    """Give a lift node one node a storey, joined by lift edges: changing storey is never free.

    A storey is a ``layer`` of the ways that meet at the lift; where the map gives all the same, two ways that both end
    there are two storeys, for a lift between them is what the map says. A way that passes a lift does not ride in it.
    The register's rise holds where there are two storeys.
    """
    ids, places = [node_id], [lonlat]
    tail, head = tail.copy(), head.copy()
    told = links[links["osm_type"] == "node"].drop_duplicates("osm_id")
    entry = pd.Series(np.arange(len(told)), index=told["osm_id"])
    facts = register_facts(told)
    layer, mapped = edges["layer"].to_numpy(), (edges["osm_way_id"] >= 0).to_numpy()
    count = len(node_id)
    rows: list[dict[str, object]] = []
    ends: list[tuple[int, int]] = []
    for node in np.flatnonzero((tags["highway"] == "elevator").to_numpy()):
        # what the register joins stays where it is
        touching = np.flatnonzero(((tail == node) | (head == node)) & mapped)
        at_storey = _storeys(touching, layer, edges["osm_way_id"].to_numpy())
        storeys = sorted(set(at_storey))
        if len(storeys) < 2:  # noqa: PLR2004
            continue
        osm_id = int(node_id[node])
        copies = [int(node), *range(count, count + len(storeys) - 1)]
        count += len(storeys) - 1
        ids.append(np.full(len(storeys) - 1, osm_id))
        places.append(np.repeat(lonlat[[node]], len(storeys) - 1, axis=0))
        for e, storey in zip(touching, at_storey, strict=True):
            at = copies[storeys.index(storey)]
            tail[e] = at if tail[e] == node else tail[e]
            head[e] = at if head[e] == node else head[e]
        fact = _said(facts.iloc[[int(entry[osm_id])]]) if osm_id in entry.index else _unknown()
        del fact["kind"]
        fact["paid"] = bool(fact["paid"]) or tags["fee"].iloc[node] == "yes"
        fact["hours"] = fact["hours"] or tags["opening_hours"].iloc[node]
        if len(storeys) > 2:  # noqa: PLR2004
            # told of the whole lift: its part between two storeys is not known
            fact["rise_m"] = fact["ride_s"] = np.nan
        for k, joined in enumerate(pairwise(copies)):
            ends.append(joined)
            name = tags["name"].iloc[node]
            rows.append(
                _NO_TAGS
                | {
                    "edge_id": f"n{osm_id}.{k}",
                    "name": name,
                    "layer": storeys[k][0],
                    "incline": int(storeys[k + 1][0] > storeys[k][0]),
                }
                | fact
            )
    lifts = pd.DataFrame(rows, columns=list(EDGE_COLUMNS))
    joined_ends = np.array(ends, dtype=np.int64).reshape(-1, 2)
    return Split(
        np.concatenate(ids),
        np.vstack(places),
        np.concatenate([tail, joined_ends[:, 0]]),
        np.concatenate([head, joined_ends[:, 1]]),
        lifts,
    )


def _storeys(touching: Ints, layer: Ints, way: Ints) -> list[tuple[int, int]]:
    """Storey of each edge that touches a lift: its layer, and a number of its own where two ways end at one layer."""
    layers = [int(layer[e]) for e in touching]
    ends = len(touching) == 2 and way[touching[0]] != way[touching[1]]  # noqa: PLR2004
    apart = ends and len(set(layers)) == 1
    return [(storey, k if apart else 0) for k, storey in enumerate(layers)]


_NO_TAGS: dict[str, object] = {
    "osm_way_id": 0,
    "kind": "lift",
    "highway": "elevator",
    "bridge": False,
    "tunnel": False,
    "length_m": 0.0,
    "belt": 0,
    "signals": 0.0,
    "gaps": 0.0,
    "step_count": np.nan,
    "climb_m": np.nan,
}


def _unknown() -> dict[str, object]:
    """Facts of a lift that no register names."""
    return _said(register_facts(pd.DataFrame([{"link_id": None}])))


def _said(facts: pd.DataFrame) -> dict[str, object]:
    return {str(key): value for key, value in facts.iloc[0].items()}
