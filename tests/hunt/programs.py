"""Every program of benchmarks/ still runs, as small as its options let it be.

``python -m tests.hunt.programs [NAME ...]``. What they measure is not looked at. Prints a line a program,
and fails if one of them does.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

__all__ = ["RUNS"]

ROOT = Path(__file__).parents[2]
PATIENCE_S = 1800

RUNS = {
    "access": ["--homes", "2000", "--places", "60", "--blocks", "30"],
    "batch": ["--districts", "2", "--workers", "1,2", "--folder", "{tmp}/batch"],
    "big": ["--blocks", "40", "--places", "50"],
    "circles": ["--places", "5", "--out", "{tmp}/table.md"],
    "climb": [],
    "datum": ["1"],
    "design": ["45"],
    "district_circles": [],
    "heights": [],
    "mountain": ["--compare"],
    "page": ["--page", "{tmp}/maps/study.html", "--slower", "1", "--runs", "1"],
    "population": [],
    "scenarios": [],
    "siting": ["--no-peer"],
    "uncertainty": [],
}
"""Program to options; {tmp} is a folder that goes when all have run."""

_WRONG = ("Traceback", "differ: True", "| NO |", "(failed:")
"""What a program may print and still end with 0: of the batch, of the scenarios, of a peer."""


def run(name: str, tmp: Path) -> str:
    """Run a program; return what was wrong, "" for nothing."""
    if name == "page":
        _map(tmp)
    options = [option.format(tmp=tmp) for option in RUNS[name]]
    said = _said([f"benchmarks.{name}", *options])
    return next((f"{word}:\n{said}" for word in _WRONG if word in said), "")


def _map(tmp: Path) -> None:
    """Draw the map that a browser opens."""
    for command in (
        ["servicecircle", "build", "--out", str(tmp / "build")],
        ["maps", "study", "--bundle", str(tmp / "build"), "--out", str(tmp / "maps")],
    ):
        _said(command)


def _said(command: list[str]) -> str:
    """Return what a program printed, or how it ended if that was not well."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False, timeout=PATIENCE_S
        )
    except subprocess.TimeoutExpired:
        return "Traceback: it did not end"
    printed = done.stdout + done.stderr
    return (
        printed
        if done.returncode == 0 and done.stdout.strip()
        else f"Traceback: exit code {done.returncode}\n{printed}"
    )


def main(names: list[str]) -> int:
    """Run programs by name, or all; return the exit code."""
    failed = 0
    with tempfile.TemporaryDirectory() as tmp:
        for name in names or sorted(RUNS):
            began = time.perf_counter()
            wrong = run(name, Path(tmp))
            failed += bool(wrong)
            sys.stdout.write(f"{name}: {wrong or 'runs'} ({time.perf_counter() - began:.0f} s)\n")
            sys.stdout.flush()
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
