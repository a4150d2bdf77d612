"""Three models that weigh homes, each blind in a way of its own, and a figure shared among homes by weight."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from servicecircle.homes import Ground, metric_xy
from servicecircle.model import StudyArea
from servicecircle.parameters import PopulationParameters

__all__ = ["MODELS", "share", "weigh"]

MODELS = ("floor_area", "street_frontage", "land_area")
"""Floor area of a home, metres of residential street nearest to it, dry land nearest to it."""


def weigh(area: StudyArea, ground: Ground, points: gpd.GeoDataFrame, parameters: PopulationParameters) -> pd.DataFrame:
    """Weigh homes, one column a model. An unmapped home has the mapped ones' floor area for each metre of street.

    Parameters
    ----------
    ground, points
        As ``homes.survey`` and ``homes.place_homes`` return them.

    Returns
    -------
    pd.DataFrame
        ``floor_area`` in m², ``street_frontage`` in m, ``land_area`` in m².
    """
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


def share(weight: pd.Series, zone: pd.Series, people: Mapping[str, float] | Mapping[int, float]) -> pd.Series:
    """Share the people of each zone among its homes by weight; evenly where nothing in a zone weighs.

    >>> share(pd.Series([1.0, 3.0, 0.0]), pd.Series(["a", "a", "b"]), {"a": 8, "b": 5}).tolist()
    [2.0, 6.0, 5.0]
    """
    by_zone = weight.groupby(zone)
    total = by_zone.transform("sum")
    part = (weight / total).where(total > 0, 1 / by_zone.transform("size"))
    return zone.map(people).astype(float) * part
