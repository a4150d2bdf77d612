"""The one-page brief of a subdistrict on A4, as a PDF: vector throughout, its text can be selected."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from maps import charts
from maps.paper import PT_MM, Paper
from maps.printing import Fonts
from maps.report import content, figures
from maps.report.content import GapCard, TierShare
from maps.report.notes import attributions
from maps.report.phrases import UNKNOWN, shortened, word
from maps.report.plates import all_curves, choice_rows, legend
from maps.report.reading import Study, plain
from maps.report.small_maps import HOMES, SmallMaps
from maps.report.summary import subdistrict_summary
from maps.style import INK, THEME
from maps.style import TIERS as SIGNS

__all__ = ["draw_brief"]

WIDTH, HEIGHT, MARGIN = 210.0, 297.0, 15.0
INNER = WIDTH - 2 * MARGIN
SOFT, FAINT = INK["ink-soft"], INK["ink-faint"]
MAP = (MARGIN, 83.0, 104.0, 79.0)
RIGHT = 125.0
GAPS = 3


def draw_brief(study: Study, fonts: Fonts, maps: SmallMaps, code: str) -> tuple[str, Figure]:
    """Draw the brief of one subdistrict; return its title and the page."""
    name, name_en = next((zh, en) for found, zh, en in study.subdistricts() if found == code)
    paper = Paper(fonts, WIDTH, HEIGHT)
    _head(paper, study, name, name_en, code)
    zh, en = subdistrict_summary(study, code)
    y = paper.paragraph(MARGIN, 43.5, INNER, zh, 9.6, leading=1.62, most=5)
    paper.paragraph(
        MARGIN, y + 0.4, INNER, en, 6.9, colour=SOFT, leading=1.42, most=int((81.5 - y) / (6.9 * 1.42 * PT_MM))
    )
    maps.subdistrict(paper.axes(*MAP), code, MAP[2] / MAP[3])
    _key(paper, MAP[0], MAP[1] + MAP[3] + 4.4)
    _shares(paper, content.tier_shares(study, code))
    _charts(paper, study, code)
    _places(paper, study, name)
    cards = [content.gap_card(study, row) for row in figures.worst_gaps(study, where=code, most=GAPS)]
    _gaps(paper, maps, cards)
    _foot(paper, study)
    return f"{name} · 15分钟服务圈街道简报 · {code}", paper.figure


def _head(paper: Paper, study: Study, name: str, name_en: str, code: str) -> None:
    zh, en = study.area
    profile = word(f"profile_{plain(study.manifest['profile'])}", plain(study.manifest["profile"]))
    minutes = f"{study.cutoff_s() / 60:g}"
    paper.rule(MARGIN, 13, INNER, colour=INK["ink"], points=3)
    shown = shortened(name, 14)
    paper.text(MARGIN, 26.5, shown, 25, bold=True, serif=True)
    paper.text(MARGIN, 33.2, f"{shortened(name_en, 60)} · one-page brief", 9, colour=SOFT)
    right = WIDTH - MARGIN
    paper.text(right, 20, f"{shortened(zh, 16)} · 15分钟服务圈", 10, colour=INK["accent"], bold=True, align="right")
    paper.text(right, 24.8, f"{shortened(en, 40)} · 15-minute walking circles", 7, colour=FAINT, align="right")
    dated = f"数据 {shortened(plain(study.manifest['data_date']), 20)} · 代码 {shortened(code, 16)}"
    paper.text(right, 29.2, dated, 7, colour=FAINT, align="right")
    walked = f"{shortened(profile[0], 16)}步行 {minutes} 分钟，家 → 点位 · {shortened(profile[1], 16)}, home to place"
    paper.text(right, 33.2, walked, 7, colour=FAINT, align="right")
    paper.rule(MARGIN, 36.6, INNER)


def _shares(paper: Paper, rows: Sequence[TierShare]) -> None:
    width = WIDTH - MARGIN - RIGHT
    for row, top in zip(rows, (83.0, 110.2, 137.4), strict=True):
        colour = SIGNS[row.tier]["colour"]
        known = row.share != UNKNOWN
        paper.rule(RIGHT, top, width, colour=colour, points=1.6)
        paper.text(RIGHT, top + 5, row.name[0], 9, bold=True)
        paper.text(WIDTH - MARGIN, top + 5, row.name[1], 6.2, colour=FAINT, align="right")
        paper.text(
            RIGHT, top + 15, row.share, 24 if known else 17, bold=True, serif=True, colour=colour if known else FAINT
        )
        band = row.band if "–" in row.band else ""
        paper.text(RIGHT + 23, top + 11.2, f"低–高 {band}" if band else "", 6.8, colour=FAINT)
        said = f"全区 district {row.district} · 已确认 confirmed {row.confirmed}"
        paper.text(WIDTH - MARGIN, top + 15, said, 6.4, colour=SOFT, align="right")
        _bar(paper, row, top + 17, width, colour)
        aside = f"（{row.beyond_range}）" if "–" in row.beyond_range else ""
        paper.text(RIGHT, top + 23.2, f"走不到 out of reach {row.beyond}{aside}", 6.8, colour=SOFT)


def _bar(paper: Paper, row: TierShare, y: float, width: float, colour: str) -> None:
    paper.box(RIGHT, y, width, 2.2, "#e9e3d6")
    if row.share != UNKNOWN:
        paper.box(RIGHT, y, width * row.middle, 2.2, colour)
        paper.box(RIGHT + width * row.low, y + 0.75, max(width * (row.high - row.low), 0.3), 0.7, INK["ink"])


def _key(paper: Paper, x: float, y: float) -> None:
    paper.text(x, y, "住处缺几类 homes lacking", 6.6, colour=SOFT)
    x += 31
    for number, colour in enumerate(HOMES):
        paper.box(x, y - 1.9, 2, 2, colour, round_mm=1)
        paper.text(x + 3, y, f"{number}", 6.6, colour=SOFT)
        x += 7.4
    x += 2
    for tier, sign in SIGNS.items():
        paper.text(x, y, {"school": "■", "community": "●", "base": "◆"}[tier], 6.6, colour=sign["colour"])
        paper.text(x + 3, y, word(f"tier_{tier}_short")[0], 6.6, colour=SOFT)
        x += 10.4
    paper.text(x + 0.4, y, "空心近似 hollow: approx.", 6, colour=FAINT)


def _charts(paper: Paper, study: Study, code: str) -> None:
    top = 173.0
    _title(paper, MARGIN, top, "走几分钟，到得了多少人", "share of people by minutes")
    given = all_curves(study, code)
    if given:
        charts.curves(paper.axes(MARGIN + 7.5, top + 2.5, 66, 26), given, study.cutoff_s() / 60, 7)
    else:
        paper.text(MARGIN, top + 6, "成果包没有住处：未知 no homes in the bundle: unknown", 7, colour=FAINT)
    _title(paper, 108, top, "15分钟内有几处可选", "places within reach")
    bars = choice_rows(study, code)
    if bars is None:
        paper.text(108, top + 6, "成果包没有住处：未知 no homes in the bundle: unknown", 7, colour=FAINT)
        return
    charts.bars(paper.axes(117, top + 2, WIDTH - MARGIN - 117, 13.6), bars, size=7)
    x = WIDTH - MARGIN - 30
    for label, colour in legend(("0", "1", "2+")):
        paper.box(x, top - 2, 2.6, 2, colour)
        paper.text(x + 3.4, top, label, 6.4, colour=SOFT)
        x += 11


def _places(paper: Paper, study: Study, name: str) -> None:
    """Set the places by tier as a small table."""
    left, top = 108.0, 193.2
    grid = content.places_grid(study, name)
    ends = [WIDTH - MARGIN - 13.0 * n for n in reversed(range(len(grid.heads) - 1))]
    for (zh, _), x in zip(grid.heads[1:], ends, strict=True):
        paper.text(x, top, zh, 6.6, colour=SOFT, align="right")
    paper.text(left, top, "点位 places", 6.6, colour=SOFT)
    paper.rule(left, top + 1.2, WIDTH - MARGIN - left, colour=INK["ink"], points=0.7)
    for number, row in enumerate(grid.rows):
        y = top + 4.6 + 3.9 * number
        paper.text(left, y, row[0].main, 7)
        for cell, x in zip(row[1:], ends, strict=True):
            paper.text(x, y, cell.main, 7, align="right")


def _gaps(paper: Paper, maps: SmallMaps, cards: Sequence[GapCard]) -> None:
    top, gutter = 213.6, 5.0
    width = (INNER - gutter * (GAPS - 1)) / GAPS
    _title(paper, MARGIN, top, "最大的缺口", "the worst gaps, by people times minutes too many")
    if not cards:
        paper.text(MARGIN, top + 6, "没有列出的缺口。No gap is listed.", 8, colour=SOFT)
    for number, card in enumerate(cards):
        x = MARGIN + number * (width + gutter)
        height = 31.0
        maps.gap(paper.axes(x, top + 2.4, width, height), card.row, width / height)
        y = top + 2.4 + height + 4.2
        sign = SIGNS[card.tier]
        paper.box(x, y - 2.9, 3.6, 3.6, sign["colour"], round_mm=0.5)
        paper.text(x + 1.8, y - 0.1, sign["glyph"], 6.2, colour="white", align="center")
        said = paper.fonts.fit(f"第{card.rank}位 · {shortened(card.cause[0], 12)}")
        cause_en = paper.fonts.fit(card.cause[1])
        paper.text(x + 4.6, y, said, 8.4, bold=True, colour=str(THEME["gap"]))
        if (paper.fonts.width(said, 8.4, bold=True) + paper.fonts.width(cause_en, 6.2)) * PT_MM < width - 6:
            paper.text(x + width, y, cause_en, 6.2, colour=FAINT, align="right")
        y += 4.2
        ranged = f"（{card.people_range}）" if "–" in card.people_range else ""
        late = f"超出 {card.excess} 分" if card.excess != UNKNOWN else "走不到"
        paper.text(x, y, f"{card.people} 人{ranged}，{late}", 7.4, bold=True)
        y = paper.paragraph(
            x, y + 3.6, width, f"最近：{shortened(card.nearest or UNKNOWN, 22)}", 6.6, colour=SOFT, most=1
        )
        y = paper.paragraph(x, y + 0.1, width, f"可做：{card.help[0]}", 7, leading=1.4, most=3)
        paper.paragraph(x, y - 0.1, width, card.help[1], 5.9, colour=SOFT, leading=1.35, most=3)


def _title(paper: Paper, x: float, y: float, zh: str, en: str) -> None:
    paper.text(x, y, zh, 9, bold=True)
    paper.text(x + paper.fonts.width(zh, 9, bold=True) * PT_MM + 1.6, y, en, 6.6, colour=FAINT)


def _foot(paper: Paper, study: Study) -> None:
    top = 278.6
    paper.rule(MARGIN, top, INNER)
    said = (
        "人数为估计，写低–高；未知不是零。People are an estimate, low to high; unknown is not zero. 成果包 bundle "
        f"{study.bundle_sha256} · servicecircle {plain(study.manifest.get('servicecircle_version'))} · "
        f"{attributions(study)}"
    )
    y = paper.paragraph(MARGIN, top + 3.2, INNER, said, 5.6, colour=FAINT, leading=1.35, most=3)
    paper.paragraph(MARGIN, y, INNER, word("review_note")[0], 5.6, colour=INK["warn"], most=1)
