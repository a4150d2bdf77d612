"""Seconds along every edge, both ways, for one walker in one variant."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from servicecircle.arrays import Bools, Floats
from servicecircle.hours import is_open
from servicecircle.model import Variant
from servicecircle.network import WalkNetwork
from servicecircle.pace import cableway_s, crossing_s, escalator_s, lift_s, overpass_s, stairs_s, street_s
from servicecircle.parameters import Parameters, Profile

__all__ = ["EdgeSeconds", "edge_names", "edge_seconds", "open_edges", "walker_of"]


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
    profile, pace = walker_of(variant, parameters), parameters.pace
    edges, heights = network.edges, network.heights.vertex_m
    kind, length, rise = edges["kind"].to_numpy(), edges["length_m"].to_numpy(), edges["rise_m"].to_numpy()
    if variant.heights_m is not None:
        first, last = network.vertex_start[:-1], network.vertex_start[1:] - 1
        moved = variant.heights_m[last] - variant.heights_m[first]
        heights = heights + variant.heights_m
        # what is published or assumed is not levelled, and stays
        rise = np.where(edges["height_source"].isin(["terrain", "levelled"]), rise + moved, rise)

    rolling = np.isin(kind, ["street", "path", "crossing"])
    forward, backward = _streets(network, heights, rolling, profile, parameters)
    wait = crossing_s(edges["signals"].to_numpy(), edges["gaps"].to_numpy(), profile, pace)
    forward, backward = forward + wait, backward + wait

    at = kind == "stairs"
    flight = edges["flight_m"].to_numpy()[at]
    forward[at] = stairs_s(length[at], rise[at], flight, profile, pace)
    backward[at] = stairs_s(length[at], -rise[at], flight, profile, pace)

    ride, patience = edges["ride_s"].to_numpy(), edges["wait_s"].to_numpy()
    at = kind == "escalator"
    seconds = escalator_s(length[at], rise[at], ride[at], profile, pace)
    belt = edges["belt"].to_numpy()[at] if profile.closures else np.zeros(int(at.sum()))
    forward[at], backward[at] = np.where(belt >= 0, seconds, np.inf), np.where(belt <= 0, seconds, np.inf)

    at = kind == "lift"
    forward[at] = backward[at] = lift_s(rise[at], patience[at], ride[at], profile, pace)
    at = kind == "cableway"
    forward[at] = backward[at] = cableway_s(length[at], patience[at], ride[at], profile, pace)
    at = np.isin(kind, ["footbridge", "underpass"])
    ramped = np.full(int(at.sum()), profile.stairs == "never")
    climb = edges["climb_m"].to_numpy()[at]
    forward[at] = backward[at] = overpass_s(length[at], climb, ramped, profile, pace)

    if profile.closures:
        shut = ~open_edges(edges, parameters, variant)
        if profile.stairs == "never":
            shut |= ~edges["stepfree"].to_numpy(dtype=bool)
        forward[shut] = backward[shut] = np.inf
    return EdgeSeconds(forward, backward)


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


def _streets(
    network: WalkNetwork, heights: Floats, rolling: Bools, profile: Profile, parameters: Parameters
) -> tuple[Floats, Floats]:
    """Streets and paths roll: each stretch between two vertices has a slope of its own."""
    length = network.edges["length_m"].to_numpy()
    level = length / profile.flat_mps
    if not profile.slope:
        return level.copy(), level.copy()
    start = network.vertex_start
    owner = np.repeat(np.arange(network.n_edges), np.diff(start))
    inside = rolling[owner]
    inside[start[1:] - 1] = False
    at = np.flatnonzero(inside)
    stretch, rise = network.vertex_along_m[at + 1] - network.vertex_along_m[at], heights[at + 1] - heights[at]
    found = []
    for sign in (1.0, -1.0):
        seconds = street_s(stretch, sign * rise, profile, parameters.pace)
        total = np.bincount(owner[at], seconds, network.n_edges)
        found.append(np.where(rolling, total, level))
    return found[0], found[1]
