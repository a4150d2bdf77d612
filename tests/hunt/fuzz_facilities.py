"""Hunt: any bytes under the name of facilities.csv are checked places, or an InputError."""

from __future__ import annotations

import contextlib
import csv
import io

from servicecircle.datasets import bundled_study
from servicecircle.errors import InputError
from servicecircle.ingest.facilities import read_categories, read_facilities
from servicecircle.schemas import FACILITY_COLUMNS, FACILITY_OPTIONAL
from tests.hunt.fuzzing import hunt, scratch

EXTENT = (106.48, 29.52, 106.60, 29.58)
CATEGORIES = read_categories(bundled_study() / "categories.toml")
_BASE = {
    "facility_id": "B1", "kind": "base", "category": "patriotic", "name": "桂园", "lon": "106.5433420",
    "lat": "29.5656920", "status": "loaded", "source": "报道", "position_source": "map",
    "position_confidence": "building", "datum": "wgs84", "redistributable": "true",
    "designations": "practice_base;brand", "open_from": "2025-12-10", "open_to": "2026-12-10",
    "entrances": "106.5434 29.5657; 106.5435 29.5658 @1", "access": "booking",
    "opening_hours": "Tu-Su 09:00-17:00; PH off", "capacity": "200", "website": "https://example.org/x",
    "contact": "023-60000000", "relations": "part_of:S1",
}  # fmt: skip
_SCHOOL = {
    "facility_id": "S1", "kind": "school", "name": "人和街小学", "status": "candidate", "position_confidence": "none",
    "redistributable": "false", "level": "primary",
}  # fmt: skip


def one(data: bytes) -> None:
    """Read the bytes as places."""
    with contextlib.suppress(InputError):
        places = read_facilities(scratch("facilities.csv", data), CATEGORIES, EXTENT)
        assert len(places)


def seeds() -> list[bytes]:
    """Return places with every column filled, and the first of the bundled ones."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, [*FACILITY_COLUMNS, *FACILITY_OPTIONAL], restval="")
    writer.writeheader()
    writer.writerows([_BASE, _SCHOOL])
    lines = (bundled_study() / "facilities.csv").read_bytes().splitlines(keepends=True)
    return [text.getvalue().encode(), b"".join(lines[:6])]


def main() -> None:
    """Hunt with atheris."""
    hunt("tests.hunt.fuzz_facilities")


if __name__ == "__main__":
    main()
