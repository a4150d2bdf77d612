"""What the bundle says, said over HTTP without a change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from servicecircle.adhoc import read_gaps
from servicecircle.pipeline import Results


def test_health_names_the_data(client: TestClient, built: Path) -> None:
    manifest = json.loads((built / "manifest.json").read_text("utf-8"))
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"
    assert answer.json()["parameters_sha256"] == manifest["parameters_sha256"]


def test_ledger_is_the_librarys(client: TestClient, town_results: Results) -> None:
    assert client.get("/ledger").json() == town_results.ledger.to_json()


@pytest.mark.parametrize("tier", [None, "school", "community", "base"])
def test_gaps_are_those_of_the_command(client: TestClient, built: Path, tier: str | None) -> None:
    found = read_gaps(built, tier)
    assert client.get("/gaps", params={"tier": tier} if tier else {}).json() == {"gaps": found}
    assert found or tier, "a town without any gap tests nothing"


def test_coverage_filters(client: TestClient, town_results: Results) -> None:
    every = client.get("/coverage").json()
    assert len(every["coverage"]) == len(town_results.coverage)
    assert every["direction"] == "to"
    asked = {"tier": "school", "basis": "all", "minutes": 15, "measure": "walk", "subdistrict": "1"}
    rows = client.get("/coverage", params=asked).json()["coverage"]
    assert len(rows) == 1
    table = town_results.coverage
    chosen = table[(table["subdistrict"] == "1") & (table["tier"] == "school") & (table["basis"] == "all")]
    chosen = chosen[(chosen["cutoff_s"] == 900) & (chosen["measure"] == "walk")].iloc[0]
    assert rows[0]["homes_covered"] == chosen["homes_covered"] > 0
    assert rows[0]["share"] == pytest.approx(chosen["share"], abs=1e-4)


def test_unknown_share_is_null_not_zero(client: TestClient) -> None:
    asked = {"tier": "community", "basis": "confirmed", "minutes": 15, "measure": "walk", "subdistrict": "district"}
    row = client.get("/coverage", params=asked).json()["coverage"][0]
    assert row["unknown"] is True
    assert row["share"] is None


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"subdistrict": "9"}, "1, 2"),
        ({"minutes": 7}, "5, 10, 15"),
        ({"minutes": "nan"}, "finite"),
        ({"tier": "cinema"}, "school"),
        ({"measure": ""}, "walk"),
        ({"teir": "school"}, "teir"),
    ],
)
def test_bad_coverage_questions(client: TestClient, asked: dict[str, str], says: str) -> None:
    answer = client.get("/coverage", params=asked)
    assert answer.status_code == 422
    assert says in answer.json()["detail"]
