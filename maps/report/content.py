"""What the report's pages say, ready to be set: cards of gaps and tables for the eye, the same on screen and paper."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from maps.bundle import COUNTS, TIERS
from maps.report import figures, phrases
from maps.report.headings import shown
from maps.report.phrases import CAUSE_HELP, UNKNOWN, percent, share_range, tier_name
from maps.report.reading import Study, plain

__all__ = [
    "LINK_ENDS",
    "Cell",
    "GapCard",
    "Grid",
    "coverage_grid",
    "gap_card",
    "ledger_grid",
    "measures_grid",
    "places_grid",
    "tier_shares",
]

BUILD = "servicecircle build"
# Both ends of a gap's candidate link, by either of its spellings.
LINK_ENDS = (
    ("link_from_lon", "link_from_lat", "link_to_lon", "link_to_lat"),
    ("lon_a", "lat_a", "lon_b", "lat_b"),
)
PLACE_COLUMNS = (
    ("入册", "loaded"),
    ("候选", "candidates"),
    ("定位", "located"),
    ("近似", "approximate"),
    ("无坐标", "no position"),
)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: what it says, what stands small under it, what it is (`text`, `number`, `unknown`, a light's colour).

    ``parts``: percentages of a bar, of a cell that is `sure`.
    """

    main: str
    sub: str = ""
    kind: str = "number"
    parts: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Grid:
    """A table for the eye, with the file and the command it comes from."""

    name: str
    zh: str
    en: str
    source: str
    command: str
    heads: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class GapCard:
    """A gap in words; ``row`` is the gap itself, for its map."""

    row: Mapping[str, Any]
    tier: str
    rank: int
    where: tuple[str, str]
    cause: tuple[str, str]
    people: str
    people_range: str
    homes: str
    minutes: str
    excess: str
    nearest: str
    explanation: tuple[str, str]
    help: tuple[str, str]
    evidence: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class TierShare:
    """A tier's share somewhere, said; low and high as numbers for a bar."""

    tier: str
    name: tuple[str, str]
    share: str
    band: str
    low: float
    middle: float
    high: float
    confirmed: str
    confirmed_band: str
    district: str
    beyond: str
    beyond_range: str


def gap_card(study: Study, row: Mapping[str, Any]) -> GapCard:
    """Put a gap into words; its own suggestion stands before the one of its cause."""
    code = str(row["cause"])
    english = {c: en for c, _, en in study.subdistricts()}
    name = plain(row["subdistrict_name"])
    own = tuple(plain(row.get(f"suggestion_{language}")) for language in ("zh", "en"))
    usual = CAUSE_HELP.get(code, ("到现场核对。", "Check on site."))
    return GapCard(
        row,
        str(row["tier"]),
        int(row["rank"]),
        (name, english.get(str(row["subdistrict"]), name)),
        phrases.cause(code),
        phrases.people(row["people"]),
        phrases.people_range(row["people_low"], row["people_high"]),
        phrases.count(row["homes"]),
        _minutes(row["nearest_s"]),
        _minutes(row["mean_excess_s"]),
        plain(row["nearest_name"]),
        (plain(row["explanation_zh"]), plain(row["explanation_en"])),
        (own[0] or usual[0], own[1] or usual[1]),
        tuple(_evidence(row)),
    )


def _evidence(row: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    found = []
    if _is_number(row.get("rank_low")) and _is_number(row.get("rank_high")):
        low, high = (f"{row[c]:.0f}" for c in ("rank_low", "rank_high"))
        found.append(("排名区间", "rank over the estimates", low if low == high else f"{low}–{high}"))
    for column, zh, en in (
        ("level_s", "若走平地（分钟）", "on the level, min"),
        ("paid_s", "计收费通道（分钟）", "with paid links, min"),
    ):
        if _is_number(row.get(column)):
            found.append((zh, en, _minutes(row[column])))
    ends = next((e for e in LINK_ENDS if all(_is_number(row.get(column)) for column in e)), None)
    if ends:
        a_lon, a_lat, b_lon, b_lat = (f"{row[column]:.5f}" for column in ends)
        found.append(("待查的一段", "spot to check", f"{a_lon}, {a_lat} → {b_lon}, {b_lat}"))
    if _is_number(row.get("link_length_m")) and _is_number(row.get("link_rise_m")):
        length, rise = (f"{abs(row[column]):.0f}" for column in ("link_length_m", "link_rise_m"))
        found.append(("候选连接：长、高差（米）", "candidate link: length, height, m", f"{length}, {rise}"))
    if _is_number(row.get("link_s")):
        found.append(("走候选连接（分钟）", "by that link, min", _minutes(row["link_s"])))
    barrier = plain(row.get("barrier_name")) or plain(row.get("barrier")) or plain(row.get("barrier_kind"))
    if barrier:
        zh, en = shown("code", barrier)
        found.append(("阻隔", "barrier", zh if zh == en else f"{zh} {en}"))
    if _is_number(row.get("barred_s")):
        found.append(("若能跨越（分钟）", "if it could be crossed, min", _minutes(row["barred_s"])))
    return found


def tier_shares(study: Study, where: str = figures.DISTRICT) -> list[TierShare]:
    """Say each tier's share, twice: with candidates, and confirmed alone."""
    found = []
    for tier in TIERS:
        widest, sure = (figures.share(study, tier, basis, where) for basis in ("all", "confirmed"))
        whole, far = figures.share(study, tier, "all"), figures.beyond(study, tier, where)
        low, middle, high = (widest.low, widest.middle, widest.high) if widest else (math.nan,) * 3
        found.append(
            TierShare(
                tier,
                tier_name(tier),
                percent(middle),
                share_range(low, high),
                low,
                middle,
                high,
                percent(sure.middle) if sure else UNKNOWN,
                share_range(sure.low, sure.high) if sure else "",
                percent(whole.middle) if whole else UNKNOWN,
                phrases.people(far[1]) if far else UNKNOWN,
                phrases.people_range(far[0], far[2]) if far else "",
            )
        )
    return found


def ledger_grid(study: Study) -> Grid:
    """Give the ledger: what the papers declare and what is known of it."""
    heads = (("层级", "tier"), *(phrases.word(f"ledger_{c}") for c in COUNTS if c != "at_least"), ("文件日期", "paper"))
    rows = []
    for row in study.tables["ledger"].to_dict("records"):
        zh, en = tier_name(str(row["tier"]))
        counts = [
            _counted(row[c], at_least=c == "declared" and _true(row["at_least"])) for c in COUNTS if c != "at_least"
        ]
        rows.append((Cell(zh, en, "text"), *counts, Cell(plain(row["date"]), plain(row["paper"]), "long")))
    note = phrases.word("ledger_note")
    return Grid("ledger", "台账", "The ledger", "tables/ledger.csv", "servicecircle ledger", heads, tuple(rows), note)


def coverage_grid(study: Study) -> Grid:
    """Give each subdistrict's shares at the cutoff, the district first."""
    heads = [("街道", "subdistrict"), ("人数", "people")]
    for tier in TIERS:
        zh, en = tier_name(tier)
        heads += [(zh, f"{en}, with candidates"), ("其中已确认", "confirmed alone")]
    zh, en = study.area
    rows = [_coverage_row(study, figures.DISTRICT, zh, en)]
    rows += [_coverage_row(study, code, name, name_en) for code, name, name_en in study.subdistricts()]
    note = (
        "人数下的小字为低–高。已确认：已入册且已定位；未知：没有一处有坐标，不是零。",
        "Small: low to high. Confirmed: listed and located. 未知 is unknown, not zero.",
    )
    title = ("各街道覆盖率", "Coverage by subdistrict")
    return Grid("coverage", *title, "tables/coverage.csv", BUILD, tuple(heads), tuple(rows), note)


def _coverage_row(study: Study, where: str, name: str, name_en: str) -> tuple[Cell, ...]:
    found = {
        (tier, basis): figures.share(study, tier, basis, where) for tier in TIERS for basis in ("all", "confirmed")
    }
    first = next((row for row in found.values() if row), None)
    people = first.people if first else (math.nan,) * 3
    cells = [Cell(name, name_en, "text"), Cell(phrases.people(people[1]), _span(people))]
    cells += [_share_cell(row) for row in found.values()]
    return tuple(cells)


def _share_cell(row: figures.Share | None) -> Cell:
    if row is None or not row.known:
        return Cell(UNKNOWN, "", "unknown")
    return Cell(percent(row.middle), share_range(row.low, row.high))


def measures_grid(study: Study) -> Grid:
    """Give the district by three measures: as the crow flies, on the level, true to the hills."""
    heads = (("层级", "tier"), *(phrases.word(f"measure_{m}") for m in ("radius", "level", "walk")))
    rows = []
    for tier in TIERS:
        cells = [Cell(*tier_name(tier), "text")]
        measured = (figures.share(study, tier, "all", measure=measure) for measure in ("radius", "level", "walk"))
        cells += map(_share_cell, measured)
        rows.append(tuple(cells))
    note = phrases.word("measures_note")
    title = ("三种量法", "Three measures")
    return Grid("measures", *title, "tables/coverage.csv", BUILD, heads, tuple(rows), note)


def places_grid(study: Study, name: str) -> Grid:
    """Count a subdistrict's places by tier: listed, candidates, located, approximate, without a position."""
    layer = study.bundle.layers["facilities"]
    own = layer[layer["subdistrict"] == name]
    rows = []
    for tier in TIERS:
        places = own[own["tier"] == tier]
        candidate = places["status"] == "candidate"
        located, rough = (places[c].fillna(value=False).astype(bool) for c in ("located", "approximate"))
        counts = (~candidate, candidate, located, rough, ~(located | rough))
        rows.append((Cell(*tier_name(tier), "text"), *(Cell(str(int(c.sum()))) for c in counts)))
    heads = (("点位", "places"), *PLACE_COLUMNS)
    return Grid("places", "点位", "Places", "layers/facilities.parquet", BUILD, heads, tuple(rows))


def _counted(value: object, *, at_least: bool) -> Cell:
    said = phrases.count(value)
    return Cell(said, "", "unknown") if said == UNKNOWN else Cell(f"≥ {said}" if at_least else said)


def _span(people: tuple[float, ...]) -> str:
    said = phrases.people_range(people[0], people[2])
    return said if "–" in said else ""


def _minutes(seconds: object) -> str:
    return f"{seconds / 60:.0f}" if _is_number(seconds) else UNKNOWN  # type: ignore[operator]


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _true(value: object) -> bool:
    return value in {True, "True", "true"}
