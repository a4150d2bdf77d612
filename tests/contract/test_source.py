"""What the source promises a reader: documented names, short modules, nothing of the machine it was written on."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import subprocess
import tokenize
from pathlib import Path

import pytest

import servicecircle

ROOT = Path(__file__).parents[2]
MOST_LINES = 350
MODULES = [
    found.name
    for found in pkgutil.walk_packages(servicecircle.__path__, "servicecircle.")
    if not found.name.endswith("__main__")
]
# a package index, however it is called, and the home of a person
MACHINE = re.compile(r"py" + r"pi\.|python" + r"hosted\.|--(extra-)?index" + r"-url|(?<![\w.~])/(home|Users|root)/\w")


def written(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def of_the_repository() -> list[Path]:
    """Every file that is kept, or would be with the next commit."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a checkout: nobody says which files belong to the repository")
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("name", MODULES)
def test_every_public_name_is_documented(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__
    for public in getattr(module, "__all__", []):
        thing = getattr(module, public)
        if not (inspect.isclass(thing) or inspect.isfunction(thing)):
            continue
        assert thing.__doc__, f"{name}.{public}"
        for member, value in vars(thing).items() if inspect.isclass(thing) else ():
            if not member.startswith("_") and (inspect.isfunction(value) or isinstance(value, property)):
                assert value.__doc__, f"{name}.{public}.{member}"


@pytest.mark.parametrize("name", MODULES)
def test_every_module_that_defines_something_says_what_is_public(name: str) -> None:
    module = importlib.import_module(name)
    own = [n for n, v in vars(module).items() if not n.startswith("_") and getattr(v, "__module__", None) == name]
    if own:
        assert set(module.__all__) <= set(vars(module))
        assert list(module.__all__) == sorted(module.__all__, key=lambda n: (not n.isupper(), not n[0].isupper(), n))


@pytest.mark.parametrize("package", ["servicecircle", "maps", "api"])
def test_no_module_is_long(package: str) -> None:
    lengths = {path.relative_to(ROOT): len(path.read_text("utf-8").splitlines()) for path in written(package)}
    assert lengths
    assert {path: lines for path, lines in lengths.items() if lines > MOST_LINES} == {}


def test_there_is_no_drawer_for_everything() -> None:
    drawers = {"utils", "util", "common", "helpers", "misc"}
    assert [
        path for package in ("servicecircle", "maps", "api") for path in written(package) if path.stem in drawers
    ] == []


def test_the_library_prints_nothing_and_reads_no_clock_or_environment() -> None:
    """The command line does, and is left out."""
    words = re.compile(r"\bprint\(|\bos\.environ|\bgetenv|\btime\.time|\.now\(|\btoday\(")
    shown = {
        "cli.py",
        "cli_route.py",
        "cli_import.py",
        "cli_registry.py",
        "summary.py",
        "summary_compare.py",
        "summary_design.py",
        "summary_import.py",
        "summary_routes.py",
        "summary_registry.py",
        "summary_site.py",
        "__main__.py",
    }
    for path in written("servicecircle"):
        if path.name in shown:
            continue
        with path.open("rb") as file:
            code = [
                t.string for t in tokenize.tokenize(file.readline) if t.type not in (tokenize.COMMENT, tokenize.STRING)
            ]
        assert not words.search("".join(code)), path


def test_no_file_names_a_package_index_or_a_home_folder() -> None:
    found = []
    for path in of_the_repository():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in MACHINE.finditer(text)]
    assert found == []


@pytest.mark.parametrize(
    "text",
    ["https://py" + "pi.org/simple", "files.python" + "hosted.org", "pip --index" + "-url x", '"/ho' + 'me/li/data"'],
)
def test_such_a_name_would_be_found(text: str) -> None:
    assert MACHINE.search(text)
