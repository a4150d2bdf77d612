"""Laws of levelling, on towns on a hill read through a noisy terrain."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks.plans import plan_of
from servicecircle.arrays import Floats
from servicecircle.crossings import plan_crossings
from servicecircle.levelling import Heights, Plan, level_network
from servicecircle.model import Terrain
from tests.sketch import PARAMETERS, STREET, draw, network, plane, register
from tests.town import CRS, ORIGIN

LEVELLING = PARAMETERS.levelling.model_copy(update={"settled_m": 1e-7, "rounds": 200})
LIMITS = settings(max_examples=12, deadline=None)
SIDE, BLOCK_M = 6, 100.0
seeds = st.integers(0, 2**32 - 1)


@dataclass(frozen=True)
class Hill:
    """A smooth hill that streets lie on, and a survey of it with chance errors and houses on it."""

    seed: int

    def true_m(self, x: Floats, y: Floats) -> Floats:
        """Height at metres from the town's corner."""
        a, b, c = np.random.default_rng(self.seed).uniform(-1, 1, 3)
        return np.asarray(220 + 0.04 * a * x + 0.04 * b * y + 8 * c * np.sin(x / 250) * np.cos(y / 300))

    def survey(self, shift_m: float = 0.0, noise_m: float = 6.0) -> Terrain:
        """Cells of 30 m; one in twenty under a house of 20 m."""
        rng = np.random.default_rng(self.seed + 1)
        at = np.arange(-20, 44) * 30.0 + 15.0
        x, y = np.meshgrid(at, at[::-1])
        houses = 20.0 * (rng.random(x.shape) < 0.05)
        heights = self.true_m(x, y) + noise_m * rng.standard_normal(x.shape) + houses + shift_m
        return Terrain(heights, (ORIGIN[0] - 600.0, 30.0, 0.0, ORIGIN[1] + 44 * 30.0, 0.0, -30.0), CRS)


def mirrored(terrain: Terrain) -> Terrain:
    """East for west, about the middle of the town."""
    x0, dx, *rest = terrain.transform
    width = terrain.heights_m.shape[1] * dx
    middle = ORIGIN[0] + (SIDE - 1) * BLOCK_M / 2
    return Terrain(terrain.heights_m[:, ::-1].copy(), (2 * middle - x0 - width, dx, *rest), terrain.crs)


def town(seed: int, *, mirror: bool = False, order: Floats | None = None) -> Plan:
    """Draw a lattice of streets, some blocks of it flights, tagged or not, and a bridge over all of it."""
    rng = np.random.default_rng(seed)
    middle = (SIDE - 1) * BLOCK_M / 2
    jitter = rng.uniform(-15, 15, (SIDE * SIDE, 2))
    corners = {}
    for k in range(SIDE * SIDE):
        x, y = (k % SIDE) * BLOCK_M + jitter[k, 0], (k // SIDE) * BLOCK_M + jitter[k, 1]
        corners[k + 1] = (2 * middle - x if mirror else x, y)
    pairs = [(k, k + 1) for k in range(1, SIDE * SIDE + 1) if k % SIDE]
    pairs += [(k, k + SIDE) for k in range(1, SIDE * (SIDE - 1) + 1)]
    lines = []
    for (a, b), dice in zip(pairs, rng.random(len(pairs)), strict=True):
        tags = STREET
        if dice < 0.15:
            tags = ("highway=steps", "highway=steps incline=up", "highway=steps incline=down")[int(dice * 20)]
        lines.append((f"{a} {b}", tags))
    lines.append((f"1 {SIDE * SIDE - 1}", f"{STREET} bridge=yes layer=1"))
    if order is not None:
        lines = [lines[k] for k in np.argsort(order[: len(lines)])]
    listed = register()
    return plan_of(network(draw(corners, *lines), listed), listed)


def at_corners(plan: Plan, value: Floats) -> Floats:
    """Values of nodes in an order that no numbering changes."""
    return np.asarray(value[np.lexsort(plan.node_lonlat.T.round(9))])


def level(plan: Plan, terrain: Terrain) -> Heights:
    return level_network(plan, terrain, LEVELLING)


@LIMITS
@given(seeds)
def test_streets_on_a_hill_are_found_better_than_a_noisy_survey_reads_them(seed: int) -> None:
    hill, plan = Hill(seed % 1000), town(seed)
    streets = dataclasses.replace(
        plan, edges=plan.edges.assign(kind="street", highway="residential", bridge=False, layer=0)
    )
    ends = streets.vertex_xy - ORIGIN
    true = hill.true_m(ends[:, 0], ends[:, 1])
    survey = hill.survey()
    found = level(streets, survey).vertex_m
    x0, dx, _, y0, _, dy = survey.transform
    cell = np.floor((streets.vertex_xy - (x0, y0)) / (dx, dy)).astype(int)
    raw = survey.heights_m[cell[:, 1], cell[:, 0]]
    # houses lift both alike: compare what is left
    assert np.std(found - true) < 0.6 * np.std(raw - true)


@LIMITS
@given(seeds, st.floats(-150, 500))
def test_a_higher_datum_lifts_everything_and_changes_no_rise(seed: int, shift_m: float) -> None:
    hill, plan = Hill(seed % 1000), town(seed)
    before, after = level(plan, hill.survey()), level(plan, hill.survey(shift_m))
    np.testing.assert_allclose(after.node_m, before.node_m + shift_m, atol=0.01)
    np.testing.assert_allclose(after.rise_sd_m, before.rise_sd_m, rtol=1e-3)
    np.testing.assert_allclose(after.residual_m, before.residual_m, atol=0.01)


@LIMITS
@given(seeds)
def test_the_mirror_image_of_a_town_has_the_mirror_image_of_its_heights(seed: int) -> None:
    survey = Hill(seed % 1000).survey()
    plan, image = town(seed), town(seed, mirror=True)
    before, after = level(plan, survey), level(image, mirrored(survey))
    np.testing.assert_array_equal(image.edges["osm_way_id"], plan.edges["osm_way_id"])
    np.testing.assert_allclose(after.node_m, before.node_m, atol=0.05)
    np.testing.assert_allclose(after.rise_sd_m, before.rise_sd_m, rtol=0.02)


@LIMITS
@given(seeds)
def test_the_order_of_ways_does_not_matter(seed: int) -> None:
    survey = Hill(seed % 1000).survey()
    order = np.random.default_rng(seed).random(200)
    plan, mixed = town(seed), town(seed, order=order)
    before, after = level(plan, survey), level(mixed, survey)
    np.testing.assert_allclose(at_corners(mixed, after.node_m), at_corners(plan, before.node_m), atol=0.01)
    np.testing.assert_allclose(np.sort(after.rise_sd_m), np.sort(before.rise_sd_m), rtol=1e-3)


@LIMITS
@example(seed=1077, towards=2.0)
@given(seeds, st.floats(0, 6.28))
def test_flights_climb_as_tagged_against_terrain_that_knows_nothing_of_them(seed: int, towards: float) -> None:
    """All tags point up the same side of a hill that the terrain does not show."""
    plan = town(seed)
    height = plan.vertex_xy @ (np.cos(towards), np.sin(towards))
    uphill = np.sign(height[plan.vertex_start[1:] - 1] - height[plan.vertex_start[:-1]]).astype(int)
    flight = (plan.edges["kind"] == "stairs").to_numpy()
    tagged = dataclasses.replace(plan, edges=plan.edges.assign(incline=np.where(flight, uphill, 0)))
    flat = dataclasses.replace(Hill(seed % 1000).survey(), heights_m=np.full((64, 64), 220.0))
    heights = level(tagged, flat)
    rise = heights.node_m[plan.head] - heights.node_m[plan.tail]
    assert (np.sign(rise[flight]) == uphill[flight]).all()


@LIMITS
@given(seeds)
def test_a_bridge_clears_every_street_it_crosses(seed: int) -> None:
    plan = town(seed)
    heights = level(plan, Hill(seed % 1000).survey())
    found = plan_crossings(plan.vertex_xy, plan.vertex_start, plan.edges["layer"].to_numpy())
    assert len(found) > 3
    high, low = (
        heights.vertex_m[at] * (1 - share) + heights.vertex_m[at + 1] * share
        for at, share in ((found.upper, found.upper_share), (found.lower, found.lower_share))
    )
    assert (high - low > LEVELLING.clearance_m - 1.0).all()


@LIMITS
@given(seeds, st.floats(5, 40))
def test_a_known_rise_is_held_whatever_the_ground_says(seed: int, rise_m: float) -> None:
    plan = town(seed)
    flight = int(np.flatnonzero(plan.edges["kind"] == "street")[seed % 20])
    kind = plan.edges["kind"].to_numpy(dtype=object).copy()
    given_m = np.full(len(kind), np.nan)
    kind[flight], given_m[flight] = "escalator", rise_m
    changed = dataclasses.replace(plan, edges=plan.edges.assign(kind=kind, rise_m=given_m))
    heights = level(changed, Hill(seed % 1000).survey())
    rise = heights.node_m[plan.head[flight]] - heights.node_m[plan.tail[flight]]
    assert abs(abs(rise) - rise_m) < 3 * LEVELLING.known_sd_m
    assert heights.rise_sd_m[flight] <= LEVELLING.known_sd_m


@LIMITS
@given(seeds)
def test_without_terrain_all_is_unknown(seed: int) -> None:
    plan = town(seed)
    empty = dataclasses.replace(plane(), heights_m=np.full((400, 400), np.nan))
    for terrain in (None, empty):
        heights = level_network(plan, terrain, LEVELLING)
        for value in (heights.node_m, heights.vertex_m, heights.rise_sd_m, heights.residual_m):
            assert np.isnan(value).all()
        assert set(heights.node_source) == {"none"}
