"""Weekly classes in borrowed rooms: which rooms, in which weeks, for which neighbourhoods.

A neighbourhood counts as served if within any ``every`` weeks in a row everybody who is expected from it has a seat in
a room that it reaches. A timetable that repeats itself every ``every`` weeks does so if one round does, and no other
timetable serves more: its first ``every`` weeks are such a round. So one round is solved, as whole classes a room, and
repeated.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, diags_array, eye_array, hstack, vstack

from servicecircle.arrays import Bools, Floats, Ints

__all__ = ["Rota", "Round", "lay_out", "solve_round"]

_HALF = 0.5
_TOTAL = 1e5
_CLASS = 1e-3  # what a class costs, of all worth: none is held for nobody
_FIRST = 1e-4  # and what the last room costs more than the first


@dataclass(frozen=True, slots=True)
class Round:
    """What one round of weeks is asked for.

    Attributes
    ----------
    reached
        (rooms, neighbourhoods) whether a room serves a neighbourhood.
    worth
        People of each neighbourhood.
    guests
        Seats that each needs in a round.
    seats
        Seats of each room in a class.
    at_once
        Rooms that can be used in one week.
    weeks
        Weeks of a round; a room is used once a week at most.
    """

    reached: Bools
    worth: Floats
    guests: Floats
    seats: Floats
    at_once: int
    weeks: int


@dataclass(frozen=True, slots=True)
class Rota:
    """Classes of each room in a round, seats for each neighbourhood in each room, who is served.

    ``value``: people served; no rota serves more than ``bound``. ``proven``: this is the most.
    """

    classes: Ints
    seats: Floats
    served: Bools
    value: float
    bound: float
    proven: bool
    seconds: float

    @property
    def gap(self) -> float:
        """Share of the bound by which the value may miss the best."""
        return 0.0 if self.proven or self.bound <= 0 else (self.bound - self.value) / self.bound


def solve_round(asked: Round, work: int) -> Rota:
    """Serve most people in a round; of equals with few classes, then in the first rooms.

    Examples
    --------
    Two neighbourhoods, one room of 40 seats, one week: the larger one is served.

    >>> rota = solve_round(Round(np.array([[True, True]]), np.array([100.0, 90.0]), np.array([30.0, 20.0]),
    ...                          np.array([40.0]), 1, 1), 1000)
    >>> rota.served.tolist(), rota.classes.tolist()
    ([True, False], [1])
    """
    began = time.perf_counter()
    rooms, areas = asked.reached.shape
    room, area = np.nonzero(asked.reached)
    if not len(room):
        classes, seats = np.zeros(rooms, dtype=np.int64), np.zeros((rooms, areas))
        return Rota(classes, seats, np.zeros(areas, dtype=bool), 0.0, 0.0, proven=True, seconds=0.0)
    arcs, many = len(room), np.arange(len(room))
    total = float(asked.worth.sum())
    scale = _TOTAL / total if total > 0 else 1.0
    # a share of a neighbourhood's guests in a room; every row is divided by its largest number
    share = asked.guests[area] / asked.seats[room]
    of_room = csr_array((share, (room, many)), shape=(rooms, arcs))
    of_area = csr_array((np.ones(arcs), (area, many)), shape=(areas, arcs))
    here = csr_array((np.ones(arcs), (many, room)), shape=(arcs, rooms))
    fill = np.minimum(share, 1.0)  # a class seats no more of them than come
    rows = vstack(
        [
            hstack([-eye_array(rooms), csr_array((rooms, areas)), of_room]),  # seats taken are there
            hstack([csr_array((areas, rooms)), -eye_array(areas), of_area]),  # who is served has seats
            hstack([csr_array(np.ones((1, rooms))), csr_array((1, areas + arcs))]),
            hstack([-here, csr_array((arcs, areas)), diags_array(fill)]),  # nobody sits in a room without a class
        ]
    )
    low = np.r_[np.full(rooms, -np.inf), np.zeros(areas), 0.0, np.full(arcs, -np.inf)]
    high = np.r_[np.zeros(rooms), np.full(areas, np.inf), float(asked.at_once * asked.weeks), np.zeros(arcs)]
    price = _CLASS * _TOTAL / max(asked.at_once * asked.weeks, 1) / 100
    cost = np.r_[price + _FIRST * np.arange(rooms) / max(rooms, 1), -scale * asked.worth, np.zeros(arcs)]
    upper = np.r_[np.full(rooms, float(asked.weeks)), np.ones(areas + arcs)]
    found = milp(
        cost,
        constraints=LinearConstraint(csr_array(rows), low, high),
        bounds=Bounds(0.0, upper),
        integrality=np.r_[np.ones(rooms + areas), np.zeros(arcs)],
        options={"node_limit": work, "mip_rel_gap": 0.0},
    )
    seconds = time.perf_counter() - began
    if found.x is None:  # nothing found before the work was used up: nobody is served
        nothing = np.zeros(rooms, dtype=np.int64), np.zeros((rooms, areas)), np.zeros(areas, dtype=bool)
        return Rota(*nothing, 0.0, total, proven=False, seconds=seconds)
    classes = np.rint(found.x[:rooms]).astype(np.int64)
    who = np.asarray(found.x[rooms : rooms + areas] > _HALF)
    seats = np.zeros((rooms, areas))
    seats[room, area] = np.where(who[area], found.x[rooms + areas :], 0.0) * asked.guests[area]
    value = float(asked.worth[who].sum())
    done = found.status == 0
    bound = value if done else min(total, -float(found.mip_dual_bound) / scale + _CLASS * total)
    return Rota(classes, seats, who, value, max(bound, value), proven=bool(done), seconds=seconds)


def lay_out(classes: Ints, at_once: int, every: int, weeks: int) -> pd.DataFrame:
    """Put the classes of a round into its weeks, and repeat it: no room twice a week, no week over-full.

    Rooms take the weeks in turn, so that those of one room are never the same week and weeks differ by one class.

    Returns
    -------
    pd.DataFrame
        ``week`` (from 1), ``room``.

    Examples
    --------
    >>> lay_out(np.array([2, 1]), 2, 2, 4).to_numpy().tolist()
    [[1, 0], [1, 1], [2, 0], [3, 0], [3, 1], [4, 0]]
    """
    room = np.repeat(np.arange(len(classes)), classes)
    if len(room) > at_once * every or (len(classes) and classes.max() > every):
        message = "more classes than a round has room for"
        raise ValueError(message)
    turn = np.arange(len(room)) % every
    parts = [pd.DataFrame({"week": week + 1, "room": np.sort(room[turn == week % every])}) for week in range(weeks)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({"week": [], "room": []})
