"""Circles of the real district never contradict the times they are drawn from."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pytest
import shapely

from servicecircle.arrays import Bools, Floats, Ints
from servicecircle.crs import to_metric
from servicecircle.doors import open_doors
from servicecircle.entrances import find_entrances
from servicecircle.graph import Reached
from servicecircle.isochrone import Circles, Drawer, Starts, merge_reached, shared_spots
from servicecircle.model import Direction
from servicecircle.pipeline import Results, Streets
from servicecircle.reach import attach, node_times
from servicecircle.reached_streets import reached_streets
from servicecircle.snapping import Snapper
from servicecircle.tessellation import Tessellation, build_tessellation
from tests.exact import EdgePoints, edge_points, exact_seconds

CUTOFFS = (300.0, 600.0, 900.0)


@dataclass(frozen=True)
class Drawn:
    """Circles of places spread over the district, and the seconds that scipy's own search finds."""

    streets: Streets
    direction: Direction
    circles: Circles
    reached: Reached
    starts: Starts
    node_s: Floats
    points: EdgePoints
    point_s: Floats


@pytest.fixture(scope="module")
def mesh(streets: Streets) -> Tessellation:
    return build_tessellation(streets.network, streets.water, streets.parameters.circles)


@pytest.fixture(scope="module", params=[Direction.FROM, Direction.TO])
def drawn(request: pytest.FixtureRequest, streets: Streets, mesh: Tessellation) -> Drawn:
    network, parameters = streets.network, streets.parameters
    facilities = streets.study.facilities
    placed = facilities[facilities["located"] | facilities["approximate"]].iloc[::4].head(60)
    snapped = Snapper(network, streets.prices, parameters.snap).snap(
        shapely.get_coordinates(placed.geometry.to_numpy())
    )
    attached = attach(network, streets.prices, snapped, streets.profile)
    every = np.arange(len(snapped))
    starts = Starts.of(snapped, attached, every)
    reached = node_times(attached, every, max(CUTOFFS), request.param)
    drawer = Drawer(network, mesh, streets.prices, request.param, parameters, streets.profile)
    points = edge_points(network, 5.0)
    node_s, point_s = exact_seconds(network, streets.prices, attached, snapped, points, request.param)
    circles = drawer.draw(reached, starts, CUTOFFS)
    return Drawn(streets, request.param, circles, reached, starts, node_s, points, point_s)


def shares(drawn: Drawn, xy: Floats, seconds: Floats, counted: Bools) -> tuple[float, float]:
    """Precision and recall of every circle together."""
    both = inside = reached = 0
    for areas, row in zip(drawn.circles.area, seconds, strict=True):
        for area, cutoff in zip(areas, CUTOFFS, strict=True):
            within, truth = shapely.contains_xy(area, *xy.T) & counted, (row <= cutoff) & counted
            both += int((within & truth).sum())
            inside += int(within.sum())
            reached += int(truth.sum())
    assert reached > 10_000
    return both / inside, both / reached


def test_nodes_inside_are_exactly_the_nodes_reached(drawn: Drawn) -> None:
    network = drawn.streets.network
    counted = np.ones(network.n_nodes, dtype=bool)
    counted[shared_spots(network)] = False
    assert counted.sum() >= network.n_nodes - 16
    assert shares(drawn, network.node_xy, drawn.node_s, counted) == (1.0, 1.0)


def test_streets_inside_are_the_streets_reached(drawn: Drawn) -> None:
    """Every 5 m of every street, those under and over other streets too."""
    precision, recall = shares(drawn, drawn.points.xy, drawn.point_s, np.ones(len(drawn.points.xy), dtype=bool))
    assert precision >= 0.998
    assert recall >= 0.9999


def test_circles_are_valid_and_nested_and_keep_their_holes(drawn: Drawn) -> None:
    area = drawn.circles.area
    assert shapely.is_valid(area).all()
    np.testing.assert_allclose(shapely.area(area), drawn.circles.area_m2, rtol=1e-9)
    holes = shapely.get_num_interior_rings(shapely.get_parts(area[:, -1])).sum()
    assert holes > 5 * len(area)
    for small, large in itertools.pairwise(area.T):
        # outlines that coincide part by less than a rounding
        assert shapely.area(shapely.difference(small, large)).max() < 1e-3


def test_circles_reach_no_farther_off_a_walked_street_than_they_may(drawn: Drawn) -> None:
    streets = drawn.streets
    beyond = streets.parameters.circles.beyond_street_m
    for group in range(0, len(drawn.circles.area), 6):
        for k, cutoff in enumerate(CUTOFFS):
            lines = reached_streets(
                streets.network, streets.prices, drawn.direction, drawn.reached, drawn.starts, group, cutoff
            )
            far = shapely.difference(drawn.circles.area[group, k], shapely.buffer(lines, beyond + 0.1, quad_segs=32))
            assert far.area < 1.0


def test_circles_keep_off_the_water(drawn: Drawn) -> None:
    network, water = drawn.streets.network, drawn.streets.water
    owner = np.repeat(np.arange(network.n_edges), np.diff(network.vertex_start))
    lines = np.asarray(shapely.linestrings(network.vertex_xy, indices=owner))
    over = lines[shapely.intersects(lines, water)]
    deep = shapely.difference(water, shapely.union_all(shapely.buffer(over, 6.0)))
    wet = shapely.area(shapely.intersection(drawn.circles.area[:, -1], deep))
    assert wet.max() < 1e-3
    assert shapely.distance(drawn.circles.area[:, -1], deep).min() < 1.0  # they come down to it


def test_reached_streets_are_as_long_as_the_circle_says(drawn: Drawn) -> None:
    streets = drawn.streets
    for group in range(0, len(drawn.circles.area), 6):
        for k, cutoff in enumerate(CUTOFFS):
            lines = reached_streets(
                streets.network, streets.prices, drawn.direction, drawn.reached, drawn.starts, group, cutoff
            )
            # geodesic metres along edges, against metres of the plane
            assert lines.length == pytest.approx(drawn.circles.street_m[group, k], rel=2e-3)


def test_the_shed_is_the_area_over_the_circle_of_the_pace(drawn: Drawn) -> None:
    shed, pace = drawn.circles.shed_ratio, drawn.streets.profile.flat_mps
    np.testing.assert_allclose(shed * np.pi * (pace * np.array(CUTOFFS)) ** 2, drawn.circles.area_m2)
    assert (shed > 0).all()
    assert (shed < 1).all()


def test_together_or_alone_a_circle_is_the_same(drawn: Drawn, mesh: Tessellation) -> None:
    streets = drawn.streets
    drawer = Drawer(streets.network, mesh, streets.prices, drawn.direction, streets.parameters, streets.profile)
    one = np.array([7])
    node, seconds = drawn.reached.of(7)
    alone = Reached(np.array([0, len(node)]), node, seconds)
    found = drawer.draw(alone, drawn.starts.take(one), CUTOFFS[::-1])
    assert all(a.equals_exact(b, 0) for a, b in zip(found.area[0], drawn.circles.area[7][::-1], strict=True))
    np.testing.assert_array_equal(found.street_m[0], drawn.circles.street_m[7][::-1])


def test_the_area_of_several_places_holds_the_circle_of_each(drawn: Drawn, mesh: Tessellation) -> None:
    streets = drawn.streets
    drawer = Drawer(streets.network, mesh, streets.prices, drawn.direction, streets.parameters, streets.profile)
    count = len(drawn.starts.edge)
    group: Ints = np.arange(count) // 20
    union = drawer.draw(merge_reached(drawn.reached, group, 3), drawn.starts, CUTOFFS, group)
    assert shapely.is_valid(union.area).all()
    assert (shapely.area(shapely.difference(drawn.circles.area, union.area[group])) < 1e-3).all()
    apart = shapely.area(shapely.union_all(drawn.circles.area[:20, -1]))
    # half way between a street that one reaches and a street that another reaches lies within, too
    assert apart <= union.area_m2[0, -1] + 1e-3 < 1.1 * apart


def test_the_union_of_a_tier_holds_each_of_its_circles(results: Results) -> None:
    crs = results.streets.network.crs
    unions = results.unions.query("tier == 'school' and basis == 'all' and cutoff_s == 600").to_crs(crs)
    schools = results.facilities.query("tier == 'school'")["facility_id"]
    own = results.isochrones[results.isochrones["facility_id"].isin(schools)].query("cutoff_s == 600").to_crs(crs)
    assert len(own) > 40
    assert all(shapely.difference(a, unions.geometry.iloc[0]).area < 1.0 for a in own.geometry)


def test_counts_at_doors_and_circles_tell_one_story(results: Results, mesh: Tessellation) -> None:
    """The street point of a home is inside the area towards schools exactly when it is within 15 minutes."""
    streets = results.streets
    network, parameters = streets.network, streets.parameters
    schools = results.facilities.query("tier == 'school' and (located or approximate)")
    study, snapper = streets.study, streets.snapper()
    placed = study.facilities.set_index("facility_id", drop=False).loc[schools["facility_id"]].reset_index(drop=True)
    entrances = find_entrances(placed, study.entrances, study.area.buildings, snapper.streets, network.crs)
    doors = open_doors(snapper, placed, entrances, results.homes, parameters.snap)
    assert len(doors.owner) == len(doors.place) + len(doors.home), "no school has several doors"
    snapped, attached = doors.snapped, doors.join(network).price(streets.prices, streets.profile)
    every = np.arange(len(schools))
    one = merge_reached(node_times(attached, every, 900.0, Direction.TO), np.zeros_like(every), 1)
    drawer = Drawer(network, mesh, streets.prices, Direction.TO, parameters, streets.profile)
    area = drawer.draw(one, Starts.of(snapped, attached, every), (900.0,), np.zeros_like(every)).area[0, 0]
    foot = to_metric(snapped.lonlat[len(schools) :], network.crs)
    inside = shapely.contains_xy(area, *foot.T)
    at_street = one.dense(attached.graph.n)[0][attached.node[len(schools) :]] <= 900
    assert 500 < at_street.sum() < len(at_street) - 200
    assert (inside == at_street).mean() > 0.995
    counted = (results.homes["nearest_school_s"] <= 900).to_numpy()
    assert not (counted & ~at_street).any()
