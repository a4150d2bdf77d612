"""School by base: what /nearest says from each gate, in one table, page by page."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient


def test_matrix_is_what_walk_says(client: TestClient) -> None:
    found = client.get("/matrix").json()
    assert found["matched"] == found["returned"] == len(found["walks"]) > 0
    assert {w["school_id"] for w in found["walks"]} <= {"S1", "S2"}
    for walk in found["walks"]:
        told = client.get("/walk", params={"from": walk["school_id"], "to": walk["base_id"]}).json()
        assert walk["seconds_there"] == told["seconds"] <= 900
        assert (walk["metres"], walk["steps"]) == (told["metres"], told["steps"])
        back = client.get("/walk", params={"from": walk["base_id"], "to": walk["school_id"]}).json()
        assert walk["seconds_back"] == back["seconds"]
        free = client.get("/walk", params={"from": walk["school_id"], "to": walk["base_id"], "profile": "stepfree"})
        assert walk["step_free_seconds"] == free.json()["seconds"]


def test_only_what_can_be_walked(client: TestClient) -> None:
    far = client.get("/matrix", params={"minutes": 120}).json()["walks"]
    pairs = {(w["school_id"], w["base_id"]) for w in far}
    assert pairs == {("S1", "B1"), ("S1", "B2"), ("S2", "B1"), ("S2", "B2")}, "the river cuts V1 off, B3 is nowhere"


def test_filters_and_pages(client: TestClient) -> None:
    def pairs(**asked: object) -> list[tuple[str, str]]:
        walks = client.get("/matrix", params={"minutes": 120} | asked).json()["walks"]
        return [(w["school_id"], w["base_id"]) for w in walks]

    every = pairs()
    assert pairs(school="S1") == [pair for pair in every if pair[0] == "S1"] != []
    assert pairs(base="B1") == [pair for pair in every if pair[1] == "B1"]
    assert pairs(kind="venue") == []
    assert pairs(category="patriotic", step_free="true") == every
    assert pairs(limit=1, offset=1) == every[1:2]
    first = client.get("/matrix?minutes=120&limit=1").json()
    assert (first["matched"], first["returned"]) == (len(every), 1)
    following = next(link["href"] for link in first["links"] if link["rel"] == "next")
    assert client.get(following).json()["walks"][0]["base_id"] == every[1][1]
    tag = client.get("/matrix").headers["etag"]
    assert client.get("/matrix", headers={"If-None-Match": tag}).status_code == 304
    slow = client.get("/matrix?minutes=120&profile=elder").json()["walks"]
    assert all(
        a["seconds_there"] > b["seconds_there"]
        for a, b in zip(slow, client.get("/matrix?minutes=120").json()["walks"], strict=True)
    )


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"school": "B1"}, "unknown school"),
        ({"base": "nobody"}, "unknown base"),
        ({"category": "x"}, "patriotic"),
        ({"subdistrict": "9"}, "subdistrict"),
        ({"minutes": "nan"}, "minutes"),
        ({"profile": "runner"}, "unknown profile"),
        ({"limit": 0}, "limit"),
        ({"teir": "base"}, "teir"),
    ],
)
def test_bad_questions(client: TestClient, asked: dict[str, object], says: str) -> None:
    answer = client.get("/matrix", params=asked)
    assert answer.status_code == 422
    assert says in answer.json()["detail"]
