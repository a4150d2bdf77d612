"""The ledger: what the district declared beside what this registry holds.

Words, the same on every table, map and report:

declared
    A count published in a paper of the district. None where none was published: unknown is not zero.
loaded
    Places the district named, or the office confirmed: status ``loaded`` or ``verified``. A venue is no base, whatever
    its status: it is loaded only under a designation, which venues may hold.
candidates
    All other places, most from public lists that the district has not named. Never part of ``loaded``.
located, approximate, unlocated
    The *loaded* places by position: at an entrance, building or address; at a landmark, street or area; nowhere.
    ``loaded = located + approximate + unlocated``.
verified
    Those of the loaded that the office confirmed.
candidates_located
    Those of the candidates with a position at an entrance, building or address.

A place counts once in its tier, once in its category, and once under each of its designations.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from servicecircle.model import Declared, Kind, Status, Tier
from servicecircle.schemas import DESIGNATIONS

__all__ = ["Ledger", "build_ledger"]

_COUNTS = ("loaded", "candidates", "approximate", "located", "verified", "unlocated", "candidates_located")
_UNPUBLISHED = "no published count"
_AT_LEAST = "the paper says: at least"


@dataclass(frozen=True, slots=True)
class Ledger:
    """Declared against loaded, by tier, by category of bases, by designation.

    Each table has the key, ``declared``, the counts, then ``at_least, wording, paper, date`` of the declared count,
    and a ``note`` where there is something to say of it.
    """

    tiers: pd.DataFrame
    by_category: pd.DataFrame
    by_designation: pd.DataFrame

    def to_json(self) -> dict[str, list[dict[str, object]]]:
        """Return the tables as JSON-ready rows; what is unknown is None."""
        return {
            "tiers": _rows(self.tiers),
            "by_category": _rows(self.by_category),
            "by_designation": _rows(self.by_designation),
        }


def build_ledger(facilities: pd.DataFrame, declared: Iterable[Declared], categories: pd.DataFrame) -> Ledger:
    """Count the registry against the published counts.

    Parameters
    ----------
    facilities
        Places, in the columns of ``schemas.FACILITIES``.
    declared
        Published counts; ``of`` is a tier, ``category:ID`` or ``designation:ID``. Others do not concern places.
    categories
        Index category; ``name_zh, name_en, published``.
    """
    published = {entry.of: entry for entry in declared}
    base = facilities["tier"] == Tier.BASE
    named = facilities["status"].isin([Status.LOADED, Status.VERIFIED])
    titles = facilities["designations"].fillna("").str.split(";")
    tiers = {tier.value: facilities["tier"] == tier for tier in Tier}
    by_category = {str(key): base & (facilities["category"] == key) for key in categories.index}
    by_designation = {key: titles.map(lambda given, key=key: key in given).astype(bool) for key in DESIGNATIONS}
    marked = facilities.assign(loaded=named & (facilities["kind"] != Kind.VENUE))
    categorised = _table(marked, "category", by_category, published, "category:")
    names = categories.loc[:, ["name_zh", "name_en", "published"]].reset_index(drop=True)
    return Ledger(
        _table(marked, "tier", tiers, published),
        pd.concat([categorised, names], axis=1),
        _table(facilities.assign(loaded=named), "designation", by_designation, published, "designation:"),
    )


def _table(
    places: pd.DataFrame, key: str, groups: dict[str, pd.Series[bool]], published: dict[str, Declared], prefix: str = ""
) -> pd.DataFrame:
    rows = [
        {key: name} | _declared(published.get(prefix + name)) | _counts(places[chosen])
        for name, chosen in groups.items()
    ]
    table = pd.DataFrame(rows, columns=[key, "declared", *_COUNTS, "at_least", "wording", "paper", "date", "note"])
    return table.astype({"declared": "Int64", "at_least": "boolean"})


def _declared(entry: Declared | None) -> dict[str, object]:
    if entry is None:
        return {"declared": None, "at_least": None, "wording": None, "paper": None, "date": None, "note": _UNPUBLISHED}
    return {
        "declared": entry.count,
        "at_least": entry.at_least,
        "wording": entry.wording,
        "paper": entry.paper,
        "date": entry.date,
        "note": _AT_LEAST if entry.at_least else None,
    }


def _counts(places: pd.DataFrame) -> dict[str, int]:
    loaded = places["loaded"]
    masks = {
        "loaded": loaded,
        "candidates": ~loaded,
        "approximate": loaded & places["approximate"],
        "located": loaded & places["located"],
        "verified": loaded & (places["status"] == Status.VERIFIED),
        "unlocated": loaded & ~places["approximate"] & ~places["located"],
        "candidates_located": ~loaded & places["located"],
    }
    return {name: int(mask.sum()) for name, mask in masks.items()}


def _rows(table: pd.DataFrame) -> list[dict[str, object]]:
    plain = table.astype(object)
    plain = plain.where(plain.notna(), None)
    return [dict(zip(plain.columns, row, strict=True)) for row in plain.to_numpy().tolist()]
