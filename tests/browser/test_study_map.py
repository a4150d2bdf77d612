"""What a person meets who opens an ordinary map, on a desk and on a phone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import DESKTOP, PHONE, Opener, open_tab

SIZES = pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
TABS = ("overview", "layers", "places", "gaps", "routes", "norms", "notes")
# A located place of the page with no other within reach of a finger, and where it is on the screen.
LONE_PLACE = """() => {
  const table = JSON.parse(document.getElementById('data-places').textContent);
  const col = (name) => table.cols.indexOf(name);
  const box = document.querySelector('.folium-map').getBoundingClientRect();
  const seen = table.rows.filter((row) => row[col('at')]).map((row) => {
    const [lon, lat] = row[col('at')].map((v) => v / 1e5);
    const at = studyMap.latLngToContainerPoint([lat, lon]);
    return {name: row[col('name')], people: row[col('people_900')], x: at.x, y: at.y};
  });
  const free = (p) => document.elementFromPoint(box.x + p.x, box.y + p.y)?.closest('.folium-map');
  const alone = (p) => seen.every((q) => q === p || Math.hypot(p.x - q.x, p.y - q.y) > 6);
  const found = seen.find((p) => p.x > 0 && p.y > 0 && p.x < box.width && p.y < box.height && free(p) && alone(p));
  return found && {...found, x: box.x + found.x, y: box.y + found.y};
}"""
INKED = """() => [...document.querySelectorAll('#stage canvas')].map((canvas) => {
  const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  const colours = new Set();
  for (let i = 0; i < data.length; i += 4 * 7) colours.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
  return colours.size;
})"""
SIGNED = "() => document.querySelectorAll('#stage canvas')[1].toDataURL()"
# A spot of the first subdistrict with no sign near it, and what its light says.
LIGHT_SPOT = """() => {
  const [own] = JSON.parse(document.getElementById('data-subdistricts').textContent);
  const table = JSON.parse(document.getElementById('data-places').textContent);
  const box = document.querySelector('.folium-map').getBoundingClientRect();
  const at = ([lon, lat]) => studyMap.latLngToContainerPoint([lat / 1e5, lon / 1e5]);
  const places = table.rows.map((row) => row[table.cols.indexOf('at')]).filter(Boolean).map(at);
  const middle = at(own.at);
  const steps = [...Array(20).keys()].map((i) => 8 * (i - 10));
  const tries = steps.flatMap((x) => steps.map((y) => ({x: middle.x + x, y: middle.y + y})));
  const near = (p) => Math.hypot(p.x - middle.x, p.y - middle.y);
  const lone = (p) => places.every((q) => Math.hypot(p.x - q.x, p.y - q.y) > 24);
  const free = tries.filter(lone).sort((a, b) => near(a) - near(b));
  const lights = JSON.parse(document.getElementById('data-lights').textContent);
  return {x: box.x + free[0].x, y: box.y + free[0].y, said: lights[own.code].explanation_zh};
}"""
PIXELS = "() => document.querySelectorAll('#stage canvas')[0].toDataURL().length"


def _rested(page: Page) -> None:
    page.wait_for_timeout(350)


def _choose_lone_place(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for _ in range(20):  # until map and sheet stand still
        before, found = found, page.evaluate(LONE_PLACE)
        if found and found == before:
            break
        _rested(page)
    assert found
    page.mouse.click(found["x"], found["y"])
    page.wait_for_selector("#card:not([hidden])")
    _rested(page)
    return found


@SIZES
def test_it_opens_in_silence_and_draws(visit: Opener, study_map: Path, size: tuple[int, int]) -> None:
    with visit(study_map, size) as it:
        ground, signs = it.page.evaluate(INKED)
        assert ground > 20
        assert signs > 5
        assert it.page.locator("html").get_attribute("lang") == "zh-CN"
        assert it.page.title().endswith("15分钟服务圈")
        assert "未经审核，内部使用" in it.page.locator("#credits").inner_text()
        assert "© OpenStreetMap contributors, ODbL" in it.page.locator("#credits").inner_text()
        assert it.page.locator(".leaflet-control-scale-line").inner_text()
    assert it.asked == []
    assert it.complained == []


@SIZES
def test_a_touched_place_shows_its_card_and_circles(visit: Opener, study_map: Path, size: tuple[int, int]) -> None:
    with visit(study_map, size) as it:
        open_tab(it.page, "layers")
        it.page.locator('#page-layers [data-value="none"]').click()
        if size == PHONE:
            it.page.locator("#handle").click()
        found = _choose_lone_place(it.page)
        assert it.page.locator("#card h2").inner_text() == found["name"]
        card = it.page.locator("#card").inner_text()
        assert f"{found['people']:,.0f}"[:2] in card
        assert "家 → 场所" in card
        assert "场所门口 → 外" in card
        assert it.page.locator("#card .rings li").all_inner_texts() == ["5 分钟", "10 分钟", "15 分钟"]
        with_circles = it.page.evaluate(PIXELS)
        it.page.locator("#card .close").click()
        assert it.page.locator("#card").is_hidden()
        _rested(it.page)
        assert it.page.evaluate(PIXELS) != with_circles
    assert it.complained == []


@SIZES
def test_every_page_of_the_panel_opens(visit: Opener, town_map: Path, size: tuple[int, int]) -> None:
    with visit(town_map, size) as it:
        for tab in TABS:
            open_tab(it.page, tab)
            assert it.page.locator(f"#page-{tab}").is_visible()
            assert len(it.page.locator(f"#page-{tab}").inner_text()) > 40
            assert it.page.locator("[role=tabpanel]:visible").count() == 1
    assert it.complained == []


def test_every_theme_draws_another_map(visit: Opener, town_map: Path) -> None:
    with visit(town_map) as it:
        open_tab(it.page, "layers")
        drawn = set()
        for theme in ("unions", "coverage", "gaps", "lights", "ledger", "none"):
            it.page.locator(f'#page-layers [data-value="{theme}"]').click()
            _rested(it.page)
            drawn.add(it.page.evaluate(PIXELS))
            assert it.page.locator("#legend").is_visible() == (theme != "none")
        assert len(drawn) == 5  # the ledger colours signs, not areas
    assert it.complained == []


def test_what_is_switched_off_is_not_drawn(visit: Opener, town_map: Path) -> None:
    with visit(town_map) as it:
        open_tab(it.page, "layers")
        signs = "() => document.querySelectorAll('#stage canvas')[1].toDataURL().length"
        before = it.page.evaluate(signs)
        for box in it.page.locator("#page-layers .tick:not(.small) input").all()[:3]:
            box.uncheck()
        _rested(it.page)
        assert it.page.evaluate(signs) < before
        place = it.page.evaluate(LONE_PLACE)
        it.page.mouse.click(place["x"], place["y"])
        assert it.page.locator("#card").is_hidden()


def test_the_language_changes_everywhere_and_back(visit: Opener, town_map: Path) -> None:
    with visit(town_map) as it:
        keys = it.page.evaluate("() => Object.keys(JSON.parse(document.getElementById('data-words').textContent).en)")
        chinese = it.page.locator("#panel").inner_text()
        it.page.locator('[data-lang="en"]').click()
        assert it.page.locator("html").get_attribute("lang") == "en"
        assert it.page.locator("#tab-overview").inner_text() == "Overview"
        assert "15-minute walking circles" in it.page.title()
        for tab in TABS:
            open_tab(it.page, tab)
            shown = it.page.locator(f"#page-{tab}").inner_text()
            raw = [key for key in keys if "_" in key and re.search(rf"\b{key}\b", shown)]
            assert raw == []
        open_tab(it.page, "overview")
        it.page.locator('[data-lang="zh"]').click()
        assert it.page.locator("#panel").inner_text() == chinese
    assert it.complained == []


def test_the_address_can_ask_for_english(visit: Opener, town_map: Path) -> None:
    with visit(town_map, query="?lang=en") as it:
        assert it.page.locator("html").get_attribute("lang") == "en"


def test_unknown_is_said_and_is_not_zero(visit: Opener, town_map: Path) -> None:
    with visit(town_map) as it:
        rows = it.page.evaluate("() => JSON.parse(document.getElementById('data-headline').textContent)")
        walked = [row for row in rows if row["measure"] == "walk" and row["cutoff_s"] == 900]
        shown = it.page.locator("#page-overview .share strong").all_inner_texts()
        assert len(shown) == len(walked) == 6
        assert shown.count("未知") == sum(row["share"] is None for row in walked)
        assert it.page.locator("#page-overview .bar.unknown").count() == shown.count("未知")


def test_a_gap_leads_to_its_candidate_link_and_back(visit: Opener, town_map: Path) -> None:
    with visit(town_map, DESKTOP) as it:
        open_tab(it.page, "gaps")
        it.page.locator("#page-gaps li button", has=it.page.locator(".has-link")).first.click()
        it.page.locator("#card button.link").click()
        assert "候选：须现场核对" in it.page.locator("#card").inner_text()
        it.page.locator("#card button.link").first.click()
        assert it.page.locator("#card h2").inner_text().startswith("缺口")


def test_candidate_links_are_drawn_when_wanted(visit: Opener, town_map: Path) -> None:
    with visit(town_map, DESKTOP) as it:
        open_tab(it.page, "layers")
        before = it.page.evaluate(SIGNED)
        it.page.locator("#page-layers label", has_text="候选连接").locator("input").check()
        _rested(it.page)
        assert it.page.evaluate(SIGNED) != before
        assert "须现场核对" in it.page.locator("#legend").inner_text()


def test_a_grey_light_says_why(visit: Opener, town_map: Path) -> None:
    with visit(town_map, DESKTOP) as it:
        open_tab(it.page, "layers")
        it.page.locator('#page-layers [data-value="lights"]').click()
        _rested(it.page)
        found = it.page.evaluate(LIGHT_SPOT)
        it.page.mouse.click(found["x"], found["y"])
        card = it.page.locator("#card").inner_text()
        assert found["said"] in card
        assert "不是差" in card


def test_a_gap_in_the_list_opens_its_card(visit: Opener, town_map: Path) -> None:
    with visit(town_map) as it:
        open_tab(it.page, "gaps")
        first = it.page.locator("#page-gaps li button").first
        assert first.locator(".rank").inner_text() == "1"
        first.click()
        assert it.page.locator("#card .rank").inner_text() == "1"
        assert "家 → 场所" in it.page.locator("#card").inner_text()
        ranks = [int(text) for text in it.page.locator("#page-gaps .rank").all_inner_texts()]
        assert ranks == sorted(ranks)
    assert it.complained == []


def test_a_route_shows_its_stops_in_order(visit: Opener, town_map: Path) -> None:
    with visit(town_map) as it:
        open_tab(it.page, "routes")
        before = it.page.evaluate(PIXELS)
        it.page.locator("#page-routes li.route button").first.click()
        _rested(it.page)
        stops = [int(text) for text in it.page.locator("#card .walk-list .rank").all_inner_texts()]
        assert stops
        assert stops == sorted(stops)
        assert it.page.evaluate(PIXELS) != before
    assert it.complained == []


def test_a_place_without_position_says_so(visit: Opener, town_map: Path) -> None:
    with visit(town_map) as it:
        open_tab(it.page, "places")
        it.page.locator("#page-places .row", has_text="未定位").first.click()
        assert "没有可用的位置" in it.page.locator("#card").inner_text()
        assert it.page.locator("#card .rings").count() == 0
    assert it.complained == []


def test_the_keyboard_reaches_places_and_leaves_them(visit: Opener, town_map: Path) -> None:
    with visit(town_map) as it:
        it.page.locator("#tab-overview").focus()
        for _ in range(2):
            it.page.keyboard.press("ArrowRight")
        assert it.page.evaluate("document.activeElement.id") == "tab-places"
        assert it.page.locator("#page-places").is_visible()
        it.page.keyboard.press("Tab")
        it.page.keyboard.press("Tab")
        assert it.page.evaluate("document.activeElement.id") == "search"
        it.page.keyboard.press("Tab")
        it.page.keyboard.press("Enter")
        assert it.page.locator("#card").is_visible()
        assert it.page.evaluate("document.activeElement.closest('#card') !== null")
        it.page.keyboard.press("Escape")
        assert it.page.locator("#card").is_hidden()


def test_search_finds_by_name(visit: Opener, town_map: Path) -> None:
    with visit(town_map) as it:
        open_tab(it.page, "places")
        name = it.page.locator("#page-places .row b").last.inner_text()
        it.page.locator("#search").fill(name)
        assert name in it.page.locator("#page-places .row b").all_inner_texts()
        it.page.locator("#search").fill("没有这样的地方")
        assert it.page.locator("#page-places .row").count() == 0


def test_the_phone_carries_its_panel_on_a_sheet(visit: Opener, town_map: Path) -> None:
    with visit(town_map, PHONE) as it:
        handle = it.page.locator("#handle")
        assert handle.get_attribute("aria-expanded") == "false"
        assert it.page.locator("#pages").is_hidden()
        handle.click()
        _rested(it.page)
        assert handle.get_attribute("aria-expanded") == "true"
        top = it.page.locator("#panel").bounding_box()
        assert top is not None
        assert top["y"] + top["height"] <= PHONE[1] + 1
        handle.click()
        _rested(it.page)
        assert it.page.locator("#pages").is_hidden()


@SIZES
def test_nothing_is_wider_than_the_screen(visit: Opener, town_map: Path, size: tuple[int, int]) -> None:
    for query in ("", "?lang=en"):
        with visit(town_map, size, query) as it:
            for tab in TABS:
                open_tab(it.page, tab)
                assert it.page.evaluate("document.documentElement.scrollWidth") <= size[0]
                assert it.page.evaluate("(e => e.scrollWidth - e.clientWidth)(document.getElementById('pages'))") <= 0


def test_fingers_find_every_control_on_the_phone(visit: Opener, town_map: Path) -> None:
    small = """() => [...document.querySelectorAll('button, label.tick, summary, input[type=search]')]
      .filter((e) => e.checkVisibility({visibilityProperty: true}))
      .map((e) => [e.id || e.textContent.trim(), e.getBoundingClientRect()])
      .filter(([, box]) => box.width < 40 || box.height < 40).map(([name]) => name)"""
    with visit(town_map, PHONE) as it:
        for tab in TABS:
            open_tab(it.page, tab)
            _rested(it.page)
            assert it.page.evaluate(small) == []
        it.page.locator("#handle").click()
        _choose_lone_place(it.page)
        assert it.page.evaluate(small) == []


@SIZES
def test_every_control_has_a_name_and_every_id_is_single(visit: Opener, town_map: Path, size: tuple[int, int]) -> None:
    with visit(town_map, size) as it:
        for tab in TABS:
            open_tab(it.page, tab)
        nameless = """() => [...document.querySelectorAll('button, input, [role]')].filter((e) =>
          !(e.getAttribute('aria-label') || e.getAttribute('aria-labelledby') || e.textContent.trim()
            || e.closest('label')?.textContent.trim()) && !['status'].includes(e.getAttribute('role')))
          .map((e) => e.outerHTML.slice(0, 80))"""
        assert it.page.evaluate(nameless) == []
        ids = it.page.evaluate("() => [...document.querySelectorAll('[id]')].map((e) => e.id)")
        assert len(ids) == len(set(ids))


@SIZES
def test_a_map_of_empty_layers_opens_in_silence(visit: Opener, bare_map: Path, size: tuple[int, int]) -> None:
    with visit(bare_map, size) as it:
        for tab in TABS:
            open_tab(it.page, tab)
        for theme in ("coverage", "gaps", "unions"):
            open_tab(it.page, "layers")
            it.page.locator(f'#page-layers [data-value="{theme}"]').click()
        _rested(it.page)
    assert it.complained == []


def test_mobile_classes_are_off_at_first_and_say_who_has_none(visit: Opener, town_map: Path) -> None:
    with visit(town_map) as it:
        before = it.page.evaluate(SIGNED)
        open_tab(it.page, "layers")
        own = it.page.get_by_label("流动课堂：社区家长学校")
        assert not own.is_checked()
        own.check()
        _rested(it.page)
        assert it.page.evaluate(SIGNED) != before
        it.page.get_by_text("排不上课的片区：1 片，900 人").click()
        it.page.locator("#page-layers details").get_by_role("button", name="丙社区").click()
        assert "没有教室在限时内" in it.page.locator("#card").inner_text()
        it.page.evaluate("() => { location.hash = 'mobile=community&show=room:community~school0'; }")
        it.page.get_by_role("heading", name="school 第0处").wait_for()
        card = it.page.locator("#card").inner_text()
        assert "1、3" in card
        assert "45（容量未知，按假设）" in card
        it.page.locator("#card").get_by_role("button", name="甲社区").click()
        assert "school 第1处" in it.page.locator("#card").inner_text()
    assert it.complained == []


def test_proposed_sites_are_off_at_first_and_have_a_card(visit: Opener, town_map: Path) -> None:
    with visit(town_map) as it:
        before = it.page.evaluate(SIGNED)
        open_tab(it.page, "layers")
        for name in ("拟设社区家长学校", "绿色通道：学校与基地"):
            assert not it.page.get_by_label(name).is_checked()
            it.page.get_by_label(name).check()
        _rested(it.page)
        assert it.page.evaluate(SIGNED) != before
        it.page.evaluate("() => { location.hash = 'sites=community&show=site:community~2'; }")
        it.page.wait_for_selector("#card:not([hidden])")
        assert it.page.locator("#card h2").inner_text() == "school 第1处"
        assert "100" in it.page.locator("#card .figure").inner_text()
        it.page.locator("#card").get_by_role("button", name="school 第1处").click()
        assert "绿色通道" in it.page.locator("#card").inner_text()
        assert "base 第10处" in it.page.locator("#card").inner_text()
    assert it.complained == []
