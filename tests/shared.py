"""What is made once in a run of the tests, whichever worker asks first: a study's results, a bundle, a report."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest

__all__ = ["once"]


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return the folder ``name`` that ``make`` filled for all workers of this run; read it, never write to it.

    It is made under a lock in the folder that the run's workers share, so never from an older state of the code; a
    worker that comes meanwhile waits. Where ``make`` fails nothing is kept, and the next one tries again.

    Raises
    ------
    Exception
        What ``make`` raises.
    """
    own = factory.getbasetemp()
    shared = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "once"
    shared.mkdir(exist_ok=True)
    made = shared / name
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            making = factory.mktemp(f"making-{name}")
            make(making)
            making.rename(made)
    return made
