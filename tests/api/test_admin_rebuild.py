"""A rebuild puts a whole new bundle in place of the old one, or leaves it alone."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from api.admin.keys import Scope
from api.admin.problems import ConflictingError
from api.admin.rebuilding import Job, JobState, Order, Rebuilds
from api.bundle import read_bundle
from api.errors import MissingError
from maps.__main__ import _parser as maps_parser
from servicecircle.cli_registry import seed_rows
from servicecircle.errors import Fault, InputError
from servicecircle.ingest.parameters import read_parameters
from servicecircle.ingest.study import read_study
from servicecircle.ingest.variant import variant_values
from servicecircle.model import Variant
from servicecircle.publish.manifest import BUNDLE_VERSION
from servicecircle.registry.store import create
from tests.api.admin_office import TOKENS, Holding, open_desk
from tests.town import Place, Town

PLACES = [Place("S1", "school", 200.0, 200.0, "中心小学")]
SLEEP = "import time; print('busy', flush=True); time.sleep(60)"
CHILD = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SLEEP!r}])"


@dataclass(frozen=True, slots=True)
class Scripted(Order):
    """An order whose stages are lines of Python; ``OUT`` is where they build."""

    lines: tuple[str, ...] = ()

    def stages(self, out: Path) -> dict[str, list[str]]:
        """Return the lines as commands."""
        text = f"from pathlib import Path; OUT = Path({str(out)!r}); OUT.mkdir(exist_ok=True)\n"
        return {f"s{i}": [sys.executable, "-c", text + line] for i, line in enumerate(self.lines)}


class Counting:
    """A holder that serves whatever it is told, or refuses."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.served: list[Path] = []
        self.refuses = refuses

    def swap(self, bundle: Path) -> None:
        """Serve it."""
        if self.refuses:
            raise InputError([Fault("not sound", "build it again")])
        self.served.append(bundle)


MANIFEST = '{"parameters_sha256": "a", "variant": {}, "bundle_version": 1}'
WRITES = f"(OUT / 'manifest.json').write_text({MANIFEST!r})"


@contextmanager
def _rebuilds(order: Order, holder: Counting) -> Iterator[Rebuilds]:
    rebuilds = Rebuilds(order, holder)
    try:
        yield rebuilds
    finally:
        rebuilds.close()


def _order(folder: Path, *lines: str) -> Scripted:
    link = folder / "build"
    if not link.exists():
        link.mkdir()
        (link / "manifest.json").write_text(MANIFEST, "utf-8")
    registry = folder.with_name(f"{folder.name}.gpkg")
    with closing(sqlite3.connect(registry)) as database:
        database.execute("CREATE TABLE IF NOT EXISTS t (x)")
    return Scripted(link, folder, registry, lines=lines)


def _ended(rebuilds: Rebuilds, job: Job, seconds: float = 60.0) -> Job:
    return _when(lambda: rebuilds.get(job.id), lambda seen: seen.state is not JobState.RUNNING, seconds)


def _when(look: Callable[[], Job], good: Callable[[Job], bool], seconds: float = 20.0) -> Job:
    end = time.monotonic() + seconds
    while not good(look()):
        assert time.monotonic() < end, look()
        time.sleep(0.02)
    return look()


def _left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@dataclass(frozen=True, slots=True)
class Undrawn(Order):
    """A real build; the map and the report are drawn by another application."""

    def stages(self, out: Path) -> dict[str, list[str]]:
        """Return the first stage."""
        return {"build": Order.stages(self, out)["build"]}


def test_a_rebuild_of_a_town_is_swapped_in_and_the_next_start_finds_it(tmp_path: Path) -> None:
    data = Town(blocks=4, places=PLACES).write(tmp_path / "town")
    registry, link, holder = tmp_path / "r.gpkg", tmp_path / "served" / "build", Holding()
    store = create(registry, seed_rows(data), at="2026-01-01T00:00:00Z")
    link.mkdir(parents=True)
    words = {"parameters_sha256": read_parameters().sha256(), "variant": variant_values(Variant())}
    words["bundle_version"] = BUNDLE_VERSION
    (link / "manifest.json").write_text(json.dumps(words), "utf-8")
    seen = store.read()
    store.commit(seen.table.assign(name="东门小学"), revision=seen.revision, author="a", reason="r", at="2026")
    rebuilds = Rebuilds(Undrawn(link, data, registry), holder)
    job = _ended(rebuilds, rebuilds.start("office"))
    assert (job.state, job.problem, job.author) == (JobState.DONE, None, "office")
    names = [list(bundle.layers["facilities"]["name"]) for bundle in (holder.served[0], read_bundle(link))]
    assert names == [["东门小学"], ["东门小学"]]
    assert link.is_symlink()
    built = {entry.name: entry.sha256 for entry in holder.served[0].manifest.inputs}
    assert built == read_study(data, link / "registry.gpkg").inputs
    assert holder.served[0].folder == link.resolve()
    assert _left(link.parent) == ["build", f"build-{job.id}", "build-before"]
    rebuilds.close()


def test_the_stages_are_commands_that_the_programs_know(tmp_path: Path) -> None:
    order = Order(tmp_path / "b", tmp_path / "d", tmp_path / "r.gpkg", tmp_path / "p.toml")
    stages = order.stages(tmp_path / "out")
    assert stages["build"][1:4] == ["-m", "servicecircle", "build"]
    assert stages["build"][-2:] == ["--params", str(tmp_path / "p.toml")]
    for stage, folder in (("map", "maps"), ("report", "report")):
        known = maps_parser().parse_args(stages[stage][3:])
        assert (known.bundle, known.out) == (tmp_path / "out", tmp_path / "out" / folder)


def test_one_at_a_time_each_replaces_the_last_and_one_before_is_kept(tmp_path: Path) -> None:
    holder = Counting()
    with _rebuilds(_order(tmp_path, WRITES), holder) as rebuilds:
        first = rebuilds.start("a")
        with pytest.raises(ConflictingError):
            rebuilds.start("b")
        jobs = [_ended(rebuilds, first)] + [_ended(rebuilds, rebuilds.start("b")) for _ in range(2)]
        assert [job.state for job in jobs] == [JobState.DONE] * 3
        assert [path.name for path in holder.served] == [f"build-{job.id}" for job in jobs]
        assert (tmp_path / "build").resolve() == holder.served[-1]
        assert set(_left(tmp_path)) >= {"build", f"build-{jobs[1].id}", f"build-{jobs[2].id}"}
        assert f"build-{jobs[0].id}" not in _left(tmp_path)
        assert [job.id for job in rebuilds.all()] == [job.id for job in reversed(jobs)]
        with pytest.raises(ConflictingError):
            rebuilds.cancel(first.id)
        with pytest.raises(MissingError):
            rebuilds.get("none")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "signal 9"),
        ("raise SystemExit('no such file: 长')", "no such file: 长"),
        ("(OUT / 'manifest.json').write_text('{}')", "other parameters_sha256"),
        ("pass", "not put in place"),
        ("(OUT / 'manifest.json').write_text('{')", "not put in place"),
    ],
)
def test_what_fails_leaves_the_old_bundle_and_nothing_else(tmp_path: Path, line: str, problem: str) -> None:
    holder = Counting()
    with _rebuilds(_order(tmp_path, line), holder) as rebuilds:
        job = _ended(rebuilds, rebuilds.start("a"))
    assert job.state is JobState.FAILED
    assert problem in str(job.problem)
    assert holder.served == []
    assert _left(tmp_path) == ["build"]
    assert (tmp_path / "build" / "manifest.json").read_text("utf-8") == MANIFEST


def test_a_bundle_that_the_holder_refuses_is_taken_away(tmp_path: Path) -> None:
    with _rebuilds(_order(tmp_path, WRITES), Counting(refuses=True)) as rebuilds:
        job = _ended(rebuilds, rebuilds.start("a"))
    assert (job.state, "not sound" in str(job.problem)) == (JobState.FAILED, True)
    assert _left(tmp_path) == ["build"]


@pytest.mark.parametrize("way", ["kill", "cancel", "close"])
def test_a_job_that_is_ended_leaves_no_process_and_the_old_bundle(tmp_path: Path, way: str) -> None:
    pids = tmp_path / "pids"
    line = f"import os; Path({str(pids)!r}).write_text(str(os.getpid())); print('busy', flush=True); {CHILD}"
    holder = Counting()
    with _rebuilds(_order(tmp_path, WRITES, line), holder) as rebuilds:
        job = rebuilds.start("a")
        seen = _when(lambda: rebuilds.get(job.id), lambda seen: seen.said == "busy" and seen.step == 2)
        assert seen.seconds > 0
        group = int(pids.read_text("utf-8"))
        if way == "kill":
            os.kill(group, signal.SIGKILL)
        elif way == "cancel":
            rebuilds.cancel(job.id)
        else:
            rebuilds.close()
        job = _ended(rebuilds, job)
        assert job.state is (JobState.FAILED if way == "kill" else JobState.CANCELLED)
        # whoever is left of the group would be found by its number
        end = time.monotonic() + 5
        while _alive(group) and time.monotonic() < end:
            time.sleep(0.02)
        assert not _alive(group)
    assert holder.served == []
    assert _left(tmp_path) == ["build", "pids"]


def test_what_a_killed_service_left_is_swept_at_the_next_start(tmp_path: Path) -> None:
    stamp = "20260101T000000Z-0123abcd"
    kept = [f"build-{stamp}", "build-mine.part", "build.part", f"other-{stamp}.part"]
    for name in (f"build-{stamp}.part", *kept):
        (tmp_path / name).mkdir()
    with _rebuilds(_order(tmp_path), Counting()):
        assert _left(tmp_path) == sorted(["build", *kept])


def test_over_http_a_rebuild_is_begun_watched_and_cancelled(tmp_path: Path) -> None:
    data = Town(blocks=3, places=PLACES).write(tmp_path / "town")
    served = tmp_path / "served"
    served.mkdir()
    desk = open_desk(tmp_path, data, served / "build")
    desk.office.rebuilds.order = _order(served, SLEEP)
    begun = desk.ask("POST", "/admin/rebuilds", TOKENS[Scope.REBUILD])
    assert begun.status_code == 202
    path = begun.headers["Location"]
    assert path == f"/admin/jobs/{begun.json()['id']}"
    assert desk.ask("POST", "/admin/rebuilds").status_code == 409
    assert desk.ask("GET", path, TOKENS[Scope.READ_LOG]).json()["state"] == "running"
    assert desk.ask("DELETE", path, TOKENS[Scope.EDIT]).status_code == 403
    assert desk.ask("DELETE", path).json()["state"] == "cancelled"
    assert desk.ask("GET", "/admin/jobs").json()["jobs"][0]["state"] == "cancelled"
    acts = [line["act"] for line in desk.office.audit.last(3)]
    assert "rebuild cancelled" in acts
    desk.office.close()


def _alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
