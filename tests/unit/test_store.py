"""The registry in its GeoPackage: nothing lost, nothing half-written, every change told, whoever made it."""

from __future__ import annotations

import resource
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from servicecircle.datasets import bundled_study
from servicecircle.errors import ConflictError, InputError
from servicecircle.ingest.registry import COLUMNS, content_sha256, read_registry
from servicecircle.ingest.study import read_study
from servicecircle.ingest.text_table import read_text_table
from servicecircle.model import Study
from servicecircle.registry.store import GeoPackageRegistry, create, open_registry
from servicecircle.schemas import FACILITY_COLUMNS, FACILITY_OPTIONAL
from tests.hunt import fuzz_registry
from tests.hunt.kill_imports import places
from tests.ogr import editing, library

AT = "2026-01-02T03:04:05Z"
ROOT = Path(__file__).parents[2]
SEED = bundled_study() / "facilities.csv"
with_gdal = pytest.mark.skipif(library() is None, reason="pyogrio comes without a GDAL of its own here")


def rows(**changes: str) -> pd.DataFrame:
    """Return three places P00000 to P00002, each with these changes."""
    return places(3).assign(**changes)


@pytest.fixture
def store(tmp_path: Path) -> GeoPackageRegistry:
    return create(tmp_path / "places.gpkg", rows(), at=AT)


def commit(store: GeoPackageRegistry, upserts: pd.DataFrame, *removed: str, author: str = "Li") -> int:
    revision = store.read().revision
    return store.commit(upserts, removed, revision=revision, author=author, reason="list of May", at=AT)


def cell(store: GeoPackageRegistry, place: str, column: str) -> str:
    return str(store.read().table.loc[place, column])


def sql(path: Path, *statements: str) -> None:
    """Change a registry as any SQLite program does."""
    with closing(sqlite3.connect(path)) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()


def moved(fid: int, lon: float, srs: int = 4326, more: str = "") -> str:
    return f"UPDATE places SET geom = {point(lon, 29.5, srs)}{more} WHERE fid = {fid}"  # noqa: S608 - our own words


def point(lon: float, lat: float, srs: int = 4326) -> str:
    return "x'" + (b"GP\0\1" + struct.pack("<iBIdd", srs, 1, 1, lon, lat)).hex() + "'"


# What it reads


def test_the_districts_registry_gives_the_facilities_of_its_csv(tmp_path: Path, district: Study) -> None:
    seed = read_text_table(SEED, FACILITY_COLUMNS, FACILITY_OPTIONAL).cells
    made = create(tmp_path / "places.gpkg", seed, at=AT)
    study = read_study(bundled_study(), made.path)
    pd.testing.assert_frame_equal(
        study.facilities.drop(columns="row"), district.facilities.drop(columns="row"), check_like=True
    )
    assert study.facilities["row"].tolist() == list(range(1, len(seed) + 1))
    assert study.inputs["registry"] == content_sha256(seed)
    assert dict(district.inputs) | {"registry": study.inputs["registry"]} == dict(study.inputs) | {
        "facilities.csv": district.inputs["facilities.csv"]
    }
    assert made.read().table.to_numpy().tolist() == seed[list(COLUMNS)].to_numpy().tolist()


def test_a_study_with_a_registry_needs_no_csv(tmp_path: Path, town: Path) -> None:
    seed = read_text_table(town / "facilities.csv", FACILITY_COLUMNS, FACILITY_OPTIONAL).cells
    made = create(tmp_path / "places.gpkg", seed, at=AT)
    (town / "facilities.csv").unlink()
    assert read_study(town, made.path).facilities["name"].tolist() == ["中心小学"]
    with pytest.raises(InputError, match=r"facilities\.csv"):
        read_study(town)


def test_the_hash_is_that_of_the_content(store: GeoPackageRegistry, tmp_path: Path) -> None:
    first = read_registry(store.path).sha256
    other = create(tmp_path / "other.gpkg", rows().iloc[::-1], at="2027-01-01T00:00:00Z", author="Wu")
    assert read_registry(other.path).sha256 == first == content_sha256(rows())
    commit(store, rows(note="new"))
    assert read_registry(store.path).sha256 != first
    store.undo(author="Li", at=AT)
    assert read_registry(store.path).sha256 == first


def test_positions_are_rounded_and_empty_text_is_missing_text(store: GeoPackageRegistry) -> None:
    sql(
        store.path,
        moved(1, 106.123456789),
        "UPDATE places SET geom = NULL, note = NULL WHERE fid = 2",
    )
    table = store.read().table
    assert table.loc["P00000", ["lon", "lat"]].tolist() == ["106.1234568", "29.5000000"]
    assert table.loc["P00001", ["lon", "lat", "note"]].tolist() == ["", "", ""]
    assert tuple(table.columns) == COLUMNS


def test_columns_of_a_qgis_user_are_left_aside_and_named(store: GeoPackageRegistry) -> None:
    sql(store.path, "ALTER TABLE places ADD COLUMN 我的备注 TEXT")
    assert read_registry(store.path).notes == ("places.gpkg: columns not read: 我的备注",)
    assert commit(store, rows(note="still writes")) == 2


def test_a_missing_column_is_a_fault(store: GeoPackageRegistry) -> None:
    sql(store.path, "ALTER TABLE places RENAME COLUMN note TO remark")
    with pytest.raises(InputError, match="column note: the column is missing"):
        read_registry(store.path)


@pytest.mark.parametrize(
    ("statement", "row", "words"),
    [
        ("INSERT INTO places (name) VALUES ('新学校')", 4, "column facility_id: not an id"),
        (moved(2, 1, srs=3857), 2, "no point in WGS 84"),
        ("UPDATE places SET geom = x'00' WHERE fid = 2", 2, "no point in WGS 84"),
        ("UPDATE places SET kind = 'shop' WHERE fid = 3", 3, "unknown kind"),
        ("UPDATE places SET name = 'a' || char(8238) || 'b' WHERE fid = 3", 3, "hidden character U\\+202E"),
    ],
)
def test_an_edit_elsewhere_is_checked_like_a_csv_file(town: Path, statement: str, row: int, words: str) -> None:
    seed = read_text_table(town / "facilities.csv", FACILITY_COLUMNS, FACILITY_OPTIONAL).cells
    seed = pd.concat([seed.assign(facility_id=f"S{i}") for i in range(3)])
    path = create(town / "places.gpkg", seed, at=AT).path
    read_study(town, path)
    sql(path, statement)
    with pytest.raises(InputError, match=f"places.gpkg, row {row}, .*{words}"):
        read_study(town, path)


# What it writes


def test_a_commit_adds_changes_and_removes_and_says_so(store: GeoPackageRegistry) -> None:
    changed = pd.concat([rows(note="new").iloc[:1], places(1, first=7)])
    assert commit(store, changed, "P00002") == 2
    assert store.read().table["note"].to_dict() == {"P00000": "new", "P00001": "0", "P00007": "0"}
    last = store.log().iloc[-1]
    assert last[["author", "reason", "at", "added", "changed", "removed"]].tolist() == [
        "Li",
        "list of May",
        AT,
        1,
        1,
        1,
    ]
    assert set(last["facility_ids"]) == {"P00000", "P00002", "P00007"}
    assert store.read().revision == 3


def test_rows_that_say_nothing_new_change_nothing(store: GeoPackageRegistry) -> None:
    commit(store, rows(lon="106.50000000", lat="29.56"))
    before = store.read().revision
    commit(store, rows(lon="106.5", lat="29.560000000"))
    assert store.read().revision == before


@pytest.mark.parametrize(
    ("upserts", "removed", "words"),
    [
        (rows(facility_id="P00000"), (), "the id occurs twice"),
        (rows(facility_id=""), (), "not an id"),
        (rows(lat=""), (), "half a position"),
        (rows(lon="east"), (), "not a number"),
        (rows(note="a\0b"), (), "not text that can be stored"),
        (rows().drop(columns="note"), (), "column note: the column is missing"),
        (rows().assign(phone="1"), (), "column phone: an unknown column"),
        (rows().iloc[:1], ("P9",), "no such place"),
        (rows().iloc[:1], ("P00000",), "both written and removed"),
    ],
)
def test_what_cannot_be_stored_is_refused_whole(
    store: GeoPackageRegistry, upserts: pd.DataFrame, removed: tuple[str, ...], words: str
) -> None:
    before = store.path.read_bytes()
    with pytest.raises(InputError, match=words):
        commit(store, upserts, *removed)
    assert store.path.read_bytes() == before


def test_who_writes_on_an_old_reading_is_told_what_changed(store: GeoPackageRegistry) -> None:
    revision = store.read().revision
    commit(store, rows(note="Wu's").iloc[1:2], author="Wu")
    with pytest.raises(ConflictError, match=rf"row 2: changed by Wu at {AT} \(commit 2\) \(value: 'P00001'\)"):
        store.commit(rows(note="Li's"), (), revision=revision, author="Li", reason="", at=AT)
    assert cell(store, "P00001", "note") == "Wu's"


# What it takes back


def test_an_undo_can_be_undone(store: GeoPackageRegistry) -> None:
    before = store.read().table
    commit(store, pd.concat([rows(note="new", lon="", lat="").iloc[:1], places(1, first=7)]), "P00002")
    after = store.read().table
    store.undo(author="Wu", at=AT)
    pd.testing.assert_frame_equal(store.read().table, before)
    store.undo(author="Wu", at=AT)
    pd.testing.assert_frame_equal(store.read().table, after)
    assert store.log()["undoes"].tolist()[2:] == [2, 3]


def test_an_undo_is_refused_where_somebody_has_built_on_it(store: GeoPackageRegistry) -> None:
    first = commit(store, rows(note="first"))
    later = commit(store, rows(note="later").iloc[1:2], author="Wu")
    with pytest.raises(ConflictError, match=rf"row 2: changed again by Wu .*'P00001'.*undo commit {later} first"):
        store.undo(first, author="Li", at=AT)
    store.undo(later, author="Li", at=AT)
    store.undo(first, author="Li", at=AT)
    assert set(store.read().table["note"]) == {"0"}


def test_an_undo_gives_no_facility_id_to_two_places(store: GeoPackageRegistry) -> None:
    removal = commit(store, rows().iloc[:0], "P00001")
    commit(store, rows(note="a new place").iloc[1:2])
    with pytest.raises(ConflictError, match="the facility_id belongs to another place now"):
        store.undo(removal, author="Li", at=AT)


@pytest.mark.parametrize(
    ("commit_id", "words"), [(None, "nothing to undo"), (1, "changed nothing"), (9, "no such commit")]
)
def test_there_must_be_something_to_undo(store: GeoPackageRegistry, commit_id: int | None, words: str) -> None:
    with pytest.raises(InputError, match=words):
        store.undo(commit_id, author="Li", at=AT)


REPLACE = "INSERT OR REPLACE INTO places (facility_id, name) VALUES ('{}', '{}')"
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["write", "remove", "sql", "replace", "undo"]), st.integers(0, 4), st.sampled_from("abc")
    ),
    max_size=8,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_undone_backwards_every_history_ends_where_it_began(steps: list[tuple[str, int, str]]) -> None:
    """Whoever made the changes, and whatever was undone between them."""
    with tempfile.TemporaryDirectory() as folder:
        store = create(Path(folder) / "places.gpkg", rows(), at=AT)
        began = store.read().table
        for step, number, text in steps:
            name, there = f"P{number:05}", f"P{number:05}" in store.read().table.index
            if step == "write":
                commit(store, places(1, text, number))
            elif step == "remove" and there:
                commit(store, rows().iloc[:0], name)
            elif step == "sql":
                sql(store.path, moved(number, 106.5, more=f", note = '{text}'"))
            elif step == "replace":
                sql(store.path, REPLACE.format(name, text))
            elif step == "undo" and store.read().revision:
                store.undo(author="Li", at=AT)
        log = store.log()
        for commit_id in log.loc[log["facility_ids"].map(len) > 0, "commit_id"].tolist()[::-1]:
            store.undo(commit_id, author="Li", at=AT)
        pd.testing.assert_frame_equal(store.read().table, began)


# What others do to it


def test_a_change_by_any_program_is_a_commit_of_its_own(store: GeoPackageRegistry) -> None:
    sql(store.path, "UPDATE places SET note = 'x' WHERE fid = 1", "DELETE FROM places WHERE fid = 2")
    sql(store.path, "UPDATE places SET note = 'x' WHERE fid = 1")  # says nothing new
    sql(store.path, "UPDATE places SET batch = '' WHERE fid = 1")  # empty is missing
    log = store.log().iloc[1:]
    assert log["author"].tolist() == ["another program"] * 2
    assert log["facility_ids"].tolist() == [("P00000",), ("P00001",)]
    assert store.read().revision == 2
    store.undo(author="Li", at=AT)
    assert "P00001" in store.read().table.index


@pytest.mark.parametrize("recursive", ["OFF", "ON"])
def test_a_point_moved_elsewhere_no_longer_claims_its_source(store: GeoPackageRegistry, recursive: str) -> None:
    sql(store.path, "UPDATE places SET position_source = 'OpenStreetMap'")
    sql(store.path, f"PRAGMA recursive_triggers = {recursive}", moved(1, 106.6))
    sql(store.path, moved(2, 106.6, more=", position_source = 'survey'"))
    ((today,),) = sqlite3.connect(":memory:").execute("SELECT date('now')").fetchall()
    assert cell(store, "P00000", "position_source") == f"moved in another program, {today}; before: OpenStreetMap"
    assert cell(store, "P00001", "position_source") == "survey"
    assert cell(store, "P00002", "position_source") == "OpenStreetMap"
    assert store.log()["changed"].tolist() == [0, 1, 1, 1, 1, 1]
    store.undo(5, author="Li", at=AT)
    assert store.read().table.loc["P00000", ["position_source", "lon"]].tolist() == ["OpenStreetMap", "106.5000000"]
    commit(store, rows(lon="106.7", position_source="survey").iloc[:1])
    assert cell(store, "P00000", "position_source") == "survey"


def test_a_replaced_row_is_logged_as_removed(store: GeoPackageRegistry) -> None:
    sql(store.path, "INSERT OR REPLACE INTO places (fid, facility_id) VALUES (1, 'P00001')")
    assert store.log().iloc[-1][["added", "removed"]].tolist() == [1, 2]
    store.undo(author="Li", at=AT)
    assert store.read().table["name"].tolist() == rows()["name"].tolist()


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM commits",
        "UPDATE commits SET author = 'nobody'",
        "DELETE FROM changes",
        "UPDATE changes SET before = NULL",
        "UPDATE OR REPLACE places SET facility_id = 'P00001' WHERE fid = 1",
        "UPDATE OR REPLACE places SET fid = 2 WHERE fid = 1",
        "ALTER TABLE places DROP COLUMN note",
    ],
)
def test_no_program_goes_round_the_log(store: GeoPackageRegistry, statement: str) -> None:
    commit(store, rows(note="x"))
    with pytest.raises(sqlite3.Error):
        sql(store.path, statement)
    assert len(open_registry(store.path).log()) == 2


@with_gdal
@pytest.mark.parametrize("wal", [False, True], ids=["journal", "wal"])
@pytest.mark.parametrize("indexed", [False, True], ids=["plain", "spatial index"])
def test_gdal_edits_it_as_qgis_does(store: GeoPackageRegistry, *, wal: bool, indexed: bool) -> None:
    with editing(store.path, wal=wal) as layer:
        if indexed:
            layer.sql("SELECT CreateSpatialIndex('places', 'geom')")
        layer.begin()
        assert layer.write(1, {"note": "QGIS", "batch": ""}) == 0
        assert layer.write(2, {}, (106.55, 29.56)) == 0
        assert layer.write(None, {"facility_id": "N1", "name": "新"}, (106.56, 29.56)) == 0
        assert layer.write(None, {"facility_id": "N1", "name": "twice"}) != 0
        assert layer.delete(3) == 0
        layer.end()
        assert layer.add_column("mine") == 0
        assert layer.drop_column("note") != 0
    table = store.read().table
    assert table["lon"].to_dict() == {"P00000": "106.5000000", "P00001": "106.5500000", "N1": "106.5600000"}
    assert table["note"].tolist() == ["QGIS", "0", ""]
    assert store.log()["facility_ids"].tolist()[1:] == [("P00000",), ("P00001",), ("N1",), ("P00002",)]
    commit(store, table.drop("N1").assign(note="ours", lon="106.7"), "N1")
    for commit_id in range(6, 1, -1):
        store.undo(commit_id, author="Li", at=AT)
    assert store.read().table.to_numpy().tolist() == rows().to_numpy().tolist()


def test_pyogrio_appends_and_reads(store: GeoPackageRegistry) -> None:
    layer = gpd.GeoDataFrame({"facility_id": ["N1"], "name": ["新"]}, geometry=[shapely.Point(106.5, 29.5)], crs=4326)
    pyogrio.write_dataframe(layer, store.path, layer="places", append=True)
    assert store.log().iloc[-1][["author", "added"]].tolist() == ["another program", 1]
    read = pyogrio.read_dataframe(store.path, layer="places")
    assert read["facility_id"].tolist() == ["P00000", "P00001", "P00002", "N1"]
    assert [name for name, _ in pyogrio.list_layers(store.path)] == ["places", "commits"]
    commit(store, rows(lon="106.9"))
    assert pyogrio.read_info(store.path, layer="places")["total_bounds"] == (106.5, 29.5, 106.9, 29.56)


# What it refuses


def foreign(path: Path) -> None:
    layer = gpd.GeoDataFrame({"name": ["x"]}, geometry=[shapely.Point(1, 2)], crs=4326)
    pyogrio.write_dataframe(layer, path, layer="places")


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:40_960])


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (Path.unlink, r"no such registry.*registry init"),
        (lambda path: (path.unlink(), path.mkdir()), "a folder"),
        (lambda path: path.write_bytes(b""), "not a GeoPackage"),
        (lambda path: path.write_text("facility_id,name\n"), "not a GeoPackage"),
        (lambda path: (path.unlink(), sql(path, "CREATE TABLE places (fid)")), "not a GeoPackage"),
        (lambda path: (path.unlink(), foreign(path)), "no registry"),
        (truncated, "damaged"),
        (lambda path: sql(path, "UPDATE state SET schema = 2"), "a registry of version 2"),
        (lambda path: sql(path, "DELETE FROM state"), "its state is lost"),
        (lambda path: sql(path, "DROP TRIGGER places_updated"), "the log is cut off"),
        (lambda path: sql(path, "DROP TABLE places"), "no registry"),
        (lambda path: sql(path, "UPDATE gpkg_geometry_columns SET srs_id = 0"), "not in WGS 84"),
    ],
)
def test_what_is_no_sound_registry_is_refused(store: GeoPackageRegistry, damage: object, words: str) -> None:
    damage(store.path)  # type: ignore[operator]
    with pytest.raises(InputError, match=words) as refused:
        open_registry(store.path)
    assert "Remedy" in str(refused.value)


def test_a_locked_registry_is_waited_for_then_named(store: GeoPackageRegistry) -> None:
    impatient = GeoPackageRegistry(store.path, wait_s=0.05)
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert len(impatient.read().table) == 3
        with pytest.raises(InputError, match=r"locked by another program.*QGIS"):
            commit(impatient, rows(note="x"))
        other.execute("COMMIT")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(InputError, match="locked by another program"):
            impatient.read()
    assert commit(impatient, rows(note="x")) == 2


@pytest.fixture
def read_only(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have SQLite open files as if one might only read them, which root always may."""
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda file, **more: connect(str(file).replace("=rw", "=ro"), **more))
    yield
    monkeypatch.undo()


@pytest.mark.usefixtures("read_only")
def test_a_read_only_registry_can_be_read_and_says_why_it_is_not_written(store: GeoPackageRegistry) -> None:
    assert len(store.read().table) == 3
    with pytest.raises(InputError, match=r"read-only.*Remedy"):
        commit(store, rows(note="x"))


def test_a_folder_that_may_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="cannot be written: No such file"):
        create(tmp_path / "nowhere" / "places.gpkg", rows(), at=AT)

    def refuse(**_: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    with pytest.raises(InputError, match=r"cannot be written: Permission denied.*Remedy"):
        create(tmp_path / "places.gpkg", rows(), at=AT)


@pytest.mark.parametrize("taken", ["places.gpkg", "places.gpkg-journal", "places.gpkg-wal"])
def test_nothing_is_overwritten(tmp_path: Path, taken: str) -> None:
    (tmp_path / taken).write_text("mine", "utf-8")
    with pytest.raises(InputError, match=rf"there already.*{taken}"):
        create(tmp_path / "places.gpkg", rows(), at=AT)
    assert [path.read_text("utf-8") for path in tmp_path.iterdir()] == ["mine"]


CRAMPED = """
import sys
from pathlib import Path
from servicecircle.errors import InputError
from servicecircle.registry.store import create, open_registry
from tests.hunt.kill_imports import places
path = Path(sys.argv[2])
try:
    if sys.argv[1] == "commit":
        open_registry(path).commit(places(2000), revision=0, author="Li", reason="", at="2026")
    else:
        create(path, places(2000), at="2026")
except InputError as error:
    print(error)
"""


@pytest.mark.parametrize("action", ["commit", "create"])
def test_a_full_disk_changes_nothing(store: GeoPackageRegistry, action: str) -> None:
    """Let a process write no file above 200 kB: what it then gets is what a full disk gives."""
    target = store.path if action == "commit" else store.path.with_name("other.gpkg")
    before = store.read()
    done = subprocess.run(
        [sys.executable, "-c", CRAMPED, action, str(target)],
        capture_output=True, text=True, check=True, cwd=ROOT,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000)),
    )  # fmt: skip
    assert "Remedy" in done.stdout, done
    assert "disk" in done.stdout
    assert "Traceback" not in done.stderr
    after = open_registry(store.path).read()
    pd.testing.assert_frame_equal(after.table, before.table)
    assert after.revision == before.revision
    assert [path.name for path in store.path.parent.iterdir()] == ["places.gpkg"]


# Hunts, in short


def test_killed_and_racing_processes_leave_it_whole() -> None:
    arguments = ["--kills", "5", "--creations", "2", "--races", "5", "--places", "500"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.hunt.kill_imports", *arguments],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 3


def test_damaged_bytes_are_refused_not_believed() -> None:
    for seed in fuzz_registry.seeds():
        fuzz_registry.one(seed)


def test_a_copy_is_a_registry_too(store: GeoPackageRegistry) -> None:
    copy = Path(shutil.copy(store.path, store.path.with_name("副本 copy#1%20?.gpkg")))
    assert commit(open_registry(copy), rows(note="x")) == 2
    assert cell(store, "P00000", "note") == "0"
