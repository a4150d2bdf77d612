"""The streets of a study: its walking network, priced for one walker."""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from servicecircle.crs import to_metric
from servicecircle.errors import Fault, InputError
from servicecircle.heights import Relief
from servicecircle.ingest.walkable import Rule, apply_rules
from servicecircle.model import Study, Variant
from servicecircle.network import WalkNetwork, build_network, street_lines
from servicecircle.parameters import Parameters, Profile
from servicecircle.prices import EdgeSeconds, edge_names, edge_seconds, walker_of
from servicecircle.scenarios_links import amend
from servicecircle.snapping import Snapper
from servicecircle.walk import Walker

__all__ = ["Streets", "build_streets", "vary"]


@dataclass(frozen=True, slots=True)
class Streets:
    """The network of a study, priced for one walker; the base of every answer."""

    study: Study
    parameters: Parameters
    variant: Variant
    profile: Profile
    network: WalkNetwork
    prices: EdgeSeconds
    walkable: pd.DataFrame
    lines: gpd.GeoDataFrame
    water: BaseGeometry | None

    def walker(self) -> Walker:
        """Return what explains single walks on these streets."""
        return Walker(self.network, self.prices, self.profile, self.parameters, self.snapper())

    def snapper(self) -> Snapper:
        """Return what finds doors on these streets."""
        terrain, smoothing_m = self.study.terrain, self.parameters.levelling.smoothing_m
        relief = Relief(terrain, smoothing_m) if terrain else None
        return Snapper(self.network, self.prices, self.parameters.snap, relief)


def build_streets(
    study: Study,
    parameters: Parameters,
    rules: tuple[Rule, ...],
    variant: Variant = Variant(),  # noqa: B008
) -> Streets:
    """Apply the walkable rule, build the network, price it for one walker.

    Raises
    ------
    InputError
        The variant or the parameters name a link that is nowhere.
    """
    kept, report = apply_rules(study.ways, rules)
    mapped = build_network(kept, study.area.crs, study.terrain, study.links, parameters)
    network, variant = amend(mapped, study, variant, parameters)
    _check_names(network, study, parameters)
    profile = walker_of(variant, parameters)
    prices = edge_seconds(network, parameters, variant)
    water = None
    if len(study.area.water):
        water = to_metric(shapely.union_all(study.area.water.geometry.to_numpy()), study.area.crs)
    return Streets(study, parameters, variant, profile, network, prices, report, street_lines(kept), water)


def vary(streets: Streets, study: Study, variant: Variant) -> Streets:
    """Return the same streets in another variant, without levelling them anew.

    ``streets`` may add and close links but change none; ``study`` is the same but for its places.

    Raises
    ------
    InputError
        As for new streets.
    """
    if streets.variant.changes:
        raise InputError([Fault("streets whose links are changed cannot be varied", "begin with plain streets")])
    parameters = streets.parameters
    network, variant = amend(streets.network.mapped, study, variant, parameters)
    _check_names(network, study, parameters)
    prices, profile = edge_seconds(network, parameters, variant), walker_of(variant, parameters)
    return replace(streets, study=study, variant=variant, profile=profile, network=network, prices=prices)


def _check_names(network: WalkNetwork, study: Study, parameters: Parameters) -> None:
    """Refuse names that no edge has: a link would be closed without a word."""
    known = edge_names(network.edges) | set(study.links["link_id"])
    remedy, key = "give a link_id of vertical_links.csv, an edge_id of layer network, or way/ID", "links.out_of_service"
    asked = parameters.links.out_of_service
    faults = [Fault("no such link", remedy, column=key, value=name) for name in asked if name not in known]
    if faults:
        raise InputError(faults)
