"""One climb, 50 m over 100 m of stairs, by six engines' published constants, by ours, and as measured.

``python -m benchmarks.climb`` prints the table as Markdown.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable

import numpy as np

from servicecircle.ingest.parameters import read_parameters
from servicecircle.pace import escalator_s, lift_s, stairs_s

RISE_M, LENGTH_M = 50.0, 100.0
KMH = 1 / 3.6

# Each engine's documented default, as seconds for (length, rise); the sign of the rise is the direction.
ENGINES: tuple[tuple[str, str, Callable[[float, float], float]], ...] = (
    ("GOAT", "stairs are pavement, 5 km/h", lambda length, _: length / (5 * KMH)),
    ("openrouteservice", "stairs are pavement, 5 km/h", lambda length, _: length / (5 * KMH)),
    ("r5r without terrain", "3.6 km/h everywhere", lambda length, _: length / (3.6 * KMH)),
    ("GraphHopper", "stairs at 3 km/h", lambda length, _: length / (3 * KMH)),
    (
        "Valhalla",
        "5.1 km/h, factor 2.5 at the steepest grade; step and lift penalties change the route, not the time",
        lambda length, rise: length / (5.1 * KMH) * (2.5 if rise > 0 else math.nan),
    ),
    ("OpenTripPlanner", "1.33 m/s, stairs three times as long", lambda length, _: length / 1.33 * 3),
)


def tobler(length_m: float, rise_m: float) -> float:
    """Tobler's function on the full grade, scaled to 1.2 m/s at its best."""
    return length_m / (1.2 * math.exp(-3.5 * abs(rise_m / length_m + 0.05)))


def table() -> str:
    """Return the table as Markdown."""
    parameters = read_parameters()
    length, rise, unknown = np.array([LENGTH_M]), np.array([RISE_M]), np.array([np.nan])
    lines = [
        f"| {RISE_M:.0f} m over {LENGTH_M:.0f} m of stairs | up, s | down, s | how |",
        "|---|---|---|---|",
        "| **measured**, long flights at 0.4 to 0.5 m/s | 200 to 250 | - | Expo 2000 stair study |",
    ]
    for name in ("adult", "pupil", "elder", "preschool", "stepfree", "flat"):
        walker = parameters.walker(name)
        up, down = (float(stairs_s(length, sign * rise, rise, walker, parameters.pace)[0]) for sign in (1, -1))
        lines.append(
            f"| **servicecircle**, {name} | {_cell(up)} | {_cell(down)} | {walker.flat_mps:.2f} m/s on the level |"
        )
    for name, how, seconds in (*ENGINES, ("Tobler 1993", "on the full grade, 1.2 m/s at best", tobler)):
        up, down = seconds(LENGTH_M, RISE_M), seconds(LENGTH_M, -RISE_M)
        lines.append(f"| {name} | {_cell(up)} | {_cell(down)} | {how} |")
    adult, pace = parameters.walker("adult"), parameters.pace
    lift = _cell(float(lift_s(rise, unknown, unknown, adult, pace)[0]))
    belt = _cell(float(escalator_s(length, rise, unknown, adult, pace)[0]))
    lines += [
        f"| a lift of {RISE_M:.0f} m, here | {lift} | {lift} | wait {pace.lift_wait_s:.0f} s, then the ride |",
        f"| an escalator, here | {belt} | {belt} | standing, {pace.escalator_mps} m/s along the belt |",
    ]
    return "\n".join(lines) + "\n"


def _cell(seconds: float) -> str:
    if math.isnan(seconds):
        return "-"
    return f"{seconds:.0f}" if math.isfinite(seconds) else "no way"


if __name__ == "__main__":
    sys.stdout.write(table())
