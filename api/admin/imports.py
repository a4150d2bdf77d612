"""A list of the office into the registry: tried first, then, as it was tried and decided, carried out."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from api.admin.problems import AdminError, ChangedError, FaultyError
from api.errors import BusyError

__all__ = ["Imports", "in_own_process"]

_SECONDS = 150
_START = "import sys; sys.path[:] = sys.argv.pop(1).split({!r}); from api.admin.work import main; main()"


def in_own_process(job: Mapping[str, Any]) -> dict[str, Any]:
    """Let a process of its own do a job, and end it with all that it started when it takes too long.

    Raises
    ------
    FaultyError
        It died, or took too long.
    """
    command = [sys.executable, "-P", "-X", "utf8", "-c", _START.format(os.pathsep), os.pathsep.join(sys.path)]
    with subprocess.Popen(  # noqa: S603 - our own words
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            out, _ = process.communicate(json.dumps(job).encode(), timeout=_SECONDS)
        except subprocess.TimeoutExpired as error:
            os.killpg(process.pid, signal.SIGKILL)
            raise _exhausted() from error
    if process.returncode or not out:
        raise _exhausted()
    answer: dict[str, Any] = json.loads(out)
    return answer


def _exhausted() -> AdminError:
    problem = "too large or damaged: reading it took more memory or time than any list needs"
    remedy = "split it, or keep the list alone in a new file"
    return FaultyError(f"{problem}; {remedy}", [{"problem": problem, "remedy": remedy}])


@dataclass(frozen=True, slots=True)
class Imports:
    """Imports into one registry, one at a time; ``worker`` does what ``work.work`` does."""

    registry: Path
    data: Path
    lock: Lock
    worker: Callable[[Mapping[str, Any]], dict[str, Any]] = in_own_process

    def run(
        self,
        file: Path,
        sheet: str | None,
        choices: Mapping[str, Any],
        decisions: Sequence[Mapping[str, Any]] = (),
        commit: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Try an import, or carry it out with ``commit`` (``author, reason, revision, at``).

        Raises
        ------
        FaultyError
            What is wrong with the list, or with the registry that it would make.
        ChangedError
            The registry is no longer at that revision.
        BusyError
            Another one is running.
        """
        job = {
            "registry": str(self.registry),
            "data": str(self.data),
            "file": str(file),
            "sheet": sheet,
            "choices": dict(choices),
            "decisions": list(decisions),
            "commit": commit and dict(commit),
        }
        if not self.lock.acquire(blocking=False):
            message = "another list is being read; try again in a moment"
            raise BusyError(message)
        try:
            answer = self.worker(job)
        finally:
            self.lock.release()
        if "conflict" in answer:
            detail = "the registry has changed since the list was tried; try it again"
            raise ChangedError(detail, answer["conflict"])
        if "faults" in answer:
            detail = f"{len(answer['faults'])} faults; nothing was imported"
            raise FaultyError(detail, answer["faults"])
        return answer
