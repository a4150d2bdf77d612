"""A person's decisions on places that look alike, as a spreadsheet gives them back."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from servicecircle.ingest.text_table import read_text_table

__all__ = ["REVIEW", "read_review"]

REVIEW = ("row", "facility_id", "decision")
"""Columns that a review must have; it may have the others that were written beside them."""

_BESIDE = (
    "name", "address", "known_name", "known_address", "similarity", "distance_m", "evidence_zh", "evidence_en",
)  # fmt: skip
_DECISIONS = ("merge", "new")


def read_review(path: Path) -> pd.DataFrame:
    """Read ``row`` (of the list), ``facility_id``, ``name``, ``decision`` (merge, new or nothing: not decided).

    Raises
    ------
    InputError
        The file cannot be read, a decision is neither, or a row is merged with two places.
    """
    table = read_text_table(path, REVIEW, _BESIDE)
    cells = table.cells
    table.check_word("decision", _DECISIONS, empty=True)
    table.check(
        ~cells["row"].str.fullmatch(r"[0-9]{1,7}"), "row", "not a row of the list", "leave it as it was written"
    )
    merged = cells[cells["decision"] == "merge"]
    again = pd.Series(cells.index.isin(merged.index[merged.duplicated("row")]), cells.index)
    table.check(again, "decision", "the row is merged with two places", "merge it with one")
    done = table.done()[[*REVIEW, "name"]].fillna("")
    return done.astype({"row": int}).reset_index(drop=True)
