"""Homes by community: within drawn boundaries where there are any, else in the basin of the nearest seat.

Nobody publishes the boundaries of the communities. Their seats have positions, many of them only a street's midpoint: a
home then belongs to the community of its subdistrict whose seat is nearest on foot. That is an approximation and is
called one; a community without a position gets no homes, its neighbours get them, and both are said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from servicecircle.arrays import Ints
from servicecircle.coverage import BASES
from servicecircle.model import Kind, Status, StudyArea, Tier
from servicecircle.shares import Nearest, Residents, describe_units
from servicecircle.uncertainty import CLASSES

__all__ = ["Basins", "class_columns", "community_seats", "community_table", "polygon_basins", "seat_basins"]

_SEATS = ["community_id", "name", "subdistrict", "facility_id", "seat"]
_ABOUT = [*_SEATS, "basis", "homes_straight", "note_zh", "note_en"]
_UNASSIGNED = "unassigned"
_NEAR_S = 1800.0  # how far a seat is looked for first


@dataclass(frozen=True, slots=True)
class Basins:
    """Which community each home belongs to.

    Attributes
    ----------
    of_home
        Row of ``table``, one a home.
    table
        One row a community: ``community_id, name, subdistrict`` (code), ``facility_id`` (its seat), ``seat`` (located,
        approximate or none), ``basis`` (``approximate`` of a basin, ``exact`` of a polygon, ``none`` without homes),
        ``homes_straight`` (homes that cannot walk to a seat and went by the straight line), ``note_zh, note_en``. Last,
        a row ``unassigned-<subdistrict>`` for the homes of each subdistrict that belong to none.
    """

    of_home: Ints
    table: pd.DataFrame


def community_seats(facilities: gpd.GeoDataFrame, area: StudyArea) -> pd.DataFrame:
    """Return the communities of a registry: ``community_id, name, subdistrict, facility_id, seat``, in its order.

    ``subdistrict`` is the code of the subdistrict that the registry names, else of the one around the seat, else
    missing. Candidates are no communities yet.
    """
    chosen = facilities[(facilities["kind"] == Kind.COMMUNITY) & (facilities["status"] != Status.CANDIDATE)]
    code = dict(zip(area.subdistricts["name"], area.subdistricts["code"], strict=True))
    named = chosen["subdistrict"].map(code)
    ordered = area.subdistricts.sort_values("code")
    point, shape = shapely.STRtree(chosen.geometry.to_numpy()).query(ordered.geometry.to_numpy(), "intersects")[::-1]
    around = pd.Series(None, index=chosen.index, dtype=object)
    around.iloc[point[::-1]] = ordered["code"].to_numpy()[shape[::-1]]  # of two, the first by code is written last
    placed = chosen["located"] | chosen["approximate"]
    seat = np.select([chosen["located"], placed], ["located", "approximate"], "none")
    columns = {
        "community_id": chosen["facility_id"],
        "name": chosen["name"],
        "subdistrict": named.where(named.notna(), around),
        "facility_id": chosen["facility_id"],
        "seat": seat,
    }
    return pd.DataFrame(columns)[_SEATS].reset_index(drop=True)


def seat_basins(
    seats: pd.DataFrame, homes: pd.DataFrame, places: pd.DataFrame, walk: Nearest, radius: Nearest
) -> Basins:
    """Give every home to the nearest seat of its subdistrict: on foot, in a straight line where none can be walked to.

    Parameters
    ----------
    seats
        As ``community_seats`` returns them.
    homes
        ``subdistrict`` (code) of every home.
    places
        The placed facilities, in the rows' order of ``walk`` and ``radius``.
    """
    code = homes["subdistrict"].to_numpy()
    ids = places["facility_id"]
    known = pd.Index(seats["facility_id"])
    of_home, straight = np.full(len(homes), -1, dtype=np.int64), np.zeros(len(seats), dtype=np.int64)
    for subdistrict in sorted(pd.unique(code)):
        own = seats[(seats["subdistrict"] == subdistrict) & (seats["seat"] != "none")]
        rows = ids.isin(own["facility_id"]).to_numpy()
        if not rows.any():
            continue
        inside = np.flatnonzero(code == subdistrict)
        row = walk(rows, _NEAR_S)[1][inside]
        if (row < 0).any():  # most have a seat near by: few searches go farther
            row = walk(rows)[1][inside]
        cut_off = row < 0
        if cut_off.any():
            row[cut_off] = radius(rows)[1][inside[cut_off]]
        of_home[inside] = known.get_indexer(ids.to_numpy()[row])
        straight += np.bincount(of_home[inside[cut_off]], minlength=len(seats))
    usable = (seats["seat"] != "none") & seats["subdistrict"].isin(pd.unique(code))
    table = seats.assign(basis=np.where(usable, "approximate", "none"), homes_straight=straight)
    lost = seats[seats["seat"] == "none"].groupby("subdistrict").size()
    others = seats["subdistrict"].map(lost).fillna(0).astype(int)
    count = np.bincount(of_home[of_home >= 0], minlength=len(seats))
    notes = [_note(*row) for row in zip(usable, seats["seat"], others, count, strict=True)]
    table["note_zh"], table["note_en"] = ([note[k] for note in notes] for k in (0, 1))
    return _with_rest(of_home, table, code)


def polygon_basins(polygons: gpd.GeoDataFrame, seats: pd.DataFrame, homes: gpd.GeoDataFrame) -> Basins:
    """Give every home to the polygon it lies in; on a common border to the first by id.

    A community of the registry is the polygon's by its id, else by its name within the subdistrict. One without a
    polygon is listed, without homes.
    """
    ordered = polygons.sort_values("id").reset_index(drop=True)
    home, shape = shapely.STRtree(homes.geometry.to_numpy()).query(ordered.geometry.to_numpy(), "intersects")[::-1]
    of_home = np.full(len(homes), len(ordered), dtype=np.int64)
    np.minimum.at(of_home, home, shape)
    by_id = pd.Series(seats.index, index=seats["community_id"])
    by_name = dict(zip(zip(seats["subdistrict"], seats["name"], strict=True), seats.index, strict=True))
    found = [
        int(by_id[key]) if key in by_id.index else int(by_name.get((code, name), -1))
        for key, code, name in zip(ordered["id"], ordered["subdistrict"], ordered["name"], strict=True)
    ]
    at = np.array(found, dtype=np.int64)
    drawn = ordered[["name", "subdistrict"]].assign(community_id=ordered["id"], basis="exact", homes_straight=0)
    for key, missing in (("facility_id", None), ("seat", "none")):
        drawn[key] = [seats[key].iloc[k] if k >= 0 else missing for k in at]
    rest = seats[~seats.index.isin(at)].assign(
        basis="none", homes_straight=0, note_zh="边界文件中没有该社区", note_en="no polygon in communities.geojson"
    )
    table = pd.concat([drawn.assign(note_zh=None, note_en=None), rest], ignore_index=True)
    return _with_rest(np.where(of_home < len(ordered), of_home, -1), table, homes["subdistrict"].to_numpy())


def community_table(
    basins: Basins,
    homes: pd.DataFrame,
    models: tuple[str, ...],
    names: Mapping[str, str],
    places: pd.DataFrame,
    nearest: Mapping[str, Nearest],
    limits: Mapping[str, float],
    choices: Mapping[str, Ints],
    certainty: pd.DataFrame,
) -> pd.DataFrame:
    """One row a community: what it is, people and coverage as ``shares.describe_units`` gives them, ``class_columns``.

    ``names`` are those of the subdistricts by code; the other parameters are of ``describe_units`` and
    ``class_columns``. The people of the rows sum to the total.
    """
    table = basins.table
    ids = table["community_id"].tolist()
    groups = Residents.of(homes, models, pd.Series(np.array(ids, dtype=object)[basins.of_home]), dict.fromkeys(ids, ""))
    units = describe_units(groups, places, nearest, limits, choices).iloc[1:].reset_index(drop=True)
    about = table[_ABOUT].reset_index(drop=True)
    about.insert(3, "subdistrict_name", about["subdistrict"].map(dict(names)))
    sure = class_columns(groups, certainty).iloc[1:].reset_index(drop=True)
    return pd.concat([about, units.drop(columns=["code", "name"]), sure], axis=1)


def class_columns(residents: Residents, certainty: pd.DataFrame) -> pd.DataFrame:
    """People by how surely they are covered, one row a group, all groups together first.

    Parameters
    ----------
    residents
        People by home and group.
    certainty
        Classes of the homes, as ``uncertainty.home_certainty`` returns them.

    Returns
    -------
    pd.DataFrame
        ``people_<tier>_<basis>_<class>``, middle of the models; the four classes of a tier and basis sum to the people.
        Missing where no place of the tier has a position on that basis, and where no draws were asked for.
    """
    columns, unknown = {}, np.full(len(residents.names) + 1, np.nan)
    for tier in Tier:
        for basis in BASES:
            told = certainty[f"{tier}_class" if basis == "all" else f"{tier}_{basis}_class"]
            code = pd.Categorical(told, CLASSES).codes
            known = (code >= 0).any()
            for k, name in enumerate(CLASSES):
                people = residents.sums(code == k)[1][0] if known else unknown
                columns[f"people_{tier}_{basis}_{name}"] = people
    return pd.DataFrame(columns)


def _note(usable: bool, seat: str, lost: int, homes: int) -> tuple[str | None, str | None]:  # noqa: FBT001
    if seat == "none":
        return (
            "没有位置，无法划定范围；住户计入相邻社区",
            "no position: no basin, its homes are counted with its neighbours",
        )
    if not usable:
        return "不在任何有住户的街道内", "not in a subdistrict with homes"
    if not homes:
        return "没有以它为最近的住户；位置可能不准", "nearest to no home; its position may be wrong"
    if lost:
        return (
            f"本街道另有{lost}个社区没有位置，其住户按最近原则计入各社区",
            f"{lost} more communities of the subdistrict have no position: their homes are counted here and around",
        )
    return None, None


def _with_rest(of_home: Ints, table: pd.DataFrame, code: np.ndarray) -> Basins:
    """Add a row for the homes of each subdistrict that belong to no community."""
    without = of_home < 0
    codes = sorted(pd.unique(code[without]))
    rest = pd.DataFrame(
        {
            "community_id": [f"{_UNASSIGNED}-{c}" for c in codes],
            "name": "未划入社区",
            "subdistrict": codes,
            "facility_id": None,
            "seat": "none",
            "basis": "none",
            "homes_straight": 0,
            "note_zh": "没有可依据的社区位置或边界",
            "note_en": "no seat with a position, or outside every polygon",
        }
    )
    filled = of_home.copy()
    filled[without] = len(table) + pd.Index(codes).get_indexer(code[without])
    joined = pd.concat([table[_ABOUT].astype(object), rest[_ABOUT].astype(object)], ignore_index=True)
    return Basins(filled, joined.astype({"homes_straight": np.int64}))
