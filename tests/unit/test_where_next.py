"""What a bundle says of where next: the answers of the commands, as tables; and nothing where there is no room."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from servicecircle.ingest.parameters import read_parameters
from servicecircle.ingest.study import read_study
from servicecircle.ingest.walkable import load_rules
from servicecircle.model import Tier
from servicecircle.pipeline import Results
from servicecircle.scene import open_scene, study_demand
from servicecircle.siting.bundled import MOBILE, MOBILE_SERVED, SITING, WhereNext, where_next
from servicecircle.siting.classes import find_classes
from servicecircle.siting.ground import ground_in, open_ground
from servicecircle.siting.pairing import PAIRING, pair_schools
from servicecircle.siting.sites import find_sites
from servicecircle.streets import Streets, build_streets
from tests.town import Place, Town

PLACES = [
    Place("C1", "community", 500.0, 500.0, "中心社区"),
    Place("S1", "school", 0.0, 0.0, "西南小学"),
    Place("S2", "school", 1000.0, 1000.0, "东北小学"),
    Place("B1", "base", 200.0, 0.0, "书院", category="patriotic"),
]


def streets_of(folder: Path, places: list[Place]) -> Streets:
    return build_streets(read_study(Town(blocks=10, places=places).write(folder)), read_parameters(), load_rules())


def told(streets: Streets) -> WhereNext:
    demand = study_demand(streets)
    scene = open_scene(streets, demand.points, streets.variant)
    return where_next(scene, scene.priced(streets.variant), demand)


@pytest.fixture(scope="module")
def streets(tmp_path_factory: pytest.TempPathFactory) -> Streets:
    return streets_of(tmp_path_factory.mktemp("next") / "town", PLACES)


def test_the_tables_are_the_answers_of_the_commands(streets: Streets) -> None:
    found = told(streets)
    assert list(found.siting.columns) == SITING
    demand = study_demand(streets)
    for tier, candidates in (("school", 2), ("community", 3), ("base", 3)):
        ground = open_ground(streets, demand, tier)
        answer = find_sites(ground, "mclp", min(candidates, streets.parameters.siting.sites))
        own = found.siting[found.siting["tier"] == tier]
        assert 0 < len(own) <= len(answer.curve)
        answer = replace(answer, sites=answer.sites.iloc[: len(own) - 1], curve=answer.curve.iloc[: len(own)])
        assert own["candidate_id"].tolist()[1:] == answer.sites["candidate_id"].tolist()
        np.testing.assert_array_equal(own["covered"], answer.curve["covered"])
        np.testing.assert_array_equal(own["newly_covered"].iloc[1:], answer.sites["newly_covered"])
        assert (own["candidates"] == candidates).all()
        assert pd.isna(own["name"].iloc[0])
    scene = open_scene(streets, demand.points.iloc[:0], streets.variant)
    pairs = pair_schools(scene, streets.variant).table
    assert list(found.pairing.columns) == PAIRING
    pd.testing.assert_frame_equal(found.pairing, pairs, check_dtype=False)


def test_a_town_without_rooms_has_empty_tables(tmp_path: Path) -> None:
    found = told(streets_of(tmp_path / "town", [Place("C1", "community", 400.0, 400.0, "中心社区")]))
    assert list(found.siting.columns) == SITING
    assert not set(found.mobile["tier"]) & {"community", "base"}
    assert set(found.siting["tier"]) == {"school", "base"}  # the community seat may become either
    bare = told(streets_of(tmp_path / "bare", [Place("S1", "school", 0.0, 0.0, "无址小学", confidence="none")]))
    assert bare.siting.empty
    assert bare.pairing.empty
    assert bare.mobile.empty
    assert bare.mobile_served.empty
    assert (list(bare.siting.columns), list(bare.pairing.columns)) == (SITING, PAIRING)
    assert (list(bare.mobile.columns), list(bare.mobile_served.columns)) == (MOBILE, MOBILE_SERVED)


def test_where_everybody_has_a_place_no_class_is_planned(tmp_path: Path) -> None:
    places = [Place("C1", "community", 200.0, 200.0, "中心社区"), Place("S1", "school", 200.0, 300.0, "小学")]
    study = read_study(Town(blocks=4, places=places).write(tmp_path / "town"))
    found = told(build_streets(study, read_parameters(), load_rules()))
    assert set(found.siting["tier"]) == {"school", "community", "base"}
    assert found.mobile.empty
    assert found.mobile_served.empty
    assert (list(found.mobile.columns), list(found.mobile_served.columns)) == (MOBILE, MOBILE_SERVED)


def test_the_term_is_that_of_the_command(results: Results) -> None:
    """For each tier of parent schools, with the parameters' defaults; a row a neighbourhood, nobody left out."""
    streets, found = results.streets, results.where_next
    demand = study_demand(streets)
    assert found.mobile["tier"].unique().tolist() == found.mobile_served["tier"].unique().tolist()
    opened = open_ground(streets, demand, "community")
    for ground in (opened, ground_in(opened.scene, opened.walk, demand, "school")):
        tier, answer = ground.tier, find_classes(ground)
        own = [table[table["tier"] == tier].reset_index(drop=True) for table in (found.mobile, found.mobile_served)]
        pd.testing.assert_frame_equal(own[0][list(answer.timetable)], answer.timetable, check_dtype=False)
        pd.testing.assert_frame_equal(own[1][list(answer.served)], answer.served, check_dtype=False)
        served = own[1][own[1]["served"]]
        assert served["people"].sum() == pytest.approx(answer.rota.value)
        assert set(";".join(served["room_ids"]).split(";")) == set(own[0]["candidate_id"])
        none = own[1][~own[1]["served"]]
        assert none["why_zh"].notna().all()
        assert none["room_ids"].isna().all()
        share = results.coverage.set_index(["subdistrict", "tier", "basis", "measure", "cutoff_s"])
        row = share.loc[("district", tier, "all", "walk", 900.0)]
        assert own[1]["people"].sum() == pytest.approx(row["people"] - row["covered"])
        spots = results.demand.points.geometry.get_coordinates()
        at = set(map(tuple, spots.to_numpy()))
        assert set(zip(own[1]["lon"], own[1]["lat"], strict=True)) <= at


def test_the_district_is_told_tier_by_tier(results: Results) -> None:
    table, sites = results.where_next.siting, results.streets.parameters.siting.sites
    assert table["tier"].unique().tolist() == [tier.value for tier in Tier]
    coverage = results.coverage.set_index(["subdistrict", "tier", "basis", "measure", "cutoff_s"])
    for tier, own in table.groupby("tier"):
        assert 1 < len(own) <= sites + 1
        assert own["n"].tolist() == list(range(len(own)))
        assert (own["newly_covered_homes"].iloc[1:] > 0).all()
        new = own["newly_covered"].fillna(0).to_numpy()
        np.testing.assert_allclose(np.diff(own["covered"]), new[1:], atol=1e-6)
        assert (np.diff(own["covered"]) >= 0).all()
        assert (own["best_covered"] >= own["covered"] - 1e-6).all()
        assert own["best_covered"].iloc[-1] == pytest.approx(own["covered"].iloc[-1])
        assert ((own["covered_low"] <= own["covered"]) & (own["covered"] <= own["covered_high"])).all()
        # with nothing added it is what coverage says
        row = coverage.loc[("district", tier, "all", "walk", 900.0)]
        assert own["covered"].iloc[0] == pytest.approx(row["covered"])
    pairs = results.where_next.pairing
    used = pairs.dropna(subset=["base_id"])
    assert (
        used.groupby(["category", "base_id"]).size() <= used.groupby(["category", "base_id"])["limit"].first()
    ).all()
    assert pairs.loc[pairs["base_id"].isna(), "why_zh"].notna().all()
