"""Is the stated datum true? Six readings of a table, weighed against what is known of the ground.

A table copied from a web map looks right in any datum: its points are 500 to 1100 m off, still in the district, still
near some street. What tells is where its places are known to be, the streets that its addresses name, and, weakly and
over many rows, how close its points lie to streets and whether they fall into the river.

Each row gives each reading a score, log10 of how likely its position is there; places in disorder and addresses of an
office elsewhere are expected, so that no single row can decide, however far off it is. Rows at one spot are one row.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd

from servicecircle.arrays import Floats
from servicecircle.datum import Datum, to_wgs84
from servicecircle.errors import Fault
from servicecircle.registry.ground import Ground

__all__ = ["ROW_COLUMNS", "Evidence", "Reading", "Stray", "Verdict", "weigh"]

ROW_COLUMNS = ("lon", "lat", "known_lon", "known_lat", "street")
"""What a row is weighed by: its position as given; the WGS-84 position of the known place of its name or address, and
the mapped street of its address or name, each missing where unknown."""

# (metres that a true position is usually off, share of rows of which the evidence says nothing)
_KNOWN = (60.0, 0.01)  # the gate of a school and its middle; one matched place in a hundred is another of that name
_STREET = (60.0, 0.03)  # a quarter of the district's own houses lie 75 m and more off their street, 3 % over 300 m
_DISTRICT = (60.0, 0.02)  # a border place may be mapped on its other side; a few serve the district from outside
_NETWORK = (60.0, 0.1)  # places stand 10 to 60 m off the middle of a street; one in ten in a park or large yard
_DECISIVE = 3.0  # log10: a thousand times likelier
_ROW_LIMIT = 2.0  # log10: less than _DECISIVE, so that one row decides nothing
_SPOT_M = 10.0  # rows closer than this are one piece of evidence

# a row is accused of another datum where its place would be so close, and is so far as stated
_CLOSE_M = 75.0
_FAR_M = 300.0
_DATUMS_M = 2_000.0  # the datums lie less apart than this
_LOST_M = 100_000.0  # no datum moves a place so far, only swapped axes do
_COMPANY = 3  # rows that must say the same where only their streets speak


class Verdict(StrEnum):
    """What the rows say of the stated datum."""

    SUPPORTED = "supported"  # a thousand times likelier than every other reading
    WEAK = "weak"  # between: the rows cannot tell
    CONTRADICTED = "contradicted"  # another reading is a thousand times likelier


@dataclass(frozen=True, slots=True, order=True)
class Reading:
    """One way to read two columns of degrees."""

    datum: Datum
    swapped: bool = False

    def __str__(self) -> str:
        """Return ``gcj02`` or ``gcj02, axes swapped``."""
        return self.datum + (", axes swapped" if self.swapped else "")


_Distances = dict[str, Floats]  # known_m, street_m, district_m, network_m: a value a row
_READINGS = tuple(Reading(datum, swapped) for swapped in (False, True) for datum in Datum)


@dataclass(frozen=True, slots=True)
class Stray:
    """A row whose own evidence clearly speaks for another reading, and why, in figures."""

    row: int
    reading: Reading
    why: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """How well each reading fits.

    Attributes
    ----------
    stated
        What the table is said to be.
    verdict
        What the rows say of it.
    table
        One row a reading, likeliest first: ``reading``, ``inside`` (rows in the district), ``matched, matched_m`` (rows
        with a known place, median metres to it), ``streets, street_m`` (rows with a street, median metres to it),
        ``network_m`` (median metres to where people walk), ``log10_odds`` against the likeliest.
    rows
        Rows with a position.
    strays
        Rows that clearly have another reading than the stated one.
    """

    stated: Reading
    verdict: Verdict
    rows: int
    table: pd.DataFrame
    strays: tuple[Stray, ...]

    @property
    def best(self) -> Reading:
        """The likeliest reading."""
        return next(reading for reading in _READINGS if str(reading) == self.table["reading"].iloc[0])

    @property
    def summary(self) -> str:
        """The verdict in a sentence, with its figures."""
        fits = self._fits()
        stated = f"{self.rows} rows as {self.stated}: {_figures(fits[str(self.stated)], self.rows)}"
        if self.verdict is Verdict.CONTRADICTED:
            return (
                f"contradicted, {self.best} is 10^{-fits[str(self.stated)]['log10_odds']:.0f} times likelier; {stated}"
            )
        if self.verdict is Verdict.SUPPORTED:
            return f"supported, 10^{-self.table['log10_odds'].iloc[1]:.0f} times likelier than any other; {stated}"
        return f"weak, the rows cannot tell {self.stated} from the others; {stated}"

    def faults(self, file: str | None = None) -> list[Fault]:
        """Return what keeps the table out: a contradicted datum, or the rows that have another one than the rest."""
        if self.verdict is Verdict.CONTRADICTED:
            return [self._contradiction(file)]
        return [
            Fault(
                f"the row speaks for {stray.reading} where the file is said to be {self.stated}: {stray.why}",
                "swap the two cells"
                if stray.reading.swapped
                else "put the rows of each datum into a file of their own",
                file,
                stray.row,
                "lon, lat",
            )
            for stray in self.strays
        ]

    def _fits(self) -> dict[Any, dict[Any, Any]]:
        return self.table.set_index("reading").to_dict("index")

    def _contradiction(self, file: str | None) -> Fault:
        fits = self._fits()
        stated, best = fits[str(self.stated)], fits[str(self.best)]
        problem = (
            f"the coordinates are not {self.stated}: {self.best} is 10^{-stated['log10_odds']:.0f} times likelier "
            f"({_figures(best, self.rows)}; as {self.stated}: {_figures(stated, self.rows)})"
        )
        remedy = "swap the columns of longitude and latitude" if self.best.swapped else ""
        if self.best.datum is not self.stated.datum:
            remedy += f"{', and ' if remedy else ''}say --datum {self.best.datum}, if that is where they come from"
        return Fault(problem, remedy, file, None, "lon, lat")


def weigh(rows: pd.DataFrame, stated: Datum, ground: Ground) -> Evidence:
    """Weigh the six readings of a table.

    Parameters
    ----------
    rows
        ``ROW_COLUMNS``, indexed by row number as people see it; rows without a position are passed over.
    stated
        The datum that the table is said to have.
    ground
        The ground of the study.

    Examples
    --------
    >>> from servicecircle.datasets import bundled_study
    >>> from servicecircle.ingest.study import read_study
    >>> ground = Ground.of(read_study(bundled_study()))
    >>> monument, hall = (106.57699, 29.55712, 106.57336, 29.56010), (106.55031, 29.56093, 106.54657, 29.56377)
    >>> rows = pd.DataFrame([(*monument, "民族路"), (*hall, "人民路")], pd.Index([2, 3]), ROW_COLUMNS)
    >>> evidence = weigh(rows, Datum.WGS84, ground)
    >>> str(evidence.verdict), str(evidence.best)
    ('contradicted', 'gcj02')
    """
    reading = Reading(stated)
    rows = rows[rows["lon"].notna() & rows["lat"].notna()]
    off = {one: _distances(rows, one, ground) for one in _READINGS}
    scores = np.column_stack([_scores(off[one]) for one in _READINGS])
    # a row says at most that a reading is 100 times likelier than the worst
    scores = np.maximum(scores, scores.max(axis=1, keepdims=True, initial=-np.inf) - _ROW_LIMIT)
    total = (scores * _weights(rows)[:, None]).sum(axis=0)
    odds = total - total.max()
    at = _READINGS.index(reading)
    others = np.delete(odds, at)
    verdict = Verdict.WEAK
    if odds[at] <= -_DECISIVE:
        verdict = Verdict.CONTRADICTED
    elif odds[at] - others.max() >= _DECISIVE:
        verdict = Verdict.SUPPORTED
    lines = [
        {"reading": str(one), **_medians(off[one]), "log10_odds": float(odds[i])} for i, one in enumerate(_READINGS)
    ]
    table = pd.DataFrame(lines).sort_values("log10_odds", ascending=False, kind="stable", ignore_index=True)
    return Evidence(reading, verdict, len(rows), table, _strays(reading, off, rows.index))


def _distances(rows: pd.DataFrame, reading: Reading, ground: Ground) -> _Distances:
    """Return metres from each row, so read: to its known place, its street, the district, the network."""
    given = [rows[axis].to_numpy(dtype=np.float64) for axis in (("lat", "lon") if reading.swapped else ("lon", "lat"))]
    earthly = (np.abs(given[0]) <= 180) & (np.abs(given[1]) <= 90)  # noqa: PLR2004
    lon, lat = to_wgs84(np.where(earthly, given[0], np.nan), np.where(earthly, given[1], np.nan), reading.datum)
    xy = ground.points(lon, lat)
    known = ground.points(*(rows[axis].to_numpy(dtype=np.float64) for axis in ("known_lon", "known_lat")))
    known_m = np.hypot(*(xy - known).T)
    nowhere = ~np.isfinite(xy).all(axis=1)
    streets = [name if isinstance(name, str) else None for name in rows["street"]]
    return {
        "known_m": np.where(nowhere & np.isfinite(known).all(axis=1), np.inf, known_m),
        "street_m": ground.off_street_m(xy, streets),
        "district_m": ground.off_district_m(xy),
        "network_m": ground.off_network_m(xy),
    }


def _scores(off: _Distances) -> Floats:
    total = np.zeros(len(off["known_m"]))
    for column, (usual_m, unsure) in (
        ("known_m", _KNOWN), ("street_m", _STREET), ("district_m", _DISTRICT), ("network_m", _NETWORK),
    ):  # fmt: skip
        total += np.where(np.isnan(off[column]), 0.0, _log10(off[column], usual_m, unsure))
    return total


def _log10(off_m: Floats, usual_m: float, unsure: float) -> Floats:
    """Return how likely a distance is, with the heavy tail of Student's t for two degrees of freedom on the plane."""
    return np.log10((1 - unsure) / (1 + off_m**2 / (2 * usual_m**2)) ** 2 + unsure)


def _weights(rows: pd.DataFrame) -> Floats:
    """Return one over the number of rows at a row's spot: a house with nine offices is one piece of evidence."""
    spot_degrees = _SPOT_M / 111_000
    spots = np.round(rows[["lon", "lat"]].to_numpy(dtype=np.float64) / spot_degrees)
    _, which, count = np.unique(spots, axis=0, return_inverse=True, return_counts=True)
    return 1.0 / count[which.ravel()]


def _medians(off: _Distances) -> dict[str, object]:
    return {
        "inside": int((off["district_m"] == 0).sum()),
        "matched": int((~np.isnan(off["known_m"])).sum()),
        "matched_m": _median(off["known_m"]),
        "streets": int((~np.isnan(off["street_m"])).sum()),
        "street_m": _median(off["street_m"]),
        "network_m": _median(off["network_m"]),
    }


def _median(off_m: Floats) -> float:
    known = off_m[~np.isnan(off_m)]
    return float(np.quantile(known, 0.5, method="lower")) if len(known) else float("nan")


def _strays(stated: Reading, off: dict[Reading, _Distances], index: pd.Index) -> tuple[Stray, ...]:
    """Return rows that clearly have another reading.

    Clear is: its known place far from where it is said to be and close under the other reading; or out of the district
    and on its own street; or in another country unless swapped. A street alone accuses in company: a place some way
    off its street is often close to it by chance when moved.
    """
    said, turned = off[stated], Reading(stated.datum, not stated.swapped)
    found: dict[int, tuple[float, Reading]] = {}
    for reading in (one for one in _READINGS if one != stated):
        there = off[reading]
        inside = there["district_m"] == 0
        at_home = inside & ~(there["known_m"] > _CLOSE_M)
        on_street = at_home & (there["street_m"] <= _CLOSE_M)
        known = (said["known_m"] >= _FAR_M) & (there["known_m"] <= _CLOSE_M)
        lost = on_street & (said["district_m"] >= _FAR_M)
        swapped = (there["district_m"] <= _DATUMS_M) & (said["district_m"] > _LOST_M) & (reading == turned)
        street = on_street & np.isnan(said["known_m"]) & (said["street_m"] >= _FAR_M)
        clear = known | lost | swapped | (street & (int(street.sum()) >= _COMPANY))
        likely = _scores(there)
        for row in np.flatnonzero(clear).tolist():
            if row not in found or likely[row] > found[row][0]:
                found[row] = (float(likely[row]), reading)
    return tuple(Stray(int(index[row]), found[row][1], _why(row, stated, found[row][1], off)) for row in sorted(found))


def _why(row: int, stated: Reading, reading: Reading, off: dict[Reading, _Distances]) -> str:
    parts = []
    for column, what in (("known_m", "its known place"), ("street_m", "its street"), ("district_m", "the district")):
        said_m, there_m = off[stated][column][row], off[reading][column][row]
        if not (np.isnan(said_m) or said_m == there_m):
            parts.append(f"{_metres(said_m)} from {what} as {stated}, {_metres(there_m)} as {reading}")
    return "; ".join(parts)


def _figures(line: dict[Any, Any], rows: int) -> str:
    parts = [f"{line['inside']} of {rows} rows in the district"]
    if line["matched"]:
        parts.append(f"{line['matched']} known places {_metres(line['matched_m'])} off")
    if line["streets"]:
        parts.append(f"{line['streets']} addresses {_metres(line['street_m'])} off their street")
    return ", ".join([*parts, f"{_metres(line['network_m'])} to the network"])


def _metres(distance_m: float) -> str:
    return f"{distance_m:,.0f} m" if np.isfinite(distance_m) and distance_m < 1e6 else "off the map"  # noqa: PLR2004
