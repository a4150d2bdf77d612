"""The site: whole, the same twice, no folder lost, every link leads somewhere, and no withheld place gets out."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from shapely.geometry import LineString, MultiLineString, Point

from maps import offline
from maps.__main__ import main
from maps.site.dictionary import described
from maps.site.opened import open_layers, withheld_of
from maps.site.parts import PARTS, Part
from maps.site.write import MARK, write_site
from servicecircle.datum import Datum, from_wgs84
from servicecircle.errors import InputError
from tests.maps.pages import Page
from tests.maps.town import write_town

MAP = PARTS[:1]


def _sheets(_bundle: Path, out: Path) -> Path:
    out.mkdir()
    (out / "a3.pdf").write_bytes(b"%PDF")
    return out / "a3.pdf"


PRODUCTS = (*MAP, Part("sheets", "图幅", "Sheets", "挂图", "Walls", _sheets))
SECRET = "小心别传出去"  # noqa: S105  a name
CLOSED = ("school1", "community0", "base3")


def _edit(folder: Path, name: str, layer: gpd.GeoDataFrame) -> None:
    layer.to_parquet(folder / "layers" / f"{name}.parquet")


def write_licensed_town(folder: Path) -> Path:
    """Write the town with licences: three places may not be passed on, and everything computed from them is there."""
    write_town(folder)
    places = gpd.read_parquet(folder / "layers" / "facilities.parquet")
    closed = places["facility_id"].isin(CLOSED)
    places["redistributable"] = ~closed
    places["licence"] = np.where(closed, "unclear", "ODbL-1.0")
    places.loc[closed, "name"] = [f"{SECRET}{i}" for i in range(closed.sum())]
    places.loc[closed, "source"] = ["一家地图", "一家地图", "另一家"]
    places["relations"] = None
    places.loc[0, "relations"] = "part_of:school1;partner:school2"
    _edit(folder, "facilities", places)
    at = places.set_index("facility_id").geometry
    gaps = gpd.read_parquet(folder / "layers" / "gaps.parquet")
    gaps["nearest_facility_id"] = ["school1", *["school0"] * (len(gaps) - 1)]
    gaps.loc[0, "nearest_name"] = f"{SECRET}0"
    gaps.loc[len(gaps) - 1, "explanation_zh"] = f"离{SECRET}1很远"
    gaps["radius_m"] = 812.5
    _edit(folder, "gaps", gaps)
    homes = gpd.GeoDataFrame(
        {
            "demand_id": ["h1", "h2"],
            "kind": "footprint",
            "subdistrict": "1",
            "people": [10.0, 20.0],
            "nearest_school_s": [100.0, 200.0],
            "nearest_school_id": ["school1", "school0"],
            "community": "C1",
        },
        geometry=[Point(106.51, 29.51), Point(106.52, 29.512)],
        crs="EPSG:4326",
    )
    _edit(folder, "demand", homes)
    _routes(folder, at)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    manifest["sources"].append({"id": "subdistricts", "title": "轮廓", "licence": "MIT; origin of the lines unstated"})
    (folder / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False), "utf-8")
    return folder


def _routes(folder: Path, at: gpd.GeoSeries) -> None:
    """Walk from an open place to a withheld one, and on to a stop that nobody has a licence for or against."""
    stops = gpd.read_parquet(folder / "layers" / "route_stops.parquet").astype({"seq": float})
    stops["name"] = ["甲", "乙", "丙"]
    stops["facility_id"] = ["school0", "school1", None]
    stops["position_confidence"] = "building"
    stops["note"] = ["", f"taken to be {SECRET}0", ""]
    stops["located"] = True
    ends = [at["school0"], at["school1"], Point(106.53, 29.512)]
    _edit(folder, "route_stops", stops.set_geometry(gpd.GeoSeries(ends, crs="EPSG:4326")))
    legs = gpd.GeoDataFrame(
        {
            "route_id": stops["route_id"].iloc[0],
            "leg": [1, 2],
            "from_seq": [1, 2],
            "from_name": ["甲", "乙"],
            "to_seq": [2, 3],
            "to_name": ["乙", "丙"],
            "seconds": [431.7, 300.5],
            "metres": [517.25, 380.0],
            "ascent_m": [12.0, 3.0],
            "descent_m": [1.0, 2.0],
            "steps": [100.0, 0.0],
            "skipped": 0,
            "at_least": False,
            "problem": None,
        },
        geometry=[LineString([ends[0], ends[1]]), LineString([ends[1], ends[2]])],
        crs="EPSG:4326",
    )
    _edit(folder, "route_legs", legs)
    routes = gpd.read_parquet(folder / "layers" / "routes.parquet")
    shapes = [MultiLineString(list(legs.geometry)), *routes.geometry[1:]]
    routes.loc[0, ["seconds", "metres", "ascent_m"]] = [732.2, 897.25, 15.0]
    _edit(folder, "routes", routes.set_geometry(gpd.GeoSeries(shapes, crs="EPSG:4326")))


@pytest.fixture(scope="module")
def licensed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_licensed_town(tmp_path_factory.mktemp("licensed") / "build")


@pytest.fixture(scope="module")
def site(licensed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_site(licensed, tmp_path_factory.mktemp("public") / "site", gcj02=True, parts=PRODUCTS).parent


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline="")))


def distances(shapes: gpd.GeoSeries, spot: Point) -> np.ndarray:
    """Degrees: geopandas warns of them, and to tell equal from unequal they do."""
    return shapely.distance(shapes.dropna().to_numpy(), spot)


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_two_builds_are_equal_to_the_byte_and_the_second_replaces_an_older_site(
    licensed: Path, site: Path, tmp_path: Path
) -> None:
    older = tmp_path / "again"
    older.mkdir()
    (older / "old.html").write_text("old", "utf-8")
    (older / MARK).write_text('{"files": {"old.html": ""}}', "utf-8")
    other = write_site(licensed, older, gcj02=True, parts=PRODUCTS).parent
    assert contents(other) == contents(site)
    assert [p.name for p in tmp_path.iterdir()] == ["again"]


def test_no_withheld_place_is_in_the_open_data(site: Path, licensed: Path) -> None:
    places = gpd.read_parquet(licensed / "layers" / "facilities.parquet").set_index("facility_id")
    spots = [p for p in places.loc[list(CLOSED)].geometry if p is not None]
    assert len(spots) == 3
    for name, content in contents(site).items():
        # cells of a GeoPackage lie side by side: "school" and "1" read like an id
        keys = (SECRET,) if name.endswith(".gpkg") else (*CLOSED, SECRET)
        if name.startswith(("data/", "routes/")):
            assert [key for key in keys if key.encode() in content] == [], name
    package = site / "data" / "town.gpkg"
    for layer in pyogrio.list_layers(package)[:, 0]:
        table = pyogrio.read_dataframe(package, layer=layer)
        assert not any(table[c].isin(CLOSED).any() for c in table.columns if c.endswith("facility_id"))
        if layer in {"facilities", "route_stops"}:
            assert min(distances(table["geometry"], spot).min() for spot in spots) > 1e-4, layer
    for route in (site / "routes").glob("*.geojson"):
        assert not any((distances(gpd.read_file(route).geometry, spot) < 1e-4).any() for spot in spots)


def test_what_would_tell_a_withheld_position_is_left_out_and_counted(licensed: Path) -> None:
    layers = {p.stem: gpd.read_parquet(p) for p in (licensed / "layers").glob("*.parquet")}
    manifest = json.loads((licensed / "manifest.json").read_text("utf-8"))
    opened = open_layers(layers, manifest)
    left = {note.layer: note.count for note in opened.left_out}
    assert (left["facilities"], left["isochrones"]) == (3, 9)
    assert opened.withheld.by_source == {"一家地图": 2, "另一家": 1}
    # every tier has a withheld place among its candidates; among the confirmed the school and the community
    kept = opened.layers["unions"]
    assert set(zip(kept["tier"], kept["basis"], strict=True)) == {("base", "confirmed")}
    assert list(opened.layers["demand"].columns) == ["demand_id", "kind", "subdistrict", "people", "geometry"]
    assert opened.layers["facilities"].loc[0, "relations"] == "partner:school2"
    gap = opened.layers["gaps"].iloc[0]
    assert pd.isna(gap["nearest_name"])
    assert pd.isna(gap["radius_m"])
    assert gap["mean_excess_s"] % 60 == 0
    assert opened.layers["gaps"].iloc[1]["radius_m"] == 812.5
    assert pd.isna(opened.layers["gaps"].iloc[-1]["explanation_zh"])
    assert opened.layers["coverage"].geometry.isna().all()
    legs, routes = opened.layers["route_legs"], opened.layers["routes"]
    assert legs["seconds"].tolist() == [420, 300]
    assert legs["metres"].isna().all()
    assert legs.geometry.isna().all()
    assert routes.loc[0, ["seconds", "metres", "ascent_m"]].tolist() == [720, 900, 20]
    assert routes.geometry.iloc[0] is None
    assert opened.layers["route_stops"].geometry.isna().tolist() == [False, True, False]


def test_nothing_is_blanked_where_nothing_is_withheld(licensed: Path) -> None:
    layers = {p.stem: gpd.read_parquet(p) for p in (licensed / "layers").glob("*.parquet")}
    layers["facilities"]["redistributable"] = True
    opened = open_layers(layers, {"sources": []})
    assert opened.left_out == ()
    assert {name: len(layer) for name, layer in opened.layers.items()} == {n: len(x) for n, x in layers.items()}
    assert "nearest_school_s" in opened.layers["demand"]


def test_without_a_word_on_licences_no_place_goes_out(licensed: Path) -> None:
    places = gpd.read_parquet(licensed / "layers" / "facilities.parquet")
    assert len(withheld_of(places.drop(columns="redistributable")).ids) == len(places)
    places["redistributable"] = places["redistributable"].astype(object)
    places.loc[0, "redistributable"] = None
    assert "school0" in withheld_of(places).ids


def test_gcj02_is_converted_and_says_so(site: Path) -> None:
    here = gpd.read_file(site / "data" / "facilities.geojson").set_index("facility_id").geometry
    there = gpd.read_file(site / "data" / "gcj02" / "facilities.gcj02.geojson").set_index("facility_id").geometry
    lon, lat = from_wgs84(here.x, here.y, Datum.GCJ02)
    assert there.x.to_numpy() == pytest.approx(lon, abs=1e-7, nan_ok=True)
    assert there.y.to_numpy() == pytest.approx(lat, abs=1e-7, nan_ok=True)
    assert np.nanmax(np.abs(there.x - here.x)) > 0.001
    moved = sorted((site / "data" / "gcj02").iterdir())
    for path in moved:
        if path.suffix == ".geojson":
            assert "GCJ-02" in json.loads(path.read_text("utf-8"))["crs_note"]
        elif path.suffix == ".csv":
            rows = rows_of(path)
            assert {row["crs_note"] for row in rows} == {"GCJ-02，非 WGS-84 not WGS-84"}
    assert {path.suffix for path in moved} == {".geojson", ".csv", ".gpkg"}
    package = next(path for path in moved if path.suffix == ".gpkg")
    assert pyogrio.read_info(package, layer="facilities")["crs"] != "EPSG:4326"
    assert pyogrio.read_info(site / "data" / "town.gpkg", layer="facilities")["crs"] == "EPSG:4326"


def test_the_catalogue_the_digests_and_the_dictionary_are_of_what_is_there(site: Path) -> None:
    data = site / "data"
    catalogue = json.loads((data / "files.json").read_text("utf-8"))
    assert catalogue["withheld"]["rows"] == 3
    for file in catalogue["files"]:
        assert hashlib.sha256((data / file["path"]).read_bytes()).hexdigest() == file["sha256"]
        assert file["licence"]
    sums = dict(reversed(line.split("  ")) for line in (data / "SHA256SUMS").read_text("utf-8").splitlines())
    there = {n for n in contents(data) if n not in {"SHA256SUMS", "index.html"}}
    assert set(sums) == there
    assert {f["path"] for f in catalogue["files"]} == there - {"README.txt", "files.json"}
    assert all(hashlib.sha256((data / n).read_bytes()).hexdigest() == digest for n, digest in sums.items())
    rows = rows_of(data / "dictionary.csv")
    told = {(row["of"], row["column"]) for row in rows}
    for path in data.glob("*.csv"):
        if path.stem != "dictionary":
            with path.open(encoding="utf-8-sig", newline="") as file:
                head = next(csv.reader(file))
            assert [c for c in head if (path.stem, c) not in told] == [], path.name
    assert [(r["of"], r["column"]) for r in rows if not r["what"] and not r["column"].endswith("_lat")] == []
    readme = (data / "README.txt").read_text("utf-8-sig")
    assert "places left out: 3" in readme
    assert "   2  一家地图" in readme


def test_columns_have_their_units() -> None:
    assert described("facilities", "snap_m")[0] == "m"
    assert described("tables/coverage", "share")[1] == "mean"
    assert described("facilities", "name") == ("", "as published", "名称")


class _Links(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]


def pages(site: Path) -> Iterator[Path]:
    yield from (p for p in sorted(site.rglob("*.html")) if p.parent.name != "map")


def test_every_page_is_sealed_and_every_link_leads_to_a_file(site: Path) -> None:
    found = list(pages(site))
    assert {p.relative_to(site).as_posix() for p in found} >= {"index.html", "embed.html", "data/index.html"}
    for path in found:
        text = path.read_text("utf-8")
        page = _Links(text)
        assert offline.outside_urls(text) == []
        assert "script" not in page.tags
        assert re.search(r"Content-Security-Policy\" content=\"default-src 'none'; script-src ;", text)
        for link in page.links:
            if not link.startswith("#"):
                assert (path.parent / link.partition("#")[0]).resolve().is_file(), (path.name, link)


def test_a_page_says_what_is_left_out(site: Path) -> None:
    text = (site / "data" / "index.html").read_text("utf-8")
    assert "3 处点位的许可不允许转发" in text
    assert "一家地图" in text
    route = next(p for p in pages(site) if p.parent.name == "routes" and p.name != "index.html")
    shown = route.read_text("utf-8")
    assert "约 7 分钟" in shown
    assert "517" not in shown
    assert "位置不公开" in shown


def test_headline_figures_say_direction_and_basis(site: Path) -> None:
    text = (site / "index.html").read_text("utf-8")
    assert "63%" in text
    assert text.count("家 → 点位") == 3
    assert "含候选与近似位置" in text
    assert "只计已确认" in text
    assert "未知" in text


def test_open_only_draws_no_withheld_place(licensed: Path, site: Path, tmp_path: Path) -> None:
    shown = write_site(licensed, tmp_path / "site", open_only=True, parts=MAP).parent
    page = (shown / "map" / "study.html").read_text("utf-8")
    names = Page(page).json("places")
    assert len(names["rows"]) == 12
    assert SECRET not in page
    assert SECRET in (site / "map" / "study.html").read_text("utf-8")
    assert "只画许可允许转发的 12 处" in (shown / "index.html").read_text("utf-8")


def test_a_folder_of_somebody_else_is_left_alone(licensed: Path, tmp_path: Path) -> None:
    other = tmp_path / "thesis"
    other.mkdir()
    (other / "chapter.txt").write_text("mine", "utf-8")
    with pytest.raises(InputError, match="not a site"):
        write_site(licensed, other, parts=())
    assert [p.name for p in other.iterdir()] == ["chapter.txt"]
    (other / MARK).write_text('{"files": {}}', "utf-8")
    with pytest.raises(InputError, match="not a site"):
        write_site(licensed, other, parts=())
    assert sorted(p.name for p in other.iterdir()) == ["chapter.txt", MARK]
    with pytest.raises(InputError, match="is a file"):
        write_site(licensed, other / MARK, parts=())
    assert [p.name for p in tmp_path.iterdir()] == ["thesis"]


def test_an_interrupted_run_leaves_the_old_site(licensed: Path, site: Path, tmp_path: Path) -> None:
    out = shutil.copytree(site, tmp_path / "site")
    before = contents(out)

    def stops(_bundle: Path, _out: Path) -> Path:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_site(licensed, out, parts=(*MAP, Part("x", "", "", "", "", stops)))
    assert contents(out) == before
    assert [p.name for p in tmp_path.iterdir()] == ["site"]


def test_a_part_of_files_alone_gets_a_page_that_lists_them(site: Path) -> None:
    assert "../sheets/a3.pdf" in _Links((site / "sheets" / "index.html").read_text("utf-8")).links
    assert "sheets/index.html" in _Links((site / "index.html").read_text("utf-8")).links


def test_bad_input_is_exit_code_2_and_help_shows_an_example(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["site", "--bundle", str(tmp_path / "no"), "--out", str(tmp_path / "site")]) == 2
    assert "no bundle here" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["site", "--help"])
    assert "python -m maps site --bundle build --out site --gcj02" in capsys.readouterr().out
