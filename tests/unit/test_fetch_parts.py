"""Subdistricts from the map: of the level that covers the area, cut to it, doubted aloud, and the study is by them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from servicecircle.crs import to_metric
from servicecircle.errors import InputError
from servicecircle.fetching.area import area_of
from servicecircle.fetching.study import Wishes, fetch_study, wanted_tags
from servicecircle.fetching.subdistricts import Parts, parts_of
from servicecircle.ingest.osm_answers import write_answers
from servicecircle.ingest.osm_clip import clip_osm
from servicecircle.ingest.osm_places import PartRule, read_mapping
from servicecircle.ingest.osm_service import Service, download
from servicecircle.ingest.osm_things import read_things
from servicecircle.ingest.parameters import read_parameters
from servicecircle.ingest.study import read_study
from servicecircle.ingest.walkable import load_rules
from servicecircle.model import Variant
from servicecircle.scene import study_demand
from servicecircle.streets import build_streets
from tests.conftest import Silent
from tests.osm_town import OsmTown, serving

MAPPING = read_mapping()
WEST, EAST, BESIDE = (-50, -50, 250, 550), (250, -50, 900, 700), (-700, -50, -40, 550)


def fetch(town: OsmTown, folder: Path, people: float | None = 12000) -> tuple[gpd.GeoDataFrame, dict[str, Any]]:
    area = area_of(town.outline, "山城区", "by hand", identity="town", buffer_m=1500.0)
    file = town.write(folder / "town.osm.pbf")
    ledger = fetch_study(file, area, folder / "town", Wishes(MAPPING, file.name, people=people), Silent())
    return gpd.read_file(folder / "town" / "subdistricts.geojson"), ledger


def judged(town: OsmTown, folder: Path) -> Parts:
    """Read and choose the parts alone, of the whole of which ``fetch`` is sure."""
    area = area_of(town.outline, "山城区", "by hand", identity="town", buffer_m=1500.0)
    wanted = {"admin_level": wanted_tags(MAPPING)["admin_level"]}
    seen = clip_osm(town.write(folder / "town.osm.pbf"), area.bounds, wanted, folder / "cut.osm.pbf")
    things = read_things(folder / "cut.osm.pbf", [*wanted])
    return parts_of(things, seen.boundaries, area, shapely.Polygon(), MAPPING.parts)


def said(parts: Parts) -> list[str]:
    return [word["en"] for word in parts.unknown]


def halved(*, level: int = 8) -> OsmTown:
    town = OsmTown()
    for number, (box, name) in enumerate([(WEST, "西街道"), (EAST, "东街道"), (BESIDE, "邻街道")], 910):
        town.part(number, box, name, level)
    return town


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("parts")


@pytest.fixture(scope="module")
def found(folder: Path) -> tuple[gpd.GeoDataFrame, dict[str, Any]]:
    return fetch(halved(), folder)


def test_outlines_of_the_map_are_cut_to_the_area(found: tuple[gpd.GeoDataFrame, dict[str, Any]]) -> None:
    table, ledger = found
    assert table["code"].tolist() == ["r910", "r911"]
    assert table["name"].tolist() == ["西街道", "东街道"]
    assert table["name_en"].tolist() == ["Part 910", "Part 911"]
    assert table["source"].tolist() == ["OpenStreetMap relation/910", "OpenStreetMap relation/911"]
    assert set(table["licence"]) == {"ODbL-1.0"}
    outline = to_metric(OsmTown().outline, "EPSG:32648")
    shapes = [to_metric(shape, "EPSG:32648") for shape in table.geometry]
    assert [shapely.area(shape) for shape in shapes] == pytest.approx([300 * 600] * 2, rel=1e-4)
    assert shapely.area(shapely.difference(shapely.union_all(shapes), outline)) < 20  # the rounding of a corner
    assert ledger["subdistricts"] == {"admin_level": 8, "number": 2, "share_of_land": 1.0}
    assert [word["what"] for word in ledger["unknown"]] == ["terrain", "places"]


@pytest.mark.usefixtures("found")
def test_homes_places_and_people_are_by_subdistrict(folder: Path) -> None:
    study = read_study(folder / "town")
    streets = build_streets(study, read_parameters(), load_rules(), Variant())
    homes = study_demand(streets).points
    east = homes.geometry.x > OsmTown().at(250, 0)[0]
    assert east.any()
    assert not east.all()
    assert homes["subdistrict"].tolist() == ["r911" if right else "r910" for right in east]
    assert homes["people"].sum() == pytest.approx(12000)
    places = study.facilities.set_index("facility_id")["subdistrict"]
    assert places[["w500", "n508", "n502", "n507"]].tolist() == ["西街道", "西街道", "东街道", "东街道"]


def test_a_road_along_a_boundary_beyond_the_reach_is_no_street_of_the_study(tmp_path: Path) -> None:
    town = halved()
    town.part(920, (-50, 550, 250, 9000), "远街道")  # it begins in reach; its other sides are far away
    town.elements["way", 9201]["tags"] = {"highway": "residential"}
    far = town._way([(0, 9000), (100, 9100)], {"highway": "residential"}, 9300, closed=False)  # noqa: SLF001
    town.elements["relation", 920]["members"].append({"type": "way", "ref": far, "role": "outer"})
    fetch(town, tmp_path)
    ways = read_study(tmp_path / "town").ways.ways.index
    assert 9201 in ways  # it comes within reach
    assert 9300 not in ways


def test_nobody_said_how_many_people_there_is_a_row_for_each(tmp_path: Path) -> None:
    fetch(halved(), tmp_path, people=None)
    assert (tmp_path / "town" / "people.csv").read_text("utf-8") == "subdistrict,people\nr910,0\nr911,0\n"


def test_the_file_and_the_service_give_the_same_study(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "*")
    town = halved()
    town.coast(970, [(-3000, -300), (3000, -300)])
    area = area_of(town.outline, "山城区", "by hand", identity="town", buffer_m=1500.0)
    wishes = Wishes(MAPPING, "town.osm.pbf", people=12000)
    with serving(town) as server:
        service = Service(tmp_path / "answers", f"{server.address}/api", interval_s=0.0)
        answers = download(area.reach, wanted_tags(MAPPING), service, Silent())
    write_answers(answers, tmp_path / "answers.osm.pbf")
    fetch_study(tmp_path / "answers.osm.pbf", area, tmp_path / "asked", wishes, Silent())
    fetch_study(town.write(tmp_path / "town.osm.pbf"), area, tmp_path / "read", wishes, Silent())
    files = sorted((tmp_path / "read").iterdir())
    assert [path.name for path in files] == sorted(path.name for path in (tmp_path / "asked").iterdir())
    for path in files:
        assert (tmp_path / "asked" / path.name).read_bytes() == path.read_bytes(), path.name
    assert (tmp_path / "read" / "subdistricts.geojson").read_bytes() == (
        folder / "town" / "subdistricts.geojson"
    ).read_bytes()
    assert '"kind":"sea"' in (tmp_path / "read" / "water.geojson").read_text("utf-8")


def broken(town: OsmTown) -> None:
    """Take a side of the eastern outline away."""
    del town.elements["way", 9110]


def overlapping(town: OsmTown) -> None:
    town.part(912, (200, -50, 300, 550), "中街道")


def alone(town: OsmTown) -> None:
    for number in (910, 911, 912):
        del town.elements["relation", number]
    town.part(930, (-2000, -2000, 2000, 2000), "山城镇")


def bare(town: OsmTown) -> None:
    for number in (910, 911, 912):
        del town.elements["relation", number]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (broken, ["covers 50% of the land", "relation/911 东街道"]),
        (overlapping, ["they overlap on 17% of the land"]),
        (alone, ["level 8: one outline alone", "level 9: none on the map"]),
        (bare, ["none on the map"]),
    ],
)
def test_outlines_that_do_not_serve_are_refused_aloud(
    change: Callable[[OsmTown], None], words: list[str], tmp_path: Path
) -> None:
    town = halved()
    change(town)
    parts = judged(town, tmp_path)
    assert parts.table["code"].tolist() == ["town"]
    assert parts.level is None
    (told,) = said(parts)
    for word in words:
        assert word in told


def test_a_small_overlap_and_a_small_gap_are_mended_aloud(tmp_path: Path) -> None:
    town = halved()
    town.part(911, (245, -50, 520, 700), "东街道")  # 5 m of the western one, and 30 m short of the area's edge
    parts = judged(town, tmp_path)
    west, east = (to_metric(shape, "EPSG:32648") for shape in parts.table.geometry)
    assert shapely.area(shapely.intersection(west, east)) < 1
    assert shapely.area(east) == pytest.approx(275 * 600, rel=1e-3)  # the smaller one has it
    assert said(parts) == [
        "5.0% of the land is in no subdistrict: homes there count to the nearest",
        "subdistricts overlap on 0.8% of the land: it was given to the smaller ones",
    ]


def test_the_level_of_the_country_is_found_or_said(tmp_path: Path) -> None:
    town = halved(level=10)
    town.part(940, (-50, -50, 600, 100), "半区", level=9)
    town.part(941, (-50, 100, 600, 200), "半区", level=9)
    parts = judged(town, tmp_path)
    assert parts.table["code"].tolist() == ["r910", "r911"]
    assert parts.level == 10


def test_names_that_occur_twice_are_told_apart(tmp_path: Path) -> None:
    town = OsmTown()
    for number, box in ((910, WEST), (911, EAST)):
        town.part(number, box, "街道")
    assert judged(town, tmp_path).table["name"].tolist() == ["街道 (r910)", "街道 (r911)"]


def test_the_mapping_says_the_levels(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "servicecircle" / "rules" / "osm_places.toml").read_text("utf-8")
    own = tmp_path / "own.toml"
    own.write_text(text.replace("levels = [8, 9, 10]\n", "levels = [9]\n"), "utf-8")
    assert read_mapping(own).parts == PartRule((9,), 0.9)
    assert wanted_tags(read_mapping(own))["admin_level"] == ["9"]
    own.write_text(
        text.replace("levels = [8, 9, 10]\nleast_share = 0.9\n", 'levels = ["8"]\nleast_share = 9\n'), "utf-8"
    )
    with pytest.raises(InputError, match=r"(?s)administrative levels.*not a share"):
        read_mapping(own)
    own.write_text(text.replace("[subdistricts]\nlevels = [8, 9, 10]\nleast_share = 0.9\n", ""), "utf-8")
    assert read_mapping(own).parts == PartRule() == MAPPING.parts


def test_the_ledger_is_what_was_returned(folder: Path, found: tuple[gpd.GeoDataFrame, dict[str, Any]]) -> None:
    assert json.loads((folder / "town" / "fetched.json").read_text("utf-8")) == found[1]
