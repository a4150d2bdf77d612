"""Reports of the made-up town that several files look at: written once for all workers; read them only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import Point

from maps.report.write import write_report
from tests.maps.hostile import hostile_names
from tests.maps.town import write_town
from tests.maps.town_ground import SOUTH, STEP, WEST, frame
from tests.shared import once

# Homes of the town by hand: subdistrict, people low, middle, high, seconds to a school, schools within reach.
HOMES = (
    ("1", 90.0, 100.0, 130.0, 60.0, 2),
    ("1", 200.0, 300.0, 310.0, 900.0, 1),
    ("1", 80.0, 100.0, 110.0, 901.0, 0),
    ("2", 400.0, 500.0, 520.0, None, 0),
)
FORMULAS = ("=cmd|'/c calc'!A0", "@SUM(1)", "+1", "-2", "<b>")


def _homes() -> gpd.GeoDataFrame:
    rows = []
    for number, (code, low, middle, high, seconds, schools) in enumerate(HOMES):
        row: dict[str, object] = {"demand_id": f"h{number}", "subdistrict": code, "people_low": low, "people": middle}
        row |= {"people_high": high, "people_frontage": low, "people_land": high}
        row |= {"nearest_school_s": seconds, "nearest_school_confirmed_s": seconds, "n_school_900": schools}
        row |= {"nearest_community_s": 100.0, "nearest_community_confirmed_s": None, "n_community_900": 1}
        row |= {"nearest_base_s": 100.0, "nearest_base_confirmed_s": 950.0, "n_base_900": 3}
        rows.append(row | {"geometry": Point(WEST + STEP * (1 + 5 * number), SOUTH + STEP)})
    return frame(rows)


def with_tables(folder: Path, tables: Mapping[str, list[dict[str, object]]]) -> Path:
    """Add homes and further tables to a bundle."""
    _homes().to_parquet(folder / "layers" / "demand.parquet")
    for name, rows in tables.items():
        pd.DataFrame(rows).to_csv(folder / "tables" / f"{name}.csv", index=False, encoding="utf-8-sig")
    return folder


def bare_report(factory: pytest.TempPathFactory) -> Path:
    """Give the report of a bundle that has only what the map reads."""

    def make(folder: Path) -> None:
        write_report(write_town(folder / "build"), folder / "report")

    return once(factory, "bare-report", make) / "report"


def hostile_report(factory: pytest.TempPathFactory) -> tuple[dict[str, str], Path]:
    """Give every text of a hostile town with its stand-in, and its report, for a browser and for a spreadsheet."""

    def make(folder: Path) -> None:
        given, name = hostile_names()
        runs = [{"rule": payload, "note": payload} for payload in FORMULAS]
        bundle = with_tables(write_town(folder / "build", name), {"standards": runs})
        write_report(bundle, folder / "report")
        (folder / "given.json").write_text(json.dumps(given), "utf-8")

    made = once(factory, "hostile-report", make)
    return json.loads((made / "given.json").read_text("utf-8")), made / "report"
