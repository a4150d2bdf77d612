"""Units end a name: ``_m``, ``_s``, ``_mps``, ``_m2``. Minutes exist only for people."""

from __future__ import annotations

__all__ = ["M_PER_KM", "S_PER_MIN", "kmh_to_mps", "minutes"]

S_PER_MIN = 60.0
M_PER_KM = 1000.0


def kmh_to_mps(kmh: float) -> float:
    """Kilometres an hour as metres a second.

    >>> round(kmh_to_mps(4.8), 4)
    1.3333
    """
    return kmh / 3.6


def minutes(seconds: float) -> float:
    """Seconds as minutes, for people to read.

    >>> minutes(900)
    15.0
    """
    return seconds / S_PER_MIN
