"""The import contracts hold, and each of them is seen to break when its rule is."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
LAYERS = "Stages stand on layers"
# contract -> a module and the import it may not have
BREACHES = {
    LAYERS: ("servicecircle/errors.py", "servicecircle.crs"),
    "The library knows no application": ("servicecircle/units.py", "jinja2"),
    "graph knows arrays, not geography": ("servicecircle/graph.py", "shapely"),
    "Maps draw the bundle, they do not compute": ("maps/style.py", "networkx"),
    "The applications do not know each other": ("maps/style.py", "api.settings"),
    "The service stands on layers": ("api/schemas.py", "api.settings"),
}


def settings() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]


CONTRACTS = [contract["name"] for contract in settings()["contracts"]]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the linter on the packages of a folder."""
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run([program, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Copy the packages and their contracts, to be broken."""
    for package in settings()["root_packages"]:
        for module in (ROOT / package).rglob("*.py"):
            target = tmp_path / module.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(module, target)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def broken(printed: str) -> set[str]:
    return {name for name in CONTRACTS if f"{name} BROKEN" in printed}


def test_the_contracts_hold() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in done.stdout


def test_the_contracts_hold_in_a_copy_too(copy: Path) -> None:
    assert lint(copy).returncode == 0


@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_forbidden_import_breaks_its_contract(copy: Path, contract: str) -> None:
    module, forbidden = BREACHES[contract]
    with (copy / module).open("a", encoding="utf-8") as file:
        file.write(f"\nimport {forbidden}\n")
    done = lint(copy)
    assert done.returncode != 0
    assert contract in broken(done.stdout)


def test_every_module_of_the_library_has_its_layer() -> None:
    (contract,) = [c for c in settings()["contracts"] if c["name"] == LAYERS]
    layered = {name.strip() for layer in contract["layers"] for name in layer.split("|")}
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in (ROOT / "servicecircle").rglob("*.py")
        if path.stem not in {"__init__", "__main__"}
    }
    assert [m for m in sorted(modules) if not any(m == name or m.startswith(f"{name}.") for name in layered)] == []
    assert [name for name in sorted(layered) if not any(m == name or m.startswith(f"{name}.") for m in modules)] == []
