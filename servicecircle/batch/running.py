"""A batch from its list to the national tables: begun, gone on with, told."""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from servicecircle.batch.areas import Area
from servicecircle.batch.district import Job, Outcome, State
from servicecircle.batch.engines import Engine
from servicecircle.batch.national import merge
from servicecircle.batch.parts import read_part
from servicecircle.errors import Fault, InputError

__all__ = ["National", "measured_mb", "run_batch"]

_MARK, _PARTS, _NATIONAL = "batch.json", "parts", "national"
_NOT_RUN = "the disk was full before its turn. Remedy: make room, and run the same command again"

Tell = Callable[[Outcome], None]


@dataclass(frozen=True, slots=True)
class National:
    """The national table (``national.summary``), and what became of each district, in the order of the list."""

    table: pd.DataFrame
    outcomes: tuple[Outcome, ...]

    def count(self, state: State) -> int:
        """Return how many districts ended so."""
        return sum(outcome.state == state for outcome in self.outcomes)


def run_batch(areas: Sequence[Area], out: Path, engine: Engine, tell: Tell, *, whole: bool = False) -> National:
    """Compute every district that is not there already, and put them all together.

    ``tell`` is called with each outcome as it comes. Whatever ends the run, the parts that were done stay, and the next
    run goes on from them. When the disk is full no further district is begun.

    Raises
    ------
    InputError
        The folder holds something else, is in use by another batch, or cannot be written.
    """
    with _held(out, len(areas)) as parts:
        outcomes: dict[str, Outcome] = {}

        def feed() -> Iterator[Job]:
            for area in areas:
                if any(outcome.full for outcome in outcomes.values()):
                    return
                yield Job(area, parts, whole)

        for outcome in engine(feed()):
            outcomes[outcome.district] = outcome
            tell(outcome)
        _sweep(parts)
        for area in areas:
            outcomes.setdefault(area.id, Outcome(area.id, State.NOT_RUN, problem=_NOT_RUN))
        table = merge(areas, outcomes, parts, parts.parent / _NATIONAL)
    return National(table, tuple(outcomes[area.id] for area in areas))


def measured_mb(out: Path) -> list[float]:
    """Return the peaks of the districts that were computed into ``out`` before."""
    folders = sorted((out / _PARTS).glob("[!.]*"))
    return [part.peak_mb for folder in folders if (part := read_part(folder)) is not None]


@contextmanager
def _held(out: Path, districts: int) -> Iterator[Path]:
    """Give the folder of the parts to this run alone, without what a killed one has left half done."""
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / _MARK).is_file())):
        remedy = "give a new folder, or that of a batch"
        raise InputError([Fault("the output holds something else", remedy, column="--out", value=str(out))])
    try:
        parts = out.resolve() / _PARTS
        parts.mkdir(parents=True, exist_ok=True)
        mark = (out / _MARK).open("a+", encoding="utf-8")
    except OSError as error:
        problem = f"the output cannot be written: {error.strerror or error}"
        remedy = "give a folder you may write to, with room"
        raise InputError([Fault(problem, remedy, column="--out", value=str(out))]) from error
    with mark:
        try:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            remedy = "wait for it, or give another folder"
            raise InputError(
                [Fault("another batch is writing there", remedy, column="--out", value=str(out))]
            ) from error
        mark.truncate(0)
        mark.write(json.dumps({"batch_version": "1", "districts": districts}) + "\n")
        mark.flush()
        _sweep(parts)
        yield parts


def _sweep(parts: Path) -> None:
    """Take away what killed processes have left half done; nobody else writes here."""
    for half in (*parts.glob(".*"), *parts.parent.glob(f".{_NATIONAL}.*")):
        shutil.rmtree(half, ignore_errors=True)
