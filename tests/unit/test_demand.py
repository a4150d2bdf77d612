"""The population estimate on a district of three blocks side by side, each 300 m square."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from servicecircle.crs import to_lonlat, to_metric
from servicecircle.demand import MODELS, SHIFTS, Demand, estimate_demand, given_demand
from servicecircle.errors import InputError
from servicecircle.holdout import SUM, shifts
from servicecircle.homes import subdistrict_of
from servicecircle.ingest.parameters import read_parameters
from servicecircle.model import StudyArea

CRS = "EPSG:32648"
X, Y = 650_000.0, 3_270_000.0
SIDE = 300.0
PARAMETERS = read_parameters().population
Box = tuple[float, float, float, float]


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return to_lonlat(shapely.box(X + west, Y + south, X + east, Y + north), CRS)


def layer(shapes: Sequence[shapely.Geometry], **columns: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(shapes, crs="EPSG:4326"), crs="EPSG:4326")


def house(k: int, west: float, south: float, size: float = 20, **tags: object) -> dict[str, object]:
    tags = {"building": "yes", "levels": None, "height_m": None, "use": None, "name": None} | tags
    return {"building_id": f"w{k}", "geometry": box(west, south, west + size, south + size)} | tags


def street(west: float, east: float, north: float, highway: str = "residential", **tags: object) -> dict[str, object]:
    line = to_lonlat(shapely.LineString([(X + west, Y + north), (X + east, Y + north)]), CRS)
    return {"highway": highway, "service": None, "bridge": None, "tunnel": None, "geometry": line} | tags


def frame(rows: list[dict[str, object]]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(pd.DataFrame(rows), geometry="geometry", crs="EPSG:4326")


def area(houses: list[dict[str, object]], water: list[Box] = [], rails: list[Box] = []) -> StudyArea:  # noqa: B006
    blocks = [box(k * SIDE, 0, (k + 1) * SIDE, SIDE) for k in range(3)]
    tracks = [to_lonlat(shapely.LineString([(X + a, Y + b), (X + c, Y + d)]), CRS) for a, b, c, d in rails]
    ground = [False] * len(tracks)
    buildings = frame(houses) if houses else frame([house(0, 0, 0)]).iloc[:0]
    return StudyArea(
        id="t",
        name_zh="区",
        name_en="district",
        crs=CRS,
        data_date="2026-01-01",
        boundary=box(0, 0, 3 * SIDE, SIDE),
        subdistricts=layer(blocks, code=["a", "b", "c"], name=["甲", "乙", "丙"], name_en=["A", "B", "C"]),
        water=layer([box(*b) for b in water], id=["w"] * len(water)),
        railways=layer(tracks, kind=["rail"] * len(tracks), bridge=ground, tunnel=ground),
        stations=layer([], id=[]),
        buildings=buildings,
        sources=pd.DataFrame(),
    )


def figures(district: float | None = 10_000.0, **below: float) -> pd.DataFrame:
    rows = [("district", "d", district)] if district is not None else []
    rows += [("subdistrict", code, value) for code, value in below.items()]
    table = pd.DataFrame(rows, columns=["unit", "code", "value"])
    index = pd.RangeIndex(2, 2 + len(table), name="row")
    return table.set_index(index).assign(year=2020, measure="resident_census", value=lambda t: t["value"].astype(float))


HOUSES = [house(1, 10, 160), house(2, 50, 160, levels=10), house(3, 90, 160), house(4, 610, 160), house(5, 650, 160)]
STREETS = frame([street(0, 900, 150)])


@pytest.fixture(scope="module")
def demand() -> Demand:
    return estimate_demand(area(HOUSES), STREETS, figures(a=2_000, b=5_000), PARAMETERS)


def test_homes_are_footprints_and_points_along_unmapped_streets(demand: Demand) -> None:
    points = demand.points
    assert demand.models == MODELS
    assert points["demand_id"].is_monotonic_increasing
    mapped = points[points["kind"] == "footprint"]
    assert mapped["demand_id"].tolist() == ["w1", "w2", "w3", "w4", "w5"]
    assert mapped["subdistrict"].tolist() == ["a", "a", "a", "c", "c"]
    supposed = points[points["kind"] == "frontage"]
    assert supposed["demand_id"].tolist() == [f"f{k:06}" for k in range(1, len(supposed) + 1)]
    assert supposed.geometry.x.is_monotonic_increasing
    assert "b" in set(supposed["subdistrict"])
    xy = to_metric(shapely.get_coordinates(supposed.geometry.to_numpy()), CRS) - [X, Y]
    assert xy[:, 1] == pytest.approx(150, abs=0.1)
    assert np.diff(xy[:, 0]).min() >= 59.9
    doors = to_metric(shapely.get_coordinates(mapped.geometry.to_numpy()), CRS) - [X, Y]
    assert np.abs(xy[:, None, 0] - doors[None, :, 0]).min() > 40


def test_every_model_keeps_every_published_figure(demand: Demand) -> None:
    points = demand.points
    for model in MODELS:
        people = points.groupby("subdistrict")[f"people_{model}"].sum()
        assert people["a"] == pytest.approx(2_000, abs=1e-6)
        assert people["b"] == pytest.approx(5_000, abs=1e-6)
        assert people["c"] == pytest.approx(3_000, abs=1e-6)
    assert points["people"].sum() == pytest.approx(10_000, abs=1e-6)


def test_the_range_of_a_home_is_what_the_models_say_of_it(demand: Demand) -> None:
    models = demand.points[[f"people_{m}" for m in MODELS]]
    assert demand.points["people_low"].tolist() == models.min(axis=1).tolist()
    assert demand.points["people_high"].tolist() == models.max(axis=1).tolist()
    assert demand.points["people"].to_numpy() == pytest.approx(models.mean(axis=1))
    assert (demand.points["people_low"] < demand.points["people_high"]).any()


def test_what_is_no_home_holds_nobody() -> None:
    others = [
        house(11, 130, 160, building="school"),
        house(12, 170, 160, use="mall"),
        house(13, 210, 160, 4),
        house(14, -100, 160),
        house(15, 250, 160, building="apartments", use="restaurant"),
        house(16, 270, 200, levels=34),
        house(17, 240, 200, height_m=100),
        house(18, 210, 200, name="重庆某某酒店"),
        house(19, 180, 200, levels=34, name="甲酒店公寓", building="apartments"),
        house(20, 150, 200, levels=33, height_m=99, name="甲大厦"),
    ]
    points = estimate_demand(area(HOUSES + others), STREETS, figures(), PARAMETERS).points
    assert set(points["demand_id"]) & {f"w{k}" for k in range(11, 21)} == {"w15", "w19", "w20"}


def test_one_level_is_no_fact_and_towers_are_capped() -> None:
    tagged = [house(k, 20 + 40 * k, 160, levels=level) for k, level in enumerate((1, 10, 10), 1)]
    tagged += [house(4, 180, 160, levels=98, building="residential")]
    tagged += [house(5, 220, 160, levels=98, height_m=30), house(6, 260, 160, height_m=60)]
    found = estimate_demand(
        area(tagged), STREETS, figures(a=1_000), PARAMETERS.model_copy(update={"fewest_trusted": 3})
    )
    people = found.points.set_index("demand_id")["people_floor_area"]
    assert people["w1"] == pytest.approx(people["w2"], rel=1e-3)  # the median of 10, 10, 98, 10 (by height), 20
    assert people["w4"] == pytest.approx(people["w2"] * 3.3, rel=1e-3)
    assert people["w5"] == pytest.approx(people["w2"], rel=1e-3)
    assert people["w6"] == pytest.approx(people["w2"] * 2, rel=1e-3)


@pytest.mark.parametrize(
    "way",
    [
        street(300, 600, 150, "motorway"),
        street(300, 600, 150, bridge="yes"),
        street(300, 600, 150, tunnel="building_passage"),
        street(300, 600, 150, "service", service="parking_aisle"),
        street(300, 600, 400),
    ],
)
def test_nobody_is_supposed_where_no_house_can_stand(way: dict[str, object]) -> None:
    streets = frame([street(0, 299, 150), street(601, 900, 150), way])
    with pytest.raises(InputError, match=r"without any footprint or residential street.*\(value: 'b'\).*buildings or"):
        estimate_demand(area(HOUSES), streets, figures(), PARAMETERS)


def test_a_bridge_tagged_no_is_a_street() -> None:
    found = estimate_demand(area(HOUSES), frame([street(0, 900, 150, bridge="no")]), figures(), PARAMETERS)
    assert "b" in set(found.points["subdistrict"])


def test_a_subdistrict_under_water_needs_no_home() -> None:
    flooded = area(HOUSES, water=[(300, 0, 600, 300)])
    found = estimate_demand(flooded, STREETS, figures(), PARAMETERS)
    assert set(found.points["subdistrict"]) == {"a", "c"}
    with pytest.raises(InputError, match=r"nobody could live there \(value: 'b'\)"):
        estimate_demand(flooded, STREETS, figures(b=1), PARAMETERS)


@pytest.mark.parametrize(
    "used",
    [
        area(HOUSES, rails=[(0, 60, 300, 60)]),
        area(HOUSES, water=[(0, 190, 300, 250)]),
        area([*HOUSES, house(9, 40, 195, 80, building="retail")]),
    ],
)
def test_land_of_water_rails_and_shops_houses_nobody(used: StudyArea) -> None:
    areas = (area(HOUSES), used)
    found = [estimate_demand(a, STREETS, figures(), PARAMETERS).points for a in areas]
    before, after = (points.groupby("subdistrict")["people_land_area"].sum() for points in found)
    assert after["a"] < before["a"] - 50
    assert after["b"] > before["b"]


def test_land_far_from_every_home_houses_nobody() -> None:
    uphill = area([house(k, 60 * k, 260) for k in range(5)])
    streets = frame([street(0, 900, 20)])
    near, far = (PARAMETERS.model_copy(update={"land_reach_m": reach}) for reach in (100.0, 1e9))
    found = [estimate_demand(uphill, streets, figures(), parameters).points for parameters in (near, far)]
    share = [points.groupby("subdistrict")["people_land_area"].sum() for points in found]
    assert share[0]["a"] > share[1]["a"] + 500


def test_a_figure_is_shared_evenly_where_a_model_has_nothing_to_share_it_by() -> None:
    houses = [*HOUSES, house(6, 440, 40), house(7, 440, 240)]
    streets = frame([street(0, 299, 150), street(601, 900, 150)])
    points = estimate_demand(area(houses), streets, figures(b=5_000), PARAMETERS).points.set_index("demand_id")
    assert points.loc[["w6", "w7"], "street_m"].tolist() == [0, 0]
    assert points.loc[["w6", "w7"], "people_street_frontage"].tolist() == [2_500, 2_500]


def test_hold_out_tells_each_model_the_district_alone() -> None:
    found = estimate_demand(area(HOUSES), STREETS, figures(a=2_000, b=5_000), PARAMETERS)
    told = found.hold_out[found.hold_out["told"] == "district"]
    table = told.set_index(["model", "subdistrict"])
    published = [(m, s) for m in (*MODELS, "mean", "low", "high") for s in ("a", "b")]
    assert table.index.tolist() == [*published, *((m, "sum") for m in (*MODELS, "mean"))]
    assert table.loc[("street_frontage", "b"), "predicted"] == pytest.approx(10_000 / 3, rel=0.1)
    assert table.loc[("land_area", "b"), "ratio"] == table.loc[("land_area", "b"), "predicted"] / 5_000
    assert table.loc[("mean", "a"), "census"] == 2_000


def test_a_figure_is_predicted_by_models_that_know_all_the_others() -> None:
    found = estimate_demand(area(HOUSES), STREETS, figures(a=2_000, b=5_000), PARAMETERS)
    table = found.hold_out.set_index(["told", "model", "subdistrict"])["predicted"]
    street = {code: table["district", "street_frontage", code] for code in "ab"}
    # told b's 5000, the 5000 others are a's and c's by their metres of street
    assert table["others", "street_frontage", "a"] == pytest.approx(5_000 * street["a"] / (10_000 - street["b"]))
    assert table["others", "street_frontage", "b"] == pytest.approx(8_000 * street["b"] / (10_000 - street["a"]))
    mean = {code: table["district", "mean", code] for code in "ab"}
    told_b = table["others", "mean", "a"]
    models = [table["others", model, "a"] for model in MODELS]
    off_b = abs(mean["b"] / 5_000 - 1)
    assert table["others", "low", "a"] <= min(*models, told_b * (1 - off_b)) + 1e-6
    assert table["others", "high", "a"] >= max(*models, told_b * (1 + off_b)) - 1e-6
    assert table["district", "low", "a"] == min(table["district", model, "a"] for model in MODELS)


def test_the_bias_of_a_model_is_the_ratio_of_its_sum() -> None:
    found = estimate_demand(area(HOUSES), STREETS, figures(a=2_000, b=5_000), PARAMETERS)
    table = found.hold_out.set_index(["told", "model", "subdistrict"])
    for told in ("district", "others"):
        for model in (*MODELS, "mean"):
            parts = [table.loc[(told, model, code), "predicted"] for code in "ab"]
            assert table.loc[(told, model, SUM), "predicted"] == pytest.approx(sum(parts))
            assert table.loc[(told, model, SUM), "ratio"] == pytest.approx(sum(parts) / 7_000)


def test_one_figure_is_held_out_alone_and_none_not_at_all() -> None:
    one = estimate_demand(area(HOUSES), STREETS, figures(a=2_000), PARAMETERS)
    assert set(one.hold_out["told"]) == {"district"}
    none = estimate_demand(area(HOUSES), STREETS, figures(), PARAMETERS)
    assert none.hold_out.empty
    assert none.models == MODELS


def test_people_are_moved_by_what_the_mean_missed() -> None:
    found = estimate_demand(area(HOUSES), STREETS, figures(a=2_000), PARAMETERS)
    assert found.models == MODELS + SHIFTS
    told = found.hold_out.set_index(["told", "model", "subdistrict"])["ratio"]
    miss = abs(told["district", "mean", "a"] - 1)
    assert 0 < miss < 1
    by_code = found.points.groupby("subdistrict")[["people", "people_shifted", "people_shifted_back"]].sum()
    assert by_code.loc["a"].to_numpy() == pytest.approx([2_000] * 3)
    light, heavy = sorted(by_code["people"][["b", "c"]])
    moved = (by_code["people_shifted"] / by_code["people"] - 1)[["b", "c"]].abs()
    assert moved.max() == pytest.approx(miss * heavy / light)
    assert moved.min() == pytest.approx(miss)
    both = (found.points["people_shifted"] + found.points["people_shifted_back"]) / 2
    assert both.to_numpy() == pytest.approx(found.points["people"].to_numpy())


@pytest.mark.parametrize(
    ("people", "miss", "expected"),
    [
        ({"a": 300.0}, 0.5, {"a": 0.0}),  # alone, it has what the figures leave
        ({"a": 300.0, "b": 0.0}, 0.5, {"a": 0.0, "b": 0.0}),
        ({"a": 300.0, "b": 30.0}, 0.5, {"a": 0.1, "b": -1.0}),  # b can lose no more than all
        ({"b": 100.0, "a": 100.0}, 0.2, {"b": -0.2, "a": 0.2}),
        ({}, 0.2, {}),
    ],
)
def test_shifts_move_as_many_people_as_there_are(
    people: dict[str, float], miss: float, expected: dict[str, float]
) -> None:
    assert shifts(pd.Series(people, dtype=float), miss).to_dict() == pytest.approx(expected)


def test_people_are_those_of_the_year_of_the_total() -> None:
    later = pd.DataFrame([("district", "d", 9_000.0)], columns=["unit", "code", "value"], index=[9])
    later = later.assign(year=2023, measure="resident_year_end")
    table = pd.concat([figures(a=2_000), later])
    changes = {"total_year": 2023, "total_measure": "resident_year_end"}
    before = estimate_demand(area(HOUSES), STREETS, table, PARAMETERS)
    after = estimate_demand(area(HOUSES), STREETS, table, PARAMETERS.model_copy(update=changes))
    assert (before.base_year, before.year) == (2020, 2020)
    assert (after.base_year, after.year) == (2020, 2023)
    assert after.points["people"].to_numpy() == pytest.approx(before.points["people"].to_numpy() * 0.9)
    rows = [("district", 2020, 10_000), ("district", 2023, 9_000), ("subdistrict", 2020, 2_000)]
    assert [*after.figures[["unit", "year", "published"]].itertuples(index=False, name=None)] == rows
    assert after.figures["people"].tolist() == pytest.approx([9_000, 9_000, 1_800])
    for found in (before, after):
        kept = found.figures["published"] * found.figures["factor"]
        assert kept.to_numpy() == pytest.approx(found.figures["people"].to_numpy(), abs=1e-6)
    with pytest.raises(InputError, match=r"0 figures of resident_year_end 2023 for the district"):
        estimate_demand(area(HOUSES), STREETS, figures(), PARAMETERS.model_copy(update=changes))


def test_ages_are_known_of_schools_and_of_no_home(demand: Demand) -> None:
    columns = ["unit", "code", "name", "measure", "value", "source", "confidence", "note"]
    rows = [
        ("school", "S1", "甲小学", "pupils", 1_100.0, "page", "high", ""),
        ("school", "S2", "乙小学", "classes", 39.0, "page", "high", ""),
        ("school", "S3", "丙小学", "pupils", np.nan, "page", "none", ""),
    ]
    schools = pd.DataFrame(rows, columns=columns).assign(year=2025)
    found = estimate_demand(area(HOUSES), STREETS, pd.concat([figures(), schools]), PARAMETERS)
    assert found.ages[["code", "value"]].to_numpy().tolist() == [["S1", 1_100]]
    assert found.groups == ()
    assert found.people().equals(found.points["people"])
    with pytest.raises(InputError, match=r"shares of it are not made up.*people_6_12"):
        demand.people("6_12")


def test_completeness_says_how_much_is_mapped() -> None:
    table = estimate_demand(area(HOUSES), STREETS, figures(), PARAMETERS).completeness.set_index("subdistrict")
    assert table["footprints"].to_dict() == {"a": 3, "b": 0, "c": 2}
    assert table["footprint_m2"].to_numpy() == pytest.approx([1_200, 0, 800])
    assert table["land_m2"].sum() == pytest.approx(270_000, rel=0.02)
    assert table["street_m"].to_numpy() == pytest.approx([300, 300, 300], abs=10)
    assert table.loc["b", "mapped_share"] == pytest.approx(0.1, abs=0.02)  # a house across the border is near
    assert table.loc["a", "mapped_share"] == pytest.approx(0.5, abs=0.05)
    assert table.loc["a", "footprint_share"] == pytest.approx(1_200 / table.loc["a", "land_m2"])


def test_completeness_says_how_many_people_are_supposed(demand: Demand) -> None:
    table = demand.completeness.set_index("subdistrict")
    for code, points in demand.points.groupby("subdistrict"):
        supposed = points[points["kind"] == "frontage"]
        assert table.loc[code, "homes"] == len(points)
        assert table.loc[code, "supposed_homes_share"] == len(supposed) / len(points)
        share = supposed["people"].sum() / points["people"].sum()
        assert table.loc[code, "supposed_people_share"] == pytest.approx(share)
    assert table.loc["b", "supposed_people_share"] == 1
    assert 0 < table.loc["a", "supposed_people_share"] < 1


def test_a_point_outside_every_subdistrict_is_in_the_nearest_and_on_a_border_in_the_first() -> None:
    xy = np.add([[310.0, 400], [-50, 150], [299, -80], [300, 310], [300, 150], [950, 900]], [X, Y])
    assert subdistrict_of(area([]), xy).tolist() == ["b", "a", "a", "a", "a", "c"]


def test_the_order_of_rows_does_not_matter(demand: Demand) -> None:
    streets = frame([street(0, 900, 150)])
    turned = estimate_demand(area(HOUSES[::-1]), streets, figures(b=5_000, a=2_000), PARAMETERS)
    pd.testing.assert_frame_equal(pd.DataFrame(turned.points), pd.DataFrame(demand.points))


def test_without_any_footprint_people_live_along_the_streets() -> None:
    found = estimate_demand(area([]), STREETS, figures(), PARAMETERS)
    assert set(found.points["kind"]) == {"frontage"}
    assert found.points["people"].sum() == pytest.approx(10_000, abs=1e-6)
    assert found.points["people_floor_area"].to_numpy() == pytest.approx(found.points["people_street_frontage"])


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (figures(None), r"population\.csv, column value: 0 figures of resident_census 2020 for the district.*Remedy"),
        (figures(a=9_000, b=2_000), r"exceed the district's by 1000.*correct the figures"),
        (figures(a=2_000, b=2_000, c=2_000), r"4000 people of the district are in none of its subdistricts"),
        (figures(z=1), r"row 3, column code: no such subdistrict \(value: 'z'\). Remedy: use a code of the area"),
        (pd.concat([figures(a=1), figures(a=2)]), r"row 3, column value: a second figure.*\(value: 2\.0\)"),
        (pd.concat([figures(1.0), figures(2.0)]), r"2 figures of resident_census 2020 for the district"),
    ],
)
def test_figures_that_contradict_each_other_are_named(table: pd.DataFrame, message: str) -> None:
    with pytest.raises(InputError, match=message):
        estimate_demand(area(HOUSES), STREETS, table, PARAMETERS)


def test_unknown_figures_of_other_years_and_measures_are_ignored() -> None:
    other = figures(a=1_000).assign(year=2010)
    unknown = figures(b=1).iloc[1:].assign(value=np.nan)
    kin = figures(a=7).iloc[1:].assign(measure="registered")
    found = estimate_demand(area(HOUSES), STREETS, pd.concat([figures(), other, unknown, kin]), PARAMETERS)
    assert found.hold_out.empty


def test_a_users_own_homes_replace_the_estimate() -> None:
    table = layer([box(10, 10, 12, 12).centroid, box(900, 10, 950, 12).centroid], demand_id=["z", "h"], people=[1.5, 4])
    found = given_demand(area([]), table)
    assert found.points["demand_id"].tolist() == ["h", "z"]
    assert found.points["subdistrict"].tolist() == ["c", "a"]
    assert found.points[["people_low", "people", "people_high"]].to_numpy().tolist() == [[4] * 3, [1.5] * 3]
    assert found.hold_out.empty
    assert "ratio" in found.hold_out
    assert found.base_year is None


def test_houses_without_any_street_still_hold_people() -> None:
    houses = [*HOUSES, house(6, 440, 140)]
    found = estimate_demand(area(houses), STREETS.iloc[:0], figures(a=2_000), PARAMETERS)
    assert set(found.points["kind"]) == {"footprint"}
    assert found.points["people"].sum() == pytest.approx(10_000, abs=1e-6)


def test_an_area_without_houses_and_streets_is_refused() -> None:
    with pytest.raises(InputError, match=r"without any footprint or residential street") as error:
        estimate_demand(area([]), STREETS.iloc[:0], figures(), PARAMETERS)
    assert [fault.value for fault in error.value.faults] == ["a", "b", "c"]
