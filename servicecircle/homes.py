"""Where homes can be: mapped footprints, and what stands unmapped along residential streets.

The map of buildings is incomplete, and unevenly so: homes nobody has mapped are supposed along residential streets.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.spatial import cKDTree
from shapely.geometry.base import BaseGeometry

from servicecircle.arrays import Bools, Floats, Ints, Shapes
from servicecircle.crs import WGS84, to_lonlat, to_metric
from servicecircle.model import StudyArea
from servicecircle.parameters import PopulationParameters

__all__ = ["COMPLETENESS", "Ground", "completeness", "metric_xy", "place_homes", "plane", "subdistrict_of", "survey"]

COMPLETENESS = [
    "subdistrict", "name", "footprints", "footprint_m2", "land_m2", "footprint_share", "street_m", "mapped_share",
    "homes", "supposed_homes_share", "supposed_people_share",
]  # fmt: skip
"""Columns of ``completeness``."""

_DECIMALS = 7
_NEARLY = 1 - 1e-9


@dataclass(frozen=True, slots=True)
class Ground:
    """The study area on its metric plane: streets as samples, dry land as cells."""

    buildings: gpd.GeoDataFrame
    footprints: Shapes  # of the buildings
    doors: Floats  # a point inside each footprint
    homes: Bools  # footprints that may hold homes
    samples: Floats
    sample_m: Floats  # metres of residential street that each sample stands for
    mapped: Bools  # samples with a footprint near
    cells: Floats  # centres of the cells of dry land
    housed: Bools  # cells that may hold homes
    cell_m2: float


def survey(area: StudyArea, streets: gpd.GeoDataFrame, parameters: PopulationParameters) -> Ground:
    """Look at the area once: its footprints, its residential streets, its dry land."""
    boundary = plane([area.boundary], area.crs)
    water = plane(area.water.geometry, area.crs)
    buildings, tracks = area.buildings, area.railways
    footprints = plane(buildings.geometry, area.crs)
    doors = shapely.get_coordinates(shapely.point_on_surface(footprints))
    within = _hit(doors, boundary)
    buildings, footprints, doors = buildings[within], footprints[within], doors[within]
    homes = _dwelt_in(buildings, parameters) & (shapely.area(footprints) >= parameters.smallest_home_m2)
    rails = shapely.buffer(plane(tracks.geometry[_in_the_open(tracks)], area.crs), parameters.rail_buffer_m)
    samples, sample_m = _samples(_residential(streets, parameters), area.crs, parameters.sample_m)
    dry = _hit(samples, boundary) & ~_hit(samples, water)
    samples, sample_m = samples[dry], sample_m[dry]
    cells = _lattice(boundary, parameters.land_cell_m)
    cells = cells[_hit(cells, boundary) & ~_hit(cells, water)]
    return Ground(
        buildings,
        footprints,
        doors,
        homes.to_numpy(dtype=bool),
        samples,
        sample_m,
        _hit(samples, footprints, parameters.frontage_gap_m),
        cells,
        ~_hit(cells, np.concatenate([rails, footprints[~homes]])),
        parameters.land_cell_m**2,
    )


def place_homes(area: StudyArea, ground: Ground, parameters: PopulationParameters) -> gpd.GeoDataFrame:
    """Put one point inside each footprint that may be a home, and one along each stretch of unmapped street."""
    mapped = ground.doors[ground.homes]
    supposed = to_lonlat(_thinned(ground.samples[~ground.mapped], parameters.frontage_spacing_m), area.crs)
    supposed = supposed.round(_DECIMALS)
    supposed = supposed[np.lexsort(supposed.T[::-1])]
    kinds = np.repeat(["footprint", "frontage"], [len(mapped), len(supposed)])
    lonlat = np.concatenate([to_lonlat(mapped, area.crs).round(_DECIMALS), supposed])
    ids = [*ground.buildings.loc[ground.homes, "building_id"], *(f"f{i:06}" for i in range(1, len(supposed) + 1))]
    floor_m2 = np.concatenate([_floor_m2(ground, parameters), np.full(len(supposed), np.nan)])
    columns = {"demand_id": ids, "kind": kinds, "floor_m2": floor_m2}
    points = gpd.GeoDataFrame(columns, geometry=shapely.points(lonlat), crs=WGS84)
    points["subdistrict"] = subdistrict_of(area, metric_xy(points.geometry, area.crs))
    return points.sort_values("demand_id", ignore_index=True)


def completeness(area: StudyArea, ground: Ground, points: pd.DataFrame) -> pd.DataFrame:
    """Say how much of each subdistrict the map of buildings shows, and how much of the estimate is supposed.

    Parameters
    ----------
    points
        Homes with ``subdistrict``, ``kind``, ``people``.

    Returns
    -------
    pd.DataFrame
        ``subdistrict, name, footprints, footprint_m2, land_m2, footprint_share`` (of the land), ``street_m``,
        ``mapped_share`` (of residential street metres, with a footprint within ``frontage_gap_m``), ``homes``,
        ``supposed_homes_share``, ``supposed_people_share`` (of the middle estimate).
    """
    code = pd.Index(subdistrict_of(area, ground.samples))
    metres = pd.Series(ground.sample_m)
    footprint = pd.Series(shapely.area(ground.footprints)).groupby(subdistrict_of(area, ground.doors))
    sums = {
        "footprints": footprint.size(),
        "footprint_m2": footprint.sum(),
        "land_m2": pd.Series(ground.cell_m2, subdistrict_of(area, ground.cells)).groupby(level=0).sum(),
        "street_m": metres.groupby(code).sum(),
        "mapped_m": metres.where(ground.mapped, 0.0).groupby(code).sum(),
    }
    table = pd.DataFrame(sums, index=sorted(area.subdistricts["code"])).fillna(0.0).astype({"footprints": int})
    table["footprint_share"] = table["footprint_m2"] / table["land_m2"]
    table["mapped_share"] = table["mapped_m"] / table["street_m"]
    table["name"] = table.index.map(area.subdistricts.set_index("code")["name"])
    table = table.join(_supposed(points).reindex(table.index)).fillna({"homes": 0}).astype({"homes": int})
    return table.rename_axis("subdistrict").reset_index()[COMPLETENESS]


def _supposed(points: pd.DataFrame) -> pd.DataFrame:
    supposed = points["kind"] != "footprint"
    people = points["people"]
    sums = {"homes": supposed, "of_homes": supposed, "people": people, "of_people": people.where(supposed, 0.0)}
    counted = pd.DataFrame(sums).astype(float).assign(homes=1).groupby(points["subdistrict"]).sum()
    return pd.DataFrame(
        {
            "homes": counted["homes"],
            "supposed_homes_share": counted["of_homes"] / counted["homes"],
            "supposed_people_share": counted["of_people"] / counted["people"].where(counted["people"] > 0),
        }
    )


def subdistrict_of(area: StudyArea, xy: Floats) -> npt.NDArray[np.object_]:
    """Return the subdistrict's code for points in metres: of the first that holds a point, else of the nearest."""
    ordered = area.subdistricts.sort_values("code")
    shapes = plane(ordered.geometry, area.crs)
    shapely.prepare(shapes)
    found = np.full(len(xy), len(ordered))
    for k, shape in enumerate(shapes):
        west, south, east, north = shapely.bounds(shape)
        near = (xy >= (west, south)).all(axis=1) & (xy <= (east, north)).all(axis=1) & (found == len(ordered))
        near = np.flatnonzero(near)
        found[near[shapely.intersects_xy(shape, xy[near])]] = k
    outside = np.flatnonzero(found == len(ordered))
    if len(outside):
        # a side at a time: the distance to an outline of thousands of points is a search of its own
        sides, owner = _sides(shapes)
        point, side = shapely.STRtree(sides).query_nearest(_points(xy[outside]))
        np.minimum.at(found, outside[point], owner[side])
    codes: npt.NDArray[np.object_] = np.asarray(ordered["code"], dtype=object)[found]
    return codes


def metric_xy(points: gpd.GeoSeries, crs: str) -> Floats:
    """Return lon/lat points as an (n, 2) array of metres."""
    return to_metric(shapely.get_coordinates(points.to_numpy()), crs)


def plane(shapes: Iterable[BaseGeometry], crs: str) -> Shapes:
    """Return lon/lat shapes on the metric plane."""
    return np.asarray(gpd.GeoSeries(shapes, crs=WGS84).to_crs(crs).to_numpy(), dtype=object)


def _sides(shapes: Shapes) -> tuple[Shapes, Ints]:
    """Cut outlines into their sides, each drawn from its south-western end, so that neighbours share it exactly."""
    rings, shape = shapely.get_rings(shapes, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    same = np.flatnonzero(ring[1:] == ring[:-1])
    ends = np.stack([xy[same], xy[same + 1]], axis=1)
    turned = (ends[:, 0, 0] > ends[:, 1, 0]) | ((ends[:, 0, 0] == ends[:, 1, 0]) & (ends[:, 0, 1] > ends[:, 1, 1]))
    ends[turned] = ends[turned, ::-1]
    return np.asarray(shapely.linestrings(ends), dtype=object), shape[ring[same]]


def _dwelt_in(buildings: gpd.GeoDataFrame, parameters: PopulationParameters) -> pd.Series[bool]:
    """Say which houses may be homes by their tags, their names and their height."""
    kind, name = buildings["building"], buildings["name"].fillna("").astype(str)
    other = kind.isin(parameters.not_homes) | buildings["use"].isin(parameters.not_home_uses)
    storeys = pd.to_numeric(buildings["levels"])
    if "height_m" in buildings:
        storeys = (pd.to_numeric(buildings["height_m"]) / parameters.storey_m).fillna(storeys)
    high = storeys > parameters.most_levels
    named = pd.Series(data=False, index=buildings.index)
    for word in parameters.not_home_names:
        named |= name.str.contains(word, regex=False).astype(bool)
    homes: pd.Series[bool] = ~other & (kind.isin(parameters.dwellings) | ~(high | named))
    return homes


def _residential(streets: gpd.GeoDataFrame, parameters: PopulationParameters) -> gpd.GeoSeries:
    chosen = streets["highway"].isin(parameters.residential_streets) & _in_the_open(streets)
    if "service" in streets:
        chosen &= ~streets["service"].isin(parameters.skipped_services)
    return streets.geometry[chosen]


def _in_the_open(lines: gpd.GeoDataFrame) -> pd.Series[bool]:
    """Neither bridge nor tunnel: tags (any but no), or booleans."""
    covered = [~lines[key].fillna("no").isin(["no", False]) for key in ("bridge", "tunnel") if key in lines]
    return ~pd.concat(covered, axis=1).any(axis=1) if covered else pd.Series(data=True, index=lines.index)


def _samples(lines: gpd.GeoSeries, crs: str, step_m: float) -> tuple[Floats, Floats]:
    """Cut streets into equal pieces of at most ``step_m``: their midpoints from west to east, their lengths."""
    shapes = plane(lines, crs)
    length = shapely.length(shapes)
    pieces = np.ceil(length / step_m).astype(np.int64)
    line = np.repeat(np.arange(len(shapes)), pieces)
    piece = np.arange(len(line)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    metres = length[line] / pieces[line]
    xy = shapely.get_coordinates(shapely.line_interpolate_point(shapes[line], (piece + 0.5) * metres))
    order = np.lexsort(xy.T[::-1])
    return xy[order], metres[order]


def _lattice(boundary: Shapes, step_m: float) -> Floats:
    west, south, east, north = shapely.total_bounds(boundary)
    axes = [(np.arange(np.floor(a / step_m), b / step_m) + 0.5) * step_m for a, b in ((west, east), (south, north))]
    return np.column_stack([axis.ravel() for axis in np.meshgrid(*axes)])


def _thinned(xy: Floats, apart_m: float) -> Floats:
    """Keep points, west to east, that have none kept within ``apart_m``."""
    if not len(xy):
        return xy
    free = np.ones(len(xy), dtype=bool)
    kept = []
    for i, near in enumerate(cKDTree(xy).query_ball_point(xy, apart_m * _NEARLY)):
        if free[i]:
            kept.append(i)
            free[near] = False
    return xy[kept]


def _floor_m2(ground: Ground, parameters: PopulationParameters) -> Floats:
    """Footprint times levels. One level is what mappers write for "not counted": trusted only with a height to match.

    Untrusted levels take the median of the trusted of their building type.
    """
    buildings = ground.buildings[ground.homes]
    levels = pd.to_numeric(buildings["levels"])
    height_m = pd.to_numeric(buildings["height_m"]) if "height_m" in buildings else levels * np.nan
    confirmed = (height_m / levels).between(parameters.least_storey_m, parameters.most_storey_m)
    confirmed |= height_m.isna() & (levels > 1)
    trusted = levels.where(confirmed, (height_m / parameters.storey_m).round())
    by_type = trusted.groupby(buildings["building"].fillna(""))
    usual = by_type.transform("median").where(by_type.transform("count") >= parameters.fewest_trusted, trusted.median())
    filled = trusted.fillna(usual).fillna(parameters.default_levels).clip(1, parameters.most_levels)
    return np.asarray(shapely.area(ground.footprints[ground.homes]) * filled.to_numpy(dtype=float))


def _hit(xy: Floats, shapes: Shapes, within_m: float = 0.0) -> Bools:
    mask = np.zeros(len(xy), dtype=bool)
    mask[shapely.STRtree(_points(xy)).query(shapes, predicate="dwithin", distance=within_m)[1]] = True
    return mask


def _points(xy: Floats) -> Shapes:
    return np.asarray(shapely.points(xy), dtype=object)
