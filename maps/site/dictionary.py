"""What each column of the open data holds, and in which unit: read from the page that describes the bundle."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from maps.report.headings import heading
from servicecircle.errors import Fault, InputError
from servicecircle.publish.workbook import HEADINGS

__all__ = ["Column", "described"]

PAGE = Path(__file__).parents[2] / "docs" / "bundle.md"
# Columns that only the open data have.
OWN: Mapping[str, tuple[str, str, str]] = {
    "lon": ("°", "longitude of the point", "经度"),
    "lat": ("°", "latitude of the point", "纬度"),
    "withheld": ("", "the position belongs to a place that may not be passed on", "位置不公开"),
    "crs_note": ("", "what the coordinates are", "坐标说明"),
}
_HEADING = re.compile(r"^#+ (\S+)$")
_ROW = re.compile(r"^\| `([^`]+)` \|\s*([^|]*?)\s*\|\s*(.*?)\s*\|$")
_LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")

Column = tuple[str, str, str]
"""Unit, what it holds in English, Chinese heading."""


def described(table: str, column: str) -> Column:
    """Return unit, meaning and Chinese heading of a column; empty where nobody wrote them down.

    >>> described("network", "length_m")[:2]
    ('m', 'geodesic')
    """
    found = _page().get(table, {}).get(column) or _rule(column)
    own = OWN.get(column, ("", "", ""))
    unit, what = found or own[:2]
    named = HEADINGS.get(column, "") if table == "facilities" else ""
    title = heading(column, table).zh
    zh = own[2] or named or ("" if title == column else title)
    return unit, what, zh


def _rule(column: str) -> tuple[str, str] | None:
    """Describe columns that follow the categories and ages of a study."""
    if re.fullmatch(r"nearest_\w+_s", column):
        return "s", "to the nearest base or venue of the category"
    if re.fullmatch(r"people_\d+(_\d+)?", column):
        return "people", "of the age group in the name"
    return ("people", "as given by the study") if column == "people_given" else None


@cache
def _page() -> Mapping[str, Mapping[str, tuple[str, str]]]:
    try:
        text = PAGE.read_text(encoding="utf-8")
    except OSError as error:
        remedy = "run from a whole checkout: the site takes its dictionary from this page"
        raise InputError([Fault("page missing", remedy, file="docs/bundle.md")]) from error
    found: dict[str, dict[str, tuple[str, str]]] = {}
    part, layers = "", True
    for line in text.splitlines():
        if line == "## Tables":
            layers = False
        if head := _HEADING.match(line):
            part = head[1] if layers or head[1] not in found else f"tables/{head[1]}"
        elif row := _ROW.match(line):
            found.setdefault(part, {})[row[1]] = (row[2].strip(), _LINK.sub(r"\1", row[3]).replace("`", "").strip())
    return found
