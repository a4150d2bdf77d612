"""Cast the letters that a print needs, out of a font that holds all of Chinese: a small TrueType font."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from fontTools import subset
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont, newTable

__all__ = ["cast"]

ERROR_EM = 0.0006  # how far a quadratic outline may stand from the cubic one: a hair on a poster
TRUETYPE = "\000\001\000\000"
KEPT_NAMES = [1, 2, 4, 6]
NOT_SET = ["GSUB", "GPOS", "GDEF", "BASE", "JSTF", "MATH", "vhea", "vmtx", "VORG", "DSIG", "FFTM", "meta", "STAT"]
# What a font without programs says of them.
LIMITS = (
    *("maxZones", "maxTwilightPoints", "maxStorage", "maxFunctionDefs", "maxInstructionDefs"),
    *("maxStackElements", "maxSizeOfInstructions", "maxComponentElements"),
)


def cast(source: Path, face: int, letters: Collection[str], out: Path) -> None:
    """Write the font of some letters only, with quadratic outlines; widths stay as they are.

    Parameters
    ----------
    source
        A font file or collection.
    face
        Which font of the collection; 0 in a file of one.
    letters
        Characters, one each.
    out
        The file to write; the same letters give the same bytes.
    """
    collection = source.suffix.lower() in {".ttc", ".otc"}
    with TTFont(source, fontNumber=face if collection else -1, lazy=True, recalcTimestamp=False) as font:
        options = subset.Options(layout_features=[], hinting=False, notdef_outline=True, name_IDs=KEPT_NAMES)
        options.drop_tables = [*options.drop_tables, *NOT_SET]
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes={ord(letter) for letter in letters})
        cutter.subset(font)
        if "glyf" not in font:
            _quadratic(font)
        font.save(out, reorderTables=True)


def _quadratic(font: TTFont) -> None:
    """Turn cubic outlines into quadratic ones."""
    order, given = font.getGlyphOrder(), font.getGlyphSet()
    glyphs = {}
    for name in order:
        pen = TTGlyphPen(None)
        given[name].draw(Cu2QuPen(pen, font["head"].unitsPerEm * ERROR_EM, reverse_direction=True))
        glyphs[name] = pen.glyph()
    font["loca"] = newTable("loca")
    font["glyf"] = outlines = newTable("glyf")
    outlines.glyphOrder, outlines.glyphs = order, glyphs
    for name, glyph in glyphs.items():
        glyph.recalcBounds(outlines)
        font["hmtx"][name] = (font["hmtx"][name][0], getattr(glyph, "xMin", 0))
    for table in ("CFF ", "CFF2", "VORG"):
        if table in font:
            del font[table]
    font["maxp"].tableVersion = 0x00010000
    for limit in LIMITS:
        setattr(font["maxp"], limit, 1 if limit == "maxZones" else 0)
    font["post"].formatType = 3.0
    font.sfntVersion = TRUETYPE
