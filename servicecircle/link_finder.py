"""Which single new link would bring most people within reach: every pair of points of the network that could be joined.

A link is walked once at most, so that whom it brings within the cutoff follows from two searches: seconds from each
home to every point, and on from every point to the nearest place. No home gains by both directions of one link. So
the people gained are counted for every pair, none is left out by a guess; the best are then computed again in full,
each as a variant of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from servicecircle.arrays import Bools, Floats, Ints
from servicecircle.coverage import people_of
from servicecircle.crs import to_lonlat
from servicecircle.graph import Sources, search
from servicecircle.link_candidates import Candidates, Network, draw_candidates, walked_m
from servicecircle.model import Direction, Tier
from servicecircle.near import node_seconds
from servicecircle.pairs import Near
from servicecircle.prices import edge_seconds
from servicecircle.reach import Attached, nearest_place
from servicecircle.scenarios_links import amend
from servicecircle.scene import Scene
from servicecircle.stations import Stations

__all__ = ["Found", "find_links", "links_json"]

MOST_M = 150.0
"""A link is no longer than this in a straight line."""
DETOUR = 3.0
"""Between its ends people walk more than so many times the straight line today."""
_AT_ONCE = 2048


@dataclass(frozen=True, slots=True)
class Found:
    """Links that help most, best first, and how they were chosen.

    ``table``: ``rank, kind, crosses, from_lon, ..., length_m, rise_m, detour_m, seconds, back_s, others, homes,
    people_low, people, people_high`` and ``link``, the value to build a variant with. ``others``: links less good that
    help mostly the same people. ``homes``: rows of the homes each brings within the cutoff. ``pairs`` were counted,
    ``useful`` of them bring anybody.
    """

    tier: Tier
    cutoff_s: float
    table: pd.DataFrame
    homes: tuple[Ints, ...]
    pairs: int
    useful: int


def find_links(scene: Scene, tier: Tier, top: int, models: tuple[str, ...]) -> Found:
    """Find the links that would bring most people within the cutoff of a tier.

    Parameters
    ----------
    scene
        The study as people walk it today, or in a variant.
    models
        Population models, by which the range of people is told.

    Returns
    -------
    Found
        Ranked by the middle estimate; of equals the shorter link first.
    """
    streets = scene.streets
    cutoff_s, horizon_s = streets.parameters.coverage.cutoff_s, streets.parameters.coverage.horizon_s
    walk, places = scene.priced(streets.variant), scene.places_of(tier)
    before = nearest_place(walk, places, scene.doors.home, horizon_s, Direction.TO)
    home = np.flatnonzero(~(before.apart <= cutoff_s))
    people = people_of(scene.homes, models)
    view = Network.of(scene, walk)
    onward_s = view.stations.onward(node_seconds(walk, places, cutoff_s))
    found = draw_candidates(view, onward_s, cutoff_s, MOST_M)
    homes = _Homes.of(walk, scene.doors.home[home], people[0][home], cutoff_s)
    budgets = cutoff_s - found.seconds - onward_s[found.end], cutoff_s - found.back_s - onward_s[found.start]
    gains = _gains(homes, view.stations, found, budgets)
    order = np.lexsort((found.end, found.start, found.length_m, -gains))
    order = order[gains[order] > 0]
    best = _best(view, found, order, homes, budgets, top)
    rows = [_tried(scene, view, found, k, before, places, people, others) for k, others in best.items()]
    rows.sort(key=lambda row: (-row[0]["people"], row[0]["length_m"]))
    table = pd.DataFrame([{"rank": n} | row for n, (row, _) in enumerate(rows, 1)], columns=_COLUMNS)
    return Found(tier, cutoff_s, table, tuple(homes for _, homes in rows), len(found.start), len(order))


_COLUMNS = [
    "rank", "kind", "crosses", "from_lon", "from_lat", "to_lon", "to_lat", "length_m", "rise_m", "detour_m", "seconds",
    "back_s", "others", "homes", "people_low", "people", "people_high", "link",
]  # fmt: skip


def links_json(found: Found, scene: Scene) -> dict[str, Any]:
    """Return what was found as JSON can hold it."""
    numbers = {"from_lon": 7, "from_lat": 7, "to_lon": 7, "to_lat": 7}
    rows = []
    for row in found.table.drop(columns=["link"]).to_dict("records"):
        told = {str(k): _number(v, numbers.get(str(k), 1)) for k, v in row.items()}
        rows.append(told)
    return {
        "tier": found.tier.value,
        "minutes": found.cutoff_s / 60.0,
        "profile": scene.streets.profile.name,
        "candidates": found.pairs,
        "useful": found.useful,
        "most_m": MOST_M,
        "detour": DETOUR,
        "links": rows,
        "note_zh": "人数逐对精确计算，每条另按完整情景复核。受益人多半相同的只列最好的一条。类型按坡度推定，须踏勘。",
        "note_en": "People are counted exactly for every pair; each link listed was computed again in full. Of links "
        "that help mostly the same people the best is listed. Kinds follow from slope; see the site.",
    }


def _number(value: object, decimals: int) -> object:
    if isinstance(value, float):
        return round(value, decimals) + 0.0 if np.isfinite(value) else None
    return value


@dataclass(frozen=True, slots=True)
class _Homes:
    """The homes beyond the cutoff that come to each node within it: those of a node stand together."""

    whose: Ints
    seconds: Floats
    at: Ints
    people: Floats

    @classmethod
    def of(cls, walk: Attached, home: Ints, people: Floats, cutoff_s: float) -> _Homes:
        reached = search(walk.graph, Sources.at(walk.node[home], walk.access_s[home]), cutoff_s)
        by_node = np.argsort(reached.node, kind="stable")
        whose = np.repeat(np.arange(len(home)), np.diff(reached.start))[by_node]
        at = np.searchsorted(reached.node[by_node], np.arange(walk.graph.n + 1))
        return cls(whose, reached.seconds[by_node], at, people)

    def at_station(self, stations: Stations, station: int) -> tuple[Ints, Floats]:
        """Return the homes that come to a station, each once, and their seconds, ascending."""
        near = [slice(self.at[node], self.at[node + 1]) for node in stations.node[station]]
        who = np.concatenate([self.whose[part] for part in near])
        own_s = np.concatenate([self.seconds[part] + s for part, s in zip(near, stations.in_s[station], strict=True)])
        by_time = np.argsort(own_s, kind="stable")
        who, own_s = who[by_time], own_s[by_time]
        once = np.sort(np.unique(who, return_index=True)[1])
        return who[once], own_s[once]

    def gained(self, stations: Stations, found: Candidates, budgets: tuple[Floats, Floats], k: int) -> Bools:
        """Whether each home is brought within the cutoff by link ``k``, walked either way."""
        out = np.zeros(len(self.people), dtype=bool)
        for station, budget in ((found.start[k], budgets[0][k]), (found.end[k], budgets[1][k])):
            who, own_s = self.at_station(stations, int(station))
            out[who[own_s <= budget]] = True
        return out


def _gains(homes: _Homes, stations: Stations, found: Candidates, budgets: tuple[Floats, Floats]) -> Floats:
    """People that each pair brings within the cutoff, walked either way."""
    gains = np.zeros(len(found.start))
    for one, budget in zip((found.start, found.end), budgets, strict=True):
        order = np.flatnonzero(budget > 0)
        order = order[np.argsort(one[order], kind="stable")]
        points, first = np.unique(one[order], return_index=True)
        for point, rows in zip(points, np.split(order, first[1:]), strict=False):
            who, own_s = homes.at_station(stations, int(point))
            total = np.r_[0.0, np.cumsum(homes.people[who])]
            gains[rows] += total[np.searchsorted(own_s, budget[rows], side="right")]
    return gains


def _best(
    view: Network, found: Candidates, order: Ints, homes: _Homes, budgets: tuple[Floats, Floats], top: int
) -> dict[int, int]:
    """Go down the ranking; return links that can be built and spare a long way, and how many could stand for each.

    A link most of whose people a better one brings, too, stands for that one.
    """
    kept: dict[int, Bools] = {}
    stand: dict[int, int] = {}
    for begin in range(0, len(order), _AT_ONCE):
        some = order[begin : begin + _AT_ONCE]
        some = some[~view.built_over(found, some)]
        some = some[walked_m(view, found, some, DETOUR * MOST_M) > DETOUR * found.length_m[some]]
        for k in some.tolist():
            own = homes.gained(view.stations, found, budgets, k)
            people = float(homes.people[own].sum())
            better = next((j for j, theirs in kept.items() if homes.people[own & theirs].sum() > people / 2), None)
            if better is not None:
                stand[better] += 1
            elif len(kept) < top:
                kept[k], stand[k] = own, 0
        if len(kept) == top:
            break
    return stand


def _tried(
    scene: Scene, view: Network, found: Candidates, k: int, before: Near, places: Ints, people: Floats, others: int
) -> tuple[dict[str, Any], Ints]:
    """Add one link to the study and walk again: whom it brings within the cutoff in truth."""
    streets, stations = scene.streets, view.stations
    cutoff_s, horizon_s = streets.parameters.coverage.cutoff_s, streets.parameters.coverage.horizon_s
    ends = to_lonlat(stations.xy[[found.start[k], found.end[k]]], streets.network.crs)
    link = found.link(k, stations, streets, ends)
    asked = replace(streets.variant, links=(*streets.variant.links, link))
    network, variant = amend(streets.network.mapped, streets.study, asked, streets.parameters)
    prices = edge_seconds(network, streets.parameters, variant)
    walk = scene.doors.join(network).price(prices, streets.profile)
    after = nearest_place(walk, places, scene.doors.home, horizon_s, Direction.TO)
    gained = np.flatnonzero((after.apart <= cutoff_s) & ~(before.apart <= cutoff_s))
    sums = people[:, gained].sum(axis=1)
    now_m = walked_m(view, found, np.array([k]), horizon_s * streets.profile.flat_mps)[0]
    row: dict[str, Any] = {
        "kind": link.kind,
        "crosses": view.crossed(found, np.array([k]))[0],
        **{f"{end}_{axis}": float(v) for end, at in zip(("from", "to"), ends, strict=True)
           for axis, v in zip(("lon", "lat"), at, strict=True)},
        "length_m": float(found.length_m[k]),
        "rise_m": float(found.rise_m[k]),
        "detour_m": float(now_m),
        "seconds": float(found.seconds[k]),
        "back_s": float(found.back_s[k]),
        "others": others,
        "homes": len(gained),
        "people_low": float(sums.min()),
        "people": float(sums[0]),
        "people_high": float(sums.max()),
        "link": link,
    }  # fmt: skip
    return row, gained
