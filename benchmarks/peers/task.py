"""What every peer is asked, how it is timed, and how it answers."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

CUTOFF_S = 900.0
NESTED_S = (300.0, 600.0, 900.0)
_KIB = 1024
_LONG_ENOUGH_S = 2.0
_STATUS = Path("/proc/self/status")


@dataclass(frozen=True)
class Task:
    """A network and places on its nodes; seconds are the same both ways.

    ``xy`` are metres, ``lonlat`` degrees; edge ``e`` runs through the vertices ``vertex_start[e]`` to
    ``vertex_start[e + 1]``; ``place`` is the node of each place.
    """

    folder: Path
    xy: npt.NDArray[np.float64]
    lonlat: npt.NDArray[np.float64]
    tail: npt.NDArray[np.int64]
    head: npt.NDArray[np.int64]
    seconds: npt.NDArray[np.float64]
    place: npt.NDArray[np.int64]
    vertex_xy: npt.NDArray[np.float64]
    vertex_start: npt.NDArray[np.int64]
    crs: str

    @property
    def lines(self) -> npt.NDArray[np.object_]:
        """The edges as lines."""
        owner = np.repeat(np.arange(len(self.tail)), np.diff(self.vertex_start))
        return np.asarray(shapely.linestrings(self.vertex_xy, indices=owner))


def read_task(folder: Path) -> Task:
    """Read what ``benchmarks.circles`` wrote."""
    arrays = dict(np.load(folder / "task.npz"))
    return Task(folder=folder, crs=(folder / "crs").read_text("utf-8"), **arrays)


class Answers:
    """Collects times, memory and areas, and writes them for ``benchmarks.circles``."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        self._start_mb = resident_mb("VmRSS")
        self._said: dict[str, Any] = {}

    def time(self, what: str, work: Callable[[], Any], repeat: int = 3) -> Any:  # noqa: ANN401
        """Do some work a few times, quick work more often, and return its last result.

        Kept are the median of its seconds, and how far memory grew.
        """
        seconds: list[float] = []
        found = None
        forget_peak()
        before = resident_mb("VmRSS")
        while len(seconds) < repeat or (repeat > 1 and sum(seconds) < _LONG_ENOUGH_S):
            begin = time.perf_counter()
            found = work()
            seconds.append(time.perf_counter() - begin)
        self._said[what.replace("_s", "_mb")] = resident_mb() - before
        self._said[what] = statistics.median(seconds)
        return found

    def say(self, what: str, value: float | str) -> None:
        """Keep a figure or a remark."""
        self._said[what] = value

    def areas(self, areas: npt.NDArray[np.object_]) -> None:
        """Keep the areas at the one cutoff, in the metric CRS, place by place."""
        np.save(self._folder / f"{self._name}.npy", np.array(shapely.to_wkb(areas), dtype=object), allow_pickle=True)

    def write(self) -> None:
        """Write everything down."""
        self._said["kept_mb"] = resident_mb("VmRSS") - self._start_mb
        (self._folder / f"{self._name}.json").write_text(json.dumps(self._said), "utf-8")


def resident_mb(peak: str = "VmHWM") -> float:
    """Peak (``VmHWM``) or present (``VmRSS``) resident memory of this process; NaN where the system does not say."""
    if not _STATUS.is_file():
        return float("nan")
    lines = _STATUS.read_text("ascii").splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(peak)) / _KIB


def forget_peak() -> None:
    """Let the peak begin anew, where the system can."""
    if _STATUS.is_file():
        (_STATUS.parent / "clear_refs").write_text("5", "ascii")


def peer(name: str, answer: Callable[[Task, Answers], None]) -> None:
    """Run a peer on the folder that is named on the command line."""
    folder = Path(sys.argv[1])
    task = read_task(folder)
    answers = Answers(folder, name)
    answer(task, answers)
    answers.write()
