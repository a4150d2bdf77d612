"""The order of the stages, written once."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from servicecircle.arrays import Floats
from servicecircle.assessment import assess
from servicecircle.circles import About, areas_m2, draw_circles, draw_unions
from servicecircle.coverage import coverage_table, home_access
from servicecircle.doors import describe_doors, entrance_table, measure_times
from servicecircle.gaps import GapInputs, find_gaps
from servicecircle.ingest.planning import Planning
from servicecircle.ingest.variant_places import with_places
from servicecircle.ingest.walkable import Rule
from servicecircle.isochrone import Drawer
from servicecircle.model import Direction, Progress, Study, Variant
from servicecircle.near import every_link_open, near_of
from servicecircle.parameters import Parameters
from servicecircle.places import describe_places, school_table
from servicecircle.prices import edge_seconds
from servicecircle.proposals import propose_for_schools
from servicecircle.reach import Attached, node_times
from servicecircle.registry.ledger import build_ledger
from servicecircle.results import Results
from servicecircle.route_checks import check_routes, judged
from servicecircle.route_groups import Ground, Groups
from servicecircle.routes import place_stops, trace_routes
from servicecircle.scenarios import Known
from servicecircle.scene import Scene, measure_access, open_scene, searches, study_demand
from servicecircle.siting.bundled import where_next
from servicecircle.streets import Streets, build_streets
from servicecircle.tessellation import Tessellation, build_tessellation
from servicecircle.uncertainty import certainty_table, home_certainty
from servicecircle.units import QUARTER_S

__all__ = ["Results", "Streets", "build_streets", "run"]


def run(
    study: Study,
    parameters: Parameters,
    rules: tuple[Rule, ...],
    variant: Variant,
    progress: Progress,
    planning: Planning | None = None,
    base: Results | None = None,
) -> Results:
    """Compute a study from its inputs; with the planner's rules, how it stands by them.

    ``base`` is the same study computed before with the same parameters and rules, as it is or in another variant: what
    the variant cannot change is taken from there. The answer is the same, bit for bit.

    Raises
    ------
    InputError
        An input contradicts another: a place with no network near it, figures without homes to bear them; or ``base``
        is another study.

    Examples
    --------
    >>> after = run(study, parameters, rules, Variant(closed=("w421605016",)), progress, base=before)  # doctest: +SKIP
    """
    progress.step("network")
    known, study = Known(base, study, parameters), with_places(study, variant)
    streets = known.streets(study, variant) or build_streets(study, parameters, rules, variant)
    study, variant = streets.study, streets.variant
    ledger = build_ledger(study.facilities, study.declared, study.categories)

    progress.step("population")
    demand = known.demand(study) or study_demand(streets)

    progress.step("times")
    scene = known.scene(streets, demand.points) or open_scene(streets, demand.points, variant)
    doors, placed = scene.doors, scene.places
    every = every_link_open(streets.network, variant)
    walk, level, opened = (scene.priced(v) for v in (variant, scene.level(variant), every))
    stays = known.compare(scene, walk, level)
    access = measure_access(scene, {"walk": walk, "level": level, "opened": opened}, stays.pairs())
    last_s, horizon_s = access.cutoffs_s[-1], parameters.coverage.horizon_s
    times = measure_times(doors, placed["tier"].to_numpy(), walk, level, last_s, horizon_s)

    progress.step("circles")
    cutoffs, direction = parameters.cutoffs_s(), Direction(parameters.circles.direction)
    mesh = known.mesh() or build_tessellation(streets.network, streets.water, parameters.circles)
    drawer = Drawer(streets.network, mesh, streets.prices, direction, parameters, streets.profile)
    reached = node_times(walk, doors.place, max(cutoffs), direction)
    about = About(cutoffs, streets.profile.name, direction.value, study.area.crs)
    isochrones = draw_circles(drawer, walk, reached, doors.snapped, placed, about, stays.circles())
    unions = draw_unions(drawer, walk, reached, doors.snapped, placed, about)
    level_m2 = _without_hills(scene, level, mesh, direction)

    progress.step("coverage")
    names = dict(zip(study.area.subdistricts["code"], study.area.subdistricts["name"], strict=True))
    standard = (parameters.coverage.cutoff_s, parameters.coverage.radius_m)
    counted = tuple(sorted({*cutoffs, standard[0]}))
    coverage = coverage_table(access, demand.points, demand.models, names, counted, standard)
    certainty = home_certainty(streets.network, scene.joined, placed, doors.home, variant, parameters, stays.draw())
    table = pd.concat([demand.points, home_access(access), certainty], axis=1)
    homes = gpd.GeoDataFrame(table, crs=demand.points.crs)
    schools = school_table(placed, times, demand, isochrones, counted)
    assessment = None
    if planning is not None:
        by_measure = searches(scene, {"walk": walk, "level": level})
        assessment = assess(scene, access, by_measure, demand, schools, planning, parameters.coverage, certainty)
        homes["community"] = assessment.community
    entrances = entrance_table(doors, placed, parameters.snap)
    about_doors = describe_doors(entrances, parameters.snap)
    facilities = describe_places(
        study, access, times.between, demand, isochrones, level_m2, about_doors, standard[1], streets.water
    )

    progress.step("gaps")
    gaps = find_gaps(GapInputs(scene, walk, opened, near_of(access), demand.models))

    progress.step("routes")
    stops = place_stops(study.stops, parameters.routes, study.facilities)
    traced = trace_routes(Groups(streets), Ground.of(streets), study.routes, stops)
    faults = check_routes(traced, study, parameters.routes)
    return Results(
        streets,
        scene,
        mesh,
        access,
        ledger,
        facilities,
        entrances,
        isochrones,
        unions,
        demand,
        homes,
        coverage,
        assessment,
        certainty_table(certainty, demand.points, demand.models, names),
        schools,
        gaps.table,
        gaps.missing_links,
        judged(traced.routes, faults),
        traced.stops,
        traced.legs,
        traced.profile,
        faults,
        propose_for_schools(scene),
        where_next(scene, walk, demand),
    )


def _without_hills(scene: Scene, level: Attached, mesh: Tessellation, direction: Direction) -> Floats:
    """Return the area of the quarter of an hour round each place if there were no hills."""
    streets, doors = scene.streets, scene.doors
    prices = edge_seconds(streets.network, streets.parameters, scene.level(streets.variant))
    drawer = Drawer(streets.network, mesh, prices, direction, streets.parameters, streets.profile)
    reached = node_times(level, doors.place, QUARTER_S, direction)
    return areas_m2(drawer, level, reached, doors.snapped, QUARTER_S)
