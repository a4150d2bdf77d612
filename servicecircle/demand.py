"""How many people live where: three models on the same homes, and the range between them.

The map of buildings is incomplete, and unevenly so: people spread over mapped floors alone would rank the mapping and
not the need. So homes nobody has mapped are supposed along residential streets, three models that err differently
share the published figures among all homes, and what they disagree on is the range. The range is no confidence
interval: the models may be wrong together, and the hold-out table shows by how much they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from servicecircle.errors import Fault, InputError
from servicecircle.homes import COMPLETENESS, Ground, completeness, metric_xy, place_homes, subdistrict_of, survey
from servicecircle.model import StudyArea
from servicecircle.parameters import PopulationParameters
from servicecircle.schemas import DEMAND

__all__ = ["MODELS", "Demand", "estimate_demand", "given_demand"]

MODELS = ("floor_area", "street_frontage", "land_area")
"""Floor area of a home, metres of residential street nearest to it, dry land nearest to it."""

_FILE = "population.csv"
_HOLD_OUT = ["model", "subdistrict", "predicted", "census", "ratio"]


@dataclass(frozen=True, slots=True)
class _Figures:
    """Published people of one year: of the district, and of those subdistricts (by code) that have a figure."""

    district: float
    subdistricts: dict[str, float]

    @property
    def rest(self) -> float:
        """People of the subdistricts without a figure of their own."""
        return self.district - sum(self.subdistricts.values())


@dataclass(frozen=True, slots=True)
class Demand:
    """Homes and the people in them.

    Attributes
    ----------
    points
        EPSG:4326, one row a home, sorted by ``demand_id``: the columns of ``schemas.DEMAND`` and ``people_<model>``
        for each of ``models``. ``kind``: footprint (mapped), frontage (supposed along a street), given (a user's).
    hold_out
        ``model, subdistrict, predicted, census, ratio``: what each model, told the district's figure alone, says of
        the subdistricts that have one.
    completeness
        By subdistrict: how much the map of buildings shows.
    base_year
        Year of the published figures; None for a user's own table.
    models
        Names of the models.
    """

    points: gpd.GeoDataFrame
    hold_out: pd.DataFrame
    completeness: pd.DataFrame
    base_year: int | None
    models: tuple[str, ...]


def estimate_demand(
    area: StudyArea, streets: gpd.GeoDataFrame, population: pd.DataFrame, parameters: PopulationParameters
) -> Demand:
    """Share the published figures among the homes of the area, once by each model.

    Parameters
    ----------
    area
        The district; homes lie inside its boundary.
    streets
        Walkable ways: EPSG:4326 lines with ``highway``; ``service``, ``bridge``, ``tunnel`` are heeded where present.
    population
        Published figures, as ``read_population`` returns them.
    parameters
        What the estimate takes for granted.

    Raises
    ------
    InputError
        Figures are missing or contradict each other, or people are published where no home can be.
    """
    figures = _published(area, population, parameters)
    ground = survey(area, streets, parameters)
    points = place_homes(area, ground, parameters)
    _check_homes(area, ground, points["subdistrict"], figures)
    weights = _weights(area, ground, points, parameters)
    for model in MODELS:
        points[f"people_{model}"] = _share(weights[model], points["subdistrict"], figures)
    points["street_m"] = weights["street_frontage"]
    table = _hold_out(weights, points["subdistrict"], figures)
    return Demand(_with_range(points, MODELS), table, completeness(area, ground), parameters.base_year, MODELS)


def given_demand(area: StudyArea, table: gpd.GeoDataFrame) -> Demand:
    """Take a user's own homes (``demand_id, people, geometry``) in place of any estimate: nothing is added."""
    points = table[["demand_id", "geometry"]].copy()
    points["kind"] = "given"
    points["subdistrict"] = subdistrict_of(area, metric_xy(table.geometry, area.crs))
    points["people_given"] = table["people"].astype(float)
    points["street_m"] = np.nan
    points = points.sort_values("demand_id", ignore_index=True)
    nothing = pd.DataFrame(columns=_HOLD_OUT), pd.DataFrame(columns=COMPLETENESS)
    return Demand(_with_range(points, ("given",)), *nothing, None, ("given",))


def _published(area: StudyArea, population: pd.DataFrame, parameters: PopulationParameters) -> _Figures:
    """Pick the figures of the base year.

    Raises
    ------
    InputError
        No district figure, two different figures of one unit, an unknown subdistrict, or subdistricts that add up to
        more than the district.
    """
    year, measure = parameters.base_year, parameters.measure
    rows = population[(population["year"] == year) & (population["measure"] == measure) & population["value"].notna()]
    district = rows.loc[rows["unit"] == "district", "value"].unique()
    below = rows.loc[rows["unit"] == "subdistrict"].drop_duplicates(["code", "value"])
    faults = []
    if len(district) != 1:
        problem = f"{len(district)} figures of {measure} {year} for the district; the estimate needs one"
        faults.append(Fault(problem, "give one row with unit district, that year and measure", _FILE, None, "value"))
    for column, wrong, problem, remedy in (
        ("code", ~below["code"].isin(area.subdistricts["code"]), "no such subdistrict", "use a code of the area"),
        ("value", below["code"].duplicated(), f"a second figure of {measure} {year}", "keep one row a subdistrict"),
    ):
        cells = below.loc[wrong, column]
        faults += [
            Fault(problem, remedy, _FILE, row, column, value)
            for row, value in zip(cells.index.tolist(), cells.tolist(), strict=True)
        ]
    if faults:
        raise InputError(faults)
    figures = _Figures(float(district[0]), {c: float(v) for c, v in zip(below["code"], below["value"], strict=True)})
    if figures.rest < 0:
        problem = f"the subdistricts' {measure} {year} exceed the district's by {-figures.rest:.0f}"
        raise InputError([Fault(problem, "correct the figures", _FILE, None, "value", figures.district)])
    return figures


def _hold_out(weights: pd.DataFrame, subdistrict: pd.Series, figures: _Figures) -> pd.DataFrame:
    """Predict each published subdistrict from the district's figure alone, by each model and by their mean."""
    predicted = weights.groupby(subdistrict).sum() / weights.sum() * figures.district
    predicted = predicted.assign(mean=predicted.mean(axis=1)).reindex(sorted(figures.subdistricts), fill_value=0.0)
    table = predicted.rename_axis("subdistrict").reset_index().melt("subdistrict", None, "model", "predicted")
    census = table["subdistrict"].map(figures.subdistricts).astype(float)
    table = table.assign(census=census, ratio=table["predicted"] / census)
    return table[_HOLD_OUT]


def _weights(
    area: StudyArea, ground: Ground, points: gpd.GeoDataFrame, parameters: PopulationParameters
) -> pd.DataFrame:
    """Weigh homes for each model. An unmapped home has the mapped ones' floor area for each metre of street."""
    homes = cKDTree(metric_xy(points.geometry, area.crs))
    street_m = np.bincount(np.asarray(homes.query(ground.samples)[1]), ground.sample_m, len(points)).astype(float)
    away_m, home = (np.asarray(found) for found in homes.query(ground.cells[ground.housed]))
    land_m2 = np.bincount(home[away_m <= parameters.land_reach_m], minlength=len(points)) * ground.cell_m2
    mapped = points["kind"].to_numpy() == "footprint"
    floor_m2 = points["floor_m2"].to_numpy()
    street_of_mapped_m = street_m[mapped].sum()
    per_m = floor_m2[mapped].sum() / street_of_mapped_m if street_of_mapped_m else 1.0
    floor_m2 = np.where(mapped, floor_m2, street_m * per_m)
    return pd.DataFrame(dict(zip(MODELS, (floor_m2, street_m, land_m2), strict=True)), points.index)


def _share(weight: pd.Series, subdistrict: pd.Series, figures: _Figures) -> pd.Series:
    """Share each published figure, and the rest of the district's, by weight; evenly where nothing weighs."""
    zone = subdistrict.where(subdistrict.isin(list(figures.subdistricts)), "")
    people = zone.map({**figures.subdistricts, "": figures.rest})
    by_zone = weight.groupby(zone)
    total = by_zone.transform("sum")
    return people * (weight / total).where(total > 0, 1 / by_zone.transform("size"))


def _check_homes(area: StudyArea, ground: Ground, subdistrict: pd.Series, figures: _Figures) -> None:
    """Raise where people or dry land, and not one home, are."""
    codes = area.subdistricts["code"]
    empty = ~codes.isin(subdistrict)
    peopled = codes.map(figures.subdistricts).fillna(0.0) > 0
    dry = codes.isin(subdistrict_of(area, ground.cells))
    remedy = "add its buildings or residential streets, or give people of your own in people.csv"
    faults = [
        Fault("a subdistrict without any footprint or residential street: nobody could live there", remedy, value=code)
        for code in codes[empty & (peopled | dry)]
    ]
    if not faults and codes[~empty].isin(list(figures.subdistricts)).all() and figures.rest >= 1:
        problem = f"{figures.rest:.0f} people of the district are in none of its subdistricts, and all have a figure"
        faults.append(Fault(problem, "correct the figures", _FILE, None, "value", figures.district))
    if faults:
        raise InputError(faults)


def _with_range(points: gpd.GeoDataFrame, models: tuple[str, ...]) -> gpd.GeoDataFrame:
    columns = [f"people_{model}" for model in models]
    people = pd.DataFrame(points)[columns]
    low, high = people.min(axis=1), people.max(axis=1)
    points = points.assign(people_low=low, people=people.mean(axis=1).clip(low, high), people_high=high)
    shown = [
        "demand_id",
        "kind",
        "subdistrict",
        *columns,
        "people_low",
        "people",
        "people_high",
        "street_m",
        "geometry",
    ]
    return gpd.GeoDataFrame(DEMAND.validate(points[shown]))
