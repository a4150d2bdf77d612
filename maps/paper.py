"""A sheet of paper laid out in millimetres from its upper left corner: lettering, paragraphs, rules, room for axes."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch, Rectangle
from matplotlib.patheffects import Stroke

from maps.printing import Fonts, figure
from maps.style import INK

__all__ = ["PT_MM", "Paper", "wrapped"]

PT_MM = 25.4 / 72
HALO = 0.26  # breadth of a halo, in bodies of the type
# What may not begin a line, and what may not end one.
NOT_FIRST = "，。；：、！？）》」』】〉”’%…·,.;:!?)]}–"
NOT_LAST = "（《「『【〈“‘([{"


class Paper:
    """One page; ``x`` runs right and ``y`` down, in millimetres, type in points.

    A layout of one size serves another: ``unit`` is how many millimetres one of its millimetres has on the page, and
    ``enlarged`` how much larger its type is set.
    """

    def __init__(self, fonts: Fonts, width: float, height: float, *, unit: float = 1.0, enlarged: float = 1.0) -> None:
        self.fonts, self.width, self.height = fonts, width, height
        self.unit, self.enlarged = unit, enlarged
        self.figure = figure(width * unit, height * unit)
        self.figure.patch.set(facecolor="white", alpha=1.0)

    def em(self, size: float) -> float:
        """Height of the type's body in the layout's millimetres."""
        return size * self.enlarged * PT_MM / self.unit

    def measure(self, text: str, size: float, *, bold: bool = False) -> float:
        """Width of a line of text in the layout's millimetres."""
        return self.fonts.width(self.fonts.fit(text), size, bold=bold) * self.enlarged * PT_MM / self.unit

    def points(self, width: float) -> float:
        """Return a line's width in points from the layout's millimetres."""
        return width * self.unit / PT_MM

    def axes(self, x: float, y: float, width: float, height: float) -> Axes:
        """Make room for a chart or a map."""
        at = (x / self.width, 1 - (y + height) / self.height, width / self.width, height / self.height)
        return self.figure.add_axes(at)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        *,
        colour: str = INK["ink"],
        bold: bool = False,
        serif: bool = False,
        align: str = "left",
        slope: float = 0.0,
        halo: str = "",
    ) -> None:
        """Set one line, its baseline at ``y``; ``slope`` in degrees, a ``halo`` of a colour behind it.

        The halo is an outline of its own; the line above it stays text that can be selected.
        """
        look: dict[str, Any] = {
            "fontsize": size * self.enlarged,
            "color": colour,
            "fontweight": "bold" if bold else "normal",
            "fontfamily": [self.fonts.serif if serif else self.fonts.sans],
            "ha": align,
            "va": "baseline",
            "rotation": slope,
            "rotation_mode": "anchor",
        }
        at, shown = (x / self.width, 1 - y / self.height), self.fonts.fit(text, serif=serif)
        if halo:
            ring = Stroke(linewidth=size * self.enlarged * HALO, foreground=halo)
            self.figure.text(*at, shown, path_effects=[ring], **look)
        self.figure.text(*at, shown, **look)

    def paragraph(
        self,
        x: float,
        y: float,
        width: float,
        text: str,
        size: float,
        *,
        colour: str = INK["ink"],
        bold: bool = False,
        leading: float = 1.5,
        most: int = 99,
    ) -> float:
        """Set a text in lines of ``width``, at most so many, then an ellipsis. Return the next baseline."""
        lines = self.lines(width, text, size, bold=bold)
        if len(lines) > most:
            lines = [*lines[: most - 1], lines[most - 1][:-1] + "…"]
        step = self.em(size) * leading
        for number, line in enumerate(lines):
            self.text(x, y + number * step, line, size, colour=colour, bold=bold)
        return y + len(lines) * step

    def lines(self, width: float, text: str, size: float, *, bold: bool = False) -> list[str]:
        """Break a text into lines of at most ``width`` of the layout's millimetres."""
        return list(wrapped(self.fonts, self.fonts.fit(text), self._room(width), size, bold=bold))

    def rule(self, x: float, y: float, width: float, *, colour: str = INK["line-strong"], points: float = 0.5) -> None:
        """Draw a level line."""
        ends = [x / self.width, (x + width) / self.width]
        at = 1 - y / self.height
        self.figure.add_artist(
            Line2D(ends, [at, at], color=colour, linewidth=points * self.enlarged, solid_capstyle="butt")
        )

    def _room(self, width: float) -> float:
        return width * self.unit / PT_MM / self.enlarged

    def box(self, x: float, y: float, width: float, height: float, colour: str, *, round_mm: float = 0.0) -> None:
        """Fill a rectangle."""
        at, size = (x / self.width, 1 - (y + height) / self.height), (width / self.width, height / self.height)
        if not round_mm:
            self.figure.add_artist(Rectangle(at, *size, facecolor=colour, edgecolor="none"))
            return
        style = f"round,pad=0,rounding_size={round_mm / self.width}"
        aspect = self.width / self.height
        self.figure.add_artist(
            FancyBboxPatch(at, *size, boxstyle=style, mutation_aspect=aspect, facecolor=colour, edgecolor="none")
        )


def wrapped(fonts: Fonts, text: str, width: float, size: float, *, bold: bool = False) -> Iterator[str]:
    """Break a text into lines of at most ``width`` points: between Chinese letters and between Latin words.

    No line begins with a closing mark or ends with an opening one.
    """
    line, used = "", 0.0
    for piece in _pieces(text):
        wide = fonts.width(piece, size, bold=bold)
        if line and used + fonts.width(piece.rstrip(), size, bold=bold) > width:
            yield line.rstrip()
            line, used, piece = "", 0.0, piece.lstrip()  # noqa: PLW2901
            wide = fonts.width(piece, size, bold=bold)
        while wide > width and len(piece) > 1:
            kept = next((n for n in range(len(piece), 1, -1) if fonts.width(piece[:n], size, bold=bold) <= width), 1)
            yield piece[:kept]
            piece = piece[kept:]  # noqa: PLW2901
            wide = fonts.width(piece, size, bold=bold)
        line, used = line + piece, used + wide
    if line.strip():
        yield line.rstrip()


def _pieces(text: str) -> Iterator[str]:
    """Give what may not be broken: a Chinese letter with its marks, a Latin word with its space."""
    piece = ""
    for character in text:
        follows = character in NOT_FIRST or (piece and piece[-1] in NOT_LAST)
        if piece and not follows and (_wide(character) or _wide(piece[-1]) or piece[-1] == " "):
            yield piece
            piece = ""
        piece += character
    if piece:
        yield piece


def _wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"
