"""Figures for paper and page: fonts that hold Chinese, SVG whose text is text, PDF with its fonts embedded.

One library draws charts, briefs and sheets: matplotlib, which needs no system package but a font, embeds a subset of an
OpenType collection with a text layer, and writes the same bytes twice.
"""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font, LoadFlags
from matplotlib.text import Text
from pylopdf_fonts_zh_cn import sans_path, serif_path

from maps.casting import cast
from maps.style import FONTS, INK
from servicecircle.errors import Fault, InputError

__all__ = ["MM", "Fonts", "figure", "find_fonts", "pdfs", "printing", "svg"]

MM = 1 / 25.4
PROBE = "渝中区未知缺口（）—"
ALWAYS = frozenset(map(chr, range(0x20, 0x7F)))  # what ticks may come to say
QUOTES = "“”‘’"  # set a whole body wide beside Chinese letters, though the font's own advance is less
MISSING = "〓"  # what typesetters put for a letter they do not have
REMEDY = (
    "install a Chinese font (Debian, Ubuntu: apt-get install fonts-noto-cjk; Windows and macOS have one), "
    "or name a font file: --font FILE"
)
_DOCUMENT = re.compile(r"\A.*?<svg[^>]*?viewBox=\"([^\"]+)\"[^>]*>", re.DOTALL)
_OWN_PARTS = re.compile(r"<metadata>.*?</metadata>|<defs>\s*<style[^>]*>.*?</style>\s*</defs>", re.DOTALL)
_ID = re.compile(r'(<\w+[^>]*?) id="([^"]+)"')
_REFERENCE = re.compile(r'(?:url\(#|href="#)([^)"]+)')
_DRAWN = re.compile(r'(?<= d=")[^"]+')
_DECIMALS = re.compile(r"(\d+\.\d)\d+")
_FAMILY = re.compile(r"font-family: [^;\"]+")


@dataclass(frozen=True, slots=True)
class Fonts:
    """The families that draw Chinese on this machine, and which letters they hold."""

    sans: str
    serif: str

    def fit(self, text: str, *, serif: bool = False) -> str:
        """Return text with a typesetter's mark for every letter the font does not hold, never an empty box."""
        held = _letters(_file(self.serif if serif else self.sans, bold=False))
        return "".join(c if ord(c) in held or c == "\n" else MISSING for c in text)

    def width(self, text: str, points: float, *, bold: bool = False) -> float:
        """Width of a line of text in points, by the font's own advances; quotation marks as wide as beside Chinese."""
        advance = _advances(_known_file(self.sans, bold=bold))
        return float(sum(1.0 if c in QUOTES else advance(c) for c in text)) * points


def find_fonts(file: Path | None = None) -> Fonts:
    """Find the families to draw Chinese with, in the order of the map's own style.

    Parameters
    ----------
    file
        A font file to use for everything, instead.

    Raises
    ------
    InputError
        When there is none: said before anything is drawn.
    """
    if file is not None:
        if not file.is_file():
            raise InputError([Fault("no such font file", REMEDY, value=str(file))])
        family = _added(file)
        return Fonts(family, family)
    sans = _first(FONTS["sans"]) or _added(sans_path())
    return Fonts(sans, _first(FONTS["serif"]) or _added(serif_path()))


@contextmanager
def printing(fonts: Fonts) -> Iterator[None]:
    """Set matplotlib up for the length of a block: our type, no formulas in names, reproducible bytes."""
    look: dict[Any, Any] = {
        "font.family": [fonts.sans],
        "font.size": 9.0,
        "text.color": INK["ink"],
        "text.parse_math": False,
        "text.hinting": "none",  # letters stand where the line puts them, not where a screen's pixels are
        "svg.fonttype": "none",
        "svg.hashsalt": "servicecircle",
        "pdf.fonttype": 42,
        "axes.unicode_minus": False,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.spines.left": False,
        "axes.edgecolor": INK["line-strong"],
        "axes.labelcolor": INK["ink-soft"],
        "xtick.color": INK["line-strong"],
        "ytick.color": INK["line-strong"],
        "xtick.labelcolor": INK["ink-soft"],
        "ytick.labelcolor": INK["ink-soft"],
        "grid.color": INK["line"],
        "grid.linewidth": 0.7,
        "hatch.linewidth": 0.6,
    }
    with mpl.rc_context({**mpl.rcParamsDefault, **look}):
        yield


def figure(width_mm: float, height_mm: float) -> Figure:
    """Return an empty figure of a size on paper."""
    return Figure(figsize=(width_mm * MM, height_mm * MM), facecolor="none")


def svg(drawn: Figure, name: str, title: str, description: str) -> str:
    """Return a figure as an inline SVG element that says what it shows; ``name`` keeps its ids apart from others'.

    The family of its letters is the page's own, so that a reader's machine chooses the font.
    """
    FigureCanvasSVG(drawn)
    buffer = io.StringIO()
    drawn.savefig(buffer, format="svg", metadata={"Date": None}, transparent=True)
    text = buffer.getvalue()
    box = _DOCUMENT.match(text)
    body = _OWN_PARTS.sub("", text[box.end() :]) if box else text
    used = set(_REFERENCE.findall(body))
    body = _ID.sub(lambda m: f'{m[1]} id="{name}-{m[2]}"' if m[2] in used else m[1], body)
    body = re.sub(r'(url\(#|href="#)', rf"\g<1>{name}-", body)
    body = _DRAWN.sub(lambda m: " ".join(_DECIMALS.sub(r"\1", m[0]).split()), body)
    body = re.sub(r">\s+<", "><", _FAMILY.sub("font-family: var(--font-sans)", body))
    labels = f'<title id="{name}-t">{escape(title)}</title><desc id="{name}-d">{escape(description)}</desc>'
    head = f'<svg class="figure" viewBox="{box[1] if box else ""}" role="img" aria-labelledby="{name}-t {name}-d">'
    return head + labels + body.strip()


def pdfs(drawn: Mapping[str, Figure]) -> dict[str, bytes]:
    """Return figures, by their titles, as PDFs: vector, text that can be selected, fonts embedded, no date in them.

    Their letters are first cast as small TrueType fonts, for all of them at once: a whole Chinese collection is slow to
    cut anew for each, and not every reader takes its outlines.
    """
    for figure_ in drawn.values():
        for axis in (axis for axes in figure_.axes for axis in (axes.xaxis, axes.yaxis)):
            axis.get_ticklabels()  # so that they are there to be recast
    lettering = [text for figure_ in drawn.values() for text in figure_.findobj(Text) if isinstance(text, Text)]
    wanted: dict[tuple[str, int], list[Text]] = {}
    for text in lettering:
        found = font_manager.findfont(text.get_fontproperties(), fallback_to_default=False)
        wanted.setdefault((str(found), found.face_index), []).append(text)
    with tempfile.TemporaryDirectory() as folder:
        for number, ((path, face), texts) in enumerate(sorted(wanted.items(), key=lambda item: item[0])):
            file = Path(folder) / f"{number}.ttf"
            cast(Path(path), face, ALWAYS.union(*(text.get_text() for text in texts)), file)
            for text in texts:
                text.set_fontproperties(font_manager.FontProperties(fname=str(file), size=text.get_fontsize()))
        return {title: _pdf(figure_, title) for title, figure_ in drawn.items()}


def _pdf(drawn: Figure, title: str) -> bytes:
    FigureCanvasPdf(drawn)
    buffer = io.BytesIO()
    about = {"Title": title, "Creator": "servicecircle", "Producer": None, "CreationDate": None}
    drawn.savefig(buffer, format="pdf", metadata=about)
    return buffer.getvalue()


def _first(families: str) -> str | None:
    names = [name.strip('"') for name in families.split(",")]
    return _known(names) or (_rescanned() and _known(names)) or None


def _known(names: list[str]) -> str | None:
    listed = {entry.name for entry in font_manager.fontManager.ttflist if Path(entry.fname).is_file()}
    return next((name for name in names if name in listed and _holds_chinese(name)), None)


@cache
def _rescanned() -> bool:
    """Look again at the system's fonts: matplotlib's list may be older than the last one installed."""
    listed = {entry.fname for entry in font_manager.fontManager.ttflist}
    for path in sorted(set(font_manager.findSystemFonts()) - listed):
        try:
            font_manager.fontManager.addfont(path)
        except (OSError, RuntimeError, ValueError):
            continue
    return True


def _added(file: Path) -> str:
    try:
        font_manager.fontManager.addfont(str(file))
    except (OSError, RuntimeError) as error:
        raise InputError([Fault("not readable as a font", REMEDY, file=file.name, value=str(error))]) from error
    names = [entry.name for entry in font_manager.fontManager.ttflist if Path(entry.fname) == file]
    family = next((name for name in sorted(names, key=lambda n: "SC" not in n) if _holds_chinese(name)), None)
    if family is None:
        raise InputError([Fault("the font does not hold Chinese", REMEDY, file=file.name)])
    return family


def _holds_chinese(family: str) -> bool:
    return {ord(c) for c in PROBE} <= _letters(_file(family, bold=False))


def _file(family: str, *, bold: bool) -> str:
    wanted = font_manager.FontProperties(family=[family], weight="bold" if bold else "normal")
    return str(font_manager.findfont(wanted, fallback_to_default=False))


@cache
def _known_file(family: str, *, bold: bool) -> str:
    return _file(family, bold=bold)


@cache
def _letters(path: str) -> frozenset[int]:
    return frozenset(FT2Font(path).get_charmap())


@cache
def _advances(path: str) -> Any:  # noqa: ANN401  a cached function of a character
    font = FT2Font(path)
    font.set_size(1000, 72)

    @cache
    def advance(character: str) -> float:
        return float(font.load_char(ord(character), flags=LoadFlags.NO_HINTING).linearHoriAdvance) / 65536 / 1000

    return advance
