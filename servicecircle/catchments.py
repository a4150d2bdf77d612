"""How much room places have for the people round them: two-step floating catchment areas.

First each place shares its capacity among all people within reach; then each home adds up the shares of the places
within its reach. A home with a crowded place at its door has less than one with a half empty place a little farther.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from access import Access as Catchment

from servicecircle.coverage import Access
from servicecircle.model import Tier

__all__ = ["catchments"]


def catchments(access: Access, homes: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame) -> pd.DataFrame:
    """Capacity per person that each home has within the largest cutoff on foot, home to place.

    Only places whose capacity is known count: a tier of which none is known has no column, and without any the table
    has none. So a small number says "few places of known capacity", and not that there are no others.

    Parameters
    ----------
    access
        Who reaches what.
    homes
        ``demand_id, people``, in the order of ``access``.
    facilities
        ``facility_id`` and ``capacity`` (text or numbers, missing where unknown).

    Returns
    -------
    pd.DataFrame
        One row a home: ``demand_id``, then ``school_per_person``, ``community_per_person``, ``base_per_person``: 0
        where no such place is within reach, missing where there is one that nobody lives near.

    References
    ----------
    Luo, W. and Wang, F. (2003), doi:10.1068/b29120; computed by PySAL access.
    """
    capacity = pd.to_numeric(facilities.set_index("facility_id")["capacity"], errors="coerce")
    room = capacity.reindex(access.facilities["facility_id"]).to_numpy(dtype=np.float64)
    table = homes[["demand_id"]].reset_index(drop=True)
    near = access.pairs["walk"]
    pairs = pd.DataFrame({"home": near.target.astype(np.int64), "place": near.sources(), "seconds": near.apart})
    index = pd.RangeIndex(len(homes), name="home")
    people = pd.DataFrame({"people": homes["people"].to_numpy(dtype=np.float64)}, index=index)
    for tier in Tier:
        known = access.rows(tier, "all") & np.isfinite(room)
        if not known.any():
            continue
        found = Catchment(
            demand_df=people,
            demand_index=True,
            demand_value="people",
            supply_df=pd.DataFrame({"capacity": room[known]}, index=pd.Index(np.flatnonzero(known), name="place")),
            supply_index=True,
            supply_value="capacity",
            cost_df=pairs[known[near.sources()]],
            cost_origin="home",
            cost_dest="place",
            cost_name="seconds",
        ).two_stage_fca(name="room", max_cost=access.cutoffs_s[-1])
        per_person = found["room_capacity"].reindex(index).fillna(0.0).to_numpy()
        table[f"{tier}_per_person"] = np.where(np.isfinite(per_person), per_person, np.nan)
    return pd.DataFrame(table)
