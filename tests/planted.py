"""Small districts with one planted gap of a known cause, drawn by a seed; and those with none.

A town on a lattice has its school in the middle; everybody in it comes in time. A village lies beside it. What joins
the two, and what lies between them, decides whether the village is a gap and why:

- a street straight to the town: no gap; so long that no place is within the radius: ``too_far``; stairs up to it:
  ``terrain``;
- a long road round, with nothing between them: ``detour``; with water, a railway or a trunk road: ``barrier``; with a
  gap so narrow that one short link would do: ``missing_link``; with a paid or closed escalator: ``paid_or_closed``;
- nothing at all: ``disconnected``; the long road, at the edge of the data: ``beyond_extract``; and with a school of the
  village that has no position: ``unlocated_place``.

Everything is turned by a random angle, shaken by some metres, and set among things that are in nobody's way.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from servicecircle.causes import Cause
from servicecircle.crs import WGS84, to_lonlat
from servicecircle.demand import given_demand
from servicecircle.gaps import GapInputs, Gaps, find_gaps
from servicecircle.ingest.entrances import ENTRANCES
from servicecircle.ingest.walkable import load_rules
from servicecircle.model import Study, StudyArea, Terrain, Variant
from servicecircle.near import every_link_open, near_of
from servicecircle.scene import measure_access, open_scene
from servicecircle.streets import build_streets
from tests.sketch import PARAMETERS, draw, register
from tests.town import CRS, ORIGIN

__all__ = ["CAUSES", "Plant", "Score", "gaps_in", "plant", "score"]

CAUSES: tuple[Cause | None, ...] = (None, *Cause)

TOWN_M = 800.0
VILLAGE_M = 200.0
WIDTH_M: dict[Cause | None, tuple[float, float]] = {
    None: (110.0, 200.0),
    Cause.UNLOCATED_PLACE: (110.0, 200.0),
    Cause.BEYOND_EXTRACT: (110.0, 200.0),
    Cause.DISCONNECTED: (110.0, 200.0),
    Cause.TOO_FAR: (760.0, 900.0),
    Cause.BARRIER: (120.0, 190.0),
    Cause.MISSING_LINK: (20.0, 50.0),
    Cause.PAID_OR_CLOSED: (110.0, 150.0),
    Cause.TERRAIN: (280.0, 310.0),
    Cause.DETOUR: (110.0, 200.0),
}
"""Metres between the town's last street and the village's first."""
_MOST = 0.8
_KINDS = ("water", "railway", "road")
_RULES = load_rules()


@dataclass(frozen=True)
class Plant:
    """A district and the truth of it: the cause of its only gap (None: it has none) and where that is.

    ``village``: ids of the village's homes. ``barrier``: its name. ``toll``: the paid or closed link. ``strip``: the
    ground between town and village, EPSG:4326.
    """

    study: Study
    cause: Cause | None
    village: frozenset[str]
    barrier: str | None
    toll: str | None
    strip: BaseGeometry


@dataclass
class Score:
    """Gaps planted, gaps told, and gaps told rightly, by cause; ``wrong`` says what was told instead."""

    planted: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def precision(self, cause: str) -> float:
        """Share of the gaps told that are right; 1 where none is told."""
        return self.right[cause] / self.told[cause] if self.told[cause] else 1.0

    def recall(self, cause: str) -> float:
        """Share of the gaps planted that are told; 1 where none is planted."""
        return self.right[cause] / self.planted[cause] if self.planted[cause] else 1.0


@dataclass
class _Sketch:
    """Corners and ways in the town's own metres, turned when they are drawn."""

    rng: np.random.Generator
    corners: dict[int, tuple[float, float]] = field(default_factory=dict)
    ways: list[tuple[str, str]] = field(default_factory=list)
    angle: float = 0.0

    def turn(self, xy: np.ndarray) -> np.ndarray:
        """Turn town metres about the town's middle, to metres from the origin."""
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        middle = np.array([TOWN_M / 2, TOWN_M / 2])
        return (np.asarray(xy, dtype=float) - middle) @ np.array([[cos, sin], [-sin, cos]]) + middle

    def shape(self, shape: BaseGeometry) -> BaseGeometry:
        """Turn a shape and put it on the globe."""
        return shapely.transform(shape, lambda xy: to_lonlat(self.turn(xy) + np.array(ORIGIN), CRS))

    def corner(self, x: float, y: float) -> int:
        """Add a corner."""
        number = len(self.corners) + 1
        at = self.turn(np.array([[x, y]]))[0]
        self.corners[number] = (float(at[0]), float(at[1]))
        return number

    def way(self, *corners: int, tags: str = "highway=residential") -> int:
        """Add a way and return its number."""
        self.ways.append((" ".join(map(str, corners)), tags))
        return len(self.ways)

    def lattice(self, x: float, y: float, side_m: float, blocks: int, shake_m: float) -> np.ndarray:
        """Add a lattice of streets from its south-west corner; return its corners, (rows, columns)."""
        at = np.linspace(0.0, side_m, blocks + 1)
        shake = self.rng.uniform(-shake_m, shake_m, (blocks + 1, blocks + 1, 2))
        corners = np.array(
            [[self.corner(x + a + shake[j, i, 0], y + b + shake[j, i, 1]) for i, a in enumerate(at)]
             for j, b in enumerate(at)]
        )  # fmt: skip
        for k in range(blocks + 1):
            self.way(*corners[k])
            self.way(*corners[:, k])
        return corners


def plant(seed: int, cause: Cause | None) -> Plant:
    """Draw a district whose only gap has the given cause."""
    rng = np.random.default_rng([seed, 0 if cause is None else 1 + list(Cause).index(cause)])
    sketch = _Sketch(rng, angle=_angle(rng, cause))
    width = float(rng.uniform(*WIDTH_M[cause]))
    south = float(rng.uniform(250.0, 350.0))
    east = TOWN_M + width
    town = sketch.lattice(0.0, 0.0, TOWN_M, 8, 8.0)
    village = sketch.lattice(east, south, VILLAGE_M, 5, 2.0)
    row = round((south + VILLAGE_M / 2) / (TOWN_M / 8))
    near = int(town[row, -1]), int(village[2, 0])
    toll, links = _join(sketch, cause, near)
    if cause is not Cause.DISCONNECTED:
        _road_round(sketch, int(town[-1, 4]), int(village[-1, -1]), east)
    beside = east + VILLAGE_M + (60.0 if cause is Cause.BEYOND_EXTRACT else 1400.0)
    far = [sketch.corner(x, y) for x, y in ((-1400, -1400), (beside, -1400), (beside, 2900), (-1400, 2900))]
    # the margin is known ground without streets: nobody walks on a runway
    sketch.way(*far, far[0], tags="highway=raceway")
    kind = str(rng.choice(_KINDS))
    strip = Polygon([(TOWN_M + 15, -500), (east - 15, -500), (east - 15, 1250), (TOWN_M + 15, 1250)])
    # a river under the bridge to the village is in nobody's way
    barred = cause is Cause.BARRIER or (cause is None and rng.random() < 0.5)
    water, rails, barrier = _between(sketch, strip, kind) if barred else ([], [], None)
    water, rails = _in_nobodys_way(sketch, water, rails)
    homes = _homes(sketch, east, south)
    drop_m = width * 0.36 if cause is Cause.TERRAIN else float(rng.uniform(0.0, 8.0))
    study = Study(
        area=_area(sketch, water, rails, east),
        ways=draw(sketch.corners, *sketch.ways),
        terrain=_terrain(sketch, east, drop_m),
        links=register(**links).assign(name=None),
        facilities=_places(sketch, cause),
        entrances=pd.DataFrame(columns=ENTRANCES).astype(dict.fromkeys(("lon", "lat", "layer"), np.float64)),
        categories=pd.DataFrame(),
        declared=(),
        population=pd.DataFrame(),
        people=homes,
        routes=pd.DataFrame(),
        stops=pd.DataFrame(),
        inputs={},
    )
    own = frozenset(homes.loc[homes["demand_id"].str.startswith("v"), "demand_id"])
    between = shapely.box(TOWN_M - 15, south - 60, east + 15, south + VILLAGE_M + 60)
    return Plant(study, cause, own, barrier, toll, sketch.shape(between))


def gaps_in(study: Study) -> Gaps:
    """Run the real stages on a district, as the pipeline does."""
    variant = Variant()
    streets = build_streets(study, PARAMETERS, _RULES, variant)
    assert study.people is not None
    demand = given_demand(study.area, study.people)
    scene = open_scene(streets, demand.points, variant)
    walk, level = scene.priced(variant), scene.priced(scene.level(variant))
    opened = scene.priced(every_link_open(streets.network, variant))
    access = measure_access(scene, {"walk": walk, "level": level, "opened": opened})
    return find_gaps(GapInputs(scene, walk, opened, near_of(access), demand.models))


def score(seeds: Iterable[int]) -> Score:
    """Plant one gap a seed, the causes in turn, none among them, and count what is told.

    Right is a gap of the planted cause, of the village alone and of nearly all of it (a lone house at its end may be
    too few people to list), with the planted barrier, link or spot.
    """
    found = Score()
    for seed in seeds:
        truth = plant(seed, CAUSES[seed % len(CAUSES)])
        table = gaps_in(truth.study).table
        causes = [str(cause) for cause in table["cause"]]
        found.planted.update([] if truth.cause is None else [truth.cause.value])
        found.told.update(causes)
        if len(table) == 1 and causes[0] == truth.cause and _agrees(truth, table.iloc[0]):
            found.right.update(causes)
        elif truth.cause is not None or causes:
            found.wrong.append(f"seed {seed}: {truth.cause} told as {causes}")
    return found


def _agrees(truth: Plant, row: pd.Series) -> bool:
    agrees = row["subdistrict"] == "2" and row["homes"] <= len(truth.village)
    if truth.cause is not Cause.TERRAIN:  # down a hill some are near enough
        agrees &= row["homes"] >= _MOST * len(truth.village)
    match truth.cause:
        case Cause.BARRIER:
            return bool(agrees and row["barrier_name"] == truth.barrier)
        case Cause.PAID_OR_CLOSED:
            return bool(agrees and row["paid_links"] == truth.toll)
        case Cause.MISSING_LINK:
            ends = [Point(row[f"link_{end}_lon"], row[f"link_{end}_lat"]) for end in ("from", "to")]
            return bool(agrees and all(truth.strip.contains(end) for end in ends))
        case _:
            return bool(agrees)


def _angle(rng: np.random.Generator, cause: Cause | None) -> float:
    """Any angle; nearly a right one where the frame of the data, which is not turned, has to be near."""
    if cause is Cause.BEYOND_EXTRACT:
        return float(rng.integers(0, 4) * np.pi / 2 + rng.uniform(-0.05, 0.05))
    return float(rng.uniform(0, 2 * np.pi))


def _join(sketch: _Sketch, cause: Cause | None, near: tuple[int, int]) -> tuple[str | None, dict[str, str]]:
    """Join town and village as the cause asks; a toll that helps nobody stands in every town."""
    useless = sketch.way(1, 2, tags="highway=steps conveying=yes")
    links = {"useless": f"way={useless} fee_cny=1"}
    if cause in (None, Cause.TOO_FAR):
        sketch.way(*near, tags="highway=residential bridge=yes")
    if cause is Cause.TERRAIN:
        sketch.way(*near, tags="highway=steps")
    if cause is not Cause.PAID_OR_CLOSED:
        return None, links
    belt = sketch.way(*near, tags="highway=steps conveying=yes")
    links["crown"] = f"way={belt} " + str(sketch.rng.choice(["fee_cny=2", "state=closed"]))
    return "crown", links


def _road_round(sketch: _Sketch, start: int, end: int, east: float) -> None:
    """Join the town's north and the village's far side by a road of more than two kilometres."""
    x = east + VILLAGE_M + 30.0
    at = [(TOWN_M / 2 + 40, 1500.0), (x, 1500.0)] + [(x + 3, y) for y in np.linspace(1400.0, 700.0, 6)]
    sketch.way(start, *(sketch.corner(px, py) for px, py in at), end, tags="highway=tertiary")


def _between(sketch: _Sketch, strip: Polygon, kind: str) -> tuple[list[BaseGeometry], list[BaseGeometry], str | None]:
    west, south, east, north = strip.bounds
    x = (west + east) / 2
    if kind == "water":
        return [sketch.shape(strip)], [], "东河"
    if kind == "railway":
        return [], [sketch.shape(LineString([(x, south), (x + 5, 300), (x, north)]))], "东河"
    sketch.way(*(sketch.corner(x, y) for y in np.linspace(south, north, 8)), tags="highway=trunk foot=no name=东河")
    return [], [], "东河"


def _in_nobodys_way(
    sketch: _Sketch, water: list[BaseGeometry], rails: list[BaseGeometry]
) -> tuple[list[BaseGeometry], list[BaseGeometry]]:
    """Add a pond in a block of the town, and a railway behind it."""
    i, j = sketch.rng.integers(0, 8, 2)
    pond = sketch.shape(Point(i * 100 + 50, j * 100 + 50).buffer(15))
    return [*water, pond], [*rails, sketch.shape(LineString([(-90, -600), (-100, 1200)]))]


def _homes(sketch: _Sketch, east: float, south: float) -> gpd.GeoDataFrame:
    """Put homes along the streets of town and village; in some nobody is thought to live."""
    rng = sketch.rng
    town = np.column_stack(
        [rng.integers(0, 8, 40) * 100 + rng.uniform(20, 80, 40), rng.integers(0, 9, 40) * 100 + 12.0]
    )
    n = int(rng.integers(12, 24))
    streets = np.arange(n) % 6 * 40.0
    village = np.column_stack([east + rng.uniform(0, VILLAGE_M, n), south + streets + rng.uniform(2, 9, n)])
    people = np.r_[rng.uniform(5, 60, 40), np.where(rng.random(n) < 0.1, 0.0, rng.uniform(10, 60, n))]
    lonlat = to_lonlat(sketch.turn(np.vstack([town, village])) + np.array(ORIGIN), CRS)
    ids = [f"t{k:02}" for k in range(40)] + [f"v{k:02}" for k in range(n)]
    return gpd.GeoDataFrame({"demand_id": ids, "people": people}, geometry=shapely.points(lonlat), crs=WGS84)


def _terrain(sketch: _Sketch, east: float, drop_m: float) -> Terrain:
    """Draw ground that falls from the town's last street to the village's first."""
    side, cell = 240, 25.0
    x = (np.arange(side) + 0.5) * cell - side * cell / 2
    xx, yy = np.meshgrid(x, -x)
    back = _Sketch(sketch.rng, angle=-sketch.angle).turn(np.column_stack([xx.ravel(), yy.ravel()]))
    heights = 250.0 + np.interp(back[:, 0], [TOWN_M, east], [0.0, -drop_m]).reshape(side, side)
    corner = ORIGIN[0] - side * cell / 2, ORIGIN[1] + side * cell / 2
    return Terrain(heights, (corner[0], cell, 0.0, corner[1], 0.0, -cell), CRS)


def _places(sketch: _Sketch, cause: Cause | None) -> gpd.GeoDataFrame:
    """Put a school in the town's middle; one without position in the village's subdistrict, or in the town's."""
    lost_in = "东乡街道" if cause is Cause.UNLOCATED_PLACE else "西城街道"
    lonlat = to_lonlat(sketch.turn(np.array([[TOWN_M / 2, TOWN_M / 2]])) + np.array(ORIGIN), CRS)
    table = pd.DataFrame(
        {
            "facility_id": ["S1", "S2"],
            "kind": "school",
            "tier": "school",
            "category": None,
            "name": ["中心小学", "某小学"],
            "subdistrict": ["西城街道", lost_in],
            "address": None,
            "status": "loaded",
            "located": [True, False],
            "approximate": False,
            "position_confidence": ["building", "none"],
            "open_from": None,
            "open_to": None,
            "entrances": None,
            "row": [2, 3],
        }
    )
    return gpd.GeoDataFrame(table, geometry=[Point(lonlat[0]), Point()], crs=WGS84)


def _area(sketch: _Sketch, water: list[BaseGeometry], rails: list[BaseGeometry], east: float) -> StudyArea:
    half = (TOWN_M + east) / 2
    parts = [shapely.box(-200, -200, half, 1000), shapely.box(half, -200, east + VILLAGE_M + 100, 1000)]
    shapes = [sketch.shape(part) for part in parts]
    subdistricts = {"code": ["1", "2"], "name": ["西城街道", "东乡街道"], "name_en": ["West", "East"]}
    columns = ["building_id", "building", "levels", "height_m", "name", "use", "layer"]
    return StudyArea(
        id="planted",
        name_zh="试验区",
        name_en="Planted",
        crs=CRS,
        data_date="2026-01-01",
        boundary=shapely.union_all(shapes),
        subdistricts=gpd.GeoDataFrame(subdistricts, geometry=shapes, crs=WGS84),
        water=_layer(water, id="w", kind="riverbank", name="东河"),
        railways=_layer(rails, id="r", kind="rail", name="东河", layer=0, bridge=False, tunnel=False),
        stations=_layer([], id="", kind="", name="", ref=""),
        buildings=_layer([], **dict.fromkeys(columns, "")),
        sources=pd.DataFrame(),
    )


def _layer(shapes: list[BaseGeometry], **columns: object) -> gpd.GeoDataFrame:
    table = pd.DataFrame({key: [value] * len(shapes) for key, value in columns.items()})
    return gpd.GeoDataFrame(table, geometry=shapes, crs=WGS84)


if __name__ == "__main__":
    total = score(range(int(sys.argv[1])))
    for each in Cause:
        numbers = f"{total.planted[each]:4} {total.precision(each):6.3f} {total.recall(each):6.3f}"
        sys.stdout.write(f"{each.value:16}{numbers}\n")
    sys.stdout.write("\n".join(total.wrong) + "\n")
