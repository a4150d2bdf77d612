"""Ways from ``nodes.csv`` and ``ways.csv``, the form in which a study area keeps its network."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from servicecircle.arrays import Ints
from servicecircle.errors import Fault, InputError
from servicecircle.ingest.draft import Draft, TagColumns, build_ways
from servicecircle.ingest.tags import NODE_TAGS, WAY_TAGS
from servicecircle.model import Ways

__all__ = ["read_ways"]

_WHOLE: tuple[Callable[[str], int], type[Any], str] = (int, np.int64, "a whole number")
_DECIMAL: tuple[Callable[[str], float], type[Any], str] = (float, np.float64, "a number")


@dataclass(frozen=True, slots=True)
class _Table:
    """A CSV file as columns of text, with the line on which each row begins."""

    file: str
    columns: dict[str, Sequence[str]]
    rows: Ints


def read_ways(folder: Path, data_date: str) -> Ways:
    """Read ``nodes.csv`` and ``ways.csv``, as ``publish.study_area.write_ways`` writes them.

    Parameters
    ----------
    folder
        The folder that holds both files.
    data_date
        Date of the extract, which the files do not say.

    Raises
    ------
    InputError
        The faults of both files: not there, empty, not UTF-8, columns missing or unknown, rows of another width,
        cells that are no numbers; and when there are none of these, what ``build_ways`` finds.
    """
    faults: list[Fault] = []
    nodes = _read(folder / "nodes.csv", ("node_id", "lon", "lat"), NODE_TAGS, faults)
    ways = _read(folder / "ways.csv", ("way_id", "node_ids"), WAY_TAGS, faults)
    if nodes is None or ways is None:
        raise InputError(faults)
    node_ids = _numbers(nodes, "node_id", _WHOLE, faults)
    lon = _numbers(nodes, "lon", _DECIMAL, faults)
    lat = _numbers(nodes, "lat", _DECIMAL, faults)
    way_ids = _numbers(ways, "way_id", _WHOLE, faults)
    refs, counts = _lists(ways, "node_ids", faults)
    if faults:
        raise InputError(faults)
    draft = Draft(
        node_file=nodes.file,
        way_file=ways.file,
        node_ids=node_ids,
        lon=lon,
        lat=lat,
        way_ids=way_ids,
        refs=refs,
        counts=counts,
        node_tags=_tags(nodes, node_ids, NODE_TAGS),
        way_tags=_tags(ways, way_ids, WAY_TAGS),
        node_rows=nodes.rows,
        way_rows=ways.rows,
    )
    return build_ways(draft, data_date)


def _read(path: Path, needed: Sequence[str], keys: Sequence[str], faults: list[Fault]) -> _Table | None:
    """Read a file as text; put its faults into ``faults`` and return None if it has any."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        faults.append(Fault(f"cannot be read: {error.strerror}", "check the folder of the study area", path.name))
        return None
    except UnicodeDecodeError as error:
        row = error.object.count(b"\n", 0, error.start) + 1
        wrong = error.object[error.start :][:8]
        faults.append(Fault("not UTF-8", "save the file as UTF-8", path.name, row, value=wrong))
        return None
    # One end of line at the end, so that blank last lines are no rows.
    reader = csv.reader(io.StringIO(text.rstrip("\r\n") + "\n", newline=""), strict=True)
    before = len(faults)
    records: list[list[str]] = []
    lines = [1]
    try:
        for record in reader:
            records.append(record)
            lines.append(reader.line_num + 1)
    except csv.Error as error:
        remedy = "close every quote; double the quotes inside a text"
        faults.append(Fault(f"not CSV: {error}", remedy, path.name, lines[-1]))
        return None
    header = records[0] if records else []
    faults.extend(_header_faults(header, path.name, needed, keys))
    for record, line in zip(records[1:], lines[1:-1], strict=True):
        if len(record) != len(header):
            problem = f"a row of {len(record)} cells under a header of {len(header)}"
            faults.append(Fault(problem, "give every row as many cells as the header", path.name, line))
    if len(records) == 1 and len(faults) == before:
        faults.append(Fault("a header without rows", "write at least one row", path.name))
    if len(faults) > before:
        return None
    columns: dict[str, Sequence[str]] = dict(zip(header, zip(*records[1:], strict=True), strict=True))
    return _Table(path.name, columns, np.array(lines[1:-1], np.int64))


def _header_faults(header: list[str], file: str, needed: Sequence[str], keys: Sequence[str]) -> Iterator[Fault]:
    if not header:
        yield Fault("the file is empty", "write a header and rows", file)
        return
    for column in needed:
        if column not in header:
            yield Fault("the column is missing", f"add it; the file needs {', '.join(needed)}", file, 1, column)
    for i, column in enumerate(header):
        if column in header[:i]:
            yield Fault("the column occurs twice", "keep one of the two", file, 1, column)
        elif column not in needed and column not in keys:
            yield Fault("the column is no tag that is read", "take it out, or correct its name", file, 1, column)


def _numbers(
    table: _Table, column: str, kind: tuple[Callable[[str], float], type[Any], str], faults: list[Fault]
) -> npt.NDArray[Any]:
    return _cast(table.columns[column], table.rows, table.file, column, kind, faults)


def _lists(table: _Table, column: str, faults: list[Fault]) -> tuple[Ints, Ints]:
    lists = [cell.split() for cell in table.columns[column]]
    counts = np.fromiter(map(len, lists), np.int64, len(lists))
    items = [item for items in lists for item in items]
    return _cast(items, np.repeat(table.rows, counts), table.file, column, _WHOLE, faults), counts


def _cast(
    texts: Sequence[str],
    rows: Ints,
    file: str,
    column: str,
    kind: tuple[Callable[[str], float], type[Any], str],
    faults: list[Fault],
) -> npt.NDArray[Any]:
    parse, dtype, name = kind
    try:
        return np.fromiter(map(parse, texts), dtype, len(texts))
    except (ValueError, OverflowError):
        for text, row in zip(texts, rows.tolist(), strict=True):
            try:
                np.array(parse(text), dtype)
            except (ValueError, OverflowError):
                faults.append(Fault(f"not {name}", f"write {name} in plain digits", file, row, column, text))
        return np.zeros(len(texts), dtype)


def _tags(table: _Table, ids: Ints, keys: Sequence[str]) -> TagColumns:
    plain = ids.tolist()
    return {
        key: {i: value for i, value in zip(plain, table.columns[key], strict=True) if value}
        for key in keys
        if key in table.columns
    }
