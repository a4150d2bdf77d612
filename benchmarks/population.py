"""What it costs to know the people: ``python -m benchmarks.population``.

The bundled district's estimate, and a planner's own 1,000,000 homes from their CSV file to a validated table.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import shapely

from servicecircle.datasets import bundled_study
from servicecircle.demand import estimate_demand, given_demand
from servicecircle.ingest.demand import read_demand
from servicecircle.ingest.parameters import read_parameters
from servicecircle.ingest.study import read_study
from servicecircle.ingest.walkable import load_rules
from servicecircle.model import Study, Variant
from servicecircle.streets import build_streets

HOMES = 1_000_000
TIMES = 5
_PEAK_UNITS_IN_GB = 1024**2  # ru_maxrss is in KiB


def main() -> None:
    """Print the table, and what the models miss."""
    study, parameters = read_study(bundled_study()), read_parameters()
    lines = build_streets(study, parameters, load_rules(), Variant()).lines
    seconds = []
    for _ in range(TIMES):
        began = _now()
        demand = estimate_demand(study.area, lines, study.population, parameters.population)
        seconds.append(_since(began))
    rows = [(f"estimate of the district, {len(demand.points):,} homes", min(seconds))]
    with tempfile.TemporaryDirectory() as folder:
        path = _write_homes(Path(folder), study)
        began = _now()
        table = read_demand(path, study.ways.extent)
        rows.append((f"{HOMES:,} homes read and checked, {path.stat().st_size / 1e6:.0f} MB", _since(began)))
    began = _now()
    given_demand(study.area, table)
    rows.append(("their subdistricts, their range, validated", _since(began)))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _PEAK_UNITS_IN_GB
    printed = "".join(f"| {name} | {wall:.2f} | {busy:.2f} |\n" for name, (wall, busy) in rows)
    sys.stdout.write(
        f"| step | seconds | of them busy |\n|---|---|---|\n{printed}\npeak memory of the whole {peak:.2f} GB\n\n"
    )
    sys.stdout.write(demand.hold_out.round({"predicted": 0, "ratio": 3}).to_string(index=False) + "\n")


def _now() -> tuple[float, float]:
    """Return the time of day and that of the processor: on a shared machine they differ."""
    return time.perf_counter(), time.process_time()


def _since(began: tuple[float, float]) -> tuple[float, float]:
    wall, busy = _now()
    return wall - began[0], busy - began[1]


def _write_homes(folder: Path, study: Study) -> Path:
    """Write homes anywhere in the district's box, so half of them outside every subdistrict: the slower case."""
    random = np.random.default_rng(1)
    west, south, east, north = shapely.bounds(study.area.boundary)
    lon, lat = random.uniform(west, east, HOMES), random.uniform(south, north, HOMES)
    people = random.integers(0, 9, HOMES)
    path = folder / "people.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("demand_id,lon,lat,people\n")
        file.writelines(f"h{i},{x:.7f},{y:.7f},{n}\n" for i, (x, y, n) in enumerate(zip(lon, lat, people, strict=True)))
    return path


if __name__ == "__main__":
    main()
