"""Fixtures shared by all tests: a town known by hand, and the bundled district."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import Browser

from maps.study import write_study
from servicecircle.datasets import bundled_study
from servicecircle.ingest.parameters import read_parameters
from servicecircle.ingest.planning import read_planning
from servicecircle.ingest.study import read_study
from servicecircle.ingest.walkable import load_rules
from servicecircle.model import Study, Variant
from servicecircle.pipeline import Results, Streets, build_streets, run
from servicecircle.publish.bundle import write_bundle
from tests import chromium as browsers
from tests.shared import once
from tests.town import Town
from tests.warm import commands

# A law is broken by an answer, not by its time on two busy cores; and a run says the same on every machine.
# HYPOTHESIS_PROFILE=wild looks for new counterexamples.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.register_profile("wild", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

Run = Callable[..., "subprocess.CompletedProcess[str]"]


class Silent:
    """Progress that nobody watches."""

    def step(self, text: str) -> None:
        """Say nothing."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in the summary, not in a dot, that the browser tests did not run."""
    if browsers.executable() is None:
        terminalreporter.write_line(browsers.MISSING, red=True, bold=True)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their argument: what a compressor writes may hold the time, and two workers must agree."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start the browser of this machine, once a module."""
    with browsers.started() as browser:
        yield browser


def _runs(*program: str | Path) -> Run:
    def call(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        command = [*map(str, program), *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, encoding="utf-8")

    return call


@pytest.fixture(scope="session")
def program() -> Run:
    """Run the command line as it is started: a new interpreter, which loads everything first."""
    return _runs(sys.executable, "-m", "servicecircle")


@pytest.fixture(scope="session")
def warm() -> Iterator[Path]:
    """Give the folder of the commands that need no loading."""
    with commands() as folder:
        yield folder


@pytest.fixture(scope="session")
def cli(warm: Path) -> Run:
    """Run the command line in a process of its own, without the loading."""
    return _runs(warm / "servicecircle")


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """Return the study folder of a small town, to be damaged at will."""
    return Town().write(tmp_path / "town")


@pytest.fixture(scope="session")
def district() -> Study:
    """Read the bundled district."""
    return read_study(bundled_study())


@pytest.fixture(scope="session")
def streets(district: Study) -> Streets:
    """Price the district's streets for an adult."""
    return build_streets(district, read_parameters(), load_rules())


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Compute the whole district, once for all workers."""

    def make(folder: Path) -> None:
        study = read_study(bundled_study())
        planning = read_planning(bundled_study(), study)
        found = run(study, read_parameters(), load_rules(), Variant(), Silent(), planning)
        (folder / "results").write_bytes(pickle.dumps(found))

    return pickle.loads((once(tmp_path_factory, "results", make) / "results").read_bytes())  # noqa: S301  our own


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """Give the district's bundle; that a user's build gives the same is seen with the page that builds it."""

    def make(folder: Path) -> None:
        write_bundle(request.getfixturevalue("results"), folder / "build")

    return once(tmp_path_factory, "bundle", make) / "build"


@pytest.fixture(scope="session")
def district_map(tmp_path_factory: pytest.TempPathFactory, bundle: Path) -> Path:
    """Give the district's map, drawn once for all workers."""
    return once(tmp_path_factory, "map", lambda folder: write_study(bundle, folder)) / "study.html"
