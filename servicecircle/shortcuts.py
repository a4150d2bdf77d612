"""Ways that are not there: between two points of the network, priced as if they were, and what they would change."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import shapely

from servicecircle.arrays import Bools, Floats, Ints, Shapes
from servicecircle.graph import Graph, Sources, nearest
from servicecircle.pace import stairs_s, street_s
from servicecircle.parameters import PaceParameters, Profile
from servicecircle.stations import Stations

__all__ = ["Pricing", "Shortcuts", "draw_shortcuts", "lines_of", "seconds_by"]


@dataclass(frozen=True, slots=True)
class Pricing:
    """Who walks, and what slope makes a way a stair."""

    profile: Profile
    pace: PaceParameters
    stairs_from_grade: float


@dataclass(frozen=True, slots=True)
class Shortcuts:
    """Ways between pairs of stations, walked from ``start`` to ``end``.

    ``length_m`` in plan; ``rise_m`` towards the end, NaN where a height is unknown; ``stairs`` whether it climbs like
    stairs; ``seconds`` along it.
    """

    start: Ints
    end: Ints
    length_m: Floats
    rise_m: Floats
    stairs: Bools
    seconds: Floats

    def __len__(self) -> int:
        """Return the number of ways."""
        return len(self.start)

    def take(self, which: Ints | Bools) -> Shortcuts:
        """Return the ways at the given positions."""
        return Shortcuts(*(getattr(self, f.name)[which] for f in fields(self)))


def draw_shortcuts(stations: Stations, start: Ints, end: Ints, pricing: Pricing) -> Shortcuts:
    """Price ways from start to end: a street, or stairs where it is too steep for one, as long as their climb needs.

    An unknown height is walked as level.
    """
    plan = np.hypot(*(stations.xy[end] - stations.xy[start]).T)
    rise = stations.height_m[end] - stations.height_m[start]
    climb = np.abs(np.nan_to_num(rise))
    stairs = climb > pricing.stairs_from_grade * plan
    length = np.where(stairs, np.maximum(plan, climb / pricing.pace.stairs_grade), plan)
    on_stairs = stairs_s(length, rise, climb, pricing.profile, pricing.pace)
    seconds = np.where(stairs, on_stairs, street_s(length, rise, pricing.profile, pricing.pace))
    return Shortcuts(start, end, length, rise, stairs, seconds)


def lines_of(stations: Stations, shortcuts: Shortcuts) -> Shapes:
    """Return each way as a straight line in metres."""
    ends = np.stack([stations.xy[shortcuts.start], stations.xy[shortcuts.end]], axis=1)
    return np.asarray(shapely.linestrings(ends), dtype=object)


def seconds_by(
    graph: Graph, stations: Stations, shortcuts: Shortcuts, onward_s: Floats, limit_s: float
) -> tuple[Floats, Ints]:
    """Seconds from every node to the places by the best one of the ways, and which; ``inf`` and -1 beyond the limit.

    Exactly one of them is walked, as if it alone were added. ``onward_s``: from every station to the nearest place.
    """
    after = shortcuts.seconds + onward_s[shortcuts.end]
    access = stations.in_s[shortcuts.start] + after[:, None]
    found = nearest(graph, Sources.at(stations.node[shortcuts.start].ravel(), access.ravel()), limit_s, towards=True)
    return found.apart, np.where(found.at >= 0, found.at // 2, -1)
