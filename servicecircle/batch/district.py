"""One district of a batch: a job that needs nothing but its files, and says in words what became of it."""

from __future__ import annotations

import time
import traceback
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from servicecircle.batch.areas import Area
from servicecircle.batch.memory import peak_mb, restart_peak
from servicecircle.batch.parts import Part, input_digest, read_part, write_part
from servicecircle.errors import InputError, disk_is_full
from servicecircle.ingest.parameters import read_parameters
from servicecircle.ingest.planning import read_planning
from servicecircle.ingest.study import read_study
from servicecircle.ingest.variant import read_variant
from servicecircle.ingest.walkable import load_rules
from servicecircle.model import Variant
from servicecircle.pipeline import run

__all__ = ["Job", "Outcome", "State", "run_district"]

_PACKAGE = "servicecircle"


class State(StrEnum):
    """What became of a district."""

    DONE = "done"
    UNCHANGED = "unchanged"  # its part was there, of the same inputs
    FAILED = "failed"
    NOT_RUN = "not run"  # the disk was full before its turn


@dataclass(frozen=True, slots=True)
class Job:
    """A district, the folder of all parts, and whether the whole bundle is kept, too."""

    area: Area
    parts: Path
    whole: bool = False

    @property
    def part(self) -> Path:
        """The folder of this district's part."""
        return self.parts / self.area.id


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a district; ``inputs`` names the part it left, ``problem`` says why there is none.

    ``seconds`` and ``peak_mb`` are those of the run that made the part. ``full``: the disk had no room.
    """

    district: str
    state: State
    inputs: str = ""
    seconds: float = 0.0
    peak_mb: float = 0.0
    problem: str = ""
    full: bool = False


class _Silent:
    def step(self, text: str) -> None:
        """Say nothing."""


def run_district(job: Job) -> Outcome:
    """Read, compute and write a district, unless its part is there already, of the same inputs.

    Every error is an outcome: what one district does is no matter of the others.
    """
    began = time.perf_counter()
    restart_peak()
    try:
        inputs = input_digest(job.area, whole=job.whole)
        kept = read_part(job.part)
        if kept is not None and kept.inputs == inputs:
            return Outcome(job.area.id, State.UNCHANGED, inputs, kept.seconds, kept.peak_mb)
        study = read_study(job.area.study)
        parameters = read_parameters(job.area.params)
        case = Variant() if job.area.variant is None else read_variant(job.area.variant)
        results = run(study, parameters, load_rules(), case, _Silent(), read_planning(job.area.study, study))
        seconds = time.perf_counter() - began
        part = Part(job.area.id, inputs, {}, {}, seconds, peak_mb())
        write_part(results, part, job.part, whole=job.whole)
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is written down
        seconds = time.perf_counter() - began
        problem, full = _words(error), disk_is_full(error)
        return Outcome(job.area.id, State.FAILED, "", seconds, peak_mb(), problem, full)
    return Outcome(job.area.id, State.DONE, inputs, seconds, part.peak_mb)


def _words(error: Exception) -> str:
    """Say an error as its reader needs it: bad input in its own words, all else with where it was."""
    if disk_is_full(error):
        return "no room on the disk. Remedy: make room, and run the same command again"
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, MemoryError):
        return "it needs more memory than a worker may use. Remedy: fewer workers, or a larger --memory-mb"
    ours = [f for f in traceback.extract_tb(error.__traceback__) if _PACKAGE in Path(f.filename).parts]
    where = f" ({Path(ours[-1].filename).name}, line {ours[-1].lineno})" if ours else ""
    return f"{type(error).__name__}: {error}{where}"
