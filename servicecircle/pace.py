"""Seconds for each kind of stretch: pure functions on arrays, directed (up is not down).

Every number is a parameter with its source in ``rules/parameters.toml``. Metres in, seconds out, arrays of one shape.
A rise is signed in the walking direction, NaN where unknown. The deck of a footbridge and the bore of an underpass are
streets that run straight between their ends; what leads up or down to them is stairs, ramps or lifts of their own, and
``overpass_s`` is both at once for a crossing of which only the ends are known.
"""

from __future__ import annotations

import numpy as np

from servicecircle.arrays import Bools, Floats
from servicecircle.parameters import PaceParameters, Profile

__all__ = [
    "cableway_s",
    "climb_per_m",
    "crossing_s",
    "escalator_s",
    "lift_s",
    "overpass_s",
    "stairs_s",
    "steps",
    "street_s",
]


def street_s(length_m: Floats, rise_m: Floats, profile: Profile, pace: PaceParameters) -> Floats:
    """Seconds along a street or ramp that rises by ``rise_m`` in the walking direction.

    The curve gives the shape over grade, the profile its level pace. An unknown rise (NaN) is walked as level.

    References
    ----------
    Campbell et al. 2019, doi:10.1016/j.apgeog.2019.03.008 (decile 10).

    Examples
    --------
    >>> from servicecircle.ingest.parameters import read_parameters
    >>> p = read_parameters()
    >>> street_s(np.array([120.0, 120.0]), np.array([0.0, 18.0]), p.walker("adult"), p.pace).round(1).tolist()
    [100.0, 137.0]
    """
    level = length_m / profile.flat_mps
    if not profile.slope:
        return level
    grade = np.divide(rise_m, length_m, out=np.zeros_like(length_m), where=length_m > 0)
    grade = np.where(np.isfinite(grade), grade, 0.0)
    return np.asarray(level / np.interp(grade, pace.grades, pace.relative_pace), dtype=np.float64)


def climb_per_m(flight_m: Floats, short: float, long: float, tiring_m: float) -> Floats:
    """Metres of level walking that each metre of a flight's climb costs on top of its length, ``flight_m`` high.

    Every metre costs more than the one before: ``short`` at the first, towards ``long`` with the constant
    ``tiring_m``. This is the mean over the flight, so that the parts of a flight add up to the whole.

    Examples
    --------
    >>> climb_per_m(np.array([0.0, 50.0]), 1.0, 4.0, 12.0).round(2).tolist()
    [1.0, 3.29]
    """
    part = flight_m / tiring_m
    rested = np.divide(-np.expm1(-part), part, out=np.ones_like(part), where=part > 0)
    return np.asarray(long - (long - short) * rested, dtype=np.float64)


def stairs_s(length_m: Floats, rise_m: Floats, flight_m: Floats, profile: Profile, pace: PaceParameters) -> Floats:
    """Seconds on stairs from their length in plan, their rise, and the rise of the whole flight they belong to.

    The length is walked at the level pace, and each metre of climb costs as much as some metres of level walking: more
    up than down, more in a long flight than in a short one. An unknown rise (NaN) takes a usual flight's grade and the
    mean of up and down. ``never`` costs infinity.

    References
    ----------
    Form: the equivalence of climb and distance, Scarf 2007, doi:10.1080/02640410600874906. Calibrated to what
    ``rules/parameters.toml`` names: 0.45 m/s horizontally on long flights, 0.8 to 0.9 m/s on the shortest.

    Examples
    --------
    A flight of 50 m over 100 m, up, down, and a flight of 3 m:

    >>> from servicecircle.ingest.parameters import read_parameters
    >>> p = read_parameters()
    >>> rise = np.array([50.0, -50.0, 3.0])
    >>> stairs_s(np.array([100.0, 100.0, 6.0]), rise, np.abs(rise), p.walker("adult"), p.pace).round(0).tolist()
    [220.0, 152.0, 8.0]
    """
    if profile.stairs == "as_street":
        return length_m / profile.flat_mps
    if profile.stairs == "never":
        return np.full_like(length_m, np.inf)
    unknown = np.isnan(rise_m)
    climb = np.where(unknown, pace.stairs_grade * length_m, np.abs(rise_m))
    flight = np.fmax(flight_m, climb)
    up = climb_per_m(flight, pace.stairs_up_short, pace.stairs_up_long, pace.stairs_tiring_m)
    down = climb_per_m(flight, pace.stairs_down_short, pace.stairs_down_long, pace.stairs_tiring_m)
    each = np.select([unknown, rise_m >= 0], [(up + down) / 2, up], down)
    return np.asarray((length_m + profile.climb * each * climb) / profile.flat_mps, dtype=np.float64)


def steps(length_m: Floats, rise_m: Floats, pace: PaceParameters) -> Floats:
    """Estimate how many steps stairs have: from their rise, from their length where the rise is unknown.

    Examples
    --------
    >>> from servicecircle.ingest.parameters import read_parameters
    >>> steps(np.array([10.0, 10.0]), np.array([4.8, np.nan]), read_parameters().pace).tolist()
    [30.0, 25.0]
    """
    return np.where(np.isfinite(rise_m), np.abs(rise_m) / pace.riser_m, length_m * pace.steps_per_m)


def lift_s(rise_m: Floats, wait_s: Floats, ride_s: Floats, profile: Profile, pace: PaceParameters) -> Floats:
    """Seconds for a lift: the wait, then the ride; NaN takes the usual wait, and the ride by height (fixed if unknown).

    Examples
    --------
    >>> from servicecircle.ingest.parameters import read_parameters
    >>> p, unknown = read_parameters(), np.array([np.nan])
    >>> lift_s(np.array([50.0]), unknown, unknown, p.walker("adult"), p.pace).round(0).tolist()
    [108.0]
    """
    if not profile.waits:
        return np.zeros_like(rise_m)
    by_height = np.where(np.isfinite(rise_m), np.abs(rise_m) / pace.lift_mps, pace.lift_ride_s)
    wait = np.where(np.isnan(wait_s), pace.lift_wait_s, wait_s) * profile.patience
    return np.asarray(wait + np.where(np.isnan(ride_s), by_height, ride_s), dtype=np.float64)


def escalator_s(length_m: Floats, rise_m: Floats, ride_s: Floats, profile: Profile, pace: PaceParameters) -> Floats:
    """Seconds on an escalator by its length along the belt; infinity for who cannot use one.

    Standing; with ``escalator_walking`` the belt only adds to the walker's pace on stairs. A known ride (``ride_s``) is
    taken as it is. Where stairs are like street, so is an escalator. Which way it runs is the network's business.

    Examples
    --------
    >>> from servicecircle.ingest.parameters import read_parameters
    >>> p, unknown = read_parameters(), np.array([np.nan])
    >>> escalator_s(np.array([40.0]), np.array([30.0]), unknown, p.walker("adult"), p.pace).tolist()
    [100.0]
    """
    if profile.stairs == "as_street":
        return length_m / profile.flat_mps
    if not profile.escalators:
        return np.full_like(length_m, np.inf)
    belt_m = np.hypot(length_m, np.nan_to_num(rise_m))
    if not pace.escalator_walking:
        return np.asarray(np.where(np.isnan(ride_s), belt_m / pace.escalator_mps, ride_s), dtype=np.float64)
    told = np.divide(belt_m, ride_s, out=np.zeros_like(belt_m), where=ride_s > 0)
    belt_mps = np.where(np.isnan(ride_s), pace.escalator_mps, told)
    on_stairs = stairs_s(length_m, rise_m, np.abs(rise_m), profile, pace)
    own_mps = np.divide(belt_m, on_stairs, out=np.zeros_like(belt_m), where=on_stairs > 0)
    return np.asarray(belt_m / (belt_mps + own_mps), dtype=np.float64)


def cableway_s(length_m: Floats, wait_s: Floats, ride_s: Floats, profile: Profile, pace: PaceParameters) -> Floats:
    """Seconds for a cable car: the wait, then the ride; NaN takes the usual wait and the ride by length.

    On the level a cable car only spares the wait: no walker crosses a river on foot.

    Examples
    --------
    >>> from servicecircle.ingest.parameters import read_parameters
    >>> p, unknown = read_parameters(), np.array([np.nan])
    >>> cableway_s(np.array([1166.0]), unknown, unknown, p.walker("adult"), p.pace).round(0).tolist()
    [533.0]
    """
    ride = np.where(np.isnan(ride_s), length_m / pace.cableway_mps, ride_s)
    if not profile.waits:
        return np.asarray(ride, dtype=np.float64)
    wait = np.where(np.isnan(wait_s), pace.cableway_wait_s, wait_s) * profile.patience
    return np.asarray(wait + ride, dtype=np.float64)


def crossing_s(signals: Floats, gaps: Floats, profile: Profile, pace: PaceParameters) -> Floats:
    """Seconds of waiting at crossings: ``signals`` with lights, ``gaps`` without, counted as parts of a crossing.

    Examples
    --------
    >>> from servicecircle.ingest.parameters import read_parameters
    >>> p = read_parameters()
    >>> crossing_s(np.array([1.0, 0.0]), np.array([0.0, 0.5]), p.walker("adult"), p.pace).tolist()
    [20.0, 2.5]
    """
    if not profile.waits:
        return np.zeros_like(signals)
    return np.asarray((signals * pace.signal_wait_s + gaps * pace.gap_wait_s) * profile.patience, dtype=np.float64)


def overpass_s(length_m: Floats, climb_m: Floats, ramped: Bools, profile: Profile, pace: PaceParameters) -> Floats:
    """Seconds over a footbridge or through an underpass, ``climb_m`` up at one end and down at the other.

    ``length_m`` is the deck. The way up and down is by stairs of a usual grade, or by ramps of the steepest usual
    grade where ``ramped``; both lie within the deck's ends.

    Examples
    --------
    >>> from servicecircle.ingest.parameters import read_parameters
    >>> p = read_parameters()
    >>> deck, climb = np.array([30.0, 30.0]), np.array([5.0, 5.0])
    >>> overpass_s(deck, climb, np.array([False, True]), p.walker("adult"), p.pace).round(0).tolist()
    [57.0, 141.0]
    """
    deck = street_s(length_m, np.zeros_like(length_m), profile, pace)
    if profile.stairs == "as_street":
        return deck
    plan = climb_m / pace.stairs_grade
    stairs = stairs_s(plan, climb_m, climb_m, profile, pace) + stairs_s(plan, -climb_m, climb_m, profile, pace)
    slope = climb_m / pace.ramp_grade
    ramps = street_s(slope, climb_m, profile, pace) + street_s(slope, -climb_m, profile, pace)
    return np.asarray(deck + np.where(ramped, ramps, stairs), dtype=np.float64)
