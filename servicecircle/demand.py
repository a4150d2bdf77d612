"""How many people live where: three models on the same homes, and the range of what they may get wrong.

The map of buildings is incomplete, and unevenly so: people spread over mapped floors alone would rank the mapping and
not the need. So homes nobody has mapped are supposed along residential streets, three models that err differently
share the published figures among all homes, and the range holds what they disagree on and what they were seen to miss
together. A planner's own table replaces all of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import geopandas as gpd
import pandas as pd

from servicecircle.crs import WGS84
from servicecircle.errors import Fault, InputError
from servicecircle.figures import AGES, FIGURES, Figures, choose_figures, figure_table, known_ages
from servicecircle.holdout import HOLD_OUT, hold_out, miss, shifts
from servicecircle.homes import COMPLETENESS, Ground, completeness, place_homes, subdistrict_of, survey
from servicecircle.model import StudyArea
from servicecircle.parameters import PopulationParameters
from servicecircle.people import Placed, place_homes_of, share_among_homes
from servicecircle.schemas import DEMAND
from servicecircle.sharing import MODELS, share, weigh

__all__ = ["ALL", "MODELS", "SHIFTS", "Demand", "estimate_demand", "given_demand"]

SHIFTS = ("shifted", "shifted_back")
"""The mean of the models, people moved between two halves of the subdistricts without a figure, and moved back."""
ALL = "all"
"""The group of everybody."""

_FILE = "population.csv"


@dataclass(frozen=True, slots=True)
class Demand:
    """Homes and the people in them.

    Attributes
    ----------
    points
        EPSG:4326, one row a home, sorted by ``demand_id``: the columns of ``schemas.DEMAND``, ``people_<model>`` for
        each of ``models`` and ``people_<group>`` for each of ``groups``. ``people`` is the middle, of any group of
        homes its sum. ``kind``: footprint (mapped), frontage (supposed along a street), given (a user's).
    hold_out
        ``told, model, subdistrict, predicted, census, ratio``: what each model says of the subdistricts that have a
        figure, told the district's alone or all others. ``holdout.hold_out`` has the words.
    completeness
        By subdistrict: how much the map of buildings shows.
    base_year
        Year of the published figures that give the shape; None for a user's own table.
    models
        Estimates whose range is the range of people: the models, and the two shifts where the hold-out measured how
        much to shift.
    year
        Year of the district's total that the people add up to; None for a user's own table.
    figures
        ``unit, code, year, measure, published, factor, people``: every figure against the people at homes.
    groups
        Age groups that a user's own table tells apart: ``0_3`` for those younger than 3, ``60`` for 60 and older.
    ages
        Published figures of people of an age. They are of schools and of the district, not of homes.
    """

    points: gpd.GeoDataFrame
    hold_out: pd.DataFrame
    completeness: pd.DataFrame
    base_year: int | None
    models: tuple[str, ...]
    year: int | None = None
    figures: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=FIGURES))
    groups: tuple[str, ...] = ()
    ages: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=AGES))

    def people(self, group: str = ALL) -> pd.Series[float]:
        """Return the people of a group at each home, missing where nobody has counted them.

        Raises
        ------
        InputError
            The group is unknown: no share of an age is ever made up.
        """
        if group == ALL or group in self.groups:
            people: pd.Series[float] = self.points["people" if group == ALL else f"people_{group}"]
            return people
        known = ", ".join((ALL, *self.groups))
        problem = "nobody has counted that age group at homes, and shares of it are not made up"
        remedy = f"use one of: {known}; or give people.csv with a column people_{group}"
        raise InputError([Fault(problem, remedy, "people.csv", None, "group", group)])


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

    Returns
    -------
    Demand
        By every model, and in the middle, the people of each published figure add up to it times ``factor`` of
        ``figures``: 1 unless ``total_year`` is another year than ``base_year``.

    Raises
    ------
    InputError
        Figures are missing or contradict each other, or people are published where no home can be.
    """
    figures = choose_figures(area, population, parameters)
    ground = survey(area, streets, parameters)
    points = place_homes(area, ground, parameters)
    code = points["subdistrict"]
    _check_homes(area, ground, code, figures)
    weights = weigh(area, ground, points, parameters)
    zone, people = figures.zones(code)
    for model in MODELS:
        points[f"people_{model}"] = share(weights[model], zone, people) * figures.factor
    points["street_m"] = weights["street_frontage"]
    models = MODELS + _shift(points, zone == "", miss(weights, code, figures))
    points = _with_range(Placed(points, models, MODELS, ()))
    return Demand(
        points,
        hold_out(weights, code, figures),
        completeness(area, ground, points),
        parameters.base_year,
        models,
        parameters.total_year,
        figure_table(points["people"], points["subdistrict"], figures, parameters),
        ages=known_ages(population),
    )


def given_demand(
    area: StudyArea,
    table: gpd.GeoDataFrame,
    streets: gpd.GeoDataFrame | None = None,
    parameters: PopulationParameters | None = None,
    communities: gpd.GeoDataFrame | None = None,
) -> Demand:
    """Take a user's own people in place of any estimate: nothing is added.

    Parameters
    ----------
    table
        As ``read_demand`` returns it: homes, cells of a grid, subdistricts or communities.
    streets, parameters
        As for ``estimate_demand``; only a table of homes does without.
    communities
        Seats of communities (``facility_id, name, subdistrict, geometry``); only a table of communities needs them.

    Returns
    -------
    Demand
        Homes of the table; or those homes of the area that lie in its cells or parts, each row's people shared among
        its homes by the models. Homes outside all rows are left out.

    Raises
    ------
    InputError
        A part is unknown, or has people and no home.
    """
    shown = pd.DataFrame(columns=COMPLETENESS)
    if "demand_id" in table:
        placed = place_homes_of(area, table)
        points = _with_range(placed)
    else:
        if streets is None or parameters is None:
            problem = "cells and parts of the area need streets and parameters to find homes"
            raise TypeError(problem)
        if communities is None:
            communities = gpd.GeoDataFrame(columns=["facility_id", "name", "subdistrict"], geometry=[], crs=WGS84)
        ground = survey(area, streets, parameters)
        placed = share_among_homes(area, table, ground, streets, parameters, communities)
        points = _with_range(placed)
        shown = completeness(area, ground, points)
    return Demand(points, pd.DataFrame(columns=HOLD_OUT), shown, None, placed.models, groups=placed.groups)


def _shift(points: pd.DataFrame, free: pd.Series, off: float) -> tuple[str, ...]:
    """Add the two shifts to the homes that are under no figure of their own; none where nothing was measured."""
    mean = points[[f"people_{model}" for model in MODELS]].mean(axis=1)
    gained = shifts(mean[free].groupby(points["subdistrict"]).sum(), off)
    if not gained.any():
        return ()
    part = points["subdistrict"].map(gained).fillna(0.0)
    for name, sign in zip(SHIFTS, (1, -1), strict=True):
        points[f"people_{name}"] = mean * (1 + sign * part)
    return SHIFTS


def _check_homes(area: StudyArea, ground: Ground, subdistrict: pd.Series, figures: Figures) -> None:
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


def _with_range(placed: Placed) -> gpd.GeoDataFrame:
    columns, middle = ([f"people_{model}" for model in models] for models in (placed.models, placed.middle))
    points = placed.points
    people = pd.DataFrame(points)[columns]
    low, high = people.min(axis=1), people.max(axis=1)
    points = points.assign(people_low=low, people=people[middle].mean(axis=1).clip(low, high), people_high=high)
    shown = ["demand_id", "kind", "subdistrict", *columns, "people_low", "people", "people_high"]
    shown += [*(f"people_{group}" for group in placed.groups), "street_m", "geometry"]
    return gpd.GeoDataFrame(DEMAND.validate(points[shown]))
