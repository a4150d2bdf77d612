"""Where next for the interactive map: the sites that a bundle proposes, and which base each school uses."""

from __future__ import annotations

from typing import Any

import pandas as pd

from maps.bundle import PANELS, Bundle
from maps.encode import clean

__all__ = ["pairs", "sites"]

SITE = (
    *("tier", "n", "name", "newly_covered_low", "newly_covered", "newly_covered_high", "newly_covered_homes"),
    *("covered_low", "covered", "covered_high", "share", "mean_min", "minutes", "existing", "candidates"),
    *("status", "gap"),
)
PAIR = ("walk_s", "schools_of_base", "limit", "limit_basis")

Payload = dict[str, Any]


def sites(bundle: Bundle) -> list[Payload]:
    """Give the proposed sites in the order of their tier and rank, each with the place whose room it is."""
    table = _panel(bundle, "siting")
    rows = table[table["n"] > 0]
    rows = rows.assign(place=_places(bundle, rows["candidate_id"]))
    return [
        {**{c: clean(row[c]) for c in SITE}, "place": clean(row["place"])}
        for row in rows.to_dict("records")
        if row["place"] >= 0
    ]


def pairs(bundle: Bundle) -> Payload:
    """Give school and base of each pair by their place among the facilities, the category, and what is known of it."""
    table = _panel(bundle, "pairing")
    ends = {name: _places(bundle, table[f"{name}_id"]) for name in ("school", "base")}
    rows = table.assign(**ends)
    rows = rows[(rows["school"] >= 0) & (rows["base"] >= 0)].sort_values(["school", "category"], kind="stable")
    columns = ["school", "base", "category", *PAIR]
    return {"cols": columns, "rows": [[clean(row[c]) for c in columns] for row in rows.to_dict("records")]}


def _panel(bundle: Bundle, name: str) -> pd.DataFrame:
    return bundle.panels.get(name, pd.DataFrame(columns=list(PANELS[name])))


def _places(bundle: Bundle, ids: pd.Series) -> Any:  # noqa: ANN401  an array of rows, -1 for none
    return pd.Index(bundle.layers["facilities"]["facility_id"].astype(str)).get_indexer(pd.Index(ids.astype(str)))
