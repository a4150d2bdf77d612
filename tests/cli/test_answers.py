"""What the commands print: help with an example, and JSON in the published shapes."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import shapely
import typer

from servicecircle import __version__
from servicecircle.cli import app
from servicecircle.ingest.parameters import read_parameters
from servicecircle.model import Tier
from tests.cli.conftest import Ask
from tests.conftest import Run
from tests.golden.printed import check_printed
from tests.town import lonlat

HERE, THERE = ("{:.7f},{:.7f}".format(*lonlat(*xy)) for xy in ((120.0, 0.0), (780.0, 300.0)))
TIERS = [tier.value for tier in Tier]


def commands(command: Any, *path: str) -> dict[tuple[str, ...], Any]:
    """Return every command that does something, by the words that call it."""
    below = getattr(command, "commands", None)
    if below is None:
        return {path: command}
    return {words: found for name, part in below.items() for words, found in commands(part, *path, name).items()}


COMMANDS = commands(typer.main.get_command(app))


def test_the_promised_commands_are_there() -> None:
    assert {"build", "ledger", "circle", "walk", "gaps", "route"} <= {path[0] for path in COMMANDS}


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_every_command_has_help_with_an_example_of_itself(ask: Ask, path: tuple[str, ...], flag: str) -> None:
    answer = ask(*path, flag)
    assert (answer.code, answer.err) == (0, "")
    assert f"Example: servicecircle {' '.join(path)}" in " ".join(answer.out.split())
    assert "Usage:" in answer.out


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_option_and_argument_says_what_it_is(path: tuple[str, ...]) -> None:
    command = COMMANDS[path]
    assert command.help
    for parameter in command.params:
        assert getattr(parameter, "help", None), f"{path} {parameter.name}"


def test_help_and_version_print_to_stdout(ask: Ask) -> None:
    answer = ask("--help")
    assert (answer.code, answer.err) == (0, "")
    for name in {path[0] for path in COMMANDS}:
        assert name in answer.out
    assert ask("--version").out == f"servicecircle {__version__}\n"


def test_nothing_asked_shows_the_help(ask: Ask) -> None:
    answer = ask()
    assert "Usage: " in answer.out + answer.err
    assert "circle" in answer.out + answer.err


def test_a_walk_as_json_has_the_published_shape(ask: Ask, sound: Path) -> None:
    answer = ask("walk", "--data", sound, "--from", HERE, "--to", THERE, "--json")
    assert answer.code == 0
    found = json.loads(answer.out)
    promised = (
        "reachable seconds metres ascent_m descent_m steps steps_estimated legs geometry data_date parameters_sha256"
    )
    assert set(promised.split()) <= set(found)
    assert found["reachable"] is True
    assert found["steps"] == 0
    assert found["steps_estimated"] is False
    assert found["ascent_m"] is found["descent_m"] is None  # the town has no terrain: unknown is not 0
    assert found["data_date"] == "2026-01-01"
    assert found["parameters_sha256"] == read_parameters().sha256()
    for leg in found["legs"]:
        assert set(leg) == {"kind", "name", "seconds", "metres", "rise_m", "ascent_m", "descent_m", "steps", "link_id"}
    assert sum(leg["seconds"] for leg in found["legs"]) == pytest.approx(found["seconds"], abs=0.05)
    assert found["metres"] == pytest.approx(960, rel=1e-3)
    line = shapely.from_geojson(json.dumps(found["geometry"]))
    assert line.geom_type == "LineString"
    assert line.coords[0] == tuple(float(x) for x in HERE.split(","))
    assert line.coords[-1] == tuple(float(x) for x in THERE.split(","))


def test_a_walk_knows_no_negative_zero(ask: Ask) -> None:
    """On the bundled district, a few steps along a level street neither climb nor fall."""
    answer = ask("walk", "--from", "106.5734,29.5601", "--to", "106.5734,29.5601", "--json")
    assert answer.code == 0
    assert not re.search(r"-0(\.0+)?\b(?!\.)", answer.out)


def test_a_walk_for_people_names_its_streets_and_sums(ask: Ask, sound: Path) -> None:
    answer = ask("walk", "--data", sound, "--from", HERE, "--to", THERE)
    assert answer.code == 0
    for word in ("成人 adult", "横0路", "道路 street", "13:20", "960 m", "未知"):
        assert word in answer.out


def test_circles_have_the_published_shape(ask: Ask, sound: Path) -> None:
    answer = ask("circle", "--data", sound, "--at", HERE, "--minutes", "5,10,15", "--profile", "elder")
    assert answer.code == 0
    found = json.loads(answer.out)
    assert found["type"] == "FeatureCollection"
    assert [f["properties"]["cutoff_s"] for f in found["features"]] == [300, 600, 900]
    for feature in found["features"]:
        assert set(feature["properties"]) == {"cutoff_s", "profile", "direction", "area_m2", "street_m", "shed_ratio"}
        assert (feature["properties"]["profile"], feature["properties"]["direction"]) == ("elder", "from")
    areas = [shapely.from_geojson(json.dumps(f["geometry"])) for f in found["features"]]
    assert all(a.is_valid and a.geom_type in {"Polygon", "MultiPolygon"} for a in areas)
    assert all(small.difference(large).area < 1e-12 for small, large in pairwise(areas))
    assert shapely.contains_xy(areas[0], *(float(x) for x in HERE.split(",")))


def test_a_circle_is_the_same_towards_and_from_on_the_level(ask: Ask, sound: Path) -> None:
    both = [ask("circle", "--data", sound, "--at", HERE, "--direction", d).out for d in ("from", "to")]
    one, two = (json.loads(text)["features"][0] for text in both)
    assert two["properties"]["direction"] == "to"
    assert one["properties"]["area_m2"] == two["properties"]["area_m2"]


def test_the_ledger_has_the_published_shape(ask: Ask, sound: Path) -> None:
    answer = ask("ledger", "--data", sound, "--json")
    assert answer.code == 0
    found = json.loads(answer.out)
    assert {"tiers", "by_category", "by_designation"} <= set(found)
    promised = {"declared", "loaded", "candidates", "approximate", "located", "verified"}
    for table, key in (("tiers", "tier"), ("by_category", "category"), ("by_designation", "designation")):
        assert all({key, *promised} <= set(row) for row in found[table])
    rows = {row["tier"]: row for row in found["tiers"]}
    assert list(rows) == TIERS
    assert (rows["school"]["loaded"], rows["school"]["located"], rows["school"]["declared"]) == (1, 1, None)
    assert (rows["base"]["loaded"], rows["base"]["candidates"], rows["base"]["unlocated"]) == (1, 1, 1)


def test_the_ledger_for_people_says_unknown_where_nothing_was_published(ask: Ask, sound: Path) -> None:
    answer = ask("ledger", "--data", sound)
    assert answer.code == 0
    assert "未知" in answer.out
    assert "declared" in answer.out


@pytest.fixture(scope="module")
def built(cli: Run, sound: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return the bundle of the sound town and what its build printed, in a process of its own."""
    out = tmp_path_factory.mktemp("built") / "build"
    with pytest.MonkeyPatch.context() as wide:
        wide.setenv("COLUMNS", "200")
        done = cli("build", "--data", sound, "--out", out)
    assert (done.returncode, done.stderr) == (0, "")
    return out, done.stdout


def test_a_build_prints_its_summary(built: tuple[Path, str]) -> None:
    out, printed = built
    for word in (
        "方格镇 Grid Town",
        "校园 school",
        "确认且定位 confirmed",
        "台账 ledger",
        "缺口 gaps",
        "nodes",
        out.name,
    ):
        assert word in printed


def test_a_build_prints_the_shares_that_it_writes(built: tuple[Path, str]) -> None:
    out, printed = built
    check_printed(printed, pd.read_csv(out / "tables/coverage.csv", encoding="utf-8-sig", dtype={"subdistrict": str}))


def test_a_variant_and_the_study_as_it_is_are_built_in_one_go(
    ask: Ask, sound: Path, built: tuple[Path, str], tmp_path: Path
) -> None:
    case, before, after = tmp_path / "case.toml", tmp_path / "before", tmp_path / "after"
    case.write_text('closed = ["way/3"]\n', "utf-8")
    answer = ask("build", "--data", sound, "--variant", case, "--out", after, "--base-out", before)
    assert (answer.code, answer.err) == (0, "")
    assert "after" in answer.out
    for one in (path for path in built[0].rglob("*") if path.is_file()):
        assert (before / one.relative_to(built[0])).read_bytes() == one.read_bytes()
    told = json.loads(ask("compare", before, after, "--json").out)
    assert (told["before"]["variant"], told["after"]["variant"]) == ({}, {"closed": ["way/3"]})
    assert not told["empty"]


def test_gaps_have_the_published_shape(ask: Ask, built: tuple[Path, str]) -> None:
    answer = ask("gaps", "--bundle", built[0], "--json")
    assert answer.code == 0
    found = json.loads(answer.out)
    assert list(found) == ["gaps"]
    assert found["gaps"]
    promised = (
        "gap_id tier subdistrict homes people_low people people_high mean_excess_s cause explanation_zh "
        "explanation_en lon lat"
    )
    for gap in found["gaps"]:
        assert set(promised.split()) <= set(gap)
        assert gap["people_low"] <= gap["people"] <= gap["people_high"]
        assert isinstance(gap["homes"], int)


def test_gaps_of_one_tier_are_those_of_all_tiers_that_are_of_it(ask: Ask, built: tuple[Path, str]) -> None:
    every = json.loads(ask("gaps", "--bundle", built[0], "--json").out)["gaps"]
    for tier in TIERS:
        own = json.loads(ask("gaps", "--bundle", built[0], "--tier", tier, "--json").out)["gaps"]
        assert own == [gap for gap in every if gap["tier"] == tier]
        assert [gap["rank"] for gap in own] == list(range(1, len(own) + 1))


def test_gaps_for_people_are_sentences(ask: Ask, built: tuple[Path, str]) -> None:
    answer = ask("gaps", "--bundle", built[0], "--tier", "school")
    assert answer.code == 0
    assert "campus parent school (中心小学)" in answer.out
    assert "校园家长学校（中心小学）" in answer.out


def test_the_program_refuses_in_a_process_of_its_own_too(program: Run, sound: Path, tmp_path: Path) -> None:
    done = program("circle", "--data", sound, "--at", "nonsense")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr
    done = program("build", "--data", tmp_path / "none", "--out", tmp_path / "build")
    assert (done.returncode, done.stdout) == (2, "")
    assert list(tmp_path.iterdir()) == []


def test_the_bundled_district_is_found_from_any_working_directory(program: Run, tmp_path: Path) -> None:
    done = program("ledger", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert {row["tier"]: row["loaded"] for row in json.loads(done.stdout)["tiers"]}["school"] > 10


def test_output_is_utf8_whatever_the_terminal_says(sound: Path, program: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "utf-8")
    monkeypatch.setenv("LC_ALL", "C")
    done = program("ledger", "--data", sound)
    assert done.returncode == 0, done.stderr
    assert "台账" in done.stdout


def test_a_walk_in_a_variant_is_another_walk_and_a_link_that_is_nowhere_is_refused(
    ask: Ask, sound: Path, tmp_path: Path
) -> None:
    def seconds(*more: str | Path) -> float:
        answer = ask("walk", "--data", sound, "--from", HERE, "--to", THERE, "--json", *more)
        assert answer.code == 0, answer.err
        return float(json.loads(answer.out)["seconds"])

    slow = tmp_path / "slow.toml"
    slow.write_text("pace = 0.5\n", "utf-8")
    assert seconds("--variant", slow) == pytest.approx(2 * seconds(), rel=0.01)
    assert seconds("--paid") <= seconds()
    slow.write_text('closed = ["way/99999999"]\n', "utf-8")
    refused = ask("walk", "--data", sound, "--from", HERE, "--to", THERE, "--variant", slow)
    assert refused.code == 2
    assert "no such link" in refused.err
    assert "way/99999999" in refused.err
