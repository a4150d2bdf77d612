"""The tools of the map: search, measure, locate, years, share, print, the standards; and what the service sends."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from api.files import MAP, read_files
from maps.bundle import read_bundle
from maps.study import study_page
from maps.tiles import basemaps, hosts
from tests.browser.conftest import DESKTOP, PATIENCE_MS, PHONE, Opener, open_tab
from tests.maps.town import write_town

TABS = ("overview", "layers", "places", "gaps", "routes", "norms", "notes")
TOOLS = ("locate", "measure", "time", "share", "print")
SAID = "() => document.querySelector('#tray').innerText"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
AXE = """async (rules) => (await axe.run(document, {runOnly: rules})).violations
  .map((v) => [v.id, v.nodes.map((n) => n.html.slice(0, 120))])"""


def _block(page: Page, name: str) -> Any:
    return json.loads(page.locator(f"#data-{name}").evaluate("e => e.textContent"))


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the town's bundle."""
    return write_town(tmp_path_factory.mktemp("town") / "build", planned=True)


def test_search_knows_pinyin_initials_streets_and_subdistricts(visit: Opener, town_map: Path) -> None:
    with visit(town_map) as it:
        it.page.keyboard.press("/")
        assert it.page.evaluate("document.activeElement.id") == "search"
        everything = it.page.locator("#page-places .row").count()
        for typed in ("shangjiedao", "sjd", "shangjied", "上街", "Shang Jie"):
            it.page.locator("#search").fill(typed)
            assert "上街道" in it.page.locator("#page-places .row b").all_inner_texts(), typed
        for typed in ("xjq", "sjdx"):
            it.page.locator("#search").fill(typed)
            assert it.page.locator("#page-places .row").count() == 0, typed
        it.page.locator("#search").fill("")
        assert it.page.locator("#page-places .row").count() == everything
    assert it.complained == []


def test_a_measured_line_is_straight_and_says_so(visit: Opener, town_map: Path) -> None:
    with visit(town_map) as it:
        it.page.locator("#tool-measure").click()
        box = it.page.locator(".folium-map").bounding_box()
        assert box is not None
        ends = [(box["width"] / 2 + step, box["height"] / 2 + 60) for step in (-150, 150)]
        for x, y in ends:
            it.page.mouse.click(box["x"] + x, box["y"] + y)
        (west, lat), (east, _) = [
            it.page.evaluate(f"(p => [p.lng, p.lat])(studyMap.containerPointToLatLng([{x}, {y}]))") for x, y in ends
        ]
        assert it.page.locator("#card").is_hidden()
        said = it.page.evaluate(SAID)
        assert "直线距离" in said
        metres = int(it.page.locator("#tray dd").first.inner_text().split()[0])
        assert abs(metres / (math.radians(east - west) * math.cos(math.radians(lat)) * 6371008.8) - 1) < 0.01
        it.page.locator("#tray .buttons button").nth(1).click()
        assert it.page.locator("#tray dd").count() == 0
        it.page.keyboard.press("Escape")
        assert it.page.locator("#tray").is_hidden()
    assert it.complained == []


def test_the_keyboard_measures_too(visit: Opener, town_map: Path) -> None:
    with visit(town_map) as it:
        it.page.locator("#tool-measure").press("Enter")
        it.page.locator(".folium-map").focus()
        it.page.keyboard.press("Enter")
        it.page.keyboard.press("ArrowRight")
        it.page.wait_for_timeout(500)
        it.page.keyboard.press("Enter")
        assert it.page.locator("#tray dd").count() >= 1


def test_a_link_brings_view_layers_language_and_choice_back(visit: Opener, town_map: Path) -> None:
    with visit(town_map) as it:
        page = it.page
        page.emulate_media(reduced_motion="reduce")  # or a flight on its way would end after the view is set
        open_tab(page, "layers")
        page.locator('#page-layers [data-value="coverage"]').click()
        page.locator('#page-layers [data-value="base"]').click()
        page.locator("#page-layers .tick input").first.uncheck()
        page.locator('[data-lang="en"]').click()
        open_tab(page, "places")
        page.locator("#page-places .row").nth(1).click()
        page.evaluate("studyMap.setView([29.506, 106.507], 16, {animate: false})")
        name = page.locator("#card h2").inner_text()
        page.locator("#tool-share").click()
        link = page.locator("#share-link").input_value()
    with visit(town_map, query=link[link.index("#") :]) as it:
        assert it.page.locator("#card h2").inner_text() == name
        assert it.page.locator("html").get_attribute("lang") == "en"
        assert it.page.evaluate("[studyMap.getZoom(), +studyMap.getCenter().lat.toFixed(3)]") == [16, 29.506]
        open_tab(it.page, "layers")
        assert it.page.locator('#page-layers [data-value="coverage"]').get_attribute("aria-pressed") == "true"
        assert it.page.locator('#page-layers [data-value="base"]').get_attribute("aria-pressed") == "true"
        assert not it.page.locator("#page-layers .tick input").first.is_checked()
    assert it.complained == []


@pytest.mark.parametrize(
    "hash_",
    [
        "#at=99,NaN,x&theme=none%22&tier=__proto__&show=constructor:x&kinds=~~&year=1",
        "#show=place:%3Cimg%20src%3Dx%20onerror%3Dwindow.__pwned%3D1%3E&lang=xx&minutes=-1",
        "#show=stop:1~nothing&gaps=harbour&routes=%00&undated=2",
    ],
)
def test_a_link_that_asks_for_what_is_not_there_is_an_ordinary_map(visit: Opener, town_map: Path, hash_: str) -> None:
    with visit(town_map, query=hash_) as it:
        assert it.page.locator("#card").is_hidden()
        assert it.page.locator("#legend h2").inner_text().startswith("服务圈")
        assert it.page.evaluate("window.__pwned") is None
    assert it.complained == []


def test_a_position_is_shown_and_never_in_the_link(chromium: Browser, town_map: Path) -> None:
    context = chromium.new_context(
        viewport={"width": 1440, "height": 900},
        geolocation={"latitude": 29.5051, "longitude": 106.5052, "accuracy": 12},
    )
    context.grant_permissions(["geolocation"])
    page = context.new_page()
    page.goto(town_map.as_uri())
    page.locator("#tool-locate").click()
    page.wait_for_function("document.querySelector('#tray').innerText.includes('12')")
    page.evaluate("document.getElementById('tool-share').dispatchEvent(new Event('click'))")
    link = page.locator("#share-link").input_value()
    context.close()
    assert "29.505" not in link
    assert "106.505" not in link


def test_the_years_count_places_as_the_table_does(visit: Opener, town_map: Path) -> None:
    with visit(town_map) as it:
        years = _block(it.page, "years")
        it.page.locator("#tool-time").click()
        for undated in (True, False):
            it.page.locator("#tray input[type=checkbox]").set_checked(undated)
            for step, year in enumerate(years["years"]):
                it.page.locator("#year").fill(str(step))
                wanted = years["places"][f"{year['year']} {'with_undated' if undated else 'dated'}"]
                assert f"图上 {wanted} 处" in it.page.evaluate(SAID)
        it.page.locator("#year").fill(str(len(years["years"])))
        assert "不分年份" in it.page.evaluate(SAID)
        assert it.page.locator("#page-overview table:has(caption) tbody").count() == 2
    assert it.complained == []


def test_every_standard_names_its_source_and_says_what_is_unconfirmed(visit: Opener, town_map: Path) -> None:
    with visit(town_map) as it:
        open_tab(it.page, "norms")
        rules = it.page.locator("#page-norms .norm")
        assert rules.count() == 3
        assert all("GB 50180-2018" in text for text in rules.locator(".norm-source").all_inner_texts())
        assert [rules.nth(i).locator(".norm-cell.unconfirmed").count() for i in range(3)] == [0, 3, 0]
        assert "数值未核对" in rules.nth(1).inner_text()
        assert "未知" in rules.nth(2).inner_text()
        it.page.locator("#norm-unit").select_option("1")
        assert rules.count() == 3
    assert it.complained == []


def test_a_card_tells_what_the_office_knows_and_what_nobody_does(visit: Opener, town_map: Path) -> None:
    with visit(town_map) as it:
        open_tab(it.page, "places")
        it.page.locator('[data-place="school-0"], #page-places .row').first.click()
        card = it.page.locator("#card").inner_text()
        for said in ("周六 9:00—17:00", "预约", "40", "已标出入口，距 22 米", "2025-09-01", "地形损失"):
            assert said in card, said
        link = it.page.locator("#card a")
        assert link.get_attribute("href") == "https://example.org/school"
        assert link.get_attribute("rel") == "noopener noreferrer"
        it.page.keyboard.press("Escape")
        it.page.locator("#page-places .row").nth(2).click()
        assert it.page.locator("#card .facts dd").first.inner_text() == "未知"


def test_one_page_of_paper_holds_map_legend_and_credits(chromium: Browser, town_map: Path) -> None:
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(town_map.as_uri())
    page.wait_for_timeout(300)
    pdf = page.pdf(prefer_css_page_size=True, print_background=True)
    assert pdf.count(b"/Type /Page\n") == 1
    assert page.evaluate("document.body.dataset.paper ?? null") is None
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    for part in ("#stage", "#paper-legend", "#credits", "#top h1"):
        assert page.locator(part).is_visible()
    for part in ("#panel", ".tools", "#legend"):
        assert not page.locator(part).first.is_visible()
    wide, high = page.evaluate("[document.body.offsetWidth / 96 * 25.4, document.body.offsetHeight / 96 * 25.4]")
    assert (round(wide), round(high)) == (281, 193)
    context.close()


def test_served_the_circles_come_when_they_are_asked_for(chromium: Browser, town_map: Path, tmp_path: Path) -> None:
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "study.html").symlink_to(town_map)
    page_text = read_files(tmp_path)[MAP].bodies[""].decode()
    assert len(page_text) < len(town_map.read_text(encoding="utf-8"))
    asked: list[str] = []
    ring = [[[106.505, 29.505], [106.507, 29.505], [106.507, 29.507], [106.505, 29.505]]]
    features = [
        {"type": "Feature", "properties": {"cutoff_s": c}, "geometry": {"type": "Polygon", "coordinates": ring}}
        for c in (300.0, 600.0, 900.0)
    ]

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        if route.request.url.endswith("/map"):
            route.fulfill(body=page_text, content_type="text/html")
        else:
            route.fulfill(json={"type": "FeatureCollection", "features": features})

    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.route("**/*", answer)
    page.goto("http://service.example/map")
    page.locator("#tab-places").click()
    page.locator("#page-places .row").first.click()
    page.locator("#card .rings").wait_for()
    assert page.locator("#card .rings li").count() == 3
    assert [url.split("?")[0] for url in asked] == [
        f"http://service.example/{p}" for p in ("map", "collections/isochrones/items")
    ]
    context.close()


def test_a_basemap_of_the_web_is_off_until_chosen(chromium: Browser, town: Path, tmp_path: Path) -> None:
    chosen = basemaps({"MAPS_BASEMAPS": "osm"})
    path = tmp_path / "web.html"
    path.write_text(study_page(read_bundle(town), chosen), encoding="utf-8")
    asked: list[str] = []

    def answer(route: Route) -> None:
        if route.request.url.startswith("http"):
            asked.append(route.request.url)
        route.continue_() if route.request.url.startswith("file:") else route.abort()

    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.route("**/*", answer)
    page.goto(path.as_uri())
    page.locator("#tab-layers").click()
    assert asked == []
    page.locator('#page-layers [data-value="osm"]').click()
    page.wait_for_timeout(300)
    context.close()
    assert asked
    assert {url.split("/")[2] for url in asked} == {hosts(chosen)[0].split("/")[2]}


@pytest.fixture(scope="module")
def axe() -> str:
    """Give the script of axe-core, as the package that carries it has it."""
    package = pytest.importorskip("axe_playwright_python", reason="NO AXE RAN: axe-playwright-python is missing")
    return (Path(package.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_axe_finds_no_fault_of_level_a_or_aa(
    chromium: Browser, town_map: Path, axe: str, size: tuple[int, int]
) -> None:
    phone = size[0] < 600
    context = chromium.new_context(
        viewport={"width": size[0], "height": size[1]}, is_mobile=phone, has_touch=phone, bypass_csp=True
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.emulate_media(reduced_motion="reduce")
    page.goto(town_map.as_uri())
    page.evaluate(axe)
    found = {}
    for tab in TABS:
        open_tab(page, tab)
        found[tab] = page.evaluate(AXE, RULES)
    if phone:
        page.locator("#handle").click()
        page.locator("#more").click()
    for tool in TOOLS:
        page.locator(f"#tool-{tool}").click()
        found[tool] = page.evaluate(AXE, RULES)
    page.keyboard.press("Escape")
    page.locator("#tab-places").click()
    page.locator("#page-places .row").first.click()
    found["card"] = page.evaluate(AXE, RULES)
    context.close()
    assert {where: faults for where, faults in found.items() if faults} == {}
