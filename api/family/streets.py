"""The walking network for the page: what a phone needs to find every way by itself, offline and unasked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from api.family.encode import numbers, trails
from servicecircle.arrays import Bools, Floats, Ints
from servicecircle.entrances import Entrances, find_entrances
from servicecircle.parameters import Profile
from servicecircle.prices import EdgeSeconds, edge_seconds, walker_of
from servicecircle.snapping import Snapper, main_pieces
from servicecircle.streets import Streets

__all__ = ["STEP_FREE", "network_book"]

STEP_FREE = "stepfree"
_TENTHS = 10.0
_UNKNOWN = -1
_SHARES = 1000
_SIMPLE_M = 1.2
_NO_DOOR = ("lift", "escalator", "crossing")


@dataclass(frozen=True, slots=True)
class _Walker:
    """One who walks: what each edge costs, and where doors open."""

    profile: Profile
    seconds: EdgeSeconds
    snapper: Snapper


def network_book(streets: Streets, facilities: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return nodes, edges, their prices for the usual walker and without steps, and the doors of every place.

    Columns of edges are whole numbers in the alphabet of ``encode``: metres, seconds and climbs in tenths, less what
    can be foretold (seconds: those on the level; heads: their tails). An unknown or impossible one is -1.

    Parameters
    ----------
    streets
        The network, priced.
    facilities
        Places of the bundle; those without a position have no door.
    """
    network, edges = streets.network, streets.network.edges
    kinds = sorted(edges["kind"].unique())
    names = sorted(edges["name"].dropna().unique())
    vertices, lines = trails(_lines(streets), _SIMPLE_M)
    metres = _tenths(edges["length_m"].to_numpy())
    walkers = [_walker(streets, name) for name in _profiles(streets)]
    placed = _placed(streets, facilities)
    entrances = _entrances(streets, placed)
    return {
        "nodes": network.n_nodes,
        "kinds": kinds,
        "names": names,
        "refuse_m": streets.parameters.snap.refuse_m,
        "vertices": vertices,
        "lines": lines,
        "kind": numbers(kinds.index(kind) for kind in edges["kind"]),
        "name": numbers(np.diff(_name_numbers(edges["name"], names), prepend=0).tolist()),
        "tail": numbers(np.diff(network.tail, prepend=0).tolist()),
        "head": numbers((network.head - network.tail).tolist()),
        "metres": numbers(metres.tolist()),
        "up": numbers(_tenths(edges["ascent_m"].to_numpy()).tolist()),
        "down": numbers(_tenths(edges["descent_m"].to_numpy()).tolist()),
        "steps": numbers(np.rint(edges["steps"].to_numpy()).astype(np.int64).tolist()),
        "estimated": numbers(edges["steps_estimated"].astype(int).tolist()),
        "walkers": [_book_of(streets, walker, metres) for walker in walkers],
        "doors": _doors(placed, entrances, walkers, streets.parameters.snap.refuse_m),
    }


def _profiles(streets: Streets) -> list[str]:
    own = streets.profile.name
    return [own] if own == STEP_FREE or STEP_FREE not in streets.parameters.profiles else [own, STEP_FREE]


def _walker(streets: Streets, name: str) -> _Walker:
    if name == streets.profile.name:
        return _Walker(streets.profile, streets.prices, streets.snapper())
    variant = replace(streets.variant, profile=name)
    profile, seconds = (
        walker_of(variant, streets.parameters),
        edge_seconds(streets.network, streets.parameters, variant),
    )
    return _Walker(profile, seconds, replace(streets, profile=profile, prices=seconds).snapper())


def _book_of(streets: Streets, walker: _Walker, metres: Ints) -> dict[str, Any]:
    """Return the prices of a walker, and on which edges someone may begin who stands on the ground."""
    level = np.floor(metres / walker.profile.flat_mps).astype(np.int64)
    forward, backward = (_tenths(s) for s in (walker.seconds.forward_s, walker.seconds.backward_s))
    return {
        "name": walker.profile.name,
        "mps": walker.profile.flat_mps,
        "forward": numbers(_less(forward, level).tolist()),
        "backward": numbers(_less(backward, forward).tolist()),
        "open": numbers(_ground(streets, walker.seconds).astype(int).tolist()),
    }


def _less(tenths: Ints, foretold: Ints) -> Ints:
    """Return what is above the foretold, doubled; an odd number stands for a closed edge."""
    return np.where(tenths == _UNKNOWN, 1, 2 * (tenths - np.maximum(foretold, 0)))


def _ground(streets: Streets, seconds: EdgeSeconds) -> Bools:
    """Whether the edge is walked both ways, lies on the ground and leads somewhere: as ``Snapper`` has it."""
    edges = streets.network.edges
    usable = np.isfinite(seconds.forward_s) & np.isfinite(seconds.backward_s)
    covered = (edges["tunnel"] | edges["bridge"]).to_numpy()
    main = main_pieces(streets.network, seconds, streets.parameters.snap.min_component_nodes, covered)
    return np.asarray(usable & ~edges["kind"].isin(_NO_DOOR).to_numpy() & ~covered & main)


def _lines(streets: Streets) -> list[BaseGeometry]:
    network = streets.network
    owner = np.repeat(np.arange(network.n_edges), np.diff(network.vertex_start))
    return list(np.atleast_1d(np.asarray(shapely.linestrings(network.vertex_lonlat, indices=owner), dtype=object)))


def _name_numbers(column: pd.Series, names: Sequence[str]) -> Ints:
    """Return each name as its number from 1; 0 is none."""
    found: Ints = pd.Index(names).get_indexer(pd.Index(column)).astype(np.int64) + 1
    return found


def _tenths(values: Floats) -> Ints:
    known = np.isfinite(values)
    return np.where(known, np.rint(np.where(known, values, 0.0) * _TENTHS), _UNKNOWN).astype(np.int64)


def _placed(streets: Streets, facilities: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the places with a position as the study has them: a bundle leaves out entrances set by hand."""
    study = streets.study.facilities
    known = facilities.loc[facilities.geometry.notna(), "facility_id"]
    return gpd.GeoDataFrame(study[study["facility_id"].isin(known)].reset_index(drop=True))


def _entrances(streets: Streets, placed: gpd.GeoDataFrame) -> Entrances:
    study = streets.study
    return find_entrances(placed, study.entrances, study.area.buildings, streets.snapper().streets, study.area.crs)


def _doors(
    placed: gpd.GeoDataFrame, entrances: Entrances, walkers: Sequence[_Walker], refuse_m: float
) -> dict[str, list[list[list[int]]]]:
    """Return for each place and walker its doors: edge, share in thousandths, tenths of a metre to the street."""
    found: dict[str, list[list[list[int]]]] = {str(place): [[] for _ in walkers] for place in placed["facility_id"]}
    owner = placed["facility_id"].to_numpy()[entrances.owner]
    for k, walker in enumerate(walkers):
        at = walker.snapper.snap(entrances.lonlat, entrances.layer, entrances.street)
        for i in np.flatnonzero(at.snap_m <= refuse_m):
            share, metres = round(float(at.share[i]) * _SHARES), round(float(at.snap_m[i]) * _TENTHS)
            found[str(owner[i])][k].append([int(at.edge[i]), share, metres])
    return found
