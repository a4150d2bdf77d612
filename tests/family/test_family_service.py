"""What the page does beyond answers: offline, shared, kept, told to the office, whole when a record is broken."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import gpxpy
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Page

from api.routers.reports import Turnstile
from tests.family.conftest import DESKTOP, HOSTILE, PHONE, Opener

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE = """async (rules) => (await axe.run(document, {runOnly: rules})).violations
  .map((v) => [v.id, v.nodes.map((n) => n.html.slice(0, 120))])"""
STORED = """async () => {
  const names = await caches.keys();
  const stores = await Promise.all(names.map(async (name) => (await (await caches.open(name)).keys())));
  return [names, stores.flat().map((request) => [request.method, new URL(request.url).pathname])];
}"""
NAMES = "() => [...document.querySelectorAll('.row b')].map((e) => e.textContent)"


def _is_kept(page: Page) -> None:
    page.evaluate("navigator.serviceWorker.ready")
    page.wait_for_function("() => navigator.serviceWorker.controller")


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_after_the_first_visit_it_needs_no_network(visit: Opener, size: tuple[int, int]) -> None:
    with visit(size=size) as it:
        _is_kept(it.page)
        it.page.context.set_offline(True)
        for query, count in (("", "15 分钟内有 3 处"), ("?lang=en", "3 within 15 minutes")):
            it.page.goto(it.page.url.split("?")[0] + query)
            it.page.wait_for_selector("body[data-ready]")
            it.start("rmlxx")
            assert it.page.locator("#count").inner_text() == count
            it.page.locator(".row").first.click()
            it.page.wait_for_selector(".way-line")
            assert it.page.locator(".leaflet-tile").count() > 0
        (name,), kept = it.page.evaluate(STORED)
        assert re.fullmatch(r"family-[0-9a-f]{20}", name)
        assert {method for method, _ in kept} == {"GET"}
        assert all(path == "/family" or path.startswith("/family/") for _, path in kept)


def test_a_report_reaches_the_office_without_a_name(visit: Opener, app: FastAPI) -> None:
    with visit() as it:
        it.start("rmlxx")
        it.page.locator(".row").nth(2).click()
        it.page.click("#mistaken")
        it.page.select_option("#mistake-kind", "hours")
        it.page.fill("#mistake-text", "电话 13812345678")
        it.page.click("#mistake [type=submit]")
        it.page.wait_for_function("() => document.querySelector('.said').textContent.startsWith('没有收下')")
        it.complained.clear()  # the browser notes the refusal
        it.page.fill("#mistake-text", f"周一闭馆{HOSTILE}")
        it.page.click("#mistake [type=submit]")
        it.page.wait_for_selector("text=收到了")
        assert it.posted("/reports")[-1] == {"facility_id": "B1", "kind": "hours", "text": f"周一闭馆{HOSTILE}"}
    kept = app.state.reports.list()[0]
    assert (kept.facility_id, kept.kind, kept.text) == ("B1", "hours", f"周一闭馆{HOSTILE}")
    assert date.fromisoformat(kept.at_date)


@pytest.mark.parametrize(
    ("question", "status"),
    [
        ({"facility_id": "B1", "kind": "gone"}, 201),
        ({"facility_id": "B99", "kind": "gone"}, 422),
        ({"facility_id": "B1", "kind": "rude"}, 422),
        ({"facility_id": "B1", "kind": "gone", "text": "字" * 501}, 422),
        ({"facility_id": "B1", "kind": "gone", "lon": 106.5}, 422),
        ({"facility_id": "B1", "kind": "other", "text": "one@example.org"}, 422),
    ],
)
def test_only_sound_reports_are_taken(
    client: TestClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch, question: dict[str, Any], status: int
) -> None:
    monkeypatch.setattr(app.state, "turnstile", Turnstile(), raising=False)
    answer = client.post("/reports", json=question)
    assert answer.status_code == status
    if status != 201:
        assert answer.headers["content-type"] == "application/problem+json"
        assert "example.org" not in answer.text


def test_reports_come_one_by_one(client: TestClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.state, "turnstile", Turnstile(), raising=False)
    told = [client.post("/reports", json={"facility_id": "B2", "kind": "other", "text": str(i)}) for i in range(6)]
    assert [answer.status_code for answer in told] == [201] * 5 + [429]
    assert int(told[-1].headers["retry-after"]) > 0


def test_the_turnstile_opens_again_and_holds_the_crowd() -> None:
    now = [0.0]
    gate = Turnstile(lambda: now[0])
    assert [gate.let("a") for _ in range(6)] == [True] * 5 + [False]
    now[0] = 60.0
    assert [gate.let("a"), gate.let("a")] == [True, False]
    crowd = [gate.let(f"visitor {i}") for i in range(400)]
    assert 100 < sum(crowd) <= 120
    now[0] = 10_000.0
    assert gate.let("a")


def test_where_nobody_takes_reports_there_is_no_button(client: TestClient, app: FastAPI, visit: Opener) -> None:
    def off(told: dict[str, Any]) -> None:
        told["reports"] = False

    with visit("#place=B1", tamper=off) as it:
        assert it.page.locator("#share").count() == 1
        assert it.page.locator("#mistaken").count() == 0
    kept, app.state.reports = app.state.reports, None
    try:
        assert client.post("/reports", json={"facility_id": "B1", "kind": "gone"}).status_code == 404
    finally:
        app.state.reports = kept


def test_one_broken_record_does_not_blank_the_page(visit: Opener) -> None:
    def spoil(told: dict[str, Any]) -> None:
        bases = {base["id"]: base for base in told["bases"]}
        bases["B2"] |= {"name": {"toString": 1}, "status": 7}
        bases["V1"]["opening_hours"] = 5
        told["bases"].append(None)
        told["starts"].append({"kind": "school", "at": "?"})

    with visit(tamper=spoil) as it:
        it.start("rmlxx")
        assert it.page.locator(".row").count() == 3
        it.page.locator("[data-place=B1]").click()
        it.page.wait_for_selector(".way-line")
        it.page.go_back()
        it.page.locator("[data-place=B2]").click()
        it.page.wait_for_selector("h2")
        it.page.go_back()
        it.page.locator("[data-place=V1]").click()
        it.page.wait_for_selector(".card, .message")
        it.complained.clear()  # the console hears of each


@pytest.mark.long
def test_a_link_holds_the_place_and_the_school(visit: Opener) -> None:
    with visit("#place=B1&from=S2&minutes=10") as it:
        it.page.wait_for_selector(".way-line")
        assert "600 米" in it.page.locator(".way").inner_text()
        assert "#" not in it.page.url
        it.page.go_back()
        assert it.page.get_attribute('[data-minutes="10"]', "aria-pressed") == "true"
    with visit("#place=B1") as it:
        assert "选一个起点" in it.page.locator(".way").inner_text()
        assert it.page.locator(".times").count() == 0
        it.page.click("#choose")
        it.page.fill("#search", "rmlxx")
        it.page.press("#search", "Enter")
        it.page.wait_for_selector(".way-line")
        assert it.page.locator(".card h2").evaluate("e => e.textContent").startswith("博物馆")
    with visit("#place=nowhere&from=%3Cscript%3E") as it:
        assert it.page.locator("#search").is_visible()


def test_the_way_is_kept_as_gpx(visit: Opener, tmp_path: Path) -> None:
    with visit("#place=B1&from=S2") as it:
        it.page.wait_for_selector(".way-line")
        with it.page.expect_download() as waiting:
            it.page.click("#gpx")
        file = tmp_path / "way.gpx"
        waiting.value.save_as(file)
        assert waiting.value.suggested_filename.endswith(".gpx")
    track = gpxpy.parse(file.read_text("utf-8")).tracks[0]
    assert track.name == f"人民路小学到博物馆{HOSTILE}"
    assert track.length_2d() == pytest.approx(600, rel=0.02)


def test_open_now_says_what_nobody_knows(visit: Opener) -> None:
    with visit() as it:
        it.start("rmlxx")
        it.page.check("#opennow")
        assert it.page.evaluate(NAMES) == [f"博物馆{HOSTILE}", "街心医院"]
        assert "确知现在开放 1 处；另 1 处开放时间未知" in it.page.locator("#open-count").inner_text()
        assert "法定节假日" in it.page.locator(".notes").inner_text()
        assert it.page.locator(".mark").count() == 3
        it.page.locator("[data-place=B1]").click()
        card = it.page.locator(".card").inner_text()
        assert "24/7" in card
        assert "现在开放" in card
        assert "面向公众" in card
        link = it.page.locator(".facts a")
        assert (link.get_attribute("href"), link.get_attribute("rel")) == (
            "https://example.org/museum",
            "noopener noreferrer external",
        )


def test_streets_and_bases_are_found_too(visit: Opener) -> None:
    with visit() as it:
        it.page.fill("#search", "横3路")
        assert "街道中点" in it.page.locator("[role=option]").first.inner_text()
        it.page.press("#search", "Enter")
        it.page.wait_for_selector("#count")
        assert "最长一段的中点" in it.page.locator(".notes").inner_text()
        it.page.go_back()
        it.page.fill("#search", "ykhk")
        it.page.fill("#search", "wuzhi")
        assert it.page.locator("[role=option] b").all_inner_texts() == ["无址基地"]
        it.page.press("#search", "Enter")
        assert "还没有坐标" in it.page.locator(".card").inner_text()


@pytest.fixture(scope="module")
def axe() -> str:
    """Give the script of axe-core, as the package that carries it has it."""
    package = pytest.importorskip("axe_playwright_python", reason="NO AXE RAN: axe-playwright-python is missing")
    return (Path(package.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


@pytest.mark.parametrize(("size", "lang"), [(PHONE, "zh"), (DESKTOP, "en")], ids=["phone", "desktop"])
def test_axe_finds_no_fault(visit: Opener, axe: str, size: tuple[int, int], lang: str) -> None:
    with visit(f"?lang={lang}", size=size, bypass_csp=True) as it:
        it.page.evaluate(axe)
        found = {"home": it.page.evaluate(AXE, RULES)}
        it.page.fill("#search", "lu")
        found["search"] = it.page.evaluate(AXE, RULES)
        it.start("rmlxx")
        it.page.check("#opennow")
        found["results"] = it.page.evaluate(AXE, RULES)
        it.page.locator("[data-place=B1]").click()
        it.page.locator(".how summary").click()
        it.page.click("#mistaken")
        found["card"] = it.page.evaluate(AXE, RULES)
    assert found == {view: [] for view in found}


def test_it_opens_within_three_seconds_on_a_slow_phone(chromium: Browser, address: str) -> None:
    """The processor six times slower: seconds of the page's own thread, whatever else the machine does meanwhile."""
    context = chromium.new_context(viewport={"width": PHONE[0], "height": PHONE[1]}, is_mobile=True, has_touch=True)
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": 6})
    page.goto(f"{address}/family", wait_until="commit")
    page.wait_for_selector("body[data-ready]", timeout=20_000)
    told = {metric["name"]: metric["value"] for metric in devtools.send("Performance.getMetrics")["metrics"]}
    context.close()
    assert 0.1 < told["TaskDuration"] < 3, told
