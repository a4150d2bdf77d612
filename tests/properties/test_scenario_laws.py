"""Laws of scenarios on a town on a slope: more never covers fewer, what is taken back leaves no trace."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from servicecircle.coverage import BASES, Access
from servicecircle.crs import WGS84
from servicecircle.ingest.study import read_study
from servicecircle.ingest.variant_places import with_places
from servicecircle.ingest.walkable import load_rules
from servicecircle.model import Direction, NewLink, PlaceChange, Study, Tier, Variant
from servicecircle.prices import edge_seconds
from servicecircle.reach import node_times
from servicecircle.scenarios_links import LINK_KINDS
from servicecircle.scene import Scene, access_in, open_scene
from servicecircle.streets import Streets, build_streets, vary
from tests.sketch import PARAMETERS, plane, small_pieces
from tests.town import Place, Town, lonlat

LIMITS = settings(max_examples=8, deadline=None)
BLOCKS = 9
SIDE_M = BLOCKS * 100.0
SMALL = small_pieces(PARAMETERS)
RULES = load_rules()
ROUNDING_S = 1e-9
SHORT = SMALL.model_copy(update={"coverage": SMALL.coverage.model_copy(update={"cutoff_s": 300.0})})

metres = st.integers(1, int(SIDE_M) - 1).map(float)
points = st.tuples(metres, metres)
apart = st.tuples(points, points).filter(lambda ends: np.hypot(*np.subtract(*ends)) > 160)


@cache
def hillside() -> Study:
    """Read a town on a slope: up is not down."""
    town = Town(blocks=BLOCKS, places=[Place("S1", "school", 0, 0), Place("C1", "community", SIDE_M, 300)])
    with tempfile.TemporaryDirectory() as folder:
        study = read_study(town.write(Path(folder)))
    return replace(study, terrain=plane(east=0.12, north=0.2))


@cache
def homes() -> gpd.GeoDataFrame:
    """Put homes anywhere."""
    at = np.random.default_rng(1).uniform(0, SIDE_M, (60, 2))
    table = pd.DataFrame({"demand_id": [f"h{k}" for k in range(60)], "subdistrict": "1", "people": 10.0})
    return gpd.GeoDataFrame(table, geometry=shapely.points([lonlat(*p) for p in at]), crs=WGS84)


@cache
def mapped() -> Streets:
    """Level the town once."""
    return build_streets(hillside(), SHORT, RULES)


def streets_in(variant: Variant) -> Streets:
    return vary(mapped(), with_places(hillside(), variant), variant)


def scene_in(variant: Variant) -> Scene:
    streets = streets_in(variant)
    return open_scene(streets, homes(), streets.variant)


def access_of(variant: Variant) -> Access:
    scene = scene_in(variant)
    return access_in(scene, scene.streets.variant)


@cache
def today() -> Access:
    return access_of(Variant())


def seconds(access: Access) -> np.ndarray:
    found = [access.nearest(tier, basis, m).apart for tier in Tier for basis in BASES for m in ("walk", "level")]
    return np.stack(found)


def same(one: Access, other: Access) -> None:
    assert np.array_equal(seconds(one), seconds(other))
    for measure in ("walk", "level", "radius"):
        for part in ("start", "target", "apart"):
            assert np.array_equal(getattr(one.pairs[measure], part), getattr(other.pairs[measure], part))
    assert all(np.array_equal(one.back_s[tier], other.back_s[tier]) for tier in Tier)


def link(kind: str, ends: tuple[tuple[float, float], tuple[float, float]], direction: str = "both") -> NewLink:
    return NewLink("L1", kind, lonlat(*ends[0]), lonlat(*ends[1]), direction=direction)


@LIMITS
@given(st.sampled_from(LINK_KINDS), apart, st.sampled_from(["both", "up", "down"]))
def test_a_new_link_makes_nobodys_walk_longer(
    kind: str, ends: tuple[tuple[float, float], tuple[float, float]], direction: str
) -> None:
    after = access_of(Variant(links=(link(kind, ends, direction),)))
    assert (seconds(after) <= seconds(today())).all()  # to the last bit: no street is split, none is levelled anew
    for tier in Tier:
        assert (after.back_s[tier][np.isfinite(today().back_s[tier])] < np.inf).all()
        assert (after.count(tier, "all", 300.0) >= today().count(tier, "all", 300.0)).all()


@LIMITS
@given(points, st.sampled_from(["school", "community", "base"]))
def test_a_new_place_makes_nobodys_walk_longer(at: tuple[float, float], kind: str) -> None:
    lon, lat = lonlat(*at)
    cells = {"kind": kind, "name": "新点", "lon": repr(lon), "lat": repr(lat)}
    cells |= {"category": "patriotic"} if kind == "base" else {}
    after = access_of(Variant(places=(PlaceChange("N1", new=True, cells=tuple(sorted(cells.items()))),)))
    assert (seconds(after) <= seconds(today()) + ROUNDING_S).all()  # its door splits a street: the parts add up to it
    assert len(after.facilities) == len(today().facilities) + 1


@LIMITS
@given(st.integers(1, BLOCKS), st.integers(100, 100 + BLOCKS))
def test_closed_streets_make_no_walk_shorter_and_opened_again_all_is_as_it_was(row: int, column: int) -> None:
    names = (f"way/{row}", f"way/{column}")
    scene = scene_in(Variant())
    shut = access_in(scene, Variant(closed=names))
    assert (seconds(shut) >= seconds(today())).all()
    same(access_in(scene, Variant(opened=names)), today())


@LIMITS
@given(st.sampled_from(LINK_KINDS), apart)
def test_a_new_link_that_is_closed_changes_nothing(
    kind: str, ends: tuple[tuple[float, float], tuple[float, float]]
) -> None:
    """But a rounding: the stretches between the points it hangs on add up to the street."""
    scene = scene_in(Variant(links=(link(kind, ends),)))
    shut = access_in(scene, replace(scene.streets.variant, closed=("L1",)))
    assert seconds(shut) == pytest.approx(seconds(today()), abs=ROUNDING_S)


@LIMITS
@given(apart)
def test_a_link_takes_the_time_of_its_own_way_at_most(ends: tuple[tuple[float, float], tuple[float, float]]) -> None:
    """From one end of a lift of thirty seconds to the other, on the streets and not beside them."""
    lift = replace(link("lift", ends), wait_s=10.0, ride_s=20.0)
    streets = streets_in(Variant(links=(lift,)))
    hung = streets.network.hung
    assert hung is not None
    scene = open_scene(streets, homes(), streets.variant)
    priced = scene.priced(streets.variant)
    found = node_times(priced, np.array([0]), 9_999.0, Direction.FROM)
    nodes, times = found.of(0)
    at = dict(zip(nodes.tolist(), times.tolist(), strict=True))
    one, other = at[hung.first_node], at[hung.first_node + 1]
    assert abs(one - other) <= 30.0 + 1e-9


def test_a_link_leaves_the_mapped_network_alone() -> None:
    plain = streets_in(Variant())
    more = streets_in(Variant(links=(link("stairs", ((50.0, 0.0), (50.0, 100.0))),)))
    mapped = more.network.mapped
    pd.testing.assert_frame_equal(mapped.edges, plain.network.edges)
    for name in ("tail", "head", "node_xy", "vertex_xy", "vertex_start", "vertex_along_m"):
        assert np.array_equal(getattr(mapped, name), getattr(plain.network, name))
    assert more.network.n_edges == plain.network.n_edges + 1
    n = plain.network.n_edges
    assert np.array_equal(edge_seconds(more.network, SHORT).forward_s[:n], plain.prices.forward_s)


def test_doors_stay_where_they_are_beside_a_new_link() -> None:
    """A home next to a new path does not move onto it."""
    plain, more = scene_in(Variant()), scene_in(Variant(links=(link("path", ((450.0, 0.0), (450.0, 900.0))),)))
    assert np.array_equal(plain.doors.snapped.edge, more.doors.snapped.edge)
    assert np.array_equal(plain.doors.snapped.share, more.doors.snapped.share)


def test_a_link_climbs_from_street_to_street() -> None:
    streets = streets_in(Variant(links=(link("stairs", ((50.0, 100.0), (50.0, 300.0))),)))
    network = streets.network
    edge = network.edges.iloc[-1]
    at = {name: k for k, name in enumerate(network.node_id.tolist())}
    side = BLOCKS + 1
    low, high = (network.heights.node_m[[at[1 + j * side], at[2 + j * side]]].mean() for j in (1, 3))
    assert edge["rise_m"] == pytest.approx(high - low, abs=0.01)
    assert edge["rise_m"] > 1
    assert edge["length_m"] == pytest.approx(200.0, abs=0.5)
    assert edge["kind"] == "stairs"
    up, down = streets.prices.forward_s[-1], streets.prices.backward_s[-1]
    assert up > down > 0
