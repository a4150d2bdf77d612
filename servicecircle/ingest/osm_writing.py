"""OpenStreetMap files written so that a full disk is an error, and not the end of the process."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import osmium

__all__ = ["whole_writer", "writer"]


@contextmanager
def writer(out: Path, header: Any = None) -> Iterator[osmium.SimpleWriter]:  # noqa: ANN401 - osmium has no types
    """Open a file to write objects into; a file of that name is replaced.

    Raises
    ------
    RuntimeError, OSError
        It cannot be written: no right, no room.
    """
    opened = osmium.SimpleWriter(out, header=header or osmium.io.Header(), overwrite=True)
    try:
        yield opened
        opened.close()
    except BaseException:
        try:
            opened.close()
        except (RuntimeError, OSError):
            # Once a write has failed libosmium's writer fails again when it is taken apart, which ends the process
            # (std::terminate). So this one is never taken apart: a reference to it is kept for good.
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(opened))
        raise


@contextmanager
def whole_writer(out: Path, source: Path) -> Iterator[Callable[[Any], None]]:
    """Give what adds objects to a file; in the end it also holds everything that they refer to, out of the source.

    What was added stands for the source's object of the same id.

    Raises
    ------
    RuntimeError, OSError
        As ``writer``; or the source cannot be read.
    """
    references = osmium.IdTracker()
    with TemporaryDirectory(prefix="servicecircle-") as scratch:
        added = Path(scratch) / "added.osm.pbf"
        with writer(added) as first:

            def add(thing: Any) -> None:  # noqa: ANN401
                references.add_references(thing)
                first.add(thing)

            yield add
        references.complete_backward_references(source, relation_depth=0)
        others = osmium.FileProcessor(source).with_filter(references.id_filter())
        with writer(out) as last:
            for ours, theirs in osmium.zip_processors(osmium.FileProcessor(added), others):
                last.add(ours or theirs)
