"""What a position can be held against: the district, its streets by name, and where people walk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from servicecircle.arrays import Floats, Shapes
from servicecircle.crs import to_metric
from servicecircle.ingest.walkable import Rule, apply_rules, load_rules
from servicecircle.model import Study
from servicecircle.network import street_lines

__all__ = ["Ground"]

# ways that have names of their own, but no houses
_NO_STREET = ("匝道", "隧道", "大桥", "立交", "扶梯", "入口", "出口", "桥")
_SHORTEST = 2


@dataclass(frozen=True, slots=True)
class Ground:
    """The ground of a study in metres of its metric CRS.

    Attributes
    ----------
    crs
        The metric CRS.
    boundary
        The district.
    streets
        Street name -> all its ways as one geometry, in the order of the names; also beyond the district.
    walkable
        The segments that people walk on.
    """

    crs: str
    boundary: BaseGeometry
    streets: Mapping[str, BaseGeometry]
    walkable: shapely.STRtree

    @classmethod
    def of(cls, study: Study, rules: Sequence[Rule] | None = None) -> Ground:
        """Read the ground off a study; without ``rules`` those of the package say where people walk."""
        kept, _ = apply_rules(study.ways, tuple(rules) if rules is not None else load_rules())
        crs = study.area.crs
        lines = to_metric(shapely.multilinestrings(street_lines(kept).geometry.to_numpy()), crs)
        boundary = to_metric(study.area.boundary, crs)
        return cls(crs, boundary, _named(study), shapely.STRtree(_segments(lines)))

    def points(self, lon: Floats, lat: Floats) -> Floats:
        """Return (n, 2) metres; NaN where the degrees are none."""
        degrees = np.column_stack([lon, lat])
        earthly = (np.abs(degrees) <= [180.0, 85.0]).all(axis=1)
        xy = np.full(degrees.shape, np.nan)
        xy[earthly] = to_metric(degrees[earthly], self.crs)
        xy[~np.isfinite(xy).all(axis=1)] = np.nan
        return xy

    def off_district_m(self, xy: Floats) -> Floats:
        """Metres to the district, 0 within, infinite where there is no position."""
        off_m = np.full(len(xy), np.inf)
        there = np.isfinite(xy).all(axis=1)
        off_m[there] = shapely.distance(self.boundary, shapely.points(xy[there]))
        return off_m

    def off_network_m(self, xy: Floats) -> Floats:
        """Metres to the nearest street that people walk on, infinite where there is no position."""
        off_m = np.full(len(xy), np.inf)
        there = np.flatnonzero(np.isfinite(xy).all(axis=1))
        if len(there) and len(self.walkable.geometries):
            points = shapely.points(xy[there])
            (at, _), found_m = self.walkable.query_nearest(points, return_distance=True, all_matches=False)
            off_m[there[at]] = found_m
        return off_m

    def off_street_m(self, xy: Floats, names: Sequence[str | None]) -> Floats:
        """Metres to the street of that name, NaN where there is no such name, infinite where there is no position."""
        lines = np.array([self.streets.get(name) if name else None for name in names], dtype=object)
        named = np.array([line is not None for line in lines], dtype=bool)
        off_m = np.where(named, np.inf, np.nan)
        there = named & np.isfinite(xy).all(axis=1)
        off_m[there] = shapely.distance(lines[there], shapely.points(xy[there]))
        return off_m


def _segments(lines: BaseGeometry) -> Shapes:
    xy, line = shapely.get_coordinates(lines), shapely.get_coordinates(shapely.get_parts(lines), return_index=True)[1]
    within = line[1:] == line[:-1]
    return np.asarray(shapely.linestrings(np.stack([xy[:-1][within], xy[1:][within]], axis=1)), dtype=object)


def _named(study: Study) -> dict[str, BaseGeometry]:
    """Streets by the Chinese part of their name: ``和平路 Peace Road`` and ``和平路`` are one."""
    ways = study.ways.ways
    lines = np.asarray(street_lines(study.ways).geometry)
    if "name" not in ways:
        return {}
    on_road = ways["highway"].notna().to_numpy()
    parts: dict[str, list[BaseGeometry]] = {}
    for name, line, road in zip(ways["name"], lines, on_road, strict=True):
        short = name.split(" ")[0].strip("-") if isinstance(name, str) else ""
        if road and len(short) >= _SHORTEST and not short.endswith(_NO_STREET):
            parts.setdefault(short, []).append(line)
    whole = {name: shapely.union_all(parts[name]) for name in sorted(parts)}
    return {name: to_metric(_merged(shape), study.area.crs) for name, shape in whole.items()}


def _merged(lines: BaseGeometry) -> BaseGeometry:
    merged: BaseGeometry = shapely.line_merge(lines) if lines.geom_type == "MultiLineString" else lines
    return merged
