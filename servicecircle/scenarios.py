"""A scenario computed from a finished study: only what its links can change is searched again.

The answer is that of a whole computation, bit for bit: a place is searched again if its search comes to a street that
changed, in either of the two networks; all others keep what is known of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from servicecircle.arrays import Bools, Floats, Ints
from servicecircle.coverage import Access, coverage_table
from servicecircle.errors import Fault, InputError
from servicecircle.gaps import GapInputs, Gaps, find_gaps
from servicecircle.graph import nearest
from servicecircle.model import Direction, Variant
from servicecircle.near import every_link_open, near_of
from servicecircle.pairs import Pairs
from servicecircle.pipeline import Results
from servicecircle.prices import EdgeSeconds, edge_seconds
from servicecircle.reach import Attached, pairs_within
from servicecircle.scene import Scene, measure_access, open_scene
from servicecircle.streets import Streets, vary

__all__ = ["Rebuilt", "rebuild"]

_LINKS = {"links", "closed", "opened", "changes", "drawn", "paid", "at"}


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """Access, coverage and gaps of a scenario; ``searched`` are the rows of the places that were searched again."""

    scene: Scene
    access: Access
    coverage: pd.DataFrame
    gaps: Gaps
    searched: Ints


def rebuild(base: Results, variant: Variant) -> Rebuilt:
    """Compute access, coverage and gaps in a variant that differs from that of ``base`` in its links alone.

    Raises
    ------
    InputError
        The variant changes more than links, or names a link that is nowhere.

    Examples
    --------
    >>> found = rebuild(results, Variant(closed=("w421605016",), paid=True))  # doctest: +SKIP
    """
    old = base.streets.variant
    other = [f for f in Variant.__slots__ if f not in _LINKS and getattr(old, f) is not getattr(variant, f)
             and getattr(old, f) != getattr(variant, f)]  # fmt: skip
    if other:
        remedy = "compute it as a whole: servicecircle build --variant"
        raise InputError([Fault("more than links changes", remedy, column=name) for name in other])
    streets = vary(base.streets, base.streets.study, variant)
    scene = _reopened(base, streets)
    same_doors = scene.doors is base.scene.doors
    variant = streets.variant
    walk, level = scene.priced(variant), scene.priced(scene.level(variant))
    opened = scene.priced(every_link_open(streets.network, variant))
    known, searched = {}, np.zeros(len(scene.places), dtype=bool)
    if same_doors:
        for measure, now, flat in (("walk", walk, False), ("level", level, True)):
            touched = _touched(base, scene, now, flat=flat)
            searched |= touched
            known[measure] = partial(_spliced, base, measure, now, scene, np.flatnonzero(touched))
    else:
        searched[:] = True
    access = measure_access(scene, {"walk": walk, "level": level, "opened": opened}, known)
    parameters, demand = streets.parameters, base.demand
    area, standard = streets.study.area, (parameters.coverage.cutoff_s, parameters.coverage.radius_m)
    names = dict(zip(area.subdistricts["code"], area.subdistricts["name"], strict=True))
    counted = tuple(sorted({*parameters.cutoffs_s(), standard[0]}))
    coverage = coverage_table(access, demand.points, demand.models, names, counted, standard)
    gaps = find_gaps(GapInputs(scene, walk, opened, near_of(access), demand.models))
    return Rebuilt(scene, access, coverage, gaps, np.flatnonzero(searched))


def _reopened(base: Results, streets: Streets) -> Scene:
    """Open doors anew only where other streets can be walked: else every door is where it was."""
    n = base.streets.network.mapped.n_edges
    was, now = (_walkable(s.prices, n) for s in (base.streets, streets))
    if not np.array_equal(was, now):
        return open_scene(streets, base.scene.homes, streets.variant)
    doors = base.scene.doors
    return Scene(streets, base.scene.places, base.scene.homes, doors, doors.join(streets.network))


def _walkable(prices: EdgeSeconds, n: int) -> Bools:
    return np.isfinite(np.stack([prices.forward_s[:n], prices.backward_s[:n]]))


def _touched(base: Results, scene: Scene, now: Attached, *, flat: bool) -> Bools:
    """Whether each place's search can come to anything that changed, in the old network or in the new one."""
    limit_s = base.access.cutoffs_s[-1]
    variants = base.streets.variant, scene.streets.variant
    if flat:
        variants = base.scene.level(variants[0]), scene.level(variants[1])
    sides = [(base.scene, None, variants[0]), (scene, now, variants[1])]
    n = scene.streets.network.mapped.n_edges
    costs = [_costs(side, variant, n) for side, _, variant in sides]
    changed = np.flatnonzero((costs[0] != costs[1]).any(axis=0))
    hosts = [side.streets.network.hung.edge for side, _, _ in sides if side.streets.network.hung is not None]
    edges = np.unique(np.concatenate([changed, *hosts])).astype(np.int64)
    network = scene.streets.network
    ends = np.r_[network.tail[edges], network.head[edges]]
    touched = np.zeros(len(scene.places), dtype=bool)
    for side, attached, variant in sides:
        hung = side.streets.network.hung
        own = ends if hung is None else np.r_[ends, np.arange(hung.first_node, side.streets.network.n_nodes)]
        if not len(own):
            continue
        priced = side.priced(variant) if attached is None else attached
        seconds = nearest(priced.graph, np.unique(own), limit_s).apart
        touched |= _reached(priced, side, seconds, limit_s, edges)
    return touched


def _reached(priced: Attached, scene: Scene, seconds: Floats, limit_s: float, edges: Ints) -> Bools:
    """Whether each place has a door within the limit, or one on a changed street."""
    near = seconds[priced.node] + priced.access_s <= limit_s
    near |= np.isin(scene.doors.snapped.edge, edges)
    found = np.zeros(len(scene.places), dtype=bool)
    owner = scene.doors.owner[near]
    found[owner[owner < len(scene.places)]] = True
    return found


def _costs(scene: Scene, variant: Variant, n: int) -> Floats:
    prices = edge_seconds(scene.streets.network, scene.streets.parameters, variant)
    return np.stack([prices.forward_s[:n], prices.backward_s[:n]])


def _spliced(base: Results, measure: str, now: Attached, scene: Scene, touched: Ints) -> Pairs:
    """Return the pairs of all places: those searched again in the place of what was known of them."""
    known = base.access.pairs[measure]
    limit_s = base.access.cutoffs_s[-1]
    fresh = pairs_within(now, scene.doors.place[touched], scene.doors.home, limit_s, Direction.TO)
    count = np.diff(known.start)
    keep = ~np.isin(known.sources(), touched)
    count[touched] = np.diff(fresh.start)
    row = np.r_[known.sources()[keep], touched[fresh.sources()]]
    order = np.argsort(row, kind="stable")
    target = np.r_[known.target[keep], fresh.target][order]
    apart = np.r_[known.apart[keep], fresh.apart][order]
    return replace(known, start=np.r_[0, np.cumsum(count)], target=target, apart=apart)
