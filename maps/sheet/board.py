"""A sheet in the making: the paper, the map's frame on it, what is taken already and every label that stands on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from shapely import affinity
from shapely.geometry.base import BaseGeometry

from maps.paper import Paper
from maps.sheet.formats import Format
from maps.sheet.frame import Frame
from maps.style import GROUND

__all__ = ["Board", "Label", "text_box"]

# How far letters reach over and under the baseline, in bodies of the type.
DIGITS, LETTERS = (0.75, 0.02), (0.88, 0.13)


@dataclass(frozen=True, slots=True)
class Label:
    """A text on the map and what it covers of the sheet, y down."""

    text: str
    kind: str
    shape: BaseGeometry


@dataclass(slots=True)
class Board:
    """``over`` are axes over the whole sheet, in its millimetres, y down."""

    form: Format
    paper: Paper
    frame: Frame
    over: Axes = field(init=False)
    labels: list[Label] = field(default_factory=list)
    taken: list[BaseGeometry] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Lay the axes over the sheet."""
        self.over = overlay(self.paper)

    def inside(self, shapes: Iterable[BaseGeometry]) -> list[bool]:
        """Whether shapes lie inside the map's frame."""
        return [bool(shapely.covers(self.frame.rect.box.buffer(-0.6), shape)) for shape in shapes]

    def page(self, shape: BaseGeometry) -> BaseGeometry:
        """Lay a shape of the plane out on the sheet."""
        laid: BaseGeometry = shapely.transform(shape, self.frame.page)
        return laid

    def write(self, text: str, kind: str, size: float, shape: BaseGeometry, x: float, y: float, **look: Any) -> None:  # noqa: ANN401  as for `Paper.text`
        """Write a label on the map, with a halo, and keep what it covers."""
        halo = str(look.pop("halo", GROUND["halo"]))
        self.paper.text(x, y, text, size, halo=halo, **look)
        self.labels.append(Label(text, kind, shape))
        self.taken.append(shape)


def overlay(paper: Paper) -> Axes:
    """Place axes over the whole sheet, in the layout's millimetres, y down."""
    axes = paper.axes(0, 0, paper.width, paper.height)
    axes.set(xlim=(0, paper.width), ylim=(paper.height, 0), xticks=[], yticks=[], zorder=2)
    axes.set_autoscale_on(False)
    axes.patch.set_visible(False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return axes


def polygon(axes: Axes, corners: npt.ArrayLike, **look: object) -> None:
    """Fill a polygon on the overlay."""
    path = np.vstack([np.asarray(corners, dtype=np.float64), [np.nan, np.nan]])
    path[-1] = path[0]
    style: dict[str, Any] = {"edgecolor": "none", "linewidth": 0.0, "joinstyle": "miter", **look}
    axes.add_artist(PathPatch(Outline(path, closed=True), **style))


def text_box(
    paper: Paper,
    text: str,
    size: float,
    x: float,
    y: float,
    *,
    bold: bool = False,
    align: str = "left",
    slope: float = 0.0,
    room: float = 0.12,
) -> BaseGeometry:
    """Return what a line of text covers, its baseline at ``y``, with a little room."""
    width, em = paper.measure(text, size, bold=bold), paper.em(size)
    left = x - {"left": 0.0, "center": 0.5, "right": 1.0}[align] * width
    up, down = DIGITS if text.isascii() and text.isdigit() else LETTERS
    box = shapely.box(left - room, y - up * em - room, left + width + room, y + down * em + room)
    turned: BaseGeometry = affinity.rotate(box, -slope, origin=(x, y)) if slope else box
    return turned
