"""The geocoder against a service of our own: answers, bad answers, silence. The key is never said."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
import shapely

from servicecircle.ingest.geocoder import Geocoded, Geocoder, Manners

KEY = "k3y-of-a-person"
DISTRICT = shapely.box(106.47, 29.53, 106.59, 29.58)
HASTY = Manners(interval_s=0.0, timeout_s=0.4, backoff_s=0.01, tries=2)
Reply = Callable[[BaseHTTPRequestHandler], None]


def says(body: object, status: int = 200, **headers: str) -> Reply:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    return reply


def place(
    lon: object = "106.5433", lat: object = 29.5657, score: object = 100, level: str = "门址"
) -> dict[str, object]:
    location = {"lon": lon, "lat": lat, "score": score, "level": level, "keyWord": KEY}
    return {"msg": "ok", "status": "0", "location": location, "searchVersion": "6.4.9V"}


class Service(ThreadingHTTPServer):
    """Answers with the given replies in turn, the last one for ever, and remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.replies: list[Reply] = []
        self.asked: list[tuple[float, dict[str, list[str]]]] = []

    def geocoder(self, *replies: Reply, manners: Manners = HASTY) -> Geocoder:
        """Return a geocoder that asks here."""
        self.replies = list(replies)
        address = f"http://127.0.0.1:{self.server_address[1]}/geocoder"
        return Geocoder(KEY, DISTRICT, "重庆市渝中区", address=address, manners=manners)


class Handler(BaseHTTPRequestHandler):
    """One question to the service."""

    server: Service

    def do_GET(self) -> None:
        """Give the next reply."""
        self.server.asked.append((time.monotonic(), parse_qs(urlsplit(self.path).query)))
        self.server.replies[min(len(self.server.asked), len(self.server.replies)) - 1](self)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep quiet."""


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setenv("no_proxy", "*")
    with Service() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_an_exact_answer(service: Service) -> None:
    found = service.geocoder(says(place())).locate("中山四路65号").found
    assert found is not None
    assert (found.lon, found.lat, found.confidence) == (106.5433, 29.5657, "address")
    assert (found.redistributable, found.licence) == (False, "unclear (天地图 service)")
    assert found.source == "天地图 geocoder, score 100, 门址"
    ((_, asked),) = service.asked
    assert json.loads(asked["ds"][0]) == {"keyWord": "重庆市渝中区中山四路65号"}
    assert asked["tk"] == [KEY]


@pytest.mark.parametrize(
    ("answer", "confidence", "note"),
    [
        (place(score=89), "street", ""),
        (place(level="道路"), "street", ""),
        (place(score="95"), "address", ""),
        (place(score=59), None, "not sure enough"),
        (place(level="区县"), None, "not sure enough"),
        (place(lon=116.4, lat=39.9), None, "outside the district"),
        ({"status": "404", "msg": "无结果"}, None, "knows no such address"),
        ({"status": 404, "msg": "无结果"}, None, "knows no such address"),
        ({"status": "0"}, None, "knows no such address"),
        ({"status": "1", "msg": KEY}, None, "refused the question"),
        (place(lon="nan"), None, "not understood"),
        (place(lat=91), None, "not understood"),
        (place(score=1e9), None, "not understood"),
        ({}, None, "not understood"),
        ([], None, "not understood"),
        (b"<html>busy</html>", None, "not understood"),
        (b"\xff\xfe", None, "not understood"),
        (b"[" * 60_000, None, "not understood"),
        (b"", None, "not understood"),
        (b" " * 1_000_000, None, "far too long"),
    ],
)
def test_answers(service: Service, answer: object, confidence: str | None, note: str) -> None:
    geocoded = service.geocoder(says(answer)).locate("中山四路65号")
    assert (geocoded.found and geocoded.found.confidence) == confidence
    assert note in geocoded.note
    assert bool(geocoded.note) == (confidence is None)
    assert KEY not in str(geocoded)
    assert len(service.asked) == 1


def test_a_busy_service_is_asked_again_later(service: Service) -> None:
    geocoder = service.geocoder(says({}, 429, Retry_After="1"), says(place()), manners=Manners(0.0, 2.0, 0.01, 2))
    assert geocoder.locate("中山四路65号").found
    (first, _), (second, _) = service.asked
    assert second - first >= 1.0


def test_a_service_that_stays_busy_is_left_alone(service: Service) -> None:
    geocoder = service.geocoder(says({}, 503, Retry_After="soon"))
    notes = [geocoder.locate("中山四路65号").note for _ in range(5)]
    assert notes[0] == "天地图: the service fails (HTTP 503)"
    assert notes[3] == notes[4] == "天地图 was not asked: it failed 3 times in a row"
    assert len(service.asked) == 3 * HASTY.tries


def test_one_good_answer_makes_up_for_failures(service: Service) -> None:
    bad, good = says({}, 400), says(place())
    geocoder = service.geocoder(bad, bad, good, bad, bad, good)
    assert [bool(geocoder.locate("x").found) for _ in range(6)] == [False, False, True, False, False, True]


def test_a_refused_key_is_not_tried_again(service: Service) -> None:
    geocoder = service.geocoder(says({"msg": f"key {KEY} is wrong"}, 403))
    assert geocoder.locate("x").note == "天地图: the key was refused (HTTP 403)"
    assert "refused the key" in geocoder.locate("y").note
    assert len(service.asked) == 1


def test_the_key_follows_no_redirect(service: Service) -> None:
    port = service.server_address[1]
    geocoder = service.geocoder(says({}, 302, Location=f"http://127.0.0.1:{port}/elsewhere?tk={KEY}"), says(place()))
    assert geocoder.locate("x") == Geocoded(None, "天地图: HTTP 302")
    assert len(service.asked) == 1


@pytest.mark.parametrize("drips", [False, True])
def test_silence_ends(service: Service, *, drips: bool) -> None:
    def silent(handler: BaseHTTPRequestHandler) -> None:
        if drips:
            handler.send_response(200)
            handler.end_headers()
        for _ in range(20):
            time.sleep(0.1)
            try:
                handler.wfile.write(b" " if drips else b"")
            except OSError:
                return

    begin = time.monotonic()
    geocoded = service.geocoder(silent).locate("x")
    assert geocoded == Geocoded(None, "天地图: no answer in time")
    assert time.monotonic() - begin < 1.8
    assert len(service.asked) == HASTY.tries


def test_a_broken_connection(service: Service) -> None:
    geocoded = service.geocoder(lambda handler: handler.wfile.write(b"nonsense\r\n\r\n")).locate("x")
    assert geocoded == Geocoded(None, "天地图: cannot be reached")


def test_nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    geocoder = Geocoder(KEY, DISTRICT, address="http://127.0.0.1:9/geocoder", manners=HASTY)
    geocoded = geocoder.locate("x")
    assert geocoded == Geocoded(None, "天地图: cannot be reached")
    assert KEY not in repr(geocoder)


def test_questions_keep_their_distance(service: Service) -> None:
    geocoder = service.geocoder(says(place()), manners=Manners(interval_s=0.15))
    for _ in range(3):
        geocoder.locate("x")
    first, second, third = (moment for moment, _ in service.asked)
    assert min(second - first, third - second) >= 0.14


@pytest.mark.parametrize(
    ("key", "address"), [("", "https://example.org"), (KEY, "file:///etc/passwd"), (KEY, "ftp://x")]
)
def test_without_a_key_or_over_another_scheme_nothing_is_built(key: str, address: str) -> None:
    with pytest.raises(ValueError, match="needs a key") as error:
        Geocoder(key, DISTRICT, address=address)
    assert KEY not in str(error.value)
