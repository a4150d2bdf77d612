"""Published figures of people: which of them an estimate keeps, of which year, and whether it does."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from servicecircle.errors import Fault, InputError
from servicecircle.model import StudyArea
from servicecircle.parameters import PopulationParameters

__all__ = ["AGES", "FIGURES", "Figures", "choose_figures", "figure_table", "known_ages"]

FIGURES = ["unit", "code", "year", "measure", "published", "factor", "people"]
"""Columns of ``figure_table``."""
AGES = ["unit", "code", "name", "year", "measure", "value", "source", "confidence", "note"]
"""Columns of ``known_ages``."""

_FILE = "population.csv"
_OF_AN_AGE = ("pupils", "participating_pupils", "places")


@dataclass(frozen=True, slots=True)
class Figures:
    """Published people of one year: of the district, and of those subdistricts (by code) that have a figure.

    ``total`` is the district's figure of the year for which people are given; the shape is that of the first year.
    """

    district: float
    subdistricts: dict[str, float]
    total: float

    @property
    def rest(self) -> float:
        """People of the subdistricts without a figure of their own."""
        return self.district - sum(self.subdistricts.values())

    @property
    def factor(self) -> float:
        """What brings a figure of the shape's year to the year of the total."""
        return self.total / self.district if self.district else 1.0

    def but(self, codes: list[str]) -> Figures:
        """Return what one knows who has not been told the figures of ``codes``."""
        return Figures(self.district, {c: v for c, v in self.subdistricts.items() if c not in codes}, self.total)

    def zones(self, subdistrict: pd.Series) -> tuple[pd.Series, dict[str, float]]:
        """Return which figure each home is under, "" for the rest of the district, and the people of each figure."""
        zone = subdistrict.where(subdistrict.isin(list(self.subdistricts)), "")
        return zone, {**self.subdistricts, "": self.rest}


def choose_figures(area: StudyArea, population: pd.DataFrame, parameters: PopulationParameters) -> Figures:
    """Pick the figures of the base year, and the district's of the year for which people are given.

    Raises
    ------
    InputError
        No district figure, two different figures of one unit, an unknown subdistrict, or subdistricts that add up to
        more than the district.
    """
    year, measure = parameters.base_year, parameters.measure
    rows = _rows(population, year, measure)
    below = rows.loc[rows["unit"] == "subdistrict"].drop_duplicates(["code", "value"])
    district, faults = _district(rows, year, measure)
    latest = _rows(population, parameters.total_year, parameters.total_measure)
    total, more = _district(latest, parameters.total_year, parameters.total_measure)
    faults += [fault for fault in more if fault not in faults]
    if not faults and district == 0 and total > 0:
        problem = f"{measure} {year} of the district is 0, {parameters.total_measure} {parameters.total_year} is not"
        faults.append(Fault(problem, "correct the figures", _FILE, None, "value", total))
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
    figures = Figures(district, {c: float(v) for c, v in zip(below["code"], below["value"], strict=True)}, total)
    if figures.rest < 0:
        problem = f"the subdistricts' {measure} {year} exceed the district's by {-figures.rest:.0f}"
        raise InputError([Fault(problem, "correct the figures", _FILE, None, "value", figures.district)])
    return figures


def figure_table(
    people: pd.Series, subdistrict: pd.Series, figures: Figures, parameters: PopulationParameters
) -> pd.DataFrame:
    """Hold every figure against the people at homes: ``published`` times ``factor`` is ``people``, in every row.

    ``factor`` is what the district's figure has grown by from the figure's year to the year of the people. It is 1
    where both are of one year; a subdistrict's figure of another year holds only as a share of the district.
    """
    base = parameters.base_year, parameters.measure
    latest = parameters.total_year, parameters.total_measure
    factor = figures.factor
    district = float(people.sum())
    rows: list[tuple[object, ...]] = [("district", "", *base, figures.district, factor, district)]
    if latest != base:
        rows.append(("district", "", *latest, figures.total, 1.0, district))
    sums = people.groupby(subdistrict).sum()
    for code, published in sorted(figures.subdistricts.items()):
        rows.append(("subdistrict", code, *base, published, factor, float(sums.get(code, 0.0))))
    return pd.DataFrame(rows, columns=FIGURES)


def known_ages(population: pd.DataFrame) -> pd.DataFrame:
    """Return the published figures of people of an age: pupils and places of single schools, pupils of the district.

    They say nothing of where the children live, so nothing at homes is made from them.
    """
    rows = population[population["measure"].isin(_OF_AN_AGE) & population["value"].notna()]
    return rows.reindex(columns=AGES).sort_values(["unit", "code", "measure"], ignore_index=True)


def _rows(population: pd.DataFrame, year: int, measure: str) -> pd.DataFrame:
    of_year = (population["year"] == year).fillna(value=False).astype(bool)
    return population[of_year & (population["measure"] == measure) & population["value"].notna()]


def _district(rows: pd.DataFrame, year: int, measure: str) -> tuple[float, list[Fault]]:
    found = rows.loc[rows["unit"] == "district", "value"].unique()
    if len(found) == 1:
        return float(found[0]), []
    problem = f"{len(found)} figures of {measure} {year} for the district; the estimate needs one"
    return 0.0, [Fault(problem, "give one row with unit district, that year and measure", _FILE, None, "value")]
