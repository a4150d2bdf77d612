"""Any bytes for a registry: it opens, reads and takes a commit, or is refused with a word; nothing else, no hang.

Bytes that begin like SQLite are a file; all others are patches of three bytes (place, place, value) to a sound one.
"""

from __future__ import annotations

import inspect
import random
import sys
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

from servicecircle.errors import InputError
from servicecircle.ingest import registry
from servicecircle.ingest.registry import COLUMNS, read_registry
from servicecircle.registry import rows, schema, store
from servicecircle.registry.store import create, open_registry
from tests.hunt.kill_imports import places

_AT = "2026-01-01T00:00:00Z"
_MAGIC = b"SQLite format 3\0"
_PATCH = 3


@cache
def sound() -> bytes:
    """Return a registry of two places with one commit."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sound.gpkg"
        made = create(path, places(2), at=_AT)
        made.commit(places(2, "changed"), revision=0, author="fuzz", reason="seed", at=_AT)
        return path.read_bytes()


def seeds() -> list[bytes]:
    """Return inputs to begin with: a sound file, a cut one, no change, and changes all over it."""
    whole, throw = sound(), random.Random(1)  # noqa: S311 - no secret
    patches = [bytes(throw.randrange(256) for _ in range(_PATCH * 8)) for _ in range(20)]
    return [whole, whole[:40_000], b"", *patches]


def one(data: bytes) -> None:
    """Read, log, undo and commit what the bytes make; every refusal is an InputError."""
    if data.startswith(_MAGIC):
        content = data
    else:
        damaged = bytearray(sound())
        for at in range(0, len(data) - _PATCH + 1, _PATCH):
            place = int.from_bytes(data[at : at + 2], "big") * len(damaged) // 65536
            damaged[place] = data[at + 2]
        content = bytes(damaged)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "places.gpkg"
        path.write_bytes(content)
        with suppress(InputError):
            assert len(read_registry(path).sha256) == 64
        with suppress(InputError):
            opened = open_registry(path, wait_s=0.1)
            found = opened.read()
            assert tuple(found.table.columns) == COLUMNS
            opened.log()
            with suppress(InputError):
                opened.undo(author="fuzz", at=_AT)
            upserts = found.table[found.table["facility_id"] != ""].assign(note="again")
            opened.commit(upserts, revision=opened.read().revision, author="fuzz", reason="fuzz", at=_AT)


def main() -> None:
    """Fuzz until libFuzzer is told to stop."""
    import atheris  # noqa: PLC0415 - for x86 Linux alone

    # all the rest, numpy and pandas, would take minutes to instrument
    for module in (registry, store, rows, schema):
        for thing in vars(module).values():
            if inspect.isfunction(thing) and thing.__module__ == module.__name__:
                atheris.instrument_func(thing)
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
