"""``route design`` on the command line: three routes, the reasons against all, files whole or not at all."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from tests.cli.conftest import Ask
from tests.town import Place, Town, lonlat


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    places = [
        Place("S1", "school", 0.0, 0.0, "中心小学"),
        *(Place(f"B{k}", "base", 100.0 * k, 0.0, f"<b>基地{k}</b>", category="patriotic") for k in range(1, 7)),
    ]
    return Town(blocks=10, places=places).write(tmp_path_factory.mktemp("design") / "town")


def test_routes_come_with_their_stops(ask: Ask, study: Path) -> None:
    answer = ask("route", "design", "--data", study, "--start", "S1", "--limit", "100", "--return", "--json")
    assert answer.code == 0
    found = json.loads(answer.out)
    assert found["feasible"] is True
    assert [row["route_id"] for row in found["routes"]] == ["P1", "P2", "P3"]
    for row in found["routes"]:
        assert row["stops"] == len(row["stop_list"]) - 2
        assert row["total_s"] <= 6000
        assert row["explanation_zh"]
        assert row["explanation_en"]


def test_people_read_a_timetable(ask: Ask, study: Path) -> None:
    answer = ask("route", "design", "--data", study, "--start", "S1", "--theme", "red", "--group", "30")
    assert answer.code == 0
    for word in ("方案1", "<b>基地1</b>", "09:00", "30人", "未选", "Left out"):
        assert word in answer.out


def test_no_route_is_no_way_and_says_why(ask: Ask, study: Path) -> None:
    command = ["route", "design", "--data", study, "--start", "S1", "--limit", "20", "--lock", "B1"]
    answer = ask(*command)
    assert (answer.code, answer.out) == (3, "")
    assert "dwell alone" in answer.err
    answer = ask(*command, "--json")
    assert answer.code == 3
    found = json.loads(answer.out)
    assert (found["feasible"], [reason["code"] for reason in found["reasons"]]) == (False, ["dwell"])


def test_bad_questions_are_refused_and_nothing_is_written(ask: Ask, study: Path, tmp_path: Path) -> None:
    base = ["route", "design", "--data", study, "--start"]
    ask(*base, "S1", "--lock", "B404").refuses("lock", "B404")
    ask(*base, "106.5;29.5,x").refuses("--start", "not a point")
    ask(*base, "nan,29").refuses("--start")
    ask(*base, "S1", "--out", tmp_path / "route.doc").refuses("--out", "geojson")
    ask(*base, "S1", "--out", tmp_path / "no" / "route.json").refuses("--out", "cannot write")
    assert not list(tmp_path.iterdir())


def test_a_file_holds_what_is_told(ask: Ask, study: Path, tmp_path: Path) -> None:
    lon, lat = lonlat(50, 0)
    command = ["route", "design", "--data", study, "--start", f"{lon},{lat}", "--limit", "100", "--json"]
    out = tmp_path / "routes.json"
    answer = ask(*command, "--out", out)
    assert json.loads(out.read_text("utf-8")) == json.loads(answer.out)
    ask(*command, "--out", out.with_suffix(".geojson"))
    features = json.loads(out.with_suffix(".geojson").read_text("utf-8"))["features"]
    assert [f["properties"]["feature"] for f in features].count("route") == 3
    ask(*command, "--out", out.with_suffix(".toml"), "--pick", "2")
    own = tomllib.loads(out.with_suffix(".toml").read_text("utf-8"))
    second = json.loads(answer.out)["routes"][1]
    assert own["route"]["name"] == second["name"]
    assert [stop["name"] for stop in own["stop"]] == [stop["name"] for stop in second["stop_list"]]
    assert own["stop"][0]["lon"] == pytest.approx(lon)
    ask(*command[:-1], "--out", out.with_suffix(".toml"), "--pick", "9").refuses("--pick", "9")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["routes.geojson", "routes.json", "routes.toml"]
