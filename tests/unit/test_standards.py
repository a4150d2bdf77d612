"""A study held against standards: known by hand on one street; never a silent pass."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from servicecircle.errors import InputError
from servicecircle.ingest.standards import Standards, read_standards
from servicecircle.shares import Residents
from servicecircle.standards import STANDARDS, check_standards
from tests.lines import MODELS, NAMES, homes, places, reach

HOMES_X = [0.0, 400.0, 600.0, 1000.0]
PEOPLE = {"a": [10.0, 20.0, 30.0, 40.0], "b": [40.0, 30.0, 20.0, 10.0]}
HEAD = '[[preset]]\nid = "own"\ntitle_zh = "本区"\ntitle_en = "Ours"\n\n'
RULE = {
    "preset": '"own"', "id": '"primary"', "name_zh": '"小学"', "name_en": '"Primary"', "quantity": '"distance"',
    "unit": '"m"', "confirmed": "true", "source": '"by hand"', "value": "500",
}  # fmt: skip


def rule(**changed: str | None) -> str:
    kept = {key: value for key, value in (RULE | changed).items() if value is not None}
    return "[[rule]]\n" + "".join(f"{key} = {value}\n" for key, value in kept.items())


def own(folder: Path, *rules: str, head: str = HEAD) -> Path:
    path = folder / "own.toml"
    path.write_text(head + "\n".join(rules), "utf-8")
    return path


def checked(standards: Standards, preset: str = "own", horizon_s: float = np.inf, **wall: float) -> pd.DataFrame:
    at = homes(HOMES_X, ["1", "1", "2", "2"], PEOPLE)
    schools = places(
        {"x": 0.0, "kind": "school", "tier": "school", "level": "primary"},
        {"x": 1000.0, "kind": "school", "tier": "school", "level": "middle"},
        {"x": 1000.0, "approximate": True},
    )
    residents = Residents.of(at, MODELS, at["subdistrict"], NAMES)
    table = check_standards(standards, schools, residents, reach(HOMES_X, [0.0, 1000.0, 1000.0], **wall), horizon_s)
    return table[table["preset"] == preset].reset_index(drop=True)


def at(table: pd.DataFrame, subdistrict: str = "district", basis: str = "all", measure: str = "walk") -> pd.Series:
    chosen = (table["subdistrict"] == subdistrict) & (table["basis"] == basis) & (table["measure"] == measure)
    (found,) = table[chosen].index
    return table.loc[found]


def test_people_within_the_radius_and_on_foot_are_those_counted_by_hand(tmp_path: Path) -> None:
    table = checked(read_standards(own(tmp_path, rule(tier='"school"', levels='["primary"]'))), wall=300.0)
    assert list(table.columns) == STANDARDS
    straight, walk = at(table, measure="radius"), at(table)
    assert (straight["homes_within"], straight["places"], straight["homes"]) == (2, 1, 4)
    assert [straight[k] for k in ("share_low", "share", "share_high")] == pytest.approx([0.3, 0.5, 0.7])
    assert [walk[k] for k in ("share_low", "share", "share_high")] == pytest.approx([0.1, 0.25, 0.4])
    assert (walk["limit_m"], walk["limit_s"], walk["status"]) == (500.0, 450.0, "checked")
    assert at(table, "2", measure="radius")["share"] == 0.0
    west = at(table, "1", measure="radius")
    assert (west["name"], west["share"], west["people"]) == ("西城街道", 1.0, 50.0)


def test_a_home_at_the_very_limit_is_within(tmp_path: Path) -> None:
    table = checked(read_standards(own(tmp_path, rule(tier='"school"', levels='["primary"]', value="600"))))
    assert at(table, measure="radius")["homes_within"] == 3
    assert at(table)["homes_within"] == 2  # 600 m are 540 s at 1000 m in 15 minutes


def test_minutes_are_a_radius_too(tmp_path: Path) -> None:
    table = checked(read_standards(own(tmp_path, rule(quantity='"time"', unit='"min"', value="9", tier='"school"'))))
    row = at(table, measure="radius")
    assert (row["limit_m"], row["limit_s"], row["homes_within"]) == (600.0, 540.0, 4)


def test_an_unconfirmed_number_marks_its_results(tmp_path: Path) -> None:
    table = checked(read_standards(own(tmp_path, rule(confirmed="false", tier='"school"'))))
    assert set(table["status"]) == {"unconfirmed"}


def test_an_empty_cell_is_unknown_and_says_why() -> None:
    table = checked(read_standards(), "db50t543-2024")
    assert len(table) == 5
    assert set(table["status"]) == {"unknown"}
    assert table[["value", "share_low", "share", "share_high"]].isna().all(axis=None)
    assert table["note_en"].str.contains("text not at hand; in force 2024-10-27; takes priority", regex=False).all()


def test_without_a_place_on_a_basis_nothing_is_known(tmp_path: Path) -> None:
    table = checked(read_standards(own(tmp_path, rule(tier='"community"'))))
    assert at(table, basis="all")["status"] == "checked"
    row = at(table, basis="confirmed")
    assert (row["status"], row["places"]) == ("unknown", 0)
    assert pd.isna(row["share"])
    assert "no such place" in row["note_en"]


def test_a_walk_beyond_the_horizon_is_unknown_and_the_radius_is_not(tmp_path: Path) -> None:
    table = checked(read_standards(own(tmp_path, rule(tier='"school"', value="1000"))), horizon_s=800.0)
    assert at(table)["status"] == "unknown"
    assert at(table, measure="radius")["status"] == "checked"


@pytest.mark.parametrize(("value", "reached"), [("0.1", "yes"), ("0.2", "unsure"), ("0.41", "no")])
def test_a_target_is_reached_only_where_every_model_says_so(tmp_path: Path, value: str, reached: str) -> None:
    share = rule(quantity='"share"', unit='"share"', value=value, tier='"school"', levels='["primary"]', within_min="5")
    assert (
        at(checked(read_standards(own(tmp_path, share))))["reached"] == reached
    )  # 10 % by one model, 40 % by the other


def test_an_unconfirmed_target_is_never_called_reached(tmp_path: Path) -> None:
    share = rule(quantity='"share"', unit='"share"', value="0.1", tier='"school"', within_min="15", confirmed="false")
    assert checked(read_standards(own(tmp_path, share)))["reached"].isna().all()


def test_what_is_not_about_reach_is_untested() -> None:
    table = checked(read_standards(), "gb50180-2018").set_index("rule")
    assert table.loc["circle_15_people", "status"] == "untested"
    assert table.loc["primary_crossing", "status"] == "untested"
    assert table.loc["circle_5_dwellings", "status"] == "unknown"


def test_own_presets_replace_those_of_the_same_id(tmp_path: Path) -> None:
    filled = own(tmp_path, rule(preset='"db50t543-2024"'), head=HEAD.replace('"own"', '"db50t543-2024"'))
    standards = read_standards(filled)
    mine = [r for r in standards.rules if r.preset == "db50t543-2024"]
    assert [r.value for r in mine] == [500.0]
    packaged = read_standards()
    assert len(standards.presets) == len(packaged.presets)
    assert len(standards.rules) == len(packaged.rules) - 5 + 1
    assert standards.pace == packaged.pace


def test_every_packaged_number_has_a_source_and_no_empty_cell_is_confirmed() -> None:
    for one in read_standards().rules:
        assert one.source
        assert one.value is not None or not one.confirmed or one.quantity == "text"
        assert one.value is not None or (one.note_zh and one.note_en)


@pytest.mark.parametrize(
    ("text", "column", "problem"),
    [
        (rule(value="-5"), "value", "not above 0"),
        (rule(value="nan"), "value", "of a wrong type"),
        (rule(value='"500"'), "value", "of a wrong type"),
        (rule(source='" "'), "source", "no source"),
        (rule(unit='"km"'), "unit", "not the unit"),
        (rule(quantity='"area"'), "quantity", "an unknown quantity"),
        (rule(quantity='"share"', unit='"share"', value="85"), "value", "a share above 1"),
        (rule(quantity='"time"', unit='"min"', value="900"), "value", "more than 120"),
        (rule(value=None, confirmed="false"), "note_en", "an empty cell that says nothing"),
        (rule(value=None, note_zh='"无"', note_en='"none"'), "confirmed", "nothing is confirmed"),
        (rule(least="600"), "least", "not below"),
        (rule(tier='"shop"'), "tier", "unknown tier"),
        (rule(tier='"base"', levels='["primary"]'), "levels", "only schools"),
        (rule(tier='"school"', levels='["nursery"]'), "levels", "unknown level"),
        (rule(quantity='"people"', unit='"people"', tier='"school"'), "tier", "no reach"),
        (rule(quantity='"share"', unit='"share"', value="0.5", tier='"school"'), "within_min", "a share of nothing"),
        (rule(preset='"other"'), "preset", "no such preset"),
        (rule(id='"a b"'), "id", "not an id"),
        (rule(colour='"red"'), "colour", "an unknown key"),
        (rule(confirmed=None), "confirmed", "the key is missing"),
        (rule() + "\n" + rule(), "id", "the id occurs twice"),
    ],
)
def test_a_fault_names_its_line_key_and_remedy(tmp_path: Path, text: str, column: str, problem: str) -> None:
    with pytest.raises(InputError) as raised:
        read_standards(own(tmp_path, text))
    (fault,) = raised.value.faults
    assert fault.problem.startswith(problem)
    assert (fault.file, fault.column) == ("own.toml", column)
    lines = (HEAD + text).splitlines()
    assert fault.row == max(k for k, line in enumerate(lines, 1) if line == "[[rule]]")
    assert fault.remedy


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        read_standards(own(tmp_path, rule(value="-5", unit='"km"', source='""')))
    assert len(raised.value.faults) == 3


@pytest.mark.parametrize("text", ["", "rule = 3\npreset = 4", "[[rule]\n"])
def test_a_file_of_something_else_is_a_fault(tmp_path: Path, text: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError, match=r"own\.toml"):
        read_standards(path)
