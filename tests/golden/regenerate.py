"""The district's headline numbers, and how their file is written: ``python -m tests.golden.regenerate``.

The file is the answer of record. Write it anew only when the data or the method changed on purpose, and say in the
commit which number moved and why.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from servicecircle.coverage import DISTRICT
from servicecircle.datasets import bundled_study
from servicecircle.ingest.parameters import read_parameters
from servicecircle.ingest.planning import read_planning
from servicecircle.ingest.study import read_study
from servicecircle.ingest.walkable import load_rules
from servicecircle.model import Tier, Variant
from servicecircle.pipeline import Results, run
from servicecircle.units import M_PER_KM

FILE = Path(__file__).with_name("district.json")
CUTOFF_S = 900.0
LEDGER = ("declared", "loaded", "candidates", "approximate", "located", "verified")


class _Silent:
    def step(self, text: str) -> None:
        """Say nothing."""


def headline(results: Results) -> dict[str, Any]:
    """Return the numbers that a reader of the summary would quote, rounded as they are published."""
    coverage = results.coverage
    district = coverage[(coverage["subdistrict"] == DISTRICT) & (coverage["cutoff_s"] == CUTOFF_S)]
    network = results.streets.network
    ledger = {row["tier"]: {key: row[key] for key in LEDGER} for row in results.ledger.to_json()["tiers"]}
    return {
        "parameters_sha256": results.streets.parameters.sha256(),
        "homes": len(results.homes),
        "people": round(float(results.homes["people"].sum()), 1),
        "nodes": network.n_nodes,
        "edges": network.n_edges,
        "walkable_km": round(float(network.edges["length_m"].sum()) / M_PER_KM, 3),
        "coverage_900": {
            f"{row['tier']} {row['basis']} {row['measure']}": {
                "share": None if row["unknown"] else round(float(row["share"]), 4),
                "homes_covered": int(row["homes_covered"]),
            }
            for row in district.to_dict("records")
        },
        "ledger": ledger,
        "gaps": {tier.value: int((results.gaps["tier"] == tier).sum()) for tier in Tier},
    }


def regenerate() -> None:
    """Compute the bundled district and write its numbers."""
    study = read_study(bundled_study())
    planning = read_planning(bundled_study(), study)
    results = run(study, read_parameters(), load_rules(), Variant(), _Silent(), planning)
    FILE.write_text(json.dumps(headline(results), ensure_ascii=False, indent=2) + "\n", "utf-8")
    sys.stdout.write(f"{FILE}\n")


if __name__ == "__main__":
    regenerate()
