"""The family page over a town with places near, far, approximate and nowhere, and a real Chromium without a network."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Page, Request, Route, ViewportSize

from api.app import create_app
from api.reports import Reports
from api.settings import Settings
from servicecircle.ingest.parameters import read_parameters
from servicecircle.ingest.study import read_study
from servicecircle.ingest.walkable import load_rules
from servicecircle.model import Variant
from servicecircle.pipeline import run
from servicecircle.publish.bundle import write_bundle
from tests.conftest import Silent
from tests.town import Place, Town

HOSTILE = "<img src=x onerror=window.__pwned=1>${window.__pwned=1}"
PLACES = [
    Place("S1", "school", 500.0, 500.0, "中心小学"),
    Place("S2", "school", 300.0, 300.0, "人民路小学"),
    Place("S3", "school", 0.0, 0.0, "重庆第一小学", confidence="none"),
    Place("C1", "community", 700.0, 500.0, "曾家岩社区", confidence="street"),
    Place("C2", "community", 900.0, 900.0, f"社区{HOSTILE}"),
    Place("B1", "base", 500.0, 700.0, f"博物馆{HOSTILE}", category="patriotic"),
    Place("B2", "base", 300.0, 600.0, "候选纪念馆", status="candidate", category="patriotic"),
    Place("B3", "base", 0.0, 0.0, "无址基地", confidence="none", category="health"),
    Place("V1", "venue", 700.0, 300.0, "街心医院", confidence="street", status="candidate", category="health"),
    Place("B4", "base", 2400.0, 2400.0, "远郊科普馆", category="science"),
]
CATEGORIES = [("patriotic", "爱国主义教育", True), ("health", "健康教育", True), ("science", "劳动与科普", False)]

TOLD = {"B1": "24/7,public,https://example.org/museum,200", "B2": "Mo-Su off,booking,,"}

PHONE, DESKTOP = (390, 844), (1440, 900)
PATIENCE_MS = 8000


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Write a town of 25 blocks and its bundle."""
    folder = tmp_path_factory.mktemp("family")
    study = Town(blocks=25, places=PLACES).write(folder / "town")
    entry = '[[category]]\nid = "{}"\nname_zh = "{}"\nname_en = "{}"\npublished = {}\n'
    text = "".join(entry.format(key, zh, key.title(), str(known).lower()) for key, zh, known in CATEGORIES)
    (study / "categories.toml").write_text(text, "utf-8")
    _tell(study / "facilities.csv")
    write_bundle(run(read_study(study), read_parameters(), load_rules(), Variant(), Silent()), folder / "build")
    return Settings.model_validate({"bundle": folder / "build", "data": study})


def _tell(facilities: Path) -> None:
    """Add what only some places say: hours, admission, website, capacity."""
    head, *rows = facilities.read_text("utf-8").splitlines()
    told = {key: f",{more}" for key, more in TOLD.items()}
    lines = [row + told.get(row.partition(",")[0], ",,,,") for row in rows]
    facilities.write_text("\n".join([f"{head},opening_hours,access,website,capacity", *lines]) + "\n", "utf-8")


@pytest.fixture(scope="session")
def app(served: Settings, tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """Make the app once, with an office that takes reports."""
    made = create_app(served)
    made.state.reports = Reports(tmp_path_factory.mktemp("office") / "reports.sqlite")
    return made


@pytest.fixture(scope="session")
def client(app: FastAPI) -> TestClient:
    """Ask the app without a socket."""
    return TestClient(app)


@pytest.fixture(scope="session")
def address(app: FastAPI) -> Iterator[str]:
    """Serve the town on a free port of the loopback."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, access_log=False, log_config=None, ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    end = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < end, "the service did not start"
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@dataclass
class Visit:
    """An open page, what it asked, and what it did that it should not have done."""

    page: Page
    asked: list[Request] = field(default_factory=list)
    foreign: list[Request] = field(default_factory=list)
    complained: list[str] = field(default_factory=list)

    def start(self, typed: str) -> None:
        """Search, and take the first start found."""
        self.page.fill("#search", typed)
        self.page.press("#search", "Enter")
        self.page.wait_for_selector("#count")

    def posted(self, path: str) -> list[Any]:
        """Return the bodies of the questions asked at a path."""
        return [r.post_data_json for r in self.asked if r.method == "POST" and r.url.endswith(path)]


Opener = Callable[..., AbstractContextManager[Visit]]


@pytest.fixture(scope="module")
def visit(chromium: Browser, address: str) -> Opener:
    """Give a way to open the page: ``with visit("?lang=en") as it: ...``; it must keep to itself, in silence."""

    @contextmanager
    def opened(
        query: str = "",
        size: tuple[int, int] = PHONE,
        tamper: Callable[[dict[str, Any]], object] | None = None,
        **options: Any,
    ) -> Iterator[Visit]:
        phone = size[0] < 600
        view: ViewportSize = {"width": size[0], "height": size[1]}
        context = chromium.new_context(
            viewport=view, has_touch=phone, is_mobile=phone, reduced_motion="reduce", **options
        )
        context.set_default_timeout(PATIENCE_MS)
        it = Visit(context.new_page())

        def judge(route: Route) -> None:
            if tamper and route.request.url.endswith("data.json"):
                told = route.fetch().json()
                tamper(told)
                route.fulfill(json=told)
            elif route.request.url.startswith(address):
                route.continue_()
            else:
                route.abort()

        def note(request: Request) -> None:  # what the worker answers is asked, too
            (it.asked if request.url.startswith((address, "blob:")) else it.foreign).append(request)

        it.page.on("request", note)
        it.page.route("**/*", judge)
        it.page.on("console", lambda m: it.complained.append(m.text) if m.type in {"error", "warning"} else None)
        it.page.on("pageerror", lambda error: it.complained.append(str(error)))
        it.page.on("dialog", lambda dialog: it.complained.append(dialog.message))
        it.page.goto(f"{address}/family{query}")
        it.page.wait_for_selector("body[data-ready]")
        yield it
        pwned = it.page.evaluate("window.__pwned")
        context.close()
        assert it.foreign == []
        assert it.complained == []
        assert pwned is None

    return opened


@pytest.fixture(scope="session")
def page_folder() -> Path:
    """Return where the page's files are."""
    return Path(__file__).parents[2] / "api" / "family"
