"""Siting on a town whose walks are known by hand: what counts, what is refused, what would help."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from servicecircle.errors import InputError
from servicecircle.ingest.parameters import read_parameters
from servicecircle.ingest.study import read_study
from servicecircle.ingest.walkable import load_rules
from servicecircle.scene import study_demand
from servicecircle.siting.candidates import read_candidates
from servicecircle.siting.classes import Term, find_classes
from servicecircle.siting.covering import Needs, fewest, most, value_of
from servicecircle.siting.ground import Ground, open_ground
from servicecircle.siting.models import Instance, mclp
from servicecircle.siting.pairing import pair_schools, pairing_lines
from servicecircle.siting.sites import find_sites, helped_homes
from servicecircle.streets import Streets, build_streets
from tests.town import Place, Town, lonlat

ADULT_MPS = 1.2
PLACES = [
    Place("C1", "community", 500.0, 500.0, "中心社区"),
    Place("S1", "school", 0.0, 0.0, "西南小学"),
    Place("S2", "school", 1000.0, 1000.0, "东北小学"),
    Place("S3", "school", 1000.0, 0.0, "东南小学", confidence="street"),
    Place("B1", "base", 200.0, 0.0, "书院", category="patriotic"),
    Place("B2", "base", 900.0, 1000.0, "老街", status="candidate", category="patriotic"),
]
TOWN = Town(blocks=10, places=PLACES)
EXTENT = (106.0, 29.0, 107.0, 30.0)


@pytest.fixture(scope="module")
def streets(tmp_path_factory: pytest.TempPathFactory) -> Streets:
    study = read_study(TOWN.write(tmp_path_factory.mktemp("siting") / "town"))
    return build_streets(study, read_parameters(), load_rules())


@pytest.fixture(scope="module")
def ground(streets: Streets) -> Ground:
    return open_ground(streets, study_demand(streets), "community", 6.0)


def homes_within(minutes: float, *at: tuple[float, float]) -> np.ndarray:
    """Whether each home is within some minutes of any of these corners."""
    return np.any([TOWN.metres_to(x, y) / ADULT_MPS <= minutes * 60 for x, y in at], axis=0)


def table(points: list[tuple[float, float]], **more: object) -> pd.DataFrame:
    at = [lonlat(x, y) for x, y in points]
    ids = [f"c{k}" for k in range(len(at))]
    columns = {"candidate_id": ids, "name": ids, "kind": None, "capacity": np.nan} | more
    return pd.DataFrame({"lon": [p[0] for p in at], "lat": [p[1] for p in at]}).assign(**columns)


def test_rooms_of_the_registry_are_located_and_of_another_tier(ground: Ground, streets: Streets) -> None:
    assert ground.candidates["candidate_id"].tolist() == ["B1", "B2", "S1", "S2"]
    roughly = open_ground(streets, study_demand(streets), "community", 6.0, approximate=True)
    assert roughly.candidates["candidate_id"].tolist() == ["B1", "B2", "S1", "S2", "S3"]
    assert len(ground.existing) == 1


def test_people_are_counted_by_hand(ground: Ground) -> None:
    found = find_sites(ground, "mclp", 2)
    people = ground.homes.set_index("demand_id")["people"].loc[[f"w{k}" for k in range(1, len(TOWN.homes()) + 1)]]
    before = homes_within(6, (500, 500))
    rooms = [(200, 0), (900, 1000), (0, 0), (1000, 1000)]
    new = [homes_within(6, *pair) & ~before for pair in itertools.combinations(rooms, 2)]
    best = max(new, key=lambda homes: people[homes].sum())
    assert found.status == "optimal"
    assert found.objective == pytest.approx(people[best].sum(), rel=1e-9)
    assert found.sites["newly_covered"].sum() == pytest.approx(found.objective)
    assert found.sites["newly_covered_homes"].sum() == best.sum()
    assert (found.sites["newly_covered"].diff().dropna() <= 1e-9).all()
    assert found.curve["covered"].tolist()[0] == pytest.approx(people[before].sum())
    assert found.curve["covered"].iloc[-1] == pytest.approx(found.curve["covered"].iloc[0] + found.objective)
    assert (found.curve["best_covered"] >= found.curve["covered"] - 1e-6).all()
    assert (found.curve["covered_low"] <= found.curve["covered"] + 1e-6).all()
    assert len(found.uncoverable) == (~homes_within(6, (500, 500), *rooms)).sum()


def test_means_and_longest_walks_are_those_of_the_walks(ground: Ground) -> None:
    for model, key in (("pmedian", "mean_min"), ("pcentre", "worst_min")):
        found = find_sites(ground, model, 1)
        assert found.curve[key].iloc[-1] == pytest.approx(found.objective, rel=1e-9)
        assert found.curve[key].is_monotonic_decreasing
    walk = np.min([TOWN.metres_to(500, 500), TOWN.metres_to(1000, 1000)], axis=0) / ADULT_MPS / 60
    assert find_sites(ground, "pmedian", 4).objective <= walk.mean() + 0.01


def test_who_cannot_be_covered_is_named_with_what_would_help(ground: Ground, streets: Streets) -> None:
    found = find_sites(ground, "lscp")
    assert found.status == "infeasible"
    assert {r.relax for r in found.relaxations} == {"minutes", "homes"}
    assert next(r for r in found.relaxations if r.relax == "homes").homes == len(found.uncoverable)
    # as many minutes as it says suffice for as many sites, and a tenth less do not
    need = next(r.needed for r in found.relaxations if r.relax == "minutes")
    p, demand = len(found.sites), study_demand(streets)
    wide = find_sites(open_ground(streets, demand, "community", need), "lscp", p)
    assert wide.status == "optimal"
    assert find_sites(open_ground(streets, demand, "community", need - 0.1), "lscp", p).status == "infeasible"


def test_too_few_sites_say_how_many_it_takes(streets: Streets) -> None:
    corners = table([(0, 0), (1000, 0), (0, 1000), (1000, 1000), (500, 0)])
    tight = open_ground(streets, study_demand(streets), "base", 11.0, corners, basis="confirmed")
    assert not tight.given.hopeless().any()
    needed = find_sites(tight, "lscp")
    assert needed.status == "optimal"
    assert len(needed.sites) >= 2
    found = find_sites(tight, "lscp", 1)
    assert found.status == "infeasible"
    assert next(r.needed for r in found.relaxations if r.relax == "sites") == len(needed.sites)


def test_two_rooms_of_one_house_the_first_is_taken(streets: Streets) -> None:
    rooms = table([(0, 0), (1000, 1000), (1000, 1000), (1000, 1000)])
    found = find_sites(open_ground(streets, study_demand(streets), "community", 6.0, rooms), "mclp", 2)
    assert sorted(found.sites["candidate_id"]) == ["c0", "c1"]
    again = find_sites(open_ground(streets, study_demand(streets), "community", 6.0, rooms), "mclp", 2)
    pd.testing.assert_frame_equal(found.sites, again.sites)


def test_work_used_up_gives_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    from servicecircle.siting import covering  # noqa: PLC0415

    class Stopped:
        x, status, mip_dual_bound = None, 1, -1e5

    monkeypatch.setattr(covering, "milp", lambda *_, **__: Stopped())
    needs = Needs.of(np.array([[True, False], [False, True]]), np.array([3.0, 4.0]))
    found = most(needs, 1, 1)
    assert found is not None
    assert (found.chosen, found.proven) == ((1,), False)
    assert found.value <= value_of(needs, (1,)) <= found.bound
    assert found.gap > 0
    few = fewest(needs, 1)
    assert (few.chosen, few.proven) == ((0, 1), False)


def test_more_places_than_candidates_are_no_question() -> None:
    given = Instance(np.zeros((2, 3)), np.full(3, np.inf), np.ones(3), 900.0, 7200.0)
    with pytest.raises(ValueError, match="more places than candidates"):
        mclp(given, 3, 100)


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        ({"tier": "hospital"}, "tier"),
        ({"basis": "some"}, "basis"),
        ({"minutes": 0.0}, "minutes"),
        ({"minutes": float("nan")}, "minutes"),
        ({"minutes": 121.0}, "minutes"),
    ],
)
def test_bad_questions_are_refused(streets: Streets, asked: dict[str, object], word: str) -> None:
    kept = {"tier": "community", "minutes": 6.0} | asked
    with pytest.raises(InputError, match=word):
        open_ground(streets, study_demand(streets), **kept)  # type: ignore[arg-type]


def test_a_tier_without_a_place_and_one_with_nothing_to_do(streets: Streets) -> None:
    demand = study_demand(streets)
    nobody = open_ground(streets, demand, "community", 6.0, basis="confirmed")
    assert len(nobody.existing) == 1
    none = open_ground(streets, demand, "base", 6.0, table([(0, 0), (500, 500)]), basis="confirmed")
    far = replace(none, given=replace(none.given, base_s=np.full(len(none.given.people), np.inf)))
    found = find_sites(far, "mclp", 1)
    assert found.curve["covered"].iloc[0] == 0
    assert found.objective == pytest.approx(found.curve["covered"].iloc[-1])
    done = open_ground(streets, demand, "community", 60.0)
    found = find_sites(done, "lscp")
    assert (found.status, found.objective, len(found.sites), len(found.curve)) == ("optimal", 0, 0, 1)
    assert len(helped_homes(found)) == 0
    assert find_sites(done, "mclp", 2).sites["candidate_id"].tolist() == ["B1", "B2"]


def test_bad_numbers_of_sites_are_refused(ground: Ground) -> None:
    for model, add, word in (
        ("mclp", None, "--add"),
        ("mclp", 0, "--add"),
        ("pmedian", 5, "more sites"),
        ("best", 1, "model"),
    ):
        with pytest.raises(InputError, match=word):
            find_sites(ground, model, add)


def test_tables_of_candidates_say_every_fault(tmp_path: Path) -> None:
    lon, lat = lonlat(100, 100)
    good = f"房间,{lon},{lat},30\n"
    path = tmp_path / "rooms.csv"
    path.write_text("name,lon,lat,capacity\n" + good, "utf-8")
    read = read_candidates(path, EXTENT)
    assert read["candidate_id"].tolist() == ["row-000002"]
    assert read["capacity"].tolist() == [30.0]
    rows = [
        f"A,,{lat},", "B,,,", f"C,{lon},{lat},nan", f"D,{lon},{lat},-3", f",{lon},{lat},", "E,0,0,", f"F,{lat},{lon},",
        f"G,inf,{lat},",
    ]  # fmt: skip
    path.write_text("name,lon,lat,capacity\n" + good + "\n".join(rows) + "\n", "utf-8")
    with pytest.raises(InputError) as refused:
        read_candidates(path, EXTENT)
    assert {fault.row for fault in refused.value.faults} == {3, 4, 5, 6, 7, 8, 9, 10}
    path.write_text(f"candidate_id,name,lon,lat\na,A,{lon},{lat}\na,B,{lon},{lat}\n,C,{lon},{lat}\n", "utf-8")
    with pytest.raises(InputError, match="twice"):
        read_candidates(path, EXTENT)


def test_points_of_a_geojson_are_read_as_rows_are(tmp_path: Path) -> None:
    path = tmp_path / "rooms.geojson"
    point = {"type": "Point", "coordinates": list(lonlat(100, 100))}

    def write(geometry: object, **properties: object) -> None:
        feature = {"type": "Feature", "geometry": geometry, "properties": properties}
        path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), "utf-8")

    write(point, name="房间", capacity=40)
    assert read_candidates(path, EXTENT)["capacity"].tolist() == [40.0]
    write(point, capacity="many")
    with pytest.raises(InputError) as refused:
        read_candidates(path, EXTENT)
    assert len(refused.value.faults) == 2
    write({"type": "LineString", "coordinates": [[106, 29], [106.1, 29]]}, name="线")
    with pytest.raises(InputError, match="no point"):
        read_candidates(path, EXTENT)


def test_a_candidate_far_from_streets_or_there_already_is_refused(streets: Streets) -> None:
    rooms = table([(100, 100), (1800, 100)], candidate_id=["C1", "c1"])
    with pytest.raises(InputError) as refused:
        open_ground(streets, study_demand(streets), "community", 6.0, rooms)
    assert [fault.column for fault in refused.value.faults] == ["candidate_id", "lon, lat"]


def test_classes_serve_neighbourhoods_once_in_every_round(streets: Streets) -> None:
    rooms = table([(0, 0), (1000, 1000), (0, 1000), (1000, 0)], capacity=[30.0, np.nan, 30.0, 30.0])
    open_ = open_ground(streets, study_demand(streets), "community", 8.0, rooms)
    found = find_classes(open_, Term(rooms=2, weeks=6, every=3, by="cluster"))
    assert found.status == "optimal"
    assert found.rota.value == pytest.approx(found.served.loc[found.served["served"], "people"].sum())
    wanting = open_.given.people[open_.given.wanting()].sum()
    assert found.served["people"].sum() == pytest.approx(wanting)
    for first in range(1, 5):
        held = found.timetable[found.timetable["week"].between(first, first + 2)]
        said = set("、".join(held["neighbourhoods"]).split("、"))
        assert set(found.served.loc[found.served["served"], "name"]) <= said
    assert (found.timetable["guests"] <= found.timetable["seats"] + 1e-6).all()
    assert not found.timetable["seats_known"].all()
    assert found.served.loc[~found.served["served"], "why_zh"].notna().all()
    with pytest.raises(InputError, match="every"):
        find_classes(open_, Term(rooms=2, weeks=2, every=3))
    with pytest.raises(InputError) as refused:
        find_classes(open_, Term(rooms=0, weeks=0, every=0, by="street"))
    assert len(refused.value.faults) == 4


def test_no_base_has_more_schools_than_it_can_take(ground: Ground, streets: Streets) -> None:
    found = pair_schools(ground.scene, streets.variant, minutes=30.0, schools_per_base=1)
    pairs = found.table.set_index("school_id")["base_id"]
    assert pairs.to_dict() == {"S1": "B1", "S2": "B2"}
    assert found.table["walk_s"].to_numpy() == pytest.approx([200 / ADULT_MPS, 100 / ADULT_MPS], abs=0.5)
    assert set(found.table["limit_basis"]) == {"assumed"}
    assert len(pairing_lines(found.table, ground.scene.places)) == 2
    near = pair_schools(ground.scene, streets.variant, minutes=2.0)
    assert near.table.set_index("school_id")["base_id"].notna().to_dict() == {"S1": False, "S2": True}
    # a base with room for one class takes one school, whatever is assumed of the others; with less room none
    places = ground.scene.places.copy()
    places.loc[places["facility_id"] == "B2", "capacity"] = "45"
    places.loc[places["facility_id"] == "B1", "capacity"] = "44"
    known = pair_schools(replace(ground.scene, places=places), streets.variant)
    assert known.table.set_index("school_id")["base_id"].dropna().to_dict() == {"S2": "B2"}
    assert known.bases.set_index("base_id")["limit"].to_dict() == {"B1": 0, "B2": 1}
    with pytest.raises(InputError) as refused:
        pair_schools(ground.scene, streets.variant, minutes=-1.0, schools_per_base=0)
    assert len(refused.value.faults) == 2
