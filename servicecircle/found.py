"""A position that was found for a place, and how."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Found"]


@dataclass(frozen=True, slots=True)
class Found:
    """A position in WGS-84 and how it was found; ``confidence`` is one of ``model.LOCATED`` and ``model.APPROXIMATE``.

    ``redistributable`` and ``licence`` are those of the positions that it was found by; ``datum`` is what they were
    given in.
    """

    lon: float
    lat: float
    confidence: str
    source: str
    redistributable: bool
    licence: str
    datum: str = "wgs84"
