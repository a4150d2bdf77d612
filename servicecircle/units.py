"""Units end a name: ``_m``, ``_s``, ``_mps``, ``_m2``. Minutes exist only for people."""

from __future__ import annotations

__all__ = ["M_PER_KM", "QUARTER_S", "S_PER_MIN", "minutes"]

S_PER_MIN = 60.0
M_PER_KM = 1000.0
QUARTER_S = 900.0  # the 15 minutes that columns ending in _900 are counted at, whatever counts as covered


def minutes(seconds: float) -> float:
    """Seconds as minutes, for people to read.

    >>> minutes(900)
    15.0
    """
    return seconds / S_PER_MIN
