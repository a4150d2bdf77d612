"""Where a place is entered, and what is wrong with a table that says so."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from servicecircle.crs import WGS84
from servicecircle.entrances import Entrances, find_entrances, street_of
from servicecircle.errors import InputError
from servicecircle.ingest.entrances import ENTRANCES, read_entrances, surveyed_entrances
from servicecircle.ingest.facilities import read_facilities
from servicecircle.schemas import FACILITY_COLUMNS
from tests.town import CRS, lonlat
from tests.unit.test_facilities import CATEGORIES, EXTENT, GOOD, UNLOCATED

HERE = f"{GOOD['lon']} {GOOD['lat']}"


def write(folder: Path, *cells: str, change: dict[str, str] | None = None) -> Path:
    """Write places that differ in their entrances; line 2 is the first."""
    path = folder / "facilities.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*FACILITY_COLUMNS, "entrances"], lineterminator="\n")
        writer.writeheader()
        for i, cell in enumerate(cells, 1):
            writer.writerow(GOOD | {"facility_id": f"s{i}", "entrances": cell} | (change or {}))
    return path


def read(path: Path) -> gpd.GeoDataFrame:
    return read_facilities(path, CATEGORIES, EXTENT)


def test_a_file_may_say_nothing_of_entrances(tmp_path: Path) -> None:
    path = tmp_path / "facilities.csv"
    path.write_text(f"{','.join(GOOD)}\n{','.join(GOOD.values())}\n", "utf-8")
    assert read(path)["entrances"].isna().tolist() == [True]


def test_several_entrances_stand_in_one_cell(tmp_path: Path) -> None:
    places = read(write(tmp_path, f"{HERE}; 106.552 29.5602@-1 ;106.553  29.5603 @ +2", ""))
    found = surveyed_entrances(places["entrances"])
    assert found.index.tolist() == [0, 0, 0]
    assert found["lon"].tolist() == [106.5512345, 106.552, 106.553]
    assert found["lat"].tolist() == [29.5601234, 29.5602, 29.5603]
    assert np.array_equal(found["layer"], [np.nan, -1, 2], equal_nan=True)


SYNTAX = ("not an entrance", "106.5512345 29.5601234 @1")


@pytest.mark.parametrize(
    ("cell", "value", "problem", "remedy"),
    [
        ("106.55", "106.55", *SYNTAX),
        ("106.551,29.5601", "106.551,29.5601", *SYNTAX),
        (f"{HERE} 3", f"{HERE} 3", *SYNTAX),
        (f"{HERE} @", f"{HERE} @", *SYNTAX),
        (f"{HERE} @1.5", f"{HERE} @1.5", *SYNTAX),
        (f"{HERE} @up", f"{HERE} @up", *SYNTAX),
        (f"{HERE};", "", *SYNTAX),
        (f"{HERE}；{HERE}", f"{HERE}；{HERE}", *SYNTAX),
        ("北门", "北门", *SYNTAX),
        ("106.551 NaN", "NaN", "not a number", "plain digits"),
        ("１０６.５５ 29.56", "１０６.５５", "not a number", "plain digits"),
        ("29.5601 106.5512", "29.5601, 106.5512", "looks swapped", "longitude goes into lon"),
        ("106.6037 29.5571", "106.6037, 29.5571", "GCJ-02 or BD-09", "convert it to WGS-84"),
        ("0 0", "0, 0", "outside the walking network", "106.4800 to 106.6000"),
        (f"{HERE};{HERE}", HERE, "occurs twice", "keep one"),
        ("106.565 29.5601", "106.565 29.5601", "more than 1000 m from the place", "check lon and lat"),
    ],
)
def test_each_fault_of_an_entrance_is_named(tmp_path: Path, cell: str, value: str, problem: str, remedy: str) -> None:
    with pytest.raises(InputError) as error:
        read(write(tmp_path, "", f"106.552 29.5602; {cell}"))
    (fault,) = error.value.faults
    assert (fault.file, fault.row, fault.column, fault.value) == ("facilities.csv", 3, "entrances", value)
    assert problem in fault.problem
    assert remedy in fault.remedy


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        read(write(tmp_path, "1; 2", "3"))
    assert [(f.row, f.value) for f in error.value.faults] == [(2, "1"), (2, "2"), (3, "3")]


def test_a_place_without_a_position_has_no_entrance(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"row 2, column entrances: .*without a position.* give lon and lat"):
        read(write(tmp_path, HERE, change=UNLOCATED))


MAPPED = dict.fromkeys(ENTRANCES, "") | {"osm_id": "7", "lon": "106.55", "lat": "29.56", "kind": "gate"}


def mapped_file(folder: Path, *changes: dict[str, str]) -> Path:
    path = folder / "entrances.csv"
    rows = [ENTRANCES, *([*(MAPPED | change).values()] for change in changes)]
    path.write_text("".join(",".join(row) + "\n" for row in rows), "utf-8")
    return path


def test_entrances_of_the_map_are_read(tmp_path: Path) -> None:
    path = mapped_file(tmp_path, {}, {"osm_id": "8", "kind": "entrance", "layer": "-1", "name": "A2"})
    table = read_entrances(path, EXTENT)
    assert table["osm_id"].tolist() == ["7", "8"]
    assert np.array_equal(table["layer"], [np.nan, -1], equal_nan=True)
    assert table["name"].tolist()[1] == "A2"
    assert len(read_entrances(mapped_file(tmp_path), EXTENT)) == 0


@pytest.mark.parametrize(
    ("change", "column", "problem"),
    [
        ({"osm_id": ""}, "osm_id", "not an id"),
        ({"osm_id": "6"}, "osm_id", "occurs twice"),
        ({"kind": "door"}, "kind", "unknown kind"),
        ({"lon": "", "lat": ""}, "lon, lat", "no position"),
        ({"lon": "29.56", "lat": "106.55"}, "lon, lat", "looks swapped"),
        ({"layer": "0;1"}, "layer", "not a number"),
        ({"layer": "0.5"}, "layer", "not a layer"),
    ],
)
def test_each_fault_of_a_mapped_entrance_is_named(
    tmp_path: Path, change: dict[str, str], column: str, problem: str
) -> None:
    with pytest.raises(InputError) as error:
        read_entrances(mapped_file(tmp_path, {"osm_id": "6"}, change), EXTENT)
    (fault,) = error.value.faults
    assert (fault.file, fault.row, fault.column) == ("entrances.csv", 3, column)
    assert problem in fault.problem
    assert fault.remedy


@pytest.mark.parametrize(
    ("address", "street"),
    [
        ("渝中区中山三路151号", "中山三路"),
        ("中山三路 １５１号", "中山三路"),
        ("中山三路附近", None),
        ("上清寺中山三路", None),
        ("中山支路151号", None),
        ("三路12号", "三路"),
        ("上清寺12号中山三路3号", "中山三路"),
        ("", None),
        (None, None),
        (np.nan, None),
    ],
)
def test_an_address_names_a_street_by_its_number(address: object, street: str | None) -> None:
    assert street_of(address, ["三路", "上清寺", "中山三路", "(A+B) 路"]) == street


def place(x: float, y: float, **about: object) -> dict[str, Any]:
    known = {"name": "x", "address": None, "position_confidence": "building", "entrances": None}
    return known | {"geometry": shapely.Point(lonlat(x, y))} | about


def find(*places: dict[str, Any], mapped: tuple[tuple[float, float], ...] = ()) -> Entrances:
    """Find the entrances of places; one house stands at (0, 0) to (50, 50), a second from (50, 0) to (100, 50)."""
    placed = gpd.GeoDataFrame(list(places), crs=WGS84)
    placed["located"] = placed["position_confidence"].isin(["entrance", "building", "address"])
    houses = [shapely.box(0, 0, 50, 50), shapely.box(50, 0, 100, 50)]
    shapes = [shapely.transform(h, lambda xy: np.array([lonlat(*p) for p in xy])) for h in houses]
    buildings = gpd.GeoDataFrame({"building_id": ["w1", "w2"]}, geometry=shapes, crs=WGS84)
    at = np.array([lonlat(*p) for p in mapped]).reshape(-1, 2)
    table = pd.DataFrame({"lon": at[:, 0], "lat": at[:, 1], "layer": np.arange(len(at), dtype=np.float64)})
    return find_entrances(placed, table, buildings, ["长江路"], CRS)


def told(found: Entrances) -> list[tuple[int, str]]:
    return [(int(owner), str(reason)) for owner, reason in zip(found.owner, found.reason, strict=True)]


def test_every_place_has_an_entrance_and_a_reason() -> None:
    gates = ((25.0, 0.0), (50.0, 25.0), (25.0, 25.0), (80.0, 51.0))
    found = find(
        place(200, 200),
        place(20, 20, address="长江路8号"),
        place(300, 200, address="长江路8号"),
        place(20, 30, entrances="106.55 29.56; 106.56 29.57 @-1"),
        place(70, 20),
        place(25, 25, position_confidence="street", address="长江路8号"),
        place(25, 20, position_confidence="entrance", address="长江路8号"),
        place(400, 200, address="长江路"),
        mapped=gates,
    )
    supposed = [(0, "nearest"), (2, "street_number"), (5, "nearest"), (7, "nearest")]
    by_hand = [(3, "surveyed"), (3, "surveyed")]
    tagged = [(1, "tagged"), (1, "tagged"), (4, "tagged"), (6, "tagged")]
    assert told(found) == sorted([*supposed, *by_hand, *tagged])
    # a node within the house or a metre off its outline is no door of it; one between two houses serves both
    assert found.layer[[1, 2, 6]].tolist() == [0, 1, 1]
    assert np.array_equal(found.layer[[4, 5]], [np.nan, -1], equal_nan=True)
    assert found.street.tolist() == [None, None, None, "长江路", *[None] * 6]
    assert found.lonlat[1] == pytest.approx(lonlat(25, 0))
    assert found.lonlat[5].tolist() == [106.56, 29.57]
    assert found.lonlat[8] == pytest.approx(lonlat(25, 20))


def test_entrances_set_by_hand_override_the_map_even_outside_the_house() -> None:
    east, north = lonlat(400, 400)
    found = find(place(20, 20, entrances=f"{east:.7f} {north:.7f}"), mapped=((25.0, 0.0),))
    assert told(found) == [(0, "surveyed")]
    assert found.lonlat[0] == pytest.approx([east, north], abs=1e-7)


def test_without_a_map_of_entrances_or_houses_places_still_have_theirs() -> None:
    placed = gpd.GeoDataFrame([place(0, 0)], crs=WGS84).assign(located=True)
    nothing = gpd.GeoDataFrame({"building_id": []}, geometry=[], crs=WGS84)
    none = pd.DataFrame({"lon": [], "lat": [], "layer": []}, dtype=np.float64)
    assert told(find_entrances(placed, none, nothing, [], CRS)) == [(0, "nearest")]
    no_place = placed.iloc[:0]
    assert len(find_entrances(no_place, none, nothing, [], CRS)) == 0
