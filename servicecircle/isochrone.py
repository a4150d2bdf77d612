"""Circles: the area reached within a cutoff, as a contour of exact seconds on the shared mesh.

A circle never contradicts the times: every reached node is inside it, every unreached one outside, save where two
nodes of different storeys stand within a metre of each other (``shared_spots`` counts them).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from scipy.spatial import cKDTree
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from servicecircle.arrays import Bools, Floats, Ints, Shapes
from servicecircle.contour import Mesh, Places, Rings, Scratch, Town, draw_groups
from servicecircle.graph import Reached, components, make_graph
from servicecircle.model import Direction
from servicecircle.network import Hung, WalkNetwork
from servicecircle.parameters import Parameters, Profile
from servicecircle.prices import EdgeSeconds
from servicecircle.reach import Attached
from servicecircle.snapping import Snapped
from servicecircle.tessellation import Tessellation
from servicecircle.wavefront import OUTSIDE

__all__ = ["Circle", "Circles", "Drawer", "Starts", "lively", "merge_reached", "shared_spots", "simpler"]

_ROOM = 1 << 18  # points that wait to become shapes
_NOWHERE = "the street it is on leads nowhere"
_TOO_FAR = "no street is reached within the cutoff"


@dataclass(frozen=True, slots=True)
class Starts:
    """Where circles begin: shares of edges from their tails, and the seconds to get there."""

    edge: Ints
    share: Floats
    access_s: Floats

    @classmethod
    def of(cls, snapped: Snapped, attached: Attached, places: Ints) -> Starts:
        """Return the starts of the given places, which were attached in the order they were snapped."""
        return cls(snapped.edge[places], snapped.share[places], attached.access_s[places])

    def take(self, which: Ints) -> Starts:
        """Return the starts at the given positions."""
        return Starts(self.edge[which], self.share[which], self.access_s[which])


@dataclass(frozen=True, slots=True)
class Circle:
    """The area reached from (or towards) a place within a cutoff.

    ``area`` is in the network's metric CRS; ``street_m`` are metres of street walked, cut at the exact cutoff;
    ``shed_ratio`` is the share that the area has of a circle with the radius walked on the level in a straight line;
    ``reason`` says why an empty area is empty.
    """

    cutoff_s: float
    area: BaseGeometry
    area_m2: float
    street_m: float
    shed_ratio: float
    reason: str | None


@dataclass(frozen=True, slots=True)
class Circles:
    """Circles of several groups at several cutoffs: every array is (groups, cutoffs)."""

    cutoffs_s: tuple[float, ...]
    area: Shapes
    area_m2: Floats
    street_m: Floats
    dead: Bools
    flat_mps: float

    def of(self, group: int) -> list[Circle]:
        """Return the circles of one group, in the order of the cutoffs."""
        found = []
        for k, cutoff in enumerate(self.cutoffs_s):
            reason = _NOWHERE if self.dead[group] else _TOO_FAR
            shed = self.shed_ratio[group, k]
            area, square = self.area[group, k], float(self.area_m2[group, k])
            empty = reason if area.is_empty else None
            found.append(Circle(cutoff, area, square, float(self.street_m[group, k]), float(shed), empty))
        return found

    @property
    def shed_ratio(self) -> Floats:
        """Area over the area of the circle with the radius walked on the level in a straight line."""
        radius_m = self.flat_mps * np.array(self.cutoffs_s)
        return np.asarray(self.area_m2 / (np.pi * radius_m**2))


class Drawer:
    """Draws circles on one mesh, for one walker and direction.

    It keeps nothing between calls: threads may share one.
    """

    def __init__(
        self,
        network: WalkNetwork,
        mesh: Tessellation,
        prices: EdgeSeconds,
        direction: Direction,
        parameters: Parameters,
        profile: Profile,
    ) -> None:
        self._mesh = Mesh(
            mesh.xy,
            mesh.n_street,
            mesh.bead_start,
            mesh.bead_edge,
            mesh.bead_share,
            mesh.bead_vertex,
            mesh.around_start,
            mesh.around,
            mesh.around_rim,
            mesh.around_bead,
            parameters.circles.beyond_street_m,
        )
        self._hung = network.hung
        self._lively = lively(network, prices, parameters.snap.min_component_nodes)
        network = network.mapped
        prices = EdgeSeconds(prices.forward_s[: network.n_edges], prices.backward_s[: network.n_edges])
        out, back = prices.forward_s, prices.backward_s
        leave, enter = (out, back) if direction is Direction.FROM else (back, out)
        ends = np.r_[network.tail, network.head]
        order = np.argsort(ends, kind="stable")
        self._town = Town(
            network.tail,
            network.head,
            network.edges["length_m"].to_numpy(dtype=np.float64),
            leave,
            enter,
            np.r_[0, np.cumsum(np.bincount(ends, minlength=network.n_nodes))].astype(np.int64),
            (order % network.n_edges).astype(np.int64),
        )
        self._flat_mps = profile.flat_mps

    def draw(self, reached: Reached, starts: Starts, cutoffs_s: Sequence[float], groups: Ints | None = None) -> Circles:
        """Draw the circles of every group at every cutoff.

        Parameters
        ----------
        reached
            Seconds of each group at the nodes of the graph, within the largest cutoff at least, access included.
        starts
            Where the groups begin.
        cutoffs_s
            In any order, at most 254 of them.
        groups
            Group of each start, ascending; by default each start is a group of its own. The area of several starts
            is drawn from the seconds to the nearest of them, and holds the circle of each.
        """
        count = len(reached.start) - 1
        of = np.arange(len(starts.edge)) if groups is None else groups
        first = np.searchsorted(of, np.arange(count + 1)).astype(np.int64)
        alive = self._lively[starts.edge]
        dead = np.bincount(of, alive, minlength=count) == 0
        access = np.where(alive, starts.access_s, np.inf)
        if self._hung is not None:
            starts, of, access = _from_links(self._hung, reached, starts, of, access, dead)
            first = np.searchsorted(of, np.arange(count + 1)).astype(np.int64)
        node_seconds = np.where(np.repeat(dead, np.diff(reached.start)), np.inf, reached.seconds)
        places = Places(
            reached.start, reached.node, node_seconds, first, starts.edge.astype(np.int64), starts.share, access
        )
        order = np.argsort(cutoffs_s, kind="stable")
        back = np.argsort(order, kind="stable")
        cutoffs = np.array(cutoffs_s, dtype=np.float64)[order]
        area, area_m2, walked = self._draw(places, cutoffs)
        return Circles(tuple(cutoffs_s), area[:, back], area_m2[:, back], walked[:, back], dead, self._flat_mps)

    def _draw(self, places: Places, cutoffs: Floats) -> tuple[Shapes, Floats, Floats]:
        """Draw group after group; when the rings fill their room shapes are made of them."""
        groups = len(places.first_start) - 1
        area = np.full((groups, len(cutoffs)), Polygon(), dtype=object)
        area_m2, walked = np.zeros(area.shape), np.zeros(area.shape)
        scratch, rings = self._scratch(places), _room(_ROOM, walked)
        done = 0
        while done < groups:
            begin = done
            done, count = draw_groups(self._mesh, self._town, places, scratch, cutoffs, begin, 0, rings)
            _assemble(rings, count, area, area_m2)
            scratch.seen[:] = -1
            if done == begin:  # the room is too small for one group
                rings = _room(2 * len(rings.xy), walked)
        return area, area_m2, walked

    def _scratch(self, places: Places) -> Scratch:
        mesh, town = self._mesh, self._town
        n = len(mesh.xy)
        edges, spokes = len(town.tail), len(mesh.around)
        nobody = np.full(edges, -1, dtype=np.int64)
        return Scratch(
            node_s=np.full(len(town.at_start) - 1, np.inf),
            level=np.full(n, OUTSIDE, dtype=np.uint8),
            vertices=np.empty(n, dtype=np.int64),
            seen=nobody,
            listed=np.empty(edges, dtype=np.int64),
            edge_start=nobody.copy(),
            next_start=np.full(len(places.start_edge), -1, dtype=np.int64),
            slot=np.empty(spokes, dtype=np.int64),
            here=np.empty(spokes, dtype=np.int64),
            crossed=np.empty(spokes, dtype=np.int64),
            leaves=np.empty(spokes, dtype=np.int64),
            cut=np.empty((spokes, 2)),
            ring_first=np.empty(spokes + 1, dtype=np.int64),
            ring_area=np.empty(spokes),
            ring_box=np.empty((spokes, 4)),
            ring_shell=np.empty(spokes, dtype=np.int64),
        )


def _from_links(
    hung: Hung, reached: Reached, starts: Starts, groups: Ints, access_s: Floats, dead: Bools
) -> tuple[Starts, Ints, Floats]:
    """Let every group start again where it comes off an added link, in the middle of a street."""
    group = np.repeat(np.arange(len(reached.start) - 1), np.diff(reached.start))
    at = reached.node - hung.first_node
    rows = np.flatnonzero((at >= 0) & (at < len(hung.edge)) & ~dead[group])
    seconds, at = reached.seconds[rows], at[rows]
    of = np.r_[groups, group[rows]]
    order = np.argsort(of, kind="stable")
    more = Starts(
        np.r_[starts.edge, hung.edge[at]],
        np.r_[starts.share, hung.share[at]],
        np.r_[starts.access_s, seconds],
    )
    return more.take(order), of[order], np.r_[access_s, seconds][order]


def merge_reached(reached: Reached, groups: Ints, count: int) -> Reached:
    """Return the seconds to the nearest member of each group; sources of a negative group are left out."""
    row = np.repeat(groups, np.diff(reached.start))
    keep = row >= 0
    row, node, seconds = row[keep], reached.node[keep], reached.seconds[keep]
    order = np.lexsort((seconds, node, row))
    row, node, seconds = row[order], node[order], seconds[order]
    first = np.ones(len(row), dtype=bool)
    first[1:] = (row[1:] != row[:-1]) | (node[1:] != node[:-1])
    start = np.searchsorted(row[first], np.arange(count + 1)).astype(np.int64)
    return Reached(start, node[first], seconds[first])


def shared_spots(network: WalkNetwork, within_m: float = 1.0) -> Ints:
    """Nodes within ``within_m`` in plan of a node of another storey: no flat area can tell the two apart.

    Two nodes are of different storeys where they touch edges of different layers, or where a lift joins them on the
    spot.
    """
    ends = np.r_[network.tail, network.head]
    layer = np.tile(network.edges["layer"].to_numpy(), 2)
    storeys: list[set[int]] = [set() for _ in range(network.n_nodes)]
    for node, storey in zip(ends.tolist(), layer.tolist(), strict=True):
        storeys[node].add(storey)
    near = cKDTree(network.node_xy).query_pairs(within_m, output_type="ndarray")
    apart = np.array([storeys[a] != storeys[b] for a, b in near], dtype=bool)
    lift = np.flatnonzero(network.edges["length_m"].to_numpy() == 0)
    return np.unique(np.r_[near[apart].ravel(), network.tail[lift], network.head[lift]]).astype(np.int64)


def simpler(areas: Shapes, error_m: float) -> Shapes:
    """Return areas with fewer points, for display: no point of an outline moves farther than ``error_m``.

    What is counted and published is drawn in full.
    """
    return np.asarray(shapely.simplify(areas, error_m, preserve_topology=True), dtype=object)


def _room(points: int, walked: Floats) -> Rings:
    some = points // 4
    group, cutoff = (np.zeros(some, dtype=np.int64) for _ in range(2))
    return Rings(np.zeros((points, 2)), np.zeros(some + 1, dtype=np.int64), np.zeros(some), group, cutoff, walked)


def lively(network: WalkNetwork, prices: EdgeSeconds, min_nodes: int) -> Bools:
    """Whether each mapped edge can be walked, in a piece of at least ``min_nodes`` nodes if there is one so large."""
    network = network.mapped
    tail, head = network.tail, network.head
    onwards, back = (np.isfinite(seconds[: len(tail)]) for seconds in (prices.forward_s, prices.backward_s))
    either = np.where(onwards | back, 1.0, np.inf)
    label, size = components(make_graph(network.n_nodes, np.r_[tail, head], np.r_[head, tail], np.r_[either, either]))
    enough = min(min_nodes, int(size.max(initial=0)))
    return np.asarray((onwards | back) & (size[label[tail]] >= enough))


def _assemble(rings: Rings, count: int, area: Shapes, area_m2: Floats) -> None:
    """Make shapes of rings, and fill in those and their square metres, both (groups, cutoffs)."""
    if not count:
        return
    at = rings.group[:count] * area.shape[1] + rings.cutoff[:count]
    area_m2 += np.bincount(at, rings.area[:count], area.size).reshape(area.shape)
    body = np.flatnonzero(rings.area[:count] > 0)
    offsets = rings.first[: count + 1], np.r_[body, count]
    bodies = shapely.from_ragged_array(shapely.GeometryType.POLYGON, rings.xy[: rings.first[count]], offsets)
    owner = at[body]
    parts = np.bincount(owner, minlength=area.size)
    single = parts[owner] == 1
    flat = area.reshape(-1)  # the same cells
    flat[owner[single]] = bodies[single]
    several = np.flatnonzero(parts > 1)
    if len(several):
        flat[several] = shapely.multipolygons(bodies[~single], indices=np.searchsorted(several, owner[~single]))
