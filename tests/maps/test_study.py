"""The page: the same twice, whole, and deaf to its data."""

from __future__ import annotations

import ast
import gzip
import os
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pytest

from maps import study
from maps.bundle import Bundle, read_bundle
from maps.study import FILE_NAME, study_page, write_study
from tests.maps.pages import Page, texts
from tests.maps.town import write_town
from tests.maps.town_ground import TIERS
from tests.maps.town_results import places

HOLLOW = ("water", "railways", "stations", "buildings", "isochrones", "unions", "coverage", "gaps", "missing_links")
HOLLOW += ("routes", "route_stops", "vertical_links")


def _run(*arguments: str, seed: str = "0") -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", "maps", *arguments]
    root = Path(study.__file__).parents[1]
    return subprocess.run(command, capture_output=True, encoding="utf-8", env=env, cwd=root, check=False)


def test_two_builds_are_equal_to_the_byte(town: Path, tmp_path: Path) -> None:
    first = _run("study", "--bundle", str(town), "--out", str(tmp_path / "a"), seed="1")
    second = write_study(town, tmp_path / "b")
    assert (first.returncode, first.stdout.strip()) == (0, str(tmp_path / "a" / FILE_NAME))
    assert (tmp_path / "a" / FILE_NAME).read_bytes() == second.read_bytes()
    assert [path.name for path in (tmp_path / "b").iterdir()] == [FILE_NAME]


def test_a_missing_bundle_is_exit_code_2_without_a_traceback(tmp_path: Path) -> None:
    done = _run("study", "--bundle", str(tmp_path / "nowhere"))
    assert done.returncode == 2
    assert "no bundle here" in done.stderr
    assert "Remedy" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_help_shows_an_example() -> None:
    done = _run("study", "--help")
    assert done.returncode == 0
    assert "python -m maps study --bundle build --out build/maps" in done.stdout


def test_an_old_map_survives_a_broken_bundle(town: Path, tmp_path: Path) -> None:
    path = write_study(town, tmp_path)
    before = path.read_bytes()
    assert _run("study", "--bundle", str(tmp_path), "--out", str(tmp_path)).returncode == 2
    assert path.read_bytes() == before


def test_the_page_is_a_good_document(town_page: str) -> None:
    page = Page(town_page)
    tags = dict(page.tags)
    viewport = next(given["content"] for tag, given in page.tags if tag == "meta" and given.get("name") == "viewport")
    assert tags["html"]["lang"] == "zh-CN"
    assert viewport is not None
    assert "width=device-width" in viewport
    assert "user-scalable" not in viewport
    assert "<title>江城 · 15分钟服务圈</title>" in town_page
    ids = [given["id"] for _, given in page.tags if given.get("id")]
    assert len(ids) == len(set(ids))
    assert [tag for tag, _ in page.tags].count("h1") == 1


def test_folium_brings_nothing_of_its_own(town_page: str) -> None:
    assert "folium-map" in town_page
    for name in ("bootstrap", "jquery", "awesome", "cdn.jsdelivr", "sourceMappingURL"):
        assert name not in town_page


def test_every_place_is_in_the_page_as_the_bundle_says(town_page: str) -> None:
    page = Page(town_page)
    table = page.json("places")
    found = [dict(zip(table["cols"], row, strict=True)) for row in table["rows"]]
    assert [(f["facility_id"], f["tier"], f["at"] is not None) for f in found] == [
        (key, tier, at is not None) for key, tier, at in places()
    ]
    assert found[0]["people_900"] == 1234.5
    assert found[4]["people_900"] is None
    circles = page.json("circles")
    assert [sorted(c, key=int) if c else None for c in circles] == [
        ["300", "600", "900"] if at is not None else None for _, _, at in places()
    ]


def test_shares_are_the_tables_and_unknown_is_no_number(town_page: str) -> None:
    rows = {(r["tier"], r["basis"], r["measure"]): r for r in Page(town_page).json("headline")}
    assert len(rows) == len(TIERS) * 2 * 3
    assert rows["school", "confirmed", "walk"]["share"] == 0.634
    assert rows["community", "confirmed", "walk"]["share"] is None
    coverage = Page(town_page).json("coverage")
    assert coverage["rows"]["community"]["confirmed"]["900"]["1"][coverage["cols"].index("share")] is None


def test_the_ledger_is_the_table_and_an_empty_count_is_unknown(town_page: str) -> None:
    ledger = Page(town_page).json("ledger")
    assert [(row["tier"], row["declared"], row["loaded"]) for row in ledger["tiers"]] == [
        ("school", None, 3),
        ("community", 79, 3),
        ("base", None, 3),
    ]
    assert [row["published"] for row in ledger["categories"]] == [False, True]


def test_what_the_bundle_does_not_know_stays_unknown(town_page: str) -> None:
    page = Page(town_page)
    walked, unwalked, proposed = page.json("routes")
    assert (walked["seconds"], walked["ascent_m"]) == (1500, None)
    assert (unwalked["seconds"], unwalked["metres"], unwalked["lines"]) == (None, None, [])
    assert [row[-1] is None for row in walked["at"]["rows"]] == [False, False, True]
    assert [walked["proposed"], unwalked["proposed"], proposed["proposed"]] == [False, False, True]
    assert (walked["stepfree"], unwalked["legs"]["rows"], unwalked["heights"]) == (None, [], [])
    leg = dict(zip(proposed["legs"]["cols"], proposed["legs"]["rows"][0], strict=True))
    assert [leg[k] for k in ("seconds", "ascent", "stepfree", "crossings", "flight")] == [700, 25, None, None, None]
    assert [link["rise_m"] for link in page.json("links")] == [50, 50, None]


def test_a_gap_brings_its_evidence_and_its_candidate_link(town_page: str) -> None:
    page = Page(town_page)
    gaps = {gap["gap_id"]: gap for gap in page.json("gaps")}
    links = {link["link_id"]: link for link in page.json("missing")}
    assert [(gaps[g]["cause"], gaps[g]["barrier_name"], gaps[g]["barred_s"]) for g in ("school-1", "base-1")] == [
        ("missing_link", None, None),
        ("barrier", "江城铁路", 600),
    ]
    own = links[gaps["school-1"]["link_id"]]
    assert (own["gap_id"], own["length_m"], own["rise_m"], own["saved_s"]) == ("school-1", 20.29, -6.5, 300)
    assert len(own["lines"]) == 1


def test_lights_are_those_of_the_subdistricts_and_grey_has_no_score(town_page: str) -> None:
    lights = Page(town_page).json("lights")
    assert {code: (row["light"], row["score"]) for code, row in lights.items()} == {
        "1": ("grey", None),
        "2": ("green", 91.5),
    }


def test_a_bundle_of_empty_layers_still_makes_a_map(town_bundle: Bundle) -> None:
    layers = {name: layer.iloc[:0] if name in HOLLOW else layer for name, layer in town_bundle.layers.items()}
    page = Page(study_page(Bundle(town_bundle.manifest, layers, town_bundle.tables)))
    assert page.json("unions") == []
    assert page.json("gaps") == []


def test_a_cut_river_has_no_shore_where_the_data_ends(town_page: str) -> None:
    page = Page(town_page)
    assert page.json("base")["openWater"]
    assert page.json("base")["waterNames"][0][0] == "清江"


def test_hostile_names_stay_in_their_blocks(hostile: tuple[dict[str, str], str]) -> None:
    given, text = hostile
    page = Page(text)
    rest = "\n".join(page.rest)
    area = given["江城"]
    loose = [p for p in given.values() if len(p) > 12 and p in rest and p != area]
    assert loose == []
    found = set().union(*(texts(page.json(name)) for name in study.BLOCKS))
    for own in (
        "school 第0处",
        "上街道",
        "a public list",
        "红色线路",
        "大扶梯",
        "第1站",
        "平均步行19分钟，超出4分钟。",
        "江城铁路",
        "修通这一段",
        "若有一段20米的台阶，平均少走5分钟。",
        "灰灯：未评。缺：满意度。",
        "报道",
        "清江",
    ):
        assert given[own] in found


def test_hostile_names_bring_no_element(hostile: tuple[dict[str, str], str], town_page: str) -> None:
    assert [tag for tag, _ in Page(hostile[1]).tags] == [tag for tag, _ in Page(town_page).tags]


@pytest.mark.parametrize("payload", ["{{ 7*7 }}", "{% raw %}", "{{ this.parts }}", "{#", "${alert(1)}"])
def test_the_build_compiles_no_name(tmp_path: Path, payload: str) -> None:
    folder = write_town(tmp_path / "build", lambda text: f"{payload}{text}")
    page = Page(study_page(read_bundle(folder)))
    assert page.json("meta")["area"]["name_zh"] == f"{payload}江城"
    assert any(payload in part and "江城" in part for part in page.rest)


def test_only_comments_are_left_out_of_the_scripts() -> None:
    for path in (study.TEMPLATES / "js").glob("*.js"):
        text = path.read_text("utf-8")
        # a line that looks like a comment is one: no text in backquotes goes on over a line's end
        assert all(line.count("`") % 2 == 0 for line in text.splitlines()), path.name
        kept = set(study.COMMENTS.sub("", text).splitlines())
        lost = [line.strip() for line in text.splitlines() if line not in kept]
        assert all(line.startswith("//") or (line.startswith("/**") and line.endswith("*/")) for line in lost)
        assert not any(line.lstrip().startswith(("//", "/*")) for line in kept), path.name


def test_the_town_is_small(town_page: str) -> None:
    assert len(gzip.compress(town_page.encode())) < 132_000


def test_maps_imports_no_service_and_of_the_library_only_errors() -> None:
    for path in Path(study.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert name.split(".")[0] != "api", path.name
                assert not name.startswith("servicecircle") or name == "servicecircle.errors", path.name


def test_every_place_keeps_its_own_circles_whatever_the_order(town_bundle: Bundle) -> None:
    layer: gpd.GeoDataFrame = town_bundle.layers["isochrones"]
    turned = {**town_bundle.layers, "isochrones": layer.iloc[::-1]}
    other = Bundle(town_bundle.manifest, turned, town_bundle.tables)
    assert Page(study_page(other)).json("circles") == Page(study_page(town_bundle)).json("circles")
