"""Links that may be missing, in the map or on the ground: short in a straight line, long to walk.

A candidate joins two points of the network a few tens of metres apart, over no water, railway, motorway or building.
It is one to be looked at on site: there may be a stair that nobody has mapped, or a wall.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely
from scipy.ndimage import minimum_filter
from scipy.spatial import cKDTree

from servicecircle.arrays import Bools, Floats, Ints, Shapes
from servicecircle.barriers import Barriers
from servicecircle.graph import Graph, pairs
from servicecircle.parameters import GapParameters
from servicecircle.shortcuts import Pricing, Shortcuts, draw_shortcuts, lines_of, seconds_by
from servicecircle.stations import Stations

__all__ = ["Tried", "find_missing", "try_best"]

_FINE = 3  # cells in the length of a link
_MOST_CELLS = 1e7
_AT_ONCE = 20_000  # points looked at in one go: what bounds memory
_NEW_COSTS = 3.0  # a second on a link counts as so many on streets, in the choice alone
_TRIED = 8  # links tried for a cluster, those that are best for most of its people


@dataclass(frozen=True, slots=True)
class Tried:
    """Links, and whom each alone would bring within the cutoff: ``home[start[i]:start[i + 1]]`` in ``seconds[...]``."""

    links: Shortcuts
    start: Ints
    home: Ints
    seconds: Floats

    def of(self, i: int) -> tuple[Ints, Floats]:
        """Return the homes that link ``i`` brings within the cutoff, ascending, and their seconds."""
        part = slice(self.start[i], self.start[i + 1])
        return self.home[part], self.seconds[part]


def find_missing(
    stations: Stations,
    reach_s: Floats,
    onward_s: Floats,
    cutoff_s: float,
    obstacles: tuple[Barriers, Shapes],
    pricing: Pricing,
    rules: GapParameters,
) -> Shortcuts:
    """Return every link by which somebody who lives beyond the cutoff would come within it.

    Parameters
    ----------
    reach_s, onward_s
        Seconds to each station from the nearest home beyond the cutoff, and on from it to the nearest place.
    obstacles
        Barriers, and footprints of buildings in metres.
    """
    mps = pricing.profile.flat_mps
    here, there = (np.flatnonzero(seconds < cutoff_s) for seconds in (reach_s, onward_s))
    if len(here) and len(there):  # most points have none round them that is much nearer to a place
        best_s = _least_round(stations.xy[here], stations.xy[there], onward_s[there], rules.missing_link_m)
        here = here[onward_s[here] >= best_s + rules.missing_link_saves_s]
    if not len(here) or not len(there):
        nowhere = np.zeros(0, dtype=np.int64)
        return draw_shortcuts(stations, nowhere, nowhere, pricing)
    tree, found = cKDTree(stations.xy[there]), []
    for part in np.split(here, range(_AT_ONCE, len(here), _AT_ONCE)):
        near = cKDTree(stations.xy[part]).sparse_distance_matrix(tree, rules.missing_link_m, output_type="ndarray")
        a, b, metres = part[near["i"]], there[near["j"]], near["v"]
        order = np.lexsort((b, a))
        a, b, least = a[order], b[order], metres[order] / mps
        found.append(np.column_stack([a, b])[_worth(a, b, least, reach_s, onward_s, cutoff_s, rules)])
    a, b = np.concatenate(found).T
    links = draw_shortcuts(stations, a, b, pricing)
    links = links.take(np.abs(np.nan_to_num(links.rise_m)) <= rules.missing_link_rise_m)
    links = links.take(_worth(links.start, links.end, links.seconds, reach_s, onward_s, cutoff_s, rules))
    return links.take(~_blocked(lines_of(stations, links), *obstacles))


def try_best(
    graph: Graph,
    stations: Stations,
    missing: Shortcuts,
    onward_s: Floats,
    homes: tuple[Ints, Floats],
    clusters: list[Ints],
    people: Floats,
    cutoff_s: float,
) -> tuple[Tried, list[Ints]]:
    """Try for each cluster the links that are best for most of its people, each alone.

    Parameters
    ----------
    homes
        Node and access seconds of each home beyond the cutoff.
    clusters
        Positions among these homes.
    people
        By which links are chosen, one number a home.

    Returns
    -------
    tuple
        The links tried, and for each cluster the positions of its own among them.
    """
    node, _ = homes
    # the shortest link that does: one that also cuts a corner of streets that are there is no better for it
    dear = replace(missing, seconds=missing.seconds * _NEW_COSTS)
    limit_s = cutoff_s + (_NEW_COSTS - 1) * float(missing.seconds.max(initial=0.0))
    chosen = seconds_by(graph, stations, dear, onward_s, limit_s)[1][node]
    asked = []
    for members in clusters:
        links, whose = np.unique(chosen[members], return_inverse=True)
        weight = np.bincount(whose, people[members] + 1e-9, len(links))
        order = np.argsort(-weight, kind="stable")
        asked.append(links[order][links[order] >= 0][:_TRIED])
    tried = np.unique(np.concatenate([*asked, np.zeros(0, dtype=np.int64)]))
    helped = _each_alone(graph, stations, missing.take(tried), onward_s, homes, cutoff_s)
    return helped, [np.searchsorted(tried, own) for own in asked]


def _least_round(xy: Floats, others: Floats, values: Floats, within_m: float) -> Floats:
    """Least value of the others round each point: of all within a distance, and of some a little farther off."""
    low, high = np.vstack([xy, others]).min(axis=0), np.vstack([xy, others]).max(axis=0)
    size = max(within_m / _FINE, float(np.sqrt((high - low).prod() / _MOST_CELLS)))
    steps = int(np.ceil(within_m / size))
    shape = tuple(((high - low) // size).astype(np.int64) + 1)
    least = np.full(shape, np.inf)
    np.minimum.at(least, tuple(((others - low) // size).astype(np.int64).T), values)
    least = minimum_filter(least, 2 * steps + 1, mode="constant", cval=np.inf)
    return np.asarray(least[tuple(((xy - low) // size).astype(np.int64).T)])


def _worth(
    a: Ints, b: Ints, seconds: Floats, reach_s: Floats, onward_s: Floats, cutoff_s: float, rules: GapParameters
) -> Bools:
    """Whether a link of so many seconds brings anybody within the cutoff, and saves enough between its own ends."""
    by_link = seconds + onward_s[b]
    return np.asarray((reach_s[a] + by_link <= cutoff_s) & (onward_s[a] - by_link >= rules.missing_link_saves_s))


def _blocked(lines: Shapes, barriers: Barriers, buildings: Shapes) -> Bools:
    blocked = np.zeros(len(lines), dtype=bool)
    if len(lines):
        blocked[barriers.met(lines)[0]] = True
        # along a wall is not through it
        blocked[shapely.STRtree(lines).query(buildings, predicate="crosses")[1]] = True
        blocked[shapely.STRtree(lines).query(buildings, predicate="contains")[1]] = True
    return blocked


def _each_alone(
    graph: Graph, stations: Stations, links: Shortcuts, onward_s: Floats, homes: tuple[Ints, Floats], cutoff_s: float
) -> Tried:
    node, access = homes
    after = links.seconds + onward_s[links.end]
    sources, at = np.unique(stations.node[links.start], return_inverse=True)
    walked = pairs(graph, sources, node, cutoff_s, towards=True)
    # both nodes beside each link's first end, each with the homes that reach it
    at, in_s = at.ravel(), (stations.in_s[links.start] + after[:, None]).ravel()
    count = np.diff(walked.start)[at]
    flat = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count - walked.start[at], count)
    link = np.repeat(np.arange(len(at)) // 2, count)
    home, seconds = walked.target[flat], walked.apart[flat] + np.repeat(in_s, count)
    seconds = seconds + access[home]
    order = np.lexsort((seconds, home, link))
    order = order[seconds[order] <= cutoff_s]
    link, home, seconds = link[order], home[order], seconds[order]
    first = np.ones(len(link), dtype=bool)
    first[1:] = (link[1:] != link[:-1]) | (home[1:] != home[:-1])
    start = np.r_[0, np.cumsum(np.bincount(link[first], minlength=len(links)))].astype(np.int64)
    return Tried(links, start, home[first], seconds[first])
