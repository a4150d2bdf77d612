"""Shares of people within reach, by group of homes, over the population models; and reach as a question.

Standards, communities and years ask the same two things of a study: which is the nearest of *these* places to each
home, and how many people live where the answer is good enough.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from servicecircle.arrays import Bools, Floats, Ints
from servicecircle.coverage import BASES, DISTRICT, MEASURES, in_basis, people_of, ranged
from servicecircle.model import Tier
from servicecircle.sums import add_up
from servicecircle.units import S_PER_MIN

__all__ = ["Nearest", "Residents", "describe_units", "within_reach"]


class Nearest(Protocol):
    """Given which places count: seconds (or metres) from each home to the nearest of them, and that place's row.

    ``inf`` and -1 where there is none; so it may be beyond the limit, of which nobody asks.
    """

    def __call__(self, rows: Bools, limit: float = np.inf) -> tuple[Floats, Ints]:
        """Return how far, and which."""


@dataclass(frozen=True, slots=True)
class Residents:
    """People of every home by model, and the group each home belongs to.

    Attributes
    ----------
    people
        (models, homes).
    group
        Of each home: index into ``names``; -1 for none.
    names
        Code to name of the groups, in their order.
    """

    people: Floats
    group: Ints
    names: Mapping[str, str]

    @classmethod
    def of(cls, homes: pd.DataFrame, models: tuple[str, ...], code: pd.Series, names: Mapping[str, str]) -> Residents:
        """Group homes (columns ``people_<model>``) by a code each."""
        people = people_of(homes, models)
        return cls(people, pd.Index(list(names), dtype=object).get_indexer(pd.Index(code)), names)

    def sums(self, chosen: Bools) -> tuple[Ints, Floats]:
        """Homes and people (models in rows) among the chosen, by group, all groups together first."""
        homes = np.zeros(len(self.names) + 1, dtype=np.int64)
        people = np.zeros((len(self.people), len(homes)))
        add_up(self.people, self.group, chosen, homes, people)
        return homes, people

    def within(self, covered: Bools, everybody: tuple[Ints, Floats] | None = None) -> pd.DataFrame:
        """Homes and people in all and within reach, by group, ``district`` first; low and high are over the models.

        ``everybody``: the sums of all homes, for a caller who asks often.

        Returns
        -------
        pd.DataFrame
            ``code, name, homes, homes_within, people_low, people, people_high, within_low, within, within_high,
            share_low, share, share_high``; shares of nobody are missing.
        """
        homes, total = everybody or self.sums(np.ones_like(covered))
        reached_homes, reached = self.sums(covered)
        share = np.divide(reached, total, out=np.full_like(total, np.nan), where=total > 0)
        mean = total[0]
        table: dict[str, object] = {
            "code": [DISTRICT, *self.names],
            "name": ["", *self.names.values()],
            "homes": homes,
            "homes_within": reached_homes,
        }
        table |= ranged("people", total) | ranged("within", reached) | ranged("share", share)
        table["share"] = np.divide(reached[0], mean, out=np.full_like(mean, np.nan), where=total.min(axis=0) > 0)
        return pd.DataFrame(table)


def within_reach(nearest: Nearest, rows: Bools, limit: float) -> Bools:
    """Whether each home has one of the chosen places within a limit."""
    return np.asarray(nearest(rows, limit)[0] <= limit, dtype=bool)


def describe_units(
    residents: Residents,
    places: pd.DataFrame,
    nearest: Mapping[str, Nearest],
    limits: Mapping[str, float],
    choices: Mapping[str, Ints],
) -> pd.DataFrame:
    """One row a group of homes: people, shares covered, mean minutes, people without and with a choice.

    Parameters
    ----------
    residents
        People by home and group.
    places
        The placed facilities, in the rows' order of ``nearest``.
    nearest
        By measure: ``radius`` answers in metres, ``level`` and ``walk`` in seconds.
    limits
        By measure: what still counts as covered.
    choices
        By tier: how many places each home can choose from.

    Returns
    -------
    pd.DataFrame
        ``code, name, homes, people_low, people, people_high``; ``share_<tier>_<basis>_<measure>`` of the people,
        missing where no place of the tier has a position on that basis; ``mean_<tier>_min``, all bases, over the people
        who can walk there: both as low, middle and high over the models (``_low``, ``_high``); ``people_<tier>_0``,
        ``_1``, ``_2`` with no, one, two or more places to choose from.
    """
    everyone = np.ones(residents.people.shape[1], dtype=bool)
    everybody = residents.sums(everyone)
    table = residents.within(everyone, everybody)[
        ["code", "name", "homes", "people_low", "people", "people_high"]
    ].copy()
    for tier in Tier:
        of_tier = (places["tier"] == tier).to_numpy()
        for basis in BASES:
            rows = of_tier & in_basis(places, basis)
            for measure in MEASURES:
                covered = within_reach(nearest[measure], rows, limits[measure])
                within = residents.within(covered, everybody)
                for end in ("_low", "", "_high"):
                    name = f"share_{tier}_{basis}_{measure}{end}"
                    table[name] = within[f"share{end}"] if rows.any() else np.nan
        seconds = nearest["walk"](of_tier & in_basis(places, "all"))[0]
        mean = ranged(f"mean_{tier}_min", _mean(residents, seconds) / S_PER_MIN)
        table[list(mean)] = pd.DataFrame(mean, index=table.index)
        for number, chosen in enumerate((choices[tier] == 0, choices[tier] == 1, choices[tier] > 1)):
            table[f"people_{tier}_{number}"] = residents.sums(chosen)[1][0]
    return table


def _mean(residents: Residents, seconds: Floats) -> Floats:
    """Mean over the people of each group who can walk there, models in rows; a model without any has the middle one."""
    finite = np.isfinite(seconds)
    people = residents.sums(finite)[1]
    weighed = Residents(residents.people * np.where(finite, seconds, 0.0), residents.group, residents.names)
    total = weighed.sums(finite)[1]
    mean = np.divide(total, people, out=np.full_like(people, np.nan), where=people > 0)
    return np.where(np.isnan(mean), mean[0], mean)
