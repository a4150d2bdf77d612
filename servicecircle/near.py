"""How near the nearest place of a tier is to each home, by every measure that the causes of gaps compare."""

from __future__ import annotations

from dataclasses import dataclass, replace

from servicecircle.arrays import Floats, Ints
from servicecircle.coverage import Access
from servicecircle.graph import nearest
from servicecircle.model import Tier, Variant
from servicecircle.network import WalkNetwork
from servicecircle.reach import Attached

__all__ = ["Near", "every_link_open", "near_of", "node_seconds"]


@dataclass(frozen=True, slots=True)
class Near:
    """Seconds from each home to the nearest place of one tier; ``inf`` beyond the horizon.

    Attributes
    ----------
    walk_s, at
        As people walk, and the row of that place (-1 where there is none).
    level_s
        The same walker without hills.
    paid_s
        As people walk, with every paid or closed link open.
    radius_m, radius_at
        In a straight line, and the row of that place, which need not be the one nearest on foot.
    """

    walk_s: Floats
    at: Ints
    level_s: Floats
    paid_s: Floats
    radius_m: Floats
    radius_at: Ints


def near_of(access: Access) -> dict[Tier, Near]:
    """Return what every home has near it, for each tier with a placed facility: also candidates count here."""
    found = {}
    for tier in Tier:
        if access.rows(tier, "all").any():
            walk, level, opened, radius = (
                access.nearest(tier, "all", m) for m in ("walk", "level", "opened", "radius")
            )
            found[tier] = Near(walk.apart, walk.at, level.apart, opened.apart, radius.apart, radius.at)
    return found


def every_link_open(network: WalkNetwork, variant: Variant) -> Variant:
    """Return the same variant with fees paid and closed links open at any hour; what it closes itself stays closed."""
    edges = network.edges
    closed = edges.loc[~edges["open"].to_numpy(dtype=bool) & edges["link_id"].notna(), "link_id"]
    opened = (*variant.opened, *sorted(set(closed) - set(variant.opened)))
    return replace(variant, paid=True, at="", opened=opened)


def node_seconds(attached: Attached, places: Ints, limit_s: float) -> Floats:
    """Seconds from every node of the graph to the nearest of the places, by one search; ``inf`` beyond the limit."""
    return nearest(attached.graph, attached.sources([places]), limit_s, towards=True).apart
