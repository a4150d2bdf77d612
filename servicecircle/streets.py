"""The streets of a study: its walking network, priced for one walker."""

from __future__ import annotations

from dataclasses import dataclass

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
from servicecircle.snapping import Snapper
from servicecircle.walk import Walker

__all__ = ["Streets", "build_streets"]


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
    network = build_network(kept, study.area.crs, study.terrain, study.links, parameters)
    _check_names(network, study, parameters, variant)
    profile = walker_of(variant, parameters)
    prices = edge_seconds(network, parameters, variant)
    water = None
    if len(study.area.water):
        water = to_metric(shapely.union_all(study.area.water.geometry.to_numpy()), study.area.crs)
    return Streets(study, parameters, variant, profile, network, prices, report, street_lines(kept), water)


def _check_names(network: WalkNetwork, study: Study, parameters: Parameters, variant: Variant) -> None:
    """Refuse names that no edge has: a link would be opened or closed without a word."""
    known = edge_names(network.edges) | set(study.links["link_id"])
    asked = [("opened", name) for name in variant.opened] + [("closed", name) for name in variant.closed]
    asked += [("links.out_of_service", name) for name in parameters.links.out_of_service]
    remedy = "give a link_id of vertical_links.csv, an edge_id of layer network, or way/ID"
    faults = [Fault("no such link", remedy, column=key, value=name) for key, name in asked if name not in known]
    if faults:
        raise InputError(faults)
