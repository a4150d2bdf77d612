"""Bundles that change under load, are damaged, or are half there when a process is killed."""

from __future__ import annotations

import gzip
import json
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from api.holder import point_to
from tests.bundles import reseal
from tests.hunt.service_running import PATIENCE_S, ROOT, SEED, press, serving, start

DATES = {"a": "2001-01-01", "b": "2002-02-02"}
_SHARES = {"a": 0.111, "b": 0.222}
_WHOLE = [(DATES[name], {share}) for name, share in _SHARES.items()]


def two_bundles(bundle: Path, folder: Path) -> Path:
    """Make two bundles that differ in the manifest and in a table, and a link to the first."""
    for name, date in DATES.items():
        made = Path(shutil.copytree(bundle, folder / name))
        table = made / "tables" / "coverage.csv"
        rows = pd.read_csv(table, encoding="utf-8-sig", dtype=str, keep_default_na=False)
        rows["share"] = str(_SHARES[name])
        rows.to_csv(table, index=False)
        reseal(made, data_date=date)
    link = folder / "current"
    point_to(link, folder / "a")
    return link


def swap_under_load(bundle: Path, folder: Path, swaps: int) -> list[str]:
    """Swap while eight ask: every answer is 200 and of one bundle, and one tag has one content."""
    link = two_bundles(bundle, folder)
    seen: dict[tuple[str, str], bytes] = {}
    faults: list[str] = []
    paths = ("/coverage", "/map", "/report/", "/family/data.json", "/collections/facilities/items", "/tables/targets")

    def check(path: str, status: int, body: bytes, headers: dict[str, str]) -> None:
        if status != 200 or seen.setdefault((path, headers["etag"]), body) != body:
            faults.append(f"{path} {status} {headers}")
        if path == "/coverage":
            told = json.loads(gzip.decompress(body))
            if (told["data_date"], {row["share"] for row in told["coverage"]}) not in _WHOLE:
                faults.append("an answer of two bundles")

    with serving(folder, "--bundle", str(link), "--rate-per-s", "0") as running:
        memory = [running.rss_mb()]
        waited: list[float] = []

        def turn(number: int) -> None:
            name = "ba"[number % 2]
            point_to(link, folder / name)
            begun = time.perf_counter()
            running.process.send_signal(signal.SIGHUP)
            while json.loads(running.get("/readyz")[1])["data_date"] != DATES[name]:
                assert time.perf_counter() - begun < PATIENCE_S, running.get("/readyz")
                time.sleep(0.05)
            waited.append(time.perf_counter() - begun)
            memory.append(running.rss_mb())

        def swap() -> None:
            try:
                for number in range(swaps):
                    turn(number)
            finally:
                done.set()

        done = threading.Event()
        swapping = threading.Thread(target=swap)
        swapping.start()
        count, statuses = 0, Counter[int | str]()
        while not done.is_set():
            load = press(running, lambda random: paths[random.integers(len(paths))], 8, 5, check)
            count += len(load.seconds)
            statuses += load.statuses
        swapping.join()
        assert len(waited) == swaps
        assert not faults, faults[:5]
        assert set(statuses) == {200}, statuses
        mixed = [body for (path, _), body in seen.items() if path == "/coverage"]
        assert len(mixed) == len(DATES), len(mixed)
        sizes = " ".join(f"{size:.0f}" for size in memory)
        return [
            (
                f"{swaps} swaps in {sum(waited) / swaps:.1f} s each (most {max(waited):.1f} s), {count} answers, "
                f"all 200, each of one bundle; RSS {sizes} MB"
            )
        ]


def kills(bundle: Path, folder: Path, count: int) -> list[str]:
    """Kill the service and whoever turns the link, at any moment: the next start serves one whole bundle."""
    link = folder / "current" if (folder / "current").is_symlink() else two_bundles(bundle, folder)
    random = np.random.default_rng(SEED)
    turning = (
        "import itertools, pathlib, sys\nfrom api.holder import point_to\n"
        "link = pathlib.Path(sys.argv[1])\n"
        "for name in itertools.cycle('ab'):\n    point_to(link, link.parent / name)\n"
    )
    served: Counter[str] = Counter()
    waits = []
    for _ in range(count):
        turner = subprocess.Popen([sys.executable, "-c", turning, str(link)], cwd=ROOT)
        running = start(folder, "--bundle", str(link))
        try:
            waits.append(running.wait())
            told = json.loads(running.get("/coverage")[1])
            name = next(name for name, date in DATES.items() if date == told["data_date"])
            assert {row["share"] for row in told["coverage"]} == {_SHARES[name]}
            served[name] += 1
            time.sleep(float(random.uniform(0, 0.5)))
            turner.kill()
        finally:
            running.process.kill()
            running.process.wait(30)
            turner.kill()
            turner.wait(30)
        assert link.resolve().name in DATES
    return [
        (
            f"kill -9 of the service and of who turns the link, {count} times: "
            f"served {dict(served)}, up after {max(waits):.1f} s at most"
        )
    ]


def damages(bundle: Path, folder: Path, count: int) -> list[str]:
    """Damage a file of a bundle: a start is refused with exit code 2 and a reason, a running service serves on."""
    good = Path(shutil.copytree(bundle, folder / "good"))
    link = folder / "damaged-or-not"
    point_to(link, good)
    random = np.random.default_rng(SEED)
    counts: Counter[str] = Counter()
    with serving(folder, "--bundle", str(link), "--rate-per-s", "0") as running:
        before = running.get("/coverage")[1]
        for i in range(count):
            bad = Path(shutil.copytree(bundle, folder / f"bad-{i}"))
            how = _damage(bad, random, i)
            point_to(link, bad)
            running.process.send_signal(signal.SIGHUP)
            digest = json.loads(running.get("/readyz")[1])["bundle_sha256"]
            end = time.monotonic() + 60
            while time.monotonic() < end:
                told = json.loads(running.get("/readyz")[1])
                if told["status"] == "stale" or told["bundle_sha256"] != digest:
                    break
                time.sleep(0.1)
            outcome = "refused" if told["status"] == "stale" else "not seen"
            counts[f"{how}: {outcome}"] += 1
            assert outcome == "refused", how
            assert running.get("/coverage")[1] == before
            if i < 3:  # a start takes seconds: a few will do
                done = subprocess.run(
                    [sys.executable, "-m", "api", "--bundle", str(bad), "--port", "0"],
                    cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
                )  # fmt: skip
                assert done.returncode == 2, done.stderr
                assert done.stderr.startswith("error: ")
                assert "Traceback" not in done.stderr
            point_to(link, good)
            running.process.send_signal(signal.SIGHUP)
            while json.loads(running.get("/readyz")[1])["status"] == "stale":
                time.sleep(0.1)
            shutil.rmtree(bad)
    told_counts = ", ".join(f"{key} {n}" for key, n in sorted(counts.items()))
    return [f"{count} damaged bundles ({told_counts})"]


def _damage(folder: Path, random: np.random.Generator, number: int) -> str:
    files = sorted(p for p in (folder / "layers").glob("*.parquet"))
    path = files[random.integers(len(files))]
    content = bytearray(path.read_bytes())
    how = ("cut short", "missing", "overwritten", "bytes changed")[number % 4]
    if how == "missing":
        path.unlink()
        return how
    if how == "cut short":
        content = content[: int(random.integers(len(content)))]
    elif how == "overwritten":
        content = bytearray(random.bytes(len(content)))
    else:
        for place in random.integers(len(content), size=20):
            content[place] ^= 0xFF
    path.write_bytes(content)
    return how
