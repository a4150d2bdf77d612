"""Sizes of paper. The layout is drawn up for A3; the wall map has its places and more room; A4 has its own."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from maps.paper import Paper
from maps.printing import Fonts

__all__ = ["FORMATS", "HAND", "HEIGHT", "LEAST_POINTS", "WIDTH", "Format"]

WIDTH, HEIGHT = 420.0, 297.0
LEAST_POINTS = 5.5  # what can be read at arm's length
A0_UNIT = 2 * math.sqrt(2)


@dataclass(frozen=True, slots=True)
class Format:
    """A sheet: ``unit`` and ``enlarged`` as for `Paper`; ``dpi`` of its picture; whether places wear their names."""

    name: str
    unit: float
    enlarged: float
    dpi: int
    named: bool
    width: float = WIDTH
    height: float = HEIGHT

    def paper(self, fonts: Fonts) -> Paper:
        """Give an empty sheet."""
        return Paper(fonts, self.width, self.height, unit=self.unit, enlarged=self.enlarged)


FORMATS: Mapping[str, Format] = {
    "a3": Format("a3", 1.0, 1.0, 220, named=False),
    "a0": Format("a0", A0_UNIT, 2.4, 100, named=True),
    "a4": Format("a4", 1.0, 1.0, 200, named=False, width=210.0, height=297.0),
}
HAND = "a4"  # a route alone: upright, to take along
