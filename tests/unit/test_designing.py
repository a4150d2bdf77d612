"""Routes are designed as asked, explained from their numbers, and refused with the reason."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from servicecircle.design_question import Question
from servicecircle.design_reasons import NoRouteError
from servicecircle.design_tables import ROUTES, STOPS, Named, route_tables
from servicecircle.designing import Design, design
from servicecircle.errors import InputError
from servicecircle.ingest.parameters import read_parameters
from servicecircle.ingest.study import read_study
from servicecircle.ingest.walkable import load_rules
from servicecircle.pipeline import Results
from servicecircle.streets import Streets, build_streets
from tests.town import Place, Town, lonlat

AT = {"B1": (100, 0), "B2": (200, 0), "B3": (200, 200), "B4": (0, 200), "B5": (900, 900), "V1": (0, 100)}
PLACES = [
    Place("S1", "school", 0.0, 0.0, "中心小学"),
    *(Place(k, "base", *AT[k], f"基地{k}", category="patriotic") for k in ("B1", "B2", "B3", "B4", "B5")),
    Place("V1", "venue", *AT["V1"], "书店", status="candidate", category="patriotic"),
    Place("B9", "base", 0, 0, "未定位", confidence="none", category="patriotic"),
]
ASKED = Question("S1", limit_minutes=120.0, age_band="primary")


def opened(folder: Path, hours: dict[str, str]) -> Streets:
    """Write the town with opening hours, and price it."""
    Town(blocks=10, places=PLACES).write(folder)
    table = pd.read_csv(folder / "facilities.csv", dtype=str, keep_default_na=False)
    table["opening_hours"] = table["facility_id"].map(hours).fillna("")
    table["capacity"] = table["facility_id"].map({"B2": "20"}).fillna("")
    table.to_csv(folder / "facilities.csv", index=False)
    return build_streets(read_study(folder), read_parameters(), load_rules())


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Streets:
    hours = {"B3": "Mo-Su 14:00-18:00", "B4": "Mo 09:00-17:00", "V1": "Mo-Su 08:00-10:00"}
    return opened(tmp_path_factory.mktemp("small") / "town", hours)


def ids(found: Design, k: int = 0) -> list[str]:
    return list(found.alternatives[k].stops["facility_id"])


def reasons(streets: Streets, question: Question) -> dict[str, str]:
    with pytest.raises(NoRouteError) as raised:
        design(streets, question)
    return {reason.code: f"{reason.text_zh} {reason.text_en}" for reason in raised.value.reasons}


def test_a_tour_has_the_times_that_a_hand_works_out(small: Streets) -> None:
    found = design(small, replace(ASKED, locked=("B1",), forbidden=("V1",), group_size=5))
    route = found.alternatives[0]
    assert ids(found) == ["B1", "B2"]
    assert found.profile.flat_mps == 1.0
    assert [walk.seconds for walk in route.walks] == pytest.approx([100, 100], abs=0.5)
    assert route.times[0][0] == pytest.approx(100, abs=1)
    assert route.tour.end_s == pytest.approx(100 + 1800 + 100 + 1800, abs=3)
    assert route.tour.prize == route.tour.bound == 2 * 90 + 50


def test_the_matrix_and_the_walks_are_one(small: Streets) -> None:
    found = design(small, replace(ASKED, back=True, group_size=5))
    for route in found.alternatives:
        nodes = [0, *route.tour.stops, 0]
        walk_s = found.asked.problem.walk_s
        told = [int(walk_s[a, b]) for a, b in itertools.pairwise(nodes)]
        assert [int(np.ceil(walk.seconds - 1e-6)) for walk in route.walks] == told


def test_hours_room_and_locks_decide(small: Streets) -> None:
    morning = design(small, replace(ASKED, group_size=5))
    assert set(ids(morning)) == {"B1", "B2", "V1"}  # B3 opens at 14:00, B4 on Mondays, B5 is too far
    assert "B2" not in {name for k in range(len(morning.alternatives)) for name in ids(design(small, ASKED), 0)}
    assert "B3" in ids(design(small, replace(ASKED, depart="14:00")))
    assert "B4" in ids(design(small, replace(ASKED, day="2026-05-18")))
    assert "B1" not in ids(design(small, replace(ASKED, forbidden=("B1",))))
    far = design(small, replace(ASKED, locked=("B5",), leg_minutes=60.0))
    assert "B5" in ids(far)
    waited = design(small, replace(ASKED, locked=("B3",), depart="13:30")).alternatives[0]
    assert all(left - begun == 1800 for _, begun, left in waited.times)


def test_alternatives_share_half_of_their_stops_at_most(streets: Streets) -> None:
    found = design(streets, Question("S834113", theme="red", back=True))
    stops = [set(route.tour.stops) for route in found.alternatives]
    assert len(stops) == 3
    for k, one in enumerate(stops):
        for other in stops[:k]:
            assert 2 * len(one & other) <= min(len(one), len(other))
    prizes = [route.tour.prize for route in found.alternatives]
    assert prizes == sorted(prizes, reverse=True)
    assert all(route.tour.gap == 0 and route.tour.end_s <= 180 * 60 for route in found.alternatives)
    assert all(walk.seconds <= 900 for route in found.alternatives for walk in route.walks)
    again = design(streets, Question("S834113", theme="red", back=True))
    assert [route.tour for route in again.alternatives] == [route.tour for route in found.alternatives]


def test_explanations_quote_the_numbers(small: Streets) -> None:
    found = design(small, replace(ASKED, group_size=5))
    named = [Named(found, f"P{k}", "游", k) for k in range(len(found.alternatives))]
    routes, stops = route_tables(named, "2026-01-01")
    assert (list(routes.columns), list(stops.columns)) == (ROUTES, STOPS)
    first = routes.iloc[0]
    assert f"共{first['total_s'] / 60:.0f}分钟" in first["explanation_zh"]
    assert "书店" in first["explanation_zh"]  # a candidate, told as such
    assert "Candidates" in first["explanation_en"]
    assert first["walk_s"] + first["dwell_s"] + first["wait_s"] == pytest.approx(first["total_s"], abs=5)
    own = stops[stops["route_id"] == "P0"]
    assert own["seq"].tolist() == list(range(1, len(own) + 1))
    assert own["leg_s"].sum() == pytest.approx(first["walk_s"])
    assert own["leave"].iloc[0] == "09:00"
    assert set(routes["provenance"]) == {"proposed"}


def test_why_there_is_no_route(small: Streets) -> None:
    assert "60" in reasons(small, replace(ASKED, locked=("B1", "B2"), limit_minutes=50.0, group_size=5))["dwell"]
    assert "基地B4" in reasons(small, replace(ASKED, locked=("B4",)))["closed"]
    told = reasons(small, replace(ASKED, locked=("B3", "V1"), limit_minutes=60.0, depart="15:00"))
    assert "书店" in told["closed"]
    assert "基地B5" in reasons(small, replace(ASKED, locked=("B5",), leg_minutes=3.0))["long_leg"]
    assert "至少" in reasons(small, replace(ASKED, locked=("B5",), leg_minutes=60.0, limit_minutes=55.0))["too_long"]
    assert reasons(small, replace(ASKED, start=lonlat(950, 0), leg_minutes=1.0)).keys() == {"none_near"}


def test_hours_that_never_meet_and_places_that_no_way_joins(tmp_path: Path) -> None:
    streets = opened(tmp_path / "town", {"B1": "Mo-Su 09:00-09:45", "B3": "Mo-Su 09:00-09:45"})
    assert {"hours"} == reasons(streets, replace(ASKED, locked=("B1", "B3"))).keys()
    ways = (tmp_path / "town" / "ways.csv").read_text("utf-8")
    cut = "\n".join(line for line in ways.splitlines() if line.split(",")[0] not in {"109", "110"})
    (tmp_path / "town" / "ways.csv").write_text(cut + "\n", "utf-8")
    assert design(build_streets(read_study(tmp_path / "town"), read_parameters(), load_rules()), ASKED)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"theme": "dance"}, "unknown theme"),
        ({"categories": ("dance",)}, "unknown category"),
        ({"theme": "red", "categories": ("patriotic",)}, "a theme and categories"),
        ({"age_band": "toddler"}, "unknown age band"),
        ({"start": "S404"}, "no such place"),
        ({"locked": ("B404",)}, "no such place"),
        ({"locked": ("B9",)}, "no position"),
        ({"locked": ("B1", "B1")}, "locked twice"),
        ({"locked": ("B1",), "forbidden": ("B1",)}, "locked and forbidden"),
        ({"locked": ("S1",)}, "start is locked"),
        ({"limit_minutes": float("nan")}, "not between"),
        ({"leg_minutes": -1.0}, "not between"),
        ({"group_size": 0}, "nobody walks"),
        ({"depart": "25:00"}, "not a time of day"),
        ({"day": "20. Mai"}, "not a date"),
        ({"start": (0.0, 0.0)}, "no walkable street"),
    ],
)
def test_what_makes_no_sense_is_named(small: Streets, changes: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        design(small, replace(ASKED, **changes))  # type: ignore[arg-type]


def test_every_located_school_has_a_proposal_or_the_reason(results: Results) -> None:
    found, facilities = results.proposals, results.facilities
    located = facilities[(facilities["kind"] == "school") & facilities["located"]]
    assert found.schools["school_id"].tolist() == located["facility_id"].tolist()
    with_route = found.schools["route_id"].notna()
    assert (found.schools.loc[~with_route, "why_zh"].notna()).all()
    assert found.schools.loc[with_route, "route_id"].tolist() == found.routes["route_id"].tolist()
    assert with_route.sum() >= 45
    routes = found.routes.set_index("route_id")
    assert set(routes["provenance"]) == {"proposed"}
    assert (routes["total_s"] <= routes["limit_minutes"] * 60).all()
    for route, own in found.stops.groupby("route_id"):
        assert own["facility_id"].iloc[0] == own["facility_id"].iloc[-1] == routes.loc[route, "start_id"]
        halts = own.iloc[1:-1]
        assert halts["facility_id"].is_unique
        assert len(halts) == routes.loc[route, "stops"]
        assert (halts["status"] == "candidate").sum() == routes.loc[route, "stops_candidate"]
        assert own["leg_s"].sum() == pytest.approx(routes.loc[route, "walk_s"])


def test_a_proposal_is_what_the_designer_answers(results: Results) -> None:
    row = results.proposals.routes.set_index("start_id").loc["S834113"]
    own = results.proposals.stops.query("route_id == @row.route_id")["facility_id"].tolist()
    found = design(results.streets, Question("S834113", theme=row["theme"], age_band=row["age_band"], back=True))
    assert ids(found) == own[1:-1]
    assert found.alternatives[0].tour.prize == row["points"]
