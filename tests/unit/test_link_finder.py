"""The link finder against brute force: each pair added to the study and everybody walked again."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from servicecircle.causes import Cause
from servicecircle.coverage import people_of
from servicecircle.crs import to_lonlat
from servicecircle.demand import given_demand
from servicecircle.ingest.walkable import load_rules
from servicecircle.link_candidates import KINDS, Network, draw_candidates, walked_m
from servicecircle.link_finder import DETOUR, MOST_M, Found, _gains, _Homes, find_links, links_json
from servicecircle.model import Direction, Tier, Variant
from servicecircle.near import node_seconds
from servicecircle.reach import nearest_place
from servicecircle.scene import Scene, open_scene
from servicecircle.streets import build_streets, vary
from tests.planted import plant
from tests.sketch import PARAMETERS

TIER = Tier.SCHOOL


@cache
def village() -> tuple[Scene, tuple[str, ...], frozenset[str]]:
    """Return a town with a school, and a village a stone's throw away and a long walk."""
    planted = plant(3, Cause.MISSING_LINK)
    streets = build_streets(planted.study, PARAMETERS, load_rules(), Variant())
    assert planted.study.people is not None
    demand = given_demand(planted.study.area, planted.study.people)
    return open_scene(streets, demand.points, streets.variant), demand.models, planted.village


@cache
def found() -> Found:
    scene, models, _ = village()
    return find_links(scene, TIER, 5, models)


def near(scene: Scene) -> np.ndarray:
    walk = scene.priced(scene.streets.variant)
    horizon = PARAMETERS.coverage.horizon_s
    return nearest_place(walk, scene.places_of(TIER), scene.doors.home, horizon, Direction.TO).apart


def test_the_best_link_brings_the_village_within_reach() -> None:
    scene, _, homes = village()
    best = found().table.iloc[0]
    ids = scene.homes["demand_id"].to_numpy()
    assert set(ids[found().homes[0]]) == set(homes)
    assert best["length_m"] <= MOST_M
    assert best["detour_m"] > DETOUR * best["length_m"]
    assert best["people"] == pytest.approx(scene.homes.set_index("demand_id").loc[sorted(homes), "people"].sum())


def test_a_link_found_is_a_variant_that_does_what_is_said() -> None:
    scene, _, _ = village()
    before = near(scene)
    for row, homes in zip(found().table.to_dict("records"), found().homes, strict=True):
        streets = vary(scene.streets, scene.streets.study, Variant(links=(row["link"],)))
        after = near(open_scene(streets, scene.homes, streets.variant))
        gained = np.flatnonzero((after <= 900) & ~(before <= 900))
        assert np.array_equal(gained, homes)
        assert row["people"] == pytest.approx(scene.homes["people"].to_numpy()[gained].sum())


def test_people_of_any_pair_are_those_of_brute_force() -> None:
    """Pairs drawn at random, and the best of all: both ways, each home once."""
    scene, models, _ = village()
    walk, places = scene.priced(scene.streets.variant), scene.places_of(TIER)
    before = near(scene)
    view = Network.of(scene, walk)
    onward = view.stations.onward(node_seconds(walk, places, 900.0))
    pairs = draw_candidates(view, onward, 900.0, MOST_M)
    home = np.flatnonzero(~(before <= 900))
    people = people_of(scene.homes, models)[0]
    homes = _Homes.of(walk, scene.doors.home[home], people[home], 900.0)
    budgets = 900.0 - pairs.seconds - onward[pairs.end], 900.0 - pairs.back_s - onward[pairs.start]
    gains = _gains(homes, view.stations, pairs, budgets)
    wild = np.random.default_rng(0)
    useful = np.flatnonzero(gains > 0)
    tried = np.r_[wild.choice(useful, 12, replace=False), wild.choice(len(gains), 6), np.argmax(gains)]
    for k in tried.tolist():
        xy = view.stations.xy[[pairs.start[k], pairs.end[k]]]
        link = pairs.link(k, view.stations, scene.streets, to_lonlat(xy, scene.streets.network.crs))
        streets = vary(scene.streets, scene.streets.study, Variant(links=(link,)))
        after = near(replace(scene, streets=streets, joined=scene.doors.join(streets.network)))
        gained = (after <= 900) & ~(before <= 900)
        assert gains[k] == pytest.approx(people[gained].sum()), (k, KINDS[pairs.kind[k]])
        assert np.array_equal(home[homes.gained(view.stations, pairs, budgets, k)], np.flatnonzero(gained))
    listed = found().table["people"].max()
    allowed = useful[~view.built_over(pairs, useful)]
    allowed = allowed[walked_m(view, pairs, allowed, DETOUR * MOST_M) > DETOUR * pairs.length_m[allowed]]
    assert listed == pytest.approx(gains[allowed].max())


def test_the_answer_is_json_with_its_words() -> None:
    scene, _, _ = village()
    told = links_json(found(), scene)
    assert told["tier"] == "school"
    assert set(told) >= {"candidates", "useful", "minutes", "links", "note_zh", "note_en"}
    assert [row["rank"] for row in told["links"]] == list(range(1, len(found().table) + 1))  # type: ignore[attr-defined]
