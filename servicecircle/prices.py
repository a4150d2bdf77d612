"""Seconds along every edge, both ways, for one walker in one variant."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from servicecircle.arrays import Bools, Floats, Ints
from servicecircle.hours import is_open
from servicecircle.model import Variant
from servicecircle.network import WalkNetwork
from servicecircle.pace import cableway_s, crossing_s, escalator_s, lift_s, overpass_s, stairs_s, street_s
from servicecircle.parameters import Parameters, Profile

__all__ = ["EdgeSeconds", "Pricer", "edge_names", "edge_seconds", "open_edges", "walker_of"]


@dataclass(frozen=True, slots=True)
class EdgeSeconds:
    """Seconds along each edge with and against its direction for one profile; ``inf`` is closed."""

    forward_s: Floats
    backward_s: Floats


def walker_of(variant: Variant, parameters: Parameters) -> Profile:
    """Return who walks in a variant: a profile with its pace, climbing and patience scaled."""
    profile = parameters.walker(variant.profile)
    if (variant.pace, variant.climb, variant.patience) == (1.0, 1.0, 1.0):
        return profile
    scaled = {
        "flat_mps": profile.flat_mps * variant.pace,
        "climb": profile.climb * variant.climb,
        "patience": profile.patience * variant.patience,
    }
    return profile.model_copy(update=scaled)


def edge_seconds(network: WalkNetwork, parameters: Parameters, variant: Variant = Variant()) -> EdgeSeconds:  # noqa: B008
    """Price every edge both ways; closed, paid (unless wanted) and impossible ones cost ``inf``."""
    return Pricer(network, parameters).seconds(variant)


class Pricer:
    """The edges of a network laid out by kind once, to be priced for many variants."""

    def __init__(self, network: WalkNetwork, parameters: Parameters) -> None:
        self._network, self._parameters = network, parameters
        edges = network.edges
        kind = edges["kind"].to_numpy()
        self._at = {name: kind == name for name in ("stairs", "escalator", "lift", "cableway")}
        self._over = np.isin(kind, ["footbridge", "underpass"])
        self._rolling = np.isin(kind, ["street", "path", "crossing"])
        self._levelled = edges["height_source"].isin(["terrain", "levelled"]).to_numpy()
        names = ("length_m", "rise_m", "flight_m", "climb_m", "ride_s", "wait_s", "belt", "signals", "gaps")
        self._of = {name: edges[name].to_numpy() for name in names}
        self._stepfree = edges["stepfree"].to_numpy(dtype=bool)
        self._stretches = _Stretches.of(network, self._rolling)
        self._open: dict[tuple[object, ...], Bools] = {}

    def seconds(self, variant: Variant) -> EdgeSeconds:
        """Price every edge both ways, as `edge_seconds`."""
        profile, pace = walker_of(variant, self._parameters), self._parameters.pace
        heights, length, rise = self._network.heights.vertex_m, self._of["length_m"], self._of["rise_m"]
        if variant.heights_m is not None:
            first, last = self._network.vertex_start[:-1], self._network.vertex_start[1:] - 1
            moved = variant.heights_m[last] - variant.heights_m[first]
            heights = heights + variant.heights_m
            # what is published or assumed is not levelled, and stays
            rise = np.where(self._levelled, rise + moved, rise)

        forward, backward = self._stretches.price(length, heights, self._rolling, profile, self._parameters)
        wait = crossing_s(self._of["signals"], self._of["gaps"], profile, pace)
        forward, backward = forward + wait, backward + wait

        at = self._at["stairs"]
        flight = self._of["flight_m"][at]
        forward[at] = stairs_s(length[at], rise[at], flight, profile, pace)
        backward[at] = stairs_s(length[at], -rise[at], flight, profile, pace)

        ride, patience = self._of["ride_s"], self._of["wait_s"]
        at = self._at["escalator"]
        seconds = escalator_s(length[at], rise[at], ride[at], profile, pace)
        belt = self._of["belt"][at] if profile.closures else np.zeros(int(at.sum()))
        forward[at], backward[at] = np.where(belt >= 0, seconds, np.inf), np.where(belt <= 0, seconds, np.inf)

        at = self._at["lift"]
        forward[at] = backward[at] = lift_s(rise[at], patience[at], ride[at], profile, pace)
        at = self._at["cableway"]
        forward[at] = backward[at] = cableway_s(length[at], patience[at], ride[at], profile, pace)
        at = self._over
        ramped = np.full(int(at.sum()), profile.stairs == "never")
        forward[at] = backward[at] = overpass_s(length[at], self._of["climb_m"][at], ramped, profile, pace)

        if profile.closures:
            shut = ~self._opened(variant)
            if profile.stairs == "never":
                shut |= ~self._stepfree
            forward[shut] = backward[shut] = np.inf
        return EdgeSeconds(forward, backward)

    def _opened(self, variant: Variant) -> Bools:
        key = (variant.paid, variant.at, tuple(variant.opened), tuple(variant.closed))
        if key not in self._open:
            self._open[key] = open_edges(self._network.edges, self._parameters, variant)
        return self._open[key]


def open_edges(edges: pd.DataFrame, parameters: Parameters, variant: Variant) -> Bools:
    """Whether each edge is open in a variant: what the variant opens is open, what it closes is closed.

    In between: out of service, fees, then hours (an edge without hours is open at any).
    """
    link = edges["link_id"]
    rules = parameters.links
    is_free = edges["open"].to_numpy(dtype=bool) & ~link.isin(list(rules.out_of_service)).to_numpy()
    if not (rules.paid if variant.paid is None else variant.paid):
        is_free &= ~edges["paid"].to_numpy(dtype=bool)
    at = rules.at if variant.at is None else variant.at
    if at:
        hours = edges["hours"]
        told = {text: is_open(text, at) for text in hours.dropna().unique()}
        is_free &= ~hours.map(told).eq(other=False).to_numpy(dtype=bool)
    return np.asarray((is_free | _named(edges, variant.opened)) & ~_named(edges, variant.closed))


def edge_names(edges: pd.DataFrame) -> set[str]:
    """Return every name by which a variant may open or close an edge: its link, its own id, its way."""
    return {*edges["link_id"].dropna(), *edges["edge_id"], *("way/" + edges["osm_way_id"].astype(str))}


def _named(edges: pd.DataFrame, names: Collection[str]) -> Bools:
    """Whether each edge is named by its link, its own id, or its way (``way/123``)."""
    if not names:
        return np.zeros(len(edges), dtype=bool)
    wanted = list(names)
    way = "way/" + edges["osm_way_id"].astype(str)
    return np.asarray(edges["link_id"].isin(wanted) | edges["edge_id"].isin(wanted) | way.isin(wanted))


@dataclass(frozen=True, slots=True)
class _Stretches:
    """Between two vertices of a street or path: where they begin, whose they are, how long, on how many edges."""

    begin: Ints
    owner: Ints
    metres: Floats
    n_edges: int

    @classmethod
    def of(cls, network: WalkNetwork, rolling: Bools) -> _Stretches:
        start = network.vertex_start
        owner = np.repeat(np.arange(network.n_edges), np.diff(start))
        inside = rolling[owner]
        inside[start[1:] - 1] = False
        at = np.flatnonzero(inside)
        along = network.vertex_along_m
        return cls(at, owner[at], along[at + 1] - along[at], network.n_edges)

    def price(
        self, length: Floats, heights: Floats, rolling: Bools, profile: Profile, parameters: Parameters
    ) -> tuple[Floats, Floats]:
        """Streets and paths roll: each stretch has a slope of its own; whatever else is level here."""
        level = length / profile.flat_mps
        if not profile.slope:
            return level.copy(), level.copy()
        rise = heights[self.begin + 1] - heights[self.begin]
        found = []
        for sign in (1.0, -1.0):
            seconds = street_s(self.metres, sign * rise, profile, parameters.pace)
            total = np.bincount(self.owner, seconds, self.n_edges)
            found.append(np.where(rolling, total, level))
        return found[0], found[1]
