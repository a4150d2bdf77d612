"""Every word of the page is in both languages, and every sign can be told from the others."""

from __future__ import annotations

import json
import re
from itertools import combinations

import pytest

from maps import study, style

WORDS = {
    language: json.loads((study.HERE / "i18n" / f"{language}.json").read_text(encoding="utf-8"))
    for language in study.LANGUAGES
}
SCRIPT = "\n".join(path.read_text(encoding="utf-8") for path in (study.TEMPLATES / "js").glob("*.js"))
PAGE = (study.TEMPLATES / "page.html").read_text(encoding="utf-8")


def _used() -> set[str]:
    script = re.findall(r"""\bt\((?:[^'"`()]*\? )?['"](\w+)['"](?: : ['"](\w+)['"])?""", SCRIPT)
    markup = re.findall(r"""(?:t|label)\("(\w+)"|words\["(\w+)"\]""", PAGE)
    return {key for pair in [*script, *markup] for key in pair if key and not key.endswith("_")}


def test_both_languages_have_the_same_words() -> None:
    assert list(WORDS["zh"]) == list(WORDS["en"])
    assert all(text.strip() for words in WORDS.values() for text in words.values())


def test_both_languages_fill_the_same_blanks() -> None:
    for key, text in WORDS["zh"].items():
        assert set(re.findall(r"\{(\w+)\}", text)) == set(re.findall(r"\{(\w+)\}", WORDS["en"][key])), key


def test_every_word_asked_for_is_there() -> None:
    used = _used()
    assert len(used) > 80
    assert used - set(WORDS["zh"]) == set()


def test_every_word_there_is_asked_for() -> None:
    groups = (
        set(re.findall(r"coded\('(\w+)'", SCRIPT)) | set(re.findall(r"t\(`(\w+?)_\$\{", SCRIPT)) | {"tab", "method"}
    )
    idle = [key for key in WORDS["zh"] if key not in _used() and key.split("_")[0] not in groups]
    assert idle == []


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colour", [*(t["colour"] for t in style.TIERS.values()), *style.CATEGORIES])
def test_signs_stand_out_from_paper_and_carry_white_letters(colour: str) -> None:
    assert _contrast(colour, "#ffffff") >= 4.5
    assert _contrast(colour, style.GROUND["land"]) >= 3.0


@pytest.mark.parametrize("cause", sorted(style.THEME["cause"]))
def test_every_cause_has_words_and_a_colour_that_carries_its_rank(cause: str) -> None:
    assert _contrast(style.THEME["cause"][cause], "#ffffff") >= 4.5
    assert all(f"cause_{cause}" in words for words in WORDS.values())


def test_causes_with_words_are_those_with_a_colour_and_no_two_share_it() -> None:
    worded = {key.removeprefix("cause_") for key in WORDS["zh"] if key.startswith("cause_")}
    assert worded == set(style.THEME["cause"])
    assert len(set(style.THEME["cause"].values())) == len(worded)


@pytest.mark.parametrize("ink", ["ink", "ink-soft", "ink-faint", "accent", "warn"])
def test_text_can_be_read(ink: str) -> None:
    assert _contrast(style.INK[ink], style.INK["paper-deep"]) >= 4.5


def test_no_two_signs_share_shape_and_letter() -> None:
    tiers = [(t["shape"], t["glyph"]) for t in style.TIERS.values()]
    names = ["文博与历史", "文化艺术", "健康教育", "体育", "健身", "法治", "劳动", "青少年"]
    signs = [("diamond", s["glyph"]) for s in style.category_signs(names)]
    assert all(a != b for a, b in combinations([*tiers, *signs], 2))
    assert len({s["colour"] for s in style.category_signs(names)}) == len(names)
