"""One walk explained: the quickest way between two points, leg by leg."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np
from shapely.geometry import LineString

from servicecircle.arrays import Floats, Ints
from servicecircle.errors import Fault, InputError, NoWayError
from servicecircle.graph import path
from servicecircle.network import WalkNetwork
from servicecircle.parameters import Parameters, Profile
from servicecircle.prices import EdgeSeconds
from servicecircle.reach import Attached, attach
from servicecircle.snapping import Snapped, Snapper

__all__ = ["Leg", "Stretch", "Walk", "Walker"]

_POINT = 2
_ROLLING = ("street", "path", "crossing")
_RIDDEN = ("lift", "escalator", "cableway")
_TOLD = ("kind", "name", "length_m", "rise_m", "steps", "steps_estimated", "link_id")


@dataclass(frozen=True, slots=True)
class Leg:
    """A stretch of one kind and one name."""

    kind: str
    name: str | None
    seconds: float
    metres: float
    rise_m: float | None
    ascent_m: float | None
    descent_m: float | None
    steps: int
    link_id: str | None


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of one edge as walked: from the share ``start`` of its length to the share ``stop``.

    ``edge`` is -1 between a door and the street. ``lonlat`` is the line, in walking direction. Rises are NaN where
    heights are unknown.
    """

    edge: int
    start: float
    stop: float
    kind: str
    name: str | None
    seconds: float
    metres: float
    rise_m: float
    ascent_m: float
    descent_m: float
    steps: float
    estimated: bool
    link_id: str | None
    lonlat: Floats


@dataclass(frozen=True, slots=True)
class Walk:
    """The quickest way from one point to another.

    ``ascent_m`` and ``descent_m`` are climbed on foot, not ridden; None where heights are unknown on the way.
    ``legs`` join the ``stretches`` of one kind and name.
    """

    seconds: float
    metres: float
    ascent_m: float | None
    descent_m: float | None
    steps: int
    steps_estimated: bool
    legs: tuple[Leg, ...]
    stretches: tuple[Stretch, ...]
    geometry: LineString


class Walker:
    """Answers walks on one network for one profile."""

    def __init__(
        self,
        network: WalkNetwork,
        seconds: EdgeSeconds,
        profile: Profile,
        parameters: Parameters,
        snapper: Snapper | None = None,
    ) -> None:
        self._network, self._seconds, self._profile, self._parameters = network, seconds, profile, parameters
        self._snapper = snapper or Snapper(network, seconds, parameters.snap)
        self._columns = {name: network.edges[name].to_numpy() for name in _TOLD}  # a row of a table takes its time

    @property
    def network(self) -> WalkNetwork:
        """The streets."""
        return self._network

    @property
    def profile(self) -> Profile:
        """Who walks them."""
        return self._profile

    def walk(self, start: tuple[float, float], end: tuple[float, float]) -> Walk:
        """Walk from ``start`` to ``end`` (lon, lat).

        Raises
        ------
        InputError
            A point is farther from the network than ``snap.refuse_m``.
        NoWayError
            Both points are near streets that do not connect for this profile.
        """
        found = self.walks(np.array([start, end], dtype=np.float64), [(0, 1)])[0]
        if isinstance(found, Walk):
            return found
        raise found

    def walks(self, points: Floats, pairs: Sequence[tuple[int, int]]) -> list[Walk | InputError | NoWayError]:
        """Walk between pairs of (n, 2) lon/lat points; in place of a walk, why there is none.

        The points are joined to the network once for all pairs.
        """
        points = np.asarray(points, dtype=np.float64).reshape(-1, 2)
        if not len(points):
            return []
        snapped = self._snapper.snap(points)
        attached = attach(self._network, self._seconds, snapped, self._profile)
        return [self._between(attached, snapped, points, pair) for pair in pairs]

    def _between(
        self, attached: Attached, snapped: Snapped, points: Floats, pair: tuple[int, int]
    ) -> Walk | InputError | NoWayError:
        ends = points[list(pair)]
        metres = snapped.snap_m[list(pair)]
        try:
            refuse_far(ends, metres, self._parameters.snap.refuse_m)
        except InputError as error:
            return error
        seconds, nodes = path(attached.graph, *(int(node) for node in attached.node[list(pair)]))
        if not np.isfinite(seconds):
            start, end = (tuple(point) for point in ends.tolist())
            return NoWayError(f"no way for profile {self._profile.name} between {start} and {end}")
        doors = snapped.lonlat[list(pair)]
        stretches = [
            self._access(ends[0], doors[0], float(metres[0])),
            *self._stretches(attached, nodes),
            self._access(doors[1], ends[1], float(metres[1])),
        ]
        return self._explain(stretches)

    def _access(self, a: Floats, b: Floats, metres: float) -> Stretch:
        return Stretch(
            edge=-1,
            start=0.0,
            stop=1.0,
            kind="link",
            name=None,
            seconds=metres / self._profile.flat_mps,
            metres=metres,
            rise_m=0.0,
            ascent_m=0.0,
            descent_m=0.0,
            steps=0.0,
            estimated=False,
            link_id=None,
            lonlat=np.vstack([a, b]),
        )

    def _stretches(self, attached: Attached, nodes: Ints) -> list[Stretch]:
        arcs, of = attached.arcs, self._columns
        wanted = {(int(a), int(b)) for a, b in pairwise(nodes)}
        on_way = np.flatnonzero(np.isin(arcs.tail, nodes) & np.isin(arcs.head, nodes) & np.isfinite(arcs.seconds))
        best: dict[tuple[int, int], int] = {}
        for i in on_way:
            key = (int(arcs.tail[i]), int(arcs.head[i]))
            if key in wanted and (key not in best or arcs.seconds[i] < arcs.seconds[best[key]]):
                best[key] = int(i)
        pieces = []
        for a, b in pairwise(nodes):
            k = best[int(a), int(b)]
            e, start, stop = int(arcs.edge[k]), float(arcs.share_from[k]), float(arcs.share_to[k])
            part = abs(stop - start)
            rise, ascent, descent = self._climb(e, start, stop)
            pieces.append(
                Stretch(
                    edge=e,
                    start=start,
                    stop=stop,
                    kind=of["kind"][e],
                    name=_text(of["name"][e]),
                    seconds=float(arcs.seconds[k]),
                    metres=float(of["length_m"][e]) * part,
                    rise_m=rise,
                    ascent_m=ascent,
                    descent_m=descent,
                    steps=float(of["steps"][e]) * part,
                    estimated=bool(of["steps_estimated"][e]),
                    link_id=_text(of["link_id"][e]),
                    lonlat=self._line(e, start, stop),
                )
            )
        return pieces

    def _climb(self, edge: int, start: float, stop: float) -> tuple[float, float, float]:
        """Rise, and metres up and down on foot, along a part of an edge."""
        network, kind = self._network, self._columns["kind"][edge]
        if kind not in _ROLLING:
            rise = float(self._columns["rise_m"][edge]) * (stop - start)
            return (rise, 0.0, 0.0) if kind in _RIDDEN else (rise, max(rise, 0.0), max(-rise, 0.0))
        part = slice(network.vertex_start[edge], network.vertex_start[edge + 1])
        along, height = network.vertex_along_m[part], network.heights.vertex_m[part]
        low, high = sorted((start * along[-1], stop * along[-1]))
        at = np.r_[low, along[(along > low) & (along < high)], high]
        step = np.diff(np.interp(at, along, height)) * np.sign(stop - start)
        return float(step.sum()), float(np.maximum(step, 0).sum()), float(np.maximum(-step, 0).sum())

    def _line(self, edge: int, start: float, stop: float) -> Floats:
        network = self._network
        part = slice(network.vertex_start[edge], network.vertex_start[edge + 1])
        return cut_line(network.vertex_lonlat[part], network.vertex_along_m[part], start, stop)

    def _explain(self, pieces: list[Stretch]) -> Walk:
        up, down = sum(p.ascent_m for p in pieces), sum(p.descent_m for p in pieces)
        legs = []
        for (kind, name), group in groupby((p for p in pieces if p.metres or p.seconds), lambda p: (p.kind, p.name)):
            parts = list(group)
            legs.append(
                Leg(
                    kind,
                    name,
                    sum(p.seconds for p in parts),
                    sum(p.metres for p in parts),
                    _known(sum(p.rise_m for p in parts)),
                    _known(sum(p.ascent_m for p in parts)),
                    _known(sum(p.descent_m for p in parts)),
                    round(sum(p.steps for p in parts)),
                    parts[0].link_id,
                )
            )
        line = np.vstack([p.lonlat for p in pieces])
        line = line[np.r_[True, (np.abs(np.diff(line, axis=0)) > 1e-9).any(axis=1)]]  # noqa: PLR2004
        line = line if len(line) >= _POINT else np.vstack([line, line])
        return Walk(
            seconds=sum(p.seconds for p in pieces),
            metres=sum(p.metres for p in pieces),
            ascent_m=_known(up),
            descent_m=_known(down),
            steps=round(sum(p.steps for p in pieces)),
            steps_estimated=any(p.estimated for p in pieces),
            legs=tuple(legs),
            stretches=tuple(pieces),
            geometry=LineString(line),
        )


def _known(metres: float) -> float | None:
    return metres if np.isfinite(metres) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def cut_line(lonlat: Floats, along_m: Floats, start: float, stop: float) -> Floats:
    """Return the part of a polyline between two shares of its length, in walking direction."""
    if stop < start:
        return cut_line(lonlat, along_m, stop, start)[::-1]
    total = along_m[-1]
    low, high = start * total, stop * total
    ends = [np.interp([low, high], along_m, lonlat[:, k]) for k in (0, 1)]
    inner = lonlat[(along_m > low) & (along_m < high)]
    first, last = np.array([ends[0][0], ends[1][0]]), np.array([ends[0][1], ends[1][1]])
    return np.vstack([first, inner, last])


def refuse_far(lonlat: Floats, snap_m: Floats, refuse_m: float) -> None:
    """Raise if any point is farther from the network than ``refuse_m``."""
    faults = [
        Fault(
            f"no walkable street within {refuse_m:.0f} m (nearest: {metres:.0f} m)",
            "check the coordinates (WGS-84, longitude first) and the study area",
            value=f"{lon:.6f},{lat:.6f}",
        )
        for (lon, lat), metres in zip(lonlat, snap_m, strict=True)
        if not metres <= refuse_m
    ]
    if faults:
        raise InputError(faults)
