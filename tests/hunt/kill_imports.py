"""Commits killed at any moment, and two processes that commit at once: nothing half-written, no update lost.

``python -m tests.hunt.kill_imports --kills 100 --races 50`` prints the counts and fails if one is wrong.
"""

from __future__ import annotations

import argparse
import os
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd

from servicecircle.errors import ConflictError, InputError
from servicecircle.ingest.registry import COLUMNS
from servicecircle.registry.store import GeoPackageRegistry, create, open_registry

_AT = "2026-01-01T00:00:00Z"
_PLACES = 1000
_SEED = 20260101
_PATIENCE = 1.15
"""A commit that came through makes the next waits shorter by this, one that did not longer: about half come through."""


def places(count: int, note: str = "0", first: int = 0) -> pd.DataFrame:
    """Return rows of text whose notes all say the same."""
    cells = {name: [""] * count for name in COLUMNS}
    cells["facility_id"] = [f"P{first + i:05}" for i in range(count)]
    cells["name"] = [f"点位{i}" for i in range(count)]
    cells["lon"] = [f"{106.5 + i * 1e-6:.7f}" for i in range(count)]
    cells["lat"] = ["29.5600000"] * count
    cells["note"] = [note] * count
    return pd.DataFrame(cells, dtype=str)


def child(work: Callable[[], None]) -> tuple[int, int]:
    """Start a process that says through a pipe when it is about to work; return its id and the pipe's end."""
    ready, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.close(ready)
            os.write(tell, b".")
            work()
            code = 0
        finally:
            os._exit(code)
    os.close(tell)
    return pid, ready


def state(path: Path) -> tuple[str, int]:
    """Return what all notes say and the number of commits, after every check that SQLite and the log allow."""
    found = open_registry(path).read().table
    notes = set(found["note"])
    assert len(notes) == 1, f"half a commit: {Counter(found['note'])}"
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        sizes = database.execute("SELECT count(*) FROM changes GROUP BY commit_id").fetchall()
        ((commits,),) = database.execute("SELECT count(*) FROM commits").fetchall()
        ((revision, still_open),) = database.execute("SELECT revision, open_commit FROM state").fetchall()
    assert all(size == (len(found),) for size in sizes), f"a commit of some rows: {sizes}"
    assert revision == len(sizes) * len(found)
    assert commits == len(sizes) + 1
    assert still_open is None
    return notes.pop(), commits


def kill_commits(folder: Path, kills: int, count: int = _PLACES) -> Counter[str]:
    """Kill a commit of ``count`` rows ``kills`` times; the registry goes on as the kill has left it."""
    path = folder / "killed.gpkg"
    create(path, places(count), at=_AT)
    random = np.random.default_rng(_SEED)

    def write(note: str) -> None:
        store = open_registry(path)
        revision = store.read().revision
        store.commit(places(count, note), revision=revision, author="hunt", reason=note, at=_AT)

    begun = time.perf_counter()
    write("warm")
    span = time.perf_counter() - begun
    counts: Counter[str] = Counter()
    for number in range(kills):
        before, commits = state(path)
        pid, ready = child(lambda number=number: write(f"{number}"))
        os.read(ready, 1)
        time.sleep(float(random.uniform(0, span)))
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        os.close(ready)
        hot = path.with_name(path.name + "-journal").exists()
        after, later = state(path)
        assert (after, later) in {(before, commits), (f"{number}", commits + 1)}, (before, after)
        span *= 1 / _PATIENCE if later > commits else _PATIENCE
        counts["all" if later > commits else "nothing"] += 1
        counts["left a journal to roll back"] += hot
        counts["done before the kill"] += os.WIFEXITED(status)
    return counts


def kill_creations(folder: Path, kills: int, count: int = _PLACES) -> Counter[str]:
    """Kill the making of a registry: afterwards it is there and whole, or not there."""
    path = folder / "made.gpkg"
    random = np.random.default_rng(_SEED)

    def make() -> None:
        create(path, places(count), at=_AT)

    begun = time.perf_counter()
    make()
    span = time.perf_counter() - begun
    counts: Counter[str] = Counter()
    for _ in range(kills):
        path.unlink(missing_ok=True)
        pid, ready = child(make)
        os.read(ready, 1)
        time.sleep(float(random.uniform(0, span)))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(ready)
        if path.exists():
            assert len(open_registry(path).read().table) == count
        span *= 1 / _PATIENCE if path.exists() else _PATIENCE
        counts["whole" if path.exists() else "not there"] += 1
    return counts


def race(folder: Path, rounds: int) -> Counter[str]:
    """Let two processes add a place each ``rounds`` times at once: each place is there, or its process was told."""
    path = folder / "raced.gpkg"
    create(path, places(1), at=_AT)

    def add(store: GeoPackageRegistry, number: int) -> str:
        revision = store.read().revision
        try:
            store.commit(places(1, first=number), revision=revision, author=f"{number}", reason="race", at=_AT)
        except ConflictError:
            return "told of a conflict"
        except InputError as error:
            return f"refused: {error}"
        return "committed"

    def worker(side: int, out: Path) -> None:
        store = open_registry(path, wait_s=60)
        out.write_text("\n".join(add(store, 1 + side * rounds + i) for i in range(rounds)), "utf-8")

    outs = [folder / "left", folder / "right"]
    pids = [child(lambda side=side, out=out: worker(side, out)) for side, out in enumerate(outs)]
    for pid, ready in pids:
        assert os.waitpid(pid, 0)[1] == 0
        os.close(ready)
    counts = Counter(line for out in outs for line in out.read_text("utf-8").splitlines())
    store = open_registry(path)
    assert set(counts) <= {"committed", "told of a conflict"}, counts
    assert sum(counts.values()) == 2 * rounds
    assert len(store.read().table) == 1 + counts["committed"], counts
    assert store.read().revision == counts["committed"] == len(store.log()) - 1
    return counts


def main(arguments: list[str]) -> None:
    """Run the three hunts and print what was counted."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("kills", 100), ("creations", 30), ("races", 50), ("places", _PLACES)):
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for title, counts in (
            (f"kill -9 during {given.kills} commits", kill_commits(folder, given.kills, given.places)),
            (f"kill -9 during {given.creations} creations", kill_creations(folder, given.creations, given.places)),
            (f"two processes, {given.races} commits each", race(folder, given.races)),
        ):
            told = ", ".join(f"{key}: {value}" for key, value in sorted(counts.items()))
            sys.stdout.write(f"{title}: {told}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
