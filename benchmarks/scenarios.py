"""A scenario computed from a finished study against the whole: seconds of processor and of wall, and the same files.

``python -m benchmarks.scenarios`` prints a table for the bundled district: the best new link for schools, two places,
and 皇冠大扶梯 closed where paid links are open. Each is a whole `pipeline.run`, twice, the second time counts; reading
and writing files comes on top of both.
"""

from __future__ import annotations

import sys
import tempfile
import time
from hashlib import sha256
from pathlib import Path

from servicecircle.datasets import bundled_study
from servicecircle.ingest.parameters import read_parameters
from servicecircle.ingest.planning import read_planning
from servicecircle.ingest.study import read_study
from servicecircle.ingest.walkable import load_rules
from servicecircle.link_finder import find_links
from servicecircle.model import PlaceChange, Tier, Variant
from servicecircle.pipeline import Results, run
from servicecircle.publish.bundle import write_bundle

_SEAT = {"kind": "community", "name": "新社区家长学校", "lon": "106.5012", "lat": "29.5350"}


class _Clock:
    """Progress that counts seconds of processor and of wall by stage."""

    def __init__(self) -> None:
        self.steps = [("", time.process_time(), time.perf_counter())]

    def step(self, text: str) -> None:
        """Begin a stage."""
        self.steps.append((text, time.process_time(), time.perf_counter()))

    def stages(self) -> dict[str, float]:
        """Return seconds of processor by stage."""
        return {a[0]: b[1] - a[1] for a, b in zip(self.steps[1:], self.steps[2:], strict=False)}


def main() -> None:
    """Print the table."""
    say = sys.stdout.write
    study = read_study(bundled_study())
    inputs = study, read_parameters(), load_rules()
    planning = read_planning(bundled_study(), study)

    def computed(variant: Variant, base: Results | None = None) -> tuple[Results, _Clock]:
        run(*inputs, variant, _Clock(), planning, base)
        clock = _Clock()
        found = run(*inputs, variant, clock, planning, base)
        clock.step("")
        return found, clock

    plain, paid = (run(*inputs, Variant(paid=asked), _Clock(), planning) for asked in (None, True))
    best = find_links(plain.scene, Tier.SCHOOL, 1, plain.demand.models).table["link"].iloc[0]
    seat = PlaceChange("N1", new=True, cells=tuple(sorted(_SEAT.items())))
    cases = {
        "best new link for schools": (plain, Variant(links=(best,))),
        "a seat added, a base closed": (plain, Variant(places=(seat,), without=("B0f4e9a",))),
        "皇冠大扶梯 closed": (paid, Variant(paid=True, closed=("w421605016",))),
        "nothing": (plain, Variant()),
    }
    say("| scenario | whole: processor s | wall s | from the study: processor s | wall s | ratio | same files |\n")
    say("|---|---:|---:|---:|---:|---:|---|\n")
    told = {}
    for name, (base, variant) in cases.items():
        (full, whole), (part, quick) = computed(variant), computed(variant, base)
        told[name] = whole.stages(), quick.stages()
        seconds = [[steps[-1][k] - steps[1][k] for k in (1, 2)] for steps in (whole.steps, quick.steps)]
        (all_s, all_wall), (some_s, some_wall) = seconds
        same = "yes" if _files(full) == _files(part) else "NO"
        numbers = f"{all_s:.1f} | {all_wall:.1f} | {some_s:.1f} | {some_wall:.1f} | {some_s / all_s:.2f}"
        say(f"| {name} | {numbers} | {same} |\n")
    say("\nProcessor seconds by stage, whole and from the study:\n\n")
    stages = list(next(iter(told.values()))[0])
    say(f"| scenario | {' | '.join(stages)} |\n|---|{'---:|' * len(stages)}\n")
    for name, (whole_s, quick_s) in told.items():
        say(f"| {name} | {' | '.join(f'{whole_s[s]:.2f}, {quick_s[s]:.2f}' for s in stages)} |\n")


def _files(results: Results) -> dict[str, str]:
    with tempfile.TemporaryDirectory() as scratch:
        write_bundle(results, Path(scratch) / "build")
        return {p.name: sha256(p.read_bytes()).hexdigest() for p in Path(scratch).rglob("*") if p.is_file()}


if __name__ == "__main__":
    main()
