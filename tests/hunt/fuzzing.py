"""What the fuzz targets share: a file for the bytes, mutants without a fuzzer, and the fuzzer itself."""

from __future__ import annotations

import importlib
import random
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

__all__ = ["hunt", "mutants", "scratch"]

_TOKENS = tuple(
    text.encode()
    for text in (
        "NaN", "-Infinity", "1e999", "-1", "0", "99999999999999999999", "9" * 400, "null", "true", "[]", "{}",
        '""', '"', "'", ",", ";", "\n", "\r", "\t", "\x00", "[" * 3000, "\u202e", "\u200b", "名称", "<", "&lt;",
        "106°34′24″E",
        "2025-02-30", "0000-00-00", "\\ud800", "../x", "=1+1", "/",
    )
)  # fmt: skip
_FOLDER = tempfile.TemporaryDirectory(prefix="hunt-")


def scratch(name: str, data: bytes) -> Path:
    """Return a file of this process with the bytes; the next call of the same name writes over it."""
    path = Path(_FOLDER.name, name)
    path.write_bytes(data)
    return path


def mutants(seeds: Sequence[bytes], count: int, seed: int) -> Iterator[bytes]:
    """Yield the seeds, then mutants of them: always the same ones."""
    yield from seeds
    chance = random.Random(seed)  # noqa: S311
    for _ in range(count):
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(1, 4)):
            _mutate(data, chance, seeds)
        yield bytes(data)


def _mutate(data: bytearray, chance: random.Random, seeds: Sequence[bytes]) -> None:
    at = chance.randint(0, len(data))
    length = chance.randint(0, max(1, len(data) // 8))
    match chance.randint(0, 6):
        case 0:
            data[at : at + 1] = bytes([chance.randrange(256)])
        case 1:
            del data[at : at + length]
        case 2:
            data[at:at] = data[at : at + length]
        case 3:
            data[at:at] = chance.choice(_TOKENS)
        case 4:
            data[at : at + length] = chance.choice(_TOKENS)
        case 5:
            other = chance.choice(seeds)
            cut = chance.randint(0, len(other))
            data[at:] = other[cut:]
        case _:
            del data[at:]


def hunt(name: str) -> None:
    """Let atheris look for bytes that break the property of a target, from its seeds on; options are libFuzzer's."""
    import atheris  # noqa: PLC0415 - not on every platform

    warnings.simplefilter("error")
    for loaded in [module for module in sys.modules if module.split(".")[0] == "servicecircle"]:
        del sys.modules[loaded]
    with atheris.instrument_imports(include=["servicecircle"]):
        target = importlib.import_module(name)
    one: Callable[[bytes], None] = target.one
    with tempfile.TemporaryDirectory() as folder:
        for i, seed in enumerate(target.seeds()):
            Path(folder, f"seed-{i}").write_bytes(seed)
        atheris.Setup([*sys.argv, folder], one)
        atheris.Fuzz()
