"""The frame round every route: one snapshot a request, tags, packing, limits, counts, logs."""

from __future__ import annotations

import asyncio
import csv
import gzip
import io
import json
import logging
import re
import shutil
import threading
import time
import weakref
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import brotli
import httpx2
import pytest
from fastapi import FastAPI, Response
from fastapi.testclient import TestClient

from api.answers import Answers
from api.app import create_app
from api.compression import negotiate
from api.deps import Service
from api.holder import Holder, point_to, read_service
from api.limits import Buckets
from api.logs import JsonLines
from api.sealing import seal
from api.settings import Settings, read_settings
from servicecircle.errors import InputError
from tests.bundles import reseal
from tests.town import lonlat

LON, LAT = lonlat(500, 500)
LATER = "2030-01-01"
MARK = "0.123"


@pytest.fixture(scope="module")
def two(built: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two bundles that differ in a date of the manifest and in every number of a table, and a map each."""
    folder = tmp_path_factory.mktemp("two")
    first, second = (Path(shutil.copytree(built, folder / name)) for name in ("first", "second"))
    table = second / "tables" / "coverage.csv"
    rows = list(csv.DictReader(io.StringIO(table.read_text("utf-8-sig"))))
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(row | {"share": MARK} for row in rows)
    reseal(second, data_date=LATER)
    for bundle, word in ((first, "first"), (second, "second")):
        (bundle / "maps").mkdir()
        (bundle / "maps" / "study.html").write_text(f"<!DOCTYPE html><style>b{{}}</style><p>{word}" * 50, "utf-8")
    return first, second


@pytest.fixture(scope="module")
def snapshots(two: tuple[Path, Path], study_folder: Path) -> dict[Path, Service]:
    """Read each bundle once."""
    return {folder: read_service(Settings(bundle=folder, data=study_folder)) for folder in two}


@pytest.fixture
def quick(snapshots: dict[Path, Service], monkeypatch: pytest.MonkeyPatch) -> None:
    """Swap without reading again what was read: for tests that are about what comes after."""

    def found(settings: Settings) -> Service:
        known = snapshots.get(settings.bundle)
        return read_service(settings) if known is None else known

    monkeypatch.setattr("api.holder.read_service", found)


@pytest.fixture
def framed(two: tuple[Path, Path], study_folder: Path, quick: None) -> FastAPI:
    assert quick is None
    return create_app(Settings(bundle=two[0], data=study_folder, rate_per_s=0))


@pytest.fixture
def asking(framed: FastAPI) -> TestClient:
    return TestClient(framed)


def test_a_swap_changes_every_answer_of_the_bundle(framed: FastAPI, asking: TestClient, two: tuple[Path, Path]) -> None:
    paths = ("/coverage", "/tables/targets", "/map", "/collections", "/", "/routes", "/family/data.json")
    old = {path: asking.get(path) for path in paths}
    digest = asking.get("/readyz").json()["bundle_sha256"]
    framed.state.holder.swap(two[1])
    assert asking.get("/readyz").json()["bundle_sha256"] != digest
    for path, before in old.items():
        after = asking.get(path, headers={"If-None-Match": before.headers["etag"]})
        assert after.status_code == 200, path
        assert after.headers["etag"] != before.headers["etag"]
    assert asking.get("/coverage").json()["data_date"] == LATER
    assert asking.get("/family/data.json").json()["data_date"] == LATER
    assert "second" in asking.get("/map").text


def test_a_request_ends_on_the_snapshot_it_began_with(
    framed: FastAPI, asking: TestClient, two: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go = threading.Event(), threading.Event()
    holder: Holder = framed.state.holder

    def slow(*_: object) -> list[object]:
        if not begun.is_set():
            begun.set()
            assert go.wait(60)
        return []

    monkeypatch.setattr("api.questions.Questions.nearest", slow)
    before = holder.current.bundle.manifest.data_date
    with ThreadPoolExecutor(1) as other:
        running = other.submit(asking.get, "/nearest", params={"lon": LON, "lat": LAT})
        assert begun.wait(5)
        holder.swap(two[1])
        assert asking.get("/nearest", params={"lon": LON, "lat": LAT}).json()["data_date"] == LATER
        go.set()
        assert running.result(10).json()["data_date"] == before != LATER


def test_no_answer_is_half_of_two_bundles(framed: FastAPI, asking: TestClient, two: tuple[Path, Path]) -> None:
    """One tag, one content, too."""
    done = threading.Event()
    seen: dict[tuple[str, str], bytes] = {}

    def ask(path: str) -> int:
        count = 0
        while not done.is_set():
            answer = asking.get(path)
            assert answer.status_code == 200
            assert seen.setdefault((path, answer.headers["etag"]), answer.content) == answer.content
            if path == "/coverage":
                told = answer.json()
                assert {row["share"] == float(MARK) for row in told["coverage"]} == {told["data_date"] == LATER}
            count += 1
        return count

    with ThreadPoolExecutor(2) as threads:
        running = [threads.submit(ask, path) for path in ("/coverage", "/map")]
        try:
            for i in range(30):
                time.sleep(0.02)
                framed.state.holder.swap(two[i % 2])
        finally:
            done.set()
        assert min(job.result(10) for job in running) > 3
    assert len(seen) == 4


def test_a_bundle_that_is_not_sound_is_refused_and_the_old_one_serves_on(
    framed: FastAPI, asking: TestClient, two: tuple[Path, Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broken = Path(shutil.copytree(two[1], tmp_path / "broken"))
    layer = broken / "layers" / "network.parquet"
    layer.write_bytes(layer.read_bytes()[:-100])
    before = asking.get("/coverage")
    with pytest.raises(InputError, match=r"network\.parquet"):
        framed.state.holder.swap(broken)
    again = asking.get("/coverage")
    assert (again.content, again.headers["etag"]) == (before.content, before.headers["etag"])
    told = asking.get("/readyz")
    assert told.status_code == 200
    assert told.json()["status"] == "stale"
    assert any("network.parquet" in fault for fault in told.json()["refused"])
    assert str(tmp_path) not in told.text
    assert 'servicecircle_reloads_total{outcome="refused"} 1.0' in asking.get("/metrics").text
    framed.state.holder.reload()  # its own folder again
    assert asking.get("/readyz").json()["status"] == "ready"
    assert caplog.records is not None


@pytest.mark.parametrize("failure", [ValueError("odd"), MemoryError(), ArithmeticError("deep in a library")])
def test_whatever_fails_while_a_bundle_is_read_refuses_it(
    two: tuple[Path, Path], study_folder: Path, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    def fail(*_: object) -> None:
        raise failure

    monkeypatch.setattr("api.holder.build_collection", fail)
    with pytest.raises(InputError, match=type(failure).__name__):
        create_app(Settings(bundle=two[0], data=study_folder))


def test_a_folder_that_changes_while_it_is_read_is_refused(
    two: tuple[Path, Path], study_folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(two[0], tmp_path / "build"))

    def touch(_: object) -> dict[str, object]:
        (folder / "tables" / "targets.csv").write_text("target\n", "utf-8")
        return {}

    monkeypatch.setattr("api.holder.read_files", touch)
    with pytest.raises(InputError, match="changed while it was read"):
        create_app(Settings(bundle=folder, data=study_folder))


def test_the_watch_waits_until_a_change_has_come_to_rest(framed: FastAPI, two: tuple[Path, Path]) -> None:
    holder: Holder = framed.state.holder
    holder.swap(two[0])
    drawn = two[0] / "maps" / "study.html"
    assert [holder.has_changed(), holder.has_changed()] == [False, False]
    drawn.write_text(drawn.read_text("utf-8") + "<p>more", "utf-8")
    assert [holder.has_changed(), holder.has_changed()] == [False, True]
    holder.swap()
    assert [holder.has_changed(), holder.has_changed()] == [False, False]


def test_a_link_leads_to_one_bundle_or_the_other(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    link = tmp_path / "current"
    for name in ("a", "b", "a"):
        point_to(link, tmp_path / name)
        assert link.resolve() == tmp_path / name
    with pytest.raises(InputError, match="not a link"):
        point_to(tmp_path / "a", tmp_path / "b")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "current"]


READ = [
    *("/coverage", "/gaps", "/ledger", "/lights", "/tables/targets", "/routes", "/routes/R1", "/routes/R1.gpx"),
    *("/conformance", "/collections", "/collections/facilities", "/collections/facilities/items?limit=2"),
    *("/collections/facilities/items/S1", "/", "/docs", "/openapi.json", "/map", "/static/site.css"),
]


@pytest.mark.parametrize("path", READ)
def test_what_is_read_has_a_strong_tag_a_coding(asking: TestClient, path: str) -> None:
    tags = {}
    for coding in ("identity", "gzip", "br"):
        given = {"Accept-Encoding": coding}
        answer = asking.get(path, headers=given)
        assert answer.status_code == 200
        assert "Accept-Encoding" in answer.headers["vary"]
        tags[coding] = answer.headers["etag"]
        assert re.fullmatch(r'"[0-9a-f]{24}"', tags[coding])
        for known in (tags[coding], f'"x", W/{tags[coding]}', "*"):
            again = asking.get(path, headers=given | {"If-None-Match": known})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == tags[coding]
    assert len(set(tags.values())) == 3
    plain = {"Accept-Encoding": "identity", "If-None-Match": tags["br"]}
    assert asking.get(path, headers=plain).status_code == 200


@pytest.mark.parametrize("path", ["/gaps", "/collections/facilities/items?limit=2", "/routes/R1.gpx", "/"])
def test_who_asks_the_same_is_given_the_same_and_nothing_is_made_twice(
    asking: TestClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"Accept-Encoding": "br", "Host": "again.example"}
    first = asking.get(path, headers=given)
    monkeypatch.setattr(Answers, "keep", lambda *_: pytest.fail("made twice"))
    again = asking.get(path, headers=given)
    assert (again.status_code, again.content, again.headers) == (200, first.content, first.headers)
    assert asking.get(path, headers=given | {"If-None-Match": first.headers["etag"]}).status_code == 304


def test_kept_answers_take_no_more_room_than_they_may() -> None:
    answers = Answers(room=1 << 20)
    for k in range(100):
        answers.keep(str(k), Response(b"x" * 50_000))
        assert answers.find("0" if k < 15 else str(k)) is not None
    held = [k for k in range(100) if answers.find(str(k)) is not None]
    assert held[-10:] == list(range(90, 100))
    assert len(held) * 50_000 < 1 << 20
    answers.keep("large", Response(b"x" * (2 << 20)))
    assert answers.find("large") is None


def test_a_tag_is_of_one_question_and_one_address(asking: TestClient) -> None:
    def tag(path: str, **headers: str) -> str:
        return asking.get(path, headers=headers).headers["etag"]

    found = [tag("/gaps"), tag("/gaps?tier=school"), tag("/gaps", Host="other.example"), tag("/lights")]
    assert len(set(found)) == 4
    assert tag("/gaps") == found[0]


def test_what_is_missing_or_wrong_is_never_unchanged(asking: TestClient) -> None:
    for path, status in (("/tables/none", 422), ("/collections/none", 404), ("/gaps?cause=x", 422)):
        answer = asking.get(path, headers={"If-None-Match": "*"})
        assert answer.status_code == status
        assert "etag" not in answer.headers
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/nearest", "/circle", "/healthz", "/readyz", "/metrics", "/nowhere"])
def test_what_is_not_of_the_bundle_alone_is_kept_by_nobody(asking: TestClient, path: str) -> None:
    answer = asking.get(path, params={"lon": LON, "lat": LAT} if path in {"/nearest", "/circle"} else {})
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers


@pytest.mark.parametrize("path", ["/gaps", "/map", "/circle", "/docs"])
def test_packed_answers_are_the_plain_ones(asking: TestClient, path: str) -> None:
    asked = {"lon": LON, "lat": LAT} if path == "/circle" else {}
    bodies = {}
    for coding in ("identity", "gzip", "br"):
        with asking.stream("GET", path, params=asked, headers={"Accept-Encoding": coding}) as answer:
            bodies[coding] = b"".join(answer.iter_raw())
            assert answer.headers.get("content-encoding", "identity") == coding
            assert int(answer.headers["content-length"]) == len(bodies[coding])
    assert gzip.decompress(bodies["gzip"]) == brotli.decompress(bodies["br"]) == bodies["identity"]
    assert len(bodies["br"]) < len(bodies["identity"]) / 1.5


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [("br;q=1.0, gzip", "br"), ("GZIP", "gzip"), ("*", "br"), ("br;q=0,*", "gzip"), ("", ""), ("gzip; q=0.000", "")],
)
def test_negotiation(accepted: str, coding: str) -> None:
    assert negotiate(accepted) == coding


def test_pages_made_elsewhere_are_sealed_by_hash() -> None:
    page, policy = seal(
        '<style>p{}</style><p class="a" style="color:red">x</p><i style="color:red"></i><b style="x}b{y"></b>'
        '<script type="application/json">{"a": "<b style=\\"x\\">"}</script><script>go("<b style=x>")</script>'
    )
    assert '<p class="own-0 a">x</p><i class="own-0"></i>' in page
    assert '<b style="x}b{y"></b>' in page, "what could end its own rule is not let in"
    assert '{"a": "<b style=\\"x\\">"}' in page
    assert policy.count("sha256-") == 2
    assert "unsafe" not in policy


def _every_route(app: FastAPI) -> list[tuple[str, str]]:
    """Return a method and a path of every route, nested ones too, with something in each gap."""
    found = []
    waiting = list(app.routes)
    while waiting:
        route = waiting.pop()
        waiting += getattr(route, "routes", None) or getattr(getattr(route, "original_router", None), "routes", [])
        if getattr(route, "methods", None):
            path = re.sub(r"\{[^}]*\}", "x", route.path)
            found += [(method, path) for method in route.methods]
    return found


@pytest.mark.usefixtures("quick")
def test_every_route_is_limited(two: tuple[Path, Path], study_folder: Path) -> None:
    app = create_app(Settings(bundle=two[0], data=study_folder, rate_per_s=0.001, burst=1))
    client = TestClient(app)
    assert client.get("/healthz").status_code == 200
    routes = _every_route(app)
    assert {"/nearest", "/map", "/metrics", "/family", "/collections/x/items"} <= {path for _, path in routes}
    for method, path in [*routes, ("GET", "/nowhere")]:
        answer = client.request(method, path)
        assert answer.status_code == 429, path
        assert int(answer.headers["retry-after"]) > 0
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_buckets_fill_again_and_are_not_shared() -> None:
    now = 0.0
    buckets = Buckets(2.0, 3, lambda: now)
    assert [buckets.take("192.0.2.1") for _ in range(4)] == [True, True, True, False]
    assert buckets.take("192.0.2.2")
    now = 0.5
    assert [buckets.take("192.0.2.1"), buckets.take("192.0.2.1")] == [True, False]
    assert [buckets.take(f"2001:db8::{i}") for i in range(4)] == [True, True, True, False], "one home"
    assert buckets.take("2001:db8:1::1")
    assert not buckets.take("::ffff:192.0.2.1")
    assert [Buckets(0, 1).take("x") for _ in range(3)] == [True] * 3


def test_buckets_do_not_grow_without_end() -> None:
    buckets = Buckets(1.0, 1)
    for i in range(25_000):
        buckets.take(f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}")
    assert len(buckets._left) <= 20_000  # noqa: SLF001


@pytest.mark.parametrize("declared", [True, False])
def test_a_long_body_is_refused_however_it_comes(asking: TestClient, declared: bool) -> None:  # noqa: FBT001
    body = b" " * 70_000
    parts = iter([body[i : i + 1000] for i in range(0, len(body), 1000)])
    answer = asking.post("/nearest", content=body if declared else parts, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert "65536 bytes" in answer.json()["detail"]


@pytest.mark.usefixtures("quick")
def test_a_slow_body_is_refused(two: tuple[Path, Path], study_folder: Path) -> None:
    app = create_app(Settings(bundle=two[0], data=study_folder, body_s=0.1))

    async def trickle() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" "
            await asyncio.sleep(0.05)

    async def ask() -> int:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://t") as client:
            return (await client.post("/nearest", content=trickle())).status_code

    assert asyncio.run(ask()) == 408


@pytest.mark.usefixtures("quick")
def test_too_many_at_once_is_503(two: tuple[Path, Path], study_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app(Settings(bundle=two[0], data=study_folder, at_once=2, queue=50))
    go = threading.Event()
    monkeypatch.setattr("api.questions.Questions.nearest", lambda *_: go.wait(10) and [])

    async def ask() -> list[tuple[int, str]]:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://t") as client:
            path = f"/nearest?lon={LON}&lat={LAT}"
            jobs = [asyncio.create_task(client.get(path)) for _ in range(5)]
            asyncio.get_running_loop().call_later(0.3, go.set)
            answers = [await job for job in jobs]
            answers.append(await client.get(path))
            return [(a.status_code, a.headers.get("retry-after", "")) for a in answers]

    found = asyncio.run(ask())
    assert sorted(found[:5]) == [(200, ""), (200, ""), (503, "2"), (503, "2"), (503, "2")]
    assert found[5] == (200, ""), "and recovers"


def test_metrics_name_templates_never_paths(asking: TestClient) -> None:
    asking.get("/collections/facilities/items/S1")
    asking.get(f"/collections/secret-{LON}")
    asking.get(f"/{LON},{LAT}")
    asking.request("BREW", "/gaps")
    text = asking.get("/metrics").text
    assert 'route="/collections/{layer}/items/{feature_id:path}",status="200"' in text
    assert 'method="(other)"' in text
    assert 'route="(no route)",status="404"' in text
    assert str(LON)[:6] not in text
    assert "secret" not in text
    assert re.search(r'servicecircle_bundle\{data_date="[^"]+",digest="[0-9a-f]{64}"\} 1\.0', text)
    assert "servicecircle_requests_running 1.0" in text


def test_a_thousand_questions_leave_no_coordinate_in_any_log(
    asking: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    asked = 120
    with caplog.at_level(logging.DEBUG):
        for i in range(asked):
            lon, lat = f"{LON + i * 1e-5:.6f}", f"{LAT + i * 1e-5:.6f}"
            path = ("/circle?minutes=x&lon={0}&lat={1}", "/walk?from={0},{1}", "/{0},{1}", "/routes/{0},{1}",
                    "/collections/facilities/items?bbox={0},{1},{0},{1}", "/report/{0}/{1}.html")[i % 6]  # fmt: skip
            asking.get(path.format(lon, lat), headers={"Referer": f"/{lon}", "User-Agent": lat})
    ours = [r for r in caplog.records if not r.name.startswith("httpx")]
    lines = [JsonLines().format(r) for r in ours] + [r.getMessage() for r in ours]
    assert len(lines) >= 2 * asked
    assert not [line for line in lines if re.search(r"\d+\.\d{4}", line)]


def test_json_lines_are_json() -> None:
    record = logging.makeLogRecord({"name": "api.access", "msg": "GET %s", "args": ("/gaps",), "told": {"status": 200}})
    told = json.loads(JsonLines().format(record))
    assert (told["message"], told["status"], told["logger"]) == ("GET /gaps", 200, "api.access")
    assert told["at"].endswith("+00:00")


def test_framing_and_reading_from_elsewhere_are_off_unless_set(
    asking: TestClient, two: tuple[Path, Path], study_folder: Path
) -> None:
    elsewhere = {"Origin": "https://school.example"}
    plain = asking.get("/family", headers=elsewhere)
    assert "frame-ancestors 'none'" in plain.headers["content-security-policy"]
    assert plain.headers["x-frame-options"] == "DENY"
    assert "access-control-allow-origin" not in plain.headers
    origin = elsewhere["Origin"]
    given = Settings(bundle=two[0], data=study_folder, embed=f"{origin},https://b.example", cors=origin)
    opened = TestClient(create_app(given)).get("/map", headers=elsewhere)
    policy = opened.headers["content-security-policy"]
    assert "frame-ancestors 'self' https://school.example https://b.example" in policy
    assert "x-frame-options" not in opened.headers
    assert opened.headers["access-control-allow-origin"] == origin


@pytest.mark.parametrize(
    "given",
    [
        {"embed": "*"},
        {"cors": "*"},
        {"embed": "https://a.b; script-src *"},
        {"trusted_proxies": "*"},
        {"log_format": "x"},
    ],
)
def test_settings_that_would_open_everything_are_refused(given: dict[str, str]) -> None:
    with pytest.raises(InputError):
        read_settings(given, {})


@pytest.mark.parametrize("path", ["/", "/docs", "/map", "/family", "/nowhere", "/openapi.json"])
def test_no_page_of_ours_trusts_what_is_inline(asking: TestClient, path: str) -> None:
    policy = asking.get(path).headers["content-security-policy"]
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy


def test_every_refusal_is_documented(asking: TestClient) -> None:
    document = asking.get("/openapi.json").json()
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert {"404", "413", "422", "429", "503"} <= set(operation["responses"]), path
            assert "application/problem+json" in operation["responses"]["422"]["content"]


def test_an_old_snapshot_is_let_go(
    framed: FastAPI, asking: TestClient, two: tuple[Path, Path], snapshots: dict[Path, Service]
) -> None:
    framed.state.holder.swap(two[1])
    asking.get("/nearest", params={"lon": LON, "lat": LAT})
    old = weakref.ref(snapshots.pop(two[1]).bundle.layers["network"])
    framed.state.holder.swap(two[0])
    asking.get("/coverage")
    assert old() is None
    assert len([t for t in threading.enumerate() if t.name.startswith("answer")]) < 20
