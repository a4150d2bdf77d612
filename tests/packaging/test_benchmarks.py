"""The hunt runs every program of benchmarks/."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.hunt.programs import RUNS

ROOT = Path(__file__).parents[2]


def test_every_program_is_run_by_the_hunt() -> None:
    files = {path.stem: path.read_text("utf-8") for path in (ROOT / "benchmarks").glob("*.py")}
    assert set(RUNS) == {name for name, text in files.items() if 'if __name__ == "__main__":' in text}
    for name, options in RUNS.items():  # an option that is no longer there would be seen only in the hunt
        words = {node.value for node in ast.walk(ast.parse(files[name])) if isinstance(node, ast.Constant)}
        assert {option for option in options if option.startswith("--")} <= words, name
