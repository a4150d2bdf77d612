"""The error tree.

ServiceCircleError
├── InputError (also ValueError)      a file or value is wrong: what, where, the value, the remedy
│   └── ConflictError                 somebody else has changed the same registry meanwhile
└── NoWayError (also LookupError)     a well-formed question whose answer is "no way"

Exit codes live in ``cli``; HTTP codes live in the service.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ConflictError", "Fault", "InputError", "NoWayError", "ServiceCircleError", "disk_is_full", "room_in"]

_FULL = (errno.ENOSPC, errno.EDQUOT)
_NO_SPACE = "No space left on device"  # how compiled writers say it, which raise no OSError
_SHOWN = 20
_VALUE_CHARS = 80


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in an input: what, where, the value, the remedy."""

    problem: str
    remedy: str
    file: str | None = None
    row: int | None = None
    column: str | None = None
    value: object = None

    def __str__(self) -> str:
        """Return one line: where, what, value, remedy."""
        place = [p for p in (self.file, self.row and f"row {self.row}", self.column and f"column {self.column}") if p]
        where = ", ".join(str(p) for p in place)
        shown = "" if self.value is None else f" (value: {_short(self.value)})"
        return f"{where + ': ' if where else ''}{self.problem}{shown}. Remedy: {self.remedy}"


class ServiceCircleError(Exception):
    """Base of every error raised on purpose."""


class InputError(ServiceCircleError, ValueError):
    """One or more faults of an input, collected and raised once.

    Examples
    --------
    >>> str(InputError([Fault("unknown profile", "use one of: adult, elder", value="runner")]))
    "unknown profile (value: 'runner'). Remedy: use one of: adult, elder"
    """

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        lines = [str(f) for f in self.faults[:_SHOWN]]
        if len(self.faults) > _SHOWN:
            lines.append(f"... and {len(self.faults) - _SHOWN} more faults")
        super().__init__("\n".join(lines))


class ConflictError(InputError):
    """Somebody else has changed the same registry meanwhile: who, what and when; nothing was written."""


class NoWayError(ServiceCircleError, LookupError):
    """The question is sound and the answer is that there is no way."""


def disk_is_full(error: BaseException) -> bool:
    """Whether the disk had no room, also where a writer has said so in words of its own.

    Examples
    --------
    >>> disk_is_full(OSError(28, "No space left on device")), disk_is_full(OSError(13, "Permission denied"))
    (True, False)
    """
    causes = (error, error.__cause__, error.__context__)
    return any(
        cause.errno in _FULL if isinstance(cause, OSError) and cause.errno else _NO_SPACE in str(cause)
        for cause in causes
    )


@contextmanager
def room_in(folder: Path) -> Iterator[None]:
    """Say in our words that a disk is full, or a folder not to be written to.

    Raises
    ------
    InputError
        Nothing can be written into ``folder``.
    """
    try:
        yield
    except InputError:
        raise
    except (OSError, RuntimeError) as error:
        if not disk_is_full(error) and not isinstance(error, PermissionError):
            raise
        problem = "no room on the disk" if disk_is_full(error) else "it cannot be written to"
        raise InputError(
            [Fault(problem, "make room, or name another folder, and run again", value=str(folder))]
        ) from error


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _VALUE_CHARS else text[: _VALUE_CHARS - 1] + "…"
