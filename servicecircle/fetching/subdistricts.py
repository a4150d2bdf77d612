"""The parts of an area from the map: administrative outlines of one level, cut to the area, judged before they serve.

A country draws its subdistricts on the level it likes, and draws half of them. The levels of the mapping are tried in
turn; the first whose outlines cover the land of the area serves. Where none does, the area is its only part, and the
ledger says why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from servicecircle.crs import WGS84, to_metric
from servicecircle.fetching.area import Area
from servicecircle.fetching.layers import clean
from servicecircle.ingest.osm_places import PartRule
from servicecircle.ingest.osm_things import Thing

__all__ = ["Parts", "parts_of"]

_COLUMNS = ["code", "name", "name_en", "source", "licence"]
_LICENCE = "ODbL-1.0"
_LITTLE_OF_IT, _LITTLE_OF_AREA = 0.05, 0.02
"""A neighbour whose outline is not drawn quite along the area's: so little of it, and so little of the area."""
_SAID = 0.001  # share of the land from which on a gap or an overlap is worth a word
_SMALLEST_M2 = 1.0


@dataclass(frozen=True, slots=True)
class Parts:
    """The subdistricts of a study.

    Attributes
    ----------
    table
        EPSG:4326, sorted by ``code``: ``code, name, name_en, source, licence``.
    level
        Their ``admin_level``; None: the area is its only part.
    share
        Of the area's land that they cover.
    unknown
        What the ledger says of them.
    """

    table: gpd.GeoDataFrame
    level: int | None
    share: float
    unknown: tuple[Mapping[str, str], ...]

    def of(self, rows: pd.DataFrame) -> pd.Series[str]:
        """Return the name of the part that each row's ``lon, lat`` is in; empty beyond all, and of an only part."""
        found = pd.Series("", index=rows.index, dtype=object)
        if self.level is None or rows.empty:
            return found
        points = shapely.points(rows[["lon", "lat"]].to_numpy(dtype=np.float64))
        for name, shape in zip(self.table["name"], self.table.geometry, strict=True):
            shapely.prepare(shape)
            found[(found == "") & shapely.intersects(shape, points)] = name
        return found

    def about(self) -> dict[str, Any]:
        """Return what the ledger counts of them."""
        return {"admin_level": self.level, "number": len(self.table), "share_of_land": round(self.share, 4)}


@dataclass(frozen=True, slots=True)
class _Refused:
    """Why the outlines of a level do not serve."""

    zh: str
    en: str


def parts_of(
    things: Sequence[Thing],
    boundaries: Mapping[int, Mapping[str, str]],
    area: Area,
    sea: BaseGeometry,
    rule: PartRule,
) -> Parts:
    """Choose the subdistricts of an area among the administrative outlines of the map.

    Parameters
    ----------
    things
        Of the map; relations with ``boundary=administrative`` count.
    boundaries
        Tags of all such relations by id; those that are no thing could not be put together.
    sea
        EPSG:4326; it need not be covered.
    rule
        Levels and the least share of the land.
    """
    land = shapely.difference(area.shape, sea)
    refused: dict[int, _Refused] = {}
    for level in rule.levels:
        found = _of_level(level, things, boundaries, area, land, rule.least_share)
        if isinstance(found, Parts):
            return found
        refused[level] = found
    zh = "；".join(f"{level}级{why.zh}" for level, why in refused.items())
    en = "; ".join(f"level {level}: {why.en}" for level, why in refused.items())
    word = {
        "what": "subdistricts",
        "zh": f"没有可用的街道界，整个范围作为一个街道（admin_level {zh}）",
        "en": f"no outlines of subdistricts serve, the area is its only part (admin_level {en})",
    }
    only = {"code": area.id, "name": area.name, "name_en": area.name_en, "source": area.source, "licence": None}
    return Parts(_table([only], [area.shape]), None, 1.0, (word,))


def _of_level(
    level: int,
    things: Sequence[Thing],
    boundaries: Mapping[int, Mapping[str, str]],
    area: Area,
    land: BaseGeometry,
    least_share: float,
) -> Parts | _Refused:
    drawn = [t for t in things if t.type == "relation" and t.is_area and _is_of(t.tags, level)]
    broken = sorted(boundaries.keys() - {t.id for t in drawn})
    lost = [f"relation/{k} {_name(boundaries[k])}".strip() for k in broken if _is_of(boundaries[k], level)]
    inside = [(thing, shape) for thing in drawn if (shape := _within(thing.shape, area)) is not None]
    if not inside:
        return _refused_bare(lost)
    shapes, doubled_m2 = _apart([shape for _, shape in inside], [thing.id for thing, _ in inside], area)
    land_m2 = _m2(land, area)
    share = _m2(shapely.intersection(shapely.union_all(shapes), land), area) / land_m2
    if share < least_share:
        return _Refused(f"只盖住{share:.0%}的陆地{_listed_zh(lost)}", f"covers {share:.0%} of the land{_listed(lost)}")
    if len(inside) == 1:
        return _Refused("只有一块", "one outline alone")
    if doubled_m2 > (1 - least_share) * land_m2:
        return _Refused(
            f"互相重叠{doubled_m2 / land_m2:.0%}", f"they overlap on {doubled_m2 / land_m2:.0%} of the land"
        )
    unknown = []
    if 1 - share > _SAID:
        zh = f"{1 - share:.1%}的陆地不在任何街道内，那里的住处归最近的街道{_listed_zh(lost)}"
        en = f"{1 - share:.1%} of the land is in no subdistrict: homes there count to the nearest{_listed(lost)}"
        unknown.append({"what": "subdistricts", "zh": zh, "en": en})
    if doubled_m2 > _SAID * land_m2:
        zh = f"街道互相重叠{doubled_m2 / land_m2:.1%}：重叠处归较小的街道"
        en = f"subdistricts overlap on {doubled_m2 / land_m2:.1%} of the land: it was given to the smaller ones"
        unknown.append({"what": "subdistricts", "zh": zh, "en": en})
    rows = _rows([thing for thing, _ in inside])
    return Parts(_table(rows, shapes), level, share, tuple(unknown))


def _is_of(tags: Mapping[str, str], level: int) -> bool:
    return tags.get("boundary") == "administrative" and tags.get("admin_level") == str(level)


def _within(shape: BaseGeometry, area: Area) -> BaseGeometry | None:
    """Return what of an outline lies in the area; None of a neighbour."""
    inside = _areal(shapely.intersection(shape, area.shape))
    inside_m2 = _m2(inside, area)
    little = inside_m2 < _LITTLE_OF_IT * _m2(shape, area) and inside_m2 < _LITTLE_OF_AREA * _m2(area.shape, area)
    return None if little or inside_m2 < _SMALLEST_M2 else inside


def _apart(shapes: Sequence[BaseGeometry], ids: Sequence[int], area: Area) -> tuple[list[BaseGeometry], float]:
    """Give ground that two outlines claim to the smaller; return how many square metres that is."""
    sizes = [_m2(shape, area) for shape in shapes]
    found, doubled_m2 = list(shapes), 0.0
    order = sorted(range(len(shapes)), key=lambda k: (sizes[k], ids[k]))
    for rank, k in enumerate(order):
        rivals = [found[j] for j in order[:rank] if shapely.intersects(found[j], found[k])]
        claimed = _m2(_areal(shapely.intersection(found[k], shapely.union_all(rivals))), area) if rivals else 0.0
        if claimed > _SMALLEST_M2:  # else the outlines meet, and stay as they are
            found[k] = _areal(shapely.difference(found[k], shapely.union_all(rivals)))
            doubled_m2 += claimed
    return found, doubled_m2


def _rows(things: Sequence[Thing]) -> list[dict[str, str | None]]:
    names = [_name(thing.tags) or thing.code for thing in things]
    return [
        {
            "code": thing.code,
            "name": name if names.count(name) == 1 else f"{name} ({thing.code})",
            "name_en": clean(thing.tags.get("name:en", "")) or name,
            "source": f"OpenStreetMap {thing.ref}",
            "licence": _LICENCE,
        }
        for thing, name in zip(things, names, strict=True)
    ]


def _table(rows: Sequence[Mapping[str, str | None]], shapes: Sequence[BaseGeometry]) -> gpd.GeoDataFrame:
    table = gpd.GeoDataFrame(pd.DataFrame(rows, columns=_COLUMNS, dtype=object), geometry=list(shapes), crs=WGS84)
    return table[~table.geometry.is_empty].sort_values("code", ignore_index=True)


def _refused_bare(lost: Sequence[str]) -> _Refused:
    if lost:
        return _Refused(f"无法拼成面{_listed_zh(lost)}", f"no outline is whole{_listed(lost)}")
    return _Refused("图上没有", "none on the map")


def _name(tags: Mapping[str, str]) -> str:
    return clean(next((tags[key] for key in ("name:zh", "name", "name:en") if tags.get(key)), ""))


def _listed(lost: Sequence[str]) -> str:
    return f"; not whole on the map: {', '.join(lost)}" if lost else ""


def _listed_zh(lost: Sequence[str]) -> str:
    return f"；图上不完整：{'、'.join(lost)}" if lost else ""


def _areal(shape: BaseGeometry) -> BaseGeometry:
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon" and not part.is_empty]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _m2(shape: BaseGeometry, area: Area) -> float:
    return float(shapely.area(to_metric(shape, area.crs)))
