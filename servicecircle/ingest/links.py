"""Read the vertical-link register: lifts, escalators, cable cars, and links that the map does not have."""

from __future__ import annotations

import numpy as np
import pandas as pd

from servicecircle.hours import are_hours
from servicecircle.ingest.text_table import TextTable

__all__ = ["LINK_COLUMNS", "read_links"]

LINK_COLUMNS = [
    "link_id", "kind", "name", "osm_type", "osm_id", "from_lon", "from_lat", "to_lon", "to_lat", "rise_m", "length_m",
    "ride_s", "wait_s", "fee_cny", "opening_hours", "direction", "wheelchair", "state", "joins", "source",
    "confidence", "note",
]  # fmt: skip
_NUMBERS = (
    "osm_id", "from_lon", "from_lat", "to_lon", "to_lat", "rise_m", "length_m", "ride_s", "wait_s", "fee_cny",
)  # fmt: skip
_NOT_NEGATIVE = ("rise_m", "length_m", "ride_s", "wait_s", "fee_cny")
_WORDS = {
    "kind": ("lift", "escalator", "cableway", "footbridge", "underpass", "stairs", "path"),
    "osm_type": ("node", "way", ""),
    "direction": ("both", "up", "down", "reversible", "unknown", ""),
    "wheelchair": ("yes", "no", "limited", ""),
    "state": ("in_service", "closed", "unknown", ""),
    "joins": ("known", "unknown", ""),
}


def read_links(table: TextTable) -> pd.DataFrame:
    """Return the register, one row a link; ``osm_id`` is -1 where a link is no object of the map.

    Raises
    ------
    InputError
        A number, word or time that cannot be read, a negative rise, an id or an object twice: all faults at once.
    """
    cells = table.cells
    table.check_id("link_id")
    numbers = {column: table.numbers(column) for column in _NUMBERS}
    for column in _NOT_NEGATIVE:
        remedy = "give the amount; direction says which way" if column == "rise_m" else "give 0 or more"
        table.check(numbers[column] < 0, column, "less than nothing", remedy)
    for column, words in _WORDS.items():
        known = ", ".join(word for word in words if word)
        table.check(~cells[column].isin(words), column, "an unknown word", f"use one of: {known}")
    again = cells.duplicated(["osm_type", "osm_id"]) & (cells["osm_id"] != "")
    table.check(again, "osm_type, osm_id", "the object occurs twice", "keep one of the two rows")
    table.check((cells["osm_type"] == "") ^ (cells["osm_id"] == ""), "osm_type, osm_id", "half a name", "give both")
    wrong = ~cells["opening_hours"].map(lambda text: text == "" or are_hours(text)).astype(bool)
    table.check(wrong, "opening_hours", "not in the opening_hours syntax", "write it as Mo-Su 07:30-22:30")
    for end in ("from", "to"):
        lon, lat = f"{end}_lon", f"{end}_lat"
        half = (cells[lon] == "") ^ (cells[lat] == "")
        table.check(half, f"{lon}, {lat}", "half a position", "give both, or neither")
        off = (numbers[lat].abs() > 90) | (numbers[lon].abs() > 180)  # noqa: PLR2004
        table.check(off, f"{lon}, {lat}", "off the globe; swapped?", "longitude goes into lon")
    links = table.done()[LINK_COLUMNS].assign(**numbers).reset_index(drop=True)
    return links.assign(osm_id=links["osm_id"].fillna(-1).astype(np.int64))
