"""A planner's own people: three forms of one table, every fault of it, and every row kept among its homes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from servicecircle.crs import to_lonlat, to_metric
from servicecircle.demand import MODELS, Demand, given_demand
from servicecircle.errors import InputError
from servicecircle.ingest.demand import read_demand
from tests.unit.test_demand import CRS, HOUSES, PARAMETERS, SIDE, STREETS, X, Y, area, box, layer

EXTENT = (106.0, 29.0, 107.0, 30.0)
AREA = area(HOUSES)


def read(tmp_path: Path, text: str) -> gpd.GeoDataFrame:
    path = tmp_path / "people.csv"
    path.write_text(text, "utf-8")
    return read_demand(path, EXTENT)


def faults(tmp_path: Path, text: str) -> list[tuple[int | None, str | None, str]]:
    with pytest.raises(InputError) as error:
        read(tmp_path, text)
    assert all(fault.remedy and fault.file == "people.csv" for fault in error.value.faults)
    return [(fault.row, fault.column, fault.problem) for fault in error.value.faults]


def lonlat(x: float, y: float) -> tuple[float, float]:
    lon, lat = to_lonlat(np.asarray([[X + x, Y + y]]), CRS)[0]
    return float(lon), float(lat)


def place(table: gpd.GeoDataFrame, communities: gpd.GeoDataFrame | None = None) -> Demand:
    return given_demand(AREA, table, STREETS, PARAMETERS, communities)


def metres(found: gpd.GeoDataFrame) -> np.ndarray:
    return to_metric(shapely.get_coordinates(found.geometry.to_numpy()), CRS) - [X, Y]


def seats(*rows: tuple[str, str, str | None, tuple[float, float] | None]) -> gpd.GeoDataFrame:
    shapes = [shapely.Point(lonlat(*row[3])) if row[3] else shapely.Point() for row in rows]
    names = {"facility_id": [r[0] for r in rows], "name": [r[1] for r in rows], "subdistrict": [r[2] for r in rows]}
    return layer(shapes, **names)


def parts(column: str, **people: float) -> gpd.GeoDataFrame:
    counts = [float(count) for count in people.values()]
    table = pd.DataFrame({column: [*people], "people": counts, "row": range(2, 2 + len(counts))})
    return gpd.GeoDataFrame(table, geometry=[shapely.Point()] * len(people), crs="EPSG:4326")


def test_homes_keep_their_range_and_their_ages(tmp_path: Path) -> None:
    text = "demand_id,lon,lat,people,people_low,people_high,people_6_12,people_60\n"
    lon, lat = lonlat(20, 20)
    table = read(tmp_path, text + f"h1,{lon},{lat},10,8,20,2,\nh2,{lon},{lat},5,,,0,1\n")
    found = given_demand(AREA, table)
    assert found.points[["people_low", "people", "people_high"]].to_numpy().tolist() == [[8, 10, 20], [5, 5, 5]]
    assert found.models == ("given", "given_low", "given_high")
    assert found.groups == ("6_12", "60")
    assert found.people("6_12").tolist() == [2, 0]
    assert found.people("60").isna().tolist() == [True, False]
    with pytest.raises(InputError, match=r"use one of: all, 6_12, 60; or give people\.csv with a column people_3_6"):
        found.people("3_6")


def test_people_of_a_cell_are_shared_among_its_homes(tmp_path: Path) -> None:
    (w, s), (e, n) = lonlat(0, 0), lonlat(300, 300)
    wkt = f'"POLYGON (({w} {s}, {e} {s}, {e} {n}, {w} {n}, {w} {s}))"'
    table = read(tmp_path, f"cell_id,wkt,people,people_0_3\nsquare,{wkt},700,70\n")
    found = place(table)
    inside = found.points
    assert set(inside["subdistrict"]) == {"a"}
    assert {"w1", "w2", "w3"} <= set(inside["demand_id"])
    for name in (*(f"people_{m}" for m in MODELS), "people"):
        assert inside[name].sum() == pytest.approx(700, abs=1e-6)
    # ten levels weigh ten times one
    people = inside.set_index("demand_id")["people_floor_area"]
    assert people["w1"] == pytest.approx(people["w2"], rel=1e-3)  # the untagged take the trusted median, ten
    assert (inside["people_low"] < inside["people_high"]).any()
    assert found.people("0_3").to_numpy() == pytest.approx(inside["people"].to_numpy() / 10)
    assert found.completeness["homes"].tolist() == [len(inside), 0, 0]


def test_a_square_is_its_centre_and_its_side(tmp_path: Path) -> None:
    lon, lat = lonlat(150, 150)
    found = place(read(tmp_path, f"cell_id,lon,lat,cell_m,people\nc1,{lon:.9f},{lat:.9f},300,90\n"))
    assert set(found.points["subdistrict"]) == {"a"}
    assert found.points["people"].sum() == pytest.approx(90)
    small = place(read(tmp_path, f"cell_id,lon,lat,cell_m,people\nc1,{lon:.9f},{lat:.9f},140,90\n"))
    assert np.abs(metres(small.points) - 150).max() <= 70.1
    assert "w3" in set(small.points["demand_id"])  # its middle is at 100, 170
    assert not {"w1", "w2"} & set(small.points["demand_id"])


def test_a_cell_without_homes_keeps_its_people_on_its_street_side(tmp_path: Path) -> None:
    cells = [("far", (150, 250), 60, 7), ("on", (300, 148), 20, 5), ("nobody", (150, 30), 40, 0)]
    rows = [f"{k},{lonlat(*at)[0]:.9f},{lonlat(*at)[1]:.9f},{side},{n}" for k, at, side, n in cells]
    found = place(read(tmp_path, "\n".join(["cell_id,lon,lat,cell_m,people", *rows]) + "\n")).points
    alone = found[found["kind"] == "given"].set_index("demand_id")
    assert alone["people"].to_dict() == {"cell.far": 7, "cell.on": 5}
    assert metres(alone)[0] == pytest.approx([150, 220], abs=0.1)  # the south side of 220..280; the street is at 150
    assert metres(alone)[1] == pytest.approx([300, 150], abs=0.1)
    assert alone[["people_low", "people_high"]].to_numpy().tolist() == [[7, 7], [5, 5]]
    assert alone["street_m"].isna().all()
    assert found["people"].sum() == pytest.approx(12)


def test_a_home_between_two_cells_is_in_one(tmp_path: Path) -> None:
    rows = [f"{k},{lonlat(x, 170)[0]:.9f},{lonlat(x, 170)[1]:.9f},80,10" for k, x in (("b", 40), ("a", 90))]
    found = place(read(tmp_path, "\n".join(["cell_id,lon,lat,cell_m,people", *rows]) + "\n")).points
    assert found["people"].sum() == pytest.approx(20)
    people = found.set_index("demand_id")["people"]
    assert people["w1"] + people["w2"] == pytest.approx(10)  # centres at 20, 60, 100: w2 is in both, nearer to 40
    assert people["w3"] == pytest.approx(10)


def test_people_of_a_subdistrict_are_shared_and_the_others_left_out() -> None:
    found = place(parts("subdistrict", 甲=300, c=50))
    by_code = found.points.groupby("subdistrict")["people"].sum()
    assert by_code.to_dict() == pytest.approx({"a": 300, "c": 50})
    assert found.models == MODELS
    assert (found.base_year, found.year, found.hold_out.empty) == (None, None, True)


def test_people_of_a_community_live_nearer_to_its_seat_than_to_another() -> None:
    register = seats(("C1", "东", "甲", (90, 160)), ("C2", "西", None, (20, 160)), ("C3", "丙一", "c", (700, 160)))
    found = place(parts("community", 西=100, C1=40), register).points
    assert set(found["subdistrict"]) == {"a"}
    people = found.set_index("demand_id")["people"]
    west = metres(found)[:, 0] < 55
    assert people[west].sum() == pytest.approx(100)
    assert people[~west].sum() == pytest.approx(40)
    assert {"w1"} <= set(found["demand_id"][west])
    assert {"w2", "w3"} <= set(found["demand_id"][~west])


def test_a_community_without_a_seat_is_anywhere_in_its_subdistrict() -> None:
    register = seats(("C500001", "东", "a", (90, 160)), ("C500002", "无", "甲", None))
    found = place(parts("community", 无=60), register).points
    homes = place(parts("subdistrict", a=60)).points
    pd.testing.assert_frame_equal(pd.DataFrame(found), pd.DataFrame(homes))
    afar = seats(("C1", "东", "a", (90, 160)), ("C2", "无", "a", (-900, -900)))
    pd.testing.assert_frame_equal(pd.DataFrame(place(parts("community", 无=60), afar).points), pd.DataFrame(homes))
    both = place(parts("community", 无=60, 东=30), register).points
    assert both["people"].sum() == pytest.approx(90)


def test_two_communities_at_one_spot_share_their_homes() -> None:
    register = seats(("C1", "东", "a", (90, 160)), ("C2", "西", "a", (90, 160)))
    found = place(parts("community", 西=100, 东=40), register).points
    assert found["people"].sum() == pytest.approx(140)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (parts("subdistrict", z=5), r"people\.csv, row 2, column subdistrict: no such subdistrict \(value: 'z'\)"),
        (parts("subdistrict", a=5, 甲=5), r"row 3, column subdistrict: the subdistrict has a row already"),
        (parts("community", 南=5), r"no such community \(value: '南'\). Remedy: use the id or name or code"),
        (parts("community", 同=5), r"more than one community has that name.*use the id"),
        (parts("community", 失=5), r"nobody knows in which subdistrict.*a position or a subdistrict"),
        (parts("community", 空=5), r"people and no home.*demand_id, lon, lat"),
    ],
)
def test_a_part_nobody_can_place_is_named(table: gpd.GeoDataFrame, message: str) -> None:
    register = seats(
        ("C1", "同", "a", (10, 160)), ("C2", "同", "b", (310, 160)), ("C3", "失", None, None),
        ("C4", "空", "e", None),
    )  # fmt: skip
    empty = layer([*AREA.subdistricts.geometry, box(0, 300, 900, 600)], code=[*"abce"], name=["甲", "乙", "丙", "戊"])
    with pytest.raises(InputError, match=message):
        given_demand(replace(AREA, subdistricts=empty), table, STREETS, PARAMETERS, register)


def test_parts_need_streets_to_find_homes() -> None:
    with pytest.raises(TypeError, match="need streets"):
        given_demand(AREA, parts("subdistrict", a=5))


POINT = "demand_id,lon,lat,people"
SQUARE = "cell_id,lon,lat,cell_m,people"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{POINT},people_low\nh,106.5,29.5,3,4\n", [(2, "people_low, people", "low is above the middle")]),
        (f"{POINT},people_high\nh,106.5,29.5,3,2\n", [(2, "people, people_high", "high is below the middle")]),
        (f"{POINT},people_6_3\nh,106.5,29.5,3,2\n", [(None, "people_6_3", "an age group of nobody")]),
        (f"{POINT},people_0_3\nh,106.5,29.5,3,9\n", [(2, "people_0_3, people", "more people of that age than people")]),
        (f"{POINT},people_0_3\nh,106.5,29.5,3,-1\n", [(2, "people_0_3", "fewer than 0 people")]),
        (
            f"{POINT},people_0_3,people_3_6\nh,106.5,29.5,9,8,8\nk,106.5,29.5,9,,8\n",
            [(2, "people", "more people in the age groups together than people")],
        ),
        (f"{POINT},people_kids\nh,106.5,29.5,9,8\n", [(1, "people_kids", "an unknown column")]),
        (f"{POINT},cell_id\nh,106.5,29.5,9,8\n", [(1, "cell_id", "an unknown column")]),
        (f"{SQUARE}\nc,106.5,29.5,,9\n", [(2, "cell_m", "no size")]),
        (f"{SQUARE}\nc,106.5,29.5,0,9\n", [(2, "cell_m", "not the side of a cell")]),
        (f"{SQUARE}\nc,,,100,9\nc,29.5,106.5,100,\n", [
            (2, "lon, lat", "no position"), (3, "cell_id", "the id occurs twice"), (3, "lon, lat", "looks swapped"),
            (3, "people", "no number of people"),
        ]),
        ("cell_id,wkt,people\nc,POINT (106.5 29.5),9\n", [(2, "wkt", "not a polygon")]),
        ("cell_id,wkt,people\nc,oops,9\nd,,9\n", [(2, "wkt", "not a polygon"), (3, "wkt", "not a polygon")]),
        (
            'cell_id,wkt,people\nc,"POLYGON ((106.5 29.5, 106.6 29.6, 106.6 29.5, 106.5 29.6, 106.5 29.5))",9\n',
            [(2, "wkt", "a polygon that crosses itself")],
        ),
        (
            'cell_id,wkt,people\nc,"POLYGON ((29.5 106.5, 29.6 106.5, 29.6 106.6, 29.5 106.5))",9\n',
            [(2, "wkt", "outside the walking network")],
        ),
        ("subdistrict,people\n,9\n", [(2, "subdistrict", "no subdistrict")]),
        ("subdistrict,people\n甲,9\n甲,8\n", [(3, "subdistrict", "the subdistrict occurs twice")]),
        ("community,people\n甲,x\n", [(2, "people", "not a number")]),
        ("community,subdistrict,people\n甲,a,1\n", [(1, "community", "an unknown column")]),
    ],
)  # fmt: skip
def test_every_fault_is_named(tmp_path: Path, text: str, expected: list[tuple[int | None, str | None, str]]) -> None:
    assert faults(tmp_path, text) == expected


def test_a_file_that_is_no_table_is_named(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_bytes("名称\n".encode("gb18030"))
    with pytest.raises(InputError, match=r"people\.csv, row 1: not UTF-8"):
        read_demand(tmp_path / "people.csv", EXTENT)
    assert faults(tmp_path, "name,people\nx,1\n") == [(None, None, "neither homes nor cells nor parts of the area")]


def test_the_areas_own_buildings_and_figures_add_nothing() -> None:
    """The table replaces everything: homes outside all rows are not there, whatever the map says."""
    half = layer([box(0, 0, SIDE / 2, SIDE)], cell_id=["c"], people=[10.0])
    found = place(half).points
    assert metres(found)[:, 0].max() < SIDE / 2
    assert found["people"].sum() == pytest.approx(10)
