"""Who walks a study route, and what its legs are measured against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from servicecircle.arrays import Floats
from servicecircle.crs import to_metric
from servicecircle.main_roads import MainRoads
from servicecircle.parameters import AgeBand, Profile, RouteParameters
from servicecircle.prices import edge_seconds, walker_of
from servicecircle.streets import Streets
from servicecircle.walk import Walker

__all__ = ["Ground", "Groups", "GroupsLike"]

_STEPFREE = "stepfree"


class GroupsLike(Protocol):
    """Who walks a route."""

    def of(self, band: AgeBand, size: int) -> Walker:
        """Return the walker of a group."""

    def stepfree(self) -> Walker | None:
        """Return who takes no stairs, None where a study knows none."""


class Groups:
    """The walkers of all groups on the streets of a study, each priced once.

    A class has the pace of its slower walkers (``routes.class_pace``). ``asked`` names a profile that walks every
    route as it is; so does the study's own where it takes no stairs, for one pram or wheelchair decides for a group.
    """

    def __init__(self, streets: Streets, asked: str | None = None) -> None:
        self._streets = streets
        self._asked = asked or (streets.profile.name if streets.profile.stairs == "never" else None)
        self._known: dict[tuple[str, float], Walker] = {}

    def of(self, band: AgeBand, size: int) -> Walker:
        """Return the walker of a group."""
        rules = self._streets.parameters.routes
        if self._asked is not None:
            return self._walker(self._asked, 1.0)
        return self._walker(rules.walks_as[band], rules.class_pace[band] if size >= rules.class_from else 1.0)

    def stepfree(self) -> Walker | None:
        """Return who takes no stairs."""
        return self._walker(_STEPFREE, 1.0) if _STEPFREE in self._streets.parameters.profiles else None

    def _walker(self, name: str, pace: float) -> Walker:
        if (name, pace) not in self._known:
            streets, variant = self._streets, self._streets.variant
            variant = replace(variant, profile=name, pace=variant.pace * pace)
            profile: Profile = walker_of(variant, streets.parameters)
            prices = edge_seconds(streets.network, streets.parameters, variant)
            self._known[name, pace] = replace(streets, profile=profile, prices=prices, variant=variant).walker()
        return self._known[name, pace]


@dataclass(frozen=True, slots=True)
class Ground:
    """What legs are measured against.

    ``fees``: CNY a person by link. ``near``: metric positions of what may be within reach, None where the study has no
    such data.
    """

    rules: RouteParameters
    roads: MainRoads
    fees: Mapping[str, float]
    near: Mapping[str, Floats | None]
    crs: str

    @classmethod
    def of(cls, streets: Streets, rules: RouteParameters | None = None) -> Ground:
        """Gather it from a study."""
        study, rules = streets.study, rules or streets.parameters.routes
        links = study.links
        priced = links[pd.to_numeric(links["fee_cny"], errors="coerce") > 0] if "fee_cny" in links else links.iloc[:0]
        fees = {str(link): float(fee) for link, fee in zip(priced["link_id"], priced["fee_cny"], strict=True)}
        crs, amenities = study.area.crs, study.amenities
        near: dict[str, Floats | None] = {}
        for name, kind in (("toilets", "toilet"), ("shelters", "shelter")):
            near[name] = None if amenities is None else _metric(amenities[amenities["kind"] == kind], crs)
        near["stations"] = _metric(study.area.stations, crs)
        return cls(rules, MainRoads(study.ways, streets.network, rules.main_roads), fees, near, crs)


def _metric(layer: gpd.GeoDataFrame, crs: str) -> Floats | None:
    if layer.empty:
        return None
    places = layer.geometry.centroid if not (layer.geom_type == "Point").all() else layer.geometry
    return to_metric(np.column_stack([shapely.get_x(places), shapely.get_y(places)]), crs)
