"""The ledger counts what is there, and says unknown where nothing was published."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from servicecircle.errors import InputError
from servicecircle.ingest.declared import read_declared
from servicecircle.model import APPROXIMATE, LOCATED, Declared
from servicecircle.registry.ledger import Ledger, build_ledger

CATEGORIES = pd.DataFrame(
    {"name_zh": ["爱国主义教育", "文博"], "name_en": ["Patriotic education", "Museums"], "published": [True, False]},
    pd.Index(["patriotic", "heritage"], name="category"),
)
ENTRY = """
[[declared]]
of = "school"
count = 63
at_least = false
wording = "在63所校园全覆盖"
paper = "报道"
date = 2025-12-10
"""


def places(*rows: tuple[str, str, str, str, str]) -> pd.DataFrame:
    """Kind, category, status, position_confidence, designations."""
    table = pd.DataFrame(rows, columns=["kind", "category", "status", "position_confidence", "designations"], dtype=str)
    table = table.where(table != "")
    table["tier"] = table["kind"].replace({"venue": "base"})
    table["located"] = table["position_confidence"].isin(LOCATED)
    table["approximate"] = table["position_confidence"].isin(APPROXIMATE)
    return table


def declared(of: str, count: int, *, at_least: bool = False) -> Declared:
    return Declared(of, count, at_least, "……", "report", "2025-12-10")


@pytest.fixture
def ledger() -> Ledger:
    registry = places(
        ("school", "", "loaded", "building", "brand"),
        ("school", "", "loaded", "none", ""),
        ("school", "", "candidate", "address", ""),
        ("community", "", "loaded", "street", "brand;workshop"),
        ("base", "patriotic", "verified", "entrance", "practice_base;demonstration_base"),
        ("base", "heritage", "candidate", "area", ""),
        ("venue", "heritage", "candidate", "building", ""),
        ("venue", "heritage", "loaded", "building", "new_cultural_space"),
    )
    published = [
        declared("school", 63),
        declared("base", 183),
        declared("category:patriotic", 20, at_least=True),
        declared("designation:brand", 18),
        declared("route", 20, at_least=True),
    ]
    return build_ledger(registry, published, CATEGORIES)


def test_tiers(ledger: Ledger) -> None:
    columns = ["declared", "loaded", "candidates", "approximate", "located", "verified", "unlocated"]
    table = ledger.tiers.set_index("tier")[columns]
    assert table.loc["school"].tolist() == [63, 2, 1, 0, 1, 0, 1]
    assert table.loc["community"].isna().tolist() == [True, *[False] * 6]
    assert table.loc["community"].tolist()[1:] == [1, 0, 1, 0, 0, 0]
    assert table.loc["base"].tolist() == [183, 1, 3, 0, 1, 1, 0]


def test_loaded_places_are_located_approximate_or_unlocated(ledger: Ledger) -> None:
    for table in (ledger.tiers, ledger.by_category, ledger.by_designation):
        assert (table["loaded"] == table["located"] + table["approximate"] + table["unlocated"]).all()
        assert (table["verified"] <= table["loaded"]).all()
        assert (table["candidates_located"] <= table["candidates"]).all()


def test_categories_and_designations(ledger: Ledger) -> None:
    heritage = ledger.by_category.set_index("category").loc["heritage"]
    assert (heritage["loaded"], heritage["candidates"], heritage["candidates_located"]) == (0, 3, 2)
    assert heritage["published"] is False or not heritage["published"]
    assert ledger.by_category["note"].tolist() == ["the paper says: at least", "no published count"]
    titles = ledger.by_designation.set_index("designation")["loaded"]
    assert titles.to_dict() == {
        "practice_base": 1,
        "demonstration_base": 1,
        "workshop": 1,
        "new_cultural_space": 1,
        "brand": 2,
    }


def test_json_says_null_for_unknown_and_never_zero(ledger: Ledger) -> None:
    answer = json.loads(json.dumps(ledger.to_json(), allow_nan=False))
    assert set(answer) == {"tiers", "by_category", "by_designation"}
    school, community, _ = answer["tiers"]
    assert (school["declared"], school["paper"], school["date"], school["note"]) == (63, "report", "2025-12-10", None)
    assert (community["declared"], community["paper"], community["note"]) == (None, None, "no published count")
    assert answer["by_designation"][0]["declared"] is None


def test_an_empty_registry_counts_zero_but_declares_what_was_published() -> None:
    ledger = build_ledger(places(), [declared("school", 63)], CATEGORIES)
    assert ledger.tiers["loaded"].tolist() == [0, 0, 0]
    assert ledger.to_json()["tiers"][0]["declared"] == 63


def test_declared_counts_are_read_with_their_paper(tmp_path: Path) -> None:
    path = tmp_path / "declared.toml"
    path.write_text(ENTRY, "utf-8")
    assert read_declared(path) == (
        Declared("school", 63, at_least=False, wording="在63所校园全覆盖", paper="报道", date="2025-12-10"),
    )


@pytest.mark.parametrize(
    ("old", "new", "row", "column", "problem"),
    [
        ('"school"', '"schools"', 2, "of", "counts of nothing known"),
        ("63\n", "-1\n", 2, "count", "a count below 0"),
        ("63\n", "true\n", 2, "count", "of a wrong type"),
        ("63\n", '"63"\n', 2, "count", "of a wrong type"),
        ("paper", "papers", 2, "paper", "the key is missing"),
        ("2025-12-10", '"10.12.2025"', 2, "date", "not a date"),
        (ENTRY, ENTRY + ENTRY, 10, "of", "counted twice"),
        ("\n[[declared]]", "x = 1\n[[declared]]", None, "x", "an unknown key"),
        ("[[declared]]", "[declared]", None, "declared", "no [[declared]] in it"),
        ("[[declared]]", "declared = []\n[[other]]", None, "other", "an unknown key"),
        ("[[declared]]", "[[declared", None, None, "not TOML"),
    ],
)
def test_bad_counts_are_named(
    tmp_path: Path, old: str, new: str, row: int | None, column: str | None, problem: str
) -> None:
    path = tmp_path / "declared.toml"
    path.write_text(ENTRY.replace(old, new), "utf-8")
    with pytest.raises(InputError) as error:
        read_declared(path)
    fault = error.value.faults[0]
    assert (fault.file, fault.row, fault.column) == ("declared.toml", row, column)
    assert problem in fault.problem
    assert fault.remedy


def test_a_file_of_another_encoding_names_the_byte(tmp_path: Path) -> None:
    path = tmp_path / "declared.toml"
    path.write_bytes(ENTRY.encode("gb18030"))
    with pytest.raises(InputError, match=r"declared\.toml: not UTF-8: byte \d+ cannot be read.*save it as UTF-8"):
        read_declared(path)
    with pytest.raises(InputError, match=r"none\.toml: cannot be read.*check the path"):
        read_declared(tmp_path / "none.toml")
