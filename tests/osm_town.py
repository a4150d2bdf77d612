"""A small mountain town as objects of OpenStreetMap, wherever on the globe: as a file, and behind a service.

Streets make a lattice of six by six corners, 100 m apart on the town's UTM plane. What a walking filter drops is there:
a lift, a square, a cycleway open to people on foot, a cableway, an escalator.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import osmium
import pyproj
import shapely

MOMENT = "2026-04-26T06:06:24Z"
SIDE = 6
BLOCK_M = 100.0
BOUNDARY = 900
Element = dict[str, Any]


class OsmTown:
    """The town with its south-west corner at ``lon, lat``."""

    def __init__(self, lon: float = 106.55, lat: float = 29.55) -> None:
        zone = min(int((lon + 180) // 6) + 1, 60)
        self.crs = f"EPSG:{(32600 if lat >= 0 else 32700) + zone}"
        self._back = pyproj.Transformer.from_crs(self.crs, "EPSG:4326", always_xy=True)
        there = pyproj.Transformer.from_crs("EPSG:4326", self.crs, always_xy=True)
        self.x, self.y = there.transform(lon, lat)
        self._free = 1000
        self.elements: dict[tuple[str, int], Element] = {}
        self._streets()
        self._things()
        self.outline = self._box(-50, -50, 550, 550)
        ring = self._way([*self.outline.exterior.coords[:-1]], {}, 899, lonlat=True)
        self._relation(BOUNDARY, [("way", ring, "outer")], {
            "type": "boundary", "boundary": "administrative", "admin_level": "6",
            "name": "山城区", "name:en": "Hill Town",
            "population": "12000", "population:date": "2020",
        })  # fmt: skip

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Metres from the town's corner as lon/lat, as a map rounds them."""
        lon, lat = self._back.transform(self.x + x, self.y + y)
        return round(float(lon), 7), round(float(lat), 7)

    def _box(self, west: float, south: float, east: float, north: float) -> shapely.Polygon:
        return shapely.Polygon([self.at(x, y) for x, y in ((west, south), (east, south), (east, north), (west, north))])

    def _node(self, x: float, y: float, tags: dict[str, str], number: int = 0) -> int:
        self._free += 1
        number = number or self._free
        lon, lat = self.at(x, y)
        self.elements["node", number] = {"type": "node", "id": number, "lon": lon, "lat": lat, "tags": tags}
        return number

    def _way(
        self, points: list[Any], tags: dict[str, str], number: int, *, closed: bool = True, lonlat: bool = False
    ) -> int:
        refs = []
        for point in points:
            if isinstance(point, int):
                refs.append(point)
                continue
            node = self._node(*point, {}) if not lonlat else self._node(0, 0, {})
            if lonlat:
                self.elements["node", node] |= {"lon": point[0], "lat": point[1]}
            refs.append(node)
        refs += refs[:1] if closed else []
        self.elements["way", number] = {"type": "way", "id": number, "nodes": refs, "tags": tags}
        return number

    def _relation(self, number: int, members: list[tuple[str, int, str]], tags: dict[str, str]) -> None:
        told = [{"type": kind, "ref": ref, "role": role} for kind, ref, role in members]
        self.elements["relation", number] = {"type": "relation", "id": number, "members": told, "tags": tags}

    def corner(self, i: int, j: int) -> int:
        """Return the node at the crossing of street j, from the south, and street i, from the west."""
        return 1 + j * SIDE + i

    def _streets(self) -> None:
        for j in range(SIDE):
            for i in range(SIDE):
                self._node(i * BLOCK_M, j * BLOCK_M, {}, self.corner(i, j))
        for k in range(SIDE):
            row, column = ([self.corner(i, k) for i in range(SIDE)], [self.corner(k, i) for i in range(SIDE)])
            self._way(row, {"highway": "residential", "name": f"横{k}路"}, 100 + k, closed=False)
            self._way(column, {"highway": "tertiary", "name": f"纵{k}路"}, 200 + k, closed=False)
        self.elements["node", self.corner(2, 2)]["tags"] = {"highway": "elevator", "name": "山城电梯", "fee": "no"}
        self._way([self.corner(2, 2), (230, 230)], {"highway": "footway", "level": "1"}, 300, closed=False)
        square = [self.corner(3, 3), self.corner(4, 3), self.corner(4, 4), self.corner(3, 4)]
        self._way(square, {"highway": "pedestrian", "area": "yes", "name": "解放广场"}, 301)
        self._way(
            [self.corner(0, 0), (50, 60), self.corner(1, 1)], {"highway": "cycleway", "foot": "yes"}, 302, closed=False
        )
        self._way([self.corner(1, 4), self.corner(2, 5)], {"highway": "steps", "conveying": "yes"}, 303, closed=False)
        self._way([self.corner(5, 5), (900, 900)], {"aerialway": "cable_car", "name": "过江索道"}, 304, closed=False)
        self._way([(-80, 520), (580, 520)], {"railway": "rail", "bridge": "yes", "layer": "1"}, 305, closed=False)
        self._way([self.corner(5, 0), (5000, 0)], {"highway": "residential", "name": "长路"}, 306, closed=False)

    def _house(self, x: float, y: float, number: int, tags: dict[str, str]) -> None:
        self._way([(x, y), (x + 30, y), (x + 30, y + 20), (x, y + 20)], tags, number)

    def _things(self) -> None:
        for k in range(20):
            levels = {"building:levels": str(3 + k % 4)} if k % 3 else {"building:levels": "some", "height": "12 m"}
            self._house(15 + 100 * (k % 5), 115 + 100 * (k // 5), 400 + k, {"building": "apartments", **levels})
        self._house(
            60, 15, 500, {"building": "school", "amenity": "school", "name": "山城小学", "addr:street": "横0路"}
        )
        self._node(75, 25, {"amenity": "school", "name": "山城小学"}, 501)  # the same school, as a point in its house
        self._node(
            260, 10, {"amenity": "kindergarten", "name": "山城\u200b幼儿园", "opening_hours": "Mo-Fr 08:00-17:00"}, 502
        )
        self._node(310, 10, {"amenity": "library", "name": "=1+1", "opening_hours": "when open"}, 503)
        self._node(410, 10, {"tourism": "museum", "name": "联系人手机13812345678馆"}, 504)
        self._node(420, 10, {"tourism": "museum"}, 505)
        self._node(430, 10, {"historic": "memorial", "memorial": "plaque", "name": "碑"}, 506)
        self._node(440, 10, {"historic": "memorial", "name": "抗战纪念馆"}, 507)
        self._node(120, 210, {"amenity": "community_centre", "name": "山城社区"}, 508)
        self._node(200, 1400, {"amenity": "school", "name": "对岸中学"}, 509)  # no street near
        self._node(200, 9000, {"amenity": "school", "name": "远方中学"}, 510)  # beyond the reach
        self._node(420, 420, {"amenity": "toilets"}, 511)
        self._node(300, 520, {"railway": "station", "name": "山城站"}, 512)
        door = self._node(60, 25, {"entrance": "main"}, 513)
        self.elements["way", 500]["nodes"].insert(-1, door)
        outer = self._way([(0, 300), (190, 300), (190, 490), (0, 490)], {}, 600)
        inner = self._way([(50, 350), (90, 350), (90, 390), (50, 390)], {}, 601)
        members = [("way", outer, "outer"), ("way", inner, "inner")]
        self._relation(700, members, {"type": "multipolygon", "leisure": "park", "name": "山城公园"})
        self._way(
            [(510, -40), (545, -40), (545, 3000), (510, 3000)],
            {"natural": "water", "water": "river", "name": "江"},
            602,
        )

    def part(self, number: int, box: tuple[float, float, float, float], name: str, level: int = 8) -> None:
        """Add a subdistrict: a box of metres from the town's corner; a road is one side of its outline."""
        west, south, east, north = box
        corners = [(west, south), (east, south), (east, north), (west, north)]
        ends = [self._node(*corner, {}) for corner in corners]
        road = self._way(ends[:2], {"highway": "residential", "name": f"{name}界路"}, 10 * number, closed=False)
        rest = self._way([*ends[1:], ends[0]], {}, 10 * number + 1, closed=False)
        tags = {"type": "boundary", "boundary": "administrative", "admin_level": str(level), "name": name}
        members = [("way", road, "outer"), ("way", rest, "outer")]
        self._relation(number, members, {**tags, "name:en": f"Part {number}"})

    def coast(self, number: int, points: list[tuple[float, float]], *, closed: bool = False) -> None:
        """Add a coastline, land on its left."""
        self._way([*points], {"natural": "coastline"}, number, closed=closed)

    def write(self, path: Path, *, boundary: bool = True, moment: str = MOMENT, history: bool = False) -> Path:
        """Write the town as an OpenStreetMap file."""
        header = osmium.io.Header()
        if moment:
            header.set("osmosis_replication_timestamp", moment)
        if history:
            header.has_multiple_object_versions = True
        mutable = osmium.osm.mutable
        with osmium.SimpleWriter(str(path), header=header, overwrite=True) as writer:
            for kind in ("node", "way", "relation"):
                for (what, number), e in sorted(self.elements.items()):
                    if what != kind or (what == "relation" and number == BOUNDARY and not boundary):
                        continue
                    if what == "node":
                        writer.add_node(mutable.Node(id=number, location=(e["lon"], e["lat"]), tags=e["tags"]))
                    elif what == "way":
                        writer.add_way(mutable.Way(id=number, nodes=e["nodes"], tags=e["tags"]))
                    else:
                        members = [(m["type"][0], m["ref"], m["role"]) for m in e["members"]]
                        writer.add_relation(mutable.Relation(id=number, members=members, tags=e["tags"]))
        return path

    def answer(self, query: str) -> Element:
        """Answer a query in Overpass QL as OSMnx writes them: filters of tags, each with the nodes below."""
        found: dict[tuple[str, int], Element] = {}
        for kind, filters in re.findall(r"(way|node|relation)((?:\[[^\]]*\])+)\(poly", query):
            for key, element in self.elements.items():
                if key[0] == kind and key != ("relation", BOUNDARY) and _meets(element["tags"], filters):
                    self._take(key, found)
        elements = [found[key] for key in sorted(found, key=lambda k: (("node", "way", "relation").index(k[0]), k[1]))]
        head = {"timestamp_osm_base": MOMENT, "copyright": "The data is made available under ODbL."}
        return {"version": 0.6, "generator": "Overpass API 0.7.62", "osm3s": head, "elements": elements}

    def _take(self, key: tuple[str, int], found: dict[tuple[str, int], Element]) -> None:
        element = found[key] = self.elements[key]
        for ref in element.get("nodes", ()):
            self._take(("node", ref), found)
        for member in element.get("members", ()):
            self._take((member["type"], member["ref"]), found)

    def found(self) -> Element:
        """Answer a question for the town's name as Nominatim does."""
        west, south, east, north = self.outline.bounds
        return {
            "place_id": 1, "licence": "Data © OpenStreetMap contributors", "osm_type": "relation", "osm_id": BOUNDARY,
            "lat": str((south + north) / 2), "lon": str((west + east) / 2),
            "class": "boundary", "type": "administrative",
            "importance": 0.5, "addresstype": "city", "name": "山城区", "display_name": "山城区, 重庆市, 中国",
            "boundingbox": [str(south), str(north), str(west), str(east)],
            "geojson": shapely.geometry.mapping(self.outline),
        }  # fmt: skip


def _meets(tags: dict[str, str], filters: str) -> bool:
    for part in re.findall(r"\[([^\]]*)\]", filters):
        if part.startswith("~"):
            key, value = re.findall(r'"([^"]*)"', part)
            if not any(re.search(key, k) and re.search(value, v) for k, v in tags.items()):
                return False
            continue
        words = re.findall(r"""["']([^"']*)["']""", part)
        if tags.get(words[0]) is None or (len(words) > 1 and tags[words[0]] != words[1]):
            return False
    return True


Reply = Callable[["Questions"], None]


class OsmService(ThreadingHTTPServer):
    """Overpass and Nominatim of the town. ``first`` are replies before the right ones; ``asked`` what was asked."""

    daemon_threads = True

    def __init__(self, town: OsmTown) -> None:
        super().__init__(("127.0.0.1", 0), Questions)
        self.town = town
        self.first: list[Reply] = []
        self.places: list[Element] = [town.found()]
        self.asked: list[tuple[float, str, str]] = []

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class Questions(BaseHTTPRequestHandler):
    """One question to the services."""

    server: OsmService

    def do_GET(self) -> None:
        """Answer a question for a place."""
        self._reply(parse_qs(urlsplit(self.path).query)["q"][0], self.server.places)

    def do_POST(self) -> None:
        """Answer a query."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        query = parse_qs(body)["data"][0]
        self._reply(query, self.server.town.answer(query))

    def _reply(self, question: str, answer: object) -> None:
        self.server.asked.append((time.monotonic(), question, self.headers["User-Agent"]))
        if self.server.first:
            self.server.first.pop(0)(self)
        else:
            self.say(json.dumps(answer).encode())

    def say(self, body: bytes, status: int = 200, **headers: str) -> None:
        """Send a reply."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep quiet."""


@contextmanager
def serving(town: OsmTown) -> Iterator[OsmService]:
    """Serve the town on this machine."""
    with OsmService(town) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
