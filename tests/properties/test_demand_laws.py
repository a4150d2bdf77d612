"""Laws of the population estimate, on districts of three blocks with houses anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from servicecircle.crs import to_lonlat
from servicecircle.demand import MODELS, Demand, estimate_demand, given_demand
from servicecircle.holdout import shifts
from servicecircle.homes import subdistrict_of
from servicecircle.ingest.parameters import read_parameters
from servicecircle.model import StudyArea
from servicecircle.sharing import share

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
LAWS = settings(max_examples=10, deadline=None)


def layer(shapes: Sequence[shapely.Geometry], **columns: object) -> gpd.GeoDataFrame:
    lonlat = [to_lonlat(shape, CRS) for shape in shapes]
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(lonlat, crs="EPSG:4326"), crs="EPSG:4326")


def district(houses: list[House], names: Sequence[int] = ()) -> StudyArea:
    boxes = [shapely.box(X + x, Y + y, X + x + size, Y + y + size) for x, y, size, _, _ in houses]
    levels = pd.array([level for *_, level, _ in houses], dtype="Float64")
    buildings = layer(
        boxes,
        building_id=[f"w{k}" for k in names or range(len(houses))],
        building=[kind for *_, kind in houses],
        levels=levels.to_numpy(dtype=float, na_value=float("nan")),
        use=[None] * len(houses),
        name=[None] * len(houses),
    )
    blocks = [shapely.box(X + k * SIDE, Y, X + (k + 1) * SIDE, Y + SIDE) for k in range(3)]
    nothing = layer([], id=[])
    return StudyArea(
        "t", "区", "district", CRS, "2026-01-01", to_lonlat(shapely.union_all(blocks), CRS),
        layer(blocks, code=list(BLOCKS), name=list(BLOCKS)), nothing, nothing, nothing, buildings, pd.DataFrame(),
    )  # fmt: skip


STREETS = layer([shapely.LineString([(X, Y + 150), (X + 3 * SIDE, Y + 150)])], highway=["residential"])


def estimate(
    houses: list[House], figures: dict[str, float], total: float = 20_000.0, names: Sequence[int] = ()
) -> Demand:
    rows = [("district", "d", total), *(("subdistrict", code, value) for code, value in figures.items())]
    population = pd.DataFrame(rows, columns=["unit", "code", "value"]).assign(year=2020, measure="resident_census")
    return estimate_demand(district(houses, names), STREETS, population, PARAMETERS)


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


@LAWS
@given(HOUSES, FIGURES, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(houses: list[House], figures: dict[str, float], random: Random) -> None:
    turned = [(k, house) for k, house in enumerate(houses)]
    random.shuffle(turned)
    once = estimate(houses, figures)
    again = estimate([house for _, house in turned], figures, names=[k for k, _ in turned])
    pd.testing.assert_frame_equal(pd.DataFrame(once.points), pd.DataFrame(again.points), rtol=1e-9)
    pd.testing.assert_frame_equal(once.hold_out, again.hold_out, rtol=1e-9)


@LAWS
@given(HOUSES, FIGURES)
def test_every_figure_is_a_sum_of_homes(houses: list[House], figures: dict[str, float]) -> None:
    table = estimate(houses, figures).figures
    assert table["people"].to_numpy() == pytest.approx((table["published"] * table["factor"]).to_numpy(), abs=1e-6)


WEIGHTS = st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 1e6)), min_size=1, max_size=20)


@given(WEIGHTS, st.floats(0, 1e6), st.sampled_from([2.0, 0.25, 1024.0]))
def test_a_model_of_twice_the_weight_says_the_same(
    homes: list[tuple[str, float]], people: float, factor: float
) -> None:
    zone = pd.Series([z for z, _ in homes])
    weight = pd.Series([w for _, w in homes], dtype=float)
    once, again = (share(w, zone, {"a": people, "b": 7.0}) for w in (weight, weight * factor))
    assert once.to_numpy() == pytest.approx(again.to_numpy())
    assert (once >= 0).all()
    for name, total in (("a", people), ("b", 7.0)):
        if (zone == name).any():
            assert once[zone == name].sum() == pytest.approx(total, abs=1e-6)


ZONES = st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.floats(0, 1e6), max_size=12)


@given(ZONES, st.floats(0, 1))
def test_shifts_keep_the_sum_and_take_from_nobody_more_than_all(people: dict[str, float], miss: float) -> None:
    before = pd.Series(people, dtype=float)
    part = shifts(before, miss)
    assert (before * part).sum() == pytest.approx(0, abs=1e-6)
    assert part.between(-1, 1).all()
    largest = before.max() if len(before) else 0.0
    if largest <= before.sum() / 2 and (before > 0).sum() > 1 and miss <= 0.5:
        assert (part.abs() >= miss * (1 - 1e-9)).all()


@LAWS
@given(HOUSES, st.lists(st.floats(0, 900), min_size=9, max_size=9), st.floats(-80, 80), st.floats(-80, 80))
def test_cells_keep_their_people_wherever_the_grid_lies(
    houses: list[House], people: list[float], east: float, north: float
) -> None:
    corners = [(X + 150 + 300 * (k % 3) + east, Y + 50 + 100 * (k // 3) + north) for k in range(9)]
    cells = layer(
        [shapely.box(x - 150, y - 50, x + 150, y + 50) for x, y in corners],
        cell_id=[f"c{k}" for k in range(9)],
        people=people,
        people_6_12=[n / 8 for n in people],
    )
    area = district(houses)
    found = given_demand(area, cells, STREETS, PARAMETERS)
    turned = given_demand(area, cells.iloc[::-1], STREETS, PARAMETERS)
    pd.testing.assert_frame_equal(pd.DataFrame(found.points), pd.DataFrame(turned.points), rtol=1e-9)
    for model in (*(f"people_{m}" for m in MODELS), "people"):
        assert found.points[model].sum() == pytest.approx(sum(people), abs=1e-6)
    assert found.people("6_12").sum() == pytest.approx(sum(people) / 8, abs=1e-6)
    assert (found.points["people_low"] <= found.points["people"]).all()
    assert (found.points["people"] <= found.points["people_high"]).all()
    spots = found.points.geometry.to_numpy()
    for cell, least in zip(cells.geometry, people, strict=True):  # positions are rounded to a centimetre
        inside = found.points[shapely.dwithin(cell, spots, 3e-7)]
        assert inside["people"].sum() >= least - 1e-6


@given(st.permutations(range(4)))
def test_a_given_table_replaces_everything_in_any_order(order: list[int]) -> None:
    xy = [(X + 10 + 200 * k, Y + 20) for k in range(4)]
    table = layer([shapely.Point(*at) for at in xy], demand_id=[f"h{k}" for k in range(4)], people=[3.0, 0.0, 5.0, 7.0])
    found = given_demand(district([]), table.iloc[order]).points
    assert found["demand_id"].tolist() == ["h0", "h1", "h2", "h3"]
    assert found["people"].tolist() == [3, 0, 5, 7]
    assert found["subdistrict"].tolist() == ["a", "a", "b", "c"]


CORNER = st.tuples(st.floats(0, 900), st.floats(0, 300))


@LAWS
@given(st.lists(st.tuples(CORNER, CORNER, CORNER), min_size=1, max_size=4), st.lists(CORNER, min_size=1, max_size=20))
def test_a_point_is_in_the_first_subdistrict_that_holds_it_or_in_the_nearest(
    corners: list[tuple[tuple[float, float], ...]], points: list[tuple[float, float]]
) -> None:
    shapes = [shapely.Polygon([(X + x, Y + y) for x, y in triangle]) for triangle in corners]
    assume(all(shape.area > 1 for shape in shapes))
    codes = [f"{k}" for k in range(len(shapes))]
    area = replace(district([]), subdistricts=layer(shapes, code=codes, name=codes).iloc[::-1])
    # on the plane again, and not before: a shape there and back is a nanometre beside itself
    drawn = area.subdistricts.sort_values("code").geometry.to_crs(CRS).to_numpy()
    xy = np.add(points, [X, Y])
    away = np.asarray([shapely.distance(shape, shapely.points(xy)) for shape in drawn])
    for found, distances in zip(subdistrict_of(area, xy), away.T, strict=True):
        assert distances[int(found)] <= distances.min() + 1e-6
        if not distances.min():
            assert int(found) == distances.argmin()
