"""The sea of a fetched town: water like any other, off limits to circles and homes; broken coasts are said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely.geometry.base import BaseGeometry

from servicecircle.crs import to_metric
from servicecircle.errors import InputError
from servicecircle.fetching.area import area_of
from servicecircle.fetching.coast import sea_of
from servicecircle.fetching.study import Wishes, fetch_study
from servicecircle.ingest.osm_clip import clip_osm
from servicecircle.ingest.osm_places import read_mapping
from servicecircle.ingest.parameters import read_parameters
from servicecircle.ingest.study import read_study
from servicecircle.ingest.walkable import load_rules
from servicecircle.streets import build_streets
from servicecircle.tessellation import build_tessellation
from tests.conftest import Silent
from tests.osm_town import OsmTown

WISHES = Wishes(read_mapping(), "town", people=12000)
SHORE_M = -10.0  # south of the southernmost street


def fetch(town: OsmTown, folder: Path, buffer_m: float = 1500.0) -> tuple[gpd.GeoDataFrame, dict[str, Any]]:
    area = area_of(town.outline, "山城区", "by hand", identity="town", buffer_m=buffer_m)
    ledger = fetch_study(town.write(folder / "town.osm.pbf"), area, folder / "town", WISHES, Silent())
    water = read_study(folder / "town").area.water
    return water[water["kind"] == "sea"], ledger


def southern(town: OsmTown) -> OsmTown:
    """Draw a shore to the east, land on its left: the sea is in the south, with an island of land."""
    town.coast(970, [(-4000, SHORE_M), (200, SHORE_M)])
    town.coast(971, [(200, SHORE_M), (4000, SHORE_M)])
    town.elements["way", 971]["nodes"][0] = town.elements["way", 970]["nodes"][-1]
    town.coast(972, [(100, -800), (300, -800), (300, -600), (100, -600)], closed=True)
    return town


def seen(town: OsmTown, folder: Path, buffer_m: float) -> tuple[BaseGeometry, dict[str, str]]:
    """Read the sea alone, in metres from the town's corner; return it with what the ledger would say."""
    area = area_of(town.outline, "山城区", "by hand", identity="town", buffer_m=buffer_m)
    file = town.write(folder / "town.osm.pbf")
    cut = clip_osm(file, area.bounds, {"natural": ["coastline"]}, folder / "cut.osm.pbf")
    found = sea_of(cut.coast, area.reach)
    shape = shapely.transform(to_metric(found.shape, area.crs), lambda xy: xy - (town.x, town.y))
    return shape, {word["what"]: word["en"] + word["zh"] for word in found.unknown(area)}


@pytest.fixture(scope="module")
def coastal(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, gpd.GeoDataFrame, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("coastal")
    return folder / "town", *fetch(southern(OsmTown()), folder)


def test_land_is_left_and_water_right_of_the_coast(coastal: tuple[Path, gpd.GeoDataFrame, dict[str, Any]]) -> None:
    _, sea, ledger = coastal
    assert sea["id"].tolist() == ["sea1"]
    shape = to_metric(sea.geometry.iloc[0], "EPSG:32648")
    at = [(300, -100, True), (300, 0, False), (200, -700, False), (50, -700, True), (300, -1700, False)]
    for x, y, wet in at:
        assert shapely.contains(shape, to_metric(shapely.Point(*OsmTown().at(x, y)), "EPSG:32648")) == wet, (x, y)
    assert not [word for word in ledger["unknown"] if word["what"].startswith("sea")]
    assert ledger["counts"]["water"] == 2  # the river and the sea


def test_circles_end_at_the_shore(coastal: tuple[Path, gpd.GeoDataFrame, dict[str, Any]]) -> None:
    streets = build_streets(read_study(coastal[0]), read_parameters(), load_rules())
    edge = build_tessellation(streets.network, streets.water, streets.parameters.circles).xy
    shore_y = to_metric(np.array([OsmTown().at(0, SHORE_M)]), "EPSG:32648")[0, 1]
    near = edge[np.abs(edge[:, 0] - to_metric(np.array([OsmTown().at(250, 0)]), "EPSG:32648")[0, 0]) < 200]
    assert near[:, 1].min() == pytest.approx(shore_y, abs=0.1)  # no circle passes the mesh's edge
    dry = build_tessellation(streets.network, None, streets.parameters.circles).xy
    assert dry[:, 1].min() < shore_y - 10


def test_an_area_in_the_sea_is_refused(tmp_path: Path) -> None:
    town = OsmTown()
    town.coast(970, [(-4000, 560), (4000, 560)])  # to the east: all of the town is on the right
    with pytest.raises(InputError, match="the area lies in the sea"):
        fetch(town, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["town.osm.pbf"]


def test_a_broken_coast_is_said_and_left_out(tmp_path: Path) -> None:
    town = OsmTown()
    town.coast(970, [(-4000, -200), (200, -200)])
    town.coast(971, [(400, -200), (4000, -200)])
    sea, words = seen(town, tmp_path, 500.0)
    assert shapely.is_empty(sea)
    assert "2 open ends" in words["sea"]
    assert "2处断头" in words["sea"]


def test_a_coast_that_the_file_cuts_off_is_the_sea_as_far_as_it_goes(tmp_path: Path) -> None:
    town = southern(OsmTown())
    del town.elements["way", 306]  # its far end would make the file wider
    refs = town.elements["way", 970]["nodes"]
    del town.elements["node", refs[0]]
    west = town._node(-400, SHORE_M, {})  # noqa: SLF001
    refs.insert(1, west)
    east_refs = town.elements["way", 971]["nodes"]
    del town.elements["node", east_refs[-1]]
    east_refs.insert(1, town._node(880, SHORE_M, {}))  # noqa: SLF001
    town._node(-410, -1500, {})  # noqa: SLF001 - the corner of what the file holds
    sea, words = seen(town, tmp_path, 1500.0)
    west_x, _, east_x, _ = sea.bounds
    assert (west_x, east_x) == (pytest.approx(-400, abs=15), pytest.approx(880, abs=15))
    assert "sea" not in words
    assert "the file ends within reach" in words["sea edge"]
