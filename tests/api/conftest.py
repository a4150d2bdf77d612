"""The service over a town cut in two, with hostile names, a route and places of every kind."""

from __future__ import annotations

import csv
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from servicecircle.ingest.parameters import read_parameters
from servicecircle.ingest.planning import read_planning
from servicecircle.ingest.study import read_study
from servicecircle.ingest.walkable import load_rules
from servicecircle.model import Variant
from servicecircle.pipeline import Results, run
from servicecircle.publish.bundle import write_bundle
from tests.conftest import Silent
from tests.town import Place, Town, lonlat

HOSTILE = "<script>window.__pwned=1</script>"
PLACES = [
    Place("S1", "school", 500.0, 500.0, "中心小学"),
    Place("S2", "school", 1400.0, 1500.0, "东门小学"),
    Place("C1", "community", 700.0, 500.0, "东门社区", confidence="street"),
    Place("B1", "base", 500.0, 900.0, f"博物馆{HOSTILE}", category="patriotic"),
    Place("B2", "base", 600.0, 400.0, "候选基地", status="candidate", category="patriotic"),
    Place("B3", "base", 0.0, 0.0, "无址基地", confidence="none", category="patriotic"),
    Place("V1", "venue", 1900.0, 1000.0, "对岸书店", status="candidate", category="patriotic"),
]
CUT_AFTER = 16  # columns on the near side; no street crosses from here to the next
ROUTES = [
    ["R1", "红色线路<b>&", "red", "published", "by hand", "2026", ""],
    ["R2", "无址线路", "tour", "published", "", "", ""],
]
STOPS = [
    ["R1", 1, "一站", "B1", *lonlat(500, 900), "building", ""],
    ["R1", 2, "失落之站", "", "", "", "none", ""],
    ["R1", 3, "三站", "", *lonlat(800, 900), "street", ""],
    ["R1", 4, "对岸", "V1", *lonlat(1900, 1000), "building", ""],
    ["R2", 1, "无处", "", "", "", "none", ""],
]


@dataclass(frozen=True)
class Live:
    """A service on loopback."""

    url: str


@pytest.fixture(scope="session")
def study_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the town: 20 blocks, a river of no streets after column 16, an area with a hostile name."""
    folder = Town(blocks=20, places=PLACES).write(tmp_path_factory.mktemp("api") / "town")
    head = folder / "study.toml"
    head.write_text(head.read_text("utf-8").replace("方格镇", f"方格镇{HOSTILE}"), "utf-8")
    _cut(folder / "ways.csv")
    _open(folder / "facilities.csv", {"B1": "booking,Tu-Su 09:00-17:00"})
    columns = ["route_id", "name", "theme", "provenance", "source", "date", "note"]
    _table(folder / "routes.csv", columns, ROUTES)
    columns = ["route_id", "seq", "name", "facility_id", "lon", "lat", "position_confidence", "note"]
    _table(folder / "route_stops.csv", columns, STOPS)
    return folder


@pytest.fixture(scope="session")
def town_results(study_folder: Path) -> Results:
    """Compute the town, with the planner's rules that the package brings."""
    study = read_study(study_folder)
    return run(study, read_parameters(), load_rules(), Variant(), Silent(), read_planning(study_folder, study))


@pytest.fixture(scope="session")
def built(town_results: Results, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the town's bundle."""
    folder = tmp_path_factory.mktemp("api-bundle") / "build"
    write_bundle(town_results, folder)
    return folder


@pytest.fixture(scope="session")
def app(built: Path, study_folder: Path) -> FastAPI:
    """Make the app once."""
    return create_app(Settings(bundle=built, data=study_folder))


@pytest.fixture(scope="session")
def client(app: FastAPI) -> TestClient:
    """Ask the app without a socket."""
    return TestClient(app)


@pytest.fixture(scope="session")
def live(built: Path, study_folder: Path) -> Iterator[Live]:
    """Serve the town as a user does, in a process of its own: GDAL keeps the interpreter while it waits."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "api", "--bundle", str(built), "--data", str(study_folder), "--port", str(port)]
    # into a file: a pipe that nobody empties would stop the service when it is full
    log = built.parent / "service.log"
    with log.open("w", encoding="utf-8") as err, subprocess.Popen(command, stderr=err, text=True) as process:
        live = Live(f"http://127.0.0.1:{port}")
        try:
            _wait(live.url, process)
            yield live
        finally:
            process.terminate()
            process.wait(timeout=10)


def _wait(url: str, process: subprocess.Popen[str], seconds: float = 90.0) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            httpx2.get(f"{url}/healthz").raise_for_status()
        except httpx2.TransportError:
            assert process.poll() is None, "the service stopped"
            assert time.monotonic() < end, "the service did not start"
            time.sleep(0.05)
        else:
            return


def _cut(path: Path) -> None:
    """Split every east-west street into a near and a far part."""
    head, *lines = path.read_text("utf-8").splitlines()
    rows = []
    for line in lines:
        way, highway, name, nodes = line.split(",")
        if int(way) >= 100:
            rows.append(line)
            continue
        refs = nodes.split()
        rows.append(f"{way},{highway},{name},{' '.join(refs[:CUT_AFTER])}")
        rows.append(f"{int(way) + 1000},{highway},{name},{' '.join(refs[CUT_AFTER:])}")
    rows.sort(key=lambda line: int(line.split(",")[0]))
    path.write_text("\n".join([head, *rows]) + "\n", "utf-8")


def _open(path: Path, known: dict[str, str]) -> None:
    """Say of some places when they are open, and for whom."""
    head, *lines = path.read_text("utf-8").splitlines()
    rows = [f"{line},{known.get(line.split(',')[0], ',')}" for line in lines]
    path.write_text("\n".join([f"{head},access,opening_hours", *rows]) + "\n", "utf-8")


def _table(path: Path, columns: list[str], rows: list[list[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
