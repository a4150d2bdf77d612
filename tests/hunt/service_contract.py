"""Schemathesis asks whatever the OpenAPI document allows and forbids: no 5xx, no answer that it does not describe."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.hunt.service_running import SEED, serving

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)


def contract(bundle: Path, folder: Path, cases: int) -> list[str]:
    """Ask at least as many cases; what a check finds is printed, and fails the hunt."""
    asked, told = 0, []
    with serving(folder, "--bundle", str(bundle), "--rate-per-s", "0") as running:
        url = f"http://127.0.0.1:{running.port}/openapi.json"
        for seed in range(SEED, SEED + 50):
            command = [
                sys.executable, "-m", "schemathesis.cli", "run", url, "--max-examples", "60", "--seed", str(seed),
                "--checks", ",".join(CHECKS), "--continue-on-failure", "--no-color", "--warnings", "off",
                "--request-timeout", "60",
            ]  # fmt: skip
            done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
            found = re.search(r"([\d,]+) generated", done.stdout)
            assert found, done.stdout
            asked += int(found[1].replace(",", ""))
            if asked >= cases:
                break
        operations = re.search(r"Tested: (\d+)", done.stdout)
        assert operations
        told.append(f"{asked:,} cases over {operations[1]} operations; every answer is described, none is 5xx")
    assert asked >= cases, asked
    return told
