"""Who computes the districts: this process, or a pool of processes that survives the death of any of them."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

from servicecircle.batch.district import Job, Outcome, State, run_district
from servicecircle.batch.memory import available_mb, cap_memory

__all__ = ["Engine", "Room", "in_processes", "one_by_one", "room_for"]

Engine = Callable[[Iterator[Job]], Iterator[Outcome]]
"""Takes jobs as it can begin them, and gives their outcomes as they come, in any order."""

_TYPICAL_MB = 1000.0
"""What a worker is taken to need before one was measured: more than the bundled district's peak."""
_SPARE = 2.0
_GONE = "the process that computed it ended without a word, twice: killed, or out of memory. Remedy: see its study"


@dataclass(frozen=True, slots=True)
class Room:
    """How many workers the machine has room for, and how much private memory each may use (None: no cap)."""

    workers: int
    cap_mb: float | None


def room_for(asked: int, measured_mb: Iterable[float] = (), memory_mb: float | None = None) -> Room:
    """Return as many workers as were asked for and as have room: each is given twice the largest peak measured so far.

    ``memory_mb`` is what the caller says instead. A worker may use its share of what is left, or what the caller said.

    >>> room_for(2, memory_mb=1.0)
    Room(workers=2, cap_mb=1.0)
    """
    left = available_mb()
    need = memory_mb or _SPARE * max(measured_mb, default=_TYPICAL_MB)
    if left is None:
        return Room(asked, memory_mb)
    workers = max(1, min(asked, int(left // need)))
    return Room(workers, memory_mb or max(need, left / workers))


def one_by_one(jobs: Iterable[Job]) -> Iterator[Outcome]:
    """Compute one district after another in this process."""
    return map(run_district, jobs)


def in_processes(jobs: Iterable[Job], room: Room) -> Iterator[Outcome]:
    """Compute districts in a pool of processes.

    When one of them dies, the pool is made anew. Nobody knows which job killed it, so each that was running is tried
    once more, alone: an innocent one succeeds there, and one that kills its process again is recorded.
    """
    feed, more = iter(jobs), True
    while more:
        lost, more = yield from _together(feed, room)
        suspects, left = iter(lost), bool(lost)
        while left:
            again, left = yield from _together(suspects, Room(1, room.cap_mb))
            yield from (Outcome(job.area.id, State.FAILED, problem=_GONE) for job in again)


def _together(feed: Iterator[Job], room: Room) -> Generator[Outcome, None, tuple[list[Job], bool]]:
    """Run jobs until there are none, or until the pool breaks; return those that were running, and if more may wait.

    Never more are begun than there are workers: whatever waits cannot have been lost.
    """
    running: dict[Future[Outcome], Job] = {}
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([run_district.__module__])  # loaded once, for every worker that ever begins
    pool = ProcessPoolExecutor(room.workers, mp_context=context, initializer=_begin, initargs=(room.cap_mb,))
    try:
        while True:
            while len(running) < room.workers and (job := next(feed, None)) is not None:
                try:
                    running[pool.submit(run_district, job)] = job
                except BrokenProcessPool:  # a worker died between two jobs
                    return [*running.values(), job], True
            if not running:
                return [], False
            lost = yield from _gather(running)
            if lost:
                return [*lost, *running.values()], True
    finally:
        pool.shutdown(cancel_futures=True)


def _gather(running: dict[Future[Outcome], Job]) -> Generator[Outcome, None, list[Job]]:
    """Wait for the next outcomes; return the jobs whose process is gone."""
    done, _ = wait(running, return_when=FIRST_COMPLETED)
    lost = []
    for future in [f for f in running if f in done]:
        job = running.pop(future)
        try:
            outcome = future.result()
        except BrokenProcessPool:
            lost.append(job)
        else:
            yield outcome
    return lost


def _begin(cap_mb: float | None) -> None:
    """Set up a worker: its cap, and its end when the one who started it is gone."""
    if cap_mb is not None:
        cap_memory(cap_mb)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
