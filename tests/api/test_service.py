"""The service itself: starting, refusing, logging, load."""

from __future__ import annotations

import asyncio
import json
import logging
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from api.deps import service
from api.errors import BusyError, LateError
from api.main import main
from api.pool import Pool
from api.settings import Settings, read_settings
from servicecircle.errors import InputError
from tests.bundles import reseal
from tests.town import lonlat

LON, LAT = lonlat(500, 500)


def test_settings_options_win_over_the_environment() -> None:
    environment = {"SERVICECIRCLE_PORT": "81", "SERVICECIRCLE_BUNDLE": "elsewhere", "OTHER": "x"}
    settings = read_settings({"port": "9000", "host": None}, environment)
    assert (settings.port, settings.bundle, settings.host) == (9000, Path("elsewhere"), "127.0.0.1")


@pytest.mark.parametrize("given", [{"port": "x"}, {"port": "70000"}, {"workers": "0"}, {"deadline_s": "nan"}])
def test_bad_settings(given: dict[str, str]) -> None:
    with pytest.raises(InputError, match="Remedy"):
        read_settings(given, {})


def test_no_bundle_exits_2(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "api", "--bundle", str(tmp_path / "none")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")
    assert done.returncode == 2
    assert "manifest.json" in done.stderr
    assert "servicecircle build" in done.stderr
    assert "Traceback" not in done.stderr


def _damage(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "build"))


@pytest.mark.parametrize("sealed", [False, True], ids=["as the disk leaves it", "as another program writes it"])
@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("manifest.json", "{", "manifest.json"),
        ("manifest.json", '{"area": 1}', "manifest.json"),
        ("layers/gaps.parquet", "no parquet", "gaps.parquet"),
        ("layers/facilities.parquet", None, "facilities.parquet"),
        ("tables/coverage.csv", None, "coverage.csv"),
        ("tables/ledger.csv", "", "ledger.csv"),
        ("tables/lights.csv", "", "lights.csv"),
        ("tables/choices.csv", "homes\nmany\n", "choices.csv"),
    ],
)
def test_damaged_bundles_exit_2(
    built: Path,
    study_folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    file: str,
    content: str | None,
    says: str,
    *,
    sealed: bool,
) -> None:
    folder = _damage(built, tmp_path)
    (folder / file).unlink()
    if content is not None:
        (folder / file).write_text(content, "utf-8")
    if sealed and file != "manifest.json":
        reseal(folder)
    assert main(["--bundle", str(folder), "--data", str(study_folder)]) == 2
    assert says in capsys.readouterr().err


def test_files_that_the_build_did_not_write_are_refused_all_of_them(
    built: Path, study_folder: Path, tmp_path: Path
) -> None:
    folder = _damage(built, tmp_path)
    shutil.copy(folder / "layers" / "gaps.parquet", folder / "layers" / "demand.parquet")
    table = folder / "tables" / "coverage.csv"
    table.write_bytes(table.read_bytes().replace(b"school", b"skhool", 1))
    with pytest.raises(InputError) as refused:
        create_app(Settings(bundle=folder, data=study_folder))
    assert [fault.file for fault in refused.value.faults] == ["layers/demand.parquet", "tables/coverage.csv"]
    assert all("not the file that was written" in fault.problem for fault in refused.value.faults)


def test_gaps_of_an_older_build(built: Path, study_folder: Path, tmp_path: Path) -> None:
    path = _damage(built, tmp_path) / "layers" / "gaps.parquet"
    gpd.read_parquet(path).drop(columns=["barrier_name"]).to_parquet(path)
    reseal(tmp_path / "build")
    with pytest.raises(InputError, match=r"gaps\.parquet.*barrier_name"):
        create_app(Settings(bundle=tmp_path / "build", data=study_folder))


def test_a_bundle_without_the_planners_tables(built: Path, study_folder: Path, tmp_path: Path) -> None:
    folder = _damage(built, tmp_path)
    for name in ("lights", "choices"):
        (folder / "tables" / f"{name}.csv").unlink()
    reseal(folder)
    client = TestClient(create_app(Settings(bundle=folder, data=study_folder)))
    for path in ("/lights", "/tables/choices"):
        missing = client.get(path)
        assert missing.status_code == 404
        assert "servicecircle build" in missing.json()["detail"]
    assert 'href="/lights"' not in client.get("/").text
    assert client.get("/tables/standards").status_code == 200


def test_changed_parameters_are_refused(built: Path, study_folder: Path, tmp_path: Path) -> None:
    folder = _damage(built, tmp_path)
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    manifest["parameters"]["snap"]["refuse_m"] = 999.0
    path.write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(InputError, match="hash"):
        create_app(Settings(bundle=folder, data=study_folder))


def test_another_study_folder_is_refused(built: Path, study_folder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(study_folder, tmp_path / "town"))
    path = folder / "population.csv"
    path.write_text(path.read_text("utf-8").replace("1000", "1001"), "utf-8")
    with pytest.raises(InputError, match=r"population\.csv.*not the file that the bundle was built from"):
        create_app(Settings(bundle=built, data=folder))


def test_unknown_paths_and_methods_are_problems(client: TestClient) -> None:
    for answer, status in ((client.get("/nowhere"), 404), (client.delete("/gaps"), 405), (client.get("/gaps/"), 404)):
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert set(answer.json()) >= {"type", "title", "status", "detail", "instance"}


def test_instance_has_no_query(client: TestClient) -> None:
    answer = client.get("/nearest", params={"lon": "x", "lat": "1.234567"})
    assert answer.json()["instance"] == "/nearest"
    assert "1.234567" not in answer.text


def test_a_malformed_host_is_no_500(client: TestClient) -> None:
    for host in ("[::1", "a b", "x:y", "<script>"):
        assert client.get("/collections", headers={"Host": host}).status_code < 500


def test_no_coordinate_in_any_log(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    secret = f"{LON:.6f}", f"{LAT:.6f}"
    with caplog.at_level(logging.DEBUG):
        client.get("/nearest", params={"lon": secret[0], "lat": secret[1]})
        client.post("/nearest", json={"lon": float(secret[0]), "lat": float(secret[1])})
        client.get("/walk", params={"from": ",".join(secret), "to": ",".join(secret)})
        client.get("/circle", params={"lon": secret[0], "lat": secret[1], "minutes": "x"})
        client.get(f"/{secret[0]},{secret[1]}")
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("httpx")]
    assert sum("/nearest 200" in line for line in ours) == 2
    assert not [line for line in ours if secret[0] in line or secret[1] in line or "?" in line]


def test_the_unforeseen_is_answered_and_logged_without_its_words(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        message = f"boom at {LON}"
        raise ZeroDivisionError(message)

    monkeypatch.setattr("api.questions.Questions.nearest", fail)
    with caplog.at_level(logging.INFO):
        answer = client.get("/nearest", params={"lon": LON, "lat": LAT})
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "boom" not in answer.text
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("api")]
    assert any("ZeroDivisionError" in line for line in ours)
    assert not any("boom" in line for line in ours)


def test_a_full_pool_is_503_and_recovers(app: FastAPI, client: TestClient) -> None:
    go = threading.Event()
    inside = threading.Event()

    def hold(_: object) -> None:
        inside.set()
        go.wait(10)

    pool: Pool[object] = Pool([object()], waiting=0, deadline_s=10.0)
    busy = replace(app.state.holder.current, pool=pool)
    app.dependency_overrides[service] = lambda: busy
    try:
        with ThreadPoolExecutor(1) as other:
            holding = other.submit(asyncio.run, pool.ask(hold))
            assert inside.wait(5)
            answer = client.get("/nearest", params={"lon": LON, "lat": LAT})
            long = client.get("/matrix")
            go.set()
            holding.result(5)
    finally:
        app.dependency_overrides.clear()
    assert long.status_code == 200, "long questions have threads of their own"
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["type"].endswith("problem-busy")
    assert asyncio.run(pool.ask(lambda clerk: clerk is not None))
    pool.close()


def test_the_deadline_drops_what_waits() -> None:
    go = threading.Event()
    ran: list[str] = []
    pool: Pool[str] = Pool(["clerk"], waiting=5, deadline_s=0.05)

    async def ask() -> None:
        first = asyncio.create_task(pool.ask(lambda _: go.wait(5)))
        await asyncio.sleep(0.01)
        second = asyncio.create_task(pool.ask(ran.append))
        for task in (first, second):
            with pytest.raises(LateError):
                await task

    asyncio.run(ask())
    go.set()
    pool.close()
    assert ran == [], "a question nobody waits for any more is not answered"


def test_a_closed_pool_is_busy() -> None:
    pool: Pool[str] = Pool(["clerk"], waiting=1, deadline_s=1.0)
    pool.close()
    for _ in range(5):
        with pytest.raises(BusyError):
            asyncio.run(pool.ask(len))


def test_many_threads_one_answer(client: TestClient) -> None:
    asked = {"lon": LON, "lat": LAT, "minutes": "5,10"}

    def ask(i: int) -> tuple[int, bytes]:
        path = ("/circle", "/nearest")[i % 2]
        given = asked if path == "/circle" else {"lon": LON, "lat": LAT}
        answer = client.get(path, params=given)
        return answer.status_code, answer.content

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(ask, range(64)))
    assert {status for status, _ in answers} == {200}
    assert len({content for _, content in answers}) == 2
