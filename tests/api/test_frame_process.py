"""The service as a process: signals, slow clients, long heads, forwarded addresses, kill -9."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from api.holder import point_to
from tests.bundles import reseal


class Process:
    """A service in a process of its own, that logs into a file."""

    def __init__(self, folder: Path, *options: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / f"service-{self.port}.log"
        command = [sys.executable, "-m", "api", "--port", str(self.port), *options]
        with self.log.open("w", encoding="utf-8") as err:
            self.process = subprocess.Popen(command, stderr=err, text=True)

    def until(self, holds: Callable[[], bool], seconds: float = 30.0) -> None:
        """Wait until something holds."""
        end = time.monotonic() + seconds
        while True:
            try:
                if holds():
                    return
            except httpx2.TransportError:
                assert self.process.poll() is None, self.log.read_text("utf-8")
            assert time.monotonic() < end, self.log.read_text("utf-8")
            time.sleep(0.05)

    def ready(self) -> dict[str, object]:
        """Return what /readyz says."""
        found: dict[str, object] = httpx2.get(f"{self.url}/readyz").json()
        return found


@pytest.fixture(scope="module")
def place(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make two bundles, a broken one, and a link to the first."""
    folder = tmp_path_factory.mktemp("process")
    for name, date in (("a", "2001-01-01"), ("b", "2002-02-02"), ("broken", "2003-03-03")):
        bundle = Path(shutil.copytree(built, folder / name))
        reseal(bundle, data_date=date)
    (folder / "broken" / "layers" / "gaps.parquet").write_bytes(b"PAR1")
    point_to(folder / "current", folder / "a")
    return folder


@pytest.fixture(scope="module")
def running(place: Path, study_folder: Path) -> Iterator[Process]:
    options = ("--bundle", str(place / "current"), "--data", str(study_folder), "--log-format", "json")
    process = Process(place, *options, "--head-s", "0.5", "--trusted-proxies", "127.0.0.1", "--burst", "50")
    try:
        process.until(lambda: process.ready()["status"] == "ready")
        yield process
    finally:
        process.process.kill()
        process.process.wait(10)


def talk(port: int, *parts: bytes, seconds: float = 5.0) -> bytes:
    """Send parts, one after the other, and return what comes back until the connection ends."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as line:
        found = b""
        try:
            for part in parts:
                line.sendall(part)
                time.sleep(0.1)
            while part := line.recv(65536):
                found += part
        except (ConnectionResetError, BrokenPipeError):
            pass
        return found


def test_sighup_serves_the_new_bundle_and_refuses_a_broken_one(running: Process, place: Path) -> None:
    assert running.ready()["data_date"] == "2001-01-01"
    point_to(place / "current", place / "b")
    running.process.send_signal(signal.SIGHUP)
    running.until(lambda: running.ready()["data_date"] == "2002-02-02")
    point_to(place / "current", place / "broken")
    running.process.send_signal(signal.SIGHUP)
    running.until(lambda: running.ready()["status"] == "stale")
    assert running.ready()["data_date"] == "2002-02-02"
    assert "gaps.parquet" in running.log.read_text("utf-8")


def test_who_says_nothing_or_never_ends_is_let_go(running: Process) -> None:
    begun = time.monotonic()
    assert talk(running.port) == b""
    assert talk(running.port, b"GET /gaps HTTP/1.1\r\n", *[b"X: y\r\n"] * 6) == b""
    assert time.monotonic() - begun < 4


def test_a_long_head_is_refused(running: Process) -> None:
    for head in (b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nX: " + b"a" * 40_000 + b"\r\n"):
        assert re.match(rb"HTTP/1.1 4\d\d|$", talk(running.port, head, b"Host: x\r\n\r\n"))


def test_a_forwarded_address_counts_when_its_proxy_is_trusted(running: Process) -> None:
    with httpx2.Client(base_url=running.url) as client:
        here = [client.get("/healthz", headers={"X-Forwarded-For": "192.0.2.7"}).status_code for _ in range(120)]
        there = client.get("/healthz", headers={"X-Forwarded-For": "192.0.2.8"}).status_code
    assert (here[0], here.count(429) > 20, there) == (200, True, 200)


def test_the_log_is_json_without_what_was_asked(running: Process) -> None:
    httpx2.get(f"{running.url}/walk?from=106.123456,29.123456&to=1,2")
    running.until(lambda: '"/walk"' in running.log.read_text("utf-8"))
    lines = [json.loads(line) for line in running.log.read_text("utf-8").splitlines()]
    told = next(line for line in lines if line.get("route") == "/walk")
    assert told["status"] in {422, 429}
    assert set(told) == {"at", "level", "logger", "message", "method", "route", "status", "ms"}
    assert "123456" not in running.log.read_text("utf-8")


@pytest.mark.long
def test_killed_and_started_again_it_serves_the_last_whole_bundle(
    running: Process, place: Path, study_folder: Path
) -> None:
    point_to(place / "current", place / "b")
    running.process.kill()
    running.process.wait(10)
    again = Process(place, "--bundle", str(place / "current"), "--data", str(study_folder))
    try:
        again.until(lambda: again.ready()["data_date"] == "2002-02-02")
        again.process.send_signal(signal.SIGTERM)
        again.process.wait(10)
    finally:
        again.process.kill()
    assert "Traceback" not in again.log.read_text("utf-8")
