"""The office's page in a real browser: nothing from outside, nothing stored, an edit and an import to their end."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from fastapi.staticfiles import StaticFiles
from playwright.sync_api import Browser, Page, expect

from api.admin.keys import Scope
from api.pages import STATIC
from servicecircle.registry.store import open_registry
from tests.api.admin_office import OFFICE, TOKENS, Desk, open_desk
from tests.town import Place, Town, lonlat

HOSTILE = "<img src=x onerror=window.__pwned=1>"
PLACES = [
    Place("S1", "school", 300.0, 300.0, "中心小学"),
    Place("B1", "base", 300.0, 500.0, f"博物馆{HOSTILE}", category="patriotic"),
]
SIZES = ((390, 844), (1440, 900))
SMALL = """() => [...document.querySelectorAll('button, select, input:not([type=checkbox]):not([type=radio]), summary')]
  .filter((e) => e.checkVisibility()).filter((e) => e.getBoundingClientRect().height < 44).map((e) => e.outerHTML)"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a town."""
    return Town(blocks=6, places=PLACES).write(tmp_path_factory.mktemp("office-page") / "town")


@contextmanager
def _served(desk: Desk) -> Iterator[str]:
    desk.app.mount("/static", StaticFiles(directory=STATIC))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(desk.app, port=port, log_config=None, timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run)
    thread.start()
    end = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < end
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
        desk.office.close()


@contextmanager
def _page(browser: Browser, url: str, size: tuple[int, int], token: str) -> Iterator[Page]:
    """Open the page and go in; at the end, nothing must have gone wrong, out, or into the browser's memory."""
    with browser.new_context(viewport={"width": size[0], "height": size[1]}) as context:
        page = context.new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "console", lambda m: wrong.append(m.text) if m.type == "error" and "Failed to load" not in m.text else None
        )
        page.on("request", lambda r: None if r.url.startswith(url) else wrong.append(r.url))
        page.goto(f"{url}/admin")
        page.fill("#key", token)
        page.press("#key", "Enter")
        page.wait_for_selector("#tabs button")
        yield page
        assert wrong == []
        assert page.evaluate("window.__pwned") is None
        stored = "[document.cookie, localStorage.length, sessionStorage.length, document.body.innerHTML.includes('%s')]"
        assert page.evaluate(stored % token) == ["", 0, 0, False]


def _harmless(page: Page) -> None:
    """Look at the page as axe does (on the phone: the elements are the same), and at its width and its buttons."""
    if page.viewport_size == {"width": 390, "height": 844}:
        found = Axe().run(page).response["violations"]
        assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(SMALL) == []


@pytest.mark.parametrize("size", SIZES)
def test_a_place_is_edited_a_list_imported_and_undone(
    tmp_path: Path, data: Path, chromium: Browser, size: tuple[int, int]
) -> None:
    desk = open_desk(tmp_path, data, tmp_path / "build")
    assert desk.office.reports is not None
    desk.office.reports.create("B1", "hours", f"周一不开门{HOSTILE}", at_date="2026-01-02")
    lon, lat = lonlat(500, 100)
    file = tmp_path / "list.csv"
    file.write_text(f"名称,类别,经度,纬度\n科技馆,爱国主义教育,{lon:.7f},{lat:.7f}\n", "utf-8")
    with _served(desk) as url, _page(chromium, url, size, OFFICE) as page:
        page.click(".rows button:has-text('博物馆')")
        page.get_by_label("网址 website").fill("nonsense")
        page.get_by_label("缘由（写入记录） why, for the log").fill("电话核实")
        page.click("form.edit button.main")
        expect(page.locator(".wrong")).to_have_count(1)
        _harmless(page)
        page.get_by_label("网址 website").fill("https://example.org/")
        page.click("form.edit button.main")
        expect(page.locator("#said.good")).to_be_visible()
        assert open_registry(desk.registry).read().table.loc["B1", "website"] == "https://example.org/"

        page.click("#tab-imports")
        page.set_input_files("input[type=file]", file)
        page.get_by_label("坐标系 datum of its coordinates").select_option("wgs84")
        page.click("form.edit button.main")
        expect(page.locator(".figures-line b").first).to_have_text("1")
        _harmless(page)
        page.click("text=确认导入")
        expect(page.locator("#said.good")).to_contain_text("已导入")
        page.click("#tab-reports")
        expect(page.locator(".report")).to_have_count(1)
        page.click("text=已改正")
        expect(page.locator(".report")).to_have_count(0)

        page.click("#tab-log")
        undo = page.locator("button:has-text('撤销')").first
        undo.click()
        page.locator("button:has-text('再按一次确认')").click()
        expect(page.locator("#said.good")).to_contain_text("已撤销")
        _harmless(page)
        page.click("#tab-rebuild")
        expect(page.locator("text=开始重建")).to_be_visible()
        page.click("#leave")
        assert page.locator("#tabs button").count() == 0
    log = open_registry(desk.registry).log()
    assert log["author"].tolist() == ["servicecircle", "office", "office", "office"]
    assert log["undoes"].tolist()[-1] == 3


def test_a_change_by_somebody_else_is_not_overwritten(tmp_path: Path, data: Path, chromium: Browser) -> None:
    desk = open_desk(tmp_path, data, tmp_path / "build")
    with _served(desk) as url, _page(chromium, url, SIZES[1], TOKENS[Scope.EDIT]) as page:
        assert page.locator("#tabs button").count() == 3
        page.click(".rows button:has-text('中心小学')")
        page.get_by_label("备注 note").fill("mine")
        store = open_registry(desk.registry)
        seen = store.read()
        theirs = seen.table.loc[["S1"]].assign(note="theirs")
        store.commit(theirs, revision=seen.revision, author="b", reason="r", at="2026-01-01T00:00:00Z")
        page.get_by_label("缘由（写入记录） why, for the log").fill("r")
        page.click("form.edit button.main")
        expect(page.locator("#said.bad")).to_contain_text("有人在此期间改动过")
    assert store.read().table.loc["S1", "note"] == "theirs"
