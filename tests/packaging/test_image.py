"""The container file, read: no engine is needed to see that it copies what exists and fetches nothing unlocked."""

from __future__ import annotations

import json
import re
import shlex
from fnmatch import fnmatch
from pathlib import Path

from api.settings import Settings, read_settings

ROOT = Path(__file__).resolve().parents[2]
_HOST = re.compile(r"https?://([^/'\"\s]+)")


def instructions() -> list[tuple[str, str]]:
    """Return every instruction with its arguments, continued lines joined, comments left out."""
    text = (ROOT / "Dockerfile").read_text("utf-8")
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    joined = re.sub(r"\\\n\s*", " ", lines)
    return [(head, rest.strip()) for head, _, rest in (line.partition(" ") for line in joined.splitlines() if line)]


def stages() -> list[list[tuple[str, str]]]:
    """Return the instructions of each stage."""
    found: list[list[tuple[str, str]]] = []
    for head, rest in instructions():
        if head == "FROM":
            found.append([])
        found[-1].append((head, rest))
    return found


def only(head: str) -> str:
    (found,) = [rest for name, rest in stages()[-1] if name == head]
    return found


def test_it_knows_only_instructions_that_exist() -> None:
    known = {"FROM", "RUN", "ENV", "WORKDIR", "COPY", "LABEL", "USER", "EXPOSE", "HEALTHCHECK", "STOPSIGNAL", "CMD"}
    assert {head for head, _ in instructions()} <= known


def test_every_copied_source_exists_and_reaches_the_builder() -> None:
    ignore = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    sent = [line.removeprefix("!") for line in ignore if line.startswith("!")]
    assert "*" in ignore
    copied = 0
    for head, rest in instructions():
        if head != "COPY" or "--from=" in rest:
            continue
        for source in shlex.split(rest)[:-1]:
            copied += 1
            assert (ROOT / source).exists(), source
            assert any(fnmatch(source, pattern) or source.startswith(f"{pattern}/") for pattern in sent), source
    assert copied > 5


def test_nothing_is_sent_that_is_not_copied() -> None:
    ignore = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    copied = {s for head, rest in instructions() if head == "COPY" for s in shlex.split(rest)[:-1]}
    assert {line.removeprefix("!") for line in ignore if line.startswith("!")} == copied - {
        s for s in copied if s.startswith(("--from", "/"))
    }


def test_what_a_later_stage_takes_an_earlier_one_made() -> None:
    names = [rest.partition(" AS ")[2] for stage in stages() for head, rest in stage if head == "FROM"]
    for head, rest in stages()[-1]:
        if head == "COPY":
            assert re.match(r"--from=(\S+) ", rest), rest
            assert shlex.split(rest)[0].removeprefix("--from=") in names


def test_it_names_no_index_and_installs_by_hash() -> None:
    text = (ROOT / "Dockerfile").read_text("utf-8")
    assert set(_HOST.findall(text)) <= {"127.0.0.1:8000"}
    assert not re.search(r"--(extra-)?index-url|-i http|trusted-host", text)
    installs = [part for _, rest in instructions() for part in rest.split("&&") if "pip install" in part]
    assert len(installs) == 2
    assert all("--require-hashes" in part or "--no-deps --no-build-isolation" in part for part in installs)


def test_it_runs_the_service_without_privileges() -> None:
    assert int(only("USER")) > 0
    assert json.loads(only("CMD")) == ["python", "-m", "api"]
    given = dict(pair.split("=", 1) for pair in shlex.split(only("ENV")))
    assert {name for name in given if name.startswith("SERVICECIRCLE_")} <= {
        f"SERVICECIRCLE_{name.upper()}" for name in Settings.model_fields
    }
    settings = read_settings({}, given)
    assert (settings.host, str(settings.port)) == ("0.0.0.0", only("EXPOSE"))  # noqa: S104
    assert settings.bundle == Path(only("WORKDIR")) / "build"
    check = only("HEALTHCHECK")
    assert f"127.0.0.1:{settings.port}/healthz" in check
    compile(json.loads(check[check.index("[") :])[2], "healthcheck", "exec")


def test_it_runs_the_python_of_the_project() -> None:
    (base,) = {rest.split()[0] for stage in stages() for head, rest in stage if head == "FROM"} - {"base"}
    assert base == "python:3.11-slim"
    assert any("/opt/venv/bin" in rest for head, rest in instructions() if head == "ENV")
