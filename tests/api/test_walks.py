"""Ad-hoc answers equal the library's, to the last digit."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pytest
import shapely
from fastapi.testclient import TestClient

from api.questions import Questions, build_questions
from servicecircle.adhoc import circle_at, walk_json
from servicecircle.model import Direction
from servicecircle.pipeline import Results, Streets
from servicecircle.reach import attach, door_to_door
from tests.api.conftest import PLACES
from tests.town import lonlat

HERE = (520.0, 520.0)  # metres: 20 m north of a street
PACE_MPS = 1.2


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
    body = at(*HERE) | {"minutes": 10, "kind": ["base"], "profile": "elder"}
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


def test_nearest_equals_door_to_door_of_the_library(
    clerk: Questions, streets: Streets, district_facilities: gpd.GeoDataFrame
) -> None:
    point = (106.5734, 29.5601)
    lonlats = np.vstack([shapely.get_coordinates(district_facilities.geometry.to_numpy()), point])
    snapped = streets.snapper().snap(lonlats)
    attached = attach(streets.network, streets.prices, snapped, streets.profile)
    doors, me = np.arange(len(district_facilities)), np.array([len(district_facilities)])
    there = door_to_door(attached, me, doors, 900.0, Direction.FROM)[0]
    back = door_to_door(attached, me, doors, 7200.0, Direction.TO)[0]
    found = clerk.nearest(point, 900.0, None, np.ones(len(doors), dtype=bool))
    assert {r.place for r in found} == set(np.flatnonzero(np.isfinite(there)).tolist())
    assert len(found) > 20
    for reach in found:
        assert reach.seconds_there == round(there[reach.place], 2)
        assert reach.seconds_back == round(back[reach.place], 2)


def test_metres_and_steps_equal_the_single_walks(
    clerk: Questions, streets: Streets, district_facilities: gpd.GeoDataFrame
) -> None:
    point, walker = (106.5734, 29.5601), streets.walker()
    found = clerk.nearest(point, 900.0, None, np.ones(len(district_facilities), dtype=bool))
    for reach in found[::4]:
        door = district_facilities.geometry.iloc[reach.place]
        walk = walker.walk(point, (door.x, door.y))
        assert reach.seconds_there == pytest.approx(walk.seconds, abs=0.02)
        assert reach.metres == pytest.approx(walk.metres, abs=0.02)
        assert (reach.steps, reach.steps_estimated) == (walk.steps, walk.steps_estimated)
    assert any(reach.steps for reach in found)


@pytest.mark.parametrize("direction", list(Direction))
def test_circle_equals_the_library(clerk: Questions, streets: Streets, direction: Direction) -> None:
    point = (106.5602, 29.5571)
    ours = clerk.circle(point, streets.parameters.cutoffs_s(), None, direction)
    assert ours == circle_at(streets, point, direction)


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
    assert client.get("/walk", params=asked).json() == json.loads(json.dumps(expected))


def test_no_way_is_an_answer(client: TestClient) -> None:
    near, far = lonlat(500, 500), lonlat(1900, 500)
    asked = {"from": f"{near[0]},{near[1]}", "to": f"{far[0]},{far[1]}"}
    answer = client.get("/walk", params=asked)
    assert answer.status_code == 200
    assert answer.json()["reachable"] is False
    assert set(answer.json()) == {"reachable", "reason"}


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
