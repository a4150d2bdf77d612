"""What becomes of places that look alike: a person's word, then the rule; what neither decides stays open."""

from __future__ import annotations

from collections import Counter
from typing import Literal

import pandas as pd

from servicecircle.errors import Fault, InputError
from servicecircle.registry.matching import Matches

__all__ = ["Alike", "settle"]

Alike = Literal["ask", "merge", "new"]
"""Ask a person; take the likeliest for the same place; take all for new places."""


def settle(matches: Matches, decided: pd.DataFrame | None, alike: str, file: str) -> tuple[pd.Series, pd.DataFrame]:
    """Return which place each row is (index row, facility_id), and the pairs that nobody decided.

    Raises
    ------
    InputError
        A decision of another file, or two rows that would become one place.
    """
    proposed = matches.proposed
    same = {int(str(row)): str(place) for row, place in matches.same.items()}
    answered: set[int] = set()
    if decided is not None:
        _require_of_this_file(decided, proposed, file)
        merged = decided[decided["decision"] == "merge"]
        same |= dict(zip(merged["row"].tolist(), merged["facility_id"].tolist(), strict=True))
        refused = Counter(decided.loc[decided["decision"] == "new", "row"].tolist())
        asked = Counter(proposed["row"].tolist())
        answered = {*merged["row"].tolist(), *(row for row, n in refused.items() if n >= asked[row])}
    rest = proposed[~proposed["row"].isin(answered)]
    if alike == "merge":
        best = rest.drop_duplicates("row")
        same |= dict(zip(best["row"].tolist(), best["facility_id"].tolist(), strict=True))
    if alike != "ask":
        rest = rest.iloc[:0]
    places = pd.Series(same, dtype=object).sort_index()
    if places.duplicated().any():
        first = {place: row for row, place in sorted(same.items(), reverse=True)}
        remedy = "decide one of them as new"
        again = [(row, place) for row, place in sorted(same.items()) if first[place] != row]
        raise InputError(
            [Fault(f"becomes the place of row {first[p]} too", remedy, file, row, None, p) for row, p in again]
        )
    return places, rest.reset_index(drop=True)


def _require_of_this_file(decided: pd.DataFrame, proposed: pd.DataFrame, file: str) -> None:
    pairs = set(zip(proposed["row"], proposed["facility_id"], strict=True))
    faults = [
        Fault(
            "a decision on a pair that is not in question", f"write the review of {file} again", None, None, None, pair
        )
        for pair in zip(decided["row"], decided["facility_id"], strict=True)
        if pair not in pairs
    ]
    if faults:
        raise InputError(faults)
