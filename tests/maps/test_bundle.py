"""A bundle that is missing or broken is named, never drawn."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from maps.bundle import LAYERS, PANELS, TABLES, read_bundle
from servicecircle.errors import InputError


def _rewrite(folder: Path, layer: str, change: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]) -> None:
    path = folder / "layers" / f"{layer}.parquet"
    change(gpd.read_parquet(path)).to_parquet(path)


def _no_layer(folder: Path) -> None:
    (folder / "layers" / "gaps.parquet").unlink()


def _torn_layer(folder: Path) -> None:
    path = folder / "layers" / "gaps.parquet"
    path.write_bytes(path.read_bytes()[:500])


def _no_geometry(folder: Path) -> None:
    pd.DataFrame({"gap_id": ["1"]}).to_parquet(folder / "layers" / "gaps.parquet")


def _no_column(folder: Path) -> None:
    _rewrite(folder, "gaps", lambda layer: layer.drop(columns="cause"))


def _other_crs(folder: Path) -> None:
    _rewrite(folder, "gaps", lambda layer: layer.to_crs("EPSG:32648"))


def _other_rows(folder: Path) -> None:
    _rewrite(folder, "gaps", lambda layer: layer.iloc[:2])


def _other_tier(folder: Path) -> None:
    _rewrite(folder, "gaps", lambda layer: layer.assign(tier="harbour"))


def _no_table(folder: Path) -> None:
    (folder / "tables" / "ledger.csv").unlink()


def _short_table(folder: Path) -> None:
    (folder / "tables" / "ledger.csv").write_text("tier,loaded\nschool,1\n", encoding="utf-8")


def _binary_table(folder: Path) -> None:
    (folder / "tables" / "ledger.csv").write_bytes(b"\xff\xfe\x00\x81,,,\n")


def _no_manifest(folder: Path) -> None:
    (folder / "manifest.json").unlink()


def _torn_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_text('{"area": {', encoding="utf-8")


def _list_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_text("[]", encoding="utf-8")


def _poor_manifest(folder: Path) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    del manifest["data_date"]
    path.write_text(json.dumps(manifest), encoding="utf-8")


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (_no_layer, ["gaps.parquet", "layer missing"]),
        (_torn_layer, ["gaps.parquet", "not readable"]),
        (_no_geometry, ["gaps.parquet", "not readable"]),
        (_no_column, ["gaps.parquet", "cause", "column missing"]),
        (_other_crs, ["gaps.parquet", "EPSG:4326"]),
        (_other_rows, ["gaps.parquet", "2 rows", "two builds"]),
        (_other_tier, ["gaps.parquet", "unknown tier", "harbour"]),
        (_no_table, ["ledger.csv", "table missing"]),
        (_short_table, ["ledger.csv", "declared", "column missing"]),
        (_binary_table, ["ledger.csv", "not readable"]),
        (_no_manifest, ["no bundle here", "servicecircle build"]),
        (_torn_manifest, ["manifest.json", "not readable as JSON"]),
        (_list_manifest, ["manifest.json", "not a JSON object"]),
        (_poor_manifest, ["manifest.json", "data_date", "entry missing"]),
    ],
)
def test_a_broken_bundle_is_named(town: Path, tmp_path: Path, harm: Callable[[Path], None], said: list[str]) -> None:
    folder = tmp_path / "build"
    shutil.copytree(town, folder)
    harm(folder)
    with pytest.raises(InputError) as caught:
        read_bundle(folder)
    assert [part for part in said if part not in str(caught.value)] == []
    assert "Remedy: run `servicecircle build" in str(caught.value)


def test_all_faults_are_told_at_once(town: Path, tmp_path: Path) -> None:
    folder = tmp_path / "build"
    shutil.copytree(town, folder)
    for name in ("gaps", "water", "routes"):
        (folder / "layers" / f"{name}.parquet").unlink()
    with pytest.raises(InputError) as caught:
        read_bundle(folder)
    assert len(caught.value.faults) == 3


def test_the_town_has_all_that_is_read(town: Path) -> None:
    bundle = read_bundle(town)
    assert set(bundle.layers) == set(LAYERS)
    assert set(bundle.tables) == set(TABLES)


def test_the_planners_tables_may_be_missing(town: Path, planned_town: Path) -> None:
    there, absent = read_bundle(planned_town).panels, read_bundle(town).panels
    assert set(there) == set(absent) == set(PANELS)
    assert all(len(table) for table in there.values())
    assert not any(len(table) for table in absent.values())
