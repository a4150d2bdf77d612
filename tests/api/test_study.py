"""What the bundle says, said over HTTP without a change."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import get_args

import geopandas as gpd
import pytest
from fastapi.testclient import TestClient

from api import planner
from servicecircle.adhoc import read_gaps
from servicecircle.pipeline import Results
from servicecircle.publish.tables import finite

EVIDENCE = {"rank_low", "rank_high", "second_cause", "barrier_name", "link_from_lon", "suggestion_zh", "suggestion_en"}
TAGGED = ["/gaps", "/coverage", "/ledger", "/lights", "/tables/standards", "/routes", "/collections"]


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
    given = client.get("/gaps", params={"tier": tier} if tier else {}).json()["gaps"]
    assert [{key: row[key] for key in known} for row, known in zip(given, found, strict=True)] == found
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


def test_gaps_carry_every_column_of_the_layer(client: TestClient, built: Path) -> None:
    layer = gpd.read_parquet(built / "layers" / "gaps.parquet").drop(columns=["geometry"])
    given = client.get("/gaps").json()["gaps"]
    assert set(given[0]) == set(layer.columns) >= EVIDENCE
    assert given == [{key: finite(value) for key, value in row.items()} for row in layer.to_dict("records")]


def test_gaps_by_cause(client: TestClient) -> None:
    every = client.get("/gaps").json()["gaps"]
    for cause in {row["cause"] for row in every}:
        assert client.get("/gaps", params={"cause": cause}).json()["gaps"] == [r for r in every if r["cause"] == cause]
    assert client.get("/gaps", params={"cause": "weather"}).status_code == 422


def test_lights_are_the_tables(client: TestClient, built: Path) -> None:
    rows, given = _read(built, "lights"), client.get("/lights").json()["lights"]
    assert {row["kind"] for row in given} >= {"subdistrict", "school"}
    for row, known in zip(given, rows, strict=True):
        assert (row["kind"], row["unit"], row["light"]) == (known["unit_kind"], known["unit"], known["light"])
        assert row["missing"] == [item for item in known["missing"].split(";") if item]
        assert row["explanation_zh"] == known["explanation_zh"]
        assert (row["score"] is None) == (row["light"] == "grey")


def test_lights_filter(client: TestClient) -> None:
    every = client.get("/lights").json()["lights"]
    for asked in ({"kind": "school"}, {"light": "grey"}, {"light": "green"}):
        ((key, value),) = asked.items()
        assert client.get("/lights", params=asked).json()["lights"] == [row for row in every if row[key] == value]


def test_items_explain_a_light(client: TestClient) -> None:
    light = client.get("/lights", params={"kind": "school"}).json()["lights"][0]
    items = client.get("/tables/light_items", params={"unit": light["unit"]}).json()["rows"]
    assert set(light["missing"]) == {row["item"] for row in items if row["value"] is None}


@pytest.mark.parametrize("name", get_args(planner.TableName))
def test_tables_are_the_files_cell_by_cell(client: TestClient, built: Path, name: str) -> None:
    rows = _read(built, name)
    first = client.get(f"/tables/{name}", params={"limit": 5}).json()
    rest = client.get(f"/tables/{name}", params={"limit": 1000, "offset": 5}).json()
    given = first["rows"] + rest["rows"]
    assert first["matched"] == len(given) == first["returned"] + rest["returned"]
    parse = {"string": str, "number": float, "boolean": {"True": True, "False": False}.__getitem__}
    for row, known in zip(given, rows, strict=True):
        assert list(row) == list(first["columns"]) == list(known)
        assert row == {key: parse[first["columns"][key]](text) if text else None for key, text in known.items()}


def test_table_columns_hold_what_they_say(client: TestClient) -> None:
    def kinds(name: str) -> dict[str, str]:
        return client.get(f"/tables/{name}").json()["columns"]

    assert kinds("choices")["subdistrict"] == "string", "a code, though it looks like a number"
    assert kinds("choices")["unknown"] == kinds("standards")["confirmed"] == "boolean"
    assert kinds("targets")["declared"] == kinds("targets")["year"] == kinds("light_items")["score"] == "number"
    assert kinds("targets")["declared_date"] == "string"


def test_table_filters(client: TestClient) -> None:
    every = client.get("/tables/standards", params={"limit": 1000}).json()["rows"]
    asked = {"subdistrict": "1", "confirmed": "true", "limit": "1000"}
    found = client.get("/tables/standards", params=asked).json()
    wanted = [row for row in every if row["subdistrict"] == "1" and row["confirmed"] is True]
    assert found["rows"] == wanted
    assert 0 < found["matched"] == len(wanted) < len(every)
    cut = client.get("/tables/choices", params={"cutoff_s": "900", "limit": "1", "offset": "1"}).json()
    assert (cut["returned"], cut["rows"][0]["cutoff_s"]) == (1, 900.0)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/tables/parameters", "choices"),
        ("/tables/choices?teir=base", "teir"),
        ("/tables/choices?unknown=maybe", "true or false"),
        ("/tables/choices?gini=nan", "finite"),
        ("/tables/choices?tier=", "no value"),
        ("/tables/choices?limit=0", "limit"),
        ("/tables/choices?limit=1001", "limit"),
        ("/tables/choices?offset=-1", "offset"),
        ("/lights?knid=school", "knid"),
        ("/lights?light=blue", "light"),
    ],
)
def test_bad_questions_to_tables(client: TestClient, path: str, says: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert says in answer.json()["detail"]


@pytest.mark.parametrize("path", [*TAGGED, "/collections/gaps/items"])
def test_who_has_an_answer_is_not_sent_it_again(client: TestClient, path: str) -> None:
    first = client.get(path)
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "no-cache"
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = client.get(path, headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert again.headers["x-content-type-options"] == "nosniff"
    assert client.get(path, headers={"If-None-Match": '"other"'}).content == first.content


def test_tags_tell_answers_apart(client: TestClient) -> None:
    tags = [client.get(path).headers["etag"] for path in (*TAGGED, "/lights?kind=school", "/tables/choices")]
    assert len(set(tags)) == len(tags)
    assert "etag" not in client.get("/gaps?tier=cinema").headers


def test_documented_examples_are_answers(client: TestClient) -> None:
    documented = client.get("/openapi.json").json()["components"]["schemas"]
    for model in (planner.Gap, planner.Light, planner.TableAnswer):
        (example,) = documented[model.__name__]["examples"]
        assert set(example) == set(model.model_fields)
        assert model.model_validate(example).model_dump(mode="json") == example


def _read(built: Path, name: str) -> list[dict[str, str]]:
    with (built / "tables" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
