"""Places at their doors for one walker: made ready once, so that a question only adds its own points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import shapely

from api.trails import counted_on
from servicecircle.adhoc import Easel
from servicecircle.arrays import Bools, Floats
from servicecircle.crs import WGS84
from servicecircle.door_walks import DoorWalker
from servicecircle.doors import Doors, open_doors
from servicecircle.entrances import Entrances, find_entrances
from servicecircle.prices import edge_seconds, walker_of
from servicecircle.reach import Attached
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
    a street near them for this walker; ``counted`` are the edges as of ``counted_on``.
    """

    streets: Streets
    places: gpd.GeoDataFrame
    snapper: Snapper
    walker: Walker
    doors: Doors
    standing: Standing
    usable: Bools
    counted: Floats
    easel: Easel

    def stand(self, point: Point) -> tuple[Attached, Floats]:
        """Put a point beside the places, numbered behind them; return it with metres from all doors to their streets.

        Raises
        ------
        InputError
            No street near it for this walker.
        """
        here = self._snap(np.array([point], dtype=np.float64))
        return self.standing.beside(here), np.insert(self.doors.snapped.snap_m, len(self.places), here.snap_m[0])

    def scene(self, points: Sequence[Point]) -> Scene:
        """Return the places with points beside them, which are numbered behind the places, as homes are.

        Raises
        ------
        InputError
            A point without a street near it for this walker.
        """
        lonlat = np.array(points, dtype=np.float64).reshape(-1, 2)
        here = self._snap(lonlat)
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

    def _snap(self, lonlat: Floats) -> Snapped:
        here = self.snapper.snap(lonlat)
        refuse_far(lonlat, here.snap_m, self.streets.parameters.snap.refuse_m)
        return here


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
    return Feet(
        streets=own,
        places=places,
        snapper=snapper,
        walker=own.walker(),
        doors=doors,
        standing=Standing.of(network, doors.join(network), prices, own.profile),
        usable=np.asarray(near <= parameters.snap.refuse_m),
        counted=counted_on(network),
        easel=Easel.of(own, snapper, mesh),
    )
