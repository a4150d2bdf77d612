"""A built network as levelling sees it."""

from __future__ import annotations

import pandas as pd

from servicecircle.levelling import Plan
from servicecircle.network import WalkNetwork

__all__ = ["plan_of"]


def plan_of(network: WalkNetwork, links: pd.DataFrame) -> Plan:
    """Return the plan of a network, with the rises that the register of vertical links gives and no others."""
    given = network.edges["link_id"].map(links.set_index("link_id")["rise_m"])
    return Plan(
        crs=network.crs,
        node_lonlat=network.node_lonlat,
        tail=network.tail,
        head=network.head,
        edges=network.edges.assign(rise_m=pd.to_numeric(given)),
        vertex_lonlat=network.vertex_lonlat,
        vertex_xy=network.vertex_xy,
        vertex_start=network.vertex_start,
        vertex_along_m=network.vertex_along_m,
    )
