"""Ways put together from what a reader gathered: checked, sorted, one column a tag."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from servicecircle.arrays import Floats, Ints
from servicecircle.errors import Fault, InputError
from servicecircle.ingest.tags import NODE_TAGS, WAY_TAGS
from servicecircle.model import Ways

__all__ = ["MIN_NODES", "Draft", "TagColumns", "build_ways", "pick_ways"]

TagColumns = dict[str, dict[int, str]]
MIN_NODES = 2

_DECIMALS = 7
_MAX_LON = 180.0
_MAX_LAT = 90.0


@dataclass(slots=True)
class Draft:
    """What a reader gathered, in any order: nodes, ways, and their tags by key and id.

    Way ``i`` takes the next ``counts[i]`` ids of ``refs``. ``node_rows`` and ``way_rows`` are line numbers, for
    files that have lines.
    """

    node_file: str
    way_file: str
    node_ids: Ints
    lon: Floats
    lat: Floats
    way_ids: Ints
    refs: Ints
    counts: Ints
    node_tags: TagColumns = field(default_factory=dict)
    way_tags: TagColumns = field(default_factory=dict)
    node_rows: Ints | None = None
    way_rows: Ints | None = None
    missing_remedy: str = "add the node, or take the way out"


def build_ways(draft: Draft, data_date: str) -> Ways:
    """Check a draft, sort it by id and round its coordinates to 7 decimals (1 cm).

    Raises
    ------
    InputError
        Every duplicate id, impossible position, way without a node it names, and way of fewer than two nodes.
    """
    faults = [*_node_faults(draft), *_way_faults(draft)]
    if faults:
        raise InputError(faults)
    order = np.argsort(draft.node_ids)
    node_ids = draft.node_ids[order]
    nodes = _table(node_ids, draft.node_tags, NODE_TAGS, "node_id")
    nodes.insert(0, "lon", draft.lon[order].round(_DECIMALS))
    nodes.insert(1, "lat", draft.lat[order].round(_DECIMALS))
    order = np.argsort(draft.way_ids)
    ways = _table(draft.way_ids[order], draft.way_tags, WAY_TAGS, "way_id")
    refs, offsets = pick_ways(draft.refs, _offsets(draft.counts), order)
    return Ways(nodes, ways, refs, offsets, data_date)


def pick_ways(refs: Ints, offsets: Ints, positions: Ints) -> tuple[Ints, Ints]:
    """Return ``refs`` and ``offsets`` of the ways at ``positions``, in that order.

    Examples
    --------
    >>> refs, offsets = pick_ways(np.array([7, 8, 9, 7]), np.array([0, 2, 4]), np.array([1]))
    >>> refs.tolist(), offsets.tolist()
    ([9, 7], [0, 2])
    """
    counts = np.diff(offsets)[positions]
    picked = _offsets(counts)
    steps = np.arange(picked[-1]) + np.repeat(offsets[positions] - picked[:-1], counts)
    return refs[steps], picked


def _offsets(counts: Ints) -> Ints:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])


def _table(ids: Ints, tags: TagColumns, keys: tuple[str, ...], index: str) -> pd.DataFrame:
    cells = np.full((len(ids), len(keys)), None, dtype=object)
    for column, key in enumerate(keys):
        values = tags.get(key, {})
        cells[np.searchsorted(ids, np.fromiter(values, np.int64, len(values))), column] = list(values.values())
    # The dtype is said: pandas would turn texts with None into its own text type, with NaN.
    return pd.DataFrame(cells, index=pd.Index(ids, name=index), columns=list(keys), dtype=object)


def _row(rows: Ints | None, position: int) -> int | None:
    return None if rows is None else int(rows[position])


def _node_faults(draft: Draft) -> Iterator[Fault]:
    yield from _duplicates(draft.node_ids, draft.node_rows, draft.node_file, "node_id")
    lon_bad = ~(np.abs(draft.lon) <= _MAX_LON)
    lat_bad = ~(np.abs(draft.lat) <= _MAX_LAT)
    swapped = lat_bad & (np.abs(draft.lat) <= _MAX_LON) & (np.abs(draft.lon) <= _MAX_LAT)
    for i in np.flatnonzero(lon_bad | lat_bad).tolist():
        remedy = "give WGS-84 degrees: lon -180 to 180, lat -90 to 90"
        if swapped[i]:
            remedy = "swap lon and lat: longitude comes first"
        yield Fault(
            f"node {draft.node_ids[i]} has no possible position",
            remedy,
            draft.node_file,
            _row(draft.node_rows, i),
            "lat" if lat_bad[i] else "lon",
            float(draft.lat[i] if lat_bad[i] else draft.lon[i]),
        )


def _way_faults(draft: Draft) -> Iterator[Fault]:
    yield from _duplicates(draft.way_ids, draft.way_rows, draft.way_file, "way_id")
    for i in np.flatnonzero(draft.counts < MIN_NODES).tolist():
        problem = f"way {draft.way_ids[i]} has fewer than two nodes"
        remedy = "give at least two node ids, or take the way out"
        yield Fault(problem, remedy, draft.way_file, _row(draft.way_rows, i), "node_ids")
    absent = ~np.isin(draft.refs, draft.node_ids)
    owners = np.repeat(np.arange(len(draft.counts)), draft.counts)[absent]
    ways, first = np.unique(owners, return_index=True)
    for i, node in zip(ways.tolist(), draft.refs[absent][first].tolist(), strict=True):
        problem = f"way {draft.way_ids[i]} runs through a node that {draft.node_file} does not have"
        yield Fault(problem, draft.missing_remedy, draft.way_file, _row(draft.way_rows, i), "node_ids", node)


def _duplicates(ids: Ints, rows: Ints | None, file: str, column: str) -> Iterator[Fault]:
    order = np.argsort(ids, kind="stable")
    for i in np.sort(order[1:][np.diff(ids[order]) == 0]).tolist():
        yield Fault("the id occurs twice", "keep one of the two", file, _row(rows, i), column, int(ids[i]))
