"""Where next for the interactive map: sites that a bundle proposes, mobile classes, which base each school uses."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from maps.bundle import PANELS, Bundle
from maps.encode import SCALE, clean

__all__ = ["mobile", "pairs", "sites"]

SITE = (
    *("tier", "n", "name", "newly_covered_low", "newly_covered", "newly_covered_high", "newly_covered_homes"),
    *("covered_low", "covered", "covered_high", "share", "mean_min", "minutes", "existing", "candidates"),
    *("status", "gap"),
)
PAIR = ("walk_s", "schools_of_base", "limit", "limit_basis")
ROOM = ("tier", "seats", "seats_known", "guests")
AREA = (
    *("tier", "neighbourhood_id", "name", "homes", "people_low", "people", "people_high", "guests", "served"),
    *("people_in_reach", "why_zh", "why_en"),
)
TERM = ("rooms", "weeks", "every", "seats", "share", "reach")

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


def mobile(bundle: Bundle) -> Payload:
    """Give the term of mobile classes: its rooms with their weeks, the neighbourhoods with the rows of their rooms.

    ``term`` is what the parameters of the bundle say of it, None where they do not; ``tiers`` how good the answer is.
    """
    classes, served = _panel(bundle, "mobile"), _panel(bundle, "mobile_served")
    classes = classes.assign(place=_places(bundle, classes["candidate_id"]))
    weeks = classes[classes["place"] >= 0].groupby(["tier", "candidate_id"], sort=False)
    rooms = [
        {**{c: clean(own[c].iloc[0]) for c in (*ROOM, "place")}, "weeks": sorted(int(week) for week in own["week"])}
        for _, own in weeks
    ]
    row = {key: n for n, key in enumerate(weeks.groups)}
    rules = bundle.manifest.get("parameters", {}).get("siting", {})
    term = {name: rules.get(f"mobile_{name}") for name in TERM}
    about = served.drop_duplicates("tier").set_index("tier")[["status", "gap"]]
    return {
        "term": None if None in term.values() else term,
        "tiers": {tier: {c: clean(v) for c, v in told.items()} for tier, told in about.to_dict("index").items()},
        "rooms": rooms,
        "areas": [_area(own, row) for own in served.to_dict("records")],
    }


def _area(own: Mapping[Hashable, Any], row: Mapping[Hashable, int]) -> Payload:
    ids = str(own["room_ids"]).split(";") if clean(own["room_ids"]) else []
    at = [round(own["lon"] * SCALE), round(own["lat"] * SCALE)]
    rooms = [row[key] for key in ((own["tier"], room) for room in ids) if key in row]
    return {**{c: clean(own[c]) for c in AREA}, "at": at, "rooms": rooms}


def _panel(bundle: Bundle, name: str) -> pd.DataFrame:
    return bundle.panels.get(name, pd.DataFrame(columns=list(PANELS[name])))


def _places(bundle: Bundle, ids: pd.Series) -> Any:  # noqa: ANN401  an array of rows, -1 for none
    return pd.Index(bundle.layers["facilities"]["facility_id"].astype(str)).get_indexer(pd.Index(ids.astype(str)))
