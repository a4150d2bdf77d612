"""Many synthetic districts by one and by two workers: ``python -m benchmarks.batch [--districts 12] [--workers 1,2]``.

Prints throughput, speed-up, the peak of a worker at the begin and at the end of the run, and what is left when a worker
is killed, and when the whole run is killed and begun again: every part is compared byte for byte. ``--districts 500``
is the large run. ``--folder`` keeps the districts and what was computed; run again, it takes them from there.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.mountain import write_areas
from servicecircle.batch.areas import Area, read_areas
from servicecircle.batch.district import Outcome, State
from servicecircle.batch.engines import Room, in_processes
from servicecircle.batch.running import run_batch

_HOURS = 3600.0
_COUNTRY = 2800
_QUARTER = 4


@dataclass(frozen=True)
class Measured:
    """A run: its seconds, and the outcomes in their order."""

    seconds: float
    outcomes: list[Outcome]


def main() -> None:
    """Run, kill, go on, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--districts", type=int, default=12)
    parser.add_argument("--workers", default="1,2")
    parser.add_argument("--folder", type=Path, default=Path("build/batch"))
    parser.add_argument("--no-kill", action="store_true")
    asked = parser.parse_args()
    began = time.perf_counter()
    listed = write_areas(asked.folder / "districts", asked.districts)
    areas = read_areas(listed)
    _say(f"{len(areas)} districts drawn or found in {time.perf_counter() - began:.0f} s; load {os.getloadavg()[0]:.1f}")
    runs = {int(w): measured(areas, asked.folder / f"by-{w}", int(w)) for w in asked.workers.split(",")}
    first = next(iter(runs.values()))
    for workers, run in runs.items():
        _say(row(workers, run, first))
    if not asked.no_kill:
        most = max(runs)
        killed = measured(areas, asked.folder / "worker-killed", most, kill_once)
        lost = digests(asked.folder / "worker-killed") != digests(asked.folder / f"by-{most}")
        _say(f"a worker killed: {len(killed.outcomes)} outcomes, {killed.seconds:.0f} s, parts differ: {lost}")
        _say(resumed(listed, asked.folder, most))


def measured(
    areas: tuple[Area, ...], out: Path, workers: int, tell: Callable[[Outcome], None] = lambda _: None
) -> Measured:
    """Run a batch; of districts that are there already only the outcomes are told."""
    outcomes: list[Outcome] = []

    def heard(outcome: Outcome) -> None:
        outcomes.append(outcome)
        tell(outcome)

    began = time.perf_counter()
    run_batch(areas, out, lambda jobs: in_processes(jobs, Room(workers, None)), heard)
    return Measured(time.perf_counter() - began, outcomes)


def row(workers: int, run: Measured, first: Measured) -> str:
    """Return a run in a line, and what it would mean for a country."""
    each = [o.seconds for o in run.outcomes]
    done = sum(o.state == State.DONE for o in run.outcomes)
    quarter = max(1, len(run.outcomes) // _QUARTER)
    peaks = [max(o.peak_mb for o in part) for part in (run.outcomes[:quarter], run.outcomes[-quarter:])]
    pace = run.seconds / len(run.outcomes)
    return (
        f"{workers} workers (load {os.getloadavg()[0]:.1f}): "
        f"{run.seconds:.0f} s for {len(run.outcomes)} ({done} computed), "
        f"{_HOURS / pace:.0f} an hour, speed-up {first.seconds / run.seconds:.2f}; "
        f"a district {statistics.median(each):.1f} s (median), {max(each):.1f} s (most); "
        f"peak {peaks[0]:.0f} MB in the first quarter, {peaks[1]:.0f} MB in the last; "
        f"{_COUNTRY:,} districts: {_COUNTRY * pace / _HOURS:.1f} h at this pace"
    )


def kill_once(_: Outcome, killed: list[int] = []) -> None:  # noqa: B006 -- once in a run of this program
    """Kill a worker after the first outcome."""
    if not killed:
        servers = _children(os.getpid())
        killed.extend(pid for server in servers for pid in _children(server))
        for pid in killed[:1]:
            os.kill(pid, signal.SIGKILL)


def resumed(listed: Path, folder: Path, workers: int) -> str:
    """Kill a whole run after its first part, begin it again, compare."""
    out = folder / "run-killed"
    command = [
        sys.executable,
        "-m",
        "servicecircle",
        "batch",
        str(listed),
        "--out",
        str(out),
        "--workers",
        str(workers),
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL) as run:  # noqa: S603
        assert run.stderr is not None  # noqa: S101
        run.stderr.readline()
        run.kill()
    there = len(list((out / "parts").glob("[!.]*")))
    again = measured(read_areas(listed), out, workers)
    kept = sum(o.state == State.UNCHANGED for o in again.outcomes)
    differ = digests(out) != digests(folder / f"by-{workers}")
    return (
        f"a run killed with {there} parts done: {kept} taken over, {again.seconds:.0f} s more, parts differ: {differ}"
    )


def digests(out: Path) -> dict[str, str]:
    """Return the hash of every file of every part, and of the merged layers; not of what they cost."""
    files = sorted(p for top in ("parts", "national/layers") for p in (out / top).rglob("*") if p.is_file())
    named = ((p.relative_to(out).as_posix(), p) for p in files if p.name != "cost.json")
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in named}


def _children(pid: int) -> Iterator[int]:
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split():
        yield int(child)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
