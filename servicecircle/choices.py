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

from servicecircle.arrays import Floats
from servicecircle.coverage import BASES, DISTRICT, Access, by_subdistrict, people_of, ranged
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
    part = np.zeros(len(homes), dtype=np.int64)
    for k, inside in enumerate(groups.values()):
        part[inside] = k
    rows: list[dict[str, object]] = []
    for tier in Tier:
        for basis in BASES:
            choices = np.minimum(access.count(tier, basis, cutoff_s), len(_CHOICES) - 1)
            seconds = access.nearest(tier, basis, "walk").apart
            unknown = not access.rows(tier, basis).any()
            ascending = np.argsort(seconds, kind="stable")[: int(np.isfinite(seconds).sum())]
            parts = part[ascending]
            for k, (code, inside) in enumerate(groups.items()):
                row: dict[str, object] = {"subdistrict": code, "name": names.get(code, ""), "tier": tier.value}
                theirs, weight = choices[inside], people[:, inside]
                walked = ascending if code == DISTRICT else ascending[parts == k]
                counts = np.bincount(theirs, minlength=len(_CHOICES))
                row |= {"basis": basis, "cutoff_s": cutoff_s, "homes": len(inside)}
                row |= {f"homes_{word}": int(count) for word, count in zip(_CHOICES, counts, strict=True)}
                row["homes_cut_off"] = len(inside) - len(walked)
                for many, word in enumerate(_CHOICES):
                    row |= ranged(f"people_{word}", np.array([w[theirs == many].sum() for w in weight]))
                rows.append(row | _spread(seconds[walked], people[:, walked]) | {"unknown": unknown})
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
    return float(_gini(values[order], weights[order][None])[0])


def _spread(values: Floats, weights: Floats) -> dict[str, object]:
    """Mean and unevenness of ascending values."""
    total = weights.sum(axis=1)
    mean = np.divide((weights * values).sum(axis=1), total, out=np.full(len(total), np.nan), where=total > 0)
    return ranged("mean_s", mean) | ranged("gini", _gini(values, weights))


def _gini(ascending: Floats, weights: Floats) -> Floats:
    """By the area under the Lorenz curve of each row of weights."""
    start = np.zeros((len(weights), 1))
    people = np.concatenate([start, np.cumsum(weights, axis=1)], axis=1)
    walked = np.concatenate([start, np.cumsum(weights * ascending, axis=1)], axis=1)
    whole = people[:, -1] * walked[:, -1]
    area = np.trapezoid(walked, people, axis=1)
    return np.asarray(1 - 2 * np.divide(area, whole, out=np.full(len(whole), np.nan), where=whole > 0))
