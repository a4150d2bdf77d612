"""Heights of the bundled district before and after levelling, as a Markdown table: ``python -m benchmarks.heights``.

``--variants`` levels with other parameters, too: what carries the result.
"""

from __future__ import annotations

import dataclasses
import itertools
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.plans import plan_of
from servicecircle.arrays import Bools, Floats, Ints
from servicecircle.crossings import Crossings, plan_crossings
from servicecircle.crs import to_metric
from servicecircle.datasets import bundled_study
from servicecircle.heights import Relief
from servicecircle.ingest.parameters import read_parameters
from servicecircle.ingest.study import read_study
from servicecircle.ingest.walkable import load_rules
from servicecircle.levelling import Heights, Plan, draw_heights, level_network
from servicecircle.model import Terrain
from servicecircle.parameters import LevellingParameters
from servicecircle.pipeline import build_streets
from servicecircle.surveying import Traits

FOLDS = 5
SEEDS = (0, 1, 2)
BEFORE_SMOOTHING_M = 60.0
ESCALATOR = "w421605016"  # 皇冠大扶梯, the one link of known rise that joins streets
STEEP = 0.15
LONG_M = 150.0
SHORT_M = 5.0
ROOM_M = 4.0
DRAWS = 200

Line = tuple[str, str, str]

VARIANTS: dict[str, dict[str, Any]] = {
    "as set": {},
    "terrain read unsmoothed": {"smoothing_m": 0.0},
    "terrain smoothed by 60 m": {"smoothing_m": 60.0},
    "terrain at 7 m": {"terrain_sd_m": 7.0},
    "terrain at 3 m": {"terrain_sd_m": 3.0},
    "no clearance at crossings": {"clearance_sd_m": 1e6},
    "flights at 0.30": {"flight_grade": 0.30},
    "flights at 0.45": {"flight_grade": 0.45},
    "streets half as steep": {"street_grade": {}, "other_grade": 0.05},
    "all streets alike": {"street_grade": {}},
    "streets twice as steep": {"street_grade": {}, "other_grade": 0.24},
    "decks need not be straight": {"straight_grade": 1e3},
}


@dataclass(frozen=True)
class District:
    """The bundled district, ready to be levelled again and again."""

    plan: Plan
    terrain: Terrain
    parameters: LevellingParameters
    crossings: Crossings
    tagged: Bools

    def level(self, **changes: Ints | Floats) -> Heights:
        """Level it with some columns of its edges changed."""
        plan = dataclasses.replace(self.plan, edges=self.plan.edges.assign(**changes))
        return level_network(plan, self.terrain, self.parameters)

    def rises(self, node_m: Floats) -> Floats:
        """Rise of every edge."""
        return node_m[self.plan.head] - node_m[self.plan.tail]

    def agree(self, node_m: Floats, of: Bools) -> int:
        """Count the edges that climb as they are tagged."""
        rise, incline = self.rises(node_m), self.plan.edges["incline"].to_numpy()
        return int((np.sign(rise[of]) == incline[of]).sum())


def read_district() -> District:
    """Read it."""
    study, parameters = read_study(bundled_study()), read_parameters()
    network = build_streets(study, parameters, load_rules()).network
    plan, terrain = plan_of(network, study.links), study.terrain
    if terrain is None:
        message = "the bundled district has a terrain"
        raise ValueError(message)
    traits = Traits.of(plan, parameters.levelling)
    x0, dx, _, y0, _, dy = terrain.transform
    at = (to_metric(plan.node_lonlat, terrain.crs) - (x0, y0)) / (dx, dy)
    inside = np.asarray(((at >= 0.0) & (at <= terrain.heights_m.shape[::-1])).all(axis=1))
    tagged = (plan.edges["kind"] == "stairs") & (plan.edges["incline"] != 0)
    crossings = plan_crossings(plan.vertex_xy, plan.vertex_start, traits.storey)
    return District(
        plan, terrain, parameters.levelling, crossings, tagged.to_numpy() & inside[plan.tail] & inside[plan.head]
    )


def held_out(district: District, seeds: tuple[int, ...]) -> list[int]:
    """Tagged flights whose direction is found when their way's tag is left out with a fifth of all, a seed each."""
    edges = district.plan.edges
    way, incline = edges["osm_way_id"].to_numpy(), edges["incline"].to_numpy()
    ways = np.unique(way[district.tagged])
    found = []
    for seed in seeds:
        mixed = np.random.default_rng(seed).permutation(ways)
        left_out = [np.isin(way, mixed[fold::FOLDS]) for fold in range(FOLDS)]
        found.append(
            sum(
                district.agree(district.level(incline=np.where(out, 0, incline)).node_m, out & district.tagged)
                for out in left_out
            )
        )
    return found


def escalator(district: District) -> tuple[float, float]:
    """Known rise of the escalator, and the rise found without it and without its tag."""
    edges = district.plan.edges
    it = (edges["link_id"] == ESCALATOR).to_numpy()
    left_out = district.level(
        rise_m=np.where(it, np.nan, edges["rise_m"]), incline=np.where(it, 0, edges["incline"].to_numpy())
    )
    return float(edges["rise_m"][it].iloc[0]), abs(float(district.rises(left_out.node_m)[it][0]))


def on_ground(district: District) -> Bools:
    """Streets on the ground."""
    street = (district.plan.edges["kind"] == "street").to_numpy()
    return np.asarray(street & ~Traits.of(district.plan, district.parameters).off_ground)


def step_grades(plan: Plan, vertex_m: Floats, of: Bools) -> tuple[Floats, Floats]:
    """Grade and length of every step between known vertices of some edges."""
    edge = np.repeat(np.arange(len(plan.tail)), np.diff(plan.vertex_start))
    way = np.diff(plan.vertex_along_m)
    step = np.abs(np.diff(vertex_m)) / np.maximum(way, 1.0)
    on = (edge[1:] == edge[:-1]) & of[edge[1:]] & np.isfinite(step)
    return step[on], way[on]


def quantiles(value: Floats, at: tuple[float, ...], weight: Floats | None = None) -> str:
    """Quantiles in per cent, weighted or each alike."""
    weight = np.ones(len(value)) if weight is None else weight
    order = np.argsort(value, kind="stable")
    total = np.cumsum(weight[order])
    return " / ".join(f"{100 * v:.1f}" for v in np.interp(np.array(at) * total[-1], total, value[order]))


def clearance(district: District, vertex_m: Floats) -> Floats:
    """Height of the upper over the lower way at each crossing; NaN where one is unknown."""
    found = district.crossings
    upper = vertex_m[found.upper] * (1 - found.upper_share) + vertex_m[found.upper + 1] * found.upper_share
    lower = vertex_m[found.lower] * (1 - found.lower_share) + vertex_m[found.lower + 1] * found.lower_share
    return np.asarray(upper - lower, dtype=np.float64)


def flattening(district: District, heights: Heights) -> float:
    """Rise of the terrain for a metre of levelled rise, over streets of some length: 1 where nothing is flattened."""
    read = heights.node_m - heights.residual_m
    street = (district.plan.edges["kind"] == "street") & (district.plan.edges["length_m"] > LONG_M)
    levelled, terrain = district.rises(heights.node_m), district.rises(read)
    on = street.to_numpy() & np.isfinite(levelled) & np.isfinite(terrain)
    a, b, weight, slope = levelled[on], terrain[on], np.ones(on.sum()), 1.0
    for _ in range(20):
        slope = float((weight * a * b).sum() / (weight * a * a).sum())
        weight = 1.0 / (1.0 + ((b - slope * a) / 6.0) ** 2)
    return slope


def before(district: District, lonlat: Floats) -> Floats:
    """Heights as they were: the terrain, smoothed."""
    return Relief(district.terrain, BEFORE_SMOOTHING_M)(lonlat)


def signs(district: District, after: Heights) -> Iterator[Line]:
    """Whether flights climb as they are tagged."""
    total = int(district.tagged.sum())
    found = held_out(district, SEEDS)
    bare = district.level(incline=np.zeros(len(district.plan.tail), dtype=int))
    old = district.agree(before(district, district.plan.node_lonlat), district.tagged)
    new = district.agree(after.node_m, district.tagged)
    share = 100 * sum(found) / (total * len(found))
    each = ", ".join(map(str, found))
    yield "tagged flights that climb as tagged, all tags used", f"{old} of {total}", f"{new} of {total}"
    yield "... a fifth of the tagged ways held out, three seeds", "-", f"{each} of {total}: {share:.1f} %"
    yield "... no tag used at all", "-", f"{district.agree(bare.node_m, district.tagged)} of {total}"


def grades(district: District, after: Heights) -> Iterator[Line]:
    """How steep streets and flights are."""
    plan = district.plan
    node, vertex = before(district, plan.node_lonlat), before(district, plan.vertex_lonlat)
    traits = Traits.of(plan, district.parameters)
    known = np.isfinite(district.rises(after.node_m)) & np.isfinite(district.rises(node))
    street = on_ground(district) & known
    old, new = (np.abs(district.rises(h)) / np.maximum(traits.length_m, 1.0) for h in (node, after.node_m))

    at: tuple[float, ...] = (0.50, 0.95, 0.99)
    what = "streets on the ground, grade of an edge, %: .50 / .95 / .99"
    yield what, quantiles(old[street], at), quantiles(new[street], at)
    (g0, w0), (g1, w1) = (step_grades(plan, h, street) for h in (vertex, after.vertex_m))
    yield "... of a step between vertices, by metres, %", quantiles(g0, at, w0), quantiles(g1, at, w1)
    yield "... steeper than 15 %, km", f"{w0[g0 > STEEP].sum() / 1e3:.1f}", f"{w1[g1 > STEEP].sum() / 1e3:.1f}"
    stairs = (plan.edges["kind"] == "stairs").to_numpy() & known & (traits.length_m > SHORT_M)
    at = (0.05, 0.25, 0.50, 0.75, 0.95)
    what = "flights over 5 m, rise by length, %: .05 / .25 / .50 / .75 / .95"
    yield what, quantiles(old[stairs], at), quantiles(new[stairs], at)


def fit(district: District, after: Heights) -> Iterator[Line]:
    """How the heights fit what else is known."""
    plan = district.plan
    node, vertex = before(district, plan.node_lonlat), before(district, plan.vertex_lonlat)
    residual = after.residual_m[np.isfinite(after.residual_m)]
    spread = " / ".join(f"{q:.1f}" for q in np.quantile(residual, [0.01, 0.05, 0.5, 0.95, 0.99]))
    yield "levelled minus terrain at nodes, rms, m", "-", f"{np.sqrt((residual**2).mean()):.2f}"
    yield "... .01 / .05 / .50 / .95 / .99, m", "-", spread
    what = "metres the terrain rises for one levelled, streets over 150 m"
    yield what, "-", f"{flattening(district, after):.2f}"
    given, rise = escalator(district)
    old = abs(district.rises(node)[(plan.edges["link_id"] == ESCALATOR).to_numpy()][0])
    yield f"皇冠大扶梯 left out, given {given:.1f} m", f"{old:.1f}", f"{rise:.1f}"
    rooms = [clearance(district, h) for h in (vertex, after.vertex_m)]
    for least in (ROOM_M, 0.0):
        counts = [f"{(room > least).sum()} of {np.isfinite(room).sum()}" for room in rooms]
        yield f"crossings of known height, {len(rooms[0])} in all, with more than {least:.0f} m", counts[0], counts[1]
    by = [str((after.node_source == name).sum()) for name in ("terrain", "levelled", "none")]
    yield "nodes on terrain / levelled / unknown", "-", " / ".join(by)
    sd = np.nanquantile(after.rise_sd_m, [0.5, 0.95])
    yield "deviation of an edge's rise, m: .50 / .95", "-", f"{sd[0]:.1f} / {sd[1]:.1f}"


def seconds(district: District) -> Iterator[Line]:
    """How long it takes, the best of three."""
    levelling, drawing = [], []
    for _ in range(3):
        begin = time.perf_counter()
        after = district.level()
        between = time.perf_counter()
        draw_heights(after, DRAWS, seed=0)
        levelling.append(between - begin)
        drawing.append(time.perf_counter() - between)
    yield f"seconds to level; to draw {DRAWS} sets of errors", "-", f"{min(levelling):.2f}; {min(drawing):.2f}"


def variants(district: District) -> Iterator[tuple[str, ...]]:
    """One line a variant of the parameters."""
    total = int(district.tagged.sum())
    for name, changes in VARIANTS.items():
        other = dataclasses.replace(district, parameters=district.parameters.model_copy(update=changes))
        heights = other.level()
        grade, way = step_grades(other.plan, heights.vertex_m, on_ground(other))
        yield (
            name,
            f"{held_out(other, (0,))[0]} of {total}",
            f"{escalator(other)[1]:.1f}",
            f"{way[grade > STEEP].sum() / 1e3:.1f}",
            f"{np.sqrt(np.nanmean(heights.residual_m**2)):.2f}",
            f"{flattening(other, heights):.2f}",
            str((clearance(other, heights.vertex_m) > ROOM_M).sum()),
        )


def show(head: tuple[str, ...], lines: Iterable[tuple[str, ...]]) -> None:
    """Print a Markdown table, line by line."""
    for line in itertools.chain([head, ("---",) * len(head)], lines):
        sys.stdout.write("| " + " | ".join(line) + " |\n")
        sys.stdout.flush()


def main(arguments: list[str]) -> None:
    """Print the tables."""
    district = read_district()
    after = district.level()
    parts = (signs(district, after), grades(district, after), fit(district, after), seconds(district))
    show(("", "before: terrain smoothed by 60 m", "levelled"), itertools.chain(*parts))
    if "--variants" in arguments:
        sys.stdout.write("\n")
        head = "variant", "held-out signs", "escalator, m", "km over 15 %", "rms, m", "flattening", "crossings over 4 m"
        show(head, variants(district))


if __name__ == "__main__":
    main(sys.argv[1:])
