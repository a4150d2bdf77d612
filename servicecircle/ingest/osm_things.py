"""The tagged objects of an OpenStreetMap file with their shapes: points, lines, outlines."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import osmium
import shapely
from osmium.filter import KeyFilter
from shapely.geometry.base import BaseGeometry

from servicecircle.ingest.osm_clip import readable

__all__ = ["Thing", "read_things"]

_SHORTEST = 2


@dataclass(frozen=True, slots=True)
class Thing:
    """An object of the map. ``shape``: a Point of a node; a LineString of a way; a (Multi)Polygon of an outline."""

    type: str
    id: int
    tags: Mapping[str, str]
    shape: BaseGeometry
    nodes: tuple[int, ...] = ()

    @property
    def ref(self) -> str:
        """The object as OpenStreetMap writes it, such as ``way/583430777``."""
        return f"{self.type}/{self.id}"

    @property
    def code(self) -> str:
        """The object as an identifier, such as ``w583430777``."""
        return f"{self.type[0]}{self.id}"

    @property
    def is_area(self) -> bool:
        """Whether it is an outline."""
        return self.shape.geom_type in ("Polygon", "MultiPolygon")


def read_things(path: Path, keys: Collection[str]) -> list[Thing]:
    """Read every object with one of the keys: nodes, ways, outlines, each sorted by id.

    A closed way is two things, a line and an outline; which of them it means, its tags say. An outline that cannot be
    put together (a way is missing, its lines cross) is none.

    Raises
    ------
    InputError
        As ``osm_clip.readable``.
    """
    outlines = osmium.geom.WKBFactory()
    marked = KeyFilter(*keys)
    things: list[Thing] = []
    with readable(path):
        for found in cast("Iterable[Any]", osmium.FileProcessor(path).with_areas(marked).with_filter(marked)):
            tags = dict(found.tags)
            if found.is_node():
                things.append(Thing("node", found.id, tags, shapely.Point(found.location.lon, found.location.lat)))
            elif found.is_way():
                nodes = [node for node in found.nodes if node.location.valid()]
                if len(nodes) >= _SHORTEST:
                    line = shapely.LineString([(node.lon, node.lat) for node in nodes])
                    things.append(Thing("way", found.id, tags, line, tuple(node.ref for node in nodes)))
            elif found.is_area() and found.num_rings()[0]:  # without a ring: it could not be put together
                shape = shapely.from_wkb(outlines.create_multipolygon(found))
                parts = shapely.get_parts(shape)
                whole = parts[0] if len(parts) == 1 else shape
                things.append(Thing("way" if found.from_way() else "relation", found.orig_id(), tags, whole))
    return sorted(things, key=lambda thing: (thing.type, thing.id, thing.is_area))
