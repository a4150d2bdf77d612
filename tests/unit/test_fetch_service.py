"""The map's services, asked on this machine: whole answers, bad ones, silence; nothing twice, nothing half."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import geopandas as gpd
import osmnx
import pyproj
import pytest
import shapely

from servicecircle.errors import InputError
from servicecircle.fetching.area import area_of
from servicecircle.ingest.osm_answers import write_answers
from servicecircle.ingest.osm_service import Service, download, find_place
from tests.conftest import Silent
from tests.osm_town import OsmService, OsmTown, Questions, Reply, serving

WANTED = {"building": True, "amenity": ["school", "library"]}
TOWN = OsmTown()
REACH = area_of(TOWN.outline, "t", "by hand", identity="t", buffer_m=1500.0).reach


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[OsmService]:
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr("osmnx._nominatim.time", SimpleNamespace(sleep=lambda _: None))
    plane = pyproj.CRS.from_user_input(TOWN.crs)  # looked up anew for every question: most of the time of these tests
    monkeypatch.setattr(gpd.GeoDataFrame, "estimate_utm_crs", lambda _: plane)
    with serving(TOWN) as found:
        yield found


def service(server: OsmService, tmp_path: Path, **other: float) -> Service:
    hasty = {"interval_s": 0.0, "timeout_s": 5.0, "backoff_s": 0.01, "tries": 3, **other}
    return replace(Service(tmp_path / "cache", f"{server.address}/api", server.address), **hasty)  # type: ignore[arg-type]


def busy(status: int, **headers: str) -> Reply:
    return lambda question: question.say(b"<html>busy</html>", status, **headers)


def cut(question: Questions) -> None:
    question.say(json.dumps(TOWN.answer('way["highway"](poly')).encode()[:2000])


def dropped(question: Questions) -> None:
    question.send_response(200)
    question.send_header("Content-Length", "100000")
    question.end_headers()
    question.wfile.write(b'{"version": 0.6, "elements": [')


def remarks(question: Questions) -> None:
    remark = 'runtime error: Query timed out in "query" at line 1 after 180 seconds.'
    question.say(json.dumps({"version": 0.6, "elements": [], "remark": remark}).encode())


def silent(_: Questions) -> None:
    time.sleep(0.6)


def words(answers: list[Path]) -> list[object]:
    return [json.loads(path.read_bytes()) for path in answers]


def test_a_whole_answer_is_kept_and_asked_for_once(server: OsmService, tmp_path: Path) -> None:
    asked = service(server, tmp_path)
    first = download(REACH, WANTED, asked, Silent())
    questions = len(server.asked)
    assert questions == 3 + len(WANTED)  # streets, platforms, piers; then a key each
    assert {agent for *_, agent in server.asked} == {asked.user_agent}
    assert download(REACH, WANTED, asked, Silent()) == first
    assert len(server.asked) == questions


def test_every_tag_and_way_of_the_filters_is_asked_for(server: OsmService, tmp_path: Path) -> None:
    moment = write_answers(download(REACH, WANTED, service(server, tmp_path), Silent()), tmp_path / "all.osm.pbf")
    assert moment.startswith("2026-04-26")
    text = " ".join(question for _, question, _ in server.asked)
    for part in ("highway|aerialway", "platform", "pier", "'building'", "'amenity'='school'", "'amenity'='library'"):
        assert part in text


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (busy(429, Retry_After="0"), "429"),
        (busy(504), "504"),
        (cut, "cut short"),
        (dropped, "cannot be reached"),
        (remarks, "Query timed out"),
        (silent, "cannot be reached"),
    ],
)
def test_a_bad_answer_is_asked_for_again_and_then_given_up_in_words(
    reply: Reply, told: str, server: OsmService, tmp_path: Path
) -> None:
    asked = service(server, tmp_path, timeout_s=0.3 if reply is silent else 5.0)
    server.first = [reply, reply]
    right = words(download(REACH, {}, asked, Silent()))
    assert len(server.asked) == 2 + 3
    server.first = [reply] * 3
    with pytest.raises(InputError, match=told):
        download(REACH, WANTED, asked, Silent())
    assert words(sorted((tmp_path / "cache").rglob("*.json"))) == right  # nothing half taken


def test_the_wait_is_what_the_service_asks_for(server: OsmService, tmp_path: Path) -> None:
    server.first = [busy(429, Retry_After="1")]
    download(REACH, {}, service(server, tmp_path), Silent())
    assert server.asked[1][0] - server.asked[0][0] >= 1.0


def test_a_refusal_is_not_argued_with(server: OsmService, tmp_path: Path) -> None:
    server.first = [busy(400)]
    with pytest.raises(InputError, match="HTTP 400"):
        download(REACH, WANTED, service(server, tmp_path), Silent())
    assert len(server.asked) == 1


def test_an_interrupted_fetch_goes_on_where_it_was(server: OsmService, tmp_path: Path) -> None:
    asked = service(server, tmp_path, tries=1)
    for _ in range(3):
        server.first = [lambda q: q.say(json.dumps(TOWN.answer("")).encode()), busy(504)]
        with pytest.raises(InputError, match="504"):
            download(REACH, WANTED, asked, Silent())
    before = len(server.asked)
    answers = download(REACH, WANTED, asked, Silent())
    assert len(server.asked) - before == 2  # three of five were kept
    answers[0].write_bytes(answers[0].read_bytes()[:50])  # ended while it wrote
    download(REACH, WANTED, asked, Silent())
    assert len(server.asked) - before == 3


def test_nobody_else_feels_our_settings(server: OsmService, tmp_path: Path) -> None:
    names = [name for name in dir(osmnx.settings) if name.islower() and not name.startswith("_")]
    before = {name: getattr(osmnx.settings, name) for name in names}
    resolve = socket.getaddrinfo
    server.first = [busy(400)]
    with pytest.raises(InputError):
        download(REACH, WANTED, service(server, tmp_path), Silent())
    find_place("山城区", service(server, tmp_path))
    assert {name: getattr(osmnx.settings, name) for name in names} == before
    assert socket.getaddrinfo is resolve


def test_a_place_is_found_by_name(server: OsmService, tmp_path: Path) -> None:
    found = find_place("山城区", service(server, tmp_path))
    assert (found.ref, found.name) == ("relation/900", "山城区")
    assert shapely.equals(found.shape, TOWN.outline)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ([], "no such place on the map"),
        ([{**TOWN.found(), "geojson": {"type": "Point", "coordinates": [106.5, 29.5]}}], "no outline on the map"),
    ],
)
def test_a_place_that_is_none_is_refused(change: list[object], told: str, server: OsmService, tmp_path: Path) -> None:
    server.places = change  # type: ignore[assignment]
    with pytest.raises(InputError, match=told):
        find_place("无何有之乡", service(server, tmp_path))


@pytest.mark.parametrize(
    "element",
    [
        {"type": "node", "id": 1, "lon": 200, "lat": 0},
        {"type": "node", "id": 1},
        {"type": "way", "id": 1, "tags": {"highway": "steps"}},
        {"type": "way", "id": "x", "nodes": []},
        {"type": "area", "id": 1},
    ],
)
def test_an_answer_of_nonsense_is_refused(element: object, tmp_path: Path) -> None:
    path = tmp_path / "answer.json"
    path.write_text(json.dumps({"elements": [element]}), "utf-8")
    with pytest.raises(InputError, match="not an Overpass answer"):
        write_answers([path], tmp_path / "out.osm.pbf")
