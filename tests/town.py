"""A town whose every answer is known by hand: a lattice of streets, a home in the middle of every east-west block."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from pyproj import Transformer
from shapely.geometry import Polygon, box, mapping

CRS = "EPSG:32648"
ORIGIN = (650_000.0, 3_270_000.0)
BLOCK_M = 100.0
HOME_OFF_M = 20.0
_LONLAT = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)

HEADER = (
    "facility_id,kind,category,name,subdistrict,address,lon,lat,status,status_reason,source,position_source,"
    "position_confidence,datum,licence,redistributable,designations,level,batch,open_from,open_to,note"
)


@dataclass
class Place:
    """A facility at lattice coordinates in metres from the town's south-west corner."""

    id: str
    kind: str
    x: float
    y: float
    name: str = ""
    status: str = "loaded"
    confidence: str = "building"
    category: str = ""


@dataclass
class Town:
    """``blocks`` x ``blocks`` blocks; the west half is subdistrict 1, the east half subdistrict 2.

    Only east-west streets are residential, so that every home is a mapped one.
    """

    blocks: int = 10
    people: int = 1000
    places: list[Place] = field(default_factory=lambda: [Place("S1", "school", 500.0, 500.0, "中心小学")])

    @property
    def side_m(self) -> float:
        """Metres from west to east."""
        return self.blocks * BLOCK_M

    def homes(self) -> np.ndarray:
        """(n, 2) metres: home of block k of street j lies ``HOME_OFF_M`` north of the street."""
        k = np.arange(self.blocks) * BLOCK_M + BLOCK_M / 2
        j = np.arange(self.blocks + 1) * BLOCK_M
        x, y = np.meshgrid(k, j)
        return np.column_stack([x.ravel(), y.ravel() + HOME_OFF_M])

    def metres_to(self, x: float, y: float) -> np.ndarray:
        """Return walking metres from every home to a place on a lattice corner, by hand: |dx| + |dy| + doorstep."""
        homes = self.homes()
        return np.abs(homes[:, 0] - x) + np.abs(homes[:, 1] - HOME_OFF_M - y) + HOME_OFF_M

    def write(self, folder: Path) -> Path:
        """Write the town as a study folder."""
        folder.mkdir(parents=True, exist_ok=True)
        self._write_streets(folder)
        half, low, high = self.side_m / 2, -50.0, self.side_m + 50.0
        west, east = box(low, low, half, high), box(half, low, high, high)
        _geojson(folder / "area.geojson", [(box(low, low, high, high), {"id": "town"})])
        names = [("1", "西城街道", "West"), ("2", "东城街道", "East")]
        parts = [
            (shape, {"code": c, "name": n, "name_en": e}) for shape, (c, n, e) in zip([west, east], names, strict=True)
        ]
        _geojson(folder / "subdistricts.geojson", parts)
        homes = [
            (box(x - 15, y - 5, x + 15, y + 5), {"building_id": f"w{i}", "building": "apartments", "levels": 5})
            for i, (x, y) in enumerate(self.homes(), 1)
        ]
        _geojson(folder / "buildings.geojson", homes)
        (folder / "study.toml").write_text(
            f'id = "town"\nname_zh = "方格镇"\nname_en = "Grid Town"\ncrs = "{CRS}"\ndata_date = "2026-01-01"\n',
            "utf-8",
        )
        (folder / "categories.toml").write_text(
            '[[category]]\nid = "patriotic"\nname_zh = "爱国主义教育"\nname_en = "Patriotic"\npublished = true\n',
            "utf-8",
        )
        (folder / "population.csv").write_text(
            "unit,code,name,year,measure,value,measure_unit,source,confidence,note\n"
            f"district,town,方格镇,2020,resident_census,{self.people},persons,by hand,high,\n",
            "utf-8",
        )
        rows = [HEADER]
        for p in self.places:
            lon, lat = lonlat(p.x, p.y)
            where = ("", "") if p.confidence == "none" else (f"{lon:.7f}", f"{lat:.7f}")
            cells = [
                p.id,
                p.kind,
                p.category,
                p.name or p.id,
                "",
                "",
                *where,
                p.status,
                "by hand",
                "by hand",
                "by hand",
            ]
            rows.append(",".join([*cells, p.confidence, "wgs84", "CC0", "true", "", "", "", "", "", ""]))
        (folder / "facilities.csv").write_text("\n".join(rows) + "\n", "utf-8")
        return folder

    def _write_streets(self, folder: Path) -> None:
        n = self.blocks + 1
        nodes, ways = ["node_id,lon,lat,highway"], ["way_id,highway,name,node_ids"]
        for j in range(n):
            for i in range(n):
                lon, lat = lonlat(i * BLOCK_M, j * BLOCK_M)
                nodes.append(f"{1 + j * n + i},{lon:.7f},{lat:.7f},")
        for k in range(n):
            row = " ".join(str(1 + k * n + i) for i in range(n))
            column = " ".join(str(1 + j * n + k) for j in range(n))
            ways += [f"{k + 1},residential,横{k}路,{row}", f"{100 + k},tertiary,纵{k}路,{column}"]
        ways[1:] = sorted(ways[1:], key=lambda line: int(line.split(",")[0]))
        (folder / "nodes.csv").write_text("\n".join(nodes) + "\n", "utf-8")
        (folder / "ways.csv").write_text("\n".join(ways) + "\n", "utf-8")


def lonlat(x: float, y: float) -> tuple[float, float]:
    """Metres from the town's corner to lon/lat."""
    lon, lat = _LONLAT.transform(ORIGIN[0] + x, ORIGIN[1] + y)
    return float(lon), float(lat)


def _geojson(path: Path, features: list[tuple[Polygon, dict[str, object]]]) -> None:
    content = {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "properties": p, "geometry": _outside(s)} for s, p in features],
    }
    path.write_text(json.dumps(content, ensure_ascii=False), "utf-8")


def _outside(shape: Polygon) -> dict[str, object]:
    return mapping(Polygon([lonlat(x, y) for x, y in shape.exterior.coords]))
