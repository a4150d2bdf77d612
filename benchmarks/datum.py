"""How often the stated datum is judged rightly: the district's own places as tables of one datum, stated as another.

A second table: files of 30 rows, three of which have another datum than the rest, stated as the rest.

``python -m benchmarks.datum`` prints the tables as Markdown. Truth is the located places of the bundled district, moved
by a normal error of 30 m each way, converted to the true datum. A place knows its street if its address names one;
with names known, a row also finds its place in the registry, with 3 % of the matches being another place.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from itertools import product

import numpy as np
import pandas as pd

from servicecircle.crs import to_lonlat, to_metric
from servicecircle.datasets import bundled_study
from servicecircle.datum import Datum, from_wgs84
from servicecircle.ingest.study import read_study
from servicecircle.registry.addresses import AddressBook
from servicecircle.registry.evidence import Evidence, Reading, Verdict, weigh
from servicecircle.registry.ground import Ground

SIZES = (1, 3, 5, 10, 30, 60)
NOISE_M = 30.0
WRONG_MATCHES = 0.03
TRUTHS = tuple(Reading(datum, swapped) for swapped in (False, True) for datum in Datum)
KNOWN = ("positions only", "with streets", "with streets and names")


class Trials:
    """Files drawn from the district."""

    def __init__(self, seed: int = 1) -> None:
        study = read_study(bundled_study())
        self.ground = Ground.of(study)
        self.draw = np.random.default_rng(seed)
        book = AddressBook.of(study, self.ground)
        self.places = study.facilities[study.facilities["located"]].reset_index(drop=True)
        texts = self.places[["name", "address"]].fillna("").to_numpy().tolist()
        self.streets = np.array([book.street(name, address) for name, address in texts], dtype=object)
        self.xy = to_metric(self.places[["lon", "lat"]].to_numpy(dtype=float), self.ground.crs)

    def rows(self, size: int, truth: Reading, known: str) -> pd.DataFrame:
        """Return a file of so many rows that truly has this reading."""
        chosen = self.draw.choice(len(self.places), size, replace=False)
        moved = to_lonlat(self.xy[chosen] + self.draw.normal(0, NOISE_M, (size, 2)), self.ground.crs)
        lon, lat = from_wgs84(moved[:, 0], moved[:, 1], truth.datum)
        lon, lat = (lat, lon) if truth.swapped else (lon, lat)
        wrong = self.draw.random(size) < WRONG_MATCHES
        matched = np.where(wrong, self.draw.integers(len(self.places), size=size), chosen)
        there = self.places[["lon", "lat"]].to_numpy(dtype=float)[matched]
        if known != KNOWN[2]:
            there = np.full((size, 2), np.nan)
        streets = self.streets[chosen] if known != KNOWN[0] else np.full(size, None)
        return pd.DataFrame(
            {"lon": lon, "lat": lat, "known_lon": there[:, 0], "known_lat": there[:, 1], "street": streets},
            index=np.arange(2, size + 2),
        )


def judged(evidence: Evidence) -> str:
    """Return the verdict, or that rows of it were refused."""
    return "rows refused" if evidence.verdict is not Verdict.CONTRADICTED and evidence.faults() else evidence.verdict


def outcomes(trials: Trials, runs: int) -> Iterator[tuple[str, int, str, Counter[str], int]]:
    """Yield for each knowledge and size, for right and wrong statements: counts of judgements, and their number."""
    for known, size in product(KNOWN, SIZES):
        for kind in ("right", "wrong", "swapped"):
            counts: Counter[str] = Counter()
            for truth, stated in product(TRUTHS, Datum):
                if kind != ("swapped" if truth.swapped else "right" if truth.datum is stated else "wrong"):
                    continue
                for _ in range(runs):
                    counts[judged(weigh(trials.rows(size, truth, known), stated, trials.ground))] += 1
            yield known, size, kind, counts, counts.total()


def strays(trials: Trials, runs: int, size: int = 30, odd: int = 3) -> str:
    """Return as Markdown how many of the odd rows are found, and how many of the others are accused."""
    lines = ["| known | verdict contradicted | odd rows found | of them of the right datum | others accused |"]
    lines.append("|" + "---|" * 5)
    for known in KNOWN:
        found = right = accused = contradicted = 0
        pairs = [(rest, other) for rest, other in product(TRUTHS, TRUTHS) if not rest.swapped and rest != other]
        for rest, other in pairs * runs:
            rows = pd.concat([trials.rows(odd, other, known), trials.rows(size - odd, rest, known)], ignore_index=True)
            evidence = weigh(rows, rest.datum, trials.ground)
            contradicted += evidence.verdict is Verdict.CONTRADICTED
            hit = [stray for stray in evidence.strays if stray.row < odd]
            found, right = found + len(hit), right + sum(stray.reading == other for stray in hit)
            accused += len(evidence.strays) - len(hit)
        files = len(pairs) * runs
        cells = (contradicted / files, found / files / odd, right / max(found, 1), accused / files / (size - odd))
        lines.append(f"| {known} | " + " | ".join(f"{share:.2%}" for share in cells) + " |")
    return "\n".join(lines) + "\n"


def table(trials: Trials, runs: int) -> str:
    """Return as Markdown how often files are judged how."""
    words = (*Verdict, "rows refused")
    lines = [
        "| known | rows | stated | " + " | ".join(words) + " | files |",
        "|" + "---|" * (len(words) + 4),
    ]
    for known, size, kind, counts, total in outcomes(trials, runs):
        cells = " | ".join(f"{counts[word] / total:.1%}" for word in words)
        lines.append(f"| {known} | {size} | {kind} | {cells} | {total} |")
    return "\n".join(lines) + "\n"


def main(runs: int = 40) -> None:
    """Print both tables."""
    sys.stdout.write(table(Trials(), runs) + "\n" + strays(Trials(2), max(1, runs // 4)))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
