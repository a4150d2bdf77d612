"""Cut what a study needs out of an OpenStreetMap file of any size, every way and outline whole."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import osmium
import shapely
from osmium.filter import KeyFilter, TagFilter
from osmium.osm import NODE, NOTHING, RELATION
from shapely.geometry.base import BaseGeometry

from servicecircle.errors import Fault, InputError

__all__ = ["Bounds", "Wanted", "clip_osm", "extent_of_osm", "file_date", "find_relation", "readable"]

Bounds = tuple[float, float, float, float]
"""West, south, east, north in degrees."""
Wanted = Mapping[str, Collection[str] | bool]
"""Key to values, True for any."""

_DAY = len("2026-04-26")
_PER_DEGREE = 10_000_000
_SNAPSHOT = "give an extract of one moment as .osm.pbf, .osm, .osm.gz or .osm.bz2"
_BROKEN = (RuntimeError, ValueError, OSError, osmium.InvalidLocationError)
_OUTLINE = "multipolygon"
_NAMES = ("name", "name:zh", "name:zh-Hans", "name:en", "official_name")


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Say in our words what is wrong with an OpenStreetMap file that cannot be read to its end.

    Raises
    ------
    InputError
        The file is missing, cut short, of another kind, or a history of the map.
    """
    if not path.is_file():
        raise InputError([Fault("no such file", "check the path", path.name)])
    try:
        header = osmium.io.Reader(path, NOTHING).header()
        history = header.has_multiple_object_versions
        if not history:
            yield
    except InputError:
        raise
    except _BROKEN as error:
        problem = f"not a whole OpenStreetMap file ({error})"
        raise InputError([Fault(problem, f"download it again; {_SNAPSHOT}", path.name)]) from error
    if history:
        raise InputError([Fault("a history or change file, not one state of the map", _SNAPSHOT, path.name)])


def file_date(path: Path) -> str:
    """Return the day of the header's replication timestamp, "" where there is none."""
    return str(osmium.io.Reader(path, NOTHING).header().get("osmosis_replication_timestamp"))[:_DAY]


def extent_of_osm(path: Path) -> Bounds:
    """Return the box that a file covers: of its header, else of its nodes.

    Raises
    ------
    InputError
        As ``readable``; the file has no node.
    """
    with readable(path):
        box = osmium.io.Reader(path, NOTHING).header().box()
        if not box.valid():
            box = osmium.osm.Box(osmium.osm.Location(), osmium.osm.Location())
            for node in cast("Iterable[Any]", osmium.FileProcessor(path, NODE)):
                box.extend(node.location)
    if not box.valid():
        raise InputError([Fault("the file has no node", _SNAPSHOT, path.name)])
    low, high = box.bottom_left, box.top_right
    return low.lon, low.lat, high.lon, high.lat


def find_relation(path: Path, place: str) -> tuple[int, dict[str, str], BaseGeometry]:
    """Find an administrative boundary by name, or by ``relation/ID``: its id, its tags, its outline in EPSG:4326.

    Of several of the same name the largest is taken.

    Raises
    ------
    InputError
        As ``readable``; no boundary has the name, or its outline leaves the extract.
    """
    wanted = _by_name(place)
    outlines = osmium.geom.WKBFactory()
    cut: list[int] = []
    found: list[tuple[float, int, dict[str, str], BaseGeometry]] = []
    administrative = TagFilter(("boundary", "administrative"))
    with readable(path):
        cut = [r.id for r in osmium.FileProcessor(path, RELATION).with_filter(administrative) if wanted(r)]
        areas = osmium.FileProcessor(path).with_areas(administrative).with_filter(administrative) if cut else ()
        for thing in cast("Iterable[Any]", areas):
            if thing.is_area() and not thing.from_way() and thing.orig_id() in cut:
                shape = shapely.from_wkb(outlines.create_multipolygon(thing))
                found.append((shapely.area(shape), thing.orig_id(), dict(thing.tags), shape))
    if not found and cut:
        problem = f"the outline of relation/{cut[0]} is not whole in the file"
        remedy = "take a larger extract, or give the outline with --boundary"
        raise InputError([Fault(problem, remedy, path.name, value=place)])
    if not found:
        remedy = "write its name as the map does, give relation/ID, or the outline with --boundary"
        raise InputError([Fault("no administrative boundary of that name", remedy, path.name, value=place)])
    _, number, tags, shape = max(found, key=lambda entry: (entry[0], -entry[1]))
    return number, tags, shape


def _by_name(place: str) -> Callable[[Any], bool]:
    kind, _, number = place.rpartition("/")
    if kind in ("relation", "r") and number.isdecimal():
        return lambda thing: bool(thing.id == int(number))
    return lambda thing: place in {thing.tags.get(key) for key in _NAMES}


def clip_osm(path: Path, box: Bounds, wanted: Wanted, out: Path) -> int:
    """Write the wanted objects of a box with all that they refer to; return how many ways the file cuts off.

    Kept are nodes, ways, and outlines (relations of ``type=multipolygon``) with a wanted tag and a node in the box.
    Ways come with all of their nodes, outlines with all of their ways.

    Parameters
    ----------
    path
        OpenStreetMap file, nodes first, as files are. The positions of its nodes are held in memory, some 8 bytes each.
    out
        The cut: a PBF file, replaced.

    Raises
    ------
    InputError
        As ``readable``.
    """
    west, south, east, north = (round(side * _PER_DEGREE) for side in box)

    def inside(x: int, y: int) -> bool:
        return west <= x <= east and south <= y <= north

    marked = KeyFilter(*wanted)
    marked.enable_for(NODE | RELATION)  # an outline's ways may be bare
    ways: set[int] = set()
    trimmed = 0
    with readable(path), _writer(out, path) as writer:
        for thing in cast("Iterable[Any]", osmium.FileProcessor(path).with_locations().with_filter(marked)):
            if thing.is_node():
                near = inside(thing.location.x, thing.location.y)
            elif thing.is_way():
                near = any(inside(node.x, node.y) for node in thing.nodes)
                if near:
                    ways.add(thing.id)
            else:
                outline = thing.tags.get("type") == _OUTLINE
                near = outline and any(member.type == "w" and member.ref in ways for member in thing.members)
            if near and _is_wanted(thing.tags, wanted):
                run = _known(thing) if thing.is_way() else None
                trimmed += run is not None
                if run is None:
                    writer.add(thing)
                elif len(run) > 1:
                    writer.add(thing.replace(nodes=run))
    return trimmed


@contextmanager
def _writer(out: Path, path: Path) -> Iterator[osmium.BackReferenceWriter]:
    writer = osmium.BackReferenceWriter(out, path, overwrite=True, remove_tags=False)
    try:
        with writer:
            yield writer
    finally:
        writer.tmpdir.cleanup()  # it leaves its scratch behind when reading fails


def _known(way: Any) -> list[int] | None:  # noqa: ANN401 - osmium has no types
    """Return the longest run of nodes that the file holds, None where it holds all."""
    runs: list[list[int]] = [[]]
    for node in way.nodes:
        if node.location.valid():
            runs[-1].append(node.ref)
        else:
            runs.append([])
    return max(runs, key=len) if len(runs) > 1 else None


def _is_wanted(tags: Any, wanted: Wanted) -> bool:  # noqa: ANN401 - osmium has no types
    return any(
        key in tags and (tags[key] in values if isinstance(values, Collection) else values)
        for key, values in wanted.items()
    )
