"""Seconds for a stretch of street, a flight of stairs, a lift, an escalator: pure functions on arrays.

A first model with documented factors; every number is a parameter with its source in ``rules/parameters.toml``.
All functions take and return arrays of the same shape; metres in, seconds out.
"""

from __future__ import annotations

import numpy as np

from servicecircle.arrays import Floats
from servicecircle.parameters import PaceParameters, Profile

__all__ = ["escalator_s", "lift_s", "stairs_s", "street_s"]


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


def stairs_s(length_m: Floats, direction: Floats, profile: Profile, pace: PaceParameters) -> Floats:
    """Seconds on stairs by their horizontal length; ``direction`` is +1 up, -1 down, 0 unknown (the mean of both).

    A slope formula on stairs is wrong, and stairs as pavement is wrong; ``never`` costs infinity.

    Examples
    --------
    >>> from servicecircle.ingest.parameters import read_parameters
    >>> p = read_parameters()
    >>> stairs_s(np.array([42.0, 42.0]), np.array([1.0, -1.0]), p.walker("adult"), p.pace).round(1).tolist()
    [100.0, 70.0]
    """
    level = length_m / profile.flat_mps
    if profile.stairs == "as_street":
        return level
    if profile.stairs == "never":
        return np.full_like(level, np.inf)
    up, down = level / pace.stairs_up, level / pace.stairs_down
    return np.select([direction > 0, direction < 0], [up, down], (up + down) / 2)


def lift_s(rise_m: Floats, profile: Profile, pace: PaceParameters) -> Floats:
    """Seconds for a lift: the wait, then the ride by height (a fixed time where the rise is unknown)."""
    if not profile.waits:
        return np.zeros_like(rise_m)
    ride = np.where(np.isfinite(rise_m), np.abs(rise_m) / pace.lift_mps, pace.lift_ride_s)
    return pace.lift_wait_s + ride


def escalator_s(length_m: Floats, profile: Profile, pace: PaceParameters) -> Floats:
    """Seconds standing on an escalator, by its length in plan; infinity for who cannot use one.

    Where stairs are like street, so is an escalator.
    """
    if profile.stairs == "as_street":
        return length_m / profile.flat_mps
    if not profile.escalators:
        return np.full_like(length_m, np.inf)
    return length_m / pace.escalator_mps
