"""What a family meets on a phone. Every visit also proves: no outside request, no console error, no name that runs."""

from __future__ import annotations

import json
import re

from playwright.sync_api import Page

from tests.family.conftest import DESKTOP, HOSTILE, PHONE, Opener
from tests.town import lonlat

NAMES = "() => [...document.querySelectorAll('.row b')].map((e) => e.textContent)"
HEIGHTS = """() => [...document.querySelectorAll('button, input, summary, [role=option]')]
  .filter((e) => e.checkVisibility() && e.offsetParent)
  .map((e) => [e.id || e.className || e.textContent, (e.closest('label') ?? e).getBoundingClientRect().height])
  .filter(([, height]) => height < 44)"""
INK = """() => {
  const colours = new Set();
  for (const tile of document.querySelectorAll('canvas.leaflet-tile')) {
    const data = tile.getContext('2d').getImageData(0, 0, tile.width, tile.height).data;
    for (let i = 0; i < data.length; i += 404) colours.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
  }
  return colours.size;
}"""
KEPT = """() => ({url: location.href, state: history.state, store: {...localStorage}, session: {...sessionStorage},
  cookies: document.cookie})"""
DOOR = f"博物馆{HOSTILE}"


def _names(page: Page) -> list[str]:
    found: list[str] = page.evaluate(NAMES)
    return found


def _tap_middle(page: Page) -> None:
    """Tap the map in the middle of what the header and the sheet leave of it."""
    top = page.locator("#top").bounding_box()
    sheet = page.locator("#panel").bounding_box()
    assert top is not None
    assert sheet is not None
    page.touchscreen.tap(PHONE[0] / 2, (top["height"] + sheet["y"]) / 2)


def test_it_opens_in_silence_with_a_map_and_everyone_listed(visit: Opener) -> None:
    with visit() as it:
        assert it.page.evaluate(INK) > 5
        assert it.page.locator("[role=option]").count() == 5
        none = it.page.locator("[role=option][aria-disabled=true]")
        assert none.locator("b").inner_text() == "重庆第一小学"
        assert "尚无坐标" in none.inner_text()
        footer = it.page.locator("#credits").inner_text()
        assert footer == "未经审核，内部使用 · 数据 2026-01-01 · © OpenStreetMap contributors"
        assert "收录 3 处" in it.page.locator(".ledger").inner_text()
        assert it.page.evaluate(HEIGHTS) == []


def test_a_school_is_found_as_it_is_typed(visit: Opener) -> None:
    with visit() as it:
        for typed in ("rmlxx", "renmin", "renmlxx", "人民路", "RML", "minlu", "ren min"):
            it.page.fill("#search", typed)
            assert it.page.locator("[role=option] b").all_inner_texts() == ["人民路小学"], typed
            assert it.page.get_attribute("#search", "aria-activedescendant") == "start-S2"


def test_search_knows_polyphones_says_none_and_refuses_what_has_no_position(visit: Opener) -> None:
    with visit() as it:
        it.page.fill("#search", "zengjy")
        assert it.page.locator("[role=option] b").all_inner_texts() == ["曾家岩社区"]
        it.page.fill("#search", "qqq")
        assert it.page.locator("[role=option]").count() == 0
        assert it.page.locator(".nothing").is_visible()
        it.page.fill("#search", "cqdyxx")
        it.page.press("#search", "Enter")
        it.page.locator("[role=option]").dispatch_event("click")
        assert it.page.locator("#count").count() == 0


def test_from_search_to_the_way(visit: Opener) -> None:
    with visit() as it:
        it.start("rmlxx")
        assert it.page.locator("#count").inner_text() == "15 分钟内有 3 处"
        assert it.page.evaluate("document.activeElement.id") in {"count", "view"}
        assert _names(it.page) == ["候选纪念馆", "街心医院", DOOR]
        assert it.page.locator(".row").nth(0).inner_text().split()[1:] == [
            *("候选纪念馆", "候选", "现在关门", "回", "5", "分", "·", "地图上无台阶", "·", "300", "米", "5分钟"),
        ]
        assert "近似位置" in it.page.locator(".row").nth(1).inner_text()
        assert it.page.locator(".mark").count() == 4
        assert it.page.evaluate(HEIGHTS) == []

        it.page.locator(".row").nth(2).click()
        it.page.wait_for_selector(".way-line")
        assert it.page.locator(".card h2").evaluate("e => e.textContent") == DOOR
        assert it.page.evaluate("document.activeElement.textContent") == DOOR
        assert "600 米" in it.page.locator(".way").inner_text()
        it.page.locator(".how summary").click()
        assert re.search(r"沿(横|纵)\d+路走", it.page.locator(".how").inner_text())
        assert "收录：区里文件点名" in it.page.locator(".card").inner_text()
        drawn = it.page.locator(".way-line").bounding_box()
        sheet = it.page.locator("#panel").bounding_box()
        assert drawn is not None
        assert sheet is not None
        assert drawn["y"] > 60
        assert drawn["y"] + drawn["height"] < sheet["y"]

        it.page.locator("[data-returning=true]").click()
        it.page.wait_for_selector(".way-line")

        it.page.go_back()
        assert len(_names(it.page)) == 3
        assert it.page.evaluate("document.activeElement.dataset.place") == "B1"
        it.page.keyboard.press("Escape")
        assert it.page.locator("#search").is_visible()


def test_filters_change_list_and_map_alike(visit: Opener) -> None:
    with visit() as it:
        it.start("rmlxx")
        it.page.locator("[data-category=health]").click()
        assert _names(it.page) == ["街心医院"]
        assert it.page.locator(".mark").count() == 2
        it.page.locator("[data-category=patriotic]").click()
        assert len(_names(it.page)) == 3
        it.page.locator('[data-category=""]').click()
        it.page.uncheck("#candidates")
        assert _names(it.page) == [DOOR]
        it.page.check("#candidates")
        it.page.locator('[data-minutes="5"]').click()
        assert _names(it.page) == ["候选纪念馆"]
        assert "暂定" in it.page.locator("[data-category=science]").inner_text()


def test_without_steps_is_another_answer(visit: Opener) -> None:
    with visit() as it:
        it.start("rmlxx")
        usual = it.page.locator(".row-time strong").all_inner_texts()
        it.page.check("#stepfree")
        slower = it.page.locator(".row-time strong").all_inner_texts()
        assert slower
        assert all(int(a) > int(b) for a, b in zip(slower, usual, strict=False))
        assert "不走台阶" in it.page.locator(".row").first.inner_text()
        assert "婴儿车" in it.page.locator(".notes").inner_text()


def test_where_nothing_is_near_the_nearest_is_named(visit: Opener) -> None:
    with visit() as it:
        it.start("rmlxx")
        it.page.locator("[data-category=science]").click()
        it.page.wait_for_selector(".message.empty button")
        said = re.fullmatch(
            r"最近的一处是远郊科普馆，走过去约 (\d+) 分钟。", it.page.locator(".message.empty p").inner_text()
        )
        assert said
        assert 58 <= int(said[1]) <= 60  # 4200 m at 1.2 m/s
        it.page.locator(".message.empty button").click()
        it.page.wait_for_selector(".way-line")
        it.page.go_back()
        it.page.uncheck("#candidates")
        it.page.locator("[data-category=health]").click()
        it.page.locator("[data-category=science]").click()
        it.page.wait_for_selector("text=60 分钟内也没有")


def test_a_tap_on_the_map_starts_there(visit: Opener) -> None:
    with visit() as it:
        _tap_middle(it.page)
        it.page.wait_for_selector("#count")
        assert "地图上的点" in it.page.locator(".start-bar").inner_text()
        assert "不发送" in it.page.locator(".notes").inner_text()


def test_a_tap_on_a_seal_opens_its_card(visit: Opener) -> None:
    with visit() as it:
        it.start("rmlxx")
        it.page.locator("[data-category=health]").click()
        seal = it.page.locator(".mark:not(.start)").bounding_box()
        assert seal is not None
        it.page.touchscreen.tap(seal["x"] + seal["width"] / 2, seal["y"] + seal["height"] / 2)
        it.page.wait_for_selector(".way-line")
        assert it.page.locator(".card h2").inner_text() == "街心医院"
        assert "近似位置：" in it.page.locator(".message.warning").inner_text()


def test_the_phones_own_position_stays_in_the_phone(visit: Opener) -> None:
    lon, lat = lonlat(512.3, 498.7)
    here = {"longitude": lon, "latitude": lat, "accuracy": 40}
    with visit(geolocation=here, permissions=["geolocation"]) as it:
        before = len(it.asked)
        it.page.click("#locate")
        it.page.wait_for_selector(".row")
        assert "我的位置（误差约 40 米）" in it.page.locator(".start-bar").inner_text()
        it.page.locator(".row").first.click()
        it.page.wait_for_selector(".way-line")
        assert it.asked[before:] == []
        kept = it.page.evaluate(KEPT)
        assert kept["cookies"] == ""
        assert not re.search(rf"{lon:.3f}|{lat:.3f}", json.dumps(kept))
        it.page.context.grant_permissions(["geolocation", "clipboard-read", "clipboard-write"])
        it.page.click("#share")
        it.page.wait_for_selector("#toast:not([hidden])")
        link = it.page.evaluate("navigator.clipboard.readText()")
        assert link.partition("#")[2].startswith("place=")
        assert "from" not in link
        assert not re.search(rf"{lon:.3f}|{lat:.3f}", link)


def test_far_away_is_said_and_not_sent(visit: Opener) -> None:
    here = {"longitude": 116.39, "latitude": 39.9, "accuracy": 20}
    with visit(geolocation=here, permissions=["geolocation"]) as it:
        it.page.click("#locate")
        assert "不在方格镇附近" in it.page.locator(".message.trouble").inner_text()


def test_a_refused_position_is_said(visit: Opener) -> None:
    with visit() as it:
        it.page.click("#locate")
        assert "没有定位许可" in it.page.locator(".message.trouble").inner_text()


def test_the_language_changes_and_is_remembered(visit: Opener) -> None:
    with visit() as it:
        it.start("rmlxx")
        it.page.locator("[data-choose=en]").click()
        it.page.wait_for_selector("html[lang=en]")
        assert it.page.locator("#count").inner_text() == "3 within 15 minutes"
        assert it.page.locator("#top h1").inner_text() == "Practice bases near you"
        assert it.page.title() == "Practice bases near you"
        it.page.goto(it.page.url.split("?")[0])
        it.page.wait_for_selector("body[data-ready]")
        assert it.page.locator(".home h2").inner_text() == "Where do you start?"
        assert it.page.evaluate("document.documentElement.lang") == "en"


def test_the_keyboard_alone_is_enough(visit: Opener) -> None:
    with visit(size=DESKTOP) as it:
        it.page.focus("#search")
        it.page.keyboard.press("ArrowDown")
        it.page.keyboard.press("ArrowDown")
        it.page.keyboard.press("Enter")
        it.page.wait_for_selector(".row")
        it.page.locator(".row").first.focus()
        it.page.keyboard.press("Enter")
        it.page.wait_for_selector(".way-line")
        it.page.keyboard.press("Escape")
        assert it.page.locator("#count").is_visible()


def test_the_sheet_moves_by_its_handle(visit: Opener) -> None:
    with visit() as it:
        for wanted in ("full", "half"):
            it.page.click("#handle")
            assert f"sheet-{wanted}" in (it.page.get_attribute("body", "class") or "")
        box = it.page.locator("#handle").bounding_box()
        assert box is not None
        it.page.mouse.move(200, box["y"] + 10)
        it.page.mouse.down()
        it.page.mouse.move(200, box["y"] + 120, steps=2)
        it.page.mouse.up()
        assert "sheet-low" in (it.page.get_attribute("body", "class") or "")
        assert it.page.get_attribute("#handle", "aria-expanded") == "false"
