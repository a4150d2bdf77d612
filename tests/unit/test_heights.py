"""Heights of nodes: the smoothed ground where a street lies on it, straight lines where it does not."""

from __future__ import annotations

import numpy as np
import pytest

from servicecircle.crs import to_metric
from servicecircle.heights import Relief
from servicecircle.network import WalkNetwork
from tests.sketch import STREET, draw, network, plane, row, with_heights
from tests.town import CRS, ORIGIN, lonlat

SMOOTHING_M = 60.0
BRIDGE = f"{STREET} bridge=yes layer=1"


def height(net: WalkNetwork, node: int) -> float:
    return float(net.heights.node_m[net.node_id == node][0])


def source(net: WalkNetwork, node: int) -> str:
    return str(net.heights.node_source[net.node_id == node][0])


@pytest.mark.parametrize(("east", "north"), [(0.0, 0.0), (0.1, 0.0), (-0.05, 0.2)])
def test_smoothing_keeps_a_plane(east: float, north: float) -> None:
    points = np.array([lonlat(x, y) for x in (-700, 3, 555) for y in (-600, 12, 480)])
    x, y = (to_metric(points, CRS) - ORIGIN).T
    heights = Relief(plane(300, east, north), SMOOTHING_M)(points)
    assert heights == pytest.approx(300 + east * x + north * y, abs=0.05)


def test_smoothing_wears_a_single_tower_down() -> None:
    ground = plane(200)
    bumpy = ground.heights_m.copy()
    bumpy[200, 200] += 100
    found = Relief(with_heights(ground, bumpy), SMOOTHING_M)(np.array([lonlat(5, -5)]))[0]
    assert 200 < found < 202


def test_cells_without_data_pull_nothing_down() -> None:
    ground = plane(200)
    holed = ground.heights_m.copy()
    holed[:, 210:] = np.nan  # everything east of x = 100
    points = np.array([lonlat(60, 0), lonlat(85, 3)])
    assert Relief(with_heights(ground, holed), SMOOTHING_M)(points) == pytest.approx([200, 200])


def test_heights_are_unknown_where_there_is_no_data_and_beyond_the_raster() -> None:
    ground = plane(200)
    holed = ground.heights_m.copy()
    holed[:, 210:] = np.nan
    points = np.array([lonlat(400, 0), lonlat(-9000, 0)])
    assert np.isnan(Relief(with_heights(ground, holed), SMOOTHING_M)(points)).all()


def test_without_terrain_every_height_is_unknown() -> None:
    net = network(draw(row(0, 100), ("1 2", STREET)))
    assert np.isnan(net.heights.node_m).all()
    assert set(net.heights.node_source) == {"none"}
    assert np.isnan(net.edges["rise_m"]).all()
    assert net.edges["height_source"].tolist() == ["none"]


def test_flat_terrain_has_no_rise() -> None:
    corners = {1: (0.0, 0.0), 2: (150.0, 40.0), 3: (-80.0, 200.0)}
    net = network(draw(corners, ("1 2", STREET), ("2 3", STREET), ("3 1", STREET)), terrain=plane(240))
    assert net.edges["rise_m"].to_numpy() == pytest.approx(np.zeros(3), abs=1e-9)
    assert set(net.edges["height_source"]) == {"terrain"}


def test_a_street_rises_as_the_ground_does_in_its_own_direction() -> None:
    bends, through = row(*range(0, 320, 20)), [str(k) for k in range(1, 17)]
    net = network(draw(bends, (" ".join(through), STREET)), terrain=plane(east=0.1))
    turned = network(draw(bends, (" ".join(through[::-1]), STREET)), terrain=plane(east=0.1))
    assert net.edges["rise_m"].iloc[0] == pytest.approx(
        30, rel=0.15
    )  # streets are believed to be flatter than the ground
    assert turned.edges["rise_m"].iloc[0] == pytest.approx(-net.edges["rise_m"].iloc[0], abs=0.01)


def valley() -> np.ndarray:
    """Flat at 200 m, a gorge at 100 m between x = 100 and x = 500."""
    heights = plane(200).heights_m.copy()
    heights[:, 210:250] = 100
    return heights


def test_a_bridge_runs_straight_between_its_ends_whatever_lies_below() -> None:
    gorge = with_heights(plane(), valley())
    pier = ("3 6", BRIDGE)  # a junction in mid-air, over the gorge
    corners = row(-500, -300, 300, 900, 1100) | {6: (300.0, 40.0)}
    net = network(draw(corners, ("1 2", STREET), ("2 3 4", BRIDGE), pier, ("4 5", STREET)), terrain=gorge)
    assert height(net, 2) == pytest.approx(200, abs=0.5)
    assert height(net, 4) == pytest.approx(200, abs=0.5)
    assert height(net, 3) == pytest.approx(200, abs=0.5)
    assert height(net, 6) == pytest.approx(height(net, 3))
    assert (source(net, 2), source(net, 3)) == ("terrain", "levelled")


def test_a_node_on_a_deck_takes_its_share_of_the_rise() -> None:
    corners = row(-400, -100, 50, 500, 700) | {6: (50.0, 30.0)}
    lines = ("1 2", STREET), ("2 3", BRIDGE), ("3 4", BRIDGE), ("3 6", BRIDGE), ("4 5", STREET)
    hollow = plane(200, east=0.1)
    hollow.heights_m[:, 201:240] -= 80  # under the deck
    net = network(draw(corners, *lines), terrain=hollow)
    west, east = height(net, 2), height(net, 4)
    assert east - west == pytest.approx(60, abs=2)
    assert height(net, 3) == pytest.approx(west + (east - west) * 150 / 600, abs=0.05)


def test_a_deck_without_an_end_on_known_ground_stays_unknown() -> None:
    net = network(draw(row(0, 100, 200), ("1 2", BRIDGE), ("2 3", BRIDGE)), terrain=plane())
    assert np.isnan(net.heights.node_m).all()
    assert set(net.edges["height_source"]) == {"none"}


def test_a_deck_with_one_end_beyond_the_terrain_keeps_the_height_of_the_other() -> None:
    ground = plane(200)
    heights = ground.heights_m.copy()
    heights[:, 215:] = np.nan  # unknown east of x = 150
    corners = row(-200, 0, 120, 400, 500)
    lines = ("1 2", STREET), ("2 3", BRIDGE), ("3 4", BRIDGE), ("4 5", STREET)
    net = network(draw(corners, *lines), terrain=with_heights(ground, heights))
    assert height(net, 3) == pytest.approx(200, abs=0.5)
    assert np.isnan(height(net, 4))


@pytest.mark.parametrize("tags", ["tunnel=yes", "layer=-1", "layer=1", "bridge=yes"])
def test_tunnels_bridges_and_other_storeys_are_all_off_the_ground(tags: str) -> None:
    dip = plane(200).heights_m.copy()
    dip[:, 203:209] = 180  # between x = 30 and x = 90
    gorge = with_heights(plane(), dip)
    corners = row(-200, 0, 60, 120, 320) | {6: (60.0, 40.0)}
    off = f"{STREET} {tags}"
    lines = ("1 2", STREET), ("2 3", off), ("3 4", off), ("3 6", off), ("4 5", STREET)
    net = network(draw(corners, *lines), terrain=gorge)
    assert source(net, 3) == "levelled"
    assert height(net, 3) == pytest.approx(200, abs=3)  # the ends feel the dip, the middle does not


def test_an_edge_says_the_weakest_source_of_its_ends() -> None:
    corners = row(-400, -100, 200, 500, 700) | {6: (200.0, 30.0)}
    lines = ("1 2", STREET), ("2 3", BRIDGE), ("3 4", BRIDGE), ("3 6", BRIDGE), ("4 5", STREET)
    net = network(draw(corners, *lines), terrain=plane())
    found = net.edges.set_index("osm_way_id")["height_source"]
    assert found.to_dict() == {1: "terrain", 2: "levelled", 3: "levelled", 4: "levelled", 5: "terrain"}
