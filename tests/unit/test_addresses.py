"""From an address to a position: addresses taken apart, and the registry held against itself, one place left out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely

from servicecircle.crs import GEOD, to_metric
from servicecircle.found import Found
from servicecircle.model import APPROXIMATE, LOCATED, Study
from servicecircle.registry.address_text import read_addresses, street_in
from servicecircle.registry.addresses import AddressBook
from servicecircle.registry.ground import Ground


@pytest.fixture(scope="module")
def ground(district: Study) -> Ground:
    return Ground.of(district)


@pytest.fixture(scope="module")
def book(district: Study, ground: Ground) -> AddressBook:
    return AddressBook.of(district, ground)


def located(book: AddressBook, address: str, name: str = "某处", subdistrict: str = "") -> Found:
    found = book.locate(name, address, subdistrict)
    assert found is not None
    return found


def apart_m(found: Found, lon: float, lat: float) -> float:
    return float(GEOD.inv(found.lon, found.lat, lon, lat)[2])


def position(district: Study, name: str) -> tuple[float, float]:
    row = district.facilities.set_index("name").loc[name]
    return float(row["lon"]), float(row["lat"])


@pytest.mark.parametrize(
    ("cell", "parts"),
    [
        ("重庆市渝中区中山四路65号", [("中山四路", "65", "")]),
        ("渝中区建兴一巷４４号", [("建兴一巷", "44", "")]),
        ("重庆市渝中区七星岗街道抗建堂社区枇杷山正街89", [("枇杷山正街", "89", "")]),
        ("重庆渝中区一号桥北区路24号", [("一号桥北区路", "24", "")]),
        ("渝中区石油路街道经纬大道770号", [("经纬大道", "770", "")]),
        ("上清寺路39号附1号", [("上清寺路", "39", "")]),
        ("民生路12号之一", [("民生路", "12", "")]),
        ("长江二路177-9号", [("长江二路", "177", "")]),
        ("中山四路65、67号", [("中山四路", "65", "")]),
        ("人民路特5号", [("人民路", "特5", "")]),
        ("中山四路六十五号", [("中山四路", "65", "")]),
        ("民族路一百二十号", [("民族路", "120", "")]),
        ("临江路1号国泰艺术中心内", [("临江路", "1", "国泰艺术中心内")]),
        ("瑞天路150号重庆天地12栋5楼", [("瑞天路", "150", "重庆天地12栋5楼")]),
        ("民生路345号兴利大厦2、3层", [("民生路", "345", "兴利大厦2、3层")]),
        ("北区路51号、人民路3号", [("北区路", "51", ""), ("人民路", "3", "")]),
        ("中山二路174号/体育路1号；桂花园", [("中山二路", "174", ""), ("体育路", "1", ""), ("桂花园", None, "")]),
        ("地铁1号线鹅岭站旁", [("地铁1号线鹅岭站旁", None, "")]),
        ("南区公园路", [("南区公园路", None, "")]),
        ("中山 四路 ６５ 号", [("中山四路", "65", "")]),
        ("", []),
        ("  ", []),
    ],
)
def test_addresses_taken_apart(cell: str, parts: list[tuple[str, str | None, str]]) -> None:
    assert [(one.place, one.number, one.rest) for one in read_addresses(cell)] == parts


def test_brackets_stand_aside() -> None:
    (one,) = read_addresses("较场口87号附4号（磁器街）")
    assert (one.place, one.number, one.house, one.aside) == ("较场口", "87", 87, "磁器街")
    (one,) = read_addresses("（周公馆旁）")
    assert (one.place, one.aside) == ("", "周公馆旁")
    assert read_addresses("人民路特5号")[0].house is None


def test_the_street_of_a_text() -> None:
    streets = {"中山四路", "大坪正街", "大坪正街二巷", "曾家岩", "长江二路"}
    assert street_in("上清寺中山四路", streets) == ("中山四路", "")
    assert street_in("大坪正街二巷", streets) == ("大坪正街二巷", "")
    assert street_in("长江二路二巷", streets) == ("长江二路", "二巷")
    assert street_in("上曾家岩", streets) is None
    assert street_in("民生路", streets) is None


def test_the_very_house(book: AddressBook, district: Study) -> None:
    found = located(book, "重庆市渝中区上清寺街道中山四路６５号附3号2楼")
    assert found.confidence == "address"
    assert found.source == "中山四路65号: same house number as 桂园 (registry)"
    assert apart_m(found, *position(district, "桂园")) < 0.1
    assert (found.redistributable, found.licence) == (True, "ODbL-1.0")


def test_what_is_found_by_closed_data_is_closed(book: AddressBook) -> None:
    found = located(book, "大坪支路19号")
    assert found.confidence == "address"
    assert (found.redistributable, found.licence) == (False, "unclear (commercial or 天地图 service)")


def test_between_two_numbers(book: AddressBook, ground: Ground) -> None:
    found = located(book, "中山四路67号")
    assert (found.confidence, found.redistributable) == ("street", False)
    assert found.source == "between 中山四路 65 and 69 (registry)"
    assert ground.off_street_m(ground.points(np.array([found.lon]), np.array([found.lat])), ["中山四路"])[0] < 0.1


def test_beside_a_number_or_not(book: AddressBook) -> None:
    assert located(book, "大坪支路45号").source == "beside 大坪支路 42 (registry), 3 numbers off"
    assert located(book, "大坪支路99号").source.startswith("midpoint of 大坪支路 (OpenStreetMap)")


def test_a_landmark_in_the_address_or_the_name(book: AddressBook, district: Study) -> None:
    for address in ("重庆市少年宫内", "少年宫旁"):
        found = located(book, address)
        assert (found.confidence, found.source) == ("landmark", "重庆市少年宫 (registry), named in the address")
    found = located(book, "人民路", "国泰艺术中心-临江厅")
    assert (found.confidence, found.source) == ("landmark", "国泰艺术中心 (registry), named in the name")
    assert located(book, "白象街", "国泰艺术中心书店").confidence == "street"  # a name like it is no place in it
    assert located(book, "", "国泰艺术中心").source == "国泰艺术中心 (registry), named in the name"
    assert apart_m(located(book, "中山四路（桂园新楼，国泰艺术中心旁）"), *position(district, "国泰艺术中心")) < 0.1


def test_a_branch_is_not_its_head_office(book: AddressBook) -> None:
    found = located(book, "渝中区青年路9号", "复旦中学（青年路校区）")
    assert "复旦中学" not in found.source


def test_streets(book: AddressBook, ground: Ground, district: Study) -> None:
    found = located(book, "白象街")
    assert (found.confidence, found.source) == ("street", "midpoint of 白象街 (OpenStreetMap)")
    found = located(book, "经纬大道", subdistrict="石油路街道")
    assert found.confidence == "street"
    assert found.source.startswith("midpoint of 经纬大道 in 石油路街道 (OpenStreetMap), 3.")
    shape = district.area.subdistricts.set_index("name").geometry["石油路街道"]
    assert to_metric(shape, ground.crs).distance(to_metric(shapely.Point(found.lon, found.lat), ground.crs)) <= 100
    lane = located(book, "长江二路九巷30号")
    assert lane.confidence == "area"
    assert lane.source.startswith("长江二路九巷 is not on the map; midpoint of 长江二路")


@pytest.mark.parametrize("subdistrict", ["朝天门街道", "七星岗街道", "石油路街道"])
def test_the_last_resort_is_on_a_street_of_the_subdistrict(
    book: AddressBook, ground: Ground, district: Study, subdistrict: str
) -> None:
    found = located(book, "", subdistrict=subdistrict)
    assert (found.confidence, found.redistributable) == ("area", True)
    assert found.source.startswith(f"subdistrict {subdistrict}")
    shape = district.area.subdistricts.set_index("name").geometry[subdistrict]
    assert shapely.intersects_xy(shape, found.lon, found.lat)
    assert ground.off_network_m(ground.points(np.array([found.lon]), np.array([found.lat])))[0] < 0.1
    assert located(book, f"重庆市渝中区{subdistrict}") == found


def test_nothing_is_guessed(book: AddressBook) -> None:
    assert book.locate("某处", "北京市海淀区中关村南大街5号", "") is None
    assert book.locate("某处", "", "") is None
    assert book.locate("", "88888888号", "") is None


def test_hostile_addresses(book: AddressBook) -> None:
    for text in (
        "(" * 5000,
        "号" * 5000,
        "1" * 300 + "号",
        "一" * 5000 + "号",
        "路1号、" * 300,
        "社区" * 3000,
        "\x00\u202e",
    ):
        found = book.locate(text, text, text)
        assert found is None or found.confidence in APPROXIMATE


def leave_one_out(district: Study, ground: Ground) -> pd.DataFrame:
    places = district.facilities
    book = AddressBook.of(district, ground)
    lines = []
    for row in places[places["located"] & places["address"].notna()].itertuples():
        found = book.knowing(places.drop(row.Index)).locate(row.name, row.address, row.subdistrict)
        if found:
            lines.append((row.name, found.confidence, apart_m(found, row.lon, row.lat)))
    return pd.DataFrame(lines, columns=["name", "confidence", "off_m"])


def test_the_registry_held_against_itself(district: Study, ground: Ground) -> None:
    """Each located place is looked for by its address in the registry of the others."""
    off_m = leave_one_out(district, ground).groupby("confidence")["off_m"]
    figures = pd.DataFrame({"count": off_m.count(), "median": off_m.median(), "ninth": off_m.quantile(0.9)})
    words = [word for word in (*LOCATED, *APPROXIMATE) if word in figures.index and figures.loc[word, "count"] >= 10]
    assert words == ["address", "street", "area"]
    for column in ("median", "ninth"):
        assert figures.loc[words, column].is_monotonic_increasing, figures
    assert figures.loc["address", "count"] >= 20
    assert figures.loc["address", "median"] < 50
    assert figures.loc["address", "ninth"] < 160
    assert figures.loc["street", "count"] >= 70
    assert figures.loc["street", "median"] < 160
    assert figures.loc["street", "ninth"] < 450
    assert figures["count"].sum() == (district.facilities["located"] & district.facilities["address"].notna()).sum()
