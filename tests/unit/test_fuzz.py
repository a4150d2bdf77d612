"""Each fuzz target for a moment: its seeds and always the same mutants of them, each in bounded time."""

from __future__ import annotations

import importlib
import time
from pathlib import Path

import pytest

from tests.hunt.fuzzing import mutants

HUNT = Path(__file__).parents[1] / "hunt"
COUNTS = {"fuzz_sheet": 60, "fuzz_geojson": 400, "fuzz_overpass": 400, "fuzz_toml": 250, "fuzz_facilities": 60}
SLOWEST_S = 5.0


@pytest.mark.parametrize("name", sorted(COUNTS))
def test_bytes_are_a_value_or_an_input_error(name: str) -> None:
    target = importlib.import_module(f"tests.hunt.{name}")
    for data in mutants(target.seeds(), COUNTS[name], seed=7):
        begin = time.process_time()
        try:
            target.one(data)
        except Exception as error:
            error.add_note(f"the bytes: {data!r}")
            raise
        assert time.process_time() - begin < SLOWEST_S


@pytest.mark.parametrize("name", sorted(COUNTS))
def test_the_seeds_are_read(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """At least one seed is a value: a target whose every input is refused hunts nothing."""
    target = importlib.import_module(f"tests.hunt.{name}")
    read: list[object] = []
    for reader in ("read_intake", "read_geojson", "read_overpass", "read_facilities"):
        if hasattr(target, reader):
            true = getattr(target, reader)
            monkeypatch.setattr(target, reader, lambda *given, true=true: read.append(true(*given)) or read[-1])
    if hasattr(target, "_READERS"):
        spies = tuple(lambda path, true=true: read.append(true(path)) or read[-1] for true in target._READERS)  # noqa: SLF001
        monkeypatch.setattr(target, "_READERS", spies)
    for seed in target.seeds():
        target.one(seed)
    assert len(read) >= len(target.seeds()) / 2


def test_every_target_is_run() -> None:
    ours = {path.stem for path in HUNT.glob("fuzz_*.py")}
    assert set(COUNTS) <= ours
    assert all(callable(importlib.import_module(f"tests.hunt.{name}").main) for name in COUNTS)


def test_mutants_are_always_the_same() -> None:
    seeds = [b"name,lon\nA,106.5\n", b"x"]
    assert [*mutants(seeds, 50, seed=1)] == [*mutants(seeds, 50, seed=1)] != [*mutants(seeds, 50, seed=2)]
