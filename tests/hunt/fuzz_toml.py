"""Hunt: any bytes under the name of one of our TOML files are its value, or an InputError.

The first byte says which file: parameters, a what-if, published counts, categories.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

from servicecircle.datasets import bundled_study
from servicecircle.errors import InputError
from servicecircle.ingest.declared import read_declared
from servicecircle.ingest.facilities import read_categories
from servicecircle.ingest.parameters import read_parameters
from servicecircle.ingest.variant import read_variant
from tests.hunt.fuzzing import hunt, scratch

_READERS: tuple[Callable[[Path], object], ...] = (read_parameters, read_variant, read_declared, read_categories)


def one(data: bytes) -> None:
    """Read the bytes as the file that the first one says."""
    reader = _READERS[data[0] % len(_READERS) if data else 0]
    with contextlib.suppress(InputError):
        assert reader(scratch("file.toml", data[1:])) is not None


def seeds() -> list[bytes]:
    """Return the files of the package and of the bundled study, and small ones."""
    rules = files("servicecircle").joinpath("rules")
    profile = '[circles]\nminutes = [5, 10]\n[profiles.own]\nlike = "adult"\n'
    variant = (
        'profile = "elder"\npaid = true\nat = "2026-11-22T10:00"\nclosed = ["way/1"]\nday = "2026-09-01"\npace = 1.1\n'
    )
    count = '[[declared]]\nof = "school"\ncount = 38\nat_least = false\nwording = "x"\npaper = "y"\ndate = 2025-12-10\n'
    return [
        b"\x00" + profile.encode(),
        b"\x00" + rules.joinpath("parameters.toml").read_bytes(),
        b"\x01" + variant.encode(),
        b"\x02" + count.encode(),
        b"\x02" + (bundled_study() / "declared.toml").read_bytes(),
        b"\x03" + (bundled_study() / "categories.toml").read_bytes(),
    ]


def main() -> None:
    """Hunt with atheris."""
    hunt("tests.hunt.fuzz_toml")


if __name__ == "__main__":
    main()
