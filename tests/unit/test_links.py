"""Vertical links: what the register adds to the map, and what it may not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from servicecircle.errors import InputError
from servicecircle.graph import make_graph, path
from servicecircle.ingest.links import LINK_COLUMNS, read_links
from servicecircle.ingest.text_table import read_text_table
from servicecircle.model import Variant
from servicecircle.network import WalkNetwork
from servicecircle.prices import edge_seconds
from tests.sketch import PARAMETERS, STREET, draw, network, plane, register
from tests.town import lonlat

PACE = PARAMETERS.pace
# two streets, one over the other on the map, 60 m apart; nothing joins them
APART = {1: (0.0, 0.0), 2: (100.0, 0.0), 3: (200.0, 0.0), 4: (0.0, 60.0), 5: (100.0, 60.0), 6: (200.0, 60.0)}
STREETS = (("1 2 3", STREET), ("4 5 6", STREET))


def ends(a: tuple[float, float], b: tuple[float, float]) -> str:
    (west, south), (east, north) = lonlat(*a), lonlat(*b)
    return f"from_lon={west} from_lat={south} to_lon={east} to_lat={north}"


def town(nodes: dict[int, str] | None = None, **links: str) -> WalkNetwork:
    return network(draw(APART, *STREETS, nodes=nodes), register(**links))


def seconds(net: WalkNetwork, start: int, end: int, variant: Variant = Variant()) -> float:  # noqa: B008
    prices = edge_seconds(net, PARAMETERS, variant)
    at = {int(node): k for k, node in reversed([*enumerate(net.node_id)])}
    arcs = (np.r_[net.tail, net.head], np.r_[net.head, net.tail], np.r_[prices.forward_s, prices.backward_s])
    return path(make_graph(net.n_nodes, *arcs), at[start], at[end])[0]


def test_a_link_with_two_ends_joins_the_bends_nearest_to_them() -> None:
    net = town(L1=f"kind=lift rise_m=30 {ends((101, 2), (99, 58))}")
    lift = net.edges[net.edges["kind"] == "lift"].iloc[0]
    assert (lift["link_id"], lift["osm_way_id"] < 0) == ("L1", True)
    ride = PACE.lift_wait_s + 30 / PACE.lift_mps
    assert seconds(net, 1, 4) == pytest.approx(200 / 1.2 + ride, rel=1e-3)


def test_a_lift_on_one_way_begins_at_its_node_and_ends_where_the_register_says() -> None:
    net = town({2: "highway=elevator"}, L1=f"node=2 kind=lift rise_m=30 {ends((100, 0), (100, 60))}")
    assert (net.edges["kind"] == "lift").sum() == 1
    assert np.isfinite(seconds(net, 1, 6))


@pytest.mark.parametrize(
    "said", ["node=2 kind=lift rise_m=30", f"node=2 kind=lift {ends((100, 0), (100, 0))}", ends((100, 0), (100, 500))]
)
def test_a_link_of_which_nobody_says_what_it_joins_joins_nothing(said: str) -> None:
    net = town({2: "highway=elevator"}, L1=said)
    assert "lift" not in set(net.edges["kind"])
    assert np.isinf(seconds(net, 1, 6))


def test_a_cable_car_rides_at_its_speed_or_as_long_as_the_register_says() -> None:
    over = ends((200, 0), (0, 60))
    usual, told = town(C=f"kind=cableway {over}"), town(C=f"kind=cableway ride_s=200 wait_s=100 {over}")
    metres = np.hypot(200, 60)
    assert seconds(usual, 3, 4) == pytest.approx(PACE.cableway_wait_s + metres / PACE.cableway_mps, rel=1e-3)
    assert seconds(told, 3, 4) == 300


def test_a_footbridge_climbs_at_both_ends_and_a_pram_takes_its_ramps() -> None:
    net = town(F=f"kind=footbridge rise_m=5 {ends((100, 0), (100, 60))}")
    adult = seconds(net, 2, 5)
    assert 60 / 1.2 < adult < seconds(net, 2, 5, Variant("stepfree")) < np.inf
    assert seconds(net, 2, 5, Variant("level-adult")) == pytest.approx(60 / 1.2, rel=1e-3)


def test_an_escalator_of_known_direction_runs_only_up_the_hill() -> None:
    belt = ("1 2", "highway=steps conveying=yes")
    ways = draw({1: (0.0, 0.0), 2: (50.0, 0.0)}, belt)
    for east, up in ((0.4, True), (-0.4, False)):
        net = network(ways, register(E="way=1 direction=up"), plane(east=east))
        prices = edge_seconds(net, PARAMETERS)
        assert np.isfinite(prices.forward_s[0]) == up
        assert np.isfinite(prices.backward_s[0]) != up


def test_what_no_wheels_pass_is_closed_to_them_alone() -> None:
    net = town(C=f"kind=cableway wheelchair=no {ends((200, 0), (0, 60))}")
    assert np.isfinite(seconds(net, 3, 4))
    assert np.isinf(seconds(net, 3, 4, Variant("stepfree")))


def test_the_published_rise_is_shared_by_the_edges_of_a_way() -> None:
    corners = {1: (0.0, 0.0), 2: (25.0, 0.0), 3: (100.0, 0.0), 4: (25.0, 50.0)}
    ways = draw(corners, ("1 2 3", "highway=steps conveying=yes"), ("2 4", STREET))
    edges = network(ways, register(E="way=1 rise_m=40 ride_s=120")).edges
    assert edges["rise_m"].iloc[:2].tolist() == pytest.approx([10, 30], rel=1e-3)
    assert edges["ride_s"].iloc[:2].sum() == pytest.approx(120)
    assert edges["height_source"].iloc[:2].tolist() == ["register", "register"]


@pytest.mark.parametrize("links", [{}, {"L1": f"kind=lift rise_m=30 {ends((100, 0), (100, 60))}"}])
def test_adding_a_link_never_makes_a_time_longer_nor_removing_one_shorter(links: dict[str, str]) -> None:
    more = {**links, "L2": f"kind=footbridge rise_m=5 {ends((0, 0), (0, 60))}"}
    few, many = (
        pd.DataFrame([[seconds(net, a, b) for a in (1, 3)] for b in (4, 6)]) for net in (town(**links), town(**more))
    )
    assert (many <= few + 1e-6).all(axis=None)
    assert (many < few).any(axis=None)


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("rise_m", "-5", "less than nothing"),
        ("rise_m", "tall", "not a number"),
        ("kind", "rocket", "an unknown word"),
        ("state", "broken", "an unknown word"),
        ("direction", "sideways", "an unknown word"),
        ("opening_hours", "from nine to five", "opening_hours syntax"),
        ("from_lat", "106.5", "off the globe"),
        ("to_lon", "", "half a position"),
        ("osm_id", "", "half a name"),
    ],
)
def test_a_wrong_cell_of_the_register_is_named(tmp_path: Path, column: str, cell: str, said: str) -> None:
    row = dict.fromkeys(LINK_COLUMNS, "") | {"link_id": "L1", "kind": "lift", "osm_type": "node", "osm_id": "7"}
    row |= {"from_lon": "106.5", "from_lat": "29.5", "to_lon": "106.5", "to_lat": "29.5", column: cell}
    path = tmp_path / "vertical_links.csv"
    path.write_text(f"{','.join(row)}\n{','.join(row.values())}\n", "utf-8")
    with pytest.raises(InputError) as raised:
        read_links(read_text_table(path, LINK_COLUMNS))
    (fault,) = raised.value.faults
    assert said in fault.problem
    assert (fault.file, fault.row) == ("vertical_links.csv", 2)
    assert column in str(fault.column)
