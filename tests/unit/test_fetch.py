"""A study of a town nobody prepared: from a file and from the service the same, complete, or refused in words."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import osmium
import pytest
import rasterio
import shapely
from pyproj import Transformer

from servicecircle import cli_fetch
from servicecircle.crs import to_metric
from servicecircle.errors import InputError
from servicecircle.fetching.area import Area, area_of
from servicecircle.fetching.study import Wishes, fetch_study
from servicecircle.fetching.terrain import clip_terrain
from servicecircle.ingest.osm_clip import clip_osm, find_relation
from servicecircle.ingest.osm_places import read_mapping
from servicecircle.ingest.study import read_study
from servicecircle.ingest.walkable import apply_rules, load_rules
from tests.conftest import Silent
from tests.osm_town import OsmTown

TOWN = OsmTown()
MAPPING = read_mapping()
WISHES = Wishes(MAPPING, "town.osm.pbf", people=12000, people_source="by hand")


def town_area(buffer_m: float = 1500.0) -> Area:
    return area_of(TOWN.outline, "山城区", "by hand", identity="town", buffer_m=buffer_m)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return TOWN.write(tmp_path_factory.mktemp("file") / "town.osm.pbf")


@pytest.fixture(scope="module")
def fetched(file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("fetched") / "town"
    fetch_study(file, town_area(), out, WISHES, Silent())
    return out


def rows(path: Path) -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return {next(iter(row.values())): row for row in csv.DictReader(lines)}


def test_what_a_filter_for_walking_drops_is_there(fetched: Path) -> None:
    ways, nodes, links = (rows(fetched / f"{name}.csv") for name in ("ways", "nodes", "vertical_links"))
    assert nodes["15"]["highway"] == "elevator"
    assert (ways["301"]["area"], ways["302"]["foot"], ways["304"]["aerialway"]) == ("yes", "yes", "cable_car")
    found = {key: (row["kind"], row["joins"], row["state"]) for key, row in links.items()}
    assert found == {
        "n15": ("lift", "known", "unknown"),
        "w303": ("escalator", "known", "unknown"),
        "w304": ("cableway", "unknown", "unknown"),
    }
    walked, _ = apply_rules(read_study(fetched).ways, load_rules())
    assert {301, 302, 303} <= set(walked.ways.index)
    assert 304 not in walked.ways.index


def test_places_are_candidates_each_with_its_object(fetched: Path) -> None:
    places = rows(fetched / "facilities.csv")
    assert {row["status"] for row in places.values()} == {"candidate"}
    found = {
        key: (row["kind"], row["category"], row["level"], row["name"], row["position_confidence"], row["source"])
        for key, row in places.items()
    }
    assert found == {
        "n502": ("school", "", "kindergarten", "山城幼儿园", "address", "osm:node/502"),
        "n503": ("base", "culture", "", "=1+1", "address", "osm:node/503"),
        "n507": ("base", "heritage", "", "抗战纪念馆", "address", "osm:node/507"),
        "n508": ("community", "", "", "山城社区", "address", "osm:node/508"),
        "r700": ("venue", "sport_nature", "", "山城公园", "area", "osm:relation/700"),
        "w500": ("school", "", "primary", "山城小学", "building", "osm:way/500"),
    }
    assert (places["n502"]["opening_hours"], places["n503"]["opening_hours"]) == ("Mo-Fr 08:00-17:00", "")
    park = shapely.Point(float(places["r700"]["lon"]), float(places["r700"]["lat"]))
    hole = shapely.Polygon([TOWN.at(x, y) for x, y in ((50, 350), (90, 350), (90, 390), (50, 390))])
    assert not hole.contains(park)


def test_what_was_left_out_is_said_and_no_personal_number_with_it(fetched: Path) -> None:
    left = rows(fetched / "excluded.csv")
    assert {key: row["reason"] for key, row in left.items()} == {
        "osm:node/501": "the same place as osm:way/500",
        "osm:node/504": "looks like a personal telephone or identity number",
        "osm:node/505": "no name on the map",
        "osm:node/506": "a plaque or statue: seen in passing, nobody is received there",
        "osm:node/509": "beyond the streets of the study",
    }
    assert not [path.name for path in fetched.iterdir() if b"13812345678" in path.read_bytes()]


def test_the_ledger_says_what_nobody_knows(fetched: Path) -> None:
    ledger = json.loads((fetched / "fetched.json").read_text("utf-8"))
    assert ledger["terrain"] is None
    assert [gap["what"] for gap in ledger["unknown"]] == ["terrain", "subdistricts", "places"]
    assert ledger["counts"]["facilities"] == 6
    assert ledger["people"] == {"number": 12000, "source": "by hand"}
    assert ledger["subdistricts"] == {"admin_level": None, "number": 1, "share_of_land": 1.0}
    assert (fetched / "people.csv").read_text("utf-8") == "subdistrict,people\ntown,12000\n"


def test_layers_hold_what_the_map_says_and_no_more(fetched: Path) -> None:
    study = read_study(fetched)
    levels = study.area.buildings.set_index("building_id")["levels"]
    assert levels["w401"] == 4
    assert np.isnan(levels["w400"])  # "some" is no number
    assert study.area.buildings.set_index("building_id")["height_m"]["w400"] == 12
    water = to_metric(study.area.water.geometry.iloc[0], study.area.crs)
    assert 2000 < shapely.length(water) / 2 < 2200  # cut 1500 m beyond the north side, not at 3000 m
    assert study.area.railways["bridge"].tolist() == [True]
    assert study.entrances["osm_id"].tolist() == ["513"]
    assert study.people is not None
    assert study.people["people"].tolist() == [12000]


@pytest.mark.parametrize(("lon", "lat"), [(-43.2, -22.9), (5.9995, -0.001), (179.98, -16.9)])
def test_a_town_anywhere_is_the_same_town(lon: float, lat: float, tmp_path: Path) -> None:
    """South of the equator, across the border of two UTM zones, across the equator, beside the 180° meridian."""
    there = OsmTown(lon, lat)
    area = area_of(there.outline, "t", "by hand", identity="t", buffer_m=500.0)
    ledger = fetch_study(there.write(tmp_path / "t.osm.pbf"), area, tmp_path / "t", WISHES, Silent())
    assert ledger["counts"]["facilities"] == 6
    assert ledger["crs"] == area.crs
    homes = to_metric(gpd.read_file(tmp_path / "t" / "buildings.geojson").geometry.iloc[0], area.crs)
    assert shapely.area(homes) == pytest.approx(600, rel=0.003)


def test_the_outline_is_found_by_name_in_the_file(file: Path) -> None:
    for name in ("山城区", "Hill Town", "relation/900", "r/900"):
        number, tags, shape = find_relation(file, name)
        assert (number, tags["population"]) == (900, "12000")
        assert shapely.equals_exact(
            shapely.normalize(shape), shapely.normalize(shapely.MultiPolygon([TOWN.outline])), 1e-7
        )
    with pytest.raises(InputError, match="no administrative boundary of that name"):
        find_relation(file, "山城")


def test_an_outline_that_leaves_the_file_is_no_outline(tmp_path: Path) -> None:
    town = OsmTown()
    del town.elements["way", 899]
    with pytest.raises(InputError, match="not whole in the file"):
        find_relation(town.write(tmp_path / "t.osm.pbf"), "山城区")


def test_a_way_that_the_file_cuts_off_keeps_its_longest_piece(tmp_path: Path) -> None:
    town = OsmTown()
    del town.elements["node", town.corner(4, 0)]
    out = tmp_path / "town"
    ledger = fetch_study(town.write(tmp_path / "t.osm.pbf"), town_area(), out, WISHES, Silent())
    ways = rows(out / "ways.csv")
    assert ways["100"]["node_ids"] == "1 2 3 4"
    assert ways["204"]["node_ids"].split() == [str(town.corner(4, j)) for j in range(1, 6)]
    assert {gap["what"]: gap["en"] for gap in ledger["unknown"]}["edge"].startswith("2 lines")


@pytest.fixture
def broken(file: Path, tmp_path: Path) -> dict[str, Path]:
    whole = file.read_bytes()
    found = {name: tmp_path / f"{name}.osm.pbf" for name in ("truncated", "nonsense", "empty", "missing")}
    found["history"] = tmp_path / "history.osh.pbf"
    found["truncated"].write_bytes(whole[: len(whole) // 2])
    found["nonsense"].write_bytes(b"PK\x03\x04 no map at all" * 9)
    TOWN.write(found["history"], history=True)
    nothing = OsmTown()
    nothing.elements.clear()
    nothing.write(found["empty"])
    return found


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("truncated", "not a whole OpenStreetMap file"),
        ("nonsense", "not a whole OpenStreetMap file"),
        ("history", "a history or change file"),
        ("empty", "no node"),
        ("missing", "no such file"),
    ],
)
def test_a_bad_file_is_refused_and_nothing_is_left(
    name: str, told: str, broken: dict[str, Path], tmp_path: Path
) -> None:
    before = sorted(tmp_path.iterdir())
    with pytest.raises(InputError, match=told):
        fetch_study(broken[name], town_area(), tmp_path / "out", WISHES, Silent())
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("box", "told"), [((-100, 600, -60, 640), "no street in the area"), ((90000, 0, 91000, 900), "outside of the map")]
)
def test_an_area_without_streets_is_refused(box: tuple[float, ...], told: str, file: Path, tmp_path: Path) -> None:
    west, south, east, north = box
    sea = shapely.Polygon([TOWN.at(x, y) for x, y in ((west, south), (east, south), (east, north), (west, north))])
    area = area_of(sea, "sea", "by hand", identity="sea", buffer_m=10.0)
    with pytest.raises(InputError, match=told):
        fetch_study(file, area, tmp_path / "out", WISHES, Silent())
    assert list(tmp_path.iterdir()) == []


def test_a_file_without_a_date_needs_one(tmp_path: Path) -> None:
    file = TOWN.write(tmp_path / "t.osm.pbf", moment="")
    with pytest.raises(InputError, match="of which day"):
        fetch_study(file, town_area(), tmp_path / "out", WISHES, Silent())
    fetch_study(file, town_area(), tmp_path / "out", replace(WISHES, date="2026-01-01"), Silent())
    assert read_study(tmp_path / "out").area.data_date == "2026-01-01"


def test_a_study_that_is_there_is_never_written_over(file: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("work", "utf-8")
    with pytest.raises(InputError, match="there already"):
        fetch_study(file, town_area(), tmp_path / "out", WISHES, Silent())
    assert (tmp_path / "out" / "mine.txt").read_text("utf-8") == "work"


def from_corner(west: float, north: float, step: float) -> rasterio.Affine:
    return rasterio.Affine(step, 0.0, west, 0.0, -step, north)


def centres(transform: rasterio.Affine, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    row, column = np.indices(shape) + 0.5
    return transform.c + transform.a * column, transform.f + transform.e * row


def hill(path: Path, crs: str, transform: rasterio.Affine, shape: tuple[int, int], nodata: float | None = None) -> Path:
    """Write a plane that rises 1 m in 100 m to the east and 1 m in 50 m to the north, of the town's corner."""
    x, y = centres(transform, shape)
    east, north = Transformer.from_crs(crs, TOWN.crs, always_xy=True).transform(x, y)
    heights = (200 + (np.asarray(east) - TOWN.x) / 100 + (np.asarray(north) - TOWN.y) / 50).astype(np.float32)
    heights[shape[0] // 3 : shape[0] * 2 // 3, : shape[1] // 3] = -9999 if nodata is None else nodata
    profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "crs": crs, "transform": transform, "nodata": nodata}
    with rasterio.open(path, "w", width=shape[1], height=shape[0], **profile) as raster:
        raster.write(heights, 1)
    return path


@pytest.mark.parametrize("nodata", [None, -1.0])
def test_heights_come_onto_the_plane_with_their_holes(nodata: float | None, tmp_path: Path) -> None:
    west, south = TOWN.at(-2500, -2500)
    source = hill(
        tmp_path / "h.tif",
        "EPSG:4326",
        from_corner(west, south + 0.06, 0.0003),
        (200, 200),
        nodata,
    )
    area = town_area(1500.0)
    share = clip_terrain(source, area.reach, area.crs, tmp_path / "terrain.tif")
    assert 0.7 < share < 0.99
    with rasterio.open(tmp_path / "terrain.tif") as raster:
        heights = raster.read(1)
        assert str(raster.crs) == area.crs
        x, y = centres(raster.transform, heights.shape)
    known = np.isfinite(heights)
    plane = 200 + (x - TOWN.x) / 100 + (y - TOWN.y) / 50
    assert np.abs(heights - plane)[known].max() < 0.5  # beside a hole half a cell off; no -9999 in any height


def test_heights_on_the_plane_are_cut_and_not_touched(tmp_path: Path) -> None:
    transform = from_corner(TOWN.x - 5000, TOWN.y + 5000, 30)
    source = hill(tmp_path / "h.tif", TOWN.crs, transform, (340, 340), -1.0)
    area = town_area(500.0)
    assert clip_terrain(source, area.reach, area.crs, tmp_path / "terrain.tif") == 1.0
    with rasterio.open(source) as whole, rasterio.open(tmp_path / "terrain.tif") as part:
        assert part.width < 80
        column, row = (
            round(abs(a - b) / 30)
            for a, b in zip((part.bounds.left, part.bounds.top), (TOWN.x - 5000, TOWN.y + 5000), strict=True)
        )
        np.testing.assert_array_equal(
            whole.read(1)[row : row + part.height, column : column + part.width], part.read(1)
        )


def test_terrain_beside_the_area_is_refused_and_nothing_is_left(file: Path, tmp_path: Path) -> None:
    source = hill(tmp_path / "h.tif", "EPSG:4326", from_corner(10, 50, 0.001), (50, 50), -1.0)
    with pytest.raises(InputError, match="lies beside the area"):
        fetch_study(file, town_area(), tmp_path / "out", replace(WISHES, terrain=source), Silent())
    (tmp_path / "text.tif").write_text("no raster", "utf-8")
    with pytest.raises(InputError, match="not a readable raster"):
        fetch_study(file, town_area(), tmp_path / "out", replace(WISHES, terrain=tmp_path / "text.tif"), Silent())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["h.tif", "text.tif"]


def test_the_cut_is_complete_and_small(file: Path, tmp_path: Path) -> None:
    west, south, east, north = shapely.bounds(TOWN.outline).tolist()
    assert clip_osm(file, (west, south, east, north), {"leisure": True}, tmp_path / "cut.osm.pbf").trimmed == 0
    found = [(thing.type_str(), thing.id) for thing in osmium.FileProcessor(tmp_path / "cut.osm.pbf")]
    assert [entry for entry in found if entry[0] != "n"] == [("w", 600), ("w", 601), ("r", 700)]
    assert len(found) == 8 + 3


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[[category]]\nid="a"\nname_zh="a"\nname_en="a"\npublished=false\n', r"no \[\[place\]\]"),
        ('[[category]]\nid="a"\nname_zh="a"\nname_en="a"\npublished=false\n[[place]]\nkind="school"\n', "when"),
        (
            '[[category]]\nid="a"\nname_zh="a"\nname_en="a"\npublished=false\n[[place]]\nwhen=[{amenity="school"}]\nkind="base"\ncategory="b"\nlevel="x"\n',
            "unknown category.*\n.*unknown level|no condition",
        ),
    ],
)
def test_bad_rules_are_refused(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_text(text, "utf-8")
    with pytest.raises(InputError, match=told):
        read_mapping(tmp_path / "rules.toml")


def test_the_command_goes_all_the_way(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[Area] = []

    def note(source: Path, area: Area, out: Path, wishes: Wishes, progress: object) -> dict[str, object]:
        del source, out, wishes, progress
        asked.append(area)
        counts = {"facilities": 1, "excluded": 0, "ways": 1, "buildings": 1}
        about = {"map": "m", "data_date": "d", "subdistricts": {"admin_level": 8, "number": 2}, "unknown": []}
        return {"name": area.name, "crs": area.crs, "counts": counts, **about}

    monkeypatch.setattr("servicecircle.fetching.study.fetch_study", note)
    boundary = tmp_path / "outline.gpkg"
    gpd.GeoDataFrame(geometry=[TOWN.outline], crs="EPSG:4326").to_crs(TOWN.crs).to_file(boundary)
    cli_fetch.fetch(tmp_path / "a", "山城区", pbf=file)
    cli_fetch.fetch(tmp_path / "b", None, pbf=file, boundary=boundary, name="方城")
    cli_fetch.fetch(tmp_path / "c", None, pbf=file, bbox="106.549,29.549,106.556,29.556")
    cli_fetch.fetch(tmp_path / "d", None, pbf=file)
    assert [area.id for area in asked] == ["r900", "area", "area", "area"]
    assert [area.name for area in asked] == ["山城区", "方城", "106.549,29.549,106.556,29.556", "town"]
    assert asked[0].people == 12000
    assert shapely.hausdorff_distance(asked[1].shape, TOWN.outline) < 1e-6
    assert "servicecircle build --data" in capsys.readouterr().out
    with pytest.raises(InputError, match="two areas"):
        cli_fetch.fetch(tmp_path / "e", "山城区", bbox="1,1,2,2")
    with pytest.raises(InputError, match="no area"):
        cli_fetch.fetch(tmp_path / "e")
