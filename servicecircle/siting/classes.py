"""Mobile classes on the ground: neighbourhoods without a place, the rooms that serve them, the weeks of a term."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from servicecircle.arrays import Floats, Ints, Shapes
from servicecircle.clusters import find_clusters, name_cluster
from servicecircle.communities import Basins, community_seats, seat_basins
from servicecircle.crs import to_metric
from servicecircle.errors import Fault, InputError
from servicecircle.model import Direction
from servicecircle.pairs import straight_nearest
from servicecircle.reach import nearest_place
from servicecircle.siting.ground import Ground
from servicecircle.siting.mobile import Rota, Round, lay_out, solve_round

__all__ = [
    "ASSUMED",
    "BY",
    "SERVED",
    "TIMETABLE",
    "Mobile",
    "Neighbourhoods",
    "Term",
    "basins_of",
    "find_classes",
    "neighbourhoods",
]

BY = ("community", "cluster")
ASSUMED = ("mobile_seats", "mobile_share", "mobile_reach")
"""Parameters of the section `[siting]` that nobody has counted: every answer names them."""
TIMETABLE = ["week", "candidate_id", "name", "seats", "seats_known", "guests", "neighbourhoods"]
"""Columns of a timetable: one row a class."""
SERVED = [
    "neighbourhood_id", "name", "lon", "lat", "homes", "people_low", "people", "people_high", "guests", "served",
    "rooms", "room_ids", "people_in_reach", "why_zh", "why_en",
]  # fmt: skip
"""Columns of what a term does for whom: one row a neighbourhood."""


@dataclass(frozen=True, slots=True)
class Term:
    """How many rooms a week, for how many weeks, and how often a neighbourhood has its class; None: the parameters'."""

    rooms: int | None = None
    weeks: int | None = None
    every: int | None = None
    by: str = "community"


@dataclass(frozen=True, slots=True)
class Neighbourhoods:
    """Homes without a place, by neighbourhood.

    ``home``: their columns in ``ground.given``; ``of_home``: the row of ``table`` of each; ``table``:
    ``neighbourhood_id, name``.
    """

    home: Ints
    of_home: Ints
    table: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Mobile:
    """The answer: a timetable, and what it does for whom.

    Attributes
    ----------
    term
        With every default put in.
    rota
        One round; ``rota.status`` as of ``sites.Siting``.
    timetable
        ``week, candidate_id, name, seats, seats_known`` (whether the capacity is on record), ``guests`` (expected),
        ``neighbourhoods`` (their names).
    served
        One row a neighbourhood: ``neighbourhood_id, name``, ``lon, lat`` (of its home nearest to the middle of its
        people), ``homes, people_low, people, people_high`` without a place, ``guests`` (expected in a round),
        ``served``, ``rooms`` (names), ``room_ids`` (with ``;`` between), ``people_in_reach`` (who reach one of them
        in time), ``why_zh``, ``why_en`` where not served.
    assumptions
        What was taken for granted: name, value.
    """

    term: Term
    ground: Ground
    rota: Rota
    timetable: pd.DataFrame
    served: pd.DataFrame
    assumptions: dict[str, float]

    @property
    def status(self) -> str:
        """Whether no rota serves more people."""
        return "optimal" if self.rota.proven else "bounded"


def neighbourhoods(ground: Ground, by: str, basins: Basins | None = None) -> Neighbourhoods:
    """Return the homes without a place by the basin of their community, or by clusters as gaps have them.

    ``basins``: as ``basins_of`` returns them, where they are known.
    """
    home = np.flatnonzero(ground.given.wanting())
    points = ground.homes.iloc[home]
    if by == "community":
        basins = basins_of(ground) if basins is None else basins
        table = basins.table.rename(columns={"community_id": "neighbourhood_id"})[["neighbourhood_id", "name"]]
        return _kept(home, basins.of_home[home], table)
    rules, doors = ground.scene.streets.parameters.gaps, ground.scene.doors
    lonlat: Floats = points.geometry.get_coordinates().to_numpy()
    xy = to_metric(lonlat, ground.scene.streets.network.crs)
    code: Shapes = points["subdistrict"].to_numpy(dtype=object)
    node = ground.walk.node[doors.home[home]]
    label = find_clusters(ground.walk.graph, node, xy, code, rules.neighbour_m, rules.neighbour_s)
    area = ground.scene.streets.study.area
    names = dict(zip(area.subdistricts["code"], area.subdistricts["name"], strict=True))
    first = np.unique(label, return_index=True)[1]
    ids = [name_cluster(lonlat[label == k]) for k in range(len(first))]
    table = pd.DataFrame(
        {
            "neighbourhood_id": ids,
            "name": [f"{names.get(code[k], '')} {name}" for k, name in zip(first, ids, strict=True)],
        }
    )
    return _kept(home, label, table)


def find_classes(ground: Ground, term: Term = Term(), basins: Basins | None = None) -> Mobile:
    """Plan a term of mobile classes that serves most of the people without a place.

    ``basins``: as ``basins_of`` returns them, where they are known; they are the same for every tier.

    Raises
    ------
    InputError
        Rooms, weeks or rounds fewer than one, a round longer than the term, an unknown kind of neighbourhood.
    """
    rules = ground.scene.streets.parameters.siting
    full = Term(
        rules.mobile_rooms if term.rooms is None else term.rooms,
        rules.mobile_weeks if term.weeks is None else term.weeks,
        rules.mobile_every if term.every is None else term.every,
        term.by,
    )
    _check(full)
    rooms, weeks, every = int(full.rooms or 0), int(full.weeks or 0), int(full.every or 0)
    areas = neighbourhoods(ground, full.by, basins)
    people = ground.given.people[areas.home]
    n = len(areas.table)
    total = np.bincount(areas.of_home, people, minlength=n).astype(np.float64)
    near = ground.given.seconds[:, areas.home] <= ground.given.limit_s
    inside = np.vstack([np.bincount(areas.of_home, people * row, minlength=n) for row in near])
    reached = inside >= rules.mobile_reach * total - 1e-9
    capacity = ground.candidates["capacity"].to_numpy(dtype=np.float64)
    seats = np.where(np.isnan(capacity), rules.mobile_seats, capacity)
    guests = np.ceil(rules.mobile_share * total - 1e-9)
    rota = solve_round(Round(reached, total, guests, seats, rooms, every), rules.work)
    served = _served(ground, areas, rota, reached, guests)
    assumptions = {key: float(getattr(rules, key)) for key in ASSUMED}
    table = _timetable(ground, areas, rota, lay_out(rota.classes, rooms, every, weeks), seats)
    return Mobile(full, ground, rota, table, served, assumptions)


def _check(term: Term) -> None:
    faults = [
        Fault("fewer than one", "give a number from 1", column=f"--{name}", value=value)
        for name, value in (("rooms", term.rooms), ("weeks", term.weeks), ("every", term.every))
        if value is None or value < 1
    ]
    if not faults and (term.every or 0) > (term.weeks or 0):
        remedy = "give at least as many --weeks as --every"
        faults.append(Fault("the term ends before its first round does", remedy, column="--every", value=term.every))
    if term.by not in BY:
        faults.append(Fault("unknown neighbourhoods", f"use {' or '.join(BY)}", column="--by", value=term.by))
    if faults:
        raise InputError(faults)


def basins_of(ground: Ground) -> Basins:
    """Return the community that each home belongs to: that of the seat which it walks to soonest."""
    scene = ground.scene
    study, (place_xy, home_xy) = scene.streets.study, scene.xy()
    horizon_s = ground.given.horizon_s

    def walk(rows: np.ndarray, limit: float = np.inf) -> tuple[Floats, Ints]:
        near = nearest_place(ground.walk, np.flatnonzero(rows), scene.doors.home, min(limit, horizon_s), Direction.TO)
        return near.apart, near.at

    def radius(rows: np.ndarray, limit: float = np.inf) -> tuple[Floats, Ints]:
        near = straight_nearest(place_xy, np.flatnonzero(rows), home_xy, limit)
        return near.apart, near.at

    return seat_basins(community_seats(study.facilities, study.area), scene.homes, scene.places, walk, radius)


def _kept(home: Ints, of_home: Ints, table: pd.DataFrame) -> Neighbourhoods:
    """Keep the neighbourhoods that have homes without a place, in the order of their ids."""
    used = np.unique(of_home)
    order = used[np.argsort(table["neighbourhood_id"].to_numpy(dtype=str)[used], kind="stable")]
    new = np.full(len(table), -1, dtype=np.int64)
    new[order] = np.arange(len(order))
    return Neighbourhoods(home, new[of_home], table.iloc[order].reset_index(drop=True))


def _served(ground: Ground, areas: Neighbourhoods, rota: Rota, reached: np.ndarray, guests: Floats) -> pd.DataFrame:
    """One row a neighbourhood: what it has, or why nothing."""
    names, ids = (ground.candidates[c].to_numpy() for c in ("name", "candidate_id"))
    lonlat: Floats = ground.homes.geometry.iloc[areas.home].get_coordinates().to_numpy()
    xy = to_metric(lonlat, ground.scene.streets.network.crs)
    rows = []
    for k in range(len(areas.table)):
        own = np.flatnonzero(areas.of_home == k)
        homes = areas.home[own]
        low, middle, high = ground.range_of(homes)
        rooms = np.flatnonzero(rota.seats[:, k] > _SEAT)
        within = homes[(ground.given.seconds[np.ix_(rooms, homes)] <= ground.given.limit_s).any(axis=0)]
        lon, lat = lonlat[own[_middle(xy[own], ground.given.people[homes])]]
        yes = bool(rota.served[k])
        why = (None, None) if yes else _NO_SEATS if reached[:, k].any() else _NO_ROOM
        rows.append(
            {
                "neighbourhood_id": areas.table["neighbourhood_id"].iloc[k],
                "name": areas.table["name"].iloc[k],
                "lon": lon,
                "lat": lat,
                "homes": len(homes),
                "people_low": low,
                "people": middle,
                "people_high": high,
                "guests": guests[k],
                "served": yes,
                "rooms": "、".join(names[rooms]) or None,
                "room_ids": ";".join(ids[rooms]) or None,
                "people_in_reach": float(ground.given.people[within].sum()) if yes else 0.0,
                "why_zh": why[0],
                "why_en": why[1],
            }
        )
    return pd.DataFrame(rows, columns=SERVED).astype({"homes": np.int64, "served": bool})


def _middle(xy: Floats, people: Floats) -> int:
    """Return which point is nearest to the middle of the people; of equals the first."""
    middle = np.average(xy, axis=0, weights=people if people.sum() > 0 else None)
    return int(np.argmin(np.hypot(*(xy - middle).T)))


def _timetable(ground: Ground, areas: Neighbourhoods, rota: Rota, weeks: pd.DataFrame, seats: Floats) -> pd.DataFrame:
    """One row a class. A room's guests are shared evenly among its classes of a round."""
    room = weeks["room"].to_numpy(dtype=np.int64)
    each = rota.seats.sum(axis=1) / np.maximum(rota.classes, 1)
    names = ["、".join(areas.table["name"][row > _SEAT]) if len(areas.table) else "" for row in rota.seats]
    return pd.DataFrame(
        {
            "week": weeks["week"].to_numpy(),
            "candidate_id": ground.candidates["candidate_id"].to_numpy()[room],
            "name": ground.candidates["name"].to_numpy()[room],
            "seats": seats[room],
            "seats_known": ground.candidates["capacity"].notna().to_numpy()[room],
            "guests": each[room],
            "neighbourhoods": np.array(names, dtype=object)[room],
        },
        columns=TIMETABLE,
    )


_SEAT = 1e-6
_NO_ROOM = "没有教室在限时内", "no room is near enough"
_NO_SEATS = "够得着的教室座位或周次不够", "too few seats or weeks in the rooms within reach"
