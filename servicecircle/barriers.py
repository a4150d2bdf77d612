"""What people cannot cross where they like: water, railways in the open, motorways; and the crossings that are missed.

A barrier is told by what would change without it. Points of the network that face each other across it are joined by
crossings that are not there, and whoever comes in time by one of these is held back by the barrier.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import Delaunay, QhullError

from servicecircle.arrays import Bools, Floats, Ints, Shapes
from servicecircle.crs import to_metric
from servicecircle.model import StudyArea, Ways
from servicecircle.network import street_lines
from servicecircle.shortcuts import Pricing, Shortcuts, draw_shortcuts, lines_of
from servicecircle.stations import Stations

__all__ = ["Barriers", "find_barriers", "find_crossings"]

_CORNERS = 3
_ON_M = 1.0
_WIDER = 1.01  # than need be: whoever is on the line is looked at


@dataclass(frozen=True, slots=True)
class Barriers:
    """Barriers in metres: ``kind`` is water, railway or road; ``name`` None where it has none."""

    kind: Shapes
    name: Shapes
    shape: Shapes

    def __len__(self) -> int:
        """Return the number of barriers."""
        return len(self.kind)

    def met(self, lines: Shapes) -> tuple[Ints, Ints]:
        """Return the pairs (line, barrier) that touch, lines ascending."""
        barrier, line = shapely.STRtree(lines).query(self.shape, predicate="intersects")
        order = np.lexsort((barrier, line))
        return line[order].astype(np.int64), barrier[order].astype(np.int64)


def find_barriers(area: StudyArea, ways: Ways, roads: tuple[str, ...]) -> Barriers:
    """Collect the water, the railways and the roads with one of the given ``highway`` values, without their bridges."""
    streets = street_lines(ways).assign(name=ways.ways["name"].to_numpy() if "name" in ways.ways else None)
    parts = [
        ("water", area.water),
        ("railway", area.railways[_in_the_open(area.railways)]),
        ("road", streets[streets["highway"].isin(roads) & _in_the_open(streets)]),
    ]
    kind = np.repeat(np.array([name for name, _ in parts], dtype=object), [len(table) for _, table in parts])
    names = pd.concat([table["name"].astype(object) for _, table in parts])
    shapes = np.concatenate([table.geometry.to_numpy() for _, table in parts])
    flat = np.array([to_metric(shape, area.crs) for shape in shapes], dtype=object)
    return Barriers(kind, names.where(names.notna(), None).to_numpy(dtype=object), flat)


def find_crossings(
    stations: Stations, barriers: Barriers, pricing: Pricing, approach_m: float
) -> tuple[Shortcuts, Ints]:
    """Return the crossings between points that face each other across a barrier, both ways, and the barrier of each.

    Points near the barriers are triangulated: the sides of triangles join those that face each other and nobody else.
    A side counts if at most ``approach_m`` of it is land. Of several barriers, the one that is crossed farthest.
    """
    near = np.zeros(len(stations), dtype=bool)
    if len(barriers):
        boxed = _in_boxes(stations.xy, shapely.bounds(barriers.shape), approach_m)
        tree = shapely.STRtree(np.asarray(shapely.points(stations.xy[boxed]), dtype=object))
        near[boxed[tree.query(barriers.shape, predicate="dwithin", distance=approach_m)[1]]] = True
        # a point in the middle of a motorway is on neither side of it
        near[boxed[tree.query(barriers.shape, predicate="dwithin", distance=_ON_M)[1]]] = False
    sides = _facing(stations.xy, np.flatnonzero(near))
    crossings = draw_shortcuts(stations, sides[:, 0], sides[:, 1], pricing)
    lines = lines_of(stations, crossings)
    line, barrier = barriers.met(lines)
    wet = shapely.length(shapely.intersection(lines[line], barriers.shape[barrier]))
    order = np.lexsort((barrier, -wet, line))
    first = order[np.unique(line[order], return_index=True)[1]]
    land = shapely.length(lines) - np.bincount(line, wet, len(lines))
    kept = first[land[line[first]] <= approach_m]
    there, of = crossings.take(line[kept]), barrier[kept]
    back = draw_shortcuts(stations, there.end, there.start, pricing)
    both = (np.concatenate([getattr(part, name) for part in (there, back)]) for name in Shortcuts.__slots__)
    return Shortcuts(*both), np.r_[of, of]


def _facing(xy: Floats, which: Ints) -> Ints:
    """Return the sides of the triangles between the given points, as (n, 2) positions; none without a triangle."""
    _, one = np.unique(xy[which], axis=0, return_index=True)
    which = which[np.sort(one)]
    if len(which) < _CORNERS:
        return np.zeros((0, 2), dtype=np.int64)
    try:
        corners = Delaunay(xy[which] - xy[which].mean(axis=0)).simplices
    except QhullError:  # all in one line
        return np.zeros((0, 2), dtype=np.int64)
    sides = np.sort(np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]]), axis=1)
    return np.asarray(which[np.unique(sides, axis=0)], dtype=np.int64)


def _in_boxes(xy: Floats, boxes: Floats, wider_m: float) -> Ints:
    """Return the points in any of the boxes, made so much wider on each side."""
    by_x, found = np.argsort(xy[:, 0], kind="stable"), np.zeros(len(xy), dtype=bool)
    x, y = xy[by_x].T
    for west, south, east, north in boxes + np.array([-wider_m, -wider_m, wider_m, wider_m]) * _WIDER:
        part = slice(*np.searchsorted(x, [west, east]))
        found[by_x[part]] |= (y[part] >= south) & (y[part] <= north)
    return np.flatnonzero(found)


def _in_the_open(lines: gpd.GeoDataFrame) -> Bools:
    """Neither bridge nor tunnel: tags (any but no), or booleans."""
    covered = [~lines[key].fillna("no").isin(["no", False]).to_numpy() for key in ("bridge", "tunnel") if key in lines]
    return ~np.any(covered, axis=0) if covered else np.ones(len(lines), dtype=bool)
