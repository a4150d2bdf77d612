"""A rebuild: the study computed, drawn and told anew beside the bundle that is served, then put in its place.

One at a time, each stage in a process of its own. What ends early, by whatever cause, leaves the served bundle alone.
"""

from __future__ import annotations

import json
import logging
import os
import re
import secrets
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from threading import Event, Lock, Thread
from time import monotonic
from typing import IO, Protocol

from api.admin.audit import now
from api.admin.problems import ConflictingError
from api.errors import MissingError, ServiceError
from api.holder import REGISTRY_COPY

__all__ = ["Job", "JobState", "Order", "Rebuilds", "Swaps"]

_log = logging.getLogger("api.admin")

_POLL_S = 0.2
_STAGE_S = 3600.0
_GRACE_S = 5.0
_KEPT_JOBS = 20
_TAIL = 2000
_STAMP = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}")
_PARTIAL = ".part"
_UNFORESEEN = "the fault is ours; see the log of the service"


class Swaps(Protocol):
    """Who serves a bundle, and can serve another one."""

    def swap(self, bundle: Path, /) -> None:
        """Read the bundle whole, and serve it from the next request on.

        Raises
        ------
        InputError
            It is not sound: the old one goes on being served.
        """


@dataclass(frozen=True, slots=True)
class Order:
    """What is built, and where it is served from.

    ``link`` is the path that the service reads at its start: a symbolic link, or a folder, which becomes one.
    """

    link: Path
    data: Path
    registry: Path
    parameters: Path | None = None

    def stages(self, out: Path) -> dict[str, list[str]]:
        """Return the command of each stage."""
        build: list[str | Path] = [
            "-m",
            "servicecircle",
            "build",
            "--data",
            self.data,
            "--registry",
            self.registry,
            "--out",
            out,
        ]
        build += ["--params", self.parameters] if self.parameters else []
        named: dict[str, list[str | Path]] = {
            "build": build,
            "map": ["-m", "maps", "study", "--bundle", out, "--out", out / "maps"],
            "report": ["-m", "maps", "report", "--bundle", out, "--out", out / "report"],
        }
        return {stage: [sys.executable, *map(str, words)] for stage, words in named.items()}


class JobState(StrEnum):
    """Where a rebuild stands."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Job:
    """A rebuild: stage ``step`` of ``steps``, what it said last, and why it failed."""

    id: str
    author: str
    began: str
    state: JobState = JobState.RUNNING
    stage: str = "build"
    step: int = 1
    steps: int = 4
    seconds: float = 0.0
    said: str = ""
    problem: str | None = None
    ended: str | None = None


class _StoppedError(Exception):
    """The job ends here; the message says why, for the office."""


class Rebuilds:
    """The rebuilds of a service, one at a time."""

    def __init__(self, order: Order, holder: Swaps, ended: Callable[[Job], None] = lambda _: None) -> None:
        self.order, self._holder, self._ended = order, holder, ended
        self._lock = Lock()
        self._jobs: dict[str, Job] = {}
        self._stop = Event()
        self._thread: Thread | None = None
        self._sweep()

    def start(self, author: str) -> Job:
        """Begin a rebuild.

        Raises
        ------
        ConflictingError
            One is running, or the bundle cannot be replaced where it is.
        """
        with self._lock:
            if self._thread is not None and self._thread.is_alive():
                detail = "a rebuild is running; wait for it, or cancel it"
                raise ConflictingError(detail)
            if os.path.ismount(self.order.link):
                detail = "the bundle is a mount of its own and cannot be replaced; mount the folder above it"
                raise ConflictingError(detail)
            job = Job(f"{now().replace('-', '').replace(':', '')}-{secrets.token_hex(4)}", author, now())
            self._jobs[job.id] = job
            for old in list(self._jobs)[:-_KEPT_JOBS]:
                del self._jobs[old]
            self._stop.clear()
            self._thread = Thread(target=self._run, args=(job.id,), name="rebuild", daemon=True)
            self._thread.start()
            return job

    def get(self, job_id: str) -> Job:
        """Return a job.

        Raises
        ------
        MissingError
            There is none.
        """
        with self._lock:
            if job_id in self._jobs:
                return self._jobs[job_id]
        message = "no such rebuild since the service was started"
        raise MissingError(message)

    def all(self) -> list[Job]:
        """Return the jobs, the newest first."""
        with self._lock:
            return list(reversed(self._jobs.values()))

    def cancel(self, job_id: str) -> Job:
        """End a job; what is served stays.

        Raises
        ------
        MissingError
            There is none.
        ConflictingError
            It is over.
        """
        job = self.get(job_id)
        if job.state is not JobState.RUNNING:
            detail = "it is over already"
            raise ConflictingError(detail)
        self._stop.set()
        self._join()
        return self.get(job_id)

    def close(self) -> None:
        """End whatever runs, and wait for its end."""
        self._stop.set()
        self._join()

    def _join(self) -> None:
        thread = self._thread
        if thread is not None:
            thread.join()

    def _set(self, job_id: str, **values: object) -> None:
        with self._lock:
            self._jobs[job_id] = replace(self._jobs[job_id], **values)  # type: ignore[arg-type]

    def _run(self, job_id: str) -> None:
        began = monotonic()
        link = self.order.link
        final = link.with_name(f"{link.name}-{job_id}")
        partial = final.with_name(final.name + _PARTIAL)
        state, kept = JobState.FAILED, False
        problem: str | None = _UNFORESEEN
        copied = final.with_name(f".{final.name}.gpkg")
        try:
            _copy(self.order.registry, copied)
            stages = replace(self.order, registry=copied).stages(partial)
            for step, (stage, command) in enumerate(stages.items(), 1):
                self._set(job_id, stage=stage, step=step)
                self._stage(job_id, command, began)
            copied.replace(partial / REGISTRY_COPY)
            self._set(job_id, stage="swap", step=4)
            self._require_alike(partial)
            partial.replace(final)
            self._holder.swap(final)
            kept = True
            self._point(final)
            state, problem = JobState.DONE, None
        except _StoppedError as error:
            if self._stop.is_set():
                state = JobState.CANCELLED
            problem = str(error)
        except (OSError, ValueError, sqlite3.Error) as error:  # an InputError is a ValueError
            problem = f"not put in place: {error}"
        finally:
            shutil.rmtree(partial, ignore_errors=True)
            copied.unlink(missing_ok=True)
            if not kept:
                shutil.rmtree(final, ignore_errors=True)
            self._set(job_id, state=state, problem=problem, ended=now(), seconds=round(monotonic() - began, 1))
            self._told(job_id)

    def _told(self, job_id: str) -> None:
        job = self.get(job_id)
        _log.info("rebuild %s: %s", job.id, job.state)
        try:
            self._ended(job)
        except ServiceError:
            _log.exception("the end of rebuild %s could not be written down", job.id)

    def _stage(self, job_id: str, command: Sequence[str], began: float) -> None:
        """Run a stage to its end, or end it: a group of processes, so that none is left."""
        log = self.order.link.with_name(f".{self.order.link.name}-{job_id}.log")
        with log.open("w+b") as out:
            log.unlink()
            with _group(command, out) as process:
                limit = monotonic() + _STAGE_S
                while process.poll() is None:
                    if self._stop.wait(_POLL_S):
                        message = "cancelled"
                        raise _StoppedError(message)
                    if monotonic() > limit:
                        message = "given up after an hour"
                        raise _StoppedError(message)
                    self._set(job_id, seconds=round(monotonic() - began, 1), said=_last_line(out))
            if process.returncode:
                why = f"signal {-process.returncode}" if process.returncode < 0 else f"code {process.returncode}"
                message = f"ended by {why}: {_tail(out)}"
                raise _StoppedError(message)

    def _require_alike(self, made: Path) -> None:
        """Refuse a bundle of other parameters than the served one: the two would not be comparable."""
        keys = ("parameters_sha256", "variant", "bundle_version")
        old, new = (json.loads((folder / "manifest.json").read_bytes()) for folder in (self.order.link, made))
        other = [key for key in keys if old.get(key) != new.get(key)]
        if other:
            message = (
                f"built with other {', '.join(other)} than the served bundle; set SERVICECIRCLE_PARAMS to its file"
            )
            raise _StoppedError(message)

    def _point(self, final: Path) -> None:
        """Let the path of the next start lead to the bundle that is served now; the one before is kept."""
        link = self.order.link
        fresh = link.with_name(f".{link.name}-{secrets.token_hex(4)}")
        fresh.symlink_to(final.name)
        before = link.resolve()
        if not link.is_symlink():
            before = link.with_name(f"{link.name}-before")
            shutil.rmtree(before, ignore_errors=True)
            link.replace(before)
        fresh.replace(link)
        self._sweep(before, final)

    def _sweep(self, *kept: Path) -> None:
        """Take away what ended rebuilds have left, and bundles older than the one before."""
        link = self.order.link
        present = {path.name for path in kept} | {link.resolve().name}
        if not link.parent.is_dir():
            return
        for path in link.parent.iterdir():
            name = path.name.removeprefix(f"{link.name}-")
            if name == path.name or not _STAMP.fullmatch(name.removesuffix(_PARTIAL)):
                continue
            if name.endswith(_PARTIAL) or (kept and path.name not in present):
                shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _group(command: Sequence[str], out: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """Start a process, and at the end end it with all that it started."""
    with subprocess.Popen(  # noqa: S603 - our own words
        command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(_GRACE_S)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _copy(registry: Path, to: Path) -> None:
    """Copy the registry as it is at one moment, whoever edits it meanwhile."""
    with (
        closing(sqlite3.connect(f"{registry.resolve().as_uri()}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(to)) as copy,
    ):
        source.backup(copy)


def _tail(out: IO[bytes]) -> str:
    size = os.fstat(out.fileno()).st_size  # no seeking: the process writes where this would stand
    return os.pread(out.fileno(), _TAIL, max(0, size - _TAIL)).decode("utf-8", "replace").strip()


def _last_line(out: IO[bytes]) -> str:
    lines = _tail(out).splitlines()
    return lines[-1][-200:] if lines else ""
