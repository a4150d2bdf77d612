"""Every place and home at its door on the network, and all times between them."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from servicecircle.arrays import Floats, Ints
from servicecircle.errors import Fault, InputError
from servicecircle.model import Direction
from servicecircle.network import EdgeSeconds, WalkNetwork
from servicecircle.parameters import Profile, SnapParameters
from servicecircle.reach import Attached, attach, door_to_door
from servicecircle.snapping import Snapped, Snapper

__all__ = ["Doors", "Times", "measure_times", "open_doors"]


@dataclass(frozen=True, slots=True)
class Doors:
    """Places first, then homes, snapped to the network; ``place`` and ``home`` are their positions in ``snapped``."""

    snapped: Snapped
    place: Ints
    home: Ints

    @property
    def places(self) -> Snapped:
        """Where the places snapped."""
        return self.snapped.take(self.place)

    def attach(self, network: WalkNetwork, prices: EdgeSeconds, profile: Profile) -> Attached:
        """Put every door on a network with these prices."""
        return attach(network, prices, self.snapped, profile)


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds as (places, homes) blocks, and (places, places) between them; ``inf`` beyond the horizon.

    ``walk``: as priced; ``level``: the same walker without hills; ``paid``: with paid links open. Coverage walks ``to``
    the place, a circle ``from`` it.
    """

    walk_to: Floats
    walk_from: Floats
    level_to: Floats
    level_from: Floats
    paid_to: Floats
    between: Floats


def open_doors(
    snapper: Snapper, placed: gpd.GeoDataFrame, homes: gpd.GeoDataFrame, parameters: SnapParameters
) -> Doors:
    """Snap places and homes; a place with no walkable street near is a fault of its file.

    Raises
    ------
    InputError
        Places farther than ``refuse_m`` from the network, all of them.
    """
    lonlat = [np.asarray(shapely.get_coordinates(t.geometry.to_numpy()), dtype=np.float64) for t in (placed, homes)]
    snapped = snapper.snap(np.vstack(lonlat))
    place, home = np.split(np.arange(len(snapped)), [len(placed)])
    faults = [
        Fault(
            f"no walkable street within {parameters.refuse_m:.0f} m of {placed['name'].iloc[i]!r} "
            f"(nearest: {snapped.snap_m[i]:.0f} m)",
            "check the coordinates and their datum, or empty lon and lat and set position_confidence to none",
            "facilities.csv",
            int(placed["row"].iloc[i]),
            "lon, lat",
            f"{placed.geometry.iloc[i].x:.6f},{placed.geometry.iloc[i].y:.6f}",
        )
        for i in np.flatnonzero(~(snapped.snap_m[place] <= parameters.refuse_m))
    ]
    if faults:
        raise InputError(faults)
    return Doors(snapped, place, home)


def measure_times(doors: Doors, walk: Attached, level: Attached, paid: Attached, horizon_s: float) -> Times:
    """Measure every block of times that counting needs."""
    ends = doors.place, doors.home, horizon_s
    return Times(
        walk_to=door_to_door(walk, *ends, Direction.TO),
        walk_from=door_to_door(walk, *ends, Direction.FROM),
        level_to=door_to_door(level, *ends, Direction.TO),
        level_from=door_to_door(level, *ends, Direction.FROM),
        paid_to=door_to_door(paid, *ends, Direction.TO),
        between=door_to_door(walk, doors.place, doors.place, horizon_s, Direction.FROM),
    )
