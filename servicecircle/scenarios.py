"""What stays of a finished study in a scenario of it: a stage takes it over instead of computing it again.

The answer is that of a whole computation, bit for bit. What cannot be taken over nobody knows here, and it is computed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property, partial

import geopandas as gpd
import numpy as np
import pandas as pd

from servicecircle.arrays import Bools, Ints
from servicecircle.changes import Changes, Side
from servicecircle.circles import Kept
from servicecircle.demand import Demand
from servicecircle.errors import Fault, InputError
from servicecircle.isochrone import lively
from servicecircle.model import Direction, Kind, Study, Variant
from servicecircle.pairs import Pairs
from servicecircle.parameters import Parameters
from servicecircle.prices import walker_of
from servicecircle.reach import Attached, pairs_within
from servicecircle.redrawing import Redraw
from servicecircle.results import Results
from servicecircle.scene import Scene, places_in
from servicecircle.streets import Streets, vary
from servicecircle.tessellation import Tessellation
from servicecircle.uncertainty import Draw, groups_of

__all__ = ["Known", "Stays"]


@dataclass(frozen=True, slots=True)
class Known:
    """What a finished study knows of a scenario before anybody has walked in it; nothing where there is none.

    Raises
    ------
    InputError
        The finished study is another one, or was computed with other parameters.
    """

    base: Results | None
    study: Study
    parameters: Parameters

    def __post_init__(self) -> None:
        """Refuse another study."""
        if self.base is None:
            return
        was = self.base.streets
        other = [f.name for f in fields(Study) if getattr(was.study, f.name) is not getattr(self.study, f.name)]
        remedy = "compute the scenario as a whole"
        faults = [Fault("the base is another study", remedy, column=name) for name in other if name != "facilities"]
        if was.parameters != self.parameters:
            faults.append(Fault("the base was computed with other parameters", remedy))
        if faults:
            raise InputError(faults)

    def streets(self, study: Study, variant: Variant) -> Streets | None:
        """Return the same streets in the scenario: nothing is levelled anew."""
        if self.base is None or self.base.streets.variant.changes:
            return None
        return vary(self.base.streets, study, variant)

    def demand(self, study: Study) -> Demand | None:
        """Return the same homes and people; only who counts people by community asks where places are."""
        if self.base is None:
            return None
        was, now = (s.facilities[s.facilities["kind"] == Kind.COMMUNITY] for s in (self.base.streets.study, study))
        return self.base.demand if study.people is None or was.equals(now) else None

    def scene(self, streets: Streets, homes: gpd.GeoDataFrame) -> Scene | None:
        """Return the same doors, where every place and home is the same and the same streets can be walked."""
        if self.base is None or homes is not self.base.scene.homes:
            return None
        was, places = self.base.scene, places_in(streets.study.facilities, streets.variant)
        if _names(streets) != _names(was.streets) or not places.equals(was.places):
            return None
        if not np.array_equal(_walkable(streets), _walkable(was.streets)):
            return None
        return Scene(streets, was.places, was.homes, was.doors, was.doors.join(streets.network))

    def mesh(self) -> Tessellation | None:
        """Return what circles are drawn on: no link is part of it."""
        return None if self.base is None else self.base.mesh

    def compare(self, scene: Scene, walk: Attached, level: Attached) -> Stays:
        """Look at what changed on the ground."""
        base = self.base
        if base is None or scene.homes is not base.scene.homes:
            return Stays()
        was, now = base.streets.variant, scene.streets.variant
        same = walker_of(was, self.parameters) == walker_of(now, self.parameters)
        if not same or was.heights_m is not None or now.heights_m is not None:
            return Stays()
        before = {"walk": base.scene.priced(was), "level": base.scene.priced(base.scene.level(was))}
        return Stays(
            base,
            {name: Side(base.scene, attached) for name, attached in before.items()},
            {"walk": Side(scene, walk), "level": Side(scene, level)},
        )


@dataclass(frozen=True)
class Stays:
    """What a scenario leaves as it was, on foot (``walk``) and without hills (``level``); nothing of no ``base``."""

    base: Results | None = None
    was: Mapping[str, Side] = field(default_factory=dict)
    now: Mapping[str, Side] = field(default_factory=dict)

    @cached_property
    def changes(self) -> Changes:
        """Compare the doors and the links."""
        return Changes.between(self.was["walk"].scene, self.now["walk"].scene)

    def pairs(self) -> dict[str, Callable[[], Pairs]]:
        """Return by measure what finds the pairs of places and homes: those of places that notice nothing are known."""
        return {} if self.base is None else {name: partial(self._pairs, self.base, name) for name in self.now}

    def circles(self) -> Kept | None:
        """Return the circles of places that notice nothing and stand on streets as alive as before."""
        if self.base is None:
            return None
        was, now = self.was["walk"], self.now["walk"]
        parameters = now.scene.streets.parameters
        limit_s, direction = max(parameters.cutoffs_s()), Direction(parameters.circles.direction)
        again = self.changes.touched(was, now, limit_s, direction)
        revived = np.logical_xor(*(_lively(side.scene.streets) for side in (was, now)))
        doors = now.scene.doors
        owner = doors.owner[revived[doors.snapped.edge]]
        again[owner[owner < len(again)]] = True
        return Kept(self.base.isochrones, self.changes.row, again)

    def draw(self) -> Draw | None:
        """Return what draws again only for homes that a change can reach."""
        if self.base is None:
            return None
        was, now = self.was["walk"], self.now["walk"]
        shares = [self.base.homes[f"{label}_share"].to_numpy() for label in groups_of(was.scene.places)]
        return Redraw(was.scene, now.scene, self.changes.streets(was, now), np.stack(shares))

    def _pairs(self, base: Results, name: str) -> Pairs:
        known, now, limit_s = base.access.pairs[name], self.now[name], base.access.cutoffs_s[-1]
        touched = self.changes.touched(self.was[name], now, limit_s, Direction.TO)
        doors = now.scene.doors
        fresh = pairs_within(now.walk, doors.place[touched], doors.home, limit_s, Direction.TO)
        return Pairs.stack([known, fresh]).take(_spliced(self.changes.row, touched, len(known.start) - 1))


def _spliced(row: Ints, touched: Bools, known: int) -> Ints:
    """Return for each place where it stands among those known before, then those found again."""
    return np.where(touched, known + np.cumsum(touched) - 1, row)


def _lively(streets: Streets) -> Bools:
    return lively(streets.network, streets.prices, streets.parameters.snap.min_component_nodes)


def _names(streets: Streets) -> frozenset[object]:
    """Return the names that edges bear: an address may be of a street of that name."""
    return frozenset(pd.unique(streets.network.edges["name"].dropna()))


def _walkable(streets: Streets) -> Bools:
    """Whether each mapped edge can be walked, each way."""
    network, prices = streets.network, streets.prices
    n = network.n_edges if network.hung is None else network.hung.first_edge
    return np.isfinite(np.stack([prices.forward_s[:n], prices.backward_s[:n]]))
