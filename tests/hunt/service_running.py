"""A service in a process of its own, and many who ask it at once."""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
SEED = 20260101
PATIENCE_S = 600.0


@dataclass
class Running:
    """A running service: where it listens, its process, its log."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    def get(self, path: str, **headers: str) -> tuple[int, bytes, dict[str, str]]:
        """Ask once, on a connection of its own."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            return _asked(line, path, headers)
        finally:
            line.close()

    def wait(self) -> float:
        """Wait until it answers; return the seconds."""
        begun = time.perf_counter()
        while time.perf_counter() - begun < PATIENCE_S:
            try:
                if self.get("/readyz")[0] == 200:
                    return time.perf_counter() - begun
            except OSError:
                assert self.process.poll() is None, self.log.read_text("utf-8")
            time.sleep(0.02)
        raise AssertionError(self.log.read_text("utf-8"))

    def rss_mb(self) -> float:
        """Return its memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text("utf-8")
        found = re.search(r"VmRSS:\s+(\d+)", status)
        assert found
        return int(found[1]) / 1024


def start(folder: Path, *options: str) -> Running:
    """Start a service."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = folder / f"service-{port}.log"
    command = [sys.executable, "-m", "api", "--port", str(port), *options]
    with log.open("wb") as err:
        process = subprocess.Popen(command, stderr=err, cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": "0"})
    return Running(port, process, log)


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[Running]:
    """Start a service, wait for it, and end it."""
    running = start(folder, *options)
    try:
        running.wait()
        yield running
    finally:
        running.process.kill()
        running.process.wait(30)


@dataclass
class Load:
    """What many saw who asked at once."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int | str] = field(default_factory=Counter)

    def percentile(self, share: float) -> float:
        """Return milliseconds."""
        return 1000 * float(np.percentile(self.seconds, share)) if self.seconds else float("nan")

    def told(self) -> str:
        """Return the figures in a line."""
        counts = ", ".join(f"{status}: {n}" for status, n in sorted(self.statuses.items(), key=str))
        quick = f"p50 {self.percentile(50):.0f} ms, p99 {self.percentile(99):.0f} ms"
        return f"{len(self.seconds)} answers, {quick} ({counts})"


def press(
    running: Running,
    path: Callable[[np.random.Generator], str],
    connections: int,
    seconds: float,
    check: Callable[[str, int, bytes, dict[str, str]], None] | None = None,
) -> Load:
    """Ask on many connections at once, each as soon as its last answer is there."""
    load, lock = Load(), threading.Lock()
    until = time.perf_counter() + seconds

    def ask(number: int) -> None:
        random = np.random.default_rng(SEED + number)
        line = http.client.HTTPConnection("127.0.0.1", running.port, timeout=60)
        while time.perf_counter() < until:
            asked, begun = path(random), time.perf_counter()
            status: int | str
            try:
                status, body, headers = _asked(line, asked, {"Accept-Encoding": "gzip"})
                if check is not None:
                    check(asked, status, body, headers)
            except (OSError, http.client.HTTPException) as error:
                status = type(error).__name__
                line.close()
            with lock:
                load.seconds.append(time.perf_counter() - begun)
                load.statuses[status] += 1
        line.close()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return load


def _asked(line: http.client.HTTPConnection, path: str, headers: dict[str, str]) -> tuple[int, bytes, dict[str, str]]:
    line.request("GET", path, headers=headers)
    answer = line.getresponse()
    return answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()}
