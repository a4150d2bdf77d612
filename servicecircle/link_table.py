"""Links that may be missing as rows: where, how long, whom they would help."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from servicecircle.arrays import Floats
from servicecircle.crs import WGS84, to_lonlat
from servicecircle.explanations import explain_link
from servicecircle.gap_facts import Facts, Gap, GapLink, mean_by
from servicecircle.network import WalkNetwork
from servicecircle.units import S_PER_MIN

__all__ = ["MISSING_LINKS", "missing_link_table"]

MISSING_LINKS = [
    "link_id", "rank", "tier", "gap_id", "kind", "length_m", "rise_m", "seconds", "from_lon", "from_lat", "to_lon",
    "to_lat", "from_name", "to_name", "from_edge_id", "to_edge_id", "homes", "people_low", "people", "people_high",
    "saved_s", "person_minutes", "gap_share", "status", "explanation_zh", "explanation_en", "geometry",
]  # fmt: skip
"""Columns of the missing links: one row a tier and link, with those whom it alone brings within the cutoff."""

_CANDIDATE = "candidate"  # to be checked on site
_NAMED_WITHIN_M = 100.0  # a street farther off than this says nothing of where a link is


def missing_link_table(gaps: Sequence[Gap], facts: Facts) -> gpd.GeoDataFrame:
    """Return the links that may be missing as EPSG:4326 lines with the columns ``MISSING_LINKS``, best first.

    Those that help as many people as a gap needs to be listed. Each is a candidate, to be checked on site: the map may
    lack a stair that is there. ``from_name`` and ``to_name``: the streets at its ends, or the nearest that have a name.
    """
    least = facts.scene.streets.parameters.gaps.min_people
    linked = [(gap, gap.link) for gap in gaps if gap.link is not None]
    rows: dict[tuple[str, str], dict[str, object]] = {}
    names = _street_names(facts.scene.streets.network, [link for _, link in linked])
    for (gap, link), ends in zip(linked, names, strict=True):
        if facts.weight[link.home].sum() >= least:
            rows.setdefault((gap.tier.value, link.id), _row(gap, link, ends, facts))
    table = pd.DataFrame(list(rows.values()), columns=MISSING_LINKS)
    order = np.lexsort((table["link_id"].to_numpy(dtype=str), -table["person_minutes"].to_numpy(dtype=np.float64)))
    ranked = table.iloc[order].assign(rank=np.arange(1, len(table) + 1)).reset_index(drop=True)
    return gpd.GeoDataFrame(ranked, geometry="geometry", crs=WGS84)


def _row(gap: Gap, link: GapLink, names: tuple[str | None, str | None], facts: Facts) -> dict[str, object]:
    scene, near = facts.scene, facts.near[gap.tier]
    network, horizon_s = scene.streets.network, scene.streets.parameters.coverage.horizon_s
    weight = facts.weight[link.home]
    saved: Floats = np.minimum(near.walk_s[link.home], horizon_s) - link.home_s
    ends = to_lonlat(link.xy, network.crs)
    edge_id = network.edges["edge_id"].iloc[list(link.edge)]
    row: dict[str, object] = {
        "link_id": link.id,
        "tier": gap.tier.value,
        "gap_id": gap.id(facts.lonlat),
        "kind": link.kind,
        "length_m": link.length_m,
        "rise_m": link.rise_m,
        "seconds": link.seconds,
        **dict(zip(("from_lon", "from_lat", "to_lon", "to_lat"), ends.ravel().tolist(), strict=True)),
        **dict(zip(("from_name", "to_name"), names, strict=True)),
        **dict(zip(("from_edge_id", "to_edge_id"), edge_id, strict=True)),
        "homes": len(link.home),
        **facts.people(link.home),
        "saved_s": mean_by(weight, saved),
        "person_minutes": float((saved * weight).sum() / S_PER_MIN),
        "gap_share": mean_by(facts.weight[gap.home], np.isin(gap.home, link.home).astype(np.float64)),
        "status": _CANDIDATE,
        "geometry": shapely.LineString(ends),
    }
    return row | explain_link(row)


def _street_names(network: WalkNetwork, links: Sequence[GapLink]) -> list[tuple[str | None, str | None]]:
    """Name the street at each end of each link, or the nearest that has a name."""
    name = network.edges["name"]
    owner = np.repeat(np.arange(network.n_edges), np.diff(network.vertex_start))
    named = np.flatnonzero(name.notna().to_numpy()[owner])
    if not len(links) or not len(named):
        return [(None, None)] * len(links)
    ends = np.concatenate([link.xy for link in links])
    edges = np.array([link.edge for link in links]).ravel()
    metres, at = cKDTree(network.vertex_xy[named]).query(ends, distance_upper_bound=_NAMED_WITHIN_M)
    near = np.where(np.isfinite(metres), owner[named[np.minimum(at, len(named) - 1)]], edges)
    own = name.where(name.notna(), None).to_numpy(dtype=object)
    found = [own[edge] or own[other] for edge, other in zip(edges, near, strict=True)]
    return list(zip(found[::2], found[1::2], strict=True))
