"""Ad-hoc answers equal the library's, to the last digit."""

from __future__ import annotations

import json
import re
from dataclasses import asdict

import geopandas as gpd
import numpy as np
import pytest
import shapely
from fastapi.testclient import TestClient

from api.questions import Questions, build_questions
from api.spent import spent_on
from servicecircle.adhoc import Easel, circle_at, walk_json
from servicecircle.door_walks import DoorWalker
from servicecircle.model import Direction
from servicecircle.pipeline import Results, Streets
from servicecircle.reach import door_to_door
from servicecircle.scene import open_scene
from tests.api.conftest import PLACES
from tests.town import lonlat

HERE = (520.0, 520.0)  # metres: 20 m north of a street
PACE_MPS = 1.2
POINT = (106.5734, 29.5601)


@pytest.fixture(scope="session")
def district_facilities(streets: Streets) -> gpd.GeoDataFrame:
    """Give the district's placed facilities."""
    facilities = streets.study.facilities
    return facilities[facilities["located"] | facilities["approximate"]].reset_index(drop=True)


@pytest.fixture(scope="session")
def clerk(streets: Streets, district_facilities: gpd.GeoDataFrame) -> Questions:
    """Give an answerer for the district."""
    return build_questions(streets, district_facilities, 1)[0]


def at(x: float, y: float) -> dict[str, float]:
    lon, lat = lonlat(x, y)
    return {"lon": lon, "lat": lat}


def test_nearest_by_hand(client: TestClient) -> None:
    answer = client.get("/nearest", params=at(*HERE) | {"minutes": 15}).json()
    reached = {p["facility_id"]: p for p in answer["places"]}
    for place in PLACES:
        metres = abs(place.x - HERE[0]) + abs(place.y - 500.0) + 20.0
        if place.id in {"B3", "V1"} or metres / PACE_MPS > 900:
            assert place.id not in reached
            continue
        found = reached[place.id]
        assert found["metres"] == pytest.approx(metres, abs=2.0)
        assert found["seconds_there"] == pytest.approx(metres / PACE_MPS, abs=2.0)
        assert found["seconds_back"] == pytest.approx(found["seconds_there"], abs=0.02)
        assert (found["steps"], found["steps_estimated"]) == (0, False)
        assert found["kind"] == place.kind
        assert found["position_confidence"] == place.confidence
    seconds = [p["seconds_there"] for p in answer["places"]]
    assert seconds == sorted(seconds)
    assert answer["unlocated"] == 1
    assert len(reached) >= 4


def test_nearest_filters(client: TestClient) -> None:
    asked = at(*HERE) | {"kind": "base", "category": "patriotic"}
    answer = client.get("/nearest", params=asked).json()
    assert {p["facility_id"] for p in answer["places"]} == {"B1", "B2"}
    two = client.get("/nearest", params=[*at(*HERE).items(), ("kind", "school"), ("kind", "community")]).json()
    assert {p["kind"] for p in two["places"]} == {"school", "community"}
    assert two["unlocated"] == 0


def test_nearest_by_post_is_the_same(client: TestClient) -> None:
    body = at(*HERE) | {"minutes": 10, "kind": ["base"], "profile": "elder", "at": "2026-05-20T10:00"}
    posted = client.post("/nearest", json=body)
    assert posted.status_code == 200
    assert posted.json() == client.get("/nearest", params=body).json()
    assert posted.json()["profile"] == "elder"


def test_slower_walkers_reach_less(client: TestClient) -> None:
    def ids(profile: str) -> set[str]:
        answer = client.get("/nearest", params=at(*HERE) | {"minutes": 6.5, "profile": profile}).json()
        return {p["facility_id"] for p in answer["places"]}

    assert ids("elder") < ids("adult")
    assert ids("level-adult") == ids("adult")


@pytest.fixture(scope="session")
def door_walker(streets: Streets) -> DoorWalker:
    """Give the library's own walker between doors, with the point among them as a home."""
    here = gpd.GeoDataFrame(geometry=[shapely.Point(POINT)], crs="EPSG:4326")
    return DoorWalker(open_scene(streets, here, streets.variant), streets.variant)


def test_nearest_takes_every_door_as_the_library_does(
    clerk: Questions, door_walker: DoorWalker, district_facilities: gpd.GeoDataFrame
) -> None:
    scene = door_walker.scene
    assert scene.places["facility_id"].tolist() == district_facilities["facility_id"].tolist()
    assert len(scene.doors.owner) > len(scene.places) + 1, "no place with two doors tests nothing"
    me, doors = scene.doors.home, scene.doors.place
    there = door_to_door(door_walker.attached, me, doors, 900.0, Direction.FROM)[0]
    back = door_to_door(door_walker.attached, me, doors, 7200.0, Direction.TO)[0]
    found = clerk.nearest(POINT, 900.0, None, np.ones(len(doors), dtype=bool))
    assert {r.place for r in found} == set(np.flatnonzero(np.isfinite(there)).tolist())
    assert len(found) > 20
    for reach in found:
        assert reach.seconds_there == round(there[reach.place], 2)
        assert reach.seconds_back == round(back[reach.place], 2)


def test_metres_and_steps_equal_the_single_walks(
    clerk: Questions, door_walker: DoorWalker, streets: Streets, district_facilities: gpd.GeoDataFrame
) -> None:
    found = clerk.nearest(POINT, 900.0, None, np.ones(len(district_facilities), dtype=bool))
    for reach in found[::4]:
        walk = door_walker.between(int(door_walker.scene.doors.home[0]), reach.place)
        assert reach.seconds_there == pytest.approx(walk.seconds, abs=0.02)
        assert reach.metres == pytest.approx(walk.metres, abs=0.02)
        assert (reach.steps, reach.steps_estimated) == (walk.steps, walk.steps_estimated)
        told = clerk.walk(POINT, reach.place, None)
        assert (told["seconds"], told["steps"]) == (reach.seconds_there, reach.steps)
        spent = spent_on(walk, streets.network, streets.profile, streets.parameters.pace)
        assert sum(asdict(spent).values()) == pytest.approx(walk.seconds)
    assert any(reach.steps for reach in found)


def test_the_way_without_steps_is_that_of_a_pram(clerk: Questions, district_facilities: gpd.GeoDataFrame) -> None:
    everything = np.ones(len(district_facilities), dtype=bool)
    free = {r.place: r.seconds_there for r in clerk.nearest(POINT, 7200.0, "stepfree", everything)}
    found = clerk.nearest(POINT, 900.0, None, everything)
    assert {reach.step_free for reach in found} <= {"yes", "no", "unknown"}
    assert [r.step_free_seconds for r in found if r.step_free == "yes"] == [
        free[r.place] for r in found if r.step_free == "yes"
    ]
    assert any(r.step_free == "yes" and r.steps for r in found)


def test_where_the_time_goes(clerk: Questions) -> None:
    told = clerk.walk((106.546812, 29.564754), (106.54153, 29.561064), None)
    assert told["spent"]["stairs_s"] > 0
    assert told["spent"]["waiting_s"] > 0
    assert "台阶" in told["explanation_zh"]
    assert "stairs" in told["explanation_en"]
    for leg in told["legs"]:
        assert f"{leg['metres']:.0f}米" in leg["text_zh"]
        assert (leg["name"] or "") in leg["text_en"]


@pytest.mark.parametrize("direction", list(Direction))
def test_circle_equals_the_library(clerk: Questions, streets: Streets, direction: Direction) -> None:
    point = (106.5602, 29.5571)
    ours = clerk.circle(point, streets.parameters.cutoffs_s(), None, direction)
    assert ours == circle_at(Easel.of(streets), point, direction)


def test_circle_over_http(client: TestClient) -> None:
    answer = client.get("/circle", params=at(*HERE) | {"minutes": "10,5"})
    assert answer.headers["content-type"] == "application/geo+json"
    features = answer.json()["features"]
    assert [f["properties"]["cutoff_s"] for f in features] == [300.0, 600.0]
    small, large = (shapely.geometry.shape(f["geometry"]) for f in features)
    assert large.buffer(1e-7).contains(small)


def test_walk_equals_the_library(client: TestClient, town_results: Results) -> None:
    ends = lonlat(130, 220), lonlat(770, 610)
    asked = {"from": ",".join(map(str, ends[0])), "to": ",".join(map(str, ends[1]))}
    streets = town_results.streets
    expected = walk_json(streets.walker().walk(*ends), streets)
    answer = client.get("/walk", params=asked).json()
    words = {"text_zh", "text_en"}
    told = {"spent", "explanation_zh", "explanation_en"}
    legs = [{key: value for key, value in leg.items() if key not in words} for leg in answer["legs"]]
    plain = {key: value for key, value in answer.items() if key not in told}
    assert plain | {"legs": legs} == json.loads(json.dumps(expected))


def test_no_way_is_an_answer(client: TestClient) -> None:
    near, far = lonlat(500, 500), lonlat(1900, 500)
    asked = {"from": f"{near[0]},{near[1]}", "to": f"{far[0]},{far[1]}"}
    answer = client.get("/walk", params=asked)
    assert answer.status_code == 200
    assert answer.json()["reachable"] is False
    assert set(answer.json()) == {"reachable", "reason"}
    assert not re.search(r"\d\d\.\d", answer.json()["reason"]), "no coordinates"


def test_a_walk_to_a_place_is_the_one_that_nearest_found(client: TestClient) -> None:
    places = client.get("/nearest", params=at(*HERE) | {"kind": "base"}).json()["places"]
    lon, lat = lonlat(*HERE)
    for place in places:
        walk = client.get("/walk", params={"from": f"{lon},{lat}", "to": place["facility_id"]}).json()
        assert (walk["seconds"], walk["metres"]) == (place["seconds_there"], place["metres"])
    missing = client.get("/walk", params={"from": "B3", "to": "B1"})
    assert missing.status_code == 422
    assert "no position" in missing.json()["detail"]
    assert client.get("/walk", params={"from": "B1", "to": "B1"}).json()["metres"] == 0


def test_open_at_the_time_asked_about(client: TestClient) -> None:
    asked = at(*HERE) | {"at": "2026-05-20T16:58", "category": "patriotic"}
    found = {p["facility_id"]: p for p in client.get("/nearest", params=asked).json()["places"]}
    assert (found["B1"]["open"], found["B1"]["open_on_arrival"]) == ("yes", "no")
    assert found["B1"]["access"] == "booking"
    assert (found["B2"]["open"], found["B2"]["access"]) == ("unknown", None)
    only = client.get("/nearest", params=asked | {"open": "true"}).json()
    assert [p["facility_id"] for p in only["places"]] == ["B1"]
    for text in ("now", "2026-13-01T10:00", "2026-05-20T10:00Z", "9999-12-31T23:59", "0001-01-01"):
        assert client.get("/nearest", params=asked | {"at": text}).status_code == 422


LON, LAT = lonlat(500, 500)
BAD_POINTS = [
    ({"lon": "nan", "lat": LAT}, "finite"),
    ({"lon": "inf", "lat": LAT}, "finite"),
    ({"lon": "1e999", "lat": LAT}, "finite"),
    ({"lon": "", "lat": LAT}, "lon"),
    ({"lat": LAT}, "lon"),
    ({"lon": "东", "lat": LAT}, "lon"),
    ({"lon": LAT, "lat": LON}, "swapped"),
    ({"lon": LON + 360, "lat": LAT}, "globe"),
    ({"lon": 0, "lat": 0}, "outside the area"),
    ({"lon": LON, "lat": LAT, "profile": "runner"}, "unknown profile"),
    ({"lon": LON, "lat": LAT, "minutes": "nan"}, "minutes"),
    ({"lon": LON, "lat": LAT, "minutes": 0}, "minutes"),
    ({"lon": LON, "lat": LAT, "minutes": -5}, "minutes"),
    ({"lon": LON, "lat": LAT, "minutes": 1e6}, "minutes"),
    ({"lon": LON, "lat": LAT, "lng": 1}, "lng"),
]


@pytest.mark.parametrize("path", ["/nearest", "/circle"])
@pytest.mark.parametrize(("asked", "says"), BAD_POINTS)
def test_bad_points(client: TestClient, path: str, asked: dict[str, object], says: str) -> None:
    answer = client.get(path, params=asked)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert says in answer.json()["detail"]
    assert answer.json()["instance"] == path
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "text", ["", ",", "1", "1,2,3", "nan,1", "a,b", "29.55,106.57", "0,0", "1e999,2", "106.57;29.55"]
)
def test_bad_walk_ends(client: TestClient, text: str) -> None:
    good = f"{LON},{LAT}"
    for asked in ({"from": text, "to": good}, {"from": good, "to": text}):
        answer = client.get("/walk", params=asked)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["remedy"]


@pytest.mark.parametrize("body", ['{"lon": NaN, "lat": 1}', "[]", "{", "", '{"lon": 1}', '{"lon": "x", "lat": []}'])
def test_bad_bodies(client: TestClient, body: str) -> None:
    answer = client.post("/nearest", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("minutes", ["", "x", "5,", "5;10", "0", "-1", "121", "1,2,3,4,5,6,7", "inf"])
def test_bad_cutoffs(client: TestClient, minutes: str) -> None:
    assert client.get("/circle", params=at(*HERE) | {"minutes": minutes}).status_code == 422


def test_off_the_street_in_the_river(client: TestClient) -> None:
    answer = client.get("/nearest", params=at(500, 2000 + 480))
    assert answer.status_code == 422
    assert "no walkable street within 300 m" in answer.json()["detail"]


def test_answers_are_never_kept(client: TestClient) -> None:
    for path, asked in (("/nearest", at(*HERE)), ("/circle", at(*HERE)), ("/walk", {"from": "1,2", "to": "1,2"})):
        assert client.get(path, params=asked).headers["cache-control"] == "no-store"


def test_the_table_is_the_walks_both_ways(clerk: Questions, district_facilities: gpd.GeoDataFrame) -> None:
    schools = np.flatnonzero(district_facilities["kind"] == "school")
    bases = np.flatnonzero(district_facilities["tier"] == "base")
    table = clerk.table(schools, bases, None)
    assert len(table.rows) == len(schools)
    hilly = 0
    for start, row in list(zip(schools.tolist(), table.rows, strict=True))[::12]:
        reach, end = row[1], int(bases[row[1].place])
        there, back = clerk.walk(start, end, None), clerk.walk(end, start, None)
        assert (reach.seconds_there, reach.seconds_back) == (there["seconds"], back["seconds"])
        assert (reach.metres, reach.steps) == (there["metres"], there["steps"])
        assert reach.step_free_seconds == clerk.walk(start, end, "stepfree")["seconds"]
        hilly += reach.seconds_there != reach.seconds_back
    assert hilly, "where there and back are equal, nothing tells them apart"
