"""Red, yellow, green: each light with the numbers that made it; grey where anything needed is missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from servicecircle.errors import InputError
from servicecircle.ingest.lights import LightRules, read_light_rules, read_ratings
from servicecircle.lights import LIGHT_ITEMS, LIGHTS, grade, with_ratings

HEAD = "[light]\ngreen = 80\nyellow = 60\nprovisional = false\n\n"
BASE = {
    "id": '"cover"', "group": '"basic"', "units": '["community"]', "name_zh": '"覆盖"', "name_en": '"coverage"',
    "unit": '"share"', "direction": '"higher"', "source": '"by hand"', "column": '"share"', "zero_at": "0.5",
    "full_at": "1.0", "weight": "3",
}  # fmt: skip
STEPS = {
    "id": '"wait"', "column": '"minutes"', "unit": '"min"', "direction": '"lower"', "zero_at": None, "full_at": None,
    "steps": "[[20, 40], [10, 100]]", "weight": "1",
}  # fmt: skip
VETO = {
    "id": '"bad"', "group": '"negative"', "column": None, "imported": "true", "direction": '"lower"', "zero_at": None,
    "full_at": None, "weight": None, "limit": "0", "most": '"yellow"', "name_zh": '"负面"', "name_en": '"faults"',
    "between": "[0, 9]", "unit": '"n"',
}  # fmt: skip


def item(**changed: str | None) -> str:
    kept = {key: value for key, value in (BASE | changed).items() if value is not None}
    return "[[item]]\n" + "".join(f"{key} = {value}\n" for key, value in kept.items())


def rules(folder: Path, *items: str, head: str = HEAD) -> LightRules:
    path = folder / "own.toml"
    path.write_text(head + "\n".join(items), "utf-8")
    return read_light_rules(path)


def graded(made: LightRules, **columns: object) -> tuple[pd.Series, pd.DataFrame]:
    lights, items = grade(made, {"community": pd.DataFrame({"unit": ["C1"], "name": ["甲"]} | columns)})
    assert list(lights.columns) == LIGHTS
    assert list(items.columns) == LIGHT_ITEMS
    return lights.loc[0], items


@pytest.fixture
def three(tmp_path: Path) -> LightRules:
    return rules(tmp_path, item(), item(**STEPS), item(**VETO))


def test_a_score_is_the_weighted_mean_counted_by_hand(three: LightRules) -> None:
    light, items = graded(three, share=0.9, minutes=12.0, bad=0)
    assert light["score"] == pytest.approx((80 * 3 + 40 * 1) / 4)
    assert light["light"] == "yellow"
    assert light["missing"] is None or pd.isna(light["missing"])
    assert items["score"].tolist()[:2] == [80.0, 40.0]
    assert items["weight"].tolist()[:2] == [3.0, 1.0]


def test_every_light_says_the_numbers_that_made_it(three: LightRules) -> None:
    light, items = graded(three, share=0.9, minutes=12.0, bad=0)
    for part in ("黄灯：70.0分", "绿≥80", "黄≥60", "覆盖90.0%，得80.0分×权重3", "负面清单：无"):
        assert part in light["explanation_zh"]
    for part in ("Yellow: 70.0 points", "coverage 90.0%: 80.0 points, weight 3", "negative list: nothing"):
        assert part in light["explanation_en"]
    assert "100 points at 10" in items["why_en"][1]


def test_an_entry_on_the_negative_list_vetoes(three: LightRules) -> None:
    good, _ = graded(three, share=1.0, minutes=5.0, bad=0)
    vetoed, _ = graded(three, share=1.0, minutes=5.0, bad=2)
    assert (good["light"], vetoed["light"]) == ("green", "yellow")
    assert vetoed["score"] == good["score"] == 100.0
    assert "负面清单：负面2，超过0，至多黄灯，按得分为绿灯" in vetoed["explanation_zh"]
    low, _ = graded(three, share=0.5, minutes=50.0, bad=2)
    assert low["light"] == "red"  # a veto raises nobody


@pytest.mark.parametrize(
    "known", [{"share": np.nan, "minutes": 5.0, "bad": 0}, {"share": 1.0, "minutes": 5.0}, {"share": 1.0, "bad": 0}]
)
def test_what_is_missing_makes_grey_and_is_named(three: LightRules, known: dict) -> None:
    light, items = graded(three, **known)
    assert light["light"] == "grey"
    assert pd.isna(light["score"])
    lost = items.loc[items["value"].isna(), "item"].tolist()
    assert light["missing"] == ";".join(lost)
    assert len(lost) == 1
    assert light["explanation_zh"].startswith("灰灯：未评。缺：")


def test_an_optional_item_may_be_missing_and_is_said_to_be_left_out(tmp_path: Path) -> None:
    made = rules(tmp_path, item(), item(**STEPS, required="false"))
    light, _ = graded(made, share=0.95, minutes=np.nan)
    assert (light["light"], light["score"], light["missing"]) == ("green", 90.0, "wait")
    assert "left out" in light["explanation_en"]


def test_the_cut_off_itself_is_reached(tmp_path: Path) -> None:
    made = rules(tmp_path, item())
    assert graded(made, share=0.9)[0]["light"] == "green"
    assert graded(made, share=0.8)[0]["light"] == "yellow"
    assert graded(made, share=0.7999)[0]["light"] == "red"


def test_a_band_across_a_cut_off_is_said_with_its_numbers(three: LightRules) -> None:
    ends = {"share_low": 0.8, "share": 0.9, "share_high": 0.98}
    light, items = graded(three, minutes=9.0, bad=0, **ends)
    assert [light[k] for k in ("score_low", "score", "score_high")] == pytest.approx([70, 85, 97])
    assert [light[k] for k in ("light_low", "light", "light_high")] == ["yellow", "green", "green"]
    assert items.loc[0, ["value_low", "value", "value_high"]].tolist() == [0.8, 0.9, 0.98]
    assert items.loc[0, ["score_low", "score", "score_high"]].tolist() == pytest.approx([60, 80, 96])
    for part in ("按估计的低–高为70.0–97.0分，灯色在黄至绿之间，尚不能定", "覆盖90.0%（80.0%–98.0%），得80.0分"):
        assert part in light["explanation_zh"]
    for part in ("between the low and high estimates 70.0 to 97.0 points: yellow to green", "90.0% (80.0%–98.0%)"):
        assert part in light["explanation_en"]


def test_a_band_within_one_light_says_that_it_stays(three: LightRules) -> None:
    light, _ = graded(three, minutes=9.0, bad=0, share_low=0.95, share=0.97, share_high=1.0)
    assert light["light_low"] == light["light"] == light["light_high"] == "green"
    assert "灯色不变" in light["explanation_zh"]
    assert "the light stays" in light["explanation_en"]


def test_of_what_is_better_lower_the_high_end_is_the_worse(three: LightRules) -> None:
    light, items = graded(three, share=1.0, minutes=10.0, minutes_low=9.0, minutes_high=21.0, bad=0)
    assert [light[k] for k in ("score_low", "score", "score_high")] == pytest.approx([75, 100, 100])
    assert items.loc[1, ["score_low", "score_high"]].tolist() == [0.0, 100.0]


def test_a_negative_figure_with_a_band_may_veto_at_its_worse_end_alone(tmp_path: Path) -> None:
    made = rules(tmp_path, item(), item(**VETO | {"column": '"far"', "imported": None, "between": None, "limit": "2"}))
    light, _ = graded(made, share=1.0, far_low=1.0, far=2.0, far_high=3.0)
    assert [light[k] for k in ("light_low", "light", "light_high")] == ["yellow", "green", "green"]
    assert light["score_low"] == light["score_high"] == 100.0


def test_without_ends_a_figure_is_taken_as_it_stands_and_grey_has_none(three: LightRules) -> None:
    light, _ = graded(three, share=0.9, minutes=12.0, bad=0)
    assert light["light_low"] == light["light_high"] == light["light"]
    assert light["score_low"] == light["score_high"] == light["score"]
    assert "低–高" not in light["explanation_zh"]
    grey, items = graded(three, share=np.nan, share_low=0.1, share_high=0.9, minutes=5.0, bad=0)
    assert grey["light"] == "grey"
    assert grey[["light_low", "light_high", "score_low", "score_high"]].isna().all()
    assert items.loc[0, ["value_low", "value_high", "score_low", "score_high"]].isna().all()


def test_a_figure_of_the_office_has_no_band_of_another_name(tmp_path: Path) -> None:
    imported = {"column": None, "imported": "true", "between": "[0, 1]"}
    made = rules(tmp_path, item(id='"a"', **imported), item(id='"a_low"', **imported))
    light, _ = graded(made, a=1.0, a_low=0.5)
    assert light["score_low"] == light["score"] == light["score_high"] == 50.0


def test_who_can_walk_nowhere_has_the_worst_score(tmp_path: Path) -> None:
    made = rules(tmp_path, item(zero_at="20", full_at="5", direction='"lower"'))
    assert graded(made, share=np.inf)[0]["score"] == 0.0


def test_by_default_every_unit_is_grey_and_says_that_the_rules_are_examples() -> None:
    shares = {f"share_{tier}_confirmed_walk": [1.0, 0.2] for tier in ("school", "community", "base")}
    lights, _ = grade(
        read_light_rules(), {"subdistrict": pd.DataFrame({"unit": ["1", "2"], "name": ["西", "东"]} | shares)}
    )
    assert set(lights["light"]) == {"grey"}
    assert lights["explanation_zh"].str.contains("示例，未经公布").all()
    assert lights["explanation_en"].str.contains("none has been published").all()
    assert set(lights["missing"]) == {"specialty;satisfaction;negative_list"}


def test_lights_come_by_kind_in_the_order_given(three: LightRules) -> None:
    table = pd.DataFrame({"unit": ["b", "a"], "name": ["乙", "甲"], "share": 1.0, "minutes": 5.0, "bad": 0})
    lights, items = grade(three, {"school": table, "community": table})
    assert lights[["unit_kind", "unit"]].to_numpy().tolist() == [
        ["community", "b"], ["community", "a"], ["school", "b"], ["school", "a"],
    ]  # fmt: skip
    assert set(lights.loc[lights["unit_kind"] == "school", "light"]) == {"grey"}  # no item is for schools
    assert len(items) == 6


@pytest.mark.parametrize(
    ("text", "column", "problem"),
    [
        (item(group='"other"'), "group", "unknown group"),
        (item(units='["street"]'), "units", "unknown or repeated"),
        (item(units="[]"), "units", "unknown or repeated"),
        (item(direction='"up"'), "direction", "unknown direction"),
        (item(full_at="0.1"), "full_at", "against the direction"),
        (item(full_at=None), "full_at", "half a line"),
        (item(zero_at=None, full_at=None), "full_at", "no way to be scored"),
        (item(steps="[[0.5, 50]]"), "steps", "scored in two ways"),
        (item(**STEPS | {"steps": "[[10, 40], [20, 100]]"}), "steps", "no stair"),
        (item(**STEPS | {"steps": "[[20, 90], [10, 40]]"}), "steps", "no stair"),
        (item(**STEPS | {"steps": "[[20, 40], [10, 140]]"}), "steps", "no stair"),
        (item(weight="inf"), "weight", "of a wrong type"),
        (item(imported="true"), "column", "computed and imported"),
        (item(column=None), "column", "computed and imported"),
        (item(between="[0, 1]"), "between", "only imported"),
        (item(column=None, imported="true", between="[1]"), "between", "no range"),
        (item(limit="3"), "limit", "only the negative list"),
        (item(source='" "'), "source", "no source"),
        (item() + item(), "id", "the id occurs twice"),
        (item() + item(**VETO | {"most": '"green"'}), "most", "unknown light"),
        (item() + item(**VETO | {"weight": "1"}), "weight", "the negative list is not scored"),
        (item() + item(**VETO | {"units": '["school"]'}), "units", "nothing is scored"),
    ],
)
def test_a_fault_of_the_rules_names_its_line_and_key(tmp_path: Path, text: str, column: str, problem: str) -> None:
    with pytest.raises(InputError) as raised:
        rules(tmp_path, text)
    fault = raised.value.faults[0]
    assert fault.problem.startswith(problem)
    assert (fault.file, fault.column) == ("own.toml", column)
    lines = (HEAD + text).splitlines()
    assert fault.row == max(k for k, line in enumerate(lines, 1) if line == "[[item]]")
    assert fault.remedy


def test_cut_offs_out_of_order_are_a_fault(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="out of order"):
        rules(tmp_path, item(), head=HEAD.replace("yellow = 60", "yellow = 90"))


RATINGS = "unit_kind,unit,item,value,source,date"
UNITS = {"community": ["C1", "C2"]}


def ratings(folder: Path, made: LightRules, *rows: str) -> pd.DataFrame:
    path = folder / "ratings.csv"
    path.write_text("\n".join([RATINGS, *rows]) + "\n", "utf-8")
    return read_ratings(path, made, UNITS)


def test_figures_of_the_office_stand_beside_the_computed(tmp_path: Path, three: LightRules) -> None:
    read = ratings(tmp_path, three, "community,C2,bad,3,office,2026-03-01")
    table = pd.DataFrame({"unit": ["C1", "C2"], "name": ["甲", "乙"], "share": 1.0, "minutes": 5.0})
    joined = with_ratings({"community": table}, read)
    assert grade(three, joined)[0]["light"].tolist() == ["grey", "yellow"]
    assert with_ratings({"community": table}, ratings(tmp_path, three))["community"].equals(table)


@pytest.mark.parametrize(
    ("row", "column", "value"),
    [
        ("street,C1,bad,0,office,2026-03-01", "unit_kind", "street"),
        ("community,C9,bad,0,office,2026-03-01", "unit", "C9"),
        ("community,C1,cover,0,office,2026-03-01", "item", "cover"),
        ("community,C1,bad,many,office,2026-03-01", "value", "many"),
        ("community,C1,bad,,office,2026-03-01", "value", ""),
        ("community,C1,bad,10,office,2026-03-01", "value", "10"),
        ("community,C1,bad,nan,office,2026-03-01", "value", "nan"),
        ("community,C1,bad,0, ,2026-03-01", "source", " "),
        ("community,C1,bad,0,office,3.1.2026", "date", "3.1.2026"),
        ("community,C2,bad,0,office,2026-03-01", "unit_kind, unit, item", "community, C2, bad"),
    ],
)
def test_a_wrong_figure_is_named_with_row_column_and_remedy(
    tmp_path: Path, three: LightRules, row: str, column: str, value: str
) -> None:
    with pytest.raises(InputError) as raised:
        ratings(tmp_path, three, "community,C2,bad,0,office,2026-03-01", row)
    (fault,) = raised.value.faults
    assert (fault.file, fault.row, fault.column, fault.value) == ("ratings.csv", 3, column, value)
    assert fault.remedy


def test_an_item_of_another_kind_of_unit_is_a_fault(tmp_path: Path) -> None:
    made = rules(tmp_path, item(units='["community", "school"]'), item(**VETO | {"units": '["school"]'}))
    with pytest.raises(InputError, match="not an item of this kind of unit"):
        ratings(tmp_path, made, "community,C1,bad,0,office,2026-03-01")
