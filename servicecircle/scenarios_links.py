"""Links that a what-if adds, changes or closes, laid over the network as it is mapped.

The mapped network stays as it is to the last digit: it is not levelled anew, and no door moves onto a link that is
added. So a link can only make walks shorter, and what it changes is its own doing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_array, vstack

from servicecircle.arrays import Floats, Ints
from servicecircle.crs import to_lonlat, to_metric
from servicecircle.errors import Fault, InputError
from servicecircle.hours import are_hours
from servicecircle.levelling import Heights
from servicecircle.model import LinkChange, NewLink, Study, Variant
from servicecircle.network import Hung, WalkNetwork
from servicecircle.pace import steps
from servicecircle.parameters import Parameters
from servicecircle.prices import edge_names
from servicecircle.scenarios_names import REACH_M, Names, contradictions, lines_of_edges, under_drawn

__all__ = ["LINK_KINDS", "amend"]

LINK_KINDS = ("path", "stairs", "lift", "escalator", "bridge", "footbridge", "underpass")
"""What a link that a what-if adds may be."""

_SAME_M = 0.5
_FIRST_ID = -1_000_001  # below those of the register's own links
_ON_FOOT = ("street", "path", "stairs", "crossing", "footbridge", "underpass")
_HIGHWAY = {"stairs": "steps", "lift": "elevator"}


@dataclass(frozen=True, slots=True)
class _Ends:
    """Where link ends meet the mapped network: the edge, the share of it, metres away, position, height."""

    edge: Ints
    share: Floats
    apart_m: Floats
    xy: Floats
    height_m: Floats
    vertex: Ints
    part: Floats


def amend(network: WalkNetwork, study: Study, variant: Variant, parameters: Parameters) -> tuple[WalkNetwork, Variant]:
    """Lay the links of a variant over the mapped network; return it with the variant, every name in it resolved.

    A link may be named by ``link_id``, ``edge_id``, ``way/123``, or by its name in the register or on the map.

    Raises
    ------
    InputError
        All faults at once: a name that is nowhere or of several links, an id that is taken, an end far from any street,
        a line with no street under it, a link that is both added or opened and closed.
    """
    faults: list[Fault] = []
    ends = _find_ends(network, variant.links) if variant.links else None
    faults += _faults_of_new(network, study, variant.links, ends)
    names = Names.of(network, study)
    opened, closed = (names.resolve(getattr(variant, key), key, faults) for key in ("opened", "closed"))
    under = under_drawn(network, lines_of_edges(network), variant.drawn, faults) if variant.drawn else []
    changed = {change: names.resolve([change.id], "link", faults) for change in variant.changes}
    faults += contradictions(variant, (opened, [*closed, *under]))
    if faults:
        raise InputError(faults)
    told = replace(variant, opened=tuple(opened), closed=tuple(dict.fromkeys([*closed, *under])), drawn=())
    if changed:
        network = replace(network, edges=_changed(network.edges, changed))
    if ends is not None:
        network = _hang(network, variant.links, ends, parameters)
    return network, told


def _find_ends(network: WalkNetwork, links: tuple[NewLink, ...]) -> _Ends:
    """Find the nearest point of a street for both ends of each link: starts and ends by turns."""
    lonlat = np.array([end for link in links for end in (link.start, link.end)], dtype=np.float64)
    xy = np.nan_to_num(to_metric(lonlat, network.crs), posinf=1e9, neginf=1e9)
    usable = np.flatnonzero(network.edges["kind"].isin(_ON_FOOT).to_numpy())
    lines = lines_of_edges(network)
    way = network.edges["osm_way_id"].to_numpy()
    wanted = [w for link in links for w in (link.start_way, link.end_way)]
    edge = np.empty(len(xy), dtype=np.int64)
    points = np.asarray(shapely.points(xy), dtype=object)
    for k, (point, own) in enumerate(zip(points, wanted, strict=True)):
        among = usable if own is None else np.flatnonzero(way == own)
        among = usable if not len(among) else among
        apart = shapely.distance(lines[among], point)
        edge[k] = among[int(np.argmin(apart))]  # of streets equally near the first
    share = np.clip(shapely.line_locate_point(lines[edge], points, normalized=True), 0.0, 1.0)
    at, along = network.vertex_start, network.vertex_along_m
    vertex = np.empty(len(edge), dtype=np.int64)
    part = np.zeros(len(edge))
    for k, e in enumerate(edge):
        metres = along[at[e] : at[e + 1]]
        i = int(np.clip(np.searchsorted(metres, share[k] * metres[-1], side="right") - 1, 0, len(metres) - 2))
        vertex[k], span = at[e] + i, metres[i + 1] - metres[i]
        part[k] = (share[k] * metres[-1] - metres[i]) / span if span > 0 else 0.0
    foot = network.vertex_xy[vertex] + part[:, None] * (network.vertex_xy[vertex + 1] - network.vertex_xy[vertex])
    high = network.heights.vertex_m
    height = high[vertex] + part * (high[vertex + 1] - high[vertex])
    return _Ends(edge, share, np.asarray(shapely.distance(lines[edge], points)), foot, height, vertex, part)


def _faults_of_new(network: WalkNetwork, study: Study, links: tuple[NewLink, ...], ends: _Ends | None) -> list[Fault]:
    if ends is None:
        return []
    faults, seen = [], edge_names(network.edges) | set(study.links["link_id"])
    ways = set(network.edges["osm_way_id"])
    for k, link in enumerate(links):
        if link.id in seen:
            faults.append(Fault("a link of this id is there", "give it an id of its own", column="id", value=link.id))
        seen.add(link.id)
        if link.opening_hours is not None and not are_hours(link.opening_hours):
            remedy = "write it as Mo-Su 07:30-22:30"
            faults.append(Fault("not in the opening_hours syntax", remedy, column=link.id, value=link.opening_hours))
        for key, way in (("from_way", link.start_way), ("to_way", link.end_way)):
            if way is not None and way not in ways:
                column = f"{link.id}.{key}"
                faults.append(Fault("no such way", "give a way that can be walked", column=column, value=way))
        faults += _faults_of_ends(study, link, ends, k)
    return faults


def _faults_of_ends(study: Study, link: NewLink, ends: _Ends, k: int) -> list[Fault]:
    faults, (west, south, east, north) = [], study.ways.extent
    for key, i, (lon, lat) in (("from", 2 * k, link.start), ("to", 2 * k + 1, link.end)):
        where, column = f"{lon:.6f},{lat:.6f}", f"{link.id}.{key}"
        if not (west <= lon <= east and south <= lat <= north):
            remedy = "longitude first, WGS-84; check the coordinates"
            faults.append(Fault("outside the street data", remedy, column=column, value=where))
        elif not ends.apart_m[i] <= REACH_M:
            problem = f"no walkable street within {REACH_M:.0f} m (nearest: {ends.apart_m[i]:.0f} m)"
            faults.append(Fault(problem, "let the link begin and end at streets", column=column, value=where))
    apart_m = np.hypot(*(ends.xy[2 * k] - ends.xy[2 * k + 1]))
    if ends.edge[2 * k] == ends.edge[2 * k + 1] and apart_m < _SAME_M:
        remedy = "move an end, or name the streets it joins: from_way, to_way"
        faults.append(Fault("both ends meet the same point of one street", remedy, column=link.id))
    return faults


def _changed(edges: pd.DataFrame, changed: Mapping[LinkChange, list[str]]) -> pd.DataFrame:
    """Return the edges with other fees, hours, waits and rides."""
    edges = edges.copy()
    way = "way/" + edges["osm_way_id"].astype(str)
    for change, names in changed.items():
        here = (edges["link_id"].isin(names) | edges["edge_id"].isin(names) | way.isin(names)).to_numpy()
        if change.fee_cny is not None:
            edges.loc[here, "paid"] = change.fee_cny > 0
        if change.opening_hours is not None:
            edges.loc[here, "hours"] = change.opening_hours or None
        if change.wait_s is not None:
            edges.loc[here, "wait_s"] = change.wait_s
        if change.ride_s is not None:  # told of the whole link, as its rise is
            length = edges.loc[here, "length_m"].to_numpy()
            total = length.sum()
            edges.loc[here, "ride_s"] = change.ride_s * (length / total if total > 0 else 1.0 / max(len(length), 1))
    return edges


def _hang(network: WalkNetwork, links: tuple[NewLink, ...], ends: _Ends, parameters: Parameters) -> WalkNetwork:
    """Append two nodes and an edge a link."""
    n, e = network.n_nodes, network.n_edges
    added = 2 * len(links)
    plan = np.hypot(*(ends.xy[1::2] - ends.xy[::2]).T)
    found = ends.height_m[1::2] - ends.height_m[::2]
    rows = [_edge(k, link, plan[k], found[k], parameters) for k, link in enumerate(links)]
    table = pd.DataFrame(rows)[list(network.edges.columns)].astype(network.edges.dtypes)
    lonlat = to_lonlat(ends.xy, network.crs)
    length = table["length_m"].to_numpy(dtype=np.float64)
    along = np.column_stack([np.zeros(len(links)), length]).ravel()
    new = np.arange(n, n + added)
    return replace(
        network,
        node_id=np.r_[network.node_id, _FIRST_ID - np.arange(added)],
        node_lonlat=np.vstack([network.node_lonlat, lonlat]),
        node_xy=np.vstack([network.node_xy, ends.xy]),
        tail=np.r_[network.tail, new[::2]],
        head=np.r_[network.head, new[1::2]],
        edges=pd.concat([network.edges, table], ignore_index=True),
        vertex_lonlat=np.vstack([network.vertex_lonlat, lonlat]),
        vertex_xy=np.vstack([network.vertex_xy, ends.xy]),
        vertex_start=np.r_[network.vertex_start, network.vertex_start[-1] + 2 * np.arange(1, len(links) + 1)],
        vertex_along_m=np.r_[network.vertex_along_m, along],
        heights=_heights(network.heights, ends, table["rise_sd_m"].to_numpy(dtype=np.float64)),
        hung=Hung(n, e, ends.edge, ends.share),
    )


def _heights(heights: Heights, ends: _Ends, rise_sd_m: Floats) -> Heights:
    basis = heights._basis  # noqa: SLF001
    if basis is not None:
        between = [(1 - p) * basis[[v]] + p * basis[[v + 1]] for v, p in zip(ends.vertex, ends.part, strict=True)]
        basis = csr_array(vstack([basis, *between]))
    known = np.where(np.isfinite(ends.height_m), "levelled", "none").astype(object)
    return replace(
        heights,
        node_m=np.r_[heights.node_m, ends.height_m],
        node_source=np.r_[heights.node_source, known],
        vertex_m=np.r_[heights.vertex_m, ends.height_m],
        rise_sd_m=np.r_[heights.rise_sd_m, rise_sd_m],
        residual_m=np.r_[heights.residual_m, np.full(len(known), np.nan)],
        _basis=basis,
    )


def _edge(k: int, link: NewLink, plan_m: float, found_m: float, parameters: Parameters) -> dict[str, object]:
    """Describe an added link as an edge; a bridge is a path on a deck. No door opens on it."""
    pace = parameters.pace
    kind = "path" if link.kind == "bridge" else link.kind
    over = kind in ("footbridge", "underpass")
    rise = np.nan if over else (found_m if link.rise_m is None else link.rise_m)
    climb = abs(np.nan_to_num(rise))
    length = plan_m if link.length_m is None else link.length_m
    if kind == "stairs" and link.length_m is None:
        length = max(plan_m, climb / pace.stairs_grade)
    length = length if kind == "lift" else max(length, 0.1)
    up = {"up": 1, "down": -1}.get(link.direction, 0)
    told = link.rise_m is not None
    return {
        "edge_id": f"{link.id}.0",
        "osm_way_id": _FIRST_ID - k,
        "kind": kind,
        "highway": _HIGHWAY.get(kind, "footway"),
        "name": link.name,
        "bridge": kind not in ("lift", "escalator", "underpass"),
        "tunnel": kind == "underpass",
        "layer": 0,
        "length_m": length,
        "rise_m": rise,
        "climb_m": (link.rise_m if told and link.rise_m else 5.0) if over else np.nan,
        "incline": int(np.sign(np.nan_to_num(rise))),
        "belt": int(up * (np.sign(rise) if np.nan_to_num(rise) != 0 else 1)),
        "runs": link.direction if up else None,
        "signals": 0.0,
        "gaps": 0.0,
        "step_count": np.nan,
        "link_id": link.id,
        "paid": (link.fee_cny or 0.0) > 0,
        "open": True,
        "hours": link.opening_hours,
        "stepfree": link.wheelchair != "no" and kind != "stairs",
        "wait_s": np.nan if link.wait_s is None else link.wait_s,
        "ride_s": np.nan if link.ride_s is None else link.ride_s,
        "ascent_m": np.fmax(rise, 0.0) if np.isfinite(rise) else np.nan,
        "descent_m": np.fmax(-rise, 0.0) if np.isfinite(rise) else np.nan,
        "flight_m": pace.stairs_grade * length if np.isnan(rise) else climb,
        "steps": float(steps(np.array([length]), np.array([rise]), pace)[0]) if kind == "stairs" else 0.0,
        "steps_estimated": kind == "stairs",
        "height_source": "register" if told else "levelled" if np.isfinite(rise) else "none",
        "rise_sd_m": 0.0 if told else np.nan,
        "residual_m": np.nan,
        "confidence": "high" if told else "none",
    }
