"""How many people live where: three models on the same homes, and the range between them.

The map of buildings is incomplete, and unevenly so: people spread over mapped floors alone would rank the mapping and
not the need. So homes nobody has mapped are supposed along residential streets, three models that err differently
share the published figures among all homes, and what they disagree on is the range. The range is no confidence
interval: the models may be wrong together, and the hold-out table shows by how much they are.
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

from servicecircle.arrays import Bools, Floats, Shapes
from servicecircle.crs import WGS84, to_lonlat, to_metric
from servicecircle.errors import Fault, InputError
from servicecircle.model import StudyArea
from servicecircle.schemas import DEMAND

__all__ = [
    "MODELS",
    "Demand",
    "DemandParameters",
    "Figures",
    "completeness",
    "estimate_demand",
    "given_demand",
    "hold_out",
    "people_range",
    "published_figures",
]

MODELS = ("floor_area", "street_frontage", "land_area")
"""Floor area of a home, metres of residential street nearest to it, dry land nearest to it."""

_DECIMALS = 7
_NEARLY = 1 - 1e-9
_FILE = "population.csv"
_COMPLETENESS = [
    "subdistrict", "name", "footprints", "footprint_m2", "land_m2", "footprint_share", "street_m", "mapped_share",
]  # fmt: skip

_NOT_HOMES = (
    "bridge carport chapel church cinema civic college commercial construction fire_station garage garages government "
    "grandstand greenhouse hangar hospital hotel industrial kindergarten kiosk library mosque museum office parking "
    "public religious retail roof ruins school service shed shrine sports_centre sports_hall stadium storage_tank "
    "supermarket synagogue temple toilets tower train_station transformer_tower transportation university warehouse"
)
_NOT_HOME_USES = (
    "archaeological_site arts_centre attraction bank bus_station cinema city_gate clinic college community_centre "
    "company courthouse department_store exhibition_centre ferry_terminal fire_station fuel gallery government "
    "guest_house hospital hostel hotel kindergarten library mall marketplace memorial monument museum parking "
    "place_of_worship police post_office school shelter social_centre supermarket theatre toilets townhall university"
)


@dataclass(frozen=True, slots=True)
class DemandParameters:
    """What the estimate takes for granted: assumptions all, each with its reason."""

    base_year: int = 2020  # the one census with published figures below the district
    measure: str = "resident_census"  # who lives here, not who is registered here
    sample_m: float = 10.0  # step at which streets are looked at, about a house front
    frontage_spacing_m: float = 60.0  # one supposed home for the length of a slab block
    frontage_gap_m: float = 40.0  # kerb, yard and house: a street with a footprint within this counts as mapped
    residential_streets: tuple[str, ...] = ("residential", "living_street", "unclassified", "service")
    skipped_services: tuple[str, ...] = ("parking_aisle", "driveway", "drive-through", "emergency_access")
    not_homes: tuple[str, ...] = tuple(_NOT_HOMES.split())  # values of building=*
    not_home_uses: tuple[str, ...] = tuple(_NOT_HOME_USES.split())  # of amenity, shop, office, tourism, historic
    smallest_home_m2: float = 20.0  # below: sheds and stair heads
    storey_m: float = 3.0  # height of a storey of flats
    storey_range_m: tuple[float, float] = (2.5, 6.0)  # a tagged height within this a level confirms the levels
    default_levels: float = 7.0  # a house without a lift; used where no level in the area is trusted
    most_levels: float = 33.0  # about 100 m: what rises higher is an office or a hotel, in part at least
    fewest_trusted: int = 20  # fewer trusted levels of a building type are its landmarks: use the median of all types
    land_cell_m: float = 25.0  # a house and its yard
    land_reach_m: float = 100.0  # land farther than this from every home is park, yard or cliff
    rail_buffer_m: float = 15.0  # each side of a track in the open


@dataclass(frozen=True, slots=True)
class Figures:
    """Published people of one year: of the district, and of those subdistricts (by code) that have a figure."""

    district: float
    subdistricts: dict[str, float]

    @property
    def rest(self) -> float:
        """People of the subdistricts without a figure of their own."""
        return self.district - sum(self.subdistricts.values())


@dataclass(frozen=True, slots=True)
class Demand:
    """Homes and the people in them.

    Attributes
    ----------
    points
        EPSG:4326, one row a home, sorted by ``demand_id``: the columns of ``schemas.DEMAND`` and ``people_<model>``
        for each of ``models``. ``kind``: footprint (mapped), frontage (supposed along a street), given (a user's).
    hold_out
        ``model, subdistrict, predicted, census, ratio``: what each model, told the district's figure alone, says of
        the subdistricts that have one.
    completeness
        By subdistrict: how much the map of buildings shows.
    base_year
        Year of the published figures; None for a user's own table.
    models
        Names of the models.
    """

    points: gpd.GeoDataFrame
    hold_out: pd.DataFrame
    completeness: pd.DataFrame
    base_year: int | None
    models: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Ground:
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


def estimate_demand(
    area: StudyArea, streets: gpd.GeoDataFrame, population: pd.DataFrame, parameters: DemandParameters
) -> Demand:
    """Share the published figures among the homes of the area, once by each model.

    Parameters
    ----------
    area
        The district; homes lie inside its boundary.
    streets
        Walkable ways: EPSG:4326 lines with ``highway``; ``service``, ``bridge``, ``tunnel`` are heeded where present.
    population
        Published figures, in the columns of population.csv.
    parameters
        What the estimate takes for granted.

    Raises
    ------
    InputError
        Figures are missing or contradict each other, or people are published where no home can be.
    """
    figures = published_figures(area, population, parameters)
    ground = _ground(area, streets, parameters)
    points = _homes(area, ground, parameters)
    _check_homes(area, ground, points["subdistrict"], figures)
    weights = _weights(area, ground, points, parameters)
    for model in MODELS:
        points[f"people_{model}"] = _share(weights[model], points["subdistrict"], figures)
    points["street_m"] = weights["street_frontage"]
    table = hold_out(weights, points["subdistrict"], figures)
    return Demand(_with_range(points, MODELS), table, _completeness(area, ground), parameters.base_year, MODELS)


def given_demand(area: StudyArea, table: gpd.GeoDataFrame) -> Demand:
    """Take a user's own homes (``demand_id, people, geometry``) in place of any estimate: nothing is added."""
    points = table[["demand_id", "geometry"]].copy()
    points["kind"] = "given"
    points["subdistrict"] = _subdistrict(area, _xy(table.geometry, area.crs))
    points["people_given"] = table["people"].astype(float)
    points["street_m"] = np.nan
    points = points.sort_values("demand_id", ignore_index=True)
    nothing = Figures(0.0, {})
    table = hold_out(pd.DataFrame({"given": points["people_given"]}), points["subdistrict"], nothing)
    return Demand(_with_range(points, ("given",)), table, pd.DataFrame(columns=_COMPLETENESS), None, ("given",))


def people_range(demand: Demand, group: pd.Series | str) -> pd.DataFrame:
    """Sum people by group: the range is taken over the models' sums, so what cancels out inside a group does.

    Parameters
    ----------
    demand
        Homes.
    group
        A column of ``demand.points``, or a label for each of its rows; rows without a label are left out.

    Returns
    -------
    pd.DataFrame
        Index the labels; ``people_low, people, people_high, homes``.
    """
    columns = [f"people_{model}" for model in demand.models]
    grouped = pd.DataFrame(demand.points)[columns].groupby(demand.points[group] if isinstance(group, str) else group)
    totals = grouped.sum()
    return _range(totals).assign(homes=grouped.size())


def published_figures(area: StudyArea, population: pd.DataFrame, parameters: DemandParameters) -> Figures:
    """Pick the figures of the base year.

    Raises
    ------
    InputError
        No district figure, two different figures of one unit, an unknown subdistrict, or subdistricts that add up to
        more than the district.
    """
    year, measure = parameters.base_year, parameters.measure
    rows = population[(population["year"] == year) & (population["measure"] == measure) & population["value"].notna()]
    district = rows.loc[rows["unit"] == "district", "value"].unique()
    below = rows.loc[rows["unit"] == "subdistrict"].drop_duplicates(["code", "value"])
    faults = []
    if len(district) != 1:
        problem = f"{len(district)} figures of {measure} {year} for the district; the estimate needs one"
        faults.append(Fault(problem, "give one row with unit district, that year and measure", _FILE, None, "value"))
    for column, wrong, problem, remedy in (
        ("code", ~below["code"].isin(area.subdistricts["code"]), "no such subdistrict", "use a code of the area"),
        ("value", below["code"].duplicated(), f"a second figure of {measure} {year}", "keep one row a subdistrict"),
    ):
        faults += [
            Fault(problem, remedy, _FILE, _line(below, row), column, value)
            for row, value in below.loc[wrong, column].items()
        ]
    if faults:
        raise InputError(faults)
    figures = Figures(float(district[0]), {c: float(v) for c, v in zip(below["code"], below["value"], strict=True)})
    if figures.rest < 0:
        problem = f"the subdistricts' {measure} {year} exceed the district's by {-figures.rest:.0f}"
        raise InputError([Fault(problem, "correct the figures", _FILE, None, "value", figures.district)])
    return figures


def _line(rows: pd.DataFrame, label: object) -> int | None:
    """Line of the file, where the table still has it."""
    return label if rows.index.name == "row" and isinstance(label, int) else None


def hold_out(weights: pd.DataFrame, subdistrict: pd.Series, figures: Figures) -> pd.DataFrame:
    """Predict each published subdistrict from the district's figure alone, by each model and by their mean."""
    predicted = weights.groupby(subdistrict).sum() / weights.sum() * figures.district
    predicted = predicted.assign(mean=predicted.mean(axis=1)).reindex(sorted(figures.subdistricts), fill_value=0.0)
    table = predicted.rename_axis("subdistrict").reset_index().melt("subdistrict", None, "model", "predicted")
    census = table["subdistrict"].map(figures.subdistricts).astype(float)
    table = table.assign(census=census, ratio=table["predicted"] / census)
    return table[["model", "subdistrict", "predicted", "census", "ratio"]]


def completeness(area: StudyArea, streets: gpd.GeoDataFrame, parameters: DemandParameters) -> pd.DataFrame:
    """Say how much of each subdistrict the map of buildings shows.

    Returns
    -------
    pd.DataFrame
        ``subdistrict, name, footprints, footprint_m2, land_m2, footprint_share`` (of the land), ``street_m``,
        ``mapped_share`` (of residential street metres, with a footprint within ``frontage_gap_m``).
    """
    return _completeness(area, _ground(area, streets, parameters))


def _completeness(area: StudyArea, ground: _Ground) -> pd.DataFrame:
    code = pd.Index(_subdistrict(area, ground.samples))
    metres = pd.Series(ground.sample_m)
    footprint = pd.Series(shapely.area(ground.footprints)).groupby(_subdistrict(area, ground.doors))
    sums = {
        "footprints": footprint.size(),
        "footprint_m2": footprint.sum(),
        "land_m2": pd.Series(ground.cell_m2, _subdistrict(area, ground.cells)).groupby(level=0).sum(),
        "street_m": metres.groupby(code).sum(),
        "mapped_m": metres.where(ground.mapped, 0.0).groupby(code).sum(),
    }
    table = pd.DataFrame(sums, index=sorted(area.subdistricts["code"])).fillna(0.0).astype({"footprints": int})
    table["footprint_share"] = table["footprint_m2"] / table["land_m2"]
    table["mapped_share"] = table["mapped_m"] / table["street_m"]
    table["name"] = table.index.map(area.subdistricts.set_index("code")["name"])
    return table.rename_axis("subdistrict").reset_index()[_COMPLETENESS]


def _ground(area: StudyArea, streets: gpd.GeoDataFrame, parameters: DemandParameters) -> _Ground:
    boundary = _plane([area.boundary], area.crs)
    water = _plane(area.water.geometry, area.crs)
    buildings, tracks = area.buildings, area.railways
    footprints = _plane(buildings.geometry, area.crs)
    doors = shapely.get_coordinates(shapely.point_on_surface(footprints))
    within = _hit(doors, boundary)
    buildings, footprints, doors = buildings[within], footprints[within], doors[within]
    homes = ~buildings["building"].isin(parameters.not_homes) & ~buildings["use"].isin(parameters.not_home_uses)
    homes &= shapely.area(footprints) >= parameters.smallest_home_m2
    rails = shapely.buffer(_plane(tracks.geometry[_in_the_open(tracks)], area.crs), parameters.rail_buffer_m)
    samples, sample_m = _samples(_residential(streets, parameters), area.crs, parameters.sample_m)
    dry = _hit(samples, boundary) & ~_hit(samples, water)
    samples, sample_m = samples[dry], sample_m[dry]
    cells = _lattice(boundary, parameters.land_cell_m)
    cells = cells[_hit(cells, boundary) & ~_hit(cells, water)]
    return _Ground(
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


def _residential(streets: gpd.GeoDataFrame, parameters: DemandParameters) -> gpd.GeoSeries:
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
    shapes = _plane(lines, crs)
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


def _homes(area: StudyArea, ground: _Ground, parameters: DemandParameters) -> gpd.GeoDataFrame:
    """One point inside each footprint that may be a home, and one along each stretch of unmapped street."""
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
    points["subdistrict"] = _subdistrict(area, _xy(points.geometry, area.crs))
    return points.sort_values("demand_id", ignore_index=True)


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


def _floor_m2(ground: _Ground, parameters: DemandParameters) -> Floats:
    """Footprint times levels. One level is what mappers write for "not counted": trusted only with a height to match.

    Untrusted levels take the median of the trusted of their building type.
    """
    buildings = ground.buildings[ground.homes]
    levels = pd.to_numeric(buildings["levels"])
    height_m = pd.to_numeric(buildings["height_m"]) if "height_m" in buildings else levels * np.nan
    confirmed = (height_m / levels).between(*parameters.storey_range_m) | (height_m.isna() & (levels > 1))
    trusted = levels.where(confirmed, (height_m / parameters.storey_m).round())
    by_type = trusted.groupby(buildings["building"].fillna(""))
    usual = by_type.transform("median").where(by_type.transform("count") >= parameters.fewest_trusted, trusted.median())
    filled = trusted.fillna(usual).fillna(parameters.default_levels).clip(1, parameters.most_levels)
    return np.asarray(shapely.area(ground.footprints[ground.homes]) * filled.to_numpy(dtype=float))


def _weights(area: StudyArea, ground: _Ground, points: gpd.GeoDataFrame, parameters: DemandParameters) -> pd.DataFrame:
    """Weigh homes for each model. An unmapped home has the mapped ones' floor area for each metre of street."""
    homes = cKDTree(_xy(points.geometry, area.crs))
    street_m = np.bincount(np.asarray(homes.query(ground.samples)[1]), ground.sample_m, len(points)).astype(float)
    away_m, home = (np.asarray(found) for found in homes.query(ground.cells[ground.housed]))
    land_m2 = np.bincount(home[away_m <= parameters.land_reach_m], minlength=len(points)) * ground.cell_m2
    mapped = points["kind"].to_numpy() == "footprint"
    floor_m2 = points["floor_m2"].to_numpy()
    street_of_mapped_m = street_m[mapped].sum()
    per_m = floor_m2[mapped].sum() / street_of_mapped_m if street_of_mapped_m else 1.0
    floor_m2 = np.where(mapped, floor_m2, street_m * per_m)
    return pd.DataFrame(dict(zip(MODELS, (floor_m2, street_m, land_m2), strict=True)), points.index)


def _share(weight: pd.Series, subdistrict: pd.Series, figures: Figures) -> pd.Series:
    """Share each published figure, and the rest of the district's, by weight; evenly where nothing weighs."""
    zone = subdistrict.where(subdistrict.isin(list(figures.subdistricts)), "")
    people = zone.map({**figures.subdistricts, "": figures.rest})
    by_zone = weight.groupby(zone)
    total = by_zone.transform("sum")
    return people * (weight / total).where(total > 0, 1 / by_zone.transform("size"))


def _check_homes(area: StudyArea, ground: _Ground, subdistrict: pd.Series, figures: Figures) -> None:
    """Raise where people or dry land, and not one home, are."""
    codes = area.subdistricts["code"]
    empty = ~codes.isin(subdistrict)
    peopled = codes.map(figures.subdistricts).fillna(0.0) > 0
    dry = codes.isin(_subdistrict(area, ground.cells))
    remedy = "add its buildings or residential streets, or give a table of people of your own"
    faults = [
        Fault("a subdistrict without any footprint or residential street: nobody could live there", remedy, value=code)
        for code in codes[empty & (peopled | dry)]
    ]
    if not faults and codes[~empty].isin(list(figures.subdistricts)).all() and figures.rest >= 1:
        problem = f"{figures.rest:.0f} people of the district are in none of its subdistricts, and all have a figure"
        faults.append(Fault(problem, "correct the figures", _FILE, None, "value", figures.district))
    if faults:
        raise InputError(faults)


def _with_range(points: gpd.GeoDataFrame, models: tuple[str, ...]) -> gpd.GeoDataFrame:
    columns = [f"people_{model}" for model in models]
    points = points.join(_range(pd.DataFrame(points)[columns]))
    people = [*columns, "people_low", "people", "people_high"]
    points = points[["demand_id", "kind", "subdistrict", *people, "street_m", "geometry"]]
    return gpd.GeoDataFrame(DEMAND.validate(points))


def _range(people: pd.DataFrame) -> pd.DataFrame:
    low, high = people.min(axis=1), people.max(axis=1)
    middle = people.mean(axis=1).clip(low, high)
    return pd.DataFrame({"people_low": low, "people": middle, "people_high": high})


def _subdistrict(area: StudyArea, xy: Floats) -> npt.NDArray[np.object_]:
    """Code of the subdistrict that holds each point, the first where several do; of the nearest where none does."""
    ordered = area.subdistricts.sort_values("code")
    shapes, points = _plane(ordered.geometry, area.crs), _points(xy)
    found = np.full(len(xy), len(ordered))
    shape, point = shapely.STRtree(points).query(shapes, predicate="intersects")
    np.minimum.at(found, point, shape)
    outside = np.flatnonzero(found == len(ordered))
    point, shape = shapely.STRtree(shapes).query_nearest(points[outside])
    np.minimum.at(found, outside[point], shape)
    codes: npt.NDArray[np.object_] = np.asarray(ordered["code"], dtype=object)[found]
    return codes


def _hit(xy: Floats, shapes: Shapes, within_m: float = 0.0) -> Bools:
    mask = np.zeros(len(xy), dtype=bool)
    mask[shapely.STRtree(_points(xy)).query(shapes, predicate="dwithin", distance=within_m)[1]] = True
    return mask


def _plane(shapes: Iterable[BaseGeometry], crs: str) -> Shapes:
    return np.asarray(gpd.GeoSeries(shapes, crs=WGS84).to_crs(crs).to_numpy(), dtype=object)


def _xy(points: gpd.GeoSeries, crs: str) -> Floats:
    return to_metric(shapely.get_coordinates(points.to_numpy()), crs)


def _points(xy: Floats) -> Shapes:
    return np.asarray(shapely.points(xy), dtype=object)
