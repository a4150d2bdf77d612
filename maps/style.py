"""The look of the map: palette, signs and type. The page's script reads it from here; nothing else names a colour.

Tiers and categories differ by shape and letter as well as by hue. Hues keep to
indigo, orange and green (tiers) and Paul Tol's "muted" scheme (categories), which stay apart in the common kinds of
colour blindness, darkened until white letters on them can be read (4.5:1). No tier is blue: water
is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["category_signs", "css_variables", "style"]

INK = {
    "ink": "#1f2930",
    "ink-soft": "#4d5963",
    "ink-faint": "#5e6972",
    "line": "#e3ddd0",
    "line-strong": "#c9c1b1",
    "paper": "#fdfbf7",
    "paper-deep": "#f4efe4",
    "accent": "#0f5c78",
    "accent-soft": "#e2eff2",
    "warn": "#8a4b08",
}
TIERS = {
    "school": {"colour": "#4a379b", "glyph": "学", "shape": "square"},
    "community": {"colour": "#c14a09", "glyph": "社", "shape": "circle"},
    "base": {"colour": "#0a7a5c", "glyph": "基", "shape": "diamond"},
}
CATEGORIES = ("#882255", "#117733", "#332288", "#2478a6", "#8f3a86", "#86680f", "#1c7c70", "#b4525f")
UNCATEGORISED = "#4d5963"
GROUND = {
    "outside": "#ded9cd",
    "land": "#fbf8f0",
    "water": "#a9ced6",
    "shore": "#5b929e",
    "waterText": "#2c6471",
    "building": "#e7decb",
    "buildingEdge": "#cdc0a6",
    "street": "#ffffff",
    "casing": "#c4b8a1",
    "bridgeCasing": "#8d8675",
    "tunnel": "#d9d0bd",
    "path": "#b39f80",
    "stairs": "#9b4f24",
    "rail": "#8f9298",
    "railGap": "#fbf8f0",
    "metro": "#8c8fa6",
    "station": "#5c6078",
    "border": "#8f8474",
    "boundary": "#5d5144",
    "boundaryBand": "#8a7b66",
    "text": "#3a332b",
    "streetText": "#5d5449",
    "halo": "#fbf8f1",
}
THEME = {
    "gap": "#8c1650",
    "unlocated": "#5f6670",
    "missing": "#c4006a",
    "cause": {
        "unlocated_place": "#5f6670",
        "beyond_extract": "#456470",
        "disconnected": "#1f2930",
        "too_far": "#8c1650",
        "barrier": "#235a97",
        "missing_link": "#c4006a",
        "paid_or_closed": "#6b3f12",
        "terrain": "#8f4a1c",
        "detour": "#56680f",
    },
    "light": {"green": "#4f9a62", "yellow": "#e2bf4a", "red": "#c4554d", "grey": "#b9bcbf"},
    "unknown": "#8b8f94",
    "route": {"red": "#b3202a", "trail": "#3f6d1c", "tour": "#5a3a9a"},
    "routeOther": "#5a3a9a",
    "link": "#6b3f12",
    "selected": "#14181c",
    "here": "#0b63c4",
    "ledger": {
        "verified": "#0a6b3c",
        "confirmed": "#332288",
        "approximate": "#86680f",
        "candidates": "#a8434f",
        "unlocated": "#5f6670",
    },
    "shares": ("#f2e6c9", "#cfdcc0", "#93c1b4", "#4a93a0", "#1f5f86"),
}
# Narrow pen first: width in pixels at zoom 14, growth per zoom level, zoom of first appearance.
STREETS = {
    "major": (3.4, 1.42, 0),
    "minor": (2.3, 1.45, 0),
    "local": (1.3, 1.55, 0),
    "service": (0.8, 1.6, 14.4),
    "plaza": (1.2, 1.5, 14.4),
    "path": (0.75, 1.3, 14.7),
    "stairs": (1.5, 1.45, 13.9),
}
FONTS = {
    "sans": '"Noto Sans SC","Noto Sans CJK SC","Source Han Sans SC","PingFang SC","Microsoft YaHei",sans-serif',
    "serif": '"Noto Serif SC","Noto Serif CJK SC","Source Han Serif SC","Songti SC","STSong","SimSun",serif',
}
SIZES = {"xs": "12px", "s": "13px", "m": "14px", "l": "16px", "xl": "20px", "xxl": "27px"}


def style(categories: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Everything the page's script needs to draw: signs, pens, fonts."""
    return {
        "ink": INK,
        "tiers": TIERS,
        "categories": category_signs([c["zh"] for c in categories]),
        "uncategorised": {"colour": UNCATEGORISED, "glyph": "基"},
        "ground": GROUND,
        "theme": THEME,
        "streets": STREETS,
        "fonts": FONTS,
    }


def category_signs(names: Sequence[str]) -> list[dict[str, str]]:
    """Return a colour and a letter for each category: the first letter of its name that no other one took.

    >>> [sign["glyph"] for sign in category_signs(["健康教育", "健身", "艺术"])]
    ['健', '身', '艺']
    """
    taken: list[str] = []
    for name in names:
        taken.append(next((c for c in name if c.isalnum() and c not in taken), "·"))
    return [{"colour": CATEGORIES[i % len(CATEGORIES)], "glyph": glyph} for i, glyph in enumerate(taken)]


def css_variables() -> str:
    """Ink, tiers, fonts and sizes as CSS custom properties."""
    values = {**{f"c-{k}": v for k, v in INK.items()}, **{f"tier-{k}": v["colour"] for k, v in TIERS.items()}}
    values |= {f"font-{k}": v for k, v in FONTS.items()} | {f"size-{k}": v for k, v in SIZES.items()}
    values |= {"c-gap": str(THEME["gap"]), "c-land": GROUND["land"], "c-outside": GROUND["outside"]}
    return ":root{" + "".join(f"--{name}:{value};" for name, value in values.items()) + "}"
