"""Words on small maps, measured as drawn: whole, inside the window, none on another; and which pen draws a street."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import shapely
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

from maps.ground import Ground, Window
from maps.lettering import letter_streets, scale_bar
from maps.pens import NOT_DRAWN, pens
from maps.printing import find_fonts, printing
from maps.vignette import Sign, vignette

WINDOW = Window(0.0, 0.0, 800.0, 600.0)
EMPTY = np.array([], dtype=object)
LAND = shapely.box(-1000, -1000, 2000, 2000)


def ground(**streets: list[tuple[float, float]]) -> Ground:
    named = tuple((name, shapely.LineString(path)) for name, path in streets.items())
    none = dict.fromkeys(("path", "stairs", "local", "minor", "major"), EMPTY)
    return Ground(29.5, LAND, EMPTY, EMPTY, none, EMPTY, EMPTY, named)


def drawn(draw: Callable[[Axes], object]) -> tuple[Bbox, list[tuple[str, Bbox]]]:
    """Return the frame of a map, and every word on it with the box it fills, in pixels."""
    with printing(find_fonts(None)):
        figure = Figure(figsize=(80 / 25.4, 60 / 25.4), dpi=100)
        canvas = FigureCanvasAgg(figure)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(WINDOW.west, WINDOW.east), ylim=(WINDOW.south, WINDOW.north))
        draw(axes)
        canvas.draw()
        names = [text for text in axes.texts if isinstance(text, Annotation) and text.get_text()]
        words = {(name.get_text(), name.xy): name for name in names}  # each is drawn twice: its halo, and itself
        return axes.bbox, [(name.get_text(), name.get_window_extent(canvas.get_renderer())) for name in words.values()]


STREETS = {
    "along the left edge 左边的路": [(2.0, -300.0), (2.0, 900.0)],
    "上边的很长很长的滨江大道": [(-400.0, 598.0), (1300.0, 598.0)],
    "斜街": [(-100.0, -90.0), (900.0, 660.0)],
    "中山四路": [(100.0, 300.0), (700.0, 310.0)],
    "中山五路": [(100.0, 304.0), (700.0, 314.0)],
}


def test_a_name_is_whole_and_none_stands_on_another() -> None:
    frame, words = drawn(lambda axes: letter_streets(axes, ground(**STREETS), WINDOW, str, []))
    names = [text for text, _ in words]
    assert {"斜街", "中山四路"} <= set(names)
    assert "along the left edge 左边的路"[:12] not in names  # it would be cut
    assert "上边的很长很长的滨江大道" not in names
    for text, box in words:
        assert frame.x0 <= box.x0, text
        assert box.x1 <= frame.x1, text
        assert frame.y0 <= box.y0, text
        assert box.y1 <= frame.y1, text
    level = [box for text, box in words if text.startswith("中山")]
    assert not any(a.overlaps(b) for k, a in enumerate(level) for b in level[:k])


def test_a_name_gives_way_to_other_words_along_its_street() -> None:
    lines = ground(中山四路=[(50.0, 300.0), (750.0, 300.0)])
    ((_, free),) = drawn(lambda axes: letter_streets(axes, lines, WINDOW, str, []))[1]
    middle = shapely.box(330, 250, 470, 350)
    ((_, moved),) = drawn(lambda axes: letter_streets(axes, lines, WINDOW, str, [middle]))[1]
    assert moved.x0 != free.x0
    whole = shapely.box(0, 250, 800, 350)
    assert drawn(lambda axes: letter_streets(axes, lines, WINDOW, str, [whole]))[1] == []


@pytest.mark.parametrize(("taken", "right"), [([], False), ([shapely.box(0, 0, 200, 90)], True), ([LAND], False)])
def test_the_scale_goes_to_the_other_corner_where_a_word_stands(taken: list[shapely.Polygon], *, right: bool) -> None:
    frame, ((text, box),) = drawn(lambda axes: scale_bar(axes, WINDOW, taken))
    assert text == "200 m"
    assert (box.x0 > frame.width / 2) == right


@pytest.mark.parametrize("at", [(-900.0, -700.0), (20.0, 15.0), (790.0, 590.0), (3000.0, 300.0), (405.0, 300.0)])
def test_the_label_of_a_place_is_whole_wherever_the_place_is(at: tuple[float, float]) -> None:
    label = "重庆医科大学附属第二…"
    frame, words = drawn(lambda axes: vignette(axes, ground(**STREETS), WINDOW, signs=[Sign(*at, "school", label)]))
    boxes = dict(words)
    assert frame.x0 <= boxes[label].x0
    assert boxes[label].x1 <= frame.x1
    assert frame.y0 <= boxes[label].y0
    assert boxes[label].y1 <= frame.y1
    scale = next(box for text, box in words if text.endswith(" m"))
    assert not scale.overlaps(boxes[label])


def test_each_way_has_one_pen_and_lifts_have_none() -> None:
    ways = pd.DataFrame(
        [
            ("primary_link", "street", "major"), ("tertiary", "street", "minor"), ("pedestrian", "street", "plaza"),
            ("steps", "stairs", "stairs"), ("footway", "stairs", "stairs"), (None, "street", "service"),
            *(("footway", kind, "") for kind in NOT_DRAWN),
        ],
        columns=["highway", "kind", "pen"],
    )  # fmt: skip
    assert pens(ways).tolist() == ways["pen"].tolist()
    joined = pens(ways, {"plaza": "local", "service": "path"})
    assert joined.tolist() == ways["pen"].replace({"plaza": "local", "service": "path"}).tolist()
