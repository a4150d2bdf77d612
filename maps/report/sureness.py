"""How surely people are covered, by subdistrict and by community: shares of the four classes, as bars and figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from maps.bundle import TIERS
from maps.report import figures, phrases
from maps.report.content import BUILD, Cell, Grid
from maps.report.headings import CLASS_WORDS, shown
from maps.report.phrases import UNKNOWN, percent, share_range, tier_name
from maps.report.reading import Study, plain

__all__ = ["certainty_by_subdistrict", "community_grid"]

_ORDER = " · ".join(CLASS_WORDS[name][0] for name in figures.CLASSES)
_ORDER_EN = " · ".join(CLASS_WORDS[name][1] for name in figures.CLASSES)
_NOTE = (
    f"每条自左：{_ORDER}，下为各占人数的百分比，计入候选与近似位置。",
    f"Each bar from the left: {_ORDER_EN}, in percent of the people; candidates and approximate positions included.",
)
_ABOUT = ("community_id", "name", "subdistrict_name", "seat", "basis", "homes", "people_low", "people", "people_high")
_UNASSIGNED = "unassigned-"


def certainty_by_subdistrict(study: Study) -> Grid | None:
    """Give each subdistrict's people by class, the district first; None where nothing was drawn."""
    whole = figures.certainty(study, "all", TIERS)
    if whole is None:
        return None
    heads = (("街道", "subdistrict"), *(tier_name(tier) for tier in TIERS))
    zh, en = study.area
    rows = []
    for code, name, english in [(figures.DISTRICT, zh, en), *study.subdistricts()]:
        found = figures.certainty(study, "all", TIERS, code)
        if found is not None:
            rows.append((Cell(name, english, "text"), *(_parts(shares) for shares in found.shares.tolist())))
    title = ("各街道覆盖的把握", "How sure coverage is, by subdistrict")
    return Grid("certainty-places", *title, "tables/certainty.csv", BUILD, heads, tuple(rows), _NOTE)


def community_grid(study: Study) -> Grid | None:
    """Give each community's people, shares and classes; None where the bundle's table does not have them."""
    table = study.tables.get("communities")
    classes = {tier: [f"people_{tier}_all_{name}" for name in figures.CLASSES] for tier in TIERS}
    shares = {tier: [f"share_{tier}_all_walk{end}" for end in ("_low", "", "_high")] for tier in TIERS}
    needed = [name for given in (*classes.values(), *shares.values()) for name in given]
    if table is None or not {*_ABOUT, *needed} <= set(table):
        return None
    heads = [("社区", "community"), ("位置", "position"), ("人数", "people")]
    for tier in TIERS:
        name = tier_name(tier)
        heads += [name, ("把握", "how sure")]
    rows = []
    for row in table.to_dict("records"):
        people = [row[column] for column in ("people_low", "people", "people_high")]
        cells = [Cell(plain(row["name"]), plain(row["subdistrict_name"]), "text"), _seat(row)]
        without = row["basis"] == "none" and not row["homes"]
        counted = Cell(phrases.people(people[1]), phrases.people_range(people[0], people[2]))
        cells.append(Cell("计入相邻", "with neighbours", "unknown") if without else counted)
        for tier in TIERS:
            low, middle, high = (row[column] for column in shares[tier])
            known = not pd.isna(middle)
            cells.append(Cell(percent(middle), share_range(low, high)) if known else Cell(UNKNOWN, "", "unknown"))
            total = people[1] if people[1] > 0 else float("nan")
            cells.append(_parts([row[column] / total for column in classes[tier]]))
        rows.append(tuple(cells))
    note = tuple(
        f"{said} {more}"
        for said, more in zip(
            _NOTE, ("范围按最近社区位置划分，为近似。", "Basins of the nearest seat are an approximation."), strict=True
        )
    )
    title = ("社区", "Communities")
    return Grid("communities", *title, "tables/communities.csv", BUILD, tuple(heads), tuple(rows), (note[0], note[1]))


def _seat(row: Mapping[Any, Any]) -> Cell:
    if plain(row["community_id"]).startswith(_UNASSIGNED):
        return Cell("—", "", "text")
    zh, en = shown("code", plain(row["seat"]))
    return Cell(zh, en if en != zh else "", "text")


def _parts(shares: Sequence[float]) -> Cell:
    """Make a bar of shares, with their percentages below; unknown where one is missing."""
    if any(share != share for share in shares):  # noqa: PLR0124  not a number
        return Cell(UNKNOWN, "", "unknown")
    said = " · ".join(percent(share).removesuffix("%") for share in shares)
    return Cell("", said, "sure", tuple(100 * share for share in shares))
