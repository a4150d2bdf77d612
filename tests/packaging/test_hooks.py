"""The pre-commit hooks are local, and run tools that the project has."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]


def test_the_hooks_are_local_tools_of_the_project() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    assert [repo["repo"] for repo in config["repos"]] == ["local"]
    makefile = (ROOT / "Makefile").read_text("utf-8")
    checked = set(re.findall(r"^\t@\$\(BIN\)/(ruff check|ruff format|mypy|lint-imports)", makefile, re.MULTILINE))
    hooks = config["repos"][0]["hooks"]
    assert all(hook["language"] == "system" for hook in hooks)
    run = {re.match(r"\.venv/bin/(ruff \w+|[\w-]+)", hook["entry"])[1] for hook in hooks}
    assert run == checked
