"""Draws of a scenario made again for those homes alone that a change can reach, on the streets between them and places.

A draw changes paces, and no draw walks faster than the quickest pace on the best slope. So metres bound every draw at
once: who is farther than that from every change, places beyond it counted in, is covered in the same draws as before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from servicecircle.arrays import Bools, Floats, Ints
from servicecircle.graph import Sources, nearest
from servicecircle.model import Variant
from servicecircle.network import WalkNetwork
from servicecircle.parameters import Parameters
from servicecircle.prices import EdgeSeconds, walker_of
from servicecircle.reach import Attached, Joined, Layout
from servicecircle.scene import Scene
from servicecircle.uncertainty import covered_share, draw_factors, groups_of

__all__ = ["Redraw"]

_RIDDEN = ("lift", "escalator", "cableway")  # take no metres
_SURELY, _SLACK_M = 1 + 1e-9, 1e-6


@dataclass(frozen=True, slots=True)
class Redraw:
    """Answers as ``covered_share`` does, from the shares of a finished study.

    ``edges`` are those that changed; ``shares`` by the labels of ``groups_of``, missing where there was no place.
    """

    before: Scene
    after: Scene
    edges: Ints
    shares: Floats

    def __call__(
        self,
        network: WalkNetwork,
        joined: Joined,
        groups: Sequence[Ints],
        homes: Ints,
        variant: Variant,
        parameters: Parameters,
    ) -> Floats:
        """Share of draws in which each home reaches the nearest place of each group in time, as (groups, homes)."""
        share: Floats = np.nan_to_num(self.shares)  # of no place nobody was covered
        limit_m = _limit_m(variant, parameters)
        was, now = _Metres.of(self.before, limit_m), _Metres.of(self.after, limit_m)
        regrouped = _regrouped(self.before, self.after)
        chosen = was.homes_near(self.edges, regrouped) | now.homes_near(self.edges, regrouped)
        if chosen.any():
            nodes = now.between(homes[chosen])
            kept = nodes[joined.tail] & nodes[joined.head]
            edges = np.unique(joined.edge[kept])
            part = network.take(edges), _within(joined, nodes, edges)
            share[:, chosen] = covered_share(*part, groups, homes[chosen], variant, parameters)
        return share


@dataclass(frozen=True, slots=True)
class _Metres:
    """A scene in metres that nobody can walk round; ``on_m`` from every node to the nearest place of all."""

    scene: Scene
    walk: Attached
    limit_m: float
    on_m: Floats

    @classmethod
    def of(cls, scene: Scene, limit_m: float) -> _Metres:
        streets, network = scene.streets, scene.streets.network
        told, drawn = network.edges["length_m"].to_numpy(), network.vertex_along_m[network.vertex_start[1:] - 1]
        least = np.where(network.edges["kind"].isin(_RIDDEN), 0.0, np.minimum(told, drawn))
        prices = (
            np.where(np.isfinite(s), least, np.inf) for s in (streets.prices.forward_s, streets.prices.backward_s)
        )
        walk = scene.joined.price(EdgeSeconds(*prices), streets.profile)
        walk = replace(walk, access_s=scene.doors.snapped.snap_m)
        every = walk.sources([np.arange(len(scene.places))])
        return cls(scene, walk, limit_m, nearest(walk.graph, every, limit_m, towards=True).apart)

    def homes_near(self, edges: Ints, places: frozenset[str]) -> Bools:
        """Whether each home's way to any place can lead over one of the edges, or to one of the places."""
        network, doors, walk = self.scene.streets.network, self.scene.doors, self.walk
        ends = np.unique(np.r_[network.tail[edges], network.head[edges]])
        ends = ends[np.isfinite(self.on_m[ends])]
        rows = np.flatnonzero(self.scene.places["facility_id"].isin(places))
        at = walk.sources([rows])
        seeds = Sources.one(np.r_[ends, at.node], np.r_[self.on_m[ends], at.access_s])
        apart = nearest(walk.graph, seeds, self.limit_m, towards=True).apart
        near = apart[walk.node[doors.home]] + walk.access_s[doors.home] <= self.limit_m
        return np.asarray(near | np.isin(doors.snapped.edge[doors.home], edges))

    def between(self, homes: Ints) -> Bools:
        """Whether each node can lie on a way of some of the homes to a place."""
        doors, _ = self.walk.doors_of(homes)
        start = Sources.one(self.walk.node[doors], self.walk.access_s[doors])
        there = nearest(self.walk.graph, start, self.limit_m).apart
        return np.asarray(there + self.on_m <= self.limit_m)


def _within(joined: Joined, nodes: Bools, edges: Ints) -> Joined:
    """Return what lies between some of the nodes, these and the given edges numbered anew, places as they are."""
    kept = np.flatnonzero(nodes[joined.tail] & nodes[joined.head])
    number, doors = np.cumsum(nodes) - 1, np.flatnonzero(nodes[joined.node])
    tail, head, n = number[joined.tail[kept]], number[joined.head[kept]], int(nodes.sum())
    owner = joined.owner[doors]
    many = np.bincount(owner, minlength=len(joined.doors[2]))
    return Joined(
        joined.snapped.take(doors),
        owner,
        number[joined.node[doors]],
        n - len(doors),
        tail,
        head,
        np.searchsorted(edges, joined.edge[kept]),
        joined.share_from[kept],
        joined.share_to[kept],
        (np.argsort(owner, kind="stable"), np.cumsum(many) - many, many),
        Layout.of(tail, head, n),
        Layout.of(head, tail, n),
    )


def _limit_m(variant: Variant, parameters: Parameters) -> float:
    """Metres that nobody walks within the cutoff in any draw."""
    quickest = draw_factors(parameters.uncertainty)[:, 0].max(initial=0.0)
    best = max(1.0, *parameters.pace.relative_pace)
    pace = walker_of(variant, parameters).flat_mps * quickest * best
    return float(parameters.coverage.cutoff_s * pace * _SURELY + _SLACK_M)


def _regrouped(before: Scene, after: Scene) -> frozenset[str]:
    """Return the places that are of another tier or basis than before."""
    told = []
    for scene in (before, after):
        ids = scene.places["facility_id"].to_numpy(dtype=object)
        told.append({(label, name) for label, rows in groups_of(scene.places).items() for name in ids[rows]})
    return frozenset(name for _, name in told[0] ^ told[1])
