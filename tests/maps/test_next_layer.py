"""Where next on the map and in the report: what the tables say, and nothing where they say nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from maps import next_layer
from maps.bundle import Bundle, read_bundle
from maps.report import where_next
from maps.report.reading import Study, read_study
from servicecircle.ingest.parameters import read_parameters
from servicecircle.pipeline import Results


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
    assert next_layer.mobile(town_bundle) == {"term": None, "tiers": {}, "rooms": [], "areas": []}
    bare = read_study(town)
    assert where_next.lede(bare) is where_next.sites_grid(bare) is where_next.pairing_grid(bare) is None
    assert where_next.mobile_grid(bare) is where_next.unserved_grid(bare) is None
    assert where_next.added(bare, "community") is None


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


def test_the_map_has_rooms_by_week_and_whom_they_serve(planned_town: Path) -> None:
    bundle = read_bundle(planned_town)
    found = next_layer.mobile(bundle)
    ids = bundle.layers["facilities"]["facility_id"]
    assert [(ids.iloc[r["place"]], r["weeks"], r["guests"], r["seats_known"]) for r in found["rooms"]] == [
        ("school0", [1, 3], 12, False),
        ("school1", [2], 8.5, True),
    ]
    assert [(a["neighbourhood_id"], a["people"], a["served"], a["rooms"]) for a in found["areas"]] == [
        ("000", 400, True, [0, 1]),
        ("001", 100, True, [1]),
        ("002", 900, False, []),
    ]
    assert found["areas"][2]["why_en"] == "no room is near enough"
    assert found["areas"][0]["at"] == [10650800, 2950700]
    assert found["tiers"] == {"community": {"status": "optimal", "gap": 0}}
    assert found["term"] is None  # this bundle's manifest has no parameters
    siting = read_parameters().siting.model_dump()
    told = next_layer.mobile(replace(bundle, manifest={**bundle.manifest, "parameters": {"siting": siting}}))
    assert told["term"] == {name: siting[f"mobile_{name}"] for name in next_layer.TERM}


def test_the_report_tells_classes_by_room_and_who_has_none(study: Study) -> None:
    grid, lost = where_next.mobile_grid(study), where_next.unserved_grid(study)
    assert grid is not None
    assert lost is not None
    assert [[cell.main for cell in row] for row in grid.rows] == [
        ["school 第0处", "甲社区", "12", "45", "1、3"],
        ["school 第1处", "甲社区、乙社区", "8", "30", "2"],
    ]
    assert [row[3].sub for row in grid.rows] == ["假设 assumed", ""]
    assert "1,400 人中 500 人、3 片中 2 片" in grid.note[0]
    assert "假设" not in grid.note[0]
    assert [[cell.main for cell in row] for row in lost.rows] == [["丙社区", "900", "3", "没有教室在限时内"]]
    manifest = {**study.manifest, "parameters": {"siting": read_parameters().siting.model_dump()}}
    told = where_next.mobile_grid(replace(study, bundle=replace(study.bundle, manifest=manifest)))
    assert told is not None
    assert "假设 2% 的人来，容量未知的教室 45 座，片区 80% 的人走得到才算" in told.note[0]


def test_the_district_is_told_alike_everywhere(bundle: Path, results: Results) -> None:
    term, served = results.where_next.mobile, results.where_next.mobile_served
    shown = next_layer.mobile(read_bundle(bundle))
    assert sum(len(room["weeks"]) for room in shown["rooms"]) == len(term) > 0
    has = [area["people"] for area in shown["areas"] if area["served"]]
    assert sum(has) == pytest.approx(served.loc[served["served"], "people"].sum(), abs=0.1 * len(has))
    assert [len(area["rooms"]) for area in shown["areas"]] == [
        len(ids.split(";")) if isinstance(ids, str) else 0 for ids in served["room_ids"]
    ]
    study = read_study(bundle)
    grid, lost = where_next.mobile_grid(study), where_next.unserved_grid(study)
    assert grid is not None
    assert lost is not None
    assert [row[4].main for row in grid.rows] == ["、".join(map(str, room["weeks"])) for room in shown["rooms"]]
    assert [row[2].main for row in grid.rows] == [f"{room['guests']:.0f}" for room in shown["rooms"]]
    worst = served[~served["served"]].sort_values("people", ascending=False).groupby("tier", sort=False).first()["name"]
    assert set(worst) <= {row[0].main for row in lost.rows}
