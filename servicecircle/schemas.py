"""What a table must look like at a stage's door. Readers explain faults to people; these catch our own."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pandera.pandas as pa

from servicecircle.crs import WGS84
from servicecircle.model import APPROXIMATE, LOCATED, Kind, Status, Tier

__all__ = ["DEMAND", "DESIGNATIONS", "FACILITIES", "FACILITY_COLUMNS", "FACILITY_OPTIONAL"]

DESIGNATIONS = ("practice_base", "demonstration_base", "workshop", "new_cultural_space", "brand")
"""Titles the district gives to places, beside their tier and category."""

_ROUNDING = 1e-9


def _is_lonlat(frame: pd.DataFrame) -> bool:
    return isinstance(frame, gpd.GeoDataFrame) and frame.crs == WGS84


def _position_agrees(frame: pd.DataFrame) -> pd.Series[bool]:
    """Located and approximate exclude each other; a position stands behind both and behind nothing else."""
    placed = ~gpd.GeoSeries(frame["geometry"]).is_empty
    return pd.Series((frame["located"] ^ frame["approximate"]) == placed) & ~(frame["located"] & frame["approximate"])


def _low_to_high(frame: pd.DataFrame) -> pd.Series[bool]:
    slack = _ROUNDING * (1 + frame["people"].abs())
    return (frame["people_low"] <= frame["people"] + slack) & (frame["people"] <= frame["people_high"] + slack)


_LONLAT = pa.Check(_is_lonlat, error="a GeoDataFrame in EPSG:4326")
_TEXT = pa.Column(str, nullable=True)
_BOOL = pa.Column(bool)

_AS_READ = {
    "facility_id": pa.Column(str, unique=True),
    "kind": pa.Column(str, pa.Check.isin(list(Kind))),
    "category": _TEXT,
    "name": pa.Column(str, pa.Check.str_length(min_value=1)),
    "subdistrict": _TEXT,
    "address": _TEXT,
    "lon": pa.Column(float, pa.Check.in_range(-180, 180), nullable=True),
    "lat": pa.Column(float, pa.Check.in_range(-90, 90), nullable=True),
    "status": pa.Column(str, pa.Check.isin(list(Status))),
    "status_reason": _TEXT,
    "source": _TEXT,
    "position_source": _TEXT,
    "position_confidence": pa.Column(str, pa.Check.isin([*LOCATED, *APPROXIMATE, "none"])),
    "datum": _TEXT,
    "licence": _TEXT,
    "redistributable": _BOOL,
    "designations": _TEXT,
    "level": _TEXT,
    "batch": _TEXT,
    "open_from": _TEXT,
    "open_to": _TEXT,
    "note": _TEXT,
}
FACILITY_COLUMNS = tuple(_AS_READ)
"""Columns of facilities.csv, in order."""

FACILITY_OPTIONAL = (
    "entrances", "access", "opening_hours", "capacity", "website", "contact", "relations",
)  # fmt: skip
"""Columns that facilities.csv may have."""

FACILITIES = pa.DataFrameSchema(
    _AS_READ
    | dict.fromkeys(FACILITY_OPTIONAL, _TEXT)
    | {
        "tier": pa.Column(str, pa.Check.isin(list(Tier))),
        "located": _BOOL,
        "approximate": _BOOL,
        "row": pa.Column(int, pa.Check.ge(1)),
    },
    checks=[_LONLAT, pa.Check(_position_agrees, error="a position exactly where located or approximate")],
)
"""Places, one row each: facilities.csv as read with its optional columns, then ``tier``, ``located``, ``approximate``,
``row`` (line of the file) and ``geometry`` (empty where unlocated). Text that is not given is missing, not empty."""

DEMAND = pa.DataFrameSchema(
    {
        "demand_id": pa.Column(str, unique=True),
        "kind": pa.Column(str, pa.Check.isin(["footprint", "frontage", "given"])),
        "subdistrict": pa.Column(str),
        "people_low": pa.Column(float, pa.Check.ge(0)),
        "people": pa.Column(float, pa.Check.ge(0)),
        "people_high": pa.Column(float, pa.Check.ge(0)),
        "street_m": pa.Column(float, pa.Check.ge(0), nullable=True),
        r"^people_\d+(_\d+)?$": pa.Column(float, pa.Check.ge(0), nullable=True, regex=True, required=False),
    },
    checks=[_LONLAT, pa.Check(_low_to_high, error="people_low <= people <= people_high")],
)
"""Homes, one row each: people with their range, the metres of residential street nearest to the home, and, where
somebody counted them, people by age."""
