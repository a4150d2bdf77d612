"""The page asks nothing of any network; what is vendored is what was vendored."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import pytest

from maps import offline
from servicecircle.errors import InputError


def test_vendored_files_are_those_of_the_manifest() -> None:
    listed = {}
    for line in (offline.STATIC / "MANIFEST.sha256").read_text(encoding="utf-8").splitlines():
        digest, name = line.split("  ")
        listed[name] = digest
    there = {
        path.relative_to(offline.STATIC).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in offline.STATIC.glob("*/**/*")
        if path.is_file()
    }
    assert there == listed


def test_vendored_leaflet_keeps_its_licence() -> None:
    assert "BSD 2-Clause" in (offline.STATIC / "leaflet" / "LICENSE").read_text(encoding="utf-8")
    assert "1.9.4" in (offline.STATIC / "leaflet" / "leaflet.js").read_text(encoding="utf-8")[:200]


def test_the_town_asks_nothing(town_page: str) -> None:
    assert offline.outside_urls(town_page) == []


@pytest.mark.parametrize(
    "asking",
    [
        '<script src="https://cdn.example/x.js"></script>',
        '<script src="//cdn.example/x.js"></script>',
        '<script src="leaflet.js"></script>',
        '<link rel="stylesheet" href="https://cdn.example/x.css">',
        '<img src="http://cdn.example/x.png">',
        '<img srcset="http://cdn.example/x.png 2x">',
        '<svg><use href="https://cdn.example/x.svg#i"/></svg>',
        '<iframe src="https://cdn.example"></iframe>',
        '<div style="background:url(https://cdn.example/x.png)"></div>',
        "<style>@import 'https://cdn.example/x.css';</style>",
        "<style>b{background:url( 'images/x.png' )}</style>",
        '<script>fetch("https://cdn.example/x.json")</script>',
        '<script>new WebSocket("wss://cdn.example")</script>',
        '<meta http-equiv="refresh" content="0;url=https://cdn.example">',
    ],
)
def test_an_asking_page_is_refused(asking: str) -> None:
    with pytest.raises(InputError, match="outside address"):
        offline.refuse_outside(f"<!DOCTYPE html><html><head></head><body>{asking}</body></html>")


@pytest.mark.parametrize(
    "quiet",
    [
        '<a href="https://www.openstreetmap.org/copyright">OpenStreetMap</a>',
        '<script type="application/json">{"source":"https://example.org"}</script>',
        '<img src="data:image/png;base64,AA=="><svg><use href="#i"/></svg>',
    ],
)
def test_links_and_data_are_no_requests(quiet: str) -> None:
    assert offline.outside_urls(quiet) == []


def test_the_seal_names_every_script_and_only_those(town_page: str) -> None:
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', town_page)
    assert policy
    scripts = re.findall(r"<script>(.*?)</script>", town_page, flags=re.DOTALL)
    wanted = {base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts}
    assert set(re.findall(r"'sha256-([^']+)'", policy.group(1))) == wanted
    assert len(scripts) == 4
    assert "default-src 'none'" in policy.group(1)
    assert "unsafe-inline" not in policy.group(1).split("style-src")[0]


def test_style_images_become_data(tmp_path: Path) -> None:
    (tmp_path / "dot.png").write_bytes(b"\x89PNG")
    (tmp_path / "x.css").write_text("a{background:url(dot.png)}b{behavior:url(#default)}", encoding="utf-8")
    assert offline.inline_css(tmp_path / "x.css") == (
        "a{background:url(data:image/png;base64,iVBORw==)}b{behavior:url(#default)}"
    )


def test_a_script_that_would_end_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.js").write_text("const s = '</script>';", encoding="utf-8")
    with pytest.raises(InputError, match="end its own element"):
        offline.inline_js(tmp_path / "x.js")


def test_no_source_map_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "x.js").write_text("let a;\n//# sourceMappingURL=x.js.map", encoding="utf-8")
    assert offline.inline_js(tmp_path / "x.js") == "let a;"
