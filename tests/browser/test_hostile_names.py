"""Names that try to run do not run, and do not blank the map, whatever is opened."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import DESKTOP, PHONE, Opener, open_tab
from tests.browser.test_study_map import INKED, TABS

Hostile = tuple[Path, dict[str, str]]


def _open_everything(page: Page) -> None:
    for tab in TABS:
        open_tab(page, tab)
    open_tab(page, "layers")
    for box in page.locator("#page-layers input[type=checkbox]").all():
        box.check()
    open_tab(page, "routes")
    for tab in ("places", "gaps"):
        page.keyboard.press("Escape")
        open_tab(page, tab)
        for row in page.locator(f"#page-{tab} .row").all():
            row.evaluate("e => e.click()")


@pytest.mark.parametrize(("size", "query"), [(PHONE, ""), (DESKTOP, "?lang=en")], ids=["phone", "desktop in English"])
def test_no_name_runs(visit: Opener, hostile_map: Hostile, size: tuple[int, int], query: str) -> None:
    path, _ = hostile_map
    with visit(path, size, query) as it:
        _open_everything(it.page)
        it.page.evaluate("studyMap.setZoom(17, {animate: false})")
        it.page.wait_for_timeout(400)
        assert it.page.evaluate("window.__pwned") is None
        assert min(it.page.evaluate(INKED)) > 5
        assert (
            it.page.locator(
                "#panel img, #panel iframe, #card img, #card iframe, #panel a, base, style + script"
            ).count()
            == 0
        )
    assert it.asked == []
    assert it.complained == []


def test_names_are_shown_to_the_letter(visit: Opener, hostile_map: Hostile) -> None:
    path, given = hostile_map
    with visit(path) as it:
        open_tab(it.page, "places")
        shown = it.page.evaluate("[...document.querySelectorAll('#page-places .row b')].map(e => e.textContent)")
        wanted = [payload for text, payload in given.items() if re.fullmatch(r"\w+ 第\d+处", text)]
        assert sorted(shown) == sorted(wanted)
        assert len(shown) == 15


def test_a_hostile_place_still_opens_its_card(visit: Opener, hostile_map: Hostile) -> None:
    path, given = hostile_map
    with visit(path) as it:
        open_tab(it.page, "places")
        it.page.locator("#page-places .row").first.click()
        assert it.page.locator("#card h2").evaluate("e => e.textContent") == given["school 第0处"]
        assert it.page.locator("#card .rings li").count() == 3
        assert given["纵0路0号"] in "".join(it.page.locator("#card .facts").all_text_contents())


def test_the_page_could_not_run_a_name_if_it_tried(visit: Opener, hostile_map: Hostile) -> None:
    """The second lock: the policy refuses inline handlers, foreign scripts and requests, even when markup gets in."""
    path, _ = hostile_map
    with visit(path) as it:
        it.page.evaluate(
            """() => {
              const box = document.createElement('div');
              box.innerHTML = '<img src=x onerror="window.__pwned=1"><img src="http://evil.example/p.png">';
              document.body.append(box);
              const script = document.createElement('script');
              script.textContent = 'window.__pwned=1';
              document.body.append(script);
            }"""
        )
        it.page.wait_for_timeout(300)
        assert it.page.evaluate("window.__pwned") is None
    assert it.complained  # the policy says what it refused
    assert it.asked == []
