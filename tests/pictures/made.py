"""Make the pictures: the map on a desk and on a phone, a sheet of each kind."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from playwright.sync_api import Browser

from maps.printing import find_fonts, printing
from maps.sheet.board import Board
from maps.sheet.content import Content
from maps.sheet.district import district_sheet
from maps.sheet.formats import FORMATS
from maps.sheet.route import route_sheet
from maps.sheet.subdistrict import subdistrict_sheet

__all__ = ["MOST_BYTES", "SCREENS", "SHEETS", "STORED", "TYPE", "screens", "sheet", "small"]

STORED = Path(__file__).parents[2] / "docs" / "images"
MOST_BYTES = 300_000
SCREENS: Mapping[str, tuple[int, int]] = {"study-map": (1440, 900), "study-map-phone": (390, 844)}
SHEETS = ("sheet-district", "sheet-subdistrict", "sheet-route")
SUBDISTRICT, ROUTE = "500103003", "R02"
DPI = {"sheet-district": 74, "sheet-subdistrict": 68, "sheet-route": 68}
SETTLED_MS = 1200
COLOURS = 256
TYPE = "Type"


def screens(page: Path, browser: Browser) -> Iterator[tuple[str, Image.Image]]:
    """Take the map's picture at each size of screen."""
    for name, (width, height) in SCREENS.items():
        opened = browser.new_page(viewport={"width": width, "height": height}, reduced_motion="reduce")
        opened.goto(page.as_uri())
        opened.wait_for_timeout(SETTLED_MS)
        yield name, Image.open(io.BytesIO(opened.screenshot())).convert("RGB")
        opened.close()


def sheet(name: str, content: Content) -> Image.Image:
    """Draw a sheet and take its picture."""
    with printing(content.fonts):
        return taken(_drawn(name, content), DPI[name])


def taken(board: Board, dpi: int) -> Image.Image:
    """Take the picture of a drawn sheet."""
    FigureCanvasAgg(board.paper.figure)
    buffer = io.BytesIO()
    board.paper.figure.savefig(buffer, format="png", dpi=2 * dpi)
    twice = Image.open(buffer).convert("RGB")
    return twice.resize((twice.width // 2, twice.height // 2), Image.Resampling.LANCZOS)


def small(picture: Image.Image) -> bytes:
    """Return a picture as a PNG of few colours, small enough for a page; it says in which type it is set."""
    about = PngInfo()
    about.add_text(TYPE, find_fonts().sans)
    buffer = io.BytesIO()
    few = picture.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, kmeans=2, dither=Image.Dither.NONE)
    few.save(buffer, format="png", optimize=True, pnginfo=about)
    return buffer.getvalue()


def _drawn(name: str, content: Content) -> Board:
    form = FORMATS["a3"]
    if name == "sheet-district":
        return district_sheet(content, form)
    if name == "sheet-subdistrict":
        return subdistrict_sheet(content, form, SUBDISTRICT)
    return route_sheet(content, form, ROUTE)
