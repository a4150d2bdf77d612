"""Who has a choice, and how unevenly the walk to the nearest place is spread over the people.

Unevenness is the Gini coefficient of the seconds to the nearest place: 0 where all walk equally long, near 1 where few
do nearly all the walking.

PySAL's ``inequality`` offers the coefficient of plain values only: a home of two hundred people would count as much as
a home of two, and people are no whole numbers here that values could be repeated by. The area under the Lorenz curve,
which has a straight piece a home as wide as its people, is the same number with people for weights; the tests hold it
against the library's, person by person.
"""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd

from servicecircle.arrays import Floats, Ints
from servicecircle.compiled import compiled
from servicecircle.coverage import BASES, Access, by_subdistrict, people_of, ranged
from servicecircle.model import Tier

__all__ = ["choices_table", "gini"]

_CHOICES = ("none", "one", "more")


def choices_table(
    access: Access, homes: gpd.GeoDataFrame, models: tuple[str, ...], names: Mapping[str, str], cutoff_s: float
) -> pd.DataFrame:
    """People with no, one, and two or more places within a cutoff on foot, by subdistrict, tier and basis.

    Returns
    -------
    pd.DataFrame
        The district first. ``homes_none, homes_one, homes_more``, people likewise, each as low, middle and high over
        the population models; ``homes_cut_off`` reach no place at all before the horizon. Over the people who reach
        one: ``mean_s`` on foot to the nearest and the ``gini`` of these seconds, missing where there are none.
        ``unknown``: no place of the tier has a position on that basis.

    References
    ----------
    Gini, C. (1912), Variabilità e mutabilità; Lorenz, M. O. (1905), doi:10.2307/2276207.
    """
    groups, people = by_subdistrict(homes, names), people_of(homes, models)
    part, each = np.zeros(len(homes), dtype=np.int64), np.ascontiguousarray(people.T)
    for k, inside in enumerate(groups.values()):
        part[inside] = k
    rows: list[dict[str, object]] = []
    for tier in Tier:
        for basis in BASES:
            choices = np.minimum(access.count(tier, basis, cutoff_s), len(_CHOICES) - 1)
            seconds = access.nearest(tier, basis, "walk").apart
            unknown = not access.rows(tier, basis).any()
            ascending = np.argsort(seconds, kind="stable")[: int(np.isfinite(seconds).sum())]
            walkers, spread = (
                np.bincount(part[ascending], minlength=len(groups)),
                _spread(seconds, each, ascending, part, len(groups)),
            )
            walkers[0] = len(ascending)
            for k, (code, inside) in enumerate(groups.items()):
                row: dict[str, object] = {"subdistrict": code, "name": names.get(code, ""), "tier": tier.value}
                having = [inside[choices[inside] == many] for many in range(len(_CHOICES))]
                row |= {"basis": basis, "cutoff_s": cutoff_s, "homes": len(inside)}
                row |= {f"homes_{word}": len(own) for word, own in zip(_CHOICES, having, strict=True)}
                row["homes_cut_off"] = len(inside) - int(walkers[k])
                for word, own in zip(_CHOICES, having, strict=True):
                    row |= ranged(f"people_{word}", np.array([weight[own].sum() for weight in people]))
                mean, uneven = (found[:, k] for found in spread)
                rows.append(row | ranged("mean_s", mean) | ranged("gini", uneven) | {"unknown": unknown})
    return pd.DataFrame(rows)


def gini(values: Floats, weights: Floats) -> float:
    """Return the Gini coefficient of values from 0 up, of which each counts by its weight; NaN of nothing.

    Examples
    --------
    >>> gini(np.array([1.0, 3.0]), np.array([1.0, 1.0]))
    0.25
    >>> gini(np.array([1.0, 3.0, 3.0]), np.array([2.0, 1.0, 1.0]))
    0.25
    """
    order = np.argsort(values, kind="stable")
    whole = np.zeros(len(values), dtype=np.int64)
    return float(_spread(values, weights[:, None], order, whole, 1)[1][0, 0])


def _spread(values: Floats, weights: Floats, ascending: Ints, part: Ints, parts: int) -> tuple[Floats, Floats]:
    """Mean and unevenness of the values in ascending order, as (models, parts), for (n, models) weights.

    By the area under the Lorenz curve. Part 0 is of all.
    """
    shape = weights.shape[1], parts
    total, sums, area = np.zeros((3, *shape))
    draw_curves(values, np.ascontiguousarray(weights), ascending, part, total, sums, area)
    missing = np.full(shape, np.nan)
    mean = np.divide(sums, total, out=missing.copy(), where=total > 0)
    whole = total * sums
    return mean, 1 - 2 * np.divide(area, whole, out=missing, where=whole > 0)


@compiled
def draw_curves(
    values: Floats, weights: Floats, ascending: Ints, part: Ints, total: Floats, sums: Floats, area: Floats
) -> None:
    """Add up the weights, the weighed values, and the area under the curve of the one over the other.

    In columns: 0 of all, the others of each part alone.
    """
    for i in ascending:
        own = part[i]
        for column in (0, own) if own > 0 else (0, 0):
            for row in range(len(total)):
                before, below = total[row, column], sums[row, column]
                total[row, column] = before + weights[i, row]
                sums[row, column] = below + weights[i, row] * values[i]
                area[row, column] += (total[row, column] - before) * (sums[row, column] + below) / 2.0
            if own == 0:
                break
