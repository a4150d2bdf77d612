"""From a door to the network: a point of an edge on the right storey, with its distance and height difference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial

import numpy as np
import pandas as pd
import shapely

from servicecircle.arrays import Bools, Floats, Ints, Shapes
from servicecircle.crs import to_lonlat, to_metric
from servicecircle.graph import components, make_graph
from servicecircle.nearby import Segments
from servicecircle.network import WalkNetwork
from servicecircle.parameters import SnapParameters
from servicecircle.prices import EdgeSeconds

__all__ = ["Relief", "Snapped", "Snapper"]

Relief = Callable[[Floats], Floats]
"""Height of the ground at (n, 2) lon/lat, NaN where unknown."""

_BEYOND_M = 1e9
_SAME_M = 1e-6
_NO_DOOR = ("lift", "escalator", "crossing")


@dataclass(frozen=True, slots=True)
class Snapped:
    """Where doors meet the network: the edge, the share of its length from its tail, and the walk to get there.

    ``snap_height_m``: the edge there minus the ground at the door, NaN where either is unknown.
    """

    edge: Ints
    share: Floats
    snap_m: Floats
    snap_height_m: Floats
    lonlat: Floats

    def __len__(self) -> int:
        """Return the number of doors."""
        return len(self.edge)

    @classmethod
    def nothing(cls) -> Snapped:
        """Return no doors."""
        none = np.zeros(0)
        return cls(none.astype(np.int64), none, none, none, np.zeros((0, 2)))

    def take(self, which: Ints) -> Snapped:
        """Return the doors at the given positions."""
        return Snapped(*(getattr(self, f.name)[which] for f in fields(self)))

    def followed_by(self, other: Snapped) -> Snapped:
        """Return these doors, then the others."""
        return Snapped(*(np.concatenate([getattr(self, f.name), getattr(other, f.name)]) for f in fields(self)))


@dataclass(frozen=True, slots=True)
class _Feet:
    """Pairs of a point and a segment: the foot on the segment, how far it is, and how much higher."""

    point: Ints
    segment: Ints
    metres: Floats
    height_m: Floats
    part: Floats

    def take(self, which: Ints | Bools) -> _Feet:
        return _Feet(*(getattr(self, f.name)[which] for f in fields(self)))


class Snapper:
    """The edges that a door can open on, indexed once for one profile.

    Left out at ground level: what the profile cannot walk, tunnels, decks of bridges, lifts, escalators, crossings, and
    pieces of the ground-level network too small to lead anywhere. A door on another storey opens on that storey's
    edges, decks and tunnels included. ``relief`` tells the height of the ground; without it no height counts.
    """

    def __init__(
        self, network: WalkNetwork, seconds: EdgeSeconds, parameters: SnapParameters, relief: Relief | None = None
    ) -> None:
        self._network, self._parameters, self._relief = network, parameters, relief
        edges = network.edges
        usable = np.isfinite(seconds.forward_s) & np.isfinite(seconds.backward_s)
        usable &= ~edges["kind"].isin(_NO_DOOR).to_numpy()
        covered = (edges["tunnel"] | edges["bridge"]).to_numpy()
        ground = usable & ~covered & main_pieces(network, seconds, parameters.min_component_nodes, covered)
        storey = usable & main_pieces(network, seconds, parameters.min_component_nodes)
        storey &= (edges["layer"] != 0).to_numpy()
        owner = np.repeat(np.arange(network.n_edges), np.diff(network.vertex_start))
        first = np.flatnonzero((owner[:-1] == owner[1:]) & (ground | storey)[owner[:-1]])
        self._first, self._owner = first, owner[first]
        self._on_ground, self._on_storey = ground[self._owner], storey[self._owner]
        self._layer = edges["layer"].to_numpy()[self._owner]
        street, self._streets = pd.factorize(edges["name"])
        self._street = street[self._owner]
        xy = network.vertex_xy
        self._level = np.flatnonzero(self._on_ground)
        self._segments = Segments(xy[first], xy[first + 1]) if len(first) else None
        self._ground = Segments(xy[first[self._level]], xy[first[self._level] + 1]) if len(self._level) else None
        lines: Shapes = np.asarray(shapely.linestrings(np.stack([xy[first], xy[first + 1]], axis=1)))
        self._every = shapely.STRtree(lines)
        self._height_m, self._length_m = network.heights.vertex_m, edges["length_m"].to_numpy()

    def snap(self, lonlat: Floats, layer: Floats | None = None, street: Shapes | None = None) -> Snapped:
        """Snap (n, 2) lon/lat points.

        Parameters
        ----------
        lonlat
            EPSG:4326.
        layer
            The storey of each point, NaN where unknown: an edge of it within ``storey_reach_m`` wins.
        street
            The street that each point has a door on, None where unknown: an edge of that name within
            ``street_reach_m`` wins.

        Returns
        -------
        Snapped
            In the metric plane, of the edges that qualify, the one of least distance plus ``height_cost`` times the
            metres that it lies more than ``flag_height_m`` above or below the ground at the point; edges farther than
            ``storey_reach_m`` only if nearest. ``snap_m`` is infinite where there is no network at all.
        """
        n = len(lonlat)
        if self._segments is None or self._ground is None or not n:
            return Snapped(np.full(n, -1), np.zeros(n), np.full(n, np.inf), np.full(n, np.nan), np.full((n, 2), np.nan))
        xy = to_metric(lonlat, self._network.crs)
        xy[~np.isfinite(xy)] = _BEYOND_M  # off the plane of the projection: far from everything
        ground_m = np.full(n, np.nan) if self._relief is None else self._relief(lonlat)
        layers = np.full(n, np.nan) if layer is None else layer
        streets = np.full(n, -1) if street is None else self._streets.get_indexer(pd.Index(street))
        feet = partial(self._feet, self._segments, xy, ground_m)
        point, near = self._ground.nearest(xy)
        best = self._best(feet, feet(point, self._level[near]), xy, layers, streets)
        vertex, edge = self._first[best.segment], self._owner[best.segment]
        metres = self._network.vertex_along_m
        at = metres[vertex] + best.part * (metres[vertex + 1] - metres[vertex])
        total = self._length_m[edge]
        share = np.divide(at, total, out=np.zeros(n), where=total > 0)
        lonlat_foot = to_lonlat(self._segments.points(best.segment, best.part), self._network.crs)
        return Snapped(edge, np.clip(share, 0.0, 1.0), best.metres, best.height_m, lonlat_foot)

    @property
    def streets(self) -> list[str]:
        """The names that edges bear."""
        return [str(name) for name in self._streets]

    def names(self, edge: Ints) -> Shapes:
        """Return the name of each given edge, or None."""
        names = self._network.edges["name"]
        return np.asarray(names.where(names.notna(), None).to_numpy(dtype=object)[edge])

    def _best(
        self, measure: Callable[[Ints, Ints], _Feet], nearest: _Feet, xy: Floats, layer: Floats, street: Ints
    ) -> _Feet:
        """Return for each point, in order, the foot to take, given those that are nearest at ground level."""
        given = self._parameters
        nearest = nearest.take(_first_by(nearest.point, self._cost(nearest), nearest.segment))
        # what is farther than the nearest can be better by its height, its storey or its name
        reach = np.maximum(nearest.metres, given.storey_reach_m)
        worth = np.minimum(self._cost(nearest), reach) + _SAME_M
        named = street >= 0
        radius = np.where(np.isfinite(layer), np.maximum(worth, given.storey_reach_m), worth)
        radius = np.where(named, np.maximum(radius, given.street_reach_m), radius)
        again = np.flatnonzero((radius > nearest.metres + 2 * _SAME_M) | named | np.isfinite(layer))
        if not len(again):
            return nearest
        near, segment = self._every.query(shapely.points(xy[again]), predicate="dwithin", distance=radius[again])
        feet = measure(again[near], segment)
        i, s = feet.point, feet.segment
        wanted = (self._layer[s] == layer[i]) & (feet.metres <= given.storey_reach_m)
        wanted &= self._on_ground[s] | self._on_storey[s]
        wanted |= named[i] & (self._street[s] == street[i]) & self._on_ground[s] & (feet.metres <= given.street_reach_m)
        allowed = wanted | (self._on_ground[s] & (feet.metres <= worth[i]))
        first = nearest.take(again)
        every = _Feet(
            *(np.concatenate([getattr(first, f.name), getattr(feet, f.name)[allowed]]) for f in fields(first))
        )
        unwanted = np.concatenate([np.ones(len(again)), ~wanted[allowed]])
        better = every.take(_first_by(every.point, unwanted, self._cost(every), every.segment))
        for f in fields(nearest):
            getattr(nearest, f.name)[again] = getattr(better, f.name)
        return nearest

    def _feet(self, segments: Segments, xy: Floats, ground_m: Floats, point: Ints, segment: Ints) -> _Feet:
        metres, part = segments.feet(xy[point], segment)
        low, high = (self._height_m[self._first[segment] + k] for k in (0, 1))
        height = low + part * (high - low) - ground_m[point]
        return _Feet(point, segment, metres, height, part)

    def _cost(self, feet: _Feet) -> Floats:
        """Metres, and metres for each metre of height beyond what is flagged; an unknown height costs nothing."""
        beyond = np.maximum(np.abs(feet.height_m) - self._parameters.flag_height_m, 0.0)
        return np.asarray(feet.metres + self._parameters.height_cost * np.where(np.isnan(beyond), 0.0, beyond))


def main_pieces(network: WalkNetwork, seconds: EdgeSeconds, min_nodes: int, without: Bools | None = None) -> Bools:
    """Whether each edge lies in a piece of at least ``min_nodes`` nodes in which every node reaches every other.

    ``without``: edges that join nothing. At ground level these are bridges and tunnels: stairs that lead up to a river
    bridge and nowhere else are near every street in plan and far from it on foot, and no door opens on them. Where no
    piece is that large, the largest one counts.
    """
    tail, head = network.tail, network.head
    both = np.r_[seconds.forward_s, seconds.backward_s]
    if without is not None:
        both[np.r_[without, without]] = np.inf
    label, size = components(make_graph(network.n_nodes, np.r_[tail, head], np.r_[head, tail], both))
    enough = min(min_nodes, int(size.max(initial=0)))
    return np.asarray((label[tail] == label[head]) & (size[label[tail]] >= enough))


def _first_by(owner: Ints, *keys: Floats | Ints) -> Ints:
    """Return the position of each owner's first row in the order of the keys, owners ascending."""
    if (np.diff(owner) > 0).all():
        return np.arange(len(owner))
    order = np.lexsort((*keys[::-1], owner))
    return order[np.r_[True, np.diff(owner[order]) > 0]] if len(order) else order
