"""The report in a real browser: it fits the phone and the desk, asks for nothing, and no name in it runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from maps.printing import find_fonts, printing
from maps.report.figures import worst_gaps
from maps.report.notes import notes
from maps.report.pages import brief_page, index_page
from maps.report.plates import Plates
from maps.report.reading import read_study
from maps.report.small_maps import SmallMaps
from tests.browser.conftest import DESKTOP, OWN, PATIENCE_MS, PHONE
from tests.maps.reports import bare_report, hostile_report

PAPER = (695, 1000)  # what is left of A4 at 96 dots an inch within the margins
LONGEST = 13
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
    return bare_report(tmp_path_factory)


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the report of a town whose every text is hostile."""
    return hostile_report(tmp_path_factory)[1]


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


@pytest.fixture(scope="module")
def printable(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the district's main page, and the three briefs that say most of their gaps."""
    folder, study, fonts = tmp_path_factory.mktemp("printable"), read_study(bundle), find_fonts(None)
    said = {
        code: sum(len(gap["explanation_zh"]) for gap in worst_gaps(study, where=code))
        for code, _, _ in study.subdistricts()
    }
    with printing(fonts):
        plates = Plates(study, fonts, SmallMaps(study, fonts))
        (folder / "index.html").write_text(index_page(study, plates, notes(study)), "utf-8")
        for code in sorted(said, key=lambda code: -said[code])[:3]:
            (folder / f"brief-{code}.html").write_text(brief_page(study, plates, code), "utf-8")
    return folder


@pytest.mark.long
def test_a_brief_prints_on_one_page_and_no_table_of_the_report_is_cut(chromium: Browser, printable: Path) -> None:
    wide = "[...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth + 1).length"
    for path in sorted(printable.iterdir()):
        with _opened(chromium, path, PAPER) as (page, _):
            page.emulate_media(media="print")
            assert page.evaluate("document.documentElement.scrollWidth") <= PAPER[0]
            assert page.evaluate(wide) == 0
            printed = page.pdf(prefer_css_page_size=True, print_background=True)
            pages = len(re.findall(rb"/Type\s*/Page\b", printed))
            assert pages == 1 if path.name.startswith("brief") else 1 < pages <= LONGEST, path.name


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_the_short_list_is_at_the_top(chromium: Browser, report: Path, size: tuple[int, int]) -> None:
    with _opened(chromium, report / "index.html", size) as (page, _):
        first = page.locator(".first li").first
        box = first.bounding_box()
        assert box
        assert box["y"] + box["height"] < size[1]
        for part in (".where", ".many", ".far", ".why", ".helps"):
            assert first.locator(part).is_visible()
        link = first.locator("a")
        assert page.locator(link.get_attribute("href") or "").count() == 1


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
