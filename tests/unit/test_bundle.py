"""A bundle holds what its manifest says, the same bytes for the same study, and is written whole or not at all."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from servicecircle.errors import InputError
from servicecircle.ingest.parameters import read_parameters
from servicecircle.ingest.planning import read_planning
from servicecircle.ingest.study import read_study
from servicecircle.ingest.walkable import load_rules
from servicecircle.model import Variant
from servicecircle.parameters import Parameters
from servicecircle.pipeline import Results, run
from servicecircle.publish import bundle as publishing
from servicecircle.publish.bundle import write_bundle
from servicecircle.publish.geojson import tidy
from servicecircle.publish.manifest import Manifest
from servicecircle.publish.tables import rounded, write_csv
from tests.conftest import Silent
from tests.town import Place, Town

NAMES = {
    "S1": "=HYPERLINK(1)",
    "S2": "+1",
    "S3": "-1",
    "S4": "@SUM(1)",
    "S5": "<script>alert(1)</script>",
    "S6": "平安小学 'A'",
}
PROMISED = {
    "network": "edge_id osm_way_id kind name length_m rise_m forward_s backward_s bridge tunnel layer height_source",
    "facilities": "facility_id kind category name subdistrict status source position_source position_confidence "
    "licence redistributable snap_m",
    "isochrones": "facility_id cutoff_s profile direction area_m2 street_m",
    "demand": "demand_id subdistrict people_low people people_high nearest_school_s nearest_community_s "
    "nearest_base_s n_school_900 n_community_900 n_base_900 n_categories_900",
    "gaps": "gap_id tier subdistrict homes people_low people people_high mean_excess_s cause explanation_zh "
    "explanation_en lon lat",
    "coverage": "subdistrict tier basis cutoff_s share",
    "area": "id name_zh name_en",
    "subdistricts": "code name name_en",
    "routes": "route_id name theme seconds metres ascent_m",
    "route_stops": "route_id seq name located",
    "vertical_links": "link_id kind name rise_m fee_cny state used",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a town with two tiers, gaps, and names that a spreadsheet or browser would run."""
    schools = [Place(i, "school", 100.0 * k, 0.0, name) for k, (i, name) in enumerate(NAMES.items())]
    places = [
        *schools,
        Place("C1", "community", 0.0, 0.0, "西城社区"),
        Place("C2", "community", 0, 0, confidence="none"),
    ]
    return Town(blocks=16, people=9000, places=places).write(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="module")
def results(folder: Path) -> Results:
    study = read_study(folder)
    return run(study, read_parameters(), load_rules(), Variant(), Silent(), read_planning(folder, study))


@pytest.fixture(scope="module")
def written(results: Results, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("bundle") / "build"
    write_bundle(results, out)
    return out


@pytest.fixture(scope="module")
def manifest(written: Path) -> dict[str, object]:
    return json.loads((written / "manifest.json").read_text("utf-8"))


def content(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def layer(written: Path, name: str) -> gpd.GeoDataFrame:
    return gpd.read_parquet(written / f"layers/{name}.parquet")


def test_the_manifest_has_the_promised_keys(manifest: dict) -> None:
    promised = "bundle_version servicecircle_version area crs data_date parameters parameters_sha256 inputs layers"
    assert set(promised.split()) <= set(manifest)
    promised = "name file geometry rows bbox units licence attribution"
    for entry in manifest["layers"]:
        assert set(promised.split()) <= set(entry)
    assert manifest["crs"] == "EPSG:4326"
    assert Manifest.model_validate(manifest).area.name_en == "Grid Town"


def test_the_manifest_names_every_input_with_its_hash(manifest: dict, folder: Path) -> None:
    stated = {entry["name"]: entry["sha256"] for entry in manifest["inputs"]}
    assert stated == {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}


def test_the_hash_of_the_parameters_is_that_of_the_parameters_in_the_manifest(manifest: dict) -> None:
    parameters = Parameters.model_validate(manifest["parameters"])
    assert parameters == read_parameters()
    assert parameters.sha256() == manifest["parameters_sha256"]
    text = json.dumps(manifest["parameters"], sort_keys=True, ensure_ascii=False)
    assert hashlib.sha256(text.encode()).hexdigest() == manifest["parameters_sha256"]


def test_another_number_is_another_hash_and_the_same_numbers_the_same(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text("[pace]\nlift_wait_s = 75.0\n", "utf-8")
    assert read_parameters(own).sha256() == read_parameters().sha256()
    own.write_text("[pace]\nlift_wait_s = 76.0\n", "utf-8")
    assert read_parameters(own).sha256() != read_parameters().sha256()
    assert read_parameters(profile="elder").sha256() != read_parameters().sha256()


def test_every_listed_layer_exists_and_nothing_unlisted_does(manifest: dict, written: Path) -> None:
    listed = {entry[key] for entry in manifest["layers"] for key in ("file", "geojson")} - {None}
    found = {path for path in content(written) if path.startswith("layers/")}
    assert found == listed


def test_every_promised_layer_is_there_with_its_columns(manifest: dict, written: Path) -> None:
    names = {entry["name"] for entry in manifest["layers"]}
    for name, columns in PROMISED.items():
        assert name in names
        assert set(columns.split()) <= set(layer(written, name).columns)


def test_layers_are_what_the_manifest_says_of_them(manifest: dict, written: Path) -> None:
    for entry in manifest["layers"]:
        table = layer(written, entry["name"])
        assert table.crs == "EPSG:4326"
        assert len(table) == entry["rows"]
        kinds = set(table.geom_type.dropna().str.removeprefix("Multi"))
        assert kinds <= {entry["geometry"]} or entry["geometry"] == "Geometry"
        if entry["bbox"] is not None:
            assert np.round(table.total_bounds, 7).tolist() == entry["bbox"]
        assert set(entry["units"]) <= set(table.columns)
        assert {"metres", "seconds"} >= {u for c, u in entry["units"].items() if c.endswith(("_m", "_s"))}


def test_every_geometry_is_valid_and_rounded_to_seven_decimals(manifest: dict, written: Path) -> None:
    for entry in manifest["layers"]:
        shapes = layer(written, entry["name"]).geometry.dropna().to_numpy()
        assert shapely.is_valid(shapes).all(), entry["name"]
        xy = shapely.get_coordinates(shapes)
        assert np.array_equal(xy, np.round(xy, 7)), entry["name"]


def plain(value: object) -> object:
    """Return a cell as JSON has it."""
    value = value.item() if isinstance(value, np.generic) else value
    return None if value is None or value is pd.NA or value != value else value  # noqa: PLR0124


def test_geojson_and_geoparquet_hold_the_same_rows(manifest: dict, written: Path) -> None:
    compared = 0
    for entry in manifest["layers"]:
        if entry["geojson"] is None:
            continue
        features = json.loads((written / entry["geojson"]).read_text("utf-8"))["features"]
        table = layer(written, entry["name"])
        columns = [c for c in table.columns if c not in ("geometry", "bbox")]
        assert [f["properties"] for f in features] == [
            {c: plain(row[c]) for c in columns} for row in table[columns].to_dict("records")
        ]
        for feature, shape in zip(features, table.geometry, strict=True):
            assert feature["geometry"] == (None if shape is None else json.loads(shapely.to_geojson(shape)))
        compared += len(features)
    assert compared > 500


def test_geojson_is_strict_json(written: Path) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    for path in written.rglob("*.geojson"):
        json.loads(path.read_text("utf-8"), parse_constant=refuse)


def test_tables_open_in_a_spreadsheet_as_utf8(written: Path) -> None:
    tables = sorted((written / "tables").glob("*.csv"))
    assert len(tables) >= 10
    for path in tables:
        data = path.read_bytes()
        assert data.startswith(b"\xef\xbb\xbf"), path.name
        assert not data.startswith(b"\xef\xbb\xbf" * 2)
        rows = list(csv.reader(data.decode("utf-8-sig").splitlines()))
        assert {len(row) for row in rows} == {len(rows[0])}, path.name


def test_a_name_that_a_spreadsheet_would_run_gets_an_apostrophe(written: Path) -> None:
    schools = pd.read_csv(written / "tables/schools.csv", dtype=str).set_index("facility_id")["name"]
    expected = {i: f"'{name}" if name[0] in "=+-@" else name for i, name in NAMES.items()}
    assert schools.to_dict() == expected
    for path in (written / "tables").glob("*.csv"):
        cells = [cell for row in csv.reader(path.read_text("utf-8-sig").splitlines()) for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))], path.name


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_every_start_of_a_formula_is_disarmed_in_any_text_column(start: str, tmp_path: Path) -> None:
    write_csv(pd.DataFrame({"text": [f"{start}1+1", "a=b", None], "number": [-1.5, 2.0, np.nan]}), tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file)) == [["text", "number"], [f"'{start}1+1", "-1.5"], ["a=b", "2.0"], ["", ""]]


def test_names_stay_verbatim_in_layers(written: Path) -> None:
    names = layer(written, "facilities").set_index("facility_id")["name"]
    assert {i: names[i] for i in NAMES} == NAMES
    text = (written / "layers/facilities.geojson").read_text("utf-8")
    found = {f["properties"]["facility_id"]: f["properties"]["name"] for f in json.loads(text)["features"]}
    assert {i: found[i] for i in NAMES} == NAMES


def test_a_place_without_position_is_in_the_bundle_without_a_point(written: Path) -> None:
    places = layer(written, "facilities").set_index("facility_id")
    assert places.geometry["C2"] is None
    assert not places["located"]["C2"]
    assert np.isnan(places["snap_m"]["C2"])


def test_numbers_are_rounded_to_what_their_unit_deserves() -> None:
    table = pd.DataFrame(
        {
            "length_m": [1.23456],
            "walk_s": [9.87654],
            "area_m2": [5.55555],
            "length_km": [1.23456],
            "share": [0.123456],
            "people_low": [12.3456],
            "lon": [106.123456789],
            "rise_m": [-0.001],
        }
    )
    assert rounded(table).iloc[0].tolist() == [1.23, 9.88, 5.6, 1.235, 0.1235, 12.3, 106.1234568, 0]
    assert not np.signbit(rounded(table)["rise_m"].iloc[0])


def test_rounding_mends_a_polygon_that_it_breaks_and_empties_become_none() -> None:
    sliver = shapely.Polygon([(0, 0), (1, 1e-9), (2, 0), (1, -1e-9), (1, 2)])
    bow = shapely.Polygon([(0, 0), (1e-7, 1e-7), (2e-7, 0), (1.4e-7, 0.4e-7), (0.6e-7, 0.4e-7)])
    found = tidy(np.array([sliver, bow, shapely.Point(), None], dtype=object))
    assert all(shape is None or (shape.is_valid and not shape.is_empty) for shape in found)
    assert found[2] is None
    assert found[3] is None


def build(folder: Path, out: Path, seed: str) -> None:
    environment = os.environ | {"PYTHONHASHSEED": seed}
    command = [sys.executable, "-m", "servicecircle", "build", "--data", str(folder), "--out", str(out)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_two_builds_in_two_processes_are_the_same_to_the_byte(folder: Path, tmp_path: Path, written: Path) -> None:
    """The other process is this one: its sets and dictionaries are ordered by another seed."""
    build(folder, tmp_path / "other", "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2")
    one, two = content(written), content(tmp_path / "other")
    assert len(one) > 30
    assert [name for name in one if one[name] != two.get(name)] == []
    assert two.keys() == one.keys()


def test_a_second_build_replaces_the_first_and_what_lay_in_it(results: Results, tmp_path: Path) -> None:
    out = tmp_path / "build"
    write_bundle(results, out)
    before = content(out)
    (out / "maps").mkdir()
    (out / "maps/old.html").write_text("old", "utf-8")
    write_bundle(results, out)
    assert content(out) == before
    assert [p.name for p in tmp_path.iterdir()] == ["build"]


def break_writer(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Fail at the fifth table, when all layers are written."""
    written = 0

    def fail(table: pd.DataFrame, path: Path) -> None:
        nonlocal written
        written += 1
        if written > 4:
            raise error
        write_csv(table, path)

    monkeypatch.setattr(publishing, "write_csv", fail)


def break_rename(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Fail when the new bundle is to take the place of the old one, which has just made room."""
    replace: Callable[[Path, Path], Path] = Path.replace
    moved: list[Path] = []

    def fail(self: Path, target: Path) -> Path:
        moved.append(self)
        if len(moved) == 2:
            raise error
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fail)


@pytest.mark.parametrize("breaker", [break_writer, break_rename])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device"), MemoryError()])
def test_an_interrupted_write_leaves_the_old_bundle_whole_and_nothing_beside_it(
    results: Results,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    breaker: Callable[[pytest.MonkeyPatch, BaseException], None],
    error: BaseException,
) -> None:
    out = tmp_path / "build"
    write_bundle(results, out)
    (out / "manifest.json").write_text("the old one", "utf-8")
    before = content(out)
    breaker(monkeypatch, error)
    with pytest.raises((KeyboardInterrupt, InputError, MemoryError)):
        write_bundle(results, out)
    monkeypatch.undo()
    assert content(out) == before
    assert [p.name for p in tmp_path.iterdir()] == ["build"]


def test_a_full_disk_is_told_as_bad_input(results: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    break_writer(monkeypatch, OSError(28, "No space left on device"))
    with pytest.raises(InputError, match=r"cannot write the bundle: No space left.*Remedy"):
        write_bundle(results, tmp_path / "build")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_other_files_is_left_alone(results: Results, tmp_path: Path) -> None:
    (tmp_path / "thesis.doc").write_text("mine", "utf-8")
    with pytest.raises(InputError, match="holds other files"):
        write_bundle(results, tmp_path)
    assert content(tmp_path) == {"thesis.doc": b"mine"}


def test_a_file_in_the_place_of_the_folder_is_left_alone(results: Results, tmp_path: Path) -> None:
    out = tmp_path / "build"
    out.write_text("mine", "utf-8")
    with pytest.raises(InputError):
        write_bundle(results, out)
    assert content(tmp_path) == {"build": b"mine"}


def test_an_empty_folder_and_missing_parents_are_fine(results: Results, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for out in (tmp_path / "empty", tmp_path / "a" / "b" / "c"):
        write_bundle(results, out)
        assert (out / "manifest.json").is_file()
