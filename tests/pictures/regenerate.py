"""Remake the stored pictures; look at them before they are kept.

python -m tests.pictures.regenerate [--bundle FOLDER] [--only NAME ...]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from maps.printing import find_fonts
from maps.report.reading import read_study
from maps.sheet.content import read_content
from maps.study import write_study
from tests import chromium
from tests.pictures.made import SCREENS, SHEETS, STORED, screens, sheet, small


def main() -> None:
    """Make every picture anew, or those that are named."""
    parser = argparse.ArgumentParser(prog="python -m tests.pictures.regenerate", description="Remake docs/images.")
    parser.add_argument("--bundle", type=Path, default=Path("build"), help="what servicecircle build wrote")
    parser.add_argument("--only", nargs="*", default=[*SCREENS, *SHEETS], metavar="NAME", help="all, unless named")
    options = parser.parse_args()
    for name, picture in _made(options.bundle, set(options.only)):
        data = small(picture)
        (STORED / f"{name}.png").write_bytes(data)
        sys.stdout.write(f"{STORED / name}.png  {len(data) / 1e3:.0f} kB\n")


def _made(bundle: Path, names: set[str]) -> Iterator[tuple[str, Image.Image]]:
    if names & set(SCREENS):
        with tempfile.TemporaryDirectory() as folder, chromium.started() as browser:
            for name, picture in screens(write_study(bundle, Path(folder)), browser):
                if name in names:
                    yield name, picture
    if names & set(SHEETS):
        content = read_content(read_study(bundle), find_fonts())
        for name in SHEETS:
            if name in names:
                yield name, sheet(name, content)


if __name__ == "__main__":
    main()
