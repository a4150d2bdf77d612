"""Places at their doors for one walker: made ready once, so that a question only adds its own points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse.csgraph import connected_components

from api.trails import Trails, counted_along, counted_on, trace_trails
from servicecircle.adhoc import Easel
from servicecircle.arrays import Bools, Floats, Ints
from servicecircle.crs import WGS84
from servicecircle.door_walks import DoorWalker
from servicecircle.doors import Doors, open_doors
from servicecircle.entrances import Entrances, find_entrances
from servicecircle.graph import Sources, nearest
from servicecircle.model import Direction
from servicecircle.prices import edge_seconds, walker_of
from servicecircle.scene import Scene
from servicecircle.snapping import Snapped, Snapper
from servicecircle.standing import Standing
from servicecircle.streets import Streets
from servicecircle.tessellation import Tessellation
from servicecircle.walk import Walker, refuse_far

__all__ = ["Feet", "Point", "entrances_of", "ready"]

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Feet:
    """All that depends on who walks.

    ``doors`` are those of the places alone, ``standing`` the same with their prices; ``usable`` says which places have
    a street near them for this walker; ``counted`` and ``along`` are the edges as of ``counted_on`` and the arcs as of
    ``counted_along``; ``piece`` numbers the pieces of the network that no street of this walker's joins.
    """

    streets: Streets
    places: gpd.GeoDataFrame
    snapper: Snapper
    walker: Walker
    doors: Doors
    standing: Standing
    usable: Bools
    counted: Floats
    along: Floats
    piece: Ints
    easel: Easel

    def snap(self, lonlat: Floats) -> Snapped:
        """Put (n, 2) lon/lat points on this walker's streets.

        Raises
        ------
        InputError
            A point without a street near it.
        """
        here = self.snapper.snap(lonlat)
        refuse_far(lonlat, here.snap_m, self.streets.parameters.snap.refuse_m)
        return here

    def seconds(self, here: Snapped, limit_s: float, direction: Direction) -> Floats:
        """Return seconds between a point and every place, by the quickest of its doors; ``inf`` beyond the limit."""
        attached, places = self.standing.attached, self.doors.place
        start = self.standing.doorstep(here, direction)
        found = nearest(attached.graph, start.sources, limit_s, towards=direction is Direction.TO)
        doors, whose = attached.doors_of(places)
        seconds = found.apart[attached.node[doors]] + attached.access_s[doors]
        if len(doors) > len(places):
            seconds = np.minimum.reduceat(seconds, np.searchsorted(whose, np.arange(len(places))))
        return np.where(seconds <= limit_s, seconds, np.inf)

    def joined_to(self, here: Snapped) -> Bools:
        """Whether a place has a door on the same piece of the network as a point: else there is no way, however far."""
        attached = self.standing.attached
        doors, whose = attached.doors_of(self.doors.place)
        mine = self.piece[self.standing.doorstep(here, Direction.FROM).sources.node]
        found = np.zeros(len(self.places), dtype=bool)
        found[whose[np.isin(self.piece[attached.node[doors]], mine)]] = True
        return found

    def trails(self, here: Snapped, limit_s: float) -> Trails:
        """Walk from a point to every place."""
        start = self.standing.doorstep(here, Direction.FROM)
        begun = self.counted[here.edge[0]] * start.share[:, None]
        begun[:, 0] += here.snap_m[0]
        return self._traced(start.sources, begun, limit_s)

    def trails_between(self, place: int) -> Trails:
        """Walk from a place to every place, however far."""
        attached = self.standing.attached
        doors = attached.doors_of(np.array([place]))[0]
        begun = np.zeros((len(doors), self.along.shape[1]))
        begun[:, 0] = self.doors.snapped.snap_m[doors]
        return self._traced(Sources.one(attached.node[doors], attached.access_s[doors]), begun, np.inf)

    def scene(self, points: Sequence[Point]) -> Scene:
        """Return the places with points beside them, which are numbered behind the places, as homes are.

        Raises
        ------
        InputError
            A point without a street near it for this walker.
        """
        lonlat = np.array(points, dtype=np.float64).reshape(-1, 2)
        here = self.snap(lonlat)
        doors, n = self.doors, len(self.places)
        first, further = np.split(np.arange(len(doors.owner)), [n])
        home = n + np.arange(len(lonlat))
        opened = Doors(
            snapped=doors.snapped.take(first).followed_by(here).followed_by(doors.snapped.take(further)),
            owner=np.r_[doors.place, home, doors.owner[further]],
            lonlat=np.concatenate([doors.lonlat[first], lonlat, doors.lonlat[further]]),
            layer=np.concatenate([doors.layer[first], np.full(len(lonlat), np.nan), doors.layer[further]]),
            reason=np.concatenate([doors.reason[first], np.full(len(lonlat), None), doors.reason[further]]),
            place=doors.place,
            home=home,
        )
        homes = gpd.GeoSeries(shapely.points(lonlat), crs=WGS84)  # a frame takes a millisecond
        return Scene(self.streets, self.places, homes, opened, opened.join(self.streets.network))

    def door_walker(self, points: Sequence[Point]) -> DoorWalker:
        """Return what explains walks between places, and points beside them, by their quickest doors."""
        return DoorWalker(self.scene(points), self.streets.variant)

    def _traced(self, sources: Sources, begun: Floats, limit_s: float) -> Trails:
        snap_m, places = self.doors.snapped.snap_m, self.doors.place
        return trace_trails(self.standing.attached, self.along, snap_m, (sources, begun), places, limit_s)


def entrances_of(streets: Streets, places: gpd.GeoDataFrame) -> Entrances:
    """Find every entrance of every place, whoever walks."""
    study = streets.study
    return find_entrances(places, study.entrances, study.area.buildings, streets.snapper().streets, study.area.crs)


def ready(streets: Streets, places: gpd.GeoDataFrame, entrances: Entrances, mesh: Tessellation, profile: str) -> Feet:
    """Make the places ready for a walker; a place too far from this walker's streets stays, and is not usable."""
    parameters, network = streets.parameters, streets.network
    variant = replace(streets.variant, profile=profile)
    prices = edge_seconds(network, parameters, variant)
    own = replace(streets, variant=variant, profile=walker_of(variant, parameters), prices=prices)
    snapper = own.snapper()
    nobody = gpd.GeoDataFrame(geometry=[], crs=WGS84)
    never_far = parameters.snap.model_copy(update={"refuse_m": np.inf})
    doors = open_doors(snapper, places, entrances, nobody, never_far)
    near: Floats = doors.snapped.snap_m[doors.place]
    standing, counted = Standing.of(network, doors.join(network), prices, own.profile), counted_on(network)
    return Feet(
        streets=own,
        places=places,
        snapper=snapper,
        walker=own.walker(),
        doors=doors,
        standing=standing,
        usable=np.asarray(near <= parameters.snap.refuse_m),
        counted=counted,
        along=counted_along(standing.attached, counted),
        piece=connected_components(standing.attached.graph.forward, directed=False)[1].astype(np.int64),
        easel=Easel.of(own, snapper, mesh),
    )
