"""What the page is given, before any browser: data, words, files, the private question."""

from __future__ import annotations

import hashlib
import json
import re
import struct
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.bundle import read_bundle
from api.family.encode import numbers, rings, trails
from api.family.page import build_page
from api.family.pinyin import spell
from servicecircle.pipeline import Streets
from tests.family.conftest import HOSTILE
from tests.town import lonlat

FIRST_LOAD_BYTES = 300_000


@pytest.fixture(scope="module")
def data(client: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/family/data.json").json()
    return found


def _start(data: dict[str, Any], key: str) -> dict[str, Any]:
    return next(start for start in data["starts"] if start["id"] == key)


@pytest.mark.parametrize(
    ("name", "initials", "syllables"),
    [
        ("人民路小学", "rmlxx", "ren min lu/luo xiao xue"),
        ("二十九中（解放碑校区）", "esjzjfbxq", None),
        ("第5中学A区", "d5zxaq", None),
        ("", "", ""),
        ("<b>", "b", "b"),
        ("😀𠮷小学", None, None),
    ],
)
def test_names_are_spelt_as_they_are_typed(name: str, initials: str | None, syllables: str | None) -> None:
    spelling = spell(name)
    assert initials is None or spelling.initials == initials
    assert syllables is None or spelling.syllables == syllables
    assert spelling.syllables.isascii()


@pytest.mark.parametrize(("name", "read"), [("重庆第一小学", "chong"), ("重要", "zhong"), ("长江路", "chang")])
def test_a_phrase_decides_between_readings(name: str, read: str) -> None:
    first = spell(name).syllables.split()[0].split("/")
    assert first[0] == read
    assert spell(name).initials[0] == read[0]


def test_other_readings_are_kept_for_who_knows_better() -> None:
    assert {"ceng", "zeng"} <= set(spell("曾家岩").syllables.split()[0].split("/"))


def test_starts_are_schools_then_communities(data: dict[str, Any]) -> None:
    assert [start["kind"] for start in data["starts"]] == ["school"] * 3 + ["community"] * 2
    assert _start(data, "S2")["initials"] == "rmlxx"
    lon, lat = lonlat(300.0, 300.0)
    assert _start(data, "S2")["at"] == [round(lon * 1e5), round(lat * 1e5)]
    assert not _start(data, "S2")["approximate"]
    assert _start(data, "C1")["approximate"]


def test_a_start_without_a_position_is_listed_all_the_same(data: dict[str, Any]) -> None:
    assert _start(data, "S3")["at"] is None
    assert _start(data, "S3")["initials"] == "cqdyxx"


def test_names_are_given_to_the_letter(data: dict[str, Any], client: TestClient) -> None:
    assert _start(data, "C2")["name"] == f"社区{HOSTILE}"
    assert {base["name"] for base in data["bases"]} >= {f"博物馆{HOSTILE}"}
    assert HOSTILE not in client.get("/family").text


def test_only_bases_with_a_position_are_dots_and_the_rest_is_counted(data: dict[str, Any]) -> None:
    assert {base["id"] for base in data["bases"] if base["at"]} == {"B1", "B2", "B4", "V1"}
    assert {base["id"] for base in data["bases"] if not base["at"]} == {"B3"}
    assert data["ledger"]["mapped"] == 4
    assert data["ledger"]["unlocated"] == 1
    assert (data["ledger"]["loaded"], data["ledger"]["candidates"]) == (3, 2)


def test_categories_carry_a_sign_and_whether_they_are_published(data: dict[str, Any]) -> None:
    assert [c["published"] for c in data["categories"]] == [True, True, False]
    assert len({c["glyph"] for c in data["categories"]}) == len({c["colour"] for c in data["categories"]}) == 3


def test_the_ground_is_drawn_from_the_bundle(data: dict[str, Any]) -> None:
    ground = data["ground"]
    assert ground["land"]
    assert ground["pens"] == ["local", "minor"]
    assert set(ground["pen"]) == set(numbers([1, 2]))
    assert {name for name, *_ in ground["names"]["subdistricts"]} == {"西城街道", "东城街道"}
    assert data["data_date"] == "2026-01-01"
    assert data["attribution"]


def test_nothing_is_drawn_of_nothing() -> None:
    assert rings([None], 1.0) == []
    assert trails([], 1.0) == ("", "")


def test_the_district_fits_into_a_first_load(bundle: Path, streets: Streets) -> None:
    page = build_page(read_bundle(bundle), streets, reports=True)
    loaded = [file for name, file in page.files.items() if not name.startswith("en.")]
    total = sum(len(file.packed) for file in [page.pages["zh"], page.data, page.worker, *loaded])
    assert total < FIRST_LOAD_BYTES
    told = json.loads(page.data.body)
    starts = {start["name"]: start for start in told["starts"]}
    assert starts["人民路小学"]["initials"] == "rmlxx"
    assert starts["重庆市启聪学校"]["at"] is None
    assert {street["name"]: street["initials"] for street in told["streets"]}["人民路"] == "rml"
    assert not {"contact", "note"} & set(told["bases"][0])


def test_what_places_say_of_themselves_is_told(data: dict[str, Any]) -> None:
    base = {each["id"]: each for each in data["bases"]}
    assert [base["B1"][key] for key in ("opening_hours", "access", "website")] == [
        "24/7",
        "public",
        "https://example.org/museum",
    ]
    assert float(base["B1"]["capacity"]) == 200
    assert base["V1"]["opening_hours"] is None
    assert data["reports"] is True


def test_the_worker_is_of_this_bundle_and_keeps_every_file(client: TestClient) -> None:
    answer = client.get("/family/sw.js")
    assert answer.headers["service-worker-allowed"] == "../family"
    assert answer.headers["content-type"].startswith("text/javascript")
    found = re.match(r'const VERSION = "(\w{20})";\nconst FILES = (\[.*\]);\n', answer.text)
    assert found
    for file in json.loads(found[2]):
        assert client.get(f"/{file}").status_code == 200


@pytest.mark.parametrize(("language", "start"), [("zh", "../../family"), ("en", "../../family?lang=en")])
def test_a_phone_can_keep_the_page_on_its_home_screen(client: TestClient, language: str, start: str) -> None:
    answer = client.get(f"/family/assets/{language}.webmanifest")
    assert answer.headers["content-type"] == "application/manifest+json"
    told = answer.json()
    assert (told["start_url"], told["display"]) == (start, "standalone")
    for icon in told["icons"]:
        picture = client.get(f"/family/assets/{icon['src']}").content
        assert picture.startswith(b"\x89PNG")
        assert icon["sizes"] == "{}x{}".format(*struct.unpack(">II", picture[16:24]))


def test_files_come_packed_under_a_tag(client: TestClient) -> None:
    first = client.get("/family/assets/leaflet/leaflet.js", headers={"Accept-Encoding": "gzip"})
    assert first.headers["content-encoding"] == "gzip"
    assert first.headers["content-type"].startswith("text/javascript")
    again = client.get("/family/assets/leaflet/leaflet.js", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    plain = client.get("/family/assets/leaflet/leaflet.js", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.text == first.text


@pytest.mark.parametrize("path", ["js/none.js", "../page.py", "%2e%2e/page.py", "leaflet/MANIFEST.sha256", "sw.js", ""])
def test_no_other_file_is_served(client: TestClient, path: str) -> None:
    assert client.get(f"/family/assets/{path}").status_code == 404


def test_the_page_speaks_the_language_asked_for(client: TestClient) -> None:
    assert '<html lang="zh-CN"' in client.get("/family").text
    assert '<html lang="en"' in client.get("/family?lang=en").text
    assert '<html lang="zh-CN"' in client.get("/family?lang=<script>").text


def test_no_script_or_style_stands_in_the_page(client: TestClient) -> None:
    answer = client.get("/family")
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", answer.text) is None
    assert re.search(r"(?:src|href)=\"(?:https?:)?//", answer.text) is None


def test_vendored_files_are_the_pinned_ones(page_folder: Path) -> None:
    folder = page_folder / "static" / "leaflet"
    rows = (line.partition("  ") for line in (folder / "MANIFEST.sha256").read_text().splitlines())
    pinned = {name: digest for digest, _, name in rows}
    found = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in pinned}
    assert found == pinned
    assert {path.name for path in folder.iterdir()} == {*pinned, "MANIFEST.sha256", "README.md"}


def test_both_languages_say_the_same_things(page_folder: Path) -> None:
    zh, en = (json.loads((page_folder / "i18n" / f"{name}.json").read_text("utf-8")) for name in ("zh", "en"))
    assert list(zh) == list(en)
    blanks = re.compile(r"\{\w+\}")
    assert {k: sorted(set(blanks.findall(v))) for k, v in zh.items()} == {
        k: sorted(set(blanks.findall(v))) for k, v in en.items()
    }


def test_every_word_the_scripts_want_is_there(page_folder: Path) -> None:
    zh = json.loads((page_folder / "i18n" / "zh.json").read_text("utf-8"))
    scripts = "".join(path.read_text("utf-8") for path in (page_folder / "static" / "js").glob("*.js"))
    wanted = set(re.findall(r"\bt\('(\w+)'", scripts))
    assert len(wanted) > 50
    assert wanted <= set(zh)
    html = (page_folder / "templates" / "family.html").read_text("utf-8")
    assert set(re.findall(r"data-w(?:-label)?=\"(\w+)\"", html)) <= set(zh)
    assert re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", scripts) is None
