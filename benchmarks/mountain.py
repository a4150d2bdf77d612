"""Synthetic mountain districts in the schema of data/geo: a river, hills, stairs and lifts, drawn with a seed.

``python -m benchmarks.mountain --out build/mountain --districts 12`` writes the study folders and the areas.toml of
``servicecircle batch``. ``python -m benchmarks.mountain --compare`` prints one beside the bundled district.
Nothing of them is data: no name, place or figure is anybody's.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from rasterio.transform import from_origin
from scipy.sparse import csr_array
from scipy.sparse.csgraph import minimum_spanning_tree

from benchmarks.likeness import compared
from servicecircle.crs import WGS84, to_lonlat
from servicecircle.datasets import bundled_study
from servicecircle.ingest.links import LINK_COLUMNS
from servicecircle.ingest.study import read_study
from servicecircle.model import Ways
from servicecircle.publish.geojson import feature_collection
from servicecircle.publish.study_area import write_ways
from servicecircle.schemas import FACILITY_COLUMNS

__all__ = ["PLACES", "district", "main", "write_areas"]

CRS, CORNER_M = "EPSG:32648", np.array([640_000.0, 3_265_000.0])
PLACES = {"school": 47, "community": 62, "base": 140, "venue": 76}  # 325
_COLUMNS, _ROWS = 92, 42
_BLOCK_M, _RIVER_M = 108.0, 350.0
_EXTRA, _STAIRS, _LIFTS, _ESCALATORS = 960, 390, 14, 6
_INNER = 3  # vertices between two crossings
_HOUSES, _SUBDISTRICTS, _BRIDGE_EVERY = 2040, 11, 12
_CELL_M = 30.0
_INSIDE_M = 40.0  # more than north of the plane and north of the map differ along a district
_SHORE_M, _HILLS, _HILL_M = 165.0, 26, 78.0


@dataclass(frozen=True)
class Land:
    """Hills of one seed: where, how high, how wide; and the river, which winds along a row of the lattice."""

    wild: np.random.Generator
    centre: np.ndarray
    height_m: np.ndarray
    width_m: np.ndarray
    bend_m: float
    phase: float

    @property
    def size_m(self) -> np.ndarray:
        """Metres from west to east and from south to north."""
        return np.array([(_COLUMNS - 1) * _BLOCK_M, (_ROWS - 1) * _BLOCK_M + _RIVER_M])

    def bent(self, x: np.ndarray) -> np.ndarray:
        """Return metres that everything lies further north at x: rivers wind, and streets follow them."""
        return self.bend_m * np.sin(x / self.size_m[0] * 2 * np.pi + self.phase)

    def heights(self, xy: np.ndarray) -> np.ndarray:
        """Return metres above the sea; down to the shore at the river."""
        apart = np.linalg.norm(xy[..., None, :] - self.centre, axis=-1)
        hills = (self.height_m * np.exp(-((apart / self.width_m) ** 2))).sum(axis=-1)
        river = np.abs(xy[..., 1] - self.bent(xy[..., 0]) - _middle_of_river())
        return _SHORE_M + hills * np.clip(river / 500.0 - 0.3, 0.05, 1.0)


def main() -> None:
    """Write districts, or compare one with the bundled."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("build/mountain"))
    parser.add_argument("--districts", type=int, default=12)
    parser.add_argument("--first", type=int, default=1, help="seed of the first district")
    parser.add_argument("--compare", action="store_true")
    asked = parser.parse_args()
    if asked.compare:
        with tempfile.TemporaryDirectory() as made:
            ours = district(asked.first, Path(made) / "one")
            sys.stdout.write(compared(read_study(ours), read_study(bundled_study())))
        return
    sys.stdout.write(f"{write_areas(asked.out, asked.districts, asked.first)}\n")


def write_areas(out: Path, districts: int, first: int = 1) -> Path:
    """Write districts that are not there yet, and the list of all."""
    seeds = range(first, first + districts)
    for seed in seeds:
        if not (out / f"d{seed:05}" / "study.toml").is_file():
            district(seed, out / f"d{seed:05}")
    entries = (f'[[area]]\nid = "d{s:05}"\nname = "山城{s}区"\nstudy = "d{s:05}"\n' for s in seeds)
    (out / "areas.toml").write_text("\n".join(entries), "utf-8")
    return out / "areas.toml"


def district(seed: int, folder: Path) -> Path:
    """Write one study folder; the same seed gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    land = _land(np.random.default_rng(seed))
    edges, xy = _lattice(land)
    ways, links = _streets(land, edges, xy)
    write_ways(ways, folder)
    links.to_csv(folder / "vertical_links.csv", index=False, lineterminator="\n")
    _write_outlines(land, folder)
    _write_houses(land, edges, xy, folder)
    _write_places(land, edges, xy, folder)
    _write_terrain(land, folder)
    people = 10_000 * int(land.wild.integers(30, 80))
    (folder / "population.csv").write_text(
        "unit,code,name,year,measure,value,measure_unit,source,confidence,note\n"
        f"district,d{seed:05},山城{seed}区,2020,resident_census,{people},people,drawn with a seed,high,\n",
        "utf-8",
    )
    shutil.copyfile(bundled_study() / "categories.toml", folder / "categories.toml")
    (folder / "study.toml").write_text(  # last: a folder without it is half done
        f'id = "d{seed:05}"\nname_zh = "山城{seed}区"\nname_en = "Mountain {seed}"\ncrs = "{CRS}"\n'
        'data_date = "2026-01-01"\n',
        "utf-8",
    )
    return folder


def _land(wild: np.random.Generator) -> Land:
    size = np.array([(_COLUMNS - 1) * _BLOCK_M, (_ROWS - 1) * _BLOCK_M + _RIVER_M])
    return Land(
        wild,
        wild.uniform(0, 1, (_HILLS, 2)) * size,
        wild.uniform(0.4, 1.6, _HILLS) * _HILL_M,
        wild.uniform(350, 1100, _HILLS),
        float(wild.uniform(100, 300)),
        float(wild.uniform(0, 2 * np.pi)),
    )


def _lattice(land: Land) -> tuple[np.ndarray, np.ndarray]:
    """Return edges (n, 2) between crossings, connected, and the crossings (m, 2) in metres.

    A random tree of the lattice, gentle streets first, and as many streets more as make the district's blocks. Over the
    river lead bridges alone.
    """
    wild = land.wild
    j, i = np.divmod(np.arange(_ROWS * _COLUMNS), _COLUMNS)
    xy = np.column_stack([i, j]) * _BLOCK_M + wild.normal(0, 16, (len(i), 2))
    xy[:, 1] += np.where(j > _ROWS // 2, _RIVER_M, 0) + land.bent(xy[:, 0])
    east = np.flatnonzero(i < _COLUMNS - 1)
    north = np.flatnonzero(j < _ROWS - 1)
    edges = np.vstack([np.column_stack([east, east + 1]), np.column_stack([north, north + _COLUMNS])])
    crosses = (j[edges[:, 0]] == _ROWS // 2) & (j[edges[:, 1]] == _ROWS // 2 + 1)
    edges = edges[~crosses | (i[edges[:, 0]] % _BRIDGE_EVERY == _BRIDGE_EVERY // 2)]
    grade = _grades(land, xy, edges)
    weight = wild.uniform(0.5, 1.5, len(edges)) + 4 * grade
    n = len(xy)
    tree = minimum_spanning_tree(csr_array((weight, edges.T), shape=(n, n))).tocoo()
    kept = np.isin(edges @ [n, 1], tree.row.astype(np.int64) * n + tree.col)
    rest = np.flatnonzero(~kept)
    kept[rest[np.argsort(weight[rest], kind="stable")[:_EXTRA]]] = True
    return edges[kept], xy


def _grades(land: Land, xy: np.ndarray, edges: np.ndarray) -> np.ndarray:
    rise = np.diff(land.heights(xy)[edges], axis=1)[:, 0]
    return np.abs(rise) / np.linalg.norm(xy[edges[:, 1]] - xy[edges[:, 0]], axis=1)


def _streets(land: Land, edges: np.ndarray, xy: np.ndarray) -> tuple[Ways, pd.DataFrame]:
    """Return the ways of the edges, the steepest with stairs or a lift in the middle, and the register of links."""
    wild, length = land.wild, np.linalg.norm(xy[edges[:, 1]] - xy[edges[:, 0]], axis=1)
    grade = np.where(length > 2 * _BLOCK_M, 0, _grades(land, xy, edges))  # no stairs on bridges
    steep = np.argsort(-grade, kind="stable")[: _STAIRS + _LIFTS]
    lifts = set(steep[:_LIFTS].tolist())
    stairs = set(steep[_LIFTS:].tolist())
    escalators = set(steep[_LIFTS : _LIFTS + _ESCALATORS].tolist())
    points, tags = [*xy], [None] * len(xy)
    refs, rows, links = [], [], []
    kinds = np.array(["residential", "footway", "tertiary", "secondary", "service"])
    drawn = kinds[wild.choice(len(kinds), len(edges), p=[0.3, 0.38, 0.12, 0.08, 0.12])]
    for k, (a, b) in enumerate(edges.tolist()):
        share = np.linspace(0, 1, _INNER + 2)[1:-1, None]
        inner = xy[a] + share * (xy[b] - xy[a]) + wild.normal(0, 4, (_INNER, 2))
        ids = [a, *range(len(points), len(points) + _INNER), b]
        points.extend(inner)
        tags.extend([None] * _INNER)
        kind, bridge = str(drawn[k]), "yes" if length[k] > 2 * _BLOCK_M else None
        if k in lifts:
            tags[ids[2]] = "elevator"
            links.append(("node", ids[2] + 1, "lift", points[ids[2]], points[ids[2]], grade[k] * length[k]))
            rows += [("footway", None, None), ("footway", None, None)]
            refs += [ids[:3], ids[2:]]
        elif k in stairs:
            conveying = "yes" if k in escalators else None
            if conveying:
                links.append(("way", len(rows) + 2, "escalator", points[ids[1]], points[ids[3]], None))
            rows += [("footway", None, None), ("steps", conveying, None), ("footway", None, None)]
            refs += [ids[:2], ids[1:4], ids[3:]]
        else:
            rows.append((kind if bridge is None else "secondary", None, bridge))
            refs.append(ids)
    return _ways(np.array(points), tags, refs, rows), _register(links)


def _ways(xy: np.ndarray, tags: list[str | None], refs: list[list[int]], rows: list[tuple[object, ...]]) -> Ways:
    lon, lat = to_lonlat(xy + CORNER_M, CRS).T
    index = pd.Index(np.arange(1, len(xy) + 1), name="node_id")
    nodes = pd.DataFrame({"lon": lon, "lat": lat, "highway": pd.Series(tags, dtype=object).to_numpy()}, index=index)
    table = pd.DataFrame(rows, columns=["highway", "conveying", "bridge"], dtype=object)
    table.insert(1, "name", [f"路{k // 8}" for k in range(len(table))])
    table.index = pd.Index(np.arange(1, len(table) + 1), name="way_id")
    nodes, table = (t.astype(object).where(t.notna(), None) for t in (nodes, table))
    nodes[["lon", "lat"]] = nodes[["lon", "lat"]].astype(np.float64)
    offsets = np.r_[0, np.cumsum([len(r) for r in refs])].astype(np.int64)
    return Ways(nodes, table, np.concatenate(refs).astype(np.int64) + 1, offsets, "2026-01-01")


def _register(links: list[tuple[str, int, str, np.ndarray, np.ndarray, float | None]]) -> pd.DataFrame:
    rows = []
    for kind, number, what, start, end, rise in links:
        (lon, lat), (to_lon, to_lat) = to_lonlat(np.array([start, end]) + CORNER_M, CRS).round(7)
        rows.append(
            dict.fromkeys(LINK_COLUMNS, "")
            | {"link_id": f"{kind[0]}{number}", "kind": what, "osm_type": kind, "osm_id": number}
            | {"from_lon": lon, "from_lat": lat, "to_lon": to_lon, "to_lat": to_lat}
            | {"rise_m": "" if rise is None else round(rise, 1), "direction": "both", "state": "in_service"}
            | {"joins": "known", "source": "drawn with a seed", "confidence": "high"}
        )
    return pd.DataFrame(rows, columns=LINK_COLUMNS)


def _middle_of_river() -> float:
    return (_ROWS // 2 + 0.5) * _BLOCK_M + _RIVER_M / 2


def _write_outlines(land: Land, folder: Path) -> None:
    """Write area, subdistricts from west to east, and the river."""
    size = land.size_m
    x = np.linspace(-60, size[0] + 60, 10 * _SUBDISTRICTS + 1)
    bent = land.bent(x)
    strips = [
        _ring(np.column_stack([part, low]), np.column_stack([part, high])[::-1])
        for part, low, high in (
            (x[a : a + 11], bent[a : a + 11] - 60, bent[a : a + 11] + size[1] + 60) for a in range(0, len(x) - 1, 10)
        )
    ]
    codes = [f"{k:02}" for k in range(_SUBDISTRICTS)]
    parts = {"code": codes, "name": [f"街道{k}" for k in codes], "name_en": [f"Part {k}" for k in codes]}
    middle = _middle_of_river() + bent
    half = _RIVER_M / 2 - 20
    river = _ring(np.column_stack([x, middle - half]), np.column_stack([x, middle + half])[::-1])
    _write(folder / "subdistricts.geojson", parts, strips)
    _write(folder / "area.geojson", {"id": ["area"]}, [shapely.union_all(strips)])
    _write(folder / "water.geojson", {"id": ["1"], "kind": ["river"], "name": ["河"]}, [river])


def _ring(there: np.ndarray, back: np.ndarray) -> shapely.Polygon:
    return shapely.Polygon(to_lonlat(np.vstack([there, back]) + CORNER_M, CRS))


def _write_houses(land: Land, edges: np.ndarray, xy: np.ndarray, folder: Path) -> None:
    """Write houses beside the streets, 14 m by 24 m, a third with its levels."""
    wild, at = land.wild, _beside(land, edges, xy, _HOUSES, 16.0)
    turn = wild.uniform(0, np.pi, _HOUSES)
    square = np.array([[-12, -7], [12, -7], [12, 7], [-12, 7], [-12, -7]], dtype=float)
    around = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]).transpose(2, 0, 1)
    rings = at[:, None, :] + square @ around.transpose(0, 2, 1)
    shapes = shapely.polygons(to_lonlat(rings.reshape(-1, 2) + CORNER_M, CRS).reshape(-1, 5, 2))
    levels = [int(n) if known else None for n, known in zip(wild.integers(1, 33, _HOUSES), wild.random(_HOUSES) < 0.35)]  # noqa: B905, PLR2004
    kinds = np.where(wild.random(_HOUSES) < 0.25, "apartments", "yes")  # noqa: PLR2004
    ids = [f"w{k}" for k in range(_HOUSES)]
    columns = {"building_id": ids, "building": kinds, "levels": pd.Series(levels, dtype=object).to_numpy()}
    _write(folder / "buildings.geojson", columns, list(shapes))


def _write_places(land: Land, edges: np.ndarray, xy: np.ndarray, folder: Path) -> None:
    known = tomllib.loads((bundled_study() / "categories.toml").read_text("utf-8"))["category"]
    kinds = [kind for kind, many in PLACES.items() for _ in range(many)]
    at = to_lonlat(_beside(land, edges, xy, len(kinds), 12.0) + CORNER_M, CRS).round(7)
    rows = []
    for k, (kind, (lon, lat)) in enumerate(zip(kinds, at, strict=True)):
        own = {"facility_id": f"P{k:03}", "kind": kind, "name": f"点位{k}", "lon": f"{lon:.7f}", "lat": f"{lat:.7f}"}
        own["category"] = known[k % len(known)]["id"] if kind in {"base", "venue"} else ""
        own |= {"status": "candidate" if kind == "venue" else "loaded", "position_confidence": "building"}
        own |= dict.fromkeys(("status_reason", "source", "position_source"), "drawn with a seed")
        own |= {"datum": "wgs84", "licence": "CC0", "redistributable": "true"}
        rows.append(own)
    table = pd.DataFrame(rows).reindex(columns=list(FACILITY_COLUMNS))
    table.to_csv(folder / "facilities.csv", index=False, lineterminator="\n")


def _beside(land: Land, edges: np.ndarray, xy: np.ndarray, count: int, off_m: float) -> np.ndarray:
    """Draw points beside the streets, not on bridges, hardly any beyond the outermost street: readers refuse those."""
    wild = land.wild
    length = np.linalg.norm(xy[edges[:, 1]] - xy[edges[:, 0]], axis=1)
    edge = wild.choice(np.flatnonzero(length < 2 * _BLOCK_M), count)
    a, b = xy[edges[edge, 0]], xy[edges[edge, 1]]
    along = (b - a) / length[edge][:, None]
    side = np.where(wild.random(count) < 0.5, -off_m, off_m)[:, None]  # noqa: PLR2004
    points = a + wild.uniform(0.15, 0.85, (count, 1)) * (b - a) + side * np.column_stack([-along[:, 1], along[:, 0]])
    used = xy[edges.ravel()]
    return np.clip(points, used.min(axis=0) + _INSIDE_M, used.max(axis=0) - _INSIDE_M)


def _write_terrain(land: Land, folder: Path) -> None:
    size, margin = land.size_m, 500.0
    wide, high = (int((extent + 2 * margin) // _CELL_M) for extent in size)
    x = -margin + _CELL_M * (np.arange(wide) + 0.5)
    y = size[1] + margin - _CELL_M * (np.arange(high) + 0.5)
    grid = np.stack(np.meshgrid(x, y), axis=-1)
    heights = np.round(land.heights(grid) + land.wild.normal(0, 1.5, grid.shape[:2])).astype(np.int16)
    corner = CORNER_M + np.array([-margin, size[1] + margin])
    transform = from_origin(float(corner[0]), float(corner[1]), _CELL_M, _CELL_M)
    about = {"driver": "GTiff", "width": wide, "height": high, "count": 1, "dtype": "int16", "compress": "deflate"}
    with rasterio.open(folder / "terrain.tif", "w", crs=CRS, transform=transform, nodata=-32768, **about) as file:
        file.write(heights, 1)


def _write(path: Path, columns: dict[str, object], shapes: list[shapely.Geometry]) -> None:
    shapes = list(shapely.transform(shapes, lambda xy: np.round(xy, 7)))
    layer = gpd.GeoDataFrame(pd.DataFrame(columns), geometry=shapes, crs=WGS84)
    text = feature_collection(layer)
    json.loads(text)
    path.write_text(text, "utf-8", newline="")


if __name__ == "__main__":
    main()
