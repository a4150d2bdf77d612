"""Ways become edges: what meets, what is kept apart, what costs what, who may pass."""

from __future__ import annotations

import numpy as np
import pytest

from servicecircle.graph import make_graph, path
from servicecircle.network import WalkNetwork, street_lines
from servicecircle.pace import stairs_s, street_s
from servicecircle.prices import EdgeSeconds
from tests.sketch import PARAMETERS, STREET, draw, network, plane, price, register, row
from tests.town import CRS

ADULT = PARAMETERS.walker("adult")
CROSS = {1: (0.0, 0.0), 2: (200.0, 0.0), 3: (100.0, -100.0), 4: (100.0, 100.0), 5: (100.0, 0.0)}


def seconds(net: WalkNetwork, prices: EdgeSeconds, start: int, end: int) -> float:
    """Quickest seconds between two OSM nodes."""
    at = {int(node): k for k, node in reversed([*enumerate(net.node_id)])}
    arcs = (np.r_[net.tail, net.head], np.r_[net.head, net.tail], np.r_[prices.forward_s, prices.backward_s])
    return path(make_graph(net.n_nodes, *arcs), at[start], at[end])[0]


def edge(net: WalkNetwork, way: int) -> int:
    """Return the one edge of a way."""
    (found,) = np.flatnonzero(net.edges["osm_way_id"] == way)
    return int(found)


def stairs(length_m: float, rise_m: float) -> float:
    """Seconds of an adult on one flight."""
    length, rise = np.array([length_m]), np.array([rise_m])
    return float(stairs_s(length, rise, np.abs(rise), ADULT, PARAMETERS.pace)[0])


def walk(net: WalkNetwork, start: int, end: int, profile: str = "adult", *, paid: bool | None = None) -> float:
    return seconds(net, price(net, profile, paid=paid), start, end)


def test_ways_that_cross_only_in_plan_never_meet() -> None:
    net = network(draw(CROSS, ("1 2", STREET), ("3 4", STREET)))
    assert net.n_edges == 2
    assert np.isinf(walk(net, 1, 4))


def test_two_nodes_at_the_same_place_never_meet() -> None:
    corners = CROSS | {6: CROSS[5]}
    net = network(draw(corners, ("1 5", STREET), ("5 2", STREET), ("3 6", STREET), ("6 4", STREET)))
    assert np.isinf(walk(net, 5, 6))
    assert np.isinf(walk(net, 1, 4))


def test_ways_that_share_a_node_meet_there() -> None:
    net = network(draw(CROSS, ("1 5 2", STREET), ("3 5 4", STREET)))
    assert (net.n_nodes, net.n_edges) == (5, 4)
    assert walk(net, 1, 4) == pytest.approx(200 / ADULT.flat_mps, rel=1e-3)


def test_a_bend_is_no_junction() -> None:
    net = network(draw(CROSS, ("1 5 4", STREET)))
    assert (net.n_nodes, net.n_edges) == (2, 1)
    assert net.edges["length_m"].iloc[0] == pytest.approx(200, rel=1e-3)


def test_edges_run_from_their_tail_to_their_head() -> None:
    net = network(draw(CROSS, ("1 5 2", STREET), ("3 5 4", STREET)))
    first, last = net.vertex_start[:-1], net.vertex_start[1:] - 1
    assert np.array_equal(net.vertex_lonlat[first], net.node_lonlat[net.tail])
    assert np.array_equal(net.vertex_lonlat[last], net.node_lonlat[net.head])
    assert np.array_equal(net.vertex_along_m[last], net.edges["length_m"])
    assert (net.vertex_along_m[first] == 0).all()


def test_two_ways_between_the_same_corners_stay_two_edges_and_the_quicker_is_walked() -> None:
    corners = {1: (0.0, 0.0), 2: (100.0, 0.0), 3: (50.0, 120.0)}
    net = network(draw(corners, ("1 2", "highway=steps incline=up"), ("1 3 2", STREET)))
    assert net.n_edges == 2
    climb = 100 * PARAMETERS.pace.stairs_grade
    up, down = (stairs(100, rise) for rise in (climb, -climb))
    round_about = 260 / ADULT.flat_mps
    assert walk(net, 1, 2) == pytest.approx(min(up, round_about), rel=1e-3)
    assert walk(net, 2, 1) == pytest.approx(min(down, round_about), rel=1e-3)


def test_a_closed_loop_that_touches_no_other_way_is_one_edge_back_to_itself() -> None:
    corners = {1: (0.0, 0.0), 2: (100.0, 0.0), 3: (50.0, 80.0)}
    net = network(draw(corners, ("1 2 3 1", STREET)))
    assert (net.n_nodes, net.n_edges) == (1, 1)
    assert net.tail[0] == net.head[0]
    assert net.edges["length_m"].iloc[0] == pytest.approx(100 + 2 * np.hypot(50, 80), rel=1e-3)


def test_a_roundabout_is_walked_either_way_round() -> None:
    corners = {1: (0.0, 0.0), 2: (100.0, 0.0), 3: (50.0, 300.0), 4: (-50.0, 0.0), 5: (150.0, 0.0)}
    ring = "highway=residential junction=roundabout oneway=yes"
    net = network(draw(corners, ("1 3 2 1", ring), ("4 1", STREET), ("2 5", STREET)))
    assert walk(net, 4, 5) == walk(net, 5, 4) == pytest.approx(200 / ADULT.flat_mps, rel=1e-3)


def test_a_way_that_touches_itself_meets_itself_there() -> None:
    corners = {1: (0.0, 0.0), 2: (100.0, 0.0), 3: (150.0, 50.0), 4: (150.0, -50.0), 5: (200.0, 0.0)}
    # 2 is passed twice: straight on from there the loop 2-3-5-4-2 need not be walked
    net = network(draw(corners | {6: (100.0, 100.0)}, ("1 2 3 5 4 2 6", STREET)))
    assert set(net.edges["edge_id"]) == {"1.0", "1.1", "1.2"}
    assert walk(net, 1, 6) == pytest.approx(200 / ADULT.flat_mps, rel=1e-3)


def test_a_node_named_twice_in_a_row_adds_nothing() -> None:
    net = network(draw(row(0, 100, 200), ("1 2 2 3", STREET)))
    assert net.n_edges == 2
    assert net.edges["length_m"].sum() == pytest.approx(200, rel=1e-3)
    assert walk(net, 1, 3) == pytest.approx(200 / ADULT.flat_mps, rel=1e-3)


def test_one_way_roads_do_not_bind_walkers() -> None:
    net = network(draw(row(0, 100), ("1 2", "highway=tertiary oneway=yes")))
    assert walk(net, 2, 1) == walk(net, 1, 2) == pytest.approx(100 / ADULT.flat_mps, rel=1e-3)


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ("highway=residential", "street"),
        ("highway=service service=parking_aisle", "street"),
        ("highway=primary bridge=yes", "street"),
        ("highway=footway", "path"),
        ("highway=corridor", "path"),
        ("highway=steps", "stairs"),
        ("highway=steps conveying=forward", "escalator"),
        ("highway=footway conveying=yes", "escalator"),
        ("highway=footway footway=crossing crossing=zebra", "crossing"),
        ("highway=path crossing=traffic_signals", "crossing"),
        ("highway=steps conveying=no", "stairs"),
    ],
)
def test_tags_say_what_an_edge_is(tags: str, kind: str) -> None:
    assert network(draw(row(0, 100), ("1 2", tags))).edges["kind"].tolist() == [kind]


@pytest.mark.parametrize(
    ("tags", "off"),
    [
        ("bridge=yes", "bridge"),
        ("bridge=viaduct", "bridge"),
        ("tunnel=yes", "tunnel"),
        ("bridge=no", ""),
        ("tunnel=no", ""),
        ("tunnel=building_passage", ""),
        ("covered=yes", ""),
    ],
)
def test_bridges_and_tunnels_are_known_and_passages_through_houses_are_neither(tags: str, off: str) -> None:
    found = network(draw(row(0, 100), ("1 2", f"{STREET} {tags}"))).edges.iloc[0]
    assert (found["bridge"], found["tunnel"]) == (off == "bridge", off == "tunnel")


@pytest.mark.parametrize(
    ("incline", "sign"), [("up", 1), ("down", -1), ("12%", 1), ("-8.5%", -1), ("10°", 1), ("0", 0), ("steep", 0)]
)
def test_stairs_are_dearer_the_way_their_incline_climbs(incline: str, sign: int) -> None:
    prices = price(network(draw(row(0, 30), ("1 2", f"highway=steps incline={incline}"))))
    assert np.sign(prices.forward_s[0] - prices.backward_s[0]) == sign


def test_stairs_without_heights_or_incline_have_no_direction() -> None:
    net = network(draw(row(0, 30), ("1 2", "highway=steps")))
    prices = price(net)
    assert prices.forward_s[0] == prices.backward_s[0] > 30 / ADULT.flat_mps
    assert net.edges["height_source"].tolist() == ["none"]


def test_stairs_of_a_known_incline_and_no_height_climb_at_a_usual_grade() -> None:
    edge = network(draw(row(0, 30), ("1 2", "highway=steps incline=down"))).edges.iloc[0]
    assert edge["rise_m"] == pytest.approx(-30 * PARAMETERS.pace.stairs_grade, rel=1e-3)
    assert (edge["height_source"], edge["confidence"]) == ("assumed", "none")


def test_a_street_up_a_hill_is_slower_up_than_level_and_back_it_is_not() -> None:
    at = " ".join(map(str, range(1, 22)))
    net = network(draw(row(*range(0, 315, 15)), (at, STREET)), terrain=plane(east=0.15))
    prices, length, rise = price(net), np.array([300.0]), net.edges["rise_m"].to_numpy()
    assert rise[0] == pytest.approx(45, rel=0.15)
    assert prices.forward_s[0] == pytest.approx(street_s(length, rise, ADULT, PARAMETERS.pace)[0], rel=0.01)
    assert prices.backward_s[0] == pytest.approx(street_s(length, -rise, ADULT, PARAMETERS.pace)[0], rel=0.01)
    assert prices.forward_s[0] > prices.backward_s[0] > 300 / ADULT.flat_mps


@pytest.mark.parametrize(
    ("conveying", "forward", "backward"),
    [("forward", True, False), ("backward", False, True), ("yes", True, True), ("reversible", True, True)],
)
def test_an_escalator_runs_only_the_way_its_belt_does(conveying: str, *, forward: bool, backward: bool) -> None:
    prices = price(network(draw(row(0, 60), ("1 2", f"highway=steps conveying={conveying}"))))
    assert (np.isfinite(prices.forward_s[0]), np.isfinite(prices.backward_s[0])) == (forward, backward)
    assert min(prices.forward_s[0], prices.backward_s[0]) == pytest.approx(60 / PARAMETERS.pace.escalator_mps, rel=1e-3)


def test_a_crossing_waits_for_lights_or_for_a_gap() -> None:
    signals, zebra = "highway=footway footway=crossing crossing=traffic_signals", "highway=footway crossing=zebra"
    lines = ("1 2", signals), ("2 3", zebra), ("3 4", "highway=footway")
    prices = price(network(draw(row(0, 20, 40, 60), *lines)))
    wait = [PARAMETERS.pace.signal_wait_s, PARAMETERS.pace.gap_wait_s, 0]
    assert prices.forward_s - 20 / ADULT.flat_mps == pytest.approx(wait, abs=0.01)
    assert prices.backward_s == pytest.approx(prices.forward_s)


def test_a_crossing_in_two_edges_waits_once() -> None:
    """The street passes through the middle of the crossing; its node has the lights."""
    corners = row(0, 10, 20) | {4: (10.0, 50.0), 5: (10.0, -50.0)}
    lines = ("1 2 3", "highway=footway footway=crossing"), ("4 2 5", STREET)
    net = network(draw(corners, *lines, nodes={2: "highway=crossing crossing=traffic_signals"}))
    assert walk(net, 1, 3) == pytest.approx(20 / ADULT.flat_mps + PARAMETERS.pace.signal_wait_s, rel=1e-3)
    assert walk(net, 4, 5) == pytest.approx(100 / ADULT.flat_mps, rel=1e-3)


def test_a_footpath_over_a_street_waits_at_its_crossing_node() -> None:
    corners = row(0, 10, 20) | {4: (10.0, 50.0), 5: (10.0, -50.0)}
    net = network(draw(corners, ("1 2 3", "highway=footway"), ("4 2 5", STREET), nodes={2: "highway=crossing"}))
    assert walk(net, 1, 3) == pytest.approx(20 / ADULT.flat_mps + PARAMETERS.pace.gap_wait_s, rel=1e-3)
    assert walk(net, 4, 5) == pytest.approx(100 / ADULT.flat_mps, rel=1e-3)


def test_a_flight_in_several_edges_climbs_as_one() -> None:
    steps = "highway=steps incline=up"
    whole = network(draw(row(0, 60), ("1 2", steps)))
    parts = network(draw(row(0, 20, 60), ("1 2", steps), ("2 3", steps)))
    assert walk(parts, 1, 3) == pytest.approx(walk(whole, 1, 2), rel=1e-6)
    assert walk(parts, 3, 1) == pytest.approx(walk(whole, 2, 1), rel=1e-6)


def test_step_counts_of_the_map_are_taken_and_others_estimated() -> None:
    edges = network(draw(row(0, 20, 40), ("1 2", "highway=steps step_count=77"), ("2 3", "highway=steps"))).edges
    assert edges["steps"].tolist() == pytest.approx([77, 20 * PARAMETERS.pace.steps_per_m], rel=1e-3)
    assert edges["steps_estimated"].tolist() == [False, True]


def test_a_paid_link_is_closed_until_fares_count() -> None:
    ways = draw(row(0, 60), ("1 2", "highway=steps conveying=yes"))
    net = network(ways, register(V1="way=1 fee_cny=2 state=in_service"))
    assert np.isinf(walk(net, 1, 2))
    assert np.isfinite(walk(net, 1, 2, paid=True))
    assert net.edges["link_id"].tolist() == ["V1"]


def test_a_fee_on_the_map_closes_a_way_as_the_register_does() -> None:
    net = network(draw(row(0, 60), ("1 2", "highway=footway fee=yes")))
    assert np.isinf(walk(net, 1, 2))
    assert np.isfinite(walk(net, 1, 2, paid=True))


def test_a_free_link_is_open() -> None:
    ways = draw(row(0, 60), ("1 2", "highway=steps conveying=yes"))
    for known in ("way=1 fee_cny=0 state=in_service", "way=1 state=unknown"):
        assert np.isfinite(walk(network(ways, register(V1=known)), 1, 2))


def test_a_closed_link_is_closed_whoever_pays() -> None:
    ways = draw(row(0, 60), ("1 2", "highway=steps conveying=yes"))
    net = network(ways, register(V1="way=1 fee_cny=2 state=closed"))
    assert np.isinf(walk(net, 1, 2, paid=True))


@pytest.mark.parametrize("known", ["fee_cny=2 state=in_service", "state=closed", "fee_cny=2 state=closed"])
@pytest.mark.parametrize("paid", [False, True])
def test_a_walker_on_the_level_passes_no_link_that_the_walker_itself_may_not_pass(known: str, *, paid: bool) -> None:
    """Terrain loss is level minus own: a link that only the level walker passes would count as terrain."""
    ways = draw(row(0, 60), ("1 2", "highway=steps conveying=yes"))
    net = network(ways, register(V1=f"way=1 {known}"))
    assert np.isinf(walk(net, 1, 2, "level-adult", paid=paid)) == np.isinf(walk(net, 1, 2, paid=paid))


LIFT = {1: (0.0, 0.0), 2: (50.0, 0.0), 3: (100.0, 0.0)}


def lift(links: str = "", node: str = "highway=elevator") -> WalkNetwork:
    """Draw a street at ground level and one on layer 2, joined by a lift at node 2."""
    ways = draw(LIFT, ("1 2", STREET), ("2 3", f"{STREET} bridge=yes layer=2"), nodes={2: node})
    return network(ways, register(V1=links) if links else None)


def test_a_lift_between_two_storeys_is_an_edge_that_waits_and_rides() -> None:
    net = lift("node=2 rise_m=24 state=in_service")
    assert (net.n_nodes, net.n_edges) == (4, 3)
    assert net.edges["kind"].tolist() == ["street", "street", "lift"]
    ride = PARAMETERS.pace.lift_wait_s + 24 / PARAMETERS.pace.lift_mps
    assert walk(net, 1, 3) == pytest.approx(100 / ADULT.flat_mps + ride, rel=1e-3)
    assert walk(net, 3, 1) == pytest.approx(walk(net, 1, 3))


def test_a_lift_of_unknown_height_takes_a_fixed_time_and_is_never_free() -> None:
    prices = price(lift())
    assert prices.forward_s[2] == PARAMETERS.pace.lift_wait_s + PARAMETERS.pace.lift_ride_s


def test_a_lift_costs_the_flat_comparison_nothing() -> None:
    net = lift("node=2 rise_m=24 state=in_service")
    flat = PARAMETERS.walker("flat").flat_mps
    assert price(net, "flat").forward_s[2] == 0
    assert walk(net, 1, 3, "flat") == pytest.approx(100 / flat, rel=1e-3)


def test_prams_and_wheelchairs_take_the_lift() -> None:
    assert np.isfinite(walk(lift(), 1, 3, "stepfree"))


@pytest.mark.parametrize("known", ["node=2 state=closed", "node=2 fee_cny=1 state=in_service"])
def test_a_closed_or_paid_lift_parts_the_storeys(known: str) -> None:
    assert np.isinf(walk(lift(known), 1, 3))


def test_a_lift_with_a_fee_on_the_map_is_paid() -> None:
    net = lift(node="highway=elevator fee=yes")
    assert np.isinf(walk(net, 1, 3))
    assert np.isfinite(walk(net, 1, 3, paid=True))


def test_a_lift_that_one_way_passes_is_just_a_node() -> None:
    net = network(draw(LIFT, ("1 2 3", STREET), nodes={2: "highway=elevator"}))
    assert (net.n_nodes, net.n_edges) == (3, 2)
    assert walk(net, 1, 3) == pytest.approx(100 / ADULT.flat_mps, rel=1e-3)


def test_two_ways_that_end_at_a_lift_are_joined_by_riding_whatever_their_layers() -> None:
    net = network(draw(LIFT, ("1 2", STREET), ("2 3", STREET), nodes={2: "highway=elevator"}))
    assert (net.n_nodes, net.n_edges) == (4, 3)
    ride = PARAMETERS.pace.lift_wait_s + PARAMETERS.pace.lift_ride_s
    assert walk(net, 1, 3) == pytest.approx(100 / ADULT.flat_mps + ride, rel=1e-3)


def test_a_way_through_a_lift_stops_there() -> None:
    """The street passes the lift's node on the ground; the bridge joins by riding, not by being there."""
    corners = LIFT | {4: (50.0, 80.0)}
    ways = draw(corners, ("1 2 3", STREET), ("2 4", f"{STREET} layer=1"), nodes={2: "highway=elevator"})
    net = network(ways)
    street = 50 / ADULT.flat_mps
    assert walk(net, 1, 3) == pytest.approx(2 * street, rel=1e-3)
    ride = PARAMETERS.pace.lift_wait_s + PARAMETERS.pace.lift_ride_s
    assert walk(net, 1, 4) == pytest.approx(street + ride + 80 / ADULT.flat_mps, rel=1e-3)


def test_a_lift_of_three_storeys_waits_once_a_ride_between_neighbours() -> None:
    corners = {1: (0.0, 0.0), 2: (50.0, 0.0), 3: (100.0, 0.0), 4: (50.0, 60.0)}
    lines = ("1 2", STREET), ("2 3", f"{STREET} layer=1"), ("2 4", f"{STREET} layer=3")
    net = network(draw(corners, *lines, nodes={2: "highway=elevator"}))
    assert (net.edges["kind"] == "lift").sum() == 2
    assert walk(net, 3, 4) < walk(net, 1, 4) + 50 / ADULT.flat_mps


def test_every_edge_has_an_id_of_its_own_that_names_its_way() -> None:
    net = network(draw(CROSS, ("1 5 2", STREET), ("3 5 4", STREET)))
    assert net.edges["edge_id"].tolist() == ["1.0", "1.1", "2.0", "2.1"]


def test_a_network_without_ways_is_empty() -> None:
    ways = draw(row(0, 100), ("1 2", STREET))
    nothing = type(ways)(ways.nodes.iloc[:0], ways.ways.iloc[:0], ways.refs[:0], ways.offsets[:1], ways.data_date)
    net = network(nothing)
    assert (net.n_nodes, net.n_edges) == (0, 0)
    assert len(price(net).forward_s) == 0


def test_street_lines_are_the_ways_with_their_tags() -> None:
    ways = draw(CROSS, ("1 5 4", f"{STREET} bridge=yes"), ("3 5", "highway=service service=driveway"))
    lines = street_lines(ways)
    assert lines["highway"].tolist() == ["residential", "service"]
    assert lines["bridge"].tolist()[0] == "yes"
    assert lines["service"].tolist()[1] == "driveway"
    assert lines.to_crs(CRS).length.tolist() == pytest.approx([200, 100], rel=1e-3)
