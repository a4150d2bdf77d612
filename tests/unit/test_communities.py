"""Homes by community: basins of seats, polygons where they are drawn, and what is said of both."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Polygon, mapping

from servicecircle.communities import Basins, community_seats, community_table, polygon_basins, seat_basins
from servicecircle.crs import WGS84
from servicecircle.errors import InputError
from servicecircle.ingest.communities import read_communities
from servicecircle.ingest.study import read_study
from tests.lines import MODELS, NAMES, homes, places, reach
from tests.town import CRS, Town, lonlat

HOMES_X = [0.0, 100.0, 300.0, 400.0, 600.0, 900.0]
CODES = ["1", "1", "1", "1", "2", "2"]
PEOPLE = {"a": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], "b": [6.0, 5.0, 4.0, 3.0, 2.0, 1.0]}
LIMITS = {"radius": 1000.0, "level": 150.0, "walk": 150.0}
CHOICES = {tier: np.array([0, 1, 2, 3, 1, 0]) for tier in ("school", "community", "base")}


def town() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, pd.DataFrame]:
    """Two seats and a lost one in the west, a lost one alone in the east."""
    at = homes(HOMES_X, CODES, PEOPLE)
    registry = places(
        {"x": 0.0, "facility_id": "C1", "name": "甲"},
        {"x": 400.0, "facility_id": "C2", "name": "乙", "approximate": True},
        {"x": np.nan, "facility_id": "C3", "name": "丙", "located": False},
        {"x": np.nan, "facility_id": "C4", "name": "丁", "located": False},
    )
    seats = pd.DataFrame(
        {
            "community_id": registry["facility_id"], "name": registry["name"], "subdistrict": ["1", "1", "1", "2"],
            "facility_id": registry["facility_id"], "seat": ["located", "approximate", "none", "none"],
        }
    )  # fmt: skip
    return at, gpd.GeoDataFrame(registry.iloc[:2].reset_index(drop=True)), seats


CLASSED = {f"{tier}{basis}_class": None for tier in ("school", "community", "base") for basis in ("", "_confirmed")}
CLASSED |= {"base_class": ["certain", "likely", "borderline", "certain", "uncovered", None]}


def basins(wall: float | None = None) -> tuple[Basins, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    at, placed, seats = town()
    by = reach(HOMES_X, [0.0, 400.0], wall)
    return seat_basins(seats, at, placed, by["walk"], by["radius"]), at, placed


def certainty() -> pd.DataFrame:
    return pd.DataFrame(CLASSED, index=range(len(HOMES_X)), dtype=object)


def table(wall: float | None = None) -> pd.DataFrame:
    found, at, placed = basins(wall)
    by = reach(HOMES_X, [0.0, 400.0], wall)
    return community_table(found, at, MODELS, NAMES, placed, by, LIMITS, CHOICES, certainty()).set_index("community_id")


def test_a_home_belongs_to_the_nearest_seat_of_its_subdistrict() -> None:
    found, _, _ = basins()
    ids = found.table["community_id"].to_numpy()[found.of_home]
    assert ids.tolist() == ["C1", "C1", "C2", "C2", "unassigned-2", "unassigned-2"]


def test_a_basin_is_called_approximate_and_a_lost_seat_gets_none() -> None:
    found = table()
    assert found["basis"].to_dict() == {
        "C1": "approximate", "C2": "approximate", "C3": "none", "C4": "none", "unassigned-2": "none",
    }  # fmt: skip
    assert found.loc["C3", "homes"] == 0
    assert "no position" in found.loc["C3", "note_en"]
    assert "1 more communities" in found.loc["C1", "note_en"]
    assert found.loc["unassigned-2", "homes"] == 2


def test_who_cannot_walk_to_a_seat_goes_by_the_straight_line_and_is_counted() -> None:
    found = table(wall=350.0)  # the home at 300 m cannot walk to 400 m
    assert found["homes"].tolist()[:2] == [3, 1]
    assert found["homes_straight"].sum() == 0
    found = table(wall=50.0)  # now the homes at 100 and 300 m walk east only
    assert found["homes"].tolist()[:2] == [1, 3]
    cut, at, placed = basins()
    nowhere = reach(HOMES_X, [5000.0, 6000.0], wall=4000.0)["walk"]
    seats = town()[2]
    cut = seat_basins(seats, at, placed, nowhere, reach(HOMES_X, [0.0, 400.0])["radius"])
    assert cut.table["homes_straight"].tolist()[:2] == [2, 2]


def test_the_row_of_a_community_is_the_one_counted_by_hand() -> None:
    row = table().loc["C2"]
    assert [row[k] for k in ("people_low", "people", "people_high")] == [7.0, 7.0, 7.0]
    assert row["subdistrict_name"] == "西城街道"
    assert row["share_community_all_walk"] == 1.0
    assert row["share_community_confirmed_walk"] == 0.0  # the located seat is 300 m and more away
    assert row["share_community_confirmed_radius"] == 1.0
    assert row["mean_community_min"] == pytest.approx(100 * 3.5 / 7 / 60)
    assert [row[f"people_base_{k}"] for k in (0, 1, 2)] == [0.0, 0.0, 7.0]
    assert pd.isna(row["share_school_all_walk"])  # no school has a position: unknown, not zero
    assert pd.isna(row["mean_school_min"])


def test_a_share_and_a_mean_have_the_ends_of_the_models() -> None:
    row = table(wall=350.0).loc["C2"]  # alone the home at 400 m
    assert [row[f"share_community_all_walk{end}"] for end in ("_low", "", "_high")] == [1.0] * 3
    row = table().loc["C1"]
    ends = [row[f"share_base_all_walk{end}"] for end in ("_low", "", "_high")]
    assert ends == sorted(ends)
    met = table(wall=50.0).loc["C2"]  # homes at 100, 300 and 400 m, 300, 100 and 0 m from their seat
    by_model = [np.average([300, 100, 0], weights=np.array(PEOPLE[m])[[1, 2, 3]]) / 60 for m in MODELS]
    assert [met[f"mean_community_min_{end}"] for end in ("low", "high")] == pytest.approx(sorted(by_model))
    assert min(by_model) < met["mean_community_min"] < max(by_model)


def test_people_by_class_are_those_counted_by_hand_and_unknown_stays_unknown() -> None:
    found = table()
    people = np.mean([PEOPLE["a"], PEOPLE["b"]], axis=0)
    classes = [f"people_base_all_{name}" for name in ("certain", "likely", "borderline", "uncovered")]
    assert found.loc["C1", classes].tolist() == [people[0], people[1], 0.0, 0.0]
    assert found.loc["C2", classes].tolist() == [people[3], 0.0, people[2], 0.0]
    assert found.loc["unassigned-2", classes].tolist() == [0.0, 0.0, 0.0, people[4]]
    unknown = [f"people_{tier}_{basis}_certain" for tier in ("school", "community") for basis in ("all", "confirmed")]
    assert found[unknown].isna().all(axis=None)


def test_people_sum_to_the_total() -> None:
    found = table()
    assert found["people"].sum() == sum(np.mean([PEOPLE["a"], PEOPLE["b"]], axis=0))
    assert found["homes"].sum() == len(HOMES_X)


def square(west: float, east: float) -> Polygon:
    return Polygon([lonlat(x, y) for x, y in ((west, -50), (east, -50), (east, 50), (west, 50))])


def drawn(*rows: tuple[str, str, str, float, float]) -> gpd.GeoDataFrame:
    shapes = [square(west, east) for *_, west, east in rows]
    return gpd.GeoDataFrame(
        [row[:3] for row in rows], columns=["id", "name", "subdistrict"], geometry=shapes, crs=WGS84
    )


def test_polygons_replace_basins_and_are_exact() -> None:
    at, _, seats = town()
    polygons = drawn(("x9", "乙", "1", 50.0, 350.0), ("C4", "别名", "2", 550.0, 700.0))
    found = polygon_basins(polygons, seats, at)
    ids = found.table["community_id"].to_numpy()[found.of_home].tolist()
    assert ids == ["unassigned-1", "x9", "x9", "unassigned-1", "C4", "unassigned-2"]
    rows = found.table.set_index("community_id")
    assert rows.loc["x9", ["facility_id", "basis"]].tolist() == ["C2", "exact"]  # by its name
    assert rows.loc["C4", "facility_id"] == "C4"  # by its id
    assert rows.loc["C1", ["basis", "note_en"]].tolist() == ["none", "no polygon in communities.geojson"]
    assert "C2" not in rows.index


def test_on_a_common_border_the_first_by_id_takes_the_home() -> None:
    at, _, seats = town()
    whole = drawn(("b", "b", "1", -50.0, 1000.0), ("a", "a", "1", -50.0, 1000.0))
    found = polygon_basins(whole, seats, at)
    assert set(found.table["community_id"].to_numpy()[found.of_home]) == {"a"}


def test_seats_come_from_the_registry_by_name_or_by_where_they_are(tmp_path: Path) -> None:
    area = read_study(Town().write(tmp_path / "town")).area
    registry = places(
        {"x": 100.0, "facility_id": "C1"},
        {"x": 900.0, "facility_id": "C2", "subdistrict": "西城街道"},
        {"x": 900.0, "facility_id": "C3", "approximate": True},
        {"x": np.nan, "facility_id": "C4"},
        {"x": 100.0, "facility_id": "C5", "status": "candidate"},
        {"x": 100.0, "facility_id": "S1", "kind": "school", "tier": "school"},
    )
    seats = community_seats(registry, area)
    assert seats["community_id"].tolist() == ["C1", "C2", "C3", "C4"]
    assert seats["subdistrict"].tolist()[:3] == ["1", "1", "2"]
    assert pd.isna(seats["subdistrict"].iloc[3])
    assert seats["seat"].tolist() == ["located", "located", "approximate", "none"]


def write(folder: Path, *features: tuple[dict[str, object], object]) -> Path:
    path = folder / "communities.geojson"
    content = [{"type": "Feature", "properties": p, "geometry": mapping(s)} for p, s in features]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": content}), "utf-8")
    return path


GOOD = {"id": "C1", "name": "甲", "subdistrict": "1"}


def test_polygons_are_read_and_slivers_forgiven(tmp_path: Path) -> None:
    path = write(tmp_path, (GOOD, square(0, 100)), (GOOD | {"id": "C2"}, square(97, 200)))
    assert read_communities(path, NAMES, CRS)["id"].tolist() == ["C1", "C2"]


@pytest.mark.parametrize(
    ("features", "problem"),
    [
        ([(GOOD, square(0, 100)), (GOOD | {"id": "C2"}, square(90, 200))], "feature 2 overlaps feature 1"),
        ([(GOOD, square(0, 100)), (GOOD, square(200, 300))], "feature 2 has a id that occurs twice"),
        ([(GOOD | {"id": "a b"}, square(0, 100))], "feature 1: no id"),
        ([(GOOD | {"name": " "}, square(0, 100))], "feature 1: no name"),
        ([(GOOD | {"subdistrict": "9"}, square(0, 100))], "feature 1: an unknown subdistrict"),
        ([(GOOD, square(0, 100).centroid)], "feature 1: no area"),
        ([], "no community"),
    ],
)
def test_a_faulty_polygon_is_named(tmp_path: Path, features: list, problem: str) -> None:
    with pytest.raises(InputError) as raised:
        read_communities(write(tmp_path, *features), NAMES, CRS)
    assert raised.value.faults[0].problem.startswith(problem)
    assert raised.value.faults[0].remedy
