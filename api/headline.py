"""The figures of the landing page, from the bundle's tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.bundle import Bundle, Row
from api.files import HOME, MAP
from api.packed import Packed
from servicecircle.coverage import DISTRICT
from servicecircle.model import Tier
from servicecircle.units import S_PER_MIN

__all__ = ["headline"]

_NAMES = {
    Tier.SCHOOL: ("校园家长学校", "campus parent school"),
    Tier.COMMUNITY: ("社区家长学校", "community parent school"),
    Tier.BASE: ("实践基地与场馆", "practice base or venue"),
}


@dataclass(frozen=True, slots=True)
class _Figure:
    """A tier's shares (None where unknown) and counts."""

    tier: str
    zh: str
    en: str
    share: float | None
    share_all: float | None
    declared: int | None
    loaded: int
    located: int
    candidates: int
    gaps: int


def headline(bundle: Bundle, files: Mapping[str, Packed]) -> dict[str, Any]:
    """Return what the landing page says."""
    cutoff_s = _cutoff_s(bundle)
    walked = [row for row in bundle.coverage if row["measure"] == "walk" and row["cutoff_s"] == cutoff_s]
    district = {(row["tier"], row["basis"]): row for row in walked if row["subdistrict"] == DISTRICT}
    people: Row = next(iter(district.values()), {"people": None, "homes": None})
    known = {row["tier"]: row for row in bundle.ledger["tiers"]}
    return {
        "manifest": bundle.manifest,
        "minutes": f"{cutoff_s / S_PER_MIN:g}",
        "people": people["people"],
        "homes": people["homes"],
        "figures": [_figure(tier, district, known[tier], bundle) for tier in Tier],
        "has_map": MAP in files,
        "has_lights": "lights" in bundle.tables,
        "has_report": HOME in files,
    }


def _figure(tier: Tier, district: dict[tuple[str, str], Row], known: Row, bundle: Bundle) -> _Figure:
    sure, every = (district.get((tier.value, basis), {}).get("share") for basis in ("confirmed", "all"))
    return _Figure(
        tier.value,
        *_NAMES[tier],
        share=sure,
        share_all=every,
        declared=known["declared"],
        loaded=known["loaded"],
        located=known["located"],
        candidates=known["candidates"],
        gaps=sum(row["tier"] == tier for row in bundle.gaps),
    )


def _cutoff_s(bundle: Bundle) -> float:
    coverage = bundle.manifest.parameters["coverage"]
    return float(coverage["cutoff_s"]) if isinstance(coverage, dict) else 0.0
