"""The wheel: built from the checkout, installed where nothing of the checkout is, and used there. No network."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.town import Town

ROOT = Path(__file__).resolve().parents[2]
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet", "--isolated")
MAKERS = {"make.py", "making"}


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(*PIP, "wheel", "--no-index", "--no-deps", "--no-build-isolation", "-w", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the bin folder of an environment that holds the wheel; its dependencies are borrowed."""
    venv = tmp_path_factory.mktemp("venv")
    run(sys.executable, "-m", "venv", "--without-pip", venv, cwd=venv)
    python = venv / "bin" / "python"
    run(*PIP, "--python", python, "install", "--no-index", "--no-deps", wheel, cwd=venv)
    where = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=venv).strip()
    # paths in a .pth file are searched last, and their own .pth files (the editable checkout) are not read
    (Path(where) / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    return python.parent


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run([*map(str, command)], cwd=cwd, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def names(wheel: Path) -> set[str]:
    with ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_it_holds_the_library_alone(wheel: Path) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert {name.partition("/")[0] for name in names(wheel)} == {
        "servicecircle",
        f"servicecircle-{version}.dist-info",
    }


def test_it_holds_every_module_and_rule(wheel: Path) -> None:
    package = ROOT / "servicecircle"
    ours = {
        path.relative_to(ROOT).as_posix()
        for path in package.rglob("*")
        if path.suffix in {".py", ".toml", ".sql", ".typed"} or path.name == "py.typed"
    }
    inside = {name for name in names(wheel) if name.startswith("servicecircle/") and "/_data/" not in name}
    assert inside == ours


def test_it_holds_the_data_and_not_what_made_them(wheel: Path) -> None:
    data = ROOT / "data" / "geo"
    kept = {p.name for p in data.iterdir() if p.name not in MAKERS and not p.name.startswith((".", "__"))}
    inside = {name.removeprefix("servicecircle/_data/geo/") for name in names(wheel) if "/_data/" in name}
    assert inside == kept
    with ZipFile(wheel) as archive:
        for name in kept:
            assert archive.read(f"servicecircle/_data/geo/{name}") == (data / name).read_bytes(), name


def test_it_says_what_it_needs_and_under_which_licence(wheel: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    with ZipFile(wheel) as archive:
        (name,) = [n for n in archive.namelist() if n.endswith("METADATA")]
        lines = archive.read(name).decode().splitlines()
        assert any(n.endswith("licenses/LICENSE") for n in archive.namelist())
    needed = [line for line in lines if line.startswith("Requires-Dist: ") and "extra ==" not in line]
    assert len(needed) == len(project["dependencies"])
    assert not [line for line in needed if "fastapi" in line or "folium" in line]
    assert f"Requires-Python: {project['requires-python']}" in lines
    assert "License-Expression: MIT" in lines


def test_the_installed_library_is_not_the_checkout(installed: Path, tmp_path: Path) -> None:
    code = "import servicecircle, servicecircle.datasets as d; print(servicecircle.__file__); print(d.bundled_study())"
    lines = run(installed / "python", "-c", code, cwd=tmp_path).splitlines()
    for line in lines:
        assert Path(line).is_relative_to(installed.parent.resolve()), line


def test_the_applications_are_not_there(installed: Path, tmp_path: Path) -> None:
    code = "import importlib.util as u; print([n for n in ('api', 'maps', 'tests') if u.find_spec(n)])"
    assert run(installed / "python", "-c", code, cwd=tmp_path).strip() == "[]"


@pytest.mark.long
def test_it_builds_a_town(installed: Path, tmp_path: Path) -> None:
    Town().write(tmp_path / "town")
    run(installed / "servicecircle", "build", "--data", "town", "--out", "out", cwd=tmp_path)
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))
    assert manifest["area"]["id"] == "town"
    for layer in manifest["layers"]:
        assert (tmp_path / "out" / layer["file"]).is_file()


def test_it_walks_the_bundled_district(installed: Path, tmp_path: Path) -> None:
    ends = ("--from", "106.5706,29.5564", "--to", "106.5692,29.5539")
    walk = json.loads(run(installed / "servicecircle", "walk", *ends, "--json", cwd=tmp_path))
    assert walk["reachable"] is True
    assert 300 < walk["seconds"] < 1200
    assert any(leg["kind"] == "stairs" for leg in walk["legs"])
