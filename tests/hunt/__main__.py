"""Long hunts, not part of any test: every fuzz target beside this file, processes killed and racing, what is served.

Last, every program of benchmarks/ is run, as small as it can be.

``HUNT_SECONDS=3600 python -m tests.hunt`` shares the seconds among the targets, one after the other, and prints a
table. The exit code is 1 if one target failed; what made it fail is kept in ``build/hunt``.
"""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parent
KEPT = HERE.parents[1] / "build" / "hunt"
SEED = 20260101
MEMORY_MB = 2048
ONE_INPUT_S = 30
_RUNS = re.compile(r"^Done (\d+) runs", re.MULTILINE)
_LAST = re.compile(r"^#(\d+)\s", re.MULTILINE)


@dataclass(frozen=True)
class Outcome:
    """What became of a target."""

    target: str
    runs: str
    seconds: float
    said: str
    failed: bool


def targets() -> list[str]:
    """Return the names of the fuzz targets, in order."""
    return sorted(path.stem for path in HERE.glob("fuzz_*.py"))


def fuzz(target: str, seconds: int) -> Outcome:
    """Run one target in a process of its own, from its seeds, within its time and memory."""
    module = f"tests.hunt.{target}"
    seeds = getattr(importlib.import_module(module), "seeds", list)
    kept = KEPT / target
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(seeds()):
            (Path(corpus) / f"seed-{number:03}").write_bytes(seed)
        command = [
            sys.executable, "-m", module, corpus, f"-max_total_time={seconds}", f"-rss_limit_mb={MEMORY_MB}",
            f"-seed={SEED}", f"-timeout={ONE_INPUT_S}", f"-artifact_prefix={kept}/", "-print_final_stats=0",
        ]  # fmt: skip
        return _watched(target, command, seconds + 120)


def killed() -> Outcome:
    """Run the processes that are killed and race."""
    return _watched("kill_imports", [sys.executable, "-m", "tests.hunt.kill_imports"], 3600)


def served() -> Outcome:
    """Attack and load the service, where a bundle was built."""
    return _watched("service", [sys.executable, "-m", "tests.hunt.service"], 4 * 3600)


def measured() -> Outcome:
    """Run every program of benchmarks/ at its smallest."""
    return _watched("programs", [sys.executable, "-m", "tests.hunt.programs"], 3 * 3600)


def _watched(target: str, command: list[str], most_s: float) -> Outcome:
    begun = time.perf_counter()
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=most_s, cwd=HERE.parents[1], errors="replace"
        )
    except subprocess.TimeoutExpired:
        return Outcome(target, "", most_s, "did not end", failed=True)
    seconds = time.perf_counter() - begun
    printed = done.stdout + done.stderr
    found = _RUNS.findall(printed) or _LAST.findall(printed)
    failed = done.returncode != 0
    if failed:
        (KEPT / f"{target}.txt").write_text(printed, "utf-8")
    said = f"failed: see build/hunt/{target}.txt" if failed else done.stdout.strip() or "no fault"
    return Outcome(target, found[-1] if found else "", seconds, said, failed)


def main() -> int:
    """Hunt, print the table, return the exit code."""
    KEPT.mkdir(parents=True, exist_ok=True)
    names = targets()
    seconds = max(1, int(os.environ.get("HUNT_SECONDS", "3600")) // max(1, len(names)))
    console = Console()
    table = Table("target", "runs", "seconds", "outcome")
    outcomes = []
    hunts = [partial(fuzz, name, seconds) for name in names]
    for hunt in [*hunts, killed, served, measured]:
        outcome = hunt()
        outcomes.append(outcome)
        table.add_row(outcome.target, outcome.runs, f"{outcome.seconds:.0f}", outcome.said)
    console.print(table)
    return int(any(outcome.failed for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
