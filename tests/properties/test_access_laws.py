"""Access of random towns on a slope: what it holds is the plain table of all times, and more never covers fewer."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import dijkstra

from servicecircle import reach
from servicecircle.choices import choices_table
from servicecircle.coverage import BASES, DISTRICT, Access, coverage_table, home_access
from servicecircle.crs import WGS84
from servicecircle.ingest.study import read_study
from servicecircle.ingest.walkable import load_rules
from servicecircle.model import Tier, Variant
from servicecircle.scene import Scene, access_in, measure_access, open_scene, searches
from servicecircle.streets import Streets, build_streets
from tests.sketch import PARAMETERS, plane, small_pieces
from tests.town import Place, Town, lonlat

LIMITS = settings(max_examples=10, deadline=None)
SIDE_M = 1500.0
CATEGORIES = ("patriotic",)
MODELS = ("a", "b")
NAMES = {"1": "西城街道", "2": "东城街道"}
CUTOFFS_S, RADIUS_M = (300.0, 600.0, 900.0), PARAMETERS.coverage.radius_m
HORIZON_S = PARAMETERS.coverage.horizon_s

seeds = st.integers(0, 10_000)


@cache
def hillside() -> Streets:
    """Read a town on a slope: up is not down."""
    town = Town(blocks=15, places=[Place("S1", "school", 0, 0), Place("B1", "base", 0, 0, category="patriotic")])
    with tempfile.TemporaryDirectory() as folder:
        study = read_study(town.write(Path(folder)))
    return build_streets(
        replace(study, terrain=plane(east=0.12, north=0.2)), small_pieces(PARAMETERS), load_rules(), Variant()
    )


class Drawn(NamedTuple):
    """A town with places and homes anywhere."""

    scene: Scene
    homes: gpd.GeoDataFrame


def draw(seed: int, places: int = 9, homes: int = 30, *, gated: bool = True) -> Drawn:
    """Draw places of any tier, status and confidence, some of them with a second gate, and homes with people."""
    streets = hillside()
    wild = np.random.default_rng(seed)
    kinds = streets.study.facilities.set_index("tier").assign(tier=lambda t: t.index)
    rows = kinds.loc[wild.choice(["school", "base"], places)].reset_index(drop=True)
    at = [lonlat(*p) for p in wild.uniform(0, SIDE_M, (places, 2))]
    located = wild.random(places) < 0.7
    gates = [f"{x:.7f} {y:.7f}" for x, y in (lonlat(*p) for p in wild.uniform(0, SIDE_M, (places, 2)))]
    facilities = rows.assign(
        facility_id=[f"P{k}" for k in range(places)],
        located=located,
        approximate=~located,
        status=wild.choice(["loaded", "candidate"], places),
        entrances=[f"{lon:.7f} {lat:.7f};{gate}" if gated and k % 3 == 0 else None for k, ((lon, lat), gate) in
                   enumerate(zip(at, gates, strict=True))],
    )  # fmt: skip
    table = gpd.GeoDataFrame(facilities, geometry=shapely.points(at), crs=WGS84)
    people = wild.uniform(0, 50, (len(MODELS), homes))
    columns = {"demand_id": [f"h{k}" for k in range(homes)], "subdistrict": wild.choice(list(NAMES), homes)}
    columns["people"] = people.mean(axis=0)
    columns |= {f"people_{model}": row for model, row in zip(MODELS, people, strict=True)}
    xy = wild.uniform(0, SIDE_M, (homes, 2))
    points = gpd.GeoDataFrame(columns, geometry=shapely.points([lonlat(*p) for p in xy]), crs=WGS84)
    study = replace(streets.study, facilities=table)
    return Drawn(open_scene(replace(streets, study=study), points, Variant()), points)


def plain_times(scene: Scene, variant: Variant) -> tuple[np.ndarray, np.ndarray]:
    """Seconds from every home to every place and back, by scipy's search from each single door."""
    attached, doors = scene.priced(variant), scene.doors
    block = dijkstra(attached.graph.forward, indices=attached.node)[:, attached.node]
    block += attached.access_s[:, None] + attached.access_s[None, :]
    there, back = (np.full((len(doors.place), len(doors.home)), np.inf) for _ in range(2))
    for door, owner in enumerate(attached.owner):
        if owner < len(doors.place):
            there[owner] = np.minimum(there[owner], block[doors.home, door])
            back[owner] = np.minimum(back[owner], block[door, doors.home])
    return there, back


@LIMITS
@given(seeds)
def test_access_is_the_plain_table_of_all_times_as_far_as_it_goes(seed: int) -> None:
    scene, homes = draw(seed)
    access = access_in(scene, Variant())
    n, last = len(homes), max(CUTOFFS_S)
    there, back = plain_times(scene, Variant())
    level, _ = plain_times(scene, scene.level(Variant()))
    place_xy, home_xy = scene.xy()
    metres = np.hypot(*(place_xy[:, None, :] - home_xy[None, :, :]).transpose(2, 0, 1))
    for measure, block, limit in (("walk", there, last), ("level", level, last), ("radius", metres, RADIUS_M)):
        assert access.pairs[measure].dense(n) == pytest.approx(np.where(block <= limit, block, np.inf))
        for tier in Tier:
            for basis in BASES:
                rows = access.rows(tier, basis)
                near = access.nearest(tier, basis, measure)
                assert near.apart == pytest.approx(block[rows].min(axis=0, initial=np.inf))
                if rows.any():
                    assert rows[near.at].all()
                    assert block[near.at, np.arange(n)] == pytest.approx(near.apart)
                    if (measure, basis) == ("walk", "all"):
                        assert access.back_s[tier] == pytest.approx(back[near.at, np.arange(n)])
                else:
                    assert (near.at == -1).all()


@LIMITS
@given(seeds)
def test_the_table_of_homes_is_counted_from_the_plain_table(seed: int) -> None:
    scene, _ = draw(seed)
    table, places = home_access(access_in(scene, Variant())), scene.places
    there, back = plain_times(scene, Variant())
    expected: dict[str, np.ndarray] = {}
    for tier in Tier:
        rows = (places["tier"] == tier).to_numpy()
        for cutoff in CUTOFFS_S:
            expected[f"n_{tier}_{cutoff:g}"] = (there[rows] <= cutoff).sum(axis=0)
        if not rows.any():
            assert table[[f"nearest_{tier}_s", f"nearest_{tier}_id", f"nearest_{tier}_back_s"]].isna().all(axis=None)
            continue
        at = np.flatnonzero(rows)[there[rows].argmin(axis=0)]
        expected[f"nearest_{tier}_s"] = there[rows].min(axis=0)
        expected[f"nearest_{tier}_back_s"] = back[at, np.arange(len(at))]
        assert table[f"nearest_{tier}_id"].tolist() == places["facility_id"].iloc[at].tolist()
    of_category = (places["category"] == CATEGORIES[0]).to_numpy()
    nearest = there[of_category].min(axis=0, initial=np.inf)
    for cutoff in CUTOFFS_S:
        expected[f"n_categories_{cutoff:g}"] = (nearest <= cutoff).astype(int)
    expected["nearest_patriotic_s"] = np.where(np.isfinite(nearest), nearest, np.nan)
    for column, values in expected.items():
        assert table[column].to_numpy(dtype=float) == pytest.approx(values, nan_ok=True), column


@LIMITS
@given(seeds, st.sampled_from([0.0, 0.9]))
def test_the_way_back_is_found_however_far_it_is_looked_for_at_first(seed: int, longer: float) -> None:
    scene, _ = draw(seed)
    usual = access_in(scene, Variant())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reach, "_LONGER", (longer, 2 * longer))
        short = access_in(scene, Variant())
    for tier in Tier:
        assert np.array_equal(usual.back_s[tier], short.back_s[tier])


def coverage(access: Access, homes: gpd.GeoDataFrame) -> pd.DataFrame:
    return coverage_table(access, homes, MODELS, NAMES, CUTOFFS_S, (900.0, RADIUS_M))


def test_measures_of_the_same_prices_are_searched_once_and_of_others_each() -> None:
    scene = draw(3).scene
    hilly, flat, again = (scene.priced(v) for v in (Variant(), scene.level(Variant()), scene.level(Variant())))
    assert flat.same_as(again)
    assert not flat.same_as(hilly)
    alike, other = (measure_access(scene, {"walk": walk, "level": flat}) for walk in (again, hilly))
    assert alike.pairs["level"] is alike.pairs["walk"]
    for tier in Tier:
        for basis in BASES:
            there, level = other.nearest(tier, basis, "walk"), other.nearest(tier, basis, "level")
            assert np.array_equal(there.apart, level.apart) is not other.rows(tier, basis).any()
            np.testing.assert_array_equal(level.apart, alike.nearest(tier, basis, "level").apart)
            np.testing.assert_array_equal(level.at, alike.nearest(tier, basis, "walk").at)
    asked = [searches(scene, {"walk": walk, "level": flat}) for walk in (again, hilly)]
    assert [found["walk"] is found["level"] for found in asked] == [True, False]


@LIMITS
@given(seeds)
def test_another_place_covers_nobody_less(seed: int) -> None:
    scene, homes = draw(seed)
    with_all, without = (access_in(scene, Variant(without=gone)) for gone in ((), ("P0", "P3")))
    more, fewer = coverage(with_all, homes), coverage(without, homes)
    for column in ("homes_covered", "covered_low", "covered", "covered_high"):
        assert (more[column] >= fewer[column]).all()
    more, fewer = (choices_table(access, homes, MODELS, NAMES, 900.0) for access in (with_all, without))
    assert (more["homes_none"] <= fewer["homes_none"]).all()
    assert (more["homes_more"] >= fewer["homes_more"]).all()


@LIMITS
@given(seeds)
def test_a_longer_walk_covers_nobody_less_and_a_straight_line_nobody_less_than_level_streets(seed: int) -> None:
    scene, homes = draw(seed, gated=False)
    access = access_in(scene, Variant())
    table = coverage(access, homes)
    for _, group in table[table["measure"] != "radius"].groupby(["subdistrict", "tier", "basis", "measure"]):
        for column in ("homes_covered", "covered_low", "covered", "covered_high"):
            assert group.sort_values("cutoff_s")[column].is_monotonic_increasing
    # nobody walks farther in a straight line than along level streets; the plane is off by a ten thousandth
    pace = scene.streets.profile.flat_mps
    for tier in Tier:
        straight, level = (access.nearest(tier, "all", measure).apart for measure in ("radius", "level"))
        if access.rows(tier, "all").any():
            assert (straight <= level * pace * 1.001).all()
            assert (access.nearest(tier, "all", "walk").apart >= level - 1e-6).all()


@LIMITS
@given(seeds)
def test_people_are_counted_once(seed: int) -> None:
    scene, homes = draw(seed)
    access = access_in(scene, Variant())
    table, choices = coverage(access, homes), choices_table(access, homes, MODELS, NAMES, 900.0)
    keys = ["tier", "basis"]
    for column in ("homes", "homes_covered", "people", "covered"):
        whole = table[table["subdistrict"] == DISTRICT].set_index([*keys, "measure", "cutoff_s"])[column]
        parts = table[table["subdistrict"] != DISTRICT].groupby([*keys, "measure", "cutoff_s"])[column].sum()
        assert parts.reindex(whole.index).to_numpy() == pytest.approx(whole.to_numpy())
    walk = table[(table["measure"] == "walk") & (table["cutoff_s"] == 900)].set_index(["subdistrict", *keys])
    chosen = choices.set_index(["subdistrict", *keys]).reindex(walk.index)
    assert (chosen[["homes_one", "homes_more"]].sum(axis=1) == walk["homes_covered"]).all()
    assert chosen[["homes_none", "homes_one", "homes_more"]].sum(axis=1).tolist() == walk["homes"].tolist()
    one_or_more = chosen["people_one"] + chosen["people_more"]
    assert one_or_more.to_numpy() == pytest.approx(walk["covered"].to_numpy())
    assert (one_or_more + chosen["people_none"]).to_numpy() == pytest.approx(walk["people"].to_numpy())
