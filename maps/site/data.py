"""The folder of open data: every layer in three formats, the dictionary, licences, digests, and what was left out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from maps.file_names import Names
from maps.report.notes import OSM
from maps.report.reading import Study, plain
from maps.site.dictionary import described
from maps.site.formats import CRS_NOTES, shifted, write_geojson, write_geopackage, write_layer_csv
from maps.site.opened import Opened
from servicecircle.datum import Datum
from servicecircle.publish.kml import kml
from servicecircle.publish.tables import write_csv
from servicecircle.publish.workbook import workbook

__all__ = ["TABLES", "TITLES", "Catalogue", "File", "write_data"]

TITLES: Mapping[str, tuple[str, str]] = {
    "facilities": ("点位", "Places"),
    "entrances": ("点位入口", "Entrances of places"),
    "isochrones": ("各点位服务圈", "Circles of places"),
    "unions": ("各层级服务圈合并", "Circles of a tier together"),
    "coverage": ("街道覆盖率", "Coverage by subdistrict"),
    "demand": ("住处与人口估计", "Homes and estimated people"),
    "gaps": ("缺口", "Gaps"),
    "missing_links": ("候选连接", "Candidate links"),
    "routes": ("研学线路", "Study routes"),
    "route_stops": ("线路站点", "Stops of routes"),
    "route_legs": ("线路分段", "Legs of routes"),
    "vertical_links": ("电梯、扶梯、索道", "Lifts, escalators, cableway"),
    "network": ("步行路网", "Walking network"),
    "buildings": ("建筑", "Buildings"),
    "water": ("水面", "Water"),
    "railways": ("轨道", "Railways"),
    "stations": ("车站与出入口", "Stations and their entrances"),
    "subdistricts": ("街道", "Subdistricts"),
    "area": ("研究区", "Study area"),
}
# Tables by tier and subdistrict: none says anything of a single place.
TABLES: Mapping[str, tuple[str, str]] = {
    "ledger": ("台账", "Ledger"),
    "ledger_by_category": ("台账：基地类别", "Ledger by category"),
    "ledger_by_designation": ("台账：称号", "Ledger by designation"),
    "declared": ("公布数", "Published counts"),
    "coverage": ("覆盖率全表", "Coverage, every cut"),
    "coverage_by_year": ("逐年覆盖率", "Coverage by year"),
    "certainty": ("覆盖的把握", "How sure coverage is"),
    "choices": ("可选处数", "Choices"),
    "targets": ("目标", "Targets"),
    "population_figures": ("公布人口", "Published population"),
}
ODBL = "ODbL-1.0"
SUMS = "SHA256SUMS"


@dataclass(frozen=True, slots=True)
class File:
    """A file of the folder: what it is of, what may be done with it, and what it says of its coordinates."""

    path: str
    of: str
    rows: int
    licence: str
    attribution: str
    crs_note: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything the folder holds, and its columns: (of, column, unit, English, Chinese)."""

    files: tuple[File, ...]
    columns: tuple[tuple[str, str, str, str, str], ...]


def write_data(study: Study, opened: Opened, folder: Path, *, gcj02: bool = False) -> Catalogue:
    """Write the open data into ``folder``, which is made; return what it holds."""
    writer = _Writer(study, folder)
    folder.mkdir(parents=True)
    emptied = {left.layer for left in opened.left_out if opened.layers[left.layer].empty}
    layers = {name: opened.layers[name] for name in TITLES if name in opened.layers and name not in emptied}
    writer.layers(layers, Datum.WGS84)
    writer.places(layers["facilities"])
    if gcj02:
        moved = {name: layer for name, layer in layers.items() if layer.geometry.notna().any()}
        writer.layers({name: shifted(layer) for name, layer in moved.items()}, Datum.GCJ02)
    for name in (n for n in TABLES if n in study.tables):
        table = study.tables[name]
        (folder / "tables").mkdir(exist_ok=True)
        write_csv(table, folder / "tables" / f"{name}.csv")
        writer.add(f"tables/{name}.csv", name, len(table), writer.licence("coverage"), "")
    columns = [(name, str(c)) for name, layer in layers.items() for c in _columns(layer)]
    columns += [(f"tables/{n}", str(c)) for n in TABLES if n in study.tables for c in study.tables[n].columns]
    rows = [(of, c, *_described(of, c)) for of, c in columns]
    dictionary = pd.DataFrame(rows, columns=["of", "column", "unit", "what", "zh"])
    write_csv(dictionary, folder / "dictionary.csv")
    writer.add("dictionary.csv", "dictionary", len(rows), ("CC0-1.0", ""), "")
    catalogue = Catalogue(tuple(writer.files), tuple(rows))
    _finish(study, opened, catalogue, folder)
    return catalogue


class _Writer:
    """Writes files and remembers them."""

    def __init__(self, study: Study, folder: Path) -> None:
        self.study, self.folder = study, folder
        self.files: list[File] = []
        self._listed = {entry["name"]: entry for entry in study.manifest["layers"]}
        self.day = plain(study.manifest["data_date"])
        self.area = Names().of(plain(study.manifest["area"].get("id")), "area")

    def add(self, path: str, of: str, rows: int, terms: tuple[str, str], crs_note: str) -> None:
        content = (self.folder / path).read_bytes()
        self.files.append(File(path, of, rows, *terms, crs_note, len(content), hashlib.sha256(content).hexdigest()))

    def licence(self, name: str, layer: gpd.GeoDataFrame | None = None) -> tuple[str, str]:
        """Return licence and attribution: of places, counted from their rows."""
        entry = self._listed.get(name, {})
        if name == "facilities" and layer is not None and "licence" in layer:
            counted = layer["licence"].fillna("未知 unknown").value_counts().sort_index()
            return "; ".join(f"{key}: {n}" for key, n in counted.items()), f"见来源栏 column source; {OSM}"
        if name in ("subdistricts", "coverage"):
            return "facts; computed with ODbL-1.0 data", f"{OSM}; files.json, sources"
        if name == "entrances":
            return "同点位 as of the place: facilities, licence", f"见点位 facilities, source; {OSM}"
        return plain(entry.get("licence")) or ODBL, plain(entry.get("attribution")) or OSM

    def notes(self, name: str, layer: gpd.GeoDataFrame, datum: Datum) -> dict[str, str]:
        zh, en = TITLES[name]
        licence, attribution = self.licence(name, layer)
        return {
            "title": f"{zh} {en}",
            "made_from": f"servicecircle {plain(self.study.manifest.get('servicecircle_version'))}, bundle "
            f"{self.study.bundle_sha256}",
            "date": self.day,
            "crs_note": CRS_NOTES[datum],
            "licence": licence,
            "attribution": attribution,
        }

    def layers(self, layers: Mapping[str, gpd.GeoDataFrame], datum: Datum) -> None:
        """Write every layer as GeoJSON and CSV, and all of them as one GeoPackage."""
        moved = datum is not Datum.WGS84
        tail = f".{datum.value}" if moved else ""
        base = self.folder / datum.value if moved else self.folder
        base.mkdir(exist_ok=True)
        inside = f"{datum.value}/" if moved else ""
        notes = {name: self.notes(name, layer, datum) for name, layer in layers.items()}
        for name, layer in layers.items():
            terms, rows, said = self.licence(name, layer), len(layer), CRS_NOTES[datum]
            if layer.geometry.notna().any():
                write_geojson(layer, base / f"{name}{tail}.geojson", notes[name])
                self.add(f"{inside}{name}{tail}.geojson", name, rows, terms, said)
            if write_layer_csv(layer, base / f"{name}{tail}.csv", datum):
                self.add(f"{inside}{name}{tail}.csv", name, rows, terms, said)
        whole = f"{self.area}{tail}.gpkg"
        write_geopackage(layers, base / whole, datum, self.day, notes)
        rows = sum(len(layer) for layer in layers.values())
        self.add(f"{inside}{whole}", "*", rows, ("mixed: layer by layer, as above", OSM), CRS_NOTES[datum])

    def places(self, layer: gpd.GeoDataFrame) -> None:
        """Write the places for spreadsheets and globes, too."""
        notes = self.notes("facilities", layer, Datum.WGS84)
        at = layer.geometry
        placed = (at.notna() & ~at.is_empty).to_numpy()
        lon, lat = (np.where(placed, side.to_numpy(), np.nan) for side in (at.x, at.y))
        cells = pd.DataFrame(layer.drop(columns=["geometry"]))
        texts = {str(c): ["" if pd.isna(v) else str(v) for v in cells[c]] for c in cells.columns}
        table = pd.DataFrame(texts).assign(lon=lon, lat=lat)
        day = self.day if len(self.day) == len("2026-01-01") and self.day[:4].isdigit() else "1980-01-01"
        (self.folder / "facilities.xlsx").write_bytes(workbook(table, notes, day))
        positions = [(f"{x:.7f}", f"{y:.7f}") if known else None for x, y, known in zip(lon, lat, placed, strict=True)]
        rows = [{str(k): str(v) for k, v in row.items()} for row in pd.DataFrame(texts).to_dict("records")]
        globe = kml(rows, positions, notes["title"], "\n".join(notes.values()))
        (self.folder / "facilities.kml").write_bytes(globe)
        for name in ("facilities.xlsx", "facilities.kml"):
            self.add(name, "facilities", len(layer), self.licence("facilities", layer), CRS_NOTES[Datum.WGS84])


def _columns(layer: gpd.GeoDataFrame) -> list[str]:
    names = [str(c) for c in layer.columns if c != layer.geometry.name]
    there = layer.geometry[layer.geometry.notna()]
    points = len(there) > 0 and bool((there.geom_type == "Point").all())
    return names + [c for c in ("lon", "lat") if points and c not in names]


def _described(of: str, column: str) -> tuple[str, str, str]:
    name = of.removeprefix("tables/")
    unit, what, zh = described(of, column)
    return (unit, what, zh) if what or of == name else described(name, column)


def _finish(study: Study, opened: Opened, catalogue: Catalogue, folder: Path) -> None:
    """Write what a program and a person read first, and the digests of it all."""
    manifest = study.manifest
    said: dict[str, Any] = {
        "area": study.area,
        "data_date": plain(manifest["data_date"]),
        "parameters_sha256": plain(manifest["parameters_sha256"]),
        "bundle_sha256": study.bundle_sha256,
        "servicecircle_version": plain(manifest.get("servicecircle_version")),
        "sources": manifest["sources"],
        "withheld": {"rows": len(opened.withheld.ids), "by_source": opened.withheld.by_source},
        "left_out": [asdict(left) for left in opened.left_out],
        "files": [asdict(file) for file in catalogue.files],
    }
    (folder / "files.json").write_bytes((json.dumps(said, ensure_ascii=False, indent=1) + "\n").encode())
    (folder / "README.txt").write_bytes(("\ufeff" + readme(study, opened, catalogue)).replace("\n", "\r\n").encode())
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    sums = "".join(f"{hashlib.sha256((folder / n).read_bytes()).hexdigest()}  {n}\n" for n in names)
    (folder / SUMS).write_bytes(sums.encode())


def readme(study: Study, opened: Opened, catalogue: Catalogue) -> str:
    """Say in a text file what the folder is: dates, licences, what was left out and why."""
    manifest = study.manifest
    zh, en = study.area
    lines = [
        f"{zh} 15分钟服务圈：开放数据 Open data, {en}",
        "",
        f"数据日期 data date: {plain(manifest['data_date'])}",
        f"参数 parameters SHA-256: {plain(manifest['parameters_sha256'])}",
        f"成果包 bundle SHA-256: {study.bundle_sha256}",
        "",
        "坐标为 WGS-84 经纬度；gcj02 文件夹内已转换为 GCJ-02。空格是未知，不是零。",
        "Coordinates are WGS-84; those in the folder gcj02 are converted to GCJ-02. Empty is unknown, never zero.",
        "栏目说明 columns: dictionary.csv    核对 check: sha256sum -c SHA256SUMS",
        "",
        f"未列入的点位 places left out: {len(opened.withheld.ids)}（许可不允许转发 their licence does not allow it）",
        *(f"  {count:>4}  {source}" for source, count in opened.withheld.by_source.items()),
        "",
        "由此另外略去的 left out because of them, or because an origin is unclear:",
        *(f"  {left.layer}: {left.count} {left.zh} {left.en}" for left in opened.left_out),
        "",
        "文件 files (rows, licence, attribution):",
        *(f"  {f.path}  {f.rows}  {f.licence}  {f.attribution}" for f in catalogue.files),
        "",
        "来源 sources:",
        *("  " + "; ".join(plain(s.get(k)) for k in ("title", "date", "licence", "attribution"))
          for s in manifest["sources"]),
        "",
    ]  # fmt: skip
    return "\n".join(lines)
