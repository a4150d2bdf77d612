"""The payloads of the panel's tables: coverage by year, and the standards cell by cell with their sources."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from maps.bundle import PANELS, Bundle
from maps.encode import clean

__all__ = ["PEOPLE", "SHARE", "nested", "standards", "years"]

SHARE = ("share_low", "share", "share_high", "covered_low", "covered", "covered_high")
PEOPLE = ("people_low", "people", "people_high", "homes", "homes_covered")
RULE = (
    *("preset", "rule", "name_zh", "name_en", "quantity", "least", "value", "unit", "confirmed", "source"),
    *("tier", "levels"),
)
CELL = (
    *("basis", "measure", "limit_m", "limit_s", "places", "share_low", "share", "share_high", "reached", "status"),
    *("note_zh", "note_en"),
)
WALK = "walk"

Payload = dict[str, Any]


def nested(table: pd.DataFrame, keys: Sequence[str]) -> Payload:
    """Give shares and people under their keys, then by unit; shares are null where unknown."""
    found: Payload = {"cols": [*SHARE, *PEOPLE, "unknown"], "rows": {}}
    for row in table.to_dict("records"):
        level = found["rows"]
        for key in keys:
            level = level.setdefault(_word(row[key]), {})
        level[str(row["subdistrict"])] = [clean(row[c]) for c in found["cols"]]
    return found


def years(bundle: Bundle) -> Payload:
    """Give coverage at the end of each year, told with the dated places alone and with the undated, too."""
    table = _panel(bundle, "coverage_by_year")
    walked = table[table["measure"] == WALK]
    told = walked.drop_duplicates(["year", "dates"])
    return {
        "years": [
            {"year": int(row["year"]), "day": str(row["day"]), "planned": bool(row["planned"])}
            for row in told.drop_duplicates("year").to_dict("records")
        ],
        "places": {f"{int(row['year'])} {row['dates']}": int(row["places"]) for row in told.to_dict("records")},
        **nested(walked, ("year", "dates", "tier", "basis", "cutoff_s")),
    }


def standards(bundle: Bundle) -> list[Payload]:
    """Give each rule of each standard with its source, and its cells by unit as the table has them."""
    table = _panel(bundle, "standards")
    found: list[Payload] = []
    for _, rows in table.groupby(["preset", "rule", "tier"], sort=False, dropna=False):
        first = rows.iloc[0]
        units = {
            str(code): [[clean(v) for v in row] for row in own[list(CELL)].astype(object).to_numpy().tolist()]
            for code, own in rows.groupby("subdistrict", sort=False)
        }
        found.append({**{c: clean(first[c]) for c in RULE}, "cols": list(CELL), "units": units})
    return found


def _panel(bundle: Bundle, name: str) -> pd.DataFrame:
    return bundle.panels.get(name, pd.DataFrame(columns=list(PANELS[name])))


def _word(value: Any) -> str:  # noqa: ANN401  a cell that names a group
    return str(int(value)) if isinstance(value, (int, float)) else str(value)
