"""Tables as people and spreadsheets read them: rounded, UTF-8 with BOM, no formulas."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from servicecircle.arrays import Floats
from servicecircle.formulas import guarded

__all__ = ["rounded", "rounded_values", "write_csv"]

# decimals by the unit that ends a name
_DECIMALS = {"_s": 2, "_m": 2, "_m2": 1, "_min": 1, "_km": 3, "_cny": 2}
_PEOPLE = ("people", "covered", "newly_covered", "best_covered", "person_minutes")
_SHARES = ("share", "terrain_loss", "detour_loss", "ratio", "footprint_share", "mapped_share")


def rounded(table: pd.DataFrame) -> pd.DataFrame:
    """Round every number to what its unit deserves, so that the same study gives the same bytes.

    >>> rounded(pd.DataFrame({"nearest_s": [12.3456], "share": [0.123456]})).values.tolist()
    [[12.35, 0.1235]]
    """
    out = table.copy()
    for column in out.columns:
        if not pd.api.types.is_float_dtype(out[column]):
            continue
        out[column] = rounded_values(str(column), out[column].to_numpy())
    return out


def rounded_values(name: str, values: Floats) -> Floats:
    """Round the numbers of a column to what its unit deserves.

    >>> rounded_values("area_m2", np.array([12.3456, np.nan, -0.01])).tolist()
    [12.3, nan, 0.0]
    """
    return np.round(values, _decimals(name)) + 0.0  # no minus zero


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table; text that a spreadsheet would run as a formula gets a leading apostrophe."""
    out = rounded(table)
    for column in out.select_dtypes(include=["object", "string"]).columns:
        out[column] = out[column].map(lambda v: guarded(v) if isinstance(v, str) else v)
    text = out.to_csv(index=False, lineterminator="\r\n")  # RFC 4180
    path.write_bytes(("\ufeff" + text).encode())


def _decimals(column: str) -> int:
    if column.endswith(("lon", "lat")):
        return 7
    if column.startswith(_PEOPLE):
        return 1
    if column.startswith(_SHARES):
        return 4
    suffix = next((s for s in ("_m2", "_min", "_km", "_cny", "_s", "_m") if column.endswith(s)), None)
    return _DECIMALS[suffix] if suffix else 4


def finite(value: object) -> object:
    """Return a value that JSON can hold: numpy scalars as Python's, not-a-number and missing as None."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is pd.NA or (isinstance(value, float) and not np.isfinite(value)):
        return None
    return value
