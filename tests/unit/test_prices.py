"""One network, priced for every variant."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from servicecircle.errors import InputError
from servicecircle.hours import are_hours, is_open, is_time
from servicecircle.ingest.parameters import read_parameters
from servicecircle.model import Variant
from servicecircle.network import WalkNetwork
from servicecircle.parameters import Parameters
from servicecircle.prices import EdgeSeconds, edge_seconds
from tests.sketch import PARAMETERS, STREET, draw, network, plane, register, row

LINES = (
    ("1 2", STREET),
    ("2 3", "highway=steps incline=up"),
    ("3 4", "highway=steps conveying=yes"),
    ("4 5", "highway=footway footway=crossing crossing=traffic_signals"),
)


def town(**links: str) -> WalkNetwork:
    return network(draw(row(0, 100, 140, 200, 220), *LINES), register(**links), plane(east=0.1))


def with_links(**values: object) -> Parameters:
    links = PARAMETERS.links.model_copy(update=values)
    return PARAMETERS.model_copy(update={"links": links})


def same(a: EdgeSeconds, b: EdgeSeconds) -> bool:
    return np.array_equal(a.forward_s, b.forward_s) and np.array_equal(a.backward_s, b.backward_s)


def test_a_variant_that_changes_nothing_changes_no_price() -> None:
    net = town()
    still = Variant(profile="adult", paid=False, at="", heights_m=np.zeros(len(net.vertex_along_m)))
    assert same(edge_seconds(net, PARAMETERS), edge_seconds(net, PARAMETERS, still))


@pytest.mark.parametrize("factor", [0.5, 1.3])
def test_scaling_the_pace_scales_streets_and_stairs_and_leaves_belts_and_lights(factor: float) -> None:
    net = town()
    usual, scaled = edge_seconds(net, PARAMETERS), edge_seconds(net, PARAMETERS, Variant(pace=factor))
    assert scaled.forward_s[:2] == pytest.approx(usual.forward_s[:2] / factor)
    assert scaled.forward_s[2] == usual.forward_s[2]
    walked = usual.forward_s[3] - PARAMETERS.pace.signal_wait_s
    assert scaled.forward_s[3] == pytest.approx(walked / factor + PARAMETERS.pace.signal_wait_s)


def test_climb_changes_stairs_alone_and_patience_waits_alone() -> None:
    net = town()
    usual = edge_seconds(net, PARAMETERS).forward_s
    climb, patience = (edge_seconds(net, PARAMETERS, v).forward_s for v in (Variant(climb=2.0), Variant(patience=2.0)))
    assert np.flatnonzero(climb != usual).tolist() == [1]
    assert np.flatnonzero(patience != usual).tolist() == [3]
    level = 40 / 1.2
    assert climb[1] - level == pytest.approx(2 * (usual[1] - level), rel=1e-3)


def test_raising_everything_alike_changes_no_price() -> None:
    net = town()
    raised = Variant(heights_m=np.full(len(net.vertex_along_m), 30.0))
    found = edge_seconds(net, PARAMETERS, raised)
    assert found.forward_s == pytest.approx(edge_seconds(net, PARAMETERS).forward_s)


def test_a_higher_end_makes_the_way_there_longer() -> None:
    net = town()
    up = np.zeros(len(net.vertex_along_m))
    up[net.vertex_start[1] - 1] = 10.0
    usual, raised = edge_seconds(net, PARAMETERS), edge_seconds(net, PARAMETERS, Variant(heights_m=up))
    assert raised.forward_s[0] > usual.forward_s[0]


@pytest.mark.parametrize("name", ["V1", "3.0", "way/3"])
def test_a_variant_closes_and_opens_links_by_any_name_they_have(name: str) -> None:
    net = town(V1="way=3 fee_cny=2")
    assert np.isinf(edge_seconds(net, PARAMETERS).forward_s[2])
    assert np.isfinite(edge_seconds(net, PARAMETERS, Variant(opened=(name,))).forward_s[2])
    shut = Variant(paid=True, opened=(name,), closed=(name,))
    assert np.isinf(edge_seconds(net, PARAMETERS, shut).forward_s[2])


def test_hours_count_only_when_a_time_is_asked_for() -> None:
    net = town(V1="way=3 opening_hours=07:30-22:30")
    night = "2026-11-22T23:00"
    assert np.isfinite(edge_seconds(net, PARAMETERS).forward_s[2])
    assert np.isinf(edge_seconds(net, PARAMETERS, Variant(at=night)).forward_s[2])
    assert np.isfinite(edge_seconds(net, PARAMETERS, Variant(at="2026-11-22T09:00")).forward_s[2])
    assert np.isinf(edge_seconds(net, with_links(at=night)).forward_s[2])
    assert np.isfinite(edge_seconds(net, with_links(at=night), Variant(at="")).forward_s[2])


def test_a_link_out_of_service_is_closed() -> None:
    net = town(V1="way=3")
    assert np.isinf(edge_seconds(net, with_links(out_of_service=("V1",))).forward_s[2])


def test_hours_are_read_in_the_syntax_of_the_map() -> None:
    assert are_hours("Mo-Fr 08:00-18:00; PH off")
    assert not are_hours("from nine to five")
    assert is_open("Mo-Fr 08:00-18:00", "2026-11-23T09:00")
    assert not is_open("Mo-Fr 08:00-18:00", "2026-11-22T09:00")
    assert is_time("2026-11-22T09:00")
    assert not is_time("2026-11-22T09:00+08:00")
    assert not is_time("nine")


def test_a_profile_of_ones_own_is_like_another_but_for_what_it_says(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(
        '[profiles.twins]\nlike = "stepfree"\nname_zh = "双胞胎车"\nflat_mps = 0.7\nsource = "ours"\n', "utf-8"
    )
    found = read_parameters(mine, profile="twins").walker()
    assert (found.flat_mps, found.stairs, found.escalators) == (0.7, "never", False)
    mine.write_text('[profiles.twins]\nlike = "nobody"\n', "utf-8")
    with pytest.raises(InputError, match=r"mine\.toml.*profiles\.twins\.like.*nobody"):
        read_parameters(mine)
