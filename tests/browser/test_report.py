"""The report in a real browser: it fits the phone and the desk, asks for nothing, and no name in it runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from maps.report.write import write_report
from tests.browser.conftest import DESKTOP, OWN, PATIENCE_MS, PHONE
from tests.maps.hostile import hostile_names
from tests.maps.town import write_town

PAGES = ("index.html", "briefs/1.html")
# Texts of at least 12 px against the paper or their own ground, by the formula of WCAG 2.
FAINT = """() => {
  const light = c => { const [r, g, b] = c.match(/[\\d.]+/g).slice(0, 3).map(v => v / 255)
    .map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b; };
  const ground = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
    if (!/, 0\\)$/.test(c) && c !== 'transparent') return c; } return 'rgb(255, 255, 255)'; };
  return [...document.querySelectorAll('body *:not(svg *)')].filter(e => !e.closest('.seal, .skip') &&
    [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())).map(e => {
      const [a, b] = [light(getComputedStyle(e).color), light(ground(e))].sort((x, y) => y - x);
      return [(a + .05) / (b + .05), e.tagName + '.' + e.className]; }).filter(([ratio]) => ratio < 4.5);
}"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the town's report."""
    folder = tmp_path_factory.mktemp("report")
    return write_report(write_town(folder / "build"), folder / "report").parent


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the report of a town whose every text is hostile."""
    folder = tmp_path_factory.mktemp("attacked")
    return write_report(write_town(folder / "build", hostile_names()[1]), folder / "report").parent


@contextmanager
def _opened(chromium: Browser, path: Path, size: tuple[int, int]) -> Iterator[tuple[Page, list[str]]]:
    phone = size[0] < 600
    viewport = {"width": size[0], "height": size[1]}
    context = chromium.new_context(viewport=viewport, has_touch=phone, is_mobile=phone, offline=True)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE_MS)
    page, wrong = context.new_page(), list[str]()
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", lambda dialog: wrong.append(dialog.message))
    page.on("request", lambda request: None if request.url.startswith(OWN) else wrong.append(request.url))
    page.goto(path.as_uri())
    yield page, wrong
    context.close()


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_and_asks_for_nothing(chromium: Browser, report: Path, name: str, size: tuple[int, int]) -> None:
    with _opened(chromium, report / name, size) as (page, wrong):
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        drawn = page.evaluate("[...document.querySelectorAll('svg')].map(e => e.getBoundingClientRect().width)")
        assert drawn
        assert min(drawn) > 250
        assert page.evaluate(FAINT) == []
        assert page.locator("h1").is_visible()
    assert wrong == []


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("name", PAGES)
def test_no_name_of_the_report_runs(chromium: Browser, attacked: Path, name: str, size: tuple[int, int]) -> None:
    with _opened(chromium, attacked / name, size) as (page, wrong):
        assert page.evaluate("window.__pwned") is None
        assert page.locator("script, img, iframe, base, input, video").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert wrong == []


def test_the_contents_and_the_briefs_can_be_reached_by_keyboard(chromium: Browser, report: Path) -> None:
    with _opened(chromium, report / "index.html", DESKTOP) as (page, _):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        page.locator(".briefs a").first.click()
        assert page.locator("h1").inner_text().startswith("上街道")


def test_print_drops_what_only_a_screen_needs(chromium: Browser, report: Path) -> None:
    with _opened(chromium, report / "index.html", DESKTOP) as (page, _):
        page.emulate_media(media="print")
        assert not page.locator("nav").is_visible()
        assert page.locator("#summary").is_visible()
