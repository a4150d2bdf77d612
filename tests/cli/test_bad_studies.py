"""A study that is wrong is refused: file, row, column, value, remedy; exit code 2; nothing written."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Ask
from tests.town import lonlat

LON, LAT = (f"{degrees:.7f}" for degrees in lonlat(500.0, 500.0))
POSITION = f"{LON},{LAT}"
ROW = "S1,school,,中心小学"
LINKS = (
    "link_id,kind,name,osm_type,osm_id,from_lon,from_lat,to_lon,to_lat,rise_m,length_m,ride_s,wait_s,fee_cny,"
    "opening_hours,direction,wheelchair,state,joins,source,confidence,note\n"
)
LINK = "L1,lift,,way,1,,,,,,,,,,,both,,unknown,known,x,low,\n"
DECLARED = '[[declared]]\nof = "school"\ncount = 1\nat_least = false\nwording = ""\npaper = ""\ndate = "2024-01-01"\n'
ROUTES = "route_id,name,theme,provenance,source,date,note\nR1,红色路线,red,published,by hand,2024,\n"
STOPS = "route_id,seq,name,facility_id,lon,lat,position_confidence,note\n"

Damage = Callable[[Path], object]


def put(file: str, text: str | bytes) -> Damage:
    """Write a file of its own."""
    data = text if isinstance(text, bytes) else text.encode()
    return lambda town: (town / file).write_bytes(data)


def swap(file: str, old: str, new: str) -> Damage:
    """Change one place of a file."""

    def damage(town: Path) -> None:
        text = (town / file).read_text("utf-8")
        assert old in text
        (town / file).write_text(text.replace(old, new, 1), "utf-8")

    return damage


def again(file: str, row: int) -> Damage:
    """Write a row twice."""

    def damage(town: Path) -> None:
        lines = (town / file).read_text("utf-8").splitlines()
        (town / file).write_text("\n".join([*lines, lines[row - 1], ""]), "utf-8")

    return damage


def all_of(*damages: Damage) -> Damage:
    return lambda town: [damage(town) for damage in damages]


def shape(*coordinates: object, kind: str = "Polygon", properties: object = None) -> str:
    """Return a GeoJSON layer of one feature."""
    feature = {
        "type": "Feature",
        "properties": properties or {},
        "geometry": {"type": kind, "coordinates": coordinates},
    }
    return json.dumps({"type": "FeatureCollection", "features": [feature]})


def remote(town: Path) -> None:
    """Widen the network by a street far away, and put the school between it and the town."""
    with (town / "nodes.csv").open("a", encoding="utf-8") as nodes:
        for k, x in ((900, 3000), (901, 3100)):
            lon, lat = lonlat(x, 500)
            nodes.write(f"{k},{lon:.7f},{lat:.7f},\n")
    with (town / "ways.csv").open("a", encoding="utf-8") as ways:
        ways.write("900,residential,远路,900 901\n")
    lon, lat = lonlat(2000, 500)
    swap("facilities.csv", POSITION, f"{lon:.7f},{lat:.7f}")(town)


def in_gb18030(file: str) -> Damage:
    return lambda town: (town / file).write_bytes((town / file).read_text("utf-8").encode("gb18030"))


def gone(file: str) -> Damage:
    return lambda town: (town / file).unlink()


def place(lon: str, lat: str = LAT) -> Damage:
    return swap("facilities.csv", POSITION, f"{lon},{lat}")


RING = [[106.54, 29.54], [106.57, 29.54], [106.57, 29.57], [106.54, 29.54]]
FAR = f"{float(LON) + 1:.7f}"

TABLES = {
    # facilities.csv
    "lon NaN": (place("NaN"), "facilities.csv row 2 lon 'NaN'"),
    "lon inf": (place("inf"), "facilities.csv row 2 lon 'inf'"),
    "lon -inf": (place("-Infinity"), "facilities.csv row 2 lon '-Infinity'"),
    "lon 1e999": (place("1e999"), "facilities.csv row 2 lon '1e999'"),
    "lon text": (place("东经106度"), "facilities.csv row 2 lon '东经106度'"),
    "lon hexadecimal": (place("0x6A"), "facilities.csv row 2 lon '0x6A'"),
    "half a position": (place("", LAT), "facilities.csv row 2 lat"),
    "swapped": (place(LAT, LON), f"facilities.csv row 2 {LAT} {LON} swapped"),
    "outside the area": (place(FAR), f"facilities.csv row 2 {FAR} outside"),
    "in the extract, no street near": (remote, "facilities.csv row 2 '中心小学' 300 lon"),
    "unknown kind": (swap("facilities.csv", ROW, "S1,academy,,中心小学"), "facilities.csv row 2 kind 'academy' school"),
    "unknown category": (
        swap("facilities.csv", ROW, "S1,base,swimming,中心小学"),
        "facilities.csv row 2 category 'swimming' patriotic",
    ),
    "unknown status": (swap("facilities.csv", ",loaded,", ",planned,"), "facilities.csv row 2 status 'planned'"),
    "duplicate place": (again("facilities.csv", 2), "facilities.csv row 3 facility_id 'S1'"),
    "a hidden character": (swap("facilities.csv", "中心小学", "中心\u202e小学"), "facilities.csv row 2 name U+202E"),
    "a column missing": (swap("facilities.csv", ",kind,", ",sort,"), "facilities.csv row 1 kind"),
    "a row too short": (swap("facilities.csv", ",wgs84,CC0,", ",wgs84,"), "facilities.csv row 2"),
    "an open quote": (swap("facilities.csv", "中心小学", '"中心小学'), "facilities.csv row 2"),
    "gb18030": (in_gb18030("facilities.csv"), "facilities.csv row 2 UTF-8"),
    # nodes.csv and ways.csv
    "way without its node": (swap("ways.csv", "1 2 3", "1 999 3"), "ways.csv row 2 node_ids 999"),
    "duplicate node": (again("nodes.csv", 2), "nodes.csv row 123 node_id 1"),
    "duplicate way": (again("ways.csv", 2), "ways.csv row 24 way_id 1"),
    "node id is text": (swap("nodes.csv", "\n2,", "\nzwei,"), "nodes.csv row 3 node_id 'zwei'"),
    "node nowhere": (swap("nodes.csv", "\n2,106", "\n2,406"), "nodes.csv row 3 lon 406"),
    "nodes in gb18030": (put("nodes.csv", "节点".encode("gb18030")), "nodes.csv row 1 UTF-8"),
    "way of one node": (swap("ways.csv", "1 2 3 4 5 6 7 8 9 10 11", "1"), "ways.csv row 2 node_ids"),
    # population.csv
    "no figure of the district": (swap("population.csv", "district,town", "subdistrict,1"), "population.csv district"),
    "a figure in words": (swap("population.csv", ",1000,", ",many,"), "population.csv row 2 value 'many'"),
    "a figure below 0": (swap("population.csv", ",1000,", ",-1000,"), "population.csv row 2 value '-1000'"),
    # the optional tables
    "links without their columns": (put("vertical_links.csv", "link_id,kind\n"), "vertical_links.csv row 1 state"),
    "links in gb18030": (put("vertical_links.csv", (LINKS + "电梯").encode("gb18030")), "vertical_links.csv UTF-8"),
    "a link twice": (
        put("vertical_links.csv", LINKS + LINK + LINK.replace("L1", "L2")),
        "vertical_links.csv row 3 osm_id",
    ),
    "a fee in words": (
        put("vertical_links.csv", LINKS + LINK.replace(",,,both", ",free,,both")),
        "vertical_links.csv row 2 fee_cny 'free'",
    ),
    "a stop of no route": (
        all_of(put("routes.csv", ROUTES), put("route_stops.csv", f"{STOPS}R9,1,a,,{POSITION},building,\n")),
        "route_stops.csv row 2 route_id 'R9'",
    ),
    "a stop without a number": (
        all_of(put("routes.csv", ROUTES), put("route_stops.csv", f"{STOPS}R1,first,a,,{POSITION},building,\n")),
        "route_stops.csv row 2 seq 'first'",
    ),
    "a stop with swapped coordinates": (
        all_of(
            put("routes.csv", ROUTES),
            put("route_stops.csv", f"{STOPS}R1,1,a,,{LAT},{LON},building,\nR1,2,b,,{POSITION},building,\n"),
        ),
        f"route_stops.csv row 2 {LAT}",
    ),
    "declared twice": (put("declared.toml", DECLARED * 2), "declared.toml row 8 'school'"),
    "a declared count below 0": (put("declared.toml", DECLARED.replace("= 1", "= -1")), "declared.toml row 1 count -1"),
    "a category twice": (
        lambda town: put("categories.toml", (town / "categories.toml").read_text("utf-8") * 2)(town),
        "categories.toml row 6 id 'patriotic'",
    ),
}
NO_FEATURE = '{"type": "FeatureCollection", "features": []}'
NO_GEOMETRY = '{"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": null}]}'
GDAL = '<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>elsewhere.csv</SrcDataSource></OGRVRTLayer>'
AREA, PARTS, HOUSES = "area.geojson", "subdistricts.geojson", "buildings.geojson"

LAYERS = {
    "not closed": (put(AREA, shape(RING[:3])), f"{AREA} feature 1"),
    "cut off": (put(AREA, shape(RING)[:90]), f"{AREA} row 1 JSON"),
    "encloses nothing": (put(AREA, shape(*RING[:2], kind="LineString")), AREA),
    "without a feature": (put(AREA, NO_FEATURE), AREA),
    "without a geometry": (put(AREA, NO_GEOMETRY), f"{AREA} feature 1"),
    "in metres": (put(AREA, shape([[x * 10_000 for x in p] for p in RING])), f"{AREA} feature 1 degrees"),
    "not a number": (put(AREA, shape(RING).replace("29.57", "NaN")), f"{AREA} feature 1"),
    "a GDAL description": (put(AREA, GDAL), f"{AREA} row 1 JSON"),
    "an address instead of content": (put(AREA, '"https://example.org/area.geojson"'), AREA),
    "properties that are no table": (put(AREA, shape(RING, properties=[1])), f"{AREA} feature 1"),
    "nested without end": (put(AREA, "[" * 100_000), AREA),
    "no subdistrict": (put(PARTS, NO_FEATURE), PARTS),
    "a subdistrict twice": (swap(PARTS, '"code": "2"', '"code": "1"'), f"{PARTS} code '1'"),
    "a subdistrict without code": (swap(PARTS, '"code": "2"', '"kode": "2"'), f"{PARTS} code"),
    "a subdistrict code that is a number": (swap(PARTS, '"code": "2"', '"code": 2'), f"{PARTS} code"),
    "a building twice": (swap(HOUSES, '"w2"', '"w1"'), f"{HOUSES} building_id 'w1'"),
    "a building without id": (swap(HOUSES, '"building_id": "w2"', '"x": 1'), f"{HOUSES} building_id"),
    "crosses itself": (put(AREA, shape([RING[0], RING[2], RING[1], [106.54, 29.56], RING[0]])), f"{AREA} feature 1"),
    "levels below 0": (swap(HOUSES, '"levels": 5', '"levels": -5'), f"{HOUSES} levels -5"),
    "levels in words": (swap(HOUSES, '"levels": 5', '"levels": "five"'), f"{HOUSES} levels 'five'"),
}
HEADS = {
    "terrain is no raster": (put("terrain.tif", "not a raster"), "terrain.tif GeoTIFF"),
    "terrain is a GDAL description": (put("terrain.tif", "<VRTDataset/>"), "terrain.tif GeoTIFF"),
    "not TOML": (put("study.toml", "id = town"), "study.toml"),
    "without a CRS": (swap("study.toml", "crs", "srs"), "study.toml crs"),
    "web Mercator is no metric CRS": (swap("study.toml", "EPSG:32648", "EPSG:3857"), "study.toml crs 'EPSG:3857' 1.15"),
    "a CRS that does not exist": (swap("study.toml", "EPSG:32648", "EPSG:999999"), "study.toml crs 'EPSG:999999'"),
    "a date that is none": (swap("study.toml", "2026-01-01", "yesterday"), "study.toml data_date 'yesterday'"),
    "nobody could live there": (
        all_of(
            gone("buildings.geojson"),
            *[swap("ways.csv", "residential", "tertiary")] * 11,
        ),
        "subdistrict '1' '2'",
    ),
}  # fmt: skip
FILES = (
    "study.toml", "area.geojson", "subdistricts.geojson", "nodes.csv", "ways.csv", "facilities.csv", "categories.toml",
    "population.csv",
)  # fmt: skip
CASES = TABLES | LAYERS | HEADS
CASES |= {f"{file} missing": (gone(file), f"{file} such file") for file in FILES}
CASES |= {f"{file} empty": (put(file, ""), file) for file in (*FILES, "buildings.geojson")}


@pytest.mark.parametrize(("damage", "words"), CASES.values(), ids=CASES)
def test_a_damaged_study_is_refused_and_nothing_is_written(town: Path, ask: Ask, damage: Damage, words: str) -> None:
    damage(town)
    out = town.parent / "results" / "build"
    out.parent.mkdir()
    ask("build", "--data", town, "--out", out).refuses(*words.split())
    assert list(out.parent.iterdir()) == []


def test_an_old_bundle_survives_a_damaged_study_byte_for_byte(town: Path, ask: Ask) -> None:
    out = town.parent / "results" / "build"
    assert ask("build", "--data", town, "--out", out).code == 0
    before = {p: p.read_bytes() for p in out.rglob("*") if p.is_file()}
    remote(town)
    ask("build", "--data", town, "--out", out).refuses("facilities.csv")
    assert {p: p.read_bytes() for p in out.rglob("*") if p.is_file()} == before
    assert list(out.parent.iterdir()) == [out]


def test_all_faults_of_a_file_are_told_at_once_each_on_its_line(town: Path, ask: Ask) -> None:
    lines = (town / "facilities.csv").read_text("utf-8").splitlines()
    broken = [lines[1].replace("S1", f"S{k}").replace(",school,", ",academy,") for k in range(1, 6)]
    (town / "facilities.csv").write_text("\n".join([lines[0], *broken, ""]), "utf-8")
    answer = ask("ledger", "--data", town)
    answer.refuses()
    assert re.findall(r"row (\d), column kind", answer.err) == ["2", "3", "4", "5", "6"]


def test_a_thousand_faults_do_not_flood_the_terminal(town: Path, ask: Ask) -> None:
    lines = (town / "facilities.csv").read_text("utf-8").splitlines()
    broken = [lines[1].replace("S1", f"S{k}").replace(",school,", ",academy,") for k in range(1000)]
    (town / "facilities.csv").write_text("\n".join([lines[0], *broken, ""]), "utf-8")
    answer = ask("ledger", "--data", town)
    answer.refuses("and 980 more faults")
    assert len(answer.err.splitlines()) < 25


@pytest.mark.parametrize("command", [("build",), ("ledger",), ("circle", "--at", "106.55,29.555")])
def test_a_study_folder_that_is_missing_or_a_file_is_refused(
    ask: Ask, town: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.chdir(town)
    ask(*command, "--data", "nowhere").refuses("no such study folder", "'nowhere'")
    ask(*command, "--data", "area.geojson").refuses("no such study folder", "'area.geojson'")


def test_a_study_without_the_optional_files_is_no_fault(town: Path, ask: Ask) -> None:
    (town / "buildings.geojson").unlink()
    assert ask("build", "--data", town, "--out", town.parent / "build").code == 0


def test_a_bom_and_windows_line_ends_are_no_fault(town: Path, ask: Ask) -> None:
    before = ask("ledger", "--data", town, "--json")
    for path in town.iterdir():
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert ask("ledger", "--data", town, "--json") == before
