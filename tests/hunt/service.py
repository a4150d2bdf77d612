"""The service under attack and load: ``python -m tests.hunt.service`` runs every recipe and prints what was seen.

``--only NAME`` runs one; ``--scale 0.1`` makes all of them a tenth as long. What a recipe promises is asserted.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.hunt import service_contract, service_load, service_swaps, service_threads

Recipe = Callable[[Path, Path, float], list[str]]

RECIPES: dict[str, Recipe] = {
    "contract": lambda bundle, folder, scale: service_contract.contract(bundle, folder, int(10_000 * scale)),
    "latency": lambda bundle, folder, scale: service_load.latency(bundle, folder, 20 * scale),
    "overload": lambda bundle, folder, scale: service_load.overload(bundle, folder, 20 * scale),
    "silence": lambda bundle, folder, scale: service_load.silence(bundle, folder, int(1000 * scale)),
    "swaps": lambda bundle, folder, scale: service_swaps.swap_under_load(bundle, folder, max(2, int(20 * scale))),
    "damages": lambda bundle, folder, scale: service_swaps.damages(bundle, folder, max(4, int(40 * scale))),
    "kills": lambda bundle, folder, scale: service_swaps.kills(bundle, folder, max(2, int(20 * scale))),
    "threads": lambda bundle, _, scale: service_threads.many_threads(bundle, int(10_000 * scale)),
    "soak": lambda bundle, folder, scale: service_load.soak(bundle, folder, SOAK_MINUTES * scale),
}
SOAK_MINUTES = float(os.environ.get("SOAK_MINUTES", "30"))


def main(arguments: list[str]) -> None:
    """Run the recipes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", type=Path, default=Path("build"))
    parser.add_argument("--only", choices=RECIPES, action="append")
    parser.add_argument("--scale", type=float, default=1.0)
    given = parser.parse_args(arguments)
    for name in given.only or RECIPES:
        begun = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            for line in RECIPES[name](given.bundle.resolve(), Path(folder), given.scale):
                sys.stdout.write(f"{name}: {line}\n")
        sys.stdout.write(f"{name}: done in {time.perf_counter() - begun:.0f} s\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
