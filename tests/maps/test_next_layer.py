"""Where next on the map and in the report: what the tables say, and nothing where they say nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from maps import next_layer
from maps.bundle import Bundle, read_bundle
from maps.report import where_next
from maps.report.reading import Study, read_study


@pytest.fixture(scope="module")
def study(planned_town: Path) -> Study:
    return read_study(planned_town)


def test_sites_stand_at_their_rooms_in_their_order(planned_town: Path) -> None:
    bundle = read_bundle(planned_town)
    found = next_layer.sites(bundle)
    ids = bundle.layers["facilities"]["facility_id"]
    assert [(s["tier"], s["n"], ids.iloc[s["place"]]) for s in found] == [
        ("community", 1, "school0"),
        ("community", 2, "school1"),
    ]
    assert [s["newly_covered"] for s in found] == [200, 100]


def test_pairs_join_places_that_are_there(planned_town: Path) -> None:
    bundle = read_bundle(planned_town)
    found = next_layer.pairs(bundle)
    ids = bundle.layers["facilities"]["facility_id"]
    rows = [dict(zip(found["cols"], row, strict=True)) for row in found["rows"]]
    assert [(ids.iloc[r["school"]], ids.iloc[r["base"]], r["walk_s"]) for r in rows] == [
        ("school0", "base0", 300),
        ("school1", "base0", 420),
    ]


def test_a_bundle_without_the_tables_proposes_nothing(town_bundle: Bundle, town: Path) -> None:
    assert next_layer.sites(town_bundle) == []
    assert next_layer.pairs(town_bundle)["rows"] == []
    bare = read_study(town)
    assert where_next.lede(bare) is where_next.sites_grid(bare) is where_next.pairing_grid(bare) is None
    assert where_next.mobile_grid(bare) is where_next.added(bare, "community") is None


def test_the_report_tells_each_site_and_the_curve(study: Study) -> None:
    grid, curve = where_next.sites_grid(study), where_next.added(study, "community")
    assert grid is not None
    assert curve is not None
    assert [row[0].main for row in grid.rows] == ["school 第0处", "school 第1处"]
    assert [row[2].main for row in grid.rows] == ["50%", "60%"]
    np.testing.assert_allclose(curve.middle, [0.3, 0.5, 0.6])
    np.testing.assert_allclose(curve.low, [0.27, 0.47, 0.57])
    assert curve.labels == ("30%", "+200", "+100")
    assert where_next.added(study, "school") is None


def test_the_report_counts_who_has_a_base_and_which_are_full(study: Study) -> None:
    grid = where_next.pairing_grid(study)
    assert grid is not None
    ((name, has, none, full, mean, busy),) = grid.rows
    assert (name.main, has.main, has.sub, none.main, full.main, mean.main) == ("文博与历史", "2", "/ 3", "0", "1", "6")
    assert busy.main == "base 第10处"
    assert "2" in grid.note[0]


def test_mobile_classes_are_told_by_room(study: Study) -> None:
    rows = [
        {"week": week, "name": "礼堂", "seats": 45.0, "seats_known": False, "guests": 12.0, "neighbourhoods": "上街"}
        for week in (1, 5)
    ]
    grid = where_next.mobile_grid(replace(study, tables={**study.tables, "mobile": pd.DataFrame(rows)}))
    assert grid is not None
    assert [[cell.main for cell in row] for row in grid.rows] == [["礼堂", "上街", "12", "45", "1、5"]]
    assert grid.rows[0][3].sub == "假设 assumed"
