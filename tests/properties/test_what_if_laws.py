"""Laws of every what-if: nothing changed changes nothing, more never covers fewer, the draws agree with the times."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from servicecircle.coverage import BASES, MEASURES, Access, compare
from servicecircle.errors import InputError
from servicecircle.ingest.variant import parse_variant, read_variant, variant_values
from servicecircle.model import Tier, Variant
from servicecircle.pipeline import Results
from servicecircle.scene import access_in
from servicecircle.uncertainty import CLASSES, covered_share, draw_variants, home_certainty
from tests.sketch import PARAMETERS

CUTOFF_S = 900.0
GAINED, LOST = ["homes_gained", "people_gained"], ["homes_lost", "people_lost"]


def compared(results: Results, before: Access, after: Access) -> pd.DataFrame:
    points, models = results.demand.points, results.demand.models
    subdistricts = results.streets.study.area.subdistricts
    names = dict(zip(subdistricts["code"], subdistricts["name"], strict=True))
    return compare(before, after, points, models, names, CUTOFF_S)


def same(a: Access, b: Access) -> None:
    """Check that two answers are the same, bit for bit."""
    for tier in Tier:
        assert np.array_equal(a.back_s[tier], b.back_s[tier])
        for basis in BASES:
            for measure in MEASURES:
                one, other = a.nearest(tier, basis, measure), b.nearest(tier, basis, measure)
                assert np.array_equal(one.at, other.at)
                assert np.array_equal(one.apart, other.apart)
    for measure in MEASURES:
        for part in ("start", "target", "apart"):
            assert np.array_equal(getattr(a.pairs[measure], part), getattr(b.pairs[measure], part))
    assert all(np.array_equal(a.category_s[name], b.category_s[name]) for name in b.categories)


def walks(access: Access) -> np.ndarray:
    """Seconds of every home to the nearest place of each tier."""
    return np.stack([access.nearest(tier, "all", "walk").apart for tier in Tier])


def test_a_variant_that_changes_nothing_gives_the_same_times_and_an_empty_comparison(results: Results) -> None:
    again = access_in(results.scene, Variant())
    same(again, results.access)
    assert compared(results, results.access, again).empty


def test_open_links_take_coverage_from_nobody_and_give_some_to_somebody(results: Results) -> None:
    paid = access_in(results.scene, Variant(paid=True))
    assert (walks(paid) <= walks(results.access) + 1e-6).all()
    for tier in Tier:  # what gaps are told of paid links is the variant with paid links
        told = results.access.nearest(tier, "all", "opened")
        assert np.array_equal(told.apart, paid.nearest(tier, "all", "walk").apart)
    found = compared(results, results.access, paid)
    assert (found[LOST] == 0).all(axis=None)
    assert (found["homes_gained"] > 0).all()
    assert len(found)


def test_closing_a_link_is_the_reverse_of_opening_it(results: Results) -> None:
    paid = access_in(results.scene, Variant(paid=True))
    there, back = compared(results, results.access, paid), compared(results, paid, results.access)
    assert np.array_equal(there[GAINED], back[LOST])
    assert np.array_equal(there[LOST], back[GAINED])


def test_taking_a_place_away_gives_coverage_to_nobody(results: Results) -> None:
    schools = results.scene.places.query("tier == 'school'")["facility_id"]
    fewer = access_in(results.scene, Variant(without=tuple(schools[:10])))
    assert len(fewer.facilities) == len(results.scene.places) - 10
    found = compared(results, results.access, fewer)
    assert (found[GAINED] == 0).all(axis=None)
    assert (found["homes_lost"] > 0).all()
    assert set(found["tier"]) == {Tier.SCHOOL}


def test_a_place_counts_from_the_day_it_opens(results: Results) -> None:
    facilities = results.streets.study.facilities
    opened = facilities.assign(open_from=facilities["open_from"].where(facilities["tier"] != "school", "2026-09-01"))
    study = replace(results.streets.study, facilities=opened)
    scene = replace(results.scene, streets=replace(results.streets, study=study))
    before, after = (access_in(scene, Variant(day=day)) for day in ("2026-08-31", "2026-09-01"))
    assert "school" not in set(before.facilities["tier"])
    same(after, results.access)


def test_a_place_that_is_nowhere_cannot_be_taken_away(results: Results) -> None:
    with pytest.raises(InputError, match=r"no such place.*NOWHERE"):
        access_in(results.scene, Variant(without=("NOWHERE",)))


def test_a_slower_walker_covers_no_more(results: Results) -> None:
    slow = access_in(results.scene, Variant(pace=0.8))
    assert (walks(slow) >= walks(results.access) - 1e-6).all()


def draws(results: Results, **changes: float) -> tuple[np.ndarray, np.ndarray]:
    """Share of draws in which each home reaches a school, and its seconds to the nearest."""
    band = results.streets.parameters.uncertainty.model_copy(update={"draws": 8, **changes})
    parameters = results.streets.parameters.model_copy(update={"uncertainty": band})
    scene = results.scene
    group = np.flatnonzero(scene.places["tier"] == Tier.SCHOOL)
    share = covered_share(results.streets.network, scene.joined, [group], scene.doors.home, Variant(), parameters)
    return share[0], results.access.nearest(Tier.SCHOOL, "all", "walk").apart


def test_one_draw_is_the_variant_it_says(results: Results) -> None:
    """Each share is a count of the same draws, walked one by one through the whole table of times."""
    band = results.streets.parameters.uncertainty.model_copy(update={"draws": 3})
    hits = [
        access_in(results.scene, variant).covered(Tier.SCHOOL, "all", "walk", CUTOFF_S)
        for variant in draw_variants(results.streets.network, Variant(), band)
    ]
    share, _ = draws(results, draws=3)
    assert share == pytest.approx(np.mean(hits, axis=0))


def test_draws_are_the_same_each_time_and_others_with_another_seed(results: Results) -> None:
    first, again, other = (draws(results, **seed)[0] for seed in ({}, {}, {"seed": 7}))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_doubt_lies_about_the_cutoff(results: Results) -> None:
    share, seconds = draws(results)
    doubtful = (share > 0) & (share < 1)
    assert doubtful.any()
    assert share[seconds < CUTOFF_S / 3].min() == 1
    assert share[seconds > CUTOFF_S * 3].max(initial=0) == 0


def test_classes_follow_the_shares_and_without_draws_nothing_is_said(results: Results) -> None:
    homes, band = results.homes, PARAMETERS.uncertainty
    assert set(homes["school_class"]) <= set(CLASSES)
    assert (homes["school_share"][homes["school_class"] == "certain"] >= band.certain).all()
    assert (homes["school_share"][homes["school_class"] == "uncovered"] < band.borderline).all()
    assert homes["community_confirmed_class"].isna().all()
    none = PARAMETERS.model_copy(update={"uncertainty": band.model_copy(update={"draws": 0})})
    scene = results.scene
    found = home_certainty(results.streets.network, scene.joined, scene.places, scene.doors.home, Variant(), none)
    assert found["school_share"].isna().all()


def test_the_table_of_certainty_counts_every_home_once(results: Results) -> None:
    table = results.certainty[(results.certainty["tier"] == "school") & (results.certainty["basis"] == "all")]
    whole = table[table["subdistrict"] == "district"]
    assert whole["homes"].sum() == len(results.homes)
    assert whole["people"].sum() == pytest.approx(results.homes["people"].sum())
    parts = table[table["subdistrict"] != "district"].groupby("class")["homes"].sum()
    assert parts.to_dict() == whole.set_index("class")["homes"].to_dict()


def test_the_classes_of_the_communities_add_up_to_those_of_the_district(results: Results) -> None:
    assert results.assessment is not None
    communities, whole = results.assessment.communities, results.certainty
    whole = whole[whole["subdistrict"] == "district"].set_index(["tier", "basis", "class"])
    for (tier, basis, name), row in whole.iterrows():
        column = communities[f"people_{tier}_{basis}_{name}"]
        assert column.isna().all() if row["unknown"] else column.sum() == pytest.approx(row["people"])
    for tier in ("school", "community", "base"):
        parts = communities[[f"people_{tier}_all_{name}" for name in CLASSES]].sum(axis=1)
        assert parts.to_numpy() == pytest.approx(communities["people"].to_numpy())


def test_a_variant_survives_its_file(tmp_path: Path) -> None:
    path = tmp_path / "night.toml"
    path.write_text('paid = true\nat = "2026-11-22T23:00"\nclosed = ["way/1"]\npace = 0.9\n', "utf-8")
    found = read_variant(path)
    assert found == Variant(paid=True, at="2026-11-22T23:00", closed=("way/1",), pace=0.9)
    assert parse_variant(variant_values(found), "manifest.json") == found
    assert variant_values(Variant()) == {}


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('at = "tonight"', "at"),
        ('day = "1 September"', "day"),
        ("pace = -1", "pace"),
        ("pace = nan", "pace"),
        ("lifts = true", "lifts"),
        ("closed = 5", "closed"),
        ("paid", "TOML"),
    ],
)
def test_a_wrong_variant_is_refused_with_file_and_key(tmp_path: Path, text: str, where: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError, match=rf"wrong\.toml.*{where}|{where}.*wrong\.toml"):
        read_variant(path)
