"""Every page, with every payload in every text, in a real browser: nothing runs, nothing asks, nothing is blank.

Each page is opened once. All texts that a reader takes are hostile at the same time, so that one payload may not
hide another: every payload stands in more than one field.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route

from servicecircle.errors import InputError
from servicecircle.ingest.text_table import read_text_table
from tests.untrusted.conftest import Hostile
from tests.untrusted.payloads import HIDDEN, PAYLOADS
from tests.untrusted.study import CELLS, PLACE_TEXTS, START

DESKTOP = {"width": 1440, "height": 900}
OWN = ("file:///", "data:", "blob:")  # of a page on a stick, //evil.example is file://evil.example
PATIENCE_MS = 8000
# Open whatever opens: tabs, boxes, rows of lists, folded tables.
TOUCH = """() => {
  const all = s => [...document.querySelectorAll(s)];
  all('details').forEach(e => { e.open = true; });
  all('[role=tab]').forEach(e => e.click());
  all('input[type=checkbox]').forEach(e => { if (!e.checked) e.click(); });
  all('button.row, .row').slice(0, 200).forEach(e => e.click());
}"""
# Pixels of all canvases that are not empty, as a share.
DRAWN = """() => [...document.querySelectorAll('canvas')].map(c => {
  if (!c.width || !c.height) return 0;
  const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
  let n = 0; for (let i = 3; i < d.length; i += 4) n += d[i] > 0; return n / (d.length / 4);
})"""
FOREIGN = "base, iframe, object, form[action], video, template, plaintext, [onerror], [onload], [ontoggle], [onfocus]"


@contextmanager
def watched(chromium: Browser, own: tuple[str, ...]) -> Iterator[tuple[Page, list[str]]]:
    """Give a page, and a list of everything it did that no page of ours does."""
    context = chromium.new_context(viewport=DESKTOP)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE_MS)
    page, wrong = context.new_page(), list[str]()

    def judge(route: Route) -> None:
        if route.request.url.startswith(own):
            route.continue_()
        else:
            wrong.append(f"asked {route.request.url}")
            route.abort()

    page.route("**/*", judge)
    page.on("console", lambda m: wrong.append(f"said {m.text}") if m.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: wrong.append(f"failed {error}"))

    def dismiss(dialog: object) -> None:
        wrong.append("opened a dialog")
        dialog.dismiss()  # type: ignore[attr-defined]

    page.on("dialog", dismiss)
    page.on("popup", lambda _: wrong.append("opened a window"))
    yield page, wrong
    context.close()


def judged(page: Page, address: str) -> list[str]:
    """Open a page and everything in it; return what is wrong with it besides what it did."""
    page.goto(address)
    page.evaluate(TOUCH)
    page.wait_for_timeout(150)
    wrong = ["ran"] if page.evaluate("window.__pwned") is not None else []
    if page.locator(FOREIGN).count():
        wrong.append(f"grew {page.locator(FOREIGN).first.evaluate('e => e.outerHTML')[:80]}")
    if not page.locator("h1").first.is_visible():
        wrong.append("is blank")
    if page.evaluate("document.documentElement.scrollWidth") > DESKTOP["width"]:
        wrong.append("is wider than the window")
    return wrong


def test_the_files_of_the_site_are_harmless(chromium: Browser, hostile: Hostile) -> None:
    pages = sorted(p for p in hostile.site.rglob("*.html") if p.parent.name != "routes" or p.stem in {"index", "R0"})
    assert {"index.html", "embed.html", "R0.html"} <= {p.name for p in pages}
    with watched(chromium, OWN) as (page, wrong):
        found = {p.relative_to(hostile.site).as_posix(): judged(page, p.as_uri()) for p in pages}
    assert {name: what for name, what in found.items() if what} == {}
    assert wrong == []


def test_the_lines_to_copy_are_one_frame_and_nothing_else(chromium: Browser, hostile: Hostile) -> None:
    """They leave the page as text and become markup of another site: its name must be escaped twice."""
    with watched(chromium, OWN) as (page, _):
        page.goto((hostile.site / "embed.html").as_uri())
        grown = page.evaluate(
            """() => { const text = document.querySelector('pre').textContent;
              const parsed = new DOMParser().parseFromString(text, 'text/html');
              return [...parsed.querySelectorAll('head *, body *')].map(e => [e.tagName, e.attributes.length]); }"""
        )
    assert grown == [["IFRAME", 9]]


def test_the_report_is_harmless(chromium: Browser, hostile: Hostile) -> None:
    with watched(chromium, OWN) as (page, wrong):
        for name in ("index.html", "briefs/1.html"):
            assert judged(page, (hostile.bundle / "report" / name).as_uri()) == [], name
            assert page.locator("svg").count()
    assert wrong == []


@pytest.mark.parametrize("query", ["", "?lang=en"])
def test_the_map_is_harmless_and_draws_its_places(chromium: Browser, hostile: Hostile, query: str) -> None:
    with watched(chromium, OWN) as (page, wrong):
        assert judged(page, (hostile.bundle / "maps" / "study.html").as_uri() + query) == []
        assert max(page.evaluate(DRAWN)) > 0.05
        places = json.loads(page.locator("#data-places").text_content() or "")
        at = places["cols"].index("at")
        assert sum(row[at] is not None for row in places["rows"]) > 40
    assert wrong == []


def test_the_service_is_harmless(chromium: Browser, address: str) -> None:
    with watched(chromium, (address, *OWN)) as (page, wrong):
        found = {path: judged(page, address + path) for path in ("/", "/map", "/report/", "/docs", "/family")}
        assert {path: what for path, what in found.items() if what} == {}
        page.wait_for_selector("body[data-ready]")
        page.fill("#search", START)
        page.press("#search", "Enter")
        page.wait_for_selector("#count")
        assert page.locator(".row").count() > 3
        for row in page.locator(".row").all()[:6]:
            row.evaluate("e => e.click()")
            page.wait_for_timeout(40)
            page.go_back()
        assert page.evaluate("window.__pwned") is None
    assert wrong == []


def test_every_payload_was_in_several_fields(hostile: Hostile) -> None:
    assert len(PAYLOADS) > 80
    assert min(count for text, count in hostile.texts.given.items() if text.strip()) >= 2
    with (hostile.study / "facilities.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(CELLS) > 70
    for column in PLACE_TEXTS:
        assert set(CELLS) <= {row[column] for row in rows}, column


def test_what_cannot_be_seen_is_refused_at_the_door(tmp_path: Path) -> None:
    assert HIDDEN
    for text in HIDDEN:
        path = tmp_path / "names.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([["name"], [text]])
        with pytest.raises(InputError, match="hidden character"):
            read_text_table(path, ["name"]).done()


def test_a_line_of_the_office_is_on_no_page_and_in_no_file(hostile: Hostile) -> None:
    with (hostile.study / "facilities.csv").open(encoding="utf-8", newline="") as file:
        columns = next(csv.reader(file))
    assert {"contact", "name"} <= set(columns)
    for path in hostile.site.rglob("*.csv"):
        assert "contact" not in path.read_text("utf-8-sig").splitlines()[0].split(",")


CARELESS = {
    "ran": (
        "<script>window.__pwned=1</script>",
        "<img src=x onerror=window.__pwned=1>",
        "'><svg onload=window.__pwned=1>",
    ),
    "asked": ("<img src=http://evil.example/p.png>", "<link rel=stylesheet href=//evil.example/x.css>"),
    "is blank": (
        "</style><style>*{display:none!important}</style>",
        "</title></style></textarea></noscript><plaintext>",
    ),
    "is wider": ("W" * 3000,),
    "grew": ("<base href=//evil.example/>", "<iframe src=javascript:window.__pwned=1>"),
}


def test_a_careless_page_would_be_caught(chromium: Browser, tmp_path: Path) -> None:
    """The watch is no blind one: texts written as markup run, ask, hide and stretch, and it says so."""
    careless = tmp_path / "careless.html"
    with watched(chromium, OWN) as (page, wrong):
        for what, texts in CARELESS.items():
            for text in texts:
                assert text in PAYLOADS
                wrong.clear()
                markup = f"<!DOCTYPE html><meta charset=utf-8><input value='{text}'>{text}<h1>x</h1>"
                careless.write_text(markup, "utf-8")
                assert any(said.startswith(what) for said in [*judged(page, careless.as_uri()), *wrong]), text
