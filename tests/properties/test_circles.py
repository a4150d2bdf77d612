"""Circles of the real district never contradict the times they are drawn from."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapely

from servicecircle.crs import to_metric
from servicecircle.doors import open_doors
from servicecircle.entrances import find_entrances
from servicecircle.isochrone import Drawer, Start, node_seconds
from servicecircle.model import Direction
from servicecircle.pipeline import Results, Streets
from servicecircle.reach import attach, node_times
from servicecircle.snapping import Snapper
from servicecircle.tessellation import build_tessellation

CUTOFFS = (300.0, 600.0, 900.0)
OTHER_STOREY_M = 1.0


@pytest.fixture(scope="module", params=[Direction.FROM, Direction.TO])
def drawn(request: pytest.FixtureRequest, streets: Streets) -> list[tuple[np.ndarray, dict[float, object]]]:
    """Seconds at the network's nodes and circles of 60 places spread over the district."""
    network, parameters = streets.network, streets.parameters
    facilities = streets.study.facilities
    placed = facilities[facilities["located"] | facilities["approximate"]].iloc[::4].head(60)
    snapped = Snapper(network, streets.prices, parameters.snap).snap(
        shapely.get_coordinates(placed.geometry.to_numpy())
    )
    attached = attach(network, streets.prices, snapped, streets.profile)
    reached = node_times(attached, np.arange(len(snapped)), max(CUTOFFS), request.param)
    mesh = build_tessellation(network, streets.water, parameters.circles)
    drawer = Drawer(network, mesh, streets.prices, request.param, parameters.circles.beyond_street_m)
    out = []
    for i in range(len(snapped)):
        node_s, start = node_seconds(reached, i, attached), Start.of(snapped, attached, i)
        vertex_s = drawer.vertex_seconds(node_s, start)
        out.append((node_s[: network.n_nodes], {c: drawer.circle(node_s, vertex_s, start, c) for c in CUTOFFS}))
    return out


def test_nodes_inside_are_the_nodes_reached(drawn: list, streets: Streets) -> None:
    xy = streets.network.node_xy
    inside_and_reached = inside = reached = 0
    for node_s, circles in drawn:
        for cutoff, circle in circles.items():
            within, truth = shapely.contains_xy(circle.area, *xy.T), node_s <= cutoff
            inside_and_reached += int((within & truth).sum())
            inside += int(within.sum())
            reached += int(truth.sum())
    assert reached > 10_000
    assert inside_and_reached / inside >= 0.995
    assert inside_and_reached / reached >= 0.995


def test_circles_are_valid_and_nested(drawn: list) -> None:
    for _, circles in drawn:
        areas = [circles[c].area for c in CUTOFFS]
        assert all(a.is_valid for a in areas)
        for small, large in itertools.pairwise(areas):
            assert shapely.difference(small, large).area < 1.0


def test_circles_stay_near_reached_streets_and_off_the_water(drawn: list, streets: Streets) -> None:
    network = streets.network
    owner = np.repeat(np.arange(network.n_edges), np.diff(network.vertex_start))
    lines = np.asarray(shapely.linestrings(network.vertex_xy, indices=owner))
    over = lines[shapely.intersects(lines, streets.water)]
    deep = shapely.difference(streets.water, shapely.union_all(shapely.buffer(over, 6.5)))
    beyond = streets.parameters.circles.beyond_street_m + 10
    for node_s, circles in drawn[::10]:
        area = circles[900.0].area
        touched = (node_s[network.tail] <= 900) | (node_s[network.head] <= 900)
        near = shapely.union_all(shapely.buffer(shapely.simplify(lines[touched], 1.0), beyond + 1.0, quad_segs=4))
        assert shapely.difference(area, near).area < 0.01 * area.area
        assert shapely.intersection(area, deep).area < 1.0


def test_the_union_of_a_tier_holds_each_of_its_circles(results: Results) -> None:
    crs = results.streets.network.crs
    unions = results.unions.query("tier == 'school' and basis == 'all' and cutoff_s == 600").to_crs(crs)
    schools = results.facilities.query("tier == 'school'")["facility_id"]
    own = results.isochrones[results.isochrones["facility_id"].isin(schools)].query("cutoff_s == 600").to_crs(crs)
    assert len(own) > 40
    assert all(shapely.difference(a, unions.geometry.iloc[0]).area < 1.0 for a in own.geometry)


def test_counts_at_doors_and_circles_tell_one_story(results: Results) -> None:
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
    reached = node_times(attached, np.arange(len(schools)), 900.0, Direction.TO)
    mesh = build_tessellation(network, streets.water, parameters.circles)
    drawer = Drawer(network, mesh, streets.prices, Direction.TO, parameters.circles.beyond_street_m)
    least, seconds = np.full(len(mesh.xy), np.inf), np.full(attached.graph.n, np.inf)
    for i in range(len(schools)):
        node_s = node_seconds(reached, i, attached)
        seconds = np.minimum(seconds, node_s)
        least = np.minimum(least, drawer.vertex_seconds(node_s, Start.of(snapped, attached, i)))
    foot = to_metric(snapped.lonlat[len(schools) :], network.crs)
    inside = shapely.contains_xy(drawer.area(least, 900.0), *foot.T)
    at_street = seconds[attached.node[len(schools) :]] <= 900
    assert 500 < at_street.sum() < len(at_street) - 200
    assert (inside == at_street).mean() > 0.995
    counted = (results.homes["nearest_school_s"] <= 900).to_numpy()
    assert not (counted & ~at_street).any()
