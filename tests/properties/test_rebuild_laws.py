"""What is computed from a finished study is what a whole computation gives, bit for bit."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servicecircle.coverage import Access, coverage_table
from servicecircle.errors import InputError
from servicecircle.gaps import GapInputs, Gaps, find_gaps
from servicecircle.model import Tier, Variant
from servicecircle.near import every_link_open, near_of
from servicecircle.pipeline import Results, run
from servicecircle.scenarios import rebuild
from servicecircle.scene import measure_access, open_scene
from servicecircle.streets import build_streets
from tests.conftest import Silent
from tests.properties.test_scenario_laws import RULES, SHORT, apart, hillside, link

FULL = SHORT.model_copy(update={"circles": SHORT.circles.model_copy(update={"minutes": (5.0,)})})


def same(one: Access, other: Access) -> None:
    for key, near in one.near.items():
        assert np.array_equal(near.apart, other.near[key].apart), key
        assert np.array_equal(near.at, other.near[key].at), key
    for measure, pairs in one.pairs.items():
        for part in ("start", "target", "apart"):
            assert np.array_equal(getattr(pairs, part), getattr(other.pairs[measure], part)), measure
    for tier in Tier:
        assert np.array_equal(one.back_s[tier], other.back_s[tier])


@cache
def base() -> Results:
    return run(hillside(), FULL, RULES, Variant(), Silent())


def whole(variant: Variant) -> tuple[Access, pd.DataFrame, Gaps]:
    """Go from the streets to the gaps with nothing known but homes and people."""
    streets, demand = build_streets(hillside(), FULL, RULES, variant), base().demand
    scene = open_scene(streets, demand.points, streets.variant)
    variant = streets.variant
    walk, level = scene.priced(variant), scene.priced(scene.level(variant))
    opened = scene.priced(every_link_open(streets.network, variant))
    access = measure_access(scene, {"walk": walk, "level": level, "opened": opened})
    names = {"1": "西城街道", "2": "东城街道"}
    standard = FULL.coverage.cutoff_s, FULL.coverage.radius_m
    coverage = coverage_table(access, demand.points, demand.models, names, (300.0,), standard)
    return access, coverage, find_gaps(GapInputs(scene, walk, opened, near_of(access), demand.models))


def agree(variant: Variant) -> None:
    found, (access, coverage, gaps) = rebuild(base(), variant), whole(variant)
    same(found.access, access)
    pd.testing.assert_frame_equal(found.coverage, coverage, check_exact=True)
    assert found.gaps.table.equals(gaps.table)
    assert found.gaps.missing_links.equals(gaps.missing_links)


@settings(max_examples=2, deadline=None)
@given(st.sampled_from(["path", "lift", "stairs"]), apart)
def test_an_added_link_computed_in_part_is_the_whole(
    kind: str, ends: tuple[tuple[float, float], tuple[float, float]]
) -> None:
    agree(Variant(links=(link(kind, ends),)))


def test_a_closed_street_computed_in_part_is_the_whole() -> None:
    agree(Variant(closed=("way/3",)))


def test_nothing_changed_searches_nothing_and_closed_and_opened_again_is_as_it_was() -> None:
    found = rebuild(base(), Variant())
    assert not len(found.searched)
    same(found.access, base().access)
    shut = rebuild(base(), Variant(closed=("way/3",)))
    assert len(shut.searched)
    same(rebuild(base(), Variant(opened=("way/3",))).access, base().access)


def test_what_changes_more_than_links_is_refused() -> None:
    with pytest.raises(InputError, match="more than links"):
        rebuild(base(), Variant(pace=0.9))
