"""Gaps: neighbourhoods beyond the cutoff, ranked by people x minutes, each with its cause.

A home is in a gap of a tier only if not even a candidate or an approximately placed facility is within reach.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from servicecircle.arrays import Bools, Floats, Ints
from servicecircle.barriers import Barriers
from servicecircle.causes import Cause, judge, which_apply
from servicecircle.clusters import find_clusters
from servicecircle.gap_facts import Barred, Facts, Gap, GapLink
from servicecircle.gap_table import gap_table
from servicecircle.graph import Sources, nearest
from servicecircle.link_table import missing_link_table
from servicecircle.missing_links import Tried, find_missing, try_best
from servicecircle.model import Status, Study, Tier
from servicecircle.near import Near, node_seconds
from servicecircle.reach import Attached
from servicecircle.scene import Scene
from servicecircle.shortcuts import seconds_by
from servicecircle.surroundings import Surroundings, look_round
from servicecircle.toll_links import TollWays

__all__ = ["GapInputs", "Gaps", "find_gaps"]


@dataclass(frozen=True, slots=True)
class GapInputs:
    """What gaps and their causes are told from.

    ``walk`` is the scene as people walk it, ``opened`` the same with every paid or closed link open; ``near`` has one
    entry for each tier with a placed facility, arrays in the order of the scene's homes; ``models`` are the population
    models, columns ``people_<model>`` of the homes.
    """

    scene: Scene
    walk: Attached
    opened: Attached
    near: Mapping[Tier, Near]
    models: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gaps:
    """The gaps of every tier and the links that may be missing, worst first: columns ``GAPS`` and ``MISSING_LINKS``."""

    table: gpd.GeoDataFrame
    missing_links: gpd.GeoDataFrame


@dataclass(frozen=True, slots=True)
class _Beyond:
    """The homes beyond the cutoff of one tier: their rows, doors and people, and the way on from every node."""

    tier: Tier
    home: Ints
    node: Ints
    access_s: Floats
    people: Floats
    nodes_s: Floats


def find_gaps(inputs: GapInputs) -> Gaps:
    """List the gaps of every tier, and for each the link that would help most of its people, if any would."""
    scene = inputs.scene
    cutoff_s = scene.streets.parameters.coverage.cutoff_s
    short = [tier for tier in Tier if tier in inputs.near and (inputs.near[tier].walk_s > cutoff_s).any()]
    around = look_round(scene, inputs.walk) if short else None
    found = [gap for tier in short if around for gap in _gaps_of(_beyond(tier, inputs), inputs, around)]
    facts = Facts.of(scene, inputs.near, inputs.models)
    return Gaps(gap_table(found, facts), missing_link_table(found, facts))


def _beyond(tier: Tier, inputs: GapInputs) -> _Beyond:
    scene, walk = inputs.scene, inputs.walk
    coverage = scene.streets.parameters.coverage
    home = np.flatnonzero(inputs.near[tier].walk_s > coverage.cutoff_s)
    doors = scene.doors.home[home]
    people = scene.homes["people"].to_numpy(dtype=np.float64)[home]
    nodes_s = node_seconds(walk, scene.places_of(tier), coverage.horizon_s)
    return _Beyond(tier, home, walk.node[doors], walk.access_s[doors], people, nodes_s)


def _gaps_of(beyond: _Beyond, inputs: GapInputs, around: Surroundings) -> list[Gap]:
    clusters = _clusters(beyond, inputs, around)
    if not clusters:
        return []
    tests, barrier, barred_s = _tests(beyond, inputs, around)
    links = _links(beyond, inputs, around, clusters)
    tolls = _tolls(beyond, inputs, clusters, tests[Cause.PAID_OR_CLOSED])
    unlocated = _unlocated(inputs.scene.streets.study, beyond.tier)
    code = inputs.scene.homes["subdistrict"].to_numpy(dtype=object)
    gaps = []
    for members, link, toll in zip(clusters, links, tolls, strict=True):
        home, people = beyond.home[members], beyond.people[members]
        here = {cause: applies[members] for cause, applies in tests.items()}
        here[Cause.MISSING_LINK] = np.isin(home, [] if link is None else link.home)
        judgement = judge(here, people)
        barred = _most_met(around.barriers, barrier[members], here[Cause.BARRIER], barred_s[members], people)
        names = unlocated.get(code[home[0]], ())
        gaps.append(Gap(beyond.tier, home, judgement, barred, toll, link, names, len(unlocated.get(None, ()))))
    return gaps


def _clusters(beyond: _Beyond, inputs: GapInputs, around: Surroundings) -> list[Ints]:
    """Positions of each cluster's homes among those beyond the cutoff; too few people are no gap of their own."""
    rules = inputs.scene.streets.parameters.gaps
    code = inputs.scene.homes["subdistrict"].to_numpy(dtype=object)[beyond.home]
    xy = around.home_xy[beyond.home]
    label = find_clusters(inputs.walk.graph, beyond.node, xy, code, rules.neighbour_m, rules.neighbour_s)
    by_cluster = np.split(np.argsort(label, kind="stable"), np.cumsum(np.bincount(label))[:-1])
    return [members for members in by_cluster if beyond.people[members].sum() >= rules.min_people]


def _tests(beyond: _Beyond, inputs: GapInputs, around: Surroundings) -> tuple[dict[Cause, Bools], Ints, Floats]:
    """Which causes apply to each home, the barrier it could do without (-1 for none), and its seconds without."""
    scene, near = inputs.scene, inputs.near[beyond.tier]
    coverage, rules = scene.streets.parameters.coverage, scene.streets.parameters.gaps
    onward_s = around.stations.onward(beyond.nodes_s)
    saved_s = onward_s[around.crossings.start] - around.crossings.seconds
    worth = np.flatnonzero(saved_s >= onward_s[around.crossings.end] + rules.missing_link_saves_s)
    crossings = around.crossings.take(worth)
    seconds, which = seconds_by(inputs.walk.graph, around.stations, crossings, onward_s, coverage.horizon_s)
    barred_s, which = seconds[beyond.node] + beyond.access_s, which[beyond.node]
    barrier = np.append(around.crossing_of[worth], -1)[which]
    unlocated = [code for code in _unlocated(scene.streets.study, beyond.tier) if code is not None]
    tests = which_apply(
        {
            "walk": near.walk_s[beyond.home],
            "level": near.level_s[beyond.home],
            "paid": near.paid_s[beyond.home],
            "barred": barred_s,
        },
        near.radius_m[beyond.home],
        np.asarray(shapely.distance(shapely.points(around.home_xy[beyond.home]), around.frame)),
        unlocated=scene.homes["subdistrict"].isin(unlocated).to_numpy()[beyond.home],
        cutoff_s=coverage.cutoff_s,
        horizon_s=coverage.horizon_s,
        most_m=coverage.radius_m,
    )
    return tests, barrier, barred_s


def _links(beyond: _Beyond, inputs: GapInputs, around: Surroundings, clusters: list[Ints]) -> list[GapLink | None]:
    """Return for each cluster the missing link that brings most of its people within the cutoff, if one does."""
    streets, graph = inputs.scene.streets, inputs.walk.graph
    cutoff_s, stations = streets.parameters.coverage.cutoff_s, around.stations
    onward_s = stations.onward(beyond.nodes_s)
    reach = nearest(graph, Sources.one(beyond.node, beyond.access_s), cutoff_s).apart
    missing = find_missing(
        stations,
        stations.inward(reach),
        onward_s,
        cutoff_s,
        (around.barriers, around.buildings),
        around.pricing,
        streets.parameters.gaps,
    )
    homes = beyond.node, beyond.access_s
    tried, asked = try_best(graph, stations, missing, onward_s, homes, clusters, beyond.people, cutoff_s)
    return [_best_link(tried, own, members, beyond, around) for members, own in zip(clusters, asked, strict=True)]


def _best_link(tried: Tried, asked: Ints, members: Ints, beyond: _Beyond, around: Surroundings) -> GapLink | None:
    best: tuple[tuple[float, float, float], int] | None = None
    for i in asked.tolist():
        home, seconds = tried.of(i)
        own = np.isin(home, members)
        if not own.any():
            continue
        people = beyond.people[home[own]]
        worth = float(people.sum()), -float((seconds[own] * people).sum()), -float(tried.links.length_m[i])
        if best is None or worth > best[0]:
            best = worth, i
    if best is None:
        return None
    home, seconds = tried.of(best[1])
    link = tried.links.take(np.array([best[1]]))
    stations, ends = around.stations, (int(link.start[0]), int(link.end[0]))
    return GapLink(
        edge=(int(stations.edge[ends[0]]), int(stations.edge[ends[1]])),
        xy=stations.xy[list(ends)],
        length_m=float(link.length_m[0]),
        rise_m=float(link.rise_m[0]),
        stairs=bool(link.stairs[0]),
        seconds=float(link.seconds[0]),
        home=beyond.home[home],
        home_s=seconds,
    )


def _tolls(beyond: _Beyond, inputs: GapInputs, clusters: list[Ints], helped: Bools) -> list[tuple[str, ...]]:
    """Return for each cluster the paid or closed links by which its people would come within the cutoff."""
    if not helped.any():
        return [()] * len(clusters)
    scene, opened = inputs.scene, inputs.opened
    horizon_s = scene.streets.parameters.coverage.horizon_s
    seconds = node_seconds(opened, scene.places_of(beyond.tier), horizon_s)
    ways = TollWays(scene.streets.network, inputs.walk, opened, seconds)
    return [
        tuple(sorted({name for node in beyond.node[members[helped[members]]] for name in ways.used_from(int(node))}))
        for members in clusters
    ]


def _most_met(barriers: Barriers, barrier: Ints, applies: Bools, seconds: Floats, people: Floats) -> Barred | None:
    """Return the barrier that most of those whom it holds back would cross, and their mean seconds without it."""
    weight: dict[tuple[str, str | None], float] = {}
    held = np.flatnonzero(applies)
    for k in held:
        key = barriers.kind[barrier[k]], barriers.name[barrier[k]]
        weight[key] = weight.get(key, 0.0) + float(people[k]) + 1e-9
    if not weight:
        return None
    kind, name = max(weight, key=lambda key: (weight[key], str(key)))
    return Barred(kind, name, float(np.average(seconds[held], weights=people[held] + 1e-9)))


def _unlocated(study: Study, tier: Tier) -> dict[str | None, tuple[str, ...]]:
    """Names of the tier's places that the district has named and nobody has placed, by subdistrict (None: unknown)."""
    facilities = study.facilities
    lost = ~(facilities["located"] | facilities["approximate"]) & (facilities["status"] != Status.CANDIDATE)
    lost &= facilities["tier"] == tier
    codes = dict(zip(study.area.subdistricts["name"], study.area.subdistricts["code"], strict=True))
    found: dict[str | None, tuple[str, ...]] = {}
    for name, subdistrict in facilities.loc[lost, ["name", "subdistrict"]].itertuples(index=False):
        code = codes.get(subdistrict)
        found[code] = (*found.get(code, ()), str(name))
    return found
