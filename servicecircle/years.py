"""Coverage by year, and the plan's targets beside what the registry knows.

A place counts at the end of a year if it is open then, by ``open_from`` and ``open_to``; without an opening date its
batch tells the year. Few places have either. So each year is told twice: ``dated``, with the places whose date is
known, and ``with_undated``, with those, too, that have none. The truth lies between.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from servicecircle.arrays import Bools
from servicecircle.ingest.targets import Target
from servicecircle.model import Declared, Kind, Status

__all__ = ["DATES", "YEARS", "compare_targets", "coverage_by_year", "day_of", "opened_by"]

DATES = ("dated", "with_undated")
YEARS = ("year", "day", "dates", "planned", "places")
"""Columns that ``coverage_by_year`` puts before those of the coverage table."""

_BATCH = re.compile(r"((?:19|20)\d\d)(?:-\d+)?", re.ASCII)
_TARGETS = [
    "target", "of", "year", "day", "least", "most", "share", "dated", "with_undated", "declared", "declared_date",
    "status", "text_zh", "text_en", "reading", "paper", "date",
]  # fmt: skip


def day_of(year: int, data_date: str) -> str:
    """Return the day at which a year is told: its last, or the date of the data in the data's own year.

    Examples
    --------
    >>> day_of(2025, "2026-04-26"), day_of(2026, "2026-04-26")
    ('2025-12-31', '2026-04-26')
    """
    return data_date if year == dt.date.fromisoformat(data_date).year else f"{year}-12-31"


def opened_by(places: pd.DataFrame, day: str) -> dict[str, Bools]:
    """Tell which places counted on a day, for each of ``DATES``.

    ``batch`` such as ``2025-3`` dates a place to a year: it counts from the last day of that year. Within the year
    nobody knows, and the place is undated. What has closed counts nowhere.
    """
    opened, closed = (places[key].fillna("").to_numpy(dtype=str) for key in ("open_from", "open_to"))
    found = [_BATCH.fullmatch(text) for text in places["batch"].fillna("").astype(str)]
    batch = np.array([int(match[1]) if match else 0 for match in found], dtype=np.int64)
    gone = (closed != "") & (closed < day)
    dated, year = opened != "", int(day[:4])
    by_batch = ~dated & (batch > 0)
    last_day = day.endswith("-12-31")
    sure = (dated & (opened <= day)) | (by_batch & ((batch < year) | ((batch == year) & last_day)))
    later = (dated & (opened > day)) | (by_batch & (batch > year))
    return {"dated": sure & ~gone, "with_undated": ~later & ~gone}


def coverage_by_year(
    years: Iterable[int], places: pd.DataFrame, cover: Callable[[Bools], pd.DataFrame], data_date: str
) -> pd.DataFrame:
    """Tell coverage at the end of each year, with the dated places alone and with the undated, too.

    Parameters
    ----------
    years
        Years, told in their order.
    places
        ``batch, open_from, open_to`` of the places that ``cover`` knows.
    cover
        Given which of the places count: their coverage, as any table. Asked once for each set of places.
    data_date
        Date of the data, ISO 8601. A year beyond it is told as ``planned``: nobody knows what else will open.

    Returns
    -------
    pd.DataFrame
        ``YEARS``, then the columns of ``cover``. ``places``: how many count.

    Examples
    --------
    >>> places = pd.DataFrame({"batch": [None, None], "open_from": ["2025-03-01", None], "open_to": [None, None]})
    >>> table = coverage_by_year([2024, 2025], places, lambda rows: pd.DataFrame({"n": [rows.sum()]}), "2026-04-26")
    >>> table[["year", "dates", "n"]].to_numpy().tolist()
    [[2024, 'dated', 0], [2024, 'with_undated', 1], [2025, 'dated', 1], [2025, 'with_undated', 2]]
    """
    known: dict[bytes, pd.DataFrame] = {}
    blocks = []
    for year in years:
        day = day_of(year, data_date)
        for dates, rows in opened_by(places, day).items():
            key = rows.tobytes()
            if key not in known:
                known[key] = cover(rows)
            told = known[key].assign(year=year, day=day, dates=dates, planned=day > data_date, places=int(rows.sum()))
            blocks.append(told[[*YEARS, *known[key].columns]])
    return pd.concat(blocks, ignore_index=True) if blocks else pd.DataFrame(columns=list(YEARS))


def compare_targets(
    targets: Iterable[Target], facilities: pd.DataFrame, declared: Iterable[Declared], data_date: str
) -> pd.DataFrame:
    """Hold each target of the plan against the registry and the published counts.

    ``dated`` and ``with_undated`` count what the district named (venues only under a designation) and what was open at
    the end of the target's year, or on the date of the data if that comes first or the plan gives no year.

    Returns
    -------
    pd.DataFrame
        One row a target. ``status``: ``reached`` (dated places are enough), ``declared`` (a count published by the day
        is enough), ``undated`` (enough if the undated were open by then), ``registry_short`` (the registry knows fewer:
        the district may have more), ``no_number`` (the plan gives none). ``declared`` is the published count, whenever
        it was published: a paper after the target's year does not say when the number was reached.
    """
    published = {entry.of: entry for entry in declared}
    rows: list[dict[str, object]] = []
    for target in targets:
        day = data_date if target.year is None else min(day_of(target.year, data_date), data_date)
        counts = {
            dates: int((open_ & _named(facilities, target.of)).sum()) for dates, open_ in _opened(facilities, day)
        }
        entry = published.get(target.of)
        row = {key: getattr(target, key) for key in ("of", "year", "least", "most", "share")}
        row |= {
            "target": target.id,
            "day": day,
            "declared": entry and entry.count,
            "declared_date": entry and entry.date,
        }
        row |= counts | {"status": _status(target, counts, entry, day)}
        texts = ("text_zh", "text_en", "reading", "paper", "date")
        rows.append(row | {key: getattr(target, key) or None for key in texts})
    whole = dict.fromkeys(("year", "least", "most", "dated", "with_undated", "declared"), "Int64")
    return pd.DataFrame(rows, columns=_TARGETS).astype(whole | {"share": "float64"})


def _opened(facilities: pd.DataFrame, day: str) -> Iterable[tuple[str, Bools]]:
    return opened_by(facilities, day).items()


def _named(facilities: pd.DataFrame, of: str) -> Bools:
    named = facilities["status"].isin([Status.LOADED, Status.VERIFIED])
    title = of.removeprefix("designation:")
    if title != of:
        held = facilities["designations"].fillna("").str.split(";").map(lambda given: title in given).astype(bool)
        return np.asarray(named & held, dtype=bool)
    return np.asarray(named & (facilities["tier"] == of) & (facilities["kind"] != Kind.VENUE), dtype=bool)


def _status(target: Target, counts: dict[str, int], entry: Declared | None, day: str) -> str:
    if target.least is None:
        return "no_number"
    if counts["dated"] >= target.least:
        return "reached"
    if entry is not None and entry.count >= target.least and entry.date <= day:
        return "declared"
    return "undated" if counts["with_undated"] >= target.least else "registry_short"
