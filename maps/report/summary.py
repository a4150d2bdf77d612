"""One paragraph that the head of an office can read aloud, made from the numbers, in Chinese and in English."""

from __future__ import annotations

from maps.bundle import TIERS
from maps.report import phrases
from maps.report.figures import DISTRICT, share, worst_gaps
from maps.report.phrases import about, cause, listed, percent, share_range, spoken, tier_name, word
from maps.report.reading import Study, plain

__all__ = ["subdistrict_summary", "summary"]

Pair = tuple[str, str]
_DAY = ("年", "月", "日")


def summary(study: Study) -> Pair:
    """Say how far the district is: people, shares by tier, the worst gap of each, what is not known."""
    parts = [_opening(study), _shares(study, DISTRICT), *_worst(study), _ledger(study)]
    found = [part for part in parts if part]
    return "".join(zh for zh, _ in found), " ".join(en for _, en in found)


def subdistrict_summary(study: Study, code: str) -> Pair:
    """Say the same of one subdistrict, beside the whole district."""
    name, name_en = next((zh, en) for found, zh, en in study.subdistricts() if found == code)
    minutes = study.cutoff_s() / 60
    row = next((r for tier in TIERS if (r := share(study, tier, "all", code))), None)
    who: Pair = (f"{name}", name_en)
    if row:
        low, middle, high = row.people
        who = (f"{name}约{spoken(middle)}人（{_span(low, high)[0]}）", f"{name_en} has {_span(low, high)[1]} people")
    first = (f"{who[0]}，步行{minutes:g}分钟：", f"{who[1]}. Within {minutes:g} minutes on foot:")
    parts = [first, _shares(study, code), _own_gap(study, code), _unlocated(study, name)]
    found = [part for part in parts if part]
    return "".join(zh for zh, _ in found), " ".join(en for _, en in found)


def _opening(study: Study) -> Pair:
    zh, en = study.area
    minutes = study.cutoff_s() / 60
    row = next((r for tier in TIERS if (r := share(study, tier, "all"))), None)
    who = word(f"profile_{plain(study.manifest['profile'])}", plain(study.manifest["profile"]))
    date = plain(study.manifest["data_date"])
    crowd = (f"{zh}约{spoken(row.people[1])}人", f"about {about(row.people[1]):,} people in {en}") if row else (zh, en)
    return (
        f"据{_day(date)}的数据，{crowd[0]}，按{who[0]}步行{minutes:g}分钟、山城实况计：",
        f"By data of {date}, of {crowd[1]}, {minutes:g} minutes on foot ({who[1]}, true to the hills):",
    )


def _shares(study: Study, where: str) -> Pair | None:
    zh, en = [], []
    for tier in TIERS:
        name, name_en = tier_name(tier)
        widest, sure = share(study, tier, "all", where), share(study, tier, "confirmed", where)
        if widest is None or not widest.known:
            zh.append(f"{name}没有一处有坐标，覆盖情况未知")
            en.append(f"for {name_en} nothing is known, no position yet")
            continue
        band, whole = share_range(widest.low, widest.high), share(study, tier, "all")
        told = [band] if "–" in band else []
        beside = [f"全区{percent(whole.middle)}"] if where != DISTRICT and whole else []
        beside_en = [f"the district {percent(whole.middle)}"] if where != DISTRICT and whole else []
        aside, aside_en = "，".join(told + beside), "; ".join(told + beside_en)
        aside, aside_en = (f"（{aside}）", f" ({aside_en})") if aside else ("", "")
        known = f"已确认的为{percent(sure.middle)}" if sure and sure.known else "已确认的无从计，未知"
        known_en = f"{percent(sure.middle)} counting confirmed places alone" if sure and sure.known else ""
        known_en = known_en or "unknown counting confirmed places alone"
        zh.append(f"{percent(widest.middle)}{aside}的人走得到{name}，{known}")
        en.append(f"{percent(widest.middle)}{aside_en} reach {name_en}, {known_en}")
    return "；".join(zh) + "。", "; ".join(en) + "."


def _worst(study: Study) -> list[Pair]:
    zh, en = [], []
    for tier in TIERS:
        for gap in worst_gaps(study, tier, most=1):
            said = _gap(study, gap)
            zh.append(said[0])
            en.append(said[1])
    if not zh:
        return [("没有列出的缺口。", "No gap is listed.")]
    return [("最该先看的：" + "；".join(zh) + "。", "To look at first: " + "; ".join(en) + ".")]


def _gap(study: Study, gap: dict[str, object]) -> Pair:
    name, name_en = tier_name(str(gap["tier"]))
    where = plain(gap["subdistrict_name"])
    english = {code: en for code, _, en in study.subdistricts()}
    where_en = english.get(str(gap["subdistrict"]), where)
    low, middle, high = (float(gap[c]) for c in ("people_low", "people", "people_high"))  # type: ignore[arg-type]
    why, why_en = cause(str(gap["cause"]))
    excess = gap["mean_excess_s"]
    far = ("走不到任何", "cannot walk to any of the")
    if isinstance(excess, float) and excess == excess:  # noqa: PLR0124  not a number where nobody arrives
        far = (f"平均多走{excess / 60:.0f}分钟才到", f"walk {excess / 60:.0f} minutes too far to")
    return (
        f"{where}约{spoken(middle)}人（{_span(low, high)[0]}）{far[0]}{name}，原因：{why}",
        f"{_span(low, high)[1]} people in {where_en} {far[1]} {name_en} (cause: {why_en})",
    )


def _own_gap(study: Study, code: str) -> Pair:
    worst = worst_gaps(study, where=code, most=1)
    if not worst:
        return "本街道没有列出的缺口。", "No gap is listed here."
    zh, en = _gap(study, worst[0])
    return f"最大的缺口：{zh}。", f"The worst gap: {en}."


def _unlocated(study: Study, name: str) -> Pair | None:
    places = study.bundle.layers["facilities"]
    own = places[(places["subdistrict"] == name) & (places["status"] != "candidate")]
    lost = own[own["position_confidence"] == "none"]
    if not len(lost):
        return None
    return (
        f"另有{len(lost)}处已入册点位没有坐标，情况未知。",
        f"{len(lost)} listed places here have no position: unknown.",
    )


def _ledger(study: Study) -> Pair | None:
    table = study.tables.get("ledger")
    if table is None or table.empty:
        return None
    papers: list[str] = []
    papers_en: list[str] = []
    for row in table.to_dict("records"):
        zh, en = tier_name(str(row["tier"]))
        papers.append(f"{zh}公布{phrases.count(row['declared'])}处、定位{phrases.count(row['located'])}处")
        papers_en.append(f"{phrases.count_en(row['located'])} of {phrases.count_en(row['declared'])} {en}")
    verified = table["verified"].sum(min_count=1)
    checked = phrases.count(float(verified))
    done = listed(papers_en)[1]
    return (
        f"台账：{'，'.join(papers)}，经区里核实{checked}处；先补坐标，结论才站得住。",
        (
            f"Located so far: {done}; verified by the district: {phrases.count_en(float(verified))}. "
            "Positions come first: they decide how firm the rest is."
        ),
    )


def _span(low: float, high: float) -> Pair:
    """Least and most of some people, in Chinese and in English."""
    if about(low) == about(high):
        return f"{spoken(high)}", f"about {about(high):,}"
    return f"{spoken(low)}–{spoken(high)}", f"{about(low):,} to {about(high):,}"


def _day(date: str) -> str:
    """Say a day as one reads it aloud.

    >>> _day("2026-04-26"), _day("2025")
    ('2026年4月26日', '2025')
    """
    parts = date.split("-")
    if len(parts) == len(_DAY) and all(part.isdigit() for part in parts):
        return "".join(f"{int(part)}{unit}" for part, unit in zip(parts, _DAY, strict=True))
    return date
