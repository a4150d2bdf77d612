"""The program kept warm: modules loaded and the bundled district read once, and each command in a fork of that.

A command has a process, a folder, an environment and streams of its own, as the program has; what it does not pay for
is the loading. The program as it is started by a user is run in ``tests/packaging`` and by the fixture ``program``.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import select
import shlex
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import servicecircle
from servicecircle import cli, pipeline
from servicecircle.datasets import bundled_study
from servicecircle.ingest import study as reading
from servicecircle.ingest.parameters import read_parameters
from servicecircle.ingest.walkable import load_rules
from servicecircle.model import Study, Variant

__all__ = ["commands"]

CLIENT = Path(__file__).with_name("warm_client.py")
COMMANDS = ("servicecircle", "python")
READY = "ready\n"
MOST_WAITING = 16


@contextmanager
def commands() -> Iterator[Path]:
    """Give a folder with ``servicecircle`` and ``python``, to be run as programs or put on the PATH.

    ``python`` takes ``-c PROGRAM`` only, and warnings are errors in it.
    """
    with TemporaryDirectory(prefix="warm-") as scratch:
        folder, door = Path(scratch) / "bin", Path(scratch) / "door"
        folder.mkdir()
        for name in COMMANDS:
            words = [sys.executable, "-I", "-S", str(CLIENT), str(door), name]
            (folder / name).write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n', "utf-8")
            (folder / name).chmod(0o755)
        serve = [sys.executable, "-W", "error", "-m", "tests.warm", str(door)]
        pipe = subprocess.PIPE
        with subprocess.Popen(serve, stdin=pipe, stdout=pipe, text=True, cwd=CLIENT.parents[1]) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            assert process.stdout.readline() == READY
            yield folder
            process.stdin.close()


def _load() -> None:
    """Load every module of the library, which commands do as they need them."""
    for found in pkgutil.walk_packages(servicecircle.__path__, "servicecircle."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)


def _remember_the_district() -> None:
    """Read the bundled study and build an adult's streets once; asked for the same again, give these."""
    read, build = reading.read_study, pipeline.build_streets
    folder, rules, parameters = bundled_study(), load_rules(), read_parameters()
    district = read(folder)
    adult = build(district, parameters, rules)
    adult.walker()

    def read_study(asked: Path, registry: Path | None = None) -> Study:
        return district if asked == folder and registry is None else read(asked, registry)

    def build_streets(study: Study, given: Any, kept: Any, variant: Variant = Variant()) -> pipeline.Streets:  # noqa: B008
        same = study is district and (given, kept, variant) == (parameters, rules, Variant())
        return adult if same else build(study, given, kept, variant)

    reading.read_study, pipeline.build_streets = read_study, build_streets


def _serve(door: str) -> None:
    """Answer at the door until whoever started this lets go of the standard input."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(door)
        listening.listen(MOST_WAITING)
        sys.stdout.write(READY)
        sys.stdout.flush()
        running = set[int]()
        while sys.stdin not in select.select([listening, sys.stdin], [], [])[0]:
            line, _ = listening.accept()
            with line:
                child = os.fork()
                if child == 0:
                    listening.close()
                    _answer(line)
            running.add(child)
            running -= {pid for pid in running if os.waitpid(pid, os.WNOHANG)[0]}


def _answer(line: socket.socket) -> None:
    """Run one command in this fork, tell its exit code, and be gone without leave of the parent's objects."""
    head, streams, _, _ = socket.recv_fds(line, 4, 3)
    message = b""
    while len(message) < int.from_bytes(head, "big"):
        message += line.recv(1 << 16)
    asked = json.loads(message)
    for target, stream in enumerate(streams):
        os.dup2(stream, target)
        os.close(stream)
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)  # noqa: SIM115
    code = _run(asked["words"])
    line.send(bytes([code]))
    os._exit(code)


def _run(words: list[str]) -> int:
    code: object = 0
    try:
        if words[0] == "python":
            exec(compile(words[2], "<string>", "exec"), {"__name__": "__main__"})  # noqa: S102
        else:
            sys.argv = words
            cli.main()
    except SystemExit as ended:
        code = ended.code
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
        code = 1
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        code = 1
    return code if isinstance(code, int) else int(code is not None)


if __name__ == "__main__":
    _load()
    _remember_the_district()
    gc.collect()
    gc.freeze()
    _serve(sys.argv[1])
