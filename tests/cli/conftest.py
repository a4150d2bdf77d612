"""The command line asked from within, and a town it is asked about."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from servicecircle import pipeline
from servicecircle.cli import main
from servicecircle.ingest.parameters import read_parameters
from servicecircle.ingest.planning import read_planning
from servicecircle.ingest.study import read_study
from servicecircle.ingest.walkable import load_rules
from servicecircle.model import Variant
from servicecircle.pipeline import Results
from tests.conftest import Silent
from tests.town import Place, Town


@dataclass(frozen=True)
class Answer:
    """What a command left: its exit code and what it printed."""

    code: object
    out: str
    err: str

    def refuses(self, *words: str) -> None:
        """Assert bad input, said in words and without a traceback."""
        assert self.code == 2, self
        assert self.out == ""
        assert "Traceback" not in self.err
        assert "Remedy: " in self.err
        for word in words:
            assert word in self.err


Ask = Callable[..., Answer]


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Run a command in this process, through the same door as the program's."""
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: str | Path) -> Answer:
        monkeypatch.setattr(sys, "argv", ["servicecircle", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return Answer(ended.value.code or 0, printed.out, printed.err)

    return call


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a town without fault, not to be touched: schools at one end, homes without any at the other."""
    places = [
        Place("S1", "school", 0.0, 500.0, "中心小学"),
        Place("C1", "community", 100.0, 100.0, "西城社区"),
        Place("B1", "base", 300.0, 100.0, "老街", status="candidate", category="patriotic"),
        Place("B2", "base", 0.0, 0.0, "书院", confidence="none", category="patriotic"),
    ]
    return Town(blocks=20, people=9000, places=places).write(tmp_path_factory.mktemp("sound") / "town")


@pytest.fixture(scope="session")
def sound_results(sound: Path) -> Results:
    """Compute the sound town once."""
    study = read_study(sound)
    return pipeline.run(study, read_parameters(), load_rules(), Variant(), Silent(), read_planning(sound, study))


@pytest.fixture
def computed(sound_results: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let builds of the sound town have their results at once: for tests of where they are written."""
    monkeypatch.setattr(pipeline, "run", lambda *_: sound_results)
