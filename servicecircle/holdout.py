"""How wrong the models are: each published figure predicted by models that were not told it.

The models can be wrong together, and then the range between them holds nobody to account. So the range is widened by
what was measured: people are moved between the subdistricts without a figure, by as much as the mean of the models
missed the subdistricts that have one. What the models may get wrong inside a subdistrict nobody has measured.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from servicecircle.figures import Figures

__all__ = ["HOLD_OUT", "SUM", "band", "hold_out", "miss", "shifts"]

HOLD_OUT = ["told", "model", "subdistrict", "predicted", "census", "ratio"]
"""Columns of ``hold_out``."""
SUM = "sum"
"""Stands in place of a code for the sum of the published subdistricts: its ratio is the bias."""

_DISTRICT, _OTHERS = "district", "others"


def hold_out(weights: pd.DataFrame, subdistrict: pd.Series, figures: Figures) -> pd.DataFrame:
    """Predict each published subdistrict, by each model, their mean, and the low and high of the band.

    Returns
    -------
    pd.DataFrame
        ``told`` is ``district`` where the models know the district's figure alone, ``others`` where they know all
        published figures but the one they predict (missing unless there are two). The band of ``district`` is
        the range of the models; that of ``others`` is widened by what the mean missed those others. A row with the
        subdistrict ``sum`` adds the rows of a model up: its ratio is the bias.
    """
    codes = sorted(figures.subdistricts)
    if not codes:
        return pd.DataFrame(columns=HOLD_OUT)
    told = {_DISTRICT: [codes]}
    if len(codes) > 1:
        told[_OTHERS] = [[code] for code in codes]
    blocks = []
    for name, cases in told.items():
        rows = pd.concat([_predicted(weights, subdistrict, figures, held) for held in cases])
        alone = rows[~rows["model"].isin(["low", "high"])]  # a sum of lows is nobody's low
        sums = alone.groupby("model", sort=False)["predicted"].sum().reset_index()
        blocks.append(pd.concat([rows, sums.assign(subdistrict=SUM)]).assign(told=name))
    table = pd.concat(blocks, ignore_index=True)
    published = {**figures.subdistricts, SUM: sum(figures.subdistricts.values())}
    census = table["subdistrict"].map(published).astype(float)
    return table.assign(census=census, ratio=table["predicted"] / census.where(census > 0))[HOLD_OUT]


def miss(weights: pd.DataFrame, subdistrict: pd.Series, figures: Figures) -> float:
    """Return the largest share by which the mean of the models, told the district alone, misses a published figure.

    Between 0 and 1; 0 where no subdistrict is published, for then nobody knows.
    """
    census = pd.Series(figures.subdistricts, dtype=float)
    census = census[census > 0]
    people = _by_model(weights, subdistrict, figures.but(list(figures.subdistricts))).mean(axis=1)
    off = (people.reindex(census.index, fill_value=0.0) / census - 1).abs()
    return min(1.0, float(off.max())) if len(off) else 0.0


def shifts(people: pd.Series, miss: float) -> pd.Series:
    """Say which share of its people each subdistrict gains when people move between two halves of the district.

    Half of the subdistricts gain ``miss`` and the other half lose as many people as those gain; the reverse is as
    likely. The halves have about the same people, so each of them gains or loses ``miss`` at least, unless one has too
    few people to lose. The sum stays.

    Parameters
    ----------
    people
        Of each subdistrict without a figure of its own, by code.

    Examples
    --------
    >>> shifts(pd.Series({"a": 300.0, "b": 200.0, "c": 100.0}), 0.2).round(3).to_dict()
    {'a': 0.2, 'b': -0.2, 'c': -0.2}
    """
    order = people.sort_index().sort_values(ascending=False, kind="stable")
    on, total = {}, [0.0, 0.0]
    for code, value in order.items():
        on[code] = int(total[1] < total[0])
        total[on[code]] += float(value)
    part = [0.0, 0.0]
    if min(total) > 0:
        light = total.index(min(total))
        part[light] = min(1.0, miss * total[1 - light] / total[light])
        part[1 - light] = part[light] * total[light] / total[1 - light]
    return pd.Series([(part[0], -part[1])[on[code]] for code in people.index], people.index, dtype=float)


def band(people: pd.DataFrame, miss: float) -> pd.DataFrame:
    """Return ``low`` and ``high`` of each subdistrict: the range of its models and of their mean when people move."""
    mean = people.mean(axis=1)
    moved = mean * shifts(mean, miss).abs()
    low, high = np.minimum(people.min(axis=1), mean - moved), np.maximum(people.max(axis=1), mean + moved)
    return pd.DataFrame({"low": low, "high": high})


def _by_model(weights: pd.DataFrame, subdistrict: pd.Series, known: Figures) -> pd.DataFrame:
    """Share what is not known of single subdistricts among the others, by each model."""
    free = weights[~subdistrict.isin(list(known.subdistricts))].groupby(subdistrict).sum()
    return (free / free.sum() * known.rest).fillna(0.0)


def _predicted(weights: pd.DataFrame, subdistrict: pd.Series, figures: Figures, held: list[str]) -> pd.DataFrame:
    known = figures.but(held)
    people = _by_model(weights, subdistrict, known)
    table = people.assign(mean=people.mean(axis=1)).join(band(people, miss(weights, subdistrict, known)))
    return (
        table.reindex(held, fill_value=0.0)
        .rename_axis("subdistrict")
        .reset_index()
        .melt("subdistrict", None, "model", "predicted")
    )
