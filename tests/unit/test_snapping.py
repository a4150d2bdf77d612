"""A door opens on the nearest point of a street that leads somewhere."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
import shapely

from servicecircle.crs import to_metric
from servicecircle.model import Ways
from servicecircle.network import WalkNetwork
from servicecircle.parameters import SnapParameters
from servicecircle.snapping import Snapped, Snapper
from tests.sketch import PARAMETERS, STREET, draw, network, plane, price, register, row
from tests.town import CRS, ORIGIN, lonlat

ANY_PIECE = PARAMETERS.snap.model_copy(update={"min_component_nodes": 1})


def snap(
    net: WalkNetwork, *points: tuple[float, float], profile: str = "adult", snap: SnapParameters = ANY_PIECE
) -> Snapped:
    """Snap points given in metres from the corner of the sketch."""
    return Snapper(net, price(net, profile), snap).snap(np.array([lonlat(*p) for p in points]))


def way_of(net: WalkNetwork, found: Snapped) -> list[int]:
    return [int(way) for way in net.edges["osm_way_id"].to_numpy()[found.edge]]


def jumble(count: int = 60) -> Ways:
    """Crooked streets, chained so that all of them connect."""
    random = np.random.default_rng(7)
    corners = {k: (float(x), float(y)) for k, (x, y) in enumerate(random.uniform(0, 1000, (count, 2)), 1)}
    lines = [(f"{k} {k + 1} {k + 2}", STREET) for k in range(1, count - 1, 2)]
    return draw(corners, *lines)


def test_it_is_the_nearest_point_of_any_street_by_brute_force() -> None:
    net = network(jumble())
    owner = np.repeat(np.arange(net.n_edges), np.diff(net.vertex_start))
    lines = np.asarray(shapely.linestrings(net.vertex_xy, indices=owner))
    points = np.random.default_rng(8).uniform(-100, 1100, (300, 2))
    found = snap(net, *map(tuple, points))
    at = shapely.points(to_metric(np.array([lonlat(*p) for p in points]), CRS))
    block = shapely.distance(lines[:, None], at[None, :])
    assert found.snap_m == pytest.approx(block.min(axis=0), abs=1e-6)
    assert block[found.edge, np.arange(len(points))] == pytest.approx(block.min(axis=0), abs=1e-6)


def test_the_foot_lies_on_its_edge_at_the_share_it_says() -> None:
    net = network(jumble())
    found = snap(net, *map(tuple, np.random.default_rng(9).uniform(0, 1000, (100, 2))))
    owner = np.repeat(np.arange(net.n_edges), np.diff(net.vertex_start))
    lines = np.asarray(shapely.linestrings(net.vertex_xy, indices=owner))[found.edge]
    feet = shapely.points(to_metric(found.lonlat, CRS))
    assert shapely.distance(lines, feet).max() < 1e-6
    # shares are of geodesic length, which is the plane's but for its scale
    assert found.share == pytest.approx(shapely.line_locate_point(lines, feet, normalized=True), abs=1e-6)


def test_the_distance_is_stored_in_metres() -> None:
    net = network(draw(row(0, 100), ("1 2", STREET)))
    found = snap(net, (50, 12), (130, 40), (25, 0))
    assert found.snap_m == pytest.approx([12, 50, 0], abs=0.01)
    assert found.share == pytest.approx([0.5, 1, 0.25], abs=1e-4)


def test_a_place_beyond_the_end_of_a_street_snaps_to_its_end() -> None:
    net = network(draw(row(0, 100, 300), ("1 2", STREET), ("2 3", STREET)))
    found = snap(net, (-50, 0), (400, 10))
    assert found.share.tolist() == [0, 1]


NEAR_AND_FAR = {1: (0.0, 0.0), 2: (100.0, 0.0), 3: (0.0, 40.0), 4: (100.0, 40.0), 5: (-50.0, 20.0), 6: (150.0, 20.0)}


def ladder(tags: str) -> WalkNetwork:
    """Draw a way at y = 0 with these tags, and a street at y = 40, joined at both ends."""
    return network(draw(NEAR_AND_FAR, ("1 2", tags), ("3 4", STREET), ("1 5 3", STREET), ("2 6 4", STREET)))


@pytest.mark.parametrize(
    "tags",
    [
        "highway=residential bridge=yes layer=1",
        "highway=residential tunnel=yes layer=-1",
        "highway=footway footway=crossing",
        "highway=steps conveying=yes",
        "highway=steps conveying=forward",
    ],
)
def test_no_door_opens_on_bridges_tunnels_crossings_and_escalators(tags: str) -> None:
    net = ladder(tags)
    found = snap(net, (60, 5))
    assert way_of(net, found) == [2]
    assert found.snap_m[0] == pytest.approx(35, abs=0.1)


@pytest.mark.parametrize("tags", ["highway=footway", "highway=steps", "highway=residential tunnel=building_passage"])
def test_doors_open_on_streets_paths_stairs_and_passages(tags: str) -> None:
    net = ladder(tags)
    assert way_of(net, snap(net, (60, 5))) == [1]


def test_no_door_opens_on_a_lift() -> None:
    corners = {1: (0.0, 0.0), 2: (50.0, 0.0), 3: (100.0, 0.0)}
    lines = ("1 2", STREET), ("2 3", f"{STREET} layer=1")
    net = network(draw(corners, *lines, nodes={2: "highway=elevator"}))
    assert net.edges["kind"].iloc[snap(net, (50, 1)).edge[0]] == "street"


def test_a_pram_snaps_past_the_stairs_that_an_adult_snaps_to() -> None:
    net = ladder("highway=steps")
    assert way_of(net, snap(net, (60, 5))) == [1]
    assert way_of(net, snap(net, (60, 5), profile="stepfree")) == [2]


def test_no_door_opens_on_a_closed_or_unpaid_way() -> None:
    ways = draw(NEAR_AND_FAR, ("1 2", "highway=footway"), ("3 4", STREET), ("1 5 3", STREET), ("2 6 4", STREET))
    for known in ("way=1 state=closed", "way=1 fee_cny=3 state=in_service"):
        net = network(ways, register(V1=known))
        assert way_of(net, snap(net, (60, 5))) == [2]


def islands() -> WalkNetwork:
    """Two streets of three corners near the door, and one of six farther off, none joined to another."""
    corners = row(0, 50, 100) | {k + 10: (50.0 * k, 60.0) for k in range(6)}
    return network(draw(corners, ("1 2", STREET), ("2 3", STREET), *((f"{k} {k + 1}", STREET) for k in range(10, 15))))


def test_small_islands_are_passed_over() -> None:
    net = islands()
    for least, way in ((1, 2), (3, 2), (4, 4), (6, 4)):
        found = snap(net, (60, 10), snap=PARAMETERS.snap.model_copy(update={"min_component_nodes": least}))
        assert way_of(net, found)[0] in ({1, 2} if way == 2 else {3, 4, 5, 6, 7})


def test_where_every_piece_is_small_the_largest_counts() -> None:
    net = islands()
    found = snap(net, (60, 10), snap=PARAMETERS.snap.model_copy(update={"min_component_nodes": 1000}))
    assert found.snap_m[0] == pytest.approx(50, abs=0.1)
    assert way_of(net, found)[0] >= 3


def test_stairs_that_only_lead_up_to_a_bridge_are_no_piece_of_the_ground() -> None:
    """Near every street in plan and far from it on foot."""
    ground = {k: (50.0 * k, 60.0) for k in range(1, 7)}
    deck = {11: (-400.0, 0.0), 12: (60.0, 0.0), 13: (500.0, 0.0), 14: (60.0, 30.0)}
    bridge = f"{STREET} bridge=yes layer=1"
    streets = [(f"{k} {k + 1}", STREET) for k in range(1, 6)]
    lines = [*streets, ("11 12", bridge), ("12 13", bridge), ("12 14", "highway=steps"), ("13 6", bridge)]
    net = network(draw(ground | deck, *lines))
    found = snap(net, (62, 20), snap=PARAMETERS.snap.model_copy(update={"min_component_nodes": 4}))
    assert net.edges["kind"].iloc[found.edge[0]] == "street"


def test_without_a_network_nothing_is_near() -> None:
    ways = draw(row(0, 100), ("1 2", STREET))
    net = network(type(ways)(ways.nodes.iloc[:0], ways.ways.iloc[:0], ways.refs[:0], ways.offsets[:1], ways.data_date))
    assert np.isinf(snap(net, (0, 0)).snap_m).all()


def test_no_places_snap_to_nothing() -> None:
    net = network(draw(row(0, 100), ("1 2", STREET)))
    found = Snapper(net, price(net), ANY_PIECE).snap(np.zeros((0, 2)))
    assert len(found) == 0


def test_the_hill_does_not_matter_to_snapping() -> None:
    ways = jumble()
    points = [tuple(p) for p in np.random.default_rng(10).uniform(0, 1000, (50, 2))]
    level, steep = (snap(network(ways, terrain=t), *points) for t in (None, plane(east=0.2)))
    assert np.array_equal(level.edge, steep.edge)


STOREYS = {k: (100.0 * (k % 10), 5.0 * (k // 10)) for k in (0, 1, 2, 3, 40, 41, 42, 43)}
"""A deck at y = 0 and the ground at y = 20, joined at the west end."""
STOREYED = (
    ("0 1 2 3", f"{STREET} bridge=yes layer=1 name=deck"),
    ("40 41 42 43", f"{STREET} name=ground"),
    ("40 0", "highway=steps"),
)


def stacked() -> WalkNetwork:
    return network(draw(STOREYS, *STOREYED))


@pytest.mark.parametrize(
    ("layer", "y", "way"),
    [
        (np.nan, 1, 2),  # a deck is nobody's door
        (0, 1, 2),
        (1, 1, 1),
        (1, 19, 1),  # the ground is nearer
        (0, 19, 2),
        (2, 1, 2),  # no such storey: as if unknown
        (1, -59, 1),
        (1, -61, 2),  # beyond reach
    ],
)
def test_a_door_opens_on_its_own_storey(layer: float, y: float, way: int) -> None:
    net = stacked()
    found = Snapper(net, price(net), ANY_PIECE).snap(np.array([lonlat(150, y)]), layer=np.array([layer]))
    assert way_of(net, found) == [way]


def test_a_storey_that_leads_nowhere_is_passed_over() -> None:
    deck, ground, stairs = STOREYED
    few = PARAMETERS.snap.model_copy(update={"min_component_nodes": 3})
    for lines, way in (((deck, ground, ("40 41", STREET), ("41 43", STREET)), 2), ((deck, ground, stairs), 1)):
        net = network(draw(STOREYS, *lines))
        found = Snapper(net, price(net), few).snap(np.array([lonlat(150, 1)]), layer=np.array([1.0]))
        assert way_of(net, found) == [way]


def at_heights(net: WalkNetwork, height: Callable[[np.ndarray], np.ndarray]) -> WalkNetwork:
    """Put every vertex at a height that its metres from the first corner's origin decide."""
    heights = dataclasses.replace(net.heights, vertex_m=height(net.vertex_xy - ORIGIN))
    return dataclasses.replace(net, heights=heights)


TERRACES = {1: (0.0, 0.0), 2: (100.0, 0.0), 3: (0.0, 40.0), 4: (100.0, 40.0)}


def terraces() -> WalkNetwork:
    """Two streets 40 m apart in plan, the northern one 20 m higher."""
    ways = draw(TERRACES, ("1 2", f"{STREET} name=low"), ("3 4", f"{STREET} name=high"), ("1 3", "highway=steps"))
    return at_heights(network(ways), lambda xy: 200.0 + 0.5 * xy[:, 1])


@pytest.mark.parametrize(
    ("y", "ground_m", "way", "height_m"),
    [
        (15, 200, 1, 0),  # stands on the lower street's level
        (15, 220, 2, 0),  # 15 m from the lower street, but on the upper one's level
        (15, 208, 1, -8),  # within what the terrain can tell
        (4, 215, 1, -15),  # 4 m off: 32 m farther would be no slight detour
        (15, np.nan, 1, np.nan),
        (-200, 220, 1, -20),  # the upper street is farther than anything that competes
    ],
)
def test_a_street_far_above_or_below_loses_against_one_slightly_farther(
    y: float, ground_m: float, way: int, height_m: float
) -> None:
    net = terraces()
    snapper = Snapper(net, price(net), ANY_PIECE, relief=lambda lonlat: np.full(len(lonlat), ground_m))
    found = snapper.snap(np.array([lonlat(50, y)]))
    assert way_of(net, found) == [way]
    assert found.snap_height_m == pytest.approx([height_m], abs=0.2, nan_ok=True)


def test_without_relief_no_height_counts() -> None:
    net = terraces()
    found = snap(net, (50, 15))
    assert way_of(net, found) == [1]
    assert np.isnan(found.snap_height_m).all()


def test_of_all_segments_it_takes_the_one_of_least_cost_by_brute_force() -> None:
    net = at_heights(network(jumble()), lambda xy: 300.0 + 0.3 * xy[:, 0] - 0.2 * xy[:, 1])
    wild = np.random.default_rng(3)
    points = wild.uniform(0, 1000, (300, 2))
    ground = 300 + 0.3 * points[:, 0] - 0.2 * points[:, 1] + wild.normal(0, 15, 300)
    given = ANY_PIECE.model_copy(update={"height_cost": 3.0})
    places = np.array([lonlat(*p) for p in points])
    found = Snapper(net, price(net), given, relief=lambda _: ground).snap(places)
    owner = np.repeat(np.arange(net.n_edges), np.diff(net.vertex_start))
    at, cost = shapely.points(to_metric(places, CRS)), np.full((300, 0), np.inf)
    metres = np.full((300, 0), np.inf)
    for k in np.flatnonzero(owner[:-1] == owner[1:]):
        line = shapely.LineString(net.vertex_xy[k : k + 2])
        away = shapely.distance(line, at)
        share = shapely.line_locate_point(line, at, normalized=True)
        low, high = net.heights.vertex_m[k : k + 2]
        beyond = np.maximum(np.abs(low + share * (high - low) - ground) - given.flag_height_m, 0)
        metres, cost = np.column_stack([metres, away]), np.column_stack([cost, away + 3.0 * beyond])
    nearest = metres.argmin(axis=1)
    competes = metres <= np.maximum(metres.min(axis=1), given.storey_reach_m)[:, None]
    best = np.where(competes, cost, np.inf).argmin(axis=1)
    assert 50 < (best != nearest).sum() < 250
    assert found.snap_m == pytest.approx(metres[np.arange(300), best], abs=1e-6)


def test_a_street_of_the_address_wins_within_its_reach() -> None:
    net = network(draw(TERRACES, ("1 2", f"{STREET} name=front"), ("3 4", f"{STREET} name=back"), ("1 3", STREET)))
    at = np.array([lonlat(50, y) for y in (35, 35, 35, 35, 101)])
    streets = np.array(["front", "back", None, "elsewhere", "front"], dtype=object)
    snapper = Snapper(net, price(net), ANY_PIECE)
    found = snapper.snap(at, street=streets)
    assert snapper.names(found.edge).tolist() == ["front", "back", "back", "back", "back"]
    assert found.snap_m == pytest.approx([35, 5, 5, 5, 61], abs=0.05)
    assert sorted(snapper.streets) == ["back", "front"]


def test_of_edges_equally_near_the_first_is_taken() -> None:
    fan = {1: (0.0, 50.0), 2: (100.0, 0.0), 3: (200.0, 50.0), 4: (100.0, 100.0)}
    net = network(draw(fan, ("4 2", STREET), ("2 3", STREET), ("1 2", STREET)))
    found = snap(net, (100, -30), (100, -7))
    assert found.edge.tolist() == [0, 0]
    assert found.share.tolist() == [1, 1]
