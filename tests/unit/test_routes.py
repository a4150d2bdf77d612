"""Study routes in their published order: what is walked, what is not, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from servicecircle.ingest.study import read_study
from servicecircle.ingest.walkable import load_rules
from servicecircle.main_roads import MainRoads
from servicecircle.model import Study, Ways
from servicecircle.network import WalkNetwork
from servicecircle.parameters import AgeBand
from servicecircle.route_checks import FAULTS, check_routes, judged
from servicecircle.route_groups import Ground, Groups
from servicecircle.routes import Traced, fill_routes, place_stops, trace_routes
from servicecircle.streets import build_streets
from servicecircle.walk import Walker
from tests.sketch import PARAMETERS, STREET, draw, network, plane, register, row, walker
from tests.town import CRS, Town, lonlat

ADULT_MPS = PARAMETERS.walker("adult").flat_mps
STREETS = {1: (0.0, 0.0), 2: (1000.0, 0.0), 3: (0.0, 900.0), 4: (1000.0, 900.0)}


DRAWN = draw(STREETS, ("1 2", STREET), ("3 4", STREET))


@pytest.fixture(scope="module")
def person() -> Walker:
    """Somebody on a street of one kilometre, and another street nobody can walk to."""
    return walker(network(DRAWN))


def routes(*ids: str) -> pd.DataFrame:
    return pd.DataFrame({"route_id": ids, "name": [f"Route {i}" for i in ids], "theme": "red"})


def stops(**positions: list[tuple[float, float] | None]) -> pd.DataFrame:
    """List stops of each route, numbered from 1; None is a stop without a position."""
    rows = []
    for route, along in positions.items():
        for seq, xy in enumerate(along, 1):
            lon, lat = lonlat(*xy) if xy else (np.nan, np.nan)
            found = "building" if xy else "none"
            rows.append((route, float(seq), f"{route}-{seq}", None, lon, lat, found, None))
    columns = ["route_id", "seq", "name", "facility_id", "lon", "lat", "position_confidence", "note"]
    return pd.DataFrame(rows, columns=columns)


RULES = PARAMETERS.routes


@dataclass
class One:
    """The same walker for every group; and somebody who takes no stairs."""

    person: Walker
    other: Walker | None = None

    def of(self, band: AgeBand, size: int) -> Walker:  # noqa: ARG002
        """Return the walker."""
        return self.person

    def stepfree(self) -> Walker | None:
        """Return the other."""
        return self.other


def ground(ways: Ways, net: WalkNetwork, **near: np.ndarray) -> Ground:
    """Say what hand-drawn streets are measured against."""
    return Ground(RULES, MainRoads(ways, net, RULES.main_roads), {"L1": 2.0}, near, CRS)


def whole(person: Walker, table: pd.DataFrame) -> Traced:
    own = routes(*dict.fromkeys(table["route_id"]))
    return trace_routes(One(person), ground(DRAWN, person.network), own, place_stops(table, RULES))


def trace(person: Walker, table: pd.DataFrame) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    traced = whole(person, table)
    return traced.routes, traced.legs


def test_a_route_is_the_sum_of_its_legs_in_their_order(person: Walker) -> None:
    traced, legs = trace(person, stops(R1=[(0, 0), (600, 0), (200, 0)]))
    assert legs["metres"].tolist() == pytest.approx([600, 400], rel=1e-3)
    assert (legs["from_seq"].tolist(), legs["to_seq"].tolist()) == ([1, 2], [2, 3])
    found = traced.iloc[0]
    assert found["metres"] == pytest.approx(1000, rel=1e-3)
    assert found["seconds"] == pytest.approx(legs["seconds"].sum()) == pytest.approx(1000 / ADULT_MPS, rel=1e-3)
    assert len(found.geometry.geoms) == 2
    assert not found["at_least"]


def test_stops_come_in_the_order_of_their_numbers_whatever_the_order_of_the_file() -> None:
    table = stops(R2=[(0, 0), (100, 0), (200, 0)], R1=[(300, 0)]).iloc[::-1].reset_index(drop=True)
    placed = place_stops(table, RULES)
    assert placed["name"].tolist() == ["R1-1", "R2-1", "R2-2", "R2-3"]


def test_a_stop_without_a_position_stays_in_the_list_without_a_point() -> None:
    placed = place_stops(stops(R1=[(0, 0), None, (200, 0)]), RULES)
    assert placed["name"].tolist() == ["R1-1", "R1-2", "R1-3"]
    assert placed["located"].tolist() == [True, False, True]
    assert placed.geometry.isna().tolist() == [False, True, False]


def test_a_leg_passes_over_a_stop_without_a_position_and_says_that_it_is_the_least(person: Walker) -> None:
    traced, legs = trace(person, stops(R1=[(0, 0), None, (500, 0), (700, 0)]))
    assert legs["metres"].tolist() == pytest.approx([500, 200], rel=1e-3)
    assert legs["at_least"].tolist() == [True, False]
    found = traced.iloc[0]
    assert (found["stops"], found["stops_located"]) == (4, 3)
    assert found["at_least"]


def test_a_stop_without_a_position_at_the_end_leaves_the_route_a_least_too(person: Walker) -> None:
    traced, legs = trace(person, stops(R1=[(0, 0), (500, 0), None]))
    assert legs["at_least"].tolist() == [False]
    assert traced["at_least"].tolist() == [True]


def test_a_leg_that_cannot_be_walked_has_a_problem_and_the_route_survives(person: Walker) -> None:
    traced, legs = trace(person, stops(R1=[(0, 0), (300, 0), (300, 900), (500, 900)], R2=[(0, 0), (100, 0)]))
    assert legs["problem"].map(bool).tolist() == [False, True, False, False]
    assert "no way" in legs["problem"].iloc[1]
    assert np.isnan(legs["seconds"].iloc[1])
    assert legs.geometry.iloc[1] is None
    assert traced["metres"].tolist() == pytest.approx([500, 100], rel=1e-3)
    assert traced["at_least"].tolist() == [True, False]


def test_a_stop_far_from_every_street_is_a_problem_of_its_legs_not_of_the_study(person: Walker) -> None:
    traced, legs = trace(person, stops(R1=[(0, 0), (500, -5000), (600, 0), (700, 0)]))
    assert legs["problem"].map(bool).tolist() == [True, True, False]
    assert "no walkable street within" in legs["problem"].iloc[0]
    assert traced["metres"].iloc[0] == pytest.approx(100, rel=1e-3)


def test_a_route_of_which_nothing_can_be_walked_is_listed_without_numbers(person: Walker) -> None:
    traced, legs = trace(person, stops(R1=[None, None], R2=[(0, 0)]))
    assert len(legs) == 0
    assert traced["route_id"].tolist() == ["R1", "R2"]
    assert traced["seconds"].isna().all()
    assert traced.geometry.isna().all()


def test_no_routes_are_no_error(person: Walker) -> None:
    traced, legs = trace(person, stops())
    assert (len(traced), len(legs)) == (0, 0)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Read a town that stands where the streets are."""
    return read_study(Town().write(tmp_path_factory.mktemp("study")))


def faults(person: Walker, table: pd.DataFrame, study: Study) -> pd.DataFrame:
    return check_routes(whole(person, table), study, RULES)


def found_in(table: pd.DataFrame, *faults: str) -> list[tuple[str, int, str]]:
    kept = table[table["fault"].isin(faults)] if faults else table
    return sorted(zip(kept["route_id"], kept["seq"], kept["fault"], strict=True))


ALWAYS = ("assumed", "hours_unknown")


def test_every_fault_of_a_route_is_told_in_two_languages(person: Walker, study: Study) -> None:
    table = stops(R1=[(0, 0), None, (990, 0), (900, 900)], R2=[(0, 0), (-500, 0)], R3=[(0, 0), (100, 0)])
    table.loc[table["name"] == "R3-2", "position_confidence"] = "street"
    table.loc[table["name"] == "R3-1", "facility_id"] = "B1"
    short = RULES.model_copy(update={"leg_minutes": 10.0})
    found = check_routes(whole(person, table), study, short)
    assert found_in(found[~found["fault"].isin(ALWAYS)]) == sorted(
        [
            ("R1", 2, "unlocated"),
            ("R1", 1, "at_least"),
            ("R1", 1, "long_leg"),
            ("R1", 3, "no_way"),
            ("R2", 2, "outside_extract"),
            ("R2", 1, "no_way"),
            ("R3", 1, "unknown_place"),
            ("R3", 2, "approximate"),
        ]
    )
    assert found_in(found, *ALWAYS) == [(r, 0, fault) for r in ("R1", "R2", "R3") for fault in ALWAYS]
    assert found["text_en"].str.len().min() > 10
    assert found["text_zh"].str.contains("[一-鿿]").all()
    assert found["severity"].tolist() == [FAULTS[fault] for fault in found["fault"]]
    assert judged(whole(person, table).routes, found)["feasible"].tolist() == ["no", "no", "unknown"]


def test_a_route_of_which_all_is_known_has_no_fault(person: Walker, study: Study) -> None:
    table = stops(R1=[(0, 0), (500, 0)]).assign(dwell_minutes=30.0, on_site="outside")
    about = routes("R1").assign(age_band="adult", group_size=4, limit_minutes=90, depart="10:00")
    traced = trace_routes(One(person), ground(DRAWN, person.network), about, place_stops(table, RULES))
    found = check_routes(traced, study, RULES)
    assert found.empty
    assert judged(traced.routes, found)["feasible"].tolist() == ["yes"]
    assert traced.routes["assumed"].tolist() == [None]
    assert traced.stops[["arrive", "leave"]].to_numpy().tolist() == [["10:00", "10:30"], ["10:37", "11:07"]]
    assert traced.routes["ends"].tolist() == ["11:07"]


def test_a_round_may_end_where_it_began_and_only_there(person: Walker, study: Study) -> None:
    table = stops(R1=[(0, 0), (500, 0), (0, 0)], R2=[(0, 0), (500, 0), (0, 0), (500, 0)])
    table["name"] = ["gate", "hall", "gate", "gate", "hall", "gate", "hall"]
    assert found_in(faults(person, table, study), "repeated") == [("R2", 3, "repeated"), ("R2", 4, "repeated")]


@pytest.mark.parametrize(
    ("dwell", "limit", "fault", "answer"),
    [
        ([40.0, 40.0], 70, "dwell_over_limit", "no"),  # 80 minutes at the stops
        ([30.0, 30.0], 65, "over_limit", "no"),  # and 6.9 on foot
        ([30.0, 30.0], 67, None, "yes"),
        ([30.0, np.nan], 50, "over_assumed", "unknown"),  # the 20 minutes at the second stop are nobody's word
    ],
)
def test_a_limit_is_missed_by_what_is_known_not_by_what_is_assumed(
    person: Walker, study: Study, dwell: list[float], limit: float, fault: str | None, answer: str
) -> None:
    table = stops(R1=[(0, 0), (500, 0)]).assign(dwell_minutes=dwell, on_site="outside")
    about = routes("R1").assign(limit_minutes=limit)
    traced = trace_routes(One(person), ground(DRAWN, person.network), about, place_stops(table, RULES))
    found = check_routes(traced, study, RULES)
    assert found_in(found[found["fault"] != "assumed"]) == ([("R1", 0, fault)] if fault else [])
    assert judged(traced.routes, found)["feasible"].tolist() == [answer]


def test_hours_count_inside_and_not_outside(person: Walker, study: Study) -> None:
    facilities = pd.DataFrame(
        {"facility_id": ["B1", "B2"], "opening_hours": ["09:00-17:00", "14:00-17:00"], "access": [None, "booking"]}
    )
    table = stops(R1=[(0, 0), (500, 0)], R2=[(0, 0), (500, 0)]).assign(facility_id=["B1", "B2"] * 2)
    table["on_site"] = ["inside", "inside", "inside", "outside"]
    traced = trace_routes(
        One(person), ground(DRAWN, person.network), routes("R1", "R2"), place_stops(table, RULES, facilities)
    )
    assert traced.stops["open"].tolist() == ["open", "closed", "open", "unknown"]
    found = check_routes(traced, study, RULES)
    assert found_in(found, "closed", "booking", "never_open", "hours_unknown") == [
        ("R1", 2, "booking"),
        ("R1", 2, "closed"),
    ]


def test_hours_that_never_meet_are_said(person: Walker, study: Study) -> None:
    facilities = pd.DataFrame({"facility_id": ["B1", "B2"], "opening_hours": ["14:00-17:00", "09:00-12:00"]})
    table = stops(R1=[(0, 0), (500, 0)], R2=[(500, 0), (0, 0)])
    table["facility_id"] = ["B1", "B2", "B2", "B1"]
    traced = trace_routes(
        One(person), ground(DRAWN, person.network), routes("R1", "R2"), place_stops(table, RULES, facilities)
    )
    found = check_routes(traced, study, RULES)
    assert found_in(found, "never_open") == [("R1", 2, "never_open")]


def test_what_nobody_said_is_assumed_and_named() -> None:
    table = routes("R1", "R2").assign(age_band=["elder", None], depart=[None, "08:15"])
    filled = fill_routes(table, RULES)
    assert filled["assumed"].tolist() == ["group_size;limit_minutes;depart", "age_band;group_size;limit_minutes"]
    assert filled["age_band"].tolist() == ["elder", RULES.age_band]
    assert filled["depart"].tolist() == [RULES.depart, "08:15"]


def test_a_class_walks_slower_than_the_same_walker_alone(study: Study) -> None:
    parameters = PARAMETERS
    groups = Groups(build_streets(study, parameters, load_rules()))
    few, many = RULES.class_from - 1, RULES.class_from
    alone, group = groups.of("middle", few).profile, groups.of("middle", many).profile
    assert alone.flat_mps == ADULT_MPS
    assert group.flat_mps == pytest.approx(ADULT_MPS * RULES.class_pace["middle"])
    assert groups.of("preschool", 1).profile.name == "preschool"
    assert Groups(build_streets(study, parameters, load_rules()), "elder").of("middle", many).profile.name == "elder"
    wheels = parameters.model_copy(update={"profile": "stepfree"})
    assert Groups(build_streets(study, wheels, load_rules())).of("middle", many).profile.name == "stepfree"


def test_numbers_that_skip_are_not_stops_without_a_position(person: Walker) -> None:
    table = stops(R1=[(0, 0), (500, 0)])
    table["seq"] = [1.0, 3.0]
    _, legs = trace(person, table)
    assert legs["at_least"].tolist() == [False]


STAIRS = "highway=steps step_count=40"


def test_the_profile_of_the_walker_decides_what_can_be_walked() -> None:
    drawn = draw(row(0, 300, 330, 600), ("1 2", STREET), ("2 3", "highway=steps"), ("3 4", STREET))
    net = network(drawn)
    table = stops(R1=[(0, 0), (600, 0)])
    adult, pram = (whole(walker(net, profile), table).legs.iloc[0] for profile in ("adult", "stepfree"))
    assert (adult["steps"], adult["steps_estimated"]) == (75, True)
    assert adult["problem"] == ""
    assert "stepfree" in pram["problem"]


def test_stairs_and_the_way_round_them_are_measured(study: Study) -> None:
    corners = row(0, 100, 130, 132, 150, 250, 350) | {8: (130.0, 200.0), 9: (100.0, 200.0)}
    lines = [("1 2", STREET), ("2 3", STAIRS), ("3 4", "highway=footway"), ("4 5", STAIRS), ("5 6 7", STREET)]
    drawn = draw(corners, *lines, ("2 9 8 5", STREET))
    net = network(drawn)
    table = stops(R1=[(0, 0), (340, 0)])
    about = routes("R1").assign(age_band="preschool")
    people = One(walker(net), walker(net, "stepfree"))
    traced = trace_routes(people, ground(drawn, net), about, place_stops(table, RULES))
    leg = traced.legs.iloc[0]
    assert (leg["steps"], leg["longest_flight"]) == (80, 80)  # two metres between are a landing
    assert not leg["stepfree"]
    assert leg["stepfree_metres"] > leg["metres"] + 300
    found = check_routes(traced, study, RULES)
    assert found_in(found, "flight", "not_stepfree") == [("R1", 1, "flight"), ("R1", 1, "not_stepfree")]
    text = found.set_index("fault")["text_en"]
    assert "80 steps, over 36" in text["flight"]
    assert f"without them {leg['stepfree_metres'] - leg['metres']:.0f} m more" in text["not_stepfree"]
    long = RULES.model_copy(update={"landing_m": 1.0})
    apart = trace_routes(people, Ground(long, MainRoads(drawn, net, ()), {}, {}, CRS), about, place_stops(table, RULES))
    assert apart.legs["longest_flight"].tolist() == [40]


def test_without_a_way_round_the_map_has_none(study: Study) -> None:
    drawn = draw(row(0, 100, 130, 250), ("1 2", STREET), ("2 3", STAIRS), ("3 4", STREET))
    net = network(drawn)
    people = One(walker(net), walker(net, "stepfree"))
    table = place_stops(stops(R1=[(0, 0), (240, 0)]), RULES)
    traced = trace_routes(people, ground(drawn, net), routes("R1"), table)
    assert np.isnan(traced.legs["stepfree_metres"].iloc[0])
    found = check_routes(traced, study, RULES).set_index("fault")["text_en"]
    assert "no way without them" in found["not_stepfree"]


@pytest.mark.parametrize(
    ("lit", "crossing", "counts"),
    [("crossing=traffic_signals", "", (1, 1, 0)), ("crossing=marked", "", (1, 0, 1)), ("", "", (1, 0, 0))],
)
def test_lights_on_a_main_road_are_counted_as_the_map_says(
    study: Study, lit: str, crossing: str, counts: tuple[int, int, int]
) -> None:
    corners = row(0, 100, 200) | {4: (100.0, 200.0), 5: (100.0, -200.0)}
    drawn = draw(
        corners,
        ("1 2 3", f"highway=footway {crossing}"),
        ("4 2 5", "highway=primary name=大路"),
        nodes={2: lit} if lit else {},
    )
    net = network(drawn)
    traced = trace_routes(
        One(walker(net)), ground(drawn, net), routes("R1"), place_stops(stops(R1=[(10, 0), (190, 0)]), RULES)
    )
    leg = traced.legs.iloc[0]
    assert (leg["crossings"], leg["crossings_lights"], leg["crossings_plain"]) == counts
    assert leg["crossed"] == "大路"
    told = {(1, 1, 0): [], (1, 0, 1): ["main_road"], (1, 0, 0): ["main_road_unknown"]}[counts]
    found = check_routes(traced, study, RULES)
    assert found_in(found, "main_road", "main_road_unknown") == [("R1", 1, fault) for fault in told]


# A main road from south to north at x = 100; where a walk goes, and how often it crosses.
CORNERS = row(0, 100, 200) | {
    4: (100.0, 200.0),
    5: (100.0, -200.0),
    6: (0.0, 200.0),
    7: (200.0, 200.0),
    8: (100.0, 400.0),
}


@pytest.mark.parametrize(
    ("lines", "start", "end", "count"),
    [
        (("1 2 3", "6 4"), (10, 0), (190, 0), 1),  # straight across
        (("1 2 3", "4 7"), (10, 0), (190, 200), 1),  # onto it from the west, off it to the east
        (("1 2", "6 4"), (10, 0), (10, 200), 0),  # along it and off on the same side
        (("1 2",), (10, 0), (100, 150), 0),  # nobody knows on which side of it a walk ends
        (("1 2 3",), (100, 100), (190, 0), 0),  # or begins
    ],
)
def test_a_main_road_is_crossed_from_one_side_to_the_other(
    lines: tuple[str, ...], start: tuple[float, float], end: tuple[float, float], count: int
) -> None:
    drawn = draw(CORNERS, *((line, STREET) for line in lines), ("5 2 4 8", "highway=trunk name=大路"))
    net = network(drawn)
    table = place_stops(stops(R1=[start, end]), RULES)
    leg = trace_routes(One(walker(net)), ground(drawn, net), routes("R1"), table).legs.iloc[0]
    assert leg["problem"] == ""
    assert leg["crossings"] == count


def test_two_carriageways_are_one_road_and_small_streets_none() -> None:
    corners = row(0, 100, 120, 300, 400)
    corners |= {6: (100.0, 50.0), 7: (100.0, -50.0), 8: (120.0, 50.0), 9: (120.0, -50.0), 10: (300.0, 50.0)}
    corners |= {11: (300.0, -50.0)}
    main = "highway=secondary oneway=yes"
    drawn = draw(corners, ("1 2 3 4 5", STREET), ("6 2 7", main), ("9 3 8", main), ("10 4 11", STREET))
    net = network(drawn)
    table = place_stops(stops(R1=[(10, 0), (390, 0)]), RULES)
    assert trace_routes(One(walker(net)), ground(drawn, net), routes("R1"), table).legs["crossings"].tolist() == [1]
    far = RULES.model_copy(update={"carriageways_m": 10.0})
    apart = Ground(far, MainRoads(drawn, net, RULES.main_roads), {}, {}, CRS)
    assert trace_routes(One(walker(net)), apart, routes("R1"), table).legs["crossings"].tolist() == [2]


def test_what_is_near_is_counted_and_what_no_map_has_is_unknown(person: Walker) -> None:
    near = np.array([[650_500.0, 3_270_100.0], [650_500.0, 3_270_400.0]])  # 100 m and 400 m from the street
    table = place_stops(stops(R1=[(0, 0), (900, 0)]), RULES)
    around = ground(DRAWN, person.network, toilets=near, stations=near[1:])
    leg = trace_routes(One(person), around, routes("R1"), table).legs.iloc[0]
    assert leg["toilets"] == 1
    assert np.isnan(leg["stations"])
    assert np.isnan(leg["shelters"])


@pytest.mark.parametrize(("east", "north"), [(0.05, 0.0), (-0.03, 0.02), (0.0, 0.0)])
def test_heights_along_a_route_rise_and_fall_by_what_its_legs_do(east: float, north: float) -> None:
    corners = row(0, 200, 400) | {4: (400.0, 300.0), 5: (200.0, 300.0)}
    drawn = draw(corners, ("1 2 3", STREET), ("3 4", STREET), ("4 5 2", STREET))
    net = network(drawn, terrain=plane(200.0, east, north))
    table = place_stops(stops(R1=[(10, 0), (390, 0), (400, 290), (210, 300)]), RULES)
    traced = trace_routes(One(walker(net)), ground(drawn, net), routes("R1"), table)
    for leg in traced.legs.itertuples():
        line = traced.profile[traced.profile["leg"] == leg.leg]
        step = np.diff(line["height_m"])
        assert step[step > 0].sum() == pytest.approx(leg.ascent_m, abs=1e-6)
        assert -step[step < 0].sum() == pytest.approx(leg.descent_m, abs=1e-6)
        assert line["metres"].is_monotonic_increasing
        assert np.ptp(line["metres"]) == pytest.approx(leg.metres, abs=1e-3)
        assert shapely.LineString(line.geometry.to_numpy()).equals_exact(leg.geometry, 1e-9)
    assert traced.profile["metres"].iloc[-1] == pytest.approx(traced.routes["metres"].iloc[0], abs=1e-3)


def test_a_lift_rises_at_one_place_and_costs_its_fee_once() -> None:
    corners = row(0, 100, 100.5, 200)
    drawn = draw(
        corners, ("1 2", "highway=footway layer=0"), ("2 4", "highway=footway layer=1"), nodes={2: "highway=elevator"}
    )
    net = network(drawn, register(L1="node=2 rise_m=30 fee_cny=2"), plane())
    person = walker(net, paid=True)
    table = place_stops(stops(R1=[(10, 0), (190, 0)]), RULES)
    traced = trace_routes(One(person), ground(drawn, net), routes("R1"), table)
    leg = traced.legs.iloc[0]
    assert (leg["rides"], leg["fee_cny"], leg["stepfree"], leg["ascent_m"]) == (1, 2.0, True, 0.0)
    line = traced.profile
    lift = line.index[line["kind"] == "lift"]
    assert line["height_m"].diff()[lift].sum() == pytest.approx(30.0)
    assert line["metres"].diff()[lift].sum() == 0.0
