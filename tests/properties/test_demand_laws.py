"""Laws of the population estimate, on districts of three blocks with houses anywhere."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from servicecircle.crs import to_lonlat
from servicecircle.demand import MODELS, Demand, estimate_demand
from servicecircle.ingest.parameters import read_parameters
from servicecircle.model import StudyArea

CRS = "EPSG:32648"
X, Y, SIDE = 650_000.0, 3_270_000.0, 300.0
BLOCKS = ("a", "b", "c")

House = tuple[float, float, float, int | None, str]
HOUSE = st.tuples(
    st.floats(0, 3 * SIDE - 40),
    st.floats(0, SIDE - 40),
    st.floats(5, 40),
    st.one_of(st.none(), st.integers(1, 99)),
    st.sampled_from(["yes", "apartments", "house", "school"]),
)
HOUSES = st.lists(HOUSE, max_size=15)
FIGURES = st.fixed_dictionaries({"a": st.floats(0, 9_000), "b": st.floats(0, 9_000)})
PARAMETERS = read_parameters().population
LAWS = settings(max_examples=15, deadline=None)


def layer(shapes: list[shapely.Geometry], **columns: object) -> gpd.GeoDataFrame:
    lonlat = [to_lonlat(shape, CRS) for shape in shapes]
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(lonlat, crs="EPSG:4326"), crs="EPSG:4326")


def estimate(houses: list[House], figures: dict[str, float], district: float = 20_000.0) -> Demand:
    boxes = [shapely.box(X + x, Y + y, X + x + size, Y + y + size) for x, y, size, _, _ in houses]
    buildings = layer(
        boxes,
        building_id=[f"w{k}" for k in range(len(houses))],
        building=[kind for *_, kind in houses],
        levels=pd.array([level for *_, level, _ in houses], dtype="Float64").to_numpy(
            dtype=float, na_value=float("nan")
        ),
        use=[None] * len(houses),
    )
    blocks = [shapely.box(X + k * SIDE, Y, X + (k + 1) * SIDE, Y + SIDE) for k in range(3)]
    nothing = layer([], id=[])
    area = StudyArea(
        "t", "区", "district", CRS, "2026-01-01", to_lonlat(shapely.union_all(blocks), CRS),
        layer(blocks, code=list(BLOCKS), name=list(BLOCKS)), nothing, nothing, nothing, buildings, pd.DataFrame(),
    )  # fmt: skip
    streets = layer([shapely.LineString([(X, Y + 150), (X + 3 * SIDE, Y + 150)])], highway=["residential"])
    rows = [("district", "d", district), *(("subdistrict", code, value) for code, value in figures.items())]
    population = pd.DataFrame(rows, columns=["unit", "code", "value"]).assign(year=2020, measure="resident_census")
    return estimate_demand(area, streets, population, PARAMETERS)


@LAWS
@given(HOUSES, FIGURES)
def test_every_model_adds_up_to_every_published_figure(houses: list[House], figures: dict[str, float]) -> None:
    points = estimate(houses, figures).points
    for model in (*(f"people_{m}" for m in MODELS), "people"):
        totals = points.groupby("subdistrict")[model].sum()
        for code, value in figures.items():
            assert totals[code] == pytest.approx(value, abs=1e-6)
        assert totals.sum() == pytest.approx(20_000, abs=1e-6)


@LAWS
@given(HOUSES, FIGURES)
def test_low_is_at_most_middle_and_middle_at_most_high(houses: list[House], figures: dict[str, float]) -> None:
    points = estimate(houses, figures).points
    assert (points["people_low"] >= 0).all()
    assert (points["people_low"] <= points["people"]).all()
    assert (points["people"] <= points["people_high"]).all()


@LAWS
@given(HOUSES, HOUSES, FIGURES)
def test_mapping_more_houses_changes_no_published_total(
    houses: list[House], more: list[House], figures: dict[str, float]
) -> None:
    people = [f"people_{m}" for m in MODELS]
    before, after = (estimate(h, figures).points.groupby("subdistrict")[people].sum() for h in (houses, houses + more))
    pd.testing.assert_frame_equal(before, after, rtol=0, atol=1e-6)


@LAWS
@given(HOUSES, FIGURES, st.floats(1.5, 50))
def test_people_scale_with_the_figures(houses: list[House], figures: dict[str, float], factor: float) -> None:
    once = estimate(houses, figures).points["people"]
    more = estimate(houses, {code: value * factor for code, value in figures.items()}, 20_000 * factor).points["people"]
    pd.testing.assert_series_equal(once * factor, more, rtol=1e-9)


@LAWS
@given(HOUSES, FIGURES)
def test_the_same_input_gives_the_same_homes(houses: list[House], figures: dict[str, float]) -> None:
    once, again = estimate(houses, figures), estimate(houses, figures)
    pd.testing.assert_frame_equal(pd.DataFrame(once.points), pd.DataFrame(again.points), check_exact=True)
