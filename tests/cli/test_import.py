"""``servicecircle import``: a list goes in whole or not at all, and the difference is shown first."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from servicecircle.registry.store import open_registry
from tests.conftest import Run

LIST = """渝中区实践基地名单,,,,,
名称,类别,地址,经度,纬度,手机
桂园,爱国主义教育,重庆市渝中区中山四路65号,106.5471,29.5629,13800000000
山城新书屋,文化艺术、阅读与非遗,中山四路８１号,106.5485,29.5640,
大礼堂研学点,文博与历史,人民路173号,,,
"""


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """Give a desk: a list, and no registry yet."""
    (tmp_path / "list.csv").write_bytes(LIST.encode("gb18030"))
    return tmp_path


def run(cli: Run, office: Path, *more: str, file: str = "list.csv") -> CompletedProcess[str]:
    return cli("import", file, "--kind", "base", "--datum", "gcj02", "--registry", "r.gpkg", *more, cwd=office)


def test_a_dry_run_shows_and_writes_nothing(cli: Run, office: Path) -> None:
    shown = run(cli, office, "--dry-run")
    assert shown.returncode == 0, shown.stderr
    assert "未写入 nothing was written" in shown.stdout
    assert "新增 added 2" in shown.stdout
    assert "手机" in shown.stdout  # said not to be taken
    assert "13800000000" not in shown.stdout
    assert not (office / "r.gpkg").exists()


def test_an_import_can_be_read_built_on_logged_and_undone(cli: Run, office: Path) -> None:
    done = run(cli, office, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["commit"] == 2
    assert told["datum"]["verdict"] == "supported"
    added = {c["facility_id"] for c in told["changes"] if c["change"] == "added"}
    assert len(added) == 2
    assert added <= set(open_registry(office / "r.gpkg").read().table.index)
    logged = open_registry(office / "r.gpkg").log().iloc[-1]
    assert (logged["source"], logged["sha256"]) == ("list.csv", sha256((office / "list.csv").read_bytes()).hexdigest())

    counts = json.loads(cli("ledger", "--registry", "r.gpkg", "--json", cwd=office).stdout)
    before = json.loads(cli("ledger", "--json").stdout)
    assert counts["tiers"][2]["candidates"] == before["tiers"][2]["candidates"] + 2

    again = json.loads(run(cli, office, "--json").stdout)
    assert again["commit"] is None
    assert {c["change"] for c in again["changes"]} == {"gone"}

    undone = cli("registry", "undo", "--registry", "r.gpkg", cwd=office)
    assert undone.returncode == 0, undone.stderr
    assert json.loads(cli("ledger", "--registry", "r.gpkg", "--json", cwd=office).stdout) == before


def test_a_contradicted_datum_leaves_no_file(cli: Run, office: Path) -> None:
    refused = cli("import", "list.csv", "--kind=base", "--datum=wgs84", "--registry=r.gpkg", cwd=office)
    assert refused.returncode == 2
    assert "gcj02 is 10^" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (office / "r.gpkg").exists()


def test_every_fault_goes_into_the_report(cli: Run, office: Path) -> None:
    rows = "".join(f"馆{i},没有的类别,,NaN,29.5,\n" for i in range(30))
    (office / "bad.csv").write_text("名称,类别,地址,经度,纬度,开放时间\n" + rows, encoding="utf-8")
    refused = run(cli, office, "--report", "faults.csv", file="bad.csv")
    assert refused.returncode == 2
    assert "more faults" in refused.stderr
    lines = (office / "faults.csv").read_text("utf-8-sig").splitlines()
    assert lines[0] == "file,row,column,value,problem,remedy"
    assert len(lines) == 1 + 60


def test_look_alikes_stop_the_import_until_somebody_decides(cli: Run, office: Path) -> None:
    (office / "s.csv").write_text("名称,学段,地址\n枣子岚亚小学校,小学,\n", encoding="utf-8")
    school = ("import", "s.csv", "--kind", "school", "--datum", "wgs84", "--registry", "r.gpkg")
    asked = cli(*school, cwd=office)
    assert asked.returncode == 2
    assert "--decisions" in asked.stderr
    assert not (office / "r.gpkg").exists()
    review = office / "s.csv.review.csv"
    text = review.read_text("utf-8-sig")
    assert "枣子岚垭小学校" in text
    header, *lines = text.splitlines()
    at = header.split(",").index("decision")
    decided = [",".join([*line.split(",")[:at], "merge", *line.split(",")[at + 1 :]]) for line in lines]
    review.write_text("\n".join([header, *decided]) + "\n", encoding="utf-8")
    done = cli(*school, "--decisions", review.name, cwd=office)
    assert done.returncode == 0, done.stderr
    assert len(open_registry(office / "r.gpkg").read().table) == 309


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        (["--kind", "shop"], "unknown kind"),
        (["--datum", "utm"], "unknown datum"),
        (["--status", "sure"], "unknown status"),
        (["--position", "somewhere"], "unknown position"),
        (["--alike", "guess"], "unknown alike"),
        (["--decisions", "nothing.csv"], "nothing.csv: cannot be read"),
        (["--sheet", "Sheet9"], "Sheet9"),
        (["--registry", "."], "."),
    ],
)
def test_a_wrong_option_says_so(cli: Run, office: Path, more: list[str], problem: str) -> None:
    refused = run(cli, office, *more)
    assert refused.returncode == 2
    assert problem in refused.stderr
    assert "Traceback" not in refused.stderr


def test_the_key_of_an_online_service_is_never_said(cli: Run, office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVICECIRCLE_TIANDITU_KEY", "s3cret")
    (office / "n.csv").write_text("名称,类别,地址,经度,纬度\n甲馆,健康教育,,106.55,29.558\n", encoding="utf-8")
    shown = run(cli, office, "--dry-run", file="n.csv")  # a row with coordinates asks nobody
    assert shown.returncode == 0, shown.stderr
    assert "s3cret" not in shown.stdout + shown.stderr
