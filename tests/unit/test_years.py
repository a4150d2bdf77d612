"""Coverage by year: places with dates, places without, and what the plan aimed at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecircle.arrays import Bools
from servicecircle.datasets import bundled_study
from servicecircle.errors import InputError
from servicecircle.ingest.planning import read_planning
from servicecircle.ingest.targets import Target, read_targets
from servicecircle.model import Declared, Study
from servicecircle.years import YEARS, compare_targets, coverage_by_year, day_of, opened_by
from tests.lines import places

TODAY = "2026-04-26"
TOWN = places(
    {"x": 0, "open_from": "2024-09-01"},
    {"x": 1, "open_from": "2025-12-31"},
    {"x": 2, "open_from": "2026-09-01"},
    {"x": 3, "batch": "2025-3"},
    {"x": 4, "batch": "2026"},
    {"x": 5},
    {"x": 6, "open_from": "2020-01-01", "open_to": "2024-12-31"},
    {"x": 7, "open_to": "2024-06-30"},
    {"x": 8, "batch": "first"},
)


def table(years: list[int]) -> pd.DataFrame:
    return coverage_by_year(years, TOWN, lambda rows: pd.DataFrame({"n": [int(rows.sum())]}), TODAY)


@pytest.mark.parametrize(
    ("day", "dated", "with_undated"),
    [
        ("2024-12-31", {0, 6}, {0, 5, 6, 8}),
        ("2025-12-31", {0, 1, 3}, {0, 1, 3, 5, 8}),
        ("2025-12-30", {0}, {0, 3, 5, 8}),  # within its year nobody knows of a batch
        (TODAY, {0, 1, 3}, {0, 1, 3, 4, 5, 8}),
        ("2026-12-31", {0, 1, 2, 3, 4}, {0, 1, 2, 3, 4, 5, 8}),
        ("2024-06-30", {6}, {5, 6, 7, 8}),  # the last day is a day of opening
    ],
)
def test_the_places_of_a_day_are_those_counted_by_hand(day: str, dated: set[int], with_undated: set[int]) -> None:
    found = opened_by(TOWN, day)
    assert set(np.flatnonzero(found["dated"])) == dated
    assert set(np.flatnonzero(found["with_undated"])) == with_undated


def test_a_year_is_told_at_its_end_and_the_datas_own_year_at_its_date() -> None:
    found = table([2024, 2025, 2026, 2027])
    assert list(found.columns) == [*YEARS, "n"]
    assert found["day"].unique().tolist() == ["2024-12-31", "2025-12-31", TODAY, "2027-12-31"]
    assert found["n"].tolist() == [2, 4, 3, 5, 3, 6, 5, 7]
    assert found["places"].equals(found["n"])
    assert found.groupby("year")["planned"].all().tolist() == [False, False, False, True]


def test_the_same_places_are_asked_for_once() -> None:
    asked = []

    def cover(rows: Bools) -> pd.DataFrame:
        asked.append(rows.tobytes())
        return pd.DataFrame({"n": [1]})

    undated = places({"x": 0}, {"x": 1})
    assert len(coverage_by_year([2024, 2025, 2026], undated, cover, TODAY)) == 6
    assert len(asked) == len(set(asked)) == 2


def test_no_years_give_no_rows() -> None:
    assert list(table([]).columns) == list(YEARS)


DAYS = st.dates().map(str) | st.none()


@given(
    st.lists(st.tuples(DAYS, DAYS, st.sampled_from([None, "2024", "2025-3", "x"])), min_size=1, max_size=6),
    st.dates().map(str),
    st.dates().map(str),
)
def test_dated_places_are_among_all_and_nothing_unopens(rows: list[tuple], one: str, two: str) -> None:
    known = pd.DataFrame(rows, columns=["open_from", "open_to", "batch"], dtype=object)
    found = opened_by(known, one)
    assert not (found["dated"] & ~found["with_undated"]).any()
    first, last = sorted((one, two))
    lasting = opened_by(known.assign(open_to=None), first), opened_by(known.assign(open_to=None), last)
    assert not (lasting[0]["dated"] & ~lasting[1]["dated"]).any()


def target(**changed: object) -> Target:
    values = {"id": "t", "of": "community", "text_zh": "文", "text_en": "text", "paper": "plan", "date": "2024-05-21"}
    return Target(**(values | changed))


@pytest.mark.parametrize(
    ("aim", "status"),
    [
        (target(least=2, year=2024), "reached"),
        (target(least=4, year=2024), "undated"),
        (target(least=5, year=2024), "registry_short"),
        (target(least=3, year=2025), "reached"),
        (target(least=6), "declared"),
        (target(least=11), "registry_short"),
        (target(share=1.0, year=2026), "no_number"),
        (target(of="designation:brand", least=1), "registry_short"),
    ],
)
def test_a_target_is_held_against_the_registry_and_the_papers(aim: Target, status: str) -> None:
    said = Declared("community", 10, at_least=False, wording="", paper="report", date="2025-12-10")
    found = compare_targets([aim], TOWN, [said], TODAY).loc[0]
    assert found["status"] == status
    assert found["day"] == min(TODAY, day_of(aim.year or 2026, TODAY))


def test_candidates_and_plain_venues_meet_no_target() -> None:
    town = places(
        {"x": 0, "open_from": "2024-01-01", "status": "candidate", "tier": "base", "kind": "base"},
        {"x": 1, "open_from": "2024-01-01", "tier": "base", "kind": "venue", "designations": "brand;workshop"},
    )
    aims = [target(of="base", least=1), target(id="u", of="designation:brand", least=1)]
    assert compare_targets(aims, town, [], TODAY)["dated"].tolist() == [0, 1]


def test_the_plan_of_the_district_is_a_file_of_its_study(district: Study) -> None:
    targets = {one.id: one for one in read_planning(bundled_study(), district).targets}
    base = targets["practice_base"]
    assert (base.of, base.least, base.most, base.year) == ("designation:practice_base", 20, 30, None)
    assert {one.date for one in targets.values()} == {"2024-05-21"}
    assert len(targets) == 9
    assert sum(one.least is None for one in targets.values()) == 4
    assert "targets.toml" in district.inputs  # its hash goes into the manifest


def test_a_study_without_the_file_has_no_targets(district: Study, tmp_path: Path) -> None:
    assert read_planning(tmp_path, district).targets == ()
    table = compare_targets((), TOWN, [], TODAY)
    assert table.empty
    assert "status" in table


GOOD = {
    "id": '"t"', "of": '"base"', "text_zh": '"文"', "text_en": '"text"', "paper": '"plan"', "date": '"2024-05-21"',
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "column"),
    [
        ({"of": '"shop"'}, "of"),
        ({"date": '"May"'}, "date"),
        ({"year": "26"}, "year"),
        ({"year": '"2026"'}, "year"),
        ({"least": "0"}, "least"),
        ({"least": "30", "most": "20"}, "most"),
        ({"most": "20"}, "most"),
        ({"share": "1.5"}, "share"),
        ({"share": "1.0", "least": "3"}, "share"),
        ({"paper": '""'}, "paper"),
        ({"id": '"a b"'}, "id"),
        ({"colour": "1"}, "colour"),
    ],
)
def test_a_faulty_target_is_named(tmp_path: Path, changed: dict[str, str], column: str) -> None:
    path = tmp_path / "targets.toml"
    lines = "".join(f"{key} = {value}\n" for key, value in (GOOD | changed).items())
    path.write_text(f"[[target]]\n{lines}", "utf-8")
    with pytest.raises(InputError) as raised:
        read_targets(path)
    (fault,) = raised.value.faults
    assert (fault.file, fault.row, fault.column) == ("targets.toml", 1, column)
    assert fault.remedy
