"""Many districts: the same bytes whoever computes them, none lost to another's death, gone on with where it stopped."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from servicecircle.batch import district, engines, parts
from servicecircle.batch.areas import AREA_KEYS, Area, read_areas
from servicecircle.batch.cluster import Tls, check_address, on_cluster
from servicecircle.batch.district import Job, Outcome, State, run_district
from servicecircle.batch.engines import Room, in_processes, one_by_one, room_for
from servicecircle.batch.national import ALL, merge, read_national
from servicecircle.batch.parts import LAYERS, TABLES, input_digest
from servicecircle.batch.running import National, measured_mb, run_batch
from servicecircle.errors import InputError
from servicecircle.model import Study, Tier
from servicecircle.pipeline import Results
from tests.cli.conftest import Ask
from tests.docs.examples import ROOT
from tests.town import Place, Town

IDS = ("500103", "north", "south")
COSTS = ["seconds", "peak_mb"]


def tell(_: Outcome) -> None:
    """Say nothing."""


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write three towns: one with all tiers, one with schools alone, one without any place that has a position."""
    folder = tmp_path_factory.mktemp("towns")
    every = [
        Place("S1", "school", 0.0, 200.0, "中心小学"),
        Place("C1", "community", 100.0, 100.0, "西城社区"),
        Place("B1", "base", 300.0, 100.0, "老街", category="patriotic"),
    ]
    for name, town in {
        "a": Town(blocks=4, people=900, places=every),
        "b": Town(blocks=3, people=400, places=every[:1]),
        "c": Town(blocks=3, people=100, places=[replace(every[0], confidence="none")]),
    }.items():
        town.write(folder / name)
    rows = zip(IDS, ("a", "b", "c"), strict=True)
    text = "".join(f'[[area]]\nid = "{id_}"\nname = "{study}区"\nstudy = "{study}"\n\n' for id_, study in rows)
    (folder / "areas.toml").write_text(text, "utf-8")
    return folder


@pytest.fixture(scope="module")
def areas(towns: Path) -> tuple[Area, ...]:
    return read_areas(towns / "areas.toml")


@pytest.fixture(scope="module")
def one_process(areas: tuple[Area, ...], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, National]]:
    """Compute the three in this process, once for all tests; copies of it are damaged."""
    out = tmp_path_factory.mktemp("serial") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(district, "run", once_each(district.run))
        yield out, run_batch(areas, out, one_by_one, tell)


def once_each(run: Callable[..., Results]) -> Callable[..., Results]:
    """Compute the same study once: tests of what is written need not wait for it."""
    found: dict[tuple[tuple[str, str], ...], Results] = {}

    def look(study: Study, *rest: Any) -> Results:
        key = tuple(study.inputs.items())
        return found[key] if key in found else found.setdefault(key, run(study, *rest))

    return look


@pytest.fixture
def done(one_process: tuple[Path, National], tmp_path: Path) -> Path:
    return Path(shutil.copytree(one_process[0], tmp_path / "done"))


def content(out: Path) -> dict[str, bytes]:
    """Return every file by name; without what it cost, which no two runs share."""
    files = {p.relative_to(out).as_posix(): p for p in sorted(out.rglob("*")) if p.is_file()}
    read = {name: path.read_bytes() for name, path in files.items() if not name.endswith("cost.json")}
    table = pd.read_csv(files["national/summary.csv"], dtype=str).drop(columns=COSTS)
    return read | {"national/summary.csv": table.to_csv().encode()}


def states(national: National) -> dict[str, State]:
    return {outcome.district: outcome.state for outcome in national.outcomes}


def test_processes_give_the_same_bytes_and_outlive_a_killed_worker(
    one_process: tuple[Path, National], areas: tuple[Area, ...], tmp_path: Path
) -> None:
    out, killed = tmp_path / "out", []

    def watched(jobs: Iterator[Job]) -> Iterator[Job]:
        """Kill all workers before the third: the second is at work."""
        for number, job in enumerate(jobs):
            if number == 2:
                killed.extend(_kill_workers())
            yield job

    national = run_batch(areas, out, lambda jobs: in_processes(watched(jobs), Room(2, None)), tell)
    assert killed
    assert set(states(national).values()) <= {State.DONE, State.UNCHANGED}
    assert content(out) == content(one_process[0])


def _kill_workers() -> list[int]:
    """Kill the workers, and not the server they are forked from."""
    servers = [pid for pid in _children(os.getpid()) if b"forkserver" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    workers = [pid for server in servers for pid in _children(server)]
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    return workers


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning", "ignore::UserWarning")
def test_a_cluster_gives_the_same_bytes(
    one_process: tuple[Path, National], areas: tuple[Area, ...], tmp_path: Path
) -> None:
    distributed = pytest.importorskip("distributed")
    settings = {"n_workers": 1, "threads_per_worker": 1, "processes": False, "host": "127.0.0.1", "protocol": "tcp"}
    quiet = {"dashboard_address": "127.0.0.1:0", "worker_dashboard_address": "127.0.0.1:0"}
    with distributed.LocalCluster(**settings, **quiet) as local:
        out = tmp_path / "out"
        run_batch(areas, out, lambda jobs: on_cluster(jobs, local.scheduler_address), tell)
    assert content(out) == content(one_process[0])


def test_a_run_goes_on_from_what_is_there(done: Path, areas: tuple[Area, ...]) -> None:
    before = content(done)
    shutil.rmtree(done / "parts" / "north")
    (done / "parts" / ".south.half").mkdir()  # what a killed run leaves
    south = done / "parts" / "south" / "demand.parquet"
    south.write_bytes(south.read_bytes()[:-1])  # cut short
    again = run_batch(areas, done, one_by_one, tell)
    assert states(again) == {"500103": State.UNCHANGED, "north": State.DONE, "south": State.DONE}
    assert content(done) == before


@pytest.mark.parametrize("change", ["params", "variant", "whole", "program", "file"])
def test_a_part_is_of_all_its_inputs(
    change: str, areas: tuple[Area, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    area = replace(areas[2], study=Path(shutil.copytree(areas[2].study, tmp_path / "c")))
    before, whole = input_digest(area, whole=False), change == "whole"
    assert input_digest(area, whole=False) == before
    if change == "params":
        (tmp_path / "own.toml").write_text("[coverage]\nradius_m = 800\n")
        area = replace(area, params=tmp_path / "own.toml")
    elif change == "variant":
        (tmp_path / "what.toml").write_text("paid = true\n")
        area = replace(area, variant=tmp_path / "what.toml")
    elif change == "program":
        monkeypatch.setattr(parts, "program_digest", lambda: "another")
    elif change == "file":
        (area.study / "targets.toml").write_text("")
    assert input_digest(area, whole=whole) != before


def test_a_failing_district_is_recorded_and_the_others_are_unharmed(
    done: Path, areas: tuple[Area, ...], one_process: tuple[Path, National], tmp_path: Path
) -> None:
    broken = Path(shutil.copytree(areas[1].study, tmp_path / "b"))
    (broken / "ways.csv").unlink()
    (broken / "nodes.csv").write_text("node_id,lon,lat\n1,?,29\n")
    national = run_batch((areas[0], replace(areas[1], study=broken), areas[2]), done, one_by_one, tell)
    assert states(national) == {"500103": State.UNCHANGED, "north": State.FAILED, "south": State.UNCHANGED}
    errors = pd.read_csv(done / "national" / "errors.csv")
    assert errors[["district", "state"]].to_numpy().tolist() == [["north", "failed"]]
    assert "ways.csv" in errors["problem"].iloc[0]
    assert "Remedy: " in errors["problem"].iloc[0]
    # the part of other inputs is kept, and not counted
    assert (done / "parts" / "north" / "part.json").is_file()
    assert national.table["district"].tolist() == ["500103", "south", ALL]
    assert sorted(p.name for p in (done / "national" / "layers" / "demand").iterdir()) == [
        "district=500103", "district=south",
    ]  # fmt: skip
    run_batch(areas, done, one_by_one, tell)
    assert content(done) == content(one_process[0])


def test_an_error_nobody_thought_of_is_written_down(
    areas: tuple[Area, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for error, words in (
        (ZeroDivisionError("by nothing"), "ZeroDivisionError: by nothing (district.py, line"),
        (MemoryError(), "--memory-mb"),
    ):

        def fail(*_: object, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(district, "read_study", fail)
        outcome = run_district(Job(areas[0], tmp_path))
        assert (outcome.state, outcome.inputs, outcome.full) == (State.FAILED, "", False)
        assert words in outcome.problem
    assert not list(tmp_path.iterdir())


def test_a_full_disk_ends_the_run_and_loses_nothing(
    done: Path, areas: tuple[Area, ...], one_process: tuple[Path, National], monkeypatch: pytest.MonkeyPatch
) -> None:
    for part in ("north", "south"):
        shutil.rmtree(done / "parts" / part)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(parts, "_write_heads", full)
        national = run_batch(areas, done, one_by_one, tell)
    assert states(national) == {"500103": State.UNCHANGED, "north": State.FAILED, "south": State.NOT_RUN}
    errors = pd.read_csv(done / "national" / "errors.csv").set_index("district")["problem"]
    assert errors.str.contains("disk").all()
    assert sorted(p.name for p in (done / "parts").iterdir() if not p.name.startswith(".")) == ["500103"]
    run_batch(areas, done, one_by_one, tell)
    assert content(done) == content(one_process[0])


@pytest.mark.usefixtures("one_process")
def test_the_whole_bundle_is_kept_where_asked_for(
    areas: tuple[Area, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    job = Job(areas[2], tmp_path, whole=True)
    with monkeypatch.context() as patch:
        patch.setattr("servicecircle.publish.bundle._fill", full)
        outcome = run_district(job)
    assert (outcome.state, outcome.full) == (State.FAILED, True)
    assert "no room" in outcome.problem
    assert not list(tmp_path.iterdir())
    assert run_district(job).state == State.DONE
    assert (tmp_path / "south" / "bundle" / "manifest.json").is_file()


def test_no_room_for_the_national_tables_leaves_the_old_ones(
    done: Path, areas: tuple[Area, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content(done)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("servicecircle.batch.national._same_file", full)
    monkeypatch.setattr("pyarrow.parquet.write_table", full)
    with pytest.raises(InputError, match="No space left"):
        run_batch(areas, done, one_by_one, tell)
    assert content(done) == before


def test_layers_are_read_back_by_district(one_process: tuple[Path, National]) -> None:
    out, national = one_process
    facts = national.table.set_index("district")
    for layer in LAYERS:
        read = read_national(out, layer)
        assert set(read["district"]) <= set(IDS)
        assert read.crs is not None
        assert read.crs.to_epsg() == 4326
    homes = read_national(out, "demand", ["500103"])
    assert set(homes["district"]) == {"500103"}
    assert len(homes) == facts.loc["500103", "homes"]
    assert homes["people"].sum() == pytest.approx(900, abs=1)
    with pytest.raises(InputError, match="no such layer"):
        read_national(out, "street")
    for table in TABLES:
        assert len(list((out / "national" / "tables" / table).glob("district=*/part.parquet"))) == len(IDS)


def test_the_national_table_adds_up_and_says_what_is_unknown(one_process: tuple[Path, National]) -> None:
    out, national = one_process
    table = pd.read_csv(out / "national" / "summary.csv").set_index("district")
    assert table.index.tolist() == [*IDS, ALL]
    assert table["people"].tolist() == [900, 400, 100, 1400]
    assert table["places_school"].tolist() == [1, 1, 0, 2]
    coverage = pq.read_table(out / "national" / "tables" / "coverage" / "district=500103" / "part.parquet").to_pandas()
    chosen = coverage[(coverage["subdistrict"] == "district") & (coverage["measure"] == "walk")]
    at = chosen[chosen["cutoff_s"] == 900].set_index(["tier", "basis"])
    for tier in Tier:
        for basis in ("confirmed", "all"):
            assert table.loc["500103", f"share_{tier}_{basis}"] == pytest.approx(
                at.loc[(tier, basis), "share"], abs=1e-4
            )
    assert pd.isna(table.loc["south", "share_school_all"])  # no position: unknown, not nothing
    known = table.loc[["500103", "north"]]
    assert table.loc[ALL, "known_school_all"] == 1300
    assert table.loc[ALL, "share_school_all"] == pytest.approx(known["covered_school_all"].sum() / 1300, abs=1e-4)
    assert (table["seconds"] > 0).all()
    assert (table["peak_mb"] > 50).all()
    assert measured_mb(out) == pytest.approx(table.loc[sorted(IDS), "peak_mb"].tolist(), abs=0.01)
    assert national.table["district"].tolist() == [*IDS, ALL]


def test_columns_that_differ_are_put_under_one_schema(areas: tuple[Area, ...], done: Path) -> None:
    """One district's empty column is another's text, one's whole numbers another's fractions, one's is not there."""
    file = done / "parts" / "north" / "facilities.parquet"
    table = pq.read_table(file)
    length = len(table)
    assert length
    own = table.append_column("x_text", pa.array(["a"] * length)).append_column("x_n", pa.array([0.5] * length))
    pq.write_table(own, file)
    other = done / "parts" / "500103" / "facilities.parquet"
    table = pq.read_table(other)
    pq.write_table(table.append_column("x_n", pa.array([1] * len(table), pa.int64())), other)
    outcomes = {a.id: Outcome(a.id, State.DONE, input_digest(a, whole=False)) for a in areas}
    for part in ("north", "500103"):
        head = done / "parts" / part / "part.json"
        values = json.loads(head.read_text("utf-8"))
        values["files"]["facilities.parquet"] = (done / "parts" / part / "facilities.parquet").stat().st_size
        head.write_text(json.dumps(values), "utf-8")
    merge(areas, outcomes, done / "parts", done / "national")
    read = read_national(done, "facilities").set_index("district")
    assert set(read.loc[["north"], "x_text"]) == {"a"}
    assert read.loc[["north"], "x_n"].tolist() == [0.5] * length
    assert read["x_text"].drop("north").isna().all()


def test_a_folder_of_something_else_or_in_use_is_refused(areas: tuple[Area, ...], done: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match="something else"):
        run_batch(areas, tmp_path / "mine", one_by_one, tell)
    (tmp_path / "file").write_text("")
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(InputError, match="--out"):
            run_batch(areas, out, one_by_one, tell)

    def meanwhile(jobs: Iterator[Job]) -> Iterator[Outcome]:
        with pytest.raises(InputError, match="another batch"):
            run_batch(areas, done, one_by_one, tell)
        return one_by_one(jobs)

    run_batch(areas, done, meanwhile, tell)


def test_who_kills_its_process_twice_is_recorded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The rule alone, without processes: suspects are tried again one at a time, the innocent with success."""
    jobs = [Job(Area(name, "", tmp_path), tmp_path) for name in ("good", "killer", "late")]
    tried: list[tuple[list[str], int]] = []

    def together(feed: Iterator[Job], room: Room) -> Iterator[Outcome]:
        running = []
        for job in feed:
            running.append(job)
            if len(running) == room.workers:
                break
        tried.append(([j.area.id for j in running], room.workers))
        if any(job.area.id == "killer" for job in running):
            return running, True
        yield from (Outcome(j.area.id, State.DONE, "x") for j in running)
        return [], bool(running)

    monkeypatch.setattr(engines, "_together", together)
    outcomes = {o.district: o for o in in_processes(iter(jobs), Room(2, None))}
    assert {name: o.state for name, o in outcomes.items()} == {
        "good": State.DONE, "killer": State.FAILED, "late": State.DONE,
    }  # fmt: skip
    assert "twice" in outcomes["killer"].problem
    assert tried[:3] == [(["good", "killer"], 2), (["good"], 1), (["killer"], 1)]


def test_workers_are_as_many_as_have_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "available_mb", lambda: 6000.0)
    assert room_for(2) == Room(2, 3000.0)
    assert room_for(8) == Room(3, 2000.0)  # 1,000 MB are assumed
    assert room_for(8, [250.0, 300.0]) == Room(8, 750.0)
    assert room_for(8, [9000.0]) == Room(1, 18000.0)
    assert room_for(8, memory_mb=1500.0) == Room(4, 1500.0)
    monkeypatch.setattr(engines, "available_mb", lambda: None)
    assert room_for(8) == Room(8, None)


def test_the_list_says_every_fault_at_once(tmp_path: Path) -> None:
    Town(blocks=3).write(tmp_path / "town")
    (tmp_path / "list.toml").write_text(
        """
[[area]]
id = "a"
study = "town"

[[area]]
id = "A"
study = "nowhere"
params = "none.toml"

[[area]]
id = "../up"
study = "town"
colour = "red"

[[area]]
study = 7
""",
        "utf-8",
    )
    with pytest.raises(InputError) as raised:
        read_areas(tmp_path / "list.toml")
    told = [(fault.row, fault.column, fault.problem) for fault in raised.value.faults]
    assert told == [
        (6, "study", "no such study folder"),
        (6, "params", "no such file"),
        (6, "id", "listed in row 2 already"),
        (11, "colour", "an unknown key"),
        (11, "id", "no id"),
        (11, "study", "listed in row 2 already"),
        (16, "id", "the key is missing"),
        (16, "study", "of a wrong type"),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no [[area]]"),
        ("area = 3", "no [[area]]"),
        ("[[area]\n", "not TOML"),
        ("[[areas]]\nid = 'a'\n", "an unknown key"),
        (None, "cannot be read"),
    ],
)
def test_a_list_that_is_none(text: str | None, words: str, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "list.toml").write_text(text, "utf-8")
    with pytest.raises(InputError) as raised:
        read_areas(tmp_path / "list.toml")
    assert words in str(raised.value)


def test_a_scheduler_elsewhere_needs_tls(tmp_path: Path) -> None:
    for name in ("ca", "cert", "key"):
        (tmp_path / name).write_text("")
    tls = Tls(tmp_path / "ca", tmp_path / "cert", tmp_path / "key")
    for address in ("tcp://127.0.0.1:8786", "tcp://localhost:1", "tcp://[::1]:8786"):
        check_address(address, None)
    check_address("tls://10.0.0.5:8786", tls)
    for address, files, words in (
        ("tcp://10.0.0.5:8786", None, "without TLS"),
        ("tcp://example.org:8786", None, "without TLS"),
        ("tls://127.0.0.1:8786", None, "one end"),
        ("tcp://127.0.0.1:8786", tls, "one end"),
        ("tls://10.0.0.5:8786", replace(tls, key=tmp_path / "none"), "--tls-key"),
        ("127.0.0.1:8786", None, "not the address"),
        ("tcp://127.0.0.1:many", None, "not the address"),
        ("http://127.0.0.1:80", None, "not the address"),
    ):
        with pytest.raises(InputError) as raised:
            check_address(address, files)
        assert words in str(raised.value), address


def test_the_command_says_what_it_did(ask: Ask, done: Path, towns: Path) -> None:
    answer = ask("batch", towns / "areas.toml", "--out", done, "--workers", "0")
    assert answer.code == 0
    assert "未变 unchanged 3" in answer.out
    assert "人口 people: 1,400" in answer.out
    assert "1,300 known" in answer.out
    assert answer.err.count("unchanged") == len(IDS)


def test_the_command_refuses_in_words(ask: Ask, towns: Path, tmp_path: Path) -> None:
    command = ("batch", towns / "areas.toml", "--out", tmp_path / "out")
    ask("batch", tmp_path / "none.toml", "--out", tmp_path / "out").refuses("none.toml")
    ask(*command, "--workers=-1").refuses("--workers")
    ask(*command, "--memory-mb", "0").refuses("--memory-mb")
    ask(*command, "--scheduler", "tcp://10.0.0.5:8786").refuses("--scheduler", "TLS")
    ask(*command, "--scheduler", "tcp://127.0.0.1:8786", "--workers", "2").refuses("dask worker")
    ask(*command, "--tls-ca", towns / "areas.toml").refuses("--tls-key")
    assert not (tmp_path / "out").exists()


def test_the_command_fails_where_a_district_does(ask: Ask, done: Path, towns: Path) -> None:
    (towns / "bad").mkdir(exist_ok=True)
    text = (towns / "areas.toml").read_text("utf-8") + '[[area]]\nid = "bad"\nstudy = "bad"\n'
    (towns / "more.toml").write_text(text, "utf-8")
    answer = ask("batch", towns / "more.toml", "--out", done, "--workers", "0")
    assert answer.code == 2
    assert "失败 failed 1" in answer.out
    assert "bad: failed: " in answer.err
    assert "Traceback" not in answer.err


def test_the_page_names_every_key_column_and_layer(one_process: tuple[Path, National]) -> None:
    page = (ROOT / "docs" / "many-districts.md").read_text("utf-8")

    def told(heading: str) -> list[str]:
        part = page.partition(f"## {heading}\n")[2].partition("\n## ")[0]
        return re.findall(r"^\| `([^`]+)` \|", part, re.MULTILINE)

    assert told("The list") == list(AREA_KEYS.types)
    patterns = [c.replace("TIER", "[a-z]+").replace("BASIS", "(confirmed|all)") for c in told("summary.csv")]
    columns = list(one_process[1].table.columns)
    for column in columns:
        assert sum(bool(re.fullmatch(pattern, column)) for pattern in patterns) == 1, column
    for pattern in patterns:
        assert any(re.fullmatch(pattern, column) for column in columns), pattern
    assert ", ".join(f"`{name}`" for name in LAYERS) in page
    assert ", ".join(f"`{name}`" for name in TABLES) in page
