"""Cut what a study needs out of an OpenStreetMap file of any size, every way and outline whole."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import osmium
import shapely
from osmium.filter import KeyFilter, TagFilter
from osmium.osm import NODE, NOTHING, RELATION
from shapely.geometry.base import BaseGeometry

from servicecircle.errors import Fault, InputError, disk_is_full, room_in
from servicecircle.ingest.osm_writing import whole_writer

__all__ = ["Bounds", "Coast", "Cut", "Wanted", "clip_osm", "extent_of_osm", "file_date", "find_relation", "readable"]

Bounds = tuple[float, float, float, float]
"""West, south, east, north in degrees."""
Wanted = Mapping[str, Collection[str] | bool]
"""Key to values, True for any."""

Run = list[tuple[float, float]]
"""Positions, longitude first."""

_DAY = len("2026-04-26")
_PER_DEGREE = 10_000_000
_SNAPSHOT = "give an extract of one moment as .osm.pbf, .osm, .osm.gz or .osm.bz2"
_BROKEN = (RuntimeError, ValueError, OSError, osmium.InvalidLocationError)
_OUTLINES = ("multipolygon", "boundary")
_SHORTEST = 2
_NAMES = ("name", "name:zh", "name:zh-Hans", "name:en", "official_name")


@dataclass(frozen=True, slots=True)
class Coast:
    """The coastline near a box, EPSG:4326: its pieces, land on their left.

    ``cut_off`` are ends (lon, lat) where the file holds no more of a piece; ``extent`` is then the box of the file.
    """

    lines: tuple[BaseGeometry, ...] = ()
    cut_off: tuple[tuple[float, float], ...] = ()
    extent: Bounds = (-180.0, -90.0, 180.0, 90.0)


@dataclass(frozen=True, slots=True)
class Cut:
    """What was seen in cutting, beside what was written.

    ``ways`` are the ids of all that have a node in the box: other ways came along as pieces of an outline. ``trimmed``
    ways lose an end or a piece to the edge of the file. ``coast`` holds every piece of the coastline that the file has.
    ``boundaries`` are the wanted administrative relations, their tags by id, whether they can be put together or not.
    """

    ways: Collection[int]
    trimmed: int
    coast: Coast
    boundaries: Mapping[int, Mapping[str, str]]


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
        if disk_is_full(error):  # of what is made of it: the file itself is sound
            raise
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
            if thing.is_area() and not thing.from_way() and thing.orig_id() in cut and thing.num_rings()[0]:
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


def clip_osm(path: Path, box: Bounds, wanted: Wanted, out: Path) -> Cut:
    """Write the wanted objects of a box with all that they refer to; return what was seen on the way.

    Kept are nodes, ways, and outlines (relations of ``type=multipolygon`` or ``boundary``) with a wanted tag and a node
    in the box. Ways come with all of their nodes, outlines with all of their ways.

    Parameters
    ----------
    path
        OpenStreetMap file, nodes first, as files are. The positions of its nodes are held in memory, some 8 bytes each.
    out
        The cut: a PBF file, replaced.

    Raises
    ------
    InputError
        As ``readable``; there is no room for the cut.
    """
    west, south, east, north = (round(side * _PER_DEGREE) for side in box)
    sieve = _Sieve((west, south, east, north), wanted)
    marked = KeyFilter(*wanted)
    marked.enable_for(NODE | RELATION)  # an outline's ways may be bare
    with room_in(out.parent), readable(path), whole_writer(out, path) as add:
        for thing in cast("Iterable[Any]", osmium.FileProcessor(path).with_locations().with_filter(marked)):
            kept = sieve.take(thing)
            if kept is not None:
                add(kept)
    return Cut(sieve.ways, sieve.trimmed, _joined(sieve.coast, path), dict(sorted(sieve.boundaries.items())))


@dataclass(slots=True)
class _Sieve:
    """What of a file is kept: nodes first, then ways, then relations. ``box`` is in units of 1e-7 degrees."""

    box: tuple[int, int, int, int]
    wanted: Wanted
    ways: set[int] = field(default_factory=set)
    crossing: set[int] = field(default_factory=set)  # borders without a node in the box
    trimmed: int = 0
    coast: list[list[Run]] = field(default_factory=list)
    boundaries: dict[int, dict[str, str]] = field(default_factory=dict)

    def take(self, thing: Any) -> Any | None:  # noqa: ANN401 - osmium has no types
        """Return what to keep of an object, None for nothing."""
        if thing.is_way():
            return self._way(thing)
        near = self._inside(thing.location) if thing.is_node() else self._touches(thing)
        if not near or not _is_wanted(thing.tags, self.wanted):
            return None
        if thing.is_relation() and thing.tags.get("boundary") == "administrative":
            self.boundaries[thing.id] = dict(thing.tags)
        return thing

    def _way(self, way: Any) -> Any | None:  # noqa: ANN401
        near = any(map(self._inside, way.nodes))
        if near:
            self.ways.add(way.id)
        border = _is_border(way.tags)
        if border and (near or _may_cross(way, self.box)):
            self.crossing.add(way.id)
            self.coast += _coast(way)
        if not near or not _is_wanted(way.tags, self.wanted):
            return None
        runs = _runs(way)
        if len(runs) == 1:
            return way
        self.trimmed += 1
        longest = [node.ref for node in max(runs, key=len)]
        return way.replace(nodes=longest) if len(longest) >= _SHORTEST else None

    def _inside(self, at: Any) -> bool:  # noqa: ANN401
        west, south, east, north = self.box
        return bool(west <= at.x <= east and south <= at.y <= north)

    def _touches(self, relation: Any) -> bool:  # noqa: ANN401
        refs = (member.ref for member in relation.members if member.type == "w")
        outline = relation.tags.get("type") in _OUTLINES
        return outline and any(ref in self.ways or ref in self.crossing for ref in refs)


def _runs(way: Any) -> list[list[Any]]:  # noqa: ANN401 - osmium has no types
    """Return the runs of nodes whose positions the file holds: one where it holds all."""
    runs: list[list[Any]] = [[]]
    for node in way.nodes:
        if node.location.valid():
            runs[-1].append(node)
        else:
            runs.append([])
    return runs


def _coast(way: Any) -> list[list[Run]]:  # noqa: ANN401 - osmium has no types
    """Return the runs of positions of a coastline, in a list; an empty one of another way."""
    if way.tags.get("natural") != "coastline":
        return []
    return [[[(node.lon, node.lat) for node in run] for run in _runs(way)]]


def _joined(coast: list[list[Run]], path: Path) -> Coast:
    """Return the pieces in an order of their own; where some were cut off, with the box of the file."""
    lines = [shapely.LineString(run) for runs in coast for run in runs if len(run) >= _SHORTEST]
    lines.sort(key=shapely.to_wkb)
    ends = [end for runs in coast for a, b in pairwise(runs) for end in (*a[-1:], *b[:1])]
    return Coast(tuple(lines), tuple(sorted(set(ends))), extent_of_osm(path)) if ends else Coast(tuple(lines))


def _is_border(tags: Any) -> bool:  # noqa: ANN401
    """Whether a line matters where none of its nodes is near: it parts land from water, or two outlines."""
    return bool(tags.get("natural") == "coastline" or tags.get("boundary") == "administrative")


def _may_cross(way: Any, box: tuple[int, int, int, int]) -> bool:  # noqa: ANN401
    """Whether the box of one of a way's steps meets the box."""
    west, south, east, north = box
    return any(
        min(a.x, b.x) <= east and max(a.x, b.x) >= west and min(a.y, b.y) <= north and max(a.y, b.y) >= south
        for run in _runs(way)
        for a, b in pairwise(run)
    )


def _is_wanted(tags: Any, wanted: Wanted) -> bool:  # noqa: ANN401 - osmium has no types
    return any(
        key in tags and (tags[key] in values if isinstance(values, Collection) else values)
        for key, values in wanted.items()
    )
