"""Pages: whole, sealed, and harmless whatever a place is called."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fastapi import FastAPI
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


PAGES = ["/", "/docs", "/gaps?f=html", "/routes?f=html", "/routes/R1?f=html"]


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
            if url.startswith(("#", "/map", "/report/", "/compare", "/links")) or "106.5" in url:
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
    for path in ("/map", "/report/", "/family", "/docs", "/collections"):
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


def test_map_or_how_to_make_it(app: FastAPI, client: TestClient, built: Path) -> None:
    missing = client.get("/map")
    assert missing.status_code == 404
    assert "python -m maps study" in missing.json()["detail"]
    folder = built / "maps"
    folder.mkdir()
    try:
        (folder / "study.html").write_text("<!DOCTYPE html><title>map</title>", "utf-8")
        assert client.get("/map").status_code == 404, "a snapshot does not change"
        app.state.holder.swap()
        there = client.get("/map")
        assert there.status_code == 200
        assert there.headers["content-type"].startswith("text/html")
        assert "frame-ancestors 'none'" in there.headers["content-security-policy"]
    finally:
        (folder / "study.html").unlink()
        folder.rmdir()
        app.state.holder.swap()


@pytest.fixture(scope="module")
def reported(app: FastAPI, built: Path) -> Iterator[Path]:
    """Put a report into the bundle, and files in and beside it that nobody may have."""
    folder = built / "report"
    (folder / "briefs").mkdir(parents=True)
    (folder / "index.html").write_text('<!DOCTYPE html><style>b{}</style><a href="briefs/1.pdf">1</a>', "utf-8")
    (folder / "report.xlsx").write_bytes(b"PK")
    (folder / "briefs" / "1.pdf").write_bytes(b"%PDF")
    (folder / "notes.txt").write_text("not of a report", "utf-8")
    (folder / "out.html").symlink_to(built / "manifest.json")
    (built / "beside.html").write_text("not of the report", "utf-8")
    try:
        app.state.holder.swap()
        yield folder
    finally:
        shutil.rmtree(folder)
        (built / "beside.html").unlink()
        app.state.holder.swap()


def test_how_to_write_the_report(client: TestClient) -> None:
    assert client.get("/report", follow_redirects=False).headers["location"] == "/report/"
    for path in ("/report", "/report/", "/report/report.xlsx"):
        missing = client.get(path)
        assert missing.status_code == 404
        assert missing.headers["content-type"] == "application/problem+json"
        assert "python -m maps report" in missing.json()["detail"]
    assert "python -m maps report" in client.get("/").text


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("", "text/html; charset=utf-8"),
        ("index.html", "text/html; charset=utf-8"),
        ("briefs/1.pdf", "application/pdf"),
        ("report.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ],
)
def test_report_files(client: TestClient, reported: Path, path: str, media_type: str) -> None:
    answer = client.get(f"/report/{path}")
    assert answer.status_code == 200
    assert answer.content == (reported / (path or "index.html")).read_bytes()
    assert answer.headers["content-type"] == media_type
    again = client.get(f"/report/{path}", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert "python -m maps report" not in client.get("/").text


def test_report_pages_keep_their_own_policy(client: TestClient, reported: Path) -> None:
    assert reported.is_dir()
    policy = client.get("/report/").headers["content-security-policy"]
    assert re.search(r"style-src 'sha256-[^']+';", policy), "the pages hold their style"
    assert "script-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize(
    "path",
    [
        "notes.txt",
        "out.html",
        "briefs",
        "briefs/2.pdf",
        "..%2Fbeside.html",
        "%2e%2e/beside.html",
        "briefs/..%2F..%2Fbeside.html",
        "%2Fetc%2Fhosts.html",
        "..%5Cbeside.html",
        "a%00.html",
        f"{'a' * 300}.html",
    ],
)
def test_report_gives_nothing_else(client: TestClient, reported: Path, path: str) -> None:
    assert (reported / "notes.txt").is_file()
    answer = client.get(f"/report/{path}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert "no such file" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/", "/docs", "/healthz", "/nowhere", "/static/site.css", "/collections?x=1"])
def test_security_headers_everywhere(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert "unsafe-inline" not in headers["content-security-policy"]
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_gaps_where_a_browser_asks(client: TestClient, built: Path) -> None:
    every = client.get("/gaps").json()["gaps"]
    page = client.get("/gaps", headers={"Accept": "text/html"})
    assert page.headers["vary"] == "Accept, Accept-Encoding"
    for gap in every:
        assert f'id="gap-{gap["tier"]}-{gap["gap_id"]}"' in page.text
        assert gap["suggestion_en"] in page.text
    assert page.text.index("缺口") < page.text.index("Gaps")
    one = every[0]
    asked = {"tier": one["tier"], "cause": one["cause"], "subdistrict": one["subdistrict"]}
    kept = client.get("/gaps", params=asked).json()["gaps"]
    assert kept == [gap for gap in every if all(gap[key] == value for key, value in asked.items())]
    shown = client.get("/gaps", params=asked | {"f": "html"}).text
    assert shown.count('class="card"') == len(kept)
    assert client.get("/gaps?tier=&cause=&subdistrict=&f=html").text.count('class="card"') == len(every)
    assert client.get("/gaps?subdistrict=9").status_code == 422
    assert "/map#" not in page.text, "no map was drawn"
    assert not (built / "maps").exists()


def test_gaps_lead_to_the_map_at_the_spot(app: FastAPI, client: TestClient, built: Path) -> None:
    folder = built / "maps"
    folder.mkdir()
    try:
        (folder / "study.html").write_text("<!DOCTYPE html><title>map</title>", "utf-8")
        app.state.holder.swap()
        page = client.get("/gaps?f=html").text
        for gap in client.get("/gaps").json()["gaps"]:
            assert f"/map#theme=gaps&amp;gaps={gap['tier']}&amp;show=gap:{gap['tier']}~{gap['gap_id']}" in page
        assert "show=stop:1~R1" in client.get("/routes/R1?f=html").text
    finally:
        (folder / "study.html").unlink()
        folder.rmdir()
        app.state.holder.swap()
