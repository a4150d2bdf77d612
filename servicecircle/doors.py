"""Every place and home at its door on the network, and all times between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from servicecircle.arrays import Floats, Ints, Shapes
from servicecircle.crs import WGS84
from servicecircle.entrances import Entrances, Reason
from servicecircle.errors import Fault, InputError
from servicecircle.model import Direction, Tier
from servicecircle.network import WalkNetwork
from servicecircle.pairs import Near, Pairs
from servicecircle.parameters import SnapParameters
from servicecircle.reach import Attached, Joined, join, nearest_place, pairs_within
from servicecircle.snapping import Snapped, Snapper

__all__ = ["Doors", "Times", "describe_doors", "entrance_table", "measure_times", "open_doors"]


@dataclass(frozen=True, slots=True)
class Doors:
    """Every door on the network: the nearest of each place, one of each home, then the further ones of places.

    ``place`` and ``home`` number places and homes as searches do, which is also where their first doors are in
    ``snapped``. Of each door, ``owner`` says whose it is, ``lonlat`` where the entrance is, ``layer`` on which storey
    (NaN where unknown) and ``reason`` why there.
    """

    snapped: Snapped
    owner: Ints
    lonlat: Floats
    layer: Floats
    reason: Shapes
    place: Ints
    home: Ints

    def join(self, network: WalkNetwork) -> Joined:
        """Put every door on a network, to be priced as often as needed."""
        return join(network, self.snapped, self.owner)


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds on foot from places: a circle walks from its place, where coverage walks to it.

    ``walk_from`` and ``level_from`` are pairs of a school and a home within the largest cutoff, ``between`` of a place
    and any other place. ``nearest`` is by tier the place that is nearest to each school, to the horizon. ``school`` are
    the rows of the schools, in their order.
    """

    school: Ints
    walk_from: Pairs
    level_from: Pairs
    between: Pairs
    nearest: Mapping[str, Near]


def open_doors(
    snapper: Snapper,
    placed: gpd.GeoDataFrame,
    entrances: Entrances,
    homes: gpd.GeoDataFrame,
    parameters: SnapParameters,
) -> Doors:
    """Snap the entrances of places, and homes; an entrance with no walkable street near is a fault of its file.

    Raises
    ------
    InputError
        Entrances farther than ``refuse_m`` from the network, all of them.
    """
    at = snapper.snap(entrances.lonlat, entrances.layer, entrances.street)
    refuse_far_places(placed, entrances, at, parameters.refuse_m)
    named = snapper.names(at.edge) == entrances.street
    wanted = entrances.reason == Reason.STREET_NUMBER
    reason = np.where(wanted & ~named, Reason.NEAREST, entrances.reason)
    by_distance = np.lexsort((at.snap_m, entrances.owner))
    first = by_distance[np.searchsorted(entrances.owner, np.arange(len(placed)))]
    further = np.setdiff1d(np.arange(len(entrances)), first)
    home_lonlat = np.asarray(shapely.get_coordinates(homes.geometry.to_numpy()), dtype=np.float64)
    place, home = np.split(np.arange(len(placed) + len(homes)), [len(placed)])
    plain = np.full(len(homes), Reason.NEAREST, dtype=object)
    return Doors(
        snapped=at.take(first).followed_by(snapper.snap(home_lonlat)).followed_by(at.take(further)),
        owner=np.r_[place, home, entrances.owner[further]],
        lonlat=np.concatenate([entrances.lonlat[first], home_lonlat, entrances.lonlat[further]]),
        layer=np.concatenate([entrances.layer[first], np.full(len(homes), np.nan), entrances.layer[further]]),
        reason=np.concatenate([reason[first], plain, reason[further]]),
        place=place,
        home=home,
    )


def refuse_far_places(placed: gpd.GeoDataFrame, entrances: Entrances, at: Snapped, refuse_m: float) -> None:
    """Raise if any entrance is farther from the network than ``refuse_m``."""
    faults = []
    for k in np.flatnonzero(~(at.snap_m <= refuse_m)):
        place = placed.iloc[entrances.owner[k]]
        problem = f"no walkable street within {refuse_m:.0f} m of {place['name']!r} (nearest: {at.snap_m[k]:.0f} m)"
        remedy = "check the coordinates and their datum, or empty lon and lat and set position_confidence to none"
        column, (lon, lat) = "lon, lat", entrances.lonlat[k]
        if entrances.reason[k] == Reason.SURVEYED:
            remedy, column = "check the coordinates and their datum, or take this entrance out", "entrances"
        faults.append(Fault(problem, remedy, "facilities.csv", int(place["row"]), column, f"{lon:.6f},{lat:.6f}"))
    if faults:
        raise InputError(faults)


def entrance_table(doors: Doors, placed: gpd.GeoDataFrame, parameters: SnapParameters) -> gpd.GeoDataFrame:
    """Return every entrance of every place: in the order of the places, nearest to its street first.

    Returns
    -------
    gpd.GeoDataFrame
        EPSG:4326; ``facility_id, reason, layer, snap_m, snap_height_m, snap_flag`` (``far``, ``height``, ``far;height``
        or none), ``geometry``: a surveyed or tagged entrance itself, a supposed one where it opens on the street.
    """
    k = np.flatnonzero(doors.owner < len(placed))
    k = k[np.lexsort((doors.snapped.snap_m[k], doors.owner[k]))]
    snapped, reason = doors.snapped.take(k), doors.reason[k]
    known = np.isin(reason, [Reason.SURVEYED, Reason.TAGGED])
    columns = {
        "facility_id": placed["facility_id"].to_numpy()[doors.owner[k]],
        "reason": [str(text) for text in reason],
        "layer": doors.layer[k],
        "snap_m": snapped.snap_m,
        "snap_height_m": snapped.snap_height_m,
        "snap_flag": _flags(snapped, parameters),
    }
    at = np.where(known[:, None], doors.lonlat[k], snapped.lonlat)
    return gpd.GeoDataFrame(columns, geometry=shapely.points(at), crs=WGS84)


def describe_doors(entrances: gpd.GeoDataFrame, parameters: SnapParameters) -> pd.DataFrame:
    """Return what is published of each place's nearest door: one row a place of ``entrance_table``.

    Returns
    -------
    pd.DataFrame
        ``facility_id, snap_m, snap_far, snap_height_m, snap_flag, entrance_reason, n_entrances``.
    """
    by_place = entrances.drop(columns=["geometry", "layer"]).groupby("facility_id", sort=False)
    table = pd.DataFrame(by_place.head(1)).rename(columns={"reason": "entrance_reason"}).reset_index(drop=True)
    far = (table["snap_m"] > parameters.flag_m).astype(object)
    return table.assign(snap_far=far, n_entrances=by_place.size().to_numpy(dtype=np.float64))


def measure_times(
    doors: Doors, tier: Shapes, walk: Attached, level: Attached, cutoff_s: float, horizon_s: float
) -> Times:
    """Measure the seconds from places that their tables tell of; ``tier`` is that of each place."""
    school = np.flatnonzero(tier == Tier.SCHOOL)
    near = {
        name.value: nearest_place(walk, np.flatnonzero(tier == name), school, horizon_s, Direction.TO)
        for name in Tier
        if name is not Tier.SCHOOL
    }
    walk_from = pairs_within(walk, school, doors.home, cutoff_s, Direction.FROM)
    same = level.same_as(walk)
    return Times(
        school=school,
        walk_from=walk_from,
        level_from=walk_from if same else pairs_within(level, school, doors.home, cutoff_s, Direction.FROM),
        between=pairs_within(walk, doors.place, doors.place, cutoff_s, Direction.FROM).without_self(),
        nearest=near,
    )


def _flags(snapped: Snapped, parameters: SnapParameters) -> list[str | None]:
    far, high = snapped.snap_m > parameters.flag_m, np.abs(snapped.snap_height_m) > parameters.flag_height_m
    words = [";".join(np.array(["far", "height"])[[a, b]]) for a, b in zip(far, high, strict=True)]
    return [word or None for word in words]
