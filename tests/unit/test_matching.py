"""One place under two names, and two places under almost one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecircle.model import Study
from servicecircle.registry.matching import PROPOSALS, Matches, find_matches
from servicecircle.registry.names import plain_address, plain_name

AREA = "渝中区"
LON, LAT = 106.55, 29.56
METRE = 1 / 111_000.0  # of latitude, in degrees


def table(*places: tuple[str, str, float | None], kind: str = "school") -> pd.DataFrame:
    """Places as (name, address, metres north of one point or None), numbered like the rows of a file."""
    rows = [
        {
            "facility_id": "",
            "kind": kind,
            "name": name,
            "address": address,
            "lon": np.nan if north is None else LON,
            "lat": np.nan if north is None else LAT + north * METRE,
        }
        for name, address, north in places
    ]
    return pd.DataFrame(rows, index=pd.RangeIndex(2, 2 + len(rows)))


def known(*places: tuple[str, str, float | None], kind: str = "school") -> pd.DataFrame:
    """Give the same as a registry: with ids K0, K1..."""
    rows = table(*places, kind=kind)
    return rows.assign(facility_id=[f"K{k}" for k in range(len(rows))])


def asked(row: tuple[str, str, float | None], *places: tuple[str, str, float | None]) -> Matches:
    return find_matches(table(row), known(*places), AREA)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("重庆市渝中区人和街小学校", "人和街小学"),
        ("渝中区人和街小学　家长学校", "人和街小学校"),
        ("重庆市第二十九中学校", "二十九中"),
        ("第29中学", "重庆二十九中学校"),
        ("大溪沟街道人和街社区居委会", "大溪沟街道人和街社区"),
        ("Ｙ２Ｋ 艺术·中心", "y2k艺术中心"),
        ("渝中区职业教育中心", "渝中职教中心"),
    ],
)
def test_two_spellings_are_one_name(one: str, two: str) -> None:
    assert plain_name(one, AREA) == plain_name(two, AREA)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("重庆图书馆", "渝中区图书馆"),
        ("人民小学", "人民路小学"),
        ("二十九中", "三十中"),
        ("二十九中（解放碑校区）", "二十九中（红岩村校区）"),
        ("人和街小学", "鼓楼人和街小学"),
    ],
)
def test_two_places_keep_two_names(one: str, two: str) -> None:
    assert plain_name(one, AREA) != plain_name(two, AREA)


def test_a_second_name_stands_in_brackets() -> None:
    assert plain_name("重庆抗战戏剧博物馆（抗建堂）", AREA).cores == ("抗战戏剧博物馆", "抗建堂")


@given(st.text(max_size=40))
def test_any_text_is_a_name(text: str) -> None:
    name = plain_name(text, AREA)
    assert name.cores
    assert plain_name(text, AREA) == name
    plain_address(text, AREA)


def test_the_same_name_nearby_is_the_same_place() -> None:
    found = asked(("重庆市渝中区人和街小学校", "", 0.0), ("人和街小学", "人和街1号", 200.0), ("巴蜀小学", "", 0.0))
    assert found.same.to_dict() == {2: "K0"}
    assert found.proposed.empty


def test_the_same_name_far_away_is_proposed_with_the_distance() -> None:
    found = asked(("人和街小学", "", 0.0), ("人和街小学", "", 900.0))
    assert found.same.empty
    pair = found.proposed.iloc[0]
    assert list(found.proposed.columns) == PROPOSALS
    assert (pair["row"], pair["facility_id"], pair["decision"]) == (2, "K0", "")
    assert pair["distance_m"] == pytest.approx(898, abs=5)
    assert pair["similarity"] == 100


def test_a_name_without_its_branch_is_proposed_for_each() -> None:
    found = asked(("二十九中", "", None), ("二十九中（解放碑校区）", "", 0.0), ("二十九中（红岩村校区）", "", 3000.0))
    assert found.same.empty
    assert found.proposed["facility_id"].tolist() == ["K0", "K1"]


def test_schools_of_different_numbers_are_never_proposed() -> None:
    found = asked(("重庆市第五十中学校", "", 0.0), ("重庆市第五十七中学校", "", 10.0))
    assert found.same.empty
    assert found.proposed.empty


def test_a_misspelling_next_door_is_proposed_and_one_far_away_is_not() -> None:
    near = asked(("枣子岚亚小学", "", 0.0), ("枣子岚垭小学校", "", 50.0))
    assert near.proposed["facility_id"].tolist() == ["K0"]
    assert asked(("枣子岚亚小学", "", 0.0), ("枣子岚垭小学校", "", 4000.0)).proposed.empty
    unplaced = asked(("枣子岚亚小学", "", None), ("枣子岚垭小学校", "", 0.0), ("大田湾小学", "", 0.0))
    assert unplaced.proposed["facility_id"].tolist() == ["K0"]


def test_the_same_house_number_speaks_for_names_somewhat_alike() -> None:
    found = asked(("抗战戏剧馆", "渝中区中山一路181号", None), ("抗战戏剧博物馆", "中山一路１８１号附１号", None))
    assert found.proposed["facility_id"].tolist() == ["K0"]
    assert "地址相同" in found.proposed["evidence_zh"].iloc[0]


def test_a_community_is_no_school() -> None:
    found = find_matches(table(("人和街", "", 0.0)), known(("人和街", "", 0.0), kind="community"), AREA)
    assert found.same.empty
    assert found.proposed.empty


def test_a_venue_may_become_a_base() -> None:
    found = find_matches(table(("桂园", "", 0.0), kind="base"), known(("桂园", "", 0.0), kind="venue"), AREA)
    assert found.same.to_dict() == {2: "K0"}


def test_an_id_decides_whatever_the_name() -> None:
    rows = table(("新名字", "", None)).assign(facility_id="K1")
    assert find_matches(rows, known(("甲", "", 0.0), ("乙", "", 0.0)), AREA).same.to_dict() == {2: "K1"}


def test_one_place_twice_in_a_list_is_noticed() -> None:
    rows = table(("人和街小学", "", 0.0), ("巴蜀小学", "", 0.0), ("渝中区人和街小学校", "", 20.0))
    assert find_matches(rows, known(("别处小学", "", 0.0)), AREA).twins.to_dict() == {4: 2}


def test_every_place_of_the_district_finds_itself_and_nothing_else(district: Study) -> None:
    places = district.facilities
    old = places[["facility_id", "kind", "name", "lon", "lat"]].assign(address=places["address"].fillna(""))
    order = np.random.default_rng(7).permutation(len(old))
    rows = old.assign(facility_id="").iloc[order].set_axis(range(2, 2 + len(old)))
    rows["name"] = [name if name.startswith("重庆") else f"重庆市{name}" for name in rows["name"]]
    found = find_matches(rows, old, district.area.name_zh)
    truth = dict(zip(rows.index, old["facility_id"].iloc[order], strict=True))
    wrong = {row: place for row, place in found.same.items() if truth[int(str(row))] != place}
    assert wrong == {}
    assert len(found.same) >= 0.99 * len(rows)
