"""Two bundles compared: nothing with itself, gains and losses that mirror each other, and files that say so."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from servicecircle.comparing import Comparison, compare_bundles
from servicecircle.errors import InputError
from servicecircle.ingest.parameters import read_parameters
from servicecircle.ingest.study import read_study
from servicecircle.ingest.variant import parse_variant
from servicecircle.ingest.walkable import load_rules
from servicecircle.pipeline import run
from servicecircle.publish.bundle import write_bundle
from servicecircle.publish.comparison import LAYERS, TABLES, write_comparison
from tests.conftest import Silent
from tests.town import Place, Town, lonlat

LIFT = {"change": "add", "id": "L1", "kind": "lift", "from": list(lonlat(30, 0)), "to": list(lonlat(1000, 1030))}
SEAT = {"change": "add", "id": "N1", "kind": "community", "name": "=1+1", "lon": LIFT["to"][0], "lat": LIFT["to"][1]}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Build a town as it is, and with a lift across it and a new place."""
    base = tmp_path_factory.mktemp("compare")
    study = read_study(Town(blocks=12, places=[Place("S1", "school", 0, 0, "小学")]).write(base / "town"))
    found = []
    for name, values in (("before", {}), ("after", {"link": [LIFT | {"ride_s": 20, "wait_s": 10}], "place": [SEAT]})):
        results = run(study, read_parameters(), load_rules(), parse_variant(values, "v"), Silent())
        write_bundle(results, base / name)
        found.append(base / name)
    return found[0], found[1]


@pytest.fixture(scope="module")
def there(folders: tuple[Path, Path]) -> Comparison:
    return compare_bundles(*folders)


def test_a_bundle_compared_with_itself_says_nothing(folders: tuple[Path, Path], tmp_path: Path) -> None:
    found = compare_bundles(folders[1], folders[1])
    assert found.empty
    assert not found.notes
    assert found.gained.empty
    assert found.lost.empty
    assert found.circles_changed.empty
    assert found.clusters.empty
    files = write_comparison(found, tmp_path / "out")
    told = json.loads(files[0].read_text("utf-8"))
    assert told["empty"] is True
    assert all(told[name] == [] for name in TABLES)


def test_who_gains_is_whose_seconds_fell_below_the_cutoff(folders: tuple[Path, Path], there: Comparison) -> None:
    a, b = (gpd.read_parquet(f / "layers" / "demand.parquet").set_index("demand_id") for f in folders)
    gains = b.index[(b["nearest_school_s"] <= 900) & ~(a["nearest_school_s"] <= 900)]
    assert len(gains)
    school = there.gained[there.gained["tier"] == "school"]
    assert set(school["demand_id"]) == set(gains)
    row = there.people.set_index(["tier", "basis", "cutoff_s", "subdistrict"]).loc[("school", "all", 900.0, "district")]
    assert row["people_gained"] == pytest.approx(a.loc[gains, "people"].sum())
    assert row["people_gained_low"] <= row["people_gained"] <= row["people_gained_high"]
    assert there.lost.empty
    assert (there.people["homes_lost"] == 0).all()
    clusters = there.clusters[there.clusters["tier"] == "school"]
    assert clusters["people"].sum() == pytest.approx(row["people_gained"])
    assert (np.diff(clusters["people"]) <= 0).all()


def test_the_way_back_mirrors_the_way_there(folders: tuple[Path, Path], there: Comparison) -> None:
    back = compare_bundles(folders[1], folders[0])
    pd.testing.assert_series_equal(there.people["people_gained"], back.people["people_lost"], check_names=False)
    assert set(back.lost["demand_id"]) == set(there.gained["demand_id"])
    assert set(there.gaps["change"]) <= {"gone", "changed"}
    assert set(back.gaps["change"]) <= {"new", "changed"}
    assert set(back.circles["change"]) == {"changed", "gone"}
    gained = there.circles_changed.query("change == 'gained'")["area_m2"].sum()
    assert back.circles_changed.query("change == 'lost'")["area_m2"].sum() == pytest.approx(gained)


def test_coverage_before_and_after_is_that_of_both_tables(folders: tuple[Path, Path], there: Comparison) -> None:
    keys = ["subdistrict", "tier", "basis", "measure", "cutoff_s"]
    one, two = (pd.read_csv(f / "tables" / "coverage.csv", encoding="utf-8-sig").set_index(keys) for f in folders)
    assert len(there.coverage)
    for row in there.coverage.to_dict("records"):
        key = tuple(row[k] for k in keys)
        assert row["covered_before"] == one.loc[key, "covered"]
        assert row["covered_after"] == two.loc[key, "covered"]


def test_circles_that_changed_and_no_others(folders: tuple[Path, Path], there: Comparison) -> None:
    assert set(there.circles["facility_id"]) == {"S1", "N1"}
    school = there.circles[there.circles["facility_id"] == "S1"]
    assert (school["area_after_m2"] > school["area_before_m2"]).all()
    assert (school["street_after_m"] > school["street_before_m"]).all()
    new = there.circles[there.circles["facility_id"] == "N1"]
    assert (new["change"] == "new").all()
    assert (new["area_before_m2"] == 0).all()
    union = gpd.read_parquet(folders[0] / "layers" / "isochrones.parquet").query("cutoff_s == 900").geometry.iloc[0]
    grown = there.circles_changed.query("facility_id == 'S1' and cutoff_s == 900 and change == 'gained'")
    assert grown.geometry.iloc[0].intersection(union).area == pytest.approx(0, abs=1e-12)


def test_the_files_say_what_is_compared_and_no_formula(there: Comparison, tmp_path: Path) -> None:
    files = write_comparison(there, tmp_path / "out")
    assert {f.name for f in files} == {"compare.json", *(f"{t}.csv" for t in TABLES), *(f"{n}.geojson" for n in LAYERS)}
    told = json.loads((tmp_path / "out" / "compare.json").read_text("utf-8"))
    assert told["before"]["variant"] == {}
    assert told["after"]["variant"]["link"][0]["id"] == "L1"
    assert told["before"]["folder"] == "before"
    assert len(json.loads((tmp_path / "out" / "gained.geojson").read_text("utf-8"))["features"]) == len(there.gained)
    assert "'=1+1" in (tmp_path / "out" / "circles.csv").read_text("utf-8-sig")
    again = write_comparison(there, tmp_path / "again")
    assert [f.read_bytes() for f in files] == [f.read_bytes() for f in again]
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("x", "utf-8")
    with pytest.raises(InputError, match="other files"):
        write_comparison(there, tmp_path / "full")


def changed(folder: Path, to: Path, **values: object) -> Path:
    """Copy a bundle and change its manifest."""
    shutil.copytree(folder, to)
    manifest = json.loads((to / "manifest.json").read_text("utf-8"))
    (to / "manifest.json").write_text(json.dumps(manifest | values), "utf-8")
    return to


def test_two_areas_or_other_homes_are_refused(folders: tuple[Path, Path], tmp_path: Path) -> None:
    area = json.loads((folders[0] / "manifest.json").read_text("utf-8"))["area"]
    with pytest.raises(InputError, match="two areas"):
        compare_bundles(folders[0], changed(folders[0], tmp_path / "x", area=area | {"id": "elsewhere"}))
    other = changed(folders[0], tmp_path / "y")
    demand = gpd.read_parquet(other / "layers" / "demand.parquet")
    demand.iloc[1:].to_parquet(other / "layers" / "demand.parquet")
    with pytest.raises(InputError, match="other homes"):
        compare_bundles(folders[0], other)
    for wrong in (tmp_path / "none", tmp_path):
        with pytest.raises(InputError, match="no bundle"):
            compare_bundles(folders[0], wrong)
    (other / "layers" / "gaps.parquet").write_bytes(b"nothing")
    shutil.copy(folders[0] / "layers" / "demand.parquet", other / "layers" / "demand.parquet")
    with pytest.raises(InputError, match="layer gaps"):
        compare_bundles(folders[0], other)


def test_other_parameters_are_said_in_two_languages(folders: tuple[Path, Path], tmp_path: Path) -> None:
    parameters = json.loads((folders[0] / "manifest.json").read_text("utf-8"))["parameters"]
    parameters["pace"]["lift_wait_s"] += 10
    found = compare_bundles(folders[0], changed(folders[0], tmp_path / "x", parameters=parameters, profile="elder"))
    assert [zh for zh, _ in found.notes] == ["两次计算的参数不同：pace", "步行者不同：adult / elder"]
    assert all("other" in en.lower() for _, en in found.notes)
