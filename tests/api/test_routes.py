"""Study routes: list, detail, GPX."""

from __future__ import annotations

import gpxpy
from fastapi.testclient import TestClient


def test_list(client: TestClient) -> None:
    routes = client.get("/routes").json()["routes"]
    assert [(r["route_id"], r["stops"], r["stops_located"]) for r in routes] == [("R1", 4, 3), ("R2", 1, 0)]
    for link in routes[0]["links"]:
        assert client.get(link["href"]).status_code == 200


def test_detail_keeps_every_stop(client: TestClient) -> None:
    found = client.get("/routes/R1").json()
    assert [s["name"] for s in found["stops"]][:2] == ["一站", "失落之站"]
    assert [s["located"] for s in found["stops"]] == [True, False, True, True]
    assert found["stops"][1]["lon"] is None
    first, second = found["legs"]
    assert first["at_least"] is True
    assert abs(first["metres"] - 300) < 2
    assert second["seconds"] is None
    assert "no way" in second["problem"]
    assert found["geometry"]["type"] == "MultiLineString"


def test_gpx(client: TestClient) -> None:
    answer = client.get("/routes/R1.gpx")
    assert answer.headers["content-type"] == "application/gpx+xml"
    gpx = gpxpy.parse(answer.text)
    assert gpx.name == "红色线路<b>&"
    assert "失落之站" in gpx.description
    assert "无坐标" in gpx.description
    assert len(gpx.waypoints) == 3
    assert [len(t.segments) for t in gpx.tracks] == [1]
    assert abs(gpx.length_2d() - 300) < 5


def test_a_route_nobody_can_walk_is_still_one(client: TestClient) -> None:
    assert client.get("/routes/R2").json()["geometry"] is None
    assert "无处" in gpxpy.parse(client.get("/routes/R2.gpx").text).description


def test_no_such_route(client: TestClient) -> None:
    for path in ("/routes/R9", "/routes/R9.gpx", "/routes/%3Cscript%3E"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
