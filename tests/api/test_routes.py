"""Study routes: list, detail, files, pages, designs."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import gpxpy
import numpy as np
import pandas as pd
import pytest
import shapely
from fastapi.testclient import TestClient

from servicecircle.datum import Datum, from_wgs84
from servicecircle.publish.tables import finite
from tests.api.conftest import HOSTILE
from tests.town import lonlat

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def ids(client: TestClient, **asked: object) -> list[str]:
    return [r["route_id"] for r in client.get("/routes", params=asked).json()["routes"]]


def test_list(client: TestClient, built: Path) -> None:
    routes = client.get("/routes").json()["routes"]
    published = [r for r in routes if r["provenance"] == "published"]
    assert [(r["route_id"], r["stops"], r["stops_located"]) for r in published] == [("R1", 4, 3), ("R2", 1, 0)]
    proposed = gpd.read_parquet(built / "layers" / "proposed_routes.parquet")
    assert [r["route_id"] for r in routes[2:]] == proposed["route_id"].tolist() != []
    assert [r["seconds"] for r in routes[2:]] == [finite(value) for value in proposed["walk_s"]]
    for link in routes[0]["links"] + routes[2]["links"]:
        assert client.get(link["href"]).status_code == 200


def test_filters(client: TestClient) -> None:
    assert ids(client, provenance="published") == ["R1", "R2"]
    assert ids(client, theme="tour") == ["R2"]
    assert ids(client, provenance="published", max_metres=400) == ["R1"], "of R2 nothing is known: not within a limit"
    assert ids(client, provenance="published", max_metres=200) == []
    assert ids(client, max_steps=0, theme="red", provenance="published") == ["R1"]
    assert ids(client, step_free="yes", provenance="published") == ["R1"]
    assert ids(client, start="S1") == ["P-S1"]
    assert ids(client, limit=1, offset=1) == ["R2"]
    assert {link["rel"] for link in client.get("/routes?limit=1&offset=1").json()["links"]} == {"self", "next", "prev"}
    for asked in ({"provenance": "mine"}, {"max_metres": "nan"}, {"max_steps": -1}, {"colour": "red"}):
        assert client.get("/routes", params=asked).status_code == 422


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


def test_a_proposed_route_is_walked_as_it_was_proposed(client: TestClient, built: Path) -> None:
    stops = gpd.read_parquet(built / "layers" / "proposed_stops.parquet")
    own = stops[stops["route_id"] == "P-S1"]
    found = client.get("/routes/P-S1").json()
    assert [s["name"] for s in found["stops"]] == own["name"].tolist()
    assert [round(leg["seconds"], 2) for leg in found["legs"]] == own["leg_s"].tolist()[1:]
    assert found["route"]["step_free"] == "yes", "a town without stairs"
    assert found["profile"][-1]["metres"] == pytest.approx(found["route"]["metres"], abs=0.1)
    assert shapely.geometry.shape(found["geometry"]).is_valid


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


@pytest.mark.parametrize("route_id", ["R1", "P-S1"])
def test_the_same_way_in_every_file_and_datum(client: TestClient, route_id: str) -> None:
    line = shapely.geometry.shape(client.get(f"/routes/{route_id}").json()["geometry"])
    plain = shapely.get_coordinates(line)
    for datum in Datum:
        expected = np.column_stack(from_wgs84(plain[:, 0], plain[:, 1], datum))
        answers = {fmt: client.get(f"/routes/{route_id}.{fmt}?datum={datum}") for fmt in ("gpx", "kml", "geojson")}
        name = f"{route_id}{'' if datum is Datum.WGS84 else f'%2B{datum}'}"
        for fmt, answer in answers.items():
            assert answer.headers["content-disposition"].endswith(f"''{name}.{fmt}")
        track = gpxpy.parse(answers["gpx"].text).tracks[0]
        points = np.array([(p.longitude, p.latitude) for s in track.segments for p in s.points])
        assert points == pytest.approx(expected, abs=2e-7)
        document = ET.fromstring(answers["kml"].text)  # noqa: S314  our own
        placed = document.iter("{http://www.opengis.net/kml/2.2}LineString")
        texts = [entry.findtext("{http://www.opengis.net/kml/2.2}coordinates", "").split() for entry in placed]
        assert np.array([t.split(",")[:2] for leg in texts for t in leg], float) == pytest.approx(expected, abs=2e-7)
        read = gpd.read_file(io.BytesIO(answers["geojson"].content))
        legs = read[read["feature"] == "leg"].geometry.dropna()
        assert shapely.get_coordinates(legs.to_numpy()) == pytest.approx(expected, abs=2e-7)
    assert client.get(f"/routes/{route_id}.gpx?datum=mars").status_code == 422


def test_a_route_nobody_can_walk_is_still_one(client: TestClient) -> None:
    assert client.get("/routes/R2").json()["geometry"] is None
    assert "无处" in gpxpy.parse(client.get("/routes/R2.gpx").text).description
    assert "无处" in client.get("/routes/R2", headers=HTML).text


def test_no_such_route(client: TestClient) -> None:
    for path in ("/routes/R9", "/routes/R9.gpx", "/routes/R9.kml", "/routes/%3Cscript%3E"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/routes", "/routes/R1", "/routes/R2", "/routes/P-S1"])
def test_pages_where_a_browser_asks(client: TestClient, path: str) -> None:
    page = client.get(path, headers=HTML)
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["vary"] == "Accept, Accept-Encoding"
    assert page.headers["etag"] != client.get(path).headers["etag"]
    assert client.get(f"{path}?f=json", headers=HTML).headers["content-type"] == "application/json"
    assert client.get(f"{path}?f=html").text == page.text
    assert '<html lang="zh-CN">' in page.text
    assert HOSTILE not in page.text
    assert not re.search(r"<[^>]* (style|on\w+)=", page.text)
    for href in re.findall(r'href="(/routes[^"#]*)"', page.text):
        assert client.get(href.replace("&amp;", "&")).status_code == 200, href


def test_page_holds_stops_legs_and_downloads(client: TestClient) -> None:
    page = client.get("/routes/R1", headers=HTML).text
    way = page[page.index('<ol class="way">') :]
    assert way.index("一站") < way.index("失落之站") < way.index("三站")
    assert "没有坐标" in page
    assert "走不通" in page
    assert "红色线路&lt;b&gt;&amp;" in page
    assert "/routes/R1.gpx?datum=gcj02" in page


def test_design_equals_the_library(client: TestClient, built: Path) -> None:
    asked = {"start": "S1", "leg_minutes": 30, "back": True}
    answer = client.post("/routes/design", json=asked)
    assert answer.headers["cache-control"] == "no-store"
    found = answer.json()
    assert found["feasible"] is True
    best = found["routes"][0]
    assert best["route"]["start_id"] == "S1"
    assert best["stops"][0]["name"] == best["stops"][-1]["name"] == "中心小学"
    assert len(best["legs"]) == len(best["stops"]) - 1
    assert sum(leg["seconds"] for leg in best["legs"]) == pytest.approx(best["route"]["seconds"], abs=0.1)
    proposed = pd.read_csv(built / "tables" / "proposals.csv", encoding="utf-8-sig").set_index("school_id")
    assert best["route"]["seconds"] == pytest.approx(proposed.loc["S1", "walk_s"], abs=0.1)


def test_a_design_does_not_name_the_position(client: TestClient) -> None:
    lon, lat = lonlat(*(520.0, 520.0))
    found = client.post("/routes/design", json={"start": [lon, lat]}).json()
    assert found["routes"][0]["stops"][0]["name"] == "起点 start"
    assert "从起点09:00出发" in found["routes"][0]["route"]["explanation_zh"]
    assert f"{lon:.6f}" not in json.dumps(found["routes"][0]["route"])
    none = client.post("/routes/design", json={"start": [lon, lat], "locked": ["V1"]})
    assert none.status_code == 200
    assert none.json()["feasible"] is False
    assert {"code": "no_way", "text_zh": "从“起点”走不到“对岸书店”"}.items() <= none.json()["reasons"][0].items()


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"start": "nobody"}, "no such place"),
        ({"start": "B3"}, "no position"),
        ({"start": [0, 0]}, "outside the area"),
        ({"start": "S1", "theme": "x"}, "unknown theme"),
        ({"start": "S1", "theme": "red", "categories": ["patriotic"]}, "one of them"),
        ({"start": "S1", "locked": ["B1", "B1"]}, "twice"),
        ({"start": "S1", "locked": ["B1"], "forbidden": ["B1"]}, "choose"),
        ({"start": "S1", "limit_minutes": 0}, "limit_minutes"),
        ({"start": "S1", "depart": "25:00"}, "09:00"),
        ({"start": "S1", "date": "2026-02-30"}, "date"),
        ({"start": "S1", "age_band": "giant"}, "age band"),
        ({"start": "S1", "colour": "red"}, "colour"),
        ({}, "start"),
    ],
)
def test_bad_designs(client: TestClient, asked: dict[str, object], says: str) -> None:
    answer = client.post("/routes/design", json=asked)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert says in answer.json()["detail"]
