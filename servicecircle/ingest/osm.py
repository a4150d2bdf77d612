"""Ways from an OpenStreetMap file: PBF, or XML (plain, gzip or bzip2)."""

from __future__ import annotations

from array import array
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import numpy as np
import osmium
from osmium.filter import KeyFilter
from osmium.osm import NODE, NOTHING, WAY, Node, Way

from servicecircle.errors import Fault, InputError
from servicecircle.ingest.draft import MIN_NODES, Draft, TagColumns, build_ways
from servicecircle.ingest.tags import NODE_TAGS, WALK_KEYS, WAY_TAGS, may_be_walked
from servicecircle.model import Ways

__all__ = ["read_osm"]

_PER_DEGREE = 10_000_000
_NOWHERE = 2**31 - 1  # a coordinate of a node that the file does not hold
_DAY = len("2026-04-26")
_NEVER = "1970-01-01"
_SNAPSHOT = "give an extract of one moment as .osm.pbf, .osm, .osm.gz or .osm.bz2"


@dataclass(slots=True)
class _Found:
    way_ids: array[int] = field(default_factory=lambda: array("q"))
    counts: array[int] = field(default_factory=lambda: array("q"))
    refs: array[int] = field(default_factory=lambda: array("q"))
    x: array[int] = field(default_factory=lambda: array("q"))
    y: array[int] = field(default_factory=lambda: array("q"))
    node_tags: TagColumns = field(default_factory=lambda: {key: {} for key in NODE_TAGS})
    way_tags: TagColumns = field(default_factory=lambda: {key: {} for key in WAY_TAGS})
    newest: str = ""


def read_osm(path: Path, only: Container[int] | None = None) -> Ways:
    """Read the ways that could be walked, and their nodes.

    Kept is what ``tags.may_be_walked`` lets pass; the same content gives the same ``Ways`` from PBF, XML and
    Overpass JSON, in whatever order the file holds it. Ways of fewer than two nodes have no length and are
    dropped, nodes of no way too.

    Parameters
    ----------
    path
        PBF, XML, or XML packed with gzip or bzip2; the ending of the name says which.
    only
        Ids of the ways to take; None: all.

    Returns
    -------
    Ways
        ``data_date`` is the day of the header's replication timestamp, else of the newest way or tagged node, else "".

    Raises
    ------
    InputError
        The file is missing, cut short, of another kind, a history or change file, or has no ways; a way lacks nodes.
    """
    if not path.is_file():
        raise InputError([Fault("no such file", "check the path", path.name)])
    try:
        header = osmium.io.Reader(path, NOTHING).header()
        replicated = header.get("osmosis_replication_timestamp")[:_DAY]
        found = _gather(path, only, dated=not replicated)
    except (RuntimeError, ValueError, OSError, osmium.InvalidLocationError) as error:
        problem = f"not a whole OpenStreetMap file ({error})"
        raise InputError([Fault(problem, f"download it again; {_SNAPSHOT}", path.name)]) from error
    if header.has_multiple_object_versions:
        raise InputError([Fault("a history or change file, not one state of the map", _SNAPSHOT, path.name)])
    return build_ways(_draft(found, path.name), replicated or found.newest)


def _gather(path: Path, only: Container[int] | None, *, dated: bool) -> _Found:
    """Read nodes, then ways: positions are joined in compiled code, only tagged nodes come up to Python."""
    found = _Found()
    where = osmium.index.create_map("flex_mem")
    keep = osmium.NodeLocationsForWays(where)
    keep.ignore_errors()
    nodes = osmium.FileProcessor(path, NODE).with_filter(keep).with_filter(KeyFilter(*NODE_TAGS))
    for node in cast("Iterable[Node]", nodes):
        _keep_tags(found.node_tags, node.id, dict(node.tags))
        if dated:
            found.newest = max(found.newest, f"{node.timestamp:%Y-%m-%d}")
    join = osmium.NodeLocationsForWays(where)
    join.ignore_errors()
    ways = osmium.FileProcessor(path, WAY).with_filter(join).with_filter(KeyFilter(*WALK_KEYS))
    for way in cast("Iterable[Way]", ways):
        tags = dict(way.tags)
        if not may_be_walked(tags) or len(way.nodes) < MIN_NODES or (only is not None and way.id not in only):
            continue
        _keep_tags(found.way_tags, way.id, tags)
        found.way_ids.append(way.id)
        found.counts.append(len(way.nodes))
        for point in way.nodes:
            found.refs.append(point.ref)
            found.x.append(point.x)
            found.y.append(point.y)
        if dated:
            found.newest = max(found.newest, f"{way.timestamp:%Y-%m-%d}")
    if found.newest == _NEVER:
        found.newest = ""
    return found


def _keep_tags(columns: TagColumns, number: int, tags: dict[str, str]) -> None:
    for key, value in tags.items():
        if value and key in columns:
            columns[key][number] = value


def _draft(found: _Found, file: str) -> Draft:
    if not found.way_ids:
        raise InputError([Fault("no way that could be walked", "give an extract that holds streets and paths", file)])
    refs = np.array(found.refs, np.int64)
    if refs.min() < 0:
        remedy = "upload the edits first, or number them (osmium renumber)"
        raise InputError([Fault("an object that is not in OpenStreetMap yet", remedy, file, value=int(refs.min()))])
    node_ids, first = np.unique(refs, return_index=True)
    x, y = (np.array(axis, np.int64)[first] for axis in (found.x, found.y))
    known = x != _NOWHERE
    node_ids = node_ids[known]
    used = set(node_ids.tolist())
    return Draft(
        node_file=file,
        way_file=file,
        node_ids=node_ids,
        lon=x[known] / _PER_DEGREE,
        lat=y[known] / _PER_DEGREE,
        way_ids=np.array(found.way_ids, np.int64),
        refs=refs,
        counts=np.array(found.counts, np.int64),
        node_tags={key: {i: v for i, v in values.items() if i in used} for key, values in found.node_tags.items()},
        way_tags=found.way_tags,
        missing_remedy="cut the extract with whole ways (osmium extract --strategy complete_ways)",
    )
