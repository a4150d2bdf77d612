"""``site`` and ``pair`` on the command line: answers for people and machines, files whole or not at all."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Ask
from tests.town import Place, Town, lonlat


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    places = [
        Place("C1", "community", 500.0, 500.0, "中心社区"),
        Place("S1", "school", 0.0, 0.0, "西南小学"),
        Place("S2", "school", 1000.0, 1000.0, "东北小学"),
        Place("B1", "base", 200.0, 0.0, "书院", category="patriotic"),
    ]
    return Town(blocks=10, places=places).write(tmp_path_factory.mktemp("site") / "town")


def test_sites_are_told_to_machines_and_people(ask: Ask, study: Path, tmp_path: Path) -> None:
    command = ["site", "--data", study, "--tier", "community", "--add", "2", "--minutes", "6"]
    out = tmp_path / "sites.geojson"
    answer = ask(*command, "--json", "--out", out)
    assert answer.code == 0
    found = json.loads(answer.out)
    assert (found["model"], found["tier"], found["status"]) == ("mclp", "community", "optimal")
    assert found["objective"] == found["bound"] == pytest.approx(sum(s["newly_covered"] for s in found["sites"]), abs=1)
    for site in found["sites"]:
        assert {"candidate_id", "name", "lon", "lat", "newly_covered"} <= set(site)
    assert [row["n"] for row in found["curve"]] == [0, 1, 2]
    features = json.loads(out.read_text("utf-8"))["features"]
    ids = [s["candidate_id"] for s in found["sites"]]
    assert [f["properties"]["candidate_id"] for f in features if f["properties"]["feature"] == "site"] == ids
    homes = [f["properties"] for f in features if f["properties"]["feature"] == "home"]
    assert sum(home["people"] for home in homes) == pytest.approx(found["objective"], abs=len(homes))
    assert {home["candidate_id"] for home in homes} <= set(ids)
    assert all(home["after_min"] <= 6 for home in homes)
    answer = ask(*command)
    assert answer.code == 0
    for word in ("社区 community", "已证最优", "新覆盖", "东北小学"):
        assert word in answer.out


def test_everybody_is_no_way_and_says_what_would_help(ask: Ask, study: Path) -> None:
    command = ["site", "--data", study, "--tier", "community", "--model", "lscp", "--minutes", "6"]
    answer = ask(*command, "--json")
    assert answer.code == 3
    found = json.loads(answer.out)
    assert found["status"] == "infeasible"
    assert found["relaxations"]
    assert found["uncoverable"]["homes"] == len(found["uncoverable"]["list"]) > 0
    answer = ask(*command)
    assert answer.code == 3
    assert "做不到" in answer.out


def test_candidates_come_from_a_table(ask: Ask, study: Path, tmp_path: Path) -> None:
    lon, lat = lonlat(950, 50)
    rooms = tmp_path / "rooms.csv"
    rooms.write_text(f"name,lon,lat\n<b>房间</b>,{lon},{lat}\n", "utf-8")
    command = ["site", "--data", study, "--tier", "community", "--candidates", rooms, "--add"]
    answer = ask(*command, "1", "--minutes", "6", "--json")
    assert answer.code == 0, answer.err
    assert json.loads(answer.out)["sites"][0]["name"] == "<b>房间</b>"
    ask(*command, "2").refuses("--add", "there are 1")
    rooms.write_text(f"name,lon,lat\n,{lon},{lat}\n房间,,\n", "utf-8")
    ask(*command, "1").refuses("rooms.csv", "row 2", "row 3")


def test_mobile_classes_have_a_timetable(ask: Ask, study: Path, tmp_path: Path) -> None:
    out = tmp_path / "term.csv"
    command = ["site", "--data", study, "--tier", "community", "--mobile", "--by", "cluster", "--minutes", "8"]
    command += ["--rooms", "2", "--weeks", "4", "--every", "2"]
    answer = ask(*command, "--json", "--out", out)
    assert answer.code == 0
    found = json.loads(answer.out)
    assert {row["week"] for row in found["timetable"]} <= {1, 2, 3, 4}
    assert set(found["assumptions"]) == {"mobile_seats", "mobile_share", "mobile_reach"}
    assert len(list(csv.DictReader(out.read_text("utf-8-sig").splitlines()))) == len(found["timetable"])
    answer = ask(*command)
    assert answer.code == 0
    assert "假设 assumed" in answer.out


def test_pairs_are_told_with_what_was_assumed(ask: Ask, study: Path, tmp_path: Path) -> None:
    out = tmp_path / "pairs.geojson"
    answer = ask("pair", "--data", study, "--schools", "1", "--json", "--out", out)
    assert answer.code == 0
    found = json.loads(answer.out)
    assert found["assumptions"] == {"schools_per_base": 1}
    assert [(p["school_id"], p["base_id"]) for p in found["pairs"] if p["base_id"]] == [("S1", "B1")]
    assert json.loads(out.read_text("utf-8"))["features"][0]["geometry"]["type"] == "LineString"
    answer = ask("pair", "--data", study)
    assert "绿色通道" in answer.out


def test_bad_questions_are_refused(ask: Ask, study: Path, tmp_path: Path) -> None:
    base = ["site", "--data", study, "--tier"]
    ask(*base, "hospital", "--add", "1").refuses("--tier", "hospital")
    ask(*base, "school", "--add", "1", "--rooms", "3").refuses("--rooms", "--mobile")
    ask(*base, "school", "--mobile", "--add", "3").refuses("--add")
    ask(*base, "school", "--add", "1", "--out", tmp_path / "sites.doc").refuses("--out", "geojson")
    ask(*base, "school", "--add", "1", "--out", tmp_path / "no" / "sites.csv").refuses("--out", "cannot write")
    ask("pair", "--data", study, "--minutes", "nan").refuses("--minutes")
    assert not list(tmp_path.iterdir())
