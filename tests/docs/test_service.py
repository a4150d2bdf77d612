"""What the page on the service says to ask is answered, and what it says to start can be started."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.main import main
from api.settings import Settings
from maps.__main__ import main as draw
from tests.docs.examples import ROOT

PAGE = (ROOT / "docs" / "api.md").read_text("utf-8")
ASKED = re.findall(r"^curl 'http://127\.0\.0\.1:8000([^']+)'$", PAGE, re.MULTILINE)


@pytest.fixture(scope="module")
def client(bundle: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(bundle=bundle))) as client:
        yield client


@pytest.mark.parametrize("question", ASKED)
def test_a_question_of_the_page_is_answered(client: TestClient, question: str) -> None:
    found = client.get(question)
    assert found.status_code == 200
    assert any(
        found.json().get(key)
        for key in ("legs", "places", "features", "gaps", "lights", "rows", "walks", "routes", "pairs")
    )


def test_what_comes_from_the_bundle_is_not_sent_twice(client: TestClient) -> None:
    table = PAGE[PAGE.index("## What a planner asks") : PAGE.index("## Ask it")]
    paths = [path.replace("{name}", "targets") for path in re.findall(r"^\| `(/[^?`]+)", table, re.MULTILINE)]
    assert len(paths) == 5
    for path in paths:
        tag = client.get(path).headers["ETag"]
        again = client.get(path, headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")


def test_there_are_questions() -> None:
    assert len(ASKED) >= 3


@pytest.mark.parametrize("path", ["/", "/family", "/docs", "/openapi.json"])
def test_a_page_of_the_page_is_there(client: TestClient, path: str) -> None:
    assert f"| `{path}` |" in PAGE
    assert client.get(path).status_code == 200


def test_what_is_private_is_not_stored(client: TestClient) -> None:
    assert "Cache-Control: no-store" in PAGE
    answer = client.get("/walk?from=106.5706,29.5564&to=106.5692,29.5539")
    assert answer.headers["cache-control"] == "no-store"


def test_the_applications_know_the_options_that_the_pages_give(capsys: pytest.CaptureFixture[str]) -> None:
    pages = PAGE + (ROOT / "docs" / "cli.md").read_text("utf-8")
    lines = re.findall(r"^python -m (api|maps)((?: [a-z]+)?)\b([^#\n]*)", pages, re.MULTILINE)
    assert {name for name, _, _ in lines} == {"api", "maps"}
    for name, command, rest in lines:
        with pytest.raises(SystemExit):
            {"api": main, "maps": draw}[name]([*command.split(), "--help"])
        told = capsys.readouterr().out
        for option in (word for word in shlex.split(rest) if word.startswith("--")):
            assert option in told, option
