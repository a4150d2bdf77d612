"""Heights by adjustment: its algebra against brute force, small networks, what is known of the district."""

from __future__ import annotations

import dataclasses
import pickle

import numpy as np
import pytest

from benchmarks.plans import plan_of
from servicecircle.adjustment import Law, adjust, observe, restrict, stack
from servicecircle.arrays import Floats
from servicecircle.crossings import plan_crossings
from servicecircle.levelling import Heights, Plan, draw_heights, level_network
from servicecircle.model import Ways
from servicecircle.pipeline import Streets
from servicecircle.surveying import Traits, ground, number_points
from tests.sketch import PARAMETERS, STREET, draw, network, plane, register, row, with_heights
from tests.town import lonlat

P = PARAMETERS.levelling
BRIDGE = f"{STREET} bridge=yes layer=1"


def plan(ways: Ways, **links: str) -> Plan:
    listed = register(**links)
    return plan_of(network(ways, listed), listed)


def node(p: Plan, x: float, y: float) -> int:
    return int(np.abs(p.node_lonlat - lonlat(x, y)).sum(axis=1).argmin())


def rises(p: Plan, heights: Heights) -> Floats:
    return heights.node_m[p.head] - heights.node_m[p.tail]


@pytest.fixture(scope="module")
def district_plan(streets: Streets) -> Plan:
    return plan_of(streets.network, streets.study.links)


@pytest.fixture(scope="module")
def levelled(streets: Streets, district_plan: Plan) -> Heights:
    return level_network(district_plan, streets.study.terrain, P)


# --- the algebra ---------------------------------------------------------------------------------------------------


def chance_network(n: int = 40, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Make a tree with a few more lines, and say which of its points are to be eliminated last."""
    rng = np.random.default_rng(seed)
    tree = np.column_stack([np.arange(1, n), [rng.integers(0, k) for k in range(1, n)]])
    more = rng.integers(0, n, (12, 2))
    return np.concatenate([tree, more[more[:, 0] != more[:, 1]]]), rng.random(n) < 0.4


def test_an_adjustment_of_chance_errors_is_the_least_squares_solution_with_its_covariance() -> None:
    lines, last = chance_network()
    rng = np.random.default_rng(1)
    n = len(last)
    sigma = rng.uniform(0.5, 2.0, len(lines))
    seen = stack(
        observe(lines, np.array([-1.0, 1.0]), rng.normal(0, 3, len(lines)), sigma, Law.NORMAL, n),
        observe(np.array([[0], [7]]), np.ones(1), 5.0, 1.0, Law.NORMAL, n),
    )
    found = adjust(seen, last, 5, 1e-9)
    rows = seen.design.toarray() / seen.sigma[:, None]
    inverse = np.linalg.inv(rows.T @ rows)
    np.testing.assert_allclose(found.x, inverse @ (rows.T @ (seen.value / seen.sigma)), atol=1e-9)

    a, b = (part.ravel() for part in np.meshgrid(np.flatnonzero(last), np.flatnonzero(last)))
    variance, between = found.variances(a, b)
    np.testing.assert_allclose(variance[last], np.diag(inverse)[last], rtol=1e-9)
    assert np.isnan(variance[~last]).all()
    np.testing.assert_allclose(between, inverse[a, a] + inverse[b, b] - 2 * inverse[a, b], atol=1e-9)

    drawn = found.draws(20_000, seed=0)
    np.testing.assert_allclose(np.cov(drawn), inverse, atol=0.05 * np.abs(inverse).max())


def test_a_gross_error_is_given_up_and_a_least_value_binds_only_from_below() -> None:
    alone = np.zeros((11, 1), dtype=int)
    value = np.array([10.0] * 10 + [80.0])
    last = np.ones(1, dtype=bool)
    robust = observe(alone, np.ones(1), value, 1.0, Law.CAUCHY, 1)
    assert adjust(robust, last, 50, 1e-9).x[0] == pytest.approx(10.0, abs=0.1)
    plain = dataclasses.replace(robust, law=np.full(11, int(Law.NORMAL)))
    assert adjust(plain, last, 50, 1e-9).x[0] > 15
    for least, expected in ((4.0, 10.0), (14.0, 14.0)):
        bound = observe(alone[:1], np.ones(1), least, 0.01, Law.AT_LEAST, 1)
        assert adjust(stack(robust, bound), last, 50, 1e-9).x[0] == pytest.approx(expected, abs=0.15)


def test_restricting_drops_what_is_seen_of_the_others() -> None:
    seen = observe(np.array([[0, 1], [1, 2], [2, 3]]), np.array([-1.0, 1.0]), np.arange(3.0), 1.0, Law.NORMAL, 4)
    kept = restrict(seen, np.array([False, True, True, True]))
    assert kept.design.shape == (2, 3)
    assert kept.value.tolist() == [1.0, 2.0]


# --- crossings -----------------------------------------------------------------------------------------------------


def test_crossings_are_those_of_every_pair_of_segments() -> None:
    rng = np.random.default_rng(5)
    counts = rng.integers(2, 6, 30)
    start = np.concatenate([[0], np.cumsum(counts)])
    xy = rng.uniform(0, 60, (start[-1], 2))
    storey = rng.integers(-2, 3, 30)
    found = plan_crossings(xy, start, storey)
    edge = np.repeat(np.arange(30), counts)
    expected = set()
    for i in range(len(xy) - 1):
        for j in range(len(xy) - 1):
            if edge[i] != edge[i + 1] or edge[j] != edge[j + 1] or storey[edge[i]] <= storey[edge[j]]:
                continue
            share = np.linalg.solve(np.column_stack([xy[i + 1] - xy[i], xy[j] - xy[j + 1]]), xy[j] - xy[i])
            if (share >= 0).all() and (share <= 1).all():
                expected.add((i, j))
    assert set(zip(found.upper.tolist(), found.lower.tolist(), strict=True)) == expected
    assert len(found) == len(expected) > 50
    point = [xy[v] + s[:, None] * (xy[v + 1] - xy[v]) for v, s in (
        (found.upper, found.upper_share), (found.lower, found.lower_share))]  # fmt: skip
    np.testing.assert_allclose(point[0], point[1], atol=1e-9)


def test_ways_that_meet_at_a_vertex_do_not_cross() -> None:
    xy = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 0.0], [10.0, 9.0]])
    assert len(plan_crossings(xy, np.array([0, 2, 4]), np.array([0, 1]))) == 0


# --- small networks ------------------------------------------------------------------------------------------------


def test_a_street_follows_a_plane() -> None:
    p = plan(draw(row(0, 100, 200, 300), ("1 2 3", STREET), ("3 4", STREET)))
    heights = level_network(p, plane(220), P)
    assert heights.vertex_m == pytest.approx(np.full(len(p.vertex_xy), 220.0), abs=1e-3)
    assert set(heights.node_source) == {"terrain"}
    assert heights.residual_m == pytest.approx(np.zeros(3), abs=1e-3)


def test_without_terrain_nothing_is_known() -> None:
    p = plan(draw(row(0, 100), ("1 2", STREET)))
    heights = level_network(p, None, P)
    assert np.isnan(heights.node_m).all()
    assert np.isnan(heights.vertex_m).all()
    assert set(heights.node_source) == {"none"}
    assert np.isnan(draw_heights(heights, 3, seed=0)).all()


def test_a_street_that_no_terrain_reaches_is_unknown_and_harms_nobody() -> None:
    lines = ("1 2", STREET), ("3 4", BRIDGE)
    corners = row(0, 100, 200, 300)
    p = plan(draw(corners, *lines))
    heights = level_network(p, plane(220), P)
    assert heights.node_source.tolist() == ["terrain", "terrain", "none", "none"]
    assert np.isnan(heights.node_m).tolist() == [False, False, True, True]
    assert np.isnan(heights.rise_sd_m).tolist() == [False, True]


def test_beyond_the_terrain_a_height_is_carried_until_it_is_unsure() -> None:
    ground = plane(220)
    ground.heights_m[:, 210:] = np.nan  # east of x = 100
    x = [0.0, 80.0, 200.0, 300.0, 9000.0]
    p = plan(draw(row(*x), ("1 2", STREET), ("2 3", STREET), ("3 4", STREET), ("4 5", STREET)))
    heights = level_network(p, ground, P)
    assert heights.node_source.tolist() == ["terrain", "terrain", "levelled", "levelled", "none"]
    assert np.isnan(heights.residual_m[2:]).all()
    assert (np.diff(heights.rise_sd_m[:3]) > 0).any()
    # the last street ends in the unknown: its vertex there is unknown, the one it shares is not
    assert np.isnan(heights.vertex_m[-2:]).tolist() == [False, True]


def test_a_bridge_runs_straight_over_a_gorge_and_through_a_node() -> None:
    gorge = plane(200).heights_m.copy()
    gorge[:, 210:250] = 100
    corners = row(-500, -300, 100, 300, 700, 900, 1100)
    lines = ("1 2", STREET), ("2 3 4", BRIDGE), ("4 5 6", BRIDGE), ("6 7", STREET)
    p = plan(draw(corners, *lines))
    heights = level_network(p, with_heights(plane(), gorge), P)
    middle = node(p, 300.0, 0.0)
    ends = heights.node_m[[node(p, -300.0, 0.0), node(p, 900.0, 0.0)]]
    assert ends == pytest.approx([200, 200], abs=1.0)
    assert heights.node_m[middle] == pytest.approx(ends.mean(), abs=0.5)
    assert heights.node_source[middle] == "levelled"
    deck = p.edges["bridge"].to_numpy()
    for e in np.flatnonzero(deck):
        at = slice(p.vertex_start[e], p.vertex_start[e + 1])
        share = p.vertex_along_m[at] / p.edges["length_m"].iloc[e]
        low, high = heights.node_m[p.tail[e]], heights.node_m[p.head[e]]
        assert heights.vertex_m[at] == pytest.approx(low + share * (high - low), abs=2e-3)


def test_a_street_goes_over_a_crest() -> None:
    x = np.arange(0.0, 1001.0, 50.0)
    ground = plane(200)
    east = (np.arange(400) + 0.5) * 10 - 2000
    ground.heights_m[:] = 200 + 40 * np.exp(-(((east - 500) / 200) ** 2))[None, :]
    p = plan(draw(row(*x), (" ".join(str(k) for k in range(1, len(x) + 1)), STREET)))
    heights = level_network(p, ground, P)
    assert heights.vertex_m[10] > heights.vertex_m[[0, -1]].max() + 20


def test_vertices_in_one_cell_of_the_terrain_are_one_reading_of_it() -> None:
    x = np.arange(2.0, 598.0, 7.0)
    corners = {k: (east, 20.0) for k, east in enumerate(x, 1)}
    p = plan(draw(corners, (" ".join(map(str, corners)), STREET)))
    traits = Traits.of(p, P)
    seen, read = ground(traits, number_points(p, traits), plane(200, cell_m=50.0), P)
    assert read == pytest.approx(np.full(len(x), 200.0))
    cells = len(np.unique(x // 50))
    assert (1 / seen.sigma**2).sum() == pytest.approx(cells / P.terrain_sd_m**2)


def ladder(tags: str) -> Plan:
    """Two parallel streets, 20 m apart, joined by a flight."""
    corners = {1: (-300.0, 0.0), 2: (0.0, 0.0), 3: (300.0, 0.0), 4: (-300.0, 20.0), 5: (0.0, 20.0), 6: (300.0, 20.0)}
    return plan(draw(corners, ("1 2 3", STREET), ("4 5 6", STREET), ("2 5", f"highway=steps {tags}".strip())))


@pytest.mark.parametrize(("tag", "sign"), [("incline=up", 1), ("incline=down", -1)])
def test_a_tagged_flight_climbs_as_tagged_on_level_terrain(tag: str, sign: int) -> None:
    p = ladder(tag)
    rise = rises(p, level_network(p, plane(220), P))[-1]
    assert 0.2 * 20 < sign * rise < 0.5 * 20


@pytest.mark.parametrize("slope", [0.05, -0.05])
def test_an_untagged_flight_takes_its_direction_from_the_ground_and_its_grade_from_flights(slope: float) -> None:
    p = ladder("")
    rise = rises(p, level_network(p, plane(220, north=slope), P))[-1]
    assert np.sign(rise) == np.sign(slope)
    assert abs(rise) > 2 * abs(slope) * 20


@pytest.mark.parametrize("slope", [0.1, -0.1])
def test_a_known_escalator_rise_is_held_in_the_direction_of_the_ground(slope: float) -> None:
    corners = {1: (-300.0, 0.0), 2: (0.0, 0.0), 3: (300.0, 0.0), 4: (-300.0, 60.0), 5: (0.0, 60.0), 6: (300.0, 60.0)}
    ways = draw(corners, ("1 2 3", STREET), ("4 5 6", STREET), ("2 5", "highway=steps conveying=yes"))
    p = plan(ways, belt="way=3 rise_m=25")
    heights = level_network(p, plane(220, north=slope), P)
    assert rises(p, heights)[-1] == pytest.approx(np.sign(slope) * 25, abs=1.5)
    assert heights.rise_sd_m[-1] < 1.5 * P.known_sd_m


def test_a_known_lift_rise_is_held_and_an_unknown_one_is_free() -> None:
    corners = row(-200, 0, 200) | {4: (0.0, 200.0), 5: (0.0, -200.0)}
    ways = draw(corners, ("1 2 3", STREET), ("4 2 5", f"{STREET} layer=1"), nodes={2: "highway=elevator"})
    held = plan(ways, lift="node=2 rise_m=50")
    heights = level_network(held, plane(220), P)
    assert held.edges["kind"].tolist()[-1] == "lift"
    assert rises(held, heights)[-1] == pytest.approx(50, abs=0.5)
    assert heights.node_m[held.tail[-1]] == pytest.approx(220, abs=0.5)
    free = plan(ways)
    unknown = level_network(free, plane(220), P)
    assert np.isnan(rises(free, unknown)[-1])
    assert unknown.node_source[free.head[-1]] == "none"


def test_bridges_clear_streets_and_tunnels_pass_under_them() -> None:
    corners = row(-400, -200, 200, 400) | {5: (0.0, -300.0), 6: (0.0, 300.0), 7: (100.0, -300.0), 8: (100.0, 300.0)}
    corners |= {9: (100.0, -500.0), 10: (100.0, 500.0)}
    p = plan(
        draw(
            corners,
            ("1 2", STREET),
            ("2 3", BRIDGE),
            ("3 4", STREET),
            ("5 6", STREET),
            ("9 7", STREET),
            ("7 8", f"{STREET} tunnel=yes layer=-1"),
            ("8 10", STREET),
        )
    )
    heights = level_network(p, plane(220), P)
    found = plan_crossings(p.vertex_xy, p.vertex_start, np.array([0, 2 + 1, 0, 0, 0, -2 - 1, 0]))
    assert len(found) == 2
    upper = (
        heights.vertex_m[found.upper] * (1 - found.upper_share) + heights.vertex_m[found.upper + 1] * found.upper_share
    )
    lower = (
        heights.vertex_m[found.lower] * (1 - found.lower_share) + heights.vertex_m[found.lower + 1] * found.lower_share
    )
    assert (upper - lower >= P.clearance_m - 0.5).all()


def test_draws_have_the_deviation_that_is_told_and_repeat() -> None:
    p = ladder("incline=up")
    heights = level_network(p, plane(220), P)
    drawn = draw_heights(heights, 4000, seed=7)
    assert drawn.shape == (4000, len(p.vertex_xy))
    np.testing.assert_array_equal(drawn[:20], draw_heights(heights, 4000, seed=7)[:20])
    assert not np.array_equal(drawn, draw_heights(heights, 4000, seed=8))
    rise = drawn[:, p.vertex_start[1:] - 1] - drawn[:, p.vertex_start[:-1]]
    np.testing.assert_allclose(rise.std(axis=0), heights.rise_sd_m, rtol=0.06)
    # edges that share a node share its error
    ends = np.concatenate([p.vertex_start[:-1], p.vertex_start[1:] - 1])
    nodes = np.concatenate([p.tail, p.head])
    for k in range(len(p.node_lonlat)):
        assert np.ptp(drawn[:, ends[nodes == k]], axis=1).max() < 1e-9


def test_heights_survive_a_copy() -> None:
    heights = level_network(ladder(""), plane(220, north=0.05), P)
    copied = pickle.loads(pickle.dumps(heights))  # noqa: S301
    np.testing.assert_array_equal(draw_heights(copied, 2, seed=1), draw_heights(heights, 2, seed=1))


# --- the district --------------------------------------------------------------------------------------------------


def test_every_tagged_flight_of_the_district_climbs_as_tagged(district_plan: Plan, levelled: Heights) -> None:
    rise, incline = rises(district_plan, levelled), district_plan.edges["incline"].to_numpy()
    tagged = (district_plan.edges["kind"] == "stairs").to_numpy() & (incline != 0) & np.isfinite(rise)
    assert tagged.sum() > 90
    assert (np.sign(rise[tagged]) == incline[tagged]).all()


def test_most_flights_climb_as_tagged_when_no_tag_is_used(streets: Streets, district_plan: Plan) -> None:
    incline = district_plan.edges["incline"].to_numpy()
    bare = dataclasses.replace(district_plan, edges=district_plan.edges.assign(incline=0))
    rise = rises(district_plan, level_network(bare, streets.study.terrain, P))
    tagged = (district_plan.edges["kind"] == "stairs").to_numpy() & (incline != 0) & np.isfinite(rise)
    assert (np.sign(rise[tagged]) == incline[tagged]).mean() > 0.9


def test_the_known_escalator_is_found_without_its_register_entry(streets: Streets, district_plan: Plan) -> None:
    edges = district_plan.edges
    it = (edges["link_id"] == "w421605016").to_numpy()
    assert edges["rise_m"][it].tolist() == [52.7]
    bare = edges.assign(rise_m=np.where(it, np.nan, edges["rise_m"]), incline=np.where(it, 0, edges["incline"]))
    heights = level_network(dataclasses.replace(district_plan, edges=bare), streets.study.terrain, P)
    assert abs(rises(district_plan, heights)[it][0]) == pytest.approx(52.7, abs=5.0)


def test_heights_of_the_district_fit_together(district_plan: Plan, levelled: Heights) -> None:
    p, h = district_plan, levelled
    np.testing.assert_array_equal(h.vertex_m[p.vertex_start[:-1]], h.node_m[p.tail])
    np.testing.assert_array_equal(h.vertex_m[p.vertex_start[1:] - 1], h.node_m[p.head])
    np.testing.assert_array_equal(np.isnan(h.node_m), h.node_source == "none")
    np.testing.assert_array_equal(np.isnan(h.rise_sd_m), np.isnan(rises(p, h)))
    assert (np.isfinite(h.residual_m) == (h.node_source == "terrain")).all()
    assert np.nanmin(h.node_m) > 140  # below the low water of the rivers
    assert np.nanmax(h.node_m) < 450


def test_levelling_the_district_twice_gives_the_same_bits(
    streets: Streets, district_plan: Plan, levelled: Heights
) -> None:
    again = level_network(district_plan, streets.study.terrain, P)
    for name in ("node_m", "vertex_m", "rise_sd_m", "residual_m"):
        np.testing.assert_array_equal(getattr(again, name), getattr(levelled, name))
