"""Where two scenes of one study differ: streets that cost other seconds, doors elsewhere, and the places that notice.

A search that comes to no street that changed, in the one scene or in the other, has the same answer in both to the last
bit: seconds are least sums along ways, and no way that it looks at is another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from servicecircle.arrays import Bools, Floats, Ints
from servicecircle.graph import nearest
from servicecircle.model import Direction
from servicecircle.reach import Attached
from servicecircle.scene import Scene

__all__ = ["Changes", "Side"]

_SURELY, _SLACK_S = 1 + 1e-9, 1e-6  # seconds added up from the other end may be off by the last digit


_SAID = ["paid", "hours", "wait_s", "ride_s"]


@dataclass(frozen=True, slots=True)
class Side:
    """A scene as somebody walks in it."""

    scene: Scene
    walk: Attached

    def costs(self) -> Floats:
        """Return seconds along the edges of the mapped network and against them, as (2, edges)."""
        network, seconds = self.scene.streets.network, self.walk.arcs.seconds
        n = network.n_edges if network.hung is None else network.hung.first_edge
        half = len(seconds) // 2  # whole edges come first, in either half
        return np.stack([seconds[:n], seconds[half : half + n]])

    def noticing(self, edges: Ints, limit_s: float, direction: Direction) -> Bools:
        """Whether the search of each place comes to any of the edges within a limit."""
        network, doors = self.scene.streets.network, self.scene.doors
        found = np.zeros(len(self.scene.places), dtype=bool)
        if len(edges):
            ends = np.unique(np.r_[network.tail[edges], network.head[edges]])
            # from the edges on to places where people walk to them, back where they walk from them
            apart = nearest(self.walk.graph, ends, limit_s * _SURELY + _SLACK_S, towards=direction is Direction.FROM)
            near = apart.apart[self.walk.node] + self.walk.access_s <= limit_s * _SURELY + _SLACK_S
            near |= np.isin(doors.snapped.edge, edges)
            owner = doors.owner[near]
            found[owner[owner < len(found)]] = True
        return found


@dataclass(frozen=True, slots=True)
class Changes:
    """What is other than before.

    ``row`` is for each place the row that it had before, -1 where it is new or has other doors. ``edges`` are those of
    which other things are said, on which a door is gone or new, or that a link hangs on.
    """

    row: Ints
    edges: Ints

    @classmethod
    def between(cls, before: Scene, after: Scene) -> Changes:
        """Compare the doors of two scenes with the same homes."""
        moved = pd.concat([_doors(before), _doors(after)]).drop_duplicates(keep=False)
        ids = pd.Index(before.places["facility_id"])
        row = ids.get_indexer(pd.Index(after.places["facility_id"])).astype(np.int64)
        row[after.places["facility_id"].isin(moved["who"]).to_numpy()] = -1
        hung = [scene.streets.network.hung for scene in (before, after)]
        hosts = [links.edge for links in hung if links is not None]
        edges = np.concatenate([moved["edge"], *hosts, _retold(before, after)])
        return cls(row, np.unique(edges[edges >= 0]).astype(np.int64))

    def streets(self, was: Side, now: Side) -> Ints:
        """Return every edge that costs other seconds or whose doors changed."""
        return np.union1d(self.edges, np.flatnonzero((was.costs() != now.costs()).any(axis=0)))

    def touched(self, was: Side, now: Side, limit_s: float, direction: Direction) -> Bools:
        """Whether each place may have another answer to a search than before."""
        edges = self.streets(was, now)
        touched = now.noticing(edges, limit_s, direction) | (self.row < 0)
        kept = np.flatnonzero(self.row >= 0)
        touched[kept] |= was.noticing(edges, limit_s, direction)[self.row[kept]]
        return touched


def _retold(before: Scene, after: Scene) -> Ints:
    """Return the mapped edges of which something else is said: they may cost other seconds to some walkers only."""
    if not (before.streets.variant.changes or after.streets.variant.changes):
        return np.zeros(0, dtype=np.int64)
    was, now = (scene.streets.network.mapped.edges[_SAID] for scene in (before, after))
    return np.flatnonzero((was.ne(now) & ~(was.isna() & now.isna())).any(axis=1))


def _doors(scene: Scene) -> pd.DataFrame:
    """List every door: whose it is, where, and which of several such."""
    snapped, ids = scene.doors.snapped, scene.places["facility_id"].to_numpy(dtype=object)
    homes = np.arange(len(scene.homes)).astype(object)
    who = np.concatenate([ids, homes])[scene.doors.owner]
    doors = pd.DataFrame({"who": who, "edge": snapped.edge, "share": snapped.share, "snap_m": snapped.snap_m})
    return doors.assign(n=doors.groupby([*doors.columns]).cumcount())
