"""What was done under which key: lines that only grow, each bound to the one before it by a hash.

The registry's own log says what became of each place. This one says the rest: uploads, undone attempts, wrong keys,
rebuilds, closed reports. No key, no address of a machine, no cell of a list stands in it.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from api.errors import ServiceError

__all__ = ["Audit", "now"]

_TAIL = 1 << 20
_MOST_LINE = 8000
_MOST_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Audit:
    """A file of JSON lines: ``at, key, act, status, about, before`` (the hash of the line before)."""

    path: Path

    def write(self, key: str, act: str, status: int, **about: object) -> None:
        """Add a line; it is on the disk when this returns.

        Raises
        ------
        ServiceError
            It cannot be written: then nothing may be done either.
        """
        try:
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                size = os.fstat(handle).st_size
                tail = os.pread(handle, _MOST_LINE, max(0, size - _MOST_LINE)).rstrip(b"\n")
                before = hashlib.sha256(tail.rpartition(b"\n")[2]).hexdigest() if size else ""
                short = {name: str(value)[:_MOST_CHARACTERS] for name, value in about.items() if value is not None}
                line = {"at": now(), "key": key, "act": act, "status": status, "about": short, "before": before}
                torn = b"\n" if size and os.pread(handle, 1, size - 1) != b"\n" else b""
                os.write(handle, torn + json.dumps(line, ensure_ascii=False).encode() + b"\n")
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            message = f"the audit log cannot be written: {error.strerror}"
            raise ServiceError(message) from error

    def require_open(self) -> None:
        """Refuse to go on where nothing could be written down.

        Raises
        ------
        ServiceError
            The file cannot be opened for writing.
        """
        try:
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600))
        except OSError as error:
            message = f"the audit log cannot be written: {error.strerror}"
            raise ServiceError(message) from error

    def last(self, count: int) -> list[dict[str, Any]]:
        """Return the last lines, the newest first; lines that cannot be read are left out."""
        try:
            with self.path.open("rb") as file:
                file.seek(max(0, self.path.stat().st_size - _TAIL))
                lines = file.read().splitlines()
        except FileNotFoundError:
            return []
        found = []
        for line in reversed(lines[-count:]):
            try:
                found.append(json.loads(line))
            except ValueError:
                continue
        return found

    def broken_at(self) -> int | None:
        """Return the number of the first line that does not follow from the one before it; None where all do."""
        before = ""
        lines = self.path.read_bytes().splitlines() if self.path.exists() else []
        for number, line in enumerate(lines, 1):
            try:
                sound = json.loads(line)["before"] == before
            except (ValueError, KeyError, TypeError):
                sound = False
            if not sound:
                return number
            before = hashlib.sha256(line).hexdigest()
        return None


def now() -> str:
    """Return the time, for the logs."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
