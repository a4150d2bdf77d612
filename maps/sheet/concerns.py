"""What the checker says of a route, an entry a kind; of a proposal, why it is so, and that nobody confirmed it."""

from __future__ import annotations

from dataclasses import dataclass

from maps.paper import Paper
from maps.report.phrases import word
from maps.sheet.board import Board
from maps.sheet.frame import Rect
from maps.sheet.tables import heading
from maps.sheet.words import FAULTS
from maps.style import INK
from maps.walks import Concern, Walk

__all__ = ["concerns_high", "draw_concerns"]

ZH, EN = 6.0, 5.5
LEADING = 1.22
GAP = 0.9
SIGNS = {"blocks": ("×", "走不成 blocks"), "care": ("!", "须注意 care"), "unknown": ("?", "资料不足 unknown")}
INKS = {"blocks": INK["warn"], "care": "#8a4b00", "unknown": INK["ink-soft"]}


@dataclass(frozen=True, slots=True)
class Entry:
    """A sign, a text in Chinese and one in English."""

    sign: str
    colour: str
    zh: str
    en: str


def concerns_high(paper: Paper, walk: Walk, width: float) -> float:
    """Return how high the list is in a column of that width."""
    return 9.0 + sum(_high(paper, entry, width) for entry in _entries(walk))


def draw_concerns(board: Board, rect: Rect, walk: Walk) -> None:
    """Set the list; what has no room is counted in its last line."""
    paper = board.paper
    head = ("为什么这样走", "Why this route") if walk.proposed else ("须留意", "What to mind: found by the checker")
    y = heading(paper, rect.x, rect.y, rect.width, *head)
    entries = _entries(walk)
    for number, entry in enumerate(entries):
        high = _high(paper, entry, rect.width)
        last = number == len(entries) - 1
        if y + high > rect.bottom - (0.0 if last else 3.0):
            said = f"另有 {len(entries) - number} 项 more：servicecircle route check"
            paper.text(rect.x + 4, y + 2.4, said, EN, colour=INK["warn"])
            board.left_out.append("concerns")
            return
        base = y + paper.em(ZH) * 0.95
        paper.text(rect.x + 1.4, base, entry.sign, ZH, colour=entry.colour, bold=True, align="center")
        look = {"leading": LEADING, "colour": INK["ink"]}
        base = paper.paragraph(rect.x + 4, base, rect.width - 4, entry.zh, ZH, **look)  # type: ignore[arg-type]
        if entry.en:
            look["colour"] = INK["ink-faint"]
            paper.paragraph(rect.x + 4, base, rect.width - 4, entry.en, EN, **look)  # type: ignore[arg-type]
        y += high


def _high(paper: Paper, entry: Entry, width: float) -> float:
    zh, en = len(paper.lines(width - 4, entry.zh, ZH)), len(paper.lines(width - 4, entry.en, EN)) if entry.en else 0
    return (zh * paper.em(ZH) + en * paper.em(EN)) * LEADING + GAP


def _entries(walk: Walk) -> list[Entry]:
    return _reasons(walk) if walk.proposed else _kinds(walk)


def _kinds(walk: Walk) -> list[Entry]:
    """Join the findings of a kind, which name their stops; a single one says its own sentence."""
    found: dict[tuple[str, str], list[Concern]] = {}
    for concern in walk.concerns:
        found.setdefault((concern.severity, concern.code), []).append(concern)
    order = list(SIGNS)
    entries = []
    for (severity, code), own in sorted(found.items(), key=lambda pair: order.index(pair[0][0])):
        sign = SIGNS[severity][0]
        zh, en = own[0].zh, own[0].en
        if len(own) > 1:
            zh, en = FAULTS.get(code, (code, code))
            stops = "、".join(str(concern.seq) for concern in own)
            zh, en = f"{zh}：第 {stops} 站{'起' if code in LEGS else ''}", f"{en}: {stops.replace('、', ', ')}"
        entries.append(Entry(sign, INKS[severity], zh, en))
    if not entries:
        entries.append(
            Entry(
                "·",
                INK["ink-faint"],
                "没有检查结果。不等于没有问题",
                "No findings in the bundle, which is not: no faults",
            )
        )
    return entries


LEGS = ("long_leg", "flight", "not_stepfree", "main_road", "main_road_unknown", "at_least", "no_way", "heights_unknown")


def _reasons(walk: Walk) -> list[Entry]:
    """Say first that nobody confirmed it, then why it is so."""
    first = Entry("!", INK["warn"], *word("proposed_note"))
    zh = [part for part in walk.explanation[0].split("。") if part.strip()]
    en = [part for part in walk.explanation[1].split(". ") if part.strip()]
    same = len(zh) == len(en)
    rest = [
        Entry("·", INK["ink-faint"], f"{part}。", en[n].rstrip(".") + "." if same else "") for n, part in enumerate(zh)
    ]
    if not same and walk.explanation[1]:
        rest.append(Entry("·", INK["ink-faint"], "", walk.explanation[1]))
    return [first, *rest]
