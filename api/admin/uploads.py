"""Lists that came in and wait to be imported: each in a folder of its own, few of them, for an hour."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any

import anyio

from api.admin.problems import LargeError, faulty
from api.errors import MissingError
from servicecircle.errors import Fault

__all__ = ["Upload", "Uploads"]

_MOST = 8
_KEPT_S = 3600.0
_MOST_NAME_BYTES = 180
_FORBIDDEN = set('/\\:*?"<>|')


@dataclass(frozen=True, slots=True)
class Upload:
    """A list as it came: its file, whose it is, when it came by the process's clock; and how it was tried."""

    id: str
    file: Path
    owner: str
    came: float
    sheet: str | None = None
    choices: Mapping[str, Any] = field(default_factory=dict)
    revision: int = -1


class Uploads:
    """The lists in a temporary folder, which goes when the service ends."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="servicecircle-uploads-"))
        self._lock = Lock()
        self._kept: dict[str, Upload] = {}

    async def take(self, name: str, owner: str, chunks: AsyncIterator[bytes], most: int) -> Upload:
        """Keep a list under the name that it has on its owner's machine.

        Raises
        ------
        FaultyError
            The name is no file's name, or the list is empty.
        LargeError
            It has more than ``most`` bytes.
        """
        if not _is_name(name):
            raise faulty([Fault("not the name of a file", "give its name without a folder", column="name")])
        number = secrets.token_urlsafe(16).replace("-", "_")
        folder = self.folder / number
        folder.mkdir()
        try:
            await _write(folder / name, chunks, most)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        upload = Upload(number, folder / name, owner, monotonic())
        with self._lock:
            self._kept[number] = upload
            self._forget()
        return upload

    def remember(self, number: str, sheet: str | None, choices: Mapping[str, Any], revision: int) -> None:
        """Keep how a list was tried, and on which revision of the registry."""
        with self._lock:
            if number in self._kept:
                self._kept[number] = replace(self._kept[number], sheet=sheet, choices=choices, revision=revision)

    def get(self, number: str, owner: str) -> Upload:
        """Return a list to whom it belongs.

        Raises
        ------
        MissingError
            It was dropped, or never came from this key.
        """
        with self._lock:
            self._forget()
            upload = self._kept.get(number)
        if upload is None or upload.owner != owner:
            message = "no such list any more; send it again"
            raise MissingError(message)
        return upload

    def drop(self, number: str) -> None:
        """Forget a list."""
        with self._lock:
            upload = self._kept.pop(number, None)
        if upload is not None:
            shutil.rmtree(upload.file.parent, ignore_errors=True)

    def close(self) -> None:
        """Take everything away."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _forget(self) -> None:
        """Drop what is old, and the oldest of too many."""
        since = monotonic() - _KEPT_S
        old = [u for u in self._kept.values() if u.came < since]
        old += list(self._kept.values())[: max(0, len(self._kept) - _MOST)]
        for upload in old:
            self._kept.pop(upload.id, None)
            shutil.rmtree(upload.file.parent, ignore_errors=True)


async def _write(path: Path, chunks: AsyncIterator[bytes], most: int) -> None:
    size = 0
    async with await anyio.open_file(path, "xb") as file:
        async for chunk in chunks:
            size += len(chunk)
            if size > most:
                detail = f"a list of {most >> 20} MB at most"
                raise LargeError(detail)
            await file.write(chunk)
    if not size:
        raise faulty([Fault("the file is empty", "send the file as the body")])


def _is_name(name: str) -> bool:
    """Whether this is the name of one file, on any system."""
    return (
        bool(name.strip(". "))
        and len(name.encode("utf-8", "replace")) <= _MOST_NAME_BYTES
        and name.isprintable()
        and not _FORBIDDEN & set(name)
    )
