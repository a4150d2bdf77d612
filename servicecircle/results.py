"""What a computed study is: everything that a bundle is written of."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from servicecircle.assessment import Assessment
from servicecircle.coverage import Access
from servicecircle.demand import Demand
from servicecircle.proposals import Proposals
from servicecircle.registry.ledger import Ledger
from servicecircle.scene import Scene
from servicecircle.siting.bundled import WhereNext
from servicecircle.streets import Streets
from servicecircle.tessellation import Tessellation

__all__ = ["Results"]


@dataclass(frozen=True, slots=True)
class Results:
    """Everything a bundle holds, in EPSG:4326; tables as published but unrounded.

    ``mesh`` is what the circles were drawn on: that of every scenario of the study.
    """

    streets: Streets
    scene: Scene
    mesh: Tessellation
    access: Access
    ledger: Ledger
    facilities: gpd.GeoDataFrame
    entrances: gpd.GeoDataFrame
    isochrones: gpd.GeoDataFrame
    unions: gpd.GeoDataFrame
    demand: Demand
    homes: gpd.GeoDataFrame
    coverage: pd.DataFrame
    assessment: Assessment | None
    certainty: pd.DataFrame
    schools: pd.DataFrame
    gaps: gpd.GeoDataFrame
    missing_links: gpd.GeoDataFrame
    routes: gpd.GeoDataFrame
    stops: gpd.GeoDataFrame
    legs: gpd.GeoDataFrame
    route_profile: gpd.GeoDataFrame
    route_faults: pd.DataFrame
    proposals: Proposals
    where_next: WhereNext
