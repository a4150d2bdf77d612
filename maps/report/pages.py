"""The report's pages as HTML: no script, no request, every text escaped."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from maps import charts, offline
from maps.bundle import TIERS
from maps.report import content, figures, where_next
from maps.report.content import Cell, GapCard, Grid
from maps.report.further import EXTRA, bundle_grid, further_grid, is_there
from maps.report.headings import CLASS_WORDS
from maps.report.notes import Note, attributions
from maps.report.phrases import people, people_range, percent, share_range, tier_name, word
from maps.report.plates import Plates, legend
from maps.report.reading import Study, plain
from maps.report.small_maps import HOMES
from maps.report.summary import subdistrict_summary, summary
from maps.report.sureness import certainty_by_subdistrict
from maps.style import TIERS as SIGNS
from maps.style import css_variables

__all__ = ["brief_page", "index_page"]

TEMPLATES = Path(__file__).parents[1] / "templates" / "report"


FIRST = 6
HOLD_OUT = ("told", "model", "subdistrict", "predicted", "census", "ratio")
FOOTPRINTS = ("name", "footprints", "footprint_share", "street_m", "mapped_share")


def index_page(study: Study, plates: Plates, noted: Sequence[Note]) -> str:
    """Return the report's main page."""
    cards = {tier: _cards(study, tier) for tier in TIERS}
    first = [content.gap_card(study, row) for row in figures.worst_gaps(study, most=FIRST)]
    shown = {card.row["gap_id"] for own in cards.values() for card in own}
    maps = {card.row["gap_id"]: plates.gap(card) for own in cards.values() for card in own}
    return _page(
        "index.html",
        study,
        summary=summary(study),
        first=[(card, card.row["gap_id"] in shown) for card in first],
        shares=content.tier_shares(study),
        ledger=content.ledger_grid(study),
        coverage=content.coverage_grid(study),
        measures=content.measures_grid(study),
        curves=_each(plates.curve),
        curve_grid=_curve_grid(study),
        times=_each(plates.histogram),
        times_grid=_times_grid(study),
        choices=_each(plates.choices),
        choices_grid=_choices_grid(study),
        certainty=plates.certainty(),
        certainty_grid=_certainty_grid(study),
        certainty_places=certainty_by_subdistrict(study),
        years=plates.years(),
        next_lede=where_next.lede(study),
        next_curves=_each(plates.added),
        next_sites=where_next.sites_grid(study),
        next_mobile=where_next.mobile_grid(study),
        next_unserved=where_next.unserved_grid(study),
        next_pairs=where_next.pairing_grid(study),
        cards=cards,
        maps=maps,
        gap_counts={tier: int((study.bundle.layers["gaps"]["tier"] == tier).sum()) for tier in TIERS},
        extra={name: further_grid(study, name) for name in EXTRA},
        lacking=[(name, how.zh, how.en) for name, how in EXTRA.items() if not is_there(study, name)],
        hold_out=bundle_grid(study, "population_hold_out", "人口模型检验", "Check of the population models", HOLD_OUT),
        footprints=bundle_grid(study, "footprint_completeness", "建筑图完整度", "Footprints", FOOTPRINTS),
        parameters=_parameters(study),
        sources=study.manifest["sources"],
        inputs=study.manifest.get("inputs", []),
        noted=noted,
        choice_legend=legend(("0 处 none", "1 处 one", "2 处以上 two or more")),
        class_legend=[(" ".join(CLASS_WORDS[name]), colour) for name, colour in legend(figures.CLASSES)],
    )


def brief_page(study: Study, plates: Plates, code: str) -> str:
    """Return the page of one subdistrict."""
    name, name_en = next((zh, en) for found, zh, en in study.subdistricts() if found == code)
    cards = [content.gap_card(study, row) for row in figures.worst_gaps(study, where=code)]
    return _page(
        "brief.html",
        study,
        code=code,
        name=name,
        name_en=name_en,
        summary=subdistrict_summary(study, code),
        shares=content.tier_shares(study, code),
        place=plates.subdistrict(code, name),
        lacking=[(f"{n}", colour) for n, colour in enumerate(HOMES)],
        curves=plates.own_curves(code),
        choices=plates.own_choices(code),
        choice_legend=legend(("0 处 none", "1 处 one", "2 处以上 two or more")),
        cards=cards,
        maps=[plates.gap(card) for card in cards],
        places=content.places_grid(study, name),
    )


def _page(template: str, study: Study, **parts: Any) -> str:  # noqa: ANN401  what the template names
    css = offline.inline_css(TEMPLATES / "report.css")
    common = {
        "css": css_variables() + css,
        "area": study.area,
        "date": plain(study.manifest["data_date"]),
        "profile": word(f"profile_{plain(study.manifest['profile'])}", plain(study.manifest["profile"])),
        "minutes": f"{study.cutoff_s() / 60:g}",
        "version": plain(study.manifest.get("servicecircle_version")),
        "sha": study.bundle_sha256,
        "parameters_sha": plain(study.manifest["parameters_sha256"]),
        "attributions": attributions(study),
        "review": word("review_note"),
        "subdistricts": study.subdistricts(),
        "part_colours": charts.colours(len(figures.CLASSES)),
        "tiers": [(tier, tier_name(tier), SIGNS[tier]) for tier in TIERS],
        "has_homes": study.homes is not None,
        "plain": plain,
    }
    page = _environment().get_template(template).render(**common, **parts)
    return offline.refuse_outside(offline.seal(page))


@cache
def _environment() -> Environment:
    loader = FileSystemLoader(TEMPLATES)
    return Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, cache_size=20
    )


def _cards(study: Study, tier: str) -> list[GapCard]:
    return [content.gap_card(study, row) for row in figures.worst_gaps(study, tier)]


def _each(draw: Any) -> list[tuple[str, str | None]]:  # noqa: ANN401  a method of Plates
    return [(tier, draw(tier)) for tier in TIERS]


def _curve_grid(study: Study) -> Grid | None:
    """Say the curves every five minutes."""
    rows = []
    stops = (5, 10, 15, 20, 30)
    for tier in TIERS:
        for basis in figures.BASES:
            found = figures.curve(study, tier, basis)
            head = Cell(tier_name(tier)[0], " ".join(word(f"basis_{basis}")), "text")
            if found is None:
                rows.append((head, *(Cell(phrase_unknown(), "", "unknown") for _ in stops)))
                continue
            at = [int(m * 2) for m in stops]
            cells = [Cell(percent(found.middle[i]), share_range(found.low[i], found.high[i])) for i in at]
            rows.append((head, *cells))
    if study.homes is None:
        return None
    heads = (("层级", "tier"), *((f"{m} 分钟", f"{m} min") for m in stops))
    title = ("几分钟内可达的人", "People within so many minutes")
    return Grid("curve", *title, "layers/demand.parquet", content.BUILD, heads, tuple(rows))


def _times_grid(study: Study) -> Grid | None:
    found = {tier: figures.histogram(study, tier) for tier in TIERS}
    first = next((h for h in found.values() if h), None)
    if first is None:
        return None
    edges = [int(e) for e in first.edges]
    rows = []
    for i, edge in enumerate(edges):
        label = f"{edge}–{edges[i + 1]}" if i + 1 < len(edges) else f"> {edge}"
        cells = [
            Cell(people(h.middle[i]), people_range(h.low[i], h.high[i])) if h else Cell(phrase_unknown(), "", "unknown")
            for h in found.values()
        ]
        rows.append((Cell(label, "", "text"), *cells))
    heads = (("分钟", "minutes"), *(tier_name(tier) for tier in TIERS))
    title = ("到最近一处的步行时间", "Minutes to the nearest place")
    note = (f"超过 {edges[-1]} 分钟的一行含走不到的人。", "The last row includes those who cannot get there.")
    return Grid("times", *title, "layers/demand.parquet", content.BUILD, heads, tuple(rows), note)


def _choices_grid(study: Study) -> Grid | None:
    found = {tier: figures.choices(study, tier) for tier in TIERS}
    first = next((b for b in found.values() if b), None)
    if first is None:
        return None
    rows = []
    for i, name in enumerate(first.rows):
        cells = [Cell(percent(share)) for b in found.values() for share in (b.shares[i] if b else (float("nan"),) * 3)]
        rows.append((Cell(name, "", "text"), *cells))
    heads = [("街道", "subdistrict")]
    for tier in TIERS:
        zh, en = word(f"tier_{tier}_short")
        heads += [(f"{zh} 0 处", f"{en}: none"), ("1 处", "one"), ("2 处以上", "two or more")]
    title = ("15分钟内有几处可选", "How many places within reach")
    return Grid("choices-share", *title, "layers/demand.parquet", content.BUILD, tuple(heads), tuple(rows))


def _certainty_grid(study: Study) -> Grid | None:
    rows = []
    for basis in figures.BASES:
        found = figures.certainty(study, basis, TIERS)
        if found is None:
            return None
        label = " ".join(word(f"basis_{basis}"))
        for tier, shares in zip(TIERS, found.shares, strict=True):
            head = Cell(tier_name(tier)[0], label, "text")
            rows.append((head, *(Cell(percent(s), "", "number" if s == s else "unknown") for s in shares)))  # noqa: PLR0124
    heads = (("层级", "tier"), *(CLASS_WORDS[name] for name in figures.CLASSES))
    title = ("覆盖的把握", "How sure coverage is")
    zh, en = _limits(study)
    note = (
        f"在步速、路网、位置的误差范围内反复抽取，按可达的抽取占比分级{zh}。",
        (
            "Drawn again and again within the errors of pace, network and position; classes by the share of draws that "
            f"arrive{en}."
        ),
    )
    return Grid("certainty", *title, "tables/certainty.csv", content.BUILD, heads, tuple(rows), note)


def _limits(study: Study) -> tuple[str, str]:
    """Say where the classes of certainty begin, as the study's parameters have it."""
    given = (study.manifest.get("parameters") or {}).get("uncertainty") or {}
    named = [name for name in ("certain", "likely", "borderline") if isinstance(given.get(name), (int, float))]
    limits = [(CLASS_WORDS[name], percent(float(given[name]))) for name in named]
    zh, en = (", ".join(f"{words[i]} ≥ {limit}" for words, limit in limits) for i in (0, 1))
    return (f"（{zh.replace(', ', '，')}）", f" ({en})") if limits else ("", "")


def _parameters(study: Study) -> list[tuple[str, list[tuple[str, str]]]]:
    """Give the parameters by section, as written in the manifest."""
    given = study.manifest.get("parameters") or {}
    found = []
    for section, values in given.items():
        pairs = values.items() if isinstance(values, Mapping) else [(section, values)]
        found.append((plain(section), [(plain(k), plain(json.dumps(v, ensure_ascii=False))) for k, v in pairs]))
    return found


def phrase_unknown() -> str:
    """Return the word for what is not known."""
    return word("unknown")[0]
