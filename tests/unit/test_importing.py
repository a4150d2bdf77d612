"""From a list to a plan: what it would change, what it leaves alone, and what keeps it out."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from servicecircle.datasets import bundled_study
from servicecircle.datum import Datum, from_wgs84
from servicecircle.errors import InputError
from servicecircle.ingest.registry import COLUMNS
from servicecircle.ingest.review import read_review
from servicecircle.ingest.sheet import read_sheet
from servicecircle.ingest.text_table import read_text_table
from servicecircle.model import Kind, Status, Study
from servicecircle.publish.tables import write_csv
from servicecircle.registry.importing import Plan, plan_import
from servicecircle.registry.intake import read_intake
from servicecircle.registry.merging import Choices
from servicecircle.schemas import FACILITY_COLUMNS, FACILITY_OPTIONAL

HEADER = ["名称", "类别", "地址", "经度", "纬度", "开放时间"]
BASES = Choices(Kind.BASE, Datum.WGS84, "名单2026")


@pytest.fixture(scope="module")
def known() -> pd.DataFrame:
    seed = read_text_table(bundled_study() / "facilities.csv", FACILITY_COLUMNS, FACILITY_OPTIONAL).cells
    return seed[list(COLUMNS)].set_index("facility_id", drop=False)


def written(path: Path, rows: list[list[str]], header: list[str] = HEADER) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


@pytest.fixture
def planned(tmp_path: Path, district: Study, known: pd.DataFrame) -> object:
    """Give a way to plan the import of rows."""

    def plan(
        rows: list[list[str]], choices: Choices = BASES, header: list[str] = HEADER, review: Path | None = None
    ) -> Plan:
        intake = read_intake(
            read_sheet(written(tmp_path / "list.csv", rows, header)), choices.kind, district.categories
        )
        return plan_import(intake, district, known, choices, None if review is None else read_review(review))

    return plan


def located(known: pd.DataFrame, n: int, kind: str = "base") -> pd.DataFrame:
    """Return well-known places, to be listed again."""
    sure = known["position_confidence"].isin(["building", "address"]) & (known["kind"] == kind)
    return known[sure & ~known["name"].duplicated(keep=False)].head(n)


def listed(places: pd.DataFrame, datum: Datum, *, off_m: float = 5.0) -> list[list[str]]:
    """Write places as a list in a datum, a few metres off."""
    lon, lat = (places[c].astype(float).to_numpy() for c in ("lon", "lat"))
    east, north = from_wgs84(lon + off_m / 97_000, lat, datum)
    cells = zip(places["name"], places["address"], east, north, strict=True)
    return [[f"重庆市{name}", "健康教育", address, f"{x:.6f}", f"{y:.6f}", ""] for name, address, x, y in cells]


@pytest.mark.parametrize("datum", list(Datum))
def test_what_is_known_is_not_added_and_not_moved(planned, known, datum) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    places = located(known, 12)
    plan = planned(listed(places, datum), replace(BASES, datum=datum))
    assert set(plan.changes["change"]) <= {"changed", "gone", "moved"}
    assert set(plan.changes.loc[plan.changes["change"] != "gone", "facility_id"]) <= set(places.index)
    moved = plan.changes.loc[plan.changes["change"] == "moved", "moved_m"]
    assert (moved < 10).all()
    assert plan.evidence.verdict == "supported"


@pytest.mark.parametrize("stated", [Datum.WGS84, Datum.BD09])
def test_a_wrong_datum_is_refused_with_the_figures(planned, known, stated) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    with pytest.raises(InputError, match=r"gcj02 is 10\^\d+ times likelier.*known places \d+ m off") as error:
        planned(listed(located(known, 12), Datum.GCJ02), replace(BASES, datum=stated))
    assert "经度, 纬度" in str(error.value)


def test_swapped_axes_are_refused(planned, known) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    rows = [[a, b, c, y, x, h] for a, b, c, x, y, h in listed(located(known, 12), Datum.WGS84)]
    with pytest.raises(InputError, match="swap"):
        planned(rows)


def test_mixed_datums_are_refused_row_by_row(planned, known) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    places = located(known, 20)
    rows = listed(places.iloc[:16], Datum.WGS84) + listed(places.iloc[16:], Datum.GCJ02)
    with pytest.raises(InputError) as error:
        planned(rows)
    assert {fault.row for fault in error.value.faults} <= {18, 19, 20, 21}
    assert len(error.value.faults) >= 3
    assert all("gcj02" in fault.problem for fault in error.value.faults)


def test_one_or_two_rows_are_weak_evidence_and_pass(planned) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    plan = planned([["从未听说的地方", "健康教育", "", "106.5500", "29.5580", ""]])
    assert plan.evidence.verdict == "weak"
    assert plan.changes.loc[plan.changes["change"] == "added", "name"].tolist() == ["从未听说的地方"]


def test_a_new_place_gets_an_id_that_the_next_import_finds(planned, known) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    rows = [["山城新书屋", "健康教育", "", "106.5500", "29.5580", ""]]
    first = planned(rows)
    again = planned([["重庆市渝中区山城新书屋", *rows[0][1:]]])
    assert first.upserts.index.tolist() == again.upserts.index.tolist()
    assert first.upserts.index[0] not in known.index
    row = first.upserts.iloc[0]
    assert row[["status", "source", "redistributable", "datum"]].tolist() == ["candidate", "名单2026", "false", "wgs84"]
    assert row["position_confidence"] == "address"


def test_a_row_without_coordinates_is_looked_up_and_says_how(planned, known) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    house = known[(known["position_confidence"] == "address") & known["address"].str.contains("号")].iloc[0]
    rows = [["同楼的新地方", "健康教育", house["address"], "", "", ""], ["无地址的新地方", "健康教育", "", "", "", ""]]
    plan = planned(rows)
    assert plan.found["confidence"].tolist() == ["address", "none"]
    assert plan.found["how"].iloc[0]
    assert plan.upserts["position_confidence"].tolist() == ["address", "none"]
    here = plan.upserts.iloc[0]
    assert abs(float(here["lon"]) - float(house["lon"])) < 1e-5
    assert here["position_source"] == plan.found["how"].iloc[0]


def test_a_position_that_is_better_founded_stays_and_that_is_said(planned, known) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    places = located(known[known["position_confidence"] == "building"], 5)
    plan = planned(listed(places, Datum.WGS84, off_m=30.0))
    assert not (plan.changes["change"] == "moved").any()
    assert any("better founded" in note for note in plan.notes)
    far = planned(listed(places, Datum.WGS84, off_m=90.0))
    assert far.changes.loc[far.changes["change"] == "moved", "moved_m"].between(85, 95).all()


def test_look_alikes_are_asked_and_the_review_decides(planned, known, tmp_path) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    place = known.loc[known["name"] == "枣子岚垭小学校"].iloc[0]
    school = replace(BASES, kind=Kind.SCHOOL)
    rows = [["枣子岚亚小学", place["address"], place["lon"], place["lat"]]]
    header = ["名称", "地址", "经度", "纬度"]
    plan = planned(rows, school, header)
    assert plan.undecided["facility_id"].tolist() == [place["facility_id"]]
    for decision, change in (("merge", "changed"), ("new", "added")):
        review = tmp_path / f"{decision}.csv"
        write_csv(plan.undecided.assign(decision=decision), review)
        decided = planned(rows, school, header, review)
        assert decided.undecided.empty
        assert change in set(decided.changes["change"])
    assert planned(rows, replace(school, alike="merge"), header).undecided.empty


def test_a_decision_on_another_file_is_refused(planned, tmp_path) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    review = tmp_path / "review.csv"
    review.write_text("row,facility_id,decision\n99,S0ac68d,merge\n", encoding="utf-8")
    with pytest.raises(InputError, match="not in question"):
        planned([["山城新书屋", "健康教育", "", "", "", ""]], review=review)


def test_a_list_never_lowers_a_status(planned, known) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    loaded = known[(known["status"] == "loaded") & (known["kind"] == "base")].head(2)
    candidate = known[(known["status"] == "candidate") & (known["kind"] == "base")].head(2)
    rows = [[name, "", "", "", "", ""] for name in [*loaded["name"], *candidate["name"]]]
    plan = planned(rows)
    assert not (plan.changes["column"] == "status").any()
    raised = planned(rows, replace(BASES, status=Status.VERIFIED))
    after = raised.changes[raised.changes["column"] == "status"].set_index("facility_id")["after"]
    assert after.to_dict() == dict.fromkeys([*loaded.index, *candidate.index], "verified")


def test_what_the_list_does_not_name_stays_unless_it_is_complete(planned, known) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    name = known.loc[known["kind"] == "community", "name"].iloc[0]
    communities = replace(BASES, kind=Kind.COMMUNITY)
    plan = planned([[name]], communities, ["名称"])
    assert plan.removed == ()
    assert (plan.changes["change"] == "gone").sum() == (known["kind"] == "community").sum() - 1
    complete = planned([[name]], replace(communities, remove_gone=True), ["名称"])
    assert len(complete.removed) == (known["kind"] == "community").sum() - 1
    assert not (complete.changes["change"] == "gone").any()


def test_titles_add_up(planned, known) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    place = known[known["designations"].str.contains("practice_base")].iloc[0]
    plan = planned([[place["name"], "品牌"]], header=["名称", "称号"])
    assert plan.upserts["designations"].tolist() == [f"{place['designations']};brand"]


def test_every_fault_of_the_list_comes_in_one_report(planned) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    rows = [
        ["甲馆", "健康教育", "", "NaN", "29.55", ""],
        ["乙馆", "没有的类别", "", "106.55", "29.555", ""],
        ["丙馆", "健康教育", "", "116.40", "39.90", ""],
        ["丁馆", "健康教育", "", "106.5500", "29.5580", "有空就开"],
        ["丁馆", "健康教育", "", "106.5500", "29.5580", ""],
    ]
    with pytest.raises(InputError) as error:
        planned(rows)
    seen = {(fault.row, fault.column) for fault in error.value.faults}
    assert seen >= {(2, "经度"), (3, "类别"), (4, "经度, 纬度"), (5, "开放时间"), (6, None)}
    assert all(fault.remedy for fault in error.value.faults)


def test_a_fault_in_the_registry_is_said_to_be_there(district, known, tmp_path) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    broken = known.copy()
    broken.loc[known.index[5], "opening_hours"] = "whenever"
    intake = read_intake(
        read_sheet(written(tmp_path / "list.csv", [["新馆", "健康教育", "", "", "", ""]])),
        Kind.BASE,
        district.categories,
    )
    with pytest.raises(InputError) as error:
        plan_import(intake, district, broken, BASES)
    fault = error.value.faults[0]
    assert (fault.file, fault.column) == ("the registry", "opening_hours")
    assert known.index[5] in fault.problem


def test_an_online_answer_comes_after_the_registrys_own(district, known, tmp_path) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    from servicecircle.found import Found  # noqa: PLC0415
    from servicecircle.ingest.geocoder import Geocoded  # noqa: PLC0415

    asked: list[str] = []

    def geocode(text: str) -> Geocoded:
        asked.append(text)
        return Geocoded(Found(106.55, 29.56, "address", "天地图", redistributable=False, licence="unclear"))

    house = known[(known["position_confidence"] == "address") & known["address"].str.contains("号")].iloc[0]
    rows = [["甲新馆", "健康教育", house["address"], "", "", ""], ["乙新馆", "健康教育", "无名巷9号", "", "", ""]]
    intake = read_intake(read_sheet(written(tmp_path / "list.csv", rows)), Kind.BASE, district.categories)
    plan = plan_import(intake, district, known, BASES, geocode=geocode)
    assert asked == ["无名巷9号"]
    assert plan.upserts["redistributable"].iloc[1] == "false"
    assert np.isclose(float(plan.upserts["lon"].iloc[1]), 106.55)
