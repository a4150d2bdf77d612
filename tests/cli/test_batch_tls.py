"""A real Dask cluster over TLS on this machine: the same bytes as one process, and no other authority's."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from tests.town import Place, Town

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command"),
]
PATIENCE_S = 60


@pytest.fixture(scope="module")
def areas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("towns")
    school = Place("S1", "school", 0.0, 200.0, "中心小学")
    for name, blocks in (("a", 4), ("b", 3)):
        Town(blocks=blocks, people=900, places=[school]).write(folder / name)
    rows = (f'[[area]]\nid = "{name}"\nstudy = "{name}"\n' for name in ("a", "b"))
    (folder / "areas.toml").write_text("\n".join(rows), "utf-8")
    return folder / "areas.toml"


def openssl(*words: str, cwd: Path) -> None:
    subprocess.run(["openssl", *words], cwd=cwd, check=True, capture_output=True)


def authority(folder: Path) -> Path:
    """Make an authority, and a certificate of it, as docs/many-districts.md does."""
    folder.mkdir()
    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl(
        "req", "-x509", *new, "-keyout", "ca-key.pem", "-out", "ca.pem", "-days", "2", "-subj", "/CN=ours", cwd=folder
    )
    openssl("req", *new, "-keyout", "node-key.pem", "-out", "node.csr", "-subj", "/CN=node", cwd=folder)
    signed = ("-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial", "-days", "2")
    openssl("x509", "-req", "-in", "node.csr", *signed, "-out", "node.pem", cwd=folder)
    return folder


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return authority(tmp_path_factory.mktemp("tls") / "ours")


@pytest.fixture(scope="module")
def scheduler(ours: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a scheduler and a worker in processes of their own; give their address."""
    folder = tmp_path_factory.mktemp("cluster")
    found = folder / "scheduler.json"
    tls = ["--protocol", "tls", "--tls-ca-file", str(ours / "ca.pem")]
    tls += ["--tls-cert", str(ours / "node.pem"), "--tls-key", str(ours / "node-key.pem"), "--no-dashboard"]
    here = ["--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0", "--scheduler-file", str(found)]
    work = ["--nworkers", "1", "--nthreads", "1", "--local-directory", str(folder)]
    with contextlib.ExitStack() as running:
        log = running.enter_context((folder / "log.txt").open("w"))
        for role in (["scheduler", "--port", "0"], ["worker", *work]):
            command = [sys.executable, "-m", "dask", *role, *tls, *here]
            process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
            running.callback(_ended, process)
            _wait_for(found, process, folder / "log.txt")
        yield json.loads(found.read_text("utf-8"))["address"]


def _ended(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait_for(file: Path, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE_S
    while not (file.is_file() and file.stat().st_size):
        assert process.poll() is None, log.read_text("utf-8")
        assert time.monotonic() < until, log.read_text("utf-8")
        time.sleep(0.1)


def batch(areas: Path, out: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "servicecircle", "batch", str(areas), "--out", str(out), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, env=dict(os.environ))


def known(folder: Path, ca: Path | None = None) -> list[str]:
    ca = ca or folder / "ca.pem"
    return ["--tls-ca", str(ca), "--tls-cert", str(folder / "node.pem"), "--tls-key", str(folder / "node-key.pem")]


def content(out: Path) -> dict[str, bytes]:
    files = {p.relative_to(out).as_posix(): p for p in sorted(out.rglob("*")) if p.is_file()}
    read = {name: path.read_bytes() for name, path in files.items() if not name.endswith("cost.json")}
    table = pd.read_csv(files["national/summary.csv"], dtype=str).drop(columns=["seconds", "peak_mb"])
    return read | {"national/summary.csv": table.to_csv().encode()}


def test_a_cluster_over_tls_gives_the_same_bytes(areas: Path, scheduler: str, ours: Path, tmp_path: Path) -> None:
    assert scheduler.startswith("tls://127.0.0.1:")
    over = batch(areas, tmp_path / "over", "--scheduler", scheduler, *known(ours))
    assert over.returncode == 0, over.stderr
    alone = batch(areas, tmp_path / "alone", "--workers", "0")
    assert alone.returncode == 0, alone.stderr
    assert "done 2" in over.stdout
    assert content(tmp_path / "over") == content(tmp_path / "alone")


@pytest.mark.parametrize("wrong", ["theirs alone", "their certificate", "no certificate"])
def test_another_authority_is_refused_in_words(
    wrong: str, areas: Path, scheduler: str, ours: Path, tmp_path: Path
) -> None:
    theirs = authority(tmp_path / "theirs")
    if wrong == "no certificate":
        (theirs / "node.pem").write_text("none")
    files = known(theirs, None if wrong == "theirs alone" else ours / "ca.pem")
    began = time.monotonic()
    answer = batch(areas, tmp_path / "out", "--scheduler", scheduler, *files)
    assert answer.returncode == 2, answer.stderr
    assert "Traceback" not in answer.stderr
    words = "not a PEM certificate" if wrong == "no certificate" else "not of the same authority"
    assert words in answer.stderr
    assert "Remedy: " in answer.stderr
    assert time.monotonic() - began < PATIENCE_S
