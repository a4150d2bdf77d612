"""The registry on the command line: made, changed elsewhere, looked at, undone, handed out."""

from __future__ import annotations

import csv
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pyogrio
import pytest

from tests.cli.conftest import Ask


@pytest.fixture
def registry(ask: Ask, sound: Path, tmp_path: Path) -> Path:
    """Make a registry of the town and change a name in it with another program."""
    path = tmp_path / "places.gpkg"
    done = ask("registry", "init", "--registry", path, "--data", sound, "--author", "李")
    assert done.code == 0, done
    assert "4 处点位 places" in done.out
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE places SET name = '[b]新名[/b]' WHERE facility_id = 'S1'")
        database.commit()
    return path


def test_the_log_says_who_changed_what(ask: Ask, registry: Path) -> None:
    printed = ask("registry", "log", "--registry", registry).out
    assert "修改记录 log" in printed
    for words in ("李", "made from the seed, facilities.csv", "another program", "+0 ~1 -0", "S1"):
        assert words in printed
    commits = json.loads(ask("registry", "log", "--registry", registry, "--json").out)["commits"]
    assert [commit["author"] for commit in commits] == ["李", "another program"]
    assert commits[0]["source"] == "facilities.csv"
    assert len(commits[0]["sha256"]) == 64
    assert commits[1]["facility_ids"] == ["S1"]
    assert commits[1]["undoes"] is None


def test_an_undo_takes_the_change_back_and_can_be_undone(ask: Ask, registry: Path, sound: Path, tmp_path: Path) -> None:
    def name() -> str:
        out = tmp_path / "a.csv"
        assert ask("registry", "export", "--registry", registry, "--data", sound, "--out", out).code == 0
        with out.open(encoding="utf-8-sig", newline="") as file:
            return next(row["name"] for row in csv.DictReader(file) if row["facility_id"] == "S1")

    assert name() == "[b]新名[/b]"
    done = ask("registry", "undo", "--registry", registry, "--author", "李")
    assert "undid commit 2: 第 3 次 now commit 3, +0 ~1 -0" in done.out
    assert name() == "中心小学"
    assert ask("registry", "undo", "--registry", registry, "--commit", "3").code == 0
    assert name() == "[b]新名[/b]"
    ask("registry", "undo", "--registry", registry, "--commit", "3").refuses("changed again by", "S1", "undo commit 4")
    ask("registry", "undo", "--registry", registry, "--commit", "9").refuses("no such commit")


def test_an_export_takes_kind_category_and_datum(ask: Ask, sound: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.gpkg"
    done = ask("registry", "export", "--data", sound, "--out", out, "--kind", "base", "--category", "patriotic")
    assert done.out.strip() == str(out)
    assert "2 处点位 places" in done.err
    plain = pyogrio.read_dataframe(out)
    assert plain["facility_id"].tolist() == ["B1", "B2"]
    assert ask("registry", "export", "--data", sound, "--out", out, "--kind", "base", "--datum", "gcj02").code == 0
    shifted = pyogrio.read_dataframe(out)
    assert 0.001 < shifted.geometry.x[0] - plain.geometry.x[0] < 0.006


def test_columns_that_are_not_read_are_named(ask: Ask, registry: Path, sound: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(registry)) as database:
        database.execute("ALTER TABLE places ADD COLUMN mine TEXT")
    done = ask("registry", "export", "--registry", registry, "--data", sound, "--out", tmp_path / "a.kml")
    assert done.code == 0
    assert "columns not read: mine" in done.err


def test_bad_questions_are_refused(ask: Ask, registry: Path, sound: Path, tmp_path: Path) -> None:
    export = ("registry", "export", "--data", sound, "--out", tmp_path / "a.csv")
    ask(*export, "--datum", "cgcs").refuses("--datum", "gcj02")
    ask(*export, "--kind", "shop").refuses("--kind", "venue")
    ask(*export, "--category", "shop").refuses("--category", "patriotic")
    ask(*export[:-1], tmp_path / "a.pdf").refuses(".xlsx")
    ask(*export[:-1], registry, "--registry", registry).refuses("replace the registry itself")
    ask("registry", "init", "--registry", registry, "--data", sound).refuses("it is there already")
    for command in ("log", "undo"):
        ask("registry", command, "--registry", tmp_path / "none.gpkg").refuses("no such registry", "registry init")
        ask("registry", command, "--registry", sound / "facilities.csv").refuses("not a GeoPackage")


def test_a_faulty_edit_elsewhere_is_named_by_its_row(ask: Ask, registry: Path, sound: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(registry)) as database:
        database.execute("INSERT INTO places (name) VALUES ('新学校')")
        database.commit()
    refused = ask("registry", "export", "--registry", registry, "--data", sound, "--out", tmp_path / "a.csv")
    refused.refuses("places.gpkg, row 5", "facility_id")
