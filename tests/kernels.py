"""Compile the kernels once, before the workers of a run compile the same each: ``python -m tests.kernels``."""

from __future__ import annotations

from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from servicecircle.cli import app
from tests.town import Place, Town


def main() -> None:
    """Build a town in which each stage has something to do; what it calls is compiled and kept."""
    places = [
        Place("S1", "school", 900.0, 900.0, "中心小学"),
        Place("C1", "community", 300.0, 300.0, "第一社区家长学校"),
        Place("B1", "base", 500.0, 1100.0, "纪念馆", category="patriotic"),
        Place("B2", "base", 1300.0, 700.0, "博物馆", category="patriotic"),
    ]
    with TemporaryDirectory() as scratch, redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        town = Town(blocks=20, people=9000, places=places).write(Path(scratch) / "town")
        app(["build", "--data", str(town), "--out", str(Path(scratch) / "build")], standalone_mode=False)


if __name__ == "__main__":
    main()
