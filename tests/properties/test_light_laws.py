"""Laws of the lights: a better value is never punished, a veto holds, weights have no scale, order does not matter."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from servicecircle.ingest.lights import Item, LightRules
from servicecircle.lights import grade

LAWS = settings(max_examples=30, deadline=None)
ORDER = ("red", "yellow", "green")
VALUES = st.floats(-50, 150, allow_nan=False) | st.integers(-50, 150).map(float)
WEIGHTS = st.integers(1, 1000).map(float)


@st.composite
def scored(draw: st.DrawFn, name: str) -> Item:
    """Draw an item scored by a line or by steps, either way up."""
    direction = draw(st.sampled_from(["higher", "lower"]))
    sign = 1 if direction == "higher" else -1
    item = Item(name, "basic", ("school",), name, name, "", direction, "law", name, weight=draw(WEIGHTS))
    ends = sorted(draw(st.lists(st.integers(0, 100), min_size=2, max_size=5, unique=True)), reverse=sign < 0)
    if draw(st.booleans()):
        return replace(item, zero_at=float(ends[0]), full_at=float(ends[-1]))
    scores = sorted(draw(st.lists(st.integers(0, 100), min_size=len(ends), max_size=len(ends))))
    return replace(item, steps=tuple((float(a), float(b)) for a, b in zip(ends, scores, strict=True)))


@st.composite
def cases(draw: st.DrawFn) -> tuple[LightRules, dict[str, float]]:
    """Rules with one to four scored items and a negative list, and a value for each."""
    items = [draw(scored(f"i{k}")) for k in range(draw(st.integers(1, 4)))]
    most = draw(st.sampled_from(["red", "yellow"]))
    items.append(Item("bad", "negative", ("school",), "", "", "", "lower", "law", "bad", limit=2.0, most=most))
    yellow, green = sorted((draw(st.integers(0, 100)), draw(st.integers(0, 100))))
    values = {item.id: draw(VALUES) for item in items[:-1]} | {"bad": float(draw(st.integers(0, 5)))}
    return LightRules(tuple(items), float(green), float(yellow), provisional=False), values


def light(rules: LightRules, values: dict[str, float | None]) -> tuple[str, float]:
    lights, _ = grade(rules, {"school": pd.DataFrame([{"unit": "S1", "name": "S1"} | values])})
    return lights["light"].item(), lights["score"].item()


@LAWS
@given(cases(), st.data())
def test_a_better_value_never_gives_a_worse_light(
    case: tuple[LightRules, dict[str, float]], data: st.DataObject
) -> None:
    rules, values = case
    item = data.draw(st.sampled_from(rules.items))
    step = data.draw(st.floats(0, 100)) * (1 if item.direction == "higher" else -1)
    before, after = light(rules, values), light(rules, values | {item.id: values[item.id] + step})
    assert ORDER.index(after[0]) >= ORDER.index(before[0])
    assert after[1] >= before[1]


@LAWS
@given(cases(), st.data())
def test_the_light_lies_between_its_ends_and_the_ends_are_lights_themselves(
    case: tuple[LightRules, dict[str, float]], data: st.DataObject
) -> None:
    rules, values = case
    ends = {name: sorted([value, *data.draw(st.lists(VALUES, max_size=2))]) for name, value in values.items()}
    band = {f"{name}_low": given[0] for name, given in ends.items()}
    band |= {f"{name}_high": given[-1] for name, given in ends.items()}
    lights, _ = grade(rules, {"school": pd.DataFrame([{"unit": "S1", "name": "S1"} | values | band])})
    row = lights.loc[0]
    lower = {item.id: ends[item.id][0 if item.direction == "higher" else -1] for item in rules.items}
    upper = {item.id: ends[item.id][-1 if item.direction == "higher" else 0] for item in rules.items}
    assert (row["light_low"], row["score_low"]) == light(rules, lower)
    assert (row["light_high"], row["score_high"]) == light(rules, upper)
    assert (row["light"], row["score"]) == light(rules, values)
    assert row["score_low"] <= row["score"] <= row["score_high"]
    order = [ORDER.index(row[key]) for key in ("light_low", "light", "light_high")]
    assert order == sorted(order)
    told = "尚不能定" in row["explanation_zh"]
    assert told == (row["light_low"] != row["light_high"])


@LAWS
@given(cases())
def test_a_veto_holds_whatever_the_score(case: tuple[LightRules, dict[str, float]]) -> None:
    rules, values = case
    found, score = light(rules, values | {"bad": 3.0})
    assert ORDER.index(found) <= ORDER.index(rules.items[-1].most)
    free, same = light(rules, values | {"bad": 2.0})
    assert same == score
    assert found == min(free, rules.items[-1].most, key=ORDER.index)


@LAWS
@given(cases(), st.sampled_from([0.001, 0.1, 0.5, 3.0, 1000.0]) | st.floats(0.01, 100))
def test_weights_have_no_scale(case: tuple[LightRules, dict[str, float]], scale: float) -> None:
    rules, values = case
    items = tuple(replace(item, weight=item.weight * scale) for item in rules.items)
    found, score = light(replace(rules, items=items), values)
    before, same = light(rules, values)
    assert found == before
    assert abs(score - same) <= 2e-6  # shown to six decimals


@LAWS
@given(cases(), st.data())
def test_what_is_missing_is_grey_and_never_graded(
    case: tuple[LightRules, dict[str, float]], data: st.DataObject
) -> None:
    rules, values = case
    item = data.draw(st.sampled_from(rules.items))
    found, score = light(rules, values | {item.id: None})
    assert found == "grey"
    assert score != score  # noqa: PLR0124  not a number


@LAWS
@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_the_items_does_not_matter(case: tuple[LightRules, dict[str, float]], random: object) -> None:
    rules, values = case
    items = list(rules.items)
    random.shuffle(items)
    assert light(replace(rules, items=tuple(items)), values) == light(rules, values)
    assert light(rules, values) == light(rules, values)
