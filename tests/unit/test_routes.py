"""Study routes in their published order: what is walked, what is not, and what is said of it."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from servicecircle.ingest.study import read_study
from servicecircle.routes import check_routes, place_stops, trace_routes
from servicecircle.walk import Walker
from tests.sketch import PARAMETERS, STREET, draw, network, row, walker
from tests.town import Town, lonlat

ADULT_MPS = PARAMETERS.walker("adult").flat_mps
STREETS = {1: (0.0, 0.0), 2: (1000.0, 0.0), 3: (0.0, 900.0), 4: (1000.0, 900.0)}


@pytest.fixture(scope="module")
def person() -> Walker:
    """Somebody on a street of one kilometre, and another street nobody can walk to."""
    return walker(network(draw(STREETS, ("1 2", STREET), ("3 4", STREET))))


def routes(*ids: str) -> pd.DataFrame:
    return pd.DataFrame({"route_id": ids, "name": [f"Route {i}" for i in ids], "theme": "red"})


def stops(**positions: list[tuple[float, float] | None]) -> pd.DataFrame:
    """List stops of each route, numbered from 1; None is a stop without a position."""
    rows = []
    for route, along in positions.items():
        for seq, xy in enumerate(along, 1):
            lon, lat = lonlat(*xy) if xy else (np.nan, np.nan)
            found = "building" if xy else "none"
            rows.append((route, float(seq), f"{route}-{seq}", None, lon, lat, found, None))
    columns = ["route_id", "seq", "name", "facility_id", "lon", "lat", "position_confidence", "note"]
    return pd.DataFrame(rows, columns=columns)


def trace(person: Walker, table: pd.DataFrame) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    return trace_routes(person, routes(*dict.fromkeys(table["route_id"])), place_stops(table))


def test_a_route_is_the_sum_of_its_legs_in_their_order(person: Walker) -> None:
    traced, legs = trace(person, stops(R1=[(0, 0), (600, 0), (200, 0)]))
    assert legs["metres"].tolist() == pytest.approx([600, 400], rel=1e-3)
    assert (legs["from_seq"].tolist(), legs["to_seq"].tolist()) == ([1, 2], [2, 3])
    found = traced.iloc[0]
    assert found["metres"] == pytest.approx(1000, rel=1e-3)
    assert found["seconds"] == pytest.approx(legs["seconds"].sum()) == pytest.approx(1000 / ADULT_MPS, rel=1e-3)
    assert len(found.geometry.geoms) == 2
    assert not found["at_least"]


def test_stops_come_in_the_order_of_their_numbers_whatever_the_order_of_the_file() -> None:
    table = stops(R2=[(0, 0), (100, 0), (200, 0)], R1=[(300, 0)]).iloc[::-1].reset_index(drop=True)
    placed = place_stops(table)
    assert placed["name"].tolist() == ["R1-1", "R2-1", "R2-2", "R2-3"]


def test_a_stop_without_a_position_stays_in_the_list_without_a_point() -> None:
    placed = place_stops(stops(R1=[(0, 0), None, (200, 0)]))
    assert placed["name"].tolist() == ["R1-1", "R1-2", "R1-3"]
    assert placed["located"].tolist() == [True, False, True]
    assert placed.geometry.isna().tolist() == [False, True, False]


def test_a_leg_passes_over_a_stop_without_a_position_and_says_that_it_is_the_least(person: Walker) -> None:
    traced, legs = trace(person, stops(R1=[(0, 0), None, (500, 0), (700, 0)]))
    assert legs["metres"].tolist() == pytest.approx([500, 200], rel=1e-3)
    assert legs["at_least"].tolist() == [True, False]
    found = traced.iloc[0]
    assert (found["stops"], found["stops_located"]) == (4, 3)
    assert found["at_least"]


def test_a_stop_without_a_position_at_the_end_leaves_the_route_a_least_too(person: Walker) -> None:
    traced, legs = trace(person, stops(R1=[(0, 0), (500, 0), None]))
    assert legs["at_least"].tolist() == [False]
    assert traced["at_least"].tolist() == [True]


def test_a_leg_that_cannot_be_walked_has_a_problem_and_the_route_survives(person: Walker) -> None:
    traced, legs = trace(person, stops(R1=[(0, 0), (300, 0), (300, 900), (500, 900)], R2=[(0, 0), (100, 0)]))
    assert legs["problem"].map(bool).tolist() == [False, True, False, False]
    assert "no way" in legs["problem"].iloc[1]
    assert np.isnan(legs["seconds"].iloc[1])
    assert legs.geometry.iloc[1] is None
    assert traced["metres"].tolist() == pytest.approx([500, 100], rel=1e-3)
    assert traced["at_least"].tolist() == [True, False]


def test_a_stop_far_from_every_street_is_a_problem_of_its_legs_not_of_the_study(person: Walker) -> None:
    traced, legs = trace(person, stops(R1=[(0, 0), (500, -5000), (600, 0), (700, 0)]))
    assert legs["problem"].map(bool).tolist() == [True, True, False]
    assert "no walkable street within" in legs["problem"].iloc[0]
    assert traced["metres"].iloc[0] == pytest.approx(100, rel=1e-3)


def test_a_route_of_which_nothing_can_be_walked_is_listed_without_numbers(person: Walker) -> None:
    traced, legs = trace(person, stops(R1=[None, None], R2=[(0, 0)]))
    assert len(legs) == 0
    assert traced["route_id"].tolist() == ["R1", "R2"]
    assert traced["seconds"].isna().all()
    assert traced.geometry.isna().all()


def test_no_routes_are_no_error(person: Walker) -> None:
    traced, legs = trace_routes(person, routes(), place_stops(stops()))
    assert (len(traced), len(legs)) == (0, 0)


def faults(person: Walker, table: pd.DataFrame, folder: Path, limit_s: float = 900) -> pd.DataFrame:
    area = read_study(Town().write(folder)).area
    placed = place_stops(table)
    own = routes(*dict.fromkeys(table["route_id"]))
    return check_routes(own, placed, trace_routes(person, own, placed)[1], area, limit_s)


def test_every_fault_of_a_route_is_told_in_two_languages(person: Walker, tmp_path: Path) -> None:
    table = stops(R1=[(0, 0), None, (900, 0), (900, 900)], R2=[(0, 0), (-500, 0)], R3=[(0, 0), (100, 0)])
    table.loc[table["name"] == "R3-2", "position_confidence"] = "street"
    found = faults(person, table, tmp_path, limit_s=600)
    told = list(zip(found["route_id"], found["seq"], found["fault"], strict=True))
    assert sorted(told) == sorted(
        [
            ("R1", 2, "unlocated"),
            ("R1", 1, "at_least"),
            ("R1", 1, "long_leg"),
            ("R1", 3, "no_way"),
            ("R2", 2, "outside_area"),
            ("R2", 1, "no_way"),
            ("R3", 2, "approximate"),
        ]
    )
    assert found["text_en"].str.len().min() > 10
    assert found["text_zh"].str.contains("[一-鿿]").all()


def test_a_route_without_a_fault_has_no_row(person: Walker, tmp_path: Path) -> None:
    assert len(faults(person, stops(R1=[(0, 0), (500, 0)]), tmp_path)) == 0


def test_numbers_that_skip_are_not_stops_without_a_position(person: Walker) -> None:
    table = stops(R1=[(0, 0), (500, 0)])
    table["seq"] = [1.0, 3.0]
    _, legs = trace(person, table)
    assert legs["at_least"].tolist() == [False]


def test_the_profile_of_the_walker_decides_what_can_be_walked() -> None:
    net = network(draw(row(0, 300, 330, 600), ("1 2", STREET), ("2 3", "highway=steps"), ("3 4", STREET)))
    table = stops(R1=[(0, 0), (600, 0)])
    adult, pram = (trace(walker(net, profile), table)[1].iloc[0] for profile in ("adult", "stepfree"))
    assert (adult["steps"], adult["steps_estimated"]) == (75, True)
    assert adult["problem"] == ""
    assert "stepfree" in pram["problem"]
