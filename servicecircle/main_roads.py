"""Where a walk crosses a main road, and whether the map says that there are lights.

Streets are drawn as their centre lines: a walk crosses a road where the road's arms lie on both sides of the way, or
where the walk comes onto the road from one side and leaves it on the other. On which pavement somebody walks along a
road is not known, so nothing is crossed by starting or ending on one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from servicecircle.arrays import Floats
from servicecircle.model import Ways
from servicecircle.network import WalkNetwork
from servicecircle.walk import Walk

__all__ = ["Crossing", "MainRoads"]

_WITHOUT = ("uncontrolled", "marked", "unmarked", "zebra", "no", "informal", "island")
_SAME_WAY = 0.01  # radians: a door on a road lies in the road's own direction
_GRID = 1e7  # coordinates are known to 7 decimals

Point = tuple[float, float]
Key = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Crossing:
    """A main road crossed: after so many metres, its name, lights (None: the map does not say), and where."""

    metres: float
    name: str | None
    signals: bool | None
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class _Step:
    """A vertex of a walk, and the edge that leads on from it."""

    key: Key
    at: Point
    metres: float
    edge: int


class MainRoads:
    """The main roads of a study, by the nodes they run through; those nobody may walk along count as well."""

    def __init__(self, ways: Ways, network: WalkNetwork, main: Collection[str]) -> None:
        self._arms: dict[Key, dict[Key, Point]] = {}
        self._names: dict[Key, str] = {}
        self._signals: dict[Key, bool | None] = {}
        edges = network.edges
        self._main = edges["highway"].isin(list(main)).to_numpy()
        said = ways.ways["crossing"].reindex(edges["osm_way_id"]) if "crossing" in ways.ways else None
        crossing = (edges["kind"] == "crossing").to_numpy()
        lit = (edges["signals"] > 0).to_numpy()
        plain = np.zeros(len(edges), dtype=bool) if said is None else said.isin(_WITHOUT).to_numpy()
        self._edge_signals = np.where(crossing & lit, 1, np.where(crossing & plain, 0, -1))
        self._read(ways, main)

    def _read(self, ways: Ways, main: Collection[str]) -> None:
        nodes, tags = ways.nodes, ways.ways
        at = np.searchsorted(nodes.index.to_numpy(), ways.refs)
        lonlat = nodes[["lon", "lat"]].to_numpy()[at]
        none = [None] * len(nodes)
        highway = (nodes["highway"].tolist() if "highway" in nodes else none, nodes.get("crossing", none))
        kinds, crossings = highway[0], list(highway[1])
        for i in np.flatnonzero(tags["highway"].isin(list(main)).to_numpy()):
            part = slice(int(ways.offsets[i]), int(ways.offsets[i + 1]))
            points: list[Point] = [(float(x), float(y)) for x, y in lonlat[part]]
            keys = [_key(point) for point in points]
            name = tags["name"].iloc[i] if "name" in tags else None
            for key, node in zip(keys, at[part].tolist(), strict=True):
                self._signals[key] = _signals(kinds[node], crossings[node])
                if isinstance(name, str):
                    self._names.setdefault(key, name)
            for (a, p), (b, q) in pairwise(zip(keys, points, strict=True)):
                self._arms.setdefault(a, {})[b] = q
                self._arms.setdefault(b, {})[a] = p

    def crossed(self, walk: Walk, together_m: float) -> list[Crossing]:
        """Return the main roads that a walk crosses, in its order; carriageways ``together_m`` apart are one road."""
        steps = list(_steps(walk))
        found = sorted([*self._across(steps), *self._along(steps)], key=lambda c: c.metres)
        roads: list[list[Crossing]] = []
        for crossing in found:
            if roads and crossing.metres - roads[-1][-1].metres <= together_m:
                roads[-1].append(crossing)
            else:
                roads.append([crossing])
        return [_one(group) for group in roads]

    def _across(self, steps: list[_Step]) -> Iterator[Crossing]:
        """Find vertices with arms of a main road on both sides."""
        for before, here, after in zip(steps, steps[1:], steps[2:], strict=False):
            ahead, behind = _bearing(here.at, after.at), _bearing(here.at, before.at)
            sides = set()
            for arm in self._arms.get(here.key, {}).values():
                towards = _bearing(here.at, arm)
                if min(_apart(towards, ahead), _apart(towards, behind)) > _SAME_WAY:
                    sides.add(_is_left(towards, behind, ahead))
            if len(sides) > 1:
                yield self._crossing(here, before.edge, here.edge)

    def _along(self, steps: list[_Step]) -> Iterator[Crossing]:
        """Find walks along a main road that come from one side of it and leave on the other."""
        on = [step.edge >= 0 and bool(self._main[step.edge]) for step in steps]
        start: int | None = None
        for i in range(1, len(steps)):
            if on[i] and not on[i - 1]:
                start = i
            elif on[i - 1] and not on[i] and start is not None and i < len(steps) - 1:
                came = _is_left(*self._side(steps[start], steps[start + 1], steps[start - 1]))
                # seen from its end the road runs the other way
                left = not _is_left(*self._side(steps[i], steps[i - 1], steps[i + 1]))
                if came != left:
                    yield self._crossing(steps[i])
                start = None

    def _side(self, here: _Step, road: _Step, off: _Step) -> tuple[float, float, float]:
        """Bearings of the way off the road, of the road's other arm (or straight back), and of the road walked."""
        ahead = _bearing(here.at, road.at)
        arms = [_bearing(here.at, arm) for arm in self._arms.get(here.key, {}).values()]
        others = [arm for arm in arms if _apart(arm, ahead) > _SAME_WAY]
        back = max(others, key=lambda arm: _apart(arm, ahead), default=ahead + np.pi)
        return _bearing(here.at, off.at), back, ahead

    def _crossing(self, step: _Step, *edges: int) -> Crossing:
        signals = self._signals.get(step.key)
        told = {int(self._edge_signals[edge]) for edge in edges if edge >= 0}
        if edges and signals is None:
            signals = True if 1 in told else False if 0 in told else None
        # where somebody walks along a road and leaves it on the other side, nobody knows where they cross
        return Crossing(step.metres, self._names.get(step.key), signals if edges else None, *step.at)


def _steps(walk: Walk) -> Iterator[_Step]:
    metres, last = 0.0, None
    for stretch in walk.stretches:
        if stretch.edge < 0:
            metres += stretch.metres
            continue
        along = _along_m(stretch.lonlat, stretch.metres)
        points: list[Point] = [(float(x), float(y)) for x, y in stretch.lonlat]
        for k, point in enumerate(points[:-1]):
            if points[k + 1] == point:
                continue
            key = _key(point)
            last = points[k + 1], metres + stretch.metres
            yield _Step(key, point, metres + float(along[k]), stretch.edge)
        metres += stretch.metres
    if last is not None:
        yield _Step(_key(last[0]), last[0], last[1], -1)


def _along_m(lonlat: Floats, metres: float) -> Floats:
    """Metres from the first to each vertex, by shares of the length in degrees: exact enough to sort by."""
    step = np.hypot(np.diff(lonlat[:, 0]) * np.cos(np.radians(lonlat[0, 1])), np.diff(lonlat[:, 1]))
    total = float(step.sum())
    return np.concatenate([[0.0], np.cumsum(step)]) * (metres / total if total > 0 else 0.0)


def _one(group: list[Crossing]) -> Crossing:
    """Return one crossing for several carriageways: without lights if one has none."""
    told = [crossing.signals for crossing in group]
    signals = False if False in told else True if True in told else None
    first = group[0]
    name = next((crossing.name for crossing in group if crossing.name), None)
    return Crossing(first.metres, name, signals, first.lon, first.lat)


def _signals(highway: object, crossing: object) -> bool | None:
    if "traffic_signals" in (highway, crossing):
        return True
    return False if crossing in _WITHOUT else None


def _key(point: Point) -> Key:
    return round(point[0] * _GRID), round(point[1] * _GRID)


def _bearing(start: Point, end: Point) -> float:
    return float(np.arctan2(end[1] - start[1], (end[0] - start[0]) * np.cos(np.radians(start[1]))))


def _apart(a: float, b: float) -> float:
    return abs((a - b + np.pi) % (2 * np.pi) - np.pi)


def _is_left(bearing: float, behind: float, ahead: float) -> bool:
    """Whether a bearing lies left of a way that comes from ``behind`` and leads ``ahead``."""
    return (bearing - ahead) % (2 * np.pi) < (behind - ahead) % (2 * np.pi)
