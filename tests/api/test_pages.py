"""Pages: whole, sealed, and harmless whatever a place is called."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.api.conftest import HOSTILE


class _Asked(HTMLParser):
    """What a page would load, and what in it would run."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.inline: list[str] = []
        self._in_script = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.inline += [name for name in given if name.startswith("on") or name == "style"]
        if tag in {"script", "img", "iframe"}:
            self.loaded.append(given.get("src", ""))
        if tag == "link":
            self.loaded.append(given["href"])
        if tag == "a":
            self.links.append(given["href"])
        if tag == "style" or (tag == "script" and "src" not in given):
            self.inline.append(tag)


PAGES = ["/", "/docs"]


@pytest.mark.parametrize("path", PAGES)
def test_pages_load_only_their_own(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    page = _Asked(answer.text)
    assert not page.inline
    assert page.loaded
    for url in page.loaded:
        assert url.startswith("/static/")
        assert client.get(url).status_code == 200


def test_documented_links_answer(client: TestClient) -> None:
    for path in PAGES:
        for url in _Asked(client.get(path).text).links:
            if url.startswith("#") or url == "/map" or "106.5" in url:
                continue
            assert client.get(url).status_code == 200, url


def test_docs_name_every_operation(client: TestClient) -> None:
    page = client.get("/docs").text
    for path in client.get("/openapi.json").json()["paths"]:
        assert f"<code>{path}</code>" in page
    assert 'id="problem-busy"' in page


def test_landing_speaks_chinese_first(client: TestClient) -> None:
    page = client.get("/").text
    assert '<html lang="zh-CN">' in page
    assert page.index("15分钟服务圈") < page.index("Grid Town")
    for path in ("/map", "/family", "/docs", "/collections"):
        assert f'href="{path}"' in page


def test_landing_figures_are_the_bundles(client: TestClient) -> None:
    asked = {"tier": "school", "basis": "confirmed", "minutes": 15, "measure": "walk", "subdistrict": "district"}
    share = client.get("/coverage", params=asked).json()["coverage"][0]["share"]
    page = client.get("/").text
    assert f"{100 * share:.0f}<small>%</small>" in page
    assert re.search(r'class="share unknown">未知', page), "the community tier has no confirmed place: unknown, not 0"


@pytest.mark.parametrize("path", [*PAGES, "/family"])
def test_hostile_names_are_text(client: TestClient, path: str) -> None:
    page = client.get(path).text
    assert HOSTILE not in page
    if path == "/":
        assert "&lt;script&gt;window.__pwned" in page


def test_map_or_how_to_make_it(client: TestClient, built: Path) -> None:
    missing = client.get("/map")
    assert missing.status_code == 404
    assert "python -m maps study" in missing.json()["detail"]
    folder = built / "maps"
    folder.mkdir()
    try:
        (folder / "study.html").write_text("<!DOCTYPE html><title>map</title>", "utf-8")
        there = client.get("/map")
        assert there.status_code == 200
        assert there.headers["content-type"].startswith("text/html")
        assert "frame-ancestors 'none'" in there.headers["content-security-policy"]
    finally:
        (folder / "study.html").unlink()
        folder.rmdir()


@pytest.mark.parametrize("path", ["/", "/docs", "/healthz", "/nowhere", "/static/site.css", "/collections?x=1"])
def test_security_headers_everywhere(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert "unsafe-inline" not in headers["content-security-policy"]
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
