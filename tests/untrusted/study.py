"""A small town whose every free text is hostile: names, notes, sources, routes, links, streets, papers."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.town import Place, Town, lonlat
from tests.untrusted.payloads import HIDDEN, PAYLOADS

__all__ = ["CELLS", "PLACE_TEXTS", "START", "Texts", "write_study"]

START = "中心小学"
CATEGORIES = ("patriotic", "health")
# Columns that readers take as they are, by file.
PLACE_TEXTS = (
    *("name", "address", "status_reason", "source", "position_source", "licence", "batch", "note", "contact"),
    "subdistrict",
)
CELLS = tuple(text for text in PAYLOADS if text.strip() and text not in HIDDEN)


class Texts:
    """Hands the payloads out in turn, and remembers how often each was given."""

    def __init__(self) -> None:
        self.given: dict[str, int] = dict.fromkeys(PAYLOADS, 0)
        self._turn = 0

    def next(self) -> str:
        """Return the next payload."""
        text = PAYLOADS[self._turn % len(PAYLOADS)]
        self._turn += 1
        self.given[text] += 1
        return text

    def seen(self) -> str:
        """Return the next payload of which something can be seen: a name may not be empty."""
        while not (text := self.next()).strip():
            continue
        return text

    def place(self, row: int, column: int) -> str:
        """Return the payload of a cell of a table: down a column every payload comes before one comes again."""
        text = CELLS[(row + 7 * column) % len(CELLS)]
        self.given[text] += 1
        return text

    def cell(self, *, empty: bool = True) -> str:
        """Return the next payload that a CSV file may hold."""
        while (text := self.next() if empty else self.seen()) in HIDDEN:
            self.given[text] -= 1
        return text


def write_study(folder: Path, texts: Texts) -> Path:
    """Write the town as a study folder."""
    town = Town(blocks=10, places=list(_places()))
    town.write(folder)
    _rewrite(folder / "facilities.csv", PLACE_TEXTS, texts, keep=START, more=("contact", "website"))
    _rewrite(folder / "ways.csv", ("name",), texts)
    for name in ("subdistricts", "buildings"):
        _rewrite_geojson(folder / f"{name}.geojson", texts)
    _ground(folder, texts)
    _routes(folder, texts)
    _links(folder, texts)

    def quoted() -> str:
        escaped = (f"\\u{ord(c):04x}" if c in '"\\' or ord(c) < 32 or ord(c) == 127 else c for c in texts.seen())
        return f'"{"".join(escaped)}"'

    breaking = json.dumps('"></iframe><img src=x onerror=window.__pwned=1>')
    lines = [f"id = {quoted()}", f"name_zh = {breaking}", f"name_en = {quoted()}"]
    lines += ['crs = "EPSG:32648"', 'data_date = "2026-01-01"']
    for _ in range(4):
        lines += ["[[sources]]", *(f"{key} = {quoted()}" for key in ("id", "title", "date", "licence", "attribution"))]
    (folder / "study.toml").write_text("\n".join(lines) + "\n", "utf-8")
    rows = [
        f'[[category]]\nid = "{key}"\nname_zh = {quoted()}\nname_en = {quoted()}\npublished = true\n'
        for key in CATEGORIES
    ]
    (folder / "categories.toml").write_text("\n".join(rows), "utf-8")
    papers = [
        f'[[declared]]\nof = "{of}"\ncount = 9\nat_least = true\nwording = {quoted()}\npaper = {quoted()}\n'
        'date = "2025-12-10"\n'
        for of in ("school", "community", "base", "designation:brand", "category:health")
    ]
    (folder / "declared.toml").write_text("\n".join(papers), "utf-8")
    return folder


def _places() -> Iterator[Place]:
    """Yield a place for every payload: all kinds, some candidates, some without a position."""
    yield Place("S0", "school", 500.0, 500.0, START)
    kinds = ("school", "community", "base", "venue")
    for i in range(len(PAYLOADS)):
        kind = kinds[i % 4]
        yield Place(
            f"{kind[0].upper()}{i + 1}",
            kind,
            *(100.0 * (i % 11), 100.0 * (i * 7 % 11)),
            name="x",
            status="candidate" if i % 3 == 0 else "loaded",
            confidence="none" if i % 9 == 8 else "street" if i % 5 == 0 else "building",
            category=CATEGORIES[i % 8 // 4] if kind in {"base", "venue"} else "",
        )


def _rewrite(path: Path, columns: Sequence[str], texts: Texts, keep: str = "", more: Sequence[str] = ()) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for i, row in enumerate(rows):
        row.update(dict.fromkeys(more, ""))
        for k, column in enumerate(columns):
            if row.get("name") != keep or column != "name":
                row[column] = texts.place(i, k)
        if "website" in row:
            row["website"] = f"https://evil.example/{i}?${{window.__pwned=1}}" if i % 2 else ""
        if "redistributable" in row:
            row["redistributable"] = "false" if i % 3 == 1 else "true"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _rewrite_geojson(path: Path, texts: Texts) -> None:
    content = json.loads(path.read_text("utf-8"))
    for feature in content["features"]:
        properties = feature["properties"]
        for key in ("name", "name_en", "use"):
            if key in properties or "building_id" in properties:
                properties[key] = texts.seen()
    path.write_text(json.dumps(content, ensure_ascii=True), "utf-8")


def _ground(folder: Path, texts: Texts) -> None:
    def line(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return [lonlat(*point) for point in points]

    river = line((-50, 960), (1050, 960), (1050, 1040), (-50, 1040), (-50, 960))
    layers = {
        "water": ({"id": "1", "kind": "river"}, {"type": "Polygon", "coordinates": [river]}),
        "railways": ({"id": "1", "kind": "rail"}, {"type": "LineString", "coordinates": line((0, 30), (1000, 30))}),
        "stations": ({"id": "1", "kind": "station"}, {"type": "Point", "coordinates": lonlat(500, 30)}),
    }
    for name, (properties, geometry) in layers.items():
        features = [
            {"type": "Feature", "properties": {**properties, "id": str(i), "name": texts.seen()}, "geometry": geometry}
            for i in range(3)
        ]
        content = {"type": "FeatureCollection", "features": features}
        (folder / f"{name}.geojson").write_text(json.dumps(content), "utf-8")


def _routes(folder: Path, texts: Texts) -> None:
    routes, stops = [], []
    for i in range(9):
        routes.append([f"R{i}", texts.cell(empty=False), *(texts.cell() for _ in range(5))])
        for seq in range(1, 5):
            lon, lat = ("", "") if seq == 3 else (f"{v:.7f}" for v in lonlat(100.0 * i, 200.0 * seq))
            place = f"S{1 + 4 * i}" if seq == 2 else ""
            confidence = "none" if seq == 3 else "building"
            stops.append([f"R{i}", seq, texts.cell(empty=False), place, lon, lat, confidence, texts.cell()])
    _table(folder / "routes.csv", "route_id,name,theme,provenance,source,date,note", routes)
    _table(folder / "route_stops.csv", "route_id,seq,name,facility_id,lon,lat,position_confidence,note", stops)


def _links(folder: Path, texts: Texts) -> None:
    head = (
        "link_id,kind,name,osm_type,osm_id,from_lon,from_lat,to_lon,to_lat,rise_m,length_m,ride_s,wait_s,fee_cny,"
        "opening_hours,direction,wheelchair,state,joins,source,confidence,note"
    )
    rows = []
    for i, kind in enumerate(("lift", "escalator", "cableway", "footbridge")):
        ends = [f"{v:.7f}" for xy in ((100.0 * i, 100.0), (100.0 * i, 300.0)) for v in lonlat(*xy)]
        row = [
            f"L{i}",
            kind,
            texts.cell(empty=False),
            "",
            "",
            *ends,
            "5",
            "",
            "",
            "",
            "",
            "",
            "both",
            "",
            "in_service",
            "known",
        ]
        rows.append([*row, texts.cell(empty=False), texts.cell(), texts.cell()])
    _table(folder / "vertical_links.csv", head, rows)


def _table(path: Path, head: str, rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head.split(","))
        writer.writerows(rows)
