"""A real Chromium without a network, and the maps it opens. Where Chromium is missing the tests skip, and say so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route

from maps.bundle import Bundle, read_bundle
from maps.study import study_page, write_study
from tests.maps.hostile import hostile_names
from tests.maps.town import write_town

PATIENCE_MS = 8000
PHONE, DESKTOP = (390, 844), (1440, 900)
OWN = ("file://", "data:", "blob:")


@dataclass
class Visit:
    """An open page, and what it did that it should not have done."""

    page: Page
    asked: list[str] = field(default_factory=list)
    complained: list[str] = field(default_factory=list)


def open_tab(page: Page, tab: str) -> None:
    """Open a page of the panel; on the phone a second touch of its tab would close the sheet."""
    if not page.locator(f"#page-{tab}").is_visible():
        page.locator(f"#tab-{tab}").click()


Opener = Callable[..., AbstractContextManager[Visit]]


@pytest.fixture(scope="module")
def visit(chromium: Browser) -> Opener:
    """Give a way to open a map offline: ``with visit(path, PHONE) as it: it.page...``."""

    @contextmanager
    def opened(path: Path, size: tuple[int, int] = DESKTOP, query: str = "") -> Iterator[Visit]:
        phone = size[0] < 600
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]}, has_touch=phone, is_mobile=phone, offline=True
        )
        context.set_default_timeout(PATIENCE_MS)
        it = Visit(context.new_page())

        def judge(route: Route) -> None:
            if route.request.url.startswith(OWN):
                route.continue_()
            else:
                it.asked.append(route.request.url)
                route.abort()

        it.page.route("**/*", judge)
        it.page.on("console", lambda m: it.complained.append(m.text) if m.type in {"error", "warning"} else None)
        it.page.on("pageerror", lambda error: it.complained.append(str(error)))
        it.page.on("dialog", lambda dialog: it.complained.append(dialog.message))
        it.page.goto(path.as_uri() + query)
        it.page.wait_for_function("document.querySelectorAll('#stage canvas').length === 2")
        yield it
        context.close()

    return opened


@pytest.fixture(scope="session")
def town_map(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the town's map, for what does not hang on the data."""
    folder = tmp_path_factory.mktemp("town")
    return write_study(write_town(folder / "build", planned=True), folder)


@pytest.fixture(scope="session", params=["town", "district"])
def study_map(request: pytest.FixtureRequest) -> Path:
    """Give a map that every test of an ordinary map runs on: one parameter a bundle."""
    path: Path = request.getfixturevalue(f"{request.param}_map")
    return path


@pytest.fixture(scope="session")
def hostile_map(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """Give the town's map with every free text replaced, and what each was replaced by."""
    folder = tmp_path_factory.mktemp("hostile")
    given, name = hostile_names()
    return write_study(write_town(folder / "build", name, planned=True), folder), given


@pytest.fixture(scope="session")
def bare_map(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a map of a bundle whose study layers are all empty."""
    folder = tmp_path_factory.mktemp("bare")
    full = read_bundle(write_town(folder / "build"))
    kept = ("area", "subdistricts", "network")
    layers = {name: layer if name in kept else layer.iloc[:0] for name, layer in full.layers.items()}
    path = folder / "study.html"
    path.write_text(study_page(Bundle(full.manifest, layers, full.tables)), encoding="utf-8")
    return path
