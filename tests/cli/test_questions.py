"""Questions put wrongly are refused with the option and its value; questions without an answer exit with 3."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from servicecircle import pipeline
from servicecircle.errors import Fault, InputError
from servicecircle.pipeline import Results
from tests.cli.conftest import Ask
from tests.town import Place, Town, lonlat

HERE, THERE = ("{:.7f},{:.7f}".format(*lonlat(*xy)) for xy in ((120.0, 0.0), (780.0, 300.0)))
LON, LAT = HERE.split(",")
ISLAND = "{:.7f},{:.7f}".format(*lonlat(3050.0, 500.0))


@pytest.fixture(scope="module")
def divided(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a town with a quarter that no street leads to, large enough for doors."""
    town = Town(places=[Place("S1", "school", 500.0, 500.0)]).write(tmp_path_factory.mktemp("divided") / "town")
    with (town / "nodes.csv").open("a", encoding="utf-8") as nodes:
        for k in range(200):
            lon, lat = lonlat(3000 + 50 * k, 500)
            nodes.write(f"{900 + k},{lon:.7f},{lat:.7f},\n")
    with (town / "ways.csv").open("a", encoding="utf-8") as ways:
        ways.writelines(f"{900 + k},residential,孤岛路,{900 + k} {901 + k}\n" for k in range(199))
    return town


POINTS = {
    "no point": ("nonsense", "not a point"),
    "nothing": ("", "not a point"),
    "one number": ("106.55", "not a point"),
    "three numbers": ("106.55,29.55,240", "not a point"),
    "a full-width comma": ("106.55，29.55", "not a point"),
    "degrees and minutes": ("106°33'E,29°33'N", "not a point"),
    "nan": ("nan,29.55", "no finite numbers"),
    "infinite": ("106.55,inf", "no finite numbers"),
    "too large for a number": ("1e999,29.55", "no finite numbers"),
    "swapped": (f"{LAT},{LON}", f"swapped try {LON.rstrip('0')[:6]}"),
    "off the globe": ("200,10", "outside the globe"),
    "far away": ("106.55,31.0", "no walkable street within 300 m"),
    "the other side of the globe": ("-51.2,-30.0", "no walkable street within 300 m"),
    "a pole": ("0,90", "no walkable street within 300 m"),
}


@pytest.mark.parametrize(("text", "words"), POINTS.values(), ids=POINTS)
def test_a_point_that_is_none_is_refused_with_its_value(ask: Ask, sound: Path, text: str, words: str) -> None:
    for question in (
        ("circle", "--at", text),
        ("walk", "--from", text, "--to", THERE),
        ("walk", "--from", HERE, "--to", text),
    ):
        answer = ask(*question, "--data", sound)
        answer.refuses("value: ", *words.split())
        if not words.startswith("no walkable"):
            option = question[1] if question[2] == text else question[3]
            assert option in answer.err
            assert repr(text) in answer.err


def test_negative_coordinates_are_one_value_and_no_option(ask: Ask, sound: Path) -> None:
    """They are read as a point, which lies nowhere near: the message names it."""
    for command in (("circle", "--at"), ("walk", "--to", THERE, "--from")):
        ask(*command, "-51.2,-30.0", "--data", sound).refuses("-51.200000,-30.000000")
        ask(*command[:-1], f"{command[-1]}=-51.2,-30.0", "--data", sound).refuses("-51.200000,-30.000000")


@pytest.mark.parametrize("minutes", ["nan", "-1", "0", "x", "", "5,", "5;10", "inf", "1e400", "0.5", "121", "5,0"])
def test_minutes_that_are_none_are_refused(ask: Ask, sound: Path, tmp_path: Path, minutes: str) -> None:
    ask("circle", "--data", sound, "--at", HERE, "--minutes", minutes).refuses("minutes")
    out = tmp_path / "build"
    ask("build", "--data", sound, "--out", out, "--minutes", minutes).refuses("minutes")
    assert not out.exists()


def test_minutes_are_sorted_and_counted_once(ask: Ask, sound: Path) -> None:
    answer = ask("circle", "--data", sound, "--at", HERE, "--minutes", "10,5,5")
    cutoffs = [f["properties"]["cutoff_s"] for f in json.loads(answer.out)["features"]]
    assert cutoffs == [300, 600]


@pytest.mark.parametrize("minutes", ["20", "5,30", "10", "15,15"])
def test_a_build_with_other_minutes_than_fifteen_ends_well(ask: Ask, sound: Path, tmp_path: Path, minutes: str) -> None:
    answer = ask("build", "--data", sound, "--out", tmp_path / "build", "--minutes", minutes)
    assert answer.code == 0
    assert "within 15 minutes" in answer.out  # what counts as covered is a parameter of its own


def test_a_build_with_another_cutoff_than_the_largest_circle_ends_well(ask: Ask, sound: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text("[coverage]\ncutoff_s = 600\n", "utf-8")
    answer = ask("build", "--data", sound, "--out", tmp_path / "build", "--params", own)
    assert answer.code == 0
    assert "within 10 minutes" in answer.out


def test_an_unknown_profile_is_refused_with_the_known_ones(ask: Ask, sound: Path) -> None:
    for command in (("circle", "--at", HERE), ("walk", "--from", HERE, "--to", THERE), ("build",)):
        ask(*command, "--data", sound, "--profile", "runner").refuses("'runner'", "adult, pupil", "level-NAME")
    ask("circle", "--at", HERE, "--data", sound, "--profile", "level-runner").refuses("'level-runner'")


def test_an_unknown_direction_and_tier_are_refused(ask: Ask, sound: Path) -> None:
    ask("circle", "--data", sound, "--at", HERE, "--direction", "up").refuses("--direction", "'up'", "from or to")
    ask("gaps", "--bundle", sound, "--tier", "zoo").refuses("--tier", "'zoo'", "school, community or base")


PARAMETERS = {
    "an unknown key": ("[coverage]\ncutof_s = 900\n", "coverage.cutof_s"),
    "an unknown section": ("[coverages]\ncutoff_s = 900\n", "coverages"),
    "out of range": ("[coverage]\ncutoff_s = -1\n", "coverage.cutoff_s -1"),
    "not a number": ('[coverage]\ncutoff_s = "soon"\n', "coverage.cutoff_s 'soon'"),
    "nan": ("[pace]\nstairs_up = nan\n", "pace.stairs_up nan"),
    "infinite": ("[snap]\nrefuse_m = inf\n", "snap.refuse_m inf"),
    "a share above 1": ("[pace]\nstairs_down = 1.5\n", "pace.stairs_down 1.5"),
    "not TOML": ("[coverage\n", "TOML"),
    "not UTF-8": ("# 步行\n".encode("gb18030"), "TOML UTF-8"),
    "a number for a section": ("coverage = 3\n", "coverage 3"),
    "a number for circles": ("circles = 3\n", "circles 3"),
    "a number for a profile": ("[profiles]\nadult = 3\n", "profiles.adult 3"),
    "a number for all profiles": ("profiles = 3\n", "profiles 3"),
    "a profile half described": ("[profiles.mine]\nflat_mps = 1.0\n", "profiles.mine.stairs"),
    "an unknown profile": ('profile = "runner"\n', "'runner'"),
    "a pace curve that is none": ("[pace]\ngrades = [0.0, 0.0]\nrelative_pace = [1.0, 1.0]\n", "pace.grades"),
    "a pace of nothing": ("[pace]\nrelative_pace = [0.6, 0.8, 0.0, 0.7, 0.5]\n", "pace.relative_pace"),
    "a horizon nearer than the cutoff": ("[coverage]\nhorizon_s = 100\n", "horizon_s 100"),
}


@pytest.mark.parametrize(("content", "words"), PARAMETERS.values(), ids=PARAMETERS)
def test_parameters_that_are_wrong_are_refused_by_file_and_key(
    ask: Ask, sound: Path, tmp_path: Path, content: str | bytes, words: str
) -> None:
    own = tmp_path / "own.toml"
    own.write_bytes(content if isinstance(content, bytes) else content.encode())
    out = tmp_path / "build"
    answer = ask("build", "--data", sound, "--out", out, "--params", own)
    answer.refuses(*words.split())
    assert "own.toml" in answer.err or "unknown profile" in answer.err
    assert not out.exists()
    ask("circle", "--data", sound, "--at", HERE, "--params", own).refuses(*words.split())


def test_parameters_that_are_missing_or_a_folder_are_refused(ask: Ask, sound: Path, tmp_path: Path) -> None:
    for path in (tmp_path / "none.toml", tmp_path):
        ask("circle", "--data", sound, "--at", HERE, "--params", path).refuses(path.name)


def test_no_way_between_two_streets_exits_with_3(ask: Ask, divided: Path) -> None:
    answer = ask("walk", "--data", divided, "--from", HERE, "--to", ISLAND)
    assert answer.code == 3
    assert answer.out == ""
    assert "no way for profile adult" in answer.err
    assert "Traceback" not in answer.err


def test_no_way_as_json_says_so_and_why(ask: Ask, divided: Path) -> None:
    answer = ask("walk", "--data", divided, "--from", HERE, "--to", ISLAND, "--json")
    assert answer.code == 3
    found = json.loads(answer.out)
    assert set(found) == {"reachable", "reason"}
    assert found["reachable"] is False
    assert "no way" in found["reason"]


def test_a_far_point_stays_bad_input_as_json_too(ask: Ask, sound: Path) -> None:
    ask("walk", "--data", sound, "--from", HERE, "--to", "106.55,31.0", "--json").refuses("106.550000,31.000000")


def test_gaps_of_no_bundle_are_refused(ask: Ask, tmp_path: Path) -> None:
    ask("gaps", "--bundle", tmp_path / "nowhere").refuses("no bundle", "servicecircle build")
    (tmp_path / "layers").mkdir()
    (tmp_path / "layers/gaps.geojson").write_text("[1, 2", "utf-8")
    ask("gaps", "--bundle", tmp_path).refuses("no bundle")
    (tmp_path / "layers/gaps.geojson").write_text("[1, 2]", "utf-8")
    ask("gaps", "--bundle", tmp_path).refuses("no bundle")


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.usefixtures("computed")
def test_a_folder_that_holds_other_files_is_refused_and_untouched(ask: Ask, sound: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.doc").write_text("three years of work", "utf-8")
    ask("build", "--data", sound, "--out", tmp_path / "mine").refuses("other files", "mine")
    assert files(tmp_path) == {"mine/thesis.doc": b"three years of work"}
    assert [p.name for p in tmp_path.iterdir()] == ["mine"]


@pytest.mark.usefixtures("computed")
def test_a_file_in_the_place_of_the_folder_or_its_parent_is_refused_and_untouched(
    ask: Ask, sound: Path, tmp_path: Path
) -> None:
    (tmp_path / "build").write_text("mine", "utf-8")
    ask("build", "--data", sound, "--out", tmp_path / "build" / "deeper").refuses("cannot write")
    ask("build", "--data", sound, "--out", tmp_path / "build").refuses("build")
    assert files(tmp_path) == {"build": b"mine"}


@pytest.mark.usefixtures("computed")
def test_a_base_needs_a_variant_and_a_folder_of_its_own(ask: Ask, sound: Path, tmp_path: Path) -> None:
    case, out = tmp_path / "case.toml", tmp_path / "out"
    case.write_text('closed = ["way/3"]\n', "utf-8")
    ask("build", "--data", sound, "--out", out, "--base-out", tmp_path / "base").refuses("--base-out", "--variant")
    asked = "build", "--data", sound, "--variant", case, "--out", out, "--base-out"
    for base in (out, out / "base", tmp_path):
        ask(*asked, base).refuses("--base-out", "two folders")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.doc").write_text("three years of work", "utf-8")
    ask(*asked, tmp_path / "mine").refuses("other files", "mine")
    assert sorted(files(tmp_path)) == ["case.toml", "mine/thesis.doc"]


def test_nothing_is_written_of_a_variant_that_is_refused(
    ask: Ask, sound: Path, sound_results: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*given: object) -> Results:
        if any(one is sound_results for one in given):
            raise InputError([Fault("no such link", "give another", value="way/3")])
        return sound_results

    monkeypatch.setattr(pipeline, "run", run)
    (tmp_path / "case.toml").write_text('closed = ["way/3"]\n', "utf-8")
    folders = "--out", tmp_path / "out", "--base-out", tmp_path / "base"
    ask("build", "--data", sound, "--variant", tmp_path / "case.toml", *folders).refuses("no such link", "way/3")
    assert sorted(files(tmp_path)) == ["case.toml"]


@pytest.mark.usefixtures("computed")
def test_a_parent_that_may_not_be_written_is_refused(
    ask: Ask, sound: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refusal of the system is played: a superuser may write in any folder."""

    def refuse(**where: object) -> str:
        raise PermissionError(13, "Permission denied", str(where))

    monkeypatch.setattr("tempfile.mkdtemp", refuse)
    ask("build", "--data", sound, "--out", tmp_path / "build").refuses("cannot write", "Permission denied", "build")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_command_or_option_is_refused(ask: Ask) -> None:
    for arguments in (("fly",), ("build", "--fast"), ("circle",), ("walk", "--from", HERE)):
        answer = ask(*arguments)
        assert answer.code == 2
        assert answer.out == ""
        assert "Usage: " in answer.err
        assert "Traceback" not in answer.err
