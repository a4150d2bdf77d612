"""Circles on streets drawn by hand: every number known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely

from servicecircle import isochrone as module
from servicecircle.arrays import Floats
from servicecircle.ingest.parameters import read_parameters
from servicecircle.isochrone import Circle, Drawer, Starts, shared_spots, simpler
from servicecircle.levelling import Plan, level_network
from servicecircle.model import Direction
from servicecircle.network import WalkNetwork
from servicecircle.prices import EdgeSeconds
from servicecircle.reach import attach, node_times
from servicecircle.reached_streets import reached_streets
from servicecircle.snapping import Snapped
from servicecircle.tessellation import build_tessellation

PARAMETERS = read_parameters()
ADULT = PARAMETERS.walker("adult")
BEYOND = PARAMETERS.circles.beyond_street_m


def streets(
    nodes: list[tuple[float, float]], edges: list[tuple[int, int]], layers: list[int] | None = None
) -> WalkNetwork:
    """Straight streets on a plane, as long as they are drawn."""
    xy = np.array(nodes, dtype=np.float64)
    tail, head = np.array(edges, dtype=np.int64).T
    length = np.hypot(*(xy[head] - xy[tail]).T)
    table = pd.DataFrame({"length_m": length, "layer": layers or [0] * len(edges)})
    vertex = np.column_stack([tail, head]).ravel()
    start, metres = 2 * np.arange(len(edges) + 1), np.column_stack([np.zeros(len(edges)), length]).ravel()
    plan = Plan("EPSG:32648", xy, tail, head, table, xy[vertex], xy[vertex], start, metres)
    return WalkNetwork(
        crs="EPSG:32648",
        node_id=np.arange(len(xy)),
        node_lonlat=xy,
        node_xy=xy,
        tail=tail,
        head=head,
        edges=table,
        vertex_lonlat=xy[vertex],
        vertex_xy=xy[vertex],
        vertex_start=start,
        vertex_along_m=metres,
        heights=level_network(plan, None, PARAMETERS.levelling),
    )


def level(network: WalkNetwork) -> EdgeSeconds:
    """Take a second a metre, both ways."""
    length = network.edges["length_m"].to_numpy(dtype=np.float64)
    return EdgeSeconds(length.copy(), length.copy())


def circles(
    network: WalkNetwork,
    edge: int,
    share: float,
    cutoffs: tuple[float, ...],
    prices: EdgeSeconds | None = None,
    direction: Direction = Direction.FROM,
    snap_m: float = 0.0,
    water: shapely.Geometry | None = None,
) -> tuple[list[Circle], list[float]]:
    """Circles of one place, and the metres of the lines that are reached."""
    prices = prices or level(network)
    snapped = Snapped(np.array([edge]), np.array([share]), np.array([snap_m]), np.full(1, np.nan), np.zeros((1, 2)))
    attached = attach(network, prices, snapped, ADULT)
    reached = node_times(attached, np.array([0]), max(cutoffs), direction)
    mesh = build_tessellation(network, water, PARAMETERS.circles)
    starts = Starts.of(snapped, attached, np.array([0]))
    found = Drawer(network, mesh, prices, direction, PARAMETERS, ADULT).draw(reached, starts, cutoffs).of(0)
    return found, [reached_streets(network, prices, direction, reached, starts, 0, c).length for c in cutoffs]


def along(area: shapely.Geometry, *, y: float = 0.0) -> tuple[float, ...]:
    """Where an area begins and ends along an eastward line."""
    cut = shapely.intersection(area, shapely.LineString([(-5000, y), (5000, y)]))
    return shapely.bounds(cut)[[0, 2]].tolist()


ROAD = streets([(0.0, 0.0), (1000.0, 0.0)], [(0, 1)])


@pytest.mark.parametrize("cutoff", [60.0, 123.4, 287.0])
def test_a_street_is_cut_exactly_at_the_cutoff(cutoff: float) -> None:
    (circle,), (metres,) = circles(ROAD, 0, 0.5, (cutoff,))
    assert along(circle.area) == pytest.approx((500 - cutoff, 500 + cutoff), abs=0.03)
    assert circle.street_m == pytest.approx(2 * cutoff)
    assert metres == pytest.approx(2 * cutoff)
    assert circle.area_m2 == pytest.approx(circle.area.area)
    assert circle.shed_ratio == pytest.approx(circle.area_m2 / (np.pi * (ADULT.flat_mps * cutoff) ** 2))
    assert circle.reason is None
    south, north = shapely.bounds(circle.area)[[1, 3]]
    assert 0.8 * BEYOND < north == pytest.approx(-south, abs=1.0)
    assert north <= BEYOND


def test_uphill_is_slower_than_downhill_and_towards_is_from_turned_round() -> None:
    uphill = EdgeSeconds(np.array([2000.0]), np.array([1000.0]))
    (onwards,), _ = circles(ROAD, 0, 0.5, (100.0,), uphill)
    (towards,), _ = circles(ROAD, 0, 0.5, (100.0,), uphill, Direction.TO)
    assert along(onwards.area) == pytest.approx((400, 550), abs=0.03)
    assert along(towards.area) == pytest.approx((450, 600), abs=0.03)
    assert onwards.street_m == pytest.approx(150)


def test_a_street_closed_one_way_is_not_walked_that_way() -> None:
    belt = EdgeSeconds(np.array([np.inf]), np.array([1000.0]))
    for share in (0.5, 0.493):
        (circle,), (metres,) = circles(ROAD, 0, share, (100.0,), belt)
        assert along(circle.area) == pytest.approx((1000 * share - 100, 1000 * share), abs=0.03)
        assert (circle.street_m, metres) == pytest.approx((100, 100))


def test_the_walk_to_the_street_counts() -> None:
    (circle,), _ = circles(ROAD, 0, 0.5, (100.0,), snap_m=60.0)
    assert along(circle.area) == pytest.approx((450, 550), abs=0.03)


BLOCK = [(0.0, 0.0), (400.0, 0.0), (400.0, 400.0), (0.0, 400.0)]


def test_a_block_walked_round_keeps_its_hole_and_one_walked_from_both_ends_its_gap() -> None:
    ring = streets(BLOCK, [(0, 1), (1, 2), (2, 3), (3, 0)])
    (gap, whole), (gap_m, whole_m) = circles(ring, 0, 0.5, (750.0, 850.0))
    assert whole.area.geom_type == "Polygon"
    assert len(whole.area.interiors) == 1
    assert shapely.Polygon(whole.area.interiors[0]).area == pytest.approx((400 - 2 * BEYOND) ** 2, rel=0.06)
    assert (whole.street_m, whole_m) == pytest.approx((1600, 1600))
    # 50 m either side of the middle of the far side are not reached
    assert (gap.street_m, gap_m) == pytest.approx((1500, 1500))
    assert len(gap.area.interiors) == 0
    assert not gap.area.contains(shapely.Point(200, 400))
    assert shapely.difference(gap.area, whole.area).area < 1e-6


def test_the_area_ends_half_way_to_a_street_that_is_not_reached() -> None:
    # two parallel streets 30 m apart that meet 2 km away
    apart = streets(
        [(0.0, 0.0), (1000.0, 0.0), (2000.0, 0.0), (0.0, 30.0), (1000.0, 30.0)], [(0, 1), (1, 2), (3, 4), (4, 2)]
    )
    (circle,), _ = circles(apart, 0, 0.5, (300.0,))
    assert shapely.bounds(circle.area)[3] == pytest.approx(15, abs=0.5)
    assert shapely.bounds(circle.area)[1] < -0.8 * BEYOND


def test_a_bridge_over_a_reached_street_is_not_reached_beyond_the_crossing() -> None:
    """The bridge crosses in plan at 500 and joins nowhere; only what lies under the other's area is shared."""
    over = streets([(0.0, 0.0), (1000.0, 0.0), (500.0, -300.0), (500.0, 300.0)], [(0, 1), (2, 3)], [0, 1])
    (circle,), _ = circles(over, 0, 0.25, (400.0,))
    assert along(circle.area) == pytest.approx((0 - BEYOND, 650), abs=BEYOND)
    bridge = shapely.LineString([(500.0, -300.0), (500.0, 300.0)])
    assert 0 < shapely.intersection(circle.area, bridge).length < 2.0
    assert shapely.intersection(circle.area, shapely.LineString([(250, 0), (640, 0)])).length == pytest.approx(390)


def test_a_node_on_a_street_of_another_storey_stays_apart_from_it() -> None:
    """A tunnel ends in plan on a street that it does not join."""
    tee = streets([(0.0, 0.0), (1000.0, 0.0), (500.0, 0.0), (500.0, 300.0)], [(0, 1), (2, 3)], [0, -1])
    (above,), _ = circles(tee, 0, 0.3, (400.0,))
    (below,), _ = circles(tee, 1, 1.0, (400.0,))
    assert not above.area.contains(shapely.Point(500, 0))
    assert below.area.contains(shapely.Point(500, 0))
    assert shapely.intersection(above.area, shapely.LineString([(200, 0), (650, 0)])).length > 447


def test_nodes_of_two_storeys_on_one_spot_are_counted() -> None:
    lift = streets(
        [(0.0, 0.0), (100.0, 0.0), (100.0, 0.5), (200.0, 0.5), (100.0, 300.0)], [(0, 1), (2, 3), (3, 4)], [0, 1, 1]
    )
    assert shared_spots(lift).tolist() == [1, 2]
    assert shared_spots(lift, 0.4).tolist() == []
    same = streets([(0.0, 0.0), (100.0, 0.0), (100.0, 0.5), (200.0, 0.5)], [(0, 1), (2, 3)])
    assert shared_spots(same).tolist() == []


def test_no_circle_covers_water_and_the_deck_of_a_bridge_stays() -> None:
    river = shapely.box(400, -500, 600, 500)
    (circle,), _ = circles(ROAD, 0, 0.3, (600.0,), water=river)
    deck = shapely.box(400, -6, 600, 6)
    assert shapely.intersection(circle.area, river).difference(deck).area < 1e-6
    assert shapely.intersection(circle.area, deck).area > 0.95 * deck.area
    assert along(circle.area)[1] == pytest.approx(900, abs=0.03)


def alone(n: int) -> WalkNetwork:
    """Lay a lattice of n x n nodes, and a street apart that leads nowhere."""
    lattice = [(100.0 * i, 100.0 * j) for i in range(n) for j in range(n)]
    edges = [(n * i + j, n * i + j + 1) for i in range(n) for j in range(n - 1)]
    edges += [(n * i + j, n * (i + 1) + j) for i in range(n - 1) for j in range(n)]
    return streets([*lattice, (-500.0, 0.0), (-400.0, 0.0)], [*edges, (n * n, n * n + 1)])


def test_a_start_on_a_street_that_leads_nowhere_has_no_area_and_a_reason() -> None:
    network = alone(6)
    (circle,), _ = circles(network, network.n_edges - 1, 0.5, (300.0,))
    assert circle.area.is_empty
    assert (circle.area_m2, circle.street_m) == (0.0, 0.0)
    assert circle.reason is not None
    assert "nowhere" in circle.reason
    (other,), _ = circles(network, 0, 0.5, (300.0,))
    assert other.reason is None
    # where all there is is small, it is all there is
    (small,), _ = circles(ROAD, 0, 0.5, (300.0,))
    assert not small.area.is_empty


def test_a_street_too_far_off_gives_no_area_and_says_so() -> None:
    (near, far), metres = circles(ROAD, 0, 0.5, (100.0, 300.0), snap_m=200.0 * ADULT.flat_mps)
    assert near.area.is_empty
    assert "cutoff" in str(near.reason)
    assert metres[0] == 0
    assert far.street_m == pytest.approx(200)


def test_closed_streets_start_nothing() -> None:
    shut = EdgeSeconds(np.array([np.inf]), np.array([np.inf]))
    (circle,), _ = circles(ROAD, 0, 0.5, (300.0,), shut)
    assert circle.area.is_empty
    assert circle.reason


def test_a_simpler_area_is_within_its_error_and_has_fewer_points() -> None:
    (circle,), _ = circles(alone(6), 0, 0.5, (300.0,))
    rough: shapely.Geometry = simpler(np.array([circle.area], dtype=object), 3.0)[0]
    assert rough.is_valid
    assert shapely.get_num_coordinates(rough) < 0.5 * shapely.get_num_coordinates(circle.area)
    outline: Floats = shapely.get_coordinates(circle.area)
    assert shapely.distance(shapely.points(outline), rough.boundary).max() <= 3.0


def test_room_that_is_too_small_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    network = alone(6)
    whole, _ = circles(network, 3, 0.5, (100.0, 200.0, 300.0))
    monkeypatch.setattr(module, "_ROOM", 16)
    small, _ = circles(network, 3, 0.5, (100.0, 200.0, 300.0))
    assert all(a.area.equals_exact(b.area, 0) for a, b in zip(whole, small, strict=True))
    assert [c.street_m for c in whole] == [c.street_m for c in small]
