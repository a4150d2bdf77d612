"""Ways -> WalkNetwork: junctions, edges with their geometry, kinds, rises, and seconds for a profile.

Ways that cross only in plan never meet: two ways join where they share an OSM node, nowhere else. A lift node that
ways of several storeys share is split into one node a storey, joined by lift edges.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from servicecircle.arrays import Floats, Ints
from servicecircle.crs import WGS84, geodesic_m, to_metric
from servicecircle.heights import node_heights
from servicecircle.model import Terrain, Ways
from servicecircle.pace import escalator_s, lift_s, stairs_s, street_s
from servicecircle.parameters import Parameters, Profile

__all__ = ["EdgeSeconds", "WalkNetwork", "build_network", "edge_seconds", "street_lines"]

_PATHS = {"footway", "path", "pedestrian", "corridor", "track", "bridleway", "cycleway", "platform"}
_BELT = {"yes", "forward", "backward", "reversible"}


@dataclass(frozen=True, slots=True)
class WalkNetwork:
    """The walking network on arrays; nodes are positions 0..n-1, edges 0..e-1.

    Attributes
    ----------
    node_id
        OSM node of each position (a split lift node appears once a storey).
    node_lonlat, node_xy
        (n, 2) EPSG:4326 and metres in ``crs``.
    node_height_m, node_height_source
        Height (NaN where unknown) and ``terrain``, ``interpolated`` or ``none``.
    tail, head
        Node positions of each edge's ends, in the way's direction.
    edges
        One row an edge: edge_id, osm_way_id, kind, highway, name, bridge, tunnel, layer, length_m, rise_m,
        height_source, incline (+1 up, -1 down, 0 unknown along the edge), belt (+1, -1, 0 both), link_id, paid,
        open, signals.
    vertex_lonlat, vertex_xy, vertex_start, vertex_along_m
        Edge ``i`` runs through the vertices ``vertex_start[i]`` to ``vertex_start[i + 1]``; metres along it.
    """

    crs: str
    node_id: Ints
    node_lonlat: Floats
    node_xy: Floats
    node_height_m: Floats
    node_height_source: np.ndarray
    tail: Ints
    head: Ints
    edges: pd.DataFrame
    vertex_lonlat: Floats
    vertex_xy: Floats
    vertex_start: Ints
    vertex_along_m: Floats

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.node_id)

    @property
    def n_edges(self) -> int:
        """Number of edges."""
        return len(self.tail)


@dataclass(frozen=True, slots=True)
class EdgeSeconds:
    """Seconds along each edge with and against its direction for one profile; ``inf`` is closed."""

    forward_s: Floats
    backward_s: Floats


def build_network(
    ways: Ways, crs: str, terrain: Terrain | None, links: pd.DataFrame, parameters: Parameters
) -> WalkNetwork:
    """Build the network of all given ways (apply the walkable rule before).

    ``links`` is the vertical-link register: its rows say which ways and nodes are paid, closed, and how high they go.
    """
    first, last = _edge_ends(ways)
    rows = np.repeat(np.arange(len(ways.ways)), np.diff(ways.offsets))[first]
    used, position = np.unique(ways.refs[np.concatenate([first, last])], return_inverse=True)
    tail, head = position[: len(first)].astype(np.int64), position[len(first) :].astype(np.int64)

    vertex_start, flat = _ranges(first, last)
    vertex_node = np.searchsorted(ways.nodes.index.to_numpy(), ways.refs[flat])
    vertex_lonlat = ways.nodes[["lon", "lat"]].to_numpy()[vertex_node]
    along, length = _along(vertex_lonlat, vertex_start)

    node_lonlat = ways.nodes.loc[used, ["lon", "lat"]].to_numpy()
    edges = _edge_table(ways, rows, length, links)
    node_tags = ways.nodes.loc[used]
    node_id, node_lonlat, tail, head, lifts = _split_lifts(used, node_lonlat, node_tags, tail, head, edges, links)
    edges = pd.concat([edges, lifts], ignore_index=True) if len(lifts) else edges
    added = len(lifts)
    for k in range(added):
        ends = node_lonlat[[tail[len(tail) - added + k], head[len(head) - added + k]]]
        vertex_lonlat = np.vstack([vertex_lonlat, ends])
    if added:
        vertex_start = np.concatenate([vertex_start, vertex_start[-1] + 2 * np.arange(1, added + 1)])
        along = np.concatenate([along, np.zeros(2 * added)])

    off_ground = (edges["bridge"] | edges["tunnel"] | (edges["layer"] != 0) | (edges["kind"] == "lift")).to_numpy()
    height, source = node_heights(
        terrain, node_lonlat, tail, head, edges["length_m"].to_numpy(), off_ground, parameters.terrain
    )
    given = edges["rise_m"].to_numpy()
    told = np.isfinite(given) | (edges["kind"] == "lift").to_numpy()
    edges["rise_m"] = np.where(told, given, height[head] - height[tail])
    # "interpolated" wins over "terrain" at either end, "none" over both; a rise from the register over all
    worst = np.where((source[tail] == "none") | (source[head] == "none"), "none", "terrain")
    mixed = (worst == "terrain") & ((source[tail] == "interpolated") | (source[head] == "interpolated"))
    edges["height_source"] = np.select([np.isfinite(given), mixed], ["register", "interpolated"], worst)
    return WalkNetwork(
        crs=crs,
        node_id=node_id,
        node_lonlat=node_lonlat,
        node_xy=to_metric(node_lonlat, crs),
        node_height_m=height,
        node_height_source=source,
        tail=tail,
        head=head,
        edges=edges,
        vertex_lonlat=vertex_lonlat,
        vertex_xy=to_metric(vertex_lonlat, crs),
        vertex_start=vertex_start,
        vertex_along_m=along,
    )


def edge_seconds(
    network: WalkNetwork, profile: Profile, parameters: Parameters, *, paid: bool | None = None
) -> EdgeSeconds:
    """Price every edge both ways for one profile; closed, paid (unless wanted) and impossible ones cost ``inf``.

    ``flat`` walks every metre that exists: it compares engines, not openings.
    """
    edges, pace = network.edges, parameters.pace
    length, rise = edges["length_m"].to_numpy(), edges["rise_m"].to_numpy()
    kind = edges["kind"].to_numpy()
    forward = street_s(length, rise, profile, pace)
    backward = street_s(length, -rise, profile, pace)
    stairs = kind == "stairs"
    up = edges["incline"].to_numpy(dtype=np.float64)
    guess = np.where(np.abs(rise) >= parameters.terrain.level_stairs_m, np.sign(rise), 0.0)
    up = np.where(up != 0, up, np.nan_to_num(guess))[stairs]
    forward[stairs] = stairs_s(length[stairs], up, profile, pace)
    backward[stairs] = stairs_s(length[stairs], -up, profile, pace)

    belt = kind == "escalator"
    way = edges["belt"].to_numpy()[belt] if profile.closures else np.zeros(belt.sum())
    ride = escalator_s(length[belt], profile, pace)
    forward[belt] = np.where(way >= 0, ride, np.inf)
    backward[belt] = np.where(way <= 0, ride, np.inf)

    lift = kind == "lift"
    forward[lift] = backward[lift] = lift_s(rise[lift], profile, pace)
    if profile.waits:
        wait = np.where(edges["signals"].to_numpy(), pace.crossing_wait_s, 0.0)
        forward, backward = forward + wait, backward + wait

    if profile.closures:
        shut = ~edges["open"].to_numpy()
        if not (parameters.links.paid if paid is None else paid):
            shut |= edges["paid"].to_numpy()
        forward[shut] = backward[shut] = np.inf
    return EdgeSeconds(forward, backward)


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


def _edge_table(ways: Ways, rows: Ints, length: Floats, links: pd.DataFrame) -> pd.DataFrame:
    tags = ways.ways.iloc[rows].reset_index(names="osm_way_id")
    sequence = tags.groupby("osm_way_id").cumcount()
    belted = tags["conveying"].isin(_BELT)
    kind = np.select(
        [
            belted,
            tags["highway"] == "steps",
            (tags["footway"] == "crossing") | (tags["crossing"].notna() & tags["highway"].isin(_PATHS)),
            tags["highway"].isin(_PATHS),
        ],
        ["escalator", "stairs", "crossing", "path"],
        "street",
    )
    layer = pd.to_numeric(tags["layer"], errors="coerce").fillna(0).astype(int)
    sign = tags["incline"].map(_incline_sign)
    link = links[links["osm_type"] == "way"].set_index("osm_id").reindex(tags["osm_way_id"])
    shut = (link["state"] == "closed").to_numpy()
    return pd.DataFrame(
        {
            "edge_id": tags["osm_way_id"].astype(str) + "." + sequence.astype(str),
            "osm_way_id": tags["osm_way_id"],
            "kind": kind,
            "highway": tags["highway"],
            "name": tags["name"],
            "bridge": tags["bridge"].notna() & (tags["bridge"] != "no"),
            "tunnel": tags["tunnel"].notna() & ~tags["tunnel"].isin(["no", "building_passage", "covered"]),
            "layer": layer,
            "length_m": length,
            "rise_m": np.full(len(tags), np.nan),
            "incline": sign,
            "belt": np.select([tags["conveying"] == "forward", tags["conveying"] == "backward"], [1, -1], 0),
            "link_id": link["link_id"].to_numpy(),
            "paid": (pd.to_numeric(link["fee_cny"]).fillna(0) > 0).to_numpy() | (tags["fee"] == "yes").to_numpy(),
            "open": ~shut,
            "signals": (tags["crossing"] == "traffic_signals").to_numpy() & (kind == "crossing"),
        }
    )


def _incline_sign(value: object) -> int:
    text = str(value or "").strip().rstrip("%°")
    if text in {"up", "down"}:
        return 1 if text == "up" else -1
    try:
        return int(np.sign(float(text)))
    except ValueError:
        return 0


def _is_paid(entry: pd.Series | None) -> bool:
    return entry is not None and pd.notna(entry["fee_cny"]) and float(str(entry["fee_cny"])) > 0


def _split_lifts(
    node_id: Ints,
    lonlat: Floats,
    tags: pd.DataFrame,
    tail: Ints,
    head: Ints,
    edges: pd.DataFrame,
    links: pd.DataFrame,
) -> tuple[Ints, Floats, Ints, Ints, pd.DataFrame]:
    """Give a lift node one node a storey, joined by lift edges: changing storey is never free."""
    ids, places = [node_id], [lonlat]
    tail, head = tail.copy(), head.copy()
    register = {int(row["osm_id"]): row for _, row in links[links["osm_type"] == "node"].iterrows()}
    count = len(node_id)
    rows: list[dict[str, object]] = []
    ends: list[tuple[int, int]] = []
    for node in np.flatnonzero((tags["highway"] == "elevator").to_numpy()):
        touching = np.flatnonzero((tail == node) | (head == node))
        storeys = sorted({int(edges["layer"].iloc[e]) for e in touching})
        if len(storeys) < 2:  # noqa: PLR2004
            continue
        osm_id = int(node_id[node])
        entry = register.get(osm_id)
        copies = [int(node), *range(count, count + len(storeys) - 1)]
        count += len(storeys) - 1
        ids.append(np.full(len(storeys) - 1, osm_id))
        places.append(np.repeat(lonlat[[node]], len(storeys) - 1, axis=0))
        for e in touching:
            at = copies[storeys.index(int(edges["layer"].iloc[e]))]
            tail[e] = at if tail[e] == node else tail[e]
            head[e] = at if head[e] == node else head[e]
        known = entry is not None and len(storeys) == 2 and pd.notna(entry["rise_m"])  # noqa: PLR2004
        for k, (low, high) in enumerate(pairwise(copies)):
            ends.append((low, high))
            rows.append(
                {
                    "edge_id": f"n{osm_id}.{k}",
                    "osm_way_id": 0,
                    "kind": "lift",
                    "highway": "elevator",
                    "name": tags["name"].iloc[node],
                    "bridge": False,
                    "tunnel": False,
                    "layer": storeys[k],
                    "length_m": 0.0,
                    "rise_m": float(str(entry["rise_m"])) if known and entry is not None else np.nan,
                    "incline": 0,
                    "belt": 0,
                    "link_id": None if entry is None else entry["link_id"],
                    "paid": tags["fee"].iloc[node] == "yes" or _is_paid(entry),
                    "open": entry is None or entry["state"] != "closed",
                    "signals": False,
                }
            )
    lifts = pd.DataFrame(rows, columns=edges.columns)
    joined = np.array(ends, dtype=np.int64).reshape(-1, 2)
    return (
        np.concatenate(ids),
        np.vstack(places),
        np.concatenate([tail, joined[:, 0]]),
        np.concatenate([head, joined[:, 1]]),
        lifts,
    )


def street_lines(ways: Ways) -> gpd.GeoDataFrame:
    """Return each way as one EPSG:4326 line with its highway, service, bridge and tunnel tags."""
    at = np.searchsorted(ways.nodes.index.to_numpy(), ways.refs)
    lonlat = ways.nodes[["lon", "lat"]].to_numpy()[at]
    lines = shapely.linestrings(lonlat, indices=np.repeat(np.arange(len(ways.ways)), np.diff(ways.offsets)))
    tags = ways.ways[["highway", "service", "bridge", "tunnel"]].reset_index(drop=True)
    return gpd.GeoDataFrame(tags, geometry=lines, crs=WGS84)
