"""The district's numbers are those of record, and one number is the same wherever it is read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from servicecircle.coverage import DISTRICT
from servicecircle.pipeline import Results
from servicecircle.publish.tables import rounded
from servicecircle.summary import print_summary
from tests.conftest import Run
from tests.golden.printed import check_printed
from tests.golden.regenerate import CUTOFF_S, FILE, headline

REMEDY = "if the data or the method changed on purpose: python -m tests.golden.regenerate, and say what moved and why"
KEYS = ["subdistrict", "tier", "basis", "cutoff_s"]


@pytest.fixture(scope="module")
def recorded() -> dict[str, Any]:
    return json.loads(FILE.read_text("utf-8"))


@pytest.fixture(scope="module")
def table(bundle: Path) -> pd.DataFrame:
    """Read the table of coverage as published."""
    return pd.read_csv(bundle / "tables/coverage.csv", encoding="utf-8-sig", dtype={"subdistrict": str})


@pytest.mark.parametrize(
    "key",
    ["parameters_sha256", "homes", "people", "nodes", "edges", "walkable_km", "coverage_900", "ledger", "gaps"],
)
def test_the_headline_number_is_that_of_record(results: Results, recorded: dict[str, Any], key: str) -> None:
    assert headline(results)[key] == recorded[key], REMEDY


def test_every_headline_number_is_compared(results: Results, recorded: dict[str, Any]) -> None:
    assert list(recorded) == list(headline(results))
    assert len(recorded["coverage_900"]) == 3 * 2 * 3


def test_the_table_of_coverage_is_what_was_computed(results: Results, table: pd.DataFrame) -> None:
    computed = rounded(results.coverage)
    assert list(table.columns) == list(computed.columns)
    for column in table.columns:
        if pd.api.types.is_float_dtype(computed[column]):
            np.testing.assert_array_equal(table[column].astype(float), computed[column])
        else:
            assert table[column].fillna("").tolist() == computed[column].tolist()


def test_the_layer_of_coverage_says_what_the_table_says(bundle: Path, table: pd.DataFrame) -> None:
    layer = gpd.read_parquet(bundle / "layers/coverage.parquet")
    parts = table[(table["subdistrict"] != DISTRICT) & (table["cutoff_s"] == CUTOFF_S)]
    own = layer.set_index(KEYS).sort_index()
    assert len(own) == parts["subdistrict"].nunique() * 3 * 2
    for measure, column in (("walk", "share"), ("level", "share_level"), ("radius", "share_radius")):
        given = parts[parts["measure"] == measure].set_index(KEYS).sort_index()
        assert given.index.equals(own.index)
        np.testing.assert_array_equal(given["share"], own[column])
    walk = parts[parts["measure"] == "walk"].set_index(KEYS).sort_index()
    for column in ("homes", "homes_covered", "people", "covered_low", "covered", "covered_high"):
        np.testing.assert_array_equal(walk[column], own[column])


def test_the_summary_prints_the_shares_of_the_table(
    results: Results,
    bundle: Path,
    table: pd.DataFrame,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    print_summary(results, bundle, 1.0)
    check_printed(capsys.readouterr().out, table)


def test_gaps_are_the_same_in_the_table_the_layer_and_on_the_command_line(bundle: Path, cli: Run) -> None:
    done = cli("gaps", "--bundle", bundle, "--json")
    assert done.returncode == 0, done.stderr
    told = pd.DataFrame(json.loads(done.stdout)["gaps"]).set_index("gap_id")
    table = pd.read_csv(bundle / "tables/gaps.csv", encoding="utf-8-sig", dtype={"subdistrict": str}).set_index(
        "gap_id"
    )
    layer = gpd.read_parquet(bundle / "layers/gaps.parquet").set_index("gap_id")
    assert told.index.tolist() == table.index.tolist() == layer.index.tolist()
    assert len(told) > 10
    for column in told.columns:
        for other in (table, layer):
            if pd.api.types.is_numeric_dtype(other[column]):
                np.testing.assert_array_equal(other[column].astype(float), told[column].astype(float), err_msg=column)
            else:
                assert other[column].where(other[column].notna(), None).tolist() == told[column].tolist(), column


def test_gaps_are_as_many_as_computed(results: Results, bundle: Path) -> None:
    table = pd.read_csv(bundle / "tables/gaps.csv", encoding="utf-8-sig")
    assert table["gap_id"].tolist() == results.gaps["gap_id"].tolist()


def test_homes_in_gaps_and_homes_covered_are_all_homes_but_those_of_small_clusters(results: Results) -> None:
    """A home is covered, in a listed gap, or in a cluster of too few people to list; in no two of these."""
    least = results.streets.parameters.gaps.min_people
    coverage = results.coverage.query("subdistrict == @DISTRICT and basis == 'all' and measure == 'walk'")
    for row in coverage[coverage["cutoff_s"] == CUTOFF_S].to_dict("records"):
        own = results.gaps[results.gaps["tier"] == row["tier"]]
        assert own["homes"].sum() + row["homes_covered"] <= row["homes"]
        assert (own["people"] >= least).all()
        assert own["people"].sum() + row["covered"] <= row["people"] + 1e-6
        assert own["people"].sum() + row["covered"] > 0.95 * row["people"]


def test_the_ledger_is_the_same_in_the_table_and_on_the_command_line(bundle: Path, cli: Run) -> None:
    told = json.loads(cli("ledger", "--json").stdout)["tiers"]
    table = pd.read_csv(bundle / "tables/ledger.csv", encoding="utf-8-sig")
    for row, cells in zip(told, table.to_dict("records"), strict=True):
        for key in ("tier", "declared", "loaded", "candidates", "approximate", "located", "verified"):
            assert cells[key] == row[key] or (row[key] is None and np.isnan(cells[key]))


def test_people_of_the_homes_are_the_people_of_the_table(bundle: Path, table: pd.DataFrame) -> None:
    homes = gpd.read_parquet(bundle / "layers/demand.parquet")
    district = table[table["subdistrict"] == DISTRICT].iloc[0]
    assert len(homes) == district["homes"]
    assert homes["people"].sum() == pytest.approx(district["people"], abs=0.05 * len(homes))
    for code, part in homes.groupby("subdistrict"):
        row = table[table["subdistrict"] == code].iloc[0]
        assert len(part) == row["homes"]
        assert part["people"].sum() == pytest.approx(row["people"], abs=0.05 * len(part) + 0.05)
