"""Places that a what-if adds or changes: checked as a row of the registry is, then laid over it."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd

from servicecircle.errors import Fault, InputError
from servicecircle.ingest.facilities import facilities_of
from servicecircle.ingest.text_table import TextTable
from servicecircle.model import PlaceChange, Study, Variant
from servicecircle.schemas import FACILITY_COLUMNS, FACILITY_OPTIONAL

__all__ = ["with_places"]

_COLUMNS = (*FACILITY_COLUMNS, *FACILITY_OPTIONAL)
_FILE = "variant"
_SUPPOSED = {
    "status": "loaded",
    "status_reason": "supposed by a what-if",
    "source": "what-if",
    "position_source": "what-if",
    "position_confidence": "building",
    "datum": "wgs84",
    "licence": "none",
    "redistributable": "false",
}
"""What is taken of a place that a what-if adds and does not say itself."""


def with_places(study: Study, variant: Variant) -> Study:
    """Return the study with the places that a variant adds and changes; the study itself where it names none.

    Raises
    ------
    InputError
        All faults at once: an id that is taken or nowhere, a place both changed and taken away, and whatever would be
        a fault in ``facilities.csv``, for instance a place outside the street data.
    """
    facilities = study.facilities
    unknown = sorted(set(variant.without) - set(facilities["facility_id"]))
    faults = [
        Fault("no such place", "give the facility_id of a place", _FILE, None, "without", name) for name in unknown
    ]
    if not variant.places:
        if faults:
            raise InputError(faults)
        return study
    faults += _faults(facilities, variant)
    if faults:
        raise InputError(faults)
    position = {name: k for k, name in enumerate(facilities["facility_id"])}
    rows = [_cells(place, facilities, position) for place in variant.places]
    cells = pd.DataFrame(rows, index=pd.RangeIndex(1, len(rows) + 1, name="row"), columns=list(_COLUMNS), dtype=str)
    made = facilities_of(TextTable(_FILE, cells), study.categories, study.ways.extent)
    new = np.array([place.new for place in variant.places])
    table = facilities.copy()
    for k in np.flatnonzero(~new):
        at = position[variant.places[k].id]
        row = int(table["row"].iloc[at])
        table.iloc[at] = made.iloc[k].reindex(table.columns)
        table.iloc[at, table.columns.get_loc("row")] = row
    table = table.astype(facilities.dtypes.drop("geometry"))
    added = made[new].assign(row=int(facilities["row"].max() if len(facilities) else 1) + 1 + np.arange(int(new.sum())))
    parts = [table, added] if new.any() else [table]
    together = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=facilities.crs)
    return replace(study, facilities=together)


def _faults(facilities: gpd.GeoDataFrame, variant: Variant) -> list[Fault]:
    known, seen = set(facilities["facility_id"]), set()
    faults = []
    for place in variant.places:
        if place.new and place.id in known:
            remedy = 'give it an id of its own, or write change = "change"'
            faults.append(Fault("a place of this id is there", remedy, _FILE, None, "id", place.id))
        if not place.new and place.id not in known:
            remedy = "give the facility_id of a place"
            faults.append(Fault("no such place", remedy, _FILE, None, "id", place.id))
        if place.id in variant.without:
            faults.append(Fault("changed and closed at once", "keep one of the two", _FILE, None, "id", place.id))
        if place.id in seen:
            faults.append(Fault("the id occurs twice", "say all of it once", _FILE, None, "id", place.id))
        seen.add(place.id)
    return faults


def _cells(place: PlaceChange, facilities: gpd.GeoDataFrame, position: dict[str, int]) -> dict[str, str]:
    if place.new:
        row = dict.fromkeys(_COLUMNS, "") | _SUPPOSED
    else:
        known = facilities.iloc[position[place.id]]
        row = {column: _text(known.get(column)) for column in _COLUMNS}
    return row | dict(place.cells) | {"facility_id": place.id}


def _text(value: object) -> str:
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if value is None or (isinstance(value, float) and not np.isfinite(value)):
        return ""
    return repr(float(value)) if isinstance(value, float) else str(value)
