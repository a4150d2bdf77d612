"""The bundled data set keeps its own word. None of this reads the gathered material it was made from."""

from __future__ import annotations

import csv
import hashlib
import importlib
import json
import re
import tomllib
import unicodedata
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
from shapely.geometry import Point, shape

from servicecircle.crs import GEOD, to_metric
from servicecircle.errors import InputError
from servicecircle.ingest.study import read_study
from servicecircle.model import APPROXIMATE, LOCATED

GEO = Path(__file__).resolve().parents[2] / "data" / "geo"
NOT_DATA = {"MANIFEST.sha256", "README.md", "make.py"}
FILES = {
    *("study.toml", "area.geojson", "subdistricts.geojson", "nodes.csv", "ways.csv", "terrain.tif"),
    *("buildings.geojson", "water.geojson", "railways.geojson", "stations.geojson", "facilities.csv"),
    *("categories.toml", "vertical_links.csv", "routes.csv", "route_stops.csv", "population.csv", "declared.toml"),
    *("entrances.csv", "excluded.csv", "amenities.csv", "targets.toml"),
}
# Rows of the gathered tables, header not counted.
GATHERED = {
    "schools.csv": 64,
    "communities.csv": 80,
    "bases.csv": 187,
    "transit.csv": 167,
    "routes.csv": 74,
    "population.csv": 41,
}
ADDED = ["渝中区青少年党史教育馆"]
MAX_BYTES = 10_000_000
MAX_M_TO_STREET = 150.0
TWIN_M = 30.0
METRIC = "EPSG:32648"


def table(name: str) -> list[dict[str, str]]:
    with (GEO / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def features(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((GEO / name).read_text("utf-8"))["features"]
    return found


def toml(name: str) -> dict[str, Any]:
    return tomllib.loads((GEO / name).read_text("utf-8"))


def of_kind(*kinds: str) -> list[dict[str, str]]:
    return [row for row in table("facilities.csv") if row["kind"] in kinds]


def placed(rows: list[dict[str, str]]) -> list[tuple[dict[str, str], float, float]]:
    return [(row, float(row["lon"]), float(row["lat"])) for row in rows if row["lon"]]


def normal(name: str) -> str:
    return re.sub(r"\W", "", unicodedata.normalize("NFKC", name)).casefold()


def test_the_manifest_matches_every_file() -> None:
    lines = (GEO / "MANIFEST.sha256").read_text("utf-8").splitlines()
    stated = {name: digest for digest, name in (line.split("  ") for line in lines)}
    present = {path.name for path in GEO.iterdir() if path.is_file()} - NOT_DATA
    assert set(stated) == present == FILES
    assert list(stated) == sorted(stated)
    for name, digest in stated.items():
        assert hashlib.sha256((GEO / name).read_bytes()).hexdigest() == digest, name


def test_every_gathered_row_is_here_or_excluded() -> None:
    excluded = Counter(row["source_file"] for row in table("excluded.csv"))
    added = [row["name"] for row in of_kind("base") if row["name"] in ADDED]
    assert added == ADDED
    taken = {
        "schools.csv": len(of_kind("school")),
        "communities.csv": len(of_kind("community")),
        "bases.csv": len(of_kind("base", "venue")) - len(added),
        "transit.csv": len(table("vertical_links.csv")) + len(features("stations.geojson")),
        "routes.csv": len(table("route_stops.csv")),
        "population.csv": len(table("population.csv")),
    }
    assert {name: count + excluded[name] for name, count in taken.items()} == GATHERED


def test_every_exclusion_has_a_reason() -> None:
    rows = table("excluded.csv")
    assert rows == sorted(rows, key=lambda row: (row["source_file"], row["name"], row["reason"]))
    assert all(row["name"] and row["reason"] for row in rows)
    names = {row["name"] for row in of_kind("base", "venue")}
    merged = [re.match(r"merged into (.+?): ", row["reason"]) for row in rows if row["source_file"] == "bases.csv"]
    assert {match[1] for match in merged if match} <= names


@pytest.mark.parametrize(
    ("name", "key"),
    [("facilities.csv", "facility_id"), ("vertical_links.csv", "link_id"), ("routes.csv", "route_id")],
)
def test_ids_are_unique_and_sorted(name: str, key: str) -> None:
    ids = [row[key] for row in table(name)]
    assert ids == sorted(set(ids))


def test_a_facility_id_says_its_kind() -> None:
    letters = {"school": "S", "community": "C", "base": "B", "venue": "V"}
    for row in table("facilities.csv"):
        assert re.fullmatch(letters[row["kind"]] + "[0-9a-f]{6}", row["facility_id"]), row["facility_id"]


def test_no_school_is_taken_from_memory() -> None:
    reasons = Counter(row["name"] for row in table("excluded.csv") if "from memory" in row["reason"])
    assert reasons == Counter(["渝中区区级机关幼儿园", "渝中区曾家岩幼儿园", "重庆市巴蜀幼儿园"])
    assert not [row["name"] for row in of_kind("school") if "knowledge" in row["source"] + row["position_source"]]


def test_every_category_is_known_and_used() -> None:
    categories = toml("categories.toml")["category"]
    assert len(categories) == 8
    assert [c["name_zh"] for c in categories if c["published"]] == ["爱国主义教育", "健康教育"]
    assert {row["category"] for row in of_kind("base", "venue")} == {c["id"] for c in categories}
    assert {row["category"] for row in of_kind("school", "community")} == {""}


def test_counts() -> None:
    communities = of_kind("community")
    assert sum(row["status"] == "loaded" for row in communities) == 79
    assert [row["name"] for row in communities if row["status"] == "candidate"] == ["化龙桥社区工作站"]
    assert not [row["name"] for row in of_kind("school") if re.search("大学|学院|高等专科", row["name"])]
    assert {row["name"] for row in of_kind("school") if row["batch"] == "2025-3"} == {
        *("重庆复旦中学外国语学校", "渝中职教中心", "重庆市启聪学校", "渝中区实验幼儿园"),
    }
    assert not [row for row in table("facilities.csv") if row["status"] == "verified"]
    assert not [row["name"] for row in of_kind("venue") if row["status"] == "loaded"]


def test_named_places_never_outnumber_the_declared() -> None:
    declared = {entry["of"]: entry["count"] for entry in toml("declared.toml")["declared"]}
    loaded = [row for row in table("facilities.csv") if row["status"] == "loaded"]
    counts = Counter(row["kind"] for row in loaded)
    counts += Counter(f"designation:{title}" for row in loaded for title in row["designations"].split(";") if title)
    assert declared["school"] == 63
    assert declared["base"] == 183
    assert set(counts) <= set(declared)
    assert {of: count for of, count in counts.items() if count > declared[of]} == {}
    assert counts["designation:practice_base"] == 1, "the report names one of the 15"


def test_no_place_is_in_twice() -> None:
    rows = placed(table("facilities.csv"))
    twins = [
        (one["facility_id"], two["facility_id"])
        for (one, lon, lat), (two, other_lon, other_lat) in combinations(rows, 2)
        if normal(one["name"]) == normal(two["name"]) and GEOD.inv(lon, lat, other_lon, other_lat)[2] < TWIN_M
    ]
    assert twins == []


def test_every_position_lies_by_a_street_of_the_extract() -> None:
    nodes = {row["node_id"]: (float(row["lon"]), float(row["lat"])) for row in table("nodes.csv")}
    lines = [shapely.LineString([nodes[n] for n in row["node_ids"].split()]) for row in table("ways.csv")]
    streets = shapely.STRtree([to_metric(line, METRIC) for line in lines])
    rows = placed(table("facilities.csv"))
    points = shapely.points(to_metric(np.array([[lon, lat] for _, lon, lat in rows]), METRIC))
    metres = streets.query_nearest(points, return_distance=True, all_matches=False)[1]
    assert metres.max() < MAX_M_TO_STREET
    assert np.median(metres) < 25, "half of the places stand beside a street"


def test_the_one_place_outside_the_district_is_known() -> None:
    district = shape(features("area.geojson")[0]["geometry"])
    outside = [row["name"] for row, lon, lat in placed(table("facilities.csv")) if not district.covers(Point(lon, lat))]
    assert outside == ["袁家岗社区"]


def test_the_monument_is_in_wgs84() -> None:
    (monument,) = [row for row in of_kind("base") if row["name"] == "重庆人民解放纪念碑"]
    assert GEOD.inv(float(monument["lon"]), float(monument["lat"]), 106.5733, 29.5600)[2] < 20


def test_confidence_and_position_agree() -> None:
    for row in table("facilities.csv"):
        assert bool(row["lon"]) == bool(row["lat"]) == (row["position_confidence"] in {*LOCATED, *APPROXIMATE})
        assert bool(row["lon"]) <= bool(row["datum"] and row["position_source"]), row["name"]


def test_positions_of_map_services_are_not_redistributable() -> None:
    rows = table("facilities.csv")
    services = [row for row in rows if re.search("天地图|Baidu|map service", row["position_source"])]
    assert len(services) > 100
    assert {row["redistributable"] for row in services} == {"false"}
    assert {row["redistributable"] for row in rows if row["licence"].startswith("unclear")} == {"false"}
    assert {row["licence"] for row in rows if "OpenStreetMap" in row["position_source"]} == {"ODbL-1.0"}


def test_stops_are_where_their_facilities_are() -> None:
    registry = {row["facility_id"]: row for row in table("facilities.csv")}
    routes = [row["route_id"] for row in table("routes.csv")]
    stops = table("route_stops.csv")
    assert list(dict.fromkeys(stop["route_id"] for stop in stops)) == routes
    for route in routes:
        order = [int(stop["seq"]) for stop in stops if stop["route_id"] == route]
        assert order == list(range(1, len(order) + 1)), route
    for stop in stops:
        if stop["facility_id"]:
            place = registry[stop["facility_id"]]
            assert [stop[c] for c in ("lon", "lat", "position_confidence")] == [
                place[c] for c in ("lon", "lat", "position_confidence")
            ]


def test_amenities_are_mapped_where_they_say() -> None:
    rows = table("amenities.csv")
    assert Counter(row["kind"] for row in rows) == {"toilet": 1, "shelter": 3}
    for row in rows:
        kind = {"n": "node", "w": "way"}[row["osm_id"][0]]
        assert row["source"].startswith(f"OpenStreetMap {kind}/{row['osm_id'][1:]}, 2026-04-2")


def test_vertical_links_hang_on_the_network() -> None:
    links = {row["link_id"]: row for row in table("vertical_links.csv")}
    assert Counter(row["kind"] for row in links.values()) == {"lift": 14, "escalator": 6, "cableway": 1}
    known = {row["node_id"] for row in table("nodes.csv")}
    ways = {row["way_id"]: row["node_ids"].split() for row in table("ways.csv")}
    touching = Counter(node for nodes in ways.values() for node in set(nodes))
    for row in links.values():
        if row["kind"] == "lift":
            assert (row["joins"] == "known") == (touching[row["osm_id"]] > 1), row["link_id"]
            assert row["joins"] == "unknown" or row["osm_id"] in known
        if row["kind"] == "escalator":
            ends = ways[row["osm_id"]]
            assert (row["joins"] == "known") == all(touching[end] > 1 for end in (ends[0], ends[-1]))
    assert {row["wait_s"] for row in links.values()} == {""}, "waiting is a parameter"
    crown = links["w421605016"]
    assert [crown[c] for c in ("rise_m", "length_m", "ride_s", "fee_cny")] == ["52.7", "112", "150", "2"]
    assert crown["opening_hours"] == "", "its sources disagree"
    assert [links["n6874999324"][c] for c in ("rise_m", "fee_cny", "state")] == ["50", "1", "in_service"]


def test_entrances_are_nodes_of_the_map() -> None:
    rows = table("entrances.csv")
    ids = [int(row["osm_id"]) for row in rows]
    assert ids == sorted(set(ids))
    assert Counter(row["kind"] for row in rows) == {"entrance": 28, "gate": 16}
    assert {row["layer"] for row in rows} == {""}, "none is tagged with a storey"
    streets = {row["node_id"]: (row["lon"], row["lat"]) for row in table("nodes.csv")}
    shared = [row for row in rows if row["osm_id"] in streets]
    assert len(shared) > 30
    assert all(streets[row["osm_id"]] == (row["lon"], row["lat"]) for row in shared)
    assert all(f"node/{row['osm_id']}, 2026-04-2" in row["source"] for row in rows)


def test_population_figures() -> None:
    rows = table("population.csv")
    census = {r["name"]: r["value"] for r in rows if (r["measure"], r["year"]) == ("resident_census", "2020")}
    assert len(census) == 12
    known = {name: value for name, value in census.items() if value}
    assert known == {"渝中区": "588717", "朝天门街道": "35662", "菜园坝街道": "32034"}
    assert ("2023", "576000") in {(r["year"], r["value"]) for r in rows if r["measure"] == "resident_year_end"}


def test_buildings_are_whole_and_only_once() -> None:
    buildings = features("buildings.geojson")
    ids = [b["properties"]["building_id"] for b in buildings]
    excluded = [row for row in table("excluded.csv") if "buildings" in row["source_file"]]
    assert len(set(ids)) == len(ids) == 2040
    assert len(excluded) == 3
    outlines = [shape(b["geometry"]) for b in buildings]
    assert all(outline.is_valid for outline in outlines)
    assert any(shapely.get_num_interior_rings(outline) for outline in outlines), "courtyards are kept"
    levels = [b["properties"]["levels"] for b in buildings]
    assert sum(level is not None for level in levels) == 714


def test_subdistricts_fill_the_district() -> None:
    district = to_metric(shape(features("area.geojson")[0]["geometry"]), METRIC)
    parts = features("subdistricts.geojson")
    codes = [part["properties"]["code"] for part in parts]
    union = shapely.union_all([to_metric(shape(part["geometry"]), METRIC) for part in parts])
    assert len(codes) == 11
    assert codes == sorted(codes)
    assert union.symmetric_difference(district).area / district.area < 0.05
    assert {row["subdistrict"] for row in of_kind("community")} == {part["properties"]["name"] for part in parts}


def test_the_terrain_has_no_holes() -> None:
    with rasterio.open(GEO / "terrain.tif") as terrain:
        heights = terrain.read(1)
        assert terrain.crs.to_epsg() == 32648
        assert (terrain.dtypes, terrain.nodata) == (("int16",), -32768)
    assert (heights.min(), heights.max()) == (136, 416)


def test_the_library_reads_it() -> None:
    study = read_study(GEO)
    assert len(study.facilities) == len(table("facilities.csv"))
    assert (len(study.ways.nodes), len(study.ways.ways)) == (19405, 3148)
    assert study.ways.data_date == study.area.data_date == "2026-04-26"
    assert len(study.declared) == 10


def test_the_datasheet_states_the_counts() -> None:
    text = (GEO / "README.md").read_text("utf-8")
    columns = ("located", "approximate", "unlocated")
    counts: dict[tuple[str, str], Counter[str]] = {}
    for row in table("facilities.csv"):
        confidence = row["position_confidence"]
        column = columns[0] if confidence in LOCATED else columns[1] if confidence in APPROXIMATE else columns[2]
        counts.setdefault((row["kind"], row["status"]), Counter())[column] += 1
    for (kind, status), count in counts.items():
        cells = [kind, status, *(str(count[column]) for column in columns), str(count.total())]
        assert f"| {' | '.join(cells)} |" in text


def test_text_files_are_plain() -> None:
    for path in [*GEO.iterdir(), *(GEO / "making").iterdir()]:
        if path.is_dir() or path.suffix == ".tif":
            continue
        data = path.read_bytes()
        assert not data.startswith(b"\xef\xbb\xbf"), path.name
        assert b"\r" not in data, path.name
        absolute = re.search(r"(?<![\w.:/-])/(home|root|tmp|usr|var|opt|mnt|work|srv|Users)/|\b[A-Z]:\\", data.decode())
        assert not absolute, path.name


def test_coordinates_have_seven_decimals() -> None:
    for name in ("facilities.csv", "entrances.csv", "vertical_links.csv", "route_stops.csv", "nodes.csv"):
        for row in table(name):
            for column in [c for c in row if c.endswith(("lon", "lat"))]:
                assert re.fullmatch(r"(\d+\.\d{7})?", row[column]), (name, row)


def test_it_is_small() -> None:
    assert sum(path.stat().st_size for path in GEO.iterdir() if path.is_file()) < MAX_BYTES


def test_a_forgotten_row_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(GEO))
    gathered = importlib.import_module("making.gathered")
    (tmp_path / "facilities").mkdir()
    (tmp_path / "facilities" / "bases.csv").write_text("name\nkept\ndropped\nforgotten\n", encoding="utf-8")
    account = gathered.Account()
    kept, dropped, _ = gathered.Gathered(tmp_path, account).table("bases.csv")
    account.take(kept)
    account.leave_out(dropped, "no place")
    with pytest.raises(InputError, match=r"row 4.*neither taken nor left out.*forgotten"):
        account.close()
    assert account.left_out == [("bases.csv", "dropped", "no place")]
