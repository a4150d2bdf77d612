"""A planner's own people: homes as given, or the people of cells and parts of the area shared among their homes.

A table says how many; the models of ``sharing`` say in which of a cell's homes, and every row adds up to its figure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from servicecircle.arrays import Bools, Floats, Ints, Shapes
from servicecircle.crs import WGS84, to_lonlat
from servicecircle.errors import Fault, InputError
from servicecircle.homes import Ground, metric_xy, place_homes, plane, subdistrict_of
from servicecircle.model import StudyArea
from servicecircle.parameters import PopulationParameters
from servicecircle.sharing import MODELS, share, weigh

__all__ = ["Placed", "place_homes_of", "share_among_homes"]

_FILE = "people.csv"
_GROUP = re.compile(r"people_(\d+(?:_\d+)?)")
_DECIMALS = 7


@dataclass(frozen=True, slots=True)
class Placed:
    """Homes with the people of a table.

    ``points``: demand_id, kind, subdistrict, street_m, ``people_<model>`` of all ``models``, ``people_<group>`` of all
    ``groups``, geometry. The mean of ``middle`` is the middle estimate.
    """

    points: gpd.GeoDataFrame
    models: tuple[str, ...]
    middle: tuple[str, ...]
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Inside:
    """Which homes are in which rows: home ``home[k]`` lies in row ``row[k]``."""

    home: Ints
    row: Ints


def place_homes_of(area: StudyArea, table: gpd.GeoDataFrame) -> Placed:
    """Take homes as they are given (``demand_id, people, geometry``)."""
    points = table[["demand_id", "geometry"]].copy()
    points["kind"] = "given"
    points["subdistrict"] = subdistrict_of(area, metric_xy(table.geometry, area.crs))
    points["street_m"] = np.nan
    points["people_given"] = table["people"].astype(float)
    for column, name in _further(table).items():
        points[name] = table[column].astype(float)
    return _placed(points, table, ("given",))


def share_among_homes(
    area: StudyArea,
    table: gpd.GeoDataFrame,
    ground: Ground,
    streets: gpd.GeoDataFrame,
    parameters: PopulationParameters,
    communities: gpd.GeoDataFrame,
) -> Placed:
    """Share the people of cells, subdistricts or communities among their homes, by each model.

    A cell without a home keeps its people at the spot on its street side: the point of the nearest street to its
    centre, or of the cell nearest to that street. A community has the homes of its subdistrict that are nearer to its
    seat than to another; one whose seat nobody has placed, or has no home
    nearest to it, may live in any home of its subdistrict.

    Raises
    ------
    InputError
        A part is unknown, or has people and no home.
    """
    points = place_homes(area, ground, parameters)
    weights = weigh(area, ground, points, parameters)
    points["street_m"] = weights["street_frontage"]
    if "cell_id" in table:
        table = table.sort_values("cell_id", ignore_index=True)
        cells = _cells(area, table)
        inside = _in_cells(metric_xy(points.geometry, area.crs), cells)
    elif "subdistrict" in table:
        inside = _in_subdistricts(area, table, points["subdistrict"])
    else:
        inside = _in_communities(area, table, points, communities)
    bare = ~np.isin(np.arange(len(table)), inside.row) & (table["people"].to_numpy() > 0)
    if bare.any() and "cell_id" not in table:
        _refuse(table, bare)
    shared = _shared(points, weights, inside, table)
    if bare.any():
        shared = pd.concat([shared, _alone(area, table[bare], cells[bare], streets)], ignore_index=True)
    return _placed(gpd.GeoDataFrame(shared, crs=WGS84), table, MODELS)


def _further(table: pd.DataFrame) -> dict[str, str]:
    """Return the columns beside ``people`` and what they are called at homes."""
    range_of = {"people_low": "people_given_low", "people_high": "people_given_high"}
    return {c: range_of.get(c, c) for c in table.columns if c in range_of or _GROUP.fullmatch(str(c))}


def _placed(points: gpd.GeoDataFrame, table: pd.DataFrame, middle: tuple[str, ...]) -> Placed:
    names = _further(table)
    models = tuple(name.removeprefix("people_") for column, name in names.items() if name != column)
    groups = tuple(column.removeprefix("people_") for column, name in names.items() if name == column)
    return Placed(points.sort_values("demand_id", ignore_index=True), middle + models, middle, groups)


def _shared(points: gpd.GeoDataFrame, weights: pd.DataFrame, inside: _Inside, table: pd.DataFrame) -> gpd.GeoDataFrame:
    row = pd.Series(inside.row)
    whole = dict.fromkeys(range(len(table)), 1.0)
    parts = {m: share(weights[m].take(inside.home).reset_index(drop=True), row, whole).to_numpy() for m in MODELS}
    parts["mean"] = np.mean([*parts.values()], axis=0)
    wanted = {f"people_{m}": ("people", m) for m in MODELS}
    wanted |= {name: (column, "mean") for column, name in _further(table).items()}
    for name, (column, by) in wanted.items():
        people = table[column].to_numpy(dtype=float)[inside.row] * parts[by]
        points[name] = np.bincount(inside.home, people, len(points))
    return points[np.isin(np.arange(len(points)), inside.home)].drop(columns="floor_m2")


def _alone(area: StudyArea, table: gpd.GeoDataFrame, cells: Shapes, streets: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """One point for each cell without a home."""
    xy = _street_side(cells, plane(streets.geometry, area.crs))
    points = gpd.GeoDataFrame(
        {"demand_id": "cell." + table["cell_id"], "kind": "given", "subdistrict": subdistrict_of(area, xy)},
        geometry=shapely.points(to_lonlat(xy, area.crs).round(_DECIMALS)),
        crs=WGS84,
    )
    for model in MODELS:
        points[f"people_{model}"] = table["people"].astype(float)
    for column, name in _further(table).items():
        points[name] = table[column].astype(float)
    return points.assign(street_m=np.nan)


def _street_side(cells: Shapes, streets: Shapes) -> Floats:
    centres = shapely.centroid(cells)
    if len(streets):
        tree = shapely.STRtree(streets)
        cell, street = tree.query_nearest(centres)
        nearest = np.full(len(cells), len(streets))
        np.minimum.at(nearest, cell, street)
        on_street = shapely.get_point(shapely.shortest_line(centres, streets[nearest]), 1)
        centres = shapely.get_point(shapely.shortest_line(cells, on_street), 0)
    return np.asarray(shapely.get_coordinates(centres), dtype=np.float64)


def _cells(area: StudyArea, table: gpd.GeoDataFrame) -> Shapes:
    """Return the cells on the metric plane; a centre with ``cell_m`` is a square along the plane's axes."""
    shapes = plane(table.geometry, area.crs)
    if "cell_m" not in table:
        return shapes
    x, y = shapely.get_coordinates(shapes).T
    half = table["cell_m"].to_numpy(dtype=float) / 2
    return np.asarray(shapely.box(x - half, y - half, x + half, y + half), dtype=object)


def _in_cells(xy: Floats, cells: Shapes) -> _Inside:
    """Put each home into the cell that holds it; of two, into the one whose centre is nearer, or the first."""
    row, home = shapely.STRtree(np.asarray(shapely.points(xy), dtype=object)).query(cells, predicate="intersects")
    centre = shapely.get_coordinates(shapely.centroid(cells))
    away = np.hypot(*(centre[row] - xy[home]).T)
    order = np.lexsort([row, away, home])
    first = order[np.unique(home[order], return_index=True)[1]]
    return _Inside(np.asarray(home[first], dtype=np.int64), np.asarray(row[first], dtype=np.int64))


def _in_subdistricts(area: StudyArea, table: pd.DataFrame, code: pd.Series) -> _Inside:
    if len(table) == 1 and table["subdistrict"].iloc[0] == area.id:  # all of the area
        return _Inside(np.arange(len(code)), np.zeros(len(code), dtype=np.int64))
    known = area.subdistricts[["code", "name"]].reset_index(drop=True)
    row_of = pd.Series(range(len(table)), known["code"].to_numpy()[_match(table, "subdistrict", known)])
    row = code.map(row_of)
    known_home = row.notna().to_numpy()
    return _Inside(np.flatnonzero(known_home), np.asarray(row[known_home], dtype=np.int64))


def _in_communities(
    area: StudyArea, table: pd.DataFrame, points: gpd.GeoDataFrame, communities: gpd.GeoDataFrame
) -> _Inside:
    seats = communities.reset_index(drop=True)
    code = _codes_of(area, seats)
    number = seats["facility_id"].str.extract(r"(\d{3})$")[0]
    keys = pd.DataFrame({"id": seats["facility_id"], "name": seats["name"], "code": code + number})
    chosen = _match(table, "community", keys)
    lost = code.isna().to_numpy()[chosen]
    if lost.any():
        remedy = "give the community a position or a subdistrict in facilities.csv"
        problem = "nobody knows in which subdistrict the community is"
        raise InputError([Fault(problem, remedy, _FILE, *cell) for cell in _cells_of(table, "community", lost)])
    row_of = pd.Series(range(len(table)), chosen)
    placed = ~seats.geometry.is_empty.to_numpy()
    shapes = plane(seats.geometry, area.crs)
    here = points["subdistrict"].to_numpy()
    spots = np.asarray(shapely.points(metric_xy(points.geometry, area.crs)), dtype=object)
    homes, rows = [], []
    for name, group in seats.groupby(code):
        local = np.flatnonzero(here == name)
        lost = group.index.to_numpy()
        standing = lost[placed[lost]]
        if len(standing) and len(local):
            home, seat = shapely.STRtree(shapes[standing]).query_nearest(spots[local])
            homes.append(local[home])
            rows.append(standing[seat])
            lost = np.setdiff1d(lost, standing[seat])
        for seat in lost:
            homes.append(local)
            rows.append(np.full(len(local), seat))
    row = pd.Series(np.concatenate([*rows, np.empty(0, dtype=np.int64)])).map(row_of)
    counted = row.notna().to_numpy()
    home = np.concatenate([*homes, np.empty(0, dtype=np.int64)])[counted]
    return _Inside(np.asarray(home, dtype=np.int64), np.asarray(row[counted], dtype=np.int64))


def _codes_of(area: StudyArea, seats: gpd.GeoDataFrame) -> pd.Series:
    """Return the subdistrict's code of each seat: as said by code or name, else where it stands."""
    known = area.subdistricts
    code = seats["subdistrict"].map(dict(zip(known["name"], known["code"], strict=True)))
    code = code.fillna(seats["subdistrict"].where(seats["subdistrict"].isin(known["code"])))
    unsaid = code.isna() & ~seats.geometry.is_empty
    if unsaid.any():
        code[unsaid] = subdistrict_of(area, metric_xy(seats.geometry[unsaid], area.crs))
    codes: pd.Series[str] = code
    return codes


def _match(table: pd.DataFrame, column: str, keys: pd.DataFrame) -> Ints:
    """Find the one row of ``keys`` that each cell names, in any of its columns."""
    hits = [np.flatnonzero((keys == cell).any(axis=1)) for cell in table[column]]
    count = np.asarray([len(hit) for hit in hits])
    found = np.asarray([hit[0] if len(hit) else -1 for hit in hits])
    again = pd.Series(found).duplicated().to_numpy() & (count == 1)
    names = f"{' or '.join(keys.columns)} of a {column}"
    faults = [
        Fault(problem, remedy, _FILE, *cell)
        for wrong, problem, remedy in (
            (count == 0, f"no such {column}", f"use the {names}"),
            (count > 1, f"more than one {column} has that name", f"use the {keys.columns[0]}"),
            (again, f"the {column} has a row already", "keep one of the two rows"),
        )
        for cell in _cells_of(table, column, wrong)
    ]
    if faults:
        raise InputError(sorted(faults, key=lambda fault: fault.row or 0))
    return found


def _refuse(table: pd.DataFrame, bare: Bools) -> None:
    column = "subdistrict" if "subdistrict" in table else "community"
    problem = "people and no home: no footprint or residential street is there"
    remedy = "add its buildings or streets, or give its people as points with demand_id, lon, lat"
    raise InputError([Fault(problem, remedy, _FILE, *cell) for cell in _cells_of(table, column, bare)])


def _cells_of(table: pd.DataFrame, column: str, wrong: Bools) -> list[tuple[int, str, str]]:
    cells = table.loc[wrong, ["row", column]]
    return [(int(row), column, str(cell)) for row, cell in cells.itertuples(index=False)]
