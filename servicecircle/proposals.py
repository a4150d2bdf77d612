"""One half-day route for every located school: proposed by the tool, for families and teachers to begin with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product

import geopandas as gpd
import pandas as pd

from servicecircle.circuit import promising, reachable, solve
from servicecircle.design_question import Question, check_question, fit_of, variant_of
from servicecircle.design_stops import candidate_stops
from servicecircle.design_tables import Named, route_tables
from servicecircle.designing import Asked, Design, ask, trace
from servicecircle.door_walks import DoorWalker
from servicecircle.model import Kind
from servicecircle.orienteering import Tour
from servicecircle.parameters import AgeBand
from servicecircle.scene import Scene

__all__ = ["Proposals", "propose_for_schools"]

_EXACT = 16  # over all subsets in some milliseconds: a build waits for no solver
_LONG = ("有步行段超过", "分钟 some legs are over ")
_SCHOOL = ["school_id", "school", "subdistrict", "level", "age_band", "route_id", "why_zh", "why_en"]
_TOLD = [
    "theme", "stops", "stops_candidate", "stops_approximate", "categories", "total_s", "walk_s", "longest_leg_s",
    "metres", "ascent_m", "steps",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Proposals:
    """Routes and their stops (``design_tables``), and every located school with its route or why it has none."""

    routes: gpd.GeoDataFrame
    stops: gpd.GeoDataFrame
    schools: pd.DataFrame


def propose_for_schools(scene: Scene) -> Proposals:
    """Propose a route from each located school and back to it, for a class of its level.

    Themes are tried in the order of ``design.school_themes``, then again with longer legs, until a route has
    ``design.school_least_stops``; if none has, the one with most stops is taken.
    """
    study, parameters = scene.streets.study, scene.streets.parameters
    places = scene.places
    schools = places[(places["kind"] == Kind.SCHOOL) & places["located"]]
    grounds: dict[str, tuple[DoorWalker, dict[str, pd.DataFrame]]] = {}
    named, rows = [], []
    for school in schools.to_dict("records"):
        band = _band(school["level"], parameters.design.school_bands, parameters.routes.age_band)
        about = {"school_id": school["facility_id"], "school": school["name"], "subdistrict": school["subdistrict"]}
        row = about | {"level": school["level"], "age_band": band, "route_id": None}
        if band is None:
            rows.append(row | {"why_zh": "没有为该学段规定步行者", "why_en": "nobody walks for this level"})
            continue
        asked = check_question(Question(str(school["facility_id"]), age_band=band, back=True), study, parameters)
        if band not in grounds:
            grounds[band] = DoorWalker(scene, variant_of(asked, parameters, scene.streets.variant)), {}
        found = _best(grounds[band][0], asked, grounds[band][1])
        if found is None:
            most = max(asked.leg_minutes or 0.0, *parameters.design.school_leg_minutes)
            why = {"why_zh": f"每段{most:.0f}分钟以内没有可去的站点"}
            rows.append(row | why | {"why_en": f"no place by legs of at most {most:.0f} minutes"})
            continue
        theme = next(t for t in parameters.design.themes if t.id == found.asked.question.theme)
        name = f"{school['name']}·{theme.name_zh}半日线路"
        usual = found.asked.question.leg_minutes == asked.leg_minutes
        note = "" if usual else f"{_LONG[0]}{asked.leg_minutes:.0f}{_LONG[1]}{asked.leg_minutes:.0f} minutes"
        named.append(Named(found, f"P-{school['facility_id']}", name, note=note))
        rows.append(row | {"route_id": named[-1].route_id, "why_zh": None, "why_en": None})
    routes, stops = route_tables(named, study.area.data_date)
    return Proposals(routes, stops, _school_table(rows, routes, stops))


def _band(level: object, bands: Mapping[str, AgeBand], usual: AgeBand) -> AgeBand | None:
    """Return who walks from a school of a level; a school of no known level is taken for the usual one."""
    return bands.get(level) if isinstance(level, str) else usual


def _best(ground: DoorWalker, question: Question, known: dict[str, pd.DataFrame]) -> Design | None:
    """Find the first proposal with enough stops; ``known`` are the candidates of each theme, for every school."""
    streets, places = ground.scene.streets, ground.scene.places
    design = streets.parameters.design
    best: tuple[Asked, Tour] | None = None
    for leg, theme in product((question.leg_minutes, *design.school_leg_minutes), design.school_themes):
        about = replace(question, theme=theme, leg_minutes=leg)
        if theme not in known:
            fit = fit_of(about, streets.study, streets.parameters)
            known[theme] = candidate_stops(places, streets.study.categories, fit, about, streets.parameters)
        asked = ask(ground, about, known[theme])
        few = len(reachable(asked.problem)) - 1 <= _EXACT
        tour = solve(asked.problem, exact=_EXACT) if few else promising(asked.problem)
        if tour is not None and tour.stops and (best is None or len(tour.stops) > len(best[1].stops)):
            best = asked, tour
        if best is not None and len(best[1].stops) >= design.school_least_stops:
            break
    return best and Design(best[0], ground.profile, (trace(ground, *best),))


def _school_table(rows: list[dict[str, object]], routes: gpd.GeoDataFrame, stops: gpd.GeoDataFrame) -> pd.DataFrame:
    visited = stops[stops["arrive"].notna() & (stops["dwell_minutes"] > 0)]
    names = visited.groupby("route_id", sort=False)["name"].agg(" → ".join).rename("stop_names").reset_index()
    about = pd.DataFrame(routes)[["route_id", *_TOLD]].merge(names, on="route_id", how="left")
    table = pd.DataFrame(rows, columns=_SCHOOL).merge(about, on="route_id", how="left")
    return table[[*_SCHOOL[:-2], *_TOLD, "stop_names", *_SCHOOL[-2:]]]
