"""Walks between places by their quickest doors, on a network that their doors are already joined to."""

from __future__ import annotations

import numpy as np

from servicecircle.arrays import Floats, Ints
from servicecircle.errors import NoWayError
from servicecircle.graph import Tree, tree
from servicecircle.model import Direction, Variant
from servicecircle.pairs import Pairs
from servicecircle.prices import edge_seconds, walker_of
from servicecircle.reach import door_to_door, pairs_within
from servicecircle.scene import Scene
from servicecircle.walk import Walk, Walker, refuse_far

__all__ = ["DoorWalker"]


class DoorWalker(Walker):
    """Explains the walks that ``pairs_within`` has measured: the same doors, the same seconds.

    Places are named as in ``doors.place``, homes as in ``doors.home``.
    """

    def __init__(self, scene: Scene, variant: Variant) -> None:
        streets = scene.streets
        network, parameters = streets.network, streets.parameters
        prices, profile = edge_seconds(network, parameters, variant), walker_of(variant, parameters)
        super().__init__(network, prices, profile, parameters, streets.snapper())
        self.scene, self.attached = scene, scene.joined.price(prices, profile)
        self._near: dict[float, Pairs] = {}
        self._trees: dict[int, Tree] = {}
        self._walks: dict[tuple[int, int], Walk] = {}

    def seconds(self, places: Ints, limit_s: float) -> Floats:
        """Return seconds from each of some places to each of them, as a square block; ``inf`` beyond the limit.

        All places within a limit are searched from once, however often and for whichever of them somebody asks.
        """
        every = self.scene.doors.place
        if not np.isin(places, every).all():  # a home is among them
            return door_to_door(self.attached, places, places, limit_s, Direction.FROM)
        if limit_s not in self._near:
            self._near[limit_s] = pairs_within(self.attached, every, every, limit_s, Direction.FROM)
        found = self._near[limit_s].take(places)
        column = np.full(len(every), -1)
        column[places] = np.arange(len(places))
        row, column = found.sources(), column[found.target]
        block = np.full((len(places), len(places)), np.inf)
        block[row[column >= 0], column[column >= 0]] = found.apart[column >= 0]
        return block

    def between(self, start: int, end: int) -> Walk:
        """Walk from one place to another, by the doors that are quickest together.

        Raises
        ------
        NoWayError
            No door of the one is joined to a door of the other.
        """
        if (start, end) not in self._walks:
            self._walks[start, end] = self._door_to_door(start, end)
        return self._walks[start, end]

    def _door_to_door(self, start: int, end: int) -> Walk:
        attached, lonlat = self.attached, self.scene.doors.lonlat
        away, to = (attached.doors_of(np.array([place]))[0] for place in (start, end))
        total = np.array([[self._tree(a).seconds[attached.node[b]] for b in to] for a in away])
        total += attached.access_s[away][:, None] + attached.access_s[to][None, :]
        if not np.isfinite(total).any():
            message = f"no way for profile {self.profile.name} between {lonlat[start]} and {lonlat[end]}"
            raise NoWayError(message)
        a, b = (
            int(doors[k]) for doors, k in zip((away, to), np.unravel_index(total.argmin(), total.shape), strict=True)
        )
        snapped = self.scene.doors.snapped
        nodes = self._tree(a).way(int(attached.node[b]))
        stretches = [
            self._access(lonlat[a], snapped.lonlat[a], float(snapped.snap_m[a])),
            *self._stretches(attached, nodes),
            self._access(snapped.lonlat[b], lonlat[b], float(snapped.snap_m[b])),
        ]
        return self._explain(stretches)

    def refuse_far_homes(self) -> None:
        """Raise if a home is farther from the network than ``snap.refuse_m``."""
        doors = self.scene.doors
        refuse_far(doors.lonlat[doors.home], doors.snapped.snap_m[doors.home], self._parameters.snap.refuse_m)

    def _tree(self, door: int) -> Tree:
        if door not in self._trees:
            self._trees[door] = tree(self.attached.graph, int(self.attached.node[door]))
        return self._trees[door]
